import type { Logger } from 'pino';
import { withClient } from '../../lib/postgres.ts';
import { wait } from '../../lib/retry.ts';
import { MaintenanceRunning } from './lock.ts';
import { runTasks } from './run-tasks.ts';
import type { Task } from './task.ts';

export type ScheduleOptions = {
  readonly ownerUrl: string;
  readonly logger: Logger;
  readonly tasks: readonly Task[];
  /** Before the first look and between two, in milliseconds: a start has better things to do. */
  readonly interval?: number;
};

export type RunningSchedule = {
  /** Ends the task that runs and begins no other. */
  readonly close: () => Promise<void>;
};

const fiveMinutes = 300_000;

/**
 * Runs each task when it is due, whichever of several processes comes first. Does nothing where the connection
 * is not the owner's.
 */
export function startMaintenance({
  ownerUrl,
  logger,
  tasks,
  interval = fiveMinutes,
}: ScheduleOptions): RunningSchedule {
  const stop = new AbortController();
  const running = keepMaintaining({ ownerUrl, logger, tasks, interval }, stop.signal);
  return {
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

async function keepMaintaining(
  { ownerUrl, logger, tasks, interval }: Required<ScheduleOptions>,
  signal: AbortSignal,
): Promise<void> {
  await wait(interval, signal);
  while (!signal.aborted) {
    try {
      if (!(await isOwner(ownerUrl))) {
        logger.warn('maintenance is off: DATABASE_URL does not connect as ombaro_owner');
        return;
      }
      await runTasks({
        ownerUrl,
        tasks,
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
    } catch (error) {
      // Another process is at it: the usual case with several workers.
      if (!(error instanceof MaintenanceRunning)) {
        logger.error({ err: error }, 'maintenance could not run');
      }
    }
    await wait(interval, signal);
  }
}

async function isOwner(ownerUrl: string): Promise<boolean> {
  return await withClient(ownerUrl, async (client) => {
    const { rows } = await client.query<{ owns: boolean }>(
      `select pg_has_role(current_user, 'ombaro_owner', 'usage') as owns`,
    );
    return rows[0]?.owns === true;
  });
}
