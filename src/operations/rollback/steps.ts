import { existsSync } from 'node:fs';
import path from 'node:path';
import type pg from 'pg';
import { migrationsFolder } from '../../config/project.ts';
import {
  type CommittedMigration,
  findPending,
  readApplied,
  readCommitted,
} from '../../database/migrations/committed.ts';
import { readAppliedCurrent } from '../../database/migrations/current.ts';
import type { MigratedDatabase } from '../../database/migrations/other-migrations.ts';

export type Steps = {
  /** The migrations that stay. */
  readonly kept: readonly CommittedMigration[];
  /** The migrations to undo, newest first. */
  readonly undone: readonly CommittedMigration[];
};

export function rollbackFileOf({ name }: CommittedMigration): string {
  return path.join(migrationsFolder, 'rollback', name);
}

/**
 * Which migrations are to be undone so that number `to` is the last; `null`: the newest one.
 *
 * @throws Error when there is none, when the files here are not those of the database, when an undo is
 *   missing, or when work in progress is applied on top.
 */
export async function readSteps(
  client: pg.ClientBase,
  database: MigratedDatabase,
  to: number | null,
): Promise<Steps> {
  const committed = await readCommitted();
  const applied = await readApplied(client);
  findPending(committed, applied, database);
  const { length } = applied;
  if (length === 0) {
    throw new Error('This database has no migrations: there is nothing to undo.');
  }
  if (to !== null && to >= length) {
    throw new Error(
      `The database is at migration ${length}: --to takes a number from 0 to ${length - 1}.`,
    );
  }
  if ((await readAppliedCurrent(client)) !== null) {
    throw new Error(
      'The work in progress in migrations/current is applied on top. Undo it first: npx ombaro migrate undo',
    );
  }
  const keep = to ?? length - 1;
  const undone = committed.slice(keep, length).reverse();
  const missing = undone.filter((migration) => !existsSync(rollbackFileOf(migration)));
  if (missing.length > 0) {
    throw new Error(
      `Without its undo nothing is changed. Restore ${missing.map(({ name }) => `migrations/rollback/${name}`).join(', ')}.`,
    );
  }
  return { kept: committed.slice(0, keep), undone };
}
