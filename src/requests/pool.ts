import pg, { type PoolConfig } from 'pg';
import type { Logger } from 'pino';

export type ApiPoolOptions = {
  connectionString: string;
  /** How many connections at most. */
  max: number;
  logger: Logger;
};

/** The API's connections as `ombaro_api`, pipelined: a statement is sent before the last is answered. */
export type ApiPool = {
  readonly pool: pg.Pool;
  connect(): Promise<pg.PoolClient>;
  /** Uses no connection of before again: what they have prepared may not fit the schema any more. */
  retireConnections(): void;
};

/**
 * Compiling a query's expressions costs more than it saves in queries as short as ours. A request
 * that dies between two statements must not hold its locks for ever.
 */
const settings = `set jit = off; set idle_in_transaction_session_timeout = '60s'`;

export function makeApiPool({ connectionString, max, logger }: ApiPoolOptions): ApiPool {
  // `pipeline` is newer than the types.
  const config: PoolConfig & { pipeline: boolean } = {
    connectionString,
    application_name: 'ombaro api',
    max,
    pipeline: true,
  };
  const pool = new pg.Pool(config);
  let current = new WeakSet<pg.PoolClient>();
  const onError = (error: Error) => logger.error({ err: error }, 'database connection failed');
  pool.on('error', onError);
  pool.on('connect', (client) => {
    current.add(client);
    // While a connection is in use its errors come here; unheard they would end the process.
    client.on('error', onError);
    client.query(settings).catch(onError);
  });
  return {
    pool,
    async connect() {
      for (;;) {
        const client = await pool.connect();
        if (current.has(client)) {
          return client;
        }
        client.release(true);
      }
    },
    retireConnections() {
      current = new WeakSet();
    },
  };
}
