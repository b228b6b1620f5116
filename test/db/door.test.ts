import pg from 'pg';
import { claimsOf, idOf, seedPeople } from '../fixtures/people.ts';
import { type Claims, createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { untilBlocked } from './concurrency.ts';
import { beginPlay, type Play } from './play.ts';

const stranger = '99999999-9999-4999-8999-999999999999';
const session = '33333333-3333-4333-8333-333333333333';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedPeople(database.owner);
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
});

afterEach(async () => {
  await play.end();
});

describe('enter_request', () => {
  it.each<[string, Claims, string]>([
    ['an anonymous user', null, 'anon'],
    ['a token of an anonymous user', { role: 'anon' }, 'anon'],
    ['a customer', claimsOf('customer'), 'authenticated'],
    [
      'a customer who claims to be staff',
      { sub: idOf('customer'), role: 'staff' },
      'authenticated',
    ],
    [
      'a customer who claims to be the service',
      { sub: idOf('customer'), role: 'service_role' },
      'authenticated',
    ],
    ['an admin whose token says nothing of it', claimsOf('admin'), 'staff'],
  ])('lets %s in', async (_, claims, role) => {
    expect(await enter(claims)).toBe(role);
  });

  it.each<[string, Claims, string]>([
    ['a stranger', { sub: stranger, role: 'authenticated' }, 'OB008'],
    // A token with a subject is a user's: as an anonymous one they would be auth.uid() without having been looked up.
    ['a customer who claims to be anonymous', { sub: idOf('customer'), role: 'anon' }, 'OB004'],
    ['an admin who claims to be anonymous', { sub: idOf('admin'), role: 'anon' }, 'OB004'],
    ['an anonymous user with an empty subject', { sub: '', role: 'anon' }, 'OB004'],
    ['a token without subject', { role: 'authenticated' }, 'OB004'],
    ['a subject that is no id', { sub: '1 or 1=1', role: 'authenticated' }, 'OB004'],
    ['a session that is no id', { sub: idOf('customer'), session_id: 'x' }, 'OB004'],
  ])('refuses %s', async (_, claims, code) => {
    expect(await enter(claims)).toBe(code);
  });

  it.each(['suspended', 'inactive', 'terminated'])('refuses users who are %s', async (status) => {
    expect(await enter(claimsOf('customer'))).toBe('authenticated');
    await play.query('update user_profiles set status = $1 where id = $2', [
      status,
      idOf('customer'),
    ]);
    expect(await enter(claimsOf('customer'))).toBe('OB006');
    expect(await enter(claimsOf('customer2'))).toBe('authenticated');
  });

  it.each<[string, string]>([
    ['was ended', `status = 'terminated'`],
    [
      'has expired',
      `started_at = now() - interval '2 days', expires_at = now() - interval '1 day'`,
    ],
    ['is of another user', `user_id = '${idOf('customer2')}'`],
  ])('refuses a session that %s', async (_, change) => {
    await play.query(
      `insert into user_sessions (id, user_id, expires_at) values ($1, $2, now() + interval '1 day')`,
      [session, idOf('customer')],
    );
    const claims = { ...claimsOf('customer'), session_id: session };
    expect(await enter(claims)).toBe('authenticated');
    await play.query(`update user_sessions set ${change} where id = $1`, [session]);
    expect(await enter(claims)).toBe('OB007');
  });

  it('leaves sessions of another issuer to their token', async () => {
    expect(await enter({ ...claimsOf('customer'), session_id: session })).toBe('authenticated');
  });

  it.each<[string, string]>([
    ['was taken away', `update user_roles set status = 'inactive'`],
    ['is marked as expired', `update user_roles set status = 'expired'`],
    [
      'ended yesterday',
      'update user_roles set valid_from = app_private.today() - 9, valid_until = app_private.today() - 1',
    ],
    ['begins tomorrow', 'update user_roles set valid_from = app_private.today() + 1'],
    ['is no longer in use', `update roles set status = 'inactive'`],
  ])('ignores a role that %s', async (_, change) => {
    expect(await enter(claimsOf('admin'))).toBe('staff');
    expect(await permissionsOf('admin')).toContain('users.update');
    await play.query(change);
    expect(await enter(claimsOf('admin'))).toBe('authenticated');
    expect(await permissionsOf('admin')).toEqual([]);
  });

  it('counts a role until the end of its last day', async () => {
    await play.query('update user_roles set valid_until = app_private.today()');
    expect(await enter(claimsOf('admin'))).toBe('staff');
  });

  it('takes active employees for staff, and no others', async () => {
    await play.query(
      `insert into employees (id, employee_code, name, mobile, department_id, designation,
        hierarchy_level, joining_date)
      select $1, 'EMP-1', 'New', '+919876543210', id, 'Clerk', 1, '2025-01-01'
      from departments where code = 'HO'`,
      [idOf('nobody')],
    );
    expect(await enter(claimsOf('nobody'))).toBe('staff');
    expect(await permissionsOf('nobody')).toEqual([]);
    await play.query(`update employees set status = 'terminated'`);
    expect(await enter(claimsOf('nobody'))).toBe('authenticated');
    await play.query(`update employees set status = 'active', is_active = false`);
    expect(await enter(claimsOf('nobody'))).toBe('authenticated');
  });
});

describe('provision_profile', () => {
  const claims = {
    sub: stranger,
    role: 'authenticated',
    email: 'Asha.Rao@Example.com',
    phone: '919876543210',
    user_metadata: { full_name: 'Asha Rao' },
  };

  it('makes the profile of an account that comes for the first time', async () => {
    await play.query('insert into auth.users (id) values ($1)', [stranger]);
    expect(await enter(claims)).toBe('OB008');
    await provision(claims);
    expect(await enter(claims)).toBe('authenticated');
    const { rows } = await play.query(
      'select name, email, mobile, mobile_verified, role from user_profiles where id = $1',
      [stranger],
    );
    expect(rows).toEqual([
      {
        name: 'Asha Rao',
        email: 'asha.rao@example.com',
        mobile: '+919876543210',
        mobile_verified: true,
        role: 'customer',
      },
    ]);
  });

  it('keeps a profile as its user has made it', async () => {
    await provision({ ...claims, sub: idOf('customer') });
    const { rows } = await play.query('select name from user_profiles where id = $1', [
      idOf('customer'),
    ]);
    expect(rows).toEqual([{ name: 'customer' }]);
  });

  it('gives no user the telephone number of another', async () => {
    await play.query('insert into auth.users (id) values ($1)', [stranger]);
    await play.query(`update user_profiles set mobile = '+919876543210' where id = $1`, [
      idOf('customer'),
    ]);
    await provision(claims);
    const { rows } = await play.query(
      'select mobile, mobile_verified from user_profiles where id = $1',
      [stranger],
    );
    expect(rows).toEqual([{ mobile: null, mobile_verified: false }]);
  });

  it('leaves out what does not fit our formats, and keeps no user out for it', async () => {
    await play.query('insert into auth.users (id) values ($1)', [stranger]);
    await provision({
      sub: stranger,
      email: 'asha at example',
      phone: '910000000000',
      user_metadata: { full_name: ` ${'a'.repeat(300)}`, name: 'Asha' },
    });
    const { rows } = await play.query(
      'select email, mobile, mobile_verified, length(name) as length from user_profiles where id = $1',
      [stranger],
    );
    expect(rows).toEqual([{ email: null, mobile: null, mobile_verified: false, length: 200 }]);
  });

  it('refuses a token without an account', async () => {
    await expect(provision(claims)).rejects.toMatchObject({ code: 'OB008' });
  });

  it('is not for clients', async () => {
    const call = 'select app_private.provision_profile($1::text::jsonb)';
    expect(await play.ends(claimsOf('customer'), call, [JSON.stringify(claims)])).toBe('42501');
  });
});

describe('two first requests of one user at once', () => {
  it('make one profile', async () => {
    const sql = `select app_private.provision_profile('{"sub": "${stranger}"}')`;
    await database.owner.query('insert into auth.users (id) values ($1)', [stranger]);
    const api = new pg.Pool({ connectionString: database.apiUrl, max: 2 });
    const first = await api.connect();
    await first.query('begin');
    await first.query(sql);
    const second = api.query(sql);
    await untilBlocked(database.owner);
    await first.query('commit');
    first.release();
    await second;
    await api.end();
    const { rowCount } = await database.owner.query('select from user_profiles where id = $1', [
      stranger,
    ]);
    expect(rowCount).toBe(1);
  });
});

/** The role that the door gives, or the code with which it stays shut. */
async function enter(claims: Claims): Promise<string> {
  const ended = await play.ends(claims, 'select');
  if (ended !== 'ok') {
    return ended;
  }
  const rows = await play.as<{ role: string }>(claims, 'select current_user as role');
  return rows[0]?.role ?? '';
}

async function permissionsOf(person: 'admin' | 'nobody'): Promise<readonly string[]> {
  const rows = await play.as<{ codes: string[] }>(
    claimsOf(person),
    'select my_permissions() as codes',
  );
  return rows[0]?.codes ?? [];
}

async function provision(claims: Claims): Promise<void> {
  await play.query('select app_private.provision_profile($1::text::jsonb)', [
    JSON.stringify(claims),
  ]);
}
