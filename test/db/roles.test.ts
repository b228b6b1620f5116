import { claimsOf, idOf, type Person, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeOf } from './attempt.ts';
import { untilBlocked } from './concurrency.ts';
import { beginPlay, type Play } from './play.ts';

const unknown = '99999999-9999-4999-8999-999999999999';

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

describe('grant_role', () => {
  it('gives a role that counts at the next request', async () => {
    expect(await roleInDatabase('nobody')).toBe('authenticated');
    expect(await grant('admin', idOf('nobody'), 'hr')).toBe('ok');
    expect(await roleInDatabase('nobody')).toBe('staff');
  });

  it('records who gave it', async () => {
    await grant('admin', idOf('nobody'), 'hr');
    const { rows } = await play.query('select assigned_by from user_roles where user_id = $1', [
      idOf('nobody'),
    ]);
    expect(rows).toEqual([{ assigned_by: idOf('admin') }]);
  });

  it.each<[string, Person, string, string, string]>([
    ['a visitor', 'visitor', idOf('nobody'), 'hr', '42501'],
    ['a customer', 'customer', idOf('nobody'), 'hr', '42501'],
    ['staff without the permission', 'hr', idOf('nobody'), 'hr', 'OB002'],
    ['an admin to themselves', 'admin', idOf('admin'), 'super_admin', 'OB002'],
    ['a super admin to themselves', 'super_admin', idOf('super_admin'), 'hr', 'OB002'],
    ['an admin making an admin', 'admin', idOf('nobody'), 'admin', 'OB002'],
    ['an admin making a super admin', 'admin', idOf('nobody'), 'super_admin', 'OB002'],
    ['a role that does not exist', 'admin', idOf('nobody'), 'emperor', 'OB003'],
    ['a person who does not exist', 'admin', unknown, 'hr', 'OB003'],
  ])('refuses %s', async (_, person, user, role, code) => {
    expect(await grant(person, user, role)).toBe(code);
    const { rows } = await play.query(
      'select from user_roles where user_id = $1 and role_id = (select id from roles where code = $2)',
      [user, role],
    );
    expect(rows.length).toBe(user === idOf('admin') && role === 'admin' ? 1 : 0);
    // Positive control: the permission does it.
    expect(await grant('super_admin', idOf('nobody'), 'finance')).toBe('ok');
  });

  it('refuses a role that would have ended before today', async () => {
    expect(await grant('admin', idOf('nobody'), 'hr', '2020-01-01')).toBe('OB020');
    expect(await grant('admin', idOf('nobody'), 'hr', '2099-12-31')).toBe('ok');
  });

  it('lets a super admin make admins', async () => {
    expect(await grant('super_admin', idOf('nobody'), 'admin')).toBe('ok');
  });

  it('refuses a role that is no longer given', async () => {
    await play.query(`update roles set status = 'inactive' where code = 'legal'`);
    expect(await grant('admin', idOf('nobody'), 'legal')).toBe('OB003');
  });
});

describe('revoke_role', () => {
  it('takes a role at once and keeps its record', async () => {
    expect(await roleInDatabase('finance')).toBe('staff');
    expect(await revoke('admin', idOf('finance'), 'finance')).toBe('ok');
    expect(await roleInDatabase('finance')).toBe('authenticated');
    expect(await grant('admin', idOf('finance'), 'finance')).toBe('ok');
    const { rows } = await play.query(
      'select status from user_roles where user_id = $1 order by status',
      [idOf('finance')],
    );
    expect(rows).toEqual([{ status: 'active' }, { status: 'inactive' }]);
  });

  it.each<[string, Person, string, string, string]>([
    ['a customer', 'customer', idOf('finance'), 'finance', '42501'],
    ['staff without the permission', 'hr', idOf('finance'), 'finance', 'OB002'],
    ['an admin against a super admin', 'admin', idOf('super_admin'), 'super_admin', 'OB002'],
    ['an admin from themselves', 'admin', idOf('admin'), 'admin', 'OB002'],
    ['a super admin from themselves', 'super_admin', idOf('super_admin'), 'super_admin', 'OB002'],
    ['a role that is not held', 'admin', idOf('nobody'), 'finance', 'OB003'],
  ])('refuses %s', async (_, person, user, role, code) => {
    expect(await revoke(person, user, role)).toBe(code);
    expect(await roleInDatabase('finance')).toBe('staff');
    expect(await roleInDatabase('super_admin')).toBe('staff');
    // Positive control: a super admin takes the same roles from others.
    expect(await revoke('super_admin', idOf('admin'), 'admin')).toBe('ok');
    expect(await revoke('super_admin', idOf('finance'), 'finance')).toBe('ok');
  });
});

describe('set_account_status', () => {
  it('suspends and readmits', async () => {
    expect(await setStatus('admin', idOf('customer'), 'suspended')).toBe('ok');
    await expect(roleInDatabase('customer')).rejects.toMatchObject({ code: 'OB006' });
    expect(await setStatus('admin', idOf('customer'), 'active')).toBe('ok');
    expect(await roleInDatabase('customer')).toBe('authenticated');
  });

  it.each<[string, Person, string, string, string]>([
    ['a customer', 'customer', idOf('customer2'), 'suspended', '42501'],
    ['staff without the permission', 'customer_care', idOf('customer'), 'suspended', 'OB002'],
    ['oneself', 'admin', idOf('admin'), 'suspended', 'OB002'],
    ['an admin against a super admin', 'admin', idOf('super_admin'), 'suspended', 'OB002'],
    ['a person who does not exist', 'admin', unknown, 'suspended', 'OB003'],
    ['a word that is no status', 'admin', idOf('customer'), 'banished', 'OB020'],
  ])('refuses %s', async (_, person, user, status, code) => {
    expect(await setStatus(person, user, status)).toBe(code);
    const { rowCount } = await play.query(`select from user_profiles where status <> 'active'`);
    expect(rowCount).toBe(0);
  });

  it('lets a super admin lock an admin out', async () => {
    expect(await setStatus('super_admin', idOf('admin'), 'suspended')).toBe('ok');
    await expect(roleInDatabase('admin')).rejects.toMatchObject({ code: 'OB006' });
  });
});

describe('two administrators at once', () => {
  it('give a role once', async () => {
    let second: Promise<string> = Promise.resolve('');
    await database.asUser(
      claimsOf('admin'),
      async (client) => {
        await client.query('select grant_role($1, $2)', [idOf('nobody'), 'hr']);
        second = commit('super_admin', 'select grant_role($1, $2)', [idOf('nobody'), 'hr']);
        await untilBlocked(database.owner);
      },
      { commit: true },
    );
    expect(await second).toBe('23505');
    const { rowCount } = await database.owner.query('select from user_roles where user_id = $1', [
      idOf('nobody'),
    ]);
    expect(rowCount).toBe(1);
  });

  it('take a role once', async () => {
    let second: Promise<string> = Promise.resolve('');
    await database.asUser(
      claimsOf('admin'),
      async (client) => {
        await client.query('select revoke_role($1, $2)', [idOf('finance'), 'finance']);
        second = commit('super_admin', 'select revoke_role($1, $2)', [idOf('finance'), 'finance']);
        await untilBlocked(database.owner);
      },
      { commit: true },
    );
    expect(await second).toBe('OB003');
  });

  async function commit(person: Person, sql: string, values: readonly string[]): Promise<string> {
    try {
      await database.asUser(claimsOf(person), (client) => client.query(sql, [...values]), {
        commit: true,
      });
      return 'ok';
    } catch (error) {
      return codeOf(error);
    }
  }
});

async function roleInDatabase(person: Person): Promise<string | undefined> {
  const rows = await play.as<{ role: string }>(claimsOf(person), 'select current_user as role');
  return rows[0]?.role;
}

async function grant(
  person: Person,
  user: string,
  role: string,
  until: string | null = null,
): Promise<string> {
  return await play.ends(claimsOf(person), 'select grant_role($1, $2, $3)', [user, role, until]);
}

async function revoke(person: Person, user: string, role: string): Promise<string> {
  return await play.ends(claimsOf(person), 'select revoke_role($1, $2)', [user, role]);
}

async function setStatus(person: Person, user: string, status: string): Promise<string> {
  return await play.ends(claimsOf(person), 'select set_account_status($1, $2)', [user, status]);
}
