import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { type ErrorMoment, makeLogger } from '../../src/lib/logger.ts';
import { type Relay, startRelay } from '../../src/realtime/relay.ts';
import { type RequestScope, scopeOf } from '../../src/requests/scope.ts';
import { settingsFor } from '../../src/requests/transaction.ts';
import {
  type Booking,
  codeIn,
  type PersonName,
  people,
  seedBookings,
  startApi,
  type TestApi,
  tokenFor,
} from '../api/support.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { connectAs, gauge, until } from '../realtime/support.ts';

const breakIt = 'mutation { break(input: {}) { clientMutationId } }';

describe('the scope of a request', () => {
  let database: TestDatabase;
  let api: TestApi;
  let relay: Relay;
  let bookings: Record<'ann' | 'ben', Booking[]>;
  const moments: ErrorMoment[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    bookings = await seedBookings(database.owner, 1);
    await database.owner.query(`
      create function public.break() returns boolean language plpgsql volatile as
        $$ begin perform pg_sleep(random() * 0.05); raise exception 'broken'; end $$;
      create function public.bookings_broken(b public.bookings) returns text language plpgsql stable as
        $$ begin raise exception 'broken'; end $$;
      grant execute on function public.break(), public.bookings_broken(public.bookings) to authenticated, anon`);
    api = await startApi(database, { onError: (_error, moment) => void moments.push(moment) });
    relay = startRelay({ connectionString: database.workerUrl, logger: makeLogger('silent') });
  });
  beforeEach(() => {
    moments.length = 0;
  });
  afterAll(async () => {
    await relay?.close();
    await api?.close();
    await database?.drop();
  });

  /** What was logged of the error that a client was told of by this id. */
  const logged = (errorId: unknown) => api.log.find((line) => line.errorId === errorId);
  const momentOf = (errorId: unknown) => moments.find(({ data }) => data.errorId === errorId);

  test('of many at once: each error is logged with the id of its own request, and for its own user', async () => {
    const names: (PersonName | undefined)[] = ['ann', 'ben', 'cleo', undefined];
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const name = names[n % names.length];
        const requestId = `at-once-${n}`;
        const { errors } = await api.graphql(breakIt, {
          headers: { 'x-request-id': requestId },
          ...(name && { token: await tokenFor(people[name]) }),
        });
        const { code, errorId } = errors?.[0]?.extensions ?? {};
        expect(code).toBe('OB099');
        expect(logged(errorId)).toMatchObject({ requestId });
        expect(momentOf(errorId)).toEqual({
          userId: name && people[name],
          data: { errorId, requestId, path: ['break'] },
          isFatal: false,
        });
      }),
    );
    const answered = api.log.filter(({ msg }) => msg === 'request');
    expect(new Set(answered.map(({ requestId }) => requestId)).size).toBeGreaterThanOrEqual(40);
  });

  test('of a websocket is that of the request that opened it', async () => {
    const follower = await connectAs(api, 'ben', { headers: { 'x-request-id': 'socket-0002' } });
    const { ended, messages } = follower.follow(breakIt);
    expect(await ended).toBe('complete');
    const { code, errorId } = messages[0]?.errors?.[0]?.extensions ?? {};
    expect(code).toBe('OB099');
    expect(logged(errorId)).toMatchObject({ requestId: 'socket-0002' });
    expect(momentOf(errorId)).toMatchObject({ userId: people.ben });
    follower.dispose();
  });

  test('is known where an event cannot be rendered, and its websocket is interrupted', async () => {
    const follower = await connectAs(api, 'ann', { headers: { 'x-request-id': 'socket-0003' } });
    const id = bookings.ann[0]?.id;
    follower.follow(
      'subscription($id: UUID!) { bookingUpdated(bookingId: $id) { event booking { id broken } } }',
      { id },
    );
    await until(async () => (await gauge(api, 'subscriptions')) === 1);
    await database.owner.query(`update bookings set special_instructions = 'x' where id = $1`, [
      id,
    ]);
    await until(() => follower.closes.length > 0);
    expect(follower.closes).toEqual([1012]);
    const line = api.log.find(({ msg }) => msg === 'a subscription was interrupted');
    expect(line).toMatchObject({ requestId: 'socket-0003' });
    expect(moments).toEqual([
      { userId: people.ann, data: { requestId: 'socket-0003' }, isFatal: false },
    ]);
    follower.dispose();
  });

  test('of a refused websocket has an id as well', async () => {
    for (const [path, status] of [
      ['/elsewhere', 404],
      ['/graphql', 101],
    ] as const) {
      const socket = new WebSocket(
        `${api.url.replace('http', 'ws')}${path}`,
        'graphql-transport-ws',
        { headers: { 'x-request-id': 'socket-0004' } },
      );
      const answered =
        status === 101
          ? once(socket, 'upgrade').then(([answer]) => answer as IncomingMessage)
          : once(socket, 'unexpected-response').then(([, answer]) => answer as IncomingMessage);
      const { statusCode, headers } = await answered;
      expect([statusCode, headers['x-request-id']]).toEqual([status, 'socket-0004']);
      socket.on('error', () => undefined);
      socket.terminate();
    }
  });

  test('ends with the answer: what a refused token sent belongs to no user', async () => {
    const answer = await api.graphql(breakIt, { token: 'no.token.ofours' });
    expect(codeIn(answer)).toBe('OB004');
    expect(moments).toEqual([]);
  });
});

describe('without a scope', () => {
  test('no request is served, and without an identity none reaches the database', () => {
    expect(() => scopeOf({} as IncomingMessage)).toThrow('without a scope');
    const scope: Pick<RequestScope, 'identity' | 'origin'> = {
      origin: { requestId: 'one', address: '127.0.0.1', userAgent: undefined },
      identity: undefined,
    };
    expect(() => settingsFor(scope, 'read only', 1_000)).toThrow('without an identity');
    const anonymous = {
      claims: undefined,
      subject: undefined,
      sessionId: undefined,
      expiresAt: undefined,
    };
    expect(settingsFor({ ...scope, identity: anonymous }, 'read only', 1_000)).toMatchObject({
      access: 'read only',
      requestId: 'one',
    });
  });
});
