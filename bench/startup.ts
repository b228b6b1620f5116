import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../test/helpers/server.ts';
import type { Benchmark } from './support/benchmark.ts';
import { startPreparedServer } from './support/prepared-server.ts';

/** As a new user would: `npm start` in an empty data directory, then again. */
export const startup: Benchmark = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ombaro-bench-'));
  // As root the server runs as another user, who must be able to enter.
  await chmod(folder, 0o755);
  const port = await findFreePort();
  const environment = {
    ...process.env,
    OMBARO_DATA_DIR: path.join(folder, 'data'),
    EMBEDDED_PORT: String(await findFreePort()),
    PORT: String(port),
  };
  try {
    const first = await startAndAsk(environment, port);
    await stop(first.child);
    const again = await startAndAsk(environment, port);
    await sleep(5_000);
    const memory = await residentMegabytes(again.child);
    await stop(again.child);
    return [
      { what: 'clean start to the first answer', value: first.seconds, unit: 's', bound: 15 },
      { what: 'restart to the first answer', value: again.seconds, unit: 's', bound: 4 },
      { what: 'migrations from zero', value: await migrateFromZero(), unit: 's', bound: 5 },
      { what: 'memory of the API process at rest', value: memory, unit: 'MB', bound: 350 },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

async function startAndAsk(
  environment: NodeJS.ProcessEnv,
  port: number,
): Promise<{ child: ChildProcess; seconds: number }> {
  const started = performance.now();
  const child = spawn(process.execPath, ['bin/ombaro.js', 'serve'], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (!(await answers(port))) {
    if (child.exitCode !== null) {
      throw new Error(`The server ended with exit code ${child.exitCode} before it answered.`);
    }
    await sleep(20);
  }
  return { child, seconds: (performance.now() - started) / 1000 };
}

async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ vendors(first: 1) { nodes { businessName } } }' }),
    });
    const { data } = (await response.json()) as { data: { vendors: { nodes: unknown[] } } };
    return data.vendors.nodes.length === 1;
  } catch (error) {
    // The server does not listen yet; fetch wraps that in a TypeError.
    if (error instanceof TypeError) {
      return false;
    }
    throw error;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  const [code] = await ended;
  if (code !== 0) {
    throw new Error(`The server ended with exit code ${code}.`);
  }
}

async function residentMegabytes({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

async function migrateFromZero(): Promise<number> {
  let started = 0;
  const server = await startPreparedServer(() => {
    started = performance.now();
  });
  const seconds = (performance.now() - started) / 1000;
  await server.stop();
  return seconds;
}
