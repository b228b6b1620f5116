import pg from 'pg';

export type BodyFault = { readonly object: string; readonly message: string };

export type BodyCheck = { readonly checked: number; readonly faults: readonly BodyFault[] };

/**
 * Has PostgreSQL check every body of a function again as it did when it was made: SQL whole, PL/pgSQL its
 * syntax. Source: the validators of the languages.
 */
export async function checkBodies(
  client: pg.ClientBase,
  schemas: readonly string[],
): Promise<BodyCheck> {
  await client.query(`set search_path = ''`);
  const { rows } = await client.query<{ oid: number; name: string; validator: string }>(
    `select proc.oid, proc.oid::regprocedure::text as name,
      case lanname when 'sql' then 'fmgr_sql_validator' else 'plpgsql_validator' end as validator
    from pg_proc as proc
    join pg_language on pg_language.oid = prolang
    where pronamespace::regnamespace::text = any ($1) and lanname in ('sql', 'plpgsql')
      and not exists (
        select from pg_depend
        where classid = 'pg_proc'::regclass and objid = proc.oid and deptype = 'e'
      )
    order by 2`,
    [schemas],
  );
  const faults: BodyFault[] = [];
  for (const { oid, name, validator } of rows) {
    try {
      await client.query(`select pg_catalog.${validator}($1)`, [oid]);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) {
        throw error;
      }
      faults.push({ object: `function ${name}`, message: error.message });
    }
  }
  return { checked: rows.length, faults };
}

/**
 * Has plpgsql_check look into every PL/pgSQL function, trigger functions once for each table that has them.
 * `null` where the extension is not installed in this database.
 */
export async function runPlpgsqlCheck(
  client: pg.ClientBase,
  schemas: readonly string[],
): Promise<BodyCheck | null> {
  const { rows: found } = await client.query<{ schema: string }>(
    `select quote_ident(nspname) as schema
    from pg_extension
    join pg_namespace on pg_namespace.oid = extnamespace
    where extname = 'plpgsql_check'`,
  );
  const [extension] = found;
  if (extension === undefined) {
    return null;
  }
  const { rows } = await client.query<{ object: string; message: string | null }>(
    `with checked as (
      select proc.oid, coalesce(tgrelid, 0) as relation,
        -- Of several triggers, one may have the new rows alone, and the function looks at tg_op.
        max(tgoldtable::text)::name as old_rows, max(tgnewtable::text)::name as new_rows
      from pg_proc as proc
      join pg_language on pg_language.oid = prolang
      left join pg_trigger on tgfoid = proc.oid and prorettype = 'trigger'::regtype
      where lanname = 'plpgsql' and pronamespace::regnamespace::text = any ($1)
        -- A trigger function without a trigger has no row to be checked with.
        and (prorettype <> 'trigger'::regtype or tgrelid is not null)
      group by proc.oid, tgrelid
    )
    select 'function ' || checked.oid::regprocedure as object,
      case when level = 'error' then concat(message, ' (line ' || lineno || ')') end as message
    from checked
    left join lateral ${extension.schema}.plpgsql_check_function_tb(
        checked.oid, checked.relation, oldtable => old_rows, newtable => new_rows)
      on true
    order by 1`,
    [schemas],
  );
  const faults = rows.flatMap(({ object, message }) =>
    message === null ? [] : [{ object, message }],
  );
  return { checked: new Set(rows.map(({ object }) => object)).size, faults };
}
