import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { LiveClient } from '../../examples/live-client.ts';
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
  cursorOf,
  followBooking,
  type Line,
  layLine,
  liveClientOf,
  logOf,
  startChanging,
  watch,
} from './live.ts';
import { aWhile, connectAs, type Follower, gauge, until } from './support.ts';

const myBookings =
  'subscription($after: BigInt) { myBookingsUpdated(after: $after) { eventId booking { id } } }';

describe('a client that comes back', () => {
  let database: TestDatabase;
  let api: TestApi;
  let relay: Relay;
  let line: Line;
  let ids: readonly string[];
  let ben: string;
  const clients: LiveClient[] = [];
  const followers: Follower[] = [];

  const portOf = ({ url }: TestApi) => Number(new URL(url).port);
  const startOneRelay = () =>
    startRelay({ connectionString: database.workerUrl, logger: makeLogger('silent') });
  const published = () =>
    until(async () => {
      const { rowCount } = await database.owner.query(
        'select from app_private.events where sequence is null',
      );
      return rowCount === 0;
    });

  beforeAll(async () => {
    database = await createTestDatabase();
    const bookings = await seedBookings(database.owner, 4);
    ids = bookings.ann.map(({ id }) => id);
    ben = (bookings.ben[0] as Booking).id;
    api = await startApi(database);
    line = await layLine(() => portOf(api));
    relay = startOneRelay();
    await published();
  });
  afterEach(async () => {
    line.restore();
    await Promise.all(clients.splice(0).map((client) => client.close()));
    for (const follower of followers.splice(0)) {
      follower.dispose();
    }
  });
  afterAll(async () => {
    await line?.close();
    await relay?.close();
    await api?.close();
    await database?.drop();
  });

  const clientOf = (person: 'ann' | 'ben') => {
    const client = liveClientOf(person, () => line.port);
    clients.push(client);
    return client;
  };
  const running = (count: number) =>
    until(async () => (await gauge(api, 'subscriptions')) === count);
  const change = (id: string) =>
    database.owner.query('update bookings set special_instructions = $2 where id = $1', [
      id,
      `${Math.random()}`,
    ]);

  const disturbances: [string, () => Promise<void>][] = [
    [
      'the line is cut again and again',
      async () => {
        for (let n = 0; n < 3; n += 1) {
          line.cut();
          await aWhile();
          line.restore();
          await aWhile();
        }
      },
    ],
    [
      'every listener is terminated',
      async () => {
        await withClient(database.rootUrl, (root) =>
          root.query(`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = '${database.name}' and application_name = 'ombaro listener'`),
        );
        await aWhile();
      },
    ],
    [
      'every connection to the database is terminated',
      async () => {
        await withClient(database.rootUrl, (root) =>
          root.query(`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = '${database.name}' and application_name like 'ombaro %'`),
        );
        await aWhile();
      },
    ],
    [
      'the API restarts',
      async () => {
        await api.close();
        await aWhile();
        api = await startApi(database);
      },
    ],
    [
      'the relay stops and another starts later',
      async () => {
        await relay.close();
        await aWhile();
        relay = startOneRelay();
      },
    ],
  ];
  test.each(
    disturbances,
  )('misses nothing and gets nothing twice when %s', async (_what, disturb) => {
    const after = await cursorOf(database.owner);
    const one = watch(clientOf('ann'), followBooking, { id: ids[0] });
    const all = watch(clientOf('ann'), myBookings);
    await running(2);
    const changing = startChanging(database.owner, [...ids, ben], 10);
    await until(() => all.sequences.length > 10);
    await disturb();
    const before = all.sequences.length;
    await until(() => all.sequences.length > before + 10);
    await changing.stop();
    const expectedOfOne = await logOf(database.owner, `booking:${ids[0]}`, after);
    const expectedOfAll = await logOf(database.owner, `customer:${people.ann}`, after);
    await until(() => all.sequences.length >= expectedOfAll.length);
    await until(() => one.sequences.length >= expectedOfOne.length);
    await aWhile();
    expect(one.sequences).toEqual(expectedOfOne);
    expect(all.sequences).toEqual(expectedOfAll);
    expect(expectedOfAll.length).toBeGreaterThan(expectedOfOne.length);
    expect([one.refetches(), all.refetches()]).toEqual([0, 0]);
  });

  test('catches up with more than a page of events that it missed', async () => {
    const after = await cursorOf(database.owner);
    const all = watch(clientOf('ann'), myBookings);
    await running(1);
    await change(ids[0] as string);
    await until(() => all.sequences.length === 1);
    line.cut();
    await database.owner.query(
      `do $$ begin for n in 1..150 loop
         update bookings set special_instructions = n::text where customer_id = '${people.ann}';
       end loop; end $$`,
    );
    await published();
    line.restore();
    const expected = await logOf(database.owner, `customer:${people.ann}`, after);
    expect(expected).toHaveLength(601);
    await until(() => all.sequences.length >= 601);
    await aWhile();
    expect(all.sequences).toEqual(expected);
    expect(await gauge(api, 'events_replayed_total')).toBeGreaterThanOrEqual(600);
  });

  test('is told to fetch again when it missed too much, and goes on from there', async () => {
    const one = watch(clientOf('ann'), followBooking, { id: ids[1] });
    await running(1);
    await change(ids[1] as string);
    await until(() => one.sequences.length === 1);
    line.cut();
    await change(ids[1] as string);
    await change(ids[1] as string);
    await published();
    await database.owner.query('update app_private.event_sequence set trimmed_to = last_value - 1');
    line.restore();
    await until(() => one.refetches() === 1);
    await running(1);
    await change(ids[1] as string);
    await until(() => one.sequences.length === 2);
    await published();
    expect(one.sequences[1]).toBe(await cursorOf(database.owner));
    expect(one.refetches()).toBe(1);
    await database.owner.query('update app_private.event_sequence set trimmed_to = 0');
  });

  test('a cursor that is too old or lies ahead is refused, and one in between is not', async () => {
    await database.owner.query('update app_private.event_sequence set trimmed_to = last_value - 1');
    const follower = await connectAs(api, 'ann');
    followers.push(follower);
    const cursor = await cursorOf(database.owner);
    const codeOf = async (after: number | string) => {
      const followed = follower.follow(followBooking, { id: ids[0], after: String(after) });
      return (await followed.next()).errors?.[0]?.extensions?.code;
    };
    expect(await codeOf(cursor - 2)).toBe('OB075');
    expect(await codeOf(cursor + 1)).toBe('OB075');
    expect(await codeOf(-1)).toBe('OB020');
    expect(await codeOf('now')).toBe('OB020');
    const followed = follower.follow(followBooking, { id: ids[0], after: String(cursor) });
    await running(1);
    await change(ids[0] as string);
    expect((await followed.next()).data.bookingUpdated.booking.id).toBe(ids[0]);
    await database.owner.query('update app_private.event_sequence set trimmed_to = 0');
  });

  test('a user who lost the right while away gets nothing of what happened after, and the others get all', async () => {
    const id = ids[2] as string;
    const after = await cursorOf(database.owner);
    const former = watch(clientOf('ann'), followBooking, { id });
    const rest = watch(clientOf('ann'), myBookings);
    await running(2);
    await change(id);
    await until(() => former.sequences.length === 1 && rest.sequences.length === 1);
    line.cut();
    await change(id);
    await database.owner.query('update bookings set customer_id = $2 where id = $1', [
      id,
      people.ben,
    ]);
    await change(id);
    await change(ids[0] as string);
    await published();
    line.restore();
    expect(await former.ended).toMatchObject({ errors: [{ extensions: { code: 'OB003' } }] });
    await until(() => rest.sequences.length === 2);
    const log = await logOf(database.owner, `booking:${id}`, after);
    expect(log).toHaveLength(4);
    expect(former.sequences).toEqual(log.slice(0, 1));
    expect(rest.sequences).toEqual([
      ...log.slice(0, 1),
      ...(await logOf(database.owner, `booking:${ids[0]}`, after)),
    ]);
    const heir = watch(clientOf('ben'), followBooking, { id });
    await running(2);
    await change(id);
    await until(() => heir.sequences.length === 1);
    await database.owner.query('update bookings set customer_id = $2 where id = $1', [
      id,
      people.ann,
    ]);
  });

  test('while no relay works, the metrics tell for how long events wait', async () => {
    const lag = () => gauge(api, 'event_relay_lag_seconds');
    await published();
    expect(await lag()).toBe(0);
    const received = await gauge(api, 'events_received_total');
    await relay.close();
    await change(ids[0] as string);
    await aWhile();
    expect(await lag()).toBeGreaterThan(0.2);
    relay = startOneRelay();
    await until(async () => (await gauge(api, 'events_received_total')) > received);
    await until(async () => (await lag()) === 0);
  });

  test('stops for good when its token is refused', async () => {
    const client = liveClientOf('ann', () => line.port);
    clients.push(client);
    let tokens = 0;
    const stranger = new LiveClient({
      url: () => `${api.url.replace('http', 'ws')}/graphql`,
      token: () => {
        tokens += 1;
        return tokenFor(people.ann, { key: 'x'.repeat(40) });
      },
    });
    clients.push(stranger);
    expect(await watch(stranger, myBookings).ended).toMatchObject({ code: 4401 });
    expect(tokens).toBe(1);
    const good = watch(client, myBookings);
    await running(1);
    expect(good.sequences).toEqual([]);
  });

  test('comes back with a new token when the old one has expired', async () => {
    const now = () => Math.floor(Date.now() / 1000);
    let tokens = 0;
    const client = new LiveClient({
      url: () => `${api.url.replace('http', 'ws')}/graphql`,
      token: () => {
        tokens += 1;
        return tokenFor(people.ann, { expiresAt: now() + 4 });
      },
    });
    clients.push(client);
    const after = await cursorOf(database.owner);
    const all = watch(client, myBookings);
    await running(1);
    const changing = startChanging(database.owner, ids, 20);
    await until(() => tokens >= 3);
    await changing.stop();
    const expected = await logOf(database.owner, `customer:${people.ann}`, after);
    await until(() => all.sequences.length >= expected.length);
    expect(all.sequences).toEqual(expected);
  });
});
