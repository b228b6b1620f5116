import { claimsOf, type Person } from '../../fixtures/people.ts';
import { rupees } from '../../fixtures/terms.ts';
import { seedTwoWorlds, worldIds, worldPrice } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { beginPlay, type Play } from '../play.ts';

const { one, two, closed } = worldIds;
/** Of the second vendor, for each of the services. */
const ownPrice = 700.5;

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
  // One is at the place of the search, two some ten kilometres to the north.
  await play.query(
    `update vendors set latitude = 18.52 + case id when $1 then 0.09 else 0 end, longitude = 73.85`,
    [two],
  );
  // Both offer both services; two is the cheaper.
  await play.query('update vendor_services set is_available = true');
  await play.query('insert into vendor_services (vendor_id, service_id) values ($1, $2)', [
    two,
    one,
  ]);
  await play.query('update vendor_services set custom_price = $2 where vendor_id = $1', [
    two,
    ownPrice,
  ]);
});

afterEach(async () => {
  await play.end();
});

const here = 'latitude => 18.52, longitude => 73.85';

async function find(more = '', who: Person = 'visitor'): Promise<string[]> {
  const rows = await play.as<{ vendor_id: string }>(
    claimsOf(who),
    `select vendor_id from vendors_near(${here}${more})`,
  );
  return rows.map(({ vendor_id }) => vendor_id);
}

const ends = (parameters: string) =>
  play.ends(null, `select vendor_id from vendors_near(${parameters})`);

it('a vendor is found with its distance from the point', async () => {
  expect(
    await play.as(
      null,
      `select distance_km, price, (nearby_vendor_vendor(n)).business_name
      from vendors_near(${here}) n`,
    ),
  ).toEqual([
    { distance_km: '0.00', price: null, business_name: 'A Spa' },
    { distance_km: '10.01', price: null, business_name: 'A Spa' },
  ]);
});

it.each<Person>([
  'visitor',
  'customer',
  'vendor',
  'vendor_manager',
  'finance',
  'admin',
])('%s finds listed vendors only, also among their own', async (who) => {
  expect(await find('', who)).toEqual([one, two]);
  await play.query(`update vendors set verification_status = 'verified' where id = $1`, [closed]);
  expect((await find('', who)).sort()).toEqual([one, two, closed].sort());
  await play.query('update vendors set is_active = false where id = $1', [one]);
  expect(await find('', who)).toEqual([closed, two]);
});

describe('the radius', () => {
  it('is as requested, or as set', async () => {
    expect(await find(', radius_km => 10')).toEqual([one]);
    expect(await find(', radius_km => 10.02')).toEqual([one, two]);
    expect(await find()).toEqual([one, two]);
    await play.query(`update system_settings set value = '5' where key = 'search.radius_km'`);
    expect(await find()).toEqual([one]);
    await play.query(`update system_settings set value = '50' where key = 'search.radius_km'`);
    await play.query(
      `update system_settings set value = '9' where key = 'search.maximum_radius_km'`,
    );
    expect(await find()).toEqual([one]);
  });

  it('is at most the highest that is set, and more than 0', async () => {
    for (const [radius, ended] of [
      ['0', 'OB020'],
      ['-1', 'OB020'],
      [`'NaN'`, 'OB020'],
      ['100.1', 'OB020'],
      ['100', 'ok'],
      ['null', 'ok'],
    ]) {
      const parameters = `${here}, radius_km => ${radius}`;
      expect({ radius, ended: await ends(parameters) }).toEqual({ radius, ended });
    }
  });

  it('is never without a limit', async () => {
    await play.query(
      `update system_settings set is_public = false where key = 'search.maximum_radius_km'`,
    );
    expect(await ends(here)).toBe('OB099');
  });
});

it('is around a place that exists', async () => {
  for (const [latitude, longitude, ended] of [
    ['90.1', '0', '23514'],
    ['0', '-180.1', '23514'],
    [`'NaN'`, '0', '23514'],
    ['null', '73', 'OB020'],
    ['18', 'null', 'OB020'],
    ['90', '-180', 'ok'],
  ]) {
    const parameters = `${latitude}, ${longitude}`;
    expect({ parameters, ended: await ends(parameters) }).toEqual({ parameters, ended });
  }
});

describe('services', () => {
  const both = `, service_ids => '{${one},${two}}'`;

  it('are all offered where a vendor is found, and priced together', async () => {
    const prices = (services: string) =>
      play.as(null, `select vendor_id, price from vendors_near(${here}${services})`);
    expect(await prices(both)).toEqual([
      { vendor_id: one, price: rupees(2 * worldPrice) },
      { vendor_id: two, price: rupees(2 * ownPrice) },
    ]);
    expect(await prices(`, service_ids => '{${one},${one},null}'`)).toEqual([
      { vendor_id: one, price: rupees(worldPrice) },
      { vendor_id: two, price: rupees(ownPrice) },
    ]);
    expect(await prices(`, service_ids => '{}'`)).toEqual([
      { vendor_id: one, price: null },
      { vendor_id: two, price: null },
    ]);
  });

  it.each([
    ['one that the vendor has switched off', `update vendor_services set is_available = false`],
    ['one that the vendor does not have', `delete from vendor_services`],
  ])('not %s', async (_, change) => {
    expect(await find(both)).toEqual([one, two]);
    await play.query(`${change} where vendor_id = $1 and service_id = $1`, [one]);
    expect(await find(both)).toEqual([two]);
    expect(await find(both, 'vendor')).toEqual([two]);
    expect(await find(`, service_ids => '{${two}}'`)).toEqual([one, two]);
  });

  it('not one that is no longer in the catalogue', async () => {
    await play.query('update services set is_active = false where id = $1', [two]);
    expect(await find(both)).toEqual([]);
    expect(await find(both, 'marketing')).toEqual([]);
    expect(await find(`, service_ids => '{${one}}'`)).toEqual([one, two]);
  });
});

async function rate(ratings: Readonly<Record<string, number>>): Promise<void> {
  await play.query(
    `update vendors v set rating = r.value::numeric from jsonb_each_text($1) r where v.id = r.key::uuid`,
    [JSON.stringify(ratings)],
  );
}

describe('the order', () => {
  const services = `, service_ids => '{${one}}'`;

  it('is by distance, rating or price', async () => {
    await rate({ [one]: 4, [two]: 4.5 });
    expect(await find(`, order_by => 'distance'`)).toEqual([one, two]);
    expect(await find(', order_by => null')).toEqual([one, two]);
    expect(await find(`, order_by => 'rating'`)).toEqual([two, one]);
    expect(await find(`${services}, order_by => 'price'`)).toEqual([two, one]);
  });

  it('has the nearer of two equal ones first', async () => {
    await play.query('update vendor_services set custom_price = 100');
    await rate({ [one]: 4, [two]: 4 });
    expect(await find(`, order_by => 'rating'`)).toEqual([one, two]);
    expect(await find(`${services}, order_by => 'price'`)).toEqual([one, two]);
  });

  it('by price needs services, and other orders do not exist', async () => {
    expect(await ends(`${here}, order_by => 'price'`)).toBe('OB020');
    expect(await ends(`${here}, order_by => 'price', service_ids => '{}'`)).toBe('OB020');
    expect(await ends(`${here}, order_by => 'price', service_ids => '{null}'`)).toBe('OB020');
    expect(await ends(`${here}, order_by => 'beauty'`)).toBe('OB020');
    expect(await ends(`${here}, order_by => 'price'${services}`)).toBe('ok');
  });
});

it('leaves out those with low ratings and those of other categories', async () => {
  await rate({ [one]: 4, [two]: 4.5 });
  expect(await find(', minimum_rating => 4.5')).toEqual([two]);
  expect(await find(', minimum_rating => 4.51')).toEqual([]);
  expect(await find(', minimum_rating => 0')).toEqual([one, two]);
  await play.query(`update vendors set business_type = 'salon' where id = $1`, [one]);
  expect(await find(`, business_type => 'salon'`)).toEqual([one]);
  await play.query('update vendors set business_type = null where id = $1', [one]);
  expect(await find(`, business_type => 'salon'`)).toEqual([]);
});

describe('open at an instant', () => {
  const openAt = (instant: string) => find(`, open_at => '${instant}'`);

  // Both open on Mondays from 09:00 to 21:00; 2025-06-02 is one.
  it('is by the hours of the vendor, breaks considered', async () => {
    await play.query(
      `update vendor_availability set break_start = '13:00', break_end = '14:00' where vendor_id = $1`,
      [two],
    );
    expect(await openAt('2025-06-02 08:59:59+05:30')).toEqual([]);
    expect(await openAt('2025-06-02 09:00+05:30')).toEqual([one, two]);
    expect(await openAt('2025-06-02 12:59:59+05:30')).toEqual([one, two]);
    expect(await openAt('2025-06-02 13:00+05:30')).toEqual([one]);
    expect(await openAt('2025-06-02 14:00+05:30')).toEqual([one, two]);
    expect(await openAt('2025-06-02 21:00+05:30')).toEqual([]);
    expect(await openAt('2025-06-03 12:00+05:30')).toEqual([]);
    expect(await openAt('infinity')).toEqual([]);
  });

  it('is in the zone of the vendor', async () => {
    await play.query(`update vendors set time_zone = 'Asia/Dubai' where id = $1`, [two]);
    expect(await openAt('2025-06-02 09:00+05:30')).toEqual([one]);
    expect(await openAt('2025-06-02 22:00+05:30')).toEqual([two]);
  });

  it('is what the vendor itself answers', async () => {
    const ask = `select vendors_is_open_at(v, $2) as monday, vendors_is_open_now(v) as now,
        vendors_is_open_at(v, now()) as at_now
      from vendors v where id = $1`;
    const [answer] = await play.as(null, ask, [one, '2025-06-02 12:00+05:30']);
    expect(answer).toMatchObject({ monday: true });
    expect(answer?.now).toBe(answer?.at_now);
    expect(await play.as(null, ask, [one, null])).toMatchObject([{ monday: false }]);
    expect(await play.as(null, ask, [closed, '2025-06-02 12:00+05:30'])).toEqual([]);
  });
});
