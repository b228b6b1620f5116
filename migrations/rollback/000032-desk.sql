delete from public.notification_templates where type = 'desk_booking' and audience = 'customer' and language = 'en';
delete from public.notification_templates where type = 'desk_booking' and audience = 'customer' and language = 'hi';

-- Undoes the bookings of desks. They stay, with the money that was recorded for them; those that no one has claimed
-- get an anonymous customer, like that of a deleted account. Open ones are cancelled first, because no one could act
-- for their guests.

drop function if exists
  public.book_at_desk(uuid, text, text, uuid[], timestamptz, uuid, uuid[], uuid, text, text),
  public.claim_booking(text),
  public.claimable_bookings(),
  app_private.claimable(text),
  app_private.require_verified_mobile(),
  app_private.forget_desk_guests(integer),
  app_private.tell_desk_guest(public.bookings, text),
  app_private.is_platform_customer(uuid, text),
  app_private.require_desk_time(public.vendors, timestamptz),
  app_private.guest_mobile_of(text),
  public.record_desk_refund(uuid),
  public.bookings_desk_refund_due(public.bookings);
drop type if exists public.claimable_booking;

do $$
declare
  v_booking public.bookings;
  v_refund_id uuid;
  v_guest uuid := gen_random_uuid();
begin
  for v_booking in
    select * from public.bookings b
    where b.customer_id is null and b.status in ('pending', 'confirmed', 'assigned')
  loop
    perform app_private.end_booking(v_booking, 'admin', 'The vendor no longer books at its desk here', 0);
  end loop;
  for v_refund_id in select r.id from public.refunds r where r.refund_method = 'desk' and r.status = 'pending' loop
    perform app_private.finish_refund(v_refund_id, null, null);
  end loop;
  if exists (select from public.bookings b where b.customer_id is null) then
    insert into auth.users (id) values (v_guest);
    insert into public.user_profiles (id, name, status, deleted_at) values (v_guest, 'Deleted', 'inactive', now())
    on conflict (id) do update set name = 'Deleted', status = 'inactive', deleted_at = now();
    insert into public.customers (id) values (v_guest) on conflict do nothing;
    update public.bookings set customer_id = v_guest where customer_id is null;
    update public.therapist_assignments set customer_id = v_guest where customer_id is null;
    update public.beautician_assignments set customer_id = v_guest where customer_id is null;
    update public.payments set customer_id = v_guest where customer_id is null;
    update public.refunds set customer_id = v_guest where customer_id is null;
  end if;
end
$$;

drop function if exists
  app_private.collect_cash(public.bookings, numeric, text),
  public.record_cash_payment(uuid, numeric, text, text),
  app_private.price_of(uuid, uuid[], uuid[], uuid, text, text, text),
  app_private.move_gst(public.bookings, numeric, text, uuid),
  app_private.is_own_guest(uuid),
  app_private.commission_rate_of(public.bookings);

delete from app_private.personal_links where table_name = 'public.desk_bookings';
delete from app_private.audit_redactions where table_name = 'desk_bookings';
drop table if exists public.desk_bookings;
drop function if exists app_private.my_served_booking_ids();

alter table public.refunds
  drop constraint refunds_have_a_customer_unless_at_the_desk,
  alter column customer_id set not null;
alter table public.payments
  drop constraint payments_have_a_customer_unless_at_the_desk,
  drop constraint payments_at_the_desk_without_gateway,
  drop column is_at_desk,
  alter column customer_id set not null;
alter table public.therapist_assignments alter column customer_id set not null;
alter table public.beautician_assignments alter column customer_id set not null;
alter table public.bookings
  drop constraint bookings_have_a_customer_unless_made_at_the_desk,
  drop constraint bookings_of_the_desk_are_visits_without_charge,
  drop column channel,
  alter column customer_id set not null;
drop table enums.booking_channel;
comment on column public.bookings.customer_id is 'Customer who made the booking.';
comment on column public.therapist_assignments.customer_id is 'Customer of the booking.';
comment on column public.beautician_assignments.customer_id is 'Customer of the booking, copied from it.';
comment on column public.payments.customer_id is 'Customer who pays.';
comment on column public.vendors.total_bookings is 'How many bookings it has had; counted by the platform.';
comment on column public.customers.total_bookings is
  'How many bookings the customer has made; counted by the platform.';
comment on column public.refunds.customer_id is 'Customer who receives the money.';
comment on column public.refunds.refund_method is
  'Where the money goes, such as the wallet or the card that was used; null until decided.';

-- What was paid by card was paid at the vendor's desk, and so was cash. The account of the vendor stays as it is.
update public.payments set payment_method = 'cash' where payment_method = 'card';
update public.vendor_credits set kind = case kind when 'desk_refund' then 'refund' else 'reschedule_fee' end
where kind in ('desk_gst', 'desk_refund');
delete from enums.payment_method where value = 'card';
delete from enums.vendor_credit_kind where value in ('desk_gst', 'desk_refund');
delete from public.notifications where type = 'desk_booking';
delete from public.notification_templates where type = 'desk_booking';
delete from enums.notification_type where value = 'desk_booking';
delete from public.system_settings where key like 'desk.%';

delete from public.schema_versions where version = '1.28';

CREATE OR REPLACE FUNCTION app_private.collect_cash(p_booking public.bookings, p_amount numeric)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_payment_id uuid;
begin
  if p_amount > 0 then
    select p.id into v_payment_id from public.payments p
    where p.booking_id = p_booking.id and p.payment_method = 'cash' and p.status = 'pending'
    order by p.created_at limit 1;
    if not found then
      insert into public.payments (booking_id, customer_id, vendor_id, amount, total_amount, payment_method)
      values (p_booking.id, p_booking.customer_id, p_booking.vendor_id, p_amount, p_amount, 'cash')
      returning id into v_payment_id;
    end if;
    perform app_private.payment_received(v_payment_id, p_amount, null);
    perform app_private.credit_vendor(p_booking, 'cash_collected', -p_amount);
  end if;
  perform app_private.drop_unfinished_payments(p_booking.id);
end
$function$;
comment on function app_private.collect_cash(public.bookings,numeric) is 'Records that the vendor has received an amount of a booking in cash.';
revoke all on function app_private.collect_cash(public.bookings,numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.collect_cash(public.bookings,numeric) to service_role;

CREATE OR REPLACE FUNCTION app_private.figures_of_days(p_group text, p_days date[])
 RETURNS TABLE(figure text, day date, value numeric, weight numeric)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  case p_group
  when 'money' then
    -- payments_payment_date_idx, refunds_processed_at_idx, vendor_payouts_payment_date_idx.
    return query
    select f.figure, d.day, f.value, 1.0
    from unnest(p_days) d (day)
    cross join lateral (
      select sum(p.total_amount) as received,
        sum(p.total_amount) filter (where p.payment_method <> 'wallet') as received_anew
      from public.payments p
      where p.payment_date >= app_private.start_of(d.day)
        and p.payment_date < app_private.start_of(d.day + 1)
        and p.status in ('success', 'partially_refunded', 'refunded')
    ) p
    cross join lateral (
      select sum(r.refund_amount) as refunded
      from public.refunds r
      where r.processed_at >= app_private.start_of(d.day)
        and r.processed_at < app_private.start_of(d.day + 1)
        and r.status = 'completed' and r.refund_method is distinct from 'wallet'
    ) r
    cross join lateral (
      select sum(v.net_amount) as paid_out
      from public.vendor_payouts v
      where v.payment_date >= app_private.start_of(d.day)
        and v.payment_date < app_private.start_of(d.day + 1)
        and v.payout_status = 'completed'
    ) v
    cross join lateral (values
      ('payments_received', p.received),
      ('cash_flow', case when num_nonnulls(p.received_anew, r.refunded, v.paid_out) > 0 then
        coalesce(p.received_anew, 0) - coalesce(r.refunded, 0) - coalesce(v.paid_out, 0) end)
    ) f (figure, value)
    where f.value is not null;
  when 'commissions' then
    -- commission_records_created_at_idx.
    return query
    select 'revenue', d.day, c.earned, 1.0
    from unnest(p_days) d (day)
    cross join lateral (
      select sum(c.platform_earning) as earned
      from public.commission_records c
      where c.created_at >= app_private.start_of(d.day)
        and c.created_at < app_private.start_of(d.day + 1)
    ) c
    where c.earned is not null;
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
      where b.booking_date = d.day and b.status in ('completed', 'cancelled')
    ) b
    where b.ended > 0;
  when 'customers' then
    -- customers_created_at_idx, then one look into bookings_customer_id_idx per sign-up.
    return query
    select f.figure, d.day, f.value, f.weight
    from unnest(p_days) d (day)
    cross join lateral (
      select count(*)::numeric as signed_up,
        100.0 * count(*) filter (where exists (
          select from public.bookings b
          where b.customer_id = c.id and b.created_at < c.created_at + interval '30 days'
        )) / nullif(count(*), 0) as converted,
        100.0 * count(*) filter (where p.mobile_verified and p.profile_completed)
          / nullif(count(*), 0) as complete
      from public.customers c
      join public.user_profiles p on p.id = c.id
      where c.created_at >= app_private.start_of(d.day)
        and c.created_at < app_private.start_of(d.day + 1)
    ) c
    cross join lateral (values
      ('new_customers', c.signed_up, 1.0),
      ('conversion', c.converted, c.signed_up),
      ('data_quality', c.complete, c.signed_up)
    ) f (figure, value, weight)
    where c.signed_up > 0;
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
  set reason = 'Deleted', decision_reason = case when d.decision_reason is not null then 'Deleted' end,
    answer = case when d.answer is not null then 'Deleted' end
  where d.booking_id = any (v_ids);
  update public.booking_settlements s set reason = 'Deleted' where s.booking_id = any (v_ids);
  update public.refund_decisions d set reason = 'Deleted' where d.booking_id = any (v_ids);
  update public.booking_reschedules r set reason = null where r.booking_id = any (v_ids);
  update public.booking_items i set notes = null where i.booking_id = any (v_ids);
  -- The place of delivery is part of the tax.
  update public.bookings b
  set service_location = case
      when b.booking_type = 'spa_visit' then b.service_location
      else jsonb_strip_nulls(jsonb_build_object('city', b.service_location -> 'city',
        'state', b.service_location -> 'state', 'pincode', b.service_location -> 'pincode')) end,
    contact_name = null, contact_mobile = null, guest_name = null, special_instructions = null, cancellation_reason = null,
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

CREATE OR REPLACE FUNCTION app_private.lock_customer(p_customer_id uuid)
 RETURNS public.customers
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_customer public.customers;
begin
  select * into strict v_customer from public.customers c where c.id = p_customer_id for no key update;
  return v_customer;
end
$function$;
comment on function app_private.lock_customer(uuid) is 'Locks a customer''s wallet, points and totals until the end of the transaction.';
revoke all on function app_private.lock_customer(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lock_customer(uuid) to service_role;

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
  if v_due = 0 and exists (
    select from public.booking_settlements s where s.booking_id = p_booking.id and s.agreed_at is null) then
    raise exception 'What this booking costs is not decided yet. Agree on the amount first, or wait for the decision.'
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

CREATE OR REPLACE FUNCTION app_private.price_of(p_vendor_id uuid, p_service_ids uuid[], p_addon_ids uuid[], p_package_id uuid, p_booking_type text, p_pincode text)
 RETURNS app_private.price
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_price app_private.price;
  v_untaxed numeric;
begin
  select sum(i.minutes * i.quantity) + coalesce(sum((
      select sum((a.value ->> 'duration')::integer) from jsonb_array_elements(i.addons) a)), 0),
    sum(i.subtotal)
    into v_price.minutes, v_price.total_amount
  from app_private.price_items(p_vendor_id, p_service_ids, p_addon_ids) i;
  select greatest(0, v_price.total_amount - p.package_price) into v_price.discount_amount
  from public.service_packages p where p.id = p_package_id;
  v_price.discount_amount := coalesce(v_price.discount_amount, 0);
  v_price.service_charge := app_private.setting('booking.service_charge')::numeric;
  if p_booking_type = 'home_service' and p_pincode is not null then
    v_price.service_charge := v_price.service_charge
      + coalesce((public.serviceable(p_pincode)).charge, 0);
  end if;
  v_untaxed := v_price.total_amount - v_price.discount_amount + v_price.service_charge;
  v_price.tax_amount := app_private.percent_of(v_untaxed,
    app_private.tax_percentage('gst', app_private.today()));
  v_price.final_amount := v_untaxed + v_price.tax_amount;
  return v_price;
end
$function$;
comment on function app_private.price_of(uuid,uuid[],uuid[],uuid,text,text) is 'The price today: items and add-ons, less the discount of a package, plus the service charge with the charge for this postal code, plus GST on all of it. Raises OB020, OB062.';
revoke all on function app_private.price_of(uuid,uuid[],uuid[],uuid,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.price_of(uuid,uuid[],uuid[],uuid,text,text) to service_role;

CREATE OR REPLACE FUNCTION app_private.record_figures(p_group text, p_days date[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  if p_group = 'bookings' then
    insert into app_private.customer_last_bookings (customer_id, day)
    select b.customer_id, max(d.day)
    from unnest(p_days) d (day)
    cross join lateral (
      select b.customer_id from public.bookings b
      where b.created_at >= app_private.start_of(d.day)
        and b.created_at < app_private.start_of(d.day + 1)
    ) b
    group by b.customer_id
    on conflict (customer_id) do update set day = excluded.day
    where customer_last_bookings.day < excluded.day;
  end if;
  with counted as materialized (
    select k.id as kpi_id, f.day, f.value, f.weight
    from app_private.figures_of_days(p_group, p_days) f
    join public.kpi_definitions k on k.computed_from = f.figure
  ), gone as (
    delete from public.kpi_values v
    using public.kpi_definitions k, app_private.computed_figures c
    where k.id = v.kpi_id and c.code = k.computed_from and c.counted_with = p_group
      and v.day = any (p_days)
      and not exists (select from counted n where n.kpi_id = v.kpi_id and n.day = v.day)
  )
  insert into public.kpi_values (kpi_id, day, value, weight)
  select c.kpi_id, c.day, c.value, c.weight from counted c
  on conflict (kpi_id, day) do update set value = excluded.value, weight = excluded.weight
  where (kpi_values.value, kpi_values.weight) is distinct from (excluded.value, excluded.weight);
end
$function$;
comment on function app_private.record_figures(text,date[]) is 'Counts one group for these days and writes changed values.';
revoke all on function app_private.record_figures(text,date[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.record_figures(text,date[]) to service_role;

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
    when p_payment.payment_method = 'points' then 'points'
    when p_payment.payment_method in ('wallet', 'cash') then 'wallet'
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
comment on function app_private.refund_of_payment(public.payments,numeric,text,text,uuid,uuid) is 'Returns an amount of a payment the way it came: wallet and points at once, cash into the wallet, gateway payments as a refund on its way. The platform pays what no longer lies with the booking. The booking must be locked, and the amount must be left of the payment.';
revoke all on function app_private.refund_of_payment(public.payments,numeric,text,text,uuid,uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.refund_of_payment(public.payments,numeric,text,text,uuid,uuid) to service_role;

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
  select coalesce(sum(d.gst_amount), 0), coalesce(sum(d.commission_amount), 0), coalesce(sum(d.tds_amount), 0),
    coalesce(sum(d.tcs_amount), 0), coalesce(sum(d.provider_amount), 0), coalesce(sum(d.discount_amount), 0),
    coalesce(sum(d.points_taken), 0), coalesce(sum(d.referee_reward), 0), coalesce(sum(d.referrer_reward), 0)
  into v_before.gst_amount, v_before.commission_amount, v_before.tds_amount, v_before.tcs_amount,
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
  v_decision.gst_amount := round(p_booking.tax_amount * v_share, 2) - v_before.gst_amount;
  v_decision.commission_amount := least(
    v_end.commission_amount
      + round((coalesce(v_record.commission_amount, 0) - v_end.commission_amount) * v_rest_share, 2)
      - v_before.commission_amount,
    v_record.commission_amount - p_least_commission);
  v_decision.tds_amount := round(coalesce(v_record.tds_amount, 0) * v_share, 2) - v_before.tds_amount;
  v_decision.tcs_amount := round(coalesce(v_record.tcs_amount, 0) * v_share, 2) - v_before.tcs_amount;
  v_net := p_amount - v_decision.gst_amount - v_decision.commission_amount - v_decision.tds_amount
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
comment on function app_private.reverse_earnings(public.bookings,numeric,text,text,uuid,boolean,numeric) is 'Takes back what an amount of a completed booking''s price has earned: GST, commission, TDS and TCS in proportion, the rest from the vendor, the platform or both; then points, rewards, totals and tier. Spent points and rewards are deducted where that is requested. With p_least_commission the price is lowered because the service ended early: this much of the commission stays, and points are not touched. Afterwards the amount less the deductions lies with the booking. The booking must be locked, and the amount of its price must not be refunded yet.';
revoke all on function app_private.reverse_earnings(public.bookings,numeric,text,text,uuid,boolean,numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.reverse_earnings(public.bookings,numeric,text,text,uuid,boolean,numeric) to service_role;

CREATE OR REPLACE FUNCTION app_private.reviewable_booking(p_booking_id uuid)
 RETURNS public.bookings
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_booking from public.bookings b where b.id = p_booking_id;
  if v_booking.customer_id is distinct from (select auth.uid()) then
    if v_booking.vendor_id = any (app_private.my_vendor_ids('bookings'))
      or v_booking.id = any (app_private.my_assigned_booking_ids())
    then
      raise exception 'Only the customer of a booking may review it. Sign in as that customer.'
        using errcode = 'OB002';
    end if;
    raise exception 'You have no booking with this id. Check the id.' using errcode = 'OB003';
  end if;
  if app_private.belongs_to_vendor(v_booking.vendor_id) then
    raise exception 'You belong to this business, so you cannot review it. Leave its reviews to other customers.'
      using errcode = 'OB031';
  end if;
  -- This state is final, so no lock is needed.
  if v_booking.status <> 'completed' then
    raise exception 'Only a completed booking can be reviewed. Wait until the service is completed.'
      using errcode = 'OB030';
  end if;
  return v_booking;
end
$function$;
comment on function app_private.reviewable_booking(uuid) is 'The signed-in customer''s completed booking. Raises OB001, OB002 (may see it but not review it), OB003, OB030 (not completed), OB031 (a booking at the user''s own business).';
revoke all on function app_private.reviewable_booking(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.reviewable_booking(uuid) to service_role;

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
      and b.is_attested is not false) then
    return;
  end if;
  select least(app_private.percent_of(p_booking.final_amount, app_private.setting('referral.percentage')::numeric),
      app_private.setting('referral.maximum')::numeric)
    into v_reward
  from public.customers c
  where c.id = p_booking.customer_id
    and now() < c.created_at + app_private.setting('referral.within_days')::integer * interval '1 day';
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
comment on function app_private.reward_customer(public.bookings) is 'Applies the benefits of a completed booking to its customer: totals, tier, and where it was started with the start code one point per ₹100 of money (not points or wallet), and with the first such booking the referral reward for both.';
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
  v_fees numeric := app_private.amount_agreed(p_booking_id) - v_booking.final_amount;
begin
  v_record.booking_amount := v_booking.final_amount - v_booking.tax_amount;
  select d.commission_rate into strict v_record.commission_rate
  from public.vendor_private_details d where d.vendor_id = v_booking.vendor_id;
  v_record.commission_amount := app_private.percent_of(v_record.booking_amount, v_record.commission_rate);
  v_record.tds_amount := app_private.percent_of(v_record.booking_amount,
    app_private.tax_percentage('tds', app_private.today()));
  v_record.tcs_amount := app_private.percent_of(v_record.booking_amount,
    app_private.tax_percentage('tcs', app_private.today()));
  v_record.therapist_earning := app_private.percent_of(
    v_record.booking_amount - v_record.commission_amount,
    app_private.setting('commission.provider_percentage')::numeric);
  insert into public.commission_records
    (booking_id, vendor_id, therapist_id, beautician_id, booking_amount, commission_rate,
      commission_amount, therapist_earning, platform_earning, tds_amount, tcs_amount, gst_amount, period_month,
      payable_from)
  select v_booking.id, v_booking.vendor_id,
    (select a.therapist_id from public.therapist_assignments a
     where a.booking_id = v_booking.id and a.status = 'completed'),
    (select a.beautician_id from public.beautician_assignments a
     where a.booking_id = v_booking.id and a.status = 'completed'),
    v_record.booking_amount, v_record.commission_rate, v_record.commission_amount,
    v_record.therapist_earning, v_record.commission_amount, v_record.tds_amount, v_record.tcs_amount,
    v_booking.tax_amount, date_trunc('month', app_private.today()::timestamp)::date,
    now() + case when v_booking.is_attested then interval '0'
      else app_private.setting('commission.unattested_days')::integer * interval '1 day' end
  returning * into v_record;

  perform
    app_private.move_money('booking', v_booking.id, 'vendor', v_booking.vendor_id,
      v_record.booking_amount - v_record.commission_amount - v_record.tds_amount - v_record.tcs_amount,
      v_booking.id, 'earning'),
    app_private.move_money('booking', v_booking.id, 'commission', null, v_record.commission_amount,
      v_booking.id, 'commission'),
    app_private.move_money('booking', v_booking.id, 'tds', null, v_record.tds_amount, v_booking.id, 'tds'),
    app_private.move_money('booking', v_booking.id, 'tcs', null, v_record.tcs_amount, v_booking.id, 'tcs'),
    app_private.move_money('booking', v_booking.id, 'gst', null, v_booking.tax_amount, v_booking.id, 'gst');
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
comment on function app_private.settle_completed(uuid) is 'Distributes what was paid for a completed booking: commission and taxes on the amount before tax, GST, the rest to the vendor; then points, totals, tier and referral. The booking must be locked and paid.';
revoke all on function app_private.settle_completed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.settle_completed(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.spent_in_a_year(p_customer_id uuid)
 RETURNS numeric
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select coalesce(sum(b.final_amount - b.refunded_amount), 0)
  from public.bookings b
  join public.commission_records c on c.booking_id = b.id
  where b.customer_id = p_customer_id and b.status = 'completed'
    and c.created_at > (now() at time zone 'Asia/Kolkata' - interval '12 months') at time zone 'Asia/Kolkata'
$function$;
comment on function app_private.spent_in_a_year(uuid) is 'Rupees of a customer''s bookings that were completed in the last twelve months, less later refunds.';
revoke all on function app_private.spent_in_a_year(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.spent_in_a_year(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.take_points_back(p_booking public.bookings, p_points integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_there integer;
begin
  select least(p_points, c.loyalty_points) into v_there
  from public.customers c where c.id = p_booking.customer_id;
  perform app_private.move_points(p_booking.customer_id, 'adjusted', -v_there, p_booking.id,
    'Points of ' || p_booking.booking_number || ', which was refunded', null);
  return p_points - v_there;
end
$function$;
comment on function app_private.take_points_back(public.bookings,integer) is 'Takes points back from the customer of a refunded booking, as far as they are left; returns how many were already spent. The customer must be locked.';
revoke all on function app_private.take_points_back(public.bookings,integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.take_points_back(public.bookings,integer) to service_role;

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
      when 'in_progress' then
        -- An overdue service that is completed afterwards began long ago.
        if p_old.overdue_since is null or p_new.is_attested then
          perform app_private.notify_booking(p_new, 'service_started');
        end if;
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

CREATE OR REPLACE FUNCTION app_private.tell_overdue(p_old public.bookings, p_new public.bookings)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_fields jsonb := app_private.booking_fields(p_new) || jsonb_build_object('until', to_char(
    (p_new.overdue_since + app_private.setting('booking.overdue_hours')::integer * interval '1 hour')
      at time zone p_new.time_zone, 'DD Mon YYYY HH24:MI'));
  v_data jsonb := jsonb_build_object('screen', 'booking', 'bookingId', p_new.id);
begin
  perform app_private.notify(p_new.customer_id, 'customer', 'booking_overdue', v_fields, v_data);
  perform app_private.notify(u, 'vendor', 'booking_overdue', v_fields, v_data)
    from app_private.vendor_desk(p_new.vendor_id) u;
  perform app_private.notify(u, 'provider', 'booking_overdue', v_fields, v_data)
    from app_private.booking_providers(p_new.id) u;
  perform app_private.notify(u, 'care', 'booking_overdue', v_fields, v_data)
    from app_private.customer_care() u;
end
$function$;
comment on function app_private.tell_overdue(public.bookings,public.bookings) is 'Notifies customer, vendor, provider and customer care of an overdue booking.';
revoke all on function app_private.tell_overdue(public.bookings,public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.tell_overdue(public.bookings,public.bookings) to service_role;

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
  if v_booking.overdue_since is not null then
    -- The vendor answers for it, and the customer can dispute it.
    perform app_private.act_on_booking(v_booking.id, '{vendor,admin}');
    if v_booking.status <> 'assigned' then
      raise exception 'This booking has no provider, so no one can have served it. Cancel it.' using errcode = 'OB030';
    end if;
    v_reason := app_private.required_reason(complete_service.reason);
  else
    v_reason := app_private.require_completable(v_booking, complete_service.reason);
  end if;
  if coalesce(complete_service.cash_collected, 0) <> v_due then
    raise exception '₹% are still to be paid. Collect exactly this in cash and enter it, or let the customer pay first.',
      v_due
      using errcode = 'OB069', column = 'cash_collected';
  end if;
  if v_booking.overdue_since is not null then
    perform app_private.step_assignment(v_booking.id, 'in_progress', '{vendor,admin}');
    update public.bookings b set status = 'in_progress', status_reason = v_reason, is_attested = false
    where b.id = v_booking.id;
  end if;
  perform app_private.step_assignment(v_booking.id, 'completed', '{therapist,vendor,admin}');
  perform app_private.collect_cash(v_booking, v_due);
  update public.bookings b set status = 'completed', status_reason = v_reason where b.id = v_booking.id;
  if v_booking.overdue_since is not null then
    insert into public.booking_settlements
      (booking_id, kind, reason, proposed_by, proposed_amount, elapsed_percentage, answerable_until)
    values (v_booking.id, 'late_completion', v_reason, (select auth.uid()), v_booking.final_amount, 0,
      now() + app_private.setting('booking.late_dispute_hours')::integer * interval '1 hour');
  else
    perform app_private.settle_completed(v_booking.id);
  end if;
  return app_private.current_booking(v_booking.id);
end
$function$;
comment on function public.complete_service(uuid,numeric,text) is 'Completes a service that is fully paid; what is still due must have been collected in cash, to the paisa. By default it cannot be completed before half of the agreed time has passed, and more than two hours after the agreed end only with a reason. For the provider, the vendor''s desk and the platform. Writes the commission, points, totals and rewards. An overdue booking, which was never started, can be completed with a reason by the vendor''s desk and the platform: its money then waits while the customer can dispute it, by default for 24 hours. Raises OB001, OB002, OB003, OB020 (invalid amount), OB030 (not started, or overdue without a provider), OB036 (late and without a reason), OB044 (too early), OB069 (another amount is due).';
revoke all on function public.complete_service(uuid,numeric,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.complete_service(uuid,numeric,text) to authenticated;
grant execute on function public.complete_service(uuid,numeric,text) to service_role;
grant execute on function public.complete_service(uuid,numeric,text) to staff;

CREATE OR REPLACE FUNCTION public.end_service_early(booking_id uuid, reason text, amount numeric)
 RETURNS public.bookings
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings := app_private.act_on_booking(end_service_early.booking_id, '{therapist,vendor}');
  v_reason text;
  v_elapsed numeric;
begin
  if v_booking.status <> 'in_progress' then
    raise exception 'Only a service in progress can end early. This booking is %.', replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  v_reason := app_private.required_reason(end_service_early.reason);
  if end_service_early.amount is null then
    raise exception 'Amount is required. Enter what the customer is to pay for the part that took place.'
      using errcode = 'OB020', column = 'amount';
  end if;
  perform app_private.require_amount_within_price(v_booking, end_service_early.amount);
  v_elapsed := extract(epoch from now() - app_private.begun_at(v_booking)) * 100 / (v_booking.duration_minutes * 60);
  if v_elapsed >= 100 then
    raise exception 'The agreed time of this service is over. Complete the service instead.' using errcode = 'OB044';
  end if;
  perform app_private.step_assignment(v_booking.id, 'completed', '{therapist,vendor}');
  -- What was to be paid in cash is another amount now.
  perform app_private.drop_unfinished_payments(v_booking.id);
  update public.bookings b set status = 'completed', status_reason = v_reason where b.id = v_booking.id;
  insert into public.booking_settlements
    (booking_id, kind, reason, proposed_by, proposed_amount, elapsed_percentage, answerable_until)
  values (v_booking.id, 'early_end', v_reason, (select auth.uid()), round(end_service_early.amount, 2),
    round(greatest(v_elapsed, 0), 2),
    now() + app_private.setting('booking.amount_answer_hours')::integer * interval '1 hour');
  return app_private.current_booking(v_booking.id);
end
$function$;
comment on function public.end_service_early(uuid,text,numeric) is 'Ends a service in progress before its agreed time is over, with a reason and the amount of its price that the customer is to pay, charges for moving the booking not included. For the provider and the vendor''s desk. The customer can agree with agreeOnAmount or dispute it, by default for 24 hours; after that, or after a dispute, customer care decides. Until then no money moves; then what was paid beyond the amount is refunded, and what is missing is due. The platform''s commission is at least the elapsed part of what was agreed. Raises OB001, OB002, OB003, OB020 (no amount, or not from 0 to the price), OB030 (not in progress), OB036 (no reason), OB044 (the agreed time is over).';
revoke all on function public.end_service_early(uuid,text,numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.end_service_early(uuid,text,numeric) to authenticated;
grant execute on function public.end_service_early(uuid,text,numeric) to service_role;

CREATE OR REPLACE FUNCTION public.mark_no_show(booking_id uuid)
 RETURNS public.bookings
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings;
  v_terms public.booking_terms;
begin
  v_booking := app_private.act_on_booking(mark_no_show.booking_id, '{vendor,therapist,admin}');
  v_terms := app_private.terms_of(v_booking.id);
  if v_booking.status <> 'assigned' then
    raise exception 'A customer can be marked as a no-show only while the booking is assigned. This booking is %.',
      replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if now() < v_booking.starts_at + v_terms.no_show_grace_minutes * interval '1 minute' then
    raise exception 'It is too early to mark the customer as a no-show. Wait until % minutes after the start.',
      v_terms.no_show_grace_minutes
      using errcode = 'OB044';
  end if;
  if v_booking.booking_type <> 'spa_visit' and not exists (
    select from public.therapist_assignments a
    where a.booking_id = v_booking.id and a.status = 'reached'
  ) then
    raise exception 'The provider has not reported arrival. Report the arrival first, then mark the customer as a no-show.'
      using errcode = 'OB030';
  end if;
  perform app_private.end_booking(v_booking, 'customer', 'The customer did not come',
    app_private.cost_of_cancelling(v_booking), now() + v_terms.no_show_dispute_hours * interval '1 hour');
  return app_private.current_booking(v_booking.id);
end
$function$;
comment on function public.mark_no_show(uuid) is 'Records that the customer did not come: from 15 minutes after the start (as the terms say), for a provider who was assigned and, for home and hotel services, has reported arrival. It costs as much as a late cancellation. The customer can dispute it for 24 hours (as the terms say), and until then no money moves. For the vendor''s desk, the provider and the platform. Raises OB001, OB002, OB003, OB030 (no provider assigned or arrived, started or cancelled), OB044 (too early).';
revoke all on function public.mark_no_show(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.mark_no_show(uuid) to authenticated;
grant execute on function public.mark_no_show(uuid) to service_role;
grant execute on function public.mark_no_show(uuid) to staff;

CREATE OR REPLACE FUNCTION public.record_cash_payment(booking_id uuid, amount numeric, idempotency_key text)
 RETURNS public.payments
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings := app_private.act_on_booking(
    record_cash_payment.booking_id, '{therapist,vendor,admin}');
  v_due numeric := app_private.amount_due(v_booking.id);
  v_payment public.payments;
  v_done uuid;
begin
  perform app_private.require_number('amount', 'total', record_cash_payment.amount);
  v_done := app_private.replayed(record_cash_payment.idempotency_key, 'record_cash_payment', jsonb_build_object(
    'booking', record_cash_payment.booking_id, 'amount', record_cash_payment.amount));
  if v_done is null then
    if v_booking.status <> 'completed' or v_due = 0 then
      raise exception 'Nothing of this booking is due after its end. Enter cash for a service when you complete it.'
        using errcode = 'OB030';
    end if;
    if record_cash_payment.amount is distinct from v_due then
      raise exception '₹% are due for this booking. Collect exactly this in cash and enter it.', v_due
        using errcode = 'OB069', column = 'amount';
    end if;
    perform app_private.collect_cash(v_booking, v_due);
    select p.id into strict v_done from public.payments p
    where p.booking_id = v_booking.id and p.payment_method = 'cash' and p.status = 'success'
    order by p.payment_date desc, p.id limit 1;
    perform app_private.remember_result(record_cash_payment.idempotency_key, v_done);
  end if;
  select * into strict v_payment from public.payments p where p.id = v_done;
  return v_payment;
end
$function$;
comment on function public.record_cash_payment(uuid,numeric,text) is 'Records that the customer has paid in cash what was due for a service that ended early, to the paisa. For the provider, the vendor''s desk and the platform. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020 (invalid amount), OB030 (nothing is due), OB066 (key of another request), OB069 (another amount is due).';
revoke all on function public.record_cash_payment(uuid,numeric,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.record_cash_payment(uuid,numeric,text) to authenticated;
grant execute on function public.record_cash_payment(uuid,numeric,text) to service_role;
grant execute on function public.record_cash_payment(uuid,numeric,text) to staff;

CREATE OR REPLACE FUNCTION public.record_refund_failed(refund_id uuid)
 RETURNS public.refunds
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select app_private.refund_failed(app_private.require_refund(record_refund_failed.refund_id))
$function$;
comment on function public.record_refund_failed(uuid) is 'Records that a refund through a gateway did not arrive; refundPayment can try again. Needs the permission payments.approve. Raises OB001, OB002, OB003, OB030 (not on its way).';
revoke all on function public.record_refund_failed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.record_refund_failed(uuid) to service_role;
grant execute on function public.record_refund_failed(uuid) to staff;

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
comment on function public.refund_payment(uuid,numeric,text,text) is 'Refunds a part of a payment, whatever the cancellation policy says. For a completed booking it can only return money that is still held for it, such as a refund that failed; use refundBooking for the rest. Needs the permission payments.approve and a reason. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (completed, or not settled yet), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request), OB068 (more than is left of the payment).';
revoke all on function public.refund_payment(uuid,numeric,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.refund_payment(uuid,numeric,text,text) to service_role;
grant execute on function public.refund_payment(uuid,numeric,text,text) to staff;

CREATE OR REPLACE FUNCTION public.request_reschedule(booking_id uuid, new_date date, new_time time without time zone, reason text)
 RETURNS public.booking_reschedules
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings;
  v_role text;
  v_request public.booking_reschedules;
begin
  v_booking := app_private.act_on_booking(request_reschedule.booking_id, '{customer,vendor,therapist,admin}');
  v_role := app_private.acting_role(v_booking, '{customer,vendor,therapist,admin}');
  perform app_private.require_movable(v_booking, request_reschedule.new_date, request_reschedule.new_time, v_role);
  insert into public.booking_reschedules
    (booking_id, old_date, old_time, new_date, new_time, requested_by, requested_by_role, reason)
  values (v_booking.id, v_booking.booking_date, v_booking.booking_time, request_reschedule.new_date,
    request_reschedule.new_time, (select auth.uid()), v_role,
    app_private.required_reason(request_reschedule.reason))
  returning * into v_request;
  return v_request;
end
$function$;
comment on function public.request_reschedule(uuid,date,time without time zone,text) is 'Asks the other side to move a booking: the vendor, provider or platform asks the customer, the customer asks the vendor. Only one request can be open. Raises OB001, OB002, OB003, OB020, OB030, OB036 (no reason), OB044 (after its start), OB060 (no slot), OB062 (the vendor is suspended or closed), OB067, or 23505 when a request is open.';
revoke all on function public.request_reschedule(uuid,date,time without time zone,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.request_reschedule(uuid,date,time without time zone,text) to authenticated;
grant execute on function public.request_reschedule(uuid,date,time without time zone,text) to service_role;
grant execute on function public.request_reschedule(uuid,date,time without time zone,text) to staff;

CREATE OR REPLACE FUNCTION public.reschedule_booking(booking_id uuid, new_date date, new_time time without time zone, reason text DEFAULT NULL::text)
 RETURNS public.bookings
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking public.bookings;
  v_charge numeric;
begin
  v_booking := app_private.act_on_booking(reschedule_booking.booking_id, '{customer}');
  perform app_private.require_movable(v_booking, reschedule_booking.new_date, reschedule_booking.new_time, 'customer');
  v_charge := app_private.reschedule_fee(v_booking);
  insert into public.booking_reschedules
    (booking_id, old_date, old_time, new_date, new_time, requested_by, requested_by_role, reason,
      status, approved_at, reschedule_charge, cancellation_cost)
  values (v_booking.id, v_booking.booking_date, v_booking.booking_time, reschedule_booking.new_date,
    reschedule_booking.new_time, (select auth.uid()), 'customer', reschedule_booking.reason,
    'approved', now(), v_charge, app_private.late_cancellation_fee(v_booking));
  perform app_private.move_booking(v_booking, reschedule_booking.new_date, reschedule_booking.new_time,
    reschedule_booking.reason);
  return app_private.current_booking(v_booking.id);
end
$function$;
comment on function public.reschedule_booking(uuid,date,time without time zone,text) is 'Moves a booking of the signed-in customer to a free slot, in the vendor''s time zone: by default free until 24 hours before, ₹200 later than that, twice at most, and not after its start, as its terms say. From then on cancelling costs at least as much as it would have cost at this moment. Raises OB001, OB002 (others use requestReschedule), OB003, OB020, OB030, OB044 (after its start), OB060 (no provider is free), OB062 (the vendor is suspended or closed), OB067 (moved too often).';
revoke all on function public.reschedule_booking(uuid,date,time without time zone,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.reschedule_booking(uuid,date,time without time zone,text) to authenticated;
grant execute on function public.reschedule_booking(uuid,date,time without time zone,text) to service_role;

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
  if v_booking.overdue_since is not null and v_reason is not null then
    raise exception 'This booking is overdue. Start it with the code of the customer, or complete it with a reason if the service took place.'
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
comment on function public.start_service(uuid,text,text) is 'Starts the service with the customer''s start code of 4 digits, by default from 15 minutes before its time. For the provider, the vendor''s desk and the platform. Without the code, a manager of the vendor or the platform can start it with a reason; such a service earns no points or rewards and is paid out later. A wrong code is refused with OB045 and counted; by default five wrong codes are allowed. Raises OB001, OB002, OB003, OB020 (no code, or not four digits), OB030 (no provider assigned, not arrived, already started, or overdue and without the code), OB036 (empty reason), OB044 (too early), OB046 (too many attempts).';
revoke all on function public.start_service(uuid,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.start_service(uuid,text,text) to authenticated;
grant execute on function public.start_service(uuid,text,text) to service_role;
grant execute on function public.start_service(uuid,text,text) to staff;

CREATE OR REPLACE FUNCTION public.write_review(booking_id uuid, reviewable_type text, reviewable_id uuid, rating integer, title text DEFAULT NULL::text, review_text text DEFAULT NULL::text, photos text[] DEFAULT NULL::text[])
 RETURNS public.reviews
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking constant public.bookings := app_private.reviewable_booking(write_review.booking_id);
  v_text constant text := nullif(btrim(write_review.review_text, E' \t\r\n'), '');
  v_review public.reviews;
begin
  if write_review.reviewable_type = 'vendor' then
    raise exception 'A vendor cannot be reviewed here. Use writeVendorReview.'
      using errcode = 'OB080', column = 'reviewable_type';
  end if;
  if not exists (
    select from enums.reviewable_type t where t.value = write_review.reviewable_type
  ) then
    raise exception 'Reviewable type must be a service, therapist, beautician or booking.'
      using errcode = 'OB020', column = 'reviewable_type';
  end if;
  if app_private.is_part_of_booking(
    v_booking.id, write_review.reviewable_type, write_review.reviewable_id) is not true
  then
    raise exception 'This was not part of your booking, or was not performed. Review something that was.'
      using errcode = 'OB081', column = 'reviewable_id';
  end if;
  perform app_private.check_review_content(write_review.title, v_text, write_review.photos);

  insert into public.reviews
    (booking_id, customer_id, reviewable_type, reviewable_id, rating, title, review_text, photos)
  values (v_booking.id, v_booking.customer_id, write_review.reviewable_type,
    write_review.reviewable_id, write_review.rating, write_review.title, v_text,
    write_review.photos)
  returning * into v_review;
  if v_review.reviewable_type = 'therapist' then
    update public.therapist_assignments a
    set customer_rating = v_review.rating, customer_feedback = v_review.review_text
    where a.booking_id = v_booking.id and a.therapist_id = v_review.reviewable_id
      and a.status = 'completed';
  end if;
  return v_review;
end
$function$;
comment on function public.write_review(uuid,text,uuid,integer,text,text,text[]) is 'Reviews a part of the signed-in customer''s completed booking: a service, the therapist or beautician who performed it, or the booking itself (reviewableType: service, therapist, beautician, booking). One to five stars; title up to 200 characters, text up to 500 characters by default, at most ten references to your own photos. The review is shown once it is approved; the therapist and the vendor see stars and text with the assignment at once. Raises OB001, OB002 (not your booking), OB003 (also for a photo that is not yours), OB020 (too long, or another type), OB030 (not completed, or a photo not uploaded), OB031 (a booking at your own business), OB080 (use writeVendorReview for a vendor), OB081 (not part of the booking), 23505 (already reviewed), 23514 (not one to five stars).';
revoke all on function public.write_review(uuid,text,uuid,integer,text,text,text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.write_review(uuid,text,uuid,integer,text,text,text[]) to authenticated;
grant execute on function public.write_review(uuid,text,uuid,integer,text,text,text[]) to service_role;

CREATE OR REPLACE FUNCTION public.write_vendor_review(booking_id uuid, rating integer, review_title text DEFAULT NULL::text, review_text text DEFAULT NULL::text, service_quality_rating integer DEFAULT NULL::integer, cleanliness_rating integer DEFAULT NULL::integer, value_rating integer DEFAULT NULL::integer, photos text[] DEFAULT NULL::text[])
 RETURNS public.vendor_reviews
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_booking constant public.bookings :=
    app_private.reviewable_booking(write_vendor_review.booking_id);
  v_text constant text := nullif(btrim(write_vendor_review.review_text, E' \t\r\n'), '');
  v_review public.vendor_reviews;
begin
  perform app_private.check_review_content(
    write_vendor_review.review_title, v_text, write_vendor_review.photos);
  insert into public.vendor_reviews
    (booking_id, vendor_id, customer_id, rating, review_title, review_text,
      service_quality_rating, cleanliness_rating, value_rating, photos)
  values (v_booking.id, v_booking.vendor_id, v_booking.customer_id, write_vendor_review.rating,
    write_vendor_review.review_title, v_text, write_vendor_review.service_quality_rating,
    write_vendor_review.cleanliness_rating, write_vendor_review.value_rating,
    write_vendor_review.photos)
  returning * into v_review;
  return v_review;
end
$function$;
comment on function public.write_vendor_review(uuid,integer,text,text,integer,integer,integer,text[]) is 'Reviews the vendor of the signed-in customer''s completed booking: one to five stars for the visit and, optionally, for service, cleanliness and value; title up to 200 characters, text up to 500 characters by default, at most ten references to your own photos. The review is shown and counts for the vendor''s rating once it is approved. Raises OB001, OB002 (not your booking), OB003 (also for a photo that is not yours), OB020 (too long), OB030 (not completed, or a photo not uploaded), OB031 (your own business), 23505 (already reviewed), 23514 (not one to five stars).';
revoke all on function public.write_vendor_review(uuid,integer,text,text,integer,integer,integer,text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.write_vendor_review(uuid,integer,text,text,integer,integer,integer,text[]) to authenticated;
grant execute on function public.write_vendor_review(uuid,integer,text,text,integer,integer,integer,text[]) to service_role;
