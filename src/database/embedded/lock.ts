import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from './postmaster.ts';

const patienceMs = 60_000;
const pauseMs = 50;

/**
 * Runs `act` while no other process of ours holds `file`. A lock whose holder is gone is taken over.
 *
 * @throws Error when another process keeps it for more than a minute.
 */
export async function withLock<Result>(file: string, act: () => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + patienceMs;
  while (!take(file)) {
    if (Date.now() > deadline) {
      throw new Error(`Another process holds ${file}. If none of yours is running, remove it.`);
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
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
  const holder = readHolder(file);
  if (holder !== null && !isRunning(holder)) {
    rmSync(file, { force: true });
  }
  return false;
}

function readHolder(file: string): number | null {
  try {
    // Empty between another process's creating and writing it.
    return Number(readFileSync(file, 'utf8')) || null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}
