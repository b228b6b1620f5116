-- The roles that everything else names. Added where missing, never changed: on Supabase `anon`,
-- `authenticated` and `service_role` exist and only our own four are new. Passwords do not belong in a file
-- of the repository; `ombaro migrate` sets them from the connection settings.

do $$
declare
  v_role record;
begin
  for v_role in
    select name, attributes
    from (values
      ('anon', 'nologin noinherit'),
      ('authenticated', 'nologin noinherit'),
      ('service_role', 'nologin noinherit bypassrls'),
      -- Users with an active employee or department role: a database role of their own, because "… or
      -- is_admin()" in everyone's policy would cost everyone the index.
      ('staff', 'nologin noinherit'),
      -- Owns every object of ours. Deliberately no superuser, no createrole, no bypassrls.
      ('ombaro_owner', 'login'),
      -- Has no rights of its own and becomes one of the three request roles.
      ('ombaro_api', 'login noinherit'),
      ('ombaro_worker', 'login')
    ) as wanted (name, attributes)
    where not exists (select from pg_catalog.pg_roles where rolname = wanted.name)
  loop
    execute format('create role %I %s', v_role.name, v_role.attributes);
  end loop;

  for v_role in
    select name
    from unnest(array['anon', 'authenticated', 'staff']) as name
    where not exists (
      select
      from pg_catalog.pg_auth_members
      where roleid = name::regrole and member = 'ombaro_api'::regrole
    )
  loop
    execute format('grant %I to ombaro_api', v_role.name);
  end loop;

  -- Whatever the time zone of the server: a day added to an instant is 24 hours, and every text of an instant
  -- is in UTC.
  for v_role in
    select name
    from unnest(array['ombaro_owner', 'ombaro_api', 'ombaro_worker']) as name
    where not exists (
      select
      from pg_catalog.pg_db_role_setting s, unnest(s.setconfig) as setting
      where s.setrole = name::regrole and s.setdatabase = 0 and setting ilike 'timezone=%'
    )
  loop
    execute format('alter role %I set timezone = ''UTC''', v_role.name);
  end loop;

  -- A platform's administrator without superuser rights must belong to a role to give it ownership.
  if not pg_has_role(current_user, 'ombaro_owner', 'usage') then
    execute format('grant ombaro_owner to %I', current_user);
  end if;

  -- Users who maintain the database see the sessions and statements of all roles, but no rows.
  if not pg_has_role('ombaro_owner', 'pg_monitor', 'usage') then
    begin
      grant pg_monitor to ombaro_owner;
    exception
      when insufficient_privilege then
        raise notice 'ombaro_owner sees its own sessions alone: % may not grant pg_monitor.', current_user;
    end;
  end if;
end
$$;
