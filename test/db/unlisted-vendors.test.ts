import { claimsOf, idOf, type Person } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { allPeople, members, staff, without } from './permissions/rights.ts';
import { beginPlay, type Play } from './play.ts';

const { closed, one } = worldIds;
/** The therapist of the vendor that is not listed. */
const third = '33333333-3333-4333-8333-333333333333';

/** What there is to know of a vendor that the public list does not show. */
const details = {
  'the vendor': `select from vendors where id = '${closed}'`,
  prices: `select custom_price, vendor_services_price(s) from vendor_services s where vendor_id = '${closed}'`,
  hours: `select open_time from vendor_availability where vendor_id = '${closed}'`,
  kinds: `select category_id from vendor_category_members where vendor_id = '${closed}'`,
  people: `select name from therapists where vendor_id = '${closed}'`,
  'who can be booked': `select kind from providers where vendor_id = '${closed}'`,
  'services of its people': `select from therapist_services where therapist_id = '${third}'`,
  pictures: `select caption from vendor_pictures where vendor_id = '${closed}'`,
  'reviews of it': `select rating from vendor_reviews where vendor_id = '${closed}'`,
  'reviews of its people': `select rating from reviews where review_text = 'Kind hands'`,
  'reviews of a booking': `select rating from reviews where review_text = 'A calm hour'`,
  'reviews of a service': `select rating from reviews where review_text = 'Warm oil'`,
} as const;

/** The owner, and the customer who has booked there. */
const connected: readonly Person[] = ['vendor', 'customer'];
const strangers = ['visitor', ...without(members, ...connected)] as const;

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  await database.owner.query(
    `insert into vendor_services (vendor_id, service_id, custom_price) values ($1, $2, 900)`,
    [closed, one],
  );
  await database.owner.query(
    `insert into vendor_availability (vendor_id, day_of_week, open_time, close_time)
    values ($1, 2, '09:00', '21:00')`,
    [closed],
  );
  await database.owner.query(
    `insert into therapists (id, vendor_id, name, verification_status) values ($2, $1, 'Three', 'verified')`,
    [closed, third],
  );
  await database.owner.query(
    'insert into therapist_services (therapist_id, service_id) values ($1, $2)',
    [third, one],
  );
  const review = `select $1, c.id, 5, 'approved' from customers c order by c.id limit 1`;
  await database.owner.query(
    `insert into vendor_reviews (vendor_id, customer_id, rating, status) ${review}`,
    [closed],
  );
  await database.owner.query(
    `insert into reviews (reviewable_type, reviewable_id, customer_id, rating, status, review_text)
    select 'therapist', $1, c.id, 5, 'approved', 'Kind hands' from customers c order by c.id limit 1`,
    [third],
  );
  await database.owner.query(
    `insert into reviews (reviewable_type, reviewable_id, booking_id, customer_id, rating, status, review_text)
    select r.type, r.of, b.id, b.customer_id, 5, 'approved', r.text
    from bookings b, (values ('booking', $1::uuid, 'A calm hour'), ('service', $2::uuid, 'Warm oil')) r (type, of, text)
    where b.id = $1`,
    [closed, one],
  );
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

describe.each(Object.entries(details))('%s of a vendor that is not listed', (_, sql) => {
  it.each(strangers)('are hidden from %s until it is listed', async (person) => {
    expect(await count(person, sql)).toBe(0);
    await play.query(`update vendors set verification_status = 'verified' where id = $1`, [closed]);
    // Positive control: it is the listing that shows it.
    expect(await count(person, sql)).toBe(1);
  });

  it.each(connected)('are visible to %s', async (person) => {
    expect(await count(person, sql)).toBe(1);
  });
});

it.each([
  ['is suspended', `status = 'suspended'`],
  ['has a suspended owner', 'account_is_active = false'],
  ['is switched off', 'is_active = false'],
  ['is closed', `status = 'closed'`],
])('a listed vendor that %s hides its prices, hours and categories as well', async (_, change) => {
  await play.query(`update vendors set verification_status = 'verified' where id = $1`, [closed]);
  for (const sql of Object.values(details)) {
    expect(await count('visitor', sql)).toBe(1);
  }
  await play.query(`update vendors set ${change} where id = $1`, [closed]);
  for (const sql of Object.values(details)) {
    expect({ sql, seen: await count('visitor', sql) }).toEqual({ sql, seen: 0 });
    expect({ sql, seen: await count('nobody', sql) }).toEqual({ sql, seen: 0 });
  }
});

it('a paused vendor stays listed with everything', async () => {
  await play.query(
    `update vendors set verification_status = 'verified', status = 'paused' where id = $1`,
    [closed],
  );
  for (const sql of Object.values(details)) {
    expect({ sql, seen: await count('visitor', sql) }).toEqual({ sql, seen: 1 });
  }
});

it('a favourite of a vendor that is no longer listed, and of its people, leads nowhere', async () => {
  await play.query(`update vendors set verification_status = 'verified' where id = $1`, [closed]);
  await play.query(
    `insert into customers (id) values ('${idOf('nobody')}') on conflict do nothing`,
  );
  await play.as(claimsOf('nobody'), `insert into favourites (vendor_id) values ('${closed}')`);
  await play.as(claimsOf('nobody'), `insert into favourites (therapist_id) values ('${third}')`);
  const followed = `select from favourites f
    left join vendors v on v.id = f.vendor_id left join therapists t on t.id = f.therapist_id
    where v.id is not null or t.id is not null`;
  expect(await count('nobody', followed)).toBe(2);
  await play.query(`update vendors set status = 'suspended' where id = $1`, [closed]);
  expect(await count('nobody', followed)).toBe(0);
  expect(await count('nobody', 'select from favourites')).toBe(2);
});

it('a vendor is not suggested from the moment on at which it is no longer listed', async () => {
  await play.query(
    `update vendors set verification_status = 'verified', business_name = 'Peculiar Springs' where id = $1`,
    [closed],
  );
  await play.query('select app_private.refresh_search(500)');
  const suggested = `select from suggest('peculiar') where id = '${closed}'`;
  expect(await count('visitor', suggested)).toBe(1);
  // The index learns of it later.
  await play.query(`update vendors set status = 'suspended' where id = $1`, [closed]);
  expect(await count('visitor', suggested)).toBe(0);
});

it('a review that is hidden with its vendor is found helpful by no one, and not shown by asking', async () => {
  await play.query(`update vendors set verification_status = 'verified' where id = $1`, [closed]);
  const { rows } = await play.query<{ review: string; vendor_review: string }>(
    `select (select id from reviews where review_text = 'Kind hands') as review,
      (select id from vendor_reviews where vendor_id = $1) as vendor_review`,
    [closed],
  );
  const marks = [
    `select from mark_review_helpful('${rows[0]?.review}')`,
    `select from mark_vendor_review_helpful('${rows[0]?.vendor_review}')`,
  ];
  for (const mark of marks) {
    expect(await count('nobody', mark)).toBe(1);
  }
  await play.query(`update vendors set status = 'suspended' where id = $1`, [closed]);
  for (const mark of marks) {
    await expect(play.as(claimsOf('nobody'), mark)).rejects.toMatchObject({ code: 'OB003' });
  }
});

it('every user is a stranger, connected, or staff', () => {
  expect([...strangers, ...connected, ...staff].sort()).toEqual([...allPeople].sort());
});

async function count(person: Person, sql: string): Promise<number> {
  return (await play.as(claimsOf(person), sql)).length;
}
