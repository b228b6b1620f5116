import { readCommitted } from '../../src/database/migrations/committed.ts';
import { createFreshDatabase, type FreshDatabase } from '../helpers/fresh-database.ts';

const migrations = (await readCommitted()).map(({ name }) => name);
const beauticians =
  migrations.find((name) => name.endsWith('-create-beauticians-portal.sql')) ?? '';
const person = '00000000-0000-4000-8000-0000000000aa';

let database: FreshDatabase;

beforeAll(async () => {
  database = await createFreshDatabase();
  for (const name of migrations.slice(0, migrations.indexOf(beauticians) + 1)) {
    await database.run(`committed/${name}`);
  }
  await database.owner.query(inUse);
});

afterAll(async () => {
  await database.drop();
});

it('the undo works on tables with rows, and rows of older tables stay', async () => {
  const { owner, run } = database;
  const count = async () => {
    const { rows } = await owner.query(
      `select (select count(*) from user_profiles) as people, (select count(*) from vendors) as vendors,
        (select count(*) from customers) as customers, (select count(*) from bookings) as bookings,
        (select count(*) from therapist_leaves) as leaves,
        (select count(*) from notifications) as notifications`,
    );
    return rows[0];
  };
  const before = await count();
  expect(before).toMatchObject({ leaves: '3', bookings: '1' });

  await run(`rollback/${beauticians}`);

  expect(await count()).toEqual(before);
  const leaves = await owner.query('select leave_type from therapist_leaves order by start_date');
  expect(leaves.rows.map(({ leave_type: type }) => type)).toEqual(['annual', 'casual', 'sick']);
  const reviews = await owner.query('select reviewable_type from reviews');
  expect(reviews.rows).toEqual([{ reviewable_type: 'vendor' }]);
  const profiles = await owner.query('select role from user_profiles');
  expect(profiles.rows).toEqual([{ role: 'customer' }]);
});

/** A row for everything that older tables can take over from this migration. */
const inUse = `
  insert into auth.users (id, email) values ('${person}', 'person@example.com');
  insert into user_profiles (id, name, email) values ('${person}', 'A Person', 'person@example.com');
  insert into user_roles (user_id, role_id)
    select '${person}', id from roles where code = 'beautician';
  insert into customers (id) values ('${person}');
  insert into vendors (id, business_name, business_type, address_line1, city, state, pincode)
    values ('${person}', 'A Spa', 'spa', 'MG Road', 'Pune', 'Maharashtra', '411001');
  insert into bookings (id, customer_id, vendor_id, booking_type, service_location, booking_date,
      booking_time, duration_minutes, total_amount, final_amount, status)
    values ('${person}', '${person}', '${person}', 'spa_visit', '{}', '2025-06-02', '10:00', 60, 100,
      100, 'assigned');
  insert into therapists (id, vendor_id, name) values ('${person}', '${person}', 'A Person');
  insert into therapist_leaves (therapist_id, leave_type, start_date, end_date, reason) values
    ('${person}', 'vacation', '2025-01-01', '2025-01-01', 'Rest'),
    ('${person}', 'personal', '2025-02-01', '2025-02-01', 'A wedding'),
    ('${person}', 'sick', '2025-03-01', '2025-03-01', 'Fever');
  insert into beauticians (id, user_id, vendor_id, name)
    values ('${person}', '${person}', '${person}', 'A Person');
  insert into beautician_private_details (beautician_id, mobile) values ('${person}', '+919876543210');
  insert into beautician_leaves (beautician_id, leave_type, start_date, end_date)
    values ('${person}', 'personal', '2025-01-01', '2025-01-01');
  insert into beautician_assignments (booking_id, beautician_id, assignment_time)
    values ('${person}', '${person}', now());
  insert into reviews (reviewable_type, reviewable_id, customer_id, rating) values
    ('beautician', '${person}', '${person}', 5), ('vendor', '${person}', '${person}', 4);`;
