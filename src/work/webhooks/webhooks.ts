import type pg from 'pg';
import type { Logger } from 'pino';
import { retry } from '../../lib/retry.ts';
import type { Resolve } from '../channels/public-agent.ts';
import { type RunningWork, runTogether, workOnRows } from '../leased-rows.ts';
import { makeWorkPool } from '../work-pool.ts';
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
  timeoutMs?: number;
  /**
   * How long a webhook belongs to the worker that leased it, which counts as dead after that, in milliseconds.
   * Long enough for the request and for recording how it ended.
   */
  leaseMs?: number;
  /** Between two looks for what is due when nothing is, in milliseconds. */
  intervalMs?: number;
  /** How names are looked up; by the name servers unless a test says otherwise. */
  resolve?: Resolve;
};

export type RunningWebhooks = RunningWork;

type Attempt = Webhook & {
  readonly attempt: number;
};

/** Events that are looked at in one transaction. */
const batch = 1_000;

const queue = {
  name: 'ombaro_queue_webhooks',
  text: 'select app_private.queue_webhooks($1) as count',
  values: [batch],
};
const leaseWebhooks = {
  name: 'ombaro_lease_webhooks',
  text: `select delivery_id as id, attempt, url, secrets, body
    from app_private.lease_webhooks($1, $2 * interval '1 ms')`,
};
const finish = {
  name: 'ombaro_finish_webhook',
  text: 'select app_private.finish_webhook($1, $2, $3, $4, $5, $6, $7) as status',
};

/**
 * Tells partners what happened until it is closed: the rows of `webhook_deliveries`. How much is under way to one
 * endpoint is bounded over all workers.
 */
export function startWebhooks({
  connectionString,
  logger,
  allowsLoopback,
  concurrency = 50,
  timeoutMs = 15_000,
  leaseMs = 60_000,
  intervalMs = 200,
  resolve,
}: WebhooksOptions): RunningWebhooks {
  const { pool, close } = makeWorkPool({ connectionString, name: 'webhooks', max: 8, logger });
  const agents = makeAgents({ allowsLoopback, ...(resolve && { resolve }) });
  let nextQueueing = 0;
  const running = workOnRows<Attempt>({
    name: 'webhooks',
    logger,
    concurrency,
    intervalMs,
    lease: async (most) => {
      for (;;) {
        if (performance.now() >= nextQueueing) {
          const isMore = await queueNext(pool);
          nextQueueing = isMore ? 0 : performance.now() + intervalMs;
        }
        const { rows } = await pool.query<Attempt>({ ...leaseWebhooks, values: [most, leaseMs] });
        if (rows.length > 0 || nextQueueing > 0) {
          return rows;
        }
      }
    },
    work: (attempt) => deliver(attempt, { pool, agents, logger, timeoutMs }),
  });
  return runTogether([running], async () => {
    agents.close();
    await close();
  });
}

/** Notes what has happened, and says whether there may be more. */
async function queueNext(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ count: number }>(queue);
  return rows[0]?.count === batch;
}

type DeliverOptions = {
  readonly pool: pg.Pool;
  readonly agents: Agents;
  readonly logger: Logger;
  readonly timeoutMs: number;
};

async function deliver(
  attempt: Attempt,
  { pool, agents, logger, timeoutMs }: DeliverOptions,
): Promise<void> {
  const ended = await sendWebhook(attempt, agents, timeoutMs);
  const status = await record(pool, attempt, ended);
  if (ended.outcome !== 'sent') {
    // Neither the address nor the partner's words: they are in the delivery's row.
    const details = { delivery: attempt.id, attempt: attempt.attempt };
    logger.warn({ ...details, answer: ended.status, status }, 'a webhook was not taken');
  }
}

async function record(pool: pg.Pool, { id, attempt }: Attempt, ended: Outcome) {
  const { outcome, error, status, body, retrySeconds } = ended;
  const values = [id, attempt, outcome, error, status, body, retrySeconds];
  const { rows } = await retry(() => pool.query<{ status: string }>({ ...finish, values }));
  return rows[0]?.status;
}
