-- System and configuration: settings, flags, and the platform's diaries.

create table public.system_settings (
  id uuid primary key default gen_random_uuid(),
  key text not null unique constraint system_settings_key_format check (key ~ '^[a-z_]+(\.[a-z_]+)+$'),
  value jsonb not null,
  description text,
  category text not null,
  is_public boolean not null default false,
  updated_by uuid references public.user_profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint system_settings_category_is_first_part check (category = split_part(key, '.', 1))
);
alter table public.system_settings enable row level security;
create index system_settings_updated_by_idx on public.system_settings (updated_by);
create trigger _100_timestamps before insert or update on public.system_settings
  for each row execute function app_private.tg__timestamps();
comment on table public.system_settings is
  'Numbers and words by which the platform runs, changed without a release. What a booking was promised is copied onto the booking and does not change with them.';
comment on column public.system_settings.id is 'Identifies the setting.';
comment on column public.system_settings.key is
  'Name by which programs ask for it, category first, such as booking.hold_minutes.';
comment on column public.system_settings.value is
  'Number, text, truth value or object, as JSON; the description says the unit.';
comment on column public.system_settings.description is
  'What the value means and its unit; null when not said.';
comment on column public.system_settings.category is
  'First part of the key, such as booking or loyalty.';
comment on column public.system_settings.is_public is
  'Whether everybody may read it, visitors too.';
comment on column public.system_settings.updated_by is
  'Who changed it last; null when a migration or the platform did.';
comment on column public.system_settings.created_at is 'When the row was made.';
comment on column public.system_settings.updated_at is 'When the row last changed.';
create policy select_anon on public.system_settings for select to anon using (is_public);
create policy select_signed_in on public.system_settings for select to authenticated using (is_public);
create policy select_staff on public.system_settings for select to staff
  using (is_public or (select app_private.has_permission('settings.read')));
create policy update_staff on public.system_settings for update to staff
  using ((select app_private.has_permission('settings.update')))
  with check ((select app_private.has_permission('settings.update')));
grant select on public.system_settings to anon, authenticated, staff;
grant update (value, description, is_public) on public.system_settings to staff;

create function app_private.tg_system_settings__author() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  new.updated_by := auth.uid();
  return new;
end
$$;
comment on function app_private.tg_system_settings__author() is 'Records who changed a setting.';
create trigger _300_author before update on public.system_settings
  for each row execute function app_private.tg_system_settings__author();

create function app_private.setting(p_key text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_value jsonb;
begin
  select s.value into v_value from public.system_settings s where s.key = p_key;
  if not found then
    raise exception 'The setting % is missing.', p_key using errcode = 'OB099';
  end if;
  return v_value;
end
$$;
comment on function app_private.setting(text) is
  'The value of a setting; an error where there is none, never a default of its own.';

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
create trigger _100_timestamps before insert or update on public.feature_flags
  for each row execute function app_private.tg__timestamps();
comment on table public.feature_flags is 'What is switched on, for whom.';
comment on column public.feature_flags.id is 'Identifies the flag.';
comment on column public.feature_flags.name is
  'Name by which programs ask for it, such as new_checkout.';
comment on column public.feature_flags.description is 'What it switches on; null when not said.';
comment on column public.feature_flags.is_enabled is
  'Main switch: when false the feature is off for everybody.';
comment on column public.feature_flags.rollout_percentage is
  'Per cent of people who get the feature once it is enabled, 0 to 100.';
comment on column public.feature_flags.target_roles is
  'Codes of the roles that get it; null for no limit to roles.';
comment on column public.feature_flags.created_at is 'When the row was made.';
comment on column public.feature_flags.updated_at is 'When the row last changed.';
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
  created_at timestamptz not null default now()
);
alter table public.audit_logs enable row level security;
create index audit_logs_user_id_idx on public.audit_logs (user_id, created_at desc);
create index audit_logs_created_at_idx on public.audit_logs (created_at desc, id);
-- What happened to this row?
create index audit_logs_resource_idx on public.audit_logs (resource_type, resource_id, created_at desc);
comment on table public.audit_logs is
  'Who changed what in guarded tables, with old and new values. Written by triggers; no role but the owner of the database can change or remove a row.';
comment on column public.audit_logs.id is 'Identifies the entry.';
comment on column public.audit_logs.user_id is
  'Who made the change; null when the platform did or that account is gone.';
comment on column public.audit_logs.action is 'insert, update or delete.';
comment on column public.audit_logs.resource_type is
  'Table in which the row changed, such as vendors.';
comment on column public.audit_logs.resource_id is
  'Row that changed: its id, or in a table of details the id of what they describe.';
comment on column public.audit_logs.old_values is
  'Object of columns before: all for a delete, changed ones for an update; null otherwise; secrets are ***.';
comment on column public.audit_logs.new_values is
  'Object of columns after: all for an insert, changed ones for an update; null otherwise; secrets are ***.';
comment on column public.audit_logs.ip_address is
  'Network address of the request; null when not recorded.';
comment on column public.audit_logs.user_agent is
  'Browser or app of the request; null when not recorded.';
comment on column public.audit_logs.created_at is 'When the row was made.';
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
  'Columns whose values never reach the audit log: it says that they changed, not from what to what.';
insert into app_private.audit_redactions values
  ('employee_private_details', 'basic_salary'),
  ('user_bank_details', 'account_number'),
  ('user_documents', 'document_number'),
  ('user_documents', 'file_url'),
  ('user_kyc_verification', 'verification_data'),
  ('therapist_private_details', 'bank_details'),
  ('vendor_private_details', 'gst_number'),
  ('vendor_private_details', 'pan_number'),
  ('vendor_applications', 'gst_number'),
  ('vendor_applications', 'pan_number');

create function app_private.redacted(p_table text, p_row jsonb) returns jsonb
language sql stable security definer set search_path = '' as $$
  select p_row || coalesce(
    (select jsonb_object_agg(r.column_name, '***')
     from app_private.audit_redactions r
     where r.table_name = p_table and p_row -> r.column_name not in ('null'::jsonb)),
    '{}'
  )
$$;
comment on function app_private.redacted(text, jsonb) is
  'A row as the audit log may keep it: values of redacted columns replaced by ***.';

create function app_private.tg__audit() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_old jsonb;
  v_new jsonb;
  v_changed jsonb;
begin
  if tg_op <> 'INSERT' then v_old := to_jsonb(old); end if;
  if tg_op <> 'DELETE' then v_new := to_jsonb(new); end if;
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
  insert into public.audit_logs
    (user_id, action, resource_type, resource_id, old_values, new_values)
  values (
    (select p.id from public.user_profiles p where p.id = auth.uid()),
    lower(tg_op),
    tg_table_name,
    (coalesce(to_jsonb(new), to_jsonb(old)) ->> tg_argv[0])::uuid,
    app_private.redacted(tg_table_name, v_old),
    app_private.redacted(tg_table_name, v_new)
  );
  return null;
end
$$;
comment on function app_private.tg__audit() is
  'Writes the audit row of a change. Its argument names the column that identifies the row.';

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
create index error_logs_user_id_idx on public.error_logs (user_id);
create index error_logs_created_at_idx on public.error_logs (created_at desc, id);
-- The list that somebody works through.
create index error_logs_unresolved_idx on public.error_logs (created_at desc) where not resolved;
comment on table public.error_logs is 'What went wrong and was not the caller''s fault.';
comment on column public.error_logs.id is 'Identifies the error.';
comment on column public.error_logs.error_type is 'Class or code by which like errors are grouped.';
comment on column public.error_logs.error_message is 'What went wrong, for developers.';
comment on column public.error_logs.stack_trace is
  'Where in the program it happened; null when not known.';
comment on column public.error_logs.user_id is
  'Who was served when it happened; null for visitors and jobs.';
comment on column public.error_logs.request_data is
  'Object that describes the request or job, without secrets; null when not recorded.';
comment on column public.error_logs.severity is 'How bad it is.';
comment on column public.error_logs.resolved is 'Whether somebody has dealt with it.';
comment on column public.error_logs.created_at is 'When the row was made.';
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
alter table public.user_activity_log alter column user_id set (n_distinct = -1);
create index user_activity_log_user_id_idx on public.user_activity_log (user_id, created_at desc);
create index user_activity_log_created_at_idx on public.user_activity_log (created_at desc, id);
comment on table public.user_activity_log is 'Pages seen and things done, for analytics.';
comment on column public.user_activity_log.id is 'Identifies the entry.';
comment on column public.user_activity_log.user_id is
  'Who acted; null for visitors and accounts that are gone.';
comment on column public.user_activity_log.action is 'What was done, such as page_view.';
comment on column public.user_activity_log.page_path is
  'Path of the page in the app; null when the action has none.';
comment on column public.user_activity_log.metadata is
  'Object with details of the action, {} without any.';
comment on column public.user_activity_log.session_id is
  'Visit as the app names it, to group entries; null when not known.';
comment on column public.user_activity_log.created_at is 'When the row was made.';
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
alter table public.notifications alter column user_id set (n_distinct = -1);
create index notifications_user_id_idx on public.notifications (user_id, created_at desc);
-- The number on the bell.
create index notifications_unread_idx on public.notifications (user_id) where not is_read;
comment on table public.notifications is 'What the platform has to say to a person. Nobody reads another''s.';
comment on column public.notifications.id is 'Identifies the notification.';
comment on column public.notifications.user_id is 'Person to whom it is addressed.';
comment on column public.notifications.type is 'What it is about.';
comment on column public.notifications.title is 'Headline, ready to show.';
comment on column public.notifications.message is 'Text, ready to show.';
comment on column public.notifications.data is
  'Object with what the app needs to open the matter, such as ids; {} without any.';
comment on column public.notifications.channels is
  'Ways by which it goes out: in_app, push, sms, email.';
comment on column public.notifications.is_read is
  'Whether the person has read it; the person sets it.';
comment on column public.notifications.read_at is 'When it was first read; null until then.';
comment on column public.notifications.created_at is 'When the row was made.';
comment on column public.notifications.priority is 'How pressing it is.';
comment on column public.notifications.action_url is
  'Link or path to open on a tap; null when there is nothing to open.';
comment on column public.notifications.metadata is
  'Object with details of how it came about, not for display; {} without any.';
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

create function app_private.tg_notifications__read_at() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  new.read_at := case when new.is_read then coalesce(old.read_at, now()) end;
  return new;
end
$$;
comment on function app_private.tg_notifications__read_at() is
  'Records when a notification was first read.';
create trigger _300_read_at before update of is_read on public.notifications
  for each row execute function app_private.tg_notifications__read_at();

create function public.mark_all_notifications_read() returns integer
language plpgsql volatile set search_path = '' as $$
declare
  v_count integer;
begin
  if (select auth.uid()) is null then
    raise exception 'Please sign in first.' using errcode = 'OB001';
  end if;
  update public.notifications set is_read = true
  where user_id = (select auth.uid()) and not is_read;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function public.mark_all_notifications_read() is
  'Marks all notifications of the signed-in person as read and says how many there were. Raises OB001.';
grant execute on function public.mark_all_notifications_read() to authenticated, staff;
