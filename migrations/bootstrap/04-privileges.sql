-- What each role may do before migration 1. Granted where missing and nowhere else. On Supabase the
-- administrator may not pass on rights to `auth`: a grant is then a warning and no error, and the missing
-- rights are worked around below and, for the foreign key to auth.users, after the migrations.

do $$
declare
  v_missing record;
begin
  for v_missing in
    select grantee, privilege
    from unnest(array['ombaro_owner', 'ombaro_api', 'ombaro_worker']) as grantee,
      unnest(array['connect', 'create', 'temporary']) as privilege
    where (grantee = 'ombaro_owner' or privilege = 'connect')
      and not has_database_privilege(grantee, current_database(), privilege)
  loop
    execute format(
      'grant %s on database %I to %I', v_missing.privilege, current_database(), v_missing.grantee
    );
  end loop;

  for v_missing in
    select schema_name, grantee
    from unnest(array['public', 'auth']) as schema_name,
      unnest(array['ombaro_owner', 'anon', 'authenticated', 'staff', 'service_role']) as grantee
    where not has_schema_privilege(grantee, schema_name, 'usage')
  loop
    execute format('grant usage on schema %I to %I', v_missing.schema_name, v_missing.grantee);
  end loop;

  if not has_schema_privilege('ombaro_owner', 'public', 'create') then
    grant create on schema public to ombaro_owner;
  end if;

  -- Before PostgreSQL 15 everyone may create there, which allows anyone to shadow our functions.
  if has_schema_privilege('public', 'public', 'create') then
    revoke create on schema public from public;
  end if;

  if not has_table_privilege('ombaro_owner', 'auth.users', 'references') then
    grant references on auth.users to ombaro_owner;
  end if;

  for v_missing in
    select function_name, grantee
    from unnest(array['auth.uid()', 'auth.role()', 'auth.jwt()']) as function_name,
      unnest(array['ombaro_owner', 'anon', 'authenticated', 'staff', 'service_role']) as grantee
    where not has_function_privilege(grantee, function_name, 'execute')
  loop
    execute format('grant execute on function %s to %I', v_missing.function_name, v_missing.grantee);
  end loop;

  -- Writing policies needs auth.uid(). anon has it, and no other right of its own.
  if not has_schema_privilege('ombaro_owner', 'auth', 'usage') then
    grant anon to ombaro_owner;
  end if;
end
$$;
