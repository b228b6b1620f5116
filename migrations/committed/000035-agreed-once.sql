--! Previous: sha1:ec9d83ed2f73671bb7376c887056bc8008f5ecc1
--! Hash: sha1:946cda88f78000c30b555c21573f85fe12212bde
--! Message: agreed-once

--! split: 010-agreed-once.sql
-- What a hold agrees on stays agreed: price, address, terms and items are frozen when the slot is held, and confirming
-- names the expected amount. Until now a price that changed between hold and confirmation, or an address that was moved
-- by 1,500 km, was confirmed unseen; any payment of ₹0.01 confirmed a booking; 25 cash bookings filled a calendar for
-- free; and a package applied at vendors that had never offered it. Docs: decisions/0039-agreed-once.md.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-foreign-key-constraint, adding-required-field

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('booking.payment_minutes', 'booking', '15', 'integer', 1, 120, true, 'Minutes after it was made for which a pending booking keeps its slot while a payment is under way'),
  ('booking.maximum_open', 'booking', '10', 'integer', 1, 1000, true, 'Bookings to come that a customer can have'),
  ('cash.maximum_open', 'cash', '2', 'integer', 0, 1000, true, 'Bookings to be paid in cash that a customer can have'),
  ('cash.maximum_unpaid', 'cash', '2', 'integer', 1, 100, true, 'Unpaid no-shows and late cancellations from which on a customer cannot choose cash'),
  ('cash.unpaid_days', 'cash', '90', 'integer', 1, 730, true, 'Days for which an unpaid no-show or late cancellation counts for that');

-- Holds last minutes: those of the earlier kind end here.
delete from app_private.provider_reservations where hold_id is not null;
delete from public.booking_holds where booking_id is null;

alter table public.vendors
  add column deposit_percentage integer
    constraint vendors_deposit_percentage_range check (deposit_percentage between 1 and 99);
comment on column public.vendors.deposit_percentage is
  'Percentage of the price whose payment confirms a booking, while the rest is paid later; null where all of it is to be paid.';
comment on constraint vendors_deposit_percentage_range on public.vendors is
  'The deposit must be from 1 to 99 percent. Leave it out to ask for all of the price.';
grant update (deposit_percentage) on public.vendors to authenticated, staff;

alter table public.bookings add column deposit_amount numeric(10, 2);
select app_private.limit_numbers('public.bookings', '{"deposit_amount": "total"}');
comment on column public.bookings.deposit_amount is
  'Rupees whose payment confirms the booking, as agreed; null where all of it is to be paid.';

alter table public.booking_holds
  add column total_amount numeric(10, 2) not null default 0,
  add column discount_amount numeric(10, 2) not null default 0,
  add column service_charge numeric(10, 2) not null default 0,
  add column tax_amount numeric(10, 2) not null default 0,
  add column final_amount numeric(10, 2) not null default 0,
  add column deposit_amount numeric(10, 2);
select app_private.limit_numbers('public.booking_holds', '{"total_amount": "total", "discount_amount": "total",
  "service_charge": "amount", "tax_amount": "total", "final_amount": "total", "deposit_amount": "total"}');
comment on column public.booking_holds.total_amount is 'Rupees of services and add-ons.';
comment on column public.booking_holds.discount_amount is 'Rupees that a package takes off.';
comment on column public.booking_holds.service_charge is 'Rupees of the platform''s charge.';
comment on column public.booking_holds.tax_amount is 'Rupees of GST.';
comment on column public.booking_holds.final_amount is 'Rupees that the booking costs, which confirmBooking expects.';
comment on column public.booking_holds.deposit_amount is
  'Rupees whose payment confirms the booking; null where all of it is to be paid.';

-- The rest of what a hold agrees on, which no client needs to see before it is a booking.
create table app_private.hold_agreements (
  hold_id uuid primary key references public.booking_holds on delete cascade,
  service_location jsonb not null,
  terms jsonb not null,
  items jsonb not null
);
alter table app_private.hold_agreements enable row level security;
comment on table app_private.hold_agreements is
  'What a hold agrees on beside its price: address, terms and items, as the booking will have them.';
comment on column app_private.hold_agreements.hold_id is 'Hold of the agreement.';
comment on column app_private.hold_agreements.service_location is 'Address of the service, as in bookings.service_location.';
comment on column app_private.hold_agreements.terms is 'Row of booking_terms, without its booking.';
comment on column app_private.hold_agreements.items is 'Rows of the type priced_item.';

-- Packages are offered by vendors: their price is below that of their services, and the vendor bears the difference.
create table public.vendor_packages (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors on delete cascade,
  package_id uuid not null references public.service_packages on delete cascade,
  is_available boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint vendor_packages_once unique (vendor_id, package_id)
);
alter table public.vendor_packages enable row level security;
create index vendor_packages_package_id_idx on public.vendor_packages (package_id);
select app_private.keep_timestamps('public.vendor_packages');
comment on table public.vendor_packages is
  'Packages that a vendor offers. The vendor bears the difference between the price of a package and that of its services.';
comment on column public.vendor_packages.id is 'Identifies the offer.';
comment on column public.vendor_packages.vendor_id is 'Vendor that offers the package.';
comment on column public.vendor_packages.package_id is 'Package that is offered.';
comment on column public.vendor_packages.is_available is 'Whether it can be booked at present.';
comment on column public.vendor_packages.created_at is 'When the row was created.';
comment on column public.vendor_packages.updated_at is 'When the row was last changed.';
comment on constraint vendor_packages_once on public.vendor_packages is 'The vendor already offers this package.';
create policy select_anon on public.vendor_packages for select to anon
  using (exists (select from public.vendors v where v.id = vendor_id));
create policy select_signed_in on public.vendor_packages for select to authenticated
  using (exists (select from public.vendors v where v.id = vendor_id));
create policy select_staff on public.vendor_packages for select to staff using (true);
create policy insert_vendor on public.vendor_packages for insert to authenticated
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy update_vendor on public.vendor_packages for update to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]))
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy delete_vendor on public.vendor_packages for delete to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
grant select on public.vendor_packages to anon, authenticated, staff;
grant delete, insert (vendor_id, package_id, is_available), update (is_available) on public.vendor_packages to authenticated;

insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.vendor_packages', 'vendor_id', false), ('app_private.hold_agreements', 'hold_id', false);

--! split: 020-holding.sql
-- Holding and confirming.

--! Included functions/booking/chosen_services.sql
create or replace function app_private.chosen_services(
  p_vendor_id uuid, p_service_ids uuid[], p_addon_ids uuid[], p_package_id uuid,
  out services uuid[], out addons uuid[]
)
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_package_id is null then
    services := p_service_ids;
    addons := coalesce(p_addon_ids, '{}');
    return;
  end if;
  if p_service_ids is not null or p_addon_ids is not null then
    raise exception 'A package already contains its services and add-ons. Leave the services and add-ons out, or leave the package out.'
      using errcode = 'OB020', column = 'package_id';
  end if;
  select p.service_ids, coalesce(p.addon_ids, '{}') into services, addons
  from public.service_packages p
  join public.vendor_packages o on o.package_id = p.id and o.vendor_id = p_vendor_id and o.is_available
  where p.id = p_package_id and p.is_active;
  if not found then
    raise exception 'This vendor does not offer this package. Choose another package.'
      using errcode = 'OB062', column = 'package_id';
  end if;
end
$$;
comment on function app_private.chosen_services(uuid, uuid[], uuid[], uuid) is
  'The services and add-ons that are chosen at a vendor, or those of a package that it offers. Raises OB020 (a package and services), OB062 (the vendor does not offer the package).';
revoke all on function app_private.chosen_services(uuid, uuid[], uuid[], uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/chosen_services.sql
--! Included functions/booking/deposit_of.sql
create or replace function app_private.deposit_of(p_vendor_id uuid, p_final_amount numeric) returns numeric
language sql stable security definer set search_path = '' as $$
  select app_private.percent_of(p_final_amount, v.deposit_percentage)
  from public.vendors v where v.id = p_vendor_id and v.deposit_percentage is not null
$$;
comment on function app_private.deposit_of(uuid, numeric) is
  'Rupees whose payment confirms a booking of this price at a vendor today; null where the vendor takes no deposit, so that all of it is to be paid.';
revoke all on function app_private.deposit_of(uuid, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/deposit_of.sql
--! Included functions/booking/make_hold.sql
create or replace function app_private.make_hold(p_hold public.booking_holds) returns public.booking_holds
language plpgsql volatile security definer set search_path = '' as $$
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
      tax_amount, final_amount, deposit_amount, expires_at)
  values (p_hold.customer_id, p_hold.vendor_id, p_hold.provider_id, p_hold.booking_type, v_services,
    v_addons, p_hold.package_id, p_hold.address_id, p_hold.guest_name, p_hold.starts_at, v_price.minutes,
    v_price.total_amount, v_price.discount_amount, v_price.service_charge, v_price.tax_amount, v_price.final_amount,
    app_private.deposit_of(p_hold.vendor_id, v_price.final_amount),
    clock_timestamp() + app_private.setting('booking.hold_minutes')::integer * interval '1 minute')
  returning * into v_hold;
  -- What is agreed now; confirming copies it.
  insert into app_private.hold_agreements (hold_id, service_location, terms, items)
  select v_hold.id, app_private.location_of(v_hold), to_jsonb(app_private.terms_of_today()), jsonb_agg(to_jsonb(i))
  from app_private.price_items(v_hold.vendor_id, v_services, v_addons) i;
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
$$;
comment on function app_private.make_hold(public.booking_holds) is
  'Holds a slot for the customer, as the row says what; its id, duration, price and expiry are set here, and what is agreed is frozen. Errors name the arguments of hold_slot, which are those of the columns. Raises OB003, OB020, OB043, OB048, OB060, OB062, OB071, OB073.';
revoke all on function app_private.make_hold(public.booking_holds) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/make_hold.sql
--! Included functions/booking/hold_slot.sql
create or replace function public.hold_slot(
  vendor_id uuid, provider_id uuid, starts_at timestamptz, idempotency_key text,
  service_ids uuid[] default null, addon_ids uuid[] default null, package_id uuid default null,
  booking_type text default 'spa_visit', address_id uuid default null, guest_name text default null
) returns public.booking_holds
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text) is
  'Holds a slot of one provider (10 minutes by default), for services and add-ons or for a package. A home service needs an address; a hotel service takes place at the address or, without one, at the vendor''s premises. Price, address and terms are frozen: the booking costs finalAmount, whatever changes meanwhile. A customer has one booking at a time: another at the same time needs the name of the guest who is served then. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB037 (no customer profile or date of birth), OB043 (another booking or hold at this time, and no guest), OB048 (an amount of an earlier booking is due), OB060 (not free, or sooner or later than the vendor takes bookings), OB062 (not offered, or not by this provider, or the vendor takes no bookings), OB065 (too young), OB066 (key of another request), OB071 (too many holds), OB073 (the postal code is not served).';
revoke all on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text) to authenticated;
--! EndIncluded functions/booking/hold_slot.sql
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
  select c.services, c.addons into v_services, v_addons
  from app_private.chosen_services(v_vendor.id, book_at_desk.service_ids, book_at_desk.addon_ids,
    book_at_desk.package_id) c;
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
--! Included functions/booking/require_cash_allowed.sql
create or replace function app_private.require_cash_allowed(p_customer_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_most integer := app_private.setting('cash.maximum_open')::integer;
  v_unpaid integer := app_private.setting('cash.maximum_unpaid')::integer;
  v_days integer := app_private.setting('cash.unpaid_days')::integer;
begin
  if (
    select count(*) from public.bookings b
    where b.customer_id = p_customer_id and b.status in ('pending', 'confirmed', 'assigned', 'in_progress')
      and exists (
        select from public.payments p
        where p.booking_id = b.id and p.payment_method = 'cash' and p.status = 'pending')
  ) >= v_most then
    raise exception 'You already have % bookings to be paid in cash. Pay this one online, or book it when one of them is over.', v_most
      using errcode = 'OB038', column = 'payment_method';
  end if;
  if (
    select count(*) from public.booking_cancellations c
    join public.bookings b on b.id = c.booking_id
    where b.customer_id = p_customer_id and c.due_amount > 0 and c.cancelled_at > now() - v_days * interval '1 day'
  ) >= v_unpaid then
    raise exception 'Charges of % late cancellations or missed visits are unpaid. Pay them, or pay this booking online.', v_unpaid
      using errcode = 'OB038', column = 'payment_method';
  end if;
end
$$;
comment on function app_private.require_cash_allowed(uuid) is
  'Refuses cash to a customer with too many open cash bookings (setting cash.maximum_open) or too many unpaid no-shows and late cancellations (cash.maximum_unpaid within cash.unpaid_days). The customer must be locked. Raises OB038.';
revoke all on function app_private.require_cash_allowed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/require_cash_allowed.sql
drop function public.confirm_booking(uuid, text, integer, numeric, text, text, text);
--! Included functions/booking/confirm_booking.sql
create or replace function public.confirm_booking(
  hold_id uuid, expected_amount numeric, payment_method text default null, points integer default 0, wallet_amount numeric default 0,
  special_instructions text default null, contact_name text default null, contact_mobile text default null
) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
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
      total_amount, discount_amount, tax_amount, service_charge, final_amount, deposit_amount, special_instructions,
      package_id, expires_at)
  select v_customer.id, v.id, v_hold.booking_type, v_hold.guest_name,
    (v_hold.starts_at at time zone v.time_zone)::date, (v_hold.starts_at at time zone v.time_zone)::time,
    v.time_zone, v_hold.duration_minutes, v_hold.total_amount, v_hold.discount_amount,
    v_hold.tax_amount, v_hold.service_charge, v_hold.final_amount, v_hold.deposit_amount,
    confirm_booking.special_instructions, v_hold.package_id, v_hold.expires_at
  from public.vendors v where v.id = v_hold.vendor_id
  returning * into v_booking;
  insert into public.booking_contacts (booking_id, contact_name, contact_mobile, service_location)
  values (v_booking.id, coalesce(confirm_booking.contact_name, v_profile.name),
    coalesce(confirm_booking.contact_mobile, v_profile.mobile), v_agreed.service_location);
  perform app_private.claim_hold(v_hold.id, v_booking.id, v_booking.duration_minutes);
  update public.booking_holds h set booking_id = v_booking.id where h.id = v_hold.id;

  insert into public.booking_items
    (booking_id, service_id, service_name, service_duration, service_price, quantity, addon_services, subtotal)
  select v_booking.id, i.service_id, i.name, i.minutes, i.price, i.quantity, i.addons, i.subtotal
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
$$;
comment on function public.confirm_booking(uuid, numeric, text, integer, numeric, text, text, text) is
  'Turns a hold into a booking, at the price and terms of the hold: expectedAmount is its finalAmount. Points and money from the wallet pay a part at once; with the payment method cash the rest is paid on the day of the service, which confirms the booking. Otherwise it is pending until the deposit, where the vendor takes one, or all of it is paid (startPayment, payFromWallet); it expires with the hold, and what was paid is returned. Raises OB001, OB003, OB020, OB030 (already confirmed), OB037, OB038 (no cash at present), OB042 (another amount is expected), OB048 (an amount of an earlier booking is due), OB061 (the hold has expired), OB062 (no longer offered, or the vendor takes no bookings), OB063 (not enough money in the wallet), OB064 (not enough points, or more than points may pay), OB065, OB068 (more than it costs), OB071 (too many bookings to come).';
revoke all on function public.confirm_booking(uuid, numeric, text, integer, numeric, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.confirm_booking(uuid, numeric, text, integer, numeric, text, text, text) to authenticated;
--! EndIncluded functions/booking/confirm_booking.sql
--! Included functions/booking/confirm_paid.sql
create or replace function app_private.confirm_paid(p_booking_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function app_private.confirm_paid(uuid) is
  'Applies a payment, or the choice of cash: once the deposit or all of it is paid, it confirms the booking, or finds that it has expired. The booking must be locked.';
revoke all on function app_private.confirm_paid(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/confirm_paid.sql
--! Included functions/booking/lapse_booking.sql
create or replace function app_private.lapse_booking(p_booking_id uuid, p_reason text default 'The booking was not paid in time')
returns void
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function app_private.lapse_booking(uuid, text) is
  'Cancels a booking that was not paid, was not paid in time, or lost its provider before it was paid. What was paid in part is returned. It must be locked.';
revoke all on function app_private.lapse_booking(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/lapse_booking.sql
--! Included functions/money/payment_received.sql
create or replace function app_private.payment_received(
  p_payment_id uuid, p_amount numeric, p_reference text
) returns text
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function app_private.payment_received(uuid, numeric, text) is
  'Records that an amount has arrived with a payment: it confirms the booking, pays its cancellation cost, or settles it where its amount was agreed on afterwards; what is left over, or all of it when the booking no longer exists, is returned. The booking must be locked. Returns received or returned.';
revoke all on function app_private.payment_received(uuid, numeric, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/payment_received.sql
--! Included functions/money/start_payment.sql
create or replace function public.start_payment(
  booking_id uuid, payment_method text, payment_gateway text, idempotency_key text,
  amount numeric default null
) returns public.payments
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function public.start_payment(uuid, text, text, text, numeric) is
  'Starts a payment of your own booking through a gateway, for all that is due or for the given amount; the slot of a pending booking is then kept for 15 minutes in all by default. Give the transactionId to the gateway with the order (Razorpay: as the transaction id in the notes); its webhook then reports the result. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB030 (cancelled, expired or paid), OB066 (key of another request), OB068 (more than is due).';
revoke all on function public.start_payment(uuid, text, text, text, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.start_payment(uuid, text, text, text, numeric) to authenticated;
--! EndIncluded functions/money/start_payment.sql

--! split: 030-previews.sql
-- What a booking, its cancellation or its move would cost.

create type public.quoted_item as (name text, quantity integer, duration_minutes integer, price numeric(10, 2), subtotal numeric(10, 2));
comment on type public.quoted_item is 'One service as it would be booked.';
comment on column public.quoted_item.name is 'Name of the service.';
comment on column public.quoted_item.quantity is 'How often it is performed.';
comment on column public.quoted_item.duration_minutes is 'Minutes that it takes once.';
comment on column public.quoted_item.price is 'Rupees for it once.';
comment on column public.quoted_item.subtotal is 'Rupees for all of it, with its add-ons.';
create type public.booking_quote as (
  duration_minutes integer, items public.quoted_item[], total_amount numeric(10, 2), discount_amount numeric(10, 2),
  service_charge numeric(10, 2), tax_percentage numeric(5, 2), tax_amount numeric(10, 2), final_amount numeric(10, 2),
  deposit_amount numeric(10, 2),
  maximum_points integer
);
comment on type public.booking_quote is 'What a booking costs, line by line, in rupees.';
comment on column public.booking_quote.duration_minutes is 'Minutes that all of it takes.';
comment on column public.booking_quote.items is 'The services.';
comment on column public.booking_quote.total_amount is 'Rupees of services and add-ons.';
comment on column public.booking_quote.discount_amount is 'Rupees that the package takes off.';
comment on column public.booking_quote.service_charge is 'Rupees of the platform''s charge.';
comment on column public.booking_quote.tax_percentage is 'Percentage of GST.';
comment on column public.booking_quote.tax_amount is 'Rupees of GST.';
comment on column public.booking_quote.final_amount is 'Rupees that it costs in all.';
comment on column public.booking_quote.deposit_amount is
  'Rupees whose payment confirms the booking; null where all of it is to be paid.';
comment on column public.booking_quote.maximum_points is 'The most loyalty points that can pay for it.';
create type public.cancellation_preview as (
  charge numeric(10, 2), refund_amount numeric(10, 2), due_amount numeric(10, 2), free_until timestamptz
);
comment on type public.cancellation_preview is 'What cancelling a booking now would cost.';
comment on column public.cancellation_preview.charge is 'Rupees that it costs.';
comment on column public.cancellation_preview.refund_amount is 'Rupees that are returned.';
comment on column public.cancellation_preview.due_amount is 'Rupees that are still to be paid then.';
comment on column public.cancellation_preview.free_until is 'Until when the terms let the booking be cancelled without a fee.';
create type public.reschedule_preview as (
  charge numeric(10, 2), free_until timestamptz, moves_left integer, least_cancellation_charge numeric(10, 2)
);
comment on type public.reschedule_preview is 'What moving a booking now would cost.';
comment on column public.reschedule_preview.charge is 'Rupees that it costs.';
comment on column public.reschedule_preview.free_until is 'Until when the terms let the booking be moved free of charge.';
comment on column public.reschedule_preview.moves_left is 'How often the customer can still move it.';
comment on column public.reschedule_preview.least_cancellation_charge is
  'Rupees that cancelling the booking costs at least after it was moved.';

--! Included functions/booking/quote_booking.sql
create or replace function public.quote_booking(
  vendor_id uuid, service_ids uuid[] default null, addon_ids uuid[] default null, package_id uuid default null,
  booking_type text default 'spa_visit', pincode text default null
) returns public.booking_quote
language plpgsql stable security definer set search_path = '' as $$
declare
  v_chosen record;
  v_price app_private.price;
  v_quote public.booking_quote;
  v_tax numeric := app_private.tax_percentage('gst', app_private.today());
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
  v_quote.tax_percentage := v_tax;
  v_quote.tax_amount := v_price.tax_amount;
  v_quote.final_amount := v_price.final_amount;
  v_quote.deposit_amount := app_private.deposit_of(quote_booking.vendor_id, v_price.final_amount);
  v_quote.maximum_points := floor(v_price.final_amount * app_private.setting('loyalty.maximum_percentage')::numeric / 100
    / app_private.setting('loyalty.rupees_a_point_pays')::numeric);
  v_quote.items := array(
    select row(i.name, i.quantity, i.minutes, i.price, i.subtotal)::public.quoted_item
    from app_private.price_items(quote_booking.vendor_id, v_chosen.services, v_chosen.addons) i);
  return v_quote;
end
$$;
comment on function public.quote_booking(uuid, uuid[], uuid[], uuid, text, text) is
  E'@enumArgument booking_type booking_type\nWhat a booking costs today, line by line, for services and add-ons or for a package; with the postal code of a home service. holdSlot freezes it. Raises OB003, OB020, OB062 (not offered, or the vendor takes no bookings), OB073 (the postal code is not served).';
revoke all on function public.quote_booking(uuid, uuid[], uuid[], uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.quote_booking(uuid, uuid[], uuid[], uuid, text, text) to anon, authenticated, staff;
--! EndIncluded functions/booking/quote_booking.sql
--! Included functions/booking/preview_cancellation.sql
create or replace function public.preview_cancellation(booking_id uuid) returns public.cancellation_preview
language plpgsql stable security definer set search_path = '' as $$
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
$$;
comment on function public.preview_cancellation(uuid) is
  'What cancelling your own booking would cost now, what you would get back, and what would be due. Raises OB001, OB003, OB030 (it can no longer be cancelled).';
revoke all on function public.preview_cancellation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.preview_cancellation(uuid) to authenticated;
--! EndIncluded functions/booking/preview_cancellation.sql
--! Included functions/booking/preview_reschedule.sql
create or replace function public.preview_reschedule(booking_id uuid) returns public.reschedule_preview
language plpgsql stable security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_terms public.booking_terms;
  v_preview public.reschedule_preview;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_booking from public.bookings b
  where b.id = preview_reschedule.booking_id and b.customer_id = (select auth.uid());
  if not found then
    raise exception 'You have no booking with this id. Check the id.' using errcode = 'OB003', column = 'booking_id';
  end if;
  if v_booking.status not in ('confirmed', 'assigned') or now() >= v_booking.starts_at then
    raise exception 'This booking can no longer be moved. Only a confirmed booking can, before its start.' using errcode = 'OB030';
  end if;
  v_terms := app_private.terms_of(v_booking.id);
  v_preview.charge := app_private.reschedule_fee(v_booking);
  v_preview.free_until := v_booking.starts_at - v_terms.reschedule_free_hours * interval '1 hour';
  v_preview.moves_left := greatest(0, v_terms.reschedule_maximum - (
    select count(*)::integer from public.booking_reschedules r
    where r.booking_id = v_booking.id and r.status = 'approved' and r.requested_by_role = 'customer'));
  v_preview.least_cancellation_charge := app_private.late_cancellation_fee(v_booking);
  return v_preview;
end
$$;
comment on function public.preview_reschedule(uuid) is
  'What moving your own booking would cost now, how often it can still be moved, and what cancelling it will cost at least after that. Raises OB001, OB003, OB030 (it can no longer be moved).';
revoke all on function public.preview_reschedule(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.preview_reschedule(uuid) to authenticated;
--! EndIncluded functions/booking/preview_reschedule.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.31', 'agreed-once', '2026-11-29', 'Price, address and terms are frozen on the hold; quotes and previews; deposits, limits of cash and of open bookings; packages where vendors offer them');
