import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { migrationsFolder } from '../../project.ts';

export type CommittedMigration = {
  /** As on disk, such as `000001-clean-production-schema.sql`. */
  readonly name: string;
  /** As in graphile_migrate.migrations: the number alone, such as `000001.sql`. */
  readonly filename: string;
  readonly hash: string;
};

export type AppliedMigration = {
  readonly filename: string;
  readonly hash: string;
  readonly date: Date;
};

export const committedFolder = path.join(migrationsFolder, 'committed');

/**
 * The committed migrations in order.
 *
 * @throws Error when a file does not have the content that its own header vouches for.
 */
export async function readCommitted(): Promise<readonly CommittedMigration[]> {
  const names = (await readdir(committedFolder))
    .filter((name) => /^\d{6}.*\.sql$/.test(name))
    .sort();
  const migrations: CommittedMigration[] = [];
  for (const name of names) {
    const text = await readFile(path.join(committedFolder, name), 'utf8');
    const hash = /^--! Hash: (\S+)$/m.exec(text)?.[1] ?? '';
    const previous = migrations.at(-1)?.hash ?? '';
    if (hash !== hashOf(text, previous)) {
      throw new Error(
        `migrations/committed/${name} was changed after it was committed, or does not follow the one before it. Restore the file; a change goes into a new migration.`,
      );
    }
    migrations.push({ name, filename: `${name.slice(0, 6)}.sql`, hash });
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
 * @throws Error when it has one that differs from the file on disk: graphile-migrate itself compares only
 *   the last.
 */
export function findPending(
  committed: readonly CommittedMigration[],
  applied: readonly AppliedMigration[],
): readonly CommittedMigration[] {
  for (const [index, { filename, hash }] of applied.entries()) {
    const file = committed[index];
    if (file === undefined || file.filename !== filename || file.hash !== hash) {
      throw new Error(
        `The database has migration ${filename} with ${hash}, which migrations/committed does not. Check out the version that it was migrated with, or restore the file.`,
      );
    }
  }
  return committed.slice(applied.length);
}

/** graphile-migrate's own hash of a migration's body and its predecessor. */
function hashOf(text: string, previous: string): string {
  const body = text.slice(text.indexOf('\n\n'));
  const content = `${`${previous}\n${body.trim()}`.trim()}\n`;
  return `sha1:${createHash('sha1').update(content).digest('hex')}`;
}
