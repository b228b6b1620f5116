import { once } from 'node:events';
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import pg from 'pg';
import { retryWhileLocked } from '../../src/database/migrations/retry-while-locked.ts';
import { assertMigrated } from '../../src/database/migrations/status.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { verify } from '../../src/operations/verify/verify.ts';
import { copyProgram, type Outcome } from '../helpers/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';
import { addMigration, programOn, startProgram, targetOf } from './program.ts';

// Whole runs of the command line, several in a test.
jest.setTimeout(240_000);

let database: TestDatabase;
let folder: TemporaryDirectory;
let ombaro: ReturnType<typeof programOn>;

beforeEach(async () => {
  database = await createTestDatabase();
  folder = makeTemporaryDirectory();
  copyProgram(folder.path);
  ombaro = programOn(database, folder.path);
});

afterEach(async () => {
  await database.drop();
  folder.remove();
});

const committed = (name = '') => path.join(folder.path, 'migrations', 'committed', name);
const nameOf = (number: string) =>
  readdirSync(committed()).find((name) => name.startsWith(number)) ?? '';

async function exists(relation: string): Promise<boolean> {
  const { rows } = await database.owner.query('select to_regclass($1) is not null as is_there', [
    relation,
  ]);
  return rows[0].is_there;
}

/** Waits for something to be so; a loaded machine may take its time. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 45_000;
  while (!(await isSo())) {
    if (Date.now() > end) {
      throw new Error(`It never came to be: ${isSo}`);
    }
    await sleep(20);
  }
}

describe('migrate status', () => {
  const problemsOf = ({ stdout }: Outcome): Record<string, string> =>
    Object.fromEntries(
      (JSON.parse(stdout) as { migration: string; problem: string | null }[]).flatMap(
        ({ migration, problem }) => (problem === null ? [] : [[migration, problem]]),
      ),
    );

  it('says since when each is applied, and which are pending', async () => {
    const next = addMigration(folder.path, 'notes', 'create table public.notes (id int);', '');
    const { code, stdout } = await ombaro(['migrate', 'status', '--json']);
    expect(code).toBe(0);
    const rows: unknown[] = JSON.parse(stdout);
    expect(rows).toHaveLength(readdirSync(committed()).length);
    expect(rows[0]).toEqual({
      migration: '000001-clean-production-schema.sql',
      applied: expect.stringMatching(/^\d{4}-/),
      problem: null,
    });
    expect(rows.at(-1)).toEqual({ migration: next, applied: null, problem: null });
  });

  it('reports one that was edited after it was committed, and migrate applies nothing', async () => {
    const last = addMigration(folder.path, 'notes', 'create table public.notes (id int);', '');
    addMigration(folder.path, 'tags', 'create table public.tags (id int);', '');
    rmSync(committed(last));
    writeFileSync(
      committed(last),
      '--! Previous: sha1:x\n--! Hash: sha1:y\n\ncreate table public.notes (id bigint);\n',
    );
    const outcome = await ombaro(['migrate', 'status', '--json']);
    expect(outcome.code).toBe(1);
    expect(problemsOf(outcome)[last]).toMatch(/^was changed after it was committed\. Restore/);
    expect(outcome.stderr).toMatch(`${last} was changed`);
    expect(await ombaro(['migrate'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(`migrations/committed/${last} was changed`),
    });
    expect([await exists('public.notes'), await exists('public.tags')]).toEqual([false, false]);
  });

  it('reports two whose order was changed', async () => {
    const notes = addMigration(folder.path, 'notes', 'create table public.notes (id int);', '');
    const tags = addMigration(folder.path, 'tags', 'create table public.tags (id int);', '');
    const first = `${notes.slice(0, 6)}-tags.sql`;
    const second = `${tags.slice(0, 6)}-notes.sql`;
    renameSync(committed(tags), committed(first));
    renameSync(committed(notes), committed(second));
    const outcome = await ombaro(['migrate', 'status', '--json']);
    expect(outcome.code).toBe(1);
    expect(problemsOf(outcome)).toEqual({
      [first]: expect.stringMatching(/^does not follow .*the order is wrong, or a file.*Restore/),
      [second]: expect.stringMatching(/^does not follow/),
    });
    expect(await ombaro(['migrate'])).toMatchObject({ code: 1 });
    expect(await exists('public.notes')).toBe(false);
  });

  it('reports one that is missing on disk, which the database has', async () => {
    const after = nameOf('000006');
    rmSync(committed(nameOf('000005')));
    const outcome = await ombaro(['migrate', 'status', '--json']);
    expect(outcome.code).toBe(1);
    expect(problemsOf(outcome)).toEqual({
      '000005.sql': expect.stringMatching(
        /^is in the database and not in migrations\/committed \(applied on \d{4}-\d\d-\d\d, hash sha1:/,
      ),
      [after]: expect.stringMatching(/^does not follow 000004-.*a file between them is missing/),
    });
  });

  it('reports one of a newer version, unknown on disk', async () => {
    await database.owner.query(`insert into graphile_migrate.migrations (hash, previous_hash, filename)
      select 'sha1:newer', max(hash), '000999.sql' from graphile_migrate.migrations`);
    const outcome = await ombaro(['migrate', 'status', '--json']);
    expect(outcome.code).toBe(1);
    expect(problemsOf(outcome)).toEqual({
      '000999.sql': expect.stringMatching(/^is in the database and not in/),
    });
    expect(await ombaro(['migrate'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/000999\.sql is in the database/),
    });
  });

  it('reports one that was left out, where later ones are applied', async () => {
    await database.owner.query(`
      update graphile_migrate.migrations set previous_hash = null where filename = '000006.sql';
      delete from graphile_migrate.migrations where filename = '000005.sql'`);
    const outcome = await ombaro(['migrate', 'status', '--json']);
    expect(outcome.code).toBe(1);
    expect(problemsOf(outcome)).toEqual({
      [nameOf('000005')]: expect.stringMatching(/^is not in the database, which has later ones/),
    });
  });

  it('reports a file that is not named as a migration is and would never be applied', async () => {
    writeFileSync(committed('17-notes.sql'), 'create table public.notes (id int);\n');
    const outcome = await ombaro(['migrate', 'status', '--json']);
    expect(outcome.code).toBe(1);
    expect(problemsOf(outcome)['17-notes.sql']).toMatch(/^is not named as a migration is/);
  });
});

describe('migrate', () => {
  it('leaves nothing of a migration that fails half way, and names it and the remedy', async () => {
    addMigration(folder.path, 'notes', 'create table public.notes (id int);', '');
    const failing = addMigration(
      folder.path,
      'tags',
      'create table public.tags (id int);\nalter table public.nowhere add column x int;',
      '',
    );
    const { code, stderr } = await ombaro(['migrate']);
    expect(code).toBe(1);
    expect(stderr).toMatch(`migrations/committed/${failing} failed, and was rolled back.`);
    expect(stderr).toMatch(/then run again: npx ombaro migrate/);
    expect(stderr).toMatch(/relation "public\.nowhere" does not exist/);
    // What came before it is applied: it is whole by itself.
    expect([await exists('public.notes'), await exists('public.tags')]).toEqual([true, false]);
    const { rows } = await database.owner.query(
      'select from graphile_migrate.migrations where filename = $1',
      [`${failing.slice(0, 6)}.sql`],
    );
    expect(rows).toHaveLength(0);
  });

  it('gives up while a long transaction holds its lock, lets queries through, and tries again', async () => {
    addMigration(folder.path, 'extra', 'alter table public.bookings add column extra int;', '');
    const holder = new pg.Client({ connectionString: database.ownerUrl });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from public.bookings');
    let isOver = false;
    const migrating = ombaro(['migrate']).finally(() => {
      isOver = true;
    });
    try {
      for (let round = 0; round < 2; round += 1) {
        await until(isWaiting);
        // Behind the migration in the queue, and before the long transaction ends.
        const { rows } = await database.owner.query('select count(*)::int from public.bookings');
        expect(rows).toEqual([{ count: 0 }]);
        await until(async () => !(await isWaiting()));
        expect(isOver).toBe(false);
      }
    } finally {
      await holder.query('commit');
      await holder.end();
    }
    const { code, stderr } = await migrating;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/^Try 2 of 10: another session holds a lock/m);
    const { rows } = await database.owner.query(
      `select from pg_attribute where attrelid = 'public.bookings'::regclass and attname = 'extra'`,
    );
    expect(rows).toHaveLength(1);
  });

  const isWaiting = async (): Promise<boolean> => {
    const { rows } = await database.owner.query(
      `select from pg_locks
      where relation = 'public.bookings'::regclass and mode = 'AccessExclusiveLock' and not granted`,
    );
    return rows.length > 0;
  };

  it('applies once when two are started at once', async () => {
    const name = addMigration(folder.path, 'notes', 'create table public.notes (id int);', '');
    const outcomes = await Promise.all([ombaro(['migrate']), ombaro(['migrate'])]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
    const lines = outcomes.map(({ stderr }) => stderr.trim().split('\n').at(-1));
    expect(lines.sort()).toEqual([`Applied ${name}.`, 'Up to date.']);
  });

  it('leaves nothing when it is killed, and goes on at the next start', async () => {
    const marker = 'create table public.notes (id int); select pg_sleep(2)';
    addMigration(folder.path, 'notes', `${marker};`, '');
    const isSleeping = async (): Promise<boolean> => {
      const { rows } = await database.owner.query(
        `select from pg_stat_activity
        where datname = current_database() and wait_event = 'PgSleep'`,
      );
      return rows.length > 0;
    };
    const child = startProgram(database, folder.path, ['migrate']);
    await until(isSleeping);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(async () => !(await isSleeping()));
    // Its server process notices only when it has slept; then it is gone with its transaction.
    await until(async () => (await ombaro(['migrate', 'status'])).code === 0);
    expect(await exists('public.notes')).toBe(false);
    expect(await ombaro(['migrate'])).toMatchObject({ code: 0 });
    expect(await exists('public.notes')).toBe(true);
  });

  it('does not apply to a database with data without a backup, unless told to', async () => {
    addMigration(folder.path, 'notes', 'create table public.notes (id int);', '');
    await addPerson();
    const closed = { API_DATABASE_URL: database.apiUrl, PATH: path.dirname(process.execPath) };
    // Nothing that makes backups can be found there.
    const refused = await ombaro(['migrate'], closed);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/nothing was changed\. .*--no-backup/),
    });
    expect(refused.stderr).toMatch(/squawk is not installed/);
    expect(await exists('public.notes')).toBe(false);
    const told = await ombaro(['migrate', '--no-backup'], closed);
    expect(told).toMatchObject({ code: 0 });
    expect(await exists('public.notes')).toBe(true);
  });

  const addPerson = () =>
    withClient(database.ownerUrl, (client) =>
      client.query(`
        insert into auth.users (id, email) values
          ('00000000-0000-4000-8000-000000000001', 'asha@example.com')
        on conflict do nothing;
        insert into public.user_profiles (id, name, email)
        values ('00000000-0000-4000-8000-000000000001', 'Asha', 'asha@example.com')
        on conflict do nothing`),
    );
});

describe('a database that was made by other migrations', () => {
  beforeEach(async () => {
    await database.owner.query(`
      alter table graphile_migrate.migrations drop constraint migrations_previous_hash_fkey;
      update graphile_migrate.migrations set hash = 'sha1:' || filename where filename in ('000005.sql', '000007.sql')`);
  });

  it.each([
    [['migrate']],
    [['migrate', 'commit', '-m', 'anything']],
    [['rollback', '--yes', '--no-backup']],
    [['serve']],
    [['worker']],
    [['validate']],
    [['demo']],
    [['import', 'vendors', 'package.json']],
  ])('is refused by ombaro %j, with the first difference and how its data moves', async (args) => {
    const { code, stderr } = await ombaro(args);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /000005-\S+ was applied to the database on \d{4}-\d\d-\d\d with another content \(hash sha1:000005\.sql; here sha1:[0-9a-f]{40}\)\.[\s\S]*npx ombaro export --all \S+\n[\s\S]*npx ombaro import \S+\n/,
      ),
    });
    expect(stderr).not.toContain('sha1:000007.sql');
    const { rows } = await database.owner.query('select count(*)::integer from auth.users');
    expect(rows).toEqual([{ count: 0 }]);
  });

  it('is not ready for requests', async () => {
    await expect(assertMigrated(database)).rejects.toThrow(/000005-.*another content/);
    await database.owner.query(
      `update graphile_migrate.migrations set hash = $2 where filename = $1`,
      ['000005.sql', 'sha1:other'],
    );
    const embedded = { data: { path: '/var/lib/ombaro data' } };
    await expect(assertMigrated({ ...database, embedded })).rejects.toThrow(
      /in the data directory \/var\/lib\/ombaro data[\s\S]*OMBARO_DATA_DIR='\/var\/lib\/ombaro data' npx ombaro export --all[\s\S]*OMBARO_DATA_DIR='\/var\/lib\/ombaro data-new' npx ombaro import/,
    );
  });
});

describe('trying again', () => {
  const locked = Object.assign(new Error('locked'), { code: '55P03' });

  it('stops after so many tries', async () => {
    let tries = 0;
    const act = async () => {
      tries += 1;
      throw new Error('wrapped', { cause: locked });
    };
    await expect(retryWhileLocked(act, () => {}, [1, 1])).rejects.toThrow('wrapped');
    expect(tries).toBe(3);
  });

  it('is for locks alone', async () => {
    let tries = 0;
    const act = async () => {
      tries += 1;
      throw Object.assign(new Error('broken'), { code: '42P01' });
    };
    await expect(retryWhileLocked(act, () => {}, [1, 1])).rejects.toThrow('broken');
    expect(tries).toBe(1);
  });
});

test('a database that migrate has brought forward has no drift', async () => {
  // The copy's migrations are those of the program itself: verify can look from here.
  expect(await ombaro(['migrate'])).toMatchObject({ code: 0 });
  expect((await verify(targetOf(database))).differences).toEqual([]);
});
