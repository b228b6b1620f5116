import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/** The tables of the base schema as the migration guide lists them. */
const categories: Readonly<Record<string, string>> = {
  'System & Configuration':
    'system_settings feature_flags audit_logs error_logs user_activity_log notifications',
  'Location & Geography': 'countries states cities zones pincode_master',
  'Departments & Roles': 'departments roles permissions role_permissions user_roles',
  'Users & Authentication': `user_profiles user_sessions user_documents user_preferences
    user_kyc_verification user_bank_details emergency_contacts employees`,
  Vendors: `vendors vendor_documents vendor_services vendor_staff vendor_payouts vendor_reviews
    vendor_applications vendor_availability`,
  Therapists: `therapists therapist_schedules therapist_leaves therapist_locations
    therapist_assignments therapist_performance`,
  Services: 'service_categories services addon_services service_packages reviews',
  Customers: 'customers customer_addresses customer_referrals loyalty_points_transactions',
  Bookings: `bookings booking_items booking_status_history booking_notes booking_cancellations
    booking_reschedules`,
  Payments: 'payment_methods payments refunds wallet_transactions commission_records',
  Support: 'support_tickets ticket_messages',
};

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
});

afterAll(async () => {
  await database.drop();
});

it('there are sixty tables and more', async () => {
  const { rows } = await database.owner.query<{ count: number }>(
    `select count(*)::integer from information_schema.tables where table_schema = 'public'`,
  );
  expect(rows[0]?.count).toBeGreaterThanOrEqual(60);
});

it('the guide lists sixty', () => {
  expect(Object.values(categories).flatMap((names) => names.split(/\s+/)).length).toBe(60);
});

it.each(Object.entries(categories))('%s: every table is there', async (_, names) => {
  const { rows } = await database.owner.query<{ tablename: string }>(
    `select tablename from pg_tables where schemaname = 'public'`,
  );
  const present = rows.map(({ tablename }) => tablename);
  expect(present).toEqual(expect.arrayContaining(names.split(/\s+/)));
});

it('row security is on for every table', async () => {
  const { rows } = await database.owner.query<{ tablename: string; rowsecurity: boolean }>(
    `select tablename, rowsecurity from pg_tables where schemaname = 'public'`,
  );
  expect(rows.filter(({ rowsecurity }) => !rowsecurity)).toEqual([]);
});

it('every table has an index', async () => {
  const { rows } = await database.owner.query(
    `select tablename from pg_tables t where schemaname = 'public' and not exists (
      select from pg_indexes i where i.schemaname = 'public' and i.tablename = t.tablename)`,
  );
  expect(rows).toEqual([]);
});

it('no row is an orphan, for every foreign key', async () => {
  const { rows: keys } = await database.owner.query<{ name: string; query: string }>(
    `select k.conname as name, format(
      'select from %s c where %s and not exists (select from %s p where (%s) = (%s))',
      k.conrelid::regclass,
      (select string_agg(format('c.%I is not null', a.attname), ' and ')
        from unnest(k.conkey) n join pg_attribute a on a.attrelid = k.conrelid and a.attnum = n),
      k.confrelid::regclass,
      (select string_agg(format('p.%I', a.attname), ', ' order by o)
        from unnest(k.confkey) with ordinality u (n, o)
        join pg_attribute a on a.attrelid = k.confrelid and a.attnum = n),
      (select string_agg(format('c.%I', a.attname), ', ' order by o)
        from unnest(k.conkey) with ordinality u (n, o)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = n)
    ) as query
    from pg_constraint k
    where k.contype = 'f' and k.connamespace = 'public'::regnamespace`,
  );
  expect(keys.length).toBeGreaterThan(100);
  for (const { name, query } of keys) {
    const { rowCount } = await database.owner.query(query);
    expect({ name, orphans: rowCount }).toEqual({ name, orphans: 0 });
  }
});

it('no booking is without a customer', async () => {
  const { rowCount } = await database.owner.query('select from bookings where customer_id is null');
  expect(rowCount).toBe(0);
});

it('no leave ends before it begins', async () => {
  const { rowCount } = await database.owner.query(
    'select from therapist_leaves where end_date < start_date',
  );
  expect(rowCount).toBe(0);
});

it.each([
  ['countries', `code = 'IN'`, 1],
  ['states', 'true', 36],
  ['departments', 'true', 16],
  ['roles', 'true', 10],
  ['service_categories', 'true', 5],
  ['partner_types', 'is_active', 4],
  ['vendor_categories', 'is_active', 8],
])('default data: %s', async (table, where, least) => {
  const { rowCount } = await database.owner.query(`select from ${table} where ${where}`);
  expect(rowCount).toBeGreaterThanOrEqual(least);
});

it('the extended statistics exist', async () => {
  const { rowCount } = await database.owner.query(
    `select from pg_statistic_ext where stxnamespace = 'public'::regnamespace`,
  );
  expect(rowCount).toBeGreaterThan(0);
});

it('the schema says its version', async () => {
  const { rows } = await database.owner.query('select schema_version() as version');
  expect(rows).toEqual([{ version: '1.22' }]);
});
