import { app, countRows, openSocialTest, refresh, type SocialTest } from './support.ts';

let social: SocialTest;

beforeAll(async () => {
  social = await openSocialTest();
});

afterAll(async () => {
  await social?.close();
});

const age = (state: string, time: string) =>
  social.database.owner.query(
    `update app_private.social_sign_ins
     set created_at = created_at - $2::interval, expires_at = expires_at - $2::interval
     where state_hash = sha256(convert_to($1, 'UTF8'))`,
    [state, time],
  );

it('a user who comes back is signed in, with a refresh token that works once within a minute', async () => {
  const { address, cookie } = await social.begin();
  const ended = await social.comeBack(social.provider.approve(address), cookie);
  expect(ended.status).toBe(200);
  expect(ended.body).toEqual({
    refresh_token: expect.stringMatching(/^[\w-]{43}$/),
    expires_in: 60,
    user: { id: expect.any(String), is_new: true },
  });
  expect(ended.headers.get('cache-control')).toBe('no-store');
  expect(ended.headers.get('referrer-policy')).toBe('no-referrer');
  const { rows } = await social.database.owner.query(
    `select extract(epoch from t.expires_at - now())::float as seconds, s.ip_address, s.user_agent
     from app_private.refresh_tokens t join user_sessions s on s.id = t.session_id
     where s.user_id = $1`,
    [ended.body.user.id],
  );
  expect(rows).toEqual([
    {
      seconds: expect.any(Number),
      ip_address: '127.0.0.1',
      user_agent: 'Browser of the tests',
    },
  ]);
  expect(rows[0].seconds).toBeGreaterThan(30);
  expect(rows[0].seconds).toBeLessThanOrEqual(60);
  expect(await refresh(social.database, ended.body.refresh_token)).toMatchObject({
    refusal: null,
    user_id: ended.body.user.id,
  });
  expect(await refresh(social.database, ended.body.refresh_token)).toMatchObject({
    refusal: 'OB088',
  });
});

it('with an address to go to, the token is in its fragment and nowhere else', async () => {
  const { address, cookie } = await social.begin({ redirect_to: app });
  const ended = await social.comeBack(social.provider.approve(address), cookie);
  expect([ended.status, ended.body]).toEqual([302, null]);
  expect(`${ended.location?.href}`.replace(/#.*/, '')).toBe(app);
  expect([...ended.fragment.keys()]).toEqual(['refresh_token', 'is_new']);
  expect(ended.headers.get('cache-control')).toBe('no-store');
  expect(ended.headers.get('referrer-policy')).toBe('no-referrer');
  const token = ended.fragment.get('refresh_token') ?? '';
  expect(await refresh(social.database, token)).toMatchObject({ refusal: null });
});

it('the cookie is removed when the user is back', async () => {
  const { address, cookie } = await social.begin();
  const { headers } = await social.comeBack(social.provider.approve(address), cookie);
  const [name] = cookie.split('=');
  expect(headers.get('set-cookie')).toMatch(
    new RegExp(`^${name}=; Path=/auth; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly`),
  );
});

it('a sign-in is finished once, and with no other code', async () => {
  const { address, cookie } = await social.begin({ redirect_to: app });
  const back = social.provider.approve(address);
  expect((await social.comeBack(back, cookie)).status).toBe(302);
  const before = await countRows(social.database);
  for (const again of [back, social.provider.approve(address)]) {
    const refused = await social.comeBack(again, cookie);
    expect([refused.status, refused.code]).toEqual([400, 'OB093']);
  }
  expect(await countRows(social.database)).toEqual(before);
});

it('of twenty returns with one state at once, one is signed in', async () => {
  const before = await countRows(social.database);
  const { address, cookie } = await social.begin();
  const claims = { sub: 'twenty states' };
  const codes = await Promise.all(
    Array.from({ length: 20 }, () =>
      social
        .comeBack(social.provider.approve(address, { claims }), cookie)
        .then(({ code }) => code),
    ),
  );
  expect(codes.filter((code) => code === null)).toHaveLength(1);
  expect(codes.filter((code) => code === 'OB093')).toHaveLength(19);
  expect((await countRows(social.database)).sessions).toBe((before.sessions ?? 0) + 1);
});

it('a return in another browser is refused, and the state stays valid for its own', async () => {
  const mine = await social.begin();
  const theirs = await social.begin();
  const back = social.provider.approve(mine.address);
  const before = await countRows(social.database);
  const name = mine.cookie.split('=')[0];
  const wrong = [
    null,
    theirs.cookie,
    `${name}=`,
    `${name}=${theirs.state}`,
    `${name}=${mine.state}x`,
    `x${mine.cookie}`,
  ];
  for (const cookie of wrong) {
    const refused = await social.comeBack(back, cookie);
    expect([refused.status, refused.code]).toEqual([400, 'OB093']);
    expect(refused.headers.get('set-cookie')).toBeNull();
  }
  expect(await countRows(social.database)).toEqual(before);
  expect((await social.comeBack(back, mine.cookie)).status).toBe(200);
});

it.each([
  '',
  '?state=',
  '?code=x',
  '?state=a&state=b',
  '?state[a]=b',
])('a return with %p is refused', async (query) => {
  const { cookie, address } = await social.begin();
  const back = new URL(`${social.api.url}/auth/google/callback${query}`);
  const before = await countRows(social.database);
  const refused = await social.comeBack(back, cookie);
  expect([refused.status, refused.code]).toEqual([400, 'OB093']);
  expect(await countRows(social.database)).toEqual(before);
  expect((await social.comeBack(social.provider.approve(address), cookie)).status).toBe(200);
});

it('two tabs do not disturb each other, in whatever order they end', async () => {
  const one = await social.begin({ purpose: 'link' });
  const two = await social.begin();
  const both = `${one.cookie}; ${two.cookie}`;
  const ended = await social.comeBack(social.provider.approve(two.address), both);
  expect(ended.body).toMatchObject({ refresh_token: expect.any(String) });
  const other = await social.comeBack(social.provider.approve(one.address), both);
  expect(other.body).toMatchObject({ link_proof: expect.any(String) });
});

it('a state expires after ten minutes, and is valid after nine', async () => {
  const [old, young] = [await social.begin(), await social.begin()];
  await age(old.state, '10 minutes');
  await age(young.state, '9 minutes');
  const before = await countRows(social.database);
  const refused = await social.comeBack(social.provider.approve(old.address), old.cookie);
  expect([refused.status, refused.code]).toEqual([400, 'OB093']);
  expect(await countRows(social.database)).toEqual(before);
  const ended = await social.comeBack(social.provider.approve(young.address), young.cookie);
  expect(ended.status).toBe(200);
});

it('a sign-in that began at one provider cannot end at the other', async () => {
  const { address, cookie } = await social.begin({}, 'google');
  const back = social.provider.approve(address);
  const wrong = new URL(back);
  wrong.pathname = '/auth/facebook/callback';
  const before = await countRows(social.database);
  const refused = await social.comeBack(wrong, cookie);
  expect([refused.status, refused.code]).toEqual([400, 'OB093']);
  expect(await countRows(social.database)).toEqual(before);
  expect((await social.comeBack(back, cookie)).status).toBe(200);
});

it('a sign-in that one process has begun is ended by another', async () => {
  const publicUrl = social.api.url;
  const other = await social.start({ http: { publicUrl } });
  const { address, cookie } = await other.begin();
  await other.api.close();
  const ended = await social.comeBack(social.provider.approve(address), cookie);
  expect(ended.status).toBe(200);
});

it('a user who declines is told so, at the address to go to if there is one', async () => {
  const decline = ({ address }: { address: URL }, error = 'access_denied') => {
    const back = social.provider.approve(address);
    back.searchParams.delete('code');
    back.searchParams.set('error', error);
    return back;
  };
  const [one, two, three] = [
    await social.begin({ redirect_to: app }),
    await social.begin(),
    await social.begin(),
  ];
  const before = await countRows(social.database);
  const sent = await social.comeBack(decline(one), one.cookie);
  expect([sent.status, sent.code]).toEqual([302, 'OB097']);
  expect(`${sent.location?.href}`.replace(/#.*/, '')).toBe(app);
  expect(sent.fragment.get('error_description')).toBe(
    'You did not agree to sign in at the provider. Start again and agree.',
  );
  const shown = await social.comeBack(decline(two), two.cookie);
  expect([shown.status, shown.code]).toEqual([401, 'OB097']);
  const failed = await social.comeBack(decline(three, 'server_error'), three.cookie);
  expect([failed.status, failed.code]).toEqual([401, 'OB095']);
  expect(await countRows(social.database)).toEqual({
    ...before,
    begun: (before.begun ?? 0) - 3,
  });
  // Declining ends it: the state is used up.
  const late = await social.comeBack(social.provider.approve(one.address), one.cookie);
  expect(late.code).toBe('OB093');
  const again = await social.begin();
  expect((await social.comeBack(social.provider.approve(again.address), again.cookie)).status).toBe(
    200,
  );
});
