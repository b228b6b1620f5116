import pg from 'pg';
import type { Logger } from 'pino';
import { waitBeforeRetry } from './retry.ts';

export type KeepConnectedOptions = {
  connectionString: string;
  logger: Logger;
  /** What the connection is for, in the log and in PostgreSQL's list of connections. */
  name: string;
  /** How long one query may stay unanswered before the connection counts as dead, in ms. */
  queryTimeoutMs: number;
  signal: AbortSignal;
  /** Works with one connection until the signal, or throws when the connection fails it. */
  use: (client: pg.Client) => Promise<void>;
};

/** Keeps one connection in use until the signal: when it is lost, makes another, ever more slowly. */
export async function keepConnected(options: KeepConnectedOptions): Promise<void> {
  const { logger, name, signal } = options;
  let attempt = 0;
  while (!signal.aborted) {
    try {
      await withConnection(options, () => {
        attempt = 0;
      });
    } catch (error) {
      logger.error({ err: error, connection: name }, 'connection lost');
    }
    if (!signal.aborted) {
      await waitBeforeRetry(attempt, signal);
      attempt += 1;
    }
  }
}

async function withConnection(
  { connectionString, name, queryTimeoutMs, use }: KeepConnectedOptions,
  onConnected: () => void,
): Promise<void> {
  const client = new pg.Client({
    connectionString,
    application_name: `ombaro ${name}`,
    keepAlive: true,
    query_timeout: queryTimeoutMs,
  });
  const lost = Promise.withResolvers<never>();
  // A connection can be lost when no query waits on it.
  lost.promise.catch(() => undefined);
  client.on('error', lost.reject);
  try {
    await client.connect();
    onConnected();
    await Promise.race([use(client), lost.promise]);
  } finally {
    await client.end();
  }
}
