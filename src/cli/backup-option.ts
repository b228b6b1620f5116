import type { Config } from '../config/config.ts';
import type { TakeBackup } from '../operations/take-backup.ts';
import { say } from './print.ts';
import type { Option, VerbInput } from './verb.ts';

export const noBackupOption: Option = {
  type: 'boolean',
  description: 'take no backup first',
};

/** How the backup before a change is taken; `null` where `--no-backup` was given. */
export function backupFor(
  { database: { ownerUrl }, operations: { backupDirectory } }: Config,
  values: VerbInput['values'],
): TakeBackup | null {
  if (values['no-backup'] === true) {
    return null;
  }
  return async () => {
    const { backUp } = await import('../operations/backup.ts');
    return await backUp({ ownerUrl, directory: backupDirectory, onProgress: say });
  };
}
