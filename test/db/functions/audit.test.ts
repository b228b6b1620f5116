import { claimsOf, idOf } from '../../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { beginPlay, type Play } from '../play.ts';

const { one } = worldIds;

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
  await play.query('delete from audit_logs');
});

afterEach(async () => {
  await play.end();
});

async function log(): Promise<readonly unknown[]> {
  const { rows } = await play.query(
    'select user_id, action, resource_type, resource_id, old_values, new_values from audit_logs order by ctid',
  );
  return rows;
}

it('an update records who made it, and only what changed', async () => {
  await play.as(
    claimsOf('vendor_manager'),
    `update vendors set description = 'Quiet' where id = $1`,
    [one],
  );
  expect(await log()).toEqual([
    {
      user_id: idOf('vendor_manager'),
      action: 'update',
      resource_type: 'vendors',
      resource_id: one,
      old_values: { description: null },
      new_values: { description: 'Quiet' },
    },
  ]);
});

it('an update that changes nothing leaves no trace', async () => {
  await play.as(claimsOf('vendor'), 'update vendors set description = description where id = $1', [
    one,
  ]);
  expect(await log()).toEqual([]);
});

it('an insert records the new row, a delete the old one', async () => {
  const person = claimsOf('customer');
  await play.as(
    person,
    `insert into user_documents (document_type, document_name, file_url)
    values ('other', 'Diploma', (select 'file:' || id from files where purpose = 'user_document'))`,
  );
  await play.as(person, `delete from user_documents where document_name = 'Diploma'`);
  expect(await log()).toMatchObject([
    {
      user_id: idOf('customer'),
      action: 'insert',
      old_values: null,
      new_values: { document_name: 'Diploma' },
    },
    {
      user_id: idOf('customer'),
      action: 'delete',
      old_values: { document_name: 'Diploma' },
      new_values: null,
    },
  ]);
});

it('no user is signed in when the platform itself acts', async () => {
  await play.query('update vendors set rating = 4.5 where id = $1', [one]);
  expect(await log()).toMatchObject([{ user_id: null, new_values: { rating: 4.5 } }]);
});

it('a role that is given is recorded, with who gave it', async () => {
  await play.as(claimsOf('admin'), 'select grant_role($1, $2)', [idOf('nobody'), 'hr']);
  expect(await log()).toContainEqual(
    expect.objectContaining({
      user_id: idOf('admin'),
      action: 'insert',
      resource_type: 'user_roles',
    }),
  );
});

it('secrets never reach the log, not even when they change', async () => {
  const { rows } = await play.query<{ table_name: string; column_name: string }>(
    'select table_name, column_name from app_private.audit_redactions',
  );
  expect(rows.length).toBeGreaterThan(5);
  const { rows: tables } = await play.query<{ name: string; columns: string[] }>(
    `select table_name as name, array_agg(column_name) as columns
    from app_private.audit_redactions group by table_name`,
  );
  for (const { name, columns } of tables) {
    const row = Object.fromEntries(columns.map((column) => [column, 'secret']));
    const { rows: redacted } = await play.query<{ row: Record<string, string> }>(
      'select app_private.redacted($1, $2) as row',
      [name, JSON.stringify({ ...row, plain: 'kept', empty: null })],
    );
    expect(redacted[0]?.row).toEqual({
      ...Object.fromEntries(columns.map((column) => [column, '***'])),
      plain: 'kept',
      empty: null,
    });
  }
});

it('a number that changes is recorded as changed, without its value', async () => {
  await play.query(
    `update vendor_private_details set pan_number = 'AAPFU0939F' where vendor_id = $1`,
    [one],
  );
  expect(await log()).toMatchObject([
    { old_values: { pan_number: null }, new_values: { pan_number: '***' } },
  ]);
  await play.query('delete from audit_logs');
  await play.query(
    `update vendor_private_details set pan_number = 'ABCPE1234F' where vendor_id = $1`,
    [one],
  );
  expect(await log()).toMatchObject([
    { old_values: { pan_number: '***' }, new_values: { pan_number: '***' } },
  ]);
});

it('every redacted column exists', async () => {
  const { rows } = await play.query(
    `select * from app_private.audit_redactions r where not exists (
      select from information_schema.columns c
      where c.table_schema in ('public', 'app_private') and c.table_name = r.table_name and c.column_name = r.column_name)`,
  );
  expect(rows).toEqual([]);
});

/** Columns of guarded tables that their names make suspect and that the log may show, with the reason. */
const harmless: readonly string[] = [
  // What every user may see of a business, or of a place.
  'vendors.address_line1 vendors.address_line2 vendors.latitude vendors.longitude vendors.location',
  'zones.coordinates vendor_applications.address_line1 vendor_applications.address_line2',
  // Where one can be reached: a thief of an account changes it, and the log has to say to what.
  'user_profiles.email user_profiles.mobile user_profiles.mobile_verified employees.email',
  'employees.mobile vendor_staff.email vendor_staff.mobile departments.email departments.phone',
  'vendor_private_details.contact_person vendor_private_details.contact_email',
  'vendor_private_details.contact_mobile vendor_applications.contact_person',
  'vendor_applications.contact_email vendor_applications.contact_mobile',
  'therapist_private_details.email therapist_private_details.mobile',
  'beautician_private_details.email beautician_private_details.mobile',
  'invitations.email invitations.employee_code invitations.mobile',
  // Names of a bank and its branch, and whose account it is; not its number.
  'user_bank_details.account_holder_name user_bank_details.bank_name user_bank_details.ifsc_code',
  'user_bank_details.account_type',
  // What a document is called and what kind it is; not its number, and not where it lies.
  'user_documents.document_type user_documents.document_name user_documents.file_type',
  'user_documents.file_size vendor_documents.document_type vendor_documents.document_name',
  'vendor_documents.file_type vendor_application_documents.document_type',
  'vendor_application_documents.document_name vendor_application_documents.file_type',
  'vendor_document_requirements.document_type',
  'provider_documents.document_type provider_documents.document_name',
  // Whether a user may sign in.
  'vendors.account_is_active therapists.account_is_active beauticians.account_is_active',
  // By which what moved is found at the bank or gateway.
  'payments.transaction_id payments.gateway_transaction_id refunds.gateway_refund_id',
  'vendor_payouts.payment_reference vendor_applications.franchise_payment_reference',
  'notification_deliveries.contact_message_id notification_deliveries.provider_message_id',
  // Numbers that we give, codes and keys of lists, counts.
  'bookings.booking_number employees.employee_code vendor_applications.application_number',
  'vendor_applications.number_of_staff departments.code roles.code kpi_definitions.code',
  'system_settings.key pincode_master.pincode vendors.pincode vendor_applications.pincode',
  'department_modules.module_key partner_types.type_code',
  'vendor_categories.category_code employees.work_location departments.location',
  'vendor_change_requests.bank_detail_id vendor_private_details.payout_account_id',
  'vendor_private_details.payout_account_since',
  'services.metadata',
  'kpi_definitions.position vendor_pictures.position vendors.telephone',
  // Sums, which the log is there for.
  'beautician_private_details.total_earnings therapist_private_details.total_earnings',
  'commission_records.therapist_earning commission_records.platform_earning',
  'commission_records.gst_amount',
  'commission_records.vendor_gst_amount',
  'coupons.code unmatched_payments.gateway_transaction_id',
  'vendor_payouts.gst_amount',
  // Masked, and the bank's.
  'wallet_withdrawals.account_number wallet_withdrawals.reference',
  'webhook_endpoints.secret_created_at',
  // A user's age.
  'user_profiles.date_of_birth therapist_private_details.date_of_birth',
  'beautician_private_details.date_of_birth',
];

const suspect =
  'account|address|birth|bank|code|contact|coordinat|data$|document|earning|email|emergency|(^|_)file|gst|hash' +
  '|key|latitude|location|longitude|mobile|number|otp|pan_|pan$|password|phone|pin|position|(^|_)reference' +
  '|salary|secret|token|gateway_.*_id|transaction_id|provider_.*_id|^(old|new)_value$';

it('every column that may hold a secret is redacted, or known to be harmless', async () => {
  const { rows } = await play.query<{ name: string; is_redacted: boolean }>(
    `select distinct c.relname || '.' || a.attname as name, exists (
        select from app_private.audit_redactions r
        where r.table_name = c.relname and r.column_name = a.attname
      ) as is_redacted
    from pg_trigger t
    join pg_class c on c.oid = t.tgrelid
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where t.tgfoid = 'app_private.tg__audit()'::regprocedure and a.attname ~ $1
    order by 1`,
    [suspect],
  );
  const unredacted = rows.filter(({ is_redacted }) => !is_redacted).map(({ name }) => name);
  expect(unredacted).toEqual(harmless.join(' ').split(' ').sort());
  expect(rows.length).toBeGreaterThan(unredacted.length + 20);
});

it('no role rewrites it, not even the service role', async () => {
  for (const verb of ['insert', 'update', 'delete', 'truncate']) {
    const { rows } = await play.query<{ may: boolean }>(
      `select bool_or(has_table_privilege(role, 'public.audit_logs', $1)) as may
      from unnest(array['anon', 'authenticated', 'staff', 'service_role', 'ombaro_api', 'ombaro_worker']) role`,
      [verb],
    );
    expect({ verb, may: rows[0]?.may }).toEqual({ verb, may: false });
  }
});
