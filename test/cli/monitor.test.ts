import { projectRoot } from '../../src/config/project.ts';
import { makeCommandLine, type Outcome } from '../helpers/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

const ombaro = (args: readonly string[], ownerUrl = database.ownerUrl): Promise<Outcome> =>
  makeCommandLine(projectRoot, {
    DATABASE_URL: ownerUrl,
    API_DATABASE_URL: database.apiUrl,
    WORKER_DATABASE_URL: database.workerUrl,
    JWT_SECRET: 'a secret that is long enough for a test',
  })(process.execPath, ['bin/ombaro.js', 'monitor', ...args]);

/** The names that programs may rely on; a list is described by its first row. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.length === 0 ? [] : [shape(value[0])];
  }
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shape(part)]));
  }
  return typeof value;
}

it.each([
  [[]],
  [['--once']],
])('prints one screen and ends where there is no terminal: %j', async (args) => {
  const { code, stdout, stderr } = await ombaro(args);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(new RegExp(`^${database.name}, PostgreSQL \\d+`));
  for (const label of [
    'Sessions',
    'Blocked',
    'Events',
    'Deliveries',
    'Cache',
    'Biggest',
    'Costly',
  ]) {
    expect(stdout).toMatch(new RegExp(`^${label} `, 'm'));
  }
});

it('prints one JSON object with the names that programs rely on', async () => {
  const { code, stdout } = await ombaro(['--json']);
  expect(code).toBe(0);
  const monitor = JSON.parse(stdout);
  expect(Object.keys(monitor)).toEqual([
    'at',
    'database',
    'server',
    'activity',
    'blocking',
    'slowQueries',
    'sizes',
    'tableBloat',
    'indexBloat',
    'indexes',
    'cache',
    'replication',
    'messages',
    'failures',
    'notes',
  ]);
  expect(shape(monitor)).toMatchObject({
    activity: { maximum: 'number', longestQueries: [], longestTransactions: [] },
    slowQueries: [{ query: 'string', calls: 'number', totalMs: 'number', meanMs: 'number' }],
    sizes: {
      databaseBytes: 'number',
      tables: [{ table: 'string', rows: 'number', deadRows: 'number', tableBytes: 'number' }],
    },
    cache: { hitRatio: 'number' },
    replication: { isStandby: 'boolean', standbys: [], slots: expect.any(Array) },
    messages: {
      relayLagSeconds: 'number',
      eventLog: { partitions: 'number', rows: 'number', bytes: 'number' },
      deliveries: { waiting: 'number', failed: 'number', dead: 'number' },
    },
    notes: {},
  });
});

it('reports an unknown database or option', async () => {
  const gone = await ombaro(['--once'], database.ownerUrl.replace(database.name, 'nowhere'));
  expect([gone.code, gone.stdout]).toEqual([1, '']);
  expect(gone.stderr).toMatch(/Cannot connect to .*nowhere/);
  const option = await ombaro(['--twice']);
  expect([option.code, option.stdout]).toEqual([1, '']);
});
