--! Previous: sha1:65e4adadcb9103361933e0e76a67fe37a911c0b4
--! Hash: sha1:bc317200fefa0de5628631dcc1f30608ce99119b
--! Message: beautician-portal

--! split: 010-on-the-way.sql
-- Beauticians serve at home, too: they acknowledge, travel, report their position and arrive as therapists do, by the same
-- acts. In the salon the short way stays. Both kinds of provider then show how far and how long they travelled.
-- Beside that, columns that nothing wrote or nothing read go, or get what was missing: the gender that a customer prefers
-- has an effect, and a vendor can ask for another number of its registration.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-foreign-key-constraint, ban-drop-column, ban-drop-table, renaming-column, require-concurrent-index-deletion, ban-drop-not-null, adding-field-with-default

insert into enums.beautician_assignment_status values
  ('acknowledged', 'Seen and accepted'), ('in_transit', 'On the way'), ('reached', 'Arrived');
comment on table enums.beautician_assignment_status is
  E'@enum\n@enumName BeauticianAssignmentStatus\nState of an assignment of a beautician. In the salon there is nothing to acknowledge, and no way.';

delete from app_private.assignment_transitions where provider_kind = 'beautician';
insert into app_private.assignment_transitions values
  ('beautician', 'assigned', 'acknowledged', false),
  ('beautician', 'acknowledged', 'in_transit', false),
  ('beautician', 'in_transit', 'reached', false),
  ('beautician', 'reached', 'in_progress', false),
  ('beautician', 'assigned', 'in_progress', true),
  ('beautician', 'in_progress', 'completed', false),
  ('beautician', 'assigned', 'cancelled', false),
  ('beautician', 'acknowledged', 'cancelled', false),
  ('beautician', 'in_transit', 'cancelled', false),
  ('beautician', 'reached', 'cancelled', false);
comment on table app_private.assignment_transitions is
  'Allowed changes of an assignment''s state. Providers acknowledge, travel and arrive; where there is no travel, these steps are left out, and a beautician does not acknowledge.';

alter table public.therapist_assignments add column travel_started_at timestamptz;
comment on column public.therapist_assignments.travel_started_at is 'When the therapist started to travel; null until then.';
comment on column public.therapist_assignments.distance_traveled is
  'Kilometres of the way by the positions that the therapist reported, known from the arrival on; null when fewer than two were reported.';
comment on column public.therapist_assignments.travel_time is
  'Minutes from the start of the way to the arrival; null until then.';

alter table public.beautician_assignments
  add column travel_started_at timestamptz,
  add column distance_traveled numeric(10, 2),
  add column travel_time integer constraint beautician_assignments_travel_time_check check (travel_time >= 0);
select app_private.limit_numbers('public.beautician_assignments', '{"distance_traveled": "kilometres"}');
comment on table public.beautician_assignments is
  'Which beautician performs a booking, and the state of the assignment. Travel is in minutes, distance in kilometres, tips in rupees.';
comment on column public.beautician_assignments.location is
  'Object with the place: in the salon such as {"room": "2", "chair": "4"}, for a home or hotel service address, latitude and longitude; null when not given.';
comment on column public.beautician_assignments.travel_started_at is 'When the beautician started to travel; null until then.';
comment on column public.beautician_assignments.distance_traveled is
  'Kilometres of the way by the positions that the beautician reported, known from the arrival on; null when fewer than two were reported.';
comment on column public.beautician_assignments.travel_time is
  'Minutes from the start of the way to the arrival; null until then.';
-- Those under way, whose position a customer or vendor may follow: as for therapists.
create index beautician_assignments_under_way_idx
  on public.beautician_assignments (customer_id, vendor_id, assignment_time)
  where status in ('in_transit', 'reached', 'in_progress');
-- The few that are still to be performed.
drop index public.beautician_assignments_ahead_idx;
create index beautician_assignments_ahead_idx on public.beautician_assignments (assignment_time, id)
  where status in ('assigned', 'acknowledged', 'in_transit', 'reached', 'in_progress');

-- The table keeps the guide's name; a position is of one provider of either kind.
alter table public.therapist_locations
  alter column therapist_id drop not null,
  add column beautician_id uuid references public.beauticians on delete cascade,
  add constraint therapist_locations_one_provider check (num_nonnulls(therapist_id, beautician_id) = 1);
alter table public.therapist_locations alter column beautician_id set (n_distinct = -1);
-- A beautician's own positions, the latest first.
create index therapist_locations_beautician_id_idx on public.therapist_locations (beautician_id, timestamp desc);
comment on table public.therapist_locations is
  'Positions of a provider, therapist or beautician, on the way to a booking and during the service: accuracy and altitude in metres, speed in metres per second, heading in degrees. The customer and the vendor of that booking see them only during that time.';
comment on column public.therapist_locations.therapist_id is 'Therapist who reported the position; null when a beautician did.';
comment on column public.therapist_locations.beautician_id is 'Beautician who reported the position; null when a therapist did.';
comment on column public.therapist_locations.booking_id is 'Booking for which the provider was on the way; null when none was given.';
comment on column public.therapist_locations.latitude is 'Degrees north (WGS 84), as reported by the provider''s device.';
comment on column public.therapist_locations.longitude is 'Degrees east (WGS 84), as reported by the provider''s device.';
comment on constraint therapist_locations_one_provider on public.therapist_locations is
  'A position is of one therapist or of one beautician. Enter one of the two.';
alter policy select_party on public.therapist_locations using (
  therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
  or beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
  or booking_id = any ((select app_private.my_tracked_booking_ids())::uuid[]));
insert into app_private.personal_links (table_name, column_name, is_about)
values ('public.therapist_locations', 'beautician_id', true);

--! Included functions/booking/travelled_km.sql
create or replace function app_private.travelled_km(p_booking_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  -- least() alone would make 500 of nothing known.
  select case when d.km > 500 then 500 else round(d.km, 2) end
  from (
    select sum(app_private.distance_km(p.latitude, p.longitude, p.was_latitude, p.was_longitude))::numeric as km
    from (
      select l.latitude, l.longitude,
        lag(l.latitude) over (order by l.timestamp, l.id) as was_latitude,
        lag(l.longitude) over (order by l.timestamp, l.id) as was_longitude
      from public.therapist_locations l
      join (
        select a.therapist_id, null::uuid as beautician_id, a.travel_started_at from public.therapist_assignments a
        where a.booking_id = p_booking_id and a.status = 'in_transit'
        union all
        select null, a.beautician_id, a.travel_started_at from public.beautician_assignments a
        where a.booking_id = p_booking_id and a.status = 'in_transit'
      ) w on l.therapist_id = w.therapist_id or l.beautician_id = w.beautician_id
      where l.booking_id = p_booking_id and l.timestamp >= w.travel_started_at
    ) p
  ) d
$$;
comment on function app_private.travelled_km(uuid) is
  'Kilometres between the positions that the provider of a booking has reported since starting to travel, at most 500; null when there are fewer than two.';
revoke all on function app_private.travelled_km(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/travelled_km.sql
--! Included functions/booking/step_assignment.sql
create or replace function app_private.step_assignment(p_booking_id uuid, p_to text, p_roles text[]) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_km numeric;
begin
  v_booking := app_private.act_on_booking(p_booking_id, p_roles);
  if v_booking.status not in ('assigned', 'in_progress') then
    raise exception 'This step is possible only while the booking is assigned or in progress. This booking is %.',
      replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  v_km := case p_to when 'reached' then app_private.travelled_km(v_booking.id) end;
  update public.therapist_assignments a
  set status = p_to,
    travel_started_at = case p_to when 'in_transit' then now() else a.travel_started_at end,
    travel_time = case p_to when 'reached'
      then greatest(0, round(extract(epoch from now() - a.travel_started_at) / 60))::integer else a.travel_time end,
    distance_traveled = coalesce(v_km, a.distance_traveled),
    actual_start_time = case p_to when 'in_progress' then now() else a.actual_start_time end,
    -- Not before the start: a clock may have been set back.
    actual_end_time = case p_to when 'completed' then greatest(now(), a.actual_start_time) else a.actual_end_time end,
    actual_duration = case p_to when 'completed'
      then greatest(0, extract(epoch from now() - a.actual_start_time)::integer / 60) end
  where a.booking_id = v_booking.id and a.status <> 'cancelled';
  if found then
    return v_booking;
  end if;
  if v_booking.booking_type = 'spa_visit' and p_to not in ('in_progress', 'completed') then
    raise exception 'A beautician who serves in the salon does not take this step. Start the service instead.'
      using errcode = 'OB030';
  end if;
  update public.beautician_assignments a
  set status = p_to,
    travel_started_at = case p_to when 'in_transit' then now() else a.travel_started_at end,
    travel_time = case p_to when 'reached'
      then greatest(0, round(extract(epoch from now() - a.travel_started_at) / 60))::integer else a.travel_time end,
    distance_traveled = coalesce(v_km, a.distance_traveled),
    actual_start_time = case p_to when 'in_progress' then now() else a.actual_start_time end,
    actual_end_time = case p_to when 'completed' then greatest(now(), a.actual_start_time) else a.actual_end_time end
  where a.booking_id = v_booking.id and a.status <> 'cancelled';
  return v_booking;
end
$$;
comment on function app_private.step_assignment(uuid, text, text[]) is
  'Moves the live assignment of a booking one step, for users in these roles; assignment_transitions decides which steps are allowed. Returns the booking, locked. Raises OB001, OB002, OB003, OB030.';
revoke all on function app_private.step_assignment(uuid, text, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/step_assignment.sql
--! Included functions/booking/acknowledge_assignment.sql
create or replace function public.acknowledge_assignment(booking_id uuid) returns public.bookings
language sql volatile security definer set search_path = '' as $$
  select app_private.step_assignment(acknowledge_assignment.booking_id, 'acknowledged', '{therapist}')
$$;
comment on function public.acknowledge_assignment(uuid) is
  'The provider confirms having seen the assignment and accepts it. A beautician does so for home and hotel services only. Raises OB001, OB002, OB003, OB030.';
revoke all on function public.acknowledge_assignment(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.acknowledge_assignment(uuid) to authenticated;
--! EndIncluded functions/booking/acknowledge_assignment.sql
--! Included functions/booking/start_travel.sql
create or replace function public.start_travel(booking_id uuid) returns public.bookings
language sql volatile security definer set search_path = '' as $$
  select app_private.step_assignment(start_travel.booking_id, 'in_transit', '{therapist}')
$$;
comment on function public.start_travel(uuid) is
  'The provider starts travelling. From now on the position can be reported and followed. Raises OB001, OB002, OB003, OB030 (not acknowledged yet).';
revoke all on function public.start_travel(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.start_travel(uuid) to authenticated;
--! EndIncluded functions/booking/start_travel.sql
--! Included functions/booking/arrive.sql
create or replace function public.arrive(booking_id uuid) returns public.bookings
language sql volatile security definer set search_path = '' as $$
  select app_private.step_assignment(arrive.booking_id, 'reached', '{therapist}')
$$;
comment on function public.arrive(uuid) is
  'The provider has arrived. The assignment then shows how long the way took and, by the reported positions, how far it was. Raises OB001, OB002, OB003, OB030 (not on the way).';
revoke all on function public.arrive(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.arrive(uuid) to authenticated;
--! EndIncluded functions/booking/arrive.sql
drop function public.report_location(uuid, numeric, numeric, numeric, numeric, numeric, integer, boolean);
--! Included functions/booking/report_location.sql
create or replace function public.report_location(
  booking_id uuid, latitude numeric, longitude numeric, accuracy numeric default null,
  speed numeric default null, heading numeric default null, battery_level integer default null,
  is_moving boolean default true, altitude numeric default null
) returns public.therapist_locations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_therapist_id uuid;
  v_beautician_id uuid;
  v_status text;
  v_location public.therapist_locations;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  -- Positions are processed one at a time, however fast they arrive.
  select t.id into v_therapist_id
  from public.therapists t where t.user_id = (select auth.uid()) for no key update;
  select b.id into v_beautician_id
  from public.beauticians b where b.user_id = (select auth.uid()) for no key update;
  select a.therapist_id, a.beautician_id, a.status into v_therapist_id, v_beautician_id, v_status
  from (
    select t.therapist_id, null::uuid as beautician_id, t.status from public.therapist_assignments t
    where t.booking_id = report_location.booking_id and t.therapist_id = v_therapist_id and t.status <> 'cancelled'
    union all
    select null, b.beautician_id, b.status from public.beautician_assignments b
    where b.booking_id = report_location.booking_id and b.beautician_id = v_beautician_id and b.status <> 'cancelled'
  ) a;
  if not found then
    raise exception 'You have no booking with this id. Check the id.' using errcode = 'OB003';
  end if;
  if v_status not in ('in_transit', 'reached', 'in_progress') then
    raise exception 'Your position is recorded only while you are on the way or serving. Report it then.'
      using errcode = 'OB072';
  end if;
  if exists (
    select from public.therapist_locations l
    where (l.therapist_id = v_therapist_id or l.beautician_id = v_beautician_id)
      and l.timestamp > clock_timestamp()
        - app_private.setting('location.minimum_interval_seconds')::integer * interval '1 second') then
    raise exception 'You report your position too often. Report it at most once every % seconds.',
      app_private.setting('location.minimum_interval_seconds')
      using errcode = 'OB072';
  end if;
  perform
    app_private.require_number('latitude', 'latitude', report_location.latitude),
    app_private.require_number('longitude', 'longitude', report_location.longitude),
    app_private.require_number('accuracy', 'metres', report_location.accuracy),
    app_private.require_number('speed', 'speed', report_location.speed),
    app_private.require_number('heading', 'heading', report_location.heading),
    app_private.require_number('altitude', 'altitude', report_location.altitude);
  insert into public.therapist_locations
    (therapist_id, beautician_id, booking_id, latitude, longitude, accuracy, altitude, speed, heading,
      battery_level, is_moving, timestamp)
  values (v_therapist_id, v_beautician_id, report_location.booking_id, report_location.latitude,
    report_location.longitude, report_location.accuracy, report_location.altitude, report_location.speed,
    report_location.heading, report_location.battery_level, coalesce(report_location.is_moving, true),
    clock_timestamp())
  returning * into v_location;
  return v_location;
end
$$;
comment on function public.report_location(uuid, numeric, numeric, numeric, numeric, numeric, integer, boolean, numeric) is
  'Reports the position of the provider, therapist or beautician, on the way and during the service, by default at most every five seconds; altitude in metres above sea level. Raises OB001, OB003, OB072 (too soon, or not under way), 23514 (invalid coordinates).';
revoke all on function public.report_location(uuid, numeric, numeric, numeric, numeric, numeric, integer, boolean, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.report_location(uuid, numeric, numeric, numeric, numeric, numeric, integer, boolean, numeric) to authenticated;
--! EndIncluded functions/booking/report_location.sql
--! Included functions/booking/move_booking.sql
create or replace function app_private.move_booking(
  p_booking public.bookings, p_date date, p_time time, p_reason text
) returns void
language plpgsql volatile security definer set search_path = '' as $$
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
  perform app_private.lock_customer(p_booking.customer_id);
  if p_booking.guest_name is null and app_private.is_elsewhere(p_booking.customer_id, v_starts_at,
    app_private.plus_minutes(v_starts_at, p_booking.duration_minutes), p_booking.id) then
    raise exception 'The customer has another booking at this time. Choose another date or time.'
      using errcode = 'OB043', column = 'new_time';
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
    where a.booking_id = p_booking.id and a.status in ('assigned', 'acknowledged');
    if v_is_kept or found then
      update public.bookings b set status = 'assigned' where b.id = p_booking.id;
    else
      perform app_private.cancel_assignments(p_booking.id);
      perform app_private.assign_provider(app_private.current_booking(p_booking.id), v_provider_id);
    end if;
  end if;
  perform app_private.note_payment_status(p_booking.id);
end
$$;
comment on function app_private.move_booking(public.bookings, date, time, text) is
  'Moves a locked booking to another time, with its provider if that one is free then, otherwise with another. An assignment to a provider who is not free is released, and a journey that was begun must begin again. Raises OB043 (the customer has another booking then), OB060 (no provider is free).';
revoke all on function app_private.move_booking(public.bookings, date, time, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/move_booking.sql
--! Included functions/booking/mark_no_show.sql
create or replace function public.mark_no_show(booking_id uuid) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
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
    union all
    select from public.beautician_assignments a
    where a.booking_id = v_booking.id and a.status = 'reached'
  ) then
    raise exception 'The provider has not reported arrival. Report the arrival first, then mark the customer as a no-show.'
      using errcode = 'OB030';
  end if;
  perform app_private.end_booking(v_booking, 'customer', 'The customer did not come',
    app_private.cost_of_cancelling(v_booking),
    now() + case when v_booking.customer_id is null then interval '0'
      else v_terms.no_show_dispute_hours * interval '1 hour' end);
  if v_booking.customer_id is null then
    -- No one could dispute it.
    perform app_private.settle_cancellation(app_private.current_booking(v_booking.id), 0);
  end if;
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.mark_no_show(uuid) is
  'Records that the customer did not come: from 15 minutes after the start (as the terms say), for a provider who was assigned and, for home and hotel services, has reported arrival. It costs as much as a late cancellation. The customer can dispute it for 24 hours (as the terms say), and until then no money moves. A desk booking that no customer has claimed ends at once and costs nothing. For the vendor''s desk, the provider and the platform. Raises OB001, OB002, OB003, OB030 (no provider assigned or arrived, started or cancelled), OB044 (too early).';
revoke all on function public.mark_no_show(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.mark_no_show(uuid) to authenticated, staff;
--! EndIncluded functions/booking/mark_no_show.sql
--! Included functions/booking/report_vendor_no_show.sql
create or replace function public.report_vendor_no_show(booking_id uuid) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.act_on_booking(report_vendor_no_show.booking_id, '{customer}');
  v_minutes integer := app_private.setting('booking.vendor_no_show_minutes')::integer;
  v_until timestamptz := now()
    + app_private.setting('booking.vendor_no_show_dispute_hours')::integer * interval '1 hour';
  v_has_arrived boolean := exists (
    select from public.therapist_assignments a where a.booking_id = v_booking.id and a.status = 'reached'
    union all
    select from public.beautician_assignments a where a.booking_id = v_booking.id and a.status = 'reached');
begin
  if v_booking.status not in ('confirmed', 'assigned') then
    raise exception 'You can report that no one came only while nothing was started. This booking is %. Dispute it, or contact customer care.',
      replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if now() < v_booking.starts_at + v_minutes * interval '1 minute' then
    raise exception 'It is too early to report that no one came. Wait until % minutes after the start.', v_minutes
      using errcode = 'OB044';
  end if;
  if v_has_arrived then
    perform app_private.end_booking(v_booking, 'vendor', 'The customer reports that no one came',
      app_private.cost_of_cancelling(v_booking), v_until);
    insert into public.booking_disputes (booking_id, kind, reason, raised_by, answerable_until)
    values (v_booking.id, 'vendor_no_show', 'No one came', (select auth.uid()), v_until);
  else
    perform app_private.end_booking(v_booking, 'vendor', 'No one came', 0);
  end if;
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.report_vendor_no_show(uuid) is
  'Records that no one came to serve the signed-in customer, by default from 20 minutes after the start, when nothing was started. Everything is refunded. Where the provider has reported arrival, a dispute opens instead, and no money moves: the vendor can answer it with disputeBooking, by default for 24 hours, and customer care then decides; unanswered, everything is refunded. Raises OB001, OB002, OB003, OB030 (started, completed or cancelled), OB044 (too early).';
revoke all on function public.report_vendor_no_show(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.report_vendor_no_show(uuid) to authenticated;
--! EndIncluded functions/booking/report_vendor_no_show.sql
--! Included functions/identity/my_tracked_booking_ids.sql
create or replace function app_private.my_tracked_booking_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select a.booking_id from public.therapist_assignments a
    where a.status in ('in_transit', 'reached', 'in_progress')
      and (
        a.customer_id = (select auth.uid())
        or a.vendor_id = any (app_private.my_vendor_ids('bookings'))
      )
    union all
    select a.booking_id from public.beautician_assignments a
    where a.status in ('in_transit', 'reached', 'in_progress')
      and (
        a.customer_id = (select auth.uid())
        or a.vendor_id = any (app_private.my_vendor_ids('bookings'))
      )
  );
end
$$;
comment on function app_private.my_tracked_booking_ids() is
  'Bookings of the signed-in customer or vendor whose provider is on the way or serving now. Only then may the position be seen.';
revoke all on function app_private.my_tracked_booking_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_tracked_booking_ids() to authenticated;
--! EndIncluded functions/identity/my_tracked_booking_ids.sql
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
      select a.booking_id from public.beautician_assignments a
      join public.beauticians k on k.id = a.beautician_id
      join public.bookings v on v.id = a.booking_id
      where k.user_id = p_user_id and a.status <> 'cancelled'
        -- In the salon there is nothing for a beautician to acknowledge.
        and (a.status <> 'assigned' or v.booking_type = 'spa_visit')
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
--! Included functions/live/tg_beautician_assignments__publish_event.sql
create or replace function app_private.tg_beautician_assignments__publish_event() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.emit_change(
    'beautician_assignment',
    array['vendor:' || new.vendor_id, 'vendor:' || old.vendor_id] || array(
      select 'provider:' || b.user_id from public.beauticians b
      where b.id in (new.beautician_id, old.beautician_id)
    ),
    to_jsonb(old), to_jsonb(new));
  -- The steps that change nothing of the booking itself. The vendor follows its assignments.
  if tg_op = 'UPDATE' and new.status <> old.status and new.status in ('acknowledged', 'in_transit', 'reached') then
    perform app_private.emit_event(
      array['booking:' || new.booking_id, 'customer:' || new.customer_id],
      'booking.' || new.status, new.booking_id, '{"changed": []}');
  end if;
  return null;
end
$$;
comment on function app_private.tg_beautician_assignments__publish_event() is
  'Records beautician_assignment.created, beautician_assignment.<new status> or beautician_assignment.updated for live subscribers; and for those of its booking booking.acknowledged, booking.in_transit and booking.reached.';
revoke all on function app_private.tg_beautician_assignments__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/live/tg_beautician_assignments__publish_event.sql
-- Who is to serve only in the salon has a radius of 0.
--! Included functions/booking/qualified_providers.sql
create or replace function app_private.qualified_providers(
  p_vendor_id uuid, p_service_ids uuid[], p_booking_type text
) returns setof uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_services uuid[] := array(select distinct id from unnest(p_service_ids) w (id));
begin
  return query
    select p.id
    from public.providers p
    where p.vendor_id = p_vendor_id and p.is_listed
      -- Who travels 0 km serves at the vendor alone, also where the distance is not known.
      and (p_booking_type = 'spa_visit' or p.service_radius_km is distinct from 0)
      and cardinality(v_services) = (
        select count(*) from (
          select from public.therapist_services q
          where q.therapist_id = p.therapist_id and q.service_id = any (v_services) and q.is_active
          union all
          select from public.beautician_services q
          where q.beautician_id = p.beautician_id and q.service_id = any (v_services) and q.is_active
        ) known);
end
$$;
comment on function app_private.qualified_providers(uuid, uuid[], text) is
  'Providers of a vendor who can be booked and perform all of these services at such a place. Whose service radius is 0 serves only at the vendor.';
revoke all on function app_private.qualified_providers(uuid, uuid[], text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/qualified_providers.sql
comment on column public.providers.service_radius_km is
  'Kilometres from the vendor that the provider travels; 0 for one who serves only at the vendor; null for the default of the platform.';

--! split: 020-preferred-gender.sql
-- The gender of providers that a customer prefers was kept and had no effect.
comment on column public.customers.preferred_gender is
  'Gender of the provider that the customer prefers: such providers are offered and assigned first. Null when not given.';
comment on column public.slot.provider_ids is
  'Ids of the providers who are free: those of the gender that the signed-in customer prefers first, then the best rated.';
--! Included functions/customers/preferred_gender_of.sql
create or replace function app_private.preferred_gender_of(p_customer_id uuid) returns text
language sql stable security definer set search_path = '' as $$
  select c.preferred_gender from public.customers c
  where c.id = p_customer_id and c.preferred_gender <> 'any'
$$;
comment on function app_private.preferred_gender_of(uuid) is
  'The gender of providers that a customer prefers; null when the customer has no preference.';
revoke all on function app_private.preferred_gender_of(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/preferred_gender_of.sql
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
  v_gender text := app_private.preferred_gender_of((select auth.uid()));
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
      array_agg(g.provider_id order by r.is_preferred desc, r.rating desc, g.provider_id)
    from (
      -- Special hours can overlap the shift of the day before or after: a provider may be free by both.
      select distinct g.day, g.local_start, g.starts_at, f.provider_id
      from app_private.free_starts(v_vendor.id, v_people, v_from, v_to, v_price.minutes, v_place) f
      join app_private.grid(v_vendor.id, v_from, v_to) g on g.day = f.day and f.starts @> g.starts_at
      where g.starts_at <@ v_window
    ) g
    join (
      select p.id, coalesce(t.rating, b.rating) as rating,
        coalesce(coalesce(t.gender, b.gender) = v_gender, false) as is_preferred
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
  'Times at which a vendor''s providers can perform these services: by default from today for seven days, at most two months, in the vendor''s time zone. They begin within the vendor''s notice and horizon, and late enough for the way to the place. With providerId only slots of that provider; none while the vendor is paused. Providers of the gender that the signed-in customer prefers come first, then the best rated. Anonymous users may ask; the slots do not show other bookings. Raises OB003, OB020, OB062 (not offered), OB073 (the postal code is not served).';
revoke all on function public.available_slots(uuid, uuid[], uuid[], date, date, text, public.near_place, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.available_slots(uuid, uuid[], uuid[], date, date, text, public.near_place, uuid) to anon, authenticated, staff;
--! EndIncluded functions/booking/available_slots.sql
--! Included functions/booking/slot_providers.sql
create or replace function public.slot_providers(slot public.slot) returns setof public.providers
language sql stable set search_path = '' as $$
  select p.* from unnest(slot.provider_ids) with ordinality w (id, position)
  join public.providers p on p.id = w.id
  order by w.position
$$;
comment on function public.slot_providers(public.slot) is 'Providers who are free then: those of the gender that the signed-in customer prefers first, then the best rated.';
revoke all on function public.slot_providers(public.slot) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.slot_providers(public.slot) to anon, authenticated, staff;
--! EndIncluded functions/booking/slot_providers.sql
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
  v_gender text := app_private.preferred_gender_of(p_booking.customer_id);
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
    join public.providers p on p.id = f.provider_id
    left join public.therapists t on t.id = p.therapist_id
    left join public.beauticians k on k.id = p.beautician_id
    where f.starts @> p_starts_at
    order by coalesce(coalesce(t.gender, k.gender) = v_gender, false) desc, day.jobs,
      coalesce(day.km, app_private.distance_km(v.latitude, v.longitude, v_place.latitude, v_place.longitude)),
      f.provider_id;
end
$$;
comment on function app_private.best_providers(public.bookings, date, timestamptz) is
  'Providers who can serve a booking at this instant, best first: of the gender that the customer prefers, least loaded that day, then nearest to their previous place of service.';
revoke all on function app_private.best_providers(public.bookings, date, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/best_providers.sql
--! Included functions/booking/assign_best.sql
create or replace function public.assign_best(booking_id uuid) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
begin
  v_booking := app_private.act_on_booking(assign_best.booking_id, '{vendor,admin}');
  if v_booking.status <> 'confirmed' then
    raise exception 'Only a confirmed booking can be assigned to the best provider. This booking is %.',
      replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  perform app_private.assign_to_best(v_booking);
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.assign_best(uuid) is
  'Assigns a confirmed booking to the best provider: qualified, free, of the gender that the customer prefers if there is one, least loaded that day, then nearest. For the vendor''s desk and the platform. Raises OB001, OB002, OB003, OB030, OB060 (no provider is free).';
revoke all on function public.assign_best(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.assign_best(uuid) to authenticated, staff;
--! EndIncluded functions/booking/assign_best.sql

--! split: 030-registration-number.sql
-- The number of a vendor's registration came by import alone.
insert into enums.vendor_fact values ('registration_number', 'The number of its registration as a company or shop');
comment on column public.vendor_private_details.registration_number is
  'Number of the company or shop registration, as verified; null when not given.';
--! Included functions/vendors/check_vendor_fact.sql
create or replace function app_private.check_vendor_fact(p_fact text, p_value text) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_value text := nullif(trim(p_value), '');
begin
  if p_fact = 'business_name' then
    if (length(v_value) between 2 and 200) is not true then
      raise exception 'Business name must have 2 to 200 characters. Correct the new value.'
        using errcode = 'OB020', column = 'new_value';
    end if;
    return v_value;
  end if;
  v_value := upper(v_value);
  if p_fact = 'gst_number' and app_private.is_gstin(v_value) is not true then
    raise exception 'GSTIN must have 15 characters, such as 27AAPFU0939F1ZV, and the last one must fit the others. Correct the new value.'
      using errcode = 'OB020', column = 'new_value';
  end if;
  if p_fact = 'pan_number' and app_private.is_pan(v_value) is not true then
    raise exception 'PAN must have 10 characters, such as AAPFU0939F. Correct the new value.'
      using errcode = 'OB020', column = 'new_value';
  end if;
  if p_fact = 'registration_number' and (v_value ~ '^[A-Z0-9][A-Z0-9/ .-]{2,49}$') is not true then
    raise exception 'Registration number must have 3 to 50 letters, digits, slashes, dots, hyphens or spaces. Correct the new value.'
      using errcode = 'OB020', column = 'new_value';
  end if;
  if p_fact = 'partner_type' and not exists (
    select from public.partner_types t where t.type_code = v_value and t.is_active) then
    raise exception 'The partner type must be one that is offered at present. Choose another new value.'
      using errcode = 'OB020', column = 'new_value';
  end if;
  return v_value;
end
$$;
comment on function app_private.check_vendor_fact(text, text) is
  'The new value of a fact of a vendor, in the form in which it is kept. Raises OB020.';
revoke all on function app_private.check_vendor_fact(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/check_vendor_fact.sql
--! Included functions/vendors/fact_of_vendor.sql
create or replace function app_private.fact_of_vendor(p_vendor_id uuid, p_fact text) returns text
language sql stable security definer set search_path = '' as $$
  select case p_fact
    when 'business_name' then v.business_name
    when 'gst_number' then d.gst_number
    when 'pan_number' then d.pan_number
    when 'registration_number' then d.registration_number
    when 'partner_type' then d.partner_type
    when 'bank_account' then (app_private.payout_account(v.id)).account_number
  end
  from public.vendors v left join public.vendor_private_details d on d.vendor_id = v.id
  where v.id = p_vendor_id
$$;
comment on function app_private.fact_of_vendor(uuid, text) is
  'The verified value of a fact of a vendor, an account as its last four digits; null where there is none.';
revoke all on function app_private.fact_of_vendor(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/fact_of_vendor.sql
--! Included functions/vendors/request_vendor_change.sql
create or replace function public.request_vendor_change(
  vendor_id uuid, fact text, new_value text default null, bank_detail_id uuid default null,
  document_ids uuid[] default '{}', comment text default null
) returns public.vendor_change_requests
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor public.vendors;
  v_value text;
  v_request public.vendor_change_requests;
begin
  v_vendor := app_private.act_on_vendor(request_vendor_change.vendor_id,
    case request_vendor_change.fact when 'bank_account' then '{owner}' else '{vendor}' end::text[]);
  if v_vendor.status = 'closed' then
    raise exception 'This vendor is closed, so its facts stay as they are. Contact customer care.' using errcode = 'OB030';
  end if;
  if not exists (select from enums.vendor_fact f where f.value = request_vendor_change.fact) then
    raise exception 'Fact is required. Choose one of the facts that are verified.'
      using errcode = 'OB020', column = 'fact';
  end if;
  if (request_vendor_change.fact = 'bank_account') <> (request_vendor_change.bank_detail_id is not null) then
    raise exception 'A bank account is named by bankDetailId, and only a bank account. Correct fact or bankDetailId.'
      using errcode = 'OB020', column = 'bank_detail_id';
  end if;
  if request_vendor_change.fact = 'bank_account' then
    select b.account_number into v_value from public.user_bank_details b
    where b.id = request_vendor_change.bank_detail_id and b.user_id = (select auth.uid());
    if not found then
      raise exception 'You have no bank account with this id. Check bankDetailId.'
        using errcode = 'OB003', column = 'bank_detail_id';
    end if;
  else
    v_value := app_private.check_vendor_fact(request_vendor_change.fact, request_vendor_change.new_value);
  end if;
  if v_value = app_private.fact_of_vendor(v_vendor.id, request_vendor_change.fact)
    and (request_vendor_change.fact <> 'bank_account'
      or request_vendor_change.bank_detail_id = (app_private.payout_account(v_vendor.id)).id) then
    raise exception 'This is already the verified value. Enter another one.'
      using errcode = 'OB020', column = 'new_value';
  end if;
  if cardinality(request_vendor_change.document_ids) > 10 or exists (
    select from unnest(request_vendor_change.document_ids) w (id)
    left join public.vendor_documents d on d.id = w.id and d.vendor_id = v_vendor.id
    where d.id is null
  ) then
    raise exception 'The documents must be at most ten, and documents of this vendor. Check documentIds.'
      using errcode = 'OB020', column = 'document_ids';
  end if;
  insert into public.vendor_change_requests (vendor_id, fact, old_value, new_value, bank_detail_id, comment, requested_by)
  values (v_vendor.id, request_vendor_change.fact,
    app_private.fact_of_vendor(v_vendor.id, request_vendor_change.fact), v_value,
    request_vendor_change.bank_detail_id, nullif(trim(request_vendor_change.comment), ''), (select auth.uid()))
  returning * into v_request;
  update public.vendor_documents d set change_request_id = v_request.id
  where d.id = any (request_vendor_change.document_ids);
  return v_request;
end
$$;
comment on function public.request_vendor_change(uuid, text, text, uuid, uuid[], text) is
  E'@enumArgument fact vendor_fact\nAsks the platform to change a verified fact of a vendor: business name, GSTIN, PAN, number of the registration, partner type (newValue) or the bank account for payouts (bankDetailId, of the owner''s own), with documents of the vendor that show it. Until it is approved the verified value is shown and used. Only one request for each fact can be open. For the owner, managers and admins of the vendor; the bank account for the owner. Raises OB001, OB002, OB003, OB020, OB030 (closed), or 23505 when a request is open.';
revoke all on function public.request_vendor_change(uuid, text, text, uuid, uuid[], text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.request_vendor_change(uuid, text, text, uuid, uuid[], text) to authenticated, staff;
--! EndIncluded functions/vendors/request_vendor_change.sql
--! Included functions/vendors/decide_vendor_change.sql
create or replace function public.decide_vendor_change(request_id uuid, approve boolean, reason text default null)
returns public.vendor_change_requests
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function public.decide_vendor_change(uuid, boolean, text) is
  'Approves or rejects a request of requestVendorChange; an approved value applies at once, and a new partner type brings its commission for later bookings. A bank account must be verified first (verifyBankAccount). A rejection needs a reason. The owner and the requesting user are notified. Needs the permission vendors.update. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already decided), OB031 (your own business), OB036 (no reason), OB037 (the bank account is not verified).';
revoke all on function public.decide_vendor_change(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_vendor_change(uuid, boolean, text) to staff;
--! EndIncluded functions/vendors/decide_vendor_change.sql

--! split: 040-dead-columns.sql
-- Columns of the existing platform that nothing writes, or that nothing reads: they told their readers nothing.
alter table public.payments drop column convenience_fee;
alter table public.wallet_transactions drop column reference_id;
alter table public.user_sessions drop column location_info;
alter table public.vendors drop column onboarding_completed;
alter table public.vendor_staff drop column permissions;
alter table public.department_user_assignments drop column metadata;

-- The state of a provider says whether the provider works; a second switch that no act set said nothing. What a provider
-- does now is the state of the assignments: set by hand, it changed no slot.
update public.therapists set status = 'paused' where not is_active and status in ('active', 'on_leave');
update public.beauticians set status = 'paused' where not is_active and status in ('active', 'on_leave');
drop trigger _500_provider on public.therapists;
drop trigger _500_provider on public.beauticians;
alter table public.therapists
  add column is_listed_now boolean not null generated always as (
    account_is_active and status in ('active', 'on_leave') and verification_status = 'verified') stored;
alter table public.beauticians
  add column is_listed_now boolean not null generated always as (
    account_is_active and status in ('active', 'on_leave') and verification_status = 'verified') stored;
alter policy select_anon on public.therapists
  using (is_listed_now and exists (select from public.vendors v where v.id = vendor_id));
alter policy select_signed_in on public.therapists using (
  (is_listed_now and exists (select from public.vendors v where v.id = vendor_id))
  or id = any ((select app_private.my_therapist_ids())::uuid[])
  or vendor_id = any ((select app_private.my_vendor_ids('member'))::uuid[]));
alter policy select_staff on public.therapists using (
  (is_listed_now and exists (select from public.vendors v where v.id = vendor_id))
  or (select app_private.has_permission('vendors.read')));
alter policy select_anon on public.beauticians
  using (is_listed_now and exists (select from public.vendors v where v.id = vendor_id));
alter policy select_signed_in on public.beauticians using (
  (is_listed_now and exists (select from public.vendors v where v.id = vendor_id))
  or id = any ((select app_private.my_beautician_ids())::uuid[])
  or vendor_id = any ((select app_private.my_vendor_ids('member'))::uuid[]));
alter policy select_staff on public.beauticians using (
  (is_listed_now and exists (select from public.vendors v where v.id = vendor_id))
  or (select app_private.has_permission('vendors.read')));
alter table public.therapists drop column is_listed, drop column is_active, drop column availability_status;
alter table public.beauticians drop column is_listed, drop column is_active, drop column availability_status;
alter table public.therapists rename column is_listed_now to is_listed;
alter table public.beauticians rename column is_listed_now to is_listed;
comment on column public.therapists.is_listed is
  'Whether the public sees this therapist and can book them: working, verified, and with an active account.';
comment on column public.beauticians.is_listed is
  'Whether the public sees this beautician and can book them: working, verified, and with an active account.';
create trigger _500_provider
  after insert or update of vendor_id, user_id, account_is_active, status, verification_status on public.therapists
  for each row execute function app_private.tg__provider('therapist');
create trigger _500_provider
  after insert or update of vendor_id, user_id, account_is_active, status, verification_status on public.beauticians
  for each row execute function app_private.tg__provider('beautician');
drop table enums.provider_availability, enums.beautician_availability;

--! split: 050-dead-tables.sql
-- Of tables that nothing read: the progress of an application says where the applicant goes on, and settings of departments,
-- which no program and no screen asked for, are gone.
--! Included functions/onboarding/vendor_applications_next_step.sql
create or replace function public.vendor_applications_next_step(application public.vendor_applications)
returns public.onboarding_steps
language sql stable set search_path = '' as $$
  select s.* from public.onboarding_steps s
  where s.signup_type = application.signup_type and not exists (
    select from public.onboarding_progress p
    where p.application_id = application.id and p.step_code = s.code and p.status in ('completed', 'skipped'))
  order by s.display_order
  limit 1
$$;
comment on function public.vendor_applications_next_step(public.vendor_applications) is
  'The first step of the application that is neither completed nor skipped, where the applicant goes on; null when there is none.';
revoke all on function public.vendor_applications_next_step(public.vendor_applications) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendor_applications_next_step(public.vendor_applications) to authenticated, staff;
--! EndIncluded functions/onboarding/vendor_applications_next_step.sql

drop table public.department_settings;
drop function app_private.tg_department_settings__author();
drop table enums.department_setting_type;
delete from app_private.personal_links where table_name = 'public.department_settings';

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.33', 'beautician-portal', '2026-11-29', 'Home services of beauticians, preferred gender of the provider, columns that nothing wrote or read removed');
