import { randomUUID } from 'node:crypto';
import {
  bothPackage,
  type Market,
  massage,
  massagePrice,
  nearAddress,
  openMarket,
  otherVendor,
  packagePrice,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { percentOf, priceOf, rupees } from '../fixtures/terms.ts';
import { longOrShort } from '../helpers/long-form.ts';
import { makeSteps, price, type Sub } from './steps.ts';

let market: Market;
const { freeHour, start, tell, walletOf, pointsOf } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

const confirmEnds = (who: Who, holdId: unknown, more: object = {}) =>
  market.ends(who, 'confirm_booking', { hold_id: holdId, payment_method: 'cash', ...more });

const state = (id: unknown) =>
  market.one('select status, payment_status from bookings where id = $1', [id]);

describe('a hold', () => {
  it('freezes price, address and terms, whatever changes before it is confirmed', async () => {
    const who = 'customer';
    const hold = await market.hold(who, {
      startsAt: freeHour(),
      type: 'home_service',
      address: nearAddress,
    });
    await market.owner.query('update services set base_price = 5000 where id = $1', [massage]);
    await market.owner.query(
      `update customer_addresses set latitude = 28.6, longitude = 77.2, address_line1 = 'Far away' where id = $1`,
      [nearAddress],
    );
    await market.owner.query(
      `update system_settings set value = '500' where key = 'policy.reschedule_fee'`,
    );
    const booking = await market.confirm(who, hold.id);
    expect(booking.final_amount).toBe(hold.final_amount);
    expect(
      await market.one(
        `select service_location ->> 'address_line1' as line from booking_contacts where booking_id = $1`,
        [booking.id],
      ),
    ).toEqual({ line: 'FC Road' });
    expect(
      await market.one(
        'select reschedule_fee::float as fee from booking_terms where booking_id = $1',
        [booking.id],
      ),
    ).toEqual({ fee: 200 });
    expect(
      await market.one('select subtotal::float from booking_items where booking_id = $1', [
        booking.id,
      ]),
    ).toEqual({ subtotal: massagePrice });
    await market.owner.query('update services set base_price = $2 where id = $1', [
      massage,
      massagePrice,
    ]);
    await market.owner.query(
      `update customer_addresses set latitude = 18.5504, longitude = 73.8567, address_line1 = 'FC Road' where id = $1`,
      [nearAddress],
    );
    await market.owner.query(
      `update system_settings set value = '200' where key = 'policy.reschedule_fee'`,
    );
  });

  it('is confirmed only at the amount that the customer expects', async () => {
    const who = await market.newCustomer();
    const hold = await market.hold(who, { startsAt: freeHour() });
    for (const expected of [null, 0, Number(hold.final_amount) - 0.01, 'NaN']) {
      expect(await confirmEnds(who, hold.id, { expected_amount: expected })).toBe(
        expected === 'NaN' ? 'OB020' : 'OB042',
      );
    }
    expect(await confirmEnds(who, hold.id, { expected_amount: hold.final_amount })).toBe('ok');
  });

  it('costs what the quote says', async () => {
    const quote = await market.call('visitor', 'quote_booking', {
      vendor_id: vendor,
      service_ids: [massage],
    });
    const hold = await market.hold(await market.newCustomer(), { startsAt: freeHour() });
    expect(quote).toMatchObject({
      final_amount: rupees(price),
      total_amount: rupees(massagePrice),
      deposit_amount: null,
    });
    expect(hold.final_amount).toBe(quote.final_amount);
    const quoteEnds = (args: object) => market.ends('visitor', 'quote_booking', { ...args });
    expect(await quoteEnds({ vendor_id: massage, service_ids: [massage] })).toBe('OB003');
    expect(await quoteEnds({ vendor_id: otherVendor, service_ids: [massage] })).toBe('OB062');
    const atHome = { vendor_id: vendor, service_ids: [massage], booking_type: 'home_service' };
    expect(await quoteEnds(atHome)).toBe('OB020');
    expect(await quoteEnds({ ...atHome, pincode: '999999' })).toBe('OB073');
    expect(await quoteEnds({ ...atHome, pincode: '411001' })).toBe('ok');
  });
});

describe('a package', () => {
  it('applies where the vendor offers it, and nowhere else', async () => {
    const who = await market.newCustomer();
    const hold = await market.hold(who, { startsAt: freeHour(), package: bothPackage });
    expect(hold.final_amount).toBe(rupees(priceOf(packagePrice)));
    await market.owner.query('update vendor_packages set is_available = false');
    expect(await market.holdEnds(who, { startsAt: freeHour(), package: bothPackage })).toBe(
      'OB062',
    );
    expect(
      await market.ends('visitor', 'quote_booking', { vendor_id: vendor, package_id: bothPackage }),
    ).toBe('OB062');
    await market.owner.query('update vendor_packages set is_available = true');
  });
});

describe('a deposit', () => {
  const takeDeposit = (percentage: number | null) =>
    market.owner.query('update vendors set deposit_percentage = $1 where id = $2', [
      percentage,
      vendor,
    ]);
  const deposit = percentOf(price, 30);

  it('confirms the booking where the vendor takes one, and a paisa less does not', async () => {
    await takeDeposit(30);
    const who = await market.newCustomer();
    const hold = await market.hold(who, { startsAt: freeHour() });
    expect(hold.deposit_amount).toBe(rupees(deposit));
    await takeDeposit(null);
    const { id } = await market.confirm(who, hold.id, { payment: null });
    await market.fillWallet(who, 5_000);
    const pay = (amount: number) =>
      market.call(who, 'pay_from_wallet', {
        booking_id: id,
        idempotency_key: randomUUID(),
        amount,
      });
    await pay(Number((deposit - 0.01).toFixed(2)));
    expect(await state(id)).toEqual({ status: 'pending', payment_status: 'partial' });
    await pay(0.01);
    expect(await state(id)).toEqual({ status: 'confirmed', payment_status: 'partial' });
  });

  it('is none for a vendor that takes none: one paisa confirms nothing', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() }, { payment: null });
    const payment = await market.call(who, 'start_payment', {
      booking_id: id,
      payment_method: 'upi',
      payment_gateway: 'razorpay',
      idempotency_key: randomUUID(),
      amount: 0.01,
    });
    await tell('payment.captured', payment);
    expect(await state(id)).toEqual({ status: 'pending', payment_status: 'partial' });
    const rest = await start(who, id);
    await tell('payment.captured', rest);
    expect(await state(id)).toEqual({ status: 'confirmed', payment_status: 'paid' });
  });
});

describe('what was paid of a booking that lapses', () => {
  async function lapse(id: unknown): Promise<void> {
    await market.owner.query(
      `update bookings set expires_at = now() - interval '1 second' where id = $1`,
      [id],
    );
    await market.owner.query(
      `update app_private.provider_reservations set expires_at = now() - interval '1 second' where booking_id = $1`,
      [id],
    );
    await market.once(async () =>
      Number((await market.one('select app_private.lapse_bookings(100) as n')).n),
    );
  }

  it('is returned the way it came, once', async () => {
    const who = await market.newCustomer();
    await market.fillWallet(who, 300);
    await market.givePoints(who, 100);
    const { id } = await market.book(
      who,
      { startsAt: freeHour() },
      { payment: null, points: 100, wallet: 300 },
    );
    const payment = await market.call(who, 'start_payment', {
      booking_id: id,
      payment_method: 'upi',
      payment_gateway: 'razorpay',
      idempotency_key: randomUUID(),
      amount: 10,
    });
    await tell('payment.captured', payment);
    const late = await start(who, id);
    await lapse(id);
    expect(await state(id)).toMatchObject({ status: 'cancelled' });
    expect([await walletOf(who), await pointsOf(who)]).toEqual([300, 100]);
    // What comes after that goes back too.
    expect(await tell('payment.captured', late)).toBe('returned');
    expect(
      (
        await market.owner.query(
          'select refund_amount::float as amount, refund_method as way from refunds where booking_id = $1 order by 1',
          [id],
        )
      ).rows,
    ).toEqual([
      { amount: 10, way: 'original' },
      { amount: 100, way: 'points' },
      { amount: 300, way: 'wallet' },
      { amount: Number((price - 410).toFixed(2)), way: 'original' },
    ]);
    expect(await market.imbalances()).toEqual([]);
  });

  it('is returned once too when the payment itself finds that the booking has lapsed', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() }, { payment: null });
    const payment = await start(who, id);
    await market.owner.query(
      `delete from app_private.provider_reservations where booking_id = $1`,
      [id],
    );
    await market.owner.query(
      `update bookings set expires_at = now() - interval '1 second' where id = $1`,
      [id],
    );
    expect(await tell('payment.captured', payment)).toBe('returned');
    expect(
      await market.one('select count(*)::int as n from refunds where booking_id = $1', [id]),
    ).toEqual({ n: 1 });
    expect(await market.imbalances()).toEqual([]);
  });

  it('a payment that is started keeps the slot for a quarter of an hour in all', async () => {
    const who = await market.newCustomer();
    const { id, created_at: made } = await market.book(
      who,
      { startsAt: freeHour() },
      { payment: null },
    );
    await start(who, id);
    const { kept, reserved } = await market.one(
      `select b.expires_at - b.created_at = interval '15 minutes' as kept, r.expires_at = b.expires_at as reserved
      from bookings b join app_private.provider_reservations r on r.booking_id = b.id where b.id = $1`,
      [id],
    );
    expect([kept, reserved, made instanceof Date]).toEqual([true, true, true]);
  });
});

describe('limits of a customer', () => {
  it('two bookings to be paid in cash, also when three are confirmed at once', async () => {
    for (let count = 0; count < longOrShort(10, 3); count += 1) {
      const who = await market.newCustomer();
      const holds = [];
      for (let made = 0; made < 3; made += 1) {
        holds.push(await market.hold(who, { startsAt: freeHour() }));
      }
      const ends = await Promise.all(holds.map(({ id }) => confirmEnds(who, id)));
      expect(ends.toSorted()).toEqual(['OB038', 'ok', 'ok']);
    }
  });

  it('ten bookings to come', async () => {
    const who = await market.newCustomer();
    await market.owner.query(
      `update system_settings set value = '3' where key = 'booking.maximum_open'`,
    );
    const pending = async () =>
      market.book(who, { startsAt: freeHour() }, { payment: null }).then(
        () => 'ok',
        ({ code }) => code,
      );
    expect([await pending(), await pending(), await pending(), await pending()]).toEqual([
      'ok',
      'ok',
      'ok',
      'OB071',
    ]);
    await market.owner.query(
      `update system_settings set value = '10' where key = 'booking.maximum_open'`,
    );
  });

  it('no cash after two unpaid late cancellations in 90 days, and again once they are paid', async () => {
    const who: Sub = await market.newCustomer();
    const late: unknown[] = [];
    for (let count = 0; count < 2; count += 1) {
      const { id } = await market.book(who, { startsAt: freeHour() });
      await market.bringToStart(id, -60);
      await market.call(who, 'cancel_booking', { booking_id: id, reason: 'Rain' });
      late.push(id);
    }
    const hold = await market.hold(who, { startsAt: freeHour() });
    expect(await confirmEnds(who, hold.id)).toBe('OB038');
    await market.fillWallet(who, 5_000);
    await market.call(who, 'pay_from_wallet', {
      booking_id: late[0],
      idempotency_key: randomUUID(),
    });
    expect(await confirmEnds(who, hold.id)).toBe('ok');
  });
});

describe('previews', () => {
  it('say what cancelling and moving cost now', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() });
    expect(await market.call(who, 'preview_cancellation', { booking_id: id })).toMatchObject({
      charge: '0.00',
      due_amount: '0.00',
    });
    await market.bringToStart(id, -60);
    const half = percentOf(price, 50);
    const preview = await market.call(who, 'preview_cancellation', { booking_id: id });
    expect(Number(preview.charge)).toBe(half);
    expect(Number(preview.due_amount)).toBe(half);
    const move = await market.call(who, 'preview_reschedule', { booking_id: id });
    expect({ ...move, free_until: null }).toMatchObject({
      charge: '200.00',
      moves_left: 2,
      least_cancellation_charge: rupees(half),
    });
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'Rain' });
    expect(
      await market.one(
        'select cancellation_charge::float as charge from booking_cancellations where booking_id = $1',
        [id],
      ),
    ).toEqual({ charge: half });
    expect(await market.ends(who, 'preview_cancellation', { booking_id: id })).toBe('OB030');
    expect(await market.ends(who, 'preview_reschedule', { booking_id: id })).toBe('OB030');
    expect(await market.ends('vendor', 'preview_cancellation', { booking_id: id })).toBe('OB003');
    expect(await market.ends('visitor', 'preview_cancellation', { booking_id: id })).toBe('42501');
  });
});
