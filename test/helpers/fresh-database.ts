import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { migrationsFolder } from '../../src/config/project.ts';
import { bootstrap } from '../../src/database/bootstrap.ts';
import { inTransaction, withClient, withDatabase } from '../../src/lib/postgres.ts';
import { testUrls } from './urls.ts';

/** A bootstrapped database without migrations, for trying them one by one. */
export type FreshDatabase = {
  /** Connected as `ombaro_owner`, who migrates. */
  readonly owner: pg.Client;
  /** Runs a file of migrations/, such as `rollback/000001-….sql`, in one transaction. */
  readonly run: (file: string) => Promise<void>;
  readonly drop: () => Promise<void>;
};

export async function createFreshDatabase(): Promise<FreshDatabase> {
  const urls = testUrls();
  const name = `fresh_${randomBytes(6).toString('hex')}`;
  const ownerUrl = withDatabase(urls.owner, name);
  await bootstrap({
    rootUrl: urls.root,
    ownerUrl,
    apiUrl: withDatabase(urls.api, name),
    workerUrl: withDatabase(urls.worker, name),
  });
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  return {
    owner,
    run: async (file) => {
      const sql = await readFile(path.join(migrationsFolder, file), 'utf8');
      await inTransaction(owner, () => owner.query(sql));
    },
    drop: async () => {
      await owner.end();
      await withClient(urls.root, (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}
