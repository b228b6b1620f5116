import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { withClient } from '../../src/lib/postgres.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { randomChanges } from './dashboard-changes.data.ts';

let database: TestDatabase;
let worker: pg.Client;

const refresh = 'select app_private.refresh_dashboards() as days';
const recount = 'select app_private.recount_dashboards()';

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  const sql = await readFile(
    path.join(import.meta.dirname, '../fixtures/many-bookings.sql'),
    'utf8',
  );
  await withClient(database.rootUrl, async (client) => {
    await client.query('set session_replication_role = replica');
    await client.query(sql);
    await client.query('analyze');
  });
  worker = new pg.Client({ connectionString: database.workerUrl });
  await worker.connect();
});

afterAll(async () => {
  await worker.end();
  await database.drop();
});

it('the first refresh counts everything', async () => {
  await worker.query(refresh);
  expect(await figures()).toMatchObject({
    ops_bookings: expect.any(Number),
    vendor_list_total_vendors: 103,
    customer_data_total_customers: expect.any(Number),
  });
  const { rows } = await database.owner.query<{ counted: number; there: number }>(
    `select
      (select sum(v.value)::integer from kpi_values v join kpi_definitions k on k.id = v.kpi_id
        where k.code = 'ops_bookings') as counted,
      (select count(*)::integer from bookings) as there`,
  );
  expect(rows[0]?.counted).toBe(rows[0]?.there);
  expect(rows[0]?.there).toBeGreaterThan(20_000);
});

it('does nothing while nothing changes', async () => {
  const before = await values();
  expect(await days()).toBe(0);
  expect(await values()).toEqual(before);
});

describe('a refresh finds what a full count finds', () => {
  it.each(randomChanges)('after %s', async (_, change) => {
    await database.owner.query('select setseed(0.42)');
    const before = await values();
    await database.owner.query(change);
    await days();
    const refreshed = await values();
    // Positive control: the change is one that figures tell of.
    expect(refreshed).not.toEqual(before);
    await worker.query(recount);
    expect(await values()).toEqual(refreshed);
  });
});

it('a change that was not recorded is found by a full count alone', async () => {
  const before = await values();
  await withClient(database.rootUrl, async (client) => {
    await client.query('set session_replication_role = replica');
    await client.query(`update commission_records set platform_earning = platform_earning + 1`);
  });
  await days();
  expect(await values()).toEqual(before);
  await worker.query(recount);
  expect(await values()).not.toEqual(before);
});

it('a change that is committed after a refresh began is counted by the next', async () => {
  const before = await figures();
  const late = await database.owner.connect();
  await late.query('begin');
  await late.query(
    `insert into payments (transaction_id, booking_id, customer_id, vendor_id, amount, total_amount,
      payment_method, status, payment_date)
    select 'late', id, customer_id, vendor_id, 77, 77, 'upi', 'success', now() from bookings limit 1`,
  );
  await days();
  expect(await figures()).toMatchObject({ accounts_payments: before.accounts_payments });
  await late.query('commit');
  late.release();
  expect(await days()).toBe(1);
  expect((await figures()).accounts_payments).toBe((before.accounts_payments ?? 0) + 77);
});

it('two refreshes at once: one runs, and recorded changes stay recorded', async () => {
  await database.owner.query(`update commission_records set platform_earning = platform_earning + 1
    where id = (select id from commission_records order by id limit 1)`);
  const first = await database.owner.connect();
  await first.query('begin');
  await first.query(`select pg_advisory_xact_lock(hashtext('dashboard refresh'))`);
  expect(await days()).toBe(0);
  await first.query('commit');
  first.release();
  expect(await days()).toBe(1);
});

it('the worker’s figures are not available to the API', async () => {
  const api = new pg.Client({ connectionString: database.apiUrl });
  await api.connect();
  await expect(api.query(refresh)).rejects.toMatchObject({ code: '42501' });
  await api.end();
});

async function days(): Promise<number> {
  const { rows } = await worker.query<{ days: number }>(refresh);
  return rows[0]?.days ?? -1;
}

/** Every computed value; without the database's own health, which moves by being looked at. */
async function values(): Promise<readonly unknown[]> {
  const { rows } = await database.owner.query(
    `select k.code, v.day::text, round(v.value, 6)::text as value, v.weight::text as weight
    from kpi_values v join kpi_definitions k on k.id = v.kpi_id
    where k.computed_from <> 'database_health'
    order by 1, 2`,
  );
  return rows;
}

async function figures(): Promise<Readonly<Record<string, number | undefined>>> {
  const { rows } = await database.owner.query<{ code: string; value: number | null }>(
    `select k.code, d.value::float as value from dashboard_data d join kpi_definitions k on k.id = d.kpi_id`,
  );
  return Object.fromEntries(rows.map(({ code, value }) => [code, value ?? undefined]));
}
