import { gstinCheckCharacter } from '../../src/demo/identifiers.ts';
import { loadDemo } from '../../src/demo/load.ts';
import { personas } from '../../src/demo/personas.ts';
import { chooseChecks, validate } from '../../src/operations/validate/validate.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { readCatalogue } from './demo-catalogue.ts';
import { violations } from './demo-invariants.ts';
import { furtherViolations, sabotages } from './demo-onboarding-invariants.ts';
import { reservationSabotages, reservationViolations } from './demo-reservation-invariants.ts';

const bookings = 600;

describe('the small set of demo data', () => {
  let database: TestDatabase;
  let catalogueBefore: string;
  let today: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    catalogueBefore = await readCatalogue(database.owner);
    const { rows } = await database.owner.query(
      `select to_char(now() at time zone 'Asia/Kolkata', 'YYYY-MM-DD') as today`,
    );
    today = rows[0].today;
    await loadDemo({ ownerUrl: database.ownerUrl, bookings });
  });

  afterAll(async () => {
    await database.drop();
  });

  it('has as many bookings as asked for, in every state', async () => {
    const { rows } = await database.owner.query(
      'select status, count(*)::integer from public.bookings group by status order by status',
    );
    expect(rows.map(({ status }) => status)).toEqual([
      'assigned',
      'cancelled',
      'completed',
      'confirmed',
      'in_progress',
      'pending',
    ]);
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(bookings);
  });

  it('has nothing that ombaro validate would find', async () => {
    const client = await database.owner.connect();
    try {
      const findings = await validate(client, chooseChecks([]));
      expect(
        findings
          .filter(({ count }) => count > 0)
          .map(({ check, faults }) => ({ check: check.name, faults })),
      ).toEqual([]);
    } finally {
      client.release();
    }
  });

  it.each([
    ...violations,
    ...furtherViolations,
    ...reservationViolations,
  ])('%s', async (_rule, query) => {
    const values = query.includes('$1') ? [today] : [];
    const { rows } = await database.owner.query(query, values);
    expect(rows).toEqual([]);
  });

  it.each([
    ...sabotages,
    ...reservationSabotages,
  ])('would notice what is wrong: %s', async (name, statement) => {
    const rules = [...furtherViolations, ...reservationViolations];
    const [rule] = rules.filter(([text]) => text.includes(name));
    const query = rule?.[1] ?? '';
    const values = query.includes('$1') ? [today] : [];
    const client = await database.owner.connect();
    try {
      await client.query('begin');
      expect((await client.query(statement)).rowCount).toBeGreaterThan(0);
      expect((await client.query(query, values)).rowCount).toBeGreaterThan(0);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  it.each([
    [
      'every kind but vendors waits for verification',
      'admin',
      `select distinct kind from verification_queue() order by 1`,
      ['bank_account', 'kyc', 'provider', 'user_document', 'vendor_change', 'vendor_document'],
    ],
    [
      'a disputed no-show waits for customer care',
      'customer_care',
      `select kind from booking_disputes d where app_private.waits_for_decision(d)`,
      ['customer_no_show'],
    ],
    [
      'an overdue booking waits for the vendor',
      'vendor',
      `select 'overdue' as kind from bookings where overdue_since is not null`,
      ['overdue'],
    ],
    [
      'the desk has booked for guests',
      'receptionist',
      `select distinct b.status as kind from desk_bookings d join bookings b on b.id = d.booking_id`,
      ['assigned'],
    ],
    [
      'the customer likes something of each kind, and waits for a time',
      'customer',
      `select case when vendor_id is not null then 'vendor' when service_id is not null then 'service'
        when therapist_id is not null then 'therapist' else 'beautician' end as kind from favourites
      union all select status from waitlist_entries order by 1`,
      ['beautician', 'service', 'therapist', 'vendor', 'waiting'],
    ],
    [
      'the vendor has closed days and an invitation that no one has answered',
      'vendor',
      `select 'closure' as kind from closures where vendor_id is not null
      union all select status from invitations order by 1`,
      ['closure', 'open'],
    ],
  ] as const)('%s', async (_what, who, query, kinds) => {
    const claims = { sub: personas[who].id, role: 'authenticated' };
    const seen = query.includes('waits_for_decision')
      ? await database.owner.query(query)
      : await database.asUser(claims, (client) => client.query(query));
    expect(seen.rows.map(({ kind }) => kind)).toEqual(kinds);
  });

  it('has rows in every table that users look at', async () => {
    const tables = [
      'beautician_assignments',
      'blocked_times',
      'booking_disputes',
      'closures',
      'coupons',
      'desk_bookings',
      'favourites',
      'invitations',
      'special_hours',
      'unmatched_payments',
      'vendor_change_requests',
      'vendor_pictures',
      'waitlist_entries',
      'beautician_leaves',
      'beautician_performance',
      'beautician_schedules',
      'beautician_services',
      'beauticians',
      'booking_items',
      'booking_notes',
      'booking_reschedules',
      'booking_start_codes',
      'booking_terms',
      'customer_addresses',
      'customer_referrals',
      'department_activity_logs',
      'department_user_assignments',
      'kpi_targets',
      'kpi_values',
      'loyalty_points_transactions',
      'notifications',
      'onboarding_progress',
      'payment_methods',
      'provider_documents',
      'provider_private_details',
      'providers',
      'quick_signup_profiles',
      'refunds',
      'reviews',
      'service_packages',
      'support_tickets',
      'therapist_leaves',
      'therapist_locations',
      'therapist_performance',
      'therapist_services',
      'ticket_messages',
      'vendor_application_categories',
      'vendor_application_documents',
      'vendor_applications',
      'vendor_approval_history',
      'vendor_category_members',
      'vendor_credits',
      'vendor_documents',
      'vendor_payouts',
      'vendor_reviews',
      'wallet_transactions',
    ];
    for (const table of tables) {
      const { rows } = await database.owner.query(`select count(*)::integer from public.${table}`);
      expect({ table, isFilled: rows[0].count > 0 }).toEqual({ table, isFilled: true });
    }
  });

  it('gives every vendor a GSTIN of its state with the right check character', async () => {
    const { rows } = await database.owner.query(
      'select gst_number, pan_number from public.vendor_private_details',
    );
    expect(rows.length).toBeGreaterThanOrEqual(40);
    for (const { gst_number: gstin, pan_number: pan } of rows) {
      expect(gstin.slice(2, 12)).toBe(pan);
      expect(gstin.slice(14)).toBe(gstinCheckCharacter(gstin.slice(0, 14)));
    }
  });

  it('continues the numbers where the demo data ended', async () => {
    const { rows } = await database.owner.query(
      `select app_private.next_booking_number() as booking, app_private.next_ticket_number() as ticket,
        app_private.next_application_number() as application,
        (select max(split_part(booking_number, '-', 3)::integer) from public.bookings) as last`,
    );
    expect(rows[0].last).toBe(bookings);
    expect(rows[0].booking).toMatch(/-0601$/);
    for (const [table, column, number] of [
      ['support_tickets', 'ticket_number', rows[0].ticket],
      ['vendor_applications', 'application_number', rows[0].application],
    ]) {
      const taken = await database.owner.query(
        `select from public.${table} where ${column} >= $1`,
        [number],
      );
      expect(taken.rowCount).toBe(0);
    }
  });

  it('leaves the catalogue unchanged', async () => {
    expect(await readCatalogue(database.owner)).toBe(catalogueBefore);
  });

  it('writes no events and no audit rows of bookings', async () => {
    const { rows } = await database.owner.query(
      `select (select count(*)::integer from app_private.events where event ~ '^booking') as events,
        (select count(*)::integer from public.audit_logs where resource_type = 'bookings') as audits`,
    );
    expect(rows).toEqual([{ events: 0, audits: 0 }]);
    // The triggers are back: the next change is told and kept.
    await database.owner.query(
      `update public.bookings set special_instructions = 'Ring twice' where booking_number like '%-0001'`,
    );
    const after = await database.owner.query(
      `select (select count(*)::integer from app_private.events where event ~ '^booking') as events,
        (select count(*)::integer from public.audit_logs where resource_type = 'bookings') as audits`,
    );
    expect(after.rows).toEqual([{ events: 1, audits: 1 }]);
  });
});
