import type { Booking } from './bookings.ts';
import { dayOf, formatDay, formatMoment, type Moment, momentOf } from './calendar.ts';
import type { Rows } from './copy.ts';
import { formatRupees, type Paise, percentOf } from './money.ts';
import type { Random } from './random.ts';
import type { Rules } from './rules.ts';
import type { World } from './world.ts';

/** What of a booking's money moved, by the policy. */
export type Settlement = {
  readonly paymentStatus: 'pending' | 'paid' | 'partial' | 'refunded';
  readonly isCash: boolean;
  readonly paidAt: Moment | null;
  readonly refund: Paise;
  /** What cancelling cost; where nothing was paid it is still due. */
  readonly fee: Paise;
};

const gateways = { upi: 12, credit_card: 4, debit_card: 3, net_banking: 1 } as const;

/**
 * Cash is paid when the service is done, everything else at confirmation. A customer who cancels late what is
 * confirmed pays the fee; after any other cancellation all is paid back.
 */
export function settle(rules: Rules, { number, life, slot, amounts, turn }: Booking): Settlement {
  // Every twelfth pays in cash, and guests of the desk pay there.
  const isCash = number % 12 === 0 || turn === 'desk';
  const paidAt = isCash ? life.completedAt : life.confirmedAt;
  const isLate =
    life.cancelled?.by === 'customer' &&
    life.confirmedAt !== null &&
    momentOf(slot.day, slot.start) - life.cancelled.at < rules.cancelFreeFor;
  const fee = isLate ? percentOf(amounts.final, rules.lateCancelFeePercentage) : 0;
  if (paidAt === null) {
    return { paymentStatus: 'pending', isCash, paidAt, refund: 0, fee };
  }
  if (life.cancelled === null) {
    return { paymentStatus: 'paid', isCash, paidAt, refund: 0, fee: 0 };
  }
  if (turn === 'no_show') {
    return { paymentStatus: 'paid', isCash, paidAt, refund: 0, fee };
  }
  return {
    paymentStatus: fee > 0 ? 'partial' : 'refunded',
    isCash,
    paidAt,
    refund: amounts.final - fee,
    fee,
  };
}

/** Money that came or went, for those who are told of it. */
export type Transfer = { readonly id: string; readonly at: Moment; readonly amount: Paise };

/**
 * Adds payments, what was paid back, the platform's share of what was completed, and what the vendor is
 * owed or owes beside.
 *
 * @returns the payment and the refund; null for what there was not.
 */
export function addPaymentRows(
  rows: Rows,
  random: Random,
  world: World,
  booking: Booking,
): { readonly payment: Transfer | null; readonly refund: Transfer | null } {
  const settlement = settle(world.rules, booking);
  if (!settlement.isCash && random.chance(0.03)) {
    addPayment(rows, random, booking, settlement, 'failed');
  }
  addCommission(rows, random, world.rules, booking);
  addCredit(rows, random, booking, settlement);
  if (settlement.paidAt === null) {
    return { payment: null, refund: null };
  }
  const id = addPayment(rows, random, booking, settlement, 'success');
  return {
    payment: { id, at: settlement.paidAt, amount: booking.amounts.final },
    refund: addRefund(rows, random, world, booking, settlement, id),
  };
}

/** @returns the id of the payment. */
function addPayment(
  rows: Rows,
  random: Random,
  booking: Booking,
  { isCash, paidAt, refund }: Settlement,
  outcome: 'success' | 'failed',
): string {
  const { amounts, life, number } = booking;
  const id = random.uuid();
  const isPaidBack = outcome === 'success' && refund > 0;
  const status =
    outcome === 'failed'
      ? 'failed'
      : isPaidBack
        ? refund === amounts.final
          ? 'refunded'
          : 'partially_refunded'
        : 'success';
  const refundedAt = isPaidBack && life.cancelled !== null ? formatMoment(life.cancelled.at) : null;
  const at = formatMoment(outcome === 'failed' ? life.createdAt : (paidAt ?? life.createdAt));
  const reference = `${String(number).padStart(7, '0')}${outcome === 'failed' ? 'F' : 'S'}`;
  rows.add('public.payments', {
    id,
    transaction_id: `TXN${reference}`,
    booking_id: booking.id,
    customer_id: booking.customer.account.id,
    vendor_id: booking.vendor.id,
    amount: formatRupees(amounts.total),
    tax_amount: formatRupees(amounts.tax),
    discount_amount: formatRupees(amounts.discount),
    total_amount: formatRupees(amounts.final),
    payment_method: isCash ? 'cash' : random.weighted(gateways),
    payment_gateway: isCash ? null : 'razorpay',
    gateway_transaction_id: isCash ? null : `pay_demo${reference}`,
    status,
    payment_date: outcome === 'failed' ? null : at,
    refund_amount: isPaidBack ? formatRupees(refund) : '0.00',
    refund_date: refundedAt,
    refund_reason: isPaidBack ? (life.cancelled?.reason ?? null) : null,
    created_at: at,
    updated_at: refundedAt ?? at,
  });
  return id;
}

function addRefund(
  rows: Rows,
  random: Random,
  world: World,
  { id, number, customer, life }: Booking,
  { refund, fee }: Settlement,
  paymentId: string,
): Transfer | null {
  if (life.cancelled === null || refund === 0) {
    return null;
  }
  const at = formatMoment(life.cancelled.at);
  const refundId = random.uuid();
  rows.add('public.refunds', {
    id: refundId,
    payment_id: paymentId,
    booking_id: id,
    customer_id: customer.account.id,
    refund_amount: formatRupees(refund),
    refund_reason: life.cancelled.reason,
    refund_type: fee > 0 ? 'cancellation' : 'full',
    refund_method: 'original',
    gateway_refund_id: `rfnd_demo${String(number).padStart(7, '0')}`,
    status: 'completed',
    processed_by: world.accounts.finance.id,
    processed_at: at,
    created_at: at,
  });
  return { id: refundId, at: life.cancelled.at, amount: refund };
}

/** Not settled yet: which payout a record is in follows from all of them (see totals.ts). */
function addCommission(rows: Rows, random: Random, rules: Rules, booking: Booking): void {
  const { amounts, vendor, provider, life } = booking;
  if (life.completedAt === null) {
    return;
  }
  const beforeTax = amounts.total - amounts.discount;
  const commission = percentOf(beforeTax, vendor.commissionRate);
  const completedOn = dayOf(life.completedAt);
  const isDesk = booking.turn === 'desk';
  const disputableUntil = life.completedAt + rules.disputableFor;
  rows.add('public.commission_records', {
    id: random.uuid(),
    booking_id: booking.id,
    vendor_id: vendor.id,
    therapist_id: provider.kind === 'therapist' ? provider.id : null,
    beautician_id: provider.kind === 'beautician' ? provider.id : null,
    booking_amount: formatRupees(beforeTax),
    commission_rate: vendor.commissionRate,
    commission_amount: formatRupees(commission),
    therapist_earning: formatRupees(percentOf(beforeTax - commission, rules.providerPercentage)),
    platform_earning: formatRupees(commission + amounts.serviceCharge),
    tds_amount: formatRupees(percentOf(beforeTax, rules.taxOn('tds', completedOn))),
    tcs_amount: formatRupees(percentOf(beforeTax, rules.taxOn('tcs', completedOn))),
    gst_amount: formatRupees(amounts.tax),
    vendor_gst_amount: formatRupees(amounts.tax - amounts.chargeTax),
    charge_amount: formatRupees(amounts.serviceCharge),
    period_month: `${formatDay(completedOn).slice(0, 8)}01`,
    created_at: formatMoment(life.completedAt),
    payable_from: formatMoment(isDesk ? life.completedAt : disputableUntil),
    disputable_until: isDesk ? null : formatMoment(disputableUntil),
  });
}

/** Cash that the vendor holds, or the fee of a customer who cancelled late. */
function addCredit(
  rows: Rows,
  random: Random,
  { id, vendor, life, amounts, turn }: Booking,
  { isCash, paidAt, fee }: Settlement,
): void {
  const add = (kind: string, amount: string, at: Moment): void =>
    rows.add('public.vendor_credits', {
      id: random.uuid(),
      vendor_id: vendor.id,
      booking_id: id,
      kind,
      amount,
      created_at: formatMoment(at),
    });
  if (isCash && life.completedAt !== null) {
    add('cash_collected', `-${formatRupees(amounts.final)}`, life.completedAt);
  }
  if (fee > 0 && paidAt !== null && life.cancelled !== null && turn !== 'no_show') {
    add('cancellation_fee', formatRupees(fee), life.cancelled.at);
  }
}
