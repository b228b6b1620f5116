import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { withClient } from '../../src/lib/postgres.ts';
import { runTasks } from '../../src/operations/maintain/run-tasks.ts';
import type { Run } from '../../src/operations/maintain/runs.ts';
import { makeArchive } from '../../src/operations/maintain/tasks/archive.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';

let database: TestDatabase;
let folder: TemporaryDirectory;
const children: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  folder = makeTemporaryDirectory();
  await query('delete from error_logs');
});

afterEach(() => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
  }
  folder.remove();
});

async function archive(): Promise<Run> {
  const [only] = await runTasks({
    ownerUrl: database.ownerUrl,
    tasks: [makeArchive(folder.path)],
    onlyDue: false,
    signal: new AbortController().signal,
  });
  if (only === undefined) {
    throw new Error('The task did not run.');
  }
  return only;
}

const query = async <Row extends Record<string, unknown>>(sql: string): Promise<Row[]> =>
  (await database.owner.query<Row>(sql)).rows;
const count = async (table: string): Promise<number> =>
  (await query<{ count: number }>(`select count(*)::integer as count from ${table}`))[0]?.count ??
  -1;
const names = (part = ''): string[] =>
  readdirSync(path.join(folder.path, part)).filter((name) => /\.(gz|partial)$/.test(name));
/** Lines of all files of a table, their heads left out. */
const linesOf = (table: string): string[] =>
  names()
    .filter((name) => name.startsWith(`${table}-`))
    .flatMap((name) =>
      gunzipSync(readFileSync(path.join(folder.path, name)))
        .toString()
        .trimEnd()
        .split('\n')
        .slice(1),
    );

const makeErrors = (rows: number, resolved = true) =>
  query(`insert into error_logs (error_type, error_message, stack_trace, request_data, resolved, created_at)
    select 'old ' || n, E'It said "no", \\\\ and', case when n % 2 = 0 then '' end,
      '{"a": [1, null]}', ${resolved}, now() - interval '7 months'
    from generate_series(1, ${rows}) n`);

it('moves old rows, and the rows that refer to them, to files with a manifest', async () => {
  await makeErrors(3);
  await makeErrors(1, false);
  await query(
    `insert into error_logs (error_type, error_message, resolved) values ('young', 'a', true)`,
  );
  await query(`update user_activity_log set created_at = now() - interval '13 months'
    where user_id in (select user_id from user_activity_log order by id limit 2)`);
  await query(`update notification_deliveries set finished_at = now() - interval '7 months'
    where channel = 'sms' and notification_id = (select notification_id from notification_attempts
      join notification_deliveries d on d.id = delivery_id order by d.id limit 1)`);
  const [delivered] = await query<{ id: string }>(
    `select notification_id as id from notification_deliveries where finished_at < now() - interval '6 months'`,
  );
  // Read long ago: one that was delivered, one whose delivery is young, and one of neither.
  await query(`update notifications set is_read = true where id in (
    '${delivered?.id}', (select notification_id from notification_deliveries
      where finished_at > now() - interval '6 months' limit 1))`);
  await query(`update notifications set read_at = now() - interval '13 months' where is_read`);
  const [activity, notifications] = [
    await count('user_activity_log'),
    await count('notifications'),
  ];
  const before = await query('select * from error_logs order by id');

  const { report, error } = await archive();
  expect(error).toBeNull();
  expect(report?.figures).toEqual({
    error_logs: 3,
    user_activity_log: 2,
    notification_attempts: 1,
    notification_deliveries: 1,
    notifications: 1,
    kept: 0,
  });
  expect(await count('error_logs')).toBe(2);
  expect(await count('user_activity_log')).toBe(activity - 2);
  expect(await count('notification_attempts')).toBe(1);
  expect(await count('notification_deliveries')).toBe(1);
  expect(await count('notifications')).toBe(notifications - 1);
  expect(names('pending')).toEqual([]);
  // As any other program reads it.
  for (const name of names()) {
    const check = ['-c', `${name}.sha256`];
    expect(execFileSync('sha256sum', check, { cwd: folder.path }).toString()).toBe(`${name}: OK\n`);
  }
  // And back, letter by letter.
  await withClient(database.ownerUrl, async (client) => {
    await client.query('begin');
    const { from } = await import('pg-copy-streams');
    const stream = client.query(from(`copy error_logs from stdin with (format csv, header match)`));
    const [file = ''] = names().filter((name) => name.startsWith('error_logs'));
    stream.end(gunzipSync(readFileSync(path.join(folder.path, file))));
    await once(stream, 'finish');
    const { rows } = await client.query('select * from error_logs order by id');
    expect(rows).toEqual(before);
    await client.query('rollback');
  });
});

it('archives nothing where a setting is null, which accepts no nonsense', async () => {
  await makeErrors(2);
  const set = (value: string) =>
    query(
      `update system_settings set value = '${value}' where key = 'maintenance.error_logs_months'`,
    );
  await set('null');
  expect((await archive()).report?.figures.error_logs).toBe(0);
  for (const nonsense of ['"soon"', '0', '1.5']) {
    await expect(set(nonsense)).rejects.toMatchObject({ code: 'OB058' });
  }
  expect(await count('error_logs')).toBe(2);
  await set('6');
  expect((await archive()).report?.figures.error_logs).toBe(2);
});

it('keeps a row that changed after it was written, and one that is in use', async () => {
  await makeErrors(3);
  // An index is made between writing and deleting: here another session changes a row meanwhile.
  await query(`create function public.meddle() returns event_trigger language plpgsql as $$
    begin update public.error_logs set severity = 'critical' where error_type = 'old 1'; end $$`);
  await withClient(database.rootUrl, (root) =>
    root.query(`create event trigger meddle on ddl_command_end when tag in ('CREATE INDEX')
      execute function public.meddle()`),
  );
  await withClient(database.ownerUrl, async (other) => {
    await other.query(`begin; select from error_logs where error_type = 'old 2' for update`);
    const { report } = await archive();
    expect(report?.figures).toMatchObject({ error_logs: 1, kept: 2 });
    await other.query('rollback');
  });
  await withClient(database.rootUrl, (root) =>
    root.query('drop event trigger meddle; drop function public.meddle()'),
  );
  expect(await query(`select error_type, severity from error_logs order by 1`)).toEqual([
    { error_type: 'old 1', severity: 'critical' },
    { error_type: 'old 2', severity: 'error' },
  ]);
  expect((await archive()).report?.figures).toMatchObject({ error_logs: 2, kept: 0 });
});

it('deletes nothing that a file does not hold: a damaged file is refused', async () => {
  await makeErrors(3);
  await leavePending();
  const [name = ''] = names('pending');
  const file = path.join(folder.path, 'pending', name);
  const whole = readFileSync(file);
  writeFileSync(file, whole.subarray(0, -20));
  expect((await archive()).error).toMatch(/does not match its checksum. Nothing of it was deleted/);
  expect(await count('error_logs')).toBe(3);
  writeFileSync(file, whole);
  const { report } = await archive();
  expect(report?.lists['Files of a run that was ended']).toMatchObject([
    { file: name, deleted: 3 },
  ]);
  expect(report?.figures.error_logs).toBe(3);
  expect(linesOf('error_logs')).toHaveLength(3);
});

it('an unfinished file counts for nothing', async () => {
  await makeErrors(2);
  await archive();
  await makeErrors(2);
  const half = 'error_logs-before-20260101-20260701T000000Z-1.csv.gz';
  writeFileSync(path.join(folder.path, 'pending', `${half}.partial`), 'half');
  writeFileSync(path.join(folder.path, `${half}.sha256`), 'of the half');
  expect((await archive()).report?.figures.error_logs).toBe(2);
  expect(names('pending')).toEqual([]);
  expect(existsSync(path.join(folder.path, `${half}.sha256`))).toBe(false);
  expect(linesOf('error_logs')).toHaveLength(4);
});

it('killed while it deletes, it loses nothing and archives nothing twice', async () => {
  const rows = 30_000;
  await makeErrors(rows);
  await query(`create function public.slow() returns trigger language plpgsql as
    $$ begin perform pg_sleep(0.3); return null; end $$`);
  await query(`create trigger slow after delete on error_logs execute function public.slow()`);
  const child = spawn(process.execPath, [
    path.join(import.meta.dirname, 'archive-process.ts'),
    database.ownerUrl,
    folder.path,
  ]);
  children.push(child);
  const deadline = Date.now() + 60_000;
  while ((await count('error_logs')) === rows) {
    if (Date.now() > deadline || child.exitCode !== null) {
      throw new Error('It deleted nothing.');
    }
    await sleep(20);
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  // What it had begun ends with its connection, one way or the other.
  await untilAlone();
  await query('drop trigger slow on error_logs; drop function public.slow()');
  const left = await count('error_logs');
  expect(left).toBeGreaterThan(0);
  expect(names('pending')).toHaveLength(1);

  const { report, error } = await archive();
  expect(error).toBeNull();
  expect(report?.lists['Files of a run that was ended']).toMatchObject([
    { rows, deleted: left, kept: 0 },
  ]);
  expect(await count('error_logs')).toBe(0);
  const ids = linesOf('error_logs').map((line) => line.split(',')[0]);
  expect([ids.length, new Set(ids).size]).toEqual([rows, rows]);
  expect(
    await query(`select outcome from maintenance_runs order by started_at desc limit 2`),
  ).toEqual([{ outcome: 'done' }, { outcome: 'lost' }]);
});

/** As a process leaves it that is killed when the file is whole. */
async function leavePending(): Promise<void> {
  await query(`create function public.refuse() returns trigger language plpgsql as
    $$ begin raise 'killed'; end $$`);
  await query('create trigger refuse after delete on error_logs execute function public.refuse()');
  expect((await archive()).error).toMatch(/killed/);
  await query('drop trigger refuse on error_logs; drop function public.refuse()');
  expect(names('pending')).toHaveLength(1);
}

async function untilAlone(): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const [row] = await query<{ held: boolean }>(`select exists (
      select from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())
    ) as held`);
    if (row?.held === false) {
      return;
    }
    if (Date.now() > deadline) {
      throw new Error('The killed process still holds its connection.');
    }
    await sleep(50);
  }
}
