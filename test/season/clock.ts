import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** One clock for PostgreSQL and Node alike, by Debian's libfaketime: the product has none of its own. */
export type Clock = {
  /** What a process needs in its environment to live by this clock. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the clock shows now. */
  readonly now: () => Date;
  /** Puts the clock forward, for every process at once. */
  readonly advanceTo: (time: Date) => void;
};

/** @throws Error with the remedy where libfaketime is not installed. */
export function makeClock(directory: string): Clock {
  const file = path.join(directory, 'clock');
  let offsetSeconds = 0;
  const write = () => {
    // Moved into place, so that no process reads half of it; PostgreSQL reads it as another user.
    writeFileSync(`${file}.new`, `+${offsetSeconds}\n`, { mode: 0o644 });
    renameSync(`${file}.new`, file);
  };
  write();
  const now = () => new Date(Date.now() + offsetSeconds * 1000);
  return {
    environment: {
      LD_PRELOAD: findLibrary(),
      FAKETIME_TIMESTAMP_FILE: file,
      // Read at every look at the clock: a jump counts at once.
      FAKETIME_NO_CACHE: '1',
      // Timers measure spans, and none has passed.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    now,
    advanceTo: (time) => {
      const seconds = Math.ceil((time.getTime() - now().getTime()) / 1000);
      if (seconds < 0) {
        throw new Error(`The clock shows ${now().toISOString()} and goes forward only.`);
      }
      offsetSeconds += seconds;
      write();
    },
  };
}

function findLibrary(): string {
  const folders = existsSync('/usr/lib')
    ? readdirSync('/usr/lib').map((name) => path.join('/usr/lib', name, 'faketime'))
    : [];
  const library = folders
    .map((folder) => path.join(folder, 'libfaketimeMT.so.1'))
    .find((candidate) => existsSync(candidate));
  if (library === undefined) {
    throw new Error('libfaketime is not installed. On Debian: apt-get install libfaketime');
  }
  return library;
}
