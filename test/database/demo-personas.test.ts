import { loadDemo } from '../../src/demo/load.ts';
import { personaNames, personas } from '../../src/demo/personas.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const bookings = 600;

describe('the personas of the demo data', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await loadDemo({ ownerUrl: database.ownerUrl, bookings });
  });

  afterAll(async () => {
    await database.drop();
  });

  it('knows every persona, and the one without a profile only as an account', async () => {
    const { rows } = await database.owner.query(
      `select u.id, p.id is not null as has_profile
      from auth.users u left join public.user_profiles p on p.id = u.id
      where u.id = any ($1) order by u.id`,
      [personaNames.map((name) => personas[name].id)],
    );
    expect(rows).toEqual(
      personaNames.map((name) => ({ id: personas[name].id, has_profile: name !== 'nobody' })),
    );
  });

  it.each([
    ['customer', 'authenticated'],
    ['vendor', 'authenticated'],
    ['receptionist', 'authenticated'],
    ['therapist', 'authenticated'],
    ['applicant', 'authenticated'],
    ['beautician', 'authenticated'],
    ['field_officer', 'staff'],
    ['customer_care_viewer', 'staff'],
    ['super_admin', 'staff'],
  ] as const)('lets %s in as %s', async (name, role) => {
    const claims = { sub: personas[name].id, role: 'authenticated' };
    const { rows } = await database.asUser(claims, (client) => client.query('select current_user'));
    expect(rows).toEqual([{ current_user: role }]);
  });

  it.each([
    ['customer', 20],
    ['customer2', 10],
    ['vendor', 20],
    ['vendor2', 10],
    ['therapist', 20],
    ['therapist2', 8],
    ['beautician', 7],
  ] as const)('shows %s at least %d bookings, and not all', async (name, least) => {
    const claims = { sub: personas[name].id, role: 'authenticated' };
    const { rows } = await database.asUser(claims, (client) =>
      client.query('select count(*)::integer from public.bookings'),
    );
    expect(rows[0].count).toBeGreaterThanOrEqual(least);
    expect(rows[0].count).toBeLessThan(bookings / 2);
  });

  it('shows customer a booking that waits for payment and does not lapse', async () => {
    const client = await database.owner.connect();
    const waiting = `select expires_at from public.bookings
      where customer_id = $1 and status = 'pending'`;
    try {
      await client.query('begin');
      const before = await client.query(waiting, [personas.customer.id]);
      expect(before.rows).toContainEqual({ expires_at: null });
      await client.query('select app_private.lapse_bookings(1000)');
      expect((await client.query(waiting, [personas.customer.id])).rows).toEqual(before.rows);
      // One that may lapse would.
      await client.query(
        `update public.bookings set expires_at = now() - interval '1 minute'
        where customer_id = $1 and status = 'pending'`,
        [personas.customer.id],
      );
      await client.query('select app_private.lapse_bookings(1000)');
      expect((await client.query(waiting, [personas.customer.id])).rows).toEqual([]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  it('lets the applicant hand in what is filled in', async () => {
    const claims = { sub: personas.applicant.id, role: 'authenticated' };
    const { rows } = await database.asUser(claims, (client) =>
      client.query(
        `select s.status, s.application_number
        from public.vendor_applications a
        cross join lateral public.submit_vendor_application(a.id) s`,
      ),
    );
    expect(rows).toEqual([{ status: 'fo_review', application_number: 'APP000013' }]);
  });

  it.each([
    ['that is complete', 'APP000005', 'approved'],
    ['with a document that is not looked at yet', 'APP000006', 'OB034'],
    ['without its franchise fee', 'APP000007', 'OB035'],
    ['of another level', 'APP000009', 'OB032'],
  ] as const)('has an application %s at the last level', async (_which, number, outcome) => {
    const claims = { sub: personas.vice_president.id, role: 'authenticated' };
    const decided = database.asUser(claims, (client) =>
      client.query(
        `select s.status
        from public.vendor_applications a
        cross join lateral public.approve_vendor_application(a.id) s
        where a.application_number = $1`,
        [number],
      ),
    );
    await (outcome === 'approved'
      ? expect(decided).resolves.toMatchObject({ rows: [{ status: outcome }] })
      : expect(decided).rejects.toMatchObject({ code: outcome }));
  });

  it.each([
    'therapist',
    'beautician',
  ] as const)('lets the vendor decide on the leave of its %s, who may not', async (kind) => {
    const decide = (name: 'vendor' | typeof kind): Promise<{ rows: unknown[] }> =>
      database.asUser({ sub: personas[name].id, role: 'authenticated' }, (client) =>
        client.query(
          `select d.status from public.${kind}_leaves l
            join public.${kind}s p on p.id = l.${kind}_id
            cross join lateral public.decide_${kind}_leave(l.id, true) d
            where l.status = 'pending' and p.user_id = $1`,
          [personas[kind].id],
        ),
      );
    expect((await decide('vendor')).rows).toEqual([{ status: 'approved' }]);
    await expect(decide(kind)).rejects.toMatchObject({ code: 'OB031' });
  });

  it('has sent the reminders that were due, and the next ones follow', async () => {
    const client = await database.owner.connect();
    try {
      await client.query('begin');
      // The demo data are of the last midnight in India; some of it is due later in the day.
      await client.query(
        `alter table public.quick_signup_profiles disable trigger user;
        update public.quick_signup_profiles
        set created_at = created_at + (now() - date_trunc('day', now(), 'Asia/Kolkata'))`,
      );
      const due = 'select from app_private.quick_signups_to_remind()';
      expect((await client.query(due)).rowCount).toBe(0);
      const { rowCount } = await client.query(
        `update public.quick_signup_profiles
        set completion_reminder_count = completion_reminder_count - 1
        where completion_reminder_count > 0 and completed_at is null`,
      );
      expect(rowCount).toBeGreaterThan(0);
      expect((await client.query(due)).rowCount).toBe(rowCount);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  it.each([
    ['finance', 'FINANCE', 'HR'],
    ['customer_care_viewer', 'CUSTOMER_CARE', 'FINANCE'],
  ] as const)('shows %s the dashboard of %s and not of %s', async (name, own, other) => {
    const claims = { sub: personas[name].id, role: 'authenticated' };
    const figures = (code: string): Promise<{ rows: unknown[] }> =>
      database.asUser(claims, (client) =>
        client.query(
          `select f.value is not null as is_known
          from public.department_dashboard($1) d
          cross join lateral public.department_dashboards_figures(d) k
          cross join lateral public.kpi_definitions_figure(k) f`,
          [code],
        ),
      );
    expect((await figures(own)).rows).toEqual([1, 2, 3, 4].map(() => ({ is_known: true })));
    await expect(figures(other)).rejects.toMatchObject({ code: 'OB002' });
  });
});
