import { spawn } from 'node:child_process';
import { chmodSync, cpSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/config/project.ts';

export type Outcome = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type CommandLine = (
  program: string,
  args: readonly string[],
  variables?: Readonly<Record<string, string>>,
) => Promise<Outcome>;

/** What of the tests' own environment a command must not see. */
const hidden =
  /^(DATABASE_URL|.*_DATABASE_URL|PG.*|JWT_.*|JWKS_URL|OMBARO_.*|EMBEDDED_PORT|npm_.*)$/;

/** Runs programs in `folder` with these variables on top of a clean environment. */
export function makeCommandLine(
  folder: string,
  shared: Readonly<Record<string, string>>,
): CommandLine {
  const clean = Object.entries(process.env).filter(([name]) => !hidden.test(name));
  return async (program, args, variables = {}) => {
    const child = spawn(program, args, {
      cwd: folder,
      env: { ...Object.fromEntries(clean), ...shared, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { code, stdout, stderr };
  };
}

/** A copy of the program, with its migrations, to change in a test. */
export function copyProgram(folder: string): void {
  for (const part of ['bin', 'src', 'package.json', '.gmrc', 'migrations']) {
    cpSync(path.join(projectRoot, part), path.join(folder, part), { recursive: true });
  }
  symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'));
}

/** Makes a program `npx` for `npx ombaro`: the real one takes longer than most commands. */
export function writeNpx(folder: string, program = projectRoot): void {
  const file = path.join(folder, 'npx');
  const call = `shift && exec "${process.execPath}" "${program}/bin/ombaro.js" "$@"`;
  writeFileSync(file, `#!/bin/sh\n[ "$1" = ombaro ] && ${call}\nexit 1\n`);
  chmodSync(file, 0o755);
}
