import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../../src/config/project.ts';
import { errorCodes, sqlStateMessages } from '../../src/errors/error-codes.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { replacedWords } from '../helpers/wording.ts';
import { faultOf } from './message-rules.ts';

type Message = { readonly place: string; readonly text: string };

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

const faultsOf = (messages: readonly Message[]) =>
  messages.flatMap(({ place, text }) => {
    const fault = faultOf(text);
    return fault === undefined ? [] : [`${place}: "${text}" ${fault}`];
  });

it('the rules find a bad message', () => {
  const bad = [
    'This is no slot.',
    `It was for ${replacedWords[0]} already. Reload the list.`,
    'A value is not acceptable.',
    'Booking type must be spa_visit.',
    'Not allowed.',
    'this must be a number.',
    'The fee is above the limit.',
    'Name must have 1 to 200 characters',
  ];
  expect(bad.filter((text) => faultOf(text) === undefined)).toEqual([]);
  expect(faultOf('Amount must be greater than 0.')).toBeUndefined();
});

it('every refusal of a function says what is wrong and what to do', async () => {
  const raises = await readRaises();
  expect(raises.length).toBeGreaterThan(350);
  expect(faultsOf(raises)).toEqual([]);
});

it('a refusal that names a state has it in words, not as the database keeps it', async () => {
  const bare = (await readRaises())
    .filter(({ values }) =>
      values
        .replace(/replace\([^()]+, '_', ' '\)|case [\w.]+/g, '')
        .match(/\.(status|unit|kind|type)\b/),
    )
    .map(({ place, text }) => `${place}: ${text}`);
  expect(bare).toEqual([]);
});

it('a refusal that names a field names an argument or a column that there is', async () => {
  const { rows } = await database.owner.query<{ name: string }>(
    `select unnest(p.proargnames) as name from pg_proc p where p.pronamespace = 'public'::regnamespace
    union select a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and a.attnum > 0`,
  );
  const known = new Set(rows.map(({ name }) => name));
  const named = (await readRaises()).filter(({ column }) => column !== undefined);
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(({ column }) => !known.has(column ?? ''))).toEqual([]);
});

it('every message of a constraint, a unique index or a domain says what is wrong and what to do', async () => {
  const { rows } = await database.owner.query<Message>(
    `select coalesce(c.relname, t.typname) || ' ' || k.conname as place, d.description as text
    from pg_constraint k
    left join pg_class c on c.oid = k.conrelid
    left join pg_type t on t.oid = k.contypid
    join pg_description d on d.objoid = k.oid and d.classoid = 'pg_constraint'::regclass
    where k.connamespace in ('public'::regnamespace, 'app_private'::regnamespace) and d.description !~ '^@'
    union all
    select c.relname, d.description
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    join pg_description d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass
    where i.indisunique and c.relnamespace in ('public'::regnamespace, 'app_private'::regnamespace)`,
  );
  expect(rows.length).toBeGreaterThan(250);
  expect(faultsOf(rows)).toEqual([]);
});

/**
 * A client reaches a check by a column that it may write, or by an argument of a mutation of the same
 * name as the one column of the check.
 */
it('every check that a client can break has a message of its own', async () => {
  const { rows } = await database.owner.query<{ place: string }>(
    `with arguments as (
      select distinct u.name
      from pg_proc p cross join unnest(p.proargnames) with ordinality u (name, place)
      where p.pronamespace = 'public'::regnamespace and p.provolatile = 'v'
        and coalesce(p.proargmodes[u.place] in ('i', 'b', 'v'), true)
        and (has_function_privilege('authenticated', p.oid, 'execute')
          or has_function_privilege('staff', p.oid, 'execute'))
    ), checks as (
      select k.oid, coalesce(c.relname, t.typname) || ' ' || k.conname as place,
        k.contypid <> 0 as is_domain, k.conrelid, k.conkey
      from pg_constraint k
      left join pg_class c on c.oid = k.conrelid
      left join pg_type t on t.oid = k.contypid
      where k.contype in ('c', 'x') and k.connamespace = 'public'::regnamespace
    )
    select k.place from checks k
    where obj_description(k.oid, 'pg_constraint') is null and (k.is_domain
      or exists (
        select from pg_attribute a
        cross join unnest(array['anon', 'authenticated', 'staff']) as r (role)
        cross join unnest(array['insert', 'update']) as w (right_to)
        where a.attrelid = k.conrelid and a.attnum = any (k.conkey)
          and has_column_privilege(r.role, k.conrelid, a.attnum, w.right_to))
      or cardinality(k.conkey) = 1 and exists (
        select from pg_attribute a join arguments g on g.name = a.attname
        where a.attrelid = k.conrelid and a.attnum = k.conkey[1] and g.name <> 'status'))
    order by 1`,
  );
  expect(rows.map(({ place }) => place)).toEqual([]);
});

it('every unique index of only some rows has a message of its own', async () => {
  const { rows } = await database.owner.query<{ place: string }>(
    `select c.relname as place from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indisunique and i.indpred is not null and c.relnamespace = 'public'::regnamespace
      and obj_description(c.oid, 'pg_class') is null`,
  );
  expect(rows).toEqual([]);
});

it('every code has a message that says what is wrong and what to do', () => {
  const messages = [
    ...Object.entries(errorCodes).map(([place, { message }]) => ({ place, text: message })),
    ...Object.entries(sqlStateMessages).map(([place, text]) => ({ place, text })),
  ];
  expect(faultsOf(messages)).toEqual([]);
});

it('every refusal of a program says what is wrong and what to do', async () => {
  const messages = await readRefusals();
  expect(messages.length).toBeGreaterThan(40);
  expect(faultsOf(messages)).toEqual([]);
});

type Raise = Message & {
  /** What is put in, as SQL. */
  readonly values: string;
  /** The argument or column that it names. */
  readonly column: string | undefined;
};

async function readRaises(): Promise<readonly Raise[]> {
  const { rows } = await database.owner.query<{ name: string; source: string }>(
    `select p.oid::regproc::text as name, p.prosrc as source from pg_proc p
    where p.pronamespace in ('public'::regnamespace, 'app_private'::regnamespace)
      and p.prosrc ~ 'raise exception'`,
  );
  const raise =
    /raise exception\s+'((?:[^']|'')*)'((?:[^;']|'[^']*')*?)\susing\s((?:[^;']|'[^']*')*);/g;
  return rows.flatMap(({ name, source }) => {
    const found = [...source.matchAll(raise)].map(([, text = '', values = '', options = '']) => ({
      place: name,
      text: text.replaceAll("''", "'"),
      values,
      column: /column = '(\w+)'/.exec(options)?.[1],
    }));
    expect([name, found.length]).toEqual([name, source.split('raise exception').length - 1]);
    // Its text is another function's.
    return found.filter(({ text }) => text !== '%');
  });
}

/** The texts of `new Refusal(…)`, `apiError(…)`, `valueError(…)` and what stands for them in src. */
async function readRefusals(): Promise<readonly Message[]> {
  const calls = [
    /(?:new Refusal|apiError)\(\s*'OB\d{3}',\s*(['`])((?:\\.|(?!\1).)*)\1/gs,
    /requireMethod\(\s*'\w+',\s*(['`])((?:\\.|(?!\1).)*)\1/gs,
    /\b(?:tooLong|unreadable|words|tooSlow)\b[:=] ?(['`])((?:\\.|(?!\1).)*)\1/gs,
    /(?:valueError|refuseValue)\([^,]+,\s*(['`])((?:\\.|(?!\1).)*)\1/gs,
    /sendFailure\(\s*\w+,\s*'OB\d{3}',\s*(['`])((?:\\.|(?!\1).)*)\1/gs,
    /socket\.close\([\w.]+,\s*(['`])((?:\\.|(?!\1).)*)\1/gs,
    /interruptAll\(\s*(['`])((?:\\.|(?!\1).)*)\1/gs,
    /\breturn (['`])(This (?:\\.|(?!\1).)*)\1/gs,
  ];
  const directory = path.join(projectRoot, 'src');
  const files = (await readdir(directory, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !/^(cli|demo|operations)\//.test(file),
  );
  const found: Message[] = [];
  for (const place of files) {
    const source = await readFile(path.join(directory, place), 'utf8');
    for (const call of calls) {
      for (const [, , text = ''] of source.matchAll(call)) {
        const filled = text.replace(/\$\{[^}]*\}/g, '1');
        // A text that is another's, or put together of others.
        if (filled !== 'This 1.' && !filled.includes('${')) {
          found.push({ place, text: filled });
        }
      }
    }
  }
  return found;
}
