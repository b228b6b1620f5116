import type pg from 'pg';

/**
 * Drops what a concurrent reindex that failed has left behind: invalid indexes that cost each write and serve
 * no query. One that another session is building is left alone. Returns what was dropped, and what is in use.
 */
export async function dropLeftovers(client: pg.ClientBase): Promise<{
  readonly dropped: readonly string[];
  readonly busy: readonly string[];
}> {
  const { rows } = await client.query<{ index: string }>(`
    select indexrelid::regclass::text as index
    from pg_index
    join pg_class on pg_class.oid = indexrelid
    join pg_namespace on pg_namespace.oid = relnamespace
    where not indisvalid and relname ~ '_cc(new|old)\\d*$' and nspname <> 'pg_toast'
      and pg_has_role(current_user, relowner, 'usage')
      and not exists (
        select from pg_stat_progress_create_index as building where building.relid = indrelid
      )
    order by 1`);
  const dropped: string[] = [];
  const busy: string[] = [];
  for (const { index } of rows) {
    try {
      await client.query(`drop index concurrently if exists ${index}`);
      dropped.push(index);
    } catch (error) {
      if (!isBusy(error)) {
        throw error;
      }
      busy.push(index);
    }
  }
  return { dropped, busy };
}

/** Whether another session holds a lock for longer than we wait. */
export function isBusy(error: unknown): boolean {
  return (error as { code?: string }).code === '55P03';
}
