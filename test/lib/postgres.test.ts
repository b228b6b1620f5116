import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { inTransaction } from '../../src/lib/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

describe('a transaction', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.owner.query('create table public.notes (n integer)');
    client = new pg.Client({ connectionString: database.ownerUrl });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  const write = (n: number) => client.query('insert into public.notes values ($1)', [n]);
  const written = async () =>
    (await database.owner.query('select n from public.notes order by n')).rows.map(({ n }) => n);

  test('is committed when its work is done, and rolled back when that fails', async () => {
    expect(await inTransaction(client, async () => (await write(1)).rowCount)).toBe(1);
    const failing = inTransaction(client, async () => {
      await write(2);
      throw new Error('on the way');
    });
    await expect(failing).rejects.toThrow('on the way');
    expect(await written()).toEqual([1]);
  });

  test('that is rolled back returns what was read in it, and leaves nothing', async () => {
    const seen = await inTransaction(
      client,
      async () => {
        await write(3);
        return (await client.query('select n from public.notes order by n')).rows;
      },
      { isUndone: true },
    );
    expect(seen).toEqual([{ n: 1 }, { n: 3 }]);
    expect(await written()).toEqual([1]);
  });

  test('that is a snapshot sees one moment, and cannot write', async () => {
    const count = async () => (await client.query('select from public.notes')).rowCount;
    const counts = await inTransaction(
      client,
      async () => {
        const before = await count();
        await database.owner.query('insert into public.notes values (4)');
        return [before, await count()];
      },
      { isSnapshot: true },
    );
    expect(counts).toEqual([1, 1]);
    expect(await written()).toEqual([1, 4]);
    const writing = inTransaction(client, () => write(5), { isSnapshot: true });
    await expect(writing).rejects.toMatchObject({ code: '25006' });
    expect(await written()).toEqual([1, 4]);
  });
});
