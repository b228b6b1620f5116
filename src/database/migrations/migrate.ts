import type pg from 'pg';
import { withClient } from '../../lib/postgres.ts';
import { type CommittedMigration, findPending, readApplied, readCommitted } from './committed.ts';
import {
  explainFailure,
  lockTimeoutMs,
  retryWhileLocked,
  sqlStateOf,
} from './retry-while-locked.ts';
import type { MigrationTarget, Report } from './settings.ts';

/** Called with what is about to be applied, while no other process can migrate; when it throws, nothing is. */
export type BeforeApplying = (pending: readonly CommittedMigration[]) => Promise<void>;

/**
 * Applies the committed migrations that the database lacks and returns them. Work in progress that is
 * applied is undone first. Starts at the same time wait for each other. A migration that cannot have its locks
 * within a second gives up, so that no session waits behind it, and tries again later.
 *
 * @throws OtherMigrationsError when an applied migration differs from its file; Error when one fails.
 */
export async function migrate(
  target: MigrationTarget,
  report: Report,
  beforeApplying: BeforeApplying = async () => {},
): Promise<readonly CommittedMigration[]> {
  return await whileAlone(target.ownerUrl, async (client) => {
    const pending = findPending(await readCommitted(), await readApplied(client), target);
    if (pending.length === 0) {
      return [];
    }
    await beforeApplying(pending);
    // Loaded only when there is something to do: most starts have nothing.
    const { migrate: applyPending } = await import('graphile-migrate');
    const { runStep, migrationSettings } = await import('./settings.ts');
    const shared = await migrationSettings(target, report);
    const settings = {
      ...shared,
      pgSettings: { ...shared.pgSettings, lock_timeout: `${lockTimeoutMs}ms` },
    };
    try {
      await retryWhileLocked(() => runStep(() => applyPending(settings)), report);
    } catch (error) {
      throw await explain(client, pending, error);
    }
    return pending;
  });
}

/**
 * Connects as `ombaro_owner` and runs `act` while no other process migrates or rolls back this database; waits
 * for the one that does.
 */
export async function whileAlone<Result>(
  ownerUrl: string,
  act: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  return await withClient(ownerUrl, async (client) => {
    await assertOwner(client);
    await client.query(`select pg_advisory_lock(hashtext('ombaro migrate'))`);
    return await act(client);
  });
}

async function explain(
  client: pg.ClientBase,
  pending: readonly CommittedMigration[],
  error: unknown,
): Promise<unknown> {
  const applied = new Set((await readApplied(client)).map(({ filename }) => filename));
  const failed = pending.find(({ filename }) => !applied.has(filename));
  // Anything else, such as a lost connection, says itself what it is.
  return failed === undefined || sqlStateOf(error) === null
    ? error
    : explainFailure(`migrations/committed/${failed.name}`, 'npx ombaro migrate', error);
}

async function assertOwner(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ current_user: string }>('select current_user');
  const user = rows[0]?.current_user;
  if (user !== 'ombaro_owner') {
    throw new Error(
      `DATABASE_URL connects as ${user}; it must connect as ombaro_owner, who owns everything. Use ROOT_DATABASE_URL for the administrator.`,
    );
  }
}
