import type { BeforeApplying } from '../../database/migrations/migrate.ts';
import { withClient } from '../../lib/postgres.ts';
import { backUpFirst, type TakeBackup } from '../take-backup.ts';
import { findLongLocks } from './long-locks.ts';

export type Precautions = {
  readonly ownerUrl: string;
  /** `null`: the operator has asked to go without. */
  readonly takeBackup: TakeBackup | null;
  readonly report: (line: string) => void;
};

/**
 * What is done before migrations are applied to a database that holds data: its operator is shown the
 * statements that lock or rewrite big tables, and a backup is taken. An empty database needs neither.
 */
export function takePrecautions({ ownerUrl, takeBackup, report }: Precautions): BeforeApplying {
  return async (pending) => {
    if (!(await holdsData(ownerUrl))) {
      return;
    }
    await showLongLocks(pending, report);
    if (takeBackup !== null) {
      await backUpFirst(takeBackup, report);
    }
  };
}

async function showLongLocks(
  pending: Parameters<BeforeApplying>[0],
  report: Precautions['report'],
): Promise<void> {
  const statements = await findLongLocks(pending);
  if (statements === null) {
    report(
      'squawk is not installed, so statements that lock or rewrite big tables are not shown. To see them: npm install --global squawk-cli',
    );
    return;
  }
  report(
    statements.length === 0
      ? 'No statement locks or rewrites a table that was there before, says squawk.'
      : 'These statements lock or rewrite tables; where one is big, it takes long:',
  );
  for (const { name, line, sql, message } of statements) {
    report(`  ${name}, line ${line}: ${sql}\n    ${message}`);
  }
}

/** Nothing of worth is in a database that knows nobody: all else belongs to people. */
async function holdsData(ownerUrl: string): Promise<boolean> {
  return await withClient(ownerUrl, async (client) => {
    const { rows: tables } = await client.query<{ is_there: boolean }>(
      `select to_regclass('public.user_profiles') is not null as is_there`,
    );
    if (tables[0]?.is_there !== true) {
      return false;
    }
    const { rows } = await client.query('select from public.user_profiles limit 1');
    return rows.length > 0;
  });
}
