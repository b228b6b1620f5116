import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import {
  audience,
  codeIn,
  issuer,
  people,
  secret,
  seedBookings,
  startApi,
  type TestApi,
  tokenFor,
} from './support.ts';

const query = '{ bookings { totalCount } vendors { totalCount } }';
const now = () => Math.floor(Date.now() / 1000);

describe('who is asking', () => {
  let database: TestDatabase;
  let api: TestApi;
  let keySet: Server;
  let privateKey: CryptoKey;

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256');
    privateKey = pair.privateKey;
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    keySet = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((resolve) => keySet.listen(0, '127.0.0.1', resolve));
    const { port } = keySet.address() as AddressInfo;
    database = await createTestDatabase();
    await seedBookings(database.owner);
    api = await startApi(database, {
      tokens: { jwksUrl: `http://127.0.0.1:${port}/`, issuers: [issuer, 'https://issuer.example'] },
    });
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
    keySet?.close();
  });

  const external = (key: CryptoKey, by = 'https://issuer.example') =>
    new SignJWT({ role: 'authenticated', iss: by, aud: audience })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setSubject(people.ann)
      .setExpirationTime('5m')
      .sign(key);

  test('a token of our own is believed', async () => {
    const answer = await api.graphql(query, { token: await tokenFor(people.ann) });
    expect(answer.status).toBe(200);
    expect(answer.data.bookings.totalCount).toBe(3);
  });

  test('a token of the issuer’s key set is believed', async () => {
    const answer = await api.graphql(query, { token: await external(privateKey) });
    expect(answer.data?.bookings.totalCount).toBe(3);
  });

  test('without a token: the catalogue and no bookings', async () => {
    const answer = await api.graphql('{ vendors { totalCount } }');
    expect(answer.status).toBe(200);
    expect(codeIn(await api.graphql('{ bookings { totalCount } }'))).toBe('OB001');
  });

  test('a token that says anon is an anonymous user’s', async () => {
    const token = await new SignJWT({ role: 'anon', iss: issuer, aud: audience })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('10m')
      .sign(new TextEncoder().encode(secret));
    expect(codeIn(await api.graphql('{ bookings { totalCount } }', { token }))).toBe('42501');
    const { data } = await api.graphql('{ me { id } states { totalCount } }', { token });
    expect(data).toEqual({ me: null, states: { totalCount: 36 } });
  });

  test('a token that says anon and names a user is refused', async () => {
    const token = await tokenFor(people.ann, { claims: { role: 'anon' } });
    const answer = await api.graphql('{ me { id } }', { token });
    expect([answer.status, codeIn(answer)]).toEqual([401, 'OB004']);
  });

  const refused: [string, () => string | Promise<string>, string][] = [
    ['no token at all', () => 'nonsense', 'OB004'],
    ['empty', () => '', 'OB004'],
    ['signed with another secret', () => tokenFor(people.ann, { key: 'x'.repeat(40) }), 'OB004'],
    ['expired', () => tokenFor(people.ann, { expiresAt: now() - 1 }), 'OB005'],
    ['not valid yet', () => tokenFor(people.ann, { claims: { nbf: now() + 60 } }), 'OB004'],
    [
      'of another issuer',
      () => tokenFor(people.ann, { claims: { iss: 'https://x.example' } }),
      'OB004',
    ],
    ['for another audience', () => tokenFor(people.ann, { claims: { aud: 'another' } }), 'OB004'],
    [
      'with the role service_role',
      () => tokenFor(people.ann, { claims: { role: 'service_role' } }),
      'OB004',
    ],
    ['with the role staff', () => tokenFor(people.ann, { claims: { role: 'staff' } }), 'OB004'],
    ['with no role', () => tokenFor(people.ann, { claims: { role: undefined } }), 'OB004'],
    ['with a subject that is no id', () => tokenFor("' or true --"), 'OB004'],
    [
      'with a session that is no id',
      () => tokenFor(people.ann, { claims: { session_id: 'x' } }),
      'OB004',
    ],
    ['of another key', async () => external((await generateKeyPair('ES256')).privateKey), 'OB004'],
    ['of the key set for another issuer', () => external(privateKey, 'https://x.example'), 'OB004'],
    [
      'unsigned (alg none)',
      () =>
        new UnsecuredJWT({ role: 'authenticated', iss: issuer, aud: audience })
          .setSubject(people.ann)
          .setExpirationTime('5m')
          .encode(),
      'OB004',
    ],
    ['of someone unknown', () => tokenFor('20000000-0000-4000-8000-000000000000'), 'OB008'],
  ];

  test.each(refused)('refused with 401: a token %s', async (_name, make, code) => {
    const answer = await api.graphql(query, { token: await make() });
    expect(answer.status).toBe(401);
    expect(codeIn(answer)).toBe(code);
    expect(answer.data).toBeUndefined();
  });

  test('refused with 401: another scheme than Bearer', async () => {
    const answer = await api.graphql(query, { headers: { authorization: 'Basic YTpi' } });
    expect(answer.status).toBe(401);
    expect(codeIn(answer)).toBe('OB004');
  });

  test('a user who comes for the first time gets a profile and is no customer yet, five times at once', async () => {
    const me = '{ me { id } }';
    const { rowCount: before } = await profileOf(people.cleo);
    const answers = await Promise.all(Array.from({ length: 5 }, () => api.as('cleo', me)));
    const { rowCount: after } = await profileOf(people.cleo);
    expect(before).toBe(0);
    expect(answers.map(({ data }) => data?.me?.id)).toEqual(Array(5).fill(people.cleo));
    expect(after).toBe(1);
    const { data } = await api.as('cleo', '{ customer: customers { nodes { id } } }');
    expect(data.customer.nodes).toEqual([]);
  });

  test('a suspended person is turned away at the next request, whatever the token says', async () => {
    const token = await tokenFor(people.ben);
    const before = await api.graphql(query, { token });
    await setStatus('suspended');
    const during = await api.graphql(query, { token });
    await setStatus('active');
    const after = await api.graphql(query, { token });
    expect(before.status).toBe(200);
    expect([during.status, codeIn(during)]).toEqual([401, 'OB006']);
    expect(after.status).toBe(200);
  });

  test('an ended session is turned away, another of the same person is not', async () => {
    const { rows } = await database.owner.query<{ id: string }>(
      `insert into user_sessions (user_id, expires_at)
       select $1, now() + interval '1 hour' from generate_series(1, 2) returning id`,
      [people.ann],
    );
    const [ended, kept] = await Promise.all(
      rows.map(({ id }) => tokenFor(people.ann, { claims: { session_id: id } })),
    );
    await database.owner.query("update user_sessions set status = 'terminated' where id = $1", [
      rows[0]?.id,
    ]);
    const answer = await api.graphql(query, { token: ended as string });
    expect([answer.status, codeIn(answer)]).toEqual([401, 'OB007']);
    expect((await api.graphql(query, { token: kept as string })).status).toBe(200);
  });

  const profileOf = (id: string) =>
    database.owner.query('select from user_profiles where id = $1', [id]);
  const setStatus = (status: string) =>
    database.owner.query('update user_profiles set status = $1 where id = $2', [
      status,
      people.ben,
    ]);
});
