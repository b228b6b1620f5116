import { claimsOf, idOf, type Person } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeOf } from './attempt.ts';
import { untilBlocked } from './concurrency.ts';
import { beginPlay, type Play } from './play.ts';

const { one, two, closed } = worldIds;

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

describe('the public', () => {
  const list = 'select id from beauticians where id = $1';

  it.each([
    [`status = 'paused'`],
    [`status = 'suspended'`],
    [`verification_status = 'rejected'`],
  ])('does not see a beautician with %s, nor their services', async (change) => {
    const services = 'select id from beautician_services where beautician_id = $1';
    expect(await play.as(claimsOf('visitor'), list, [one])).toHaveLength(1);
    expect(await play.as(claimsOf('customer'), services, [one])).toHaveLength(1);
    await play.query(`update beauticians set ${change} where id = $1`, [one]);
    for (const person of ['visitor', 'customer', 'finance'] satisfies Person[]) {
      expect(await play.as(claimsOf(person), list, [one])).toEqual([]);
      expect(await play.as(claimsOf(person), services, [one])).toEqual([]);
    }
    // The service that is switched off, too.
    for (const person of ['beautician', 'receptionist', 'manager'] satisfies Person[]) {
      expect(await play.as(claimsOf(person), list, [one])).toHaveLength(1);
      expect(await play.as(claimsOf(person), services, [one])).toHaveLength(2);
    }
  });
});

describe('the role', () => {
  it('is shown in the profile and makes no user staff', async () => {
    const [me] = await play.as<{ role: string; database_role: string }>(
      claimsOf('beautician'),
      'select role, current_user as database_role from me()',
    );
    expect(me).toEqual({ role: 'beautician', database_role: 'authenticated' });
  });

  it('gives no right to a beautician’s row', async () => {
    await play.query(
      `insert into user_roles (user_id, role_id) select $1, id from roles where code = 'beautician'`,
      [idOf('nobody')],
    );
    const mine = 'select beautician_id from beautician_private_details';
    expect(await play.as(claimsOf('nobody'), mine)).toEqual([]);
    expect(await play.as(claimsOf('beautician'), mine)).toHaveLength(1);
  });
});

describe('the audit log', () => {
  it('records that bank details and address changed, not their values', async () => {
    await play.as(
      claimsOf('beautician'),
      `update beautician_private_details
      set bank_details = '{"account_number": "123456789012"}', address = '{"city": "Pune"}',
        email = 'maya@example.in'`,
    );
    const { rows } = await play.query(
      `select user_id, resource_id, new_values from audit_logs
      where resource_type = 'beautician_private_details' and action = 'update'`,
    );
    expect(rows).toEqual([
      {
        user_id: idOf('beautician'),
        resource_id: one,
        new_values: { bank_details: '***', address: '***', email: 'maya@example.in' },
      },
    ]);
  });
});

describe('an assignment', () => {
  const book = 'select id from bookings where id = $1';

  it('opens the booking to its beautician while it stands, and to no other', async () => {
    expect(await play.as(claimsOf('beautician'), book, [closed])).toEqual([]);
    await assign(closed, one);
    expect(await play.as(claimsOf('beautician'), book, [closed])).toHaveLength(1);
    expect(
      await play.as(claimsOf('beautician'), 'select from booking_items where booking_id = $1', [
        closed,
      ]),
    ).toHaveLength(1);
    expect(await play.as(claimsOf('beautician'), book, [two])).toEqual([]);
    expect(await play.as(claimsOf('therapist2'), book, [closed])).toEqual([]);
    await takeBack('beautician', closed);
    expect(await play.as(claimsOf('beautician'), book, [closed])).toEqual([]);
  });

  it('lets its beautician follow the booking live', async () => {
    const follow = `select app_private.may_listen('booking:' || $1) as may`;
    expect(await play.as(claimsOf('beautician'), follow, [closed])).toEqual([{ may: false }]);
    await assign(closed, one);
    expect(await play.as(claimsOf('beautician'), follow, [closed])).toEqual([{ may: true }]);
  });

  it('leaves therapists the bookings that are theirs', async () => {
    await assign(closed, one);
    expect(await play.as(claimsOf('therapist'), 'select id from bookings')).toEqual([{ id: one }]);
  });

  it('has the vendor and the customer of its booking, whatever was written', async () => {
    await play.query(
      `insert into beautician_assignments
        (booking_id, beautician_id, vendor_id, customer_id, assignment_time)
      values ($1, $2, $3, $4, now())`,
      [closed, one, two, idOf('customer2')],
    );
    await play.query('update beautician_assignments set customer_id = $1 where booking_id = $2', [
      idOf('customer2'),
      closed,
    ]);
    const { rows } = await play.query(
      'select vendor_id, customer_id from beautician_assignments where booking_id = $1',
      [closed],
    );
    expect(rows).toEqual([{ vendor_id: closed, customer_id: idOf('customer') }]);
  });

  it('is refused where a therapist has the booking, until that is cancelled', async () => {
    expect(await ending(() => assign(one, one))).toBe('23505 beautician_assignments_one_live_key');
    await takeBack('therapist', one);
    expect(await ending(() => assign(one, one))).toBe('ok');
  });

  it('keeps a therapist from the booking, until it is cancelled', async () => {
    const anew = `insert into therapist_assignments
        (booking_id, therapist_id, vendor_id, customer_id, service_id, assignment_date,
         assignment_time, estimated_duration)
      select booking_id, therapist_id, vendor_id, customer_id, service_id, assignment_date,
        assignment_time, estimated_duration
      from therapist_assignments where booking_id = $1`;
    await takeBack('therapist', one);
    await assign(one, one);
    expect(await ending(() => play.query(anew, [one]))).toBe(
      '23505 therapist_assignments_one_live_key',
    );
    await takeBack('beautician', one);
    expect(await ending(() => play.query(anew, [one]))).toBe('ok');
  });

  it.each(['therapist', 'beautician'])('that is %s is not taken up again', async (kind) => {
    if (kind === 'beautician') {
      await assign(closed, one);
    }
    const booking = kind === 'beautician' ? closed : one;
    await takeBack(kind, booking);
    const again = `update ${kind}_assignments set status = 'assigned' where booking_id = $1`;
    expect(await ending(() => play.query(again, [booking]))).toBe('OB030');
  });

  it('is the only one of a booking, apart from cancelled ones', async () => {
    await assign(closed, one);
    expect(await ending(() => assign(closed, two))).toBe(
      '23505 beautician_assignments_one_live_key',
    );
    await takeBack('beautician', closed);
    expect(await ending(() => assign(closed, two))).toBe('ok');
  });

  async function assign(booking: string, beautician: string): Promise<void> {
    await play.query(
      `insert into beautician_assignments (booking_id, beautician_id, assignment_time)
      values ($1, $2, now())`,
      [booking, beautician],
    );
  }

  /** Cancels the assignment that stands. */
  async function takeBack(kind: string, booking: string): Promise<void> {
    const { rowCount } = await play.query(
      `update ${kind}_assignments set status = 'cancelled'
      where booking_id = $1 and status <> 'cancelled'`,
      [booking],
    );
    expect(rowCount).toBe(1);
  }

  /** `ok`, or the code and the constraint if it is one, whose comment is what people are told. */
  async function ending(act: () => Promise<unknown>): Promise<string> {
    await play.query('savepoint trial');
    try {
      await act();
      return 'ok';
    } catch (error) {
      await play.query('rollback to savepoint trial');
      const { constraint = '' } = error as { constraint?: string };
      return `${codeOf(error)} ${constraint}`.trim();
    }
  }
});

describe('a therapist and a beautician assigned at once', () => {
  const therapist = `insert into therapist_assignments
      (booking_id, therapist_id, vendor_id, customer_id, service_id, assignment_date,
       assignment_time, estimated_duration)
    select id, '${one}', vendor_id, customer_id, '${one}', booking_date, booking_time, 60
    from bookings where id = '${closed}'`;
  const beautician = `insert into beautician_assignments (booking_id, beautician_id, assignment_time)
    values ('${closed}', '${one}', now())`;

  it.each([
    ['the therapist', therapist, beautician],
    ['the beautician', beautician, therapist],
  ])('%s, who is first, has the booking', async (_, first, second) => {
    const client = await database.owner.connect();
    let outcome: Promise<string>;
    try {
      await client.query('begin');
      await client.query(first);
      outcome = database.owner.query(second).then(() => 'ok', codeOf);
      await untilBlocked(database.owner);
      await client.query('commit');
    } finally {
      client.release();
    }
    expect(await outcome).toBe('23505');
    const { rows } = await database.owner.query(
      `with gone as (delete from therapist_assignments where booking_id = $1 returning id),
        gone_too as (delete from beautician_assignments where booking_id = $1 returning id)
      select (select count(*)::integer from gone) + (select count(*)::integer from gone_too) as live`,
      [closed],
    );
    expect(rows).toEqual([{ live: 1 }]);
  });
});

describe('working hours', () => {
  it.each([
    ['pass midnight', `2, '18:00', '02:00', null, null`, 'ok'],
    ['end when they begin', `2, '18:00', '18:00', null, null`, '23514'],
    ['overlap others', `1, '10:00', '11:00', null, null`, '23P01'],
    ['have a break outside them', `2, '09:00', '18:00', '08:00', '10:00'`, '23514'],
    ['are of an eighth weekday', `7, '09:00', '18:00', null, null`, '23514'],
    ['are there already', `1, '09:00', '18:00', null, null`, '23505'],
    ['have a break', `2, '09:00', '18:00', '13:00', '14:00'`, 'ok'],
  ])('that %s', async (_, hours, ends) => {
    const sql = `insert into beautician_schedules
      (beautician_id, day_of_week, start_time, end_time, break_start, break_end)
      values ('${one}', ${hours})`;
    expect(await play.ends(claimsOf('beautician'), sql)).toBe(ends);
  });
});

describe('a review', () => {
  it('may be about a beautician', async () => {
    await play.query(
      `insert into reviews (reviewable_type, reviewable_id, customer_id, booking_id, rating, status)
      values ('beautician', $1, $2, $3, 5, 'approved')`,
      [one, idOf('customer'), one],
    );
    const about = `select rating from reviews where reviewable_type = 'beautician'`;
    expect(await play.as(claimsOf('visitor'), about)).toEqual([{ rating: 5 }]);
  });
});
