import pg from 'pg';
import { bootstrap } from '../database/bootstrap.ts';
import { withTemporaryDatabase } from '../database/temporary.ts';
import { databaseOf, withClient, withDatabase } from '../lib/postgres.ts';
import { backUp } from './backup.ts';
import { type Archive, openArchive } from './restore/archive.ts';
import { fillDatabase } from './restore/fill.ts';
import { swapDatabases } from './restore/swap.ts';
import { longestName, type RestoreTarget, readState, type TargetState } from './restore/target.ts';

export type RestoreOptions = {
  readonly file: string;
  readonly target: RestoreTarget;
  /** Whether a database with data in it may be put aside for the restored one. */
  readonly replace: boolean;
  /** Where to back up what is to be put aside; `null` for no backup. */
  readonly backupDirectory: string | null;
  readonly onProgress?: (line: string) => void;
};

export type Restored = {
  readonly database: string;
  /** Under which name the database is that had its name before; `null` where it was absent or empty. */
  readonly keptAs: string | null;
  /** Backup of the one before; `null` where none was asked for or needed. */
  readonly backup: string | null;
  readonly schemaVersion: string;
  readonly tables: number;
  readonly rows: number;
};

/**
 * Restores a backup into a database that is absent, empty, or to be replaced. With an administrator's
 * connection it is restored beside, compared with the backup, and then gets the name in one step, so that
 * until then nothing has changed; the database before is kept under another name. Without one the target
 * must be empty, and is so again when pg_restore fails.
 *
 * @throws Error, with the database as it was, when the dump is not whole, when there is data that may not be
 *   replaced, or when restoring fails.
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { target, replace, backupDirectory, onProgress = () => {} } = options;
  const { rootUrl } = target;
  const database = databaseOf(target.ownerUrl);
  if (rootUrl !== null && databaseOf(rootUrl) === database) {
    throw new Error(
      `The administrator’s connection is to ${database} itself, which cannot be renamed then. Let ROOT_DATABASE_URL name another database, such as postgres.`,
    );
  }
  const archive = await openArchive(options.file);
  return await withLock(rootUrl ?? target.ownerUrl, database, async () => {
    const state = await readState(target);
    if (state === 'full' && !replace) {
      throw new Error(
        `${database} has data in it. Restore into a new database with --into <name>; or replace it with --emergency, which backs it up first, or with --into ${database} --yes.`,
      );
    }
    if (rootUrl === null) {
      await restoreInPlace(archive, target, state, onProgress);
      return { ...summarize(archive, database), keptAs: null, backup: null };
    }
    const backup =
      state === 'full' && backupDirectory !== null
        ? await backUpBefore(target, backupDirectory, onProgress)
        : null;
    const keptAs = await restoreBeside(archive, { ...target, rootUrl }, state, onProgress);
    return { ...summarize(archive, database), keptAs, backup };
  });
}

async function restoreInPlace(
  archive: Archive,
  target: RestoreTarget,
  state: TargetState,
  onProgress: (line: string) => void,
): Promise<void> {
  if (state === 'full') {
    throw new Error(
      'Replacing a database makes another and renames both: set ROOT_DATABASE_URL to an administrator’s connection.',
    );
  }
  await bootstrap(target);
  await fillDatabase(archive, target, onProgress);
}

async function restoreBeside(
  archive: Archive,
  target: RestoreTarget & { readonly rootUrl: string },
  state: TargetState,
  onProgress: (line: string) => void,
): Promise<string | null> {
  const { rootUrl } = target;
  const to = databaseOf(target.ownerUrl);
  return await withTemporaryDatabase(target, async ({ name, target: beside, root }) => {
    await fillDatabase(archive, beside, onProgress);
    const keepAs = state === 'absent' ? null : nameForOld(to);
    onProgress(`Giving it the name ${to}.`);
    await swapDatabases({ root, rootUrl, from: name, to, keepAs });
    if (keepAs === null || state === 'full') {
      return keepAs;
    }
    // It was empty; what was written into it meanwhile stays.
    const old = { ...target, ownerUrl: withDatabase(target.ownerUrl, keepAs) };
    if ((await readState(old)) === 'full') {
      return keepAs;
    }
    await root.query(`drop database ${pg.escapeIdentifier(keepAs)}`);
    return null;
  });
}

async function backUpBefore(
  { ownerUrl }: RestoreTarget,
  directory: string,
  onProgress: (line: string) => void,
): Promise<string> {
  onProgress('Backing up what is there.');
  const { path } = await backUp({ ownerUrl, directory, onProgress });
  onProgress(`Backed up to ${path}.`);
  return path;
}

function summarize({ manifest }: Archive, database: string) {
  const tables = Object.values(manifest.tables);
  return {
    database,
    schemaVersion: manifest.schemaVersion,
    tables: tables.length,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
  };
}

function nameForOld(name: string): string {
  const suffix = `_replaced_${new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)}`;
  return `${name.slice(0, longestName - suffix.length)}${suffix}`;
}

/** Of two restores into one database at once the second is refused. */
async function withLock<Result>(
  url: string,
  database: string,
  act: () => Promise<Result>,
): Promise<Result> {
  return await withClient(url, async (client) => {
    const { rows } = await client.query<{ is_ours: boolean }>(
      `select pg_try_advisory_lock(hashtext('ombaro restore'), hashtext($1)) as is_ours`,
      [database],
    );
    if (rows[0]?.is_ours !== true) {
      throw new Error(`Another restore into ${database} is under way.`);
    }
    return await act();
  });
}
