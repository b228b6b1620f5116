import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../src/config/project.ts';

/** A process of `ombaro` that a test may kill. */
export type KillableProcess = {
  readonly pid: number | undefined;
  /** Kills it without giving it time for anything. */
  kill(): Promise<void>;
};

/** In milliseconds. */
const timeoutMs = 90_000;

/** Starts `ombaro serve` with these variables and waits until it answers. */
export async function startServing(
  variables: Readonly<Record<string, string>>,
): Promise<KillableProcess> {
  const child = spawn(process.execPath, ['bin/ombaro.js', 'serve'], {
    cwd: projectRoot,
    env: { PATH: process.env.PATH, ...variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
  };
  const timer = setTimeout(kill, timeoutMs);
  try {
    await untilServing(child);
  } catch (error) {
    await kill();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return { pid: child.pid, kill };
}

async function untilServing({ stderr }: ChildProcess): Promise<void> {
  if (stderr === null) {
    throw new Error('Nothing can be read from the process.');
  }
  const lines: string[] = [];
  for await (const line of createInterface(stderr)) {
    lines.push(line);
    if (line.startsWith('GraphQL ')) {
      stderr.resume();
      return;
    }
  }
  throw new Error(`The process ended before it served:\n${lines.join('\n')}`);
}
