import type pg from 'pg';

export type Cache = {
  /** Of the blocks asked for, how many were in PostgreSQL's memory, 0 to 1; `null`: none was asked for. */
  readonly hitRatio: number | null;
  readonly tablesHitRatio: number | null;
  readonly indexesHitRatio: number | null;
  readonly bufferBytes: number;
  readonly commits: number;
  readonly rollbacks: number;
  readonly deadlocks: number;
  /** Written to disk for want of work_mem. */
  readonly temporaryBytes: number;
};

/** How well memory serves, since the statistics were reset. Source: the cumulative statistics. */
export async function readCache(client: pg.ClientBase): Promise<Cache | null> {
  const { rows } = await client.query<Cache>(`
    select
      round(blks_hit::numeric / nullif(blks_hit + blks_read, 0), 4)::double precision as "hitRatio",
      (select round(sum(heap_blks_hit) / nullif(sum(heap_blks_hit + heap_blks_read), 0), 4)
        from pg_statio_user_tables)::double precision as "tablesHitRatio",
      (select round(sum(idx_blks_hit) / nullif(sum(idx_blks_hit + idx_blks_read), 0), 4)
        from pg_statio_user_indexes)::double precision as "indexesHitRatio",
      pg_size_bytes(current_setting('shared_buffers'))::double precision as "bufferBytes",
      xact_commit::double precision as commits, xact_rollback::double precision as rollbacks,
      deadlocks::double precision as deadlocks, temp_bytes::double precision as "temporaryBytes"
    from pg_stat_database
    where datname = current_database()`);
  return rows[0] ?? null;
}
