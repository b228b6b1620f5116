import type { Client } from 'pg';
import type { Logger } from 'pino';
import { keepConnected } from '../lib/reconnect.ts';
import { wait } from '../lib/retry.ts';

export type RelayOptions = {
  /** A direct connection as `ombaro_worker`: a pooler would give the lock away. */
  connectionString: string;
  logger: Logger;
};

export type Relay = {
  close(): Promise<void>;
};

const batchSize = 500;
/** In milliseconds: between looks for new events, and between tries to take over. */
const idleDelayMs = 25;
const standbyDelayMs = 250;
const queryTimeoutMs = 30_000;

/**
 * Publishes the events that transactions have left behind. However many relays run, one of them
 * works and the others stand by: the order of events is the order of one publisher. One that dies,
 * or is not heard of for a second (its machine is gone, or frozen), is replaced within two.
 */
export function startRelay({ connectionString, logger }: RelayOptions): Relay {
  const stop = new AbortController();
  const { signal } = stop;
  const running = keepConnected({
    connectionString,
    logger,
    name: 'relay',
    queryTimeoutMs,
    signal,
    async use(client) {
      while (!signal.aborted && !(await becomeRelay(client))) {
        await wait(standbyDelayMs, signal);
      }
      while (!signal.aborted) {
        const published = await publish(client);
        if (published < batchSize) {
          await wait(idleDelayMs, signal);
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

async function becomeRelay(client: Client): Promise<boolean> {
  const text = 'select app_private.become_relay() as is_relay';
  const { rows } = await client.query<{ is_relay: boolean }>(text);
  return rows[0]?.is_relay === true;
}

async function publish(client: Client): Promise<number> {
  const { rows } = await client.query<{ published: number }>({
    name: 'publish_events',
    text: 'select app_private.publish_events($1) as published',
    values: [batchSize],
  });
  return rows[0]?.published ?? 0;
}
