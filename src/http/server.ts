import { createServer } from 'node:http';
import type { Logger } from 'pino';
import { makeSchema } from 'postgraphile';
import { grafserv } from 'postgraphile/grafserv/express/v4';
import type { WebSocket } from 'ws';
import { loadConstraintMessages } from '../api/constraint-messages.ts';
import { makeIdentify } from '../api/identity.ts';
import { makeApiPool } from '../api/pool.ts';
import { exposedSchemas, makePreset } from '../api/preset.ts';
import { makeVerifyToken } from '../auth/verify-token.ts';
import type { Config } from '../config/config.ts';
import { makeGateways } from '../payments/gateways.ts';
import { makeReceiveEvent } from '../payments/receive-event.ts';
import { EventRouter } from '../realtime/event-router.ts';
import { startListener } from '../realtime/listener.ts';
import { makeApp } from './app.ts';
import type { ReadinessCheck } from './health.ts';
import { closeGracefully, listen } from './listening.ts';
import { makeMetrics } from './metrics.ts';
import { closeCodes, startWebsockets } from './websockets.ts';

export interface ServerOptions {
  config: Pick<Config, 'http' | 'tokens' | 'limits' | 'payments'> & {
    /** As `ombaro_api`, directly and not through a transaction pooler. */
    database: Pick<Config['database'], 'apiUrl'>;
  };
  logger: Logger;
  /** Throws while migrations are missing. */
  checkMigrations: ReadinessCheck;
}

export interface RunningServer {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** Makes the API anew, after the database's schema has changed. */
  reload(): Promise<void>;
  /** Lets running requests end, sends websockets away to come back, then leaves the database. */
  close(): Promise<void>;
}

/** The longest request body and websocket message, in bytes. */
const maxBodyLength = 1024 * 1024;
const maxConnections = 20;

/** Starts the API: HTTP and websockets on one port. What was started is stopped when a step fails. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const running = new AsyncDisposableStack();
  try {
    return await start(options, running);
  } catch (error) {
    await running.disposeAsync();
    throw error;
  }
}

/** `running` takes what has to be stopped again, in the opposite order. */
async function start(
  { config, logger, checkMigrations }: ServerOptions,
  running: AsyncDisposableStack,
): Promise<RunningServer> {
  const connectionString = config.database.apiUrl;
  const connections = makeApiPool({ connectionString, max: maxConnections, logger });
  const { pool } = connections;
  running.defer(() => pool.end());
  const router = new EventRouter();
  running.defer(() => router.release());
  const metrics = makeMetrics({
    poolConnections: () => ({
      idle: pool.idleCount,
      used: pool.totalCount - pool.idleCount,
      waiting: pool.waitingCount,
    }),
    sockets: () => sockets.size,
    subscriptions: () => router.size,
  });

  let constraintMessages = await loadConstraintMessages(pool, exposedSchemas);
  const preset = makePreset({
    pool: connections,
    logger,
    router,
    limits: { maxDepth: config.limits.maxQueryDepth, maxRows: config.limits.maxQueryRows },
    statementTimeout: config.limits.statementTimeoutMs,
    ruru: config.http.graphiql,
    maxBodyLength,
    constraintMessages: () => constraintMessages,
    onOperation: metrics.onOperation,
    interrupt(socket, reason) {
      logger.error({ err: reason }, 'a subscription was interrupted');
      (socket as WebSocket).close(closeCodes.comeBack, 'Events were missed.');
    },
  });
  const { schema } = await makeSchema(preset);
  const graphql = grafserv({ preset, schema });
  await graphql.ready();
  running.defer(() => graphql.release());

  const identify = makeIdentify(makeVerifyToken(config.tokens));
  const app = await makeApp({
    graphql,
    identify,
    logger,
    metrics,
    corsOrigins: config.http.corsOrigins,
    trustProxy: config.http.trustProxy,
    readiness: { database: () => pool.query('select 1'), migrations: checkMigrations },
    webhooks: {
      gateways: makeGateways(config.payments),
      receive: makeReceiveEvent(connections, config.limits.statementTimeoutMs),
      maxBodyLength,
    },
  });
  const server = createServer(app);
  const listener = await startListener({
    connectionString,
    logger,
    onEvent: (event) => router.deliver(event),
    onLost: () => sockets.interruptAll('Events were missed.'),
  });
  running.defer(() => listener.close());
  const sockets = startWebsockets({
    server,
    graphql,
    identify,
    logger,
    maxMessageLength: maxBodyLength,
    isListening: () => listener.isListening(),
  });
  // At the same time: the server is not closed while a websocket is open.
  running.defer(async () => {
    await Promise.all([sockets.close(), closeGracefully(server)]);
  });
  const { host, port } = config.http;
  const url = await listen(server, port, host);

  return {
    url,
    async reload() {
      connections.retireConnections();
      constraintMessages = await loadConstraintMessages(pool, exposedSchemas);
      graphql.setSchema((await makeSchema(preset)).schema);
      sockets.interruptAll('The schema has changed.');
    },
    close: () => running.disposeAsync(),
  };
}
