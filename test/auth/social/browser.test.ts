import { jest } from '@jest/globals';
import { hashSecret } from '../../../src/lib/secrets.ts';
import { startApi, type TestApi } from '../../api/support.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { findFreePort } from '../../helpers/server.ts';
import { type AppPage, openAppPage } from './app-page.ts';
import { type Chromium, openChromium, type Page } from './chromium.ts';
import { clients, type OpenidProvider, openOpenidProvider } from './openid-provider.ts';
import { addPerson, allowMany, browse, countRows, refresh } from './support.ts';

const people = {
  vera: {
    email: 'vera@example.com',
    email_verified: true,
    name: 'Vera',
    picture: 'https://x.in/v',
  },
  lila: { email: 'lila@example.com', email_verified: false, name: 'Lila' },
  faye: { email: 'vera@example.com', name: 'Faye' },
  dora: { email: 'dora@example.com', email_verified: true, name: 'Dora' },
  pia: { email: 'pia@example.com', email_verified: true, name: 'Pia' },
};

let database: TestDatabase;
let provider: OpenidProvider;
let app: AppPage;
let api: TestApi;
let chromium: Chromium;

beforeAll(async () => {
  // The provider's reminders that this is only a test.
  for (const level of ['info', 'warn'] as const) {
    jest.spyOn(console, level).mockImplementation(() => {});
  }
  database = await createTestDatabase();
  await allowMany(database);
  const port = await findFreePort();
  provider = await openOpenidProvider(`http://127.0.0.1:${port}`, people);
  app = await openAppPage();
  const { issuer } = provider;
  api = await startApi(database, {
    http: { port },
    social: {
      google: { ...clients.google, issuer },
      facebook: { ...clients.facebook, issuer },
      redirects: [app.url],
    },
  });
  chromium = await openChromium();
});

afterAll(async () => {
  await chromium?.close();
  await api?.close();
  await app?.close();
  await provider?.close();
  await database?.drop();
});

const start = (query: Record<string, string> = {}, name = 'google') =>
  `${api.url}/auth/${name}?${new URLSearchParams({ redirect_to: app.url, ...query })}`;

/** Signs in at the provider's page, and goes where that leads. */
async function signIn(page: Page, address: string, login: string): Promise<void> {
  // Only the tab in front is sure to go on.
  await page.bringToFront();
  await page.goto(address);
  expect(new URL(page.url()).origin).toBe(provider.issuer);
  await page.type('input[name=login]', login);
  await Promise.all([page.waitForNavigation(), page.click('button')]);
}

/** What the app's page has got. */
async function shown(page: Page): Promise<Record<string, string>> {
  expect(page.url().replace(/#.*/, '')).toBe(app.url);
  const text = await page.$eval('p', (element) => element.textContent ?? '');
  return Object.fromEntries(new URLSearchParams(text.slice(1)));
}

/** Goes all the way in a browser without a past. */
const go = (login: string, query: Record<string, string> = {}, name = 'google') =>
  chromium.inNewWindow(async (page) => {
    await signIn(page, start(query, name), login);
    return shown(page);
  });

it('a vendor signs up with Google, and is known when they come again', async () => {
  const first = await go('vera', { sign_up_as: 'vendor' });
  expect(first).toEqual({ refresh_token: expect.stringMatching(/^[\w-]{43}$/), is_new: 'true' });
  const { rows } = await database.owner.query(
    `select p.id, p.name, u.email, l.provider_user_id as subject, l.provider_picture as picture,
       exists (select from customers c where c.id = p.id) as customer
     from vendor_social_auth l join user_profiles p on p.id = l.user_id join auth.users u on u.id = p.id`,
  );
  expect(rows).toEqual([
    {
      id: expect.any(String),
      name: 'Vera',
      email: 'vera@example.com',
      subject: 'vera',
      picture: 'https://x.in/v',
      customer: false,
    },
  ]);
  const spent = await refresh(database, first.refresh_token ?? '');
  expect(spent).toMatchObject({ refusal: null, user_id: rows[0].id });
  expect(await refresh(database, first.refresh_token ?? '')).toMatchObject({ refusal: 'OB088' });

  const second = await go('vera', { sign_up_as: 'vendor' });
  expect(second.is_new).toBe('false');
  expect(await refresh(database, second.refresh_token ?? '')).toMatchObject({
    user_id: rows[0].id,
  });
});

it('Facebook does not say that an address is verified, so it finds no account', async () => {
  const vera = await go('vera');
  const faye = await go('faye', {}, 'facebook');
  expect(faye.is_new).toBe('true');
  const [one, other] = await Promise.all(
    [vera, faye].map(({ refresh_token }) => refresh(database, refresh_token ?? '')),
  );
  expect(one?.refusal).toBeNull();
  expect(other?.refusal).toBeNull();
  expect(other?.user_id).not.toBe(one?.user_id);
});

it('no server but ours sees a token, in an address or as a referrer', async () => {
  const before = app.asked.length;
  const { refresh_token } = await go('vera');
  const asked = app.asked.slice(before);
  expect(asked).toContain('/signed-in ');
  expect(asked.filter((line) => line.includes(refresh_token ?? 'missing'))).toEqual([]);
});

it('the browser keeps no cookie of ours after the sign-in, and scripts see none before', async () => {
  await chromium.inNewWindow(async (page) => {
    await page.goto(start());
    const ours = async () =>
      (await page.browserContext().cookies()).filter(({ name }) => name.startsWith('ombaro_'));
    expect(await ours()).toMatchObject([
      { httpOnly: true, sameSite: 'Lax', path: '/auth', domain: '127.0.0.1' },
    ]);
    await page.type('input[name=login]', 'vera');
    await Promise.all([page.waitForNavigation(), page.click('button')]);
    expect(await shown(page)).toMatchObject({ is_new: 'false' });
    expect(await ours()).toEqual([]);
  });
});

it('a user who declines at the provider comes back without a token', async () => {
  const before = await countRows(database);
  await chromium.inNewWindow(async (page) => {
    await page.goto(start());
    await Promise.all([page.waitForNavigation(), page.click('a')]);
    expect(await shown(page)).toEqual({ error: 'OB097', error_description: expect.any(String) });
  });
  expect(await countRows(database)).toEqual(before);
  expect(await go('dora')).toMatchObject({ is_new: 'true' });
});

it('an address that the provider has not verified is refused', async () => {
  const before = await countRows(database);
  expect(await go('lila')).toMatchObject({ error: 'OB096' });
  expect(await countRows(database)).toEqual(before);
});

it('a signed-in user links an account, and signs in with it from then on', async () => {
  const id = await addPerson(database, 'lila-here@example.com');
  const { link_proof: proof, ...rest } = await go('lila', { purpose: 'link' });
  expect(rest).toEqual({});
  const link = async () =>
    (
      await database.owner.query('select app_private.link_social_account($1, $2) as refusal', [
        JSON.stringify({ sub: id, role: 'authenticated' }),
        hashSecret(proof ?? ''),
      ])
    ).rows[0].refusal;
  expect(await link()).toBeNull();
  expect(await link()).toBe('OB098');
  const { refresh_token, is_new } = await go('lila');
  expect(is_new).toBe('false');
  expect(await refresh(database, refresh_token ?? '')).toMatchObject({ user_id: id });
});

it('going back in the browser and coming again is refused, and a second tab is not', async () => {
  await chromium.inNewWindow(async (page) => {
    const tab = await page.browserContext().newPage();
    await tab.goto(start({}, 'facebook'));
    let callback = '';
    page.on('request', (request) => {
      if (request.url().includes('/callback?')) {
        callback = request.url();
      }
    });
    await signIn(page, start(), 'vera');
    expect(await shown(page)).toMatchObject({ is_new: 'false' });
    const answer = await page.goto(callback);
    expect(answer?.status()).toBe(400);
    expect(await answer?.json()).toMatchObject({ errors: [{ extensions: { code: 'OB093' } }] });
    await tab.bringToFront();
    await tab.type('input[name=login]', 'vera');
    await Promise.all([tab.waitForNavigation(), tab.click('button')]);
    expect(await shown(tab)).toMatchObject({ is_new: 'false' });
  });
});

it('a user who is lured into another’s sign-in is refused, and the code is useless without its verifier', async () => {
  const { address, cookie } = await browse(api).begin();
  const before = await countRows(database);
  const { code, back } = await chromium.inNewWindow(async (page) => {
    await signIn(page, address.href, 'pia');
    const body = JSON.parse(await page.$eval('body', (element) => element.innerText));
    return { code: body.errors[0].extensions.code, back: new URL(page.url()) };
  });
  expect(code).toBe('OB093');
  expect(await countRows(database)).toEqual(before);

  const fetchTokens = async (verifier?: string) => {
    const response = await fetch(`${provider.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clients.google.clientId,
        client_secret: clients.google.clientSecret,
        redirect_uri: `${api.url}/auth/google/callback`,
        code: back.searchParams.get('code') ?? '',
        ...(verifier === undefined ? {} : { code_verifier: verifier }),
      }),
    });
    return [response.status, ((await response.json()) as { error?: string }).error];
  };
  expect(await fetchTokens()).toEqual([400, 'invalid_grant']);
  expect(await fetchTokens('v'.repeat(43))).toEqual([400, 'invalid_grant']);
  const ended = await browse(api).comeBack(back, cookie);
  expect([ended.status, ended.body.user?.is_new]).toEqual([200, true]);
});

it('the provider insists on a challenge', async () => {
  const { address, cookie } = await browse(api).begin();
  address.searchParams.delete('code_challenge');
  address.searchParams.delete('code_challenge_method');
  const answer = await fetch(address, { redirect: 'manual' });
  const back = new URL(answer.headers.get('location') ?? '');
  expect(back.searchParams.get('error')).toBe('invalid_request');
  expect((await browse(api).comeBack(back, cookie)).code).toBe('OB095');
});
