import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { idOf } from '../fixtures/people.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/**
 * Deleting an account, seen from the tables: every column of every row about a user that can hold text, a
 * number, an address or a place is given a mark; then the person goes, and the whole database is searched.
 */
const marks = /Zubeida|zubeida|9812345678|203\.0\.113\.77|12\.345678|1961-02-03/;
const mark: Readonly<Record<string, readonly string[]>> = {
  text: [`'Zubeida ' || ctid::text`],
  'text[]': [`'{Zubeida}'`],
  jsonb: [`'{"who": "Zubeida", "name": "Zubeida"}'`, `'["Zubeida"]'`],
  inet: [`'203.0.113.77'`],
  date: [`'1961-02-03'`],
  mobile_number: [`'+919812345678'`],
  email_address: [`'zubeida@example.net'`],
  latitude: ['12.345678'],
  longitude: ['12.345678'],
};

/** Tables that hold something of a person, and have no foreign key that says so of all their rows. */
const besides: Readonly<Record<string, string>> = {
  'auth.users': 'id = $1',
  'public.audit_logs': 'user_id = $1',
  'public.error_logs': 'user_id = $1',
  'public.vendor_otp_codes': `mobile = '+919812345678' and $1::uuid is not null`,
  'public.payment_private_details':
    'payment_id in (select id from public.payments where customer_id = $1)',
  'app_private.device_addresses':
    'device_id in (select id from public.user_devices where user_id = $1)',
  'app_private.provider_reservations':
    'booking_id in (select id from public.bookings where customer_id = $1)',
};

/** What may keep its mark: numbers by which money and visits are found again, and words of the platform. */
const stays = [
  'public.booking_items.addon_services',
  'public.booking_items.service_name',
  'public.bookings.booking_number',
  'public.chargebacks.gateway_dispute_id',
  'public.chargebacks.reason_code',
  'public.coupon_uses.code',
  'public.customer_referrals.referral_code',
  'public.files.content_type',
  'public.loyalty_points_transactions.description',
  'public.payments.gateway_transaction_id',
  'public.payments.payment_gateway',
  'public.payments.transaction_id',
  'public.refunds.gateway_refund_id',
  'public.refunds.refund_method',
  'public.wallet_transactions.description',
  'public.wallet_withdrawals.reference',
];

/** Rows that stay without the person: of money, of visits and stars, of files until their bytes are gone, and the account that leads to no person. */
const staysWithout = [
  'auth.users',
  'public.audit_logs',
  'public.beautician_assignments',
  'public.booking_cancellations',
  'public.booking_contacts',
  'public.booking_disputes',
  'public.booking_goodwill',
  'public.booking_items',
  'public.booking_reschedules',
  'public.booking_settlements',
  'public.booking_status_history',
  'public.booking_terms',
  'public.bookings',
  'public.chargebacks',
  'public.coupon_uses',
  'public.customer_referrals',
  'public.customers',
  'public.desk_bookings',
  'public.files',
  'public.loyalty_points_transactions',
  'public.payment_private_details',
  'public.payments',
  'public.refunds',
  'public.reviews',
  'public.therapist_assignments',
  'public.tips',
  'public.user_profiles',
  'public.vendor_reviews',
  'public.wallet_transactions',
  'public.wallet_withdrawals',
];

/** Whose words they are is fixed, and the log could not be understood with others. */
const unmarked = ['public.audit_logs.action', 'public.audit_logs.resource_type'];

/** Tables of people who work here, who cannot delete their accounts. */
const ofWork =
  /\.(beautician|department|employee|provider_(?!reservations)|providers|therapist_(?!assignments)|therapists|vendor_(?!reviews|social)|vendors)/;

let database: TestDatabase;
let root: pg.Client;
const customer = idOf('customer');

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  root = new pg.Client({ connectionString: database.rootUrl });
  await root.connect();
});
afterAll(async () => {
  await root?.end();
  await database?.drop();
});

/** Which rows of each table are about a person, as SQL. */
async function conditions(): Promise<ReadonlyMap<string, string>> {
  const { rows } = await database.owner.query<{ table: string; condition: string }>(
    `select distinct l.table_name as "table", app_private.personal_condition(l.table_name) as condition
    from app_private.personal_links l where l.is_about`,
  );
  return new Map([
    ...rows.map(({ table, condition }): [string, string] => [table, condition]),
    ...Object.entries(besides),
  ]);
}

async function tablesWithRows(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [table, condition] of await conditions()) {
    const { rows } = await root.query(`select from ${table} where ${condition} limit 1`, [
      customer,
    ]);
    if (rows.length > 0) {
      found.push(table);
    }
  }
  return found.sort();
}

async function markRows(): Promise<void> {
  for (const [table, condition] of await conditions()) {
    const { rows: columns } = await root.query<{ name: string; type: string }>(
      `select a.attname as name, replace(format_type(a.atttypid, null), 'public.', '') as type
      from pg_attribute a
      where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        and (format_type(a.atttypid, null) <> 'date' or a.attname ~ 'birth')
        and not exists (
          select from pg_constraint k
          where k.conrelid = a.attrelid and k.contype = 'f' and a.attnum = any (k.conkey))`,
      [table],
    );
    for (const { name, type } of columns) {
      const values = unmarked.includes(`${table}.${name}`) ? [] : (mark[type] ?? []);
      for (const value of values) {
        await root.query('savepoint one');
        try {
          await root.query(`update ${table} set ${name} = ${value} where ${condition}`, [customer]);
          break;
        } catch {
          // Its constraints take no such thing.
          await root.query('rollback to savepoint one');
        }
      }
    }
  }
}

async function markedColumns(): Promise<readonly string[]> {
  const { rows: tables } = await root.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'app_private', 'auth') and c.relkind in ('r', 'p')
      and not c.relispartition`,
  );
  const found = new Set<string>();
  for (const { name } of tables) {
    const { rows } = await root.query<{ column: string }>(
      `select distinct e.key as "column" from ${name} t, jsonb_each_text(to_jsonb(t)) e
      where e.value ~ $1`,
      [marks.source],
    );
    for (const { column } of rows) {
      found.add(`${name}.${column}`);
    }
  }
  return [...found].sort();
}

test('a deleted user leaves nothing personal in any column of the database', async () => {
  await root.query('begin');
  await root.query(`set local session_replication_role = replica`);
  await root.query(
    `update bookings set status = 'cancelled', cancelled_at = now(), booking_type = 'home_service'
    where customer_id = $1`,
    [customer],
  );
  await root.query(`update refunds set status = 'completed' where customer_id = $1`, [customer]);
  await root.query(`update payments set status = 'failed' where customer_id = $1`, [customer]);
  await root.query(
    `update booking_disputes d
    set status = 'decided', in_favour_of = 'vendor', decision_reason = 'Over', decided_at = now()
    from bookings b where b.id = d.booking_id and b.customer_id = $1 and d.status = 'open'`,
    [customer],
  );
  await root.query(
    `update wallet_transactions set transaction_type = 'debit' where customer_id = $1`,
    [customer],
  );
  await root.query(
    `insert into vendor_otp_codes (mobile, code_hash, expires_at)
    values ('+919812345678', sha256('x'), now() + interval '5 minutes')`,
  );
  // What the fixture has not.
  await root.query(
    `insert into quick_signup_profiles (user_id, mobile) values ($1, '+919812345678')`,
    [customer],
  );
  await root.query(
    `insert into vendor_social_auth (user_id, provider, provider_user_id) values ($1, 'google', 'z')`,
    [customer],
  );
  await root.query(
    `insert into app_private.device_addresses (device_id, endpoint)
    select id, 'Zubeida' from user_devices where user_id = $1`,
    [customer],
  );
  await root.query(
    `insert into app_private.provider_reservations
      (provider_id, booking_id, day, starts_at, ends_at, ready_at, is_at_vendor)
    select (select id from providers limit 1), id, booking_date, starts_at, ends_at, ends_at, false
    from bookings where customer_id = $1 limit 1`,
    [customer],
  );
  await markRows();
  await root.query('commit');

  // Positive control: the rows are there, and the marks are found.
  const all = [...(await conditions()).keys()].filter((table) => !ofWork.test(table));
  const rowsBefore = await tablesWithRows();
  expect(all.filter((table) => !rowsBefore.includes(table))).toEqual([]);
  const before = await markedColumns();
  expect(before).toEqual(
    expect.arrayContaining([
      'auth.users.phone',
      'public.audit_logs.ip_address',
      'public.booking_contacts.contact_mobile',
      'public.booking_contacts.service_location',
      'public.customer_addresses.latitude',
      'public.user_profiles.date_of_birth',
      'public.user_profiles.name',
    ]),
  );

  await database.asUser(
    { sub: customer, role: 'authenticated', session_id: customer },
    (client) => client.query('select delete_my_account()'),
    { commit: true },
  );

  expect(await markedColumns()).toEqual(stays);
  expect(await tablesWithRows()).toEqual(staysWithout);
});
