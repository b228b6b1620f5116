import { type BootstrapTarget, bootstrap, linkProfilesToAccounts } from './bootstrap.ts';
import type { CommittedMigration } from './migrations/committed.ts';
import { type BeforeApplying, migrate } from './migrations/migrate.ts';
import type { MigrationTarget, Report } from './migrations/settings.ts';
import { refuseOtherMigrations } from './migrations/status.ts';

/**
 * Brings a database to the newest committed migration and returns the new ones.
 *
 * @throws OtherMigrationsError, with nothing changed, when it was made by other migrations.
 */
export async function prepareDatabase(
  target: BootstrapTarget & MigrationTarget,
  report: Report,
  beforeApplying?: BeforeApplying,
): Promise<readonly CommittedMigration[]> {
  await refuseOtherMigrations(target);
  await bootstrap(target);
  const applied = await migrate(target, report, beforeApplying);
  await linkProfilesToAccounts(target);
  return applied;
}
