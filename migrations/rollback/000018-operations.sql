-- Undoes operations: the history of maintenance is lost, and archived rows stay in their files.

drop index if exists public.notification_attempts_trouble_idx;
drop function if exists
  app_private.operation_figures(), app_private.finish_maintenance(text, integer, text),
  app_private.lease_maintenance(text[], text[], interval, interval),
  app_private.maintenance_due(text[], text[], interval);
delete from app_private.jobs where queue = 'maintenance';
drop table if exists public.maintenance_runs;
alter table public.role_permissions disable trigger _800_audit;
alter table public.roles disable trigger user;
delete from public.role_permissions
where permission_id in (select p.id from public.permissions p where p.code = 'maintenance.read');
delete from public.permissions where code = 'maintenance.read';
alter table public.roles enable trigger user;
alter table public.role_permissions enable trigger _800_audit;
delete from public.system_settings where category = 'maintenance';
drop table if exists enums.maintenance_outcome, enums.maintenance_cadence;

delete from public.schema_versions where version = '1.14';
