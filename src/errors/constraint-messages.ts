import type { DatabaseError, Pool } from 'pg';

/** What people are told when a constraint or unique index refuses a value: its comment. */
export type ConstraintMessages = {
  of(error: DatabaseError): string | undefined;
};

const select = `
  select n.nspname as schema, coalesce(c.relname, t.typname) as owner, k.conname as constraint,
    d.description as comment
  from pg_constraint k
  join pg_namespace n on n.oid = k.connamespace
  left join pg_class c on c.oid = k.conrelid
  left join pg_type t on t.oid = k.contypid
  join pg_description d on d.objoid = k.oid and d.classoid = 'pg_constraint'::regclass
  where n.nspname = any ($1)
  union all
  select n.nspname, t.relname, c.relname, d.description
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  join pg_class t on t.oid = i.indrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_description d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass
  where i.indisunique and n.nspname = any ($1)`;

type Row = {
  schema: string;
  /** The table, or the domain, that the constraint belongs to. */
  owner: string;
  constraint: string;
  comment: string;
};

/** Reads the comments of the schemas' constraints once. Smart tags in them are not messages. */
export async function loadConstraintMessages(
  pool: Pool,
  schemas: readonly string[],
): Promise<ConstraintMessages> {
  const { rows } = await pool.query<Row>(select, [schemas]);
  const messages = new Map(
    rows.map((row) => [keyOf(row.schema, row.owner, row.constraint), withoutTags(row.comment)]),
  );
  return {
    of: ({ schema, table, dataType, constraint }) =>
      messages.get(keyOf(schema, table ?? dataType, constraint)) || undefined,
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
