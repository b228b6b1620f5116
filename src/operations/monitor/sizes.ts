import type pg from 'pg';

export type TableSize = {
  readonly table: string;
  /** Estimated when it was last vacuumed or analyzed. */
  readonly rows: number;
  readonly deadRows: number;
  /** As of the last vacuum or analyze, as all sizes here: asking a table itself waits for its locks. */
  readonly tableBytes: number;
  readonly indexBytes: number;
  readonly vacuumedAt: Date | null;
  readonly analyzedAt: Date | null;
};

export type Sizes = {
  readonly databaseBytes: number;
  /** The biggest first. */
  readonly tables: readonly TableSize[];
};

/** How big the database and its tables are. Source: pg_class and pg_stat_user_tables. */
export async function readSizes(client: pg.ClientBase, limit = 10): Promise<Sizes> {
  const { rows: database } = await client.query<{ bytes: number }>(
    'select pg_database_size(current_database())::double precision as bytes',
  );
  const { rows: tables } = await client.query<TableSize>({
    text: `
      select relid::regclass::text as table, n_live_tup::double precision as rows,
        n_dead_tup::double precision as "deadRows",
        ((class.relpages::bigint + coalesce(toast.relpages, 0))
          * current_setting('block_size')::integer)::double precision as "tableBytes",
        (indexes.pages * current_setting('block_size')::integer)::double precision as "indexBytes",
        greatest(last_vacuum, last_autovacuum) as "vacuumedAt",
        greatest(last_analyze, last_autoanalyze) as "analyzedAt"
      from pg_stat_user_tables
      join pg_class as class on class.oid = relid
      left join pg_class as toast on toast.oid = class.reltoastrelid
      cross join lateral (
        select coalesce(sum(index.relpages::bigint), 0) as pages
        from pg_index join pg_class as index on index.oid = indexrelid
        where indrelid = relid
      ) as indexes
      order by class.relpages + coalesce(toast.relpages, 0) + indexes.pages desc, 1
      limit $1`,
    values: [limit],
  });
  return { databaseBytes: database[0]?.bytes ?? 0, tables };
}
