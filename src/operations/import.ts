import { readFile, stat } from 'node:fs/promises';
import type pg from 'pg';
import { z } from 'zod';
import { withClient } from '../lib/postgres.ts';
import { type BadLine, readBadLines, writeRejects } from './import/bad-lines.ts';
import { checkRules, isKey } from './import/check-rules.ts';
import { checkTypes, isAboutValues } from './import/check-types.ts';
import { type Constraints, readConstraints } from './import/constraints.ts';
import { splitRecord } from './import/csv-scanner.ts';
import { type ColumnMap, matchHeader } from './import/header.ts';
import { readHeader } from './import/records.ts';
import { fillStaging, makeStaging } from './import/staging.ts';
import { isFilled, makeTarget, type Target } from './import/target.ts';
import { countReplaced, type Write, writeAll, writeOneByOne } from './import/write.ts';
import { assertAbsent } from './new-file.ts';
import { findTable } from './table.ts';

export type ImportOptions = {
  /** As `ombaro_owner`. */
  readonly ownerUrl: string;
  /** `public`, unless it says its schema. */
  readonly table: string;
  /** CSV with a header, UTF-8. */
  readonly file: string;
  readonly map?: ColumnMap;
  /** Columns by which a row of the file is one of the table, and replaces its values. None: insert only. */
  readonly key?: readonly string[];
  /** New file for the lines that are left out; without it one bad line keeps all out. */
  readonly rejects?: string | null;
  /** Asked before rows are replaced. */
  readonly mayReplace?: (rows: number) => Promise<boolean>;
  /** Called with every bad line, in order. */
  readonly onBad?: (bad: BadLine) => void;
  readonly onProgress?: ImportProgress;
};

/** Bytes read or rows written, of how many, and which. */
export type ImportProgress = (done: number, total: number, what: string) => void;

export type Imported = {
  /** Of the file. */
  readonly rows: number;
  /** Written, of which `replaced` were there before. */
  readonly written: number;
  readonly replaced: number;
  readonly bad: number;
};

/**
 * Imports a CSV file into a table, all of it or nothing, or all but bad lines. Every line is checked first,
 * outside of the table; nothing of an import that is killed is there.
 *
 * @throws Error, with nothing written, when the header does not fit or, unless `rejects` is given, a line is bad.
 */
export async function importFile(options: ImportOptions): Promise<Imported> {
  const { ownerUrl, file, table, map = {}, key = [], rejects = null } = options;
  const { mayReplace = async () => true, onBad = () => {}, onProgress = () => {} } = options;
  if (rejects !== null) {
    assertAbsent(rejects);
  }
  const header = splitRecord(await readHeader(file));
  return await withClient(ownerUrl, async (client) => {
    await client.query(sessionSettings);
    const found = await findTable(client, table);
    const columns = matchHeader(header, found, map);
    const target = makeTarget(found, columns);
    const constraints = await readConstraints(client, found.oid);
    assertKey(target, constraints, key);
    await makeStaging(client, columns);
    const { size } = await stat(file);
    const rows = await fillStaging(client, file, columns, (bytes, count) =>
      onProgress(bytes, size, `${count} rows read`),
    );
    await checkTypes(client, target);
    await checkRules(client, target, constraints, key);
    const write: Write = {
      target,
      key,
      refersToItself: constraints.foreignKeys.some(({ isToItself }) => isToItself),
      onProgress: (done, total) => onProgress(done, total, `${done} rows written`),
    };
    const replaced = key.length === 0 ? 0 : await countReplaced(client, target, key);
    const isWanted = (await countBad(client)) === 0 || rejects !== null;
    if (isWanted && replaced > 0 && !(await mayReplace(replaced))) {
      throw new Error('Nothing is imported.');
    }
    const written = isWanted
      ? await writeAllOrFew(client, write, rejects !== null)
      : await findMore(client, write, constraints);
    const bad = await countBad(client);
    if (bad > 0) {
      for await (const line of readBadLines(client)) {
        onBad(line);
      }
    }
    if (bad > 0 && rejects === null) {
      throw new Error(`${bad} of ${rows} lines are bad. Nothing is imported.`);
    }
    if (bad > 0 && rejects !== null) {
      await writeRejects(client, file, rejects);
    }
    return { rows, written, replaced, bad };
  });
}

/**
 * Reads a mapping of columns from a JSON file: `{"file column": "table column", "not wanted": null}`.
 *
 * @throws Error when it is none.
 */
export async function readColumnMap(file: string): Promise<ColumnMap> {
  try {
    return z
      .record(z.string(), z.string().nullable())
      .parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new Error(
      `${file} is not a mapping of columns, such as {"Full name": "name", "Remarks": null}.`,
      { cause },
    );
  }
}

/**
 * Days are written year first or not read at all, and times without a zone are in UTC. The server looks every
 * second whether we are still there (on Windows it cannot), so that an import that is killed ends.
 */
export const sessionSettings = `
  set search_path = '';
  set datestyle = 'ISO, YMD';
  set timezone = 'UTC';
  set statement_timeout = 0;
  set idle_in_transaction_session_timeout = 0;
  set work_mem = '64MB';
  set temp_buffers = '64MB';
  select set_config('client_connection_check_interval', '1s', false)
  where version() !~* 'windows|visual|msvc|mingw'`;

/** Only the write itself tells what triggers and other transactions think of the lines. */
async function writeAllOrFew(
  client: pg.ClientBase,
  write: Write,
  mayLeaveOut: boolean,
): Promise<number> {
  try {
    return await writeAll(client, write);
  } catch (error) {
    if (!isAboutValues(error)) {
      throw error;
    }
    return await writeOneByOne(client, write, mayLeaveOut);
  }
}

/** Nothing will be written; what writing would refuse beside what is known is of interest all the same. */
async function findMore(
  client: pg.ClientBase,
  write: Write,
  { hasMore, uniques }: Constraints,
): Promise<number> {
  const isHalfGiven = uniques.some(({ columns }) => {
    const given = columns.filter((name) => isFilled(write.target, name));
    return given.length > 0 && given.length < columns.length;
  });
  if (hasMore || isHalfGiven) {
    await writeOneByOne(client, write, false);
  }
  return 0;
}

function assertKey(target: Target, { uniques }: Constraints, key: readonly string[]): void {
  if (key.length === 0) {
    return;
  }
  const missing = key.filter((name) => !isFilled(target, name));
  if (missing.length > 0) {
    throw new Error(`The file does not fill ${missing.join(', ')}, of the key.`);
  }
  if (!uniques.some((unique) => isKey(unique, key))) {
    const possible = uniques
      .filter(({ predicate }) => predicate === null)
      .map(({ columns }) => columns.join(','));
    throw new Error(
      `Rows of ${target.table.name} are not told apart by ${key.join(',')}, but by ${possible.join(' or ')}.`,
    );
  }
}

async function countBad(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    'select count(distinct line) from pg_temp.bad',
  );
  return Number(rows[0]?.count);
}
