import type pg from 'pg';

export type Blocking = {
  readonly blockedPid: number;
  readonly blockedRole: string;
  readonly blockedQuery: string;
  /** In seconds. */
  readonly waits: number;
  readonly blockerPid: number;
  readonly blockerRole: string | null;
  /** `idle in transaction`: it holds its locks and does nothing. `null`: a prepared transaction. */
  readonly blockerState: string | null;
  readonly blockerQuery: string | null;
  /** Tables on which the blocked session waits. */
  readonly tables: readonly string[];
};

/** Sessions that wait for a lock, and those that hold it. Source: pg_stat_activity, pg_locks, pg_blocking_pids. */
export async function readBlocking(client: pg.ClientBase): Promise<readonly Blocking[]> {
  const { rows } = await client.query<Blocking>(`
    select blocked.pid as "blockedPid", blocked.usename as "blockedRole",
      left(blocked.query, 500) as "blockedQuery",
      round(extract(epoch from clock_timestamp() - blocked.state_change)::numeric, 1)::double precision
        as waits,
      blocker_pid as "blockerPid", blocker.usename as "blockerRole", blocker.state as "blockerState",
      left(blocker.query, 500) as "blockerQuery",
      array(
        select distinct relation::regclass::text
        from pg_locks
        where pid = blocked.pid and not granted and relation is not null
          and database = (select oid from pg_database where datname = current_database())
      ) as tables
    from pg_stat_activity as blocked
    cross join lateral unnest(pg_blocking_pids(blocked.pid)) as blocker_pid
    left join pg_stat_activity as blocker on blocker.pid = blocker_pid
    where blocked.datname = current_database() and blocked.wait_event_type = 'Lock'
    order by waits desc, blocked.pid, blocker_pid`);
  return rows;
}
