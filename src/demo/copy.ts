import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** `null` is SQL's null; everything else is written as PostgreSQL reads it in its text form. */
export type Value = string | number | boolean | null;
export type Row = Readonly<Record<string, Value>>;

/** Rows of one table, in the text form of COPY: full pages, and one that is being filled. */
type Table = { readonly columns: readonly string[]; pages: Buffer[]; page: Buffer; used: number };

const pageBytes = 64 * 1024;
/** No row of demo data is longer. */
const rowBytes = 16 * 1024;

/** Collects rows by table, in memory until they are sent with COPY. */
export class Rows {
  readonly #tables = new Map<string, Table>();

  /** `table` with its schema; every row of a table names the same columns. */
  add(table: string, row: Row): void {
    let rows = this.#tables.get(table);
    if (rows === undefined) {
      rows = { columns: Object.keys(row), pages: [], page: Buffer.alloc(0), used: 0 };
      this.#tables.set(table, rows);
    }
    if (rows.page.length - rows.used < rowBytes) {
      finishPage(rows);
      rows.page = Buffer.allocUnsafe(pageBytes);
    }
    // Written out at once: strings that wait are what the garbage collector suffers from.
    rows.used += rows.page.write(encode(rows.columns, row), rows.used);
  }

  /**
   * Sends everything collected so far, table by table in the order of their first rows. What is added
   * meanwhile waits for the next time.
   */
  async send(client: pg.ClientBase): Promise<void> {
    const taken = [...this.#tables].map(([table, rows]) => {
      finishPage(rows);
      const { columns, pages } = rows;
      rows.pages = [];
      return { table, columns, pages };
    });
    for (const { table, columns, pages } of taken) {
      if (pages.length > 0) {
        const stream = client.query(copyFrom(`copy ${table} (${columns.join(', ')}) from stdin`));
        await pipeline(Readable.from(pages), stream);
      }
    }
  }
}

function finishPage(rows: Table): void {
  if (rows.used > 0) {
    rows.pages.push(rows.page.subarray(0, rows.used));
  }
  rows.page = rows.page.subarray(rows.used);
  rows.used = 0;
}

/** An array as PostgreSQL writes it: `{"a","b"}`. */
export function formatArray(items: readonly string[]): string {
  return `{${items.map((item) => JSON.stringify(item)).join(',')}}`;
}

function encode(columns: readonly string[], row: Row): string {
  let line = '';
  let separator = '';
  for (const column of columns) {
    const value = row[column];
    if (value === undefined) {
      throw new Error(`The column ${column} is missing in a row of demo data.`);
    }
    line += separator;
    line += typeof value === 'string' ? escapeText(value) : value === null ? '\\N' : String(value);
    separator = '\t';
  }
  return `${line}\n`;
}

function escapeText(text: string): string {
  return /[\\\t\n\r]/.test(text)
    ? text.replace(/[\\\t\n\r]/g, (character) => escapes[character] ?? character)
    : text;
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};
