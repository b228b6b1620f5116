import pg from 'pg';
import type { PersonaName } from '../../src/demo/personas.ts';
import { claimsOf, idOf, type Person, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeOf } from './attempt.ts';
import { untilBlocked } from './concurrency.ts';
import { beginPlay, type Play } from './play.ts';

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

describe('assigning', () => {
  beforeEach(async () => {
    await assign('marketing', 'MARKETING', 'head');
    await assign('hr', 'MARKETING', 'deputy');
    await assign('manager', 'MARKETING', 'member');
    await assign('finance', 'FINANCE', 'head');
  });

  it.each<[Person, PersonaName, string, string, string]>([
    ['admin', 'nobody', 'LEGAL', 'head', 'ok'],
    ['admin', 'admin', 'LEGAL', 'head', 'OB002'],
    ['super_admin', 'super_admin', 'LEGAL', 'viewer', 'OB002'],
    ['marketing', 'finance', 'MARKETING', 'member', 'ok'],
    ['marketing', 'finance', 'MARKETING', 'viewer', 'ok'],
    // It would make them staff, who lose sight of what is theirs as customers and vendors.
    ['marketing', 'nobody', 'MARKETING', 'viewer', 'OB002'],
    ['marketing', 'vendor', 'MARKETING', 'member', 'OB002'],
    ['marketing', 'manager', 'MARKETING', 'viewer', 'ok'],
    ['marketing', 'finance', 'MARKETING', 'deputy', 'OB002'],
    ['marketing', 'finance', 'MARKETING', 'head', 'OB002'],
    ['marketing', 'manager', 'MARKETING', 'deputy', 'OB002'],
    ['marketing', 'hr', 'MARKETING', 'member', 'OB002'],
    ['marketing', 'customer_care', 'FINANCE', 'viewer', 'OB002'],
    ['marketing', 'marketing', 'MARKETING', 'member', 'OB002'],
    ['hr', 'nobody', 'MARKETING', 'viewer', 'OB002'],
    ['manager', 'nobody', 'MARKETING', 'viewer', 'OB002'],
    ['director', 'nobody', 'MARKETING', 'viewer', 'OB002'],
    ['customer', 'nobody', 'MARKETING', 'viewer', '42501'],
    ['admin', 'nobody', 'NOWHERE', 'viewer', 'OB003'],
    ['admin', 'nobody', 'LEGAL', 'boss', 'OB020'],
    ['admin', 'nobody', 'MARKETING', 'head', '23505'],
  ])('%s assigns %s to %s as %s: %s', async (person, whom, code, type, ends) => {
    const sql = 'select assign_department_member($1, $2, $3)';
    expect(await play.ends(claimsOf(person), sql, [idOf(whom), code, type])).toBe(ends);
  });

  it('takes no unknown or suspended user, and no time that is over', async () => {
    const sql = `select assign_department_member($1, 'LEGAL', 'member', $2)`;
    const ends = (id: string, until: string | null) =>
      play.ends(claimsOf('admin'), sql, [id, until]);
    expect(await ends('99999999-9999-4999-8999-999999999999', null)).toBe('OB003');
    expect(await ends(idOf('nobody'), '2020-01-01')).toBe('OB020');
    await play.query('savepoint before');
    await play.query(`update user_profiles set status = 'suspended' where id = $1`, [
      idOf('nobody'),
    ]);
    expect(await ends(idOf('nobody'), null)).toBe('OB003');
    await play.query('rollback to savepoint before');
    expect(await ends(idOf('nobody'), '2099-01-01')).toBe('ok');
  });

  it('records who did it, in the row, the audit log and the activity log', async () => {
    const [row] = await play.as<{ id: string; assigned_by: string }>(
      claimsOf('marketing'),
      'select * from assign_department_member($1, $2)',
      [idOf('finance'), 'MARKETING'],
    );
    expect(row).toMatchObject({
      assigned_by: idOf('marketing'),
      assignment_type: 'member',
      status: 'active',
    });
    const { rows: audit } = await play.query(
      'select user_id, action from audit_logs where resource_id = $1',
      [row?.id],
    );
    expect(audit).toEqual([{ user_id: idOf('marketing'), action: 'insert' }]);
    const { rows: activities } = await play.query(
      'select user_id, module_key from department_activity_logs where resource_id = $1',
      [row?.id],
    );
    expect(activities).toEqual([{ user_id: idOf('marketing'), module_key: 'team' }]);
  });

  it('keeps one assignment for a user and department, and the readable head in step', async () => {
    const sql = 'select assign_department_member($1, $2, $3)';
    await play.as(claimsOf('admin'), sql, [idOf('nobody'), 'LEGAL', 'member']);
    await play.as(claimsOf('admin'), sql, [idOf('nobody'), 'LEGAL', 'head']);
    const { rows } = await play.query(
      'select assignment_type from department_user_assignments where user_id = $1',
      [idOf('nobody')],
    );
    expect(rows).toEqual([{ assignment_type: 'head' }]);
    expect(await headOf('LEGAL')).toBe(idOf('nobody'));
    await setStatus('admin', 'nobody', 'inactive');
    expect(await headOf('LEGAL')).toBeNull();
  });

  it.each([
    'update department_user_assignments set assignment_type = assignment_type',
    'update department_user_assignments set status = status',
    'update departments set head_user_id = null',
    'insert into department_user_assignments (user_id, department_id) select head_user_id, id from departments where head_user_id is not null',
    'delete from department_user_assignments',
  ])('has no other way: %s', async (sneak) => {
    expect(await play.ends(claimsOf('marketing'), sneak)).toBe('42501');
    expect(await play.ends(claimsOf('admin'), sneak)).toBe('42501');
  });
});

describe('ending and suspending', () => {
  beforeEach(async () => {
    await assign('marketing', 'MARKETING', 'head');
    await assign('hr', 'MARKETING', 'deputy');
    await assign('manager', 'MARKETING', 'member');
  });

  it.each<[PersonaName, PersonaName, string, string]>([
    ['marketing', 'manager', 'suspended', 'ok'],
    ['marketing', 'manager', 'inactive', 'ok'],
    ['marketing', 'hr', 'suspended', 'OB002'],
    ['marketing', 'marketing', 'inactive', 'OB002'],
    ['hr', 'manager', 'suspended', 'OB002'],
    ['admin', 'hr', 'suspended', 'ok'],
    ['admin', 'marketing', 'inactive', 'ok'],
    ['admin', 'manager', 'gone', 'OB020'],
  ])('%s makes the assignment of %s %s: %s', async (person, whom, status, ends) => {
    expect(await setStatus(person, whom, status)).toBe(ends);
  });

  it('ends for good, and a suspension is not lifted by assigning again', async () => {
    expect(await setStatus('admin', 'manager', 'suspended')).toBe('ok');
    await play.as(
      claimsOf('marketing'),
      `select assign_department_member($1, 'MARKETING', 'viewer')`,
      [idOf('manager')],
    );
    const { rows } = await play.query(
      'select status, assignment_type from department_user_assignments where user_id = $1',
      [idOf('manager')],
    );
    expect(rows).toEqual([{ status: 'suspended', assignment_type: 'viewer' }]);
    expect(await setStatus('admin', 'manager', 'inactive')).toBe('ok');
    expect(await setStatus('admin', 'manager', 'active')).toBe('OB020');
  });
});

it('a user chooses their first department themselves, and one at most', async () => {
  await assign('marketing', 'MARKETING', 'head');
  await assign('marketing', 'FINANCE', 'member');
  await assign('hr', 'HR', 'member');
  const choose = (code: string) =>
    play.as(
      claimsOf('marketing'),
      `update department_user_assignments a set is_primary = true from departments d
      where d.id = a.department_id and d.code = $1 returning a.user_id`,
      [code],
    );
  expect(await choose('MARKETING')).toHaveLength(1);
  expect(await choose('FINANCE')).toHaveLength(1);
  expect(await choose('HR')).toHaveLength(0);
  const { rows } = await play.query(
    `select d.code from department_user_assignments a join departments d on d.id = a.department_id
    where a.is_primary`,
  );
  expect(rows).toEqual([{ code: 'FINANCE' }]);
});

describe('at once', () => {
  it('two modules that are moved below each other make no cycle', async () => {
    const { rows } = await database.owner.query<{ one: string; two: string }>(
      `select a.id as one, b.id as two from department_modules a
      join department_modules b on b.department_id = a.department_id
      where a.module_key = 'team' and b.module_key = 'settings' limit 1`,
    );
    const [ids] = rows;
    const move = 'update department_modules set parent_module_id = $2 where id = $1';
    const first = await database.owner.connect();
    await first.query('begin');
    await first.query(move, [ids?.one, ids?.two]);
    const second = database.owner.query(move, [ids?.two, ids?.one]).then(() => 'ok', codeOf);
    await untilBlocked(database.owner);
    await first.query('commit');
    first.release();
    expect(await second).toBe('OB020');
  });

  it('two heads of one department at once: the second is refused', async () => {
    const appoint = `insert into department_user_assignments (user_id, department_id, assignment_type)
      select $1, id, 'head' from departments where code = 'LEGAL'`;
    const others = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
    const first = await others.connect();
    await first.query('begin');
    await first.query(appoint, [idOf('hr')]);
    const second = others.query(appoint, [idOf('finance')]).then(() => 'ok', codeOf);
    await untilBlocked(database.owner);
    await first.query('commit');
    first.release();
    expect(await second).toBe('23505');
    await others.end();
  });
});

async function assign(person: PersonaName, code: string, type: string): Promise<void> {
  await play.query(
    `insert into department_user_assignments (user_id, department_id, assignment_type)
    select $1, id, $3 from departments where code = $2`,
    [idOf(person), code, type],
  );
}

/** How it ends when a user sets the state of another's assignment. */
async function setStatus(person: PersonaName, whom: PersonaName, status: string): Promise<string> {
  const { rows } = await play.query<{ id: string }>(
    'select id from department_user_assignments where user_id = $1',
    [idOf(whom)],
  );
  return play.ends(claimsOf(person), 'select set_department_assignment_status($1, $2)', [
    rows[0]?.id,
    status,
  ]);
}

async function headOf(code: string): Promise<string | null> {
  const { rows } = await play.query<{ head_user_id: string | null }>(
    'select head_user_id from departments where code = $1',
    [code],
  );
  return rows[0]?.head_user_id ?? null;
}
