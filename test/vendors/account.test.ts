import { randomUUID } from 'node:crypto';
import { makeSteps, price } from '../booking/steps.ts';
import {
  claimsFor,
  commissionRate,
  idFor,
  type Market,
  massagePrice,
  openMarket,
  otherVendor,
  type Row,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { earningsOf, pointsFor, rupees, sum } from '../fixtures/terms.ts';

let market: Market;
const { freeHour, paid, complete, balance, pointsOf } = makeSteps(() => market);
const earned = earningsOf(massagePrice, commissionRate).vendor;
/** Rupees that the vendor owes for a booking whose price it has received in cash. */
const owedOfCash = sum(price, -earned);

/** Settings: rupees that a vendor may owe, for how many days beyond them it still takes cash, days of a statement. */
const debtLimit = 5_000;
const debtDays = 14;
const statementDays = 92;

beforeEach(async () => {
  market = await openMarket();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
  await market.close();
});

/** Weeks back from the running one; its Monday. */
const monday = async (weeks: number) =>
  String(
    (
      await market.one(
        `select (date_trunc('week', app_private.today())::date - 7 * $1::int)::text as day`,
        [weeks],
      )
    ).day,
  );

async function servedForCash(): Promise<{ who: Who; id: unknown }> {
  const who = await market.newCustomer();
  const { id } = await market.book(who, { startsAt: freeHour() });
  await complete(id, price);
  return { who, id };
}

async function servedOnline(): Promise<{ who: Who; id: unknown }> {
  const { who, id } = await paid();
  await complete(id);
  return { who, id };
}

/** As if all that is in no payout yet had happened in that week, and the time to dispute it were over. */
const putInto = async (weeks: number) =>
  market.owner.query(
    `with at as (select app_private.start_of($1::date) + interval '1 day' as at),
    r as (
      update commission_records set created_at = at, payable_from = at, disputable_until = at from at
      where payout_id is null)
    update vendor_credits set created_at = at from at where payout_id is null`,
    [await monday(weeks)],
  );
const run = async (weeks: number) =>
  market.call('finance', 'run_payouts', { week_start: await monday(weeks) });
const pay = (amount: number, key: string = randomUUID(), who: Who = 'finance') =>
  market.ends(who, 'record_vendor_payment', {
    vendor_id: vendor,
    amount,
    reference: 'UTR 4711',
    idempotency_key: key,
  });
const owed = async () =>
  Number((await market.one('select app_private.owed_by_vendor($1) as owed', [vendor])).owed);
const dues = async () =>
  (
    await market.owner.query(
      `select week_start::text as week, amount::float as amount, open_amount::float as open, outcome
      from vendor_dues where vendor_id = $1 order by week_start`,
      [vendor],
    )
  ).rows;
const takesCash = async () =>
  (await market.one('select vendors_takes_cash(v) as takes from vendors v where id = $1', [vendor]))
    .takes;
/** As if the vendor had owed so much, by the cash of a booking. */
async function owe(rupeesOwed: number): Promise<void> {
  const { id } = await servedForCash();
  await market.owner.query(
    `with j as (
      insert into app_private.journal (from_account, from_id, to_account, amount, reason)
      values ('vendor', $1, 'bank', $3, 'planted'))
    update vendor_credits set amount = amount - $3 where booking_id = $2`,
    [vendor, id, sum(rupeesOwed, -owedOfCash)],
  );
}

describe('dues', () => {
  it('what a vendor owes at the end of a week is recorded once, and its owner is told', async () => {
    await servedForCash();
    await putInto(3);
    expect(await run(3)).toBeUndefined();
    await run(3);
    expect(await dues()).toEqual([
      { week: await monday(3), amount: owedOfCash, open: owedOfCash, outcome: null },
    ]);
    expect(
      await market.one(
        `select count(*)::int as n, max(message) as message from notifications
        where user_id = $1 and type = 'vendor_due'`,
        [idFor('vendor')],
      ),
    ).toMatchObject({ n: 1 });
    const seenBy = (who: Who) =>
      market.database.asUser(claimsFor(who), async (client) => {
        const { rows } = await client.query('select amount::float as amount from vendor_dues');
        return rows;
      });
    for (const reader of ['vendor', 'accountant', 'finance'] as const) {
      expect(await seenBy(reader)).toEqual([{ amount: owedOfCash }]);
    }
    for (const stranger of ['vendor2', 'receptionist', 'customer', 'therapist'] as const) {
      expect(await seenBy(stranger)).toEqual([]);
    }
  });

  it('a due is carried over into that of the next week, and set off by later earnings', async () => {
    await servedForCash();
    await putInto(4);
    await run(4);
    const { id } = await servedForCash();
    await market.owner.query(
      `with at as (select app_private.start_of($2::date) + interval '1 day' as at),
      r as (update commission_records set created_at = at, payable_from = at from at where booking_id = $1)
      update vendor_credits set created_at = at from at where booking_id = $1`,
      [id, await monday(3)],
    );
    await run(3);
    const both = sum(owedOfCash, owedOfCash);
    expect(await dues()).toEqual([
      { week: await monday(4), amount: owedOfCash, open: owedOfCash, outcome: 'carried_over' },
      { week: await monday(3), amount: both, open: both, outcome: null },
    ]);
    await servedOnline();
    await putInto(2);
    const payout = await run(2);
    expect(payout).toMatchObject({ net_amount: rupees(sum(earned, -both)) });
    expect((await dues())[1]).toMatchObject({ outcome: 'set_off' });
    expect(await owed()).toBe(0);
  });

  it('earnings that are less than what is owed settle the oldest of it, in a payout of 0', async () => {
    const debts = Math.ceil(earned / owedOfCash) + 1;
    const served: { who: Who; id: unknown }[] = [];
    for (let n = 0; n < debts; n += 1) {
      served.push(await servedForCash());
    }
    await servedOnline();
    await putInto(3);
    // In the order in which they were served.
    for (const [n, { id }] of served.entries()) {
      await market.owner.query(
        `update commission_records set created_at = created_at + $2 * interval '1 minute' where booking_id = $1`,
        [id, n - debts],
      );
    }
    const before = await owed();
    expect(before).toBeCloseTo(sum(debts * owedOfCash, -earned), 2);
    expect(await run(3)).toBeUndefined();
    const settled = Math.floor(earned / owedOfCash);
    const statuses = await Promise.all(
      served.map(({ id }) =>
        market.one(
          'select settlement_status as status from commission_records where booking_id = $1',
          [id],
        ),
      ),
    );
    expect(statuses.map(({ status }) => status)).toEqual(
      served.map((_, n) => (n < settled ? 'settled' : 'pending')),
    );
    expect(
      await market.one(
        `select net_amount, payout_status, payment_method, total_bookings from vendor_payouts`,
      ),
    ).toEqual({
      net_amount: '0.00',
      payout_status: 'completed',
      payment_method: 'set_off',
      total_bookings: settled + 1,
    });
    // Nothing is lost or gained by it, and running it again changes nothing.
    expect(await owed()).toBeCloseTo(before, 2);
    await run(3);
    expect(await owed()).toBeCloseTo(before, 2);
    // Points of the customers whose commission is settled.
    for (const [n, { who }] of served.entries()) {
      expect(await pointsOf(who)).toBe(n < settled ? pointsFor(price) : 0);
    }
  });
});

describe('a payment of a vendor', () => {
  it('pays the open due as far as it goes, at most what is owed', async () => {
    await servedForCash();
    await putInto(3);
    await run(3);
    expect(await pay(sum(owedOfCash, 0.01))).toBe('OB068');
    const before = await balance('vendor', vendor);
    const key = randomUUID();
    expect([await pay(100, key), await pay(100, key)]).toEqual(['ok', 'ok']);
    expect(await pay(101, key)).toBe('OB066');
    expect(await owed()).toBe(sum(owedOfCash, -100));
    expect((await balance('vendor', vendor)) - before).toBeCloseTo(100, 10);
    expect((await dues())[0]).toMatchObject({ open: sum(owedOfCash, -100), outcome: null });
    expect(await pay(sum(owedOfCash, -100))).toBe('ok');
    expect((await dues())[0]).toMatchObject({ open: 0, outcome: 'paid' });
    expect(await balance('vendor', vendor)).toBe(0);
    expect(await pay(1)).toBe('OB068');
    // The payment is in the account from this week on; its end settles the booking.
    await putInto(2);
    await run(2);
    expect(
      await market.one('select payout_status, payment_method, net_amount from vendor_payouts'),
    ).toEqual({ payout_status: 'completed', payment_method: 'set_off', net_amount: '0.00' });
    expect(await dues()).toHaveLength(1);
  });

  it('is recorded by finance alone, never of their own business, with a reference and an amount', async () => {
    await servedForCash();
    expect(await pay(1, randomUUID(), 'vendor')).toBe('42501');
    expect(await pay(1, randomUUID(), 'customer_care')).toBe('OB002');
    for (const amount of [0, -1, Number.NaN]) {
      expect(await pay(amount)).toBe('OB020');
    }
    const args = { vendor_id: vendor, amount: 1, reference: 'UTR', idempotency_key: randomUUID() };
    expect(await market.ends('finance', 'record_vendor_payment', { ...args, reference: ' ' })).toBe(
      'OB036',
    );
    expect(
      await market.ends('finance', 'record_vendor_payment', {
        ...args,
        vendor_id: idFor('nobody'),
      }),
    ).toBe('OB003');
    await market.owner.query(
      `insert into vendor_staff (vendor_id, user_id, name, role, mobile)
      values ($1, $2, 'finance', 'accountant', '+919876543219')`,
      [otherVendor, idFor('finance')],
    );
    expect(
      await market.ends('finance', 'record_vendor_payment', { ...args, vendor_id: otherVendor }),
    ).toBe('OB031');
    expect(await pay(1)).toBe('ok');
  });

  it('of many at once no more is taken than is owed, and with one key it is one', async () => {
    await servedForCash();
    const key = randomUUID();
    expect(await Promise.all(Array.from({ length: 6 }, () => pay(10, key)))).toEqual(
      Array.from({ length: 6 }, () => 'ok'),
    );
    expect(await owed()).toBe(sum(owedOfCash, -10));
    const half = sum(owedOfCash, -10) / 2 + 1;
    const ends = await Promise.all(Array.from({ length: 6 }, () => pay(Math.floor(half))));
    expect(ends.filter((end) => end === 'ok').length).toBeLessThanOrEqual(2);
    expect(new Set(ends)).toEqual(new Set(['ok', 'OB068']));
    expect(await owed()).toBeGreaterThanOrEqual(0);
  });

  it('while payouts are run: the due and the balance agree, in whatever order they come', async () => {
    for (let weeks = 8; weeks > 4; weeks -= 1) {
      await servedForCash();
      await putInto(weeks);
      const amount = Math.floor(await owed());
      const [end] = await Promise.all([pay(amount), run(weeks)]);
      expect(end).toBe('ok');
      const left = await owed();
      const open = (await dues()).filter(({ outcome }) => outcome === null);
      expect(open.map((due) => due.open)).toEqual(left > 0 ? [left] : []);
    }
  });

  it('runs at once record one due', async () => {
    await servedForCash();
    await putInto(3);
    await Promise.all(Array.from({ length: 6 }, () => run(3)));
    expect(await dues()).toHaveLength(1);
  });
});

describe('cash', () => {
  const hold = async (who: Who) => (await market.hold(who, { startsAt: freeHour() })).id;
  const confirmEnds = async (who: Who, payment: string | null) =>
    market.ends(who, 'confirm_booking', { hold_id: await hold(who), payment_method: payment });

  it('is not taken by a vendor that owes more than ₹5,000 for 14 days, until it has paid', async () => {
    const who = await market.newCustomer();
    await owe(sum(debtLimit, 1));
    await putInto(1);
    await run(1);
    const owesFor = (days: number) =>
      market.owner.query(
        `update vendor_private_details set owes_since = now() - $2 * interval '1 day' - interval '1 minute' where vendor_id = $1`,
        [vendor, days],
      );
    expect(
      await market.one(
        `select owes_since = app_private.start_of(date_trunc('week', app_private.today())::date) as since
        from vendor_private_details where vendor_id = $1`,
        [vendor],
      ),
    ).toEqual({ since: true });
    expect(await takesCash()).toBe(true);
    await owesFor(debtDays - 1);
    expect(await takesCash()).toBe(true);
    await owesFor(debtDays);
    expect(await takesCash()).toBe(false);
    expect(await confirmEnds(who, 'cash')).toBe('OB038');
    // Online it takes bookings, and another vendor takes cash.
    expect(await confirmEnds(who, null)).toBe('ok');
    // The message does not speak of debts.
    await expect(market.confirm(who, await hold(who))).rejects.toMatchObject({
      message: 'This vendor takes no cash at present. Pay online, or choose another vendor.',
      column: 'payment_method',
    });
    // The run of the next day leaves it as it is.
    await run(1);
    expect(await takesCash()).toBe(false);
    expect(await pay(0.5)).toBe('ok');
    expect(await takesCash()).toBe(false);
    expect(await pay(0.5)).toBe('ok');
    expect(await takesCash()).toBe(true);
    expect(await confirmEnds(who, 'cash')).toBe('ok');
    await run(1);
    expect(await takesCash()).toBe(true);
  });

  it('is taken by one that owes exactly the limit, however long', async () => {
    await owe(debtLimit);
    await putInto(1);
    await run(1);
    expect(
      await market.one('select owes_since from vendor_private_details where vendor_id = $1', [
        vendor,
      ]),
    ).toEqual({ owes_since: null });
  });
});

describe('points of a booking that was paid in cash', () => {
  const expected = async (who: Who, id: unknown) =>
    market.database.asUser(claimsFor(who), async (client) => {
      const { rows } = await client.query(
        'select bookings_points_expected(b) as points from bookings b where id = $1',
        [id],
      );
      return rows[0]?.points;
    });

  it('are usable when its commission is collected, with what was paid out or set off', async () => {
    const cash = await servedForCash();
    const online = await servedOnline();
    expect([await pointsOf(cash.who), await pointsOf(online.who)]).toEqual([0, pointsFor(price)]);
    expect(await expected(cash.who, cash.id)).toBe(pointsFor(price));
    await putInto(2);
    const payout = await run(2);
    expect(await pointsOf(cash.who)).toBe(0);
    await market.call('finance', 'complete_payout', { payout_id: payout.id, reference: 'UTR1' });
    expect(await pointsOf(cash.who)).toBe(pointsFor(price));
    expect(await expected(cash.who, cash.id)).toBeNull();
  });

  it('are fewer by what was refunded before they were earned, and nothing is taken twice', async () => {
    const { who, id } = await servedForCash();
    await servedOnline();
    const refund = (amount: number) =>
      market.call('finance', 'refund_booking', {
        booking_id: id,
        amount,
        reason: 'Half of it',
        borne_by: 'vendor',
        idempotency_key: randomUUID(),
      });
    await refund(price / 2);
    expect(await pointsOf(who)).toBe(0);
    await putInto(2);
    const payout = await run(2);
    await market.call('finance', 'complete_payout', { payout_id: payout.id, reference: 'UTR1' });
    const all = pointsFor(price);
    expect(await pointsOf(who)).toBe(all - Math.ceil(all / 2));
    await refund(price / 4);
    expect(await pointsOf(who)).toBe(all - Math.ceil((all * 3) / 4));
  });

  it('never come when all of it was refunded', async () => {
    const { who, id } = await servedForCash();
    await servedOnline();
    await servedOnline();
    await market.call('finance', 'refund_booking', {
      booking_id: id,
      amount: price,
      reason: 'All of it',
      borne_by: 'vendor',
      idempotency_key: randomUUID(),
    });
    await putInto(2);
    const payout = await run(2);
    await market.call('finance', 'complete_payout', { payout_id: payout.id, reference: 'UTR1' });
    expect(await pointsOf(who)).toBe(0);
    expect(await expected(who, id)).toBeNull();
  });
});

describe('the statement', () => {
  type Line = {
    amount: number;
    balance: number;
    description: string;
    booking_number: string | null;
  };
  const statement = async (who: Who, days = 0) => {
    const { day, from } = await market.one(
      'select app_private.today()::text as day, (app_private.today() - $1::int)::text as from',
      [days],
    );
    return market.database.asUser(claimsFor(who), async (client) => {
      const { rows } = await client.query(
        `select s.opening_balance::float as opening, s.closing_balance::float as closing,
          coalesce((select json_agg(l) from unnest(s.lines) l), '[]') as lines
        from vendor_statement($1, $2, $3) s`,
        [vendor, from, day],
      );
      return rows[0] as { opening: number; closing: number; lines: Line[] };
    });
  };
  const ends = async (who: Who, args: Row) => market.ends(who, 'vendor_statement', args);
  const today = async () =>
    String((await market.one('select app_private.today()::text as day')).day);

  it('has each movement in order with the balance after it, and is what the journal says', async () => {
    const cash = await servedForCash();
    const online = await servedOnline();
    expect(await pay(0.01)).toBe('OB068');
    const number = async (id: unknown) =>
      (await market.one('select booking_number from bookings where id = $1', [id])).booking_number;
    const { opening, closing, lines } = await statement('vendor');
    expect(opening).toBe(0);
    expect(lines.map(({ amount, booking_number }) => [amount, booking_number])).toEqual([
      [-price, await number(cash.id)],
      [earned, await number(cash.id)],
      [earned, await number(online.id)],
    ]);
    expect(lines[0]?.description).toBe('Money of a customer that you have received yourself');
    let running = opening;
    for (const line of lines) {
      running = sum(running, line.amount);
      expect(line.balance).toBe(running);
    }
    expect(closing).toBe(running);
    expect(closing).toBe(await balance('vendor', vendor));
  });

  it('begins with the balance of the days before', async () => {
    await servedForCash();
    // Movements of yesterday; the journal takes no change.
    const { yesterday } = await market.one(
      `select (app_private.start_of(app_private.today()) - interval '1 second')::text as yesterday`,
    );
    await market.owner.query(
      `insert into app_private.journal (from_account, from_id, to_account, amount, reason, created_at)
      values ('vendor', $1, 'bank', 70, 'payout', $2)`,
      [vendor, yesterday],
    );
    const short = await statement('vendor');
    const long = await statement('vendor', 1);
    expect(short.opening).toBe(-70);
    expect(long.opening).toBe(0);
    expect(long.lines).toHaveLength(short.lines.length + 1);
    expect(long.lines[0]).toMatchObject({
      amount: -70,
      description: 'Payout to your bank account',
    });
    expect(long.closing).toBe(short.closing);
    // The planted movement had no rows: as it came, so it goes.
    await market.owner.query(
      `insert into app_private.journal (from_account, to_account, to_id, amount, reason) values ('bank', 'vendor', $1, 70, 'payout')`,
      [vendor],
    );
  });

  it('is for the owner, its accountants, managers and admins, and for finance', async () => {
    await servedForCash();
    const day = await today();
    const args = { vendor_id: vendor, from_day: day, to_day: day };
    for (const reader of [
      'vendor',
      'accountant',
      'vendor_manager',
      'vendor_admin',
      'finance',
    ] as const) {
      expect(await ends(reader, args)).toBe('ok');
    }
    expect(await ends('receptionist', args)).toBe('OB002');
    expect(await ends('therapist', args)).toBe('OB002');
    for (const stranger of ['vendor2', 'customer', 'customer_care'] as const) {
      expect(await ends(stranger, args)).toBe('OB003');
    }
    expect(await ends('finance', { ...args, vendor_id: idFor('vendor') })).toBe('OB003');
  });

  it('has at most 92 days, and days in their order', async () => {
    const day = await today();
    const back = async (days: number) =>
      String((await market.one('select ($1::date - $2::int)::text as day', [day, days])).day);
    const of = async (from: unknown, to: unknown) =>
      ends('vendor', { vendor_id: vendor, from_day: from, to_day: to });
    expect(await of(await back(statementDays - 1), day)).toBe('ok');
    expect(await of(await back(statementDays), day)).toBe('OB020');
    expect(await of(day, await back(1))).toBe('OB020');
    expect(await of(null, day)).toBe('OB020');
    expect(await of('-infinity', day)).toBe('OB020');
  });
});
