import { loadDemo } from '../../src/demo/load.ts';
import { withClient } from '../../src/lib/postgres.ts';
import {
  importPlatform,
  lookAtSource,
} from '../../src/operations/import-platform/import-platform.ts';
import { kindOf, readMappings } from '../../src/operations/import-platform/mapping.ts';
import type { Reject, Report } from '../../src/operations/import-platform/report.ts';
import { valueRules } from '../../src/operations/import-platform/rules.ts';
import { unfolded } from '../../src/operations/import-platform/unfolded.ts';
import { chooseChecks, validate } from '../../src/operations/validate/validate.ts';
import { readCatalogue } from '../database/demo-catalogue.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { createPlatform, forgetNews, type Platform } from './platform.ts';

/**
 * Tables that are the same after the move as before, for the platform had all of their columns. Cancellations
 * are not: what a customer still owed of a fee it did not know, so it is not asked for.
 */
const unchangedTables = [
  'booking_items',
  'booking_notes',
  'booking_reschedules',
  'booking_status_history',
  'booking_terms',
  'customer_addresses',
  'customer_referrals',
  'customers',
  'department_activity_logs',
  'department_user_assignments',
  'employees',
  'loyalty_points_transactions',
  'payments',
  'refunds',
  'role_permissions',
  'roles',
  'services',
  'support_tickets',
  'therapist_leaves',
  'therapist_performance',
  'therapists',
  'ticket_messages',
  'user_profiles',
  'user_roles',
  'vendor_applications',
  'vendor_services',
  'wallet_transactions',
  'zones',
];

let demo: TestDatabase;
const made: { drop: () => Promise<void> }[] = [];

beforeAll(async () => {
  demo = await createTestDatabase();
  await loadDemo({ ownerUrl: demo.ownerUrl, bookings: 200 });
  await forgetNews(demo.rootUrl);
  // One of the three that a customer likes is no longer offered.
  await demo.owner.query(
    `update public.services set is_active = false where id = (select min(id::text)::uuid from public.services)`,
  );
  // No one was suspended there as a therapist.
  await demo.owner.query(
    `update public.therapists set status = 'paused' where status = 'suspended'`,
  );
  await demo.owner.query(
    `update public.customers set
      preferred_vendors = array(select id from public.vendors),
      preferred_services = (array(select id from public.services order by id::text))[1:3]
    where id = (select id from public.customers order by id limit 1)`,
  );
});

afterAll(async () => {
  for (const one of made) {
    await one.drop();
  }
  await demo?.drop();
}, 120_000);

describe('a database with data in every table', () => {
  let platform: Platform;
  let target: TestDatabase;
  let catalogue: string;
  let report: Report;

  beforeAll(async () => {
    platform = await makePlatform();
    // Whose hours are only inside of its row.
    await platform.client.query(
      `delete from public.vendor_availability
      where vendor_id = (select id from public.vendors order by id limit 1)`,
    );
    // What was not always kept.
    await platform.client.query(
      `update public.therapist_assignments set actual_start_time = null, actual_end_time = null
      where id = (select id from public.therapist_assignments where status = 'completed' order by id limit 1)`,
    );
    target = await makeTarget();
    catalogue = await readCatalogue(target.owner);
    report = await move(platform, target, false);
  }, 120_000);

  it('is moved, and every row of every table is accounted for', async () => {
    expect({
      isWritten: report.isWritten,
      bad: bad(report),
      unknown: report.unknownColumns,
    }).toEqual({ isWritten: true, bad: [], unknown: [] });
    for (const table of platform.tables) {
      const { rows } = await platform.client.query(
        `select count(*)::integer as source from public."${table}"`,
      );
      expect({ table, isFilled: rows[0].source > 0 }).toEqual({ table, isFilled: true });
      const found = report.tables.find((one) => one.table === table);
      expect(found).toMatchObject({ source: rows[0].source, rejected: 0 });
      expect((found?.moved ?? 0) + (found?.there ?? 0) + (found?.notKept ?? 0)).toBe(
        rows[0].source,
      );
    }
    expect(report.tables).toHaveLength(platform.tables.length);
    expect(report.tables.filter(({ notKept }) => notKept > 0).map(({ table }) => table)).toEqual([
      'department_settings',
      'otp_verifications',
    ]);
  });

  it.each(unchangedTables)('%s has the rows that it was made from', async (table) => {
    const query = `select count(*)::integer as rows, md5(string_agg(row, '' order by row)) as hash
      from (select (to_jsonb(t) - 'updated_at' - array(
        select column_name from app_private.file_columns where table_name = '${table}'))::text as row
      from public.${table} t) r`;
    const [before, after] = [await demo.owner.query(query), await target.owner.query(query)];
    expect(before.rows[0].rows).toBeGreaterThan(0);
    expect(after.rows).toEqual(before.rows);
  });

  it('keeps the address of every booking with its contact, for those who may see it', async () => {
    const query = `select count(*)::integer as rows, md5(string_agg(row, '' order by row)) as hash
      from (select (to_jsonb(c) - '{contact_name,contact_mobile}'::text[])::text as row
      from public.booking_contacts c) r`;
    const [before, after] = [await demo.owner.query(query), await target.owner.query(query)];
    expect(before.rows[0].rows).toBeGreaterThan(0);
    expect(after.rows).toEqual(before.rows);
  });

  it('sends no notification and logs nothing, and the next change is told again', async () => {
    const count = async (): Promise<unknown> =>
      (
        await target.owner.query(
          `select (select count(*)::integer from app_private.events where event ~ '^(booking|account)') as events,
            (select count(*)::integer from public.notification_deliveries) as deliveries,
            (select count(*)::integer from public.audit_logs where resource_type in ('payments', 'vendors')) as audits`,
        )
      ).rows[0];
    expect(await count()).toEqual({ events: 0, deliveries: 0, audits: 0 });
    expect(await readCatalogue(target.owner)).toBe(catalogue);
    await target.owner.query(
      `update public.bookings set special_instructions = 'Ring twice'
      where id = (select min(id::text)::uuid from public.bookings)`,
    );
    expect(await count()).toMatchObject({ events: 1 });
  });

  it('has nothing that ombaro validate finds, but bookings to come without a provider', async () => {
    const found = await findings(target);
    const { rows } = await target.owner.query(
      `select id as key from public.bookings
      where status in ('pending', 'confirmed') and ends_at > now() order by id::text`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(found.map(([name, faults]) => [name, faults.map(({ key }) => ({ key }))])).toEqual([
      ['booking-reservation', rows],
    ]);
    expect(
      report.rejects
        .filter(({ reason }) => reason.includes('no provider assigned'))
        .map(({ key }) => key)
        .toSorted(),
    ).toEqual(rows.map(({ key }) => key));
  });

  it('gives every user an account under their id, and none a session or a code', async () => {
    const { rows } = await target.owner.query(
      `select (select count(*)::integer from public.user_profiles p left join auth.users u on u.id = p.id
          where u.id is null) as without_account,
        (select count(*)::integer from public.user_sessions where status = 'active') as sessions,
        (select count(*)::integer from app_private.refresh_tokens) as tokens,
        (select count(*)::integer from public.vendor_otp_codes) as codes`,
    );
    expect(rows).toEqual([{ without_account: 0, sessions: 0, tokens: 0, codes: 0 }]);
  });

  it('writes values in our formats', async () => {
    const { rows } = await target.owner.query(
      `select (select mobile from public.emergency_contacts where name = 'A friend' limit 1) as mobile,
        (select ifsc_code from public.user_bank_details where bank_name = 'A bank' limit 1) as ifsc,
        (select key from public.system_settings where value = '"New"') as setting,
        (select action from public.audit_logs where resource_type = 'bookings'
          order by created_at limit 1) as action,
        (select count(*)::integer from public.vendor_documents d
          join app_private.file_origins o on 'file:' || o.file_id = d.file_url
          join app_private.file_uses u on u.file_id = o.file_id and u.row_id = d.id
          where not d.verified and o.address = 'https://example.in/gst.pdf') as documents,
        (select array_agg(o.address order by u.n) from (select photos from public.reviews limit 1) r,
          unnest(r.photos) with ordinality u (photo, n)
          join app_private.file_origins o on 'file:' || o.file_id = u.photo) as photos,
        (select count(*) = (select count(*) from public.vendors where is_listed)
          from app_private.search_documents where kind = 'vendor') as "isFound",
        (select open_time || ' to ' || close_time || ' on ' || day_of_week from public.vendor_availability
          where vendor_id = (select id from public.vendors order by id limit 1)) as hours,
        (select count(*)::integer from public.therapist_assignments a join public.bookings b on b.id = a.booking_id
          where a.actual_start_time = b.starts_at and a.actual_end_time = b.ends_at) as planned`,
    );
    expect(rows[0]).toMatchObject({
      mobile: '+919876543210',
      ifsc: 'HDFC0001234',
      setting: 'platform.home_banner',
      action: 'insert',
      photos: ['https://example.in/before.jpg', 'https://example.in/after.jpg'],
      isFound: true,
      hours: '09:00:00 to 21:00:00 on 1',
      planned: 1,
    });
    expect(rows[0].documents).toBeGreaterThan(0);
  });

  it('makes favourites of what customers like and can still book', async () => {
    const { rows } = await target.owner.query(
      `select count(vendor_id)::integer as vendors, count(service_id)::integer as services,
        count(*)::integer as favourites, (select count(*)::integer from public.vendors) as all_vendors
      from public.favourites`,
    );
    const { all_vendors: vendors } = rows[0];
    expect(rows[0]).toMatchObject({ vendors, services: 2, favourites: vendors + 2 });
  });

  it('keeps of identity numbers no more than we keep', async () => {
    const { rows } = await target.owner.query(
      `select (select array_agg(distinct document_number) from public.user_documents where document_type = 'pan') as pan,
        (select array_agg(distinct verification_data) from public.user_kyc_verification
          where verification_data is not null) as data,
        (select array_agg(distinct account_number) from public.user_bank_details where bank_name = 'A bank') as shown,
        (select array_agg(distinct n.account_number) from app_private.bank_account_numbers n
          join public.user_bank_details b on b.id = n.bank_detail_id where b.bank_name = 'A bank') as whole`,
    );
    expect(rows).toEqual([
      {
        pan: ['XXXXXX501F'],
        data: [{ pan_number: 'XXXXXX501F' }],
        shown: ['XXXXXXXX9012'],
        whole: ['123456789012'],
      },
    ]);
  });

  it('keeps none of them in logs, whatever the platform wrote there', async () => {
    const { rows } = await target.owner.query(
      `select (select jsonb_build_array(old_values, new_values) from public.audit_logs
          where resource_type = 'vendor_applications' and new_values ->> 'city' = 'Mumbai') as audit,
        (select jsonb_build_array(error_message, request_data) from public.error_logs
          where error_type = 'timeout') as error,
        (select metadata from public.user_activity_log where action = 'opened the app') as activity`,
    );
    expect(rows).toEqual([
      {
        audit: [
          { gst_number: '***', city: 'Pune', note: 'PAN XXXXXX501F' },
          { bank: { number: 'XXXXXXXX5544' }, city: 'Mumbai' },
        ],
        error: ['No answer for XXXXXXXX7058', { account_number: '***' }],
        activity: { typed: 'XXXXXX501F' },
      },
    ]);
  });

  it('continues the numbers after the highest', async () => {
    const { rows } = await target.owner.query(
      `select app_private.next_booking_number() as booking, app_private.next_application_number() as application,
        (select max(application_number) from public.vendor_applications) as last`,
    );
    expect(rows[0].booking).toMatch(/-0201$/);
    expect(rows[0].application > rows[0].last).toBe(true);
  });

  it('adds nothing when it is moved again', async () => {
    const before = await rowCounts(target);
    const again = await move(platform, target, false);
    expect(again.isWritten).toBe(true);
    expect(again.tables.filter(({ moved, rejected }) => moved + rejected > 0)).toEqual([]);
    expect(await rowCounts(target)).toEqual(before);
  });
});

it('states of vendors have their new names: inactive is paused, terminated is closed', async () => {
  const platform = await makePlatform();
  const ids = (
    await platform.client.query('select id from public.vendors order by id limit 3')
  ).rows.map(({ id }) => id);
  const states = { inactive: 'paused', terminated: 'closed', active: 'active' } as const;
  for (const [index, state] of Object.keys(states).entries()) {
    await platform.client.query('update public.vendors set status = $2 where id = $1', [
      ids[index],
      state,
    ]);
  }
  const target = await makeTarget();
  const report = await move(platform, target, false);
  expect({ isWritten: report.isWritten, bad: bad(report) }).toEqual({ isWritten: true, bad: [] });
  const { rows } = await target.owner.query(
    'select status, takes_bookings from public.vendors where id = any ($1) order by id',
    [ids],
  );
  expect(rows.map(({ status }) => status)).toEqual(Object.values(states));
  expect(rows.slice(0, 2).map(({ takes_bookings }) => takes_bookings)).toEqual([false, false]);
});

describe('a database with faults', () => {
  let platform: Platform;
  let expected: readonly (readonly [kind: string, table: string, reason: RegExp])[];

  beforeAll(async () => {
    platform = await makePlatform();
    expected = await spoil(platform);
  });

  it('moves nothing without consent, and reports row and reason of every fault', async () => {
    const target = await makeTarget();
    const before = await rowCounts(target);
    const report = await move(platform, target, false);
    expect(report.isWritten).toBe(false);
    expect(await rowCounts(target)).toEqual(before);
    expectRejects(report);
  });

  it('moves the rest with consent, and what is moved is right', async () => {
    const target = await makeTarget();
    const report = await move(platform, target, true);
    expect(report.isWritten).toBe(true);
    expectRejects(report);
    for (const { source, moved, there, notKept, rejected } of report.tables) {
      expect(moved + there + notKept + rejected).toBe(source);
    }
    const { rows } = await target.owner.query('select count(*)::integer from public.bookings');
    expect(rows).toEqual(
      (await demo.owner.query('select count(*)::integer from public.bookings')).rows,
    );
    // Of the booking whose second assignment was refused it is not known who serves.
    expect((await findings(target)).map(([name]) => name)).toEqual([
      'assignment-of-booking',
      'booking-reservation',
      'commission-provider',
    ]);
  });

  function expectRejects(report: Report): void {
    for (const [kind, table, reason] of expected) {
      expect(report.rejects).toContainEqual({
        kind,
        table,
        key: expect.stringMatching(/^[0-9a-f-]{36}$/),
        reason: expect.stringMatching(reason),
      });
    }
    expect(bad(report).map(({ table, reason }) => `${table}: ${reason}`)).toHaveLength(
      expected.length,
    );
  }
});

describe('a part of the tables', () => {
  it('is moved alone: people, vendors and what they offer, before there was a booking', async () => {
    const platform = await makePlatform(
      (table) =>
        /^(user_|vendor|service|addon|therapist|beautician|customer|role|perm|depart|partner|employees)/.test(
          table,
        ) && !/assignments|locations|referrals|reviews|payouts|modules|logs|widgets/.test(table),
    );
    expect(platform.tables.length).toBeGreaterThan(30);
    const target = await makeTarget();
    const report = await move(platform, target, false);
    expect(bad(report)).toEqual([]);
    expect(report.tables.map(({ table }) => table).toSorted()).toEqual(platform.tables.toSorted());
    expect(report.tables.find(({ table }) => table === 'vendors')?.moved).toBe(40);
    expect(await findings(target)).toEqual([]);
  });

  it('whatever half it is: what names something that is not there is rejected, and all is counted', async () => {
    for (const half of [0, 1]) {
      const platform = await makePlatform((table) => numberOf(table) % 2 === half);
      const report = await move(platform, await makeTarget(), true);
      expect(report.isWritten).toBe(true);
      expect(report.tables).toHaveLength(platform.tables.length);
      for (const { source, moved, there, notKept, rejected } of report.tables) {
        expect(moved + there + notKept + rejected).toBe(source);
      }
    }
  }, 180_000);
});

it('a user who becomes an administrator is listed in the remarks', async () => {
  const platform = await makePlatform((table) =>
    /^(user_profiles|user_roles|roles|departments)$/.test(table),
  );
  const report = await move(platform, await makeTarget(), true);
  expect(report.isWritten).toBe(true);
  const admins = report.rejects.filter(({ reason }) => reason.includes('an administrator'));
  const { rows } = await demo.owner.query(
    `select u.id as key from public.user_roles u join public.roles r on r.id = u.role_id
    where r.code in ('admin', 'super_admin') order by u.id::text`,
  );
  expect(rows.length).toBeGreaterThan(0);
  expect(admins.map(({ key }) => ({ key })).toSorted((a, b) => a.key.localeCompare(b.key))).toEqual(
    rows,
  );
});

it('users who are not the other database’s are not mixed with it', async () => {
  const platform = await makePlatform((table) => table === 'user_profiles');
  const target = await makeTarget();
  await target.owner.query(
    `insert into auth.users (id) values ('11111111-1111-4111-8111-111111111111')`,
  );
  await target.owner.query(
    `insert into public.user_profiles (id, name) values ('11111111-1111-4111-8111-111111111111', 'Own')`,
  );
  await expect(move(platform, target, true)).rejects.toThrow(
    /1 in user_profiles.*nothing was imported/,
  );
  expect((await target.owner.query('select from public.user_profiles')).rowCount).toBe(1);
});

it('a database of this version, and one without tables, are refused as a source', async () => {
  await withClient(demo.ownerUrl, (client) =>
    expect(lookAtSource(client)).rejects.toThrow(/has the tables of this version/),
  );
  const empty = await makePlatform(() => false);
  await withClient(empty.url, (client) =>
    expect(lookAtSource(client)).rejects.toThrow(/no tables/),
  );
});

it('the existing database cannot be written to', async () => {
  const platform = await makePlatform((table) => table === 'countries');
  await withClient(platform.url, async (client) => {
    await lookAtSource(client);
    await expect(client.query('delete from public.countries')).rejects.toThrow(/read-only/);
  });
});

it('every line of the mapping is carried out by its kind or a rule of its own', async () => {
  const mappings = await readMappings();
  expect(mappings.length).toBeGreaterThan(60);
  const idle = mappings.filter(
    (mapping) =>
      kindOf(mapping) === 'own rule' &&
      !(`${mapping.place?.table}.${mapping.place?.column}` in valueRules) &&
      !unfolded.some(({ of }) => of === `${mapping.table}.${mapping.column}`),
  );
  expect(idle).toEqual([]);
});

async function makeTarget(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  made.push(database);
  return database;
}

async function makePlatform(isWanted?: (table: string) => boolean): Promise<Platform> {
  const platform = await createPlatform(demo.owner, isWanted);
  made.push(platform);
  return platform;
}

async function move(platform: Platform, target: TestDatabase, skipBad: boolean): Promise<Report> {
  return await withClient(platform.url, async (source) => {
    const tables = await lookAtSource(source);
    return await withClient(target.ownerUrl, (client) =>
      importPlatform(source, client, tables, { skipBad }),
    );
  });
}

function bad(report: Report): readonly Reject[] {
  return report.rejects.filter(({ kind }) => kind !== 'remark');
}

async function findings(
  database: TestDatabase,
): Promise<readonly (readonly [string, readonly { readonly key: string }[]])[]> {
  const client = await database.owner.connect();
  try {
    const all = await validate(client, chooseChecks([]));
    return all
      .filter(({ count }) => count > 0)
      .map(({ check, faults }) => [check.name, faults] as const);
  } finally {
    client.release();
  }
}

async function rowCounts(database: TestDatabase): Promise<unknown> {
  const { rows } = await database.owner.query<{ query: string }>(
    `select string_agg(format('select %L as "table", count(*)::integer as rows from %s', oid::regclass, oid::regclass),
      ' union all ' order by oid::regclass::text) as query
    from pg_class where relkind = 'r'
      and relnamespace in ('public'::regnamespace, 'app_private'::regnamespace, 'auth'::regnamespace)`,
  );
  return (await database.owner.query(`${rows[0]?.query} order by 1`)).rows;
}

/** A number for a name, the same for the same. */
function numberOf(name: string): number {
  return [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);
}

/** Breaks what our constraints hold, each in a way of its own, and gives what must be said of it. */
async function spoil({
  client,
}: Platform): Promise<readonly (readonly [kind: string, table: string, reason: RegExp])[]> {
  const person = (mobile: string, role = 'customer'): string =>
    `insert into public.user_profiles (id, name, mobile, role)
    values (gen_random_uuid(), 'Asha', ${mobile}, '${role}')`;
  const faults: readonly (readonly [string, string, string, RegExp])[] = [
    ['row', 'user_profiles', person(`'12345'`), /mobile/i],
    [
      'row',
      'user_profiles',
      person(`(select mobile from public.user_profiles where mobile <> '' order by id limit 1)`),
      /mobile/,
    ],
    ['row', 'user_profiles', person(`''`, 'astronaut'), /astronaut|role/],
    [
      'row',
      'booking_items',
      `insert into public.booking_items (booking_id, service_id, service_name, service_duration, service_price, subtotal)
      select gen_random_uuid(), id, name, 30, 1, 1 from public.services order by id limit 1`,
      /booking/,
    ],
    [
      'row',
      'booking_notes',
      `insert into public.booking_notes (booking_id, note) select id, ' ' from public.bookings order by id limit 1`,
      /./,
    ],
    [
      'row',
      'customer_addresses',
      `insert into public.customer_addresses (customer_id, address_type, address_line1, city, state, pincode)
      select id, 'home', 'Here', 'Mumbai', 'Maharashtra', '4000' from public.customers order by id limit 1`,
      /pincode/i,
    ],
    [
      'row',
      'therapist_leaves',
      `insert into public.therapist_leaves (therapist_id, leave_type, start_date, end_date, reason)
      select id, 'sick', '2026-02-02', '2026-02-01', 'Ill' from public.therapists order by id limit 1`,
      /./,
    ],
    [
      'row',
      'wallet_transactions',
      `insert into public.wallet_transactions (customer_id, transaction_type, amount, balance_after)
      select id, 'credit', -5, 5 from public.customers order by id limit 1`,
      /./,
    ],
    [
      'row',
      'therapist_assignments',
      `update public.therapist_assignments a set therapist_id = o.therapist_id, assignment_date = o.assignment_date,
        assignment_time = o.assignment_time
      from public.therapist_assignments o
      where a.id = (select id from public.therapist_assignments where status = 'completed' order by id limit 1)
        and o.id = (select id from public.therapist_assignments where status = 'completed' order by id desc limit 1)`,
      /assigned to another booking at that time/,
    ],
    [
      'value',
      'vendors',
      `with closed as (
        delete from public.vendor_availability
        where vendor_id = (select id from public.vendors order by id limit 1)
      )
      update public.vendors set operating_hours = '{"monday": {"open": "9am", "close": "9pm"}}'
      where id = (select id from public.vendors order by id limit 1)`,
      /9am/,
    ],
    [
      'value',
      'customers',
      `update public.customers set referred_by = gen_random_uuid()
      where id = (select id from public.customers order by id limit 1)`,
      /referred_by names/,
    ],
    [
      'value',
      'customers',
      `update public.customers set preferred_vendors = array[gen_random_uuid()]
      where id = (select id from public.customers order by id limit 1)`,
      /preferred_vendors/,
    ],
    [
      'value',
      'quick_signup_profiles',
      `update public.quick_signup_profiles set vendor_category = 'circus'
      where id = (select id from public.quick_signup_profiles order by id limit 1)`,
      /circus/,
    ],
  ];
  for (const [, , statement] of faults) {
    await client.query(statement);
  }
  // The two bookings of one therapist at the same time, which only their days make so.
  await client.query(
    `update public.bookings b set booking_date = o.booking_date, booking_time = o.booking_time
    from public.therapist_assignments a, public.therapist_assignments p, public.bookings o
    where a.id = (select id from public.therapist_assignments where status = 'completed' order by id limit 1)
      and p.id = (select id from public.therapist_assignments where status = 'completed' order by id desc limit 1)
      and b.id = a.booking_id and o.id = p.booking_id`,
  );
  return faults.map(([kind, table, , reason]) => [kind, table, reason]);
}
