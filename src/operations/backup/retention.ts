import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { checksumFileOf, type Manifest, manifestFileOf, readManifest } from './manifest.ts';

export type Retention = {
  /** A good backup just made; it says which database the others must be of, and always stays. */
  readonly newest: string;
  /** Older ones go; `null` for any age. In days. */
  readonly keepDays: number | null;
  /** So many stay, the newest; `null` for any number. */
  readonly keep: number | null;
};

const namePattern = /^ombaro-\d{8}T\d{9}Z-\d+\.\d+\.dump$/;
const dayMs = 86_400_000;

/**
 * Deletes backups of the same database beside `newest` that are too old or too many, and returns their paths.
 * Never touches a file without a manifest of ours, or of another database or server.
 */
export async function pruneBackups({
  newest,
  keepDays,
  keep,
}: Retention): Promise<readonly string[]> {
  const directory = path.dirname(newest);
  const now = await readManifest(newest);
  const oldestTime = keepDays === null ? '' : timeBefore(now, keepDays);
  const removed: string[] = [];
  // Their names begin with their time.
  const names = (await readdir(directory)).filter((name) => namePattern.test(name)).sort();
  let kept = 0;
  for (const name of names.reverse()) {
    const file = path.join(directory, name);
    const manifest = await readOwn(file, now);
    if (manifest === null) {
      continue;
    }
    const isTooMany = keep !== null && kept >= keep;
    if (file === newest || !(isTooMany || manifest.time < oldestTime)) {
      kept += 1;
      continue;
    }
    // The dump first: without it the others are nothing, and it is nothing without them.
    for (const part of [file, checksumFileOf(file), manifestFileOf(file)]) {
      await rm(part, { force: true });
    }
    removed.push(file);
  }
  return removed;
}

function timeBefore({ time }: Manifest, days: number): string {
  return new Date(Date.parse(time) - days * dayMs).toISOString();
}

/** `null` when it is not a backup of the same database. */
async function readOwn(file: string, newest: Manifest): Promise<Manifest | null> {
  let manifest: Manifest;
  try {
    manifest = await readManifest(file);
  } catch {
    return null;
  }
  const isSame =
    manifest.database === newest.database && manifest.systemIdentifier === newest.systemIdentifier;
  return isSame ? manifest : null;
}
