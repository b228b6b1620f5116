import type pg from 'pg';
import type { Cadence, Report, Task } from './task.ts';

/** A run as `public.maintenance_runs` has it. */
export type Run = {
  readonly task: string;
  readonly cadence: Cadence;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly outcome: 'done' | 'failed';
  readonly report: Report | null;
  readonly error: string | null;
  /** The last run before it that was done; `null` for the first. */
  readonly previousAt: Date | null;
  /** How much each figure has grown since then, where that run had it. */
  readonly changes: Readonly<Record<string, number>>;
};

export type LastDone = { readonly startedAt: Date; readonly report: Report };

/** How long a task that failed is left alone by the clock. */
export const retryAfter = '1 hour';

/** Notes that runs without an end have none: the caller holds the lock, so no process is at them. */
export async function closeLostRuns(client: pg.ClientBase): Promise<number> {
  const { rowCount } = await client.query(`
    update public.maintenance_runs
    set finished_at = greatest(clock_timestamp(), started_at), outcome = 'lost'
    where finished_at is null`);
  return rowCount ?? 0;
}

/**
 * Of `tasks` those that are due: not done since their day, week or month began, nor tried in the last hour.
 * A database owes nothing for the time before it was made.
 */
export async function findDue(
  client: pg.ClientBase,
  tasks: readonly Task[],
): Promise<readonly Task[]> {
  const { rows } = await client.query<{ name: string }>(
    `select task as name from app_private.maintenance_due($1, $2, $3) where due_at <= now()`,
    [tasks.map(({ name }) => name), tasks.map(({ cadence }) => cadence), retryAfter],
  );
  const due = new Set(rows.map(({ name }) => name));
  return tasks.filter(({ name }) => due.has(name));
}

export async function readLastDone(
  client: pg.ClientBase,
  { name }: Task,
): Promise<LastDone | null> {
  const { rows } = await client.query<LastDone>(
    `select started_at as "startedAt", report from public.maintenance_runs
    where task = $1 and outcome = 'done'
    order by started_at desc limit 1`,
    [name],
  );
  return rows[0] ?? null;
}

export async function beginRun(
  client: pg.ClientBase,
  { name, cadence }: Task,
): Promise<{ readonly id: string; readonly startedAt: Date }> {
  const { rows } = await client.query<{ id: string; startedAt: Date }>(
    `insert into public.maintenance_runs (task, cadence) values ($1, $2)
    returning id, started_at as "startedAt"`,
    [name, cadence],
  );
  const [run] = rows;
  if (run === undefined) {
    throw new TypeError('An insert returns its row.');
  }
  return run;
}

/** Returns when it ended. Exactly one of `report` and `error` is there. */
export async function endRun(
  client: pg.ClientBase,
  id: string,
  report: Report | null,
  error: string | null,
): Promise<Date> {
  const { rows } = await client.query<{ finishedAt: Date }>(
    `update public.maintenance_runs
    set finished_at = greatest(clock_timestamp(), started_at), report = $2, error = $3,
      outcome = case when $3::text is null then 'done' else 'failed' end
    where id = $1
    returning finished_at as "finishedAt"`,
    [id, report === null ? null : JSON.stringify(report), error],
  );
  const [run] = rows;
  if (run === undefined) {
    throw new Error('The record of this run is gone from maintenance_runs.');
  }
  return run.finishedAt;
}
