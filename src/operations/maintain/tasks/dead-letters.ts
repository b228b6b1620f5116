import { plural } from '../plural.ts';
import type { Task } from '../task.ts';

type Group = {
  readonly channel: string;
  readonly reason: string;
  readonly count: number;
  readonly since: number;
  readonly lastAt: Date;
};

/** Messages that were given up, and those that wait too long. */
export const deadLetters: Task = {
  name: 'dead-letters',
  cadence: 'daily',
  summary: 'messages given up by channel and reason, and messages that wait too long',
  run: async ({ client, since }) => {
    const { rows } = await client.query<Group>({
      text: `
        select channel, left(coalesce(last_error, 'not said'), 200) as reason, count(*)::integer as count,
          (count(*) filter (where finished_at >= $1))::integer as since, max(finished_at) as "lastAt"
        from public.notification_deliveries
        where status = 'dead' and finished_at is not null
        group by 1, 2
        order by 3 desc, 1, 2
        limit 50`,
      values: [since],
    });
    const { rows: totals } = await client.query<{ dead: number; fresh: number; late: number }>({
      text: `
        select
          (select count(*)::integer from public.notification_deliveries
            where status = 'dead' and finished_at is not null) as dead,
          (select count(*)::integer from public.notification_deliveries
            where status = 'dead' and finished_at >= $1) as fresh,
          (select count(*)::integer from public.notification_deliveries
            where next_attempt_at < now() - interval '1 hour') as late`,
      values: [since],
    });
    const { dead = 0, fresh = 0, late = 0 } = totals[0] ?? {};
    return {
      summary: `${plural(dead, 'dead letter')}, ${fresh} of them since the last run; ${plural(late, 'message')} overdue by an hour or more.`,
      needsAttention: fresh > 0 || late > 0,
      figures: { dead, fresh, overdue: late },
      lists: { 'By channel and reason': rows },
    };
  },
};
