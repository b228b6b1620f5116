import type pg from 'pg';
import type { Logger } from 'pino';
import { retry, wait, waitBeforeRetry } from '../../lib/retry.ts';
import type { Resolve } from '../channels/public-agent.ts';
import { makeDeliveryPool } from '../delivery-pool.ts';
import { type Agents, makeAgents } from './agents.ts';
import { type Outcome, sendWebhook, type Webhook } from './send.ts';

export type WebhooksOptions = {
  /** As `ombaro_worker`. */
  connectionString: string;
  logger: Logger;
  /** Whether http to this machine itself is allowed, as in development; never in production. */
  allowsLoopback: boolean;
  /** Requests that are under way at once, to all endpoints together. */
  concurrency?: number;
  /** How long an endpoint has to answer, in milliseconds. */
  timeout?: number;
  /**
   * How long a webhook that was taken is nobody else's, in milliseconds; after it, whoever took it is
   * dead. Long enough for the request and for noting how it ended.
   */
  lease?: number;
  /** Between two looks for what is due when nothing is, in milliseconds. */
  interval?: number;
  /** How names are looked up; by the name servers unless a test says otherwise. */
  resolve?: Resolve;
};

export type RunningWebhooks = {
  /** Lets requests that are under way end, and begins no other. */
  close(): Promise<void>;
};

interface Attempt extends Webhook {
  readonly attempt: number;
}

type Settings = {
  readonly pool: pg.Pool;
  readonly agents: Agents;
  readonly logger: Logger;
  readonly concurrency: number;
  readonly timeout: number;
  readonly lease: number;
  readonly interval: number;
  readonly signal: AbortSignal;
};

/** Events that are looked at in one transaction. */
const batch = 1_000;

const queue = {
  name: 'ombaro_queue_webhooks',
  text: 'select app_private.queue_webhooks($1) as count',
  values: [batch],
};
const take = {
  name: 'ombaro_take_webhooks',
  text: `select delivery_id as id, attempt, url, secrets, body
    from app_private.take_due_webhooks($1, $2 * interval '1 ms')`,
};
const finish = {
  name: 'ombaro_finish_webhook',
  text: 'select app_private.finish_webhook($1, $2, $3, $4, $5, $6, $7) as status',
};

/**
 * Tells partners what happened until it is closed. Any number may run at once. There is no queue beside the
 * rows, as for messages: how much is under way to one endpoint is bounded over all workers, and
 * graphile-worker knows no such bound but one.
 */
export function startWebhooks({
  connectionString,
  logger,
  allowsLoopback,
  concurrency = 50,
  timeout = 15_000,
  lease = 60_000,
  interval = 200,
  resolve,
}: WebhooksOptions): RunningWebhooks {
  const stop = new AbortController();
  const { pool, close } = makeDeliveryPool({ connectionString, name: 'webhooks', max: 8, logger });
  const agents = makeAgents({ allowsLoopback, ...(resolve && { resolve }) });
  const { signal } = stop;
  const running = work({ pool, agents, logger, concurrency, timeout, lease, interval, signal });
  return {
    async close() {
      stop.abort();
      await running;
      agents.close();
      await close();
    },
  };
}

async function work(settings: Settings): Promise<void> {
  const { pool, logger, concurrency, lease, interval, signal } = settings;
  const underWay = new Set<Promise<void>>();
  let failures = 0;
  let lastQueued = 0;
  // Of each look: aborted when a hand is free since, or all is over.
  let look = new AbortController();
  const lookAgain = () => look.abort();
  signal.addEventListener('abort', lookAgain);
  while (!signal.aborted) {
    look = new AbortController();
    try {
      if (performance.now() - lastQueued >= interval) {
        const isMore = await queueNext(pool);
        lastQueued = isMore ? 0 : performance.now();
      }
      const taken = await takeDue(pool, concurrency - underWay.size, lease);
      for (const attempt of taken) {
        const delivering = deliver(attempt, settings).finally(() => {
          underWay.delete(delivering);
          lookAgain();
        });
        underWay.add(delivering);
      }
      failures = 0;
      if (taken.length === 0 && lastQueued > 0) {
        await wait(interval, look.signal);
      }
    } catch (error) {
      logger.error({ err: error }, 'webhooks stopped for a moment');
      await waitBeforeRetry(failures, signal);
      failures += 1;
    }
  }
  await Promise.all(underWay);
}

/** Notes what has happened, and says whether there may be more. */
async function queueNext(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ count: number }>(queue);
  return rows[0]?.count === batch;
}

async function takeDue(pool: pg.Pool, most: number, lease: number): Promise<readonly Attempt[]> {
  if (most <= 0) {
    return [];
  }
  const { rows } = await pool.query<Attempt>({ ...take, values: [most, lease] });
  return rows;
}

/** Never fails. What could not be noted is due again after the lease. */
async function deliver(
  attempt: Attempt,
  { pool, agents, logger, timeout }: Settings,
): Promise<void> {
  const details = { delivery: attempt.id, attempt: attempt.attempt };
  try {
    const ended = await sendWebhook(attempt, agents, timeout);
    const status = await record(pool, attempt, ended);
    if (ended.outcome !== 'sent') {
      // Neither the address nor the partner's words: they are in the delivery's row.
      logger.warn({ ...details, answer: ended.status, status }, 'a webhook was not taken');
    }
  } catch (error) {
    logger.error({ err: error, ...details }, 'a webhook could not be noted');
  }
}

async function record(pool: pg.Pool, { id, attempt }: Attempt, ended: Outcome) {
  const { outcome, error, status, body, retrySeconds } = ended;
  const values = [id, attempt, outcome, error, status, body, retrySeconds];
  const { rows } = await retry(() => pool.query<{ status: string }>({ ...finish, values }));
  return rows[0]?.status;
}
