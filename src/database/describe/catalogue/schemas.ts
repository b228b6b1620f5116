import { describedSchemas, isOfExtension, roleName } from './sql-parts.ts';

/** Schemas, extensions, default privileges, domains and types. */
export const schemaQueries: readonly string[] = [
  // Who owns public and auth is the platform's business.
  `select 'schema ' || quote_ident(nspname) as object, 'schema' as kind, null as parent,
    case when nspname in ('public', 'auth') then '{}'::json
      else json_build_object('owner', ${roleName('nspowner')},
        'comment', obj_description(oid, 'pg_namespace'))
    end as facts
  from pg_namespace
  where oid in ${describedSchemas}
    or nspowner = to_regrole('ombaro_owner') and nspname not in ('auth', 'graphile_migrate')`,

  // Where a platform keeps an extension is its business.
  `select 'extension ' || quote_ident(extname) as object, 'extension' as kind, null as parent,
    '{}'::json as facts
  from pg_extension
  where $1::text[] is not null`,

  `select
    format('default privileges of %s on %s in %s', ${roleName('defaclrole')},
      case defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
        when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end,
      case defaclnamespace when 0 then 'all schemas' else defaclnamespace::regnamespace::text end
    ) as object,
    'grant' as kind,
    null as parent,
    json_build_object('privileges', (
      select string_agg(entry::text, ', ' order by entry::text collate "C")
      from unnest(defaclacl) as entry
    )) as facts
  from pg_default_acl
  where defaclrole = to_regrole('ombaro_owner') and $1::text[] is not null`,

  `select
    case typtype when 'd' then 'domain ' else 'type ' end || type.oid::regtype as object,
    'type' as kind,
    null as parent,
    json_build_object(
      'owner', ${roleName('typowner')},
      'definition', case typtype
        when 'd' then format_type(typbasetype, typtypmod)
        when 'e' then (
          select string_agg(quote_literal(enumlabel), ', ' order by enumsortorder)
          from pg_enum where enumtypid = type.oid)
        else (
          select string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', '
            order by attnum)
          from pg_attribute
          where attrelid = type.typrelid and attnum > 0 and not attisdropped)
      end,
      'default', typdefault,
      'not null', typnotnull::text,
      'comment', obj_description(type.oid, 'pg_type')
    ) as facts
  from pg_type as type
  left join pg_class as composite on composite.oid = type.typrelid
  where typnamespace in ${describedSchemas}
    and (typtype in ('d', 'e') or composite.relkind = 'c')
    and not ${isOfExtension('pg_type', 'type.oid')}`,

  `select format('constraint %I on domain %s', conname, contypid::regtype) as object,
    'constraint' as kind,
    'domain ' || contypid::regtype as parent,
    json_build_object(
      'definition', regexp_replace(pg_get_constraintdef(con.oid), ' NOT VALID$', ''),
      'validated', convalidated::text,
      'comment', obj_description(con.oid, 'pg_constraint')
    ) as facts
  from pg_constraint as con
  join pg_type as type on type.oid = contypid
  where typnamespace in ${describedSchemas} and contype = 'c'
    and not ${isOfExtension('pg_type', 'type.oid')}`,
];
