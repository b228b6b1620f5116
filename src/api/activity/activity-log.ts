import type { Logger } from 'pino';
import type { OwnCall } from '../../requests/own-call.ts';
import type { ActivityQueue } from './activity-queue.ts';

export type ActivityLogOptions = {
  call: OwnCall;
  queue: ActivityQueue;
  logger: Logger;
  /** Between two writes, in milliseconds. */
  intervalMs?: number;
};

export type ActivityLog = {
  /** Writes what waits, as far as the database lets it, and stops. */
  close(): Promise<void>;
};

const batch = 500;

const statement = {
  name: 'ombaro_write_activities',
  text: 'select app_private.write_activities($1::jsonb)',
};

/** Writes what the queue holds into `user_activity_log`: each second, or as soon as a batch is full. */
export function startActivityLog({
  call,
  queue,
  logger,
  intervalMs = 1_000,
}: ActivityLogOptions): ActivityLog {
  const write = async () => {
    for (let left = queue.size; left > 0; left -= batch) {
      const rows = queue.take(Math.min(batch, left));
      try {
        await call(null, statement, [JSON.stringify(rows)]);
      } catch (error) {
        queue.giveBack(rows);
        logger.error({ err: error }, 'activities could not be written; they wait');
        return;
      }
    }
  };
  let writing: Promise<void> | undefined;
  const begin = () => {
    writing ??= write().finally(() => {
      writing = undefined;
    });
  };
  const timer = setInterval(begin, intervalMs);
  return {
    async close() {
      clearInterval(timer);
      await writing;
      await write();
    },
  };
}
