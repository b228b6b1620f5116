import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { inTransaction } from '../../src/lib/postgres.ts';
import {
  inHours,
  localTime,
  type Market,
  openMarket,
  type Row,
  vendor,
} from '../fixtures/market.ts';
import { deskPrice, makeDeskSteps } from './desk-steps.ts';
import { makeSteps, price } from './steps.ts';

let market: Market;
const { freeHour, friendOf, paid, tell, start, complete } = makeSteps(() => market);
const { bookAtDesk, payAtDesk, serveAtDesk } = makeDeskSteps(() => market);

/** Every reason for which money moves. A new one needs a view app_private.expected_… and an act below. */
const reasons = [
  'cancellation_fee',
  'charge',
  'commission',
  'desk_refund',
  'earning',
  'gst',
  'payment',
  'payout',
  'points spent',
  'refund',
  'refund borne',
  'reschedule_fee',
  'rewards spent',
  'tcs',
  'tds',
  'wallet bonus',
  'wallet credit',
  'wallet debit',
  'wallet refund',
];

type Finding = {
  readonly finding: string;
  readonly reason: string;
  readonly from_account: string;
  readonly to_account: string;
  readonly booking_id: string | null;
  readonly expected: string;
  readonly moved: string;
  readonly movements: readonly string[];
};

async function unexplained(client: pg.Pool | pg.ClientBase): Promise<readonly Finding[]> {
  const { rows } = await client.query<Finding>(
    'select * from app_private.unexplained_movements() order by finding, reason, from_account',
  );
  return rows;
}

const named = async (client: pg.ClientBase) =>
  (await unexplained(client)).map(({ finding, reason }) => [finding, reason]);

/** Plants an error past the rules that forbid it, and takes it back. */
async function planted<Result>(act: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
  const client = await market.owner.connect();
  try {
    return await inTransaction(
      client,
      async () => {
        await client.query('alter table app_private.journal disable trigger user');
        return await act(client);
      },
      { isUndone: true },
    );
  } finally {
    client.release();
  }
}

const refund = (id: unknown, amount: number, borneBy = 'vendor') =>
  market.call('finance', 'refund_booking', {
    booking_id: id,
    amount,
    reason: 'The room was cold',
    borne_by: borneBy,
    idempotency_key: randomUUID(),
  });

async function finishRefunds(): Promise<void> {
  const { rows } = await market.owner.query(
    `select id from refunds where refund_method = 'original' and status = 'pending'`,
  );
  for (const { id } of rows) {
    await market.call('finance', 'record_refund_paid', { refund_id: id, reference: `R-${id}` });
  }
}

/** A booking for which wallet, points and gateway paid. */
async function paidInThreeWays(): Promise<{ who: { sub: string }; id: unknown }> {
  const who = await market.newCustomer();
  await market.fillWallet(who, 500);
  await market.givePoints(who, 101);
  const { id } = await market.book(
    who,
    { startsAt: freeHour() },
    { payment: null, points: 101, wallet: 500 },
  );
  await tell('payment.captured', await start(who, id));
  return { who, id };
}

/** Each reason at least once, by the acts of those who cause it. */
async function moveMoneyInEveryWay(): Promise<void> {
  const three = await paidInThreeWays();
  await complete(three.id);
  await refund(three.id, 333.33, 'shared');
  const cash = await market.book(await market.newCustomer(), { startsAt: freeHour() });
  await complete(cash.id, price);

  // Points and rewards that are spent are deducted from a refund.
  const friend = await friendOf(await market.newCustomer());
  const { id } = await paid(freeHour(), { who: friend });
  await complete(id);
  const { points } = await market.one(
    'select loyalty_points as points from customers where id = $1',
    [friend.sub],
  );
  await market.book(friend, { startsAt: freeHour() }, { points: Number(points), wallet: 50 });
  await refund(id, price);

  // Moved late, and cancelled late.
  const late = await paid(inHours(20));
  await market.call(late.who, 'reschedule_booking', {
    booking_id: late.id,
    ...localTime(inHours(2)),
  });
  await market.call(late.who, 'cancel_booking', { booking_id: late.id, reason: 'Rain' });
  const off = await paidInThreeWays();
  await market.call('vendor', 'cancel_booking', { booking_id: off.id, reason: 'Ill' });

  const guest = await bookAtDesk({ starts_at: freeHour() });
  await payAtDesk(guest.id, deskPrice, 'upi');
  await serveAtDesk(guest.id);
  await market.call('receptionist', 'record_desk_refund', {
    booking_id: (await refund(guest.id, 100, 'platform')).booking_id,
  });
  await finishRefunds();

  await market.owner.query(
    `update commission_records set payable_from = payable_from - interval '7 days' where payout_id is null`,
  );
  const { monday } = await market.one(
    `select (date_trunc('week', app_private.today())::date - 7)::text as monday`,
  );
  const payout = await market.call('finance', 'run_payouts', { week_start: monday });
  await market.call('finance', 'complete_payout', { payout_id: payout.id, reference: 'UTR1' });
}

beforeAll(async () => {
  market = await openMarket();
  await moveMoneyInEveryWay();
}, 60_000);

afterAll(async () => {
  await market?.close();
});

it('explains every movement, of every reason there is', async () => {
  const { rows } = await market.owner.query<{ reason: string }>(
    'select distinct reason from app_private.journal order by 1',
  );
  expect(rows.map(({ reason }) => reason)).toEqual(reasons);
  expect(await unexplained(market.owner)).toEqual([]);
  expect(await market.imbalances()).toEqual([]);
});

describe.each(reasons)('of %s', (reason) => {
  const oneOf = async (client: pg.ClientBase): Promise<Row> =>
    (
      await client.query(
        'select * from app_private.journal where reason = $1 order by id limit 1',
        [reason],
      )
    ).rows[0];

  it('a movement that is missing is found, and none once it is entered', async () => {
    await planted(async (client) => {
      const { id, from_account, from_id, to_account, to_id, amount, booking_id } =
        await oneOf(client);
      await client.query('delete from app_private.journal where id = $1', [id]);
      const found = await unexplained(client);
      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject({ reason, booking_id });
      expect(['cause without movement', 'another amount']).toContain(found[0]?.finding);
      expect(Number(found[0]?.expected) - Number(found[0]?.moved)).toBeCloseTo(Number(amount), 10);
      await client.query('select app_private.move_money($1, $2, $3, $4, $5, $6, $7)', [
        from_account,
        from_id,
        to_account,
        to_id,
        amount,
        booking_id,
        reason,
      ]);
      expect(await unexplained(client)).toEqual([]);
    });
  });

  it('a movement that was written twice is found by its number, and none once it is corrected', async () => {
    await planted(async (client) => {
      const { id } = await oneOf(client);
      const { rows } = await client.query(
        `insert into app_private.journal (from_account, from_id, to_account, to_id, amount, booking_id, reason)
        select from_account, from_id, to_account, to_id, amount, booking_id, reason
        from app_private.journal where id = $1 returning *`,
        [id],
      );
      const [again] = rows;
      const found = await unexplained(client);
      expect(found).toMatchObject([{ reason, movements: expect.arrayContaining([id, again.id]) }]);
      expect(['moved more than once', 'another amount']).toContain(found[0]?.finding);
      await client.query('select app_private.move_money($1, $2, $3, $4, $5, $6, $7)', [
        again.to_account,
        again.to_id,
        again.from_account,
        again.from_id,
        again.amount,
        again.booking_id,
        `correction of ${again.id}`,
      ]);
      expect(await unexplained(client)).toEqual([]);
    });
  });

  it('another amount, account, booking or reason is found', async () => {
    await planted(async (client) => {
      const { id } = await oneOf(client);
      await client.query('savepoint plant');
      for (const [change, findings] of [
        ['amount = amount + 0.01', 1],
        [`to_account = case to_account when 'tds' then 'tcs' else 'tds' end, to_id = null`, 2],
        [`booking_id = (select id from bookings order by id = booking_id, id limit 1)`, 2],
        [`reason = 'a gift'`, 2],
      ] as const) {
        await client.query(`update app_private.journal set ${change} where id = $1`, [id]);
        const found = await unexplained(client);
        expect([change, found.length]).toEqual([change, findings]);
        expect(found.some((one) => one.reason === reason)).toBe(true);
        await client.query('rollback to savepoint plant');
      }
      expect(await unexplained(client)).toEqual([]);
    });
  });
});

it('a movement to another vendor is found from both sides', async () => {
  await planted(async (client) => {
    await client.query(
      `update app_private.journal set to_id = (select id from vendors where id <> $1 order by id limit 1)
      where id = (select min(id) from app_private.journal where reason = 'earning')`,
      [vendor],
    );
    expect(await named(client)).toEqual([
      ['cause without movement', 'earning'],
      ['movement without cause', 'earning'],
    ]);
  });
});

it('a movement for a reason that no cause knows is found', async () => {
  await planted(async (client) => {
    await client.query(
      `select app_private.move_money('gateway', null, 'bank', null, 5, null, 'a loan')`,
    );
    expect(await named(client)).toEqual([['movement without cause', 'a loan']]);
  });
});

it.each([
  [
    'payments',
    `status = 'success' where id = (select id from payments where status in ('failed', 'pending', 'abandoned') order by id limit 1)`,
    'payment',
  ],
  [
    'refunds',
    `refund_amount = refund_amount + 1 where id = (select id from refunds where refund_method = 'original' and status = 'completed' order by id limit 1)`,
    'refund',
  ],
  [
    'commission_records',
    `tds_amount = tds_amount + 1 where id = (select id from commission_records where tds_amount > 0 order by id limit 1)`,
    'tds',
  ],
  [
    'vendor_credits',
    `amount = amount + 1 where id = (select id from vendor_credits where kind = 'reschedule_fee' order by id limit 1)`,
    'reschedule_fee',
  ],
  [
    'refund_decisions',
    `platform_amount = platform_amount + 1 where id = (select id from refund_decisions where platform_amount > 0 order by id limit 1)`,
    'refund borne',
  ],
  ['vendor_payouts', `net_amount = net_amount + 1 where payout_status = 'completed'`, 'payout'],
  [
    'wallet_transactions',
    `amount = amount + 1 where id = (select id from wallet_transactions where payment_id is null and transaction_type = 'credit' order by id limit 1)`,
    'wallet credit',
  ],
])('a cause in %s without its movement is found', async (table, change, reason) => {
  await planted(async (client) => {
    await client.query(`alter table ${table} disable trigger user`);
    const { rows } = await client.query(
      `select conname from pg_constraint where conrelid = $1::regclass and contype = 'c'`,
      [table],
    );
    for (const { conname } of rows) {
      await client.query(`alter table ${table} drop constraint ${conname}`);
    }
    if (table === 'payments') {
      // One that was begun and not paid.
      await client.query(
        `insert into payments (booking_id, customer_id, vendor_id, amount, total_amount, payment_method)
        select booking_id, customer_id, vendor_id, 7, 7, 'upi' from payments order by id limit 1`,
      );
    }
    expect(await unexplained(client)).toEqual([]);
    const { rowCount } = await client.query(`update ${table} set ${change}`);
    expect(rowCount).toBe(1);
    const found = await unexplained(client);
    expect(found.map((one) => one.reason)).toContain(reason);
    expect(found.every(({ expected, moved }) => Number(expected) !== Number(moved))).toBe(true);
  });
});

it('a correction counts only between the accounts of what it corrects', async () => {
  await planted(async (client) => {
    const { id } = (
      await client.query(
        `select min(id) as id from app_private.journal where reason = 'commission'`,
      )
    ).rows[0];
    await client.query(
      `select app_private.move_money('commission', null, 'bank', null, 1, null, $1)`,
      [`correction of ${id}`],
    );
    expect(await named(client)).toEqual([['movement without cause', `correction of ${id}`]]);
  });
});

describe('a journal that was opened for older data', () => {
  beforeAll(async () => {
    // As after an import: what happened so far has no movements.
    await market.owner.query('alter table app_private.journal disable trigger user');
    await market.owner.query('delete from app_private.journal');
    await market.owner.query('alter table app_private.journal enable trigger user');
    await market.owner.query('select app_private.open_journal()');
  });

  it('is explained by what was open then', async () => {
    const { rows } = await market.owner.query('select distinct reason from app_private.journal');
    expect(rows).toEqual([{ reason: 'opening balance' }]);
    expect(await unexplained(market.owner)).toEqual([]);
  });

  it.each([
    ['delete from app_private.journal where id = $1', 'cause without movement'],
    ['update app_private.journal set amount = amount + 1 where id = $1', 'another amount'],
    [
      `insert into app_private.journal (from_account, from_id, to_account, to_id, amount, booking_id, reason)
      select from_account, from_id, to_account, to_id, amount, booking_id, reason
      from app_private.journal where id = $1`,
      'moved more than once',
    ],
  ])('and an opening movement that is wrong is found: %s', async (plant, finding) => {
    await planted(async (client) => {
      const { rows } = await client.query<{ id: string }>(
        `select min(id) as id from app_private.journal group by to_account, from_account`,
      );
      expect(rows.length).toBeGreaterThan(1);
      await client.query('savepoint plant');
      for (const { id } of rows) {
        await client.query(plant, [id]);
        expect(await named(client)).toEqual([[finding, 'opening balance']]);
        await client.query('rollback to savepoint plant');
      }
    });
  });

  it('and what happens afterwards is explained as anywhere', async () => {
    const { rows } = await market.owner.query(
      `select id, customer_id as sub from bookings where status in ('pending', 'confirmed') and channel = 'platform'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { id, sub } of rows) {
      await market.call({ sub }, 'cancel_booking', { booking_id: id, reason: 'Rain' });
    }
    await market.owner.query(
      'update vendor_payouts set period_start = period_start - 70, period_end = period_end - 70',
    );
    await moveMoneyInEveryWay();
    expect(await unexplained(market.owner)).toEqual([]);
    expect(await market.imbalances()).toEqual([]);
    await planted(async (client) => {
      await client.query(
        `update app_private.journal set amount = amount + 1
        where id = (select min(id) from app_private.journal where reason = 'earning')`,
      );
      // The account of the vendor is not named a second time.
      expect(await named(client)).toEqual([['another amount', 'earning']]);
    });
  }, 60_000);
});
