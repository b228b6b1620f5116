import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from '../../src/config/project.ts';
import { withDatabase } from '../../src/lib/postgres.ts';
import { type CommandLine, makeCommandLine } from '../helpers/command-line.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { binariesDirectory } from '../helpers/server.ts';

/** Binaries of a newer PostgreSQL than the suite's, to restore into; CI sets it. */
export const newerDirectory = process.env.NEWER_POSTGRES_DIR || null;

const toolMajor = readToolMajor();
const serverMajor =
  binariesDirectory === null
    ? 15
    : majorOf(
        execFileSync(path.join(binariesDirectory, 'bin', 'postgres'), ['-V'], { encoding: 'utf8' }),
      );

/** For what needs a pg_dump that reads the server of the tests. `npm test` does without one, CI does not. */
export const describeWithTools = toolMajor >= serverMajor ? describe : describe.skip;

/** For what happens when the pg_dump of this machine is older than the server of the tests. */
export const describeWithOldTools =
  toolMajor > 0 && toolMajor < serverMajor ? describe : describe.skip;

function readToolMajor(): number {
  try {
    return majorOf(execFileSync('pg_dump', ['--version'], { encoding: 'utf8' }));
  } catch {
    return 0;
  }
}

function majorOf(version: string): number {
  return Number(/\) (\d+)/.exec(version)?.[1]);
}

/** The real command line, on a database of the tests. */
export function commandLineFor(
  database: TestDatabase,
  variables: Readonly<Record<string, string>> = {},
): (...args: string[]) => ReturnType<CommandLine> {
  const run = makeCommandLine(projectRoot, { ...settingsFor(database), ...variables });
  return (...args) => run(process.execPath, ['bin/ombaro.js', ...args]);
}

/** A command line of its own process, to be killed outright. */
export function startCommand(
  database: TestDatabase,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): {
  readonly kill: () => Promise<void>;
  readonly exited: Promise<unknown>;
  /** On the error stream, so far. */
  readonly said: () => string;
} {
  const child = spawn(process.execPath, ['bin/ombaro.js', ...args], {
    cwd: projectRoot,
    env: { PATH: process.env.PATH, ...settingsFor(database), ...variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const exited = once(child, 'exit');
  return {
    exited,
    said: () => said,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The administrator's connection to no database of the tests, as ROOT_DATABASE_URL is. */
export function rootUrlOf(database: TestDatabase): string {
  return withDatabase(database.rootUrl, 'postgres');
}

/** Asks again and again, for at most 30 seconds. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await isSo())) {
    if (performance.now() > end) {
      throw new Error(`Waited in vain until ${what}.`);
    }
    await sleep(20);
  }
}

export function settingsFor(database: TestDatabase): Readonly<Record<string, string>> {
  return {
    DATABASE_URL: database.ownerUrl,
    API_DATABASE_URL: database.apiUrl,
    WORKER_DATABASE_URL: database.workerUrl,
    ROOT_DATABASE_URL: rootUrlOf(database),
    JWT_SECRET: 'x'.repeat(32),
  };
}
