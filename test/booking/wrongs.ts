import type { Market, Row } from '../fixtures/market.ts';

/** Everything that must never be. */
export async function wrongs(market: Market): Promise<readonly Row[]> {
  const { rows } = await market.owner.query(
    `select 'book' as what, i::text as which from app_private.imbalances() i
    union all
    select 'a movement that nothing explains', u::text from app_private.unexplained_movements() u
    union all
    select 'a provider in two places', a.id::text
    from app_private.provider_reservations a
    join app_private.provider_reservations b on b.provider_id = a.provider_id and b.id > a.id
      and tstzrange(a.starts_at, a.ready_at) && tstzrange(b.starts_at, b.ready_at)
    union all
    select 'history does not end at the state', b.id::text from bookings b
    where b.status is distinct from (
      select h.to_status from booking_status_history h where h.booking_id = b.id
      order by h.created_at desc limit 1)
    union all
    select 'history has a gap', h.id::text
    from (
      select h.*, lag(h.to_status) over (partition by h.booking_id order by h.created_at) as before
      from booking_status_history h
    ) h
    where h.from_status is distinct from h.before
    union all
    select 'a step that is none', h.id::text from booking_status_history h
    where h.from_status is not null and h.from_status <> 'rescheduled' and h.to_status <> 'rescheduled'
      and not exists (
        select from app_private.booking_transitions t
        where t.from_status = h.from_status and t.to_status = h.to_status)
    union all
    select 'assigned without a live assignment, or the other way round', b.id::text from bookings b
    where (b.status in ('assigned', 'in_progress'))
      <> (app_private.assigned_provider(b.id) is not null and b.status <> 'completed')
    union all
    select 'assigned to another provider than is reserved', b.id::text from bookings b
    join app_private.provider_reservations r on r.booking_id = b.id
    where app_private.assigned_provider(b.id) <> r.provider_id
    union all
    select 'a live booking without its reservation', b.id::text from bookings b
    where b.status in ('confirmed', 'assigned', 'in_progress') and not exists (
      select from app_private.provider_reservations r
      where r.booking_id = b.id and r.expires_at is null
        and (r.starts_at, r.ends_at) = (b.starts_at, b.ends_at))
    union all
    select 'a cancelled booking that keeps its reservation', b.id::text from bookings b
    join app_private.provider_reservations r on r.booking_id = b.id
    where b.status = 'cancelled'
    union all
    select 'completed, not paid', b.id::text from bookings b
    where b.status = 'completed' and not exists (select from commission_records c where c.booking_id = b.id)
      and not exists (select from booking_settlements s where s.booking_id = b.id and s.settled_at is null)
    union all
    select 'a balance below 0', c.id::text from customers c
    where app_private.wallet_balance(c.id) < 0 or c.loyalty_points < 0
    union all
    select 'more to withdraw than there is, or less than the transactions say', c.id::text from customers c
    cross join lateral (
      select coalesce(sum(case t.transaction_type when 'debit' then -t.withdrawable else t.withdrawable end), 0) as money,
        coalesce((array_agg(t.withdrawable_after order by t.created_at desc))[1], 0) as after
      from wallet_transactions t where t.customer_id = c.id
    ) w
    where w.money not between 0 and app_private.wallet_balance(c.id) or w.money <> w.after
    union all
    select 'rewards that became money', p.id::text from payments p
    where p.payment_method = 'wallet' and (
      select sum(case t.transaction_type when 'debit' then t.withdrawable else -t.withdrawable end)
      from wallet_transactions t where t.payment_id = p.id) < 0
    union all
    select 'more back than came', p.id::text from payments p
    where (select sum(r.refund_amount) from refunds r where r.payment_id = p.id and r.status <> 'failed')
      > p.total_amount
    union all
    select 'a start code too many or too few', b.id::text from bookings b
    left join booking_start_codes c on c.booking_id = b.id
    where (b.status in ('pending', 'confirmed', 'assigned')) <> (c.booking_id is not null)
    union all
    select 'points or a reward of a service that nothing attests', b.id::text from bookings b
    where b.is_attested is false and (
      exists (select from loyalty_points_transactions t
        where t.booking_id = b.id and t.transaction_type = 'earned')
      or exists (select from customer_referrals r where r.first_booking_id = b.id and r.status = 'rewarded'))
    union all
    select 'a charge that is neither with the vendor nor due', c.booking_id::text from booking_cancellations c
    where c.settled_at is not null
      and c.cancellation_charge <> app_private.charge_collected(c.booking_id) + c.due_amount
    union all
    select 'money that moved while it can be disputed', c.booking_id::text from booking_cancellations c
    where c.settled_at is null and app_private.charge_collected(c.booking_id) <> 0
    union all
    select 'refunded beyond the price', b.id::text from bookings b
    where b.refunded_amount > b.final_amount
    union all
    select 'commission or tax left of what is refunded in full', c.id::text from commission_records c
    join bookings b on b.id = c.booking_id and b.refunded_amount = b.final_amount
    join refund_decisions d on d.booking_id = b.id
    -- Of a service that ended early, the elapsed part of the commission stays.
    left join booking_settlements s on s.booking_id = b.id and s.agreed_amount = 0
    group by c.id, b.tax_amount, s.elapsed_percentage
    having (sum(d.gst_amount), sum(d.charge_amount), sum(d.commission_amount), sum(d.tds_amount), sum(d.tcs_amount))
      <> (b.tax_amount - c.vendor_gst_amount, c.charge_amount,
        c.commission_amount - app_private.percent_of(c.commission_amount, coalesce(s.elapsed_percentage, 0)),
        c.tds_amount, c.tcs_amount)
    union all
    select 'money kept of a cancelled booking beyond what its vendor got', b.id::text from bookings b
    left join booking_cancellations c on c.booking_id = b.id
    where b.status = 'cancelled' and (c.id is null or c.settled_at is not null)
      and app_private.amount_paid(b.id) <> app_private.charge_collected(b.id)
      -- What a bank took back is no longer the vendor's.
      + coalesce((
        select sum(c.amount) from vendor_credits c where c.booking_id = b.id and c.kind = 'chargeback'), 0)
      -- What finance gives back of a fee is the platform's.
      - coalesce((
        select sum(r.refund_amount) from refunds r
        where r.booking_id = b.id and r.is_borne_by_platform and r.status <> 'failed'), 0)
      and not exists (select from refunds r where r.booking_id = b.id and r.status = 'failed')`,
  );
  return rows;
}
