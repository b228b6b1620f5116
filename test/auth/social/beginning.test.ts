import { startApi } from '../../api/support.ts';
import { app, countRows, mobileApp, openSocialTest, read, type SocialTest } from './support.ts';

let social: SocialTest;

beforeAll(async () => {
  social = await openSocialTest();
});

afterAll(async () => {
  await social?.close();
});

const ask = async (path: string, init?: RequestInit) =>
  read(await fetch(`${social.api.url}${path}`, { redirect: 'manual', ...init }));

it('the browser goes to the provider with state, nonce and the hash of a verifier', async () => {
  const { address } = await social.begin({ redirect_to: app });
  expect(`${address.origin}${address.pathname}`).toBe(`${social.provider.issuer}/authorize`);
  expect(Object.fromEntries(address.searchParams)).toEqual({
    client_id: 'ombaro',
    response_type: 'code',
    redirect_uri: `${social.api.url}/auth/google/callback`,
    scope: 'openid email profile',
    state: expect.stringMatching(/^[\w-]{43}$/),
    nonce: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: 'S256',
  });
});

it('state, nonce and verifier are new each time, and the state is kept as its hash only', async () => {
  const [one, two] = await Promise.all([social.begin(), social.begin()]);
  for (const name of ['state', 'nonce', 'code_challenge']) {
    expect(one.address.searchParams.get(name)).not.toBe(two.address.searchParams.get(name));
  }
  const rowsWith = async (word: string | null) =>
    (
      await social.database.owner.query(
        `select from app_private.social_sign_ins s where strpos(to_jsonb(s)::text, $1) > 0`,
        [word],
      )
    ).rowCount;
  expect(await rowsWith(one.state)).toBe(0);
  expect(await rowsWith(one.address.searchParams.get('nonce'))).toBe(1);
});

it('the cookie belongs to the state, lasts ten minutes, and is hidden from scripts', async () => {
  const response = await fetch(`${social.api.url}/auth/google`, { redirect: 'manual' });
  expect(response.headers.get('set-cookie')).toMatch(
    /^ombaro_sign_in_[0-9a-f]{16}=[\w-]{43}; Max-Age=600; Path=\/auth; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
  );
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('referrer-policy')).toBe('no-referrer');
});

it('behind https the cookie is Secure, and browsers are sent back to PUBLIC_URL', async () => {
  const { api } = await social.start({
    http: { publicUrl: 'https://api.example.com/ombaro' },
  });
  const response = await fetch(`${api.url}/auth/google`, { redirect: 'manual' });
  expect(response.headers.get('set-cookie')).toMatch(
    /; Path=\/ombaro\/auth; .*HttpOnly; Secure; SameSite=Lax$/,
  );
  const { searchParams } = new URL(response.headers.get('location') ?? '');
  expect(searchParams.get('redirect_uri')).toBe(
    'https://api.example.com/ombaro/auth/google/callback',
  );
});

it.each([
  'https://evil.example.com/signed-in?tab=1',
  'https://app.example.com/signed-in',
  'https://app.example.com/signed-in?tab=1&more=1',
  'https://app.example.com/signed-in?tab=1/',
  'https://app.example.com/signed-in/?tab=1',
  'https://app.example.com/Signed-in?tab=1',
  'HTTPS://app.example.com/signed-in?tab=1',
  'https://app.example.com:443/signed-in?tab=1',
  'https://app.example.com@evil.example.com/signed-in?tab=1',
  'https://app.example.com/signed-in?tab=1#',
  ' https://app.example.com/signed-in?tab=1',
  '//app.example.com/signed-in?tab=1',
  'com.ombaro.app://signed-in/more',
  'javascript:alert(1)',
  '',
])('the browser is not sent to %p afterwards, but to a listed address', async (address) => {
  const before = await countRows(social.database);
  const refused = await ask(`/auth/google?${new URLSearchParams({ redirect_to: address })}`);
  expect([refused.status, refused.code]).toEqual([400, 'OB092']);
  expect(refused.headers.get('set-cookie')).toBeNull();
  expect(await countRows(social.database)).toEqual(before);
  for (const redirect_to of [app, mobileApp]) {
    expect((await ask(`/auth/google?${new URLSearchParams({ redirect_to })}`)).status).toBe(302);
  }
});

it('without a list the browser is not sent anywhere', async () => {
  const google = { clientId: 'a', clientSecret: 'b', issuer: social.provider.issuer };
  const { api } = await social.start({ social: { google, facebook: null, redirects: [] } });
  const at = (query: string) => fetch(`${api.url}/auth/google${query}`, { redirect: 'manual' });
  const refused = await read(await at(`?${new URLSearchParams({ redirect_to: app })}`));
  expect(refused.code).toBe('OB092');
  expect((await at('')).status).toBe(302);
});

it.each([
  'purpose=other',
  'sign_up_as=staff',
  'sign_up_as=',
  'purpose=link&purpose=sign_in',
  `redirect_to=${encodeURIComponent(app)}&redirect_to=x`,
  'state=mine',
])('a query with %s is refused', async (query) => {
  const before = await countRows(social.database);
  const refused = await ask(`/auth/google?${query}`);
  expect([refused.status, refused.code]).toEqual([400, 'OB020']);
  expect(await countRows(social.database)).toEqual(before);
  expect((await ask('/auth/google?purpose=link&sign_up_as=vendor')).status).toBe(302);
});

it('other methods are refused, and other providers do not exist', async () => {
  for (const path of ['/auth/google', '/auth/google/callback']) {
    const refused = await ask(path, { method: 'POST' });
    expect([refused.status, refused.code]).toEqual([405, 'OB016']);
    expect(refused.headers.get('allow')).toBe('GET');
  }
  for (const path of ['/auth/github', '/auth/constructor', '/auth/google/back']) {
    const nothing = await ask(path);
    expect([nothing.status, nothing.code]).toEqual([404, 'OB003']);
  }
  expect((await ask('/auth/google')).status).toBe(302);
});

it('a provider without a client id does not exist', async () => {
  const api = await startApi(social.database);
  for (const path of ['/auth/google', '/auth/google/callback', '/auth/facebook']) {
    const nothing = await read(await fetch(`${api.url}${path}`));
    expect([nothing.status, nothing.code]).toEqual([404, 'OB003']);
    expect((await ask(path)).status).not.toBe(404);
  }
  await api.close();
});

it('Facebook is known without discovery', async () => {
  const facebook = {
    clientId: '123',
    clientSecret: 'secret',
    issuer: 'https://www.facebook.com',
  };
  const { begin } = await social.start({ social: { google: null, facebook, redirects: [] } });
  const { address } = await begin({}, 'facebook');
  expect(`${address.origin}${address.pathname}`).toBe(
    'https://www.facebook.com/v23.0/dialog/oauth',
  );
  expect(Object.fromEntries(address.searchParams)).toMatchObject({
    client_id: '123',
    response_type: 'code',
    scope: 'openid email public_profile',
    code_challenge_method: 'S256',
  });
});

it('where accounts are another issuer’s, the browser is not sent to a provider', async () => {
  const { owner } = social.database;
  const right = 'insert on auth.users';
  const path = '/auth/google';
  await owner.query(`revoke ${right} from ombaro_owner`);
  try {
    const refused = await ask(path);
    expect([refused.status, refused.code]).toEqual([403, 'OB091']);
  } finally {
    await owner.query(`grant ${right} to ombaro_owner`);
  }
  expect((await ask(path)).status).toBe(302);
});
