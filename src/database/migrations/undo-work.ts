import { inTransaction, withClient } from '../../lib/postgres.ts';
import { type BootstrapTarget, bootstrap } from '../bootstrap.ts';
import { readAppliedCurrent, undoCurrent } from './current.ts';
import { readFunctionDefinitions, restoringSql } from './function-definitions.ts';
import { type MigrationTarget, migrationSettings, runStep } from './settings.ts';

/**
 * Takes the work in progress back from a database that has it applied, with the functions that it has replaced:
 * what they were comes from the shadow database. Returns whether there was something to undo.
 *
 * @throws Error when its undo is missing or fails, or functions were replaced and there is no shadow database.
 */
export async function undoWork(target: MigrationTarget & BootstrapTarget): Promise<boolean> {
  const { ownerUrl, shadowUrl } = target;
  const applied = await withClient(ownerUrl, readAppliedCurrent);
  const hasFunctions = applied !== null && /\bfunction\b/i.test(applied);
  if (hasFunctions && shadowUrl === null) {
    throw new Error(
      'Set SHADOW_DATABASE_URL and ROOT_DATABASE_URL: what the replaced functions were comes from a fresh database.',
    );
  }
  const wasApplied = await undoCurrent(ownerUrl, { keepRecord: false });
  if (hasFunctions && shadowUrl !== null) {
    await bootstrap(target);
    const { reset } = await import('graphile-migrate');
    const settings = await migrationSettings(target, () => {});
    await runStep(() => reset(settings, true));
    const before = await withClient(shadowUrl, readFunctionDefinitions);
    await withClient(ownerUrl, (client) =>
      inTransaction(client, async () => {
        await client.query(restoringSql(before, await readFunctionDefinitions(client)));
      }),
    );
  }
  return wasApplied;
}
