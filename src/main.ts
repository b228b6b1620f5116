import type { Logger } from 'pino';
import { makeSendCode, makeShowCode, type SendCode, sendNoCode } from './auth/send-code.ts';
import type { Config } from './config/config.ts';
import { sayingWhatItWaitsFor } from './database/lock-waits.ts';
import { assertMigrated, refuseOtherMigrations } from './database/migrations/status.ts';
import { prepareDatabase } from './database/prepare.ts';
import { startDatabase } from './database/start.ts';
import { startErrorLog } from './errors/error-log.ts';
import { ErrorQueue } from './errors/error-queue.ts';
import { makeFileStore } from './files/stores.ts';
import { makeLogger } from './lib/logger.ts';
import { tasksFor } from './operations/maintain/tasks-for.ts';
import { startRelay } from './realtime/relay.ts';
import { makeReadableLog } from './server/readable-log.ts';
import { startServer } from './server/server.ts';
import { sendAtOnce } from './work/channels/channel.ts';
import { type Channels, closeChannels, makeChannels } from './work/channels/channels.ts';
import { countSent } from './work/channels/counted.ts';
import { startDeliveries } from './work/deliveries.ts';
import { startFileRemovals } from './work/file-removals.ts';
import { startMaintenance } from './work/maintenance.ts';
import { startJobs } from './work/run-jobs.ts';
import { startWebhooks } from './work/webhooks/webhooks.ts';

export type ServeOptions = {
  /** Apply work in progress at every save and make the API anew. */
  readonly watch: boolean;
  /** Tells a person what happens, one line each. */
  readonly say: (line: string) => void;
};

/**
 * Starts everything that one machine needs, in this order: database, migrations, demo data, relay, API.
 * `running` takes what has to be stopped again, in the opposite order, also when a step fails.
 *
 * @returns where the API listens.
 */
export async function serve(
  config: Config,
  running: AsyncDisposableStack,
  { watch, say }: ServeOptions,
): Promise<string> {
  const { database } = config;
  const errors = new ErrorQueue();
  const logger = makeProcessLogger(config, errors);
  const server = await startDatabase(database, say);
  running.defer(() => server.stop());
  await sayingWhatItWaitsFor(database, say, async () => {
    await prepareDatabase(database, say);
    if (config.demo) {
      const { seedDemoOnce } = await import('./demo/seed.ts');
      await seedDemoOnce(database.ownerUrl, say);
    }
  });
  writeErrors(database.workerUrl, errors, logger, running);
  const channels = openChannels(config, running, say);
  startWork(config, logger, channels, running);
  const api = await startServer({
    config,
    logger,
    checkMigrations: () => assertMigrated(database),
    sendCode: codeSender(config, channels, say),
  }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EADDRINUSE') {
      throw new Error(`Port ${config.http.port} is in use. Set PORT to a free one.`, { cause });
    }
    throw cause;
  });
  running.defer(() => api.close());
  if (watch) {
    const { watchCurrent } = await import('./database/migrations/watch.ts');
    const watcher = watchCurrent(database, {
      report: say,
      onApplied: () => api.reload(),
      onFailed: (error) => say(error instanceof Error ? error.message : String(error)),
    });
    running.defer(() => watcher.close());
  }
  return api.url;
}

/** Starts what works behind the API: the relay, messages, webhooks, and what is done by the clock. */
export async function work(
  config: Config,
  running: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<void> {
  const server = await startDatabase(config.database, say);
  running.defer(() => server.stop());
  await refuseOtherMigrations(config.database);
  const errors = new ErrorQueue();
  const logger = makeProcessLogger(config, errors);
  writeErrors(config.database.workerUrl, errors, logger, running);
  const channels = openChannels(config, running, say);
  startWork(config, logger, channels, running);
}

/** JSON for machines in production, lines for people elsewhere. */
function makeProcessLogger({ isProduction, logLevel }: Config, errors: ErrorQueue): Logger {
  return makeLogger(logLevel, {
    onError: errors.add,
    ...(isProduction ? {} : { destination: makeReadableLog((text) => process.stdout.write(text)) }),
  });
}

function writeErrors(
  connectionString: string,
  queue: ErrorQueue,
  logger: Logger,
  running: AsyncDisposableStack,
): void {
  const log = startErrorLog({ connectionString, queue, logger });
  running.defer(() => log.close());
}

function openChannels(
  config: Config,
  running: AsyncDisposableStack,
  say: (line: string) => void,
): Channels {
  const made = makeChannels(config, showingTexts(config, say));
  const channels = config.isProduction ? made : countSent(made, say);
  running.defer(() => closeChannels(channels));
  return channels;
}

/** Where a channel is not set up, development shows the texts at `LOG_LEVEL=debug`; otherwise they are only counted. */
function showingTexts({ logLevel }: Config, say: (line: string) => void): (line: string) => void {
  return ['debug', 'trace'].includes(logLevel) ? say : () => undefined;
}

/** Codes leave by the channels that are set up; else they are shown in development, and refused in production. */
function codeSender(
  { isProduction, messages }: Config,
  channels: Channels,
  say: (line: string) => void,
): SendCode {
  return makeSendCode({
    sms: messages.sms && sendAtOnce(channels.sms),
    dltTemplateId: messages.sms?.gateway === 'msg91' ? messages.sms.codeTemplateId : null,
    email: messages.email && sendAtOnce(channels.email),
    otherwise: isProduction ? sendNoCode : makeShowCode(say),
  });
}

function startWork(
  config: Config,
  logger: Logger,
  channels: Channels,
  running: AsyncDisposableStack,
): void {
  const { ownerUrl, workerUrl: connectionString } = config.database;
  const relay = startRelay({ connectionString, logger });
  running.defer(() => relay.close());
  const jobs = startJobs({ connectionString, logger });
  running.defer(() => jobs.close());
  const deliveries = startDeliveries({ connectionString, logger, channels });
  running.defer(() => deliveries.close());
  const webhooks = startWebhooks({
    connectionString,
    logger,
    allowsLoopback: !config.isProduction,
  });
  running.defer(() => webhooks.close());
  const maintenance = startMaintenance({ ownerUrl, logger, tasks: tasksFor(config) });
  running.defer(() => maintenance.close());
  const removals = startFileRemovals({
    connectionString,
    logger,
    remove: makeFileStore(config.files).remove,
  });
  running.defer(() => removals.close());
}
