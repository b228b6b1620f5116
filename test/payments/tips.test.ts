import { randomUUID } from 'node:crypto';
import { personas } from '../../src/demo/personas.ts';
import { makeSteps, price } from '../booking/steps.ts';
import { codeOf } from '../db/attempt.ts';
import {
  beautician,
  claimsFor,
  facial,
  idFor,
  type Row,
  therapist,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { makeMoneySteps } from './money-steps.ts';
import { type GatewayTest, openGateway } from './support.ts';

let gateway: GatewayTest;
const market = () => gateway.market;
const { freeHour, assigned, paid, complete, serve, balance, walletOf } = makeSteps(market);
const { toldOf, captured, refund, refundEnds, stateOf } = makeMoneySteps(() => gateway);

/** Rupees of the tips here. */
const tip = 200;
const [least, most] = [10, 5_000];
const paisa = 0.01;

beforeAll(async () => {
  gateway = await openGateway();
});

afterAll(async () => {
  await gateway?.close();
});

afterEach(async () => {
  expect(await market().imbalances()).toEqual([]);
});

const tipArguments = (id: unknown, more: Record<string, unknown> = {}) => ({
  booking_id: id,
  amount: tip,
  payment_method: 'upi',
  payment_gateway: 'razorpay',
  idempotency_key: randomUUID(),
  ...more,
});
const addTip = (who: Who, id: unknown, more: Record<string, unknown> = {}): Promise<Row> =>
  market().call(who, 'add_tip', tipArguments(id, more));
const tipEnds = (who: Who, id: unknown, more: Record<string, unknown> = {}) =>
  market().ends(who, 'add_tip', tipArguments(id, more));

async function completed() {
  const made = await paid();
  await complete(made.id);
  return made;
}

async function tipped() {
  const made = await completed();
  const payment = await addTip(made.who, made.id);
  expect(await captured(payment)).toBe('200 received');
  return { ...made, payment };
}

/** What the vendor and the provider have of a booking's tips. */
const heldOf = (id: unknown) =>
  market().one(
    `select
      (select coalesce(sum(amount), 0)::float from vendor_credits where booking_id = $1 and kind = 'tip') as vendor,
      (select sum(tips_amount)::float from (
        select tips_amount, booking_id, status from therapist_assignments
        union all select tips_amount, booking_id, status from beautician_assignments) a
      where booking_id = $1 and status = 'completed') as provider`,
    [id],
  );

const rowsFor = (who: Who, sql: string, values: readonly unknown[] = []): Promise<Row[]> =>
  market().database.asUser(
    claimsFor(who),
    async (client) => (await client.query(sql, [...values])).rows,
  );

describe('a tip', () => {
  it('is for the provider who served, all of it: no commission, no GST, and no part of what the booking costs', async () => {
    const { who, id } = await completed();
    const accounts = async () => ({
      vendor: await balance('vendor', vendor),
      commission: await balance('commission'),
      gst: await balance('gst'),
      booking: await balance('booking', id),
    });
    const bookingSays = () =>
      market().one(
        `select app_private.amount_paid(id)::float as paid, payment_status,
          app_private.amount_due(id)::float as due from bookings where id = $1`,
        [id],
      );
    const [before, saidBefore] = [await accounts(), await bookingSays()];
    const payment = await addTip(who, id);
    expect(payment).toMatchObject({
      purpose: 'tip',
      status: 'pending',
      total_amount: tip.toFixed(2),
      booking_id: null,
      vendor_id: null,
    });
    expect(await heldOf(id)).toEqual({ vendor: 0, provider: 0 });
    expect(await captured(payment)).toBe('200 received');
    expect(await accounts()).toEqual({ ...before, vendor: before.vendor + tip });
    expect(await bookingSays()).toEqual(saidBefore);
    expect(await heldOf(id)).toEqual({ vendor: tip, provider: tip });
    expect(await stateOf(payment)).toEqual({
      status: 'success',
      paid: tip,
      refunded: 0,
      refunds: [],
      unused: 0,
    });
  });

  it('is told to the provider, the customer and the vendor, who see it; before it arrives only the customer does', async () => {
    const { who, id } = await completed();
    const payment = await addTip(who, id);
    const sees = async () => ({
      customer: await rowsFor(who, 'select amount::float from tips where booking_id = $1', [id]),
      therapist: await rowsFor(
        'therapist',
        'select amount::float from tips where booking_id = $1',
        [id],
      ),
      vendor: await rowsFor('accountant', 'select amount::float from tips where booking_id = $1', [
        id,
      ]),
      others: await rowsFor('therapist2', 'select amount::float from tips where booking_id = $1', [
        id,
      ]),
    });
    const seen = [{ amount: tip }];
    expect(await sees()).toEqual({ customer: seen, therapist: [], vendor: [], others: [] });
    expect(await captured(payment)).toBe('200 received');
    expect(await sees()).toEqual({ customer: seen, therapist: seen, vendor: seen, others: [] });
    const { rows } = await market().owner.query(
      `select n.user_id, n.title from notifications n
      where n.type = 'tip_received' and n.data ->> 'bookingId' = $1 order by n.title, n.user_id`,
      [id],
    );
    const told = new Map(rows.map(({ user_id, title }) => [user_id, title]));
    expect(told.get(idFor('therapist'))).toBe('You received a tip of ₹200.00');
    expect(told.get(who.sub)).toBe('Your tip of ₹200.00 has arrived');
    expect(told.get(idFor('vendor'))).toBe('A tip of ₹200.00 for therapist');
  });

  it('of a beautician is in the beautician’s figures, which counting again leaves as they are', async () => {
    const who = await market().newCustomer();
    const { id } = await market().book(who, {
      startsAt: freeHour(),
      provider: beautician,
      services: [facial],
    });
    await market().call('vendor', 'assign_beautician', {
      booking_id: id,
      beautician_id: beautician,
    });
    const { due } = await market().one('select app_private.amount_due($1)::float as due', [id]);
    await serve('beautician', id, Number(due));
    const figures = async () => {
      await market().owner.query('select app_private.refresh_performance(100)');
      return market().one(
        `select sum(total_tips)::float as tips, sum(total_earnings)::float as earnings
        from beautician_performance where beautician_id = $1`,
        [beautician],
      );
    };
    await market().owner.query('select app_private.recount_performance()');
    const before = await figures();
    expect(await captured(await addTip(who, id))).toBe('200 received');
    const after = await figures();
    expect(after).toEqual({ ...before, tips: Number(before.tips) + tip });
    await market().owner.query('select app_private.recount_performance()');
    expect(await figures()).toEqual(after);
  });

  it('is paid out with the earnings of its booking: of a service without the code a week later', async () => {
    const unattested = await assigned();
    await market().call('therapist', 'acknowledge_assignment', { booking_id: unattested.id });
    await market().bringToStart(unattested.id);
    await market().call('vendor', 'start_service', {
      booking_id: unattested.id,
      reason: 'No code',
    });
    await market().shift(unattested.id, '-1 hour');
    await market().call('therapist', 'complete_service', {
      booking_id: unattested.id,
      cash_collected: price,
    });
    expect(await captured(await addTip(unattested.who, unattested.id))).toBe('200 received');
    const usual = await tipped();
    // As if all that is due at once had become due last week, and what waits a week had waited since.
    await market().owner.query(
      `update commission_records set created_at = created_at - interval '10 days',
        payable_from = payable_from - interval '7 days';
      update commission_records set payable_from = payable_from - interval '3 days'
      where booking_id = '${usual.id}';
      update vendor_credits set created_at = created_at - interval '10 days'`,
    );
    const { monday } = await market().one(
      `select (date_trunc('week', app_private.today())::date - 7)::text as monday`,
    );
    await market().call('finance', 'run_payouts', { week_start: monday });
    const isPaidOut = async (id: unknown) =>
      (
        await market().one(
          `select payout_id is not null as is_paid from vendor_credits where booking_id = $1 and kind = 'tip'`,
          [id],
        )
      ).is_paid;
    expect(await isPaidOut(usual.id)).toBe(true);
    expect(await isPaidOut(unattested.id)).toBe(false);
    // A tip that was paid out and is refunded then is owed by the vendor.
    const before = await balance('vendor', vendor);
    await refund(usual.payment, tip);
    expect(await balance('vendor', vendor)).toBe(before - tip);
  });

  it('stays when the booking is refunded in part', async () => {
    const { id } = await tipped();
    await market().call('finance', 'refund_booking', {
      booking_id: id,
      amount: price / 2,
      reason: 'The room was cold',
      borne_by: 'vendor',
      idempotency_key: randomUUID(),
    });
    expect(await heldOf(id)).toEqual({ vendor: tip, provider: tip });
    expect(
      await market().one(
        'select payment_status, refunded_amount::float as refunded from bookings where id = $1',
        [id],
      ),
    ).toMatchObject({ refunded: price / 2 });
  });
});

describe('what the gateway reports', () => {
  it('twice and at once is credited once', async () => {
    const { who, id } = await completed();
    const payment = await addTip(who, id);
    const told = toldOf(payment);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => gateway.tell('payment.captured', told)),
    );
    expect(answers.map(([, outcome]) => outcome).sort()).toEqual([
      ...Array(9).fill('nothing new'),
      'received',
    ]);
    expect(await heldOf(id)).toEqual({ vendor: tip, provider: tip });
  });

  it('of a payment that had failed is credited all the same', async () => {
    const { who, id } = await completed();
    const payment = await addTip(who, id);
    expect(await gateway.tell('payment.failed', toldOf(payment))).toEqual([200, 'failed']);
    expect(await heldOf(id)).toEqual({ vendor: 0, provider: 0 });
    expect(await captured(payment)).toBe('200 received');
    expect(await heldOf(id)).toEqual({ vendor: tip, provider: tip });
  });

  it.each([
    ['more than was asked for: the rest goes back', tip + 50, 'returned', tip, ['pending 50']],
    ['less than was asked for: that is the tip', tip - 50, 'received', tip - 50, []],
  ])('%s', async (_name, amount, outcome, kept, refunds) => {
    const { who, id } = await completed();
    const payment = await addTip(who, id);
    expect(await captured(payment, { paise: amount * 100 })).toBe(`200 ${outcome}`);
    expect(await heldOf(id)).toEqual({ vendor: kept, provider: kept });
    expect(await stateOf(payment)).toMatchObject({ paid: amount, refunds, unused: amount - kept });
  });

  it('for a booking that has a tip goes back: two payments that were started, and one that was paid twice', async () => {
    const { who, id } = await completed();
    const [first, second] = [await addTip(who, id), await addTip(who, id)];
    const answers = await Promise.all([captured(first), captured(second)]);
    expect(answers.sort()).toEqual(['200 received', '200 returned']);
    expect(await captured(first, { payment: 'pay_a_second_time' })).toBe('200 returned');
    expect(await heldOf(id)).toEqual({ vendor: tip, provider: tip });
    const { rows } = await market().owner.query(
      `select p.total_amount::float as paid, r.refund_amount::float as back
      from payments p left join refunds r on r.payment_id = p.id
      where p.customer_id = $1 and p.purpose = 'tip' order by 2 nulls first`,
      [who.sub],
    );
    expect(rows).toEqual([
      { paid: tip, back: null },
      { paid: tip, back: tip },
      { paid: tip, back: tip },
    ]);
  });

  it('goes back where the booking was refunded in full meanwhile', async () => {
    const { who, id } = await completed();
    const payment = await addTip(who, id);
    await market().call('finance', 'refund_booking', {
      booking_id: id,
      amount: price,
      reason: 'No one came',
      borne_by: 'vendor',
      idempotency_key: randomUUID(),
    });
    expect(await tipEnds(who, id)).toBe('OB030');
    const told = toldOf(payment);
    expect(await gateway.tell('payment.captured', told)).toEqual([200, 'returned']);
    expect(await heldOf(id)).toEqual({ vendor: 0, provider: 0 });
    expect(await stateOf(payment)).toMatchObject({ refunds: [`pending ${tip}`], unused: tip });
    const refunded = { ...told, refund: { id: 'rfnd_of_a_returned_tip', paise: tip * 100 } };
    expect(await gateway.tell('refund.processed', refunded)).toEqual([200, 'refunded']);
    expect(await stateOf(payment)).toMatchObject({ refunds: [`completed ${tip}`], unused: 0 });
  });
});

describe('a tip that is refunded', () => {
  it('by finance is taken back from the vendor and the provider’s figures, in parts, and never more than it was', async () => {
    const { id, payment } = await tipped();
    const before = await balance('vendor', vendor);
    await refund(payment, 50);
    expect(await heldOf(id)).toEqual({ vendor: tip - 50, provider: tip - 50 });
    expect(await refundEnds(payment, tip - 50 + paisa)).toBe('OB068');
    const last = await refund(payment, tip - 50);
    expect(await heldOf(id)).toEqual({ vendor: 0, provider: 0 });
    expect(await balance('vendor', vendor)).toBe(before - tip);
    expect(await refundEnds(payment, paisa)).toBe('OB068');
    // One that did not arrive is made again, without taking it twice.
    await market().call('finance', 'record_refund_failed', { refund_id: last.id });
    await refund(payment, tip - 50);
    expect(await heldOf(id)).toEqual({ vendor: 0, provider: 0 });
    expect(await balance('vendor', vendor)).toBe(before - tip);
  });

  it('at the gateway itself is taken back, too, and the customer is told', async () => {
    const { who, id } = await completed();
    const payment = await addTip(who, id);
    const told = toldOf(payment);
    expect(await gateway.tell('payment.captured', told)).toEqual([200, 'received']);
    const refunded = { ...told, refund: { id: 'rfnd_elsewhere', paise: 15_000 } };
    expect(await gateway.tell('refund.processed', refunded)).toEqual([200, 'refunded']);
    expect(await gateway.tell('refund.processed', refunded)).toEqual([200, 'nothing new']);
    expect(await heldOf(id)).toEqual({ vendor: tip - 150, provider: tip - 150 });
    expect(await stateOf(payment)).toMatchObject({
      status: 'partially_refunded',
      refunds: ['completed 150'],
      unused: 0,
    });
    expect(
      await market().one(
        `select title from notifications where user_id = $1 and type = 'payment_refunded'`,
        [who.sub],
      ),
    ).toEqual({ title: 'We have refunded ₹150.00' });
  });

  it('by our refund of less than the gateway sent back is taken back in full', async () => {
    const { who, id } = await completed();
    const payment = await addTip(who, id);
    const told = toldOf(payment);
    await gateway.tell('payment.captured', told);
    const ours = await refund(payment, 50);
    expect(
      await gateway.tell('refund.processed', {
        ...told,
        refund: { id: 'rfnd_more_than_ours', paise: 12_000, ours: ours.id },
      }),
    ).toEqual([200, 'refunded']);
    expect(await heldOf(id)).toEqual({ vendor: tip - 120, provider: tip - 120 });
    expect(await stateOf(payment)).toMatchObject({ refunded: 120, unused: 0 });
  });

  it('is refunded by finance alone, and by no one of the business', async () => {
    const { payment } = await tipped();
    expect(await refundEnds(payment, tip, 'customer_care')).toBe('OB002');
    expect(await refundEnds(payment, tip, 'vendor')).toBe('42501');
    expect(await refundEnds(payment, tip)).toBe('ok');
  });
});

describe('a tip from the wallet', () => {
  const walletTip = (id: unknown, more: Record<string, unknown> = {}) => ({
    booking_id: id,
    amount: tip,
    idempotency_key: randomUUID(),
    ...more,
  });
  const tipFromWallet = (who: Who, id: unknown, more: Record<string, unknown> = {}): Promise<Row> =>
    market().call(who, 'tip_from_wallet', walletTip(id, more));
  const walletTipEnds = (who: Who, id: unknown, more: Record<string, unknown> = {}) =>
    market().ends(who, 'tip_from_wallet', walletTip(id, more));
  const reward = (who: { readonly sub: string }, rupees: number) =>
    market().owner.query(
      `select app_private.move_wallet($1, 'bonus', $2, 'rewards', null, null, null, 'A reward')`,
      [who.sub, rupees],
    );
  const movementsNotExplained = async () =>
    (await market().owner.query('select * from app_private.unexplained_movements()')).rows;

  it('is the provider’s at once, out of money and not out of rewards', async () => {
    const { who, id } = await completed();
    await reward(who, 500);
    expect(await walletTipEnds(who, id)).toBe('OB063');
    await market().fillWallet(who, tip - paisa);
    expect(await walletTipEnds(who, id)).toBe('OB063');
    await market().fillWallet(who, 100 + paisa);
    const before = { vendor: await balance('vendor', vendor), gateway: await balance('gateway') };
    const payment = await tipFromWallet(who, id);
    expect(payment).toMatchObject({ purpose: 'tip', status: 'success', payment_method: 'wallet' });
    expect(await heldOf(id)).toEqual({ vendor: tip, provider: tip });
    expect(await balance('vendor', vendor)).toBe(before.vendor + tip);
    expect(await balance('gateway')).toBe(before.gateway);
    expect(await walletOf(who)).toBe(600);
    expect(
      await market().one('select app_private.withdrawable_balance($1)::float as money', [who.sub]),
    ).toEqual({ money: 100 });
    expect(await walletTipEnds(who, id)).toBe('OB030');
    expect(await tipEnds(who, id)).toBe('OB030');
    expect(await movementsNotExplained()).toEqual([]);
  });

  it('goes back into the wallet, as money, when finance refunds it', async () => {
    const { who, id } = await completed();
    await market().fillWallet(who, tip);
    const payment = await tipFromWallet(who, id);
    expect(await walletOf(who)).toBe(0);
    await refund(payment, 50);
    expect(await heldOf(id)).toEqual({ vendor: tip - 50, provider: tip - 50 });
    expect(await stateOf(payment)).toMatchObject({
      status: 'partially_refunded',
      refunds: ['completed 50'],
      unused: 0,
    });
    expect(await refundEnds(payment, tip - 50 + paisa)).toBe('OB068');
    await refund(payment, tip - 50);
    expect(await walletOf(who)).toBe(tip);
    expect(
      await market().one('select app_private.withdrawable_balance($1)::float as money', [who.sub]),
    ).toEqual({ money: tip });
    expect(await movementsNotExplained()).toEqual([]);
  });

  it('is given once, however often and at once it is asked for', async () => {
    const { who, id } = await completed();
    await market().fillWallet(who, 3 * tip);
    const idempotency_key = randomUUID();
    const payments = await Promise.all(
      Array.from({ length: 5 }, () => tipFromWallet(who, id, { idempotency_key })),
    );
    expect(new Set(payments.map(({ id: payment }) => payment)).size).toBe(1);
    expect(await walletTipEnds(who, id, { idempotency_key, amount: tip + 1 })).toBe('OB066');
    const others = await Promise.all(Array.from({ length: 5 }, () => walletTipEnds(who, id)));
    expect(others).toEqual(Array(5).fill('OB030'));
    expect(await walletOf(who)).toBe(2 * tip);
  });

  it('is refused as one through a gateway is: amount, booking of others, own business', async () => {
    const { who, id } = await completed();
    await market().fillWallet(who, 2 * most);
    const stranger = await market().newCustomer();
    expect([
      await walletTipEnds(stranger, id),
      await walletTipEnds('visitor', id),
      await walletTipEnds(who, id, { amount: least - paisa }),
      await walletTipEnds(who, id, { amount: most + paisa }),
      await walletTipEnds(who, id, { amount: 'NaN' }),
      await walletTipEnds(who, id, { idempotency_key: null }),
    ]).toEqual(['OB003', '42501', ...Array(4).fill('OB020')]);
    await market().owner.query(
      `update user_profiles set date_of_birth = '1990-01-01' where id = $1`,
      [idFor('receptionist')],
    );
    const own = await market().book('receptionist', { startsAt: freeHour(), provider: therapist });
    await complete(own.id, price);
    await market().fillWallet('receptionist', tip);
    expect(await walletTipEnds('receptionist', own.id)).toBe('OB031');
    expect(await walletTipEnds(who, id)).toBe('ok');
  });

  it('comes before one that a gateway reports later, which goes back', async () => {
    const { who, id } = await completed();
    const started = await addTip(who, id);
    await market().fillWallet(who, tip);
    await tipFromWallet(who, id);
    expect(await captured(started)).toBe('200 returned');
    expect(await heldOf(id)).toEqual({ vendor: tip, provider: tip });
  });
});

describe('a tip is started', () => {
  it('by the customer of the booking, for ₹10 to ₹5,000, through a gateway', async () => {
    const { who, id } = await completed();
    const stranger = await market().newCustomer();
    const refused = [
      await tipEnds(stranger, id),
      await tipEnds('visitor', id),
      await tipEnds(who, id, { amount: least - paisa }),
      await tipEnds(who, id, { amount: most + paisa }),
      await tipEnds(who, id, { amount: null }),
      await tipEnds(who, id, { amount: 'NaN' }),
      await tipEnds(who, id, { amount: -tip }),
      await tipEnds(who, id, { payment_gateway: null }),
      await tipEnds(who, id, { idempotency_key: null }),
    ];
    expect(refused).toEqual(['OB003', '42501', ...Array(7).fill('OB020')]);
    expect(await tipEnds(who, id, { amount: least })).toBe('ok');
    expect(await tipEnds(who, id, { amount: most })).toBe('ok');
  });

  it('once for one key, also at once; the key of another request is refused', async () => {
    const { who, id } = await completed();
    const idempotency_key = randomUUID();
    const payments = await Promise.all(
      Array.from({ length: 5 }, () => addTip(who, id, { idempotency_key })),
    );
    expect(new Set(payments.map(({ id: payment }) => payment)).size).toBe(1);
    expect(
      await market().one(`select count(*)::integer from tips where booking_id = $1`, [id]),
    ).toEqual({ count: 1 });
    expect(await tipEnds(who, id, { idempotency_key, amount: tip + 1 })).toBe('OB066');
  });

  it('after the service is completed, and not for what was not performed', async () => {
    const { who, id } = await assigned();
    expect(await tipEnds(who, id)).toBe('OB030');
    await market().call('therapist', 'acknowledge_assignment', { booking_id: id });
    await serve('therapist', id, price);
    expect(await tipEnds(who, id)).toBe('ok');
    const cancelled = await paid();
    await market().call(cancelled.who, 'cancel_booking', {
      booking_id: cancelled.id,
      reason: 'Rain',
    });
    expect(await tipEnds(cancelled.who, cancelled.id)).toBe('OB030');
  });

  it('not a second time', async () => {
    const { who, id } = await tipped();
    expect(await tipEnds(who, id)).toBe('OB030');
  });
});

describe('tricks with tips', () => {
  /** Only time produces it. */
  const endedAgo = (id: unknown, interval: string) =>
    market().owner.query(
      `update therapist_assignments set actual_end_time = now() - $2::interval,
        actual_start_time = now() - $2::interval - interval '1 hour'
      where booking_id = $1 and status = 'completed'`,
      [id, interval],
    );

  it('a tip 7 days after the service is too late', async () => {
    const { who, id } = await completed();
    await endedAgo(id, '7 days 1 minute');
    expect(await tipEnds(who, id)).toBe('OB044');
    await endedAgo(id, '6 days 23 hours 59 minutes');
    expect(await tipEnds(who, id)).toBe('ok');
  });

  it('no one tips with points, rewards or the wallet', async () => {
    const { who, id } = await completed();
    await market().fillWallet(who, 1_000);
    const ends = [];
    for (const payment_method of ['points', 'wallet', 'cash', null]) {
      ends.push(await tipEnds(who, id, { payment_method }));
    }
    expect(ends).toEqual(Array(4).fill('OB020'));
    expect(await tipEnds(who, id)).toBe('ok');
  });

  it('an owner, a member of the staff or a provider tips no one of their own business', async () => {
    for (const who of ['vendor', 'receptionist', 'therapist2'] as const) {
      await market().owner.query(
        `update user_profiles set date_of_birth = '1990-01-01' where id = $1`,
        [idFor(who)],
      );
      const { id } = await market().book(who, { startsAt: freeHour(), provider: therapist });
      await complete(id, price);
      expect([who, await tipEnds(who, id)]).toEqual([who, 'OB031']);
    }
    const { who, id } = await completed();
    expect(await tipEnds(who, id)).toBe('ok');
  });

  it('a booking whose amount is in dispute is not tipped until that is settled', async () => {
    const { who, id } = await paid();
    await market().call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist });
    await market().call('therapist', 'acknowledge_assignment', { booking_id: id });
    await market().bringToStart(id);
    await market().startService('therapist', id);
    await market().call('therapist', 'end_service_early', {
      booking_id: id,
      reason: 'Unwell',
      amount: price / 2,
    });
    expect(await tipEnds(who, id)).toBe('OB030');
    await market().call(who, 'agree_on_amount', { booking_id: id, expected_amount: price / 2 });
    expect(await tipEnds(who, id)).toBe('ok');
  });

  it('a booking of the desk is tipped at the desk, also once it is claimed', async () => {
    const { id, booking_number } = await market().call('vendor', 'book_at_desk', {
      vendor_id: vendor,
      guest_name: 'Asha',
      guest_mobile: personas.customer.phone,
      starts_at: freeHour(),
      provider_id: therapist,
      service_ids: [facial],
      idempotency_key: randomUUID(),
    });
    await market().call('customer', 'claim_booking', { booking_number });
    const { due } = await market().one('select app_private.amount_due($1)::float as due', [id]);
    await market().call('therapist', 'acknowledge_assignment', { booking_id: id });
    await serve('therapist', id, Number(due));
    expect(await tipEnds('customer', id)).toBe('OB030');
    const { who, id: other } = await completed();
    expect(await tipEnds(who, other)).toBe('ok');
  });

  it('no row of a tip is written by hand', async () => {
    const { who, id } = await tipped();
    const denied = await rowsFor(who, 'update tips set amount = 1 where booking_id = $1', [
      id,
    ]).then(() => 'ok', codeOf);
    expect(denied).toBe('42501');
    expect(
      await rowsFor(who, 'select amount::float from tips where booking_id = $1', [id]),
    ).toEqual([{ amount: tip }]);
  });
});
