import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, type Settings } from 'graphile-migrate';
import { currentFolder, launcher, migrationsFolder, projectRoot } from '../../config/project.ts';
import type { MigratedDatabase } from './other-migrations.ts';

/** The connections that graphile-migrate needs; the last two only for `commit`. */
export type MigrationTarget = MigratedDatabase & {
  readonly rootUrl: string | null;
  readonly shadowUrl: string | null;
};

/** What graphile-migrate says on the way: one line a step. */
export type Report = (line: string) => void;

/**
 * graphile-migrate's settings: those of `.gmrc`, with our connections in place of the environment's, from any
 * working directory.
 */
export async function migrationSettings(
  target: MigrationTarget,
  report: Report,
): Promise<Settings> {
  // git keeps no empty folder, and without it graphile-migrate would start a file current.sql instead.
  await mkdir(currentFolder, { recursive: true });
  const text = await readFile(path.join(projectRoot, '.gmrc'), 'utf8');
  const command = JSON.stringify(`"${process.execPath}" "${launcher}"`).slice(1, -1);
  const shared: Settings = JSON.parse(text.replaceAll('node bin/ombaro.js', () => command));
  return {
    ...shared,
    connectionString: target.ownerUrl,
    // Never used unless a database is reset, but graphile-migrate wants it to differ from the others.
    rootConnectionString: target.rootUrl ?? 'template1',
    ...(target.shadowUrl === null ? {} : { shadowConnectionString: target.shadowUrl }),
    databaseOwner: 'ombaro_owner',
    migrationsFolder,
    // Errors are thrown as well as logged; once is enough.
    logger: new Logger(() => (level, message) => {
      if (level !== 'error') {
        report(message.trim());
      }
    }),
  };
}

/** graphile-migrate closes its pools 200 ms after their last use and offers no way to hurry it. */
const poolsCloseAfterMs = 300;

/**
 * Runs a step of graphile-migrate. A failing migration's error names its file, line and statement. Ends
 * only when its connections are closed: it ends the whole process when a server stops under them.
 */
export async function runStep<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    const explanation = (error as { _gmMessageOverride?: string })._gmMessageOverride;
    throw explanation === undefined ? error : new Error(explanation, { cause: error });
  } finally {
    await sleep(poolsCloseAfterMs);
  }
}
