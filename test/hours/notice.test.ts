import {
  facial,
  farAddress,
  inHours,
  localTime,
  type Market,
  nearAddress,
  openMarket,
  therapist2,
  vendor,
} from '../fixtures/market.ts';
import { dayOf, later, makeDays } from './support.ts';

let market: Market;
const { slotsOn } = makeDays(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

const minute = 60_000;

/** The first start on the grid that is this far from now. */
function startAfter(minutes: number): Date {
  const grid = 30 * minute;
  return new Date(Math.ceil((Date.now() + minutes * minute) / grid) * grid);
}

const choose = (column: string, value: number | null, who: 'vendor' | 'receptionist' = 'vendor') =>
  market.database.asUser(
    { sub: idOf(who), role: 'authenticated' },
    async (client) =>
      (await client.query(`update vendors set ${column} = $1 where id = $2`, [value, vendor]))
        .rowCount,
    { commit: true },
  );

let ids: ReadonlyMap<string, string>;
const idOf = (name: string) => String(ids.get(name));

beforeAll(async () => {
  const { rows } = await market.owner.query<{ id: string; name: string }>(
    'select id, name from user_profiles',
  );
  ids = new Map(rows.map(({ id, name }) => [name, id]));
});

afterEach(async () => {
  await choose('booking_notice_minutes', null);
  await choose('booking_horizon_days', null);
});

it('a customer books an hour ahead, or as far ahead as the vendor asks', async () => {
  // 61 minutes: the clock goes on while the test runs.
  const [soon, next] = [startAfter(0), startAfter(61)];
  expect(await market.holdEnds('customer', { startsAt: soon })).toBe('OB060');
  expect(await market.holdEnds('customer', { startsAt: next })).toBe('ok');
  const shown = await slotsOn(dayOf(next));
  expect(shown).toContain(localTime(next).new_time.slice(0, 5));

  expect(await choose('booking_notice_minutes', 4_320)).toBe(1);
  const inDays = later(new Date(), 71);
  expect(await slotsOn(dayOf(later(new Date(), 24)))).toEqual([]);
  expect(await market.holdEnds('customer2', { startsAt: inHours(60) })).toBe('OB060');
  expect(inDays.getTime()).toBeLessThan(inHours(73).getTime());
  expect(await market.holdEnds('customer2', { startsAt: inHours(73) })).toBe('ok');

  expect(await choose('booking_notice_minutes', 0)).toBe(1);
  expect(
    await market.holdEnds(await market.newCustomer(), {
      startsAt: startAfter(1),
      services: [facial],
    }),
  ).toBe('ok');
});

it('nothing can be booked after the horizon', async () => {
  const [inside, outside] = [inHours(24 * 89), inHours(24 * 92)];
  expect(await market.holdEnds(await market.newCustomer(), { startsAt: inside })).toBe('ok');
  await expect(market.hold(await market.newCustomer(), { startsAt: outside })).rejects.toThrow(
    /takes no bookings so far ahead. Choose a day up to \d\d \w{3} \d{4}\./,
  );
  expect(await slotsOn(dayOf(outside))).toEqual([]);
  expect(await market.holdEnds('customer', { startsAt: new Date('9999-12-31T10:00:00Z') })).toBe(
    'OB060',
  );
  expect(await choose('booking_horizon_days', 7)).toBe(1);
  expect(await slotsOn(dayOf(inHours(24 * 6)))).not.toEqual([]);
  expect(await slotsOn(dayOf(inHours(24 * 9)))).toEqual([]);
  expect(await choose('booking_horizon_days', 180)).toBe(1);
  expect(await market.holdEnds(await market.newCustomer(), { startsAt: outside })).toBe('ok');
});

it('a home service waits for the way from the vendor', async () => {
  expect(await choose('booking_notice_minutes', 0)).toBe(1);
  await market.owner.query(
    `update system_settings set value = '200' where key = 'booking.service_radius_km'`,
  );
  // 3 km at 20 km/h are nine minutes, 44 km more than two hours.
  const hold = (address: string, startsAt: Date) =>
    market.holdEnds('customer', {
      startsAt,
      address,
      type: 'home_service',
      provider: therapist2,
      guest: 'A guest',
    });
  expect(await hold(farAddress, startAfter(90))).toBe('OB060');
  expect(await hold(nearAddress, startAfter(11))).toBe('ok');
  expect(await hold(farAddress, inHours(30))).toBe('ok');
});

it('a booking moves by the same rule, but the desk may propose a sooner time', async () => {
  const who = await market.newCustomer();
  const { id } = await market.book(who, { startsAt: inHours(40) });
  const soon = localTime(startAfter(5));
  expect(await market.ends(who, 'reschedule_booking', { booking_id: id, ...soon })).toBe('OB060');
  expect(
    await market.ends('vendor', 'request_reschedule', { booking_id: id, ...soon, reason: 'Now?' }),
  ).toBe('ok');
});

it('the notice is 0 to 72 hours and the horizon 7 to 180 days, as the management says', async () => {
  for (const [column, value] of [
    ['booking_notice_minutes', -1],
    ['booking_notice_minutes', 4_321],
    ['booking_horizon_days', 6],
    ['booking_horizon_days', 181],
  ] as const) {
    await expect(choose(column, value)).rejects.toMatchObject({ code: '23514' });
  }
  expect(await choose('booking_notice_minutes', 30, 'receptionist')).toBe(0);
  expect(await choose('booking_notice_minutes', 30)).toBe(1);
});
