import { once } from 'node:events';
import pg from 'pg';
import { claimsOf } from '../../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { codeOf } from '../attempt.ts';
import { untilBlocked } from '../concurrency.ts';

const { one, two } = worldIds;
const emit = `select app_private.emit_event('booking:' || $1, 'booking.updated', $1::uuid)`;

let database: TestDatabase;
let worker: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  worker = new pg.Pool({ connectionString: database.workerUrl, max: 3 });
});

afterAll(async () => {
  await worker.end();
  await database.drop();
});

beforeEach(async () => {
  await database.owner.query('delete from app_private.events');
});

type Event = { event: string; topic: string; data: unknown; sequence: string | null };

/** What happened to bookings. That people were notified of it is an event of theirs. */
async function events(): Promise<readonly Event[]> {
  const { rows } = await database.owner.query<Event>(
    `select event, topic, data, sequence from app_private.events
    where topic like 'booking:%' order by id`,
  );
  return rows;
}

/** Another booking like the first, which is assigned. */
async function makeBooking(): Promise<string | undefined> {
  const { rows } = await database.owner.query<{ id: string }>(
    `insert into bookings (customer_id, vendor_id, booking_type, service_location, booking_date,
      booking_time, duration_minutes, total_amount, final_amount, status)
    select customer_id, vendor_id, booking_type, service_location, booking_date, booking_time,
      duration_minutes, total_amount, final_amount, 'assigned' from bookings where id = $1
    returning id`,
    [one],
  );
  return rows[0]?.id;
}

async function publish(client: pg.Pool | pg.PoolClient = worker, most = 100): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'select app_private.publish_events($1) as count',
    [most],
  );
  return rows[0]?.count ?? -1;
}

it.each([
  ['a change of state', `status = 'in_progress'`, 'booking.in_progress', ['status']],
  [
    'another change',
    `special_instructions = 'Ring twice'`,
    'booking.updated',
    ['special_instructions'],
  ],
  [
    'a cancellation',
    `status = 'cancelled', cancelled_at = now(), cancellation_reason = 'Rain'`,
    'booking.cancelled',
    ['cancellation_reason', 'cancelled_at', 'status'],
  ],
])('%s of a booking is an event with the names of what changed', async (_, change, event, changed) => {
  const id = await makeBooking();
  await database.owner.query('delete from app_private.events');
  await database.owner.query(`update bookings set ${change} where id = $1`, [id]);
  expect(await events()).toEqual([
    { event, topic: `booking:${id}`, data: { changed }, sequence: null },
  ]);
});

it('a booking that is made is an event', async () => {
  const id = await makeBooking();
  expect(await events()).toMatchObject([
    { event: 'booking.created', topic: `booking:${id}`, data: { changed: [] } },
  ]);
});

it('an update that changes nothing is no event', async () => {
  await database.owner.query('update bookings set status = status where id = $1', [two]);
  expect(await events()).toEqual([]);
});

it('what is rolled back has not happened', async () => {
  await database.asUser(claimsOf('customer'), (client) =>
    client.query(`update bookings set special_instructions = 'Never mind' where id = $1`, [one]),
  );
  expect(await events()).toEqual([]);
});

it('events are numbered without gaps, in the order of their ids', async () => {
  for (const id of [one, two, one]) {
    await database.owner.query(emit, [id]);
  }
  expect(await publish(worker, 2)).toBe(2);
  expect(await publish()).toBe(1);
  expect(await publish()).toBe(0);
  const numbers = (await events()).map(({ sequence }) => Number(sequence));
  const [first = 0] = numbers;
  expect(numbers).toEqual([first, first + 1, first + 2]);
});

it('a lower id that is committed later is published later, and not skipped', async () => {
  const slow = await database.owner.connect();
  await slow.query('begin');
  await slow.query(emit, [one]);
  await database.owner.query(emit, [two]);
  expect(await publish()).toBe(1);
  await slow.query('commit');
  slow.release();
  expect(await publish()).toBe(1);
  const [first, second] = await events();
  expect(Number(first?.sequence)).toBe(Number(second?.sequence) + 1);
});

it('two publishers at once publish each event once', async () => {
  for (let count = 0; count < 10; count += 1) {
    await database.owner.query(emit, [one]);
  }
  const first = await worker.connect();
  await first.query('begin');
  expect(await publish(first, 4)).toBe(4);
  const second = publish();
  await untilBlocked(database.owner);
  await first.query('commit');
  first.release();
  expect(await second).toBe(6);
  const numbers = (await events()).map(({ sequence }) => Number(sequence)).sort((a, b) => a - b);
  const [lowest = 0] = numbers;
  expect(numbers).toEqual(Array.from({ length: 10 }, (_, index) => lowest + index));
});

it('a number that was rolled back is given again', async () => {
  await database.owner.query(emit, [one]);
  await publish();
  const [before] = await events();
  await database.owner.query(emit, [two]);
  const failed = await worker.connect();
  await failed.query('begin');
  await publish(failed);
  await failed.query('rollback');
  failed.release();
  expect(await publish()).toBe(1);
  const [, after] = await events();
  expect(Number(after?.sequence)).toBe(Number(before?.sequence) + 1);
});

it('publishing notifies one channel', async () => {
  const listener = new pg.Client({ connectionString: database.workerUrl });
  await listener.connect();
  await listener.query('listen ombaro_events');
  const heard = once(listener, 'notification');
  await database.owner.query(`update bookings set special_instructions = 'Ring' where id = $1`, [
    two,
  ]);
  await publish();
  const [{ payload }] = (await heard) as [pg.Notification];
  await listener.end();
  expect(JSON.parse(payload ?? '')).toEqual({
    sequence: expect.any(Number),
    id: expect.any(Number),
    topic: `booking:${two}`,
    event: 'booking.updated',
    subjectId: two,
    time: expect.any(String),
    changed: ['special_instructions'],
  });
});

it('is for the worker alone', async () => {
  const call = database.asUser(claimsOf('admin'), (client) =>
    client.query('select app_private.publish_events(1)'),
  );
  expect(await call.catch(codeOf)).toBe('42501');
  const emitted = database.asUser(claimsOf('admin'), (client) => client.query(emit, [one]));
  expect(await emitted.catch(codeOf)).toBe('42501');
});
