import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { migrationsFolder } from '../../project.ts';
import { readCommitted } from './committed.ts';
import { currentRollbackFile, hasStatements } from './current.ts';
import { type MigrationTarget, migrationSettings, type Report, runStep } from './settings.ts';

/**
 * Makes migrations/current the next committed migration, proves it on the shadow database, applies it, and
 * files its undo under the same name. Returns that name.
 *
 * @throws Error when there is no undo, no shadow database, or the migration fails.
 */
export async function commitCurrent(
  target: MigrationTarget,
  message: string,
  report: Report,
): Promise<string> {
  if (target.shadowUrl === null || target.rootUrl === null) {
    throw new Error(
      'Set SHADOW_DATABASE_URL and ROOT_DATABASE_URL: a migration is proved on a fresh database first.',
    );
  }
  const hasUndo =
    existsSync(currentRollbackFile) && hasStatements(await readFile(currentRollbackFile, 'utf8'));
  if (!hasUndo) {
    throw new Error('Every migration has its undo. Write it into migrations/rollback/current.sql.');
  }
  const { commit } = await import('graphile-migrate');
  const settings = await migrationSettings(target, report);
  await runStep(() => commit(settings, message));
  const name = (await readCommitted()).at(-1)?.name ?? '';
  await rename(currentRollbackFile, path.join(migrationsFolder, 'rollback', name));
  return name;
}
