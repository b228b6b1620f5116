import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { writeNewFile } from '../new-file.ts';
import { readRecords } from './records.ts';

export type BadLine = {
  /** Of the file, from 1. */
  readonly line: number;
  /** Everything that is known to be wrong. */
  readonly reason: string;
};

const atOnce = 5_000;

/** All bad lines in their order, some at a time. */
export async function* readBadLines(client: pg.ClientBase): AsyncGenerator<BadLine> {
  let after = 0;
  for (;;) {
    const { rows } = await client.query<{ line: string; reason: string }>(
      `select line, string_agg(reason, '; ' order by reason) as reason
      from pg_temp.bad where line > $1 group by line order by line limit ${atOnce}`,
      [after],
    );
    for (const { line, reason } of rows) {
      after = Number(line);
      yield { line: after, reason };
    }
    if (rows.length < atOnce) {
      return;
    }
  }
}

/**
 * Writes bad lines, as they are in `file`, into a new file, with line number and reason in front. Reads
 * `file` once more.
 */
export async function writeRejects(
  client: pg.ClientBase,
  file: string,
  rejects: string,
): Promise<void> {
  await writeNewFile(rejects, (output) =>
    pipeline(Readable.from(encodeRejects(client, file)), output),
  );
}

async function* encodeRejects(client: pg.ClientBase, file: string): AsyncGenerator<Buffer> {
  const bad = readBadLines(client);
  let next = await bad.next();
  let isHeader = true;
  for await (const { records } of readRecords(file)) {
    const parts: Buffer[] = [];
    for (const { line, bytes } of records) {
      const front = isHeader
        ? 'line,reason'
        : next.value?.line === line
          ? quoted(next.value)
          : null;
      if (front !== null) {
        parts.push(Buffer.from(`${front},`), bytes, Buffer.from('\n'));
        next = isHeader ? next : await bad.next();
      }
      isHeader = false;
    }
    yield Buffer.concat(parts);
  }
}

function quoted({ line, reason }: BadLine): string {
  return `${line},"${reason.replaceAll('"', '""')}"`;
}
