import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { migrationsFolder } from '../config/project.ts';
import { databaseOf, inTransaction, withClient, withDatabase } from '../lib/postgres.ts';
import { scramVerifier } from './scram.ts';

export type BootstrapTarget = {
  /** An administrator's connection; `null` where the operator has bootstrapped by hand. */
  readonly rootUrl: string | null;
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly workerUrl: string;
};

/** An extension that is elsewhere than in `public`. */
export type PlacedExtension = { readonly name: string; readonly schema: string };

/** The same server and roles, another database. */
export function onDatabase(target: BootstrapTarget, name: string): BootstrapTarget {
  return {
    rootUrl: target.rootUrl,
    ownerUrl: withDatabase(target.ownerUrl, name),
    apiUrl: withDatabase(target.apiUrl, name),
    workerUrl: withDatabase(target.workerUrl, name),
  };
}

const folder = path.join(migrationsFolder, 'bootstrap');
const rolesFile = '01-roles.sql';

/**
 * Gives the server and the database of `ownerUrl` what migration 1 expects: roles, the database,
 * extensions, schemas, `auth`. Adds what is missing and changes nothing else. Roles that it makes get the
 * passwords of their connection strings. Extensions go into `public` but for those that `placed` names.
 */
export async function bootstrap(
  target: BootstrapTarget,
  placed: readonly PlacedExtension[] = [],
): Promise<void> {
  const { rootUrl } = target;
  if (rootUrl === null) {
    await assertBootstrapped(target.ownerUrl);
    return;
  }
  await withClient(rootUrl, async (client) => {
    await inTransaction(client, () => makeRoles(client, target));
    await makeDatabase(client, databaseOf(target.ownerUrl));
  });
  await withClient(withDatabase(rootUrl, databaseOf(target.ownerUrl)), async (client) => {
    const scripts = await readBootstrap();
    await inTransaction(client, async () => {
      for (const extension of placed) {
        await placeExtension(client, extension);
      }
      for (const script of scripts) {
        await client.query(script);
      }
    });
  });
}

/** The scripts of the bootstrap, in their order. */
export async function readBootstrap(): Promise<readonly string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
}

/** For an administrator, after migration 1: see `linkProfilesToAccounts`. */
export const linkProfilesSql = `
do $$
begin
  if to_regclass('public.user_profiles') is not null
    and not exists (
      select
      from pg_catalog.pg_constraint
      where conrelid = to_regclass('public.user_profiles')
        and confrelid = to_regclass('auth.users')
    )
  then
    alter table public.user_profiles
      add constraint user_profiles_id_fkey
      foreign key (id) references auth.users (id) on delete restrict;
  end if;
end
$$;
`;

/**
 * After the migrations: adds the foreign key from profiles to accounts where `ombaro_owner` could not.
 * Supabase's administrator may refer to auth.users, but not let others refer to it.
 */
export async function linkProfilesToAccounts(target: BootstrapTarget): Promise<void> {
  const { rootUrl, ownerUrl } = target;
  if (rootUrl === null) {
    return;
  }
  await withClient(withDatabase(rootUrl, databaseOf(ownerUrl)), (client) =>
    client.query(linkProfilesSql),
  );
}

async function makeRoles(client: pg.Client, target: BootstrapTarget): Promise<void> {
  // Two starts at once would both find a role missing.
  await client.query(`select pg_advisory_xact_lock(hashtext('ombaro bootstrap'))`);
  const before = await loginRoles(client);
  await client.query(await readFile(path.join(folder, rolesFile), 'utf8'));
  for (const url of [target.ownerUrl, target.apiUrl, target.workerUrl]) {
    const { username, password } = new URL(url);
    const role = decodeURIComponent(username);
    const isNew = !before.has(role) && (await loginRoles(client)).has(role);
    if (isNew && password !== '') {
      const verifier = scramVerifier(decodeURIComponent(password));
      await client.query(`alter role ${pg.escapeIdentifier(role)} password '${verifier}'`);
    }
  }
}

async function loginRoles(client: pg.Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ rolname: string }>(
    'select rolname from pg_catalog.pg_roles where rolcanlogin',
  );
  return new Set(rows.map(({ rolname }) => rolname));
}

async function makeDatabase(client: pg.Client, database: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_catalog.pg_database where datname = $1', [
    database,
  ]);
  if (rowCount !== 0) {
    return;
  }
  const name = pg.escapeIdentifier(database);
  await client.query(
    `create database ${name} owner ombaro_owner encoding 'UTF8' template template0`,
  );
  await client.query(`revoke all on database ${name} from public`);
}

async function placeExtension(client: pg.Client, { name, schema }: PlacedExtension): Promise<void> {
  const where = pg.escapeIdentifier(schema);
  await client.query(`
    create schema if not exists ${where};
    grant usage on schema ${where} to ombaro_owner;
    create extension if not exists ${pg.escapeIdentifier(name)} with schema ${where}`);
}

/** @throws Error with the remedy when migration 1 would fail for want of the bootstrap. */
async function assertBootstrapped(ownerUrl: string): Promise<void> {
  const { rows } = await withClient(ownerUrl, (client) =>
    client.query<{ missing: string }>(`
      select name as missing
      from unnest(array['anon', 'authenticated', 'service_role', 'staff', 'ombaro_owner', 'ombaro_api',
        'ombaro_worker']) as name
      where to_regrole(name) is null
      union all
      select extension
      from unnest(array['btree_gist', 'cube', 'pg_trgm']) as extension
      where not exists (select from pg_catalog.pg_extension where extname = extension)
      union all
      select relation
      from unnest(array['auth.users']) as relation
      where to_regclass(relation) is null
    `),
  );
  if (rows.length > 0) {
    const missing = rows.map((row) => row.missing).join(', ');
    throw new Error(
      `The database lacks ${missing}. Set ROOT_DATABASE_URL to an administrator's connection for one run of "npx ombaro migrate", or run migrations/bootstrap/*.sql in order.`,
    );
  }
}
