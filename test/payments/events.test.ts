import { randomUUID } from 'node:crypto';
import { type GatewayTest, openGateway, type Told, type Unpaid } from './support.ts';

let gateway: GatewayTest;
let count = 0;

beforeAll(async () => {
  gateway = await openGateway();
});

afterAll(async () => {
  await gateway?.close();
});

/** A payment at the gateway, of all that was asked for unless said otherwise. */
function paymentOf({ paise, payments }: Unpaid, which = 0, told: Partial<Told> = {}): Told {
  count += 1;
  return {
    payment: `pay_${count}`,
    paise,
    transaction: payments[which]?.transaction_id,
    ...told,
  };
}

const refundOf = (payment: Told, paise = payment.paise, ours?: unknown): Told => ({
  ...payment,
  refund: {
    id: `rfnd_${payment.payment}_${paise}`,
    paise,
    ...(ours === undefined ? {} : { ours }),
  },
});

const pendingRefund = async (bookingId: unknown) =>
  (
    await gateway.market.one(
      `select id from refunds where booking_id = $1 and status = 'pending'`,
      [bookingId],
    )
  ).id;

const warnings = async (type: string, field: string, value: unknown) =>
  (
    await gateway.market.owner.query(
      `select severity from error_logs where error_type = $1 and request_data ->> $2 = $3`,
      [type, field, value],
    )
  ).rows.map(({ severity }) => severity);

const paidFor = (paise: number) => ({
  booking: 'confirmed',
  paid: 'paid',
  payments: ['success'],
  refunds: [],
  taken: paise,
  kept: paise,
  back: 0,
});

describe('a payment', () => {
  it('is authorized, then captured, and its order is paid: the booking is confirmed once', async () => {
    const unpaid = await gateway.unpaid();
    const payment = paymentOf(unpaid);
    expect(await gateway.stateOf(unpaid.id)).toMatchObject({
      booking: 'pending',
      payments: ['pending'],
    });
    expect(await gateway.tell('payment.authorized', payment)).toEqual([200, 'processing']);
    expect(await gateway.stateOf(unpaid.id)).toMatchObject({
      booking: 'pending',
      payments: ['processing'],
      taken: 0,
    });
    expect(await gateway.tell('payment.captured', payment)).toEqual([200, 'received']);
    expect(await gateway.tell('order.paid', payment)).toEqual([200, 'nothing new']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(paidFor(unpaid.paise));
  });

  it('that failed leaves the booking to be paid another time', async () => {
    const unpaid = await gateway.unpaid();
    expect(await gateway.tell('payment.failed', paymentOf(unpaid))).toEqual([200, 'failed']);
    expect(await gateway.stateOf(unpaid.id)).toMatchObject({
      booking: 'pending',
      payments: ['failed'],
      taken: 0,
    });
    // The customer tries again at the gateway, under the same order.
    expect(await gateway.tell('payment.captured', paymentOf(unpaid))).toEqual([200, 'received']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(paidFor(unpaid.paise));
  });
});

describe('the same event again', () => {
  it('under the same id: it is a duplicate', async () => {
    const unpaid = await gateway.unpaid();
    const payment = paymentOf(unpaid);
    const id = randomUUID();
    expect(await gateway.tell('payment.captured', payment, id)).toEqual([200, 'received']);
    expect(await gateway.tell('payment.captured', payment, id)).toEqual([200, 'came before']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(paidFor(unpaid.paise));
  });

  it('under another id: it changes nothing', async () => {
    const unpaid = await gateway.unpaid();
    const payment = paymentOf(unpaid);
    expect(await gateway.tell('payment.captured', payment)).toEqual([200, 'received']);
    expect(await gateway.tell('payment.captured', payment)).toEqual([200, 'nothing new']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(paidFor(unpaid.paise));
  });

  it.each([
    ['one name', () => 'evt_at_once', 'came before'],
    ['names of their own', () => randomUUID(), 'nothing new'],
  ])('20 at once, under %s: one is received', async (_name, nameOf, others) => {
    const unpaid = await gateway.unpaid();
    const payment = paymentOf(unpaid);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => gateway.tell('payment.captured', payment, nameOf())),
    );
    const outcomes = answers.map(([status, outcome]) => `${status} ${outcome}`).sort();
    expect(outcomes).toEqual([...Array(19).fill(`200 ${others}`), '200 received'].sort());
    expect(await gateway.stateOf(unpaid.id)).toEqual(paidFor(unpaid.paise));
  });
});

describe('events out of order', () => {
  it.each([
    [
      ['payment.failed', 'payment.captured'],
      ['failed', 'received'],
    ],
    [
      ['payment.captured', 'payment.failed'],
      ['received', 'nothing new'],
    ],
    [
      ['payment.captured', 'payment.authorized'],
      ['received', 'nothing new'],
    ],
    [
      ['payment.failed', 'payment.authorized', 'payment.captured'],
      ['failed', 'nothing new', 'received'],
    ],
  ])('%j: the capture counts', async (events, outcomes) => {
    const unpaid = await gateway.unpaid();
    const payment = paymentOf(unpaid);
    for (const [index, event] of events.entries()) {
      expect(await gateway.tell(event, payment)).toEqual([200, outcomes[index]]);
    }
    expect(await gateway.stateOf(unpaid.id)).toEqual(paidFor(unpaid.paise));
  });

  it('a refund before the capture that it is of: both are recorded', async () => {
    const unpaid = await gateway.unpaid();
    const payment = paymentOf(unpaid);
    const part = 20_000;
    expect(await gateway.tell('refund.processed', refundOf(payment, part))).toEqual([
      200,
      'refunded',
    ]);
    expect(await gateway.tell('payment.captured', payment)).toEqual([200, 'nothing new']);
    expect(await gateway.tell('payment.authorized', payment)).toEqual([200, 'nothing new']);
    expect(await gateway.stateOf(unpaid.id)).toEqual({
      booking: 'confirmed',
      paid: 'partial',
      payments: ['partially_refunded'],
      refunds: [`${part} completed`],
      taken: unpaid.paise - part,
      kept: unpaid.paise - part,
      back: 0,
    });
  });

  it('a refund that failed before the capture: the money stays', async () => {
    const unpaid = await gateway.unpaid();
    const payment = paymentOf(unpaid);
    const part = 20_000;
    expect(await gateway.tell('refund.failed', refundOf(payment, part))).toEqual([200, 'received']);
    expect(await gateway.tell('payment.captured', payment)).toEqual([200, 'nothing new']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(paidFor(unpaid.paise));
  });
});

const onItsWayBack = (paise: number) => ({
  booking: 'cancelled',
  paid: 'refunded',
  payments: ['success'],
  refunds: [`${paise} pending`],
  taken: paise,
  kept: 0,
  back: paise,
});
const isBack = (paise: number) => ({
  ...onItsWayBack(paise),
  payments: ['refunded'],
  refunds: [`${paise} completed`],
  taken: 0,
  back: 0,
});

describe('a payment that comes too late', () => {
  it('after the booking lapsed: the money goes back', async () => {
    const unpaid = await gateway.unpaid();
    const payment = paymentOf(unpaid);
    await gateway.expire(unpaid.id);
    await gateway.market.owner.query('select app_private.lapse_bookings(500)');
    expect(await gateway.stateOf(unpaid.id)).toMatchObject({ booking: 'cancelled', taken: 0 });
    expect(await gateway.tell('payment.captured', payment)).toEqual([200, 'returned']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(onItsWayBack(unpaid.paise));
    const ours = await pendingRefund(unpaid.id);
    const refund = refundOf(payment, unpaid.paise, ours);
    expect(await gateway.tell('refund.processed', refund)).toEqual([200, 'refunded']);
    expect(await gateway.tell('refund.processed', refund)).toEqual([200, 'nothing new']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(isBack(unpaid.paise));
  });

  it('after the hold expired, before it was looked at: the booking lapses, and the money goes back', async () => {
    const unpaid = await gateway.unpaid();
    await gateway.expire(unpaid.id);
    expect(await gateway.tell('payment.captured', paymentOf(unpaid))).toEqual([200, 'returned']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(onItsWayBack(unpaid.paise));
  });

  it('after the booking was cancelled: the money goes back', async () => {
    const unpaid = await gateway.unpaid();
    await gateway.market.call(unpaid.who, 'cancel_booking', {
      booking_id: unpaid.id,
      reason: 'Rain',
    });
    expect(await gateway.tell('payment.captured', paymentOf(unpaid))).toEqual([200, 'returned']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(onItsWayBack(unpaid.paise));
  });

  it('refunded at the gateway before it reported the payment: it is recorded as refunded', async () => {
    const unpaid = await gateway.unpaid();
    const payment = paymentOf(unpaid);
    await gateway.expire(unpaid.id);
    expect(await gateway.tell('refund.processed', refundOf(payment))).toEqual([200, 'refunded']);
    expect(await gateway.tell('payment.captured', payment)).toEqual([200, 'nothing new']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(isBack(unpaid.paise));
  });

  it('while the booking lapses: it is either paid for, or the money goes back', async () => {
    const unpaid = await Promise.all(Array.from({ length: 5 }, () => gateway.unpaid()));
    await Promise.all(unpaid.map(({ id }) => gateway.expire(id)));
    await Promise.all([
      ...unpaid.map((each) => gateway.tell('payment.captured', paymentOf(each))),
      gateway.market.owner.query('select app_private.lapse_bookings(500)'),
    ]);
    for (const { id, paise } of unpaid) {
      expect(await gateway.stateOf(id)).toEqual(onItsWayBack(paise));
    }
  });

  it('after the service, which another payment paid for: the money goes back', async () => {
    const { market } = gateway;
    const unpaid = await gateway.unpaid(2);
    expect(await gateway.tell('payment.captured', paymentOf(unpaid))).toEqual([200, 'received']);
    await market.call('vendor', 'assign_best', { booking_id: unpaid.id });
    const { user } = await market.one(
      `select t.name as user from therapist_assignments a join therapists t on t.id = a.therapist_id
      where a.booking_id = $1`,
      [unpaid.id],
    );
    const therapist = user === 'therapist' ? 'therapist' : 'therapist2';
    await market.call(therapist, 'acknowledge_assignment', { booking_id: unpaid.id });
    await market.bringToStart(unpaid.id);
    await market.startService(therapist, unpaid.id);
    await market.shift(unpaid.id, '-1 hour');
    await market.call(therapist, 'complete_service', { booking_id: unpaid.id });
    expect(await gateway.stateOf(unpaid.id)).toMatchObject({ booking: 'completed', paid: 'paid' });
    expect(await gateway.tell('payment.captured', paymentOf(unpaid, 1))).toEqual([200, 'returned']);
    expect(await gateway.stateOf(unpaid.id)).toEqual({
      booking: 'completed',
      paid: 'paid',
      payments: ['success', 'success'],
      refunds: [`${unpaid.paise} pending`],
      taken: 2 * unpaid.paise,
      kept: unpaid.paise,
      back: unpaid.paise,
    });
    // It never was the platform's, so the platform does not pay for it.
    expect(
      await market.one(
        `select count(*)::integer from app_private.journal
        where booking_id = $1 and from_account = 'commission'`,
        [unpaid.id],
      ),
    ).toEqual({ count: 0 });
  });
});

describe('a payment of another amount', () => {
  it('that is less counts in part, and staff are warned', async () => {
    const unpaid = await gateway.unpaid();
    const part = 50_001;
    const payment = paymentOf(unpaid, 0, { paise: part });
    expect(await gateway.tell('payment.captured', payment)).toEqual([200, 'received']);
    expect(await gateway.stateOf(unpaid.id)).toEqual({
      ...paidFor(part),
      booking: 'pending',
      paid: 'partial',
    });
    expect(
      await gateway.market.one('select app_private.amount_due($1) * 100 = $2 as rest', [
        unpaid.id,
        unpaid.paise - part,
      ]),
    ).toEqual({ rest: true });
    expect(await warnings('payment_amount', 'payment', unpaid.payments[0]?.id)).toEqual([
      'warning',
    ]);
  });

  it('that is more goes back as far as it is too much, and staff are warned', async () => {
    const unpaid = await gateway.unpaid();
    const tooMuch = 7_001;
    const payment = paymentOf(unpaid, 0, { paise: unpaid.paise + tooMuch });
    expect(await gateway.tell('payment.captured', payment)).toEqual([200, 'returned']);
    expect(await gateway.stateOf(unpaid.id)).toEqual({
      ...paidFor(unpaid.paise),
      refunds: [`${tooMuch} pending`],
      taken: unpaid.paise + tooMuch,
      back: tooMuch,
    });
    expect(await warnings('payment_amount', 'payment', unpaid.payments[0]?.id)).toEqual([
      'warning',
    ]);
    // Made by hand at the gateway, where our name is not known of the refund.
    expect(await gateway.tell('refund.processed', refundOf(payment, tooMuch))).toEqual([
      200,
      'refunded',
    ]);
    expect(await gateway.stateOf(unpaid.id)).toEqual({
      ...paidFor(unpaid.paise),
      payments: ['partially_refunded'],
      refunds: [`${tooMuch} completed`],
    });
  });

  it('that is right warns no one', async () => {
    const unpaid = await gateway.unpaid();
    await gateway.tell('payment.captured', paymentOf(unpaid));
    expect(await warnings('payment_amount', 'payment', unpaid.payments[0]?.id)).toEqual([]);
  });
});

describe('a booking paid twice', () => {
  const second = (paise: number) => ({
    ...paidFor(paise),
    payments: ['success', 'success'],
    refunds: [`${paise} pending`],
    taken: 2 * paise,
    back: paise,
  });

  it('with two payments of ours: the second goes back', async () => {
    const unpaid = await gateway.unpaid(2);
    expect(await gateway.tell('payment.captured', paymentOf(unpaid))).toEqual([200, 'received']);
    expect(await gateway.tell('payment.captured', paymentOf(unpaid, 1))).toEqual([200, 'returned']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(second(unpaid.paise));
  });

  it('with two payments of ours at once: one of them goes back', async () => {
    const unpaid = await gateway.unpaid(2);
    const answers = await Promise.all(
      [0, 1].map((which) => gateway.tell('payment.captured', paymentOf(unpaid, which))),
    );
    expect(answers.map(([, outcome]) => outcome).sort()).toEqual(['received', 'returned']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(second(unpaid.paise));
  });

  it('at the gateway, under one transaction of ours: the second goes back', async () => {
    const unpaid = await gateway.unpaid();
    expect(await gateway.tell('payment.captured', paymentOf(unpaid))).toEqual([200, 'received']);
    expect(await gateway.tell('payment.captured', paymentOf(unpaid))).toEqual([200, 'returned']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(second(unpaid.paise));
  });
});

describe('a refund', () => {
  /** A booking that was cancelled after it was paid for. */
  async function cancelled() {
    const unpaid = await gateway.unpaid();
    const payment = paymentOf(unpaid);
    await gateway.tell('payment.captured', payment);
    await gateway.market.call(unpaid.who, 'cancel_booking', {
      booking_id: unpaid.id,
      reason: 'Rain',
    });
    expect(await gateway.stateOf(unpaid.id)).toEqual(onItsWayBack(unpaid.paise));
    return { unpaid, payment, ours: await pendingRefund(unpaid.id) };
  }

  it('arrives, is reported twice and at once, and is written once', async () => {
    const { unpaid, payment, ours } = await cancelled();
    const refund = refundOf(payment, unpaid.paise, ours);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => gateway.tell('refund.processed', refund)),
    );
    expect(answers.map(([, outcome]) => outcome).sort()).toEqual([
      ...Array(19).fill('nothing new'),
      'refunded',
    ]);
    expect(await gateway.stateOf(unpaid.id)).toEqual(isBack(unpaid.paise));
  });

  it('fails: the money stays, and the next try returns it', async () => {
    const { unpaid, payment, ours } = await cancelled();
    const refund = refundOf(payment, unpaid.paise, ours);
    expect(await gateway.tell('refund.failed', refund)).toEqual([200, 'refund failed']);
    expect(await gateway.stateOf(unpaid.id)).toMatchObject({
      refunds: [`${unpaid.paise} failed`],
      taken: unpaid.paise,
    });
    const again = await gateway.market.call('finance', 'refund_payment', {
      payment_id: unpaid.payments[0]?.id,
      amount: unpaid.paise / 100,
      reason: 'The first did not arrive',
      idempotency_key: randomUUID(),
    });
    expect(await gateway.stateOf(unpaid.id)).toMatchObject({
      taken: unpaid.paise,
      back: unpaid.paise,
    });
    const next = {
      ...payment,
      refund: { id: `rfnd_again_${payment.payment}`, paise: unpaid.paise, ours: again.id },
    };
    expect(await gateway.tell('refund.processed', next)).toEqual([200, 'refunded']);
    expect(await gateway.stateOf(unpaid.id)).toMatchObject({
      payments: ['refunded'],
      taken: 0,
      back: 0,
    });
  });

  it('that is reported failed after it arrived has arrived', async () => {
    const { unpaid, payment, ours } = await cancelled();
    const refund = refundOf(payment, unpaid.paise, ours);
    expect(await gateway.tell('refund.processed', refund)).toEqual([200, 'refunded']);
    expect(await gateway.tell('refund.failed', refund)).toEqual([200, 'nothing new']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(isBack(unpaid.paise));
  });

  it('that failed at first and arrived after all has arrived', async () => {
    const { unpaid, payment, ours } = await cancelled();
    const refund = refundOf(payment, unpaid.paise, ours);
    expect(await gateway.tell('refund.failed', refund)).toEqual([200, 'refund failed']);
    expect(await gateway.tell('refund.processed', refund)).toEqual([200, 'refunded']);
    expect(await gateway.stateOf(unpaid.id)).toEqual(isBack(unpaid.paise));
  });

  it('of less than requested counts as what it is', async () => {
    const { unpaid, payment, ours } = await cancelled();
    const part = 40_000;
    await gateway.tell('refund.processed', refundOf(payment, part, ours));
    const state = await gateway.stateOf(unpaid.id);
    expect(state).toMatchObject({ taken: unpaid.paise - part, back: unpaid.paise - part });
  });
});

it('an unknown payment changes nothing, and staff are told', async () => {
  const unpaid = await gateway.unpaid();
  const before = await gateway.stateOf(unpaid.id);
  const told = { payment: 'pay_unknown', paise: 110_250, transaction: 'PAY-99999999' };
  const id = randomUUID();
  for (const event of ['payment.captured', 'payment.failed', 'payment.authorized']) {
    expect(await gateway.tell(event, told, `${id} ${event}`.replace(' ', '-'))).toEqual([
      200,
      'unknown payment',
    ]);
  }
  expect(await warnings('payment_event', 'event', `${id}-payment.captured`)).toEqual(['error']);
  expect(await gateway.stateOf(unpaid.id)).toEqual(before);
});

it('the books add up', async () => {
  expect(await gateway.market.imbalances()).toEqual([]);
});
