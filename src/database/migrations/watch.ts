import { mkdirSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { currentFolder, fixturesFolder } from '../../config/project.ts';
import { applyCurrent, isIncluded } from './current.ts';
import type { MigrationTarget, Report } from './settings.ts';

/** Editors write a file in several steps; this long after the last one it is complete. */
const settleMs = 200;

export type CurrentWatcher = {
  readonly close: () => Promise<void>;
};

export type WatchOptions = {
  readonly report: Report;
  /** Called after each change that the database has taken. */
  readonly onApplied: () => Promise<void>;
  /** Called with what is wrong with the work in progress; the next save tries again. */
  readonly onFailed: (error: unknown) => void;
};

/**
 * Applies migrations/current now and at every change in that folder or in migrations/fixtures, one after the
 * other.
 */
export function watchCurrent(target: MigrationTarget, options: WatchOptions): CurrentWatcher {
  const abort = new AbortController();
  const { signal } = abort;
  let isDirty = true;

  const applyWhileDirty = async (): Promise<void> => {
    while (isDirty && !signal.aborted) {
      isDirty = false;
      await sleep(settleMs);
      try {
        await applyCurrent(target, options.report);
        await options.onApplied();
      } catch (error) {
        options.onFailed(error);
      }
    }
  };
  let applying = applyWhileDirty();
  const follow = async (folder: string, onChange: (file: string) => Promise<void>) => {
    // git keeps no empty folder.
    mkdirSync(folder, { recursive: true });
    try {
      for await (const { filename } of watch(folder, { signal, recursive: true })) {
        await onChange(filename ?? '');
        if (!isDirty) {
          isDirty = true;
          applying = applying.then(applyWhileDirty);
        }
      }
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    }
  };
  const following = Promise.all([
    follow(currentFolder, async () => {}),
    follow(fixturesFolder, async (file) => {
      if (file.endsWith('.sql') && !(await isIncluded(file))) {
        options.report(
          `migrations/fixtures/${file} has changed. To apply it, add a line to a file in migrations/current: --!include ${file}`,
        );
      }
    }),
  ]);
  return {
    close: async () => {
      abort.abort();
      await following;
      await applying;
    },
  };
}
