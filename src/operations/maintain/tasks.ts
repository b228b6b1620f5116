import type { Task } from './task.ts';
import { makeArchive } from './tasks/archive.ts';
import { audit } from './tasks/audit.ts';
import { type BackUp, makeBackup } from './tasks/backup.ts';
import { deadLetters } from './tasks/dead-letters.ts';
import { errors } from './tasks/errors.ts';
import { indexes } from './tasks/indexes.ts';
import { makeMigrations } from './tasks/migrations.ts';
import { partitions } from './tasks/partitions.ts';
import { reindex } from './tasks/reindex.ts';
import { slowQueries } from './tasks/slow-queries.ts';
import { statistics } from './tasks/statistics.ts';
import { transactions } from './tasks/transactions.ts';
import { vacuum } from './tasks/vacuum.ts';

export type TaskOptions = {
  readonly ownerUrl: string;
  /** Where old log rows go; `null`: there is no task that moves them. */
  readonly archiveDirectory: string | null;
  /** `null`: there is no task that backs up. */
  readonly backUp: BackUp | null;
};

/** Every task, in the order in which those that are due at the same time run: what may lose rows comes after the backup. */
export function makeTasks({ ownerUrl, archiveDirectory, backUp }: TaskOptions): readonly Task[] {
  return [
    makeMigrations(ownerUrl),
    errors,
    transactions,
    deadLetters,
    slowQueries,
    indexes,
    ...(backUp === null ? [] : [makeBackup(backUp)]),
    ...(archiveDirectory === null ? [] : [makeArchive(archiveDirectory)]),
    partitions,
    vacuum,
    statistics,
    reindex,
    audit,
  ];
}
