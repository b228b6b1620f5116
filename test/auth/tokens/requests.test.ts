import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { makeTokenSigner } from '../../../src/auth/token-signer.ts';
import { codeIn, startApi, type TestApi } from '../../api/support.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import {
  type KeySetServer,
  newPem,
  privateKeysIn,
  rulesWith,
  startKeySet,
  userId,
} from './support.ts';

const supabaseIssuer = 'https://abcdefghijklmnopqrst.supabase.co/auth/v1';
const supabaseSecret = 'the secret of a project that has not moved to keys';

/** As Supabase Auth issues them to a user who signed in with a phone. */
const supabaseClaims = (sub: string) => {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: supabaseIssuer,
    sub,
    aud: 'authenticated',
    exp: now + 3600,
    iat: now,
    email: '',
    phone: '919800000001',
    app_metadata: { provider: 'phone', providers: ['phone'] },
    user_metadata: { email_verified: false, phone_verified: true, sub },
    role: 'authenticated',
    aal: 'aal1',
    amr: [{ method: 'otp', timestamp: now }],
    session_id: '7f7c6f9e-6d2d-4c53-9d8c-6f6f2b0a5c11',
    is_anonymous: false,
  };
};

describe('a request', () => {
  const privateKeys = privateKeysIn(newPem.ec(), newPem.rsa());
  let database: TestDatabase;
  let supabase: KeySetServer;
  let supabaseKey: KeyObject;
  let api: TestApi;
  let plain: TestApi;

  beforeAll(async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    supabaseKey = privateKey;
    supabase = await startKeySet([
      {
        ...publicKey.export({ format: 'jwk' }),
        kid: 'b1f2',
        alg: 'ES256',
        use: 'sig',
        ext: true,
        key_ops: ['verify'],
      },
    ]);
    database = await createTestDatabase();
    api = await startApi(database, {
      tokens: {
        privateKeys,
        additionalSecret: supabaseSecret,
        jwksUrl: supabase.url,
        issuers: ['ombaro', supabaseIssuer],
      },
    });
    plain = await startApi(database);
  });
  afterAll(async () => {
    await plain?.close();
    await api?.close();
    await database?.drop();
    await supabase?.close();
  });

  const addUser = (id: string) =>
    database.owner.query('insert into auth.users (id) values ($1)', [id]);
  const profilesOf = async (id: string) =>
    (await database.owner.query('select from user_profiles where id = $1', [id])).rowCount;
  const byKey = (claims: object, key = supabaseKey) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'b1f2', typ: 'JWT' })
      .sign(key);
  const bySecret = (claims: object, secret = supabaseSecret) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256', kid: 'Qx+z4', typ: 'JWT' })
      .sign(Buffer.from(secret));

  test.each([
    ['ES256, through its key set', '20000000-0000-4000-8000-000000000001', byKey],
    ['HS256, with its secret', '20000000-0000-4000-8000-000000000002', bySecret],
  ])('with a token of Supabase, %s, is answered, and makes the profile at the first time', async (_name, id, sign) => {
    await addUser(id);
    const token = await sign(supabaseClaims(id));
    expect(await profilesOf(id)).toBe(0);
    for (let time = 0; time < 2; time += 1) {
      const answer = await api.graphql('{ me { id } }', { token });
      expect([answer.status, answer.data]).toEqual([200, { me: { id } }]);
      expect(await profilesOf(id)).toBe(1);
    }
  });

  test('with a token like Supabase’s of another project, audience or key is refused', async () => {
    const id = '20000000-0000-4000-8000-000000000003';
    await addUser(id);
    const claims = supabaseClaims(id);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const refused = [
      await byKey({ ...claims, iss: 'https://other.supabase.co/auth/v1' }),
      await byKey({ ...claims, iss: 'ombaro' }),
      await byKey({ ...claims, aud: 'anon' }),
      await byKey({ ...claims, role: 'service_role' }),
      await byKey(claims, privateKey),
      await bySecret(claims, 'another secret that is long enough'),
    ];
    for (const token of refused) {
      const answer = await api.graphql('{ me { id } }', { token });
      expect([answer.status, codeIn(answer), answer.data]).toEqual([401, 'OB004', undefined]);
    }
    expect(await profilesOf(id)).toBe(0);
    const token = await byKey(claims);
    expect((await api.graphql('{ me { id } }', { token })).data).toEqual({ me: { id } });
  });

  test('with a token that we signed with a key is answered', async () => {
    await addUser(userId);
    const signer = makeTokenSigner(rulesWith({ privateKeys }));
    const token = await signer?.signAccessToken({ userId, lifetimeSeconds: 60 });
    const answer = await api.graphql('{ me { id } }', { token: token ?? '' });
    expect(answer.data).toEqual({ me: { id: userId } });
  });

  test('for the key set gets every public key and no private part', async () => {
    const response = await fetch(`${api.url}/.well-known/jwks.json`);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const body = (await response.json()) as { keys: object[] };
    expect(body).toEqual({ keys: privateKeys.map(({ publicJwk }) => publicJwk) });
    for (const key of body.keys) {
      for (const secretPart of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) {
        expect(key).not.toHaveProperty(secretPart);
      }
    }
  });

  test('for the key set finds none where a secret signs', async () => {
    const response = await fetch(`${plain.url}/.well-known/jwks.json`);
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect([response.status, errors[0]?.extensions.code]).toEqual([404, 'OB003']);
  });

  test('during an outage of an issuer whose keys were never read is an internal error, and not the client’s', async () => {
    const outage = await startKeySet([]);
    outage.status = 503;
    const other = await startApi(database, {
      tokens: { jwksUrl: outage.url, issuers: ['ombaro', supabaseIssuer] },
    });
    try {
      const id = '20000000-0000-4000-8000-000000000004';
      await addUser(id);
      const token = await byKey(supabaseClaims(id));
      const during = await other.graphql('{ me { id } }', { token });
      expect([during.status, codeIn(during), during.data]).toEqual([500, 'OB099', undefined]);
      expect(other.log).toContainEqual(
        expect.objectContaining({ level: 50, msg: 'tokens cannot be verified' }),
      );
      outage.keys = supabase.keys;
      outage.status = 200;
      const after = await other.graphql('{ me { id } }', { token });
      expect(after.data).toEqual({ me: { id } });
    } finally {
      await other.close();
      await outage.close();
    }
  });
});
