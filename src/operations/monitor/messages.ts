import type pg from 'pg';

export type Messages = {
  /** How long the oldest event waits to be published. */
  readonly relayLagSeconds: number;
  readonly eventLog: {
    readonly partitions: number;
    /** As of the last vacuum or analyze. */
    readonly rows: number;
    readonly bytes: number;
  };
  readonly deliveries: {
    readonly waiting: number;
    readonly failed: number;
    readonly dead: number;
    readonly sentLastHour: number;
    readonly oldestSeconds: number;
  };
};

/** What is on its way to people. Source: the event log and the deliveries. */
export async function readMessages(client: pg.ClientBase): Promise<Messages> {
  const { rows } = await client.query<Messages['eventLog'] & { lag: number }>(`
    select app_private.relay_lag() as lag, count(*)::integer as partitions,
      coalesce(sum(greatest(reltuples, 0)), 0)::double precision as rows,
      (coalesce(sum(relpages::bigint), 0) * current_setting('block_size')::integer)::double precision as bytes
    from pg_inherits
    join pg_class on pg_class.oid = inhrelid
    where inhparent = 'app_private.events'::regclass`);
  const { rows: figures } = await client.query<Messages['deliveries']>(`
    select waiting::integer, failed::integer, dead::integer, sent_last_hour::integer as "sentLastHour",
      oldest_seconds as "oldestSeconds"
    from app_private.delivery_figures()`);
  const [events] = rows;
  const [deliveries] = figures;
  if (events === undefined || deliveries === undefined) {
    throw new TypeError('A count has a row.');
  }
  const { lag, ...eventLog } = events;
  return { relayLagSeconds: lag, eventLog, deliveries };
}
