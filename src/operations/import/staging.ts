import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { CsvRecord } from './csv-scanner.ts';
import type { FileColumn } from './header.ts';
import { type Batch, readRecords } from './records.ts';

/** Bytes read, of how many, and rows so far. */
export type StagingProgress = (bytes: number, rows: number) => void;

/**
 * The file as text, gone when the connection is, with the line of each record: `staging` has what may
 * still be imported, `bad` the lines that may not and why.
 */
export async function makeStaging(
  client: pg.ClientBase,
  columns: readonly FileColumn[],
): Promise<void> {
  const list = columns.map((_, index) => `, ${stagedName(index)} text`).join('');
  await client.query(`
    create temporary table staging (line bigint not null, problem text${list});
    create temporary table bad (line bigint not null, reason text not null)`);
}

/** Name of a column of the file, by its place, in `staging`. */
export function stagedName(index: number): string {
  return `c${index + 1}`;
}

/** Streams the file into `staging` and returns how many records it has. */
export async function fillStaging(
  client: pg.ClientBase,
  file: string,
  columns: readonly FileColumn[],
  onProgress: StagingProgress,
): Promise<number> {
  let rows = 0;
  const encode = async function* (): AsyncGenerator<Buffer> {
    let isHeader = true;
    for await (const { records, bytesRead } of readRecords(file)) {
      const data = isHeader ? records.slice(1) : records;
      isHeader &&= records.length === 0;
      rows += data.length;
      if (data.length > 0) {
        yield encodeRecords(data, columns.length);
      }
      onProgress(bytesRead, rows);
    }
  };
  const copy = client.query(copyFrom('copy pg_temp.staging from stdin (format csv)'));
  await pipeline(Readable.from(encode()), copy);
  await moveBad(client, `select line, problem from pg_temp.staging where problem is not null`);
  await client.query('analyze pg_temp.staging');
  return rows;
}

/** Notes lines as bad, by a query of lines and reasons, and takes them out of `staging`. */
export async function moveBad(client: pg.ClientBase, query: string): Promise<number> {
  const found = await noteBad(client, query);
  if (found > 0) {
    await dropBad(client);
  }
  return found;
}

export async function noteBad(client: pg.ClientBase, query: string): Promise<number> {
  const { rowCount } = await client.query(`insert into pg_temp.bad ${query}`);
  return rowCount ?? 0;
}

export async function dropBad(client: pg.ClientBase): Promise<void> {
  await client.query('delete from pg_temp.staging s using pg_temp.bad b where b.line = s.line');
}

/** Records as COPY reads them, with line and problem in front. One that is none has nothing else. */
function encodeRecords(records: Batch['records'], fields: number): Buffer {
  const nothing = Buffer.from(','.repeat(fields - 1));
  const lines = records.map((record) => {
    const problem = problemOf(record, fields);
    return problem === null
      ? { front: `${record.line},,`, bytes: record.bytes }
      : { front: `${record.line},"${problem.replaceAll('"', '""')}",`, bytes: nothing };
  });
  const size = lines.reduce((sum, { front, bytes }) => sum + front.length + bytes.length + 1, 0);
  const buffer = Buffer.allocUnsafe(size);
  let used = 0;
  for (const { front, bytes } of lines) {
    used += buffer.write(front, used, 'latin1');
    used += bytes.copy(buffer, used);
    buffer[used] = 10;
    used += 1;
  }
  return buffer.subarray(0, used);
}

function problemOf({ fields, problem }: CsvRecord, expected: number): string | null {
  if (problem !== null || fields === expected) {
    return problem;
  }
  return `${fields} ${fields === 1 ? 'field' : 'fields'} instead of ${expected}`;
}
