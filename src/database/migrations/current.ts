import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { currentFolder, migrationsFolder } from '../../config/project.ts';
import { inTransaction, withClient } from '../../lib/postgres.ts';
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

/** The undo that was written for the work in progress; `null` when there is none. */
export async function readWrittenUndo(): Promise<string | null> {
  try {
    return await readFile(currentRollbackFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

/**
 * Undoes the work in progress with migrations/rollback/current.sql, if it is applied. Functions that it has
 * replaced stay: what runs next replaces them again. `keepRecord` leaves the note that it is applied to
 * graphile-migrate, which holds a lock on it while it runs its hook. Returns whether there was something to
 * undo.
 */
export async function undoCurrent(
  ownerUrl: string,
  options: { readonly keepRecord: boolean },
): Promise<boolean> {
  return await withClient(ownerUrl, async (client) => {
    const applied = await readAppliedCurrent(client);
    if (applied === null) {
      return false;
    }
    const undo = await readWrittenUndo();
    if (undo === null && hasStatements(withoutIncluded(applied))) {
      throw new Error(
        'The current migration is applied and migrations/rollback/current.sql, its undo, is missing. Write it, then save again.',
      );
    }
    await inTransaction(client, async () => {
      await client.query(undo ?? '');
      if (!options.keepRecord) {
        await client.query('delete from graphile_migrate.current');
      }
    });
    return true;
  });
}

/** What stands in a migration itself, without the files that it includes. */
function withoutIncluded(sql: string): string {
  return sql.replace(/^--! Included (.*)$[\s\S]*?^--! EndIncluded \1$/gm, '');
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

/** Whether a file of migrations/current includes this one, named by its path in migrations/fixtures. */
export async function isIncluded(file: string): Promise<boolean> {
  const names = (await readdir(currentFolder)).filter((name) => name.endsWith('.sql'));
  const texts = await Promise.all(
    names.map((name) => readFile(path.join(currentFolder, name), 'utf8')),
  );
  return texts.some((text) =>
    text.split('\n').some((line) => line.trim() === `--!include ${file}`),
  );
}

/** Whether SQL has anything but blank lines and line comments. */
export function hasStatements(sql: string): boolean {
  return sql.split('\n').some((line) => line.trim() !== '' && !line.trim().startsWith('--'));
}
