import { isErrorCode, sqlStateMessages } from '../../src/errors/error-codes.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

it('every code that a function raises is registered', async () => {
  const raised = await codesIn('p.prosrc', `errcode\\s*=\\s*'(\\w{5})'`);
  expect(raised).toContain('OB002');
  expect(raised.filter((code) => !isRegistered(code))).toEqual([]);
});

it('every raise of a function has a code', async () => {
  const { rows } = await database.owner.query<{ name: string; raises: number; codes: number }>(
    `select p.oid::regprocedure::text as name,
      regexp_count(p.prosrc, '\\mraise exception\\M') as raises,
      regexp_count(p.prosrc, '\\merrcode\\s*=') as codes
    from pg_proc p
    where p.pronamespace in ('public'::regnamespace, 'app_private'::regnamespace)
      and p.prosrc ~ 'raise exception'`,
  );
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.filter(({ raises, codes }) => raises !== codes)).toEqual([]);
});

it('every code that a comment names is registered', async () => {
  const named = await codesIn(`obj_description(p.oid, 'pg_proc')`, '\\m(OB\\d{3})\\M');
  expect(named).toContain('OB002');
  expect(named.filter((code) => !isErrorCode(code))).toEqual([]);
});

it('every code that a function raises is in its comment', async () => {
  const { rows } = await database.owner.query<{ name: string; raises: string[]; named: string[] }>(
    `select p.oid::regprocedure::text as name,
      array(select m[1] from regexp_matches(p.prosrc, 'errcode\\s*=\\s*''(OB\\d{3})''', 'g') m) as raises,
      array(select m[1] from regexp_matches(obj_description(p.oid, 'pg_proc'), '(OB\\d{3})', 'g') m) as named
    from pg_proc p
    where p.pronamespace in ('public'::regnamespace, 'app_private'::regnamespace)
      and p.prorettype <> 'trigger'::regtype and p.prosrc ~ 'raise exception'`,
  );
  expect(rows.length).toBeGreaterThan(50);
  // OB099 is an error of ours, which no caller can cause.
  const unnamed = rows.filter(({ raises, named }) =>
    raises.some((code) => code !== 'OB099' && !named.includes(code)),
  );
  expect(unnamed.map(({ name }) => name)).toEqual([]);
});

function isRegistered(code: string): boolean {
  return isErrorCode(code) || code in sqlStateMessages;
}

async function codesIn(text: string, pattern: string): Promise<readonly string[]> {
  const { rows } = await database.owner.query<{ code: string }>(
    `select distinct m[1] as code
    from pg_proc p cross join regexp_matches(${text}, $1, 'g') m
    where p.pronamespace in ('public'::regnamespace, 'app_private'::regnamespace)`,
    [pattern],
  );
  return rows.map(({ code }) => code);
}
