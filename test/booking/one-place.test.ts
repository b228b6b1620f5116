import { randomUUID } from 'node:crypto';
import {
  elsewhere,
  inHours,
  localTime,
  type Market,
  massage,
  openMarket,
  otherVendor,
  therapist,
  therapist2,
  vendor,
} from '../fixtures/market.ts';
import { wrongs } from './wrongs.ts';

let market: Market;
/** The provider of the other vendor. */
let otherProvider: string;

beforeAll(async () => {
  market = await openMarket();
  const { rows: made } = await market.owner.query<{ id: string }>(
    `insert into therapists (vendor_id, name, verification_status) values ($1, 'Another', 'verified') returning id`,
    [otherVendor],
  );
  await market.owner.query(
    `insert into therapist_schedules (therapist_id, day_of_week, start_time, end_time, max_bookings)
    select $1, d, '00:00', '24:00', 50 from generate_series(0, 6) d`,
    [made[0]?.id],
  );
  await market.owner.query(
    'insert into therapist_services (therapist_id, service_id) values ($1, $2)',
    [made[0]?.id, elsewhere],
  );
  const { rows } = await market.owner.query<{ id: string }>(
    'select id from providers where therapist_id = $1 and is_listed',
    [made[0]?.id],
  );
  otherProvider = String(rows[0]?.id);
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await wrongs(market)).toEqual([]);
  const { rows } = await market.owner.query(
    `select a.id from bookings a
    join bookings b on b.customer_id = a.customer_id and b.id > a.id
      and tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)
    where a.guest_name is null and b.guest_name is null
      and a.status in ('confirmed', 'assigned') and b.status in ('confirmed', 'assigned')`,
  );
  expect(rows).toEqual([]);
});

type Who = Parameters<Market['ends']>[0];

const hold = (who: Who, startsAt: Date, provider: string, guest: string | null = null) =>
  market.call(who, 'hold_slot', {
    vendor_id: provider === otherProvider ? otherVendor : vendor,
    provider_id: provider,
    starts_at: startsAt,
    idempotency_key: randomUUID(),
    service_ids: [provider === otherProvider ? elsewhere : massage],
    guest_name: guest,
  });
const ends = (...args: Parameters<typeof hold>) =>
  hold(...args).then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );

describe('a customer has one booking at a time', () => {
  it('another one at the same time needs the name of a guest, which the error asks for', async () => {
    const who = await market.newCustomer();
    const startsAt = inHours(30);
    const booking = await market.confirm(who, (await hold(who, startsAt, therapist)).id);
    await expect(hold(who, startsAt, therapist2)).rejects.toMatchObject({
      code: 'OB043',
      column: 'guest_name',
    });
    // Half an hour later it would still overlap, an hour later it does not.
    expect(await ends(who, new Date(startsAt.getTime() + 1_800_000), otherProvider)).toBe('OB043');
    expect(await ends(who, new Date(startsAt.getTime() + 3_600_000), otherProvider)).toBe('ok');
    expect(await ends(who, startsAt, therapist2, '')).toBe('23514');
    expect(await ends(who, startsAt, therapist2, 'x'.repeat(201))).toBe('23514');
    const guest = await hold(who, startsAt, therapist2, 'Meera');
    expect(guest.guest_name).toBe('Meera');
    expect((await market.confirm(who, guest.id)).guest_name).toBe('Meera');
    expect(booking.guest_name).toBeNull();
  });

  it('a hold counts like a booking, until it is released; so does a cancelled booking not', async () => {
    const who = await market.newCustomer();
    const startsAt = inHours(40);
    const first = await hold(who, startsAt, therapist);
    expect(await ends(who, startsAt, otherProvider)).toBe('OB043');
    await market.call(who, 'release_hold', { hold_id: first.id });
    const second = await hold(who, startsAt, otherProvider);
    const booking = await market.confirm(who, second.id);
    expect(await ends(who, startsAt, therapist)).toBe('OB043');
    await market.call(who, 'cancel_booking', { booking_id: booking.id, reason: 'Rain' });
    expect(await ends(who, startsAt, therapist)).toBe('ok');
  });

  it('two guests of one customer are served at the same time', async () => {
    const who = await market.newCustomer();
    const startsAt = inHours(50);
    expect([
      await ends(who, startsAt, therapist, 'Meera'),
      await ends(who, startsAt, therapist2, 'Isha'),
      await ends(who, startsAt, otherProvider),
    ]).toEqual(['ok', 'ok', 'ok']);
  });

  it('a booking does not move to the time of another one, but one of a guest does', async () => {
    const who = await market.newCustomer();
    const startsAt = inHours(60);
    const later = inHours(63);
    await market.confirm(who, (await hold(who, startsAt, therapist)).id);
    const own = await market.confirm(who, (await hold(who, later, therapist2)).id);
    const move = (id: unknown) =>
      market.ends(who, 'reschedule_booking', {
        booking_id: id,
        ...localTime(startsAt),
        reason: 'x',
      });
    expect(await move(own.id)).toBe('OB043');
    await market.call(who, 'cancel_booking', { booking_id: own.id, reason: 'Rain' });
    const guest = await market.confirm(who, (await hold(who, later, therapist2, 'Meera')).id);
    expect(await move(guest.id)).toBe('ok');
  });

  it('at two vendors at once: one of the holds is made', async () => {
    for (let round = 0; round < 12; round += 1) {
      const who = await market.newCustomer();
      const startsAt = inHours(100 + 6 * round);
      const both = await Promise.all([
        ends(who, startsAt, therapist),
        ends(who, startsAt, otherProvider),
        ends(who, startsAt, therapist2),
      ]);
      expect(both.sort()).toEqual(['OB043', 'OB043', 'ok']);
    }
    const { deadlocks } = await market.one(
      `select deadlocks::integer from pg_stat_database where datname = current_database()`,
    );
    expect(deadlocks).toBe(0);
  });

  it('a move and a hold to one time at once: one of them happens', async () => {
    for (let round = 0; round < 10; round += 1) {
      const who = await market.newCustomer();
      const startsAt = inHours(200 + 12 * round);
      const later = inHours(203 + 12 * round);
      const booking = await market.confirm(who, (await hold(who, later, therapist)).id);
      const both = await Promise.all([
        ends(who, startsAt, otherProvider),
        market.ends(who, 'reschedule_booking', {
          booking_id: booking.id,
          ...localTime(startsAt),
          reason: 'x',
        }),
      ]);
      expect(both.sort()).toEqual(['OB043', 'ok']);
    }
  });
});
