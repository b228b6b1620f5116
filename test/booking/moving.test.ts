import {
  inHours,
  localTime,
  type Market,
  openMarket,
  therapist,
  therapist2,
  type Who,
} from '../fixtures/market.ts';
import { moveCharge } from '../fixtures/terms.ts';
import { makeSteps } from './steps.ts';

let market: Market;
const { freeHour, assigned } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

describe('moving a booking', () => {
  it('writes two rows of history with rescheduled in between, and keeps the assignment', async () => {
    const { id, who } = await assigned();
    const to = freeHour();
    const moved = await market.call(who, 'reschedule_booking', {
      booking_id: id,
      ...localTime(to),
      reason: 'A train',
    });
    expect(moved.status).toBe('assigned');
    const { rows } = await market.owner.query(
      `select from_status, to_status, reason from booking_status_history where booking_id = $1 order by created_at offset 3`,
      [id],
    );
    expect(rows).toEqual([
      { from_status: 'assigned', to_status: 'rescheduled', reason: 'A train' },
      { from_status: 'rescheduled', to_status: 'confirmed', reason: 'A train' },
      { from_status: 'confirmed', to_status: 'assigned', reason: 'A train' },
    ]);
    expect(
      await market.one(
        'select starts_at from app_private.provider_reservations where booking_id = $1',
        [id],
      ),
    ).toEqual({ starts_at: to });
  });

  it('takes a therapist on the way back to assigned, and stops sharing their position', async () => {
    const { id, who } = await assigned();
    await market.call('therapist', 'acknowledge_assignment', { booking_id: id });
    await market.call('therapist', 'start_travel', { booking_id: id });
    const report = () =>
      market.ends('therapist', 'report_location', {
        booking_id: id,
        latitude: 18.5,
        longitude: 73.8,
      });
    await market.owner.query(
      `update therapist_locations set timestamp = timestamp - interval '1 hour'`,
    );
    expect(await report()).toBe('ok');
    await market.call(who, 'reschedule_booking', {
      booking_id: id,
      ...localTime(freeHour()),
    });
    expect(await report()).toBe('OB072');
    const { rows } = await market.owner.query(
      'select status from therapist_assignments where booking_id = $1 order by created_at, status',
      [id],
    );
    expect(rows.map(({ status }) => status)).toEqual(['cancelled', 'assigned']);
    expect(await market.one('select status from bookings where id = $1', [id])).toEqual({
      status: 'assigned',
    });
  });

  it('releases the assignment when its provider is not free at the new time', async () => {
    const { id, who } = await assigned();
    const to = freeHour();
    await market.book('customer', { startsAt: to, provider: therapist });
    const moved = await market.call(who, 'reschedule_booking', {
      booking_id: id,
      ...localTime(to),
    });
    expect(moved.status).toBe('confirmed');
    expect(
      await market.one('select status from therapist_assignments where booking_id = $1', [id]),
    ).toEqual({ status: 'cancelled' });
    expect(
      await market.one(
        'select provider_id from app_private.provider_reservations where booking_id = $1',
        [id],
      ),
    ).toEqual({ provider_id: therapist2 });
  });

  it('is free until 24 hours before, costs ₹200 after that, and is possible twice at most', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() });
    const move = async (to: Date) =>
      market.ends(who, 'reschedule_booking', { booking_id: id, ...localTime(to) });
    const charges = async () =>
      (
        await market.owner.query(
          'select reschedule_charge::float as charge from booking_reschedules where booking_id = $1 order by created_at',
          [id],
        )
      ).rows.map(({ charge }) => charge);
    expect(await move(inHours(20))).toBe('ok');
    expect(await charges()).toEqual([0]);
    const dueBefore = await market.one('select app_private.amount_due($1)::float as due', [id]);
    expect(await move(freeHour())).toBe('ok');
    expect(await charges()).toEqual([0, moveCharge]);
    expect(await market.one('select app_private.amount_due($1)::float as due', [id])).toEqual({
      due: Number(dueBefore.due) + moveCharge,
    });
    expect(await move(freeHour())).toBe('OB067');
  });

  it('is made for the customer by customer care and administrators, with a reason, at the customer’s charge', async () => {
    for (const who of ['customer_care', 'admin'] as const) {
      const booked = await assigned(inHours(20));
      const move = (by: Who, reason: string | null) =>
        market.ends(by, 'reschedule_booking', {
          booking_id: booked.id,
          ...localTime(freeHour()),
          reason,
        });
      expect(await move('customer_care_viewer', 'On the telephone')).toBe('OB002');
      expect(await move('hr', 'On the telephone')).toBe('OB003');
      expect(await move(who, null)).toBe('OB036');
      expect(await move(who, ' ')).toBe('OB036');
      expect(await move(who, 'On the telephone')).toBe('ok');
      expect(
        await market.one(
          `select requested_by_role, reason, reschedule_charge::float as charge
          from booking_reschedules where booking_id = $1`,
          [booked.id],
        ),
      ).toEqual({ requested_by_role: 'admin', reason: 'On the telephone', charge: moveCharge });
    }
  });

  it('by the vendor is asked of the customer, without a charge; one question at a time', async () => {
    const { id, who } = await assigned(inHours(10));
    const customer = who;
    const to = localTime(freeHour());
    expect(await market.ends('vendor', 'reschedule_booking', { booking_id: id, ...to })).toBe(
      'OB002',
    );
    const request = await market.call('vendor', 'request_reschedule', {
      booking_id: id,
      ...to,
      reason: 'A flood',
    });
    expect(
      await market.ends('therapist', 'request_reschedule', {
        booking_id: id,
        ...to,
        reason: 'Me too',
      }),
    ).toBe('23505');
    expect(
      await market.ends('receptionist', 'approve_reschedule', { reschedule_id: request.id }),
    ).toBe('OB031');
    expect(await market.ends('customer', 'approve_reschedule', { reschedule_id: request.id })).toBe(
      'OB003',
    );
    expect(
      (await market.call(customer, 'approve_reschedule', { reschedule_id: request.id })).status,
    ).toBe('assigned');
    expect(
      await market.ends(customer, 'reject_reschedule', { reschedule_id: request.id, reason: 'No' }),
    ).toBe('OB030');
    expect(
      await market.one(
        'select reschedule_charge::float as charge, status from booking_reschedules where id = $1',
        [request.id],
      ),
    ).toEqual({ charge: 0, status: 'approved' });
  });

  it('a refused question leaves the booking as it is', async () => {
    const { id, who } = await assigned();
    const request = await market.call(who, 'request_reschedule', {
      booking_id: id,
      ...localTime(freeHour()),
      reason: 'A train',
    });
    expect(
      await market.ends('vendor', 'reject_reschedule', { reschedule_id: request.id, reason: ' ' }),
    ).toBe('OB036');
    await market.call('vendor', 'reject_reschedule', { reschedule_id: request.id, reason: 'Full' });
    expect(
      await market.one('select status, starts_at from bookings where id = $1', [id]),
    ).toMatchObject({ status: 'assigned' });
    expect(await market.ends('vendor', 'approve_reschedule', { reschedule_id: request.id })).toBe(
      'OB030',
    );
  });
});

describe('leave of a provider', () => {
  it('is refused where it collides with a reservation, and names the booking; it can be decided once that is gone', async () => {
    const startsAt = inHours(24 * 20);
    const who = await market.newCustomer();
    const booking = await market.book(who, { startsAt });
    const { new_date: day } = localTime(startsAt);
    const leave = await market.one(
      `insert into therapist_leaves (therapist_id, leave_type, start_date, end_date, reason)
      values ($1, 'casual', $2, $2, 'A wedding') returning id`,
      [therapist, day],
    );
    const decide = () =>
      market.ends('vendor', 'decide_therapist_leave', { leave_id: leave.id, approve: true });
    expect(
      await market.one(
        `select b.id from therapist_leaves l, therapist_leaves_colliding_bookings(l) b where l.id = $1`,
        [leave.id],
      ),
    ).toEqual({ id: booking.id });
    expect(await decide()).toBe('OB070');
    await market.call(who, 'cancel_booking', { booking_id: booking.id, reason: 'Rain' });
    expect(await decide()).toBe('ok');
    expect(await market.holdEnds('customer', { startsAt })).toBe('OB060');
    expect(await market.holdEnds('customer', { startsAt, provider: therapist2 })).toBe('ok');
  });

  it('a hold and a granted leave at once: one of them happens', async () => {
    const startsAt = inHours(24 * 25);
    const { new_date: day } = localTime(startsAt);
    const leave = await market.one(
      `insert into therapist_leaves (therapist_id, leave_type, start_date, end_date, reason)
      values ($1, 'casual', $2, $2, 'A wedding') returning id`,
      [therapist, day],
    );
    const who = await market.newCustomer();
    const ends = await Promise.all([
      market.ends('vendor', 'decide_therapist_leave', { leave_id: leave.id, approve: true }),
      market
        .hold(who, { startsAt })
        .then((hold) => market.confirm(who, hold.id))
        .then(
          () => 'booked',
          () => 'refused',
        ),
    ]);
    const { live } = await market.one(
      `select count(*)::int as live from app_private.provider_reservations where starts_at = $1`,
      [startsAt],
    );
    expect([
      ['ok', 'refused', 0],
      ['OB070', 'booked', 1],
    ]).toContainEqual([...ends, live]);
  });
});
