import { randomUUID } from 'node:crypto';
import {
  commissionRate,
  facial,
  facialPrice,
  type HoldRequest,
  idFor,
  inHours,
  type Market,
  massage,
  massagePrice,
  openMarket,
  otherVendor,
  type Row,
  therapist,
  therapist2,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import {
  earningsOf,
  lateCancellationFee,
  percentOf,
  pointsFor,
  priceOf,
  rupees,
  sum,
} from '../fixtures/terms.ts';
import { makeDeskSteps } from './desk-steps.ts';
import { makeSteps, price } from './steps.ts';

let market: Market;
const { freeHour, start, tell, complete, balance, pointsOf } = makeSteps(() => market);
const { newMobile, verifyMobile } = makeDeskSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
  await market.liftLimits();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
});

afterAll(async () => {
  await market?.close();
});

let codes = 0;
const newCode = () => {
  codes += 1;
  return `CODE${codes}`;
};

/** Per cent and rupees of most coupons here, and the budget of those of the platform. */
const rate = 10;
const amount = 200;
const budget = 10_000;

/** A coupon of the vendor, a percentage unless said otherwise. */
const ofVendor = (more: object = {}, who: Who = 'vendor_manager') =>
  market.call(who, 'create_coupon', {
    code: newCode(),
    description: 'For guests',
    borne_by: 'vendor',
    vendor_id: vendor,
    ...('amount' in more ? {} : { percentage: rate }),
    ...more,
  });

/** A coupon of the platform, an amount unless said otherwise. */
const ofPlatform = (more: object = {}, who: Who = 'marketing') =>
  market.call(who, 'create_coupon', {
    code: newCode(),
    description: 'Welcome',
    borne_by: 'platform',
    budget_amount: budget,
    ...('percentage' in more ? {} : { amount }),
    ...more,
  });

const hold = (who: Who, coupon: Row, more: Partial<HoldRequest> = {}) =>
  market.hold(who, { startsAt: freeHour(), coupon: String(coupon.code), ...more });

const holdEnds = (who: Who, coupon: Row, more: Partial<HoldRequest> = {}) =>
  market.holdEnds(who, { startsAt: freeHour(), coupon: String(coupon.code), ...more });

const confirmEnds = (who: Who, held: Row, payment: string | null = 'cash') =>
  market.ends(who, 'confirm_booking', { hold_id: held.id, payment_method: payment });

const book = async (who: Who, coupon: Row, more: Partial<HoldRequest> = {}, payment = 'cash') =>
  market.confirm(who, (await hold(who, coupon, more)).id, {
    payment: payment === 'online' ? null : payment,
  });

const cancel = (who: Who, id: unknown) =>
  market.call(who, 'cancel_booking', { booking_id: id, reason: 'A change of plans' });

const couponOf = (coupon: Row) =>
  market.one('select used_count as used, spent_amount::float as spent from coupons where id = $1', [
    coupon.id,
  ]);

const paymentsOf = async (id: unknown) => {
  const { rows } = await market.owner.query(
    `select payment_method as by, total_amount::float as amount, refund_amount::float as back, status
    from payments where booking_id = $1 order by created_at, payment_method desc`,
    [id],
  );
  return rows;
};

const recordOf = (id: unknown) =>
  market.one(
    `select booking_amount::float as base, commission_amount::float as commission, net_amount::float as vendor
    from commission_records where booking_id = $1`,
    [id],
  );

describe('who gives coupons', () => {
  const draft = { description: 'For guests', percentage: rate };
  const platform = { ...draft, borne_by: 'platform', budget_amount: budget };
  const vendors = { ...draft, borne_by: 'vendor', vendor_id: vendor };

  it.each([
    ['marketing', { ...platform }, 'ok'],
    ['finance', { ...platform, vendor_id: vendor }, 'ok'],
    ['customer_care', { ...platform }, 'OB002'],
    ['vendor', { ...platform }, 'OB002'],
    ['customer', { ...platform }, 'OB002'],
    ['visitor', { ...platform }, '42501'],
    ['vendor', { ...vendors }, 'ok'],
    ['vendor_manager', { ...vendors }, 'ok'],
    ['receptionist', { ...vendors }, 'OB002'],
    ['accountant', { ...vendors }, 'OB002'],
    ['vendor2', { ...vendors }, 'OB002'],
    // Not even the platform lowers a vendor's prices.
    ['admin', { ...vendors }, 'OB002'],
  ] as const)('%s, %j: %s', async (who, given, outcome) => {
    expect(await market.ends(who, 'create_coupon', { code: newCode(), ...given })).toBe(outcome);
  });

  it('gives none of the platform to their own business', async () => {
    const { id } = await market.one('update vendors set user_id = $2 where id = $1 returning id', [
      otherVendor,
      idFor('marketing'),
    ]);
    expect(
      await market.ends('marketing', 'create_coupon', {
        ...platform,
        code: newCode(),
        vendor_id: id,
      }),
    ).toBe('OB031');
    await market.owner.query('update vendors set user_id = $2 where id = $1', [
      otherVendor,
      idFor('vendor2'),
    ]);
    expect(
      await market.ends('marketing', 'create_coupon', {
        ...platform,
        code: newCode(),
        vendor_id: id,
      }),
    ).toBe('ok');
  });

  it.each([
    ['neither percentage nor amount', { percentage: null }, '23514'],
    ['both', { amount }, '23514'],
    ['no budget', { budget_amount: null }, 'OB020'],
    ['more than everything', { percentage: 101 }, 'OB020'],
    ['nothing', { percentage: 0 }, '23514'],
    ['dates in the wrong order', { valid_until: '2020-01-01' }, '23514'],
    ['a code of two letters', { code: 'AB' }, '23514'],
    ['a code with a space', { code: 'TWO WORDS' }, '23514'],
    ['no bearer', { borne_by: 'nobody' }, 'OB020'],
    ['a vendor that is not there', { vendor_id: randomUUID() }, 'OB003'],
    ['a category that is not there', { category_id: randomUUID() }, 'OB003'],
    ['all of it', {}, 'ok'],
  ])('of the platform with %s: %s', async (_, more, outcome) => {
    expect(
      await market.ends('marketing', 'create_coupon', { code: newCode(), ...platform, ...more }),
    ).toBe(outcome);
  });

  it('has each code once, in small or capital letters', async () => {
    const coupon = await ofPlatform({ code: 'Summer26' });
    expect(coupon.code).toBe('SUMMER26');
    expect(
      await market.ends('marketing', 'create_coupon', { ...platform, code: ' summer26 ' }),
    ).toBe('23505');
    const who = await market.newCustomer();
    expect(await holdEnds(who, { code: 'sUmMeR26' })).toBe('ok');
  });

  it('changes budget, uses and dates, but not below what is used', async () => {
    const coupon = await ofVendor({ budget_amount: budget, uses_in_all: 5 });
    const update = (more: object, who: Who = 'vendor') =>
      market.ends(who, 'update_coupon', { coupon_id: coupon.id, ...more });
    for (const who of [await market.newCustomer(), await market.newCustomer()]) {
      await book(who, coupon);
    }
    expect(await update({ uses_in_all: 1 })).toBe('23514');
    expect(await update({ budget_amount: 1 })).toBe('23514');
    expect(await update({ uses_in_all: 2, description: 'The last' })).toBe('ok');
    expect(await holdEnds(await market.newCustomer(), coupon)).toBe('OB030');
    expect(await update({ uses_in_all: 3 }, 'vendor2')).toBe('OB003');
    expect(await update({ uses_in_all: 3 }, 'marketing')).toBe('OB002');
    expect(await update({ uses_in_all: 3 }, 'vendor_admin')).toBe('ok');
    expect(await holdEnds(await market.newCustomer(), coupon)).toBe('ok');
  });

  it('ends a coupon for customers who come later', async () => {
    const coupon = await ofPlatform();
    const who = await market.newCustomer();
    const held = await hold(who, coupon);
    expect(await market.ends('vendor', 'end_coupon', { coupon_id: coupon.id })).toBe('OB003');
    await market.call('finance', 'end_coupon', { coupon_id: coupon.id });
    expect(await market.ends('finance', 'end_coupon', { coupon_id: coupon.id })).toBe('OB030');
    expect(await holdEnds(await market.newCustomer(), coupon)).toBe('OB003');
    expect(await confirmEnds(who, held)).toBe('ok');
  });
});

describe('a coupon that the vendor bears', () => {
  it('lowers the price, with its tax and its commission', async () => {
    const coupon = await ofVendor();
    const who = await market.newCustomer();
    const left = sum(massagePrice, -percentOf(massagePrice, rate));
    const booking = await book(who, coupon);
    expect(booking).toMatchObject({
      total_amount: rupees(massagePrice),
      discount_amount: rupees(percentOf(massagePrice, rate)),
      final_amount: rupees(priceOf(left)),
    });
    await complete(booking.id, priceOf(left));
    const { commission, vendor: earned } = earningsOf(left, commissionRate);
    expect(await recordOf(booking.id)).toEqual({ base: left, commission, vendor: earned });
    expect(await couponOf(coupon)).toEqual({ used: 1, spent: percentOf(massagePrice, rate) });
  });

  it('is spread over the services by their prices, to the paisa', async () => {
    const odd = 33.33;
    const coupon = await ofVendor({ amount: odd });
    const who = await market.newCustomer();
    const booking = await book(who, coupon, { services: [massage, facial] });
    const first = Math.round((odd * 100 * massagePrice) / (massagePrice + facialPrice)) / 100;
    const second = sum(odd, -first);
    const { rows } = await market.owner.query(
      'select service_price::float as price, discount_amount::float as off from booking_items where booking_id = $1 order by 1 desc',
      [booking.id],
    );
    expect(rows).toEqual([
      { price: massagePrice, off: first },
      { price: facialPrice, off: second },
    ]);
    expect(booking.final_amount).toBe(
      rupees(priceOf(sum(massagePrice, -first), sum(facialPrice, -second))),
    );
  });

  it('leaves the money of a package to the package first', async () => {
    const coupon = await ofVendor({ percentage: 100 });
    const quote = await market.call('visitor', 'quote_booking', {
      vendor_id: vendor,
      service_ids: [massage],
      coupon_code: coupon.code,
    });
    expect(quote).toMatchObject({
      coupon_discount: rupees(massagePrice),
      coupon_amount: rupees(0),
      final_amount: rupees(priceOf(0)),
    });
  });
});

describe('a coupon that the platform bears', () => {
  it('leaves price, tax, commission and what the vendor earns as they are', async () => {
    const coupon = await ofPlatform();
    const who = await market.newCustomer();
    const held = await hold(who, coupon);
    expect(held).toMatchObject({
      final_amount: rupees(price),
      discount_amount: rupees(0),
      coupon_discount: rupees(amount),
      coupon_amount: rupees(amount),
    });
    const spentBefore = await balance('coupons');
    const booking = await market.confirm(who, held.id, { payment: null });
    expect(booking).toMatchObject({ status: 'pending', payment_status: 'partial' });
    const payment = await start(who, booking.id);
    expect(payment.total_amount).toBe(rupees(sum(price, -amount)));
    await tell('payment.captured', payment);
    await complete(booking.id);
    const { commission, vendor: earned } = earningsOf(massagePrice, commissionRate);
    expect(await recordOf(booking.id)).toEqual({
      base: massagePrice,
      commission,
      vendor: earned,
    });
    expect(sum(await balance('coupons'), -spentBefore)).toBe(-amount);
    // Points are for the money that the customer has paid.
    expect(await pointsOf(who)).toBe(pointsFor(sum(price, -amount)));
  });

  it('tells no one of a payment, and the customer collects no refund of it', async () => {
    const coupon = await ofPlatform();
    const who = await market.newCustomer();
    const { id } = await book(who, coupon);
    await cancel(who, id);
    expect(await paymentsOf(id)).toEqual([
      { by: 'coupon', amount, back: amount, status: 'refunded' },
      { by: 'cash', amount: sum(price, -amount), back: 0, status: 'failed' },
    ]);
    const { rows } = await market.owner.query(
      `select type from notifications where user_id = $1 and type in ('payment_received', 'refund_processed')`,
      [idFor(who)],
    );
    expect(rows).toEqual([]);
    expect(await balance('booking', id)).toBe(0);
  });

  it('confirms nothing by itself: the deposit is the customer’s own money', async () => {
    await market.owner.query('update vendors set deposit_percentage = 20 where id = $1', [vendor]);
    const coupon = await ofPlatform({ amount: 900 });
    const who = await market.newCustomer();
    const held = await hold(who, coupon);
    const deposit = percentOf(sum(price, -900), 20);
    expect(held.deposit_amount).toBe(rupees(deposit));
    const booking = await market.confirm(who, held.id, { payment: null });
    expect(booking.status).toBe('pending');
    await market.fillWallet(who, deposit);
    const pay = (rest: number) =>
      market.call(who, 'pay_from_wallet', {
        booking_id: booking.id,
        idempotency_key: randomUUID(),
        amount: rest,
      });
    const status = async () =>
      (await market.one('select status from bookings where id = $1', [booking.id])).status;
    await pay(sum(deposit, -1));
    expect(await status()).toBe('pending');
    await pay(1);
    expect(await status()).toBe('confirmed');
    await market.owner.query('update vendors set deposit_percentage = null where id = $1', [
      vendor,
    ]);
  });

  it('is paid back to the platform in proportion when finance refunds', async () => {
    const coupon = await ofPlatform();
    const who = await market.newCustomer();
    const { id } = await book(who, coupon, {}, 'online');
    await tell('payment.captured', await start(who, id));
    await complete(id);
    const { id: paymentId } = await market.one(
      `select id from payments where booking_id = $1 and payment_method = 'coupon'`,
      [id],
    );
    expect(
      await market.ends('finance', 'refund_payment', {
        payment_id: paymentId,
        amount: 1,
        reason: 'To me',
        idempotency_key: randomUUID(),
      }),
    ).toBe('OB030');
    const half = sum(price / 2);
    await market.call('finance', 'refund_booking', {
      booking_id: id,
      amount: half,
      reason: 'Half of it',
      borne_by: 'vendor',
      idempotency_key: randomUUID(),
    });
    const { rows } = await market.owner.query(
      'select refund_method as by, refund_amount::float as amount from refunds where booking_id = $1 order by 1',
      [id],
    );
    const couponsPart = Math.round((half * 100 * amount) / price) / 100;
    expect(rows).toEqual([
      { by: 'coupon', amount: couponsPart },
      { by: 'original', amount: sum(half, -couponsPart) },
    ]);
    // The service took place: the use stays used.
    expect(await couponOf(coupon)).toEqual({ used: 1, spent: amount });
  });

  it('pays its proportion of a service that ended early, not more', async () => {
    const coupon = await ofPlatform({ amount: 500 });
    const who = await market.newCustomer();
    const { id } = await book(who, coupon);
    await market.call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist });
    await market.call('therapist', 'acknowledge_assignment', { booking_id: id });
    await market.bringToStart(id);
    await market.startService('therapist', id);
    const agreed = 400;
    await market.call('vendor', 'end_service_early', {
      booking_id: id,
      reason: 'She felt ill',
      amount: agreed,
    });
    await market.call(who, 'agree_on_amount', { booking_id: id, expected_amount: agreed });
    const part = Math.round((500 * 100 * agreed) / price) / 100;
    const { due } = await market.one('select app_private.amount_due($1)::float as due', [id]);
    expect(due).toBe(sum(agreed, -part));
    await market.call('vendor', 'record_cash_payment', {
      booking_id: id,
      amount: due,
      idempotency_key: randomUUID(),
    });
    expect((await paymentsOf(id))[0]).toMatchObject({ by: 'coupon', back: sum(500, -part) });
  });
});

describe('the rules of a coupon', () => {
  it('takes at most its maximum', async () => {
    const coupon = await ofPlatform({ percentage: 50, maximum_amount: 120 });
    const who = await market.newCustomer();
    expect((await hold(who, coupon)).coupon_discount).toBe(rupees(120));
    const free = await ofPlatform({ percentage: 50 });
    expect((await hold(who, free)).coupon_discount).toBe(rupees(percentOf(massagePrice, 50)));
  });

  it('needs its minimum', async () => {
    const coupon = await ofVendor({ minimum_amount: massagePrice + 1 });
    const who = await market.newCustomer();
    expect(await holdEnds(who, coupon)).toBe('OB020');
    expect(await holdEnds(who, coupon, { services: [massage, facial] })).toBe('ok');
  });

  it('applies within its dates', async () => {
    const day = 86_400_000;
    const early = await ofVendor({ valid_from: new Date(Date.now() + day) });
    const who = await market.newCustomer();
    expect(await holdEnds(who, early)).toBe('OB003');
    const late = await ofVendor({
      valid_from: new Date(Date.now() - 2 * day),
      valid_until: new Date(Date.now() - day),
    });
    expect(await holdEnds(who, late)).toBe('OB003');
    const now = await ofVendor({
      valid_from: new Date(Date.now() - day),
      valid_until: new Date(Date.now() + day),
    });
    expect(await holdEnds(who, now)).toBe('ok');
    expect(await holdEnds(who, { code: 'NEVERWAS' })).toBe('OB003');
  });

  it('applies at its vendor', async () => {
    const coupon = await ofPlatform({ vendor_id: otherVendor });
    const who = await market.newCustomer();
    expect(await holdEnds(who, coupon)).toBe('OB020');
    expect(await holdEnds(who, await ofPlatform({ vendor_id: vendor }))).toBe('ok');
  });

  it('applies to the services of its category, and counts only them', async () => {
    const { id: category } = await market.one(
      `insert into service_categories (name, slug) values ('Face', 'face') returning id`,
    );
    await market.owner.query('update services set category_id = $2 where id = $1', [
      facial,
      category,
    ]);
    const coupon = await ofVendor({ category_id: category });
    const who = await market.newCustomer();
    expect(await holdEnds(who, coupon, { services: [massage] })).toBe('OB020');
    const held = await hold(who, coupon, { services: [massage, facial] });
    const off = percentOf(facialPrice, rate);
    expect(held.coupon_discount).toBe(rupees(off));
    expect(held.final_amount).toBe(rupees(priceOf(massagePrice, sum(facialPrice, -off))));
  });

  it('is used so often by a customer, and so often in all', async () => {
    const coupon = await ofPlatform({ uses_per_customer: 2, uses_in_all: 3 });
    const who = await market.newCustomer();
    await book(who, coupon);
    await book(who, coupon);
    expect(await holdEnds(who, coupon)).toBe('OB030');
    const other = await market.newCustomer();
    await book(other, coupon);
    expect(await holdEnds(other, coupon)).toBe('OB030');
    expect(await couponOf(coupon)).toEqual({ used: 3, spent: 3 * amount });
  });

  it('takes off no more than its budget, in all', async () => {
    const coupon = await ofPlatform({ budget_amount: amount * 2 - 1 });
    await book(await market.newCustomer(), coupon);
    expect(await holdEnds(await market.newCustomer(), coupon)).toBe('OB030');
    await market.call('marketing', 'update_coupon', {
      coupon_id: coupon.id,
      budget_amount: amount * 2,
    });
    expect(await holdEnds(await market.newCustomer(), coupon)).toBe('ok');
  });

  it('leaves at least a rupee to be paid', async () => {
    await market.owner.query(
      `update system_settings set value = '0' where key = 'booking.service_charge'`,
    );
    await market.owner.query('update vendor_private_details set gst_number = null');
    for (const coupon of [
      await ofVendor({ percentage: 100 }),
      await ofPlatform({ percentage: 100 }),
      await ofPlatform({ percentage: 100, amount: undefined }),
    ]) {
      const held = await hold(await market.newCustomer(), coupon);
      expect(sum(Number(held.final_amount), -Number(held.coupon_amount))).toBe(1);
    }
    await market.owner.query(
      `update system_settings set value = '50' where key = 'booking.service_charge'`,
    );
    await market.owner.query(`update vendor_private_details set gst_number = '27AAPFU0939F1ZV'`);
  });
});

describe('a use', () => {
  it('is given back when the booking is cancelled in time, and when it lapses', async () => {
    const coupon = await ofPlatform();
    const who = await market.newCustomer();
    const { id } = await book(who, coupon);
    expect(await holdEnds(who, coupon)).toBe('OB030');
    await cancel(who, id);
    expect(await couponOf(coupon)).toEqual({ used: 0, spent: 0 });
    const lapsing = await book(who, coupon, {}, 'online');
    await market.owner.query(
      `update bookings set expires_at = now() - interval '1 minute' where id = $1`,
      [lapsing.id],
    );
    await market.once(async () =>
      Number((await market.one('select app_private.lapse_bookings(100) as n')).n),
    );
    expect(await couponOf(coupon)).toEqual({ used: 0, spent: 0 });
    expect(await balance('booking', lapsing.id)).toBe(0);
    expect(await holdEnds(who, coupon)).toBe('ok');
  });

  it('is given back when the vendor cancels, also late', async () => {
    const coupon = await ofVendor();
    const who = await market.newCustomer();
    const { id } = await book(who, coupon);
    await market.bringToStart(id, -60);
    await cancel('vendor', id);
    expect(await couponOf(coupon)).toEqual({ used: 0, spent: 0 });
  });

  it('is not given back to who cancels late: they pay the fee of their own part, the platform pays none', async () => {
    const coupon = await ofPlatform();
    const who = await market.newCustomer();
    const { id } = await book(who, coupon, {}, 'online');
    await tell('payment.captured', await start(who, id));
    await market.bringToStart(id, -60);
    const own = sum(price, -amount);
    const fee = lateCancellationFee(own);
    expect(await market.call(who, 'preview_cancellation', { booking_id: id })).toMatchObject({
      charge: rupees(fee),
      refund_amount: rupees(sum(own, -fee)),
    });
    const spent = await balance('coupons');
    await cancel(who, id);
    expect(sum(await balance('coupons'), -spent)).toBe(amount);
    expect(
      await market.one(
        `select cancellation_charge::float as charge, refund_amount::float as back, due_amount::float as due
        from booking_cancellations where booking_id = $1`,
        [id],
      ),
    ).toEqual({ charge: fee, back: sum(own, -fee), due: 0 });
    expect(await couponOf(coupon)).toEqual({ used: 1, spent: amount });
    expect(await holdEnds(who, coupon)).toBe('OB030');
  });
});

describe('at once', () => {
  const race = async (coupon: Row) => {
    const holds = await Promise.all(
      [therapist, therapist2].map(async (provider) => {
        const who = await market.newCustomer();
        return { who, held: await hold(who, coupon, { provider, startsAt: inHours(20) }) };
      }),
    );
    const outcomes = await Promise.all(holds.map(({ who, held }) => confirmEnds(who, held)));
    const cancelled = holds[outcomes.indexOf('ok')];
    const { id } = await market.one('select booking_id as id from booking_holds where id = $1', [
      cancelled?.held.id,
    ]);
    await cancel(cancelled?.who as Who, id);
    await Promise.all(
      holds.map(({ held }) =>
        market.owner.query('update booking_holds set expires_at = now() where id = $1', [held.id]),
      ),
    );
    await market.owner.query(
      'delete from app_private.provider_reservations where hold_id is not null',
    );
    return outcomes.sort();
  };

  it('of two customers one has the last use', async () => {
    for (let round = 0; round < 3; round += 1) {
      const coupon = await ofPlatform({ uses_in_all: 1 });
      expect(await race(coupon)).toEqual(['OB030', 'ok']);
      expect(await couponOf(coupon)).toEqual({ used: 0, spent: 0 });
    }
  });

  it('of two customers one has the last rupees of the budget', async () => {
    for (let round = 0; round < 3; round += 1) {
      const coupon = await ofVendor({ amount, budget_amount: 2 * amount - 1 });
      expect(await race(coupon)).toEqual(['OB030', 'ok']);
    }
  });

  it('a customer books with it while the vendor cancels another booking with it', async () => {
    const coupon = await ofPlatform({ uses_per_customer: 10 });
    const who = await market.newCustomer();
    for (let round = 0; round < 4; round += 1) {
      const { id } = await book(who, coupon, {}, 'online');
      await market.fillWallet(who, 100);
      await market.call(who, 'pay_from_wallet', {
        booking_id: id,
        idempotency_key: randomUUID(),
        amount: 100,
      });
      const held = await hold(who, coupon);
      expect(
        await Promise.all([
          confirmEnds(who, held),
          market.ends('vendor', 'cancel_booking', { booking_id: id, reason: 'No one is here' }),
        ]),
      ).toEqual(['ok', 'ok']);
      expect(await couponOf(coupon)).toEqual({ used: round + 1, spent: (round + 1) * amount });
    }
  });

  it('one customer uses it once, by two holds', async () => {
    const coupon = await ofPlatform();
    const who = await market.newCustomer();
    const holds = [await hold(who, coupon), await hold(who, coupon)];
    expect((await Promise.all(holds.map((held) => confirmEnds(who, held)))).sort()).toEqual([
      'OB030',
      'ok',
    ]);
  });
});

describe('tricks', () => {
  const ask = (rupeesAsked: number | null) =>
    market.database.asUser(
      { sub: idFor('vendor'), role: 'authenticated' },
      (client) =>
        client.query(
          'update vendor_services set custom_price = $2 where vendor_id = $3 and service_id = $1',
          [massage, rupeesAsked, vendor],
        ),
      { commit: true },
    );

  it('a price that is raised for a coupon gains nothing; one that is lowered counts as it is', async () => {
    const coupon = await ofPlatform({ percentage: 50 });
    const who = await market.newCustomer();
    await ask(5 * massagePrice);
    expect((await hold(who, coupon)).coupon_discount).toBe(rupees(percentOf(massagePrice, 50)));
    // Nor does offering it anew.
    await market.owner.query('delete from vendor_services where service_id = $1', [massage]);
    await market.owner.query(
      'insert into vendor_services (vendor_id, service_id, custom_price) values ($1, $2, $3)',
      [vendor, massage, 5 * massagePrice],
    );
    expect((await hold(who, coupon)).coupon_discount).toBe(rupees(percentOf(massagePrice, 50)));
    await ask(massagePrice / 2);
    expect((await hold(who, coupon)).coupon_discount).toBe(rupees(percentOf(massagePrice / 2, 50)));
    await ask(2 * massagePrice);
    // A month later the price of today is the price of then.
    await market.owner.query(
      `update app_private.earlier_prices set changed_at = changed_at - interval '31 days'`,
    );
    expect((await hold(await market.newCustomer(), coupon)).coupon_discount).toBe(
      rupees(percentOf(2 * massagePrice, 50)),
    );
    await ask(null);
    await market.owner.query('delete from app_private.earlier_prices');
  });

  it('the catalogue’s price of then counts where the vendor has none of its own', async () => {
    const coupon = await ofPlatform({ percentage: 50 });
    const who = await market.newCustomer();
    const setPrice = (base: number) =>
      market.owner.query('update services set base_price = $2 where id = $1', [massage, base]);
    await setPrice(3 * massagePrice);
    expect((await hold(who, coupon)).coupon_discount).toBe(rupees(percentOf(massagePrice, 50)));
    await setPrice(massagePrice);
    await market.owner.query(
      `update app_private.earlier_prices set changed_at = changed_at - interval '91 days'`,
    );
    await market.one('select app_private.lapse_bookings(100)');
    expect(
      await market.one('select count(*)::integer as left from app_private.earlier_prices'),
    ).toEqual({ left: 0 });
  });

  it('no one books at their own business at the platform’s expense', async () => {
    const coupon = await ofPlatform();
    const own = await ofVendor();
    for (const who of ['vendor', 'vendor_manager', 'receptionist', 'therapist2'] as const) {
      await market.owner.query(
        `update user_profiles set date_of_birth = '1990-01-01' where id = $1`,
        [idFor(who)],
      );
      expect(await holdEnds(who, coupon)).toBe('OB031');
      expect(await holdEnds(who, own)).toBe('ok');
    }
    expect(await holdEnds('customer', coupon)).toBe('ok');
  });

  it('who created a coupon of the platform does not use it, even once they no longer work here', async () => {
    const coupon = await ofPlatform();
    const who = await market.newCustomer();
    expect(await holdEnds(who, coupon)).toBe('ok');
    // Staff cannot book at all: this is who left since.
    await market.owner.query('update coupons set created_by = $2 where id = $1', [
      coupon.id,
      who.sub,
    ]);
    expect(await holdEnds(who, coupon)).toBe('OB031');
  });

  it('a first booking is the first of a person with a verified number', async () => {
    const coupon = await ofPlatform({ first_booking_only: true, uses_per_customer: 3 });
    const who = await market.newCustomer();
    expect(await holdEnds(who, coupon)).toBe('OB037');
    const mobile = newMobile();
    await verifyMobile(who, mobile);
    // Two holds, each of a first booking: the second is none any more.
    const holds = [await hold(who, coupon), await hold(who, coupon)];
    expect(await confirmEnds(who, holds[0] as Row)).toBe('ok');
    expect(await confirmEnds(who, holds[1] as Row)).toBe('OB030');
    expect(await holdEnds(who, coupon)).toBe('OB030');
    // A second account has no number to verify: it is the first one's.
    const second = await market.newCustomer();
    await expect(verifyMobile(second, mobile)).rejects.toMatchObject({ code: '23505' });
    expect(await holdEnds(second, coupon)).toBe('OB037');
    const { id } = await market.one('select booking_id as id from booking_holds where id = $1', [
      holds[0]?.id,
    ]);
    await cancel(who, id);
    expect(await holdEnds(who, coupon)).toBe('ok');
  });

  it('what was agreed with the hold holds, though the coupon expires before it is confirmed', async () => {
    const coupon = await ofPlatform({ valid_until: new Date(Date.now() + 86_400_000) });
    const who = await market.newCustomer();
    const held = await hold(who, coupon);
    await market.owner.query(
      `update coupons set valid_from = now() - interval '2 days', valid_until = now() - interval '1 day' where id = $1`,
      [coupon.id],
    );
    expect(await holdEnds(who, coupon)).toBe('OB003');
    expect(await confirmEnds(who, held)).toBe('ok');
  });

  it('no payment is called a coupon by its customer', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() }, { payment: null });
    const startEnds = (method: string) =>
      market.ends(who, 'start_payment', {
        booking_id: id,
        payment_method: method,
        payment_gateway: 'razorpay',
        idempotency_key: randomUUID(),
      });
    expect(await startEnds('coupon')).toBe('OB020');
    expect(await startEnds('upi')).toBe('ok');
  });
});
