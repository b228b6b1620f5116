import { randomUUID } from 'node:crypto';
import { makeSteps, price, type Sub } from '../booking/steps.ts';
import {
  bothPackage,
  commissionRate,
  elsewhere,
  facial,
  farAddress,
  idFor,
  inHours,
  localTime,
  type Market,
  massage,
  massagePrice,
  nearAddress,
  openMarket,
  otherVendor,
  therapist,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { earningsOf, lateCancellationFee, pointsFor } from '../fixtures/terms.ts';
import { lossOf } from './losses.ts';

/*
 * Tricks that people tried. The name of each says who would have gained what; the test shows what becomes of it, and
 * that the platform has lost nothing by it.
 */

let market: Market;
let before: number;
const {
  freeHour,
  friendOf,
  proveMobile,
  paid,
  start,
  tell,
  complete,
  walletOf,
  pointsOf,
  balance,
} = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

beforeEach(async () => {
  before = await lossOf(market);
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
  expect((await lossOf(market)) - before).toBeLessThanOrEqual(0.001);
});

/** What the gateway holds of the platform's customers: paid in, less what went back. */
const atGateway = async (): Promise<number> => -(await balance('gateway'));

/** As this user writes a table: the rows that it changed, or the code of the error. */
const writes = (who: Who, sql: string, values: readonly unknown[] = []): Promise<number | string> =>
  market.database
    .asUser(
      { sub: idFor(who), role: 'authenticated' },
      (client) => client.query(sql, [...values]),
      { commit: true },
    )
    .then(
      ({ rowCount }) => rowCount ?? 0,
      (error: { code: string }) => error.code,
    );

describe('prices', () => {
  it('a vendor raises its price between hold and confirmation: the difference', async () => {
    const who = await market.newCustomer();
    const hold = await market.hold(who, { startsAt: freeHour() });
    const set = `update vendor_services set custom_price = $1 where vendor_id = '${vendor}' and service_id = '${massage}'`;
    expect(await writes('vendor', set, [5_000])).toBe(1);
    const booking = await market.confirm(who, hold.id);
    expect(Number(booking.final_amount)).toBe(price);
    expect(await writes('vendor', set, [null])).toBe(1);
  });

  it('a vendor asks for a price that is no number: a wallet that pays for everything', async () => {
    const set = `update vendor_services set custom_price = $1 where vendor_id = '${vendor}' and service_id = '${massage}'`;
    for (const amount of ['NaN', 'Infinity', '-1', '10000001']) {
      expect([amount, await writes('vendor', set, [amount])]).toEqual([
        amount,
        expect.stringMatching(/^(23514|22003|22023|OB020)$/),
      ]);
    }
  });

  it('a customer books a package where the vendor does not offer it: its services for less', async () => {
    const who = await market.newCustomer();
    const at = { startsAt: freeHour() };
    expect(
      await market.holdEnds(who, {
        ...at,
        vendor: otherVendor,
        package: bothPackage,
        services: null,
      }),
    ).toBe('OB062');
    expect(await market.holdEnds(who, { ...at, package: bothPackage, services: null })).toBe('ok');
    expect(await market.holdEnds(who, { startsAt: freeHour(), services: [elsewhere] })).toBe(
      'OB062',
    );
  });

  it('a customer moves the address after the hold: a way of hundreds of kilometres for nothing', async () => {
    const home = { type: 'home_service', address: nearAddress } as const;
    const hold = await market.hold('customer', { startsAt: inHours(29), ...home });
    expect(
      await writes('customer', 'update customer_addresses set latitude = 28.6 where id = $1', [
        nearAddress,
      ]),
    ).toBe(1);
    const { id } = await market.confirm('customer', hold.id);
    const { latitude } = await market.one(
      `select (service_location ->> 'latitude')::float as latitude from booking_contacts where booking_id = $1`,
      [id],
    );
    expect(latitude).toBe(18.5504);
    await writes('customer', 'update customer_addresses set latitude = 18.5504 where id = $1', [
      nearAddress,
    ]);
    await market.call('customer', 'cancel_booking', { booking_id: id, reason: 'Enough' });
    expect(
      await market.holdEnds('customer', { startsAt: inHours(29), ...home, address: farAddress }),
    ).not.toBe('ok');
  });

  it('a customer confirms by a payment of a paisa: a calendar full of bookings for nothing', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() }, { payment: null });
    const payment = await market.call(who, 'start_payment', {
      booking_id: id,
      payment_method: 'upi',
      payment_gateway: 'razorpay',
      amount: '0.01',
      idempotency_key: randomUUID(),
    });
    await tell('payment.captured', payment);
    expect(await market.one('select status from bookings where id = $1', [id])).toEqual({
      status: 'pending',
    });
    await market.fillWallet(who, 1);
    before += 1;
    const cheap = await market.hold(who, { startsAt: freeHour() });
    const booking = await market.confirm(who, cheap.id, { payment: null, wallet: 0.01 });
    expect(booking.status).toBe('pending');
  });

  it('a customer names a gateway of their own: a payment that no one can settle', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() }, { payment: null });
    const asked = { booking_id: id, payment_method: 'upi', idempotency_key: randomUUID() };
    expect(await market.ends(who, 'start_payment', { ...asked, payment_gateway: 'mine' })).toBe(
      'OB020',
    );
    expect(await market.ends(who, 'start_payment', { ...asked, payment_gateway: 'razorpay' })).toBe(
      'ok',
    );
  });

  it('a payment is told twice, or again for another booking: paid once', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() }, { payment: null });
    const payment = await start(who, id);
    const held = await atGateway();
    await tell('payment.captured', payment);
    await tell('payment.captured', payment);
    expect((await atGateway()) - held).toBe(price);
  });
});

describe('time', () => {
  it('a customer moves a booking shortly before its time and then cancels: the late fee', async () => {
    const { who, id } = await paid(inHours(2));
    const later = localTime(inHours(50));
    await market.ends(who, 'reschedule_booking', { booking_id: id, ...later });
    const held = await atGateway();
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'Changed my mind' });
    const { charge } = await market.one(
      'select cancellation_charge::float as charge from booking_cancellations where booking_id = $1',
      [id],
    );
    expect(charge).toBeGreaterThanOrEqual(lateCancellationFee(price));
    expect(held - (await atGateway())).toBeLessThanOrEqual(price - lateCancellationFee(price));
  });

  it('a vendor completes a prepaid booking before its day: paid, and the customer cannot cancel', async () => {
    const { who, id } = await paid(inHours(52));
    const booking = { booking_id: id };
    await market.call('vendor', 'assign_therapist', { ...booking, therapist_id: therapist });
    await market.call('therapist', 'acknowledge_assignment', booking);
    const code = await market.startCode(id);
    expect(await market.ends('therapist', 'start_service', { ...booking, code })).not.toBe('ok');
    expect(await market.ends('vendor', 'complete_service', booking)).not.toBe('ok');
    expect(await market.ends(who, 'cancel_booking', { ...booking, reason: 'Free' })).toBe('ok');
  });

  it('a vendor reports a no-show at once, of a booking that it never assigned: half of the price', async () => {
    const { who, id } = await paid();
    await market.bringToStart(id, 0.01);
    const booking = { booking_id: id };
    expect(await market.ends('vendor', 'mark_no_show', booking)).not.toBe('ok');
    expect(await market.ends('vendor', 'mark_no_show', { booking_id: null })).not.toBe('ok');
    expect(await pointsOf(who)).toBe(0);
  });

  it('a customer is served in two places at once: two rewards for one person', async () => {
    const who = await market.newCustomer();
    const startsAt = freeHour();
    await market.hold(who, { startsAt });
    expect(
      await market.holdEnds(who, { startsAt, provider: 'eeeeeeee-0000-4000-8000-000000000002' }),
    ).toBe('OB043');
  });
});

describe('points, rewards and coupons', () => {
  it('a vendor and a customer book for cash and never meet: points for nothing', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() });
    await complete(id, price);
    expect(await pointsOf(who)).toBe(0);
    // They wait until the vendor has paid the commission.
    expect(
      await market.one('select pending_points from commission_records where booking_id = $1', [id]),
    ).toEqual({ pending_points: pointsFor(price) });
  });

  it('a vendor starts services without the code of a customer: points and rewards of invented services', async () => {
    const { who, id } = await paid();
    const booking = { booking_id: id };
    await market.call('vendor', 'assign_therapist', { ...booking, therapist_id: therapist });
    await market.call('therapist', 'acknowledge_assignment', booking);
    await market.bringToStart(id);
    await market.call('vendor', 'start_service', { ...booking, reason: 'She forgot it' });
    await market.shift(id, '-1 hour');
    await market.call('vendor', 'complete_service', booking);
    expect(await pointsOf(who)).toBe(0);
  });

  it('a vendor invents friends who refer each other: rewards, which cost at most the commission', async () => {
    const referrer = await market.newCustomer();
    const friend = await friendOf(referrer);
    const { id } = await paid(freeHour(), { who: friend });
    await complete(id);
    const rewards = (await walletOf(referrer)) + (await walletOf(friend));
    expect(rewards).toBeGreaterThan(0);
    expect(rewards).toBeLessThanOrEqual(earningsOf(massagePrice, commissionRate).commission);
  });

  it('a customer is served, spends points and rewards, and has the booking refunded: keeps what they bought', async () => {
    const { who, id } = await paid();
    await complete(id);
    const earned = await pointsOf(who);
    expect(earned).toBe(pointsFor(price));
    const next = await market.book(
      who,
      { startsAt: freeHour(), services: [facial] },
      { payment: null, points: earned },
    );
    const held = await atGateway();
    await market.call('finance', 'refund_booking', {
      booking_id: id,
      amount: price,
      reason: 'The room was cold',
      borne_by: 'vendor',
      idempotency_key: randomUUID(),
    });
    const { deducted } = await market.one(
      'select points_deducted::float as deducted from refund_decisions where booking_id = $1',
      [id],
    );
    expect(deducted).toBe(earned);
    expect(held - (await atGateway())).toBeLessThanOrEqual(price - earned);
    await market.call(who, 'cancel_booking', { booking_id: next.id, reason: 'Rain' });
  });

  it('people of a vendor use a coupon of the platform there: money for services that they sell to themselves', async () => {
    await market.call('marketing', 'create_coupon', {
      code: 'TRICK100',
      description: 'A trick',
      borne_by: 'platform',
      amount: 100,
      budget_amount: 1_000,
      uses_per_customer: 10,
    });
    await market.owner.query(
      `update user_profiles set date_of_birth = '1990-01-01' where name in ('receptionist', 'therapist2')`,
    );
    const request = { startsAt: freeHour(), coupon: 'TRICK100', guest: 'Meera' };
    expect(await market.holdEnds('receptionist', request)).toBe('OB031');
    expect(await market.holdEnds('therapist2', request)).toBe('OB031');
    expect(await market.holdEnds(await market.newCustomer(), request)).toBe('ok');
  });

  it('a customer cancels late with a coupon: the vendor’s fee out of the budget of the platform', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(
      who,
      { startsAt: inHours(1), coupon: 'TRICK100' },
      { payment: null },
    );
    await tell('payment.captured', await start(who, id));
    const spent = await balance('coupons');
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'Rain' });
    expect((await balance('coupons')) - spent).toBe(100);
  });

  it('a customer withdraws rewards and goodwill: money from gifts', async () => {
    const who = await market.newCustomer();
    await market.owner.query(
      `select app_private.move_wallet($1, 'bonus', 500, 'rewards', null, null, null, 'A reward')`,
      [who.sub],
    );
    before += 500;
    await market.owner.query(
      `insert into user_bank_details (user_id, account_holder_name, account_number, ifsc_code, bank_name, is_verified)
      values ($1, 'A Person', '123456789012', 'HDFC0001234', 'HDFC Bank', true)`,
      [who.sub],
    );
    const withdraw = { amount: 100, idempotency_key: randomUUID() };
    expect(await market.ends(who, 'withdraw_from_wallet', withdraw)).not.toBe('ok');
    expect(
      await market.ends(who, 'confirm_booking', {
        hold_id: (await market.hold(who, { startsAt: freeHour() })).id,
        payment_method: null,
        wallet_amount: 500,
      }),
    ).toBe('ok');
  });
});

describe('people of the platform', () => {
  /** Gives the role of a persona to a customer, while `act` runs. */
  async function whileEmployed(who: Sub, role: Who, act: () => Promise<void>): Promise<void> {
    const give = (from: unknown, to: unknown) =>
      market.owner.query('update user_roles set user_id = $2 where user_id = $1', [from, to]);
    await give(idFor(role), who.sub);
    try {
      await act();
    } finally {
      await give(who.sub, idFor(role));
    }
  }

  it('finance refunds its own booking: the price', async () => {
    const { who, id } = await paid();
    await complete(id);
    const refund = {
      booking_id: id,
      amount: 100,
      reason: 'I did not like it',
      borne_by: 'vendor',
      idempotency_key: randomUUID(),
    };
    await whileEmployed(who, 'finance', async () => {
      expect(await market.ends(who, 'refund_booking', refund)).toBe('OB031');
    });
    expect(await market.ends('finance', 'refund_booking', refund)).toBe('ok');
  });

  it('customer care gives goodwill to itself, to a relation, and twice: ₹500 each', async () => {
    const give = (who: Who, id: unknown) =>
      market.ends(who, 'give_goodwill', {
        booking_id: id,
        amount: 500,
        reason: 'Sorry',
        idempotency_key: randomUUID(),
      });
    const own = await paid();
    await whileEmployed(own.who, 'customer_care', async () => {
      expect(await give(own.who, own.id)).toBe('OB031');
    });
    const relation = await paid();
    await proveMobile(relation.who);
    await market.owner.query(
      `insert into emergency_contacts (user_id, name, relationship, mobile)
      select $1, 'Cousin', 'other', mobile from user_profiles where id = $2`,
      [idFor('customer_care'), relation.who.sub],
    );
    expect(await give('customer_care', relation.id)).toBe('OB031');
    const other = await paid();
    expect([await give('customer_care', other.id), await give('customer_care', other.id)]).toEqual([
      'ok',
      'OB030',
    ]);
  });
});

describe('vendors', () => {
  it('one customer fills a calendar with cash bookings and does not come: a day without guests', async () => {
    const who: Sub = await market.newCustomer();
    const ends = [];
    for (let booking = 0; booking < 3; booking += 1) {
      const { id } = await market.hold(who, { startsAt: freeHour(), guest: `Guest ${booking}` });
      ends.push(await market.ends(who, 'confirm_booking', { hold_id: id, payment_method: 'cash' }));
    }
    expect(ends).toEqual(['ok', 'ok', 'OB038']);
  });

  it('a customer has a booking refunded twice: more than the price', async () => {
    const { id } = await paid();
    await complete(id);
    const refund = (amount: number) =>
      market.ends('finance', 'refund_booking', {
        booking_id: id,
        amount,
        reason: 'Twice',
        borne_by: 'vendor',
        idempotency_key: randomUUID(),
      });
    expect([await refund(price), await refund(0.01)]).toEqual(['ok', 'OB068']);
  });
});

describe('a bank takes back what was paid', () => {
  /** The customer tells the bank that the payment of a booking was not theirs. */
  const chargeBack = async (bookingId: unknown) => {
    const payment = await market.one(
      'select id, transaction_id, gateway_transaction_id, total_amount from payments where booking_id = $1',
      [bookingId],
    );
    const { outcome } = await market.one(
      'select app_private.receive_payment_event($1, $2, $3, $4) as outcome',
      [
        'razorpay',
        randomUUID(),
        'chargeback.lost',
        {
          paymentReference: payment.gateway_transaction_id,
          amount: payment.total_amount,
          disputeReference: `disp_${payment.id}`,
          disputeAmount: payment.total_amount,
        },
      ],
    );
    return outcome;
  };
  const owedTo = () => balance('vendor', vendor);

  it('a friend of the vendor charges back a service that was paid out: all of it is the vendor’s debt', async () => {
    const held = await atGateway();
    const owed = await owedTo();
    const { who, id } = await paid();
    await complete(id);
    expect((await owedTo()) - owed).toBeCloseTo(earningsOf(massagePrice, commissionRate).vendor, 2);
    expect(await chargeBack(id)).toBe('chargeback lost');
    expect(await atGateway()).toBeCloseTo(held, 2);
    expect(await owedTo()).toBeCloseTo(owed, 2);
    expect([await walletOf(who), await pointsOf(who)]).toEqual([0, 0]);
  });

  it('a friend cancels late, so that the vendor has the fee, and charges all of it back: the vendor has nothing', async () => {
    const held = await atGateway();
    const owed = await owedTo();
    const { who, id } = await paid(inHours(2));
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'A change of plans' });
    expect(await owedTo()).toBeGreaterThan(owed);
    // What is on its way back to the customer is no longer there to be charged back: the rest is.
    const [refund] = (
      await market.owner.query('select id, refund_amount from refunds where booking_id = $1', [id])
    ).rows;
    await market.call('finance', 'record_refund_paid', { refund_id: refund.id, reference: 'UTR' });
    expect(await chargeBack(id)).toBe('chargeback lost');
    expect(await atGateway()).toBeCloseTo(held, 2);
    expect(await owedTo()).toBeLessThanOrEqual(owed);
  });
});
