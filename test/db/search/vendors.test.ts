import { claimsOf, seedPeople } from '../../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { beginPlay, type Play } from '../play.ts';
import { seedSearchable, vendorNames } from './searchable.ts';

let database: TestDatabase;
let play: Play;
let find: (parameters: string) => Promise<string[]>;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedPeople(database.owner);
  await seedSearchable(database);
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
  find = vendorNames(play);
});

afterEach(async () => {
  await play.end();
});

const lotus = ['Lotus Spa', 'Lotus Garden', 'Zen Studio'];

it('a matching name comes before a matching description, the better rated first', async () => {
  expect(await find(`'lotus'`)).toEqual(lotus);
  // A name to the letter before all.
  expect(await find(`'lotus garden'`)).toEqual(['Lotus Garden']);
  await play.query(
    `update vendors set business_name = 'Lotus' where business_name = 'Lotus Garden'`,
  );
  expect(await find(`'lotus'`)).toEqual(['Lotus', 'Lotus Spa', 'Zen Studio']);
});

it.each([
  ['by what it offers', 'swedish massage', ['Zen Studio', 'Lotus Spa']],
  ['by its city', 'nagpur', ['Zen Studio']],
  ['by words of several kinds', 'lotus pune thai', ['Lotus Spa']],
  ['with a letter too few', 'swedsh', ['Zen Studio', 'Lotus Spa']],
  ['with a letter too many', 'studdio', ['Zen Studio']],
  ['with two mistakes', 'lottus nagpurr', ['Zen Studio']],
  ['but not with what it excludes', 'lotus -garden -pond', ['Lotus Spa']],
  ['by either word', 'garden or zen', ['Lotus Garden', 'Zen Studio']],
  ['by a phrase', '"lotus spa"', ['Lotus Spa']],
  ['but not by words in another order', '"spa lotus"', []],
  ['not by an offer that it switched off', 'haircut', ['Lotus Garden']],
  ['not by a service that is not active', 'retired', []],
])('is found %s', async (_, query, names) => {
  expect([...(await find(`'${query}'`))].sort()).toEqual([...names].sort());
});

describe('filters', () => {
  it.each([
    ['a city, however it is written', `city => ' PUNE'`, ['Lotus Spa', 'Lotus Garden']],
    ['a postal code', `pincode => '411002'`, ['Lotus Garden']],
    ['a place', 'latitude => 18.52, longitude => 73.85, radius_km => 5', ['Lotus Spa']],
    ['a wider place', 'latitude => 18.52, longitude => 73.85', ['Lotus Spa', 'Lotus Garden']],
    ['a lowest price', 'minimum_price => 2500', ['Lotus Spa']],
    ['a highest price', 'maximum_price => 900', ['Lotus Garden', 'Zen Studio']],
    ['a range that no one price is in', 'minimum_price => 1801, maximum_price => 2499', []],
    ['a rating', 'minimum_rating => 4.5', ['Lotus Spa', 'Zen Studio']],
    [
      'all together',
      `city => 'Pune', pincode => '411001', minimum_rating => 4, maximum_price => 2000,
      latitude => 18.52, longitude => 73.85`,
      ['Lotus Spa'],
    ],
    ['one of them not fulfilled', `city => 'Pune', pincode => '411001', minimum_rating => 4.6`, []],
  ])('%s', async (_, filter, names) => {
    expect([...(await find(`'lotus', ${filter}`))].sort()).toEqual([...names].sort());
  });

  it('a category with everything below it', async () => {
    await play.query(`insert into vendor_categories (category_code, category_name, parent_id)
      select 'day_spa', 'Day Spa', id from vendor_categories where category_code = 'spa'`);
    await play.query(`insert into vendor_categories (category_code, category_name, parent_id)
      select 'couple_spa', 'Couple Spa', id from vendor_categories where category_code = 'day_spa'`);
    await play.query(`insert into vendor_category_members (vendor_id, category_id)
      select v.id, c.id from vendors v, vendor_categories c
      where (v.business_name, c.category_code)
        in (('Lotus Spa', 'couple_spa'), ('Lotus Garden', 'spa'), ('Zen Studio', 'salon'))`);
    const of = (code: string) =>
      find(
        `'lotus', category_id => (select id from vendor_categories where category_code = '${code}')`,
      );
    expect(await of('spa')).toEqual(['Lotus Spa', 'Lotus Garden']);
    expect(await of('day_spa')).toEqual(['Lotus Spa']);
    expect(await of('salon')).toEqual(['Zen Studio']);
    expect(await of('yoga_meditation')).toEqual([]);
    expect(await find(`'couple'`)).toEqual(['Lotus Spa']);
  });

  it('open now is what the vendor itself answers, at any hour and in any zone', async () => {
    await play.query(`insert into vendor_availability
        (vendor_id, day_of_week, open_time, close_time, break_start, break_end, is_open)
      select v.id, d, t.now - interval '1 second', t.now + interval '1 minute',
        case when v.business_name = 'Lotus Garden' then t.now - interval '1 second' end,
        case when v.business_name = 'Lotus Garden' then t.now + interval '30 seconds' end,
        v.business_name <> 'Zen Studio'
      from vendors v, generate_series(0, 6) d,
        (select greatest('00:00:01', least('23:58:00', (now() at time zone 'Asia/Kolkata')::time)) as now) t`);
    const { rows: open } = await play.query<{ name: string; is_open: boolean }>(
      `select business_name as name, vendors_is_open_now(v) as is_open from vendors v
      where is_listed order by 1`,
    );
    const names = open.filter(({ is_open }) => is_open).map(({ name }) => name);
    expect([...(await find(`'lotus', open_now => true`))].sort()).toEqual(names);
    // Positive control: the others are there.
    expect(await find(`'lotus', open_now => false`)).toEqual(lotus);
  });

  it('for every second of a week the hours are those of vendors_is_open_at', async () => {
    const { rows } = await play.query<{ wrong: number; open: number }>(
      `with hours as (
        insert into vendor_availability
          (vendor_id, day_of_week, open_time, close_time, break_start, break_end, is_open)
        select v.id, d, time '09:00', case d when 5 then '24:00' else '18:30:15' end::time,
          case when d > 2 then '12:00' end::time, case when d > 2 then '13:00' end::time, d <> 4
        from vendors v, generate_series(0, 6) d where v.business_name = 'Zen Studio'
        union all
        -- Nights, one of them into another week.
        select v.id, d, time '21:00', time '02:30', case d when 6 then '00:30' else '22:00' end::time,
          case d when 6 then '01:00' else '00:00' end::time, true
        from vendors v, unnest(array[1, 3, 6]) d where v.business_name = 'Zen Studio'
        returning 1
      ) select 0 as wrong, count(*)::integer as open from hours`,
    );
    expect(rows[0]?.open).toBe(10);
    const { rows: checked } = await play.query<{ wrong: number; open: number }>(
      `select count(*) filter (where x.at_all <> x.copied)::integer as wrong,
        count(*) filter (where x.copied)::integer as open
      from (
        select vendors_is_open_at(v, s.at at time zone v.time_zone) as at_all,
          d.hours @> (extract(dow from s.at)::integer * 86400
            + extract(epoch from s.at::time)::integer) as copied
        from vendors v
        join app_private.search_documents d on d.kind = 'vendor' and d.id = v.id
        cross join generate_series('2025-06-01'::timestamp, '2025-06-07 23:59:59', interval '225 seconds') s (at)
        where v.business_name = 'Zen Studio'
      ) x`,
    );
    expect(checked[0]?.wrong).toBe(0);
    expect(checked[0]?.open).toBeGreaterThan(500);
  });
});

it.each([
  ['a vendor that is not verified', `verification_status = 'pending'`],
  ['a vendor that is suspended', `status = 'suspended'`],
  ['a vendor that took itself out', 'is_active = false'],
])('%s is found by no one from the same moment', async (_, change) => {
  expect(await find(`'lotus spa'`)).toEqual(['Lotus Spa']);
  await play.query(`update vendors set ${change} where business_name = 'Lotus Spa'`);
  expect(await find(`'lotus spa'`)).toEqual([]);
  expect(await find(`'swedish'`)).toEqual(['Zen Studio']);
  await play.query(
    `update vendors set is_active = true, status = 'active', verification_status = 'verified'`,
  );
  expect((await find(`'lotus'`)).sort()).toEqual([...lotus, 'Lotus Secret'].sort());
});

it('owners find of their own vendor what everyone finds', async () => {
  const claims = claimsOf('vendor');
  await play.query(`update vendors set user_id = $1 where business_name = 'Lotus Secret'`, [
    claims?.sub,
  ]);
  // Positive control: it is there, and the owner sees it.
  expect(
    await play.as(claims, `select business_name from vendors where business_name = 'Lotus Secret'`),
  ).toHaveLength(1);
  expect(await play.as(claims, `select * from search_vendors('lotus secret')`)).toEqual([]);
});

it('says how far away', async () => {
  expect(
    await play.as(
      null,
      `select distance_km from search_vendors('lotus', latitude => 18.52, longitude => 73.85)`,
    ),
  ).toEqual([{ distance_km: '0.00' }, { distance_km: '8.90' }]);
});

describe('what is typed', () => {
  it.each([
    '',
    '   ',
    '!!! ??? ...',
    '-',
    '- -',
    '""',
    "'",
    '-massage',
    '\\',
    '%_',
    'or',
    '&|!():*<->',
    '\u200d',
  ])('"%s" finds nothing and is not an error', async (query) => {
    expect(await play.as(null, 'select * from search_vendors($1)', [query])).toEqual([]);
    expect(await play.as(null, 'select * from search_services($1)', [query])).toEqual([]);
  });

  it.each([
    `lotus'); drop table vendors; --`,
    `'lotus' & !'x' | :*`,
    'lotus:* <-> (spa | \\',
    `lotus"`,
    'lotus\tspa\n',
  ])('%s is searched as words and never run as a statement', async (query) => {
    expect(await play.ends(null, 'select * from search_vendors($1)', [query])).toBe('ok');
    expect(await play.ends(null, 'select * from suggest($1)', [query])).toBe('ok');
    expect(await find(`'lotus'`)).toEqual(lotus);
  });

  it('is at most 200 characters', async () => {
    const ends = (length: number) =>
      play.ends(null, 'select * from search_vendors($1)', ['x'.repeat(length)]);
    expect(await ends(200)).toBe('ok');
    expect(await ends(201)).toBe('OB020');
    expect(await play.ends(null, 'select * from suggest($1)', ['x'.repeat(201)])).toBe('OB020');
    expect(await play.ends(null, 'select * from search_services($1)', ['x'.repeat(201)])).toBe(
      'OB020',
    );
  });

  it('null finds nothing', async () => {
    expect(await find('null')).toEqual([]);
  });
});

it.each([
  ['latitude => 18.52', 'OB020'],
  ['radius_km => 5', 'OB020'],
  ['latitude => 18.52, longitude => 73.85, radius_km => 101', 'OB020'],
  ['latitude => 98, longitude => 73.85', '23514'],
  [`pincode => '01'`, 'OB020'],
  ['minimum_price => 2, maximum_price => 1', 'OB020'],
  ['minimum_price => 1, maximum_price => 1', 'ok'],
])('a search with %s ends with %s', async (filter, code) => {
  expect(await play.ends(null, `select * from search_vendors('lotus', ${filter})`)).toBe(code);
  expect(await play.ends(null, `select * from search_services('lotus', ${filter})`)).toBe(code);
});
