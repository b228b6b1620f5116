--! Previous: sha1:a3af54e413d4fedf2d3eaecb8d866bb6b01fc58c
--! Hash: sha1:5d781898341f1e88d2c532cba4546117436ee135
--! Message: operations

--! split: 010-maintenance-runs.sql
-- Maintenance of the database and its history. The runs are the record of `ombaro maintain` and of the
-- workers, and decide what is due: a task without a finished run in its day, week or month. So a restart
-- neither skips nor repeats one. The workers lease a task in app_private.jobs, like every job.
-- squawk-ignore-file constraint-missing-not-valid, require-concurrent-index-creation

create table enums.maintenance_cadence (value text primary key, description text not null);
comment on table enums.maintenance_cadence is E'@enum\n@enumName MaintenanceCadence\nHow often a maintenance task runs.';
select app_private.publish_list('enums.maintenance_cadence');
insert into enums.maintenance_cadence values
  ('daily', 'Every day'), ('weekly', 'Every week, from Monday'), ('monthly', 'Every month, from the first day');

create table enums.maintenance_outcome (value text primary key, description text not null);
comment on table enums.maintenance_outcome is E'@enum\n@enumName MaintenanceOutcome\nResult of a maintenance run.';
select app_private.publish_list('enums.maintenance_outcome');
insert into enums.maintenance_outcome values
  ('done', 'Completed'), ('failed', 'Failed; the error says why'),
  ('lost', 'The process ended during the run; its progress is not known');

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('maintenance.hour', 'maintenance', '3', 'integer', 0, 23, false,
    'Hour of the day, in India, at which a day, week or month of maintenance begins'),
  ('maintenance.error_logs_months', 'maintenance', '6', 'optional_integer', 1, 1200, false,
    'Months after which resolved errors are archived to a file and deleted; null: never'),
  ('maintenance.user_activity_months', 'maintenance', '12', 'optional_integer', 1, 1200, false,
    'Months after which the activity log is archived to a file and deleted; null: never'),
  ('maintenance.deliveries_months', 'maintenance', '6', 'optional_integer', 1, 1200, false,
    'Months after which finished deliveries and their attempts are archived to a file and deleted; null: never'),
  ('maintenance.notifications_months', 'maintenance', '12', 'optional_integer', 1, 1200, false,
    'Months after being read after which notifications are archived to a file and deleted; null: never');

-- Default data is not audited, and a change of permissions does not count as a change of the role.
alter table public.role_permissions disable trigger _800_audit;
alter table public.roles disable trigger user;
insert into public.permissions (code, resource, action, name) values
  ('maintenance.read', 'maintenance', 'read', 'See maintenance runs');
insert into public.role_permissions (role_id, permission_id)
select r.id, p.id from public.roles r cross join public.permissions p
where r.code in ('it', 'admin', 'super_admin') and p.code = 'maintenance.read';
alter table public.roles enable trigger user;
alter table public.role_permissions enable trigger _800_audit;

create table public.maintenance_runs (
  id uuid primary key default gen_random_uuid(),
  task text not null constraint maintenance_runs_task_format check (task ~ '^[a-z]+(-[a-z]+)*$'),
  cadence text not null references enums.maintenance_cadence,
  started_at timestamptz not null default now(),
  finished_at timestamptz check (finished_at >= started_at),
  outcome text references enums.maintenance_outcome,
  report jsonb constraint maintenance_runs_report_is_object check (jsonb_typeof(report) = 'object'),
  error text,
  constraint maintenance_runs_finished check ((finished_at is null) = (outcome is null)),
  constraint maintenance_runs_report_when_done check ((outcome is not distinct from 'done') = (report is not null)),
  constraint maintenance_runs_error_when_failed check ((outcome is not distinct from 'failed') = (error is not null))
);
alter table public.maintenance_runs enable row level security;
-- The last run of a task, which decides whether it is due.
create index maintenance_runs_task_idx on public.maintenance_runs (task, started_at desc);
create index maintenance_runs_started_at_idx on public.maintenance_runs (started_at desc, id);
comment on table public.maintenance_runs is
  'Runs of maintenance tasks, written only by the owner of the database, who runs them.';
comment on column public.maintenance_runs.id is 'Identifies the run.';
comment on column public.maintenance_runs.task is 'Name of the task, as ombaro maintain --task takes it.';
comment on column public.maintenance_runs.cadence is 'How often the task runs.';
comment on column public.maintenance_runs.started_at is 'When it started.';
comment on column public.maintenance_runs.finished_at is
  'When it ended or was found to be aborted; null while it runs.';
comment on column public.maintenance_runs.outcome is 'Result of the run; null while it runs.';
comment on column public.maintenance_runs.report is
  'Object with the findings and actions: summary, needsAttention, figures and lists; null unless it has finished.';
comment on column public.maintenance_runs.error is 'Error of the run; null when there was none.';
comment on constraint maintenance_runs_task_format on public.maintenance_runs is
  'Task must have only small letters, with hyphens between words.';
create policy select_staff on public.maintenance_runs for select to staff
  using ((select app_private.has_permission('maintenance.read')));
-- Withheld: every write. Only the owner of the database maintains it.
grant select on public.maintenance_runs to staff;

--! Included functions/operations/maintenance_due.sql
create or replace function app_private.maintenance_due(p_tasks text[], p_cadences text[], p_retry interval)
returns table (task text, due_at timestamptz)
language sql stable security definer set search_path = '' as $$
  select t.task, greatest(
    -- The first day, week or month that begins after the last finished run, or after the database was
    -- created: no runs are due for the time before.
    (date_trunc(u.unit, (r.done_at at time zone 'Asia/Kolkata') - h.begins) + ('1 ' || u.unit)::interval + h.begins)
      at time zone 'Asia/Kolkata',
    r.failed_at + p_retry)
  from unnest(p_tasks, p_cadences) t (task, cadence)
  join (values ('daily', 'day'), ('weekly', 'week'), ('monthly', 'month')) u (cadence, unit) using (cadence)
  cross join (
    select make_interval(hours => app_private.setting('maintenance.hour')::integer)) h (begins)
  cross join lateral (
    select
      greatest(
        (select max(m.started_at) from public.maintenance_runs m where m.task = t.task and m.outcome = 'done'),
        (select min(v.applied_at) from public.schema_versions v)) as done_at,
      (select max(m.started_at) from public.maintenance_runs m
        where m.task = t.task and m.outcome is distinct from 'done') as failed_at) r
$$;
comment on function app_private.maintenance_due(text[], text[], interval) is
  'When each of these maintenance tasks is due by its recorded runs: once a day, week or month, and after a failure not before a given time has passed.';
revoke all on function app_private.maintenance_due(text[], text[], interval) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/operations/maintenance_due.sql

--! Included functions/operations/lease_maintenance.sql
create or replace function app_private.lease_maintenance(
  p_tasks text[], p_cadences text[], p_retry interval, p_lease interval
) returns table (task text, attempt integer)
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_ids uuid[];
  v_task text;
begin
  insert into app_private.jobs as j (queue, name, next_attempt_at)
  select 'maintenance', d.task, d.due_at from app_private.maintenance_due(p_tasks, p_cadences, p_retry) d
  order by d.task
  on conflict (queue, name) do update set next_attempt_at = excluded.next_attempt_at
  where j.next_attempt_at <> excluded.next_attempt_at;
  if exists (select from app_private.jobs j where j.queue = 'maintenance' and j.leased_until > now()) then
    return;
  end if;
  foreach v_task in array p_tasks loop
    v_ids := array(select app_private.lease('app_private.jobs',
      format('r.queue = ''maintenance'' and r.name = %L', v_task), 1, p_lease));
    if v_ids <> '{}' then
      return query select j.name, j.attempts from app_private.jobs j where j.id = any (v_ids);
      return;
    end if;
  end loop;
end
$$;
comment on function app_private.lease_maintenance(text[], text[], interval, interval) is
  'Leases the first of these tasks that is due, unless another is running: they run one after another, in this order.';
revoke all on function app_private.lease_maintenance(text[], text[], interval, interval) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/operations/lease_maintenance.sql

--! Included functions/operations/finish_maintenance.sql
create or replace function app_private.finish_maintenance(p_task text, p_attempt integer, p_error text) returns void
language sql volatile security definer set search_path = '' as $$
  update app_private.jobs j
  set leased_until = null, last_error = left(p_error, 1000),
    last_finished_at = case when p_error is null then now() else j.last_finished_at end
  where j.queue = 'maintenance' and j.name = p_task and j.attempts = p_attempt
$$;
comment on function app_private.finish_maintenance(text, integer, text) is
  'Ends the lease of a task and records its error, null when there was none. Its recorded runs decide when it is due again.';
revoke all on function app_private.finish_maintenance(text, integer, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/operations/finish_maintenance.sql

--! split: 020-operation-figures.sql
-- Figures of the database as a whole for `/metrics`. The API's own role can see neither the sessions of
-- others nor the tables: it only gets these sums.
--
-- Deliberately cheap: counters and the catalogue; no table is read completely and none is opened for its
-- size, so that no lock on one can hold up a scrape.

--! Included functions/operations/operation_figures.sql
create or replace function app_private.operation_figures()
returns table (figure text, label text, value double precision)
language sql stable security definer set search_path = '' as $$
  with sessions as materialized (
    select a.state, a.wait_event_type, a.xact_start
    from pg_catalog.pg_stat_activity a
    -- Without pg_monitor the sessions of other roles have neither type nor state.
    where a.datname = current_database() and a.pid <> pg_backend_pid()
      and coalesce(a.backend_type, 'client backend') = 'client backend'
  )
  select 'connections', coalesce(s.state, 'not visible'), count(*)::double precision
  from sessions s group by 2
  union all
  select 'blocked_sessions', '', count(*) from sessions s where s.wait_event_type = 'Lock'
  union all
  select 'longest_transaction_seconds', '',
    coalesce(extract(epoch from clock_timestamp() - min(s.xact_start)), 0) from sessions s
  union all
  select 'cache_hit_ratio', '', d.blks_hit::double precision / nullif(d.blks_hit + d.blks_read, 0)
  from pg_catalog.pg_stat_database d where d.datname = current_database()
  union all
  select 'deadlocks', '', d.deadlocks
  from pg_catalog.pg_stat_database d where d.datname = current_database()
  union all
  select 'size_bytes', '', pg_database_size(current_database())
  union all
  select 'live_rows', '', sum(t.n_live_tup) from pg_catalog.pg_stat_user_tables t
  union all
  select 'dead_rows', '', sum(t.n_dead_tup) from pg_catalog.pg_stat_user_tables t
  union all
  -- As of the last vacuum or analyze.
  select 'event_log_bytes', '', sum(c.relpages::bigint) * current_setting('block_size')::integer
  from pg_catalog.pg_inherits i
  join pg_catalog.pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'app_private.events'::regclass
  union all
  select 'replication_lag_bytes', coalesce(r.application_name, ''),
    case when not pg_is_in_recovery() then pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn) end
  from pg_catalog.pg_stat_replication r where r.replay_lsn is not null
  union all
  select 'replication_slot_retained_bytes', s.slot_name,
    case when not pg_is_in_recovery() then pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn) end
  from pg_catalog.pg_replication_slots s where s.restart_lsn is not null
  union all
  select 'failed_attempts_last_day', a.outcome, count(*)
  from public.notification_attempts a
  where a.began_at > now() - interval '1 day' and a.outcome in ('failed', 'dead', 'lost') group by 2
  union all
  select 'failed_maintenance_last_day', '', count(*) from public.maintenance_runs m
  where m.started_at > now() - interval '1 day' and m.outcome in ('failed', 'lost')
$$;
comment on function app_private.operation_figures() is
  'Figures of the database as a whole, for /metrics: by name, and by label where there are several of a name.';
revoke all on function app_private.operation_figures() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.operation_figures() to ombaro_api;
--! EndIncluded functions/operations/operation_figures.sql

-- Attempts of the last day, without reading all that ever existed.
create index notification_attempts_trouble_idx on public.notification_attempts (began_at)
  where outcome in ('failed', 'dead', 'lost');

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.14', 'operations', '2026-11-25', 'The history of maintenance, and figures of the database as a whole');
