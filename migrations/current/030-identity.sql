-- Who is asking, and what is theirs. Policies ask these questions and no others.
--
-- Every look-up across tables is a `security definer` function that returns an array: no policy
-- reads a table whose policy reads it back, and each branch of a policy stays an index
-- condition. They are plpgsql because they stand before the tables that they read.
--
-- The schema is not part of the API, so no client can call them by name.

create function app_private.has_permission(p_code text) returns boolean
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
  'Whether one of the roles that the signed-in person holds today has this permission.';

create function app_private.holds_role(p_code text) returns boolean
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
  'Whether the signed-in person holds this role today.';

-- Floors: the permission as an index condition (see the head of this migration).
create function app_private.floor_uuid(p_permission text) returns uuid
language sql stable security definer set search_path = '' as $$
  select '00000000-0000-0000-0000-000000000000'::uuid where app_private.has_permission(p_permission)
$$;
comment on function app_private.floor_uuid(text) is
  'The lowest uuid for who has the permission, null for everybody else.';

create function app_private.floor_instant(p_permission text) returns timestamptz
language sql stable security definer set search_path = '' as $$
  select '-infinity'::timestamptz where app_private.has_permission(p_permission)
$$;
comment on function app_private.floor_instant(text) is
  'The lowest instant for who has the permission, null for everybody else.';

create function app_private.floor_date(p_permission text) returns date
language sql stable security definer set search_path = '' as $$
  select '-infinity'::date where app_private.has_permission(p_permission)
$$;
comment on function app_private.floor_date(text) is
  'The lowest date for who has the permission, null for everybody else.';

create function app_private.floor_text(p_permission text) returns text
language sql stable security definer set search_path = '' as $$
  select ''::text where app_private.has_permission(p_permission)
$$;
comment on function app_private.floor_text(text) is
  'The lowest text for who has the permission, null for everybody else.';

-- The same for tables whose key is a person: all people with the permission, oneself without.
create function app_private.people_from(p_permission text) returns uuid
language sql stable security definer set search_path = '' as $$
  select case when app_private.has_permission(p_permission)
    then '00000000-0000-0000-0000-000000000000'::uuid else auth.uid() end
$$;
comment on function app_private.people_from(text) is
  'First of the people whose rows may be seen: everybody with the permission, else oneself.';

create function app_private.people_to(p_permission text) returns uuid
language sql stable security definer set search_path = '' as $$
  select case when app_private.has_permission(p_permission)
    then 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid else auth.uid() end
$$;
comment on function app_private.people_to(text) is
  'Last of the people whose rows may be seen: everybody with the permission, else oneself.';

create function app_private.my_vendor_ids(p_part text) returns uuid[]
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
  'Vendors that the signed-in person owns or works for with this part of the owner''s rights: member, manage, bookings or money.';

create function app_private.my_owned_vendor_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(select v.id from public.vendors v where v.user_id = (select auth.uid()));
end
$$;
comment on function app_private.my_owned_vendor_ids() is 'Vendors that the signed-in person owns.';

create function app_private.my_booked_vendor_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select distinct b.vendor_id from public.bookings b where b.customer_id = (select auth.uid())
  );
end
$$;
comment on function app_private.my_booked_vendor_ids() is
  'Vendors that the signed-in customer has ever booked: they stay visible when no longer listed.';

create function app_private.my_therapist_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(select t.id from public.therapists t where t.user_id = (select auth.uid()));
end
$$;
comment on function app_private.my_therapist_ids() is
  'Therapist rows of the signed-in person.';

create function app_private.my_desk_therapist_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select t.id from public.therapists t
    where t.vendor_id = any (app_private.my_vendor_ids('bookings'))
  );
end
$$;
comment on function app_private.my_desk_therapist_ids() is
  'Therapists of the vendors for which the signed-in person handles bookings.';

create function app_private.my_managed_therapist_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select t.id from public.therapists t
    where t.vendor_id = any (app_private.my_vendor_ids('manage'))
  );
end
$$;
comment on function app_private.my_managed_therapist_ids() is
  'Therapists of the vendors that the signed-in person manages.';

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

create function app_private.my_tracked_booking_ids() returns uuid[]
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
  'Bookings of the signed-in customer or vendor whose provider is on the way or serving now: while that lasts, the position may be seen.';

grant execute on function
  app_private.has_permission(text), app_private.holds_role(text),
  app_private.floor_uuid(text), app_private.floor_instant(text),
  app_private.floor_date(text), app_private.floor_text(text),
  app_private.people_from(text), app_private.people_to(text)
to staff;
grant execute on function
  app_private.my_vendor_ids(text), app_private.my_owned_vendor_ids(),
  app_private.my_booked_vendor_ids(), app_private.my_therapist_ids(),
  app_private.my_desk_therapist_ids(), app_private.my_managed_therapist_ids(),
  app_private.my_assigned_booking_ids(), app_private.my_tracked_booking_ids()
to authenticated;

/*
 * The door. The API calls this first in every transaction, in the statement that sets role and
 * claims.
 */
create function app_private.enter_request(p_claims jsonb) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_uuid constant text := '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
  v_user_id uuid;
  v_status text;
begin
  if p_claims is null or p_claims ->> 'role' = 'anon' then
    return 'anon';
  end if;

  if coalesce(p_claims ->> 'sub', '') !~* v_uuid or p_claims ->> 'session_id' !~* v_uuid then
    raise exception 'This access token is not valid.' using errcode = 'OB004';
  end if;
  v_user_id := (p_claims ->> 'sub')::uuid;
  select p.status into v_status from public.user_profiles p where p.id = v_user_id;
  if not found then
    raise exception 'This account is not known here.' using errcode = 'OB008';
  end if;
  if v_status <> 'active' then
    raise exception 'This account is closed or suspended. Please write to customer care.'
      using errcode = 'OB006';
  end if;
  -- Sessions of another issuer (Supabase) are not in our table; their tokens end by themselves.
  if exists (
    select from public.user_sessions s
    where s.id = (p_claims ->> 'session_id')::uuid
      and (s.user_id <> v_user_id or s.status <> 'active' or s.expires_at <= now())
  ) then
    raise exception 'This session has ended. Please sign in again.' using errcode = 'OB007';
  end if;

  if exists (
    select from public.employees e where e.id = v_user_id and e.is_active and e.status = 'active'
  ) or exists (
    select from public.user_roles ur
    join public.roles r on r.id = ur.role_id
    where ur.user_id = v_user_id
      and ur.status = 'active'
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
      and r.status = 'active'
      and r.is_staff
  ) then
    return 'staff';
  end if;
  return 'authenticated';
end
$$;
comment on function app_private.enter_request(jsonb) is
  'The database role of a request with these token claims. Raises OB004 (subject or session is no uuid), OB006 (account suspended or closed), OB007 (session ended), OB008 (no profile yet).';

create function app_private.provision_profile(p_claims jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_id uuid := (p_claims ->> 'sub')::uuid;
  v_email text := lower(nullif(p_claims ->> 'email', ''));
  v_mobile text := '+' || ltrim(nullif(p_claims ->> 'phone', ''), '+');
begin
  if exists (select from public.user_profiles p where p.mobile = v_mobile) then
    v_mobile := null;
  end if;
  insert into public.user_profiles (id, name, email, mobile, mobile_verified, signup_method, role)
  values (
    v_id,
    coalesce(
      nullif(p_claims #>> '{user_metadata,full_name}', ''),
      nullif(p_claims #>> '{user_metadata,name}', ''),
      nullif(split_part(v_email, '@', 1), ''),
      'New member'
    ),
    v_email, v_mobile, v_mobile is not null, 'standard', 'customer'
  )
  on conflict (id) do nothing;
exception
  when foreign_key_violation then
    raise exception 'This account is not known here.' using errcode = 'OB008';
end
$$;
comment on function app_private.provision_profile(jsonb) is
  'Makes the profile of somebody whose account exists but who comes for the first time. Raises OB008 where there is no such account.';

grant execute on function
  app_private.enter_request(jsonb), app_private.provision_profile(jsonb)
to ombaro_api;
