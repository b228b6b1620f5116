import { type BootstrapTarget, bootstrap, linkProfilesToAccounts } from './bootstrap.ts';
import type { CommittedMigration } from './migrations/committed.ts';
import { type BeforeApplying, migrate } from './migrations/migrate.ts';
import type { MigrationTarget, Report } from './migrations/settings.ts';

/** Brings a database from whatever it is to the newest committed migration, and returns the new ones. */
export async function prepareDatabase(
  target: BootstrapTarget & MigrationTarget,
  report: Report,
  beforeApplying?: BeforeApplying,
): Promise<readonly CommittedMigration[]> {
  await bootstrap(target);
  const applied = await migrate(target, report, beforeApplying);
  await linkProfilesToAccounts(target);
  return applied;
}
