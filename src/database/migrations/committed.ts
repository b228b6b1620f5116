import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { migrationsFolder } from '../../config/project.ts';
import { type MigratedDatabase, OtherMigrationsError } from './other-migrations.ts';

export type CommittedMigration = {
  /** As on disk, such as `000001-clean-production-schema.sql`. */
  readonly name: string;
  /** As in graphile_migrate.migrations: the number alone, such as `000001.sql`. */
  readonly filename: string;
  readonly hash: string;
};

/** A migration with what is wrong with it and what to do; `null`: nothing. */
export type CheckedMigration = CommittedMigration & { readonly problem: string | null };

export type AppliedMigration = {
  readonly filename: string;
  readonly hash: string;
  readonly date: Date;
};

export type MigrationState = {
  readonly name: string;
  /** `null`: not yet. */
  readonly appliedAt: Date | null;
  readonly problem: string | null;
};

export const committedFolder = path.join(migrationsFolder, 'committed');

/**
 * The committed migrations in order.
 *
 * @throws Error for the first that was changed, is out of order or is not named as one.
 */
export async function readCommitted(): Promise<readonly CommittedMigration[]> {
  const files = await checkCommitted();
  for (const { name, problem } of files) {
    if (problem !== null) {
      throw new Error(`migrations/committed/${name} ${problem}`);
    }
  }
  return files.map(({ name, filename, hash }) => ({ name, filename, hash }));
}

/** The files of migrations/committed in order, each checked against its own header and the one before. */
export async function checkCommitted(): Promise<readonly CheckedMigration[]> {
  const names = (await readdir(committedFolder)).filter((name) => name.endsWith('.sql')).sort();
  const migrations: CheckedMigration[] = [];
  for (const name of names) {
    const text = await readFile(path.join(committedFolder, name), 'utf8');
    const hash = headerOf(text, 'Hash');
    const problem = findProblem(name, text, hash, migrations.at(-1));
    migrations.push({ name, filename: `${name.slice(0, 6)}.sql`, hash, problem });
  }
  return migrations;
}

/** The migrations that this database has, in order. */
export async function readApplied(client: pg.ClientBase): Promise<readonly AppliedMigration[]> {
  const { rows: found } = await client.query(
    `select to_regclass('graphile_migrate.migrations') is not null as is_there`,
  );
  if (!found[0].is_there) {
    return [];
  }
  const { rows } = await client.query<AppliedMigration>(
    'select filename, hash, date from graphile_migrate.migrations order by filename',
  );
  return rows;
}

/**
 * Which committed migrations the database still lacks.
 *
 * @throws OtherMigrationsError when it was made by others: graphile-migrate itself compares only the number of
 *   the last.
 */
export function findPending(
  committed: readonly CommittedMigration[],
  applied: readonly AppliedMigration[],
  database: MigratedDatabase,
): readonly CommittedMigration[] {
  const states = compareWithApplied(
    committed.map((migration) => ({ ...migration, problem: null })),
    applied,
  );
  const first = states.find(({ problem }) => problem !== null);
  if (first !== undefined) {
    throw new OtherMigrationsError(`${first.name} ${first.problem}`, database);
  }
  return committed.slice(applied.length);
}

/** Every migration that is on disk, in the database or both, in order, and what is wrong with it. */
export function compareWithApplied(
  files: readonly CheckedMigration[],
  applied: readonly AppliedMigration[],
): readonly MigrationState[] {
  const last = applied.at(-1)?.filename ?? '';
  const states = files.map(
    ({ name, filename, hash, problem }): MigrationState & { filename: string } => {
      const row = applied.find((migration) => migration.filename === filename);
      const appliedAt = row?.date ?? null;
      const found = row === undefined ? findGap(filename, last) : findOtherContent(row, hash);
      return { name, filename, appliedAt, problem: problem ?? found };
    },
  );
  const unknown = applied
    .filter(({ filename }) => files.every((file) => file.filename !== filename))
    .map(({ filename, hash, date }) => ({
      name: filename,
      filename,
      appliedAt: date,
      problem: `is in the database and not in migrations/committed (applied on ${dayOf(date)}, hash ${hash}).`,
    }));
  return [...states, ...unknown]
    .sort((one, other) =>
      one.filename < other.filename ? -1 : Number(one.filename > other.filename),
    )
    .map(({ name, appliedAt, problem }) => ({ name, appliedAt, problem }));
}

function findGap(filename: string, last: string): string | null {
  return filename < last
    ? 'is not in the database, which has later ones: migrations apply in the order of their numbers. A new one is committed behind the last ("npx ombaro migrate commit"); if its row was removed from graphile_migrate.migrations, put that back.'
    : null;
}

function findOtherContent({ hash, date }: AppliedMigration, onDisk: string): string | null {
  return hash === onDisk
    ? null
    : `was applied to the database on ${dayOf(date)} with another content (hash ${hash}; here ${onDisk}).`;
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function findProblem(
  name: string,
  text: string,
  hash: string,
  before: CheckedMigration | undefined,
): string | null {
  if (!/^\d{6}(-[-_a-zA-Z0-9]*)?\.sql$/.test(name)) {
    return 'is not named as a migration is (000123-wallet-limits.sql). "npx ombaro migrate commit" names and numbers them.';
  }
  const previous = headerOf(text, 'Previous').replace(/^-$/, '');
  if (hash !== hashOf(text, previous)) {
    return 'was changed after it was committed. Restore the file; a change goes into a new migration.';
  }
  const expected = String(Number(before?.name.slice(0, 6) ?? 0) + 1).padStart(6, '0');
  if (previous !== (before?.hash ?? '') || !name.startsWith(expected)) {
    return `does not follow ${before?.name ?? 'nothing'}: the order is wrong, or a file between them is missing. Restore the folder from version control; a new migration is committed behind the last.`;
  }
  return null;
}

function headerOf(text: string, header: string): string {
  return new RegExp(`^--! ${header}: (\\S+)$`, 'm').exec(text)?.[1] ?? '';
}

/** graphile-migrate's own hash of a migration's body and its predecessor. */
function hashOf(text: string, previous: string): string {
  const body = text.slice(text.indexOf('\n\n'));
  const content = `${`${previous}\n${body.trim()}`.trim()}\n`;
  return `sha1:${createHash('sha1').update(content).digest('hex')}`;
}
