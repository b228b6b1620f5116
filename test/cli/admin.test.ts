import { hostname } from 'node:os';
import { withDatabase } from '../../src/lib/postgres.ts';
import { newMobile, type SignInApi, startSignIn } from '../auth/support.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { createFreshDatabase } from '../helpers/fresh-database.ts';
import { testUrls } from '../helpers/urls.ts';
import { programOn } from '../operations/program.ts';

type Program = ReturnType<typeof programOn>;

let database: TestDatabase;
let api: SignInApi;
let ombaro: Program;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startSignIn(database);
  // People sign in again at once here.
  await database.owner.query(
    `update system_settings set value = '0' where key = 'signin.otp_resend_seconds'`,
  );
  const program = programOn(database);
  ombaro = (args) => program(args, { NODE_ENV: 'production' });
});

afterAll(async () => {
  await api.close();
  await database.drop();
});

const create = (...args: string[]) => ombaro(['admin', 'create', ...args]);
const recover = (...args: string[]) => ombaro(['admin', 'recover', ...args]);

async function administrators() {
  const { code, stdout } = await ombaro(['admin', 'list', '--json']);
  expect(code).toBe(0);
  return JSON.parse(stdout) as { id: string; name: string; role: string; isActive: boolean }[];
}

/** Signs in with a code and asks what one may do. */
async function maySetUp(contact: { mobile?: string; email?: string }): Promise<boolean> {
  const { status, body } = await api.phone().signIn(contact);
  expect(status).toBe(200);
  const { data } = await api.graphql('{ myPermissions }', { token: body.access_token });
  return data.myPermissions.includes('settings.update');
}

async function auditOf(userId: string): Promise<readonly string[]> {
  const { rows } = await database.owner.query<{ what: string }>(
    `select distinct a.action || ' ' || a.resource_type || ' by ' || a.operator as what
    from audit_logs a
    where a.resource_id = $1 or a.new_values ->> 'user_id' = $1::text
    order by what`,
    [userId],
  );
  return rows.map(({ what }) => what);
}

it('the first administrator of an empty database signs in with a code and is super admin', async () => {
  expect(await administrators()).toEqual([]);
  const mobile = newMobile();
  const { code, stdout, stderr } = await create('--mobile', mobile, '--name', 'Asha Rao');
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/^Asha Rao is super admin now/),
  });
  const id = stdout.trim();
  expect(await administrators()).toMatchObject([
    { id, name: 'Asha Rao', role: 'super_admin', isActive: true, mobile },
  ]);
  expect(await maySetUp({ mobile })).toBe(true);
  const operator = new RegExp(`^insert user_roles by ombaro_owner, .*${hostname()}$`);
  expect(await auditOf(id)).toEqual(
    expect.arrayContaining([
      expect.stringMatching(operator),
      expect.stringMatching(/user_profiles/),
    ]),
  );
  // Who works here books with another account.
  const { rows } = await database.owner.query('select from customers where id = $1', [id]);
  expect(rows).toEqual([]);
});

it('an administrator may be made by e-mail, written in any case', async () => {
  const { code } = await create('--email', 'Ravi@Example.com', '--name', 'Ravi');
  expect(code).toBe(0);
  expect(await maySetUp({ email: 'ravi@example.com' })).toBe(true);
});

it('made again it changes nothing and says so', async () => {
  const mobile = newMobile();
  const first = await create('--mobile', mobile, '--name', 'Meera');
  const before = await auditOf(first.stdout.trim());
  const second = await create('--mobile', mobile.replace('+91', '0'), '--name', 'Meera');
  expect(second).toMatchObject({ code: 0, stdout: first.stdout });
  expect(second.stderr).toMatch(/^Meera is already super admin/);
  expect(await auditOf(first.stdout.trim())).toEqual(before);
});

it('a user who has an account keeps it; another user’s number is refused unless the name is theirs', async () => {
  const mobile = newMobile();
  const { body } = await api.phone().signIn({ mobile });
  await api.graphql(
    'mutation { updateUserProfile(input: { id: "ID", patch: { name: "Kiran" } }) { clientMutationId } }'.replace(
      'ID',
      body.user.id,
    ),
    { token: body.access_token },
  );
  const refused = await create('--mobile', mobile, '--name', 'Karan');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/belongs to "Kiran"/);
  expect(await maySetUp({ mobile })).toBe(false);

  const { code, stdout } = await create('--mobile', mobile, '--name', 'kiran');
  expect([code, stdout.trim()]).toEqual([0, body.user.id]);
  expect(await maySetUp({ mobile })).toBe(true);
});

it('two at once make one account', async () => {
  const mobile = newMobile();
  const made = await Promise.all([1, 2].map(() => create('--mobile', mobile, '--name', 'Twin')));
  expect(made.map(({ code }) => code)).toEqual([0, 0]);
  expect(made[0]?.stdout).toBe(made[1]?.stdout);
});

it.each([
  ['no contact', ['--name', 'A'], /mobile number or an e-mail address/],
  [
    'two contacts',
    ['--mobile', '9876543210', '--email', 'a@example.com', '--name', 'A'],
    /not both/,
  ],
  ['a bad number', ['--mobile', '12345', '--name', 'A'], /mobile number is not valid/],
  ['a bad address', ['--email', 'asha', '--name', 'A'], /e-mail address is not valid/],
  ['no name', ['--mobile', '9876543210'], /name/],
  ['an id that is none', ['--user', 'asha'], /is not the id of an account/],
  ['an unknown id', ['--user', '00000000-0000-4000-8000-000000000009'], /No account has the id/],
])('%s is refused in one sentence', async (_, args, message) => {
  const { code, stdout, stderr } = await create(...args);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

describe('recovering', () => {
  it('a new contact is the only one that signs in, and every session ends', async () => {
    const [lost, found] = [newMobile(), newMobile()];
    const id = (await create('--mobile', lost, '--name', 'Nila')).stdout.trim();
    const { body } = await api.phone().signIn({ mobile: lost });
    const { code, stderr } = await recover(lost, '--mobile', found);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^Nila has a new contact/),
    });
    const { errors } = await api.graphql('{ me { id } }', { token: body.access_token });
    expect(errors?.[0]?.extensions.code).toBe('OB007');
    expect(await maySetUp({ mobile: found })).toBe(true);
    expect(await maySetUp({ mobile: lost })).toBe(false);
    expect(await auditOf(id)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^update user_profiles by ombaro_owner/)]),
    );
  });

  it('by an address in place of a number: the number can no longer sign in', async () => {
    const lost = newMobile();
    await create('--mobile', lost, '--name', 'Omar');
    expect((await recover(lost, '--email', 'omar@example.com')).code).toBe(0);
    expect(await maySetUp({ email: 'omar@example.com' })).toBe(true);
    expect(await maySetUp({ mobile: lost })).toBe(false);
  });

  it('restores a role that was taken and an account that was suspended', async () => {
    const mobile = newMobile();
    const id = (await create('--mobile', mobile, '--name', 'Priya')).stdout.trim();
    // As another super admin does it.
    await database.owner.query(`update user_roles set status = 'inactive' where user_id = $1`, [
      id,
    ]);
    await database.owner.query(`update user_profiles set status = 'suspended' where id = $1`, [id]);
    const { code, stderr } = await recover(id);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Priya has an active account again, is super_admin again\./);
    expect(await maySetUp({ mobile })).toBe(true);
    expect((await recover(id)).stderr).toMatch(/nothing was changed/);
  });

  it('refuses a contact of another user, and a user who was never an administrator', async () => {
    const [mobile, stranger] = [newMobile(), newMobile()];
    await create('--mobile', mobile, '--name', 'Sana');
    await api.phone().signIn({ mobile: stranger });
    const taken = await recover(mobile, '--mobile', stranger);
    expect(taken.code).toBe(1);
    expect(taken.stderr).toMatch(/belongs to another account/);
    const unknown = await recover(stranger);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toMatch(/No present or former administrator/);
    expect(await maySetUp({ mobile })).toBe(true);
  });
});

it('only the owner’s connection may do it', async () => {
  const { rows } = await database.owner.query<{ role: string }>(
    `select r.rolname as role
    from pg_roles r, pg_proc p
    where p.pronamespace = 'app_private'::regnamespace
      and p.proname in ('administrators', 'create_administrator', 'recover_administrator', 'give_administration')
      and has_function_privilege(r.oid, p.oid, 'execute') and not r.rolsuper
    group by 1`,
  );
  expect(rows).toEqual([{ role: 'ombaro_owner' }]);
});

it('says so where there is no database, or one without its migrations', async () => {
  const nowhere = await ombaro(['admin', 'list']);
  expect(nowhere.code).toBe(0);
  const gone = await programOn({
    ...database,
    ownerUrl: 'postgres://ombaro_owner@127.0.0.1:1/ombaro',
  })(['admin', 'list']);
  expect(gone.code).toBe(1);
  expect(gone.stderr).toMatch(/^Cannot connect to 127\.0\.0\.1:1/);

  const fresh = await createFreshDatabase();
  try {
    const name = (await fresh.owner.query('select current_database() as name')).rows[0].name;
    const empty = await programOn({ ...database, ownerUrl: withDatabase(testUrls().owner, name) })([
      'admin',
      'list',
    ]);
    expect(empty.code).toBe(1);
    expect(empty.stderr).toMatch(/lacks \d+ migrations.*ombaro migrate/);
  } finally {
    await fresh.drop();
  }
});
