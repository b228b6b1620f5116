import { randomUUID } from 'node:crypto';
import {
  inHours,
  localTime,
  type Market,
  openMarket,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { lateCancellationFee, moveCharge } from '../fixtures/terms.ts';
import { makeSteps, price } from './steps.ts';

let market: Market;
const { freeHour, paid, assigned, balance, walletOf } = makeSteps(() => market);

const lateFee = lateCancellationFee(price);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
});

const cancel = (who: Who, id: unknown) =>
  market.call(who, 'cancel_booking', { booking_id: id, reason: 'Rain' });
const move = (who: Who, id: unknown, to = freeHour()) =>
  market.ends(who, 'reschedule_booking', { booking_id: id, ...localTime(to) });
const dueOf = async (id: unknown) =>
  Number((await market.one('select app_private.amount_due($1) as due', [id])).due);
const cancellationOf = (id: unknown) =>
  market.one(
    `select refund_amount::float as back, cancellation_charge::float as charge
    from booking_cancellations where booking_id = $1`,
    [id],
  );
const creditsOf = async (id: unknown) =>
  (
    await market.owner.query(
      'select kind, amount::float from vendor_credits where booking_id = $1 order by kind, amount',
      [id],
    )
  ).rows;
const pay = (who: Who, id: unknown, amount?: number) =>
  market.ends(who, 'pay_from_wallet', {
    booking_id: id,
    idempotency_key: randomUUID(),
    ...(amount !== undefined && { amount }),
  });

describe('moving a booking and then cancelling it', () => {
  it('20 minutes before the start: the late fee and the charge for moving stay with the vendor', async () => {
    const { who, id } = await paid();
    await market.bringToStart(id, -20);
    expect(await move(who, id)).toBe('ok');
    const before = await balance('vendor', vendor);
    await cancel(who, id);
    expect(await cancellationOf(id)).toEqual({
      back: price - lateFee - moveCharge,
      charge: lateFee + moveCharge,
    });
    expect((await balance('vendor', vendor)) - before).toBe(lateFee + moveCharge);
    expect(await creditsOf(id)).toEqual([
      { kind: 'cancellation_fee', amount: lateFee },
      { kind: 'reschedule_fee', amount: moveCharge },
    ]);
    expect(await dueOf(id)).toBe(0);
  });

  it('a day before, when cancelling was free: the charge for moving is not returned, and nothing else is kept', async () => {
    const { who, id } = await paid(inHours(20));
    expect(await move(who, id)).toBe('ok');
    await cancel(who, id);
    expect(await cancellationOf(id)).toEqual({ back: price - moveCharge, charge: moveCharge });
  });

  it('moved while it was free: cancelling stays free', async () => {
    const { who, id } = await paid(inHours(40));
    expect(await move(who, id)).toBe('ok');
    await cancel(who, id);
    expect(await cancellationOf(id)).toEqual({ back: price, charge: 0 });
  });

  it('what cancelling would have cost is kept also when the booking is moved once more in time', async () => {
    const { who, id } = await paid(inHours(2));
    expect([await move(who, id), await move(who, id)]).toEqual(['ok', 'ok']);
    await cancel(who, id);
    expect(await cancellationOf(id)).toMatchObject({ charge: lateFee + moveCharge });
  });

  it('a move that the vendor asked for costs nothing later', async () => {
    const { who, id } = await paid(inHours(2));
    const request = await market.call('vendor', 'request_reschedule', {
      booking_id: id,
      ...localTime(freeHour()),
      reason: 'A flood',
    });
    await market.call(who, 'approve_reschedule', { reschedule_id: request.id });
    await cancel(who, id);
    expect(await cancellationOf(id)).toEqual({ back: price, charge: 0 });
  });

  it('a move that the customer asked for and the vendor agreed to costs as any other move', async () => {
    const { who, id } = await paid(inHours(2));
    const request = await market.call(who, 'request_reschedule', {
      booking_id: id,
      ...localTime(freeHour()),
      reason: 'A train',
    });
    await market.call('vendor', 'approve_reschedule', { reschedule_id: request.id });
    await cancel(who, id);
    expect(await cancellationOf(id)).toMatchObject({ charge: lateFee + moveCharge });
  });

  it.each([
    'vendor',
    'customer_care',
  ] as const)('when the %s cancels, everything is refunded, the charge for moving too', async (by) => {
    const { who, id } = await paid(inHours(2));
    expect(await move(who, id)).toBe('ok');
    await market.fillWallet(who, moveCharge);
    expect(await pay(who, id)).toBe('ok');
    await cancel(by, id);
    expect(await cancellationOf(id)).toEqual({ back: price + moveCharge, charge: 0 });
    expect(await walletOf(who)).toBe(moveCharge);
    expect(await dueOf(id)).toBe(0);
  });

  it.each([
    'reschedule_booking',
    'request_reschedule',
  ])('%s is refused once the time has come, so that no customer avoids a fee by moving', async (act) => {
    const { who, id } = await paid();
    const ends = () =>
      market.ends(who, act, { booking_id: id, ...localTime(freeHour()), reason: 'Late' });
    await market.bringToStart(id, 1 / 60);
    expect(await ends()).toBe('OB044');
    await market.shift(id, '1 hour');
    expect(await ends()).toBe('ok');
  });

  it('a request for another time cannot be agreed to once the time has come', async () => {
    const { who, id } = await assigned();
    const request = await market.call(who, 'request_reschedule', {
      booking_id: id,
      ...localTime(freeHour()),
      reason: 'A train',
    });
    const approve = () =>
      market.ends('vendor', 'approve_reschedule', { reschedule_id: request.id });
    await market.bringToStart(id);
    expect(await approve()).toBe('OB044');
    await market.shift(id, '1 hour');
    expect(await approve()).toBe('ok');
  });
});

describe('cancelling a booking that is not paid', () => {
  it('late, for cash: half of the price is due, and reaches the vendor when it is paid, also in parts', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: inHours(3) });
    const before = await balance('vendor', vendor);
    await cancel(who, id);
    expect(await cancellationOf(id)).toEqual({ back: 0, charge: lateFee });
    expect(await dueOf(id)).toBe(lateFee);
    // No money moves that was not paid.
    expect(await balance('vendor', vendor)).toBe(before);
    const [inWallet, part] = [1_000, 100];
    await market.fillWallet(who, inWallet);
    expect([await pay(who, id, lateFee + 1), await pay(who, id, part), await pay(who, id)]).toEqual(
      ['OB068', 'ok', 'ok'],
    );
    expect(await dueOf(id)).toBe(0);
    expect(await walletOf(who)).toBe(inWallet - lateFee);
    expect((await balance('vendor', vendor)) - before).toBe(lateFee);
    expect(await pay(who, id)).toBe('OB030');
  });

  it('late, with a part paid: that part is kept, and the rest of the fee is due', async () => {
    const who = await market.newCustomer();
    const part = 100;
    await market.fillWallet(who, part);
    const { id } = await market.book(who, { startsAt: inHours(3) }, { wallet: part });
    await cancel(who, id);
    expect(await walletOf(who)).toBe(0);
    expect(await dueOf(id)).toBe(lateFee - part);
    expect(await creditsOf(id)).toEqual([{ kind: 'cancellation_fee', amount: part }]);
  });

  it('in time: nothing is due', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: inHours(5) });
    await cancel(who, id);
    expect(await dueOf(id)).toBe(0);
  });

  it('before it was confirmed: nothing is due, as when it lapses', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: inHours(3) }, { payment: null });
    await cancel(who, id);
    expect(await dueOf(id)).toBe(0);
  });

  it('a fee that finance refunds is not asked for again', async () => {
    const { who, id } = await paid(inHours(2));
    await cancel(who, id);
    const { id: paymentId } = await market.one('select id from payments where booking_id = $1', [
      id,
    ]);
    await market.call('finance', 'refund_payment', {
      payment_id: paymentId,
      amount: lateFee,
      reason: 'An accident',
      idempotency_key: randomUUID(),
    });
    expect(await dueOf(id)).toBe(0);
  });

  it('an account with an amount due is not deleted before it is paid', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: inHours(3) });
    await cancel(who, id);
    const deletable = () =>
      market.owner.query('select app_private.require_deletable($1)', [who.sub]).then(
        () => 'ok',
        ({ code }: { code: string }) => code,
      );
    expect(await deletable()).toBe('OB030');
    await market.fillWallet(who, lateFee);
    expect(await pay(who, id)).toBe('ok');
    expect(await deletable()).toBe('ok');
  });
});
