import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { migrationsFolder } from '../../project.ts';
import { inTransaction, withClient } from '../connection.ts';
import type { MigrationTarget, Report } from './settings.ts';

/** The undo of the work in progress; becomes its rollback file at commit. */
export const currentRollbackFile = path.join(migrationsFolder, 'rollback', 'current.sql');

/**
 * Applies migrations/current as it stands, its undo first; does nothing when it is applied unchanged.
 *
 * @throws Error naming file, line and statement.
 */
export async function applyCurrent(target: MigrationTarget, report: Report): Promise<void> {
  const { watch } = await import('graphile-migrate');
  const { runStep, migrationSettings } = await import('./settings.ts');
  const settings = await migrationSettings(target, report);
  await runStep(() => watch(settings, true));
}

/**
 * Undoes the work in progress with migrations/rollback/current.sql, if it is applied. `keepRecord` leaves
 * the note that it is applied to graphile-migrate, which holds a lock on it while it runs its hook.
 * Returns whether there was something to undo.
 */
export async function undoCurrent(
  ownerUrl: string,
  options: { readonly keepRecord: boolean },
): Promise<boolean> {
  return await withClient(ownerUrl, async (client) => {
    if ((await readAppliedCurrent(client)) === null) {
      return false;
    }
    if (!existsSync(currentRollbackFile)) {
      throw new Error(
        'The current migration is applied and migrations/rollback/current.sql, its undo, is missing. Write it, then save again.',
      );
    }
    const undo = await readFile(currentRollbackFile, 'utf8');
    await inTransaction(client, async () => {
      await client.query(undo);
      if (!options.keepRecord) {
        await client.query('delete from graphile_migrate.current');
      }
    });
    return true;
  });
}

/** The work in progress that is applied, as it was then; `null` when there is none, or nothing but comments. */
export async function readAppliedCurrent(client: pg.ClientBase): Promise<string | null> {
  const { rows } = await client.query<{ is_there: boolean }>(
    `select to_regclass('graphile_migrate.current') is not null as is_there`,
  );
  if (rows[0]?.is_there !== true) {
    return null;
  }
  const { rows: records } = await client.query<{ content: string }>(
    `select content from graphile_migrate.current where filename = 'current.sql'`,
  );
  const content = records[0]?.content ?? '';
  return hasStatements(content) ? content : null;
}

/** Whether SQL has anything but blank lines and line comments. */
export function hasStatements(sql: string): boolean {
  return sql.split('\n').some((line) => line.trim() !== '' && !line.trim().startsWith('--'));
}
