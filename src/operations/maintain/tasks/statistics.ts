import { collectWarnings } from '../notices.ts';
import { plural } from '../plural.ts';
import type { Task } from '../task.ts';

type Candidate = { readonly table: string; readonly rows: number; readonly changedRows: number };

/** Analyzes the tables whose statistics are out of date, and partitioned ones, which nothing else analyzes. */
export const statistics: Task = {
  name: 'statistics',
  cadence: 'weekly',
  summary: 'analyze tables of which a tenth or more has changed since, or that never were',
  run: async ({ client, signal }) => {
    const { rows: candidates } = await client.query<Candidate>(candidatesQuery);
    await client.query(`set statement_timeout = '1h'`);
    const done: Candidate[] = [];
    const skipped: Candidate[] = [];
    for (const candidate of candidates) {
      signal.throwIfAborted();
      const warnings = await collectWarnings(client, () =>
        client.query(`analyze (skip_locked) ${candidate.table}`),
      );
      const isSkipped = warnings.some((warning) => warning.includes('skipping'));
      (isSkipped ? skipped : done).push(candidate);
    }
    return {
      summary: `${plural(done.length, 'table')} analyzed, ${plural(skipped.length, 'table')} skipped because locked.`,
      needsAttention: skipped.length > 0,
      figures: { analyzed: done.length, skipped: skipped.length },
      lists: { Analyzed: done, Skipped: skipped },
    };
  },
};

const candidatesQuery = `
  select relid::regclass::text as table,
    n_live_tup::double precision as rows, n_mod_since_analyze::double precision as "changedRows"
  from pg_stat_user_tables
  join pg_class on pg_class.oid = relid
  where pg_has_role(current_user, relowner, 'usage')
    and case relkind
      when 'p' then coalesce(last_analyze < now() - interval '6 days', true)
      else n_mod_since_analyze >= 50 and n_mod_since_analyze * 10 >= n_live_tup
        or n_live_tup > 0 and last_analyze is null and last_autoanalyze is null
    end
  order by n_mod_since_analyze desc, 1`;
