import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { bootstrap } from '../../src/database/bootstrap.ts';
import { describeSchema } from '../../src/database/describe/schema-sql.ts';
import { readMigrationStatus } from '../../src/database/migrations/status.ts';
import { inTransaction, withClient, withDatabase } from '../../src/lib/postgres.ts';
import { readContents } from '../../src/operations/backup/contents.ts';
import { readManifest } from '../../src/operations/backup/manifest.ts';
import { backUp } from '../../src/operations/backup.ts';
import { findTarget, type RestoreTarget, readState } from '../../src/operations/restore/target.ts';
import { restore } from '../../src/operations/restore.ts';
import { verify } from '../../src/operations/verify/verify.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { startTestServer } from '../helpers/server.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';
import { templateDatabase } from '../helpers/urls.ts';
import {
  commandLineFor,
  describeWithTools,
  newerDirectory,
  rootUrlOf,
  startCommand,
  until,
} from './support.ts';

const made: string[] = [];
let database: TestDatabase;
let folder: TemporaryDirectory;
let file = '';
let ours: RestoreTarget & { readonly rootUrl: string };

/** A name that no database has; whatever gets it, or one that begins with it, is dropped after the test. */
function newName(): string {
  const name = `restored_${randomBytes(6).toString('hex')}`;
  made.push(name);
  return name;
}

describeWithTools('a backup', () => {
  beforeAll(async () => {
    folder = makeTemporaryDirectory();
    database = await createTestDatabase();
    ours = { ...database, rootUrl: rootUrlOf(database) };
    await database.owner.query(`
      with account as (
        insert into auth.users (id, phone)
        select gen_random_uuid(), '+9198765' || lpad(i::text, 5, '0') from generate_series(1, 50) i
        returning id
      )
      insert into user_profiles (id, name) select id, E'Some\\tbody\\n"élse"' from account`);
    file = (await backUp({ ownerUrl: database.ownerUrl, directory: folder.path })).path;
  });

  // After each test: dropping all of them at once takes a busy machine minutes.
  afterEach(async () => {
    await withClient(ours.rootUrl, async (root) => {
      const { rows } = await root.query<{ name: string }>(
        'select datname as name from pg_database where datname like any ($1)',
        [made.splice(0).map((name) => `${name}%`)],
      );
      for (const { name } of rows) {
        await root.query(`drop database ${name} with (force)`);
      }
    });
  });

  afterAll(async () => {
    await database.drop();
    folder.remove();
  });

  it('becomes a new database: schema, rights, rows and migrations as they were', async () => {
    const target = findTarget(ours, newName());
    const { keptAs, backup, rows } = await restore(options(target));
    expect([keptAs, backup]).toEqual([null, null]);
    expect(rows).toBeGreaterThan(50);
    expect(await describeAll(target.ownerUrl)).toEqual(await describeAll(database.ownerUrl));
    expect(await contentsOf(target.ownerUrl)).toEqual((await readManifest(file)).tables);
    const status = await readMigrationStatus(target.ownerUrl);
    expect(status).toEqual(await readMigrationStatus(database.ownerUrl));
    expect(status.every(({ appliedAt }) => appliedAt !== null)).toBe(true);
    expect((await verify(target)).differences).toEqual([]);
    const worker = withDatabase(database.workerUrl, new URL(target.ownerUrl).pathname.slice(1));
    await withClient(worker, (client) =>
      client.query(`select app_private.schedule_jobs('{"forget sign-ins"}')`),
    );
  });

  it('does not overwrite data that was not named, and does when it is', async () => {
    const target = await cloneAs(newName());
    await expect(restore(options(target))).rejects.toThrow(/has data in it.*--into.*--emergency/s);
    expect(await countPeople(target.ownerUrl)).toBe('0');
    const { keptAs } = await restore({ ...options(target), replace: true });
    expect(await countPeople(target.ownerUrl)).toBe('50');
    expect(await countPeople(withDatabase(target.ownerUrl, keptAs ?? ''))).toBe('0');
  });

  it('fills an empty database, which is gone then', async () => {
    const target = await bootstrapAs(newName());
    expect(await readState(target)).toBe('empty');
    expect((await restore(options(target))).keptAs).toBeNull();
    expect(await countPeople(target.ownerUrl)).toBe('50');
  });

  it('fills an empty database without an administrator, and leaves it empty on failure', async () => {
    const { rootUrl: _, ...owners } = await bootstrapAs(newName());
    const target = { ...owners, rootUrl: null };
    const clash =
      'create function public.schema_version() returns text language sql as $$select null$$';
    await withClient(target.ownerUrl, (client) => client.query(clash));
    await expect(restore(options(target))).rejects.toThrow(/schema_version/);
    expect(await readState(target)).toBe('empty');
    await withClient(target.ownerUrl, (client) => client.query('drop function schema_version'));
    await restore(options(target));
    expect(await contentsOf(target.ownerUrl)).toEqual((await readManifest(file)).tables);
    await expect(restore({ ...options(target), replace: true })).rejects.toThrow(
      /ROOT_DATABASE_URL/,
    );
  });

  it('takes the place of a database in use, and clients reconnect to it', async () => {
    const target = await cloneAs(newName());
    const crowd = Array.from({ length: 4 }, () => keepAsking(target.ownerUrl));
    await until('every client has asked', async () => crowd.every(({ seen }) => seen.has('0')));
    await restore({ ...options(target), replace: true });
    await until('every client has come back', async () =>
      crowd.every(({ seen }) => seen.has('50')),
    );
    await Promise.all(crowd.map(({ stop }) => stop()));
    expect(new Set(crowd.flatMap(({ seen }) => [...seen]))).toEqual(new Set(['0', '50']));
  });

  it('into a database is refused while another is under way', async () => {
    const target = findTarget(ours, newName());
    const both = await Promise.allSettled([restore(options(target)), restore(options(target))]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { message: expect.stringMatching(/Another restore .* is under way/) },
    });
    expect(await countPeople(target.ownerUrl)).toBe('50');
  });

  it('that is killed half way leaves the database whole, and the next one clears up', async () => {
    const target = await cloneAs(newName());
    const name = new URL(target.ownerUrl).pathname.slice(1);
    const command = startCommand(database, ['restore', file, '--into', name, '--yes']);
    let left = '';
    await until('tables are restored', async () => {
      left = /into (ombaro_temporary_\w+)\./.exec(command.said())?.[1] ?? '';
      return left !== '' && (await countTables(left)) > 0;
    });
    await command.kill();
    expect(await countPeople(target.ownerUrl)).toBe('0');
    await restore({ ...options(target), replace: true });
    expect(await countPeople(target.ownerUrl)).toBe('50');
    expect(await databases()).not.toContain(left);
  });

  it('restores in an emergency after backing up what is there', async () => {
    const target = await cloneAs(newName());
    const name = new URL(target.ownerUrl).pathname.slice(1);
    const directory = path.join(folder.path, 'emergency');
    const ombaro = commandLineFor(database, { BACKUP_DIR: directory });
    const asked = await ombaro('restore', file, '--into', name, '--emergency');
    expect([asked.code, asked.stderr]).toEqual([1, expect.stringMatching(/--yes/)]);
    expect(await countPeople(target.ownerUrl)).toBe('0');
    const { code, stderr } = await ombaro('restore', file, '--into', name, '--emergency', '--yes');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/kept as/)]);
    expect(await countPeople(target.ownerUrl)).toBe('50');
    const [backup = ''] = readdirSync(directory).filter((entry) => entry.endsWith('.dump'));
    const { tables } = await readManifest(path.join(directory, backup));
    expect(tables['public.user_profiles']?.rows).toBe(0);
  });

  describe('that cannot be trusted is refused before anything is touched:', () => {
    const damages: [string, RegExp, (copy: string) => void][] = [
      [
        'one that is cut off',
        /not as it was written/,
        (copy) => truncateSync(copy, Math.floor(sizeOf(copy) / 2)),
      ],
      ['one with a byte changed', /not as it was written/, flipByte],
      ['one without its checksum', /sha256 is missing/, (copy) => rmSync(`${copy}.sha256`)],
      ['one without its manifest', /manifest/, (copy) => rmSync(`${copy}.json`)],
      [
        'one with a manifest of something else',
        /manifest/,
        (copy) => writeFileSync(`${copy}.json`, '{}'),
      ],
      [
        'a text file',
        /is not a dump/,
        (copy) => {
          writeFileSync(copy, 'select 1;');
          rmSync(`${copy}.sha256`);
        },
      ],
      ['a dump of something else', /not of an OMBARO database/, dumpSomethingElse],
      ['none at all', /does not exist/, (copy) => rmSync(copy)],
    ];

    it.each(damages)('%s', async (_, message, damage) => {
      const directory = path.join(folder.path, randomBytes(4).toString('hex'));
      mkdirSync(directory);
      const copy = path.join(directory, path.basename(file));
      for (const suffix of ['', '.sha256', '.json']) {
        copyFileSync(`${file}${suffix}`, `${copy}${suffix}`);
      }
      const target = await cloneAs(newName());
      const name = new URL(target.ownerUrl).pathname.slice(1);
      damage(copy);
      await expect(restore({ ...options(target), file: copy, replace: true })).rejects.toThrow(
        message,
      );
      expect(await countPeople(target.ownerUrl)).toBe('0');
      await withClient(ours.rootUrl, async (root) => {
        const { rows } = await root.query('select datname from pg_database where datname like $1', [
          `${name}%`,
        ]);
        expect(rows).toEqual([{ datname: name }]);
      });
    });
  });

  it('is not restored by an administrator who is connected to the database that is to be renamed', async () => {
    const target = { ...ours, rootUrl: database.rootUrl };
    await expect(restore({ ...options(target), replace: true })).rejects.toThrow(
      /ROOT_DATABASE_URL name another database/,
    );
  });

  it('goes into no database of the server’s own', () => {
    expect(() => findTarget(ours, 'template1')).toThrow(/belongs to the server/);
    expect(() => findTarget(ours, 'x'.repeat(64))).toThrow(/1 to 63/);
    expect(() => findTarget(ours, 'https://db.example.com/x')).toThrow(/is not the address/);
    expect(findTarget(ours, 'copy').ownerUrl).toMatch(/\/copy$/);
  });

  (newerDirectory === null ? it.skip : it)(
    'goes into an empty server of a newer version, makes its roles, and has equal rows',
    async () => {
      const server = await startTestServer(newerDirectory);
      try {
        const address = server.urlFor('postgres', 'ombaro');
        const ombaro = commandLineFor(database);
        const { code, stderr } = await ombaro('restore', file, '--into', address);
        expect([code, stderr]).toEqual([0, expect.stringMatching(/schema version/)]);
        // With the password of our own settings, which the role was made with.
        const login = new URL(database.ownerUrl);
        const there = new URL(address);
        [there.username, there.password] = [login.username, login.password];
        const { rows } = await withClient(there.href, (client) =>
          client.query(`select current_setting('server_version_num')::integer / 10000 as major`),
        );
        expect(rows[0].major).toBeGreaterThan(15);
        expect(await contentsOf(there.href)).toEqual((await readManifest(file)).tables);
      } finally {
        await server.stop();
      }
    },
  );
});

function options(target: RestoreTarget) {
  return { file, target, replace: false, backupDirectory: null };
}

async function cloneAs(name: string): Promise<RestoreTarget> {
  await withClient(ours.rootUrl, (root) =>
    root.query(`create database ${name} template ${templateDatabase} owner ombaro_owner`),
  );
  return findTarget(ours, name);
}

async function bootstrapAs(name: string): Promise<RestoreTarget> {
  const target = findTarget(ours, name);
  await bootstrap(target);
  return target;
}

async function describeAll(ownerUrl: string): Promise<unknown> {
  return await withClient(ownerUrl, async (client) => {
    const { rows } = await client.query(
      `select nspname, pg_get_userbyid(nspowner), nspacl::text, obj_description(oid, 'pg_namespace')
      from pg_namespace where nspname !~ '^pg_' order by 1`,
    );
    return { schema: await describeSchema(client), schemas: rows };
  });
}

async function contentsOf(ownerUrl: string): Promise<unknown> {
  return await withClient(ownerUrl, (client) =>
    inTransaction(client, () => readContents(client, [])),
  );
}

async function countPeople(ownerUrl: string): Promise<string> {
  return await withClient(ownerUrl, async (client) => {
    const { rows } = await client.query<{ count: string }>('select count(*) from user_profiles');
    return rows[0]?.count ?? '';
  });
}

async function databases(): Promise<string[]> {
  return await withClient(ours.rootUrl, async (root) => {
    const { rows } = await root.query<{ name: string }>('select datname as name from pg_database');
    return rows.map(({ name }) => name);
  });
}

async function countTables(name: string): Promise<number> {
  return await withClient(withDatabase(ours.rootUrl, name), async (client) => {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::integer from pg_class where relnamespace::regnamespace::text = 'enums'`,
    );
    return rows[0]?.count ?? 0;
  });
}

/** Asks how many people there are, again and again, and connects again when it is cut off. */
function keepAsking(ownerUrl: string) {
  const seen = new Set<string>();
  let isStopped = false;
  const asking = (async () => {
    while (!isStopped) {
      const client = new pg.Client({ connectionString: ownerUrl });
      client.on('error', () => {});
      try {
        await client.connect();
        while (!isStopped) {
          const { rows } = await client.query('select count(*) from user_profiles');
          seen.add(rows[0].count);
        }
      } catch (error) {
        const { code = 'lost' } = error as { code?: string };
        // Cut off, or renamed under a connection that was being made.
        if (!['57P01', '3D000', 'lost', 'ECONNRESET', 'EPIPE'].includes(code)) {
          seen.add(code);
        }
      }
      await client.end().catch(() => {});
    }
  })();
  return {
    seen,
    stop: async () => {
      isStopped = true;
      await asking;
    },
  };
}

function sizeOf(copy: string): number {
  return statSync(copy).size;
}

function flipByte(copy: string): void {
  const bytes = readFileSync(copy);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(copy, bytes);
}

function dumpSomethingElse(copy: string): void {
  const url = new URL(ours.rootUrl);
  execFileSync('pg_dump', ['--format=custom', `--file=${copy}`, url.href]);
  rmSync(`${copy}.sha256`);
}
