import type pg from 'pg';

export type UnusedIndex = {
  readonly index: string;
  readonly table: string;
  readonly bytes: number;
  /** Without it, deleting from the table that it refers to reads this one through. */
  readonly servesForeignKey: boolean;
};

export type MissingIndex = {
  readonly table: string;
  readonly rows: number;
  readonly sequentialScans: number;
  readonly rowsReadPerScan: number;
};

export type InvalidIndex = { readonly index: string; readonly table: string };

export type Indexes = {
  /** Since when the database counts; `null`: since it was made. */
  readonly countedSince: Date | null;
  readonly unused: readonly UnusedIndex[];
  readonly missing: readonly MissingIndex[];
  readonly invalid: readonly InvalidIndex[];
};

const shown = 20;
/** A sequential scan of fewer blocks costs little. */
const bigScan = 10_000;
const manyScans = 20;

/**
 * Indexes that no query has used, and tables that are read through although they are big. Source: the
 * cumulative statistics; unique indexes and those of constraints have a use without being scanned.
 */
export async function readIndexes(client: pg.ClientBase): Promise<Indexes> {
  const { rows: since } = await client.query<{ at: Date | null }>(
    'select stats_reset as at from pg_stat_database where datname = current_database()',
  );
  const { rows: unused } = await client.query<UnusedIndex>({
    text: `
      select indexrelid::regclass::text as index, pg_index.indrelid::regclass::text as table,
        (relpages::bigint * current_setting('block_size')::integer)::double precision as bytes,
        exists (
          select from pg_constraint
          where conrelid = pg_index.indrelid and contype = 'f' and conkey[1] = indkey[0]
        ) as "servesForeignKey"
      from pg_stat_user_indexes
      join pg_index using (indexrelid)
      join pg_class on pg_class.oid = indexrelid
      where idx_scan = 0 and not indisunique and indisvalid
        and not exists (select from pg_constraint where conindid = indexrelid)
        -- Of a partition: its parent's.
        and not exists (select from pg_inherits where inhrelid = indexrelid)
      order by 4, relpages desc, 1
      limit $1`,
    values: [shown],
  });
  const { rows: missing } = await client.query<MissingIndex>({
    text: `
      select relid::regclass::text as table, n_live_tup::double precision as rows,
        seq_scan::double precision as "sequentialScans",
        (seq_tup_read / seq_scan)::double precision as "rowsReadPerScan"
      from pg_stat_user_tables
      where seq_scan >= $2 and seq_tup_read / seq_scan >= $3
      order by seq_tup_read desc, 1
      limit $1`,
    values: [shown, manyScans, bigScan],
  });
  const { rows: invalid } = await client.query<InvalidIndex>(`
    select indexrelid::regclass::text as index, indrelid::regclass::text as table
    from pg_index
    join pg_class on pg_class.oid = indexrelid
    join pg_namespace on pg_namespace.oid = relnamespace
    -- An index of a partitioned table is invalid as long as one of a partition is; a toast table's is another's matter.
    where not indisvalid and nspname not in ('pg_catalog', 'pg_toast') and relkind = 'i'
      -- One that is being built is not yet valid.
      and not exists (select from pg_stat_progress_create_index where index_relid = indexrelid)
    order by 1`);
  return { countedSince: since[0]?.at ?? null, unused, missing, invalid };
}
