import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { beginPlay, type Play } from '../play.ts';
import { seedSearchable, serviceNames, vendorNames } from './searchable.ts';

let database: TestDatabase;
let play: Play;
let find: (parameters: string) => Promise<string[]>;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedSearchable(database);
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
  find = serviceNames(play);
});

afterEach(async () => {
  await play.end();
});

it('a name counts more than a category, and that more than a description', async () => {
  expect((await find(`'massage'`)).slice(0, 2).sort()).toEqual(['Swedish Massage', 'Thai Massage']);
  // In its category and its description.
  expect((await find(`'massage'`))[2]).toBe('Hot-Stone Ritual');
  // In its category only.
  expect((await find(`'massage'`))[3]).toBe('Café au Lait Scrub');
});

it('of two equal matches the more popular comes first', async () => {
  await play.query(`update services set is_popular = slug = 'thai'`);
  expect((await find(`'massage'`))[0]).toBe('Thai Massage');
  await play.query(`update services set is_popular = slug = 'swedish'`);
  expect((await find(`'massage'`))[0]).toBe('Swedish Massage');
});

it.each([
  ['with a typing mistake', 'swedsh masage', 'Swedish Massage'],
  ['without the accent', 'cafe scrub', 'Café au Lait Scrub'],
  ['with another form of the accent', 'CAFE\u0301 au', 'Café au Lait Scrub'],
  ['with the hyphen', 'hot-stone', 'Hot-Stone Ritual'],
  ['without the hyphen', 'hot stone', 'Hot-Stone Ritual'],
  ['in Hindi', 'बालों की मालिश', 'बालों की मालिश'],
  ['in Hindi, with or without the nukta', 'बालों की मालि\u093cश', 'बालों की मालिश'],
  ['by its description', 'basalt', 'Hot-Stone Ritual'],
])('is found %s', async (_, query, name) => {
  expect(await find(`'${query}'`)).toEqual([name]);
});

it('an inactive service is not found, from the same moment', async () => {
  expect(await find(`'thai'`)).toEqual(['Thai Massage']);
  await play.query(`update services set is_active = slug = 'retired'`);
  expect(await find(`'thai'`)).toEqual([]);
  expect(await find(`'massage'`)).toEqual(['Retired Massage']);
});

describe('filters', () => {
  it.each([
    [
      'a category',
      `category_id => (select id from service_categories where slug = 'market-hair')`,
      ['Haircut'],
    ],
    ['a lowest price', 'minimum_price => 2500', ['Thai Massage', 'Hot-Stone Ritual']],
    ['a highest price', 'maximum_price => 900', ['Haircut']],
    ['a city', `city => 'pune'`, ['Swedish Massage', 'Thai Massage', 'Haircut']],
    ['a postal code', `pincode => '411001'`, ['Swedish Massage', 'Thai Massage']],
    ['a place', 'latitude => 21.15, longitude => 79.09', ['Swedish Massage']],
    ['a place without vendors', 'latitude => 10, longitude => 76', []],
    ['a rating', 'minimum_rating => 4', ['Swedish Massage', 'Thai Massage']],
    ['a rating that no vendor of it has', 'minimum_rating => 4.6', ['Swedish Massage']],
    ['the price of a vendor', `city => 'Nagpur', maximum_price => 900`, ['Swedish Massage']],
    ['a price that no vendor there has', `city => 'Pune', maximum_price => 299`, []],
    ['a price and a rating of one vendor', 'minimum_rating => 4, maximum_price => 899', []],
    [
      'a price and a rating, fulfilled',
      'minimum_rating => 4, maximum_price => 900',
      ['Swedish Massage'],
    ],
    ['no vendor being open', 'open_now => true', []],
    [
      'all together',
      `city => 'Pune', pincode => '411001', minimum_rating => 4, minimum_price => 1800,
      maximum_price => 1800, latitude => 18.52, longitude => 73.85,
      category_id => (select id from service_categories where slug = 'market-body')`,
      ['Swedish Massage'],
    ],
  ])('%s', async (_, filter, names) => {
    const words = `'swedish or thai or ritual or haircut'`;
    expect([...(await find(`${words}, ${filter}`))].sort()).toEqual([...names].sort());
  });

  it('open now', async () => {
    await play.query(`insert into vendor_availability (vendor_id, day_of_week, open_time, close_time)
      select v.id, d, '00:00', '24:00' from vendors v, generate_series(0, 6) d
      where v.business_name = 'Zen Studio'`);
    expect(await find(`'massage', open_now => true`)).toEqual(['Swedish Massage']);
    expect(await find(`'massage', open_now => true, city => 'Pune'`)).toEqual([]);
    expect(await find(`'massage', open_now => true, city => 'Nagpur'`)).toEqual([
      'Swedish Massage',
    ]);
  });

  it('an offer of a vendor that is not listed, or that is switched off, is not found', async () => {
    expect(await find(`'stone', city => 'Pune'`)).toEqual([]);
    expect(await find(`'haircut', pincode => '411001'`)).toEqual([]);
    await play.query(`update vendors set verification_status = 'verified'`);
    await play.query('update vendor_services set is_available = true');
    expect(await find(`'stone', city => 'Pune'`)).toEqual(['Hot-Stone Ritual']);
    expect(await find(`'haircut', pincode => '411001'`)).toEqual(['Haircut']);
  });
});

describe('changes that concern many vendors', () => {
  const refresh = async () =>
    (await play.query<{ n: number }>('select app_private.refresh_search(500) as n')).rows[0]?.n;

  it('a new name of a service reaches its vendors with the job', async () => {
    const vendors = vendorNames(play);
    await refresh();
    await play.query(`update services set name = 'Nordic Touch' where slug = 'thai'`);
    expect(await find(`'nordic'`)).toEqual(['Nordic Touch']);
    expect(await refresh()).toBe(1);
    expect(await vendors(`'nordic'`)).toEqual(['Lotus Spa']);
    expect(await refresh()).toBe(0);
  });

  it('a new name of a category reaches its services', async () => {
    await refresh();
    await play.query(`update service_categories set name = 'Crowning' where slug = 'market-hair'`);
    expect(await refresh()).toBe(3);
    expect((await find(`'crowning'`)).length).toBe(3);
  });
});

it('after every change, the search index is what a rebuild makes', async () => {
  const copy = async () =>
    (await play.query('select * from app_private.search_documents order by kind, id')).rows;
  await play.query(`
    update vendors set description = 'New', rating = 2, total_reviews = 3 where business_name like 'Lotus%';
    update vendors set latitude = 19, city = 'Mumbai' where business_name = 'Zen Studio';
    update vendors set verification_status = 'verified' where business_name = 'Lotus Secret';
    update services set base_price = base_price + 100, is_featured = slug = 'thai';
    delete from vendor_services where custom_price = 300;
    update vendor_services set custom_price = 77 where custom_price = 900;
    insert into vendor_availability (vendor_id, day_of_week, open_time, close_time)
      select id, 1, '09:00', '17:00' from vendors;
    update vendor_availability set close_time = '18:00';
    insert into vendor_category_members (vendor_id, category_id)
      select v.id, c.id from vendors v, vendor_categories c where c.category_code in ('spa', 'salon');
    delete from vendor_category_members m using vendor_categories c
      where c.id = m.category_id and c.category_code = 'salon';
    update vendor_categories set category_name = 'Spas' where category_code = 'spa';
    update cities set name = name || ' City' where name like 'N%';
    update cities set is_active = false where name like 'M%';
    update zones set name = name || ' East';
    insert into pincode_master (pincode) values ('999999');
    select app_private.refresh_search(100000);
  `);
  const kept = await copy();
  await play.query('select app_private.rebuild_search()');
  expect(kept).toEqual(await copy());
  expect(kept.length).toBeGreaterThan(100);
});

it('no private column of a vendor is searched', async () => {
  await play.query(`insert into vendor_private_details (vendor_id, contact_person, contact_mobile, contact_email)
    select id, 'Quetzalcoatl', '+919876543210', 'quetzalcoatl@example.com'
    from vendors where business_name = 'Lotus Spa'`);
  expect(await vendorNames(play)(`'quetzalcoatl'`)).toEqual([]);
  // Positive control.
  await play.query(
    `update vendors set description = 'Quetzalcoatl' where business_name = 'Lotus Spa'`,
  );
  expect(await vendorNames(play)(`'quetzalcoatl'`)).toEqual(['Lotus Spa']);
});

it.each([
  ['a rating', 'minimum_rating => 4', 'null, null, null, 4, null'],
  ['being open', 'open_now => true', 'null, null, null, null, true'],
])('by %s few vendors and many lead to the same services', async (_, parameter, filter) => {
  await play.query(`update vendor_availability set is_open = false
    where vendor_id = (select id from vendors order by business_name limit 1)`);
  const few = await find(`'massage', ${parameter}`);
  // As it is asked where many vendors pass: of each hit, whether one of them offers it.
  const { rows } = await play.query<{ name: string }>(
    `select s.name from app_private.search_hits('service', 'massage', null, null,
      app_private.search_filter(null, null, null, null, ${filter})) h
    join services s on s.id = h.id order by h.relevance desc, h.id`,
  );
  expect(rows.map(({ name }) => name)).toEqual(few);
  expect(few.length).toBeLessThan((await find(`'massage'`)).length);
  await play.query('update vendor_availability set is_open = false');
  if (parameter.startsWith('open')) {
    expect(await find(`'massage', ${parameter}`)).toEqual([]);
  }
});
