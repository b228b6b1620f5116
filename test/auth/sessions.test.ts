import { makeLogger } from '../../src/lib/logger.ts';
import { startRelay } from '../../src/realtime/relay.ts';
import { tokenFor } from '../api/support.ts';
import { idOf, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { connect, until } from '../realtime/support.ts';
import { newMobile, type Phone, type SignInApi, startSignIn } from './support.ts';

let database: TestDatabase;
let api: SignInApi;
let relay: { close(): Promise<void> };

beforeAll(async () => {
  database = await createTestDatabase();
  await seedPeople(database.owner);
  api = await startSignIn(database);
  relay = startRelay({
    connectionString: database.workerUrl,
    logger: makeLogger('silent'),
  });
});

afterAll(async () => {
  await relay?.close();
  await api?.close();
  await database?.drop();
});

type Session = {
  readonly id: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly phone: Phone;
};

/** One person signed in on so many devices. */
async function signInOn(
  devices: number,
): Promise<{ userId: string; mobile: string; sessions: Session[] }> {
  const mobile = newMobile();
  const sessions: Session[] = [];
  let userId = '';
  for (let n = 0; n < devices; n += 1) {
    const phone = api.phone();
    const { body } = await phone.signIn(
      { mobile },
      { device: { platform: 'ios', model: `Phone ${n}` } },
    );
    userId = body.user.id;
    const { rows } = await database.owner.query<{ id: string }>(
      'select id from user_sessions where user_id = $1 order by started_at desc limit 1',
      [userId],
    );
    sessions.push({
      id: rows[0]?.id ?? '',
      token: body.access_token,
      refreshToken: body.refresh_token,
      phone,
    });
    await database.owner.query(
      `update vendor_otp_codes set created_at = created_at - interval '2 hours',
         expires_at = expires_at - interval '2 hours' where mobile = $1`,
      [mobile],
    );
  }
  return { userId, mobile, sessions };
}

const ask = async (token: string, query: string) => {
  const { data, errors } = await api.graphql(query, { token });
  return errors?.[0]?.extensions.code ?? data;
};

describe('sessions in GraphQL', () => {
  it('are listed with device, address and last activity, the current one marked', async () => {
    const { sessions } = await signInOn(2);
    const [first, second] = sessions as [Session, Session];
    const { mySessions } = await ask(
      second.token,
      `{ mySessions { totalCount nodes {
        id isCurrent deviceInfo ipAddress userAgent lastActivityAt startedAt expiresAt status } } }`,
    );
    const entry = (session: Session, n: number, isCurrent: boolean) => ({
      id: session.id,
      isCurrent,
      deviceInfo: { platform: 'ios', model: `Phone ${n}` },
      ipAddress: session.phone.address,
      userAgent: 'a phone of the tests',
      lastActivityAt: expect.any(String),
      startedAt: expect.any(String),
      expiresAt: expect.any(String),
      status: 'active',
    });
    expect(mySessions).toEqual({
      totalCount: 2,
      nodes: [entry(second, 1, true), entry(first, 0, false)],
    });
    expect(
      await ask((await signInOn(1)).sessions[0]?.token ?? '', '{ mySessions { totalCount } }'),
    ).toEqual({
      mySessions: { totalCount: 1 },
    });
  });

  it('are not available to visitors', async () => {
    const { errors } = await api.graphql('{ mySessions { totalCount } }');
    expect(errors?.[0]?.extensions.code).toBe('OB001');
  });

  it('end one by one, at once, and the others go on', async () => {
    const { sessions } = await signInOn(2);
    const [first, second] = sessions as [Session, Session];
    const end = `mutation { endSession(input: { sessionId: "${first.id}" }) { result { id status } } }`;
    expect(await ask(first.token, '{ me { id } }')).toEqual({ me: { id: expect.any(String) } });
    expect(await ask(second.token, end)).toEqual({
      endSession: { result: { id: first.id, status: 'terminated' } },
    });
    expect(await ask(first.token, '{ me { id } }')).toBe('OB007');
    const refreshed = await first.phone.post('/auth/refresh', {
      refresh_token: first.refreshToken,
    });
    expect(refreshed.code).toBe('OB007');
    expect(await ask(second.token, end)).toEqual({
      endSession: { result: { id: first.id, status: 'terminated' } },
    });
    expect(
      (await second.phone.post('/auth/refresh', { refresh_token: second.refreshToken })).status,
    ).toBe(200);
  });

  it('of other users cannot be ended', async () => {
    const [mine, theirs] = [await signInOn(1), await signInOn(1)];
    const id = theirs.sessions[0]?.id;
    const token = mine.sessions[0]?.token ?? '';
    const end = `mutation { endSession(input: { sessionId: "${id}" }) { result { id } } }`;
    expect(await ask(token, end)).toBe('OB003');
    expect(await ask(theirs.sessions[0]?.token ?? '', '{ me { id } }')).toEqual({
      me: { id: theirs.userId },
    });
  });

  it('all end but the one that asks, and no other user’s', async () => {
    const { sessions } = await signInOn(3);
    const stranger = await signInOn(1);
    const [first, second, third] = sessions as [Session, Session, Session];
    const answer = await ask(
      third.token,
      'mutation { endOtherSessions(input: {}) { result { id } } }',
    );
    expect(new Set(answer.endOtherSessions.result.map(({ id }: { id: string }) => id))).toEqual(
      new Set([first.id, second.id]),
    );
    expect(await ask(first.token, '{ me { id } }')).toBe('OB007');
    expect(await ask(second.token, '{ me { id } }')).toBe('OB007');
    expect(await ask(third.token, '{ me { id } }')).toMatchObject({ me: {} });
    expect(await ask(stranger.sessions[0]?.token ?? '', '{ me { id } }')).toMatchObject({ me: {} });
  });
});

describe('refresh tokens', () => {
  it('work once; using a spent one ends the whole session', async () => {
    const { sessions } = await signInOn(1);
    const { phone, refreshToken, token } = sessions[0] as Session;
    const second = await phone.post('/auth/refresh', { refresh_token: refreshToken });
    const third = await phone.post('/auth/refresh', { refresh_token: second.body.refresh_token });
    expect(third.status).toBe(200);
    expect(await ask(third.body.access_token, '{ me { id } }')).toMatchObject({ me: {} });

    const stolen = await phone.post('/auth/refresh', { refresh_token: refreshToken });
    expect([stolen.status, stolen.code]).toEqual([401, 'OB088']);
    const legitimate = await phone.post('/auth/refresh', {
      refresh_token: third.body.refresh_token,
    });
    expect(legitimate.code).toBe('OB007');
    for (const each of [token, second.body.access_token, third.body.access_token]) {
      expect(await ask(each, '{ me { id } }')).toBe('OB007');
    }
  });

  it('are valid for seven days each', async () => {
    const { sessions } = await signInOn(1);
    const { phone, refreshToken, id } = sessions[0] as Session;
    const age = (interval: string) =>
      database.owner.query(
        `with session as (
           update user_sessions set started_at = started_at - $2::interval, expires_at = expires_at - $2::interval
           where id = $1)
         update app_private.refresh_tokens set expires_at = expires_at - $2::interval where session_id = $1`,
        [id, interval],
      );
    await age('6 days 23 hours');
    const second = await phone.post('/auth/refresh', { refresh_token: refreshToken });
    expect(second.status).toBe(200);
    await age('6 days 23 hours');
    const third = await phone.post('/auth/refresh', { refresh_token: second.body.refresh_token });
    expect(third.status).toBe(200);
    await age('7 days');
    const late = await phone.post('/auth/refresh', { refresh_token: third.body.refresh_token });
    expect([late.status, late.code]).toEqual([401, 'OB087']);
  });
});

describe('a suspended account', () => {
  const setStatus = (userId: string, status: string) =>
    database.asUser(
      { sub: idOf('admin'), role: 'authenticated' },
      (client) => client.query('select set_account_status($1, $2)', [userId, status]),
      { commit: true },
    );

  it.each([
    'suspended',
    'terminated',
  ])('of a user who is %s loses access at once, and gets no tokens', async (status) => {
    const { userId, mobile, sessions } = await signInOn(1);
    const { phone, refreshToken, token } = sessions[0] as Session;
    const code = await phone.askForCode({ mobile });
    expect(await ask(token, '{ me { id } }')).toEqual({ me: { id: userId } });
    await setStatus(userId, status);
    expect(await ask(token, '{ me { id } }')).toBe('OB006');
    expect((await phone.post('/auth/refresh', { refresh_token: refreshToken })).code).toBe('OB006');
    expect((await phone.post('/auth/otp/verify', { mobile, code })).code).toBe('OB006');
    await setStatus(userId, 'active');
    expect(await ask(token, '{ me { id } }')).toEqual({ me: { id: userId } });
    expect((await phone.post('/auth/refresh', { refresh_token: refreshToken })).status).toBe(200);
  });

  it('has its open websockets closed at once, and those of no other user', async () => {
    const [mine, other] = [await signInOn(1), await signInOn(1)];
    const [follower, bystander] = [mine, other].map(({ sessions }) =>
      connect(api, { token: sessions[0]?.token ?? '' }),
    );
    await until(async () => (await openSockets()) === 2);
    await setStatus(mine.userId, 'suspended');
    await until(() => follower?.closes.length === 1);
    expect(follower?.closes).toEqual([4401]);
    expect(bystander?.closes).toEqual([]);
    bystander?.dispose();
  });

  it('opens no websocket', async () => {
    const { userId, sessions } = await signInOn(1);
    await setStatus(userId, 'suspended');
    const follower = connect(api, { token: sessions[0]?.token ?? '' });
    await until(() => follower.closes.length === 1);
    expect(follower.closes).toEqual([4401]);
  });
});

it('the open websockets of a session that ends are closed at once; those of another session of the same user are not', async () => {
  const { sessions } = await signInOn(2);
  const [first, second] = sessions as [Session, Session];
  const [ending, staying] = [first, second].map(({ token }) => connect(api, { token }));
  await until(async () => (await openSockets()) === 2);
  await first.phone.post('/auth/sign-out', { refresh_token: first.refreshToken });
  await until(() => ending?.closes.length === 1);
  expect(ending?.closes).toEqual([4401]);
  expect(staying?.closes).toEqual([]);
  staying?.dispose();
  await until(async () => (await openSockets()) === 0);
});

it('the use of a session is recorded without a write at each request', async () => {
  const own = await startSignIn(database);
  const { sessions } = await signInOn(1);
  const { id, token } = sessions[0] as Session;
  const noted = async () => {
    const { rows } = await database.owner.query<{ age: number }>(
      `select extract(epoch from now() - last_activity_at)::float8 as age from user_sessions where id = $1`,
      [id],
    );
    return rows[0]?.age ?? Number.NaN;
  };
  await database.owner.query(
    `update user_sessions set last_activity_at = now() - interval '20 minutes' where id = $1`,
    [id],
  );
  await own.graphql('{ me { id } }', { token });
  expect(await noted()).toBeGreaterThan(1_000);
  await own.close();
  expect(await noted()).toBeLessThan(60);
});

it('expired sessions and tokens are deleted by the job, and nothing else is', async () => {
  const { sessions } = await signInOn(2);
  const [old, fresh] = sessions as [Session, Session];
  await database.owner.query(
    `with session as (
       update user_sessions set started_at = now() - interval '9 days', expires_at = now() - interval '2 days'
       where id = $1)
     update app_private.refresh_tokens set expires_at = now() - interval '2 days' where session_id = $1`,
    [old.id],
  );
  const state = async (id: string) => {
    const { rows } = await database.owner.query<{ status: string; tokens: number }>(
      `select s.status, (select count(*)::integer from app_private.refresh_tokens t where t.session_id = s.id) as tokens
       from user_sessions s where id = $1`,
      [id],
    );
    return rows[0];
  };
  expect(await state(old.id)).toEqual({ status: 'active', tokens: 1 });
  await database.owner.query('select app_private.forget_sign_ins()');
  expect(await state(old.id)).toEqual({ status: 'expired', tokens: 0 });
  expect(await state(fresh.id)).toEqual({ status: 'active', tokens: 1 });
});

it('a token of another issuer without a session can list sessions, and has no current one', async () => {
  const token = await tokenFor(idOf('customer'));
  expect(await ask(token, '{ mySessions { nodes { isCurrent } } }')).toEqual({
    mySessions: { nodes: [] },
  });
});

async function openSockets(): Promise<number> {
  const text = await (await fetch(`${api.url}/metrics`)).text();
  return Number(/^websocket_connections (\d+)$/m.exec(text)?.[1]);
}
