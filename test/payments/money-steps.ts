import { randomUUID } from 'node:crypto';
import type { Market, Row, Who } from '../fixtures/market.ts';
import type { GatewayTest, Told } from './support.ts';

/** What tests of tips and top-ups do with their payments. */
export function makeMoneySteps(gateway: () => GatewayTest) {
  const market = (): Market => gateway().market;
  let references = 0;

  /** What the gateway has taken of a payment: what was asked for, unless said otherwise. */
  function toldOf(payment: Row, more: Partial<Told> = {}): Told {
    references += 1;
    return {
      payment: `pay_money_${references}`,
      paise: Math.round(Number(payment.total_amount) * 100),
      transaction: payment.transaction_id,
      ...more,
    };
  }

  async function captured(payment: Row, more: Partial<Told> = {}): Promise<string> {
    const [status, outcome] = await gateway().tell('payment.captured', toldOf(payment, more));
    return `${status} ${outcome}`;
  }

  const refundArguments = (payment: Row, amount: number) => ({
    payment_id: payment.id,
    amount,
    reason: 'It was a mistake',
    idempotency_key: randomUUID(),
  });

  return {
    toldOf,
    captured,
    refund: (payment: Row, amount: number, who: Who = 'finance') =>
      market().call(who, 'refund_payment', refundArguments(payment, amount)),
    refundEnds: (payment: Row, amount: number, who: Who = 'finance') =>
      market().ends(who, 'refund_payment', refundArguments(payment, amount)),
    /** A payment, and what of it is on its way back or has gone. */
    stateOf: (payment: Row) =>
      market().one(
        `select p.status, p.total_amount::float as paid, p.refund_amount::float as refunded,
          (select coalesce(array_agg(r.status || ' ' || r.refund_amount::float order by r.created_at, r.refund_amount), '{}')
           from refunds r where r.payment_id = p.id) as refunds,
          app_private.account_balance('payment', p.id)::float as unused
        from payments p where p.id = $1`,
        [payment.id],
      ),
  };
}
