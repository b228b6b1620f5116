import { withClient } from '../connection.ts';
import {
  checkCommitted,
  compareWithApplied,
  type MigrationState,
  readApplied,
} from './committed.ts';

/** Every migration that is on disk or in this database, since when it has it, and what is wrong with it. */
export async function readMigrationStatus(ownerUrl: string): Promise<readonly MigrationState[]> {
  const files = await checkCommitted();
  return compareWithApplied(files, await withClient(ownerUrl, readApplied));
}
