import { openSocialTest, type SocialTest } from './support.ts';

let social: SocialTest;

beforeAll(async () => {
  social = await openSocialTest();
});

afterAll(async () => {
  await social?.close();
});

/** Signs in at a provider; gives the access token. */
async function signIn(claims: Record<string, unknown>, provider = 'google'): Promise<string> {
  const { address, cookie } = await social.begin({}, provider);
  const { body } = await social.comeBack(social.provider.approve(address, { claims }), cookie);
  const refreshed = await fetch(`${social.api.url}/auth/refresh`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token: body.refresh_token }),
  });
  return ((await refreshed.json()) as { access_token: string }).access_token;
}

const ask = (token: string, query: string) => social.api.graphql(query, { token });
const unlink = async (token: string, provider: string) =>
  await ask(token, `mutation { unlinkAccount(input: {provider: ${provider}}) { result } }`);
const linkedTo = async (token: string) =>
  (await ask(token, '{ linkedAccounts { nodes { provider email name } } }')).data.linkedAccounts
    .nodes;

const nila = { sub: 'nila', email: 'nila@example.com', email_verified: true, name: 'Nila' };

it('a user sees linked accounts and unlinks one, which then is a stranger’s', async () => {
  const token = await signIn(nila);
  expect(await linkedTo(token)).toEqual([
    { provider: 'google', email: 'nila@example.com', name: 'Nila' },
  ]);
  expect((await unlink(token, 'facebook')).errors?.[0]?.extensions?.code).toBe('OB003');
  expect((await unlink(token, 'google')).data.unlinkAccount.result).toBe(true);
  expect(await linkedTo(token)).toEqual([]);
});

it('the only way to sign in stays', async () => {
  // A provider that gives no address: nothing else proves who comes.
  const token = await signIn({ sub: 'no address', name: 'Nila' }, 'facebook');
  expect((await unlink(token, 'facebook')).errors?.[0]?.extensions).toMatchObject({
    code: 'OB030',
    field: 'input.provider',
  });
  expect(await linkedTo(token)).toMatchObject([{ provider: 'facebook' }]);
});

it('unlinking needs a recent sign-in', async () => {
  const token = await signIn({ ...nila, sub: 'asha', email: 'asha@example.com' });
  // Only time makes a session old.
  await social.database.owner.query(
    `update user_sessions set started_at = now() - interval '1 hour'`,
  );
  expect((await unlink(token, 'google')).errors?.[0]?.extensions?.code).toBe('OB030');
  const again = await signIn({ ...nila, sub: 'asha', email: 'asha@example.com' });
  expect((await unlink(again, 'google')).data.unlinkAccount.result).toBe(true);
});
