import pg from 'pg';
import { withClient } from '../../lib/postgres.ts';
import { takeLock } from './lock.ts';
import {
  beginRun,
  closeLostRuns,
  endRun,
  findDue,
  type LastDone,
  type Run,
  readLastDone,
} from './runs.ts';
import type { Cadence, Report, Task } from './task.ts';

export type RunTasksOptions = {
  /** As the owner of the database, directly and not through a transaction pooler. */
  readonly ownerUrl: string;
  /** One after another, in this order. */
  readonly tasks: readonly Task[];
  /** Only those that are due. */
  readonly onlyDue: boolean;
  /** Ends the task that runs and begins no other. */
  readonly signal: AbortSignal;
  readonly onBegin?: (task: Task) => void;
  readonly onEnd?: (run: Run) => void;
};

const days: Readonly<Record<Cadence, number>> = { daily: 1, weekly: 7, monthly: 30 };

/**
 * What every task starts with. One that meets a lock gives up soon, since every session after it waits behind
 * it; and it reads and writes at a slower pace than people do.
 */
const taskSettings = `
  set search_path = public;
  set lock_timeout = '1s';
  set statement_timeout = '10min';
  set idle_in_transaction_session_timeout = '5min';
  set vacuum_cost_delay = '2ms'`;

/**
 * Runs tasks of maintenance and records each in `public.maintenance_runs`. One that fails is recorded and
 * stops none of the others.
 *
 * @throws MaintenanceRunning when another process is at it; Error when the record cannot be kept.
 */
export async function runTasks(options: RunTasksOptions): Promise<readonly Run[]> {
  const { ownerUrl, signal, onBegin, onEnd } = options;
  return await withClient(ownerUrl, async (record) => {
    await takeLock(record);
    await closeLostRuns(record).catch((cause: Error) => {
      if ((cause as pg.DatabaseError).code === '42P01') {
        throw new Error('The database has no record of maintenance yet. Run: npx ombaro migrate', {
          cause,
        });
      }
      throw cause;
    });
    const tasks = options.onlyDue ? await findDue(record, options.tasks) : options.tasks;
    const runs: Run[] = [];
    for (const task of tasks) {
      if (signal.aborted) {
        break;
      }
      onBegin?.(task);
      const last = await readLastDone(record, task);
      const { id, startedAt } = await beginRun(record, task);
      const result = await attempt(task, last, startedAt, ownerUrl, record, signal);
      const finishedAt = await endRun(record, id, result.report, result.error);
      const run: Run = {
        task: task.name,
        cadence: task.cadence,
        startedAt,
        finishedAt,
        outcome: result.error === null ? 'done' : 'failed',
        ...result,
        previousAt: last?.startedAt ?? null,
        changes: changesBetween(last?.report ?? null, result.report),
      };
      runs.push(run);
      onEnd?.(run);
    }
    return runs;
  });
}

type Result = { readonly report: Report | null; readonly error: string | null };

/** On a connection of its own: a task that loses it does not lose the lock and the record. */
async function attempt(
  task: Task,
  last: LastDone | null,
  startedAt: Date,
  ownerUrl: string,
  record: pg.Client,
  signal: AbortSignal,
): Promise<Result> {
  const since =
    last?.startedAt ?? new Date(startedAt.getTime() - days[task.cadence] * 24 * 3_600_000);
  try {
    const report = await withClient(ownerUrl, async (client) => {
      await client.query(taskSettings);
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      const interrupted = Promise.withResolvers<never>();
      interrupted.promise.catch(() => undefined);
      const onAbort = (): void => {
        interrupted.reject(new Error('Interrupted: the process was asked to end.'));
        record.query('select pg_cancel_backend($1)', [rows[0]?.pid]).catch(() => undefined);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        const work = task.run({ client, since, previous: last?.report ?? null, signal });
        return await Promise.race([work, interrupted.promise]);
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    });
    return { report, error: null };
  } catch (error) {
    return { report: null, error: describe(error) };
  }
}

/** With the database's code, and what lies behind it. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const code = error instanceof pg.DatabaseError ? ` (${error.code})` : '';
  const cause = error.cause instanceof Error ? ` Because: ${describe(error.cause)}` : '';
  return `${error.message}${code}${cause}`;
}

function changesBetween(before: Report | null, now: Report | null): Record<string, number> {
  const figures = Object.entries(now?.figures ?? {});
  return Object.fromEntries(
    figures.flatMap(([name, value]) => {
      const old = before?.figures[name];
      return old === undefined ? [] : [[name, value - old]];
    }),
  );
}
