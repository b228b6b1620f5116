--! Previous: sha1:679508a836a0d59e9d3a3c1448c1ff123c247855
--! Hash: sha1:c8f3e6ba771d1dc1e8ffa44e85103dbea7a56104
--! Message: provider reservations

--! split: 010-providers.sql
-- One way in for every reservation of a provider's time. Holds and bookings of therapists and beauticians are
-- reserved by the same rules. So there is one table of reservations, one constraint that no two of one
-- provider overlap, and one function that writes them.
--
-- First what therapists and beauticians have in common: a row to lock, and their qualifications.

create table enums.provider_kind (value text primary key, description text not null);
comment on table enums.provider_kind is E'@enum\n@enumName ProviderKind\nKinds of providers who perform services.';
select app_private.publish_list('enums.provider_kind');
insert into enums.provider_kind values
  ('therapist', 'Serves at the vendor''s premises and travels to customers'), ('beautician', 'Serves in the salon');

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('booking.service_radius_km', 'booking', '15', 'number', 1, 500, true, 'Kilometres from the vendor that a provider travels, unless the provider has an own radius'),
  ('booking.unknown_travel_minutes', 'booking', '30', 'integer', 0, 1440, false, 'Minutes of travel assumed where a place has no coordinates');

create table public.providers (
  id uuid primary key default gen_random_uuid(),
  kind text not null references enums.provider_kind,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  therapist_id uuid unique references public.therapists (id) on delete cascade,
  beautician_id uuid unique references public.beauticians (id) on delete cascade,
  is_listed boolean not null,
  service_radius_km numeric(5, 1),
  constraint providers_of_one_kind check (
    (kind = 'therapist') = (therapist_id is not null)
    and (kind = 'beautician') = (beautician_id is not null)
  )
);
alter table public.providers enable row level security;
select app_private.limit_numbers('public.providers', '{"service_radius_km": "kilometres"}');
-- Providers who can serve at this vendor.
create index providers_vendor_id_idx on public.providers (vendor_id);
comment on table public.providers is
  'Therapists and beauticians as providers whose time can be reserved. Kept by the platform. Locking its row queues requests for the same provider.';
comment on constraint providers_of_one_kind on public.providers is
  'A provider must be exactly one therapist or one beautician, as its kind says.';
comment on column public.providers.id is 'Identifies the provider; slots and holds refer to it.';
comment on column public.providers.kind is 'Kind of provider.';
comment on column public.providers.vendor_id is 'Vendor of the provider.';
comment on column public.providers.is_listed is 'Whether the provider can be booked: working, verified, and with an active account.';
comment on column public.providers.service_radius_km is
  'Kilometres from the vendor that the provider travels; null for the default of the platform.';
comment on column public.providers.therapist_id is 'Therapist; null for a beautician.';
comment on column public.providers.beautician_id is 'Beautician; null for a therapist.';
-- Users who may see the therapist or beautician may see that they can be booked.
create policy select_anon on public.providers for select to anon
  using (
    exists (select from public.therapists t where t.id = therapist_id)
    or exists (select from public.beauticians b where b.id = beautician_id)
  );
create policy select_signed_in on public.providers for select to authenticated
  using (
    exists (select from public.therapists t where t.id = therapist_id)
    or exists (select from public.beauticians b where b.id = beautician_id)
  );
create policy select_staff on public.providers for select to staff
  using (
    exists (select from public.therapists t where t.id = therapist_id)
    or exists (select from public.beauticians b where b.id = beautician_id)
  );
create policy update_own_or_vendor on public.providers for update to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  )
  with check (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  );
grant select on public.providers to anon, authenticated, staff;
grant update (service_radius_km) on public.providers to authenticated;

--! Included functions/providers/tg__provider.sql
create or replace function app_private.tg__provider() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.providers p set vendor_id = new.vendor_id, is_listed = new.is_listed
  where (tg_argv[0] = 'therapist' and p.therapist_id = new.id)
    or (tg_argv[0] = 'beautician' and p.beautician_id = new.id);
  if not found then
    insert into public.providers (kind, vendor_id, is_listed, therapist_id, beautician_id)
    values (tg_argv[0], new.vendor_id, new.is_listed,
      case tg_argv[0] when 'therapist' then new.id end,
      case tg_argv[0] when 'beautician' then new.id end);
  end if;
  return null;
end
$$;
comment on function app_private.tg__provider() is
  'Keeps the providers row of a therapist or beautician; its argument says which.';
revoke all on function app_private.tg__provider() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/tg__provider.sql
create trigger _500_provider
  after insert or update of vendor_id, user_id, is_active, account_is_active, status, verification_status
  on public.therapists
  for each row execute function app_private.tg__provider('therapist');
create trigger _500_provider
  after insert or update of vendor_id, user_id, is_active, account_is_active, status, verification_status
  on public.beauticians
  for each row execute function app_private.tg__provider('beautician');

--! Included functions/providers/register_providers.sql
create or replace function app_private.register_providers() returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.providers (kind, vendor_id, is_listed, therapist_id, beautician_id)
  select 'therapist', t.vendor_id, t.is_listed, t.id, null from public.therapists t
  union all
  select 'beautician', b.vendor_id, b.is_listed, null, b.id from public.beauticians b
  on conflict do nothing
$$;
comment on function app_private.register_providers() is
  'Creates the providers rows of therapists and beauticians that were added while triggers were off.';
revoke all on function app_private.register_providers() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/register_providers.sql
select app_private.register_providers();

/*
 * Common data of both, read and written in one place.
 */
create type app_private.provider_person as (
  id uuid, kind text, vendor_id uuid, user_id uuid, name text, status text, verification_status text
);
comment on type app_private.provider_person is 'A therapist or a beautician, by the providers row.';

--! Included functions/providers/person_of.sql
create or replace function app_private.person_of(p_provider_id uuid) returns app_private.provider_person
language sql stable security definer set search_path = '' as $$
  select p.id, p.kind, p.vendor_id, coalesce(t.user_id, b.user_id), coalesce(t.name, b.name),
    coalesce(t.status, b.status), coalesce(t.verification_status, b.verification_status)
  from public.providers p
  left join public.therapists t on t.id = p.therapist_id
  left join public.beauticians b on b.id = p.beautician_id
  where p.id = p_provider_id
$$;
comment on function app_private.person_of(uuid) is 'The therapist or beautician of a provider; null for none.';
revoke all on function app_private.person_of(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/person_of.sql

--! Included functions/providers/write_provider.sql
create or replace function app_private.write_provider(
  p_provider_id uuid, p_status text default null, p_verification_status text default null
) returns void
language sql volatile security definer set search_path = '' as $$
  update public.therapists t
  set status = coalesce(p_status, t.status),
    verification_status = coalesce(p_verification_status, t.verification_status),
    -- A provider who has left has no account here any more.
    user_id = case when p_status is distinct from 'ended' then t.user_id end
  from public.providers p where p.id = p_provider_id and t.id = p.therapist_id;
  update public.beauticians b
  set status = coalesce(p_status, b.status),
    verification_status = coalesce(p_verification_status, b.verification_status),
    user_id = case when p_status is distinct from 'ended' then b.user_id end
  from public.providers p where p.id = p_provider_id and b.id = p.beautician_id;
$$;
comment on function app_private.write_provider(uuid, text, text) is
  'Writes state and verification of a provider, each unless null; ending a provider unlinks the account.';
revoke all on function app_private.write_provider(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/write_provider.sql

--! Included functions/providers/my_provider_ids.sql
create or replace function app_private.my_provider_ids() returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array(
    select p.id from public.providers p
    where p.therapist_id = any (app_private.my_therapist_ids())
      or p.beautician_id = any (app_private.my_beautician_ids()))
$$;
comment on function app_private.my_provider_ids() is
  'The signed-in user as a provider of either kind.';
revoke all on function app_private.my_provider_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_provider_ids() to authenticated;
--! EndIncluded functions/providers/my_provider_ids.sql

--! Included functions/providers/my_vendor_provider_ids.sql
create or replace function app_private.my_vendor_provider_ids(p_right text) returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array(
    select p.id from public.providers p
    where p.vendor_id = any (app_private.my_vendor_ids(p_right)))
$$;
comment on function app_private.my_vendor_provider_ids(text) is
  'Providers of the vendors where the signed-in user has this part of the owner''s rights, as in my_vendor_ids.';
revoke all on function app_private.my_vendor_provider_ids(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_vendor_provider_ids(text) to authenticated;
--! EndIncluded functions/providers/my_vendor_provider_ids.sql

create table enums.provider_pause (value text primary key, description text not null);
comment on table enums.provider_pause is E'@enum\n@enumName ProviderPause\nWhich side has paused a provider.';
select app_private.publish_list('enums.provider_pause');
insert into enums.provider_pause values
  ('vendor', 'The vendor'), ('provider', 'The provider');

-- Details that the public need not know are kept apart from those it may see.
create table public.provider_private_details (
  provider_id uuid primary key references public.providers (id) on delete cascade,
  paused_by text references enums.provider_pause,
  status_reason text,
  last_day date,
  ending_reason text,
  rejection_reason text,
  verified_by uuid references public.user_profiles (id) on delete set null,
  verified_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.provider_private_details enable row level security;
create index provider_private_details_verified_by_idx on public.provider_private_details (verified_by);
-- Providers whose last day is over.
create index provider_private_details_last_day_idx on public.provider_private_details (last_day)
  where last_day is not null;
select app_private.keep_timestamps('public.provider_private_details');
create trigger _800_audit after insert or update or delete on public.provider_private_details
  for each row execute function app_private.tg__audit('provider_id');
comment on table public.provider_private_details is
  'Why a provider is paused, suspended or rejected, and the provider''s last day: for the provider, the vendor''s management and the platform. Without a row none of this applies.';
comment on column public.provider_private_details.provider_id is 'Provider whose details these are.';
comment on column public.provider_private_details.paused_by is
  'Side that has paused the provider; only this side can resume. Null while the provider is not paused.';
comment on column public.provider_private_details.status_reason is
  'Why the provider is paused or suspended; null when not given or when neither applies.';
comment on column public.provider_private_details.last_day is
  'Last day on which the provider works for the vendor, in the vendor''s time zone; null while no end is set.';
comment on column public.provider_private_details.ending_reason is 'Why the work for the vendor ends; null while no end is set.';
comment on column public.provider_private_details.rejection_reason is
  'Why the provider was rejected; null unless it was.';
comment on column public.provider_private_details.verified_by is
  'User who last verified or rejected the provider; null until then.';
comment on column public.provider_private_details.verified_at is 'When the provider was last verified or rejected; null until then.';
create policy select_own_or_vendor on public.provider_private_details for select to authenticated
  using (
    provider_id = any ((select app_private.my_provider_ids())::uuid[])
    or provider_id = any ((select app_private.my_vendor_provider_ids('manage'))::uuid[])
  );
create policy select_staff on public.provider_private_details for select to staff
  using ((select app_private.has_permission('vendors.read')));
-- Withheld: every write. verify_provider, pause_provider, resume_provider, suspend_provider and end_provider
-- do it.
grant select on public.provider_private_details to authenticated, staff;

/*
 * Qualifications of a therapist, like beautician_services for beauticians.
 */
create table public.therapist_services (
  id uuid primary key default gen_random_uuid(),
  therapist_id uuid not null references public.therapists (id) on delete cascade,
  service_id uuid not null references public.services (id) on delete restrict,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint therapist_services_once unique (therapist_id, service_id)
);
alter table public.therapist_services enable row level security;
-- Who performs a service.
create index therapist_services_service_id_idx on public.therapist_services (service_id);
comment on table public.therapist_services is
  'Services of the catalogue that a therapist is qualified for; the therapist can be booked only for these. Price and duration are those of the vendor''s services.';
comment on constraint therapist_services_once on public.therapist_services is
  'The therapist already offers this service. Change that entry instead.';
select app_private.copy_rules('public.beautician_services', 'beautician', 'therapist');

-- Qualifications were not recorded before: therapists keep all services that their vendor offers.
insert into public.therapist_services (therapist_id, service_id)
select t.id, o.service_id
from public.therapists t
join public.vendor_services o on o.vendor_id = t.vendor_id;

--! Included functions/providers/default_daily_maximum.sql
-- Daily maximum where a schedule gives none: a setting instead of a number in the table.
create or replace function app_private.default_daily_maximum() returns integer
language sql stable security definer set search_path = '' as $$
  select app_private.setting('booking.daily_maximum')::integer
$$;
comment on function app_private.default_daily_maximum() is
  'Bookings of a provider per day unless the schedule says otherwise: the setting booking.daily_maximum.';
revoke all on function app_private.default_daily_maximum() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.default_daily_maximum() to authenticated;
--! EndIncluded functions/providers/default_daily_maximum.sql
-- Writing a schedule computes its default.

alter table public.therapist_schedules
  alter column max_bookings set default app_private.default_daily_maximum();
alter table public.beautician_schedules
  alter column max_bookings set default app_private.default_daily_maximum();

--! split: 020-reservations.sql
-- The reservations of a provider's time, and the one function that creates them.
--
-- Locks are taken in this order, here and everywhere: account (when suspending or ending a provider),
-- idempotency key, payment, booking, hold, provider, customer. No function takes an earlier one while it
-- holds a later one, so that there are no deadlocks. (docs/decisions/0009-one-way-in.md)

create table public.booking_holds (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id) on delete cascade,
  vendor_id uuid not null references public.vendors (id) on delete cascade,
  provider_id uuid not null references public.providers (id) on delete cascade,
  booking_type text not null references enums.booking_type,
  service_ids uuid[] not null constraint booking_holds_not_empty check (cardinality(service_ids) > 0),
  addon_ids uuid[] not null default '{}',
  package_id uuid references public.service_packages (id) on delete restrict,
  address_id uuid references public.customer_addresses (id) on delete cascade,
  starts_at timestamptz not null,
  duration_minutes integer not null check (duration_minutes between 5 and 1440),
  expires_at timestamptz not null,
  booking_id uuid unique references public.bookings (id) on delete cascade,
  created_at timestamptz not null default now()
);
alter table public.booking_holds enable row level security;
select app_private.keep_timestamps('public.booking_holds');
alter table public.booking_holds
  alter column customer_id set (n_distinct = -1), alter column vendor_id set (n_distinct = -1);
create index booking_holds_customer_id_idx on public.booking_holds (customer_id, created_at desc);
create index booking_holds_vendor_id_idx on public.booking_holds (vendor_id);
create index booking_holds_provider_id_idx on public.booking_holds (provider_id);
create index booking_holds_package_id_idx on public.booking_holds (package_id) where package_id is not null;
create index booking_holds_address_id_idx on public.booking_holds (address_id) where address_id is not null;
create index booking_holds_created_at_idx on public.booking_holds (created_at desc, id);
-- What the clean-up removes.
create index booking_holds_expires_at_idx on public.booking_holds (expires_at);
comment on table public.booking_holds is
  'Slots that customers hold while they decide, each with one provider and for some minutes. Created by holdSlot; ended by confirmBooking, releaseHold or when the time is over.';
comment on constraint booking_holds_not_empty on public.booking_holds is
  'A hold must have at least one service. Choose a service.';
comment on column public.booking_holds.id is 'Identifies the hold.';
comment on column public.booking_holds.customer_id is 'Customer who has the hold.';
comment on column public.booking_holds.vendor_id is 'Vendor that is to be booked.';
comment on column public.booking_holds.provider_id is 'Provider who is reserved.';
comment on column public.booking_holds.booking_type is 'Where the service is to take place.';
comment on column public.booking_holds.service_ids is 'Ids of the services, at least one.';
comment on column public.booking_holds.addon_ids is 'Ids of the add-ons; empty when there are none.';
comment on column public.booking_holds.package_id is 'Package that is booked; null for single services.';
comment on column public.booking_holds.address_id is
  'Address where the customer is to be served; null at the vendor''s premises.';
comment on column public.booking_holds.starts_at is 'Instant at which the service is to begin.';
comment on column public.booking_holds.duration_minutes is 'Minutes that are held.';
comment on column public.booking_holds.expires_at is 'When the hold expires unless it is confirmed.';
comment on column public.booking_holds.booking_id is 'Booking that the hold became; null until then.';
create policy select_own on public.booking_holds for select to authenticated
  using (
    customer_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('bookings'))::uuid[])
  );
create policy select_staff on public.booking_holds for select to staff
  using (
    id >= (select app_private.floor_uuid('bookings.read'))
    and created_at >= (select app_private.floor_instant('bookings.read'))
  );
grant select on public.booking_holds to authenticated, staff;

create table app_private.provider_reservations (
  id bigint generated always as identity primary key,
  provider_id uuid not null references public.providers (id) on delete cascade,
  hold_id uuid unique references public.booking_holds (id) on delete cascade,
  booking_id uuid unique references public.bookings (id) on delete cascade,
  day date not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  ready_at timestamptz not null,
  is_at_vendor boolean not null,
  latitude public.latitude,
  longitude public.longitude,
  expires_at timestamptz,
  constraint provider_reservations_for_one_thing check (num_nonnulls(hold_id, booking_id) = 1),
  constraint provider_reservations_in_order check (starts_at < ends_at and ends_at <= ready_at),
  constraint provider_reservations_no_overlap exclude using gist
    (provider_id with =, tstzrange(starts_at, ready_at) with &&)
);
alter table app_private.provider_reservations enable row level security;
-- A provider's day: slots and the daily maximum read only this.
create index provider_reservations_day_idx on app_private.provider_reservations (provider_id, day);
-- What the clean-up removes.
create index provider_reservations_expires_at_idx on app_private.provider_reservations (expires_at)
  where expires_at is not null;
comment on table app_private.provider_reservations is
  'Reservations of providers'' time: holds, and bookings until they are cancelled. The exclusion constraint makes a double booking impossible, whatever writes the row. Imported bookings of the past have none.';
comment on column app_private.provider_reservations.id is 'Identifies the reservation.';
comment on column app_private.provider_reservations.provider_id is 'Provider who is reserved.';
comment on column app_private.provider_reservations.hold_id is 'Hold of the reservation; null for a booking.';
comment on column app_private.provider_reservations.booking_id is 'Booking of the reservation; null for a hold.';
comment on column app_private.provider_reservations.day is
  'Day on which the provider''s shift starts, in the vendor''s local time: the date of the start, or after midnight the one before. By it the daily maximum counts and leave collides.';
comment on column app_private.provider_reservations.starts_at is 'When the service begins.';
comment on column app_private.provider_reservations.ends_at is 'When the service ends.';
comment on column app_private.provider_reservations.ready_at is
  'When the provider is free again: the end and the buffer that applied then.';
comment on column app_private.provider_reservations.is_at_vendor is
  'Whether the service takes place at the vendor''s premises; between two such reservations there is no travel.';
comment on column app_private.provider_reservations.latitude is
  'Degrees north of the place of service; null when not known.';
comment on column app_private.provider_reservations.longitude is
  'Degrees east of the place of service; null when not known.';
comment on column app_private.provider_reservations.expires_at is
  'When the reservation expires; null for one that is paid. An expired reservation has no effect, even before it is removed.';
comment on constraint provider_reservations_no_overlap on app_private.provider_reservations is
  'This time has just been taken. Choose another slot.';

/*
 * Where a service takes place, and the distance between two places. The distance is inlined into the queries
 * that use it, thousands of times per query, so it does not pin its search_path; its body is parsed when it
 * is created, so that no search_path changes it.
 */
create type app_private.place as (is_at_vendor boolean, latitude numeric, longitude numeric);
comment on type app_private.place is
  'Place of a service: at the vendor''s premises or not, with coordinates as far as they are known.';

--! Included functions/reservations/distance_km.sql
create or replace function app_private.distance_km(
  p_latitude numeric, p_longitude numeric, p_other_latitude numeric, p_other_longitude numeric
) returns double precision
language sql immutable parallel safe
return case
  -- least() would ignore a null and treat an unknown place as the other end of the world.
  when p_latitude + p_longitude + p_other_latitude + p_other_longitude is not null then
    2 * 6371.0088 * asin(sqrt(least(1.0::double precision,
      power(sind((p_other_latitude - p_latitude)::double precision / 2), 2)
      + cosd(p_latitude::double precision) * cosd(p_other_latitude::double precision)
        * power(sind((p_other_longitude - p_longitude)::double precision / 2), 2))))
end;
comment on function app_private.distance_km(numeric, numeric, numeric, numeric) is
  'Kilometres between two points on a sphere with the earth''s mean radius (haversine); null when a coordinate is null.';
revoke all on function app_private.distance_km(numeric, numeric, numeric, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reservations/distance_km.sql

/*
 * A local time is an instant, except for the hour that is skipped when the clock is put forward: hours and
 * breaks that begin or end in it do so at the moment of the jump. PostgreSQL would count on from the time
 * before.
 */
--! Included functions/reservations/leap_after.sql
create or replace function app_private.leap_after(p_local timestamp, p_zone text) returns timestamptz
language sql stable strict set search_path = '' as $$
  select min(q.instant)
  from generate_series(
    p_local at time zone p_zone - (((p_local at time zone p_zone) at time zone p_zone) - p_local),
    p_local at time zone p_zone, interval '1 minute') q (instant)
  where q.instant at time zone p_zone >= p_local
$$;
comment on function app_private.leap_after(timestamp, text) is
  'The instant at which the clock of a zone jumps over this local time, which does not exist there.';
revoke all on function app_private.leap_after(timestamp, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reservations/leap_after.sql

--! Included functions/reservations/clock_instant.sql
create or replace function app_private.clock_instant(p_local timestamp, p_zone text) returns timestamptz
language sql stable
return case when (p_local at time zone p_zone) at time zone p_zone = p_local
  then p_local at time zone p_zone else app_private.leap_after(p_local, p_zone) end;
comment on function app_private.clock_instant(timestamp, text) is
  'The instant of a local time. For one that the clock skips it is the moment of the jump; for one that comes twice it is the second. Inlined, as distance_km is.';
revoke all on function app_private.clock_instant(timestamp, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reservations/clock_instant.sql

/*
 * When can a service of so many minutes at this place begin? This is the only answer to that question: slots
 * are its instants on the grid, and reserving asks it again under the provider's lock.
 *
 * A service must be within one shift of the vendor and one of the provider, and outside their breaks; on no day
 * of approved leave, on no day that is full, on none after the last day; within the service radius; and
 * separated from each reservation by the buffer and the travel time between the two places. Each of these
 * removes an interval of starts.
 */
--! Included functions/reservations/shift_starts.sql
create or replace function app_private.shift_starts(
  p_from timestamp, p_to timestamp, p_breaks tsmultirange, p_duration interval, p_zone text
) returns tstzmultirange
language plpgsql stable set search_path = '' as $$
declare
  v_first timestamptz := app_private.clock_instant(p_from, p_zone);
  v_last timestamptz := app_private.clock_instant(p_to, p_zone) - p_duration;
  v_starts tstzmultirange := '{}';
  v_break tsrange;
  v_breaks timestamptz;
  v_goes_on timestamptz;
begin
  if v_first > v_last then
    return v_starts;
  end if;
  v_starts := tstzmultirange(tstzrange(v_first, v_last, '[]'));
  if isempty(p_breaks) then
    return v_starts;
  end if;
  for v_break in select b from unnest(p_breaks) b loop
    v_breaks := app_private.clock_instant(lower(v_break), p_zone);
    v_goes_on := app_private.clock_instant(upper(v_break), p_zone);
    -- A break that the clock skips does not exist.
    if v_breaks < v_goes_on then
      v_starts := v_starts - tstzmultirange(tstzrange(v_breaks - p_duration, v_goes_on, '()'));
    end if;
  end loop;
  return v_starts;
end
$$;
comment on function app_private.shift_starts(timestamp, timestamp, tsmultirange, interval, text) is
  'Instants at which a service of this duration can begin so that it is within a shift and outside of its breaks, which are given in local time.';
revoke all on function app_private.shift_starts(timestamp, timestamp, tsmultirange, interval, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reservations/shift_starts.sql

--! Included functions/hours/working.sql
create or replace function app_private.working(p_provider_ids uuid[], p_from date, p_to date)
returns table (
  provider_id uuid, day date, starts timestamp, ends timestamp, breaks tsmultirange, maximum integer
)
language plpgsql stable rows 1000 security definer set search_path = '' as $$
begin
  return query
    with people as materialized (
      select p.id, p.therapist_id, p.beautician_id from public.providers p where p.id = any (p_provider_ids)
    ), schedules as materialized (
      select s.*, max(s.max_bookings) over (partition by s.id, s.day_of_week) as maximum
      from (
        select p.id, s.day_of_week, s.start_time, s.end_time, s.break_start, s.break_end, s.max_bookings
        from people p
        join public.therapist_schedules s on s.therapist_id = p.therapist_id and s.is_available
        union all
        select p.id, s.day_of_week, s.start_time, s.end_time, s.break_start, s.break_end, s.max_bookings
        from people p
        join public.beautician_schedules s on s.beautician_id = p.beautician_id and s.is_available
      ) s
    ), leaves as materialized (
      select p.id, l.start_date, l.end_date
      from people p
      join public.therapist_leaves l on l.therapist_id = p.therapist_id and l.status = 'approved'
        and l.end_date >= p_from and l.start_date <= p_to
      union all
      select p.id, l.start_date, l.end_date
      from people p
      join public.beautician_leaves l on l.beautician_id = p.beautician_id and l.status = 'approved'
        and l.end_date >= p_from and l.start_date <= p_to
    )
    select s.id, d.day, d.day + s.start_time, app_private.shift_end(d.day, s.start_time, s.end_time),
      app_private.shift_break(d.day, s.start_time, s.break_start, s.break_end), s.maximum
    from (select p_from + n as day from generate_series(0, p_to - p_from) n) d
    join schedules s on s.day_of_week = extract(dow from d.day)::integer
    where not exists (
      select from leaves l where l.id = s.id and d.day between l.start_date and l.end_date);
end
$$;
comment on function app_private.working(uuid[], date, date) is
  'Shifts of these providers that start on these days, in the vendor''s local time, each with the times in it at which the provider does not work and the most bookings of that day. A day of approved leave has none.';
revoke all on function app_private.working(uuid[], date, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/hours/working.sql

--! Included functions/reservations/free_starts.sql
create or replace function app_private.free_starts(
  p_vendor_id uuid, p_provider_ids uuid[], p_from date, p_to date, p_minutes integer,
  p_place app_private.place, p_except_booking_id uuid default null
) returns table (provider_id uuid, day date, shift_day date, starts tstzmultirange)
language plpgsql stable security definer set search_path = ''
-- The planner knows nothing of the rows that are computed here, and would compare each with each.
set enable_nestloop = off as $$
declare
  v_vendor public.vendors;
  v_duration interval := p_minutes * interval '1 minute';
  v_buffer interval := app_private.setting('booking.buffer_minutes')::integer * interval '1 minute';
  v_hours_per_km double precision := 1 / app_private.setting('booking.travel_speed_kmh')::double precision;
  v_radius numeric := app_private.setting('booking.service_radius_km')::numeric;
  v_unknown interval := app_private.setting('booking.unknown_travel_minutes')::integer * interval '1 minute';
  v_reach double precision;
  v_earliest timestamptz;
  v_latest timestamptz;
begin
  select * into strict v_vendor from public.vendors v where v.id = p_vendor_id;
  v_earliest := p_from::timestamp at time zone v_vendor.time_zone - interval '1 day';
  v_latest := (p_to + 1)::timestamp at time zone v_vendor.time_zone + interval '1 day' + v_buffer + v_duration;
  v_reach := app_private.distance_km(v_vendor.latitude, v_vendor.longitude, p_place.latitude, p_place.longitude);

  return query
  with people as materialized (
    select p.id, d.last_day
    from public.providers p
    left join public.provider_private_details d on d.provider_id = p.id
    where p.id = any (p_provider_ids) and p.vendor_id = v_vendor.id and p.is_listed
      and (p_place.is_at_vendor or v_reach is null
        or v_reach <= coalesce(p.service_radius_km, v_radius))
  ), reservations as materialized (
    select r.provider_id, r.day, f.forbids_from, f.forbids_to,
      greatest(p_from, (f.forbids_from at time zone v_vendor.time_zone)::date) as first_day,
      least(p_to, (f.forbids_to at time zone v_vendor.time_zone)::date) as last_day
    from app_private.provider_reservations r
    cross join lateral (
      select case
        when r.is_at_vendor and p_place.is_at_vendor then interval '0'
        -- No journey takes longer than a day, so the reservations of four days around are enough.
        else least(interval '1 day', coalesce(
          app_private.distance_km(r.latitude, r.longitude, p_place.latitude, p_place.longitude)
            * v_hours_per_km * interval '1 hour',
          v_unknown))
      end as time
      -- Computed once per reservation: otherwise the planner repeats it wherever it is used.
      offset 0
    ) way
    cross join lateral (
      select r.starts_at - v_buffer - way.time - v_duration as forbids_from,
        r.ready_at + way.time as forbids_to
      offset 0
    ) f
    where r.provider_id = any (p_provider_ids)
      and r.day between p_from - 4 and p_to + 4
      and r.ready_at > v_earliest and r.starts_at < v_latest
      and (r.expires_at is null or r.expires_at > clock_timestamp())
      and (p_except_booking_id is null or r.booking_id is distinct from p_except_booking_id)
  ), taken as materialized (
    select r.provider_id, r.first_day + o.days as day,
      range_agg(tstzrange(r.forbids_from, r.forbids_to, '()')) as forbidden
    from reservations r
    cross join lateral generate_series(0, r.last_day - r.first_day) o (days)
    group by r.provider_id, r.first_day + o.days
  ), days as materialized (
    select r.provider_id, r.day, count(*) as reserved from reservations r group by r.provider_id, r.day
  ), hours as materialized (
    -- A shift that passes midnight is of two dates.
    select c.day, range_agg(s.starts) as starts
    from app_private.opening(v_vendor.id, p_from - 1, p_to) o
    cross join lateral app_private.shift_starts(o.opens, o.closes, o.breaks, v_duration, v_vendor.time_zone) s (starts)
    cross join lateral (values (o.day), (o.day + 1)) c (day)
    where c.day between p_from and p_to and (c.day = o.day or o.closes > c.day)
    group by c.day
  ), shifts as materialized (
    select w.* from app_private.working(array(select p.id from people p), p_from - 1, p_to) w
  ), starts as materialized (
    -- Once for all who work the same hours.
    select w.day as shift_day, w.starts as shift_from, w.ends as shift_to, w.breaks, c.day,
      s.starts * h.starts
        * case when w.ends > w.day + 1
          then tstzmultirange(tstzrange(app_private.clock_instant(c.day::timestamp, v_vendor.time_zone),
            app_private.clock_instant((c.day + 1)::timestamp, v_vendor.time_zone)))
          else '{(,)}' end as starts
    from (select distinct w.day, w.starts, w.ends, w.breaks from shifts w) w
    cross join lateral app_private.shift_starts(w.starts, w.ends, w.breaks, v_duration, v_vendor.time_zone) s (starts)
    cross join lateral (values (w.day), (w.day + 1)) c (day)
    join hours h on h.day = c.day
    where c.day = w.day or w.ends > c.day
  )
  select w.provider_id, s.day, w.day, s.starts - coalesce(t.forbidden, '{}')
  from shifts w
  join starts s on s.shift_day = w.day and s.shift_from = w.starts and s.shift_to = w.ends and s.breaks = w.breaks
  join people p on p.id = w.provider_id and s.day <= coalesce(p.last_day, 'infinity')
  left join taken t on t.provider_id = w.provider_id and t.day = s.day
  left join days d on d.provider_id = w.provider_id and d.day = w.day
  where not isempty(s.starts) and coalesce(d.reserved, 0) < w.maximum;
end
$$;
comment on function app_private.free_starts(uuid, uuid[], date, date, integer, app_private.place, uuid) is
  'For each shift of these providers of a vendor and each date in the vendor''s time zone, the instants at which a service of this duration at this place can begin. A shift belongs to the day on which it starts, and may reach into the next. Unknown coordinates are within every radius, with the travel time of the setting. The reservation of the excepted booking does not count, because that booking may move.';
revoke all on function app_private.free_starts(uuid, uuid[], date, date, integer, app_private.place, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reservations/free_starts.sql

/*
 * Creating a reservation.
 */
--! Included functions/reservations/lock_provider.sql
create or replace function app_private.lock_provider(p_provider_id uuid) returns public.providers
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_provider public.providers;
begin
  select * into v_provider from public.providers p where p.id = p_provider_id for no key update;
  if not found then
    raise exception 'The provider was not found. Check the id.' using errcode = 'OB003';
  end if;
  -- They have no effect, but the constraint does not know the time.
  delete from app_private.provider_reservations r
  where r.provider_id = p_provider_id and r.expires_at <= clock_timestamp();
  return v_provider;
end
$$;
comment on function app_private.lock_provider(uuid) is
  'Locks a provider until the end of the transaction and removes the provider''s expired reservations. Raises OB003.';
revoke all on function app_private.lock_provider(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reservations/lock_provider.sql

--! Included functions/reservations/reserve_provider.sql
create or replace function app_private.reserve_provider(
  p_provider_id uuid, p_starts_at timestamptz, p_minutes integer,
  p_place app_private.place,
  p_hold_id uuid, p_booking_id uuid, p_expires_at timestamptz default null
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_provider public.providers := app_private.lock_provider(p_provider_id);
  v_day date;
begin
  select (p_starts_at at time zone v.time_zone)::date into v_day
  from public.vendors v where v.id = v_provider.vendor_id;

  -- From here on the day of the shift.
  select f.shift_day into v_day
  from app_private.free_starts(v_provider.vendor_id, array[p_provider_id], v_day, v_day, p_minutes,
    p_place, p_booking_id) f
  where f.starts @> p_starts_at;
  if not found then
    raise exception 'The provider is not free at this time. Choose another time or another provider.'
      using errcode = 'OB060';
  end if;

  delete from app_private.provider_reservations r where r.booking_id = p_booking_id;
  insert into app_private.provider_reservations
    (provider_id, hold_id, booking_id, day, starts_at, ends_at, ready_at, is_at_vendor, latitude,
      longitude, expires_at)
  values (
    p_provider_id, p_hold_id, p_booking_id, v_day, p_starts_at,
    app_private.plus_minutes(p_starts_at, p_minutes),
    app_private.plus_minutes(
      p_starts_at, p_minutes + app_private.setting('booking.buffer_minutes')::integer),
    p_place.is_at_vendor, p_place.latitude, p_place.longitude, p_expires_at
  );
end
$$;
comment on function app_private.reserve_provider(
  uuid, timestamptz, integer, app_private.place, uuid, uuid, timestamptz
) is
  'The only way to reserve a provider''s time, for a hold or for a booking, whose earlier reservation it replaces. Raises OB003 (no such provider) and OB060 (not free: reserved, on leave, off, too far, no time to travel, or the day is full).';
revoke all on function app_private.reserve_provider( uuid, timestamptz, integer, app_private.place, uuid, uuid, timestamptz ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reservations/reserve_provider.sql

--! Included functions/reservations/claim_hold.sql
create or replace function app_private.claim_hold(p_hold_id uuid, p_booking_id uuid, p_minutes integer) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_reservation app_private.provider_reservations;
  v_provider public.providers;
begin
  select r.* into v_reservation from app_private.provider_reservations r where r.hold_id = p_hold_id;
  if found then
    v_provider := app_private.lock_provider(v_reservation.provider_id);
    -- A hold that exists after the lock has not expired, but its provider may no longer be bookable. Never
    -- longer than what was held.
    update app_private.provider_reservations r
    set hold_id = null, booking_id = p_booking_id,
      ends_at = app_private.plus_minutes(r.starts_at, p_minutes),
      ready_at = r.ready_at - (r.ends_at - app_private.plus_minutes(r.starts_at, p_minutes))
    where r.id = v_reservation.id and v_provider.is_listed;
  end if;
  if not found then
    raise exception 'The hold has expired. Choose a time again.' using errcode = 'OB061';
  end if;
end
$$;
comment on function app_private.claim_hold(uuid, uuid, integer) is
  'Passes the reservation of a hold to the booking that it becomes, shortened to p_minutes. Raises OB061 where the hold has expired or the provider can no longer be booked.';
revoke all on function app_private.claim_hold(uuid, uuid, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reservations/claim_hold.sql
