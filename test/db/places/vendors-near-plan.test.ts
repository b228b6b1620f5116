import { withClient } from '../../../src/lib/postgres.ts';
import { claimsOf, type Person } from '../../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { runWithPlans, touched } from './nested-plans.ts';

const { one, two } = worldIds;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  await withClient(database.rootUrl, async (client) => {
    // Without what is told and audited of each row.
    await client.query('set session_replication_role = replica');
    await client.query(
      `insert into vendors (business_name, address_line1, city, state, pincode, latitude, longitude,
        rating, verification_status)
      select 'Vendor ' || n, 'MG Road', c.name, 'India', '411001',
        c.latitude + (n * 7919 % 997 - 498) / 5000.0, c.longitude + (n * 6101 % 991 - 495) / 5000.0,
        n * 31 % 500 / 100.0, 'verified'
      from generate_series(1, 20000) n
      join (
        select name, latitude, longitude,
          row_number() over (order by name, latitude) - 1 as position, count(*) over () as total
        from cities where latitude is not null
      ) c on c.position = n % c.total`,
    );
    await client.query(
      `insert into vendor_services (vendor_id, service_id)
      select v.id, s.id from vendors v, services s where v.address_line1 = 'MG Road'
        and s.is_active on conflict do nothing`,
    );
    await client.query(
      `insert into vendor_availability (vendor_id, day_of_week, open_time, close_time)
      select v.id, d, '09:00', '21:00' from vendors v, generate_series(0, 6) d
      on conflict do nothing`,
    );
    await client.query('analyze vendors, vendor_services, vendor_availability, services, cities');
  });
}, 60_000);

afterAll(async () => {
  await database.drop();
});

const delhi = '28.61, 77.21';
/** A cursor fetches in portions of 50. */
const ahead = 60;

it('a plain condition on the place would read the whole table, because of the policies', async () => {
  await withClient(database.rootUrl, async (client) => {
    const { nodes } = await runWithPlans(
      client,
      null,
      `select id from vendors where location <@ '(0, 0, 0), (1, 1, 1)'::cube`,
    );
    expect(touched(nodes, 'vendors')).toBeGreaterThan(20_000);
  });
});

describe.each<Person>(['visitor', 'customer', 'vendor', 'finance', 'admin'])('for %s', (who) => {
  it.each([
    5, 10, 25, 100,
  ])('a search within %d km reads the vendors there and no more', async (km) => {
    await withClient(database.rootUrl, async (client) => {
      const search = `select * from vendors_near(${delhi}, ${km})`;
      const { rows, nodes } = await runWithPlans(client, claimsOf(who), search);
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.length).toBeLessThan(2_000);
      expect(touched(nodes, 'vendors')).toBeLessThanOrEqual(rows.length + ahead);
      expect(
        nodes
          .filter((node) => node['Relation Name'] === 'vendors')
          .filter((node) => node['Actual Loops'] > 0)
          .map((node) => node['Index Name']),
      ).toEqual(['vendors_location_idx']);
    });
  });

  it('services and hours are read of the vendors there, and of no others', async () => {
    await withClient(database.rootUrl, async (client) => {
      const all = await runWithPlans(client, claimsOf(who), `select * from vendors_near(${delhi})`);
      const { rows, nodes } = await runWithPlans(
        client,
        claimsOf(who),
        `select * from vendors_near(${delhi}, service_ids => '{${one},${two}}',
          open_at => '2025-06-02 12:00+05:30', order_by => 'price')`,
      );
      expect(rows).toHaveLength(all.rows.length);
      const tables = ['vendors', 'vendor_services', 'vendor_availability'];
      expect(
        nodes.filter(
          (node) =>
            node['Node Type'] === 'Seq Scan' && tables.includes(node['Relation Name'] ?? ''),
        ),
      ).toEqual([]);
      expect(touched(nodes, 'vendor_services')).toBeGreaterThanOrEqual(rows.length * 2);
      // Each offer and each day of opening asks whether its vendor may be seen.
      expect(touched(nodes, 'vendor_services')).toBeLessThanOrEqual(rows.length * 4);
      expect(touched(nodes, 'vendor_availability')).toBeLessThanOrEqual(rows.length * 7);
      expect(touched(nodes, 'vendors')).toBeLessThanOrEqual(rows.length * 12 + ahead);
    });
  });
});
