import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine } from '../../lib/this-process.ts';
import { isRunning } from './postmaster.ts';

const timeoutMs = 60_000;
const pauseMs = 50;
/** Before a person is told of it. */
const silenceMs = 1_500;

type Holder = { readonly pid: number; readonly command: string; readonly since: string };

/**
 * Runs `act` while no other process of ours holds `file`. A lock whose holder is gone is taken over; for one
 * that lives it waits, and says so.
 *
 * @throws Error when another process keeps it for more than a minute.
 */
export async function withLock<Result>(
  file: string,
  say: (line: string) => void,
  act: () => Promise<Result>,
): Promise<Result> {
  const began = Date.now();
  let told: number | null = null;
  while (!take(file)) {
    const holder = readHolder(file);
    if (Date.now() > began + timeoutMs) {
      const who = holder === null ? 'Another process' : nameOf(holder);
      throw new Error(`${who} holds ${file}. If none of yours is running, remove it.`);
    }
    if (holder !== null && holder.pid !== told && Date.now() > began + silenceMs) {
      told = holder.pid;
      say(`Waiting for ${nameOf(holder)} to start or stop the database (${file}).`);
    }
    await sleep(pauseMs);
  }
  try {
    return await act();
  } finally {
    rmSync(file);
  }
}

function take(file: string): boolean {
  try {
    const lines = [process.pid, commandLine(), new Date().toISOString()];
    writeFileSync(file, lines.join('\n'), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
  const holder = readHolder(file);
  if (holder !== null && !isRunning(holder.pid)) {
    rmSync(file, { force: true });
  }
  return false;
}

function nameOf({ pid, command, since }: Holder): string {
  return `${command} (process ${pid}, since ${since})`;
}

function readHolder(file: string): Holder | null {
  try {
    const [pid, command = 'a process', since = 'before'] = readFileSync(file, 'utf8').split('\n');
    // Empty between another process's creating and writing it.
    return Number(pid) > 0 ? { pid: Number(pid), command, since } : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}
