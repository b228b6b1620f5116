import type pg from 'pg';
import { loadDemo } from '../../src/demo/load.ts';
import { checks } from '../../src/operations/validate/checks/checks.ts';
import {
  ChangedMeanwhileError,
  planRepairs,
  repair,
} from '../../src/operations/validate/repair.ts';
import { chooseChecks, findFaults, validate } from '../../src/operations/validate/validate.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { plants } from './validate-plants.ts';

let database: TestDatabase;
let client: pg.PoolClient;

beforeAll(async () => {
  database = await createTestDatabase();
  await loadDemo({ ownerUrl: database.ownerUrl, bookings: 600 });
  client = await database.owner.connect();
  await loosen();
  // No one in demo data says what they prefer.
  await client.query(
    `update public.customers set preferred_services = (select array_agg(id order by id) from public.services)
    where id = (select min(id::text)::uuid from public.customers)`,
  );
});

afterAll(async () => {
  client?.release();
  await database?.drop();
});

it('every check has a planted fault, a name of its own and an explanation with a remedy', () => {
  const names = checks.map(({ name }) => name);
  expect([...new Set(names)]).toEqual(names);
  expect(names.filter((name) => !plants.some(([planted]) => planted === name))).toEqual([]);
  expect(plants.filter(([name]) => !names.includes(name))).toEqual([]);
  for (const { name, explanation, tables } of checks) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect({ name, sentences: explanation.split('. ').length > 1 }).toEqual({
      name,
      sentences: true,
    });
    expect(tables.length).toBeGreaterThan(0);
  }
});

it.each(plants)('%s finds what is planted, and nothing without it', async (name, ...statements) => {
  const check = chooseChecks([name])[0] as (typeof checks)[number];
  expect(await findFaults(client, check)).toMatchObject({ count: 0, faults: [] });
  await client.query('begin');
  try {
    const planted = await plant(statements);
    const { count, faults } = await findFaults(client, check);
    expect(faults.map(({ key }) => key)).toEqual(expect.arrayContaining(planted));
    // That one, and not everything.
    expect(count).toBeLessThanOrEqual(4);
    for (const { wrong } of faults) {
      expect(Object.keys(wrong).length).toBeGreaterThan(0);
    }
  } finally {
    await client.query('rollback');
  }
});

const repairable = checks.filter((check) => check.repair !== undefined).map(({ name }) => name);

it.each(repairable)('%s is repaired, and nothing else changes', async (name) => {
  const check = chooseChecks([name])[0] as (typeof checks)[number];
  const [, ...statements] = plants.find(([planted]) => planted === name) ?? [name];
  const before = await fingerprint();
  await plant(statements);
  const broken = await fingerprint();
  expect(broken).not.toEqual(before);
  await setTriggers('enable');
  try {
    const plans = await planRepairs(client, [check]);
    expect(plans).toMatchObject([{ check: { name }, count: 1, changes: [{}] }]);
    // What is shown is not done.
    expect(await fingerprint()).toEqual(broken);
    expect(await repair(client, plans)).toMatchObject([{ count: 0 }]);
  } finally {
    await setTriggers('disable');
  }
  expect(await findFaults(client, check)).toMatchObject({ count: 0 });
  expect(await fingerprint()).toEqual(before);
});

it('a missing provider row is added', async () => {
  const check = chooseChecks(['provider-mirror'])[0] as (typeof checks)[number];
  const [, ...statements] = plants.findLast(([name]) => name === 'provider-mirror') ?? [''];
  await client.query('begin');
  try {
    await plant(statements);
    const { rows } = await client.query(
      `with ${check.repair?.changes} select before, after from changed`,
    );
    expect(rows).toMatchObject([{ before: null, after: { is_listed: expect.any(Boolean) } }]);
    expect(await findFaults(client, check)).toMatchObject({ count: 0 });
  } finally {
    await client.query('rollback');
  }
});

it('a repair that is no longer what was shown changes nothing', async () => {
  const [check] = chooseChecks(['points-balance']);
  await client.query(
    `update public.customers set loyalty_points = loyalty_points + 1
    where id = (select min(id::text)::uuid from public.customers)`,
  );
  const plans = await planRepairs(client, check === undefined ? [] : [check]);
  await client.query(
    `update public.customers set loyalty_points = loyalty_points + 1
    where id = (select max(id::text)::uuid from public.customers)`,
  );
  const before = await fingerprint();
  await expect(repair(client, plans)).rejects.toThrow(ChangedMeanwhileError);
  expect(await fingerprint()).toEqual(before);
  await repair(client, await planRepairs(client, chooseChecks(['points-balance'])));
  expect(await validate(client, chooseChecks(['points-balance']))).toMatchObject([{ count: 0 }]);
});

it('checking changes nothing: the transaction is read-only', async () => {
  let isReadOnly = '';
  await validate(client, [
    {
      name: 'a-spy',
      tables: ['nothing'],
      explanation: 'A test.',
      query: async (reader) => {
        const { rows } = await reader.query('show transaction_read_only');
        isReadOnly = rows[0].transaction_read_only;
        return 'select 1 as key where false';
      },
    },
  ]);
  expect(isReadOnly).toBe('on');
});

it('a check that fails is reported by name, and an unknown name is refused', async () => {
  await expect(
    validate(client, [
      { name: 'broken', tables: ['nothing'], explanation: 'A test.', query: 'select nothing' },
    ]),
  ).rejects.toThrow('The check broken could not be made');
  expect(() => chooseChecks(['booking-lines', 'dance', 'prance'])).toThrow(/"dance", "prance"/);
});

async function plant(statements: readonly string[]): Promise<readonly string[]> {
  let keys: readonly string[] = [];
  for (const statement of statements) {
    const { rows, rowCount } = await client.query<{ key: unknown }>(statement);
    keys = rows.map(({ key }) => String(key));
    expect({ statement, isDone: rowCount === null || rowCount > 0 }).toEqual({
      statement,
      isDone: true,
    });
  }
  expect(keys.length).toBeGreaterThan(0);
  return keys;
}

/** Takes away what would refuse a fault: foreign keys, checks, exclusions, rules of domains, triggers. */
async function loosen(): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as statement
    from pg_constraint
    where contype in ('f', 'c', 'x') and conrelid <> 0 and conislocal and coninhcount = 0
      and connamespace in ('public'::regnamespace, 'app_private'::regnamespace)
    union all
    select format('alter domain %s drop constraint %I', contypid::regtype, conname)
    from pg_constraint
    where contypid <> 0 and connamespace = 'public'::regnamespace`,
  );
  await client.query(rows.map(({ statement }) => statement).join(';'));
  await setTriggers('disable');
}

async function setTriggers(verb: 'disable' | 'enable'): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `select distinct format('alter table %s %s trigger user', tgrelid::regclass, $1::text) as statement
    from pg_trigger where not tgisinternal and tgparentid = 0`,
    [verb],
  );
  await client.query(rows.map(({ statement }) => statement).join(';'));
}

/** Of every table but the logs, which record the repair: the rows without when they were last changed. */
async function fingerprint(): Promise<unknown> {
  const { rows } = await client.query<{ query: string }>(
    `select string_agg(format(
      'select %L as "table", count(*) as rows, sum(hashtextextended((to_jsonb(t) - ''updated_at'')::text, 0)) as hash from %s t',
      c.oid::regclass, c.oid::regclass), ' union all ' order by c.oid) as query
    from pg_class c
    where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'app_private'::regnamespace)
      and c.relname !~ '^(audit_logs|department_activity_logs|figure_changes|events.*|event_sequence)$'`,
  );
  return (await client.query(rows[0]?.query ?? '')).rows;
}
