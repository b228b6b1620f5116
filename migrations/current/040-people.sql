-- Departments and roles, users and authentication. First of the tables, because all others say
-- who did what.

create table public.user_profiles (
  id uuid primary key references auth.users (id) on delete restrict,
  name text not null constraint user_profiles_name_length check (length(trim(name)) between 1 and 200),
  mobile public.mobile_number unique,
  email public.email_address,
  gender text references enums.gender,
  date_of_birth date constraint user_profiles_born_in_the_past
    check (date_of_birth >= '1900-01-01' and date_of_birth < current_date),
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
-- Several accounts may have named the same address before it is verified: not unique.
create index user_profiles_email_idx on public.user_profiles (email);
create index user_profiles_department_id_idx on public.user_profiles (department_id);
create trigger _100_timestamps before insert or update on public.user_profiles
  for each row execute function app_private.tg__timestamps();
comment on table public.user_profiles is
  'A person with an account. Seen by that person and by staff who look after people; what others may see of someone stands in vendors, therapists and on the booking.';
comment on column public.user_profiles.id is
  'Identifies the person; the id of the account in auth.users and the sub of the token.';
comment on column public.user_profiles.name is 'How the person is addressed, 1 to 200 characters.';
comment on column public.user_profiles.mobile is
  'E.164 number from sign-up, such as +919876543210; null when none came or another profile has it.';
comment on column public.user_profiles.email is
  'Address in lower case, as the person gave it and not verified; null when not given.';
comment on column public.user_profiles.gender is 'As the person states it; null when not said.';
comment on column public.user_profiles.date_of_birth is
  'Birthday, by which the age for booking is checked; null until given.';
comment on column public.user_profiles.profile_image is
  'URL of the person''s picture; null without one.';
comment on column public.user_profiles.role is
  'What the person mainly is, for display alone; rights come from user_roles.';
comment on column public.user_profiles.employee_id is
  'Code at the platform, as in employees.employee_code; null for all who do not work there.';
comment on column public.user_profiles.designation is
  'Job title at the platform; null for all who do not work there.';
comment on column public.user_profiles.joining_date is
  'First working day at the platform; null for all who do not work there.';
comment on column public.user_profiles.status is
  'Whether the account may be used; set by set_account_status, in force from the next request.';
comment on column public.user_profiles.address is
  'Postal address as the person gave it, keyed like customer_addresses; null until given.';
comment on column public.user_profiles.emergency_contact is
  'Object with name, relationship and mobile of whom to call; null until given.';
comment on column public.user_profiles.preferences is
  'Object that apps keep for the person; user_preferences has what the platform heeds.';
comment on column public.user_profiles.signup_method is 'By which form the person came.';
comment on column public.user_profiles.mobile_verified is
  'Whether the person has proved that the mobile number is theirs.';
comment on column public.user_profiles.social_provider is
  'google or facebook for people who signed up there; null for others.';
comment on column public.user_profiles.profile_completed is
  'Whether the person has given everything that sign-up asks for.';
comment on column public.user_profiles.department_id is
  'Department in which the person works; null for all who do not work at the platform.';
comment on column public.user_profiles.created_at is 'When the row was made.';
comment on column public.user_profiles.updated_at is 'When the row last changed.';

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
  budget_allocated numeric(15, 2) not null default 0 check (budget_allocated >= 0),
  settings jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.departments enable row level security;
create index departments_parent_department_id_idx on public.departments (parent_department_id);
create index departments_head_user_id_idx on public.departments (head_user_id);
create trigger _100_timestamps before insert or update on public.departments
  for each row execute function app_private.tg__timestamps();
comment on table public.departments is
  'The organisation: sixteen departments of the guide, and administration and operations.';
comment on column public.departments.id is 'Identifies the department.';
comment on column public.departments.name is 'What people call it, such as Human Resources.';
comment on column public.departments.code is
  'Fixed name in capitals by which programs know it, such as HR or CUSTOMER_CARE.';
comment on column public.departments.description is
  'What it does, in a few words; null when not said.';
comment on column public.departments.parent_department_id is
  'Department above this one; null at the top.';
comment on column public.departments.head_user_id is 'Who leads it; null while nobody does.';
comment on column public.departments.status is 'Whether it is working.';
comment on column public.departments.department_type is 'What kind of work it does.';
comment on column public.departments.email is
  'Address at which colleagues reach it; null without one.';
comment on column public.departments.phone is
  'Telephone number at which colleagues reach it; null without one.';
comment on column public.departments.location is
  'Where it sits, such as a building or city; null when not said.';
comment on column public.departments.budget_allocated is 'Rupees that it may spend.';
comment on column public.departments.settings is
  'Object with settings of this department by name, {} without any.';
comment on column public.departments.created_at is 'When the row was made.';
comment on column public.departments.updated_at is 'When the row last changed.';
create policy select_staff on public.departments for select to staff using (true);
create policy update_staff on public.departments for update to staff
  using ((select app_private.has_permission('departments.update')))
  with check ((select app_private.has_permission('departments.update')));
grant select on public.departments to staff;
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
-- Withheld: role, status, mobile and its verification, employee columns, sign-up. They change by
-- what people do, never by saying so.
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
create trigger _100_timestamps before insert or update on public.roles
  for each row execute function app_private.tg__timestamps();
comment on table public.roles is
  'What a person can be on the platform. The column permissions is kept in step for reading and decides nothing: role_permissions does.';
comment on column public.roles.id is 'Identifies the role.';
comment on column public.roles.name is 'Title for display, such as Customer Care Agent.';
comment on column public.roles.code is
  'Fixed name by which programs and grant_role know it, such as customer_care.';
comment on column public.roles.description is
  'What its holders do, in a few words; null when not said.';
comment on column public.roles.department_id is
  'Department to which its holders belong; null for roles outside departments.';
comment on column public.roles.level is
  'Rank from 0 (customer) to 10 (super administrator), for display and order alone.';
comment on column public.roles.permissions is
  'Array of codes, such as ["bookings.read"]; a trigger copies it from role_permissions.';
comment on column public.roles.is_system_role is
  'Whether the platform comes with it and relies on it.';
comment on column public.roles.is_staff is
  'Whether its holders work for the platform and see what staff may see.';
comment on column public.roles.profile_role is
  'What the profile of somebody who holds the role shows as their role.';
comment on column public.roles.status is
  'Whether it can be held; an inactive role has no effect for anybody.';
comment on column public.roles.created_at is 'When the row was made.';
comment on column public.roles.updated_at is 'When the row last changed.';
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
comment on table public.permissions is 'What can be allowed: an action on a resource.';
comment on column public.permissions.id is 'Identifies the permission.';
comment on column public.permissions.name is 'What it allows, as a label, such as See all tickets.';
comment on column public.permissions.code is
  'Resource and action with a dot between, such as tickets.read; my_permissions lists these.';
comment on column public.permissions.description is
  'What the name leaves open; null where it says enough.';
comment on column public.permissions.resource is
  'To what the action applies, such as bookings or bank_details.';
comment on column public.permissions.action is 'What may be done to the resource.';
comment on column public.permissions.created_at is 'When the row was made.';
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
  'Which role may do what. With user_roles the only authority there is. No client writes it: what a role may do changes by migration.';
comment on column public.role_permissions.id is
  'Identifies the grant of one permission to one role.';
comment on column public.role_permissions.role_id is 'Role that has the permission.';
comment on column public.role_permissions.permission_id is 'Permission that the role has.';
comment on column public.role_permissions.granted_at is 'When the role got the permission.';
create policy select_staff on public.role_permissions for select to staff using (true);
grant select on public.role_permissions to staff;

create function app_private.tg_role_permissions__mirror() returns trigger
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
  'Keeps roles.permissions, the readable copy, in step.';
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
-- A role once: also the look-up of every request.
create unique index user_roles_user_id_role_id_key on public.user_roles (user_id, role_id)
  where status = 'active';
create index user_roles_user_id_idx on public.user_roles (user_id);
create index user_roles_role_id_idx on public.user_roles (role_id);
create index user_roles_department_id_idx on public.user_roles (department_id);
create index user_roles_assigned_by_idx on public.user_roles (assigned_by);
comment on table public.user_roles is
  'Who holds which role, and since when. Written by grant_role and revoke_role alone.';
comment on column public.user_roles.id is 'Identifies the grant of one role to one person.';
comment on column public.user_roles.user_id is 'Person who holds the role.';
comment on column public.user_roles.role_id is 'Role that the person holds.';
comment on column public.user_roles.department_id is
  'Department for which the role was given, copied from the role; null without one.';
comment on column public.user_roles.assigned_by is
  'Who gave the role; null when the platform did or that account is gone.';
comment on column public.user_roles.assigned_at is 'When the role was given.';
comment on column public.user_roles.valid_from is 'First day on which the role counts.';
comment on column public.user_roles.valid_until is
  'Last day on which the role counts; null without an end.';
comment on column public.user_roles.is_primary is
  'Whether apps show this role first when the person holds several.';
comment on column public.user_roles.status is
  'Whether the role counts; revoke_role makes it inactive.';
create policy select_own on public.user_roles for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_staff on public.user_roles for select to staff
  using (
    user_id >= (select app_private.people_from('roles.read'))
    and user_id <= (select app_private.people_to('roles.read'))
  );
grant select on public.user_roles to authenticated, staff;
-- Withheld: every write. Nobody grants themselves anything; see grant_role.

create function app_private.tg_user_roles__mirror() returns trigger
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
  'Keeps user_profiles.role, the readable copy, in step: the primary role, else the highest.';
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
  approval_limit numeric(12, 2) check (approval_limit >= 0),
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
create index employees_department_id_idx on public.employees (department_id);
create index employees_reporting_manager_id_idx on public.employees (reporting_manager_id);
create trigger _100_timestamps before insert or update on public.employees
  for each row execute function app_private.tg__timestamps();
comment on table public.employees is
  'Who works for the platform: the directory that colleagues see. Pay and reasons for leaving are in employee_private_details.';
comment on column public.employees.id is
  'Identifies the employee; the id of the person in user_profiles.';
comment on column public.employees.employee_code is
  'Staff number, given when the employee was added and fixed since.';
comment on column public.employees.name is 'Name in the directory.';
comment on column public.employees.email is 'Address at work, in lower case; null without one.';
comment on column public.employees.mobile is 'Number at work in E.164, such as +919876543210.';
comment on column public.employees.department_id is 'Department in which the employee works.';
comment on column public.employees.designation is 'Job title, such as Field Officer.';
comment on column public.employees.hierarchy_level is
  '1 Field Officer, 2 Manager, 3 Director, 4 Vice President, 5 Admin; says what they review.';
comment on column public.employees.reporting_manager_id is
  'Employee to whom this one reports; null at the top.';
comment on column public.employees.can_approve_vendors is
  'Whether the employee may decide on vendor applications at their level.';
comment on column public.employees.approval_limit is
  'Highest franchise fee in rupees that the employee may approve; null when none was set.';
comment on column public.employees.joining_date is 'First working day.';
comment on column public.employees.probation_end_date is 'Last day of probation; null without one.';
comment on column public.employees.confirmation_date is
  'Day on which employment was confirmed; null until then.';
comment on column public.employees.employment_type is
  'Terms of employment; null when not recorded.';
comment on column public.employees.work_location is
  'Office or city of work; null when not recorded.';
comment on column public.employees.status is 'Whether the employee is at work.';
comment on column public.employees.is_active is
  'Whether employment gives the rights of staff; it does only while status is active too.';
comment on column public.employees.exit_date is 'Last working day; null while employed.';
comment on column public.employees.created_at is 'When the row was made.';
comment on column public.employees.updated_at is 'When the row last changed.';
create policy select_staff on public.employees for select to staff using (true);
create policy insert_staff on public.employees for insert to staff
  with check ((select app_private.has_permission('employees.create')) and id <> (select auth.uid()));
create policy update_staff on public.employees for update to staff
  using ((select app_private.has_permission('employees.update')) and id <> (select auth.uid()))
  with check ((select app_private.has_permission('employees.update')) and id <> (select auth.uid()));
grant select on public.employees to staff;
-- Withheld: can_approve_vendors and approval_limit, the rights to approve; and, once hired, the
-- level at which somebody would.
grant insert (id, employee_code, name, email, mobile, department_id, designation,
  hierarchy_level, reporting_manager_id, joining_date, probation_end_date, confirmation_date,
  employment_type, work_location) on public.employees to staff;
grant update (name, email, mobile, department_id, designation, reporting_manager_id,
  probation_end_date, confirmation_date, employment_type, work_location, status, is_active,
  exit_date) on public.employees to staff;

create table public.employee_private_details (
  employee_id uuid primary key references public.employees (id) on delete cascade,
  basic_salary numeric(12, 2) check (basic_salary >= 0),
  exit_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.employee_private_details enable row level security;
create trigger _100_timestamps before insert or update on public.employee_private_details
  for each row execute function app_private.tg__timestamps();
comment on table public.employee_private_details is
  'What colleagues may not see of an employee: pay, reason for leaving.';
comment on column public.employee_private_details.employee_id is
  'Employee whose details these are.';
comment on column public.employee_private_details.basic_salary is
  'Basic pay in rupees a month; null when not recorded.';
comment on column public.employee_private_details.exit_reason is
  'Why the employee left; null while employed or when not recorded.';
comment on column public.employee_private_details.created_at is 'When the row was made.';
comment on column public.employee_private_details.updated_at is 'When the row last changed.';
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
  'Where somebody is signed in. The token that opens a session is not here: see user_session_secrets.';
comment on column public.user_sessions.id is
  'Identifies the session; the session_id in its tokens.';
comment on column public.user_sessions.user_id is 'Person who is signed in.';
comment on column public.user_sessions.device_info is
  'Object that the app sent about the device, such as platform and model; null when it sent none.';
comment on column public.user_sessions.ip_address is
  'Network address at sign-in; null when not recorded.';
comment on column public.user_sessions.user_agent is
  'Browser or app as it named itself at sign-in; null when it did not.';
comment on column public.user_sessions.location_info is
  'Object with the rough place of the network address, such as city; null when not known.';
comment on column public.user_sessions.started_at is 'When the person signed in.';
comment on column public.user_sessions.last_activity_at is 'When the session was last used.';
comment on column public.user_sessions.expires_at is 'When the session ends by itself.';
comment on column public.user_sessions.status is 'Whether the session lets the person in.';
create policy select_own on public.user_sessions for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_own_staff on public.user_sessions for select to staff
  using (user_id = (select auth.uid()));
grant select on public.user_sessions to authenticated, staff;
-- Withheld: every write. Sessions begin and end by signing in and out.

create table app_private.user_session_secrets (
  session_id uuid primary key references public.user_sessions (id) on delete cascade,
  session_token text not null unique
);
alter table app_private.user_session_secrets enable row level security;
comment on table app_private.user_session_secrets is
  'What opens a session, apart from what its owner may read about it.';

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
create trigger _100_timestamps before insert or update on public.user_documents
  for each row execute function app_private.tg__timestamps();
comment on table public.user_documents is
  'Documents that a person handed in. A verified one can no longer be changed or withdrawn by its owner.';
comment on column public.user_documents.id is 'Identifies the document.';
comment on column public.user_documents.user_id is 'Person who handed it in.';
comment on column public.user_documents.document_type is 'What kind of document it is.';
comment on column public.user_documents.document_number is
  'Number printed on the document; null when it has none or it was not given.';
comment on column public.user_documents.document_name is
  'Title under which its owner finds it again.';
comment on column public.user_documents.file_url is 'URL of the uploaded scan or photo.';
comment on column public.user_documents.file_type is
  'Media type of the file, such as application/pdf; null when not known.';
comment on column public.user_documents.file_size is
  'Size of the file in bytes; null when not known.';
comment on column public.user_documents.verified is
  'Whether it was checked and found right; its owner can no longer change it then.';
comment on column public.user_documents.verified_by is 'Who checked it; null until then.';
comment on column public.user_documents.verified_at is 'When it was checked; null until then.';
comment on column public.user_documents.expiry_date is
  'Last day of validity printed on it; null when it has none.';
comment on column public.user_documents.created_at is 'When the row was made.';
comment on column public.user_documents.updated_at is 'When the row last changed.';
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
-- Withheld: verified and by whom.
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
create trigger _100_timestamps before insert or update on public.user_preferences
  for each row execute function app_private.tg__timestamps();
comment on table public.user_preferences is 'How a person wishes to be spoken to, one row each.';
comment on column public.user_preferences.id is 'Identifies the preferences.';
comment on column public.user_preferences.user_id is 'Person whose preferences these are.';
comment on column public.user_preferences.notification_email is
  'Whether the person takes notifications by e-mail.';
comment on column public.user_preferences.notification_sms is
  'Whether the person takes notifications by text message.';
comment on column public.user_preferences.notification_push is
  'Whether the person takes notifications as push messages.';
comment on column public.user_preferences.notification_whatsapp is
  'Whether the person takes notifications on WhatsApp; off until they say so.';
comment on column public.user_preferences.language is
  'Language for messages and apps, such as en or hi-IN.';
comment on column public.user_preferences.timezone is
  'IANA zone in which apps show times, such as Asia/Kolkata.';
comment on column public.user_preferences.currency is
  'ISO 4217 code in which apps show prices, such as INR; amounts themselves are rupees.';
comment on column public.user_preferences.theme is 'Look of the app.';
comment on column public.user_preferences.preferences is
  'Object in which apps keep further choices, {} at first; the platform does not read it.';
comment on column public.user_preferences.created_at is 'When the row was made.';
comment on column public.user_preferences.updated_at is 'When the row last changed.';
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
  created_at timestamptz not null default now()
);
alter table public.user_kyc_verification enable row level security;
-- One verification of a kind is open or valid at a time.
create unique index user_kyc_verification_open_key
  on public.user_kyc_verification (user_id, verification_type)
  where verification_status in ('pending', 'verified');
create index user_kyc_verification_user_id_idx on public.user_kyc_verification (user_id);
comment on table public.user_kyc_verification is
  'What was verified about a person, and how it went. Submitted by its owner, decided by others.';
comment on column public.user_kyc_verification.id is 'Identifies the verification.';
comment on column public.user_kyc_verification.user_id is 'Person who is verified.';
comment on column public.user_kyc_verification.verification_type is
  'What is verified about the person.';
comment on column public.user_kyc_verification.verification_status is
  'How far it is; decided by those who check and never by the person.';
comment on column public.user_kyc_verification.verification_data is
  'Object with what the person submitted, keys depending on the type; null when nothing was.';
comment on column public.user_kyc_verification.verified_at is
  'When it was found right; null until then.';
comment on column public.user_kyc_verification.expires_at is
  'When it must be done again; null when it need not be or is not decided.';
comment on column public.user_kyc_verification.created_at is 'When the row was made.';
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
grant select on public.user_kyc_verification to authenticated, staff;
-- Withheld: status, dates.
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
create trigger _100_timestamps before insert or update on public.user_bank_details
  for each row execute function app_private.tg__timestamps();
create trigger _300_one_primary before insert or update of is_primary on public.user_bank_details
  for each row when (new.is_primary)
  execute function app_private.tg__one_chosen('user_id', 'is_primary');
comment on table public.user_bank_details is
  'Bank accounts to pay a person out to. Changing the account takes its verification away: owners add a new one instead.';
comment on column public.user_bank_details.id is 'Identifies the bank account.';
comment on column public.user_bank_details.user_id is 'Person to whom the account belongs.';
comment on column public.user_bank_details.account_holder_name is 'Holder as the bank knows them.';
comment on column public.user_bank_details.account_number is
  'Number of the account, 9 to 18 digits.';
comment on column public.user_bank_details.ifsc_code is
  'Code of the bank''s branch, such as HDFC0001234.';
comment on column public.user_bank_details.bank_name is 'Bank that keeps the account.';
comment on column public.user_bank_details.branch_name is
  'Branch of the bank; null when not given.';
comment on column public.user_bank_details.account_type is
  'Savings or current; null when not given.';
comment on column public.user_bank_details.is_primary is
  'Whether payouts go here; one account a person.';
comment on column public.user_bank_details.is_verified is
  'Whether the platform found the account to exist and belong to the person.';
comment on column public.user_bank_details.created_at is 'When the row was made.';
comment on column public.user_bank_details.updated_at is 'When the row last changed.';
comment on constraint user_bank_details_account_number_format on public.user_bank_details is
  'An account number has 9 to 18 digits.';
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
-- Withheld: is_verified, and any change to the account itself.
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
create index emergency_contacts_user_id_idx on public.emergency_contacts (user_id);
create unique index emergency_contacts_one_primary_key on public.emergency_contacts (user_id)
  where is_primary;
create trigger _300_one_primary before insert or update of is_primary on public.emergency_contacts
  for each row when (new.is_primary)
  execute function app_private.tg__one_chosen('user_id', 'is_primary');
comment on table public.emergency_contacts is 'Whom to call when something happens to a person.';
comment on column public.emergency_contacts.id is 'Identifies the contact.';
comment on column public.emergency_contacts.user_id is 'Person for whom the contact is called.';
comment on column public.emergency_contacts.name is 'Who is to be called.';
comment on column public.emergency_contacts.relationship is
  'What the contact is to the person, such as mother or friend.';
comment on column public.emergency_contacts.mobile is
  'Number to call in E.164, such as +919876543210.';
comment on column public.emergency_contacts.email is
  'Address of the contact in lower case; null when not given.';
comment on column public.emergency_contacts.address is
  'Where the contact lives, in one text; null when not given.';
comment on column public.emergency_contacts.is_primary is 'Whether to try this contact first.';
comment on column public.emergency_contacts.created_at is 'When the row was made.';
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

create function public.departments_employee_count(department public.departments) returns integer
language sql stable set search_path = '' as $$
  select count(*)::integer from public.employees e
  where e.department_id = department.id and e.is_active
$$;
comment on function public.departments_employee_count(public.departments) is
  'How many active employees the department has.';
grant execute on function public.departments_employee_count(public.departments) to staff;

/*
 * Giving and taking roles.
 */
create function app_private.require_permission(p_code text) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if (select auth.uid()) is null then
    raise exception 'Please sign in first.' using errcode = 'OB001';
  end if;
  if not app_private.has_permission(p_code) then
    raise exception 'Your roles do not allow this (%).', p_code using errcode = 'OB002';
  end if;
end
$$;
comment on function app_private.require_permission(text) is
  'Raises OB001 for visitors and OB002 for people without the permission.';

create function public.grant_role(user_id uuid, role_code text, valid_until date default null)
returns public.user_roles
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_role public.roles;
  v_granted public.user_roles;
begin
  perform app_private.require_permission('roles.update');
  if grant_role.user_id = (select auth.uid()) then
    raise exception 'Nobody grants themselves a role.' using errcode = 'OB002';
  end if;
  if grant_role.role_code in ('admin', 'super_admin') and not app_private.holds_role('super_admin') then
    raise exception 'Only a super admin grants this role.' using errcode = 'OB002';
  end if;
  select * into v_role from public.roles r
    where r.code = grant_role.role_code and r.status = 'active';
  if not found then
    raise exception 'There is no role %.', grant_role.role_code using errcode = 'OB003';
  end if;
  if not exists (select from public.user_profiles p where p.id = grant_role.user_id) then
    raise exception 'There is no such person.' using errcode = 'OB003';
  end if;
  if grant_role.valid_until < app_private.today() then
    raise exception 'A role cannot end before today.' using errcode = 'OB020';
  end if;
  insert into public.user_roles (user_id, role_id, department_id, assigned_by, valid_until)
  values (grant_role.user_id, v_role.id, v_role.department_id, (select auth.uid()), grant_role.valid_until)
  returning * into v_granted;
  return v_granted;
end
$$;
comment on function public.grant_role(uuid, text, date) is
  'Gives a person a role. Needs the permission roles.update; admin and super_admin are given by a super admin alone, nobody gives to themselves. Raises OB001, OB002, OB003, OB020, or 23505 where the person holds it already.';

create function public.revoke_role(user_id uuid, role_code text) returns public.user_roles
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_revoked public.user_roles;
begin
  perform app_private.require_permission('roles.update');
  if revoke_role.role_code in ('admin', 'super_admin') and not app_private.holds_role('super_admin') then
    raise exception 'Only a super admin takes this role away.' using errcode = 'OB002';
  end if;
  update public.user_roles ur
  set status = 'inactive', valid_until = greatest(app_private.today(), ur.valid_from)
  from public.roles r
  where r.id = ur.role_id and r.code = revoke_role.role_code
    and ur.user_id = revoke_role.user_id and ur.status = 'active'
  returning ur.* into v_revoked;
  if not found then
    raise exception 'This person does not hold the role %.', revoke_role.role_code
      using errcode = 'OB003';
  end if;
  return v_revoked;
end
$$;
comment on function public.revoke_role(uuid, text) is
  'Takes a role away from a person, at once. Needs the permission roles.update; admin and super_admin are taken by a super admin alone. Raises OB001, OB002, OB003.';

create function public.set_account_status(user_id uuid, status text) returns public.user_profiles
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_profile public.user_profiles;
begin
  perform app_private.require_permission('users.update');
  if set_account_status.user_id = (select auth.uid()) then
    raise exception 'Nobody changes the state of their own account.' using errcode = 'OB002';
  end if;
  if exists (
    select from public.user_roles ur join public.roles r on r.id = ur.role_id
    where ur.user_id = set_account_status.user_id and ur.status = 'active'
      and r.code in ('admin', 'super_admin')
  ) and not app_private.holds_role('super_admin') then
    raise exception 'Only a super admin locks an admin out.' using errcode = 'OB002';
  end if;
  if not exists (select from enums.account_status s where s.value = set_account_status.status) then
    raise exception 'An account is active, inactive, suspended or terminated.' using errcode = 'OB020';
  end if;
  update public.user_profiles p set status = set_account_status.status
  where p.id = set_account_status.user_id
  returning * into v_profile;
  if not found then
    raise exception 'There is no such person.' using errcode = 'OB003';
  end if;
  return v_profile;
end
$$;
comment on function public.set_account_status(uuid, text) is
  'Suspends, terminates or readmits a person: active, inactive, suspended or terminated. It takes effect at that person''s next request. Needs the permission users.update. Raises OB001, OB002, OB003, OB020 (another word).';

grant execute on function
  public.grant_role(uuid, text, date), public.revoke_role(uuid, text),
  public.set_account_status(uuid, text)
to staff;
