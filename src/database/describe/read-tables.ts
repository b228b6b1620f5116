import type pg from 'pg';

export type Column = {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly isKey: boolean;
  readonly comment: string | null;
  /** Those of the list of values that it refers to; `null` when it refers to none. */
  readonly values: readonly string[] | null;
};

export type Reference = {
  readonly columns: readonly string[];
  readonly to: string;
  readonly isRequired: boolean;
  /** At most one row for each that is referred to. */
  readonly isUnique: boolean;
};

export type Rule = {
  readonly name: string;
  readonly definition: string;
  /** What people read who break it. */
  readonly comment: string | null;
};

export type TableDescription = {
  readonly schema: string;
  readonly name: string;
  readonly comment: string | null;
  readonly columns: readonly Column[];
  readonly references: readonly Reference[];
  readonly rules: readonly Rule[];
};

/** Every table of the API and behind it, lists of values and partitions left out. Source: the catalogue. */
export async function readTables(client: pg.ClientBase): Promise<readonly TableDescription[]> {
  const lists = await readLists(client);
  const { rows } = await client.query<
    Omit<TableDescription, 'columns'> & {
      columns: (Omit<Column, 'values'> & { list: string | null })[];
    }
  >(tablesQuery);
  return rows.map(({ columns, ...table }) => ({
    ...table,
    columns: columns.map(({ list, ...column }) => ({
      ...column,
      values: list === null ? null : (lists.get(list) ?? []),
    })),
  }));
}

async function readLists(client: pg.ClientBase): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows: tables } = await client.query<{ name: string }>(
    `select format('%I.%I', 'enums', relname) as name from pg_class
    where relnamespace = 'enums'::regnamespace and relkind = 'r'`,
  );
  const lists = new Map<string, readonly string[]>();
  for (const { name } of tables) {
    const { rows } = await client.query<{ value: string }>(
      `select value from ${name} order by value collate "C"`,
    );
    lists.set(
      name,
      rows.map(({ value }) => value),
    );
  }
  return lists;
}

const columnsSql = `
  select json_agg(json_build_object(
    'name', attname, 'type', format_type(atttypid, atttypmod), 'isRequired', attnotnull,
    'isKey', attnum = any (coalesce((
      select conkey from pg_constraint where conrelid = class.oid and contype = 'p'), '{}')),
    'comment', col_description(class.oid, attnum),
    'list', (
      select format('%I.%I', 'enums', list.relname)
      from pg_constraint
      join pg_class as list on list.oid = confrelid
      where conrelid = class.oid and contype = 'f' and conkey = array[attnum]
        and list.relnamespace = 'enums'::regnamespace
      limit 1)
  ) order by attnum)
  from pg_attribute
  where attrelid = class.oid and attnum > 0 and not attisdropped`;

/** Accounts are another's: there the reference depends on whose they are. */
const referencesSql = `
  select coalesce(json_agg(json_build_object(
    'columns', (
      select json_agg(attname order by position)
      from unnest(conkey) with ordinality as key (number, position)
      join pg_attribute on attrelid = class.oid and attnum = number),
    'to', target.relname,
    'isRequired', (
      select bool_and(attnotnull) from pg_attribute
      where attrelid = class.oid and attnum = any (conkey)),
    'isUnique', exists (
      select from pg_index
      where indrelid = class.oid and indisunique and indpred is null
        and indnkeyatts = cardinality(conkey)
        and (indkey::smallint[])[0:indnkeyatts - 1] <@ conkey)
  ) order by target.relname collate "C", conname collate "C"), '[]')
  from pg_constraint
  join pg_class as target on target.oid = confrelid
  where conrelid = class.oid and contype = 'f'
    and target.relnamespace in ('public'::regnamespace, 'app_private'::regnamespace)`;

/** References are in the columns; since PostgreSQL 18 not-null constraints (n) are rows too. */
const rulesSql = `
  select coalesce(json_agg(
    json_build_object('name', name, 'definition', definition, 'comment', comment)
    order by kind, name collate "C"), '[]')
  from (
    select contype::text as kind, conname::text as name, pg_get_constraintdef(oid) as definition,
      obj_description(oid, 'pg_constraint') as comment
    from pg_constraint
    where conrelid = class.oid and contype in ('c', 'u', 'x', 'p')
    union all
    select 'u', index.relname, 'UNIQUE ' || regexp_replace(pg_get_indexdef(indexrelid), '^.* USING ', ''),
      obj_description(indexrelid, 'pg_class')
    from pg_index
    join pg_class as index on index.oid = indexrelid
    where indrelid = class.oid and indisunique
      and not exists (select from pg_constraint where conindid = indexrelid)
  ) as rules`;

const tablesQuery = `
  select relnamespace::regnamespace::text as schema, relname::text as name,
    obj_description(class.oid, 'pg_class') as comment,
    (${columnsSql}) as columns, (${referencesSql}) as references, (${rulesSql}) as rules
  from pg_class as class
  where relkind in ('r', 'p', 'v', 'm') and not relispartition
    and relnamespace in ('public'::regnamespace, 'app_private'::regnamespace)
    and not exists (select from pg_depend where objid = class.oid and deptype = 'e')
  order by relname collate "C"`;
