drop function if exists
  app_private.refresh_dashboards(), app_private.recount_dashboards(),
  app_private.record_figures_of_now(), app_private.record_figures(text, date[]),
  app_private.figures_of_now(), app_private.figures_of_days(text, date[]);

drop trigger if exists _500_dashboard on public.departments;
drop function if exists app_private.tg_departments__dashboard();

drop trigger if exists _600_figures on public.user_profiles;
drop trigger if exists _600_figures on public.ticket_messages;
drop trigger if exists _600_figures on public.bookings;
drop trigger if exists _600_figures on public.customers;
drop trigger if exists _600_figures on public.vendors;
drop trigger if exists _600_figures on public.support_tickets;
drop trigger if exists _600_figures on public.vendor_reviews;
drop trigger if exists _600_figures on public.reviews;
drop trigger if exists _600_figures on public.commission_records;
drop trigger if exists _600_figures on public.vendor_payouts;
drop trigger if exists _600_figures on public.refunds;
drop trigger if exists _600_figures on public.payments;
drop function if exists
  app_private.tg_user_profiles__figure_days(), app_private.tg_ticket_messages__figure_days(),
  app_private.tg_bookings__figure_days(), app_private.tg__figure_days(),
  app_private.start_of(date), app_private.day_of(timestamptz);
drop table if exists
  app_private.customer_last_bookings, app_private.figure_refreshes, app_private.figure_changes;
drop index if exists
  public.payments_payment_date_idx, public.refunds_processed_at_idx,
  public.vendor_payouts_payment_date_idx, public.customers_created_at_idx,
  public.customers_membership_tier_idx, public.support_tickets_resolved_at_idx,
  public.commission_records_unsettled_idx, public.user_sessions_last_activity_at_idx;

drop function if exists
  public.department_dashboards_widgets(public.department_dashboards),
  public.department_dashboards_figures(public.department_dashboards),
  public.department_dashboard(text);
drop table if exists
  public.department_widgets, public.department_dashboard_items, public.department_dashboards,
  public.dashboard_widgets;
drop function if exists
  app_private.tg_department_dashboard_items__fits(), app_private.my_dashboard_ids(text);

drop function if exists
  public.kpi_definitions_series(public.kpi_definitions, integer),
  public.kpi_definitions_figure(public.kpi_definitions),
  public.set_kpi_target(text, numeric, date), public.enter_kpi_value(text, date, numeric),
  app_private.require_in_unit(public.kpi_definitions, numeric), app_private.writable_kpi(text),
  app_private.update_dashboard_data(uuid),
  app_private.kpi_figure(public.kpi_definitions, date);
drop type if exists public.kpi_point;
drop table if exists
  public.dashboard_data, public.kpi_targets, public.kpi_values, public.kpi_definitions,
  app_private.computed_figures;
drop function if exists app_private.my_kpi_ids();

drop table if exists
  public.department_settings, public.department_modules, public.department_activity_logs cascade;
drop function if exists
  app_private.tg_department_settings__author(), app_private.tg_department_modules__no_cycle();

-- enter_request as migration 1 created it.
create or replace function app_private.is_staff(p_user_id uuid) returns boolean
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

drop function if exists
  public.set_department_assignment_status(uuid, text),
  public.assign_department_member(uuid, text, text, timestamptz),
  app_private.require_department_staffing(uuid, uuid, text[]);
drop table if exists public.department_user_assignments;
drop function if exists
  app_private.tg__department_activity(), app_private.tg_department_user_assignments__mirror(),
  app_private.my_department_ids(text);
grant update (head_user_id) on public.departments to staff;

alter table public.role_permissions disable trigger _800_audit;
alter table public.roles disable trigger user;
delete from public.role_permissions
where permission_id in (select p.id from public.permissions p where p.code = 'dashboards.read');
delete from public.permissions where code = 'dashboards.read';
alter table public.roles enable trigger user;
alter table public.role_permissions enable trigger _800_audit;

drop table if exists
  enums.kpi_aggregation, enums.kpi_source, enums.kpi_unit, enums.widget_type,
  enums.department_setting_type, enums.department_assignment_status,
  enums.department_assignment_type;

delete from public.schema_versions where version = '1.6';
