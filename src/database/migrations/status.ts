import { withClient } from '../../lib/postgres.ts';
import {
  checkCommitted,
  compareWithApplied,
  findPending,
  type MigrationState,
  readApplied,
  readCommitted,
} from './committed.ts';
import type { MigratedDatabase } from './other-migrations.ts';

/** Every migration that is on disk or in this database, since when it has it, and what is wrong with it. */
export async function readMigrationStatus(ownerUrl: string): Promise<readonly MigrationState[]> {
  const files = await checkCommitted();
  return compareWithApplied(files, await withClient(ownerUrl, readApplied));
}

/**
 * For what runs on a database and does not bring it forward.
 *
 * @throws OtherMigrationsError when it was made by other migrations; Error when it lacks some.
 */
export async function assertMigrated(database: MigratedDatabase): Promise<void> {
  const applied = await withClient(database.ownerUrl, readApplied);
  const pending = findPending(await readCommitted(), applied, database);
  if (pending.length > 0) {
    throw new Error(
      `The database lacks ${pending.length} migrations (${pending.map(({ name }) => name).join(', ')}). Run: npx ombaro migrate`,
    );
  }
}

/**
 * Before anything is changed in a database, be it its roles and extensions. One that is not there yet, or
 * takes no connection before the bootstrap, has no history to differ.
 *
 * @throws OtherMigrationsError when it was made by other migrations.
 */
export async function refuseOtherMigrations(database: MigratedDatabase): Promise<void> {
  const applied = await withClient(database.ownerUrl, readApplied).catch(() => []);
  if (applied.length > 0) {
    findPending(await readCommitted(), applied, database);
  }
}
