import { plural } from '../plural.ts';
import type { Task } from '../task.ts';

/** What the jobs of the worker do each hour, once more and to the end: days of the event log made and let go. */
export const partitions: Task = {
  name: 'partitions',
  cadence: 'monthly',
  summary: 'make the event log’s days to come and let go of those that are over',
  run: async ({ client, signal }) => {
    let gone = 0;
    let isBusy = false;
    for (let did = 1; did > 0; ) {
      signal.throwIfAborted();
      const { rows } = await client.query<{ did: number }>(
        'select app_private.trim_events() as did',
      );
      did = rows[0]?.did ?? 0;
      isBusy = did < 0;
      gone += Math.max(did, 0);
    }
    const { rows: made } = await client.query<{ did: number }>(
      'select app_private.prepare_event_partitions() as did',
    );
    isBusy ||= (made[0]?.did ?? 0) < 0;
    const { rows } = await client.query<{ partition: string; rows: number }>(`
      select inhrelid::regclass::text as partition, greatest(reltuples, 0)::double precision as rows
      from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = 'app_private.events'::regclass
      order by 1`);
    return {
      summary: isBusy
        ? 'The event log was busy: the worker goes on with it each hour.'
        : `${plural(rows.length, 'partition')} of the event log; ${plural(gone, 'partition or event', 'partitions and events')} let go of.`,
      needsAttention: false,
      figures: { partitions: rows.length, gone },
      lists: { Partitions: rows },
    };
  },
};
