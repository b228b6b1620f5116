import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { migrationsFolder } from '../config/project.ts';
import { linkProfilesSql } from '../database/bootstrap.ts';
import {
  type CommittedMigration,
  committedFolder,
  readCommitted,
} from '../database/migrations/committed.ts';

/** The guide's own names of the first nine, in its order. */
const guideNames: readonly string[] = [
  '20250115_clean_production_schema.sql',
  '20251007210243_01_vendor_onboarding_core_tables.sql',
  '20251007210817_02_automated_notification_triggers.sql',
  '20251007214414_create_vendor_categories_table.sql',
  '20251007214446_add_vendor_category_columns.sql',
  '20251007214624_vendor_onboarding_support_tables.sql',
  '20251007220000_vendor_social_auth_and_otp.sql',
  '20251007225206_create_departments_and_dashboard_infrastructure.sql',
  '20251007230000_create_beauticians_portal.sql',
];

/** Before the guide's first. */
const bootstrapName = '20250114_bootstrap.sql';

/** What graphile-migrate makes, so that `ombaro migrate` knows later what is applied. */
const bookkeepingSql = `
create schema if not exists graphile_migrate authorization ombaro_owner;
set local role ombaro_owner;
create table if not exists graphile_migrate.migrations (
  hash text primary key,
  previous_hash text references graphile_migrate.migrations,
  filename text not null,
  date timestamptz not null default now()
);
create table if not exists graphile_migrate.current (
  filename text primary key default 'current.sql',
  content text not null,
  date timestamptz not null default now()
);
`;

/**
 * Writes the bootstrap and the committed migrations into a folder as `supabase db push` and psql take them:
 * the guide's nine under its own names, ours after them, each a transaction as ombaro_owner that also records
 * what it is. What is there already must be the same; a later export adds to it.
 *
 * @returns the names of all files, in order.
 * @throws Error when the folder has other files, or one of these with another content.
 */
export async function exportForSupabase(folder: string): Promise<readonly string[]> {
  const files = await makeFiles();
  await mkdir(folder, { recursive: true });
  const others = (await readdir(folder)).filter((name) => !files.has(name));
  if (others.length > 0) {
    throw new Error(
      `${folder} has other files (${others.slice(0, 3).join(', ')}${others.length > 3 ? ', …' : ''}). Name an empty folder: nothing was written.`,
    );
  }
  const missing: string[] = [];
  for (const [name, content] of files) {
    const present = await readOrNull(path.join(folder, name));
    if (present === null) {
      missing.push(name);
    } else if (present !== content) {
      throw new Error(
        `${name} in ${folder} is another than this version writes. It may have been applied: name an empty folder. Nothing was written.`,
      );
    }
  }
  for (const name of missing) {
    // Never over a file that has come meanwhile.
    await writeFile(path.join(folder, name), files.get(name) ?? '', { flag: 'wx' });
  }
  return [...files.keys()];
}

async function makeFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map([[bootstrapName, await makeBootstrap()]]);
  let previous: CommittedMigration | null = null;
  for (const [index, migration] of (await readCommitted()).entries()) {
    const body = await readFile(path.join(committedFolder, migration.name), 'utf8');
    const link = index === 0 ? linkProfilesSql : '';
    files.set(nameOf(migration, index), wrap(migration, previous, body) + link);
    previous = migration;
  }
  return files;
}

async function makeBootstrap(): Promise<string> {
  const folder = path.join(migrationsFolder, 'bootstrap');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const parts = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
  return `begin;\n\n${parts.join('\n')}${bookkeepingSql}\ncommit;\n`;
}

/** Ours: the day after the guide's, and their number as minutes, so that the order stays whatever comes. */
function nameOf({ name }: CommittedMigration, index: number): string {
  const number = index + 1;
  const minutes = `${Math.floor(number / 60)}`.padStart(2, '0') + `${number % 60}`.padStart(2, '0');
  const slug = name.slice('000000-'.length).replaceAll('-', '_');
  return guideNames[index] ?? `20251008${minutes}00_${slug}`;
}

/** The role that applies it owns nothing of ours; the role lasts as long as the transaction. */
function wrap(
  { name, filename, hash }: CommittedMigration,
  previous: CommittedMigration | null,
  text: string,
): string {
  const body = text.slice(text.indexOf('\n\n')).trim();
  const previousHash = previous === null ? 'null' : `'${previous.hash}'`;
  return `-- OMBARO ${name}

begin;
set local role ombaro_owner;

${body}

insert into graphile_migrate.migrations (hash, previous_hash, filename)
values ('${hash}', ${previousHash}, '${filename}');

commit;
`;
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}
