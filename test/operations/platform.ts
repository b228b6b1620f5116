import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { projectRoot } from '../../src/config/project.ts';
import { withClient, withDatabase } from '../../src/lib/postgres.ts';
import { readMappings } from '../../src/operations/import-platform/mapping.ts';
import { testUrls } from '../helpers/urls.ts';

/** A database with the tables of the existing platform, and data of a year in them. */
export type Platform = {
  readonly url: string;
  readonly client: pg.Client;
  readonly tables: readonly string[];
  readonly drop: () => Promise<void>;
};

type Original = {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: string;
  readonly fallback: string;
  readonly allowed: string;
};

/** Of a column that is elsewhere or gone: SQL over `t`, the row of our table, as the platform had it. */
const asItWas: Readonly<Record<string, string>> = {
  'bookings.booking_status': 't.status',
  'payments.payment_status': `case t.status when 'success' then 'completed' when 'processing' then 'pending'
    when 'partially_refunded' then 'refunded' else t.status end`,
  'refunds.refund_status': 't.status',
  'therapist_assignments.location_address': `(select c.service_location ->> 'address_line1' from public.booking_contacts c
    where c.booking_id = t.booking_id)`,
  'therapist_leaves.approval_status': 't.status',
  'therapists.status': `case when t.status in ('paused', 'suspended') then 'inactive' else t.status end`,
  'beauticians.status': `case t.status when 'paused' then 'inactive' else t.status end`,
  'therapists.is_active': `t.status <> 'ended'`,
  'beauticians.is_active': `t.status <> 'ended'`,
  'vendor_applications.application_status': `case when t.status in ('approved', 'rejected', 'pending') then t.status
    else 'under_review' end`,
  'vendor_applications.business_address': `jsonb_build_object('line1', t.address_line1, 'city', t.city)`,
  'vendor_applications.vendor_category': `(select c.category_name from public.vendor_categories c
    join public.vendor_application_categories m on m.category_id = c.id
    where m.application_id = t.id and m.is_primary)`,
  // There were neither TCS nor credits.
  'vendor_payouts.net_amount': 't.gross_amount - t.commission_amount - t.tds_amount',
  'vendors.business_address': `jsonb_build_object('line1', t.address_line1, 'pincode', t.pincode)`,
  'vendors.operating_hours': `'{"monday": {"open": "09:00", "close": "21:00"}}'::jsonb`,
  'vendors.services_offered': `(select array_agg(v.service_id) from public.vendor_services v where v.vendor_id = t.id)`,
  'vendors.verification_documents': `'[{"type": "gst", "name": "GST", "url": "https://example.in/gst.pdf"}]'::jsonb`,
  'reviews.photos': `array['https://example.in/before.jpg', 'https://example.in/after.jpg']`,
  'departments.employee_count': '3',
  'employees.id': `md5('employee ' || t.id)::uuid`,
  'employees.user_id': 't.id',
  'employees.employee_id': 't.employee_code',
  'employees.department': '(select d.name from public.departments d where d.id = t.department_id)',
  'employees.reporting_manager_id': `md5('employee ' || t.reporting_manager_id)::uuid`,
  'employees.reports_to': `md5('employee ' || t.reporting_manager_id)::uuid`,
  'vendor_approval_history.approved_by': `md5('employee ' || t.approved_by)::uuid`,
  'roles.id': `md5('role ' || t.id)::uuid`,
  'user_roles.role_id': `md5('role ' || t.role_id)::uuid`,
  'role_permissions.role_id': `md5('role ' || t.role_id)::uuid`,
  'department_user_assignments.role_id': `md5('role ' || t.role_id)::uuid`,
  'user_bank_details.account_number': `(select n.account_number from app_private.bank_account_numbers n
    where n.bank_detail_id = t.id)`,
  'user_profiles.mobile': `coalesce(replace(t.mobile, '+91', '0'), '')`,
  'user_profiles.department': 'null::text',
  'user_profiles.role': `case t.role when 'beautician' then 'therapist' else t.role end`,
  'quick_signup_profiles.vendor_category':
    '(select c.category_code from public.vendor_categories c where c.id = t.category_id)',
  'quick_signup_profiles.completion_reminder_sent': 't.completion_reminder_count > 0',
  'user_sessions.session_token': `'none'`,
  'social_auth_providers.access_token': `'secret'`,
  'social_auth_providers.refresh_token': 'null::text',
  'social_auth_providers.token_expires_at': 'null::timestamptz',
};

/** What the platform wrote into tables that demo data leave empty. */
const moreRows: Readonly<Record<string, string>> = {
  otp_verifications: `insert into public.otp_verifications (mobile, otp_code, expires_at)
    select '98' || lpad(n::text, 8, '0'), '123456', now() from generate_series(1, 5) n`,
  system_settings: `insert into public.system_settings (key, value, category) values ('home_banner', '"New"', 'app')`,
  feature_flags: `insert into public.feature_flags (name, rollout_percentage) values ('new_home', 50)`,
  audit_logs: `insert into public.audit_logs (action, resource_type, old_values, new_values) values
    ('create', 'bookings', null, null),
    ('updated', 'vendor_applications', '{"gst_number": "27AAPFU0939F1ZV", "city": "Pune", "note": "PAN BNZPM2501F"}',
      '{"bank": {"number": "998877665544"}, "city": "Mumbai"}')`,
  error_logs: `insert into public.error_logs (error_type, error_message, request_data)
    values ('timeout', 'No answer for 9999 4105 7058', '{"account_number": "998877665544"}')`,
  user_activity_log: `insert into public.user_activity_log (action, metadata)
    values ('opened the app', '{"typed": "BNZPM2501F"}')`,
  user_sessions: `insert into public.user_sessions (user_id, session_token, expires_at)
    select id, 'secret', now() + interval '1 day' from public.user_profiles limit 2`,
  user_documents: `insert into public.user_documents (user_id, document_type, document_number, document_name, file_url, verified)
    select id, 'pan', 'bnzpm 2501f', 'PAN', 'https://example.in/pan.pdf', true from public.user_profiles limit 2`,
  user_preferences: `insert into public.user_preferences (user_id) select id from public.user_profiles
    where not exists (select from public.user_preferences) limit 2`,
  user_kyc_verification: `insert into public.user_kyc_verification (user_id, verification_type, verification_data)
    select id, 'pan', '{"pan_number": "BNZPM2501F"}' from public.user_profiles limit 2`,
  user_bank_details: `insert into public.user_bank_details (user_id, account_holder_name, account_number, ifsc_code, bank_name)
    select id, name, '123456789012', ' hdfc0001234', 'A bank' from public.user_profiles limit 2`,
  emergency_contacts: `insert into public.emergency_contacts (user_id, name, relationship, mobile)
    select id, 'A friend', 'friend', '98765 43210' from public.user_profiles limit 2`,
  social_auth_providers: `insert into public.social_auth_providers (user_id, provider, provider_user_id)
    select id, 'google', id::text from public.user_profiles limit 2`,
  department_widgets: `insert into public.department_widgets (user_id, department_id, widget_type, widget_key, title)
    select u.id, d.id, 'stat', 'revenue', 'Revenue'
    from (select id from public.user_profiles limit 1) u, (select id from public.departments limit 1) d`,
  department_settings: `insert into public.department_settings (department_id, setting_key, setting_value)
    select id, 'theme.colour', '"blue"' from public.departments limit 1`,
};

/**
 * Takes out of demo data what the platform had not: bookings of desks, since each of its bookings had a customer, and
 * no-shows that are disputed, since it knew no disputes; positions of beauticians; and which tax is whose.
 */
export async function forgetNews(rootUrl: string): Promise<void> {
  await withClient(rootUrl, (root) =>
    root.query(`
      begin;
      set local session_replication_role = replica;
      create temp table unknown on commit drop as
        select b.id from public.bookings b
        left join public.booking_cancellations c on c.booking_id = b.id
        where b.channel = 'desk' or c.id is not null and c.settled_at is null;
      do $$
      declare
        v_table regclass;
      begin
        for v_table in
          select c.oid::regclass from pg_class c
          join pg_attribute a on a.attrelid = c.oid and a.attname = 'booking_id'
          where c.relkind in ('r', 'p') and not c.relispartition
            and c.relnamespace in ('public'::regnamespace, 'app_private'::regnamespace)
        loop
          execute format('delete from %s where booking_id in (select id from unknown)', v_table);
        end loop;
      end
      $$;
      delete from public.payment_private_details d
      where not exists (select from public.payments p where p.id = d.payment_id);
      delete from public.notifications n using unknown u where n.data ->> 'bookingId' = u.id::text;
      update public.customers c
      set total_bookings = c.total_bookings - u.bookings,
        last_booking_date = (
          select max(b.created_at) from public.bookings b
          where b.customer_id = c.id and b.id not in (select id from unknown))
      from (
        select b.customer_id, count(*) as bookings from public.bookings b join unknown u on u.id = b.id
        group by b.customer_id) u
      where c.id = u.customer_id;
      delete from public.bookings where id in (select id from unknown);
      -- Only therapists reported where they were.
      delete from public.therapist_locations where therapist_id is null;
      -- It kept one tax of a booking, and paid vendors without theirs.
      update public.booking_items set discount_amount = 0, tax_percentage = 0, tax_amount = 0;
      update public.booking_terms set charge_gst_percentage = gst_percentage;
      update public.bookings set charge_tax_amount = 0;
      update public.commission_records set vendor_gst_amount = 0;
      -- Nor did it wait for disputes: a week paid what was recorded in it.
      update public.commission_records set created_at = payable_from where payout_id is not null;
      update public.vendor_payouts set net_amount = net_amount - gst_amount, gst_amount = 0;
      commit`),
  );
}

/**
 * Makes the platform's tables from test/fixtures/original-columns.tsv, every one or those that `isWanted`,
 * and fills them with the demo data of `demo` as the platform would have kept it.
 */
export async function createPlatform(
  demo: pg.Pool,
  isWanted: (table: string) => boolean = () => true,
): Promise<Platform> {
  const urls = testUrls();
  const name = `platform_${randomBytes(6).toString('hex')}`;
  await withClient(urls.root, (root) => root.query(`create database ${name} owner ombaro_owner`));
  const url = withDatabase(urls.owner, name);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const columns = (await readOriginals()).filter(({ table }) => isWanted(table));
  const tables = [...new Set(columns.map(({ table }) => table))];
  for (const table of tables) {
    await makeTable(
      client,
      table,
      columns.filter((column) => column.table === table),
    );
  }
  for (const table of tables) {
    await fillTable(
      demo,
      client,
      table,
      columns.filter((column) => column.table === table),
    );
  }
  for (const [table, statement] of Object.entries(moreRows)) {
    if (
      tables.includes(table) &&
      tables.includes('user_profiles') &&
      tables.includes('departments')
    ) {
      await client.query(statement);
    }
  }
  return {
    url,
    client,
    tables,
    drop: async () => {
      await client.end();
      await withClient(urls.root, (root) => root.query(`drop database ${name} with (force)`));
    },
  };
}

async function makeTable(
  client: pg.Client,
  table: string,
  columns: readonly Original[],
): Promise<void> {
  const lines = columns.map(({ column, type, nullable, fallback }) => {
    const isGenerated = fallback.startsWith('GENERATED');
    const value = isGenerated
      ? ` ${fallback}`
      : fallback === ''
        ? ''
        : ` default ${asDefault(fallback)}`;
    // No PostGIS here: as text, as it would write it.
    const written = type === 'geography(POLYGON)' ? 'text' : type;
    return `"${column}" ${written}${value}${nullable === 'no' ? ' not null' : ''}`;
  });
  await client.query(`create table public."${table}" (${lines.join(', ')}, primary key (id))`);
}

function asDefault(fallback: string): string {
  return /^[{]|^\w+$/.test(fallback) && !/^(\d|true|false|CURRENT_DATE)/.test(fallback)
    ? `'${fallback.replaceAll("'", '')}'`
    : fallback;
}

/** From the table that has its rows now, and those beside it. */
async function fillTable(
  demo: pg.Pool,
  client: pg.Client,
  table: string,
  columns: readonly Original[],
): Promise<void> {
  const mappings = (await readMappings()).filter((mapping) => mapping.table === table);
  const { rows } = await demo.query<{ table: string; column: string; type: string }>(
    `select c.relname as table, a.attname as column, format_type(a.atttypid, null) as type
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'`,
  );
  const has = (one: string, column: string): boolean =>
    rows.some((row) => row.table === one && row.column === column);
  const from = has(table, 'id')
    ? table
    : mappings.find(({ column }) => column === 'id')?.place?.table;
  if (from === undefined) {
    return;
  }
  const sides = new Set<string>();
  const values: string[] = [];
  const written: string[] = [];
  const conditions = table === 'vendor_approval_history' ? ['t.approved_by is not null'] : [];
  for (const { column, type, fallback, nullable, allowed } of columns) {
    const place = mappings.find((mapping) => mapping.column === column)?.place ?? null;
    const special = asItWas[`${table}.${column}`];
    let value = special;
    if (value === undefined && has(from, column)) {
      value = `t."${column}"`;
    } else if (value === undefined && place !== null && place.table === from) {
      value = `t."${place.column}"`;
    } else if (value === undefined && place !== null) {
      sides.add(place.table);
      value = `${place.table}."${place.column}"`;
    }
    if (fallback.startsWith('GENERATED') || value === undefined) {
      continue;
    }
    if (allowed.includes('|')) {
      // Values of today that the platform did not know.
      const known = allowed.split('|').map((one) => `'${one}'`);
      conditions.push(`coalesce(${value}, ${known[0]}) in (${known.join(', ')})`);
    }
    if (type === 'geography(POLYGON)') {
      value = `case when ${value} is not null then 'POLYGON((' || regexp_replace(regexp_replace(
        (${value})::text, '[)],[(]', ';', 'g'), '[()]', '', 'g') || '))' end`;
      value = `replace(replace(replace(${value}, ',', ' '), ';', ','), 'POLYGON  ', 'POLYGON')`;
    }
    // A value that is not there where the platform must have one.
    const filler = nullable === 'no' && /^(text|jsonb)$/.test(type) ? fillerOf(type) : null;
    values.push(filler === null ? value : `coalesce((${value})::text, '${filler}')`);
    written.push(`"${column}"`);
  }
  const joins = [...sides].map((side) => {
    const key = rows.find(
      (row) => row.table === side && row.column === `${from.replace(/s$/, '')}_id`,
    )?.column;
    return ` left join public.${side} on ${side}.${key} = t.id`;
  });
  const connection = await demo.connect();
  try {
    await pipeline(
      connection.query(
        copyTo(
          `copy (select ${values.join(', ')} from public.${from} t${joins.join('')}
          where ${['true', ...conditions].join(' and ')}) to stdout`,
        ),
      ),
      client.query(copyFrom(`copy public."${table}" (${written.join(', ')}) from stdin`)),
    );
  } finally {
    connection.release();
  }
}

function fillerOf(type: string): string {
  return type === 'jsonb' ? '{}' : '';
}

async function readOriginals(): Promise<readonly Original[]> {
  const text = await readFile(path.join(projectRoot, 'test/fixtures/original-columns.tsv'), 'utf8');
  const [, ...lines] = text.trimEnd().split('\n');
  return lines.map((line) => {
    const [table = '', column = '', type = '', nullable = '', fallback = '', , allowed = ''] =
      line.split('\t');
    return { table, column, type, nullable, fallback, allowed };
  });
}
