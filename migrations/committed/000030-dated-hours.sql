--! Previous: sha1:fffb991fbab2d8bc7ef2a017469cf33c1f03129c
--! Hash: sha1:8ed9f5d24891035b2c631327b20c7b27ceb8c5fc
--! Message: dated-hours

--! split: 010-dated-hours.sql
-- Hours by date, for vendors and providers: closures and special hours override those of the week, blocked time
-- cannot be booked, and a vendor says how soon and how far ahead it can be booked. Until now a vendor that was closed
-- for a week had to delete its opening hours, and a customer could book a start ten seconds from now.
--
-- What a change leaves without hours is found by comparing what is outside of the hours before and after it
-- (outside_hours), so that no kind of hours needs a rule of its own. Docs: decisions/0033-working-time.md.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-foreign-key-constraint, disallowed-unique-constraint

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('booking.notice_minutes', 'booking', '60', 'integer', 0, 4320, true, 'Minutes ahead at which a customer must book, where the vendor does not choose another notice'),
  ('booking.horizon_days', 'booking', '90', 'integer', 7, 180, true, 'Days ahead up to which a vendor can be booked, where the vendor does not choose another horizon'),
  ('booking.longest_block_hours', 'booking', '24', 'integer', 1, 72, true, 'Hours for which time of a provider can be blocked at once; closures and leave are for longer');

alter table public.vendors
  add booking_notice_minutes integer
    constraint vendors_booking_notice_minutes_range check (booking_notice_minutes between 0 and 4320),
  add booking_horizon_days integer
    constraint vendors_booking_horizon_days_range check (booking_horizon_days between 7 and 180);
comment on column public.vendors.booking_notice_minutes is
  'Minutes ahead at which a customer must book; null for the platform''s notice, an hour by default.';
comment on column public.vendors.booking_horizon_days is
  'Days ahead up to which the vendor can be booked; null for the platform''s horizon, 90 days by default.';
comment on constraint vendors_booking_notice_minutes_range on public.vendors is
  'The booking notice must be from 0 minutes to 72 hours (4320 minutes).';
comment on constraint vendors_booking_horizon_days_range on public.vendors is
  'The booking horizon must be from 7 to 180 days.';
grant update (booking_notice_minutes, booking_horizon_days) on public.vendors to authenticated, staff;

-- Days and times at which a vendor is closed or a provider is off.
create table public.closures (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid references public.vendors on delete cascade,
  provider_id uuid references public.providers on delete cascade,
  first_day date not null,
  last_day date not null,
  from_time time,
  to_time time,
  reason text constraint closures_reason_length check (length(trim(reason)) between 1 and 200),
  created_by uuid references public.user_profiles on delete set null,
  created_at timestamptz not null default now(),
  constraint closures_of_one check (num_nonnulls(vendor_id, provider_id) = 1),
  constraint closures_days_in_order check (last_day >= first_day),
  constraint closures_at_most_a_year check (last_day - first_day < 366),
  constraint closures_times_given_together check ((from_time is null) = (to_time is null)),
  constraint closures_times_differ check (from_time <> to_time and from_time < '24:00')
);
alter table public.closures enable row level security;
-- The closures of a vendor or provider that are not over, for slots.
create index closures_vendor_id_idx on public.closures (vendor_id, last_day) where vendor_id is not null;
create index closures_provider_id_idx on public.closures (provider_id, last_day) where provider_id is not null;
-- What is closed today, for the search of who is open now.
create index closures_last_day_idx on public.closures (last_day) where vendor_id is not null;
create index closures_created_by_idx on public.closures (created_by) where created_by is not null;
comment on table public.closures is
  'Days and times at which a vendor is closed or a provider is off, in the vendor''s local time. They override opening and working hours, special ones too.';
comment on column public.closures.id is 'Identifies the closure.';
comment on column public.closures.vendor_id is 'Vendor that is closed; null for a closure of a provider.';
comment on column public.closures.provider_id is 'Provider who is off; null for a closure of a vendor.';
comment on column public.closures.first_day is 'First day of the closure.';
comment on column public.closures.last_day is 'Last day of the closure.';
comment on column public.closures.from_time is
  'When the closure begins on each of the days; null for whole days, which are those of the shifts that start on them.';
comment on column public.closures.to_time is
  'When the closure ends on each of the days: on the next day where it is earlier than the beginning. Null for whole days.';
comment on column public.closures.reason is 'Reason, such as a holiday; null when not given.';
comment on column public.closures.created_by is 'User who entered it; null when the account was deleted.';
comment on column public.closures.created_at is 'When the row was created.';
comment on constraint closures_reason_length on public.closures is 'The reason must have 1 to 200 characters.';
comment on constraint closures_of_one on public.closures is 'Give the vendor or one of its providers, and not both.';
comment on constraint closures_days_in_order on public.closures is 'Last day must not be before first day.';
comment on constraint closures_at_most_a_year on public.closures is
  'A closure can last at most one year. Choose an earlier last day.';
comment on constraint closures_times_given_together on public.closures is
  'Give both times of the day, or neither for whole days.';
comment on constraint closures_times_differ on public.closures is
  'The times of the day must differ, and the first must be before 24:00. Leave both out for whole days.';
create policy select_anon on public.closures for select to anon
  using (exists (select from public.vendors v where v.id = closures.vendor_id));
create policy select_signed_in on public.closures for select to authenticated
  using (
    exists (select from public.vendors v where v.id = closures.vendor_id)
    or provider_id = any ((select app_private.my_provider_ids())::uuid[])
    or provider_id = any ((select app_private.my_vendor_provider_ids('bookings'))::uuid[])
  );
create policy select_staff on public.closures for select to staff
  using (vendor_id is not null or (select app_private.has_permission('vendors.read')));
create policy delete_own_or_vendor on public.closures for delete to authenticated
  using (
    vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
    or provider_id = any ((select app_private.my_provider_ids())::uuid[])
    or provider_id = any ((select app_private.my_vendor_provider_ids('manage'))::uuid[])
  );
-- Withheld: insert and update; see create_closure.
grant select on public.closures to anon, staff;
grant select, delete on public.closures to authenticated;

-- Hours of one day that replace those of its weekday.
create table public.special_hours (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid references public.vendors on delete cascade,
  provider_id uuid references public.providers on delete cascade,
  day date not null,
  opens_at time not null,
  closes_at time not null,
  break_start time,
  break_end time,
  created_at timestamptz not null default now(),
  constraint special_hours_of_one check (num_nonnulls(vendor_id, provider_id) = 1),
  constraint special_hours_times_differ check (opens_at <> closes_at and opens_at < '24:00'),
  constraint special_hours_break_inside
    check (app_private.break_fits(opens_at, closes_at, break_start, break_end)),
  constraint special_hours_no_overlap exclude using gist (
    coalesce(vendor_id, provider_id) with =,
    tsrange(day + opens_at, app_private.shift_end(day, opens_at, closes_at)) with &&)
);
alter table public.special_hours enable row level security;
create index special_hours_vendor_id_idx on public.special_hours (vendor_id, day) where vendor_id is not null;
-- What has other hours today, for the search of who is open now.
create index special_hours_day_idx on public.special_hours (day) where vendor_id is not null;
create index special_hours_provider_id_idx on public.special_hours (provider_id, day) where provider_id is not null;
comment on table public.special_hours is
  'Opening hours of a vendor, or working hours of a provider, on one day, in the vendor''s local time: they replace those of the weekday. A day has any number of shifts.';
comment on column public.special_hours.id is 'Identifies the shift.';
comment on column public.special_hours.vendor_id is 'Vendor whose hours these are; null for those of a provider.';
comment on column public.special_hours.provider_id is 'Provider whose hours these are; null for those of a vendor.';
comment on column public.special_hours.day is 'Day on which the shift starts.';
comment on column public.special_hours.opens_at is 'When the shift starts.';
comment on column public.special_hours.closes_at is
  'When the shift ends: on the next day where it is earlier than the start. 24:00 is the end of the day.';
comment on column public.special_hours.break_start is 'When the break begins; null when there is no break.';
comment on column public.special_hours.break_end is 'When the break ends; null when there is no break.';
comment on column public.special_hours.created_at is 'When the row was created.';
comment on constraint special_hours_of_one on public.special_hours is
  'Give the vendor or one of its providers, and not both.';
comment on constraint special_hours_times_differ on public.special_hours is
  'Start and end of a shift must differ, and the start must be before 24:00. A whole day is from 00:00 to 24:00.';
comment on constraint special_hours_break_inside on public.special_hours is 'The break must lie within its shift.';
comment on constraint special_hours_no_overlap on public.special_hours is
  'The shifts overlap each other, or special hours of the day before or after. Choose other times.';
create policy select_anon on public.special_hours for select to anon
  using (exists (select from public.vendors v where v.id = special_hours.vendor_id));
create policy select_signed_in on public.special_hours for select to authenticated
  using (
    exists (select from public.vendors v where v.id = special_hours.vendor_id)
    or provider_id = any ((select app_private.my_provider_ids())::uuid[])
    or provider_id = any ((select app_private.my_vendor_provider_ids('bookings'))::uuid[])
  );
create policy select_staff on public.special_hours for select to staff
  using (vendor_id is not null or (select app_private.has_permission('vendors.read')));
-- Withheld: every write; see create_special_hours.
grant select on public.special_hours to anon, authenticated, staff;

create type public.special_shift as (opens_at time, closes_at time, break_start time, break_end time);
comment on type public.special_shift is 'Hours of one day, in the vendor''s local time.';
comment on column public.special_shift.opens_at is 'When the shift starts.';
comment on column public.special_shift.closes_at is
  'When the shift ends: on the next day where it is earlier than the start. 24:00 is the end of the day.';
comment on column public.special_shift.break_start is 'When the break begins; null when there is no break.';
comment on column public.special_shift.break_end is 'When the break ends; null when there is no break.';

-- Time of a provider that cannot be booked.
create table public.blocked_times (
  id uuid primary key default gen_random_uuid(),
  provider_id uuid not null references public.providers on delete cascade,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  reason text constraint blocked_times_reason_length check (length(trim(reason)) between 1 and 200),
  created_by uuid references public.user_profiles on delete set null,
  created_at timestamptz not null default now(),
  constraint blocked_times_in_order check (starts_at < ends_at)
);
alter table public.blocked_times enable row level security;
create index blocked_times_provider_id_idx on public.blocked_times (provider_id, starts_at);
create index blocked_times_created_by_idx on public.blocked_times (created_by) where created_by is not null;
comment on table public.blocked_times is 'Time of providers that cannot be booked, such as an errand or training.';
comment on column public.blocked_times.id is 'Identifies the blocked time.';
comment on column public.blocked_times.provider_id is 'Provider whose time is blocked.';
comment on column public.blocked_times.starts_at is 'When it begins.';
comment on column public.blocked_times.ends_at is 'When it ends.';
comment on column public.blocked_times.reason is 'Reason; null when not given.';
comment on column public.blocked_times.created_by is 'User who entered it; null when the account was deleted.';
comment on column public.blocked_times.created_at is 'When the row was created.';
comment on constraint blocked_times_reason_length on public.blocked_times is 'The reason must have 1 to 200 characters.';
comment on constraint blocked_times_in_order on public.blocked_times is 'The end must be after the start.';
create policy select_own_or_vendor on public.blocked_times for select to authenticated
  using (
    provider_id = any ((select app_private.my_provider_ids())::uuid[])
    or provider_id = any ((select app_private.my_vendor_provider_ids('bookings'))::uuid[])
  );
create policy select_staff on public.blocked_times for select to staff
  using ((select app_private.has_permission('vendors.read')));
-- Withheld: every write; see block_time and unblock_time.
grant select on public.blocked_times to authenticated, staff;

insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.closures', 'vendor_id', false), ('public.closures', 'provider_id', false),
  ('public.closures', 'created_by', false),
  ('public.special_hours', 'vendor_id', false), ('public.special_hours', 'provider_id', false),
  ('public.blocked_times', 'provider_id', false), ('public.blocked_times', 'created_by', false);

alter table app_private.provider_reservations
  add blocked_time_id uuid unique references public.blocked_times on delete cascade,
  drop constraint provider_reservations_for_one_thing,
  add constraint provider_reservations_for_one_thing check (num_nonnulls(hold_id, booking_id, blocked_time_id) = 1);
comment on table app_private.provider_reservations is
  'Reservations of providers'' time: holds, bookings until they are cancelled, and blocked time. The exclusion constraint makes a double booking impossible, whatever writes the row. Imported bookings of the past have none.';
comment on column app_private.provider_reservations.hold_id is 'Hold of the reservation; null for a booking or blocked time.';
comment on column app_private.provider_reservations.booking_id is 'Booking of the reservation; null for a hold or blocked time.';
comment on column app_private.provider_reservations.blocked_time_id is
  'Blocked time of the reservation, to which nothing but the time belongs; null for a booking or a hold.';

--! split: 020-reading-hours.sql
-- How hours are read: slots, holds and moves go through these.

--! Included functions/hours/closed_times.sql
create or replace function app_private.closed_times(p_owner_ids uuid[], p_from date, p_to date)
returns table (owner_id uuid, shift_day date, during tsmultirange)
language sql stable rows 1 security definer set search_path = '' as $$
  select coalesce(c.vendor_id, c.provider_id), case when c.from_time is null then d.day end,
    case when c.from_time is not null then
      tsmultirange(tsrange(d.day + c.from_time, app_private.shift_end(d.day, c.from_time, c.to_time))) end
  from public.closures c
  -- A time that passes midnight reaches into the next day, and a shift of the last day too.
  cross join lateral (
    select day::date from generate_series(
      greatest(c.first_day, p_from - 1)::timestamp, least(c.last_day, p_to + 1)::timestamp, interval '1 day') day) d
  where c.vendor_id = any (p_owner_ids) or c.provider_id = any (p_owner_ids)
$$;
comment on function app_private.closed_times(uuid[], date, date) is
  'Closures of these vendors or providers on these days: days whose shifts do not take place, or times in the vendor''s local time.';
revoke all on function app_private.closed_times(uuid[], date, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/hours/closed_times.sql
--! Included functions/hours/opening.sql
create or replace function app_private.opening(p_vendor_id uuid, p_from date, p_to date)
returns table (day date, opens timestamp, closes timestamp, breaks tsmultirange)
language plpgsql stable rows 30 security definer set search_path = '' as $$
begin
  return query
    with special as materialized (
      select s.* from public.special_hours s where s.vendor_id = p_vendor_id and s.day between p_from and p_to
    ), closed as materialized (
      select * from app_private.closed_times(array[p_vendor_id], p_from, p_to)
    )
    select h.day, h.day + h.opens, app_private.shift_end(h.day, h.opens, h.closes),
      app_private.shift_break(h.day, h.opens, h.break_start, h.break_end)
        + coalesce((select range_agg(c.during) from closed c where c.shift_day is null), '{}')
    from (
      select s.day, s.opens_at as opens, s.closes_at as closes, s.break_start, s.break_end from special s
      union all
      select d.day, a.open_time, a.close_time, a.break_start, a.break_end
      from (select p_from + n as day from generate_series(0, p_to - p_from) n) d
      join public.vendor_availability a
        on a.vendor_id = p_vendor_id and a.is_open and a.day_of_week = extract(dow from d.day)::integer
      where not exists (select from special s where s.day = d.day)
    ) h
    where not exists (select from closed c where c.shift_day = h.day);
end
$$;
comment on function app_private.opening(uuid, date, date) is
  'Shifts of a vendor that start on these days, in its local time, each with the times at which the vendor is closed meanwhile. Special hours of a day replace those of its weekday; a closure takes whole days, or is one of these times.';
revoke all on function app_private.opening(uuid, date, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/hours/opening.sql
--! Included functions/hours/working.sql
create or replace function app_private.working(p_provider_ids uuid[], p_from date, p_to date)
returns table (
  provider_id uuid, day date, starts timestamp, ends timestamp, breaks tsmultirange, maximum integer
)
language plpgsql stable rows 1000 security definer set search_path = '' as $$
declare
  v_maximum integer := app_private.default_daily_maximum();
begin
  return query
    with people as materialized (
      select p.id, p.therapist_id, p.beautician_id from public.providers p where p.id = any (p_provider_ids)
    ), weekly as materialized (
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
    ), special as materialized (
      select p.id, s.day, s.opens_at, s.closes_at, s.break_start, s.break_end
      from people p
      join public.special_hours s on s.provider_id = p.id and s.day between p_from and p_to
    ), free_days as materialized (
      select p.id, l.start_date, l.end_date
      from people p
      join public.therapist_leaves l on l.therapist_id = p.therapist_id and l.status = 'approved'
        and l.end_date >= p_from and l.start_date <= p_to
      union all
      select p.id, l.start_date, l.end_date
      from people p
      join public.beautician_leaves l on l.beautician_id = p.beautician_id and l.status = 'approved'
        and l.end_date >= p_from and l.start_date <= p_to
    ), closed as materialized (
      select * from app_private.closed_times(p_provider_ids, p_from, p_to)
    ), closed_times as materialized (
      select c.owner_id, range_agg(c.during) as during from closed c where c.shift_day is null group by c.owner_id
    ), shifts as (
      select w.id, d.day, w.start_time, w.end_time, w.break_start, w.break_end, w.maximum
      from (select p_from + n as day from generate_series(0, p_to - p_from) n) d
      join weekly w on w.day_of_week = extract(dow from d.day)::integer
      where not exists (select from special s where s.id = w.id and s.day = d.day)
      union all
      select s.id, s.day, s.opens_at, s.closes_at, s.break_start, s.break_end,
        coalesce((
          select max(w.maximum) from weekly w
          where w.id = s.id and w.day_of_week = extract(dow from s.day)::integer), v_maximum)
      from special s
    )
    select s.id, s.day, s.day + s.start_time, app_private.shift_end(s.day, s.start_time, s.end_time),
      app_private.shift_break(s.day, s.start_time, s.break_start, s.break_end) + coalesce(c.during, '{}'),
      s.maximum
    from shifts s
    left join closed_times c on c.owner_id = s.id
    where not exists (select from free_days f where f.id = s.id and s.day between f.start_date and f.end_date)
      and not exists (select from closed c where c.owner_id = s.id and c.shift_day = s.day);
end
$$;
comment on function app_private.working(uuid[], date, date) is
  'Shifts of these providers that start on these days, in the vendor''s local time, each with the times at which the provider does not work meanwhile and the most bookings of that day. Special hours of a day replace those of its weekday; a day of approved leave or of a closure has none.';
revoke all on function app_private.working(uuid[], date, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/hours/working.sql
--! Included functions/hours/booking_window.sql
create or replace function app_private.booking_window(
  p_vendor_id uuid, p_place app_private.place default null, p_notice_minutes integer default null
) returns tstzrange
language plpgsql stable security definer set search_path = '' as $$
declare
  v_vendor public.vendors;
  v_notice interval;
  v_way interval := '0';
  v_days integer;
begin
  select * into strict v_vendor from public.vendors v where v.id = p_vendor_id;
  v_notice := coalesce(p_notice_minutes, v_vendor.booking_notice_minutes, app_private.setting('booking.notice_minutes')::integer)
    * interval '1 minute';
  v_days := coalesce(v_vendor.booking_horizon_days, app_private.setting('booking.horizon_days')::integer);
  if not (p_place).is_at_vendor then
    v_way := least(interval '1 day', coalesce(
      app_private.distance_km(v_vendor.latitude, v_vendor.longitude, (p_place).latitude, (p_place).longitude)
        / app_private.setting('booking.travel_speed_kmh')::double precision * interval '1 hour',
      app_private.setting('booking.unknown_travel_minutes')::integer * interval '1 minute'));
  end if;
  return tstzrange(
    now() + greatest(v_notice, v_way),
    -- To the end of the last day by the vendor's clock.
    ((now() at time zone v_vendor.time_zone)::date + v_days + 1)::timestamp at time zone v_vendor.time_zone);
end
$$;
comment on function app_private.booking_window(uuid, app_private.place, integer) is
  'When a booking of a vendor can start: not before its notice, or the one that is given, and the way from its premises to the place have passed, and not after the last day of its horizon.';
revoke all on function app_private.booking_window(uuid, app_private.place, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/hours/booking_window.sql
--! Included functions/hours/require_slot.sql
create or replace function app_private.require_slot(
  p_vendor_id uuid, p_starts_at timestamptz, p_place app_private.place, p_column text,
  p_notice_minutes integer default null
) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_window tstzrange := app_private.booking_window(p_vendor_id, p_place, p_notice_minutes);
begin
  if p_starts_at < lower(v_window) and p_starts_at > now() then
    raise exception 'It is too late to book this time. Choose a start at least % minutes from now.',
      ceil(extract(epoch from lower(v_window) - now()) / 60)
      using errcode = 'OB060', column = p_column;
  end if;
  if p_starts_at >= upper(v_window) then
    raise exception 'This vendor takes no bookings so far ahead. Choose a day up to %.',
      (
        select to_char((upper(v_window) at time zone v.time_zone) - interval '1 day', 'DD Mon YYYY')
        from public.vendors v where v.id = p_vendor_id)
      using errcode = 'OB060', column = p_column;
  end if;
  if (p_starts_at <@ v_window and app_private.is_on_grid(p_vendor_id, p_starts_at)) is not true then
    raise exception 'This time is not available. Choose another slot.' using errcode = 'OB060', column = p_column;
  end if;
end
$$;
comment on function app_private.require_slot(uuid, timestamptz, app_private.place, text, integer) is
  'Refuses a start that is not on the grid of a vendor''s opening hours or outside of its booking_window. Raises OB060, at the argument that p_column names.';
revoke all on function app_private.require_slot(uuid, timestamptz, app_private.place, text, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/hours/require_slot.sql
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
    select r.provider_id, r.day, r.blocked_time_id is null as is_service, f.forbids_from, f.forbids_to,
      greatest(p_from, (f.forbids_from at time zone v_vendor.time_zone)::date) as first_day,
      least(p_to, (f.forbids_to at time zone v_vendor.time_zone)::date) as last_day
    from app_private.provider_reservations r
    cross join lateral (
      select case
        when r.is_at_vendor and p_place.is_at_vendor or r.blocked_time_id is not null then interval '0'
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
    select r.provider_id, r.day, count(*) as reserved from reservations r
    where r.is_service group by r.provider_id, r.day
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
--! Included functions/booking/best_providers.sql
create or replace function app_private.best_providers(
  p_booking public.bookings, p_day date, p_starts_at timestamptz
) returns setof uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_place app_private.place := app_private.place_of_booking(p_booking);
  v_people uuid[] := array(
    select q from app_private.qualified_providers(
      p_booking.vendor_id, app_private.services_of(p_booking.id), p_booking.booking_type) q);
begin
  return query
    select f.provider_id
    from app_private.free_starts(p_booking.vendor_id, v_people, p_day, p_day, p_booking.duration_minutes,
      v_place, p_booking.id) f
    left join lateral (
      select count(*) as jobs,
        -- From the previous place of service on that day.
        (array_agg(app_private.distance_km(r.latitude, r.longitude, v_place.latitude, v_place.longitude)
          order by r.ends_at desc) filter (where r.ends_at <= p_starts_at))[1] as km
      from app_private.provider_reservations r
      where r.provider_id = f.provider_id and r.day = f.shift_day and r.blocked_time_id is null
        and (r.expires_at is null or r.expires_at > clock_timestamp())
        and r.booking_id is distinct from p_booking.id
    ) day on true
    left join public.vendors v on v.id = p_booking.vendor_id
    where f.starts @> p_starts_at
    order by day.jobs,
      coalesce(day.km, app_private.distance_km(v.latitude, v.longitude, v_place.latitude, v_place.longitude)),
      f.provider_id;
end
$$;
comment on function app_private.best_providers(public.bookings, date, timestamptz) is
  'Providers who can serve a booking at this instant, best first: least loaded that day, then nearest to their previous place of service.';
revoke all on function app_private.best_providers(public.bookings, date, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/best_providers.sql
--! Included functions/booking/available_slots.sql
create or replace function public.available_slots(
  vendor_id uuid, service_ids uuid[], addon_ids uuid[] default null,
  "from" date default null, "to" date default null, type text default 'spa_visit',
  near public.near_place default null, provider_id uuid default null
) returns setof public.slot
language plpgsql stable security definer set search_path = '' as $$
declare
  v_vendor public.vendors;
  v_price app_private.price;
  v_place app_private.place;
  v_people uuid[];
  v_from date;
  v_to date;
  v_window tstzrange;
begin
  select * into v_vendor from public.vendors v where v.id = available_slots.vendor_id and v.is_listed;
  if not found then
    raise exception 'The vendor was not found, or it is not listed. Check the id.'
      using errcode = 'OB003', column = 'vendor_id';
  end if;
  if not v_vendor.takes_bookings then
    return;
  end if;
  if available_slots.type is null
    or available_slots.type not in ('spa_visit', 'home_service', 'hotel_service') then
    raise exception 'Type must be a spa visit, a home service or a hotel service.'
      using errcode = 'OB020', column = 'type';
  end if;
  perform
    app_private.require_number('latitude', 'latitude', (available_slots.near).latitude),
    app_private.require_number('longitude', 'longitude', (available_slots.near).longitude);
  if available_slots.type = 'home_service' and available_slots.near is null then
    raise exception 'Give the place of the service: a pincode, or a latitude and a longitude.'
      using errcode = 'OB020', column = 'near';
  end if;
  if available_slots.type = 'home_service' and (available_slots.near).pincode is not null
    and not (public.serviceable((available_slots.near).pincode)).is_serviceable then
    raise exception 'Home services do not come to the pincode % yet. Choose another place.', (available_slots.near).pincode
      using errcode = 'OB073', column = 'near';
  end if;
  v_from := greatest(available_slots."from", (now() at time zone v_vendor.time_zone)::date);
  v_to := coalesce(available_slots."to", v_from + 6);
  if v_to - v_from > 61 then
    raise exception 'Ask for at most two months at once: choose a later start or an earlier end.'
      using errcode = 'OB020', column = 'to';
  end if;
  v_price := app_private.price_of(v_vendor.id, available_slots.service_ids, available_slots.addon_ids,
    null, available_slots.type, (available_slots.near).pincode);
  v_place := case when available_slots.type = 'spa_visit' or available_slots.near is null
    then row(true, v_vendor.latitude, v_vendor.longitude)
    else row(false, (available_slots.near).latitude, (available_slots.near).longitude) end;
  v_window := app_private.booking_window(v_vendor.id, v_place);
  -- Days after the window have no slots, and are not computed.
  v_to := least(v_to, (upper(v_window) at time zone v_vendor.time_zone)::date - 1);
  v_people := array(
    select q from app_private.qualified_providers(
      v_vendor.id, available_slots.service_ids, available_slots.type) q
    where available_slots.provider_id is null or q = available_slots.provider_id);

  return query
    select g.day, g.local_start::time, g.starts_at,
      app_private.plus_minutes(g.starts_at, v_price.minutes), v_price.final_amount,
      array_agg(g.provider_id order by r.rating desc, g.provider_id)
    from (
      -- Special hours can overlap the shift of the day before or after: a provider may be free by both.
      select distinct g.day, g.local_start, g.starts_at, f.provider_id
      from app_private.free_starts(v_vendor.id, v_people, v_from, v_to, v_price.minutes, v_place) f
      join app_private.grid(v_vendor.id, v_from, v_to) g on g.day = f.day and f.starts @> g.starts_at
      where g.starts_at <@ v_window
    ) g
    join (
      select p.id, coalesce(t.rating, b.rating) as rating
      from public.providers p
      left join public.therapists t on t.id = p.therapist_id
      left join public.beauticians b on b.id = p.beautician_id
      where p.vendor_id = v_vendor.id
    ) r on r.id = g.provider_id
    group by g.day, g.local_start, g.starts_at
    order by g.starts_at;
end
$$;
comment on function public.available_slots(uuid, uuid[], uuid[], date, date, text, public.near_place, uuid) is
  'Times at which a vendor''s providers can perform these services: by default from today for seven days, at most two months, in the vendor''s time zone. They begin within the vendor''s notice and horizon, and late enough for the way to the place. With providerId only slots of that provider; none while the vendor is paused. Anonymous users may ask; the slots do not show other bookings. Raises OB003, OB020, OB062 (not offered), OB073 (the postal code is not served).';
revoke all on function public.available_slots(uuid, uuid[], uuid[], date, date, text, public.near_place, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.available_slots(uuid, uuid[], uuid[], date, date, text, public.near_place, uuid) to anon, authenticated, staff;
--! EndIncluded functions/booking/available_slots.sql
--! Included functions/booking/make_hold.sql
create or replace function app_private.make_hold(p_hold public.booking_holds) returns public.booking_holds
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function app_private.make_hold(public.booking_holds) is
  'Holds a slot for the customer, as the row says what; its id, duration and expiry are set here. Errors name the arguments of hold_slot, which are those of the columns. Raises OB003, OB020, OB043, OB048, OB060, OB062, OB071, OB073.';
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
  'Holds a slot of one provider (10 minutes by default), for services and add-ons or for a package. A home service needs an address; a hotel service takes place at the address or, without one, at the vendor''s premises. A customer has one booking at a time: another at the same time needs the name of the guest who is served then. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB037 (no customer profile or date of birth), OB043 (another booking or hold at this time, and no guest), OB048 (an amount of an earlier booking is due), OB060 (not free, or sooner or later than the vendor takes bookings), OB062 (not offered, or not by this provider, or the vendor takes no bookings), OB065 (too young), OB066 (key of another request), OB071 (too many holds), OB073 (the postal code is not served).';
revoke all on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text) to authenticated;
--! EndIncluded functions/booking/hold_slot.sql
--! Included functions/booking/require_movable.sql
create or replace function app_private.require_movable(
  p_booking public.bookings, p_date date, p_time time, p_role text
) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_booking.status not in ('confirmed', 'assigned') then
    raise exception 'A booking that is % cannot be moved to another time. Only confirmed and assigned bookings can.',
      replace(p_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if exists (
    select from public.vendors v where v.id = p_booking.vendor_id and v.status in ('suspended', 'closed')
  ) then
    raise exception 'This vendor does not take bookings at present. Cancel the booking and choose another vendor.'
      using errcode = 'OB062';
  end if;
  if now() >= p_booking.starts_at then
    raise exception 'The time of this booking has come, so it can no longer be moved. Cancel it and book again.'
      using errcode = 'OB044';
  end if;
  if p_date is null or p_time is null or (p_date, p_time) = (p_booking.booking_date, p_booking.booking_time) then
    raise exception 'Choose a date and a time other than those of the booking.'
      using errcode = 'OB020', column = 'new_time';
  end if;
  if ((p_date + p_time) at time zone p_booking.time_zone) at time zone p_booking.time_zone <> p_date + p_time then
    raise exception 'This time is not available. Choose another slot.' using errcode = 'OB060', column = 'new_time';
  end if;
  -- The notice is the customer's; the desk can propose any time to come.
  perform app_private.require_slot(p_booking.vendor_id, (p_date + p_time) at time zone p_booking.time_zone,
    app_private.place_of_booking(p_booking), 'new_time', case when p_role <> 'customer' then 0 end);
  if p_role = 'customer' and (
    select count(*) from public.booking_reschedules r
    where r.booking_id = p_booking.id and r.status = 'approved' and r.requested_by_role = 'customer'
  ) >= (select t.reschedule_maximum from app_private.terms_of(p_booking.id) t) then
    raise exception 'This booking has been moved as often as its terms allow. Cancel it and book again.'
      using errcode = 'OB067';
  end if;
end
$$;
comment on function app_private.require_movable(public.bookings, date, time, text) is
  'Raises OB020 (no other time), OB030 (not possible in this state), OB044 (after its start), OB060 (no slot, or sooner or later than the vendor takes bookings), OB062 (the vendor is suspended or closed), OB067 (moved too often).';
revoke all on function app_private.require_movable(public.bookings, date, time, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/require_movable.sql


-- Vendors with dated hours today are asked one by one; the others as before, by the hours in their documents.
alter type app_private.search_filter
  add attribute dated_vendor_ids uuid[], add attribute open_vendor_ids uuid[];
--! Included functions/search/search_filter.sql
create or replace function app_private.search_filter(
  p_latitude public.latitude, p_longitude public.longitude, p_radius_km numeric, p_city text,
  p_pincode text, p_minimum_price numeric, p_maximum_price numeric, p_minimum_rating numeric,
  p_open_now boolean
) returns app_private.search_filter
language plpgsql stable set search_path = '' as $$
declare
  v_filter app_private.search_filter;
begin
  perform
    app_private.require_number('minimum_price', 'total', p_minimum_price),
    app_private.require_number('maximum_price', 'total', p_maximum_price),
    app_private.require_number('minimum_rating', 'rating', p_minimum_rating);
  if p_minimum_price > p_maximum_price then
    raise exception 'The minimum price must not be above the maximum price. Correct one of them.'
      using errcode = 'OB020', column = 'minimum_price';
  end if;
  if p_pincode is not null and p_pincode !~ '^[1-9][0-9]{5}$' then
    raise exception 'Pincode must have six digits and must not begin with 0.'
      using errcode = 'OB020', column = 'pincode';
  end if;
  if num_nonnulls(p_latitude, p_longitude, p_radius_km) > 0 then
    v_filter.chord := 2 * 6371.0088 * sin(
      app_private.search_radius(p_latitude, p_longitude, p_radius_km, '{}', 'distance') / (2 * 6371.0088));
    v_filter.centre := app_private.earth_point(p_latitude, p_longitude);
  end if;
  v_filter.city := app_private.search_title(p_city);
  v_filter.pincode := p_pincode;
  if num_nonnulls(p_minimum_price, p_maximum_price) > 0 then
    v_filter.prices := numrange(p_minimum_price, p_maximum_price, '[]');
  end if;
  v_filter.rating := p_minimum_rating;
  v_filter.is_open := nullif(p_open_now, false);
  if v_filter.is_open then
    -- The days on which a shift can have started that is on now, whatever the zone.
    v_filter.dated_vendor_ids := array(
      select c.vendor_id from public.closures c
      where c.vendor_id is not null and c.last_day >= app_private.today() - 2 and c.first_day <= app_private.today() + 1
      union
      select s.vendor_id from public.special_hours s
      where s.vendor_id is not null and s.day between app_private.today() - 2 and app_private.today() + 1);
    v_filter.open_vendor_ids := array(
      select v.id from public.vendors v
      where v.id = any (v_filter.dated_vendor_ids) and public.vendors_is_open_at(v, now()));
  end if;
  return v_filter;
end
$$;
comment on function app_private.search_filter(
  public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean
) is
  'The filters of a search. Raises OB020 where they are not allowed or do not go together.';
revoke all on function app_private.search_filter( public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/search_filter.sql
--! Included functions/search/fits.sql
create or replace function app_private.fits(
  p_document app_private.search_documents, p_filter app_private.search_filter
) returns boolean
language sql stable as $$
  select ((p_filter).city is null or (p_document).city = (p_filter).city)
    and ((p_filter).pincode is null or (p_document).pincode = (p_filter).pincode)
    and ((p_filter).rating is null or (p_document).rating >= (p_filter).rating)
    and ((p_filter).centre is null
      or (p_document).location operator(public.<->) (p_filter).centre <= (p_filter).chord)
    and ((p_filter).category_ids is null or (p_document).category_ids && (p_filter).category_ids)
    and ((p_filter).is_open is null
      -- Closures and special hours are not in the document.
      or case when (p_document).id = any ((p_filter).dated_vendor_ids)
        then (p_document).id = any ((p_filter).open_vendor_ids)
        else (p_document).hours @> app_private.second_of_week((p_document).time_zone) end)
    and ((p_filter).prices is null or (p_document).prices && (p_filter).prices)
$$;
comment on function app_private.fits(app_private.search_documents, app_private.search_filter) is
  'Whether a document matches a filter.';
revoke all on function app_private.fits(app_private.search_documents, app_private.search_filter) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/fits.sql

--! split: 030-writing-hours.sql
-- The acts. They lock what is reserved, write, and see what is in the way.

--! Included functions/hours/outside_hours.sql
create or replace function app_private.outside_hours(p_vendor_id uuid, p_provider_id uuid, p_from date, p_to date)
returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
declare
  v_zone text := (select v.time_zone from public.vendors v where v.id = p_vendor_id);
begin
  return array(
    with reserved as materialized (
      select coalesce(r.booking_id, r.hold_id) as id,
        tsrange(r.starts_at at time zone v_zone, r.ends_at at time zone v_zone) as during
      from public.providers p
      join app_private.provider_reservations r on r.provider_id = p.id
      left join public.bookings b on b.id = r.booking_id
      where p.vendor_id = p_vendor_id and (p_provider_id is null or p.id = p_provider_id)
        -- A shift that starts on the last day may end on the day after.
        and r.day between p_from - 1 and p_to + 1
        and r.blocked_time_id is null and r.ends_at > now()
        and (r.expires_at is null or r.expires_at > clock_timestamp())
        and (b.status is null or b.status in ('pending', 'confirmed', 'assigned'))
    ), shifts as materialized (
      select tsrange(o.opens, o.closes) as during, o.breaks
      from app_private.opening(p_vendor_id, p_from - 2, p_to + 1) o
      where p_provider_id is null
      union all
      select tsrange(w.starts, w.ends), w.breaks
      from app_private.working(array[p_provider_id], p_from - 2, p_to + 1) w
      where p_provider_id is not null
    )
    select r.id from reserved r
    where not exists (select from shifts s where s.during @> r.during and not s.breaks && r.during)
    order by r.id);
end
$$;
comment on function app_private.outside_hours(uuid, uuid, date, date) is
  'Ids of the bookings and holds around these days that are not within the hours of the vendor, or with a provider within those of this provider.';
revoke all on function app_private.outside_hours(uuid, uuid, date, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/hours/outside_hours.sql
--! Included functions/hours/make_room.sql
create or replace function app_private.make_room(p_ids uuid[], p_force boolean) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_numbers text;
begin
  if cardinality(p_ids) = 0 then
    return;
  end if;
  if p_force is not true then
    select string_agg(b.booking_number, ', ' order by b.starts_at, b.id) into v_numbers
    from public.bookings b where b.id = any (p_ids);
    if v_numbers is null then
      raise exception 'A customer is booking this time right now. Try again in some minutes, or use force to take the time.'
        using errcode = 'OB070', column = 'force';
    end if;
    raise exception 'There are bookings at this time: %. Move them or assign them to others first, or use force, which marks them for reassignment.',
      v_numbers
      using errcode = 'OB070', column = 'force';
  end if;
  perform app_private.release_booking(b, 'The time was taken for something else')
  from (
    select * from public.bookings o where o.id = any (p_ids) and o.status in ('pending', 'confirmed', 'assigned')
    order by o.id) b;
  delete from app_private.provider_reservations r where r.hold_id = any (p_ids);
  update public.booking_holds h set expires_at = least(h.expires_at, clock_timestamp()) where h.id = any (p_ids);
end
$$;
comment on function app_private.make_room(uuid[], boolean) is
  'Frees the time of bookings and holds that are in the way: with force the bookings are marked for reassignment and the holds end, otherwise nothing is changed and OB070 lists the bookings. Called after lock_reservations.';
revoke all on function app_private.make_room(uuid[], boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/hours/make_room.sql
--! Included functions/providers/roles_for_provider.sql
create or replace function app_private.roles_for_provider(p_person app_private.provider_person) returns text[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array_remove(array[
    case when p_person.user_id = (select auth.uid()) then 'provider' end,
    case when p_person.vendor_id = any (app_private.my_vendor_ids('manage')) then 'vendor' end,
    case when p_person.vendor_id = any (app_private.my_vendor_ids('bookings')) then 'desk' end,
    case when app_private.has_permission('vendors.update') then 'platform' end
  ], null);
end
$$;
comment on function app_private.roles_for_provider(app_private.provider_person) is
  'Roles in which the signed-in user may decide on a provider: provider (their own row), vendor (they manage it), desk (they handle its bookings), platform.';
revoke all on function app_private.roles_for_provider(app_private.provider_person) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/roles_for_provider.sql
--! Included functions/providers/act_on_provider.sql
create or replace function app_private.act_on_provider(p_provider_id uuid, p_roles text[])
returns app_private.provider_person
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_person app_private.provider_person := app_private.person_of(p_provider_id);
  v_roles text[];
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  if v_person.id is null then
    raise exception 'The provider was not found, or you may not see it. Check the id.'
      using errcode = 'OB003', column = 'provider_id';
  end if;
  v_roles := app_private.roles_for_provider(v_person);
  if v_roles && p_roles then
    -- Only the platform could do it: then not in the user's own matter.
    if not v_roles && (array_remove(p_roles, 'platform')) then
      perform app_private.require_others_provider(v_person);
    end if;
    return v_person;
  end if;
  if v_roles <> '{}' or v_person.vendor_id = any (app_private.my_vendor_ids('member'))
    or app_private.has_permission('vendors.read')
    or exists (select from public.providers p where p.id = p_provider_id and p.is_listed) then
    raise exception 'You are not allowed to decide this for the provider. Ask the vendor or customer care.'
      using errcode = 'OB002';
  end if;
  raise exception 'The provider was not found, or you may not see it. Check the id.'
    using errcode = 'OB003', column = 'provider_id';
end
$$;
comment on function app_private.act_on_provider(uuid, text[]) is
  'A provider, for a user who may decide on it in one of these roles: provider, vendor, desk, platform. Raises OB001, OB002 (may see it but not do this), OB003, OB031 (staff of the platform in their own matter).';
revoke all on function app_private.act_on_provider(uuid, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/act_on_provider.sql
--! Included functions/hours/act_on_hours.sql
create or replace function app_private.act_on_hours(
  p_vendor_id uuid, p_provider_id uuid, p_force boolean, p_roles text[] default '{provider,vendor}'
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor_id uuid := p_vendor_id;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  if num_nonnulls(p_vendor_id, p_provider_id) <> 1 then
    raise exception 'Give the vendor or one of its providers, and not both.' using errcode = 'OB020', column = 'vendor_id';
  end if;
  if p_provider_id is null then
    perform app_private.act_on_vendor(p_vendor_id, '{vendor}');
    perform app_private.lock_reservations(
      array(select p.id from public.providers p where p.vendor_id = p_vendor_id order by p.id), array[p_vendor_id]);
    return p_vendor_id;
  end if;
  v_vendor_id := (app_private.act_on_provider(p_provider_id, p_roles)).vendor_id;
  if p_force and v_vendor_id <> all (app_private.my_vendor_ids('manage')) then
    raise exception 'Only the owner, managers and admins of the vendor may mark bookings for reassignment. Leave force out, or ask one of them.'
      using errcode = 'OB002', column = 'force';
  end if;
  perform app_private.lock_reservations(array[p_provider_id]);
  return v_vendor_id;
end
$$;
comment on function app_private.act_on_hours(uuid, uuid, boolean, text[]) is
  'The vendor of hours that the signed-in user may change, of a vendor or of a provider, with everything locked that is reserved then. With force only the vendor''s management may. Raises OB001, OB002, OB003, OB020 (both or neither).';
revoke all on function app_private.act_on_hours(uuid, uuid, boolean, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/hours/act_on_hours.sql
--! Included functions/hours/create_closure.sql
create or replace function public.create_closure(
  first_day date, last_day date default null, vendor_id uuid default null, provider_id uuid default null,
  from_time time default null, to_time time default null, reason text default null, force boolean default false
) returns public.closures
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor_id uuid := app_private.act_on_hours(create_closure.vendor_id, create_closure.provider_id, force);
  v_last_day date := coalesce(create_closure.last_day, create_closure.first_day);
  v_outside uuid[];
  v_closure public.closures;
begin
  if (v_last_day >= app_private.vendor_day(v_vendor_id)) is not true then
    raise exception 'A closure must end today or later. Choose a later day.' using errcode = 'OB020', column = 'last_day';
  end if;
  v_outside := app_private.outside_hours(v_vendor_id, create_closure.provider_id, create_closure.first_day,
    least(v_last_day, create_closure.first_day + 366));
  insert into public.closures as c
    (vendor_id, provider_id, first_day, last_day, from_time, to_time, reason, created_by)
  values (create_closure.vendor_id, create_closure.provider_id, create_closure.first_day, v_last_day,
    create_closure.from_time, create_closure.to_time, nullif(trim(create_closure.reason), ''), (select auth.uid()))
  returning * into v_closure;
  -- What was outside of the hours before is not in the way of the closure.
  perform app_private.make_room(array(
    select o from unnest(app_private.outside_hours(v_vendor_id, create_closure.provider_id, v_closure.first_day,
      v_closure.last_day)) o
    where o <> all (v_outside)), force);
  return v_closure;
end
$$;
comment on function public.create_closure(date, date, uuid, uuid, time, time, text, boolean) is
  'Closes a vendor, or takes a provider off, from firstDay to lastDay (by default one day): for whole days, or from fromTime to toTime on each of them, in the vendor''s local time. A whole day is that of the shifts that start on it. Bookings in the way are listed and nothing is changed, unless force marks them for reassignment and ends the holds. For the vendor''s management; a provider may take time off without force. Raises OB001, OB002, OB003, OB020 (a past day, the vendor and a provider, or neither), OB070 (bookings in the way), or 23514 (the days or times do not fit together).';
revoke all on function public.create_closure(date, date, uuid, uuid, time, time, text, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.create_closure(date, date, uuid, uuid, time, time, text, boolean) to authenticated;
--! EndIncluded functions/hours/create_closure.sql
--! Included functions/hours/create_special_hours.sql
create or replace function public.create_special_hours(
  day date, shifts public.special_shift[], vendor_id uuid default null, provider_id uuid default null,
  force boolean default false
) returns setof public.special_hours
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor_id uuid := app_private.act_on_hours(create_special_hours.vendor_id, create_special_hours.provider_id, force);
  v_outside uuid[];
begin
  if (create_special_hours.day >= app_private.vendor_day(v_vendor_id)) is not true then
    raise exception 'Day must be today or later. Choose a later day.' using errcode = 'OB020', column = 'day';
  end if;
  if coalesce(cardinality(shifts), 0) > 10 then
    raise exception 'A day has at most 10 shifts. Leave some out.' using errcode = 'OB020', column = 'shifts';
  end if;
  v_outside := app_private.outside_hours(v_vendor_id, create_special_hours.provider_id, create_special_hours.day,
    create_special_hours.day);
  delete from public.special_hours s
  where s.day = create_special_hours.day
    and (s.vendor_id = create_special_hours.vendor_id or s.provider_id = create_special_hours.provider_id);
  insert into public.special_hours
    (vendor_id, provider_id, day, opens_at, closes_at, break_start, break_end)
  select create_special_hours.vendor_id, create_special_hours.provider_id, create_special_hours.day,
    s.opens_at, s.closes_at, s.break_start, s.break_end
  from unnest(shifts) s;
  perform app_private.make_room(array(
    select o from unnest(app_private.outside_hours(v_vendor_id, create_special_hours.provider_id,
      create_special_hours.day, create_special_hours.day)) o
    where o <> all (v_outside)), force);
  return query
    select s.* from public.special_hours s
    where s.day = create_special_hours.day
      and (s.vendor_id = create_special_hours.vendor_id or s.provider_id = create_special_hours.provider_id)
    order by s.opens_at;
end
$$;
comment on function public.create_special_hours(date, public.special_shift[], uuid, uuid, boolean) is
  'Sets the hours of a vendor or a provider on one day, in place of those of its weekday and of earlier special hours. Without shifts the hours of the weekday apply again; createClosure closes a day. Bookings in the way are listed and nothing is changed, unless force marks them for reassignment and ends the holds. For the vendor''s management; a provider may change their own hours without force. Raises OB001, OB002, OB003, OB020 (a past day, too many shifts, the vendor and a provider, or neither), OB070 (bookings in the way), 23P01 (the shifts overlap), or 23514 (the times of a shift do not fit together).';
revoke all on function public.create_special_hours(date, public.special_shift[], uuid, uuid, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.create_special_hours(date, public.special_shift[], uuid, uuid, boolean) to authenticated;
--! EndIncluded functions/hours/create_special_hours.sql
--! Included functions/reservations/reserve_block.sql
create or replace function app_private.reserve_block(p_block public.blocked_times) returns void
language sql volatile security definer set search_path = '' as $$
  insert into app_private.provider_reservations
    (provider_id, blocked_time_id, day, starts_at, ends_at, ready_at, is_at_vendor)
  select p_block.provider_id, p_block.id, (p_block.starts_at at time zone v.time_zone)::date, t.starts_at,
    p_block.ends_at, p_block.ends_at, true
  from public.providers p
  join public.vendors v on v.id = p.vendor_id
  cross join lateral (
    -- The buffer after a service that ends before the block is not in the way of it.
    select greatest(p_block.starts_at, max(r.ready_at)) as starts_at
    from app_private.provider_reservations r
    where r.provider_id = p.id and r.ends_at <= p_block.starts_at and r.ready_at > p_block.starts_at) t
  where p.id = p_block.provider_id and t.starts_at < p_block.ends_at
$$;
comment on function app_private.reserve_block(public.blocked_times) is
  'Reserves blocked time of a provider: the other way in besides reserve_provider, because the provider need not be working or free of travel then. Called after lock_reservations and make_room.';
revoke all on function app_private.reserve_block(public.blocked_times) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reservations/reserve_block.sql
--! Included functions/hours/block_time.sql
create or replace function public.block_time(
  provider_id uuid, starts_at timestamptz, ends_at timestamptz, reason text default null, force boolean default false
) returns public.blocked_times
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor_id uuid := app_private.act_on_hours(null, block_time.provider_id, force, '{provider,vendor,desk}');
  v_longest integer := app_private.setting('booking.longest_block_hours')::integer;
  v_block public.blocked_times;
begin
  if (block_time.ends_at > now()) is not true then
    raise exception 'The end must be in the future. Choose a later end.' using errcode = 'OB020', column = 'ends_at';
  end if;
  if block_time.ends_at > block_time.starts_at + v_longest * interval '1 hour' then
    raise exception 'Time can be blocked for at most % hours. Use a closure or leave for longer.', v_longest
      using errcode = 'OB020', column = 'ends_at';
  end if;
  if exists (
    select from public.blocked_times b
    where b.provider_id = block_time.provider_id
      and tstzrange(b.starts_at, b.ends_at) && tstzrange(block_time.starts_at, greatest(block_time.starts_at, block_time.ends_at))
  ) then
    raise exception 'Some of this time is already blocked. Choose other times, or unblock it first.'
      using errcode = 'OB070', column = 'starts_at';
  end if;
  if exists (
    select from app_private.provider_reservations r
    join public.bookings b on b.id = r.booking_id
    where r.provider_id = block_time.provider_id and b.status = 'in_progress'
      and tstzrange(r.starts_at, r.ends_at) && tstzrange(block_time.starts_at, greatest(block_time.starts_at, block_time.ends_at))
  ) then
    raise exception 'The provider is serving a customer at this time. Choose a later start.'
      using errcode = 'OB070', column = 'starts_at';
  end if;
  insert into public.blocked_times (provider_id, starts_at, ends_at, reason, created_by)
  values (block_time.provider_id, block_time.starts_at, block_time.ends_at, nullif(trim(block_time.reason), ''),
    (select auth.uid()))
  returning * into v_block;
  perform app_private.make_room(array(
    select coalesce(r.booking_id, r.hold_id) from app_private.provider_reservations r
    where r.provider_id = v_block.provider_id and r.blocked_time_id is null
      and (r.expires_at is null or r.expires_at > clock_timestamp())
      and tstzrange(r.starts_at, r.ends_at) && tstzrange(v_block.starts_at, v_block.ends_at)
    order by 1), force);
  perform app_private.reserve_block(v_block);
  return v_block;
end
$$;
comment on function public.block_time(uuid, timestamptz, timestamptz, text, boolean) is
  'Blocks time of a provider, at most 24 hours by default, so that it cannot be booked. Bookings in the way are listed and nothing is changed, unless force marks them for reassignment and ends the holds. For the vendor''s desk and, without force, the provider. Raises OB001, OB002, OB003, OB020 (a past end, or too long), OB070 (bookings or a service in the way, or already blocked), or 23514 (it ends before it starts).';
revoke all on function public.block_time(uuid, timestamptz, timestamptz, text, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.block_time(uuid, timestamptz, timestamptz, text, boolean) to authenticated;
--! EndIncluded functions/hours/block_time.sql
--! Included functions/hours/unblock_time.sql
create or replace function public.unblock_time(blocked_time_id uuid) returns public.blocked_times
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_block public.blocked_times;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  delete from public.blocked_times b
  where b.id = unblock_time.blocked_time_id
    and (b.provider_id = any (app_private.my_provider_ids())
      or b.provider_id = any (app_private.my_vendor_provider_ids('bookings')))
  returning * into v_block;
  if not found then
    raise exception 'The blocked time was not found, or you may not see it. Check the id.'
      using errcode = 'OB003', column = 'blocked_time_id';
  end if;
  return v_block;
end
$$;
comment on function public.unblock_time(uuid) is
  'Frees blocked time of a provider again. For the vendor''s desk and the provider. Raises OB001, OB003.';
revoke all on function public.unblock_time(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.unblock_time(uuid) to authenticated;
--! EndIncluded functions/hours/unblock_time.sql

-- Leave that is in the way of bookings, and leave that the management enters.
drop function public.decide_therapist_leave(uuid, boolean, text);
drop function public.decide_beautician_leave(uuid, boolean, text);
drop function app_private.decide_leave(text, uuid, boolean, text);
--! Included functions/providers/free_leave.sql
create or replace function app_private.free_leave(p_leave jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_provider_id uuid := (
    select p.id from public.providers p
    where p.therapist_id = (p_leave ->> 'therapist_id')::uuid or p.beautician_id = (p_leave ->> 'beautician_id')::uuid);
begin
  perform app_private.lock_reservations(array[v_provider_id]);
  perform app_private.make_room(array(
    select coalesce(r.booking_id, r.hold_id) from app_private.provider_reservations r
    where r.provider_id = v_provider_id and r.blocked_time_id is null
      and r.day between (p_leave ->> 'start_date')::date and (p_leave ->> 'end_date')::date
    order by 1), true);
end
$$;
comment on function app_private.free_leave(jsonb) is
  'Marks the bookings of a provider on the days of a leave, a row of therapist_leaves or beautician_leaves, for reassignment, and ends the holds. A service in progress stays.';
revoke all on function app_private.free_leave(jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/free_leave.sql
--! Included functions/providers/decide_leave.sql
create or replace function app_private.decide_leave(
  p_kind text, p_leave_id uuid, p_approve boolean, p_reason text, p_force boolean
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_leave jsonb;
  v_provider record;
  v_count integer;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  execute format('select to_jsonb(l) from public.%I l where l.id = $1', p_kind || '_leaves')
  into v_leave using p_leave_id;
  v_provider := app_private.provider_of_row(v_leave);
  if v_provider.user_id = (select auth.uid()) then
    raise exception 'You cannot decide on your own leave. Leave it to someone else.' using errcode = 'OB031';
  end if;
  if (v_provider.vendor_id = any (app_private.my_vendor_ids('bookings'))) is not true then
    raise exception 'The leave was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_provider.vendor_id <> all (app_private.my_vendor_ids('manage')) then
    raise exception 'Only the owner, managers and admins of the vendor may decide on leave. Ask one of them.'
      using errcode = 'OB002';
  end if;
  if p_approve is null then
    raise exception 'Approve is required. Enter true or false.' using errcode = 'OB020', column = 'approve';
  end if;
  if p_approve and p_force then
    perform app_private.free_leave(v_leave);
  end if;
  -- Of two who decide at once the second waits here and then finds nothing to decide.
  execute format(
    'update public.%I l
    set status = case when $2 then ''approved'' else ''rejected'' end,
      approved_by = auth.uid(),
      approved_at = now(),
      rejection_reason = case when not $2 then app_private.required_reason($3) end
    where l.id = $1 and l.status = ''pending''', p_kind || '_leaves')
  using p_leave_id, p_approve, p_reason;
  get diagnostics v_count = row_count;
  if v_count = 0 then
    raise exception 'This leave has already been decided or withdrawn. Reload it.' using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.decide_leave(text, uuid, boolean, text, boolean) is
  'Approves or rejects leave of a therapist or a beautician; with force the bookings in the way are marked for reassignment. Raises OB001, OB002 (the desk sees it but does not decide), OB003 (not visible to the user), OB020 (no decision), OB030 (already decided), OB031 (your own leave), OB036 (no reason), OB070 (the provider has reservations then, see tg__leave_collides).';
revoke all on function app_private.decide_leave(text, uuid, boolean, text, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/decide_leave.sql
--! Included functions/providers/decide_therapist_leave.sql
create or replace function public.decide_therapist_leave(
  leave_id uuid, approve boolean, reason text default null, force boolean default false
) returns public.therapist_leaves
language sql volatile security definer set search_path = '' as $$
  select app_private.decide_leave('therapist', decide_therapist_leave.leave_id,
    decide_therapist_leave.approve, decide_therapist_leave.reason, force);
  select l.* from public.therapist_leaves l where l.id = decide_therapist_leave.leave_id;
$$;
comment on function public.decide_therapist_leave(uuid, boolean, text, boolean) is
  'Approves or rejects a therapist''s leave, for the vendor''s owner, managers and admins. The therapist is notified. A rejection needs a reason. Bookings in the way are listed and nothing is changed, unless force marks them for reassignment. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already decided), OB031 (your own leave), OB036 (no reason), OB070 (the therapist has reservations then).';
revoke all on function public.decide_therapist_leave(uuid, boolean, text, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_therapist_leave(uuid, boolean, text, boolean) to authenticated;
--! EndIncluded functions/providers/decide_therapist_leave.sql
--! Included functions/providers/decide_beautician_leave.sql
create or replace function public.decide_beautician_leave(
  leave_id uuid, approve boolean, reason text default null, force boolean default false
) returns public.beautician_leaves
language sql volatile security definer set search_path = '' as $$
  select app_private.decide_leave('beautician', decide_beautician_leave.leave_id,
    decide_beautician_leave.approve, decide_beautician_leave.reason, force);
  select l.* from public.beautician_leaves l where l.id = decide_beautician_leave.leave_id;
$$;
comment on function public.decide_beautician_leave(uuid, boolean, text, boolean) is
  'Approves or rejects a beautician''s leave, for the vendor''s owner, managers and admins. The beautician is notified. A rejection needs a reason. Bookings in the way are listed and nothing is changed, unless force marks them for reassignment. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already decided), OB031 (your own leave), OB036 (no reason), OB070 (the beautician has reservations then).';
revoke all on function public.decide_beautician_leave(uuid, boolean, text, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_beautician_leave(uuid, boolean, text, boolean) to authenticated;
--! EndIncluded functions/providers/decide_beautician_leave.sql
--! Included functions/providers/enter_leave.sql
create or replace function public.enter_leave(
  provider_id uuid, leave_type text, start_date date, end_date date, reason text, force boolean default false
) returns public.providers
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_person app_private.provider_person := app_private.act_on_provider(enter_leave.provider_id, '{vendor}');
  v_reason text;
  v_leave jsonb;
begin
  if v_person.user_id = (select auth.uid()) then
    raise exception 'You cannot decide on your own leave. Leave it to someone else.' using errcode = 'OB031';
  end if;
  v_reason := app_private.required_reason(enter_leave.reason);
  -- Entered as a request and decided at once, so that the same rules apply and the provider is notified.
  execute format(
    'insert into public.%1$I as l (%2$I, leave_type, start_date, end_date, reason)
    select p.%2$I, $2, $3, $4, $5 from public.providers p where p.id = $1
    returning to_jsonb(l)', v_person.kind || '_leaves', v_person.kind || '_id')
  into v_leave using v_person.id, enter_leave.leave_type, enter_leave.start_date, enter_leave.end_date, v_reason;
  perform app_private.decide_leave(v_person.kind, (v_leave ->> 'id')::uuid, true, null, force);
  return app_private.provider_row(v_person.id);
end
$$;
comment on function public.enter_leave(uuid, text, date, date, text, boolean) is
  E'@enumArgument leave_type leave_type\nEnters leave or sick days of a provider, approved at once; the provider is notified. Bookings in the way are listed and nothing is changed, unless force marks them for reassignment and ends the holds. For the vendor''s management. Raises OB001, OB002, OB003, OB031 (your own leave), OB036 (no reason), OB070 (bookings in the way), 23514 (the days do not fit together), or 23P01 (other leave on these days).';
revoke all on function public.enter_leave(uuid, text, date, date, text, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.enter_leave(uuid, text, date, date, text, boolean) to authenticated;
--! EndIncluded functions/providers/enter_leave.sql
--! Included functions/messages/tell_leave.sql
create or replace function app_private.tell_leave(p_old record, p_new record) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_provider record := app_private.provider_of_row(to_jsonb(p_new));
  v_fields jsonb := jsonb_build_object(
    'leave_id', p_new.id, 'provider', v_provider.name, 'decision', p_new.status,
    'from', to_char(p_new.start_date::timestamp, 'DD Mon YYYY'),
    'to', to_char(p_new.end_date::timestamp, 'DD Mon YYYY'),
    'reason', coalesce(p_new.reason, 'no reason given'));
  v_data jsonb := jsonb_build_object(
    'screen', 'leave', 'provider', v_provider.kind, 'leaveId', p_new.id);
begin
  if p_new.status = 'pending' then
    -- Leave that the management enters is decided at once.
    if v_provider.user_id <> (select auth.uid()) then
      return;
    end if;
    perform app_private.notify(u, 'vendor', 'leave_requested', v_fields, v_data)
      from app_private.vendor_desk(v_provider.vendor_id) u;
  else
    perform app_private.notify(v_provider.user_id, 'provider', 'leave_decided', v_fields, v_data);
  end if;
end
$$;
comment on function app_private.tell_leave(record, record) is
  'Notifies the vendor of a leave request and the provider of the decision, by a row of therapist_leaves or beautician_leaves.';
revoke all on function app_private.tell_leave(record, record) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_leave.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.26', 'dated-hours', '2026-11-29', 'Closures, special hours, blocked time, notice and horizon; leave entered by the management');
