import type pg from 'pg';

/** The row that all others of relations refer to. */
export const parentId = '00000000-0000-4000-8000-000000000001';

type Column = {
  table: string;
  name: string;
  type: string;
  nullable: boolean;
};

type Unique = {
  table: string;
  columns: string[];
  /** Whether nulls are alike to it. */
  nulls: boolean;
};

const ways: Readonly<Record<string, (row: number) => string>> = {
  text: (row) => `'${row % 2 === 0 ? 'same' : 'other'}'`,
  boolean: (row) => String(row % 2 === 0),
  date: (row) => `date '2026-01-01' + ${row % 2}`,
  'timestamp with time zone': (row) =>
    `timestamptz '2026-01-01 10:00:00.123456Z' + interval '1 day' * ${row % 2}`,
  'time without time zone': (row) => `time '10:00' + interval '1 hour' * ${row % 2}`,
  uuid: () => `'${parentId}'`,
  jsonb: () => `'{}'`,
  inet: () => `'192.0.2.1'`,
  cidr: () => `'192.0.2.1'`,
  point: () => `'(1,2)'`,
  bytea: () => `''`,
  polygon: () => `'((0,0),(0,1),(1,1))'`,
  interval: () => `interval '1 hour'`,
};

/** A value for a row that others have too; numbers of every type are the row's parity. */
function tie(type: string, row: number): string {
  if (type.endsWith('[]')) {
    return `'{}'`;
  }
  return ways[type]?.(row) ?? `(${row % 2})::${type}`;
}

const own: Readonly<Record<string, (row: number) => string>> = {
  uuid: (row) => `'00000000-0000-4000-8000-00000000000${row + 1}'`,
  text: (row) => `'own ${row}'`,
  date: (row) => `date '2026-02-01' + ${row}`,
  'timestamp with time zone': (row) => `timestamptz '2026-02-01Z' + interval '1 day' * ${row}`,
};

/** A value that no other row has. */
function ownValue(type: string, row: number): string {
  return own[type]?.(row) ?? `(${10 + row})::${type}`;
}

/** What of a unique index varies: an id, if it has one, so that names and positions stay alike. */
const varying = ['uuid', 'bigint', 'integer', 'text'];

/**
 * Fills every table of `public` with so many rows that are alike wherever uniqueness allows it and
 * null in every third row wherever null may be, without regard to other rules: a state of data that
 * only years would bring about. Takes away the rules, and who may see what, for the rest of the test.
 */
export async function plantAlikeRows(client: pg.ClientBase, rowsEach: number): Promise<void> {
  await client.query(`
    set session_replication_role = replica;
    do $$
    declare
      v_one record;
    begin
      execute (select 'truncate ' || string_agg(oid::regclass::text, ', ') || ' cascade' from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p'));
      for v_one in select conrelid::regclass as table_name, conname from pg_constraint
        where contype in ('c', 'x') and connamespace = 'public'::regnamespace and conrelid <> 0
          and coninhcount = 0
      loop
        execute format('alter table %s drop constraint %I cascade', v_one.table_name, v_one.conname);
      end loop;
      for v_one in select contypid::regtype as type_name, conname from pg_constraint where contypid <> 0
        and connamespace = 'public'::regnamespace
      loop
        execute format('alter domain %s drop constraint %I', v_one.type_name, v_one.conname);
      end loop;
      for v_one in select oid::regclass as name from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
      loop
        execute format('alter table %s disable row level security', v_one.name);
        execute format('grant select on %s to anon', v_one.name);
      end loop;
    end $$`);
  const { rows: columns } = await client.query<Column>(`
    select c.relname as table, a.attname as name, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), -1) as type,
      not a.attnotnull and t.typnotnull is false as nullable
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0
      and not a.attisdropped and a.attgenerated = ''
    order by c.relname, a.attnum`);
  const { rows: uniques } = await client.query<Unique>(`
    select c.relname as table, array_agg(a.attname::text order by k.n) as columns,
      i.indnullsnotdistinct as nulls
    from pg_index i join pg_class c on c.oid = i.indrelid
    cross join lateral unnest(i.indkey) with ordinality k (attnum, n)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
    where c.relnamespace = 'public'::regnamespace and i.indisunique and k.n <= i.indnkeyatts
    group by i.indexrelid, i.indnullsnotdistinct, c.relname`);
  for (const [table, ofTable] of Map.groupBy(columns, (column) => column.table)) {
    const ofThis = uniques.filter((unique) => unique.table === table);
    const distinct = new Set(ofThis.map((unique) => pick(unique, ofTable)));
    const never = new Set(
      ofThis.filter(({ nulls }) => nulls).map((unique) => pick(unique, ofTable)),
    );
    for (let row = 0; row < rowsEach; row += 1) {
      const values = ofTable.map(({ name, type, nullable }) => {
        if (nullable && row % 3 === 1 && !never.has(name)) {
          return 'null';
        }
        // Generated columns are reckoned with it.
        if (name === 'time_zone') {
          return `'Asia/Kolkata'`;
        }
        return distinct.has(name) ? ownValue(type, row) : tie(type, row);
      });
      const names = ofTable.map(({ name }) => `"${name}"`);
      await client.query(
        `insert into public."${table}" (${names.join()}) overriding system value values (${values.join()})`,
      );
    }
  }
  await client.query('reset session_replication_role');
}

function pick({ columns }: Unique, ofTable: readonly Column[]): string {
  const types = new Map(ofTable.map(({ name, type }) => [name, type]));
  for (const wanted of varying) {
    const found = columns.find((name) => types.get(name) === wanted);
    if (found !== undefined) {
      return found;
    }
  }
  return columns[0] as string;
}
