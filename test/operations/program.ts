import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/config/project.ts';
import { makeCommandLine, type Outcome } from '../helpers/command-line.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { testUrls } from '../helpers/urls.ts';

export type Urls = Pick<TestDatabase, 'ownerUrl' | 'apiUrl' | 'workerUrl'>;

/** What the operations take: the connections to a test database, and an administrator's. */
export function targetOf({ ownerUrl, apiUrl, workerUrl }: Urls) {
  return { rootUrl: testUrls().root, ownerUrl, apiUrl, workerUrl, shadowUrl: null };
}

function settingsOf(urls: Urls): Readonly<Record<string, string>> {
  return {
    DATABASE_URL: urls.ownerUrl,
    API_DATABASE_URL: urls.apiUrl,
    WORKER_DATABASE_URL: urls.workerUrl,
    ROOT_DATABASE_URL: testUrls().root,
    JWT_SECRET: 'a secret of the tests, long enough to be one',
  };
}

/** Runs the command line of the program in `folder`, by default this one, on a test database. */
export function programOn(
  urls: Urls,
  folder = projectRoot,
): (args: readonly string[], variables?: Readonly<Record<string, string>>) => Promise<Outcome> {
  const run = makeCommandLine(folder, settingsOf(urls));
  return (args, variables) => run(process.execPath, ['bin/ombaro.js', ...args], variables);
}

/** Starts the command line and leaves it to the test to end it. */
export function startProgram(urls: Urls, folder: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['bin/ombaro.js', ...args], {
    cwd: folder,
    env: { ...process.env, ...settingsOf(urls) },
    stdio: 'ignore',
  });
}

/**
 * Commits a migration in a copy of the program, as graphile-migrate would, with its undo, and returns its
 * name.
 */
export function addMigration(folder: string, slug: string, sql: string, undo: string): string {
  const committed = path.join(folder, 'migrations', 'committed');
  const last = readdirSync(committed).sort().at(-1) ?? '';
  const previous = /^--! Hash: (\S+)$/m.exec(readFileSync(path.join(committed, last), 'utf8'))?.[1];
  const hash = createHash('sha1').update(`${previous}\n${sql.trim()}\n`).digest('hex');
  const name = `${String(Number(last.slice(0, 6)) + 1).padStart(6, '0')}-${slug}.sql`;
  writeFileSync(
    path.join(committed, name),
    `--! Previous: ${previous}\n--! Hash: sha1:${hash}\n--! Message: ${slug}\n\n${sql.trim()}\n`,
  );
  mkdirSync(path.join(folder, 'migrations', 'rollback'), { recursive: true });
  writeFileSync(path.join(folder, 'migrations', 'rollback', name), undo);
  return name;
}
