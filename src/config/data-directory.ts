import { createHash, createHmac, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { canEnter, type ServerUser, serverUserFor } from './server-user.ts';
import { systemDirectory } from './system-directory.ts';

export type DataDirectory = {
  readonly path: string;
  readonly cluster: string;
  /** Who runs the server; `null` for ourselves. */
  readonly user: ServerUser | null;
  /** A secret that is always the same for this directory and `purpose`, 43 characters of base64url. */
  readonly secretFor: (purpose: string) => string;
};

/**
 * Opens (or makes) the directory of the embedded server. Root with a directory that the server's user
 * cannot enter gets one under /var/lib instead, always the same for the same `requested`.
 *
 * @throws Error when it belongs to another user.
 */
export function openDataDirectory(requested: string): DataDirectory {
  let directory = path.resolve(requested);
  try {
    directory = locate(directory);
    const cluster = path.join(directory, 'postgres');
    makeFolder(directory);
    chmodSync(directory, 0o711);
    const secret = readOrMakeSecret(path.join(directory, 'secret'));
    return {
      path: directory,
      cluster,
      user: serverUserFor(cluster),
      secretFor: (purpose) => createHmac('sha256', secret).update(purpose).digest('base64url'),
    };
  } catch (cause) {
    throw new Error(
      `The data directory ${directory} cannot be used: ${(cause as Error).message}. Run as its owner, or set OMBARO_DATA_DIR to another folder.`,
      { cause },
    );
  }
}

/** As `mkdirSync` with `recursive`, which never returns where the file system takes no folders, as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) {
    return;
  }
  makeFolder(path.dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
}

/** Whether `openDataDirectory` would find the secrets of an earlier start and make nothing. */
export function hasDataDirectory(requested: string): boolean {
  return existsSync(path.join(locate(path.resolve(requested)), 'secret'));
}

function locate(requested: string): string {
  const user = serverUserFor(path.join(requested, 'postgres'));
  if (user === null || canEnter(user, requested)) {
    return requested;
  }
  const name = createHash('sha256').update(requested).digest('hex').slice(0, 12);
  return path.join(systemDirectory(), `data-${name}`);
}

function readOrMakeSecret(file: string): string {
  // Linked into place whole, so that two first starts at once agree on one secret.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, randomBytes(32).toString('base64url'), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  } finally {
    rmSync(draft);
  }
  chmodSync(file, 0o600);
  return readFileSync(file, 'utf8');
}

/** The purpose under which the data directory derives a role's password. */
export function passwordPurpose(role: string): string {
  return `password of ${role}`;
}
