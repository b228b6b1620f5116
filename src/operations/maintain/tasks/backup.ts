import { stat } from 'node:fs/promises';
import type { Task } from '../task.ts';

/** Makes a full backup and says where it is. */
export type BackUp = () => Promise<{ readonly path: string }>;

/** A full backup of the database. */
export function makeBackup(backUp: BackUp): Task {
  return {
    name: 'backup',
    cadence: 'monthly',
    summary: 'a full backup',
    run: async () => {
      const { path } = await backUp();
      const entry = await stat(path);
      return {
        summary: `The backup is ${path}.`,
        needsAttention: false,
        figures: entry.isFile() ? { bytes: entry.size } : {},
        lists: {},
      };
    },
  };
}
