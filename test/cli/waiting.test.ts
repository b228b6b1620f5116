import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from '../../src/config/project.ts';
import { withLock } from '../../src/database/embedded/lock.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { findFreePort } from '../helpers/server.ts';
import { makeTemporaryDirectory } from '../helpers/temporary-directory.ts';

let database: TestDatabase;
const children: ChildProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await Promise.all(
    children.map(async (child) => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }),
  );
  await database.drop();
});

/** Starts a command line on the database; `said` is what it has told so far. */
async function start(...args: string[]): Promise<{ pid: number; said: () => string }> {
  const child = spawn(process.execPath, ['bin/ombaro.js', ...args], {
    cwd: projectRoot,
    env: {
      ...process.env,
      DATABASE_URL: database.ownerUrl,
      API_DATABASE_URL: database.apiUrl,
      WORKER_DATABASE_URL: database.workerUrl,
      ROOT_DATABASE_URL: database.rootUrl,
      JWT_SECRET: 'a secret of at least thirty-two characters',
      DEMO: 'true',
      PORT: String(await findFreePort()),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  return { pid: child.pid ?? 0, said: () => text };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 50_000;
  while (!condition()) {
    if (Date.now() > deadline) {
      throw new Error('It did not come to be.');
    }
    await sleep(50);
  }
}

it('beside a load of demo data, a start and another load say what they wait for', async () => {
  const load = await start('demo', '--bookings', '100000');
  await until(() => load.said().includes('preparing'));
  const waits = `Waiting for ombaro demo --bookings 100000 (process ${load.pid}), which has been working in this database since 20`;
  const others = await Promise.all([start('demo'), start('serve')]);
  for (const other of others) {
    await until(() => other.said().includes(waits));
    // Once, and not at each look.
    await sleep(4_000);
    expect(other.said().split(waits)).toHaveLength(2);
  }
}, 120_000);

it('a command that waits for one that starts the embedded server says which', async () => {
  const folder = makeTemporaryDirectory();
  const file = path.join(folder.path, 'lock');
  writeFileSync(file, `${process.ppid}\nombaro serve\n2026-01-31T10:00:00.000Z`);
  const said: string[] = [];
  const act = withLock(
    file,
    (line) => {
      said.push(line);
      // The holder has done what it had to do.
      writeFileSync(file, '4194305\nombaro serve\n2026-01-31T10:00:00.000Z');
    },
    async () => 'done',
  );
  expect(await act).toBe('done');
  expect(said).toEqual([
    `Waiting for ombaro serve (process ${process.ppid}, since 2026-01-31T10:00:00.000Z) to start or stop the database (${file}).`,
  ]);
  folder.remove();
});
