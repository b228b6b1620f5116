import type { Logger } from 'pino';
import { withClient } from '../lib/postgres.ts';
import { retry, wait } from '../lib/retry.ts';
import { MaintenanceRunning } from '../operations/maintain/lock.ts';
import { runTasks } from '../operations/maintain/run-tasks.ts';
import { retryAfter } from '../operations/maintain/runs.ts';
import type { Task } from '../operations/maintain/task.ts';
import { type RunningWork, workOnRows } from './leased-rows.ts';

export type MaintenanceOptions = {
  readonly ownerUrl: string;
  readonly logger: Logger;
  readonly tasks: readonly Task[];
  /** Before the first look and between two, in milliseconds: a start has better things to do. */
  readonly intervalMs?: number;
};

type LeasedTask = { readonly name: string; readonly attempt: number };

/** For how long a task is its worker's. One that takes longer keeps the others off by the lock of all maintenance. */
const lease = '1 hour';

const fiveMinutes = 300_000;

/**
 * Runs each task of maintenance when it is due, one after another over all workers. Does nothing where the
 * connection is not the owner's. Closing it ends the task that runs.
 */
export function startMaintenance({
  ownerUrl,
  logger,
  tasks,
  intervalMs = fiveMinutes,
}: MaintenanceOptions): RunningWork {
  let looks = 0;
  let isOff = false;
  return workOnRows<LeasedTask>({
    name: 'maintenance',
    logger,
    concurrency: 1,
    intervalMs,
    lease: async () => {
      looks += 1;
      if (looks === 1 || isOff) {
        return [];
      }
      if (!(await isOwner(ownerUrl))) {
        logger.warn('maintenance is off: DATABASE_URL does not connect as ombaro_owner');
        isOff = true;
        return [];
      }
      return await leaseTask(ownerUrl, tasks);
    },
    work: async ({ name, attempt }, signal) => {
      const error = await run({ ownerUrl, logger, tasks, signal, name });
      if (error instanceof Error) {
        // Another process is at it, or the database is not there: not at once again.
        await wait(intervalMs, signal);
      }
      await retry(() => finish(ownerUrl, { name, attempt }, error));
    },
  });
}

type RunOptions = {
  readonly ownerUrl: string;
  readonly logger: Logger;
  readonly tasks: readonly Task[];
  readonly signal: AbortSignal;
  readonly name: string;
};

/** Gives the task's own error as text, and one that kept it from running as it is. */
async function run({
  ownerUrl,
  logger,
  tasks,
  signal,
  name,
}: RunOptions): Promise<Error | string | null> {
  try {
    const [ended] = await runTasks({
      ownerUrl,
      tasks: tasks.filter((task) => task.name === name),
      // Once more: `ombaro maintain` may have done it meanwhile.
      onlyDue: true,
      signal,
      onEnd: ({ task, outcome, report, error }) => {
        if (outcome === 'failed') {
          logger.error({ task, reason: error }, 'maintenance failed');
        } else if (report?.needsAttention) {
          logger.warn({ task, found: report.summary }, 'maintenance found something');
        } else {
          logger.info({ task, did: report?.summary }, 'maintenance ran');
        }
      },
    });
    return ended?.error ?? null;
  } catch (error) {
    if (!(error instanceof MaintenanceRunning)) {
      logger.error({ err: error }, 'maintenance could not run');
    }
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function leaseTask(ownerUrl: string, tasks: readonly Task[]): Promise<readonly LeasedTask[]> {
  return await withClient(ownerUrl, async (client) => {
    const { rows } = await client.query<LeasedTask>(
      'select task as name, attempt from app_private.lease_maintenance($1, $2, $3, $4)',
      [tasks.map(({ name }) => name), tasks.map(({ cadence }) => cadence), retryAfter, lease],
    );
    return rows;
  });
}

async function finish(
  ownerUrl: string,
  { name, attempt }: LeasedTask,
  error: Error | string | null,
): Promise<void> {
  const words = error instanceof Error ? error.message : error;
  await withClient(ownerUrl, (client) =>
    client.query('select app_private.finish_maintenance($1, $2, $3)', [name, attempt, words]),
  );
}

async function isOwner(ownerUrl: string): Promise<boolean> {
  return await withClient(ownerUrl, async (client) => {
    const { rows } = await client.query<{ owns: boolean }>(
      `select pg_has_role(current_user, 'ombaro_owner', 'usage') as owns`,
    );
    return rows[0]?.owns === true;
  });
}
