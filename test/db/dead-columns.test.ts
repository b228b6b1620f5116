import { withClient } from '../../src/lib/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/**
 * Columns that no user writes and that no function names which writes the table, each with what writes it instead.
 * The one who adds a column here has looked for the act that is missing.
 */
const writtenOtherwise: Readonly<Record<string, string>> = {
  // The database itself, when the row is made.
  'bookings.booking_number': 'its default',
  'support_tickets.ticket_number': 'its default',
  'vendor_applications.application_number': 'its default',
  'customers.membership_start_date': 'its default',
  'customer_addresses.customer_id': 'its default',
  'emergency_contacts.user_id': 'its default',
  'favourites.customer_id': 'its default',
  'payment_methods.customer_id': 'its default',
  'user_preferences.user_id': 'its default',
  'department_widgets.user_id': 'its default',
  'role_permissions.granted_at': 'its default',
  'schema_versions.applied_at': 'its default',
  'user_roles.assigned_at': 'its default',
  'user_sessions.started_at': 'its default',
  'maintenance_runs.started_at': 'its default',
  // Triggers, which assign to the new row.
  'notification_templates.edited_at': 'trigger',
  'notifications.read_at': 'trigger',
  'onboarding_progress.completed_at': 'trigger',
  'support_tickets.assigned_at': 'trigger',
  'support_tickets.closed_at': 'trigger',
  'support_tickets.resolved_at': 'trigger',
  'system_settings.updated_by': 'trigger',
  'vendor_approval_history.documents_verified': 'trigger',
  // Functions that write therapists and beauticians alike, by the name of the table.
  'beauticians.rating': 'recount_provider_rating',
  'beauticians.total_reviews': 'recount_provider_rating',
  'therapists.rating': 'recount_provider_rating',
  'therapists.total_reviews': 'recount_provider_rating',
};

/** Tables whose rows come from migrations, because programs depend on them. */
const fromMigrations = [
  'file_rules',
  'partner_types',
  'permissions',
  'schema_versions',
  'system_settings',
  'vendor_approval_stages',
  'dashboard_widgets',
  'onboarding_steps',
  'kpi_definitions',
];

/** Tables that functions write by names that they are given, or as whole rows. */
const writtenByName = [
  'beautician_leaves',
  'beautician_performance',
  'booking_terms',
  'department_activity_logs',
  'maintenance_runs',
  'therapist_leaves',
  'therapist_performance',
];

/** What still waits for its act, and the act that it waits for. A list that only gets shorter. */
const waiting: Readonly<Record<string, string>> = {};

const withoutWriter = `
  select c.relname || '.' || a.attname as column
  from pg_class c join pg_attribute a on a.attrelid = c.oid
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    and a.attname not in ('id', 'created_at', 'updated_at')
    and not exists (
      select from unnest('{anon,authenticated,staff}'::text[]) r
      where has_column_privilege(r, c.oid, a.attnum, 'insert') or has_column_privilege(r, c.oid, a.attnum, 'update'))
    and not exists (
      select from pg_proc p
      where p.pronamespace in ('public'::regnamespace, 'app_private'::regnamespace)
        and p.prosrc ~ format('(insert into|update)\\s+public\\.%s\\M', c.relname)
        and p.prosrc ~ format('\\m%s\\M', a.attname))
    and c.relname <> all ($1)
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
    const { rows } = await client.query<{ column: string }>(withoutWriter, [
      [...fromMigrations, ...writtenByName],
    ]);
    return rows.map(({ column }) => column);
  });

it('every column is written by a user, a function, a trigger or a default', async () => {
  const known = [...Object.keys(writtenOtherwise), ...Object.keys(waiting)];
  expect((await find()).filter((column) => !known.includes(column))).toEqual([]);
});

it('what is listed as waiting for its act has none', async () => {
  const dead = await find();
  expect(Object.keys(waiting).filter((column) => !dead.includes(column))).toEqual([]);
});

it('a column that nothing writes is found', async () => {
  await database.administrator.query('alter table bookings add column colour text');
  expect(await find()).toContain('bookings.colour');
  await database.administrator.query('grant update (colour) on bookings to staff');
  expect(await find()).not.toContain('bookings.colour');
});
