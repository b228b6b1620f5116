import type pg from 'pg';
import { inTransaction } from '../../lib/postgres.ts';
import { disableTriggers, enableTriggers } from '../../lib/triggers.ts';
import { derive } from './derive.ts';
import { readMappings } from './mapping.ts';
import { moveTable } from './move.ts';
import { type ImportPlan, makePlan, stagedColumns } from './plan.ts';
import type { Reject, Report, TableCount } from './report.ts';
import { lostValues, remarks, reservationsTable } from './rules.ts';
import { beginReading, isOurs, readSource, type SourceTable } from './source.ts';
import { stage, stageAccounts } from './stage.ts';
import { readTarget } from './target.ts';

export type ImportOptions = {
  /** Write what is right although something is not. */
  readonly skipBad: boolean;
  readonly onProgress?: (done: number, total: number, what: string) => void;
  /** Called with everything that was not moved as it was, before anything is committed. */
  readonly onRejects?: (rejects: readonly Reject[]) => Promise<void>;
};

/** Takes the transaction back and brings the report out of it. */
class NotWritten extends Error {
  readonly report: Report;

  constructor(report: Report) {
    super('There were rejects.');
    this.report = report;
  }
}

/** What a database has that would be moved: its tables with their rows. It must be a platform's, not ours. */
export async function lookAtSource(source: pg.ClientBase): Promise<readonly SourceTable[]> {
  await beginReading(source);
  if (await isOurs(source)) {
    throw new Error(
      'The database to import from has the tables of this version already. Move it with npx ombaro backup and npx ombaro restore.',
    );
  }
  const tables = await readSource(source);
  if (tables.length === 0) {
    throw new Error('The database to import from has no tables in its schema public.');
  }
  return tables;
}

/**
 * Moves all rows of an existing platform's database into ours, in one transaction of `target`. `source` has
 * been looked at, and is read in that same snapshot.
 *
 * @throws Error when the target has people or bookings of its own, or the numbers do not come out even.
 */
export async function importPlatform(
  source: pg.ClientBase,
  target: pg.ClientBase,
  tables: readonly SourceTable[],
  { skipBad, onProgress = () => {}, onRejects = async () => {} }: ImportOptions,
): Promise<Report> {
  try {
    return await inTransaction(target, async () => {
      // No other session writes meanwhile, and two imports at once queue here.
      await target.query('lock table public.user_profiles in access exclusive mode');
      await target.query(`set local timezone = 'UTC'`);
      const plan = await prepare(source, target, tables, onProgress);
      const report = await move(target, plan, onProgress, skipBad);
      await onRejects(report.rejects);
      if (!report.isWritten) {
        throw new NotWritten(report);
      }
      await enableTriggers(target);
      return report;
    });
  } catch (error) {
    if (error instanceof NotWritten) {
      return error.report;
    }
    throw error;
  }
}

async function prepare(
  source: pg.ClientBase,
  target: pg.ClientBase,
  tables: readonly SourceTable[],
  onProgress: (done: number, total: number, what: string) => void,
): Promise<ImportPlan> {
  const targets = await readTarget(target);
  const mappings = await readMappings();
  const plan = makePlan(tables, targets, mappings);
  const known = new Set([
    ...targets.map(({ table }) => table),
    ...mappings.map(({ table }) => table),
    ...tables.map(({ name }) => name),
  ]);
  const total = tables.reduce((sum, { rows }) => sum + rows, 0);
  let done = 0;
  for (const name of known) {
    const table = tables.find((one) => one.name === name);
    const isKept = !plan.notKept.some((one) => one.name === name);
    onProgress(done, total, `reading ${name}`);
    const columns = stagedColumns(name, tables, targets, mappings);
    if (columns.length > 0) {
      await stage(source, target, name, columns, isKept ? table : undefined);
    }
    done += table?.rows ?? 0;
  }
  await target.query(
    `create temp table old_moved_ids (
      of_table text, old_id text, id uuid not null, primary key (of_table, old_id)
    ) on commit drop`,
  );
  await stageAccounts(source, target);
  await target.query(reservationsTable);
  await refuseOwnRows(target);
  return plan;
}

/** A database that is in use already is not mixed with another one; what came from there before may stay. */
async function refuseOwnRows(target: pg.ClientBase): Promise<void> {
  const { rows } = await target.query<{ table: string; rows: string }>(
    ['user_profiles', 'vendors', 'bookings']
      .map(
        (table) => `select '${table}' as table, count(*) as rows from public.${table} t
          where not exists (select from pg_temp.old_${table} s where s.id = t.id::text)`,
      )
      .join(' union all '),
  );
  const own = rows.filter(({ rows: count }) => count !== '0');
  if (own.length > 0) {
    throw new Error(
      `This database has rows that the other does not have (${own
        .map(({ table, rows: count }) => `${count} in ${table}`)
        .join(
          ', ',
        )}), so nothing was imported. Import into a database without people and bookings.`,
    );
  }
}

async function move(
  target: pg.ClientBase,
  plan: ImportPlan,
  onProgress: (done: number, total: number, what: string) => void,
  skipBad: boolean,
): Promise<Report> {
  await disableTriggers(target);
  const total = plan.tables.reduce((sum, { source }) => sum + source.rows, 0);
  const comments = await readComments(target);
  const rejects: Reject[] = [];
  let done = 0;
  const accounts = await accountStatements(target);
  for (const table of plan.tables) {
    const { name } = table.source;
    const first = name === 'user_profiles' ? accounts : [];
    rejects.push(
      ...(await moveTable(target, table, comments, first, (rows) => {
        done += rows;
        onProgress(done, total, `moving ${name}`);
      })),
    );
  }
  const unpromised = await derive(target, (what) => onProgress(total, total, what));
  rejects.push(
    ...(await findLost(target, plan)),
    ...unpromised.map((booking) => ({
      kind: 'remark' as const,
      table: 'bookings',
      key: booking,
      reason: 'the time of its provider could not be reserved; assign it again',
    })),
  );
  const counts = [...(await count(target, plan, rejects)), ...plan.notKept.map(countNotKept)];
  const isRight = rejects.every(({ kind }) => kind === 'remark');
  return {
    tables: counts.toSorted((one, other) => one.table.localeCompare(other.table)),
    unknownColumns: plan.unknownColumns,
    rejects,
    isWritten: isRight || skipBad,
  };
}

/**
 * Where accounts are ours, every user gets theirs under the same id, together with the profile. Where
 * they are Supabase's, they must be there.
 */
async function accountStatements(target: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await target.query(
    `select has_table_privilege('auth.users', 'insert') as is_ours`,
  );
  return rows[0].is_ours
    ? [
        `insert into auth.users (id, email, phone, created_at)
        select s.id::uuid, a.email, a.phone, coalesce(s.created_at::timestamptz, now())
        from pg_temp.old_user_profiles s
        left join pg_temp.old_accounts a on a.id = s.id
        where s.n between $1 and $2 and not s.is_there and not s.is_rejected
        on conflict (id) do nothing`,
      ]
    : [];
}

/** What people read when they break a constraint, by `table.constraint`. */
async function readComments(target: pg.ClientBase): Promise<ReadonlyMap<string, string>> {
  const { rows } = await target.query<{ name: string; comment: string }>(
    `select c.relname || '.' || k.conname as name, obj_description(k.oid, 'pg_constraint') as comment
    from pg_constraint k join pg_class c on c.oid = k.conrelid
    where obj_description(k.oid, 'pg_constraint') is not null`,
  );
  return new Map([
    ...rows.map(({ name, comment }) => [name, comment] as const),
    [
      'old_reservations.old_reservations_once',
      'Its provider is assigned to another booking at that time.',
    ],
  ]);
}

async function findLost(target: pg.ClientBase, plan: ImportPlan): Promise<readonly Reject[]> {
  const found: Reject[] = [];
  const isMoved = (table: string): boolean =>
    plan.tables.some(({ source }) => source.name === table);
  for (const { table, column, lost } of lostValues.filter((one) => isMoved(one.table))) {
    const { rows } = await target.query<{ key: string; value: string }>(
      `select s.id as key, s.${column} as value from pg_temp.old_${table} s
      where not s.is_there and ${lost} order by s.n`,
    );
    for (const { key, value } of rows) {
      found.push({
        kind: 'value',
        table,
        key,
        reason: `${column} "${value}" leads to nothing here; the row is moved without it`,
      });
    }
  }
  for (const { table, when, says } of remarks.filter((one) => isMoved(one.table))) {
    const { rows } = await target.query<{ key: string }>(
      `select s.id as key from pg_temp.old_${table} s where not s.is_there and (${when}) order by s.n`,
    );
    found.push(...rows.map(({ key }) => ({ kind: 'remark' as const, table, key, reason: says })));
  }
  return found;
}

/** @throws Error when a row is neither here nor rejected: then nothing is written. */
async function count(
  target: pg.ClientBase,
  plan: ImportPlan,
  rejects: readonly Reject[],
): Promise<readonly TableCount[]> {
  const counts: TableCount[] = [];
  for (const { source, main, id } of plan.tables) {
    const { rows } = await target.query<{ moved: string; there: string }>(
      `select count(*) filter (where not s.is_there and t.id is not null) as moved,
        count(*) filter (where s.is_there) as there
      from pg_temp."old_${source.name}" s left join public.${main.table} t on t.id = ${id}`,
    );
    const one: TableCount = {
      table: source.name,
      source: source.rows,
      moved: Number(rows[0]?.moved),
      there: Number(rows[0]?.there),
      notKept: 0,
      rejected: rejects.filter(({ kind, table }) => kind === 'row' && table === source.name).length,
    };
    if (one.source !== one.moved + one.there + one.rejected) {
      throw new Error(
        `Of ${one.source} rows of ${one.table}, ${one.moved} were moved, ${one.there} were there and ${one.rejected} rejected. That does not come out even, so nothing was imported.`,
      );
    }
    counts.push(one);
  }
  return counts;
}

function countNotKept({ name, rows }: SourceTable): TableCount {
  return { table: name, source: rows, moved: 0, there: 0, notKept: rows, rejected: 0 };
}
