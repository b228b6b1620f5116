import { claimsOf, idOf } from '../../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { beginPlay, type Play } from '../play.ts';

const { one } = worldIds;

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
  await play.query('delete from audit_logs');
});

afterEach(async () => {
  await play.end();
});

async function log(): Promise<readonly unknown[]> {
  const { rows } = await play.query(
    'select user_id, action, resource_type, resource_id, old_values, new_values from audit_logs order by ctid',
  );
  return rows;
}

it('an update keeps who, and only what changed', async () => {
  await play.as(
    claimsOf('vendor_manager'),
    `update vendors set description = 'Quiet' where id = $1`,
    [one],
  );
  expect(await log()).toEqual([
    {
      user_id: idOf('vendor_manager'),
      action: 'update',
      resource_type: 'vendors',
      resource_id: one,
      old_values: { description: null },
      new_values: { description: 'Quiet' },
    },
  ]);
});

it('an update that changes nothing leaves no trace', async () => {
  await play.as(claimsOf('vendor'), 'update vendors set description = description where id = $1', [
    one,
  ]);
  expect(await log()).toEqual([]);
});

it('an insert keeps the row, a delete what was there', async () => {
  const person = claimsOf('customer');
  await play.as(
    person,
    `insert into user_documents (document_type, document_name, file_url)
    values ('other', 'Diploma', 'https://files.example.com/d')`,
  );
  await play.as(person, `delete from user_documents where document_name = 'Diploma'`);
  expect(await log()).toMatchObject([
    {
      user_id: idOf('customer'),
      action: 'insert',
      old_values: null,
      new_values: { document_name: 'Diploma' },
    },
    {
      user_id: idOf('customer'),
      action: 'delete',
      old_values: { document_name: 'Diploma' },
      new_values: null,
    },
  ]);
});

it('nobody is signed in when the platform itself acts', async () => {
  await play.query('update vendors set rating = 4.5 where id = $1', [one]);
  expect(await log()).toMatchObject([{ user_id: null, new_values: { rating: 4.5 } }]);
});

it('a role that is given is recorded, with who gave it', async () => {
  await play.as(claimsOf('admin'), 'select grant_role($1, $2)', [idOf('nobody'), 'hr']);
  expect(await log()).toContainEqual(
    expect.objectContaining({
      user_id: idOf('admin'),
      action: 'insert',
      resource_type: 'user_roles',
    }),
  );
});

it('secrets never reach the log, not even when they change', async () => {
  const { rows } = await play.query<{ table_name: string; column_name: string }>(
    'select table_name, column_name from app_private.audit_redactions',
  );
  expect(rows.length).toBeGreaterThan(5);
  const { rows: tables } = await play.query<{ name: string; columns: string[] }>(
    `select table_name as name, array_agg(column_name) as columns
    from app_private.audit_redactions group by table_name`,
  );
  for (const { name, columns } of tables) {
    const row = Object.fromEntries(columns.map((column) => [column, 'secret']));
    const { rows: redacted } = await play.query<{ row: Record<string, string> }>(
      'select app_private.redacted($1, $2) as row',
      [name, JSON.stringify({ ...row, plain: 'kept', empty: null })],
    );
    expect(redacted[0]?.row).toEqual({
      ...Object.fromEntries(columns.map((column) => [column, '***'])),
      plain: 'kept',
      empty: null,
    });
  }
});

it('an account number that changes is said to have changed, and no more', async () => {
  await play.query(
    `update user_bank_details set account_number = '111122223333' where user_id = $1`,
    [idOf('customer')],
  );
  expect(await log()).toMatchObject([
    { old_values: { account_number: '***' }, new_values: { account_number: '***' } },
  ]);
});

it('every redacted column exists', async () => {
  const { rows } = await play.query(
    `select * from app_private.audit_redactions r where not exists (
      select from information_schema.columns c
      where c.table_schema = 'public' and c.table_name = r.table_name and c.column_name = r.column_name)`,
  );
  expect(rows).toEqual([]);
});

it('nobody rewrites it, the service role neither', async () => {
  for (const verb of ['insert', 'update', 'delete', 'truncate']) {
    const { rows } = await play.query<{ may: boolean }>(
      `select bool_or(has_table_privilege(role, 'public.audit_logs', $1)) as may
      from unnest(array['anon', 'authenticated', 'staff', 'service_role', 'ombaro_api', 'ombaro_worker']) role`,
      [verb],
    );
    expect({ verb, may: rows[0]?.may }).toEqual({ verb, may: false });
  }
});
