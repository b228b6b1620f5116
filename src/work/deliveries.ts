import type pg from 'pg';
import type { Logger } from 'pino';
import { type Channels, channelNames } from './channels/channels.ts';
import { type Attempt, makeDeliver } from './deliver.ts';
import { type RunningWork, runTogether, workOnRows } from './leased-rows.ts';
import { type Receipt, readReceipts, takeDueReceipts } from './receipts.ts';
import { makeWorkPool } from './work-pool.ts';

export type DeliveriesOptions = {
  /** As `ombaro_worker`. */
  connectionString: string;
  logger: Logger;
  channels: Channels;
  /** Messages of one channel that are on their way at once. */
  concurrency?: number;
  /**
   * How long a delivery belongs to the worker that leased it, which counts as dead after that, in milliseconds.
   * A provider has half of it to answer.
   */
  leaseMs?: number;
  /** Between two looks for due deliveries when none are, in milliseconds. */
  intervalMs?: number;
  /** Between two looks for receipts, in milliseconds. */
  receiptIntervalMs?: number;
};

export type RunningDeliveries = RunningWork;

const leaseDeliveries = {
  name: 'ombaro_lease_deliveries',
  text: `select delivery_id as "deliveryId", attempt, channel, address, title, body,
    action_url as "actionUrl", data, priority, dlt_template_id as "dltTemplateId",
    device_kind as "deviceKind", p256dh, auth
    from app_private.lease_deliveries($1, $2, $3 * interval '1 ms')`,
};

/** Delivers messages until it is closed: the rows of `notification_deliveries`. */
export function startDeliveries({
  connectionString,
  logger,
  channels,
  concurrency = 10,
  leaseMs = 180_000,
  intervalMs = 200,
  receiptIntervalMs = 60_000,
}: DeliveriesOptions): RunningDeliveries {
  const { pool, close } = makeWorkPool({
    connectionString,
    name: 'deliveries',
    max: concurrency + 4,
    logger,
  });
  const work = makeDeliver({
    pool,
    logger,
    leaseMs,
    sendFor: (attempt) => sendFor(channels, attempt),
  });
  // Each leases on its own, so that a provider that hangs holds up its own channel only.
  const running = channelNames.map((channel) =>
    workOnRows<Attempt>({
      name: `${channel} deliveries`,
      logger,
      concurrency,
      intervalMs,
      lease: async (most) => {
        const values = [channel, most, leaseMs];
        return (await pool.query<Attempt>({ ...leaseDeliveries, values })).rows;
      },
      work,
    }),
  );
  const { receipts } = channels.expo;
  if (receipts !== undefined) {
    running.push(askForReceipts(pool, receipts, receiptIntervalMs, logger));
  }
  return runTogether(running, close);
}

function sendFor(channels: Channels, { channel, deviceKind }: Attempt) {
  if (channel !== 'push') {
    return channels[channel].send;
  }
  return deviceKind === 'expo' ? channels.expo.send : channels.webPush.send;
}

/** All that are due at once, in one question. */
function askForReceipts(
  pool: pg.Pool,
  receipts: NonNullable<Channels['expo']['receipts']>,
  intervalMs: number,
  logger: Logger,
): RunningWork {
  return workOnRows<readonly Receipt[]>({
    name: 'receipts',
    logger,
    concurrency: 1,
    intervalMs,
    lease: async () => {
      const due = await takeDueReceipts(pool);
      return due.length === 0 ? [] : [due];
    },
    work: (due) => readReceipts(pool, receipts, due),
  });
}
