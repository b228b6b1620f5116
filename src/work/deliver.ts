import type pg from 'pg';
import type { Logger } from 'pino';
import { retry } from '../lib/retry.ts';
import {
  DeliveryError,
  type Failure,
  type Message,
  type Send,
  type Sent,
} from './channels/channel.ts';
import type { ChannelName } from './channels/channels.ts';

/** One attempt, as `app_private.lease_deliveries` gives it. */
export type Attempt = Message & {
  readonly attempt: number;
  readonly channel: ChannelName;
  readonly deviceKind: 'web_push' | 'expo' | null;
};

type Outcome = {
  readonly outcome: 'sent' | Failure;
  readonly error: string | null;
  readonly providerMessageId: string | null;
  readonly retrySeconds: number | null;
  readonly hasReceipt: boolean;
};

export type DeliverOptions = {
  pool: pg.Pool;
  logger: Logger;
  /** By what an attempt leaves. */
  sendFor: (attempt: Attempt) => Send;
  /** How long no other worker takes it, in milliseconds. A provider has half of it. */
  leaseMs: number;
};

const finish = {
  name: 'ombaro_finish_delivery',
  text: 'select app_private.finish_delivery($1, $2, $3, $4, $5, $6, $7) as status',
};

/** Makes what is done with an attempt: hand the message over, record how that ended. */
export function makeDeliver({ pool, logger, sendFor, leaseMs }: DeliverOptions) {
  return async (attempt: Attempt): Promise<void> => {
    const ended = await outcomeOf(() => within(leaseMs / 2, sendFor(attempt)(attempt)));
    const status = await record(pool, attempt, ended);
    if (ended.outcome !== 'sent') {
      // Neither the address nor the provider's words, which may name it: they are in the attempt's row.
      const { deliveryId: delivery, channel, attempt: number } = attempt;
      const details = { delivery, channel, attempt: number, status };
      logger.warn({ ...details, outcome: ended.outcome }, 'a message was not taken');
    }
  };
}

async function outcomeOf(send: () => Promise<Sent>): Promise<Outcome> {
  try {
    const sent = await send();
    return { outcome: 'sent', error: null, retrySeconds: null, ...sent };
  } catch (error) {
    const none = { providerMessageId: null, hasReceipt: false };
    return error instanceof DeliveryError
      ? { outcome: error.failure, error: error.message, retrySeconds: error.retrySeconds, ...none }
      : { outcome: 'failed', error: wordsOf(error), retrySeconds: null, ...none };
  }
}

/** However slowly a provider answers, this attempt is over before another begins. */
async function within<Result>(milliseconds: number, result: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`No answer within ${milliseconds} ms.`)),
    milliseconds,
  );
  try {
    return await Promise.race([result, promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function record(pool: pg.Pool, { deliveryId, attempt }: Attempt, ended: Outcome) {
  const values = [
    deliveryId,
    attempt,
    ended.outcome,
    ended.error,
    ended.providerMessageId,
    ended.retrySeconds,
    ended.hasReceipt,
  ];
  const { rows } = await retry(() => pool.query<{ status: string }>({ ...finish, values }));
  return rows[0]?.status;
}

/** Errors of sockets often say nothing but a code. */
export function wordsOf(error: unknown): string {
  const { message = '', code } = error as NodeJS.ErrnoException;
  return message === '' ? `The connection failed (${code ?? String(error)}).` : message;
}
