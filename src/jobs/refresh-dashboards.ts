import pg from 'pg';
import type { Logger } from 'pino';
import { pause } from '../realtime/back-off.ts';
import { keepConnected } from '../realtime/keep-connected.ts';

export interface RefreshOptions {
  /** As `ombaro_worker`. */
  connectionString: string;
  logger: Logger;
}

export interface RunningJob {
  close(): Promise<void>;
}

/** In milliseconds: between two refreshes, and for one of them (the first counts everything). */
const interval = 60_000;
const patience = 300_000;

/**
 * Brings the dashboards up to date each minute. However many processes do, one of them counts at a
 * time: the database sees to that.
 */
export function startRefreshingDashboards({
  connectionString,
  logger,
}: RefreshOptions): RunningJob {
  const stop = new AbortController();
  const { signal } = stop;
  const running = keepConnected({
    connectionString,
    logger,
    name: 'dashboards',
    patience,
    signal,
    async use(client) {
      while (!signal.aborted) {
        await refresh(client, logger);
        await pause(interval, signal);
      }
    },
  });
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

async function refresh(client: pg.Client, logger: Logger): Promise<void> {
  try {
    await client.query('select app_private.refresh_dashboards()');
  } catch (error) {
    // A figure that cannot be counted will not be countable in a tenth of a second either.
    if (!(error instanceof pg.DatabaseError)) {
      throw error;
    }
    logger.error({ err: error }, 'the dashboards could not be refreshed');
  }
}
