import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { FileStore } from '../../src/files/store.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { type RunningRemovals, startFileRemovals } from '../../src/work/file-removals.ts';
import { jobs } from '../../src/work/jobs.ts';
import { idOf, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { aWhile, until } from '../messages/support.ts';

let database: TestDatabase;
const running: RunningRemovals[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await seedPeople(database.owner);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((removals) => removals.close()));
  await database.owner.query('delete from files');
});
afterAll(async () => {
  await database?.drop();
});

/** A file of this status, all of its times so many hours ago; stored once. */
async function addFile(status: string, hours: number, { isUsed = false } = {}): Promise<string> {
  const { rows } = await database.owner.query<{ id: string }>(
    `insert into files (owner_id, purpose, content_type, size, status, sha256, created_at,
      upload_expires_at, stored_at, unused_since, deleted_at)
    select $1, 'profile_image', 'image/png', 10, $2, repeat('0', 64), t, t, t,
      case when $2 = 'stored' and not $4 then t end, case when $2 = 'deleted' then t end
    from (select now() - $3 * interval '1 hour') x (t)
    returning id`,
    [idOf('customer'), status, hours, isUsed],
  );
  const id = rows[0]?.id as string;
  await database.owner.query(
    'insert into app_private.file_storage (file_id, attempts) values ($1, 1)',
    [id],
  );
  return id;
}

async function statusesOf(ids: readonly string[]): Promise<readonly string[]> {
  const { rows } = await database.owner.query<{ status: string }>(
    `select coalesce(f.status, 'gone') as status
    from unnest($1::uuid[]) with ordinality u (id, n) left join files f using (id) order by u.n`,
    [ids],
  );
  return rows.map(({ status }) => status);
}

const asWorker = (sql: string) => withClient(database.workerUrl, (client) => client.query(sql));

function start(remove: FileStore['remove']): void {
  running.push(
    startFileRemovals({
      connectionString: database.workerUrl,
      logger: makeLogger('silent'),
      remove,
      intervalMs: 20,
    }),
  );
}

async function untilAllRemoved(): Promise<void> {
  await until(async () => {
    const { rowCount } = await database.owner.query(
      `select from files f join app_private.file_storage s on s.file_id = f.id
      where f.status = 'deleted' and s.removed_at is null`,
    );
    return rowCount === 0;
  });
}

test('unsent files, and files that nothing refers to for a day, are deleted; the rest stays', async () => {
  const ids = [
    await addFile('pending', 2),
    await addFile('pending', 0.5),
    await addFile('stored', 25),
    await addFile('stored', 23),
    await addFile('stored', 1000, { isUsed: true }),
  ];
  const { rows } = await database.owner.query('select app_private.retire_files(100) as count');
  expect(rows).toEqual([{ count: 2 }]);
  expect(await statusesOf(ids)).toEqual(['deleted', 'pending', 'deleted', 'stored', 'stored']);
});

test('the times are settings', async () => {
  const id = await addFile('stored', 23);
  const set = `update system_settings set value = $1 where key = 'files.unused_hours'`;
  await database.owner.query(set, ['22']);
  await database.owner.query('select app_private.retire_files(100)');
  await database.owner.query(set, ['24']);
  expect(await statusesOf([id])).toEqual(['deleted']);
});

test('the row of a deleted file is deleted after a month, but not before its bytes are', async () => {
  const [recent, old, notRemoved] = [
    await addFile('deleted', 24 * 29),
    await addFile('deleted', 24 * 31),
    await addFile('deleted', 24 * 31),
  ];
  await database.owner.query(
    'update app_private.file_storage set removed_at = now() where file_id <> $1',
    [notRemoved],
  );
  await database.owner.query('select app_private.forget_files(100)');
  expect(await statusesOf([recent, old, notRemoved])).toEqual(['deleted', 'gone', 'deleted']);
});

test('the job calls both, with the rights of a worker', async () => {
  const ours = jobs.filter(({ name }) => /files$/.test(name));
  expect(ours.map(({ name }) => name)).toEqual(['retire files', 'forget files']);
  for (const { call } of ours) {
    await asWorker(`select ${call}`);
  }
});

test('several workers remove each file once', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 120; n += 1) {
    ids.push(await addFile('stored', 25));
  }
  await database.owner.query('select app_private.retire_files(1000)');
  const removed: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    start(async (key) => void removed.push(key));
  }
  await untilAllRemoved();
  expect(removed.toSorted()).toEqual(ids.map((id) => `${id.slice(0, 2)}/${id}.1`).toSorted());
});

test('what could not be removed is tried again after ten minutes and not before', async () => {
  const id = await addFile('stored', 25);
  await database.owner.query('select app_private.retire_files(100)');
  let attempts = 0;
  start(async () => {
    attempts += 1;
    if (attempts === 1) {
      throw new Error('The disk is not there.');
    }
  });
  const removal = async () =>
    (
      await database.owner.query<{ seconds: number; error: string | null }>(
        `select extract(epoch from next_attempt_at - now())::integer as seconds, last_error as error
        from app_private.file_removals where id = $1 and leased_until is null`,
        [id],
      )
    ).rows[0];
  await until(async () => ((await removal())?.error ?? null) !== null);
  expect(await removal()).toMatchObject({ error: 'The disk is not there.' });
  expect((await removal())?.seconds).toBeGreaterThan(500);
  await database.owner.query(
    'update app_private.file_removals set next_attempt_at = now() where id = $1',
    [id],
  );
  await untilAllRemoved();
  expect(attempts).toBe(2);
  expect((await database.owner.query('select from app_private.file_removals')).rows).toEqual([]);
});

test('a removal of a worker that died is done by another when the lease is over, and not before', async () => {
  const id = await addFile('stored', 25);
  await database.owner.query('select app_private.retire_files(100)');
  await asWorker(`select app_private.lease_removals(1, '1 hour')`);
  const removed: string[] = [];
  start(async (key) => void removed.push(key));
  await aWhile();
  expect(removed).toEqual([]);
  await database.owner.query(
    'update app_private.file_removals set leased_until = now() where id = $1',
    [id],
  );
  await untilAllRemoved();
  expect(removed).toHaveLength(1);
});
