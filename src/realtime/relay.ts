import type { Client } from 'pg';
import type { Logger } from 'pino';
import { pause } from './back-off.ts';
import { keepConnected } from './keep-connected.ts';

export interface RelayOptions {
  /** A direct connection as `ombaro_worker`: a pooler would give the lock away. */
  connectionString: string;
  logger: Logger;
}

export interface Relay {
  close(): Promise<void>;
}

/** Any number that nothing else in this database locks. */
const lockKey = 6_277_102;
const batchSize = 500;
/** In milliseconds: between looks for new events, and between tries to take over. */
const idleDelay = 25;
const standbyDelay = 500;
const patience = 30_000;

/**
 * Publishes the events that transactions have left behind. However many relays run, one of them
 * works and the others stand by: the order of events is the order of one publisher.
 */
export function startRelay({ connectionString, logger }: RelayOptions): Relay {
  const stop = new AbortController();
  const { signal } = stop;
  const running = keepConnected({
    connectionString,
    logger,
    name: 'relay',
    patience,
    signal,
    async use(client) {
      while (!signal.aborted && !(await takeOver(client))) {
        await pause(standbyDelay, signal);
      }
      while (!signal.aborted) {
        const published = await publish(client);
        if (published < batchSize) {
          await pause(idleDelay, signal);
        }
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

async function takeOver(client: Client): Promise<boolean> {
  const text = 'select pg_try_advisory_lock($1) as locked';
  const { rows } = await client.query<{ locked: boolean }>(text, [lockKey]);
  return rows[0]?.locked === true;
}

async function publish(client: Client): Promise<number> {
  const { rows } = await client.query<{ published: number }>({
    name: 'publish_events',
    text: 'select app_private.publish_events($1) as published',
    values: [batchSize],
  });
  return rows[0]?.published ?? 0;
}
