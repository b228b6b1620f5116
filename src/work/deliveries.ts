import {
  makeWorkerUtils,
  Logger as QueueLogger,
  runMigrations,
  runTaskList,
  type WorkerPool,
} from 'graphile-worker';
import type pg from 'pg';
import type { Logger } from 'pino';
import { wait, waitBeforeRetry } from '../lib/retry.ts';
import type { Channels } from './channels/channels.ts';
import { type Attempt, makeDeliver } from './deliver.ts';
import { makeDeliveryPool } from './delivery-pool.ts';
import { makeQueuePool } from './queue-pool.ts';
import { readReceipts } from './receipts.ts';

export type DeliveriesOptions = {
  /** As `ombaro_worker`, directly: the queue listens. */
  connectionString: string;
  logger: Logger;
  channels: Channels;
  /** Messages of one channel that are on their way at once. */
  concurrency?: number;
  /**
   * How long a delivery that was taken is nobody else's, in milliseconds; after it, whoever took it is
   * dead. A provider has half of it to answer.
   */
  lease?: number;
  /** Between two looks for due deliveries when there are none, in milliseconds. */
  interval?: number;
  /** Between two looks for receipts, in milliseconds. */
  receiptInterval?: number;
};

export type RunningDeliveries = {
  /** Lets messages that are on their way arrive, and begins no other. */
  close(): Promise<void>;
};

type Settings = Required<DeliveriesOptions> & { readonly signal: AbortSignal };

const schema = 'graphile_worker';
const batch = 500;
const cleanupInterval = 3_600_000;
/** One kind of job a channel, so that a provider that hangs holds up its own channel only. */
const channelNames = ['push', 'sms', 'email'] as const;

/**
 * Delivers messages until it is closed. The rows of notification_deliveries say what is due; whoever finds
 * it makes a job of it, and any worker does the job. All of it may run any number of times at once. What
 * breaks, such as the connection to the database, is begun anew.
 */
export function startDeliveries({
  concurrency = 10,
  lease = 180_000,
  interval = 200,
  receiptInterval = 60_000,
  ...options
}: DeliveriesOptions): RunningDeliveries {
  const stop = new AbortController();
  const { signal } = stop;
  const settings = { ...options, concurrency, lease, interval, receiptInterval, signal };
  const running = keepWorking(settings);
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

async function keepWorking(settings: Settings): Promise<void> {
  const { signal, logger } = settings;
  let attempt = 0;
  while (!signal.aborted) {
    try {
      await work(settings, () => {
        attempt = 0;
      });
    } catch (error) {
      logger.error({ err: error }, 'deliveries stopped');
    }
    if (!signal.aborted) {
      await waitBeforeRetry(attempt, signal);
      attempt += 1;
    }
  }
}

/** Works until the signal, or until something breaks. */
async function work(settings: Settings, onStarted: () => void): Promise<void> {
  const { connectionString, concurrency, logger, signal } = settings;
  const { pool, close } = makeDeliveryPool({
    connectionString,
    name: 'deliveries',
    max: concurrency + 4,
    logger,
  });
  /** What is on its way must be able to note how it ended. */
  const underWay = new Set<Promise<void>>();
  const broken = Promise.withResolvers<never>();
  // Also when nobody waits for it any more.
  broken.promise.catch(() => undefined);
  /** Nothing is begun any more. */
  const over = new AbortController();
  let queues: readonly WorkerPool[] = [];
  try {
    await makeQueue(pool);
    queues = startQueues(
      settings,
      makeQueuePool(pool, broken.reject),
      makeDeliveryTask(settings, pool, underWay, over.signal),
    );
    onStarted();
    const own = new AbortController();
    const both = AbortSignal.any([signal, own.signal]);
    const loops = [
      repeat(both, settings.interval, () => enqueue(pool, settings.lease, queues)),
      repeat(both, settings.receiptInterval, () => receiptsOf(settings, pool)),
      repeat(both, cleanupInterval, () => cleanUp(pool)),
    ];
    try {
      await Promise.race([Promise.all(loops), broken.promise]);
    } finally {
      own.abort();
      await Promise.allSettled(loops);
    }
  } finally {
    const stopped = Promise.allSettled(queues.map((queue) => queue.gracefulShutdown()));
    // One whose calls were left open would never come to an end.
    await Promise.race([stopped, broken.promise.catch(() => undefined)]);
    over.abort();
    await Promise.all(underWay);
    await close();
  }
}

function startQueues(
  { concurrency, logger }: Settings,
  pgPool: pg.Pool,
  task: (payload: unknown) => Promise<void>,
): readonly WorkerPool[] {
  return channelNames.map((channel) =>
    runTaskList(
      {
        schema,
        concurrency,
        noHandleSignals: true,
        // For what other processes have left; of its own jobs it is told.
        pollInterval: 5_000,
        logger: queueLogger(logger),
        // Jobs end in batches, which costs the database less.
        preset: { worker: { completeJobBatchDelay: 50 } },
      },
      { [`deliver_${channel}`]: task },
      pgPool,
    ),
  );
}

/** graphile-worker would create its schema, which is not the worker's to do; its first table is. */
async function makeQueue(pool: pg.Pool): Promise<void> {
  await pool.query(`create table if not exists ${schema}.migrations (
    id int primary key, ts timestamptz not null default now(), breaking boolean not null default false)`);
  await runMigrations({ pgPool: pool, schema });
}

function makeDeliveryTask(
  { channels, logger, lease }: Settings,
  pool: pg.Pool,
  underWay: Set<Promise<void>>,
  over: AbortSignal,
) {
  const sendFor = ({ channel, deviceKind }: Attempt) => {
    if (channel !== 'push') {
      return channels[channel].send;
    }
    return deviceKind === 'expo' ? channels.expo.send : channels.webPush.send;
  };
  const deliver = makeDeliver({ pool, logger, lease, sendFor });
  // Never fails: graphile-worker would wait in its own way. The row is due again after the lease.
  return async (payload: unknown): Promise<void> => {
    if (over.aborted) {
      return;
    }
    const { id } = payload as { id: string };
    const delivering = deliver(id).catch((error: unknown) => {
      logger.error({ err: error, delivery: id }, 'a delivery could not be noted');
    });
    underWay.add(delivering);
    await delivering;
    underWay.delete(delivering);
  };
}

/**
 * Makes jobs of what is due, and says whether there may be more. The key keeps one delivery from being
 * two jobs.
 */
async function enqueue(
  pool: pg.Pool,
  lease: number,
  queues: readonly WorkerPool[],
): Promise<boolean> {
  const { rows } = await pool.query<{ count: number }>({
    name: 'ombaro_enqueue_deliveries',
    text: `
      select cardinality(due.specs) as count
      from (
        select array_agg((
          'deliver_' || channel, json_build_object('id', delivery_id), null, null, null,
          delivery_id::text, case priority when 'urgent' then 0 when 'high' then 1 when 'normal' then 2
            else 3 end, null
        )::${schema}.job_spec) as specs
        from app_private.take_due_deliveries($1, $2 * interval '1 ms')
      ) due
      cross join lateral (select count(*) from ${schema}.add_jobs(due.specs)) added
      where due.specs is not null`,
    values: [batch, lease],
  });
  const count = rows[0]?.count ?? 0;
  for (const queue of queues) {
    queue.nudge(count);
  }
  return count === batch;
}

async function receiptsOf({ channels }: Settings, pool: pg.Pool): Promise<boolean> {
  const { receipts } = channels.expo;
  return receipts !== undefined && (await readReceipts(pool, receipts)) > 0;
}

/** What workers that died left in the queue. */
async function cleanUp(pool: pg.Pool): Promise<boolean> {
  const utils = await makeWorkerUtils({ pgPool: pool, schema });
  try {
    await utils.cleanup({ tasks: ['DELETE_PERMAFAILED_JOBS'] });
  } finally {
    await utils.release();
  }
  return false;
}

/** Does it, again at once while it says that there is more, and else after a wait in milliseconds. */
async function repeat(
  signal: AbortSignal,
  every: number,
  act: () => Promise<boolean>,
): Promise<void> {
  while (!signal.aborted) {
    if (!(await act())) {
      await wait(every, signal);
    }
  }
}

/** Every job it does is news to graphile-worker, and none to us. */
function queueLogger(logger: Logger): QueueLogger {
  return new QueueLogger(() => (level, message) => {
    if (level === 'error' || level === 'warning') {
      logger.warn({ queue: message }, 'the queue says');
    } else {
      logger.trace({ queue: message }, 'the queue says');
    }
  });
}
