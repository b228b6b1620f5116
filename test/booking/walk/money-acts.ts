import { randomUUID } from 'node:crypto';
import type { Row } from '../../fixtures/market.ts';
import { vendor, type Who } from '../../fixtures/market.ts';
import type { Walk } from './walk.ts';

/** Payments, refunds, wallets and what vendors are paid. */
export function moneyActs(walk: Walk) {
  const { market, chance, pick, act, customers } = walk;

  /** As if all that no payout has yet had happened in some week; then its payouts, and what the bank says of one of them. */
  async function payOut(): Promise<string> {
    const { monday } = await market.one(
      `select (date_trunc('week', app_private.today())::date - 7 * $1::int)::text as monday`,
      [2 + Math.floor(chance() * 50)],
    );
    await market.owner.query(
      `with at as (select app_private.start_of($1::date) + interval '1 day' as at),
      r as (
        update commission_records set created_at = at, payable_from = at from at where payout_id is null)
      update vendor_credits set created_at = at from at where payout_id is null`,
      [monday],
    );
    const payout = await market.call('finance', 'run_payouts', { week_start: monday });
    return payout === undefined
      ? 'nothing'
      : chance() < 0.3
        ? market.ends('finance', 'fail_payout', {
            payout_id: payout.id,
            reason: 'The account is closed',
          })
        : market.ends('finance', 'complete_payout', {
            payout_id: payout.id,
            reference: 'UTR 4711',
          });
  }

  async function payDebt(): Promise<string> {
    const { owed } = await market.one('select app_private.owed_by_vendor($1)::text as owed', [
      vendor,
    ]);
    return market.ends(pick<Who>(['finance', 'finance', 'vendor']), 'record_vendor_payment', {
      vendor_id: vendor,
      amount: pick<unknown>([0.01, 50, owed]),
      reference: 'UTR 4712',
      idempotency_key: randomUUID(),
    });
  }

  async function refundOne(): Promise<string> {
    const booking = await market.one(
      `select id, (final_amount - refunded_amount)::text as rest from bookings where status = 'completed'
      order by md5(booking_number || $1) limit 1`,
      [String(chance())],
    );
    return booking === undefined
      ? 'nothing'
      : market.ends(pick<Who>(['finance', 'finance', 'finance', 'vendor']), 'refund_booking', {
          booking_id: booking.id,
          amount: pick<unknown>([0.01, 33.33, 500, booking.rest]),
          reason: 'The room was cold',
          borne_by: pick(['vendor', 'platform', 'shared']),
          idempotency_key: randomUUID(),
        });
  }

  async function giveGoodwill(booking: Row | undefined): Promise<string> {
    return booking === undefined
      ? 'nothing'
      : market.ends(
          pick<Who>(['customer_care', 'finance', 'customer_care_viewer']),
          'give_goodwill',
          {
            booking_id: booking.id,
            amount: pick([0.01, 33.33, 500, 501]),
            reason: 'Sorry',
            idempotency_key: randomUUID(),
          },
        );
  }

  async function withdraw(): Promise<string> {
    return market.ends(pick(customers), 'withdraw_from_wallet', {
      amount: pick([0.01, 33.33, 500, 5_000]),
      idempotency_key: randomUUID(),
    });
  }

  async function endWithdrawal(): Promise<string> {
    const one = await market.one(
      `select id from wallet_withdrawals order by status <> 'pending', md5(created_at::text || $1) limit 1`,
      [String(chance())],
    );
    const withdrawal = { withdrawal_id: one?.id };
    const who = pick<Who>(['finance', 'finance', 'customer_care']);
    return one === undefined
      ? 'nothing'
      : chance() < 0.5
        ? market.ends(who, 'complete_withdrawal', { ...withdrawal, reference: 'UTR' })
        : market.ends(who, 'fail_withdrawal', { ...withdrawal, reason: 'No such account' });
  }

  /** A refund fails, or one that did goes into the wallet. */
  async function rescueRefund(): Promise<string> {
    const one = await market.one(
      `select id, status from refunds where refund_method = 'original'
      order by status not in ('pending', 'failed'), md5(created_at::text || $1) limit 1`,
      [String(chance())],
    );
    return one === undefined
      ? 'nothing'
      : market.ends(
          'finance',
          one.status === 'pending' && chance() < 0.5
            ? 'record_refund_failed'
            : 'pay_refund_into_wallet',
          { refund_id: one.id },
        );
  }

  async function startPayment(booking: Row | undefined): Promise<string> {
    return act('start_payment', () => ({
      payment_method: 'upi',
      payment_gateway: 'razorpay',
      idempotency_key: randomUUID(),
      ...pick<Record<string, unknown>>([{}, { amount: 100 }]),
    }))(booking);
  }

  /** Of a service that was performed, mostly. */
  async function tipOne(some: Row | undefined): Promise<string> {
    const one = await market.one(
      `select id from bookings where status = 'completed' order by md5(booking_number || $1) limit 1`,
      [String(chance())],
    );
    const fromWallet = chance() < 0.3;
    return act(fromWallet ? 'tip_from_wallet' : 'add_tip', () => ({
      amount: pick([10, 100, 5_000, 9]),
      ...(!fromWallet && { payment_method: 'upi', payment_gateway: 'razorpay' }),
      idempotency_key: randomUUID(),
    }))(chance() < 0.8 ? (one ?? some) : some);
  }

  async function topUp(): Promise<string> {
    return market.ends(pick(customers), 'top_up_wallet', {
      amount: pick([100, 1_000, 10_000, 99]),
      payment_method: 'upi',
      payment_gateway: 'razorpay',
      idempotency_key: randomUUID(),
    });
  }

  /** What the gateway says, true or stale, once or twice, of any payment. */
  async function gatewayTells(): Promise<string> {
    const payment = await market.one(
      `select p.transaction_id, p.id, p.purpose, p.total_amount,
        (select r.id from refunds r where r.payment_id = p.id and r.status = 'pending' limit 1) as refund
      from payments p where p.payment_gateway is not null order by md5(p.transaction_id || $1) limit 1`,
      [String(chance())],
    );
    if (payment === undefined) {
      return 'nothing';
    }
    const kind = pick([
      'payment.captured',
      'payment.captured',
      'payment.authorized',
      'payment.failed',
      ...(payment.refund === null ? [] : ['refund.processed', 'refund.failed']),
      // What was put into the wallet and spent is the platform's loss: top-ups are switched off for it.
      ...(payment.purpose === 'top_up' || chance() < 0.7
        ? []
        : ['chargeback.open', 'chargeback.won', 'chargeback.lost']),
    ]);
    const event = {
      transactionId: payment.transaction_id,
      paymentReference: `pay_${payment.id}`,
      amount: payment.total_amount,
      ...(kind.startsWith('chargeback') && {
        disputeReference: `disp_${payment.id}`,
        disputeAmount: pick([payment.total_amount, Number(payment.total_amount) / 2]),
      }),
      ...(kind.startsWith('refund') && {
        refundId: payment.refund,
        refundReference: `rfnd_${payment.refund}`,
        refundAmount: (
          await market.one('select refund_amount from refunds where id = $1', [payment.refund])
        ).refund_amount,
      }),
    };
    const tell = () =>
      market.owner.query('select app_private.receive_payment_event($1, $2, $3, $4)', [
        'razorpay',
        chance() < 0.3 ? `${kind} ${payment.id}` : randomUUID(),
        kind,
        event,
      ]);
    await tell();
    await tell();
    return 'ok';
  }

  async function giveBack(): Promise<string> {
    const payment = await market.one(
      `select id from payments where status = 'success' order by md5(transaction_id || $1) limit 1`,
      [String(chance())],
    );
    return payment === undefined
      ? 'nothing'
      : market.ends('finance', 'refund_payment', {
          payment_id: payment.id,
          amount: pick([10, 5_000]),
          reason: 'Sorry',
          idempotency_key: randomUUID(),
        });
  }

  return {
    payOut,
    payDebt,
    refundOne,
    giveGoodwill,
    withdraw,
    endWithdrawal,
    rescueRefund,
    startPayment,
    tipOne,
    topUp,
    gatewayTells,
    giveBack,
  };
}
