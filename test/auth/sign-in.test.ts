import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { idOf, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { newMobile, type SignInApi, startSignIn, wrong } from './support.ts';

let database: TestDatabase;
let api: SignInApi;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedPeople(database.owner);
  api = await startSignIn(database);
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

const me = '{ me { id mobile mobileVerified email } }';

it('the whole way: code, tokens, a query as that user, new tokens, sign-out, refusal', async () => {
  const phone = api.phone();
  const mobile = newMobile();
  const asked = await phone.post('/auth/otp', { mobile });
  expect([asked.status, asked.body]).toEqual([
    200,
    { challenge: expect.any(String), expires_in: 300, resend_in: 60 },
  ]);
  const message = api.sent.at(-1);
  expect(message).toEqual({
    address: { mobile, email: null },
    code: expect.stringMatching(/^\d{6}$/),
    validSeconds: 300,
  });

  const signedIn = await phone.post('/auth/otp/verify', {
    mobile,
    code: message?.code,
    device: { platform: 'android', model: 'Pixel 9' },
  });
  expect(signedIn.status).toBe(200);
  expect(signedIn.headers.get('cache-control')).toBe('no-store');
  expect(signedIn.body).toEqual({
    access_token: expect.any(String),
    token_type: 'Bearer',
    expires_in: 1800,
    refresh_token: expect.stringMatching(/^[\w-]{43}$/),
    refresh_expires_in: 604_800,
    user: { id: expect.any(String), is_new: true },
  });
  const { id } = signedIn.body.user;
  const claims = decodeJwt(signedIn.body.access_token);
  expect(claims).toMatchObject({ sub: id, role: 'authenticated', iss: 'ombaro' });
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(1800);

  const asPerson = (token: string, query: string) => api.graphql(query, { token });
  const first = await asPerson(signedIn.body.access_token, me);
  expect(first.data.me).toEqual({ id, mobile, mobileVerified: true, email: null });

  const refreshed = await phone.post('/auth/refresh', {
    refresh_token: signedIn.body.refresh_token,
  });
  expect(refreshed.status).toBe(200);
  expect(refreshed.body.user).toEqual({ id, is_new: false });
  expect(refreshed.body.refresh_token).not.toBe(signedIn.body.refresh_token);
  expect((await asPerson(refreshed.body.access_token, me)).data.me.id).toBe(id);

  const out = await phone.post('/auth/sign-out', { refresh_token: refreshed.body.refresh_token });
  expect([out.status, out.body]).toEqual([204, undefined]);
  for (const token of [signedIn.body.access_token, refreshed.body.access_token]) {
    const refused = await asPerson(token, me);
    expect([refused.status, refused.errors?.[0]?.extensions.code]).toEqual([401, 'OB007']);
  }
  const again = await phone.post('/auth/refresh', {
    refresh_token: refreshed.body.refresh_token,
  });
  expect([again.status, again.code]).toEqual([401, 'OB007']);
});

it('signing in by e-mail ignores upper and lower case', async () => {
  const phone = api.phone();
  const code = await phone.askForCode({ email: ' Asha.Rao@Example.COM ' });
  const answer = await phone.post('/auth/otp/verify', { email: 'asha.rao@example.com', code });
  expect(answer.status).toBe(200);
  const { data } = await api.graphql(me, { token: answer.body.access_token });
  expect(data.me).toEqual({
    id: answer.body.user.id,
    mobile: null,
    mobileVerified: false,
    email: 'asha.rao@example.com',
  });
});

it('a user with an account is signed in to it, and is not new', async () => {
  const { rows } = await database.owner.query<{ phone: string; email: string }>(
    'select phone, email from auth.users where id = $1',
    [idOf('customer')],
  );
  const phone = api.phone();
  for (const address of [{ mobile: rows[0]?.phone ?? '' }, { email: rows[0]?.email ?? '' }]) {
    const answer = await phone.signIn(address);
    expect(answer.body.user).toEqual({ id: idOf('customer'), is_new: false });
  }
});

describe('a code', () => {
  it('works once', async () => {
    const phone = api.phone();
    const mobile = newMobile();
    const code = await phone.askForCode({ mobile });
    expect((await phone.post('/auth/otp/verify', { mobile, code })).status).toBe(200);
    const again = await phone.post('/auth/otp/verify', { mobile, code });
    expect([again.status, again.code]).toEqual([401, 'OB085']);
  });

  it('takes the right code at the fifth try, and no code at the sixth', async () => {
    const tryOut = async (wrongTries: number) => {
      const phone = api.phone();
      const mobile = newMobile();
      const code = await phone.askForCode({ mobile });
      const codes: (string | undefined)[] = [];
      for (let n = 0; n < wrongTries; n += 1) {
        codes.push((await phone.post('/auth/otp/verify', { mobile, code: wrong(code) })).code);
      }
      return [...codes, (await phone.post('/auth/otp/verify', { mobile, code })).code];
    };
    expect(await tryOut(4)).toEqual([...Array(4).fill('OB085'), undefined]);
    expect(await tryOut(5)).toEqual([...Array(5).fill('OB085'), 'OB086']);
  });

  it('is valid for five minutes', async () => {
    const age = async (interval: string) => {
      const phone = api.phone();
      const mobile = newMobile();
      const code = await phone.askForCode({ mobile });
      await database.owner.query(
        `update vendor_otp_codes set created_at = created_at - $2::interval,
           expires_at = expires_at - $2::interval where mobile = $1`,
        [mobile, interval],
      );
      return (await phone.post('/auth/otp/verify', { mobile, code })).code;
    };
    expect(await age('4 minutes 55 seconds')).toBeUndefined();
    expect(await age('5 minutes')).toBe('OB085');
  });

  it('is for the address that it was sent to alone', async () => {
    const phone = api.phone();
    const [mine, other] = [newMobile(), newMobile()];
    const code = await phone.askForCode({ mobile: mine });
    await phone.askForCode({ mobile: other });
    expect((await phone.post('/auth/otp/verify', { mobile: other, code })).code).toBe('OB085');
    expect((await phone.post('/auth/otp/verify', { mobile: newMobile(), code })).code).toBe(
      'OB085',
    );
    expect((await phone.post('/auth/otp/verify', { mobile: mine, code })).status).toBe(200);
  });

  it('is tried with the challenge of its own request, and with no other', async () => {
    const phone = api.phone();
    const mobile = newMobile();
    const asked = await phone.post('/auth/otp', { mobile });
    const code = api.sent.at(-1)?.code;
    const verify = (challenge: unknown) =>
      phone.post('/auth/otp/verify', { mobile, code, challenge });
    expect((await verify(randomUUID())).code).toBe('OB085');
    expect((await verify('mine')).code).toBe('OB020');
    expect((await verify(undefined)).code).toBe('OB020');
    expect((await verify(asked.body.challenge)).status).toBe(200);
  });

  it('and the tries at it of a stranger burn only what the stranger asked for', async () => {
    const mobile = newMobile();
    const mine = await api.phone().post('/auth/otp', { mobile });
    const code = api.sent.at(-1)?.code ?? '';
    const stranger = api.phone();
    await stranger.askForCode({ mobile });
    const ends = [];
    for (let n = 0; n < 6; n += 1) {
      ends.push((await stranger.post('/auth/otp/verify', { mobile, code: wrong(code) })).code);
    }
    expect(ends).toEqual([...Array(5).fill('OB085'), 'OB086']);
    const { challenge } = mine.body;
    expect((await api.phone().post('/auth/otp/verify', { mobile, code, challenge })).status).toBe(
      200,
    );
  });

  it('is sent again after a minute and not before', async () => {
    const phone = api.phone();
    const mobile = newMobile();
    await phone.askForCode({ mobile });
    const early = await phone.post('/auth/otp', { mobile });
    expect([early.status, early.code]).toEqual([429, 'OB084']);
    const wait = Number(early.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(60);
    await makeOlder(mobile, `${wait} seconds`);
    await phone.askForCode({ mobile });
  });

  it('is sent five times an hour to one number for one requester, and another is not affected', async () => {
    const mobile = newMobile();
    const phone = api.phone();
    for (let n = 0; n < 5; n += 1) {
      await phone.askForCode({ mobile });
      await makeOlder(mobile, '2 minutes');
    }
    const sixth = await phone.post('/auth/otp', { mobile });
    expect([sixth.status, sixth.code]).toEqual([429, 'OB084']);
    const wait = Number(sixth.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(49 * 60);
    expect(wait).toBeLessThanOrEqual(50 * 60);
    await phone.askForCode({ mobile: newMobile() });
    await api.phone().askForCode({ mobile });
    await makeOlder(mobile, `${wait} seconds`);
    await phone.askForCode({ mobile });
  });

  it('is sent fifteen times a day to one number, of which two are left for who has signed in there', async () => {
    const mobile = newMobile();
    const phone = api.phone();
    expect((await phone.signIn({ mobile })).status).toBe(200);
    for (let n = 1; n < 13; n += 1) {
      await api.phone().askForCode({ mobile });
    }
    expect((await api.phone().post('/auth/otp', { mobile })).code).toBe('OB084');
    await makeOlder(mobile, '2 minutes');
    await phone.askForCode({ mobile });
    await makeOlder(mobile, '2 minutes');
    await phone.askForCode({ mobile });
    await makeOlder(mobile, '2 minutes');
    expect((await phone.post('/auth/otp', { mobile })).code).toBe('OB084');
  });

  it('is not stored: the database has a hash under a key that it does not have', async () => {
    const mobile = newMobile();
    const code = await api.phone().askForCode({ mobile });
    const { rows } = await database.owner.query<{ row: string; plain: boolean }>(
      `select c::text as row,
         code_hash in (sha256($2::text::bytea), sha256(($1::text || E'\\n' || $2::text)::bytea)) as plain
       from vendor_otp_codes c where mobile = $1::text`,
      [mobile, code],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain(code);
    expect(rows[0]?.plain).toBe(false);
  });

  it('is in no log and no answer, and neither are tokens', async () => {
    const phone = api.phone();
    const mobile = newMobile();
    const asked = await phone.post('/auth/otp', { mobile });
    const code = api.sent.at(-1)?.code ?? '';
    const { body } = await phone.post('/auth/otp/verify', { mobile, code });
    await phone.post('/auth/otp/verify', { mobile, code });
    await phone.post('/auth/refresh', { refresh_token: 'x' });
    const log = JSON.stringify(api.log);
    expect(log).toContain('/auth/otp/verify');
    expect(JSON.stringify(asked.body)).not.toContain(code);
    expect(log).not.toMatch(new RegExp(`"${code}"|\\b${code}\\b`));
    expect(log).not.toContain(body.access_token);
    expect(log).not.toContain(body.refresh_token);
    expect(log).not.toContain(mobile);
  });
});

it('known and unknown addresses get the same answer', async () => {
  const { rows } = await database.owner.query<{ phone: string }>(
    'select phone from auth.users where id = $1',
    [idOf('therapist')],
  );
  const known = rows[0]?.phone ?? '';
  const unknown = newMobile();
  const phones = [api.phone(), api.phone()];
  const same = async (path: string, body: (mobile: string) => object) => {
    const answers = await Promise.all(
      [known, unknown].map((mobile, n) => phones[n]?.post(path, body(mobile))),
    );
    const [one, other] = answers.map((answer) => ({
      status: answer?.status,
      answer:
        answer?.body.challenge === undefined ? answer?.body : { ...answer.body, challenge: 'one' },
    }));
    expect(one).toEqual(other);
    return one?.status;
  };
  expect(await same('/auth/otp', (mobile) => ({ mobile }))).toBe(200);
  expect(await same('/auth/otp', (mobile) => ({ mobile }))).toBe(429);
  const codes = new Set(api.sent.slice(-2).map(({ code }) => code));
  const neither = codes.has('000000') ? '000001' : '000000';
  expect(await same('/auth/otp/verify', (mobile) => ({ mobile, code: neither }))).toBe(401);
});

it('a message that cannot be handed over is reported, and its code is kept', async () => {
  const failing = await startSignIn(database, {
    sendCode: () => Promise.reject(new Error('the gateway is down')),
  });
  try {
    const answer = await failing.phone().post('/auth/otp', { mobile: newMobile() });
    expect([answer.status, answer.code]).toEqual([503, 'OB090']);
    expect(answer.headers.get('retry-after')).toBe('60');
    expect(JSON.stringify(answer.body)).not.toContain('gateway');
    expect(JSON.stringify(failing.log)).toContain('the gateway is down');
  } finally {
    await failing.close();
  }
});

describe('a malformed request is refused', () => {
  const refused: [string, string, unknown, number, string][] = [
    ['nothing', '/auth/otp', {}, 400, 'OB020'],
    [
      'a number and an address',
      '/auth/otp',
      { mobile: '+919876543210', email: 'a@b.in' },
      400,
      'OB020',
    ],
    ['no number', '/auth/otp', { mobile: 'hello' }, 400, 'OB020'],
    ['a number that is no string', '/auth/otp', { mobile: 919876543210 }, 400, 'OB020'],
    ['no e-mail address', '/auth/otp', { email: 'asha at example' }, 400, 'OB020'],
    ['something else beside it', '/auth/otp', { mobile: '+919876543210', x: 1 }, 400, 'OB020'],
    ['a list', '/auth/otp', [], 400, 'OB020'],
    ['no JSON', '/auth/otp', '{"mobile": ', 400, 'OB010'],
    ['too much', '/auth/otp', { mobile: 'x'.repeat(20_000) }, 413, 'OB014'],
    ['no code', '/auth/otp/verify', { mobile: '+919876543210' }, 400, 'OB020'],
    [
      'a device that is no object of words',
      '/auth/otp/verify',
      { mobile: '+919876543210', code: '1', device: { a: {} } },
      400,
      'OB020',
    ],
    [
      'a user who signs up as admin',
      '/auth/otp/verify',
      { mobile: '+919876543210', code: '1', sign_up_as: 'admin' },
      400,
      'OB020',
    ],
    ['no refresh token', '/auth/refresh', {}, 400, 'OB020'],
    ['an unknown refresh token', '/auth/refresh', { refresh_token: 'x' }, 401, 'OB087'],
    ['an unknown one at sign-out', '/auth/sign-out', { refresh_token: 'x' }, 401, 'OB087'],
    ['nothing to link', '/auth/link', {}, 400, 'OB020'],
    [
      'linking without being signed in',
      '/auth/link',
      { mobile: '+919876543210', code: '1' },
      401,
      'OB001',
    ],
  ];
  it.each(refused)('%s to %s', async (_name, path, body, status, code) => {
    const answer = await api.phone().post(path, body);
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  it('with any content type other than JSON', async () => {
    const form = await api
      .phone()
      .post('/auth/otp', 'mobile=1', { 'content-type': 'application/x-www-form-urlencoded' });
    expect([form.status, form.code]).toEqual([405, 'OB016']);
    const got = await fetch(`${api.url}/auth/otp`);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

/** As if what was sent to a number had been sent so much earlier. */
async function makeOlder(mobile: string, interval: string): Promise<void> {
  await database.owner.query(
    `update vendor_otp_codes set created_at = created_at - $2::interval,
       expires_at = expires_at - $2::interval where mobile = $1`,
    [mobile, interval],
  );
}

it('a clock that is set back two hours locks no one out', async () => {
  const phone = api.phone();
  const mobile = newMobile();
  await phone.askForCode({ mobile });
  expect((await phone.post('/auth/otp', { mobile })).status).toBe(429);
  // What was recorded before lies in the future now.
  await database.owner.query(
    `update vendor_otp_codes set created_at = created_at + interval '2 hours',
      expires_at = expires_at + interval '2 hours' where mobile = $1`,
    [mobile],
  );
  await database.owner.query(
    `update app_private.sign_in_requests
    set recent = array(select clock_timestamp() + interval '2 hours' from generate_series(1, 100000))`,
  );
  const code = await phone.askForCode({ mobile });
  expect((await phone.post('/auth/otp/verify', { mobile, code })).status).toBe(200);
});
