import { makeSteps } from '../booking/steps.ts';
import {
  beautician,
  inHours,
  type Market,
  massage,
  openMarket,
  therapist,
  type Who,
} from '../fixtures/market.ts';
import { dayOf, later, makeDays } from './support.ts';

let market: Market;
const { nextMorning, slotsOn } = makeDays(() => market);
const { assigned } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

const block = (who: Who, from: Date, to: Date, more: object = {}) =>
  market.ends(who, 'block_time', {
    provider_id: therapist,
    starts_at: from,
    ends_at: to,
    ...more,
  });

it('blocked time cannot be booked, and can again once it is unblocked', async () => {
  const morning = nextMorning();
  const blocked = await market.call('therapist', 'block_time', {
    provider_id: therapist,
    starts_at: morning,
    ends_at: later(morning, 2),
    reason: 'The dentist',
  });
  const slots = await slotsOn(dayOf(morning), therapist);
  // A service and its buffer end before, and the next begins at the end.
  expect(slots).toEqual(expect.arrayContaining(['08:30', '12:00']));
  expect(slots.filter((start) => start > '08:30' && start < '12:00')).toEqual([]);
  expect(await market.holdEnds('customer', { startsAt: morning })).toBe('OB060');
  expect(await market.ends('customer', 'unblock_time', { blocked_time_id: blocked.id })).toBe(
    'OB003',
  );
  expect(await market.ends('receptionist', 'unblock_time', { blocked_time_id: blocked.id })).toBe(
    'ok',
  );
  expect(await slotsOn(dayOf(morning), therapist)).toContain('10:00');
});

it('does not count as a booking of the day', async () => {
  const morning = nextMorning();
  for (const hour of [0, 2, 4, 6, 8]) {
    expect(await block('vendor', later(morning, hour), later(morning, hour + 1))).toBe('ok');
  }
  expect(await slotsOn(dayOf(morning), therapist)).toContain('20:00');
});

it('that collides with a booking names it; the management may mark the booking for reassignment', async () => {
  const morning = nextMorning();
  const { id } = await assigned(morning);
  const { status: before } = await market.one('select status from bookings where id = $1', [id]);
  expect(await block('receptionist', morning, later(morning, 1))).toBe('OB070');
  expect(await block('receptionist', morning, later(morning, 1), { force: true })).toBe('OB002');
  expect(await block('therapist', morning, later(morning, 1), { force: true })).toBe('OB002');
  expect(await market.one('select status from bookings where id = $1', [id])).toEqual({
    status: before,
  });
  expect(await block('vendor_manager', morning, later(morning, 1), { force: true })).toBe('ok');
  expect(
    await market.one(
      'select status, needs_provider_since is not null as waits from bookings where id = $1',
      [id],
    ),
  ).toEqual({ status: 'confirmed', waits: true });
  expect(await market.ends('vendor', 'assign_best', { booking_id: id })).toBe('ok');
});

it('may begin where a booking ends, in its buffer', async () => {
  const morning = nextMorning();
  const { id } = await assigned(morning);
  expect(await block('therapist', later(morning, 1), later(morning, 2))).toBe('ok');
  expect(await market.one('select status from bookings where id = $1', [id])).toEqual({
    status: 'assigned',
  });
  expect(await slotsOn(dayOf(morning), therapist)).not.toContain('11:00');
  expect(await slotsOn(dayOf(morning), therapist)).toContain('12:00');
});

it('is refused while the provider serves, twice, backwards, in the past, for too long, and to others', async () => {
  const morning = nextMorning();
  expect(await block('therapist2', morning, later(morning, 1))).toBe('OB002');
  expect(await block('accountant', morning, later(morning, 1))).toBe('OB002');
  expect(await block('visitor', morning, later(morning, 1))).toBe('42501');
  expect(await block('therapist', later(morning, 1), morning)).toBe('23514');
  expect(await block('therapist', inHours(-9), inHours(-8))).toBe('OB020');
  expect(await block('therapist', morning, later(morning, 25))).toBe('OB020');
  expect(await block('therapist', morning, later(morning, 24))).toBe('ok');
  expect(await block('therapist', later(morning, 23), later(morning, 26))).toBe('OB070');

  const { id } = await assigned();
  await market.call('therapist', 'acknowledge_assignment', { booking_id: id });
  await market.bringToStart(id);
  await market.startService('therapist', id);
  const now = new Date();
  expect(await block('vendor', now, later(now, 1), { force: true })).toBe('OB070');
  expect(await block('vendor', now, later(now, 1), { provider_id: beautician })).toBe('ok');
});

it('and a hold at once: one of them happens', async () => {
  for (let count = 0; count < 8; count += 1) {
    const startsAt = nextMorning();
    const who = await market.newCustomer();
    const [blocked, held] = await Promise.all([
      block('vendor', startsAt, later(startsAt, 1)),
      market.holdEnds(who, { startsAt, services: [massage] }),
    ]);
    expect([
      ['ok', 'OB060'],
      ['OB070', 'ok'],
    ]).toContainEqual([blocked, held]);
  }
});

describe('leave', () => {
  const enter = (who: Who, day: string, more: object = {}) =>
    market.ends(who, 'enter_leave', {
      provider_id: therapist,
      leave_type: 'sick',
      start_date: day,
      end_date: day,
      reason: 'A fever',
      ...more,
    });

  it('that the management enters is approved at once, and the provider is notified', async () => {
    const morning = nextMorning();
    expect(await enter('vendor_manager', dayOf(morning))).toBe('ok');
    expect(await slotsOn(dayOf(morning), therapist)).toEqual([]);
    const { rows } = await market.owner.query(
      `select type from notifications where user_id = (select user_id from therapists where id = $1)
        and type = 'leave_decided'`,
      [therapist],
    );
    expect(rows.length).toBeGreaterThan(0);
    const { requests } = await market.one(
      `select count(*)::int as requests from notifications where type = 'leave_requested'`,
    );
    expect(requests).toBe(0);
  });

  it('marks bookings only with force', async () => {
    const morning = nextMorning();
    const { id } = await assigned(morning);
    expect(await enter('vendor', dayOf(morning))).toBe('OB070');
    expect(await enter('vendor', dayOf(morning), { force: true })).toBe('ok');
    expect(
      await market.one(
        'select status, needs_provider_since is not null as waits from bookings where id = $1',
        [id],
      ),
    ).toEqual({ status: 'confirmed', waits: true });
  });

  it('of one who asked is approved with force where bookings are in the way', async () => {
    const morning = nextMorning();
    await assigned(morning);
    const leave = await market.one(
      `insert into therapist_leaves (therapist_id, leave_type, start_date, end_date, reason)
      values ($1, 'casual', $2, $2, 'A wedding') returning id`,
      [therapist, dayOf(morning)],
    );
    const decide = (force: boolean) =>
      market.ends('vendor', 'decide_therapist_leave', { leave_id: leave.id, approve: true, force });
    expect(await decide(false)).toBe('OB070');
    expect(await decide(true)).toBe('ok');
    expect(await slotsOn(dayOf(morning), therapist)).toEqual([]);
  });

  it('is not entered by the desk, by the provider, or without a reason', async () => {
    const day = dayOf(nextMorning());
    expect(await enter('receptionist', day)).toBe('OB002');
    expect(await enter('therapist', day)).toBe('OB002');
    expect(await enter('vendor2', day)).toBe('OB002');
    expect(await enter('vendor', day, { reason: ' ' })).toBe('OB036');
    expect(await enter('vendor', day)).toBe('ok');
  });
});
