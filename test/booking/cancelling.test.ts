import { randomUUID } from 'node:crypto';
import { inHours, type Market, openMarket, vendor } from '../fixtures/market.ts';
import { lateCancellationFee } from '../fixtures/terms.ts';
import { makeSteps, price } from './steps.ts';

const lateFee = lateCancellationFee(price);

let market: Market;
const { freeHour, paid, start, tell, balance, walletOf, pointsOf } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
});

describe('cancelling a booking', () => {
  it('until four hours before the start refunds everything; later, half of the price goes to the vendor', async () => {
    const early = await paid(inHours(5));
    await market.call(early.who, 'cancel_booking', { booking_id: early.id, reason: 'Rain' });
    expect(
      await market.one(
        'select refund_amount::float as back, cancellation_charge::float as fee from booking_cancellations where booking_id = $1',
        [early.id],
      ),
    ).toEqual({ back: price, fee: 0 });

    const late = await paid(inHours(2));
    const before = await balance('vendor', vendor);
    await market.call(late.who, 'cancel_booking', { booking_id: late.id, reason: 'Rain' });
    expect(
      await market.one(
        'select refund_amount::float as back, cancellation_charge::float as fee, cancelled_by_role from booking_cancellations where booking_id = $1',
        [late.id],
      ),
    ).toEqual({ back: price - lateFee, fee: lateFee, cancelled_by_role: 'customer' });
    expect((await balance('vendor', vendor)) - before).toBe(lateFee);
    expect(
      await market.one('select kind, amount::float from vendor_credits where booking_id = $1', [
        late.id,
      ]),
    ).toEqual({ kind: 'cancellation_fee', amount: lateFee });
  });

  it.each([
    'vendor',
    'therapist',
    'customer_care',
  ] as const)('by the %s refunds everything, however late', async (by) => {
    const { id } = await paid(inHours(2));
    await market.call('vendor', 'assign_best', { booking_id: id });
    const { user } = await market.one(
      `select coalesce(t.user_id, b.user_id) as user from bookings k
      left join therapist_assignments a on a.booking_id = k.id left join therapists t on t.id = a.therapist_id
      left join beauticians b on false where k.id = $1`,
      [id],
    );
    await market.call(by === 'therapist' ? { sub: String(user) } : by, 'cancel_booking', {
      booking_id: id,
      reason: 'Ill',
    });
    expect(
      await market.one(
        'select refund_amount::float as back, cancellation_charge::float as fee from booking_cancellations where booking_id = $1',
        [id],
      ),
    ).toEqual({ back: price, fee: 0 });
  });

  it('refunds each part the way it was paid: points, wallet, and the gateway once it confirms', async () => {
    const who = await market.newCustomer();
    const [inWallet, fromWallet, points] = [1_000, 500, 100];
    const byGateway = price - fromWallet - points;
    await market.fillWallet(who, inWallet);
    await market.givePoints(who, points);
    const { id } = await market.book(
      who,
      { startsAt: freeHour() },
      { payment: null, points, wallet: fromWallet },
    );
    const payment = await start(who, id);
    await tell('payment.captured', payment);
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'Rain' });
    expect([await walletOf(who), await pointsOf(who)]).toEqual([inWallet, points]);
    const { rows } = await market.owner.query(
      `select refund_method, refund_amount::float as amount, status from refunds where booking_id = $1 order by 1`,
      [id],
    );
    expect(rows).toEqual([
      { refund_method: 'original', amount: byGateway, status: 'pending' },
      { refund_method: 'points', amount: points, status: 'completed' },
      { refund_method: 'wallet', amount: fromWallet, status: 'completed' },
    ]);
    const { id: refundId } = await market.one(
      `select id from refunds where booking_id = $1 and refund_method = 'original'`,
      [id],
    );
    expect(
      await market.ends('accountant', 'record_refund_paid', {
        refund_id: refundId,
        reference: 'rfnd_1',
      }),
    ).toBe('42501');
    await market.call('finance', 'record_refund_paid', {
      refund_id: refundId,
      reference: 'rfnd_1',
    });
    expect(
      await market.one('select status, refund_amount::float as back from payments where id = $1', [
        payment.id,
      ]),
    ).toEqual({ status: 'refunded', back: byGateway });
    expect(
      await market.one('select refund_status from booking_cancellations where booking_id = $1', [
        id,
      ]),
    ).toEqual({ refund_status: 'completed' });
    expect(await balance('booking', id)).toBe(0);
  });

  it('never refunds more than was paid', async () => {
    const { id } = await paid();
    const { id: paymentId } = await market.one('select id from payments where booking_id = $1', [
      id,
    ]);
    const refund = (amount: number) =>
      market.ends('finance', 'refund_payment', {
        payment_id: paymentId,
        amount,
        reason: 'Sorry',
        idempotency_key: randomUUID(),
      });
    expect(
      await market.ends('customer_care', 'refund_payment', {
        payment_id: paymentId,
        amount: 1,
        reason: 'x',
        idempotency_key: randomUUID(),
      }),
    ).toBe('OB002');
    const paisa = 0.01;
    const first = 1_000;
    const rest = price - first;
    expect([
      await refund(first),
      await refund(rest + paisa),
      await refund(rest),
      await refund(paisa),
    ]).toEqual(['ok', 'OB068', 'ok', 'OB068']);
    // From success by partially_refunded to refunded, as they arrive.
    const states = [];
    const { rows } = await market.owner.query(
      'select id from refunds where payment_id = $1 order by refund_amount',
      [paymentId],
    );
    for (const { id: refundId } of rows) {
      await market.call('finance', 'record_refund_paid', {
        refund_id: refundId,
        reference: `rfnd_${refundId}`,
      });
      states.push(
        (await market.one('select status from payments where id = $1', [paymentId])).status,
      );
    }
    expect(states).toEqual(['partially_refunded', 'refunded']);
  });

  it('a failed refund can be made again', async () => {
    const { id, who } = await paid();
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'Rain' });
    const refund = await market.one('select id, payment_id from refunds where booking_id = $1', [
      id,
    ]);
    await market.call('finance', 'record_refund_failed', { refund_id: refund.id });
    expect(
      await market.ends('finance', 'record_refund_paid', { refund_id: refund.id, reference: 'x' }),
    ).toBe('OB030');
    const again = await market.call('finance', 'refund_payment', {
      payment_id: refund.payment_id,
      amount: price,
      reason: 'Again',
      idempotency_key: randomUUID(),
    });
    await market.call('finance', 'record_refund_paid', {
      refund_id: again.id,
      reference: 'rfnd_2',
    });
    expect(await balance('booking', id)).toBe(0);
  });
});
