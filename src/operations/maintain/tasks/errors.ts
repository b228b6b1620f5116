import { plural } from '../plural.ts';
import type { Task } from '../task.ts';

type Group = {
  readonly error: string;
  readonly severity: string;
  readonly count: number;
  readonly before: number;
  readonly lastAt: Date;
  readonly example: string;
};

/** Errors since the last run by group, against as long a time before it. */
export const errors: Task = {
  name: 'errors',
  cadence: 'daily',
  summary: 'errors by group, with how many there were before',
  run: async ({ client, since }) => {
    const { rows } = await client.query<Group>({
      text: `
        select error_type as error, severity,
          (count(*) filter (where created_at >= $1))::integer as count,
          (count(*) filter (where created_at < $1))::integer as before,
          max(created_at) as "lastAt",
          left((array_agg(error_message order by created_at desc))[1], 200) as example
        from public.error_logs
        where created_at >= $1::timestamptz - (now() - $1::timestamptz)
        group by 1, 2
        having count(*) filter (where created_at >= $1) > 0
        order by 3 desc, 1, 2
        limit 50`,
      values: [since],
    });
    const { rows: totals } = await client.query<{
      unresolved: number;
      all: number;
      severe: number;
    }>({
      text: `
        select (count(*) filter (where not resolved))::integer as unresolved,
          (count(*) filter (where created_at >= $1))::integer as all,
          (count(*) filter (where created_at >= $1 and severity = 'critical'))::integer as severe
        from public.error_logs
        where not resolved or created_at >= $1`,
      values: [since],
    });
    const { unresolved = 0, all = 0, severe = 0 } = totals[0] ?? {};
    const fresh = rows.filter(({ before }) => before === 0);
    return {
      summary:
        all === 0
          ? 'No errors.'
          : `${plural(all, 'error')} of ${plural(rows.length, 'kind')}, ${plural(fresh.length, 'kind')} of them new.`,
      needsAttention: severe > 0 || fresh.length > 0,
      figures: { errors: all, critical: severe, unresolved },
      lists: { 'By group': rows },
    };
  },
};
