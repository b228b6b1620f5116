import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { copyOut } from '../../../lib/copy-out.ts';
import type { Archivable } from './archivable.ts';
import {
  type ArchiveFiles,
  discardPending,
  finishPending,
  readPending,
  writePending,
} from './files.ts';

export type ArchivedFile = {
  readonly file: string;
  readonly table: string;
  readonly rows: number;
  readonly deleted: number;
  /** In the file and still in the database: changed or in use meanwhile. They come into a later file again. */
  readonly kept: number;
};

/** Rows of one file: what is read in one go, which vacuum has to wait for. */
const fileRows = 500_000;
/** Rows deleted at a time. */
const batch = 5_000;

/**
 * Archives what `archivable` names, as of `cutoff`: writes it to a file, reads the file back, and deletes from
 * the database what the file holds as it is there.
 */
export async function archiveTable(
  client: pg.Client,
  files: ArchiveFiles,
  archivable: Archivable,
  cutoff: Date,
  signal: AbortSignal,
): Promise<readonly ArchivedFile[]> {
  const archived: ArchivedFile[] = [];
  for (;;) {
    signal.throwIfAborted();
    const name = nameFor(archivable, cutoff);
    const rows = await write(client, files, archivable, cutoff, name, signal);
    if (rows === 0) {
      await discardPending(files, name);
      return archived;
    }
    archived.push(await deletePending(client, files, archivable, cutoff, name, signal));
    // What was kept would come again and again.
    if (rows < fileRows) {
      return archived;
    }
  }
}

/** Deletes from the database what a pending file holds, in batches. May be called again after whatever happened. */
export async function deletePending(
  client: pg.Client,
  files: ArchiveFiles,
  archivable: Archivable,
  cutoff: Date,
  name: string,
  signal: AbortSignal,
): Promise<ArchivedFile> {
  const table = pg.escapeIdentifier(archivable.table);
  await client.query(`
    drop table if exists pg_temp.archived;
    create temporary table archived (like public.${table} including generated)`);
  await readPending(files, name, () =>
    client.query(copyFrom('copy pg_temp.archived from stdin with (format csv, header match)')),
  );
  await client.query('create index on pg_temp.archived (id); analyze pg_temp.archived');
  let last: string | null = null;
  let rows = 0;
  let deleted = 0;
  for (;;) {
    signal.throwIfAborted();
    const done: Batch = await deleteBatch(client, archivable, cutoff, last);
    if (done.rows === 0) {
      break;
    }
    ({ last } = done);
    rows += done.rows;
    deleted += done.deleted;
  }
  const { rows: left } = await client.query<{ kept: number }>(
    `select count(*)::integer as kept from public.${table} join pg_temp.archived using (id)`,
  );
  await client.query('drop table pg_temp.archived');
  await finishPending(files, name);
  return { file: name, table: archivable.table, rows, deleted, kept: left[0]?.kept ?? 0 };
}

type Batch = { readonly last: string | null; readonly rows: number; readonly deleted: number };

/** Only rows that are letter by letter as in the file; those in use are not waited for. */
async function deleteBatch(
  client: pg.Client,
  archivable: Archivable,
  cutoff: Date,
  after: string | null,
): Promise<Batch> {
  const table = pg.escapeIdentifier(archivable.table);
  const { rows } = await client.query<Batch>({
    text: `
      with batch as materialized (
        select * from pg_temp.archived where $1::uuid is null or id > $1 order by id limit ${batch}
      ), free as materialized (
        select t.id from public.${table} as t join batch on batch.id = t.id
        where t::text = batch::text and ${conditionAt(archivable, cutoff)}
        for update of t skip locked
      ), gone as (
        delete from public.${table} as t using free where t.id = free.id returning t.id
      )
      select (select id from batch order by id desc limit 1) as last,
        (select count(*)::integer from batch) as rows, (select count(*)::integer from gone) as deleted`,
    values: [after],
  });
  const [row] = rows;
  if (row === undefined) {
    throw new TypeError('A query without a table has a row.');
  }
  return row;
}

/** Returns how many rows it wrote. */
async function write(
  client: pg.Client,
  files: ArchiveFiles,
  archivable: Archivable,
  cutoff: Date,
  name: string,
  signal: AbortSignal,
): Promise<number> {
  const columns = await writtenColumns(client, archivable);
  return await copyOut(
    client,
    `copy (
      select ${columns} from public.${pg.escapeIdentifier(archivable.table)} as t
      where ${conditionAt(archivable, cutoff)}
      order by t.id limit ${fileRows}
    ) to stdout with (format csv, header)`,
    (rows) => writePending(files, name, rows, signal),
  );
}

/** All but the computed ones, which could not be written back. */
async function writtenColumns(client: pg.Client, { table }: Archivable): Promise<string> {
  const { rows } = await client.query<{ columns: string }>(
    `select string_agg('t.' || quote_ident(attname), ', ' order by attnum) as columns
    from pg_attribute
    where attrelid = format('public.%I', $1::text)::regclass and attnum > 0
      and not attisdropped and attgenerated = ''`,
    [table],
  );
  const [row] = rows;
  if (row === undefined) {
    throw new TypeError('A query with an aggregate has a row.');
  }
  return row.columns;
}

function conditionAt({ condition }: Archivable, cutoff: Date): string {
  return condition.replaceAll('$cutoff', `timestamptz ${pg.escapeLiteral(cutoff.toISOString())}`);
}

/** `error_logs-before-20260525-20261125T031500Z-1f0c.csv.gz` */
function nameFor({ table }: Archivable, cutoff: Date): string {
  const day = cutoff.toISOString().slice(0, 10).replaceAll('-', '');
  const now = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `${table}-before-${day}-${now}-${randomBytes(4).toString('hex')}.csv.gz`;
}
