import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { withClient, withDatabase } from '../lib/postgres.ts';
import { type BootstrapTarget, bootstrap } from './bootstrap.ts';

const prefix = 'ombaro_scratch_';

/**
 * Makes a database for trying something out, on the server of `target`, lets `act` use it as `ombaro_owner`
 * and drops it whatever happens. It is bootstrapped, and has its extensions where the database of `target`
 * has them. What a process that was killed left behind is dropped first.
 *
 * @throws Error when the settings name no administrator.
 */
export async function withScratchDatabase<Result>(
  target: BootstrapTarget,
  act: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const { rootUrl, ownerUrl } = target;
  if (rootUrl === null) {
    throw new Error(
      "Set ROOT_DATABASE_URL to an administrator's connection: this needs a fresh database beside yours to compare with.",
    );
  }
  const extensions = await withClient(ownerUrl, readExtensions);
  return await withClient(rootUrl, async (root) => {
    await dropLeftOvers(root);
    const name = await makeName(root);
    try {
      await root.query(
        `create database ${name} owner ombaro_owner encoding 'UTF8' template template0`,
      );
      await withClient(withDatabase(rootUrl, name), (client) =>
        placeExtensions(client, extensions),
      );
      const scratchUrl = withDatabase(ownerUrl, name);
      await bootstrap({ ...target, ownerUrl: scratchUrl });
      return await withClient(scratchUrl, async (client) => {
        await client.query(`select set_config('search_path', $1, false)`, [pathOf(extensions)]);
        return await act(client);
      });
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

async function dropLeftOvers(root: pg.ClientBase): Promise<void> {
  const { rows } = await root.query<{ datname: string }>(
    `select datname::text
    from pg_database
    where datname ~ $1
      and substring(datname from $1)::integer not in (select pid from pg_stat_activity)`,
    [`^${prefix}(\\d+)_[0-9a-f]+$`],
  );
  for (const { datname } of rows) {
    await root.query(`drop database if exists ${pg.escapeIdentifier(datname)} with (force)`);
  }
}

type Extension = { readonly name: string; readonly schema: string };

/** Those outside `public`, where the bootstrap would not put them. */
async function readExtensions(client: pg.ClientBase): Promise<readonly Extension[]> {
  const { rows } = await client.query<Extension>(`
    select extname::text as name, nspname::text as schema
    from pg_extension
    join pg_namespace on pg_namespace.oid = extnamespace
    where nspname not in ('public', 'pg_catalog') and extname in ('btree_gist', 'cube', 'pg_trgm')`);
  return rows;
}

async function placeExtensions(
  client: pg.ClientBase,
  extensions: readonly Extension[],
): Promise<void> {
  for (const { name, schema } of extensions) {
    const where = pg.escapeIdentifier(schema);
    await client.query(`
      create schema if not exists ${where};
      grant usage on schema ${where} to ombaro_owner;
      create extension ${pg.escapeIdentifier(name)} with schema ${where}`);
  }
}

function pathOf(extensions: readonly Extension[]): string {
  return [...new Set(['public', ...extensions.map(({ schema }) => schema)])]
    .map((schema) => pg.escapeIdentifier(schema))
    .join(', ');
}
