import type { Logger } from 'pino';
import { retry } from '../lib/retry.ts';
import { type RunningWork, runTogether, workOnRows } from './leased-rows.ts';
import { makeWorkPool } from './work-pool.ts';

export type RemovalsOptions = {
  /** As `ombaro_worker`. */
  connectionString: string;
  logger: Logger;
  /** Removes the bytes under a key; also where nothing is. */
  remove: (key: string) => Promise<void>;
  /** Between two looks for deleted files, in milliseconds. */
  intervalMs?: number;
};

export type RunningRemovals = RunningWork;

type Removal = { readonly id: string; readonly attempt: number; readonly keys: readonly string[] };

/** Files that are removed at once. */
const concurrency = 5;
/** Longer than removing a file takes; and the wait after a failure. In milliseconds. */
const leaseMs = 600_000;
const retryDelayMs = 600_000;

const leaseRemovals = {
  name: 'ombaro_lease_removals',
  text: `select file_id as id, attempt, keys from app_private.lease_removals($1, $2 * interval '1 ms')`,
};
const finishRemoval = {
  name: 'ombaro_finish_removal',
  text: `select app_private.finish_removal($1, $2, $3, $4 * interval '1 ms')`,
};

/** Removes the bytes of files that the database has deleted: the rows of `file_removals`. */
export function startFileRemovals({
  connectionString,
  logger,
  remove,
  intervalMs = 60_000,
}: RemovalsOptions): RunningRemovals {
  const { pool, close } = makeWorkPool({ connectionString, name: 'file removals', max: 2, logger });
  const running = workOnRows<Removal>({
    name: 'file removals',
    logger,
    concurrency,
    intervalMs,
    lease: async (most) => {
      const values = [most, leaseMs];
      return (await pool.query<Removal>({ ...leaseRemovals, values })).rows;
    },
    work: async ({ id, attempt, keys }) => {
      const error = await errorOf(async () => {
        for (const key of keys) {
          await remove(key);
        }
      });
      if (error !== null) {
        logger.error({ err: error, file: id }, 'a file could not be removed; it is tried again');
      }
      const values = [id, attempt, error?.message ?? null, retryDelayMs];
      await retry(() => pool.query({ ...finishRemoval, values }));
    },
  });
  return runTogether([running], close);
}

async function errorOf(act: () => Promise<void>): Promise<Error | null> {
  try {
    await act();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
