import type pg from 'pg';

export type SourceColumn = {
  readonly name: string;
  /** As SQL writes it. */
  readonly type: string;
};

export type SourceTable = {
  readonly name: string;
  readonly columns: readonly SourceColumn[];
  readonly rows: number;
};

/** Begins the one snapshot that everything is read from. Nothing can be written in it. */
export async function beginReading(source: pg.ClientBase): Promise<void> {
  await source.query('begin transaction isolation level repeatable read, read only');
  // Instants as text that means the same everywhere.
  await source.query(
    `select set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO', true),
      set_config('intervalstyle', 'postgres', true), set_config('extra_float_digits', '3', true),
      set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true)`,
  );
}

/** The tables of the existing database with their rows counted. */
export async function readSource(source: pg.ClientBase): Promise<readonly SourceTable[]> {
  const { rows } = await source.query<{ name: string; columns: readonly SourceColumn[] }>(
    `select c.relname as name,
      jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod))
        order by a.attnum) as columns
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    group by c.relname
    order by c.relname`,
  );
  const tables: SourceTable[] = [];
  for (const { name, columns } of rows) {
    const counted = await source.query<{ rows: string }>(
      `select count(*) as rows from ${inSource(name)}`,
    );
    tables.push({ name, columns, rows: Number(counted.rows[0]?.rows) });
  }
  return tables;
}

/** Whether it is already what it would be moved into. */
export async function isOurs(source: pg.ClientBase): Promise<boolean> {
  const { rows } = await source.query(
    `select to_regclass('app_private.journal') is not null as is_ours`,
  );
  return rows[0].is_ours;
}

/** A query for COPY that gives these columns as text, in the order of the ids where there are any. */
export function selectText(table: SourceTable): string {
  const values = table.columns.map(({ name, type }) =>
    // What PostGIS keeps in bytes of its own, it writes as text itself.
    /^(public\.)?geo(graphy|metry)/.test(type)
      ? `st_astext(${quote(name)})`
      : `${quote(name)}::text`,
  );
  const hasId = table.columns.some(({ name }) => name === 'id');
  return `select ${values.join(', ')} from ${inSource(table.name)}${hasId ? ' order by id' : ''}`;
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function inSource(table: string): string {
  return `public.${quote(table)}`;
}
