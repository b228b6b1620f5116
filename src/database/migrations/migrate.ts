import { withClient } from '../connection.ts';
import { type CommittedMigration, findPending, readApplied, readCommitted } from './committed.ts';
import type { MigrationTarget, Report } from './settings.ts';

/**
 * Applies the committed migrations that the database lacks and returns them. Work in progress that is
 * applied is undone first. Starts at the same time wait for each other.
 *
 * @throws Error when an applied migration differs from its file, or when one fails.
 */
export async function migrate(
  target: MigrationTarget,
  report: Report,
): Promise<readonly CommittedMigration[]> {
  return await withClient(target.ownerUrl, async (client) => {
    await assertOwner(client);
    await client.query(`select pg_advisory_lock(hashtext('ombaro migrate'))`);
    const pending = findPending(await readCommitted(), await readApplied(client));
    if (pending.length === 0) {
      return [];
    }
    // Loaded only when there is something to do: most starts have nothing.
    const { migrate: applyPending } = await import('graphile-migrate');
    const { runStep, migrationSettings } = await import('./settings.ts');
    const settings = await migrationSettings(target, report);
    await runStep(() => applyPending(settings));
    return pending;
  });
}

type Client = Parameters<typeof readApplied>[0];

async function assertOwner(client: Client): Promise<void> {
  const { rows } = await client.query<{ current_user: string }>('select current_user');
  const user = rows[0]?.current_user;
  if (user !== 'ombaro_owner') {
    throw new Error(
      `DATABASE_URL connects as ${user}; it must connect as ombaro_owner, who owns everything. Use ROOT_DATABASE_URL for the administrator.`,
    );
  }
}
