import { client } from './fake-provider.ts';
import { app, countRows, openSocialTest, read, type SocialTest } from './support.ts';

let social: SocialTest;

beforeAll(async () => {
  social = await openSocialTest();
});

afterAll(async () => {
  await social?.close();
});

it('an outage before the first sign-in is reported, leaves nothing behind, and ends by itself', async () => {
  const { api } = social;
  const asked = () => social.provider.asked.get('/.well-known/openid-configuration') ?? 0;
  const before = await countRows(social.database);
  social.provider.isDown = true;
  const down = await read(await fetch(`${api.url}/auth/google`, { redirect: 'manual' }));
  expect([down.status, down.code]).toEqual([502, 'OB094']);
  expect(down.headers.get('set-cookie')).toBeNull();
  expect(await countRows(social.database)).toEqual(before);
  social.provider.isDown = false;
  await social.begin();
  const times = asked();
  await social.begin();
  expect(asked()).toBe(times);
});

it('an outage while the user is at the provider is reported, at the address to go to if there is one', async () => {
  for (const [query, status] of [
    [{}, 502],
    [{ redirect_to: app }, 302],
  ] as const) {
    const { address, cookie } = await social.begin(query);
    const before = await countRows(social.database);
    social.provider.isDown = true;
    const down = await social.comeBack(social.provider.approve(address), cookie);
    social.provider.isDown = false;
    expect([down.status, down.code]).toEqual([status, 'OB094']);
    expect(await countRows(social.database)).toEqual({
      ...before,
      begun: (before.begun ?? 0) - 1,
    });
  }
  const { address, cookie } = await social.begin();
  expect((await social.comeBack(social.provider.approve(address), cookie)).status).toBe(200);
});

it('a provider that does not answer is reported the same way, and the server starts without it', async () => {
  const silent = { ...client, issuer: 'http://127.0.0.1:9' };
  const { api } = await social.start({
    social: {
      google: silent,
      facebook: { ...client, issuer: social.provider.issuer },
      redirects: [],
    },
  });
  const at = async (provider: string) =>
    read(await fetch(`${api.url}/auth/${provider}`, { redirect: 'manual' }));
  const down = await at('google');
  expect([down.status, down.code]).toEqual([502, 'OB094']);
  expect((await at('facebook')).status).toBe(302);
});

it('a provider that claims another issuer is not trusted', async () => {
  const { hostname, port } = new URL(social.provider.issuer);
  const issuer = `http://localhost:${port}`;
  expect(hostname).not.toBe('localhost');
  const { api } = await social.start({
    social: { google: { ...client, issuer }, facebook: null, redirects: [] },
  });
  const refused = await read(await fetch(`${api.url}/auth/google`, { redirect: 'manual' }));
  expect([refused.status, refused.code]).toEqual([502, 'OB094']);
  await expect(social.begin()).resolves.toBeDefined();
});

it('when our database fails, the user is told at the address to go to, and nothing is left behind', async () => {
  const { owner } = social.database;
  const right = `execute on function app_private.sign_in_with_provider(
    app_private.social_account, text, app_private.session_start, integer)`;
  const { address, cookie } = await social.begin({ redirect_to: app });
  const before = await countRows(social.database);
  await owner.query(`revoke ${right} from ombaro_api`);
  const failed = await social.comeBack(social.provider.approve(address), cookie);
  await owner.query(`grant ${right} to ombaro_api`);
  expect([failed.status, failed.code]).toEqual([302, 'OB099']);
  expect(await countRows(social.database)).toEqual({ ...before, begun: (before.begun ?? 0) - 1 });
  const again = await social.begin({ redirect_to: app });
  const ended = await social.comeBack(social.provider.approve(again.address), again.cookie);
  expect(ended.fragment.get('is_new')).not.toBeNull();
});
