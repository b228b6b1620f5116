import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../../config/project.ts';
import { type CommittedMigration, committedFolder } from '../../database/migrations/committed.ts';

export type LongLock = {
  readonly name: string;
  /** From 1. */
  readonly line: number;
  /** The first line of the statement. */
  readonly sql: string;
  readonly message: string;
};

/** squawk's rules about statements that hold others up; the others are about style. */
const rules =
  /^(adding-|changing-column-type|constraint-missing-not-valid|disallowed-unique-constraint|require-concurrent-)/;

type Warning = {
  readonly line: number;
  readonly message: string;
  readonly rule_name: string;
};

/**
 * The statements of migrations that lock or rewrite a table that may be big, as squawk finds them; also those
 * that their authors let pass, who knew nothing of this database. `null` where squawk is not installed.
 */
export async function findLongLocks(
  migrations: readonly CommittedMigration[],
): Promise<readonly LongLock[] | null> {
  const found: LongLock[] = [];
  for (const { name } of migrations) {
    const sql = await readFile(path.join(committedFolder, name), 'utf8');
    const output = await runSquawk(sql.replaceAll('squawk-ignore', 'squawk-was-told-to-ignore'));
    if (output === null) {
      return null;
    }
    const lines = sql.split('\n');
    for (const { line, message, rule_name: rule } of JSON.parse(output) as Warning[]) {
      if (rules.test(rule)) {
        found.push({ name, line: line + 1, sql: lines[line]?.trim() ?? '', message });
      }
    }
  }
  return found;
}

/** @returns squawk's report as JSON; `null` where it is not installed. */
async function runSquawk(sql: string): Promise<string | null> {
  const args = ['--config', path.join(projectRoot, '.squawk.toml'), '--reporter', 'json'];
  const child = spawn('squawk', args, { env: process.env, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  // It ends without reading when it does not like how it was called, and then says so.
  child.stdin.on('error', () => {});
  child.stdin.end(sql);
  const isInstalled = await new Promise<boolean>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        resolve(false);
      } else {
        reject(error);
      }
    });
    child.once('close', () => resolve(true));
  });
  if (isInstalled && !stdout.trimStart().startsWith('[')) {
    throw new Error(`squawk did not work: ${stderr.trim() || stdout.trim()}`);
  }
  return isInstalled ? stdout : null;
}
