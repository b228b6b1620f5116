import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import pg from 'pg';
import { undoCurrent } from '../../src/database/migrations/current.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { findLosses } from '../../src/operations/rollback/losses.ts';
import { rollBack } from '../../src/operations/rollback/roll-back.ts';
import { readSteps } from '../../src/operations/rollback/steps.ts';
import { copyProgram } from '../helpers/command-line.ts';
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
  await undoCurrent(database.ownerUrl, { keepRecord: false });
  folder = makeTemporaryDirectory();
  copyProgram(folder.path);
  rmSync(path.join(folder.path, 'migrations', 'current'), { recursive: true, force: true });
  ombaro = programOn(database, folder.path);
});

afterEach(async () => {
  await database.drop();
  folder.remove();
});

/** What verify has nothing against: a table with row level security. */
const table = (name: string): string =>
  `create table public.${name} (id int); alter table public.${name} enable row level security`;

const notes = `${table('notes')};
  insert into public.notes values (1), (2);
  alter table public.bookings add column shade text;
  alter table public.emergency_contacts alter column relationship type varchar(60)`;
const withoutNotes = `drop table public.notes;
  alter table public.bookings drop column shade;
  alter table public.emergency_contacts alter column relationship type text;`;

/** Commits and applies a migration in the copy of the program, and returns its name and number. */
async function apply(slug: string, sql: string, undo: string): Promise<readonly [string, number]> {
  const name = addMigration(folder.path, slug, `${sql};`, undo);
  expect(await ombaro(['migrate'])).toMatchObject({ code: 0 });
  return [name, Number(name.slice(0, 6))];
}

async function exists(relation: string): Promise<boolean> {
  const { rows } = await database.owner.query('select to_regclass($1) is not null as is_there', [
    relation,
  ]);
  return rows[0].is_there;
}

async function appliedNumber(): Promise<number> {
  const { rows } = await database.owner.query(
    'select max(left(filename, 6))::int as number from graphile_migrate.migrations',
  );
  return rows[0].number;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 45_000;
  while (!(await isSo())) {
    if (Date.now() > end) {
      throw new Error(`It never came to be: ${isSo}`);
    }
    await sleep(20);
  }
}

describe('rollback', () => {
  it('lists what would be lost and refuses without a terminal and --yes, then does it with --yes', async () => {
    const [name, number] = await apply('notes', notes, withoutNotes);
    const asked = await ombaro(['rollback']);
    expect(asked).toMatchObject({ code: 1, stdout: '' });
    expect(asked.stderr).toMatch(
      [
        `To undo: ${name}`,
        'This would be lost:',
        '  table public.notes: 2 rows',
        '  column shade of public.bookings: 0 values',
        '  column relationship of public.emergency_contacts: character varying(60) becomes text again',
      ].join('\n'),
    );
    expect(asked.stderr).toMatch(/no terminal to ask at.*--yes/);
    expect([await exists('public.notes'), await appliedNumber()]).toEqual([true, number]);

    const done = await ombaro(['rollback', '--yes', '--no-backup']);
    expect(done).toMatchObject({ code: 0, stdout: '' });
    expect(done.stderr).toMatch(`Undid ${name}.`);
    expect([await exists('public.notes'), await appliedNumber()]).toEqual([false, number - 1]);
    expect(await ombaro(['verify'])).toMatchObject({ code: 0 });
    expect(await ombaro(['migrate'])).toMatchObject({ code: 0 });
    expect(await exists('public.notes')).toBe(true);
    expect(await ombaro(['verify'])).toMatchObject({ code: 0 });
  });

  it('goes back to a number, newest first', async () => {
    const [, number] = await apply('notes', table('notes'), 'drop table public.notes');
    await apply(
      'tags',
      'create table public.tags as select id from public.notes',
      'drop table public.tags; select id from public.notes',
    );
    expect(
      await ombaro(['rollback', '--to', String(number - 1), '--yes', '--no-backup']),
    ).toMatchObject({
      code: 0,
    });
    expect([await exists('public.notes'), await exists('public.tags')]).toEqual([false, false]);
    expect(await appliedNumber()).toBe(number - 1);
  });

  it('takes a backup first, and without one changes nothing', async () => {
    const steps = await withClient(database.ownerUrl, (client) =>
      readSteps(client, database, null),
    );
    const before = await appliedNumber();
    const failing = async () => {
      throw new Error('The disk is full.');
    };
    await expect(
      rollBack(database.ownerUrl, steps, { takeBackup: failing, report: () => {} }),
    ).rejects.toThrow(/nothing was changed.*--no-backup/);
    expect(await appliedNumber()).toBe(before);

    const lines: string[] = [];
    const takeBackup = async () => {
      lines.push(`at ${await appliedNumber()}`);
      return { path: '/backups/one.dump' };
    };
    await rollBack(database.ownerUrl, steps, { takeBackup, report: (line) => lines.push(line) });
    expect(lines.slice(1, 3)).toEqual([`at ${before}`, 'Backup: /backups/one.dump']);
    expect(await appliedNumber()).toBe(before - 1);
  });

  it('leaves a migration whole whose undo fails, and names it; newer ones stay undone', async () => {
    const [failing, number] = await apply(
      'notes',
      table('notes'),
      'drop table public.notes;\ndrop table public.nowhere;',
    );
    await apply('tags', table('tags'), 'drop table public.tags');
    const { code, stderr } = await ombaro([
      'rollback',
      '--to',
      String(number - 1),
      '--yes',
      '--no-backup',
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(`migrations/rollback/${failing} failed, and was rolled back.`);
    expect(stderr).toMatch(`then run again: npx ombaro rollback --to ${number - 1}`);
    expect(stderr).toMatch(/table "nowhere" does not exist/);
    expect([await exists('public.notes'), await exists('public.tags')]).toEqual([true, false]);
    expect(await appliedNumber()).toBe(number);
    expect(await ombaro(['verify'])).toMatchObject({ code: 0 });
  });

  it('changes nothing when an undo is missing, or the number does not exist', async () => {
    const [name, number] = await apply('notes', table('notes'), '');
    for (const to of ['x', '-1', '1.5', String(number), '999999']) {
      const { code, stderr } = await ombaro(['rollback', `--to=${to}`, '--yes', '--no-backup']);
      expect({ to, code }).toEqual({ to, code: 1 });
      expect(stderr).toMatch(/--to takes/);
    }
    rmSync(path.join(folder.path, 'migrations', 'rollback', name));
    expect(await ombaro(['rollback', '--yes', '--no-backup'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(`Restore migrations/rollback/${name}`),
    });
    expect(await appliedNumber()).toBe(number);
  });

  it('does not undo under work in progress that is applied', async () => {
    await database.owner.query(
      `insert into graphile_migrate.current (content) values ('create table public.draft ()')
      on conflict (filename) do update set content = excluded.content`,
    );
    await expect(
      withClient(database.ownerUrl, (client) => readSteps(client, database, null)),
    ).rejects.toThrow(/ombaro migrate undo/);
  });

  it('does not guess what would be lost where no temporary database can be made', async () => {
    const target = { ...targetOf(database), rootUrl: null };
    await withClient(database.ownerUrl, async (client) => {
      const steps = await readSteps(client, database, null);
      await expect(findLosses(client, target, steps)).rejects.toThrow(/ROOT_DATABASE_URL/);
    });
  });

  it('ends in one version or the other when another process migrates at the same time', async () => {
    const [, number] = await apply('notes', notes, withoutNotes);
    const [back, forth] = await Promise.all([
      ombaro(['rollback', '--yes', '--no-backup']),
      ombaro(['migrate']),
    ]);
    expect([back.code, forth.code]).toEqual([0, 0]);
    expect([number - 1, number]).toContain(await appliedNumber());
    expect(await exists('public.notes')).toBe((await appliedNumber()) === number);
    expect(await ombaro(['verify'])).toMatchObject({ code: 0 });
  });

  it('undoes once when two are started at once, and not what was not looked at', async () => {
    const [, number] = await apply('notes', notes, withoutNotes);
    const both = await Promise.all([1, 2].map(() => ombaro(['rollback', '--yes', '--no-backup'])));
    // The second finds nothing left of what it was to undo, or began later and went one further.
    const succeeded = both.filter(({ code }) => code === 0).length;
    expect(await appliedNumber()).toBe(number - succeeded);
    for (const { stderr } of both.filter(({ code }) => code !== 0)) {
      expect(stderr).toMatch(/Another process has migrated or rolled back|--to takes a number/);
    }
  });

  it('leaves the migration whole when it is killed', async () => {
    await apply('notes', table('notes'), 'drop table public.notes; select pg_sleep(2)');
    const isSleeping = async (): Promise<boolean> => {
      const { rows } = await database.owner.query(
        `select from pg_stat_activity
        where datname = current_database() and wait_event = 'PgSleep'`,
      );
      return rows.length > 0;
    };
    const child = startProgram(database, folder.path, ['rollback', '--yes', '--no-backup']);
    await until(isSleeping);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(async () => !(await isSleeping()));
    await until(() => exists('public.notes'));
    expect(await ombaro(['verify'])).toMatchObject({ code: 0 });
  });

  it('gives up while another session holds a lock, and goes on when that is over', async () => {
    const [name] = await apply(
      'extra',
      'alter table public.bookings add column extra int',
      'alter table public.bookings drop column extra;',
    );
    const holder = new pg.Client({ connectionString: database.ownerUrl });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from public.bookings');
    const isWaiting = async (): Promise<boolean> => {
      const { rows } = await database.owner.query(
        `select from pg_locks
        where relation = 'public.bookings'::regclass and mode = 'AccessExclusiveLock' and not granted`,
      );
      return rows.length > 0;
    };
    const rolling = ombaro(['rollback', '--yes', '--no-backup']);
    try {
      await until(isWaiting);
      await until(async () => !(await isWaiting()));
    } finally {
      await holder.query('commit');
      await holder.end();
    }
    const { code, stderr } = await rolling;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/^Try 1 of 10: another session holds a lock/m);
    expect(stderr).toMatch(`Undid ${name}.`);
  });
});
