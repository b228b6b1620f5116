import pg from 'pg';
import type { Logger } from 'pino';
import { wait } from '../lib/retry.ts';

export type WorkPoolOptions = {
  /** As `ombaro_worker`. */
  connectionString: string;
  /** What it is for, in PostgreSQL's list of connections. */
  name: string;
  max: number;
  logger: Logger;
};

export type WorkPool = {
  readonly pool: pg.Pool;
  /** Closes every connection, also one that was borrowed and is never given back. */
  close(): Promise<void>;
};

/** For connections to be given back, in milliseconds. */
const closeTimeoutMs = 1_000;

export function makeWorkPool({ connectionString, name, max, logger }: WorkPoolOptions): WorkPool {
  const pool = new pg.Pool({
    connectionString,
    max,
    application_name: `ombaro ${name}`,
    keepAlive: true,
    query_timeout: 30_000,
  });
  const clients = new Set<pg.PoolClient>();
  const onError = (error: Error) => logger.error({ err: error }, 'connection lost');
  pool.on('error', onError);
  pool.on('connect', (client) => {
    clients.add(client);
    client.on('error', onError);
  });
  pool.on('remove', (client) => void clients.delete(client));
  return {
    pool,
    async close() {
      await atMost(closeTimeoutMs, pool.end());
      // A pool's clients are clients like any other, and can be ended.
      await atMost(
        closeTimeoutMs,
        Promise.allSettled([...clients].map((client) => endClient(client))),
      );
    },
  };
}

/** Waits for an act, but at most so many milliseconds. */
async function atMost(milliseconds: number, act: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  await Promise.race([act, wait(milliseconds, over.signal)]);
  over.abort();
}

async function endClient(client: pg.PoolClient): Promise<void> {
  await (client as pg.PoolClient & Pick<pg.Client, 'end'>).end();
}
