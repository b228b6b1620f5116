-- The first three are trusted: a database owner may create them. An extension that the platform already has,
-- in whatever schema, stays there.

create extension if not exists btree_gist with schema public; -- one provider, one place at a time
create extension if not exists cube with schema public; -- distances between places, with an index
create extension if not exists pg_trgm with schema public; -- search by part of a name

-- Which statements cost most, for operators of the database. Not trusted, and useful only where the server
-- preloads its library: without either there is nothing to see, and nothing of ours needs it.
do $$
begin
  if 'pg_stat_statements' = any (string_to_array(replace(current_setting('shared_preload_libraries', true), ' ', ''), ','))
    and exists (select from pg_catalog.pg_available_extensions where name = 'pg_stat_statements')
    and not exists (select from pg_catalog.pg_extension where extname = 'pg_stat_statements')
  then
    -- Not visible to the API, in the schema that Supabase has for it.
    create schema if not exists extensions;
    create extension pg_stat_statements with schema extensions;
    grant usage on schema extensions to ombaro_owner;
  end if;
exception
  when insufficient_privilege then
    raise notice 'pg_stat_statements is not there, and % may not add it.', current_user;
end
$$;
