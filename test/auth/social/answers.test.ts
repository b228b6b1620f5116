import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { makeProviders } from '../../../src/auth/social/providers.ts';
import { type Approval, client } from './fake-provider.ts';
import { app, countRows, openSocialTest, type SocialTest } from './support.ts';

let social: SocialTest;

beforeAll(async () => {
  social = await openSocialTest();
});

afterAll(async () => {
  await social?.close();
});

/** The whole way of one browser, with a provider that does so. */
async function signIn(approval: Approval, query: Record<string, string> = {}) {
  const { address, cookie } = await social.begin(query);
  return social.comeBack(social.provider.approve(address, approval), cookie);
}

const now = () => Math.floor(Date.now() / 1000);
const sharedKey = new TextEncoder().encode(client.clientSecret);

/** Each is right but for one thing. */
const untrusted: [string, () => Promise<Approval>][] = [
  ['without a nonce', async () => ({ claims: { nonce: undefined } })],
  ['with another nonce', async () => ({ claims: { nonce: 'of another browser' } })],
  ['with an empty nonce', async () => ({ claims: { nonce: '' } })],
  ['for another audience', async () => ({ claims: { aud: 'another client' } })],
  [
    'for us among others, but made out to another',
    async () => ({ claims: { aud: [client.clientId, 'another client'], azp: 'another client' } }),
  ],
  ['of another issuer', async () => ({ claims: { iss: 'https://accounts.example.com' } })],
  ['without an issuer', async () => ({ claims: { iss: undefined } })],
  ['that has expired', async () => ({ claims: { exp: now() - 60 } })],
  ['that never expires', async () => ({ claims: { exp: undefined } })],
  ['that is not valid yet', async () => ({ claims: { nbf: now() + 300 } })],
  ['without a subject', async () => ({ claims: { sub: undefined } })],
  ['with a subject that is no text', async () => ({ claims: { sub: 7 } })],
  ['with a subject that cannot be kept', async () => ({ claims: { sub: 'a\u0000b' } })],
  ['with an empty subject', async () => ({ claims: { sub: '' } })],
  [
    'that is not signed',
    async () => ({ sign: async (claims) => new UnsecuredJWT(claims).encode() }),
  ],
  [
    'signed with the secret that we share',
    async () => ({
      sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(sharedKey),
    }),
  ],
  [
    'signed by another key under the same name',
    async () => {
      const { privateKey } = await generateKeyPair('RS256');
      return {
        sign: (claims) =>
          new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(privateKey),
      };
    },
  ],
  [
    'signed by a key that the provider does not have',
    async () => {
      const { privateKey } = await generateKeyPair('RS256');
      return {
        sign: (claims) =>
          new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'two' }).sign(privateKey),
      };
    },
  ],
  [
    'with a key of its own in the header',
    async () => {
      const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
      const jwk = await exportJWK(publicKey);
      return {
        sign: (claims) =>
          new SignJWT(claims).setProtectedHeader({ alg: 'RS256', jwk }).sign(privateKey),
      };
    },
  ],
  [
    'whose claims were changed after signing',
    async () => ({
      sign: async (claims) => {
        const [header, , signature] = (await social.provider.sign(claims)).split('.');
        const changed = Buffer.from(JSON.stringify({ ...claims, email: 'another@example.com' }));
        return `${header}.${changed.toString('base64url')}.${signature}`;
      },
    }),
  ],
  [
    'without its signature',
    async () => ({
      sign: async (claims) => (await social.provider.sign(claims)).replace(/[^.]*$/, ''),
    }),
  ],
  [
    'with a signature that is none',
    async () => ({
      sign: async (claims) => (await social.provider.sign(claims)).replace(/[^.]*$/, '*'),
    }),
  ],
  ['that is no token', async () => ({ sign: async () => 'no token' })],
  [
    'that is not there',
    async () => ({ answer: { status: 200, body: { access_token: 'a', token_type: 'Bearer' } } }),
  ],
  ['in an answer that is no answer', async () => ({ answer: { status: 200, body: [] } })],
  [
    'in an answer that is no JSON',
    async () => ({ answer: { status: 200, body: {}, headers: { 'content-type': 'text/html' } } }),
  ],
];

it.each(untrusted)('an ID token %s is refused, and nothing is left behind', async (_name, make) => {
  const before = await countRows(social.database);
  const approval = await make();
  const shown = await signIn(approval);
  expect([shown.status, shown.code]).toEqual([502, 'OB094']);
  const sent = await signIn(approval, { redirect_to: app });
  expect([sent.status, sent.code]).toEqual([302, 'OB094']);
  const linking = await signIn(approval, { purpose: 'link' });
  expect([linking.status, linking.code]).toEqual([502, 'OB094']);
  expect(await countRows(social.database)).toEqual(before);
  expect((await signIn({})).status).toBe(200);
});

it.each([
  'client_secret_post',
  'client_secret_basic',
] as const)('a provider that wants %s gets it, and nothing else', async (clientAuth) => {
  social.provider.clientAuth = clientAuth;
  const { begin, comeBack } = await social.start();
  const { address, cookie } = await begin();
  expect((await comeBack(social.provider.approve(address), cookie)).status).toBe(200);
  delete social.provider.clientAuth;
});

it('a clock that is half a minute off does not matter', async () => {
  expect((await signIn({ claims: { exp: now() - 20 } })).status).toBe(200);
  expect((await signIn({ claims: { exp: now() - 40 } })).code).toBe('OB094');
});

it('several audiences are accepted when the token was issued for us', async () => {
  const aud = [client.clientId, 'another client'];
  expect((await signIn({ claims: { aud, azp: client.clientId } })).status).toBe(200);
});

it('the userinfo endpoint is asked where the ID token has no address, and its subject is compared', async () => {
  const { owner } = social.database;
  const asked = () => social.provider.asked.get('/userinfo') ?? 0;
  const claims = { sub: 'asks', name: 'Asks' };
  const userinfo = { email: 'asks@example.com', email_verified: true };
  const before = await countRows(social.database);
  const wrong = await signIn({ claims, userinfo: { ...userinfo, sub: 'another subject' } });
  expect([wrong.status, wrong.code]).toEqual([502, 'OB094']);
  expect(await countRows(social.database)).toEqual(before);

  const right = await signIn({ claims, userinfo });
  const { rows } = await owner.query('select email from auth.users where id = $1', [
    right.body.user.id,
  ]);
  expect(rows).toEqual([{ email: 'asks@example.com' }]);
  const times = asked();
  await signIn({ claims: { sub: 'says', email: 'says@example.com', email_verified: true } });
  expect(asked()).toBe(times);
});

it('whether an address is verified comes from the same source as the address', async () => {
  const claims = { sub: 'mixed', email_verified: true };
  const ended = await signIn({ claims, userinfo: { email: 'mixed@example.com' } });
  const { rows } = await social.database.owner.query(
    `select u.email, l.provider_email, l.provider_email_verified as verified
     from auth.users u join vendor_social_auth l on l.user_id = u.id where u.id = $1`,
    [ended.body.user.id],
  );
  expect(rows).toEqual([{ email: null, provider_email: 'mixed@example.com', verified: false }]);
});

it('a code is used once: by the first request', async () => {
  const [provider] = makeProviders({
    google: { ...client, issuer: social.provider.issuer },
    facebook: null,
    redirects: [],
  });
  const secrets = { state: 's'.repeat(43), nonce: 'n'.repeat(43), codeVerifier: 'v'.repeat(43) };
  const address = await provider?.addressFor(secrets, 'http://127.0.0.1/auth/google/callback');
  const back = social.provider.approve(address ?? new URL('http://nowhere'));
  await expect(provider?.accountOf(back, secrets)).resolves.toMatchObject({
    providerUserId: 'subject-1',
  });
  await expect(provider?.accountOf(back, secrets)).rejects.toMatchObject({ code: 'OB095' });
});

it('a code that belongs to another sign-in is refused', async () => {
  const before = await countRows(social.database);
  const [one, two] = [await social.begin(), await social.begin({ redirect_to: app })];
  const stolen = social.provider.approve(one.address).searchParams.get('code') ?? '';
  const back = social.provider.approve(two.address);
  back.searchParams.set('code', stolen);
  const refused = await social.comeBack(back, two.cookie);
  expect([refused.status, refused.code]).toEqual([302, 'OB095']);
  const own = new URL(back);
  own.searchParams.set('state', one.state);
  expect(await countRows(social.database)).toMatchObject({ ...before, begun: expect.any(Number) });
  expect((await social.comeBack(own, one.cookie)).status).toBe(200);
});

const challenge = { 'www-authenticate': 'OAuth "Facebook Platform" "invalid_code" "used"' };
const facebooks = { error: { message: 'This authorization code has been used.', code: 100 } };

it.each<[string, Approval['answer'] & object]>([
  ['invalid_grant', { status: 400, body: { error: 'invalid_grant' } }],
  ['invalid_client', { status: 401, body: { error: 'invalid_client' } }],
  ['Facebook’s words', { status: 400, body: facebooks }],
  ['Facebook’s words and a challenge', { status: 400, body: facebooks, headers: challenge }],
])('a code that the provider refuses with %s is refused', async (_name, answer) => {
  const before = await countRows(social.database);
  const refused = await signIn({ answer });
  expect([refused.status, refused.code]).toEqual([401, 'OB095']);
  expect(await countRows(social.database)).toEqual(before);
  expect((await signIn({})).status).toBe(200);
});

it('a return with neither code nor error is refused', async () => {
  const { address, cookie } = await social.begin();
  const back = social.provider.approve(address);
  back.searchParams.delete('code');
  const before = await countRows(social.database);
  expect((await social.comeBack(back, cookie)).code).toBe('OB094');
  expect((await countRows(social.database)).sessions).toBe(before.sessions);
});
