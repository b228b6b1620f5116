import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { inTransaction, withClient, withDatabase } from '../../src/lib/postgres.ts';
import { checkBackup } from '../../src/operations/backup/check.ts';
import { readContents } from '../../src/operations/backup/contents.ts';
import { hashFile } from '../../src/operations/backup/hash-file.ts';
import { manifestFileOf, readManifest } from '../../src/operations/backup/manifest.ts';
import { pruneBackups } from '../../src/operations/backup/retention.ts';
import { backUp } from '../../src/operations/backup.ts';
import { findTool } from '../../src/operations/client-tools.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';
import {
  commandLineFor,
  describeWithOldTools,
  describeWithTools,
  rootUrlOf,
  startCommand,
  until,
} from './support.ts';

let database: TestDatabase;
let folder: TemporaryDirectory;
let number = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.owner.query(`
    with account as (
      insert into auth.users (id) select gen_random_uuid() from generate_series(1, 50) returning id
    )
    insert into user_profiles (id, name) select id, E'Asha\\n"else"' from account`);
});

beforeEach(() => {
  folder = makeTemporaryDirectory();
});

afterEach(() => folder.remove());

afterAll(() => database.drop());

const backUpHere = (directory = folder.path) => backUp({ ownerUrl: database.ownerUrl, directory });

const targetOf = (test: TestDatabase) => ({ ...test, rootUrl: rootUrlOf(test) });

describeWithTools('a backup', () => {
  it('has every table of the owner, who is not a superuser, and lists their rows', async () => {
    const { path: file } = await backUpHere();
    expect(path.basename(file)).toMatch(/^ombaro-\d{8}T\d{9}Z-\d+\.\d+\.dump$/);
    const manifest = await readManifest(file);
    expect(manifest).toMatchObject({ database: database.name, foreignSchemas: ['extensions'] });
    expect(manifest.tables['public.user_profiles']?.rows).toBe(50);
    const contents = await withClient(database.ownerUrl, (client) =>
      inTransaction(client, () => readContents(client, [])),
    );
    expect(manifest.tables).toEqual(contents);
    const { rows } = await database.owner.query(
      `select rolsuper or rolbypassrls as may_all,
        (select count(*)::integer from pg_class
          where relkind in ('r', 'p') and not relispartition and relowner = 'ombaro_owner'::regrole) as tables
      from pg_roles where rolname = current_user`,
    );
    expect(rows[0]).toEqual({
      may_all: false,
      tables: Object.keys(contents).length,
    });
  });

  it('can be read by its owner alone, and carries its checksum in the form of sha256sum', async () => {
    const { path: file } = await backUpHere();
    for (const part of [file, `${file}.sha256`, `${file}.json`]) {
      expect((await stat(part)).mode & 0o077).toBe(0);
    }
    const line = readFileSync(`${file}.sha256`, 'utf8');
    expect(line).toBe(`${await hashFile(file)}  ${path.basename(file)}\n`);
    expect((await readdir(folder.path)).length).toBe(3);
  });

  it('restores to what its snapshot was, also when others write all the while', async () => {
    const writing = keepWriting();
    const { path: file } = await backUpHere();
    await writing.stop();
    await expect(checkBackup(file, targetOf(database), () => {})).resolves.toBeUndefined();
    expect(writing.count()).toBeGreaterThan(0);
  });

  it('that differs from its manifest fails the check, and the temporary database is dropped', async () => {
    const { path: file } = await backUpHere();
    const text = readFileSync(manifestFileOf(file), 'utf8');
    const { checksum = '' } = (await readManifest(file)).tables['enums.gender'] ?? {};
    writeFileSync(manifestFileOf(file), text.replace(checksum, `${checksum}1`));
    const lines: string[] = [];
    await expect(checkBackup(file, targetOf(database), (line) => lines.push(line))).rejects.toThrow(
      'enums.gender: rows differ',
    );
    const name = /ombaro_temporary_\w+/.exec(lines.join(' '))?.[0];
    const { rowCount } = await database.owner.query('select from pg_database where datname = $1', [
      name,
    ]);
    expect([typeof name, rowCount]).toEqual(['string', 0]);
  });

  it('at the same time as another has a name of its own', async () => {
    const files = await Promise.all([backUpHere(), backUpHere()]);
    expect(new Set(files.map(({ path: file }) => file)).size).toBe(2);
    expect((await readdir(folder.path)).length).toBe(6);
  });

  it('of a millisecond that another has takes the next one, and both are whole', async () => {
    const { path: first } = await backUpHere();
    const nameAt = (time: number) =>
      path
        .basename(first)
        .replace(/\d{8}T\d{9}Z/, new Date(time).toISOString().replaceAll(/[-:.]/g, ''));
    // The moment of the next one is not known before it: every one of these seconds is taken.
    const now = Date.now();
    const free = now + 5_000;
    for (let time = now; time < free; time += 1) {
      writeFileSync(path.join(folder.path, manifestFileOf(nameAt(time))), '');
    }
    const { path: second } = await backUpHere();
    expect(path.basename(second)).toBe(nameAt(free));
    for (const file of [first, second]) {
      await expect(checkBackup(file, targetOf(database), () => {})).resolves.toBeUndefined();
    }
  });

  it('that may not read a table fails and leaves nothing', async () => {
    await withClient(database.rootUrl, (root) =>
      root.query('create table public.stray (); alter table public.stray owner to ombaro_worker'),
    );
    await expect(backUpHere()).rejects.toThrow(/permission denied.*stray/s);
    expect(await readdir(folder.path)).toEqual([]);
    await withClient(database.rootUrl, (root) => root.query('drop table public.stray'));
    await expect(backUpHere()).resolves.toHaveProperty('path');
  });

  it('that is killed leaves no dump, and the next one clears up after it', async () => {
    await withClient(database.ownerUrl, (client) =>
      inTransaction(client, async () => {
        await client.query('lock table public.reviews in access exclusive mode');
        const command = startCommand(database, ['backup'], { BACKUP_DIR: folder.path });
        await until('pg_dump waits', isWaiting);
        await command.kill();
      }),
    );
    const left = await readdir(folder.path);
    expect(left).toEqual([expect.stringMatching(/^\.partial-/)]);
    await backUpHere();
    expect(await readdir(folder.path)).not.toContain(left[0]);
    expect((await readdir(folder.path)).length).toBe(3);
  });

  it('is made, checked and pruned by the command line, which prints its path alone', async () => {
    const ombaro = commandLineFor(database, { BACKUP_DIR: folder.path });
    const old = await backUpHere();
    const { code, stdout, stderr } = await ombaro('backup', '--check', '--keep', '1');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/every table is the same/)]);
    expect(stdout).toMatch(/^\S+\.dump\n$/);
    expect(stderr).toMatch(`Deleted ${old.path}`);
    expect(await readdir(folder.path)).toContain(path.basename(stdout.trim()));
    expect(await ombaro('backup', '--keep', '0')).toMatchObject({ code: 1, stdout: '' });
  });

  it('cannot be checked without an administrator, and is then not made', async () => {
    const ombaro = commandLineFor(database, { BACKUP_DIR: folder.path, ROOT_DATABASE_URL: '' });
    const { code, stderr } = await ombaro('backup', '--check');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/ROOT_DATABASE_URL/)]);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('of something else than OMBARO is refused', async () => {
    const ownerUrl = withDatabase(database.rootUrl, 'postgres');
    await expect(backUp({ ownerUrl, directory: folder.path })).rejects.toThrow(
      /is not an OMBARO database/,
    );
  });
});

describeWithTools('old backups', () => {
  it('old ones are deleted by age and by number; the newest, other databases’ and unknown files never', async () => {
    const { path: newest } = await backUpHere();
    const make = (days: number, changes: object = {}): string => {
      number += 1;
      return copyBackup(newest, days, number, changes);
    };
    const [young, middle, old] = [make(1), make(10), make(40)];
    const others = [
      make(41, { database: 'another' }),
      make(42, { systemIdentifier: '1' }),
      make(43, { format: 'unknown' }),
    ];
    const stranger = path.join(folder.path, 'ombaro-by-hand.dump');
    copyFileSync(newest, stranger);
    expect(await pruneBackups({ newest, keepDays: 30, keep: null })).toEqual([old]);
    expect(await pruneBackups({ newest, keepDays: null, keep: 2 })).toEqual([middle]);
    expect(await pruneBackups({ newest, keepDays: null, keep: 1 })).toEqual([young]);
    expect(await pruneBackups({ newest, keepDays: 1, keep: 1 })).toEqual([]);
    const names = await readdir(folder.path);
    for (const file of [newest, stranger, ...others]) {
      expect(names).toContain(path.basename(file));
    }
    for (const file of [young, middle, old]) {
      expect(names.filter((name) => name.startsWith(path.basename(file)))).toEqual([]);
    }
  });

  it('old ones stay when the new one fails', async () => {
    await backUpHere();
    const ombaro = commandLineFor(database, {
      BACKUP_DIR: folder.path,
      DATABASE_URL: withDatabase(database.ownerUrl, 'nowhere'),
    });
    expect(await ombaro('backup', '--keep', '1')).toMatchObject({ code: 1 });
    expect((await readdir(folder.path)).length).toBe(3);
  });
});

describe('PostgreSQL’s own programs', () => {
  const withPath = async (directory: string, act: () => Promise<void>): Promise<void> => {
    const before = process.env.PATH;
    process.env.PATH = directory;
    try {
      await act();
    } finally {
      process.env.PATH = before;
    }
  };

  it('that are missing are named, with their package', async () => {
    await withPath(folder.path, async () => {
      await expect(findTool('pg_restore')).rejects.toThrow(
        /pg_restore is missing.*postgresql-client/,
      );
      await expect(backUpHere()).rejects.toThrow(/pg_dump is missing.*postgresql-client/);
    });
  });

  it('that are older than the server are named, with their package', async () => {
    const bin = path.join(folder.path, 'bin');
    mkdirSync(bin);
    const program = path.join(bin, 'pg_dump');
    writeFileSync(program, '#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.24"\n');
    chmodSync(program, 0o755);
    await withPath(bin, async () => {
      await expect(findTool('pg_dump')).resolves.toEqual({ name: 'pg_dump', version: '9.6' });
      await expect(backUpHere(path.join(folder.path, 'backups'))).rejects.toThrow(
        /older than the server.*postgresql-client/,
      );
    });
    expect(await readdir(folder.path)).toEqual(['bin']);
  });
});

describeWithOldTools('a server newer than pg_dump', () => {
  it('a database without migrations is not backed up, and the message says why', async () => {
    const ombaro = commandLineFor(database, { BACKUP_DIR: folder.path });
    const { code, stdout, stderr } = await ombaro('backup');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/older than the server.*postgresql-client/);
    expect(await readdir(folder.path)).toEqual([]);
  });
});

/** Writes one row after another until it is stopped. */
function keepWriting(): { readonly count: () => number; readonly stop: () => Promise<void> } {
  let isStopped = false;
  let written = 0;
  const writing = (async () => {
    const client = new pg.Client({ connectionString: database.ownerUrl });
    await client.connect();
    while (!isStopped) {
      await client.query(
        'insert into vendor_categories (category_code, category_name) values ($1, $1)',
        [`category_${written}`],
      );
      written += 1;
    }
    await client.end();
  })();
  return {
    count: () => written,
    stop: async () => {
      isStopped = true;
      await writing;
    },
  };
}

async function isWaiting(): Promise<boolean> {
  const { rowCount } = await database.owner.query(
    `select from pg_stat_activity where application_name = 'pg_dump' and datname = current_database()
      and wait_event_type = 'Lock'`,
  );
  return rowCount === 1;
}

/** As if `file` had been made so many days before, and said other things. */
function copyBackup(file: string, days: number, index: number, changes: object): string {
  const manifest = JSON.parse(readFileSync(manifestFileOf(file), 'utf8'));
  const time = new Date(Date.parse(manifest.time) - days * 86_400_000 - index).toISOString();
  const copy = path.join(
    path.dirname(file),
    `ombaro-${time.replaceAll(/[-:.]/g, '')}-${manifest.schemaVersion}.dump`,
  );
  copyFileSync(file, copy);
  copyFileSync(`${file}.sha256`, `${copy}.sha256`);
  writeFileSync(manifestFileOf(copy), JSON.stringify({ ...manifest, time, ...changes }));
  return copy;
}
