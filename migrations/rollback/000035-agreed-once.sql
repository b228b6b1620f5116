-- Undoes what holds agree on. Open holds end. Packages apply everywhere again, and any payment confirms a booking.

drop function
  public.preview_reschedule(uuid),
  public.preview_cancellation(uuid),
  public.quote_booking(uuid, uuid[], uuid[], uuid, text, text),
  public.confirm_booking(uuid, numeric, text, integer, numeric, text, text, text),
  app_private.require_cash_allowed(uuid),
  app_private.deposit_of(uuid, numeric),
  app_private.chosen_services(uuid, uuid[], uuid[], uuid);
drop type public.reschedule_preview, public.cancellation_preview, public.booking_quote, public.quoted_item;
delete from app_private.provider_reservations where hold_id is not null;
delete from public.booking_holds where booking_id is null;
delete from app_private.personal_links
where table_name in ('public.vendor_packages', 'app_private.hold_agreements');
drop table public.vendor_packages;
drop table app_private.hold_agreements;
alter table public.booking_holds
  drop column total_amount, drop column discount_amount, drop column service_charge, drop column tax_amount,
  drop column final_amount, drop column deposit_amount;
alter table public.bookings drop column deposit_amount;
alter table public.vendors drop column deposit_percentage;
delete from public.system_settings
where key in ('booking.payment_minutes', 'booking.maximum_open') or key like 'cash.%';
delete from public.schema_versions where version = '1.31';

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
comment on function app_private.confirm_paid(uuid) is 'Applies the first payment, or the choice of cash: it confirms the booking or finds that it has expired. The booking must be locked.';
revoke all on function app_private.confirm_paid(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.confirm_paid(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.lapse_booking(p_booking_id uuid, p_reason text DEFAULT 'The booking was not paid in time'::text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  update public.bookings b
  set status = 'cancelled', cancelled_at = now(), cancellation_reason = p_reason, status_reason = p_reason
  where b.id = p_booking_id and b.status = 'pending';
  perform app_private.release_provider(p_booking_id);
  perform app_private.drop_unfinished_payments(p_booking_id);
end
$function$;
comment on function app_private.lapse_booking(uuid,text) is 'Cancels a booking that was not paid, was not paid in time, or lost its provider before it was paid. It must be locked.';
revoke all on function app_private.lapse_booking(uuid,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lapse_booking(uuid,text) to service_role;

CREATE OR REPLACE FUNCTION app_private.make_hold(p_hold public.booking_holds)
 RETURNS public.booking_holds
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_address public.customer_addresses;
  v_package public.service_packages;
  v_services uuid[] := p_hold.service_ids;
  v_addons uuid[] := coalesce(p_hold.addon_ids, '{}');
  v_minutes integer;
  v_hold public.booking_holds;
begin
  perform app_private.require_nothing_due(p_hold.customer_id);

  -- The requested services.
  if p_hold.package_id is not null then
    if v_services is not null or p_hold.addon_ids is not null then
      raise exception 'A package already contains its services and add-ons. Leave the services and add-ons out, or leave the package out.'
        using errcode = 'OB020', column = 'package_id';
    end if;
    select * into v_package from public.service_packages p
    where p.id = p_hold.package_id and p.is_active;
    if not found then
      raise exception 'This package is not offered. Choose another package.'
        using errcode = 'OB062', column = 'package_id';
    end if;
    v_services := v_package.service_ids;
    v_addons := coalesce(v_package.addon_ids, '{}');
  end if;
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

  -- The time.
  select p.minutes into v_minutes
  from app_private.price_of(p_hold.vendor_id, v_services, v_addons, p_hold.package_id,
    p_hold.booking_type, v_address.pincode) p;
  if v_minutes > 1440 then
    raise exception 'A booking can take at most 24 hours. Choose fewer services.'
      using errcode = 'OB020', column = 'service_ids';
  end if;
  perform app_private.require_slot(p_hold.vendor_id, p_hold.starts_at,
    app_private.place_of(p_hold.vendor_id, p_hold.booking_type, p_hold.address_id), 'starts_at');

  insert into public.booking_holds
    (customer_id, vendor_id, provider_id, booking_type, service_ids, addon_ids, package_id,
      address_id, guest_name, starts_at, duration_minutes, expires_at)
  values (p_hold.customer_id, p_hold.vendor_id, p_hold.provider_id, p_hold.booking_type, v_services,
    v_addons, p_hold.package_id, p_hold.address_id, p_hold.guest_name, p_hold.starts_at, v_minutes,
    clock_timestamp() + app_private.setting('booking.hold_minutes')::integer * interval '1 minute')
  returning * into v_hold;
  perform app_private.reserve_provider(v_hold.provider_id, v_hold.starts_at, v_minutes,
    app_private.place_of(v_hold.vendor_id, v_hold.booking_type, v_hold.address_id),
    v_hold.id, null, v_hold.expires_at);
  -- Checked again after locking the provider: a vendor that stops taking bookings takes those locks.
  perform app_private.require_bookable(v_hold.vendor_id);

  -- One customer is not in two places, and cannot block a vendor's day. Checked after locking the customer.
  perform app_private.lock_customer(p_hold.customer_id);
  if v_hold.guest_name is null and app_private.is_elsewhere(p_hold.customer_id, v_hold.starts_at,
    app_private.plus_minutes(v_hold.starts_at, v_minutes), v_hold.id) then
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
comment on function app_private.make_hold(public.booking_holds) is 'Holds a slot for the customer, as the row says what; its id, duration and expiry are set here. Errors name the arguments of hold_slot, which are those of the columns. Raises OB003, OB020, OB043, OB048, OB060, OB062, OB071, OB073.';
revoke all on function app_private.make_hold(public.booking_holds) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.make_hold(public.booking_holds) to service_role;

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

CREATE OR REPLACE FUNCTION public.book_at_desk(vendor_id uuid, guest_name text, idempotency_key text, service_ids uuid[] DEFAULT NULL::uuid[], starts_at timestamp with time zone DEFAULT NULL::timestamp with time zone, provider_id uuid DEFAULT NULL::uuid, addon_ids uuid[] DEFAULT NULL::uuid[], package_id uuid DEFAULT NULL::uuid, guest_mobile text DEFAULT NULL::text, special_instructions text DEFAULT NULL::text)
 RETURNS public.bookings
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_vendor public.vendors;
  v_place public.booking_holds;
  v_services uuid[] := book_at_desk.service_ids;
  v_addons uuid[] := coalesce(book_at_desk.addon_ids, '{}');
  v_guest text := nullif(btrim(book_at_desk.guest_name, E' \t\r\n'), '');
  v_mobile text;
  v_starts_at timestamptz;
  v_price app_private.price;
  v_terms public.booking_terms := app_private.terms_of_today();
  v_booking public.bookings;
  v_done uuid;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_vendor from public.vendors v where v.id = book_at_desk.vendor_id;
  if (v_vendor.id = any (app_private.my_vendor_ids('bookings'))) is not true then
    if v_vendor.id is null or not (v_vendor.is_listed or app_private.belongs_to_vendor(v_vendor.id)) then
      raise exception 'The vendor was not found, or it is not listed. Check the id.'
        using errcode = 'OB003', column = 'vendor_id';
    end if;
    raise exception 'Only the desk of this vendor may book for guests: its owner, admins, managers and receptionists. Ask one of them.'
      using errcode = 'OB002';
  end if;
  v_done := app_private.replayed(book_at_desk.idempotency_key, 'book_at_desk', jsonb_build_object(
    'vendor', book_at_desk.vendor_id, 'provider', book_at_desk.provider_id,
    'at', extract(epoch from book_at_desk.starts_at), 'services', v_services, 'addons', book_at_desk.addon_ids,
    'package', book_at_desk.package_id, 'guest', book_at_desk.guest_name, 'mobile', book_at_desk.guest_mobile,
    'instructions', book_at_desk.special_instructions));
  if v_done is not null then
    return app_private.current_booking(v_done);
  end if;

  -- The guest.
  if v_guest is null or length(v_guest) > 200 then
    raise exception 'Guest name must have 1 to 200 characters.' using errcode = 'OB020', column = 'guest_name';
  end if;
  v_mobile := app_private.guest_mobile_of(book_at_desk.guest_mobile);
  if length(book_at_desk.special_instructions) > 1000 then
    raise exception 'Special instructions must have at most 1000 characters.'
      using errcode = 'OB020', column = 'special_instructions';
  end if;

  -- The services.
  if book_at_desk.package_id is not null then
    if v_services is not null or book_at_desk.addon_ids is not null then
      raise exception 'A package already contains its services and add-ons. Leave the services and add-ons out, or leave the package out.'
        using errcode = 'OB020', column = 'package_id';
    end if;
    select p.service_ids, coalesce(p.addon_ids, '{}') into v_services, v_addons from public.service_packages p
    where p.id = book_at_desk.package_id and p.is_active;
    if not found then
      raise exception 'This package is not offered. Choose another package.'
        using errcode = 'OB062', column = 'package_id';
    end if;
  end if;
  perform app_private.require_bookable(v_vendor.id);
  v_price := app_private.price_of(v_vendor.id, v_services, v_addons, book_at_desk.package_id, 'spa_visit', null, 'desk');
  if v_price.minutes > 1440 then
    raise exception 'A booking can take at most 24 hours. Choose fewer services.'
      using errcode = 'OB020', column = 'service_ids';
  end if;
  -- The guest may stand at the desk: then it begins in the present minute.
  v_starts_at := coalesce(book_at_desk.starts_at,
    date_trunc('minute', now() at time zone v_vendor.time_zone) at time zone v_vendor.time_zone);
  perform app_private.require_desk_time(v_vendor, v_starts_at);

  v_place.vendor_id := v_vendor.id;
  insert into public.bookings
    (channel, vendor_id, booking_type, booking_date, booking_time, time_zone, duration_minutes, total_amount,
      discount_amount, tax_amount, service_charge, final_amount, special_instructions, package_id)
  values ('desk', v_vendor.id, 'spa_visit',
    (v_starts_at at time zone v_vendor.time_zone)::date, (v_starts_at at time zone v_vendor.time_zone)::time,
    v_vendor.time_zone, v_price.minutes, v_price.total_amount, v_price.discount_amount, v_price.tax_amount,
    v_price.service_charge, v_price.final_amount, book_at_desk.special_instructions, book_at_desk.package_id)
  returning * into v_booking;
  insert into public.booking_contacts (booking_id, service_location)
  values (v_booking.id, app_private.location_of(v_place));
  insert into public.desk_bookings (booking_id, vendor_id, booked_by, guest_name, guest_mobile, commission_rate)
  values (v_booking.id, v_vendor.id, (select auth.uid()), v_guest, v_mobile,
    case when not app_private.is_platform_customer(v_vendor.id, v_mobile)
      then app_private.setting('desk.commission_percentage')::numeric end);
  insert into public.booking_items
    (booking_id, service_id, service_name, service_duration, service_price, quantity, addon_services, subtotal)
  select v_booking.id, i.service_id, i.name, i.minutes, i.price, i.quantity, i.addons, i.subtotal
  from app_private.price_items(v_vendor.id, v_services, v_addons) i;
  -- A guest has agreed to no charges of the platform: cancelling and moving are free.
  v_terms.booking_id := v_booking.id;
  v_terms.reschedule_fee := 0;
  v_terms.late_cancel_fee_percentage := 0;
  insert into public.booking_terms values (v_terms.*);
  insert into public.booking_status_history (booking_id, to_status, changed_by)
  values (v_booking.id, 'pending', (select auth.uid()));
  update public.bookings b set status = 'confirmed' where b.id = v_booking.id returning * into v_booking;
  if book_at_desk.provider_id is null then
    perform app_private.assign_to_best(v_booking);
  else
    perform app_private.assign_provider(v_booking, book_at_desk.provider_id);
  end if;
  -- Waits for a transaction that is pausing or unlisting the vendor, and checks the result.
  perform from public.vendors v where v.id = v_vendor.id and v.takes_bookings for share;
  if not found then
    raise exception 'This vendor does not take bookings at present. Resume it first.'
      using errcode = 'OB062', column = 'vendor_id';
  end if;
  perform app_private.tell_desk_guest(v_booking, v_mobile);
  perform app_private.remember_result(book_at_desk.idempotency_key, v_booking.id);
  return app_private.current_booking(v_booking.id);
end
$function$;
comment on function public.book_at_desk(uuid,text,text,uuid[],timestamp with time zone,uuid,uuid[],uuid,text,text) is 'Books a visit for a guest at the vendor''s desk or on the telephone, for services and add-ons or for a package. For the vendor''s owner, admins, managers and receptionists. It may begin at any minute from now on, by default now, and at most 90 days ahead; without providerId the best free provider serves. It is confirmed and assigned at once, without a service charge, and paid at the desk (recordCashPayment). The mobile number is an Indian one; the customer who verifies it can claim the booking (claimBooking). Repeating the same idempotency key repeats the answer. Raises OB001, OB002 (not of the desk), OB003 (no such vendor or provider), OB020, OB060 (past, too far ahead, or not free), OB062 (not offered, or not by this provider, or the vendor takes no bookings), OB066 (key of another request).';
revoke all on function public.book_at_desk(uuid,text,text,uuid[],timestamp with time zone,uuid,uuid[],uuid,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.book_at_desk(uuid,text,text,uuid[],timestamp with time zone,uuid,uuid[],uuid,text,text) to authenticated;
grant execute on function public.book_at_desk(uuid,text,text,uuid[],timestamp with time zone,uuid,uuid[],uuid,text,text) to service_role;

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
  perform app_private.require_nothing_due(v_customer.id);
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
    (customer_id, vendor_id, booking_type, guest_name, booking_date, booking_time, time_zone,
      duration_minutes, total_amount, discount_amount, tax_amount, service_charge, final_amount, special_instructions,
      package_id, expires_at)
  select v_customer.id, v.id, v_hold.booking_type, v_hold.guest_name,
    (v_hold.starts_at at time zone v.time_zone)::date, (v_hold.starts_at at time zone v.time_zone)::time,
    v.time_zone, least(v_price.minutes, v_hold.duration_minutes), v_price.total_amount, v_price.discount_amount,
    v_price.tax_amount, v_price.service_charge, v_price.final_amount,
    confirm_booking.special_instructions, v_hold.package_id, v_hold.expires_at
  from public.vendors v where v.id = v_hold.vendor_id
  returning * into v_booking;
  insert into public.booking_contacts (booking_id, contact_name, contact_mobile, service_location)
  values (v_booking.id, coalesce(confirm_booking.contact_name, v_profile.name),
    coalesce(confirm_booking.contact_mobile, v_profile.mobile), app_private.location_of(v_hold));
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
comment on function public.confirm_booking(uuid,text,integer,numeric,text,text,text) is 'Turns a hold into a booking, at the current price and terms. Points and money from the wallet pay a part at once; with the payment method cash the rest is paid on the day of the service. Each of these confirms the booking. Without them it is pending until startPayment has brought money, and expires with the hold. Raises OB001, OB003, OB020, OB030 (already confirmed), OB037, OB048 (an amount of an earlier booking is due), OB061 (the hold has expired), OB062 (no longer offered, or the vendor takes no bookings), OB063 (not enough money in the wallet), OB064 (not enough points, or more than points may pay), OB065, OB068 (more than it costs).';
revoke all on function public.confirm_booking(uuid,text,integer,numeric,text,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.confirm_booking(uuid,text,integer,numeric,text,text,text) to authenticated;
grant execute on function public.confirm_booking(uuid,text,integer,numeric,text,text,text) to service_role;

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
comment on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid,text) is 'Holds a slot of one provider (10 minutes by default), for services and add-ons or for a package. A home service needs an address; a hotel service takes place at the address or, without one, at the vendor''s premises. A customer has one booking at a time: another at the same time needs the name of the guest who is served then. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB037 (no customer profile or date of birth), OB043 (another booking or hold at this time, and no guest), OB048 (an amount of an earlier booking is due), OB060 (not free, or sooner or later than the vendor takes bookings), OB062 (not offered, or not by this provider, or the vendor takes no bookings), OB065 (too young), OB066 (key of another request), OB071 (too many holds), OB073 (the postal code is not served).';
revoke all on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid,text) to authenticated;
grant execute on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid,text) to service_role;

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
    perform app_private.remember_result(start_payment.idempotency_key, v_done);
  end if;
  select * into strict v_payment from public.payments p where p.id = v_done;
  return v_payment;
end
$function$;
comment on function public.start_payment(uuid,text,text,text,numeric) is 'Starts a payment of your own booking through a gateway, for all that is due or for the given amount. Give the transactionId to the gateway with the order (Razorpay: as the transaction id in the notes); its webhook then reports the result. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB030 (cancelled, expired or paid), OB066 (key of another request), OB068 (more than is due).';
revoke all on function public.start_payment(uuid,text,text,text,numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.start_payment(uuid,text,text,text,numeric) to authenticated;
grant execute on function public.start_payment(uuid,text,text,text,numeric) to service_role;
