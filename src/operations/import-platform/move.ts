import pg from 'pg';
import type { Part, Reference, TablePlan } from './plan.ts';
import type { Reject } from './report.ts';
import { guards, naturalKeys } from './rules.ts';

const rowsAtOnce = 2_000;

/**
 * Writes the rows of one table, and what belongs to each together with it. A batch that is refused is taken
 * back and halved until the rows are found that the database will not have; its own words are the reason.
 */
export async function moveTable(
  target: pg.ClientBase,
  plan: TablePlan,
  comments: ReadonlyMap<string, string>,
  before: readonly string[],
  onMoved: (rows: number) => void,
): Promise<readonly Reject[]> {
  await findThere(target, plan);
  const rejects: Reject[] = [];
  for (const reference of plan.references) {
    rejects.push(...(await rejectOrphans(target, plan, reference)));
  }
  const statements = [
    ...before,
    ...[plan.main, ...plan.sides].map((part) => insertStatement(plan.source.name, part)),
    ...(guards[plan.source.name] ?? []),
  ];
  for (let first = 1; first <= plan.source.rows; first += rowsAtOnce) {
    const last = Math.min(first + rowsAtOnce - 1, plan.source.rows);
    await moveRange(target, statements, first, last, async (n, cause) => {
      const { rows } = await target.query<{ key: string | null }>(
        `select to_jsonb(s) ->> 'id' as key from pg_temp."old_${plan.source.name}" s where s.n = $1`,
        [n],
      );
      rejects.push({
        kind: 'row',
        table: plan.source.name,
        key: rows[0]?.key ?? `row ${n}`,
        reason: reasonOf(cause, comments),
      });
    });
    onMoved(last - first + 1);
  }
  await setLate(target, plan, rejects);
  return rejects;
}

function insertStatement(source: string, part: Part): string {
  return `insert into public.${part.table} (${part.columns.join(', ')})
    select ${part.values.join(', ')}
    from pg_temp."old_${source}" s
    where s.n between $1 and $2 and not s.is_there and not s.is_rejected${part.condition === null ? '' : ` and ${part.condition}`}
    order by s.n`;
}

/** Marks what is there already: by its id, or under another id by what it is known by. */
async function findThere(target: pg.ClientBase, plan: TablePlan): Promise<void> {
  const staged = `pg_temp."old_${plan.source.name}"`;
  if (!plan.source.columns.some(({ name }) => name === 'id')) {
    throw new Error(`The table ${plan.source.name} of the existing database has no column id.`);
  }
  const known = naturalKeys[plan.source.name];
  if (known !== undefined) {
    const same = known.map((name) => {
      const index = plan.main.columns.indexOf(`"${name}"`);
      return index === -1 ? 'false' : `t.${name} = ${plan.main.values[index]}`;
    });
    await target.query(
      `insert into pg_temp.old_moved_ids (of_table, old_id, id)
      select '${plan.source.name}', s.id, t.id
      from ${staged} s join public.${plan.main.table} t on ${same.join(' and ')}
      where t.id::text <> s.id
      on conflict do nothing`,
    );
  }
  if (plan.source.name === 'employees') {
    await target.query(
      `insert into pg_temp.old_moved_ids (of_table, old_id, id)
      select 'employees', s.id, s.user_id::uuid from ${staged} s where s.user_id <> s.id
      on conflict do nothing`,
    );
  }
  await target.query(
    `update ${staged} s set is_there = true
    where exists (select from public.${plan.main.table} t where t.id = ${plan.id})
      or exists (select from pg_temp.old_moved_ids m
        where m.of_table = '${plan.source.name}' and m.old_id = s.id and m.of_table <> 'employees')`,
  );
}

/**
 * All rows at once that name a row that is not there: they may be many, where a whole table is missing. What
 * cannot be looked up that way is found when it is written.
 */
async function rejectOrphans(
  target: pg.ClientBase,
  plan: TablePlan,
  { column, value, table }: Reference,
): Promise<readonly Reject[]> {
  await target.query('savepoint orphans');
  try {
    const { rows } = await target.query<{ key: string; named: string }>(
      `update pg_temp."old_${plan.source.name}" s set is_rejected = true
      where not s.is_there and not s.is_rejected and ${value} is not null
        and not exists (select from public.${table} p where p.id = ${value})
      returning s.id as key, ${value}::text as named`,
    );
    await target.query('release savepoint orphans');
    return rows.map(({ key, named }) => ({
      kind: 'row',
      table: plan.source.name,
      key,
      reason: `${column} names ${named}, which is not in ${table}`,
    }));
  } catch (cause) {
    if (!isAboutData(cause)) {
      throw cause;
    }
    await target.query('rollback to savepoint orphans');
    await target.query('release savepoint orphans');
    return [];
  }
}

async function moveRange(
  target: pg.ClientBase,
  statements: readonly string[],
  first: number,
  last: number,
  reject: (n: number, cause: pg.DatabaseError) => Promise<void>,
): Promise<void> {
  await target.query('savepoint batch');
  try {
    for (const statement of statements) {
      await target.query(statement, [first, last]);
    }
    await target.query('release savepoint batch');
  } catch (cause) {
    if (!isAboutData(cause)) {
      throw cause;
    }
    await target.query('rollback to savepoint batch');
    await target.query('release savepoint batch');
    if (first === last) {
      await reject(first, cause);
      return;
    }
    const middle = Math.floor((first + last) / 2);
    await moveRange(target, statements, first, middle, reject);
    await moveRange(target, statements, middle + 1, last, reject);
  }
}

/** Values that are none of their type, and broken constraints; everything else ends the import. */
function isAboutData(cause: unknown): cause is pg.DatabaseError {
  return cause instanceof pg.DatabaseError && /^2[23]/.test(cause.code ?? '');
}

function reasonOf(cause: pg.DatabaseError, comments: ReadonlyMap<string, string>): string {
  const comment = comments.get(`${cause.table}.${cause.constraint}`);
  const detail = /^Failing row/.test(cause.detail ?? '') ? undefined : cause.detail;
  return [comment ?? cause.message, detail].filter(Boolean).join(' ').replaceAll('\n', ' ');
}

/** References to rows of the same table, which may have come later. Those that lead nowhere stay empty. */
async function setLate(target: pg.ClientBase, plan: TablePlan, rejects: Reject[]): Promise<void> {
  for (const [index, column] of plan.late.columns.entries()) {
    const value = plan.late.values[index];
    const { rows } = await target.query<{ key: string; value: string; is_set: boolean }>(
      `with named as (
        select s.id as key, ${plan.id} as id, ${value} as value
        from pg_temp."old_${plan.source.name}" s where not s.is_there and ${value} is not null
      ), done as (
        update public.${plan.main.table} t set ${column} = d.value
        from named d join public.${plan.main.table} o on o.id = d.value
        where t.id = d.id and o.id <> t.id
        returning t.id
      )
      select d.key, d.value::text as value from named d
      join public.${plan.main.table} t on t.id = d.id
      where not exists (select from done where done.id = d.id)`,
    );
    for (const { key, value: named } of rows) {
      rejects.push({
        kind: 'value',
        table: plan.source.name,
        key,
        reason: `${column.replaceAll('"', '')} names ${named}, which is not there; the row is moved without it`,
      });
    }
  }
}
