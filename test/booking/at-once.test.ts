import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { codeOf } from '../db/attempt.ts';
import {
  claimsFor,
  facial,
  inHours,
  localTime,
  type Market,
  massage,
  massagePrice,
  openMarket,
  therapist,
  therapist2,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { priceOf } from '../fixtures/terms.ts';

/** How many come at once. The server has fewer connections to give: they queue as an API's requests do. */
const clients = 200;
/** As many as three API processes have. */
const connections = 60;

const enterRequest = `select set_config('role', app_private.enter_request($1::text::jsonb), true),
  set_config('request.jwt.claims', $1::text, true)`;
const holdSlot = `select hold_slot(vendor_id => $1, provider_id => $2, starts_at => $3,
  idempotency_key => $4, service_ids => $5)`;

let market: Market;
let pool: pg.Pool;

beforeAll(async () => {
  market = await openMarket();
  await market.liftLimits();
  pool = new pg.Pool({
    connectionString: market.database.apiUrl,
    max: connections,
    idleTimeoutMillis: 0,
  });
  await warmUp();
}, 120_000);

afterAll(async () => {
  await pool?.end();
  await market?.close();
});

/** A connection plans each statement once, which is no part of what is tried here. */
async function warmUp(): Promise<void> {
  const opened = await Promise.all(Array.from({ length: connections }, () => pool.connect()));
  for (const client of opened) {
    await client.query('begin');
    await client.query(enterRequest, [JSON.stringify(claimsFor('customer'))]);
    await client.query(holdSlot, [vendor, therapist, inHours(20), randomUUID(), [massage]]);
    await client.query('rollback');
    client.release();
  }
}

/** One request of many at once, within the API's own limit of time; `ok` or the code of the error. */
async function attempt(who: Who, sql: string, values: readonly unknown[]): Promise<string> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(enterRequest, [JSON.stringify(claimsFor(who))]);
    await client.query(`set local statement_timeout = '10s'`);
    await client.query(sql, [...values]);
    await client.query('commit');
    return 'ok';
  } catch (error) {
    await client.query('rollback');
    return codeOf(error);
  } finally {
    client.release();
  }
}

async function atOnce(
  count: number,
  make: (index: number) => readonly [who: Who, sql: string, values: readonly unknown[]],
): Promise<Record<string, number>> {
  const ends = await Promise.all(
    Array.from({ length: count }, (_, index) => attempt(...make(index))),
  );
  return Object.fromEntries(
    Map.groupBy(ends, (end) => end)
      .entries()
      .map(([end, those]) => [end, those.length]),
  );
}

it('one slot of one provider is held 200 times at once: one hold is made, 199 are refused', async () => {
  const people = [
    'customer',
    'customer2',
    ...(await Promise.all(Array.from({ length: 18 }, () => market.newCustomer()))),
  ] as const;
  const startsAt = inHours(24);
  const ends = await atOnce(clients, (index) => [
    people[index % people.length] ?? 'customer',
    holdSlot,
    [vendor, therapist, startsAt, randomUUID(), [massage]],
  ]);
  expect(ends).toEqual({ ok: 1, OB060: clients - 1 });
  expect(
    await market.one(
      `select count(*)::integer from app_private.provider_reservations where starts_at = $1`,
      [startsAt],
    ),
  ).toEqual({ count: 1 });
});

it('overlapping slots of two providers are held 200 times at once: no two reservations overlap', async () => {
  const people = await Promise.all(Array.from({ length: 20 }, () => market.newCustomer()));
  const ends = await atOnce(clients, (index) => [
    people[index % people.length] ?? 'customer',
    holdSlot,
    [
      vendor,
      index % 2 === 0 ? therapist : therapist2,
      new Date(inHours(48).getTime() + (index % 7) * 1_800_000),
      randomUUID(),
      [massage],
    ],
  ]);
  expect(Object.keys(ends).sort()).toEqual(['OB060', 'ok']);
  const { rows } = await market.owner.query(
    `select from app_private.provider_reservations a join app_private.provider_reservations b
      on a.provider_id = b.provider_id and a.id < b.id
      and tstzrange(a.starts_at, a.ready_at) && tstzrange(b.starts_at, b.ready_at)`,
  );
  expect(rows).toEqual([]);
  expect(ends.ok).toBeGreaterThanOrEqual(4);
});

it('one idempotency key is sent 200 times at once: there is one hold, and every answer has it', async () => {
  const who = await market.newCustomer();
  const key = randomUUID();
  const ends = await atOnce(clients, () => [
    who,
    holdSlot,
    [vendor, therapist, inHours(72), key, [massage]],
  ]);
  expect(ends).toEqual({ ok: clients });
  expect(
    await market.one('select count(*)::integer from booking_holds where customer_id = $1', [
      who.sub,
    ]),
  ).toEqual({ count: 1 });
  expect(await attempt(who, holdSlot, [vendor, therapist, inHours(73), key, [massage]])).toBe(
    'OB066',
  );
});

it('one hold is confirmed 200 times at once: there is one booking', async () => {
  const { id } = await market.hold('customer', { startsAt: inHours(96) });
  const ends = await atOnce(clients, () => [
    'customer',
    `select confirm_booking(hold_id => $1, expected_amount => (select final_amount from booking_holds where id = $1),
        payment_method => 'cash')`,
    [id],
  ]);
  expect(ends).toEqual({ ok: 1, OB030: clients - 1 });
});

it('one provider is assigned to overlapping bookings at once: one assignment is made', async () => {
  const [first, second] = [
    await market.book('customer', { startsAt: inHours(120), provider: therapist }),
    await market.book('customer2', { startsAt: inHours(120), provider: therapist2 }),
  ];
  // Each asks for the other's provider; the reservation stands in the way of both.
  const ends = await atOnce(clients, (index) => [
    'vendor',
    'select assign_therapist($1, $2)',
    index % 2 === 0 ? [first.id, therapist2] : [second.id, therapist],
  ]);
  expect(ends).toEqual({ OB060: clients });
  const assigned = await atOnce(clients, (index) => [
    'vendor',
    'select assign_therapist($1, $2)',
    index % 2 === 0 ? [first.id, therapist] : [second.id, therapist],
  ]);
  expect(assigned).toEqual({ ok: 1, OB030: clients / 2 - 1, OB060: clients / 2 });
});

it('bookings are moved into one slot at once: one gets it', async () => {
  const bookings: { who: Who; id: unknown }[] = [];
  for (let index = 0; index < 4; index += 1) {
    const who = await market.newCustomer();
    bookings.push({
      who,
      id: (await market.book(who, { startsAt: inHours(144 + 2 * index), provider: therapist })).id,
    });
  }
  // The other provider is away, so that there is one place.
  await market.owner.query(
    `update therapist_schedules set is_available = false where therapist_id = $1`,
    [therapist2],
  );
  const to = localTime(inHours(170));
  const ends = await atOnce(clients, (index) => {
    const { who, id } = bookings[index % 4] ?? { who: 'customer', id: null };
    return [who, 'select reschedule_booking($1, $2, $3)', [id, to.new_date, to.new_time]];
  });
  expect(ends.ok).toBe(1);
  expect(Object.keys(ends).sort()).toEqual(['OB020', 'OB060', 'ok']);
  await market.owner.query('update therapist_schedules set is_available = true');
});

it('the last rupee of a wallet is spent once', async () => {
  const who = await market.newCustomer();
  const last = 100;
  await market.fillWallet(who, last);
  const bookings = [
    await market.book(who, { startsAt: inHours(200) }),
    await market.book(who, { startsAt: inHours(202) }),
  ];
  const ends = await atOnce(clients, (index) => [
    who,
    'select pay_from_wallet($1, $2, $3)',
    [bookings[index % 2]?.id, randomUUID(), last],
  ]);
  expect(ends).toEqual({ ok: 1, OB063: clients - 1 });
  expect(
    await market.one('select app_private.wallet_balance($1)::float as left', [who.sub]),
  ).toEqual({
    left: 0,
  });
});

it('the last point is spent once', async () => {
  const who = await market.newCustomer();
  const last = 50;
  await market.givePoints(who, last);
  const holds = [
    await market.hold(who, { startsAt: inHours(220) }),
    await market.hold(who, { startsAt: inHours(222), services: [facial] }),
    await market.hold(who, { startsAt: inHours(224), services: [facial] }),
  ];
  const ends = await atOnce(clients, (index) => [
    who,
    `select confirm_booking(hold_id => $1, expected_amount => (select final_amount from booking_holds where id = $1),
      points => $2, payment_method => 'cash')`,
    [holds[index % 3]?.id, last],
  ]);
  // Of its own hold: it has become a booking.
  expect(Object.keys(ends).sort()).toEqual(['OB030', 'OB064', 'ok']);
  expect(ends.ok).toBe(1);
  expect(await market.one('select loyalty_points from customers where id = $1', [who.sub])).toEqual(
    { loyalty_points: 0 },
  );
});

it('one payment is refunded once, however many decide it', async () => {
  const who = await market.newCustomer();
  const paid = 1_000;
  await market.fillWallet(who, paid);
  const booking = await market.book(who, { startsAt: inHours(240) }, { wallet: paid });
  const { id } = await market.one(
    `select id from payments where booking_id = $1 and payment_method = 'wallet'`,
    [booking.id],
  );
  const ends = await atOnce(clients, () => [
    'finance',
    // More than half of it.
    `select refund_payment($1, $3, 'Sorry', $2)`,
    [id, randomUUID(), 0.6 * paid],
  ]);
  expect(ends).toEqual({ ok: 1, OB068: clients - 1 });
});

it('a cancellation and a start of the service at once: one of them happens', async () => {
  const booking = await market.book('customer', { startsAt: inHours(250) });
  await market.call('vendor', 'assign_therapist', {
    booking_id: booking.id,
    therapist_id: therapist,
  });
  await market.call('therapist', 'acknowledge_assignment', { booking_id: booking.id });
  await market.bringToStart(booking.id);
  const code = await market.startCode(booking.id);
  const ends = await atOnce(40, (index) =>
    index % 2 === 0
      ? ['customer', `select cancel_booking($1, 'Rain')`, [booking.id]]
      : ['therapist', 'select start_service($1, $2)', [booking.id, code]],
  );
  expect(ends.ok).toBe(1);
  expect(await market.imbalances()).toEqual([]);
});

it('a start code is tried five times at most, however many try at once', async () => {
  const booking = await market.book('customer', { startsAt: inHours(260), provider: therapist2 });
  await market.call('vendor', 'assign_therapist', {
    booking_id: booking.id,
    therapist_id: therapist2,
  });
  await market.call('therapist2', 'acknowledge_assignment', { booking_id: booking.id });
  await market.bringToStart(booking.id);
  const code = await market.startCode(booking.id);
  const wrong = code === '0000' ? '0001' : '0000';
  const ends = await atOnce(clients, () => [
    'therapist2',
    'select start_service($1, $2)',
    [booking.id, wrong],
  ]);
  // Five were counted, and gave nothing; the right code comes too late.
  expect(ends).toEqual({ ok: 5, OB046: clients - 5 });
  expect(await market.ends('therapist2', 'start_service', { booking_id: booking.id, code })).toBe(
    'OB046',
  );
  expect(await market.one('select status from bookings where id = $1', [booking.id])).toEqual({
    status: 'assigned',
  });
});

it('a no-show that is settled and disputed at once: one of them happens', async () => {
  const who = await market.newCustomer();
  const price = priceOf(massagePrice);
  await market.fillWallet(who, price);
  const booking = await market.book(
    who,
    { startsAt: inHours(270), provider: therapist2 },
    { wallet: price },
  );
  await market.call('vendor', 'assign_therapist', {
    booking_id: booking.id,
    therapist_id: therapist2,
  });
  await market.bringToStart(booking.id, 300);
  await market.call('vendor', 'mark_no_show', { booking_id: booking.id });
  await market.owner.query(
    `update booking_cancellations set disputable_until = now() + interval '150 ms' where booking_id = $1`,
    [booking.id],
  );
  let settled = 0;
  const [ends] = await Promise.all([
    atOnce(20, () => [who, `select dispute_booking($1, 'I was there')`, [booking.id]]),
    (async () => {
      for (let round = 0; round < 20; round += 1) {
        const { count } = await market.one('select app_private.settle_no_shows(10) as count');
        settled += Number(count);
      }
    })(),
  ]);
  const { open } = await market.one(
    'select count(*)::int as open from booking_disputes where booking_id = $1',
    [booking.id],
  );
  expect(ends.ok ?? 0).toBe(open);
  expect(settled + Number(open)).toBeLessThanOrEqual(1);
  expect(await market.imbalances()).toEqual([]);
});

it('no client was told of a deadlock, and the books add up', async () => {
  const { deadlocks } = await market.one(
    `select deadlocks::integer from pg_stat_database where datname = current_database()`,
  );
  expect(deadlocks).toBe(0);
  expect(await market.imbalances()).toEqual([]);
});
