--! Previous: sha1:c7c589237771fe2ac9850557206d01182f3a86db
--! Hash: sha1:eaea1966ae69c18564e710b50fbc1ae67f14145e
--! Message: create-departments-and-dashboard-infrastructure

--! split: 010-members.sql
-- The nine migrations of the guide are first released together, on tables without rows.
-- squawk-ignore-file require-concurrent-index-creation
-- Departments and their dashboards: who belongs to a department and in which capacity, what each department
-- has (modules, settings, an activity log), its key figures, and the dashboard that shows them.
--
-- Members of any capacity, users with a role of the department and users who may read all dashboards can
-- read. Heads and deputies can write. Figures that can be computed are computed; others are entered, with
-- author and day; none is invented.

create table enums.department_assignment_type (value text primary key, description text not null);
comment on table enums.department_assignment_type is E'@enum\n@enumName DepartmentAssignmentType\nThe capacity in which a user belongs to a department.';
insert into enums.department_assignment_type values
  ('head', 'Leads the department: enters figures, assigns members and viewers'),
  ('deputy', 'Enters figures'), ('member', 'Sees the dashboard'), ('viewer', 'Sees the dashboard');

create table enums.department_assignment_status (value text primary key, description text not null);
comment on table enums.department_assignment_status is E'@enum\n@enumName DepartmentAssignmentStatus\nWhether an assignment counts.';
insert into enums.department_assignment_status values
  ('active', 'In effect'), ('inactive', 'Ended'), ('suspended', 'Suspended');

create table enums.department_setting_type (value text primary key, description text not null);
comment on table enums.department_setting_type is E'@enum\n@enumName DepartmentSettingType\nWhat a setting of a department is about.';
insert into enums.department_setting_type values
  ('general', 'General'), ('theme', 'Appearance'), ('feature', 'Features that are switched on'),
  ('notification', 'Notifications'), ('security', 'Security');

create table enums.widget_type (value text primary key, description text not null);
comment on table enums.widget_type is E'@enum\n@enumName WidgetType\nHow a part of a dashboard is displayed.';
insert into enums.widget_type values
  ('stat', 'One figure with its change'), ('chart', 'A series over time'), ('list', 'A list'),
  ('table', 'Rows and columns'), ('calendar', 'A calendar'), ('activity', 'Recent activity'),
  ('quick_action', 'A button');

create table enums.kpi_unit (value text primary key, description text not null);
comment on table enums.kpi_unit is E'@enum\n@enumName KpiUnit\nThe unit of a key figure.';
insert into enums.kpi_unit values
  ('count', 'A number of things or people'), ('rupees', 'Rupees'), ('percent', 'Per cent, 0 to 100'),
  ('hours', 'Hours'), ('rating', 'Stars, 1 to 5');

create table enums.kpi_source (value text primary key, description text not null);
comment on table enums.kpi_source is E'@enum\n@enumName KpiSource\nWhere the values of a key figure come from.';
insert into enums.kpi_source values
  ('computed', 'Computed from the data of the platform'), ('entered', 'Entered by the department''s head or deputy');

create table enums.kpi_aggregation (value text primary key, description text not null);
comment on table enums.kpi_aggregation is E'@enum\n@enumName KpiAggregation\nHow daily values are combined into one figure.';
insert into enums.kpi_aggregation values
  ('sum', 'Added up over the period'),
  ('average', 'Averaged over the period, each day weighted by its number of cases'),
  ('total', 'Added up from the beginning'), ('latest', 'The newest value');

select app_private.publish_list(list)
from unnest(array[
  'enums.department_assignment_type', 'enums.department_assignment_status', 'enums.department_setting_type',
  'enums.widget_type', 'enums.kpi_unit', 'enums.kpi_source', 'enums.kpi_aggregation'
]::regclass[]) list;

-- Default data is not audited, here as in migration 1; and a change of permissions does not count as a change
-- of the role.
alter table public.role_permissions disable trigger _800_audit;
alter table public.roles disable trigger user;
insert into public.permissions (code, resource, action, name)
values ('dashboards.read', 'dashboards', 'read', 'See the dashboards of all departments');
insert into public.role_permissions (role_id, permission_id)
select r.id, p.id from public.roles r cross join public.permissions p
where r.code in ('admin', 'super_admin', 'director', 'vice_president') and p.code = 'dashboards.read';
alter table public.roles enable trigger user;
alter table public.role_permissions enable trigger _800_audit;

/*
 * Which user belongs to which department. Users cannot delete rows: an ended assignment stays as inactive, so
 * that the author of a figure can be understood years later.
 */
create table public.department_user_assignments (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  department_id uuid not null references public.departments (id) on delete restrict,
  role_id uuid references public.roles (id) on delete set null,
  assignment_type text not null default 'member' references enums.department_assignment_type,
  is_primary boolean not null default false,
  assigned_by uuid references public.user_profiles (id) on delete set null,
  assigned_at timestamptz not null default now(),
  valid_from timestamptz not null default now(),
  valid_until timestamptz,
  status text not null default 'active' references enums.department_assignment_status,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint department_user_assignments_valid_period check (valid_until >= valid_from),
  constraint department_user_assignments_primary_is_active check (not is_primary or status = 'active')
);
alter table public.department_user_assignments enable row level security;
-- One assignment per user and department; also the look-up of every request.
create unique index department_user_assignments_user_id_department_id_key
  on public.department_user_assignments (user_id, department_id) where status <> 'inactive';
comment on index public.department_user_assignments_user_id_department_id_key is
  'This person already belongs to the department. Change that assignment instead.';
create unique index department_user_assignments_one_head_key
  on public.department_user_assignments (department_id)
  where assignment_type = 'head' and status = 'active';
comment on index public.department_user_assignments_one_head_key is
  'A department can have only one head. End the assignment of the other head first.';
comment on constraint department_user_assignments_primary_is_active on public.department_user_assignments is
  'Only an active assignment can be the primary one. Choose another assignment.';
comment on constraint department_user_assignments_valid_period on public.department_user_assignments is
  'The end of the assignment must not be before its start.';
create unique index department_user_assignments_one_primary_key
  on public.department_user_assignments (user_id) where is_primary;
comment on index public.department_user_assignments_one_primary_key is
  'Only one assignment can be the primary one. Unmark the other assignment first.';
create index department_user_assignments_user_id_idx on public.department_user_assignments (user_id);
create index department_user_assignments_department_id_idx
  on public.department_user_assignments (department_id, assignment_type);
create index department_user_assignments_role_id_idx on public.department_user_assignments (role_id);
create index department_user_assignments_assigned_by_idx
  on public.department_user_assignments (assigned_by);
select app_private.keep_timestamps('public.department_user_assignments');
create trigger _300_one_primary before insert or update of is_primary
  on public.department_user_assignments
  for each row when (new.is_primary)
  execute function app_private.tg__one_chosen('user_id', 'is_primary');
comment on table public.department_user_assignments is
  'Which user belongs to which department, as head, deputy, member or viewer. An assignment that counts today also makes the user staff. Written only by assignDepartmentMember and setDepartmentAssignmentStatus.';
comment on column public.department_user_assignments.id is 'Identifies the assignment.';
comment on column public.department_user_assignments.user_id is 'User who is assigned.';
comment on column public.department_user_assignments.department_id is 'Department of the assignment.';
comment on column public.department_user_assignments.role_id is
  'Role of the user in the department, for display only; null when not given.';
comment on column public.department_user_assignments.assignment_type is 'Capacity in which the user belongs to the department.';
comment on column public.department_user_assignments.is_primary is
  'Whether apps open this department first. A user has at most one primary department.';
comment on column public.department_user_assignments.assigned_by is
  'User who made the assignment; null when the platform made it or the account was deleted.';
comment on column public.department_user_assignments.assigned_at is
  'When the assignment was made or its capacity last changed.';
comment on column public.department_user_assignments.valid_from is 'From when it counts.';
comment on column public.department_user_assignments.valid_until is
  'Until when it counts; null when it has no end.';
comment on column public.department_user_assignments.status is 'State of the assignment.';
comment on column public.department_user_assignments.metadata is
  'Object with imported data of a previous platform; empty when there is none.';

--! Included functions/departments/my_department_ids.sql
create or replace function app_private.my_department_ids(p_part text) returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  if (p_part = 'read' and app_private.has_permission('dashboards.read'))
    or (p_part = 'configure' and app_private.has_permission('departments.update'))
  then
    return array(select d.id from public.departments d);
  end if;
  return array(
    select a.department_id
    from public.department_user_assignments a
    where a.user_id = (select auth.uid())
      and a.status = 'active'
      and now() between a.valid_from and coalesce(a.valid_until, 'infinity')
      and case p_part
        when 'read' then true
        when 'write' then a.assignment_type in ('head', 'deputy')
        when 'configure' then a.assignment_type in ('head', 'deputy')
        when 'head' then a.assignment_type = 'head'
      end
    union
    select coalesce(ur.department_id, r.department_id)
    from public.user_roles ur
    join public.roles r on r.id = ur.role_id
    where p_part = 'read'
      and ur.user_id = (select auth.uid())
      and ur.status = 'active'
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
      and r.status = 'active'
      and coalesce(ur.department_id, r.department_id) is not null
  );
end
$$;
comment on function app_private.my_department_ids(text) is
  'Departments in which the signed-in user has this right today: read (any assignment, a role of the department, or dashboards.read), write (head, deputy), configure (head, deputy, or departments.update), head.';
revoke all on function app_private.my_department_ids(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_department_ids(text) to staff;
--! EndIncluded functions/departments/my_department_ids.sql

create policy select_own on public.department_user_assignments for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_staff on public.department_user_assignments for select to staff
  using (
    user_id = (select auth.uid())
    or department_id = any ((select app_private.my_department_ids('read'))::uuid[])
    or (select app_private.has_permission('roles.read'))
  );
create policy update_own_staff on public.department_user_assignments for update to staff
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
grant select on public.department_user_assignments to authenticated, staff;
-- Withheld: everything that gives a right.
grant update (is_primary) on public.department_user_assignments to staff;

-- departments.head_user_id is from now on a readable copy, as user_profiles.role is.
revoke update (head_user_id) on public.departments from staff;
--! Included functions/departments/tg_department_user_assignments__mirror.sql
create or replace function app_private.tg_department_user_assignments__mirror() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.departments d
  set head_user_id = h.user_id
  from public.departments o
  left join public.department_user_assignments h
    on h.department_id = o.id and h.assignment_type = 'head' and h.status = 'active'
  where o.id = d.id
    and d.id = coalesce(new.department_id, old.department_id)
    and d.head_user_id is distinct from h.user_id;
  return null;
end
$$;
comment on function app_private.tg_department_user_assignments__mirror() is
  'Keeps the readable copy departments.head_user_id in step.';
revoke all on function app_private.tg_department_user_assignments__mirror() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/departments/tg_department_user_assignments__mirror.sql
create trigger _500_mirror after insert or update or delete on public.department_user_assignments
  for each row execute function app_private.tg_department_user_assignments__mirror();

/*
 * Assigning and ending. Heads, deputies and changes to them are decided by users who may grant roles; a head
 * decides on members and viewers of the own department.
 */
--! Included functions/departments/require_department_staffing.sql
create or replace function app_private.require_department_staffing(
  p_user_id uuid, p_department_id uuid, p_types text[]
) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  if not app_private.has_permission('roles.update') and not coalesce(
    p_department_id = any (app_private.my_department_ids('head'))
    and p_types <@ array['member', 'viewer'], false)
  then
    raise exception 'As head of a department you may only assign members and viewers of your own department. Ask an administrator for anything else.'
      using errcode = 'OB002';
  end if;
  if p_user_id = (select auth.uid()) then
    raise exception 'You cannot assign yourself to a department. Ask someone else to do it.' using errcode = 'OB002';
  end if;
end
$$;
comment on function app_private.require_department_staffing(uuid, uuid, text[]) is
  'Whether the signed-in user may make and end assignments of these types for this user. Raises OB001, OB002.';
revoke all on function app_private.require_department_staffing(uuid, uuid, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/departments/require_department_staffing.sql

--! Included functions/departments/assign_department_member.sql
create or replace function public.assign_department_member(
  user_id uuid, department_code text, assignment_type text default 'member',
  valid_until timestamptz default null
) returns public.department_user_assignments
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_department_id uuid;
  v_assignment public.department_user_assignments;
begin
  select d.id into v_department_id from public.departments d
    where d.code = assign_department_member.department_code;
  select * into v_assignment from public.department_user_assignments a
    where a.user_id = assign_department_member.user_id
      and a.department_id = v_department_id and a.status <> 'inactive'
    for update;
  -- Changing a deputy to a member is an act on a deputy.
  perform app_private.require_department_staffing(
    assign_department_member.user_id, v_department_id,
    array_remove(array[assign_department_member.assignment_type, v_assignment.assignment_type], null));
  if v_department_id is null then
    raise exception 'The department % was not found. Check the code.', assign_department_member.department_code
      using errcode = 'OB003', column = 'department_code';
  end if;
  if not exists (
    select from public.user_profiles p
    where p.id = assign_department_member.user_id and p.status = 'active'
  ) then
    raise exception 'The person was not found, or their account is not active. Check the user id.'
      using errcode = 'OB003', column = 'user_id';
  end if;
  -- It would make them staff, and a customer or vendor who becomes staff no longer sees their own bookings: a
  -- head may not decide that.
  if not app_private.has_permission('roles.update')
    and not app_private.is_staff(assign_department_member.user_id)
  then
    raise exception 'This person does not work for the platform yet. Ask an administrator to assign them.'
      using errcode = 'OB002', column = 'user_id';
  end if;
  if not exists (
    select from enums.department_assignment_type t
    where t.value = assign_department_member.assignment_type
  ) then
    raise exception 'Assignment type must be head, deputy, member or viewer.'
      using errcode = 'OB020', column = 'assignment_type';
  end if;
  if assign_department_member.valid_until <= now() then
    raise exception 'The end of the assignment must be in the future. Choose a later time.'
      using errcode = 'OB020', column = 'valid_until';
  end if;
  if v_assignment.id is null then
    insert into public.department_user_assignments
      (user_id, department_id, assignment_type, valid_until, assigned_by)
    values (assign_department_member.user_id, v_department_id,
      assign_department_member.assignment_type, assign_department_member.valid_until,
      (select auth.uid()))
    returning * into v_assignment;
  else
    -- A suspension stays: assigning again does not lift it.
    update public.department_user_assignments a
    set assignment_type = assign_department_member.assignment_type,
      valid_until = assign_department_member.valid_until,
      assigned_by = (select auth.uid()),
      assigned_at = now()
    where a.id = v_assignment.id
    returning * into v_assignment;
  end if;
  return v_assignment;
end
$$;
comment on function public.assign_department_member(uuid, text, text, timestamptz) is
  'Assigns a user to a department as head, deputy, member or viewer, or changes the capacity; it makes the user staff. Needs the permission roles.update. A head can also assign members and viewers of the own department who already work for the platform. No one can assign themselves. Raises OB001, OB002, OB003, OB020, or 23505 when the department already has a head.';
revoke all on function public.assign_department_member(uuid, text, text, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.assign_department_member(uuid, text, text, timestamptz) to staff;
--! EndIncluded functions/departments/assign_department_member.sql

--! Included functions/departments/set_department_assignment_status.sql
create or replace function public.set_department_assignment_status(assignment_id uuid, status text)
returns public.department_user_assignments
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_assignment public.department_user_assignments;
begin
  select * into v_assignment from public.department_user_assignments a
    where a.id = set_department_assignment_status.assignment_id for update;
  perform app_private.require_department_staffing(
    v_assignment.user_id, v_assignment.department_id, array[v_assignment.assignment_type]);
  if v_assignment.id is null then
    raise exception 'The assignment was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_assignment.status = 'inactive' then
    raise exception 'This assignment has ended. Assign the person again.' using errcode = 'OB020';
  end if;
  if not exists (
    select from enums.department_assignment_status s
    where s.value = set_department_assignment_status.status
  ) then
    raise exception 'Status must be active, inactive or suspended.' using errcode = 'OB020', column = 'status';
  end if;
  update public.department_user_assignments a
  set status = set_department_assignment_status.status,
    is_primary = a.is_primary and set_department_assignment_status.status = 'active',
    valid_until = case when set_department_assignment_status.status = 'inactive'
      then greatest(now(), a.valid_from) else a.valid_until end
  where a.id = v_assignment.id
  returning * into v_assignment;
  return v_assignment;
end
$$;
comment on function public.set_department_assignment_status(uuid, text) is
  'Suspends an assignment, lifts the suspension, or ends it permanently (inactive). It takes effect at the user''s next request. Needs the permission roles.update. A head can also do this for members and viewers of the own department. No one can change their own assignment. Raises OB001, OB002, OB003, OB020.';
revoke all on function public.set_department_assignment_status(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.set_department_assignment_status(uuid, text) to staff;
--! EndIncluded functions/departments/set_department_assignment_status.sql

--! split: 015-door.sql
--! Included functions/identity/is_staff.sql
-- One more way to be staff: membership in a department today.
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
  ) or exists (
    select from public.department_user_assignments a
    where a.user_id = p_user_id
      and a.status = 'active'
      and now() between a.valid_from and coalesce(a.valid_until, 'infinity')
  );
end
$$;
comment on function app_private.is_staff(uuid) is
  'Whether a user works for the platform today: as an active employee, by a role that makes its holder staff, or in a department.';
revoke all on function app_private.is_staff(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/is_staff.sql

--! split: 020-modules.sql
-- What a department has: its modules, its settings, and a log of its activity.

create table public.department_activity_logs (
  id uuid primary key default gen_random_uuid(),
  department_id uuid not null references public.departments (id) on delete cascade,
  user_id uuid references public.user_profiles (id) on delete set null,
  action text not null,
  module_key text,
  resource_type text,
  resource_id uuid,
  description text,
  metadata jsonb not null default '{}',
  ip_address inet,
  user_agent text,
  created_at timestamptz not null default now()
);
alter table public.department_activity_logs enable row level security;
create index department_activity_logs_department_id_idx
  on public.department_activity_logs (department_id, created_at desc, id);
create index department_activity_logs_user_id_idx on public.department_activity_logs (user_id);
comment on table public.department_activity_logs is
  'Activity in a department, newest first, for its members. It has the names of changed fields but never values; audit logs have those. Written only by the platform.';
comment on column public.department_activity_logs.id is 'Identifies the entry.';
comment on column public.department_activity_logs.department_id is 'Department of the activity.';
comment on column public.department_activity_logs.user_id is
  'User who acted; null when the platform did or the account was deleted.';
comment on column public.department_activity_logs.action is
  'What was done: insert, update or delete, or a word of a previous platform.';
comment on column public.department_activity_logs.module_key is
  'Module of the department; null when not given.';
comment on column public.department_activity_logs.resource_type is 'Table of the row that was changed.';
comment on column public.department_activity_logs.resource_id is
  'Id of the row that was changed; for a figure, that of its definition.';
comment on column public.department_activity_logs.description is
  'The activity in words; null when action and resource are enough.';
comment on column public.department_activity_logs.metadata is
  'Object with the names of the changed columns: {"changed": ["value"]}.';
comment on column public.department_activity_logs.ip_address is
  'Network address of the request, only for entries of a previous platform; null otherwise.';
comment on column public.department_activity_logs.user_agent is
  'Browser or app, only for entries of a previous platform; null otherwise.';
comment on column public.department_activity_logs.created_at is 'When it was done.';
create policy select_staff on public.department_activity_logs for select to staff
  using (department_id = any ((select app_private.my_department_ids('read'))::uuid[]));
grant select on public.department_activity_logs to staff;

--! Included functions/departments/tg__department_activity.sql
create or replace function app_private.tg__department_activity() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_old jsonb := to_jsonb(old);
  v_new jsonb := to_jsonb(new);
  v_row jsonb := coalesce(v_new, v_old);
  v_changed jsonb := app_private.changed_columns(v_old, v_new);
begin
  if tg_op = 'UPDATE' and v_changed = '[]' then
    return null;
  end if;
  insert into public.department_activity_logs
    (department_id, user_id, action, module_key, resource_type, resource_id, metadata)
  select d.id, (select p.id from public.user_profiles p where p.id = auth.uid()), lower(tg_op),
    tg_argv[0], tg_table_name, coalesce(v_row ->> 'id', v_row ->> 'kpi_id')::uuid,
    case when tg_op = 'UPDATE' then jsonb_build_object('changed', v_changed) else '{}' end
  from public.departments d
  where d.id = coalesce((v_row ->> 'department_id')::uuid, case
    when v_row ? 'kpi_id' then
      (select k.department_id from public.kpi_definitions k where k.id = (v_row ->> 'kpi_id')::uuid)
    end);
  return null;
end
$$;
comment on function app_private.tg__department_activity() is
  'Writes the activity log of the department to which the row, or its key figure, belongs. Its argument is the module.';
revoke all on function app_private.tg__department_activity() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/departments/tg__department_activity.sql

create table public.department_modules (
  id uuid primary key default gen_random_uuid(),
  department_id uuid not null references public.departments (id) on delete cascade,
  module_key text not null constraint department_modules_key_format
    check (module_key ~ '^[a-z][a-z0-9_]*$'),
  module_name text not null check (length(trim(module_name)) between 1 and 100),
  description text,
  icon text not null default 'Folder',
  display_order integer not null default 0,
  is_enabled boolean not null default true,
  parent_module_id uuid references public.department_modules (id) on delete restrict
    constraint department_modules_not_own_parent check (parent_module_id <> id),
  required_permissions text[] not null default '{}',
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (department_id, module_key)
);
alter table public.department_modules enable row level security;
create index department_modules_parent_module_id_idx on public.department_modules (parent_module_id);

--! Included functions/departments/tg_department_modules__no_cycle.sql
-- Two users who each move one module can create a cycle that neither sees. Moves therefore happen one at a
-- time, and each reads the tree after it has the lock.
create or replace function app_private.tg_department_modules__no_cycle() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtext('department_modules tree'));
  if not exists (
    select from public.department_modules m
    where m.id = new.parent_module_id and m.department_id = new.department_id
  ) then
    raise exception 'The parent module must belong to the same department. Choose another parent module.'
      using errcode = 'OB020', column = 'parent_module_id';
  end if;
  if exists (
    with recursive ancestors (id, parent_module_id) as (
      select m.id, m.parent_module_id from public.department_modules m
      where m.id = new.parent_module_id
      union
      select m.id, m.parent_module_id from public.department_modules m
      join ancestors a on m.id = a.parent_module_id
    )
    select from ancestors where id = new.id
  ) then
    raise exception 'A module cannot be its own parent, directly or through others. Choose another parent module.'
      using errcode = 'OB020', column = 'parent_module_id';
  end if;
  return new;
end
$$;
comment on function app_private.tg_department_modules__no_cycle() is
  'Refuses a parent of another department or below the module itself, even when other modules are moved at the same time.';
revoke all on function app_private.tg_department_modules__no_cycle() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/departments/tg_department_modules__no_cycle.sql
select app_private.keep_timestamps('public.department_modules');
create trigger _200_no_cycle before insert or update of parent_module_id on public.department_modules
  for each row when (new.parent_module_id is not null)
  execute function app_private.tg_department_modules__no_cycle();
comment on table public.department_modules is
  'Parts of a department''s portal, each at the top or below another. They order a menu and give no rights.';
comment on constraint department_modules_not_own_parent on public.department_modules is
  'A module cannot be its own parent. Choose another parent module.';
comment on constraint department_modules_module_name_check on public.department_modules is
  'Module name must have 1 to 100 characters.';
comment on constraint department_modules_key_format on public.department_modules is
  'Module key must begin with a small letter and have only small letters, digits and underscores.';
comment on constraint department_modules_department_id_module_key_key on public.department_modules is
  'This department already has a module with this key. Choose another key.';
comment on column public.department_modules.id is 'Identifies the module.';
comment on column public.department_modules.department_id is 'Department of the module.';
comment on column public.department_modules.module_key is 'Short name for programs, such as dashboard.';
comment on column public.department_modules.module_name is 'Name to display.';
comment on column public.department_modules.description is 'Purpose of the module; null when the name is enough.';
comment on column public.department_modules.icon is 'Name of an icon.';
comment on column public.department_modules.display_order is 'Position among its siblings, lowest first.';
comment on column public.department_modules.is_enabled is 'Whether it is shown.';
comment on column public.department_modules.parent_module_id is
  'Module of the same department above this one; null at the top.';
comment on column public.department_modules.required_permissions is
  'Codes of permissions without which apps hide it from the menu. Access to data is checked separately.';
comment on column public.department_modules.settings is 'Object with settings of the module; empty when there are none.';
create policy select_staff on public.department_modules for select to staff
  using (department_id = any ((select app_private.my_department_ids('read'))::uuid[]));
create policy insert_staff on public.department_modules for insert to staff
  with check (department_id = any ((select app_private.my_department_ids('configure'))::uuid[]));
create policy update_staff on public.department_modules for update to staff
  using (department_id = any ((select app_private.my_department_ids('configure'))::uuid[]))
  with check (department_id = any ((select app_private.my_department_ids('configure'))::uuid[]));
create policy delete_staff on public.department_modules for delete to staff
  using (department_id = any ((select app_private.my_department_ids('configure'))::uuid[]));
grant select, delete on public.department_modules to staff;
-- Withheld: moving a module to another department.
grant insert (department_id, module_key, module_name, description, icon, display_order, is_enabled,
    parent_module_id, required_permissions, settings),
  update (module_key, module_name, description, icon, display_order, is_enabled,
    parent_module_id, required_permissions, settings)
  on public.department_modules to staff;

create table public.department_settings (
  id uuid primary key default gen_random_uuid(),
  department_id uuid not null references public.departments (id) on delete cascade,
  setting_key text not null constraint department_settings_key_format
    check (setting_key ~ '^[a-z][a-z0-9_.]*$'),
  setting_value jsonb not null,
  setting_type text not null default 'general' references enums.department_setting_type,
  description text,
  is_public boolean not null default false,
  updated_by uuid references public.user_profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (department_id, setting_key)
);
alter table public.department_settings enable row level security;
create index department_settings_updated_by_idx on public.department_settings (updated_by);
--! Included functions/departments/tg_department_settings__author.sql
create or replace function app_private.tg_department_settings__author() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  new.updated_by := auth.uid();
  return new;
end
$$;
comment on function app_private.tg_department_settings__author() is
  'Records who created or changed a setting of a department.';
revoke all on function app_private.tg_department_settings__author() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/departments/tg_department_settings__author.sql
select app_private.keep_timestamps('public.department_settings');
create trigger _300_author before insert or update on public.department_settings
  for each row execute function app_private.tg_department_settings__author();
comment on table public.department_settings is 'Settings of a department by name.';
comment on constraint department_settings_key_format on public.department_settings is
  'Setting key must begin with a small letter and have only small letters, digits, dots and underscores.';
comment on constraint department_settings_department_id_setting_key_key on public.department_settings is
  'This department already has a setting with this key. Change that setting instead.';
comment on column public.department_settings.id is 'Identifies the setting.';
comment on column public.department_settings.department_id is 'Department of the setting.';
comment on column public.department_settings.setting_key is 'Name of the setting.';
comment on column public.department_settings.setting_value is 'Value of the setting.';
comment on column public.department_settings.setting_type is 'What it is about.';
comment on column public.department_settings.description is 'What the setting does; null when not given.';
comment on column public.department_settings.is_public is
  'Whether all staff may read it, not only the department.';
comment on column public.department_settings.updated_by is
  'User who last wrote it; null when the platform did or the account was deleted.';
create policy select_staff on public.department_settings for select to staff
  using (is_public or department_id = any ((select app_private.my_department_ids('read'))::uuid[]));
create policy insert_staff on public.department_settings for insert to staff
  with check (department_id = any ((select app_private.my_department_ids('configure'))::uuid[]));
create policy update_staff on public.department_settings for update to staff
  using (department_id = any ((select app_private.my_department_ids('configure'))::uuid[]))
  with check (department_id = any ((select app_private.my_department_ids('configure'))::uuid[]));
create policy delete_staff on public.department_settings for delete to staff
  using (department_id = any ((select app_private.my_department_ids('configure'))::uuid[]));
grant select, delete on public.department_settings to staff;
grant insert (department_id, setting_key, setting_value, setting_type, description, is_public),
  update (setting_value, setting_type, description, is_public)
  on public.department_settings to staff;

--! split: 030-key-figures.sql
-- Key figures of a department. A definition says what is counted and how daily values are combined into one
-- figure; values have one row per figure and day, computed by the refresh or entered by the head or deputy;
-- targets are valid from a day on.

create table app_private.computed_figures (
  code text primary key constraint computed_figures_code_format check (code ~ '^[a-z][a-z_]*$'),
  counted_with text constraint computed_figures_counted_with_format
    check (counted_with ~ '^[a-z][a-z_]*$')
);
alter table app_private.computed_figures enable row level security;
comment on table app_private.computed_figures is
  'Figures that the refresh can compute. Figures that are counted by day name the group of rows with which they are counted; figures of the moment name none.';
comment on column app_private.computed_figures.code is 'Name that kpi_definitions.computed_from refers to.';
comment on column app_private.computed_figures.counted_with is
  'Group of figure_changes that causes a day of it to be counted again; null for figures of the moment.';

create table public.kpi_definitions (
  id uuid primary key default gen_random_uuid(),
  code text not null unique constraint kpi_definitions_code_format check (code ~ '^[a-z][a-z0-9_]*$'),
  department_id uuid not null references public.departments (id) on delete restrict,
  name text not null check (length(trim(name)) between 1 and 100),
  description text not null,
  unit text not null references enums.kpi_unit,
  source text not null references enums.kpi_source,
  computed_from text references app_private.computed_figures (code) on delete restrict,
  aggregation text not null references enums.kpi_aggregation,
  period_days integer check (period_days between 1 and 366),
  higher_is_better boolean not null default true,
  position integer not null check (position > 0),
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint kpi_definitions_computed_from_something
    check ((source = 'computed') = (computed_from is not null)),
  constraint kpi_definitions_period_where_it_counts check (case aggregation
    when 'sum' then period_days is not null
    when 'average' then true
    else period_days is null
  end)
);
alter table public.kpi_definitions enable row level security;
-- A department's figures in their order.
create index kpi_definitions_department_id_idx on public.kpi_definitions (department_id, position);
-- The refresh goes from what it computed to the definitions that show it.
create index kpi_definitions_computed_from_idx on public.kpi_definitions (computed_from);
select app_private.keep_timestamps('public.kpi_definitions');
comment on table public.kpi_definitions is
  'Key figures of the departments: what each counts, its unit and its source. Visible to users who may read the department''s dashboard.';
comment on constraint kpi_definitions_name_check on public.kpi_definitions is
  'Name must have 1 to 100 characters.';
comment on constraint kpi_definitions_position_check on public.kpi_definitions is
  'Position must be greater than 0.';
comment on constraint kpi_definitions_computed_from_something on public.kpi_definitions is
  'A computed figure needs what it is computed from, and an entered figure has none. Enter or remove it.';
comment on constraint kpi_definitions_period_where_it_counts on public.kpi_definitions is
  'A sum needs a period in days, and a latest or total value has none. Enter or remove the period.';
comment on constraint kpi_definitions_code_format on public.kpi_definitions is
  'Code must begin with a small letter and have only small letters, digits and underscores.';
comment on constraint kpi_definitions_period_days_check on public.kpi_definitions is
  'Period must be from 1 to 366 days.';
comment on constraint kpi_definitions_code_key on public.kpi_definitions is
  'A key figure already has this code. Choose another code.';
comment on column public.kpi_definitions.id is 'Identifies the key figure.';
comment on column public.kpi_definitions.code is
  'Fixed name for programs and for enterKpiValue.';
comment on column public.kpi_definitions.department_id is 'Department that the figure measures.';
comment on column public.kpi_definitions.name is 'Name to display.';
comment on column public.kpi_definitions.description is 'What exactly is counted.';
comment on column public.kpi_definitions.unit is 'Unit of the figure.';
comment on column public.kpi_definitions.source is 'Whether it is computed or entered.';
comment on column public.kpi_definitions.computed_from is
  'Name of the computation; null where the figure is entered.';
comment on column public.kpi_definitions.aggregation is 'How daily values are combined into the figure.';
comment on column public.kpi_definitions.period_days is
  'Days up to today that a sum or average covers; null for all days.';
comment on column public.kpi_definitions.higher_is_better is 'Whether an increase is good, for colours.';
comment on column public.kpi_definitions.position is
  'Position among the department''s figures, from 1. The first four are in the first row.';
comment on column public.kpi_definitions.is_active is 'Whether it is shown and computed.';
create policy select_staff on public.kpi_definitions for select to staff
  using (department_id = any ((select app_private.my_department_ids('read'))::uuid[]));
create policy update_staff on public.kpi_definitions for update to staff
  using (department_id = any ((select app_private.my_department_ids('configure'))::uuid[]))
  with check (department_id = any ((select app_private.my_department_ids('configure'))::uuid[]));
grant select on public.kpi_definitions to staff;
-- New figures are entered; how one is computed only a migration can say.
create policy insert_staff on public.kpi_definitions for insert to staff
  with check (department_id = any ((select app_private.my_department_ids('configure'))::uuid[]) and source = 'entered');
grant insert (code, department_id, name, description, unit, source, aggregation, period_days, higher_is_better, position,
  is_active) on public.kpi_definitions to staff;
-- Withheld: what is counted and how, because that would change the meaning of existing values.
grant update (name, description, higher_is_better, position, is_active)
  on public.kpi_definitions to staff;

--! Included functions/dashboards/my_kpi_ids.sql
create or replace function app_private.my_kpi_ids() returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array(
    select k.id from public.kpi_definitions k
    where k.department_id = any (app_private.my_department_ids('read'))
  )
$$;
comment on function app_private.my_kpi_ids() is
  'Key figures of the departments whose dashboards the signed-in user may read.';
revoke all on function app_private.my_kpi_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_kpi_ids() to staff;
--! EndIncluded functions/dashboards/my_kpi_ids.sql

create table public.kpi_values (
  kpi_id uuid not null references public.kpi_definitions (id) on delete cascade,
  day date not null,
  value numeric not null,
  weight numeric not null default 1 constraint kpi_values_weight_positive check (weight > 0),
  entered_by uuid references public.user_profiles (id) on delete restrict,
  entered_at timestamptz,
  primary key (kpi_id, day),
  constraint kpi_values_entered_with_time check ((entered_by is null) = (entered_at is null))
);
alter table public.kpi_values enable row level security;
select app_private.limit_numbers('public.kpi_values', '{"value": "figure", "weight": "weight"}');
create index kpi_values_entered_by_idx on public.kpi_values (entered_by) where entered_by is not null;
comment on table public.kpi_values is
  'Values of key figures, one row per figure and day. Computed values are written only by the refresh, the others by enterKpiValue with their author.';
comment on column public.kpi_values.kpi_id is 'Key figure of the value.';
comment on column public.kpi_values.day is 'The day in India that it is about.';
comment on column public.kpi_values.value is 'Its value on that day, in the unit of the key figure.';
comment on column public.kpi_values.weight is
  'Number of cases that the value averages, such as ratings; 1 where it is no average.';
comment on column public.kpi_values.entered_by is 'User who entered it; null where it was computed.';
comment on column public.kpi_values.entered_at is 'When it was entered; null where it was computed.';
create policy select_staff on public.kpi_values for select to staff
  using (kpi_id = any ((select app_private.my_kpi_ids())::uuid[]));
grant select on public.kpi_values to staff;

create table public.kpi_targets (
  kpi_id uuid not null references public.kpi_definitions (id) on delete cascade,
  valid_from date not null,
  target numeric not null,
  set_by uuid references public.user_profiles (id) on delete set null,
  set_at timestamptz not null default now(),
  primary key (kpi_id, valid_from)
);
alter table public.kpi_targets enable row level security;
select app_private.limit_numbers('public.kpi_targets', '{"target": "figure"}');
create index kpi_targets_set_by_idx on public.kpi_targets (set_by);
comment on table public.kpi_targets is
  'Targets of key figures, each valid from a day until the next target. Written only by setKpiTarget.';
comment on column public.kpi_targets.kpi_id is 'Key figure of the target.';
comment on column public.kpi_targets.valid_from is 'First day in India on which it counts.';
comment on column public.kpi_targets.target is 'Target value, in the unit of the figure.';
comment on column public.kpi_targets.set_by is 'User who set it; null when the account was deleted.';
comment on column public.kpi_targets.set_at is 'When it was set.';
create policy select_staff on public.kpi_targets for select to staff
  using (kpi_id = any ((select app_private.my_kpi_ids())::uuid[]));
grant select on public.kpi_targets to staff;

/*
 * The last computed values, so that a dashboard reads one row per figure.
 */
create table public.dashboard_data (
  kpi_id uuid primary key references public.kpi_definitions (id) on delete cascade,
  value numeric,
  previous_value numeric,
  change_percentage numeric generated always as
    (round(100 * (value - previous_value) / abs(nullif(previous_value, 0)), 1)) stored,
  target numeric,
  refreshed_at timestamptz not null
);
alter table public.dashboard_data enable row level security;
select app_private.limit_numbers('public.dashboard_data', '{
  "value": "figure_sum", "previous_value": "figure_sum", "change_percentage": "change",
  "target": "figure"
}');
comment on table public.dashboard_data is
  'The current value of each key figure for the dashboards. Refreshed every minute and when a value is entered.';
comment on column public.dashboard_data.kpi_id is 'Key figure of the row.';
comment on column public.dashboard_data.value is
  'The figure up to today, in its unit; null where nothing was entered or there was nothing to average.';
comment on column public.dashboard_data.previous_value is
  'The same figure one period earlier: the preceding days for a sum or average, otherwise 30 days ago.';
comment on column public.dashboard_data.change_percentage is
  'Change from the previous value in per cent; null when there is none or it was 0.';
comment on column public.dashboard_data.target is 'The target that is valid today; null when there is none.';
comment on column public.dashboard_data.refreshed_at is 'When the row was last computed.';
create policy select_staff on public.dashboard_data for select to staff
  using (kpi_id = any ((select app_private.my_kpi_ids())::uuid[]));
grant select on public.dashboard_data to staff;

--! Included functions/dashboards/kpi_figure.sql
create or replace function app_private.kpi_figure(p_kpi public.kpi_definitions, p_day date) returns numeric
language sql stable set search_path = '' as $$
  select round(case p_kpi.aggregation
    when 'latest' then (
      select v.value from public.kpi_values v
      where v.kpi_id = p_kpi.id and v.day <= p_day
      order by v.day desc
      limit 1
    )
    when 'average' then sum(v.value * v.weight) / sum(v.weight)
    -- A day without events is 0 where rows are counted, and unknown where a value must be entered.
    else coalesce(sum(v.value), case p_kpi.source when 'computed' then 0 end)
  end, 2)
  from public.kpi_values v
  where v.kpi_id = p_kpi.id
    and p_kpi.aggregation <> 'latest'
    and v.day <= p_day
    and v.day > coalesce(p_day - p_kpi.period_days, '-infinity')
$$;
comment on function app_private.kpi_figure(public.kpi_definitions, date) is
  'A key figure at the end of a day, rounded to two places; null where it is not known.';
revoke all on function app_private.kpi_figure(public.kpi_definitions, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/kpi_figure.sql

--! Included functions/dashboards/update_dashboard_data.sql
create or replace function app_private.update_dashboard_data(p_kpi_id uuid default null) returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.dashboard_data (kpi_id, value, previous_value, target, refreshed_at)
  select k.id,
    app_private.kpi_figure(k, app_private.today()),
    app_private.kpi_figure(k, app_private.today() - coalesce(k.period_days, 30)),
    (
      select t.target from public.kpi_targets t
      where t.kpi_id = k.id and t.valid_from <= app_private.today()
      order by t.valid_from desc
      limit 1
    ),
    now()
  from public.kpi_definitions k
  where k.is_active and (p_kpi_id is null or k.id = p_kpi_id)
  order by k.id
  on conflict (kpi_id) do update
  set value = excluded.value, previous_value = excluded.previous_value, target = excluded.target,
    refreshed_at = excluded.refreshed_at
$$;
comment on function app_private.update_dashboard_data(uuid) is
  'Updates dashboard_data from the daily values, for one key figure or for all. Its work is bounded: it reads the rows of the displayed periods, a few thousand.';
revoke all on function app_private.update_dashboard_data(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/update_dashboard_data.sql

/*
 * Entered values.
 */
--! Included functions/dashboards/writable_kpi.sql
create or replace function app_private.writable_kpi(p_code text) returns public.kpi_definitions
language plpgsql stable security definer set search_path = '' as $$
declare
  v_kpi public.kpi_definitions;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_kpi from public.kpi_definitions k
    where k.code = p_code and k.department_id = any (app_private.my_department_ids('write'));
  if not found then
    raise exception 'Only the head or deputy of a department may enter its figures, and you lead no department with the figure "%". Check the code.',
      p_code
      using errcode = 'OB002', column = 'kpi_code';
  end if;
  return v_kpi;
end
$$;
comment on function app_private.writable_kpi(text) is
  'The key figure with this code, of a department in which the signed-in user is head or deputy. Raises OB001, OB002 (also where there is no such figure, so that others do not learn which figures exist).';
revoke all on function app_private.writable_kpi(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/writable_kpi.sql

--! Included functions/dashboards/require_in_unit.sql
create or replace function app_private.require_in_unit(p_kpi public.kpi_definitions, p_value numeric) returns void
language plpgsql immutable set search_path = '' as $$
begin
  -- A limit for all units keeps sums and charts finite: numeric has NaN and infinity.
  if p_value is null or p_value in ('NaN', 'Infinity', '-Infinity') or abs(p_value) >= 1e15
    or (case p_kpi.unit
      when 'percent' then p_value not between 0 and 100
      when 'rating' then p_value not between 1 and 5
      when 'rupees' then false
      else p_value < 0
    end)
  then
    raise exception 'The figure must be %.', case p_kpi.unit
        when 'percent' then 'a percentage from 0 to 100'
        when 'rating' then 'a rating from 1 to 5'
        when 'rupees' then 'an amount in rupees of less than 16 digits'
        else 'a number of at least 0 and less than 16 digits'
      end
      using errcode = 'OB020';
  end if;
end
$$;
comment on function app_private.require_in_unit(public.kpi_definitions, numeric) is
  'Raises OB020 for a value that is not allowed in the unit of a key figure.';
revoke all on function app_private.require_in_unit(public.kpi_definitions, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/require_in_unit.sql

--! Included functions/dashboards/enter_kpi_value.sql
create or replace function public.enter_kpi_value(kpi_code text, day date, value numeric)
returns public.kpi_values
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_kpi public.kpi_definitions := app_private.writable_kpi(enter_kpi_value.kpi_code);
  v_value public.kpi_values;
begin
  if v_kpi.source = 'computed' then
    raise exception 'This figure is computed and cannot be entered. Choose another figure.'
      using errcode = 'OB050', column = 'kpi_code';
  end if;
  if enter_kpi_value.day is null or enter_kpi_value.day < '2000-01-01' then
    raise exception 'Day is required. Enter the day of the figure.' using errcode = 'OB020', column = 'day';
  end if;
  if enter_kpi_value.day > app_private.today() then
    raise exception 'Day must not be in the future. Set a target for a day to come.'
      using errcode = 'OB051', column = 'day';
  end if;
  perform app_private.require_in_unit(v_kpi, enter_kpi_value.value);
  insert into public.kpi_values (kpi_id, day, value, entered_by, entered_at)
  values (v_kpi.id, enter_kpi_value.day, enter_kpi_value.value, (select auth.uid()), now())
  on conflict on constraint kpi_values_pkey do update
  set value = excluded.value, entered_by = excluded.entered_by, entered_at = excluded.entered_at
  returning * into v_value;
  perform app_private.update_dashboard_data(v_kpi.id);
  return v_value;
end
$$;
comment on function public.enter_kpi_value(text, date, numeric) is
  'Enters or corrects a key figure for a day, with the signed-in head or deputy as its author. The dashboard shows it at once. Raises OB001, OB002, OB020 (no day, or out of the range of the unit), OB050 (the figure is computed), OB051 (day in the future).';
revoke all on function public.enter_kpi_value(text, date, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.enter_kpi_value(text, date, numeric) to staff;
--! EndIncluded functions/dashboards/enter_kpi_value.sql

--! Included functions/dashboards/set_kpi_target.sql
create or replace function public.set_kpi_target(kpi_code text, target numeric, valid_from date default null)
returns public.kpi_targets
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_kpi public.kpi_definitions := app_private.writable_kpi(set_kpi_target.kpi_code);
  v_from date := coalesce(set_kpi_target.valid_from, app_private.today());
  v_target public.kpi_targets;
begin
  perform app_private.require_in_unit(v_kpi, set_kpi_target.target);
  if v_from < app_private.today() then
    raise exception 'A target must start today or later. Choose a later day.'
      using errcode = 'OB020', column = 'valid_from';
  end if;
  insert into public.kpi_targets (kpi_id, valid_from, target, set_by)
  values (v_kpi.id, v_from, set_kpi_target.target, (select auth.uid()))
  on conflict on constraint kpi_targets_pkey do update
  set target = excluded.target, set_by = excluded.set_by, set_at = now()
  returning * into v_target;
  perform app_private.update_dashboard_data(v_kpi.id);
  return v_target;
end
$$;
comment on function public.set_kpi_target(text, numeric, date) is
  'Sets the target of a key figure, computed or entered, from a day on (default: today). For the department''s head and deputy. Raises OB001, OB002, OB020.';
revoke all on function public.set_kpi_target(text, numeric, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.set_kpi_target(text, numeric, date) to staff;
--! EndIncluded functions/dashboards/set_kpi_target.sql

/*
 * Reading the figure and the series of a definition, with the rights of the caller.
 */
create type public.kpi_point as (day date, value numeric);
comment on type public.kpi_point is 'Value of a key figure on one day, for charts.';
comment on column public.kpi_point.day is 'The day in India.';
comment on column public.kpi_point.value is
  'For sums and averages the value of that day alone; for totals and latest values the value at the end of that day. Null where unknown.';

--! Included functions/dashboards/kpi_definitions_figure.sql
create or replace function public.kpi_definitions_figure(kpi public.kpi_definitions) returns public.dashboard_data
language sql stable set search_path = '' as $$
  select d.* from public.dashboard_data d where d.kpi_id = kpi.id
$$;
comment on function public.kpi_definitions_figure(public.kpi_definitions) is
  'The current figure with the previous one, the change and the target; null before the first refresh.';
revoke all on function public.kpi_definitions_figure(public.kpi_definitions) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.kpi_definitions_figure(public.kpi_definitions) to staff;
--! EndIncluded functions/dashboards/kpi_definitions_figure.sql

--! Included functions/dashboards/kpi_definitions_series.sql
-- An array and not a set: a chart needs all of it, and pages of sets are shorter.
create or replace function public.kpi_definitions_series(kpi public.kpi_definitions, days integer default 30)
returns public.kpi_point[]
language sql stable set search_path = '' as $$
  with days (day) as (
    -- app_private.today(), which readers may not call.
    select (now() at time zone 'Asia/Kolkata')::date - n
    from generate_series(0, least(greatest(kpi_definitions_series.days, 1), 366) - 1) n
  ), points (day, value) as (
    select d.day, round(case
      when kpi.aggregation = 'total' then
        coalesce((
          select sum(b.value) from public.kpi_values b
          where b.kpi_id = kpi.id and b.day < (select min(e.day) from days e)
        ), 0) + sum(coalesce(v.value, 0)) over (order by d.day)
      when kpi.aggregation = 'latest' then (
        select l.value from public.kpi_values l
        where l.kpi_id = kpi.id and l.day <= d.day
        order by l.day desc
        limit 1
      )
      when kpi.aggregation = 'sum' and kpi.source = 'computed' then coalesce(v.value, 0)
      else v.value
    end, 2)
    from days d
    left join public.kpi_values v on v.kpi_id = kpi.id and v.day = d.day
  )
  select array_agg((p.day, p.value)::public.kpi_point order by p.day) from points p
$$;
comment on function public.kpi_definitions_series(public.kpi_definitions, integer) is
  'The figure day by day up to today, oldest first: 30 days by default, at most 366.';
revoke all on function public.kpi_definitions_series(public.kpi_definitions, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.kpi_definitions_series(public.kpi_definitions, integer) to staff;
--! EndIncluded functions/dashboards/kpi_definitions_series.sql

--! split: 040-dashboards.sql
-- Dashboards: the possible widgets, and the items of each department's dashboard in their order. The figures
-- themselves are key figures.

create table public.dashboard_widgets (
  id uuid primary key default gen_random_uuid(),
  widget_key text not null unique constraint dashboard_widgets_key_format
    check (widget_key ~ '^[a-z][a-z_]*$'),
  widget_type text not null references enums.widget_type,
  title text not null,
  description text not null,
  shows_kpi boolean not null,
  configuration jsonb not null default '{}',
  created_at timestamptz not null default now()
);
alter table public.dashboard_widgets enable row level security;
select app_private.keep_timestamps('public.dashboard_widgets');
comment on table public.dashboard_widgets is
  'Parts of which a dashboard can be made. The platform defines them, because apps must know how to display them.';
comment on constraint dashboard_widgets_key_format on public.dashboard_widgets is
  'Widget key must have only small letters, with underscores between words.';
comment on column public.dashboard_widgets.id is 'Identifies the widget.';
comment on column public.dashboard_widgets.widget_key is 'Short name for programs, such as figure.';
comment on column public.dashboard_widgets.widget_type is 'How the widget is displayed.';
comment on column public.dashboard_widgets.title is 'Title to display where the dashboard gives none.';
comment on column public.dashboard_widgets.description is 'What it shows.';
comment on column public.dashboard_widgets.shows_kpi is 'Whether it shows a key figure, which must then be named.';
comment on column public.dashboard_widgets.configuration is
  'Object with display options that the dashboard can override, such as {"days": 30}.';
create policy select_staff on public.dashboard_widgets for select to staff using (true);
create policy update_staff on public.dashboard_widgets for update to staff
  using ((select app_private.has_permission('departments.update')))
  with check ((select app_private.has_permission('departments.update')));
grant select on public.dashboard_widgets to staff;
-- Withheld: new ones, and what they are, because apps must know how to display them.
grant update (title, description, configuration) on public.dashboard_widgets to staff;

create table public.department_dashboards (
  id uuid primary key default gen_random_uuid(),
  department_id uuid not null unique references public.departments (id) on delete cascade,
  title text not null check (length(trim(title)) between 1 and 100),
  description text,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.department_dashboards enable row level security;
select app_private.keep_timestamps('public.department_dashboards');
comment on table public.department_dashboards is 'The dashboard of each department, one per department.';
comment on constraint department_dashboards_title_check on public.department_dashboards is
  'Title must have 1 to 100 characters.';
comment on constraint department_dashboards_department_id_key on public.department_dashboards is
  'This department already has a dashboard. Change that dashboard instead.';
comment on column public.department_dashboards.id is 'Identifies the dashboard.';
comment on column public.department_dashboards.department_id is 'Department of the dashboard.';
comment on column public.department_dashboards.title is 'Title to display.';
comment on column public.department_dashboards.description is 'Subtitle; null when there is none.';
comment on column public.department_dashboards.is_active is 'Whether it is offered.';
create policy select_staff on public.department_dashboards for select to staff
  using (department_id = any ((select app_private.my_department_ids('read'))::uuid[]));
create policy update_staff on public.department_dashboards for update to staff
  using (department_id = any ((select app_private.my_department_ids('configure'))::uuid[]))
  with check (department_id = any ((select app_private.my_department_ids('configure'))::uuid[]));
grant select on public.department_dashboards to staff;
grant update (title, description, is_active) on public.department_dashboards to staff;

--! Included functions/departments/tg_departments__dashboard.sql
create or replace function app_private.tg_departments__dashboard() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.department_dashboards (department_id, title, description)
  values (new.id, new.name, new.description);
  return null;
end
$$;
comment on function app_private.tg_departments__dashboard() is
  'Gives a new department an empty dashboard, which its head and administrators fill.';
revoke all on function app_private.tg_departments__dashboard() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/departments/tg_departments__dashboard.sql
create trigger _500_dashboard after insert on public.departments
  for each row execute function app_private.tg_departments__dashboard();

--! Included functions/dashboards/my_dashboard_ids.sql
create or replace function app_private.my_dashboard_ids(p_part text) returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array(
    select d.id from public.department_dashboards d
    where d.department_id = any (app_private.my_department_ids(p_part))
  )
$$;
comment on function app_private.my_dashboard_ids(text) is
  'Dashboards of the departments in which the signed-in user has this right: read or configure.';
revoke all on function app_private.my_dashboard_ids(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_dashboard_ids(text) to staff;
--! EndIncluded functions/dashboards/my_dashboard_ids.sql

create table public.department_dashboard_items (
  id uuid primary key default gen_random_uuid(),
  dashboard_id uuid not null references public.department_dashboards (id) on delete cascade,
  widget_id uuid not null references public.dashboard_widgets (id) on delete restrict,
  kpi_id uuid references public.kpi_definitions (id) on delete cascade,
  position integer not null check (position > 0),
  width integer not null default 1 constraint department_dashboard_items_width_range
    check (width between 1 and 4),
  title text,
  configuration jsonb not null default '{}',
  is_visible boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.department_dashboard_items enable row level security;
create index department_dashboard_items_dashboard_id_idx
  on public.department_dashboard_items (dashboard_id, position);
create index department_dashboard_items_widget_id_idx on public.department_dashboard_items (widget_id);
create index department_dashboard_items_kpi_id_idx on public.department_dashboard_items (kpi_id);
--! Included functions/dashboards/tg_department_dashboard_items__fits.sql
create or replace function app_private.tg_department_dashboard_items__fits() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if (select w.shows_kpi from public.dashboard_widgets w where w.id = new.widget_id)
    <> (new.kpi_id is not null)
  then
    raise exception 'Choose a key figure for a widget that shows one, and none for any other widget.'
      using errcode = 'OB020', column = 'kpi_id';
  end if;
  if new.kpi_id is not null and not exists (
    select from public.kpi_definitions k
    join public.department_dashboards d on d.department_id = k.department_id
    where k.id = new.kpi_id and d.id = new.dashboard_id
  ) then
    raise exception 'This key figure belongs to another department. Choose one of the department of the dashboard.'
      using errcode = 'OB020', column = 'kpi_id';
  end if;
  return new;
end
$$;
comment on function app_private.tg_department_dashboard_items__fits() is
  'Refuses a widget without its key figure, and key figures of other departments.';
revoke all on function app_private.tg_department_dashboard_items__fits() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/tg_department_dashboard_items__fits.sql
select app_private.keep_timestamps('public.department_dashboard_items');
create trigger _200_fits before insert or update on public.department_dashboard_items
  for each row execute function app_private.tg_department_dashboard_items__fits();
comment on table public.department_dashboard_items is
  'Items on a department''s dashboard, ordered by position. Heads and deputies arrange them; each user can arrange an own view with department widgets.';
comment on constraint department_dashboard_items_width_range on public.department_dashboard_items is
  'Width must be from 1 to 4.';
comment on constraint department_dashboard_items_position_check on public.department_dashboard_items is
  'Position must be greater than 0.';
comment on column public.department_dashboard_items.id is 'Identifies the item.';
comment on column public.department_dashboard_items.dashboard_id is 'Dashboard of the item.';
comment on column public.department_dashboard_items.widget_id is 'Widget of the item.';
comment on column public.department_dashboard_items.kpi_id is
  'Key figure that the item shows; null for widgets that show none.';
comment on column public.department_dashboard_items.position is 'Position in the order, from 1.';
comment on column public.department_dashboard_items.width is 'Width in quarters of a row, 1 to 4.';
comment on column public.department_dashboard_items.title is
  'Title to display; null for the title of the key figure or widget.';
comment on column public.department_dashboard_items.configuration is
  'Object with display options, which override those of the widget.';
comment on column public.department_dashboard_items.is_visible is 'Whether it is shown.';
create policy select_staff on public.department_dashboard_items for select to staff
  using (dashboard_id = any ((select app_private.my_dashboard_ids('read'))::uuid[]));
create policy insert_staff on public.department_dashboard_items for insert to staff
  with check (dashboard_id = any ((select app_private.my_dashboard_ids('configure'))::uuid[]));
create policy update_staff on public.department_dashboard_items for update to staff
  using (dashboard_id = any ((select app_private.my_dashboard_ids('configure'))::uuid[]))
  with check (dashboard_id = any ((select app_private.my_dashboard_ids('configure'))::uuid[]));
create policy delete_staff on public.department_dashboard_items for delete to staff
  using (dashboard_id = any ((select app_private.my_dashboard_ids('configure'))::uuid[]));
grant select, delete on public.department_dashboard_items to staff;
grant insert (dashboard_id, widget_id, kpi_id, position, width, title, configuration, is_visible),
  update (widget_id, kpi_id, position, width, title, configuration, is_visible)
  on public.department_dashboard_items to staff;

create table public.department_widgets (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references public.user_profiles (id) on delete cascade,
  department_id uuid not null references public.departments (id) on delete cascade,
  widget_type text not null references enums.widget_type,
  widget_key text not null,
  title text not null,
  configuration jsonb not null default '{}',
  position jsonb not null default '{"x": 0, "y": 0, "width": 1, "height": 1}',
  is_visible boolean not null default true,
  display_order integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (user_id, department_id, widget_key)
);
alter table public.department_widgets enable row level security;
create index department_widgets_department_id_idx on public.department_widgets (department_id);
select app_private.keep_timestamps('public.department_widgets');
comment on table public.department_widgets is
  'A user''s own arrangement of a department''s dashboard. It shows nothing that the user cannot read anyway.';
comment on constraint department_widgets_user_id_department_id_widget_key_key on public.department_widgets is
  'This widget is already on the dashboard. Change that widget instead.';
comment on column public.department_widgets.id is 'Identifies the widget.';
comment on column public.department_widgets.user_id is 'User who owns the view.';
comment on column public.department_widgets.department_id is 'Department of the dashboard.';
comment on column public.department_widgets.widget_type is 'How the widget is displayed.';
comment on column public.department_widgets.widget_key is
  'What it shows: the key of a widget or the code of a key figure.';
comment on column public.department_widgets.title is 'Title to display.';
comment on column public.department_widgets.configuration is 'Object with display options.';
comment on column public.department_widgets.position is
  'Object with x, y, width and height, in cells of the grid.';
comment on column public.department_widgets.is_visible is 'Whether it is shown.';
comment on column public.department_widgets.display_order is 'Position in the order where there is no grid.';
create policy select_own_staff on public.department_widgets for select to staff
  using (user_id = (select auth.uid()));
create policy insert_own_staff on public.department_widgets for insert to staff
  with check (
    user_id = (select auth.uid())
    and department_id = any ((select app_private.my_department_ids('read'))::uuid[])
  );
create policy update_own_staff on public.department_widgets for update to staff
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy delete_own_staff on public.department_widgets for delete to staff
  using (user_id = (select auth.uid()));
grant select, delete on public.department_widgets to staff;
grant insert (department_id, widget_type, widget_key, title, configuration, position, is_visible,
    display_order),
  update (widget_type, title, configuration, position, is_visible, display_order)
  on public.department_widgets to staff;

/*
 * A whole dashboard in one query.
 */
--! Included functions/dashboards/department_dashboard.sql
create or replace function public.department_dashboard(code text) returns public.department_dashboards
language plpgsql stable security definer set search_path = '' as $$
declare
  v_dashboard public.department_dashboards;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select b.* into v_dashboard
    from public.department_dashboards b
    join public.departments d on d.id = b.department_id
    where d.code = department_dashboard.code;
  if not coalesce(v_dashboard.department_id = any (app_private.my_department_ids('read')), false)
    and (v_dashboard.id is not null or not app_private.has_permission('dashboards.read'))
  then
    raise exception 'You do not belong to this department. Open the dashboard of your own department.'
      using errcode = 'OB002';
  end if;
  if v_dashboard.id is null then
    raise exception 'The department % was not found. Check the code.', department_dashboard.code
      using errcode = 'OB003', column = 'code';
  end if;
  return v_dashboard;
end
$$;
comment on function public.department_dashboard(text) is
  'The dashboard of a department, with its figures, their series and its widgets, in one query. For members of the department, users with a role of the department, and users who may read all dashboards. Raises OB001, OB002, OB003 (no such department, for users who may read all).';
revoke all on function public.department_dashboard(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.department_dashboard(text) to authenticated, staff;
--! EndIncluded functions/dashboards/department_dashboard.sql

--! Included functions/dashboards/department_dashboards_figures.sql
create or replace function public.department_dashboards_figures(dashboard public.department_dashboards)
returns setof public.kpi_definitions
language sql stable set search_path = '' as $$
  select k.* from public.kpi_definitions k
  where k.department_id = dashboard.department_id and k.is_active
  order by k.position, k.code
$$;
comment on function public.department_dashboards_figures(public.department_dashboards) is
  'The key figures of the dashboard in their order. The first four are its first row.';
revoke all on function public.department_dashboards_figures(public.department_dashboards) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.department_dashboards_figures(public.department_dashboards) to staff;
--! EndIncluded functions/dashboards/department_dashboards_figures.sql

--! Included functions/dashboards/department_dashboards_widgets.sql
create or replace function public.department_dashboards_widgets(dashboard public.department_dashboards)
returns setof public.department_dashboard_items
language sql stable set search_path = '' as $$
  select i.* from public.department_dashboard_items i
  where i.dashboard_id = dashboard.id and i.is_visible
  order by i.position, i.id
$$;
comment on function public.department_dashboards_widgets(public.department_dashboards) is
  'The items of the dashboard, in their order.';
revoke all on function public.department_dashboards_widgets(public.department_dashboards) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.department_dashboards_widgets(public.department_dashboards) to staff;
--! EndIncluded functions/dashboards/department_dashboards_widgets.sql

--! split: 050-refresh.sql
-- The refresh. A change to a row that a figure counts records the group of rows and the day in India; the
-- refresh, each minute, takes these records and counts those days again. Its cost follows what has changed,
-- not what exists, and a wrong count of a day is corrected by the next change of that day. Figures of the
-- moment come from indexes that contain only open rows.
--
-- Records instead of a watermark over updated_at: a transaction that began before the last refresh and
-- commits after it would be missed, several tables have no updated_at, and an index on it would make every
-- update of a booking write to all indexes of the table.

-- Counted by the day on which the money moved. Most refunds and all failed payments have none.
create index payments_payment_date_idx on public.payments (payment_date)
  where payment_date is not null;
create index refunds_processed_at_idx on public.refunds (processed_at) where processed_at is not null;
create index vendor_payouts_payment_date_idx on public.vendor_payouts (payment_date)
  where payment_date is not null;
-- Counted by the day of sign-up.
create index customers_created_at_idx on public.customers (created_at);
-- Tiers with at least one customer: one look into the index for each.
create index customers_membership_tier_idx on public.customers (membership_tier);
create index support_tickets_resolved_at_idx on public.support_tickets (resolved_at)
  where resolved_at is not null;
-- Unsettled records: about a week of them, of all that ever existed.
create index commission_records_unsettled_idx on public.commission_records (settlement_status)
  where settlement_status <> 'settled';
-- Users who are active today.
create index user_sessions_last_activity_at_idx on public.user_sessions (last_activity_at);

create table app_private.figure_changes (
  id bigint generated always as identity primary key,
  figure_group text not null,
  day date not null
);
alter table app_private.figure_changes enable row level security;
comment on table app_private.figure_changes is
  'Days that must be counted again: written by triggers, processed by the refresh. Rows are only added and need not be unique, so that no writer waits for another writer of the same day.';
comment on column app_private.figure_changes.figure_group is
  'Group of rows that changed, as in computed_figures.counted_with.';
comment on column app_private.figure_changes.day is 'The day in India that is affected.';

create table app_private.figure_refreshes (
  only_row boolean primary key default true check (only_row),
  recounted_at timestamptz,
  refreshed_at timestamptz
);
alter table app_private.figure_refreshes enable row level security;
insert into app_private.figure_refreshes default values;
comment on table app_private.figure_refreshes is
  'When figures were last counted: all of them (recounted_at; null before the first time) and the changed days (refreshed_at).';

create table app_private.customer_last_bookings (
  customer_id uuid primary key references public.customers (id) on delete cascade,
  day date not null
);
alter table app_private.customer_last_bookings enable row level security;
create index customer_last_bookings_day_idx on app_private.customer_last_bookings (day);
comment on table app_private.customer_last_bookings is
  'The day of each customer''s last booking, so that active customers are a range of an index. Kept by the refresh.';

--! Included functions/dashboards/day_of.sql
create or replace function app_private.day_of(p_instant timestamptz) returns date
language sql stable set search_path = '' as $$
  select (p_instant at time zone 'Asia/Kolkata')::date
$$;
comment on function app_private.day_of(timestamptz) is 'The date in India at this instant.';
revoke all on function app_private.day_of(timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/day_of.sql

--! Included functions/dashboards/start_of.sql
create or replace function app_private.start_of(p_day date) returns timestamptz
language sql stable set search_path = '' as $$
  select p_day::timestamp at time zone 'Asia/Kolkata'
$$;
comment on function app_private.start_of(date) is 'The instant at which this day begins in India.';
revoke all on function app_private.start_of(date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/start_of.sql

/*
 * Records of changed days.
 */
--! Included functions/dashboards/tg__figure_days.sql
create or replace function app_private.tg__figure_days() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into app_private.figure_changes (figure_group, day)
  select distinct tg_argv[0], app_private.day_of((v.version ->> c.name)::timestamptz)
  from unnest(array[to_jsonb(old), to_jsonb(new)]) v (version)
  cross join unnest(tg_argv[1:]) c (name)
  where v.version ->> c.name is not null;
  return null;
end
$$;
comment on function app_private.tg__figure_days() is
  'Records the days of a row, before and after its change. Arguments: the group, then columns with instants.';
revoke all on function app_private.tg__figure_days() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/tg__figure_days.sql

create trigger _600_figures after insert or delete
  or update of status, payment_date, total_amount, payment_method on public.payments
  for each row execute function app_private.tg__figure_days('money', 'payment_date');
create trigger _600_figures after insert or delete
  or update of status, processed_at, refund_amount, refund_method on public.refunds
  for each row execute function app_private.tg__figure_days('money', 'processed_at');
create trigger _600_figures after insert or delete
  or update of payout_status, payment_date, net_amount on public.vendor_payouts
  for each row execute function app_private.tg__figure_days('money', 'payment_date');
create trigger _600_figures after insert or delete or update of platform_earning, created_at
  on public.commission_records
  for each row execute function app_private.tg__figure_days('commissions', 'created_at');
create trigger _600_figures after insert or delete or update of status, rating, created_at
  on public.reviews
  for each row execute function app_private.tg__figure_days('reviews', 'created_at');
create trigger _600_figures after insert or delete or update of status, rating, created_at
  on public.vendor_reviews
  for each row execute function app_private.tg__figure_days('reviews', 'created_at');
-- A change of status moves resolved_at, in a trigger of the table.
create trigger _600_figures after insert or delete
  or update of status, resolved_at, satisfaction_rating, created_at on public.support_tickets
  for each row execute function app_private.tg__figure_days('tickets', 'created_at', 'resolved_at');
create trigger _600_figures after insert or delete or update of created_at on public.vendors
  for each row execute function app_private.tg__figure_days('vendors', 'created_at');
create trigger _600_figures after insert or delete or update of created_at on public.customers
  for each row execute function app_private.tg__figure_days('customers', 'created_at');

--! Included functions/dashboards/tg_bookings__figure_days.sql
create or replace function app_private.tg_bookings__figure_days() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into app_private.figure_changes (figure_group, day)
  select distinct 'outcomes', d.day
  from unnest(array[old.booking_date, new.booking_date]) d (day)
  where d.day is not null;
  if tg_op <> 'UPDATE' then
    insert into app_private.figure_changes (figure_group, day)
    values ('bookings', app_private.day_of(coalesce(new.created_at, old.created_at)));
    -- Whether a sign-up led to a booking is decided in its first 30 days.
    insert into app_private.figure_changes (figure_group, day)
    select 'customers', app_private.day_of(c.created_at)
    from public.customers c
    where c.id = coalesce(new.customer_id, old.customer_id)
      and coalesce(new.created_at, old.created_at) < c.created_at + interval '30 days';
  end if;
  return null;
end
$$;
comment on function app_private.tg_bookings__figure_days() is
  'Records the days for which a booking counts: when it was made, when it takes place, and when its customer signed up.';
revoke all on function app_private.tg_bookings__figure_days() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/tg_bookings__figure_days.sql
create trigger _600_figures after insert or delete or update of status, booking_date
  on public.bookings
  for each row execute function app_private.tg_bookings__figure_days();

--! Included functions/dashboards/tg_ticket_messages__figure_days.sql
create or replace function app_private.tg_ticket_messages__figure_days() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into app_private.figure_changes (figure_group, day)
  select 'tickets', app_private.day_of(t.created_at)
  from public.support_tickets t where t.id = new.ticket_id;
  return null;
end
$$;
comment on function app_private.tg_ticket_messages__figure_days() is
  'Records the day of a ticket that customer care answers.';
revoke all on function app_private.tg_ticket_messages__figure_days() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/tg_ticket_messages__figure_days.sql
create trigger _600_figures after insert on public.ticket_messages
  for each row when (new.sender_type = 'employee' and not new.is_internal)
  execute function app_private.tg_ticket_messages__figure_days();

--! Included functions/dashboards/tg_user_profiles__figure_days.sql
create or replace function app_private.tg_user_profiles__figure_days() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into app_private.figure_changes (figure_group, day)
  select 'customers', app_private.day_of(c.created_at)
  from public.customers c where c.id = new.id;
  return null;
end
$$;
comment on function app_private.tg_user_profiles__figure_days() is
  'Records the day on which a customer signed up whose data became more or less complete.';
revoke all on function app_private.tg_user_profiles__figure_days() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/tg_user_profiles__figure_days.sql
create trigger _600_figures after update of mobile_verified, profile_completed on public.user_profiles
  for each row when (
    (old.mobile_verified, old.profile_completed) is distinct from
    (new.mobile_verified, new.profile_completed)
  )
  execute function app_private.tg_user_profiles__figure_days();

/*
 * Counting. Each group reads the rows of the given days through an index on the day, whether these are the
 * two days of a minute or all days: incremental and full counts use the same text.
 */
--! Included functions/dashboards/figures_of_days.sql
create or replace function app_private.figures_of_days(p_group text, p_days date[])
returns table (figure text, day date, value numeric, weight numeric)
language plpgsql stable security definer set search_path = '' as $$
begin
  case p_group
  when 'money' then
    -- payments_payment_date_idx, refunds_processed_at_idx, vendor_payouts_payment_date_idx.
    return query
    select f.figure, d.day, f.value, 1.0
    from unnest(p_days) d (day)
    cross join lateral (
      select sum(p.total_amount) as received,
        sum(p.total_amount) filter (where p.payment_method <> 'wallet') as received_anew
      from public.payments p
      where p.payment_date >= app_private.start_of(d.day)
        and p.payment_date < app_private.start_of(d.day + 1)
        and p.status in ('success', 'partially_refunded', 'refunded')
    ) p
    cross join lateral (
      select sum(r.refund_amount) as refunded
      from public.refunds r
      where r.processed_at >= app_private.start_of(d.day)
        and r.processed_at < app_private.start_of(d.day + 1)
        and r.status = 'completed' and r.refund_method is distinct from 'wallet'
    ) r
    cross join lateral (
      select sum(v.net_amount) as paid_out
      from public.vendor_payouts v
      where v.payment_date >= app_private.start_of(d.day)
        and v.payment_date < app_private.start_of(d.day + 1)
        and v.payout_status = 'completed'
    ) v
    cross join lateral (values
      ('payments_received', p.received),
      ('cash_flow', case when num_nonnulls(p.received_anew, r.refunded, v.paid_out) > 0 then
        coalesce(p.received_anew, 0) - coalesce(r.refunded, 0) - coalesce(v.paid_out, 0) end)
    ) f (figure, value)
    where f.value is not null;
  when 'commissions' then
    -- commission_records_created_at_idx.
    return query
    select 'revenue', d.day, c.earned, 1.0
    from unnest(p_days) d (day)
    cross join lateral (
      select sum(c.platform_earning) as earned
      from public.commission_records c
      where c.created_at >= app_private.start_of(d.day)
        and c.created_at < app_private.start_of(d.day + 1)
    ) c
    where c.earned is not null;
  when 'bookings' then
    -- bookings_created_at_idx alone.
    return query
    select 'bookings_made', d.day, b.made::numeric, 1.0
    from unnest(p_days) d (day)
    cross join lateral (
      select count(*) as made
      from public.bookings b
      where b.created_at >= app_private.start_of(d.day)
        and b.created_at < app_private.start_of(d.day + 1)
    ) b
    where b.made > 0;
  when 'outcomes' then
    -- bookings_booking_date_idx.
    return query
    select 'completion', d.day, 100.0 * b.completed / b.ended, b.ended::numeric
    from unnest(p_days) d (day)
    cross join lateral (
      select count(*) filter (where b.status = 'completed') as completed, count(*) as ended
      from public.bookings b
      where b.booking_date = d.day and b.status in ('completed', 'cancelled')
    ) b
    where b.ended > 0;
  when 'customers' then
    -- customers_created_at_idx, then one look into bookings_customer_id_idx per sign-up.
    return query
    select f.figure, d.day, f.value, f.weight
    from unnest(p_days) d (day)
    cross join lateral (
      select count(*)::numeric as signed_up,
        100.0 * count(*) filter (where exists (
          select from public.bookings b
          where b.customer_id = c.id and b.created_at < c.created_at + interval '30 days'
        )) / nullif(count(*), 0) as converted,
        100.0 * count(*) filter (where p.mobile_verified and p.profile_completed)
          / nullif(count(*), 0) as complete
      from public.customers c
      join public.user_profiles p on p.id = c.id
      where c.created_at >= app_private.start_of(d.day)
        and c.created_at < app_private.start_of(d.day + 1)
    ) c
    cross join lateral (values
      ('new_customers', c.signed_up, 1.0),
      ('conversion', c.converted, c.signed_up),
      ('data_quality', c.complete, c.signed_up)
    ) f (figure, value, weight)
    where c.signed_up > 0;
  when 'reviews' then
    -- reviews_created_at_idx, vendor_reviews_created_at_idx.
    return query
    select f.figure, d.day, f.value, f.weight::numeric
    from unnest(p_days) d (day)
    cross join lateral (
      select avg(r.rating) as rating, count(*) as ratings,
        avg(r.rating) filter (where r.of_vendor) as vendor_rating,
        count(*) filter (where r.of_vendor) as vendor_ratings
      from (
        select r.rating, r.reviewable_type = 'vendor' as of_vendor
        from public.reviews r
        where r.created_at >= app_private.start_of(d.day)
          and r.created_at < app_private.start_of(d.day + 1)
          and r.status = 'approved'
        union all
        select r.rating, true
        from public.vendor_reviews r
        where r.created_at >= app_private.start_of(d.day)
          and r.created_at < app_private.start_of(d.day + 1)
          and r.status = 'approved'
      ) r
    ) r
    cross join lateral (values
      ('review_rating', r.rating, r.ratings), ('vendor_rating', r.vendor_rating, r.vendor_ratings)
    ) f (figure, value, weight)
    where f.weight > 0;
  when 'tickets' then
    -- support_tickets_created_at_idx with one look into ticket_messages_ticket_id_idx per ticket;
    -- support_tickets_resolved_at_idx.
    return query
    select f.figure, d.day, f.value, f.weight::numeric
    from unnest(p_days) d (day)
    cross join lateral (
      select
        avg(extract(epoch from a.created_at - t.created_at) / 3600) as response_hours,
        count(a.created_at) as answered,
        avg(t.satisfaction_rating) as rating,
        count(t.satisfaction_rating) as ratings
      from public.support_tickets t
      left join lateral (
        select m.created_at from public.ticket_messages m
        where m.ticket_id = t.id and m.sender_type = 'employee' and not m.is_internal
        order by m.created_at
        limit 1
      ) a on true
      where t.created_at >= app_private.start_of(d.day)
        and t.created_at < app_private.start_of(d.day + 1)
    ) t
    cross join lateral (
      select count(*) as resolved
      from public.support_tickets t
      where t.resolved_at >= app_private.start_of(d.day)
        and t.resolved_at < app_private.start_of(d.day + 1)
    ) r
    cross join lateral (values
      ('response_hours', t.response_hours, t.answered),
      ('ticket_rating', t.rating, t.ratings),
      ('tickets_resolved', r.resolved, least(r.resolved, 1))
    ) f (figure, value, weight)
    where f.weight > 0;
  when 'vendors' then
    -- Reads the table once, thousands of rows: an index for it would not be worth its cost.
    return query
    select 'new_vendors', app_private.day_of(v.created_at), count(*)::numeric, 1.0
    from public.vendors v
    where app_private.day_of(v.created_at) = any (p_days)
    group by 2;
  end case;
end
$$;
comment on function app_private.figures_of_days(text, date[]) is
  'The figures of one group for these days: the value, and the number of cases where it is an average. A day without events has no row.';
revoke all on function app_private.figures_of_days(text, date[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/figures_of_days.sql

--! Included functions/dashboards/figures_of_now.sql
create or replace function app_private.figures_of_now() returns table (figure text, value numeric)
language sql stable security definer set search_path = '' as $$
  -- The large tables are read through an index with the state, and these states contain only open work:
  -- bookings_status_idx, commission_records_unsettled_idx, support_tickets_status_idx,
  -- error_logs_unresolved_idx, vendor_applications_status_idx.
  select 'active_bookings', count(*)::numeric from public.bookings b
  where b.status in ('confirmed', 'assigned', 'in_progress')
  union all
  select 'unsettled_records', count(*) from public.commission_records c
  where c.settlement_status <> 'settled'
  union all
  select f.figure, f.value
  from (
    select count(*) as open, count(*) filter (where t.category = 'technical') as technical
    from public.support_tickets t
    where t.status in ('open', 'in_progress', 'waiting_response', 'reopened')
  ) t
  cross join lateral (values ('open_tickets', t.open), ('open_technical_tickets', t.technical))
    f (figure, value)
  union all
  select 'unresolved_errors', count(*) from public.error_logs e where not e.resolved
  union all
  select 'pending_applications', count(*) from public.vendor_applications a
  where a.status in ('fo_review', 'manager_review', 'director_review', 'admin_review', 'on_hold',
    'additional_info_required')
  union all
  -- Employees, vendors and departments are few: they are read completely.
  select f.figure, f.value
  from (
    select count(*) as employed,
      count(*) filter (where e.status = 'active') as on_duty,
      count(*) filter (where e.status = 'on_leave') as on_leave
    from public.employees e
    where e.is_active and e.status in ('active', 'on_leave')
  ) e
  cross join lateral (values
    ('employees', e.employed::numeric), ('employees_on_duty', e.on_duty),
    ('employees_on_leave', e.on_leave), ('attendance', 100.0 * e.on_duty / nullif(e.employed, 0))
  ) f (figure, value)
  union all
  select f.figure, f.value
  from (
    select count(*) as listed, count(distinct (v.state, v.city)) as cities
    from public.vendors v where v.is_listed
  ) v
  cross join lateral (values ('listed_vendors', v.listed), ('locations', v.cities))
    f (figure, value)
  union all
  select 'budget', nullif(sum(d.budget_allocated), 0) from public.departments d
  union all
  select 'directors', count(*)
  from (
    select a.user_id
    from public.department_user_assignments a
    join public.departments d on d.id = a.department_id
    where d.code = 'DIRECTORS' and a.status = 'active'
      and now() between a.valid_from and coalesce(a.valid_until, 'infinity')
    union
    -- Through user_roles_department_id_idx and user_roles_role_id_idx: every customer has a role.
    select ur.user_id
    from public.departments d
    join lateral (
      select ur.* from public.user_roles ur where ur.department_id = d.id
      union all
      select ur.* from public.roles r
      join public.user_roles ur on ur.role_id = r.id and ur.department_id is null
      where r.department_id = d.id
    ) ur on ur.status = 'active'
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
    join public.roles r on r.id = ur.role_id and r.status = 'active'
    where d.code = 'DIRECTORS'
  ) m
  union all
  -- A range of customer_last_bookings_day_idx, one entry per customer who booked recently.
  select 'active_customers', count(*) from app_private.customer_last_bookings l
  where l.day > app_private.today() - 90
  union all
  select 'customer_segments', count(*) from enums.membership_tier t
  where exists (select from public.customers c where c.membership_tier = t.value)
  union all
  -- user_sessions_last_activity_at_idx: those of today.
  select 'active_users', count(distinct s.user_id) from public.user_sessions s
  where s.last_activity_at >= app_private.start_of(app_private.today())
  union all
  select 'database_health', 100.0 * s.blks_hit / nullif(s.blks_hit + s.blks_read, 0)
  from pg_catalog.pg_stat_database s where s.datname = current_database()
$$;
comment on function app_private.figures_of_now() is
  'The figures of the moment. Each refresh records them for today, so that the last refresh of a day is what remains for it.';
revoke all on function app_private.figures_of_now() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/figures_of_now.sql

/*
 * Recording the counted figures.
 */
--! Included functions/dashboards/record_figures.sql
create or replace function app_private.record_figures(p_group text, p_days date[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_group = 'bookings' then
    insert into app_private.customer_last_bookings (customer_id, day)
    select b.customer_id, max(d.day)
    from unnest(p_days) d (day)
    cross join lateral (
      select b.customer_id from public.bookings b
      where b.created_at >= app_private.start_of(d.day)
        and b.created_at < app_private.start_of(d.day + 1)
    ) b
    group by b.customer_id
    on conflict (customer_id) do update set day = excluded.day
    where customer_last_bookings.day < excluded.day;
  end if;
  with counted as materialized (
    select k.id as kpi_id, f.day, f.value, f.weight
    from app_private.figures_of_days(p_group, p_days) f
    join public.kpi_definitions k on k.computed_from = f.figure
  ), gone as (
    delete from public.kpi_values v
    using public.kpi_definitions k, app_private.computed_figures c
    where k.id = v.kpi_id and c.code = k.computed_from and c.counted_with = p_group
      and v.day = any (p_days)
      and not exists (select from counted n where n.kpi_id = v.kpi_id and n.day = v.day)
  )
  insert into public.kpi_values (kpi_id, day, value, weight)
  select c.kpi_id, c.day, c.value, c.weight from counted c
  on conflict (kpi_id, day) do update set value = excluded.value, weight = excluded.weight
  where (kpi_values.value, kpi_values.weight) is distinct from (excluded.value, excluded.weight);
end
$$;
comment on function app_private.record_figures(text, date[]) is
  'Counts one group for these days and writes changed values.';
revoke all on function app_private.record_figures(text, date[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/record_figures.sql

--! Included functions/dashboards/record_figures_of_now.sql
create or replace function app_private.record_figures_of_now() returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.kpi_values (kpi_id, day, value)
  select k.id, app_private.today(), f.value
  from app_private.figures_of_now() f
  join public.kpi_definitions k on k.computed_from = f.figure
  where f.value is not null
  on conflict (kpi_id, day) do update set value = excluded.value
  where kpi_values.value is distinct from excluded.value
$$;
comment on function app_private.record_figures_of_now() is 'Writes the figures of the moment for today.';
revoke all on function app_private.record_figures_of_now() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/record_figures_of_now.sql

--! Included functions/dashboards/recount_dashboards.sql
create or replace function app_private.recount_dashboards() returns void
language plpgsql volatile security definer set search_path = '' set jit = off as $$
declare
  v_group text;
  v_days date[];
begin
  perform pg_advisory_xact_lock(hashtext('dashboard refresh'));
  -- Before counting: changes that are committed meanwhile stay recorded and are counted at the next refresh.
  delete from app_private.figure_changes;
  delete from app_private.customer_last_bookings;
  select array_agg(g.day::date) into v_days
  from (
    select least(
        (select min(v.day) from public.kpi_values v where v.entered_by is null),
        (select min(b.booking_date) from public.bookings b),
        app_private.day_of((select min(b.created_at) from public.bookings b)),
        app_private.day_of((select min(p.payment_date) from public.payments p)),
        app_private.day_of((select min(r.processed_at) from public.refunds r)),
        app_private.day_of((select min(p.payment_date) from public.vendor_payouts p)),
        app_private.day_of((select min(c.created_at) from public.commission_records c)),
        app_private.day_of((select min(c.created_at) from public.customers c)),
        app_private.day_of((select min(r.created_at) from public.reviews r)),
        app_private.day_of((select min(r.created_at) from public.vendor_reviews r)),
        app_private.day_of((select min(t.created_at) from public.support_tickets t)),
        app_private.day_of((select min(t.resolved_at) from public.support_tickets t)),
        app_private.day_of((select min(v.created_at) from public.vendors v)),
        app_private.today()) as first,
      greatest((select max(b.booking_date) from public.bookings b), app_private.today()) as last
  ) span
  -- A mistyped year must not create a million days.
  cross join lateral generate_series(
    greatest(span.first, '2000-01-01')::timestamp,
    least(span.last, app_private.today() + 366)::timestamp,
    interval '1 day') g (day);
  for v_group in
    select distinct c.counted_with from app_private.computed_figures c
    where c.counted_with is not null order by 1
  loop
    perform app_private.record_figures(v_group, v_days);
  end loop;
  perform app_private.record_figures_of_now();
  perform app_private.update_dashboard_data();
  update app_private.figure_refreshes set recounted_at = now(), refreshed_at = now();
end
$$;
comment on function app_private.recount_dashboards() is
  'Counts every computed figure of every day again: for verification, and after rows were loaded with triggers off (demo data, import, restore). Reads the large tables completely; it takes seconds with a million bookings.';
revoke all on function app_private.recount_dashboards() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.recount_dashboards() to ombaro_worker;
--! EndIncluded functions/dashboards/recount_dashboards.sql

--! Included functions/dashboards/refresh_dashboards.sql
-- Compiling a query takes longer here than running it, hence no jit.
create or replace function app_private.refresh_dashboards() returns integer
language plpgsql volatile security definer set search_path = '' set jit = off as $$
declare
  v_changed record;
  v_days integer := 0;
begin
  -- Another refresh is running: recorded days stay for the next minute.
  if not pg_try_advisory_xact_lock(hashtext('dashboard refresh')) then
    return 0;
  end if;
  if (select r.recounted_at is null from app_private.figure_refreshes r) then
    perform app_private.recount_dashboards();
    return 0;
  end if;
  -- Taken before counting, in a statement of its own: changes that are committed after it stay recorded.
  for v_changed in
    with taken as (delete from app_private.figure_changes returning figure_group, day)
    select t.figure_group, array_agg(distinct t.day) as days from taken t group by t.figure_group
  loop
    perform app_private.record_figures(v_changed.figure_group, v_changed.days);
    v_days := v_days + cardinality(v_changed.days);
  end loop;
  perform app_private.record_figures_of_now();
  perform app_private.update_dashboard_data();
  update app_private.figure_refreshes set refreshed_at = now();
  return v_days;
end
$$;
comment on function app_private.refresh_dashboards() is
  'Updates all dashboards, counting only the days that have changed; returns how many days. The first time it counts everything. Runs every minute.';
revoke all on function app_private.refresh_dashboards() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.refresh_dashboards() to ombaro_worker;
--! EndIncluded functions/dashboards/refresh_dashboards.sql

--! split: 060-defaults.sql
-- Default data: the computable figures, the key figures of each department (the first four under the names of
-- the first row of its dashboard), and a dashboard for each.

insert into app_private.computed_figures (code, counted_with) values
  ('payments_received', 'money'), ('cash_flow', 'money'), ('revenue', 'commissions'),
  ('bookings_made', 'bookings'), ('completion', 'outcomes'), ('new_customers', 'customers'),
  ('conversion', 'customers'), ('data_quality', 'customers'), ('review_rating', 'reviews'),
  ('vendor_rating', 'reviews'), ('response_hours', 'tickets'), ('ticket_rating', 'tickets'),
  ('tickets_resolved', 'tickets'), ('new_vendors', 'vendors'),
  ('active_bookings', null), ('unsettled_records', null), ('open_tickets', null),
  ('open_technical_tickets', null), ('unresolved_errors', null), ('pending_applications', null),
  ('employees', null), ('employees_on_duty', null), ('employees_on_leave', null),
  ('attendance', null), ('listed_vendors', null), ('locations', null), ('budget', null),
  ('directors', null), ('active_customers', null), ('customer_segments', null),
  ('active_users', null), ('database_health', null);

insert into public.kpi_definitions (code, department_id, position, name, unit, source, computed_from,
  aggregation, period_days, higher_is_better, description)
select lower(k.department_code) || '_' || replace(lower(k.name), ' ', '_'), d.id, k.position, k.name,
  k.unit, case when k.computed_from is null then 'entered' else 'computed' end, k.computed_from,
  k.aggregation, k.period_days, k.higher_is_better, k.description
from (values
  ('FINANCE', 1, 'Budget', 'rupees', 'budget', 'latest', null, true, 'Rupees that all departments together may spend'),
  ('FINANCE', 2, 'Utilisation', 'percent', null, 'latest', null, true, 'Percentage of the budget that is spent'),
  ('FINANCE', 3, 'Revenue', 'rupees', 'revenue', 'sum', 30, true, 'Commission of the platform on completed bookings, by the day of the commission record'),
  ('FINANCE', 4, 'Cash flow', 'rupees', 'cash_flow', 'sum', 30, true, 'Payments received, less refunds and payouts, without the OMBARO wallet'),
  ('ACCOUNTS', 1, 'Revenue', 'rupees', 'revenue', 'sum', 30, true, 'Commission of the platform on completed bookings, by the day of the commission record'),
  ('ACCOUNTS', 2, 'Pending invoices', 'count', 'unsettled_records', 'latest', null, false, 'Commission records that are not settled'),
  ('ACCOUNTS', 3, 'Payments', 'rupees', 'payments_received', 'sum', 30, true, 'Payments of customers, including those refunded later'),
  ('ACCOUNTS', 4, 'Balance', 'rupees', 'cash_flow', 'total', null, true, 'Payments received, less refunds and payouts, since the beginning'),
  ('MARKETING', 1, 'Campaigns', 'count', null, 'latest', null, true, 'Campaigns that are running'),
  ('MARKETING', 2, 'Leads', 'count', 'new_customers', 'sum', 30, true, 'Customers who signed up'),
  ('MARKETING', 3, 'Conversion', 'percent', 'conversion', 'average', 30, true, 'Percentage of new customers who booked within 30 days of sign-up'),
  ('MARKETING', 4, 'Reach', 'count', null, 'sum', 30, true, 'People reached by campaigns'),
  ('HR', 1, 'Employees', 'count', 'employees', 'latest', null, true, 'Employees, on duty or on leave'),
  ('HR', 2, 'Attendance', 'percent', 'attendance', 'latest', null, true, 'Percentage of employees who are not on leave'),
  ('HR', 3, 'Open positions', 'count', null, 'latest', null, false, 'Open positions'),
  ('HR', 4, 'Satisfaction', 'rating', null, 'latest', null, true, 'Rating by employees in surveys, 1 to 5'),
  ('IT', 1, 'Uptime', 'percent', null, 'average', 30, true, 'Percentage of the day on which the platform was reachable'),
  ('IT', 2, 'Active users', 'count', 'active_users', 'latest', null, true, 'Users with a session used today'),
  ('IT', 3, 'Open tickets', 'count', 'open_technical_tickets', 'latest', null, false, 'Technical tickets that are not resolved'),
  ('IT', 4, 'Database health', 'percent', 'database_health', 'latest', null, true, 'Percentage of read blocks that were in memory, since the start of the server''s statistics'),
  ('LEGAL', 1, 'Active cases', 'count', null, 'latest', null, false, 'Cases that are not closed'),
  ('LEGAL', 2, 'Contracts', 'count', null, 'latest', null, true, 'Contracts in force'),
  ('LEGAL', 3, 'Compliance score', 'percent', null, 'latest', null, true, 'Percentage of checked rules that are followed'),
  ('LEGAL', 4, 'Filings', 'count', null, 'sum', 30, true, 'Filings made'),
  ('CUSTOMER_CARE', 1, 'Open tickets', 'count', 'open_tickets', 'latest', null, false, 'Tickets that are not resolved'),
  ('CUSTOMER_CARE', 2, 'Average response', 'hours', 'response_hours', 'average', 30, false, 'Hours from a ticket to the first answer, by the day of the ticket'),
  ('CUSTOMER_CARE', 3, 'Resolved today', 'count', 'tickets_resolved', 'sum', 1, true, 'Tickets resolved today'),
  ('CUSTOMER_CARE', 4, 'Satisfaction', 'rating', 'ticket_rating', 'average', 30, true, 'Stars given by authors of tickets, by the day of the ticket'),
  ('STAFF', 1, 'Active', 'count', 'employees', 'latest', null, true, 'Employees, on duty or on leave'),
  ('STAFF', 2, 'On duty', 'count', 'employees_on_duty', 'latest', null, true, 'Employees who are not on leave'),
  ('STAFF', 3, 'On leave', 'count', 'employees_on_leave', 'latest', null, false, 'Employees on leave'),
  ('STAFF', 4, 'Performance', 'percent', null, 'latest', null, true, 'Percentage of goals that employees have reached'),
  ('FO', 1, 'Visitors', 'count', null, 'sum', 30, true, 'Visitors at the front office'),
  ('FO', 2, 'Active bookings', 'count', 'active_bookings', 'latest', null, true, 'Bookings that are confirmed, assigned or in progress'),
  ('FO', 3, 'Satisfaction', 'rating', 'review_rating', 'average', 30, true, 'Stars of approved reviews, by the day of the review'),
  ('FO', 4, 'Efficiency', 'percent', 'completion', 'average', 30, true, 'Percentage of the bookings for a day that were completed and not cancelled'),
  ('VENDOR_LIST', 1, 'Total vendors', 'count', 'new_vendors', 'total', null, true, 'Vendors, listed or not'),
  ('VENDOR_LIST', 2, 'Active', 'count', 'listed_vendors', 'latest', null, true, 'Vendors that customers can find'),
  ('VENDOR_LIST', 3, 'Pending approval', 'count', 'pending_applications', 'latest', null, false, 'Applications that are submitted and not decided'),
  ('VENDOR_LIST', 4, 'Performance', 'rating', 'vendor_rating', 'average', 30, true, 'Stars of approved reviews of vendors, by the day of the review'),
  ('CUSTOMER_DATA', 1, 'Total customers', 'count', 'new_customers', 'total', null, true, 'Customers'),
  ('CUSTOMER_DATA', 2, 'Active', 'count', 'active_customers', 'latest', null, true, 'Customers who booked within 90 days'),
  ('CUSTOMER_DATA', 3, 'Segments', 'count', 'customer_segments', 'latest', null, true, 'Membership tiers that have customers'),
  ('CUSTOMER_DATA', 4, 'Data quality', 'percent', 'data_quality', 'average', null, true, 'Percentage of customers with a complete profile and a verified mobile number'),
  ('ADVOCATE', 1, 'Cases', 'count', null, 'latest', null, false, 'Current cases'),
  ('ADVOCATE', 2, 'Hearings', 'count', null, 'sum', 30, true, 'Hearings attended'),
  ('ADVOCATE', 3, 'Documents', 'count', null, 'sum', 30, true, 'Documents prepared'),
  ('ADVOCATE', 4, 'Win rate', 'percent', null, 'latest', null, true, 'Percentage of decided cases that were won'),
  ('CA_CS', 1, 'Audits', 'count', null, 'sum', 30, true, 'Audits completed'),
  ('CA_CS', 2, 'Compliance', 'percent', null, 'latest', null, true, 'Percentage of obligations that are met'),
  ('CA_CS', 3, 'Tax filings', 'count', null, 'sum', 30, true, 'Tax returns filed'),
  ('CA_CS', 4, 'Financial health', 'percent', null, 'latest', null, true, 'Score of the last review of the books'),
  ('DIRECTORS', 1, 'Members', 'count', 'directors', 'latest', null, true, 'Members of the directors'' department and users with one of its roles'),
  ('DIRECTORS', 2, 'Meetings', 'count', null, 'sum', 30, true, 'Meetings held'),
  ('DIRECTORS', 3, 'Initiatives', 'count', null, 'latest', null, true, 'Initiatives under way'),
  ('DIRECTORS', 4, 'Performance', 'percent', null, 'latest', null, true, 'Percentage of the company''s goals that are reached'),
  ('HO', 1, 'Staff', 'count', 'employees', 'latest', null, true, 'Employees, on duty or on leave'),
  ('HO', 2, 'Assets', 'rupees', null, 'latest', null, true, 'Value of the assets'),
  ('HO', 3, 'Expenses', 'rupees', null, 'sum', 30, false, 'Rupees spent'),
  ('HO', 4, 'Efficiency', 'percent', null, 'latest', null, true, 'Percentage of tasks done on time'),
  ('CORPORATE', 1, 'Locations', 'count', 'locations', 'latest', null, true, 'Cities in which customers find vendors'),
  ('CORPORATE', 2, 'Staff', 'count', 'employees', 'latest', null, true, 'Employees, on duty or on leave'),
  ('CORPORATE', 3, 'Budget', 'rupees', 'budget', 'latest', null, true, 'Rupees that all departments together may spend'),
  ('CORPORATE', 4, 'Performance', 'percent', null, 'latest', null, true, 'Percentage of the company''s goals that are reached'),
  ('ADMIN', 1, 'Active users', 'count', 'active_users', 'latest', null, true, 'Users with a session used today'),
  ('ADMIN', 2, 'Pending approval', 'count', 'pending_applications', 'latest', null, false, 'Applications that are submitted and not decided'),
  ('ADMIN', 3, 'Open tickets', 'count', 'open_tickets', 'latest', null, false, 'Tickets that are not resolved'),
  ('ADMIN', 4, 'Errors', 'count', 'unresolved_errors', 'latest', null, false, 'Unresolved errors in the log'),
  ('OPS', 1, 'Bookings', 'count', 'bookings_made', 'sum', 30, true, 'Bookings made'),
  ('OPS', 2, 'Active bookings', 'count', 'active_bookings', 'latest', null, true, 'Bookings that are confirmed, assigned or in progress'),
  ('OPS', 3, 'Efficiency', 'percent', 'completion', 'average', 30, true, 'Percentage of the bookings for a day that were completed and not cancelled'),
  ('OPS', 4, 'Satisfaction', 'rating', 'review_rating', 'average', 30, true, 'Stars of approved reviews, by the day of the review')
) k (department_code, position, name, unit, computed_from, aggregation, period_days,
  higher_is_better, description)
left join public.departments d on d.code = k.department_code;

insert into public.dashboard_widgets
  (widget_key, widget_type, title, description, shows_kpi, configuration)
values
  ('figure', 'stat', 'Figure', 'A key figure with its change against the previous period', true, '{}'),
  ('trend', 'chart', 'Trend', 'A key figure day by day', true, '{"days": 30}'),
  ('activity', 'activity', 'Recent activity', 'Recent activity in the department', false, '{"entries": 20}'),
  ('team', 'list', 'Team', 'Members of the department', false, '{}');

insert into public.department_dashboards (department_id, title, description)
select d.id, d.name, d.description from public.departments d;

insert into public.department_dashboard_items (dashboard_id, widget_id, kpi_id, position, width)
select b.id, w.id, i.kpi_id, i.position, i.width
from public.department_dashboards b
cross join lateral (
  select 'figure' as widget_key, k.id as kpi_id, k.position, 1 as width
  from public.kpi_definitions k where k.department_id = b.department_id
  union all
  select 'trend', k.id, 4 + k.position, 2
  from public.kpi_definitions k where k.department_id = b.department_id
  union all
  values ('activity', null::uuid, 9, 2), ('team', null, 10, 2)
) i
join public.dashboard_widgets w on w.widget_key = i.widget_key;

insert into public.department_modules
  (department_id, module_key, module_name, icon, display_order)
select d.id, m.module_key, m.module_name, m.icon, m.display_order
from public.departments d
cross join (values
  ('dashboard', 'Dashboard', 'LayoutDashboard', 1), ('figures', 'Figures', 'ChartLine', 2),
  ('team', 'Team', 'Users', 3), ('settings', 'Settings', 'Settings', 4)
) m (module_key, module_name, icon, display_order);

--! split: 070-audit.sql
-- Audit and activity log, last, so that neither records default data: assignments, key figures, entered
-- values and settings of departments.

create trigger _800_audit after insert or update or delete on public.department_user_assignments
  for each row execute function app_private.tg__audit('id');
create trigger _800_audit after insert or update or delete on public.department_modules
  for each row execute function app_private.tg__audit('id');
create trigger _800_audit after insert or update or delete on public.department_settings
  for each row execute function app_private.tg__audit('id');
create trigger _800_audit after insert or update or delete on public.kpi_definitions
  for each row execute function app_private.tg__audit('id');
create trigger _800_audit after insert or update or delete on public.kpi_targets
  for each row execute function app_private.tg__audit('kpi_id');
-- Computed values change every minute and can be computed again; entered values cannot.
create trigger _800_audit after insert or update on public.kpi_values
  for each row when (new.entered_by is not null)
  execute function app_private.tg__audit('kpi_id');
create trigger _801_audit_delete after delete on public.kpi_values
  for each row when (old.entered_by is not null)
  execute function app_private.tg__audit('kpi_id');

create trigger _810_activity after insert or update or delete on public.department_user_assignments
  for each row execute function app_private.tg__department_activity('team');
create trigger _810_activity after insert or update or delete on public.department_modules
  for each row execute function app_private.tg__department_activity('settings');
create trigger _810_activity after insert or update or delete on public.department_settings
  for each row execute function app_private.tg__department_activity('settings');
create trigger _810_activity after insert or update or delete on public.kpi_targets
  for each row execute function app_private.tg__department_activity('figures');
create trigger _810_activity after insert or update on public.kpi_values
  for each row when (new.entered_by is not null)
  execute function app_private.tg__department_activity('figures');
create trigger _810_activity after insert or update or delete on public.department_dashboards
  for each row execute function app_private.tg__department_activity('dashboard');

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.6', 'create-departments-and-dashboard-infrastructure', '2025-10-07', 'Department dashboards');
