import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { wait } from '../lib/retry.ts';
import { RequestLimit } from './request-limit.ts';

export type FollowedLimitOptions = {
  /** As `ombaro_api`. */
  pool: Pick<Pool, 'query'>;
  logger: Logger;
  /** How long to wait before the setting is read again, in milliseconds. */
  intervalMs?: number;
};

export type FollowedLimit = {
  readonly limit: RequestLimit;
  close(): Promise<void>;
};

/**
 * Makes the limit of requests from the settings `limits.api_requests_a_minute` and
 * `limits.visitor_requests_a_minute` and follows them. When they cannot be read at the start this throws; afterwards the
 * last values stay.
 */
export async function followRequestLimit(options: FollowedLimitOptions): Promise<FollowedLimit> {
  const { pool, logger, intervalMs = 60_000 } = options;
  const limit = new RequestLimit(await readSettings(pool));
  const stop = new AbortController();
  const { signal } = stop;
  const follow = async () => {
    for (;;) {
      await wait(intervalMs, signal);
      if (signal.aborted) {
        return;
      }
      try {
        const { most, mostOfVisitors } = await readSettings(pool);
        limit.most = most;
        limit.mostOfVisitors = mostOfVisitors;
      } catch (error) {
        logger.error({ err: error }, 'the limit of requests could not be read; the last one stays');
      }
    }
  };
  const following = follow();
  return {
    limit,
    async close() {
      stop.abort();
      await following;
    },
  };
}

type Limits = { readonly most: number; readonly mostOfVisitors: number };

async function readSettings(pool: FollowedLimitOptions['pool']): Promise<Limits> {
  const { rows } = await pool.query<Limits>(
    `select app_private.api_requests_a_minute() as most,
      app_private.visitor_requests_a_minute() as "mostOfVisitors"`,
  );
  const [row] = rows;
  if (row === undefined) {
    throw new Error('The limit of requests was not answered.');
  }
  return row;
}
