import pg from 'pg';
import type { Logger } from 'pino';
import { keepConnected } from '../lib/reconnect.ts';
import { wait } from '../lib/retry.ts';

export type RemovalsOptions = {
  /** As `ombaro_worker`. */
  connectionString: string;
  logger: Logger;
  /** Removes the bytes under a key; also where nothing is. */
  remove: (key: string) => Promise<void>;
  /** Between two looks for deleted files, in milliseconds. */
  interval?: number;
};

export type RunningRemovals = {
  /** Lets the removal that runs end, and begins no other. */
  close(): Promise<void>;
};

/** How many files are taken at once. */
const batch = 50;
/** For one query, in milliseconds. */
const queryTimeoutMs = 30_000;

type Removal = {
  readonly id: string;
  readonly keys: readonly string[];
};

/** Removes the bytes of files that the database has deleted. Any number of workers may. */
export function startFileRemovals({
  connectionString,
  logger,
  remove,
  interval = 60_000,
}: RemovalsOptions): RunningRemovals {
  const stop = new AbortController();
  const { signal } = stop;
  const running = keepConnected({
    connectionString,
    logger,
    name: 'file removals',
    queryTimeoutMs,
    signal,
    async use(client) {
      while (!signal.aborted) {
        if ((await removeSomeOrSay(client)) < batch) {
          await wait(interval, signal);
        }
      }
    },
  });
  const removeSome = async (client: pg.Client): Promise<number> => {
    // Longer than a batch takes; whoever is killed loses it to another.
    const { rows } = await client.query<Removal>(
      `select file_id as id, keys from app_private.take_removals($1, '10 minutes')`,
      [batch],
    );
    for (const { id, keys } of rows) {
      if (signal.aborted) {
        break;
      }
      if (await isRemoved(keys, id)) {
        await client.query('select app_private.confirm_removal($1)', [id]);
      }
    }
    return rows.length;
  };
  const removeSomeOrSay = async (client: pg.Client): Promise<number> => {
    try {
      return await removeSome(client);
    } catch (error) {
      // What the database refuses it will refuse again at once; a lost connection is another matter.
      if (!(error instanceof pg.DatabaseError) || error.severity === 'FATAL') {
        throw error;
      }
      logger.error({ err: error }, 'files could not be removed');
      return 0;
    }
  };
  const isRemoved = async (keys: readonly string[], id: string): Promise<boolean> => {
    try {
      for (const key of keys) {
        await remove(key);
      }
      return true;
    } catch (error) {
      logger.error({ err: error, file: id }, 'a file could not be removed; it is tried again');
      return false;
    }
  };
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}
