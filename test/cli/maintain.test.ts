import { existsSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/config/project.ts';
import { makeCommandLine, type Outcome } from '../helpers/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';

let database: TestDatabase;
let folder: TemporaryDirectory;
let variables: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = makeTemporaryDirectory();
  variables = {
    DATABASE_URL: database.ownerUrl,
    API_DATABASE_URL: database.apiUrl,
    WORKER_DATABASE_URL: database.workerUrl,
    JWT_SECRET: 'a secret that is long enough for a test',
    ARCHIVE_DIR: folder.path,
  };
});

afterAll(async () => {
  await database.drop();
  folder.remove();
});

const ombaro = (args: readonly string[], others: Record<string, string> = {}): Promise<Outcome> =>
  makeCommandLine(projectRoot, { ...variables, ...others })(process.execPath, [
    'bin/ombaro.js',
    ...args,
  ]);

it('explains itself', async () => {
  const { code, stdout } = await ombaro(['maintain', '--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch('Usage: npx ombaro maintain [daily|weekly|monthly]');
});

it.each([
  [['hourly'], /"hourly" is not one of daily, weekly or monthly/],
  [['daily', 'weekly'], /Usage: npx ombaro maintain/],
  [['daily', '--task', 'vacuum'], /not both/],
  [['--task', 'sweep'], /There is no task "sweep". There are:\n {2}migrations \(daily\)/],
])('%j is a mistake', async (args, message) => {
  const { code, stdout, stderr } = await ombaro(['maintain', ...args]);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(message);
});

it('does the tasks of a day and prints only Markdown, or JSON', async () => {
  const day = await ombaro(['maintain', 'daily']);
  expect(day.code).toBe(0);
  expect(day.stdout).toMatch(/^# Maintenance of 20[\d-]+ [\d:]+ UTC\n\n\| Task \|/);
  expect(day.stdout).toMatch(/\n## errors\n\nNo errors\. The first run\./);
  expect(day.stdout).not.toMatch(/## vacuum/);
  const { code, stdout } = await ombaro(['maintain', '--task', 'errors', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    {
      task: 'errors',
      cadence: 'daily',
      outcome: 'done',
      error: null,
      report: { needsAttention: false, figures: { errors: 0 } },
      changes: { errors: 0 },
    },
  ]);
});

it('without a task does what is due: nothing, then everything, then nothing', async () => {
  await database.owner.query('delete from maintenance_runs');
  const young = await ombaro(['maintain']);
  expect([young.code, young.stdout, young.stderr]).toEqual([0, '', 'Nothing is due.\n']);
  await database.owner.query(
    `update schema_versions set applied_at = applied_at - interval '60 days'`,
  );
  const due = await ombaro(['maintain', '--json']);
  expect(due.code).toBe(0);
  const runs = JSON.parse(due.stdout);
  expect(runs.length).toBeGreaterThanOrEqual(12);
  expect(existsSync(path.join(folder.path, database.name))).toBe(true);
  const again = await ombaro(['maintain', '--json']);
  expect([again.code, JSON.parse(again.stdout)]).toEqual([0, []]);
});

it('a task that fails is in the report, and sets the exit code', async () => {
  await database.owner.query('alter table error_logs rename column severity to gravity');
  const { code, stdout, stderr } = await ombaro(['maintain', 'daily']);
  await database.owner.query('alter table error_logs rename column gravity to severity');
  expect(code).toBe(1);
  expect(stdout).toMatch(/\| errors \| daily \| \*\*failed\*\* \|/);
  expect(stdout).toMatch(/\| transactions \| daily \| well \|/);
  expect(stderr).toMatch(/errors failed: .*severity.*42703/);
});

it('archives nothing where no folder is set', async () => {
  const { code, stderr } = await ombaro(['maintain', '--task', 'archive'], { ARCHIVE_DIR: '' });
  expect(code).toBe(1);
  expect(stderr).toMatch(/Set ARCHIVE_DIR/);
  const month = await ombaro(['maintain', 'monthly', '--json'], { ARCHIVE_DIR: '' });
  expect(month.code).toBe(0);
  expect(JSON.parse(month.stdout).map(({ task }: { task: string }) => task)).not.toContain(
    'archive',
  );
});

it('refuses to begin while another process maintains the database', async () => {
  const other = await database.owner.connect();
  await other.query(`select pg_advisory_lock(hashtext('ombaro maintenance'), 0)`);
  const { code, stdout, stderr } = await ombaro(['maintain', 'daily']);
  other.release(true);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/Maintenance is running already/);
});

it('says what to do where the database is not migrated', async () => {
  await database.owner.query('alter table maintenance_runs rename to not_yet');
  const { code, stdout, stderr } = await ombaro(['maintain', 'daily']);
  await database.owner.query('alter table not_yet rename to maintenance_runs');
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/Run: npx ombaro migrate/);
});
