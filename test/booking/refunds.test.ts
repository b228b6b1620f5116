import { randomUUID } from 'node:crypto';
import {
  commissionRate,
  idFor,
  inHours,
  localTime,
  type Market,
  massagePrice,
  openMarket,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import {
  chargeGst,
  earningsOf,
  moveCharge,
  pointsFor,
  points as pointTerms,
  referralReward,
  rupees,
  serviceCharge,
  sum,
} from '../fixtures/terms.ts';
import { makeSteps, price } from './steps.ts';

let market: Market;
const { freeHour, friendOf, paid, tell, start, complete, serve, balance, walletOf, pointsOf } =
  makeSteps(() => market);

const { commission, tds, tcs, vendor: earned } = earningsOf(massagePrice, commissionRate);
const points = pointsFor(price);
const paisa = 0.01;

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
});

const refundArguments = (id: unknown, amount: number, more: Record<string, unknown> = {}) => ({
  booking_id: id,
  amount,
  reason: 'The room was cold',
  borne_by: 'vendor',
  idempotency_key: randomUUID(),
  ...more,
});
const refund = (id: unknown, amount: number, more: Record<string, unknown> = {}) =>
  market.call('finance', 'refund_booking', refundArguments(id, amount, more));
const refundEnds = (who: Who, id: unknown, amount: number, more: Record<string, unknown> = {}) =>
  market.ends(who, 'refund_booking', refundArguments(id, amount, more));
const stateOf = (id: unknown) =>
  market.one(
    `select b.payment_status, app_private.amount_due(b.id)::float as due, b.refunded_amount::float as refunded
    from bookings b where b.id = $1`,
    [id],
  );
const accounts = async () => ({
  vendor: await balance('vendor', vendor),
  commission: await balance('commission'),
  gst: await balance('gst'),
  charge: await balance('charge'),
  tds: await balance('tds'),
  tcs: await balance('tcs'),
});
type Accounts = Awaited<ReturnType<typeof accounts>>;
function changes(before: Accounts, after: Accounts): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [
      name,
      Math.round((value - before[name as keyof Accounts]) * 100) / 100,
    ]),
  );
}

async function completed() {
  const made = await paid();
  await complete(made.id);
  return made;
}

/** A completed booking that was paid from the wallet, so that what goes back is there at once. */
async function completedFromWallet(who?: { readonly sub: string }) {
  const customer = who ?? (await market.newCustomer());
  await market.fillWallet(customer, price);
  const { id } = await market.book(
    customer,
    { startsAt: freeHour() },
    { payment: null, wallet: price },
  );
  await complete(id);
  return { who: customer, id };
}

describe('refunding a completed booking', () => {
  it('in full takes back commission, taxes, points, tier and totals, and nothing becomes due again', async () => {
    await market.owner.query(
      `update system_settings set value = '1000' where key = 'loyalty.tier_gold'`,
    );
    const before = await accounts();
    const { who, id } = await completed();
    const customer = () =>
      market.one(
        `select loyalty_points, total_spent::float as spent, membership_tier as tier from customers where id = $1`,
        [who.sub],
      );
    expect(await customer()).toEqual({ loyalty_points: points, spent: price, tier: 'gold' });
    const decision = await refund(id, price);
    expect(decision).toMatchObject({
      gst_amount: rupees(chargeGst()),
      charge_amount: rupees(serviceCharge),
      commission_amount: rupees(commission),
      tds_amount: rupees(tds),
      tcs_amount: rupees(tcs),
      vendor_amount: rupees(earned),
      platform_amount: rupees(0),
      points_taken: points,
    });
    expect(changes(before, await accounts())).toEqual({
      vendor: 0,
      commission: 0,
      gst: 0,
      charge: 0,
      tds: 0,
      tcs: 0,
    });
    expect(await customer()).toEqual({ loyalty_points: 0, spent: 0, tier: 'silver' });
    expect(await stateOf(id)).toEqual({ payment_status: 'refunded', due: 0, refunded: price });
    // What used to be collected a second time, into no account.
    await market.fillWallet(who, price);
    expect(
      await market.ends(who, 'pay_from_wallet', { booking_id: id, idempotency_key: randomUUID() }),
    ).toBe('OB030');
    expect(
      await market.one(
        `select platform_earning::float as platform, therapist_earning::float as provider,
          commission_amount::float as commission from commission_records where booking_id = $1`,
        [id],
      ),
    ).toEqual({ platform: 0, provider: 0, commission });
    await market.owner.query(
      `update system_settings set value = '25000' where key = 'loyalty.tier_gold'`,
    );
  });

  it.each([
    ['vendor', earned / 2, 0],
    ['platform', 0, earned / 2],
    ['shared', earned / 4, earned / 4],
  ])('in half, borne by %s: half of commission, charge and taxes is taken back from each, and they bear the rest', async (bearer, ofVendor, ofPlatform) => {
    const { who, id } = await completed();
    const before = await accounts();
    await refund(id, price / 2, { borne_by: bearer });
    const after = changes(before, await accounts());
    expect(after.vendor).toBeCloseTo(-ofVendor, 1);
    expect(after.commission).toBeCloseTo(-commission / 2 - ofPlatform, 1);
    expect(after.gst).toBeCloseTo(-chargeGst() / 2, 1);
    expect(after.charge).toBeCloseTo(-serviceCharge / 2, 1);
    expect(Object.values(after).reduce((sum, amount) => sum + amount, 0)).toBeCloseTo(
      -price / 2,
      10,
    );
    expect(await stateOf(id)).toEqual({ payment_status: 'paid', due: 0, refunded: price / 2 });
    expect(await pointsOf(who)).toBe(Math.floor(points / 2));
  });

  it('in many parts takes back what the whole takes back, to the paisa', async () => {
    const before = await accounts();
    const { who, id } = await completedFromWallet();
    const parts = [paisa, paisa, 333.33, 3 * paisa, 600, 100];
    for (const part of [...parts, sum(price, -sum(...parts))]) {
      await refund(id, part, { borne_by: 'vendor' });
      expect((await stateOf(id)).due).toBe(0);
    }
    expect(changes(before, await accounts())).toEqual({
      vendor: 0,
      commission: 0,
      gst: 0,
      charge: 0,
      tds: 0,
      tcs: 0,
    });
    expect(await walletOf(who)).toBe(price);
    expect(await refundEnds('finance', id, paisa)).toBe('OB068');
  });

  it('never exceeds what was paid, needs a reason and finance, and happens once for a key', async () => {
    const { id } = await completedFromWallet();
    const [key, part] = [randomUUID(), 100];
    expect([
      await refundEnds('customer_care', id, 1),
      await refundEnds('accountant', id, 1),
      await refundEnds('finance', id, price + paisa),
      await refundEnds('finance', id, 0),
      await refundEnds('finance', id, -1),
      await refundEnds('finance', id, 1, { reason: ' ' }),
      await refundEnds('finance', id, 1, { borne_by: 'nobody' }),
      await refundEnds('finance', id, 1, { borne_by: null }),
      await refundEnds('finance', id, 1, { idempotency_key: null }),
      await refundEnds('finance', randomUUID(), 1),
      await refundEnds('finance', id, part, { idempotency_key: key }),
      await refundEnds('finance', id, part, { idempotency_key: key }),
      await refundEnds('finance', id, 2 * part, { idempotency_key: key }),
      await refundEnds('finance', id, price - part, { borne_by: 'platform' }),
    ]).toEqual([
      'OB002',
      '42501',
      'OB068',
      'OB020',
      'OB020',
      'OB036',
      'OB020',
      'OB020',
      'OB020',
      'OB003',
      'ok',
      'ok',
      'OB066',
      'ok',
    ]);
  });

  it('is possible for completed bookings only, and not for one’s own', async () => {
    const { id } = await paid();
    expect(await refundEnds('finance', id, 1)).toBe('OB030');
    await complete(id);
    await market.owner.query(
      `insert into vendor_staff (vendor_id, user_id, name, role, mobile)
      values ($1, $2, 'Both', 'accountant', '+919876543298')`,
      [vendor, idFor('finance')],
    );
    expect(await refundEnds('finance', id, 1)).toBe('OB031');
    await market.owner.query('delete from vendor_staff where user_id = $1', [idFor('finance')]);
    expect(await refundEnds('finance', id, 1)).toBe('ok');
  });

  it('is not possible by refund_payment, which only repeats a refund that failed', async () => {
    const { id } = await completed();
    const { id: paymentId } = await market.one('select id from payments where booking_id = $1', [
      id,
    ]);
    const again = (amount: number) =>
      market.ends('finance', 'refund_payment', {
        payment_id: paymentId,
        amount,
        reason: 'Again',
        idempotency_key: randomUUID(),
      });
    const part = 100;
    expect(await again(part)).toBe('OB030');
    await refund(id, part);
    expect(await again(1)).toBe('OB030');
    const { id: refundId } = await market.one('select id from refunds where booking_id = $1', [id]);
    await market.call('finance', 'record_refund_failed', { refund_id: refundId });
    expect([await again(part + paisa), await again(part), await again(paisa)]).toEqual([
      'OB030',
      'ok',
      'OB030',
    ]);
  });

  it('does not return what moving cost', async () => {
    const { who, id } = await paid(inHours(20));
    await market.call(who, 'reschedule_booking', { booking_id: id, ...localTime(freeHour()) });
    await market.fillWallet(who, moveCharge);
    await market.call(who, 'pay_from_wallet', { booking_id: id, idempotency_key: randomUUID() });
    await complete(id);
    expect(await refundEnds('finance', id, price + 1)).toBe('OB068');
    await refund(id, price);
    expect(await stateOf(id)).toEqual({ payment_status: 'paid', due: 0, refunded: price });
  });
});

describe('rewards that are spent already when a booking is refunded', () => {
  it('the value of spent points is deducted from the refund', async () => {
    const { who, id } = await completed();
    const spent = 3;
    const other = await market.book(
      who,
      { startsAt: freeHour() },
      { payment: 'cash', points: spent },
    );
    const decision = await refund(id, price);
    expect(decision).toMatchObject({
      points_taken: points,
      points_deducted: rupees(spent * pointTerms.value),
    });
    expect(await pointsOf(who)).toBe(0);
    expect(
      await market.one(
        'select sum(refund_amount)::float as back from refunds where booking_id = $1',
        [id],
      ),
    ).toEqual({ back: price - spent * pointTerms.value });
    await market.call(who, 'cancel_booking', { booking_id: other.id, reason: 'Rain' });
    // Those come back with their own booking, and are worth what was kept back.
    expect(await pointsOf(who)).toBe(spent);
  });

  it('both rewards of a referral are deducted, from the refund where they are spent', async () => {
    const reward = referralReward(price, massagePrice, commissionRate);
    const referrer = await market.newCustomer();
    const friend = await friendOf(referrer);
    const { id } = await completedFromWallet(friend);
    expect([await walletOf(referrer), await walletOf(friend)]).toEqual([reward, reward]);
    // The referrer spends a part of it; the friend all.
    const spent = 50;
    await market.book(referrer, { startsAt: freeHour() }, { wallet: spent });
    await market.book(friend, { startsAt: freeHour() }, { wallet: reward });
    const decision = await refund(id, price);
    expect(decision).toMatchObject({
      referee_reward: rupees(reward),
      referrer_reward: rupees(reward),
      rewards_deducted: rupees(spent + reward),
    });
    expect(await walletOf(referrer)).toBe(0);
    expect(await walletOf(friend)).toBeCloseTo(price - spent - reward, 10);
  });

  it('half of a refund deducts half of the rewards', async () => {
    const referrer = await market.newCustomer();
    const friend = await friendOf(referrer);
    const { id } = await completedFromWallet(friend);
    await refund(id, price / 2);
    expect(await walletOf(referrer)).toBeCloseTo(
      referralReward(price, massagePrice, commissionRate) / 2,
      1,
    );
  });
});

describe('the way of a refund', () => {
  it('is the way of the payment, in proportion', async () => {
    const who = await market.newCustomer();
    const [fromWallet, inPoints] = [500, 100];
    await market.fillWallet(who, fromWallet);
    await market.givePoints(who, inPoints);
    const { id } = await market.book(
      who,
      { startsAt: freeHour() },
      { payment: null, points: inPoints, wallet: fromWallet },
    );
    await tell('payment.captured', await start(who, id));
    await complete(id);
    await refund(id, price / 5);
    const { rows } = await market.owner.query(
      `select refund_method, refund_amount::float as amount from refunds where booking_id = $1 order by 1`,
      [id],
    );
    expect(rows).toEqual([
      { refund_method: 'original', amount: (price - inPoints - fromWallet) / 5 },
      { refund_method: 'points', amount: inPoints / 5 },
      { refund_method: 'wallet', amount: fromWallet / 5 },
    ]);
  });

  it('of a record that is paid out already: a negative balance, which the next payout sets off', async () => {
    const { id } = await completedFromWallet();
    const week = (weeks: number) =>
      market.one(
        `select (date_trunc('week', app_private.today())::date - 7 * $1::int)::text as monday`,
        [weeks],
      );
    const earlier = (weeks: number) =>
      market.owner.query(
        `with c as (update commission_records set created_at = created_at - $1 * interval '7 days',
            payable_from = created_at - $1 * interval '7 days' where payout_id is null)
        update vendor_credits set created_at = created_at - $1 * interval '7 days' where payout_id is null`,
        [weeks],
      );
    await earlier(3);
    const { monday } = await week(3);
    const first = await market.call('finance', 'run_payouts', { week_start: monday });
    await market.call('finance', 'complete_payout', { payout_id: first.id, reference: 'UTR1' });
    expect(await balance('vendor', vendor)).toBe(0);
    await refund(id, price);
    expect(await balance('vendor', vendor)).toBeCloseTo(-earned, 10);
    await earlier(2);
    // Alone it is not paid out; with two more bookings it is set off.
    const second = await week(2);
    expect(
      await market.call('finance', 'run_payouts', { week_start: second.monday }),
    ).toBeUndefined();
    await completedFromWallet();
    await completedFromWallet();
    await earlier(1);
    const third = await week(1);
    const payout = await market.call('finance', 'run_payouts', { week_start: third.monday });
    expect(Number(payout.net_amount)).toBeCloseTo(earned, 10);
    expect(Number(payout.adjustment_amount)).toBeCloseTo(-earned, 10);
  });

  it('that was made at the gateway alone has the same consequences, and the platform bears it', async () => {
    const { who, id } = await completed();
    const payment = await market.one('select * from payments where booking_id = $1', [id]);
    const before = await balance('vendor', vendor);
    await market.owner.query(`select app_private.receive_payment_event('razorpay', $1, $2, $3)`, [
      randomUUID(),
      'refund.processed',
      {
        transactionId: payment.transaction_id,
        paymentReference: payment.gateway_transaction_id,
        amount: payment.total_amount,
        refundReference: 'rfnd_by_hand',
        refundAmount: price,
      },
    ]);
    expect(await balance('vendor', vendor)).toBe(before);
    expect(await pointsOf(who)).toBe(0);
    expect(await stateOf(id)).toEqual({ payment_status: 'refunded', due: 0, refunded: price });
    expect(
      await market.one('select borne_by, decided_by from refund_decisions where booking_id = $1', [
        id,
      ]),
    ).toEqual({ borne_by: 'platform', decided_by: null });
  });

  it('of a booking that was paid in cash is the vendor’s desk, which has the money', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() });
    await market.call('vendor', 'assign_best', { booking_id: id });
    const { sub } = await market.one(
      `select t.user_id as sub from therapist_assignments a join therapists t on t.id = a.therapist_id
      where a.booking_id = $1`,
      [id],
    );
    const provider = { sub: String(sub) };
    await market.call(provider, 'acknowledge_assignment', { booking_id: id });
    await serve(provider, id, price);
    const part = 100;
    const before = await balance('vendor', vendor);
    await refund(id, part);
    const refunds = async () =>
      (
        await market.owner.query(
          `select refund_method as method, refund_amount::float as amount, status
          from refunds where booking_id = $1`,
          [id],
        )
      ).rows;
    expect(await refunds()).toEqual([{ method: 'desk', amount: part, status: 'pending' }]);
    const record = { booking_id: id };
    for (const other of [who, provider, 'vendor2', 'accountant'] as const) {
      expect(await market.ends(other, 'record_desk_refund', record)).not.toBe('ok');
    }
    await market.call('receptionist', 'record_desk_refund', record);
    expect(await refunds()).toEqual([{ method: 'desk', amount: part, status: 'completed' }]);
    expect(await walletOf(who)).toBe(0);
    // The vendor has given back what the customer paid, and the platform its parts of it.
    const { commission_amount, charge_amount, gst_amount, tds_amount, tcs_amount } =
      await market.one('select * from refund_decisions where booking_id = $1', [id]);
    expect(await balance('vendor', vendor)).toBeCloseTo(
      sum(
        before,
        ...[commission_amount, charge_amount, gst_amount, tds_amount, tcs_amount].map(Number),
      ),
      2,
    );
    expect(await market.ends('receptionist', 'record_desk_refund', record)).toBe('OB030');
  });
});
