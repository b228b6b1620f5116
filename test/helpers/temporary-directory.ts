import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export type TemporaryDirectory = {
  readonly path: string;
  readonly remove: () => void;
};

/** Linux keeps files of this folder in memory: there a database is cloned ten times as fast as on a disk. */
const memoryFolder = '/dev/shm';

/** What all servers of a run of the suite may need together. Containers often have 64 MB. */
const neededBytes = 6 * 2 ** 30;

const parent = hasRoom(memoryFolder) ? memoryFolder : tmpdir();

const prefix = 'ombaro-test-';

/** A new folder that every user can enter: as root the embedded server runs as another user. */
export function makeTemporaryDirectory(): TemporaryDirectory {
  const directory = mkdtempSync(path.join(parent, `${prefix}${process.pid}-`));
  chmodSync(directory, 0o755);
  return {
    path: directory,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Removes the folders of runs that were killed: they would keep their memory until the machine restarts. */
export function removeAbandonedDirectories(): void {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split('-')[0]) : 0;
    if (pid > 0 && !isRunning(pid)) {
      rmSync(path.join(parent, name), { recursive: true, force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= neededBytes;
  } catch {
    return false;
  }
}
