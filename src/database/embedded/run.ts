import { spawn } from 'node:child_process';
import type { ServerUser } from '../../config/server-user.ts';

/**
 * Runs one program of PostgreSQL to its end, as `user` when one is given, and returns what it printed.
 * It sees of the environment only PATH and what `environment` adds.
 *
 * @throws Error with the program's output when it cannot be started or its exit code is not 0.
 */
export async function run(
  program: string,
  args: readonly string[],
  user: ServerUser | null,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = spawn(program, args, {
    // The caller's folder and environment may be closed to `user` or carry PG* variables and a locale
    // that this machine lacks.
    cwd: '/',
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user ?? {}),
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new Error(`Cannot run ${program}: ${cause.message}`, { cause }));
    });
    child.once('close', resolve);
  });
  if (exitCode !== 0) {
    throw new Error(`${program} ended with exit code ${exitCode}:\n${output.trim()}`);
  }
  return output;
}
