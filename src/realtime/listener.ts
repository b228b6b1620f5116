import type { Logger } from 'pino';
import { keepConnected } from '../lib/reconnect.ts';
import { wait } from '../lib/retry.ts';
import { eventChannel, type PublishedEvent, parseEvent } from './event.ts';

export type ListenerOptions = {
  /** A direct connection as `ombaro_api`: a pooler would not pass notifications on. */
  connectionString: string;
  logger: Logger;
  onEvent: (event: PublishedEvent) => void;
  /** Events may have been missed: clients that wait for them must be told to come back. */
  onLost: () => void;
};

export type Listener = {
  /** Whether events arrive at the moment. */
  isListening(): boolean;
  close(): Promise<void>;
};

/** How often to make sure that the connection is not half dead, and how long to wait, in ms. */
const heartbeatMs = 10_000;
const queryTimeoutMs = 5_000;

/**
 * Listens to the one channel on a connection of its own, and comes back when that is lost.
 * Resolves once it listens.
 */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const { connectionString, logger, onEvent, onLost } = options;
  const stop = new AbortController();
  const { signal } = stop;
  const listening = Promise.withResolvers<void>();
  let isListening = false;

  const receive = (payload: string | undefined) => {
    try {
      onEvent(parseEvent(payload ?? ''));
    } catch (error) {
      logger.error({ err: error }, 'a notification could not be read');
    }
  };
  const running = keepConnected({
    connectionString,
    logger,
    name: 'listener',
    queryTimeoutMs,
    signal,
    async use(client) {
      client.on('notification', ({ payload }) => receive(payload));
      // When nothing is sent any more, `query` below says so; when the server says it, this does.
      client.once('end', () => {
        if (isListening) {
          isListening = false;
          onLost();
        }
      });
      await client.query(`listen ${eventChannel}`);
      isListening = true;
      listening.resolve();
      while (!signal.aborted) {
        await wait(heartbeatMs, signal);
        await client.query('select 1');
      }
    },
  });
  await listening.promise;
  return {
    isListening: () => isListening,
    async close() {
      stop.abort();
      await running;
    },
  };
}
