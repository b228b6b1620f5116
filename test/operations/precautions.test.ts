import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readCommitted } from '../../src/database/migrations/committed.ts';
import { takePrecautions } from '../../src/operations/migrate/before-applying.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';

const pathBefore = process.env.PATH;
const warnings = [
  { line: 4, message: 'Writers wait.', rule_name: 'require-concurrent-index-creation' },
  { line: 5, message: 'It is not pretty.', rule_name: 'prefer-robust-stmts' },
];

let database: TestDatabase;
let folder: TemporaryDirectory;
let lines: string[];
let backups: number;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = makeTemporaryDirectory();
});

beforeEach(() => {
  lines = [];
  backups = 0;
  process.env.PATH = folder.path;
});

afterAll(async () => {
  process.env.PATH = pathBefore;
  await database.drop();
  folder.remove();
});

const takeBackup = async () => {
  backups += 1;
  return { path: '/backups/one.dump' };
};

async function act(options: { takeBackup: typeof takeBackup | null }): Promise<void> {
  const before = takePrecautions({
    ownerUrl: database.ownerUrl,
    report: (line) => lines.push(line),
    ...options,
  });
  await before((await readCommitted()).slice(0, 1));
}

/** A squawk that fails when it is told to ignore something, and else says what `warnings` have. */
function installSquawk(): void {
  const program = path.join(folder.path, 'squawk');
  writeFileSync(
    program,
    `#!${process.execPath}
    let sql = '';
    process.stdin.on('data', (chunk) => { sql += chunk; });
    process.stdin.on('end', () => {
      process.stdout.write(sql.includes('squawk-ignore') ? 'ignored' : ${JSON.stringify(JSON.stringify(warnings))});
      process.exitCode = 1;
    });`,
  );
  chmodSync(program, 0o755);
}

// One story: a person comes, then squawk.
describe('before migrations are applied', () => {
  it('nothing is done for a database without data', async () => {
    await act({ takeBackup });
    expect([lines, backups]).toEqual([[], 0]);
  });

  it('a database with data is backed up, and a missing squawk is reported', async () => {
    await database.owner.query(`
      insert into auth.users (id, email)
      values ('00000000-0000-4000-8000-000000000001', 'asha@example.com');
      insert into public.user_profiles (id, name, email)
      values ('00000000-0000-4000-8000-000000000001', 'Asha', 'asha@example.com')
      on conflict do nothing`);
    await act({ takeBackup });
    expect(backups).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/^squawk is not installed/),
      expect.stringMatching(/^Taking a backup first/),
      'Backup: /backups/one.dump',
    ]);
  });

  it('no backup is taken where --no-backup was given', async () => {
    await act({ takeBackup: null });
    expect([lines.length, backups]).toEqual([1, 0]);
  });

  it('a backup that fails stops everything and says how to go on without', async () => {
    const cause = new Error('pg_dump is missing.');
    const failing = async () => {
      throw cause;
    };
    await expect(act({ takeBackup: failing })).rejects.toMatchObject({
      message: expect.stringMatching(/nothing was changed.*--no-backup/),
      cause,
    });
  });

  it('squawk’s warnings of locks are shown, also those that authors silenced, and none of style', async () => {
    installSquawk();
    await act({ takeBackup: null });
    expect(lines).toEqual([
      expect.stringMatching(/^These statements lock or rewrite tables/),
      expect.stringMatching(/000001-clean-production-schema\.sql, line 5: .*\n +Writers wait\.$/),
    ]);
  });

  it('a squawk that fails is an error and not ignored', async () => {
    writeFileSync(path.join(folder.path, 'squawk'), `#!${process.execPath}\nprocess.exit(3);`);
    await expect(act({ takeBackup: null })).rejects.toThrow(/squawk did not work/);
  });
});
