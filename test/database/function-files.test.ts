import { readFunctionFiles } from '../../src/database/describe/read-functions.ts';
import { readFunctionDefinitions } from '../../src/database/migrations/function-definitions.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

const nameOf = (identity: string) => {
  const name = identity.slice(0, identity.indexOf('('));
  return name.includes('.') ? name : `public.${name}`;
};

it('every function of the database has its file, and every file its function', async () => {
  const defined = await withClient(database.ownerUrl, readFunctionDefinitions);
  const names = new Set([...defined.keys()].map(nameOf));
  const files = await readFunctionFiles();
  expect([...names].filter((name) => !files.has(name))).toEqual([]);
  expect([...files.keys()].filter((name) => !names.has(name))).toEqual([]);
});

it('a file is named after its function', async () => {
  const files = await readFunctionFiles();
  const misnamed = [...files].filter(
    ([name, { file }]) => !file.endsWith(`/${name.slice(name.indexOf('.') + 1)}.sql`),
  );
  expect(misnamed).toEqual([]);
});

it('the files make exactly what the migrations made', async () => {
  const files = await readFunctionFiles();
  await withClient(database.ownerUrl, async (client) => {
    const before = await readFunctionDefinitions(client);
    await client.query('begin');
    for (const { sql } of files.values()) {
      await client.query(sql);
    }
    expect(await readFunctionDefinitions(client)).toEqual(before);
    await client.query('rollback');
  });
});

it('a file with another text is noticed', async () => {
  const files = await readFunctionFiles();
  const file = files.get('app_private.today');
  await withClient(database.ownerUrl, async (client) => {
    const before = await readFunctionDefinitions(client);
    await client.query('begin');
    await client.query(file?.sql.replace('language', '/* */ language') ?? '');
    await client.query('grant execute on function app_private.today() to anon');
    expect(await readFunctionDefinitions(client)).not.toEqual(before);
    await client.query('rollback');
  });
});
