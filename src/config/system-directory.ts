import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';

const directory = '/var/lib/ombaro';

/**
 * Where root puts what the server's user must reach when the clone lies under a closed home. It survives
 * reboots and clean-ups of temporary files.
 *
 * @throws Error when the place cannot be made, or when someone else could write there.
 */
export function systemDirectory(): string {
  try {
    if (!existsSync(directory)) {
      mkdirSync(directory, { recursive: true });
      chmodSync(directory, 0o755);
    }
  } catch (cause) {
    throw new Error(
      `The database server cannot enter the data directory and ${directory} cannot be made. Set OMBARO_DATA_DIR to a folder that every user can enter.`,
      { cause },
    );
  }
  const { uid, mode } = statSync(directory);
  if (uid !== 0 || (mode & 0o022) !== 0) {
    throw new Error(`${directory} must belong to root and be writable by root alone.`);
  }
  return directory;
}
