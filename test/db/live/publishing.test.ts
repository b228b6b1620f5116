import pg from 'pg';
import { claimsOf } from '../../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { testUrls } from '../../helpers/urls.ts';
import { codeOf } from '../attempt.ts';
import { untilBlocked } from '../concurrency.ts';

const { one, two } = worldIds;
const emit = `select app_private.emit_event(array['booking:' || $1], 'booking.updated', $1::uuid)`;

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

type Event = { event: string; topics: string[]; data: unknown; sequence: string | null };

async function events(): Promise<readonly Event[]> {
  const { rows } = await database.owner.query<Event>(
    'select event, topics, data, sequence from app_private.events order by id',
  );
  return rows;
}

async function publish(client: pg.Pool | pg.PoolClient = worker, most = 100): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'select app_private.publish_events($1) as count',
    [most],
  );
  return rows[0]?.count ?? -1;
}

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

it('a writer in another database, however long, delays nothing', async () => {
  const elsewhere = new pg.Client({ connectionString: testUrls().root });
  await elsewhere.connect();
  await elsewhere.query('begin isolation level repeatable read');
  await elsewhere.query('create temporary table written as select pg_current_xact_id()');
  await database.owner.query(emit, [one]);
  expect(await publish()).toBe(1);
  expect(await events()).toMatchObject([{ sequence: expect.any(String) }]);
  await elsewhere.query('rollback');
  await elsewhere.end();
});

it('publishing notifies one channel, in the order of the numbers', async () => {
  const listener = new pg.Client({ connectionString: database.workerUrl });
  await listener.connect();
  await listener.query('listen ombaro_events');
  const heard: { sequence: number; id: number }[] = [];
  listener.on('notification', ({ payload }) => heard.push(JSON.parse(payload ?? '')));
  // Days in another order than ids: what is stored apart comes together in order.
  await database.owner.query(
    `insert into app_private.events (topics, event, subject_id, created_at)
    select array['booking:' || $1], 'booking.updated', $1::uuid, now() + (n * 7 % 5 - 3) * interval '1 day'
    from generate_series(1, 300) n`,
    [one],
  );
  await database.owner.query('select app_private.prepare_event_partitions()');
  expect([await publish(worker, 250), await publish(worker, 250)]).toEqual([250, 50]);
  await database.owner.query('select 1');
  await listener.query('select 1');
  await listener.end();
  const [first] = heard;
  expect(heard).toHaveLength(300);
  expect(heard.map(({ sequence }) => sequence)).toEqual(
    heard.map((_, index) => Number(first?.sequence) + index),
  );
  expect(heard.map(({ id }) => id)).toEqual(heard.map(({ id }) => id).sort((a, b) => a - b));
  expect(first).toEqual({
    sequence: expect.any(Number),
    id: expect.any(Number),
    topics: [`booking:${one}`],
    event: 'booking.updated',
    subjectId: one,
    time: expect.any(String),
    changed: [],
  });
});

it('for each booking the order is that of the commits, with eight writers and two publishers', async () => {
  const rounds = 25;
  const written: { booking: string; n: number; id: string }[] = [];
  await database.owner.query('update bookings set special_instructions = 0');
  await publish();
  await database.owner.query('delete from app_private.events');
  const write = async (client: pg.PoolClient, booking: string) => {
    await client.query('begin');
    const { rows } = await client.query<{ n: number; id: string }>(
      `update bookings set special_instructions = special_instructions::integer + 1 where id = $1
      returning special_instructions::integer as n`,
      [booking],
    );
    // The trigger has fired by now.
    const last = await client.query<{ id: string }>(
      `select currval(pg_get_serial_sequence('app_private.events', 'id')) as id`,
    );
    if (Math.random() < 0.2) {
      await client.query('rollback');
    } else {
      await client.query('commit');
      written.push({ booking, n: Number(rows[0]?.n), id: String(last.rows[0]?.id) });
    }
  };
  const writers = new pg.Pool({ connectionString: database.ownerUrl, max: 8 });
  let isWriting = true;
  const publishing = [1, 2].map(async () => {
    while (isWriting) {
      await publish(worker, 3);
    }
  });
  await Promise.all(
    Array.from({ length: 8 }, async (_, number) => {
      const client = await writers.connect();
      for (let round = 0; round < rounds; round += 1) {
        await write(client, (number + round) % 2 === 0 ? one : two);
      }
      client.release();
    }),
  );
  isWriting = false;
  await Promise.all(publishing);
  await publish(worker, 1_000);
  await writers.end();

  const { rows } = await database.owner.query<{ id: string; sequence: string; subject: string }>(
    'select id, sequence, subject_id as subject from app_private.events order by sequence',
  );
  const [first] = rows;
  expect(rows).toHaveLength(written.length);
  expect(rows.map(({ sequence }) => Number(sequence))).toEqual(
    rows.map((_, index) => Number(first?.sequence) + index),
  );
  const countOf = new Map(written.map(({ id, n }) => [id, n]));
  for (const booking of [one, two]) {
    const counted = rows
      .filter(({ subject }) => subject === booking)
      .map(({ id }) => countOf.get(id));
    expect(counted.length).toBeGreaterThan(rounds);
    expect(counted).toEqual(counted.map((_, index) => index + 1));
  }
});

it('the relay’s lag is the age of the oldest unpublished event', async () => {
  const lag = async () => {
    const { rows } = await worker.query<{ lag: number }>('select app_private.relay_lag() as lag');
    return rows[0]?.lag;
  };
  expect(await lag()).toBe(0);
  await database.owner.query(
    `insert into app_private.events (topics, event, subject_id, created_at)
    values ('{booking:1}', 'booking.updated', $1, now() - interval '90 seconds'), ('{booking:1}', 'booking.updated', $1, now())`,
    [one],
  );
  expect(await lag()).toBeGreaterThanOrEqual(90);
  expect(await lag()).toBeLessThan(100);
  await publish(worker, 1);
  expect(await lag()).toBeLessThan(10);
  await publish();
  expect(await lag()).toBe(0);
});

describe('an event', () => {
  const write = (topics: string, data = '{}') =>
    database.owner
      .query('select app_private.emit_event($1, $2, $3, $4)', [
        topics,
        'booking.updated',
        one,
        data,
      ])
      .then(() => 'ok', codeOf);

  it.each([
    ['{booking:1}', 'ok'],
    ['{booking:1,vendor:2}', 'ok'],
    ['{"booking:1 2"}', '23514'],
    ['{booking:}', '23514'],
    ['{booking}', '23514'],
    ['{"Booking:1"}', '23514'],
    ['{""}', '23514'],
  ])('has topics of the form kind:whom: %s %s', async (topics, ending) => {
    expect(await write(topics)).toBe(ending);
  });

  it('names each topic once, and no topic that does not exist', async () => {
    await write('{vendor:2,booking:1,vendor:2,null}');
    await write('{null}');
    await write('{}');
    expect(await events()).toMatchObject([{ topics: ['vendor:2', 'booking:1'] }]);
  });

  it('is short enough for a notification, or is not written', async () => {
    const changed = (length: number) => JSON.stringify({ changed: ['x'.repeat(length)] });
    expect(await write('{booking:1}', changed(7_000))).toBe('23514');
    expect(await write('{booking:1}', changed(6_900))).toBe('ok');
    expect(await publish()).toBe(1);
  });
});

it('is readable by the worker alone', async () => {
  const call = database.asUser(claimsOf('admin'), (client) =>
    client.query('select app_private.publish_events(1)'),
  );
  expect(await call.catch(codeOf)).toBe('42501');
  const emitted = database.asUser(claimsOf('admin'), (client) => client.query(emit, [one]));
  expect(await emitted.catch(codeOf)).toBe('42501');
});
