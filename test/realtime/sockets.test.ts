import { connect as connectSocket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { UnsecuredJWT } from 'jose';
import WebSocket from 'ws';
import {
  audience,
  issuer,
  people,
  seedBookings,
  startApi,
  type TestApi,
  tokenFor,
} from '../api/support.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { aWhile, connect, connectAs, until } from './support.ts';

const now = () => Math.floor(Date.now() / 1000);

describe('how websockets close', () => {
  let database: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedBookings(database.owner);
    api = await startApi(database);
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  const closeOf = async (
    connectionParams: Record<string, unknown>,
  ): Promise<number | undefined> => {
    const follower = connect(api, { connectionParams });
    await until(() => follower.closes.length > 0);
    follower.dispose();
    return follower.closes[0];
  };

  const refused: [string, () => unknown, number][] = [
    ['nonsense', () => 'Bearer nonsense', 4401],
    ['another scheme', () => 'Basic YTpi', 4401],
    ['empty', () => '', 4401],
    ['no string', () => ({ token: 'x' }), 4401],
    [
      'signed with another secret',
      () => bearer(tokenFor(people.ann, { key: 'x'.repeat(40) })),
      4401,
    ],
    ['of another issuer', () => bearer(tokenFor(people.ann, { claims: { iss: 'x' } })), 4401],
    [
      'with the role service_role',
      () => bearer(tokenFor(people.ann, { claims: { role: 'service_role' } })),
      4401,
    ],
    [
      'unsigned (alg none)',
      () =>
        `Bearer ${new UnsecuredJWT({ role: 'authenticated', iss: issuer, aud: audience })
          .setSubject(people.ann)
          .setExpirationTime('5m')
          .encode()}`,
      4401,
    ],
    ['expired', () => bearer(tokenFor(people.ann, { expiresAt: now() - 1 })), 4403],
  ];
  test.each(refused)('a token that is %s', async (_name, make, code) => {
    expect(await closeOf({ authorization: await make() })).toBe(code);
  });

  test('a token in other capitalization, or in the header of the upgrade, counts', async () => {
    const token = await tokenFor(people.ann, { expiresAt: now() - 1 });
    expect(await closeOf({ Authorization: `Bearer ${token}` })).toBe(4403);
    const socket = new WebSocket(
      `${api.url.replace('http', 'ws')}/graphql`,
      'graphql-transport-ws',
      {
        headers: { authorization: `Bearer ${token}` },
      },
    );
    socket.once('open', () => socket.send('{"type":"connection_init"}'));
    const code = await new Promise((resolve) => socket.once('close', resolve));
    expect(code).toBe(4403);
  });

  test('4403 when the token expires while connected, and not before', async () => {
    const expiresAt = now() + 4;
    const follower = connect(api, { token: await tokenFor(people.ann, { expiresAt }) });
    const before = follower.follow('{ bookings { totalCount } }');
    expect((await before.next()).data.bookings.totalCount).toBe(3);
    expect(follower.closes).toEqual([]);
    await until(() => follower.closes.length > 0);
    expect(follower.closes[0]).toBe(4403);
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt * 1000 - 50);
    follower.dispose();
  });

  test('queries and mutations have the same identity and limits as over HTTP', async () => {
    const follower = await connectAs(api, 'ann');
    const own = follower.follow('{ bookings { totalCount } me { id } }');
    expect((await own.next()).data).toEqual({
      bookings: { totalCount: 3 },
      me: { id: people.ann },
    });
    const tooMany = follower.follow('{ bookings(first: 101) { nodes { id } } }');
    expect(await codeOf(tooMany)).toBe('OB012');
    const unknown = follower.follow('{ nothing }');
    expect(await codeOf(unknown)).toBe('OB010');
    follower.dispose();

    async function codeOf(followed: ReturnType<typeof follower.follow>): Promise<unknown> {
      const ended = followed.ended.then((end) =>
        Array.isArray(end) ? end[0].extensions.code : end,
      );
      return Promise.race([
        followed.next().then(({ errors }) => errors?.[0]?.extensions?.code),
        ended,
      ]);
    }
  });

  test('other paths open no websockets', async () => {
    const socket = new WebSocket(
      `${api.url.replace('http', 'ws')}/elsewhere`,
      'graphql-transport-ws',
    );
    const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
    expect(error.message).toContain('404');
  });

  test('a client that disconnects while being refused breaks nothing else', async () => {
    const { hostname, port } = new URL(api.url);
    const upgrade =
      'GET /elsewhere HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
    for (let n = 0; n < 20; n += 1) {
      const socket = connectSocket(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.write(upgrade, () => socket.resetAndDestroy());
    }
    await aWhile();
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  });

  test('a restart closes with 1012', async () => {
    const own = await startApi(database);
    const follower = await connectAs(own, 'ann');
    await (await follower.follow('{ bookings { totalCount } }')).next();
    await own.close();
    await until(() => follower.closes.length > 0);
    expect(follower.closes[0]).toBe(1012);
    follower.dispose();
  });
});

async function bearer(token: Promise<string>): Promise<string> {
  return `Bearer ${await token}`;
}
