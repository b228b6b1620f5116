import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { inTransaction } from '../../lib/postgres.ts';
import { type CommittedMigration, committedFolder } from './committed.ts';

/**
 * Applies migrations to a bootstrapped, empty database that is only looked at: without graphile-migrate and
 * its bookkeeping.
 */
export async function buildMigrations(
  client: pg.ClientBase,
  migrations: readonly CommittedMigration[],
): Promise<void> {
  for (const { name } of migrations) {
    const sql = await readFile(path.join(committedFolder, name), 'utf8');
    if (/^--! no-transaction\b/m.test(sql)) {
      await client.query(sql);
    } else {
      await inTransaction(client, () => client.query(sql));
    }
  }
}
