import type pg from 'pg';

/** Another process is at it. */
export class MaintenanceRunning extends Error {
  override name = 'MaintenanceRunning';
}

const key = `hashtext('ombaro maintenance'), 0`;

/**
 * Takes the lock of all maintenance for as long as `client` is connected: one process at a time.
 *
 * @throws MaintenanceRunning that says who has it.
 */
export async function takeLock(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ taken: boolean }>(
    `select pg_try_advisory_lock(${key}) as taken`,
  );
  if (rows[0]?.taken !== true) {
    const { rows: holders } = await client.query<{ pid: number; since: Date }>(`
      select pid, backend_start as since
      from pg_locks join pg_stat_activity using (pid)
      where locktype = 'advisory' and granted
        and database = (select oid from pg_database where datname = current_database())
        and (classid::bigint, objid::bigint, objsubid) = (hashtext('ombaro maintenance')::bigint & 4294967295, 0, 2)`);
    const [holder] = holders;
    const who =
      holder === undefined
        ? ''
        : ` It holds connection ${holder.pid}, since ${holder.since?.toISOString() ?? 'a time that is not visible'}.`;
    throw new MaintenanceRunning(`Maintenance is running already.${who} Wait until it has ended.`);
  }
}
