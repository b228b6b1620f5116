import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import type { MigratedDatabase } from '../../database/migrations/other-migrations.ts';
import { assertMigrated } from '../../database/migrations/status.ts';
import { readContents } from '../../demo/load.ts';
import { inTransaction, withClient } from '../../lib/postgres.ts';
import { disableTriggers, enableTriggers } from '../../lib/triggers.ts';
import { hashFile } from '../backup/hash-file.ts';
import { sessionSettings } from '../import.ts';
import { assertAbsent } from '../new-file.ts';
import { permissionsOfRoles } from '../validate/checks/people.ts';
import { type Changes, withMap } from './changes.ts';
import { readChecksums } from './checksums.ts';
import { loadTable, type Refusal } from './load.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { type ForeignKey, makePlan, type Plan } from './plan.ts';
import { type Brought, bringBack, putAside } from './seeds.ts';

export type ImportAllOptions = {
  readonly database: MigratedDatabase;
  readonly folder: string;
  /** Tables and columns that are called otherwise here, or `null` for those to go without. */
  readonly map?: Readonly<Record<string, string | null>>;
  /** New folder for the lines that are left out; without it one refused row keeps all out. */
  readonly rejects?: string | null;
  readonly onProgress?: (done: number, total: number, what: string) => void;
};

export type ImportedAll = {
  readonly isWritten: boolean;
  readonly tables: number;
  readonly rows: number;
  readonly refused: readonly Refusal[];
  readonly brought: readonly Brought[];
  /** Uploaded files that the database knows of. */
  readonly files: number;
};

/** Takes the transaction back and brings what was refused out of it. */
class NotWritten extends Error {}

/**
 * Imports a folder of `ombaro export --all`, of whatever migrations, into an empty database of these, in one
 * transaction with its triggers off: no notification is sent. Counts and checksums are those of the export, or nothing
 * is written.
 *
 * @throws Error, with nothing written, when the export does not fit or is damaged, or the database has people.
 */
export async function importAll({
  database,
  folder,
  map = {},
  rejects = null,
  onProgress = () => {},
}: ImportAllOptions): Promise<ImportedAll> {
  const changes = withMap(map);
  const manifest = await readManifest(folder);
  await checkFiles(manifest, folder, onProgress);
  if (rejects !== null) {
    assertAbsent(rejects);
    await mkdir(rejects, { mode: 0o700 });
  }
  await assertMigrated(database);
  const refused: Refusal[] = [];
  let brought: readonly Brought[] = [];
  const total = Object.values(manifest.tables).reduce((sum, { rows }) => sum + rows, 0);
  return await withClient(database.ownerUrl, async (client) => {
    await client.query(sessionSettings);
    const work = async (): Promise<void> => {
      // No other session writes meanwhile, and two imports at once queue here.
      await client.query('lock table public.user_profiles in access exclusive mode');
      await refuseUnlessEmpty(client);
      const plan = await makePlan(client, manifest, changes);
      await disableTriggers(client, movedSchemas);
      const inOrder = await deferLate(client, plan);
      const seeded = await putAside(client, plan);
      let done = 0;
      for (const one of plan.tables) {
        const show = (what: string): void => onProgress(done, total, what);
        show(one.name);
        refused.push(
          ...(await loadTable(client, plan, one, { folder, changes, rejects, onProgress: show })),
        );
        done += one.source?.rows ?? 0;
      }
      if (refused.length > 0 && rejects === null) {
        throw new NotWritten();
      }
      onProgress(total, total, 'comparing with the export');
      await compare(client, plan, changes, refused);
      await inOrder(refused);
      // What comes next is planned by them.
      onProgress(total, total, 'statistics');
      await client.query('analyze');
      brought = await bringBack(client, plan, seeded);
      await setSequences(client, manifest);
      await derive(client, (what) => onProgress(total, total, what));
      await enableTriggers(client, movedSchemas);
    };
    const isWritten = await inTransaction(client, work).then(
      () => true,
      (error: unknown) => {
        if (error instanceof NotWritten) {
          return false;
        }
        throw error;
      },
    );
    return {
      isWritten,
      tables: Object.keys(manifest.tables).length,
      rows: total - refused.length,
      refused,
      brought,
      files: manifest.tables['public.files']?.rows ?? 0,
    };
  });
}

const movedSchemas = ['public', 'app_private', 'auth'];

/** @throws Error for the first file that is missing, cut or changed. */
async function checkFiles(
  { tables }: Manifest,
  folder: string,
  onProgress: (done: number, total: number, what: string) => void,
): Promise<void> {
  for (const { file, sha256 } of Object.values(tables)) {
    onProgress(0, 1, `checking ${file}`);
    if ((await hashFile(path.join(folder, file))) !== sha256) {
      throw new Error(
        `${path.join(folder, file)} is not as it was exported: its checksum differs. Nothing was imported; export again, or copy the folder again.`,
      );
    }
  }
}

async function refuseUnlessEmpty(client: pg.ClientBase): Promise<void> {
  if ((await readContents(client)) !== 'empty') {
    throw new Error(
      'This database has people, vendors or services already, so nothing was imported. Import into a new database: run "npx ombaro migrate" with DATABASE_URL of a new one, or OMBARO_DATA_DIR of a new folder, and DEMO=false.',
    );
  }
}

/**
 * Foreign keys that go round in a circle are looked at when all rows are there. Returns what looks, and makes the
 * keys what they were.
 */
async function deferLate(
  client: pg.ClientBase,
  { late, tables }: Plan,
): Promise<(refused: Refusal[]) => Promise<void>> {
  const nameOf = (name: string): string =>
    tables.find((one) => one.name === name)?.table.name ?? name;
  const alter = async (how: string): Promise<void> => {
    for (const { table, name } of late) {
      await client.query(
        `alter table ${nameOf(table)} alter constraint ${pg.escapeIdentifier(name)} ${how}`,
      );
    }
  };
  await alter('deferrable initially deferred');
  return async (refused) => {
    for (const key of late) {
      await clearDangling(client, nameOf(key.table), nameOf(key.parent), key, refused);
    }
    await client.query('set constraints all immediate');
    await alter('not deferrable');
  };
}

/** Of rows whose counterpart was refused: they go without it. */
async function clearDangling(
  client: pg.ClientBase,
  table: string,
  parent: string,
  { table: name, columns, keys }: ForeignKey,
  refused: Refusal[],
): Promise<void> {
  const [column = '', key = ''] = [columns[0], keys[0]].map((one) =>
    pg.escapeIdentifier(one ?? ''),
  );
  const { rows } = await client.query<{ key: string; value: string }>(
    `with dangling as (
      select t.ctid as place, t.${column}::text as value from ${table} t
      where t.${column} is not null and not exists (select from ${parent} p where p.${key} = t.${column})
    )
    update ${table} t set ${column} = null from dangling d where t.ctid = d.place
    returning to_jsonb(t) ->> 'id' as key, d.value`,
  );
  for (const { key: id, value } of rows) {
    refused.push({
      table: name,
      line: 0,
      key: id,
      reason: `${columns.join(', ')}: ${value} is not in ${parent}; the row is there without it`,
    });
  }
}

/**
 * Column by column, where its type and its values are called as they were and all rows are there.
 *
 * @throws Error when any differs.
 */
async function compare(
  client: pg.ClientBase,
  { tables }: Plan,
  changes: Changes,
  refused: readonly Refusal[],
): Promise<void> {
  const differences: string[] = [];
  for (const { name, table, source, header } of tables) {
    if (source === null || refused.some((one) => one.table === name)) {
      continue;
    }
    const same = header.flatMap(({ name: from, column }) =>
      column !== null &&
      source.columns[from]?.type === column.type &&
      changes.values[`${name}.${column.name}`] === undefined
        ? [{ from, to: column.name }]
        : [],
    );
    const actual = await readChecksums(
      client,
      table.name,
      same.map(({ to }) => to),
    );
    if (actual.rows !== source.rows) {
      differences.push(`${name} has ${actual.rows} rows instead of ${source.rows}`);
    }
    for (const { from, to } of same) {
      const wanted = source.columns[from]?.checksum;
      if (actual.columns[to] !== wanted) {
        differences.push(
          `${name}.${to} has other values (checksum ${actual.columns[to]} instead of ${wanted})`,
        );
      }
    }
  }
  if (differences.length > 0) {
    throw new Error(
      `What was written is not what was exported, so nothing was imported: ${differences.join('; ')}.`,
    );
  }
}

async function setSequences(client: pg.ClientBase, { sequences }: Manifest): Promise<void> {
  for (const [name, { last, isCalled }] of Object.entries(sequences)) {
    await client.query(
      `select setval(c.oid::regclass, $2::bigint, $3)
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'S' and format('%s.%s', n.nspname, c.relname) = $1`,
      [name, last, isCalled],
    );
  }
}

/** Makes again what is derived from other rows and was left out. */
async function derive(client: pg.ClientBase, onStep: (what: string) => void): Promise<void> {
  await client.query('select app_private.prepare_event_partitions()');
  // Those of an export that does not know of them.
  await client.query('select app_private.note_proven_mobiles()');
  // The clock counts performance; the figures that were exported are right until then.
  await client.query('update app_private.performance_refreshes set recounted_at = null');
  // What roles show of their rights, those included that are new in this version.
  await client.query(`
    update public.roles r set permissions = e.permissions
    from ${permissionsOfRoles} e
    where e.id = r.id and r.permissions <> e.permissions`);
  onStep('search');
  await client.query('select app_private.rebuild_search()');
  onStep('dashboards');
  await client.query('select app_private.recount_dashboards()');
}
