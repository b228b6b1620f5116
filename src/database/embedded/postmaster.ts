import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

export type Postmaster = { readonly pid: number; readonly port: number };

/**
 * The server that runs on `cluster`, or `null`. A lock file that a killed server left is removed: its
 * process number may belong to another program by now, which PostgreSQL would take for its own.
 */
export function findPostmaster(cluster: string): Postmaster | null {
  const lockFile = path.join(cluster, 'postmaster.pid');
  if (!existsSync(lockFile)) {
    return null;
  }
  const [pid, , , port] = readFileSync(lockFile, 'utf8').split('\n');
  if (commandLineOf(Number(pid)).includes(cluster)) {
    return { pid: Number(pid), port: Number(port) };
  }
  rmSync(lockFile);
  return null;
}

/** Whether a process with this number runs, of any owner. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function commandLineOf(pid: number): string {
  if (!isRunning(pid)) {
    return '';
  }
  if (existsSync('/proc/self/cmdline')) {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  }
  return execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' });
}
