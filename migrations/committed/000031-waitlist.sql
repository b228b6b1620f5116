--! Previous: sha1:8ed9f5d24891035b2c631327b20c7b27ceb8c5fc
--! Hash: sha1:e5bd63a27d97930f5f899c7b2ce3511ce1bd8cba
--! Message: waitlist

--! split: 010-waitlist.sql
-- The waitlist: customers who find no free time at a vendor wait for one. Time that becomes free is noted where a
-- customer waits for it, and a job offers it in order of entry. An offer is a hold: nothing else can take the time
-- meanwhile, and confirming it is confirming a hold. Docs: decisions/0037-waitlist.md.
-- squawk-ignore-file require-concurrent-index-creation

insert into enums.notification_type values
  ('waitlist_offer', 'A time is held for a customer who waits'),
  ('waitlist_open', 'A time for which a customer waits is open to all');
insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('waitlist.offer_minutes', 'waitlist', '10', 'integer', 1, 120, true, 'Minutes for which time that has become free is held for a customer who waits'),
  ('waitlist.offers', 'waitlist', '3', 'integer', 1, 100, true, 'Customers to whom time that has become free is offered, one after the other, before it is open to all'),
  ('waitlist.notice_minutes', 'waitlist', '120', 'integer', 0, 4320, true, 'Minutes before its start after which time is no longer offered'),
  ('waitlist.maximum_entries', 'waitlist', '3', 'integer', 1, 100, true, 'Entries of a customer that can wait at once'),
  ('waitlist.longest_days', 'waitlist', '14', 'integer', 1, 90, true, 'Days that the span of a waitlist entry can have'),
  ('waitlist.keep_days', 'waitlist', '30', 'integer', 1, 3650, false, 'Days after which waitlist entries that no longer wait are deleted');
--! Included templates/waitlist_offer.sql
-- Time that a customer waits for is free, and held for them.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('waitlist_offer', 'customer', 'en',
    '{{vendor}} has a free time for you',
    '{{service}} on {{date}} at {{time}}. It is held for you until {{until}}.',
    '{push,in_app,sms}', 'urgent', '/waitlist/{{entry_id}}'),
  ('waitlist_offer', 'customer', 'hi',
    '{{vendor}} में आपके लिए समय खाली है',
    '{{service}}, {{date}} को {{time}} बजे। यह समय {{until}} बजे तक आपके लिए रखा गया है।',
    '{push,in_app,sms}', 'urgent', '/waitlist/{{entry_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/waitlist_offer.sql
--! Included templates/waitlist_open.sql
-- Time that a customer waits for is free, and open to all.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('waitlist_open', 'customer', 'en',
    '{{vendor}} has a free time',
    '{{service}} on {{date}} at {{time}}. Book it in the app while it is free.',
    '{push,in_app}', 'normal', '/waitlist/{{entry_id}}'),
  ('waitlist_open', 'customer', 'hi',
    '{{vendor}} में समय खाली है',
    '{{service}}, {{date}} को {{time}} बजे। जब तक समय खाली है, ऐप में बुक करें।',
    '{push,in_app}', 'normal', '/waitlist/{{entry_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/waitlist_open.sql

create table enums.waitlist_status (value text primary key, description text not null);
comment on table enums.waitlist_status is E'@enum\n@enumName WaitlistStatus\nStates of a waitlist entry.';
select app_private.publish_list('enums.waitlist_status');
insert into enums.waitlist_status values
  ('waiting', 'Waits for a time'),
  ('offered', 'A time is held for the customer'),
  ('booked', 'The customer has booked the time that was offered'),
  ('left', 'The customer has left the waitlist'),
  ('expired', 'The span is over');

-- Who waits for what.
create table public.waitlist_entries (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers on delete cascade,
  vendor_id uuid not null references public.vendors on delete cascade,
  service_ids uuid[] not null constraint waitlist_entries_not_empty check (cardinality(service_ids) between 1 and 20),
  provider_id uuid references public.providers on delete cascade,
  booking_type text not null references enums.booking_type,
  address_id uuid references public.customer_addresses on delete cascade,
  starts_from timestamptz not null,
  starts_until timestamptz not null,
  duration_minutes integer not null constraint waitlist_entries_duration_range check (duration_minutes between 5 and 1440),
  status text not null default 'waiting' references enums.waitlist_status,
  offer_hold_id uuid references public.booking_holds on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint waitlist_entries_span_in_order check (starts_from < starts_until)
);
alter table public.waitlist_entries enable row level security;
create index waitlist_entries_customer_id_idx on public.waitlist_entries (customer_id, created_at desc);
-- Those of a vendor in the order in which they get offers.
create index waitlist_entries_vendor_id_idx on public.waitlist_entries (vendor_id, status, created_at);
create index waitlist_entries_provider_id_idx on public.waitlist_entries (provider_id) where provider_id is not null;
create index waitlist_entries_address_id_idx on public.waitlist_entries (address_id) where address_id is not null;
create index waitlist_entries_offer_hold_id_idx on public.waitlist_entries (offer_hold_id) where offer_hold_id is not null;
-- Those that end, for the clock.
create index waitlist_entries_starts_until_idx on public.waitlist_entries (starts_until);
select app_private.keep_timestamps('public.waitlist_entries');
comment on table public.waitlist_entries is
  'Customers who wait for a time at a vendor. A time that becomes free is held for them in order of entry (offerHold).';
comment on column public.waitlist_entries.id is 'Identifies the entry.';
comment on column public.waitlist_entries.customer_id is 'Customer who waits.';
comment on column public.waitlist_entries.vendor_id is 'Vendor at which the customer waits for a time.';
comment on column public.waitlist_entries.service_ids is 'Services that are to be booked.';
comment on column public.waitlist_entries.provider_id is 'Provider for whom the customer waits; null for any.';
comment on column public.waitlist_entries.booking_type is 'Where the service is to take place.';
comment on column public.waitlist_entries.address_id is 'Address of a home or hotel service; null at the vendor.';
comment on column public.waitlist_entries.starts_from is 'Earliest start.';
comment on column public.waitlist_entries.starts_until is 'Latest start.';
comment on column public.waitlist_entries.duration_minutes is 'Minutes that the services took when the customer joined.';
comment on column public.waitlist_entries.status is 'State of the entry.';
comment on column public.waitlist_entries.offer_hold_id is
  'Hold of the time that is offered or was booked; null while the customer waits.';
comment on column public.waitlist_entries.created_at is 'When the customer joined.';
comment on column public.waitlist_entries.updated_at is 'When the row was last changed.';
comment on constraint waitlist_entries_not_empty on public.waitlist_entries is 'Choose 1 to 20 services.';
comment on constraint waitlist_entries_duration_range on public.waitlist_entries is
  'The services must take 5 minutes to 24 hours. Choose other services.';
comment on constraint waitlist_entries_span_in_order on public.waitlist_entries is
  'The end of the span must be after its beginning.';
create policy select_own_or_vendor on public.waitlist_entries for select to authenticated
  using (
    customer_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('bookings'))::uuid[])
  );
create policy select_staff on public.waitlist_entries for select to staff
  using ((select app_private.has_permission('bookings.read')));
-- Withheld: every write; see join_waitlist and leave_waitlist.
grant select on public.waitlist_entries to authenticated, staff;

-- Time that has become free and is being offered.
create table app_private.freed_times (
  id bigint primary key generated always as identity,
  vendor_id uuid not null references public.vendors on delete cascade,
  provider_id uuid references public.providers on delete cascade,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  offers integer not null default 0,
  hold_id uuid references public.booking_holds on delete set null,
  last_joined_at timestamptz not null default '-infinity',
  last_entry_id uuid not null default '00000000-0000-0000-0000-000000000000',
  next_at timestamptz not null default now(),
  constraint freed_times_in_order check (starts_at < ends_at)
);
alter table app_private.freed_times enable row level security;
create index freed_times_vendor_id_idx on app_private.freed_times (vendor_id);
create index freed_times_provider_id_idx on app_private.freed_times (provider_id) where provider_id is not null;
create index freed_times_hold_id_idx on app_private.freed_times (hold_id) where hold_id is not null;
-- What is due, for the job.
create index freed_times_next_at_idx on app_private.freed_times (next_at);
comment on table app_private.freed_times is
  'Time that has become free while customers wait for it. The job offer_freed_times removes it once it is booked or open to all.';
comment on column app_private.freed_times.id is 'Identifies the freed time.';
comment on column app_private.freed_times.vendor_id is 'Vendor whose time it is.';
comment on column app_private.freed_times.provider_id is 'Provider whose time it is; null for all of the vendor.';
comment on column app_private.freed_times.starts_at is 'When it begins.';
comment on column app_private.freed_times.ends_at is 'When it ends.';
comment on column app_private.freed_times.offers is 'Offers so far.';
comment on column app_private.freed_times.hold_id is 'Hold of the last offer; null before the first.';
comment on column app_private.freed_times.last_joined_at is 'When the customer of the last offer joined: the next one joined later.';
comment on column app_private.freed_times.last_entry_id is 'Waitlist entry of the last offer.';
comment on column app_private.freed_times.next_at is 'When the job looks at it again.';

insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.waitlist_entries', 'customer_id', true), ('public.waitlist_entries', 'vendor_id', false),
  ('public.waitlist_entries', 'provider_id', false), ('public.waitlist_entries', 'address_id', false),
  ('public.waitlist_entries', 'offer_hold_id', false),
  ('app_private.freed_times', 'vendor_id', false), ('app_private.freed_times', 'provider_id', false),
  ('app_private.freed_times', 'hold_id', false);

--! split: 020-acts.sql
-- Joining and leaving.

--! Included functions/waitlist/open_starts.sql
create or replace function app_private.open_starts(p_entry public.waitlist_entries, p_provider_id uuid)
returns table (starts_at timestamptz, provider_id uuid)
language plpgsql stable security definer rows 10 set search_path = '' as $$
declare
  v_place app_private.place := app_private.place_of(p_entry.vendor_id, p_entry.booking_type, p_entry.address_id);
  v_window tstzrange := app_private.booking_window(p_entry.vendor_id, v_place);
  v_zone text := (select v.time_zone from public.vendors v where v.id = p_entry.vendor_id);
  v_from timestamptz := greatest(p_entry.starts_from, lower(v_window),
    now() + app_private.setting('waitlist.notice_minutes')::integer * interval '1 minute');
  v_until timestamptz := least(p_entry.starts_until, upper(v_window));
  v_people uuid[];
begin
  if v_from > v_until then
    return;
  end if;
  v_people := array(
    select q from app_private.qualified_providers(p_entry.vendor_id, p_entry.service_ids, p_entry.booking_type) q
    where q = coalesce(p_provider_id, p_entry.provider_id, q) and q = coalesce(p_entry.provider_id, q));
  return query
    select distinct g.starts_at, f.provider_id
    from app_private.free_starts(p_entry.vendor_id, v_people, (v_from at time zone v_zone)::date,
      (v_until at time zone v_zone)::date, p_entry.duration_minutes, v_place) f
    join app_private.grid(p_entry.vendor_id, (v_from at time zone v_zone)::date, (v_until at time zone v_zone)::date) g
      on g.day = f.day and f.starts @> g.starts_at
    where g.starts_at between v_from and v_until
    order by g.starts_at, f.provider_id;
end
$$;
comment on function app_private.open_starts(public.waitlist_entries, uuid) is
  'Free starts in the span of a waitlist entry, with their providers; of one provider, if one is given. None so soon that the entry gets no offer any more (setting waitlist.notice_minutes).';
revoke all on function app_private.open_starts(public.waitlist_entries, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/waitlist/open_starts.sql
--! Included functions/waitlist/join_waitlist.sql
create or replace function public.join_waitlist(
  vendor_id uuid, service_ids uuid[], starts_from timestamptz, starts_until timestamptz,
  provider_id uuid default null, booking_type text default 'spa_visit', address_id uuid default null
) returns public.waitlist_entries
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers := app_private.require_customer();
  v_most integer := app_private.setting('waitlist.maximum_entries')::integer;
  v_longest integer := app_private.setting('waitlist.longest_days')::integer;
  v_address public.customer_addresses;
  v_entry public.waitlist_entries;
begin
  perform app_private.require_bookable(join_waitlist.vendor_id);
  if join_waitlist.booking_type is null
    or join_waitlist.booking_type not in ('spa_visit', 'home_service', 'hotel_service') then
    raise exception 'Booking type must be a spa visit, a home service or a hotel service.'
      using errcode = 'OB020', column = 'booking_type';
  end if;
  if (join_waitlist.booking_type = 'home_service') <> (join_waitlist.address_id is not null)
    and join_waitlist.booking_type <> 'hotel_service' then
    raise exception 'A home or hotel service needs an address, and a visit to the vendor must not have one. Correct the address or the booking type.'
      using errcode = 'OB020', column = 'address_id';
  end if;
  if join_waitlist.address_id is not null then
    select * into v_address from public.customer_addresses a
    where a.id = join_waitlist.address_id and a.customer_id = v_customer.id;
    if not found then
      raise exception 'You have no address with this id. Check the id.' using errcode = 'OB003', column = 'address_id';
    end if;
  end if;
  if (join_waitlist.starts_from < join_waitlist.starts_until) is not true then
    raise exception 'The end of the span must be after its beginning. Choose a later end.'
      using errcode = 'OB020', column = 'starts_until';
  end if;
  if join_waitlist.starts_until > join_waitlist.starts_from + v_longest * interval '1 day' then
    raise exception 'The span can be at most % days. Choose an earlier end.', v_longest
      using errcode = 'OB020', column = 'starts_until';
  end if;
  if join_waitlist.starts_until
    < now() + app_private.setting('waitlist.notice_minutes')::integer * interval '1 minute' then
    raise exception 'Offers are made until % minutes before the start. Choose a later end of the span.',
      app_private.setting('waitlist.notice_minutes')
      using errcode = 'OB020', column = 'starts_until';
  end if;
  if not exists (
    select from app_private.qualified_providers(join_waitlist.vendor_id, join_waitlist.service_ids,
      join_waitlist.booking_type) q
    where q = coalesce(join_waitlist.provider_id, q)
  ) then
    raise exception 'No provider of this vendor performs all of these services at this place. Choose another provider, or fewer services.'
      using errcode = 'OB062', column = 'provider_id';
  end if;

  v_entry.vendor_id := join_waitlist.vendor_id;
  v_entry.service_ids := join_waitlist.service_ids;
  v_entry.provider_id := join_waitlist.provider_id;
  v_entry.booking_type := join_waitlist.booking_type;
  v_entry.address_id := join_waitlist.address_id;
  v_entry.starts_from := join_waitlist.starts_from;
  v_entry.starts_until := join_waitlist.starts_until;
  select p.minutes into v_entry.duration_minutes
  from app_private.price_of(join_waitlist.vendor_id, join_waitlist.service_ids, null, null,
    join_waitlist.booking_type, v_address.pincode) p;
  if exists (select from app_private.open_starts(v_entry, null)) then
    raise exception 'There are free times in this span. Book one of them instead.'
      using errcode = 'OB030', column = 'starts_from';
  end if;

  -- One at a time, so that each sees the others.
  perform app_private.lock_customer(v_customer.id);
  if (
    select count(*) from public.waitlist_entries w
    where w.customer_id = v_customer.id and w.status in ('waiting', 'offered')
  ) >= v_most then
    raise exception 'You already wait in % places. Leave one first.', v_most using errcode = 'OB071';
  end if;
  insert into public.waitlist_entries
    (customer_id, vendor_id, service_ids, provider_id, booking_type, address_id, starts_from, starts_until,
      duration_minutes)
  values (v_customer.id, v_entry.vendor_id, v_entry.service_ids, v_entry.provider_id, v_entry.booking_type,
    v_entry.address_id, v_entry.starts_from, v_entry.starts_until, v_entry.duration_minutes)
  returning * into v_entry;
  return v_entry;
end
$$;
comment on function public.join_waitlist(uuid, uuid[], timestamptz, timestamptz, uuid, text, uuid) is
  'Waits for a time at a vendor that is booked out: for these services, with a provider if one is given, with a start in a span of at most 14 days by default. When such a time becomes free, it is held for the first who waits, for ten minutes, then for the next, for three at most; after them it is open to all. No offer comes within two hours of the start. At most three entries of a customer wait. Raises OB001, OB003, OB020, OB030 (there are free times), OB037 (no customer profile or date of birth), OB062 (not offered, or the vendor takes no bookings), OB065 (too young), OB071 (too many entries).';
revoke all on function public.join_waitlist(uuid, uuid[], timestamptz, timestamptz, uuid, text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.join_waitlist(uuid, uuid[], timestamptz, timestamptz, uuid, text, uuid) to authenticated;
--! EndIncluded functions/waitlist/join_waitlist.sql
--! Included functions/waitlist/leave_waitlist.sql
create or replace function public.leave_waitlist(entry_id uuid) returns public.waitlist_entries
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_entry public.waitlist_entries;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  -- The hold first, as confirming locks it before the entry.
  perform from public.booking_holds h
  join public.waitlist_entries w on w.offer_hold_id = h.id
  where w.id = leave_waitlist.entry_id and w.customer_id = (select auth.uid())
  for update of h;
  select * into v_entry from public.waitlist_entries w
  where w.id = leave_waitlist.entry_id and w.customer_id = (select auth.uid())
  for update;
  if not found then
    raise exception 'You have no entry with this id on a waitlist. Check the id.'
      using errcode = 'OB003', column = 'entry_id';
  end if;
  if v_entry.status not in ('waiting', 'offered') then
    raise exception 'This entry no longer waits. Reload your entries.' using errcode = 'OB030', column = 'entry_id';
  end if;
  perform public.release_hold(h.id) from public.booking_holds h
  where h.id = v_entry.offer_hold_id and h.booking_id is null and h.expires_at > clock_timestamp();
  update public.waitlist_entries w set status = 'left' where w.id = v_entry.id returning * into v_entry;
  return v_entry;
end
$$;
comment on function public.leave_waitlist(uuid) is
  'Leaves a waitlist; a time that is being offered goes to the next who waits. Raises OB001, OB003, OB030 (it no longer waits).';
revoke all on function public.leave_waitlist(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.leave_waitlist(uuid) to authenticated;
--! EndIncluded functions/waitlist/leave_waitlist.sql

--! split: 030-offers.sql
-- What frees time notes it; the job offers it.

--! Included functions/waitlist/waiting_for.sql
create or replace function app_private.waiting_for(
  p_vendor_id uuid, p_provider_id uuid, p_from timestamptz, p_until timestamptz
) returns setof public.waitlist_entries
language sql stable security definer rows 5 set search_path = '' as $$
  select w.* from public.waitlist_entries w
  where w.vendor_id = p_vendor_id and w.status = 'waiting'
    and (p_provider_id is null or w.provider_id is null or w.provider_id = p_provider_id)
    and w.starts_from < p_until
    and app_private.plus_minutes(w.starts_until, w.duration_minutes) > p_from
  order by w.created_at, w.id
$$;
comment on function app_private.waiting_for(uuid, uuid, timestamptz, timestamptz) is
  'Waitlist entries that wait for time of this provider, or of any provider of the vendor, in the order in which they get offers.';
revoke all on function app_private.waiting_for(uuid, uuid, timestamptz, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/waitlist/waiting_for.sql
--! Included functions/waitlist/note_freed_time.sql
create or replace function app_private.note_freed_time(
  p_vendor_id uuid, p_provider_id uuid, p_from timestamptz, p_until timestamptz
) returns void
language sql volatile security definer set search_path = '' as $$
  insert into app_private.freed_times (vendor_id, provider_id, starts_at, ends_at)
  select p_vendor_id, p_provider_id, p_from, p_until
  where p_until > now() + app_private.setting('waitlist.notice_minutes')::integer * interval '1 minute'
    and exists (select from app_private.waiting_for(p_vendor_id, p_provider_id, p_from, p_until))
$$;
comment on function app_private.note_freed_time(uuid, uuid, timestamptz, timestamptz) is
  'Notes that time of a provider, or of a whole vendor, has become free, where a customer waits for it.';
revoke all on function app_private.note_freed_time(uuid, uuid, timestamptz, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/waitlist/note_freed_time.sql
--! Included functions/waitlist/tg_provider_reservations__freed.sql
create or replace function app_private.tg_provider_reservations__freed() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- An offer that was not taken goes on to the next who waits, and is no new time. Without waiting: the job that
  -- makes offers may hold the row, and then it goes on by itself.
  if old.hold_id is not null and exists (select from app_private.freed_times f where f.hold_id = old.hold_id) then
    update app_private.freed_times f set next_at = now()
    where f.id = any (array(
      select l.id from app_private.freed_times l where l.hold_id = old.hold_id for update skip locked));
    return null;
  end if;
  perform app_private.note_freed_time(p.vendor_id, p.id, old.starts_at, old.ready_at)
  from public.providers p where p.id = old.provider_id;
  return null;
end
$$;
comment on function app_private.tg_provider_reservations__freed() is
  'Notes the time of a reservation that ends for the customers who wait for it.';
revoke all on function app_private.tg_provider_reservations__freed() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/waitlist/tg_provider_reservations__freed.sql
create trigger _500_freed after delete on app_private.provider_reservations
  for each row execute function app_private.tg_provider_reservations__freed();
--! Included functions/waitlist/tg_closures__freed.sql
create or replace function app_private.tg_closures__freed() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.note_freed_time(v.id, old.provider_id,
    old.first_day::timestamp at time zone v.time_zone, (old.last_day + 2)::timestamp at time zone v.time_zone)
  from public.vendors v
  where v.id = coalesce(old.vendor_id, (select p.vendor_id from public.providers p where p.id = old.provider_id));
  return null;
end
$$;
comment on function app_private.tg_closures__freed() is
  'Notes the days of a closure that is deleted for the customers who wait for them.';
revoke all on function app_private.tg_closures__freed() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/waitlist/tg_closures__freed.sql
create trigger _500_freed after delete on public.closures
  for each row execute function app_private.tg_closures__freed();
--! Included functions/waitlist/tg_booking_holds__waitlist.sql
create or replace function app_private.tg_booking_holds__waitlist() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.waitlist_entries w set status = 'booked' where w.offer_hold_id = new.id;
  return null;
end
$$;
comment on function app_private.tg_booking_holds__waitlist() is
  'Ends the waitlist entry whose offer becomes a booking.';
revoke all on function app_private.tg_booking_holds__waitlist() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/waitlist/tg_booking_holds__waitlist.sql
create trigger _500_waitlist after update of booking_id on public.booking_holds
  for each row when (old.booking_id is null and new.booking_id is not null)
  execute function app_private.tg_booking_holds__waitlist();
--! Included functions/waitlist/tell_waitlist.sql
create or replace function app_private.tell_waitlist(
  p_entry public.waitlist_entries, p_type text, p_starts_at timestamptz, p_hold public.booking_holds default null
) returns void
language sql volatile security definer set search_path = '' as $$
  select app_private.notify(p_entry.customer_id, 'customer', p_type,
    jsonb_build_object('vendor', v.business_name, 'service', s.name, 'entry_id', p_entry.id,
      'date', to_char(p_starts_at at time zone v.time_zone, 'DD Mon YYYY'),
      'time', to_char(p_starts_at at time zone v.time_zone, 'HH24:MI'),
      'until', to_char(p_hold.expires_at at time zone v.time_zone, 'HH24:MI')),
    jsonb_build_object('screen', 'waitlist', 'entryId', p_entry.id, 'holdId', p_hold.id))
  from public.vendors v, public.services s
  where v.id = p_entry.vendor_id and s.id = p_entry.service_ids[1]
$$;
comment on function app_private.tell_waitlist(public.waitlist_entries, text, timestamptz, public.booking_holds) is
  'Notifies a customer who waits of a time that is offered or open.';
revoke all on function app_private.tell_waitlist(public.waitlist_entries, text, timestamptz, public.booking_holds) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/waitlist/tell_waitlist.sql
--! Included functions/waitlist/offer_time.sql
create or replace function app_private.offer_time(p_entry public.waitlist_entries, p_freed app_private.freed_times)
returns public.booking_holds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_start record;
  v_hold public.booking_holds;
begin
  for v_start in
    select o.starts_at, o.provider_id from app_private.open_starts(p_entry, p_freed.provider_id) o limit 3
  loop
    v_hold := null;
    v_hold.customer_id := p_entry.customer_id;
    v_hold.vendor_id := p_entry.vendor_id;
    v_hold.provider_id := v_start.provider_id;
    v_hold.booking_type := p_entry.booking_type;
    v_hold.service_ids := p_entry.service_ids;
    v_hold.address_id := p_entry.address_id;
    v_hold.starts_at := v_start.starts_at;
    begin
      v_hold := app_private.make_hold(v_hold);
      update public.booking_holds h
      set expires_at = clock_timestamp() + app_private.setting('waitlist.offer_minutes')::integer * interval '1 minute'
      where h.id = v_hold.id
      returning * into v_hold;
      update app_private.provider_reservations r set expires_at = v_hold.expires_at where r.hold_id = v_hold.id;
      return v_hold;
    exception
      when sqlstate 'OB060' then
        -- Taken at this moment: the next start.
        continue;
      when sqlstate 'OB003' or sqlstate 'OB043' or sqlstate 'OB048' or sqlstate 'OB062' or sqlstate 'OB071'
        or sqlstate 'OB073' or sqlstate 'OB020' then
        -- This customer cannot book it now: the next customer.
        exit;
    end;
  end loop;
  return null;
end
$$;
comment on function app_private.offer_time(public.waitlist_entries, app_private.freed_times) is
  'Holds the first free start of a waitlist entry for its customer, for the time of an offer; null where there is none, or where the customer cannot book it.';
revoke all on function app_private.offer_time(public.waitlist_entries, app_private.freed_times) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/waitlist/offer_time.sql
--! Included functions/waitlist/offer_freed_times.sql
create or replace function app_private.offer_freed_times(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_most integer := app_private.setting('waitlist.offers')::integer;
  v_freed app_private.freed_times;
  v_entry public.waitlist_entries;
  v_hold public.booking_holds;
  v_count integer := 0;
begin
  for v_freed in
    select * from app_private.freed_times f where f.next_at <= now()
    order by f.next_at limit p_limit
    for update skip locked
  loop
    v_count := v_count + 1;
    -- The last offer is over: taken, or not.
    if v_freed.hold_id is not null then
      select * into v_hold from public.booking_holds h where h.id = v_freed.hold_id for update skip locked;
      if not found and exists (select from public.booking_holds h where h.id = v_freed.hold_id) then
        -- It is being confirmed or released.
        update app_private.freed_times f set next_at = now() + interval '1 second' where f.id = v_freed.id;
        continue;
      end if;
      if v_hold.booking_id is not null then
        delete from app_private.freed_times f where f.id = v_freed.id;
        continue;
      end if;
      if v_hold.expires_at > clock_timestamp() then
        update app_private.freed_times f set next_at = v_hold.expires_at where f.id = v_freed.id;
        continue;
      end if;
      update public.waitlist_entries w set status = 'waiting', offer_hold_id = null
      where w.offer_hold_id = v_freed.hold_id and w.status = 'offered';
      delete from app_private.provider_reservations r where r.hold_id = v_freed.hold_id;
    end if;

    v_hold := null;
    for v_entry in
      select w.* from app_private.waiting_for(v_freed.vendor_id, v_freed.provider_id, v_freed.starts_at, v_freed.ends_at) w
      where v_freed.offers < v_most and (w.created_at, w.id) > (v_freed.last_joined_at, v_freed.last_entry_id)
      order by w.created_at, w.id
    loop
      v_hold := app_private.offer_time(v_entry, v_freed);
      exit when v_hold.id is not null;
    end loop;
    if v_hold.id is null then
      -- No one is left to whom it is offered, so it is open to all; those who still wait for it are told.
      if v_freed.offers >= v_most then
        perform app_private.tell_waitlist(w, 'waitlist_open', o.starts_at)
        from (
          select * from app_private.waiting_for(v_freed.vendor_id, v_freed.provider_id, v_freed.starts_at, v_freed.ends_at)
          limit 100) w
        cross join lateral (select * from app_private.open_starts(w, v_freed.provider_id) limit 1) o;
      end if;
      delete from app_private.freed_times f where f.id = v_freed.id;
      continue;
    end if;
    update public.waitlist_entries w set status = 'offered', offer_hold_id = v_hold.id where w.id = v_entry.id;
    update app_private.freed_times f
    set hold_id = v_hold.id, offers = f.offers + 1, last_joined_at = v_entry.created_at, last_entry_id = v_entry.id,
      next_at = v_hold.expires_at
    where f.id = v_freed.id;
    perform app_private.tell_waitlist(v_entry, 'waitlist_offer', v_hold.starts_at, v_hold);
  end loop;
  return v_count;
end
$$;
comment on function app_private.offer_freed_times(integer) is
  'Offers time that has become free to those who wait for it, one after the other: each offer is a hold. Handles at most p_limit freed times, and returns how many. Runs several times a minute.';
revoke all on function app_private.offer_freed_times(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.offer_freed_times(integer) to ombaro_worker;
--! EndIncluded functions/waitlist/offer_freed_times.sql
--! Included functions/waitlist/end_waiting.sql
create or replace function app_private.end_waiting(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_notice interval := app_private.setting('waitlist.notice_minutes')::integer * interval '1 minute';
  v_ended integer;
  v_forgotten integer;
begin
  update public.waitlist_entries w set status = 'expired'
  where w.id = any (array(
    select e.id from public.waitlist_entries e
    where e.status = 'waiting' and e.starts_until < now() + v_notice
    limit p_limit for update skip locked));
  get diagnostics v_ended = row_count;
  delete from public.waitlist_entries w
  where w.id = any (array(
    select e.id from public.waitlist_entries e
    where e.status not in ('waiting', 'offered')
      and e.starts_until < now() - app_private.setting('waitlist.keep_days')::integer * interval '1 day'
    limit p_limit for update skip locked));
  get diagnostics v_forgotten = row_count;
  return greatest(v_ended, v_forgotten);
end
$$;
comment on function app_private.end_waiting(integer) is
  'Ends waitlist entries whose span is over, and deletes old ones (setting waitlist.keep_days), at most p_limit of each. Returns how many. Runs every hour.';
revoke all on function app_private.end_waiting(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.end_waiting(integer) to ombaro_worker;
--! EndIncluded functions/waitlist/end_waiting.sql


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
  delete from public.waitlist_entries w where w.customer_id = p_user_id;
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

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.27', 'waitlist', '2026-11-29', 'Waitlist: customers wait for a time, which is offered to them in order when it becomes free');
