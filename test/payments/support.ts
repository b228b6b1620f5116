import { createHmac, randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { startApi, type TestApi } from '../api/support.ts';
import {
  inHours,
  type Market,
  openMarket,
  type Row,
  therapist,
  therapist2,
} from '../fixtures/market.ts';

export const webhookSecret = 'a webhook secret of the tests';

export function sign(body: string, secret = webhookSecret): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** What a test says of a payment at the gateway; the rest is as Razorpay sends it. */
export type Told = {
  readonly payment: string;
  readonly paise: number;
  readonly transaction?: unknown;
  readonly refund?: { readonly id: string; readonly paise: number; readonly ours?: unknown };
  readonly dispute?: { readonly id: string; readonly paise: number };
  /** Other fields of the payment at the gateway. */
  readonly more?: Readonly<Record<string, unknown>>;
};

/** A body in the shape of Razorpay's: empty notes are a list. */
export function bodyOf(
  event: string,
  { payment, paise, transaction, refund, dispute, more }: Told,
): string {
  return JSON.stringify({
    entity: 'event',
    account_id: 'acc_OmbaroOfTheTests',
    event,
    contains: refund === undefined ? ['payment'] : ['refund', 'payment'],
    payload: {
      ...(refund === undefined
        ? {}
        : {
            refund: {
              entity: {
                id: refund.id,
                entity: 'refund',
                amount: refund.paise,
                currency: 'INR',
                payment_id: payment,
                notes: refund.ours === undefined ? [] : { refund_id: refund.ours },
                acquirer_data: { arn: null },
                speed_processed: 'normal',
              },
            },
          }),
      ...(dispute === undefined
        ? {}
        : {
            dispute: {
              entity: {
                id: dispute.id,
                entity: 'dispute',
                payment_id: payment,
                amount: dispute.paise,
                currency: 'INR',
                amount_deducted: 0,
                reason_code: 'goods_or_services_not_received',
                respond_by: Date.UTC(2026, 11, 31) / 1_000,
                status: event.replace('payment.dispute.', ''),
                phase: 'chargeback',
              },
            },
          }),
      payment: {
        entity: {
          id: payment,
          entity: 'payment',
          amount: paise,
          currency: 'INR',
          order_id: 'order_9A33XWu170gUtm',
          international: false,
          method: 'upi',
          captured: true,
          vpa: 'asha@upi',
          notes: transaction === undefined ? [] : { transaction_id: transaction },
          fee: 2000,
          tax: 360,
          ...more,
        },
      },
    },
    created_at: 1_760_000_000,
  });
}

/** The status and the outcome, or the code of the error. */
export type Answer = readonly [status: number, outcome: string];

/** A booking to be paid through the gateway, and the payments that were begun for it. */
export type Unpaid = {
  readonly who: { readonly sub: string };
  readonly id: unknown;
  readonly paise: number;
  readonly payments: readonly Row[];
};

export type GatewayTest = {
  readonly market: Market;
  readonly api: TestApi;
  readonly post: (body: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  /** Sends one event, signed, under a name of its own unless one is given. */
  readonly tell: (event: string, told: Told, id?: string) => Promise<Answer>;
  readonly unpaid: (payments?: number) => Promise<Unpaid>;
  /** The booking's time to be paid in is over. */
  readonly expire: (bookingId: unknown) => Promise<void>;
  /** How things stand with a booking; fails when the books are not right, those of other bookings aside. */
  readonly stateOf: (bookingId: unknown) => Promise<Row>;
  readonly close: () => Promise<void>;
};

export async function openGateway(): Promise<GatewayTest> {
  const market = await openMarket();
  const api = await startApi(market.database, { payments: { razorpay: { webhookSecret } } });
  const post: GatewayTest['post'] = async (body, headers = {}) => {
    const response = await fetch(`${api.url}/webhooks/payments/razorpay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return answerOf(response);
  };
  return {
    market,
    api,
    post,
    tell: (event, told, id = randomUUID()) => {
      const body = bodyOf(event, told);
      return post(body, { 'x-razorpay-signature': sign(body), 'x-razorpay-event-id': id });
    },
    unpaid: makeUnpaid(market),
    async expire(bookingId) {
      await market.owner.query(
        `with lapsed as (
          update app_private.provider_reservations set expires_at = now() - interval '1 minute'
          where booking_id = $1)
        update bookings set expires_at = now() - interval '1 minute' where id = $1`,
        [bookingId],
      );
    },
    async stateOf(bookingId) {
      const imbalances = await market.imbalances();
      expect(
        imbalances.filter(({ account, id }) => account !== 'booking' || id === bookingId),
      ).toEqual([]);
      return market.one(stateSql, [bookingId]);
    },
    async close() {
      await api.close();
      await market.close();
    },
  };
}

export async function answerOf(response: Response): Promise<Answer> {
  const body = (await response.json()) as {
    outcome?: string;
    errors?: readonly { extensions: { code: string } }[];
  };
  return [response.status, body.outcome ?? body.errors?.[0]?.extensions.code ?? ''];
}

function makeUnpaid(market: Market): GatewayTest['unpaid'] {
  let count = 0;
  return async (payments = 1) => {
    const who = await market.newCustomer();
    // A few a day for each provider.
    count += 1;
    const booking = await market.book(
      who,
      { startsAt: inHours(24 + 3 * count), provider: count % 2 === 0 ? therapist : therapist2 },
      { payment: null },
    );
    const begun = [];
    for (let index = 0; index < payments; index += 1) {
      begun.push(
        await market.call(who, 'start_payment', {
          booking_id: booking.id,
          payment_method: 'upi',
          payment_gateway: 'razorpay',
          idempotency_key: randomUUID(),
        }),
      );
    }
    const paise = Math.round(Number(booking.final_amount) * 100);
    return { who, id: booking.id, paise, payments: begun };
  };
}

/** `taken` is what the gateway's account took for the booking and still has, in paise; `kept` and `back` divide it. */
const stateSql = `
  select b.status as booking, b.payment_status as paid,
    (select array_agg(p.status order by p.created_at, p.transaction_id) from payments p
     where p.booking_id = b.id) as payments,
    (select coalesce(array_agg((r.refund_amount * 100)::integer || ' ' || r.status order by r.created_at, r.id), '{}')
     from refunds r where r.booking_id = b.id) as refunds,
    (select coalesce(sum(case 'gateway' when j.from_account then j.amount when j.to_account then -j.amount end), 0) * 100
     from app_private.journal j where j.booking_id = b.id)::integer as taken,
    (app_private.amount_paid(b.id) * 100)::integer as kept,
    (select coalesce(sum(r.refund_amount), 0) * 100 from refunds r
     where r.booking_id = b.id and r.status = 'pending')::integer as back
  from bookings b where b.id = $1`;
