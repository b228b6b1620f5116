import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { fixturesFolder } from '../../src/config/project.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

type Row = {
  readonly type: string;
  readonly audience: string;
  readonly language: string;
};

let database: TestDatabase;
/** The files of migrations/fixtures/templates: their SQL by the type that each is named after. */
let files: ReadonlyMap<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  const folder = path.join(fixturesFolder, 'templates');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  files = new Map(
    await Promise.all(
      names.map(
        async (name) =>
          [path.basename(name, '.sql'), await readFile(path.join(folder, name), 'utf8')] as const,
      ),
    ),
  );
});

afterAll(async () => {
  await database.drop();
});

/** Runs `act` in a transaction that is rolled back. */
async function trying(act: (client: pg.ClientBase) => Promise<void>): Promise<void> {
  await withClient(database.ownerUrl, async (client) => {
    await client.query('begin');
    await act(client);
    await client.query('rollback');
  });
}

async function readRows(client: pg.ClientBase): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>(
    `select type, audience, language, title, message, channels, priority, action_url, is_active, edited_at
    from public.notification_templates
    order by type, audience, language`,
  );
  return rows;
}

async function runFiles(client: pg.ClientBase): Promise<void> {
  for (const sql of files.values()) {
    await client.query(sql);
  }
}

it('the files make exactly the texts that the migrations made, and no others', async () => {
  await trying(async (client) => {
    const before = await readRows(client);
    expect(before.length).toBeGreaterThan(0);
    await client.query('delete from public.notification_templates');
    await runFiles(client);
    expect(await readRows(client)).toEqual(before);
  });
});

it('a file is named after the type whose texts it has', async () => {
  await trying(async (client) => {
    for (const [name, sql] of files) {
      await client.query('delete from public.notification_templates');
      await client.query(sql);
      const types = new Set((await readRows(client)).map(({ type }) => type));
      expect([...types]).toEqual([name]);
    }
  });
});

it('a file replaces texts that are as they were delivered', async () => {
  await trying(async (client) => {
    const before = await readRows(client);
    await client.query(
      `update public.notification_templates
      set title = 'Old', message = 'Old', channels = '{sms}', priority = 'low', action_url = '/old'`,
    );
    expect(await readRows(client)).not.toEqual(before);
    await runFiles(client);
    expect(await readRows(client)).toEqual(before);
  });
});

it('a file without changes writes no row', async () => {
  await trying(async (client) => {
    await client.query(
      `create function pg_temp.refuse() returns trigger language plpgsql as $$
      begin raise exception 'written'; end $$;
      create trigger refuse before update on public.notification_templates
      for each row execute function pg_temp.refuse()`,
    );
    await runFiles(client);
    await client.query('savepoint control');
    await expect(
      client.query(`update public.notification_templates set message = 'New'`),
    ).rejects.toThrow('written');
  });
});

it('a text that an operator has edited stays as it is', async () => {
  await trying(async (client) => {
    await client.query(
      `select set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-000000000001"}', true)`,
    );
    await client.query(`update public.notification_templates set message = message || '!'`);
    await client.query(`select set_config('request.jwt.claims', '', true)`);
    const edited = await readRows(client);
    expect(edited).toEqual(edited.map((row) => ({ ...row, edited_at: expect.any(Date) })));
    await client.query(`update public.notification_templates set title = 'Old'`);
    const before = await readRows(client);
    await runFiles(client);
    expect(await readRows(client)).toEqual(before);
  });
});
