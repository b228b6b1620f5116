-- `auth` as policies on Supabase expect it: only what is missing, so that a platform's own tables and
-- functions are not touched. The other schemas belong to migration 1.

create schema if not exists auth authorization ombaro_owner;

do $$
begin
  if to_regclass('auth.users') is null then
    -- Only what a sign-in needs; everything else about a user is in public.user_profiles.
    create table auth.users (
      id uuid primary key default gen_random_uuid(),
      email text unique,
      phone text unique,
      raw_user_meta_data jsonb,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      last_sign_in_at timestamptz
    );
    alter table auth.users owner to ombaro_owner;
    alter table auth.users enable row level security;
    comment on table auth.users is 'Who can sign in. No policy: only the owner and its functions read it.';
  end if;

  if to_regprocedure('auth.jwt()') is null then
    create function auth.jwt() returns jsonb
      language sql stable
      as $body$
        select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb
      $body$;
    alter function auth.jwt() owner to ombaro_owner;
    comment on function auth.jwt() is 'The claims of this request''s token; empty for anonymous users.';
  end if;

  if to_regprocedure('auth.uid()') is null then
    create function auth.uid() returns uuid
      language sql stable
      as $body$
        select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
      $body$;
    alter function auth.uid() owner to ombaro_owner;
    comment on function auth.uid() is 'The signed-in user; null for anonymous users.';
  end if;

  if to_regprocedure('auth.role()') is null then
    create function auth.role() returns text
      language sql stable
      as $body$
        select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
      $body$;
    alter function auth.role() owner to ombaro_owner;
    comment on function auth.role() is 'The role that the token claims; the role that counts is current_user.';
  end if;
end
$$;
