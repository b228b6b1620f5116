import { withTemporaryDatabase } from '../../database/temporary.ts';
import { openArchive } from '../restore/archive.ts';
import { fillDatabase } from '../restore/fill.ts';
import type { RestoreTarget } from '../restore/target.ts';

/**
 * Restores a backup into a temporary database on the server of `target`, compares counts and checksums of
 * every table with those of the snapshot that was dumped, and drops it again.
 *
 * @throws Error when the backup does not restore or differs.
 */
export async function checkBackup(
  file: string,
  target: RestoreTarget & { readonly rootUrl: string },
  onProgress: (line: string) => void,
): Promise<void> {
  const archive = await openArchive(file);
  await withTemporaryDatabase(target, (temporary) =>
    fillDatabase(archive, temporary.target, onProgress),
  );
}
