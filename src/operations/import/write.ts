import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { inTransaction } from '../../lib/postgres.ts';
import { equal } from './check-rules.ts';
import { dropBad } from './staging.ts';
import { escaped, type Target, typedRows, typedValue } from './target.ts';

export type Write = {
  readonly target: Target;
  /** Columns by which rows are the same, and replaced; none to insert alone. */
  readonly key: readonly string[];
  /** Whether a row may refer to a later line. */
  readonly refersToItself: boolean;
  /** Rows written, and how many there are. */
  readonly onProgress: (done: number, total: number) => void;
};

/** Of `staging`, for one statement: some 8 MB. */
const pagesAtOnce = 1024;

/**
 * Writes what is in `staging` in one transaction and returns how many rows that were. Triggers that tell people
 * or programs of a new row do not fire; all others do.
 *
 * @throws Error, with nothing written, when the table refuses a row.
 */
export async function writeAll(client: pg.ClientBase, write: Write): Promise<number> {
  return await inTransaction(client, async () => {
    const wake = await silenceTriggers(client, write.target);
    const written = await insertAll(client, write);
    await wake();
    return written;
  });
}

/** Inserts what is in `staging`, within the transaction of `client`. */
export async function insertAll(client: pg.ClientBase, write: Write): Promise<number> {
  const { rows } = await client.query<{ pages: number; total: string }>(
    `select (pg_relation_size('pg_temp.staging') / current_setting('block_size')::integer)::integer as pages,
      (select count(*) from pg_temp.staging) as total`,
  );
  const { pages = 0, total = '0' } = rows[0] ?? {};
  const step = write.refersToItself ? Math.max(pages, 1) : pagesAtOnce;
  let written = 0;
  for (let page = 0; page < pages; page += step) {
    const { rowCount } = await client.query(
      insertStatement(write, `ctid >= '(${page},0)' and ctid < '(${page + step},0)'`),
    );
    written += rowCount ?? 0;
    write.onProgress(written, Number(total));
  }
  return written;
}

/**
 * Finds the lines that the table refuses by inserting ever fewer at once, and moves them to `bad`. Writes the
 * others if `keep`, and nothing otherwise. Returns how many lines it could write.
 */
export async function writeOneByOne(
  client: pg.ClientBase,
  write: Write,
  keep: boolean,
): Promise<number> {
  const insert = async () => {
    const wake = await silenceTriggers(client, write.target);
    const inserted = await insertOneByOne(client, write);
    await wake();
    return inserted;
  };
  const { written, refused } = await inTransaction(client, insert, { isUndone: !keep });
  if (!keep) {
    await noteRefused(client, refused);
  }
  return written;
}

type Refused = readonly { readonly line: string; readonly reason: string }[];

/**
 * Inserts what the table takes, within the transaction of `client`, and moves the other lines to `bad`. These
 * must be noted again when that transaction is rolled back.
 */
export async function insertOneByOne(
  client: pg.ClientBase,
  write: Write,
): Promise<{ readonly written: number; readonly refused: Refused }> {
  await client.query('create index on pg_temp.staging (line)');
  await client.query(`
    create or replace function pg_temp.write_lines(p_lines bigint[]) returns bigint language plpgsql as $body$
    declare
      v_half integer := cardinality(p_lines) / 2;
    begin
      begin
        ${insertStatement(write, 'line = any (p_lines)')};
        return cardinality(p_lines);
      exception when others then
        -- About the server and not about the row.
        if sqlstate !~ '^(22|23|P0|OB)' then
          raise;
        end if;
        if v_half = 0 then
          insert into pg_temp.refused values (p_lines[1], sqlerrm);
          return 0;
        end if;
      end;
      return pg_temp.write_lines(p_lines[:v_half]) + pg_temp.write_lines(p_lines[v_half + 1:]);
    end
    $body$`);
  await client.query('create temporary table refused (line bigint not null, reason text not null)');
  let written = await writeBatches(client, 'pg_temp.staging');
  // A row may have been refused only because one that it refers to came later.
  let isMore = write.refersToItself;
  while (isMore) {
    await client.query('create temporary table again as select line from pg_temp.refused');
    await client.query('truncate pg_temp.refused');
    const more = await writeBatches(client, 'pg_temp.again');
    await client.query('drop table pg_temp.again');
    written += more;
    isMore = more > 0;
  }
  const { rows: refused } = await client.query('select line, reason from pg_temp.refused');
  await client.query('drop table pg_temp.refused');
  await noteRefused(client, refused);
  return { written, refused };
}

async function noteRefused(client: pg.ClientBase, refused: Refused): Promise<void> {
  await client.query('insert into pg_temp.bad select * from unnest($1::bigint[], $2::text[])', [
    refused.map(({ line }) => line),
    refused.map(({ reason }) => reason),
  ]);
  await dropBad(client);
}

const linesAtOnce = 1000;

async function writeBatches(client: pg.ClientBase, lines: string): Promise<number> {
  const { rows } = await client.query<{ written: string }>(
    `select coalesce(sum(pg_temp.write_lines(lines)), 0) as written
    from (
      select array_agg(line order by line) as lines
      from (select line, (row_number() over (order by line) - 1) / ${linesAtOnce} as batch from ${lines}) numbered
      group by batch order by batch
    ) batches`,
  );
  return Number(rows[0]?.written);
}

/** How many lines of `staging` would replace a row. */
export async function countReplaced(
  client: pg.ClientBase,
  target: Target,
  key: readonly string[],
): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `select count(*) from ${typedRows(target, key)} as typed
    where exists (select from ${target.table.name} as other where ${equal('other', key, 'typed', key)})`,
  );
  return Number(rows[0]?.count);
}

function insertStatement({ target, key }: Write, where: string): string {
  const { table, filled } = target;
  const names = filled.map(({ column }) => column.name);
  const values = filled.map(({ column }) => typedValue(target, column));
  const changed = names.filter((name) => !key.includes(name));
  const replaced = changed.map((name) => {
    const quoted = pg.escapeIdentifier(name);
    return `${quoted} = excluded.${quoted}`;
  });
  const onConflict =
    key.length === 0
      ? ''
      : `on conflict (${escaped(key)}) do ${replaced.length === 0 ? 'nothing' : `update set ${replaced.join(', ')}`}`;
  return `insert into ${table.name} (${escaped(names)}) overriding system value
    select ${values.join(', ')} from pg_temp.staging where ${where} ${onConflict}`;
}

/** Trigger functions that only tell: people by notifications, programs by events, devices by deliveries. */
export const tellingFunctions = '__(notify_people|publish_event|publish_features|deliveries)$';
const lockTimeout = '2s';
const lockTries = 5;

/**
 * Switches triggers that tell off, for this transaction; returns how to switch them on again. While it
 * lasts others read the table and do not write it. Deferred rules are checked at once from here on.
 */
async function silenceTriggers(
  client: pg.ClientBase,
  { table }: Target,
): Promise<() => Promise<void>> {
  await client.query('set constraints all immediate');
  const { rows } = await client.query<{ name: string }>(
    `select tgname as name
    from pg_catalog.pg_trigger
    join pg_catalog.pg_proc p on p.oid = tgfoid
    where tgrelid = $1 and not tgisinternal and tgenabled = 'O' and proname ~ $2`,
    [table.oid, tellingFunctions],
  );
  const all = (verb: string): string => {
    const parts = rows.map(({ name }) => `${verb} trigger ${pg.escapeIdentifier(name)}`);
    return `alter table ${table.name} ${parts.join(', ')}`;
  };
  if (rows.length === 0) {
    return async () => {};
  }
  await alterSoon(client, all('disable'));
  return async () => {
    await client.query(all('enable'));
  };
}

/** Waits for its lock a little at a time, so that no other session waits long behind it. */
async function alterSoon(client: pg.ClientBase, statement: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await client.query('savepoint before_lock');
    await client.query(`set local lock_timeout = '${lockTimeout}'`);
    try {
      await client.query(statement);
      await client.query('set local lock_timeout = 0');
      return;
    } catch (error) {
      const isBusy = error instanceof pg.DatabaseError && error.code === '55P03';
      if (!isBusy || attempt === lockTries) {
        throw isBusy
          ? new Error(
              'Others write the table all the time. Nothing is imported; try again later.',
              {
                cause: error,
              },
            )
          : error;
      }
      await client.query('rollback to before_lock');
      await sleep(1000);
    }
  }
}
