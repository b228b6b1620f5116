-- A database as Supabase prepares one (supabase/postgres: init-scripts, demote-postgres, the revokes and
-- grants since; supabase/auth: enable_rls_update_grants), as far as it can affect anything of ours. The
-- administrator there is called postgres; here that name is the superuser's.

create role supabase_admin login superuser createdb createrole replication bypassrls;
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
grant anon, authenticated, service_role to authenticator;
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
create role supabase_auth_admin login noinherit;

create role project_admin login nosuperuser createdb createrole replication bypassrls password 'secret';
grant anon, authenticated, service_role to project_admin with admin option;
alter database postgres owner to project_admin;

create schema extensions;
grant usage on schema extensions to project_admin, anon, authenticated, service_role;
grant usage on schema public to anon, authenticated, service_role;

create schema auth authorization supabase_admin;
create table auth.users (
  instance_id uuid,
  id uuid primary key,
  aud varchar(255),
  role varchar(255),
  email varchar(255),
  phone text unique,
  encrypted_password varchar(255),
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  created_at timestamptz,
  updated_at timestamptz
);
alter table auth.users owner to supabase_auth_admin;
alter table auth.users enable row level security;
create function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
  )::uuid
$$;
create function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
  )::text
$$;
create function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;
alter function auth.uid() owner to supabase_auth_admin;
alter function auth.role() owner to supabase_auth_admin;
alter function auth.jwt() owner to supabase_auth_admin;
grant usage on schema auth to anon, authenticated, service_role;
grant all on schema auth to supabase_auth_admin;
-- Without grant option: the administrator uses it and cannot pass it on.
grant usage on schema auth to project_admin;
grant all on auth.users to project_admin;
grant select on auth.users to project_admin with grant option;
grant all on all routines in schema auth to project_admin;

alter default privileges for role project_admin in schema public
  grant all on tables to anon, authenticated, service_role;
alter default privileges for role project_admin in schema public
  grant all on functions to anon, authenticated, service_role;
