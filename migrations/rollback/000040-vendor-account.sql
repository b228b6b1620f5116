delete from public.notification_templates where type = 'commission_rate_set' and audience = 'vendor' and language = 'en';
delete from public.notification_templates where type = 'commission_rate_set' and audience = 'vendor' and language = 'hi';
delete from public.notification_templates where type = 'vendor_due' and audience = 'vendor' and language = 'en';
delete from public.notification_templates where type = 'vendor_due' and audience = 'vendor' and language = 'hi';

-- Undoes the accounts of vendors. Lost are commission rates but the one that holds today, dues, statements, disputes of
-- completed services, and points that wait for a commission. Payments of vendors go, and the journal returns what of them
-- no payout has settled; payouts of 0 that settled dues stay.

delete from public.schema_versions where version = '1.36';

drop function public.vendor_statement(uuid, date, date);
drop function app_private.movement_text(text, numeric);
drop type public.vendor_statement;
drop type public.vendor_statement_line;
drop index app_private.journal_to_vendor_idx;
drop index app_private.journal_from_vendor_idx;
delete from public.system_settings where key = 'vendors.statement_days';

drop function app_private.require_vendor_takes_cash(uuid);
drop function public.vendors_takes_cash(public.vendors);
drop function public.record_vendor_payment(uuid, numeric, text, text);
drop function app_private.set_off(date);
drop function app_private.note_dues(date);
drop function app_private.tell_due(public.vendor_dues);
drop function app_private.lock_vendor_account(uuid);
drop function app_private.owed_by_vendor(uuid, timestamptz);
delete from public.notifications where type = 'vendor_due';
delete from public.notification_templates where type = 'vendor_due';
delete from enums.notification_type where value = 'vendor_due';
drop trigger _600_figures on public.vendor_credits;
select app_private.move_money('vendor', c.vendor_id, 'bank', null, sum(c.amount), null, 'vendor payment undone')
from public.vendor_credits c
where c.kind in ('payment', 'carried_over') and not exists (
  select from public.vendor_payouts p where p.id = c.payout_id and p.payout_status = 'completed')
group by c.vendor_id;
delete from public.vendor_credits where kind in ('payment', 'carried_over');
drop index public.vendor_credits_once;
drop index public.vendor_credits_booking_id_idx;
drop index public.vendor_credits_unpaid_idx;
drop index public.vendor_credits_payments_idx;
alter table public.vendor_credits
  drop constraint vendor_credits_of_a_booking,
  drop constraint vendor_credits_payment_whole,
  drop column reference,
  drop column recorded_by,
  alter column booking_id set not null,
  add constraint vendor_credits_once unique nulls not distinct (booking_id, kind, payment_id, decision_id);
comment on column public.vendor_credits.booking_id is 'Booking of the credit.';
delete from enums.vendor_credit_kind where value in ('payment', 'carried_over');
alter table public.vendor_private_details drop column owes_since;
drop table public.vendor_dues;
drop table enums.due_outcome;
delete from public.system_settings where key in ('cash.vendor_debt', 'cash.vendor_debt_days');

drop function public.bookings_points_expected(public.bookings);
drop function app_private.expect_points(public.bookings);
drop function app_private.earn_points(uuid[]);

drop function app_private.refund_disputed(public.bookings, numeric, text);
drop function app_private.refund_completed(public.bookings, numeric, text, text);
drop function app_private.most_refundable(public.bookings);
drop function app_private.waits_for_window(uuid, timestamptz);
drop function app_private.dispute_window(public.bookings);
alter table public.commission_records drop column disputable_until, drop column pending_points;
comment on column public.commission_records.payable_from is
  'From when it can be part of a payout: later than the service where it was started without the start code.';
delete from public.booking_disputes where kind = 'service';
delete from enums.dispute_kind where value = 'service';
delete from public.system_settings where key = 'booking.dispute_hours';

drop function public.set_commission_rate(uuid, numeric, date, text);
drop function app_private.agree_commission_rate(uuid, numeric, date, text);
drop function public.vendor_private_details_commission_rate(public.vendor_private_details);
delete from public.notifications where type = 'commission_rate_set';
delete from public.notification_templates where type = 'commission_rate_set';
delete from enums.notification_type where value = 'commission_rate_set';
update public.vendor_private_details d
set commission_rate = app_private.commission_rate_on(d.vendor_id, app_private.today())
where d.commission_rate <> app_private.commission_rate_on(d.vendor_id, app_private.today());
drop function app_private.commission_rate_on(uuid, date);
drop table public.vendor_commission_rates;
comment on column public.vendor_private_details.commission_rate is
  'Percentage of the amount before tax that the platform keeps; set by the platform.';
delete from app_private.personal_links
where table_name in ('public.vendor_commission_rates', 'public.vendor_dues')
  or table_name = 'public.vendor_credits' and column_name = 'recorded_by';

alter table public.role_permissions disable trigger _800_audit;
alter table public.roles disable trigger user;
delete from public.role_permissions
where permission_id in (select p.id from public.permissions p where p.code = 'commissions.update');
delete from public.permissions where code = 'commissions.update';
alter table public.roles enable trigger user;
alter table public.role_permissions enable trigger _800_audit;

CREATE OR REPLACE FUNCTION app_private.commission_rate_of(p_booking public.bookings)
 RETURNS numeric
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select coalesce(
    (select d.commission_rate from public.desk_bookings d where d.booking_id = p_booking.id),
    (select c.commission_rate from app_private.booking_commissions c where c.booking_id = p_booking.id),
    (select d.commission_rate from public.vendor_private_details d where d.vendor_id = p_booking.vendor_id))
$function$;
comment on function app_private.commission_rate_of(public.bookings) is 'Percentage of commission of a booking: the vendor''s when it was made, or that of a desk booking for the vendor''s own guest.';
revoke all on function app_private.commission_rate_of(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.commission_rate_of(public.bookings) to service_role;

CREATE OR REPLACE FUNCTION app_private.expect_points(p_booking public.bookings)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_record_id uuid;
begin
  update public.commission_records c
  set pending_points = nullif(floor(m.paid / app_private.setting('loyalty.rupees_per_point')::numeric)::integer, 0)
  from app_private.money_paid(p_booking.id) m (paid)
  where c.booking_id = p_booking.id
  returning c.id into v_record_id;
  -- The commission of what was paid in cash is still to be collected from the vendor.
  if not exists (
    select from public.payments p
    where p.booking_id = p_booking.id and p.payment_method = 'cash'
      and p.status in ('success', 'partially_refunded', 'refunded')) then
    perform app_private.earn_points(array[v_record_id]);
  end if;
end
$function$;
comment on function app_private.expect_points(public.bookings) is 'Counts the points of a completed booking, one per ₹100 of money (not points, rewards or goodwill), and gives them at once, or for a booking that was paid in cash as soon as its commission is settled. Its customer must be locked.';
revoke all on function app_private.expect_points(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.expect_points(public.bookings) to service_role;

CREATE OR REPLACE FUNCTION app_private.make_payouts(p_monday date)
 RETURNS SETOF public.vendor_payouts
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_until timestamptz := app_private.start_of(p_monday + 7);
  v_payout public.vendor_payouts;
  v_vendor record;
begin
  if extract(isodow from p_monday) <> 1 or v_until > now() then
    raise exception 'A payout must be for a past week that starts on a Monday. Choose another Monday.'
      using errcode = 'OB020';
  end if;
  -- One run at a time; the second finds what the first left.
  perform pg_advisory_xact_lock(hashtext('ombaro.payouts'));
  for v_vendor in
    with due as (
      select c.vendor_id, c.id as record_id, null::uuid as credit_id, c.booking_amount,
        c.vendor_gst_amount, c.commission_amount, c.tds_amount, c.tcs_amount, 0::numeric as credit, c.net_amount as net
      from public.commission_records c
      where c.payout_id is null and c.settlement_status = 'pending' and c.payable_from < v_until
      union all
      select c.vendor_id, null, c.id, 0, 0, 0, 0, 0, c.amount, c.amount
      from public.vendor_credits c
      where c.payout_id is null and c.created_at < v_until
    )
    select d.vendor_id, count(d.record_id)::integer as bookings,
      array_agg(d.record_id) filter (where d.record_id is not null) as record_ids,
      array_agg(d.credit_id) filter (where d.credit_id is not null) as credit_ids,
      sum(d.booking_amount) as gross, sum(d.vendor_gst_amount) as gst, sum(d.commission_amount) as commission,
      sum(d.tds_amount) as tds, sum(d.tcs_amount) as tcs, sum(d.credit) as credit,
      sum(d.net) as net
    from due d
    -- Payouts of a suspended vendor are held: once it is reinstated, the next run includes all of it.
    where not exists (select from public.vendors v where v.id = d.vendor_id and v.status = 'suspended')
    group by d.vendor_id
    -- A vendor who owes more than is due is settled in a later week.
    having sum(d.net) > 0
    order by d.vendor_id
  loop
    insert into public.vendor_payouts
      (vendor_id, period_start, period_end, total_bookings, gross_amount, gst_amount, commission_amount,
        tds_amount, tcs_amount, adjustment_amount, net_amount)
    values (v_vendor.vendor_id, p_monday, p_monday + 6, v_vendor.bookings, v_vendor.gross, v_vendor.gst,
      v_vendor.commission, v_vendor.tds, v_vendor.tcs, v_vendor.credit, v_vendor.net)
    on conflict (vendor_id, period_start) do nothing
    returning * into v_payout;
    continue when not found;
    -- Only the records that were added up: a service of that week may be completed at this moment.
    update public.commission_records c
    set payout_id = v_payout.id, settlement_status = 'processing'
    where c.id = any (v_vendor.record_ids);
    update public.vendor_credits c set payout_id = v_payout.id
    where c.id = any (v_vendor.credit_ids);
    if (app_private.payout_account(v_payout.vendor_id)).id is null then
      perform app_private.tell_payouts_held(v_payout.vendor_id);
    end if;
    return next v_payout;
  end loop;
end
$function$;
comment on function app_private.make_payouts(date) is 'Creates the payouts of the week from this Monday: everything that is due to each vendor until its Sunday and is in no payout yet. Running it again creates nothing twice. Suspended vendors are left out; a vendor without a bank account for payouts is told that they are held. Raises OB020.';
revoke all on function app_private.make_payouts(date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.make_payouts(date) to ombaro_worker;
grant execute on function app_private.make_payouts(date) to service_role;

CREATE OR REPLACE FUNCTION app_private.reverse_earnings(p_booking public.bookings, p_amount numeric, p_borne_by text, p_reason text, p_by uuid, p_may_deduct boolean, p_least_commission numeric DEFAULT NULL::numeric)
 RETURNS public.refund_decisions
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_decision public.refund_decisions;
  v_before public.refund_decisions;
  v_record public.commission_records;
  v_referral public.customer_referrals;
  -- How much of the price is refunded with this.
  v_share numeric := (p_booking.refunded_amount + p_amount) / p_booking.final_amount;
  -- What a service that ended early was lowered by, and how much of the rest is refunded with this.
  v_end public.refund_decisions;
  v_rest_share numeric;
  v_vendor_percentage numeric := case p_borne_by when 'vendor' then 100 when 'platform' then 0
    else app_private.setting('policy.refund_shared_percentage')::numeric end;
  v_net numeric;
  v_points integer;
  v_spent numeric;
  v_person uuid;
begin
  select * into v_record from public.commission_records c where c.booking_id = p_booking.id for no key update;
  select * into v_referral from public.customer_referrals r
  where r.first_booking_id = p_booking.id and r.status = 'rewarded';
  -- In the order in which they are locked when they are rewarded.
  for v_person in
    select p from unnest(array[p_booking.customer_id, v_referral.referrer_id]) p
    where p is not null order by p
  loop
    perform app_private.lock_customer(v_person);
  end loop;
  select coalesce(sum(d.gst_amount), 0), coalesce(sum(d.charge_amount), 0), coalesce(sum(d.commission_amount), 0), coalesce(sum(d.tds_amount), 0),
    coalesce(sum(d.tcs_amount), 0), coalesce(sum(d.provider_amount), 0), coalesce(sum(d.discount_amount), 0),
    coalesce(sum(d.points_taken), 0), coalesce(sum(d.referee_reward), 0), coalesce(sum(d.referrer_reward), 0)
  into v_before.gst_amount, v_before.charge_amount, v_before.commission_amount, v_before.tds_amount, v_before.tcs_amount,
    v_before.provider_amount, v_before.discount_amount, v_before.points_taken, v_before.referee_reward,
    v_before.referrer_reward
  from public.refund_decisions d where d.booking_id = p_booking.id;
  select d.* into v_end from public.booking_settlements s
  join public.refund_decisions d on d.id = s.decision_id where s.booking_id = p_booking.id;
  v_end.amount := coalesce(v_end.amount, 0);
  v_end.commission_amount := coalesce(v_end.commission_amount, 0);
  v_rest_share := coalesce((p_booking.refunded_amount + p_amount - v_end.amount)
    / nullif(p_booking.final_amount - v_end.amount, 0), 0);
  -- Points that have expired since are not taken a second time.
  select coalesce(sum(t.points), 0) into v_points from public.loyalty_points_transactions t
  where t.booking_id = p_booking.id and t.transaction_type = 'earned' and t.expires_at > now();

  v_decision.id := gen_random_uuid();
  v_decision.booking_id := p_booking.id;
  v_decision.vendor_id := p_booking.vendor_id;
  v_decision.amount := p_amount;
  v_decision.borne_by := p_borne_by;
  v_decision.reason := p_reason;
  v_decision.gst_amount := round((p_booking.tax_amount - coalesce(v_record.vendor_gst_amount, 0)) * v_share, 2)
    - v_before.gst_amount;
  v_decision.charge_amount := round(coalesce(v_record.charge_amount, 0) * v_share, 2) - v_before.charge_amount;
  v_decision.commission_amount := least(
    v_end.commission_amount
      + round((coalesce(v_record.commission_amount, 0) - v_end.commission_amount) * v_rest_share, 2)
      - v_before.commission_amount,
    v_record.commission_amount - p_least_commission);
  v_decision.tds_amount := round(coalesce(v_record.tds_amount, 0) * v_share, 2) - v_before.tds_amount;
  v_decision.tcs_amount := round(coalesce(v_record.tcs_amount, 0) * v_share, 2) - v_before.tcs_amount;
  v_net := p_amount - v_decision.gst_amount - v_decision.charge_amount - v_decision.commission_amount - v_decision.tds_amount
    - v_decision.tcs_amount;
  v_decision.vendor_amount := round(v_net * v_vendor_percentage / 100, 2);
  v_decision.platform_amount := v_net - v_decision.vendor_amount;
  v_decision.provider_amount := round(
    (coalesce(v_record.therapist_earning, 0) + v_before.provider_amount) * v_share, 2) - v_before.provider_amount;
  v_decision.discount_amount := round(p_booking.discount_amount * v_share, 2) - v_before.discount_amount;
  -- Where a service ended early, its points were counted from what was really paid.
  v_decision.points_taken := case when p_least_commission is not null then 0
    else greatest(0, ceil(v_points * v_rest_share)::integer - v_before.points_taken) end;
  v_decision.referee_reward := round(coalesce(v_referral.referee_reward, 0) * v_share, 2)
    - v_before.referee_reward;
  v_decision.referrer_reward := round(coalesce(v_referral.referrer_reward, 0) * v_share, 2)
    - v_before.referrer_reward;

  -- Money that is missing was spent: it is deducted from the refund, as far as that is possible.
  v_spent := app_private.take_points_back(p_booking, v_decision.points_taken)
    * app_private.setting('loyalty.rupees_a_point_pays')::numeric;
  v_decision.points_deducted := case when p_may_deduct then least(v_spent, p_amount) else 0 end;
  v_spent := 0;
  if v_referral.id is not null then
    v_spent := app_private.take_reward_back(p_booking, v_referral.referee_id, v_decision.referee_reward)
      + app_private.take_reward_back(p_booking, v_referral.referrer_id, v_decision.referrer_reward);
  end if;
  v_decision.rewards_deducted := case when p_may_deduct
    then least(v_spent, p_amount - v_decision.points_deducted) else 0 end;
  v_decision.decided_by := p_by;
  v_decision.created_at := now();
  insert into public.refund_decisions values (v_decision.*);

  perform
    app_private.move_money('gst', null, 'booking', p_booking.id, v_decision.gst_amount, p_booking.id, 'refund'),
    app_private.move_money('charge', null, 'booking', p_booking.id, v_decision.charge_amount, p_booking.id, 'refund'),
    app_private.move_money('commission', null, 'booking', p_booking.id, v_decision.commission_amount,
      p_booking.id, 'refund'),
    app_private.move_money('tds', null, 'booking', p_booking.id, v_decision.tds_amount, p_booking.id, 'refund'),
    app_private.move_money('tcs', null, 'booking', p_booking.id, v_decision.tcs_amount, p_booking.id, 'refund'),
    app_private.move_money('commission', null, 'booking', p_booking.id, v_decision.platform_amount,
      p_booking.id, 'refund borne'),
    app_private.move_money('booking', p_booking.id, 'points', null, v_decision.points_deducted,
      p_booking.id, 'points spent'),
    app_private.move_money('booking', p_booking.id, 'rewards', null, v_decision.rewards_deducted,
      p_booking.id, 'rewards spent');
  perform app_private.credit_vendor(p_booking, 'refund', -v_decision.vendor_amount, null, v_decision.id);

  update public.bookings b set refunded_amount = b.refunded_amount + p_amount where b.id = p_booking.id;
  update public.commission_records c
  set therapist_earning = c.therapist_earning - v_decision.provider_amount,
    platform_earning = c.platform_earning - v_decision.commission_amount - v_decision.charge_amount
      - v_decision.platform_amount
  where c.id = v_record.id;
  update public.therapist_private_details d set total_earnings = d.total_earnings - v_decision.provider_amount
  where d.therapist_id = v_record.therapist_id;
  update public.beautician_private_details d set total_earnings = d.total_earnings - v_decision.provider_amount
  where d.beautician_id = v_record.beautician_id;
  update public.customers c
  set total_spent = c.total_spent - p_amount, total_saved = c.total_saved - v_decision.discount_amount,
    membership_tier = app_private.tier_of(app_private.spent_in_a_year(c.id))
  -- Bookings of the desk do not count as spent.
  where c.id = p_booking.customer_id and p_booking.channel = 'platform';
  return v_decision;
end
$function$;
comment on function app_private.reverse_earnings(public.bookings,numeric,text,text,uuid,boolean,numeric) is 'Takes back what an amount of a completed booking''s price has earned: the platform''s GST and charge, commission, TDS and TCS in proportion, the rest, with the vendor''s GST, from the vendor, the platform or both; then points, rewards, totals and tier. Spent points and rewards are deducted where that is requested. With p_least_commission the price is lowered because the service ended early: this much of the commission stays, and points are not touched. Afterwards the amount less the deductions lies with the booking. The booking must be locked, and the amount of its price must not be refunded yet.';
revoke all on function app_private.reverse_earnings(public.bookings,numeric,text,text,uuid,boolean,numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.reverse_earnings(public.bookings,numeric,text,text,uuid,boolean,numeric) to service_role;

CREATE OR REPLACE FUNCTION app_private.reward_customer(p_booking public.bookings)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_referral public.customer_referrals;
  v_reward numeric;
  v_person uuid;
begin
  -- What is booked and paid at a vendor's desk earns nothing.
  if p_booking.channel = 'desk' then
    return;
  end if;
  -- Everyone who is rewarded is locked in one order, the referrer and the friend too.
  select * into v_referral from public.customer_referrals r
  where r.referee_id = p_booking.customer_id and r.status = 'pending';
  for v_person in
    select p from unnest(array[p_booking.customer_id, v_referral.referrer_id]) p
    where p is not null order by p
  loop
    perform app_private.lock_customer(v_person);
  end loop;

  update public.customers c
  set total_spent = c.total_spent + p_booking.final_amount,
    total_saved = c.total_saved + p_booking.discount_amount,
    membership_tier = app_private.tier_of(app_private.spent_in_a_year(c.id))
  where c.id = p_booking.customer_id;

  -- Services started without the start code earn no points and no reward.
  if p_booking.is_attested is not true then
    return;
  end if;
  perform app_private.move_points(p_booking.customer_id, 'earned',
    floor(m.paid / app_private.setting('loyalty.rupees_per_point')::numeric)::integer,
    p_booking.id, 'Points of ' || p_booking.booking_number,
    (now() at time zone 'Asia/Kolkata' + app_private.setting('loyalty.expiry_months')::integer * interval '1 month')
      at time zone 'Asia/Kolkata')
  from (
    select coalesce(sum(app_private.refundable(p)), 0) as paid from public.payments p
    where p.booking_id = p_booking.id and p.payment_method not in ('points', 'wallet')
  ) m;

  -- Only the first completed and attested booking of a friend counts, and only in the first days.
  if v_referral.id is null or exists (
    select from public.bookings b
    where b.customer_id = p_booking.customer_id and b.status = 'completed' and b.id <> p_booking.id
      and b.is_attested is not false and b.channel = 'platform') then
    return;
  end if;
  select least(app_private.percent_of(p_booking.final_amount, app_private.setting('referral.percentage')::numeric),
      app_private.setting('referral.maximum')::numeric)
    into v_reward
  from public.customers c
  where c.id = p_booking.customer_id
    and now() < app_private.signed_up_at(c.id) + app_private.setting('referral.within_days')::integer * interval '1 day';
  v_reward := coalesce(v_reward, 0);
  update public.customer_referrals r
  set status = case when v_reward > 0 then 'rewarded' else 'completed' end,
    referrer_reward = v_reward, referee_reward = v_reward,
    first_booking_id = p_booking.id, completed_at = now()
  where r.id = v_referral.id and r.status = 'pending';
  if found then
    perform app_private.move_wallet(v_referral.referrer_id, 'bonus', v_reward, 'rewards', null,
      null, null, 'Reward for referring a friend');
    perform app_private.move_wallet(v_referral.referee_id, 'bonus', v_reward, 'rewards', null,
      p_booking.id, null, 'Reward for joining through a referral');
  end if;
end
$function$;
comment on function app_private.reward_customer(public.bookings) is 'Applies the benefits of a completed booking to its customer, none for a desk booking: totals, tier, and where it was started with the start code one point per ₹100 of money (not points or wallet), and with the first such booking the referral reward for both.';
revoke all on function app_private.reward_customer(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.reward_customer(public.bookings) to service_role;

CREATE OR REPLACE FUNCTION app_private.settle_completed(p_booking_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings := app_private.current_booking(p_booking_id);
  v_record public.commission_records;
  v_is_own_guest boolean := app_private.is_own_guest(p_booking_id);
  v_fees numeric := app_private.amount_agreed(p_booking_id) - v_booking.final_amount;
begin
  v_record.charge_amount := v_booking.service_charge;
  v_record.booking_amount := v_booking.final_amount - v_booking.tax_amount - v_record.charge_amount;
  v_record.vendor_gst_amount := v_booking.tax_amount - v_booking.charge_tax_amount;
  v_record.commission_rate := app_private.commission_rate_of(v_booking);
  v_record.commission_amount := app_private.percent_of(v_record.booking_amount, v_record.commission_rate);
  v_record.tds_amount := case when v_is_own_guest then 0 else app_private.percent_of(v_record.booking_amount,
    app_private.tax_percentage('tds', app_private.today())) end;
  v_record.tcs_amount := case when v_is_own_guest then 0 else app_private.percent_of(v_record.booking_amount,
    app_private.tax_percentage('tcs', app_private.today())) end;
  v_record.therapist_earning := app_private.percent_of(
    v_record.booking_amount - v_record.commission_amount,
    app_private.setting('commission.provider_percentage')::numeric);
  insert into public.commission_records
    (booking_id, vendor_id, therapist_id, beautician_id, booking_amount, commission_rate,
      commission_amount, therapist_earning, platform_earning, tds_amount, tcs_amount, gst_amount, vendor_gst_amount,
      charge_amount, period_month, payable_from)
  select v_booking.id, v_booking.vendor_id,
    (select a.therapist_id from public.therapist_assignments a
     where a.booking_id = v_booking.id and a.status = 'completed'),
    (select a.beautician_id from public.beautician_assignments a
     where a.booking_id = v_booking.id and a.status = 'completed'),
    v_record.booking_amount, v_record.commission_rate, v_record.commission_amount,
    v_record.therapist_earning, v_record.commission_amount + v_record.charge_amount, v_record.tds_amount,
    v_record.tcs_amount, v_booking.tax_amount, v_record.vendor_gst_amount, v_record.charge_amount, date_trunc('month', app_private.today()::timestamp)::date,
    -- The money of a desk booking is with the vendor already.
    now() + case when v_booking.is_attested or v_booking.channel = 'desk' then interval '0'
      else app_private.setting('commission.unattested_days')::integer * interval '1 day' end
  returning * into v_record;

  perform
    app_private.move_money('booking', v_booking.id, 'vendor', v_booking.vendor_id, v_record.net_amount,
      v_booking.id, 'earning'),
    app_private.move_money('booking', v_booking.id, 'commission', null, v_record.commission_amount,
      v_booking.id, 'commission'),
    app_private.move_money('booking', v_booking.id, 'tds', null, v_record.tds_amount, v_booking.id, 'tds'),
    app_private.move_money('booking', v_booking.id, 'tcs', null, v_record.tcs_amount, v_booking.id, 'tcs'),
    app_private.move_money('booking', v_booking.id, 'charge', null, v_record.charge_amount, v_booking.id, 'charge'),
    app_private.move_money('booking', v_booking.id, 'gst', null, v_booking.charge_tax_amount, v_booking.id, 'gst');
  perform app_private.credit_vendor(v_booking, 'reschedule_fee', v_fees);

  update public.therapist_private_details d
  set total_earnings = d.total_earnings + v_record.therapist_earning
  where d.therapist_id = v_record.therapist_id;
  update public.therapists t set total_services = t.total_services + 1
  where t.id = v_record.therapist_id;
  update public.beautician_private_details d
  set total_earnings = d.total_earnings + v_record.therapist_earning
  where d.beautician_id = v_record.beautician_id;
  perform app_private.reward_customer(v_booking);
end
$function$;
comment on function app_private.settle_completed(uuid) is 'Distributes what was paid for a completed booking: to the vendor its services with their GST, less commission, TDS and TCS on the amount before tax; to the platform its charge with the GST on it; then points, totals, tier and referral. The booking must be locked and paid.';
revoke all on function app_private.settle_completed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.settle_completed(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.settle_waiting(p_bookings integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_due record;
  v_count integer := 0;
  v_before timestamptz := now() - app_private.setting('booking.dispute_decision_hours')::integer * interval '1 hour';
begin
  for v_due in
    select b as booking, s.kind
    from public.booking_settlements s
    join public.bookings b on b.id = s.booking_id
    where s.agreed_at is null and s.answerable_until <= now()
      and not exists (select from public.booking_disputes d where d.booking_id = b.id and d.kind = s.kind)
    order by s.answerable_until limit p_bookings
    for no key update of b, s skip locked
  loop
    -- Checked again after locking, because it may have been disputed at the last moment.
    continue when exists (
      select from public.booking_disputes d
      where d.booking_id = (v_due.booking).id and d.kind = v_due.kind);
    if v_due.kind = 'late_completion' then
      perform app_private.agree_on(v_due.booking, (v_due.booking).final_amount);
    else
      insert into public.booking_disputes (booking_id, kind, reason)
      values ((v_due.booking).id, v_due.kind, 'The customer has not answered');
    end if;
    v_count := v_count + 1;
  end loop;
  -- A dispute that customer care has not decided in time. Of deciding at that moment the later one finds it done.
  for v_due in
    select b as booking, d.id, d.kind
    from public.booking_disputes d
    join public.bookings b on b.id = d.booking_id
    where d.status = 'open' and d.created_at <= v_before and app_private.waits_for_decision(d)
      and coalesce(d.answered_at, d.created_at) <= v_before
    order by d.created_at, d.id limit p_bookings - v_count
    for no key update of b skip locked
  loop
    update public.booking_disputes d
    set status = 'decided', in_favour_of = 'customer', decision_reason = 'Customer care did not decide in time',
      decided_at = now()
    where d.id = v_due.id and d.status = 'open';
    continue when not found;
    if v_due.kind in ('customer_no_show', 'vendor_no_show') then
      perform app_private.settle_cancellation(v_due.booking, 0);
    else
      -- Of a service that ended early the customer pays what was performed, and no more than the vendor asks.
      perform app_private.agree_on(v_due.booking, case when v_due.kind = 'early_end' then (
        select least(s.proposed_amount, app_private.percent_of((v_due.booking).final_amount, s.elapsed_percentage))
        from public.booking_settlements s where s.booking_id = (v_due.booking).id) else 0 end);
    end if;
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$function$;
comment on function app_private.settle_waiting(integer) is 'Goes on with what no one has answered in time, at most p_bookings; returns how many. Where the customer says nothing, a service that was completed late is settled at its price, and the amount of one that ended early goes to customer care as a dispute. A dispute that customer care does not decide in time is decided in favour of the customer. Runs every minute.';
revoke all on function app_private.settle_waiting(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.settle_waiting(integer) to ombaro_worker;
grant execute on function app_private.settle_waiting(integer) to service_role;

CREATE OR REPLACE FUNCTION app_private.tg_bookings__commission()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  insert into app_private.booking_commissions (booking_id, commission_rate)
  select new.id, d.commission_rate
  from public.vendor_private_details d where d.vendor_id = new.vendor_id;
  return null;
end
$function$;
comment on function app_private.tg_bookings__commission() is 'Copies the vendor''s commission rate when a booking is made: a later change does not apply to it.';
revoke all on function app_private.tg_bookings__commission() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.tg_bookings__commission() to service_role;

CREATE OR REPLACE FUNCTION public.complete_payout(payout_id uuid, reference text, payment_method text DEFAULT 'bank_transfer'::text)
 RETURNS public.vendor_payouts
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_payout public.vendor_payouts := app_private.open_payout(complete_payout.payout_id);
  v_account public.user_bank_details := app_private.payout_account(v_payout.vendor_id);
begin
  if exists (select from public.vendors v where v.id = v_payout.vendor_id and v.status = 'suspended') then
    raise exception 'This vendor is suspended, so its payouts are held. Wait until the vendor is reinstated.'
      using errcode = 'OB030';
  end if;
  if complete_payout.payment_method = 'bank_transfer' and v_account.id is null then
    raise exception 'This vendor has no verified bank account for payouts. Verify one, or approve another account, first.'
      using errcode = 'OB037';
  end if;
  update public.vendor_payouts p
  set payout_status = 'completed', payment_reference = app_private.required_reason(complete_payout.reference, 'reference'),
    payment_method = complete_payout.payment_method, payment_date = now()
  where p.id = v_payout.id
  returning * into v_payout;
  update public.commission_records c set settlement_status = 'settled', settlement_date = now()
  where c.payout_id = v_payout.id;
  perform app_private.move_money('vendor', v_payout.vendor_id, 'bank', null, v_payout.net_amount, null, 'payout');
  -- From the first payout on another account needs a request.
  update public.vendor_private_details d set payout_account_id = v_account.id, payout_account_since = now()
  where d.vendor_id = v_payout.vendor_id and d.payout_account_since is null and v_account.id is not null;
  return v_payout;
end
$function$;
comment on function public.complete_payout(uuid,text,text) is 'Records that the bank has paid a payout, with its reference; its records are then settled. A bank transfer needs a verified bank account of the vendor''s owner. Needs the permission payouts.execute. Raises OB001, OB002, OB003, OB030 (already paid, or the vendor is suspended), OB031 (your own payout), OB036 (no reference), OB037 (no verified bank account).';
revoke all on function public.complete_payout(uuid,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.complete_payout(uuid,text,text) to service_role;
grant execute on function public.complete_payout(uuid,text,text) to staff;

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

CREATE OR REPLACE FUNCTION public.decide_dispute(dispute_id uuid, in_favour_of text, reason text, amount numeric DEFAULT NULL::numeric)
 RETURNS public.booking_disputes
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings;
  v_dispute public.booking_disputes;
begin
  perform app_private.require_permission('bookings.update');
  select b.* into v_booking from public.booking_disputes d
  join public.bookings b on b.id = d.booking_id
  where d.id = decide_dispute.dispute_id
  for no key update of b;
  if not found then
    raise exception 'The dispute was not found. Check the id.' using errcode = 'OB003';
  end if;
  perform app_private.require_unrelated(v_booking);
  if not coalesce(decide_dispute.in_favour_of in ('customer', 'vendor'), false) then
    raise exception 'Decide the dispute in favour of the customer or the vendor.'
      using errcode = 'OB020', column = 'in_favour_of';
  end if;
  select d.* into strict v_dispute from public.booking_disputes d where d.id = decide_dispute.dispute_id;
  if (v_dispute.kind = 'early_end') <> (decide_dispute.amount is not null) then
    raise exception 'Enter the amount that the customer pays where a service ended early, and leave the amount out otherwise.'
      using errcode = 'OB020', column = 'amount';
  end if;
  perform app_private.require_amount_within_price(v_booking, decide_dispute.amount);
  update public.booking_disputes d
  set status = 'decided', in_favour_of = decide_dispute.in_favour_of,
    decision_reason = app_private.required_reason(decide_dispute.reason),
    decided_by = (select auth.uid()), decided_at = now()
  where d.id = decide_dispute.dispute_id and d.status = 'open'
  returning * into v_dispute;
  if not found then
    raise exception 'This dispute has already been decided. Reload it to see the decision.' using errcode = 'OB030';
  end if;
  if v_dispute.kind in ('customer_no_show', 'vendor_no_show') then
    perform app_private.settle_cancellation(v_booking, case v_dispute.in_favour_of
      when 'customer' then 0 else c.cancellation_charge end)
    from public.booking_cancellations c where c.booking_id = v_booking.id;
  else
    perform app_private.agree_on(v_booking, case
      when v_dispute.kind = 'early_end' then round(decide_dispute.amount, 2)
      when v_dispute.in_favour_of = 'customer' then 0
      else v_booking.final_amount end);
  end if;
  return v_dispute;
end
$function$;
comment on function public.decide_dispute(uuid,text,text,numeric) is 'Decides a dispute in favour of the customer (everything is refunded) or of the vendor (the charge or the price stays), with a reason; the money then moves. Where a service ended early, the amount is what the customer pays, from 0 to the price. Needs the permission bookings.update; no one can decide on their own booking or business. Raises OB001, OB002, OB003, OB020 (no side given; no amount where one is needed, or one where none is; not from 0 to the price), OB030 (already decided), OB031 (your own booking or business), OB036 (no reason).';
revoke all on function public.decide_dispute(uuid,text,text,numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_dispute(uuid,text,text,numeric) to service_role;
grant execute on function public.decide_dispute(uuid,text,text,numeric) to staff;

CREATE OR REPLACE FUNCTION public.decide_vendor_change(request_id uuid, approve boolean, reason text DEFAULT NULL::text)
 RETURNS public.vendor_change_requests
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_request public.vendor_change_requests;
  v_vendor public.vendors;
begin
  perform app_private.require_permission('vendors.update');
  select * into v_request from public.vendor_change_requests r
  where r.id = decide_vendor_change.request_id for update;
  if not found then
    raise exception 'The request was not found. Check requestId.' using errcode = 'OB003', column = 'request_id';
  end if;
  if v_request.requested_by = (select auth.uid()) or app_private.belongs_to_vendor(v_request.vendor_id) then
    raise exception 'This request is of your own business, so you cannot decide on it. Leave it to someone else.'
      using errcode = 'OB031';
  end if;
  if v_request.status <> 'pending' then
    raise exception 'This request has already been decided. Reload it to see the decision.' using errcode = 'OB030';
  end if;
  if approve is null then
    raise exception 'Approve is required. Enter true or false.' using errcode = 'OB020', column = 'approve';
  end if;
  -- In the order of transferring: the owner may change at this moment.
  select * into v_vendor from public.vendors v where v.id = v_request.vendor_id for no key update;
  if approve then
    if v_request.fact = 'bank_account' and not exists (
      select from public.user_bank_details b
      where b.id = v_request.bank_detail_id and b.user_id = v_vendor.user_id and b.is_verified
    ) then
      raise exception 'This bank account is not verified, or is not the present owner''s. Verify the account first, or reject the request.'
        using errcode = 'OB037';
    end if;
    update public.vendors v set business_name = v_request.new_value
    where v.id = v_vendor.id and v_request.fact = 'business_name';
    update public.vendor_private_details d set
      gst_number = case v_request.fact when 'gst_number' then v_request.new_value else d.gst_number end,
      pan_number = case v_request.fact when 'pan_number' then v_request.new_value else d.pan_number end,
      registration_number = case v_request.fact when 'registration_number' then v_request.new_value
        else d.registration_number end,
      partner_type = case v_request.fact when 'partner_type' then v_request.new_value else d.partner_type end,
      -- The commission of the new type; a booking keeps the rate that it was made under.
      commission_rate = case v_request.fact when 'partner_type' then (
        select t.commission_rate from public.partner_types t where t.type_code = v_request.new_value)
        else d.commission_rate end,
      payout_account_id = case v_request.fact when 'bank_account' then v_request.bank_detail_id
        else d.payout_account_id end,
      payout_account_since = case v_request.fact when 'bank_account' then now() else d.payout_account_since end
    where d.vendor_id = v_vendor.id and v_request.fact <> 'business_name';
  end if;
  update public.vendor_change_requests r
  set status = case when approve then 'approved' else 'rejected' end, decided_by = (select auth.uid()),
    decided_at = now(),
    rejection_reason = case when not approve then app_private.required_reason(decide_vendor_change.reason) end
  where r.id = v_request.id
  returning * into v_request;
  perform app_private.notify(u, 'vendor', 'vendor_change_decided',
    jsonb_build_object('vendor', v_vendor.business_name, 'vendor_id', v_vendor.id,
      'fact', replace(v_request.fact, '_', ' '), 'decision', v_request.status,
      -- A message leaves the platform: no tax number in full.
      'value', case when v_request.fact in ('gst_number', 'pan_number', 'registration_number')
        then app_private.masked(v_request.new_value)
        else v_request.new_value end,
      'reason', coalesce(v_request.rejection_reason, '')),
    jsonb_build_object('screen', 'vendorChange', 'vendorId', v_vendor.id, 'requestId', v_request.id))
  from unnest(array[v_vendor.user_id, v_request.requested_by]) with ordinality w (u, place)
  where u is not null and (place = 1 or u is distinct from v_vendor.user_id);
  return v_request;
end
$function$;
comment on function public.decide_vendor_change(uuid,boolean,text) is 'Approves or rejects a request of requestVendorChange; an approved value applies at once, and a new partner type brings its commission for later bookings. A bank account must be verified first (verifyBankAccount). A rejection needs a reason. The owner and the requesting user are notified. Needs the permission vendors.update. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already decided), OB031 (your own business), OB036 (no reason), OB037 (the bank account is not verified).';
revoke all on function public.decide_vendor_change(uuid,boolean,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_vendor_change(uuid,boolean,text) to service_role;
grant execute on function public.decide_vendor_change(uuid,boolean,text) to staff;

CREATE OR REPLACE FUNCTION public.dispute_booking(booking_id uuid, reason text)
 RETURNS public.booking_disputes
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  -- The vendor answers what the customer says of the vendor, and disputes nothing else.
  v_booking public.bookings := app_private.act_on_booking(dispute_booking.booking_id,
    case when exists (
      select from public.booking_disputes d
      where d.booking_id = dispute_booking.booking_id and d.answerable_until is not null
    ) then '{customer,vendor}' else '{customer}' end::text[]);
  v_kind text;
  v_dispute public.booking_disputes;
begin
  if app_private.acting_role(v_booking, '{customer,vendor}') = 'vendor' then
    update public.booking_disputes d
    set answer = app_private.required_reason(dispute_booking.reason), answered_by = (select auth.uid()),
      answered_at = now()
    where d.booking_id = v_booking.id and d.status = 'open' and d.answerable_until > now() and d.answered_at is null
    returning * into v_dispute;
    if not found then
      raise exception 'There is nothing to answer any more: it was answered or decided, or the time for it is over. Contact customer care.'
        using errcode = 'OB030';
    end if;
    return v_dispute;
  end if;
  select 'customer_no_show' into v_kind from public.booking_cancellations c
  where c.booking_id = v_booking.id and c.is_no_show and c.settled_at is null and c.disputable_until > now()
  union all
  select s.kind from public.booking_settlements s
  where s.booking_id = v_booking.id and s.agreed_at is null and s.answerable_until > now();
  if v_kind is null then
    raise exception 'This booking cannot be disputed, or the time for it is over. Contact customer care.'
      using errcode = 'OB030';
  end if;
  insert into public.booking_disputes (booking_id, kind, reason, raised_by)
  values (v_booking.id, v_kind, app_private.required_reason(dispute_booking.reason), (select auth.uid()))
  on conflict on constraint booking_disputes_once do nothing
  returning * into v_dispute;
  if not found then
    raise exception 'You have already disputed this booking. Wait for the decision.' using errcode = 'OB030';
  end if;
  return v_dispute;
end
$function$;
comment on function public.dispute_booking(uuid,text) is 'Opens a dispute of the signed-in customer, by default within 24 hours: about a no-show that the vendor reported, a service that was completed late, or the amount of one that ended early. For the vendor''s desk it answers the customer''s report that no one came. No money moves until customer care has decided. Raises OB001, OB002, OB003, OB030 (nothing to dispute, too late, or already disputed or answered), OB036 (no reason).';
revoke all on function public.dispute_booking(uuid,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.dispute_booking(uuid,text) to authenticated;
grant execute on function public.dispute_booking(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION public.refund_booking(booking_id uuid, amount numeric, reason text, borne_by text, idempotency_key text)
 RETURNS public.refund_decisions
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings;
  v_amount numeric := round(refund_booking.amount, 2);
  v_most numeric;
  v_decision public.refund_decisions;
  v_done uuid;
begin
  perform app_private.require_permission('payments.approve');
  select * into v_booking from public.bookings b where b.id = refund_booking.booking_id for no key update;
  if not found then
    raise exception 'The booking was not found, or you may not see it. Check the id.' using errcode = 'OB003';
  end if;
  perform app_private.require_unrelated(v_booking);
  v_done := app_private.replayed(refund_booking.idempotency_key, 'refund_booking', jsonb_build_object(
    'booking', refund_booking.booking_id, 'amount', refund_booking.amount, 'reason', refund_booking.reason,
    'borne_by', refund_booking.borne_by));
  if v_done is null then
    if v_booking.status <> 'completed' then
      raise exception 'Only a completed booking can be refunded this way. This booking is %.',
        replace(v_booking.status, '_', ' ')
        using errcode = 'OB030';
    end if;
    perform app_private.require_settled(v_booking);
    if coalesce(v_amount, 0) <= 0 then
      raise exception 'Amount must be greater than 0.' using errcode = 'OB020', column = 'amount';
    end if;
    if not exists (select from enums.refund_bearer r where r.value = refund_booking.borne_by) then
      raise exception 'Choose who bears the refund: the vendor, the platform or both (shared).'
        using errcode = 'OB020', column = 'borne_by';
    end if;
    v_most := least(v_booking.final_amount - v_booking.refunded_amount, app_private.amount_paid(v_booking.id));
    if v_amount > v_most then
      raise exception 'At most ₹% of this booking can be refunded. Enter a smaller amount.', v_most
        using errcode = 'OB068', column = 'amount';
    end if;
    v_decision := app_private.reverse_earnings(v_booking, v_amount, refund_booking.borne_by,
      app_private.required_reason(refund_booking.reason), (select auth.uid()), true);
    perform app_private.pay_back(v_booking.id,
      v_amount - v_decision.points_deducted - v_decision.rewards_deducted,
      case when v_amount = v_booking.final_amount then 'full' else 'partial' end,
      v_decision.reason, (select auth.uid()), v_decision.id);
    v_done := v_decision.id;
    perform app_private.remember_result(refund_booking.idempotency_key, v_done);
  end if;
  select * into strict v_decision from public.refund_decisions d where d.id = v_done;
  return v_decision;
end
$function$;
comment on function public.refund_booking(uuid,numeric,text,text,text) is 'Refunds an amount of the price of a completed booking, with a reason. Commission, taxes, points, rewards and totals follow in proportion; the vendor''s part is borne by the vendor, the platform or both. The value of points and rewards that were already spent is deducted; the rest goes back the ways it was paid, in proportion. Nothing becomes due again. Needs the permission payments.approve; no one can refund their own booking or business. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (not completed, or not settled yet), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request), OB068 (more than is left of the price).';
revoke all on function public.refund_booking(uuid,numeric,text,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.refund_booking(uuid,numeric,text,text,text) to service_role;
grant execute on function public.refund_booking(uuid,numeric,text,text,text) to staff;
