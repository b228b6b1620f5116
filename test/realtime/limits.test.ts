import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import { makeLogger } from '../../src/lib/logger.ts';
import { type Relay, startRelay } from '../../src/realtime/relay.ts';
import {
  type Booking,
  limitRequests,
  type PersonName,
  people,
  seedBookings,
  startApi,
  type TestApi,
  tokenFor,
} from '../api/support.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { cursorOf, followBooking } from './live.ts';
import { aWhile, connect, connectAs, type Follower, gauge, until } from './support.ts';

const listen = 'subscription($topic: String!) { listen(topic: $topic) { event } }';

/** A websocket without a client around it, after its `connection_ack`. */
async function openRaw(api: TestApi, person: PersonName, options = {}): Promise<WebSocket> {
  const socket = new WebSocket(
    `${api.url.replace('http', 'ws')}/graphql`,
    'graphql-transport-ws',
    options,
  );
  await new Promise((resolve) => socket.once('open', resolve));
  const authorization = `Bearer ${await tokenFor(people[person])}`;
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
  await new Promise((resolve) => socket.once('message', resolve));
  return socket;
}

type Closed = {
  code: number;
  reason: string;
  /** Milliseconds from the call to the end. */
  after: number;
};

function closeOf(socket: WebSocket): Promise<Closed> {
  const since = performance.now();
  return new Promise((resolve) =>
    socket.once('close', (code, reason) =>
      resolve({ code, reason: String(reason), after: performance.now() - since }),
    ),
  );
}

describe('limits of live updates', () => {
  let database: TestDatabase;
  let api: TestApi;
  let relay: Relay;
  let ids: readonly string[];
  let ben: string;
  const followers: Follower[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    const bookings = await seedBookings(database.owner, 60);
    ids = bookings.ann.map(({ id }) => id);
    ben = (bookings.ben[0] as Booking).id;
    api = await startApi(database, { http: { trustProxy: 1 } });
    relay = startRelay({ connectionString: database.workerUrl, logger: makeLogger('silent') });
    await until(async () => {
      const { rowCount } = await database.owner.query(
        'select from app_private.events where sequence is null',
      );
      return rowCount === 0;
    });
  });
  afterEach(async () => {
    for (const follower of followers.splice(0)) {
      follower.dispose();
    }
    await until(async () => (await gauge(api, 'websocket_connections')) === 0);
  });
  afterAll(async () => {
    await relay?.close();
    await api?.close();
    await database?.drop();
  });

  const as = async (person: PersonName, headers = {}) => {
    const follower = await connectAs(api, person, { headers });
    followers.push(follower);
    return follower;
  };
  const running = () => gauge(api, 'subscriptions');
  const change = (id: string, text: string) =>
    database.owner.query('update bookings set special_instructions = $2 where id = $1', [id, text]);
  const from = (address: string) => ({ 'x-forwarded-for': address });

  test('a socket follows fifty things and no more, and stays open', async () => {
    const follower = await as('ann');
    const all = ids.slice(0, 50).map((id) => follower.follow(followBooking, { id }));
    await until(async () => (await running()) === 50);
    const tooMany = follower.follow(followBooking, { id: ids[50] });
    expect((await tooMany.next()).errors?.[0]?.extensions?.code).toBe('OB076');
    await change(ids[0] as string, 'still followed');
    expect((await all[0]?.next())?.data.bookingUpdated.booking.id).toBe(ids[0]);
    // What was refused, or asked for in vain, holds no place.
    const query = follower.follow('{ bookings { totalCount } }');
    expect((await query.next()).data.bookings.totalCount).toBe(60);
    expect(follower.closes).toEqual([]);
  });

  test('a place is free again once its subscription has ended, and a refused one takes none', async () => {
    const follower = await as('ann');
    for (let n = 0; n < 120; n += 1) {
      const refused = follower.follow(followBooking, { id: ben });
      expect((await refused.next()).errors?.[0]?.extensions?.code).toBe('OB003');
    }
    const ends = ids.slice(0, 50).map((id) => {
      const end = follower.client.subscribe(
        { query: followBooking, variables: { id } },
        { next: () => undefined, error: () => undefined, complete: () => undefined },
      );
      return end;
    });
    await until(async () => (await running()) === 50);
    for (const end of ends) {
      end();
    }
    await until(async () => (await running()) === 0);
    const again = follower.follow(followBooking, { id: ids[0] });
    await until(async () => (await running()) === 1);
    await change(ids[0] as string, 'again');
    expect((await again.next()).data.bookingUpdated.booking.id).toBe(ids[0]);
  });

  test('a user follows two hundred things on all sockets together, and another user the same', async () => {
    const sockets = await Promise.all(Array.from({ length: 5 }, () => as('ann')));
    const followed = sockets
      .slice(0, 4)
      .flatMap((socket) => ids.slice(0, 50).map((id) => socket.follow(followBooking, { id })));
    await until(async () => (await running()) === 200);
    expect(followed).toHaveLength(200);
    const tooMany = sockets[4]?.follow(followBooking, { id: ids[0] });
    expect((await tooMany?.next())?.errors?.[0]?.extensions?.code).toBe('OB076');
    const others = (await as('ben')).follow(followBooking, { id: ben });
    await until(async () => (await running()) === 201);
    await change(ben, 'for Ben');
    expect((await others.next()).data.bookingUpdated.booking.id).toBe(ben);
    sockets[0]?.dispose();
    await until(async () => (await running()) === 151);
    sockets[4]?.follow(followBooking, { id: ids[0] });
    await until(async () => (await running()) === 152);
  });

  test('a user has twenty sockets, the next is closed with 4429, and another user is let in', async () => {
    const open = async () => {
      const follower = await as('ann', from('192.0.2.1'));
      const me = follower.follow('{ me { id } }');
      return { follower, me };
    };
    const twenty = await Promise.all(Array.from({ length: 20 }, open));
    await Promise.all(twenty.map(({ me }) => me.next()));
    // Wherever it comes from.
    const next = await as('ann', from('192.0.2.2'));
    await until(() => next.closes.length > 0);
    expect(next.closes).toEqual([4429]);
    const other = (await as('ben', from('192.0.2.1'))).follow('{ me { id } }');
    expect((await other.next()).data.me.id).toBe(people.ben);
    twenty[0]?.follower.dispose();
    await until(async () => (await gauge(api, 'websocket_connections')) <= 20);
    const { me, follower } = await open();
    expect((await me.next()).data.me.id).toBe(people.ann);
    expect(follower.closes).toEqual([]);
  });

  test('anonymous users have twenty sockets at one address, which does not count for users who are signed in there', async () => {
    const visit = (address: string) => {
      const follower = connect(api, { headers: from(address) });
      followers.push(follower);
      return follower;
    };
    const query = '{ countries { nodes { code } } }';
    const twenty = Array.from({ length: 20 }, () => visit('192.0.2.3').follow(query));
    await Promise.all(twenty.map((each) => each.next()));
    const next = visit('192.0.2.3');
    await until(() => next.closes.length > 0);
    expect(next.closes).toEqual([4429]);
    await visit('192.0.2.4').follow(query).next();
    await (await as('ann', from('192.0.2.3'))).follow('{ me { id } }').next();
  });

  /** Opens subscriptions on topics of one's choice and closes them at once, 1,600 a second. */
  const makeNoise = async (server: TestApi) => {
    const sockets = await Promise.all(Array.from({ length: 4 }, () => openRaw(server, 'ann')));
    let id = 0;
    const send = (socket: WebSocket) => {
      for (let n = 0; n < 10; n += 1) {
        id += 1;
        const variables = { topic: `booking:${crypto.randomUUID()}` };
        const payload = { query: listen, variables };
        socket.send(JSON.stringify({ id: `${id}`, type: 'subscribe', payload }));
        socket.send(JSON.stringify({ id: `${id}`, type: 'complete' }));
      }
    };
    const timer = setInterval(() => sockets.forEach(send), 25);
    return {
      opened: () => id,
      stop() {
        clearInterval(timer);
        for (const socket of sockets) {
          socket.close();
        }
      },
    };
  };
  /** In milliseconds, of forty queries of another user. */
  const medianOfQueries = async (server: TestApi) => {
    const times: number[] = [];
    for (let n = 0; n < 40; n += 1) {
      const start = performance.now();
      const { data } = await server.as('ben', '{ bookings(first: 5) { nodes { id } } }');
      expect(data.bookings.nodes).toHaveLength(5);
      times.push(performance.now() - start);
    }
    return times.sort((one, other) => one - other)[20] as number;
  };

  test('a client that opens and closes thousands of subscriptions asks four questions at a time, and holds up no other', async () => {
    const noise = await makeNoise(api);
    const connections = async (state: string) =>
      gauge(api, `database_pool_connections\\{state="${state}"\\}`);
    let most = 0;
    await until(async () => {
      most = Math.max(most, (await connections('used')) + (await connections('waiting')));
      return noise.opened() > 3_000;
    }, 20_000);
    noise.stop();
    // One more asks for the lag of the relay, for the metrics.
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(5);
    await until(async () => (await running()) === 0);
  });

  test('under the limit of requests, which counts each of them, they slow no other client', async () => {
    const own = await startApi(database, { requestsAMinute: 100 });
    try {
      const alone = await medianOfQueries(own);
      const noise = await makeNoise(own);
      await aWhile();
      const beside = await medianOfQueries(own);
      noise.stop();
      expect(noise.opened()).toBeGreaterThan(500);
      // Server and noise share one thread here.
      expect(beside).toBeLessThan(3 * alone + 30);
    } finally {
      await own.close();
      await limitRequests(database.owner, 1_000_000);
    }
  });
});

describe('clients that do not keep up', () => {
  let database: TestDatabase;
  let api: TestApi;
  let relay: Relay;
  let ids: readonly string[];

  beforeAll(async () => {
    database = await createTestDatabase();
    ids = (await seedBookings(database.owner, 2)).ann.map(({ id }) => id);
    // Long ones fill a line with few.
    await database.owner.query(
      'alter table bookings drop constraint bookings_special_instructions_check',
    );
    api = await startApi(database);
    relay = startRelay({ connectionString: database.workerUrl, logger: makeLogger('silent') });
  });
  afterAll(async () => {
    await relay?.close();
    await api?.close();
    await database?.drop();
  });

  const pauseReading = (socket: WebSocket) =>
    (socket as unknown as { _socket: { pause(): void; resume(): void } })._socket;

  test('one that does not answer pings is disconnected within thirty seconds, and one that does stays', async () => {
    const dead = await openRaw(api, 'ann', { autoPong: false });
    const alive = await openRaw(api, 'ann');
    dead.send(
      JSON.stringify({
        id: '1',
        type: 'subscribe',
        payload: { query: followBooking, variables: { id: ids[0] } },
      }),
    );
    await until(async () => (await gauge(api, 'subscriptions')) === 1);
    const { after } = await closeOf(dead);
    expect(after).toBeLessThan(30_000);
    expect(after).toBeGreaterThan(5_000);
    await until(async () => (await gauge(api, 'subscriptions')) === 0);
    expect(await gauge(api, 'websocket_connections')).toBe(1);
    alive.close();
  });

  test('one that reads too slowly is sent away with 1012 and a reason; nothing piles up for it', async () => {
    const socket = await openRaw(api, 'ann');
    const stream = pauseReading(socket);
    await database.owner.query(
      'update bookings set special_instructions = repeat($$x$$, 400000) where id = any($1)',
      [ids],
    );
    stream.pause();
    const query = '{ bookings { nodes { a: specialInstructions b: specialInstructions } } }';
    for (let id = 0; id < 12; id += 1) {
      socket.send(JSON.stringify({ id: `${id}`, type: 'subscribe', payload: { query } }));
    }
    await until(async () => (await gauge(api, 'slow_readers_closed_total')) === 1, 10_000);
    const closing = closeOf(socket);
    stream.resume();
    expect(await closing).toMatchObject({
      code: 1012,
      reason: 'Messages were read too slowly. Connect again.',
    });
  });

  test('for one that stops reading one event is rendered, and not the thousand behind it', async () => {
    const socket = await openRaw(api, 'ann');
    const cursor = await cursorOf(database.owner);
    socket.send(
      JSON.stringify({
        id: '1',
        type: 'subscribe',
        payload: { query: followBooking, variables: { id: ids[0], after: String(cursor) } },
      }),
    );
    await until(async () => (await gauge(api, 'subscriptions')) === 1);
    const stream = pauseReading(socket);
    stream.pause();
    const closing = closeOf(socket);
    // Each is 100 kB: the first ones fill the line, the next one waits, the others are not even read.
    await database.owner.query(
      `do $$ begin for n in 1..1200 loop
         update bookings set special_instructions = repeat('x', 100000) || n where id = '${ids[0]}';
       end loop; end $$`,
    );
    await until(async () => (await gauge(api, 'subscriptions')) === 0, 20_000);
    const before = process.memoryUsage().rss;
    stream.resume();
    expect(await closing).toMatchObject({
      code: 1012,
      reason: 'Messages were read too slowly. Connect again.',
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
  });
});
