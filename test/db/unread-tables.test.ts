import { withClient } from '../../src/lib/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/**
 * Tables that the platform itself never reads, each with who does. Being in the API is no reason: the one who adds a
 * table here says which user reads it, and what for.
 */
const readByUsers: Readonly<Record<string, string>> = {
  booking_notes: 'the parties of a booking read what they wrote to each other',
  department_activity_logs: 'heads of departments see who changed what',
  department_widgets: 'a user arranges the own dashboard',
  employee_private_details: 'HR knows salary and contacts of employees',
  favourites: 'a customer finds vendors, providers and services again; no one else may know',
  payment_private_details: 'finance reads what the gateway answered when a payment is disputed',
  review_helpful_marks: 'their key counts each user once',
  review_moderations: 'moderators see who decided on a review, and why',
  vendor_approval_history: 'applicants and employees follow an application',
  vendor_review_moderations: 'moderators see who decided on a review, and why',
};

/** What still waits for its reader. A list that only gets shorter. */
const waiting: Readonly<Record<string, string>> = {
  payment_methods: 'the order that the server makes at the gateway, for the saved method',
};

/** Deleting and counting on delete is not reading; a foreign key looks its table up. */
const withoutReader = `
  select c.relname as table from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and not exists (
      select from pg_proc p
      where p.pronamespace in ('public'::regnamespace, 'app_private'::regnamespace) and p.prokind in ('f', 'p')
        and regexp_replace(pg_get_functiondef(p.oid), 'delete\\s+from\\s+public\\.\\w+', '', 'gi')
          ~* format('(from|join|using|,)\\s+public\\.%s\\M', c.relname))
    and not exists (
      select from pg_policy p
      where p.polrelid <> c.oid
        and concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
          ~ format('\\m%s\\M', c.relname))
    and not exists (
      select from pg_depend d join pg_rewrite r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass
      where d.refobjid = c.oid and r.ev_class <> c.oid)
    and not exists (
      select from pg_constraint k where k.contype = 'f' and k.confrelid = c.oid and k.conrelid <> c.oid)
  order by 1`;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

const find = () =>
  withClient(database.rootUrl, async (client) => {
    const { rows } = await client.query<{ table: string }>(withoutReader);
    return rows.map(({ table }) => table);
  });

it('every table is read by a function, policy, view or foreign key, or by users for a reason that is listed', async () => {
  expect(await find()).toEqual([...Object.keys(readByUsers), ...Object.keys(waiting)].sort());
});

it('a table that nothing reads is found, until something reads it', async () => {
  await database.administrator.query(
    'create table public.colours (id integer primary key); grant select on public.colours to authenticated',
  );
  expect(await find()).toContain('colours');
  await database.administrator.query(
    `create function app_private.paint() returns integer language sql as 'delete from public.colours returning id'`,
  );
  expect(await find()).toContain('colours');
  await database.administrator.query(
    `create or replace function app_private.paint() returns integer language sql as 'select c.id from public.colours c'`,
  );
  expect(await find()).not.toContain('colours');
});
