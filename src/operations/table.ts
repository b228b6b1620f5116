import type pg from 'pg';
import { nearest } from './nearest.ts';

export type Column = {
  readonly name: string;
  /** With its schema, as in a cast. */
  readonly type: string;
  readonly isRequired: boolean;
  readonly isGenerated: boolean;
  /** Numbered by the database alone. */
  readonly isIdentity: boolean;
  /** Expression of its default; `null` where there is none. */
  readonly default: string | null;
};

export type Table = {
  readonly oid: number;
  /** Quoted, with its schema. */
  readonly name: string;
  readonly columns: readonly Column[];
};

/**
 * The table that a person names, with its schema or as one of `public`. Names in what it says are written
 * with their schema, for which `client` must have an empty search_path.
 *
 * @throws Error that names the nearest when there is none.
 */
export async function findTable(client: pg.ClientBase, name: string): Promise<Table> {
  const { rows: tables } = await client.query<{ oid: number; plain: string; name: string }>(
    tablesQuery,
  );
  const wanted = name.includes('.') ? name : `public.${name}`;
  const table = tables.find(({ plain }) => plain === wanted);
  if (table === undefined) {
    const names = tables.map(({ plain }) => plain.replace(/^public\./, ''));
    throw new Error(`There is no table ${name}.${didYouMean(name, names)}`);
  }
  const { rows: columns } = await client.query<Column>(columnsQuery, [table.oid]);
  return { oid: table.oid, name: table.name, columns };
}

/** The tables of `auth`, `enums`, `public` and `app_private`, with their schema. */
export async function listTables(client: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ plain: string }>(tablesQuery);
  return rows.map(({ plain }) => plain);
}

/** ` Did you mean …?`, or nothing when no name is near. */
export function didYouMean(name: string, names: readonly string[]): string {
  const guess = nearest(name, names);
  return guess === null ? '' : ` Did you mean ${guess}?`;
}

const tablesQuery = `
  select c.oid::integer, format('%s.%s', nspname, relname) as plain,
    format('%I.%I', nspname, relname) as name
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = relnamespace
  where relkind in ('r', 'p') and not relispartition
    and nspname in ('public', 'enums', 'app_private', 'auth')
    and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
  order by format('%s.%s', nspname, relname) collate "C"`;

const columnsQuery = `
  select attname as name, format_type(atttypid, atttypmod) as type,
    attnotnull or typnotnull as "isRequired", attgenerated <> '' as "isGenerated",
    attidentity <> '' as "isIdentity",
    case when attgenerated = '' then pg_get_expr(adbin, adrelid) end as default
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_type t on t.oid = atttypid
  left join pg_catalog.pg_attrdef on adrelid = attrelid and adnum = attnum
  where attrelid = $1 and attnum > 0 and not attisdropped
  order by attnum`;
