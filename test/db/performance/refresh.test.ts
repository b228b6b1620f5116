import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { withClient } from '../../../src/lib/postgres.ts';
import { seedTwoWorlds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { isLong } from '../../helpers/long-form.ts';
import { randomChanges } from './changes.data.ts';

let database: TestDatabase;
let worker: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  const sql = await readFile(
    path.join(import.meta.dirname, '../../fixtures/many-bookings.sql'),
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

const batch = 500;

/** One call, as the clock makes it. */
async function refreshOnce(months = batch): Promise<number> {
  const { rows } = await worker.query<{ months: number }>(
    'select app_private.refresh_performance($1) as months',
    [months],
  );
  return rows[0]?.months ?? -1;
}

/** Calls until nothing is left to do; gives how many months the last call counted. */
async function refresh(months = batch): Promise<number> {
  let counted = months;
  while (counted >= months) {
    counted = await refreshOnce(months);
  }
  return counted;
}

const recount = () => worker.query('select app_private.recount_performance()');

/** All figures of all months; not when they were written. */
async function figures(): Promise<readonly unknown[]> {
  const columns = `month::text, total_assignments, completed_assignments, cancelled_assignments,
    average_rating, total_earnings, total_tips, on_time_percentage, customer_satisfaction`;
  const { rows } = await database.owner.query(
    `select 'therapist' as kind, therapist_id as id, ${columns} from therapist_performance
    union all select 'beautician', beautician_id, ${columns} from beautician_performance order by 1, 2, 3`,
  );
  return rows;
}

it('the first refresh counts everything, and records that it is complete', async () => {
  await refresh();
  const { rows } = await database.owner.query(
    `select
      (select sum(total_assignments)::integer from therapist_performance)
        + (select sum(total_assignments)::integer from beautician_performance) as counted,
      (select count(*)::integer from therapist_assignments)
        + (select count(*)::integer from beautician_assignments) as there`,
  );
  expect(rows[0].counted).toBe(rows[0].there);
  expect(rows[0].there).toBeGreaterThan(15_000);
  expect(await refresh()).toBe(0);
});

describe.each(
  isLong ? [0.1, 0.7] : [0.4],
)('what was refreshed is what a full count finds, with seed %d', (seed) => {
  it.each(randomChanges)('after %s', async (_, change) => {
    const before = await figures();
    const client = await database.owner.connect();
    await client.query('select setseed($1)', [seed]);
    await client.query(change);
    client.release();
    expect(await refresh()).toBeGreaterThan(0);
    const refreshed = await figures();
    // Positive control: the change is one that the figures tell of.
    expect(refreshed).not.toEqual(before);
    await recount();
    expect(await figures()).toEqual(refreshed);
  });
});

it('a change that is not recorded is found by a full count alone', async () => {
  const before = await figures();
  await withClient(database.rootUrl, async (client) => {
    await client.query('set session_replication_role = replica');
    await client.query('update therapist_assignments set tips_amount = tips_amount + 1');
  });
  expect(await refresh()).toBe(0);
  expect(await figures()).toEqual(before);
  await recount();
  expect(await figures()).not.toEqual(before);
});

it('a change that is committed after a refresh began is counted by the next', async () => {
  const late = await database.owner.connect();
  await late.query('begin');
  await late.query(`update therapist_assignments set tips_amount = 5000
    where id = (select id from therapist_assignments where status = 'completed' order by id limit 1)`);
  expect(await refresh()).toBe(0);
  await late.query('commit');
  late.release();
  expect(await refresh()).toBe(1);
});

it('two refreshes at once: one runs, and recorded changes stay recorded', async () => {
  await database.owner.query(`update therapist_assignments set tips_amount = 6000
    where id = (select id from therapist_assignments where status = 'completed' order by id limit 1)`);
  const first = await database.owner.connect();
  await first.query('begin');
  await first.query(`select pg_advisory_xact_lock(hashtext('performance refresh'))`);
  expect(await refresh()).toBe(0);
  await first.query('commit');
  first.release();
  expect(await refresh()).toBe(1);
});

it('a changed setting has everything counted again', async () => {
  await database.owner.query(
    `update system_settings set value = '1' where key = 'performance.satisfied_rating'`,
  );
  const before = await figures();
  await refresh();
  const after = await figures();
  expect(after).not.toEqual(before);
  await recount();
  expect(await figures()).toEqual(after);
});

it('counting is not available to the API', async () => {
  const api = new pg.Client({ connectionString: database.apiUrl });
  await api.connect();
  for (const act of ['refresh_performance(1)', 'recount_performance()']) {
    await expect(api.query(`select app_private.${act}`)).rejects.toMatchObject({
      code: '42501',
    });
  }
  await api.end();
});
