import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../../src/config/project.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import { type Relay, startRelay } from '../../src/realtime/relay.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { until } from './support.ts';

const subject = '11111111-1111-4111-8111-111111111111';
const logger = makeLogger('silent');

let database: TestDatabase;
let standby: Relay | undefined;
const children: ChildProcess[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
  }
  await standby?.close();
  standby = undefined;
  await database.drop();
});

const sourceOf = (file: string) => pathToFileURL(path.join(projectRoot, 'src', file)).href;

/** A relay in a process of its own, which can be killed and frozen; the working one. */
async function startWorking(): Promise<ChildProcess> {
  const code = `
    import { startRelay } from '${sourceOf('realtime/relay.ts')}';
    import { makeLogger } from '${sourceOf('lib/logger.ts')}';
    startRelay({ connectionString: process.env.RELAY_URL, logger: makeLogger('silent') });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    env: { ...process.env, RELAY_URL: database.workerUrl },
    stdio: 'inherit',
  });
  children.push(child);
  await until(async () => (await working()) !== null);
  return child;
}

/** The server's process of the relay that works. */
async function working(): Promise<number | null> {
  const { rows } = await database.owner.query<{ pid: number }>(
    `select l.pid from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.objid = 6277102
      and l.database = (select oid from pg_database where datname = current_database())`,
  );
  return rows[0]?.pid ?? null;
}

async function startStandby(): Promise<void> {
  standby = startRelay({ connectionString: database.workerUrl, logger });
  await until(async () => (await relays()) === 2);
}

async function relays(): Promise<number> {
  const { rowCount } = await database.owner.query(
    `select from pg_stat_activity
    where datname = current_database() and application_name = 'ombaro relay'`,
  );
  return rowCount ?? 0;
}

const emit = () =>
  database.owner.query(`select app_private.emit_event('{booking:1}', 'booking.updated', $1)`, [
    subject,
  ]);

async function sequences(): Promise<(string | null)[]> {
  const { rows } = await database.owner.query<{ sequence: string | null }>(
    'select sequence from app_private.events order by id',
  );
  return rows.map(({ sequence }) => sequence);
}

const allPublished = async () => !(await sequences()).includes(null);

const ends: readonly (readonly [how: string, end: (child: ChildProcess) => void])[] = [
  ['is killed', (child) => child.kill('SIGKILL')],
  ['falls silent, its connection standing', (child) => child.kill('SIGSTOP')],
];

it.each(ends)('another takes over within two seconds when the relay %s', async (_, end) => {
  const child = await startWorking();
  const first = await working();
  await startStandby();
  await emit();
  await until(allPublished);
  expect(await working()).toBe(first);

  end(child);
  const ended = performance.now();
  await emit();
  await until(allPublished);
  expect(performance.now() - ended).toBeLessThan(2_000);
  expect(await working()).not.toBe(first);

  // Who wakes up again stands by.
  const second = await working();
  child.kill('SIGCONT');
  await emit();
  await until(allPublished);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await working()).toBe(second);
  expect(await sequences()).toEqual(['1', '2', '3']);
});

it('a relay that waits for the database is not taken for dead', async () => {
  await startWorking();
  const first = await working();
  await startStandby();
  const client = await database.owner.connect();
  await client.query('begin; select from app_private.event_sequence for update');
  await emit();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(await working()).toBe(first);
  await client.query('rollback');
  client.release();
  await until(allPublished);
  expect(await working()).toBe(first);
});
