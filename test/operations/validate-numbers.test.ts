import type pg from 'pg';
import { loadDemo } from '../../src/demo/load.ts';
import { personas } from '../../src/demo/personas.ts';
import { chooseChecks, type Finding, validate } from '../../src/operations/validate/validate.ts';
import { rupees } from '../fixtures/terms.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const numbers = ['numbers-in-books', 'numbers-of-bookings', 'numbers'];
/** What was paid from a wallet that was NaN. */
const spent = 500;

let database: TestDatabase;
let client: pg.PoolClient;

beforeAll(async () => {
  database = await createTestDatabase();
  await loadDemo({ ownerUrl: database.ownerUrl, bookings: 100 });
  client = await database.owner.connect();
});

afterAll(async () => {
  client?.release();
  await database?.drop();
});

/** Plants rows as they were before there were ranges: the checks come back for what is written later. */
async function withoutChecks(table: string, act: () => Promise<void>): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
    where conrelid = $1::regclass and contype = 'c'`,
    [table],
  );
  const all = (action: (name: string, definition: string) => string): string =>
    rows.map(({ name, definition }) => action(name, definition)).join(', ');
  await client.query(`alter table ${table} ${all((name) => `drop constraint ${name}`)}`);
  await act();
  await client.query(
    `alter table ${table} ${all((name, is) => `add constraint ${name} ${is.replace(' NOT VALID', '')} not valid`)}`,
  );
}

async function one<Value>(sql: string, values: readonly unknown[] = []): Promise<Value> {
  const { rows } = await client.query({ text: sql, values: [...values], rowMode: 'array' });
  return rows[0]?.[0] as Value;
}

const find = (names: readonly string[]): Promise<readonly Finding[]> =>
  validate(client, chooseChecks(names));
const keysOf = (findings: readonly Finding[]): readonly string[] =>
  findings.flatMap(({ faults }) => faults.map(({ key }) => key));

it('finds nothing in a database that kept its ranges', async () => {
  expect(keysOf(await find(numbers))).toEqual([]);
});

it('a wallet that is NaN pays for nothing more, and a movement back puts it right', async () => {
  const customer = await one<string>('select min(id::text) from customers');
  const balance = () => one<string>('select app_private.wallet_balance($1)', [customer]);
  const before = Number(await balance());
  const put = `insert into wallet_transactions (customer_id, transaction_type, amount, balance_after)
    values ($1, $2, $3, 'NaN') returning id`;
  let credit = '';
  await withoutChecks('wallet_transactions', async () => {
    credit = await one(put, [customer, 'credit', 'NaN']);
    await one(put, [customer, 'debit', before + spent]);
  });
  await client.query(
    `select app_private.move_money('wallet', $1, 'rewards', null, $2, null, 'spent')`,
    [customer, before + spent],
  );
  let entry = '';
  await withoutChecks('app_private.journal', async () => {
    entry = await one(
      `insert into app_private.journal (from_account, to_account, to_id, amount, reason)
      values ('rewards', 'wallet', $1, 'NaN', 'a gift') returning id`,
      [customer],
    );
  });

  const found = await find(['numbers-in-books']);
  expect(found).toMatchObject([
    { check: { explanation: expect.stringContaining('movement back') } },
  ]);
  expect(keysOf(found)).toEqual(expect.arrayContaining([credit, entry]));
  expect(Number(await balance())).toBe(-spent);
  const pay = `select app_private.move_wallet($1, $2, $3, 'rewards', null, null, null, $4)`;
  await expect(client.query(pay, [customer, 'debit', 1, 'more'])).rejects.toMatchObject({
    code: 'OB063',
  });

  // As the check says: what was spent beyond the balance is given, and the gift itself was nothing.
  await client.query(pay, [customer, 'credit', spent, `Correction of ${credit}`]);
  const debit = (await find(['numbers-in-books']))[0]?.faults.find(({ key }) => key !== entry)?.key;
  await client.query(pay, [customer, 'credit', 1, `Correction of ${debit}`]);
  await client.query(pay, [customer, 'debit', 1, `Correction of ${debit}`]);
  for (const [from, to] of [
    ['wallet', 'rewards'],
    ['rewards', 'wallet'],
  ]) {
    await client.query(`select app_private.move_money($1, $2, $3, $4, 1, null, $5)`, [
      from,
      from === 'wallet' ? customer : null,
      to,
      to === 'wallet' ? customer : null,
      `correction of ${entry}`,
    ]);
  }
  expect(keysOf(await find([...numbers, 'wallet-balance', 'journal-balances']))).toEqual([]);
  expect(Number(await balance())).toBe(0);
  // What is in the books stays.
  expect(await one('select amount from wallet_transactions where id = $1', [credit])).toBe('NaN');
});

it('a booking whose amounts are NaN is set to 0 and cancelled, which pays back what was received', async () => {
  const booking = await one<string>(
    `select min(b.id::text) from bookings b join payments p on p.booking_id = b.id
    where b.status in ('confirmed', 'assigned') and p.status = 'success' and p.payment_method <> 'cash'`,
  );
  const received = Number(await one('select app_private.amount_paid($1)', [booking]));
  expect(received).toBeGreaterThan(0);
  await withoutChecks('bookings', async () => {
    await client.query(
      `update bookings set total_amount = 'NaN', final_amount = 'NaN' where id = $1`,
      [booking],
    );
  });
  expect(await find(['numbers-of-bookings'])).toMatchObject([
    {
      count: 2,
      check: { explanation: expect.stringContaining('set such amounts of the booking to 0') },
      faults: [{ key: booking }, { key: booking }],
    },
  ]);

  await client.query(
    `update bookings set total_amount = 0, discount_amount = 0, tax_amount = 0, service_charge = 0,
      final_amount = 0 where id = $1`,
    [booking],
  );
  await database.asUser(
    { sub: personas.admin.id, role: 'authenticated' },
    (admin) => admin.query(`select cancel_booking($1, 'Its price was no number')`, [booking]),
    { commit: true },
  );
  expect(keysOf(await find(['numbers-of-bookings']))).toEqual([]);
  expect(
    Number(await one('select sum(refund_amount) from refunds where booking_id = $1', [booking])),
  ).toBe(received);
});

it('any other number is found by table and column, also one that is out of range', async () => {
  const tooMuch = 50_000_000;
  let price = '';
  await withoutChecks('vendor_services', async () => {
    price = await one(
      `update vendor_services set custom_price = ${tooMuch}
      where id = (select min(id::text)::uuid from vendor_services) returning id`,
    );
  });
  expect(await find(['numbers'])).toMatchObject([
    {
      faults: [
        {
          key: price,
          wrong: {
            table: 'public.vendor_services',
            column: 'custom_price',
            value: rupees(tooMuch),
          },
        },
      ],
    },
  ]);
});
