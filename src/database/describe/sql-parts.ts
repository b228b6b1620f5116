// Parts of queries, not values: nothing from outside goes through here.

/** SQL for a `comment on` statement; null where there is no comment. */
export function quoteLiteralComment(object: string, description: string): string {
  return `'comment on ' || ${object} || ' is ' || quote_literal(${description}) || ';'`;
}

/**
 * SQL for the grants on an object, one line a grantee; null where all is as PostgreSQL sets it. What the owner
 * may do goes without saying.
 */
export function grantsSql(object: string, acl: string, owner: string): string {
  return `(
      select string_agg(
        format('grant %s on %s to %s;', privileges, ${object}, grantee), E'\\n'
        order by grantee collate "C")
      from (
        select
          case entry.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(entry.grantee)) end
            as grantee,
          string_agg(lower(privilege_type), ', ' order by privilege_type collate "C") as privileges
        from aclexplode(${acl}) as entry
        where entry.grantee <> ${owner}
        group by entry.grantee
      ) as grants
    )`;
}
