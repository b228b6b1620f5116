// Parts of queries, not values: nothing from outside goes through here.

/** The schemas that are described, as SQL for a list of their numbers; $1 has their names. */
export const describedSchemas = '(select oid from pg_namespace where nspname = any ($1))';

/** True for what came with an extension, as SQL; `catalogue` is the system table that holds it. */
export function isOfExtension(catalogue: string, oid: string): string {
  return `exists (
    select from pg_depend
    where classid = '${catalogue}'::regclass and objid = ${oid} and deptype = 'e'
  )`;
}

/** The relations that are described, as a common table expression `relation`. */
export const relationSql = `relation as (
    select class.*,
      case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
        when 'f' then 'foreign table' else 'table' end || ' ' || class.oid::regclass as object
    from pg_class as class
    where relnamespace in ${describedSchemas} and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and not ${isOfExtension('pg_class', 'class.oid')}
      -- Partitions of days come and go with the running database; migrations make the default one.
      and (not relispartition or pg_get_expr(relpartbound, class.oid) = 'DEFAULT')
  )`;

/** A name of a role as SQL, from its number; 0 is everyone. */
export function roleName(oid: string): string {
  return `case ${oid} when 0 then 'public' else quote_ident(pg_get_userbyid(${oid})) end`;
}
