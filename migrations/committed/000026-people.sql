--! Previous: sha1:cbc1df4338e460ae17434e7156a09d62904c272d
--! Hash: sha1:1894005184ef239154955de8eaceef14058ab719
--! Message: people

--! split: 010-roles.sql
-- People: roles that a super admin edits, what everyone belongs to, and accounts with other services that
-- everyone can list and unlink. Until now roles and their permissions were rows that no act wrote.

--! Included functions/identity/require_super_admin.sql
create or replace function app_private.require_super_admin() returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  if not app_private.holds_role('super_admin') then
    raise exception 'Only a super admin may do this. Ask a super admin.' using errcode = 'OB002';
  end if;
end
$$;
comment on function app_private.require_super_admin() is
  'Raises OB001 for anonymous users and OB002 for users without the role super admin.';
revoke all on function app_private.require_super_admin() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/require_super_admin.sql

--! Included functions/identity/editable_role.sql
create or replace function app_private.editable_role(p_code text) returns public.roles
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_role public.roles;
begin
  perform app_private.require_super_admin();
  select * into v_role from public.roles r where r.code = p_code for no key update;
  if not found then
    raise exception 'The role % was not found. Check the code.', coalesce(p_code, '')
      using errcode = 'OB003', column = 'code';
  end if;
  if v_role.code = 'super_admin' or app_private.holds_role(v_role.code) then
    raise exception 'You cannot change a role that you hold, nor the role super admin. Ask another super admin, or choose another role.'
      using errcode = 'OB031', column = 'code';
  end if;
  return v_role;
end
$$;
comment on function app_private.editable_role(text) is
  'The role with this code, locked, for a super admin who may change it. Raises OB001, OB002, OB003, OB031 (a role that the user holds, or super admin).';
revoke all on function app_private.editable_role(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/editable_role.sql

--! Included functions/identity/create_role.sql
create or replace function public.create_role(
  code text, name text, description text default null, department_code text default null, level integer default 1
) returns public.roles
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_department public.departments;
  v_role public.roles;
begin
  perform app_private.require_super_admin();
  if coalesce(create_role.name, '') !~ '\S' then
    raise exception 'Name is required. Enter the title of the role.' using errcode = 'OB020', column = 'name';
  end if;
  if create_role.department_code is not null then
    select * into v_department from public.departments d
    where d.code = create_role.department_code and d.status = 'active';
    if not found then
      raise exception 'The department % was not found. Check the code.', create_role.department_code
        using errcode = 'OB003', column = 'department_code';
    end if;
  end if;
  insert into public.roles (code, name, description, department_id, level, is_staff, profile_role)
  values (trim(create_role.code), trim(create_role.name), nullif(trim(create_role.description), ''), v_department.id,
    coalesce(create_role.level, 1), true, 'employee')
  returning * into v_role;
  return v_role;
end
$$;
comment on function public.create_role(text, text, text, text, integer) is
  'Creates a role for users who work for the platform, without permissions: setRolePermissions gives them, grantRole gives the role to users. Only for super admins. Raises OB001, OB002, OB003, OB020, or 23505 when the code is taken.';
revoke all on function public.create_role(text, text, text, text, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.create_role(text, text, text, text, integer) to staff;
--! EndIncluded functions/identity/create_role.sql

--! Included functions/identity/update_role.sql
create or replace function public.update_role(
  code text, name text default null, description text default null, status text default null
) returns public.roles
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_role public.roles := app_private.editable_role(update_role.code);
begin
  if update_role.name !~ '\S' then
    raise exception 'Name is empty. Enter the title of the role, or leave the field out.'
      using errcode = 'OB020', column = 'name';
  end if;
  if update_role.status <> v_role.status and v_role.is_system_role then
    raise exception 'The platform depends on this role, so it stays active. Change its permissions instead.'
      using errcode = 'OB030', column = 'status';
  end if;
  update public.roles r
  set name = coalesce(trim(update_role.name), r.name),
    description = coalesce(nullif(trim(update_role.description), ''), r.description),
    status = coalesce(update_role.status, r.status)
  where r.id = v_role.id
  returning * into v_role;
  return v_role;
end
$$;
comment on function public.update_role(text, text, text, text) is
  E'@enumArgument status role_status\nChanges the title, the description or the status of a role; what is left out stays. An inactive role gives its holders nothing from their next request on. Only for super admins. Raises OB001, OB002, OB003, OB020, OB030 (the platform depends on the role), OB031 (a role that you hold, or super admin).';
revoke all on function public.update_role(text, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.update_role(text, text, text, text) to staff;
--! EndIncluded functions/identity/update_role.sql

--! Included functions/identity/set_role_permissions.sql
create or replace function public.set_role_permissions(code text, permissions text[]) returns public.roles
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_role public.roles := app_private.editable_role(set_role_permissions.code);
  v_unknown text;
begin
  if set_role_permissions.permissions is null then
    raise exception 'Permissions are required. Send all that the role is to have, or an empty list.'
      using errcode = 'OB020', column = 'permissions';
  end if;
  select c into v_unknown from unnest(set_role_permissions.permissions) c
  where not exists (select from public.permissions p where p.code = c)
  order by c limit 1;
  if found then
    raise exception 'The permission % was not found. Check its code.', coalesce(v_unknown, 'null')
      using errcode = 'OB003', column = 'permissions';
  end if;
  delete from public.role_permissions rp
  using public.permissions p
  where rp.role_id = v_role.id and p.id = rp.permission_id and p.code <> all (set_role_permissions.permissions);
  insert into public.role_permissions (role_id, permission_id)
  select v_role.id, p.id from public.permissions p where p.code = any (set_role_permissions.permissions)
  on conflict (role_id, permission_id) do nothing;
  select * into strict v_role from public.roles r where r.id = v_role.id;
  return v_role;
end
$$;
comment on function public.set_role_permissions(text, text[]) is
  'Gives a role exactly these permissions, by their codes, in place of those that it had; its holders have them from their next request on. Only for super admins. Raises OB001, OB002, OB003, OB020, OB031 (a role that you hold, or super admin).';
revoke all on function public.set_role_permissions(text, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.set_role_permissions(text, text[]) to staff;
--! EndIncluded functions/identity/set_role_permissions.sql

--! split: 020-memberships.sql
create type public.membership as (
  kind text, vendor_id uuid, department_id uuid, organisation text, role text, status text, since date, last_day date
);
comment on type public.membership is 'Something that a user belongs to.';
comment on column public.membership.kind is 'Whether as owner, as staff of a vendor, as provider, as employee or as member of a department.';
comment on column public.membership.vendor_id is 'Vendor of an owner, of staff or of a provider; otherwise null.';
comment on column public.membership.department_id is 'Department of an employee or a department member; otherwise null.';
comment on column public.membership.organisation is 'Name of the vendor or the department.';
comment on column public.membership.role is
  'What the user is there: owner; the role in the staff; therapist or beautician; the designation; or head, deputy, member or viewer.';
comment on column public.membership.status is 'State of the vendor of an owner, otherwise of the membership.';
comment on column public.membership.since is 'First day, in India.';
comment on column public.membership.last_day is 'Last day; null while it has no end.';

--! Included functions/invitations/my_memberships.sql
create or replace function public.my_memberships() returns setof public.membership
language sql stable security definer set search_path = '' as $$
  select m.kind, m.vendor_id, m.department_id, m.organisation, m.role, m.status, m.since, m.last_day
  from (
    select 'owner' as kind, v.id as vendor_id, null::uuid as department_id, v.business_name as organisation,
      'owner' as role, v.status, app_private.day_of(v.created_at) as since, null::date as last_day
    from public.vendors v where v.user_id = (select auth.uid())
    union all
    select 'vendor_staff', s.vendor_id, null, v.business_name, s.role, s.status, app_private.day_of(s.created_at), null
    from public.vendor_staff s join public.vendors v on v.id = s.vendor_id
    where s.user_id = (select auth.uid())
    union all
    select 'provider', q.vendor_id, null, v.business_name, q.role, q.status, app_private.day_of(q.created_at), d.last_day
    from (
      select p.id, t.vendor_id, 'therapist' as role, t.status, t.created_at
      from public.therapists t join public.providers p on p.therapist_id = t.id
      where t.user_id = (select auth.uid())
      union all
      select p.id, b.vendor_id, 'beautician', b.status, b.created_at
      from public.beauticians b join public.providers p on p.beautician_id = b.id
      where b.user_id = (select auth.uid())
    ) q
    join public.vendors v on v.id = q.vendor_id
    left join public.provider_private_details d on d.provider_id = q.id
    union all
    select 'employee', null, e.department_id, d.name, e.designation, e.status, e.joining_date, e.exit_date
    from public.employees e join public.departments d on d.id = e.department_id
    where e.id = (select auth.uid()) and e.status <> 'terminated'
    union all
    select 'department_member', null, a.department_id, d.name, a.assignment_type, a.status,
      app_private.day_of(a.valid_from), app_private.day_of(a.valid_until)
    from public.department_user_assignments a join public.departments d on d.id = a.department_id
    where a.user_id = (select auth.uid()) and a.status <> 'inactive' and coalesce(a.valid_until, 'infinity') > now()
  ) m
  order by m.since, m.kind, m.organisation
$$;
comment on function public.my_memberships() is
  'Everything that the signed-in user belongs to: own businesses, staff of vendors, provider, employment and departments of the platform; oldest first. The mutation leaveMembership ends one.';
revoke all on function public.my_memberships() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.my_memberships() to authenticated, staff;
--! EndIncluded functions/invitations/my_memberships.sql

--! split: 030-linked-accounts.sql
create type public.linked_account as (
  provider text, email text, name text, picture text, linked_at timestamptz
);
comment on type public.linked_account is 'An account with another service by which its user can sign in.';
comment on column public.linked_account.provider is 'Service: google or facebook.';
comment on column public.linked_account.email is 'E-mail address that the service gave; null when it gave none.';
comment on column public.linked_account.name is 'Name that the service gave; null when it gave none.';
comment on column public.linked_account.picture is 'Address of a picture that the service gave; null when it gave none.';
comment on column public.linked_account.linked_at is 'When it was linked.';

--! Included functions/signing-in/linked_accounts.sql
create or replace function public.linked_accounts() returns setof public.linked_account
language sql stable security definer set search_path = '' as $$
  select l.provider, l.provider_email::text, l.provider_name, l.provider_picture, l.created_at
  from public.vendor_social_auth l
  where l.user_id = (select auth.uid())
  order by l.created_at, l.provider
$$;
comment on function public.linked_accounts() is
  'Accounts with other services (Google, Facebook) by which the signed-in user can sign in; first linked first. The mutation unlinkAccount removes one.';
revoke all on function public.linked_accounts() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.linked_accounts() to authenticated, staff;
--! EndIncluded functions/signing-in/linked_accounts.sql

--! Included functions/signing-in/unlink_account.sql
create or replace function public.unlink_account(provider text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user_id uuid := (select auth.uid());
begin
  if v_user_id is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  perform app_private.require_own_accounts();
  perform app_private.require_recent_sign_in();
  -- Two accounts that are unlinked at once queue here, so that the last one stays.
  perform from public.user_profiles p where p.id = v_user_id for no key update;
  if not exists (
    select from public.vendor_social_auth l where l.user_id = v_user_id and l.provider = unlink_account.provider) then
    raise exception 'No account of this kind is linked. Reload your linked accounts.'
      using errcode = 'OB003', column = 'provider';
  end if;
  if not exists (
    select from app_private.proven_contacts(v_user_id) c where c.mobile is not null or c.email is not null)
    and not exists (
      select from public.vendor_social_auth l where l.user_id = v_user_id and l.provider <> unlink_account.provider) then
    raise exception 'This is your only way to sign in. Verify a mobile number or an e-mail address first.'
      using errcode = 'OB030', column = 'provider';
  end if;
  delete from public.vendor_social_auth l where l.user_id = v_user_id and l.provider = unlink_account.provider;
  return true;
end
$$;
comment on function public.unlink_account(text) is
  E'@enumArgument provider social_provider\nRemoves an account with another service from your own account, by default within 15 minutes of signing in: it can no longer sign you in. Your sessions stay. Raises OB001, OB003 (no such account is linked), OB030 (sign in again first; or your only way to sign in), OB091.';
revoke all on function public.unlink_account(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.unlink_account(text) to authenticated, staff;
--! EndIncluded functions/signing-in/unlink_account.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.22', 'people', '2026-11-29', 'Roles and permissions edited by super admins, memberships and linked accounts that everyone sees');
