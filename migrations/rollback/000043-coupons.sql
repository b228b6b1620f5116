-- Undoes the coupons. Coupons, their uses and the earlier prices are lost; open holds end. A booking with a coupon keeps its
-- price and what the platform has paid for it.

drop function app_private.price_of_items(app_private.priced_item[], text, text, text);
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
where p.purpose = 'booking' and p.status in ('success', 'partially_refunded', 'refunded')
  and coalesce(p.payment_date, p.created_at) > (select app_private.journal_opened_at());
create or replace view app_private.expected_of_refunds as
with completed as (
  select r.*, case when r.is_borne_by_platform then 'commission' else 'booking' end as source,
    case when not r.is_borne_by_platform then r.booking_id end as source_id
  from public.refunds r
  where r.booking_id is not null and r.status = 'completed'
    and coalesce(r.processed_at, r.created_at) > (select app_private.journal_opened_at())
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
-- The functions that come back name each other.
set local check_function_bodies = off;
delete from public.schema_versions where version = '1.39';
delete from app_private.provider_reservations where hold_id is not null;
delete from public.booking_holds where booking_id is null;
drop function
  public.create_coupon(text, text, text, numeric, numeric, numeric, numeric, timestamptz, timestamptz, uuid, uuid, boolean, integer, integer, numeric),
  public.update_coupon(uuid, text, timestamptz, integer, numeric),
  public.end_coupon(uuid),
  public.quote_booking(uuid, uuid[], uuid[], uuid, text, text, text),
  public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text, text),
  app_private.require_coupon_manager(text, uuid),
  app_private.own_coupon(uuid),
  app_private.coupon_of_code(text),
  app_private.current_coupon(uuid),
  app_private.price_with_coupon(uuid, uuid[], uuid[], uuid, text, text, public.coupons),
  app_private.require_coupon(public.coupons, uuid, numeric, uuid),
  app_private.coupon_discount(public.coupons, uuid, app_private.priced_item[], numeric),
  app_private.apply_coupon(public.coupons, uuid, app_private.price, app_private.priced_item[]),
  app_private.claim_coupon(public.booking_holds, public.bookings),
  app_private.give_coupon_back(uuid, boolean, text),
  app_private.lower_coupon(public.bookings, numeric, text),
  app_private.paid_by_coupon(uuid),
  app_private.price_asked(uuid, uuid, timestamptz),
  app_private.forget_prices(integer),
  app_private.miscounted_coupons();
drop trigger _200_validate_coupon on public.service_packages;
drop function app_private.tg_service_packages__coupon();
alter table public.service_packages drop column coupon_id;
drop trigger _600_earlier_price on public.vendor_services;
drop trigger _600_earlier_price on public.services;
drop function app_private.tg__earlier_price();
alter table public.booking_holds drop column coupon_id, drop column coupon_discount, drop column coupon_amount;
alter type public.booking_quote drop attribute coupon_discount, drop attribute coupon_amount;
drop table app_private.earlier_prices, public.coupon_uses, public.coupons, enums.coupon_bearer;
comment on column public.booking_holds.discount_amount is 'Rupees that a package takes off.';
comment on column public.booking_holds.deposit_amount is
  'Rupees whose payment confirms the booking; null where all of it is to be paid.';
comment on column public.bookings.deposit_amount is
  'Rupees whose payment confirms the booking, as agreed; null where all of it is to be paid.';
comment on column public.booking_items.discount_amount is 'Rupees before GST of the item''s part of the discount.';
comment on column public.refunds.refund_method is
  'Where the money goes, such as the wallet, the card that was used, or desk for what the vendor gives back at its desk; null until decided.';

delete from app_private.personal_links
where table_name in ('public.coupons', 'public.coupon_uses', 'app_private.earlier_prices')
  or (table_name, column_name) = ('public.booking_holds', 'coupon_id');
delete from public.system_settings where category = 'coupons';
alter table public.role_permissions disable trigger _800_audit;
alter table public.roles disable trigger user;
delete from public.role_permissions rp using public.permissions p where p.id = rp.permission_id and p.resource = 'coupons';
delete from public.permissions where resource = 'coupons';
alter table public.roles enable trigger user;
alter table public.role_permissions enable trigger _800_audit;
-- Payments and the journal may name them.
delete from enums.payment_method m where m.value = 'coupon'
  and not exists (select from public.payments p where p.payment_method = 'coupon');
delete from enums.journal_account a where a.value = 'coupons'
  and not exists (select from app_private.journal j where 'coupons' in (j.from_account, j.to_account));

CREATE OR REPLACE FUNCTION app_private.agree_on(p_booking public.bookings, p_amount numeric)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.booking_settlements s
  set agreed_amount = p_amount, agreed_at = now(), agreed_by = (select auth.uid())
  where s.booking_id = p_booking.id;
  perform app_private.note_payment_status(p_booking.id);
  perform app_private.settle_agreed(p_booking.id);
end
$function$;
comment on function app_private.agree_on(public.bookings,numeric) is 'Fixes the amount that the customer pays for a completed booking whose money waits, and settles it where nothing of it is due. The booking must be locked.';
revoke all on function app_private.agree_on(public.bookings,numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.agree_on(public.bookings,numeric) to service_role;

CREATE OR REPLACE FUNCTION app_private.confirm_paid(p_booking_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings;
begin
  select * into strict v_booking from public.bookings b where b.id = p_booking_id;
  if v_booking.status <> 'pending' then
    return;
  end if;
  -- A part of it confirms nothing, unless the rest is to be paid in cash.
  if app_private.amount_paid(p_booking_id) < coalesce(v_booking.deposit_amount, v_booking.final_amount)
    and (v_booking.expires_at is null or v_booking.expires_at > clock_timestamp())
    and not exists (
      select from public.payments p
      where p.booking_id = p_booking_id and p.payment_method = 'cash' and p.status = 'pending') then
    return;
  end if;
  -- The reservation becomes permanent, unless it has expired and was removed.
  update app_private.provider_reservations r set expires_at = null
  where r.booking_id = p_booking_id and (r.expires_at is null or r.expires_at > clock_timestamp());
  if found or v_booking.expires_at is null then
    update public.bookings b set status = 'confirmed', status_reason = null where b.id = p_booking_id;
  else
    perform app_private.lapse_booking(p_booking_id);
  end if;
end
$function$;
comment on function app_private.confirm_paid(uuid) is 'Applies a payment, or the choice of cash: once the deposit or all of it is paid, it confirms the booking, or finds that it has expired. The booking must be locked.';
revoke all on function app_private.confirm_paid(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.confirm_paid(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.end_booking(p_booking public.bookings, p_role text, p_reason text, p_charge numeric, p_disputable_until timestamp with time zone DEFAULT NULL::timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.bookings b
  set status = 'cancelled', cancelled_at = now(), cancelled_by = (select auth.uid()),
    cancellation_reason = p_reason, status_reason = p_reason
  where b.id = p_booking.id;
  perform app_private.cancel_assignments(p_booking.id);
  perform app_private.release_provider(p_booking.id);
  perform app_private.drop_unfinished_payments(p_booking.id);
  update public.booking_reschedules r set status = 'rejected', approved_at = now()
  where r.booking_id = p_booking.id and r.status = 'pending';
  insert into public.booking_cancellations
    (booking_id, cancelled_by, cancelled_by_role, cancellation_reason, refund_amount, cancellation_charge,
      refund_status, is_no_show, is_vendor_no_show, disputable_until, settled_at)
  values (p_booking.id, (select auth.uid()), p_role, p_reason,
    greatest(0, app_private.amount_paid(p_booking.id) - p_charge), p_charge, 'pending',
    p_disputable_until is not null and p_role = 'customer',
    -- Only the customer says so in the vendor's role.
    coalesce(p_role = 'vendor' and p_booking.customer_id = (select auth.uid()), false), p_disputable_until,
    case when p_disputable_until is null then now() end);
  if p_disputable_until is null then
    perform app_private.settle_cancellation(app_private.current_booking(p_booking.id), p_charge);
  end if;
end
$function$;
comment on function app_private.end_booking(public.bookings,text,text,numeric,timestamp with time zone) is 'Cancels a locked booking: the provider is free, the charge goes to the vendor and the rest back to the customer, at once or, where it can be disputed, later.';
revoke all on function app_private.end_booking(public.bookings,text,text,numeric,timestamp with time zone) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.end_booking(public.bookings,text,text,numeric,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION app_private.figures_of_days(p_group text, p_days date[])
 RETURNS TABLE(figure text, day date, value numeric, weight numeric)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  case p_group
  when 'money' then
    -- payments_payment_date_idx, refunds_processed_at_idx, vendor_payouts_payment_date_idx, vendor_credits_payments_idx,
    -- wallet_withdrawals_ended_at_idx.
    return query
    select f.figure, d.day, f.value, 1.0
    from unnest(p_days) d (day)
    cross join lateral (
      -- What vendors receive, in cash or at their desks, is not the platform's, and points and the wallet bring no money.
      select sum(p.total_amount) as received
      from public.payments p
      where p.payment_date >= app_private.start_of(d.day)
        and p.payment_date < app_private.start_of(d.day + 1)
        and p.status in ('success', 'partially_refunded', 'refunded') and not p.is_at_desk
        and p.payment_method not in ('cash', 'wallet', 'points')
    ) p
    cross join lateral (
      select sum(r.refund_amount) as refunded
      from public.refunds r
      where r.processed_at >= app_private.start_of(d.day)
        and r.processed_at < app_private.start_of(d.day + 1)
        and r.status = 'completed' and (r.refund_method in ('wallet', 'points', 'desk')) is not true
    ) r
    cross join lateral (
      select sum(v.net_amount) as paid_out
      from public.vendor_payouts v
      where v.payment_date >= app_private.start_of(d.day)
        and v.payment_date < app_private.start_of(d.day + 1)
        and v.payout_status = 'completed'
    ) v
    cross join lateral (
      select sum(c.amount) as repaid
      from public.vendor_credits c
      where c.created_at >= app_private.start_of(d.day)
        and c.created_at < app_private.start_of(d.day + 1)
        and c.kind = 'payment'
    ) c
    cross join lateral (
      -- What went back into a wallet counts when it leaves it.
      select sum(w.net_amount) as withdrawn
      from public.wallet_withdrawals w
      where w.ended_at >= app_private.start_of(d.day)
        and w.ended_at < app_private.start_of(d.day + 1)
        and w.status = 'completed'
    ) w
    cross join lateral (values
      ('payments_received', p.received),
      ('cash_flow', case when num_nonnulls(p.received, r.refunded, v.paid_out, c.repaid, w.withdrawn) > 0 then
        coalesce(p.received, 0) + coalesce(c.repaid, 0) - coalesce(r.refunded, 0) - coalesce(v.paid_out, 0)
          - coalesce(w.withdrawn, 0) end)
    ) f (figure, value)
    where f.value is not null;
  when 'commissions' then
    -- commission_records_created_at_idx with one look into refund_decisions_booking_id_idx per record;
    -- refund_decisions_created_at_idx, refunds_processed_at_idx.
    return query
    select 'revenue', d.day, coalesce(c.earned, 0) - coalesce(t.taken_back, 0) - coalesce(r.borne, 0), 1.0
    from unnest(p_days) d (day)
    cross join lateral (
      -- A refund has lowered the record: what it was on its day counts here, and the refund on the refund's.
      select sum(c.platform_earning + coalesce((
          select sum(t.commission_amount + t.charge_amount + t.platform_amount)
          from public.refund_decisions t where t.booking_id = c.booking_id), 0)) as earned
      from public.commission_records c
      where c.created_at >= app_private.start_of(d.day)
        and c.created_at < app_private.start_of(d.day + 1)
    ) c
    cross join lateral (
      select sum(t.commission_amount + t.charge_amount + t.platform_amount) as taken_back
      from public.refund_decisions t
      where t.created_at >= app_private.start_of(d.day)
        and t.created_at < app_private.start_of(d.day + 1)
    ) t
    cross join lateral (
      select sum(r.refund_amount) as borne
      from public.refunds r
      where r.processed_at >= app_private.start_of(d.day)
        and r.processed_at < app_private.start_of(d.day + 1)
        and r.status = 'completed' and r.is_borne_by_platform
    ) r
    where num_nonnulls(c.earned, t.taken_back, r.borne) > 0;
  when 'bookings' then
    -- bookings_created_at_idx alone.
    return query
    select 'bookings_made', d.day, b.made::numeric, 1.0
    from unnest(p_days) d (day)
    cross join lateral (
      select count(*) as made
      from public.bookings b
      where b.created_at >= app_private.start_of(d.day)
        and b.created_at < app_private.start_of(d.day + 1)
        -- One that was not paid for in time has lapsed.
        and (b.status <> 'cancelled' or b.expires_at is null)
    ) b
    where b.made > 0;
  when 'outcomes' then
    -- bookings_booking_date_idx.
    return query
    select 'completion', d.day, 100.0 * b.completed / b.ended, b.ended::numeric
    from unnest(p_days) d (day)
    cross join lateral (
      select count(*) filter (where b.status = 'completed') as completed, count(*) as ended
      from public.bookings b
      where b.booking_date = d.day and b.status in ('completed', 'cancelled') and b.expires_at is null
    ) b
    where b.ended > 0;
  when 'customers' then
    -- user_profiles_created_at_idx, then one look into bookings_customer_id_idx per sign-up.
    return query
    select f.figure, d.day, f.value, f.weight
    from unnest(p_days) d (day)
    cross join lateral (
      select count(*)::numeric as signed_up,
        100.0 * count(*) filter (where exists (
          select from public.bookings b
          where b.customer_id = p.id and b.created_at < p.created_at + interval '30 days'
            and b.status <> 'pending' and b.expires_at is null
        )) / nullif(count(*), 0) as converted
      from public.user_profiles p
      where p.created_at >= app_private.start_of(d.day)
        and p.created_at < app_private.start_of(d.day + 1)
        and p.role = 'customer'
    ) p
    cross join lateral (values
      ('sign_ups', p.signed_up, 1.0),
      ('conversion', p.converted, p.signed_up)
    ) f (figure, value, weight)
    where p.signed_up > 0;
  when 'first_bookings' then
    -- bookings_created_at_idx, then one look into bookings_customer_id_idx per booking.
    return query
    select f.figure, d.day, f.value, f.weight
    from unnest(p_days) d (day)
    cross join lateral (
      select count(*)::numeric as customers,
        100.0 * count(*) filter (where p.mobile_verified and p.profile_completed)
          / nullif(count(*), 0) as complete
      from public.bookings b
      join public.user_profiles p on p.id = b.customer_id
      where b.created_at >= app_private.start_of(d.day)
        and b.created_at < app_private.start_of(d.day + 1)
        and b.status <> 'pending' and b.expires_at is null
        and not exists (
          select from public.bookings e
          where e.customer_id = b.customer_id and (e.created_at, e.id) < (b.created_at, b.id)
            and e.status <> 'pending' and e.expires_at is null)
    ) b
    cross join lateral (values
      ('new_customers', b.customers, 1.0),
      ('data_quality', b.complete, b.customers)
    ) f (figure, value, weight)
    where b.customers > 0;
  when 'reviews' then
    -- reviews_created_at_idx, vendor_reviews_created_at_idx.
    return query
    select f.figure, d.day, f.value, f.weight::numeric
    from unnest(p_days) d (day)
    cross join lateral (
      select avg(r.rating) as rating, count(*) as ratings,
        avg(r.rating) filter (where r.of_vendor) as vendor_rating,
        count(*) filter (where r.of_vendor) as vendor_ratings
      from (
        select r.rating, r.reviewable_type = 'vendor' as of_vendor
        from public.reviews r
        where r.created_at >= app_private.start_of(d.day)
          and r.created_at < app_private.start_of(d.day + 1)
          and r.status = 'approved'
        union all
        select r.rating, true
        from public.vendor_reviews r
        where r.created_at >= app_private.start_of(d.day)
          and r.created_at < app_private.start_of(d.day + 1)
          and r.status = 'approved'
      ) r
    ) r
    cross join lateral (values
      ('review_rating', r.rating, r.ratings), ('vendor_rating', r.vendor_rating, r.vendor_ratings)
    ) f (figure, value, weight)
    where f.weight > 0;
  when 'tickets' then
    -- support_tickets_created_at_idx with one look into ticket_messages_ticket_id_idx per ticket;
    -- support_tickets_resolved_at_idx.
    return query
    select f.figure, d.day, f.value, f.weight::numeric
    from unnest(p_days) d (day)
    cross join lateral (
      select
        avg(extract(epoch from a.created_at - t.created_at) / 3600) as response_hours,
        count(a.created_at) as answered,
        avg(t.satisfaction_rating) as rating,
        count(t.satisfaction_rating) as ratings
      from public.support_tickets t
      left join lateral (
        select m.created_at from public.ticket_messages m
        where m.ticket_id = t.id and m.sender_type = 'employee' and not m.is_internal
        order by m.created_at
        limit 1
      ) a on true
      where t.created_at >= app_private.start_of(d.day)
        and t.created_at < app_private.start_of(d.day + 1)
    ) t
    cross join lateral (
      select count(*) as resolved
      from public.support_tickets t
      where t.resolved_at >= app_private.start_of(d.day)
        and t.resolved_at < app_private.start_of(d.day + 1)
    ) r
    cross join lateral (values
      ('response_hours', t.response_hours, t.answered),
      ('ticket_rating', t.rating, t.ratings),
      ('tickets_resolved', r.resolved, least(r.resolved, 1))
    ) f (figure, value, weight)
    where f.weight > 0;
  when 'vendors' then
    -- Reads the table once, thousands of rows: an index for it would not be worth its cost.
    return query
    select 'new_vendors', app_private.day_of(v.created_at), count(*)::numeric, 1.0
    from public.vendors v
    where app_private.day_of(v.created_at) = any (p_days)
    group by 2;
  end case;
end
$function$;
comment on function app_private.figures_of_days(text,date[]) is 'The figures of one group for these days: the value, and the number of cases where it is an average. A day without events has no row.';
revoke all on function app_private.figures_of_days(text,date[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.figures_of_days(text,date[]) to service_role;

CREATE OR REPLACE FUNCTION app_private.imbalances()
 RETURNS SETOF app_private.imbalance
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  -- The total: by the shape of the journal it is zero, and here it is counted.
  select 'all', null::uuid, sum(b.balance), 0::numeric
  from app_private.balances_by_journal() b having sum(b.balance) <> 0
  union all
  select * from app_private.unbooked()
  union all
  select 'points', c.id, c.loyalty_points, coalesce(t.points, 0)
  from public.customers c
  left join (
    select t.customer_id, sum(t.points) as points from public.loyalty_points_transactions t group by t.customer_id
  ) t on t.customer_id = c.id
  where c.loyalty_points <> coalesce(t.points, 0)
  union all
  select 'refunds', p.id, p.refund_amount, coalesce(r.amount, 0)
  from public.payments p
  left join (
    select r.payment_id, sum(r.refund_amount) as amount from public.refunds r
    where r.status = 'completed' group by r.payment_id
  ) r on r.payment_id = p.id
  where p.refund_amount <> coalesce(r.amount, 0)
  union all
  select 'refunded bookings', b.id, b.refunded_amount, coalesce(d.amount, 0)
  from public.bookings b
  left join (
    select d.booking_id, sum(d.amount) as amount from public.refund_decisions d group by d.booking_id
  ) d on d.booking_id = b.id
  where b.refunded_amount <> coalesce(d.amount, 0)
  union all
  select * from app_private.wallet_imbalances()
$function$;
comment on function app_private.imbalances() is 'Differences in the books; no row means that they are correct: the journal adds up to 0, and wallets, vendors'' accounts, bookings'' accounts, points, refunds, refunded amounts of completed bookings, withdrawals and goodwill agree with their rows. Reads all of them.';
revoke all on function app_private.imbalances() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.imbalances() to service_role;

CREATE OR REPLACE FUNCTION app_private.lapse_booking(p_booking_id uuid, p_reason text DEFAULT 'The booking was not paid in time'::text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_payment public.payments;
begin
  update public.bookings b
  set status = 'cancelled', cancelled_at = now(), cancellation_reason = p_reason, status_reason = p_reason
  where b.id = p_booking_id and b.status = 'pending';
  perform app_private.release_provider(p_booking_id);
  perform app_private.drop_unfinished_payments(p_booking_id);
  -- What was paid so far did not confirm it.
  for v_payment in
    select * from public.payments p
    where p.booking_id = p_booking_id and p.status in ('success', 'partially_refunded') and app_private.refundable(p) > 0
    order by p.created_at, p.id
  loop
    perform app_private.refund_of_payment(v_payment, app_private.refundable(v_payment),
      case v_payment.status when 'success' then 'full' else 'partial' end, p_reason, null);
  end loop;
  perform app_private.note_payment_status(p_booking_id);
end
$function$;
comment on function app_private.lapse_booking(uuid,text) is 'Cancels a booking that was not paid, was not paid in time, or lost its provider before it was paid. What was paid in part is returned. It must be locked.';
revoke all on function app_private.lapse_booking(uuid,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lapse_booking(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION app_private.lapse_bookings(p_bookings integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_id uuid;
  v_count integer := 0;
begin
  for v_id in
    select b.id from public.bookings b
    where b.status = 'pending' and b.expires_at <= now()
    order by b.expires_at limit p_bookings
    for no key update skip locked
  loop
    perform app_private.lapse_booking(v_id);
    v_count := v_count + 1;
  end loop;
  delete from app_private.provider_reservations r
  where r.id = any (array(
    select l.id from app_private.provider_reservations l
    where l.expires_at <= now() and l.hold_id is not null limit p_bookings for update skip locked));
  -- Their holds are no longer useful.
  delete from public.booking_holds h
  where h.id = any (array(
    select o.id from public.booking_holds o
    where o.expires_at < now() - interval '7 days' limit p_bookings for update skip locked));
  delete from app_private.idempotency_keys k
  where k.created_at < now() - greatest(24, app_private.setting('limits.idempotency_hours')::integer) * interval '1 hour';
  return v_count;
end
$function$;
comment on function app_private.lapse_bookings(integer) is 'Cancels bookings that were not paid in time, at most p_bookings, and removes expired holds and old idempotency keys; returns how many bookings. Nothing depends on its timing: expired reservations have no effect anyway. Runs every minute.';
revoke all on function app_private.lapse_bookings(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lapse_bookings(integer) to ombaro_worker;
grant execute on function app_private.lapse_bookings(integer) to service_role;

CREATE OR REPLACE FUNCTION app_private.late_cancellation_fee(p_booking public.bookings)
 RETURNS numeric
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select case when p_booking.status = 'pending' then 0 else greatest(
    case when now() <= p_booking.starts_at - t.cancel_free_hours * interval '1 hour' then 0
      else app_private.percent_of(p_booking.final_amount, t.late_cancel_fee_percentage) end,
    (select max(r.cancellation_cost) from public.booking_reschedules r
     where r.booking_id = p_booking.id and r.status = 'approved')) end
  from app_private.terms_of(p_booking.id) t
$function$;
comment on function app_private.late_cancellation_fee(public.bookings) is 'Rupees that cancelling costs a customer now by the terms of the booking, and at least what it would have cost when the customer moved it; 0 before it is confirmed. Charges for moving are added to it.';
revoke all on function app_private.late_cancellation_fee(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.late_cancellation_fee(public.bookings) to service_role;

CREATE OR REPLACE FUNCTION app_private.make_hold(p_hold public.booking_holds)
 RETURNS public.booking_holds
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_address public.customer_addresses;
  v_services uuid[];
  v_addons uuid[];
  v_price app_private.price;
  v_hold public.booking_holds;
begin
  perform app_private.require_nothing_due(p_hold.customer_id);

  select c.services, c.addons into v_services, v_addons
  from app_private.chosen_services(p_hold.vendor_id, p_hold.service_ids, p_hold.addon_ids, p_hold.package_id) c;
  perform app_private.require_bookable(p_hold.vendor_id);
  if not exists (
    select from public.providers p
    where p.id = p_hold.provider_id and p.vendor_id = p_hold.vendor_id and p.is_listed) then
    raise exception 'This vendor has no provider with this id. Check the id.'
      using errcode = 'OB003', column = 'provider_id';
  end if;

  -- The place.
  if p_hold.booking_type is null
    or p_hold.booking_type not in ('spa_visit', 'home_service', 'hotel_service') then
    raise exception 'Booking type must be a spa visit, a home service or a hotel service.'
      using errcode = 'OB020', column = 'booking_type';
  end if;
  if (p_hold.booking_type = 'home_service' and p_hold.address_id is null)
    or (p_hold.booking_type = 'spa_visit' and p_hold.address_id is not null) then
    raise exception 'A home or hotel service needs an address, and a visit to the vendor must not have one. Correct the address or the booking type.'
      using errcode = 'OB020', column = 'address_id';
  end if;
  if p_hold.address_id is not null then
    select * into v_address from public.customer_addresses a
    where a.id = p_hold.address_id and a.customer_id = p_hold.customer_id;
    if not found then
      raise exception 'You have no address with this id. Check the id.'
        using errcode = 'OB003', column = 'address_id';
    end if;
    if not (public.serviceable(v_address.pincode)).is_serviceable then
      raise exception 'Home services do not come to the pincode % yet. Choose another address.', v_address.pincode
        using errcode = 'OB073', column = 'address_id';
    end if;
  end if;
  if p_hold.provider_id not in (
    select q from app_private.qualified_providers(p_hold.vendor_id, v_services, p_hold.booking_type) q) then
    raise exception 'This provider does not perform all of these services at this place. Choose another provider, or fewer services.'
      using errcode = 'OB062', column = 'provider_id';
  end if;

  -- The price and the time.
  v_price := app_private.price_of(p_hold.vendor_id, v_services, v_addons, p_hold.package_id,
    p_hold.booking_type, v_address.pincode);
  if v_price.minutes > 1440 then
    raise exception 'A booking can take at most 24 hours. Choose fewer services.'
      using errcode = 'OB020', column = 'service_ids';
  end if;
  perform app_private.require_slot(p_hold.vendor_id, p_hold.starts_at,
    app_private.place_of(p_hold.vendor_id, p_hold.booking_type, p_hold.address_id), 'starts_at');

  insert into public.booking_holds
    (customer_id, vendor_id, provider_id, booking_type, service_ids, addon_ids, package_id,
      address_id, guest_name, starts_at, duration_minutes, total_amount, discount_amount, service_charge,
      tax_amount, charge_tax_amount, final_amount, deposit_amount, expires_at)
  values (p_hold.customer_id, p_hold.vendor_id, p_hold.provider_id, p_hold.booking_type, v_services,
    v_addons, p_hold.package_id, p_hold.address_id, p_hold.guest_name, p_hold.starts_at, v_price.minutes,
    v_price.total_amount, v_price.discount_amount, v_price.service_charge, v_price.tax_amount, v_price.charge_tax_amount,
    v_price.final_amount,
    app_private.deposit_of(p_hold.vendor_id, v_price.final_amount),
    clock_timestamp() + app_private.setting('booking.hold_minutes')::integer * interval '1 minute')
  returning * into v_hold;
  -- What is agreed now; confirming copies it.
  insert into app_private.hold_agreements (hold_id, service_location, terms, items)
  select v_hold.id, app_private.location_of(v_hold), to_jsonb(app_private.terms_of_today(v_hold.vendor_id)), jsonb_agg(to_jsonb(i))
  from app_private.price_items(v_hold.vendor_id, v_services, v_addons, v_hold.package_id) i;
  perform app_private.reserve_provider(v_hold.provider_id, v_hold.starts_at, v_price.minutes,
    app_private.place_of(v_hold.vendor_id, v_hold.booking_type, v_hold.address_id),
    v_hold.id, null, v_hold.expires_at);
  -- Checked again after locking the provider: a vendor that stops taking bookings takes those locks.
  perform app_private.require_bookable(v_hold.vendor_id);

  -- One customer is not in two places, and cannot block a vendor's day. Checked after locking the customer.
  perform app_private.lock_customer(p_hold.customer_id);
  if v_hold.guest_name is null and app_private.is_elsewhere(p_hold.customer_id, v_hold.starts_at,
    app_private.plus_minutes(v_hold.starts_at, v_price.minutes), v_hold.id) then
    raise exception 'You already have a booking or a hold at this time. Enter the name of the guest who is served then, or choose another time.'
      using errcode = 'OB043', column = 'guest_name';
  end if;
  if (
    select count(*) from public.booking_holds h
    where h.customer_id = p_hold.customer_id and h.booking_id is null and h.expires_at > clock_timestamp()
  ) > app_private.setting('booking.maximum_holds')::integer then
    raise exception 'You already hold % slots. Confirm or release one first.', app_private.setting('booking.maximum_holds')
      using errcode = 'OB071';
  end if;
  return v_hold;
end
$function$;
comment on function app_private.make_hold(public.booking_holds) is 'Holds a slot for the customer, as the row says what; its id, duration, price and expiry are set here, and what is agreed is frozen. Errors name the arguments of hold_slot, which are those of the columns. Raises OB003, OB020, OB043, OB048, OB060, OB062, OB071, OB073.';
revoke all on function app_private.make_hold(public.booking_holds) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.make_hold(public.booking_holds) to service_role;

CREATE OR REPLACE FUNCTION app_private.money_paid(p_booking_id uuid)
 RETURNS numeric
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select coalesce((
      select sum(app_private.refundable(p)) from public.payments p
      where p.booking_id = p_booking_id and p.payment_method not in ('points', 'wallet')), 0)
    + coalesce((
      select sum(case t.transaction_type when 'debit' then t.withdrawable else -t.withdrawable end)
      from public.payments p
      join public.wallet_transactions t on t.payment_id = p.id
      where p.booking_id = p_booking_id and p.payment_method = 'wallet'), 0)
$function$;
comment on function app_private.money_paid(uuid) is 'Rupees of money that were paid for a booking and kept: without points, and of what the wallet paid without rewards and goodwill.';
revoke all on function app_private.money_paid(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.money_paid(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.payment_received(p_payment_id uuid, p_amount numeric, p_reference text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_payment public.payments;
  v_booking public.bookings;
  v_asked numeric := (select p.total_amount from public.payments p where p.id = p_payment_id);
  v_kept numeric;
  v_excess numeric;
begin
  update public.payments p
  set status = 'success', payment_date = now(), amount = p_amount, total_amount = p_amount,
    gateway_transaction_id = coalesce(p_reference, p.gateway_transaction_id)
  where p.id = p_payment_id
  returning * into v_payment;
  if v_payment.purpose <> 'booking' then
    return app_private.purpose_received(v_payment, least(v_asked, p_amount));
  end if;
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
comment on function app_private.payment_received(uuid,numeric,text) is 'Records that an amount has arrived with a payment: it confirms the booking, pays its cancellation cost, or settles it where its amount was agreed on afterwards; what is left over, or all of it when the booking no longer exists, is returned. A tip goes to the vendor, a top-up into the wallet. The payment must be locked with its booking. Returns received or returned.';
revoke all on function app_private.payment_received(uuid,numeric,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.payment_received(uuid,numeric,text) to service_role;

CREATE OR REPLACE FUNCTION app_private.price_of(p_vendor_id uuid, p_service_ids uuid[], p_addon_ids uuid[], p_package_id uuid, p_booking_type text, p_pincode text, p_channel text DEFAULT 'platform'::text)
 RETURNS app_private.price
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_price app_private.price;
begin
  select sum(i.minutes * i.quantity) + coalesce(sum((
      select sum((a.value ->> 'duration')::integer) from jsonb_array_elements(i.addons) a)), 0),
    sum(i.subtotal), sum(i.discount), sum(i.tax)
    into v_price.minutes, v_price.total_amount, v_price.discount_amount, v_price.tax_amount
  from app_private.price_items(p_vendor_id, p_service_ids, p_addon_ids, p_package_id) i;
  v_price.service_charge := case when p_channel = 'desk' then 0
    else app_private.setting('booking.service_charge')::numeric end;
  if p_booking_type = 'home_service' and p_pincode is not null then
    v_price.service_charge := v_price.service_charge
      + coalesce((public.serviceable(p_pincode)).charge, 0);
  end if;
  v_price.charge_tax_amount := app_private.percent_of(v_price.service_charge,
    app_private.tax_percentage('gst_charge', app_private.today()));
  v_price.tax_amount := v_price.tax_amount + v_price.charge_tax_amount;
  v_price.final_amount := v_price.total_amount - v_price.discount_amount + v_price.service_charge + v_price.tax_amount;
  return v_price;
end
$function$;
comment on function app_private.price_of(uuid,uuid[],uuid[],uuid,text,text,text) is 'The price today: items and add-ons, less the discount of a package, plus the vendor''s GST on each of them, plus the service charge (none at the desk) with the charge for this postal code and the platform''s GST on it. Raises OB020, OB062.';
revoke all on function app_private.price_of(uuid,uuid[],uuid[],uuid,text,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.price_of(uuid,uuid[],uuid[],uuid,text,text,text) to service_role;

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
  if p_payment.purpose <> 'booking' then
    return app_private.refund_of_purpose(p_payment, p_amount, p_type, p_reason);
  end if;
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
comment on function app_private.refund_of_payment(public.payments,numeric,text,text,uuid,uuid) is 'Returns an amount of a payment the way it came: wallet and points at once, gateway payments as a refund on its way, and what the vendor received (cash, or at its desk) at the vendor''s desk: at once where the desk acts, otherwise once it records that (record_desk_refund). The platform pays what no longer lies with the booking; a tip or top-up is taken back first. The payment must be locked with its booking, and the amount must be left of the payment.';
revoke all on function app_private.refund_of_payment(public.payments,numeric,text,text,uuid,uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.refund_of_payment(public.payments,numeric,text,text,uuid,uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.settle_cancellation(p_booking public.bookings, p_charge numeric)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_paid numeric := app_private.amount_paid(p_booking.id);
  v_kept numeric := least(p_charge, v_paid);
  v_cancellation public.booking_cancellations;
begin
  update public.booking_cancellations c
  set cancellation_charge = p_charge, refund_amount = v_paid - v_kept, due_amount = p_charge - v_kept,
    settled_at = now(),
    refund_status = case when v_paid > v_kept then 'pending' else 'completed' end
  where c.booking_id = p_booking.id
  returning * into strict v_cancellation;
  perform app_private.pay_back(p_booking.id, v_paid - v_kept,
    case when p_charge = 0 then 'full' else 'cancellation' end, v_cancellation.cancellation_reason, null);
  perform app_private.collect_charge(p_booking, v_kept, null);
end
$function$;
comment on function app_private.settle_cancellation(public.bookings,numeric) is 'Settles the money of a cancelled booking, which must be locked: the charge goes to the vendor as far as it was paid, the rest back; the unpaid part of the charge is due.';
revoke all on function app_private.settle_cancellation(public.bookings,numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.settle_cancellation(public.bookings,numeric) to service_role;

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
  -- Of tips and top-ups users are told once they have arrived where they should.
  if p_new.purpose <> 'booking' then
    return;
  end if;
  select * into strict v_booking from public.bookings b where b.id = p_new.booking_id;
  v_fields := app_private.booking_fields(v_booking)
    || jsonb_build_object('paid', app_private.in_rupees(p_new.total_amount));
  v_data := jsonb_build_object('screen', 'payment', 'bookingId', p_new.booking_id, 'paymentId', p_new.id);
  perform app_private.notify(p_new.customer_id, 'customer', 'payment_received', v_fields, v_data);
  perform app_private.notify(u, 'vendor', 'payment_received', v_fields, v_data)
    from app_private.vendor_desk(p_new.vendor_id) u;
end
$function$;
comment on function app_private.tell_payment(public.payments,public.payments) is 'Notifies of money received for a booking.';
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
  if p_new.booking_id is null then
    perform app_private.notify(p_new.customer_id, 'customer', 'payment_refunded',
      jsonb_build_object('refunded', app_private.in_rupees(p_new.refund_amount), 'payment', (
        select p.transaction_id from public.payments p where p.id = p_new.payment_id)),
      jsonb_build_object('screen', 'refund', 'paymentId', p_new.payment_id, 'refundId', p_new.id));
    return;
  end if;
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

CREATE OR REPLACE FUNCTION public.confirm_booking(hold_id uuid, expected_amount numeric, payment_method text DEFAULT NULL::text, points integer DEFAULT 0, wallet_amount numeric DEFAULT 0, special_instructions text DEFAULT NULL::text, contact_name text DEFAULT NULL::text, contact_mobile text DEFAULT NULL::text)
 RETURNS public.bookings
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_customer public.customers := app_private.require_customer();
  v_hold public.booking_holds;
  v_agreed app_private.hold_agreements;
  v_terms public.booking_terms;
  v_most integer := app_private.setting('booking.maximum_open')::integer;
  v_profile public.user_profiles;
  v_booking public.bookings;
begin
  select * into v_hold from public.booking_holds h
  where h.id = confirm_booking.hold_id and h.customer_id = v_customer.id
  for update;
  if not found then
    raise exception 'You have no hold with this id. Check the id, or hold a slot again.' using errcode = 'OB003';
  end if;
  if v_hold.booking_id is not null then
    raise exception 'This hold has already become a booking. Open the booking instead.' using errcode = 'OB030';
  end if;
  perform app_private.require_nothing_due(v_customer.id);
  if not exists (select from public.vendors v where v.id = v_hold.vendor_id and v.takes_bookings) then
    raise exception 'This vendor does not take bookings at present. Choose another vendor.' using errcode = 'OB062';
  end if;
  perform app_private.require_number('expected_amount', 'total', confirm_booking.expected_amount);
  if confirm_booking.expected_amount is distinct from v_hold.final_amount then
    raise exception 'The expected amount must be ₹%, which this booking costs. Check the price, then confirm it again.', v_hold.final_amount
      using errcode = 'OB042', column = 'expected_amount';
  end if;
  if confirm_booking.payment_method <> 'cash' then
    raise exception 'Payment method can only be cash here. Leave it out and start a payment for any other way to pay.'
      using errcode = 'OB020', column = 'payment_method';
  end if;
  if confirm_booking.points < 0 then
    raise exception 'Points must be 0 or more.' using errcode = 'OB020', column = 'points';
  end if;
  perform app_private.require_number('wallet_amount', 'total', confirm_booking.wallet_amount);

  -- One booking of the customer at a time, so that each sees the others.
  perform app_private.lock_customer(v_customer.id);
  if (
    select count(*) from public.bookings b
    where b.customer_id = v_customer.id and b.status in ('pending', 'confirmed', 'assigned')
  ) >= v_most then
    raise exception 'You already have % bookings to come. Book again when one of them is over, or cancel one.', v_most
      using errcode = 'OB071';
  end if;
  if confirm_booking.payment_method = 'cash' then
    perform app_private.require_cash_allowed(v_customer.id);
    perform app_private.require_vendor_takes_cash(v_hold.vendor_id);
  end if;

  select * into v_agreed from app_private.hold_agreements a where a.hold_id = v_hold.id;
  if not found then
    raise exception 'The hold has expired. Choose a time again.' using errcode = 'OB061';
  end if;
  select * into strict v_profile from public.user_profiles p where p.id = v_customer.id;
  insert into public.bookings
    (customer_id, vendor_id, booking_type, guest_name, booking_date, booking_time, time_zone, duration_minutes,
      total_amount, discount_amount, tax_amount, charge_tax_amount, service_charge, final_amount, deposit_amount, special_instructions,
      package_id, expires_at)
  select v_customer.id, v.id, v_hold.booking_type, v_hold.guest_name,
    (v_hold.starts_at at time zone v.time_zone)::date, (v_hold.starts_at at time zone v.time_zone)::time,
    v.time_zone, v_hold.duration_minutes, v_hold.total_amount, v_hold.discount_amount,
    v_hold.tax_amount, v_hold.charge_tax_amount, v_hold.service_charge, v_hold.final_amount, v_hold.deposit_amount,
    confirm_booking.special_instructions, v_hold.package_id, v_hold.expires_at
  from public.vendors v where v.id = v_hold.vendor_id
  returning * into v_booking;
  insert into public.booking_contacts (booking_id, contact_name, contact_mobile, service_location)
  values (v_booking.id, coalesce(confirm_booking.contact_name, v_profile.name),
    coalesce(confirm_booking.contact_mobile, v_profile.mobile), v_agreed.service_location);
  perform app_private.claim_hold(v_hold.id, v_booking.id, v_booking.duration_minutes);
  update public.booking_holds h set booking_id = v_booking.id where h.id = v_hold.id;

  insert into public.booking_items
    (booking_id, service_id, service_name, service_duration, service_price, quantity, addon_services, subtotal,
      discount_amount, tax_percentage, tax_amount)
  select v_booking.id, i.service_id, i.name, i.minutes, i.price, i.quantity, i.addons, i.subtotal,
    i.discount, i.tax_percentage, i.tax
  from jsonb_populate_recordset(null::app_private.priced_item, v_agreed.items) i;
  v_terms := jsonb_populate_record(null::public.booking_terms, v_agreed.terms);
  v_terms.booking_id := v_booking.id;
  insert into public.booking_terms values (v_terms.*);
  insert into public.booking_status_history (booking_id, to_status, changed_by)
  values (v_booking.id, 'pending', v_customer.id);

  -- The parts that are paid at once, and cash for the rest.
  if confirm_booking.points > 0 then
    perform app_private.pay_with_points(v_booking, confirm_booking.points);
  end if;
  if confirm_booking.wallet_amount > 0 then
    select * into strict v_booking from public.bookings b where b.id = v_booking.id;
    perform app_private.pay_with_wallet(v_booking,
      app_private.payable(v_booking, confirm_booking.wallet_amount));
  end if;
  if confirm_booking.payment_method = 'cash' and app_private.amount_due(v_booking.id) > 0 then
    insert into public.payments (booking_id, customer_id, vendor_id, amount, total_amount, payment_method)
    select v_booking.id, v_booking.customer_id, v_booking.vendor_id, d.amount, d.amount, 'cash'
    from app_private.amount_due(v_booking.id) d (amount);
    perform app_private.confirm_paid(v_booking.id);
  end if;

  update public.customers c
  set total_bookings = c.total_bookings + 1, last_booking_date = v_booking.created_at
  where c.id = v_customer.id;
  -- Waits for a transaction that is pausing or unlisting the vendor, and checks the result.
  update public.vendors v set total_bookings = v.total_bookings + 1
  where v.id = v_booking.vendor_id and v.takes_bookings;
  if not found then
    raise exception 'This vendor does not take bookings at present. Choose another vendor.' using errcode = 'OB062';
  end if;
  select * into strict v_booking from public.bookings b where b.id = v_booking.id;
  return v_booking;
end
$function$;
comment on function public.confirm_booking(uuid,numeric,text,integer,numeric,text,text,text) is 'Turns a hold into a booking, at the price and terms of the hold: expectedAmount is its finalAmount. Points and money from the wallet pay a part at once; with the payment method cash the rest is paid on the day of the service, which confirms the booking. Otherwise it is pending until the deposit, where the vendor takes one, or all of it is paid (startPayment, payFromWallet); it expires with the hold, and what was paid is returned. Raises OB001, OB003, OB020, OB030 (already confirmed), OB037, OB038 (no cash at present), OB042 (another amount is expected), OB048 (an amount of an earlier booking is due), OB061 (the hold has expired), OB062 (no longer offered, or the vendor takes no bookings), OB063 (not enough money in the wallet), OB064 (not enough points, or more than points may pay), OB065, OB068 (more than it costs), OB071 (too many bookings to come).';
revoke all on function public.confirm_booking(uuid,numeric,text,integer,numeric,text,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.confirm_booking(uuid,numeric,text,integer,numeric,text,text,text) to authenticated;
grant execute on function public.confirm_booking(uuid,numeric,text,integer,numeric,text,text,text) to service_role;

CREATE OR REPLACE FUNCTION public.hold_slot(vendor_id uuid, provider_id uuid, starts_at timestamp with time zone, idempotency_key text, service_ids uuid[] DEFAULT NULL::uuid[], addon_ids uuid[] DEFAULT NULL::uuid[], package_id uuid DEFAULT NULL::uuid, booking_type text DEFAULT 'spa_visit'::text, address_id uuid DEFAULT NULL::uuid, guest_name text DEFAULT NULL::text)
 RETURNS public.booking_holds
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_customer public.customers := app_private.require_customer();
  v_hold public.booking_holds;
  v_done uuid;
begin
  v_done := app_private.replayed(hold_slot.idempotency_key, 'hold_slot', jsonb_build_object(
    'vendor', hold_slot.vendor_id, 'provider', hold_slot.provider_id,
    'at', extract(epoch from hold_slot.starts_at), 'services', hold_slot.service_ids, 'addons', coalesce(hold_slot.addon_ids, '{}'),
    'package', hold_slot.package_id, 'type', hold_slot.booking_type, 'address', hold_slot.address_id, 'guest', hold_slot.guest_name));
  if v_done is not null then
    select * into strict v_hold from public.booking_holds h where h.id = v_done;
    return v_hold;
  end if;
  v_hold.customer_id := v_customer.id;
  v_hold.vendor_id := hold_slot.vendor_id;
  v_hold.provider_id := hold_slot.provider_id;
  v_hold.booking_type := hold_slot.booking_type;
  v_hold.service_ids := hold_slot.service_ids;
  v_hold.addon_ids := hold_slot.addon_ids;
  v_hold.package_id := hold_slot.package_id;
  v_hold.address_id := hold_slot.address_id;
  v_hold.guest_name := hold_slot.guest_name;
  v_hold.starts_at := hold_slot.starts_at;
  v_hold := app_private.make_hold(v_hold);
  perform app_private.remember_result(hold_slot.idempotency_key, v_hold.id);
  return v_hold;
end
$function$;
comment on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid,text) is 'Holds a slot of one provider (10 minutes by default), for services and add-ons or for a package. A home service needs an address; a hotel service takes place at the address or, without one, at the vendor''s premises. Price, address and terms are frozen: the booking costs finalAmount, whatever changes meanwhile. A customer has one booking at a time: another at the same time needs the name of the guest who is served then. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB037 (no date of birth), OB043 (another booking or hold at this time, and no guest), OB048 (an amount of an earlier booking is due), OB060 (not free, or sooner or later than the vendor takes bookings), OB062 (not offered, or not by this provider, or the vendor takes no bookings), OB065 (too young), OB066 (key of another request), OB071 (too many holds), OB073 (the postal code is not served).';
revoke all on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid,text) to authenticated;
grant execute on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid,text) to service_role;

CREATE OR REPLACE FUNCTION public.preview_cancellation(booking_id uuid)
 RETURNS public.cancellation_preview
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings;
  v_paid numeric;
  v_preview public.cancellation_preview;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_booking from public.bookings b
  where b.id = preview_cancellation.booking_id and b.customer_id = (select auth.uid());
  if not found then
    raise exception 'You have no booking with this id. Check the id.' using errcode = 'OB003', column = 'booking_id';
  end if;
  if v_booking.status not in ('pending', 'confirmed', 'assigned') then
    raise exception 'A booking that is % cannot be cancelled.', replace(v_booking.status, '_', ' ') using errcode = 'OB030';
  end if;
  v_paid := app_private.amount_paid(v_booking.id);
  v_preview.charge := app_private.cost_of_cancelling(v_booking);
  v_preview.refund_amount := greatest(0, v_paid - v_preview.charge);
  v_preview.due_amount := greatest(0, v_preview.charge - v_paid);
  v_preview.free_until := v_booking.starts_at
    - (select t.cancel_free_hours from app_private.terms_of(v_booking.id) t) * interval '1 hour';
  return v_preview;
end
$function$;
comment on function public.preview_cancellation(uuid) is 'What cancelling your own booking would cost now, what you would get back, and what would be due. Raises OB001, OB003, OB030 (it can no longer be cancelled).';
revoke all on function public.preview_cancellation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.preview_cancellation(uuid) to authenticated;
grant execute on function public.preview_cancellation(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.quote_booking(vendor_id uuid, service_ids uuid[] DEFAULT NULL::uuid[], addon_ids uuid[] DEFAULT NULL::uuid[], package_id uuid DEFAULT NULL::uuid, booking_type text DEFAULT 'spa_visit'::text, pincode text DEFAULT NULL::text)
 RETURNS public.booking_quote
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_chosen record;
  v_price app_private.price;
  v_quote public.booking_quote;
begin
  perform app_private.require_bookable(quote_booking.vendor_id);
  if quote_booking.booking_type is null
    or quote_booking.booking_type not in ('spa_visit', 'home_service', 'hotel_service') then
    raise exception 'Booking type must be a spa visit, a home service or a hotel service.'
      using errcode = 'OB020', column = 'booking_type';
  end if;
  if quote_booking.booking_type = 'home_service' and (public.serviceable(quote_booking.pincode)).is_serviceable is not true then
    raise exception 'Home services do not come to the pincode % yet. Choose another place.',
      coalesce(quote_booking.pincode, 'that is missing')
      using errcode = 'OB073', column = 'pincode';
  end if;
  v_chosen := app_private.chosen_services(quote_booking.vendor_id, quote_booking.service_ids, quote_booking.addon_ids,
    quote_booking.package_id);
  v_price := app_private.price_of(quote_booking.vendor_id, v_chosen.services, v_chosen.addons, quote_booking.package_id,
    quote_booking.booking_type, quote_booking.pincode);
  v_quote.duration_minutes := v_price.minutes;
  v_quote.total_amount := v_price.total_amount;
  v_quote.discount_amount := v_price.discount_amount;
  v_quote.service_charge := v_price.service_charge;
  v_quote.tax_percentage := app_private.gst_of_vendor(quote_booking.vendor_id, app_private.today());
  v_quote.charge_tax_percentage := app_private.tax_percentage('gst_charge', app_private.today());
  v_quote.charge_tax_amount := v_price.charge_tax_amount;
  v_quote.tax_amount := v_price.tax_amount;
  v_quote.final_amount := v_price.final_amount;
  v_quote.deposit_amount := app_private.deposit_of(quote_booking.vendor_id, v_price.final_amount);
  v_quote.maximum_points := floor(v_price.final_amount * app_private.setting('loyalty.maximum_percentage')::numeric / 100
    / app_private.setting('loyalty.rupees_a_point_pays')::numeric);
  v_quote.items := array(
    select row(i.name, i.quantity, i.minutes, i.price, i.subtotal, i.discount, i.tax_percentage, i.tax)::public.quoted_item
    from app_private.price_items(quote_booking.vendor_id, v_chosen.services, v_chosen.addons,
      quote_booking.package_id) i);
  return v_quote;
end
$function$;
comment on function public.quote_booking(uuid,uuid[],uuid[],uuid,text,text) is '@enumArgument booking_type booking_type
What a booking costs today, line by line, for services and add-ons or for a package: the items are supplied by the vendor, the service charge by the platform, each with its GST; with the postal code of a home service. holdSlot freezes it. Raises OB003, OB020, OB062 (not offered, or the vendor takes no bookings), OB073 (the postal code is not served).';
revoke all on function public.quote_booking(uuid,uuid[],uuid[],uuid,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.quote_booking(uuid,uuid[],uuid[],uuid,text,text) to anon;
grant execute on function public.quote_booking(uuid,uuid[],uuid[],uuid,text,text) to authenticated;
grant execute on function public.quote_booking(uuid,uuid[],uuid[],uuid,text,text) to service_role;
grant execute on function public.quote_booking(uuid,uuid[],uuid[],uuid,text,text) to staff;

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
  v_booking := app_private.lock_payment(v_payment);
  perform app_private.require_unrelated(v_booking);
  if v_payment.customer_id = (select auth.uid()) then
    raise exception 'This payment is your own. Leave this to someone else.' using errcode = 'OB031';
  end if;
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
    if v_payment.purpose = 'booking' then
      perform app_private.require_settled(v_booking);
    end if;
    -- Refunding earned money has consequences that refund_booking handles. Money of a failed refund lies with
    -- the booking.
    if v_payment.purpose = 'booking' and v_booking.status = 'completed'
      and round(refund_payment.amount, 2) > app_private.unearned(v_booking.id) then
      raise exception 'This booking is completed, so its payment cannot be refunded alone. Use refundBooking.'
        using errcode = 'OB030';
    end if;
    -- What was spent of a top-up cannot go back a second time.
    if v_payment.purpose = 'top_up' and round(refund_payment.amount, 2)
      > app_private.unused(v_payment) + app_private.wallet_balance(v_payment.customer_id) then
      raise exception 'At most ₹% of this top-up are still in the wallet. Enter a smaller amount.',
        app_private.unused(v_payment) + app_private.wallet_balance(v_payment.customer_id)
        using errcode = 'OB068', column = 'amount';
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
comment on function public.refund_payment(uuid,numeric,text,text) is 'Refunds a part of a payment, whatever the cancellation policy says. For a completed booking it can only return money that is still held for it, such as a refund that failed; use refundBooking for the rest. A tip is taken back from the vendor and the provider''s figures, a top-up from the wallet. Needs the permission payments.approve and a reason. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (completed, not settled yet, or paid at a vendor''s desk), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request), OB068 (more than is left of the payment, or than is still in the wallet of a top-up).';
revoke all on function public.refund_payment(uuid,numeric,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.refund_payment(uuid,numeric,text,text) to service_role;
grant execute on function public.refund_payment(uuid,numeric,text,text) to staff;
