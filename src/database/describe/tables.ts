import type pg from 'pg';
import { grantsSql, quoteLiteralComment } from './sql-parts.ts';

/** Of each table, by its name with the schema: itself, its indexes, triggers, policies, comments and grants. */
export async function describeTables(
  client: pg.ClientBase,
  schemas: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ name: string; block: string }>({
    text: tablesQuery,
    values: [schemas],
  });
  return new Map(rows.map(({ name, block }) => [name, block]));
}

const columnsSql = `
  select string_agg(
    format('  %I %s%s%s%s', attname, format_type(atttypid, atttypmod),
      case
        when attidentity <> '' then format(' generated %s as identity',
          case attidentity when 'a' then 'always' else 'by default' end)
        when attgenerated <> '' then format(' generated always as (%s) stored',
          pg_get_expr(adbin, adrelid))
        else ' default ' || pg_get_expr(adbin, adrelid)
      end,
      case when attnotnull then ' not null' end,
      case when attoptions is not null then ' /* ' || array_to_string(attoptions, ', ') || ' */' end),
    E',\\n' order by attnum)
  from pg_attribute
  left join pg_attrdef on adrelid = attrelid and adnum = attnum
  where attrelid = class.oid and attnum > 0 and not attisdropped`;

// Since PostgreSQL 18 not-null constraints (n) are rows too; the columns say it already.
const constraintsSql = `
  select string_agg(
    format('  constraint %I %s', conname, pg_get_constraintdef(oid)),
    E',\\n' order by contype, conname collate "C")
  from pg_constraint
  where conrelid = class.oid and contype not in ('n', 't')`;

const indexesSql = `
  select string_agg(pg_get_indexdef(indexrelid) || ';', E'\\n'
    order by indexrelid::regclass::text collate "C")
  from pg_index
  where indrelid = class.oid
    and not exists (select from pg_constraint where conindid = indexrelid and conrelid = class.oid)
    and not exists (select from pg_inherits where inhrelid = indexrelid)`;

const statisticsSql = `
  select string_agg(pg_get_statisticsobjdef(oid) || ';', E'\\n' order by stxname collate "C")
  from pg_statistic_ext
  where stxrelid = class.oid`;

const triggersSql = `
  select string_agg(pg_get_triggerdef(oid) || ';', E'\\n' order by tgname collate "C")
  from pg_trigger
  where tgrelid = class.oid and not tgisinternal`;

const policiesSql = `
  select string_agg(
    format('create policy %I on %s%s for %s to %s%s%s;', polname, class.oid::regclass,
      case when polpermissive then '' else ' as restrictive' end,
      case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
        when 'd' then 'delete' else 'all' end,
      (select string_agg(
          case role when 0 then 'public' else quote_ident(pg_get_userbyid(role)) end, ', '
          order by pg_get_userbyid(role) collate "C")
        from unnest(polroles) as role),
      E'\\n  using (' || pg_get_expr(polqual, polrelid) || ')',
      E'\\n  with check (' || pg_get_expr(polwithcheck, polrelid) || ')'),
    E'\\n' order by polname collate "C")
  from pg_policy
  where polrelid = class.oid`;

const columnCommentsSql = `
  select string_agg(
    format('comment on column %s.%I is %L;', class.oid::regclass, attname,
      col_description(class.oid, attnum)),
    E'\\n' order by attnum)
  from pg_attribute
  where attrelid = class.oid and attnum > 0 and not attisdropped
    and col_description(class.oid, attnum) is not null`;

const constraintCommentsSql = `
  select string_agg(
    format('comment on constraint %I on %s is %L;', conname, class.oid::regclass,
      obj_description(oid, 'pg_constraint')),
    E'\\n' order by conname collate "C")
  from pg_constraint
  where conrelid = class.oid and obj_description(oid, 'pg_constraint') is not null`;

const columnGrantsSql = `
  select string_agg(line, E'\\n' order by line collate "C")
  from (
    select format('grant %s (%s) on table %s to %I;', lower(privilege_type),
      string_agg(quote_ident(attname), ', ' order by attnum), class.oid::regclass,
      pg_get_userbyid(grantee)) as line
    from pg_attribute
    cross join aclexplode(attacl)
    where attrelid = class.oid and attnum > 0 and not attisdropped
    group by privilege_type, grantee
  ) as lines`;

/** A partition is as its parent: columns, constraints and most indexes go without saying. */
const headSql = `
  case
    when relispartition then format('create table %s partition of %s %s;', class.oid::regclass,
      (select inhparent::regclass from pg_inherits where inhrelid = class.oid),
      lower(pg_get_expr(relpartbound, class.oid)))
    else format(E'create table %s (\\n%s\\n)%s;', class.oid::regclass,
      concat_ws(E',\\n', (${columnsSql}), (${constraintsSql})),
      ' partition by ' || pg_get_partkeydef(class.oid))
  end`;

const tablesQuery = `
  select class.oid::regclass::text as name, concat_ws(E'\\n',
    ${headSql},
    case when relrowsecurity
      then format('alter table %s enable row level security;', class.oid::regclass) end,
    (${indexesSql}),
    (${statisticsSql}),
    (${triggersSql}),
    (${policiesSql}),
    ${quoteLiteralComment("format('table %s', class.oid::regclass)", "obj_description(class.oid, 'pg_class')")},
    (${columnCommentsSql}),
    (${constraintCommentsSql}),
    ${grantsSql("format('table %s', class.oid::regclass)", 'relacl', 'relowner')},
    (${columnGrantsSql})
  ) as block
  from pg_class as class
  where relkind in ('r', 'p') and relnamespace::regnamespace::text = any ($1)
    and not exists (select from pg_depend where objid = class.oid and deptype = 'e')
    -- Partitions of days come and go with the running database; migrations make the default one.
    and (not relispartition or pg_get_expr(relpartbound, class.oid) = 'DEFAULT')
  order by class.oid::regclass::text collate "C"`;
