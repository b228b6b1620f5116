import { claimsOf, idOf, type Person, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
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

const ends = (person: Person, sql: string, ...values: readonly unknown[]) =>
  play.ends(claimsOf(person), sql, values);
const create = (person: Person, code = 'desk_lead', name: string | null = 'Desk lead') =>
  ends(person, 'select create_role($1, $2)', code, name);
const permit = (person: Person, code: string, permissions: readonly (string | null)[] | null) =>
  ends(person, 'select set_role_permissions($1, $2)', code, permissions);
const grant = (code: string, until: string | null = null) =>
  ends('admin', 'select grant_role($1, $2, $3)', idOf('nobody'), code, until);
const permissionsOfNewStaff = async () =>
  (await play.as<{ mine: string[] }>(claimsOf('nobody'), 'select my_permissions() as mine'))[0]
    ?.mine;

it('a super admin makes a role, gives it permissions, and its holder has them at the next request', async () => {
  expect(await create('super_admin')).toBe('ok');
  expect(await grant('desk_lead')).toBe('ok');
  expect(await permissionsOfNewStaff()).toEqual([]);
  expect(await permit('super_admin', 'desk_lead', ['tickets.read', 'bookings.read'])).toBe('ok');
  expect(await permissionsOfNewStaff()).toEqual(['bookings.read', 'tickets.read']);
  expect(await permit('super_admin', 'desk_lead', ['tickets.read'])).toBe('ok');
  expect(await permissionsOfNewStaff()).toEqual(['tickets.read']);
  const { rows } = await play.query(`select permissions from roles where code = 'desk_lead'`);
  expect(rows).toEqual([{ permissions: ['tickets.read'] }]);
});

it('an inactive role gives its holders nothing', async () => {
  await create('super_admin');
  await permit('super_admin', 'desk_lead', ['tickets.read']);
  await grant('desk_lead');
  const setStatus = (status: string) =>
    ends('super_admin', 'select update_role($1, status => $2)', 'desk_lead', status);
  expect(await setStatus('inactive')).toBe('ok');
  expect(await permissionsOfNewStaff()).toEqual([]);
  expect(await setStatus('active')).toBe('ok');
  expect(await permissionsOfNewStaff()).toEqual(['tickets.read']);
});

it('what is left out of a change stays', async () => {
  await create('super_admin');
  const change = 'select name, description from update_role($1, description => $2)';
  const changed = await play.as(claimsOf('super_admin'), change, ['desk_lead', 'Leads the desk']);
  expect(changed).toEqual([{ name: 'Desk lead', description: 'Leads the desk' }]);
});

describe('only super admins edit roles, and none of their own', () => {
  it.each<Person>(['admin', 'hr', 'finance'])('not %s', async (person) => {
    expect(await create('super_admin')).toBe('ok');
    expect(await create(person, 'another')).toBe('OB002');
    expect(await permit(person, 'desk_lead', [])).toBe('OB002');
    expect(await ends(person, 'select update_role($1, $2)', 'desk_lead', 'Mine')).toBe('OB002');
  });

  it('not the role super admin, nor one that they hold', async () => {
    expect(await permit('super_admin', 'super_admin', [])).toBe('OB031');
    expect(await permit('super_admin', 'hr', ['employees.update'])).toBe('ok');
    await play.query(
      `insert into user_roles (user_id, role_id) select $1, id from roles where code = 'hr'`,
      [idOf('super_admin')],
    );
    expect(await permit('super_admin', 'hr', ['employees.update'])).toBe('OB031');
    expect(await ends('super_admin', 'select update_role($1, $2)', 'hr', 'People')).toBe('OB031');
  });

  it('a role that the platform depends on stays active', async () => {
    const change = 'select update_role($1, status => $2)';
    expect(await ends('super_admin', change, 'hr', 'inactive')).toBe('OB030');
    expect(await ends('super_admin', change, 'hr', 'active')).toBe('ok');
  });
});

it.each<[string, () => Promise<string>, string]>([
  ['a role without a name', () => create('super_admin', 'nameless', ' '), 'OB020'],
  ['a code that is taken', () => create('super_admin', 'hr'), '23505'],
  ['a code with other signs', () => create('super_admin', 'Desk Lead!'), '23514'],
  ['a role that does not exist', () => permit('super_admin', 'emperor', []), 'OB003'],
  ['a permission that does not exist', () => permit('super_admin', 'hr', ['x.y']), 'OB003'],
  ['null among the permissions', () => permit('super_admin', 'hr', [null]), 'OB003'],
  ['no list of permissions', () => permit('super_admin', 'hr', null), 'OB020'],
])('refuses %s', async (_, act, code) => {
  expect(await act()).toBe(code);
});

it('a role whose last day is over can be given again', async () => {
  expect(await grant('hr', '2099-12-31')).toBe('ok');
  expect(await grant('hr')).toBe('23505');
  // Only time ends it.
  await play.query(
    `update user_roles set valid_from = '2020-01-01', valid_until = '2020-12-31'
    where user_id = $1`,
    [idOf('nobody')],
  );
  expect(await permissionsOfNewStaff()).toEqual([]);
  expect(await grant('hr')).toBe('ok');
  expect(await permissionsOfNewStaff()).toContain('employees.create');
});
