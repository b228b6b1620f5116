import { collectWarnings } from '../notices.ts';
import { plural } from '../plural.ts';
import type { Task } from '../task.ts';

type Candidate = {
  readonly table: string;
  readonly deadRows: number;
  readonly deadShare: number;
  readonly reason: string;
};

/**
 * Vacuums the tables that need it, one after another. A table that another session holds locked is left for the
 * next time, and so is giving pages back at a table's end, for which readers would have to wait.
 */
export const vacuum: Task = {
  name: 'vacuum',
  cadence: 'weekly',
  summary: 'vacuum tables of which a tenth or more is dead rows, or whose oldest row is old',
  run: async ({ client, signal }) => {
    const { rows: candidates } = await client.query<Candidate>(candidatesQuery);
    await client.query(`set statement_timeout = '6h'`);
    const done: (Candidate & { seconds: number })[] = [];
    const skipped: Candidate[] = [];
    for (const candidate of candidates) {
      signal.throwIfAborted();
      const start = performance.now();
      const warnings = await collectWarnings(client, () =>
        client.query(`vacuum (analyze, skip_locked, truncate false) ${candidate.table}`),
      );
      if (warnings.some((warning) => warning.includes('skipping'))) {
        skipped.push(candidate);
      } else {
        done.push({ ...candidate, seconds: Math.round((performance.now() - start) / 100) / 10 });
      }
    }
    return {
      summary: `${plural(done.length, 'table')} vacuumed, ${plural(skipped.length, 'table')} skipped because locked.`,
      needsAttention: skipped.length > 0,
      figures: {
        vacuumed: done.length,
        skipped: skipped.length,
        'dead rows removed or looked at': done.reduce((sum, { deadRows }) => sum + deadRows, 0),
      },
      lists: { Vacuumed: done, Skipped: skipped },
    };
  },
};

const candidatesQuery = `
  with tables as (
    select relid::regclass::text as table,
      n_dead_tup::double precision as "deadRows",
      round(n_dead_tup::numeric / greatest(n_live_tup + n_dead_tup, 1), 3)::double precision as "deadShare",
      case
        when n_dead_tup >= 1000 and n_dead_tup * 9 >= n_live_tup then 'dead rows'
        when age(relfrozenxid) > current_setting('autovacuum_freeze_max_age')::integer / 2 then 'old rows'
        when n_live_tup >= 10000 and last_vacuum is null and last_autovacuum is null then 'never vacuumed'
      end as reason
    from pg_stat_user_tables
    join pg_class on pg_class.oid = relid
    where pg_has_role(current_user, relowner, 'usage') and relkind in ('r', 'm')
  )
  select * from tables where reason is not null order by "deadRows" desc, 1`;
