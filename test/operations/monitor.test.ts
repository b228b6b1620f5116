import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { drawMonitor } from '../../src/cli/monitor-screen.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { estimateIndexBloat, estimateTableBloat } from '../../src/operations/monitor/bloat.ts';
import { type Monitor, readMonitor } from '../../src/operations/monitor/monitor.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
const clients: pg.Client[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
});

afterAll(async () => {
  await database.drop();
});

const look = (url = database.ownerUrl): Promise<Monitor> => withClient(url, readMonitor);
const query = async <Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> =>
  (await database.owner.query<Row>(sql)).rows;

async function connect(url: string): Promise<{ client: pg.Client; pid: number }> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return { client, pid: rows[0]?.pid ?? 0 };
}

async function until<Value>(
  read: () => Promise<Value>,
  is: (value: Value) => boolean,
): Promise<Value> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const value = await read();
    if (is(value)) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(`It did not come to be: ${JSON.stringify(value)}`);
    }
    await sleep(50);
  }
}

it('reads every part of a database at rest', async () => {
  const monitor = await look();
  expect(monitor.notes).toEqual({});
  expect(Object.entries(monitor).filter(([, part]) => part === null)).toEqual([]);
  expect(monitor.blocking).toEqual([]);
  expect(monitor.replication).toEqual({ isStandby: false, standbys: [], slots: [] });
});

it('names who blocks whom, on what, and what the blocker does, while it can read on', async () => {
  const blocker = await connect(database.ownerUrl);
  await blocker.client.query('begin; lock table error_logs in access exclusive mode');
  const blocked = await connect(database.rootUrl);
  const waiting = blocked.client.query('select count(*) from error_logs');
  const monitor = await until(look, ({ blocking }) => (blocking?.length ?? 0) > 0);
  expect(monitor.blocking).toEqual([
    {
      blockedPid: blocked.pid,
      blockedRole: 'postgres',
      blockedQuery: 'select count(*) from error_logs',
      waits: expect.any(Number),
      blockerPid: blocker.pid,
      blockerRole: 'ombaro_owner',
      blockerState: 'idle in transaction',
      blockerQuery: 'begin; lock table error_logs in access exclusive mode',
      tables: ['error_logs'],
    },
  ]);
  expect(monitor.failures).toBeNull();
  expect(monitor.notes).toEqual({ failures: 'a table that it reads is locked' });
  expect(monitor.sizes?.tables.length).toBeGreaterThan(0);
  const screen = drawMonitor(monitor).join('\n');
  expect(screen).toMatch(
    new RegExp(`Blocked +[\\d.]+ s {2}${blocked.pid} postgres waits on error_logs: select count`),
  );
  expect(screen).toMatch(new RegExp(`for ${blocker.pid} ombaro_owner, idle in transaction: begin`));
  expect(screen).toMatch(/Failed, 24 h +not visible: a table that it reads is locked/);
  await blocker.client.query('rollback');
  await waiting;
});

it('shows the longest query and transaction of every role', async () => {
  const idle = await connect(database.workerUrl);
  await idle.client.query('begin; select 1');
  const busy = await connect(database.rootUrl);
  const sleeping = busy.client.query('select pg_sleep(60)').catch(() => undefined);
  const { activity } = await until(
    look,
    (monitor) => (monitor.activity?.longestQueries.length ?? 0) > 0,
  );
  expect(activity?.byState).toMatchObject({ active: 1, 'idle in transaction': 1 });
  expect(activity?.longestQueries).toMatchObject([
    { pid: busy.pid, role: 'postgres', query: 'select pg_sleep(60)', waitsFor: 'Timeout:PgSleep' },
  ]);
  expect(activity?.longestTransactions.map(({ pid }) => pid)).toEqual([idle.pid, busy.pid]);
  await query(`select pg_cancel_backend(${busy.pid})`).catch(() => undefined);
  await withClient(database.rootUrl, (root) =>
    root.query('select pg_terminate_backend($1)', [busy.pid]),
  );
  await sleeping;
});

it('names what a role may not see', async () => {
  const other = await connect(database.ownerUrl);
  await other.client.query('begin');
  const seen = await look();
  const unseen = await look(database.workerUrl);
  expect(seen.activity?.byState).toMatchObject({ 'idle in transaction': 1 });
  expect(seen.notes).toEqual({});
  expect(unseen.activity?.byState).toMatchObject({ 'not visible': expect.any(Number) });
  expect(unseen.replication).toBeNull();
  expect(unseen.slowQueries).toBeNull();
  expect(unseen.failures).toBeNull();
  expect(unseen.notes).toMatchObject({
    activity: expect.stringMatching(/grant pg_monitor to ombaro_owner/),
    replication: expect.stringMatching(/grant pg_monitor/),
    slowQueries: expect.stringMatching(/grant usage on schema "extensions"/),
    failures: expect.stringMatching(/^not visible: permission denied/),
  });
  expect(drawMonitor(unseen).join('\n')).toMatch(/Replication +not visible: /);
});

it('has the statements that cost most, and says how to get them where they are not', async () => {
  await query(`select 'monitored' as what, pg_sleep(0.5)`);
  const { slowQueries } = await look();
  expect(slowQueries).toContainEqual(
    expect.objectContaining({
      // PostgreSQL keeps the constants of a statement whose entry others pushed out while it ran.
      query: expect.stringMatching(/^select (\$1|'monitored') as what, pg_sleep\(.+\)$/),
      role: 'ombaro_owner',
      calls: 1,
      rows: 1,
    }),
  );
  const bare = await createTestDatabase();
  try {
    await withClient(bare.rootUrl, (root) => root.query('drop extension pg_stat_statements'));
    const monitor = await look(bare.ownerUrl);
    expect(monitor.slowQueries).toBeNull();
    expect(monitor.notes.slowQueries).toMatch(/create extension pg_stat_statements/);
  } finally {
    await bare.drop();
  }
});

describe('estimates', () => {
  const bounds = { minimumBytes: 0, minimumShare: 0 };
  const share = async (read: typeof estimateTableBloat, name: string): Promise<number> => {
    const all = await withClient(database.ownerUrl, (client) => read(client, bounds));
    return all.find((one) => one.name === name)?.share ?? 0;
  };

  beforeAll(async () => {
    await query(`create table public.estimated (id uuid primary key, title text, amount numeric, at timestamptz)
      with (autovacuum_enabled = false)`);
    await query(`insert into public.estimated
      select gen_random_uuid(), 'number ' || n, n, now() from generate_series(1, 100000) n`);
    await query('reindex table public.estimated');
    await query('analyze public.estimated');
  });

  afterAll(async () => {
    await query('drop table public.estimated');
  });

  it('find next to nothing wasted in what is new, and nine tenths where nine rows of ten are gone', async () => {
    expect(await share(estimateTableBloat, 'estimated')).toBeLessThan(0.1);
    expect(await share(estimateIndexBloat, 'estimated_pkey')).toBeLessThan(0.1);
    await query('delete from public.estimated where amount % 10 <> 0');
    await query('vacuum (analyze, truncate false) public.estimated');
    expect(await share(estimateTableBloat, 'estimated')).toBeCloseTo(0.9, 1);
    expect(await share(estimateIndexBloat, 'estimated_pkey')).toBeCloseTo(0.9, 1);
  });
});

it('tells the index that is not used from the one that is used, and the table that lacks one', async () => {
  await query(`create table public.searched (id integer primary key, a integer, b integer, c integer)
    with (autovacuum_enabled = false)`);
  await query('insert into public.searched select n, n, n, n from generate_series(1, 30000) n');
  await query('create index searched_a_idx on public.searched (a)');
  await query('create index searched_b_idx on public.searched (b)');
  await query('create unique index searched_ba_key on public.searched (b, a)');
  await query('analyze public.searched');
  await query('select from public.searched where a = 7');
  for (let times = 0; times < 25; times += 1) {
    await query('select count(*) from public.searched where c = 7');
  }
  const { indexes } = await until(look, (monitor) =>
    Boolean(
      monitor.indexes?.missing.some(({ table }) => table === 'searched') &&
        !monitor.indexes.unused.some(({ index }) => index === 'searched_a_idx'),
    ),
  );
  expect(indexes?.missing).toContainEqual({
    table: 'searched',
    rows: expect.any(Number),
    sequentialScans: expect.any(Number),
    rowsReadPerScan: expect.any(Number),
  });
  expect(indexes?.unused[0]).toMatchObject({ index: 'searched_b_idx', servesForeignKey: false });
  expect(indexes?.unused.map(({ index }) => index)).not.toContain('searched_ba_key');
  expect(indexes?.invalid).toEqual([]);
  await query('drop table public.searched');
});

it('counts messages on their way and what failed in a day', async () => {
  await query(`delete from error_logs`);
  await query(`insert into error_logs (error_type, error_message, created_at) values
    ('today', 'first', now() - interval '2 hours'), ('today', 'last', now() - interval '1 hour'),
    ('yesterday', 'long ago', now() - interval '25 hours')`);
  await query(`delete from notification_attempts`);
  await query(`insert into notification_attempts (delivery_id, number, ended_at, outcome, error)
    select id, 1, now(), 'dead', 'The number is not known' from notification_deliveries
    where channel = 'sms'`);
  const { failures, messages } = await look();
  expect(failures).toEqual([
    expect.objectContaining({ kind: 'delivery', name: 'sms', count: 2 }),
    expect.objectContaining({ kind: 'error', name: 'today', count: 2, lastError: 'last' }),
    // Of the fixture.
    expect.objectContaining({ kind: 'maintenance', name: 'errors', count: 1 }),
    expect.objectContaining({ kind: 'maintenance', name: 'vacuum', count: 1 }),
  ]);
  expect(messages?.deliveries).toMatchObject({ dead: 2 });
  expect(messages?.eventLog.partitions).toBeGreaterThan(0);
  expect(messages?.relayLagSeconds).toBeGreaterThan(0);
});

it('shows a replication slot and what is kept for it', async () => {
  // wal_level is replica: enough for a physical one.
  await withClient(database.rootUrl, (root) =>
    root.query(`select pg_create_physical_replication_slot('${database.name}', true)`),
  );
  try {
    const { replication } = await look();
    expect(replication?.slots).toContainEqual({
      slot: database.name,
      kind: 'physical',
      isActive: false,
      retainedBytes: expect.any(Number),
    });
  } finally {
    await withClient(database.rootUrl, (root) =>
      root.query(`select pg_drop_replication_slot('${database.name}')`),
    );
  }
});
