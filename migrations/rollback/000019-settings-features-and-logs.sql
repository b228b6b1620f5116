-- Undoes settings, features and logs: who resolved which error, and how often it happened, is lost.

-- 050-activity.sql
drop function if exists public.funnel_by_day(date, date, text[]), public.visit_lengths_by_day(date, date),
  public.top_pages(date, date, integer), public.active_people_by_day(date, date),
  app_private.steps_taken(text[], text[]), app_private.check_analytics(date, date),
  app_private.write_activities(jsonb);
drop type if exists public.funnel_step, public.visit_lengths, public.page_use, public.active_people;
alter table public.role_permissions disable trigger _800_audit;
alter table public.roles disable trigger user;
delete from public.role_permissions
where permission_id in (select p.id from public.permissions p where p.code = 'analytics.read');
delete from public.permissions where code = 'analytics.read';
alter table public.roles enable trigger user;
alter table public.role_permissions enable trigger _800_audit;
drop table if exists enums.activity_kind;

-- 040-errors.sql
drop function if exists public.resolve_error(uuid), public.open_errors(), app_private.group_errors(),
  app_private.record_errors(jsonb);
drop policy if exists update_staff on public.error_logs;
create policy update_staff on public.error_logs for update to staff
  using ((select app_private.has_permission('error_logs.update')))
  with check ((select app_private.has_permission('error_logs.update')));
grant update (resolved) on public.error_logs to staff;
alter table public.error_logs
  drop column if exists resolved_at, drop column if exists resolved_by, drop column if exists last_seen_at, drop column if exists occurrences,
  drop column if exists fingerprint;
drop function if exists app_private.error_fingerprint(text, text);
comment on table public.error_logs is 'Errors that were not caused by the caller.';
comment on column public.error_logs.created_at is 'When the row was created.';

-- 030-features.sql
drop trigger if exists _900_publish_event on public.feature_flags;
drop trigger if exists _200_validate on public.feature_flags;
drop function if exists public.enabled_features(text), app_private.my_role_codes(),
  app_private.rollout_place(text, text), app_private.tg_feature_flags__publish_event(),
  app_private.tg_feature_flags__validate();

-- 020-settings.sql
drop function if exists public.system_settings_history(public.system_settings), public.update_system_setting(text, jsonb);
drop type if exists public.setting_change;

delete from public.schema_versions where version = '1.15';
