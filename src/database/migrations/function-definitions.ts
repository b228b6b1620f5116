import type pg from 'pg';

/** A function as a database has it: all that makes it again, by its schema, name and argument types. */
export type FunctionDefinitions = ReadonlyMap<string, string>;

/**
 * Reads every function of our schemas: definition, comment and rights as SQL.
 *
 * Source: pg_proc, by pg_get_functiondef.
 */
export async function readFunctionDefinitions(client: pg.ClientBase): Promise<FunctionDefinitions> {
  // Types and functions are written with their schemas then, so that the text means the same in any session.
  await client.query(`set search_path = ''`);
  const { rows } = await client.query<{ identity: string; definition: string }>(`
    select
      p.oid::regprocedure::text as identity,
      concat_ws(E'\\n',
        trim(trailing E'\\n' from pg_get_functiondef(p.oid)) || ';',
        format('comment on function %s is %s;', p.oid::regprocedure,
          coalesce(quote_literal(obj_description(p.oid, 'pg_proc')), 'null')),
        format('revoke all on function %s from public, anon, authenticated, staff, ombaro_api, ombaro_worker;',
          p.oid::regprocedure),
        (
          select string_agg(
            format('grant execute on function %s to %s;', p.oid::regprocedure, a.grantee::regrole),
            E'\\n' order by a.grantee::regrole::text
          )
          from aclexplode(p.proacl) a
          where a.grantee not in (0, p.proowner)
        )
      ) as definition
    from pg_catalog.pg_proc p
    where p.pronamespace::regnamespace::text in ('public', 'app_private', 'enums')
      and p.prokind = 'f'
      and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
      )
    order by 1
  `);
  await client.query('reset search_path');
  return new Map(rows.map(({ identity, definition }) => [identity, definition]));
}

/**
 * What turns the functions that are there now into those that were there before, as SQL; empty when they are
 * the same.
 */
export function restoringSql(before: FunctionDefinitions, now: FunctionDefinitions): string {
  const added = [...now.keys()].filter((identity) => !before.has(identity));
  const lost = [...before].filter(([identity, definition]) => now.get(identity) !== definition);
  return [
    ...added.map((identity) => `drop function ${identity};\n`),
    ...lost.map(([, definition]) => `${definition}\n`),
  ].join('\n');
}
