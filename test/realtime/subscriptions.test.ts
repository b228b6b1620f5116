import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { makeLogger } from '../../src/lib/logger.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { type Relay, startRelay } from '../../src/realtime/relay.ts';
import {
  type Booking,
  people,
  seedBookings,
  startApi,
  type TestApi,
  tokenFor,
} from '../api/support.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import {
  aWhile,
  connect,
  connectAs,
  type Follower,
  type FollowerOptions,
  gauge,
  until,
} from './support.ts';

const followBooking = `subscription($id: UUID!) { bookingUpdated(bookingId: $id) {
  event eventId time changedFields booking { id status specialInstructions }
} }`;
const listen =
  'subscription($topic: String!) { listen(topic: $topic) { event subjectId changedFields } }';

describe('subscriptions', () => {
  let database: TestDatabase;
  let api: TestApi;
  let relay: Relay;
  let bookings: Record<'ann' | 'ben', Booking[]>;
  const followers: Follower[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    bookings = await seedBookings(database.owner, 6);
    api = await startApi(database);
    relay = startRelay({ connectionString: database.workerUrl, logger: makeLogger('silent') });
    await until(async () => {
      const { rowCount } = await database.owner.query(
        'select from app_private.events where sequence is null',
      );
      return rowCount === 0;
    });
  });
  afterEach(() => {
    for (const follower of followers.splice(0)) {
      follower.dispose();
    }
  });
  afterAll(async () => {
    await relay?.close();
    await api?.close();
    await database?.drop();
  });

  const as = async (person: 'ann' | 'ben' | 'cleo', options?: FollowerOptions) => {
    const follower = await connectAs(api, person, options);
    followers.push(follower);
    return follower;
  };
  const instruct = (id: string, text: string) =>
    database.owner.query('update bookings set special_instructions = $2 where id = $1', [id, text]);
  const running = () => gauge(api, 'subscriptions');
  const started = (count: number) => until(async () => (await running()) === count);
  const none = () => started(0);
  const idOf = (person: 'ann' | 'ben', n: number) => (bookings[person][n] as Booking).id;

  test('a customer follows their booking, re-read at each change', async () => {
    const id = idOf('ann', 0);
    const followed = (await as('ann')).follow(followBooking, { id: id.toUpperCase() });
    await started(1);
    await instruct(id, 'first');
    const first = (await followed.next()).data.bookingUpdated;
    await instruct(id, 'second');
    const second = (await followed.next()).data.bookingUpdated;
    expect(first).toMatchObject({
      event: 'booking.updated',
      changedFields: ['specialInstructions'],
      booking: { id, status: 'pending', specialInstructions: 'first' },
    });
    expect(Date.parse(first.time)).not.toBeNaN();
    expect(second.booking.specialInstructions).toBe('second');
    expect(Number(second.eventId)).toBeGreaterThan(Number(first.eventId));
  });

  test('no user hears of another’s booking, nor of a transaction that is rolled back', async () => {
    await none();
    const followed = (await as('ann')).follow(followBooking, { id: idOf('ann', 1) });
    await started(1);
    await instruct(idOf('ann', 2), 'another booking');
    await database.owner.query(
      'begin; update bookings set special_instructions = $$undone$$; rollback',
    );
    await aWhile();
    expect(followed.messages).toEqual([]);
    await instruct(idOf('ann', 1), 'heard');
    expect((await followed.next()).data.bookingUpdated.booking.specialInstructions).toBe('heard');
  });

  test('what a user may not see cannot be followed', async () => {
    const id = idOf('ann', 0);
    const follower = await as('ben');
    const foreign = follower.follow(followBooking, { id });
    expect((await foreign.next()).errors?.[0]?.extensions?.code).toBe('OB003');
    expect(await foreign.ended).toBe('complete');
    const own = follower.follow(followBooking, { id: idOf('ben', 0) });
    await instruct(id, 'not for Ben');
    await instruct(idOf('ben', 0), 'for Ben');
    expect((await own.next()).data.bookingUpdated.booking.specialInstructions).toBe('for Ben');
  });

  test('without a token no subscription is allowed', async () => {
    const follower = connect(api);
    followers.push(follower);
    const booking = follower.follow(followBooking, { id: idOf('ann', 0) });
    const topic = follower.follow(listen, { topic: `booking:${idOf('ann', 0)}` });
    expect((await booking.next()).errors?.[0]?.extensions?.code).toBe('OB001');
    expect((await topic.next()).errors?.[0]?.extensions?.code).toBe('OB001');
    const catalogue = follower.follow('{ countries { nodes { code } } }');
    expect((await catalogue.next()).data.countries.nodes).toContainEqual({ code: 'IN' });
  });

  test('listen follows an allowed topic, and no other', async () => {
    const id = idOf('ann', 0);
    const follower = await as('ann');
    const followed = follower.follow(listen, { topic: `booking:${id}` });
    await until(async () => (await running()) > 0);
    await instruct(id, 'listened');
    expect((await followed.next()).data.listen).toEqual({
      event: 'booking.updated',
      subjectId: id,
      changedFields: ['specialInstructions'],
    });
    for (const topic of [
      `booking:${idOf('ben', 0)}`,
      'booking:',
      'ombaro_events',
      'secrets:all',
      '',
    ]) {
      const refused = follower.follow(listen, { topic });
      expect((await refused.next()).errors?.[0]?.extensions?.code).toBe('OB015');
    }
  });

  describe('a subscriber whose right ends gets nothing more', () => {
    type Ending = 'complete' | 'told to stop';
    type Act = (id: string) => Promise<unknown>;
    // A booking each: what happened to one late in a test may still be told in the next.
    const endings: [string, number, Ending, Act, Act][] = [
      [
        'the booking passes to another customer',
        3,
        'complete',
        (id) =>
          database.owner.query('update bookings set customer_id = $2 where id = $1', [
            id,
            people.ben,
          ]),
        (id) =>
          database.owner.query('update bookings set customer_id = $2 where id = $1', [
            id,
            people.ann,
          ]),
      ],
      [
        'the account is suspended',
        4,
        'told to stop',
        () => setStatus('suspended'),
        () => setStatus('active'),
      ],
    ];
    /** The subscription alone, or the whole connection in the way that makes its client give up. */
    const howEnded = async ({ ended }: { ended: Promise<unknown> }): Promise<unknown> => {
      const end = await ended;
      return (end as Partial<CloseEvent>).code === 4401 ? 'told to stop' : end;
    };
    const setStatus = (status: string) =>
      database.owner.query('update user_profiles set status = $1 where id = $2', [
        status,
        people.ann,
      ]);

    test.each(endings)('%s', async (_name, booking, ending, end, restore) => {
      await none();
      const id = idOf('ann', booking);
      const follower = await as('ann');
      const fields = follower.follow(followBooking, { id });
      const event = follower.follow(
        'subscription($id: UUID!) { bookingUpdated(bookingId: $id) { event changedFields } }',
        { id },
      );
      const topic = follower.follow(listen, { topic: `booking:${id}` });
      await started(3);
      await instruct(id, 'before');
      const all = [fields, event, topic];
      await Promise.all(all.map((each) => each.next()));
      try {
        await end(id);
        await instruct(id, 'after');
        expect(await Promise.all(all.map(howEnded))).toEqual(Array(3).fill(ending));
        expect(all.map((each) => each.messages.length)).toEqual([1, 1, 1]);
        await none();
      } finally {
        await restore(id);
      }
    });

    test('the session is ended', async () => {
      await none();
      const id = idOf('ann', 5);
      const { rows } = await database.owner.query<{ id: string }>(
        "insert into user_sessions (user_id, expires_at) values ($1, now() + interval '1 hour') returning id",
        [people.ann],
      );
      const session = rows[0]?.id;
      const token = await tokenFor(people.ann, { claims: { session_id: session } });
      const followed = (await as('ann', { token })).follow(followBooking, { id });
      const other = (await as('ann')).follow(followBooking, { id });
      await started(2);
      await database.owner.query("update user_sessions set status = 'terminated' where id = $1", [
        session,
      ]);
      await instruct(id, 'after the end');
      expect(await howEnded(followed)).toBe('told to stop');
      expect(followed.messages).toEqual([]);
      expect((await other.next()).data.bookingUpdated.booking.id).toBe(id);
    });
  });

  test('a client that leaves is forgotten', async () => {
    const follower = await as('ann');
    follower.follow(followBooking, { id: idOf('ann', 0) });
    await until(async () => (await running()) > 0);
    follower.dispose();
    await none();
  });

  test('a lost listener sends clients away to come back, and they miss nothing from then on', async () => {
    await none();
    const id = idOf('ann', 0);
    const follower = await as('ann', { retries: 50 });
    const followed = follower.follow(followBooking, { id });
    await started(1);
    await withClient(database.rootUrl, (root) =>
      root.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = '${database.name}' and application_name = 'ombaro listener'`),
    );
    await until(() => follower.closes.length > 0);
    expect(follower.closes[0]).toBe(1012);
    await until(async () => (await running()) === 1);
    await instruct(id, 'after the loss');
    expect((await followed.next()).data.bookingUpdated.booking.specialInstructions).toBe(
      'after the loss',
    );
  });

  test('a second relay stands by and takes over', async () => {
    await none();
    const id = idOf('ann', 0);
    const standby = startRelay({
      connectionString: database.workerUrl,
      logger: makeLogger('silent'),
    });
    const followed = (await as('ann')).follow(followBooking, { id });
    await started(1);
    await instruct(id, 'with two');
    await followed.next();
    await relay.close();
    await instruct(id, 'with the second');
    expect((await followed.next()).data.bookingUpdated.booking.specialInstructions).toBe(
      'with the second',
    );
    expect(followed.messages).toHaveLength(2);
    await standby.close();
    relay = startRelay({ connectionString: database.workerUrl, logger: makeLogger('silent') });
  });
});
