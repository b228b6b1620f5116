import { withClient } from '../../../src/lib/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { runWithPlans } from '../places/nested-plans.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await withClient(database.rootUrl, async (client) => {
    await client.query('set session_replication_role = replica');
    await client.query(`insert into services (name, slug, duration, base_price, is_popular)
      select case when n % 3 = 0 then 'Massage ' when n % 500 = 1 then 'Shirodhara ' else 'Facial ' end || n % 97,
        's-' || n, 60, n, n % 10 = 0
      from generate_series(1, 6000) n`);
    await client.query(`insert into services (name, slug, duration, base_price)
      values ('Massage', 'massage', 60, 1)`);
    await client.query('select app_private.rebuild_search()');
    await client.query('vacuum analyze app_private.search_documents');
  });
});

afterAll(async () => {
  await database.drop();
});

const ids = async (sql: string): Promise<string[]> =>
  (await database.owner.query<{ id: string }>(`select service_id as id from ${sql}`)).rows.map(
    ({ id }) => id,
  );

it('of a common word, the most popular are found, and exact names before all', async () => {
  const { rows } = await database.owner.query<{ slug: string; is_popular: boolean }>(
    `select s.slug, s.is_popular from search_services('massage') f join services s on s.id = f.service_id
    order by f.relevance desc, f.service_id`,
  );
  expect(rows.map(({ slug }) => slug)[0]).toBe('massage');
  expect(rows).toHaveLength(200);
  expect(rows.slice(1).every(({ is_popular }) => is_popular)).toBe(true);
});

it('of a rare word, everything is found', async () => {
  expect(await ids(`search_services('shirodhara')`)).toHaveLength(8);
});

it('a filter that few rows pass finds all of them', async () => {
  expect(
    await ids(`search_services('massage', minimum_price => 3000, maximum_price => 3005)`),
  ).toHaveLength(2);
});

it('the order is the same each time', async () => {
  const first = await ids(`search_services('facial')`);
  expect(await ids(`search_services('facial')`)).toEqual(first);
  expect(new Set(first).size).toBe(200);
});

it.each([
  `search_services('massage')`,
  `search_services('shirodhara')`,
  `search_services('shirodara')`,
  `search_services('facial', minimum_price => 3000, maximum_price => 3005)`,
  `suggest('m')`,
  `suggest('shiro')`,
  `suggest('shirodara')`,
])('no table is read whole by %s', async (search) => {
  await withClient(database.rootUrl, async (client) => {
    const { rows, nodes } = await runWithPlans(client, null, `select * from ${search}`);
    expect(rows.length).toBeGreaterThan(0);
    const tables = ['search_documents', 'services', 'vendors', 'vendor_services'];
    expect(
      nodes.filter(
        (node) => node['Node Type'] === 'Seq Scan' && tables.includes(node['Relation Name'] ?? ''),
      ),
    ).toEqual([]);
    // Positive control: the plans inside functions are seen.
    expect(nodes.some((node) => node['Relation Name'] === 'search_documents')).toBe(true);
  });
});
