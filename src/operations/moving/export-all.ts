import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { readApplied } from '../../database/migrations/committed.ts';
import { hashFile } from '../backup/hash-file.ts';
import { readSource } from '../backup/source.ts';
import { copyToFile, type ExportProgress, withReader } from '../export.ts';
import { assertAbsent } from '../new-file.ts';
import { findTable, listTables } from '../table.ts';
import { readChecksums } from './checksums.ts';
import { leftOut, leftOutSchemas } from './left-out.ts';
import { type ExportedTable, type Manifest, manifestFormat, manifestName } from './manifest.ts';

/**
 * Writes every table of a whole database, of one moment, into a file of its own in `folder`, and last a manifest.
 * It reads the catalogue and not our migrations, so that databases of others are exported too.
 *
 * @throws Error when one of the files is there already, or the database is none of ours.
 */
export async function exportAll(
  ownerUrl: string,
  folder: string,
  onProgress?: ExportProgress,
): Promise<Manifest> {
  return await withReader(ownerUrl, async (client) => {
    const source = await readSource(client);
    const names = await listTables(client);
    const exported = names.filter((name) => reasonFor(name, source.foreignSchemas) === null);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const files = exported.map((name) => path.join(folder, fileOf(name)));
    for (const file of [...files, path.join(folder, manifestName)]) {
      assertAbsent(file);
    }
    const { rows } = await client.query<{ time: Date }>('select now() as time');
    const tables: Record<string, ExportedTable> = {};
    for (const name of exported) {
      tables[name] = await exportOne(client, name, folder, onProgress);
    }
    const manifest: Manifest = {
      format: manifestFormat,
      time: rows[0]?.time.toISOString() ?? '',
      database: source.database,
      serverVersion: source.serverVersion,
      schemaVersion: source.schemaVersion,
      migrations: (await readApplied(client)).map(({ filename, hash }) => ({ filename, hash })),
      tables,
      sequences: await readSequences(client),
      leftOut: Object.fromEntries([
        ...names.flatMap((name) => {
          const reason = name.startsWith('enums.') ? null : reasonFor(name, source.foreignSchemas);
          return reason === null ? [] : [[name, reason] as const];
        }),
        ...Object.entries(leftOutSchemas),
      ]),
    };
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    await writeFile(path.join(folder, manifestName), text, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    });
    return manifest;
  });
}

function reasonFor(table: string, foreignSchemas: readonly string[]): string | null {
  const schema = table.split('.')[0] ?? '';
  if (foreignSchemas.includes(schema)) {
    return 'belongs to the platform of the database';
  }
  return leftOutSchemas[schema] ?? leftOut[table]?.reason ?? null;
}

/** As `ombaro import` names tables: those of `public` without their schema. */
function fileOf(table: string): string {
  return `${table.replace(/^public\./, '')}.csv`;
}

async function exportOne(
  client: pg.Client,
  name: string,
  folder: string,
  onProgress: ExportProgress | undefined,
): Promise<ExportedTable> {
  const file = path.join(folder, fileOf(name));
  const { rows } = await copyToFile(client, name, file, onProgress);
  const table = await findTable(client, name);
  const columns = table.columns.filter(({ isGenerated }) => !isGenerated);
  const sums = await readChecksums(
    client,
    table.name,
    columns.map((column) => column.name),
  );
  if (sums.rows !== rows) {
    throw new Error(`${file} has ${rows} rows, and ${name} has ${sums.rows}. Export again.`);
  }
  return {
    file: fileOf(name),
    sha256: await hashFile(file),
    rows,
    columns: Object.fromEntries(
      columns.map((column) => [
        column.name,
        { type: column.type, checksum: sums.columns[column.name] ?? null },
      ]),
    ),
  };
}

/** A sequence knows no snapshot: it may be ahead of the rows, never behind. */
async function readSequences(client: pg.ClientBase): Promise<Manifest['sequences']> {
  const { rows: names } = await client.query<{ plain: string; name: string }>(`
    select format('%s.%s', nspname, relname) as plain, format('%I.%I', nspname, relname) as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace
    where relkind = 'S' and nspname in ('public', 'app_private') order by 1`);
  const sequences: Record<string, Manifest['sequences'][string]> = {};
  for (const { plain, name } of names) {
    const { rows } = await client.query<{ last: string; isCalled: boolean }>(
      `select last_value::text as last, is_called as "isCalled" from ${name}`,
    );
    const [found] = rows;
    if (found !== undefined) {
      sequences[plain] = found;
    }
  }
  return sequences;
}
