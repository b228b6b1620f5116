import type pg from 'pg';
import { inTransaction } from '../../../lib/postgres.ts';
import { ourSchemas } from '../schema-sql.ts';
import type { Catalogue, Entry } from './entry.ts';
import { functionQueries } from './functions.ts';
import { grantQueries } from './grants.ts';
import { relationQueries } from './relations.ts';
import { schemaQueries } from './schemas.ts';
import { tablePartQueries } from './table-parts.ts';

/** Each gives rows of `Entry` for the schemas of `$1`. */
export const queries = [
  ...schemaQueries,
  ...relationQueries,
  ...tablePartQueries,
  ...functionQueries,
  ...grantQueries,
];

/** The schemas of a database that are ours; `auth` where it is not a platform's. */
export async function readOurSchemas(client: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query(
    `select from pg_namespace where nspname = 'auth' and nspowner = to_regrole('ombaro_owner')`,
  );
  return rows.length === 0 ? ourSchemas : [...ourSchemas, 'auth'];
}

/**
 * Everything in these schemas that migrations decide, as of one moment, independent of object numbers and of
 * the order of columns. Not in it: what belongs to an extension, the job queue's content, graphile-migrate's
 * own tables, and partitions but the default one. Source: the system catalogues. Writes nothing.
 */
export async function readCatalogue(
  client: pg.ClientBase,
  schemas: readonly string[],
): Promise<Catalogue> {
  return await inTransaction(client, () => readInTransaction(client, schemas), {
    isSnapshot: true,
  });
}

/** As `readCatalogue`, as the transaction that is open sees it; leaves its search path empty. */
export async function readInTransaction(
  client: pg.ClientBase,
  schemas: readonly string[],
): Promise<Catalogue> {
  // An empty path writes every name with its schema.
  await client.query(`set local search_path = ''`);
  const entries: [string, Entry][] = [];
  for (const query of queries) {
    const { rows } = await client.query<Entry>(query, [schemas]);
    entries.push(...rows.map((row): [string, Entry] => [row.object, row]));
  }
  return new Map(entries);
}
