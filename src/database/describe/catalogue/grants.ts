import { describedSchemas, isOfExtension, relationSql, roleName } from './sql-parts.ts';

/** One entry for each object and role, the owner's own rights included. */
function grantsSql(acl: string): string {
  return `select 'rights of ' || ${roleName('entry.grantee')} || ' on ' || object as object,
    'grant' as kind,
    object as parent,
    json_build_object('privileges', string_agg(
      lower(privilege_type) || case when is_grantable then ' with grant option' else '' end,
      ', ' order by privilege_type collate "C")) as facts
  from granted
  cross join aclexplode(${acl}) as entry`;
}

export const grantQueries: readonly string[] = [
  `with granted as (
    select 'schema ' || quote_ident(nspname) as object, nspname, nspacl, nspowner
    from pg_namespace
    where oid in ${describedSchemas} and nspname not in ('public', 'auth')
  )
  ${grantsSql(`coalesce(nspacl, acldefault('n', nspowner))`)}
  group by object, entry.grantee`,

  // What the bootstrap gives there depends on what a platform gives already; what counts is what roles can do.
  `select format('rights of %s on schema %s', role, nspname) as object, 'grant' as kind,
    'schema ' || nspname as parent,
    json_build_object('privileges', (
      select string_agg(privilege, ', ' order by privilege)
      from unnest(array['create', 'usage']) as privilege
      where has_schema_privilege(role, pg_namespace.oid, privilege)
    )) as facts
  from pg_namespace
  cross join unnest(array['public', 'anon', 'authenticated', 'staff', 'service_role', 'ombaro_owner',
    'ombaro_api', 'ombaro_worker']) as role
  where oid in ${describedSchemas} and nspname in ('public', 'auth')`,

  `with ${relationSql}, granted as (select * from relation)
  ${grantsSql(`coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))`)}
  group by object, entry.grantee`,

  `with granted as (
    select 'function ' || oid::regprocedure as object, proacl, proowner
    from pg_proc as proc
    where pronamespace in ${describedSchemas} and not ${isOfExtension('pg_proc', 'proc.oid')}
  )
  ${grantsSql(`coalesce(proacl, acldefault('f', proowner))`)}
  group by object, entry.grantee`,

  `with granted as (
    select case typtype when 'd' then 'domain ' else 'type ' end || type.oid::regtype as object,
      typacl, typowner
    from pg_type as type
    left join pg_class as composite on composite.oid = type.typrelid
    where typnamespace in ${describedSchemas}
      and (typtype in ('d', 'e') or composite.relkind = 'c')
      and not ${isOfExtension('pg_type', 'type.oid')}
  )
  ${grantsSql(`coalesce(typacl, acldefault('T', typowner))`)}
  group by object, entry.grantee`,

  `with ${relationSql}
  select format('%s of %s on columns of %s', lower(privilege_type), ${roleName('grantee')},
      relation.oid::regclass) as object,
    'grant' as kind,
    object as parent,
    json_build_object('columns', string_agg(
      quote_ident(attname) || case when is_grantable then ' with grant option' else '' end, ', '
      order by attname collate "C")) as facts
  from relation
  join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
  cross join aclexplode(attacl)
  group by object, relation.oid, privilege_type, grantee`,
];
