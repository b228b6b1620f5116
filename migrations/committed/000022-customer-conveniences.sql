--! Previous: sha1:90a85b05ab93112116ec3ffe1b76bdadcb55185f
--! Hash: sha1:723254959091d5a751fc7ec2bebcae1faae4bb2d
--! Message: customer conveniences

--! split: 010-favourites.sql
-- Favourites of customers, to find and to book them again.
-- squawk-ignore-file require-concurrent-index-creation
--
-- The lists of ids in customers (preferred_vendors, …) have no order, no foreign keys and no relations. They
-- stay as imported data of a previous platform; customers write here instead.

create table public.favourites (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null default auth.uid() references public.customers (id) on delete cascade,
  vendor_id uuid references public.vendors (id) on delete cascade,
  therapist_id uuid references public.therapists (id) on delete cascade,
  beautician_id uuid references public.beauticians (id) on delete cascade,
  service_id uuid references public.services (id) on delete cascade,
  created_at timestamptz not null default now(),
  constraint favourites_one_target
    check (num_nonnulls(vendor_id, therapist_id, beautician_id, service_id) = 1),
  -- Nulls are distinct: each of the four keys applies only to its own kind.
  constraint favourites_vendor_once unique (customer_id, vendor_id),
  constraint favourites_therapist_once unique (customer_id, therapist_id),
  constraint favourites_beautician_once unique (customer_id, beautician_id),
  constraint favourites_service_once unique (customer_id, service_id)
);
alter table public.favourites enable row level security;
select app_private.keep_timestamps('public.favourites');
alter table public.favourites alter column customer_id set (n_distinct = -1);
create index favourites_vendor_id_idx on public.favourites (vendor_id) where vendor_id is not null;
create index favourites_therapist_id_idx on public.favourites (therapist_id)
  where therapist_id is not null;
create index favourites_beautician_id_idx on public.favourites (beautician_id)
  where beautician_id is not null;
create index favourites_service_id_idx on public.favourites (service_id) where service_id is not null;

--! Included functions/customers/tg_favourites__listed.sql
create or replace function app_private.tg_favourites__listed() returns trigger
language plpgsql stable security definer set search_path = '' as $$
begin
  -- A favourite that is not public gets the same answer as one that does not exist.
  if not exists (select from public.vendors v where v.id = new.vendor_id and v.is_listed
      union all
      select from public.therapists t join public.vendors v on v.id = t.vendor_id
      where t.id = new.therapist_id and t.is_listed and v.is_listed
      union all
      select from public.beauticians b join public.vendors v on v.id = b.vendor_id
      where b.id = new.beautician_id and b.is_listed and v.is_listed
      union all
      select from public.services s where s.id = new.service_id and s.is_active)
    and num_nonnulls(new.vendor_id, new.therapist_id, new.beautician_id, new.service_id) = 1 then
    raise exception 'The vendor, provider or service was not found, or is not listed. Check the id.'
      using errcode = 'OB003';
  end if;
  return new;
end
$$;
comment on function app_private.tg_favourites__listed() is
  'Refuses favourites that are not public. Raises OB003.';
revoke all on function app_private.tg_favourites__listed() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/tg_favourites__listed.sql
create trigger _200_validate before insert on public.favourites
  for each row execute function app_private.tg_favourites__listed();
comment on table public.favourites is
  'Favourite vendors, therapists, beauticians and services of a customer, one per row. Only the customer sees them.';
comment on column public.favourites.id is 'Identifies the favourite.';
comment on column public.favourites.customer_id is 'Customer who added it.';
comment on column public.favourites.vendor_id is 'Favourite vendor; null when it is something else.';
comment on column public.favourites.therapist_id is
  'Favourite therapist; null when it is something else.';
comment on column public.favourites.beautician_id is
  'Favourite beautician; null when it is something else.';
comment on column public.favourites.service_id is 'Favourite service; null when it is something else.';
comment on constraint favourites_one_target on public.favourites is
  'A favourite must be exactly one vendor, therapist, beautician or service.';
comment on constraint favourites_vendor_once on public.favourites is
  'This vendor is already one of your favourites.';
comment on constraint favourites_therapist_once on public.favourites is
  'This therapist is already one of your favourites.';
comment on constraint favourites_beautician_once on public.favourites is
  'This beautician is already one of your favourites.';
comment on constraint favourites_service_once on public.favourites is
  'This service is already one of your favourites.';
create policy select_own on public.favourites for select to authenticated
  using (customer_id = (select auth.uid()));
create policy insert_own on public.favourites for insert to authenticated
  with check (customer_id = (select auth.uid()));
create policy delete_own on public.favourites for delete to authenticated
  using (customer_id = (select auth.uid()));
-- Withheld: staff, because favourites are private to the customer. And update: another favourite is another
-- row.
grant select, delete on public.favourites to authenticated;
grant insert (vendor_id, therapist_id, beautician_id, service_id) on public.favourites to authenticated;

insert into public.favourites (customer_id, vendor_id)
  select distinct c.id, v.id from public.customers c
  join public.vendors v on v.id = any (c.preferred_vendors) and v.is_listed;
insert into public.favourites (customer_id, therapist_id)
  select distinct c.id, t.id from public.customers c
  join public.therapists t on t.id = any (c.preferred_therapists) and t.is_listed
  join public.vendors v on v.id = t.vendor_id and v.is_listed;
insert into public.favourites (customer_id, service_id)
  select distinct c.id, s.id from public.customers c
  join public.services s on s.id = any (c.preferred_services) and s.is_active;

-- The same fact in one place.
revoke insert (preferred_services, preferred_therapists, preferred_vendors),
  update (preferred_services, preferred_therapists, preferred_vendors)
  on public.customers from authenticated;
comment on column public.customers.preferred_services is
  'Ids of preferred services imported from a previous platform; null when there are none. Current ones are in favourites.';
comment on column public.customers.preferred_therapists is
  'Ids of preferred therapists imported from a previous platform; null when there are none. Current ones are in favourites.';
comment on column public.customers.preferred_vendors is
  'Ids of preferred vendors imported from a previous platform; null when there are none. Current ones are in favourites.';

--! split: 020-calendars.sql
-- Bookings in users' own calendars: one as a file, and a provider's as a feed. The database provides the
-- content; the API writes it as RFC 5545 specifies.
--
-- All times are instants. So no time zone has to be explained to the calendar, and a change to or from summer
-- time moves nothing. The content has no telephone number and no name of a person, because it goes to
-- calendars of other companies.

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('calendar.past_days', 'calendar', '30', 'integer', 1, 365, true, 'Days for which a provider''s calendar feed shows past bookings'),
  ('calendar.future_days', 'calendar', '365', 'integer', 1, 3650, true, 'Days ahead for which a provider''s calendar feed shows bookings');

--! Included functions/customers/calendar_event.sql
create or replace function app_private.calendar_event(p_booking public.bookings, p_is_told boolean) returns jsonb
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
    'location', case when p_is_told then nullif(concat_ws(', ',
      p_booking.service_location ->> 'address_line1', p_booking.service_location ->> 'address_line2',
      p_booking.service_location ->> 'landmark', p_booking.service_location ->> 'city',
      p_booking.service_location ->> 'pincode'), '') end,
    'description', 'OMBARO ' || p_booking.booking_number)
$$;
comment on function app_private.calendar_event(public.bookings, boolean) is
  'A booking as a calendar event, with the values of iCalendar (RFC 5545); without description and place for a reader who may no longer see them.';
revoke all on function app_private.calendar_event(public.bookings, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/calendar_event.sql

--! Included functions/customers/bookings_calendar.sql
create or replace function public.bookings_calendar(booking public.bookings) returns jsonb
language sql stable security definer set search_path = '' as $$
  -- Looked up again, because it runs with the owner's rights and the caller could pass any row.
  select app_private.calendar_event(b, true)
  from public.bookings b
  where b.id = booking.id and (
    b.customer_id = (select auth.uid())
    or b.vendor_id = any ((select app_private.my_vendor_ids('bookings'))::uuid[])
    or b.id = any ((select app_private.my_assigned_booking_ids())::uuid[])
  )
$$;
comment on function public.bookings_calendar(public.bookings) is
  'The booking as a calendar event, for its customer, the vendor''s staff and its provider; null for others. The API writes it as an iCalendar file.';
revoke all on function public.bookings_calendar(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.bookings_calendar(public.bookings) to authenticated, staff;
--! EndIncluded functions/customers/bookings_calendar.sql

/*
 * Anyone with the address of a feed can read it: that is how calendars subscribe. So it is as long as a key,
 * stored as a hash, shown once, and ends at once when another is created.
 */
create table app_private.calendar_feeds (
  user_id uuid primary key references public.user_profiles (id) on delete cascade,
  key_hash bytea not null unique constraint calendar_feeds_hash_length check (length(key_hash) = 32),
  created_at timestamptz not null default now()
);
alter table app_private.calendar_feeds enable row level security;
create trigger _800_audit after insert or update or delete on app_private.calendar_feeds
  for each row execute function app_private.tg__audit('user_id');
insert into app_private.audit_redactions values ('calendar_feeds', 'key_hash');
comment on table app_private.calendar_feeds is
  'Calendar feeds of providers'' bookings. No policy: only functions of the owner read it.';
comment on column app_private.calendar_feeds.user_id is 'Therapist or beautician of the feed.';
comment on column app_private.calendar_feeds.key_hash is 'SHA-256 of the key in the address.';
comment on column app_private.calendar_feeds.created_at is 'When this address was created.';

create type public.calendar_feed as (path text, created_at timestamptz);
comment on type public.calendar_feed is 'The address of a calendar feed, shown only once.';
comment on column public.calendar_feed.path is
  'Path and query to append to the address of this server. Anyone who has it can read the feed. It is not shown again.';
comment on column public.calendar_feed.created_at is 'When it was created.';

--! Included functions/customers/renew_calendar_feed.sql
create or replace function public.renew_calendar_feed() returns public.calendar_feed
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_key text;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  if not exists (
    select from public.therapists t where t.user_id = (select auth.uid())
    union all
    select from public.beauticians b where b.user_id = (select auth.uid())) then
    raise exception 'Calendar feeds are only for therapists and beauticians. Add bookings to your calendar one by one.'
      using errcode = 'OB002';
  end if;
  -- Two random uuids have 244 random bits between them; the hash spreads these over 32 bytes.
  v_key := translate(rtrim(encode(
    sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'base64'), '='), '+/', '-_');
  insert into app_private.calendar_feeds as f (user_id, key_hash, created_at)
  values ((select auth.uid()), sha256(v_key::bytea), now())
  on conflict (user_id) do update set key_hash = excluded.key_hash, created_at = excluded.created_at;
  return ('/calendar.ics?key=' || v_key, now());
end
$$;
comment on function public.renew_calendar_feed() is
  'Creates the secret address at which calendars subscribe to the bookings of the signed-in therapist or beautician; it is shown only once. The previous address stops working at once. Raises OB001, OB002.';
revoke all on function public.renew_calendar_feed() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.renew_calendar_feed() to authenticated;
--! EndIncluded functions/customers/renew_calendar_feed.sql

--! Included functions/customers/close_calendar_feed.sql
create or replace function public.close_calendar_feed() returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  delete from app_private.calendar_feeds f where f.user_id = (select auth.uid());
  return found;
end
$$;
comment on function public.close_calendar_feed() is
  'Closes your own calendar feed at once; false when there was none. Raises OB001.';
revoke all on function public.close_calendar_feed() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.close_calendar_feed() to authenticated;
--! EndIncluded functions/customers/close_calendar_feed.sql

--! Included functions/customers/calendar_feed_since.sql
create or replace function public.calendar_feed_since() returns timestamptz
language sql stable security definer set search_path = '' as $$
  select f.created_at from app_private.calendar_feeds f where f.user_id = (select auth.uid())
$$;
comment on function public.calendar_feed_since() is
  'Since when your own calendar feed has had its present address; null without a feed.';
revoke all on function public.calendar_feed_since() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.calendar_feed_since() to authenticated;
--! EndIncluded functions/customers/calendar_feed_since.sql

--! Included functions/customers/read_calendar_feed.sql
create or replace function app_private.read_calendar_feed(p_key_hash bytea)
returns table (last_modified timestamptz, events jsonb)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_feed app_private.calendar_feeds;
  v_past interval := app_private.setting('calendar.past_days')::integer * interval '1 day';
  v_future interval := app_private.setting('calendar.future_days')::integer * interval '1 day';
begin
  select * into v_feed from app_private.calendar_feeds f where f.key_hash = p_key_hash;
  if not found or not app_private.is_account_active(v_feed.user_id) then
    return;
  end if;
  return query
  select
    -- Hidden bookings count too, as they may have been shown before; and so does the day on which an event
    -- enters the feed.
    coalesce(max(greatest(b.updated_at, a.changed_at, v.updated_at, b.starts_at - v_future)), v_feed.created_at),
    coalesce(jsonb_agg(app_private.calendar_event(b, a.is_told) order by b.starts_at, b.id) filter (
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

--! split: 030-booking-again.sql
-- Booking again: an earlier booking, as it can be booked today.

create type public.rebooking as (
  booking_id uuid, vendor_id uuid, provider_id uuid, booking_type text, address_id uuid, package_id uuid,
  service_ids uuid[], addon_ids uuid[], not_offered text[], minutes integer, total_amount numeric(10, 2),
  discount_amount numeric(10, 2), service_charge numeric(10, 2), tax_amount numeric(10, 2),
  final_amount numeric(10, 2)
);
comment on type public.rebooking is
  'What holdSlot needs to book the same again, as far as it is still offered, and its price today.';
comment on column public.rebooking.booking_id is 'Booking that is to be repeated.';
comment on column public.rebooking.vendor_id is 'Vendor of the booking; null when it can no longer be booked.';
comment on column public.rebooking.provider_id is
  'Provider of the booking; null when the provider can no longer be booked for it.';
comment on column public.rebooking.booking_type is 'Where the service took place.';
comment on column public.rebooking.address_id is
  'The customer''s address of the booking; null at the vendor''s premises, when the address was deleted, or when it is no longer served.';
comment on column public.rebooking.package_id is
  'Package of the booking, when it is still offered. Its services and add-ons follow from it, so serviceIds and addonIds are null then.';
comment on column public.rebooking.service_ids is
  'Services of the booking that the vendor still offers; one that was booked twice is listed twice; empty when none is left.';
comment on column public.rebooking.addon_ids is 'Add-ons of the booking that are still offered.';
comment on column public.rebooking.not_offered is
  'Names of the package, services and add-ons that are no longer offered.';
comment on column public.rebooking.minutes is 'Duration today of what is still offered, in minutes; null when nothing is.';
comment on column public.rebooking.total_amount is
  'Rupees of all items today, before discount, service charge and GST; null when nothing is left.';
comment on column public.rebooking.discount_amount is 'Rupees of the package discount; null when nothing is left.';
comment on column public.rebooking.service_charge is
  'Rupees charged by the platform, before GST; null when nothing is left.';
comment on column public.rebooking.tax_amount is 'Rupees of GST; null when nothing is left.';
comment on column public.rebooking.final_amount is
  'Rupees to pay when it is booked now; null when nothing is left.';

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
        or (v_hold.address_id is null and v_booking.service_location ->> 'pincode' = a.pincode
          and v_booking.service_location ->> 'address_line1' = a.address_line1))
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

--! Included functions/customers/rebooking_vendor.sql
create or replace function public.rebooking_vendor(rebooking public.rebooking) returns public.vendors
language sql stable set search_path = '' as $$
  select v.* from public.vendors v where v.id = rebooking.vendor_id
$$;
comment on function public.rebooking_vendor(public.rebooking) is 'The vendor; null when it can no longer be booked.';
revoke all on function public.rebooking_vendor(public.rebooking) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.rebooking_vendor(public.rebooking) to authenticated;
--! EndIncluded functions/customers/rebooking_vendor.sql
--! Included functions/customers/rebooking_provider.sql
create or replace function public.rebooking_provider(rebooking public.rebooking) returns public.providers
language sql stable set search_path = '' as $$
  select p.* from public.providers p where p.id = rebooking.provider_id
$$;
comment on function public.rebooking_provider(public.rebooking) is
  'The provider; null when the provider can no longer be booked for it.';
revoke all on function public.rebooking_provider(public.rebooking) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.rebooking_provider(public.rebooking) to authenticated;
--! EndIncluded functions/customers/rebooking_provider.sql
--! Included functions/customers/rebooking_services.sql
create or replace function public.rebooking_services(rebooking public.rebooking) returns setof public.services
language sql stable set search_path = '' as $$
  select s.* from public.services s
  where s.id = any (coalesce(rebooking.service_ids,
    (select p.service_ids from public.service_packages p where p.id = rebooking.package_id)))
  order by s.name, s.id
$$;
comment on function public.rebooking_services(public.rebooking) is
  'The services that are still offered, sorted by name.';
revoke all on function public.rebooking_services(public.rebooking) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.rebooking_services(public.rebooking) to authenticated;
--! EndIncluded functions/customers/rebooking_services.sql

--! split: 040-exporting-data.sql
-- Data that the database holds about a user, for the user's export.
--
-- Which rows these are is read from the foreign keys: a row is about a user when its foreign key says so, or
-- leads to a row that is. Which keys say so is decided here for each key, and not by its name; a test refuses
-- a foreign key that is undecided.

create table app_private.personal_links (
  table_name text not null,
  column_name text not null,
  is_about boolean not null,
  only_where text,
  primary key (table_name, column_name),
  constraint personal_links_some_only_about check (is_about or only_where is null)
);
alter table app_private.personal_links enable row level security;
comment on table app_private.personal_links is
  'Foreign keys that lead to users, and whether the rows with them are about those users. No policy: only functions of the owner read it.';
comment on column app_private.personal_links.table_name is 'Table with the key, with its schema.';
comment on column app_private.personal_links.column_name is 'Column of the key.';
comment on column app_private.personal_links.is_about is
  'Whether the row is about the user to whom the key leads: then it is part of the user''s export.';
comment on column app_private.personal_links.only_where is
  'Condition in SQL on the exported rows; null for all of them.';

insert into app_private.personal_links (table_name, column_name, is_about)
select case when t.name ~ '\.' then t.name else 'public.' || t.name end, c.name, true
from (values
  ('beautician_assignments', '{customer_id}'), ('beautician_leaves', '{beautician_id}'),
  ('beautician_performance', '{beautician_id}'), ('beautician_private_details', '{beautician_id}'),
  ('beautician_schedules', '{beautician_id}'), ('beauticians', '{user_id}'),
  ('booking_cancellations', '{booking_id}'), ('booking_disputes', '{booking_id}'), ('booking_holds', '{customer_id}'),
  ('booking_items', '{booking_id}'), ('booking_notes', '{booking_id}'),
  ('booking_reschedules', '{booking_id}'), ('booking_status_history', '{booking_id}'),
  ('booking_terms', '{booking_id}'), ('bookings', '{customer_id}'), ('customer_addresses', '{customer_id}'),
  ('customer_referrals', '{referee_id,referrer_id}'), ('customers', '{id}'),
  ('department_user_assignments', '{user_id}'), ('department_widgets', '{user_id}'),
  ('emergency_contacts', '{user_id}'), ('employee_private_details', '{employee_id}'), ('employees', '{id}'),
  ('favourites', '{customer_id}'), ('files', '{owner_id}'), ('loyalty_points_transactions', '{customer_id}'),
  ('notification_deliveries', '{user_id}'), ('notifications', '{user_id}'),
  ('payment_methods', '{customer_id}'), ('payments', '{customer_id}'),
  ('providers', '{beautician_id,therapist_id}'), ('quick_signup_profiles', '{user_id}'), ('refunds', '{customer_id}'), ('reviews', '{customer_id}'),
  ('support_tickets', '{customer_id,user_id}'), ('therapist_assignments', '{customer_id}'),
  ('therapist_leaves', '{therapist_id}'), ('therapist_locations', '{therapist_id}'),
  ('therapist_performance', '{therapist_id}'), ('therapist_private_details', '{therapist_id}'),
  ('therapist_schedules', '{therapist_id}'), ('therapists', '{user_id}'), ('ticket_messages', '{ticket_id}'),
  ('user_activity_log', '{user_id}'), ('user_bank_details', '{user_id}'), ('user_devices', '{user_id}'),
  ('user_documents', '{user_id}'), ('user_kyc_verification', '{user_id}'), ('user_preferences', '{user_id}'),
  ('user_profiles', '{id}'), ('user_roles', '{user_id}'), ('user_sessions', '{user_id}'),
  ('vendor_application_documents', '{application_id}'), ('vendor_applications', '{user_id}'),
  ('vendor_private_details', '{vendor_id}'), ('vendor_reviews', '{customer_id}'),
  ('vendor_social_auth', '{user_id}'), ('vendor_staff', '{user_id}'), ('vendors', '{user_id}'),
  ('wallet_transactions', '{customer_id}')
) t (name, columns)
cross join unnest(t.columns::text[]) c (name);
-- Users who acted on another user's data; the same row by another way; data of a business and not of a user;
-- and data that is of no use or secret.
insert into app_private.personal_links (table_name, column_name, is_about)
select case when t.name ~ '\.' then t.name else 'public.' || t.name end, c.name, false
from (values
  ('app_private.booking_reminders', '{booking_id}'), ('app_private.calendar_feeds', '{user_id}'),
  ('app_private.customer_last_bookings', '{customer_id}'), ('app_private.device_addresses', '{device_id}'),
  ('app_private.file_origins', '{file_id}'), ('app_private.file_removals', '{id}'),
  ('app_private.file_storage', '{file_id}'),
  ('app_private.file_uses', '{file_id}'), ('app_private.idempotency_keys', '{user_id}'), ('app_private.journal', '{booking_id}'),
  ('app_private.payment_events', '{payment_id}'),
  ('app_private.provider_reservations', '{booking_id,hold_id,provider_id}'),
  ('app_private.refresh_tokens', '{session_id}'), ('audit_logs', '{user_id}'),
  ('beautician_assignments', '{beautician_id,booking_id,vendor_id}'), ('beautician_leaves', '{approved_by}'),
  ('beautician_services', '{beautician_id}'), ('beauticians', '{vendor_id}'),
  ('booking_cancellations', '{cancelled_by}'), ('booking_disputes', '{decided_by,raised_by}'),
  ('booking_holds', '{address_id,booking_id,provider_id,vendor_id}'),
  ('booking_items', '{therapist_id}'), ('booking_notes', '{created_by}'),
  ('booking_reschedules', '{approved_by,requested_by}'), ('booking_start_codes', '{booking_id}'),
  ('booking_status_history', '{changed_by}'), ('bookings', '{cancelled_by,vendor_id}'),
  ('commission_records', '{beautician_id,booking_id,therapist_id,vendor_id}'),
  ('customer_referrals', '{first_booking_id}'), ('customers', '{referred_by}'),
  ('department_activity_logs', '{user_id}'), ('department_settings', '{updated_by}'),
  ('department_user_assignments', '{assigned_by}'), ('departments', '{head_user_id}'),
  ('employees', '{reporting_manager_id}'), ('error_logs', '{resolved_by,user_id}'),
  ('favourites', '{beautician_id,therapist_id,vendor_id}'), ('kpi_targets', '{set_by}'),
  ('kpi_values', '{entered_by}'), ('loyalty_points_transactions', '{booking_id}'),
  ('notification_attempts', '{delivery_id}'), ('notification_deliveries', '{device_id,notification_id}'),
  ('onboarding_progress', '{application_id}'), ('payment_private_details', '{payment_id}'),
  ('payments', '{booking_id,vendor_id}'), ('providers', '{vendor_id}'),
  ('refund_decisions', '{booking_id,decided_by,vendor_id}'),
  ('refunds', '{booking_id,payment_id,processed_by}'), ('review_moderations', '{moderated_by,review_id}'),
  ('reviews', '{booking_id}'), ('support_tickets', '{assigned_to,booking_id}'),
  ('system_settings', '{updated_by}'), ('therapist_assignments', '{booking_id,therapist_id,vendor_id}'),
  ('therapist_leaves', '{approved_by}'), ('therapist_locations', '{booking_id}'),
  ('therapist_services', '{therapist_id}'), ('therapists', '{vendor_id}'),
  ('ticket_messages', '{sender_id}'), ('user_documents', '{verified_by}'),
  ('user_kyc_verification', '{decided_by}'), ('user_roles', '{assigned_by}'),
  ('vendor_application_categories', '{application_id}'), ('vendor_application_documents', '{verified_by}'),
  ('vendor_applications', '{reviewed_by}'),
  ('vendor_approval_history', '{acted_by,application_id,approved_by}'),
  ('vendor_availability', '{vendor_id}'), ('vendor_category_members', '{vendor_id}'),
  ('vendor_credits', '{booking_id,payment_id,vendor_id}'), ('vendor_documents', '{vendor_id}'),
  ('vendor_payouts', '{vendor_id}'), ('vendor_private_details', '{application_id}'),
  ('vendor_review_moderations', '{moderated_by,vendor_review_id}'),
  ('vendor_reviews', '{booking_id,vendor_id}'), ('vendor_services', '{vendor_id}'),
  ('vendor_staff', '{vendor_id}'), ('wallet_transactions', '{booking_id,payment_id}'),
  ('webhook_endpoints', '{vendor_id}')
) t (name, columns)
cross join unnest(t.columns::text[]) c (name);
-- Messages between staff of the platform.
update app_private.personal_links set only_where = 'not is_internal'
where table_name in ('public.booking_notes', 'public.ticket_messages') and is_about;

--! Included functions/customers/personal_condition.sql
create or replace function app_private.personal_condition(p_table text) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  -- Rows of accounts, profiles and customers have the id of the user.
  return (
    select '(' || string_agg(
      case
        when k.confrelid in ('auth.users'::regclass, 'public.user_profiles'::regclass, 'public.customers'::regclass)
          then format('%I = $1', l.column_name)
        else format('%I in (select %I from %s where %s)', l.column_name, f.attname, k.confrelid::regclass,
          app_private.personal_condition(n.nspname || '.' || c.relname))
      end || coalesce(' and ' || l.only_where, ''), ' or ' order by l.column_name) || ')'
    from app_private.personal_links l
    join pg_catalog.pg_attribute a on a.attrelid = l.table_name::regclass and a.attname = l.column_name
    join pg_catalog.pg_constraint k
      on k.contype = 'f' and k.conrelid = a.attrelid and k.conkey = array[a.attnum]
    join pg_catalog.pg_class c on c.oid = k.confrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute f on f.attrelid = k.confrelid and f.attnum = k.confkey[1]
    where l.table_name = p_table and l.is_about
  );
end
$$;
comment on function app_private.personal_condition(text) is
  'Which rows of a table are about a user, as SQL with the user''s id for $1; null when none are about users.';
revoke all on function app_private.personal_condition(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/personal_condition.sql

--! Included functions/customers/export_my_data.sql
create or replace function public.export_my_data() returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_user_id uuid := (select auth.uid());
  v_table record;
  v_rows jsonb;
  v_account jsonb;
  v_tables jsonb := '{}';
begin
  if v_user_id is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  for v_table in
    select distinct l.table_name as name from app_private.personal_links l where l.is_about order by 1
  loop
    execute format(
      'select jsonb_agg(to_jsonb(t) order by to_jsonb(t) ->> ''created_at'', to_jsonb(t) ->> ''id'')
      from %s t where %s', v_table.name, app_private.personal_condition(v_table.name))
      into v_rows using v_user_id;
    if v_rows is not null then
      v_tables := v_tables || jsonb_build_object(split_part(v_table.name, '.', 2), v_rows);
    end if;
  end loop;
  -- Accounts of another issuer are exported by that issuer.
  if app_private.keeps_accounts() then
    select jsonb_build_object('id', u.id, 'email', u.email, 'phone', u.phone, 'created_at', u.created_at,
        'last_sign_in_at', u.last_sign_in_at)
      into v_account
    from auth.users u where u.id = v_user_id;
  end if;
  return jsonb_build_object('exported_at', now(), 'account', v_account, 'tables', v_tables);
end
$$;
comment on function public.export_my_data() is
  'All data about the signed-in user as one object: account (null where another issuer keeps the accounts), and in tables the rows about the user by the names of their tables. Raises OB001.';
revoke all on function public.export_my_data() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.export_my_data() to authenticated, staff;
--! EndIncluded functions/customers/export_my_data.sql

--! split: 050-deleting-accounts.sql
-- Deleting an account permanently.
--
-- Data that identifies a user is deleted. Data that must stay, because money has moved or others were
-- involved, stays in anonymous form: bookings, payments, movements of wallet and points, stars of reviews.
-- Their rows still have the account's id, which then leads to no person.
-- squawk-ignore-file constraint-missing-not-valid

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('signin.recent_minutes', 'signin', '15', 'integer', 1, 1440, true,
    'Minutes after signing in for which a user can do what cannot be undone, such as deleting the account');

alter table public.user_profiles
  add column deleted_at timestamptz,
  add constraint user_profiles_deleted_for_good check (deleted_at is null or status = 'inactive');
comment on column public.user_profiles.deleted_at is
  'When the user deleted the account; null while it exists.';
comment on constraint user_profiles_deleted_for_good on public.user_profiles is
  'A deleted account cannot be opened again. Create a new account.';

--! Included functions/customers/require_recent_sign_in.sql
create or replace function app_private.require_recent_sign_in() returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_minutes integer := app_private.setting('signin.recent_minutes')::integer;
begin
  -- Refreshing a session does not count as signing in again.
  if not exists (
    select from public.user_sessions s
    where s.id = ((select auth.jwt()) ->> 'session_id')::uuid and s.user_id = (select auth.uid())
      and s.status = 'active' and s.started_at > now() - v_minutes * interval '1 minute') then
    raise exception 'You signed in too long ago. Sign in again, and do this within % minutes.', v_minutes
      using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.require_recent_sign_in() is
  'Refuses a user who has not signed in recently, because another person may hold the telephone. Raises OB030.';
revoke all on function app_private.require_recent_sign_in() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/require_recent_sign_in.sql

--! Included functions/customers/require_deletable.sql
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
--! EndIncluded functions/customers/require_deletable.sql

--! Included functions/customers/without_words.sql
create or replace function app_private.without_words(p_row jsonb, p_keys text[]) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_object_agg(r.key, r.value) from jsonb_each(p_row) r
  where r.key = any (p_keys) or jsonb_typeof(r.value) in ('number', 'boolean', 'null')
$$;
comment on function app_private.without_words(jsonb, text[]) is
  'What of a row does not identify a user: these keys, and numbers and booleans; null when nothing is left.';
revoke all on function app_private.without_words(jsonb, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/without_words.sql

--! Included functions/customers/forget_in_audit_log.sql
create or replace function app_private.forget_in_audit_log(p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_money constant text[] := '{bookings,payments,refunds}';
  v_keys constant text[] := '{id,booking_id,payment_id,customer_id,vendor_id,package_id,cancelled_by,
    processed_by,booking_number,transaction_id,gateway_transaction_id,gateway_refund_id,status,payment_status,
    booking_type,payment_method,payment_gateway,refund_type,booking_date,booking_time,time_zone,starts_at,
    ends_at,expires_at,cancelled_at,payment_date,refund_date,processed_at,created_at,updated_at}';
  v_profile_keys constant text[] := '{id,role,status,deleted_at}';
  v_types text[];
  v_ids uuid[];
begin
  v_types := array(
    select distinct split_part(l.table_name, '.', 2) from app_private.personal_links l
    where l.is_about or l.table_name = 'app_private.calendar_feeds');
  v_ids := array(
    select p_user_id
    union select b.id from public.bookings b where b.customer_id = p_user_id
    union select p.id from public.payments p where p.customer_id = p_user_id
    union select r.id from public.refunds r where r.customer_id = p_user_id
    -- Also of deleted rows.
    union select a.resource_id from public.audit_logs a where a.user_id = p_user_id);
  update public.audit_logs a
  set old_values = case
      when a.resource_type = any (v_money) then app_private.without_words(a.old_values, v_keys)
      when a.resource_type = 'user_profiles'
        then app_private.without_words(a.old_values, v_profile_keys) end,
    new_values = case
      when a.resource_type = any (v_money) then app_private.without_words(a.new_values, v_keys)
      when a.resource_type = 'user_profiles'
        then app_private.without_words(a.new_values, v_profile_keys) end
  where (a.resource_type = any (v_types) and a.resource_id = any (v_ids)) or a.user_id = p_user_id;
  update public.audit_logs a set ip_address = null, user_agent = null, request_id = null, operator = null where a.user_id = p_user_id;
end
$$;
comment on function app_private.forget_in_audit_log(uuid) is
  'Removes what identifies a user from the audit log. What was changed, when and by which account stays, and so do states and amounts.';
revoke all on function app_private.forget_in_audit_log(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/forget_in_audit_log.sql

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
$$;
comment on function app_private.forget_bookings(uuid) is
  'Removes what identifies a customer from bookings, payments and reviews; times, services, money and stars stay.';
revoke all on function app_private.forget_bookings(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/forget_bookings.sql

--! Included functions/customers/forget_account.sql
create or replace function app_private.forget_account(p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_mobiles text[];
  v_emails text[];
begin
  select array_agg(distinct m.mobile), array_agg(distinct m.email) into v_mobiles, v_emails
  from (
    select p.mobile::text, p.email::text from public.user_profiles p where p.id = p_user_id
    union all
    select u.phone, u.email from auth.users u where u.id = p_user_id
  ) m (mobile, email);
  delete from public.vendor_otp_codes c where c.mobile = any (v_mobiles) or c.email = any (v_emails);

  -- Open websockets are notified before the sessions are gone.
  update public.user_sessions s set status = 'terminated' where s.user_id = p_user_id and s.status = 'active';
  delete from public.user_sessions s where s.user_id = p_user_id;
  delete from public.vendor_social_auth l where l.user_id = p_user_id;
  delete from public.user_devices d where d.user_id = p_user_id;
  delete from public.notifications n where n.user_id = p_user_id;
  delete from public.user_activity_log l where l.user_id = p_user_id;
  delete from public.error_logs l where l.user_id = p_user_id;
  delete from app_private.calendar_feeds f where f.user_id = p_user_id;
  delete from app_private.idempotency_keys k where k.user_id = p_user_id;

  delete from public.user_documents d where d.user_id = p_user_id;
  delete from public.user_kyc_verification k where k.user_id = p_user_id;
  delete from public.user_bank_details b where b.user_id = p_user_id;
  delete from public.emergency_contacts c where c.user_id = p_user_id;
  delete from public.user_preferences p where p.user_id = p_user_id;
  delete from public.quick_signup_profiles q where q.user_id = p_user_id;
  delete from public.department_widgets w where w.user_id = p_user_id;
  delete from public.user_roles r where r.user_id = p_user_id;

  delete from public.support_tickets t where p_user_id in (t.user_id, t.customer_id);
  delete from public.favourites f where f.customer_id = p_user_id;
  delete from public.payment_methods m where m.customer_id = p_user_id;
  delete from public.booking_holds h where h.customer_id = p_user_id;
  delete from public.customer_addresses a where a.customer_id = p_user_id;
  update public.customers c
  set preferred_services = null, preferred_therapists = null, preferred_vendors = null,
    preferred_gender = null, allergies = null, medical_conditions = null, special_requirements = null,
    referral_code = default
  where c.id = p_user_id;

  update public.user_profiles p
  set name = 'Deleted', mobile = null, email = null, gender = null, date_of_birth = null,
    profile_image = null, employee_id = null, designation = null, joining_date = null, address = null,
    emergency_contact = null, preferences = '{}', mobile_verified = false, social_provider = null,
    profile_completed = false, department_id = null, status = 'inactive', deleted_at = now()
  where p.id = p_user_id;
  -- No row refers to the user's files any more.
  with gone as (
    update public.files f set status = 'deleted', deleted_at = now(), unused_since = null
    where f.owner_id = p_user_id and f.status <> 'deleted'
      and not exists (select from app_private.file_uses u where u.file_id = f.id)
    returning f.id
  ), closed as (
    update app_private.file_storage s set key = null from gone g where s.file_id = g.id
  )
  insert into app_private.file_removals (id) select g.id from gone g;
  update auth.users u
  set email = null, phone = null, raw_user_meta_data = null, last_sign_in_at = null, updated_at = now()
  where u.id = p_user_id;
end
$$;
comment on function app_private.forget_account(uuid) is
  'Deletes an account: removes what identifies the user and is not needed otherwise, and leaves an anonymous profile. Mobile number and e-mail address are free for another account.';
revoke all on function app_private.forget_account(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/forget_account.sql

--! Included functions/customers/delete_my_account.sql
create or replace function public.delete_my_account() returns timestamptz
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user_id uuid := (select auth.uid());
begin
  if v_user_id is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  perform app_private.require_own_accounts();
  perform app_private.require_recent_sign_in();
  -- Locked in the order of booking: the hold, then the customer. Transactions that only refer to them are not
  -- waited for.
  perform from public.user_profiles p where p.id = v_user_id and p.deleted_at is null for no key update;
  if not found then
    raise exception 'This account has already been deleted.' using errcode = 'OB030';
  end if;
  -- A confirmation of a hold at this moment is waited for: then there is a booking, and it is open.
  delete from public.booking_holds h where h.customer_id = v_user_id and h.booking_id is null;
  perform from public.customers c where c.id = v_user_id for no key update;
  perform app_private.require_deletable(v_user_id);
  perform app_private.forget_bookings(v_user_id);
  perform app_private.forget_account(v_user_id);
  perform app_private.forget_in_audit_log(v_user_id);
  return now();
end
$$;
comment on function public.delete_my_account() is
  'Deletes your own account permanently, by default within 15 minutes of signing in, and returns the time. Bookings and payments stay in anonymous form, as the law requires; points are lost; everything else is deleted, all sessions end, and the mobile number and e-mail address are free. Export your data first. Raises OB001, OB030 (sign in again first; open bookings; money owed; people who work here), OB091.';
revoke all on function public.delete_my_account() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.delete_my_account() to authenticated, staff;
--! EndIncluded functions/customers/delete_my_account.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.18', 'customer-conveniences', '2026-11-25', 'Favourites, booking again, calendars, and export or deletion of a user''s data');
