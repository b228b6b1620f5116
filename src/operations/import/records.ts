import { createReadStream } from 'node:fs';
import { type CsvRecord, CsvScanner } from './csv-scanner.ts';

const chunkBytes = 1024 * 1024;

export type Batch = {
  readonly records: readonly CsvRecord[];
  /** Of the file, up to here. */
  readonly bytesRead: number;
};

/** The records of a file, those of some megabytes at a time. */
export async function* readRecords(file: string): AsyncGenerator<Batch> {
  const scanner = new CsvScanner();
  let bytesRead = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes })) {
    bytesRead += (chunk as Buffer).length;
    yield { records: scanner.push(chunk as Buffer), bytesRead };
  }
  yield { records: scanner.end(), bytesRead };
}

/**
 * The first record.
 *
 * @throws Error when there is none, or it is not a record.
 */
export async function readHeader(file: string): Promise<CsvRecord> {
  for await (const { records } of readRecords(file)) {
    const [header] = records;
    if (header?.problem != null) {
      throw new Error(`The header of ${file} cannot be read: ${header.problem}.`);
    }
    if (header !== undefined) {
      return header;
    }
  }
  throw new Error(`${file} is empty: its first line must name the columns.`);
}
