import { relationSql, roleName } from './sql-parts.ts';

/** Constraints, indexes, statistics, triggers, rules and policies of the tables. */
export const tablePartQueries: readonly string[] = [
  // Since PostgreSQL 18 not-null constraints (n) are rows too; the columns say it already.
  `with ${relationSql}
  select format('constraint %I on %s', conname, conrelid::regclass) as object, 'constraint' as kind,
    relation.object as parent,
    json_build_object(
      'definition', regexp_replace(pg_get_constraintdef(con.oid), ' NOT VALID$', ''),
      'validated', convalidated::text,
      'enforced', (not exists (
        select from pg_trigger where tgconstraint = con.oid and tgisinternal and tgenabled = 'D'
      ))::text,
      'comment', obj_description(con.oid, 'pg_constraint')
    ) as facts
  from relation
  join pg_constraint as con on conrelid = relation.oid
  where contype not in ('n', 't')`,

  `with ${relationSql}
  select 'index ' || indexrelid::regclass as object, 'index' as kind,
    case when con.oid is null then relation.object
      else format('constraint %I on %s', conname, conrelid::regclass) end as parent,
    json_build_object(
      'definition', pg_get_indexdef(indexrelid),
      'valid', (indisvalid and indisready and indislive)::text,
      'comment', obj_description(indexrelid, 'pg_class')
    ) as facts
  from relation
  join pg_index on indrelid = relation.oid
  left join pg_constraint as con on conindid = indexrelid and conrelid = indrelid`,

  `with ${relationSql}
  select format('statistics %I on %s', stxname, stxrelid::regclass) as object, 'statistics' as kind,
    relation.object as parent,
    json_build_object('definition', pg_get_statisticsobjdef(stats.oid)) as facts
  from relation
  join pg_statistic_ext as stats on stxrelid = relation.oid`,

  `with ${relationSql}
  select format('trigger %I on %s', tgname, tgrelid::regclass) as object, 'trigger' as kind,
    relation.object as parent,
    json_build_object(
      'definition', pg_get_triggerdef(trigger.oid),
      'enabled', case tgenabled when 'O' then 'true' when 'D' then 'false'
        when 'A' then 'always' else 'on replicas' end,
      'comment', obj_description(trigger.oid, 'pg_trigger')
    ) as facts
  from relation
  join pg_trigger as trigger on tgrelid = relation.oid
  where not tgisinternal`,

  // A view is a rule of this name.
  `with ${relationSql}
  select format('rule %I on %s', rulename, ev_class::regclass) as object, 'rule' as kind,
    relation.object as parent,
    json_build_object('definition', pg_get_ruledef(rule.oid)) as facts
  from relation
  join pg_rewrite as rule on ev_class = relation.oid
  where rulename <> '_RETURN'`,

  `with ${relationSql}
  select format('policy %I on %s', polname, polrelid::regclass) as object, 'policy' as kind,
    relation.object as parent,
    json_build_object(
      'for', case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
        when 'd' then 'delete' else 'all' end,
      'to', (
        select string_agg(${roleName('role')}, ', ' order by ${roleName('role')} collate "C")
        from unnest(polroles) as role),
      'using', pg_get_expr(polqual, polrelid),
      'with check', pg_get_expr(polwithcheck, polrelid),
      'combined', case when polpermissive then 'permissive' else 'restrictive' end,
      'comment', obj_description(policy.oid, 'pg_policy')
    ) as facts
  from relation
  join pg_policy as policy on polrelid = relation.oid`,
];
