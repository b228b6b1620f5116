import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { withClient } from '../../src/lib/postgres.ts';
import { claimsOf, roleOf } from '../fixtures/people.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { signedIn } from './permissions/rights.ts';
import { permissions } from './permissions.data.ts';
import { hotLists } from './plans/hot-lists.ts';
import { complaintsAbout, explain } from './plans/plan.ts';

let database: TestDatabase;
const totals = new Map<string, number>();

const tables = [...new Set(hotLists.map(({ table }) => table))];
/** Every persona with a right to the table, however few of its rows they see. */
const readers = tables.flatMap((table) =>
  signedIn
    .filter((person) =>
      Object.values(permissions[table]?.sees ?? {}).some((who) =>
        who.some((one) => roleOf(one) === roleOf(person)),
      ),
    )
    .map((person) => ({ table, person })),
);

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  const fixture = path.join(import.meta.dirname, '../fixtures/many-bookings.sql');
  const sql = await readFile(fixture, 'utf8');
  await withClient(database.rootUrl, async (client) => {
    await client.query('set session_replication_role = replica');
    await client.query(sql);
    await client.query('analyze');
  });
  for (const table of tables) {
    const { rows } = await database.owner.query<{ count: number }>(
      `select count(*)::integer from ${table}`,
    );
    totals.set(table, rows[0]?.count ?? 0);
  }
});

afterAll(async () => {
  await database.drop();
});

it('there are enough rows for a plan to matter', () => {
  expect(totals.get('bookings')).toBeGreaterThan(20_000);
});

it('a bad plan is noticed', async () => {
  await withClient(database.rootUrl, async (client) => {
    const walk = await explain(client, 'select * from payments where tax_amount = 1', 'payments');
    expect(complaintsAbout(walk, 0, 24_000)).toHaveLength(2);
    const sort = await explain(
      client,
      'select * from payments order by total_amount limit 1',
      'payments',
    );
    expect(complaintsAbout(sort, 41, 24_000)).toHaveLength(3);
  });
});

it.each(readers)('$table for $person: no list reads or sorts more rows than needed', async ({
  table,
  person,
}) => {
  await database.asUser(claimsOf(person), async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::integer from ${table}`,
    );
    const own = rows[0]?.count ?? 0;
    for (const list of hotLists.filter((one) => one.table === table)) {
      const facts = await explain(client, list.sql, table);
      const complaints = complaintsAbout(facts, own, totals.get(table) ?? 0);
      expect({ list: list.name, complaints }).toEqual({ list: list.name, complaints: [] });
    }
  });
});

it.each(
  hotLists.filter(({ table }) => table === 'bookings'),
)('staff who may not see bookings read none: $name', async ({ sql }) => {
  const withRight = await database.asUser(claimsOf('finance'), (client) =>
    explain(client, sql, 'bookings'),
  );
  expect(withRight.touched).toBeGreaterThan(0);
  const without = await database.asUser(claimsOf('hr'), (client) =>
    explain(client, sql, 'bookings'),
  );
  expect(without.touched).toBe(0);
});
