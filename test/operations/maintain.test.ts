import { setTimeout as sleep } from 'node:timers/promises';
import { makeLogger } from '../../src/lib/logger.ts';
import { MaintenanceRunning } from '../../src/operations/maintain/lock.ts';
import { describeRuns } from '../../src/operations/maintain/markdown.ts';
import { runTasks } from '../../src/operations/maintain/run-tasks.ts';
import type { Report, Task } from '../../src/operations/maintain/task.ts';
import { makeTasks } from '../../src/operations/maintain/tasks.ts';
import { startMaintenance } from '../../src/work/maintenance.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';

let database: TestDatabase;
let folder: TemporaryDirectory;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = makeTemporaryDirectory();
});

afterAll(async () => {
  await database.drop();
  folder.remove();
});

beforeEach(async () => {
  await database.owner.query('delete from maintenance_runs');
});

const nothing: Report = { summary: 'Nothing.', needsAttention: false, figures: {}, lists: {} };
const task = (name: string, run: Task['run'] = async () => nothing): Task => ({
  name,
  cadence: 'daily',
  summary: name,
  run,
});
const run = (tasks: readonly Task[], onlyDue = false) =>
  runTasks({
    ownerUrl: database.ownerUrl,
    tasks,
    onlyDue,
    signal: new AbortController().signal,
  });
const allTasks = () =>
  makeTasks({ ownerUrl: database.ownerUrl, archiveDirectory: folder.path, backUp: null });

async function recorded(): Promise<
  { task: string; outcome: string | null; error: string | null }[]
> {
  const { rows } = await database.owner.query(
    'select task, outcome, error from maintenance_runs order by started_at, task',
  );
  return rows;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error('It did not come to be.');
    }
    await sleep(20);
  }
}

/** The database was there before the month began. */
const withAge = async (act: () => Promise<void>): Promise<void> => {
  await database.owner.query(
    `update schema_versions set applied_at = applied_at - interval '60 days'`,
  );
  try {
    await act();
  } finally {
    await database.owner.query(
      `update schema_versions set applied_at = applied_at + interval '60 days'`,
    );
  }
};

it('every task is done, recorded, and read as Markdown', async () => {
  const tasks = allTasks();
  const runs = await run(tasks);
  expect(runs.map(({ task, outcome, error }) => [task, outcome, error])).toEqual(
    tasks.map(({ name }) => [name, 'done', null]),
  );
  expect((await recorded()).map(({ outcome }) => outcome)).toEqual(tasks.map(() => 'done'));
  const text = describeRuns(runs);
  for (const { name } of tasks) {
    expect(text).toMatch(new RegExp(`^## ${name}$`, 'm'));
  }
});

it('the second run says what has changed since the first', async () => {
  const found = [3, 5];
  const counting = task('counting', async () => ({
    ...nothing,
    figures: { things: found.shift() ?? 0 },
  }));
  const [first] = await run([counting]);
  const [second] = await run([counting]);
  expect([first?.changes, first?.previousAt]).toEqual([{}, null]);
  expect([second?.changes, second?.previousAt]).toEqual([{ things: 2 }, first?.startedAt]);
  expect(describeRuns(second === undefined ? [] : [second])).toMatch('| things | 5 | +2 |');
});

it('one that fails is recorded and does not stop the others', async () => {
  const fails = task('fails', async ({ client }) => {
    await client.query('select 1 / 0');
    return nothing;
  });
  const loses = task('loses', async ({ client }) => {
    await client.query('select pg_terminate_backend(pg_backend_pid())');
    return nothing;
  });
  const runs = await run([fails, loses, task('works')]);
  expect(runs.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'done']);
  expect(await recorded()).toEqual([
    { task: 'fails', outcome: 'failed', error: expect.stringMatching(/division by zero.*22012/) },
    { task: 'loses', outcome: 'failed', error: expect.stringMatching(/lost|terminat/) },
    { task: 'works', outcome: 'done', error: null },
  ]);
});

it('one process at a time, and a run that was killed is noted as lost', async () => {
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const slow = task('slow', async () => {
    begun.resolve();
    await go.promise;
    return nothing;
  });
  const first = run([slow]);
  await begun.promise;
  await expect(run([task('other')])).rejects.toThrow(MaintenanceRunning);
  await expect(run([task('other')])).rejects.toThrow(/holds connection \d+, since 20/);
  go.resolve();
  await first;
  await database.owner.query(
    `insert into maintenance_runs (task, cadence, started_at) values ('killed', 'daily', now() - interval '1 day')`,
  );
  await run([task('other')]);
  expect(await recorded()).toEqual([
    { task: 'killed', outcome: 'lost', error: null },
    { task: 'slow', outcome: 'done', error: null },
    { task: 'other', outcome: 'done', error: null },
  ]);
});

describe('the schedule', () => {
  const tasks = ['daily', 'weekly', 'monthly'].map(
    (cadence): Task => ({ ...task(cadence), cadence: cadence as Task['cadence'] }),
  );
  const due = async () => (await run(tasks, true)).map(({ task: name }) => name);

  it('owes nothing for the time before the database was made, then everything once', async () => {
    await database.owner.query('update schema_versions set applied_at = now()');
    expect(await due()).toEqual([]);
    await withAge(async () => {
      expect(await due()).toEqual(['daily', 'weekly', 'monthly']);
      expect(await due()).toEqual([]);
    });
  });

  it('begins a day, a week and a month at three in India', async () => {
    const [begins, before] = await Promise.all([began('month', 0), began('month', -1)]);
    await withAge(async () => {
      await done('monthly', before);
      await done('weekly', await began('week', -1));
      await done('daily', await began('day', 0));
      expect(await due()).toEqual(['weekly', 'monthly']);
      await database.owner.query('delete from maintenance_runs');
      await done('monthly', begins);
      await done('weekly', await began('week', 0));
      await done('daily', await began('day', -1));
      expect(await due()).toEqual(['daily']);
    });
  });

  it('tries what failed again, but not within the hour', async () => {
    await withAge(async () => {
      const failed = (ago: string) =>
        database.owner.query(
          `insert into maintenance_runs (task, cadence, started_at, finished_at, outcome, error)
          values ('daily', 'daily', now() - $1::interval, now(), 'failed', 'No disk')`,
          [ago],
        );
      await failed('59 minutes');
      expect(await due()).toEqual(['weekly', 'monthly']);
      await database.owner.query('delete from maintenance_runs');
      await failed('61 minutes');
      expect(await due()).toEqual(['daily', 'weekly', 'monthly']);
    });
  });

  it('runs each once with several workers, and nothing as the worker’s own role', async () => {
    const log: Record<string, unknown>[] = [];
    const logger = makeLogger('debug', {
      destination: { write: (line) => void log.push(JSON.parse(line)) },
    });
    await withAge(async () => {
      const stranger = startMaintenance({
        ownerUrl: database.workerUrl,
        logger,
        tasks,
        intervalMs: 5,
      });
      await until(() => log.some(({ msg }) => String(msg).startsWith('maintenance is off')));
      expect(await recorded()).toEqual([]);
      const workers = [1, 2, 3].map(() =>
        startMaintenance({ ownerUrl: database.ownerUrl, logger, tasks, intervalMs: 5 }),
      );
      await until(async () => (await recorded()).length >= 3);
      await sleep(200);
      await Promise.all([stranger, ...workers].map((worker) => worker.close()));
      expect((await recorded()).map(({ task: name }) => name)).toEqual([
        'daily',
        'weekly',
        'monthly',
      ]);
    });
    expect(log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  it('ends what runs when the worker ends, and leaves no connection', async () => {
    await withAge(async () => {
      const asleep = task('asleep', async ({ client }) => {
        await client.query('select pg_sleep(3600)');
        return nothing;
      });
      const worker = startMaintenance({
        ownerUrl: database.ownerUrl,
        logger: makeLogger('silent'),
        tasks: [asleep],
        intervalMs: 5,
      });
      await until(async () => (await recorded()).length === 1);
      const sleeping = async () =>
        (
          await database.owner.query(
            `select from pg_stat_activity where datname = current_database()
            and query = 'select pg_sleep(3600)' and state = 'active'`,
          )
        ).rowCount;
      await until(async () => (await sleeping()) === 1);
      await worker.close();
      expect(await recorded()).toEqual([
        { task: 'asleep', outcome: 'failed', error: expect.stringMatching(/^Interrupted/) },
      ]);
      await until(async () => (await sleeping()) === 0);
    });
  });

  async function began(unit: string, periods: number): Promise<Date> {
    const { rows } = await database.owner.query<{ at: Date }>(
      `select (date_trunc($1, (now() at time zone 'Asia/Kolkata') - interval '3 hours')
        + interval '3 hours' + $2 * ('1 ' || $1)::interval) at time zone 'Asia/Kolkata' as at`,
      [unit, periods],
    );
    return rows[0]?.at ?? new Date(0);
  }

  async function done(name: string, at: Date): Promise<void> {
    await database.owner.query(
      `insert into maintenance_runs (task, cadence, started_at, finished_at, outcome, report)
      values ($1, $1, $2, $2, 'done', '{}')`,
      [name, at],
    );
  }
});
