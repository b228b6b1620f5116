--! Previous: sha1:f6c82ff77fd830255e5148a05489355976020042
--! Hash: sha1:ec9d83ed2f73671bb7376c887056bc8008f5ecc1
--! Message: sight

--! split: 010-contacts.sql
-- Who sees the name, number and address of a customer, and for how long: the provider from acknowledging until a day
-- after the service and never after leaving, the vendor's desk until some months after it. They were columns of
-- bookings and assignments, which the vendor and the provider see for ever.
-- squawk-ignore-file ban-drop-column, require-concurrent-index-creation, constraint-missing-not-valid, adding-foreign-key-constraint, adding-not-nullable-field, disallowed-unique-constraint

-- What a migration rewrites keeps its times: no one has edited it, and its undo leaves no trace.
alter table public.system_settings disable trigger _100_timestamps;
update public.system_settings
set key = 'booking.provider_contact_hours', category = 'booking',
  description = 'Hours after the service in which its provider sees name, mobile number and address of the customer, or of a guest of the desk'
where key = 'desk.provider_contact_hours';
alter table public.system_settings enable trigger _100_timestamps;
insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('booking.vendor_contact_days', 'booking', '90', 'integer', 1, 3650, false, 'Days after the service in which the vendor''s desk sees name, mobile number and address of the customer');

-- Why the table exists: what a booking says is for all who have to do with it, and this for few, and only for some time.
create table public.booking_contacts (
  booking_id uuid primary key references public.bookings (id) on delete cascade,
  customer_id uuid references public.customers (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  ends_at timestamptz not null,
  contact_name text,
  contact_mobile public.mobile_number,
  service_location jsonb not null
);
alter table public.booking_contacts enable row level security;
-- A customer's own.
create index booking_contacts_customer_id_idx on public.booking_contacts (customer_id) where customer_id is not null;
-- Those that a desk still sees.
create index booking_contacts_vendor_id_idx on public.booking_contacts (vendor_id, ends_at);
insert into public.booking_contacts
  (booking_id, customer_id, vendor_id, ends_at, contact_name, contact_mobile, service_location)
select b.id, b.customer_id, b.vendor_id, b.ends_at, b.contact_name, b.contact_mobile, b.service_location
from public.bookings b;
--! Included functions/booking/tg_booking_contacts__of_booking.sql
create or replace function app_private.tg_booking_contacts__of_booking() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  select b.customer_id, b.vendor_id, b.ends_at into new.customer_id, new.vendor_id, new.ends_at
  from public.bookings b where b.id = new.booking_id;
  return new;
end
$$;
comment on function app_private.tg_booking_contacts__of_booking() is
  'Copies what decides who sees a contact from its booking.';
revoke all on function app_private.tg_booking_contacts__of_booking() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tg_booking_contacts__of_booking.sql
create trigger _300_of_booking before insert on public.booking_contacts
  for each row execute function app_private.tg_booking_contacts__of_booking();
update app_private.audit_redactions set table_name = 'booking_contacts'
where table_name = 'bookings' and column_name = 'service_location';
insert into app_private.audit_redactions values
  ('booking_contacts', 'contact_name'), ('booking_contacts', 'contact_mobile');
create trigger _800_audit after insert or update or delete on public.booking_contacts
  for each row execute function app_private.tg__audit('booking_id');
comment on table public.booking_contacts is
  'Whom to call about a booking, and where it takes place. Visible to the customer; to the vendor''s desk until 90 days after the service by default; to the provider from acknowledging (in the salon: from the assignment) until 24 hours after the service by default, and never after leaving the vendor; and to the platform.';
comment on column public.booking_contacts.booking_id is 'Booking of this contact.';
comment on column public.booking_contacts.customer_id is
  'Customer of the booking, copied from it; null for a desk booking that no one has claimed.';
comment on column public.booking_contacts.vendor_id is 'Vendor of the booking, copied from it.';
comment on column public.booking_contacts.ends_at is 'Instant at which the booking ends, copied from it.';
comment on column public.booking_contacts.contact_name is
  'Name of the contact at the place of service; null when not given.';
comment on column public.booking_contacts.contact_mobile is
  'Mobile number to call about this booking, in E.164 form; null when not given.';
comment on column public.booking_contacts.service_location is
  'Object with the address of the service as agreed, with the keys of a customer address.';
--! Included functions/identity/served_booking_ids.sql
create or replace function app_private.served_booking_ids(p_user_id uuid) returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select b.id from (
      select a.booking_id from public.therapist_assignments a
      join public.therapists t on t.id = a.therapist_id
      where t.user_id = p_user_id and a.status not in ('assigned', 'cancelled')
      union all
      -- In the salon there is nothing to acknowledge.
      select a.booking_id from public.beautician_assignments a
      join public.beauticians k on k.id = a.beautician_id
      where k.user_id = p_user_id and a.status <> 'cancelled'
    ) mine
    join public.bookings b on b.id = mine.booking_id
    where b.status <> 'cancelled'
      and b.ends_at > now() - app_private.setting('booking.provider_contact_hours')::integer * interval '1 hour');
end
$$;
comment on function app_private.served_booking_ids(uuid) is
  'Bookings of a provider from acknowledging them until some hours after the service (booking.provider_contact_hours): as long as the provider sees whom they are for, and where. None once the provider has ended, because the account is unlinked then.';
revoke all on function app_private.served_booking_ids(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/served_booking_ids.sql
--! Included functions/identity/my_served_booking_ids.sql
create or replace function app_private.my_served_booking_ids() returns uuid[]
language sql stable security definer set search_path = '' as $$
  select app_private.served_booking_ids((select auth.uid()))
$$;
comment on function app_private.my_served_booking_ids() is
  'Bookings of the signed-in provider whose customer or guest the provider sees at present: served_booking_ids.';
revoke all on function app_private.my_served_booking_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_served_booking_ids() to authenticated;
--! EndIncluded functions/identity/my_served_booking_ids.sql
--! Included functions/identity/vendor_contact_floor.sql
create or replace function app_private.vendor_contact_floor() returns timestamptz
language plpgsql stable security definer set search_path = '' as $$
begin
  return now() - app_private.setting('booking.vendor_contact_days')::integer * interval '1 day';
end
$$;
comment on function app_private.vendor_contact_floor() is
  'A vendor''s desk sees name, number and address of a customer in bookings that end after this instant (booking.vendor_contact_days).';
revoke all on function app_private.vendor_contact_floor() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.vendor_contact_floor() to authenticated;
--! EndIncluded functions/identity/vendor_contact_floor.sql
create policy select_party on public.booking_contacts for select to authenticated
  using (
    customer_id = (select auth.uid())
    or (vendor_id = any ((select app_private.my_vendor_ids('bookings'))::uuid[])
      and ends_at > (select app_private.vendor_contact_floor()))
    or booking_id = any ((select app_private.my_served_booking_ids())::uuid[])
  );
create policy select_staff on public.booking_contacts for select to staff
  using (
    booking_id >= (select app_private.floor_uuid('bookings.read'))
    and ends_at >= (select app_private.floor_instant('bookings.read'))
  );
-- Withheld: every write. confirmBooking and bookAtDesk write it, and it follows its booking.
grant select on public.booking_contacts to authenticated, staff;
insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.booking_contacts', 'customer_id', true), ('public.booking_contacts', 'booking_id', false),
  ('public.booking_contacts', 'vendor_id', false);

--! Included functions/booking/tg_bookings__contact.sql
create or replace function app_private.tg_bookings__contact() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.booking_contacts c
  set customer_id = new.customer_id, vendor_id = new.vendor_id, ends_at = new.ends_at
  where c.booking_id = new.id;
  return null;
end
$$;
comment on function app_private.tg_bookings__contact() is
  'Keeps the contact of a booking in step when the booking moves or is claimed.';
revoke all on function app_private.tg_bookings__contact() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tg_bookings__contact.sql
create trigger _350_contact after update of customer_id, vendor_id, booking_date, booking_time, time_zone, duration_minutes
  on public.bookings for each row
  when (old.customer_id is distinct from new.customer_id or old.vendor_id is distinct from new.vendor_id
    or old.ends_at is distinct from new.ends_at)
  execute function app_private.tg_bookings__contact();

--! Included functions/booking/place_of_booking.sql
create or replace function app_private.place_of_booking(p_booking public.bookings) returns app_private.place
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select row(r.is_at_vendor, r.latitude, r.longitude)::app_private.place
     from app_private.provider_reservations r where r.booking_id = p_booking.id),
    -- An imported booking.
    (select case when p_booking.booking_type = 'home_service'
      then row(false, (c.service_location ->> 'latitude')::numeric,
        (c.service_location ->> 'longitude')::numeric)::app_private.place
      else row(true, v.latitude, v.longitude)::app_private.place end
     from public.vendors v
     left join public.booking_contacts c on c.booking_id = p_booking.id
     where v.id = p_booking.vendor_id))
$$;
comment on function app_private.place_of_booking(public.bookings) is 'Place of a booking.';
revoke all on function app_private.place_of_booking(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/place_of_booking.sql
--! Included functions/booking/assign_provider.sql
create or replace function app_private.assign_provider(p_booking public.bookings, p_provider_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_provider public.providers;
  v_place app_private.place := app_private.place_of_booking(p_booking);
  v_is_reserved boolean;
begin
  if p_booking.status not in ('confirmed', 'assigned') then
    raise exception 'A booking that is % cannot be assigned. Reload the booking.', replace(p_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if not exists (
    select from public.providers p where p.id = p_provider_id and p.vendor_id = p_booking.vendor_id) then
    raise exception 'This vendor has no provider with this id. Check the id.'
      using errcode = 'OB003', column = 'provider_id';
  end if;
  -- Before anything of the provider is read, because the provider may be suspended at this moment.
  v_provider := app_private.lock_provider(p_provider_id);
  if app_private.assigned_provider(p_booking.id) = p_provider_id then
    raise exception 'This provider already has the booking. Choose another provider.' using errcode = 'OB030';
  end if;
  v_is_reserved := exists (
    select from app_private.provider_reservations r
    where r.booking_id = p_booking.id and r.provider_id = p_provider_id
      and (r.starts_at, r.ends_at) = (p_booking.starts_at, p_booking.ends_at));
  -- A pause stops new bookings, but not existing reservations.
  if not v_provider.is_listed
    and not (v_is_reserved and (app_private.person_of(p_provider_id)).status = 'paused') then
    raise exception 'This provider does not take bookings at present. Choose another provider.'
      using errcode = 'OB060', column = 'provider_id';
  end if;

  -- A provider who already has the reservation needs no new one.
  if not v_is_reserved then
    if p_provider_id not in (
      select q from app_private.qualified_providers(
        p_booking.vendor_id, app_private.services_of(p_booking.id), p_booking.booking_type) q) then
      raise exception 'This provider does not perform all of these services at this place. Choose another provider.'
        using errcode = 'OB062', column = 'provider_id';
    end if;
    perform app_private.reserve_provider(p_provider_id, p_booking.starts_at, p_booking.duration_minutes,
      v_place, null, p_booking.id);
  end if;

  perform app_private.cancel_assignments(p_booking.id);
  if v_provider.kind = 'therapist' then
    insert into public.therapist_assignments
      (booking_id, therapist_id, vendor_id, customer_id, service_id, assignment_date, assignment_time,
        estimated_duration)
    select p_booking.id, v_provider.therapist_id, p_booking.vendor_id, p_booking.customer_id,
      (app_private.services_of(p_booking.id))[1], p_booking.booking_date, p_booking.booking_time,
      p_booking.duration_minutes;
  else
    insert into public.beautician_assignments (booking_id, beautician_id, vendor_id, customer_id, assignment_time)
    values (p_booking.id, v_provider.beautician_id, p_booking.vendor_id, p_booking.customer_id,
      p_booking.starts_at);
  end if;
  update public.booking_items i set therapist_id = v_provider.therapist_id
  where i.booking_id = p_booking.id and i.therapist_id is distinct from v_provider.therapist_id;
  update public.bookings b set status = 'assigned', status_reason = null
  where b.id = p_booking.id and b.status <> 'assigned';
end
$$;
comment on function app_private.assign_provider(public.bookings, uuid) is
  'Assigns a locked booking to a provider, in place of the previous one. Raises OB003, OB030, OB060 (not free, or takes no bookings), OB062 (not qualified).';
revoke all on function app_private.assign_provider(public.bookings, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/assign_provider.sql
--! Included functions/booking/confirm_booking.sql
create or replace function public.confirm_booking(
  hold_id uuid, payment_method text default null, points integer default 0, wallet_amount numeric default 0,
  special_instructions text default null, contact_name text default null, contact_mobile text default null
) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function public.confirm_booking(uuid, text, integer, numeric, text, text, text) is
  'Turns a hold into a booking, at the current price and terms. Points and money from the wallet pay a part at once; with the payment method cash the rest is paid on the day of the service. Each of these confirms the booking. Without them it is pending until startPayment has brought money, and expires with the hold. Raises OB001, OB003, OB020, OB030 (already confirmed), OB037, OB048 (an amount of an earlier booking is due), OB061 (the hold has expired), OB062 (no longer offered, or the vendor takes no bookings), OB063 (not enough money in the wallet), OB064 (not enough points, or more than points may pay), OB065, OB068 (more than it costs).';
revoke all on function public.confirm_booking(uuid, text, integer, numeric, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.confirm_booking(uuid, text, integer, numeric, text, text, text) to authenticated;
--! EndIncluded functions/booking/confirm_booking.sql
--! Included functions/booking/is_platform_customer.sql
create or replace function app_private.is_platform_customer(p_vendor_id uuid, p_mobile text) returns boolean
language sql stable security definer set search_path = '' as $$
  select p_mobile is not null and exists (
    select from public.bookings b
    where b.vendor_id = p_vendor_id and b.channel = 'platform'
      and b.booking_date >= app_private.vendor_day(p_vendor_id)
        - app_private.setting('desk.platform_customer_days')::integer
      -- Those that were never paid have lapsed and keep the time at which they did.
      and b.status <> 'pending' and b.expires_at is null
      and (exists (
          select from public.booking_contacts c where c.booking_id = b.id and c.contact_mobile = p_mobile)
        or b.customer_id in (select p.id from public.user_profiles p where p.mobile = p_mobile)))
$$;
comment on function app_private.is_platform_customer(uuid, text) is
  'Whether someone with this mobile number has or had a confirmed booking through the platform at a vendor, coming or of the last days (desk.platform_customer_days), cancelled ones too: a vendor does not save the commission by cancelling and booking at the desk.';
revoke all on function app_private.is_platform_customer(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/is_platform_customer.sql
--! Included functions/booking/book_at_desk.sql
create or replace function public.book_at_desk(
  vendor_id uuid, guest_name text, idempotency_key text, service_ids uuid[] default null,
  starts_at timestamptz default null, provider_id uuid default null, addon_ids uuid[] default null,
  package_id uuid default null, guest_mobile text default null, special_instructions text default null
) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function public.book_at_desk(uuid, text, text, uuid[], timestamptz, uuid, uuid[], uuid, text, text) is
  'Books a visit for a guest at the vendor''s desk or on the telephone, for services and add-ons or for a package. For the vendor''s owner, admins, managers and receptionists. It may begin at any minute from now on, by default now, and at most 90 days ahead; without providerId the best free provider serves. It is confirmed and assigned at once, without a service charge, and paid at the desk (recordCashPayment). The mobile number is an Indian one; the customer who verifies it can claim the booking (claimBooking). Repeating the same idempotency key repeats the answer. Raises OB001, OB002 (not of the desk), OB003 (no such vendor or provider), OB020, OB060 (past, too far ahead, or not free), OB062 (not offered, or not by this provider, or the vendor takes no bookings), OB066 (key of another request).';
revoke all on function public.book_at_desk(uuid, text, text, uuid[], timestamptz, uuid, uuid[], uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.book_at_desk(uuid, text, text, uuid[], timestamptz, uuid, uuid[], uuid, text, text) to authenticated;
--! EndIncluded functions/booking/book_at_desk.sql
--! Included functions/customers/forget_bookings.sql
create or replace function app_private.forget_bookings(p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_ids uuid[] := array(select b.id from public.bookings b where b.customer_id = p_user_id);
begin
  delete from public.booking_notes n where n.booking_id = any (v_ids);
  delete from public.therapist_locations l where l.booking_id = any (v_ids);
  delete from app_private.provider_reservations r where r.booking_id = any (v_ids);
  update public.therapist_assignments a
  set customer_feedback = null, notes = null
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
  update public.booking_contacts c
  set service_location = case
      when b.booking_type = 'spa_visit' then c.service_location
      else jsonb_strip_nulls(jsonb_build_object('city', c.service_location -> 'city',
        'state', c.service_location -> 'state', 'pincode', c.service_location -> 'pincode')) end,
    contact_name = null, contact_mobile = null
  from public.bookings b
  where b.id = c.booking_id and c.customer_id = p_user_id;
  update public.bookings b
  set guest_name = null, special_instructions = null, cancellation_reason = null, status_reason = null
  where b.customer_id = p_user_id;
  update public.desk_bookings d set guest_name = null, guest_mobile = null where d.customer_id = p_user_id;
  update public.payments p set refund_reason = null where p.customer_id = p_user_id and p.refund_reason is not null;
  update public.payment_private_details d set gateway_response = null, metadata = '{}'
  where d.payment_id in (select p.id from public.payments p where p.customer_id = p_user_id);
  update public.refunds r set refund_reason = 'Deleted', notes = null where r.customer_id = p_user_id;
  update public.reviews r set title = null, review_text = null, photos = null where r.customer_id = p_user_id;
  update public.vendor_reviews r set review_title = null, review_text = null, photos = null
  where r.customer_id = p_user_id;
end
$$;
comment on function app_private.forget_bookings(uuid) is
  'Removes what identifies a customer from bookings, payments and reviews; times, services, money and stars stay.';
revoke all on function app_private.forget_bookings(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/forget_bookings.sql
--! Included functions/customers/book_again.sql
create or replace function public.book_again(booking_id uuid) returns public.rebooking
language plpgsql stable security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_hold public.booking_holds;
  v_package public.service_packages;
  v_services uuid[];
  v_addons uuid[];
  v_address public.customer_addresses;
  v_price app_private.price;
  v_again public.rebooking;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_booking from public.bookings b
  where b.id = book_again.booking_id and b.customer_id = (select auth.uid());
  if not found then
    raise exception 'You have no booking with this id. Check the id.' using errcode = 'OB003';
  end if;
  -- Imported bookings have none.
  select * into v_hold from public.booking_holds h where h.booking_id = v_booking.id;
  v_again.booking_id := v_booking.id;
  v_again.booking_type := v_booking.booking_type;
  v_again.not_offered := '{}';
  select v.id into v_again.vendor_id from public.vendors v
  where v.id = v_booking.vendor_id and v.takes_bookings;

  -- Services and add-ons.
  if v_booking.package_id is not null then
    select * into v_package from public.service_packages p
    where p.id = v_booking.package_id and p.is_active
      and v_again.vendor_id is not null
      and p.service_ids <@ array(
        select o.service_id from public.vendor_services o
        join public.services s on s.id = o.service_id and s.is_active
        where o.vendor_id = v_again.vendor_id and o.is_available)
      and coalesce(p.addon_ids, '{}') <@ array(select a.id from public.addon_services a where a.is_active);
    if not found then
      select array[p.name] into v_again.not_offered
      from public.service_packages p where p.id = v_booking.package_id;
    end if;
  end if;
  if v_package.id is not null then
    v_again.package_id := v_package.id;
    v_services := v_package.service_ids;
    v_addons := coalesce(v_package.addon_ids, '{}');
  else
    select coalesce(array_agg(i.service_id order by i.addon_services = '[]', i.created_at, i.id)
        filter (where o.id is not null), '{}'),
      v_again.not_offered
        || coalesce(array_agg(distinct i.service_name) filter (where o.id is null), '{}')
      into v_services, v_again.not_offered
    from public.booking_items i
    cross join generate_series(1, i.quantity)
    left join public.services s on s.id = i.service_id and s.is_active
    left join public.vendor_services o
      on o.vendor_id = v_again.vendor_id and o.service_id = s.id and o.is_available
    where i.booking_id = v_booking.id;
    select coalesce(array_agg(distinct a.id) filter (where a.id is not null), '{}'),
      v_again.not_offered
        || coalesce(array_agg(distinct was.value ->> 'name') filter (where a.id is null), '{}')
      into v_addons, v_again.not_offered
    from public.booking_items i
    cross join jsonb_array_elements(i.addon_services) was
    left join public.addon_services a
      on a.id = (was.value ->> 'id')::uuid and a.is_active and v_services <> '{}'
    where i.booking_id = v_booking.id;
    v_again.service_ids := v_services;
    v_again.addon_ids := v_addons;
  end if;
  if v_services = '{}' then
    return v_again;
  end if;

  -- Provider and place.
  select q into v_again.provider_id
  from app_private.qualified_providers(v_again.vendor_id, v_services, v_booking.booking_type) q
  where q = coalesce(app_private.assigned_provider(v_booking.id), v_hold.provider_id);
  if v_booking.booking_type <> 'spa_visit' then
    select * into v_address from public.customer_addresses a
    where a.customer_id = v_booking.customer_id
      and (a.id = v_hold.address_id
        or (v_hold.address_id is null and exists (
          select from public.booking_contacts c
          where c.booking_id = v_booking.id and c.service_location ->> 'pincode' = a.pincode
            and c.service_location ->> 'address_line1' = a.address_line1)))
      and (public.serviceable(a.pincode)).is_serviceable
    order by a.is_default desc, a.id
    limit 1;
    v_again.address_id := v_address.id;
  end if;

  v_price := app_private.price_of(v_again.vendor_id, v_services, v_addons, v_again.package_id,
    v_booking.booking_type, v_address.pincode);
  v_again.minutes := v_price.minutes;
  v_again.total_amount := v_price.total_amount;
  v_again.discount_amount := v_price.discount_amount;
  v_again.service_charge := v_price.service_charge;
  v_again.tax_amount := v_price.tax_amount;
  v_again.final_amount := v_price.final_amount;
  return v_again;
end
$$;
comment on function public.book_again(uuid) is
  'What one of your own bookings would be today: what is still offered, by which provider, where, and its current price. Use availableSlots for a time, then holdSlot with this result. Raises OB001, OB003.';
revoke all on function public.book_again(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.book_again(uuid) to authenticated;
--! EndIncluded functions/customers/book_again.sql
drop function app_private.calendar_event(public.bookings, boolean);
--! Included functions/customers/calendar_event.sql
create or replace function app_private.calendar_event(
  p_booking public.bookings, p_is_told boolean, p_knows_place boolean
) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'uid', p_booking.id || '@ombaro',
    -- A move, a cancellation and every other step of the booking is recorded, and no record is removed.
    'sequence', (select count(*) from public.booking_status_history h where h.booking_id = p_booking.id),
    'created_at', p_booking.created_at,
    'updated_at', p_booking.updated_at,
    'starts_at', p_booking.starts_at,
    'ends_at', p_booking.ends_at,
    'status', case p_booking.status
      when 'cancelled' then 'CANCELLED' when 'pending' then 'TENTATIVE' else 'CONFIRMED' end,
    'summary', case
      when p_is_told then concat_ws(' · ',
        (select string_agg(
          i.service_name || case when i.quantity > 1 then ' ×' || i.quantity else '' end, ', '
          order by i.service_name)
         from public.booking_items i where i.booking_id = p_booking.id),
        (select v.business_name from public.vendors v where v.id = p_booking.vendor_id))
      else p_booking.booking_number end,
    'location', (
      select nullif(concat_ws(', ', c.service_location ->> 'address_line1', c.service_location ->> 'address_line2',
        c.service_location ->> 'landmark', c.service_location ->> 'city', c.service_location ->> 'pincode'), '')
      from public.booking_contacts c
      -- A visit is at the vendor's own address, which the vendor's page shows.
      where c.booking_id = p_booking.id and p_is_told and (p_knows_place or p_booking.booking_type = 'spa_visit')),
    'description', 'OMBARO ' || p_booking.booking_number)
$$;
comment on function app_private.calendar_event(public.bookings, boolean, boolean) is
  'A booking as a calendar event, with the values of iCalendar (RFC 5545); without description and place for a reader who may no longer see them, and without the address of a home or hotel for one who does not see it (p_knows_place).';
revoke all on function app_private.calendar_event(public.bookings, boolean, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/calendar_event.sql
--! Included functions/customers/bookings_calendar.sql
create or replace function public.bookings_calendar(booking public.bookings) returns jsonb
language sql stable security definer set search_path = '' as $$
  -- Looked up again, because it runs with the owner's rights and the caller could pass any row.
  select app_private.calendar_event(b, true,
    b.customer_id = (select auth.uid())
      or (b.vendor_id = any ((select app_private.my_vendor_ids('bookings'))::uuid[])
        and b.ends_at > app_private.vendor_contact_floor())
      or b.id = any ((select app_private.my_served_booking_ids())::uuid[]))
  from public.bookings b
  where b.id = booking.id and (
    b.customer_id = (select auth.uid())
    or b.vendor_id = any ((select app_private.my_vendor_ids('bookings'))::uuid[])
    or b.id = any ((select app_private.my_assigned_booking_ids())::uuid[])
  )
$$;
comment on function public.bookings_calendar(public.bookings) is
  'The booking as a calendar event, for its customer, the vendor''s staff and its provider; null for others; with the address while they see it. The API writes it as an iCalendar file.';
revoke all on function public.bookings_calendar(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.bookings_calendar(public.bookings) to authenticated, staff;
--! EndIncluded functions/customers/bookings_calendar.sql
--! Included functions/customers/read_calendar_feed.sql
create or replace function app_private.read_calendar_feed(p_key_hash bytea)
returns table (last_modified timestamptz, events jsonb)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_feed app_private.calendar_feeds;
  v_past interval := app_private.setting('calendar.past_days')::integer * interval '1 day';
  v_contact interval := app_private.setting('booking.provider_contact_hours')::integer * interval '1 hour';
  v_served uuid[];
  v_future interval := app_private.setting('calendar.future_days')::integer * interval '1 day';
begin
  select * into v_feed from app_private.calendar_feeds f where f.key_hash = p_key_hash;
  if not found or not app_private.is_account_active(v_feed.user_id) then
    return;
  end if;
  v_served := app_private.served_booking_ids(v_feed.user_id);
  return query
  select
    -- Hidden bookings count too, as they may have been shown before; and so does the day on which an event
    -- enters the feed or loses its address.
    coalesce(max(greatest(b.updated_at, a.changed_at, v.updated_at, b.starts_at - v_future,
      case when b.ends_at + v_contact <= now() then b.ends_at + v_contact end)), v_feed.created_at),
    coalesce(jsonb_agg(app_private.calendar_event(b, a.is_told, b.id = any (v_served)) order by b.starts_at, b.id) filter (
      -- Bookings that were reassigned are gone. Bookings that were cancelled while assigned to the provider
      -- are shown as cancelled.
      where a.is_told or (b.status = 'cancelled' and a.changed_at >= b.cancelled_at)), '[]')
  from (
    select m.booking_id, bool_or(m.status <> 'cancelled') as is_told, max(m.updated_at) as changed_at
    from (
      select s.booking_id, s.status, s.updated_at from public.therapist_assignments s
      join public.therapists t on t.id = s.therapist_id where t.user_id = v_feed.user_id
      union all
      select s.booking_id, s.status, s.updated_at from public.beautician_assignments s
      join public.beauticians t on t.id = s.beautician_id where t.user_id = v_feed.user_id
    ) m
    group by m.booking_id
  ) a
  join public.bookings b on b.id = a.booking_id
  join public.vendors v on v.id = b.vendor_id
  where b.ends_at > now() - v_past and b.starts_at <= now() + v_future;
end
$$;
comment on function app_private.read_calendar_feed(bytea) is
  'The events of the feed with this SHA-256 of its key, and when the newest of them changed; no row when there is none, or its user''s account is not active.';
revoke all on function app_private.read_calendar_feed(bytea) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.read_calendar_feed(bytea) to ombaro_api;
--! EndIncluded functions/customers/read_calendar_feed.sql
alter table public.bookings drop column service_location, drop column contact_name, drop column contact_mobile;
-- The address of an assignment is its booking's.
alter table public.therapist_assignments
  drop column location_address, drop column location_latitude, drop column location_longitude;

--! split: 020-reviews.sql
-- A review of a booking or a service says nothing of the vendor, so it stayed public when the vendor was unlisted.

alter table public.reviews add column vendor_id uuid references public.vendors (id) on delete restrict;
alter table public.reviews disable trigger user;
update public.reviews r set vendor_id = app_private.vendor_of_review(r);
alter table public.reviews enable trigger user;
create index reviews_vendor_id_idx on public.reviews (vendor_id) where vendor_id is not null;
comment on column public.reviews.vendor_id is
  'Vendor whose work it is about, copied when it is written; null for a service in a review without a booking, as older data has it.';
insert into app_private.personal_links (table_name, column_name, is_about) values ('public.reviews', 'vendor_id', false);
--! Included functions/reviews/tg_reviews__vendor.sql
create or replace function app_private.tg_reviews__vendor() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  new.vendor_id := app_private.vendor_of_review(new);
  return new;
end
$$;
comment on function app_private.tg_reviews__vendor() is
  'Copies the vendor that a review is about, so that the review is hidden with it.';
revoke all on function app_private.tg_reviews__vendor() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/tg_reviews__vendor.sql
create trigger _300_vendor before insert or update of vendor_id, booking_id, reviewable_type, reviewable_id
  on public.reviews for each row execute function app_private.tg_reviews__vendor();
alter policy select_anon on public.reviews
  using (status = 'approved'
    and (vendor_id is null or exists (select from public.vendors v where v.id = reviews.vendor_id))
    and case reviewable_type
      when 'therapist' then exists (select from public.therapists t where t.id = reviews.reviewable_id)
      when 'beautician' then exists (select from public.beauticians b where b.id = reviews.reviewable_id)
      else true
    end);
alter policy select_signed_in on public.reviews
  using ((status = 'approved'
    and (vendor_id is null or exists (select from public.vendors v where v.id = reviews.vendor_id))
    and case reviewable_type
      when 'therapist' then exists (select from public.therapists t where t.id = reviews.reviewable_id)
      when 'beautician' then exists (select from public.beauticians b where b.id = reviews.reviewable_id)
      else true
    end)
    or customer_id = (select auth.uid()));
alter policy select_staff on public.reviews
  using ((status = 'approved'
    and (vendor_id is null or exists (select from public.vendors v where v.id = reviews.vendor_id))
    and case reviewable_type
      when 'therapist' then exists (select from public.therapists t where t.id = reviews.reviewable_id)
      when 'beautician' then exists (select from public.beauticians b where b.id = reviews.reviewable_id)
      else true
    end)
    or (select app_private.has_permission('reviews.read')));

--! split: 030-figures.sql
-- Figures of the departments that were wrong: every user with a customer's profile counted as a customer, cash in vendors'
-- hands and points as money of the platform, and a refund changed the revenue of the day of the service.

insert into app_private.computed_figures (code, counted_with) values ('sign_ups', 'customers');
update app_private.computed_figures set counted_with = 'first_bookings' where code in ('new_customers', 'data_quality');
alter table public.kpi_definitions disable trigger _100_timestamps;
update public.kpi_definitions k
set computed_from = f.computed_from, description = f.description
from (values
  ('finance_revenue', 'revenue', 'Commission of the platform on completed bookings, by the day of the commission record, less what refunds take back of it, by the day of the refund'),
  ('accounts_revenue', 'revenue', 'Commission of the platform on completed bookings, by the day of the commission record, less what refunds take back of it, by the day of the refund'),
  ('finance_cash_flow', 'cash_flow', 'Rupees received through payment gateways, less those refunded through them and those paid out to vendors; without the wallet, points and what vendors receive themselves'),
  ('accounts_balance', 'cash_flow', 'Rupees received through payment gateways, less those refunded through them and those paid out to vendors, since the beginning'),
  ('accounts_payments', 'payments_received', 'Rupees received through payment gateways, including those refunded later; without the wallet, points and what vendors receive themselves'),
  ('marketing_leads', 'sign_ups', 'People who signed up, without those who work for a vendor or the platform'),
  ('marketing_conversion', 'conversion', 'Percentage of those who signed up who booked within 30 days'),
  ('fo_efficiency', 'completion', 'Percentage of the bookings for a day that were completed and not cancelled; without those that lapsed unpaid'),
  ('ops_efficiency', 'completion', 'Percentage of the bookings for a day that were completed and not cancelled; without those that lapsed unpaid'),
  ('ops_bookings', 'bookings_made', 'Bookings made; without those that lapsed unpaid'),
  ('customer_data_total_customers', 'new_customers', 'People who have booked, by the day of their first booking'),
  ('customer_data_segments', 'customer_segments', 'Membership tiers that have customers who booked'),
  ('customer_data_data_quality', 'data_quality', 'Percentage of those who have booked with a complete profile and a verified mobile number')
) f (code, computed_from, description)
where k.code = f.code;
alter table public.kpi_definitions enable trigger _100_timestamps;

-- Those of a day who signed up.
create index user_profiles_created_at_idx on public.user_profiles (created_at);

--! Included functions/dashboards/figures_of_days.sql
create or replace function app_private.figures_of_days(p_group text, p_days date[])
returns table (figure text, day date, value numeric, weight numeric)
language plpgsql stable security definer set search_path = '' as $$
begin
  case p_group
  when 'money' then
    -- payments_payment_date_idx, refunds_processed_at_idx, vendor_payouts_payment_date_idx.
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
    cross join lateral (values
      ('payments_received', p.received),
      ('cash_flow', case when num_nonnulls(p.received, r.refunded, v.paid_out) > 0 then
        coalesce(p.received, 0) - coalesce(r.refunded, 0) - coalesce(v.paid_out, 0) end)
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
          select sum(t.commission_amount + t.platform_amount)
          from public.refund_decisions t where t.booking_id = c.booking_id), 0)) as earned
      from public.commission_records c
      where c.created_at >= app_private.start_of(d.day)
        and c.created_at < app_private.start_of(d.day + 1)
    ) c
    cross join lateral (
      select sum(t.commission_amount + t.platform_amount) as taken_back
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
$$;
comment on function app_private.figures_of_days(text, date[]) is
  'The figures of one group for these days: the value, and the number of cases where it is an average. A day without events has no row.';
revoke all on function app_private.figures_of_days(text, date[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/figures_of_days.sql
--! Included functions/dashboards/figures_of_now.sql
create or replace function app_private.figures_of_now() returns table (figure text, value numeric)
language sql stable security definer set search_path = '' as $$
  -- The large tables are read through an index with the state, and these states contain only open work:
  -- bookings_status_idx, commission_records_unsettled_idx, support_tickets_status_idx,
  -- error_logs_unresolved_idx, vendor_applications_status_idx.
  select 'active_bookings', count(*)::numeric from public.bookings b
  where b.status in ('confirmed', 'assigned', 'in_progress')
  union all
  select 'unsettled_records', count(*) from public.commission_records c
  where c.settlement_status <> 'settled'
  union all
  select f.figure, f.value
  from (
    select count(*) as open, count(*) filter (where t.category = 'technical') as technical
    from public.support_tickets t
    where t.status in ('open', 'in_progress', 'waiting_response', 'reopened')
  ) t
  cross join lateral (values ('open_tickets', t.open), ('open_technical_tickets', t.technical))
    f (figure, value)
  union all
  select 'unresolved_errors', count(*) from public.error_logs e where not e.resolved
  union all
  select 'pending_applications', count(*) from public.vendor_applications a
  where a.status in ('fo_review', 'manager_review', 'director_review', 'admin_review', 'on_hold',
    'additional_info_required')
  union all
  -- Employees, vendors and departments are few: they are read completely.
  select f.figure, f.value
  from (
    select count(*) as employed,
      count(*) filter (where e.status = 'active') as on_duty,
      count(*) filter (where e.status = 'on_leave') as on_leave
    from public.employees e
    where e.is_active and e.status in ('active', 'on_leave')
  ) e
  cross join lateral (values
    ('employees', e.employed::numeric), ('employees_on_duty', e.on_duty),
    ('employees_on_leave', e.on_leave), ('attendance', 100.0 * e.on_duty / nullif(e.employed, 0))
  ) f (figure, value)
  union all
  select f.figure, f.value
  from (
    select count(*) as listed, count(distinct (v.state, v.city)) as cities
    from public.vendors v where v.is_listed
  ) v
  cross join lateral (values ('listed_vendors', v.listed), ('locations', v.cities))
    f (figure, value)
  union all
  select 'budget', nullif(sum(d.budget_allocated), 0) from public.departments d
  union all
  select 'directors', count(*)
  from (
    select a.user_id
    from public.department_user_assignments a
    join public.departments d on d.id = a.department_id
    where d.code = 'DIRECTORS' and a.status = 'active'
      and now() between a.valid_from and coalesce(a.valid_until, 'infinity')
    union
    -- Through user_roles_department_id_idx and user_roles_role_id_idx: every customer has a role.
    select ur.user_id
    from public.departments d
    join lateral (
      select ur.* from public.user_roles ur where ur.department_id = d.id
      union all
      select ur.* from public.roles r
      join public.user_roles ur on ur.role_id = r.id and ur.department_id is null
      where r.department_id = d.id
    ) ur on ur.status = 'active'
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
    join public.roles r on r.id = ur.role_id and r.status = 'active'
    where d.code = 'DIRECTORS'
  ) m
  union all
  -- A range of customer_last_bookings_day_idx, one entry per customer who booked recently.
  select 'active_customers', count(*) from app_private.customer_last_bookings l
  where l.day > app_private.today() - 90
  union all
  select 'customer_segments', count(*) from enums.membership_tier t
  where exists (
    select from public.customers c
    join app_private.customer_last_bookings l on l.customer_id = c.id
    where c.membership_tier = t.value)
  union all
  -- user_sessions_last_activity_at_idx: those of today.
  select 'active_users', count(distinct s.user_id) from public.user_sessions s
  where s.last_activity_at >= app_private.start_of(app_private.today())
  union all
  select 'database_health', 100.0 * s.blks_hit / nullif(s.blks_hit + s.blks_read, 0)
  from pg_catalog.pg_stat_database s where s.datname = current_database()
$$;
comment on function app_private.figures_of_now() is
  'The figures of the moment. Each refresh records them for today, so that the last refresh of a day is what remains for it.';
revoke all on function app_private.figures_of_now() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/figures_of_now.sql
--! Included functions/dashboards/record_figures.sql
create or replace function app_private.record_figures(p_group text, p_days date[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_group = 'bookings' then
    insert into app_private.customer_last_bookings (customer_id, day)
    select b.customer_id, max(d.day)
    from unnest(p_days) d (day)
    cross join lateral (
      select b.customer_id from public.bookings b
      where b.created_at >= app_private.start_of(d.day)
        and b.created_at < app_private.start_of(d.day + 1)
        and b.customer_id is not null and b.status <> 'pending' and b.expires_at is null
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
$$;
comment on function app_private.record_figures(text, date[]) is
  'Counts one group for these days and writes changed values.';
revoke all on function app_private.record_figures(text, date[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/record_figures.sql
--! Included functions/dashboards/recount_dashboards.sql
create or replace function app_private.recount_dashboards() returns void
language plpgsql volatile security definer set search_path = '' set jit = off as $$
declare
  v_group text;
  v_days date[];
begin
  perform pg_advisory_xact_lock(hashtext('dashboard refresh'));
  -- Before counting: changes that are committed meanwhile stay recorded and are counted at the next refresh.
  delete from app_private.figure_changes;
  delete from app_private.customer_last_bookings;
  select array_agg(g.day::date) into v_days
  from (
    select least(
        (select min(v.day) from public.kpi_values v where v.entered_by is null),
        (select min(b.booking_date) from public.bookings b),
        app_private.day_of((select min(b.created_at) from public.bookings b)),
        app_private.day_of((select min(p.payment_date) from public.payments p)),
        app_private.day_of((select min(r.processed_at) from public.refunds r)),
        app_private.day_of((select min(p.payment_date) from public.vendor_payouts p)),
        app_private.day_of((select min(c.created_at) from public.commission_records c)),
        app_private.day_of((select min(d.created_at) from public.refund_decisions d)),
        app_private.day_of((select min(p.created_at) from public.user_profiles p)),
        app_private.day_of((select min(r.created_at) from public.reviews r)),
        app_private.day_of((select min(r.created_at) from public.vendor_reviews r)),
        app_private.day_of((select min(t.created_at) from public.support_tickets t)),
        app_private.day_of((select min(t.resolved_at) from public.support_tickets t)),
        app_private.day_of((select min(v.created_at) from public.vendors v)),
        app_private.today()) as first,
      greatest((select max(b.booking_date) from public.bookings b), app_private.today()) as last
  ) span
  -- A mistyped year must not create a million days.
  cross join lateral generate_series(
    greatest(span.first, '2000-01-01')::timestamp,
    least(span.last, app_private.today() + 366)::timestamp,
    interval '1 day') g (day);
  for v_group in
    select distinct c.counted_with from app_private.computed_figures c
    where c.counted_with is not null order by 1
  loop
    perform app_private.record_figures(v_group, v_days);
  end loop;
  perform app_private.record_figures_of_now();
  perform app_private.update_dashboard_data();
  update app_private.figure_refreshes set recounted_at = now(), refreshed_at = now();
end
$$;
comment on function app_private.recount_dashboards() is
  'Counts every computed figure of every day again: for verification, and after rows were loaded with triggers off (demo data, import, restore). Reads the large tables completely; it takes seconds with a million bookings.';
revoke all on function app_private.recount_dashboards() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.recount_dashboards() to ombaro_worker;
--! EndIncluded functions/dashboards/recount_dashboards.sql
--! Included functions/dashboards/tg_bookings__figure_days.sql
create or replace function app_private.tg_bookings__figure_days() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_made timestamptz := coalesce(new.created_at, old.created_at);
begin
  insert into app_private.figure_changes (figure_group, day)
  select distinct 'outcomes', d.day
  from unnest(array[old.booking_date, new.booking_date]) d (day)
  where d.day is not null;
  -- Whether it counts as a booking, and of whom, is decided when it is confirmed, lapses or is claimed.
  if tg_op = 'UPDATE' and (old.status = 'pending') = (new.status = 'pending')
    and (old.expires_at is null) = (new.expires_at is null)
    and old.customer_id is not distinct from new.customer_id
  then
    return null;
  end if;
  insert into app_private.figure_changes (figure_group, day)
  select g.name, app_private.day_of(v_made) from unnest(array['bookings', 'first_bookings']) g (name);
  -- Whether a sign-up led to a booking is decided in its first 30 days.
  insert into app_private.figure_changes (figure_group, day)
  select 'customers', app_private.day_of(p.created_at)
  from public.user_profiles p
  where p.id in (old.customer_id, new.customer_id) and v_made < p.created_at + interval '30 days';
  -- Another of the same customer may be the first now, or no longer.
  insert into app_private.figure_changes (figure_group, day)
  select 'first_bookings', app_private.day_of(min(b.created_at))
  from public.bookings b
  where b.customer_id in (old.customer_id, new.customer_id) and b.id <> coalesce(new.id, old.id)
    and b.status <> 'pending' and b.expires_at is null
  group by b.customer_id;
  return null;
end
$$;
comment on function app_private.tg_bookings__figure_days() is
  'Records the days for which a booking counts: when it takes place and, where it becomes or ceases to be a booking of a customer, when it was made, when that customer first booked, and when the customer signed up.';
revoke all on function app_private.tg_bookings__figure_days() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/tg_bookings__figure_days.sql
--! Included functions/dashboards/tg_user_profiles__figure_days.sql
create or replace function app_private.tg_user_profiles__figure_days() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' or (old.role, old.created_at) is distinct from (new.role, new.created_at) then
    insert into app_private.figure_changes (figure_group, day)
    select distinct 'customers', app_private.day_of(c.at)
    from unnest(array[old.created_at, new.created_at]) c (at)
    where c.at is not null;
  end if;
  if tg_op = 'UPDATE'
    and (old.mobile_verified, old.profile_completed) is distinct from (new.mobile_verified, new.profile_completed)
  then
    insert into app_private.figure_changes (figure_group, day)
    select 'first_bookings', app_private.day_of(b.created_at)
    from public.bookings b
    where b.customer_id = new.id and b.status <> 'pending' and b.expires_at is null
    order by b.created_at
    limit 1;
  end if;
  return null;
end
$$;
comment on function app_private.tg_user_profiles__figure_days() is
  'Records the day on which a user signed up or ceased to count as a customer, and the day of the first booking of a customer whose data became more or less complete.';
revoke all on function app_private.tg_user_profiles__figure_days() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/tg_user_profiles__figure_days.sql
drop trigger _600_figures on public.bookings;
create trigger _600_figures after insert or delete or update of status, booking_date, expires_at, customer_id
  on public.bookings for each row execute function app_private.tg_bookings__figure_days();
drop trigger _600_figures on public.user_profiles;
create trigger _600_figures after insert or update of role, created_at, mobile_verified, profile_completed
  on public.user_profiles for each row execute function app_private.tg_user_profiles__figure_days();
drop trigger _600_figures on public.customers;
create trigger _600_figures after insert or delete or update of commission_amount, platform_amount, created_at
  on public.refund_decisions for each row execute function app_private.tg__figure_days('commissions', 'created_at');
create trigger _600_figures_borne after insert or delete or update of status, processed_at, refund_amount
  on public.refunds for each row execute function app_private.tg__figure_days('commissions', 'processed_at');
-- The next refresh counts everything again.
update app_private.figure_refreshes set recounted_at = null;

--! split: 040-commission.sql
-- A booking keeps the commission rate of the day on which it was made; the rate was read when it was completed.

-- Why the table exists: the terms of a booking are for its customer too, and the commission is not.
create table app_private.booking_commissions (
  booking_id uuid primary key references public.bookings (id) on delete cascade,
  commission_rate numeric(5, 2) not null
);
alter table app_private.booking_commissions enable row level security;
select app_private.limit_numbers('app_private.booking_commissions', '{"commission_rate": "rate"}');
comment on table app_private.booking_commissions is
  'The commission rate of each booking, copied from the vendor when it was made. What was charged at completion is in commission_records.';
comment on column app_private.booking_commissions.booking_id is 'Booking of this rate.';
comment on column app_private.booking_commissions.commission_rate is
  'Percentage of commission that the vendor had agreed to when the booking was made.';
insert into app_private.personal_links (table_name, column_name, is_about) values
  ('app_private.booking_commissions', 'booking_id', false);
-- Of those that are still to be completed no earlier rate is known.
insert into app_private.booking_commissions (booking_id, commission_rate)
select b.id, d.commission_rate
from public.bookings b
join public.vendor_private_details d on d.vendor_id = b.vendor_id
where b.status <> 'cancelled'
  and not exists (select from public.commission_records c where c.booking_id = b.id);
--! Included functions/money/tg_bookings__commission.sql
create or replace function app_private.tg_bookings__commission() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into app_private.booking_commissions (booking_id, commission_rate)
  select new.id, d.commission_rate
  from public.vendor_private_details d where d.vendor_id = new.vendor_id;
  return null;
end
$$;
comment on function app_private.tg_bookings__commission() is
  'Copies the vendor''s commission rate when a booking is made: a later change does not apply to it.';
revoke all on function app_private.tg_bookings__commission() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/tg_bookings__commission.sql
create trigger _460_commission after insert on public.bookings
  for each row execute function app_private.tg_bookings__commission();
--! Included functions/money/commission_rate_of.sql
create or replace function app_private.commission_rate_of(p_booking public.bookings) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select d.commission_rate from public.desk_bookings d where d.booking_id = p_booking.id),
    (select c.commission_rate from app_private.booking_commissions c where c.booking_id = p_booking.id),
    (select d.commission_rate from public.vendor_private_details d where d.vendor_id = p_booking.vendor_id))
$$;
comment on function app_private.commission_rate_of(public.bookings) is
  'Percentage of commission of a booking: the vendor''s when it was made, or that of a desk booking for the vendor''s own guest.';
revoke all on function app_private.commission_rate_of(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/commission_rate_of.sql

--! split: 050-cash.sql
-- Cash that a vendor has received goes back at the vendor's desk. It went into the customer's wallet, where money that
-- the platform never had could be spent elsewhere.

--! Included functions/money/refund_of_payment.sql
create or replace function app_private.refund_of_payment(
  p_payment public.payments, p_amount numeric, p_type text, p_reason text, p_by uuid,
  p_decision_id uuid default null
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function app_private.refund_of_payment(public.payments, numeric, text, text, uuid, uuid) is
  'Returns an amount of a payment the way it came: wallet and points at once, gateway payments as a refund on its way, and what the vendor received (cash, or at its desk) at the vendor''s desk: at once where the desk acts, otherwise once it records that (record_desk_refund). The platform pays what no longer lies with the booking. The booking must be locked, and the amount must be left of the payment.';
revoke all on function app_private.refund_of_payment(public.payments, numeric, text, text, uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/refund_of_payment.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.30', 'sight', '2026-11-29', 'Contacts of bookings are visible for some time only, reviews are hidden with their vendor, figures are right, a booking keeps its commission rate, cash is given back at the desk');
