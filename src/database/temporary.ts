import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseOf, withClient, withDatabase } from '../lib/postgres.ts';
import { type BootstrapTarget, bootstrap, onDatabase, type PlacedExtension } from './bootstrap.ts';

export type TemporaryDatabase = {
  readonly name: string;
  /** Connections to it. */
  readonly target: BootstrapTarget & { readonly rootUrl: string };
  /** What migrations need as their path: `public`, and where the extensions are. */
  readonly searchPath: string;
  /** The administrator's, to another database. While it lasts no other process drops the temporary one. */
  readonly root: pg.Client;
};

const prefix = 'ombaro_temporary_';

/**
 * Makes a bootstrapped database beside that of `target`, with its extensions where that one has them, hands it
 * to `act`, and drops it whatever happens, unless `act` has given it another name. What killed processes left
 * behind is dropped first.
 *
 * @throws Error when the settings name no administrator.
 */
export async function withTemporaryDatabase<Result>(
  target: BootstrapTarget,
  act: (database: TemporaryDatabase) => Promise<Result>,
): Promise<Result> {
  const { rootUrl } = target;
  if (rootUrl === null) {
    throw new Error(
      "Set ROOT_DATABASE_URL to an administrator's connection: this makes a temporary database beside yours.",
    );
  }
  return await withClient(rootUrl, async (root) => {
    await dropLeftovers(root);
    const extensions = await readExtensions(root, rootUrl, databaseOf(target.ownerUrl));
    const name = await makeName(root);
    const temporary = { ...onDatabase(target, name), rootUrl };
    try {
      await bootstrap(temporary, extensions);
      return await act({ name, target: temporary, searchPath: pathOf(extensions), root });
    } finally {
      await root.query(`drop database if exists ${name} with (force)`);
    }
  });
}

/** It carries the number of the connection that makes it, so that others see whether that still lives. */
async function makeName(root: pg.ClientBase): Promise<string> {
  const { rows } = await root.query<{ pid: number }>('select pg_backend_pid() as pid');
  return `${prefix}${rows[0]?.pid}_${randomBytes(4).toString('hex')}`;
}

async function dropLeftovers(root: pg.ClientBase): Promise<void> {
  const { rows } = await root.query<{ datname: string }>(
    `select datname::text
    from pg_catalog.pg_database
    where datname ~ $1
      and substring(datname from $1)::bigint not in (select pid from pg_catalog.pg_stat_activity)`,
    [`^${prefix}(\\d+)_[0-9a-f]+$`],
  );
  for (const { datname } of rows) {
    await root.query(`drop database if exists ${pg.escapeIdentifier(datname)} with (force)`);
  }
}

/** Those outside `public`, where the bootstrap would not put them; none of a database that is not there. */
async function readExtensions(
  root: pg.ClientBase,
  rootUrl: string,
  database: string,
): Promise<readonly PlacedExtension[]> {
  const { rowCount } = await root.query('select from pg_catalog.pg_database where datname = $1', [
    database,
  ]);
  if (rowCount === 0) {
    return [];
  }
  return await withClient(withDatabase(rootUrl, database), async (client) => {
    const { rows } = await client.query<PlacedExtension>(`
      select extname::text as name, nspname::text as schema
      from pg_catalog.pg_extension
      join pg_catalog.pg_namespace on pg_namespace.oid = extnamespace
      where nspname not in ('public', 'pg_catalog') and extname in ('btree_gist', 'cube', 'pg_trgm')`);
    return rows;
  });
}

function pathOf(extensions: readonly PlacedExtension[]): string {
  return [...new Set(['public', ...extensions.map(({ schema }) => schema)])]
    .map((schema) => pg.escapeIdentifier(schema))
    .join(', ');
}
