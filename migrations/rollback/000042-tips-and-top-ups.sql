delete from public.notification_templates where type = 'payment_refunded' and audience = 'customer' and language = 'en';
delete from public.notification_templates where type = 'tip_received' and audience = 'customer' and language = 'en';
delete from public.notification_templates where type = 'tip_received' and audience = 'provider' and language = 'en';
delete from public.notification_templates where type = 'tip_received' and audience = 'vendor' and language = 'en';
delete from public.notification_templates where type = 'wallet_topped_up' and audience = 'customer' and language = 'en';

-- Undoes tips and top-ups. Lost are the tips and their payments, the payments of top-ups, and the refunds of both: what
-- was on its way back has to be returned at the gateway by hand. The money that was credited stays where it is: a tip as
-- an amount that its vendor is owed, a top-up in the wallet, and in the journal as if it had come from the gateway at once.

drop view app_private.expected_of_purposes;
create or replace view app_private.expected_of_payments as
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
create or replace view app_private.expected_of_refunds as
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
create or replace view app_private.expected_of_vendor_credits as
select v.kind as reason, 'booking' as from_account, v.booking_id as from_id, 'vendor' as to_account,
  v.vendor_id as to_id, v.amount, v.booking_id
from public.vendor_credits v
-- Cash is a payment, and what is carried over stays in the account. Payments of vendors are below.
where v.kind not in ('cash_collected', 'carried_over', 'payment') and v.created_at > (select app_private.journal_opened_at());
drop function if exists
  public.add_tip(uuid, numeric, text, text, text),
  public.tip_from_wallet(uuid, numeric, text),
  app_private.start_tip(public.bookings, numeric, text, text),
  app_private.tippable_booking(uuid),
  public.top_up_wallet(numeric, text, text, text),
  app_private.require_gateway(text, text),
  app_private.tip_refusal(public.bookings),
  app_private.credit_tip(public.tips, numeric, uuid),
  app_private.give_tip(public.payments, numeric),
  app_private.tell_tip(public.tips),
  app_private.topped_up_this_month(uuid),
  app_private.fill_wallet(public.payments, numeric),
  app_private.lock_payment(public.payments),
  app_private.purpose_received(public.payments, numeric),
  app_private.unused(public.payments),
  app_private.refund_of_purpose(public.payments, numeric, text, text),
  app_private.purpose_refunded_elsewhere(public.payments, numeric);

alter table app_private.journal disable trigger _200_unchangeable;
delete from app_private.journal where from_account in ('gateway', 'payment') and to_account in ('gateway', 'payment');
update app_private.journal set from_account = 'gateway', from_id = null where from_account = 'payment';
update app_private.journal set to_account = 'gateway', to_id = null where to_account = 'payment';
alter table app_private.journal enable trigger _200_unchangeable;
alter table app_private.journal
  drop constraint journal_names_its_owners,
  add constraint journal_names_its_owners check (
    (from_account in ('booking', 'vendor', 'wallet')) = (from_id is not null)
    and (to_account in ('booking', 'vendor', 'wallet')) = (to_id is not null));
comment on column app_private.journal.from_id is
  'Booking, vendor or customer of that account; null for the platform''s own accounts.';
comment on column app_private.journal.to_id is
  'Booking, vendor or customer of that account; null for the platform''s own accounts.';
delete from enums.journal_account where value = 'payment';

-- One amount a tip and payout; a refund in a later payout gets another kind, so that both fit beside each other.
with sums as (
  select (array_agg(c.id order by c.created_at, c.id))[1] as id, array_agg(c.id) as ids, sum(c.amount) as amount,
    row_number() over (partition by c.payment_id order by min(c.created_at)) as place
  from public.vendor_credits c where c.kind = 'tip' group by c.payment_id, c.payout_id
), gone as (
  delete from public.vendor_credits c using sums s
  where c.id = any (s.ids) and (c.id <> s.id or s.amount = 0)
)
update public.vendor_credits c
set amount = s.amount, kind = (array['refund', 'desk_refund', 'desk_gst'])[s.place], payment_id = null, refund_id = null
from sums s where c.id = s.id and s.amount <> 0;
delete from app_private.personal_links
where table_name = 'public.tips' or (table_name, column_name) = ('public.vendor_credits', 'refund_id');
drop table public.tips;
alter table public.vendor_credits
  drop column refund_id;
create unique index vendor_credits_once on public.vendor_credits (booking_id, kind, payment_id, decision_id)
  nulls not distinct where booking_id is not null;
comment on index public.vendor_credits_once is 'This booking already has this credit. Reload it.';
comment on column public.vendor_credits.payment_id is
  'Payment of the customer after the booking was cancelled; null when the money was already there.';
delete from enums.vendor_credit_kind where value = 'tip';

update public.wallet_transactions t set payment_id = null
from public.payments p where p.id = t.payment_id and p.purpose <> 'booking';
delete from public.refunds r using public.payments p where p.id = r.payment_id and p.purpose <> 'booking';
delete from public.payments where purpose <> 'booking';
alter table public.refunds alter column booking_id set not null;
comment on column public.refunds.booking_id is 'Booking that was paid.';
alter table public.payments
  drop constraint payments_of_a_booking_or_by_gateway,
  drop column purpose,
  alter column booking_id set not null,
  alter column vendor_id set not null;
comment on table public.payments is
  'Payments for bookings, in rupees. What the payment gateway reported is in paymentPrivateDetail.';
comment on column public.payments.booking_id is 'Booking that is paid.';
comment on column public.payments.vendor_id is 'Vendor of the booking.';
drop table enums.payment_purpose;

comment on column public.therapist_private_details.total_earnings is
  'Rupees earned through the platform so far; counted by the platform.';
comment on column public.beautician_private_details.total_earnings is
  'Rupees earned through the platform so far; counted by the platform.';
comment on column public.therapist_assignments.tips_amount is 'Rupees that the customer tipped.';
comment on column public.beautician_assignments.tips_amount is 'Rupees that the customer tipped.';

delete from public.notifications where type in ('tip_received', 'wallet_topped_up', 'payment_refunded');
delete from public.notification_templates where type in ('tip_received', 'wallet_topped_up', 'payment_refunded');
delete from enums.notification_type where value in ('tip_received', 'wallet_topped_up', 'payment_refunded');
delete from public.system_settings
where category = 'tips' or key in (
  'wallet.top_up_is_enabled', 'wallet.top_up_minimum', 'wallet.top_up_maximum', 'wallet.top_ups_a_month');
delete from public.schema_versions where version = '1.38';

CREATE OR REPLACE FUNCTION app_private.balances_by_rows()
 RETURNS SETOF app_private.balance
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select 'wallet', t.customer_id,
    coalesce(sum(case t.transaction_type when 'debit' then -t.amount else t.amount end)
      filter (where t.amount <> 'NaN'), 0)
  from public.wallet_transactions t group by t.customer_id
  union all
  select 'vendor', d.vendor_id, sum(d.amount)
  from (
    select c.vendor_id, c.net_amount as amount
    from public.commission_records c where c.settlement_status <> 'settled'
    union all
    select c.vendor_id, c.amount from public.vendor_credits c
    where not exists (
      select from public.vendor_payouts p where p.id = c.payout_id and p.payout_status = 'completed')
  ) d
  group by d.vendor_id
  union all
  -- Paid, and neither earned nor refunded.
  select 'booking', b.id,
    coalesce((
      select sum(p.total_amount) filter (where p.total_amount <> 'NaN') from public.payments p
      where p.booking_id = b.id and p.status in ('success', 'partially_refunded', 'refunded')), 0)
    - coalesce((
      select sum(r.refund_amount) filter (where r.refund_amount <> 'NaN') from public.refunds r
      where r.booking_id = b.id and r.status = 'completed' and not r.is_borne_by_platform), 0)
    - case b.status
      when 'completed' then case
        when exists (
          select from public.booking_settlements s where s.booking_id = b.id and s.settled_at is null) then 0
        else app_private.amount_agreed(b.id) + coalesce((
          select sum(d.points_deducted + d.rewards_deducted) from public.refund_decisions d
          where d.booking_id = b.id), 0) end
      when 'cancelled' then app_private.charge_collected(b.id)
      else 0 end
  from public.bookings b
  -- Bookings that ended before the journal existed are not part of it.
  where b.status in ('pending', 'confirmed', 'assigned', 'in_progress')
    or b.id in (select j.booking_id from app_private.journal j)
    or b.id in (select r.booking_id from public.refunds r where r.status in ('pending', 'processing'))
$function$;
comment on function app_private.balances_by_rows() is 'Balances that the accounts of customers, vendors and bookings must have by their own rows: wallets, what vendors are owed, and what is paid for bookings and neither earned nor refunded.';
revoke all on function app_private.balances_by_rows() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.balances_by_rows() to service_role;

CREATE OR REPLACE FUNCTION app_private.finish_refund(p_refund_id uuid, p_reference text, p_by uuid)
 RETURNS public.refunds
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_refund public.refunds;
  v_payment public.payments;
begin
  update public.refunds r
  set status = 'completed', processed_at = now(), processed_by = p_by,
    gateway_refund_id = coalesce(p_reference, r.gateway_refund_id)
  where r.id = p_refund_id
  returning * into v_refund;
  update public.payments p
  set refund_amount = p.refund_amount + v_refund.refund_amount, refund_date = now(),
    refund_reason = v_refund.refund_reason,
    status = case when p.refund_amount + v_refund.refund_amount = p.total_amount
      then 'refunded' else 'partially_refunded' end
  where p.id = v_refund.payment_id
  returning * into v_payment;
  if v_refund.refund_method = 'original' then
    perform app_private.move_money(
      case when v_refund.is_borne_by_platform then 'commission' else 'booking' end,
      case when not v_refund.is_borne_by_platform then v_refund.booking_id end,
      'gateway', null, v_refund.refund_amount, v_refund.booking_id, 'refund');
  end if;
  if v_refund.refund_method = 'desk' then
    if v_refund.is_borne_by_platform then
      perform app_private.move_money('commission', null, 'booking', v_refund.booking_id, v_refund.refund_amount,
        v_refund.booking_id, 'refund');
    end if;
    -- The vendor has given it back.
    perform app_private.credit_vendor(app_private.current_booking(v_refund.booking_id), 'desk_refund',
      v_refund.refund_amount, v_refund.payment_id, v_refund.decision_id);
  end if;
  update public.booking_cancellations c set refund_status = 'completed'
  where c.booking_id = v_refund.booking_id and c.refund_status <> 'completed'
    and not exists (
      select from public.refunds r
      where r.booking_id = v_refund.booking_id and r.status in ('pending', 'processing', 'failed'));
  return v_refund;
end
$function$;
comment on function app_private.finish_refund(uuid,text,uuid) is 'Records that a refund has arrived. Its booking must be locked.';
revoke all on function app_private.finish_refund(uuid,text,uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.finish_refund(uuid,text,uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.payment_of_event(p_gateway text, p_kind text, p_event jsonb)
 RETURNS public.payments
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_payment public.payments;
begin
  select * into v_payment from public.payments p
  where p.payment_gateway = p_gateway
    and (p.gateway_transaction_id = p_event ->> 'paymentReference'
      or p.transaction_id = p_event ->> 'transactionId')
  order by p.gateway_transaction_id is not distinct from p_event ->> 'paymentReference' desc
  limit 1;
  if not found then
    return null;
  end if;
  perform from public.bookings b where b.id = v_payment.booking_id for no key update;
  -- Checked again after locking.
  select * into v_payment from public.payments p
  where p.payment_gateway = p_gateway
    and (p.gateway_transaction_id = p_event ->> 'paymentReference'
      or p.transaction_id = p_event ->> 'transactionId')
  order by p.gateway_transaction_id is not distinct from p_event ->> 'paymentReference' desc
  limit 1;
  -- The customer has paid a second time for one payment of ours: that becomes a payment of its own.
  if v_payment.gateway_transaction_id <> p_event ->> 'paymentReference' and p_kind <> 'payment.failed' then
    insert into public.payments
      (booking_id, customer_id, vendor_id, amount, total_amount, payment_method, payment_gateway,
        gateway_transaction_id)
    values (v_payment.booking_id, v_payment.customer_id, v_payment.vendor_id,
      (p_event ->> 'amount')::numeric, (p_event ->> 'amount')::numeric, v_payment.payment_method,
      p_gateway, p_event ->> 'paymentReference')
    returning * into v_payment;
  end if;
  return v_payment;
end
$function$;
comment on function app_private.payment_of_event(text,text,jsonb) is 'The payment of a gateway''s event, its booking locked: the one with the gateway''s reference, otherwise the one that requested it, or a new one where that is already paid by another; null when it is not known.';
revoke all on function app_private.payment_of_event(text,text,jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.payment_of_event(text,text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION app_private.payment_received(p_payment_id uuid, p_amount numeric, p_reference text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_payment public.payments;
  v_booking public.bookings;
  v_kept numeric;
  v_excess numeric;
begin
  update public.payments p
  set status = 'success', payment_date = now(), amount = p_amount, total_amount = p_amount,
    gateway_transaction_id = coalesce(p_reference, p.gateway_transaction_id)
  where p.id = p_payment_id
  returning * into v_payment;
  if v_payment.payment_method not in ('wallet', 'points') then
    -- The vendor already has the cash, and what was paid at its desk.
    perform app_private.move_money(
      case when v_payment.payment_method = 'cash' or v_payment.is_at_desk then 'vendor' else 'gateway' end,
      case when v_payment.payment_method = 'cash' or v_payment.is_at_desk then v_payment.vendor_id end,
      'booking', v_payment.booking_id, p_amount, v_payment.booking_id, 'payment');
  end if;
  perform app_private.note_payment_status(v_payment.booking_id);
  perform app_private.confirm_paid(v_payment.booking_id);

  select * into strict v_booking from public.bookings b where b.id = v_payment.booking_id;
  -- The booking lapsed just now, and returned it.
  if exists (select from public.refunds r where r.payment_id = v_payment.id) then
    return 'returned';
  end if;
  if v_booking.status = 'cancelled' then
    -- The unpaid cancellation cost is kept, and no more.
    v_kept := least(p_amount, app_private.amount_due(v_booking.id));
    perform app_private.collect_charge(v_booking, v_kept, v_payment.id);
    v_excess := p_amount - v_kept;
  else
    v_excess := least(p_amount, app_private.amount_paid(v_booking.id) - app_private.amount_agreed(v_booking.id));
  end if;
  if v_excess <= 0 then
    perform app_private.settle_agreed(v_booking.id);
    return 'received';
  end if;
  perform app_private.refund_of_payment(v_payment, v_excess,
    case when v_excess = p_amount then 'full' else 'partial' end,
    case when v_booking.status = 'cancelled' then 'The booking could no longer be paid'
      else 'More was paid than the booking costs' end,
    null);
  perform app_private.note_payment_status(v_booking.id);
  perform app_private.settle_agreed(v_booking.id);
  return 'returned';
end
$function$;
comment on function app_private.payment_received(uuid,numeric,text) is 'Records that an amount has arrived with a payment: it confirms the booking, pays its cancellation cost, or settles it where its amount was agreed on afterwards; what is left over, or all of it when the booking no longer exists, is returned. The booking must be locked. Returns received or returned.';
revoke all on function app_private.payment_received(uuid,numeric,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.payment_received(uuid,numeric,text) to service_role;

CREATE OR REPLACE FUNCTION app_private.refund_arrived(p_payment_id uuid, p_event jsonb)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_payment public.payments;
  v_refund public.refunds := app_private.refund_of_event(p_payment_id, p_event);
  v_amount numeric := (p_event ->> 'refundAmount')::numeric;
  v_left numeric;
begin
  if v_refund.status = 'completed' then
    return 'nothing new';
  end if;
  select * into strict v_payment from public.payments p where p.id = p_payment_id;
  -- What can still be refunded with this one.
  v_left := app_private.refundable(v_payment)
    + case when v_refund.status in ('pending', 'processing') then v_refund.refund_amount else 0 end;
  if v_amount > v_left then
    insert into public.error_logs (error_type, error_message, severity, request_data)
    values ('refund_amount', 'A gateway refunded more than was left to refund', 'critical',
      jsonb_build_object('payment', p_payment_id, 'refund', v_refund.id, 'left', v_left, 'paidBack', v_amount));
    v_amount := v_left;
    if v_amount = 0 then
      return 'paid back too much';
    end if;
  end if;
  if v_refund.id is null then
    v_refund.id := app_private.refund_of_payment(
      v_payment, v_amount, 'adjustment', 'Made at the payment gateway', null,
      app_private.refunded_elsewhere(v_payment.booking_id, v_amount));
  elsif v_amount <> v_refund.refund_amount then
    update public.refunds r set refund_amount = v_amount where r.id = v_refund.id;
    if v_amount < v_refund.refund_amount then
      -- The rest is still on its way.
      insert into public.refunds
        (payment_id, booking_id, customer_id, refund_amount, refund_reason, refund_type, refund_method,
          is_borne_by_platform, decision_id)
      values (v_refund.payment_id, v_refund.booking_id, v_refund.customer_id,
        v_refund.refund_amount - v_amount, v_refund.refund_reason, v_refund.refund_type,
        v_refund.refund_method, v_refund.is_borne_by_platform, v_refund.decision_id);
    end if;
  end if;
  perform app_private.finish_refund(v_refund.id, p_event ->> 'refundReference', null);
  perform app_private.note_payment_status(v_payment.booking_id);
  return 'refunded';
end
$function$;
comment on function app_private.refund_arrived(uuid,jsonb) is 'Records that a gateway has refunded an amount of a payment: of the refund that it names or that is waiting, of a part of it, or without one of ours. The booking must be locked.';
revoke all on function app_private.refund_arrived(uuid,jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.refund_arrived(uuid,jsonb) to service_role;

CREATE OR REPLACE FUNCTION app_private.refund_of_payment(p_payment public.payments, p_amount numeric, p_type text, p_reason text, p_by uuid, p_decision_id uuid DEFAULT NULL::uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_points_value numeric := app_private.setting('loyalty.rupees_a_point_pays')::numeric;
  v_points integer := 0;
  v_refund_id uuid;
  v_method text := case
    when p_payment.is_at_desk or p_payment.payment_method = 'cash' then 'desk'
    when p_payment.payment_method = 'points' then 'points'
    when p_payment.payment_method = 'wallet' then 'wallet'
    else 'original'
  end;
  -- Earned money stays earned: only what still lies with the booking belongs to the customer.
  v_is_borne boolean := p_amount > app_private.unearned(p_payment.booking_id);
  v_source text := case when v_is_borne then 'commission' else 'booking' end;
  v_source_id uuid := case when not v_is_borne then p_payment.booking_id end;
begin
  insert into public.refunds
    (payment_id, booking_id, customer_id, refund_amount, refund_reason, refund_type, refund_method,
      is_borne_by_platform, decision_id)
  values (p_payment.id, p_payment.booking_id, p_payment.customer_id, p_amount, p_reason, p_type, v_method,
    v_is_borne, p_decision_id)
  returning id into v_refund_id;
  if v_method = 'original' then
    return v_refund_id;
  end if;
  if v_method = 'desk' then
    -- The vendor gives it back: at once where its desk acts, unless the guest is not there.
    if p_payment.vendor_id = any (app_private.my_vendor_ids('bookings')) and not exists (
      select from public.booking_cancellations c where c.booking_id = p_payment.booking_id and c.is_no_show) then
      perform app_private.finish_refund(v_refund_id, null, (select auth.uid()));
    end if;
    return v_refund_id;
  end if;
  if v_method = 'points' then
    v_points := floor(p_amount / v_points_value);
    perform app_private.move_points(p_payment.customer_id, 'adjusted', v_points, p_payment.booking_id,
      'Points paid back', (
        select t.expires_at from public.loyalty_points_transactions t
        where t.booking_id = p_payment.booking_id and t.transaction_type = 'redeemed' limit 1));
    perform app_private.move_money(v_source, v_source_id, 'points', null,
      v_points * v_points_value, p_payment.booking_id, 'refund');
  end if;
  -- All of it, or a remainder of less than a point.
  perform app_private.move_wallet(p_payment.customer_id, 'refund', p_amount - v_points * v_points_value,
    v_source, v_source_id, p_payment.booking_id, p_payment.id, p_reason);
  perform app_private.finish_refund(v_refund_id, null, p_by);
  return v_refund_id;
end
$function$;
comment on function app_private.refund_of_payment(public.payments,numeric,text,text,uuid,uuid) is 'Returns an amount of a payment the way it came: wallet and points at once, gateway payments as a refund on its way, and what the vendor received (cash, or at its desk) at the vendor''s desk: at once where the desk acts, otherwise once it records that (record_desk_refund). The platform pays what no longer lies with the booking. The booking must be locked, and the amount must be left of the payment.';
revoke all on function app_private.refund_of_payment(public.payments,numeric,text,text,uuid,uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.refund_of_payment(public.payments,numeric,text,text,uuid,uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.require_refund(p_refund_id uuid)
 RETURNS public.refunds
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_refund public.refunds;
begin
  perform app_private.require_permission('payments.approve');
  select * into v_refund from public.refunds r where r.id = p_refund_id;
  if not found then
    raise exception 'The refund was not found. Check the id.' using errcode = 'OB003';
  end if;
  perform from public.bookings b where b.id = v_refund.booking_id for no key update;
  select * into strict v_refund from public.refunds r where r.id = p_refund_id;
  if v_refund.status not in ('pending', 'processing') then
    raise exception 'This refund has already ended: it is %. Reload it.', replace(v_refund.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  return v_refund;
end
$function$;
comment on function app_private.require_refund(uuid) is 'A refund that is on its way, locked with its booking, for a user who may decide on it. Raises OB001, OB002, OB003, OB030.';
revoke all on function app_private.require_refund(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.require_refund(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.tell_payment(p_old public.payments, p_new public.payments)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings;
  v_fields jsonb;
  v_data jsonb;
begin
  select * into strict v_booking from public.bookings b where b.id = p_new.booking_id;
  v_fields := app_private.booking_fields(v_booking)
    || jsonb_build_object('paid', app_private.in_rupees(p_new.total_amount));
  v_data := jsonb_build_object('screen', 'payment', 'bookingId', p_new.booking_id, 'paymentId', p_new.id);
  perform app_private.notify(p_new.customer_id, 'customer', 'payment_received', v_fields, v_data);
  perform app_private.notify(u, 'vendor', 'payment_received', v_fields, v_data)
    from app_private.vendor_desk(p_new.vendor_id) u;
end
$function$;
comment on function app_private.tell_payment(public.payments,public.payments) is 'Notifies of money received.';
revoke all on function app_private.tell_payment(public.payments,public.payments) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.tell_payment(public.payments,public.payments) to service_role;

CREATE OR REPLACE FUNCTION app_private.tell_refund(p_old public.refunds, p_new public.refunds)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings;
begin
  select * into strict v_booking from public.bookings b where b.id = p_new.booking_id;
  perform app_private.notify(p_new.customer_id, 'customer', 'refund_processed',
    app_private.booking_fields(v_booking)
      || jsonb_build_object('refunded', app_private.in_rupees(p_new.refund_amount)),
    jsonb_build_object('screen', 'refund', 'bookingId', p_new.booking_id, 'refundId', p_new.id));
end
$function$;
comment on function app_private.tell_refund(public.refunds,public.refunds) is 'Notifies of money paid back.';
revoke all on function app_private.tell_refund(public.refunds,public.refunds) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.tell_refund(public.refunds,public.refunds) to service_role;

CREATE OR REPLACE FUNCTION app_private.unbooked()
 RETURNS SETOF app_private.imbalance
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select coalesce(b.account, r.account), coalesce(b.id, r.id), coalesce(b.balance, 0), coalesce(r.balance, 0)
  from (
    select * from app_private.balances_by_journal() where account in ('wallet', 'vendor', 'booking')
  ) b
  full join app_private.balances_by_rows() r on r.account = b.account and r.id = b.id
  where coalesce(b.balance, 0) <> coalesce(r.balance, 0)
$function$;
comment on function app_private.unbooked() is 'Accounts of customers, vendors and bookings whose movements differ from their rows.';
revoke all on function app_private.unbooked() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.unbooked() to service_role;

CREATE OR REPLACE FUNCTION public.refund_payment(payment_id uuid, amount numeric, reason text, idempotency_key text)
 RETURNS public.refunds
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_payment public.payments;
  v_booking public.bookings;
  v_done uuid;
  v_refund public.refunds;
begin
  perform app_private.require_permission('payments.approve');
  select * into v_payment from public.payments p where p.id = refund_payment.payment_id;
  if not found then
    raise exception 'The payment was not found. Check the id.' using errcode = 'OB003';
  end if;
  perform app_private.require_number('amount', 'total', refund_payment.amount);
  select * into strict v_booking from public.bookings b where b.id = v_payment.booking_id for no key update;
  perform app_private.require_unrelated(v_booking);
  v_done := app_private.replayed(refund_payment.idempotency_key, 'refund_payment', jsonb_build_object(
    'payment', refund_payment.payment_id, 'amount', refund_payment.amount, 'reason', refund_payment.reason));
  if v_done is null then
    select * into strict v_payment from public.payments p where p.id = refund_payment.payment_id;
    if coalesce(round(refund_payment.amount, 2), 0) <= 0 then
      raise exception 'Amount must be greater than 0.' using errcode = 'OB020', column = 'amount';
    end if;
    if round(refund_payment.amount, 2) > app_private.refundable(v_payment) then
      raise exception 'At most ₹% of this payment can be refunded. Enter a smaller amount.',
        app_private.refundable(v_payment)
        using errcode = 'OB068', column = 'amount';
    end if;
    if v_payment.is_at_desk then
      raise exception 'This was paid at the vendor''s desk. Cancel the booking, or use refundBooking once it is completed.'
        using errcode = 'OB030';
    end if;
    perform app_private.require_settled(v_booking);
    -- Refunding earned money has consequences that refund_booking handles. Money of a failed refund lies with
    -- the booking.
    if v_booking.status = 'completed'
      and round(refund_payment.amount, 2) > app_private.unearned(v_booking.id) then
      raise exception 'This booking is completed, so its payment cannot be refunded alone. Use refundBooking.'
        using errcode = 'OB030';
    end if;
    v_done := app_private.refund_of_payment(v_payment, round(refund_payment.amount, 2), 'adjustment',
      app_private.required_reason(refund_payment.reason), (select auth.uid()));
    perform app_private.note_payment_status(v_payment.booking_id);
    perform app_private.remember_result(refund_payment.idempotency_key, v_done);
  end if;
  select * into strict v_refund from public.refunds r where r.id = v_done;
  return v_refund;
end
$function$;
comment on function public.refund_payment(uuid,numeric,text,text) is 'Refunds a part of a payment, whatever the cancellation policy says. For a completed booking it can only return money that is still held for it, such as a refund that failed; use refundBooking for the rest. Needs the permission payments.approve and a reason. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (completed, not settled yet, or paid at a vendor''s desk), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request), OB068 (more than is left of the payment).';
revoke all on function public.refund_payment(uuid,numeric,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.refund_payment(uuid,numeric,text,text) to service_role;
grant execute on function public.refund_payment(uuid,numeric,text,text) to staff;

CREATE OR REPLACE FUNCTION public.start_payment(booking_id uuid, payment_method text, payment_gateway text, idempotency_key text, amount numeric DEFAULT NULL::numeric)
 RETURNS public.payments
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings;
  v_done uuid;
  v_payment public.payments;
begin
  v_booking := app_private.own_booking(start_payment.booking_id);
  perform app_private.require_number('amount', 'total', start_payment.amount);
  v_done := app_private.replayed(start_payment.idempotency_key, 'start_payment', jsonb_build_object(
    'booking', start_payment.booking_id, 'method', start_payment.payment_method,
    'gateway', start_payment.payment_gateway, 'amount', start_payment.amount));
  if v_done is null then
    if start_payment.payment_method is null
      or start_payment.payment_method not in ('credit_card', 'debit_card', 'upi', 'net_banking', 'pay_later') then
      raise exception 'Payment method must be credit card, debit card, UPI, net banking or pay later.'
        using errcode = 'OB020', column = 'payment_method';
    end if;
    if coalesce(start_payment.payment_gateway, '') !~ '^[a-z][a-z0-9_]{1,49}$' then
      raise exception 'Payment gateway is required. Enter its name, such as razorpay.'
        using errcode = 'OB020', column = 'payment_gateway';
    end if;
    insert into public.payments
      (booking_id, customer_id, vendor_id, amount, total_amount, payment_method, payment_gateway)
    select v_booking.id, v_booking.customer_id, v_booking.vendor_id, a, a,
      start_payment.payment_method, start_payment.payment_gateway
    from app_private.payable(v_booking, start_payment.amount) a
    returning id into v_done;
    -- The slot waits for the gateway a little longer.
    if v_booking.status = 'pending' then
      update app_private.provider_reservations r
      set expires_at = greatest(r.expires_at, v_booking.created_at
        + app_private.setting('booking.payment_minutes')::integer * interval '1 minute')
      where r.booking_id = v_booking.id and r.expires_at > clock_timestamp();
      update public.bookings b set expires_at = r.expires_at
      from app_private.provider_reservations r where b.id = v_booking.id and r.booking_id = b.id;
    end if;
    perform app_private.remember_result(start_payment.idempotency_key, v_done);
  end if;
  select * into strict v_payment from public.payments p where p.id = v_done;
  return v_payment;
end
$function$;
comment on function public.start_payment(uuid,text,text,text,numeric) is 'Starts a payment of your own booking through a gateway, for all that is due or for the given amount; the slot of a pending booking is then kept for 15 minutes in all by default. Give the transactionId to the gateway with the order (Razorpay: as the transaction id in the notes); its webhook then reports the result. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB030 (cancelled, expired or paid), OB066 (key of another request), OB068 (more than is due).';
revoke all on function public.start_payment(uuid,text,text,text,numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.start_payment(uuid,text,text,text,numeric) to authenticated;
grant execute on function public.start_payment(uuid,text,text,text,numeric) to service_role;
