import { idOf, type Person } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { beginPlay, type Play } from './play.ts';

const { one } = worldIds;
const desk: readonly Person[] = ['vendor', 'vendor_admin', 'vendor_manager', 'receptionist'];

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
  await play.query('delete from therapist_assignments where booking_id = $1', [one]);
  await play.query('delete from notifications');
});

afterEach(async () => {
  await play.end();
});

it('a beautician’s assignment is told to the beautician, the customer and the desk, once each', async () => {
  await assign();
  expect(await told()).toEqual(
    ['beautician', 'customer', ...desk].map((person) => `${person}: therapist_assigned`).sort(),
  );
});

it('the message names the assignment', async () => {
  const id = await assign();
  const { rows } = await play.query(
    `select title, message, data, action_url from notifications where user_id = $1`,
    [idOf('customer')],
  );
  expect(rows).toEqual([
    {
      title: 'Nita will serve you',
      message: expect.stringContaining('A Spa'),
      data: { screen: 'assignment', bookingId: one, assignmentId: id, provider: 'beautician' },
      action_url: `/bookings/${one}`,
    },
  ]);
});

it('a withdrawn assignment is told to the beautician and the desk, once each', async () => {
  await assign();
  await play.query('delete from notifications');
  await takeBack();
  await play.query(`update beautician_assignments set notes = 'Ill' where booking_id = $1`, [one]);
  expect(await told()).toEqual(
    ['beautician', ...desk].map((person) => `${person}: assignment_cancelled`).sort(),
  );
});

it('progress is told by the booking and not by the assignment', async () => {
  await assign();
  await play.query('delete from notifications');
  await play.query(
    `update beautician_assignments set status = 'in_progress' where booking_id = $1
    and status <> 'cancelled'`,
    [one],
  );
  expect(await told()).toEqual([]);
  await play.query(`update bookings set status = 'in_progress' where id = $1`, [one]);
  expect(await told()).toEqual(
    ['beautician', 'customer', ...desk].map((person) => `${person}: service_started`).sort(),
  );
});

it('a cancelled booking tells its beautician once', async () => {
  await assign();
  await play.query('delete from notifications');
  await play.query(`update bookings set status = 'cancelled', cancelled_at = now() where id = $1`, [
    one,
  ]);
  await takeBack();
  expect(await told()).toEqual(
    ['beautician', 'customer', ...desk].map((person) => `${person}: booking_cancelled`).sort(),
  );
});

it('a beautician without an account is told nothing, and nothing fails', async () => {
  await play.query(`update beauticians set user_id = null where id = $1`, [one]);
  await assign();
  expect(await told()).toEqual(
    ['customer', ...desk].map((person) => `${person}: therapist_assigned`).sort(),
  );
});

/** Takes the cancelled assignment of the fixture up again under a name that can be recognised. */
async function assign(): Promise<string> {
  await play.query(`update beauticians set name = 'Nita' where id = $1`, [one]);
  const { rows } = await play.query<{ id: string }>(
    `insert into beautician_assignments (booking_id, beautician_id, assignment_time)
    select id, $1, starts_at from bookings where id = $1 returning id`,
    [one],
  );
  return rows[0]?.id ?? '';
}

/** Cancels the assignment that stands. */
async function takeBack(): Promise<void> {
  const { rowCount } = await play.query(
    `update beautician_assignments set status = 'cancelled'
    where booking_id = $1 and status <> 'cancelled'`,
    [one],
  );
  expect(rowCount).toBe(1);
}

/** Who was told what; an error in a teller fails the test. */
async function told(): Promise<readonly string[]> {
  const errors = await play.query(
    `select error_message from error_logs where error_type = 'notification'`,
  );
  expect(errors.rows).toEqual([]);
  const { rows } = await play.query<{ who: string; type: string }>(
    `select split_part(u.email, '@', 1) as who, n.type
    from notifications n join auth.users u on u.id = n.user_id`,
  );
  return rows.map(({ who, type }) => `${who}: ${type}`).sort();
}
