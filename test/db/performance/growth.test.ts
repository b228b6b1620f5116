import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { withClient } from '../../../src/lib/postgres.ts';
import { seedTwoWorlds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { beginPlay, type Play } from '../play.ts';

let database: TestDatabase;
let play: Play;

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
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
});

afterEach(async () => {
  await play.end();
});

/** How many rows PostgreSQL reads for a statement: the same on a fast and on a busy machine. */
async function rowsRead(sql: string): Promise<number> {
  const count = async (): Promise<number> => {
    const { rows } = await play.query<{ rows: string }>(
      'select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) as rows from pg_stat_xact_user_tables',
    );
    return Number(rows[0]?.rows);
  };
  const before = await count();
  await play.query(sql);
  return (await count()) - before;
}

const recount = 'select app_private.recount_performance()';

it('counting all months of twice the assignments reads twice the rows', async () => {
  const all = await rowsRead(recount);
  await play.query('set local session_replication_role = replica');
  for (const table of ['therapist_assignments', 'beautician_assignments']) {
    await play.query(
      `delete from ${table} where ('x' || left(md5(id::text), 8))::bit(32)::integer % 2 = 0`,
    );
  }
  await play.query('set local session_replication_role = origin');
  const half = await rowsRead(recount);
  expect(half).toBeGreaterThan(5_000);
  expect(all / half).toBeLessThan(2.6);
});

it('one run of the job reads a part of them, however much there is to count', async () => {
  const all = await rowsRead(recount);
  await play.query('update app_private.performance_refreshes set recounted_at = null');
  let calls = 0;
  const { rows: providers } = await play.query<{ count: number }>(
    'select ((select count(*) from therapists) + (select count(*) from beauticians))::integer as count',
  );
  while (calls <= (providers[0]?.count ?? 0)) {
    calls += 1;
    expect(await rowsRead('select app_private.refresh_performance(100)')).toBeLessThan(all / 2);
    const { rowCount } = await play.query(
      'select from app_private.performance_refreshes where recounted_at is not null',
    );
    if (rowCount === 1) {
      break;
    }
  }
  expect(calls).toBeGreaterThan(3);
});

it('a change of one assignment is counted from the rows of its month', async () => {
  const all = await rowsRead(recount);
  await play.query(`update therapist_assignments set tips_amount = 4000
    where id = (select id from therapist_assignments where status = 'completed' order by id limit 1)`);
  expect(await rowsRead('select app_private.refresh_performance(500)')).toBeLessThan(all / 50);
});
