import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { databaseOf, inTransaction, withClient, withDatabase } from '../../lib/postgres.ts';
import { compareContents, readContents } from '../backup/contents.ts';
import { runTool } from '../client-tools.ts';
import type { Archive } from './archive.ts';
import type { RestoreTarget } from './target.ts';

const mostJobs = 4;

/**
 * Restores `archive` into an empty, bootstrapped database and compares every row of it with what was backed
 * up. With an administrator in several connections at once; without one in a single transaction, so that
 * one that fails half way leaves the database empty.
 *
 * @throws Error when pg_restore fails, or anything differs.
 */
export async function fillDatabase(
  archive: Archive,
  { rootUrl, ownerUrl }: RestoreTarget,
  onProgress: (line: string) => void,
): Promise<void> {
  const name = databaseOf(ownerUrl);
  const url = rootUrl === null ? ownerUrl : withDatabase(rootUrl, name);
  const how =
    rootUrl === null
      ? ['--single-transaction']
      : [`--jobs=${Math.min(mostJobs, availableParallelism())}`, '--role=ombaro_owner'];
  const folder = await mkdtemp(path.join(tmpdir(), 'ombaro-restore-'));
  try {
    const list = path.join(folder, 'list');
    await writeFile(list, archive.list);
    onProgress(`Restoring ${archive.file} into ${name}.`);
    await runTool(
      'pg_restore',
      ['--exit-on-error', '--no-password', `--use-list=${list}`, ...how, archive.file],
      rootUrl === null ? url : withoutWaiting(url),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
  await compare(archive, url, onProgress);
}

/** Thousands of small commits. The renaming that makes this the database is written to disk after them. */
function withoutWaiting(url: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}options=-c%20synchronous_commit%3Doff`;
}

async function compare(
  { manifest }: Archive,
  url: string,
  onProgress: (line: string) => void,
): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('set role ombaro_owner');
    await client.query('set statement_timeout = 0');
    onProgress('Gathering statistics.');
    await client.query('analyze');
    onProgress('Comparing every row with the backup.');
    const contents = await inTransaction(client, () =>
      readContents(client, manifest.foreignSchemas),
    );
    const differences = compareContents(manifest.tables, contents);
    if (differences.length > 0) {
      throw new Error(`The restored rows are not those backed up: ${differences.join('; ')}.`);
    }
  });
}
