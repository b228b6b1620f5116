/*
 * The movements that must be in the journal, by what caused them: one view for each kind of cause. They read the causes alone,
 * and share nothing with the functions that move money. A new reason is a new view app_private.expected_…, with these columns:
 * app_private.unexplained_movements() reads all of them. An amount below 0 is a movement in the opposite direction, and one of
 * 0 none. Causes from before the journal was opened are part of the opening movements.
 */

-- Money that came in, at the gateway, at a vendor's desk or in cash, and points and wallets that paid.
create view app_private.expected_of_payments as
select case p.payment_method when 'wallet' then 'wallet debit' else 'payment' end as reason,
  case
    when p.payment_method in ('points', 'wallet') then p.payment_method
    when p.payment_method = 'cash' or p.is_at_desk then 'vendor'
    else 'gateway' end as from_account,
  case
    when p.payment_method = 'wallet' then p.customer_id
    when p.payment_method = 'cash' or p.is_at_desk then p.vendor_id end as from_id,
  'booking' as to_account, p.booking_id as to_id, p.total_amount as amount, p.booking_id
from public.payments p
where p.status in ('success', 'partially_refunded', 'refunded')
  and coalesce(p.payment_date, p.created_at) > (select app_private.journal_opened_at());
comment on view app_private.expected_of_payments is 'Movements that payments which were received must have.';

-- What went back: from the booking, or from the platform where the money had been earned already.
create view app_private.expected_of_refunds as
with completed as (
  select r.*, case when r.is_borne_by_platform then 'commission' else 'booking' end as source,
    case when not r.is_borne_by_platform then r.booking_id end as source_id
  from public.refunds r
  where r.status = 'completed' and coalesce(r.processed_at, r.created_at) > (select app_private.journal_opened_at())
), points as (
  -- Less than the value of a point goes into the wallet. A wallet transaction belongs to the refund before it.
  select c.*, coalesce((
    select sum(t.amount) from public.wallet_transactions t
    where t.payment_id = c.payment_id and t.transaction_type = 'refund' and t.created_at >= c.processed_at
      and not exists (
        select from public.refunds l
        where l.payment_id = c.payment_id and l.status = 'completed'
          and (l.processed_at, l.id) > (c.processed_at, c.id) and l.processed_at <= t.created_at)), 0) as remainder
  from completed c where c.refund_method = 'points'
)
select 'refund' as reason, c.source as from_account, c.source_id as from_id, 'gateway' as to_account,
  null::uuid as to_id, c.refund_amount as amount, c.booking_id
from completed c where c.refund_method = 'original'
union all
select 'wallet refund', c.source, c.source_id, 'wallet', c.customer_id, c.refund_amount, c.booking_id
from completed c where c.refund_method = 'wallet'
union all
select 'refund', p.source, p.source_id, 'points', null, p.refund_amount - p.remainder, p.booking_id from points p
union all
select 'wallet refund', p.source, p.source_id, 'wallet', p.customer_id, p.remainder, p.booking_id from points p
union all
-- What a vendor gave back at its desk is a credit of the vendor, below; the platform adds what it bears.
select 'refund', 'commission', null, 'booking', c.booking_id, c.refund_amount, c.booking_id
from completed c where c.refund_method = 'desk' and c.is_borne_by_platform;
comment on view app_private.expected_of_refunds is 'Movements that refunds which arrived must have.';

-- What a completed booking distributes: the vendor's earning, the commission and the taxes.
create view app_private.expected_of_commission_records as
select m.reason, 'booking' as from_account, c.booking_id as from_id, m.to_account, m.to_id, m.amount, c.booking_id
from public.commission_records c
join public.bookings b on b.id = c.booking_id
cross join lateral (
  values
    ('earning', 'vendor', c.vendor_id, c.booking_amount - c.commission_amount - c.tds_amount - c.tcs_amount),
    ('commission', 'commission', null, c.commission_amount),
    ('tds', 'tds', null, c.tds_amount),
    ('tcs', 'tcs', null, c.tcs_amount),
    -- The vendor has collected that of a desk booking itself: a credit of the vendor, below.
    ('gst', 'gst', null, case b.channel when 'desk' then 0 else c.gst_amount end)
) m (reason, to_account, to_id, amount)
where c.created_at > (select app_private.journal_opened_at());
comment on view app_private.expected_of_commission_records is 'Movements that completed bookings must have.';

-- What a vendor is owed or owes beside that. Cash that it collected is a payment.
create view app_private.expected_of_vendor_credits as
select v.kind as reason, 'booking' as from_account, v.booking_id as from_id, 'vendor' as to_account,
  v.vendor_id as to_id, v.amount, v.booking_id
from public.vendor_credits v
where v.kind <> 'cash_collected' and v.created_at > (select app_private.journal_opened_at());
comment on view app_private.expected_of_vendor_credits is 'Movements that credits and debts of vendors must have.';

-- What a refund after completion takes back.
create view app_private.expected_of_refund_decisions as
select m.reason, m.from_account, m.from_id, m.to_account, m.to_id, m.amount, d.booking_id
from public.refund_decisions d
join public.bookings b on b.id = d.booking_id
cross join lateral (
  values
    ('refund', 'gst', null, 'booking', d.booking_id, case b.channel when 'desk' then 0 else d.gst_amount end),
    ('refund', 'commission', null, 'booking', d.booking_id, d.commission_amount),
    ('refund', 'tds', null, 'booking', d.booking_id, d.tds_amount),
    ('refund', 'tcs', null, 'booking', d.booking_id, d.tcs_amount),
    ('refund borne', 'commission', null, 'booking', d.booking_id, d.platform_amount),
    ('points spent', 'booking', d.booking_id, 'points', null, d.points_deducted),
    ('rewards spent', 'booking', d.booking_id, 'rewards', null, d.rewards_deducted)
) m (reason, from_account, from_id, to_account, to_id, amount)
where d.created_at > (select app_private.journal_opened_at());
comment on view app_private.expected_of_refund_decisions is 'Movements that decisions on refunds after completion must have.';

create view app_private.expected_of_payouts as
select 'payout' as reason, 'vendor' as from_account, p.vendor_id as from_id, 'bank' as to_account, null::uuid as to_id,
  p.net_amount as amount, null::uuid as booking_id
from public.vendor_payouts p
where p.payout_status = 'completed'
  and coalesce(p.payment_date, p.created_at) > (select app_private.journal_opened_at());
comment on view app_private.expected_of_payouts is 'Movements that payouts which were paid must have.';

-- What is given and taken without a payment: rewards, gifts and corrections.
create view app_private.expected_of_wallet_transactions as
select 'wallet ' || t.transaction_type as reason, 'rewards' as from_account, null::uuid as from_id,
  'wallet' as to_account, t.customer_id as to_id,
  case t.transaction_type when 'debit' then -t.amount else t.amount end as amount, t.booking_id
from public.wallet_transactions t
where t.payment_id is null and t.created_at > (select app_private.journal_opened_at());
comment on view app_private.expected_of_wallet_transactions is
  'Movements that wallet transactions without a payment must have.';

--!include functions/money/unexplained_movements.sql
