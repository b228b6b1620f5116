delete from public.notification_templates where type = 'amount_agreed' and audience = 'vendor' and language = 'en';
delete from public.notification_templates where type = 'amount_agreed' and audience = 'vendor' and language = 'hi';
delete from public.notification_templates where type = 'arrival_disputed' and audience = 'vendor' and language = 'en';
delete from public.notification_templates where type = 'arrival_disputed' and audience = 'vendor' and language = 'hi';
delete from public.notification_templates where type = 'booking_overdue' and audience = 'care' and language = 'en';
delete from public.notification_templates where type = 'booking_overdue' and audience = 'care' and language = 'hi';
delete from public.notification_templates where type = 'booking_overdue' and audience = 'customer' and language = 'en';
delete from public.notification_templates where type = 'booking_overdue' and audience = 'customer' and language = 'hi';
delete from public.notification_templates where type = 'booking_overdue' and audience = 'provider' and language = 'en';
delete from public.notification_templates where type = 'booking_overdue' and audience = 'provider' and language = 'hi';
delete from public.notification_templates where type = 'booking_overdue' and audience = 'vendor' and language = 'en';
delete from public.notification_templates where type = 'booking_overdue' and audience = 'vendor' and language = 'hi';
delete from public.notification_templates where type = 'completed_late' and audience = 'customer' and language = 'en';
delete from public.notification_templates where type = 'completed_late' and audience = 'customer' and language = 'hi';
delete from public.notification_templates where type = 'dispute_opened' and audience = 'care' and language = 'en';
delete from public.notification_templates where type = 'dispute_opened' and audience = 'care' and language = 'hi';
alter table public.notification_templates disable trigger _100_timestamps;
update public.notification_templates set title = 'Booking {{booking_number}} is disputed', message = 'The customer reports that they did come. Customer care will decide.', channels = '{push,in_app}', priority = 'high', action_url = '/vendor/bookings/{{booking_id}}', updated_at = created_at where type = 'dispute_opened' and audience = 'vendor' and language = 'en' and edited_at is null;
update public.notification_templates set title = 'बुकिंग {{booking_number}} पर आपत्ति है', message = 'ग्राहक का कहना है कि वे आए थे। निर्णय ग्राहक सेवा करेगी।', channels = '{push,in_app}', priority = 'high', action_url = '/vendor/bookings/{{booking_id}}', updated_at = created_at where type = 'dispute_opened' and audience = 'vendor' and language = 'hi' and edited_at is null;
alter table public.notification_templates enable trigger _100_timestamps;
delete from public.notification_templates where type = 'service_ended_early' and audience = 'customer' and language = 'en';
delete from public.notification_templates where type = 'service_ended_early' and audience = 'customer' and language = 'hi';
delete from public.notification_templates where type = 'vendor_no_show' and audience = 'vendor' and language = 'en';
delete from public.notification_templates where type = 'vendor_no_show' and audience = 'vendor' and language = 'hi';

-- Undoes the life of a service. Overdue bookings stay as they are; money that waits is distributed at the price, as
-- completing did before.

drop trigger if exists _250_limit on public.support_tickets;
drop trigger if exists _900_publish_features on public.user_roles;
drop trigger if exists _900_publish_features on public.customers;
drop trigger if exists _900_publish_features on public.vendors;
drop trigger if exists _900_publish_features_moved on public.vendors;
drop trigger if exists _900_publish_features on public.therapists;
drop trigger if exists _900_publish_features_moved on public.therapists;
drop trigger if exists _900_publish_features on public.beauticians;
drop trigger if exists _900_publish_features_moved on public.beauticians;
drop trigger if exists _900_publish_features on public.roles;
drop function if exists
  app_private.tg_support_tickets__limit(),
  app_private.tg_roles__publish_features(),
  app_private.tg__publish_features(),
  public.vendor_reviews_author_name(public.vendor_reviews),
  public.reviews_author_name(public.reviews),
  app_private.display_name(uuid);
delete from public.system_settings where key in ('tickets.per_hour', 'tickets.per_day');

drop function if exists
  public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text),
  app_private.is_elsewhere(uuid, timestamptz, timestamptz, uuid),
  app_private.require_nothing_due(uuid),
  public.record_cash_payment(uuid, numeric, text),
  public.agree_on_amount(uuid, numeric),
  public.end_service_early(uuid, text, numeric);
alter table public.booking_holds drop column guest_name;
alter table public.bookings drop column guest_name;

drop trigger if exists _700_notify_people_overdue on public.bookings;
drop trigger if exists _700_notify_people_vendor on public.booking_cancellations;
drop trigger if exists _700_notify_people_answer on public.booking_disputes;
drop function if exists
  public.decide_dispute(uuid, text, text, numeric),
  public.report_vendor_no_show(uuid),
  app_private.require_amount_within_price(public.bookings, numeric),
  app_private.waits_for_decision(public.booking_disputes),
  app_private.tell_settlement(public.booking_settlements, public.booking_settlements) cascade;
drop function if exists
  app_private.tell_vendor_no_show(public.booking_cancellations, public.booking_cancellations),
  app_private.tell_overdue(public.bookings, public.bookings),
  app_private.customer_care(),
  app_private.cancel_overdue_bookings(integer),
  app_private.note_overdue_bookings(integer),
  app_private.settle_waiting(integer),
  app_private.agree_on(public.bookings, numeric),
  app_private.require_settled(public.bookings);

do $$
declare
  v_id uuid;
begin
  for v_id in select s.booking_id from public.booking_settlements s where s.settled_at is null loop
    update public.booking_settlements s
    set agreed_at = now(), settled_at = now(),
      agreed_amount = (select b.final_amount from public.bookings b where b.id = v_id)
    where s.booking_id = v_id;
    perform app_private.settle_completed(v_id);
  end loop;
end
$$;
drop function if exists
  app_private.settle_agreed(uuid),
  app_private.reverse_earnings(public.bookings, numeric, text, text, uuid, boolean, numeric);
delete from app_private.personal_links
where table_name = 'public.booking_settlements'
  or (table_name, column_name) = ('public.booking_disputes', 'answered_by');
drop table if exists public.booking_settlements;
drop table if exists enums.booking_settlement_kind;

delete from public.booking_disputes d where d.kind in ('vendor_no_show', 'late_completion', 'early_end');
delete from enums.dispute_kind where value in ('vendor_no_show', 'late_completion', 'early_end');
update public.booking_disputes d set raised_by = b.customer_id
from public.bookings b where b.id = d.booking_id and d.raised_by is null;
alter table public.booking_disputes
  alter column raised_by set not null,
  drop column answerable_until, drop column answer, drop column answered_by, drop column answered_at;
comment on column public.booking_disputes.raised_by is 'User who opened it.';

update public.booking_cancellations c
set disputable_until = case when c.is_no_show then c.disputable_until end,
  settled_at = case when c.is_no_show then c.settled_at else coalesce(c.settled_at, now()) end
where c.is_vendor_no_show;
alter table public.booking_cancellations
  drop constraint booking_cancellations_disputes_of_no_shows,
  add constraint booking_cancellations_disputes_of_no_shows check (is_no_show = (disputable_until is not null)),
  drop constraint booking_cancellations_settled_unless_disputable,
  add constraint booking_cancellations_settled_unless_disputable check (is_no_show or settled_at is not null),
  drop column is_vendor_no_show;
comment on column public.booking_cancellations.cancelled_by is
  'User who cancelled; null when the platform did by itself, because the vendor was not available.';
comment on column public.booking_cancellations.disputable_until is
  'Until when the customer can dispute the no-show; null unless it is a no-show.';

alter table public.bookings drop column overdue_since;

delete from public.notifications
where type in ('booking_overdue', 'vendor_no_show', 'arrival_disputed', 'completed_late', 'service_ended_early',
  'amount_agreed');
delete from public.notification_templates
where audience = 'care' or type in ('booking_overdue', 'vendor_no_show', 'arrival_disputed', 'completed_late',
  'service_ended_early', 'amount_agreed');
delete from enums.notification_type
where value in ('booking_overdue', 'vendor_no_show', 'arrival_disputed', 'completed_late', 'service_ended_early',
  'amount_agreed');
delete from enums.notification_audience where value = 'care';
delete from public.system_settings
where key like 'booking.overdue\_%' or key like 'booking.vendor\_no\_show\_%'
  or key in ('booking.late_dispute_hours', 'booking.amount_answer_hours');

delete from public.schema_versions where version = '1.25';

CREATE OR REPLACE FUNCTION app_private.amount_agreed(p_booking_id uuid)
 RETURNS numeric
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select b.final_amount - b.refunded_amount + app_private.move_charges(b.id)
  from public.bookings b where b.id = p_booking_id
$function$;
comment on function app_private.amount_agreed(uuid) is 'Rupees that a booking costs: its price, less what was refunded after it was completed, and the charges for moving it.';
revoke all on function app_private.amount_agreed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.amount_agreed(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.amount_due(p_booking_id uuid)
 RETURNS numeric
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return (
    select case b.status
      -- It was paid when it was completed; later refunds are not due again.
      when 'completed' then 0
      when 'cancelled' then coalesce((
        select c.due_amount from public.booking_cancellations c where c.booking_id = b.id), 0)
      else greatest(0, app_private.amount_agreed(b.id) - app_private.amount_paid(b.id)) end
    from public.bookings b where b.id = p_booking_id);
end
$function$;
comment on function app_private.amount_due(uuid) is 'Rupees of a booking that are still to be paid; for a cancelled booking the unpaid part of the cancellation cost.';
revoke all on function app_private.amount_due(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.amount_due(uuid) to service_role;

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
    select c.vendor_id, c.booking_amount - c.commission_amount - c.tds_amount - c.tcs_amount as amount
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
      when 'completed' then app_private.amount_agreed(b.id) + coalesce((
        select sum(d.points_deducted + d.rewards_deducted) from public.refund_decisions d
        where d.booking_id = b.id), 0)
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
      refund_status, is_no_show, disputable_until, settled_at)
  values (p_booking.id, (select auth.uid()), p_role, p_reason,
    greatest(0, app_private.amount_paid(p_booking.id) - p_charge), p_charge, 'pending',
    p_disputable_until is not null, p_disputable_until,
    case when p_disputable_until is null then now() end);
  if p_disputable_until is null then
    perform app_private.settle_cancellation(app_private.current_booking(p_booking.id), p_charge);
  end if;
end
$function$;
comment on function app_private.end_booking(public.bookings,text,text,numeric,timestamp with time zone) is 'Cancels a locked booking: the provider is free, the charge goes to the vendor and the rest back to the customer, at once or, where it can be disputed, later.';
revoke all on function app_private.end_booking(public.bookings,text,text,numeric,timestamp with time zone) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.end_booking(public.bookings,text,text,numeric,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION app_private.forget_bookings(p_user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_ids uuid[] := array(select b.id from public.bookings b where b.customer_id = p_user_id);
begin
  delete from public.booking_notes n where n.booking_id = any (v_ids);
  delete from public.therapist_locations l where l.booking_id = any (v_ids);
  delete from app_private.provider_reservations r where r.booking_id = any (v_ids);
  update public.therapist_assignments a
  set location_address = 'Deleted', location_latitude = null, location_longitude = null,
    customer_feedback = null, notes = null
  where a.customer_id = p_user_id;
  update public.beautician_assignments a set location = null, notes = null where a.customer_id = p_user_id;
  update public.booking_status_history h set reason = null, metadata = jsonb_strip_nulls(
      jsonb_build_object('from', h.metadata -> 'from', 'to', h.metadata -> 'to'))
  where h.booking_id = any (v_ids);
  update public.booking_cancellations c set cancellation_reason = 'Deleted' where c.booking_id = any (v_ids);
  update public.booking_disputes d
  set reason = 'Deleted', decision_reason = case when d.decision_reason is not null then 'Deleted' end
  where d.booking_id = any (v_ids);
  update public.refund_decisions d set reason = 'Deleted' where d.booking_id = any (v_ids);
  update public.booking_reschedules r set reason = null where r.booking_id = any (v_ids);
  update public.booking_items i set notes = null where i.booking_id = any (v_ids);
  -- The place of delivery is part of the tax.
  update public.bookings b
  set service_location = case
      when b.booking_type = 'spa_visit' then b.service_location
      else jsonb_strip_nulls(jsonb_build_object('city', b.service_location -> 'city',
        'state', b.service_location -> 'state', 'pincode', b.service_location -> 'pincode')) end,
    contact_name = null, contact_mobile = null, special_instructions = null, cancellation_reason = null,
    status_reason = null
  where b.customer_id = p_user_id;
  update public.payments p set refund_reason = null where p.customer_id = p_user_id and p.refund_reason is not null;
  update public.payment_private_details d set gateway_response = null, metadata = '{}'
  where d.payment_id in (select p.id from public.payments p where p.customer_id = p_user_id);
  update public.refunds r set refund_reason = 'Deleted', notes = null where r.customer_id = p_user_id;
  update public.reviews r set title = null, review_text = null, photos = null where r.customer_id = p_user_id;
  update public.vendor_reviews r set review_title = null, review_text = null, photos = null
  where r.customer_id = p_user_id;
end
$function$;
comment on function app_private.forget_bookings(uuid) is 'Removes what identifies a customer from bookings, payments and reviews; times, services, money and stars stay.';
revoke all on function app_private.forget_bookings(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.forget_bookings(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.move_booking(p_booking public.bookings, p_date date, p_time time without time zone, p_reason text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_starts_at timestamptz := (p_date + p_time) at time zone p_booking.time_zone;
  v_place app_private.place := app_private.place_of_booking(p_booking);
  v_assigned_id uuid;
  v_reserved_id uuid;
  v_provider_id uuid;
  v_is_kept boolean := false;
begin
  select app_private.assigned_provider(p_booking.id),
    (select r.provider_id from app_private.provider_reservations r where r.booking_id = p_booking.id)
    into v_assigned_id, v_reserved_id;

  -- The same provider if possible, otherwise the best of the others.
  for v_provider_id in
    select p.id
    from app_private.best_providers(p_booking, p_date, v_starts_at) with ordinality p (id, place)
    order by p.id is not distinct from coalesce(v_assigned_id, v_reserved_id) desc, p.place
  loop
    begin
      perform app_private.reserve_provider(v_provider_id, v_starts_at, p_booking.duration_minutes,
        v_place, null, p_booking.id);
      v_is_kept := true;
      exit;
    exception when sqlstate 'OB060' then
      continue;
    end;
  end loop;
  if not v_is_kept then
    raise exception 'No qualified provider is free at this time. Choose another date or time.'
      using errcode = 'OB060';
  end if;

  if v_assigned_id <> v_provider_id then
    perform app_private.cancel_assignments(p_booking.id);
  end if;
  update public.bookings b
  set booking_date = p_date, booking_time = p_time, status = 'confirmed', status_reason = p_reason,
    needs_provider_since = null
  where b.id = p_booking.id;
  if v_assigned_id = v_provider_id then
    -- The assignment moves with the booking, unless its provider is already on the way: then the journey must
    -- begin again.
    update public.therapist_assignments a set assignment_date = p_date, assignment_time = p_time
    where a.booking_id = p_booking.id and a.status in ('assigned', 'acknowledged');
    v_is_kept := found;
    update public.beautician_assignments a set assignment_time = v_starts_at
    where a.booking_id = p_booking.id and a.status = 'assigned';
    if v_is_kept or found then
      update public.bookings b set status = 'assigned' where b.id = p_booking.id;
    else
      perform app_private.cancel_assignments(p_booking.id);
      perform app_private.assign_provider(app_private.current_booking(p_booking.id), v_provider_id);
    end if;
  end if;
  perform app_private.note_payment_status(p_booking.id);
end
$function$;
comment on function app_private.move_booking(public.bookings,date,time without time zone,text) is 'Moves a locked booking to another time, with its provider if that one is free then, otherwise with another. An assignment to a provider who is not free is released, and a journey that was begun must begin again. Raises OB060 (no provider is free).';
revoke all on function app_private.move_booking(public.bookings,date,time without time zone,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.move_booking(public.bookings,date,time without time zone,text) to service_role;

CREATE OR REPLACE FUNCTION app_private.payable(p_booking public.bookings, p_amount numeric)
 RETURNS numeric
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_due numeric := app_private.amount_due(p_booking.id);
  v_amount numeric := round(coalesce(p_amount, v_due), 2);
begin
  if p_booking.status = 'cancelled' and v_due = 0
    or p_booking.status = 'pending' and p_booking.expires_at <= clock_timestamp() then
    raise exception 'This booking is cancelled or has lapsed, so it cannot be paid. Book again.'
      using errcode = 'OB030';
  end if;
  if v_due = 0 then
    raise exception 'This booking has already been paid in full. Reload it.' using errcode = 'OB030';
  end if;
  if v_amount <= 0 then
    raise exception 'Amount must be greater than 0.' using errcode = 'OB020', column = 'amount';
  end if;
  if v_amount > v_due then
    raise exception 'Only ₹% are left to be paid. Enter at most this amount.', v_due
      using errcode = 'OB068', column = 'amount';
  end if;
  return v_amount;
end
$function$;
comment on function app_private.payable(public.bookings,numeric) is 'The amount to pay; all that is due where it is null; for a cancelled booking its cancellation cost. Raises OB020 (0 or less), OB030 (nothing to pay any more), OB068 (more than is due).';
revoke all on function app_private.payable(public.bookings,numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.payable(public.bookings,numeric) to service_role;

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
    -- The vendor already has the cash.
    perform app_private.move_money(
      case when v_payment.payment_method = 'cash' then 'vendor' else 'gateway' end,
      case when v_payment.payment_method = 'cash' then v_payment.vendor_id end,
      'booking', v_payment.booking_id, p_amount, v_payment.booking_id, 'payment');
  end if;
  perform app_private.note_payment_status(v_payment.booking_id);
  perform app_private.confirm_paid(v_payment.booking_id);

  select * into strict v_booking from public.bookings b where b.id = v_payment.booking_id;
  if v_booking.status = 'cancelled' then
    -- The unpaid cancellation cost is kept, and no more.
    v_kept := least(p_amount, app_private.amount_due(v_booking.id));
    perform app_private.collect_charge(v_booking, v_kept, v_payment.id);
    v_excess := p_amount - v_kept;
  else
    v_excess := least(p_amount, app_private.amount_paid(v_booking.id) - app_private.amount_agreed(v_booking.id));
  end if;
  if v_excess <= 0 then
    return 'received';
  end if;
  perform app_private.refund_of_payment(v_payment, v_excess,
    case when v_excess = p_amount then 'full' else 'partial' end,
    case when v_booking.status = 'cancelled' then 'The booking could no longer be paid'
      else 'More was paid than the booking costs' end,
    null);
  perform app_private.note_payment_status(v_booking.id);
  return 'returned';
end
$function$;
comment on function app_private.payment_received(uuid,numeric,text) is 'Records that an amount has arrived with a payment: it confirms the booking or pays its cancellation cost; what is left over, or all of it when the booking no longer exists, is returned. The booking must be locked. Returns received or returned.';
revoke all on function app_private.payment_received(uuid,numeric,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.payment_received(uuid,numeric,text) to service_role;

CREATE OR REPLACE FUNCTION app_private.reverse_earnings(p_booking public.bookings, p_amount numeric, p_borne_by text, p_reason text, p_by uuid, p_may_deduct boolean)
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
  select coalesce(sum(d.gst_amount), 0), coalesce(sum(d.commission_amount), 0), coalesce(sum(d.tds_amount), 0),
    coalesce(sum(d.tcs_amount), 0), coalesce(sum(d.provider_amount), 0), coalesce(sum(d.discount_amount), 0),
    coalesce(sum(d.points_taken), 0), coalesce(sum(d.referee_reward), 0), coalesce(sum(d.referrer_reward), 0)
  into v_before.gst_amount, v_before.commission_amount, v_before.tds_amount, v_before.tcs_amount,
    v_before.provider_amount, v_before.discount_amount, v_before.points_taken, v_before.referee_reward,
    v_before.referrer_reward
  from public.refund_decisions d where d.booking_id = p_booking.id;
  -- Points that have expired since are not taken a second time.
  select coalesce(sum(t.points), 0) into v_points from public.loyalty_points_transactions t
  where t.booking_id = p_booking.id and t.transaction_type = 'earned' and t.expires_at > now();

  v_decision.id := gen_random_uuid();
  v_decision.booking_id := p_booking.id;
  v_decision.vendor_id := p_booking.vendor_id;
  v_decision.amount := p_amount;
  v_decision.borne_by := p_borne_by;
  v_decision.reason := p_reason;
  v_decision.gst_amount := round(p_booking.tax_amount * v_share, 2) - v_before.gst_amount;
  v_decision.commission_amount := round(coalesce(v_record.commission_amount, 0) * v_share, 2)
    - v_before.commission_amount;
  v_decision.tds_amount := round(coalesce(v_record.tds_amount, 0) * v_share, 2) - v_before.tds_amount;
  v_decision.tcs_amount := round(coalesce(v_record.tcs_amount, 0) * v_share, 2) - v_before.tcs_amount;
  v_net := p_amount - v_decision.gst_amount - v_decision.commission_amount - v_decision.tds_amount
    - v_decision.tcs_amount;
  v_decision.vendor_amount := round(v_net * v_vendor_percentage / 100, 2);
  v_decision.platform_amount := v_net - v_decision.vendor_amount;
  v_decision.provider_amount := round(
    (coalesce(v_record.therapist_earning, 0) + v_before.provider_amount) * v_share, 2) - v_before.provider_amount;
  v_decision.discount_amount := round(p_booking.discount_amount * v_share, 2) - v_before.discount_amount;
  v_decision.points_taken := greatest(0, ceil(v_points * v_share)::integer - v_before.points_taken);
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
    platform_earning = c.platform_earning - v_decision.commission_amount - v_decision.platform_amount
  where c.id = v_record.id;
  update public.therapist_private_details d set total_earnings = d.total_earnings - v_decision.provider_amount
  where d.therapist_id = v_record.therapist_id;
  update public.beautician_private_details d set total_earnings = d.total_earnings - v_decision.provider_amount
  where d.beautician_id = v_record.beautician_id;
  update public.customers c
  set total_spent = c.total_spent - p_amount, total_saved = c.total_saved - v_decision.discount_amount,
    membership_tier = app_private.tier_of(app_private.spent_in_a_year(c.id))
  where c.id = p_booking.customer_id;
  return v_decision;
end
$function$;
comment on function app_private.reverse_earnings(public.bookings,numeric,text,text,uuid,boolean) is 'Takes back what an amount of a completed booking''s price has earned: GST, commission, TDS and TCS in proportion, the rest from the vendor, the platform or both; then points, rewards, totals and tier. Spent points and rewards are deducted where that is requested. Afterwards the amount less the deductions lies with the booking. The booking must be locked, and the amount of its price must not be refunded yet.';
revoke all on function app_private.reverse_earnings(public.bookings,numeric,text,text,uuid,boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.reverse_earnings(public.bookings,numeric,text,text,uuid,boolean) to service_role;

CREATE OR REPLACE FUNCTION app_private.settle_no_shows(p_bookings integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_due record;
  v_count integer := 0;
begin
  for v_due in
    select b as booking, c.cancellation_charge
    from public.booking_cancellations c
    join public.bookings b on b.id = c.booking_id
    where c.settled_at is null and c.disputable_until <= now()
      and not exists (select from public.booking_disputes d where d.booking_id = b.id and d.status = 'open')
    order by c.disputable_until limit p_bookings
    for no key update of b, c skip locked
  loop
    -- Checked again after locking, because it may have been disputed at the last moment.
    continue when exists (
      select from public.booking_disputes d where d.booking_id = (v_due.booking).id and d.status = 'open');
    perform app_private.settle_cancellation(v_due.booking, v_due.cancellation_charge);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$function$;
comment on function app_private.settle_no_shows(integer) is 'Settles the money of no-shows that were not disputed in time, at most p_bookings; returns how many. Runs every minute.';
revoke all on function app_private.settle_no_shows(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.settle_no_shows(integer) to ombaro_worker;
grant execute on function app_private.settle_no_shows(integer) to service_role;

CREATE OR REPLACE FUNCTION app_private.tell_booking(p_old public.bookings, p_new public.bookings)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if (p_new.booking_date, p_new.booking_time) <> (p_old.booking_date, p_old.booking_time) then
    perform app_private.notify_booking(p_new, 'booking_rescheduled');
  elsif p_new.status <> p_old.status then
    case p_new.status
      when 'confirmed' then
        -- A booking that was assigned and lost its provider was confirmed before.
        if p_old.status = 'pending' then
          perform app_private.notify_booking(p_new, 'booking_confirmed');
        end if;
      when 'cancelled' then perform app_private.notify_booking(p_new, 'booking_cancelled');
      when 'in_progress' then perform app_private.notify_booking(p_new, 'service_started');
      when 'completed' then perform app_private.notify_booking(p_new, 'service_completed');
      -- pending: see tell_new_booking. assigned: the assignment notifies of the provider.
      else null;
    end case;
  end if;
end
$function$;
comment on function app_private.tell_booking(public.bookings,public.bookings) is 'Notifies of a change of a booking.';
revoke all on function app_private.tell_booking(public.bookings,public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.tell_booking(public.bookings,public.bookings) to service_role;

CREATE OR REPLACE FUNCTION app_private.tell_dispute(p_old public.booking_disputes, p_new public.booking_disputes)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings := app_private.current_booking(p_new.booking_id);
  v_type text := case p_new.status when 'open' then 'dispute_opened' else 'dispute_decided' end;
  v_fields jsonb := app_private.booking_fields(v_booking)
    || jsonb_build_object('side', p_new.in_favour_of, 'reason', p_new.decision_reason);
  v_data jsonb := jsonb_build_object('screen', 'booking', 'bookingId', v_booking.id);
begin
  if v_type = 'dispute_decided' then
    perform app_private.notify(v_booking.customer_id, 'customer', v_type, v_fields, v_data);
  end if;
  perform app_private.notify(u, 'vendor', v_type, v_fields, v_data)
    from app_private.vendor_desk(v_booking.vendor_id) u;
end
$function$;
comment on function app_private.tell_dispute(public.booking_disputes,public.booking_disputes) is 'Notifies the vendor of a dispute, and both sides of its decision.';
revoke all on function app_private.tell_dispute(public.booking_disputes,public.booking_disputes) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.tell_dispute(public.booking_disputes,public.booking_disputes) to service_role;

CREATE OR REPLACE FUNCTION app_private.tg__assignment_transition()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if not exists (
    select from app_private.assignment_transitions t
    where t.provider_kind = tg_argv[0] and t.from_status = old.status and t.to_status = new.status
      and (not t.only_at_vendor or exists (
        select from public.bookings b where b.id = new.booking_id and b.booking_type = 'spa_visit'))
  ) then
    raise exception 'An assignment that is % cannot become %. Reload the booking to see its present state.',
      replace(old.status, '_', ' '), replace(new.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  return new;
end
$function$;
comment on function app_private.tg__assignment_transition() is 'Refuses with OB030 every change of state that is not in assignment_transitions for the kind of provider in its argument, and a step that was already taken.';
revoke all on function app_private.tg__assignment_transition() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.tg__assignment_transition() to service_role;

CREATE OR REPLACE FUNCTION app_private.tg_bookings__transition()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_is_moved boolean := (new.booking_date, new.booking_time, new.time_zone)
    <> (old.booking_date, old.booking_time, old.time_zone);
begin
  if new.status <> 'pending' then
    new.expires_at := case when new.status = 'cancelled' then old.expires_at end;
  end if;
  if new.status <> 'confirmed' then
    new.needs_provider_since := null;
  end if;
  if v_is_moved then
    -- A booking that moves returns to confirmed.
    if old.status in ('confirmed', 'assigned') and new.status = 'confirmed' then
      return new;
    end if;
  elsif new.status = old.status or exists (
    select from app_private.booking_transitions t
    where t.from_status = old.status and t.to_status = new.status
      -- Only bookings that need another provider return to confirmed.
      and (old.status <> 'assigned' or new.status <> 'confirmed' or new.needs_provider_since is not null)
  ) then
    return new;
  end if;
  raise exception 'A booking that is % cannot %. Reload the booking to see its present state.', replace(old.status, '_', ' '),
    case when v_is_moved then 'move to another time' else 'become ' || replace(new.status, '_', ' ') end
    using errcode = 'OB030';
end
$function$;
comment on function app_private.tg_bookings__transition() is 'Refuses with OB030 every change of state that is not in booking_transitions, and a move to another time from a state other than confirmed or assigned.';
revoke all on function app_private.tg_bookings__transition() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.tg_bookings__transition() to service_role;

CREATE OR REPLACE FUNCTION public.cancel_booking(booking_id uuid, reason text)
 RETURNS public.bookings
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings;
  v_role text;
begin
  v_booking := app_private.act_on_booking(cancel_booking.booking_id, '{customer,vendor,therapist,admin}');
  v_role := app_private.acting_role(v_booking, '{customer,vendor,therapist,admin}');
  if v_booking.status not in ('pending', 'confirmed', 'assigned') then
    raise exception 'A booking that is % cannot be cancelled. Contact customer care if something is wrong.',
      replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  perform app_private.end_booking(v_booking, v_role, app_private.required_reason(cancel_booking.reason),
    case when v_role = 'customer' then app_private.cost_of_cancelling(v_booking) else 0 end);
  return app_private.current_booking(v_booking.id);
end
$function$;
comment on function public.cancel_booking(uuid,text) is 'Cancels a booking before the service begins. A customer who cancels late pays the fee of the terms and does not get back the charges for moving: they are kept from what was paid, and the missing part is due. When the vendor, the provider or the platform cancels, or the vendor is suspended or closed, everything is refunded. Raises OB001, OB002, OB003, OB030 (started, completed or cancelled), OB036 (no reason).';
revoke all on function public.cancel_booking(uuid,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.cancel_booking(uuid,text) to authenticated;
grant execute on function public.cancel_booking(uuid,text) to service_role;
grant execute on function public.cancel_booking(uuid,text) to staff;

CREATE OR REPLACE FUNCTION public.complete_service(booking_id uuid, cash_collected numeric DEFAULT 0, reason text DEFAULT NULL::text)
 RETURNS public.bookings
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings := app_private.act_on_booking(
    complete_service.booking_id, '{therapist,vendor,admin}');
  v_reason text;
  v_due numeric := app_private.amount_due(v_booking.id);
begin
  perform app_private.require_number('cash_collected', 'total', complete_service.cash_collected);
  v_reason := app_private.require_completable(v_booking, complete_service.reason);
  if coalesce(complete_service.cash_collected, 0) <> v_due then
    raise exception '₹% are still to be paid. Collect exactly this in cash and enter it, or let the customer pay first.',
      v_due
      using errcode = 'OB069', column = 'cash_collected';
  end if;
  perform app_private.step_assignment(v_booking.id, 'completed', '{therapist,vendor,admin}');
  perform app_private.collect_cash(v_booking, v_due);
  update public.bookings b set status = 'completed', status_reason = v_reason where b.id = v_booking.id;
  perform app_private.settle_completed(v_booking.id);
  return app_private.current_booking(v_booking.id);
end
$function$;
comment on function public.complete_service(uuid,numeric,text) is 'Completes a service that is fully paid; what is still due must have been collected in cash, to the paisa. By default it cannot be completed before half of the agreed time has passed, and more than two hours after the agreed end only with a reason. For the provider, the vendor''s desk and the platform. Writes the commission, points, totals and rewards. Raises OB001, OB002, OB003, OB020 (invalid amount), OB030 (not started), OB036 (late and without a reason), OB044 (too early), OB069 (another amount is due).';
revoke all on function public.complete_service(uuid,numeric,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.complete_service(uuid,numeric,text) to authenticated;
grant execute on function public.complete_service(uuid,numeric,text) to service_role;
grant execute on function public.complete_service(uuid,numeric,text) to staff;

CREATE OR REPLACE FUNCTION public.confirm_booking(hold_id uuid, payment_method text DEFAULT NULL::text, points integer DEFAULT 0, wallet_amount numeric DEFAULT 0, special_instructions text DEFAULT NULL::text, contact_name text DEFAULT NULL::text, contact_mobile text DEFAULT NULL::text)
 RETURNS public.bookings
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_customer public.customers := app_private.require_customer();
  v_hold public.booking_holds;
  v_price app_private.price;
  v_terms public.booking_terms := app_private.terms_of_today();
  v_pincode text;
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
  if not exists (select from public.vendors v where v.id = v_hold.vendor_id and v.takes_bookings) then
    raise exception 'This vendor does not take bookings at present. Choose another vendor.' using errcode = 'OB062';
  end if;
  if confirm_booking.payment_method <> 'cash' then
    raise exception 'Payment method can only be cash here. Leave it out and start a payment for any other way to pay.'
      using errcode = 'OB020', column = 'payment_method';
  end if;
  if confirm_booking.points < 0 then
    raise exception 'Points must be 0 or more.' using errcode = 'OB020', column = 'points';
  end if;
  perform app_private.require_number('wallet_amount', 'total', confirm_booking.wallet_amount);

  select a.pincode into v_pincode from public.customer_addresses a where a.id = v_hold.address_id;
  v_price := app_private.price_of(v_hold.vendor_id, v_hold.service_ids, v_hold.addon_ids,
    v_hold.package_id, v_hold.booking_type, v_pincode);
  select * into strict v_profile from public.user_profiles p where p.id = v_customer.id;
  insert into public.bookings
    (customer_id, vendor_id, booking_type, service_location, contact_name, contact_mobile,
      booking_date, booking_time, time_zone, duration_minutes, total_amount, discount_amount,
      tax_amount, service_charge, final_amount, special_instructions, package_id, expires_at)
  select v_customer.id, v.id, v_hold.booking_type, app_private.location_of(v_hold),
    coalesce(confirm_booking.contact_name, v_profile.name),
    coalesce(confirm_booking.contact_mobile, v_profile.mobile),
    (v_hold.starts_at at time zone v.time_zone)::date, (v_hold.starts_at at time zone v.time_zone)::time,
    v.time_zone, least(v_price.minutes, v_hold.duration_minutes), v_price.total_amount, v_price.discount_amount,
    v_price.tax_amount, v_price.service_charge, v_price.final_amount,
    confirm_booking.special_instructions, v_hold.package_id, v_hold.expires_at
  from public.vendors v where v.id = v_hold.vendor_id
  returning * into v_booking;
  perform app_private.claim_hold(v_hold.id, v_booking.id, v_booking.duration_minutes);
  update public.booking_holds h set booking_id = v_booking.id where h.id = v_hold.id;

  insert into public.booking_items
    (booking_id, service_id, service_name, service_duration, service_price, quantity, addon_services, subtotal)
  select v_booking.id, i.service_id, i.name, i.minutes, i.price, i.quantity, i.addons, i.subtotal
  from app_private.price_items(v_hold.vendor_id, v_hold.service_ids, v_hold.addon_ids) i;
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
comment on function public.confirm_booking(uuid,text,integer,numeric,text,text,text) is 'Turns a hold into a booking, at the current price and terms. Points and money from the wallet pay a part at once; with the payment method cash the rest is paid on the day of the service. Each of these confirms the booking. Without them it is pending until startPayment has brought money, and expires with the hold. Raises OB001, OB003, OB020, OB030 (already confirmed), OB037, OB061 (the hold has expired), OB062 (no longer offered, or the vendor takes no bookings), OB063 (not enough money in the wallet), OB064 (not enough points, or more than points may pay), OB065, OB068 (more than it costs).';
revoke all on function public.confirm_booking(uuid,text,integer,numeric,text,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.confirm_booking(uuid,text,integer,numeric,text,text,text) to authenticated;
grant execute on function public.confirm_booking(uuid,text,integer,numeric,text,text,text) to service_role;

CREATE OR REPLACE FUNCTION public.decide_dispute(dispute_id uuid, in_favour_of text, reason text)
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
  update public.booking_disputes d
  set status = 'decided', in_favour_of = decide_dispute.in_favour_of,
    decision_reason = app_private.required_reason(decide_dispute.reason),
    decided_by = (select auth.uid()), decided_at = now()
  where d.id = decide_dispute.dispute_id and d.status = 'open'
  returning * into v_dispute;
  if not found then
    raise exception 'This dispute has already been decided. Reload it to see the decision.' using errcode = 'OB030';
  end if;
  perform app_private.settle_cancellation(v_booking, case v_dispute.in_favour_of
    when 'customer' then 0 else c.cancellation_charge end)
  from public.booking_cancellations c where c.booking_id = v_booking.id;
  return v_dispute;
end
$function$;
comment on function public.decide_dispute(uuid,text,text) is 'Decides a dispute in favour of the customer (everything is refunded) or of the vendor (the charge stays), with a reason; the money then moves. Needs the permission bookings.update; no one can decide on their own booking or business. Raises OB001, OB002, OB003, OB020 (no side given), OB030 (already decided), OB031 (your own booking or business), OB036 (no reason).';
revoke all on function public.decide_dispute(uuid,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_dispute(uuid,text,text) to service_role;
grant execute on function public.decide_dispute(uuid,text,text) to staff;

CREATE OR REPLACE FUNCTION public.dispute_booking(booking_id uuid, reason text)
 RETURNS public.booking_disputes
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings := app_private.act_on_booking(dispute_booking.booking_id, '{customer}');
  v_dispute public.booking_disputes;
begin
  if not exists (
    select from public.booking_cancellations c
    where c.booking_id = v_booking.id and c.is_no_show and c.settled_at is null and c.disputable_until > now()
  ) then
    raise exception 'This booking cannot be disputed, or the time for it is over. Contact customer care.'
      using errcode = 'OB030';
  end if;
  insert into public.booking_disputes (booking_id, kind, reason, raised_by)
  values (v_booking.id, 'customer_no_show', app_private.required_reason(dispute_booking.reason), (select auth.uid()))
  on conflict on constraint booking_disputes_once do nothing
  returning * into v_dispute;
  if not found then
    raise exception 'You have already disputed this booking. Wait for the decision.' using errcode = 'OB030';
  end if;
  return v_dispute;
end
$function$;
comment on function public.dispute_booking(uuid,text) is 'Opens a dispute about a no-show of the signed-in customer, by default within 24 hours after it was reported. No money moves until customer care has decided. Raises OB001, OB002, OB003, OB030 (nothing to dispute, too late, or already disputed), OB036 (no reason).';
revoke all on function public.dispute_booking(uuid,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.dispute_booking(uuid,text) to authenticated;
grant execute on function public.dispute_booking(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION public.hold_slot(vendor_id uuid, provider_id uuid, starts_at timestamp with time zone, idempotency_key text, service_ids uuid[] DEFAULT NULL::uuid[], addon_ids uuid[] DEFAULT NULL::uuid[], package_id uuid DEFAULT NULL::uuid, booking_type text DEFAULT 'spa_visit'::text, address_id uuid DEFAULT NULL::uuid)
 RETURNS public.booking_holds
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_customer public.customers := app_private.require_customer();
  v_address public.customer_addresses;
  v_package public.service_packages;
  v_services uuid[] := hold_slot.service_ids;
  v_addons uuid[] := coalesce(hold_slot.addon_ids, '{}');
  v_minutes integer;
  v_hold public.booking_holds;
  v_done uuid;
begin
  v_done := app_private.replayed(hold_slot.idempotency_key, 'hold_slot', jsonb_build_object(
    'vendor', hold_slot.vendor_id, 'provider', hold_slot.provider_id,
    'at', extract(epoch from hold_slot.starts_at), 'services', v_services, 'addons', v_addons,
    'package', hold_slot.package_id, 'type', hold_slot.booking_type, 'address', hold_slot.address_id));
  if v_done is not null then
    select * into strict v_hold from public.booking_holds h where h.id = v_done;
    return v_hold;
  end if;

  -- The requested services.
  if hold_slot.package_id is not null then
    if v_services is not null or hold_slot.addon_ids is not null then
      raise exception 'A package already contains its services and add-ons. Leave the services and add-ons out, or leave the package out.'
        using errcode = 'OB020', column = 'package_id';
    end if;
    select * into v_package from public.service_packages p
    where p.id = hold_slot.package_id and p.is_active;
    if not found then
      raise exception 'This package is not offered. Choose another package.'
        using errcode = 'OB062', column = 'package_id';
    end if;
    v_services := v_package.service_ids;
    v_addons := coalesce(v_package.addon_ids, '{}');
  end if;
  perform app_private.require_bookable(hold_slot.vendor_id);
  if not exists (
    select from public.providers p
    where p.id = hold_slot.provider_id and p.vendor_id = hold_slot.vendor_id and p.is_listed) then
    raise exception 'This vendor has no provider with this id. Check the id.'
      using errcode = 'OB003', column = 'provider_id';
  end if;

  -- The place.
  if hold_slot.booking_type is null
    or hold_slot.booking_type not in ('spa_visit', 'home_service', 'hotel_service') then
    raise exception 'Booking type must be a spa visit, a home service or a hotel service.'
      using errcode = 'OB020', column = 'booking_type';
  end if;
  if (hold_slot.booking_type = 'home_service' and hold_slot.address_id is null)
    or (hold_slot.booking_type = 'spa_visit' and hold_slot.address_id is not null) then
    raise exception 'A home or hotel service needs an address, and a visit to the vendor must not have one. Correct the address or the booking type.'
      using errcode = 'OB020', column = 'address_id';
  end if;
  if hold_slot.address_id is not null then
    select * into v_address from public.customer_addresses a
    where a.id = hold_slot.address_id and a.customer_id = v_customer.id;
    if not found then
      raise exception 'You have no address with this id. Check the id.'
        using errcode = 'OB003', column = 'address_id';
    end if;
    if not (public.serviceable(v_address.pincode)).is_serviceable then
      raise exception 'Home services do not come to the pincode % yet. Choose another address.', v_address.pincode
        using errcode = 'OB073', column = 'address_id';
    end if;
  end if;
  if hold_slot.provider_id not in (
    select q from app_private.qualified_providers(hold_slot.vendor_id, v_services, hold_slot.booking_type) q) then
    raise exception 'This provider does not perform all of these services at this place. Choose another provider, or fewer services.'
      using errcode = 'OB062', column = 'provider_id';
  end if;

  -- The time.
  select p.minutes into v_minutes
  from app_private.price_of(hold_slot.vendor_id, v_services, v_addons, hold_slot.package_id,
    hold_slot.booking_type, v_address.pincode) p;
  if v_minutes > 1440 then
    raise exception 'A booking can take at most 24 hours. Choose fewer services.'
      using errcode = 'OB020', column = 'service_ids';
  end if;
  if not app_private.is_on_grid(hold_slot.vendor_id, hold_slot.starts_at) then
    raise exception 'This time is not available. Choose another slot.' using errcode = 'OB060', column = 'starts_at';
  end if;

  insert into public.booking_holds
    (customer_id, vendor_id, provider_id, booking_type, service_ids, addon_ids, package_id,
      address_id, starts_at, duration_minutes, expires_at)
  values (v_customer.id, hold_slot.vendor_id, hold_slot.provider_id, hold_slot.booking_type, v_services,
    v_addons, hold_slot.package_id, hold_slot.address_id, hold_slot.starts_at, v_minutes,
    clock_timestamp() + app_private.setting('booking.hold_minutes')::integer * interval '1 minute')
  returning * into v_hold;
  perform app_private.reserve_provider(v_hold.provider_id, v_hold.starts_at, v_minutes,
    app_private.place_of(v_hold.vendor_id, v_hold.booking_type, v_hold.address_id),
    v_hold.id, null, v_hold.expires_at);
  -- Checked again after locking the provider: a vendor that stops taking bookings takes those locks.
  perform app_private.require_bookable(v_hold.vendor_id);

  -- One customer cannot block a vendor's day. Counted after locking the customer.
  perform app_private.lock_customer(v_customer.id);
  if (
    select count(*) from public.booking_holds h
    where h.customer_id = v_customer.id and h.booking_id is null and h.expires_at > clock_timestamp()
  ) > app_private.setting('booking.maximum_holds')::integer then
    raise exception 'You already hold % slots. Confirm or release one first.', app_private.setting('booking.maximum_holds')
      using errcode = 'OB071';
  end if;
  perform app_private.remember_result(hold_slot.idempotency_key, v_hold.id);
  return v_hold;
end
$function$;
comment on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid) is 'Holds a slot of one provider (10 minutes by default), for services and add-ons or for a package. A home service needs an address; a hotel service takes place at the address or, without one, at the vendor''s premises. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB037 (no customer profile or date of birth), OB060 (not free), OB062 (not offered, or not by this provider, or the vendor takes no bookings), OB065 (too young), OB066 (key of another request), OB071 (too many holds), OB073 (the postal code is not served).';
revoke all on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid) to authenticated;
grant execute on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid) to service_role;

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
comment on function public.refund_booking(uuid,numeric,text,text,text) is 'Refunds an amount of the price of a completed booking, with a reason. Commission, taxes, points, rewards and totals follow in proportion; the vendor''s part is borne by the vendor, the platform or both. The value of points and rewards that were already spent is deducted; the rest goes back the ways it was paid, in proportion. Nothing becomes due again. Needs the permission payments.approve; no one can refund their own booking or business. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (not completed), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request), OB068 (more than is left of the price).';
revoke all on function public.refund_booking(uuid,numeric,text,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.refund_booking(uuid,numeric,text,text,text) to service_role;
grant execute on function public.refund_booking(uuid,numeric,text,text,text) to staff;

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
comment on function public.refund_payment(uuid,numeric,text,text) is 'Refunds a part of a payment, whatever the cancellation policy says. For a completed booking it can only return money that is still held for it, such as a refund that failed; use refundBooking for the rest. Needs the permission payments.approve and a reason. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (completed), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request), OB068 (more than is left of the payment).';
revoke all on function public.refund_payment(uuid,numeric,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.refund_payment(uuid,numeric,text,text) to service_role;
grant execute on function public.refund_payment(uuid,numeric,text,text) to staff;

CREATE OR REPLACE FUNCTION public.start_service(booking_id uuid, code text DEFAULT NULL::text, reason text DEFAULT NULL::text)
 RETURNS public.bookings
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings := app_private.act_on_booking(
    start_service.booking_id, '{therapist,vendor,admin}');
  v_reason text;
begin
  if start_service.code is null then
    if start_service.reason is null then
      raise exception 'Code is required. Ask the customer for the 4 digits.' using errcode = 'OB020', column = 'code';
    end if;
    if not (v_booking.vendor_id = any (app_private.my_vendor_ids('manage'))
      or 'admin' = any (app_private.roles_in_booking(v_booking))) then
      raise exception 'Only a manager of the vendor may start a service without the code. Ask the customer for the code, or a manager to start it.'
        using errcode = 'OB002';
    end if;
    v_reason := app_private.required_reason(start_service.reason);
  end if;
  if v_booking.status <> 'assigned' then
    raise exception 'Only an assigned booking can be started. This booking is %.', replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if now() < v_booking.starts_at
    - app_private.setting('booking.start_early_minutes')::integer * interval '1 minute' then
    raise exception 'It is too early to start this service. It can start at most % minutes before its time.',
      app_private.setting('booking.start_early_minutes')
      using errcode = 'OB044';
  end if;
  -- An error would undo the count, so a wrong code is reported by returning no booking.
  if v_reason is null and not app_private.is_start_code(v_booking.id, start_service.code) then
    return null;
  end if;
  perform app_private.step_assignment(v_booking.id, 'in_progress', '{therapist,vendor,admin}');
  update public.bookings b
  set status = 'in_progress', status_reason = v_reason, is_attested = v_reason is null
  where b.id = v_booking.id;
  return app_private.current_booking(v_booking.id);
end
$function$;
comment on function public.start_service(uuid,text,text) is 'Starts the service with the customer''s start code of 4 digits, by default from 15 minutes before its time. For the provider, the vendor''s desk and the platform. Without the code, a manager of the vendor or the platform can start it with a reason; such a service earns no points or rewards and is paid out later. A wrong code is refused with OB045 and counted; by default five wrong codes are allowed. Raises OB001, OB002, OB003, OB020 (no code, or not four digits), OB030 (no provider assigned, not arrived, or already started), OB036 (empty reason), OB044 (too early), OB046 (too many attempts).';
revoke all on function public.start_service(uuid,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.start_service(uuid,text,text) to authenticated;
grant execute on function public.start_service(uuid,text,text) to service_role;
grant execute on function public.start_service(uuid,text,text) to staff;

create or replace function app_private.require_deletable(p_user_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_text text;
begin
  if app_private.is_staff(p_user_id)
    or exists (select from public.employees e where e.id = p_user_id)
    or exists (select from public.department_user_assignments d where d.user_id = p_user_id) then
    raise exception 'You work for the platform. Ask HR to close your account.' using errcode = 'OB030';
  end if;
  if exists (select from public.vendors v where v.user_id = p_user_id)
    or exists (select from public.vendor_applications a where a.user_id = p_user_id) then
    raise exception 'You are a vendor or have applied to become one, and records of the business must be kept. Contact customer care to close your account.'
      using errcode = 'OB030';
  end if;
  if exists (select from public.therapists t where t.user_id = p_user_id)
    or exists (select from public.beauticians b where b.user_id = p_user_id)
    or exists (select from public.vendor_staff s where s.user_id = p_user_id) then
    raise exception 'You work for a vendor. Leave the vendor first, then contact customer care to close your account.'
      using errcode = 'OB030';
  end if;
  select string_agg(b.booking_number, ', ' order by b.booking_number) into v_text from public.bookings b
  where b.customer_id = p_user_id and b.status not in ('completed', 'cancelled');
  if v_text is not null then
    raise exception 'You have open bookings: %. Cancel them, or wait until they are over.', v_text
      using errcode = 'OB030';
  end if;
  select string_agg(b.booking_number, ', ' order by b.booking_number) into v_text from public.bookings b
  where b.customer_id = p_user_id and b.status = 'cancelled' and app_private.amount_due(b.id) > 0;
  if v_text is not null then
    raise exception 'You have unpaid bookings: %. Pay them first.', v_text using errcode = 'OB030';
  end if;
  if exists (
    select from public.refunds r
    where r.customer_id = p_user_id and r.status in ('pending', 'processing')
    union all
    -- A no-show that can still be disputed, or is in dispute.
    select from public.bookings b
    join public.booking_cancellations c on c.booking_id = b.id and c.settled_at is null
    where b.customer_id = p_user_id
    union all
    -- A gateway may report an attempt until the next day.
    select from public.payments p
    where p.customer_id = p_user_id and (p.status = 'processing'
      or p.status = 'pending' and p.payment_gateway is not null
        and p.created_at > now() - interval '1 day')) then
    raise exception 'A payment or refund of yours is still under way. Wait until it has arrived.'
      using errcode = 'OB030';
  end if;
  if exists (select from public.customers c where c.id = p_user_id)
    and app_private.wallet_balance(p_user_id) > 0 then
    raise exception 'You have ₹% in your wallet. Spend the money first, or ask customer care to pay it out.',
      app_private.wallet_balance(p_user_id)
      using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.require_deletable(uuid) is
  'Refuses to delete accounts of people who work here, and of users with open bookings or open amounts, and says what to do. Raises OB030.';
revoke all on function app_private.require_deletable(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
