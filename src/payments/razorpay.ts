import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type {
  PaymentEvent,
  PaymentEventDetails,
  PaymentEventKind,
  PaymentGateway,
  WebhookMessage,
} from './gateway.ts';

const kinds: ReadonlyMap<string, PaymentEventKind> = new Map([
  ['payment.authorized', 'payment.authorized'],
  ['payment.captured', 'payment.captured'],
  // Tells of the same capture, from the order's side.
  ['order.paid', 'payment.captured'],
  ['payment.failed', 'payment.failed'],
  ['refund.processed', 'refund.processed'],
  ['refund.failed', 'refund.failed'],
  ['payment.dispute.created', 'chargeback.open'],
  ['payment.dispute.under_review', 'chargeback.open'],
  ['payment.dispute.action_required', 'chargeback.open'],
  ['payment.dispute.won', 'chargeback.won'],
  // Closed without a decision: the money stays.
  ['payment.dispute.closed', 'chargeback.won'],
  ['payment.dispute.lost', 'chargeback.lost'],
]);

/** Names in visible ASCII, as Razorpay's and ours are. The database cannot keep every character. */
const reference = z.string().regex(/^[\x21-\x7e]{1,100}$/);

/** The smallest unit of the currency; an integer that a JSON number holds exactly. */
const units = z.int().nonnegative();

/** Free text that customers' browsers may send along, and `[]` when there is none: nothing depends on it. */
const ours = reference.optional().catch(undefined);
const paymentNotes = z.object({ transaction_id: ours }).catch({ transaction_id: undefined });
const refundNotes = z.object({ refund_id: ours }).catch({ refund_id: undefined });

const envelopeSchema = z.object({ event: reference });
const paymentSchema = z.object({
  payload: z.object({
    payment: z.object({
      entity: z.object({
        id: reference,
        amount: units,
        currency: z.string().regex(/^[A-Z]{3}$/),
        notes: paymentNotes,
        fee: units.nullish().catch(null),
        fee_bearer: z.string().nullish().catch(null),
      }),
    }),
    /** It comes with order.paid. */
    order: z
      .object({ entity: z.object({ notes: paymentNotes, receipt: ours }) })
      .optional()
      .catch(undefined),
  }),
});
const refundSchema = z.object({
  payload: z.object({
    refund: z.object({
      entity: z.object({ id: reference, amount: units, payment_id: reference, notes: refundNotes }),
    }),
  }),
});
const disputeSchema = z.object({
  payload: z.object({
    dispute: z.object({
      entity: z.object({
        id: reference,
        amount: units,
        payment_id: reference,
        reason_code: ours,
        /** Seconds since 1970. */
        respond_by: z.int().positive().max(4_102_444_800).nullish().catch(null),
      }),
    }),
  }),
});

/** Razorpay's webhooks: https://razorpay.com/docs/webhooks */
export function makeRazorpay(webhookSecret: string): PaymentGateway {
  return {
    name: 'razorpay',
    isGenuine: (message) => isGenuine(message, webhookSecret),
    read,
  };
}

function isGenuine({ header, body }: WebhookMessage, webhookSecret: string): boolean {
  const signature = header('x-razorpay-signature') ?? '';
  if (!/^[0-9a-f]{64}$/.test(signature)) {
    return false;
  }
  const expected = createHmac('sha256', webhookSecret).update(body).digest();
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected);
}

function read({ header, body }: WebhookMessage): PaymentEvent {
  const id = idOf(header('x-razorpay-event-id'), body);
  const message = parseJson(body);
  const envelope = envelopeSchema.safeParse(message);
  if (!envelope.success) {
    return { id, kind: 'unreadable', details: null };
  }
  const kind = kinds.get(envelope.data.event);
  if (kind === undefined) {
    return { id, kind: envelope.data.event, details: null };
  }
  const details = detailsOf(kind, message);
  return details === null ? { id, kind: 'unreadable', details } : { id, kind, details };
}

/** The same for the same event: that of Razorpay, or where there is none one of the message itself. */
function idOf(given: string | undefined, body: Buffer): string {
  const { success } = reference.safeParse(given);
  return success && given !== undefined
    ? given
    : `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

/** `null` where the message lacks what its kind needs. */
function detailsOf(kind: PaymentEventKind, message: unknown): PaymentEventDetails | null {
  const payment = readPayment(message);
  if (payment === null || kind.startsWith('payment.')) {
    return payment;
  }
  const more = kind.startsWith('refund.')
    ? readRefund(message, payment)
    : readDispute(message, payment);
  return more === null ? null : { ...payment, ...more };
}

function readPayment(message: unknown): PaymentEventDetails | null {
  const { data } = paymentSchema.safeParse(message);
  if (data === undefined) {
    return null;
  }
  const { payment, order } = data.payload;
  const { id, amount, currency, notes, fee, fee_bearer } = payment.entity;
  const added = fee_bearer === 'customer' && typeof fee === 'number' && fee < amount ? fee : 0;
  return {
    transactionId:
      notes.transaction_id ?? order?.entity.notes.transaction_id ?? order?.entity.receipt,
    paymentReference: id,
    amount: formatAmount(amount - added, currency),
    currency,
  };
}

/** The payment comes along with its refund: its amount is needed when no event has told of it yet. */
function readRefund(message: unknown, payment: PaymentEventDetails) {
  const entity = refundSchema.safeParse(message).data?.payload.refund.entity;
  return entity === undefined || entity.payment_id !== payment.paymentReference
    ? null
    : {
        refundReference: entity.id,
        refundId: entity.notes.refund_id,
        refundAmount: formatAmount(entity.amount, payment.currency),
      };
}

function readDispute(message: unknown, payment: PaymentEventDetails) {
  const entity = disputeSchema.safeParse(message).data?.payload.dispute.entity;
  return entity === undefined || entity.payment_id !== payment.paymentReference
    ? null
    : {
        disputeReference: entity.id,
        disputeAmount: formatAmount(entity.amount, payment.currency),
        disputeReason: entity.reason_code,
        respondBy:
          typeof entity.respond_by === 'number'
            ? new Date(entity.respond_by * 1_000).toISOString()
            : undefined,
      };
}

/** By moving the point in the digits, as no division is exact: a rupee has 100 paise, a yen nothing smaller. */
function formatAmount(amount: number, currency: string): string {
  const { maximumFractionDigits: places = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  const digits = String(amount).padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}
