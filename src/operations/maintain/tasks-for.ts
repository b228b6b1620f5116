import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { databaseOf } from '../../lib/postgres.ts';
import { backUp } from '../backup.ts';
import type { Task } from './task.ts';
import { makeTasks } from './tasks.ts';

/** The tasks of the configured database, with an archive for it alone: another's files are none of its business. */
export function tasksFor({
  database: { ownerUrl },
  operations: { backupDirectory, isBackupScheduled, archiveDirectory },
}: Pick<Config, 'database' | 'operations'>): readonly Task[] {
  return makeTasks({
    ownerUrl,
    archiveDirectory:
      archiveDirectory === null ? null : path.join(archiveDirectory, databaseOf(ownerUrl)),
    backUp: isBackupScheduled ? () => backUp({ ownerUrl, directory: backupDirectory }) : null,
  });
}
