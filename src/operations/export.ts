import { Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { copyOut } from '../lib/copy-out.ts';
import { withClient } from '../lib/postgres.ts';
import { writeNewFile } from './new-file.ts';
import { findTable, type Table } from './table.ts';

/** Bytes written, and about how many there will be. */
export type ExportProgress = (table: string, done: number, total: number) => void;

export type Exported = { readonly table: string; readonly rows: number; readonly bytes: number };

/**
 * Writes a table as CSV with a header: all columns but the computed ones, times in UTC. In constant memory,
 * as fast as `output` takes it.
 *
 * @throws Error when there is no such table.
 */
export async function exportTable(
  ownerUrl: string,
  table: string,
  output: Writable,
  onProgress: ExportProgress = () => {},
): Promise<Exported> {
  return await withReader(ownerUrl, (client) => writeRows(client, table, output, onProgress));
}

/**
 * The same into a new file, which appears when it is whole.
 *
 * @throws Error when the file is there already.
 */
export async function exportTableToFile(
  ownerUrl: string,
  table: string,
  file: string,
  onProgress?: ExportProgress,
): Promise<Exported> {
  return await withReader(ownerUrl, (client) => copyToFile(client, table, file, onProgress));
}

/** Connects, and reads everything of one moment, in texts that mean the same everywhere. */
export async function withReader<Result>(
  ownerUrl: string,
  act: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  return await withClient(ownerUrl, async (client) => {
    // Ends with the connection: one that is in the middle of a copy takes no other statement.
    await client.query(`
      begin transaction isolation level repeatable read, read only;
      set local statement_timeout = 0;
      set local search_path = '';
      set local datestyle = 'ISO, YMD';
      set local timezone = 'UTC'`);
    return await act(client);
  });
}

export async function copyToFile(
  client: pg.Client,
  table: string,
  file: string,
  onProgress: ExportProgress = () => {},
): Promise<Exported> {
  return await writeNewFile(file, (output) => writeRows(client, table, output, onProgress));
}

async function writeRows(
  client: pg.Client,
  name: string,
  output: Writable,
  onProgress: ExportProgress,
): Promise<Exported> {
  const table = await findTable(client, name);
  const total = await estimateBytes(client, table);
  let bytes = 0;
  const count = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      onProgress(name, bytes, Math.max(bytes, total));
      done(null, chunk);
    },
  });
  const columns = table.columns.filter(({ isGenerated }) => !isGenerated);
  const list = columns.map(({ name: column }) => pg.escapeIdentifier(column)).join(', ');
  const rows = await copyOut(
    client,
    `copy (select ${list} from ${table.name}) to stdout (format csv, header)`,
    (sent) => pipeline(sent, count, output),
  );
  onProgress(name, bytes, bytes);
  return { table: name, rows, bytes };
}

async function estimateBytes(client: pg.Client, { oid }: Table): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    `select coalesce(sum(pg_table_size(relid)), pg_table_size($1)) as bytes
    from pg_partition_tree($1)`,
    [oid],
  );
  return Number(rows[0]?.bytes ?? 0);
}
