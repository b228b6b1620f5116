import { claimsOf, type Person } from '../../fixtures/people.ts';
import { percent, rupees } from '../../fixtures/terms.ts';
import { seedTwoWorlds, worldIds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { beginPlay, type Play } from '../play.ts';

const { one, two } = worldIds;

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
});

afterAll(async () => {
  await database.drop();
});

/** The earning and the tip of the first service in rupees; of the second they are twice that, and so on. */
const [earning, tip] = [100, 10];
const rating = { first: 5, second: 2, others: 4 } as const;
/** What a refund leaves of the first earning. */
const lowered = 50;
const none = percent(0);
const timesOf = (amount: number, works: readonly number[]) =>
  rupees(amount * works.reduce((all, n) => all + n, 0));
const earnedBy = (...works: readonly number[]) => timesOf(earning, works);
const tippedFor = (...works: readonly number[]) => timesOf(tip, works);
const share = (part: number, whole: number) => percent((100 * part) / whole);
const average = (...ratings: readonly number[]) =>
  percent(ratings.reduce((all, one) => all + one, 0) / ratings.length);

/** Four services of one therapist in March and one in April, another therapist with two. */
beforeEach(async () => {
  play = await beginPlay(database);
  await play.query('set local session_replication_role = replica');
  await play.query(
    `delete from reviews; delete from therapist_assignments; delete from beautician_assignments`,
  );
  await play.query(
    `insert into therapists (id, vendor_id, name, verification_status)
    values ('33333333-3333-4333-8333-333333333333', $1, 'Three', 'verified')`,
    [one],
  );
  await play.query(
    `create temporary table works on commit drop as
    select n, md5('work' || n)::uuid as id, d.day, d.status, d.late, d.therapist
    from (values
      (1, '2025-03-01'::date, 'completed', 0, $1::uuid), (2, '2025-03-31', 'completed', 5, $1),
      (3, '2025-03-15', 'completed', 6, $1), (4, '2025-03-15', 'cancelled', null, $1),
      (5, '2025-04-01', 'completed', 60, $1), (6, '2025-03-02', 'completed', 0, '33333333-3333-4333-8333-333333333333'),
      (7, '2025-03-03', 'completed', 0, '33333333-3333-4333-8333-333333333333')
    ) d (n, day, status, late, therapist)`,
    [one],
  );
  await play.query(`insert into bookings (id, booking_number, customer_id, vendor_id, booking_type,
      booking_date, booking_time, duration_minutes, total_amount, final_amount, status,
      cancelled_at)
    select w.id, 'OBO-20250301-9' || w.n, b.customer_id, b.vendor_id, 'spa_visit', w.day, '10:00', 60, 1000, 1000,
      w.status, case w.status when 'cancelled' then now() end
    from works w, bookings b where b.id = '${one}'`);
  await play.query(`insert into therapist_assignments (id, booking_id, therapist_id, vendor_id, customer_id, service_id,
      assignment_date, assignment_time, status, estimated_duration, actual_start_time, tips_amount)
    select w.id, w.id, w.therapist, b.vendor_id, b.customer_id, '${one}', w.day, '10:00', w.status, 60,
      b.starts_at + w.late * interval '1 minute', w.n * ${tip}
    from works w join bookings b on b.id = w.id`);
  await play.query(`insert into commission_records (booking_id, vendor_id, booking_amount, commission_rate,
      commission_amount, therapist_earning, platform_earning, created_at)
    select id, '${one}', 1000, 15, 150, n * ${earning}, 150, '2025-07-07' from works where status = 'completed'`);
  await play.query(`insert into reviews (reviewable_type, reviewable_id, customer_id, booking_id, rating, status, created_at)
    select 'therapist', w.therapist, b.customer_id, w.id, case w.n when 1 then ${rating.first}
        when 2 then ${rating.second} else ${rating.others} end,
      case w.n when 3 then 'pending' else 'approved' end, '2025-08-08'
    from works w join bookings b on b.id = w.id where w.n in (1, 2, 3, 6)`);
  await play.query('set local session_replication_role = origin');
  await play.query('select app_private.recount_performance()');
});

afterEach(async () => {
  await play.end();
});

const month = async (day: string) =>
  (
    await play.query(
      `select total_assignments, completed_assignments, cancelled_assignments, average_rating, total_earnings,
        total_tips, on_time_percentage, customer_satisfaction
      from therapist_performance where therapist_id = $1 and month = $2`,
      [one, day],
    )
  ).rows[0];

const refresh = () => play.query('select app_private.refresh_performance(500)');

const march = {
  total_assignments: 4,
  completed_assignments: 3,
  cancelled_assignments: 1,
  average_rating: average(rating.first, rating.second),
  total_earnings: earnedBy(1, 2, 3),
  total_tips: tippedFor(1, 2, 3, 4),
  // At the time and five minutes late are on time, six are not.
  on_time_percentage: share(2, 3),
  customer_satisfaction: share(1, 2),
};
const april = {
  total_assignments: 1,
  completed_assignments: 1,
  cancelled_assignments: 0,
  average_rating: none,
  total_earnings: earnedBy(5),
  total_tips: tippedFor(5),
  on_time_percentage: share(0, 1),
  customer_satisfaction: none,
};

it('a month counts what was done in it', async () => {
  expect(await month('2025-03-01')).toEqual(march);
  expect(await month('2025-04-01')).toEqual(april);
});

describe('what comes later counts for the month of the service, and leaves the others alone', () => {
  it.each([
    [
      'a review approved later',
      `update reviews set status = 'approved' where status = 'pending'`,
      {
        ...march,
        average_rating: average(rating.first, rating.second, rating.others),
        customer_satisfaction: share(2, 3),
      },
      april,
    ],
    [
      'earnings that a refund has lowered',
      `update commission_records set therapist_earning = ${lowered} where booking_id = md5('work1')::uuid`,
      { ...march, total_earnings: rupees(lowered + Number(earnedBy(2, 3))) },
      april,
    ],
    [
      'a service that turns out to be of April',
      `update therapist_assignments set assignment_date = '2025-04-02' where id = md5('work2')::uuid`,
      {
        ...march,
        total_assignments: 3,
        completed_assignments: 2,
        average_rating: average(rating.first),
        total_earnings: earnedBy(1, 3),
        total_tips: tippedFor(1, 3, 4),
        on_time_percentage: share(1, 2),
        customer_satisfaction: share(1, 1),
      },
      {
        ...april,
        total_assignments: 2,
        completed_assignments: 2,
        average_rating: average(rating.second),
        total_earnings: earnedBy(2, 5),
        total_tips: tippedFor(2, 5),
        // Begun two days early, as far as it now says.
        on_time_percentage: share(1, 2),
      },
    ],
  ])('%s', async (_, change, inMarch, inApril) => {
    await play.query(change);
    expect(await month('2025-03-01')).toEqual(march);
    await refresh();
    expect(await month('2025-03-01')).toEqual(inMarch);
    expect(await month('2025-04-01')).toEqual(inApril);
  });

  it('an assignment given to another provider is counted for that one alone', async () => {
    await play.query(`update therapist_assignments set therapist_id = '33333333-3333-4333-8333-333333333333'
      where id = md5('work5')::uuid`);
    await refresh();
    expect(await month('2025-04-01')).toBeUndefined();
    const { rows } = await play.query(
      `select month::text, completed_assignments, total_earnings from therapist_performance
      where therapist_id = '33333333-3333-4333-8333-333333333333' order by month`,
    );
    expect(rows).toEqual([
      { month: '2025-03-01', completed_assignments: 2, total_earnings: earnedBy(6, 7) },
      { month: '2025-04-01', completed_assignments: 1, total_earnings: earnedBy(5) },
    ]);
  });
});

describe('the leaderboard', () => {
  const board = (who: Person, vendor: string = one, day = '2025-03-01') =>
    play.as<{ rank: number; name: string; completed_assignments: number }>(
      claimsOf(who),
      'select rank, name, completed_assignments from vendor_leaderboard($1, $2)',
      [vendor, day],
    );

  it.each<Person>([
    'vendor',
    'vendor_manager',
    'vendor_admin',
    'receptionist',
    'admin',
  ])('%s sees all providers, the busiest first', async (who) => {
    const rows = await board(who);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({ rank: 1, completed_assignments: 3 });
    expect(rows[1]).toEqual({ rank: 2, name: 'Three', completed_assignments: 2 });
  });

  it('a therapist sees their own rank and no other', async () => {
    await play.query(
      `update therapist_performance set completed_assignments = 9 where therapist_id <> $1`,
      [one],
    );
    const rows = await board('therapist');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ rank: 2, completed_assignments: 3 });
  });

  it.each<[Person, string]>([
    ['visitor', '42501'],
    ['customer', 'OB002'],
    ['vendor2', 'OB002'],
    ['therapist2', 'OB002'],
    ['accountant', 'OB002'],
    ['nobody', 'OB002'],
  ])('%s is refused with %s', async (who, code) => {
    const ask = (person: Person) =>
      play.ends(claimsOf(person), 'select * from vendor_leaderboard($1, $2)', [one, '2025-03-01']);
    expect(await ask(who)).toBe(code);
    expect(await ask('vendor')).toBe('ok');
  });

  it('of an unrelated vendor, or by another day than the first of a month', async () => {
    await expect(board('vendor', two)).rejects.toMatchObject({ code: 'OB002' });
    await expect(board('vendor', one, '2025-03-02')).rejects.toMatchObject({ code: 'OB020' });
    expect(await board('vendor', one, '2025-05-01')).toEqual([]);
  });

  it('equal figures share a rank', async () => {
    await play.query(`update therapist_performance set completed_assignments = 3, average_rating = 3.5,
      on_time_percentage = 66.67 where month = '2025-03-01'`);
    expect((await board('vendor')).map(({ rank }) => rank)).toEqual([1, 1]);
  });
});

// A month of each that nothing is known of stays as it came.
it.each<[Person, number]>([
  ['therapist', 3],
  ['vendor', 4],
  ['vendor_manager', 4],
  ['receptionist', 0],
  ['therapist2', 1],
  ['customer', 0],
])('%s reads %d rows of figures with money', async (who, count) => {
  expect(await play.as(claimsOf(who), 'select id from therapist_performance')).toHaveLength(count);
});
