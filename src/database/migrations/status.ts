import { withClient } from '../connection.ts';
import { findPending, readApplied, readCommitted } from './committed.ts';

export type MigrationStatus = {
  readonly name: string;
  /** `null`: not yet. */
  readonly appliedAt: Date | null;
};

/**
 * Every committed migration, and since when this database has it.
 *
 * @throws Error when an applied migration differs from its file.
 */
export async function readMigrationStatus(ownerUrl: string): Promise<readonly MigrationStatus[]> {
  const committed = await readCommitted();
  const applied = await withClient(ownerUrl, readApplied);
  findPending(committed, applied);
  return committed.map(({ name }, index) => ({ name, appliedAt: applied[index]?.date ?? null }));
}
