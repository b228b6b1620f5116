import { createServer } from 'node:http';
import type { Logger } from 'pino';
import { makeSchema } from 'postgraphile';
import { grafserv } from 'postgraphile/grafserv/express/v4';
import type { GraphQLSchema } from 'postgraphile/graphql';
import type { WebSocket } from 'ws';
import { startActivityLog } from '../api/activity/activity-log.ts';
import { ActivityQueue } from '../api/activity/activity-queue.ts';
import { exposedSchemas, makePreset } from '../api/preset.ts';
import { publicKeysOf } from '../auth/keys.ts';
import type { SendCode } from '../auth/send-code.ts';
import { startSessionActivity } from '../auth/session-activity.ts';
import { makeSignIns } from '../auth/sign-ins.ts';
import { makeProviders } from '../auth/social/providers.ts';
import { makeSocialSignIns } from '../auth/social/social-sign-ins.ts';
import { makeTokenSigner } from '../auth/token-signer.ts';
import { makeVerifyToken } from '../auth/verify-token.ts';
import type { Config } from '../config/config.ts';
import { loadConstraintMessages } from '../errors/constraint-messages.ts';
import { makeMaskError } from '../errors/errors.ts';
import { makeFileAddresses } from '../files/addresses.ts';
import { makeFileRows } from '../files/file-rows.ts';
import { makeFileStore } from '../files/stores.ts';
import { makeClientAddress } from '../http/client-address.ts';
import { closeGracefully, listen } from '../http/listening.ts';
import { makeCountRequest } from '../http/request-limit.ts';
import { followRequestLimit } from '../http/request-limit-setting.ts';
import { makeGateways } from '../payments/gateways.ts';
import { makeReceiveEvent } from '../payments/receive-event.ts';
import { EventRouter } from '../realtime/event-router.ts';
import { startListener } from '../realtime/listener.ts';
import { makeReadLag } from '../realtime/relay-lag.ts';
import { makeReadMissed } from '../realtime/replay.ts';
import { makeIdentify } from '../requests/identity.ts';
import { makeOwnCall } from '../requests/own-call.ts';
import { makeApiPool } from '../requests/pool.ts';
import { makeAccessWatch } from './access-watch.ts';
import { makeApp } from './app.ts';
import type { ReadinessCheck } from './health.ts';
import { type DeliveryFigures, makeMetrics, type WebhookFigures } from './metrics.ts';
import { makeReadOperationFigures } from './operation-metrics.ts';
import { interruptSocket, startWebsockets } from './websockets.ts';

export type ServerOptions = {
  config: Pick<
    Config,
    'http' | 'tokens' | 'signIn' | 'social' | 'limits' | 'payments' | 'files'
  > & {
    /** As `ombaro_api`, directly and not through a transaction pooler. */
    database: Pick<Config['database'], 'apiUrl'>;
  };
  logger: Logger;
  /** Throws while migrations are missing. */
  checkMigrations: ReadinessCheck;
  sendCode: SendCode;
  /** Makes the GraphQL schema of the database; tests share one among databases that are alike. */
  buildSchema?: (preset: GraphileConfig.Preset) => Promise<GraphQLSchema>;
};

export type RunningServer = {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** Makes the API anew, after the database's schema has changed. */
  reload(): Promise<void>;
  /** Lets running requests end, sends websockets away to come back, then leaves the database. */
  close(): Promise<void>;
};

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
  { config, logger, checkMigrations, sendCode, buildSchema = buildWithPostGraphile }: ServerOptions,
  running: AsyncDisposableStack,
): Promise<RunningServer> {
  const connectionString = config.database.apiUrl;
  const connections = makeApiPool({ connectionString, max: maxConnections, logger });
  const { pool } = connections;
  running.defer(() => pool.end());
  const { statementTimeoutMs } = config.limits;
  const call = makeOwnCall(connections, statementTimeoutMs);
  const signIns = makeSignIns(call);
  const activity = startSessionActivity(signIns, logger);
  running.defer(() => activity.close());
  const activities = new ActivityQueue();
  const activityLog = startActivityLog({ call, queue: activities, logger });
  running.defer(() => activityLog.close());
  const router = new EventRouter();
  running.defer(() => router.release());
  const readFigures = async <Figures extends object>(query: string): Promise<Figures> => {
    const { rows } = await pool.query<Figures>(query);
    if (rows[0] === undefined) {
      throw new TypeError('There are no figures.');
    }
    return rows[0];
  };
  const metrics = makeMetrics({
    poolConnections: () => ({
      idle: pool.idleCount,
      used: pool.totalCount - pool.idleCount,
      waiting: pool.waitingCount,
    }),
    sockets: () => sockets.size,
    subscriptions: () => router.size,
    relayLag: makeReadLag(call),
    operation: makeReadOperationFigures(call),
    deliveries: () =>
      readFigures<DeliveryFigures>(
        `select waiting::integer, failed::integer, dead::integer,
          sent_last_hour::integer as "sentLastHour", oldest_seconds as "oldestSeconds"
        from app_private.delivery_figures()`,
      ),
    webhooks: () =>
      readFigures<WebhookFigures>(
        `select waiting::integer, failed::integer, dead::integer,
          sent_last_hour::integer as "sentLastHour", oldest_seconds as "oldestSeconds",
          disabled_endpoints::integer as "disabledEndpoints"
        from app_private.webhook_figures()`,
      ),
  });

  const publicUrl = () => config.http.publicUrl ?? url;
  const { addressSecret } = config.files;
  const fileAddresses =
    addressSecret === null ? null : makeFileAddresses({ secret: addressSecret, publicUrl });
  let constraintMessages = await loadConstraintMessages(pool, exposedSchemas);
  const maskError = makeMaskError(() => constraintMessages);
  const preset = makePreset({
    pool: connections,
    logger,
    router,
    readMissed: makeReadMissed(call, metrics.onReplay),
    limits: { maxDepth: config.limits.maxQueryDepth, maxRows: config.limits.maxQueryRows },
    statementTimeoutMs,
    ruru: config.http.graphiql,
    maxBodyLength,
    maskError,
    fileAddresses,
    onOperation: metrics.onOperation,
    onSession: activity.mark,
    activities,
    interrupt: (socket, reason, scope) =>
      interruptSocket(socket as WebSocket, reason, {
        logger: scope.logger,
        onSlowReader: metrics.onSlowReader,
      }),
  });
  const graphql = grafserv({ preset, schema: await buildSchema(preset) });
  await graphql.ready();
  running.defer(() => graphql.release());

  const identify = makeIdentify(makeVerifyToken(config.tokens, logger));
  const followed = await followRequestLimit({ pool, logger });
  running.defer(() => followed.close());
  const clientAddress = makeClientAddress(config.http.trustProxy);
  const countRequest = makeCountRequest(followed.limit);
  const signer = makeTokenSigner(config.tokens);
  const { codeKey } = config.signIn;
  const app = await makeApp({
    graphql,
    identify,
    publicKeys: publicKeysOf(config.tokens),
    clientAddress,
    countRequest,
    logger,
    metrics,
    corsOrigins: config.http.corsOrigins,
    trustProxy: config.http.trustProxy,
    readiness: { database: () => pool.query('select 1'), migrations: checkMigrations },
    files: {
      rows: makeFileRows(call),
      store: makeFileStore(config.files),
      addresses: fileAddresses,
      directory: config.files.directory,
    },
    webhooks: {
      gateways: makeGateways(config.payments),
      receive: makeReceiveEvent(call),
      maxBodyLength,
    },
    signIn: {
      signIns,
      keys: signer && codeKey !== null ? { signer, codeKey } : null,
      sendCode,
    },
    social: {
      providers: signer === null ? [] : makeProviders(config.social),
      signIns: makeSocialSignIns(call),
      redirects: config.social.redirects,
      publicUrl,
    },
    calendar: { call },
  });
  const server = createServer(app);
  const access = makeAccessWatch({ connections, statementTimeoutMs, logger });
  const listener = await startListener({
    connectionString,
    logger,
    onEvent(event) {
      metrics.onEvent();
      router.deliver(event);
      access.deliver(event);
    },
    onLost: () => sockets.interruptAll('Events were missed. Connect again.'),
  });
  running.defer(() => listener.close());
  const sockets = startWebsockets({
    server,
    graphql,
    identify,
    countRequest,
    clientAddress,
    access,
    maskError,
    logger,
    onSlowReader: metrics.onSlowReader,
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
      graphql.setSchema(await buildSchema(preset));
      sockets.interruptAll('The schema has changed. Connect again.');
    },
    close: () => running.disposeAsync(),
  };
}

async function buildWithPostGraphile(preset: GraphileConfig.Preset): Promise<GraphQLSchema> {
  return (await makeSchema(preset)).schema;
}
