import { stat } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { readBadLines, writeRejects } from '../import/bad-lines.ts';
import { checkRules } from '../import/check-rules.ts';
import { checkTypes, isAboutValues } from '../import/check-types.ts';
import { readConstraints } from '../import/constraints.ts';
import { splitRecord } from '../import/csv-scanner.ts';
import { readHeader, readRecords } from '../import/records.ts';
import { fillStaging, makeStaging, stagedName } from '../import/staging.ts';
import type { Target } from '../import/target.ts';
import { insertAll, insertOneByOne, type Write } from '../import/write.ts';
import type { Changes } from './changes.ts';
import type { Plan, TablePlan } from './plan.ts';

/** A row of the export that the database does not take. */
export type Refusal = {
  readonly table: string;
  /** Of its file, from 1. */
  readonly line: number;
  /** Its id, where it has one. */
  readonly key: string | null;
  /** Columns, values and the constraint. */
  readonly reason: string;
};

export type LoadOptions = {
  readonly folder: string;
  readonly changes: Changes;
  /** New folder for lines that are left out; `null` to write none. */
  readonly rejects: string | null;
  readonly onProgress: (what: string) => void;
};

/**
 * Loads the file of one table within the transaction of `client`, triggers being off: staged and checked as
 * `ombaro import` does it, and inserted. Returns the lines that are refused.
 */
export async function loadTable(
  client: pg.ClientBase,
  plan: Plan,
  one: TablePlan,
  { folder, changes, rejects, onProgress }: LoadOptions,
): Promise<readonly Refusal[]> {
  const { source, name } = one;
  if (source === null || source.rows === 0) {
    return [];
  }
  const file = path.join(folder, source.file);
  const header = splitRecord(await readHeader(file));
  const filledBy = header.map((column) => one.header.find((entry) => entry.name === column));
  if (header.length !== one.header.length || filledBy.includes(undefined)) {
    throw new Error(`The columns of ${file} are not those of the manifest.`);
  }
  const columns = filledBy.map((entry) => entry?.column ?? null);
  await makeStaging(client, columns);
  try {
    const { size } = await stat(file);
    const rows = await fillStaging(client, file, columns, (bytes) =>
      onProgress(`${name}: ${Math.floor((100 * bytes) / Math.max(size, 1))} %`),
    );
    if (rows !== source.rows) {
      throw new Error(`${file} has ${rows} rows, and its manifest says ${source.rows}.`);
    }
    await renameValues(client, one, header, changes);
    const target = await fillOthers(client, one, header);
    await insert(client, plan, one, target);
    const refused = await readRefusals(client, one, file, header);
    if (refused.length > 0 && rejects !== null) {
      await writeRejects(client, file, path.join(rejects, source.file));
    }
    return refused;
  } finally {
    await client.query('drop table if exists pg_temp.staging, pg_temp.bad').catch(() => {});
  }
}

/** Values that a list of allowed ones has no more become what they are called now. */
async function renameValues(
  client: pg.ClientBase,
  { name }: TablePlan,
  header: readonly string[],
  { values, columns }: Changes,
): Promise<void> {
  for (const [index, from] of header.entries()) {
    const column = columns[`${name}.${from}`] ?? from;
    const renamed = Object.entries(values[`${name}.${column}`] ?? {});
    const allowed = renamed.length === 0 ? null : await readAllowed(client, name, column);
    for (const [before, after] of renamed) {
      if (allowed !== null && !allowed.includes(before) && allowed.includes(after)) {
        const staged = stagedName(index);
        await client.query(`update pg_temp.staging set ${staged} = $2 where ${staged} = $1`, [
          before,
          after,
        ]);
      }
    }
  }
}

/** `null` where the column is not limited to a list. */
async function readAllowed(
  client: pg.ClientBase,
  table: string,
  column: string,
): Promise<readonly string[] | null> {
  const { rows } = await client.query<{ list: string; key: string }>(
    `select format('%I.%I', n.nspname, c.relname) as list, f.attname::text as key
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.confrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and k.conkey = array[a.attnum]
    join pg_catalog.pg_attribute f on f.attrelid = k.confrelid and k.confkey = array[f.attnum]
    where k.conrelid = $1::regclass and a.attname = $2 and n.nspname = 'enums'`,
    [table, column],
  );
  const [found] = rows;
  if (found === undefined) {
    return null;
  }
  const { rows: allowed } = await client.query<{ value: string }>(
    `select ${pg.escapeIdentifier(found.key)} as value from ${found.list}`,
  );
  return allowed.map(({ value }) => value);
}

async function fillOthers(
  client: pg.ClientBase,
  { table, header: filledBy, fills }: TablePlan,
  header: readonly string[],
): Promise<Target> {
  const exported = header.map(
    (name, index) => `${stagedName(index)} as ${pg.escapeIdentifier(name)}`,
  );
  for (const [index, { expression }] of fills.entries()) {
    await client.query(`alter table pg_temp.staging add column fill${index} text`);
    await client.query(
      `update pg_temp.staging set fill${index} = (select (${expression})::text from (select ${exported.join(', ')}) s)`,
    );
  }
  return {
    table,
    filled: [
      ...header.flatMap((name, index) => {
        const column = filledBy.find((entry) => entry.name === name)?.column ?? null;
        return column === null ? [] : [{ column, staged: stagedName(index) }];
      }),
      ...fills.map(({ column }, index) => ({ column, staged: `fill${index}` })),
    ],
  };
}

async function insert(
  client: pg.ClientBase,
  { late }: Plan,
  { name, table }: TablePlan,
  target: Target,
): Promise<void> {
  const constraints = await readConstraints(client, table.oid);
  const isLate = (columns: readonly string[]): boolean =>
    late.some((key) => key.table === name && String(key.columns) === String(columns));
  await checkTypes(client, target);
  await checkRules(
    client,
    target,
    {
      ...constraints,
      foreignKeys: constraints.foreignKeys.filter(({ columns }) => !isLate(columns)),
    },
    [],
  );
  const write: Write = {
    target,
    key: [],
    refersToItself: constraints.foreignKeys.some(({ isToItself }) => isToItself),
    onProgress: () => {},
  };
  await client.query('savepoint rows');
  try {
    await insertAll(client, write);
  } catch (error) {
    if (!isAboutValues(error)) {
      throw error;
    }
    await client.query('rollback to savepoint rows');
    await insertOneByOne(client, write);
  }
  await client.query('release savepoint rows');
}

/** With the ids of the rows, for which the file is read once more. */
async function readRefusals(
  client: pg.ClientBase,
  { name }: TablePlan,
  file: string,
  header: readonly string[],
): Promise<readonly Refusal[]> {
  const reasons = new Map<number, string>();
  for await (const { line, reason } of readBadLines(client)) {
    reasons.set(line, reason);
  }
  const refused: Refusal[] = [];
  const id = header.indexOf('id');
  if (reasons.size > 0) {
    for await (const { records } of readRecords(file)) {
      for (const record of records) {
        const reason = reasons.get(record.line);
        if (reason !== undefined) {
          const key =
            record.problem === null && id !== -1 ? (splitRecord(record)[id] ?? null) : null;
          refused.push({ table: name, line: record.line, key, reason });
        }
      }
    }
  }
  return refused;
}
