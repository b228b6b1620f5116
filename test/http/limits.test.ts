import { connect as connectSocket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import { makeLogger } from '../../src/lib/logger.ts';
import { type Relay, startRelay } from '../../src/realtime/relay.ts';
import {
  type Answer,
  codeIn,
  type PersonName,
  people,
  seedBookings,
  startApi,
  type TestApi,
  tokenFor,
} from '../api/support.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { connect, type Followed, type Follower } from '../realtime/support.ts';

const most = 4;
const query = '{ __typename }';

describe('the limit of requests', () => {
  let database: TestDatabase;
  let api: TestApi;
  let relay: Relay;
  let bookings: Awaited<ReturnType<typeof seedBookings>>;

  beforeAll(async () => {
    database = await createTestDatabase();
    bookings = await seedBookings(database.owner);
    api = await startApi(database, {
      requestsAMinute: most,
      http: { trustProxy: 1, corsOrigins: ['https://app.example.com'] },
    });
    relay = startRelay({ connectionString: database.workerUrl, logger: makeLogger('silent') });
  });
  afterAll(async () => {
    await relay?.close();
    await api?.close();
    await database?.drop();
  });

  const from = (address: string) => ({ 'x-forwarded-for': address });
  const visit = (address: string) => api.graphql(query, { headers: from(address) });
  const ask = async (person: PersonName, address: string) =>
    api.graphql(query, { token: await tokenFor(people[person]), headers: from(address) });
  const times = <Result>(count: number, act: () => Promise<Result>): Promise<Result[]> =>
    Promise.all(Array.from({ length: count }, act));
  const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status);
  const allowed = Array<number>(most).fill(200);

  test('a user has so many requests a minute at each address, and the next is refused', async () => {
    expect(statuses(await times(most, () => ask('ann', '192.0.2.1')))).toEqual(allowed);
    const refused = await ask('ann', '192.0.2.1');
    expect([refused.status, codeIn(refused)]).toEqual([429, 'OB083']);
    expect(refused.data).toBeUndefined();
    const retryAfter = refused.headers.get('retry-after');
    expect(retryAfter).toMatch(/^\d+$/);
    expect(Number(retryAfter)).toBeGreaterThan(50);
    expect(Number(retryAfter)).toBeLessThanOrEqual(60);
    expect((await ask('ben', '192.0.2.1')).status).toBe(200);
    expect((await ask('ann', '192.0.2.2')).status).toBe(200);
    expect((await visit('192.0.2.1')).status).toBe(200);
    expect((await ask('ann', '192.0.2.1')).status).toBe(429);
  });

  test('visitors count by their address: IPv6 by its /64, IPv4 the same in both notations', async () => {
    const host = (n: number) => visit(`2001:db8:0:1::${n}`);
    expect(statuses(await Promise.all([1, 2, 3, 4].map(host)))).toEqual(allowed);
    expect((await visit('2001:db8:0:1:ffff::1')).status).toBe(429);
    expect((await visit('2001:db8:0:2::1')).status).toBe(200);
    expect(statuses(await times(most, () => visit('192.0.2.10')))).toEqual(allowed);
    expect((await visit('::ffff:192.0.2.10')).status).toBe(429);
    expect((await visit('::ffff:192.0.2.11')).status).toBe(200);
  });

  test('a token for anonymous users does not make another user of one', async () => {
    const token = (n: number) => tokenFor(people.cleo, { claims: { role: 'anon', n } });
    for (let n = 0; n < most; n += 1) {
      const headers = from('192.0.2.15');
      expect((await api.graphql(query, { token: await token(n), headers })).status).toBe(200);
    }
    expect((await visit('192.0.2.15')).status).toBe(429);
    expect((await ask('cleo', '192.0.2.15')).status).toBe(200);
  });

  test('a client that is not a trusted proxy cannot choose its address', async () => {
    const own = await startApi(database, { requestsAMinute: most });
    const visitOwn = (n: number) => own.graphql(query, { headers: from(`192.0.2.${n}`) });
    expect(statuses(await Promise.all([1, 2, 3, 4].map(visitOwn)))).toEqual(allowed);
    expect((await visitOwn(5)).status).toBe(429);
    await own.close();
    // Nor does a client of the proxy that is trusted, by what it writes in front of it.
    expect(statuses(await times(most, () => visit('198.51.100.7, 192.0.2.20')))).toEqual(allowed);
    expect((await visit('198.51.100.8, 192.0.2.20')).status).toBe(429);
  });

  test('a thousand at once: as many are answered as the limit allows', async () => {
    const answers = statuses(await times(1_000, () => ask('ann', '192.0.2.30')));
    expect(answers.filter((status) => status === 200)).toHaveLength(most);
    expect(answers.filter((status) => status === 429)).toHaveLength(1_000 - most);
  });

  test('guessing tokens is limited by address, and stops no user who has one', async () => {
    const guess = (method: string) =>
      fetch(`${api.url}/graphql`, {
        method,
        headers: { ...from('192.0.2.40'), authorization: 'Bearer guessed' },
      });
    const methods = ['POST', 'GET', 'OPTIONS', 'DELETE'];
    const guesses = await Promise.all(methods.map(guess));
    expect(guesses.map(({ status }) => status)).toEqual(methods.map(() => 401));
    expect((await guess('POST')).status).toBe(429);
    expect((await guess('OPTIONS')).status).toBe(429);
    expect((await ask('ann', '192.0.2.40')).status).toBe(200);
  });

  test('health checks and preflights are not counted, and not refused', async () => {
    const headers = from('192.0.2.50');
    const preflight = (origin: string) =>
      fetch(`${api.url}/graphql`, {
        method: 'OPTIONS',
        headers: { ...headers, origin, 'access-control-request-method': 'POST' },
      });
    const probe = async () => {
      for (const path of ['/healthz', '/readyz', '/metrics']) {
        expect((await fetch(`${api.url}${path}`, { headers })).status).toBe(200);
      }
      expect((await preflight('https://app.example.com')).status).toBe(204);
      expect((await preflight('https://elsewhere.example.com')).status).toBe(405);
    };
    await probe();
    await probe();
    expect(statuses(await times(most, () => visit('192.0.2.50')))).toEqual(allowed);
    expect((await visit('192.0.2.50')).status).toBe(429);
    await probe();
  });

  test('a page may read when to come again', async () => {
    await times(most, () => visit('192.0.2.60'));
    const refused = await api.graphql(query, {
      headers: { ...from('192.0.2.60'), origin: 'https://app.example.com' },
    });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('access-control-expose-headers')).toContain('retry-after');
  });

  describe('over websockets', () => {
    const connectFrom = async (address: string, person?: PersonName): Promise<Follower> =>
      connect(api, {
        headers: from(address),
        ...(person && { token: await tokenFor(people[person]) }),
      });
    const refusal = async (followed: Followed) => {
      const [error] = (await followed.ended) as { extensions: Record<string, unknown> }[];
      return error?.extensions;
    };

    test('queries, mutations and subscriptions count as requests do; running ones go on', async () => {
      const id = bookings.ann[0]?.id ?? '';
      const subscription = `subscription { bookingUpdated(bookingId: "${id}") { event } }`;
      const mutation = `mutation { updateBooking(input: { id: "${id}", patch: {} }) { clientMutationId } }`;
      const follower = await connectFrom('192.0.2.70', 'ann');
      const following = follower.follow(subscription);
      await follower.follow(query).ended;
      await follower.follow(mutation).ended;
      expect((await ask('ann', '192.0.2.70')).status).toBe(200);
      for (const operation of [query, mutation, subscription]) {
        const told = await refusal(follower.follow(operation));
        expect(told).toEqual({ code: 'OB083', retryAfter: expect.any(Number) });
        expect(told?.retryAfter).toBeGreaterThan(50);
        expect(told?.retryAfter).toBeLessThanOrEqual(60);
      }
      expect((await ask('ann', '192.0.2.70')).status).toBe(429);
      expect((await ask('ben', '192.0.2.70')).status).toBe(200);
      await database.owner.query(
        `update bookings set special_instructions = 'quietly' where id = $1`,
        [id],
      );
      expect((await following.next()).data).toEqual({
        bookingUpdated: { event: 'booking.updated' },
      });
      expect(follower.closes).toEqual([]);
      follower.dispose();
    });

    test('another user’s socket from the same address is not affected', async () => {
      const [ann, ben] = [
        await connectFrom('192.0.2.71', 'ann'),
        await connectFrom('192.0.2.71', 'ben'),
      ];
      await times(most, () => ask('ann', '192.0.2.71'));
      expect(await refusal(ann.follow(query))).toMatchObject({ code: 'OB083' });
      expect((await ben.follow(query).next()).data).toEqual({ __typename: 'Query' });
      ann.dispose();
      ben.dispose();
    });

    test('new sockets count by address, whichever token comes later', async () => {
      const open = (address: string) =>
        new Promise<{ status: number; retryAfter?: unknown; body?: unknown }>((resolve, reject) => {
          const url = `${api.url.replace('http', 'ws')}/graphql`;
          const socket = new WebSocket(url, 'graphql-transport-ws', { headers: from(address) });
          socket.once('open', () => {
            socket.terminate();
            resolve({ status: 101 });
          });
          socket.once('unexpected-response', async (_request, response) => {
            const body = JSON.parse(Buffer.concat(await response.toArray()).toString());
            resolve({
              status: response.statusCode ?? 0,
              retryAfter: response.headers['retry-after'],
              body,
            });
          });
          socket.once('error', reject);
        });
      const opened = await times(most, () => open('192.0.2.80'));
      expect(opened).toEqual(opened.map(() => ({ status: 101 })));
      const refused = await open('192.0.2.80');
      expect(refused).toEqual({
        status: 429,
        retryAfter: expect.stringMatching(/^([1-9]|[1-5]\d|60)$/),
        body: { errors: [{ message: expect.any(String), extensions: { code: 'OB083' } }] },
      });
      expect((await visit('192.0.2.80')).status).toBe(429);
      expect((await open('192.0.2.81')).status).toBe(101);
    });

    test('a client that disconnects while being refused breaks nothing else', async () => {
      const { hostname, port } = new URL(api.url);
      const upgrade =
        'GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nx-forwarded-for: 192.0.2.90\r\n\r\n';
      await times(most, () => visit('192.0.2.90'));
      for (let n = 0; n < 20; n += 1) {
        const socket = connectSocket(Number(port), hostname);
        socket.on('error', () => undefined);
        socket.write(upgrade, () => socket.resetAndDestroy());
      }
      await sleep(200);
      expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
    });
  });
});
