import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { aboutField } from '../errors/errors.ts';
import { Refusal } from '../http/refusal.ts';
import { faultIn } from '../http/schema-fault.ts';
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
]);

/** Names in visible ASCII, as Razorpay's and ours are. The database cannot keep every character. */
const reference = z.string().regex(/^[\x21-\x7e]{1,100}$/);

/** An integer that a JSON number holds exactly. */
const paise = z.int().positive();

/** Free text that customers' browsers may send along, and `[]` when there is none: nothing depends on it. */
const ours = reference.optional().catch(undefined);
const paymentNotes = z.object({ transaction_id: ours }).catch({ transaction_id: undefined });
const refundNotes = z.object({ refund_id: ours }).catch({ refund_id: undefined });

const envelopeSchema = z.object({ event: z.string() });
const paymentSchema = z.object({
  payload: z.object({
    payment: z.object({
      entity: z.object({
        id: reference,
        amount: paise,
        currency: z.literal('INR'),
        notes: paymentNotes,
      }),
    }),
  }),
});
const refundSchema = z.object({
  payload: z.object({
    refund: z.object({
      entity: z.object({ id: reference, amount: paise, payment_id: reference, notes: refundNotes }),
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

function read({ header, body }: WebhookMessage): PaymentEvent | null {
  const id = parse(reference, header('x-razorpay-event-id'), 'x-razorpay-event-id');
  const message = parseJson(body);
  const kind = kinds.get(parse(envelopeSchema, message, 'the event').event);
  if (kind === undefined) {
    return null;
  }
  const isRefund = kind === 'refund.processed' || kind === 'refund.failed';
  const details = isRefund ? readRefund(message) : readPayment(message);
  return { id, kind, details };
}

function readPayment(message: unknown): PaymentEventDetails {
  const { entity } = parse(paymentSchema, message, 'the payment').payload.payment;
  return {
    transactionId: entity.notes.transaction_id,
    paymentReference: entity.id,
    amount: rupeesOf(entity.amount),
  };
}

/** The payment comes along with its refund: its amount is needed when no event has told of it yet. */
function readRefund(message: unknown): PaymentEventDetails {
  const payment = readPayment(message);
  const { entity } = parse(refundSchema, message, 'the refund').payload.refund;
  if (entity.payment_id !== payment.paymentReference) {
    throw new Refusal(
      'OB010',
      'The refund must belong to the payment that comes with it. Check the event.',
    );
  }
  return {
    ...payment,
    refundReference: entity.id,
    refundId: entity.notes.refund_id,
    refundAmount: rupeesOf(entity.amount),
  };
}

/** By moving the point in the digits, as no division is exact. */
function rupeesOf(amount: number): string {
  const digits = String(amount).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new Refusal('OB010', 'The body must be JSON. Correct it.', { cause: error });
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    return parsed.data;
  }
  const { field, words } = faultIn(parsed.error, value);
  throw new Refusal('OB010', aboutField(field === '' ? what : field, words));
}
