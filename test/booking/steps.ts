import { randomInt, randomUUID } from 'node:crypto';
import {
  type HoldRequest,
  idFor,
  inHours,
  type Market,
  massage,
  massagePrice,
  type Row,
  therapist,
  type Who,
} from '../fixtures/market.ts';
import { priceOf } from '../fixtures/terms.ts';

/** What a massage costs. */
export const price = priceOf(massagePrice);

export type Sub = { readonly sub: string };

type Made = { readonly who: Sub; readonly id: unknown };

/** What many tests do at the market on their way to what they show. */
export function makeSteps(market: () => Market) {
  let lastHour = 30;

  /** An hour that no other test of the file takes; four fall on a day. */
  function freeHour(): Date {
    lastHour += 6;
    return inHours(lastHour);
  }

  /** A booking of a new customer, to be paid in cash, that the therapist has. */
  async function assigned(startsAt = freeHour()): Promise<Made> {
    const who = await market().newCustomer();
    const { id } = await market().book(who, { startsAt, services: [massage] });
    await market().call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist });
    return { who, id };
  }

  /** A booking, of a new customer unless one is named, paid through the gateway. */
  async function paid(
    startsAt = freeHour(),
    { who, ...request }: Partial<HoldRequest> & { readonly who?: Sub } = {},
  ): Promise<Made> {
    who ??= await market().newCustomer();
    const { id } = await market().book(who, { startsAt, ...request }, { payment: null });
    await tell('payment.captured', await start(who, id));
    return { who, id };
  }

  /** Verifies a mobile number that no one has had; the account's door is the sign-in. */
  async function proveMobile({ sub }: Sub): Promise<void> {
    await market().owner.query(
      'update user_profiles set mobile = $2, mobile_verified = true where id = $1',
      [sub, `+9188${String(randomInt(10 ** 8)).padStart(8, '0')}`],
    );
  }

  /** A new customer who came with the code of this one. */
  async function friendOf(referrer: Sub): Promise<Sub> {
    const friend = await market().newCustomer();
    await proveMobile(friend);
    await market().call(friend, 'use_referral_code', { code: await codeOf(referrer) });
    return friend;
  }

  async function codeOf({ sub }: Sub): Promise<unknown> {
    return (await market().one('select referral_code as code from customers where id = $1', [sub]))
      .code;
  }

  function start(who: Who, bookingId: unknown): Promise<Row> {
    return market().call(who, 'start_payment', {
      booking_id: bookingId,
      payment_method: 'upi',
      payment_gateway: 'razorpay',
      idempotency_key: randomUUID(),
    });
  }

  /** What the gateway tells of a payment, and what comes of it. */
  async function tell(kind: string, payment: Row): Promise<unknown> {
    const event = {
      transactionId: payment.transaction_id,
      paymentReference: `pay_${payment.transaction_id}`,
      amount: payment.total_amount,
    };
    const { outcome } = await market().one(
      'select app_private.receive_payment_event($1, $2, $3, $4) as outcome',
      ['razorpay', randomUUID(), kind, event],
    );
    return outcome;
  }

  /** From assigning to the end, by the therapist, with the customer's code, at its time. */
  async function complete(id: unknown, cash = 0): Promise<Row> {
    const booking = { booking_id: id };
    await market().call('vendor', 'assign_therapist', { ...booking, therapist_id: therapist });
    await market().call('therapist', 'acknowledge_assignment', booking);
    return serve('therapist', id, cash);
  }

  /** Lets the time come, starts the service, lets it take its hour, and completes it. */
  async function serve(who: Who, id: unknown, cash = 0): Promise<Row> {
    await market().bringToStart(id);
    await market().startService(who, id);
    await market().shift(id, '-1 hour');
    return market().call(who, 'complete_service', { booking_id: id, cash_collected: cash });
  }

  async function number(sql: string, values: readonly unknown[]): Promise<number> {
    return Number(Object.values(await market().one(sql, values))[0]);
  }

  return {
    freeHour,
    proveMobile,
    codeOf,
    friendOf,
    assigned,
    paid,
    start,
    tell,
    complete,
    serve,
    balance: (account: string, id: unknown = null) =>
      number('select app_private.account_balance($1, $2)', [account, id]),
    walletOf: (who: Who) => number('select app_private.wallet_balance($1)', [idFor(who)]),
    pointsOf: (who: Who) =>
      number('select loyalty_points from customers where id = $1', [idFor(who)]),
  };
}
