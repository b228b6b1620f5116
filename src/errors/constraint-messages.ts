import type { DatabaseError, Pool } from 'pg';
import { wordsForConstraint } from './constraint-words.ts';

/** What a client is told of a value that a constraint, unique index or domain refuses. */
export type Refused = {
  /** The comment of the constraint, else words made from its columns; undefined where it is private. */
  readonly message: string | undefined;
  /** The one column that it is about. */
  readonly column: string | undefined;
  /** The domain whose rule it is: then the column is not known. */
  readonly domain: string | undefined;
};

export type ConstraintMessages = {
  of(error: DatabaseError): Refused;
};

/** Columns that only tell rows apart, such as those of a primary key, are columns like any other here. */
const select = `
  select n.nspname as schema, coalesce(c.relname, t.typname) as owner, k.conname as constraint,
    d.description as comment, columns.names as columns
  from pg_constraint k
  join pg_namespace n on n.oid = k.connamespace
  left join pg_class c on c.oid = k.conrelid
  left join pg_type t on t.oid = k.contypid
  left join pg_description d on d.objoid = k.oid and d.classoid = 'pg_constraint'::regclass
  cross join lateral (
    select array(
      select a.attname::text from unnest(k.conkey) with ordinality as key (number, place)
      join pg_attribute a on a.attrelid = k.conrelid and a.attnum = key.number order by key.place
    ) as names
  ) columns
  where n.nspname = any ($1) and k.contype <> 't'
  union all
  select n.nspname, t.relname, c.relname, d.description, columns.names
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  join pg_class t on t.oid = i.indrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join pg_description d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass
  cross join lateral (
    select array(
      select a.attname::text from unnest(i.indkey) with ordinality as key (number, place)
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = key.number order by key.place
    ) as names
  ) columns
  where i.indisunique and n.nspname = any ($1)
    and not exists (select from pg_constraint k where k.conindid = i.indexrelid)`;

type Row = {
  schema: string;
  /** The table, or the domain, that the constraint belongs to. */
  owner: string;
  constraint: string;
  comment: string | null;
  columns: readonly string[];
};

/**
 * Reads the constraints of the schemas once. Smart tags in a comment are not messages. Of a constraint in
 * another schema than `exposed` only its comment is told: its names are private.
 */
export async function loadConstraintMessages(
  pool: Pool,
  exposed: readonly string[],
): Promise<ConstraintMessages> {
  const { rows } = await pool.query<Row>(select, [[...exposed, 'app_private']]);
  const known = new Map(rows.map((row) => [keyOf(row.schema, row.owner, row.constraint), row]));
  return {
    of(error) {
      const { schema, table, dataType, constraint } = error;
      const row = known.get(keyOf(schema, table ?? dataType, constraint));
      const comment = withoutTags(row?.comment ?? '');
      const isExposed = schema !== undefined && exposed.includes(schema);
      const columns = row?.columns ?? (error.column === undefined ? [] : [error.column]);
      return {
        message: comment || (isExposed ? wordsForConstraint(error, columns) : undefined),
        column: columns.length === 1 ? columns[0] : undefined,
        domain: table === undefined ? dataType : undefined,
      };
    },
  };
}

function keyOf(...names: (string | undefined)[]): string {
  return JSON.stringify(names);
}

function withoutTags(comment: string): string {
  return comment
    .split('\n')
    .filter((line) => !line.startsWith('@'))
    .join(' ')
    .trim();
}
