import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { buildSchemaSdl } from '../../src/api/schema-sdl.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeIn, startApi, type TestApi } from './support.ts';

const search = `query (
  $first: Int, $after: Cursor, $radiusKm: BigFloat, $orderBy: NearbyVendorOrder, $serviceIds: [UUID!]
) {
  vendorsNear(
    latitude: "18.52", longitude: "73.85", radiusKm: $radiusKm, serviceIds: $serviceIds,
    businessType: spa, minimumRating: "1", orderBy: $orderBy, first: $first, after: $after
  ) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { vendorId distanceKm price vendor { id businessName rating isOpenAt(at: "2025-06-02T12:00:00+05:30") } }
  }
}`;

type Found = {
  vendorId: string;
  distanceKm: string;
  price: string | null;
  vendor: { id: string; businessName: string; rating: string };
};

describe('places over GraphQL', () => {
  let database: TestDatabase;
  let api: TestApi;
  let service: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    const { rows } = await database.owner.query<{ id: string }>(
      `insert into services (name, slug, duration, base_price)
      values ('Massage', 'massage-60', 60, 1000) returning id`,
    );
    service = rows[0]?.id ?? '';
    // Many at the same few places, with the same few ratings and prices.
    await database.owner.query(
      `insert into vendors (business_name, business_type, address_line1, city, state, pincode,
        latitude, longitude, rating, verification_status)
      select 'Spa ' || n, 'spa', 'MG Road', 'Pune', 'Maharashtra', '411001',
        18.52 + n % 5 * 0.01, 73.85, 1 + n % 3, 'verified'
      from generate_series(1, 45) n`,
    );
    await database.owner.query(
      `insert into vendor_services (vendor_id, service_id, custom_price)
      select id, $1, 500 + right(business_name, 1)::integer % 4 * 100 from vendors`,
      [service],
    );
    api = await startApi(database);
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  async function readPages(variables: Record<string, unknown>): Promise<Found[]> {
    const nodes: Found[] = [];
    let after: string | null = null;
    do {
      const { data, errors } = await api.graphql(search, {
        variables: { ...variables, first: 7, after },
      });
      expect(errors).toBeUndefined();
      const page: {
        totalCount: number;
        nodes: Found[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      } = data.vendorsNear;
      expect(page.totalCount).toBe(45);
      nodes.push(...page.nodes);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    return nodes;
  }

  test.each([
    'distance',
    'rating',
    'price',
  ] as const)('pages by %s have no gap and no repetition, in the order of the search', async (orderBy) => {
    const found = await readPages({ orderBy, serviceIds: [service] });
    const { rows } = await database.owner.query<{ id: string; distance: string; price: string }>(
      `select vendor_id as id from vendors_near(18.52, 73.85, service_ids => array[$1::uuid], order_by => $2)`,
      [service, orderBy],
    );
    expect(rows).toHaveLength(45);
    expect(found.map(({ vendorId }) => vendorId)).toEqual(rows.map(({ id }) => id));
    expect(found.map(({ vendor }) => vendor.id)).toEqual(rows.map(({ id }) => id));
    const keys = found.map((one) =>
      orderBy === 'rating'
        ? -Number(one.vendor.rating)
        : Number(orderBy === 'price' ? one.price : one.distanceKm),
    );
    expect(keys).toEqual([...keys].sort((a, b) => a - b));
  });

  test('a visitor finds vendors with distance and price', async () => {
    const { data, errors } = await api.graphql(search, {
      variables: { radiusKm: '2', first: 1, serviceIds: [service] },
    });
    expect(errors).toBeUndefined();
    expect(data.vendorsNear).toMatchObject({ totalCount: 18, pageInfo: { hasNextPage: true } });
    expect(data.vendorsNear.nodes).toEqual([
      {
        vendorId: expect.any(String),
        distanceKm: '0.00',
        price: expect.stringMatching(/^[5-8]00\.00$/),
        vendor: {
          id: data.vendorsNear.nodes[0].vendorId,
          businessName: expect.stringMatching(/^Spa /),
          rating: expect.any(String),
          isOpenAt: false,
        },
      },
    ]);
  });

  test('what is not allowed is told with its code', async () => {
    const answer = await api.graphql(search, { variables: { radiusKm: '101' } });
    expect([codeIn(answer), answer.errors?.[0]?.message]).toEqual([
      'OB020',
      'Radius must be greater than 0 and at most 100 kilometres.',
    ]);
    expect(codeIn(await api.graphql(search, { variables: { orderBy: 'price' } }))).toBe('OB020');
    expect(codeIn(await api.graphql(search, { variables: { orderBy: 'beauty' } }))).toBe('OB010');
    const nowhere = '{ vendorsNear(latitude: "91", longitude: "0") { totalCount } }';
    expect(codeIn(await api.graphql(nowhere))).toBe('23514');
    expect((await api.graphql(nowhere.replace('91', '90'))).errors).toBeUndefined();
  });

  test('serviceable and serviceableAt answer whether a place is served', async () => {
    const fields = '{ pincode isServiceable city state zone charge }';
    const { data, errors } = await api.graphql(`{
      known: serviceable(pincode: "700016") ${fields}
      unknown: serviceable(pincode: "999999") ${fields}
      at: serviceableAt(latitude: "22.5530", longitude: "88.3520") ${fields}
    }`);
    expect(errors).toBeUndefined();
    expect(data.known).toMatchObject({
      pincode: '700016',
      isServiceable: true,
      city: 'Kolkata',
      state: 'West Bengal',
      zone: 'Park Street',
    });
    expect(Number(data.known.charge)).toBeGreaterThanOrEqual(0);
    expect(data.unknown).toEqual({
      pincode: '999999',
      isServiceable: false,
      city: null,
      state: null,
      zone: null,
      charge: null,
    });
    expect(data.at).toMatchObject({ pincode: null, isServiceable: true, city: 'Kolkata' });
    const malformed = await api.graphql('{ serviceable(pincode: "70001") { isServiceable } }');
    expect(codeIn(malformed)).toBe('OB020');
  });

  test('the internal point of a vendor is not exposed', async () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const sdl = await buildSchemaSdl(database.apiUrl);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
    expect(sdl).not.toMatch(/cube/i);
    expect(/^type Vendor .*?^}/ms.exec(sdl)?.[0]).not.toMatch(/^ {2}location/m);
    expect(sdl).not.toContain('nearbyVendorVendor');
  });
});
