import type { Play } from '../db/play.ts';
import { beginPlay } from '../db/play.ts';
import { idOf } from '../fixtures/people.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { makeBooking, seededDatabase } from '../notifications/support.ts';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await seededDatabase();
});

afterAll(async () => {
  await database?.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
});

afterEach(async () => {
  await play.end();
});

/** A booking that begins so many minutes from now, with this status. */
async function book(minutes: number, status = 'confirmed'): Promise<string> {
  const id = await makeBooking(play, { status });
  await move(id, minutes);
  await play.query('delete from notifications');
  return id;
}

/** Whatever its status allows, and without telling anyone. */
const move = async (id: string, minutes: number) => {
  await play.query('set local session_replication_role = replica');
  await play.query(
    `update bookings set (booking_date, booking_time) = (
      select t::date, t::time from (select (now() + $2 * interval '1 minute') at time zone time_zone) x (t))
    where id = $1`,
    [id, minutes],
  );
  await play.query('set local session_replication_role = origin');
};

/** As if so many minutes had passed. */
const pass = async (id: string, minutes: number) => {
  const { rows } = await play.query<{ left: number }>(
    'select extract(epoch from starts_at - now()) / 60 as left from bookings where id = $1',
    [id],
  );
  const left = Math.round(Number(rows[0]?.left)) - minutes;
  await move(id, left);
  // The start is the same one; it is now that has moved.
  await play.query(
    `update app_private.booking_reminders r set starts_at = b.starts_at from bookings b where b.id = r.booking_id`,
  );
};

async function remind(): Promise<readonly string[]> {
  await play.query(`delete from notifications where type not like 'reminder%'`);
  await play.query('select app_private.remind_of_bookings(100)');
  const errors = await play.query(
    `select error_message from error_logs where error_type = 'notification'`,
  );
  expect(errors.rows).toEqual([]);
  const { rows } = await play.query<{ type: string }>(
    'select type from notifications where user_id = $1',
    [idOf('customer')],
  );
  await play.query('delete from notifications');
  return rows.map(({ type }) => type);
}

it.each([
  ['25 hours before', 25 * 60, []],
  ['24 hours before', 24 * 60, ['reminder']],
  ['made 20 hours before', 20 * 60, ['reminder']],
  ['2 hours before', 120, ['reminder_soon']],
  ['made 90 minutes before', 90, ['reminder_soon']],
  ['that has begun', -1, []],
])('a booking %s: %j minutes, %j, and once only', async (_name, minutes, types) => {
  await book(minutes);
  expect(await remind()).toEqual(types);
  expect(await remind()).toEqual([]);
});

it.each([
  ['pending', []],
  ['confirmed', ['reminder_soon']],
  ['assigned', ['reminder_soon']],
  ['in_progress', []],
  ['cancelled', []],
])('a booking that is %s: %j', async (status, types) => {
  const id = await makeBooking(play, { status: status === 'cancelled' ? 'confirmed' : status });
  await move(id, 60);
  if (status === 'cancelled') {
    await play.query(
      `update bookings set status = 'cancelled', cancelled_at = now() where id = $1`,
      [id],
    );
  }
  expect(await remind()).toEqual(types);
});

it('a customer is reminded a day before, and again shortly before', async () => {
  const id = await book(24 * 60);
  expect(await remind()).toEqual(['reminder']);
  await pass(id, 21 * 60);
  expect(await remind()).toEqual([]);
  await pass(id, 60);
  expect(await remind()).toEqual(['reminder_soon']);
  expect(await remind()).toEqual([]);
});

it('reminders move with their booking', async () => {
  const id = await book(100);
  expect(await remind()).toEqual(['reminder_soon']);
  await move(id, 48 * 60);
  expect(await remind()).toEqual([]);
  await move(id, 23 * 60);
  expect(await remind()).toEqual(['reminder']);
  await move(id, 110);
  expect(await remind()).toEqual(['reminder_soon']);
});

it('the hours are those of the settings', async () => {
  await play.query(
    `update system_settings set value = '[48, 6]' where key = 'notifications.reminder_hours'`,
  );
  await book(47 * 60);
  expect(await remind()).toEqual(['reminder']);
  await book(300);
  expect(await remind()).toEqual(['reminder_soon']);
});

it.each([
  'moved',
  'cancelled',
  'left alone',
])('a waiting reminder is sent only of a booking as it is: %s', async (what) => {
  const id = await book(20 * 60);
  await play.query('select app_private.remind_of_bookings(100)');
  if (what === 'moved') {
    await move(id, 21 * 60);
  } else if (what === 'cancelled') {
    await play.query(
      `update bookings set status = 'cancelled', cancelled_at = now() where id = $1`,
      [id],
    );
  }
  const { rows } = await play.query<{ address: string | null }>(
    `select m.address from notification_deliveries d,
        lateral app_private.begin_delivery(d.id) m where d.type = 'reminder'`,
  );
  const { rows: states } = await play.query<{ status: string }>(
    `select status from notification_deliveries where type = 'reminder'`,
  );
  expect(rows).toHaveLength(1);
  expect([rows[0]?.address, states[0]?.status]).toEqual(
    what === 'left alone' ? ['customer@example.com', 'waiting'] : [null, 'dropped'],
  );
});

it('moving a booking and reminding of it do not wait for each other', async () => {
  await play.end();
  const { owner } = database;
  const client = await owner.connect();
  const one = async (sql: string, values: unknown[] = []) =>
    (await owner.query(sql, values)).rows[0];
  const committed = await beginPlay(database);
  const id = await makeBooking(committed, { status: 'confirmed' });
  await committed.query(
    `update bookings set (booking_date, booking_time) = (
      select t::date, t::time from (select (now() + interval '1 hour') at time zone time_zone) x (t)) where id = $1`,
    [id],
  );
  await committed.query('commit');
  try {
    await client.query('begin');
    await client.query('select from bookings where id = $1 for update', [id]);
    expect(await one('select app_private.remind_of_bookings(100) as did')).toEqual({ did: 0 });
    await client.query('rollback');
    const dids = await Promise.all(
      Array.from({ length: 5 }, () => one('select app_private.remind_of_bookings(100) as did')),
    );
    expect(dids.map(({ did }) => did).sort()).toEqual([0, 0, 0, 0, 1]);
  } finally {
    client.release();
    await committed.end();
    play = await beginPlay(database);
  }
});

it('a user who chose Hindi gets Hindi', async () => {
  await play.query(`insert into user_preferences (user_id, language) values ($1, 'hi-IN')`, [
    idOf('customer'),
  ]);
  await book(60);
  await play.query('select app_private.remind_of_bookings(100)');
  const { rows } = await play.query<{ title: string; message: string }>(
    `select title, message from notifications where type = 'reminder_soon'`,
  );
  expect(rows[0]?.title).toMatch(/^आपकी बुकिंग OBO-/);
  expect(rows[0]?.message).toContain('Lotus Spa में Thai massage');
});

it('a user who began a quick sign-up is reminded on the days of the settings, until it is complete', async () => {
  await play.query('alter table quick_signup_profiles disable trigger _100_timestamps');
  await play.query(
    `insert into quick_signup_profiles (user_id, mobile, created_at) values ($1, '+919876543210', now())`,
    [idOf('applicant')],
  );
  const told = async (days: number) => {
    await play.query(
      `update quick_signup_profiles set created_at = now() - $1 * interval '1 day'`,
      [days],
    );
    const { rows } = await play.query<{ did: number }>(
      'select app_private.remind_quick_signups(100) as did',
    );
    return rows[0]?.did;
  };
  const days = [];
  for (const day of [0.9, 1, 2, 3, 5, 7, 30]) {
    days.push(await told(day));
  }
  expect(days).toEqual([0, 1, 0, 1, 0, 1, 0]);
  const { rows } = await play.query(
    `select distinct user_id, type from notifications where type = 'application_reminder'`,
  );
  expect(rows).toEqual([{ user_id: idOf('applicant'), type: 'application_reminder' }]);
  await play.query('update quick_signup_profiles set completion_reminder_count = 0');
  await play.query('update quick_signup_profiles set completed_at = now()');
  expect(await told(1)).toBe(0);
  // Positive control.
  await play.query('update quick_signup_profiles set completed_at = null');
  expect(await told(1)).toBe(1);
});
