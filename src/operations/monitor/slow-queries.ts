import pg from 'pg';
import { NotVisible } from './not-visible.ts';

export type SlowQuery = {
  readonly query: string;
  readonly role: string;
  readonly calls: number;
  /** In milliseconds. */
  readonly totalMs: number;
  readonly meanMs: number;
  readonly maxMs: number;
  readonly rows: number;
  /** Of the blocks that it read, how many were in memory; `null` when it read none. */
  readonly cacheHitRatio: number | null;
};

const shown = 10;

/**
 * The statements of this database that have cost most time since the statistics were reset. Source:
 * pg_stat_statements.
 *
 * @throws NotVisible with what to do, when the server does not keep them.
 */
export async function readSlowQueries(client: pg.ClientBase): Promise<readonly SlowQuery[]> {
  const view = await findView(client);
  const { rows } = await client.query<SlowQuery>({
    text: `
      select regexp_replace(left(query, 500), '\\s+', ' ', 'g') as query, userid::regrole::text as role,
        calls, round(total::numeric, 1)::double precision as "totalMs",
        round((total / calls)::numeric, 2)::double precision as "meanMs",
        round(longest::numeric, 1)::double precision as "maxMs", rows,
        round((hits / nullif(blocks, 0))::numeric, 4)::double precision as "cacheHitRatio"
      from (
        select (array_agg(query))[1] as query, userid, sum(calls)::double precision as calls,
          sum(total_exec_time) as total, max(max_exec_time) as longest,
          sum(rows)::double precision as rows, sum(shared_blks_hit) as hits,
          sum(shared_blks_hit + shared_blks_read) as blocks
        from ${view}
        where dbid = (select oid from pg_database where datname = current_database()) and calls > 0
        group by queryid, userid
        order by total desc
        limit $1
      ) as costly
      order by total desc`,
    values: [shown],
  });
  return rows;
}

async function findView(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ schema: string | null; preloaded: string; sees: boolean }>(`
    select
      (select nspname::text from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
        where extname = 'pg_stat_statements') as schema,
      coalesce((select setting from pg_settings where name = 'shared_preload_libraries'), '') as preloaded,
      coalesce((select has_schema_privilege(extnamespace, 'usage') from pg_extension
        where extname = 'pg_stat_statements'), false) as sees`);
  const { schema = null, preloaded = '', sees = false } = rows[0] ?? {};
  if (schema === null && !preloaded.includes('pg_stat_statements')) {
    throw new NotVisible(
      "pg_stat_statements is off. Set shared_preload_libraries = 'pg_stat_statements' in postgresql.conf, restart the server, then run as an administrator: create extension pg_stat_statements",
    );
  }
  if (schema === null) {
    throw new NotVisible(
      'pg_stat_statements is loaded and not in this database. Run as an administrator: create extension pg_stat_statements',
    );
  }
  if (!sees) {
    throw new NotVisible(
      `not visible to this role. Run as an administrator: grant usage on schema ${pg.escapeIdentifier(schema)} to ombaro_owner`,
    );
  }
  return `${pg.escapeIdentifier(schema)}.pg_stat_statements`;
}
