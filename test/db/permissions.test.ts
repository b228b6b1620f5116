import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/config/project.ts';
import { personas } from '../../src/demo/personas.ts';
import { claimsOf, type DatabaseRole, type Person, people, roleOf } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { attempt } from './attempt.ts';
import { writeMatrix } from './permissions/matrix.ts';
import type { Label, RowRights, TableRights } from './permissions/rights.ts';
import { permissions } from './permissions.data.ts';

const noRight = '42501';
const writers: readonly DatabaseRole[] = ['anon', 'authenticated', 'staff'];
const labelsById = new Map<string, Label>([
  ...Object.values(personas).map(({ id, name }): [string, Label] => [id, name]),
  [worldIds.one, 'one'],
  [worldIds.two, 'two'],
  [worldIds.closed, 'closed'],
]);

type Row = { readonly key: string; readonly label: Label };

let database: TestDatabase;
/** Primary key and writable columns of each table. */
const keys = new Map<string, string>();
const columns = new Map<string, readonly string[]>();

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  const { rows } = await database.owner.query<{ table: string; key: string; columns: string[] }>(
    `select c.relname as "table", k.attname as key,
      array_agg(a.attname::text order by a.attnum) filter (where a.attgenerated = '') as columns
    from pg_class c
    join pg_index i on i.indrelid = c.oid and i.indisprimary
    join pg_attribute k on k.attrelid = c.oid and k.attnum = i.indkey[0]
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
    group by c.relname, k.attname`,
  );
  for (const row of rows) {
    keys.set(row.table, row.key);
    columns.set(row.table, row.columns);
  }
});

afterAll(async () => {
  await database.drop();
});

it('every table has its rights listed', () => {
  expect(Object.keys(permissions).sort()).toEqual([...keys.keys()].sort());
});

it('the page for people says the same', () => {
  const page = path.join(projectRoot, 'docs', 'permissions.md');
  if (!existsSync(page)) {
    writeFileSync(page, writeMatrix(permissions));
  }
  // Where rights have changed: delete docs/permissions.md and run this test, which writes it anew.
  expect(readFileSync(page, 'utf8')).toBe(writeMatrix(permissions));
});

it.each(people)('%s has the expected database role', async (person) => {
  const role = await database.asUser(claimsOf(person), async (client) => {
    const { rows } = await client.query<{ role: string }>('select current_user as role');
    return rows[0]?.role;
  });
  expect(role).toBe(roleOf(person));
});

describe.each(Object.entries(permissions))('%s', (table, rights) => {
  it.each(people)('as %s', async (person) => {
    const key = keys.get(table) ?? '';
    const all = await rowsOf(table, key, rights.labelledBy);
    // Positive control: there is something to be seen.
    expect(all.length).toBeGreaterThan(0);
    const labels = new Map(all.map((row) => [row.key, row.label]));

    await database.asUser(claimsOf(person), async (client) => {
      const select = `select ${key} as key from ${table}`;
      const mayRead = (await attempt(client, select)) !== noRight;
      const seen = mayRead ? (await client.query<{ key: string }>(select)).rows : [];
      const expected = all.filter(({ label }) => isNamed(rights.sees, label, person));
      expect(countByLabel(seen.map((row) => ({ ...row, label: labels.get(row.key) })))).toEqual(
        countByLabel(expected),
      );

      for (const { key: id, label } of rowsToTry(all, rights.updates, person)) {
        const column = columnFor(rights, person, key);
        const sql = `update ${table} set ${column} = ${column} where ${key} = '${id}'`;
        expect({ update: label, ended: await attempt(client, sql) }).toEqual({
          update: label,
          ended: ending(rights.updates, label, person),
        });
      }

      for (const { key: id, label } of rowsToTry(all, rights.deletes, person)) {
        const sql = `delete from ${table} where ${key} = '${id}'`;
        expect({ delete: label, ended: await attempt(client, sql) }).toEqual({
          delete: label,
          ended: ending(rights.deletes, label, person),
        });
      }

      const refused = { sql: `insert into ${table} default values`, ends: {} };
      for (const { sql, ends } of rights.inserts ?? [refused]) {
        const ended = Object.entries(ends).find(([, who]) => who.includes(person))?.[0] ?? noRight;
        const inserted = await attempt(client, sql);
        expect({ sql, ended: inserted === 1 ? 'ok' : inserted }).toEqual({ sql, ended });
      }
    });
  });

  it.each(writers)('columns that %s may write', async (role) => {
    await withRole(role, async (may) => {
      for (const column of columns.get(table) ?? []) {
        const name = { column };
        // Of the column's type, without a right to read it.
        const nothing = `(null::${table}).${column}`;
        const update = await may(`update ${table} set ${column} = ${nothing} where false`);
        expect({ ...name, update }).toEqual({
          ...name,
          update: columnsOf(rights.updateColumns, role).includes(column) ? 0 : noRight,
        });
        const insert = await may(`insert into ${table} (${column}) select ${nothing} where false`);
        expect({ ...name, insert }).toEqual({
          ...name,
          insert: columnsOf(rights.insertColumns, role).includes(column) ? 0 : noRight,
        });
      }
    });
  });
});

describe('tables that no client may name', () => {
  it.each(writers)('%s reads and writes no table of app_private', async (role) => {
    const { rows } = await database.owner.query<{ name: string }>(
      `select oid::regclass::text as name from pg_class
      where relnamespace = 'app_private'::regnamespace and relkind in ('r', 'p', 'S')`,
    );
    expect(rows.length).toBeGreaterThan(5);
    await withRole(role, async (may) => {
      for (const { name } of rows) {
        expect({ name, select: await may(`select from ${name}`) }).toEqual({
          name,
          select: noRight,
        });
        const deleted = await may(`delete from ${name}`);
        expect(['42501', '42809']).toContain(deleted);
      }
    });
  });

  it.each(writers)('%s reads every list of values and changes none', async (role) => {
    const { rows } = await database.owner.query<{ name: string }>(
      `select oid::regclass::text as name from pg_class
      where relnamespace = 'enums'::regnamespace and relkind = 'r'`,
    );
    expect(rows.length).toBeGreaterThan(40);
    await withRole(role, async (may) => {
      for (const { name } of rows) {
        expect({ name, seen: await may(`select from ${name}`) }).not.toEqual({ name, seen: 0 });
        expect(await may(`select from ${name}`)).not.toBe(noRight);
        expect(await may(`insert into ${name} values ('x', 'x')`)).toBe(noRight);
        expect(await may(`update ${name} set description = 'x'`)).toBe(noRight);
        expect(await may(`delete from ${name}`)).toBe(noRight);
      }
    });
  });
});

/** All rows of a table with their labels, which a user who sees the row may not be able to read. */
async function rowsOf(table: string, key: string, labelledBy = 'null'): Promise<readonly Row[]> {
  const { rows } = await database.owner.query<{ key: string; label: Label | null }>(
    `select ${key} as key, ${labelledBy} as label from ${table}`,
  );
  return rows.map(({ key, label }) => ({ key, label: label ?? labelsById.get(key) ?? 'shared' }));
}

function countByLabel(rows: readonly { label: Label | undefined }[]): Record<string, number> {
  return Object.fromEntries(
    Map.groupBy(rows, ({ label }) => label)
      .entries()
      .map(([label, group]) => [label, group.length]),
  );
}

/** A row of each label; only one where the person's role has no right to the verb, on whatever row. */
function rowsToTry(
  rows: readonly Row[],
  rights: RowRights | undefined,
  person: Person,
): readonly Row[] {
  const onePerLabel = [...new Map(rows.map((row) => [row.label, row])).values()];
  return hasVerb(rights, person) ? onePerLabel : onePerLabel.slice(0, 1);
}

function isNamed(rights: RowRights, label: Label, person: Person): boolean {
  if (rights[label]?.includes(person) === true) {
    return true;
  }
  if (!(label in personas)) {
    return false;
  }
  const isOwn = label === person && rights.self?.includes(person) === true;
  return isOwn || rights.everyone?.includes(person) === true;
}

/** One row, no row that the person may touch, or no right to the verb at all. */
function ending(rights: RowRights | undefined, label: Label, person: Person): number | string {
  if (!hasVerb(rights, person)) {
    return noRight;
  }
  return isNamed(rights ?? {}, label, person) ? 1 : 0;
}

/** Whether any user with the person's database role may do it to any row. */
function hasVerb(rights: RowRights | undefined, person: Person): boolean {
  const role = roleOf(person);
  return Object.values(rights ?? {}).some((who) => who.some((one) => roleOf(one) === role));
}

/** A column that the person's role may update, or else one that it may not. */
function columnFor(rights: TableRights, person: Person, fallback: string): string {
  return columnsOf(rights.updateColumns, roleOf(person))[0] ?? fallback;
}

function columnsOf(rights: TableRights['updateColumns'], role: DatabaseRole): readonly string[] {
  return role === 'anon' ? [] : (rights?.[role]?.split(/\s+/) ?? []);
}

/** Attempts with a database role and no rows of one's own: what the grants alone allow. */
async function withRole(
  role: DatabaseRole,
  act: (may: (sql: string) => Promise<number | string>) => Promise<void>,
): Promise<void> {
  const claimed: Record<DatabaseRole, Person> = {
    anon: 'visitor',
    authenticated: 'nobody',
    staff: 'customer_care_viewer',
  };
  await database.asUser(claimsOf(claimed[role]), (client) => act((sql) => attempt(client, sql)));
}
