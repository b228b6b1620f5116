-- Undoes hours by date. Closures, special hours and blocked time are lost; bookings stay.

drop function if exists
  public.enter_leave(uuid, text, date, date, text, boolean),
  public.decide_therapist_leave(uuid, boolean, text, boolean),
  public.decide_beautician_leave(uuid, boolean, text, boolean),
  app_private.decide_leave(text, uuid, boolean, text, boolean),
  app_private.free_leave(jsonb),
  public.unblock_time(uuid),
  public.block_time(uuid, timestamptz, timestamptz, text, boolean),
  app_private.reserve_block(public.blocked_times),
  public.create_special_hours(date, public.special_shift[], uuid, uuid, boolean),
  public.create_closure(date, date, uuid, uuid, time, time, text, boolean),
  app_private.act_on_hours(uuid, uuid, boolean, text[]),
  app_private.make_room(uuid[], boolean),
  app_private.outside_hours(uuid, uuid, date, date),
  app_private.make_hold(public.booking_holds),
  app_private.require_slot(uuid, timestamptz, app_private.place, text, integer),
  app_private.booking_window(uuid, app_private.place, integer),
  app_private.closed_times(uuid[], date, date);

alter type app_private.search_filter drop attribute dated_vendor_ids, drop attribute open_vendor_ids;

delete from app_private.provider_reservations where blocked_time_id is not null;
alter table app_private.provider_reservations
  drop constraint provider_reservations_for_one_thing,
  drop column blocked_time_id,
  add constraint provider_reservations_for_one_thing check (num_nonnulls(hold_id, booking_id) = 1);
comment on table app_private.provider_reservations is
  'Reservations of providers'' time: holds, and bookings until they are cancelled. The exclusion constraint makes a double booking impossible, whatever writes the row. Imported bookings of the past have none.';
comment on column app_private.provider_reservations.hold_id is 'Hold of the reservation; null for a booking.';
comment on column app_private.provider_reservations.booking_id is 'Booking of the reservation; null for a hold.';

delete from app_private.personal_links
where table_name in ('public.closures', 'public.special_hours', 'public.blocked_times');
drop table public.blocked_times;
drop type public.special_shift;
drop table public.special_hours;
drop table public.closures;
alter table public.vendors
  drop column booking_notice_minutes,
  drop column booking_horizon_days;
delete from public.system_settings
where key in ('booking.notice_minutes', 'booking.horizon_days', 'booking.longest_block_hours');
delete from public.schema_versions where version = '1.26';

CREATE OR REPLACE FUNCTION app_private.act_on_provider(p_provider_id uuid, p_roles text[])
 RETURNS app_private.provider_person
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function app_private.act_on_provider(uuid,text[]) is 'A provider, for a user who may decide on it in one of these roles: provider, vendor, platform. Raises OB001, OB002 (may see it but not do this), OB003, OB031 (staff of the platform in their own matter).';
revoke all on function app_private.act_on_provider(uuid,text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.act_on_provider(uuid,text[]) to service_role;

CREATE OR REPLACE FUNCTION app_private.best_providers(p_booking public.bookings, p_day date, p_starts_at timestamp with time zone)
 RETURNS SETOF uuid
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
      where r.provider_id = f.provider_id and r.day = f.shift_day
        and (r.expires_at is null or r.expires_at > clock_timestamp())
        and r.booking_id is distinct from p_booking.id
    ) day on true
    left join public.vendors v on v.id = p_booking.vendor_id
    where f.starts @> p_starts_at
    order by day.jobs,
      coalesce(day.km, app_private.distance_km(v.latitude, v.longitude, v_place.latitude, v_place.longitude)),
      f.provider_id;
end
$function$;
comment on function app_private.best_providers(public.bookings,date,timestamp with time zone) is 'Providers who can serve a booking at this instant, best first: least loaded that day, then nearest to their previous place of service.';
revoke all on function app_private.best_providers(public.bookings,date,timestamp with time zone) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.best_providers(public.bookings,date,timestamp with time zone) to service_role;

CREATE OR REPLACE FUNCTION app_private.decide_leave(p_kind text, p_leave_id uuid, p_approve boolean, p_reason text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function app_private.decide_leave(text,uuid,boolean,text) is 'Approves or rejects leave of a therapist or a beautician. Raises OB001, OB002 (the desk sees it but does not decide), OB003 (not visible to the user), OB020 (no decision), OB030 (already decided), OB031 (your own leave), OB036 (no reason), OB070 (the provider has reservations then, see tg__leave_collides).';
revoke all on function app_private.decide_leave(text,uuid,boolean,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.decide_leave(text,uuid,boolean,text) to service_role;

CREATE OR REPLACE FUNCTION app_private.fits(p_document app_private.search_documents, p_filter app_private.search_filter)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select ((p_filter).city is null or (p_document).city = (p_filter).city)
    and ((p_filter).pincode is null or (p_document).pincode = (p_filter).pincode)
    and ((p_filter).rating is null or (p_document).rating >= (p_filter).rating)
    and ((p_filter).centre is null
      or (p_document).location operator(public.<->) (p_filter).centre <= (p_filter).chord)
    and ((p_filter).category_ids is null or (p_document).category_ids && (p_filter).category_ids)
    and ((p_filter).is_open is null
      or (p_document).hours @> app_private.second_of_week((p_document).time_zone))
    and ((p_filter).prices is null or (p_document).prices && (p_filter).prices)
$function$;
comment on function app_private.fits(app_private.search_documents,app_private.search_filter) is 'Whether a document matches a filter.';
revoke all on function app_private.fits(app_private.search_documents,app_private.search_filter) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.fits(app_private.search_documents,app_private.search_filter) to service_role;

CREATE OR REPLACE FUNCTION app_private.free_starts(p_vendor_id uuid, p_provider_ids uuid[], p_from date, p_to date, p_minutes integer, p_place app_private.place, p_except_booking_id uuid DEFAULT NULL::uuid)
 RETURNS TABLE(provider_id uuid, day date, shift_day date, starts tstzmultirange)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
 SET enable_nestloop TO 'off'
AS $function$
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
$function$;
comment on function app_private.free_starts(uuid,uuid[],date,date,integer,app_private.place,uuid) is 'For each shift of these providers of a vendor and each date in the vendor''s time zone, the instants at which a service of this duration at this place can begin. A shift belongs to the day on which it starts, and may reach into the next. Unknown coordinates are within every radius, with the travel time of the setting. The reservation of the excepted booking does not count, because that booking may move.';
revoke all on function app_private.free_starts(uuid,uuid[],date,date,integer,app_private.place,uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.free_starts(uuid,uuid[],date,date,integer,app_private.place,uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.opening(p_vendor_id uuid, p_from date, p_to date)
 RETURNS TABLE(day date, opens timestamp without time zone, closes timestamp without time zone, breaks tsmultirange)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER ROWS 30
 SET search_path TO ''
AS $function$
begin
  return query
    select d.day, d.day + a.open_time, app_private.shift_end(d.day, a.open_time, a.close_time),
      app_private.shift_break(d.day, a.open_time, a.break_start, a.break_end)
    from (select p_from + n as day from generate_series(0, p_to - p_from) n) d
    join public.vendor_availability a
      on a.vendor_id = p_vendor_id and a.is_open and a.day_of_week = extract(dow from d.day)::integer;
end
$function$;
comment on function app_private.opening(uuid,date,date) is 'Shifts of a vendor that start on these days, in its local time, each with the times in it at which the vendor is closed.';
revoke all on function app_private.opening(uuid,date,date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.opening(uuid,date,date) to service_role;

CREATE OR REPLACE FUNCTION app_private.require_movable(p_booking public.bookings, p_date date, p_time time without time zone, p_role text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
  if ((p_date + p_time) at time zone p_booking.time_zone) at time zone p_booking.time_zone <> p_date + p_time
    or not app_private.is_on_grid(p_booking.vendor_id, (p_date + p_time) at time zone p_booking.time_zone) then
    raise exception 'This time is not available. Choose another slot.' using errcode = 'OB060', column = 'new_time';
  end if;
  if p_role = 'customer' and (
    select count(*) from public.booking_reschedules r
    where r.booking_id = p_booking.id and r.status = 'approved' and r.requested_by_role = 'customer'
  ) >= (select t.reschedule_maximum from app_private.terms_of(p_booking.id) t) then
    raise exception 'This booking has been moved as often as its terms allow. Cancel it and book again.'
      using errcode = 'OB067';
  end if;
end
$function$;
comment on function app_private.require_movable(public.bookings,date,time without time zone,text) is 'Raises OB020 (no other time), OB030 (not possible in this state), OB044 (after its start), OB060 (no slot), OB062 (the vendor is suspended or closed), OB067 (moved too often).';
revoke all on function app_private.require_movable(public.bookings,date,time without time zone,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.require_movable(public.bookings,date,time without time zone,text) to service_role;

CREATE OR REPLACE FUNCTION app_private.roles_for_provider(p_person app_private.provider_person)
 RETURNS text[]
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  return array_remove(array[
    case when p_person.user_id = (select auth.uid()) then 'provider' end,
    case when p_person.vendor_id = any (app_private.my_vendor_ids('manage')) then 'vendor' end,
    case when app_private.has_permission('vendors.update') then 'platform' end
  ], null);
end
$function$;
comment on function app_private.roles_for_provider(app_private.provider_person) is 'Roles in which the signed-in user may decide on a provider: provider (their own row), vendor (they manage it), platform.';
revoke all on function app_private.roles_for_provider(app_private.provider_person) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.roles_for_provider(app_private.provider_person) to service_role;

CREATE OR REPLACE FUNCTION app_private.search_filter(p_latitude public.latitude, p_longitude public.longitude, p_radius_km numeric, p_city text, p_pincode text, p_minimum_price numeric, p_maximum_price numeric, p_minimum_rating numeric, p_open_now boolean)
 RETURNS app_private.search_filter
 LANGUAGE plpgsql
 STABLE
 SET search_path TO ''
AS $function$
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
  return v_filter;
end
$function$;
comment on function app_private.search_filter(public.latitude,public.longitude,numeric,text,text,numeric,numeric,numeric,boolean) is 'The filters of a search. Raises OB020 where they are not allowed or do not go together.';
revoke all on function app_private.search_filter(public.latitude,public.longitude,numeric,text,text,numeric,numeric,numeric,boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.search_filter(public.latitude,public.longitude,numeric,text,text,numeric,numeric,numeric,boolean) to service_role;

CREATE OR REPLACE FUNCTION app_private.tell_leave(p_old record, p_new record)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
    perform app_private.notify(u, 'vendor', 'leave_requested', v_fields, v_data)
      from app_private.vendor_desk(v_provider.vendor_id) u;
  else
    perform app_private.notify(v_provider.user_id, 'provider', 'leave_decided', v_fields, v_data);
  end if;
end
$function$;
comment on function app_private.tell_leave(record,record) is 'Notifies the vendor of a leave request and the provider of the decision, by a row of therapist_leaves or beautician_leaves.';
revoke all on function app_private.tell_leave(record,record) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.tell_leave(record,record) to service_role;

CREATE OR REPLACE FUNCTION app_private.working(p_provider_ids uuid[], p_from date, p_to date)
 RETURNS TABLE(provider_id uuid, day date, starts timestamp without time zone, ends timestamp without time zone, breaks tsmultirange, maximum integer)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function app_private.working(uuid[],date,date) is 'Shifts of these providers that start on these days, in the vendor''s local time, each with the times in it at which the provider does not work and the most bookings of that day. A day of approved leave has none.';
revoke all on function app_private.working(uuid[],date,date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.working(uuid[],date,date) to service_role;

CREATE OR REPLACE FUNCTION public.available_slots(vendor_id uuid, service_ids uuid[], addon_ids uuid[] DEFAULT NULL::uuid[], "from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date, type text DEFAULT 'spa_visit'::text, near public.near_place DEFAULT NULL::public.near_place, provider_id uuid DEFAULT NULL::uuid)
 RETURNS SETOF public.slot
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_vendor public.vendors;
  v_price app_private.price;
  v_place app_private.place;
  v_people uuid[];
  v_from date;
  v_to date;
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
  v_people := array(
    select q from app_private.qualified_providers(
      v_vendor.id, available_slots.service_ids, available_slots.type) q
    where available_slots.provider_id is null or q = available_slots.provider_id);

  return query
    select g.day, g.local_start::time, g.starts_at,
      app_private.plus_minutes(g.starts_at, v_price.minutes), v_price.final_amount,
      array_agg(f.provider_id order by r.rating desc, f.provider_id)
    from app_private.free_starts(v_vendor.id, v_people, v_from, v_to, v_price.minutes, v_place) f
    join app_private.grid(v_vendor.id, v_from, v_to) g on g.day = f.day and f.starts @> g.starts_at
    join (
      select p.id, coalesce(t.rating, b.rating) as rating
      from public.providers p
      left join public.therapists t on t.id = p.therapist_id
      left join public.beauticians b on b.id = p.beautician_id
      where p.vendor_id = v_vendor.id
    ) r on r.id = f.provider_id
    where g.starts_at > now()
    group by g.day, g.local_start, g.starts_at
    order by g.starts_at;
end
$function$;
comment on function public.available_slots(uuid,uuid[],uuid[],date,date,text,public.near_place,uuid) is 'Times at which a vendor''s providers can perform these services: by default from today for seven days, at most two months, in the vendor''s time zone. With providerId only slots of that provider; none while the vendor is paused. Anonymous users may ask; the slots do not show other bookings. Raises OB003, OB020, OB062 (not offered), OB073 (the postal code is not served).';
revoke all on function public.available_slots(uuid,uuid[],uuid[],date,date,text,public.near_place,uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.available_slots(uuid,uuid[],uuid[],date,date,text,public.near_place,uuid) to anon;
grant execute on function public.available_slots(uuid,uuid[],uuid[],date,date,text,public.near_place,uuid) to authenticated;
grant execute on function public.available_slots(uuid,uuid[],uuid[],date,date,text,public.near_place,uuid) to service_role;
grant execute on function public.available_slots(uuid,uuid[],uuid[],date,date,text,public.near_place,uuid) to staff;

CREATE OR REPLACE FUNCTION public.decide_beautician_leave(leave_id uuid, approve boolean, reason text DEFAULT NULL::text)
 RETURNS public.beautician_leaves
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select app_private.decide_leave('beautician', decide_beautician_leave.leave_id,
    decide_beautician_leave.approve, decide_beautician_leave.reason);
  select l.* from public.beautician_leaves l where l.id = decide_beautician_leave.leave_id;
$function$;
comment on function public.decide_beautician_leave(uuid,boolean,text) is 'Approves or rejects a beautician''s leave, for the vendor''s owner, managers and admins. The beautician is notified. A rejection needs a reason. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already decided), OB031 (your own leave), OB036 (no reason), OB070 (the beautician has reservations then).';
revoke all on function public.decide_beautician_leave(uuid,boolean,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_beautician_leave(uuid,boolean,text) to authenticated;
grant execute on function public.decide_beautician_leave(uuid,boolean,text) to service_role;

CREATE OR REPLACE FUNCTION public.decide_therapist_leave(leave_id uuid, approve boolean, reason text DEFAULT NULL::text)
 RETURNS public.therapist_leaves
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select app_private.decide_leave('therapist', decide_therapist_leave.leave_id,
    decide_therapist_leave.approve, decide_therapist_leave.reason);
  select l.* from public.therapist_leaves l where l.id = decide_therapist_leave.leave_id;
$function$;
comment on function public.decide_therapist_leave(uuid,boolean,text) is 'Approves or rejects a therapist''s leave, for the vendor''s owner, managers and admins. The therapist is notified. A rejection needs a reason. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already decided), OB031 (your own leave), OB036 (no reason), OB070 (the therapist has reservations then).';
revoke all on function public.decide_therapist_leave(uuid,boolean,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_therapist_leave(uuid,boolean,text) to authenticated;
grant execute on function public.decide_therapist_leave(uuid,boolean,text) to service_role;

CREATE OR REPLACE FUNCTION public.hold_slot(vendor_id uuid, provider_id uuid, starts_at timestamp with time zone, idempotency_key text, service_ids uuid[] DEFAULT NULL::uuid[], addon_ids uuid[] DEFAULT NULL::uuid[], package_id uuid DEFAULT NULL::uuid, booking_type text DEFAULT 'spa_visit'::text, address_id uuid DEFAULT NULL::uuid, guest_name text DEFAULT NULL::text)
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
    'package', hold_slot.package_id, 'type', hold_slot.booking_type, 'address', hold_slot.address_id, 'guest', hold_slot.guest_name));
  if v_done is not null then
    select * into strict v_hold from public.booking_holds h where h.id = v_done;
    return v_hold;
  end if;
  perform app_private.require_nothing_due(v_customer.id);

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
      address_id, guest_name, starts_at, duration_minutes, expires_at)
  values (v_customer.id, hold_slot.vendor_id, hold_slot.provider_id, hold_slot.booking_type, v_services,
    v_addons, hold_slot.package_id, hold_slot.address_id, hold_slot.guest_name, hold_slot.starts_at, v_minutes,
    clock_timestamp() + app_private.setting('booking.hold_minutes')::integer * interval '1 minute')
  returning * into v_hold;
  perform app_private.reserve_provider(v_hold.provider_id, v_hold.starts_at, v_minutes,
    app_private.place_of(v_hold.vendor_id, v_hold.booking_type, v_hold.address_id),
    v_hold.id, null, v_hold.expires_at);
  -- Checked again after locking the provider: a vendor that stops taking bookings takes those locks.
  perform app_private.require_bookable(v_hold.vendor_id);

  -- One customer is not in two places, and cannot block a vendor's day. Checked after locking the customer.
  perform app_private.lock_customer(v_customer.id);
  if v_hold.guest_name is null and app_private.is_elsewhere(v_customer.id, v_hold.starts_at,
    app_private.plus_minutes(v_hold.starts_at, v_minutes), v_hold.id) then
    raise exception 'You already have a booking or a hold at this time. Enter the name of the guest who is served then, or choose another time.'
      using errcode = 'OB043', column = 'guest_name';
  end if;
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
comment on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid,text) is 'Holds a slot of one provider (10 minutes by default), for services and add-ons or for a package. A home service needs an address; a hotel service takes place at the address or, without one, at the vendor''s premises. A customer has one booking at a time: another at the same time needs the name of the guest who is served then. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB037 (no customer profile or date of birth), OB043 (another booking or hold at this time, and no guest), OB048 (an amount of an earlier booking is due), OB060 (not free), OB062 (not offered, or not by this provider, or the vendor takes no bookings), OB065 (too young), OB066 (key of another request), OB071 (too many holds), OB073 (the postal code is not served).';
revoke all on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid,text) to authenticated;
grant execute on function public.hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid,text) to service_role;
