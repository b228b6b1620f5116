import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import type { CommittedMigration } from '../../database/migrations/committed.ts';
import { whileAlone } from '../../database/migrations/migrate.ts';
import {
  explainFailure,
  lockTimeoutMs,
  retryWhileLocked,
} from '../../database/migrations/retry-while-locked.ts';
import { inTransaction } from '../../lib/postgres.ts';
import { backUpFirst, type TakeBackup } from '../take-backup.ts';
import { readSteps, rollbackFileOf, type Steps } from './steps.ts';

export type RollBackOptions = {
  /** `null`: the operator has asked to go without. */
  readonly takeBackup: TakeBackup | null;
  readonly report: (line: string) => void;
};

/** graphile-migrate's own lock, which it takes for each migration. */
const graphileMigrateLock = '4727445306447283';

/**
 * Takes a backup and undoes the migrations of `steps`, each in a transaction together with its row in
 * graphile_migrate.migrations, while no other process migrates.
 *
 * @throws Error when the database is no longer as it was when the steps were read, or when an undo fails:
 *   that migration stays whole.
 */
export async function rollBack(
  ownerUrl: string,
  steps: Steps,
  { takeBackup, report }: RollBackOptions,
): Promise<void> {
  await whileAlone(ownerUrl, async (client) => {
    await client.query('select pg_advisory_lock($1)', [graphileMigrateLock]);
    await assertUnchanged(client, ownerUrl, steps);
    if (takeBackup !== null) {
      await backUpFirst(takeBackup, report);
    }
    for (const migration of steps.undone) {
      try {
        await retryWhileLocked(() => undo(client, migration), report);
      } catch (error) {
        const again = `npx ombaro rollback --to ${steps.kept.length}`;
        throw explainFailure(`migrations/rollback/${migration.name}`, again, error);
      }
      report(`Undid ${migration.name}.`);
    }
  });
}

async function assertUnchanged(
  client: pg.ClientBase,
  ownerUrl: string,
  { kept, undone }: Steps,
): Promise<void> {
  const now = await readSteps(client, { ownerUrl }, kept.length);
  if (now.undone.length !== undone.length) {
    throw new Error(
      'Another process has migrated or rolled back this database meanwhile. Nothing was changed; look again what would be lost.',
    );
  }
}

async function undo(client: pg.ClientBase, migration: CommittedMigration): Promise<void> {
  const sql = await readFile(rollbackFileOf(migration), 'utf8');
  await inTransaction(client, async () => {
    await client.query(`set local lock_timeout = ${lockTimeoutMs}`);
    try {
      await client.query(sql);
    } catch (error) {
      throw withLine(error, sql);
    }
    await client.query('delete from graphile_migrate.migrations where filename = $1', [
      migration.filename,
    ]);
  });
}

/** Says in which line of the file an error of the database is, where it tells the place. */
function withLine(error: unknown, sql: string): unknown {
  const position = Number((error as { position?: string }).position ?? Number.NaN);
  if (!(error instanceof Error) || Number.isNaN(position)) {
    return error;
  }
  const line = sql.slice(0, position).split('\n').length;
  return new Error(`Line ${line}: ${error.message}`, { cause: error });
}
