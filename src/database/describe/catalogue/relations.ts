import { relationSql, roleName } from './sql-parts.ts';

/** Tables, views and sequences, and their columns. */
export const relationQueries: readonly string[] = [
  `with ${relationSql}
  select object, case relkind when 'v' then 'view' when 'm' then 'view' else 'table' end as kind,
    null as parent,
    json_build_object(
      'owner', ${roleName('relowner')},
      'row level security', case when relforcerowsecurity then 'forced'
        when relrowsecurity then 'on' else 'off' end,
      'persistence', case relpersistence when 'u' then 'unlogged' else 'logged' end,
      'partitioned by', pg_get_partkeydef(oid),
      'partition of', (select inhparent::regclass::text from pg_inherits where inhrelid = relation.oid),
      'options', array_to_string(reloptions, ', '),
      'definition', case when relkind in ('v', 'm') then pg_get_viewdef(oid, true) end,
      'comment', obj_description(oid, 'pg_class')
    ) as facts
  from relation
  where relkind <> 'S'`,

  // A sequence that an identity column brings goes without saying.
  `with ${relationSql}
  select object, 'sequence' as kind, null as parent,
    json_build_object(
      'owner', ${roleName('relowner')},
      'definition', format('as %s increment %s minvalue %s maxvalue %s start %s%s', seqtypid::regtype,
        seqincrement, seqmin, seqmax, seqstart, case when seqcycle then ' cycle' end),
      'comment', obj_description(oid, 'pg_class')
    ) as facts
  from relation
  join pg_sequence on seqrelid = oid
  where not exists (
    select from pg_depend
    where classid = 'pg_class'::regclass and objid = relation.oid and deptype = 'i'
  )`,

  `with ${relationSql}
  select format('column %I of %s', attname, attrelid::regclass) as object, 'column' as kind,
    object as parent,
    json_build_object(
      'type', format_type(atttypid, atttypmod),
      'not null', attnotnull::text,
      'default', case when attgenerated = '' then pg_get_expr(adbin, adrelid) end,
      'generated', case when attgenerated <> '' then pg_get_expr(adbin, adrelid)
        else case attidentity when 'a' then 'always' when 'd' then 'by default' end end,
      'collation', case when attcollation <> typcollation then attcollation::regcollation::text end,
      'options', array_to_string(attoptions, ', '),
      'comment', col_description(attrelid, attnum)
    ) as facts
  from relation
  join pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
  join pg_type on pg_type.oid = atttypid
  left join pg_attrdef on adrelid = attrelid and adnum = attnum
  where relkind <> 'S'`,
];
