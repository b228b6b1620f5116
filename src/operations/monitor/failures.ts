import type pg from 'pg';

export type Failure = {
  /** What failed: `delivery`, `maintenance` or `error`. */
  readonly kind: string;
  /** By channel, by task, or by type of error. */
  readonly name: string;
  readonly count: number;
  readonly lastAt: Date;
  readonly lastError: string;
};

/** What failed in the last 24 hours, the most frequent first. Source: what is recorded of it. */
export async function readFailures(client: pg.ClientBase): Promise<readonly Failure[]> {
  const { rows } = await client.query<Failure>(`
    with failures as (
      select 'delivery' as kind, channel as name, began_at as at, coalesce(error, outcome) as error
      from notification_attempts
      join notification_deliveries on notification_deliveries.id = delivery_id
      where began_at > now() - interval '1 day' and outcome in ('failed', 'dead', 'lost')
      union all
      select 'maintenance', task, started_at, coalesce(error, outcome)
      from maintenance_runs
      where started_at > now() - interval '1 day' and outcome in ('failed', 'lost')
      union all
      select 'error', error_type, created_at, error_message
      from error_logs
      where created_at > now() - interval '1 day'
    )
    select kind, name, count(*)::integer as count, max(at) as "lastAt",
      left((array_agg(error order by at desc))[1], 300) as "lastError"
    from failures
    group by 1, 2
    order by 3 desc, 1, 2
    limit 20`);
  return rows;
}
