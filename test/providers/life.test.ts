import { randomUUID } from 'node:crypto';
import { makeSteps } from '../booking/steps.ts';
import {
  beautician,
  facial,
  idFor,
  massage,
  type Row,
  therapist,
  therapist2,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { openProviders, type Providers } from './support.ts';

let world: Providers;
const { freeHour, assigned } = makeSteps(() => world.market);

beforeAll(async () => {
  world = await openProviders();
});

afterAll(async () => {
  await world?.close();
});

beforeEach(() => world.reset());

const actors = [
  'vendor',
  'therapist',
  'vendor_manager',
  'receptionist',
  'vendor2',
  'customer',
  'admin',
  null,
] as const;

const pause = (who: Who | null, providerId = therapist, reason?: string) =>
  world.act(who, 'pauseProvider', { providerId, reason });
const resume = (who: Who | null, providerId = therapist) =>
  world.act(who, 'resumeProvider', { providerId });
const suspend = (who: Who | null, providerId = therapist, reason: string | null = 'A complaint') =>
  world.act(who, 'suspendProvider', { providerId, reason });
const end = (who: Who | null, input: Readonly<Record<string, unknown>>) =>
  world.act(who, 'endProvider', { providerId: therapist, reason: 'Moves away', ...input });

/** The date of the market that many days from now. */
async function day(days: number): Promise<string> {
  const row = await world.market.one(
    'select (app_private.vendor_day($1) + $2::integer)::text as day',
    [vendor, days],
  );
  return String(row.day);
}

const dayOf = async (bookingId: unknown, off = 0): Promise<string> =>
  String(
    (
      await world.market.one(
        'select (booking_date + $2::integer)::text as day from bookings where id = $1',
        [bookingId, off],
      )
    ).day,
  );

const heldBy = (who: Who, provider: string, startsAt = freeHour()): Promise<Row> =>
  world.market.hold(who, {
    startsAt,
    provider,
    services: [provider === beautician ? facial : massage],
  });

describe('pausing a provider', () => {
  it.each(actors)('by %s', async (who) => {
    const ends: Partial<Record<string, string>> = {
      vendor: 'ok',
      vendor_manager: 'ok',
      therapist: 'ok',
      null: 'OB001',
    };
    expect(await pause(who)).toBe(ends[String(who)] ?? 'OB002');
    const isDone = ends[String(who)] === 'ok';
    expect(await world.stateOf(therapist)).toMatchObject({
      status: isDone ? 'paused' : 'active',
      listed: !isDone,
    });
  });

  it.each([
    therapist,
    beautician,
  ])('keeps new bookings from %s and lets those that were made go on', async (provider) => {
    const person = provider === therapist ? 'therapist' : 'beautician';
    const who = await world.market.newCustomer();
    const made = await world.market.confirm(who, (await heldBy(who, provider)).id);
    const open = await heldBy(who, provider);
    expect(await pause('vendor', provider, 'Rest')).toBe('ok');
    expect(await world.toldTo(person)).toContain('provider_paused');
    // The hold is over, nothing new begins, and what was reserved can be given to them.
    expect(
      await world.market.ends(who, 'confirm_booking', { hold_id: open.id, payment_method: 'cash' }),
    ).toBe('OB061');
    expect(
      await world.market.holdEnds(who, { startsAt: freeHour(), provider, services: [facial] }),
    ).toBe('OB003');
    expect(await world.bookingOf(made.id)).toMatchObject({
      status: 'confirmed',
      reserved: provider,
    });
    const [name, key] =
      provider === therapist
        ? (['assign_therapist', 'therapist_id'] as const)
        : (['assign_beautician', 'beautician_id'] as const);
    expect(await world.market.ends('vendor', name, { booking_id: made.id, [key]: provider })).toBe(
      'ok',
    );
    expect(await resume('vendor', provider)).toBe('ok');
    expect(
      await world.market.holdEnds(who, { startsAt: freeHour(), provider, services: [facial] }),
    ).toBe('ok');
  });

  it('a paused provider is given no booking of another', async () => {
    const { id } = await assigned();
    expect(await pause('vendor', therapist2)).toBe('ok');
    const given = { booking_id: id, therapist_id: therapist2 };
    expect(await world.market.ends('vendor', 'assign_therapist', given)).toBe('OB060');
    expect(await resume('vendor', therapist2)).toBe('ok');
    expect(await world.market.ends('vendor', 'assign_therapist', given)).toBe('ok');
  });

  it('a provider who has paused resumes, and no one else resumes for them', async () => {
    expect(await pause('therapist')).toBe('ok');
    expect(await world.toldTo('vendor')).toContain('provider_paused');
    expect(await resume('vendor')).toBe('OB002');
    expect(await pause('vendor')).toBe('OB030');
    expect(await resume('therapist')).toBe('ok');
    expect(await resume('therapist')).toBe('OB030');
    expect(await pause('vendor')).toBe('ok');
    expect(await resume('therapist')).toBe('OB002');
    expect(await resume('admin')).toBe('OB002');
    expect(await resume('vendor')).toBe('ok');
    expect(await world.stateOf(therapist)).toMatchObject({ status: 'active', listed: true });
  });
});

describe('suspending a provider', () => {
  it.each([
    ['vendor', '42501'],
    ['therapist', '42501'],
    ['customer_care', 'OB002'],
    [null, 'OB001'],
    ['admin', 'ok'],
  ] as const)('by %s: %s', async (who, code) => {
    expect(await suspend(who)).toBe(code);
  });

  it('needs a reason', async () => {
    expect(await suspend('admin', therapist, ' ')).toBe('OB036');
    expect(await suspend('admin')).toBe('ok');
    expect(await suspend('admin')).toBe('OB030');
  });

  it('takes coming bookings back and marks them; another provider then gets them', async () => {
    const { who, id } = await assigned();
    const reserved = await world.market.confirm(who, (await heldBy(who, therapist)).id);
    const unpaid = await world.market.confirm(who, (await heldBy(who, therapist)).id, {
      payment: null,
    });
    const open = await heldBy(who, therapist);
    await world.toldTo('vendor');
    expect(await suspend('admin')).toBe('ok');

    for (const booking of [id, reserved.id]) {
      expect(await world.bookingOf(booking)).toEqual({
        status: 'confirmed',
        needs_provider: true,
        assigned: null,
        reserved: null,
      });
    }
    expect(await world.bookingOf(unpaid.id)).toMatchObject({ status: 'cancelled', reserved: null });
    expect(await world.market.ends(who, 'confirm_booking', { hold_id: open.id })).toBe('OB061');
    const told = await world.toldTo('vendor');
    expect(told.filter((type) => type === 'assignment_cancelled')).toHaveLength(2);
    expect(told).toContain('provider_suspended');
    expect(await world.toldTo('therapist')).toContain('provider_suspended');
    const { reason } = await world.market.one(
      `select reason from booking_status_history where booking_id = $1 and to_status = 'confirmed'
      order by created_at desc limit 1`,
      [id],
    );
    expect(reason).toBe('The provider is no longer available');

    // Nothing new, by no one; others can have them.
    const given = { booking_id: id, therapist_id: therapist };
    expect(await world.market.ends('vendor', 'assign_therapist', given)).toBe('OB060');
    expect(await world.market.ends('vendor', 'assign_best', { booking_id: id })).toBe('ok');
    expect(await world.bookingOf(id)).toEqual({
      status: 'assigned',
      needs_provider: false,
      assigned: therapist2,
      reserved: therapist2,
    });
    // Only the platform lifts it.
    expect(await resume('vendor')).toBe('OB002');
    expect(await resume('therapist')).toBe('OB002');
    expect(await resume('admin')).toBe('ok');
    expect(await world.market.ends('vendor', 'assign_therapist', given)).toBe('ok');
  });

  it('a pause from before applies again when it is lifted', async () => {
    await pause('therapist');
    await suspend('admin');
    expect(await resume('admin')).toBe('ok');
    expect(await world.stateOf(therapist)).toMatchObject({ status: 'paused' });
    expect(await resume('vendor')).toBe('OB002');
    expect(await resume('therapist')).toBe('ok');
  });
});

describe('ending a provider', () => {
  it.each([
    ['vendor', 'ok'],
    ['admin', 'ok'],
    ['therapist', 'OB002'],
    ['receptionist', 'OB002'],
    ['vendor2', 'OB002'],
    [null, 'OB001'],
  ] as const)('by %s: %s', async (who, code) => {
    expect(await end(who, { lastDay: await day(120) })).toBe(code);
  });

  it('needs a day that is not past, and a reason', async () => {
    expect(await end('vendor', { lastDay: await day(-1) })).toBe('OB020');
    expect(await end('vendor', { lastDay: null })).toBe('OB020');
    expect(await end('vendor', { lastDay: await day(120), reason: '' })).toBe('OB036');
  });

  it('is refused while bookings after the last day are open, and lists them', async () => {
    const { id } = await assigned();
    const input = { providerId: therapist, reason: 'Moves away', lastDay: await dayOf(id, -1) };
    const answer = await world.ask(
      'vendor',
      'mutation($input: EndProviderInput!) { endProvider(input: $input) { result { id } } }',
      { input },
    );
    const { booking_number: number } = await world.market.one(
      'select booking_number from bookings where id = $1',
      [id],
    );
    expect(answer.errors?.[0]?.extensions.code).toBe('OB070');
    expect(answer.errors?.[0]?.message).toContain(String(number));
    const { data } = await world.ask(
      'vendor',
      `query($id: UUID!, $day: Date) { provider(id: $id) {
        openBookings(afterDay: $day, first: 100) { nodes { id } } } }`,
      { id: therapist, day: input.lastDay },
    );
    expect(data.provider.openBookings.nodes.map((node: { id: string }) => node.id)).toContain(id);
    expect(await world.stateOf(therapist)).toMatchObject({ status: 'active' });
    // On the day itself the provider still works.
    const others = data.provider.openBookings.nodes.length;
    expect(
      await end('vendor', { lastDay: await dayOf(id), reassign: others > 1 ? 'best' : 'refuse' }),
    ).toBe('ok');
    expect(await world.bookingOf(id)).toMatchObject({ status: 'assigned', assigned: therapist });
  });

  it('gives them to the best, and takes no new ones after the last day', async () => {
    const { who, id } = await assigned();
    const lastDay = await dayOf(id, -1);
    expect(await end('vendor', { lastDay, reassign: 'best' })).toBe('ok');
    expect(await world.bookingOf(id)).toMatchObject({
      status: 'assigned',
      assigned: therapist2,
      reserved: therapist2,
    });
    expect(await world.toldTo('therapist')).toContain('provider_ended');
    expect(await world.stateOf(therapist)).toMatchObject({
      status: 'active',
      has_account: true,
      listed: true,
    });
    expect(await world.market.holdEnds(who, { startsAt: freeHour(), provider: therapist })).toBe(
      'OB060',
    );
    expect(await world.market.holdEnds(who, { startsAt: freeHour(), provider: therapist2 })).toBe(
      'ok',
    );
  });

  it('gives them by hand, and lists which could not be given, and why', async () => {
    const first = await assigned();
    const second = await assigned();
    const lastDay = await dayOf(first.id, -1);
    const assignments = [
      { bookingId: first.id, providerId: therapist2 },
      // Beauticians do not give massages.
      { bookingId: second.id, providerId: beautician },
    ];
    const answer = await world.ask(
      'vendor',
      'mutation($input: EndProviderInput!) { endProvider(input: $input) { result { id } } }',
      {
        input: {
          providerId: therapist,
          reason: 'Moves away',
          lastDay,
          reassign: 'by_hand',
          assignments,
        },
      },
    );
    expect(answer.errors?.[0]?.extensions.code).toBe('OB070');
    expect(answer.errors?.[0]?.message).toContain('does not perform all of these services');
    // Nothing is done by halves.
    expect(await world.bookingOf(first.id)).toMatchObject({ assigned: therapist });
    expect(await end('vendor', { lastDay, reassign: 'refuse', assignments })).toBe('OB020');
    const right = assignments.map(({ bookingId }) => ({ bookingId, providerId: therapist2 }));
    expect(await end('vendor', { lastDay, reassign: 'by_hand', assignments: right })).toBe('ok');
    for (const { id } of [first, second]) {
      expect(await world.bookingOf(id)).toMatchObject({ assigned: therapist2 });
    }
  });

  it('unlinks the account when nothing is left to do, and history stays', async () => {
    await world.market.owner.query(
      `update bookings set status = 'cancelled', cancelled_at = now() where status in ('pending', 'confirmed', 'assigned')`,
    );
    await world.market.owner.query('delete from app_private.provider_reservations');
    await world.market.owner.query(
      `update therapist_assignments set status = 'cancelled' where status = 'assigned'`,
    );
    expect(await end('vendor', { lastDay: await day(0) })).toBe('ok');
    expect(await world.stateOf(therapist)).toEqual({
      status: 'ended',
      verification: 'verified',
      has_account: false,
      listed: false,
    });
    const { n } = await world.market.one(
      'select count(*)::integer as n from therapist_assignments where therapist_id = $1',
      [therapist],
    );
    expect(n).toBeGreaterThan(0);
    const { status } = await world.market.one(
      `select ur.status from user_roles ur join roles r on r.id = ur.role_id
      where ur.user_id = $1 and r.code = 'therapist'`,
      [idFor('therapist')],
    );
    expect(status).toBe('inactive');
    expect(await end('vendor', { lastDay: await day(0) })).toBe('OB030');
    expect(await resume('vendor')).toBe('OB030');
    expect(await suspend('admin')).toBe('OB030');
  });

  it('takes effect on the day after the last one, by the job, and what is still open waits for others', async () => {
    const { id } = await assigned();
    await world.market.owner.query('select app_private.set_last_day($1, $2, $3)', [
      therapist,
      await day(7),
      'Leaves',
    ]);
    const due = async (): Promise<unknown> =>
      (await world.market.one('select app_private.end_due_providers(20) as n')).n;
    expect(await due()).toBe(0);
    await world.market.owner.query('update provider_private_details set last_day = last_day - 8');
    expect(await due()).toBe(1);
    expect(await due()).toBe(0);
    expect(await world.stateOf(therapist)).toMatchObject({ status: 'ended', has_account: false });
    expect(await world.bookingOf(id)).toMatchObject({ status: 'confirmed', needs_provider: true });
  });
});

describe('reassigning bookings', () => {
  const reassign = async (who: Who, assignments: readonly unknown[]) =>
    world.ask(
      who,
      `mutation($input: ReassignBookingsInput!) {
        reassignBookings(input: $input) { result { bookingId providerId code } } }`,
      { input: { assignments } },
    );

  it('gives each to the named provider or to the best, and lists what stays', async () => {
    const first = await assigned();
    const second = await assigned();
    const third = await assigned();
    const { data } = await reassign('receptionist', [
      { bookingId: first.id },
      { bookingId: second.id, providerId: therapist2 },
      { bookingId: third.id, providerId: beautician },
    ]);
    expect(data.reassignBookings.result).toEqual([
      { bookingId: first.id, providerId: therapist2, code: null },
      { bookingId: second.id, providerId: therapist2, code: null },
      { bookingId: third.id, providerId: null, code: 'OB062' },
    ]);
    expect(await world.bookingOf(third.id)).toMatchObject({ assigned: therapist });
  });

  it.each([
    ['vendor2', 'OB003'],
    ['customer2', 'OB003'],
    ['accountant', 'OB003'],
    ['therapist', 'OB002'],
  ] as const)('is not for %s', async (who, code) => {
    const { id } = await assigned();
    expect((await reassign(who, [{ bookingId: id }])).errors?.[0]?.extensions.code).toBe(code);
    expect((await reassign('vendor', [{ bookingId: id }])).errors).toBeUndefined();
  });

  it('takes each booking once, and at least one', async () => {
    const bookingId = randomUUID();
    for (const assignments of [[], [{ bookingId }, { bookingId }], [{ bookingId: null }]]) {
      expect((await reassign('vendor', assignments)).errors?.[0]?.extensions.code).toBe('OB020');
    }
  });
});
