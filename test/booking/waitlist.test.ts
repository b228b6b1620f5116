import {
  facial,
  idFor,
  inHours,
  type Market,
  massage,
  openMarket,
  therapist,
  therapist2,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { longOrShort } from '../helpers/long-form.ts';
import { dayOf, later, makeDays } from '../hours/support.ts';
import type { Sub } from './steps.ts';

let market: Market;
const { nextMorning } = makeDays(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

/** A morning on which both therapists work from ten to eleven alone, and both are booked. */
async function fullMorning(): Promise<{ readonly at: Date; readonly bookings: readonly Booked[] }> {
  const at = nextMorning();
  const bookings = [];
  for (const provider of [therapist, therapist2]) {
    await market.call('vendor', 'create_special_hours', {
      provider_id: provider,
      day: dayOf(at),
      shifts: '{"(10:00,11:00,,)"}',
    });
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: at, provider });
    bookings.push({ who, id });
  }
  return { at, bookings };
}

type Booked = { readonly who: Sub; readonly id: unknown };

const join = (who: Who, at: Date, more: object = {}) =>
  market.call(who, 'join_waitlist', {
    vendor_id: vendor,
    service_ids: [massage],
    starts_from: later(at, -2),
    starts_until: later(at, 2),
    ...more,
  });

const joinEnds = (who: Who, at: Date, more: object = {}) =>
  join(who, at, more).then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );

/** Three customers who wait, in this order. */
async function waiting(at: Date, count = 3) {
  const people = [];
  for (let made = 0; made < count; made += 1) {
    const who = await market.newCustomer();
    people.push({ who, id: (await join(who, at)).id });
  }
  return people;
}

const offer = async () =>
  Number((await market.one('select app_private.offer_freed_times(50) as n')).n);

const entry = (id: unknown) =>
  market.one('select status, offer_hold_id from waitlist_entries where id = $1', [id]);

const cancel = ({ who, id }: Booked) =>
  market.call(who, 'cancel_booking', { booking_id: id, reason: 'Rain' });

/** Lets the time of an offer pass, which nothing but time does. */
async function lapseOffers(): Promise<void> {
  await market.owner.query(
    `update booking_holds set expires_at = now() - interval '1 second'
    where id in (select offer_hold_id from waitlist_entries where status = 'offered')`,
  );
  await market.owner.query(
    `update app_private.provider_reservations r set expires_at = h.expires_at
    from booking_holds h where h.id = r.hold_id and h.booking_id is null`,
  );
  await market.owner.query('update app_private.freed_times set next_at = now()');
}

const told = async (who: Sub, type: string) =>
  Number(
    (
      await market.one(
        'select count(*)::int as n from notifications where user_id = $1 and type = $2',
        [who.sub, type],
      )
    ).n,
  );

it('time that a cancellation frees is held for the first who waits, and for no one else', async () => {
  const { at, bookings } = await fullMorning();
  const [first, second] = await waiting(at, 2);
  await cancel(bookings[0] as Booked);
  await offer();
  expect(await entry(first?.id)).toMatchObject({ status: 'offered' });
  expect(await entry(second?.id)).toMatchObject({ status: 'waiting' });
  expect(await told(first?.who as Sub, 'waitlist_offer')).toBe(1);
  expect(await market.holdEnds(await market.newCustomer(), { startsAt: at })).toBe('OB060');

  const { offer_hold_id: hold } = await entry(first?.id);
  const booking = await market.confirm(first?.who as Sub, hold);
  expect(booking).toMatchObject({ status: 'confirmed', starts_at: at });
  expect(await entry(first?.id)).toMatchObject({ status: 'booked' });
  await market.owner.query('update app_private.freed_times set next_at = now()');
  await offer();
  expect(await entry(second?.id)).toMatchObject({ status: 'waiting' });
  expect(await market.one('select count(*)::int as n from app_private.freed_times')).toEqual({
    n: 0,
  });
});

it('an offer that is not taken goes to the next, to three in all, and then the time is open to all', async () => {
  const { at, bookings } = await fullMorning();
  const people = await waiting(at, 5);
  await cancel(bookings[0] as Booked);
  const offered = [];
  for (let round = 0; round < 4; round += 1) {
    await offer();
    const states = [];
    for (const { id } of people) {
      states.push((await entry(id)).status);
    }
    offered.push(states.indexOf('offered'));
    await lapseOffers();
  }
  expect(offered).toEqual([0, 1, 2, -1]);
  expect(await told(people[4]?.who as Sub, 'waitlist_open')).toBe(1);
  expect(await market.holdEnds(await market.newCustomer(), { startsAt: at })).toBe('ok');
});

it('a customer who leaves passes the offer on at once', async () => {
  const { at, bookings } = await fullMorning();
  const [first, second] = await waiting(at, 2);
  await cancel(bookings[1] as Booked);
  await offer();
  const leave = (who: Who, id: unknown) => market.ends(who, 'leave_waitlist', { entry_id: id });
  expect(await leave(first?.who as Sub, first?.id)).toBe('ok');
  await offer();
  expect(await entry(second?.id)).toMatchObject({ status: 'offered' });
  expect(await leave(first?.who as Sub, first?.id)).toBe('OB030');
  expect(await leave('customer', second?.id)).toBe('OB003');
});

it('only who waits for this provider, this vendor and this time is asked', async () => {
  const { at, bookings } = await fullMorning();
  const other = await market.newCustomer();
  const { id: others } = await join(other, at, { provider_id: therapist2 });
  const later = await market.newCustomer();
  const next = await fullMorning();
  const { id: latersId } = await join(later, next.at);
  const mine = await market.newCustomer();
  const { id: mines } = await join(mine, at, { provider_id: therapist });
  await cancel(bookings[0] as Booked);
  await offer();
  expect(await entry(others)).toMatchObject({ status: 'waiting' });
  expect(await entry(latersId)).toMatchObject({ status: 'waiting' });
  expect(await entry(mines)).toMatchObject({ status: 'offered' });
});

it('a customer who cannot book it is passed over', async () => {
  const { at, bookings } = await fullMorning();
  const busy = await market.newCustomer();
  const { id: busys } = await join(busy, at);
  // The other vendor's hour is theirs, so they are elsewhere.
  await market.owner.query(
    `insert into bookings (customer_id, vendor_id, booking_type, booking_date, booking_time,
      time_zone, duration_minutes, total_amount, final_amount, status)
    select $1, vendor_id, 'spa_visit', booking_date, booking_time, time_zone, 60, 1, 1, 'confirmed'
    from bookings where id = $2`,
    [busy.sub, bookings[0]?.id],
  );
  const [second] = await waiting(at, 1);
  await cancel(bookings[0] as Booked);
  await offer();
  expect(await entry(busys)).toMatchObject({ status: 'waiting' });
  expect(await entry(second?.id)).toMatchObject({ status: 'offered' });
});

it('a closure that is deleted frees its days', async () => {
  const at = nextMorning();
  const closure = await market.call('vendor', 'create_closure', {
    vendor_id: vendor,
    first_day: dayOf(at),
  });
  const [first] = await waiting(at, 1);
  await market.owner.query('delete from closures where id = $1', [closure.id]);
  await offer();
  expect(await entry(first?.id)).toMatchObject({ status: 'offered' });
});

it('joining says what is wrong: free times, spans, services, and a fourth entry', async () => {
  const free = nextMorning();
  const who = await market.newCustomer();
  expect(await joinEnds(who, free)).toBe('OB030');
  const { at } = await fullMorning();
  expect(await joinEnds('visitor', at)).toBe('42501');
  expect(await joinEnds('vendor', at)).toBe('OB037');
  expect(await joinEnds(who, at, { service_ids: [facial] })).toBe('OB030');
  expect(await joinEnds(who, at, { service_ids: [] })).toBe('OB020');
  expect(await joinEnds(who, at, { service_ids: [vendor] })).toBe('OB062');
  expect(await joinEnds(who, at, { starts_until: later(at, -3) })).toBe('OB020');
  expect(await joinEnds(who, at, { starts_until: later(at, 24 * 15) })).toBe('OB020');
  expect(await joinEnds(who, at, { starts_from: inHours(0), starts_until: inHours(0.5) })).toBe(
    'OB020',
  );
  expect(await joinEnds(who, at, { address_id: vendor })).toBe('OB020');
  for (let count = 0; count < 3; count += 1) {
    expect(await joinEnds(who, at)).toBe('ok');
  }
  expect(await joinEnds(who, at)).toBe('OB071');
});

it('nothing is offered within two hours of the start', async () => {
  const { at, bookings } = await fullMorning();
  const [first] = await waiting(at, 1);
  await market.owner.query(
    `update system_settings set value = '4320' where key = 'waitlist.notice_minutes'`,
  );
  await market.owner.query(
    `update waitlist_entries set starts_until = now() + interval '71 hours', starts_from = now() where id = $1`,
    [first?.id],
  );
  await cancel(bookings[0] as Booked);
  await offer();
  expect(await entry(first?.id)).toMatchObject({ status: 'waiting' });
  await market.owner.query('select app_private.end_waiting(100)');
  expect(await entry(first?.id)).toMatchObject({ status: 'expired' });
  await market.owner.query(
    `update system_settings set value = '120' where key = 'waitlist.notice_minutes'`,
  );
});

it('an offer that two devices take at once becomes one booking', async () => {
  for (let count = 0; count < longOrShort(20, 4); count += 1) {
    const { at, bookings } = await fullMorning();
    const [first] = await waiting(at, 1);
    await cancel(bookings[0] as Booked);
    await offer();
    const { offer_hold_id: hold } = await entry(first?.id);
    const ends = await Promise.all(
      [1, 2].map(() =>
        market.ends(first?.who as Sub, 'confirm_booking', {
          hold_id: hold,
          payment_method: 'cash',
        }),
      ),
    );
    expect(ends.toSorted()).toEqual(['OB030', 'ok']);
    expect(
      await market.one('select count(*)::int as n from bookings where customer_id = $1', [
        first?.who.sub,
      ]),
    ).toEqual({ n: 1 });
  }
});

it('a job that offers, a customer who confirms and one who leaves do not block each other', async () => {
  for (let count = 0; count < longOrShort(20, 4); count += 1) {
    const { at, bookings } = await fullMorning();
    const people = await waiting(at, 2);
    await Promise.all(bookings.map(cancel));
    await offer();
    const [first, second] = people;
    const { offer_hold_id: hold } = await entry(first?.id);
    const ends = await Promise.all([
      market.ends(first?.who as Sub, 'confirm_booking', { hold_id: hold, payment_method: 'cash' }),
      market.ends(second?.who as Sub, 'leave_waitlist', { entry_id: second?.id }),
      offer().then(() => 'ok'),
      offer().then(() => 'ok'),
    ]);
    expect(ends).toEqual(['ok', 'ok', 'ok', 'ok']);
  }
});

it('an entry is seen by its customer and by the desk of the vendor', async () => {
  const { at } = await fullMorning();
  const { id } = await join('customer', at);
  const sees = async (who: 'customer' | 'customer2' | 'receptionist' | 'vendor2' | 'accountant') =>
    market.database.asUser(
      { sub: idFor(who), role: 'authenticated' },
      async (client) =>
        (await client.query('select from waitlist_entries where id = $1', [id])).rowCount,
    );
  expect(
    await Promise.all([
      sees('customer'),
      sees('receptionist'),
      sees('customer2'),
      sees('vendor2'),
      sees('accountant'),
    ]),
  ).toEqual([1, 1, 0, 0, 0]);
});
