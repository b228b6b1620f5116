import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export type TemporaryDirectory = {
  readonly path: string;
  readonly remove: () => void;
};

/** A new folder that every user can enter: as root the embedded server runs as somebody else. */
export function makeTemporaryDirectory(): TemporaryDirectory {
  const directory = mkdtempSync(path.join(tmpdir(), 'ombaro-test-'));
  chmodSync(directory, 0o755);
  return {
    path: directory,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
