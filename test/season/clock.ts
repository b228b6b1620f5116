import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';

/** One clock for PostgreSQL and Node alike, by a library that is loaded before libc: the product has none of its own. */
export type Clock = {
  /** What a process needs in its environment to live by this clock. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the clock shows now. */
  readonly now: () => Date;
  /** Puts the clock forward, for every process at once. */
  readonly advanceTo: (time: Date) => void;
  readonly close: () => void;
};

/** @throws Error with the remedy where no C compiler is installed. */
export function makeClock(directory: string): Clock {
  const library = compile(directory);
  const filePath = path.join(directory, 'clock');
  // PostgreSQL reads it as another user.
  const file = openSync(filePath, 'w', 0o644);
  let secondsAhead = 0;
  const write = () => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(secondsAhead));
    writeSync(file, bytes, 0, bytes.length, 0);
  };
  write();
  const now = () => new Date(Date.now() + secondsAhead * 1000);
  return {
    environment: { LD_PRELOAD: library, SEASON_CLOCK: filePath },
    now,
    advanceTo: (time) => {
      const seconds = Math.ceil((time.getTime() - now().getTime()) / 1000);
      if (seconds < 0) {
        throw new Error(`The clock shows ${now().toISOString()} and goes forward only.`);
      }
      secondsAhead += seconds;
      write();
    },
    close: () => closeSync(file),
  };
}

function compile(directory: string): string {
  const library = path.join(directory, 'clock.so');
  const source = path.join(import.meta.dirname, 'clock.c');
  const { status, stderr, error } = spawnSync(
    'cc',
    ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', library, source],
    { encoding: 'utf8' },
  );
  if (status !== 0) {
    throw new Error(
      `The clock of the season is not compiled. On Debian: apt-get install gcc libc6-dev\n${stderr ?? ''}`,
      { cause: error },
    );
  }
  return library;
}
