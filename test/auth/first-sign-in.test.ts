import { makeSecret } from '../../src/lib/secrets.ts';
import { idOf, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { newMobile, type SignInApi, startSignIn } from './support.ts';

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

/** What there is of a person. */
async function rowsOf(userId: string) {
  const { rows } = await database.owner.query(
    `select p.role, p.mobile, p.mobile_verified as "mobileVerified", p.signup_method as "signupMethod",
       (select count(*)::integer from customers c where c.id = p.id) as customers,
       (select jsonb_build_object('mobile', q.mobile, 'verified', q.mobile_verified, 'type', q.partner_type)
        from quick_signup_profiles q where q.user_id = p.id) as quick
     from user_profiles p where p.id = $1`,
    [userId],
  );
  return rows[0];
}

it('makes no customer of a new user who does not ask for it', async () => {
  const mobile = newMobile();
  const { body } = await api.phone().signIn({ mobile });
  expect(await rowsOf(body.user.id)).toEqual({
    role: 'customer',
    mobile,
    mobileVerified: true,
    signupMethod: 'standard',
    customers: 0,
    quick: null,
  });
});

it('begins the quick sign-up of a new vendor, whose number is proven and who then chooses a category', async () => {
  const mobile = newMobile();
  const { body } = await api.phone().signIn({ mobile }, { sign_up_as: 'vendor' });
  expect(await rowsOf(body.user.id)).toEqual({
    role: 'customer',
    mobile,
    mobileVerified: true,
    signupMethod: 'quick',
    customers: 0,
    quick: { mobile, verified: true, type: 'INDEPENDENT' },
  });
  const { rows } = await database.owner.query<{ id: string }>(
    `select q.id from quick_signup_profiles q where user_id = $1`,
    [body.user.id],
  );
  const { data } = await api.graphql(
    `mutation($id: UUID!, $category: UUID!) { updateQuickSignupProfile(input: { id: $id, patch: { categoryId: $category } }) {
      quickSignupProfile { categoryId mobileVerified } } }`,
    {
      token: body.access_token,
      variables: { id: rows[0]?.id, category: await aCategory() },
    },
  );
  expect(data.updateQuickSignupProfile.quickSignupProfile).toEqual({
    categoryId: await aCategory(),
    mobileVerified: true,
  });
});

it('a customer who signs up as a vendor stays the same user, and begins the quick sign-up', async () => {
  const mobile = newMobile();
  const first = await api.phone().signIn({ mobile }, { sign_up_as: 'customer' });
  await older(mobile);
  const second = await api.phone().signIn({ mobile }, { sign_up_as: 'vendor' });
  expect(second.body.user).toEqual({ id: first.body.user.id, is_new: false });
  expect(await rowsOf(first.body.user.id)).toMatchObject({
    signupMethod: 'standard',
    customers: 1,
    quick: { mobile, verified: true },
  });
});

it('makes no customer of staff, and none of a therapist who does not ask for it', async () => {
  for (const name of ['admin', 'therapist'] as const) {
    const answer = await api.phone().signIn({ mobile: await phoneOf(idOf(name)) });
    expect(answer.body.user).toEqual({ id: idOf(name), is_new: false });
  }
  await older(await phoneOf(idOf('admin')));
  await api.phone().signIn({ mobile: await phoneOf(idOf('admin')) }, { sign_up_as: 'customer' });
  expect((await rowsOf(idOf('admin'))).customers).toBe(0);
  expect((await rowsOf(idOf('therapist'))).customers).toBe(0);
});

it('an account without a profile gets one', async () => {
  const mobile = newMobile();
  const { rows } = await database.owner.query<{ id: string }>(
    'insert into auth.users (phone) values ($1) returning id',
    [mobile],
  );
  const { body } = await api.phone().signIn({ mobile });
  expect(body.user).toEqual({ id: rows[0]?.id, is_new: true });
  expect(await rowsOf(body.user.id)).toMatchObject({ mobile, mobileVerified: true, customers: 0 });
});

describe('a number that is in a profile already', () => {
  it('belongs to the profile when it was proven there', async () => {
    const mobile = newMobile();
    const { rows } = await database.owner.query<{ id: string }>(
      `with account as (insert into auth.users default values returning id)
       insert into user_profiles (id, name, mobile, mobile_verified) select id, 'Ravi', $1, true from account
       returning id`,
      [mobile],
    );
    const { body } = await api.phone().signIn({ mobile });
    expect(body.user).toEqual({ id: rows[0]?.id, is_new: false });
  });

  it('belongs to the user who proves it when it was only written there', async () => {
    const mobile = newMobile();
    const { rows } = await database.owner.query<{ id: string }>(
      `with account as (insert into auth.users default values returning id)
       insert into user_profiles (id, name, mobile) select id, 'Ravi', $1 from account returning id`,
      [mobile],
    );
    const { body } = await api.phone().signIn({ mobile });
    expect(body.user.id).not.toBe(rows[0]?.id);
    expect(body.user.is_new).toBe(true);
    expect(await rowsOf(body.user.id)).toMatchObject({ mobile, mobileVerified: true });
    expect(await rowsOf(rows[0]?.id ?? '')).toMatchObject({ mobile: null });
  });
});

describe('linking a number or an address to the account that is signed in', () => {
  const link = (token: string, body: object) =>
    api.phone().post('/auth/link', body, { authorization: `Bearer ${token}` });

  it('lets it sign in to the same account from then on', async () => {
    const email = `link-${newMobile().slice(1)}@example.com`;
    const mobile = newMobile();
    const { body } = await api.phone().signIn({ email });
    const code = await api.phone().askForCode({ mobile });
    const linked = await link(body.access_token, { mobile, code, sign_up_as: 'vendor' });
    expect([linked.status, linked.code]).toEqual([204, undefined]);
    expect(await rowsOf(body.user.id)).toMatchObject({
      mobile,
      mobileVerified: true,
      quick: { mobile, verified: true },
    });
    await older(mobile);
    const again = await api.phone().signIn({ mobile });
    expect(again.body.user).toEqual({ id: body.user.id, is_new: false });
  });

  it('refuses another account’s, and a wrong code, and links nothing then', async () => {
    const taken = newMobile();
    const owner = await api.phone().signIn({ mobile: taken });
    await older(taken);
    const { body } = await api.phone().signIn({ mobile: newMobile() });
    const before = await rowsOf(body.user.id);
    const code = await api.phone().askForCode({ mobile: taken });
    const stolen = await link(body.access_token, { mobile: taken, code });
    expect([stolen.status, stolen.code]).toEqual([409, 'OB089']);
    const free = newMobile();
    await api.phone().askForCode({ mobile: free });
    const guessed = await link(body.access_token, { mobile: free, code: 'x' });
    expect([guessed.status, guessed.code]).toEqual([401, 'OB085']);
    expect(await rowsOf(body.user.id)).toEqual(before);
    expect((await rowsOf(owner.body.user.id)).mobile).toBe(taken);
  });

  it('refuses an ended session and a bad token, and tries no code for them', async () => {
    const phone = api.phone();
    const { body } = await phone.signIn({ mobile: newMobile() });
    await phone.post('/auth/sign-out', { refresh_token: body.refresh_token });
    const mobile = newMobile();
    const code = await api.phone().askForCode({ mobile });
    expect((await link(body.access_token, { mobile, code })).code).toBe('OB007');
    expect((await link('nonsense', { mobile, code })).code).toBe('OB004');
    const { rows } = await database.owner.query(
      'select attempt_count from vendor_otp_codes where mobile = $1',
      [mobile],
    );
    expect(rows).toEqual([{ attempt_count: 0 }]);
    expect((await api.phone().post('/auth/otp/verify', { mobile, code })).status).toBe(200);
  });
});

describe('linking an account at a provider', () => {
  const prove = async (subject: string): Promise<string> => {
    const { secret, hash } = makeSecret();
    await database.owner.query(
      `select app_private.prove_social_account($1,
         row('google', $2, 'someone@example.com', true, 'Asha', null)::app_private.social_account)`,
      [hash, subject],
    );
    return secret;
  };
  const link = (token: string, proof: string) =>
    api.phone().post('/auth/link', { link_proof: proof }, { authorization: `Bearer ${token}` });
  const linkedTo = async (subject: string) => {
    const { rows } = await database.owner.query<{ id: string }>(
      'select user_id as id from vendor_social_auth where provider_user_id = $1',
      [subject],
    );
    return rows.map(({ id }) => id);
  };

  it('links it to the signed-in user, with a proof that works once', async () => {
    const { body } = await api.phone().signIn({ mobile: newMobile() });
    const proof = await prove('subject one');
    expect((await link(body.access_token, proof)).status).toBe(204);
    expect(await linkedTo('subject one')).toEqual([body.user.id]);
    const again = await link(body.access_token, proof);
    expect([again.status, again.code]).toEqual([401, 'OB098']);
  });

  it('refuses the account of another user, a second of one provider, and a proof that is too old', async () => {
    const one = (await api.phone().signIn({ mobile: newMobile() })).body;
    const other = (await api.phone().signIn({ mobile: newMobile() })).body;
    expect((await link(one.access_token, await prove('subject two'))).status).toBe(204);
    const stolen = await link(other.access_token, await prove('subject two'));
    expect([stolen.status, stolen.code]).toEqual([409, 'OB089']);
    const second = await link(one.access_token, await prove('subject three'));
    expect([second.status, second.code]).toEqual([409, 'OB089']);
    const old = await prove('subject three');
    await database.owner.query(
      `update app_private.social_proofs set expires_at = now() - interval '1 second'`,
    );
    expect((await link(other.access_token, old)).code).toBe('OB098');
    expect(await linkedTo('subject three')).toEqual([]);
    expect((await link(other.access_token, await prove('subject three'))).status).toBe(204);
  });

  it('links one of ten accounts of the same provider that come at once', async () => {
    const { body } = await api.phone().signIn({ mobile: newMobile() });
    const proofs = await Promise.all(Array.from({ length: 10 }, (_, n) => prove(`many ${n}`)));
    const answers = await Promise.all(proofs.map((proof) => link(body.access_token, proof)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, ...Array(9).fill(409)]);
  });
});

it("where accounts are another issuer's no user is signed in here", async () => {
  const own = await createTestDatabase();
  await own.owner.query('revoke insert on auth.users from ombaro_owner');
  const elsewhere = await startSignIn(own);
  try {
    const asked = await elsewhere.phone().post('/auth/otp', { mobile: newMobile() });
    expect([asked.status, asked.code]).toEqual([403, 'OB091']);
    const tried = await elsewhere
      .phone()
      .post('/auth/otp/verify', { mobile: newMobile(), code: '123456' });
    expect([tried.status, tried.code]).toEqual([403, 'OB091']);
    const { rowCount } = await own.owner.query('select from vendor_otp_codes');
    expect(rowCount).toBe(0);
  } finally {
    await elsewhere.close();
    await own.drop();
  }
});

async function aCategory(): Promise<string> {
  const { rows } = await database.owner.query<{ id: string }>(
    'select id from vendor_categories order by id limit 1',
  );
  return rows[0]?.id ?? '';
}

async function phoneOf(userId: string): Promise<string> {
  const { rows } = await database.owner.query<{ phone: string }>(
    'select phone from auth.users where id = $1',
    [userId],
  );
  return rows[0]?.phone ?? '';
}

/** As if what was sent to a number had been sent two hours earlier. */
async function older(mobile: string): Promise<void> {
  await database.owner.query(
    `update vendor_otp_codes set created_at = created_at - interval '2 hours',
       expires_at = expires_at - interval '2 hours' where mobile = $1`,
    [mobile],
  );
}
