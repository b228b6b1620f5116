import { randomUUID } from 'node:crypto';
import { withClient } from '../../src/lib/postgres.ts';
import { makeSteps, price } from '../booking/steps.ts';
import type { Row, Who } from '../fixtures/market.ts';
import { makeMoneySteps } from './money-steps.ts';
import { type GatewayTest, openGateway } from './support.ts';

let gateway: GatewayTest;
const market = () => gateway.market;
const { balance, freeHour, walletOf } = makeSteps(market);
const { toldOf, captured, refund, refundEnds, stateOf } = makeMoneySteps(() => gateway);

/** Rupees of the top-ups here. */
const amount = 2_000;
const [least, most] = [100, 10_000];
const aMonth = 3;
const paisa = 0.01;

const allow = (value: boolean) =>
  market().owner.query(
    `update system_settings set value = to_jsonb($1::boolean) where key = 'wallet.top_up_is_enabled'`,
    [value],
  );

beforeAll(async () => {
  gateway = await openGateway();
  await allow(true);
});

afterAll(async () => {
  await gateway?.close();
});

afterEach(async () => {
  expect(await market().imbalances()).toEqual([]);
});

let mobiles = 0;

/** A customer whose mobile number was verified when they signed up. */
async function customerWithMobile() {
  const who = await market().newCustomer();
  mobiles += 1;
  const mobile = `+9198111${String(mobiles).padStart(5, '0')}`;
  await market().owner.query('update auth.users set phone = $2 where id = $1', [who.sub, mobile]);
  await market().owner.query(
    'update user_profiles set mobile = $2, mobile_verified = true where id = $1',
    [who.sub, mobile],
  );
  return who;
}

const topUpArguments = (more: Record<string, unknown> = {}) => ({
  amount,
  payment_method: 'upi',
  payment_gateway: 'razorpay',
  idempotency_key: randomUUID(),
  ...more,
});
const topUp = (who: Who, more: Record<string, unknown> = {}): Promise<Row> =>
  market().call(who, 'top_up_wallet', topUpArguments(more));
const topUpEnds = (who: Who, more: Record<string, unknown> = {}) =>
  market().ends(who, 'top_up_wallet', topUpArguments(more));

async function toppedUp() {
  const who = await customerWithMobile();
  const payment = await topUp(who);
  const told = toldOf(payment);
  expect(await gateway.tell('payment.captured', told)).toEqual([200, 'received']);
  return { who, payment, told };
}

/** What was started counts as long as its gateway may report it; when it was started no one may change. */
const letADayPass = (who: { readonly sub: string }) =>
  withClient(market().database.rootUrl, async (client) => {
    await client.query(`set session_replication_role = replica`);
    await client.query(
      `update payments set created_at = created_at - interval '25 hours' where customer_id = $1`,
      [who.sub],
    );
  });

/** A booking that costs all of the price, from the wallet. */
const spend = (who: Who) =>
  market().book(who, { startsAt: freeHour() }, { payment: null, wallet: price });

describe('topping up the wallet', () => {
  it('is switched off until an administrator allows it', async () => {
    const who = await customerWithMobile();
    await allow(false);
    expect(await topUpEnds(who)).toBe('OB030');
    await allow(true);
    expect(await topUpEnds(who)).toBe('ok');
  });

  it('brings money from the gateway into the wallet, and says so', async () => {
    const who = await customerWithMobile();
    const before = await balance('gateway');
    const payment = await topUp(who);
    expect(payment).toMatchObject({
      purpose: 'top_up',
      status: 'pending',
      total_amount: amount.toFixed(2),
      booking_id: null,
      vendor_id: null,
    });
    expect(await walletOf(who)).toBe(0);
    expect(await captured(payment)).toBe('200 received');
    expect(await walletOf(who)).toBe(amount);
    expect(await balance('gateway')).toBe(before - amount);
    expect(
      await market().one(
        `select transaction_type, amount::float, payment_id from wallet_transactions where customer_id = $1`,
        [who.sub],
      ),
    ).toEqual({ transaction_type: 'credit', amount, payment_id: payment.id });
    expect(
      await market().one(
        `select title, message from notifications where user_id = $1 and type = 'wallet_topped_up'`,
        [who.sub],
      ),
    ).toEqual({ title: '₹2000.00 are in your wallet', message: 'Your wallet now has ₹2000.00.' });
    await spend(who);
    expect(await walletOf(who)).toBe(amount - price);
  });

  it('needs a verified mobile number, an amount from ₹100 to ₹10,000, a method and a gateway', async () => {
    const who = await customerWithMobile();
    const refused = [
      await topUpEnds(await market().newCustomer()),
      await topUpEnds('visitor'),
      await topUpEnds(who, { amount: least - paisa }),
      await topUpEnds(who, { amount: most + paisa }),
      await topUpEnds(who, { amount: null }),
      await topUpEnds(who, { amount: 'NaN' }),
      await topUpEnds(who, { payment_method: 'wallet' }),
      await topUpEnds(who, { payment_gateway: 'No gateway' }),
      await topUpEnds(who, { idempotency_key: null }),
    ];
    expect(refused).toEqual(['OB037', '42501', ...Array(7).fill('OB020')]);
    expect(await topUpEnds(who, { amount: least })).toBe('ok');
    expect(await topUpEnds(who, { amount: most })).toBe('ok');
  });

  it('happens three times a month, also of ten at once; one that was not paid counts for a day', async () => {
    const who = await customerWithMobile();
    const ends = await Promise.all(Array.from({ length: 10 }, () => topUpEnds(who)));
    expect(ends.sort()).toEqual([...Array(10 - aMonth).fill('OB071'), ...Array(aMonth).fill('ok')]);
    await letADayPass(who);
    const late = await market().owner.query('select * from payments where customer_id = $1', [
      who.sub,
    ]);
    // What arrives after three others goes back.
    for (let count = 0; count < aMonth; count += 1) {
      expect(await captured(await topUp(who))).toBe('200 received');
    }
    expect(await topUpEnds(who)).toBe('OB071');
    expect(await captured(late.rows[0])).toBe('200 returned');
    expect(await walletOf(who)).toBe(aMonth * amount);
    // Only time produces it: those were of last month.
    await market().owner.query(
      `update wallet_transactions set created_at = created_at - interval '32 days' where customer_id = $1`,
      [who.sub],
    );
    expect(await topUpEnds(who)).toBe('ok');
  });

  it('is started once for one key, also at once; the key of another request is refused', async () => {
    const who = await customerWithMobile();
    const idempotency_key = randomUUID();
    const payments = await Promise.all(
      Array.from({ length: 5 }, () => topUp(who, { idempotency_key })),
    );
    expect(new Set(payments.map(({ id }) => id)).size).toBe(1);
    expect(await topUpEnds(who, { idempotency_key, amount: amount + 1 })).toBe('OB066');
  });
});

describe('what the gateway reports of a top-up', () => {
  it('twice and at once is in the wallet once', async () => {
    const who = await customerWithMobile();
    const told = toldOf(await topUp(who));
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => gateway.tell('payment.captured', told)),
    );
    expect(answers.map(([, outcome]) => outcome).sort()).toEqual([
      ...Array(9).fill('nothing new'),
      'received',
    ]);
    expect(await walletOf(who)).toBe(amount);
  });

  it.each([
    [
      'more than was asked for: the rest goes back',
      amount + 500,
      'returned',
      amount,
      ['pending 500'],
    ],
    [
      'less than was asked for: that is what the wallet gets',
      amount - 500,
      'received',
      amount - 500,
      [],
    ],
  ])('%s', async (_name, paid, outcome, kept, refunds) => {
    const who = await customerWithMobile();
    const payment = await topUp(who);
    expect(await captured(payment, { paise: paid * 100 })).toBe(`200 ${outcome}`);
    expect(await walletOf(who)).toBe(kept);
    expect(await stateOf(payment)).toMatchObject({ paid, refunds, unused: paid - kept });
  });

  it('of a second payment for one top-up goes back', async () => {
    const { who, payment } = await toppedUp();
    expect(await captured(payment, { payment: 'pay_topped_up_twice' })).toBe('200 returned');
    expect(await walletOf(who)).toBe(amount);
  });
});

describe('a top-up that is refunded', () => {
  it('by finance comes out of the wallet, and no more than is there', async () => {
    const { who, payment, told } = await toppedUp();
    await spend(who);
    const left = amount - price;
    expect(await refundEnds(payment, left + paisa)).toBe('OB068');
    expect(await refundEnds(payment, left, 'customer_care')).toBe('OB002');
    const { id } = await refund(payment, left);
    expect(await walletOf(who)).toBe(0);
    expect(await stateOf(payment)).toMatchObject({ refunds: [`pending ${left}`], unused: left });
    const event = {
      ...told,
      refund: { id: 'rfnd_of_a_top_up', paise: Math.round(left * 100), ours: id },
    };
    expect(await gateway.tell('refund.processed', event)).toEqual([200, 'refunded']);
    expect(await stateOf(payment)).toMatchObject({ refunds: [`completed ${left}`], unused: 0 });
  });

  it('is not refunded by a member of finance to themselves', async () => {
    await market().owner.query(
      `with born as (
        update user_profiles set date_of_birth = '1990-01-01' where name = 'finance' returning id)
      insert into customers (id) select id from born`,
    );
    const payment = await market().one(
      `insert into payments (purpose, customer_id, amount, total_amount, payment_method, payment_gateway)
      select 'top_up', id, 100, 100, 'upi', 'razorpay' from user_profiles where name = 'finance' returning *`,
    );
    expect(await captured(payment)).toBe('200 received');
    expect(await refundEnds(payment, 100)).toBe('OB031');
    expect(await refundEnds(payment, 100, 'admin')).toBe('ok');
  });

  it('at the gateway is taken from the wallet as far as it is there; the platform bears the rest, and staff are told', async () => {
    const { who, payment, told } = await toppedUp();
    await spend(who);
    const before = await balance('commission');
    const event = { ...told, refund: { id: 'rfnd_of_spent_money', paise: amount * 100 } };
    expect(await gateway.tell('refund.processed', event)).toEqual([200, 'refunded']);
    expect(await gateway.tell('refund.processed', event)).toEqual([200, 'nothing new']);
    expect(await walletOf(who)).toBe(0);
    expect(await balance('commission')).toBeCloseTo(before - price, 10);
    expect(await stateOf(payment)).toMatchObject({
      status: 'refunded',
      refunded: amount,
      unused: 0,
    });
    expect(
      await market().one(
        `select severity, (request_data ->> 'spent')::float as spent from error_logs
        where error_type = 'top_up_refund' and request_data ->> 'payment' = $1`,
        [payment.id],
      ),
    ).toEqual({ severity: 'warning', spent: price });
  });
});

describe('a customer who leaves', () => {
  it('does not delete the account while a top-up is in the wallet and cannot be paid out', async () => {
    const who = await customerWithMobile();
    const isDeletable = () =>
      market()
        .owner.query('select app_private.require_deletable($1)', [who.sub])
        .then(
          () => 'yes',
          ({ message }: Error) => message,
        );
    expect(await isDeletable()).toBe('yes');
    const payment = await topUp(who);
    // What was only started goes back if it arrives after the account is gone.
    expect(await isDeletable()).toBe('yes');
    const told = toldOf(payment);
    await gateway.tell('payment.captured', told);
    expect(await isDeletable()).toMatch(/in your wallet/);
    const { id } = await refund(payment, amount);
    // What was only started goes back if it arrives after the account is gone.
    expect(await isDeletable()).toBe('yes');
    const event = { ...told, refund: { id: 'rfnd_of_a_leaver', paise: amount * 100, ours: id } };
    await gateway.tell('refund.processed', event);
    expect(await isDeletable()).toBe('yes');
  });
});
