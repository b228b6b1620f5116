import { claimsOf, type Person } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { allPeople, members, staff, without } from './permissions/rights.ts';
import { beginPlay, type Play } from './play.ts';

const { closed, one } = worldIds;

/** What there is to know of a vendor that the public list does not show. */
const details = {
  'the vendor': `select from vendors where id = '${closed}'`,
  prices: `select custom_price, vendor_services_price(s) from vendor_services s where vendor_id = '${closed}'`,
  hours: `select open_time from vendor_availability where vendor_id = '${closed}'`,
  kinds: `select category_id from vendor_category_members where vendor_id = '${closed}'`,
  people: `select name from therapists where vendor_id = '${closed}'`,
  'who can be booked': `select kind from providers where vendor_id = '${closed}'`,
  'reviews of it': `select rating from vendor_reviews where vendor_id = '${closed}'`,
  'reviews of its people': `select rating from reviews where review_text = 'Kind hands'`,
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
  const { rows } = await database.owner.query<{ id: string }>(
    `insert into therapists (vendor_id, name, verification_status) values ($1, 'Three', 'verified') returning id`,
    [closed],
  );
  const review = `select $1, c.id, 5, 'approved' from customers c order by c.id limit 1`;
  await database.owner.query(
    `insert into vendor_reviews (vendor_id, customer_id, rating, status) ${review}`,
    [closed],
  );
  await database.owner.query(
    `insert into reviews (reviewable_type, reviewable_id, customer_id, rating, status, review_text)
    select 'therapist', $1, c.id, 5, 'approved', 'Kind hands' from customers c order by c.id limit 1`,
    [rows[0]?.id],
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

it('every user is a stranger, connected, or staff', () => {
  expect([...strangers, ...connected, ...staff].sort()).toEqual([...allPeople].sort());
});

async function count(person: Person, sql: string): Promise<number> {
  return (await play.as(claimsOf(person), sql)).length;
}
