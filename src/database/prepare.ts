import { type BootstrapTarget, bootstrap, linkProfilesToAccounts } from './bootstrap.ts';
import type { CommittedMigration } from './migrations/committed.ts';
import { migrate } from './migrations/migrate.ts';
import type { MigrationTarget, Report } from './migrations/settings.ts';

/** Brings a database from whatever it is to the newest committed migration, and returns the new ones. */
export async function prepareDatabase(
  target: BootstrapTarget & MigrationTarget,
  report: Report,
): Promise<readonly CommittedMigration[]> {
  await bootstrap(target);
  const applied = await migrate(target, report);
  await linkProfilesToAccounts(target);
  return applied;
}
