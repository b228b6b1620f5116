import { createHash } from 'node:crypto';
import type { PaymentEvent, WebhookMessage } from '../../src/payments/gateway.ts';
import { makeRazorpay } from '../../src/payments/razorpay.ts';
import { rupees } from '../fixtures/terms.ts';
import { bodyOf, sign, type Told, webhookSecret } from './support.ts';

const razorpay = makeRazorpay(webhookSecret);

const vectors: readonly (readonly [body: string, signature: string])[] = [
  [
    '{"entity":"event","event":"payment.captured","payload":{"payment":{"entity":{"id":"pay_6X6jcHoHdRdy79","amount":110250,"currency":"INR"}}}}',
    '1492d5f1edb0145f716e3ed45c091233b18abc8f672ed62355d11002d4d09d9a',
  ],
  ['', '68146bafa2f8fdd30bc4583b9527259924b518dd8e963e4c25069bcc862d16d6'],
];

function messageOf(
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = { 'x-razorpay-event-id': 'evt_1' },
): WebhookMessage {
  return { body: Buffer.from(body), header: (name) => headers[name] };
}

const isGenuine = (body: string | Buffer, signature?: string) =>
  razorpay.isGenuine(
    messageOf(body, signature === undefined ? {} : { 'x-razorpay-signature': signature }),
  );

describe('a signature', () => {
  it.each(vectors)('of %j is as openssl computes it', (body, signature) => {
    expect(sign(body)).toBe(signature);
    expect(isGenuine(body, signature)).toBe(true);
  });

  const [body, signature] = vectors[0] ?? ['', ''];
  const wrong: readonly (readonly [string, string | Buffer, string | undefined])[] = [
    ['is missing', body, undefined],
    ['is empty', body, ''],
    ['is of another body', `${body} `, signature],
    ['is made with another secret', body, sign(body, 'another secret of the tests')],
    ['is in capitals', body, signature.toUpperCase()],
    ['is cut short', body, signature.slice(0, 62)],
    ['is longer', body, `${signature}00`],
    ['is no hexadecimal', body, 'z'.repeat(64)],
    ['came twice', body, `${signature}, ${signature}`],
  ];
  it.each(wrong)('that %s is refused', (_name, ofBody, given) => {
    expect(isGenuine(body, signature)).toBe(true);
    expect(isGenuine(ofBody, given)).toBe(false);
  });

  it('is of the bytes, whatever they mean', () => {
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]);
    const same = sign(bytes.toString('latin1'));
    expect(isGenuine(bytes, same)).toBe(false);
    expect(isGenuine(Buffer.from(bytes.toString('latin1'), 'utf8'), same)).toBe(true);
  });
});

const [paid, returned] = [1102.5, 500.05];
const told: Told = { payment: 'pay_1', paise: 100 * paid, transaction: 'PAY-00000001' };
const captured = {
  transactionId: 'PAY-00000001',
  paymentReference: 'pay_1',
  amount: rupees(paid),
  currency: 'INR',
};
const refund = { id: 'rfnd_1', paise: 100 * returned };
const withRefund: Told = { ...told, refund: { ...refund, ours: 'a-refund' } };
const refunded = {
  ...captured,
  refundReference: 'rfnd_1',
  refundId: 'a-refund',
  refundAmount: rupees(returned),
};

const read = (body: string): PaymentEvent => razorpay.read(messageOf(body));

describe('an event', () => {
  it.each([
    ['payment.authorized', told, 'payment.authorized', captured],
    ['payment.captured', told, 'payment.captured', captured],
    ['order.paid', told, 'payment.captured', captured],
    ['payment.failed', told, 'payment.failed', captured],
    ['refund.processed', withRefund, 'refund.processed', refunded],
    ['refund.failed', withRefund, 'refund.failed', refunded],
  ])('%s is translated', (event, body, kind, details) => {
    expect(read(bodyOf(event, body))).toEqual({ id: 'evt_1', kind, details });
  });

  it.each([
    ['refund.created', withRefund],
    ['refund.speed_changed', withRefund],
    ['payment.downtime.started', told],
    ['constructor', told],
  ])('%s is none of ours', (event, body) => {
    expect(read(bodyOf(event, body))).toEqual({ id: 'evt_1', kind: event, details: null });
  });

  it.each([
    ['created', 'chargeback.open'],
    ['under_review', 'chargeback.open'],
    ['action_required', 'chargeback.open'],
    ['won', 'chargeback.won'],
    ['closed', 'chargeback.won'],
    ['lost', 'chargeback.lost'],
  ])('payment.dispute.%s is translated', (state, kind) => {
    const dispute = { id: 'disp_1', paise: 100 * returned };
    expect(read(bodyOf(`payment.dispute.${state}`, { ...told, dispute }))).toEqual({
      id: 'evt_1',
      kind,
      details: {
        ...captured,
        disputeReference: 'disp_1',
        disputeAmount: rupees(returned),
        disputeReason: 'goods_or_services_not_received',
        respondBy: '2026-12-31T00:00:00.000Z',
      },
    });
  });

  it.each([
    [1, '0.01'],
    [10, '0.10'],
    [99, '0.99'],
    [100, '1.00'],
    [29_935, '299.35'],
    [110_250, '1102.50'],
    // As a division gives 90071992547409.9.
    [9_007_199_254_740_991, '90071992547409.91'],
  ])('%d paise are %s rupees', (paise, amount) => {
    expect(read(bodyOf('payment.captured', { ...told, paise })).details?.amount).toBe(amount);
  });

  it.each([
    ['there is none', undefined],
    ['it is empty', ''],
    ['it is a number', 12],
    ['it is something else', { a: 1 }],
    ['it has what a database cannot keep', 'PAY\u0000'],
  ])('has no transaction of ours when %s', (_name, transaction) => {
    const event = read(bodyOf('payment.captured', { ...told, transaction }));
    expect(event.details).toEqual({ ...captured, transactionId: undefined });
  });

  it('has no refund of ours when the gateway was not told of one', () => {
    const event = read(bodyOf('refund.processed', { ...told, refund }));
    expect(event.details).toEqual({ ...refunded, refundId: undefined });
  });
});

describe('an event that cannot be read is kept all the same', () => {
  const changed = (event: string, body: Told, change: (payload: Payload) => void) => {
    const message = JSON.parse(bodyOf(event, body)) as { payload: Payload };
    change(message.payload);
    return JSON.stringify(message);
  };
  type Entity = Record<string, unknown>;
  type Payload = { payment: { entity: Entity }; refund: { entity: Entity } };
  const ofPayment = (field: string, value: unknown) =>
    changed('payment.captured', told, ({ payment }) => {
      payment.entity[field] = value;
    });
  const ofRefund = (field: string, value: unknown) =>
    changed('refund.processed', withRefund, ({ refund }) => {
      refund.entity[field] = value;
    });

  const bodies: readonly (readonly [string, string])[] = [
    ['that is no JSON', '{'],
    ['that is empty', ''],
    ['that is no object', '[]'],
    ['without a name', '{}'],
    ['without a payload', '{"event":"payment.captured"}'],
    ['without a currency', ofPayment('currency', undefined)],
    ['without the payment’s id', ofPayment('id', undefined)],
    ['with half a paisa', ofPayment('amount', 110_250.5)],
    ['with no amount', ofPayment('amount', undefined)],
    ['with an amount below nothing', ofPayment('amount', -100)],
    ['with an amount in words', ofPayment('amount', '110250')],
    ['with an amount that no number holds', ofPayment('amount', 2 ** 53)],
    ['with a currency that is none', ofPayment('currency', 'rupees')],
    ['with a kind that no database keeps', bodyOf('payment\u0000captured', told)],
    ['of a dispute without one', bodyOf('payment.dispute.lost', told)],
    ['of a refund without one', bodyOf('refund.processed', told)],
    ['of a refund without its id', ofRefund('id', undefined)],
    ['of a refund without an amount', ofRefund('amount', undefined)],
    ['of a refund of another payment', ofRefund('payment_id', 'pay_2')],
    [
      'of a refund without its payment',
      changed('refund.processed', withRefund, (payload) => {
        Reflect.deleteProperty(payload, 'payment');
      }),
    ],
  ];
  it.each(bodies)('%s', (_name, body) => {
    expect(read(body)).toEqual({ id: 'evt_1', kind: 'unreadable', details: null });
  });
});

describe('an event is understood', () => {
  const changed = (event: string, change: (payload: Record<string, Entity>) => void) => {
    const message = JSON.parse(bodyOf(event, told)) as { payload: Record<string, Entity> };
    change(message.payload);
    return read(JSON.stringify(message)).details;
  };
  type Entity = { entity: Record<string, unknown> };

  it('in another currency, by the places that it has', () => {
    const inCurrency = (currency: string) =>
      changed('payment.captured', ({ payment }) => {
        Object.assign(payment?.entity ?? {}, { currency, amount: 110_250 });
      });
    expect(inCurrency('SGD')).toMatchObject({ amount: '1102.50', currency: 'SGD' });
    expect(inCurrency('JPY')).toMatchObject({ amount: '110250', currency: 'JPY' });
    expect(inCurrency('KWD')).toMatchObject({ amount: '110.250', currency: 'KWD' });
  });

  it.each([
    ['what was asked for, where the customer bears the fee', 'customer', 2_352, 996.45],
    ['all of it, where we bear the fee', 'platform', 2_352, 1_019.97],
    ['all of it, where no one says who bears it', undefined, 2_352, 1_019.97],
    ['all of it, where the fee is none', 'customer', null, 1_019.97],
    ['all of it, where the fee is more than the payment', 'customer', 200_000, 1_019.97],
  ])('with %s', (_name, feeBearer, fee, amount) => {
    const details = changed('payment.captured', ({ payment }) => {
      Object.assign(payment?.entity ?? {}, { amount: 101_997, fee, fee_bearer: feeBearer });
    });
    expect(details?.amount).toBe(rupees(amount));
  });

  it.each([
    ['notes of the order', { notes: { transaction_id: 'PAY-00000001' }, receipt: 'a receipt' }],
    ['receipt of the order', { notes: [], receipt: 'PAY-00000001' }],
  ])('by the %s, where the payment has no notes', (_name, order) => {
    const details = changed('order.paid', (payload) => {
      Object.assign(payload.payment?.entity ?? {}, { notes: [] });
      payload.order = { entity: { id: 'order_1', ...order } };
    });
    expect(details).toEqual(captured);
  });

  it.each([
    undefined,
    '',
    'an id of\u00a0ours',
  ])('when its id is %j: the message has its own', (id) => {
    const body = bodyOf('payment.captured', told);
    const headers: Record<string, string> = id === undefined ? {} : { 'x-razorpay-event-id': id };
    const of = (text: string) => razorpay.read(messageOf(text, headers)).id;
    expect(of(body)).toBe(`sha256:${createHash('sha256').update(body).digest('hex')}`);
    expect(of(`${body} `)).not.toBe(of(body));
    expect(razorpay.read(messageOf(body)).id).toBe('evt_1');
  });
});
