--! Previous: sha1:806058db5cf3b46f77bd285faec1f8e8957e6ebb
--! Hash: sha1:cbd25532417b16d968f43a066f47a20f5d3d8579
--! Message: live-updates

--! split: 010-events.sql
-- Live updates: further events, who may follow them, how missed events are read again, and how the log stays
-- small.
-- squawk-ignore-file require-concurrent-index-creation
--
-- Listeners receive ids and the names of changed columns. Names are sent because everyone who may follow a
-- topic may read every column of its rows: select is granted by table, and columns that are withheld from
-- some are in another table. Where that is not so (internal messages of customer care), the topic is another
-- one.

/*
 * Replaying missed events. Both indexes contain only published events, so that the transaction that writes an
 * event pays for neither; numbering it does.
 */
-- By topic. Without a list of pending entries, which every reader would have to walk through.
create index events_topics_idx on app_private.events using gin (topics) with (fastupdate = off)
  where sequence is not null;
-- The latest ones of all topics; the last one of a partition.
create index events_sequence_idx on app_private.events (sequence) where sequence is not null;

alter table app_private.event_sequence add column trimmed_to bigint not null default 0;
comment on column app_private.event_sequence.last_value is 'The last number given.';
comment on column app_private.event_sequence.trimmed_to is
  'Highest number of an event that is no longer stored; 0 while all are.';

--! Included functions/live/event_cursor.sql
create or replace function public.event_cursor() returns bigint
language sql stable security definer set search_path = '' as $$
  select s.last_value from app_private.event_sequence s
$$;
comment on function public.event_cursor() is
  'The event cursor of the present moment. A subscription with this value as after misses nothing from now on.';
revoke all on function public.event_cursor() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.event_cursor() to authenticated, staff;
--! EndIncluded functions/live/event_cursor.sql

--! Included functions/live/events_since.sql
-- Volatile because of the order: first the events are read, then it is checked whether they were complete. A
-- day that is dropped meanwhile either waits for this transaction or is noticed.
create or replace function app_private.events_since(p_topic text, p_after bigint, p_limit integer)
returns table (
  sequence bigint, id bigint, topics text[], event text, subject_id uuid, created_at timestamptz,
  changed jsonb
)
language plpgsql volatile security definer set search_path = ''
-- Whether the topic or the cursor selects fewer events depends on both.
set plan_cache_mode = force_custom_plan as $$
begin
  return query
    -- Materialized, so that the limit does not lead the planner to walk through all other events.
    with missed as materialized (
      select e.sequence, e.id, e.topics, e.event, e.subject_id, e.created_at, e.data
      from app_private.events e
      where e.topics @> array[p_topic] and e.sequence > p_after
    )
    select m.sequence, m.id, m.topics, m.event, m.subject_id, m.created_at,
      coalesce(m.data -> 'changed', '[]')
    from missed m
    order by m.sequence
    limit p_limit;
  if not exists (
    select from app_private.event_sequence s where p_after between s.trimmed_to and s.last_value
  ) then
    raise exception 'The events since this cursor are no longer stored. Fetch everything again, then follow from eventCursor.'
      using errcode = 'OB075';
  end if;
end
$$;
comment on function app_private.events_since(text, bigint, integer) is
  'The published events of a topic after a cursor, in order, at most p_limit. The right to the topic is checked separately, by may_listen. Raises OB075 where events after the cursor are no longer stored, or where it lies ahead, as that of another database does.';
revoke all on function app_private.events_since(text, bigint, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.events_since(text, bigint, integer) to ombaro_api;
--! EndIncluded functions/live/events_since.sql

--! Included functions/live/relay_lag.sql
create or replace function app_private.relay_lag() returns double precision
language sql stable security definer set search_path = '' set enable_seqscan = off as $$
  select coalesce((
    select greatest(extract(epoch from clock_timestamp() - e.created_at), 0)
    from app_private.events e
    where e.sequence is null
    order by e.id
    limit 1
  ), 0)::double precision
$$;
comment on function app_private.relay_lag() is
  'Seconds since the oldest committed event that is not published; 0 when there is none. The time is that of the write, so a long transaction counts when it ends.';
revoke all on function app_private.relay_lag() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.relay_lag() to ombaro_api, ombaro_worker;
--! EndIncluded functions/live/relay_lag.sql

--! Included functions/live/become_relay.sql
-- Only one relay works. Its session holds this lock and asks for events forty times a second: one that has
-- been silent for a second is gone (machine, network) or frozen, even if the server was not told. Ending the
-- session releases the lock; two relays at once would do no harm, they queue.
create or replace function app_private.become_relay() returns boolean
language plpgsql volatile set search_path = '' as $$
declare
  -- Any number that nothing else in this database locks.
  v_key constant integer := 6277102;
begin
  if pg_try_advisory_lock(v_key::bigint) then
    return true;
  end if;
  perform pg_terminate_backend(a.pid)
  from pg_catalog.pg_locks l
  join pg_catalog.pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.granted
    and l.classid = 0 and l.objid = v_key and l.objsubid = 1
    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
    and a.state = 'idle' and a.state_change < clock_timestamp() - interval '1 second';
  return false;
end
$$;
comment on function app_private.become_relay() is
  'Whether the calling session is the relay now. If another one is and has been silent for a second, ends that one, so that the next caller becomes the relay.';
revoke all on function app_private.become_relay() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.become_relay() to ombaro_worker;
--! EndIncluded functions/live/become_relay.sql

--! split: 020-log.sql
-- Partitions of the log. Writers of bookings use this table all the time: the following waits for them at
-- most a tenth of a second, and makes new ones wait no longer.

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('events.keep_days', 'events', '7', 'integer', 1, 365, false, 'Days after which missed events can no longer be read');

--! Included functions/live/prepare_event_partitions.sql
create or replace function app_private.prepare_event_partitions() returns integer
language plpgsql volatile security definer set search_path = '' set lock_timeout = '100ms' as $$
declare
  v_made integer := 0;
  v_day date;
  v_name text;
begin
  begin
    -- Before the default partition, as `trim_events` does: in another order each would wait for the other.
    lock table only app_private.events in share update exclusive mode;
  exception
    when lock_not_available then
      return -1;
  end;
  for v_day in
    select app_private.today() + n from generate_series(0, 7) n order by n
  loop
    v_name := 'events_' || to_char(v_day::timestamp, 'YYYYMMDD');
    -- A day with events already in the default partition stays there.
    continue when to_regclass('app_private.' || v_name) is not null or exists (
      select from app_private.events_default e
      where e.created_at >= app_private.start_of(v_day)
        and e.created_at < app_private.start_of(v_day + 1)
    );
    begin
      execute format(
        'create table app_private.%I (like app_private.events including defaults including constraints including indexes)',
        v_name);
      execute format('alter table app_private.%I enable row level security', v_name);
      execute format('comment on table app_private.%I is %L', v_name, 'Events of one day in India.');
      execute format(
        'alter table app_private.events attach partition app_private.%I for values from (%L) to (%L)',
        v_name, app_private.start_of(v_day), app_private.start_of(v_day + 1));
      v_made := v_made + 1;
    exception
      when lock_not_available then
        return -1;
      when check_violation then
        -- An event of that day was written to the default partition meanwhile.
        null;
    end;
    -- Attaching reads the default partition completely, and its writers wait: where that takes long (from 8
    -- MB on), one attempt per run is enough.
    exit when v_made > 0 and pg_relation_size('app_private.events_default') > 8 * 1024 * 1024;
  end loop;
  return v_made;
end
$$;
comment on function app_private.prepare_event_partitions() is
  'Creates partitions for the events of today and the next seven days; returns how many. Stops when the log is busy and returns -1: what was created stays, the rest follows next time. Runs every hour.';
revoke all on function app_private.prepare_event_partitions() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.prepare_event_partitions() to ombaro_worker;
--! EndIncluded functions/live/prepare_event_partitions.sql

create function app_private.trim_events() returns integer
language plpgsql volatile security definer set search_path = '' set lock_timeout = '100ms' as $$
declare
  v_batch constant integer := 10000;
  v_first_day date := app_private.today() - app_private.setting('events.keep_days')::integer;
  v_over text[];
  v_name text;
  v_is_unpublished boolean;
  v_highest bigint;
  v_gone integer := 0;
  v_deleted integer;
begin
  v_over := array(
    select c.relname from pg_catalog.pg_inherits i
    join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'app_private.events'::regclass
      and c.relname ~ '^events_\d{8}$'
      and to_date(right(c.relname, 8), 'YYYYMMDD') < v_first_day
    order by c.relname
  );
  if v_over <> '{}' then
    -- Before looking: no running transaction then has an invisible row in it.
    lock table only app_private.events in access exclusive mode;
    foreach v_name in array v_over loop
      execute format(
        'select exists (select from app_private.%1$I where sequence is null),
          (select max(sequence) from app_private.%1$I)', v_name)
      into v_is_unpublished, v_highest;
      continue when v_is_unpublished;
      execute format('drop table app_private.%I', v_name);
      update app_private.event_sequence set trimmed_to = greatest(trimmed_to, v_highest);
      v_gone := v_gone + 1;
    end loop;
  end if;

  with over as (
    select e.created_at, e.id from app_private.events_default e
    where e.created_at < app_private.start_of(v_first_day) and e.sequence is not null
    order by e.created_at
    limit v_batch
  ), deleted as (
    delete from app_private.events_default e using over o
    where e.created_at = o.created_at and e.id = o.id
    returning e.sequence
  )
  select count(*), max(d.sequence) into v_deleted, v_highest from deleted d;
  if v_deleted > 0 then
    update app_private.event_sequence set trimmed_to = greatest(trimmed_to, v_highest);
  end if;
  return v_gone + v_deleted;
exception
  when lock_not_available then
    return -1;
end
$$;
comment on function app_private.trim_events() is
  'Removes published events after a week (setting events.keep_days): drops the partitions of days that were over then, and deletes at most 10000 rows from the default partition; returns how many of both. Stops when the log is busy, undoes its work and returns -1. Runs every hour.';
grant execute on function app_private.trim_events() to ombaro_worker;

--! split: 030-triggers.sql
-- Who receives which event. Written after the row, in its transaction: a rolled-back change publishes
-- nothing. Bookings, notifications, accounts and sessions have theirs since migrations 1, 3 and 14.

/*
 * An assignment concerns its provider and the vendor; a former provider and vendor, too. The booking itself
 * notifies its own followers, because it changes as well.
 */
--! Included functions/live/tg_therapist_assignments__publish_event.sql
create or replace function app_private.tg_therapist_assignments__publish_event() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.emit_change(
    'assignment',
    array['vendor:' || new.vendor_id, 'vendor:' || old.vendor_id] || array(
      select 'provider:' || t.user_id from public.therapists t
      where t.id in (new.therapist_id, old.therapist_id)
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
comment on function app_private.tg_therapist_assignments__publish_event() is
  'Records assignment.created, assignment.<new status> or assignment.updated for live subscribers; and for those of its booking booking.acknowledged, booking.in_transit and booking.reached.';
revoke all on function app_private.tg_therapist_assignments__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/live/tg_therapist_assignments__publish_event.sql
create trigger _900_publish_event after insert or update on public.therapist_assignments
  for each row execute function app_private.tg_therapist_assignments__publish_event();

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
  return null;
end
$$;
comment on function app_private.tg_beautician_assignments__publish_event() is
  'Records beautician_assignment.created, beautician_assignment.<new status> or beautician_assignment.updated for live subscribers.';
revoke all on function app_private.tg_beautician_assignments__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/live/tg_beautician_assignments__publish_event.sql
create trigger _900_publish_event after insert or update on public.beautician_assignments
  for each row execute function app_private.tg_beautician_assignments__publish_event();

/*
 * The event only says that there is a new position, and its id. Its own policy decides who sees the position,
 * because others than the waiting customer may follow the booking, too.
 */
--! Included functions/live/tg_therapist_locations__publish_event.sql
create or replace function app_private.tg_therapist_locations__publish_event() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.emit_event(
    array['booking:' || new.booking_id], 'location.updated', new.id, '{"changed": []}');
  return null;
end
$$;
comment on function app_private.tg_therapist_locations__publish_event() is
  'Records location.updated for live subscribers of the booking.';
revoke all on function app_private.tg_therapist_locations__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/live/tg_therapist_locations__publish_event.sql
create trigger _900_publish_event after insert on public.therapist_locations
  for each row when (new.booking_id is not null)
  execute function app_private.tg_therapist_locations__publish_event();

--! Included functions/live/tg_support_tickets__publish_event.sql
create or replace function app_private.tg_support_tickets__publish_event() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.emit_change(
    'ticket', array['ticket:' || new.id], to_jsonb(old), to_jsonb(new));
  return null;
end
$$;
comment on function app_private.tg_support_tickets__publish_event() is
  'Records ticket.created, ticket.<new status> or ticket.updated for live subscribers.';
revoke all on function app_private.tg_support_tickets__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/live/tg_support_tickets__publish_event.sql
create trigger _900_publish_event after insert or update on public.support_tickets
  for each row execute function app_private.tg_support_tickets__publish_event();

--! Included functions/live/tg_ticket_messages__publish_event.sql
-- The author of the ticket receives no event of an internal message.
create or replace function app_private.tg_ticket_messages__publish_event() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.emit_event(
    array[case when new.is_internal then 'ticket_desk:' else 'ticket:' end || new.ticket_id],
    'ticket_message.created', new.ticket_id, '{"changed": []}');
  return null;
end
$$;
comment on function app_private.tg_ticket_messages__publish_event() is
  'Records ticket_message.created of the ticket for live subscribers: for the parties of the ticket, or only for customer care (ticket_desk:) where the message is internal.';
revoke all on function app_private.tg_ticket_messages__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/live/tg_ticket_messages__publish_event.sql
create trigger _900_publish_event after insert on public.ticket_messages
  for each row execute function app_private.tg_ticket_messages__publish_event();

--! Included functions/live/tg_vendor_applications__publish_event.sql
create or replace function app_private.tg_vendor_applications__publish_event() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.emit_change(
    'application',
    array['applicant:' || new.user_id, 'applicant:' || old.user_id, 'applications:all'],
    to_jsonb(old), to_jsonb(new));
  return null;
end
$$;
comment on function app_private.tg_vendor_applications__publish_event() is
  'Records application.created, application.<new status> or application.updated for live subscribers.';
revoke all on function app_private.tg_vendor_applications__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/live/tg_vendor_applications__publish_event.sql
create trigger _900_publish_event after insert or update on public.vendor_applications
  for each row execute function app_private.tg_vendor_applications__publish_event();

/*
 * A refresh writes all figures in one statement: one event per dashboard, and none for a dashboard without
 * changes.
 */
--! Included functions/live/tg_dashboard_data__publish_event.sql
create or replace function app_private.tg_dashboard_data__publish_event() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    perform app_private.emit_event(
      array['dashboard:' || d.code], 'dashboard.updated', b.id, '{"changed": []}')
    from (
      select distinct k.department_id
      from written w join public.kpi_definitions k on k.id = w.kpi_id
    ) w
    join public.departments d on d.id = w.department_id
    join public.department_dashboards b on b.department_id = d.id
    order by d.code;
    return null;
  end if;
  perform app_private.emit_event(
    array['dashboard:' || d.code], 'dashboard.updated', b.id, jsonb_build_object('changed', w.changed))
  from (
    select k.department_id, jsonb_agg(distinct c.name) as changed
    from written w
    join before o on o.kpi_id = w.kpi_id
    join public.kpi_definitions k on k.id = w.kpi_id
    cross join lateral jsonb_array_elements_text(
      app_private.changed_columns(to_jsonb(o), to_jsonb(w))) c (name)
    where c.name <> 'refreshed_at'
    group by k.department_id
  ) w
  join public.departments d on d.id = w.department_id
  join public.department_dashboards b on b.department_id = d.id
  order by d.code;
  return null;
end
$$;
comment on function app_private.tg_dashboard_data__publish_event() is
  'Records dashboard.updated for live subscribers of the dashboards whose figures have changed.';
revoke all on function app_private.tg_dashboard_data__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/live/tg_dashboard_data__publish_event.sql
create trigger _900_publish_event after update on public.dashboard_data
  referencing old table as before new table as written
  for each statement execute function app_private.tg_dashboard_data__publish_event();
create trigger _901_publish_event_new after insert on public.dashboard_data
  referencing new table as written
  for each statement execute function app_private.tg_dashboard_data__publish_event();

--! split: 040-rights.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.11', 'live-updates', '2026-11-25', 'Live updates: events of bookings, assignments, tickets, applications and dashboards, kept for a week');
