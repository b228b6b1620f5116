import { claimsOf } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { beginPlay, type Play } from './play.ts';

const { one } = worldIds;

/** Where a server may stand: behind and before India, and where the clock is changed. */
const zones = [
  'UTC',
  'Asia/Kolkata',
  'Europe/London',
  'America/New_York',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
];

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
});

afterEach(async () => {
  await play.end();
});

/** What `act` finds in a session of each zone, at one moment and from the same rows. */
async function inEachZone<Found>(act: () => Promise<Found>): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  for (const zone of zones) {
    await play.query('savepoint zone');
    await play.query(`set local time zone '${zone}'`);
    found.set(zone, await act());
    await play.query('rollback to savepoint zone');
  }
  return found;
}

async function inAllAlike<Found>(act: () => Promise<Found>): Promise<Found> {
  const found = await inEachZone(act);
  const [expected] = found.values();
  for (const [zone, other] of found) {
    expect({ zone, found: other }).toEqual({ zone, found: expected });
  }
  return expected as Found;
}

const rowsOf = async (sql: string, values: readonly unknown[] = []) =>
  (await play.query(sql, [...values])).rows;

/** Records of completed bookings of vendor one, each made at one of these instants. */
async function recordAt(instants: readonly string[]): Promise<void> {
  await play.query('set local session_replication_role = replica');
  await play.query('delete from vendor_credits; delete from commission_records');
  await play.query(
    `with made as (
      insert into bookings (id, booking_number, customer_id, vendor_id, booking_type,
        booking_date, booking_time, duration_minutes, total_amount, final_amount, status, created_at)
      select md5(i)::uuid, 'OBO-20250301-8' || n, b.customer_id, b.vendor_id, 'spa_visit',
        (i::timestamptz at time zone 'Asia/Kolkata')::date, '10:00', 60, 1000, 1000, 'completed', i::timestamptz
      from unnest($1::text[]) with ordinality w (i, n), bookings b where b.id = $2
      returning id, vendor_id, created_at
    )
    insert into commission_records (booking_id, vendor_id, booking_amount, commission_rate,
      commission_amount, therapist_earning, platform_earning, created_at, payable_from)
    select id, vendor_id, 1000, 15, 150, 100, 150, created_at, created_at from made`,
    [instants, one],
  );
  await play.query('set local session_replication_role = origin');
}

describe('a payout week is from midnight to midnight in India', () => {
  // In the first the clock changes in New York, in the second in London; then back again.
  it.each([
    '2025-03-03',
    '2025-03-24',
    '2025-10-20',
    '2025-10-27',
    '2025-06-02',
  ])('of %s, in a session of any time zone', async (monday) => {
    const next = new Date(Date.parse(monday) + 7 * 86_400_000).toISOString().slice(0, 10);
    const last = new Date(Date.parse(next) - 86_400_000).toISOString().slice(0, 10);
    const inWeek = [`${monday}T00:00:00+05:30`, `${last}T23:59:59.999+05:30`];
    const after = [`${next}T00:00:00+05:30`, `${next}T09:00:00+05:30`, `${next}T10:59:59+05:30`];
    await recordAt([...inWeek, ...after]);
    const paid = await inAllAlike(async () => {
      await play.query('select app_private.make_payouts($1)', [monday]);
      return await rowsOf(
        `select created_at from commission_records where payout_id is not null order by created_at`,
      );
    });
    expect(paid).toEqual(inWeek.map((instant) => ({ created_at: new Date(instant) })));
  });
});

it('the last day of a provider ends at midnight where the vendor is', async () => {
  // At any moment the day of the first has begun and the same day of the second has not.
  const eastern = 'Pacific/Kiritimati';
  const western = 'Etc/GMT+12';
  const lastDays = async (zone: string) => {
    await play.query('update vendors set time_zone = $1', [zone]);
    await play.query(
      `update provider_private_details d set last_day = (now() at time zone '${western}')::date
      from providers p where p.id = d.provider_id and p.therapist_id = $1`,
      [one],
    );
    await play.query('select app_private.end_due_providers(100)');
    return await rowsOf('select status from therapists where id = $1', [one]);
  };
  expect(await inAllAlike(() => lastDays(western))).toEqual([{ status: 'active' }]);
  expect(await inAllAlike(() => lastDays(eastern))).toEqual([{ status: 'ended' }]);
});

it('points are kept and tiers counted for twelve months of India', async () => {
  const [customer] = await rowsOf('select id from customers order by id limit 1');
  const spent = async (ago: string) => {
    await play.query('set local session_replication_role = replica');
    await play.query('update bookings set customer_id = $1, status = $2', [
      customer.id,
      'completed',
    ]);
    await play.query(
      `update commission_records set created_at =
        (now() at time zone 'Asia/Kolkata' - interval '12 months') at time zone 'Asia/Kolkata' + $1::interval`,
      [ago],
    );
    return await rowsOf('select app_private.spent_in_a_year($1) > 0 as counts', [customer.id]);
  };
  expect(await inAllAlike(() => spent('1 second'))).toEqual([{ counts: true }]);
  expect(await inAllAlike(() => spent('-1 second'))).toEqual([{ counts: false }]);
});

it('days of dashboards are those of India', async () => {
  await recordAt([
    '2025-03-09T23:59:59+05:30',
    '2025-03-10T00:00:00+05:30',
    '2025-10-26T00:00:00+05:30',
    '2025-10-26T23:59:59+05:30',
  ]);
  const days = await inAllAlike(async () => {
    await play.query('select app_private.recount_dashboards()');
    return await rowsOf(
      `select k.code, v.day::text, round(v.value, 6)::text as value
      from kpi_values v join kpi_definitions k on k.id = v.kpi_id
      where k.computed_from <> 'database_health' order by 1, 2`,
    );
  });
  const bookings = days
    .filter(({ code, day }) => code === 'ops_bookings' && day.startsWith('2025-'))
    .map(({ day, value }) => [day, Number(value)]);
  expect(bookings).toEqual([
    ['2025-03-09', 1],
    ['2025-03-10', 1],
    ['2025-10-26', 2],
  ]);
});

it('months of performance are the same', async () => {
  await play.query(
    `update beautician_assignments set assignment_time = '2025-03-31T23:59:59+05:30'`,
  );
  const months = await inAllAlike(async () => {
    await play.query('select app_private.recount_performance()');
    return await rowsOf(
      `select 'therapist' as kind, therapist_id as id, month::text, total_assignments, on_time_percentage
      from therapist_performance
      union all
      select 'beautician', beautician_id, month::text, total_assignments, on_time_percentage
      from beautician_performance order by 1, 2, 3`,
    );
  });
  expect(months).toContainEqual(
    expect.objectContaining({ kind: 'beautician', month: '2025-03-01' }),
  );
});

it('use of the app is counted by the days of India', async () => {
  await play.query(`insert into user_activity_log (session_id, action, created_at)
    values (gen_random_uuid(), 'vendor_view', '2025-03-09T23:59:59+05:30'),
      (gen_random_uuid(), 'vendor_view', '2025-03-10T00:00:00+05:30')`);
  const span = ['2025-03-08', '2025-03-11'];
  const visits = await inAllAlike(async () => ({
    people: await play.as(
      claimsOf('admin'),
      'select day::text, visits::integer from active_people_by_day($1, $2)',
      span,
    ),
    funnel: await play.as(
      claimsOf('admin'),
      `select day::text, visits::integer from funnel_by_day($1, $2, '{vendor_view}')`,
      span,
    ),
  }));
  const each = [
    { day: '2025-03-08', visits: 0 },
    { day: '2025-03-09', visits: 1 },
    { day: '2025-03-10', visits: 1 },
    { day: '2025-03-11', visits: 0 },
  ];
  expect(visits).toEqual({ people: each, funnel: each });
});

it('messages name the same days, and deadlines are the same everywhere', async () => {
  const found = await inAllAlike(async () => ({
    booking: await rowsOf(
      'select app_private.booking_fields(b) as fields from bookings b order by b.id',
    ),
    partitions: await rowsOf('select app_private.prepare_event_partitions()'),
    expiries: await rowsOf(
      'select app_private.remind_of_expiries(100), count(*)::integer from notifications',
    ),
    quickSignUps: await rowsOf(
      'select count(*)::integer from app_private.quick_signups_to_remind()',
    ),
    today: await rowsOf(
      'select app_private.today()::text, app_private.next_booking_number() ~ $1 as ok',
      [`^OBO-`],
    ),
    slots: await play.as(
      claimsOf('customer'),
      `select day::text, start_time::text, starts_at from available_slots($1, array[$1]::uuid[])`,
      [one],
    ),
  }));
  const [{ fields }] = found.booking;
  expect(fields.date).toMatch(/^\d{2} \w{3} \d{4}$/);
});
