import { isUtf8 } from 'node:buffer';

/** One record of a CSV file: a line, or several where a quoted field has line breaks. */
export type CsvRecord = {
  /** Of the file, from 1, where the record begins. */
  readonly line: number;
  /** As in the file, without its line end. */
  readonly bytes: Buffer;
  readonly fields: number;
  /** What makes it no record; `null` where it is one. */
  readonly problem: string | null;
};

/** Longer ones are files whose quotes are not closed, and would be read into memory whole. */
const longestRecord = 16 * 1024 * 1024;

const [zero, lineFeed, carriageReturn, quote, comma] = [0, 10, 13, 34, 44];

/** Excel writes it in front. */
const byteOrderMark = Buffer.from('\uFEFF');

const fieldStart = 0;
const bare = 1;
const quoted = 2;
const afterQuote = 3;
const afterReturn = 4;

/**
 * Finds the records of a CSV file (RFC 4180; fields parted by commas) chunk by chunk, without taking them
 * apart, which PostgreSQL does. Empty lines are passed over. A record that is none spoils as few others as can
 * be: a quote in the middle of a field opens nothing.
 */
export class CsvScanner {
  #rest: Buffer = Buffer.alloc(0);
  #state = fieldStart;
  #fields = 1;
  #problem: string | null = null;
  /** Of the record that is being read, and of the byte that is. */
  #recordLine = 1;
  #line = 1;
  #isBeginning = true;

  /**
   * The records that end in this chunk. They share its memory.
   *
   * @throws Error when a record is longer than 16 MiB.
   */
  push(chunk: Buffer): CsvRecord[] {
    const buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (!this.#isBeginning) {
      return this.#scan(buffer, this.#rest.length);
    }
    if (buffer.length < byteOrderMark.length) {
      this.#rest = buffer;
      return [];
    }
    this.#isBeginning = false;
    const hasMark = buffer.subarray(0, byteOrderMark.length).equals(byteOrderMark);
    return this.#scan(hasMark ? buffer.subarray(byteOrderMark.length) : buffer, 0);
  }

  /** The last record, where the file does not end with a line end. */
  end(): CsvRecord[] {
    const records = this.#isBeginning ? this.#scan(this.#rest, 0) : [];
    this.#isBeginning = false;
    if (this.#state === quoted) {
      this.#problem =
        'a quote is opened and never closed; all lines after it are taken for its text';
    }
    const last = this.#finish(this.#rest, this.#state === afterReturn ? 1 : 0);
    this.#rest = Buffer.alloc(0);
    return last === null ? records : [...records, last];
  }

  #scan(buffer: Buffer, from: number): CsvRecord[] {
    const records: CsvRecord[] = [];
    let start = 0;
    let state = this.#state;
    // One pass over every byte of gigabytes: plain comparisons, nothing called.
    for (let at = from; at < buffer.length; at += 1) {
      const byte = buffer[at];
      if (state === quoted) {
        if (byte === quote) {
          state = afterQuote;
        } else if (byte === lineFeed) {
          this.#line += 1;
        } else if (byte === zero) {
          this.#problem ??= zeroByte;
        }
        continue;
      }
      if (byte === lineFeed) {
        const record = this.#finish(buffer.subarray(start, at), state === afterReturn ? 1 : 0);
        if (record !== null) {
          records.push(record);
        }
        this.#line += 1;
        this.#recordLine = this.#line;
        start = at + 1;
        state = fieldStart;
        continue;
      }
      if (state === afterReturn) {
        this.#problem ??= 'a carriage return in a field without quotes';
        state = bare;
      }
      if (byte === comma) {
        this.#fields += 1;
        state = fieldStart;
      } else if (byte === carriageReturn) {
        state = afterReturn;
      } else if (byte === quote) {
        if (state === bare) {
          this.#problem ??= 'a quote in a field that does not begin with one';
        } else {
          state = quoted;
        }
      } else {
        if (state === afterQuote) {
          this.#problem ??= 'text after a closing quote';
        }
        if (byte === zero) {
          this.#problem ??= zeroByte;
        }
        state = bare;
      }
    }
    this.#state = state;
    this.#rest = buffer.subarray(start);
    if (this.#rest.length > longestRecord) {
      throw new Error(
        `Line ${this.#recordLine} begins a record of more than 16 MiB. Is a quote not closed?`,
      );
    }
    return markInvalid(records, buffer.subarray(0, start));
  }

  /** `null` for an empty line. */
  #finish(bytes: Buffer, returns: number): CsvRecord | null {
    const { length } = bytes;
    const record = {
      line: this.#recordLine,
      bytes: bytes.subarray(0, length - returns),
      fields: this.#fields,
      problem: this.#problem,
    };
    this.#fields = 1;
    this.#problem = null;
    return record.bytes.length === 0 ? null : record;
  }
}

const zeroByte = 'a zero byte, which PostgreSQL stores in no text';

/** All at once, and one by one only where something is wrong. */
function markInvalid(records: CsvRecord[], bytes: Buffer): CsvRecord[] {
  if (isUtf8(bytes)) {
    return records;
  }
  return records.map((record) =>
    isUtf8(record.bytes) ? record : { ...record, problem: 'bytes that are not UTF-8' },
  );
}

/** The fields of a record that is one. */
export function splitRecord({ bytes }: CsvRecord): string[] {
  const fields: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/gy;
  const text = bytes.toString();
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') {
      break;
    }
  }
  return fields;
}
