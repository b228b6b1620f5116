import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { inTransaction } from '../../src/lib/postgres.ts';
import { chooseChecks, findFaults } from '../../src/operations/validate/validate.ts';
import { idFor, type Market, openMarket } from '../fixtures/market.ts';
import { longOrShort } from '../helpers/long-form.ts';
import { makeSteps, price } from './steps.ts';

let market: Market;
const { paid, complete, balance, walletOf } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
  expect(await differences()).toEqual([]);
});

/** Accounts whose balance, as it is read, is not the sum of all of their movements. */
const differences = async () =>
  (
    await market.owner.query(
      `select b.*, app_private.account_balance(b.account, b.id) as closed
      from app_private.balances_by_journal() b
      where b.balance <> app_private.account_balance(b.account, b.id)`,
    )
  ).rows;

const close = async (rows = 20_000): Promise<number> =>
  Number((await market.one('select app_private.close_journal($1) as did', [rows])).did);

/** As the job does it: again while there is more to do. */
async function closeWhole(rows = 20_000): Promise<void> {
  while ((await close(rows)) >= rows) {}
}

/** As if the last close had been so many days earlier; those before it make room. */
async function daysPass(days = 1): Promise<void> {
  await market.owner.query(
    'delete from app_private.journal_closes where day < (select max(day) from app_private.journal_closes)',
  );
  await market.owner.query('update app_private.journal_closes set day = day - $1::integer', [days]);
}

const lastClose = () =>
  market.one(
    `select day = app_private.today() - 1 as "isOfYesterday", closed_through::integer as through,
      counted_through::integer as counted, (select max(id)::integer from app_private.journal) as newest
    from app_private.journal_closes order by day desc limit 1`,
  );

/** A movement between two accounts of the platform and back, so that nothing is out of balance afterwards. */
const move = (client: pg.Pool | pg.ClientBase, amount = 1) =>
  client.query(`select app_private.move_money('gateway', null, 'bank', null, $1, null, 'a test')`, [
    amount,
  ]);

describe('the daily close', () => {
  it('of a journal without movements closes nothing, and balances are 0', async () => {
    await closeWhole();
    expect(await lastClose()).toEqual({
      isOfYesterday: true,
      through: 0,
      counted: 0,
      newest: null,
    });
    expect(await balance('gateway')).toBe(0);
  });

  it('writes down what accounts have, and movements after it count on top', async () => {
    const { id, who } = await paid();
    const open = await paid();
    await complete(id);
    const names = ['gateway', 'commission', 'gst', 'tds', 'tcs'];
    const before = await Promise.all(names.map((name) => balance(name)));
    await daysPass();
    await closeWhole();
    const closed = await lastClose();
    expect(closed).toMatchObject({ isOfYesterday: true, counted: closed.newest });
    expect(await Promise.all(names.map((name) => balance(name)))).toEqual(before);
    // The booking that is done has none, and the one to come has what was paid.
    expect(await balance('booking', id)).toBe(0);
    expect(await balance('booking', open.id)).toBe(price);
    const { rows } = await market.owner.query(
      `select owner_id, balance::float from app_private.account_balances where account = 'booking'`,
    );
    expect(rows).toEqual([{ owner_id: open.id, balance: price }]);

    await market.fillWallet(who, 70);
    expect(await walletOf(who)).toBe(70);
    await complete(open.id);
    expect(await balance('booking', open.id)).toBe(0);
    expect(await balance('commission')).toBeCloseTo(2 * Number(before[1]), 10);
    await daysPass();
    await closeWhole();
    expect(await walletOf(who)).toBe(70);
    expect(
      await market.one(
        `select count(*)::integer as open from app_private.account_balances where account = 'booking'`,
      ),
    ).toEqual({ open: 0 });
  });

  it('happens once a day, and one close is for all days that were missed', async () => {
    await daysPass(5);
    await market.fillWallet(await market.newCustomer(), 10);
    const before = await market.one(
      'select count(*)::integer as n from app_private.journal_closes',
    );
    await closeWhole();
    const closed = await lastClose();
    expect(closed).toMatchObject({ isOfYesterday: true, through: closed.newest });
    await market.fillWallet(await market.newCustomer(), 10);
    await closeWhole();
    // The one of today waits for midnight.
    expect((await lastClose()).through).toBe(closed.through);
    const { n } = await market.one('select count(*)::integer as n from app_private.journal_closes');
    expect(n).toBe(Number(before.n) + 1);
  });

  it('counts in batches, and between them balances are right', async () => {
    const who = await market.newCustomer();
    for (let time = 0; time < 7; time += 1) {
      await market.fillWallet(who, 10);
    }
    await daysPass();
    const batch = 3;
    let calls = 0;
    while ((await close(batch)) >= batch) {
      calls += 1;
      expect(await walletOf(who)).toBe(70);
      expect(await differences()).toEqual([]);
    }
    expect(calls).toBeGreaterThan(2);
    expect((await lastClose()).counted).toBe((await lastClose()).newest);
  });

  it('is refused where its transaction would not see what was just committed', async () => {
    await daysPass();
    const client = await market.owner.connect();
    try {
      await client.query('begin isolation level repeatable read');
      await expect(client.query('select app_private.close_journal(10)')).rejects.toMatchObject({
        code: 'OB030',
      });
      await client.query('rollback');
    } finally {
      client.release();
    }
    await closeWhole();
    expect((await lastClose()).isOfYesterday).toBe(true);
  });

  it('loses no movement that has its number before the close and is committed after it was asked for', async () => {
    await daysPass();
    const [late, quick] = [await market.owner.connect(), await market.owner.connect()];
    try {
      const before = await balance('bank');
      await late.query('begin');
      await move(late, 40);
      // A later number is committed first.
      await move(quick, 2);
      const closing = closeWhole();
      // Meanwhile it stands in line for the lock, and those behind it do not wait for long.
      let longest = 0;
      for (let time = 0; time < 6; time += 1) {
        const began = performance.now();
        await move(quick);
        longest = Math.max(longest, performance.now() - began);
        await sleep(100);
      }
      expect(longest).toBeLessThan(1_000);
      expect((await lastClose()).isOfYesterday).toBe(false);
      await late.query('commit');
      await closing;
      expect(await lastClose()).toMatchObject({ isOfYesterday: true });
      expect(await balance('bank')).toBe(before + 40 + 2 + 6);
    } finally {
      await move(quick, -48);
      late.release();
      quick.release();
    }
  }, 30_000);

  it('gives up, with the error of the lock, while a transaction goes on for long, and comes again', async () => {
    await daysPass();
    const late = await market.owner.connect();
    try {
      await late.query('begin');
      await move(late);
      await expect(close()).rejects.toMatchObject({ code: '55P03' });
      await late.query('rollback');
    } finally {
      late.release();
    }
    await closeWhole();
    expect((await lastClose()).isOfYesterday).toBe(true);
  }, 30_000);

  it('and sixteen who write at the same time lose nothing', async () => {
    const pool = new pg.Pool({ connectionString: market.database.ownerUrl, max: 17 });
    const before = await balance('bank');
    const each = longOrShort(400, 60);
    let isOver = false;
    try {
      const writers = Array.from({ length: 16 }, async (_, writer) => {
        for (let time = 0; time < each; time += 1) {
          const client = await pool.connect();
          try {
            // Some are rolled back, and some take their time.
            await client.query('begin');
            await move(client);
            if (writer % 4 === 0) {
              await sleep(5);
            }
            await client.query(time % 5 === 4 ? 'rollback' : 'commit');
          } finally {
            client.release();
          }
        }
      });
      const closes = (async () => {
        let number = 0;
        while (!isOver) {
          await daysPass();
          await closeWhole(50);
          number += 1;
        }
        return number;
      })();
      await Promise.all(writers);
      isOver = true;
      expect(await closes).toBeGreaterThan(1);
      const kept = 16 * (each - Math.floor(each / 5));
      expect(await balance('bank')).toBe(before + kept);
      await daysPass();
      await closeWhole();
      expect(await balance('bank')).toBe(before + kept);
      await move(pool, -kept);
    } finally {
      isOver = true;
      await pool.end();
    }
  }, 120_000);

  it('is recounted by validate, which says what is wrong and repairs it', async () => {
    const [check] = chooseChecks(['closed-balances']);
    if (check === undefined) {
      throw new Error('There is no such check.');
    }
    await daysPass();
    await closeWhole();
    const client = await market.owner.connect();
    try {
      expect(await findFaults(client, check)).toMatchObject({ count: 0 });
      const { sub } = await market.newCustomer();
      await client.query('begin');
      await client.query(`insert into app_private.account_balances values ('wallet', $1, 500)`, [
        sub,
      ]);
      await client.query(
        `update app_private.account_balances set balance = balance + 1 where account = 'gst'`,
      );
      await client.query(`delete from app_private.account_balances where account = 'commission'`);
      const { faults } = await findFaults(client, check);
      expect(faults.map(({ key }) => key)).toEqual(['commission', 'gst', `wallet ${sub}`]);
      await client.query(`with ${check.repair?.changes} select from changed`);
      expect(await findFaults(client, check)).toMatchObject({ count: 0 });
      await client.query('rollback');
    } finally {
      client.release();
    }
  });
});

describe('what can be withdrawn', () => {
  const withdrawable = async (sub: string): Promise<number> =>
    Number(
      (await market.one('select app_private.withdrawable_balance($1) as rupees', [sub])).rupees,
    );
  const reward = (sub: string, rupees: number) =>
    market.owner.query(
      `select app_private.move_wallet($1, 'bonus', $2, 'rewards', null, null, null, 'A reward')`,
      [sub, rupees],
    );

  it('is read of the last transaction, also after the clock was set back', async () => {
    const { sub } = await market.newCustomer();
    await market.fillWallet({ sub }, 100);
    await market.owner.query(
      `update wallet_transactions set created_at = now() + interval '2 hours' where customer_id = $1`,
      [sub],
    );
    await reward(sub, 50);
    await market.fillWallet({ sub }, 30);
    expect([await walletOf({ sub }), await withdrawable(sub)]).toEqual([180, 130]);
  });

  it('is recounted by validate, where the last transaction moved nothing of it too', async () => {
    const [check] = chooseChecks(['wallet-withdrawable']);
    if (check === undefined) {
      throw new Error('There is no such check.');
    }
    const { sub } = await market.newCustomer();
    await market.fillWallet({ sub }, 100);
    await reward(sub, 50);
    const client = await market.owner.connect();
    try {
      const faults = async () =>
        (await findFaults(client, check)).faults.map(({ key }) => key).filter((key) => key === sub);
      expect(await faults()).toEqual([]);
      await client.query('begin');
      await client.query(
        'update wallet_transactions set withdrawable_after = 150 where customer_id = $1 and balance_after = 150',
        [sub],
      );
      expect(await faults()).toEqual([sub]);
      await client.query('rollback');
    } finally {
      client.release();
    }
  });
});

describe('reading a balance', () => {
  const few = 1_000;
  const many = longOrShort(1_000_000, 60_000);

  /** Pages that were read, of tables and indexes. */
  async function pagesOf(sql: string, values: readonly unknown[]): Promise<number> {
    const client = await market.owner.connect();
    try {
      return await inTransaction(client, async () => {
        // Once before, for what is read into caches of this connection.
        await client.query(sql, [...values]);
        const { rows } = await client.query(`explain (analyze, buffers, format json) ${sql}`, [
          ...values,
        ]);
        const plan = rows[0]['QUERY PLAN'][0].Plan;
        return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
      });
    } finally {
      client.release();
    }
  }

  it(`costs the same with ${few} and with ${many} movements`, async () => {
    const { sub } = await market.newCustomer();
    // So many movements of one wallet, in and out by turns: too many to be made by acts.
    const fill = async (rows: number) => {
      await market.owner.query(
        `insert into wallet_transactions (customer_id, transaction_type, amount, balance_after, created_at)
        select $1, case when n % 2 = 1 then 'credit' else 'debit' end, 1, n % 2, clock_timestamp()
        from generate_series(1, $2) n`,
        [sub, rows],
      );
      await market.owner.query(
        `insert into app_private.journal (from_account, from_id, to_account, to_id, amount, reason)
        select case when n % 2 = 1 then 'rewards' else 'wallet' end, case when n % 2 = 0 then $1::uuid end,
          case when n % 2 = 1 then 'wallet' else 'rewards' end, case when n % 2 = 1 then $1::uuid end, 1,
          case when n % 2 = 1 then 'wallet credit' else 'wallet debit' end
        from generate_series(1, $2) n`,
        [sub, rows],
      );
      await market.owner.query('vacuum analyze app_private.journal');
      await daysPass();
      await closeWhole();
      await market.owner.query('vacuum app_private.account_balances');
      await market.fillWallet({ sub }, 3);
    };
    const measure = async () => ({
      ofWallet: await pagesOf(`select app_private.account_balance('wallet', $1)`, [sub]),
      ofPlatform: await pagesOf(`select app_private.account_balance('rewards', null)`, []),
      inCommand: await pagesOf('select app_private.wallet_balance($1)', [sub]),
      toWithdraw: await pagesOf('select app_private.withdrawable_balance($1)', [sub]),
    });
    await fill(few);
    const small = await measure();
    await fill(many);
    const large = await measure();
    expect(await walletOf({ sub })).toBe(6);
    // An index may have become a level higher; there are two.
    const names = ['ofWallet', 'ofPlatform', 'inCommand', 'toWithdraw'] as const;
    const tooMany = names.filter((name) => large[name] > small[name] + 4 || large[name] >= 80);
    expect({ tooMany, small, large }).toEqual({ tooMany: [], small, large });
    // Without the close it would be all of them.
    const client = await market.owner.connect();
    try {
      await client.query('begin');
      await client.query('delete from app_private.journal_closes');
      await client.query('delete from app_private.account_balances');
      const { rows } = await client.query(
        `explain (analyze, buffers, format json) select app_private.account_balance('wallet', $1)`,
        [sub],
      );
      expect(rows[0]['QUERY PLAN'][0].Plan['Shared Hit Blocks']).toBeGreaterThan(
        10 * large.ofWallet,
      );
      expect(
        Number(
          (await client.query(`select app_private.account_balance('wallet', $1) as b`, [sub]))
            .rows[0].b,
        ),
      ).toBe(6);
    } finally {
      await client.query('rollback');
      client.release();
    }
  }, 600_000);

  it('of the wallet is for its customer and those who may read wallets', async () => {
    const who = await market.newCustomer();
    await market.fillWallet(who, 120);
    const asked = async (claims: { sub: string; role: string }) =>
      market.database.asUser(claims, async (client) => {
        const { rows } = await client.query(
          'select customers_wallet_balance(c)::float as balance from customers c where c.id = $1',
          [who.sub],
        );
        return rows[0]?.balance;
      });
    expect(await asked({ sub: who.sub, role: 'authenticated' })).toBe(120);
    expect(await asked({ sub: idFor('admin'), role: 'authenticated' })).toBe(120);
    // Sees no such customer.
    expect(await asked({ sub: idFor('customer2'), role: 'authenticated' })).toBeUndefined();
  });
});

describe('points', () => {
  it('that are spent are the oldest, whatever was earned and spent before', async () => {
    const who = await market.newCustomer();
    const batches: { points: number; days: number }[] = [];
    for (const [points, days] of [
      [100, 30],
      [50, 10],
      [70, 60],
      [30, 10],
    ] as const) {
      await market.givePoints(who, points, `${days} days`);
      batches.push({ points, days });
    }
    batches.sort((one, other) => one.days - other.days);
    let spent = 0;
    for (const part of [20, 60, 1, 99, 70]) {
      let [left, lapse] = [spent + part, 0];
      for (const batch of batches) {
        lapse = batch.days;
        left -= batch.points;
        if (left <= 0) {
          break;
        }
      }
      const { days } = await market.one(
        `select round(extract(epoch from app_private.lapse_of_spent($1, $2) - now()) / 86400)::integer as days`,
        [who.sub, part],
      );
      expect([part, days]).toEqual([part, lapse]);
      await market.owner.query(
        `select app_private.move_points($1, 'redeemed', -$2::integer, null, 'A test', null)`,
        [who.sub, part],
      );
      spent += part;
    }
    expect(spent).toBe(250);
  });
});
