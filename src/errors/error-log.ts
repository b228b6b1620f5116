import pg from 'pg';
import type { Logger } from 'pino';
import type { ErrorQueue } from './error-queue.ts';

export type ErrorLogOptions = {
  /** As `ombaro_worker`. */
  connectionString: string;
  queue: ErrorQueue;
  logger: Logger;
  /** Between two writes, in milliseconds. */
  intervalMs?: number;
};

export type ErrorLog = {
  /** Writes what waits, as far as the database lets it, and stops. */
  close(): Promise<void>;
};

/**
 * Writes what the queue holds into `error_logs`, once a second. When the database does not answer it
 * stays in the queue, which is bounded; it is in the process's log in any case.
 */
export function startErrorLog({
  connectionString,
  queue,
  logger,
  intervalMs = 1_000,
}: ErrorLogOptions): ErrorLog {
  const pool = new pg.Pool({
    connectionString,
    application_name: 'ombaro error log',
    max: 1,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
  });
  // Not as errors here and below: those would come back into the queue.
  pool.on('error', (error) => logger.warn({ err: error }, 'the error log lost its connection'));
  const write = async () => {
    const entries = queue.take();
    if (entries.length === 0) {
      return;
    }
    try {
      await pool.query('select app_private.record_errors($1::jsonb)', [JSON.stringify(entries)]);
    } catch (error) {
      queue.giveBack(entries);
      logger.warn({ err: error }, 'errors could not be written');
    }
  };
  let writing = Promise.resolve();
  let isWriting = false;
  const timer = setInterval(() => {
    if (!isWriting) {
      isWriting = true;
      writing = write().finally(() => {
        isWriting = false;
      });
    }
  }, intervalMs);
  return {
    async close() {
      clearInterval(timer);
      await writing;
      await write();
      await pool.end();
    },
  };
}
