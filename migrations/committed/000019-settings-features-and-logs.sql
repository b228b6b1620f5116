--! Previous: sha1:5d781898341f1e88d2c532cba4546117436ee135
--! Hash: sha1:32e0054f034048c03214d7153882c238638d282e
--! Message: settings features and logs

--! split: 020-settings.sql
-- Administrators change settings, and the history of a setting can be queried.

--! Included functions/settings/update_system_setting.sql
create or replace function public.update_system_setting(key text, value jsonb) returns public.system_settings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_setting public.system_settings;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  perform app_private.require_permission('settings.update');
  update public.system_settings s
  -- A null of GraphQL is a null of JSON, which no type allows.
  set value = coalesce(update_system_setting.value, 'null')
  where s.key = update_system_setting.key
  returning s.* into v_setting;
  if not found then
    raise exception 'The setting "%" was not found. Check the key.', update_system_setting.key
      using errcode = 'OB003', column = 'key';
  end if;
  return v_setting;
end
$$;
comment on function public.update_system_setting(text, jsonb) is
  'Changes the value of a setting from now on. Raises OB001, OB002, OB003, OB058 (the value does not fit).';
revoke all on function public.update_system_setting(text, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.update_system_setting(text, jsonb) to staff;
--! EndIncluded functions/settings/update_system_setting.sql

create type public.setting_change as (
  changed_at timestamptz,
  changed_by uuid,
  value_before jsonb,
  value_after jsonb
);
comment on type public.setting_change is 'A change of the value of a setting.';
comment on column public.setting_change.changed_at is 'When it was changed.';
comment on column public.setting_change.changed_by is
  'User who changed it; null when a migration or the platform did, or the account was deleted.';
comment on column public.setting_change.value_before is 'The value until then; null for a new setting.';
comment on column public.setting_change.value_after is 'The value from then on.';

--! Included functions/settings/system_settings_history.sql
-- From the audit log, which has all of it. Users who may see settings see only this part of it.
create or replace function public.system_settings_history(setting public.system_settings)
returns setof public.setting_change
language plpgsql stable security definer set search_path = '' as $$
begin
  if not app_private.has_permission('settings.read') then
    return;
  end if;
  return query
    select a.created_at, a.user_id, a.old_values -> 'value', a.new_values -> 'value'
    from public.audit_logs a
    where a.resource_type = 'system_settings' and a.resource_id = setting.id
      and a.new_values ? 'value'
    order by a.created_at desc;
end
$$;
comment on function public.system_settings_history(public.system_settings) is
  'Changes of the value, latest first, with user, time and both values; empty for users who may not see all settings.';
revoke all on function public.system_settings_history(public.system_settings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.system_settings_history(public.system_settings) to staff;
--! EndIncluded functions/settings/system_settings_history.sql

--! split: 030-features.sql
-- Feature flags: which features are on for the caller. The answer follows from the flag and the user alone,
-- so that every process gives the same one; and a higher percentage takes no feature away.

--! Included functions/features/tg_feature_flags__validate.sql
create or replace function app_private.tg_feature_flags__validate() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_unknown text;
begin
  if cardinality(new.target_roles) = 0 then
    raise exception 'An empty list of roles enables the feature for no one. Leave the roles out, or switch the feature off.'
      using errcode = 'OB020', column = 'target_roles';
  end if;
  select string_agg(coalesce(t.code, 'null'), ', ' order by t.code) into v_unknown
  from unnest(new.target_roles) t (code)
  where not exists (select from public.roles r where r.code = t.code);
  if v_unknown is not null then
    raise exception 'The role % was not found. Check the code.', v_unknown
      using errcode = 'OB020', column = 'target_roles';
  end if;
  return new;
end
$$;
comment on function app_private.tg_feature_flags__validate() is
  'Refuses a feature for roles that do not exist (OB020).';
revoke all on function app_private.tg_feature_flags__validate() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/features/tg_feature_flags__validate.sql
create trigger _200_validate before insert or update of target_roles on public.feature_flags
  for each row execute function app_private.tg_feature_flags__validate();

--! Included functions/features/rollout_place.sql
-- Of sha256, which is the same on every server and version. PostgreSQL does not guarantee that for its
-- internal hashes.
create or replace function app_private.rollout_place(p_feature text, p_who text) returns integer
language plpgsql immutable set search_path = '' as $$
declare
  v_hash bytea := sha256(convert_to(p_feature || ':' || p_who, 'UTF8'));
begin
  -- 24 bits, of which 100 is a small part.
  return (get_byte(v_hash, 0) * 65536 + get_byte(v_hash, 1) * 256 + get_byte(v_hash, 2)) % 100;
end
$$;
comment on function app_private.rollout_place(text, text) is
  'Place of a user in the rollout of a feature, 0 to 99: the user gets it from the next percentage on. Each feature has its own order.';
revoke all on function app_private.rollout_place(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/features/rollout_place.sql

--! Included functions/features/my_role_codes.sql
create or replace function app_private.my_role_codes() returns text[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select r.code
    from public.user_roles ur
    join public.roles r on r.id = ur.role_id and r.status = 'active'
    where ur.user_id = auth.uid()
      and ur.status = 'active'
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
    union
    select 'customer' from public.customers c where c.id = auth.uid()
    union
    select 'vendor' from public.vendors v where v.user_id = auth.uid()
    union
    select 'therapist' from public.therapists t where t.user_id = auth.uid()
    union
    select 'beautician' from public.beauticians b where b.user_id = auth.uid()
  );
end
$$;
comment on function app_private.my_role_codes() is
  'Codes of the roles that the signed-in user holds today, and of those that follow from an own row: customer, vendor, therapist, beautician.';
revoke all on function app_private.my_role_codes() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/features/my_role_codes.sql

--! Included functions/features/enabled_features.sql
create or replace function public.enabled_features(visitor_id text default null) returns text[]
language plpgsql stable security definer set search_path = '' as $$
declare
  v_who text := coalesce(auth.uid()::text, 'visitor:' || visitor_id);
  v_roles text[] := case when auth.uid() is null then '{}' else app_private.my_role_codes() end;
begin
  if auth.uid() is null and visitor_id !~ '^[\w.-]{8,100}$' then
    raise exception 'The visitor''s id must have 8 to 100 letters, digits, dots, dashes or underscores.'
      using errcode = 'OB020', column = 'visitor_id';
  end if;
  return array(
    select f.name
    from public.feature_flags f
    where f.is_enabled
      and (f.target_roles is null or f.target_roles && v_roles)
      -- Without any id there is no place in the rollout.
      and (f.rollout_percentage = 100
        or (v_who is not null and app_private.rollout_place(f.name, v_who) < f.rollout_percentage))
    order by f.name
  );
end
$$;
comment on function public.enabled_features(text) is
  'Names of the features that are on for the signed-in user, or for an anonymous user identified by an id that the app creates. The answer stays the same for the same user until a flag changes. Without an id an anonymous user gets only what everyone has. Raises OB020 (invalid id).';
revoke all on function public.enabled_features(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.enabled_features(text) to anon, authenticated, staff;
--! EndIncluded functions/features/enabled_features.sql

/*
 * Live: that features have changed. Each client then queries its own features again.
 */
--! Included functions/features/tg_feature_flags__publish_event.sql
create or replace function app_private.tg_feature_flags__publish_event() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op <> 'UPDATE' or app_private.changed_columns(to_jsonb(old), to_jsonb(new)) <> '[]' then
    perform app_private.emit_event(
      array['features:all'], 'features.updated', coalesce(new.id, old.id), '{"changed": []}');
  end if;
  return null;
end
$$;
comment on function app_private.tg_feature_flags__publish_event() is
  'Records features.updated for live subscribers.';
revoke all on function app_private.tg_feature_flags__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/features/tg_feature_flags__publish_event.sql
create trigger _900_publish_event after insert or update or delete on public.feature_flags
  for each row execute function app_private.tg_feature_flags__publish_event();

--! split: 040-errors.sql
-- The error log becomes a list to work through: similar errors are one entry, with count and time, and
-- resolving one resolves all similar ones.
--
-- Writers of errors only insert. Counting in a shared row would make bookings wait for each other whose
-- notifications lack the same template; a job combines similar rows afterwards.
--
-- Comes before the first release, to databases that are small or empty.
-- squawk-ignore-file adding-field-with-default, adding-foreign-key-constraint, require-concurrent-index-creation

--! Included functions/logs/error_fingerprint.sql
create or replace function app_private.error_fingerprint(p_type text, p_message text) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return left(encode(sha256(convert_to(
    p_type || E'\n' || regexp_replace(
      regexp_replace(left(p_message, 500), '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '#', 'gi'),
      '[0-9]+', '#', 'g'),
    'UTF8')), 'hex'), 32);
end
$$;
comment on function app_private.error_fingerprint(text, text) is
  'The same value for errors of one type whose messages differ only in numbers and ids.';
revoke all on function app_private.error_fingerprint(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/logs/error_fingerprint.sql

alter table public.error_logs
  add column fingerprint text not null
    generated always as (app_private.error_fingerprint(error_type, error_message)) stored,
  add column occurrences integer not null default 1
    constraint error_logs_occurrences_positive check (occurrences > 0),
  add column last_seen_at timestamptz not null default now(),
  add column resolved_by uuid references public.user_profiles (id) on delete set null,
  add column resolved_at timestamptz;
create index error_logs_resolved_by_idx on public.error_logs (resolved_by) where resolved_by is not null;
-- Which unresolved entries are similar to this one?
create index error_logs_open_idx on public.error_logs (fingerprint) where not resolved;
comment on table public.error_logs is
  'Errors that were not caused by the caller. Similar unresolved errors are combined within a minute: one row, with the details of the latest.';
comment on column public.error_logs.fingerprint is
  'The same value for similar errors: type and message without numbers and ids.';
comment on column public.error_logs.occurrences is 'How often it happened.';
comment on column public.error_logs.last_seen_at is 'When it last happened.';
comment on column public.error_logs.resolved_by is
  'User who resolved it; null while it is unresolved and when the account was deleted.';
comment on column public.error_logs.resolved_at is 'When it was resolved; null until then.';
comment on column public.error_logs.created_at is 'When it first happened.';

-- Resolved only by resolve_error, which records the user and takes all similar entries.
drop policy update_staff on public.error_logs;
revoke update (resolved) on public.error_logs from staff;

--! Included functions/logs/record_errors.sql
create or replace function app_private.record_errors(p_errors jsonb) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  insert into public.error_logs (
    error_type, error_message, stack_trace, user_id, request_data, severity, occurrences,
    created_at, last_seen_at
  )
  select left(e.type, 100), left(e.message, 1000), left(e.stack, 5000), p.id, e.data,
    e.severity, e.occurrences, e.first_seen, e.last_seen
  from jsonb_to_recordset(p_errors) e (
    type text, message text, stack text, user_id uuid, data jsonb, severity text,
    occurrences integer, first_seen timestamptz, last_seen timestamptz
  )
  left join public.user_profiles p on p.id = e.user_id;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function app_private.record_errors(jsonb) is
  'Writes errors of a program: a list of objects with type, message, stack, user_id, data, severity, occurrences, first_seen, last_seen. Returns how many.';
revoke all on function app_private.record_errors(jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.record_errors(jsonb) to ombaro_worker;
--! EndIncluded functions/logs/record_errors.sql

--! Included functions/logs/group_errors.sql
create or replace function app_private.group_errors() returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  with alike as materialized (
    select e.id, e.fingerprint, e.occurrences, e.last_seen_at, e.request_data, e.stack_trace, e.user_id,
      first_value(e.id) over (partition by e.fingerprint order by e.created_at, e.id) as first_id,
      row_number() over (partition by e.fingerprint order by e.last_seen_at desc, e.id desc) as from_last
    from public.error_logs e
    where not e.resolved and e.fingerprint in (
      select o.fingerprint from public.error_logs o where not o.resolved
      group by o.fingerprint having count(*) > 1
    )
  ), kept as (
    update public.error_logs e
    set occurrences = s.occurrences, last_seen_at = l.last_seen_at, request_data = l.request_data,
      stack_trace = l.stack_trace, user_id = l.user_id
    from (
      select a.first_id, least(sum(a.occurrences), 2147483647)::integer as occurrences
      from alike a group by a.first_id
    ) s
    join alike l on l.first_id = s.first_id and l.from_last = 1
    where e.id = s.first_id and not e.resolved
    returning e.id
  ), gone as (
    delete from public.error_logs e
    using alike a join kept k on k.id = a.first_id
    where e.id = a.id and a.id <> a.first_id and not e.resolved
    returning e.id
  )
  select count(*) into v_count from gone;
  return v_count;
end
$$;
comment on function app_private.group_errors() is
  'Combines similar unresolved errors; returns how many rows were merged into others. Runs every minute.';
revoke all on function app_private.group_errors() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.group_errors() to ombaro_worker;
--! EndIncluded functions/logs/group_errors.sql

--! Included functions/logs/open_errors.sql
create or replace function public.open_errors() returns setof public.error_logs
language sql stable set search_path = '' as $$
  select e.* from public.error_logs e where not e.resolved
  order by e.last_seen_at desc, e.id
$$;
comment on function public.open_errors() is
  'Unresolved errors, latest first, as far as the reader may see errors.';
revoke all on function public.open_errors() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.open_errors() to staff;
--! EndIncluded functions/logs/open_errors.sql

--! Included functions/logs/resolve_error.sql
create or replace function public.resolve_error(error_id uuid) returns public.error_logs
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_error public.error_logs;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  perform app_private.require_permission('error_logs.update');
  select * into v_error from public.error_logs e where e.id = resolve_error.error_id for update;
  if not found then
    raise exception 'The error was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_error.resolved then
    raise exception 'This error has already been resolved. Reload the list.' using errcode = 'OB030';
  end if;
  update public.error_logs e
  set resolved = true, resolved_by = auth.uid(), resolved_at = now()
  where e.fingerprint = v_error.fingerprint and not e.resolved;
  select * into v_error from public.error_logs e where e.id = v_error.id;
  return v_error;
end
$$;
comment on function public.resolve_error(uuid) is
  'Marks an error and all similar ones as resolved. If it happens again it is a new entry. Raises OB001, OB002, OB003 (not found, or just merged into another: reload), OB030 (already resolved).';
revoke all on function public.resolve_error(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.resolve_error(uuid) to staff;
--! EndIncluded functions/logs/resolve_error.sql

--! split: 050-activity.sql
-- Pages and actions: how they are recorded, and what departments learn from them. The API collects them and
-- writes a batch per second, so that no request waits; a crash loses a second of them.

create table enums.activity_kind (value text primary key, description text not null);
select app_private.publish_list('enums.activity_kind');
comment on table enums.activity_kind is E'@enum\n@enumName ActivityKind\nWhat a front end reports of a user''s activity.';
insert into enums.activity_kind values
  ('session_start', 'The app was opened'),
  ('session_end', 'The app was closed'),
  ('page_view', 'A page was shown'),
  ('search', 'Something was searched for'),
  ('vendor_view', 'A vendor was looked at'),
  ('service_view', 'A service was looked at'),
  ('slot_view', 'Free slots were looked at'),
  ('booking_begin', 'A slot was held'),
  ('payment_begin', 'A payment was started'),
  ('booking_done', 'A booking was made'),
  ('share', 'Something was shared'),
  ('error_shown', 'The app showed an error');

--! Included functions/logs/write_activities.sql
create or replace function app_private.write_activities(p_activities jsonb) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  insert into public.user_activity_log (user_id, action, page_path, metadata, session_id, created_at)
  -- A user without a profile, or without one any more, counts as anonymous.
  select p.id, a.kind, left(a.page_path, 500), coalesce(a.metadata, '{}'), left(a.session_id, 100), a.at
  from jsonb_to_recordset(p_activities) a (
    user_id uuid, kind text, page_path text, metadata jsonb, session_id text, at timestamptz
  )
  join enums.activity_kind k on k.value = a.kind
  left join public.user_profiles p on p.id = a.user_id;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function app_private.write_activities(jsonb) is
  'Writes activities that front ends reported: a list of objects with user_id, kind, page_path, metadata, session_id, at. Returns how many.';
revoke all on function app_private.write_activities(jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.write_activities(jsonb) to ombaro_api;
--! EndIncluded functions/logs/write_activities.sql

/*
 * What a department learns. Counts of users, never identities: those need activity.read, and this does not.
 */
alter table public.role_permissions disable trigger _800_audit;
alter table public.roles disable trigger user;
insert into public.permissions (code, resource, action, name)
values ('analytics.read', 'analytics', 'read', 'See how the app is used, in numbers');
insert into public.role_permissions (role_id, permission_id)
select r.id, p.id from public.roles r cross join public.permissions p
where r.code in ('admin', 'super_admin', 'director', 'vice_president', 'marketing', 'operations', 'it')
  and p.code = 'analytics.read';
alter table public.roles enable trigger user;
alter table public.role_permissions enable trigger _800_audit;

--! Included functions/logs/check_analytics.sql
create or replace function app_private.check_analytics(p_from date, p_to date) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  perform app_private.require_permission('analytics.read');
  if p_from is null or p_to is null or p_to < p_from or p_to - p_from > 91 then
    raise exception 'Choose a period of 1 to 92 days that ends on or after its first day.'
      using errcode = 'OB020', column = 'to_day';
  end if;
end
$$;
comment on function app_private.check_analytics(date, date) is
  'Checks that the user may ask for analytics of these days. Raises OB001, OB002, OB020.';
revoke all on function app_private.check_analytics(date, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/logs/check_analytics.sql

create type public.active_people as (
  day date, people bigint, visits bigint, visitors bigint, activities bigint
);
comment on type public.active_people is 'How many people used the app on one day in India.';
comment on column public.active_people.day is 'The day.';
comment on column public.active_people.people is 'Signed-in users.';
comment on column public.active_people.visits is 'Visits of signed-in and anonymous users.';
comment on column public.active_people.visitors is 'Visits of anonymous users.';
comment on column public.active_people.activities is 'Pages that were shown and actions that were taken.';

--! Included functions/logs/active_people_by_day.sql
create or replace function public.active_people_by_day(from_day date, to_day date)
returns setof public.active_people
language plpgsql stable security definer set search_path = '' as $$
begin
  perform app_private.check_analytics(from_day, to_day);
  return query
    select d.day::date, count(distinct a.user_id), count(distinct a.session_id),
      count(distinct a.session_id) filter (where a.user_id is null), count(a.id)
    from generate_series(from_day::timestamp, to_day::timestamp, interval '1 day') d (day)
    left join public.user_activity_log a
      on a.created_at >= app_private.start_of(d.day::date)
      and a.created_at < app_private.start_of(d.day::date + 1)
    group by d.day
    order by d.day;
end
$$;
comment on function public.active_people_by_day(date, date) is
  'How many people used the app on each of these days (at most 92), in India. Raises OB001, OB002, OB020.';
revoke all on function public.active_people_by_day(date, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.active_people_by_day(date, date) to staff;
--! EndIncluded functions/logs/active_people_by_day.sql

create type public.page_use as (page_path text, views bigint, people bigint, visits bigint);
comment on type public.page_use is 'How often a page was used.';
comment on column public.page_use.page_path is 'Path of the page.';
comment on column public.page_use.views is 'How often it was shown.';
comment on column public.page_use.people is 'How many signed-in users saw it.';
comment on column public.page_use.visits is 'How many visits included it.';

--! Included functions/logs/top_pages.sql
create or replace function public.top_pages(from_day date, to_day date, most integer default 20)
returns setof public.page_use
language plpgsql stable security definer set search_path = '' as $$
begin
  perform app_private.check_analytics(from_day, to_day);
  if (most between 1 and 100) is not true then
    raise exception 'Ask for 1 to 100 pages.' using errcode = 'OB020', column = 'most';
  end if;
  return query
    select a.page_path, count(*), count(distinct a.user_id), count(distinct a.session_id)
    from public.user_activity_log a
    where a.created_at >= app_private.start_of(from_day)
      and a.created_at < app_private.start_of(to_day + 1)
      and a.action = 'page_view' and a.page_path is not null
    group by a.page_path
    order by 2 desc, 1
    limit most;
end
$$;
comment on function public.top_pages(date, date, integer) is
  'The pages that were shown most often in these days (at most 92). Raises OB001, OB002, OB020.';
revoke all on function public.top_pages(date, date, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.top_pages(date, date, integer) to staff;
--! EndIncluded functions/logs/top_pages.sql

create type public.visit_lengths as (
  day date, visits bigint, median_seconds integer, average_seconds integer, average_pages numeric
);
comment on type public.visit_lengths is 'Lengths of the visits of one day in India.';
comment on column public.visit_lengths.day is 'The day.';
comment on column public.visit_lengths.visits is 'Number of visits that day.';
comment on column public.visit_lengths.median_seconds is
  'Median length in seconds, from the first activity to the last.';
comment on column public.visit_lengths.average_seconds is 'Average length in seconds.';
comment on column public.visit_lengths.average_pages is 'Average number of pages per visit.';

--! Included functions/logs/visit_lengths_by_day.sql
create or replace function public.visit_lengths_by_day(from_day date, to_day date)
returns setof public.visit_lengths
language plpgsql stable security definer set search_path = '' as $$
begin
  perform app_private.check_analytics(from_day, to_day);
  return query
    select v.day, count(*),
      round(percentile_cont(0.5) within group (order by v.seconds))::integer,
      round(avg(v.seconds))::integer, round(avg(v.pages), 2)
    from (
      select (a.created_at at time zone 'Asia/Kolkata')::date as day,
        extract(epoch from max(a.created_at) - min(a.created_at))::double precision as seconds,
        count(*) filter (where a.action = 'page_view') as pages
      from public.user_activity_log a
      where a.created_at >= app_private.start_of(from_day)
        and a.created_at < app_private.start_of(to_day + 1)
        and a.session_id is not null
      group by 1, a.session_id
    ) v
    group by v.day
    order by v.day;
end
$$;
comment on function public.visit_lengths_by_day(date, date) is
  'Lengths of visits on each of these days (at most 92) that had any; a visit over midnight counts on both. Raises OB001, OB002, OB020.';
revoke all on function public.visit_lengths_by_day(date, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.visit_lengths_by_day(date, date) to staff;
--! EndIncluded functions/logs/visit_lengths_by_day.sql

--! Included functions/logs/steps_taken.sql
create or replace function app_private.steps_taken(p_actions text[], p_steps text[]) returns integer
language plpgsql immutable set search_path = '' as $$
declare
  v_taken integer := 0;
  v_action text;
begin
  foreach v_action in array p_actions loop
    if v_action = p_steps[v_taken + 1] then
      v_taken := v_taken + 1;
    end if;
  end loop;
  return v_taken;
end
$$;
comment on function app_private.steps_taken(text[], text[]) is
  'How many of the steps, from the first and in their order, are among the actions.';
revoke all on function app_private.steps_taken(text[], text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/logs/steps_taken.sql

create type public.funnel_step as (day date, step integer, kind text, visits bigint);
comment on type public.funnel_step is 'How many visits of one day in India reached one step.';
comment on column public.funnel_step.day is 'The day.';
comment on column public.funnel_step.step is 'Number of the step, from 1.';
comment on column public.funnel_step.kind is 'Activity of the step.';
comment on column public.funnel_step.visits is 'Visits that reached the step after all steps before it.';

--! Included functions/logs/funnel_by_day.sql
create or replace function public.funnel_by_day(
  from_day date, to_day date,
  steps text[] default '{vendor_view,slot_view,booking_begin,payment_begin,booking_done}'
)
returns setof public.funnel_step
language plpgsql stable security definer set search_path = '' as $$
begin
  perform app_private.check_analytics(from_day, to_day);
  if (cardinality(steps) between 1 and 10) is not true or exists (
    select from unnest(steps) s where not exists (select from enums.activity_kind k where k.value = s)
  ) then
    raise exception 'Steps must be 1 to 10 kinds of activity. Correct the list.'
      using errcode = 'OB020', column = 'steps';
  end if;
  return query
    with visits as (
      select (a.created_at at time zone 'Asia/Kolkata')::date as day,
        app_private.steps_taken(array_agg(a.action order by a.created_at, a.id), steps) as taken
      from public.user_activity_log a
      where a.created_at >= app_private.start_of(from_day)
        and a.created_at < app_private.start_of(to_day + 1)
        and a.action = any (steps) and a.session_id is not null
      group by 1, a.session_id
    )
    select d.day::date, s.step::integer, steps[s.step], count(v.day)
    from generate_series(from_day::timestamp, to_day::timestamp, interval '1 day') d (day)
    cross join generate_series(1, cardinality(steps)) s (step)
    left join visits v on v.day = d.day::date and v.taken >= s.step
    group by d.day, s.step
    order by d.day, s.step;
end
$$;
comment on function public.funnel_by_day(date, date, text[]) is
  'How many visits of each of these days (at most 92) reached each step, each step counted by itself, from looking at a vendor to a booking. Raises OB001, OB002, OB020.';
revoke all on function public.funnel_by_day(date, date, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.funnel_by_day(date, date, text[]) to staff;
--! EndIncluded functions/logs/funnel_by_day.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.15', 'settings-features-and-logs', '2026-11-25', 'Settings and features that are changed live, and logs of errors and activity');
