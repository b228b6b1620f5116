import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { newMobile, type SignInApi, startSignIn, wrong } from './support.ts';

let database: TestDatabase;
let api: SignInApi;
let other: SignInApi;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startSignIn(database);
  other = await startSignIn(database);
});

afterAll(async () => {
  await Promise.all([api?.close(), other?.close()]);
  await database?.drop();
});

/** How many answers of each code; `ok` for those that succeeded. */
function tally(answers: readonly { code: string | undefined }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code = 'ok' } of answers) {
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

it('a thousand wrong codes at once: five are tried, and then the right one is refused', async () => {
  const mobile = newMobile();
  const code = await api.phone().askForCode({ mobile });
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, (_, n) =>
      (n % 2 === 0 ? api : other).phone().post('/auth/otp/verify', { mobile, code: wrong(code) }),
    ),
  );
  expect(tally(answers)).toEqual({ OB085: 5, OB086: 995 });
  const right = await api.phone().post('/auth/otp/verify', { mobile, code });
  expect([right.status, right.code]).toEqual([401, 'OB086']);
  const { rows } = await database.owner.query(
    'select attempt_count, is_verified from vendor_otp_codes where mobile = $1',
    [mobile],
  );
  expect(rows).toEqual([{ attempt_count: 5, is_verified: false }]);
}, 60_000);

it('a hundred verifications of the right code at once: one token, one account', async () => {
  const mobile = newMobile();
  const code = await api.phone().askForCode({ mobile });
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      (n % 2 === 0 ? api : other).phone().post('/auth/otp/verify', { mobile, code }),
    ),
  );
  expect(tally(answers)).toEqual({ ok: 1, OB085: 99 });
  const { rows } = await database.owner.query(
    `select (select count(*)::integer from auth.users where phone = $1) as users,
       (select count(*)::integer from user_profiles where mobile = $1) as profiles,
       (select count(*)::integer from user_sessions s join auth.users u on u.id = s.user_id
        where u.phone = $1) as sessions`,
    [mobile],
  );
  expect(rows).toEqual([{ users: 1, profiles: 1, sessions: 1 }]);
}, 60_000);

it('a code is requested fifty times at once from one network: one is sent', async () => {
  const mobile = newMobile();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      (n % 2 === 0 ? api : other).phone('10.3.0.1').post('/auth/otp', { mobile }),
    ),
  );
  expect(tally(answers)).toEqual({ ok: 1, OB084: 49 });
  const sent = [...api.sent, ...other.sent].filter((message) => message.address.mobile === mobile);
  expect(sent).toHaveLength(1);
}, 60_000);

it('a hundred refreshes with one token at once: one gets new ones, and the session ends', async () => {
  const mobile = newMobile();
  const { body } = await api.phone().signIn({ mobile });
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      (n % 2 === 0 ? api : other)
        .phone()
        .post('/auth/refresh', { refresh_token: body.refresh_token }),
    ),
  );
  expect(tally(answers)).toEqual({ ok: 1, OB088: 99 });
  const winner = answers.find(({ status }) => status === 200);
  const next = await api
    .phone()
    .post('/auth/refresh', { refresh_token: winner?.body.refresh_token });
  expect([next.status, next.code]).toEqual([401, 'OB007']);
}, 60_000);

/** Sets how many requests of a kind pass from one address in a minute. */
async function limit(kind: 'requests' | 'codes', most: number): Promise<void> {
  await database.owner.query(`update system_settings set value = $2 where key = $1`, [
    `limits.signin_${kind}_a_minute`,
    most,
  ]);
}

it('as many requests from one address pass as are set, however many come at once and to whichever process', async () => {
  await limit('requests', 10);
  const address = '10.200.0.1';
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      (n % 2 === 0 ? api : other).phone(address).post('/auth/refresh', { refresh_token: 'x' }),
    ),
  );
  expect(tally(answers)).toEqual({ OB087: 10, OB083: 190 });
  const refused = answers.find(({ code }) => code === 'OB083');
  expect(refused?.status).toBe(429);
  const wait = Number(refused?.headers.get('retry-after'));
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(60);
  // Another address is not concerned, and this one may come again after what it was told.
  expect((await api.phone().post('/auth/refresh', { refresh_token: 'x' })).code).toBe('OB087');
  await database.owner.query(
    `update app_private.sign_in_requests
     set recent = array(select t - $2 * interval '1 second' from unnest(recent) t) where address = $1`,
    [address, wait],
  );
  const later = await other.phone(address).post('/auth/refresh', { refresh_token: 'x' });
  expect(later.code).toBe('OB087');
}, 60_000);

it('requests for codes have a lower limit besides, and the other requests of that address go on', async () => {
  await limit('requests', 50);
  await limit('codes', 3);
  const address = '10.200.0.2';
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      (n % 2 === 0 ? api : other).phone(address).post('/auth/otp', { mobile: newMobile() }),
    ),
  );
  expect(tally(answers)).toEqual({ ok: 3, OB083: 17 });
  const refresh = await api.phone(address).post('/auth/refresh', { refresh_token: 'x' });
  expect(refresh.code).toBe('OB087');
  const elsewhere = await api.phone('10.200.0.3').post('/auth/otp', { mobile: newMobile() });
  expect(elsewhere.status).toBe(200);
  await limit('codes', 60);
});

it('a whole /64 of IPv6 is one address', async () => {
  await limit('requests', 10);
  const from = (last: string) =>
    api.phone(`2001:db8:5:6::${last}`).post('/auth/refresh', { refresh_token: 'x' });
  const answers = await Promise.all(Array.from({ length: 11 }, (_, n) => from((n + 1).toString())));
  expect(tally(answers)).toEqual({ OB087: 10, OB083: 1 });
  const next = await api.phone('2001:db8:5:7::1').post('/auth/refresh', { refresh_token: 'x' });
  expect(next.code).toBe('OB087');
});
