import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { synonyms } from '../../src/operations/import-platform/rules.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const root = path.join(import.meta.dirname, '../..');

/** A column of the existing platform's data. */
type Original = {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly allowed_values: string;
};

/** Where an original column went that is not there under its name. */
type Mapping = {
  readonly table: string;
  readonly column: string;
  /** `table.column`, `function()`, or `not kept`. */
  readonly place: string;
  readonly how: string;
};

type Column = {
  /** Type, or that of the domain, also in an array. */
  readonly type: string;
  /** Values of the list that the column refers to. */
  readonly values: readonly string[] | null;
  readonly checks: readonly string[];
};

let database: TestDatabase;
let originals: readonly Original[];
let mappings: readonly Mapping[];
/** By `table.column`, in other schemas than public by `schema.table.column`. */
let columns: ReadonlyMap<string, Column>;

beforeAll(async () => {
  database = await createTestDatabase();
  [originals, mappings, columns] = await Promise.all([
    readTable<Original>('test/fixtures/original-columns.tsv'),
    readTable<Mapping>('docs/original-columns-mapping.tsv'),
    readColumns(),
  ]);
});

afterAll(async () => {
  await database.drop();
});

it('every original column exists under its name, or is mapped', () => {
  const mapped = new Set(mappings.map(({ table, column }) => `${table}.${column}`));
  const lost = originals.filter(
    ({ table, column }) =>
      !columns.has(`${table}.${column}`) &&
      !mapped.has(`${table}.${column}`) &&
      !mapped.has(`${table}.*`),
  );
  expect(originals.length).toBeGreaterThan(900);
  expect(lost).toEqual([]);
});

it('a column under its original name has a type that takes the original values', () => {
  const different = originals
    .map(({ table, column, type }) => ({
      name: `${table}.${column}`,
      original: ourNameOf(type),
      now: columns.get(`${table}.${column}`)?.type,
    }))
    .filter(({ original, now }) => now !== undefined && now !== original);
  expect(different).toEqual([]);
});

it('every value that was allowed is allowed now, or has a new name', () => {
  const refused = originals.filter(({ table, column, allowed_values: allowed }) => {
    const now = columns.get(`${table}.${column}`);
    return now !== undefined && allowed !== '' && !isAllowed(now, `${table}.${column}`, allowed);
  });
  expect(refused).toEqual([]);
});

it('every mapping leads to a column', async () => {
  const { rows } = await database.owner.query<{ name: string }>(
    `select proname || '()' as name from pg_proc where pronamespace = 'public'::regnamespace`,
  );
  const functions = new Set(rows.map(({ name }) => name));
  const astray = mappings.filter(
    ({ place }) => place !== 'not kept' && !columns.has(place) && !functions.has(place),
  );
  expect(astray).toEqual([]);
});

it('nothing is mapped that never existed, or that exists under its name', () => {
  const names = new Set(
    originals.flatMap(({ table, column }) => [`${table}.${column}`, `${table}.*`]),
  );
  const tables = new Set([...columns.keys()].map((name) => name.replace(/[^.]*$/, '*')));
  const idle = mappings
    .map(({ table, column }) => `${table}.${column}`)
    .filter((name) => !names.has(name) || columns.has(name) || tables.has(name));
  expect(idle).toEqual([]);
});

function isAllowed(now: Column, name: string, allowed: string): boolean {
  const column = name.split('.')[1];
  const range = /^\[(\d+)\.\.(\d+)\]$/.exec(allowed);
  if (range === null) {
    return allowed
      .split('|')
      .every((value) => now.values?.includes(synonyms[name]?.[value] ?? value));
  }
  const [, low, high] = range;
  return now.checks.some(
    (check) => check.includes(`${column} >= ${low}`) && check.includes(`${column} <= ${high}`),
  );
}

function ourNameOf(type: string): string {
  const renamed: Readonly<Record<string, string>> = {
    timestamptz: 'timestamp with time zone',
    time: 'time without time zone',
    // There is no PostGIS: corners are (longitude, latitude).
    'geography(POLYGON)': 'polygon',
  };
  return renamed[type] ?? type.replaceAll(' ', '');
}

async function readTable<Row>(file: string): Promise<readonly Row[]> {
  const text = await readFile(path.join(root, file), 'utf8');
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const names = head.split('\t');
  return lines.map((line) => {
    const values = line.split('\t');
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])) as Row;
  });
}

async function readColumns(): Promise<ReadonlyMap<string, Column>> {
  const { rows } = await database.owner.query<Column & { name: string; list: string | null }>(
    `select
      case c.relnamespace when 'public'::regnamespace then '' else c.relnamespace::regnamespace || '.' end
        || c.relname || '.' || a.attname as name,
      case
        when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod)
        when e.typtype = 'd' then format_type(e.typbasetype, e.typtypmod) || '[]'
        else format_type(a.atttypid, a.atttypmod)
      end as type,
      (select k.confrelid::regclass::text from pg_constraint k
        where k.conrelid = c.oid and k.contype = 'f' and k.conkey = array[a.attnum]
          and k.confrelid in (select oid from pg_class where relnamespace = 'enums'::regnamespace)
      ) as list,
      array(select regexp_replace(pg_get_constraintdef(k.oid), '\\((\\d+)\\)::numeric', '\\1', 'g')
        from pg_constraint k
        where k.conrelid = c.oid and k.contype = 'c' and a.attnum = any (k.conkey)
      ) as checks
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
    where c.relnamespace in ('public'::regnamespace, 'app_private'::regnamespace) and c.relkind = 'r'`,
  );
  const lists = new Map<string, readonly string[]>();
  for (const list of new Set(rows.flatMap((row) => row.list ?? []))) {
    const values = await database.owner.query<{ value: string }>(`select value from ${list}`);
    lists.set(
      list,
      values.rows.map(({ value }) => value),
    );
  }
  return new Map(
    rows.map(({ name, type, list, checks }) => [
      name,
      { type, values: list === null ? null : (lists.get(list) ?? []), checks },
    ]),
  );
}
