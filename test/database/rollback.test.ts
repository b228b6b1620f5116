import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { migrationsFolder } from '../../src/config/project.ts';
import { bootstrap } from '../../src/database/bootstrap.ts';
import { describeSchema } from '../../src/database/describe/schema-sql.ts';
import { type CommittedMigration, readCommitted } from '../../src/database/migrations/committed.ts';
import { withClient, withDatabase } from '../../src/lib/postgres.ts';
import { testUrls } from '../helpers/urls.ts';

const name = `test_rollback_${randomBytes(4).toString('hex')}`;
let migrations: readonly CommittedMigration[];
let client: pg.Client;

beforeAll(async () => {
  const urls = testUrls();
  migrations = await readCommitted();
  const ownerUrl = withDatabase(urls.owner, name);
  await bootstrap({ rootUrl: urls.root, ownerUrl, apiUrl: urls.api, workerUrl: urls.worker });
  client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await withClient(testUrls().root, (root) => root.query(`drop database ${name} with (force)`));
});

// What becomes of the catalogue, and of the data of years, is in test/operations/rollback-data.test.ts.
test('every rollback file returns the rows that migrations brought to what they were', async () => {
  const states = [await readRows()];
  for (const migration of migrations) {
    await run('committed', migration);
    states.push(await readRows());
  }
  const schema = await describeSchema(client);
  for (const [index, migration] of [...migrations.entries()].reverse()) {
    await run('rollback', migration);
    expect(await readRows()).toEqual(states[index]);
  }
  for (const migration of migrations) {
    await run('committed', migration);
  }
  expect(await describeSchema(client)).toBe(schema);
}, 120_000);

async function run(folder: string, migration: CommittedMigration): Promise<void> {
  const sql = await readFile(path.join(migrationsFolder, folder, migration.name), 'utf8');
  await client.query('begin');
  await client.query(sql);
  await client.query('commit');
}

/** A checksum of the rows of each table; the audit log only ever grows. */
async function readRows(): Promise<Record<string, string>> {
  const { rows: tables } = await client.query<{ name: string }>(
    `select format('%I.%I', relnamespace::regnamespace, relname) as name from pg_class
     where relkind = 'r' and relnamespace::regnamespace::text in ('public', 'enums', 'app_private')
       and relname <> 'audit_logs'
     order by 1`,
  );
  const sums: Record<string, string> = {};
  for (const table of tables) {
    const { rows } = await client.query<{ sum: string }>(
      `select count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as sum
       from ${table.name} t`,
    );
    sums[table.name] = rows[0]?.sum ?? '';
  }
  return sums;
}
