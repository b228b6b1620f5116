import { type BootstrapTarget, onDatabase } from '../../database/bootstrap.ts';
import { databaseOf, withClient, withDatabase } from '../../lib/postgres.ts';

/** The database that a dump shall become, by the connections to it. */
export type RestoreTarget = BootstrapTarget;

/** `empty` has nothing but what the bootstrap makes. */
export type TargetState = 'absent' | 'empty' | 'full';

/**
 * The target that a name or an address means: a database on the server of `ours`, or on another server, as
 * its administrator or as `ombaro_owner`. Roles that a new server lacks get the passwords of `ours`.
 *
 * @throws Error when it is not the name of a database that can be made.
 */
export function findTarget(ours: RestoreTarget, into: string | null): RestoreTarget {
  if (into === null) {
    return ours;
  }
  if (!into.includes('://')) {
    return withName(ours, into);
  }
  const url = URL.parse(into);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new Error(`${into} is not the address of a PostgreSQL database.`);
  }
  const isOwner = decodeURIComponent(url.username) === 'ombaro_owner';
  const there = (connectionString: string): string => {
    const login = new URL(connectionString);
    const moved = new URL(into);
    [moved.username, moved.password] = [login.username, login.password];
    return moved.href;
  };
  const target: RestoreTarget = {
    rootUrl: isOwner ? null : withDatabase(into, 'postgres'),
    ownerUrl: isOwner ? into : there(ours.ownerUrl),
    apiUrl: there(ours.apiUrl),
    workerUrl: there(ours.workerUrl),
  };
  return withName(target, databaseOf(into));
}

/** The same server and roles, another database. */
export function withName(target: RestoreTarget, name: string): RestoreTarget {
  if (name === '' || Buffer.byteLength(name) > longestName) {
    throw new Error(`A database's name has 1 to ${longestName} letters; "${name}" has not.`);
  }
  if (['postgres', 'template0', 'template1'].includes(name)) {
    throw new Error(`${name} belongs to the server. Choose another database.`);
  }
  return onDatabase(target, name);
}

/** PostgreSQL's own limit, in bytes. */
export const longestName = 63;

/** @throws Error when without an administrator that cannot be told, because it cannot be connected to. */
export async function readState({ rootUrl, ownerUrl }: RestoreTarget): Promise<TargetState> {
  const name = databaseOf(ownerUrl);
  if (rootUrl !== null) {
    const isThere = await withClient(rootUrl, async (root) => {
      const { rowCount } = await root.query('select from pg_database where datname = $1', [name]);
      return rowCount !== 0;
    });
    if (!isThere) {
      return 'absent';
    }
  }
  const url = rootUrl === null ? ownerUrl : withDatabase(rootUrl, name);
  return await withClient(url, async (client) => {
    const { rows } = await client.query<{ is_full: boolean; has_users: boolean }>(fullQuery);
    if (rows[0]?.is_full === false && rows[0].has_users) {
      const { rowCount } = await client.query('select from auth.users limit 1');
      return rowCount === 0 ? 'empty' : 'full';
    }
    return rows[0]?.is_full === false ? 'empty' : 'full';
  });
}

const fullQuery = `
  select
    exists (
      select
      from pg_catalog.pg_class c
      where relkind in ('r', 'p', 'v', 'm', 'S', 'f') and relpersistence <> 't'
        and relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'
        and c.oid is distinct from to_regclass('auth.users')::oid
        and not exists (
          select from pg_catalog.pg_depend d
          where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
        )
    ) as is_full,
    to_regclass('auth.users') is not null as has_users`;
