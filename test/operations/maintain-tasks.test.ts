import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { withClient } from '../../src/lib/postgres.ts';
import { runTasks } from '../../src/operations/maintain/run-tasks.ts';
import type { Run } from '../../src/operations/maintain/runs.ts';
import { makeTasks } from '../../src/operations/maintain/tasks.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
});

afterAll(async () => {
  await database.drop();
});

async function run(name: string): Promise<Run> {
  const tasks = makeTasks({ ownerUrl: database.ownerUrl, archiveDirectory: null, backUp: null });
  const [only] = await runTasks({
    ownerUrl: database.ownerUrl,
    tasks: tasks.filter((task) => task.name === name),
    onlyDue: false,
    signal: new AbortController().signal,
  });
  if (only === undefined) {
    throw new Error(`There is no task ${name}.`);
  }
  expect(only.error).toBeNull();
  return only;
}

/** Statistics come a moment after the commit. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error('It did not come to be.');
    }
    await sleep(50);
  }
}

const query = async <Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> =>
  (await database.owner.query<Row>(sql)).rows;

it('errors: groups with how many there were before, and new ones are marked', async () => {
  await query(`delete from error_logs`);
  await query(`insert into error_logs (error_type, error_message, severity, created_at) values
    ('old', 'a', 'error', now() - interval '30 hours'),
    ('old', 'b', 'error', now() - interval '1 hour'),
    ('new', 'c', 'critical', now() - interval '2 hours'),
    ('new', 'd', 'critical', now() - interval '1 hour'),
    ('gone', 'e', 'error', now() - interval '40 hours')`);
  const { report } = await run('errors');
  expect(report?.figures).toEqual({ errors: 3, critical: 2, unresolved: 5 });
  expect(report?.lists['By group']).toMatchObject([
    { error: 'new', severity: 'critical', count: 2, before: 0, example: 'd' },
    { error: 'old', count: 1, before: 1 },
  ]);
  expect(report?.needsAttention).toBe(true);
  // Since that run there was nothing.
  const { report: next, changes } = await run('errors');
  expect(next?.summary).toBe('No errors.');
  expect(next?.needsAttention).toBe(false);
  expect(changes).toEqual({ errors: -3, critical: -2, unresolved: 0 });
});

it('transactions: what failed, what is stuck, what is held, and nothing else', async () => {
  const quiet = await run('transactions');
  expect(quiet.report?.figures).toMatchObject({
    'payments stuck': 0,
    'refunds failed or stuck': 0,
  });
  await query(`insert into payments
      (booking_id, customer_id, vendor_id, amount, total_amount, payment_method, status, created_at)
    select b.id, b.customer_id, b.vendor_id, 100, 100, 'upi', s.status, s.at
    from (select * from bookings limit 1) b,
      (values ('failed', now()), ('processing', now() - interval '2 days'), ('pending', now())) s (status, at)`);
  await query(`insert into refunds
      (payment_id, booking_id, customer_id, refund_amount, refund_reason, refund_type, created_at)
    select p.id, p.booking_id, p.customer_id, 1, 'late', 'partial', now() - interval '4 days'
    from payments p limit 1`);
  await query(`update vendor_payouts set payout_status = 'failed'
    where id = (select id from vendor_payouts limit 1)`);
  const { report, changes } = await run('transactions');
  expect(changes).toEqual({
    'payments failed': 1,
    'payments stuck': 1,
    'refunds failed or stuck': 1,
    'payouts failed or held': expect.any(Number),
    'commissions on hold': 0,
  });
  expect(report?.lists['By kind']).toContainEqual(
    expect.objectContaining({ what: 'payment stuck', how: 'upi', count: 1, rupees: 100 }),
  );
  expect(report?.lists['By kind']).toContainEqual(
    expect.objectContaining({ what: 'payout failed' }),
  );
  expect(report?.needsAttention).toBe(true);
});

it('dead letters: by channel and reason', async () => {
  await query(`update notification_deliveries set last_error = 'The number is not known'`);
  const { report } = await run('dead-letters');
  expect(report?.figures).toMatchObject({ dead: 2, overdue: 0 });
  expect(report?.lists['By channel and reason']).toMatchObject([
    { channel: 'sms', reason: 'The number is not known', count: 2 },
  ]);
});

it('migrations: all applied; one that the database lacks is missing', async () => {
  const all = await run('migrations');
  expect(all.report?.figures.missing).toBe(0);
  const last = `(select max(filename) from graphile_migrate.migrations)`;
  await query(
    `create table public.kept as select * from graphile_migrate.migrations where filename = ${last}`,
  );
  await query(`delete from graphile_migrate.migrations where filename = ${last}`);
  const lacking = await run('migrations');
  await query('insert into graphile_migrate.migrations select * from public.kept');
  await query('drop table public.kept');
  expect(lacking.report?.figures.missing).toBe(1);
  expect(lacking.report?.needsAttention).toBe(true);
});

describe('vacuum and statistics', () => {
  beforeAll(async () => {
    for (const table of ['worn', 'fresh', 'locked']) {
      await query(`create table public.${table} (id integer) with (autovacuum_enabled = false)`);
      await query(`insert into public.${table} select generate_series(1, 4000)`);
    }
    await query('delete from public.worn where id <= 2000');
    await query('delete from public.locked where id <= 2000');
    await query('delete from public.fresh where id <= 20');
    await until(async () => {
      const [row] = await query<{ dead: number }>(
        `select sum(n_dead_tup)::integer as dead from pg_stat_user_tables
        where relname in ('worn', 'locked')`,
      );
      return row?.dead === 4000;
    });
  });

  afterAll(async () => {
    await query('drop table public.worn, public.fresh, public.locked');
  });

  it('vacuums what needs it, leaves the rest, and does not wait for a locked table', async () => {
    await withClient(database.ownerUrl, async (other) => {
      await other.query('begin; lock table public.locked in access exclusive mode');
      const { report } = await run('vacuum');
      const tables = (list: string) => report?.lists[list]?.map(({ table }) => table) ?? [];
      expect(tables('Vacuumed')).toContain('worn');
      expect([...tables('Vacuumed'), ...tables('Skipped')]).not.toContain('fresh');
      expect(tables('Skipped')).toEqual(['locked']);
      await other.query('rollback');
    });
    const again = await run('vacuum');
    expect(again.report?.lists.Vacuumed).toContainEqual(
      expect.objectContaining({ table: 'locked', deadRows: 2000 }),
    );
  });

  it('analyzes what was never analyzed, and what has changed since', async () => {
    const first = await run('statistics');
    expect(first.report?.lists.Analyzed).toContainEqual(
      expect.objectContaining({ table: 'fresh' }),
    );
    await until(async () => !(await analyzes('fresh')));
    await query('insert into public.fresh select generate_series(1, 1000)');
    await until(() => analyzes('fresh'));
  });

  const analyzes = async (table: string): Promise<boolean> =>
    (await run('statistics')).report?.lists.Analyzed?.some((row) => row.table === table) === true;
});

describe('reindex', () => {
  const bytes = async (): Promise<number> => {
    const [row] = await query<{ bytes: number }>(
      `select pg_relation_size('public.worn_value_idx')::integer as bytes`,
    );
    return row?.bytes ?? 0;
  };
  const invalid = () =>
    query<{ name: string }>(
      `select indexrelid::regclass::text as name from pg_index where not indisvalid`,
    );

  beforeEach(async () => {
    await query('drop table if exists public.worn');
    await query('create table public.worn (value integer) with (autovacuum_enabled = false)');
    await query('insert into public.worn select generate_series(1, 200000)');
    await query('create index worn_value_idx on public.worn (value)');
    await query('create index whole_value_idx on public.worn (value) where value % 20 = 0');
    await query('delete from public.worn where value % 20 <> 0');
    await query('vacuum analyze public.worn');
  });

  afterAll(async () => {
    await query('drop table public.worn');
  });

  it('makes a bloated index anew and clears up what a failed one has left', async () => {
    // As a concurrent reindex leaves it that dies.
    await withClient(database.rootUrl, (root) =>
      root.query(`create index worn_value_idx_ccnew on public.worn (value);
        alter index public.worn_value_idx_ccnew owner to ombaro_owner;
        update pg_index set indisvalid = false where indexrelid = 'public.worn_value_idx_ccnew'::regclass`),
    );
    const before = await bytes();
    const { report } = await run('reindex');
    expect(report?.lists.Reindexed).toEqual([expect.objectContaining({ name: 'worn_value_idx' })]);
    expect(report?.lists['Dropped leftovers']).toEqual([{ index: 'worn_value_idx_ccnew' }]);
    expect(await bytes()).toBeLessThan(before / 4);
    expect(await invalid()).toEqual([]);
    expect((await run('reindex')).report?.figures.reindexed).toBe(0);
  });

  it('gives up where a transaction holds the table, while people go on reading and writing', async () => {
    const before = await bytes();
    const other = new pg.Client({ connectionString: database.ownerUrl });
    await other.connect();
    await other.query('begin; insert into public.worn values (0)');
    const running = run('reindex');
    let isOver = false;
    const over = running.finally(() => {
      isOver = true;
    });
    let answers = 0;
    while (!isOver) {
      await query(`set statement_timeout = '5s'; insert into public.worn values (1)`);
      await query('select from public.worn limit 1');
      answers += 1;
      await sleep(100);
    }
    const { report } = await over;
    await other.query('rollback');
    await other.end();
    expect(report?.figures.reindexed).toBe(0);
    expect(report?.lists.Skipped).toMatchObject([{ name: 'worn_value_idx' }]);
    expect(report?.needsAttention).toBe(true);
    expect(answers).toBeGreaterThan(5);
    expect(await bytes()).toBeGreaterThanOrEqual(before);
    // What it could not clear up, the next one does.
    await run('indexes');
    expect(await invalid()).toEqual([]);
  });
});

it('the audit names what has grown most since the last', async () => {
  await query('create table public.growing (filler text)');
  await query('analyze');
  await run('audit');
  await query(`insert into public.growing select repeat('x', 500) from generate_series(1, 20000)`);
  await query('analyze public.growing');
  const { report } = await run('audit');
  expect(report?.lists['Grown most']?.[0]).toMatchObject({ table: 'growing' });
  await query('drop table public.growing');
});
