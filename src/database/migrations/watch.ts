import { mkdirSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { currentFolder } from '../../project.ts';
import { applyCurrent } from './current.ts';
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

/** Applies migrations/current now and at every change in that folder, one after the other. */
export function watchCurrent(target: MigrationTarget, options: WatchOptions): CurrentWatcher {
  const abort = new AbortController();
  const { signal } = abort;
  // git keeps no empty folder.
  mkdirSync(currentFolder, { recursive: true });
  const changes = watch(currentFolder, { signal });
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
  const follow = async (): Promise<void> => {
    try {
      for await (const _change of changes) {
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
  const following = follow();
  return {
    close: async () => {
      abort.abort();
      await following;
      await applying;
    },
  };
}
