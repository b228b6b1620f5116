import { randomUUID } from 'node:crypto';
import { hashSecret } from '../../../src/lib/secrets.ts';
import { addPerson, app, countRows, openSocialTest, refresh, type SocialTest } from './support.ts';

let social: SocialTest;

beforeAll(async () => {
  social = await openSocialTest();
});

afterAll(async () => {
  await social?.close();
});

type Claims = Record<string, unknown>;

async function signIn(claims: Claims, query: Record<string, string> = {}, name = 'google') {
  const { address, cookie } = await social.begin(query, name);
  return social.comeBack(social.provider.approve(address, { claims }), cookie);
}

async function linksOf(id: string) {
  const { rows } = await social.database.owner.query(
    `select provider, provider_user_id as subject, provider_email as email,
       provider_email_verified as verified, provider_name as name
     from vendor_social_auth where user_id = $1 order by provider`,
    [id],
  );
  return rows;
}

/** As the app does with what it got, for a user who is signed in. */
async function link(userId: string, proof: string): Promise<string | null> {
  const { rows } = await social.database.owner.query(
    'select app_private.link_social_account($1, $2) as refusal',
    [JSON.stringify({ sub: userId, role: 'authenticated' }), hashSecret(proof)],
  );
  return rows[0].refusal;
}

it('a new user gets an account and a profile, and is known at the next sign-in', async () => {
  const claims = {
    sub: 'new',
    email: 'New@Example.com',
    email_verified: true,
    name: 'Nila',
    picture: 'https://example.com/nila.png',
  };
  const first = await signIn(claims);
  expect(first.body.user.is_new).toBe(true);
  const { id } = first.body.user;
  const { rows } = await social.database.owner.query(
    `select u.email, p.name, p.signup_method, p.social_provider, c.id is not null as customer
     from auth.users u join user_profiles p using (id) left join customers c using (id)
     where u.id = $1`,
    [id],
  );
  expect(rows).toEqual([
    {
      email: 'new@example.com',
      name: 'Nila',
      signup_method: 'social',
      social_provider: 'google',
      customer: false,
    },
  ]);
  const second = await signIn({ ...claims, name: 'Nila K' });
  expect(second.body.user).toEqual({ id, is_new: false });
  expect(await linksOf(id)).toEqual([
    {
      provider: 'google',
      subject: 'new',
      email: 'new@example.com',
      verified: true,
      name: 'Nila K',
    },
  ]);
});

it('a user is made a customer who signs up as one', async () => {
  const customersOf = async (id: string) =>
    (await social.database.owner.query('select from customers where id = $1', [id])).rowCount;
  const vendor = await signIn({ sub: 'vendor' }, { sign_up_as: 'vendor' });
  const neither = await signIn({ sub: 'neither' });
  const customer = await signIn({ sub: 'customer' }, { sign_up_as: 'customer' });
  expect(await customersOf(vendor.body.user.id)).toBe(0);
  expect(await customersOf(neither.body.user.id)).toBe(0);
  expect(await customersOf(customer.body.user.id)).toBe(1);
});

it.each([true, 'true'])('an address verified as %p finds the account that has it', async (said) => {
  const email = `has-${typeof said}@example.com`;
  const id = await addPerson(social.database, email);
  const ended = await signIn({ sub: email, email: email.toUpperCase(), email_verified: said });
  expect(ended.body.user).toEqual({ id, is_new: false });
  expect(await linksOf(id)).toMatchObject([{ subject: email, verified: true }]);
});

it.each([
  false,
  'false',
])('an address verified as %p is refused, and nothing is made', async (said) => {
  const email = `not-${typeof said}@example.com`;
  const id = await addPerson(social.database, email);
  const before = await countRows(social.database);
  for (const address of [email, `another-${email}`]) {
    const claims = { sub: email, email: address, email_verified: said };
    const shown = await signIn(claims);
    expect([shown.status, shown.code]).toEqual([403, 'OB096']);
    const sent = await signIn(claims, { redirect_to: app, sign_up_as: 'vendor' });
    expect([sent.status, sent.code]).toEqual([302, 'OB096']);
  }
  expect(await countRows(social.database)).toEqual(before);
  const verified = await signIn({ sub: email, email, email_verified: true });
  expect(verified.body.user).toEqual({ id, is_new: false });
});

it.each([
  undefined,
  null,
  'yes',
  1,
])('an address of which %p is said finds no account, and signs no user in', async (said) => {
  const email = `silent-${said}@example.com`;
  const id = await addPerson(social.database, email);
  const ended = await signIn({ sub: email, email, email_verified: said }, {}, 'facebook');
  expect(ended.body.user.is_new).toBe(true);
  expect(ended.body.user.id).not.toBe(id);
  expect(await linksOf(id)).toEqual([]);
  const { rows } = await social.database.owner.query(
    `select u.email, p.email as contact from auth.users u join user_profiles p using (id)
       where u.id = $1`,
    [ended.body.user.id],
  );
  expect(rows).toEqual([{ email: null, contact: email }]);
  // The same words of Google, who says that it is verified, do find it.
  const found = await signIn({ sub: email, email, email_verified: true });
  expect(found.body.user.id).toBe(id);
});

it('a second account at the same provider does not take over the first', async () => {
  const email = 'two@example.com';
  const first = await signIn({ sub: 'two-1', email, email_verified: true });
  const before = await countRows(social.database);
  const refused = await signIn({ sub: 'two-2', email, email_verified: true });
  expect([refused.status, refused.code]).toEqual([409, 'OB089']);
  expect(await countRows(social.database)).toEqual(before);
  const facebook = await signIn({ sub: 'two-2', email, email_verified: true }, {}, 'facebook');
  expect(facebook.body.user).toEqual({ id: first.body.user.id, is_new: false });
});

it('the same subject of another provider is another user', async () => {
  const google = await signIn({ sub: 'same' }, {}, 'google');
  const facebook = await signIn({ sub: 'same' }, {}, 'facebook');
  expect(facebook.body.user.is_new).toBe(true);
  expect(facebook.body.user.id).not.toBe(google.body.user.id);
});

it.each([
  'suspended',
  'inactive',
])('a user who is %s is refused, known or found by address', async (status) => {
  const { owner } = social.database;
  const known = await signIn({ sub: `known ${status}` });
  const email = `${status}@example.com`;
  const id = await addPerson(social.database, email);
  const people = [known.body.user.id, id];
  await owner.query('update user_profiles set status = $2 where id = any ($1)', [people, status]);
  const before = await countRows(social.database);
  const both: Claims[] = [
    { sub: `known ${status}` },
    { sub: `found ${status}`, email, email_verified: true },
  ];
  for (const claims of both) {
    const shown = await signIn(claims);
    expect([shown.status, shown.code]).toEqual([401, 'OB006']);
    expect((await signIn(claims, { redirect_to: app })).code).toBe('OB006');
  }
  expect(await linksOf(id)).toEqual([]);
  expect(await countRows(social.database)).toEqual(before);
  await owner.query(`update user_profiles set status = 'active' where id = any ($1)`, [people]);
  for (const claims of both) {
    expect((await signIn(claims)).status).toBe(200);
  }
});

it('staff sign in too, and are not made customers or vendors by it', async () => {
  const { owner } = social.database;
  const id = await addPerson(social.database, 'staff@example.com');
  await owner.query(
    `insert into employees (id, employee_code, name, mobile, department_id, designation, hierarchy_level, joining_date)
     select $1, 'E-1', 'Asha', '+919876543210', d.id, 'Field Officer', 1, '2020-01-01'
     from departments d where d.code = 'FO'`,
    [id],
  );
  const claims = { sub: 'staff', email: 'staff@example.com', email_verified: true };
  for (const sign_up_as of ['customer', 'vendor']) {
    const ended = await signIn(claims, { sign_up_as });
    expect(ended.body.user).toEqual({ id, is_new: false });
  }
  const { rows } = await owner.query(
    `select (select count(*)::integer from customers where id = $1) as customers,
       (select count(*)::integer from quick_signup_profiles where user_id = $1) as vendors`,
    [id],
  );
  expect(rows).toEqual([{ customers: 0, vendors: 0 }]);
});

it.each([2, 20])('%d sign-ins of one new user at once make one account', async (many) => {
  const claims = {
    sub: `at once ${many}`,
    email: `at-once-${many}@example.com`,
    email_verified: true,
  };
  const begun = await Promise.all(Array.from({ length: many }, () => social.begin()));
  const before = await countRows(social.database);
  const ended = await Promise.all(
    begun.map(({ address, cookie }) =>
      social.comeBack(social.provider.approve(address, { claims }), cookie),
    ),
  );
  expect(new Set(ended.map(({ body }) => body.user?.id)).size).toBe(1);
  expect(ended.filter(({ body }) => body.user?.is_new)).toHaveLength(1);
  const after = await countRows(social.database);
  expect(after).toEqual({
    accounts: (before.accounts ?? 0) + 1,
    profiles: (before.profiles ?? 0) + 1,
    customers: before.customers,
    links: (before.links ?? 0) + 1,
    sessions: (before.sessions ?? 0) + many,
    tokens: (before.tokens ?? 0) + many,
    proofs: before.proofs,
    begun: (before.begun ?? 0) - many,
  });
});

it('with Google and Facebook at once, with one verified address, there is one account with two links', async () => {
  const claims = { sub: 'both', email: 'both@example.com', email_verified: true };
  const ended = await Promise.all([signIn(claims), signIn(claims, {}, 'facebook')]);
  const [id, ...others] = new Set(ended.map(({ body }) => body.user?.id));
  expect(others).toEqual([]);
  expect(await linksOf(id)).toMatchObject([{ provider: 'facebook' }, { provider: 'google' }]);
});

it('linking gives a proof that works once, and signs no user in', async () => {
  const id = await addPerson(social.database, 'links@example.com');
  const before = await countRows(social.database);
  // An address that is not verified does not matter: the person is signed in.
  const claims = { sub: 'links', email: 'other@example.com', email_verified: false };
  const ended = await signIn(claims, { purpose: 'link' });
  expect(ended.body).toEqual({ link_proof: expect.stringMatching(/^[\w-]{43}$/), expires_in: 60 });
  expect(await countRows(social.database)).toEqual({ ...before, proofs: (before.proofs ?? 0) + 1 });
  const proof = ended.body.link_proof;
  expect(await refresh(social.database, proof)).toMatchObject({ refusal: 'OB087' });
  expect(await link(id, `${proof}x`)).toBe('OB098');
  expect(await link(id, proof)).toBeNull();
  expect(await link(id, proof)).toBe('OB098');
  expect(await linksOf(id)).toMatchObject([{ provider: 'google', subject: 'links' }]);
  expect((await signIn(claims)).body.user).toEqual({ id, is_new: false });
});

it('a proof expires after a minute', async () => {
  const id = await addPerson(social.database, 'late@example.com');
  const proofFor = async (sub: string) => {
    const { fragment } = await signIn({ sub }, { purpose: 'link', redirect_to: app });
    expect([...fragment.keys()]).toEqual(['link_proof']);
    return fragment.get('link_proof') ?? '';
  };
  const [old, young] = [await proofFor('late'), await proofFor('in time')];
  await social.database.owner.query(
    `update app_private.social_proofs set expires_at = expires_at - interval '1 minute'
     where proof_hash = $1`,
    [hashSecret(old)],
  );
  expect(await link(id, old)).toBe('OB098');
  expect(await linksOf(id)).toEqual([]);
  expect(await link(id, young)).toBeNull();
});

it('an account that is linked to one user is not linked to another', async () => {
  const owner = await signIn({ sub: 'taken' });
  const other = await addPerson(social.database, 'wants@example.com');
  const { body } = await signIn({ sub: 'taken' }, { purpose: 'link' });
  expect(await link(other, body.link_proof)).toBe('OB089');
  expect(await linksOf(other)).toEqual([]);
  expect(await linksOf(owner.body.user.id)).toMatchObject([{ subject: 'taken' }]);
  const free = await signIn({ sub: 'free' }, { purpose: 'link' });
  expect(await link(other, free.body.link_proof)).toBeNull();
});

it('an address that is not valid by our rules is ignored', async () => {
  for (const email of ['no address', `${'a'.repeat(300)}@example.com`]) {
    const ended = await signIn({ sub: `strange ${email}`, email, email_verified: true });
    expect(ended.status).toBe(200);
    expect(await linksOf(ended.body.user.id)).toMatchObject([{ email: null }]);
  }
});

it('a refused user is not made a customer or vendor', async () => {
  const { owner } = social.database;
  const email = 'refused@example.com';
  const id = await addPerson(social.database, email, { status: 'suspended' });
  const first = { sub: 'refused 1', email, email_verified: true };
  const before = await countRows(social.database);
  expect((await signIn(first, { sign_up_as: 'customer' })).code).toBe('OB006');
  expect(await countRows(social.database)).toEqual(before);

  await owner.query(`update user_profiles set status = 'active' where id = $1`, [id]);
  expect((await signIn(first)).body.user.id).toBe(id);
  const linked = await countRows(social.database);
  const second = { ...first, sub: 'refused 2' };
  expect((await signIn(second, { sign_up_as: 'customer' })).code).toBe('OB089');
  expect(await countRows(social.database)).toEqual(linked);

  await signIn(first, { sign_up_as: 'customer' });
  expect((await countRows(social.database)).customers).toBe((linked.customers ?? 0) + 1);
});

it('names with strange characters do no harm', async () => {
  const named = async (name: unknown) => {
    const { body } = await signIn({ sub: `named ${randomUUID()}`, name, picture: 7 });
    const [row] = await linksOf(body.user.id);
    return row?.name;
  };
  const sql = `'; drop table user_profiles; --`;
  expect(await named(sql)).toBe(sql);
  expect(await named('न'.repeat(300))).toBe('न'.repeat(200));
  expect(await named('a\u0000b')).toBeNull();
  expect(await named(['a'])).toBeNull();
});
