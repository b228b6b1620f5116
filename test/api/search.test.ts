import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeIn, startApi, type TestApi } from './support.ts';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.owner.query(`
    insert into services (name, slug, duration, base_price)
    select 'Deep Massage ' || n, 'massage-' || n, 60, 100 + n from generate_series(1, 45) n;
    insert into vendors (business_name, address_line1, city, state, pincode, rating, verification_status)
    select 'Lotus ' || n, 'MG Road', 'Pune', 'Maharashtra', '411001', 4,
      case when n > 3 then 'pending' else 'verified' end
    from generate_series(1, 5) n;`);
  api = await startApi(database);
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

const services = `query ($first: Int, $after: Cursor) {
  searchServices(query: "masage deep", maximumPrice: "144", first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { serviceId relevance service { id name } }
  }
}`;

it('pages of services have no gap and no repetition, in the order of the search', async () => {
  const found: string[] = [];
  let after: string | null = null;
  do {
    const { data, errors } = await api.graphql(services, { variables: { first: 7, after } });
    expect(errors).toBeUndefined();
    expect(data.searchServices.totalCount).toBe(44);
    for (const { serviceId, service } of data.searchServices.nodes) {
      expect(service.id).toBe(serviceId);
      found.push(serviceId);
    }
    const { hasNextPage, endCursor } = data.searchServices.pageInfo;
    after = hasNextPage ? endCursor : null;
  } while (after !== null);
  const { rows } = await database.owner.query<{ id: string }>(
    `select service_id as id from search_services('masage deep', maximum_price => 144)`,
  );
  expect(rows).toHaveLength(44);
  expect(found).toEqual(rows.map(({ id }) => id));
});

it('a visitor finds listed vendors and no others', async () => {
  const { data, errors } = await api.graphql(
    `{ searchVendors(query: "lotus", city: "pune", minimumRating: "3.5", openNow: false) {
      nodes { vendorId relevance distanceKm vendor { businessName } }
    } }`,
  );
  expect(errors).toBeUndefined();
  const names = data.searchVendors.nodes.map(
    ({ vendor }: { vendor: { businessName: string } }) => vendor.businessName,
  );
  expect(names.sort()).toEqual(['Lotus 1', 'Lotus 2', 'Lotus 3']);
});

it('suggestions name their kinds', async () => {
  const { data, errors } = await api.graphql(
    '{ all: suggest(query: "lot") { kind id label detail } places: suggest(query: "pun", kind: city) { kind label detail } }',
  );
  expect(errors).toBeUndefined();
  expect(data.all).toHaveLength(3);
  expect(data.all[0]).toEqual({
    kind: 'vendor',
    id: expect.any(String),
    label: expect.stringMatching(/^Lotus/),
    detail: 'Pune',
  });
  expect(data.places).toEqual([{ kind: 'city', label: 'Pune', detail: 'Maharashtra' }]);
});

it('a refused search has its code, and does not repeat what was typed', async () => {
  const typed = 'x'.repeat(201);
  const answer = await api.graphql('query ($query: String!) { suggest(query: $query) { label } }', {
    variables: { query: typed },
  });
  expect(codeIn(answer)).toBe('OB020');
  expect(JSON.stringify(answer)).not.toContain('xxx');
  expect(
    codeIn(await api.graphql('{ searchVendors(query: "a", radiusKm: "5") { totalCount } }')),
  ).toBe('OB020');
});

it('what was typed is in no log, whether it succeeds or fails', async () => {
  const typed = 'Zyxwvut Secretword';
  const variables = JSON.stringify({ query: typed });
  const query = 'query ($query: String!) { searchVendors(query: $query) { totalCount } }';
  const url = new URL('/graphql', api.url);
  url.search = new URLSearchParams({ query, variables }).toString();
  expect((await fetch(url, { headers: { accept: 'application/json' } })).status).toBe(200);
  expect((await api.graphql(query, { variables: { query: typed } })).errors).toBeUndefined();
  await api.graphql(query, { variables: { query: typed.repeat(20) } });
  // Positive control: these requests are in the log.
  expect(api.log.filter(({ path }) => path === '/graphql').length).toBeGreaterThan(0);
  expect(JSON.stringify(api.log)).not.toMatch(/zyxwvut/i);
});
