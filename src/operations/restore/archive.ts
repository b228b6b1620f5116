import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hashFile } from '../backup/hash-file.ts';
import { checksumFileOf, type Manifest, readManifest } from '../backup/manifest.ts';
import { runTool } from '../client-tools.ts';

/** A dump that has been looked at and can be restored. */
export type Archive = {
  readonly file: string;
  readonly manifest: Manifest;
  /** What to restore of it, in pg_restore's own form. */
  readonly list: string;
};

/**
 * Looks at a dump without touching any database.
 *
 * @throws Error when it is not whole, not as it was written, or not of an OMBARO database.
 */
export async function openArchive(file: string): Promise<Archive> {
  if (!existsSync(file)) {
    throw new Error(`The file ${file} does not exist.`);
  }
  const hasChecksum = existsSync(checksumFileOf(file));
  if (hasChecksum) {
    await assertUnchanged(file);
  }
  const entries = await readEntries(file);
  if (!ourTables.every((table) => entries.some(({ what }) => what.startsWith(`${table} `)))) {
    throw new Error(`${file} is a dump, but not of an OMBARO database.`);
  }
  if (!hasChecksum) {
    throw new Error(
      `${checksumFileOf(file)} is missing: whether the dump is whole cannot be told. Copy it from where the backup was made.`,
    );
  }
  const manifest = await readManifest(file);
  for (const table of Object.keys(manifest.tables)) {
    const words = `TABLE ${table.replaceAll('"', '').replace('.', ' ')} `;
    if (!entries.some(({ what }) => what.startsWith(words))) {
      throw new Error(`${file} lacks the table ${table} that its manifest tells of.`);
    }
  }
  const wanted = entries.filter(({ what }) => !isMadeElsewhere(what));
  return { file, manifest, list: wanted.map(({ line }) => `${line}\n`).join('') };
}

const ourTables = ['TABLE graphile_migrate migrations', 'TABLE public schema_versions'] as const;

async function assertUnchanged(file: string): Promise<void> {
  const [expected = ''] = (await readFile(checksumFileOf(file), 'utf8')).split(/\s/);
  if ((await hashFile(file)) !== expected.toLowerCase()) {
    throw new Error(
      `${file} is not as it was written: its SHA-256 is not the one in ${checksumFileOf(file)}. Take another backup, or copy this one again.`,
    );
  }
}

type Entry = {
  readonly line: string;
  /** Kind, schema or `-`, name, owner. */
  readonly what: string;
};

async function readEntries(file: string): Promise<readonly Entry[]> {
  let output: string;
  try {
    output = await runTool('pg_restore', ['--list', file], null);
  } catch (cause) {
    throw new Error(`${file} is not a dump that pg_restore can read.`, { cause });
  }
  return output.split('\n').flatMap((line) => {
    const what = /^\d+; \d+ \d+ (.+)$/.exec(line)?.[1];
    return what === undefined ? [] : [{ line, what }];
  });
}

/** What the bootstrap makes itself, and the owner could not. */
function isMadeElsewhere(what: string): boolean {
  return madeElsewhere.some((pattern) => pattern.test(what));
}

const madeElsewhere = [
  /^(EXTENSION -|COMMENT - EXTENSION) /,
  /^(SCHEMA -|(ACL|COMMENT) - SCHEMA) (auth|public) /,
  /^(TABLE|FUNCTION|CONSTRAINT|ROW SECURITY|COMMENT|ACL) auth /,
] as const;
