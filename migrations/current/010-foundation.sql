-- Migration 1 lays the whole ground floor: the guide's sixty base tables in its eleven
-- categories, the rights of everyone who may touch them, and the default data. It replaces a
-- script that could not be applied to an empty database.
--
-- How rights are written, once for all tables:
--
-- * `authenticated` is anyone signed in. What they may see is decided by index conditions alone
--   (`column = (select auth.uid())`, `column = any ((select app_private.my_…())::uuid[])`), so
--   that a list reads the person's own rows and not the table.
-- * `staff` is the signed-in employee or department member. Staff see by permission. On tables
--   that grow without end the permission is written as a floor on every column that a list may
--   be ordered by: `id >= (select app_private.floor_uuid('bookings.read'))`. With the permission
--   the floor is the lowest value there is; without it the floor is null, and an index scan for
--   `id >= null` ends before it reads anything. A plain boolean would be tried on every row.
-- * A column looked up by identity on a large table is declared `n_distinct = -1`. The planner
--   knows nothing of who is asking and would otherwise assume an average owner, prefer to walk
--   the order of the list, and for most people walk to the end of the table.
--   (docs/decisions/0002-policies-that-plan-well.md has the measurements.)

create schema app_private;
comment on schema app_private is
  'What no client may name: helpers of the policies, event log, secrets.';

create schema enums;
comment on schema enums is
  'Closed lists of allowed values, one table a list, which GraphQL shows as enums.';

-- Nobody may call a function unless it was granted by name.
alter default privileges revoke execute on functions from public;

grant usage on schema enums to anon, authenticated, staff, service_role;
grant usage on schema enums, app_private to ombaro_api, ombaro_worker;
grant usage on schema app_private to service_role;
alter default privileges in schema public grant all on tables to service_role;
alter default privileges in schema public grant all on sequences to service_role;
alter default privileges in schema public grant execute on functions to service_role;
alter default privileges in schema app_private grant execute on functions to service_role;

/*
 * Formats. A domain carries its rule to every column that uses it.
 */
create domain public.mobile_number as text
  constraint mobile_number_format
  check (value ~ '^\+91[6-9][0-9]{9}$' or (value ~ '^\+[1-9][0-9]{6,14}$' and value !~ '^\+91'));
comment on domain public.mobile_number is
  'Telephone number in E.164, for India +91 and ten digits of which the first is 6 to 9.';
comment on constraint mobile_number_format on domain public.mobile_number is
  'A mobile number is written +91 followed by ten digits that begin with 6, 7, 8 or 9; numbers of other countries in full with + and country code.';

create domain public.email_address as text
  constraint email_address_format
  check (value ~ '^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$' and length(value) <= 254 and value = lower(value));
comment on domain public.email_address is 'E-mail address in lower case, at most 254 characters.';
comment on constraint email_address_format on domain public.email_address is
  'An e-mail address looks like name@example.com, in lower case.';

create domain public.pincode as text
  constraint pincode_format check (value ~ '^[1-9][0-9]{5}$');
comment on domain public.pincode is 'Indian postal code: six digits, the first not 0.';
comment on constraint pincode_format on domain public.pincode is
  'A pincode has six digits and does not begin with 0.';

create domain public.gstin as text
  constraint gstin_format check (value ~ '^[0-3][0-9][A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]$');
comment on domain public.gstin is
  'GST identification number: state code, PAN, entity, Z, check character; 15 characters.';
comment on constraint gstin_format on domain public.gstin is
  'A GSTIN has 15 characters, such as 27ABCDE1234F1Z5.';

create domain public.pan as text
  constraint pan_format check (value ~ '^[A-Z]{5}[0-9]{4}[A-Z]$');
comment on domain public.pan is 'Permanent account number: five letters, four digits, a letter.';
comment on constraint pan_format on domain public.pan is
  'A PAN has 10 characters, such as ABCDE1234F.';

create domain public.ifsc as text
  constraint ifsc_format check (value ~ '^[A-Z]{4}0[A-Z0-9]{6}$');
comment on domain public.ifsc is 'Bank branch code: four letters, 0, six letters or digits.';
comment on constraint ifsc_format on domain public.ifsc is
  'An IFSC has 11 characters, such as HDFC0001234.';

create domain public.latitude as numeric(10, 8)
  constraint latitude_range check (value between -90 and 90);
comment on domain public.latitude is 'Degrees north, WGS 84.';
comment on constraint latitude_range on domain public.latitude is
  'A latitude lies between -90 and 90 degrees.';

create domain public.longitude as numeric(11, 8)
  constraint longitude_range check (value between -180 and 180);
comment on domain public.longitude is 'Degrees east, WGS 84.';
comment on constraint longitude_range on domain public.longitude is
  'A longitude lies between -180 and 180 degrees.';

/*
 * Triggers that many tables share.
 */
create function app_private.tg__timestamps() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    new.created_at := coalesce(new.created_at, now());
    new.updated_at := coalesce(new.updated_at, new.created_at);
  else
    new.created_at := old.created_at;
    -- Never earlier than before, also when two transactions overtake each other.
    new.updated_at := greatest(now(), old.updated_at);
  end if;
  return new;
end
$$;
comment on function app_private.tg__timestamps() is
  'Keeps created_at as it was and moves updated_at forward at every write.';

create function app_private.tg__one_chosen() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  execute format(
    'update %I.%I set %I = false where %I = $1 and %I and id <> $2',
    tg_table_schema, tg_table_name, tg_argv[1], tg_argv[0], tg_argv[1])
  using (to_jsonb(new) ->> tg_argv[0])::uuid, new.id;
  return new;
end
$$;
comment on function app_private.tg__one_chosen() is
  'A row that is marked as the chosen one takes the mark from its sibling, so that nobody has to unset it first. Arguments: column of the owner, column of the mark; a unique index backs it.';

create function app_private.today() returns date
language sql stable set search_path = '' as $$
  select (now() at time zone 'Asia/Kolkata')::date
$$;
comment on function app_private.today() is
  'The date in India, wherever the server stands: the day by which roles and memberships count.';
grant execute on function app_private.today() to authenticated;

/*
 * The event log. A row change writes what happened, in its own transaction; the relay stamps
 * committed rows with a gapless sequence and notifies one channel. NOTIFY stays out of the
 * writing transactions because it serialises commits of the whole instance.
 */
create table app_private.events (
  id bigint generated always as identity primary key,
  sequence bigint unique,
  created_at timestamptz not null default clock_timestamp(),
  topic text not null check (topic ~ '^[a-z_]+:[^\s]+$'),
  event text not null,
  subject_id uuid not null,
  data jsonb not null default '{}'
);
alter table app_private.events enable row level security;
-- The relay's queue: empty but for what was committed in the last few milliseconds.
create index events_unpublished_idx on app_private.events (id) where sequence is null;
comment on table app_private.events is
  'What happened, for live subscribers: pointers and names of changed columns, never values.';
comment on column app_private.events.sequence is
  'Position in the order of publication, without gaps; null until the relay has published it.';
comment on column app_private.events.topic is 'Whom it concerns, such as booking:<uuid>.';
comment on column app_private.events.event is 'What happened, such as booking.updated.';
comment on column app_private.events.subject_id is 'The row that changed.';
comment on column app_private.events.data is 'Facts that a subscriber needs beyond the row: {"changed": ["status"]}.';

create table app_private.event_sequence (
  only_row boolean primary key default true check (only_row),
  last_value bigint not null
);
alter table app_private.event_sequence enable row level security;
insert into app_private.event_sequence (last_value) values (0);
comment on table app_private.event_sequence is
  'Last sequence number given to an event. A row and not a sequence: a rolled-back number returns.';

create function app_private.emit_event(
  p_topic text, p_event text, p_subject_id uuid, p_data jsonb default '{}'
) returns void
language sql volatile security definer set search_path = '' as $$
  insert into app_private.events (topic, event, subject_id, data)
  values (p_topic, p_event, p_subject_id, p_data)
$$;
comment on function app_private.emit_event(text, text, uuid, jsonb) is
  'Records what happened to a row, for live subscribers, within the transaction that did it.';

create function app_private.publish_events(p_max_rows integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_last bigint;
  v_event record;
  v_count integer := 0;
begin
  -- The common case, forty times a second: nothing to do, nothing locked.
  if not exists (select from app_private.events where sequence is null) then
    return 0;
  end if;

  select last_value into v_last from app_private.event_sequence for update;

  for v_event in
    select id, topic, event, subject_id, created_at, data
    from app_private.events
    where sequence is null
    order by id
    limit p_max_rows
  loop
    v_last := v_last + 1;
    v_count := v_count + 1;
    update app_private.events set sequence = v_last where id = v_event.id;
    perform pg_catalog.pg_notify('ombaro_events', jsonb_build_object(
      'sequence', v_last,
      'id', v_event.id,
      'topic', v_event.topic,
      'event', v_event.event,
      'subjectId', v_event.subject_id,
      'time', v_event.created_at,
      'changed', coalesce(v_event.data -> 'changed', '[]')
    )::text);
  end loop;

  update app_private.event_sequence set last_value = v_last;
  return v_count;
end
$$;
comment on function app_private.publish_events(integer) is
  'Stamps committed events with the next numbers and notifies ombaro_events; returns how many. Called by the relay alone.';
grant execute on function app_private.publish_events(integer) to ombaro_worker;

create function app_private.changed_columns(p_old jsonb, p_new jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(jsonb_agg(n.key order by n.key), '[]')
  from jsonb_each(p_new) n
  where n.value is distinct from p_old -> n.key and n.key not in ('created_at', 'updated_at')
$$;
comment on function app_private.changed_columns(jsonb, jsonb) is
  'Names of the columns in which two versions of a row differ, time stamps aside.';
