--! Previous: -
--! Hash: sha1:4afd744e3b0da28463e4dbaa07684836fd580186
--! Message: clean-production-schema

--! split: 010-foundation.sql
-- Migration 1 creates the base: the guide's sixty base tables in its eleven categories, the rights
-- of everyone who may use them, and the default data. It replaces a script that could not be applied
-- to an empty database.
--
-- How rights are written, for all tables:
--
-- * `authenticated` is any signed-in user. Index conditions alone decide what the user may see
--   (`column = (select auth.uid())`, `column = any ((select app_private.my_…())::uuid[])`), so
--   that a list reads the user's own rows and not the table.
-- * `staff` is the signed-in employee or department member. Permissions decide what staff may see.
--   On tables that grow without end the permission is written as a floor on every column that a list
--   may be ordered by: `id >= (select app_private.floor_uuid('bookings.read'))`. With the permission
--   the floor is the lowest possible value; without it the floor is null, and an index scan for
--   `id >= null` ends before it reads anything. A plain boolean would be tried on every row.
-- * A column looked up by identity on a large table is declared `n_distinct = -1`. The planner
--   does not know the signed-in user and would otherwise assume an average owner, prefer to walk
--   the order of the list, and for most users walk to the end of the table.
--   (docs/decisions/0002-policies-that-plan-well.md has the measurements.)

create schema app_private;
comment on schema app_private is
  'What no client can name: helpers of the policies, the event log, secrets.';

create schema enums;
comment on schema enums is
  'Closed lists of allowed values, one table per list. GraphQL shows them as enums.';

-- No one can call a function unless it was granted by name.
alter default privileges revoke execute on functions from public;

grant usage on schema enums to anon, authenticated, staff, service_role;
grant usage on schema enums, app_private to ombaro_api, ombaro_worker;
grant usage on schema app_private to service_role;
alter default privileges in schema public grant all on tables to service_role;
alter default privileges in schema public grant all on sequences to service_role;
alter default privileges in schema public grant execute on functions to service_role;
alter default privileges in schema app_private grant execute on functions to service_role;

/*
 * Formats. A domain applies its rule to every column that uses it.
 */
create domain public.mobile_number as text
  constraint mobile_number_format
  check (value ~ '^\+91[6-9][0-9]{9}$' or (value ~ '^\+[1-9][0-9]{6,14}$' and value !~ '^\+91'));
comment on domain public.mobile_number is
  'A telephone number in E.164 form, such as +919876543210. An Indian number is +91 and ten digits, of which the first is 6 to 9.';
comment on constraint mobile_number_format on domain public.mobile_number is
  'Mobile number must be +91 followed by ten digits that begin with 6, 7, 8 or 9, or a number of another country with + and its country code.';

create domain public.email_address as text
  constraint email_address_format
  check (value ~ '^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$' and length(value) <= 254 and value = lower(value));
comment on domain public.email_address is 'An e-mail address in lower case, at most 254 characters.';
comment on constraint email_address_format on domain public.email_address is
  'E-mail address must look like name@example.com, in lower case.';

create domain public.pincode as text
  constraint pincode_format check (value ~ '^[1-9][0-9]{5}$');
comment on domain public.pincode is 'An Indian postal code: six digits, of which the first is not 0.';
comment on constraint pincode_format on domain public.pincode is
  'Pincode must have six digits and must not begin with 0.';

-- Numbers that identify a person are mistyped more often than forged: a digit is wrong, or two are swapped.
-- Their own check characters find that before anyone looks at a document. These are the checks, defined once.

--! Included functions/verification/is_aadhaar.sql
create or replace function app_private.is_aadhaar(p_number text) returns boolean
language plpgsql immutable set search_path = '' as $$
declare
  -- Verhoeff's tables: multiplication in the dihedral group of order ten, and a permutation by position.
  v_product constant text[] := array['0123456789', '1234067895', '2340178956', '3401289567', '4012395678',
    '5987604321', '6598710432', '7659821043', '8765932104', '9876543210'];
  v_moved constant text[] := array['0123456789', '1576283094', '5803796142', '8916043527', '9453126870',
    '4286573901', '2793806415', '7046913258'];
  v_check integer := 0;
  v_digit integer;
begin
  if p_number is null then
    return null;
  end if;
  if p_number !~ '^[2-9][0-9]{11}$' then
    return false;
  end if;
  for v_place in 0..11 loop
    v_digit := substr(p_number, 12 - v_place, 1)::integer;
    v_digit := substr(v_moved[v_place % 8 + 1], v_digit + 1, 1)::integer;
    v_check := substr(v_product[v_check + 1], v_digit + 1, 1)::integer;
  end loop;
  return v_check = 0;
end
$$;
comment on function app_private.is_aadhaar(text) is
  'Whether this can be an Aadhaar number: twelve digits, the first 2 to 9, the last a correct check digit by Verhoeff''s method, which finds every single wrong digit and every two that were swapped.';
revoke all on function app_private.is_aadhaar(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/is_aadhaar.sql

--! Included functions/verification/is_pan.sql
create or replace function app_private.is_pan(p_number text) returns boolean
language plpgsql immutable set search_path = '' as $$
begin
  -- The fourth letter is the kind of holder: P a person, C a company, F a firm, and so on.
  return p_number ~ '^[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]$';
end
$$;
comment on function app_private.is_pan(text) is
  'Whether this can be a permanent account number: five letters, of which the fourth is a kind of holder, four digits, a letter. The rule for its last letter is not public.';
revoke all on function app_private.is_pan(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.is_pan(text) to authenticated, staff;
--! EndIncluded functions/verification/is_pan.sql

--! Included functions/verification/is_gstin.sql
create or replace function app_private.is_gstin(p_number text) returns boolean
language plpgsql immutable set search_path = '' as $$
declare
  v_characters constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  v_sum integer := 0;
  v_value integer;
begin
  if p_number is null then
    return null;
  end if;
  if p_number !~ '^[0-3][0-9][A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]$' then
    return false;
  end if;
  for v_place in 1..14 loop
    v_value := (strpos(v_characters, substr(p_number, v_place, 1)) - 1) * (2 - v_place % 2);
    v_sum := v_sum + v_value / 36 + v_value % 36;
  end loop;
  return substr(v_characters, (36 - v_sum % 36) % 36 + 1, 1) = right(p_number, 1);
end
$$;
comment on function app_private.is_gstin(text) is
  'Whether this can be a GSTIN: state, PAN, number of the registration, Z, and a check character that is correct by Luhn''s method in base 36.';
revoke all on function app_private.is_gstin(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.is_gstin(text) to authenticated, staff;
--! EndIncluded functions/verification/is_gstin.sql

--! Included functions/verification/is_ifsc.sql
create or replace function app_private.is_ifsc(p_number text) returns boolean
language plpgsql immutable set search_path = '' as $$
begin
  return p_number ~ '^[A-Z]{4}0[A-Z0-9]{6}$';
end
$$;
comment on function app_private.is_ifsc(text) is
  'Whether this can be the code of a bank branch: four letters, 0, six letters or digits. It has no check character.';
revoke all on function app_private.is_ifsc(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.is_ifsc(text) to authenticated, staff;
--! EndIncluded functions/verification/is_ifsc.sql

-- Writing a value of such a domain runs its rule with the rights of the writer.

create domain public.gstin as text
  constraint gstin_format check (app_private.is_gstin(value));
comment on domain public.gstin is
  'A GST identification number of 15 characters: state code, PAN, entity, Z, check character.';
comment on constraint gstin_format on domain public.gstin is
  'GSTIN must have 15 characters, such as 27AAPFU0939F1ZV, and the last character must fit the others. Check for a typing mistake.';

create domain public.pan as text
  constraint pan_format check (app_private.is_pan(value));
comment on domain public.pan is
  'A permanent account number: five letters, of which the fourth is the kind of holder, four digits, a letter.';
comment on constraint pan_format on domain public.pan is
  'PAN must have 10 characters, such as AAPFU0939F. The fourth letter must say who the holder is: P for a person, C for a company, F for a firm.';

create domain public.ifsc as text
  constraint ifsc_format check (app_private.is_ifsc(value));
comment on domain public.ifsc is 'A bank branch code: four letters, 0, six letters or digits.';
comment on constraint ifsc_format on domain public.ifsc is
  'IFSC must have 11 characters, such as HDFC0001234.';

create domain public.latitude as numeric(10, 8)
  constraint latitude_range check (value between -90 and 90);
comment on domain public.latitude is 'Degrees north (WGS 84), from -90 to 90.';
comment on constraint latitude_range on domain public.latitude is
  'Latitude must be from -90 to 90 degrees.';

create domain public.longitude as numeric(11, 8)
  constraint longitude_range check (value between -180 and 180);
comment on domain public.longitude is 'Degrees east (WGS 84), from -180 to 180.';
comment on constraint longitude_range on domain public.longitude is
  'Longitude must be from -180 to 180 degrees.';

/*
 * Numbers. `numeric` has NaN, which is greater than every other number and so passes `>= 0`, and infinity.
 * Every column of numbers therefore has a range, by name and from one helper: NaN and infinity are in no
 * range. Domains are not used for this: GraphQL would make a scalar of each, a cast to one is not leakproof,
 * and one with decimals rounds silently.
 */
--! Included functions/shared/number_ranges.sql
create or replace function app_private.number_ranges()
returns table (kind text, minimum numeric, maximum numeric)
language sql immutable set search_path = '' as $$
  values
    -- Rupees: of one line; of one booking with many lines; of many bookings; of a department in a year.
    ('amount', 0, 1000000), ('total', 0, 10000000), ('sum', 0, 9999999999), ('budget', 0, 9999999999999),
    -- Rupees in either direction.
    ('signed_total', -10000000, 10000000), ('signed_sum', -9999999999, 9999999999),
    -- Percentages; stars; fractions of one.
    ('rate', 0, 100), ('rating', 0, 5), ('share', 0, 1),
    -- Coordinates and distances: degrees, metres, kilometres, kilometres per hour.
    ('latitude', -90, 90), ('longitude', -180, 180), ('heading', 0, 359.99),
    ('metres', 0, 1000000), ('altitude', -1000, 20000), ('kilometres', 0, 500), ('speed', 0, 2000),
    -- Figures of dashboards and limits of settings, in any unit; number of cases behind a figure.
    ('figure', -1e15, 1e15), ('figure_sum', -1e18, 1e18), ('change', -1e24, 1e24), ('weight', 0, 1e15)
$$;
comment on function app_private.number_ranges() is
  'Kinds of numbers, each with its lowest and highest value.';
revoke all on function app_private.number_ranges() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/shared/number_ranges.sql

--! Included functions/shared/number_rule.sql
create or replace function app_private.number_rule(p_name text, p_kind text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  v_grouped constant text := 'FM9,99,99,99,99,99,99,99,99,99,99,99,999.99';
  v_first text := split_part(p_name, '_', 1);
  v_rest text := replace(substr(p_name, length(v_first) + 1), '_', ' ');
  v_range record;
begin
  select r.minimum, r.maximum into strict v_range
  from app_private.number_ranges() r where r.kind = p_kind;
  return format('%s%s must be a number from %s to %s.',
    case when v_first in ('gst', 'tcs', 'tds') then upper(v_first) else initcap(v_first) end,
    regexp_replace(v_rest, ' km$', ' in kilometres'),
    rtrim(to_char(v_range.minimum, v_grouped), '.'), rtrim(to_char(v_range.maximum, v_grouped), '.'));
end
$$;
comment on function app_private.number_rule(text, text) is
  'The range of a kind of numbers in words, for the column or argument of this name.';
revoke all on function app_private.number_rule(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/shared/number_rule.sql

--! Included functions/shared/limit_numbers.sql
create or replace function app_private.limit_numbers(p_table regclass, p_kinds jsonb) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_table text := (select c.relname from pg_catalog.pg_class c where c.oid = p_table);
  v_limit record;
begin
  for v_limit in
    select k.key as name, k.value as kind, r.minimum, r.maximum,
      format('%s_%s_range', v_table, k.key) as rule
    from jsonb_each_text(p_kinds) k
    left join app_private.number_ranges() r on r.kind = k.value
  loop
    execute format('alter table %s add constraint %I check (%I between %s and %s)',
      p_table, v_limit.rule, v_limit.name, v_limit.minimum, v_limit.maximum);
    execute format('comment on constraint %I on %s is %L',
      v_limit.rule, p_table, app_private.number_rule(v_limit.name, v_limit.kind));
  end loop;
end
$$;
comment on function app_private.limit_numbers(regclass, jsonb) is
  'Gives columns of a table, each with its kind of numbers, the check <table>_<column>_range and its message. Called once per table, right after it.';
revoke all on function app_private.limit_numbers(regclass, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/shared/limit_numbers.sql

--! Included functions/shared/require_number.sql
create or replace function app_private.require_number(p_name text, p_kind text, p_value numeric) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if not exists (
    select from app_private.number_ranges() r
    where r.kind = p_kind and coalesce(p_value, r.minimum) between r.minimum and r.maximum
  ) then
    raise exception '%', app_private.number_rule(p_name, p_kind)
      using errcode = 'OB020', column = p_name;
  end if;
end
$$;
comment on function app_private.require_number(text, text, numeric) is
  'Raises OB020, naming the argument, for a number that is not of this kind: NaN, infinite or out of range. Null passes.';
revoke all on function app_private.require_number(text, text, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/shared/require_number.sql

/*
 * Triggers that many tables share.
 */
--! Included functions/shared/tg__timestamps.sql
create or replace function app_private.tg__timestamps() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    new.created_at := coalesce(new.created_at, now());
    new.updated_at := coalesce(new.updated_at, new.created_at);
  else
    new.created_at := old.created_at;
    -- Never earlier than before, even when two transactions overtake each other.
    new.updated_at := greatest(now(), old.updated_at);
  end if;
  return new;
end
$$;
comment on function app_private.tg__timestamps() is
  'Keeps created_at unchanged and sets updated_at at every write.';
revoke all on function app_private.tg__timestamps() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/shared/tg__timestamps.sql

--! Included functions/shared/keep_timestamps.sql
create or replace function app_private.keep_timestamps(p_table regclass) returns void
language plpgsql volatile set search_path = '' as $$
begin
  execute format('comment on column %s.created_at is %L', p_table, 'When the row was created.');
  -- Rows that are only added have no updated_at.
  if exists (select from pg_catalog.pg_attribute a where a.attrelid = p_table and a.attname = 'updated_at') then
    execute format('comment on column %s.updated_at is %L', p_table, 'When the row was last changed.');
    execute format(
      'create trigger _100_timestamps before insert or update on %s
      for each row execute function app_private.tg__timestamps()', p_table);
  end if;
end
$$;
comment on function app_private.keep_timestamps(regclass) is
  'Writes the comments of created_at and updated_at of a table, and has updated_at kept by tg__timestamps. A table without updated_at gets only the comment. Called once per table, right after it.';
revoke all on function app_private.keep_timestamps(regclass) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/shared/keep_timestamps.sql

--! Included functions/shared/publish_list.sql
create or replace function app_private.publish_list(p_list regclass) returns void
language plpgsql volatile set search_path = '' as $$
begin
  execute format('alter table %s enable row level security', p_list);
  execute format('create policy select_all on %s for select to public using (true)', p_list);
  execute format('grant select on %s to anon, authenticated, staff, service_role, ombaro_api', p_list);
  execute format('comment on column %s.value is %L', p_list, 'The allowed value.');
  execute format('comment on column %s.description is %L', p_list, 'What it means.');
end
$$;
comment on function app_private.publish_list(regclass) is
  'Lets everyone read a table of allowed values, which only migrations write. Called once per table of the schema enums.';
revoke all on function app_private.publish_list(regclass) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/shared/publish_list.sql

--! Included functions/shared/tg__one_chosen.sql
create or replace function app_private.tg__one_chosen() returns trigger
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
  'When a row becomes the chosen one, takes the mark from its sibling, so that no one has to unset it first. Arguments: column of the owner, column of the mark; a unique index backs it.';
revoke all on function app_private.tg__one_chosen() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/shared/tg__one_chosen.sql

--! Included functions/shared/today.sql
create or replace function app_private.today() returns date
language sql stable set search_path = '' as $$
  select (now() at time zone 'Asia/Kolkata')::date
$$;
comment on function app_private.today() is
  'Today''s date in India, wherever the server runs: the day by which roles and memberships count.';
revoke all on function app_private.today() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.today() to authenticated, staff;
--! EndIncluded functions/shared/today.sql

--! Included functions/shared/changed_columns.sql
-- Not in plain SQL, here and below: a function in SQL that cannot be inlined is planned again at each call,
-- which would cost every writer as much again as writing the event.
create or replace function app_private.changed_columns(p_old jsonb, p_new jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  return (
    select coalesce(jsonb_agg(n.key order by n.key), '[]')
    from jsonb_each(p_new) n
    where n.value is distinct from p_old -> n.key and n.key not in ('created_at', 'updated_at')
  );
end
$$;
comment on function app_private.changed_columns(jsonb, jsonb) is
  'Names of the columns in which two versions of a row differ, apart from timestamps.';
revoke all on function app_private.changed_columns(jsonb, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/shared/changed_columns.sql

/*
 * The event log. A row change writes what happened, in its own transaction; the relay numbers committed rows
 * with a sequence without gaps and notifies one channel. NOTIFY is kept out of the writing transactions
 * because it serialises commits of the whole instance.
 *
 * One partition per day, so that old days are dropped and not deleted. They are created while the database
 * runs; events of a day without a partition go into the default partition.
 */
create table app_private.events (
  id bigint generated always as identity,
  sequence bigint,
  created_at timestamptz not null default clock_timestamp(),
  topics text[] not null,
  event text not null,
  subject_id uuid not null,
  data jsonb not null default '{}',
  primary key (created_at, id),
  constraint events_topics_format check (
    array_to_string(topics, ' ') ~ '^[a-z_]+:[^\s]+( [a-z_]+:[^\s]+)*$'
    and array_position(topics, null) is null
  ),
  -- More than fits into a notification, 8000 bytes, could never be published.
  constraint events_fit_a_notification check (
    octet_length(jsonb_build_array(topics, event, data)::text) <= 7000
  )
) partition by range (created_at);
alter table app_private.events enable row level security;
-- The relay's queue: empty except for what was committed in the last few milliseconds.
create index events_unpublished_idx on app_private.events (id) where sequence is null;
comment on table app_private.events is
  'What happened, for live subscribers: ids and names of changed columns, never values.';
comment on column app_private.events.sequence is
  'Position in the order of publication, without gaps; null until the relay has published it.';
comment on column app_private.events.created_at is
  'When it happened, by the clock and not by the transaction. It selects the partition.';
comment on column app_private.events.topics is
  'Topics of the event, such as booking:<uuid>. One event, however many topics it has.';
comment on column app_private.events.event is 'What happened, such as booking.updated.';
comment on column app_private.events.subject_id is 'Id of the row that changed.';
comment on column app_private.events.data is 'Facts that a subscriber needs beyond the row: {"changed": ["status"]}.';

create table app_private.events_default partition of app_private.events default;
alter table app_private.events_default enable row level security;
comment on table app_private.events_default is 'Events of days without a partition.';

create table app_private.event_sequence (
  only_row boolean primary key default true check (only_row),
  last_value bigint not null
);
alter table app_private.event_sequence enable row level security;
insert into app_private.event_sequence (last_value) values (0);
comment on table app_private.event_sequence is
  'Last sequence number given to an event. It is a row and not a sequence, so that a number that is rolled back is given again.';

--! Included functions/live/emit_event.sql
create or replace function app_private.emit_event(
  p_topics text[], p_event text, p_subject_id uuid, p_data jsonb default '{}'
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_topics text[] := '{}';
  v_topic text;
begin
  -- Every writer pays for this: a loop costs a small fraction of a query.
  foreach v_topic in array p_topics loop
    if v_topic <> all (v_topics) then
      v_topics := v_topics || v_topic;
    end if;
  end loop;
  if v_topics <> '{}' then
    insert into app_private.events (topics, event, subject_id, data)
    values (v_topics, p_event, p_subject_id, p_data);
  end if;
end
$$;
comment on function app_private.emit_event(text[], text, uuid, jsonb) is
  'Records what happened to a row, for live subscribers, within the transaction that did it. A repeated topic counts once and null is ignored; an event without topics is not recorded.';
revoke all on function app_private.emit_event(text[], text, uuid, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/live/emit_event.sql

--! Included functions/live/emit_change.sql
create or replace function app_private.emit_change(
  p_kind text, p_topics text[], p_old jsonb, p_new jsonb
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_id uuid := (p_new ->> 'id')::uuid;
  v_changed jsonb;
begin
  if p_old is null then
    perform app_private.emit_event(p_topics, p_kind || '.created', v_id, '{"changed": []}');
    return;
  end if;
  v_changed := app_private.changed_columns(p_old, p_new);
  if v_changed <> '[]' then
    perform app_private.emit_event(
      p_topics,
      p_kind || '.' || case when v_changed ? 'status' then p_new ->> 'status' else 'updated' end,
      v_id,
      jsonb_build_object('changed', v_changed));
  end if;
end
$$;
comment on function app_private.emit_change(text, text[], jsonb, jsonb) is
  'Records <kind>.created, <kind>.<new status> or <kind>.updated of a row with an id, with the names of the columns that changed; records nothing where none changed. All listeners see the names, so it is only for tables of which all listeners may read every column.';
revoke all on function app_private.emit_change(text, text[], jsonb, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/live/emit_change.sql

--! Included functions/live/publish_events.sql
-- No sequential scans: the queue is nearly always empty, whatever the statistics say.
create or replace function app_private.publish_events(p_max_rows integer) returns integer
language plpgsql volatile security definer set search_path = '' set enable_seqscan = off as $$
declare
  v_last bigint;
  v_count integer;
begin
  -- The common case, forty times a second: nothing to do, nothing locked.
  if not exists (select from app_private.events where sequence is null) then
    return 0;
  end if;

  -- A second publisher waits here. Its next statement sees what the first has numbered.
  select last_value into v_last from app_private.event_sequence for update;

  with due as (
    select q.created_at, q.id, v_last + row_number() over (order by q.id) as sequence
    from (
      select e.created_at, e.id from app_private.events e
      where e.sequence is null
      order by e.id
      limit p_max_rows
    ) q
  ), stamped as (
    update app_private.events e set sequence = d.sequence
    from due d
    where e.created_at = d.created_at and e.id = d.id
    returning e.id, e.sequence, e.created_at, e.topics, e.event, e.subject_id, e.data
  ), told as materialized (
    -- Sorted first: notifications arrive in the order in which they were requested.
    select pg_catalog.pg_notify('ombaro_events', jsonb_build_object(
      'sequence', s.sequence,
      'id', s.id,
      'topics', s.topics,
      'event', s.event,
      'subjectId', s.subject_id,
      'time', s.created_at,
      'changed', coalesce(s.data -> 'changed', '[]')
    )::text)
    from (select * from stamped order by sequence) s
  )
  select count(*) into v_count from told;

  update app_private.event_sequence set last_value = v_last + v_count;
  return v_count;
end
$$;
comment on function app_private.publish_events(integer) is
  'Gives committed events the next numbers and notifies ombaro_events; returns how many. Only the relay calls it.';
revoke all on function app_private.publish_events(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.publish_events(integer) to ombaro_worker;
--! EndIncluded functions/live/publish_events.sql

--! split: 020-enums.sql
-- Closed lists. One small table each, referenced by text columns: GraphQL makes an enum of it, with
-- descriptions; a new value is an insert and its undo a delete. Enum types are not used: their comparison is
-- not leakproof, so that under a policy `status = 'pending'` would read the whole table.

create table enums.setting_type (value text primary key, description text not null);
comment on table enums.setting_type is E'@enum\n@enumName SettingType\nThe kind of value that a setting has.';
insert into enums.setting_type values
  ('integer', 'A whole number from minimum to maximum'),
  ('optional_integer', 'A whole number from minimum to maximum, or null'),
  ('number', 'A number from minimum to maximum'),
  ('boolean', 'True or false'),
  ('text', 'A text that matches the pattern'),
  ('time_zone', 'The name of a time zone, such as Asia/Kolkata'),
  ('integer_list', 'At most ten different whole numbers from minimum to maximum'),
  ('any', 'Any JSON value, for front ends and for settings of a previous platform');

create table enums.error_severity (value text primary key, description text not null);
comment on table enums.error_severity is E'@enum\n@enumName ErrorSeverity\nHow severe an error is.';
insert into enums.error_severity values
  ('info', 'For information'), ('warning', 'May become a problem'),
  ('error', 'Something did not work'), ('critical', 'Users cannot work');

create table enums.notification_type (value text primary key, description text not null);
comment on table enums.notification_type is E'@enum\n@enumName NotificationType\nWhat a notification is about.';
insert into enums.notification_type values
  ('booking_confirmed', 'A booking was confirmed'),
  ('booking_cancelled', 'A booking was cancelled'),
  ('therapist_assigned', 'A provider was assigned to a booking'),
  ('therapist_arrived', 'The provider has arrived'),
  ('service_started', 'The service has begun'),
  ('service_completed', 'The service is completed'),
  ('payment_received', 'A payment was received'),
  ('refund_processed', 'A refund was paid'),
  ('promotion', 'An offer'),
  ('reminder', 'A reminder'),
  ('system_alert', 'An announcement of the platform');

create table enums.notification_channel (value text primary key, description text not null);
comment on table enums.notification_channel is E'@enum\n@enumName NotificationChannel\nHow a message reaches a user.';
insert into enums.notification_channel values
  ('in_app', 'The list inside the app'), ('push', 'Push message'), ('sms', 'Text message'),
  ('email', 'E-mail');

create table enums.notification_priority (value text primary key, description text not null);
comment on table enums.notification_priority is E'@enum\n@enumName NotificationPriority\nHow urgent a notification is.';
insert into enums.notification_priority values
  ('low', 'Can wait'), ('normal', 'Normal'), ('high', 'To be seen soon'),
  ('urgent', 'To be seen now, also outside the app');

create table enums.department_status (value text primary key, description text not null);
comment on table enums.department_status is E'@enum\n@enumName DepartmentStatus\nWhether a department is active.';
insert into enums.department_status values
  ('active', 'Active'), ('inactive', 'Closed'), ('restructuring', 'Being reorganised');

create table enums.department_type (value text primary key, description text not null);
comment on table enums.department_type is E'@enum\n@enumName DepartmentType\nWhat a department is for.';
insert into enums.department_type values
  ('executive', 'Leadership'), ('operational', 'Runs the marketplace'),
  ('support', 'Supports customers and colleagues'), ('administrative', 'Administration, accounting and compliance');

create table enums.role_status (value text primary key, description text not null);
comment on table enums.role_status is E'@enum\n@enumName RoleStatus\nWhether a role can be held.';
insert into enums.role_status values ('active', 'In use'), ('inactive', 'No longer given and without effect');

create table enums.permission_action (value text primary key, description text not null);
comment on table enums.permission_action is E'@enum\n@enumName PermissionAction\nWhat a permission allows.';
insert into enums.permission_action values
  ('create', 'Create'), ('read', 'Read'), ('update', 'Update'), ('delete', 'Delete'),
  ('execute', 'Run'), ('approve', 'Approve or reject');

create table enums.user_role_status (value text primary key, description text not null);
comment on table enums.user_role_status is E'@enum\n@enumName UserRoleStatus\nWhether an assigned role counts.';
insert into enums.user_role_status values
  ('active', 'In effect'), ('inactive', 'Revoked'), ('expired', 'Expired');

create table enums.gender (value text primary key, description text not null);
comment on table enums.gender is E'@enum\n@enumName Gender\nGender as stated by the person.';
insert into enums.gender values ('male', 'Male'), ('female', 'Female'), ('other', 'Other');

create table enums.gender_preference (value text primary key, description text not null);
comment on table enums.gender_preference is E'@enum\n@enumName GenderPreference\nThe provider''s gender that a customer prefers.';
insert into enums.gender_preference values ('male', 'By a man'), ('female', 'By a woman'), ('any', 'No preference');

create table enums.profile_role (value text primary key, description text not null);
comment on table enums.profile_role is E'@enum\n@enumName ProfileRole\nWhat a user mainly is on the platform, for display only. Rights come from the roles of the user.';
insert into enums.profile_role values
  ('customer', 'Books services'), ('vendor', 'Runs a business'), ('therapist', 'Performs services'),
  ('employee', 'Works for the platform'), ('admin', 'Administers the platform'),
  ('super_admin', 'Manages the administrators'),
  ('accounts_department', 'Accounts'), ('marketing_department', 'Marketing'),
  ('finance_department', 'Finance'), ('hr_department', 'Human resources'),
  ('it_department', 'Information technology'), ('customer_care', 'Customer care'),
  ('legal_department', 'Legal');

create table enums.account_status (value text primary key, description text not null);
comment on table enums.account_status is E'@enum\n@enumName AccountStatus\nWhether an account may be used.';
insert into enums.account_status values
  ('active', 'In use'), ('inactive', 'Closed by its owner'),
  ('suspended', 'Locked for a time'), ('terminated', 'Locked permanently');

create table enums.signup_method (value text primary key, description text not null);
comment on table enums.signup_method is E'@enum\n@enumName SignupMethod\nHow a user signed up.';
insert into enums.signup_method values
  ('standard', 'The complete form'), ('quick', 'The short form'), ('social', 'With Google or Facebook');

create table enums.session_status (value text primary key, description text not null);
comment on table enums.session_status is E'@enum\n@enumName SessionStatus\nWhether a session gives access.';
insert into enums.session_status values
  ('active', 'Signed in'), ('expired', 'Expired'), ('terminated', 'Ended by the user or the platform');

create table enums.user_document_type (value text primary key, description text not null);
comment on table enums.user_document_type is E'@enum\n@enumName UserDocumentType\nKinds of documents of a person.';
insert into enums.user_document_type values
  ('aadhaar', 'Aadhaar card'), ('pan', 'PAN card'), ('passport', 'Passport'),
  ('driving_license', 'Driving licence'), ('gst', 'GST certificate'), ('other', 'Something else');

create table enums.theme (value text primary key, description text not null);
comment on table enums.theme is E'@enum\n@enumName Theme\nAppearance of the app.';
insert into enums.theme values ('light', 'Light'), ('dark', 'Dark'), ('auto', 'As the device is set');

create table enums.kyc_type (value text primary key, description text not null);
comment on table enums.kyc_type is E'@enum\n@enumName KycType\nWhat is verified about a person.';
insert into enums.kyc_type values
  ('aadhaar', 'Aadhaar number'), ('pan', 'PAN'), ('bank', 'Bank account'),
  ('email', 'E-mail address'), ('mobile', 'Mobile number'), ('gst', 'GST registration');

create table enums.kyc_status (value text primary key, description text not null);
comment on table enums.kyc_status is E'@enum\n@enumName KycStatus\nState of a verification.';
insert into enums.kyc_status values
  ('pending', 'Waiting for a decision'), ('verified', 'Verified'), ('failed', 'Rejected'),
  ('expired', 'Expired and must be repeated');

create table enums.bank_account_type (value text primary key, description text not null);
comment on table enums.bank_account_type is E'@enum\n@enumName BankAccountType\nKinds of bank account.';
insert into enums.bank_account_type values ('savings', 'Savings'), ('current', 'Current');

create table enums.employment_type (value text primary key, description text not null);
comment on table enums.employment_type is E'@enum\n@enumName EmploymentType\nTerms of employment.';
insert into enums.employment_type values
  ('full_time', 'Full time'), ('part_time', 'Part time'), ('contract', 'Fixed-term contract'),
  ('intern', 'Intern');

create table enums.employee_status (value text primary key, description text not null);
comment on table enums.employee_status is E'@enum\n@enumName EmployeeStatus\nWhether an employee is working.';
insert into enums.employee_status values
  ('active', 'Working'), ('on_leave', 'On leave'), ('inactive', 'Not working'),
  ('terminated', 'Has left');

create table enums.business_type (value text primary key, description text not null);
comment on table enums.business_type is E'@enum\n@enumName BusinessType\nKinds of business.';
insert into enums.business_type values
  ('spa', 'Spa'), ('salon', 'Salon'), ('wellness_center', 'Wellness centre'),
  ('home_service', 'Service at the customer''s home'), ('hotel_spa', 'Spa in a hotel');

create table enums.verification_status (value text primary key, description text not null);
comment on table enums.verification_status is E'@enum\n@enumName VerificationStatus\nState of a verification.';
insert into enums.verification_status values
  ('pending', 'Not checked yet'), ('verified', 'Verified'), ('rejected', 'Rejected');

create table enums.vendor_document_type (value text primary key, description text not null);
comment on table enums.vendor_document_type is E'@enum\n@enumName VendorDocumentType\nKinds of documents of a business.';
insert into enums.vendor_document_type values
  ('gst', 'GST certificate'), ('pan', 'PAN card'), ('registration', 'Registration'),
  ('license', 'Trade licence'), ('insurance', 'Insurance'), ('other', 'Something else');

create table enums.vendor_staff_role (value text primary key, description text not null);
comment on table enums.vendor_staff_role is E'@enum\n@enumName VendorStaffRole\nWhat a member of a vendor''s staff may do.';
insert into enums.vendor_staff_role values
  ('manager', 'All rights of the owner except ownership'),
  ('receptionist', 'Bookings and assignments'),
  ('accountant', 'Reads the vendor''s money matters'),
  ('admin', 'All rights of the owner except ownership');

create table enums.vendor_staff_status (value text primary key, description text not null);
comment on table enums.vendor_staff_status is E'@enum\n@enumName VendorStaffStatus\nWhether a member of staff works for the vendor.';
insert into enums.vendor_staff_status values ('active', 'Works for the vendor'), ('inactive', 'No longer works for the vendor');

create table enums.payout_status (value text primary key, description text not null);
comment on table enums.payout_status is E'@enum\n@enumName PayoutStatus\nState of a payout.';
insert into enums.payout_status values
  ('pending', 'Computed'), ('processing', 'With the bank'), ('completed', 'Paid'),
  ('failed', 'Not paid');

create table enums.review_status (value text primary key, description text not null);
comment on table enums.review_status is E'@enum\n@enumName ReviewStatus\nWhether a review is shown.';
insert into enums.review_status values
  ('pending', 'Waiting for moderation'), ('approved', 'Shown'), ('rejected', 'Not shown'),
  ('flagged', 'Reported, under review');

create table enums.vendor_application_status (value text primary key, description text not null);
comment on table enums.vendor_application_status is E'@enum\n@enumName VendorApplicationStatus\nState of an application.';
insert into enums.vendor_application_status values
  ('pending', 'Not submitted yet'), ('fo_review', 'With a field officer'),
  ('manager_review', 'With a manager'), ('director_review', 'With a director'),
  ('admin_review', 'With an administrator'), ('approved', 'Approved'),
  ('rejected', 'Rejected permanently'), ('on_hold', 'On hold'),
  ('additional_info_required', 'Waiting for the applicant');

create table enums.application_signup_type (value text primary key, description text not null);
comment on table enums.application_signup_type is E'@enum\n@enumName ApplicationSignupType\nHow an application began.';
insert into enums.application_signup_type values ('quick', 'Quick sign-up'), ('detailed', 'Full application');

create table enums.vendor_status (value text primary key, description text not null);
comment on table enums.vendor_status is
  E'@enum\n@enumName VendorStatus\nWhether a vendor trades.';
insert into enums.vendor_status values
  ('active', 'Takes bookings'), ('paused', 'Takes no new bookings for now, by its own decision'),
  ('suspended', 'Suspended by the platform: not listed, and without bookings'),
  ('closed', 'Has ended its business here');

create table enums.provider_status (value text primary key, description text not null);
comment on table enums.provider_status is
  E'@enum\n@enumName ProviderStatus\nWhether a provider works for the vendor.';
insert into enums.provider_status values
  ('invited', 'Was invited and has not accepted yet'), ('active', 'Working'),
  ('on_leave', 'On leave'), ('paused', 'Takes no new bookings; paused by the vendor or the provider'),
  ('suspended', 'Takes no bookings; suspended by the platform'), ('ended', 'Has left');

create table enums.provider_availability (value text primary key, description text not null);
comment on table enums.provider_availability is E'@enum\n@enumName ProviderAvailability\nWhat a therapist is doing now.';
insert into enums.provider_availability values
  ('available', 'Free'), ('busy', 'Performing a service'), ('offline', 'Off duty');

create table enums.leave_type (value text primary key, description text not null);
comment on table enums.leave_type is E'@enum\n@enumName LeaveType\nKinds of leave.';
insert into enums.leave_type values
  ('sick', 'Sick leave'), ('casual', 'Casual leave'), ('emergency', 'Emergency leave'), ('annual', 'Annual leave'),
  ('unpaid', 'Unpaid leave');

create table enums.leave_status (value text primary key, description text not null);
comment on table enums.leave_status is E'@enum\n@enumName LeaveStatus\nState of a leave request.';
insert into enums.leave_status values
  ('pending', 'Waiting for a decision'), ('approved', 'Approved'), ('rejected', 'Rejected'),
  ('cancelled', 'Withdrawn');

create table enums.assignment_status (value text primary key, description text not null);
comment on table enums.assignment_status is E'@enum\n@enumName AssignmentStatus\nState of an assignment.';
insert into enums.assignment_status values
  ('assigned', 'Assigned'), ('acknowledged', 'Seen and accepted'), ('in_transit', 'On the way'),
  ('reached', 'Arrived'), ('in_progress', 'Performing the service'), ('completed', 'Completed'),
  ('cancelled', 'Cancelled');

create table enums.reviewable_type (value text primary key, description text not null);
comment on table enums.reviewable_type is E'@enum\n@enumName ReviewableType\nWhat a review is about.';
insert into enums.reviewable_type values
  ('service', 'A service'), ('therapist', 'A therapist'), ('vendor', 'A vendor'),
  ('booking', 'The booking as a whole');

create table enums.membership_tier (value text primary key, description text not null);
comment on table enums.membership_tier is E'@enum\n@enumName MembershipTier\nTier by the rupees spent in the last twelve months.';
insert into enums.membership_tier values
  ('silver', 'From ₹0 in twelve months'), ('gold', 'From ₹25,000 in twelve months'), ('platinum', 'From ₹75,000 in twelve months'),
  ('diamond', 'From ₹2,00,000 in twelve months');

create table enums.address_type (value text primary key, description text not null);
comment on table enums.address_type is E'@enum\n@enumName AddressType\nKinds of address.';
insert into enums.address_type values
  ('home', 'Home'), ('work', 'Work'), ('hotel', 'Hotel'), ('other', 'Another place');

create table enums.referral_status (value text primary key, description text not null);
comment on table enums.referral_status is E'@enum\n@enumName ReferralStatus\nState of a referral.';
insert into enums.referral_status values
  ('pending', 'The friend has signed up'), ('completed', 'The friend''s first booking is completed'),
  ('rewarded', 'Both wallets were credited');

create table enums.loyalty_transaction_type (value text primary key, description text not null);
comment on table enums.loyalty_transaction_type is E'@enum\n@enumName LoyaltyTransactionType\nWhy points moved.';
insert into enums.loyalty_transaction_type values
  ('earned', 'Earned by a completed booking'), ('redeemed', 'Used to pay'), ('expired', 'Expired'),
  ('adjusted', 'Corrected');

create table enums.booking_type (value text primary key, description text not null);
comment on table enums.booking_type is E'@enum\n@enumName BookingType\nWhere the service takes place.';
insert into enums.booking_type values
  ('home_service', 'At the customer''s home'), ('spa_visit', 'At the vendor''s premises'),
  ('hotel_service', 'In a hotel');

create table enums.booking_status (value text primary key, description text not null);
comment on table enums.booking_status is E'@enum\n@enumName BookingStatus\nState of a booking.';
insert into enums.booking_status values
  ('pending', 'Made but not paid yet'), ('confirmed', 'Paid, or cash chosen'),
  ('assigned', 'A provider is assigned'), ('in_progress', 'The service is in progress'),
  ('completed', 'The service is completed'), ('cancelled', 'Cancelled'),
  ('rescheduled', 'Moved to another time; only in the history, never the state of a booking');

create table enums.booking_payment_status (value text primary key, description text not null);
comment on table enums.booking_payment_status is E'@enum\n@enumName BookingPaymentStatus\nHow much of a booking is paid.';
insert into enums.booking_payment_status values
  ('pending', 'Nothing is paid'), ('partial', 'A part is paid'), ('paid', 'Paid in full'),
  ('refunded', 'Refunded');

create table enums.booking_note_type (value text primary key, description text not null);
comment on table enums.booking_note_type is E'@enum\n@enumName BookingNoteType\nWhich side wrote a note.';
insert into enums.booking_note_type values
  ('customer', 'The customer'), ('vendor', 'The vendor'), ('therapist', 'The provider'),
  ('internal', 'Staff of the platform'), ('system', 'The platform');

create table enums.party_role (value text primary key, description text not null);
comment on table enums.party_role is E'@enum\n@enumName PartyRole\nThe role in which a user acted on a booking.';
insert into enums.party_role values
  ('customer', 'As the customer'), ('vendor', 'As the vendor'), ('therapist', 'As the provider'),
  ('admin', 'As staff of the platform');

create table enums.refund_status (value text primary key, description text not null);
comment on table enums.refund_status is E'@enum\n@enumName RefundStatus\nState of a refund.';
insert into enums.refund_status values
  ('pending', 'Waiting to be processed'), ('processing', 'With the gateway'), ('completed', 'Refunded'),
  ('failed', 'Not refunded');

create table enums.reschedule_status (value text primary key, description text not null);
comment on table enums.reschedule_status is E'@enum\n@enumName RescheduleStatus\nState of a request to reschedule.';
insert into enums.reschedule_status values
  ('pending', 'Waiting for an answer'), ('approved', 'Accepted'), ('rejected', 'Rejected');

create table enums.payment_method_type (value text primary key, description text not null);
comment on table enums.payment_method_type is E'@enum\n@enumName PaymentMethodType\nKinds of saved payment method.';
insert into enums.payment_method_type values
  ('card', 'Card'), ('upi', 'UPI'), ('wallet', 'Wallet of another company'),
  ('netbanking', 'Net banking');

create table enums.payment_method (value text primary key, description text not null);
comment on table enums.payment_method is E'@enum\n@enumName PaymentInstrument\nHow a payment was made.';
insert into enums.payment_method values
  ('credit_card', 'Credit card'), ('debit_card', 'Debit card'), ('upi', 'UPI'),
  ('net_banking', 'Net banking'), ('wallet', 'OMBARO wallet'), ('cash', 'Cash'),
  ('pay_later', 'Pay later');

create table enums.payment_status (value text primary key, description text not null);
comment on table enums.payment_status is E'@enum\n@enumName PaymentStatus\nState of a payment.';
insert into enums.payment_status values
  ('pending', 'Started'), ('processing', 'With the gateway'), ('success', 'Received'),
  ('failed', 'Not received'), ('refunded', 'Refunded in full'),
  ('partially_refunded', 'Refunded in part');

create table enums.refund_type (value text primary key, description text not null);
comment on table enums.refund_type is E'@enum\n@enumName RefundType\nWhy a refund is made.';
insert into enums.refund_type values
  ('full', 'The whole amount'), ('partial', 'A part of the amount'), ('cancellation', 'By the cancellation policy'),
  ('adjustment', 'A correction');

create table enums.wallet_transaction_type (value text primary key, description text not null);
comment on table enums.wallet_transaction_type is E'@enum\n@enumName WalletTransactionType\nWhy money moved in or out of a wallet.';
insert into enums.wallet_transaction_type values
  ('credit', 'Money paid in'), ('debit', 'Money paid out'), ('refund', 'A refund'), ('bonus', 'A reward');

create table enums.settlement_status (value text primary key, description text not null);
comment on table enums.settlement_status is E'@enum\n@enumName SettlementStatus\nState of the settlement of a commission record.';
insert into enums.settlement_status values
  ('pending', 'Not settled'), ('processing', 'In a payout in progress'),
  ('settled', 'Settled'), ('hold', 'Held back');

create table enums.ticket_category (value text primary key, description text not null);
comment on table enums.ticket_category is E'@enum\n@enumName TicketCategory\nWhat a ticket is about.';
insert into enums.ticket_category values
  ('booking_issue', 'A booking'), ('payment_issue', 'A payment'),
  ('service_quality', 'Quality of a service'), ('technical', 'The app'),
  ('account', 'The account'), ('refund', 'A refund'), ('feedback', 'Feedback'),
  ('complaint', 'A complaint'), ('other', 'Something else');

create table enums.ticket_priority (value text primary key, description text not null);
comment on table enums.ticket_priority is E'@enum\n@enumName TicketPriority\nHow urgent a ticket is.';
insert into enums.ticket_priority values
  ('low', 'Can wait'), ('medium', 'Normal'), ('high', 'To be answered soon'), ('urgent', 'To be answered now');

create table enums.ticket_status (value text primary key, description text not null);
comment on table enums.ticket_status is E'@enum\n@enumName TicketStatus\nState of a ticket.';
insert into enums.ticket_status values
  ('open', 'New'), ('in_progress', 'In progress'),
  ('waiting_response', 'Waiting for the customer'), ('resolved', 'Resolved'),
  ('closed', 'Closed'), ('reopened', 'Opened again');

create table enums.ticket_sender_type (value text primary key, description text not null);
comment on table enums.ticket_sender_type is E'@enum\n@enumName TicketSenderType\nWho wrote a message.';
insert into enums.ticket_sender_type values
  ('customer', 'The author of the ticket'), ('employee', 'Customer care'),
  ('system', 'The platform'), ('bot', 'A chatbot');

-- Read by everyone, written only by migrations.
select app_private.publish_list(c.oid)
from pg_catalog.pg_class c where c.relnamespace = 'enums'::regnamespace and c.relkind = 'r';

--! split: 030-identity.sql
-- The signed-in user and what belongs to them. Policies use these functions and no others.
--
-- Every look-up across tables is a `security definer` function that returns an array: no policy reads a table
-- whose policy reads it back, and each branch of a policy stays an index condition. They are in plpgsql
-- because they are created before the tables that they read.
--
-- The schema is not part of the API, so no client can call them by name.

--! Included functions/identity/has_permission.sql
create or replace function app_private.has_permission(p_code text) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.user_roles ur
    join public.roles r on r.id = ur.role_id
    join public.role_permissions rp on rp.role_id = ur.role_id
    join public.permissions p on p.id = rp.permission_id
    where ur.user_id = (select auth.uid())
      and ur.status = 'active'
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
      and r.status = 'active'
      and p.code = p_code
  );
end
$$;
comment on function app_private.has_permission(text) is
  'Whether one of the roles that the signed-in user holds today has this permission.';
revoke all on function app_private.has_permission(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.has_permission(text) to staff;
--! EndIncluded functions/identity/has_permission.sql

--! Included functions/identity/holds_role.sql
create or replace function app_private.holds_role(p_code text) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.user_roles ur
    join public.roles r on r.id = ur.role_id
    where ur.user_id = (select auth.uid())
      and ur.status = 'active'
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
      and r.status = 'active'
      and r.code = p_code
  );
end
$$;
comment on function app_private.holds_role(text) is
  'Whether the signed-in user holds this role today.';
revoke all on function app_private.holds_role(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.holds_role(text) to staff;
--! EndIncluded functions/identity/holds_role.sql

--! Included functions/identity/floor_uuid.sql
-- Floors: the permission as an index condition (see the head of this migration).
create or replace function app_private.floor_uuid(p_permission text) returns uuid
language sql stable security definer set search_path = '' as $$
  select '00000000-0000-0000-0000-000000000000'::uuid where app_private.has_permission(p_permission)
$$;
comment on function app_private.floor_uuid(text) is
  'The lowest uuid for users with the permission, null for all others.';
revoke all on function app_private.floor_uuid(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.floor_uuid(text) to staff;
--! EndIncluded functions/identity/floor_uuid.sql

--! Included functions/identity/floor_instant.sql
create or replace function app_private.floor_instant(p_permission text) returns timestamptz
language sql stable security definer set search_path = '' as $$
  select '-infinity'::timestamptz where app_private.has_permission(p_permission)
$$;
comment on function app_private.floor_instant(text) is
  'The lowest instant for users with the permission, null for all others.';
revoke all on function app_private.floor_instant(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.floor_instant(text) to staff;
--! EndIncluded functions/identity/floor_instant.sql

--! Included functions/identity/floor_date.sql
create or replace function app_private.floor_date(p_permission text) returns date
language sql stable security definer set search_path = '' as $$
  select '-infinity'::date where app_private.has_permission(p_permission)
$$;
comment on function app_private.floor_date(text) is
  'The lowest date for users with the permission, null for all others.';
revoke all on function app_private.floor_date(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.floor_date(text) to staff;
--! EndIncluded functions/identity/floor_date.sql

--! Included functions/identity/floor_text.sql
create or replace function app_private.floor_text(p_permission text) returns text
language sql stable security definer set search_path = '' as $$
  select ''::text where app_private.has_permission(p_permission)
$$;
comment on function app_private.floor_text(text) is
  'The lowest text for users with the permission, null for all others.';
revoke all on function app_private.floor_text(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.floor_text(text) to staff;
--! EndIncluded functions/identity/floor_text.sql

--! Included functions/identity/people_from.sql
-- The same for tables whose key is a user: all users with the permission, otherwise only the signed-in user.
create or replace function app_private.people_from(p_permission text) returns uuid
language sql stable security definer set search_path = '' as $$
  select case when app_private.has_permission(p_permission)
    then '00000000-0000-0000-0000-000000000000'::uuid else auth.uid() end
$$;
comment on function app_private.people_from(text) is
  'The first of the users whose rows may be seen: all users with the permission, otherwise only the signed-in user.';
revoke all on function app_private.people_from(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.people_from(text) to staff;
--! EndIncluded functions/identity/people_from.sql

--! Included functions/identity/people_to.sql
create or replace function app_private.people_to(p_permission text) returns uuid
language sql stable security definer set search_path = '' as $$
  select case when app_private.has_permission(p_permission)
    then 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid else auth.uid() end
$$;
comment on function app_private.people_to(text) is
  'The last of the users whose rows may be seen: all users with the permission, otherwise only the signed-in user.';
revoke all on function app_private.people_to(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.people_to(text) to staff;
--! EndIncluded functions/identity/people_to.sql

--! Included functions/identity/my_vendor_ids.sql
create or replace function app_private.my_vendor_ids(p_part text) returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select v.id from public.vendors v where v.user_id = (select auth.uid())
    union
    select s.vendor_id from public.vendor_staff s
    where s.user_id = (select auth.uid())
      and s.status = 'active'
      and case p_part
        when 'member' then true
        when 'manage' then s.role in ('manager', 'admin')
        when 'bookings' then s.role in ('manager', 'admin', 'receptionist')
        when 'money' then s.role in ('manager', 'admin', 'accountant')
      end
  );
end
$$;
comment on function app_private.my_vendor_ids(text) is
  'Vendors that the signed-in user owns or works for with this part of the owner''s rights: member, manage, bookings or money.';
revoke all on function app_private.my_vendor_ids(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_vendor_ids(text) to authenticated;
--! EndIncluded functions/identity/my_vendor_ids.sql

--! Included functions/identity/my_owned_vendor_ids.sql
create or replace function app_private.my_owned_vendor_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(select v.id from public.vendors v where v.user_id = (select auth.uid()));
end
$$;
comment on function app_private.my_owned_vendor_ids() is 'Vendors that the signed-in user owns.';
revoke all on function app_private.my_owned_vendor_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_owned_vendor_ids() to authenticated;
--! EndIncluded functions/identity/my_owned_vendor_ids.sql

--! Included functions/identity/my_booked_vendor_ids.sql
create or replace function app_private.my_booked_vendor_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select distinct b.vendor_id from public.bookings b where b.customer_id = (select auth.uid())
  );
end
$$;
comment on function app_private.my_booked_vendor_ids() is
  'Vendors that the signed-in customer has ever booked: they stay visible when they are no longer listed.';
revoke all on function app_private.my_booked_vendor_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_booked_vendor_ids() to authenticated;
--! EndIncluded functions/identity/my_booked_vendor_ids.sql

--! Included functions/identity/my_therapist_ids.sql
create or replace function app_private.my_therapist_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(select t.id from public.therapists t where t.user_id = (select auth.uid()));
end
$$;
comment on function app_private.my_therapist_ids() is
  'Therapist rows of the signed-in user.';
revoke all on function app_private.my_therapist_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_therapist_ids() to authenticated;
--! EndIncluded functions/identity/my_therapist_ids.sql

--! Included functions/identity/my_vendor_therapist_ids.sql
create or replace function app_private.my_vendor_therapist_ids(p_right text) returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select p.id from public.therapists p
    where p.vendor_id = any (app_private.my_vendor_ids(p_right))
  );
end
$$;
comment on function app_private.my_vendor_therapist_ids(text) is
  'Therapists of the vendors where the signed-in user has this part of the owner''s rights, as in my_vendor_ids.';
revoke all on function app_private.my_vendor_therapist_ids(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_vendor_therapist_ids(text) to authenticated;
--! EndIncluded functions/identity/my_vendor_therapist_ids.sql

create function app_private.my_assigned_booking_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select a.booking_id from public.therapist_assignments a
    join public.therapists t on t.id = a.therapist_id
    where t.user_id = (select auth.uid()) and a.status <> 'cancelled'
  );
end
$$;
comment on function app_private.my_assigned_booking_ids() is
  'Bookings that the signed-in provider performs or has performed.';
grant execute on function app_private.my_assigned_booking_ids() to authenticated;

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
  );
end
$$;
comment on function app_private.my_tracked_booking_ids() is
  'Bookings of the signed-in customer or vendor whose provider is on the way or serving now. Only then may the position be seen.';
revoke all on function app_private.my_tracked_booking_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_tracked_booking_ids() to authenticated;
--! EndIncluded functions/identity/my_tracked_booking_ids.sql

/*
 * The entry of every request. The API calls this first in every transaction, in the statement that sets role
 * and claims.
 */
create function app_private.is_staff(p_user_id uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.employees e where e.id = p_user_id and e.is_active and e.status = 'active'
  ) or exists (
    select from public.user_roles ur
    join public.roles r on r.id = ur.role_id
    where ur.user_id = p_user_id
      and ur.status = 'active'
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
      and r.status = 'active'
      and r.is_staff
  );
end
$$;
comment on function app_private.is_staff(uuid) is
  'Whether a user works for the platform today: as an active employee, or by a role that makes its holder staff.';

--! Included functions/identity/enter_request.sql
create or replace function app_private.enter_request(p_claims jsonb) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_uuid constant text := '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
  v_user_id uuid;
  v_status text;
begin
  if p_claims is null then
    return 'anon';
  end if;
  if p_claims ->> 'role' = 'anon' then
    -- Otherwise auth.uid() would return an id that was not checked.
    if p_claims ->> 'sub' is not null then
      raise exception 'This access token is not valid. Sign in again.' using errcode = 'OB004';
    end if;
    return 'anon';
  end if;

  if coalesce(p_claims ->> 'sub', '') !~* v_uuid or p_claims ->> 'session_id' !~* v_uuid then
    raise exception 'This access token is not valid. Sign in again.' using errcode = 'OB004';
  end if;
  v_user_id := (p_claims ->> 'sub')::uuid;
  select p.status into v_status from public.user_profiles p where p.id = v_user_id;
  if not found then
    raise exception 'This account does not exist here. Sign in again.' using errcode = 'OB008';
  end if;
  if v_status <> 'active' then
    raise exception 'This account is closed or suspended. Contact customer care.' using errcode = 'OB006';
  end if;
  -- Sessions of another issuer (Supabase) are not in our table; their tokens expire by themselves.
  if exists (
    select from public.user_sessions s
    where s.id = (p_claims ->> 'session_id')::uuid
      and (s.user_id <> v_user_id or s.status <> 'active' or s.expires_at <= now())
  ) then
    raise exception 'This session has ended. Sign in again.' using errcode = 'OB007';
  end if;

  return case when app_private.is_staff(v_user_id) then 'staff' else 'authenticated' end;
end
$$;
comment on function app_private.enter_request(jsonb) is
  'The database role of a request with these token claims; anon is for anonymous users, who have no subject. Raises OB004 (subject or session is no uuid, or an anonymous user with a subject), OB006 (account suspended or closed), OB007 (session ended), OB008 (no profile yet).';
revoke all on function app_private.enter_request(jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.enter_request(jsonb) to ombaro_api;
--! EndIncluded functions/identity/enter_request.sql

--! Included functions/identity/make_profile.sql
create or replace function app_private.make_profile(p_claims jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_id uuid := (p_claims ->> 'sub')::uuid;
  v_email public.email_address;
  v_mobile public.mobile_number;
begin
  -- Another issuer may accept addresses that we do not: better no address than to keep the user out.
  begin
    v_email := lower(nullif(p_claims ->> 'email', ''));
  exception when check_violation then
    v_email := null;
  end;
  begin
    v_mobile := '+' || ltrim(nullif(p_claims ->> 'phone', ''), '+');
  exception when check_violation then
    v_mobile := null;
  end;
  if exists (select from public.user_profiles p where p.mobile = v_mobile) then
    v_mobile := null;
  end if;
  insert into public.user_profiles (id, name, email, mobile, mobile_verified, signup_method, role)
  values (
    v_id,
    coalesce(
      nullif(left(trim(p_claims #>> '{user_metadata,full_name}'), 200), ''),
      nullif(left(trim(p_claims #>> '{user_metadata,name}'), 200), ''),
      nullif(split_part(v_email, '@', 1), ''),
      'New member'
    ),
    v_email, v_mobile, v_mobile is not null, 'standard', 'customer'
  )
  on conflict (id) do nothing;
exception
  when foreign_key_violation then
    raise exception 'This account does not exist here. Sign in again.' using errcode = 'OB008';
end
$$;
comment on function app_private.make_profile(jsonb) is
  'Creates the profile of an account that has none yet, from the claims of a token. Raises OB008 where there is no such account.';
revoke all on function app_private.make_profile(jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/make_profile.sql

--! Included functions/identity/provision_profile.sql
create or replace function app_private.provision_profile(p_claims jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.make_profile(p_claims);
  insert into public.customers (id) values ((p_claims ->> 'sub')::uuid) on conflict do nothing;
end
$$;
comment on function app_private.provision_profile(jsonb) is
  'Creates profile and customer of a user who signed in elsewhere and comes here for the first time. Raises OB008 where there is no such account.';
revoke all on function app_private.provision_profile(jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.provision_profile(jsonb) to ombaro_api;
--! EndIncluded functions/identity/provision_profile.sql

--! split: 040-people.sql
-- Departments and roles, users and authentication. They come first because all other tables record who did
-- what.

create table public.user_profiles (
  id uuid primary key,
  name text not null constraint user_profiles_name_length check (length(trim(name)) between 1 and 200),
  mobile public.mobile_number unique,
  email public.email_address,
  gender text references enums.gender,
  date_of_birth date constraint user_profiles_born_in_the_past
    check (date_of_birth >= '1900-01-01' and date_of_birth < (now() at time zone 'Asia/Kolkata')::date),
  profile_image text,
  role text not null default 'customer' references enums.profile_role,
  employee_id text,
  designation text,
  joining_date date,
  status text not null default 'active' references enums.account_status,
  address jsonb,
  emergency_contact jsonb,
  preferences jsonb not null default '{}',
  signup_method text not null default 'standard' references enums.signup_method,
  mobile_verified boolean not null default false,
  social_provider text,
  profile_completed boolean not null default false,
  department_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.user_profiles enable row level security;
-- On Supabase only the platform's administrator may refer to auth.users: there the set-up, which connects as
-- the administrator, adds this key.
do $$
begin
  if has_table_privilege('auth.users', 'references') then
    alter table public.user_profiles
      add constraint user_profiles_id_fkey
      foreign key (id) references auth.users (id) on delete restrict;
  end if;
end
$$;
-- Several accounts may have named the same address before it is verified: not unique.
create index user_profiles_email_idx on public.user_profiles (email);
create index user_profiles_department_id_idx on public.user_profiles (department_id);
select app_private.keep_timestamps('public.user_profiles');
comment on table public.user_profiles is
  'A person with an account. Visible to that user and to staff who look after users; what others may see of a person is in vendors, therapists and the booking.';
comment on constraint user_profiles_name_length on public.user_profiles is
  'Name must have 1 to 200 characters.';
comment on constraint user_profiles_born_in_the_past on public.user_profiles is
  'Date of birth must be a day in the past, from 1900 on.';
comment on constraint user_profiles_mobile_key on public.user_profiles is
  'Another account already has this mobile number. Enter another number, or sign in with it.';
comment on column public.user_profiles.id is
  'Identifies the user: the id of the account and the subject of its tokens.';
comment on column public.user_profiles.name is 'How the user is addressed, 1 to 200 characters.';
comment on column public.user_profiles.mobile is
  'Mobile number in E.164 form, such as +919876543210; null when none is known or another profile has it.';
comment on column public.user_profiles.email is
  'E-mail address in lower case, as entered by the user and not verified; null when not given.';
comment on column public.user_profiles.gender is 'Gender as stated by the user; null when not given.';
comment on column public.user_profiles.date_of_birth is
  'Date of birth, which decides the age for booking; null until given.';
comment on column public.user_profiles.profile_image is
  'URL of the user''s picture; null when there is none.';
comment on column public.user_profiles.role is
  'What the user mainly is, for display only. Rights come from the roles of the user.';
comment on column public.user_profiles.employee_id is
  'Employee code of an employee of the platform; null for others.';
comment on column public.user_profiles.designation is
  'Job title of an employee of the platform; null for others.';
comment on column public.user_profiles.joining_date is
  'First working day of an employee of the platform; null for others.';
comment on column public.user_profiles.status is
  'Whether the account may be used. Set by setAccountStatus, in force from the next request.';
comment on column public.user_profiles.address is
  'Postal address as an object with the keys of a customer address; null until given.';
comment on column public.user_profiles.emergency_contact is
  'Object with name, relationship and mobile of an emergency contact; null until given.';
comment on column public.user_profiles.preferences is
  'Object in which apps keep data of the user. What the platform itself uses is in userPreferences.';
comment on column public.user_profiles.signup_method is 'The form with which the user signed up.';
comment on column public.user_profiles.mobile_verified is
  'Whether the user has verified the mobile number.';
comment on column public.user_profiles.social_provider is
  'The social account used to sign up, Google or Facebook; null for others.';
comment on column public.user_profiles.profile_completed is
  'Whether the user has given everything that the sign-up asks for.';
comment on column public.user_profiles.department_id is
  'Department of an employee of the platform; null for others.';

create table public.departments (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  code text not null unique constraint departments_code_format check (code ~ '^[A-Z][A-Z_]*$'),
  description text,
  parent_department_id uuid references public.departments (id) on delete restrict
    constraint departments_not_own_parent check (parent_department_id <> id),
  head_user_id uuid references public.user_profiles (id) on delete set null,
  status text not null default 'active' references enums.department_status,
  department_type text not null default 'operational' references enums.department_type,
  email public.email_address,
  phone text,
  location text,
  budget_allocated numeric(15, 2) not null default 0,
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.departments enable row level security;
select app_private.limit_numbers('public.departments', '{"budget_allocated": "budget"}');
create index departments_parent_department_id_idx on public.departments (parent_department_id);
create index departments_head_user_id_idx on public.departments (head_user_id);
select app_private.keep_timestamps('public.departments');
comment on table public.departments is
  'The 18 departments of the platform, administration and operations included.';
comment on constraint departments_not_own_parent on public.departments is
  'A department cannot be its own parent. Choose another parent department.';
comment on constraint departments_code_format on public.departments is
  'Code must have only capital letters, with underscores between words.';
comment on constraint departments_code_key on public.departments is
  'A department already has this code. Choose another code.';
comment on column public.departments.id is 'Identifies the department.';
comment on column public.departments.name is 'Name of the department, such as Human Resources.';
comment on column public.departments.code is
  'Fixed name in capitals for use in programs, such as HR.';
comment on column public.departments.description is
  'What the department does, in a few words; null when not given.';
comment on column public.departments.parent_department_id is
  'The department above this one; null at the top.';
comment on column public.departments.head_user_id is 'User who leads the department; null while it has no head.';
comment on column public.departments.status is 'Whether the department is active.';
comment on column public.departments.department_type is 'The kind of work that the department does.';
comment on column public.departments.email is
  'E-mail address of the department for colleagues; null when there is none.';
comment on column public.departments.phone is
  'Telephone number of the department for colleagues; null when there is none.';
comment on column public.departments.location is
  'Where the department is, such as a building or city; null when not given.';
comment on column public.departments.budget_allocated is 'Rupees that the department may spend.';
comment on column public.departments.settings is
  'Object with settings of the department by name; empty when there are none.';
create policy select_staff on public.departments for select to staff using (true);
create policy insert_staff on public.departments for insert to staff
  with check ((select app_private.has_permission('departments.update')));
create policy update_staff on public.departments for update to staff
  using ((select app_private.has_permission('departments.update')))
  with check ((select app_private.has_permission('departments.update')));
grant select on public.departments to staff;
grant insert (code, name, description, parent_department_id, department_type, email, phone, location, budget_allocated,
  settings) on public.departments to staff;
grant update (name, description, parent_department_id, head_user_id, status, department_type,
  email, phone, location, budget_allocated, settings) on public.departments to staff;

alter table public.user_profiles add constraint user_profiles_department_id_fkey
  foreign key (department_id) references public.departments (id) on delete set null;

create policy select_own on public.user_profiles for select to authenticated
  using (id = (select auth.uid()));
create policy select_staff on public.user_profiles for select to staff
  using (
    id >= (select app_private.people_from('users.read'))
    and id <= (select app_private.people_to('users.read'))
  );
create policy update_own on public.user_profiles for update to authenticated
  using (id = (select auth.uid())) with check (id = (select auth.uid()));
create policy update_own_staff on public.user_profiles for update to staff
  using (id = (select auth.uid())) with check (id = (select auth.uid()));
grant select on public.user_profiles to authenticated, staff;
-- Withheld: role, status, mobile and its verification, employee columns, sign-up. They change only by
-- functions.
grant update (name, email, gender, date_of_birth, profile_image, address, emergency_contact,
  preferences) on public.user_profiles to authenticated, staff;

create table public.roles (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  code text not null unique constraint roles_code_format check (code ~ '^[a-z][a-z_]*$'),
  description text,
  department_id uuid references public.departments (id) on delete restrict,
  level integer not null default 1 check (level between 0 and 10),
  permissions jsonb not null default '[]',
  is_system_role boolean not null default false,
  is_staff boolean not null,
  profile_role text not null references enums.profile_role,
  status text not null default 'active' references enums.role_status,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.roles enable row level security;
create index roles_department_id_idx on public.roles (department_id);
select app_private.keep_timestamps('public.roles');
comment on table public.roles is
  'Roles that a user can hold. What a role allows is decided by its role permissions.';
comment on constraint roles_code_format on public.roles is
  'Code must have only small letters, with underscores between words.';
comment on constraint roles_level_check on public.roles is 'Level must be from 0 to 10.';
comment on column public.roles.id is 'Identifies the role.';
comment on column public.roles.name is 'Title to display, such as Customer Care Agent.';
comment on column public.roles.code is
  'Fixed name for programs and for grantRole, such as admin.';
comment on column public.roles.description is
  'What users with the role do, in a few words; null when not given.';
comment on column public.roles.department_id is
  'Department of the users with the role; null for roles outside departments.';
comment on column public.roles.level is
  'Rank from 0 (customer) to 10 (super administrator), for display and sorting only.';
comment on column public.roles.permissions is
  'Codes of the permissions, such as ["bookings.read"]: a copy of the role permissions, kept by the platform.';
comment on column public.roles.is_system_role is
  'Whether the platform comes with the role and depends on it.';
comment on column public.roles.is_staff is
  'Whether users with the role work for the platform and see what staff may see.';
comment on column public.roles.profile_role is
  'The role that the profile of a user with this role shows.';
comment on column public.roles.status is
  'Whether the role can be held. An inactive role has no effect.';
create policy select_staff on public.roles for select to staff using (true);
grant select on public.roles to staff;

create table public.permissions (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  code text not null unique,
  description text,
  resource text not null,
  action text not null references enums.permission_action,
  created_at timestamptz not null default now(),
  constraint permissions_code_is_resource_and_action check (code = resource || '.' || action),
  unique (resource, action)
);
alter table public.permissions enable row level security;
select app_private.keep_timestamps('public.permissions');
comment on table public.permissions is 'What can be allowed: an action on a resource.';
comment on constraint permissions_code_is_resource_and_action on public.permissions is
  'Code must be the resource and the action with a dot between them.';
comment on column public.permissions.id is 'Identifies the permission.';
comment on column public.permissions.name is 'What the permission allows, as a label, such as See all tickets.';
comment on column public.permissions.code is
  'Resource and action with a dot between them, such as tickets.read. The query myPermissions lists these codes.';
comment on column public.permissions.description is
  'Further explanation; null where the name is enough.';
comment on column public.permissions.resource is
  'The resource to which the action applies, such as bookings.';
comment on column public.permissions.action is 'The action on the resource.';
create policy select_staff on public.permissions for select to staff using (true);
grant select on public.permissions to staff;

create table public.role_permissions (
  id uuid primary key default gen_random_uuid(),
  role_id uuid not null references public.roles (id) on delete cascade,
  permission_id uuid not null references public.permissions (id) on delete cascade,
  granted_at timestamptz not null default now(),
  unique (role_id, permission_id)
);
alter table public.role_permissions enable row level security;
create index role_permissions_permission_id_idx on public.role_permissions (permission_id);
comment on table public.role_permissions is
  'Which role has which permission. Together with the roles of users this is the only authority. No client writes it: permissions of a role change only by migration.';
comment on column public.role_permissions.id is
  'Identifies the grant of one permission to one role.';
comment on column public.role_permissions.role_id is 'Role that has the permission.';
comment on column public.role_permissions.permission_id is 'Permission that the role has.';
comment on column public.role_permissions.granted_at is 'When the permission was given to the role.';
create policy select_staff on public.role_permissions for select to staff using (true);
grant select on public.role_permissions to staff;

--! Included functions/identity/tg_role_permissions__mirror.sql
create or replace function app_private.tg_role_permissions__mirror() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.roles r
  set permissions = coalesce((
    select jsonb_agg(p.code order by p.code)
    from public.role_permissions rp
    join public.permissions p on p.id = rp.permission_id
    where rp.role_id = r.id
  ), '[]')
  where r.id in (select role_id from changed);
  return null;
end
$$;
comment on function app_private.tg_role_permissions__mirror() is
  'Keeps the readable copy roles.permissions in step.';
revoke all on function app_private.tg_role_permissions__mirror() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/tg_role_permissions__mirror.sql
create trigger _500_mirror_insert after insert on public.role_permissions
  referencing new table as changed for each statement
  execute function app_private.tg_role_permissions__mirror();
create trigger _500_mirror_delete after delete on public.role_permissions
  referencing old table as changed for each statement
  execute function app_private.tg_role_permissions__mirror();

create table public.user_roles (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  role_id uuid not null references public.roles (id) on delete restrict,
  department_id uuid references public.departments (id) on delete restrict,
  assigned_by uuid references public.user_profiles (id) on delete set null,
  assigned_at timestamptz not null default now(),
  valid_from date not null default app_private.today(),
  valid_until date,
  is_primary boolean not null default false,
  status text not null default 'active' references enums.user_role_status,
  constraint user_roles_valid_period check (valid_until >= valid_from)
);
alter table public.user_roles enable row level security;
-- Each role once per user: also the look-up of every request.
create unique index user_roles_user_id_role_id_key on public.user_roles (user_id, role_id)
  where status = 'active';
create index user_roles_user_id_idx on public.user_roles (user_id);
create index user_roles_role_id_idx on public.user_roles (role_id);
create index user_roles_department_id_idx on public.user_roles (department_id);
create index user_roles_assigned_by_idx on public.user_roles (assigned_by);
comment on table public.user_roles is
  'Which user holds which role, and since when. Written only by grantRole and revokeRole.';
comment on constraint user_roles_valid_period on public.user_roles is
  'The last day of the role must not be before its first day.';
comment on index public.user_roles_user_id_role_id_key is
  'This person already has this role. Change that entry instead.';
comment on column public.user_roles.id is 'Identifies the assignment of one role to one user.';
comment on column public.user_roles.user_id is 'User who holds the role.';
comment on column public.user_roles.role_id is 'Role that the user holds.';
comment on column public.user_roles.department_id is
  'Department of the role, copied from it; null when the role has none.';
comment on column public.user_roles.assigned_by is
  'User who gave the role; null when the platform gave it or the account was deleted.';
comment on column public.user_roles.assigned_at is 'When the role was given.';
comment on column public.user_roles.valid_from is 'First day on which the role counts.';
comment on column public.user_roles.valid_until is
  'Last day on which the role counts; null without an end.';
comment on column public.user_roles.is_primary is
  'Whether apps show this role first when the user holds several.';
comment on column public.user_roles.status is
  'Whether the role counts. It becomes inactive by revokeRole.';
create policy select_own on public.user_roles for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_staff on public.user_roles for select to staff
  using (
    user_id >= (select app_private.people_from('roles.read'))
    and user_id <= (select app_private.people_to('roles.read'))
  );
grant select on public.user_roles to authenticated, staff;
-- Withheld: every write. Users cannot grant themselves anything; see grant_role.

--! Included functions/identity/tg_user_roles__lapsed.sql
create or replace function app_private.tg_user_roles__lapsed() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.user_roles ur set status = 'inactive'
  where ur.user_id = new.user_id and ur.role_id = new.role_id and ur.status = 'active'
    and ur.valid_until < app_private.today();
  return new;
end
$$;
comment on function app_private.tg_user_roles__lapsed() is
  'Before a role is given again: marks the earlier assignment whose last day is over as inactive.';
revoke all on function app_private.tg_user_roles__lapsed() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/tg_user_roles__lapsed.sql

create trigger _200_lapsed before insert on public.user_roles
  for each row execute function app_private.tg_user_roles__lapsed();

--! Included functions/identity/tg_user_roles__mirror.sql
create or replace function app_private.tg_user_roles__mirror() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.user_profiles p
  set role = coalesce((
    select r.profile_role
    from public.user_roles ur
    join public.roles r on r.id = ur.role_id
    where ur.user_id = p.id and ur.status = 'active'
    order by ur.is_primary desc, r.level desc, r.code
    limit 1
  ), 'customer')
  where p.id = coalesce(new.user_id, old.user_id);
  return null;
end
$$;
comment on function app_private.tg_user_roles__mirror() is
  'Keeps the readable copy user_profiles.role in step: the primary role, otherwise the highest.';
revoke all on function app_private.tg_user_roles__mirror() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/tg_user_roles__mirror.sql
create trigger _500_mirror after insert or update or delete on public.user_roles
  for each row execute function app_private.tg_user_roles__mirror();

create table public.employees (
  id uuid primary key references public.user_profiles (id) on delete restrict,
  employee_code text not null unique,
  name text not null,
  email public.email_address,
  mobile public.mobile_number not null,
  department_id uuid not null references public.departments (id) on delete restrict,
  designation text not null,
  hierarchy_level integer not null constraint employees_hierarchy_level_range
    check (hierarchy_level between 1 and 5),
  reporting_manager_id uuid references public.employees (id) on delete set null
    constraint employees_not_own_manager check (reporting_manager_id <> id),
  can_approve_vendors boolean not null default false,
  approval_limit numeric(12, 2),
  joining_date date not null,
  probation_end_date date,
  confirmation_date date,
  employment_type text references enums.employment_type,
  work_location text,
  status text not null default 'active' references enums.employee_status,
  is_active boolean not null default true,
  exit_date date constraint employees_exit_after_joining check (exit_date >= joining_date),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.employees enable row level security;
select app_private.limit_numbers('public.employees', '{"approval_limit": "sum"}');
create index employees_department_id_idx on public.employees (department_id);
create index employees_reporting_manager_id_idx on public.employees (reporting_manager_id);
select app_private.keep_timestamps('public.employees');
comment on table public.employees is
  'Employees of the platform: the directory that colleagues see. Pay and reasons for leaving are in employeePrivateDetail.';
comment on constraint employees_exit_after_joining on public.employees is
  'Exit date must not be before the joining date.';
comment on constraint employees_not_own_manager on public.employees is
  'An employee cannot report to themselves. Choose another reporting manager.';
comment on constraint employees_hierarchy_level_range on public.employees is
  'Hierarchy level must be from 1 (Field Officer) to 5 (Admin).';
comment on constraint employees_employee_code_key on public.employees is
  'Another employee already has this employee code. Choose another code.';
comment on column public.employees.id is
  'Identifies the employee: the same id as the user profile.';
comment on column public.employees.employee_code is
  'Employee code, set when the employee was added and never changed.';
comment on column public.employees.name is 'Name in the directory.';
comment on column public.employees.email is 'E-mail address at work, in lower case; null when there is none.';
comment on column public.employees.mobile is 'Mobile number at work in E.164 form, such as +919876543210.';
comment on column public.employees.department_id is 'Department in which the employee works.';
comment on column public.employees.designation is 'Job title, such as Field Officer.';
comment on column public.employees.hierarchy_level is
  'Level: 1 Field Officer, 2 Manager, 3 Director, 4 Vice President, 5 Admin. It decides which applications the employee reviews.';
comment on column public.employees.reporting_manager_id is
  'Employee to whom this one reports; null at the top.';
comment on column public.employees.can_approve_vendors is
  'Whether the employee may decide on vendor applications at this level.';
comment on column public.employees.approval_limit is
  'Highest franchise fee in rupees that the employee may approve; null when not set.';
comment on column public.employees.joining_date is 'First working day.';
comment on column public.employees.probation_end_date is 'Last day of probation; null when there is none.';
comment on column public.employees.confirmation_date is
  'Day on which the employment was confirmed; null until then.';
comment on column public.employees.employment_type is
  'Terms of employment; null when not recorded.';
comment on column public.employees.work_location is
  'Office or city of work; null when not recorded.';
comment on column public.employees.status is 'Whether the employee is working.';
comment on column public.employees.is_active is
  'Whether the employment gives the rights of staff. It does so only while the status is active too.';
comment on column public.employees.exit_date is 'Last working day; null while employed.';
create policy select_staff on public.employees for select to staff using (true);
create policy update_staff on public.employees for update to staff
  using ((select app_private.has_permission('employees.update')) and id <> (select auth.uid()))
  with check ((select app_private.has_permission('employees.update')) and id <> (select auth.uid()));
grant select on public.employees to staff;
-- Withheld: insert, which accept_invitation does for the invited person; and hierarchy_level,
-- can_approve_vendors and approval_limit, the rights to approve, which confirm_employee_approval sets.
grant update (name, email, mobile, department_id, designation, reporting_manager_id,
  probation_end_date, confirmation_date, employment_type, work_location, status, is_active,
  exit_date) on public.employees to staff;

create table public.employee_private_details (
  employee_id uuid primary key references public.employees (id) on delete cascade,
  basic_salary numeric(12, 2),
  exit_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.employee_private_details enable row level security;
select app_private.limit_numbers('public.employee_private_details', '{"basic_salary": "total"}');
select app_private.keep_timestamps('public.employee_private_details');
comment on table public.employee_private_details is
  'Details of an employee that colleagues may not see: pay and reason for leaving.';
comment on column public.employee_private_details.employee_id is
  'Employee whose details these are.';
comment on column public.employee_private_details.basic_salary is
  'Basic pay in rupees per month; null when not recorded.';
comment on column public.employee_private_details.exit_reason is
  'Why the employee left; null while employed or when not recorded.';
create policy select_staff on public.employee_private_details for select to staff
  using (
    employee_id >= (select app_private.people_from('salaries.read'))
    and employee_id <= (select app_private.people_to('salaries.read'))
  );
create policy insert_staff on public.employee_private_details for insert to staff
  with check ((select app_private.has_permission('salaries.update')) and employee_id <> (select auth.uid()));
create policy update_staff on public.employee_private_details for update to staff
  using ((select app_private.has_permission('salaries.update')) and employee_id <> (select auth.uid()))
  with check ((select app_private.has_permission('salaries.update')) and employee_id <> (select auth.uid()));
grant select on public.employee_private_details to staff;
grant insert (employee_id, basic_salary, exit_reason) on public.employee_private_details to staff;
grant update (basic_salary, exit_reason) on public.employee_private_details to staff;

create table public.user_sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  device_info jsonb,
  ip_address inet,
  user_agent text,
  location_info jsonb,
  started_at timestamptz not null default now(),
  last_activity_at timestamptz not null default now(),
  expires_at timestamptz not null,
  status text not null default 'active' references enums.session_status,
  constraint user_sessions_expire_after_start check (expires_at > started_at)
);
alter table public.user_sessions enable row level security;
create index user_sessions_user_id_idx on public.user_sessions (user_id, last_activity_at desc);
comment on table public.user_sessions is
  'Sessions of users who signed in. The tokens of a session are not stored here.';
comment on column public.user_sessions.id is
  'Identifies the session; tokens carry it as their session id.';
comment on column public.user_sessions.user_id is 'User who is signed in.';
comment on column public.user_sessions.device_info is
  'Object that the app sent about the device, such as platform and model; null when none was sent.';
comment on column public.user_sessions.ip_address is
  'Network address at sign-in or at the last refresh of the session; null when not recorded.';
comment on column public.user_sessions.user_agent is
  'Browser or app at sign-in, by its own name; null when not sent.';
comment on column public.user_sessions.location_info is
  'Object with the approximate location of the network address, such as city; null when not known.';
comment on column public.user_sessions.started_at is 'When the user signed in.';
comment on column public.user_sessions.last_activity_at is 'When the session was last used.';
comment on column public.user_sessions.expires_at is 'When the session expires.';
comment on column public.user_sessions.status is 'Whether the session gives access.';
create policy select_own on public.user_sessions for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_own_staff on public.user_sessions for select to staff
  using (user_id = (select auth.uid()));
grant select on public.user_sessions to authenticated, staff;
-- Withheld: every write. Sessions begin by signing in and end by signing out.

create table app_private.refresh_tokens (
  token_hash bytea primary key constraint refresh_tokens_hash_length check (length(token_hash) = 32),
  session_id uuid not null references public.user_sessions (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  spent_at timestamptz
);
alter table app_private.refresh_tokens enable row level security;
create index refresh_tokens_session_id_idx on app_private.refresh_tokens (session_id);
comment on table app_private.refresh_tokens is
  'Refresh tokens: the one of each session that can be used next, and those that were used. They are kept apart from what the owner may read about the session.';
comment on column app_private.refresh_tokens.token_hash is 'SHA-256 of the token, which is random and known only to the app.';
comment on column app_private.refresh_tokens.session_id is 'Session of the token.';
comment on column app_private.refresh_tokens.created_at is 'When it was created.';
comment on column app_private.refresh_tokens.expires_at is 'Until when it may be used.';
comment on column app_private.refresh_tokens.spent_at is 'When it was used, which is possible only once; null until then.';

create table public.user_documents (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references public.user_profiles (id) on delete cascade,
  document_type text not null references enums.user_document_type,
  document_number text,
  document_name text not null,
  file_url text not null,
  file_type text,
  file_size integer check (file_size > 0),
  verified boolean not null default false,
  verified_by uuid references public.user_profiles (id) on delete set null,
  verified_at timestamptz,
  expiry_date date,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint user_documents_verified_at_when_verified check (verified = (verified_at is not null))
);
alter table public.user_documents enable row level security;
create index user_documents_user_id_idx on public.user_documents (user_id);
create index user_documents_verified_by_idx on public.user_documents (verified_by);
select app_private.keep_timestamps('public.user_documents');
comment on table public.user_documents is
  'Documents that a user has submitted. The owner cannot change or withdraw a verified document.';
comment on constraint user_documents_file_size_check on public.user_documents is
  'File size must be greater than 0.';
comment on column public.user_documents.id is 'Identifies the document.';
comment on column public.user_documents.user_id is 'User who submitted the document.';
comment on column public.user_documents.document_type is 'Kind of document.';
comment on column public.user_documents.document_number is
  'Number printed on the document; null when it has none or it was not given.';
comment on column public.user_documents.document_name is
  'Title that helps the owner to find the document.';
comment on column public.user_documents.file_url is 'URL of the uploaded scan or photo.';
comment on column public.user_documents.file_type is
  'Media type of the file, such as application/pdf; null when not known.';
comment on column public.user_documents.file_size is
  'Size of the file in bytes; null when not known.';
comment on column public.user_documents.verified is
  'Whether the document was checked and verified. The owner can then no longer change it.';
comment on column public.user_documents.verified_by is 'User who checked the document; null until then.';
comment on column public.user_documents.verified_at is 'When the document was checked; null until then.';
comment on column public.user_documents.expiry_date is
  'Last day of validity printed on the document; null when it has none.';
create policy select_own on public.user_documents for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_staff on public.user_documents for select to staff
  using (
    user_id >= (select app_private.people_from('kyc.read'))
    and user_id <= (select app_private.people_to('kyc.read'))
  );
create policy insert_own on public.user_documents for insert to authenticated
  with check (user_id = (select auth.uid()));
create policy insert_own_staff on public.user_documents for insert to staff
  with check (user_id = (select auth.uid()));
create policy update_own on public.user_documents for update to authenticated
  using (user_id = (select auth.uid()) and not verified)
  with check (user_id = (select auth.uid()));
create policy delete_own on public.user_documents for delete to authenticated
  using (user_id = (select auth.uid()) and not verified);
create policy delete_own_staff on public.user_documents for delete to staff
  using (user_id = (select auth.uid()) and not verified);
grant select, delete on public.user_documents to authenticated, staff;
-- Withheld: verified and verified_by.
grant insert (document_type, document_number, document_name, file_url, file_type, file_size,
  expiry_date) on public.user_documents to authenticated, staff;
grant update (document_number, document_name, file_url, file_type, file_size, expiry_date)
  on public.user_documents to authenticated;

create table public.user_preferences (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null unique default auth.uid()
    references public.user_profiles (id) on delete cascade,
  notification_email boolean not null default true,
  notification_sms boolean not null default true,
  notification_push boolean not null default true,
  notification_whatsapp boolean not null default false,
  language text not null default 'en' constraint user_preferences_language_format
    check (language ~ '^[a-z]{2,3}(-[A-Z]{2})?$'),
  timezone text not null default 'Asia/Kolkata',
  currency text not null default 'INR' check (currency ~ '^[A-Z]{3}$'),
  theme text not null default 'light' references enums.theme,
  preferences jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.user_preferences enable row level security;
select app_private.keep_timestamps('public.user_preferences');
comment on table public.user_preferences is 'How a user wants to be contacted, one row per user.';
comment on constraint user_preferences_language_format on public.user_preferences is
  'Language must be a code such as en or hi-IN.';
comment on constraint user_preferences_currency_check on public.user_preferences is
  'Currency must be a code of three capital letters, such as INR.';
comment on constraint user_preferences_user_id_key on public.user_preferences is
  'This person already has preferences. Change those instead.';
comment on column public.user_preferences.id is 'Identifies the preferences.';
comment on column public.user_preferences.user_id is 'User to whom the preferences belong.';
comment on column public.user_preferences.notification_email is
  'Whether the user receives notifications by e-mail.';
comment on column public.user_preferences.notification_sms is
  'Whether the user receives notifications by text message.';
comment on column public.user_preferences.notification_push is
  'Whether the user receives notifications as push messages.';
comment on column public.user_preferences.notification_whatsapp is
  'Whether the user receives notifications on WhatsApp; off until the user turns it on.';
comment on column public.user_preferences.language is
  'Language for messages and apps, such as en or hi-IN.';
comment on column public.user_preferences.timezone is
  'IANA time zone in which apps show times, such as Asia/Kolkata.';
comment on column public.user_preferences.currency is
  'ISO 4217 code of the currency in which apps show prices, such as INR. Amounts in the API are always rupees.';
comment on column public.user_preferences.theme is 'Appearance of the app.';
comment on column public.user_preferences.preferences is
  'Object in which apps keep further choices, empty at first. The platform does not read it.';
create policy select_own on public.user_preferences for select to authenticated
  using (user_id = (select auth.uid()));
create policy insert_own on public.user_preferences for insert to authenticated
  with check (user_id = (select auth.uid()));
create policy update_own on public.user_preferences for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy select_own_staff on public.user_preferences for select to staff
  using (user_id = (select auth.uid()));
create policy insert_own_staff on public.user_preferences for insert to staff
  with check (user_id = (select auth.uid()));
create policy update_own_staff on public.user_preferences for update to staff
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
grant select on public.user_preferences to authenticated, staff;
grant insert (notification_email, notification_sms, notification_push, notification_whatsapp,
  language, timezone, currency, theme, preferences) on public.user_preferences
  to authenticated, staff;
grant update (notification_email, notification_sms, notification_push, notification_whatsapp,
  language, timezone, currency, theme, preferences) on public.user_preferences
  to authenticated, staff;

create table public.user_kyc_verification (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references public.user_profiles (id) on delete cascade,
  verification_type text not null references enums.kyc_type,
  verification_status text not null default 'pending' references enums.kyc_status,
  verification_data jsonb,
  verified_at timestamptz,
  expires_at timestamptz,
  decided_by uuid references public.user_profiles (id) on delete set null,
  decision_reason text,
  created_at timestamptz not null default now()
);
alter table public.user_kyc_verification enable row level security;
select app_private.keep_timestamps('public.user_kyc_verification');
-- One verification of a kind is open or valid at a time.
create unique index user_kyc_verification_open_key
  on public.user_kyc_verification (user_id, verification_type)
  where verification_status in ('pending', 'verified');
create index user_kyc_verification_user_id_idx on public.user_kyc_verification (user_id);
create index user_kyc_verification_decided_by_idx on public.user_kyc_verification (decided_by);
comment on table public.user_kyc_verification is
  'Verifications of a person''s identity. The person submits one and others decide on it. To correct a pending one, its owner withdraws it and submits it again, so that it does not change while it is being decided.';
comment on index public.user_kyc_verification_open_key is
  'A verification of this type is already open or done. Wait for the decision.';
comment on column public.user_kyc_verification.id is 'Identifies the verification.';
comment on column public.user_kyc_verification.user_id is 'User who is verified.';
comment on column public.user_kyc_verification.verification_type is
  'What is verified about the user.';
comment on column public.user_kyc_verification.verification_status is
  'State of the verification; decided by staff who check it, not by its owner.';
comment on column public.user_kyc_verification.verification_data is
  'Object with what the user submitted; its keys depend on the type; null when nothing was submitted.';
comment on column public.user_kyc_verification.verified_at is
  'When it was verified; null until then.';
comment on column public.user_kyc_verification.expires_at is
  'When it must be repeated; null when it need not be or is not decided.';
comment on column public.user_kyc_verification.decided_by is
  'User who decided; null until then and when no user decided.';
comment on column public.user_kyc_verification.decision_reason is
  'Why it was rejected, or a note to its owner; null when there is none.';
create policy select_own on public.user_kyc_verification for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_staff on public.user_kyc_verification for select to staff
  using (
    user_id >= (select app_private.people_from('kyc.read'))
    and user_id <= (select app_private.people_to('kyc.read'))
  );
create policy insert_own on public.user_kyc_verification for insert to authenticated
  with check (user_id = (select auth.uid()));
create policy insert_own_staff on public.user_kyc_verification for insert to staff
  with check (user_id = (select auth.uid()));
create policy delete_own on public.user_kyc_verification for delete to authenticated
  using (user_id = (select auth.uid()) and verification_status = 'pending');
create policy delete_own_staff on public.user_kyc_verification for delete to staff
  using (user_id = (select auth.uid()) and verification_status = 'pending');
grant select, delete on public.user_kyc_verification to authenticated, staff;
-- Withheld: status, dates, the decision; every update.
grant insert (verification_type, verification_data) on public.user_kyc_verification
  to authenticated, staff;

create table public.user_bank_details (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references public.user_profiles (id) on delete cascade,
  account_holder_name text not null,
  account_number text not null constraint user_bank_details_account_number_format
    check (account_number ~ '^[0-9]{9,18}$'),
  ifsc_code public.ifsc not null,
  bank_name text not null,
  branch_name text,
  account_type text references enums.bank_account_type,
  is_primary boolean not null default false,
  is_verified boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.user_bank_details enable row level security;
create index user_bank_details_user_id_idx on public.user_bank_details (user_id);
create unique index user_bank_details_one_primary_key on public.user_bank_details (user_id)
  where is_primary;
select app_private.keep_timestamps('public.user_bank_details');
create trigger _300_one_primary before insert or update of is_primary on public.user_bank_details
  for each row when (new.is_primary)
  execute function app_private.tg__one_chosen('user_id', 'is_primary');
comment on table public.user_bank_details is
  'Bank accounts for payouts to a user. A changed account would no longer be verified, so owners add a new one instead.';
comment on column public.user_bank_details.id is 'Identifies the bank account.';
comment on column public.user_bank_details.user_id is 'User to whom the account belongs.';
comment on column public.user_bank_details.account_holder_name is 'Name of the account holder as the bank has it.';
comment on column public.user_bank_details.account_number is
  'Account number, 9 to 18 digits.';
comment on column public.user_bank_details.ifsc_code is
  'Code of the bank branch, such as HDFC0001234.';
comment on column public.user_bank_details.bank_name is 'Name of the bank.';
comment on column public.user_bank_details.branch_name is
  'Name of the bank branch; null when not given.';
comment on column public.user_bank_details.account_type is
  'Kind of account; null when not given.';
comment on column public.user_bank_details.is_primary is
  'Whether payouts go to this account. Each user has at most one primary account.';
comment on column public.user_bank_details.is_verified is
  'Whether the platform has verified that the account exists and belongs to the user.';
comment on constraint user_bank_details_account_number_format on public.user_bank_details is
  'Account number must have 9 to 18 digits.';
comment on index public.user_bank_details_one_primary_key is
  'Only one bank account can be the primary one. Unmark the other account first.';
create policy select_own on public.user_bank_details for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_staff on public.user_bank_details for select to staff
  using (
    user_id >= (select app_private.people_from('bank_details.read'))
    and user_id <= (select app_private.people_to('bank_details.read'))
  );
create policy insert_own on public.user_bank_details for insert to authenticated
  with check (user_id = (select auth.uid()));
create policy insert_own_staff on public.user_bank_details for insert to staff
  with check (user_id = (select auth.uid()));
create policy update_own on public.user_bank_details for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy delete_own on public.user_bank_details for delete to authenticated
  using (user_id = (select auth.uid()));
create policy delete_own_staff on public.user_bank_details for delete to staff
  using (user_id = (select auth.uid()));
grant select, delete on public.user_bank_details to authenticated, staff;
-- Withheld: is_verified, and every update of the account itself.
grant insert (account_holder_name, account_number, ifsc_code, bank_name, branch_name,
  account_type, is_primary) on public.user_bank_details to authenticated, staff;
grant update (is_primary) on public.user_bank_details to authenticated;

create table public.emergency_contacts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references public.user_profiles (id) on delete cascade,
  name text not null,
  relationship text not null,
  mobile public.mobile_number not null,
  email public.email_address,
  address text,
  is_primary boolean not null default false,
  created_at timestamptz not null default now()
);
alter table public.emergency_contacts enable row level security;
select app_private.keep_timestamps('public.emergency_contacts');
create index emergency_contacts_user_id_idx on public.emergency_contacts (user_id);
create unique index emergency_contacts_one_primary_key on public.emergency_contacts (user_id)
  where is_primary;
create trigger _300_one_primary before insert or update of is_primary on public.emergency_contacts
  for each row when (new.is_primary)
  execute function app_private.tg__one_chosen('user_id', 'is_primary');
comment on table public.emergency_contacts is 'Whom to call in an emergency.';
comment on index public.emergency_contacts_one_primary_key is
  'Only one emergency contact can be the primary one. Unmark the other contact first.';
comment on column public.emergency_contacts.id is 'Identifies the contact.';
comment on column public.emergency_contacts.user_id is 'User whose emergency contact this is.';
comment on column public.emergency_contacts.name is 'Name of the contact.';
comment on column public.emergency_contacts.relationship is
  'Relationship of the contact to the user, such as mother or friend.';
comment on column public.emergency_contacts.mobile is
  'Mobile number of the contact in E.164 form, such as +919876543210.';
comment on column public.emergency_contacts.email is
  'E-mail address of the contact in lower case; null when not given.';
comment on column public.emergency_contacts.address is
  'Address of the contact as one text; null when not given.';
comment on column public.emergency_contacts.is_primary is 'Whether to call this contact first.';
create policy select_own on public.emergency_contacts for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_staff on public.emergency_contacts for select to staff
  using (
    user_id >= (select app_private.people_from('users.read'))
    and user_id <= (select app_private.people_to('users.read'))
  );
create policy insert_own on public.emergency_contacts for insert to authenticated
  with check (user_id = (select auth.uid()));
create policy insert_own_staff on public.emergency_contacts for insert to staff
  with check (user_id = (select auth.uid()));
create policy update_own on public.emergency_contacts for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy update_own_staff on public.emergency_contacts for update to staff
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy delete_own on public.emergency_contacts for delete to authenticated
  using (user_id = (select auth.uid()));
create policy delete_own_staff on public.emergency_contacts for delete to staff
  using (user_id = (select auth.uid()));
grant select, delete on public.emergency_contacts to authenticated, staff;
grant insert (name, relationship, mobile, email, address, is_primary)
  on public.emergency_contacts to authenticated, staff;
grant update (name, relationship, mobile, email, address, is_primary)
  on public.emergency_contacts to authenticated, staff;

--! Included functions/identity/departments_employee_count.sql
create or replace function public.departments_employee_count(department public.departments) returns integer
language sql stable set search_path = '' as $$
  select count(*)::integer from public.employees e
  where e.department_id = department.id and e.is_active
$$;
comment on function public.departments_employee_count(public.departments) is
  'How many active employees the department has.';
revoke all on function public.departments_employee_count(public.departments) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.departments_employee_count(public.departments) to staff;
--! EndIncluded functions/identity/departments_employee_count.sql

/*
 * Granting and revoking roles.
 */
--! Included functions/identity/require_permission.sql
create or replace function app_private.require_permission(p_code text) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  if not app_private.has_permission(p_code) then
    raise exception 'Your roles do not include the permission "%". Ask an administrator for it.',
      (select p.name from public.permissions p where p.code = p_code)
      using errcode = 'OB002';
  end if;
end
$$;
comment on function app_private.require_permission(text) is
  'Raises OB001 for anonymous users and OB002 for users without the permission.';
revoke all on function app_private.require_permission(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/require_permission.sql

--! Included functions/identity/grant_role.sql
create or replace function public.grant_role(user_id uuid, role_code text, valid_until date default null)
returns public.user_roles
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_role public.roles;
  v_granted public.user_roles;
begin
  perform app_private.require_permission('roles.update');
  if grant_role.user_id = (select auth.uid()) then
    raise exception 'You cannot grant yourself a role. Ask another administrator.' using errcode = 'OB002';
  end if;
  if grant_role.role_code in ('admin', 'super_admin') and not app_private.holds_role('super_admin') then
    raise exception 'Only a super admin may grant this role. Ask a super admin.' using errcode = 'OB002';
  end if;
  select * into v_role from public.roles r
    where r.code = grant_role.role_code and r.status = 'active';
  if not found then
    raise exception 'The role % was not found. Check the code.', grant_role.role_code
      using errcode = 'OB003', column = 'role_code';
  end if;
  if not exists (select from public.user_profiles p where p.id = grant_role.user_id) then
    raise exception 'The person was not found, or their account is not active. Check the user id.'
      using errcode = 'OB003', column = 'user_id';
  end if;
  if grant_role.valid_until < app_private.today() then
    raise exception 'The last day of the role must be today or later. Choose a later day.'
      using errcode = 'OB020', column = 'valid_until';
  end if;
  insert into public.user_roles (user_id, role_id, department_id, assigned_by, valid_until)
  values (grant_role.user_id, v_role.id, v_role.department_id, (select auth.uid()), grant_role.valid_until)
  returning * into v_granted;
  return v_granted;
end
$$;
comment on function public.grant_role(uuid, text, date) is
  'Gives a role to a user. Needs the permission roles.update; only a super admin can give the roles admin and super admin, and no one can give a role to themselves. Raises OB001, OB002, OB003, OB020, or 23505 when the user already has the role.';
revoke all on function public.grant_role(uuid, text, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.grant_role(uuid, text, date) to staff;
--! EndIncluded functions/identity/grant_role.sql

--! Included functions/identity/revoke_role.sql
create or replace function public.revoke_role(user_id uuid, role_code text) returns public.user_roles
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_revoked public.user_roles;
begin
  perform app_private.require_permission('roles.update');
  -- So that at least one user who may grant roles always remains.
  if revoke_role.user_id = (select auth.uid()) then
    raise exception 'You cannot take a role from yourself. Ask another administrator.' using errcode = 'OB002';
  end if;
  if revoke_role.role_code in ('admin', 'super_admin') and not app_private.holds_role('super_admin') then
    raise exception 'Only a super admin may take this role away. Ask a super admin.' using errcode = 'OB002';
  end if;
  update public.user_roles ur
  set status = 'inactive', valid_until = greatest(app_private.today(), ur.valid_from)
  from public.roles r
  where r.id = ur.role_id and r.code = revoke_role.role_code
    and ur.user_id = revoke_role.user_id and ur.status = 'active'
  returning ur.* into v_revoked;
  if not found then
    raise exception 'This person does not have the role %. Check the person and the role.', revoke_role.role_code
      using errcode = 'OB003', column = 'role_code';
  end if;
  return v_revoked;
end
$$;
comment on function public.revoke_role(uuid, text) is
  'Takes a role away from a user, at once. Needs the permission roles.update; only a super admin can take away the roles admin and super admin, and no one can take away their own role. Raises OB001, OB002, OB003.';
revoke all on function public.revoke_role(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.revoke_role(uuid, text) to staff;
--! EndIncluded functions/identity/revoke_role.sql

--! Included functions/identity/set_account_status.sql
create or replace function public.set_account_status(user_id uuid, status text) returns public.user_profiles
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_profile public.user_profiles;
begin
  perform app_private.require_permission('users.update');
  if set_account_status.user_id = (select auth.uid()) then
    raise exception 'You cannot change the status of your own account. Ask another administrator.'
      using errcode = 'OB002';
  end if;
  if exists (
    select from public.user_roles ur join public.roles r on r.id = ur.role_id
    where ur.user_id = set_account_status.user_id and ur.status = 'active'
      and r.code in ('admin', 'super_admin')
  ) and not app_private.holds_role('super_admin') then
    raise exception 'Only a super admin may change the status of an admin. Ask a super admin.'
      using errcode = 'OB002';
  end if;
  if not exists (select from enums.account_status s where s.value = set_account_status.status) then
    raise exception 'Status must be active, inactive, suspended or terminated.'
      using errcode = 'OB020', column = 'status';
  end if;
  update public.user_profiles p set status = set_account_status.status
  where p.id = set_account_status.user_id
  returning * into v_profile;
  if not found then
    raise exception 'The person was not found, or their account is not active. Check the user id.'
      using errcode = 'OB003', column = 'user_id';
  end if;
  return v_profile;
end
$$;
comment on function public.set_account_status(uuid, text) is
  'Sets the status of an account: active, inactive, suspended or terminated. It takes effect at the next request of that user. While the account is not active, the business of the user takes no new bookings, and as a provider the user gets none. Needs the permission users.update. Raises OB001, OB002, OB003, OB020 (unknown status).';
revoke all on function public.set_account_status(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.set_account_status(uuid, text) to staff;
--! EndIncluded functions/identity/set_account_status.sql

--! Included functions/identity/decide_kyc_verification.sql
create or replace function public.decide_kyc_verification(
  verification_id uuid, approved boolean, reason text default null, valid_until timestamptz default null
) returns public.user_kyc_verification
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_verification public.user_kyc_verification;
begin
  perform app_private.require_permission('kyc.approve');
  select * into v_verification from public.user_kyc_verification k where k.id = verification_id for update;
  if not found then
    raise exception 'The verification was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_verification.user_id = (select auth.uid()) then
    raise exception 'You cannot verify yourself. Leave it to someone else.' using errcode = 'OB031';
  end if;
  if v_verification.verification_status <> 'pending' then
    raise exception 'This verification has already been decided. Reload it to see the decision.'
      using errcode = 'OB030';
  end if;
  if approved is null then
    raise exception 'Approved is required. Enter true or false.' using errcode = 'OB020', column = 'approved';
  end if;
  if not approved and coalesce(trim(reason), '') = '' then
    raise exception 'Reason is required. Say what is wrong.' using errcode = 'OB036', column = 'reason';
  end if;
  if valid_until <= now() or (valid_until is not null and not approved) then
    raise exception 'The end of validity must be in the future for an approved verification. Leave it out for a rejected one.'
      using errcode = 'OB020', column = 'valid_until';
  end if;
  update public.user_kyc_verification k set
    verification_status = case when approved then 'verified' else 'failed' end,
    verified_at = case when approved then now() end,
    expires_at = valid_until,
    decided_by = (select auth.uid()),
    decision_reason = nullif(trim(reason), '')
  where k.id = verification_id
  returning * into v_verification;
  return v_verification;
end
$$;
comment on function public.decide_kyc_verification(uuid, boolean, text, timestamptz) is
  'Verifies or rejects what a user submitted about themselves. A rejection needs a reason; with validUntil the verification must be repeated after that day. Needs the permission kyc.approve. Raises OB001, OB002, OB003, OB020 (no decision, or validUntil is in the past or given with a rejection), OB030 (already decided), OB031 (your own verification), OB036 (no reason).';
revoke all on function public.decide_kyc_verification(uuid, boolean, text, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_kyc_verification(uuid, boolean, text, timestamptz) to staff;
--! EndIncluded functions/identity/decide_kyc_verification.sql

--! split: 050-system.sql
-- System and configuration: settings, flags and the logs of the platform.

create table public.system_settings (
  id uuid primary key default gen_random_uuid(),
  key text not null unique constraint system_settings_key_format check (key ~ '^[a-z_]+(\.[a-z_]+)+$'),
  value jsonb not null,
  value_type text not null references enums.setting_type,
  minimum numeric,
  maximum numeric,
  pattern text,
  description text,
  category text not null,
  is_public boolean not null default false,
  updated_by uuid references public.user_profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint system_settings_category_is_first_part check (category = split_part(key, '.', 1)),
  constraint system_settings_range_fits_type check (
    (value_type in ('integer', 'optional_integer', 'number', 'integer_list')) = (minimum is not null)
    and (minimum is null) = (maximum is null)
    and minimum <= maximum
  ),
  constraint system_settings_pattern_fits_type check ((value_type = 'text') = (pattern is not null))
);
alter table public.system_settings enable row level security;
select app_private.limit_numbers('public.system_settings', '{"minimum": "figure", "maximum": "figure"}');
create index system_settings_updated_by_idx on public.system_settings (updated_by);
select app_private.keep_timestamps('public.system_settings');
comment on table public.system_settings is
  'Numbers and texts that control the platform and can be changed without a release. The terms of a booking are copied onto it and do not change with the settings.';
comment on constraint system_settings_category_is_first_part on public.system_settings is
  'Category must be the part of the key before the first dot.';
comment on constraint system_settings_key_format on public.system_settings is
  'Key must have only small letters and underscores, with dots between its parts.';
comment on column public.system_settings.id is 'Identifies the setting.';
comment on column public.system_settings.key is
  'Name of the setting for programs, starting with its category, such as booking.currency.';
comment on column public.system_settings.value is
  'Value as JSON: number, text, boolean or list. The type says which; the description explains it and its unit.';
comment on column public.system_settings.value_type is 'Kind of value.';
comment on column public.system_settings.minimum is
  'Lowest allowed number; null where the value is no number.';
comment on column public.system_settings.maximum is
  'Highest allowed number; null where the value is no number.';
comment on column public.system_settings.pattern is
  'Regular expression that a text must match; null where the value is no text.';
comment on column public.system_settings.description is
  'What the value means and its unit; null when not given.';
comment on column public.system_settings.category is
  'First part of the key, such as booking or loyalty.';
comment on column public.system_settings.is_public is
  'Whether everyone may read it, anonymous users included.';
comment on column public.system_settings.updated_by is
  'User who changed it last; null when a migration or the platform did.';
create policy select_anon on public.system_settings for select to anon using (is_public);
create policy select_signed_in on public.system_settings for select to authenticated using (is_public);
create policy select_staff on public.system_settings for select to staff
  using (is_public or (select app_private.has_permission('settings.read')));
create policy update_staff on public.system_settings for update to staff
  using ((select app_private.has_permission('settings.update')))
  with check ((select app_private.has_permission('settings.update')));
grant select on public.system_settings to anon, authenticated, staff;
grant update (value, description, is_public) on public.system_settings to staff;

--! Included functions/settings/tg_system_settings__author.sql
create or replace function app_private.tg_system_settings__author() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  new.updated_by := auth.uid();
  return new;
end
$$;
comment on function app_private.tg_system_settings__author() is 'Records who changed a setting.';
revoke all on function app_private.tg_system_settings__author() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/settings/tg_system_settings__author.sql
create trigger _300_author before update on public.system_settings
  for each row execute function app_private.tg_system_settings__author();

--! Included functions/settings/setting_rule.sql
-- A wrong number here stops every booking at once, so it is refused when it is written, with a message that
-- says what is allowed.
create or replace function app_private.setting_rule(p_setting public.system_settings) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return case p_setting.value_type
    when 'integer' then format('a whole number from %s to %s', p_setting.minimum, p_setting.maximum)
    when 'optional_integer' then format('a whole number from %s to %s, or null', p_setting.minimum, p_setting.maximum)
    when 'number' then format('a number from %s to %s', p_setting.minimum, p_setting.maximum)
    when 'boolean' then 'true or false'
    when 'text' then 'a text that matches the pattern ' || p_setting.pattern
    when 'time_zone' then 'the name of a time zone, such as "Asia/Kolkata"'
    when 'integer_list' then format('a list of at most ten different whole numbers from %s to %s',
      p_setting.minimum, p_setting.maximum)
    when 'any' then 'anything'
  end;
end
$$;
comment on function app_private.setting_rule(public.system_settings) is
  'What values a setting allows, in words.';
revoke all on function app_private.setting_rule(public.system_settings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.setting_rule(public.system_settings) to staff;
--! EndIncluded functions/settings/setting_rule.sql

--! Included functions/settings/is_number_within.sql
create or replace function app_private.is_number_within(
  p_value jsonb, p_minimum numeric, p_maximum numeric, p_is_whole boolean
) returns boolean
language plpgsql immutable set search_path = '' as $$
declare
  v_number numeric;
begin
  if jsonb_typeof(p_value) <> 'number' then
    return false;
  end if;
  v_number := p_value;
  return v_number between p_minimum and p_maximum and (not p_is_whole or v_number = trunc(v_number));
end
$$;
comment on function app_private.is_number_within(jsonb, numeric, numeric, boolean) is
  'Whether a JSON value is a number in a range, and a whole number where that is required.';
revoke all on function app_private.is_number_within(jsonb, numeric, numeric, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.is_number_within(jsonb, numeric, numeric, boolean) to staff;
--! EndIncluded functions/settings/is_number_within.sql

--! Included functions/settings/setting_fits.sql
create or replace function app_private.setting_fits(p_setting public.system_settings) returns boolean
language plpgsql stable set search_path = '' as $$
declare
  v_value jsonb := p_setting.value;
  v_text text := p_setting.value #>> '{}';
begin
  case p_setting.value_type
    when 'integer' then
      return app_private.is_number_within(v_value, p_setting.minimum, p_setting.maximum, true);
    when 'optional_integer' then
      return v_value = 'null' or app_private.is_number_within(v_value, p_setting.minimum, p_setting.maximum, true);
    when 'number' then
      return app_private.is_number_within(v_value, p_setting.minimum, p_setting.maximum, false);
    when 'boolean' then
      return jsonb_typeof(v_value) = 'boolean';
    when 'text' then
      return jsonb_typeof(v_value) = 'string' and length(v_text) <= 1000 and v_text ~ p_setting.pattern;
    when 'time_zone' then
      return jsonb_typeof(v_value) = 'string'
        and exists (select from pg_catalog.pg_timezone_names z where z.name = v_text);
    when 'integer_list' then
      if jsonb_typeof(v_value) <> 'array' then
        return false;
      end if;
      return jsonb_array_length(v_value) <= 10
        and (select count(*) = count(distinct e) from jsonb_array_elements(v_value) e)
        and not exists (
          select from jsonb_array_elements(v_value) e
          where not app_private.is_number_within(e, p_setting.minimum, p_setting.maximum, true)
        );
    when 'any' then
      return true;
  end case;
end
$$;
comment on function app_private.setting_fits(public.system_settings) is
  'Whether a value fits the type and range of its setting.';
revoke all on function app_private.setting_fits(public.system_settings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.setting_fits(public.system_settings) to staff;
--! EndIncluded functions/settings/setting_fits.sql

--! Included functions/settings/tg_system_settings__validate.sql
create or replace function app_private.tg_system_settings__validate() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  if not app_private.setting_fits(new) then
    raise exception 'Value of the setting "%" must be %.', new.key, app_private.setting_rule(new)
      using errcode = 'OB058', column = 'value';
  end if;
  return new;
end
$$;
comment on function app_private.tg_system_settings__validate() is
  'Refuses a value that does not fit the type or range of its setting (OB058).';
revoke all on function app_private.tg_system_settings__validate() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/settings/tg_system_settings__validate.sql
-- A setting without a type is refused by its column.
create trigger _200_validate before insert or update on public.system_settings
  for each row when (new.value_type is not null) execute function app_private.tg_system_settings__validate();
-- Staff write settings with their own rights.

--! Included functions/settings/setting.sql
create or replace function app_private.setting(p_key text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_value jsonb;
begin
  select s.value into v_value from public.system_settings s where s.key = p_key;
  if not found then
    raise exception 'The setting % is missing. Restore it.', p_key using errcode = 'OB099';
  end if;
  return v_value;
end
$$;
comment on function app_private.setting(text) is
  'The value of a setting. Raises an error where there is none; it has no default of its own.';
revoke all on function app_private.setting(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/settings/setting.sql

create table public.schema_versions (
  version text primary key constraint schema_versions_format check (version ~ '^[0-9]+\.[0-9]+$'),
  migration text not null unique,
  released_on date not null,
  changes text not null,
  applied_at timestamptz not null default now()
);
alter table public.schema_versions enable row level security;
comment on table public.schema_versions is
  'History of the schema: each migration that creates a new version adds a row, and its rollback removes it.';
comment on column public.schema_versions.version is 'Number of the version, such as 1.7.';
comment on column public.schema_versions.migration is 'Name of the migration that created it.';
comment on column public.schema_versions.released_on is 'Day on which it was released.';
comment on column public.schema_versions.changes is 'What changed, in a few words.';
comment on column public.schema_versions.applied_at is 'When it was applied to this database.';
create policy select_anon on public.schema_versions for select to anon using (true);
create policy select_signed_in on public.schema_versions for select to authenticated using (true);
create policy select_staff on public.schema_versions for select to staff using (true);
grant select on public.schema_versions to anon, authenticated, staff;
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.0', 'clean-production-schema', '2025-01-15', 'Base schema: the sixty tables');

--! Included functions/settings/schema_version.sql
create or replace function public.schema_version() returns text
language sql stable set search_path = '' as $$
  select v.version from public.schema_versions v
  order by string_to_array(v.version, '.')::integer[] desc limit 1
$$;
comment on function public.schema_version() is 'Version of the schema of this database.';
revoke all on function public.schema_version() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.schema_version() to anon, authenticated, staff;
--! EndIncluded functions/settings/schema_version.sql

create table public.feature_flags (
  id uuid primary key default gen_random_uuid(),
  name text not null unique constraint feature_flags_name_format check (name ~ '^[a-z][a-z0-9_]*$'),
  description text,
  is_enabled boolean not null default false,
  rollout_percentage integer not null default 0
    constraint feature_flags_rollout_range check (rollout_percentage between 0 and 100),
  target_roles text[],
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.feature_flags enable row level security;
select app_private.keep_timestamps('public.feature_flags');
comment on table public.feature_flags is 'Features that can be switched on, and for whom.';
comment on constraint feature_flags_rollout_range on public.feature_flags is
  'Rollout percentage must be from 0 to 100.';
comment on constraint feature_flags_name_format on public.feature_flags is
  'Name must begin with a small letter and have only small letters, digits and underscores.';
comment on constraint feature_flags_name_key on public.feature_flags is
  'A feature already has this name. Choose another name.';
comment on column public.feature_flags.id is 'Identifies the feature flag.';
comment on column public.feature_flags.name is
  'Name of the feature for programs.';
comment on column public.feature_flags.description is 'What the feature does; null when not given.';
comment on column public.feature_flags.is_enabled is
  'Main switch: when false the feature is off for everyone.';
comment on column public.feature_flags.rollout_percentage is
  'Percentage of users who get the feature while it is enabled, 0 to 100.';
comment on column public.feature_flags.target_roles is
  'Codes of the roles that get the feature; null for no limit to roles.';
create policy select_staff on public.feature_flags for select to staff
  using ((select app_private.has_permission('feature_flags.read')));
create policy insert_staff on public.feature_flags for insert to staff
  with check ((select app_private.has_permission('feature_flags.update')));
create policy update_staff on public.feature_flags for update to staff
  using ((select app_private.has_permission('feature_flags.update')))
  with check ((select app_private.has_permission('feature_flags.update')));
create policy delete_staff on public.feature_flags for delete to staff
  using ((select app_private.has_permission('feature_flags.update')));
grant select, delete on public.feature_flags to staff;
grant insert (name, description, is_enabled, rollout_percentage, target_roles),
  update (description, is_enabled, rollout_percentage, target_roles)
  on public.feature_flags to staff;

create table public.audit_logs (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references public.user_profiles (id) on delete set null,
  action text not null check (action in ('insert', 'update', 'delete')),
  resource_type text not null,
  resource_id uuid,
  old_values jsonb,
  new_values jsonb,
  ip_address inet,
  user_agent text,
  request_id text,
  operator text,
  created_at timestamptz not null default now()
);
alter table public.audit_logs enable row level security;
select app_private.keep_timestamps('public.audit_logs');
create index audit_logs_user_id_idx on public.audit_logs (user_id, created_at desc);
create index audit_logs_created_at_idx on public.audit_logs (created_at desc, id);
-- What happened to this row?
create index audit_logs_resource_idx on public.audit_logs (resource_type, resource_id, created_at desc);
-- What did this request change? Changes that the platform makes by itself have no request and no entry here.
create index audit_logs_request_id_idx on public.audit_logs (request_id) where request_id is not null;
comment on table public.audit_logs is
  'Who changed what in audited tables, with old and new values. Written by the platform; no user can change or remove an entry.';
comment on column public.audit_logs.id is 'Identifies the entry.';
comment on column public.audit_logs.user_id is
  'User who made the change; null when the platform or an operator made it, or the account was deleted.';
comment on column public.audit_logs.action is 'The kind of change: insert, update or delete.';
comment on column public.audit_logs.resource_type is
  'Table in which the row changed, such as vendors.';
comment on column public.audit_logs.resource_id is
  'Id of the row that changed; for private details the id of the row that they describe.';
comment on column public.audit_logs.old_values is
  'Object with the values before: all values for a delete, the changed ones for an update; null otherwise. Secrets are ***.';
comment on column public.audit_logs.new_values is
  'Object with the values after: all values for an insert, the changed ones for an update; null otherwise. Secrets are ***.';
comment on column public.audit_logs.ip_address is
  'Network address of the request; null when not recorded.';
comment on column public.audit_logs.user_agent is
  'Browser or app of the request; null when not recorded.';
comment on column public.audit_logs.request_id is
  'Id of the request that made the change, as in the response header X-Request-Id and in the server log; null when not recorded.';
comment on column public.audit_logs.operator is
  'Who made the change on a direct database connection; null for requests and for changes that the platform made itself.';
create policy select_staff on public.audit_logs for select to staff
  using (
    id >= (select app_private.floor_uuid('audit_logs.read'))
    and created_at >= (select app_private.floor_instant('audit_logs.read'))
    and resource_type >= (select app_private.floor_text('audit_logs.read'))
  );
grant select on public.audit_logs to staff;
revoke insert, update, delete, truncate on public.audit_logs from service_role;

create table app_private.audit_redactions (
  table_name text not null,
  column_name text not null,
  primary key (table_name, column_name)
);
alter table app_private.audit_redactions enable row level security;
comment on table app_private.audit_redactions is
  'Columns whose values never reach the audit log: it records that they changed, but not from what to what.';
insert into app_private.audit_redactions values
  -- pay, account and document numbers, and files
  ('employee_private_details', 'basic_salary'),
  ('user_bank_details', 'account_number'),
  ('user_documents', 'document_number'),
  ('user_documents', 'file_url'),
  ('user_kyc_verification', 'verification_data'),
  ('therapist_private_details', 'bank_details'),
  ('vendor_private_details', 'gst_number'),
  ('vendor_private_details', 'pan_number'),
  ('vendor_applications', 'gst_number'),
  ('vendor_applications', 'pan_number'),
  ('vendor_private_details', 'registration_number'),
  ('vendor_documents', 'file_url'),
  ('therapist_leaves', 'documents'),
  -- entries of forms that ask for all of this
  ('vendor_applications', 'application_data'),
  -- home addresses and positions
  ('bookings', 'service_location'),
  ('user_profiles', 'address'),
  ('user_profiles', 'emergency_contact'),
  ('therapist_private_details', 'address'),
  ('therapist_private_details', 'emergency_contact'),
  ('vendor_applications', 'latitude'),
  ('vendor_applications', 'longitude');

--! Included functions/logs/redacted.sql
create or replace function app_private.redacted(p_table text, p_row jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return p_row || coalesce(
    (select jsonb_object_agg(r.column_name, '***')
     from app_private.audit_redactions r
     where r.table_name = p_table and p_row -> r.column_name not in ('null'::jsonb)),
    '{}'
  );
end
$$;
comment on function app_private.redacted(text, jsonb) is
  'A row as the audit log may keep it: values of redacted columns are replaced by ***.';
revoke all on function app_private.redacted(text, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/logs/redacted.sql

--! Included functions/logs/tg__audit.sql
create or replace function app_private.tg__audit() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_old jsonb;
  v_new jsonb;
  v_id uuid;
  v_changed jsonb;
begin
  if tg_op <> 'INSERT' then v_old := to_jsonb(old); end if;
  if tg_op <> 'DELETE' then v_new := to_jsonb(new); end if;
  v_id := coalesce(v_new, v_old) ->> tg_argv[0];
  if tg_op = 'UPDATE' then
    v_changed := app_private.changed_columns(v_old, v_new);
    if v_changed = '[]' then
      return null;
    end if;
    -- An update keeps only what it changed.
    select jsonb_object_agg(c, v_old -> c), jsonb_object_agg(c, v_new -> c)
      into v_old, v_new
      from jsonb_array_elements_text(v_changed) c;
  end if;
  -- Most changes have nothing to hide: one check costs less than two calls.
  if exists (
    select from app_private.audit_redactions r
    where r.table_name = tg_table_name::text and coalesce(v_new, v_old) ? r.column_name
  ) then
    v_old := app_private.redacted(tg_table_name, v_old);
    v_new := app_private.redacted(tg_table_name, v_new);
  end if;
  insert into public.audit_logs (
    user_id, action, resource_type, resource_id, old_values, new_values,
    ip_address, user_agent, request_id, operator
  )
  values (
    (select p.id from public.user_profiles p where p.id = auth.uid()),
    lower(tg_op),
    tg_table_name,
    v_id,
    v_old,
    v_new,
    nullif(current_setting('request.address', true), '')::inet,
    nullif(current_setting('request.agent', true), ''),
    nullif(current_setting('request.id', true), ''),
    nullif(current_setting('request.operator', true), '')
  );
  return null;
end
$$;
comment on function app_private.tg__audit() is
  'Writes the audit row of a change. Its argument names the column that identifies the row.';
revoke all on function app_private.tg__audit() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/logs/tg__audit.sql

create table public.error_logs (
  id uuid primary key default gen_random_uuid(),
  error_type text not null,
  error_message text not null,
  stack_trace text,
  user_id uuid references public.user_profiles (id) on delete set null,
  request_data jsonb,
  severity text not null default 'error' references enums.error_severity,
  resolved boolean not null default false,
  created_at timestamptz not null default now()
);
alter table public.error_logs enable row level security;
select app_private.keep_timestamps('public.error_logs');
create index error_logs_user_id_idx on public.error_logs (user_id);
create index error_logs_created_at_idx on public.error_logs (created_at desc, id);
-- The list of errors to work through.
create index error_logs_unresolved_idx on public.error_logs (created_at desc) where not resolved;
comment on table public.error_logs is 'Errors that were not caused by the caller.';
comment on column public.error_logs.id is 'Identifies the error.';
comment on column public.error_logs.error_type is 'Class or code by which similar errors are grouped.';
comment on column public.error_logs.error_message is 'What went wrong, for developers.';
comment on column public.error_logs.stack_trace is
  'Where in the program it happened; null when not known.';
comment on column public.error_logs.user_id is
  'User for whom the request ran; null for anonymous users and background jobs.';
comment on column public.error_logs.request_data is
  'Object that describes the request or job, without secrets; null when not recorded.';
comment on column public.error_logs.severity is 'How severe the error is.';
comment on column public.error_logs.resolved is 'Whether the error was dealt with.';
create policy select_staff on public.error_logs for select to staff
  using (
    id >= (select app_private.floor_uuid('error_logs.read'))
    and created_at >= (select app_private.floor_instant('error_logs.read'))
  );
create policy update_staff on public.error_logs for update to staff
  using ((select app_private.has_permission('error_logs.update')))
  with check ((select app_private.has_permission('error_logs.update')));
grant select on public.error_logs to staff;
grant update (resolved) on public.error_logs to staff;

create table public.user_activity_log (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references public.user_profiles (id) on delete set null,
  action text not null,
  page_path text,
  metadata jsonb not null default '{}',
  session_id text,
  created_at timestamptz not null default now()
);
alter table public.user_activity_log enable row level security;
select app_private.keep_timestamps('public.user_activity_log');
alter table public.user_activity_log alter column user_id set (n_distinct = -1);
create index user_activity_log_user_id_idx on public.user_activity_log (user_id, created_at desc);
create index user_activity_log_created_at_idx on public.user_activity_log (created_at desc, id);
comment on table public.user_activity_log is 'Pages that were shown and actions that were taken, for analytics.';
comment on column public.user_activity_log.id is 'Identifies the entry.';
comment on column public.user_activity_log.user_id is
  'User who acted; null for anonymous users and deleted accounts.';
comment on column public.user_activity_log.action is 'What was done, such as a page view.';
comment on column public.user_activity_log.page_path is
  'Path of the page in the app; null when the action has none.';
comment on column public.user_activity_log.metadata is
  'Object with details of the action; empty when there are none.';
comment on column public.user_activity_log.session_id is
  'Id of the visit, given by the app, to group entries; null when not known.';
create policy select_own on public.user_activity_log for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_staff on public.user_activity_log for select to staff
  using (
    id >= (select app_private.floor_uuid('activity.read'))
    and created_at >= (select app_private.floor_instant('activity.read'))
  );
grant select on public.user_activity_log to authenticated, staff;

create table public.notifications (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  type text not null references enums.notification_type,
  title text not null,
  message text not null,
  data jsonb not null default '{}',
  channels text[] not null default array['push', 'in_app']
    constraint notifications_channels_known check (channels <@ array['in_app', 'push', 'sms', 'email']),
  is_read boolean not null default false,
  read_at timestamptz,
  created_at timestamptz not null default now(),
  priority text not null default 'normal' references enums.notification_priority,
  action_url text,
  metadata jsonb not null default '{}',
  constraint notifications_read_at_when_read check (is_read = (read_at is not null))
);
alter table public.notifications enable row level security;
select app_private.keep_timestamps('public.notifications');
alter table public.notifications alter column user_id set (n_distinct = -1);
create index notifications_user_id_idx on public.notifications (user_id, created_at desc);
-- The number on the notification bell.
create index notifications_unread_idx on public.notifications (user_id) where not is_read;
comment on table public.notifications is 'Notifications of users. Each user sees only their own.';
comment on constraint notifications_read_at_when_read on public.notifications is
  'A read notification needs the time of reading, and an unread one must not have it. Leave that time out.';
comment on constraint notifications_channels_known on public.notifications is
  'Channels must be any of in-app, push, SMS and e-mail.';
comment on column public.notifications.id is 'Identifies the notification.';
comment on column public.notifications.user_id is 'User who receives the notification.';
comment on column public.notifications.type is 'What the notification is about.';
comment on column public.notifications.title is 'Heading, ready to display.';
comment on column public.notifications.message is 'Text, ready to display.';
comment on column public.notifications.data is
  'Object with what the app needs to open the subject, such as ids; empty when there is nothing.';
comment on column public.notifications.channels is
  'Channels by which it is sent: in the app, push message, text message, e-mail.';
comment on column public.notifications.is_read is
  'Whether the user has read it; set by the user.';
comment on column public.notifications.read_at is 'When it was first read; null until then.';
comment on column public.notifications.priority is 'How urgent it is.';
comment on column public.notifications.action_url is
  'Link or path to open when the user taps it; null when there is nothing to open.';
comment on column public.notifications.metadata is
  'Object with details of its origin, not for display; empty when there are none.';
create policy select_own on public.notifications for select to authenticated
  using (user_id = (select auth.uid()));
create policy update_own on public.notifications for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy select_own_staff on public.notifications for select to staff
  using (user_id = (select auth.uid()));
create policy update_own_staff on public.notifications for update to staff
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
grant select on public.notifications to authenticated, staff;
grant update (is_read) on public.notifications to authenticated, staff;

--! Included functions/messages/tg_notifications__read_at.sql
create or replace function app_private.tg_notifications__read_at() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  new.read_at := case when new.is_read then coalesce(old.read_at, now()) end;
  return new;
end
$$;
comment on function app_private.tg_notifications__read_at() is
  'Records when a notification was first read.';
revoke all on function app_private.tg_notifications__read_at() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tg_notifications__read_at.sql
create trigger _300_read_at before update of is_read on public.notifications
  for each row execute function app_private.tg_notifications__read_at();

--! Included functions/messages/mark_all_notifications_read.sql
create or replace function public.mark_all_notifications_read() returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_count integer;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  update public.notifications set is_read = true
  where user_id = (select auth.uid()) and not is_read;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function public.mark_all_notifications_read() is
  'Marks all notifications of the signed-in user as read and returns how many there were. Raises OB001.';
revoke all on function public.mark_all_notifications_read() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.mark_all_notifications_read() to authenticated, staff;
--! EndIncluded functions/messages/mark_all_notifications_read.sql

--! split: 060-places.sql
-- Location and geography. Everyone may read where the platform works.

create table public.countries (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  code text not null unique constraint countries_code_format check (code ~ '^[A-Z]{2}$'),
  phone_code text constraint countries_phone_code_format check (phone_code ~ '^\+[1-9][0-9]{0,3}$'),
  currency text not null default 'INR' check (currency ~ '^[A-Z]{3}$'),
  is_active boolean not null default true,
  created_at timestamptz not null default now()
);
alter table public.countries enable row level security;
select app_private.keep_timestamps('public.countries');
comment on table public.countries is 'Countries by ISO 3166-1 code.';
comment on constraint countries_currency_check on public.countries is
  'Currency must be three capital letters, such as INR.';
comment on constraint countries_phone_code_format on public.countries is
  'Phone code must be a plus sign and one to four digits, such as +91.';
comment on constraint countries_code_format on public.countries is
  'Code must be two capital letters, such as IN.';
comment on column public.countries.id is 'Identifies the country.';
comment on column public.countries.name is 'English name of the country.';
comment on column public.countries.code is 'ISO 3166-1 code with two letters, such as IN.';
comment on column public.countries.phone_code is
  'Prefix of telephone numbers, such as +91; null when not recorded.';
comment on column public.countries.currency is 'ISO 4217 code of the currency, such as INR.';
comment on column public.countries.is_active is 'Whether the platform works there.';

create table public.states (
  id uuid primary key default gen_random_uuid(),
  country_id uuid not null references public.countries (id) on delete restrict,
  name text not null,
  code text not null,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  unique (country_id, code),
  unique (country_id, name)
);
alter table public.states enable row level security;
select app_private.keep_timestamps('public.states');
comment on table public.states is
  'States and union territories, by the second part of their ISO 3166-2 code.';
comment on column public.states.id is 'Identifies the state or union territory.';
comment on column public.states.country_id is 'Country of the state or union territory.';
comment on column public.states.name is 'Official English name.';
comment on column public.states.code is
  'Part of the ISO 3166-2 code after the country, such as MH.';
comment on column public.states.is_active is 'Whether the platform works there.';

create table public.cities (
  id uuid primary key default gen_random_uuid(),
  state_id uuid not null references public.states (id) on delete restrict,
  name text not null,
  latitude public.latitude,
  longitude public.longitude,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  unique (state_id, name)
);
alter table public.cities enable row level security;
select app_private.keep_timestamps('public.cities');
comment on table public.cities is 'Cities with their centre.';
comment on column public.cities.id is 'Identifies the city.';
comment on column public.cities.state_id is 'State or union territory of the city.';
comment on column public.cities.name is 'Official name in its state, such as Prayagraj.';
comment on column public.cities.latitude is
  'Degrees north of its centre (WGS 84); null when not recorded.';
comment on column public.cities.longitude is
  'Degrees east of its centre (WGS 84); null when not recorded.';
comment on column public.cities.is_active is 'Whether the platform works there.';

create table public.zones (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  city_id uuid references public.cities (id) on delete restrict,
  coordinates polygon constraint zones_coordinates_range
    check (box(coordinates) <@ box '((-180, -90), (180, 90))'),
  is_serviceable boolean not null default true,
  service_charge numeric(10, 2) not null default 0,
  created_at timestamptz not null default now(),
  unique (city_id, name)
);
alter table public.zones enable row level security;
select app_private.keep_timestamps('public.zones');
select app_private.limit_numbers('public.zones', '{"service_charge": "amount"}');
-- Which zone contains this point?
create index zones_coordinates_idx on public.zones using gist (coordinates);
comment on table public.zones is
  'Parts of a city where home services are offered. Corners are (longitude, latitude).';
comment on column public.zones.id is 'Identifies the zone.';
comment on column public.zones.name is 'Name of the area, unique within its city.';
comment on column public.zones.city_id is
  'City of the zone; null when it belongs to none.';
comment on column public.zones.coordinates is
  'Outline as a polygon of (longitude, latitude) corners in degrees; null until drawn.';
comment on constraint zones_coordinates_range on public.zones is
  'Coordinates must be longitudes from -180 to 180 and latitudes from -90 to 90.';
comment on column public.zones.is_serviceable is 'Whether home services are offered there now.';
comment on column public.zones.service_charge is
  'Rupees added for a home service in this zone, before GST.';

create table public.pincode_master (
  id uuid primary key default gen_random_uuid(),
  pincode public.pincode not null unique,
  city_id uuid references public.cities (id) on delete restrict,
  zone_id uuid references public.zones (id) on delete set null,
  is_serviceable boolean not null default true,
  delivery_charge numeric(10, 2) not null default 0,
  created_at timestamptz not null default now()
);
alter table public.pincode_master enable row level security;
select app_private.keep_timestamps('public.pincode_master');
select app_private.limit_numbers('public.pincode_master', '{"delivery_charge": "amount"}');
create index pincode_master_city_id_idx on public.pincode_master (city_id);
create index pincode_master_zone_id_idx on public.pincode_master (zone_id);
comment on table public.pincode_master is
  'Postal codes where the platform works. Other postal codes are not served.';
comment on column public.pincode_master.id is 'Identifies the entry.';
comment on column public.pincode_master.pincode is 'Postal code of six digits.';
comment on column public.pincode_master.city_id is 'City of the postal code; null when not recorded.';
comment on column public.pincode_master.zone_id is 'Zone of the postal code; null when it is in none.';
comment on column public.pincode_master.is_serviceable is
  'Whether home services are offered there now.';
comment on column public.pincode_master.delivery_charge is
  'Rupees added for a home service at this postal code, before GST.';

create policy select_anon on public.countries for select to anon using (true);
create policy select_signed_in on public.countries for select to authenticated using (true);
create policy select_staff on public.countries for select to staff using (true);
create policy select_anon on public.states for select to anon using (true);
create policy select_signed_in on public.states for select to authenticated using (true);
create policy select_staff on public.states for select to staff using (true);
create policy select_anon on public.cities for select to anon using (true);
create policy select_signed_in on public.cities for select to authenticated using (true);
create policy select_staff on public.cities for select to staff using (true);
create policy select_anon on public.zones for select to anon using (true);
create policy select_signed_in on public.zones for select to authenticated using (true);
create policy select_staff on public.zones for select to staff using (true);
create policy select_anon on public.pincode_master for select to anon using (true);
create policy select_signed_in on public.pincode_master for select to authenticated using (true);
create policy select_staff on public.pincode_master for select to staff using (true);
grant select on public.countries, public.states, public.cities, public.zones, public.pincode_master
  to anon, authenticated, staff;

-- Staff who open new places write all of them. What a country or a state is called in programs stays.
create policy insert_staff on public.countries for insert to staff
  with check ((select app_private.has_permission('places.update')));
create policy update_staff on public.countries for update to staff
  using ((select app_private.has_permission('places.update')))
  with check ((select app_private.has_permission('places.update')));
grant insert (name, code, phone_code, currency, is_active) on public.countries to staff;
grant update (name, phone_code, currency, is_active) on public.countries to staff;
create policy insert_staff on public.states for insert to staff
  with check ((select app_private.has_permission('places.update')));
create policy update_staff on public.states for update to staff
  using ((select app_private.has_permission('places.update')))
  with check ((select app_private.has_permission('places.update')));
grant insert (country_id, name, code, is_active) on public.states to staff;
grant update (name, is_active) on public.states to staff;
create policy insert_staff on public.cities for insert to staff
  with check ((select app_private.has_permission('places.update')));
create policy update_staff on public.cities for update to staff
  using ((select app_private.has_permission('places.update')))
  with check ((select app_private.has_permission('places.update')));
create policy insert_staff on public.zones for insert to staff
  with check ((select app_private.has_permission('places.update')));
create policy update_staff on public.zones for update to staff
  using ((select app_private.has_permission('places.update')))
  with check ((select app_private.has_permission('places.update')));
create policy delete_staff on public.zones for delete to staff
  using ((select app_private.has_permission('places.update')));
create policy insert_staff on public.pincode_master for insert to staff
  with check ((select app_private.has_permission('places.update')));
create policy update_staff on public.pincode_master for update to staff
  using ((select app_private.has_permission('places.update')))
  with check ((select app_private.has_permission('places.update')));
create policy delete_staff on public.pincode_master for delete to staff
  using ((select app_private.has_permission('places.update')));
grant insert (state_id, name, latitude, longitude, is_active),
  update (name, latitude, longitude, is_active) on public.cities to staff;
grant insert (name, city_id, coordinates, is_serviceable, service_charge),
  update (name, coordinates, is_serviceable, service_charge) on public.zones to staff;
grant insert (pincode, city_id, zone_id, is_serviceable, delivery_charge),
  update (city_id, zone_id, is_serviceable, delivery_charge) on public.pincode_master to staff;
grant delete on public.zones, public.pincode_master to staff;

--! split: 070-services.sql
-- The catalogue: what can be booked. Everyone can read it; users with catalogue.update maintain it.

create table public.service_categories (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null unique constraint service_categories_slug_format
    check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  description text,
  icon text,
  image_url text,
  display_order integer not null default 0,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.service_categories enable row level security;
select app_private.keep_timestamps('public.service_categories');
comment on table public.service_categories is 'Groups of services.';
comment on constraint service_categories_slug_format on public.service_categories is
  'Slug must have only small letters and digits, with hyphens between words.';
comment on constraint service_categories_slug_key on public.service_categories is
  'A service category already has this slug. Choose another slug.';
comment on column public.service_categories.id is 'Identifies the category.';
comment on column public.service_categories.name is
  'Title to display, such as Facial & Skin Care.';
comment on column public.service_categories.slug is
  'Fixed name for links, in lower case with hyphens.';
comment on column public.service_categories.description is
  'What the category contains, one sentence for customers; null when not given.';
comment on column public.service_categories.icon is
  'Name of a Material icon, such as spa; null when there is none.';
comment on column public.service_categories.image_url is 'URL of a picture; null when there is none.';
comment on column public.service_categories.display_order is 'Position in lists, lowest first.';
comment on column public.service_categories.is_active is
  'Whether it is offered. Anonymous users see only active ones.';

create table public.services (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null unique constraint services_slug_format
    check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  category_id uuid references public.service_categories (id) on delete restrict,
  description text,
  short_description text,
  benefits text[],
  duration integer not null constraint services_duration_range check (duration between 5 and 720),
  base_price numeric(10, 2) not null,
  discounted_price numeric(10, 2)
    constraint services_discounted_price_is_lower check (discounted_price between 0 and base_price),
  image_url text,
  images text[],
  techniques text,
  focus_areas text[],
  contraindications text,
  is_popular boolean not null default false,
  is_featured boolean not null default false,
  is_active boolean not null default true,
  display_order integer not null default 0,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.services enable row level security;
select app_private.limit_numbers('public.services', '{
  "base_price": "amount", "discounted_price": "amount"
}');
create index services_category_id_idx on public.services (category_id, display_order);
select app_private.keep_timestamps('public.services');
comment on table public.services is
  'What can be booked: duration in minutes and price in rupees before GST, unless a vendor has its own.';
comment on column public.services.id is 'Identifies the service.';
comment on column public.services.name is 'Title to display.';
comment on column public.services.slug is 'Fixed name for links, in lower case with hyphens.';
comment on column public.services.category_id is
  'Category of the service; null for none.';
comment on column public.services.description is
  'What happens during the service, for its own page; null when not given.';
comment on column public.services.short_description is 'One sentence for lists; null when not given.';
comment on column public.services.benefits is
  'Benefits of the service, one per entry; null when not given.';
comment on column public.services.duration is
  'Duration in minutes, unless a vendor has its own.';
comment on column public.services.base_price is
  'Price in rupees before GST, unless a vendor has its own.';
comment on column public.services.discounted_price is
  'Price in rupees before GST while on offer, instead of basePrice; null when not on offer.';
comment on column public.services.image_url is 'URL of the main picture; null when there is none.';
comment on column public.services.images is 'URLs of further pictures; null when there are none.';
comment on column public.services.techniques is
  'Techniques that are used, for experts; null when not given.';
comment on column public.services.focus_areas is
  'Parts of the body that it treats; null when not given.';
comment on column public.services.contraindications is
  'Who should not book it; null when not given.';
comment on column public.services.is_popular is
  'Whether apps mark it as popular; set by catalogue staff.';
comment on column public.services.is_featured is
  'Whether apps feature it; set by catalogue staff.';
comment on column public.services.is_active is 'Whether it can be booked. Anonymous users see only active ones.';
comment on column public.services.display_order is 'Position within its category, lowest first.';
comment on column public.services.metadata is 'Object with further data for apps; empty when there is none.';
comment on constraint services_discounted_price_is_lower on public.services is
  'Discounted price must not be above the base price.';
comment on constraint services_slug_format on public.services is
  'Slug must have only small letters and digits, with hyphens between words.';
comment on constraint services_duration_range on public.services is
  'Duration must be from 5 to 720 minutes.';
comment on constraint services_slug_key on public.services is
  'A service already has this slug. Choose another slug.';

create table public.addon_services (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  description text,
  duration integer not null check (duration between 0 and 240),
  price numeric(10, 2) not null,
  image_url text,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.addon_services enable row level security;
select app_private.limit_numbers('public.addon_services', '{"price": "amount"}');
select app_private.keep_timestamps('public.addon_services');
comment on table public.addon_services is 'Add-ons that can be booked with a service.';
comment on constraint addon_services_duration_check on public.addon_services is
  'Duration must be from 0 to 240 minutes.';
comment on constraint addon_services_name_key on public.addon_services is
  'An add-on service already has this name. Choose another name.';
comment on column public.addon_services.id is 'Identifies the add-on.';
comment on column public.addon_services.name is 'Title to display, such as Steam Bath.';
comment on column public.addon_services.description is
  'What the add-on is, for customers; null when not given.';
comment on column public.addon_services.duration is
  'Minutes that the add-on takes; 0 when it takes no extra time.';
comment on column public.addon_services.price is 'Rupees before GST that the add-on costs.';
comment on column public.addon_services.image_url is 'URL of a picture; null without one.';
comment on column public.addon_services.is_active is
  'Whether it can be booked. Anonymous users see only active ones.';

create table public.service_packages (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null unique constraint service_packages_slug_format
    check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  description text,
  service_ids uuid[] not null constraint service_packages_not_empty check (cardinality(service_ids) > 0),
  addon_ids uuid[],
  total_duration integer not null check (total_duration > 0),
  package_price numeric(10, 2) not null,
  discount_percentage numeric(5, 2) not null default 0,
  image_url text,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.service_packages enable row level security;
select app_private.limit_numbers('public.service_packages', '{
  "package_price": "amount", "discount_percentage": "rate"
}');
select app_private.keep_timestamps('public.service_packages');
comment on table public.service_packages is 'Several services sold together.';
comment on constraint service_packages_not_empty on public.service_packages is
  'A package must contain at least one service. Add a service.';
comment on constraint service_packages_total_duration_check on public.service_packages is
  'Total duration must be greater than 0 minutes.';
comment on constraint service_packages_slug_format on public.service_packages is
  'Slug must have only small letters and digits, with hyphens between words.';
comment on constraint service_packages_slug_key on public.service_packages is
  'A package already has this slug. Choose another slug.';
comment on column public.service_packages.id is 'Identifies the package.';
comment on column public.service_packages.name is 'Title to display, such as Weekend Unwind.';
comment on column public.service_packages.slug is
  'Fixed name for links, in lower case with hyphens.';
comment on column public.service_packages.description is
  'What the package contains, for customers; null when not given.';
comment on column public.service_packages.service_ids is
  'Ids of its services, in the order in which they are performed; at least one.';
comment on column public.service_packages.addon_ids is 'Ids of its add-ons; null when there are none.';
comment on column public.service_packages.total_duration is
  'Duration in minutes of all its services and add-ons.';
comment on column public.service_packages.package_price is
  'Price in rupees before GST for the whole package, with the discount already taken off.';
comment on column public.service_packages.discount_percentage is
  'Percentage by which packagePrice is below the prices of its parts, 0 to 100, for display.';
comment on column public.service_packages.image_url is 'URL of a picture; null without one.';
comment on column public.service_packages.is_active is
  'Whether it can be booked. Anonymous users see only active ones.';

--! Included functions/catalogue/tg_service_packages__members.sql
-- An array cannot have a foreign key; this trigger replaces it.
create or replace function app_private.tg_service_packages__members() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (
    select from unnest(new.service_ids) m (id)
    where not exists (select from public.services s where s.id = m.id)
  ) or exists (
    select from unnest(new.addon_ids) m (id)
    where not exists (select from public.addon_services a where a.id = m.id)
  ) then
    raise exception 'The package contains a service or add-on that does not exist. Remove it from the package.'
      using errcode = 'OB003';
  end if;
  return new;
end
$$;
comment on function app_private.tg_service_packages__members() is
  'Refuses a package whose services or add-ons do not exist.';
revoke all on function app_private.tg_service_packages__members() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/catalogue/tg_service_packages__members.sql
create trigger _200_validate before insert or update of service_ids, addon_ids
  on public.service_packages
  for each row execute function app_private.tg_service_packages__members();

create policy select_anon on public.service_categories for select to anon using (is_active);
create policy select_signed_in on public.service_categories for select to authenticated using (true);
create policy select_staff on public.service_categories for select to staff using (true);
create policy select_anon on public.services for select to anon using (is_active);
-- Signed-in users also see what is no longer offered, because their old bookings refer to it.
create policy select_signed_in on public.services for select to authenticated using (true);
create policy select_staff on public.services for select to staff using (true);
create policy select_anon on public.addon_services for select to anon using (is_active);
create policy select_signed_in on public.addon_services for select to authenticated using (true);
create policy select_staff on public.addon_services for select to staff using (true);
create policy select_anon on public.service_packages for select to anon using (is_active);
create policy select_signed_in on public.service_packages for select to authenticated using (true);
create policy select_staff on public.service_packages for select to staff using (true);
grant select on public.service_categories, public.services, public.addon_services,
  public.service_packages to anon, authenticated, staff;

create policy insert_staff on public.service_categories for insert to staff
  with check ((select app_private.has_permission('catalogue.update')));
create policy update_staff on public.service_categories for update to staff
  using ((select app_private.has_permission('catalogue.update')))
  with check ((select app_private.has_permission('catalogue.update')));
create policy insert_staff on public.services for insert to staff
  with check ((select app_private.has_permission('catalogue.update')));
create policy update_staff on public.services for update to staff
  using ((select app_private.has_permission('catalogue.update')))
  with check ((select app_private.has_permission('catalogue.update')));
create policy insert_staff on public.addon_services for insert to staff
  with check ((select app_private.has_permission('catalogue.update')));
create policy update_staff on public.addon_services for update to staff
  using ((select app_private.has_permission('catalogue.update')))
  with check ((select app_private.has_permission('catalogue.update')));
create policy insert_staff on public.service_packages for insert to staff
  with check ((select app_private.has_permission('catalogue.update')));
create policy update_staff on public.service_packages for update to staff
  using ((select app_private.has_permission('catalogue.update')))
  with check ((select app_private.has_permission('catalogue.update')));
-- Withheld: delete. A service that was ever booked is switched off, not removed.
grant insert (name, slug, description, icon, image_url, display_order, is_active),
  update (name, slug, description, icon, image_url, display_order, is_active)
  on public.service_categories to staff;
grant insert (name, slug, category_id, description, short_description, benefits, duration,
    base_price, discounted_price, image_url, images, techniques, focus_areas, contraindications,
    is_popular, is_featured, is_active, display_order, metadata),
  update (name, slug, category_id, description, short_description, benefits, duration,
    base_price, discounted_price, image_url, images, techniques, focus_areas, contraindications,
    is_popular, is_featured, is_active, display_order, metadata)
  on public.services to staff;
grant insert (name, description, duration, price, image_url, is_active),
  update (name, description, duration, price, image_url, is_active)
  on public.addon_services to staff;
grant insert (name, slug, description, service_ids, addon_ids, total_duration, package_price,
    discount_percentage, image_url, is_active),
  update (name, slug, description, service_ids, addon_ids, total_duration, package_price,
    discount_percentage, image_url, is_active)
  on public.service_packages to staff;

--! Included functions/catalogue/services_price.sql
create or replace function public.services_price(service public.services) returns numeric
language sql stable set search_path = '' as $$
  select coalesce(service.discounted_price, service.base_price)
$$;
comment on function public.services_price(public.services) is
  'Price of the service today in the catalogue, in rupees before GST; the discounted price if there is one.';
revoke all on function public.services_price(public.services) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.services_price(public.services) to anon, authenticated, staff;
--! EndIncluded functions/catalogue/services_price.sql
--! Included functions/catalogue/service_packages_services.sql
create or replace function public.service_packages_services(package public.service_packages)
returns setof public.services
language sql stable set search_path = '' as $$
  select s.* from unnest(package.service_ids) with ordinality m (id, position)
  join public.services s on s.id = m.id
  order by m.position
$$;
comment on function public.service_packages_services(public.service_packages) is
  'The services of the package, in order.';
revoke all on function public.service_packages_services(public.service_packages) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.service_packages_services(public.service_packages) to anon, authenticated, staff;
--! EndIncluded functions/catalogue/service_packages_services.sql

--! split: 080-vendors.sql
-- Vendors: businesses, and applications to become one. What customers see is in vendors; what only the vendor
-- and the platform see is in vendor_private_details.

--! Included functions/vendors/numbered.sql
create or replace function app_private.numbered(p_prefix text, p_number bigint, p_digits integer) returns text
language sql immutable set search_path = '' as $$
  select p_prefix || lpad(p_number::text, greatest(p_digits, length(p_number::text)), '0')
$$;
comment on function app_private.numbered(text, bigint, integer) is
  'A number with a prefix and at least p_digits digits. A longer number keeps all of its digits.';
revoke all on function app_private.numbered(text, bigint, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/numbered.sql

create sequence app_private.vendor_application_numbers;

--! Included functions/vendors/next_application_number.sql
create or replace function app_private.next_application_number() returns text
language sql volatile security definer set search_path = '' as $$
  select app_private.numbered('APP', nextval('app_private.vendor_application_numbers'), 6)
$$;
comment on function app_private.next_application_number() is
  'APP and at least six digits from a sequence: never repeated, gaps are possible.';
revoke all on function app_private.next_application_number() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.next_application_number() to authenticated;
--! EndIncluded functions/vendors/next_application_number.sql

create table public.vendor_applications (
  id uuid primary key default gen_random_uuid(),
  application_number text not null unique default app_private.next_application_number(),
  user_id uuid not null default auth.uid() references public.user_profiles (id) on delete restrict,
  business_name text not null check (length(trim(business_name)) between 2 and 200),
  business_type text not null references enums.business_type,
  contact_person text not null,
  contact_mobile public.mobile_number not null,
  contact_email public.email_address not null,
  address_line1 text not null,
  address_line2 text,
  city text not null,
  state text not null,
  pincode public.pincode not null,
  latitude public.latitude,
  longitude public.longitude,
  gst_number public.gstin,
  pan_number public.pan,
  years_in_business integer constraint vendor_applications_years_in_business_at_least_one
    check (years_in_business between 1 and 200),
  number_of_staff integer check (number_of_staff >= 0),
  description text,
  application_data jsonb not null default '{}',
  signup_type text not null default 'detailed' references enums.application_signup_type,
  status text not null default 'pending' references enums.vendor_application_status,
  current_approval_stage integer not null default 1 check (current_approval_stage between 1 and 5),
  applied_date timestamptz not null default now(),
  reviewed_by uuid references public.user_profiles (id) on delete set null,
  reviewed_at timestamptz,
  rejection_reason text,
  review_notes text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint vendor_applications_rejected_with_reason
    check (status <> 'rejected' or length(trim(coalesce(rejection_reason, ''))) > 0)
);
alter table public.vendor_applications enable row level security;
-- One open application per user.
create unique index vendor_applications_one_open_key on public.vendor_applications (user_id)
  where status not in ('approved', 'rejected');
create index vendor_applications_user_id_idx on public.vendor_applications (user_id);
create index vendor_applications_reviewed_by_idx on public.vendor_applications (reviewed_by);
-- The reviewers' queue, oldest first.
create index vendor_applications_status_idx on public.vendor_applications (status, applied_date);
select app_private.keep_timestamps('public.vendor_applications');
comment on table public.vendor_applications is
  'Applications to become a vendor. The applicant edits it before submission and while more information is requested; employees decide on it.';
comment on column public.vendor_applications.id is 'Identifies the application.';
comment on column public.vendor_applications.application_number is
  'Number of the application for people to quote: APP and at least six digits.';
comment on column public.vendor_applications.user_id is 'User who applies.';
comment on column public.vendor_applications.business_name is
  'Trading name of the business, 2 to 200 characters.';
comment on column public.vendor_applications.business_type is 'Kind of business.';
comment on column public.vendor_applications.contact_person is 'Name of the person who is responsible for the application.';
comment on column public.vendor_applications.contact_mobile is
  'Mobile number of the contact person in E.164 form, such as +919876543210.';
comment on column public.vendor_applications.contact_email is
  'E-mail address of the contact person, in lower case.';
comment on column public.vendor_applications.address_line1 is 'House and street of the business.';
comment on column public.vendor_applications.address_line2 is
  'Floor, area or similar; null when there is none.';
comment on column public.vendor_applications.city is 'Name of the city, as entered by the applicant.';
comment on column public.vendor_applications.state is
  'Name of the state or union territory, as entered by the applicant.';
comment on column public.vendor_applications.pincode is 'Postal code of six digits.';
comment on column public.vendor_applications.latitude is
  'Degrees north of the premises (WGS 84); null when not given.';
comment on column public.vendor_applications.longitude is
  'Degrees east of the premises (WGS 84); null when not given.';
comment on column public.vendor_applications.gst_number is
  'GSTIN of 15 characters; null when not registered or not given.';
comment on column public.vendor_applications.pan_number is
  'PAN of 10 characters; null when not given.';
comment on column public.vendor_applications.years_in_business is
  'Whole years in business, at least 1; null until given.';
comment on column public.vendor_applications.number_of_staff is
  'How many people work there; null until given.';
comment on column public.vendor_applications.description is
  'The applicant''s description of the business; null until given.';
comment on column public.vendor_applications.application_data is
  'Object with further answers of the form; empty when there are none.';
comment on column public.vendor_applications.signup_type is
  'Whether it began as quick sign-up or full application.';
comment on column public.vendor_applications.status is
  'State of the application; changed only by submitting it and by reviewers.';
comment on column public.vendor_applications.current_approval_stage is
  'Step of the approval, from 1 to 5; set by the platform.';
comment on column public.vendor_applications.applied_date is 'When the application was begun.';
comment on column public.vendor_applications.reviewed_by is
  'User who reviewed it last; null before the first review.';
comment on column public.vendor_applications.reviewed_at is
  'When it was last reviewed; null before the first review.';
comment on column public.vendor_applications.rejection_reason is
  'Why it was rejected, for the applicant; null unless it was.';
comment on column public.vendor_applications.review_notes is
  'Notes of the last reviewer, which the applicant can read; null when there are none.';
comment on index public.vendor_applications_one_open_key is
  'You already have an open application. Continue with it, or wait for the decision.';
comment on constraint vendor_applications_years_in_business_at_least_one on public.vendor_applications is
  'Years in business must be 1 or more.';
comment on constraint vendor_applications_business_name_check on public.vendor_applications is
  'Business name must have 2 to 200 characters.';
comment on constraint vendor_applications_number_of_staff_check on public.vendor_applications is
  'Number of staff must be 0 or more.';
comment on constraint vendor_applications_rejected_with_reason on public.vendor_applications is
  'A rejected application needs a reason. Enter the reason.';
create policy select_own on public.vendor_applications for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_staff on public.vendor_applications for select to staff
  using ((select app_private.has_permission('vendor_applications.read')));
create policy insert_own on public.vendor_applications for insert to authenticated
  with check (user_id = (select auth.uid()));
create policy update_own on public.vendor_applications for update to authenticated
  using (user_id = (select auth.uid()) and status in ('pending', 'additional_info_required'))
  with check (user_id = (select auth.uid()));
create policy delete_own on public.vendor_applications for delete to authenticated
  using (user_id = (select auth.uid()) and status = 'pending');
grant select, delete on public.vendor_applications to authenticated;
grant select on public.vendor_applications to staff;
-- Withheld: number, status, stage, and everything that a reviewer writes.
grant insert (business_name, business_type, contact_person, contact_mobile, contact_email,
    address_line1, address_line2, city, state, pincode, latitude, longitude, gst_number,
    pan_number, years_in_business, number_of_staff, description, application_data, signup_type),
  update (business_name, business_type, contact_person, contact_mobile, contact_email,
    address_line1, address_line2, city, state, pincode, latitude, longitude, gst_number,
    pan_number, years_in_business, number_of_staff, description, application_data)
  on public.vendor_applications to authenticated;

--! Included functions/vendors/tg__account_is_active.sql
-- The suspension of an account also applies to its business and its provider: they are not listed and cannot
-- be booked. The state of the account is therefore copied to these rows, where it is part of is_listed. A
-- change of the account is copied by a trigger of user_profiles.
create or replace function app_private.tg__account_is_active() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and new.user_id is not distinct from old.user_id then
    return new;
  end if;
  -- Locked, so that a suspension at this moment waits, and then finds the row.
  select p.status = 'active' into new.account_is_active
  from public.user_profiles p where p.id = new.user_id for share;
  new.account_is_active := coalesce(new.account_is_active, true);
  return new;
end
$$;
comment on function app_private.tg__account_is_active() is
  'Records whether the account of a vendor or a provider is active, when the account is linked.';
revoke all on function app_private.tg__account_is_active() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/tg__account_is_active.sql

create table public.vendors (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references public.user_profiles (id) on delete restrict,
  business_name text not null check (length(trim(business_name)) between 2 and 200),
  business_type text references enums.business_type,
  description text,
  address_line1 text not null,
  address_line2 text,
  city text not null,
  state text not null,
  pincode public.pincode not null,
  latitude public.latitude,
  longitude public.longitude,
  time_zone text not null default 'Asia/Kolkata',
  rating numeric(3, 2) not null default 0,
  total_reviews integer not null default 0 check (total_reviews >= 0),
  total_bookings integer not null default 0 check (total_bookings >= 0),
  verification_status text not null default 'pending' references enums.verification_status,
  status text not null default 'active' references enums.vendor_status,
  is_active boolean not null default true,
  onboarding_completed boolean not null default true,
  account_is_active boolean not null default true,
  is_listed boolean not null generated always as
    (is_active and account_is_active and status in ('active', 'paused') and verification_status = 'verified') stored,
  takes_bookings boolean not null generated always as
    (is_active and account_is_active and status = 'active' and verification_status = 'verified') stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.vendors enable row level security;
select app_private.limit_numbers('public.vendors', '{"rating": "rating"}');
create index vendors_user_id_idx on public.vendors (user_id);
create trigger _150_account_is_active before insert or update of user_id on public.vendors
  for each row execute function app_private.tg__account_is_active();
-- Lists of the catalogue: by place, by rating, by name.
create index vendors_city_idx on public.vendors (city, rating desc);
create index vendors_rating_idx on public.vendors (rating desc, id);
create index vendors_business_name_idx on public.vendors (business_name, id);
select app_private.keep_timestamps('public.vendors');
comment on table public.vendors is
  'Businesses that can be booked, as customers see them. Tax numbers, contact and commission are in vendorPrivateDetail.';
comment on constraint vendors_business_name_check on public.vendors is
  'Business name must have 2 to 200 characters.';
comment on column public.vendors.id is 'Identifies the vendor.';
comment on column public.vendors.user_id is
  'User who owns the business; null while no account is linked.';
comment on column public.vendors.business_name is
  'Name under which the business trades, 2 to 200 characters.';
comment on column public.vendors.business_type is
  'Kind of business; null when not recorded.';
comment on column public.vendors.description is
  'The vendor''s description for customers; null when not given.';
comment on column public.vendors.address_line1 is 'House and street of the premises.';
comment on column public.vendors.address_line2 is
  'Floor, area or the like; null when there is none.';
comment on column public.vendors.city is 'Name of the city.';
comment on column public.vendors.state is 'Name of the state or union territory.';
comment on column public.vendors.pincode is 'Postal code of six digits.';
comment on column public.vendors.latitude is
  'Degrees north of the premises (WGS 84); null when not known.';
comment on column public.vendors.longitude is
  'Degrees east of the premises (WGS 84); null when not known.';
comment on column public.vendors.time_zone is
  'IANA time zone of its opening hours and booking times, such as Asia/Kolkata.';
comment on column public.vendors.rating is
  'Average of its approved reviews, up to 5; 0 when there are none.';
comment on column public.vendors.total_reviews is
  'How many approved reviews the rating is based on.';
comment on column public.vendors.total_bookings is
  'How many bookings it has had; counted by the platform.';
comment on column public.vendors.verification_status is
  'Whether the platform has verified the business.';
comment on column public.vendors.status is
  'Whether the vendor trades; the vendor pauses and closes, the platform suspends.';
comment on column public.vendors.is_active is
  'False for a closed vendor, and for one that was switched off before it came here, until it resumes.';
comment on column public.vendors.onboarding_completed is
  'Whether everything that is needed to trade is set up.';
comment on column public.vendors.account_is_active is
  'Whether the owner''s account is active; true while none is linked. Kept by the platform.';
comment on column public.vendors.is_listed is
  'Whether the public sees this vendor: active or paused, verified, and with an active owner''s account.';
comment on column public.vendors.takes_bookings is
  'Whether the vendor takes new bookings: listed and not paused.';
create policy select_anon on public.vendors for select to anon using (is_listed);
create policy select_signed_in on public.vendors for select to authenticated
  using (
    is_listed
    or id = any ((select app_private.my_vendor_ids('member'))::uuid[])
    or id = any ((select app_private.my_booked_vendor_ids())::uuid[])
  );
create policy select_staff on public.vendors for select to staff
  using (is_listed or (select app_private.has_permission('vendors.read')));
create policy update_vendor on public.vendors for update to authenticated
  using (id = any ((select app_private.my_vendor_ids('manage'))::uuid[]))
  with check (id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy update_staff on public.vendors for update to staff
  using ((select app_private.has_permission('vendors.update')) and user_id is distinct from (select auth.uid()))
  with check ((select app_private.has_permission('vendors.update')) and user_id is distinct from (select auth.uid()));
grant select on public.vendors to anon, authenticated, staff;
-- Withheld: ownership, rating, counts, verification, and the state, which pause_vendor, resume_vendor,
-- suspend_vendor, reinstate_vendor, close_vendor and transfer_vendor change. The name: request_vendor_change.
grant update (description, address_line1, address_line2, city, state, pincode,
  latitude, longitude) on public.vendors to authenticated, staff;

--! Included functions/vendors/tg_vendors__time_zone.sql
create or replace function app_private.tg_vendors__time_zone() returns trigger
language plpgsql stable set search_path = '' as $$
begin
  if not exists (select from pg_catalog.pg_timezone_names where name = new.time_zone) then
    raise exception 'Time zone % is unknown. Use a name such as Asia/Kolkata.', new.time_zone
      using errcode = 'OB020', column = 'time_zone';
  end if;
  return new;
end
$$;
comment on function app_private.tg_vendors__time_zone() is 'Refuses unknown time zones.';
revoke all on function app_private.tg_vendors__time_zone() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/tg_vendors__time_zone.sql
create trigger _200_validate before insert or update of time_zone on public.vendors
  for each row when (new.time_zone <> 'Asia/Kolkata')
  execute function app_private.tg_vendors__time_zone();

create table public.vendor_private_details (
  vendor_id uuid primary key references public.vendors (id) on delete cascade,
  application_id uuid unique references public.vendor_applications (id) on delete set null,
  registration_number text,
  gst_number public.gstin,
  pan_number public.pan,
  contact_person text not null,
  contact_mobile public.mobile_number not null,
  contact_email public.email_address not null,
  commission_rate numeric(5, 2) not null default 15,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.vendor_private_details enable row level security;
select app_private.limit_numbers('public.vendor_private_details', '{"commission_rate": "rate"}');
select app_private.keep_timestamps('public.vendor_private_details');
comment on table public.vendor_private_details is
  'Details that only the vendor and the platform see: tax numbers, contact, commission.';
comment on column public.vendor_private_details.vendor_id is 'Vendor whose details these are.';
comment on column public.vendor_private_details.application_id is
  'Application of the vendor; null when there was none.';
comment on column public.vendor_private_details.registration_number is
  'Number of the company or shop registration; null when not given.';
comment on column public.vendor_private_details.gst_number is
  'GSTIN of 15 characters, as verified; null when not registered.';
comment on column public.vendor_private_details.pan_number is
  'PAN of 10 characters, as verified; null when not given.';
comment on column public.vendor_private_details.contact_person is 'Contact person of the vendor.';
comment on column public.vendor_private_details.contact_mobile is
  'Number of the contact person in E.164, such as +919876543210.';
comment on column public.vendor_private_details.contact_email is
  'Address of the contact person, in lower case.';
comment on column public.vendor_private_details.commission_rate is
  'Percentage of the amount before tax that the platform keeps; set by the platform.';
create policy select_vendor on public.vendor_private_details for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[]));
create policy select_staff on public.vendor_private_details for select to staff
  using ((select app_private.has_permission('vendors.read')));
create policy update_vendor on public.vendor_private_details for update to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]))
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
grant select on public.vendor_private_details to authenticated, staff;
-- Withheld: commission_rate and the tax numbers, which were verified.
grant update (contact_person, contact_mobile, contact_email)
  on public.vendor_private_details to authenticated;

create table public.vendor_documents (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete cascade,
  document_type text not null references enums.vendor_document_type,
  document_name text not null,
  file_url text not null,
  file_type text,
  verified boolean not null default false,
  verified_at timestamptz,
  expiry_date date,
  created_at timestamptz not null default now(),
  constraint vendor_documents_verified_at_when_verified check (verified = (verified_at is not null))
);
alter table public.vendor_documents enable row level security;
select app_private.keep_timestamps('public.vendor_documents');
create index vendor_documents_vendor_id_idx on public.vendor_documents (vendor_id);
comment on table public.vendor_documents is 'Documents of a business. A verified document cannot be removed.';
comment on column public.vendor_documents.id is 'Identifies the document.';
comment on column public.vendor_documents.vendor_id is 'Vendor that submitted the document.';
comment on column public.vendor_documents.document_type is 'What kind of document it is.';
comment on column public.vendor_documents.document_name is
  'Title that helps the vendor to find the document.';
comment on column public.vendor_documents.file_url is 'URL of the uploaded scan or photo.';
comment on column public.vendor_documents.file_type is
  'Media type of the file, such as application/pdf; null when not known.';
comment on column public.vendor_documents.verified is
  'Whether the platform has verified the document. The vendor can then no longer remove it.';
comment on column public.vendor_documents.verified_at is
  'When the document was verified; null until then.';
comment on column public.vendor_documents.expiry_date is
  'Last day of validity printed on it; null when it has none.';
create policy select_vendor on public.vendor_documents for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy select_staff on public.vendor_documents for select to staff
  using ((select app_private.has_permission('vendor_documents.read')));
create policy insert_vendor on public.vendor_documents for insert to authenticated
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy delete_vendor on public.vendor_documents for delete to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]) and not verified);
grant select, delete on public.vendor_documents to authenticated;
grant select on public.vendor_documents to staff;
grant insert (vendor_id, document_type, document_name, file_url, file_type, expiry_date)
  on public.vendor_documents to authenticated;

create table public.vendor_services (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete cascade,
  service_id uuid not null references public.services (id) on delete restrict,
  is_available boolean not null default true,
  custom_price numeric(10, 2),
  custom_duration integer constraint vendor_services_duration_range
    check (custom_duration between 5 and 720),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (vendor_id, service_id)
);
alter table public.vendor_services enable row level security;
select app_private.limit_numbers('public.vendor_services', '{"custom_price": "amount"}');
create index vendor_services_service_id_idx on public.vendor_services (service_id);
select app_private.keep_timestamps('public.vendor_services');
comment on table public.vendor_services is
  'Which services a vendor offers, optionally with its own price (rupees before GST) and duration (minutes).';
comment on constraint vendor_services_duration_range on public.vendor_services is
  'Custom duration must be from 5 to 720 minutes.';
comment on constraint vendor_services_vendor_id_service_id_key on public.vendor_services is
  'This vendor already offers this service. Change that entry instead.';
comment on column public.vendor_services.id is 'Identifies the offer.';
comment on column public.vendor_services.vendor_id is 'Vendor that offers the service.';
comment on column public.vendor_services.service_id is 'The service that is offered.';
comment on column public.vendor_services.is_available is
  'Whether it can be booked now; set by the vendor.';
comment on column public.vendor_services.custom_price is
  'The vendor''s own price in rupees before GST; null for the price of the catalogue.';
comment on column public.vendor_services.custom_duration is
  'The vendor''s own duration in minutes; null for the duration of the catalogue.';
-- As visible as their vendor: users who may not see the vendor may not see its prices.
create policy select_anon on public.vendor_services for select to anon
  using (is_available and exists (select from public.vendors v where v.id = vendor_id));
create policy select_signed_in on public.vendor_services for select to authenticated
  using (
    vendor_id = any ((select app_private.my_vendor_ids('member'))::uuid[])
    or (is_available and exists (select from public.vendors v where v.id = vendor_id))
  );
create policy select_staff on public.vendor_services for select to staff using (true);
create policy insert_vendor on public.vendor_services for insert to authenticated
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy update_vendor on public.vendor_services for update to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]))
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy delete_vendor on public.vendor_services for delete to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
grant select on public.vendor_services to anon, authenticated, staff;
grant delete on public.vendor_services to authenticated;
grant insert (vendor_id, service_id, is_available, custom_price, custom_duration),
  update (is_available, custom_price, custom_duration)
  on public.vendor_services to authenticated;

create table public.vendor_staff (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete cascade,
  user_id uuid references public.user_profiles (id) on delete set null,
  name text not null,
  role text not null references enums.vendor_staff_role,
  mobile public.mobile_number not null,
  email public.email_address,
  permissions jsonb not null default '[]',
  status text not null default 'active' references enums.vendor_staff_status,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (vendor_id, mobile)
);
alter table public.vendor_staff enable row level security;
create index vendor_staff_user_id_idx on public.vendor_staff (user_id);
select app_private.keep_timestamps('public.vendor_staff');
comment on table public.vendor_staff is
  'Staff who work at a vendor''s desk. The role decides what they may do.';
comment on constraint vendor_staff_vendor_id_mobile_key on public.vendor_staff is
  'A member of the staff of this vendor already has this mobile number. Enter another number.';
comment on column public.vendor_staff.id is 'Identifies the member of staff.';
comment on column public.vendor_staff.vendor_id is 'Vendor that employs the member of staff.';
comment on column public.vendor_staff.user_id is
  'Account of the member of staff; null while none is linked, and then there are no rights.';
comment on column public.vendor_staff.name is 'Name of the member of staff.';
comment on column public.vendor_staff.role is 'Which part of the owner''s rights the member of staff has.';
comment on column public.vendor_staff.mobile is
  'Mobile number in E.164 form, unique within the vendor.';
comment on column public.vendor_staff.email is
  'E-mail address in lower case; null when not given.';
comment on column public.vendor_staff.permissions is
  'List of texts for display, empty at first. The role decides what is allowed.';
comment on column public.vendor_staff.status is
  'Whether the member of staff works for the vendor. Inactive members have no rights.';
create policy select_vendor on public.vendor_staff for select to authenticated
  using (
    user_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  );
create policy select_staff on public.vendor_staff for select to staff
  using ((select app_private.has_permission('vendors.read')));
-- Users cannot change the row that contains their own rights.
create policy update_vendor on public.vendor_staff for update to authenticated
  using (
    vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
    and user_id is distinct from (select auth.uid())
  )
  with check (
    vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
    and user_id is distinct from (select auth.uid())
  );
create policy delete_vendor on public.vendor_staff for delete to authenticated
  using (
    vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
    and user_id is distinct from (select auth.uid())
  );
grant select, delete on public.vendor_staff to authenticated;
grant select on public.vendor_staff to staff;
-- Withheld: insert, which accept_invitation does for the invited person.
grant update (name, role, mobile, email, status) on public.vendor_staff to authenticated;

create table public.vendor_payouts (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  period_start date not null,
  period_end date not null,
  total_bookings integer not null default 0 check (total_bookings >= 0),
  gross_amount numeric(12, 2) not null,
  commission_amount numeric(12, 2) not null,
  tds_amount numeric(12, 2) not null default 0,
  net_amount numeric(12, 2) not null,
  payout_status text not null default 'pending' references enums.payout_status,
  payment_method text,
  payment_reference text,
  payment_date timestamptz,
  notes text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint vendor_payouts_period check (period_end >= period_start),
  -- Once per period.
  unique (vendor_id, period_start)
);
alter table public.vendor_payouts enable row level security;
select app_private.limit_numbers('public.vendor_payouts', '{
  "gross_amount": "sum", "commission_amount": "sum", "tds_amount": "sum", "net_amount": "signed_sum"
}');
select app_private.keep_timestamps('public.vendor_payouts');
comment on table public.vendor_payouts is 'What a vendor was paid for a period. The vendor''s owner reads it; the payout run writes it.';
comment on column public.vendor_payouts.id is 'Identifies the payout.';
comment on column public.vendor_payouts.vendor_id is 'Vendor that is paid.';
comment on column public.vendor_payouts.period_start is 'First day of the period, a Monday.';
comment on column public.vendor_payouts.period_end is 'Last day of the period, a Sunday.';
comment on column public.vendor_payouts.total_bookings is 'How many bookings were settled in the payout.';
comment on column public.vendor_payouts.gross_amount is
  'Rupees of the settled bookings, before deductions.';
comment on column public.vendor_payouts.commission_amount is
  'Rupees that the platform kept as commission.';
comment on column public.vendor_payouts.tds_amount is 'Rupees of tax deducted at source.';
comment on column public.vendor_payouts.net_amount is
  'Rupees that the vendor receives after all deductions.';
comment on column public.vendor_payouts.payout_status is 'State of the payout.';
comment on column public.vendor_payouts.payment_method is
  'How it was paid, such as NEFT; null until paid.';
comment on column public.vendor_payouts.payment_reference is
  'Reference of the bank; null until paid.';
comment on column public.vendor_payouts.payment_date is 'When it was paid; null until then.';
comment on column public.vendor_payouts.notes is
  'Notes of the payout run or finance, which the vendor can read; null when there are none.';
create policy select_vendor on public.vendor_payouts for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[]));
create policy select_staff on public.vendor_payouts for select to staff
  using ((select app_private.has_permission('payouts.read')));
grant select on public.vendor_payouts to authenticated, staff;

/*
 * Shifts of opening and working hours. One that ends earlier than it starts passes midnight; it belongs to the
 * day on which it starts. 24:00 is the end of a day. Shifts of one vendor or provider do not overlap, which an
 * exclusion constraint compares in seconds of the week.
 */
--! Included functions/hours/shift_span.sql
create or replace function app_private.shift_span(p_day_of_week integer, p_from time, p_to time) returns int4multirange
language sql immutable set search_path = '' as $$
  select int4multirange(int4range(s.starts, s.ends), int4range(s.starts - 604800, s.ends - 604800))
    * int4multirange(int4range(0, 604800))
  from (
    select p_day_of_week * 86400 + ceil(extract(epoch from p_from))::integer as starts,
      p_day_of_week * 86400 + ceil(extract(epoch from p_to))::integer
        + case when p_to <= p_from then 86400 else 0 end as ends) s
$$;
comment on function app_private.shift_span(integer, time, time) is
  'Seconds of the week, since Sunday began, that a shift covers. One that ends before it starts passes midnight; the night from Saturday to Sunday is at both ends of the week.';
revoke all on function app_private.shift_span(integer, time, time) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
-- The user who writes a shift computes what the constraint compares.
grant execute on function app_private.shift_span(integer, time, time) to authenticated;
--! EndIncluded functions/hours/shift_span.sql

--! Included functions/hours/break_fits.sql
create or replace function app_private.break_fits(p_from time, p_to time, p_break_from time, p_break_to time)
returns boolean
language sql immutable set search_path = '' as $$
  select (p_break_from is null) = (p_break_to is null)
    -- Each counted from the start of the shift; what is earlier by the clock is on the next day.
    and coalesce(
      p_break_from - p_from + case when p_break_from < p_from then interval '24 hours' else interval '0' end
        < p_break_to - p_from + case when p_break_to <= p_from then interval '24 hours' else interval '0' end
      and p_break_to - p_from + case when p_break_to <= p_from then interval '24 hours' else interval '0' end
        <= p_to - p_from + case when p_to <= p_from then interval '24 hours' else interval '0' end,
      true)
$$;
comment on function app_private.break_fits(time, time, time, time) is
  'Whether a break lies within a shift, which may pass midnight. Without a break it does.';
revoke all on function app_private.break_fits(time, time, time, time) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
-- The user who writes a shift is checked by it.
grant execute on function app_private.break_fits(time, time, time, time) to authenticated;
--! EndIncluded functions/hours/break_fits.sql

--! Included functions/hours/shift_end.sql
create or replace function app_private.shift_end(p_day date, p_from time, p_to time) returns timestamp
language sql immutable
return p_day + p_to + case when p_to <= p_from then interval '1 day' else interval '0' end;
comment on function app_private.shift_end(date, time, time) is
  'Local time at which a shift that starts on p_day, or a break in it, ends: the next day where it passes midnight. Inlined, as distance_km is.';
revoke all on function app_private.shift_end(date, time, time) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/hours/shift_end.sql

--! Included functions/hours/shift_break.sql
create or replace function app_private.shift_break(p_day date, p_from time, p_break_from time, p_break_to time)
returns tsmultirange
language sql immutable
return case when p_break_from is null then '{}'::tsmultirange else tsmultirange(tsrange(
  p_day + p_break_from + case when p_break_from < p_from then interval '1 day' else interval '0' end,
  p_day + p_break_to + case when p_break_to <= p_from then interval '1 day' else interval '0' end)) end;
comment on function app_private.shift_break(date, time, time, time) is
  'Local time of the break of a shift that starts on p_day at p_from; empty for no break. Inlined, as distance_km is.';
revoke all on function app_private.shift_break(date, time, time, time) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/hours/shift_break.sql

create table public.vendor_availability (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete cascade,
  day_of_week integer not null constraint vendor_availability_day_range check (day_of_week between 0 and 6),
  open_time time not null,
  close_time time not null,
  is_open boolean not null default true,
  break_start time,
  break_end time,
  created_at timestamptz not null default now(),
  constraint vendor_availability_once_a_time unique (vendor_id, day_of_week, open_time),
  constraint vendor_availability_times_differ check (open_time <> close_time and open_time < '24:00'),
  constraint vendor_availability_break_inside check (
    app_private.break_fits(open_time, close_time, break_start, break_end)),
  constraint vendor_availability_no_overlap exclude using gist
    (vendor_id with =, app_private.shift_span(day_of_week, open_time, close_time) with &&) where (is_open)
);
alter table public.vendor_availability enable row level security;
select app_private.keep_timestamps('public.vendor_availability');
comment on table public.vendor_availability is
  'Opening hours in the vendor''s local time: any number of shifts per weekday. Day 0 is Sunday. On a day without a row the vendor is closed.';
comment on column public.vendor_availability.id is 'Identifies the shift.';
comment on column public.vendor_availability.vendor_id is 'Vendor whose opening hours these are.';
comment on column public.vendor_availability.day_of_week is
  'Day of the week on which the shift starts, from 0 for Sunday to 6 for Saturday.';
comment on column public.vendor_availability.open_time is
  'When the vendor opens, in its local time.';
comment on column public.vendor_availability.close_time is
  'When the vendor closes, in its local time: on the next day where it is earlier than the opening time. 24:00 is the end of the day.';
comment on column public.vendor_availability.is_open is
  'Whether the shift takes place. False closes it but keeps the hours.';
comment on column public.vendor_availability.break_start is
  'When the break begins, in the vendor''s local time; null when there is no break.';
comment on column public.vendor_availability.break_end is
  'When the break ends, in the vendor''s local time; null when there is no break.';
comment on constraint vendor_availability_times_differ on public.vendor_availability is
  'Opening and closing time must differ, and opening time must be before 24:00. A whole day is from 00:00 to 24:00.';
comment on constraint vendor_availability_break_inside on public.vendor_availability is
  'The break must lie within the opening hours.';
comment on constraint vendor_availability_day_range on public.vendor_availability is
  'Day of week must be from 0 (Sunday) to 6 (Saturday).';
comment on constraint vendor_availability_once_a_time on public.vendor_availability is
  'This weekday already has opening hours from this time on. Change those instead.';
comment on constraint vendor_availability_no_overlap on public.vendor_availability is
  'The opening hours overlap others of the vendor. Change those, or choose other times.';
create policy select_anon on public.vendor_availability for select to anon
  using (exists (select from public.vendors v where v.id = vendor_id));
create policy select_signed_in on public.vendor_availability for select to authenticated
  using (exists (select from public.vendors v where v.id = vendor_id));
create policy select_staff on public.vendor_availability for select to staff using (true);
create policy insert_vendor on public.vendor_availability for insert to authenticated
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy update_vendor on public.vendor_availability for update to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]))
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy delete_vendor on public.vendor_availability for delete to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
grant select on public.vendor_availability to anon, authenticated, staff;
grant delete on public.vendor_availability to authenticated;
grant insert (vendor_id, day_of_week, open_time, close_time, is_open, break_start, break_end),
  update (open_time, close_time, is_open, break_start, break_end)
  on public.vendor_availability to authenticated;

--! Included functions/hours/opening.sql
create or replace function app_private.opening(p_vendor_id uuid, p_from date, p_to date)
returns table (day date, opens timestamp, closes timestamp, breaks tsmultirange)
language plpgsql stable rows 30 security definer set search_path = '' as $$
begin
  return query
    select d.day, d.day + a.open_time, app_private.shift_end(d.day, a.open_time, a.close_time),
      app_private.shift_break(d.day, a.open_time, a.break_start, a.break_end)
    from (select p_from + n as day from generate_series(0, p_to - p_from) n) d
    join public.vendor_availability a
      on a.vendor_id = p_vendor_id and a.is_open and a.day_of_week = extract(dow from d.day)::integer;
end
$$;
comment on function app_private.opening(uuid, date, date) is
  'Shifts of a vendor that start on these days, in its local time, each with the times in it at which the vendor is closed.';
revoke all on function app_private.opening(uuid, date, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/hours/opening.sql

--! Included functions/places/vendors_is_open_at.sql
create or replace function public.vendors_is_open_at(vendor public.vendors, at timestamptz) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from (select at at time zone vendor.time_zone as local where isfinite(at)) t
    -- A shift of yesterday may pass midnight.
    cross join lateral app_private.opening(vendor.id, t.local::date - 1, t.local::date) o
    where t.local >= o.opens and t.local < o.closes and not o.breaks @> t.local
  )
$$;
comment on function public.vendors_is_open_at(public.vendors, timestamptz) is
  'Whether the vendor is open at this instant by its opening hours and breaks, in its own time zone.';
revoke all on function public.vendors_is_open_at(public.vendors, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendors_is_open_at(public.vendors, timestamptz) to anon, authenticated, staff;
--! EndIncluded functions/places/vendors_is_open_at.sql
--! Included functions/vendors/vendors_is_open_now.sql
create or replace function public.vendors_is_open_now(vendor public.vendors) returns boolean
language sql stable set search_path = '' as $$
  select public.vendors_is_open_at(vendor, now())
$$;
comment on function public.vendors_is_open_now(public.vendors) is
  'Whether the vendor is open now by its opening hours and breaks, in its own time zone.';
revoke all on function public.vendors_is_open_now(public.vendors) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendors_is_open_now(public.vendors) to anon, authenticated, staff;
--! EndIncluded functions/vendors/vendors_is_open_now.sql
--! Included functions/vendors/vendor_services_price.sql
create or replace function public.vendor_services_price(vendor_service public.vendor_services) returns numeric
language sql stable set search_path = '' as $$
  select coalesce(vendor_service.custom_price, s.discounted_price, s.base_price)
  from public.services s where s.id = vendor_service.service_id
$$;
comment on function public.vendor_services_price(public.vendor_services) is
  'Price of the service at this vendor, in rupees before GST: its own price or that of the catalogue.';
revoke all on function public.vendor_services_price(public.vendor_services) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendor_services_price(public.vendor_services) to anon, authenticated, staff;
--! EndIncluded functions/vendors/vendor_services_price.sql
--! Included functions/vendors/vendor_services_duration.sql
create or replace function public.vendor_services_duration(vendor_service public.vendor_services) returns integer
language sql stable set search_path = '' as $$
  select coalesce(vendor_service.custom_duration, s.duration)
  from public.services s where s.id = vendor_service.service_id
$$;
comment on function public.vendor_services_duration(public.vendor_services) is
  'Duration of the service at this vendor, in minutes: its own duration or that of the catalogue.';
revoke all on function public.vendor_services_duration(public.vendor_services) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendor_services_duration(public.vendor_services) to anon, authenticated, staff;
--! EndIncluded functions/vendors/vendor_services_duration.sql

--! split: 090-therapists.sql
-- Therapists perform services. As with vendors, what customers see is kept apart from what only the vendor
-- and the therapist may know. Assignments are with the bookings.

create table public.therapists (
  id uuid primary key default gen_random_uuid(),
  user_id uuid unique references public.user_profiles (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  name text not null check (length(trim(name)) between 1 and 200),
  gender text references enums.gender,
  profile_image text,
  specialization text[],
  experience_years integer not null default 0 check (experience_years between 0 and 80),
  certifications jsonb not null default '[]',
  languages text[],
  rating numeric(3, 2) not null default 0,
  total_reviews integer not null default 0 check (total_reviews >= 0),
  total_services integer not null default 0 check (total_services >= 0),
  status text not null default 'active' references enums.provider_status,
  availability_status text not null default 'offline' references enums.provider_availability,
  is_active boolean not null default true,
  verification_status text not null default 'pending' references enums.verification_status,
  account_is_active boolean not null default true,
  is_listed boolean not null generated always as (
    is_active and account_is_active and status in ('active', 'on_leave')
    and verification_status = 'verified') stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.therapists enable row level security;
select app_private.limit_numbers('public.therapists', '{"rating": "rating"}');
create index therapists_vendor_id_idx on public.therapists (vendor_id);
create index therapists_rating_idx on public.therapists (rating desc, id);
create trigger _150_account_is_active before insert or update of user_id on public.therapists
  for each row execute function app_private.tg__account_is_active();
select app_private.keep_timestamps('public.therapists');
comment on table public.therapists is
  'Therapists as customers see them. Contact, bank details, date of birth and earnings are in therapistPrivateDetail.';
comment on constraint therapists_experience_years_check on public.therapists is
  'Years of experience must be from 0 to 80.';
comment on constraint therapists_name_check on public.therapists is
  'Name must have 1 to 200 characters.';
comment on constraint therapists_user_id_key on public.therapists is
  'This account already belongs to another provider. Choose another account.';
comment on column public.therapists.id is 'Identifies the therapist.';
comment on column public.therapists.user_id is
  'Account of the therapist; null while none is linked.';
comment on column public.therapists.vendor_id is 'Vendor of the therapist.';
comment on column public.therapists.name is 'Name of the therapist for customers.';
comment on column public.therapists.gender is 'Gender as stated by the therapist; null when not given.';
comment on column public.therapists.profile_image is
  'URL of a picture for customers; null when there is none.';
comment on column public.therapists.specialization is
  'Special skills of the therapist, one per entry; null when not given.';
comment on column public.therapists.experience_years is 'Whole years of experience.';
comment on column public.therapists.certifications is
  'Certificates as entered by the therapist or vendor; empty when there are none.';
comment on column public.therapists.languages is
  'Languages that the therapist speaks; null when not given.';
comment on column public.therapists.rating is
  'Average of the therapist''s approved reviews, up to 5; 0 when there are none.';
comment on column public.therapists.total_reviews is
  'How many approved reviews the rating is based on.';
comment on column public.therapists.total_services is
  'How many services the therapist has performed; counted by the platform.';
comment on column public.therapists.status is 'Whether the therapist works for the vendor.';
comment on column public.therapists.availability_status is
  'What the therapist is doing now; set by the therapist or the vendor.';
comment on column public.therapists.is_active is
  'The platform''s switch: false hides the therapist from the public.';
comment on column public.therapists.verification_status is
  'Whether the platform has verified the therapist.';
comment on column public.therapists.account_is_active is
  'Whether the therapist''s account is active; true while none is linked. Kept by the platform.';
comment on column public.therapists.is_listed is
  'Whether the public sees this therapist and can book them: working, verified, and with an active account.';
-- The policies of vendors decide, too: who may not see the vendor does not see its people.
create policy select_anon on public.therapists for select to anon
  using (is_listed and exists (select from public.vendors v where v.id = vendor_id));
create policy select_signed_in on public.therapists for select to authenticated
  using (
    (is_listed and exists (select from public.vendors v where v.id = vendor_id))
    or id = any ((select app_private.my_therapist_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('member'))::uuid[])
  );
create policy select_staff on public.therapists for select to staff
  using (
    (is_listed and exists (select from public.vendors v where v.id = vendor_id))
    or (select app_private.has_permission('vendors.read'))
  );
create policy update_own_or_vendor on public.therapists for update to authenticated
  using (
    id = any ((select app_private.my_therapist_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  )
  with check (
    id = any ((select app_private.my_therapist_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  );
grant select on public.therapists to anon, authenticated, staff;
-- Withheld: insert, which invite_member does; the linked account, vendor, rating, counts, status,
-- verification.
grant update (name, gender, profile_image, specialization, experience_years, certifications,
    languages, availability_status)
  on public.therapists to authenticated;

create table public.therapist_private_details (
  therapist_id uuid primary key references public.therapists (id) on delete cascade,
  email public.email_address,
  mobile public.mobile_number not null,
  date_of_birth date,
  address jsonb,
  emergency_contact jsonb,
  bank_details jsonb,
  total_earnings numeric(12, 2) not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.therapist_private_details enable row level security;
select app_private.limit_numbers('public.therapist_private_details', '{"total_earnings": "sum"}');
select app_private.keep_timestamps('public.therapist_private_details');
comment on table public.therapist_private_details is
  'Details that only the therapist and the vendor''s management see.';
comment on column public.therapist_private_details.therapist_id is
  'Therapist whose details these are.';
comment on column public.therapist_private_details.email is
  'E-mail address of the therapist in lower case; null when not given.';
comment on column public.therapist_private_details.mobile is
  'Mobile number of the therapist in E.164 form, such as +919876543210.';
comment on column public.therapist_private_details.date_of_birth is
  'Date of birth of the therapist; null when not given.';
comment on column public.therapist_private_details.address is
  'Home address, an object with the keys of a customer address; null when not given.';
comment on column public.therapist_private_details.emergency_contact is
  'Object with name, relationship and mobile of an emergency contact; null when not given.';
comment on column public.therapist_private_details.bank_details is
  'Object with the bank account for paying the therapist; null when not given.';
comment on column public.therapist_private_details.total_earnings is
  'Rupees earned through the platform so far; counted by the platform.';
create policy select_own_or_vendor on public.therapist_private_details for select to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_vendor_therapist_ids('manage'))::uuid[])
  );
create policy select_staff on public.therapist_private_details for select to staff
  using ((select app_private.has_permission('vendors.read')));
create policy insert_vendor on public.therapist_private_details for insert to authenticated
  with check (therapist_id = any ((select app_private.my_vendor_therapist_ids('manage'))::uuid[]));
create policy update_own_or_vendor on public.therapist_private_details for update to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_vendor_therapist_ids('manage'))::uuid[])
  )
  with check (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_vendor_therapist_ids('manage'))::uuid[])
  );
grant select on public.therapist_private_details to authenticated, staff;
-- Withheld: total_earnings.
grant insert (therapist_id, email, mobile, date_of_birth, address, emergency_contact, bank_details),
  update (email, mobile, date_of_birth, address, emergency_contact, bank_details)
  on public.therapist_private_details to authenticated;

create table public.therapist_schedules (
  id uuid primary key default gen_random_uuid(),
  therapist_id uuid not null references public.therapists (id) on delete cascade,
  day_of_week integer not null constraint therapist_schedules_day_range check (day_of_week between 0 and 6),
  start_time time not null,
  end_time time not null,
  is_available boolean not null default true,
  break_start time,
  break_end time,
  max_bookings integer not null default 5 check (max_bookings between 0 and 50),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint therapist_schedules_once_a_time unique (therapist_id, day_of_week, start_time),
  constraint therapist_schedules_times_differ check (start_time <> end_time and start_time < '24:00'),
  constraint therapist_schedules_break_inside check (
    app_private.break_fits(start_time, end_time, break_start, break_end)),
  constraint therapist_schedules_no_overlap exclude using gist
    (therapist_id with =, app_private.shift_span(day_of_week, start_time, end_time) with &&) where (is_available)
);
alter table public.therapist_schedules enable row level security;
select app_private.keep_timestamps('public.therapist_schedules');
comment on table public.therapist_schedules is
  'When a therapist works, in the vendor''s local time: any number of shifts per weekday. Day 0 is Sunday; a day without a row is free.';
comment on column public.therapist_schedules.id is 'Identifies the shift.';
comment on column public.therapist_schedules.therapist_id is 'Therapist whose working hours these are.';
comment on column public.therapist_schedules.day_of_week is
  'Day of the week on which the shift starts, from 0 for Sunday to 6 for Saturday.';
comment on column public.therapist_schedules.start_time is
  'When work begins, in the vendor''s local time.';
comment on column public.therapist_schedules.end_time is
  'When work ends, in the vendor''s local time: on the next day where it is earlier than the start. 24:00 is the end of the day.';
comment on column public.therapist_schedules.is_available is
  'Whether the shift takes place. False keeps the hours but takes the shift off.';
comment on column public.therapist_schedules.break_start is
  'When the break begins, in the vendor''s local time; null when there is no break.';
comment on column public.therapist_schedules.break_end is
  'When the break ends, in the vendor''s local time; null when there is no break.';
comment on column public.therapist_schedules.max_bookings is
  'The most bookings that the therapist takes on this day; of several shifts the greatest number counts.';
comment on constraint therapist_schedules_times_differ on public.therapist_schedules is
  'Start and end time must differ, and start time must be before 24:00. A whole day is from 00:00 to 24:00.';
comment on constraint therapist_schedules_break_inside on public.therapist_schedules is
  'The break must lie within the working hours.';
comment on constraint therapist_schedules_day_range on public.therapist_schedules is
  'Day of week must be from 0 (Sunday) to 6 (Saturday).';
comment on constraint therapist_schedules_max_bookings_check on public.therapist_schedules is
  'The maximum of bookings must be from 0 to 50.';
comment on constraint therapist_schedules_once_a_time on public.therapist_schedules is
  'This weekday already has working hours from this time on. Change those instead.';
comment on constraint therapist_schedules_no_overlap on public.therapist_schedules is
  'The working hours overlap others of the therapist. Change those, or choose other times.';
create policy select_own_or_vendor on public.therapist_schedules for select to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_vendor_therapist_ids('bookings'))::uuid[])
  );
create policy select_staff on public.therapist_schedules for select to staff
  using ((select app_private.has_permission('vendors.read')));
create policy insert_own_or_vendor on public.therapist_schedules for insert to authenticated
  with check (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_vendor_therapist_ids('manage'))::uuid[])
  );
create policy update_own_or_vendor on public.therapist_schedules for update to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_vendor_therapist_ids('manage'))::uuid[])
  )
  with check (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_vendor_therapist_ids('manage'))::uuid[])
  );
create policy delete_own_or_vendor on public.therapist_schedules for delete to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_vendor_therapist_ids('manage'))::uuid[])
  );
grant select, delete on public.therapist_schedules to authenticated;
grant select on public.therapist_schedules to staff;
grant insert (therapist_id, day_of_week, start_time, end_time, is_available, break_start,
    break_end, max_bookings),
  update (start_time, end_time, is_available, break_start, break_end, max_bookings)
  on public.therapist_schedules to authenticated;

create table public.therapist_leaves (
  id uuid primary key default gen_random_uuid(),
  therapist_id uuid not null references public.therapists (id) on delete cascade,
  leave_type text not null references enums.leave_type,
  start_date date not null,
  end_date date not null,
  total_days integer generated always as (end_date - start_date + 1) stored,
  reason text not null,
  status text not null default 'pending' references enums.leave_status,
  approved_by uuid references public.user_profiles (id) on delete set null,
  approved_at timestamptz,
  rejection_reason text,
  documents text[],
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint therapist_leaves_ends_after_start check (end_date >= start_date),
  constraint therapist_leaves_at_most_a_year check (end_date - start_date < 366),
  -- Two approved leaves of one therapist cannot overlap.
  constraint therapist_leaves_no_overlap exclude using gist
    (therapist_id with =, daterange(start_date, end_date, '[]') with &&)
    where (status in ('pending', 'approved'))
);
alter table public.therapist_leaves enable row level security;
create index therapist_leaves_approved_by_idx on public.therapist_leaves (approved_by);
create index therapist_leaves_therapist_id_idx on public.therapist_leaves (therapist_id, start_date);
select app_private.keep_timestamps('public.therapist_leaves');
comment on table public.therapist_leaves is
  'Leave requests of therapists, decided by the vendor.';
comment on column public.therapist_leaves.id is 'Identifies the leave.';
comment on column public.therapist_leaves.therapist_id is 'Therapist who requests the leave.';
comment on column public.therapist_leaves.leave_type is 'Kind of leave.';
comment on column public.therapist_leaves.start_date is 'First day of the leave.';
comment on column public.therapist_leaves.end_date is 'Last day of the leave.';
comment on column public.therapist_leaves.total_days is
  'Days of leave, first and last included; computed from the dates.';
comment on column public.therapist_leaves.reason is 'Reason in the therapist''s words.';
comment on column public.therapist_leaves.status is 'State of the request; decided by the vendor.';
comment on column public.therapist_leaves.approved_by is 'User who decided; null until then.';
comment on column public.therapist_leaves.approved_at is 'When the request was decided; null until then.';
comment on column public.therapist_leaves.rejection_reason is
  'Why the request was rejected, for the therapist; null unless it was.';
comment on column public.therapist_leaves.documents is
  'URLs of certificates, such as a doctor''s note; null when there are none.';
comment on constraint therapist_leaves_ends_after_start on public.therapist_leaves is
  'End date must not be before start date.';
comment on constraint therapist_leaves_no_overlap on public.therapist_leaves is
  'Another leave already covers some of these days. Choose other days, or withdraw that leave.';
comment on constraint therapist_leaves_at_most_a_year on public.therapist_leaves is
  'A leave can last at most one year. Choose fewer days.';
create policy select_own_or_vendor on public.therapist_leaves for select to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_vendor_therapist_ids('bookings'))::uuid[])
  );
create policy select_staff on public.therapist_leaves for select to staff
  using ((select app_private.has_permission('vendors.read')));
create policy insert_own on public.therapist_leaves for insert to authenticated
  with check (therapist_id = any ((select app_private.my_therapist_ids())::uuid[]));
create policy delete_own on public.therapist_leaves for delete to authenticated
  using (therapist_id = any ((select app_private.my_therapist_ids())::uuid[]) and status = 'pending');
grant select, delete on public.therapist_leaves to authenticated;
grant select on public.therapist_leaves to staff;
-- Withheld: status and decision. Users cannot approve their own leave.
grant insert (therapist_id, leave_type, start_date, end_date, reason, documents)
  on public.therapist_leaves to authenticated;

create table public.therapist_performance (
  id uuid primary key default gen_random_uuid(),
  therapist_id uuid not null references public.therapists (id) on delete cascade,
  month date not null constraint therapist_performance_first_of_month
    check (extract(day from month) = 1),
  total_assignments integer not null default 0 check (total_assignments >= 0),
  completed_assignments integer not null default 0 check (completed_assignments >= 0),
  cancelled_assignments integer not null default 0 check (cancelled_assignments >= 0),
  average_rating numeric(3, 2) not null default 0,
  total_earnings numeric(12, 2) not null default 0,
  total_tips numeric(12, 2) not null default 0,
  on_time_percentage numeric(5, 2) not null default 0,
  customer_satisfaction numeric(5, 2) not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (therapist_id, month)
);
alter table public.therapist_performance enable row level security;
select app_private.limit_numbers('public.therapist_performance', '{
  "average_rating": "rating", "total_earnings": "sum", "total_tips": "sum",
  "on_time_percentage": "rate", "customer_satisfaction": "rate"
}');
select app_private.keep_timestamps('public.therapist_performance');
comment on table public.therapist_performance is
  'Monthly figures of a therapist, computed from assignments and reviews.';
comment on constraint therapist_performance_first_of_month on public.therapist_performance is
  'Month must be the first day of a month, such as 2026-11-01.';
comment on column public.therapist_performance.id is 'Identifies the figures of one month.';
comment on column public.therapist_performance.therapist_id is 'Therapist whose figures these are.';
comment on column public.therapist_performance.month is 'First day of the month.';
comment on column public.therapist_performance.total_assignments is
  'How many assignments fell in the month.';
comment on column public.therapist_performance.completed_assignments is
  'How many of them were completed.';
comment on column public.therapist_performance.cancelled_assignments is
  'How many of them were cancelled.';
comment on column public.therapist_performance.average_rating is
  'Average rating received in the month, up to 5; 0 when there are none.';
comment on column public.therapist_performance.total_earnings is
  'Rupees earned in the month, without tips.';
comment on column public.therapist_performance.total_tips is 'Rupees of tips in the month.';
comment on column public.therapist_performance.on_time_percentage is
  'Percentage of assignments that began on time.';
comment on column public.therapist_performance.customer_satisfaction is
  'Percentage of customers who were satisfied.';
create policy select_own_or_vendor on public.therapist_performance for select to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_vendor_therapist_ids('manage'))::uuid[])
  );
create policy select_staff on public.therapist_performance for select to staff
  using ((select app_private.has_permission('vendors.read')));
grant select on public.therapist_performance to authenticated, staff;

--! split: 100-customers.sql
-- Customers.

create table public.customers (
  id uuid primary key default auth.uid() references public.user_profiles (id) on delete restrict,
  membership_tier text not null default 'silver' references enums.membership_tier,
  membership_start_date date not null default app_private.today(),
  loyalty_points integer not null default 0 check (loyalty_points >= 0),
  total_bookings integer not null default 0 check (total_bookings >= 0),
  total_spent numeric(12, 2) not null default 0,
  total_saved numeric(12, 2) not null default 0,
  preferred_services uuid[],
  preferred_therapists uuid[],
  preferred_vendors uuid[],
  preferred_gender text references enums.gender_preference,
  allergies text[],
  medical_conditions text[],
  special_requirements text,
  referral_code text not null unique
    default 'OMB' || upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 9)),
  referred_by uuid references public.customers (id) on delete set null
    constraint customers_not_referred_by_self check (referred_by <> id),
  referral_count integer not null default 0 check (referral_count >= 0),
  last_booking_date timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.customers enable row level security;
select app_private.limit_numbers('public.customers', '{"total_spent": "sum", "total_saved": "sum"}');
create index customers_referred_by_idx on public.customers (referred_by);
select app_private.keep_timestamps('public.customers');
comment on table public.customers is
  'Users who book. Tier, points and totals are computed by the platform.';
comment on constraint customers_not_referred_by_self on public.customers is
  'A customer cannot be referred by themselves. Choose another customer.';
comment on column public.customers.id is
  'Identifies the customer: the same id as the user profile.';
comment on column public.customers.membership_tier is
  'Tier by the rupees spent in the last twelve months; set by the platform.';
comment on column public.customers.membership_start_date is
  'Day on which the customer became a member.';
comment on column public.customers.loyalty_points is
  'Points that can be spent now, each worth one rupee: the sum of the points transactions.';
comment on column public.customers.total_bookings is
  'How many bookings the customer has made; counted by the platform.';
comment on column public.customers.total_spent is
  'Rupees spent on bookings so far; counted by the platform.';
comment on column public.customers.total_saved is
  'Rupees saved by discounts so far; counted by the platform.';
comment on column public.customers.preferred_services is
  'Ids of the customer''s preferred services; null when not given.';
comment on column public.customers.preferred_therapists is
  'Ids of the customer''s preferred therapists; null when not given.';
comment on column public.customers.preferred_vendors is
  'Ids of the customer''s preferred vendors; null when not given.';
comment on column public.customers.preferred_gender is
  'Preferred gender of the provider; null when not given.';
comment on column public.customers.allergies is
  'Allergies, one per entry; null when not given.';
comment on column public.customers.medical_conditions is
  'Medical conditions that a provider should know, one per entry; null when not given.';
comment on column public.customers.special_requirements is
  'Other requests for every booking, in the customer''s words; null when not given.';
comment on column public.customers.referral_code is
  'Code that friends use to sign up, given by the platform.';
comment on column public.customers.referred_by is
  'Customer whose code this one used at sign-up; null when there was none.';
comment on column public.customers.referral_count is
  'How many friends have signed up with the code; counted by the platform.';
comment on column public.customers.last_booking_date is
  'When the customer last booked; null before the first booking.';
create policy select_own on public.customers for select to authenticated
  using (id = (select auth.uid()));
create policy select_staff on public.customers for select to staff
  using (
    id >= (select app_private.people_from('customers.read'))
    and id <= (select app_private.people_to('customers.read'))
  );
create policy insert_own on public.customers for insert to authenticated
  with check (id = (select auth.uid()));
create policy update_own on public.customers for update to authenticated
  using (id = (select auth.uid())) with check (id = (select auth.uid()));
grant select on public.customers to authenticated, staff;
-- Withheld: tier, points, totals, referral.
grant insert (preferred_services, preferred_therapists, preferred_vendors, preferred_gender,
    allergies, medical_conditions, special_requirements),
  update (preferred_services, preferred_therapists, preferred_vendors, preferred_gender,
    allergies, medical_conditions, special_requirements)
  on public.customers to authenticated;

create table public.customer_addresses (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null default auth.uid() references public.customers (id) on delete cascade,
  address_type text not null references enums.address_type,
  label text,
  address_line1 text not null,
  address_line2 text,
  landmark text,
  city text not null,
  state text not null,
  pincode public.pincode not null,
  country text not null default 'India',
  latitude public.latitude,
  longitude public.longitude,
  is_default boolean not null default false,
  delivery_instructions text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.customer_addresses enable row level security;
alter table public.customer_addresses alter column customer_id set (n_distinct = -1);
create index customer_addresses_customer_id_idx on public.customer_addresses (customer_id);
create unique index customer_addresses_one_default_key on public.customer_addresses (customer_id)
  where is_default;
select app_private.keep_timestamps('public.customer_addresses');
create trigger _300_one_default before insert or update of is_default on public.customer_addresses
  for each row when (new.is_default)
  execute function app_private.tg__one_chosen('customer_id', 'is_default');
comment on table public.customer_addresses is
  'Addresses where a customer can be served. The vendor of a booking sees only the copy on the booking.';
comment on index public.customer_addresses_one_default_key is
  'Only one address can be the default. Unmark the other address first.';
comment on column public.customer_addresses.id is 'Identifies the address.';
comment on column public.customer_addresses.customer_id is 'Customer who has the address.';
comment on column public.customer_addresses.address_type is 'Kind of place.';
comment on column public.customer_addresses.label is
  'The customer''s name for the address, such as Mother''s flat; null when there is none.';
comment on column public.customer_addresses.address_line1 is 'House and street.';
comment on column public.customer_addresses.address_line2 is
  'Floor, area or the like; null when there is none.';
comment on column public.customer_addresses.landmark is
  'Landmark nearby; null when not given.';
comment on column public.customer_addresses.city is 'Name of the city.';
comment on column public.customer_addresses.state is 'Name of the state or union territory.';
comment on column public.customer_addresses.pincode is 'Postal code of six digits.';
comment on column public.customer_addresses.country is 'English name of the country.';
comment on column public.customer_addresses.latitude is
  'Degrees north of the address (WGS 84); null when not given.';
comment on column public.customer_addresses.longitude is
  'Degrees east of the address (WGS 84); null when not given.';
comment on column public.customer_addresses.is_default is
  'Whether apps offer it first. Setting it unsets the customer''s other addresses.';
comment on column public.customer_addresses.delivery_instructions is
  'How to reach the door, such as the gate or floor; null when not given.';
create policy select_own on public.customer_addresses for select to authenticated
  using (customer_id = (select auth.uid()));
create policy select_staff on public.customer_addresses for select to staff
  using (
    customer_id >= (select app_private.people_from('customers.read'))
    and customer_id <= (select app_private.people_to('customers.read'))
  );
create policy insert_own on public.customer_addresses for insert to authenticated
  with check (customer_id = (select auth.uid()));
create policy update_own on public.customer_addresses for update to authenticated
  using (customer_id = (select auth.uid())) with check (customer_id = (select auth.uid()));
create policy delete_own on public.customer_addresses for delete to authenticated
  using (customer_id = (select auth.uid()));
grant select, delete on public.customer_addresses to authenticated;
grant select on public.customer_addresses to staff;
grant insert (address_type, label, address_line1, address_line2, landmark, city, state, pincode,
    country, latitude, longitude, is_default, delivery_instructions),
  update (address_type, label, address_line1, address_line2, landmark, city, state, pincode,
    country, latitude, longitude, is_default, delivery_instructions)
  on public.customer_addresses to authenticated;

--! split: 110-bookings.sql
-- Bookings, and who performs them. Users read here; every write with rules is done by the functions of the
-- booking engine, and no client role may insert a booking or change its state.

create sequence app_private.booking_numbers;

--! Included functions/booking/next_booking_number.sql
create or replace function app_private.next_booking_number() returns text
language sql volatile security definer set search_path = '' as $$
  select app_private.numbered(
    'OBO-' || to_char(now() at time zone 'Asia/Kolkata', 'YYYYMMDD') || '-',
    nextval('app_private.booking_numbers'), 4)
$$;
comment on function app_private.next_booking_number() is
  'OBO, the day in India, and at least four digits from one sequence that never repeats.';
revoke all on function app_private.next_booking_number() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/next_booking_number.sql

--! Included functions/booking/plus_minutes.sql
create or replace function app_private.plus_minutes(p_instant timestamptz, p_minutes integer) returns timestamptz
language sql immutable set search_path = '' as $$
  select p_instant + p_minutes * interval '1 minute'
$$;
comment on function app_private.plus_minutes(timestamptz, integer) is
  'The instant p_minutes later. It is immutable, unlike timestamptz + interval in general, because minutes do not depend on the time zone.';
revoke all on function app_private.plus_minutes(timestamptz, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.plus_minutes(timestamptz, integer) to authenticated, staff;
--! EndIncluded functions/booking/plus_minutes.sql
-- A generated column is computed with the rights of the user who writes the row.

create table public.bookings (
  id uuid primary key default gen_random_uuid(),
  booking_number text not null unique default app_private.next_booking_number(),
  customer_id uuid not null references public.customers (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  booking_type text not null references enums.booking_type,
  service_location jsonb not null,
  contact_name text,
  contact_mobile public.mobile_number,
  booking_date date not null,
  booking_time time not null,
  time_zone text not null default 'Asia/Kolkata',
  duration_minutes integer not null check (duration_minutes between 5 and 1440),
  starts_at timestamptz not null
    generated always as ((booking_date + booking_time) at time zone time_zone) stored,
  ends_at timestamptz not null generated always as (app_private.plus_minutes(
    (booking_date + booking_time) at time zone time_zone, duration_minutes)) stored,
  total_amount numeric(10, 2) not null,
  discount_amount numeric(10, 2) not null default 0,
  tax_amount numeric(10, 2) not null default 0,
  service_charge numeric(10, 2) not null default 0,
  final_amount numeric(10, 2) not null,
  status text not null default 'pending' references enums.booking_status
    constraint bookings_never_rest_at_rescheduled check (status <> 'rescheduled'),
  payment_status text not null default 'pending' references enums.booking_payment_status,
  special_instructions text check (length(special_instructions) <= 1000),
  cancellation_reason text,
  cancelled_by uuid references public.user_profiles (id) on delete set null,
  cancelled_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint bookings_discount_within_total check (discount_amount <= total_amount),
  constraint bookings_amounts_add_up
    check (final_amount = total_amount - discount_amount + service_charge + tax_amount),
  constraint bookings_cancelled_with_time check ((status = 'cancelled') = (cancelled_at is not null))
);
alter table public.bookings enable row level security;
select app_private.limit_numbers('public.bookings', '{
  "total_amount": "total", "discount_amount": "total", "tax_amount": "total",
  "service_charge": "amount", "final_amount": "total"
}');
-- Looked up by the signed-in user: see the head of this migration.
alter table public.bookings
  alter column customer_id set (n_distinct = -1), alter column vendor_id set (n_distinct = -1);
create index bookings_customer_id_idx on public.bookings (customer_id, created_at desc);
-- A vendor's day.
create index bookings_vendor_id_idx on public.bookings (vendor_id, booking_date);
-- The lists of staff: newest first, by state, by day.
create index bookings_created_at_idx on public.bookings (created_at desc, id);
create index bookings_status_idx on public.bookings (status, created_at desc);
create index bookings_booking_date_idx on public.bookings (booking_date, id);
create index bookings_cancelled_by_idx on public.bookings (cancelled_by) where cancelled_by is not null;
-- A vendor's bookings cluster by state and type; without this the planner multiplies.
create statistics public.bookings_vendor_status on vendor_id, status from public.bookings;
create statistics public.bookings_status_payment on status, payment_status from public.bookings;
select app_private.keep_timestamps('public.bookings');
comment on table public.bookings is
  'Bookings. Dates and times are in the vendor''s time zone; startsAt and endsAt are the same as instants. Amounts are rupees, as agreed when the booking was made.';
comment on constraint bookings_special_instructions_check on public.bookings is
  'Special instructions must have at most 1000 characters.';
comment on column public.bookings.id is 'Identifies the booking.';
comment on column public.bookings.booking_number is
  'Number of the booking for people to quote: OBO, the day on which it was made, and at least four digits.';
comment on column public.bookings.customer_id is 'Customer who made the booking.';
comment on column public.bookings.vendor_id is 'Vendor that is booked.';
comment on column public.bookings.booking_type is 'Where the service takes place.';
comment on column public.bookings.service_location is
  'Object with the address of the service as agreed, with the keys of a customer address.';
comment on column public.bookings.contact_name is
  'Name of the contact at the place of service; null when not given.';
comment on column public.bookings.contact_mobile is
  'Mobile number to call about this booking, in E.164 form; null when not given.';
comment on column public.bookings.booking_date is 'Day on which it begins, in timeZone.';
comment on column public.bookings.booking_time is 'Time of day at which it begins, in timeZone.';
comment on column public.bookings.time_zone is
  'IANA time zone of date and time: the vendor''s when the booking was made.';
comment on column public.bookings.duration_minutes is 'Duration in minutes of all services and add-ons.';
comment on column public.bookings.starts_at is
  'Instant at which it begins, computed from date, time and timeZone.';
comment on column public.bookings.ends_at is
  'Instant at which it ends, computed from its start and duration.';
comment on column public.bookings.total_amount is
  'Rupees of all items with their add-ons, before discount, service charge and GST.';
comment on column public.bookings.discount_amount is 'Rupees taken off totalAmount.';
comment on column public.bookings.tax_amount is 'Rupees of GST on all charges.';
comment on column public.bookings.service_charge is 'Rupees that the platform charges, before GST.';
comment on column public.bookings.final_amount is
  'Rupees to pay: totalAmount less discountAmount, plus serviceCharge and taxAmount.';
comment on column public.bookings.status is
  'State of the booking; changed only by mutations such as confirmBooking.';
comment on column public.bookings.payment_status is 'How much of finalAmount is paid.';
comment on column public.bookings.special_instructions is
  'Up to 1000 characters for the provider, which the customer can change until the service begins; null when there are none.';
comment on column public.bookings.cancellation_reason is
  'Why it was cancelled; null unless it was.';
comment on column public.bookings.cancelled_by is 'User who cancelled it; null unless a user did.';
comment on column public.bookings.cancelled_at is 'When it was cancelled; null unless it was.';
comment on statistics public.bookings_vendor_status is 'Statuses are not spread evenly over vendors.';
comment on statistics public.bookings_status_payment is 'The payment status depends on the status.';
create policy select_party on public.bookings for select to authenticated
  using (
    customer_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('bookings'))::uuid[])
    or id = any ((select app_private.my_assigned_booking_ids())::uuid[])
  );
create policy select_staff on public.bookings for select to staff
  using (
    id >= (select app_private.floor_uuid('bookings.read'))
    and created_at >= (select app_private.floor_instant('bookings.read'))
    and booking_date >= (select app_private.floor_date('bookings.read'))
    and status >= (select app_private.floor_text('bookings.read'))
  );
create policy update_own on public.bookings for update to authenticated
  using (customer_id = (select auth.uid()) and status in ('pending', 'confirmed', 'assigned'))
  with check (customer_id = (select auth.uid()));
grant select on public.bookings to authenticated, staff;
-- Withheld: all other columns. A customer may change the instructions until the service begins.
grant update (special_instructions) on public.bookings to authenticated;

--! Included functions/booking/tg_bookings__publish_event.sql
create or replace function app_private.tg_bookings__publish_event() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.emit_change(
    'booking',
    array[
      'booking:' || new.id,
      'customer:' || new.customer_id, 'customer:' || old.customer_id,
      'vendor:' || new.vendor_id, 'vendor:' || old.vendor_id
    ],
    to_jsonb(old), to_jsonb(new));
  return null;
end
$$;
comment on function app_private.tg_bookings__publish_event() is
  'Records booking.created, booking.<new status> or booking.updated for live subscribers of the booking, its customer and its vendor, and of a former customer or vendor.';
revoke all on function app_private.tg_bookings__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tg_bookings__publish_event.sql
create trigger _900_publish_event after insert or update on public.bookings
  for each row execute function app_private.tg_bookings__publish_event();

create table public.booking_items (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings (id) on delete cascade,
  service_id uuid not null references public.services (id) on delete restrict,
  service_name text not null,
  service_duration integer not null check (service_duration > 0),
  service_price numeric(10, 2) not null,
  quantity integer not null default 1 check (quantity between 1 and 20),
  addon_services jsonb not null default '[]' check (jsonb_typeof(addon_services) = 'array'),
  subtotal numeric(10, 2) not null,
  therapist_id uuid references public.therapists (id) on delete restrict,
  notes text,
  created_at timestamptz not null default now()
);
alter table public.booking_items enable row level security;
select app_private.keep_timestamps('public.booking_items');
select app_private.limit_numbers('public.booking_items', '{
  "service_price": "amount", "subtotal": "amount"
}');
create index booking_items_booking_id_idx on public.booking_items (booking_id);
create index booking_items_service_id_idx on public.booking_items (service_id);
create index booking_items_therapist_id_idx on public.booking_items (therapist_id)
  where therapist_id is not null;
comment on table public.booking_items is
  'What was booked, with name, duration in minutes and price in rupees as agreed.';
comment on constraint booking_items_quantity_check on public.booking_items is
  'Quantity must be from 1 to 20.';
comment on column public.booking_items.id is 'Identifies the item.';
comment on column public.booking_items.booking_id is 'Booking of the item.';
comment on column public.booking_items.service_id is
  'Service that was booked; its name and price may have changed since.';
comment on column public.booking_items.service_name is 'Name of the service at the time of booking.';
comment on column public.booking_items.service_duration is
  'Duration in minutes of the service once, as agreed.';
comment on column public.booking_items.service_price is
  'Price in rupees before GST for the service once, as agreed.';
comment on column public.booking_items.quantity is 'How many times the service is performed, 1 to 20.';
comment on column public.booking_items.addon_services is
  'Add-ons as agreed: a list of objects with id, name, duration (minutes) and price (rupees).';
comment on column public.booking_items.subtotal is
  'Rupees before GST for the item: price times quantity, with add-ons.';
comment on column public.booking_items.therapist_id is
  'Therapist who performs the item; null until one is assigned.';
comment on column public.booking_items.notes is
  'Notes for the provider about this item; null when there are none.';
create policy select_party on public.booking_items for select to authenticated
  using (exists (select from public.bookings b where b.id = booking_id));
create policy select_staff on public.booking_items for select to staff
  using (exists (select from public.bookings b where b.id = booking_id));
grant select on public.booking_items to authenticated, staff;

create table public.booking_status_history (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings (id) on delete cascade,
  from_status text references enums.booking_status,
  to_status text not null references enums.booking_status,
  changed_by uuid references public.user_profiles (id) on delete set null,
  reason text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now()
);
alter table public.booking_status_history enable row level security;
select app_private.keep_timestamps('public.booking_status_history');
create index booking_status_history_booking_id_idx
  on public.booking_status_history (booking_id, created_at);
create index booking_status_history_changed_by_idx on public.booking_status_history (changed_by)
  where changed_by is not null;
comment on table public.booking_status_history is 'Every change of a booking''s state, with user and reason.';
comment on column public.booking_status_history.id is 'Identifies the change.';
comment on column public.booking_status_history.booking_id is 'Booking whose state changed.';
comment on column public.booking_status_history.from_status is
  'State before the change; null for the first row of a booking.';
comment on column public.booking_status_history.to_status is 'State after the change.';
comment on column public.booking_status_history.changed_by is
  'User who made the change; null when the platform made it or the account was deleted.';
comment on column public.booking_status_history.reason is 'Reason of the change; null when not given.';
comment on column public.booking_status_history.metadata is
  'Object with details of the change; empty when there are none.';
create policy select_party on public.booking_status_history for select to authenticated
  using (exists (select from public.bookings b where b.id = booking_id));
create policy select_staff on public.booking_status_history for select to staff
  using (exists (select from public.bookings b where b.id = booking_id));
grant select on public.booking_status_history to authenticated, staff;

create table public.booking_notes (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings (id) on delete cascade,
  note_type text references enums.booking_note_type,
  note text not null check (length(trim(note)) between 1 and 4000),
  created_by uuid default auth.uid() references public.user_profiles (id) on delete set null,
  is_internal boolean not null default false,
  created_at timestamptz not null default now()
);
alter table public.booking_notes enable row level security;
select app_private.keep_timestamps('public.booking_notes');
create index booking_notes_booking_id_idx on public.booking_notes (booking_id, created_at);
create index booking_notes_created_by_idx on public.booking_notes (created_by);
comment on table public.booking_notes is
  'Notes about a booking between its parties. Internal notes are for staff of the platform.';
comment on constraint booking_notes_note_check on public.booking_notes is
  'Note must have 1 to 4000 characters.';
comment on column public.booking_notes.id is 'Identifies the note.';
comment on column public.booking_notes.booking_id is 'Booking of the note.';
comment on column public.booking_notes.note_type is
  'Which side wrote it; null when not recorded.';
comment on column public.booking_notes.note is 'Text of the note, up to 4000 characters.';
comment on column public.booking_notes.created_by is
  'User who wrote it; null when the platform did or the account was deleted.';
comment on column public.booking_notes.is_internal is 'Whether only staff of the platform see it.';
create policy select_party on public.booking_notes for select to authenticated
  using (not is_internal and exists (select from public.bookings b where b.id = booking_id));
create policy select_staff on public.booking_notes for select to staff
  using (exists (select from public.bookings b where b.id = booking_id));
grant select on public.booking_notes to authenticated, staff;

create table public.booking_cancellations (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null unique references public.bookings (id) on delete cascade,
  cancelled_by uuid references public.user_profiles (id) on delete restrict,
  cancelled_by_role text not null references enums.party_role,
  cancellation_reason text not null,
  refund_amount numeric(10, 2) not null default 0,
  refund_status text not null default 'pending' references enums.refund_status,
  cancellation_charge numeric(10, 2) not null default 0,
  cancelled_at timestamptz not null default now()
);
alter table public.booking_cancellations enable row level security;
select app_private.limit_numbers('public.booking_cancellations', '{
  "refund_amount": "total", "cancellation_charge": "total"
}');
create index booking_cancellations_cancelled_by_idx on public.booking_cancellations (cancelled_by);
comment on table public.booking_cancellations is 'The cancellation of a booking, at most one per booking.';
comment on column public.booking_cancellations.id is 'Identifies the cancellation.';
comment on column public.booking_cancellations.booking_id is 'Booking that was cancelled.';
comment on column public.booking_cancellations.cancelled_by is
  'User who cancelled; null when the platform did by itself, because the vendor was not available.';
comment on column public.booking_cancellations.cancelled_by_role is
  'Role in which the user cancelled; it decides the charge.';
comment on column public.booking_cancellations.cancellation_reason is 'Reason in the user''s words.';
comment on column public.booking_cancellations.refund_amount is
  'Rupees that are returned to the customer.';
comment on column public.booking_cancellations.refund_status is 'State of the refund.';
comment on column public.booking_cancellations.cancellation_charge is
  'Rupees that the customer does not get back.';
comment on column public.booking_cancellations.cancelled_at is 'When it was cancelled.';
create policy select_party on public.booking_cancellations for select to authenticated
  using (exists (select from public.bookings b where b.id = booking_id));
create policy select_staff on public.booking_cancellations for select to staff
  using (exists (select from public.bookings b where b.id = booking_id));
grant select on public.booking_cancellations to authenticated, staff;

create table public.booking_reschedules (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings (id) on delete cascade,
  old_date date not null,
  old_time time not null,
  new_date date not null,
  new_time time not null,
  requested_by uuid not null references public.user_profiles (id) on delete restrict,
  requested_by_role text not null references enums.party_role,
  reason text,
  status text not null default 'pending' references enums.reschedule_status,
  approved_by uuid references public.user_profiles (id) on delete set null,
  approved_at timestamptz,
  reschedule_charge numeric(10, 2) not null default 0,
  created_at timestamptz not null default now(),
  constraint booking_reschedules_moves check ((new_date, new_time) <> (old_date, old_time))
);
alter table public.booking_reschedules enable row level security;
select app_private.keep_timestamps('public.booking_reschedules');
select app_private.limit_numbers('public.booking_reschedules', '{"reschedule_charge": "amount"}');
create index booking_reschedules_booking_id_idx on public.booking_reschedules (booking_id);
-- One open request at a time.
create unique index booking_reschedules_one_pending_key on public.booking_reschedules (booking_id)
  where status = 'pending';
create index booking_reschedules_requested_by_idx on public.booking_reschedules (requested_by);
create index booking_reschedules_approved_by_idx on public.booking_reschedules (approved_by);
comment on table public.booking_reschedules is 'Requests to move a booking to another time.';
comment on constraint booking_reschedules_moves on public.booking_reschedules is
  'The new date or time must differ from that of the booking. Choose another.';
comment on column public.booking_reschedules.id is 'Identifies the request.';
comment on column public.booking_reschedules.booking_id is 'Booking that is to be moved.';
comment on column public.booking_reschedules.old_date is
  'Day before the move, in the booking''s time zone.';
comment on column public.booking_reschedules.old_time is
  'Time of day before the move, in the booking''s time zone.';
comment on column public.booking_reschedules.new_date is
  'Requested day, in the booking''s time zone.';
comment on column public.booking_reschedules.new_time is
  'Requested time of day, in the booking''s time zone.';
comment on column public.booking_reschedules.requested_by is 'User who requests the move.';
comment on column public.booking_reschedules.requested_by_role is 'Role in which the user requests it.';
comment on column public.booking_reschedules.reason is 'Reason of the request; null when not given.';
comment on column public.booking_reschedules.status is 'State of the request.';
comment on column public.booking_reschedules.approved_by is
  'User who decided; null until then and when the platform decided.';
comment on column public.booking_reschedules.approved_at is 'When the request was decided; null until then.';
comment on column public.booking_reschedules.reschedule_charge is
  'Rupees charged for moving the booking; 0 when moving is free.';
create policy select_party on public.booking_reschedules for select to authenticated
  using (exists (select from public.bookings b where b.id = booking_id));
create policy select_staff on public.booking_reschedules for select to staff
  using (exists (select from public.bookings b where b.id = booking_id));
grant select on public.booking_reschedules to authenticated, staff;

create table public.therapist_assignments (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings (id) on delete cascade,
  therapist_id uuid not null references public.therapists (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  customer_id uuid not null references public.customers (id) on delete restrict,
  service_id uuid not null references public.services (id) on delete restrict,
  assignment_date date not null,
  assignment_time time not null,
  status text not null default 'assigned' references enums.assignment_status,
  location_address text not null,
  location_latitude public.latitude,
  location_longitude public.longitude,
  estimated_duration integer not null check (estimated_duration > 0),
  actual_start_time timestamptz,
  actual_end_time timestamptz,
  actual_duration integer check (actual_duration >= 0),
  distance_traveled numeric(10, 2),
  travel_time integer check (travel_time >= 0),
  customer_rating integer check (customer_rating between 1 and 5),
  customer_feedback text,
  tips_amount numeric(10, 2) not null default 0,
  notes text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint therapist_assignments_end_after_start check (actual_end_time >= actual_start_time)
);
alter table public.therapist_assignments enable row level security;
select app_private.limit_numbers('public.therapist_assignments', '{
  "distance_traveled": "kilometres", "tips_amount": "amount"
}');
alter table public.therapist_assignments
  alter column therapist_id set (n_distinct = -1), alter column vendor_id set (n_distinct = -1),
  alter column customer_id set (n_distinct = -1);
-- Only one provider at a time performs a booking.
create unique index therapist_assignments_one_live_key on public.therapist_assignments (booking_id)
  where status <> 'cancelled';
create index therapist_assignments_booking_id_idx on public.therapist_assignments (booking_id);
-- A provider's day, and which bookings are theirs.
create index therapist_assignments_therapist_id_idx
  on public.therapist_assignments (therapist_id, assignment_date) include (booking_id, status);
create index therapist_assignments_vendor_id_idx
  on public.therapist_assignments (vendor_id, assignment_date);
create index therapist_assignments_customer_id_idx on public.therapist_assignments (customer_id);
create index therapist_assignments_service_id_idx on public.therapist_assignments (service_id);
create index therapist_assignments_created_at_idx
  on public.therapist_assignments (created_at desc, id);
create index therapist_assignments_assignment_date_idx
  on public.therapist_assignments (assignment_date, id);
-- The few that are under way, whose position may be seen.
create index therapist_assignments_under_way_idx on public.therapist_assignments (customer_id, vendor_id, assignment_date)
  where status in ('in_transit', 'reached', 'in_progress');
select app_private.keep_timestamps('public.therapist_assignments');
comment on table public.therapist_assignments is
  'Which therapist performs a booking, and the state of the assignment. Durations and travel are in minutes, distance in kilometres, tips in rupees.';
comment on column public.therapist_assignments.id is 'Identifies the assignment.';
comment on column public.therapist_assignments.booking_id is 'Booking that is to be performed.';
comment on column public.therapist_assignments.therapist_id is 'Therapist who performs it.';
comment on column public.therapist_assignments.vendor_id is 'Vendor of the booking.';
comment on column public.therapist_assignments.customer_id is 'Customer of the booking.';
comment on column public.therapist_assignments.service_id is 'Service that is to be performed.';
comment on column public.therapist_assignments.assignment_date is
  'Day on which the service begins, in the vendor''s local time.';
comment on column public.therapist_assignments.assignment_time is
  'Time of day at which the service begins, in the vendor''s local time.';
comment on column public.therapist_assignments.status is 'State of the assignment.';
comment on column public.therapist_assignments.location_address is
  'Address of the service as one text.';
comment on column public.therapist_assignments.location_latitude is
  'Degrees north of the address (WGS 84); null when not known.';
comment on column public.therapist_assignments.location_longitude is
  'Degrees east of the address (WGS 84); null when not known.';
comment on column public.therapist_assignments.estimated_duration is
  'Expected duration of the service in minutes.';
comment on column public.therapist_assignments.actual_start_time is
  'When the service began; null until then.';
comment on column public.therapist_assignments.actual_end_time is
  'When the service ended; null until then.';
comment on column public.therapist_assignments.actual_duration is
  'Actual duration of the service in minutes; null until it has ended.';
comment on column public.therapist_assignments.distance_traveled is
  'Kilometres that the therapist travelled; null when not known.';
comment on column public.therapist_assignments.travel_time is
  'Minutes that the therapist travelled; null when not known.';
comment on column public.therapist_assignments.customer_rating is
  'The customer''s stars for the therapist, 1 to 5; null until given.';
comment on column public.therapist_assignments.customer_feedback is
  'The customer''s comment on the service; null until given.';
comment on column public.therapist_assignments.tips_amount is 'Rupees that the customer tipped.';
comment on column public.therapist_assignments.notes is
  'Notes of the vendor or therapist, which the customer can read; null when there are none.';
comment on index public.therapist_assignments_one_live_key is 'This booking already has a provider. Cancel that assignment first.';
create policy select_party on public.therapist_assignments for select to authenticated
  using (
    customer_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('bookings'))::uuid[])
    or therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
  );
create policy select_staff on public.therapist_assignments for select to staff
  using (
    id >= (select app_private.floor_uuid('bookings.read'))
    and created_at >= (select app_private.floor_instant('bookings.read'))
    and assignment_date >= (select app_private.floor_date('bookings.read'))
  );
grant select on public.therapist_assignments to authenticated, staff;

create table public.therapist_locations (
  id uuid primary key default gen_random_uuid(),
  therapist_id uuid not null references public.therapists (id) on delete cascade,
  booking_id uuid references public.bookings (id) on delete cascade,
  latitude public.latitude not null,
  longitude public.longitude not null,
  accuracy numeric(10, 2),
  altitude numeric(10, 2),
  speed numeric(10, 2),
  heading numeric(5, 2),
  battery_level integer check (battery_level between 0 and 100),
  is_moving boolean not null default false,
  timestamp timestamptz not null default now()
);
alter table public.therapist_locations enable row level security;
select app_private.limit_numbers('public.therapist_locations', '{
  "accuracy": "metres", "altitude": "altitude", "speed": "speed", "heading": "heading"
}');
alter table public.therapist_locations
  alter column therapist_id set (n_distinct = -1), alter column booking_id set (n_distinct = -1);
create index therapist_locations_therapist_id_idx
  on public.therapist_locations (therapist_id, timestamp desc);
create index therapist_locations_booking_id_idx
  on public.therapist_locations (booking_id, timestamp desc);
comment on table public.therapist_locations is
  'Positions of a therapist on the way to a booking and during the service: accuracy and altitude in metres, speed in metres per second, heading in degrees. The customer and the vendor of that booking see them only during that time.';
comment on constraint therapist_locations_battery_level_check on public.therapist_locations is
  'Battery level must be from 0 to 100.';
comment on column public.therapist_locations.id is 'Identifies the position.';
comment on column public.therapist_locations.therapist_id is 'Therapist who reported the position.';
comment on column public.therapist_locations.booking_id is
  'Booking for which the therapist was on the way; null when none was given.';
comment on column public.therapist_locations.latitude is
  'Degrees north (WGS 84), as reported by the therapist''s device.';
comment on column public.therapist_locations.longitude is
  'Degrees east (WGS 84), as reported by the therapist''s device.';
comment on column public.therapist_locations.accuracy is
  'Radius of uncertainty in metres; null when not reported.';
comment on column public.therapist_locations.altitude is
  'Metres above sea level; null when not reported.';
comment on column public.therapist_locations.speed is 'Metres per second; null when not reported.';
comment on column public.therapist_locations.heading is
  'Direction of travel in degrees clockwise from north; null when not reported or not moving.';
comment on column public.therapist_locations.battery_level is
  'Battery charge of the device in per cent, 0 to 100; null when not reported.';
comment on column public.therapist_locations.is_moving is 'Whether the device reports that it is moving.';
comment on column public.therapist_locations.timestamp is 'When the position was reported.';
create policy select_party on public.therapist_locations for select to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or booking_id = any ((select app_private.my_tracked_booking_ids())::uuid[])
  );
-- No policy for staff: a position is only for those who wait for the provider.
grant select on public.therapist_locations to authenticated;

/*
 * Figures that users expect on a booking.
 */
--! Included functions/booking/bookings_is_upcoming.sql
create or replace function public.bookings_is_upcoming(booking public.bookings) returns boolean
language sql stable set search_path = '' as $$
  select booking.starts_at > now() and booking.status in ('pending', 'confirmed', 'assigned')
$$;
comment on function public.bookings_is_upcoming(public.bookings) is
  'Whether the booking is still to come.';
revoke all on function public.bookings_is_upcoming(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.bookings_is_upcoming(public.bookings) to authenticated, staff;
--! EndIncluded functions/booking/bookings_is_upcoming.sql

--! Included functions/live/may_listen.sql
-- Which topics a user may follow: those whose rows the user may read. Where a topic names a row, the policy
-- of its table decides, because this function runs with the rights of the caller; otherwise the helpers that
-- the policies of its tables use. One statement each: a statement that names a helper without a grant for the
-- caller fails, even if it would not call it.
create or replace function app_private.may_listen(p_topic text) returns boolean
language plpgsql stable set search_path = '' as $$
declare
  v_kind text := split_part(p_topic, ':', 1);
  v_id text := substr(p_topic, length(v_kind) + 2);
begin
  if (select auth.uid()) is null then
    return false;
  end if;

  if v_kind = 'dashboard' then
    begin
      perform public.department_dashboard(v_id);
      return true;
    exception
      -- Not of this department, or the department does not exist.
      when sqlstate 'OB002' or sqlstate 'OB003' then
        return false;
    end;
  elsif v_kind = 'features' then
    -- Everyone may ask for their own features, which change with flags and with their roles.
    return v_id = 'all' or v_id = (select auth.uid())::text;
  elsif v_kind = 'applications' and current_user = 'staff' then
    return v_id = 'all' and app_private.has_permission('vendor_applications.read');
  elsif v_id !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return false;
  elsif v_kind = 'booking' then
    return exists (select from public.bookings b where b.id = v_id::uuid);
  elsif v_kind = 'ticket' then
    return exists (select from public.support_tickets t where t.id = v_id::uuid);
  elsif v_kind = 'ticket_desk' then
    return current_user = 'staff'
      and exists (select from public.support_tickets t where t.id = v_id::uuid);
  elsif v_kind = 'user' then
    return v_id::uuid = (select auth.uid());
  elsif v_kind in ('customer', 'provider', 'vendor') and current_user = 'staff' then
    return app_private.has_permission('bookings.read');
  elsif v_kind = 'applicant' and current_user = 'staff' then
    return app_private.has_permission('vendor_applications.read');
  elsif v_kind = 'vendor' then
    return v_id::uuid = any (app_private.my_vendor_ids('bookings'));
  elsif v_kind in ('customer', 'provider', 'applicant') then
    return v_id::uuid = (select auth.uid());
  end if;
  return false;
end
$$;
comment on function app_private.may_listen(text) is
  'Whether the signed-in user may follow a topic now. It runs with the user''s own rights: users who may read the rows of a topic may follow it.';
revoke all on function app_private.may_listen(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.may_listen(text) to anon, authenticated, staff;
--! EndIncluded functions/live/may_listen.sql
-- The API calls it by name while it has these roles.
grant usage on schema app_private to anon, authenticated, staff;

--! split: 120-payments.sql
-- Money. Users read their own rows; all money moves through functions that check, do and record, which come
-- with the booking engine.

create table public.payment_methods (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null default auth.uid() references public.customers (id) on delete cascade,
  method_type text not null references enums.payment_method_type,
  is_primary boolean not null default false,
  card_last4 text constraint payment_methods_card_last4_format check (card_last4 ~ '^[0-9]{4}$'),
  card_brand text,
  upi_id text constraint payment_methods_upi_id_format check (upi_id ~ '^[\w.-]{2,255}@[A-Za-z]{2,64}$'),
  wallet_provider text,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  constraint payment_methods_says_what_it_is check (
    case method_type
      when 'card' then card_last4 is not null
      when 'upi' then upi_id is not null
      when 'wallet' then wallet_provider is not null
      else true
    end
  )
);
alter table public.payment_methods enable row level security;
select app_private.keep_timestamps('public.payment_methods');
alter table public.payment_methods alter column customer_id set (n_distinct = -1);
create index payment_methods_customer_id_idx on public.payment_methods (customer_id);
create unique index payment_methods_one_primary_key on public.payment_methods (customer_id)
  where is_primary;
create trigger _300_one_primary before insert or update of is_primary on public.payment_methods
  for each row when (new.is_primary)
  execute function app_private.tg__one_chosen('customer_id', 'is_primary');
comment on table public.payment_methods is
  'Saved payment methods of a customer. The full card number is stored only by the payment gateway.';
comment on column public.payment_methods.id is 'Identifies the payment method.';
comment on column public.payment_methods.customer_id is 'Customer who saved the payment method.';
comment on column public.payment_methods.method_type is 'Kind of payment method.';
comment on column public.payment_methods.is_primary is
  'Whether apps offer it first. Each customer has at most one.';
comment on column public.payment_methods.card_last4 is
  'Last four digits of the card; null unless it is a card.';
comment on column public.payment_methods.card_brand is
  'Brand of the card, such as RuPay; null unless it is a card.';
comment on column public.payment_methods.upi_id is
  'UPI address, such as name@bank; null unless it is UPI.';
comment on column public.payment_methods.wallet_provider is
  'Company of the wallet; null unless it is a wallet.';
comment on column public.payment_methods.is_active is 'Whether the customer still uses it.';
comment on constraint payment_methods_card_last4_format on public.payment_methods is
  'Enter only the last four digits of the card.';
comment on constraint payment_methods_upi_id_format on public.payment_methods is
  'UPI id must look like name@bank.';
comment on constraint payment_methods_says_what_it_is on public.payment_methods is
  'A card needs its last four digits, UPI its id, and a wallet its provider. Enter the one that the method type needs.';
comment on index public.payment_methods_one_primary_key is
  'Only one payment method can be the primary one. Unmark the other method first.';
create policy select_own on public.payment_methods for select to authenticated
  using (customer_id = (select auth.uid()));
create policy insert_own on public.payment_methods for insert to authenticated
  with check (customer_id = (select auth.uid()));
create policy update_own on public.payment_methods for update to authenticated
  using (customer_id = (select auth.uid())) with check (customer_id = (select auth.uid()));
create policy delete_own on public.payment_methods for delete to authenticated
  using (customer_id = (select auth.uid()));
-- No policy for staff: only the customer needs to see saved payment methods.
grant select, delete on public.payment_methods to authenticated;
grant insert (method_type, is_primary, card_last4, card_brand, upi_id, wallet_provider),
  update (is_primary, is_active)
  on public.payment_methods to authenticated;

create table public.payments (
  id uuid primary key default gen_random_uuid(),
  transaction_id text not null unique,
  booking_id uuid not null references public.bookings (id) on delete restrict,
  customer_id uuid not null references public.customers (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  amount numeric(10, 2) not null,
  tax_amount numeric(10, 2) not null default 0,
  discount_amount numeric(10, 2) not null default 0,
  convenience_fee numeric(10, 2) not null default 0,
  total_amount numeric(10, 2) not null,
  payment_method text not null references enums.payment_method,
  payment_gateway text,
  gateway_transaction_id text,
  status text not null default 'pending' references enums.payment_status,
  payment_date timestamptz,
  refund_amount numeric(10, 2) not null default 0,
  refund_date timestamptz,
  refund_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint payments_refund_within_total check (refund_amount between 0 and total_amount),
  -- One payment at the gateway is one payment here.
  unique (payment_gateway, gateway_transaction_id)
);
alter table public.payments enable row level security;
select app_private.limit_numbers('public.payments', '{
  "amount": "total", "tax_amount": "total", "discount_amount": "total", "convenience_fee": "amount",
  "total_amount": "total", "refund_amount": "total"
}');
alter table public.payments
  alter column customer_id set (n_distinct = -1), alter column vendor_id set (n_distinct = -1);
create index payments_booking_id_idx on public.payments (booking_id);
create index payments_customer_id_idx on public.payments (customer_id, created_at desc);
create index payments_vendor_id_idx on public.payments (vendor_id, created_at desc);
create index payments_created_at_idx on public.payments (created_at desc, id);
create index payments_status_idx on public.payments (status, created_at desc);
select app_private.keep_timestamps('public.payments');
comment on table public.payments is
  'Payments for bookings, in rupees. What the payment gateway reported is in paymentPrivateDetail.';
comment on constraint payments_refund_within_total on public.payments is
  'Refunds must not exceed the amount of the payment.';
comment on column public.payments.id is 'Identifies the payment.';
comment on column public.payments.transaction_id is
  'The platform''s reference of the payment, unique, for people to quote.';
comment on column public.payments.booking_id is 'Booking that is paid.';
comment on column public.payments.customer_id is 'Customer who pays.';
comment on column public.payments.vendor_id is 'Vendor of the booking.';
comment on column public.payments.amount is 'Rupees before tax, discount and fee.';
comment on column public.payments.tax_amount is 'Rupees of GST.';
comment on column public.payments.discount_amount is 'Rupees taken off.';
comment on column public.payments.convenience_fee is 'Rupees charged for this way of paying.';
comment on column public.payments.total_amount is 'Rupees that the customer pays.';
comment on column public.payments.payment_method is 'How the customer pays.';
comment on column public.payments.payment_gateway is
  'Payment gateway, such as razorpay; null when there is none.';
comment on column public.payments.gateway_transaction_id is
  'Reference of the gateway; null until it is known.';
comment on column public.payments.status is 'State of the payment.';
comment on column public.payments.payment_date is 'When the money arrived; null until then.';
comment on column public.payments.refund_amount is
  'Rupees of the payment returned so far; at most totalAmount.';
comment on column public.payments.refund_date is 'When money was last returned; null until then.';
comment on column public.payments.refund_reason is
  'Why money was last returned; null until then.';
create policy select_party on public.payments for select to authenticated
  using (
    customer_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[])
  );
create policy select_staff on public.payments for select to staff
  using (
    id >= (select app_private.floor_uuid('payments.read'))
    and created_at >= (select app_private.floor_instant('payments.read'))
    and status >= (select app_private.floor_text('payments.read'))
  );
grant select on public.payments to authenticated, staff;

create table public.payment_private_details (
  payment_id uuid primary key references public.payments (id) on delete cascade,
  gateway_response jsonb,
  metadata jsonb not null default '{}'
);
alter table public.payment_private_details enable row level security;
comment on table public.payment_private_details is
  'What the gateway reported about a payment, for staff who look after payments.';
comment on column public.payment_private_details.payment_id is 'Payment of these details.';
comment on column public.payment_private_details.gateway_response is
  'Object as the gateway sent it, with the gateway''s own keys; null before its first answer.';
comment on column public.payment_private_details.metadata is
  'Object with internal data of the platform; empty when there is none.';
create policy select_staff on public.payment_private_details for select to staff
  using (payment_id >= (select app_private.floor_uuid('payments.read')));
grant select on public.payment_private_details to staff;

create table public.refunds (
  id uuid primary key default gen_random_uuid(),
  payment_id uuid not null references public.payments (id) on delete restrict,
  booking_id uuid not null references public.bookings (id) on delete restrict,
  customer_id uuid not null references public.customers (id) on delete restrict,
  refund_amount numeric(10, 2) not null constraint refunds_of_something check (refund_amount > 0),
  refund_reason text not null,
  refund_type text not null references enums.refund_type,
  refund_method text,
  gateway_refund_id text unique,
  status text not null default 'pending' references enums.refund_status,
  processed_by uuid references public.user_profiles (id) on delete set null,
  processed_at timestamptz,
  notes text,
  created_at timestamptz not null default now()
);
alter table public.refunds enable row level security;
select app_private.keep_timestamps('public.refunds');
select app_private.limit_numbers('public.refunds', '{"refund_amount": "total"}');
alter table public.refunds alter column customer_id set (n_distinct = -1);
create index refunds_payment_id_idx on public.refunds (payment_id);
create index refunds_booking_id_idx on public.refunds (booking_id);
create index refunds_customer_id_idx on public.refunds (customer_id, created_at desc);
create index refunds_processed_by_idx on public.refunds (processed_by);
create index refunds_created_at_idx on public.refunds (created_at desc, id);
comment on table public.refunds is 'Refunds of payments, in rupees.';
comment on constraint refunds_of_something on public.refunds is 'Refund amount must be greater than 0.';
comment on column public.refunds.id is 'Identifies the refund.';
comment on column public.refunds.payment_id is 'Payment that is refunded.';
comment on column public.refunds.booking_id is 'Booking that was paid.';
comment on column public.refunds.customer_id is 'Customer who receives the money.';
comment on column public.refunds.refund_amount is 'Rupees that are returned, more than 0.';
comment on column public.refunds.refund_reason is 'Reason, in words for the customer.';
comment on column public.refunds.refund_type is 'The kind of refund.';
comment on column public.refunds.refund_method is
  'Where the money goes, such as the wallet or the card that was used; null until decided.';
comment on column public.refunds.gateway_refund_id is
  'Reference of the gateway; null until it gave one.';
comment on column public.refunds.status is 'State of the refund.';
comment on column public.refunds.processed_by is
  'User who processed it; null when the platform did or until then.';
comment on column public.refunds.processed_at is 'When it was processed; null until then.';
comment on column public.refunds.notes is
  'Notes of finance, which the customer can read; null when there are none.';
create policy select_own on public.refunds for select to authenticated
  using (customer_id = (select auth.uid()));
create policy select_staff on public.refunds for select to staff
  using (
    id >= (select app_private.floor_uuid('payments.read'))
    and created_at >= (select app_private.floor_instant('payments.read'))
  );
grant select on public.refunds to authenticated, staff;

create table public.wallet_transactions (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id) on delete restrict,
  transaction_type text not null references enums.wallet_transaction_type,
  amount numeric(10, 2) not null constraint wallet_transactions_of_something check (amount > 0),
  balance_after numeric(10, 2) not null
    constraint wallet_transactions_never_negative check (balance_after >= 0),
  booking_id uuid references public.bookings (id) on delete restrict,
  payment_id uuid references public.payments (id) on delete restrict,
  description text,
  reference_id text,
  created_at timestamptz not null default now()
);
alter table public.wallet_transactions enable row level security;
select app_private.keep_timestamps('public.wallet_transactions');
select app_private.limit_numbers('public.wallet_transactions', '{
  "amount": "total", "balance_after": "total"
}');
alter table public.wallet_transactions alter column customer_id set (n_distinct = -1);
-- The last one of a wallet, by exactly this order, says what can be withdrawn: no statistics make it sort them all.
create index wallet_transactions_customer_id_idx
  on public.wallet_transactions (customer_id, created_at desc, id desc);
create index wallet_transactions_booking_id_idx on public.wallet_transactions (booking_id);
create index wallet_transactions_payment_id_idx on public.wallet_transactions (payment_id);
create index wallet_transactions_created_at_idx on public.wallet_transactions (created_at desc, id);
comment on table public.wallet_transactions is
  'Money that moved into and out of a customer''s wallet, in rupees. The balance is their sum: debits are subtracted, all others added.';
comment on column public.wallet_transactions.id is 'Identifies the transaction.';
comment on column public.wallet_transactions.customer_id is 'Customer who owns the wallet.';
comment on column public.wallet_transactions.transaction_type is
  'Why the money moved. Only a debit reduces the balance.';
comment on column public.wallet_transactions.amount is 'Rupees that moved, always more than 0.';
comment on column public.wallet_transactions.balance_after is
  'Rupees in the wallet afterwards, never below 0.';
comment on column public.wallet_transactions.booking_id is
  'Booking of the transaction; null when there is none.';
comment on column public.wallet_transactions.payment_id is
  'Payment of the transaction; null when there is none.';
comment on column public.wallet_transactions.description is
  'Description for the customer; null when there is none.';
comment on column public.wallet_transactions.reference_id is
  'Reference to another system or row; null when there is none.';
comment on constraint wallet_transactions_never_negative on public.wallet_transactions is
  'There is not enough money in the wallet. Use a smaller amount, or pay another way.';
comment on constraint wallet_transactions_of_something on public.wallet_transactions is
  'Amount must be greater than 0.';
create policy select_own on public.wallet_transactions for select to authenticated
  using (customer_id = (select auth.uid()));
create policy select_staff on public.wallet_transactions for select to staff
  using (
    id >= (select app_private.floor_uuid('wallets.read'))
    and created_at >= (select app_private.floor_instant('wallets.read'))
  );
grant select on public.wallet_transactions to authenticated, staff;

create table public.loyalty_points_transactions (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id) on delete restrict,
  transaction_type text not null references enums.loyalty_transaction_type,
  points integer not null constraint loyalty_points_transactions_of_something check (points <> 0),
  booking_id uuid references public.bookings (id) on delete restrict,
  description text,
  balance_after integer not null
    constraint loyalty_points_transactions_never_negative check (balance_after >= 0),
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  constraint loyalty_points_transactions_sign check (
    case transaction_type
      when 'earned' then points > 0
      when 'adjusted' then true
      else points < 0
    end
  )
);
alter table public.loyalty_points_transactions enable row level security;
select app_private.keep_timestamps('public.loyalty_points_transactions');
alter table public.loyalty_points_transactions alter column customer_id set (n_distinct = -1);
create index loyalty_points_transactions_customer_id_idx
  on public.loyalty_points_transactions (customer_id, created_at desc);
create index loyalty_points_transactions_booking_id_idx
  on public.loyalty_points_transactions (booking_id);
create index loyalty_points_transactions_created_at_idx
  on public.loyalty_points_transactions (created_at desc, id);
comment on table public.loyalty_points_transactions is
  'Points that were earned and spent. The balance is their sum.';
comment on column public.loyalty_points_transactions.id is 'Identifies the transaction.';
comment on column public.loyalty_points_transactions.customer_id is
  'Customer who owns the points.';
comment on column public.loyalty_points_transactions.transaction_type is 'Why the points moved.';
comment on column public.loyalty_points_transactions.points is
  'Points that moved: above 0 when earned, below 0 when redeemed or expired, either when adjusted.';
comment on column public.loyalty_points_transactions.booking_id is
  'Booking that earned the points or was paid with them; null when there is none.';
comment on column public.loyalty_points_transactions.description is
  'What it was, in words for the customer; null without them.';
comment on column public.loyalty_points_transactions.balance_after is
  'Points of the customer afterwards, never below 0.';
comment on column public.loyalty_points_transactions.expires_at is
  'When earned points expire; null for transactions whose points do not.';
comment on constraint loyalty_points_transactions_never_negative on public.loyalty_points_transactions is
  'There are not enough points. Use fewer points.';
comment on constraint loyalty_points_transactions_sign on public.loyalty_points_transactions is
  'Earned points must be greater than 0, and spent or expired points less than 0.';
comment on constraint loyalty_points_transactions_of_something on public.loyalty_points_transactions is
  'Points must not be 0.';
create policy select_own on public.loyalty_points_transactions for select to authenticated
  using (customer_id = (select auth.uid()));
create policy select_staff on public.loyalty_points_transactions for select to staff
  using (
    id >= (select app_private.floor_uuid('wallets.read'))
    and created_at >= (select app_private.floor_instant('wallets.read'))
  );
grant select on public.loyalty_points_transactions to authenticated, staff;

create table public.customer_referrals (
  id uuid primary key default gen_random_uuid(),
  referrer_id uuid not null references public.customers (id) on delete restrict,
  -- Referred once, by one customer.
  referee_id uuid not null unique references public.customers (id) on delete restrict,
  referral_code text not null,
  status text not null default 'pending' references enums.referral_status,
  referrer_reward numeric(10, 2) not null default 0,
  referee_reward numeric(10, 2) not null default 0,
  first_booking_id uuid references public.bookings (id) on delete set null,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  constraint customer_referrals_not_oneself check (referrer_id <> referee_id)
);
alter table public.customer_referrals enable row level security;
select app_private.keep_timestamps('public.customer_referrals');
select app_private.limit_numbers('public.customer_referrals', '{
  "referrer_reward": "amount", "referee_reward": "amount"
}');
create index customer_referrals_referrer_id_idx on public.customer_referrals (referrer_id);
create index customer_referrals_first_booking_id_idx on public.customer_referrals (first_booking_id);
comment on table public.customer_referrals is 'Referrals: which customer referred which friend, and the rewards.';
comment on constraint customer_referrals_not_oneself on public.customer_referrals is
  'You cannot use your own referral code. Enter the code of another customer.';
comment on constraint customer_referrals_referee_id_key on public.customer_referrals is
  'A referral code has already been used for this customer. It can be used only once.';
comment on column public.customer_referrals.id is 'Identifies the referral.';
comment on column public.customer_referrals.referrer_id is 'Customer who referred the friend.';
comment on column public.customer_referrals.referee_id is 'Friend who signed up with the code.';
comment on column public.customer_referrals.referral_code is 'Code that the friend used.';
comment on column public.customer_referrals.status is 'State of the referral.';
comment on column public.customer_referrals.referrer_reward is
  'Rupees credited to the wallet of the customer who referred the friend; 0 until rewarded.';
comment on column public.customer_referrals.referee_reward is
  'Rupees credited to the wallet of the friend; 0 until rewarded.';
comment on column public.customer_referrals.first_booking_id is
  'First completed booking of the friend, on which the reward is based; null until then.';
comment on column public.customer_referrals.completed_at is
  'When that booking was completed; null until then.';
create policy select_party on public.customer_referrals for select to authenticated
  using (referrer_id = (select auth.uid()) or referee_id = (select auth.uid()));
create policy select_staff on public.customer_referrals for select to staff
  using ((select app_private.has_permission('customers.read')));
grant select on public.customer_referrals to authenticated, staff;

create table public.commission_records (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null unique references public.bookings (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  therapist_id uuid references public.therapists (id) on delete restrict,
  booking_amount numeric(10, 2) not null,
  commission_rate numeric(5, 2) not null,
  commission_amount numeric(10, 2) not null,
  therapist_earning numeric(10, 2) not null default 0,
  platform_earning numeric(10, 2) not null,
  tds_amount numeric(10, 2) not null default 0,
  gst_amount numeric(10, 2) not null default 0,
  settlement_status text not null default 'pending' references enums.settlement_status,
  settlement_date timestamptz,
  period_month date check (extract(day from period_month) = 1),
  created_at timestamptz not null default now()
);
alter table public.commission_records enable row level security;
select app_private.keep_timestamps('public.commission_records');
select app_private.limit_numbers('public.commission_records', '{
  "booking_amount": "total", "commission_rate": "rate", "commission_amount": "total",
  "therapist_earning": "total", "platform_earning": "signed_total", "tds_amount": "total",
  "gst_amount": "total"
}');
alter table public.commission_records alter column vendor_id set (n_distinct = -1);
create index commission_records_vendor_id_idx on public.commission_records (vendor_id, created_at desc);
create index commission_records_therapist_id_idx on public.commission_records (therapist_id);
create index commission_records_created_at_idx on public.commission_records (created_at desc, id);
comment on table public.commission_records is
  'What the platform keeps of a completed booking, one record per booking, in rupees on the amount before tax.';
comment on column public.commission_records.id is 'Identifies the record.';
comment on column public.commission_records.booking_id is 'Completed booking.';
comment on column public.commission_records.vendor_id is 'Vendor of the booking.';
comment on column public.commission_records.therapist_id is
  'Therapist who performed it; null when none was recorded.';
comment on column public.commission_records.booking_amount is
  'Rupees of the booking before tax, on which the commission is based.';
comment on column public.commission_records.commission_rate is
  'Percentage of bookingAmount that the platform keeps, as agreed at the time of booking.';
comment on column public.commission_records.commission_amount is
  'Rupees of commission: commissionRate of bookingAmount.';
comment on column public.commission_records.therapist_earning is
  'Rupees of the booking that go to the therapist.';
comment on column public.commission_records.platform_earning is
  'Rupees that stay with the platform.';
comment on column public.commission_records.tds_amount is
  'Rupees of tax deducted at source from the vendor.';
comment on column public.commission_records.gst_amount is 'Rupees of GST on the booking.';
comment on column public.commission_records.settlement_status is
  'State of its settlement with the vendor.';
comment on column public.commission_records.settlement_date is
  'When it was settled; null until then.';
comment on column public.commission_records.period_month is
  'First day of the month to which it belongs; null until counted.';
create policy select_vendor on public.commission_records for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[]));
create policy select_staff on public.commission_records for select to staff
  using (
    id >= (select app_private.floor_uuid('commissions.read'))
    and created_at >= (select app_private.floor_instant('commissions.read'))
  );
grant select on public.commission_records to authenticated, staff;

--! Included functions/money/customers_wallet_balance.sql
create or replace function public.customers_wallet_balance(customer public.customers) returns numeric
language sql stable set search_path = '' as $$
  -- Values that are no numbers, from before ranges existed, do not move money.
  select coalesce(
    sum(case t.transaction_type when 'debit' then -t.amount else t.amount end) filter (where t.amount <> 'NaN'), 0)
  from public.wallet_transactions t where t.customer_id = customer.id
$$;
comment on function public.customers_wallet_balance(public.customers) is
  'Rupees in the wallet: the sum of its transactions.';
revoke all on function public.customers_wallet_balance(public.customers) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.customers_wallet_balance(public.customers) to authenticated, staff;
--! EndIncluded functions/money/customers_wallet_balance.sql
--! Included functions/money/bookings_amount_paid.sql
create or replace function public.bookings_amount_paid(booking public.bookings) returns numeric
language sql stable set search_path = '' as $$
  select coalesce(sum(p.total_amount - p.refund_amount), 0)
  from public.payments p
  where p.booking_id = booking.id and p.status in ('success', 'partially_refunded', 'refunded')
$$;
comment on function public.bookings_amount_paid(public.bookings) is
  'Rupees received for the booking less refunds, of the payments that the reader may see.';
revoke all on function public.bookings_amount_paid(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.bookings_amount_paid(public.bookings) to authenticated, staff;
--! EndIncluded functions/money/bookings_amount_paid.sql

--! split: 130-reviews.sql
-- Reviews, shown once approved. Writing and moderating them comes with the booking engine, which knows the
-- customers of completed bookings; until then no client role may.

create table public.reviews (
  id uuid primary key default gen_random_uuid(),
  reviewable_type text not null references enums.reviewable_type,
  reviewable_id uuid not null,
  customer_id uuid not null references public.customers (id) on delete restrict,
  booking_id uuid references public.bookings (id) on delete restrict,
  rating integer not null constraint reviews_rating_range check (rating between 1 and 5),
  title text,
  review_text text constraint reviews_text_length check (length(review_text) <= 500),
  photos text[],
  helpful_count integer not null default 0 check (helpful_count >= 0),
  status text not null default 'pending' references enums.review_status,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- Once per booking and reviewed subject.
  unique (booking_id, reviewable_type, reviewable_id)
);
alter table public.reviews enable row level security;
alter table public.reviews alter column customer_id set (n_distinct = -1);
create index reviews_customer_id_idx on public.reviews (customer_id, created_at desc);
-- The reviews of a subject, newest first.
create index reviews_reviewable_idx
  on public.reviews (reviewable_type, reviewable_id, created_at desc);
create index reviews_status_idx on public.reviews (status, created_at desc);
create index reviews_created_at_idx on public.reviews (created_at desc, id);
select app_private.keep_timestamps('public.reviews');
comment on table public.reviews is
  'Customers'' reviews of services, therapists, vendors and bookings. Decisions of moderators are in reviewModeration.';
comment on column public.reviews.id is 'Identifies the review.';
comment on column public.reviews.reviewable_type is
  'Kind of the reviewed subject; reviewableId identifies it.';
comment on column public.reviews.reviewable_id is
  'Id of the service, therapist, vendor or booking that is reviewed.';
comment on column public.reviews.customer_id is 'Customer who wrote it.';
comment on column public.reviews.booking_id is
  'Completed booking that was reviewed; null where imported data has none.';
comment on column public.reviews.rating is 'Stars, 1 to 5.';
comment on column public.reviews.title is 'Heading by the customer; null when there is none.';
comment on column public.reviews.review_text is
  'Text of the customer, up to 500 characters; null when there is none.';
comment on column public.reviews.photos is 'URLs of the customer''s pictures; null when there are none.';
comment on column public.reviews.helpful_count is
  'How many people found it helpful; counted by the platform.';
comment on column public.reviews.status is 'State of the review; decided by moderators.';
create policy select_anon on public.reviews for select to anon using (status = 'approved');
create policy select_signed_in on public.reviews for select to authenticated
  using (status = 'approved' or customer_id = (select auth.uid()));
create policy select_staff on public.reviews for select to staff
  using (status = 'approved' or (select app_private.has_permission('reviews.read')));
grant select on public.reviews to anon, authenticated, staff;

create table public.review_moderations (
  review_id uuid primary key references public.reviews (id) on delete cascade,
  moderated_by uuid references public.user_profiles (id) on delete set null,
  moderation_notes text,
  moderated_at timestamptz not null default now()
);
alter table public.review_moderations enable row level security;
create index review_moderations_moderated_by_idx on public.review_moderations (moderated_by);
comment on table public.review_moderations is 'Decisions of moderators about reviews.';
comment on column public.review_moderations.review_id is 'Review that was moderated.';
comment on column public.review_moderations.moderated_by is
  'Moderator who decided; null when the account was deleted.';
comment on column public.review_moderations.moderation_notes is
  'Why it was approved or rejected, for colleagues; null when there are no notes.';
comment on column public.review_moderations.moderated_at is 'When it was decided.';
create policy select_staff on public.review_moderations for select to staff
  using ((select app_private.has_permission('reviews.read')));
grant select on public.review_moderations to staff;

create table public.vendor_reviews (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  customer_id uuid not null references public.customers (id) on delete restrict,
  booking_id uuid unique references public.bookings (id) on delete restrict,
  rating integer not null constraint vendor_reviews_rating_range check (rating between 1 and 5),
  review_title text,
  review_text text constraint vendor_reviews_text_length check (length(review_text) <= 500),
  service_quality_rating integer check (service_quality_rating between 1 and 5),
  cleanliness_rating integer check (cleanliness_rating between 1 and 5),
  value_rating integer check (value_rating between 1 and 5),
  photos text[],
  status text not null default 'pending' references enums.review_status,
  created_at timestamptz not null default now()
);
alter table public.vendor_reviews enable row level security;
select app_private.keep_timestamps('public.vendor_reviews');
alter table public.vendor_reviews alter column customer_id set (n_distinct = -1);
create index vendor_reviews_vendor_id_idx on public.vendor_reviews (vendor_id, created_at desc);
create index vendor_reviews_customer_id_idx on public.vendor_reviews (customer_id);
create index vendor_reviews_status_idx on public.vendor_reviews (status, created_at desc);
create index vendor_reviews_created_at_idx on public.vendor_reviews (created_at desc, id);
comment on table public.vendor_reviews is
  'Customers'' reviews of a visit to a vendor with three partial ratings; one per booking.';
comment on column public.vendor_reviews.id is 'Identifies the review.';
comment on column public.vendor_reviews.vendor_id is 'Vendor that was visited.';
comment on column public.vendor_reviews.customer_id is 'Customer who wrote it.';
comment on column public.vendor_reviews.booking_id is
  'Completed booking of the visit; null where imported data has none.';
comment on column public.vendor_reviews.rating is 'Stars for the visit as a whole, 1 to 5.';
comment on column public.vendor_reviews.review_title is
  'Heading by the customer; null when there is none.';
comment on column public.vendor_reviews.review_text is
  'Text of the customer, up to 500 characters; null when there is none.';
comment on column public.vendor_reviews.service_quality_rating is
  'Stars for the service, 1 to 5; null when not given.';
comment on column public.vendor_reviews.cleanliness_rating is
  'Stars for cleanliness, 1 to 5; null when not given.';
comment on column public.vendor_reviews.value_rating is
  'Stars for value for money, 1 to 5; null when not given.';
comment on column public.vendor_reviews.photos is
  'URLs of the customer''s pictures; null when there are none.';
comment on column public.vendor_reviews.status is 'Whether it is shown; decided by moderators.';
create policy select_anon on public.vendor_reviews for select to anon
  using (status = 'approved' and exists (select from public.vendors v where v.id = vendor_id));
create policy select_signed_in on public.vendor_reviews for select to authenticated
  using (
    (status = 'approved' and exists (select from public.vendors v where v.id = vendor_id))
    or customer_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  );
create policy select_staff on public.vendor_reviews for select to staff
  using (
    (status = 'approved' and exists (select from public.vendors v where v.id = vendor_id))
    or (select app_private.has_permission('reviews.read'))
  );
grant select on public.vendor_reviews to anon, authenticated, staff;

--! split: 140-support.sql
-- Support: tickets and their messages.

create sequence app_private.ticket_numbers;

--! Included functions/tickets/next_ticket_number.sql
create or replace function app_private.next_ticket_number() returns text
language sql volatile security definer set search_path = '' as $$
  select app_private.numbered('TKT', nextval('app_private.ticket_numbers'), 6)
$$;
comment on function app_private.next_ticket_number() is 'TKT and at least six digits, never repeated.';
revoke all on function app_private.next_ticket_number() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.next_ticket_number() to authenticated;
--! EndIncluded functions/tickets/next_ticket_number.sql

create table public.support_tickets (
  id uuid primary key default gen_random_uuid(),
  ticket_number text not null unique default app_private.next_ticket_number(),
  customer_id uuid references public.customers (id) on delete restrict,
  user_id uuid default auth.uid() references public.user_profiles (id) on delete restrict,
  booking_id uuid references public.bookings (id) on delete set null,
  category text not null references enums.ticket_category,
  priority text not null default 'medium' references enums.ticket_priority,
  subject text not null check (length(trim(subject)) between 1 and 200),
  description text not null check (length(description) between 1 and 5000),
  status text not null default 'open' references enums.ticket_status,
  assigned_to uuid references public.user_profiles (id) on delete set null,
  assigned_at timestamptz,
  resolved_at timestamptz,
  closed_at timestamptz,
  resolution_notes text,
  satisfaction_rating integer constraint support_tickets_satisfaction_range
    check (satisfaction_rating between 1 and 5),
  attachments text[],
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.support_tickets enable row level security;
alter table public.support_tickets
  alter column user_id set (n_distinct = -1), alter column customer_id set (n_distinct = -1);
create index support_tickets_customer_id_idx on public.support_tickets (customer_id);
create index support_tickets_user_id_idx on public.support_tickets (user_id, created_at desc);
create index support_tickets_booking_id_idx on public.support_tickets (booking_id);
create index support_tickets_assigned_to_idx on public.support_tickets (assigned_to, status);
create index support_tickets_status_idx on public.support_tickets (status, created_at desc);
create index support_tickets_created_at_idx on public.support_tickets (created_at desc, id);
select app_private.keep_timestamps('public.support_tickets');
comment on table public.support_tickets is
  'Questions and complaints, opened by signed-in users and worked on by customer care.';
comment on constraint support_tickets_subject_check on public.support_tickets is
  'Subject must have 1 to 200 characters.';
comment on constraint support_tickets_satisfaction_range on public.support_tickets is
  'Satisfaction rating must be from 1 to 5.';
comment on constraint support_tickets_description_check on public.support_tickets is
  'Description must have 1 to 5000 characters.';
comment on column public.support_tickets.id is 'Identifies the ticket.';
comment on column public.support_tickets.ticket_number is
  'Number of the ticket for people to quote: TKT and at least six digits.';
comment on column public.support_tickets.customer_id is
  'Customer whom it concerns, set when its author is a customer; null otherwise.';
comment on column public.support_tickets.user_id is 'User who opened it; null when none did.';
comment on column public.support_tickets.booking_id is
  'Booking of the ticket; null when there is none.';
comment on column public.support_tickets.category is 'What the ticket is about.';
comment on column public.support_tickets.priority is 'How urgent it is; set by customer care.';
comment on column public.support_tickets.subject is 'Subject in one line, up to 200 characters.';
comment on column public.support_tickets.description is
  'What happened, in the author''s words, up to 5000 characters.';
comment on column public.support_tickets.status is 'State of the ticket; set by customer care.';
comment on column public.support_tickets.assigned_to is
  'Employee who works on it; null while none does.';
comment on column public.support_tickets.assigned_at is
  'When it was last assigned; null while it is assigned to no one.';
comment on column public.support_tickets.resolved_at is
  'When it was resolved; null until then and again once reopened.';
comment on column public.support_tickets.closed_at is
  'When it was closed; null until then and again once reopened.';
comment on column public.support_tickets.resolution_notes is
  'How it was resolved, written by customer care; the author can read it; null until then.';
comment on column public.support_tickets.satisfaction_rating is
  'The author''s rating of the help, 1 to 5 stars, given once it is resolved or closed; null until then.';
comment on column public.support_tickets.attachments is
  'URLs of files that the author added; null when there are none.';
create policy select_own on public.support_tickets for select to authenticated
  using (user_id = (select auth.uid()) or customer_id = (select auth.uid()));
create policy select_staff on public.support_tickets for select to staff
  using (
    id >= (select app_private.floor_uuid('tickets.read'))
    and created_at >= (select app_private.floor_instant('tickets.read'))
    and status >= (select app_private.floor_text('tickets.read'))
  );
create policy insert_own on public.support_tickets for insert to authenticated
  with check (
    user_id = (select auth.uid())
    and (booking_id is null or exists (select from public.bookings b where b.id = booking_id))
  );
create policy update_own on public.support_tickets for update to authenticated
  using (user_id = (select auth.uid()) and status in ('resolved', 'closed'))
  with check (user_id = (select auth.uid()));
create policy update_staff on public.support_tickets for update to staff
  using ((select app_private.has_permission('tickets.update')))
  with check ((select app_private.has_permission('tickets.update')));
grant select on public.support_tickets to authenticated, staff;
grant insert (booking_id, category, subject, description, attachments),
  update (satisfaction_rating) on public.support_tickets to authenticated;
grant update (category, priority, status, assigned_to, resolution_notes)
  on public.support_tickets to staff;

--! Included functions/tickets/tg_support_tickets__dates.sql
create or replace function app_private.tg_support_tickets__dates() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    new.customer_id := coalesce(
      new.customer_id, (select c.id from public.customers c where c.id = new.user_id));
    return new;
  end if;
  if new.assigned_to is distinct from old.assigned_to then
    new.assigned_at := case when new.assigned_to is not null then now() end;
  end if;
  if new.status <> old.status then
    if new.status = 'resolved' then new.resolved_at := now(); end if;
    if new.status = 'closed' then new.closed_at := now(); end if;
    if new.status = 'reopened' then
      new.resolved_at := null;
      new.closed_at := null;
    end if;
  end if;
  return new;
end
$$;
comment on function app_private.tg_support_tickets__dates() is
  'Records when a ticket was assigned, resolved and closed, and whether its author is a customer.';
revoke all on function app_private.tg_support_tickets__dates() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/tickets/tg_support_tickets__dates.sql
create trigger _300_dates before insert or update on public.support_tickets
  for each row execute function app_private.tg_support_tickets__dates();

create table public.ticket_messages (
  id uuid primary key default gen_random_uuid(),
  ticket_id uuid not null references public.support_tickets (id) on delete cascade,
  sender_id uuid not null default auth.uid() references public.user_profiles (id) on delete restrict,
  sender_type text not null
    default case when current_user = 'staff' then 'employee' else 'customer' end
    references enums.ticket_sender_type,
  message text not null check (length(trim(message)) between 1 and 5000),
  attachments text[],
  is_internal boolean not null default false,
  created_at timestamptz not null default now()
);
alter table public.ticket_messages enable row level security;
select app_private.keep_timestamps('public.ticket_messages');
create index ticket_messages_ticket_id_idx on public.ticket_messages (ticket_id, created_at);
create index ticket_messages_sender_id_idx on public.ticket_messages (sender_id);
comment on table public.ticket_messages is
  'Messages of a ticket. Only customer care sees internal messages.';
comment on column public.ticket_messages.id is 'Identifies the message.';
comment on column public.ticket_messages.ticket_id is 'Ticket of the message.';
comment on column public.ticket_messages.sender_id is 'User who wrote it.';
comment on column public.ticket_messages.sender_type is
  'Which side wrote it; it follows from the sender.';
comment on column public.ticket_messages.message is 'Text of the message, up to 5000 characters.';
comment on column public.ticket_messages.attachments is
  'URLs of files that were sent with it; null when there are none.';
comment on column public.ticket_messages.is_internal is 'Whether only customer care sees it.';
create policy select_own on public.ticket_messages for select to authenticated
  using (not is_internal and exists (select from public.support_tickets t where t.id = ticket_id));
create policy select_staff on public.ticket_messages for select to staff
  using (exists (select from public.support_tickets t where t.id = ticket_id));
create policy insert_own on public.ticket_messages for insert to authenticated
  with check (
    sender_id = (select auth.uid())
    and not is_internal
    and exists (select from public.support_tickets t where t.id = ticket_id)
  );
create policy insert_staff on public.ticket_messages for insert to staff
  with check (
    sender_id = (select auth.uid())
    and (select app_private.has_permission('tickets.update'))
    and exists (select from public.support_tickets t where t.id = ticket_id)
  );
grant select on public.ticket_messages to authenticated, staff;
-- Withheld: sender and sender_type, which follow from the signed-in user. Messages cannot be changed or
-- deleted.
grant insert (ticket_id, message, attachments) on public.ticket_messages to authenticated;
grant insert (ticket_id, message, attachments, is_internal) on public.ticket_messages to staff;

--! split: 160-defaults.sql
-- Default data: departments, roles, permissions of the roles, and the platform's settings. Places and service
-- categories follow.

insert into public.departments (code, name, department_type, description) values
  ('FINANCE', 'Finance', 'administrative', 'Budget, revenue and cash'),
  ('ACCOUNTS', 'Accounts', 'administrative', 'Invoices, payments and books'),
  ('MARKETING', 'Marketing', 'operational', 'Campaigns and reach'),
  ('HR', 'Human Resources', 'administrative', 'Employees of the platform'),
  ('IT', 'Information Technology', 'support', 'Systems and their health'),
  ('LEGAL', 'Legal', 'administrative', 'Contracts and compliance'),
  ('CUSTOMER_CARE', 'Customer Care', 'support', 'Help for everyone'),
  ('STAFF', 'Staff', 'operational', 'Duty and performance'),
  ('FO', 'Front Office', 'operational', 'Visitors and field officers'),
  ('VENDOR_LIST', 'Vendor List', 'operational', 'Vendors and their approval'),
  ('CUSTOMER_DATA', 'Customer Data', 'operational', 'Customers and quality of data'),
  ('ADVOCATE', 'Advocate', 'administrative', 'Cases and hearings'),
  ('CA_CS', 'Chartered Accountants and Company Secretaries', 'administrative', 'Audits and filings'),
  ('DIRECTORS', 'Directors', 'executive', 'Direction of the company'),
  ('HO', 'Head Office', 'executive', 'The head office'),
  ('CORPORATE', 'Corporate', 'executive', 'Locations and the company as a whole'),
  ('ADMIN', 'Administration', 'executive', 'Administration of the platform'),
  ('OPS', 'Operations', 'operational', 'Daily running of the marketplace');

insert into public.roles
  (code, name, description, level, is_system_role, is_staff, profile_role, department_id)
select r.code, r.name, r.description, r.level, true, r.is_staff, r.profile_role, d.id
from (values
  ('customer', 'Customer', 'Books services', 0, false, 'customer', null),
  ('vendor', 'Vendor', 'Runs a business', 0, false, 'vendor', null),
  ('therapist', 'Therapist', 'Performs services', 0, false, 'therapist', null),
  ('field_officer', 'Field Officer', 'Reviews applications first', 1, true, 'employee', 'FO'),
  ('manager', 'Manager', 'Reviews applications second', 2, true, 'employee', 'OPS'),
  ('director', 'Director', 'Reviews applications third', 3, true, 'employee', 'DIRECTORS'),
  ('vice_president', 'Vice President', 'Decides on applications', 4, true, 'employee', 'HO'),
  ('customer_care_viewer', 'Customer Care Viewer', 'Reads tickets and bookings', 1, true, 'customer_care', 'CUSTOMER_CARE'),
  ('customer_care', 'Customer Care Agent', 'Works on tickets', 2, true, 'customer_care', 'CUSTOMER_CARE'),
  ('customer_care_head', 'Customer Care Head', 'Heads customer care', 3, true, 'customer_care', 'CUSTOMER_CARE'),
  ('finance', 'Finance Officer', 'Manages payments and payouts', 2, true, 'finance_department', 'FINANCE'),
  ('accounts', 'Accounts Officer', 'Keeps the accounts', 2, true, 'accounts_department', 'ACCOUNTS'),
  ('hr', 'HR Officer', 'Manages employees', 2, true, 'hr_department', 'HR'),
  ('marketing', 'Marketing Officer', 'Sees aggregates and maintains the catalogue', 2, true, 'marketing_department', 'MARKETING'),
  ('it', 'IT Officer', 'Manages systems', 2, true, 'it_department', 'IT'),
  ('legal', 'Legal Officer', 'Manages contracts', 2, true, 'legal_department', 'LEGAL'),
  ('vendor_relations', 'Vendor Relations Officer', 'Manages vendors and their documents', 2, true, 'employee', 'VENDOR_LIST'),
  ('customer_data', 'Customer Data Officer', 'Maintains the quality of customers'' data', 2, true, 'employee', 'CUSTOMER_DATA'),
  ('operations', 'Operations Officer', 'Runs the marketplace from day to day', 2, true, 'employee', 'OPS'),
  ('admin', 'Administrator', 'Everything, audited', 9, true, 'admin', 'ADMIN'),
  ('super_admin', 'Super Administrator', 'Everything, including who may be an administrator', 10, true, 'super_admin', 'ADMIN')
) r (code, name, description, level, is_staff, profile_role, department_code)
left join public.departments d on d.code = r.department_code;

insert into public.permissions (code, resource, action, name)
select p.resource || '.' || p.action, p.resource, p.action, p.name
from (values
  ('users', 'read', 'See profiles of users'),
  ('users', 'update', 'Suspend and reinstate users'),
  ('roles', 'read', 'See who holds which role'),
  ('roles', 'update', 'Grant and revoke roles'),
  ('departments', 'update', 'Change departments'),
  ('employees', 'create', 'Add employees'),
  ('employees', 'update', 'Change employees'),
  ('salaries', 'read', 'See pay'),
  ('salaries', 'update', 'Set pay'),
  ('kyc', 'read', 'See documents and verifications of users'),
  ('kyc', 'approve', 'Decide on verifications'),
  ('bank_details', 'read', 'See bank accounts'),
  ('customers', 'read', 'See customers and their addresses'),
  ('vendors', 'read', 'See all vendors completely, listed or not'),
  ('vendors', 'update', 'Change vendors'),
  ('vendor_documents', 'read', 'See vendors'' documents'),
  ('vendor_documents', 'approve', 'Verify vendors'' documents'),
  ('vendor_applications', 'read', 'See applications'),
  ('vendor_applications', 'approve', 'Decide on applications at the own level'),
  ('bookings', 'read', 'See all bookings and assignments'),
  ('bookings', 'update', 'Act on bookings for customers, vendors and providers'),
  ('payments', 'read', 'See payments and refunds'),
  ('payments', 'approve', 'Decide on refunds'),
  ('wallets', 'read', 'See wallets and points'),
  ('commissions', 'read', 'See commission records'),
  ('payouts', 'read', 'See payouts'),
  ('payouts', 'execute', 'Run payouts'),
  ('reviews', 'read', 'See all reviews'),
  ('reviews', 'approve', 'Moderate reviews'),
  ('tickets', 'read', 'See all tickets'),
  ('tickets', 'update', 'Work on tickets'),
  ('catalogue', 'update', 'Change services, add-ons and packages'),
  ('places', 'update', 'Change cities, zones and pincodes'),
  ('settings', 'read', 'See all settings'),
  ('settings', 'update', 'Change settings'),
  ('feature_flags', 'read', 'See feature flags'),
  ('feature_flags', 'update', 'Change feature flags'),
  ('audit_logs', 'read', 'Read the audit log'),
  ('error_logs', 'read', 'Read the error log'),
  ('error_logs', 'update', 'Mark errors as resolved'),
  ('activity', 'read', 'Read the activity log')
) p (resource, action, name);

insert into public.role_permissions (role_id, permission_id)
select r.id, p.id
from (values
  ('field_officer', array['vendor_applications.read', 'vendor_applications.approve', 'vendor_documents.read', 'vendor_documents.approve']),
  ('manager', array['vendor_applications.read', 'vendor_applications.approve', 'vendor_documents.read', 'vendors.read', 'bookings.read']),
  ('director', array['vendor_applications.read', 'vendor_applications.approve', 'vendor_documents.read', 'vendors.read', 'bookings.read', 'payments.read', 'commissions.read', 'payouts.read']),
  ('vice_president', array['vendor_applications.read', 'vendor_applications.approve', 'vendor_documents.read', 'vendors.read', 'bookings.read', 'payments.read', 'commissions.read', 'payouts.read', 'customers.read']),
  ('customer_care_viewer', array['tickets.read', 'bookings.read']),
  ('customer_care', array['tickets.read', 'tickets.update', 'bookings.read', 'bookings.update', 'customers.read', 'users.read']),
  ('customer_care_head', array['tickets.read', 'tickets.update', 'bookings.read', 'bookings.update', 'customers.read', 'users.read', 'reviews.read', 'reviews.approve']),
  ('finance', array['payments.read', 'payments.approve', 'wallets.read', 'commissions.read', 'payouts.read', 'payouts.execute', 'bookings.read', 'bank_details.read']),
  ('accounts', array['payments.read', 'wallets.read', 'commissions.read', 'payouts.read', 'bookings.read']),
  ('hr', array['employees.create', 'employees.update', 'salaries.read', 'salaries.update', 'users.read', 'kyc.read']),
  ('marketing', array['catalogue.update', 'reviews.read']),
  ('it', array['error_logs.read', 'error_logs.update', 'activity.read', 'settings.read', 'feature_flags.read', 'feature_flags.update']),
  ('legal', array['vendor_applications.read', 'vendor_documents.read', 'vendors.read']),
  ('vendor_relations', array['vendors.read', 'vendors.update', 'vendor_documents.read', 'vendor_documents.approve', 'vendor_applications.read']),
  ('customer_data', array['customers.read', 'users.read', 'kyc.read', 'kyc.approve']),
  ('operations', array['bookings.read', 'bookings.update', 'vendors.read', 'places.update', 'catalogue.update', 'tickets.read'])
) g (role_code, permission_codes)
join public.roles r on r.code = g.role_code
join public.permissions p on p.code = any (g.permission_codes)
union all
select r.id, p.id from public.roles r cross join public.permissions p
where r.code in ('admin', 'super_admin');

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, pattern, is_public, description)
select s.key, split_part(s.key, '.', 1), s.value::jsonb, s.value_type, s.minimum, s.maximum, s.pattern,
  s.is_public, s.description
from (values
  ('platform.currency', '"INR"', 'text', null, null, '^[A-Z]{3}$', true, 'Currency of all amounts'),
  ('platform.time_zone', '"Asia/Kolkata"', 'time_zone', null, null, null, true, 'Time zone of vendors without their own'),
  ('booking.hold_minutes', '10', 'integer', 1, 120, null, true, 'Minutes for which a slot is held'),
  ('booking.slot_step_minutes', '30', 'integer', 5, 240, null, true, 'Minutes between the starts of two slots'),
  ('booking.buffer_minutes', '15', 'integer', 0, 240, null, false, 'Minutes of buffer of a provider between two bookings'),
  ('booking.travel_speed_kmh', '20', 'number', 1, 200, null, false, 'Kilometres per hour at which travel between bookings is computed'),
  ('booking.daily_maximum', '5', 'integer', 1, 50, null, false, 'Bookings of a provider per day unless the schedule says otherwise'),
  ('booking.service_charge', '50', 'number', 0, 10000, null, true, 'Rupees added to each booking before GST'),
  ('booking.minimum_age', '18', 'integer', 0, 120, null, true, 'Minimum age of a customer who books'),
  ('policy.reschedule_free_hours', '24', 'integer', 0, 720, null, true, 'Hours before the start until which moving a booking is free'),
  ('policy.reschedule_fee', '200', 'number', 0, 100000, null, true, 'Rupees for moving a booking after the free hours'),
  ('policy.reschedule_maximum', '2', 'integer', 0, 100, null, true, 'How often a booking may be moved'),
  ('policy.cancel_free_hours', '4', 'integer', 0, 720, null, true, 'Hours before the start until which cancelling is free'),
  ('policy.late_cancel_fee_percentage', '50', 'number', 0, 100, null, true, 'Percentage of the price that is kept when a booking is cancelled after the free hours'),
  ('loyalty.rupees_per_point', '100', 'number', 1, 100000, null, true, 'Rupees to pay for one point'),
  ('loyalty.rupees_a_point_pays', '1', 'number', 0.01, 1000, null, true, 'Rupees that one point pays'),
  ('loyalty.maximum_percentage', '20', 'number', 0, 100, null, true, 'Percentage of a booking that points may pay'),
  ('loyalty.expiry_months', '12', 'integer', 1, 120, null, true, 'Months until points expire'),
  ('loyalty.tier_gold', '25000', 'number', 1, 100000000, null, true, 'Rupees in twelve months for gold'),
  ('loyalty.tier_platinum', '75000', 'number', 1, 100000000, null, true, 'Rupees in twelve months for platinum'),
  ('loyalty.tier_diamond', '200000', 'number', 1, 100000000, null, true, 'Rupees in twelve months for diamond'),
  ('referral.percentage', '10', 'number', 0, 100, null, true, 'Percentage of a friend''s first booking that goes to both wallets'),
  ('referral.maximum', '500', 'number', 0, 100000, null, true, 'Maximum rupees for a referral'),
  ('referral.within_days', '30', 'integer', 1, 3650, null, true, 'Days after sign-up in which the first booking counts'),
  ('review.maximum_length', '500', 'integer', 1, 500, null, true, 'Maximum number of characters of a review'),
  ('signin.otp_minutes', '5', 'integer', 1, 60, null, false, 'Minutes for which a code is valid'),
  ('signin.otp_attempts', '5', 'integer', 1, 20, null, false, 'Attempts that a code allows'),
  ('signin.otp_resend_seconds', '60', 'integer', 0, 3600, null, false, 'Seconds until another code can be sent'),
  ('signin.otp_sends_an_hour', '5', 'integer', 1, 100, null, false, 'Codes to one number per hour, for one requester'),
  ('signin.otp_sends_a_day', '15', 'integer', 1, 1000, null, false, 'Codes to one number per day, for all requesters together'),
  ('signin.otp_sends_reserved', '2', 'integer', 0, 100, null, false, 'Of these, codes that only requesters get who have signed in with the number before'),
  ('signin.access_token_minutes', '30', 'integer', 1, 1440, null, false, 'Minutes for which an access token is valid'),
  ('signin.refresh_token_days', '7', 'integer', 1, 365, null, false, 'Days for which a refresh token is valid'),
  ('limits.signin_requests_a_minute', '10', 'integer', 1, 1000000, null, false, 'Sign-in requests per minute from one address'),
  ('limits.api_requests_a_minute', '100', 'integer', 1, 1000000000, null, false, 'API requests per minute of one user and address'),
  ('location.minimum_interval_seconds', '5', 'integer', 0, 3600, null, false, 'Minimum seconds between two positions of a provider'),
  ('location.keep_hours', '24', 'integer', 1, 720, null, false, 'Hours until positions are deleted')
) s (key, value, value_type, minimum, maximum, pattern, is_public, description);

--! split: 170-places.sql
-- Places: India, its 28 states and 8 union territories, cities, service zones and pincodes.
-- State codes are the suffixes of ISO 3166-2:IN as amended in November 2023 (CG, DH, LA, OD, TS, UK).
-- Cities carry the names that their states use officially (Prayagraj, Sri Vijaya Puram). Coordinates are
-- WGS 84 degrees of the centre. Places of a row are found with left joins, so that a misspelt one fails,
-- at its not-null column or at the assertions below, instead of vanishing.

insert into public.countries (name, code, phone_code, currency)
values ('India', 'IN', '+91', 'INR');

insert into public.states (country_id, code, name)
select countries.id, v.code, v.name
from (values
  ('AP', 'Andhra Pradesh'), ('AR', 'Arunachal Pradesh'), ('AS', 'Assam'), ('BR', 'Bihar'),
  ('CG', 'Chhattisgarh'), ('GA', 'Goa'), ('GJ', 'Gujarat'), ('HR', 'Haryana'),
  ('HP', 'Himachal Pradesh'), ('JH', 'Jharkhand'), ('KA', 'Karnataka'), ('KL', 'Kerala'),
  ('MP', 'Madhya Pradesh'), ('MH', 'Maharashtra'), ('MN', 'Manipur'), ('ML', 'Meghalaya'),
  ('MZ', 'Mizoram'), ('NL', 'Nagaland'), ('OD', 'Odisha'), ('PB', 'Punjab'),
  ('RJ', 'Rajasthan'), ('SK', 'Sikkim'), ('TN', 'Tamil Nadu'), ('TS', 'Telangana'),
  ('TR', 'Tripura'), ('UP', 'Uttar Pradesh'), ('UK', 'Uttarakhand'), ('WB', 'West Bengal'),
  -- union territories
  ('AN', 'Andaman and Nicobar Islands'), ('CH', 'Chandigarh'),
  ('DH', 'Dadra and Nagar Haveli and Daman and Diu'), ('DL', 'Delhi'), ('JK', 'Jammu and Kashmir'),
  ('LA', 'Ladakh'), ('LD', 'Lakshadweep'), ('PY', 'Puducherry')
) as v (code, name)
left join public.countries on countries.code = 'IN';

-- Chandigarh, also the capital of Haryana and Punjab, is listed once, under its union territory.
insert into public.cities (state_id, name, latitude, longitude)
select states.id, v.name, v.latitude, v.longitude
from (values
  ('AN', 'Sri Vijaya Puram', 11.6683, 92.7378),
  ('AP', 'Amaravati', 16.5131, 80.5165), ('AP', 'Anantapur', 14.6819, 77.6006),
  ('AP', 'Chittoor', 13.2172, 79.1003), ('AP', 'Eluru', 16.7107, 81.0952),
  ('AP', 'Guntur', 16.3067, 80.4365), ('AP', 'Kadapa', 14.4674, 78.8241),
  ('AP', 'Kakinada', 16.9891, 82.2475), ('AP', 'Kurnool', 15.8281, 78.0373),
  ('AP', 'Machilipatnam', 16.1875, 81.1389), ('AP', 'Nandyal', 15.4786, 78.4836),
  ('AP', 'Nellore', 14.4426, 79.9865), ('AP', 'Ongole', 15.5057, 80.0499),
  ('AP', 'Rajamahendravaram', 17.0005, 81.8040), ('AP', 'Srikakulam', 18.2949, 83.8938),
  ('AP', 'Tirupati', 13.6288, 79.4192), ('AP', 'Vijayawada', 16.5062, 80.6480),
  ('AP', 'Visakhapatnam', 17.6868, 83.2185), ('AP', 'Vizianagaram', 18.1067, 83.3956),
  ('AR', 'Itanagar', 27.0844, 93.6053), ('AR', 'Naharlagun', 27.1047, 93.6952),
  ('AS', 'Dibrugarh', 27.4728, 94.9120), ('AS', 'Dispur', 26.1433, 91.7898),
  ('AS', 'Guwahati', 26.1445, 91.7362), ('AS', 'Jorhat', 26.7509, 94.2037),
  ('AS', 'Nagaon', 26.3464, 92.6840), ('AS', 'Silchar', 24.8333, 92.7789),
  ('AS', 'Tezpur', 26.6528, 92.7926), ('AS', 'Tinsukia', 27.4922, 95.3468),
  ('BR', 'Arrah', 25.5560, 84.6603), ('BR', 'Begusarai', 25.4182, 86.1272),
  ('BR', 'Bhagalpur', 25.2425, 86.9842), ('BR', 'Bihar Sharif', 25.1982, 85.5204),
  ('BR', 'Chhapra', 25.7811, 84.7543), ('BR', 'Darbhanga', 26.1542, 85.8918),
  ('BR', 'Gaya', 24.7914, 85.0002), ('BR', 'Hajipur', 25.6858, 85.2146),
  ('BR', 'Katihar', 25.5335, 87.5837), ('BR', 'Munger', 25.3708, 86.4734),
  ('BR', 'Muzaffarpur', 26.1209, 85.3647), ('BR', 'Patna', 25.5941, 85.1376),
  ('BR', 'Purnia', 25.7771, 87.4753), ('BR', 'Sasaram', 24.9490, 84.0315),
  ('CG', 'Ambikapur', 23.1189, 83.1958), ('CG', 'Bhilai', 21.2100, 81.3800),
  ('CG', 'Bilaspur', 22.0797, 82.1409), ('CG', 'Durg', 21.1904, 81.2849),
  ('CG', 'Jagdalpur', 19.0741, 82.0080), ('CG', 'Korba', 22.3500, 82.6833),
  ('CG', 'Raigarh', 21.8974, 83.3950), ('CG', 'Raipur', 21.2514, 81.6296),
  ('CG', 'Rajnandgaon', 21.0971, 81.0338),
  ('CH', 'Chandigarh', 30.7333, 76.7794),
  ('DH', 'Daman', 20.3974, 72.8328), ('DH', 'Diu', 20.7144, 70.9874),
  ('DH', 'Silvassa', 20.2763, 73.0083),
  ('DL', 'New Delhi', 28.6139, 77.2090),
  ('GA', 'Mapusa', 15.5937, 73.8142), ('GA', 'Margao', 15.2832, 73.9862),
  ('GA', 'Panaji', 15.4909, 73.8278), ('GA', 'Vasco da Gama', 15.3860, 73.8440),
  ('GJ', 'Ahmedabad', 23.0225, 72.5714), ('GJ', 'Anand', 22.5645, 72.9289),
  ('GJ', 'Ankleshwar', 21.6264, 73.0152), ('GJ', 'Bharuch', 21.7051, 72.9959),
  ('GJ', 'Bhavnagar', 21.7645, 72.1519), ('GJ', 'Bhuj', 23.2420, 69.6669),
  ('GJ', 'Gandhidham', 23.0753, 70.1337), ('GJ', 'Gandhinagar', 23.2156, 72.6369),
  ('GJ', 'Godhra', 22.7788, 73.6143), ('GJ', 'Jamnagar', 22.4707, 70.0577),
  ('GJ', 'Junagadh', 21.5222, 70.4579), ('GJ', 'Mehsana', 23.5880, 72.3693),
  ('GJ', 'Morbi', 22.8120, 70.8236), ('GJ', 'Nadiad', 22.6916, 72.8634),
  ('GJ', 'Navsari', 20.9467, 72.9520), ('GJ', 'Palanpur', 24.1725, 72.4382),
  ('GJ', 'Porbandar', 21.6417, 69.6293), ('GJ', 'Rajkot', 22.3039, 70.8022),
  ('GJ', 'Surat', 21.1702, 72.8311), ('GJ', 'Surendranagar', 22.7277, 71.6480),
  ('GJ', 'Vadodara', 22.3072, 73.1812), ('GJ', 'Valsad', 20.5992, 72.9342),
  ('GJ', 'Vapi', 20.3893, 72.9106), ('GJ', 'Veraval', 20.9077, 70.3679),
  ('HP', 'Dharamshala', 32.2190, 76.3234), ('HP', 'Kullu', 31.9579, 77.1095),
  ('HP', 'Manali', 32.2432, 77.1892), ('HP', 'Mandi', 31.7087, 76.9320),
  ('HP', 'Shimla', 31.1048, 77.1734), ('HP', 'Solan', 30.9045, 77.0967),
  ('HR', 'Ambala', 30.3782, 76.7767), ('HR', 'Bahadurgarh', 28.6924, 76.9240),
  ('HR', 'Bhiwani', 28.7975, 76.1322), ('HR', 'Faridabad', 28.4089, 77.3178),
  ('HR', 'Gurugram', 28.4595, 77.0266), ('HR', 'Hisar', 29.1492, 75.7217),
  ('HR', 'Karnal', 29.6857, 76.9905), ('HR', 'Kurukshetra', 29.9695, 76.8783),
  ('HR', 'Panchkula', 30.6942, 76.8606), ('HR', 'Panipat', 29.3909, 76.9635),
  ('HR', 'Rewari', 28.1928, 76.6239), ('HR', 'Rohtak', 28.8955, 76.6066),
  ('HR', 'Sirsa', 29.5349, 75.0280), ('HR', 'Sonipat', 28.9931, 77.0151),
  ('HR', 'Yamunanagar', 30.1290, 77.2674),
  ('JH', 'Bokaro Steel City', 23.6693, 86.1511), ('JH', 'Deoghar', 24.4826, 86.6970),
  ('JH', 'Dhanbad', 23.7957, 86.4304), ('JH', 'Giridih', 24.1913, 86.2996),
  ('JH', 'Hazaribagh', 23.9966, 85.3691), ('JH', 'Jamshedpur', 22.8046, 86.2029),
  ('JH', 'Ramgarh', 23.6332, 85.5149), ('JH', 'Ranchi', 23.3441, 85.3096),
  ('JK', 'Anantnag', 33.7311, 75.1487), ('JK', 'Baramulla', 34.1980, 74.3636),
  ('JK', 'Jammu', 32.7266, 74.8570), ('JK', 'Srinagar', 34.0837, 74.7973),
  ('JK', 'Udhampur', 32.9160, 75.1416),
  ('KA', 'Ballari', 15.1394, 76.9214), ('KA', 'Belagavi', 15.8497, 74.4977),
  ('KA', 'Bengaluru', 12.9716, 77.5946), ('KA', 'Bidar', 17.9104, 77.5199),
  ('KA', 'Chikkamagaluru', 13.3161, 75.7720), ('KA', 'Davanagere', 14.4644, 75.9218),
  ('KA', 'Dharwad', 15.4589, 75.0078), ('KA', 'Gadag-Betageri', 15.4315, 75.6355),
  ('KA', 'Hassan', 13.0068, 76.0996), ('KA', 'Hosapete', 15.2689, 76.3909),
  ('KA', 'Hubballi', 15.3647, 75.1240), ('KA', 'Kalaburagi', 17.3297, 76.8343),
  ('KA', 'Kolar', 13.1362, 78.1291), ('KA', 'Mandya', 12.5218, 76.8951),
  ('KA', 'Mangaluru', 12.9141, 74.8560), ('KA', 'Mysuru', 12.2958, 76.6394),
  ('KA', 'Raichur', 16.2076, 77.3463), ('KA', 'Shivamogga', 13.9299, 75.5681),
  ('KA', 'Tumakuru', 13.3379, 77.1173), ('KA', 'Udupi', 13.3409, 74.7421),
  ('KA', 'Vijayapura', 16.8302, 75.7100),
  ('KL', 'Alappuzha', 9.4981, 76.3388), ('KL', 'Kannur', 11.8745, 75.3704),
  ('KL', 'Kasaragod', 12.4996, 74.9869), ('KL', 'Kochi', 9.9312, 76.2673),
  ('KL', 'Kollam', 8.8932, 76.6141), ('KL', 'Kottayam', 9.5916, 76.5222),
  ('KL', 'Kozhikode', 11.2588, 75.7804), ('KL', 'Malappuram', 11.0510, 76.0711),
  ('KL', 'Palakkad', 10.7867, 76.6548), ('KL', 'Pathanamthitta', 9.2648, 76.7870),
  ('KL', 'Thiruvananthapuram', 8.5241, 76.9366), ('KL', 'Thrissur', 10.5276, 76.2144),
  ('LA', 'Kargil', 34.5539, 76.1349), ('LA', 'Leh', 34.1526, 77.5771),
  ('LD', 'Kavaratti', 10.5669, 72.6420),
  ('MH', 'Ahilyanagar', 19.0948, 74.7480), ('MH', 'Akola', 20.7002, 77.0082),
  ('MH', 'Amravati', 20.9374, 77.7796), ('MH', 'Bhiwandi', 19.2813, 73.0483),
  ('MH', 'Chandrapur', 19.9615, 79.2961), ('MH', 'Chhatrapati Sambhajinagar', 19.8762, 75.3433),
  ('MH', 'Dhule', 20.9042, 74.7749), ('MH', 'Ichalkaranji', 16.7094, 74.4564),
  ('MH', 'Jalgaon', 21.0077, 75.5626), ('MH', 'Jalna', 19.8347, 75.8816),
  ('MH', 'Kalyan', 19.2437, 73.1355), ('MH', 'Kolhapur', 16.7050, 74.2433),
  ('MH', 'Latur', 18.4088, 76.5604), ('MH', 'Lonavala', 18.7546, 73.4062),
  ('MH', 'Malegaon', 20.5537, 74.5288), ('MH', 'Mira-Bhayandar', 19.2952, 72.8544),
  ('MH', 'Mumbai', 19.0760, 72.8777), ('MH', 'Nagpur', 21.1458, 79.0882),
  ('MH', 'Nanded', 19.1383, 77.3210), ('MH', 'Nashik', 19.9975, 73.7898),
  ('MH', 'Navi Mumbai', 19.0330, 73.0297), ('MH', 'Panvel', 18.9894, 73.1175),
  ('MH', 'Parbhani', 19.2686, 76.7708), ('MH', 'Pimpri-Chinchwad', 18.6298, 73.7997),
  ('MH', 'Pune', 18.5204, 73.8567), ('MH', 'Ratnagiri', 16.9902, 73.3120),
  ('MH', 'Sangli', 16.8524, 74.5815), ('MH', 'Satara', 17.6805, 74.0183),
  ('MH', 'Solapur', 17.6599, 75.9064), ('MH', 'Thane', 19.2183, 72.9781),
  ('MH', 'Ulhasnagar', 19.2215, 73.1645), ('MH', 'Vasai-Virar', 19.3919, 72.8397),
  ('MH', 'Wardha', 20.7453, 78.6022), ('MH', 'Yavatmal', 20.3888, 78.1204),
  ('ML', 'Shillong', 25.5788, 91.8933), ('ML', 'Tura', 25.5142, 90.2025),
  ('MN', 'Imphal', 24.8170, 93.9368),
  ('MP', 'Bhopal', 23.2599, 77.4126), ('MP', 'Burhanpur', 21.3104, 76.2301),
  ('MP', 'Chhindwara', 22.0574, 78.9382), ('MP', 'Dewas', 22.9676, 76.0534),
  ('MP', 'Guna', 24.6469, 77.3113), ('MP', 'Gwalior', 26.2183, 78.1828),
  ('MP', 'Indore', 22.7196, 75.8577), ('MP', 'Jabalpur', 23.1815, 79.9864),
  ('MP', 'Katni', 23.8343, 80.3894), ('MP', 'Khandwa', 21.8314, 76.3498),
  ('MP', 'Morena', 26.4947, 77.9940), ('MP', 'Neemuch', 24.4764, 74.8624),
  ('MP', 'Ratlam', 23.3315, 75.0367), ('MP', 'Rewa', 24.5373, 81.3042),
  ('MP', 'Sagar', 23.8388, 78.7378), ('MP', 'Satna', 24.6005, 80.8322),
  ('MP', 'Shivpuri', 25.4358, 77.6651), ('MP', 'Singrauli', 24.1992, 82.6645),
  ('MP', 'Ujjain', 23.1793, 75.7849), ('MP', 'Vidisha', 23.5251, 77.8081),
  ('MZ', 'Aizawl', 23.7271, 92.7176), ('MZ', 'Lunglei', 22.8671, 92.7655),
  ('NL', 'Dimapur', 25.9091, 93.7266), ('NL', 'Kohima', 25.6751, 94.1086),
  ('OD', 'Balasore', 21.4942, 86.9317), ('OD', 'Baripada', 21.9347, 86.7337),
  ('OD', 'Bhadrak', 21.0583, 86.4958), ('OD', 'Bhubaneswar', 20.2961, 85.8245),
  ('OD', 'Brahmapur', 19.3150, 84.7941), ('OD', 'Cuttack', 20.4625, 85.8830),
  ('OD', 'Jharsuguda', 21.8554, 84.0062), ('OD', 'Puri', 19.8135, 85.8312),
  ('OD', 'Rourkela', 22.2604, 84.8536), ('OD', 'Sambalpur', 21.4669, 83.9812),
  ('PB', 'Amritsar', 31.6340, 74.8723), ('PB', 'Bathinda', 30.2110, 74.9455),
  ('PB', 'Firozpur', 30.9331, 74.6225), ('PB', 'Hoshiarpur', 31.5143, 75.9115),
  ('PB', 'Jalandhar', 31.3260, 75.5762), ('PB', 'Kapurthala', 31.3723, 75.4018),
  ('PB', 'Ludhiana', 30.9010, 75.8573), ('PB', 'Moga', 30.8165, 75.1717),
  ('PB', 'Mohali', 30.7046, 76.7179), ('PB', 'Pathankot', 32.2733, 75.6522),
  ('PB', 'Patiala', 30.3398, 76.3869), ('PB', 'Phagwara', 31.2240, 75.7708),
  ('PY', 'Karaikal', 10.9254, 79.8380), ('PY', 'Puducherry', 11.9416, 79.8083),
  ('RJ', 'Ajmer', 26.4499, 74.6399), ('RJ', 'Alwar', 27.5530, 76.6346),
  ('RJ', 'Barmer', 25.7521, 71.3967), ('RJ', 'Beawar', 26.1011, 74.3199),
  ('RJ', 'Bharatpur', 27.2173, 77.4901), ('RJ', 'Bhilwara', 25.3463, 74.6364),
  ('RJ', 'Bikaner', 28.0229, 73.3119), ('RJ', 'Chittorgarh', 24.8887, 74.6269),
  ('RJ', 'Hanumangarh', 29.5816, 74.3294), ('RJ', 'Jaipur', 26.9124, 75.7873),
  ('RJ', 'Jaisalmer', 26.9157, 70.9083), ('RJ', 'Jodhpur', 26.2389, 73.0243),
  ('RJ', 'Kota', 25.2138, 75.8648), ('RJ', 'Mount Abu', 24.5926, 72.7156),
  ('RJ', 'Pali', 25.7711, 73.3234), ('RJ', 'Sikar', 27.6094, 75.1399),
  ('RJ', 'Sri Ganganagar', 29.9038, 73.8772), ('RJ', 'Tonk', 26.1664, 75.7885),
  ('RJ', 'Udaipur', 24.5854, 73.7125),
  ('SK', 'Gangtok', 27.3314, 88.6138),
  ('TN', 'Chennai', 13.0827, 80.2707), ('TN', 'Coimbatore', 11.0168, 76.9558),
  ('TN', 'Cuddalore', 11.7480, 79.7714), ('TN', 'Dindigul', 10.3673, 77.9803),
  ('TN', 'Erode', 11.3410, 77.7172), ('TN', 'Hosur', 12.7409, 77.8253),
  ('TN', 'Kanchipuram', 12.8342, 79.7036), ('TN', 'Karur', 10.9601, 78.0766),
  ('TN', 'Kumbakonam', 10.9617, 79.3881), ('TN', 'Madurai', 9.9252, 78.1198),
  ('TN', 'Nagercoil', 8.1833, 77.4119), ('TN', 'Pudukkottai', 10.3797, 78.8208),
  ('TN', 'Rajapalayam', 9.4533, 77.5536), ('TN', 'Salem', 11.6643, 78.1460),
  ('TN', 'Sivakasi', 9.4533, 77.8024), ('TN', 'Thanjavur', 10.7870, 79.1378),
  ('TN', 'Thoothukudi', 8.7642, 78.1348), ('TN', 'Tiruchirappalli', 10.7905, 78.7047),
  ('TN', 'Tirunelveli', 8.7139, 77.7567), ('TN', 'Tiruppur', 11.1085, 77.3411),
  ('TN', 'Tiruvannamalai', 12.2253, 79.0747), ('TN', 'Udhagamandalam', 11.4102, 76.6950),
  ('TN', 'Vellore', 12.9165, 79.1325),
  ('TR', 'Agartala', 23.8315, 91.2868),
  ('TS', 'Adilabad', 19.6641, 78.5320), ('TS', 'Hyderabad', 17.3850, 78.4867),
  ('TS', 'Karimnagar', 18.4386, 79.1288), ('TS', 'Khammam', 17.2473, 80.1514),
  ('TS', 'Mahabubnagar', 16.7488, 78.0035), ('TS', 'Nalgonda', 17.0575, 79.2684),
  ('TS', 'Nizamabad', 18.6725, 78.0941), ('TS', 'Ramagundam', 18.7557, 79.4740),
  ('TS', 'Siddipet', 18.1018, 78.8520), ('TS', 'Suryapet', 17.1405, 79.6204),
  ('TS', 'Warangal', 17.9689, 79.5941),
  ('UK', 'Dehradun', 30.3165, 78.0322), ('UK', 'Haldwani', 29.2183, 79.5130),
  ('UK', 'Haridwar', 29.9457, 78.1642), ('UK', 'Kashipur', 29.2104, 78.9619),
  ('UK', 'Mussoorie', 30.4598, 78.0644), ('UK', 'Nainital', 29.3803, 79.4636),
  ('UK', 'Rishikesh', 30.0869, 78.2676), ('UK', 'Roorkee', 29.8543, 77.8880),
  ('UK', 'Rudrapur', 28.9875, 79.4141),
  ('UP', 'Agra', 27.1767, 78.0081), ('UP', 'Aligarh', 27.8974, 78.0880),
  ('UP', 'Ayodhya', 26.7922, 82.1998), ('UP', 'Bareilly', 28.3670, 79.4304),
  ('UP', 'Bulandshahr', 28.4070, 77.8498), ('UP', 'Etawah', 26.7769, 79.0239),
  ('UP', 'Firozabad', 27.1592, 78.3957), ('UP', 'Ghaziabad', 28.6692, 77.4538),
  ('UP', 'Gorakhpur', 26.7606, 83.3732), ('UP', 'Greater Noida', 28.4744, 77.5040),
  ('UP', 'Hapur', 28.7306, 77.7759), ('UP', 'Jhansi', 25.4484, 78.5685),
  ('UP', 'Kanpur', 26.4499, 80.3319), ('UP', 'Lucknow', 26.8467, 80.9462),
  ('UP', 'Mathura', 27.4924, 77.6737), ('UP', 'Meerut', 28.9845, 77.7064),
  ('UP', 'Mirzapur', 25.1460, 82.5690), ('UP', 'Moradabad', 28.8386, 78.7733),
  ('UP', 'Muzaffarnagar', 29.4727, 77.7085), ('UP', 'Noida', 28.5355, 77.3910),
  ('UP', 'Prayagraj', 25.4358, 81.8463), ('UP', 'Rae Bareli', 26.2345, 81.2409),
  ('UP', 'Rampur', 28.7983, 79.0220), ('UP', 'Saharanpur', 29.9680, 77.5552),
  ('UP', 'Shahjahanpur', 27.8815, 79.9090), ('UP', 'Sitapur', 27.5680, 80.6790),
  ('UP', 'Varanasi', 25.3176, 82.9739), ('UP', 'Vrindavan', 27.5806, 77.7006),
  ('WB', 'Asansol', 23.6739, 86.9524), ('WB', 'Baharampur', 24.1045, 88.2510),
  ('WB', 'Bardhaman', 23.2324, 87.8615), ('WB', 'Darjeeling', 27.0410, 88.2663),
  ('WB', 'Durgapur', 23.5204, 87.3119), ('WB', 'English Bazar', 25.0108, 88.1411),
  ('WB', 'Haldia', 22.0667, 88.0698), ('WB', 'Howrah', 22.5892, 88.3103),
  ('WB', 'Jalpaiguri', 26.5435, 88.7205), ('WB', 'Kalyani', 22.9751, 88.4345),
  ('WB', 'Kharagpur', 22.3302, 87.3237), ('WB', 'Kolkata', 22.5726, 88.3639),
  ('WB', 'Krishnanagar', 23.4010, 88.5014), ('WB', 'Medinipur', 22.4257, 87.3199),
  ('WB', 'Siliguri', 26.7271, 88.3953)
) as v (state_code, name, latitude, longitude)
left join public.states on states.code = v.state_code;

-- Zones of the ten largest cities: simple outlines that do not overlap, x = longitude, y = latitude.
insert into public.zones (city_id, name, is_serviceable, service_charge, coordinates)
select cities.id, v.name, true, v.service_charge, v.coordinates::polygon
from (values
  ('DL', 'New Delhi', 'Connaught Place', 0.00, '((77.200,28.613),(77.245,28.613),(77.238,28.646),(77.200,28.646))'),
  ('DL', 'New Delhi', 'Karol Bagh', 0.00, '((77.165,28.635),(77.198,28.635),(77.198,28.662),(77.165,28.662))'),
  ('DL', 'New Delhi', 'Lajpat Nagar & South Extension', 0.00, '((77.212,28.560),(77.252,28.560),(77.252,28.584),(77.212,28.584))'),
  ('DL', 'New Delhi', 'Hauz Khas & Green Park', 0.00, '((77.188,28.538),(77.211,28.538),(77.211,28.563),(77.188,28.563))'),
  ('DL', 'New Delhi', 'Saket & Malviya Nagar', 0.00, '((77.195,28.512),(77.228,28.512),(77.228,28.537),(77.195,28.537))'),
  ('DL', 'New Delhi', 'Greater Kailash & Kalkaji', 0.00, '((77.230,28.528),(77.262,28.528),(77.256,28.558),(77.230,28.558))'),
  ('DL', 'New Delhi', 'Vasant Kunj & Vasant Vihar', 29.00, '((77.138,28.510),(77.175,28.510),(77.175,28.572),(77.148,28.572))'),
  ('DL', 'New Delhi', 'Dwarka', 49.00, '((77.020,28.565),(77.082,28.560),(77.082,28.612),(77.020,28.612))'),
  ('GJ', 'Ahmedabad', 'Navrangpura', 0.00, '((72.545,23.030),(72.570,23.030),(72.570,23.052),(72.545,23.052))'),
  ('GJ', 'Ahmedabad', 'Satellite', 0.00, '((72.505,23.012),(72.542,23.012),(72.542,23.036),(72.505,23.036))'),
  ('GJ', 'Ahmedabad', 'Bodakdev & Thaltej', 0.00, '((72.492,23.038),(72.524,23.038),(72.524,23.068),(72.492,23.068))'),
  ('GJ', 'Ahmedabad', 'Paldi', 0.00, '((72.548,22.998),(72.574,22.998),(72.574,23.018),(72.548,23.018))'),
  ('GJ', 'Ahmedabad', 'Maninagar', 0.00, '((72.592,22.985),(72.620,22.985),(72.620,23.006),(72.592,23.006))'),
  ('GJ', 'Ahmedabad', 'Chandkheda', 29.00, '((72.572,23.095),(72.605,23.095),(72.605,23.125),(72.572,23.125))'),
  ('GJ', 'Ahmedabad', 'Bopal', 49.00, '((72.440,23.018),(72.480,23.018),(72.480,23.046),(72.440,23.046))'),
  ('GJ', 'Surat', 'Nanpura & Ring Road', 0.00, '((72.808,21.182),(72.848,21.182),(72.848,21.203),(72.808,21.203))'),
  ('GJ', 'Surat', 'Adajan', 0.00, '((72.780,21.185),(72.806,21.185),(72.806,21.212),(72.780,21.212))'),
  ('GJ', 'Surat', 'Athwalines & Vesu', 0.00, '((72.760,21.130),(72.812,21.130),(72.812,21.180),(72.760,21.180))'),
  ('GJ', 'Surat', 'Varachha', 29.00, '((72.850,21.204),(72.885,21.204),(72.885,21.228),(72.850,21.228))'),
  ('GJ', 'Surat', 'Katargam', 29.00, '((72.815,21.214),(72.845,21.214),(72.845,21.240),(72.815,21.240))'),
  ('KA', 'Bengaluru', 'MG Road', 0.00, '((77.590,12.962),(77.622,12.962),(77.622,12.992),(77.590,12.992))'),
  ('KA', 'Bengaluru', 'Indiranagar', 0.00, '((77.628,12.960),(77.662,12.960),(77.662,12.990),(77.628,12.990))'),
  ('KA', 'Bengaluru', 'Koramangala', 0.00, '((77.608,12.922),(77.642,12.922),(77.642,12.946),(77.608,12.946))'),
  ('KA', 'Bengaluru', 'HSR Layout', 0.00, '((77.628,12.896),(77.655,12.896),(77.655,12.920),(77.628,12.920))'),
  ('KA', 'Bengaluru', 'Jayanagar', 0.00, '((77.573,12.918),(77.604,12.918),(77.604,12.944),(77.573,12.944))'),
  ('KA', 'Bengaluru', 'JP Nagar', 0.00, '((77.568,12.880),(77.604,12.880),(77.604,12.916),(77.568,12.916))'),
  ('KA', 'Bengaluru', 'Malleshwaram', 0.00, '((77.558,12.990),(77.586,12.990),(77.586,13.016),(77.558,13.016))'),
  ('KA', 'Bengaluru', 'Whitefield', 49.00, '((77.718,12.952),(77.768,12.952),(77.768,13.002),(77.718,13.002))'),
  ('MH', 'Mumbai', 'Colaba & Fort', 0.00, '((72.805,18.895),(72.842,18.905),(72.842,18.948),(72.818,18.948))'),
  ('MH', 'Mumbai', 'Worli & Lower Parel', 0.00, '((72.810,18.985),(72.832,18.985),(72.832,19.020),(72.810,19.020))'),
  ('MH', 'Mumbai', 'Dadar & Matunga', 0.00, '((72.833,19.005),(72.866,19.005),(72.866,19.044),(72.833,19.044))'),
  ('MH', 'Mumbai', 'Bandra & Khar', 0.00, '((72.818,19.046),(72.872,19.050),(72.866,19.076),(72.822,19.076))'),
  ('MH', 'Mumbai', 'Juhu & Santacruz', 0.00, '((72.818,19.078),(72.866,19.078),(72.862,19.111),(72.818,19.111))'),
  ('MH', 'Mumbai', 'Andheri', 0.00, '((72.812,19.1125),(72.864,19.1125),(72.868,19.104),(72.886,19.104),(72.890,19.140),(72.812,19.140))'),
  ('MH', 'Mumbai', 'Powai', 29.00, '((72.892,19.108),(72.922,19.108),(72.925,19.138),(72.892,19.138))'),
  ('MH', 'Mumbai', 'Borivali & Kandivali', 49.00, '((72.815,19.195),(72.875,19.195),(72.875,19.245),(72.815,19.245))'),
  ('MH', 'Pune', 'Koregaon Park & Camp', 0.00, '((73.870,18.505),(73.905,18.505),(73.905,18.548),(73.870,18.548))'),
  ('MH', 'Pune', 'Shivajinagar & Deccan', 0.00, '((73.825,18.508),(73.858,18.508),(73.858,18.535),(73.825,18.535))'),
  ('MH', 'Pune', 'Kothrud', 0.00, '((73.788,18.492),(73.822,18.492),(73.822,18.515),(73.788,18.515))'),
  ('MH', 'Pune', 'Aundh & Baner', 0.00, '((73.765,18.545),(73.832,18.545),(73.832,18.572),(73.765,18.572))'),
  ('MH', 'Pune', 'Viman Nagar & Kharadi', 0.00, '((73.898,18.550),(73.955,18.550),(73.955,18.576),(73.898,18.576))'),
  ('MH', 'Pune', 'Hadapsar', 29.00, '((73.915,18.485),(73.955,18.485),(73.955,18.525),(73.915,18.525))'),
  ('MH', 'Pune', 'Hinjawadi & Wakad', 49.00, '((73.700,18.575),(73.775,18.580),(73.775,18.610),(73.700,18.610))'),
  ('RJ', 'Jaipur', 'C-Scheme', 0.00, '((75.790,26.900),(75.816,26.900),(75.816,26.922),(75.790,26.922))'),
  ('RJ', 'Jaipur', 'Raja Park', 0.00, '((75.820,26.888),(75.844,26.888),(75.844,26.908),(75.820,26.908))'),
  ('RJ', 'Jaipur', 'Malviya Nagar', 0.00, '((75.802,26.842),(75.830,26.842),(75.830,26.866),(75.802,26.866))'),
  ('RJ', 'Jaipur', 'Vaishali Nagar', 0.00, '((75.728,26.900),(75.756,26.900),(75.756,26.924),(75.728,26.924))'),
  ('RJ', 'Jaipur', 'Mansarovar', 29.00, '((75.744,26.838),(75.778,26.838),(75.778,26.882),(75.744,26.882))'),
  ('RJ', 'Jaipur', 'Vidhyadhar Nagar', 29.00, '((75.766,26.940),(75.795,26.940),(75.795,26.972),(75.766,26.972))'),
  ('TN', 'Chennai', 'T. Nagar', 0.00, '((80.216,13.026),(80.246,13.026),(80.246,13.054),(80.216,13.054))'),
  ('TN', 'Chennai', 'Nungambakkam', 0.00, '((80.230,13.055),(80.262,13.055),(80.262,13.072),(80.230,13.072))'),
  ('TN', 'Chennai', 'Mylapore', 0.00, '((80.256,13.018),(80.282,13.018),(80.282,13.046),(80.256,13.046))'),
  ('TN', 'Chennai', 'Adyar & Besant Nagar', 0.00, '((80.240,12.990),(80.276,12.990),(80.276,13.014),(80.240,13.014))'),
  ('TN', 'Chennai', 'Anna Nagar', 0.00, '((80.195,13.075),(80.226,13.075),(80.226,13.100),(80.195,13.100))'),
  ('TN', 'Chennai', 'Velachery', 29.00, '((80.205,12.965),(80.232,12.965),(80.232,12.992),(80.205,12.992))'),
  ('TN', 'Chennai', 'Perungudi & Thoraipakkam', 49.00, '((80.234,12.915),(80.252,12.915),(80.256,12.972),(80.238,12.972))'),
  ('TS', 'Hyderabad', 'Banjara Hills', 0.00, '((78.428,17.400),(78.455,17.400),(78.455,17.428),(78.428,17.428))'),
  ('TS', 'Hyderabad', 'Jubilee Hills', 0.00, '((78.392,17.408),(78.426,17.408),(78.426,17.442),(78.392,17.442))'),
  ('TS', 'Hyderabad', 'Begumpet & Ameerpet', 0.00, '((78.440,17.432),(78.476,17.432),(78.476,17.456),(78.440,17.456))'),
  ('TS', 'Hyderabad', 'Madhapur & HITEC City', 0.00, '((78.368,17.444),(78.402,17.444),(78.402,17.464),(78.368,17.464))'),
  ('TS', 'Hyderabad', 'Gachibowli', 0.00, '((78.328,17.418),(78.366,17.418),(78.366,17.455),(78.328,17.455))'),
  ('TS', 'Hyderabad', 'Secunderabad', 0.00, '((78.480,17.425),(78.520,17.425),(78.520,17.460),(78.480,17.460))'),
  ('TS', 'Hyderabad', 'Kukatpally', 29.00, '((78.380,17.474),(78.425,17.474),(78.425,17.505),(78.380,17.505))'),
  ('TS', 'Hyderabad', 'Dilsukhnagar', 29.00, '((78.515,17.355),(78.545,17.355),(78.545,17.380),(78.515,17.380))'),
  ('WB', 'Kolkata', 'Park Street', 0.00, '((88.344,22.538),(88.366,22.538),(88.366,22.560),(88.344,22.560))'),
  ('WB', 'Kolkata', 'Ballygunge', 0.00, '((88.355,22.515),(88.376,22.515),(88.376,22.536),(88.355,22.536))'),
  ('WB', 'Kolkata', 'Alipore', 0.00, '((88.322,22.522),(88.342,22.522),(88.342,22.540),(88.322,22.540))'),
  ('WB', 'Kolkata', 'New Alipore', 0.00, '((88.318,22.502),(88.340,22.502),(88.340,22.519),(88.318,22.519))'),
  ('WB', 'Kolkata', 'Salt Lake', 0.00, '((88.400,22.565),(88.432,22.565),(88.432,22.602),(88.400,22.602))'),
  ('WB', 'Kolkata', 'Jadavpur', 0.00, '((88.355,22.485),(88.385,22.485),(88.385,22.508),(88.355,22.508))'),
  ('WB', 'Kolkata', 'Behala', 29.00, '((88.295,22.478),(88.328,22.478),(88.328,22.500),(88.295,22.500))'),
  ('WB', 'Kolkata', 'New Town', 49.00, '((88.446,22.552),(88.495,22.552),(88.495,22.625),(88.446,22.625))')
) as v (state_code, city, name, service_charge, coordinates)
left join public.states on states.code = v.state_code
left join public.cities on cities.state_id = states.id and cities.name = v.city;

-- Pincodes, by city and zone (null: the city outside its zones). The charge is for coming to the customer.
insert into public.pincode_master (pincode, city_id, zone_id, is_serviceable, delivery_charge)
select pincodes.pincode, cities.id, zones.id, v.is_serviceable, v.delivery_charge
from (values
  ('AP', 'Vijayawada', null, true, 30.00, '{520001,520002,520007,520010}'),
  ('AP', 'Visakhapatnam', null, true, 30.00, '{530001,530002,530003,530016,530017}'),
  ('AS', 'Guwahati', null, true, 30.00, '{781001,781003,781005,781007,781028}'),
  ('BR', 'Patna', null, true, 30.00, '{800001,800004,800013,800020}'),
  ('CG', 'Raipur', null, true, 30.00, '{492001,492004,492009}'),
  ('CH', 'Chandigarh', null, true, 30.00, '{160009,160011,160015,160017,160018,160019,160020,160022,160036,160047}'),
  ('DL', 'New Delhi', 'Connaught Place', true, 0.00, '{110001}'),
  ('DL', 'New Delhi', 'Karol Bagh', true, 0.00, '{110005,110060}'),
  ('DL', 'New Delhi', 'Lajpat Nagar & South Extension', true, 0.00, '{110024,110049}'),
  ('DL', 'New Delhi', 'Hauz Khas & Green Park', true, 0.00, '{110016}'),
  ('DL', 'New Delhi', 'Saket & Malviya Nagar', true, 0.00, '{110017}'),
  ('DL', 'New Delhi', 'Greater Kailash & Kalkaji', true, 0.00, '{110019,110048}'),
  ('DL', 'New Delhi', 'Vasant Kunj & Vasant Vihar', true, 29.00, '{110057,110070}'),
  ('DL', 'New Delhi', 'Dwarka', true, 49.00, '{110075,110078}'),
  ('DL', 'New Delhi', null, true, 49.00, '{110002,110003,110006,110009,110018,110021,110027,110034,110058,110063,110085,110091,110092}'),
  -- the closed parts of the cantonment and of Rashtrapati Bhavan
  ('DL', 'New Delhi', null, false, 0.00, '{110004,110010}'),
  ('GA', 'Panaji', null, true, 30.00, '{403001,403002,403004}'),
  ('GJ', 'Ahmedabad', 'Navrangpura', true, 0.00, '{380009}'),
  ('GJ', 'Ahmedabad', 'Satellite', true, 0.00, '{380015}'),
  ('GJ', 'Ahmedabad', 'Bodakdev & Thaltej', true, 0.00, '{380054,380059}'),
  ('GJ', 'Ahmedabad', 'Paldi', true, 0.00, '{380007}'),
  ('GJ', 'Ahmedabad', 'Maninagar', true, 0.00, '{380008}'),
  ('GJ', 'Ahmedabad', 'Chandkheda', true, 29.00, '{382424}'),
  ('GJ', 'Ahmedabad', 'Bopal', true, 49.00, '{380058}'),
  ('GJ', 'Ahmedabad', null, true, 49.00, '{380001,380004,380006,380013,380052}'),
  ('GJ', 'Rajkot', null, true, 30.00, '{360001,360002,360004,360005}'),
  ('GJ', 'Surat', 'Nanpura & Ring Road', true, 0.00, '{395001,395002,395003}'),
  ('GJ', 'Surat', 'Adajan', true, 0.00, '{395009}'),
  ('GJ', 'Surat', 'Athwalines & Vesu', true, 0.00, '{395007}'),
  ('GJ', 'Surat', 'Varachha', true, 29.00, '{395006}'),
  ('GJ', 'Surat', 'Katargam', true, 29.00, '{395004}'),
  ('GJ', 'Vadodara', null, true, 30.00, '{390001,390002,390007,390018,390020,390023}'),
  ('HR', 'Faridabad', null, true, 30.00, '{121001,121002,121003,121006,121007}'),
  ('HR', 'Gurugram', null, true, 30.00, '{122001,122002,122003,122009,122011,122018}'),
  ('JH', 'Ranchi', null, true, 30.00, '{834001,834002,834008}'),
  ('JK', 'Srinagar', null, true, 49.00, '{190001,190008}'),
  ('KA', 'Bengaluru', 'MG Road', true, 0.00, '{560001,560025,560042}'),
  ('KA', 'Bengaluru', 'Indiranagar', true, 0.00, '{560008,560038,560075}'),
  ('KA', 'Bengaluru', 'Koramangala', true, 0.00, '{560034,560095}'),
  ('KA', 'Bengaluru', 'HSR Layout', true, 0.00, '{560102}'),
  ('KA', 'Bengaluru', 'Jayanagar', true, 0.00, '{560011,560041}'),
  ('KA', 'Bengaluru', 'JP Nagar', true, 0.00, '{560078}'),
  ('KA', 'Bengaluru', 'Malleshwaram', true, 0.00, '{560003,560055}'),
  ('KA', 'Bengaluru', 'Whitefield', true, 49.00, '{560066}'),
  ('KA', 'Bengaluru', null, true, 49.00, '{560004,560010,560024,560037,560043,560064,560076,560085,560100,560103}'),
  ('KA', 'Mangaluru', null, true, 30.00, '{575001,575002,575003}'),
  ('KA', 'Mysuru', null, true, 30.00, '{570001,570002,570004,570009,570023}'),
  ('KL', 'Kochi', null, true, 30.00, '{682001,682011,682016,682017,682020,682024,682030,682036}'),
  ('KL', 'Kozhikode', null, true, 30.00, '{673001,673004,673006,673032}'),
  ('KL', 'Thiruvananthapuram', null, true, 30.00, '{695001,695003,695004,695010,695011,695014}'),
  ('MH', 'Mumbai', 'Colaba & Fort', true, 0.00, '{400001,400005,400020,400021,400032}'),
  ('MH', 'Mumbai', 'Worli & Lower Parel', true, 0.00, '{400013,400018,400025,400030}'),
  ('MH', 'Mumbai', 'Dadar & Matunga', true, 0.00, '{400014,400016,400019,400028}'),
  ('MH', 'Mumbai', 'Bandra & Khar', true, 0.00, '{400050,400051,400052}'),
  ('MH', 'Mumbai', 'Juhu & Santacruz', true, 0.00, '{400049,400054,400055,400056,400057}'),
  ('MH', 'Mumbai', 'Andheri', true, 0.00, '{400053,400058,400059,400069,400093}'),
  ('MH', 'Mumbai', 'Powai', true, 29.00, '{400076,400087}'),
  ('MH', 'Mumbai', 'Borivali & Kandivali', true, 49.00, '{400066,400067,400091,400092,400101}'),
  ('MH', 'Mumbai', null, true, 49.00, '{400004,400006,400007,400022,400026,400063,400064,400070,400071,400077,400080,400086,400097}'),
  -- the nuclear research centre at Trombay
  ('MH', 'Mumbai', null, false, 0.00, '{400085}'),
  ('MH', 'Nagpur', null, true, 30.00, '{440001,440010,440012,440013,440015,440022}'),
  ('MH', 'Nashik', null, true, 30.00, '{422001,422002,422005,422009,422013}'),
  ('MH', 'Navi Mumbai', null, true, 30.00, '{400614,400701,400703,400705,400706,400708,400709}'),
  ('MH', 'Pune', 'Koregaon Park & Camp', true, 0.00, '{411001}'),
  ('MH', 'Pune', 'Shivajinagar & Deccan', true, 0.00, '{411004,411005}'),
  ('MH', 'Pune', 'Kothrud', true, 0.00, '{411038}'),
  ('MH', 'Pune', 'Aundh & Baner', true, 0.00, '{411007,411045,411067,411069}'),
  ('MH', 'Pune', 'Viman Nagar & Kharadi', true, 0.00, '{411014}'),
  ('MH', 'Pune', 'Hadapsar', true, 29.00, '{411013,411028}'),
  ('MH', 'Pune', 'Hinjawadi & Wakad', true, 49.00, '{411057}'),
  ('MH', 'Pune', null, true, 49.00, '{411002,411006,411016,411030,411037,411040,411048,411052}'),
  ('MH', 'Thane', null, true, 30.00, '{400601,400602,400603,400604,400606,400607,400610}'),
  ('MP', 'Bhopal', null, true, 30.00, '{462001,462003,462011,462016,462023,462042}'),
  ('MP', 'Indore', null, true, 30.00, '{452001,452003,452009,452010,452016,452018}'),
  ('OD', 'Bhubaneswar', null, true, 30.00, '{751001,751003,751007,751009,751012,751024}'),
  ('PB', 'Amritsar', null, true, 30.00, '{143001,143002}'),
  ('PB', 'Ludhiana', null, true, 30.00, '{141001,141002,141003,141008,141012}'),
  ('PY', 'Puducherry', null, true, 30.00, '{605001,605002,605003,605008}'),
  ('RJ', 'Jaipur', 'C-Scheme', true, 0.00, '{302001}'),
  ('RJ', 'Jaipur', 'Raja Park', true, 0.00, '{302004}'),
  ('RJ', 'Jaipur', 'Malviya Nagar', true, 0.00, '{302017}'),
  ('RJ', 'Jaipur', 'Vaishali Nagar', true, 0.00, '{302021}'),
  ('RJ', 'Jaipur', 'Mansarovar', true, 29.00, '{302020}'),
  ('RJ', 'Jaipur', 'Vidhyadhar Nagar', true, 29.00, '{302039}'),
  ('RJ', 'Jaipur', null, true, 49.00, '{302002,302003,302015,302016,302018,302019}'),
  ('RJ', 'Jodhpur', null, true, 30.00, '{342001,342003,342005}'),
  ('RJ', 'Udaipur', null, true, 30.00, '{313001,313002}'),
  ('TN', 'Chennai', 'T. Nagar', true, 0.00, '{600017,600033}'),
  ('TN', 'Chennai', 'Nungambakkam', true, 0.00, '{600006,600034}'),
  ('TN', 'Chennai', 'Mylapore', true, 0.00, '{600004,600028}'),
  ('TN', 'Chennai', 'Adyar & Besant Nagar', true, 0.00, '{600020,600090}'),
  ('TN', 'Chennai', 'Anna Nagar', true, 0.00, '{600040,600102}'),
  ('TN', 'Chennai', 'Velachery', true, 29.00, '{600042}'),
  ('TN', 'Chennai', 'Perungudi & Thoraipakkam', true, 49.00, '{600096,600097}'),
  ('TN', 'Chennai', null, true, 49.00, '{600001,600008,600010,600018,600024,600026,600041,600083,600119}'),
  ('TN', 'Coimbatore', null, true, 30.00, '{641001,641002,641004,641012,641018,641037}'),
  ('TN', 'Madurai', null, true, 30.00, '{625001,625002,625003,625020}'),
  ('TS', 'Hyderabad', 'Banjara Hills', true, 0.00, '{500034}'),
  ('TS', 'Hyderabad', 'Jubilee Hills', true, 0.00, '{500033,500096}'),
  ('TS', 'Hyderabad', 'Begumpet & Ameerpet', true, 0.00, '{500016,500038}'),
  ('TS', 'Hyderabad', 'Madhapur & HITEC City', true, 0.00, '{500081}'),
  ('TS', 'Hyderabad', 'Gachibowli', true, 0.00, '{500032}'),
  ('TS', 'Hyderabad', 'Secunderabad', true, 0.00, '{500003}'),
  ('TS', 'Hyderabad', 'Kukatpally', true, 29.00, '{500072,500085}'),
  ('TS', 'Hyderabad', 'Dilsukhnagar', true, 29.00, '{500060}'),
  ('TS', 'Hyderabad', null, true, 49.00, '{500001,500004,500008,500028,500029,500039,500049,500062,500084}'),
  ('UK', 'Dehradun', null, true, 30.00, '{248001,248002,248006,248009}'),
  ('UP', 'Agra', null, true, 30.00, '{282001,282002,282005,282010}'),
  ('UP', 'Ghaziabad', null, true, 30.00, '{201001,201002,201005,201010,201012,201014}'),
  ('UP', 'Kanpur', null, true, 30.00, '{208001,208002,208005,208012}'),
  ('UP', 'Lucknow', null, true, 30.00, '{226001,226010,226012,226016,226018,226024}'),
  ('UP', 'Noida', null, true, 30.00, '{201301,201303,201304,201305,201307,201309}'),
  ('UP', 'Prayagraj', null, true, 30.00, '{211001,211002,211003}'),
  ('UP', 'Varanasi', null, true, 30.00, '{221001,221002,221005,221010}'),
  ('WB', 'Kolkata', 'Park Street', true, 0.00, '{700016,700017,700071}'),
  ('WB', 'Kolkata', 'Ballygunge', true, 0.00, '{700019,700029}'),
  ('WB', 'Kolkata', 'Alipore', true, 0.00, '{700027}'),
  ('WB', 'Kolkata', 'New Alipore', true, 0.00, '{700053}'),
  ('WB', 'Kolkata', 'Salt Lake', true, 0.00, '{700064,700091,700106}'),
  ('WB', 'Kolkata', 'Jadavpur', true, 0.00, '{700032}'),
  ('WB', 'Kolkata', 'Behala', true, 29.00, '{700008,700034}'),
  ('WB', 'Kolkata', 'New Town', true, 49.00, '{700156,700160,700161,700163}'),
  ('WB', 'Kolkata', null, true, 49.00, '{700001,700006,700012,700020,700025,700026,700054,700068,700084,700107}')
) as v (state_code, city, zone, is_serviceable, delivery_charge, pincodes)
cross join unnest(v.pincodes::text[]) as pincodes (pincode)
left join public.states on states.code = v.state_code
left join public.cities on cities.state_id = states.id and cities.name = v.city
left join public.zones on zones.city_id = cities.id and zones.name = v.zone;

do $$
begin
  assert not exists (select from public.zones where city_id is null),
    'a zone names an unknown city';
  assert not exists (select from public.pincode_master where city_id is null),
    'a pincode names an unknown city';
  assert not exists (
    select from public.zones
    where not exists (select from public.pincode_master where zone_id = zones.id)
  ), 'a zone has no pincode: its name is spelt in two ways';
end
$$;

--! split: 180-service-categories.sql
-- Service categories of every new installation.
insert into public.service_categories (name, slug, description, icon, display_order)
values
  ('Massage', 'massage', 'Relaxing and therapeutic body massage by trained therapists.', 'spa', 1),
  ('Facial & Skin Care', 'facial', 'Clean-ups, facials and peels for every skin type.', 'face', 2),
  ('Hair', 'hair', 'Cuts, colour, styling, hair spa and smoothening.', 'content_cut', 3),
  ('Nails', 'nails', 'Manicure, pedicure, gel polish and nail extensions.', 'back_hand', 4),
  ('Body Treatments', 'body-treatments', 'Scrubs, wraps and polishes for soft, even skin.', 'bathtub', 5),
  ('Ayurveda', 'ayurveda', 'Traditional therapies with medicated oils and herbs.', 'eco', 6),
  ('Makeup & Bridal', 'makeup-bridal', 'Party and bridal makeup, draping and mehndi.', 'brush', 7),
  ('Waxing & Threading', 'waxing-threading', 'Hair removal with wax, and eyebrow shaping with thread.', 'auto_fix_high', 8),
  ('Men''s Grooming', 'mens-grooming', 'Haircut, beard, shave, facial and massage for men.', 'face_6', 9),
  ('Wellness & Yoga', 'wellness-yoga', 'Yoga, meditation and breathing, alone or in a group.', 'self_improvement', 10);

--! split: 190-audit.sql
-- What is audited: everything that gives rights, money or reputation, and the rules of the platform. The
-- argument of the trigger is the column that identifies the row.
do $$
declare
  v_guarded record;
begin
  for v_guarded in select * from (values
    ('system_settings', 'id'), ('feature_flags', 'id'), ('departments', 'id'), ('roles', 'id'),
    ('role_permissions', 'id'), ('user_roles', 'id'), ('user_profiles', 'id'),
    ('user_documents', 'id'), ('user_kyc_verification', 'id'), ('user_bank_details', 'id'),
    ('employees', 'id'), ('employee_private_details', 'employee_id'),
    ('vendor_applications', 'id'), ('vendors', 'id'), ('vendor_private_details', 'vendor_id'),
    ('vendor_documents', 'id'), ('vendor_services', 'id'), ('vendor_staff', 'id'),
    ('vendor_payouts', 'id'), ('therapists', 'id'), ('therapist_private_details', 'therapist_id'),
    ('therapist_leaves', 'id'), ('services', 'id'), ('addon_services', 'id'),
    ('service_packages', 'id'), ('zones', 'id'), ('pincode_master', 'id'),
    ('bookings', 'id'), ('payments', 'id'), ('refunds', 'id'), ('commission_records', 'id')
  ) g (table_name, id_column)
  loop
    execute format(
      'create trigger _800_audit after insert or update or delete on public.%I '
      'for each row execute function app_private.tg__audit(%L)',
      v_guarded.table_name, v_guarded.id_column);
  end loop;
end
$$;

/*
 * Queries of the signed-in user about their own account.
 */
--! Included functions/identity/me.sql
create or replace function public.me() returns public.user_profiles
language sql stable security definer set search_path = '' as $$
  select p.* from public.user_profiles p where p.id = (select auth.uid())
$$;
comment on function public.me() is 'The signed-in user; null for anonymous users.';
revoke all on function public.me() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.me() to anon, authenticated, staff;
--! EndIncluded functions/identity/me.sql
--! Included functions/identity/my_permissions.sql
create or replace function public.my_permissions() returns text[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select distinct p.code
    from public.user_roles ur
    join public.roles r on r.id = ur.role_id and r.status = 'active'
    join public.role_permissions rp on rp.role_id = ur.role_id
    join public.permissions p on p.id = rp.permission_id
    where ur.user_id = (select auth.uid())
      and ur.status = 'active'
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
    order by p.code
  );
end
$$;
comment on function public.my_permissions() is
  'Codes of all permissions of the signed-in user today, for menus.';
revoke all on function public.my_permissions() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.my_permissions() to authenticated, staff;
--! EndIncluded functions/identity/my_permissions.sql
--! Included functions/messages/unread_notification_count.sql
create or replace function public.unread_notification_count() returns integer
language sql stable set search_path = '' as $$
  select count(*)::integer from public.notifications n
  where n.user_id = (select auth.uid()) and not n.is_read
$$;
comment on function public.unread_notification_count() is
  'How many notifications the signed-in user has not read.';
revoke all on function public.unread_notification_count() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.unread_notification_count() to authenticated, staff;
--! EndIncluded functions/messages/unread_notification_count.sql
