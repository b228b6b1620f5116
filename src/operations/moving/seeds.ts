import pg from 'pg';
import type { ForeignKey, Plan, TablePlan } from './plan.ts';

/** Rows that the migrations of this version bring and that were not in the export, by table. */
export type Brought = {
  readonly table: string;
  readonly added: number;
  /** Links between what the export has both of, without this link: it was removed there, and stays so. */
  readonly leftOut: number;
};

/**
 * Puts what the migrations have brought aside, children first, so that the rows of the export take its place.
 * Returns of which tables.
 */
export async function putAside(
  client: pg.ClientBase,
  { tables }: Plan,
): Promise<readonly TablePlan[]> {
  const queries = tables.map(({ table }) => `exists (select from ${table.name})`);
  const { rows } = await client.query<boolean[]>({
    text: `select ${queries.join(', ')}`,
    rowMode: 'array',
  });
  const seeded = tables.filter((_, index) => rows[0]?.[index] === true);
  for (const [index, { table }] of seeded.entries()) {
    await client.query(
      `create temporary table seeds_${index} on commit drop as table ${table.name}`,
    );
  }
  for (const { table } of seeded.toReversed()) {
    await client.query(`delete from ${table.name}`);
  }
  await client.query(`
    create temporary table seeds_known (of_table text, seed uuid, id uuid, primary key (of_table, seed)) on commit drop;
    create temporary table seeds_added (of_table text, id uuid, primary key (of_table, id)) on commit drop`);
  return seeded;
}

/**
 * Adds what was put aside and is not in the export. A row is the same by any of its unique keys; what
 * refers to it then refers to the row of the export.
 */
export async function bringBack(
  client: pg.ClientBase,
  plan: Plan,
  seeded: readonly TablePlan[],
): Promise<readonly Brought[]> {
  const brought: Brought[] = [];
  for (const [index, one] of seeded.entries()) {
    const found = await bringBackOne(client, plan, one, `pg_temp.seeds_${index}`);
    if (found.added > 0 || found.leftOut > 0) {
      brought.push(found);
    }
  }
  return brought;
}

async function bringBackOne(
  client: pg.ClientBase,
  plan: Plan,
  { name, table, source }: TablePlan,
  seeds: string,
): Promise<Brought> {
  const columns = table.columns.filter(({ isGenerated }) => !isGenerated).map((one) => one.name);
  const parents = plan.foreignKeys.filter((key) => key.table === name && key.columns.length === 1);
  const parentOf = (column: string): ForeignKey | undefined =>
    parents.find((key) => key.columns[0] === column && key.keys[0] === 'id');
  // Parents that the export has too are meant by its ids.
  const values = columns.map((column) => {
    const parent = parentOf(column);
    const value = `s.${pg.escapeIdentifier(column)}`;
    return parent === undefined
      ? value
      : `coalesce((select k.id from pg_temp.seeds_known k where k.of_table = ${pg.escapeLiteral(parent.parent)} and k.seed = ${value}), ${value})`;
  });
  const as = (list: readonly string[]): string =>
    list
      .map((value, index) => `${value} as ${pg.escapeIdentifier(columns[index] ?? '')}`)
      .join(', ');
  await client.query(
    `create temporary table seed on commit drop as select ${as(values)} from ${seeds} s`,
  );
  const hasId = table.columns.some((column) => column.name === 'id' && column.type === 'uuid');
  const keys = await readKeys(client, table.oid, hasId);
  const isSame = keys.map(
    (key) =>
      `(${key.map((column) => `t.${pg.escapeIdentifier(column)} is not distinct from s.${pg.escapeIdentifier(column)}`).join(' and ')})`,
  );
  if (isSame.length > 0) {
    const same = isSame.join(' or ');
    if (hasId) {
      await client.query(
        `insert into pg_temp.seeds_known select distinct on (s.id) $1, s.id, t.id from pg_temp.seed s join ${table.name} t on ${same}`,
        [name],
      );
    }
    await client.query(
      `delete from pg_temp.seed s where exists (select from ${table.name} t where ${same})`,
    );
  }
  const leftOut = source === null ? 0 : await dropRemoved(client, keys, parents);
  const list = columns.map((column) => pg.escapeIdentifier(column)).join(', ');
  const { rowCount } = await client.query(
    `insert into ${table.name} (${list}) overriding system value select ${list} from pg_temp.seed on conflict do nothing`,
  );
  if (hasId) {
    await client.query(
      'insert into pg_temp.seeds_added select $1, id from pg_temp.seed on conflict do nothing',
      [name],
    );
  }
  await client.query('drop table pg_temp.seed');
  return { table: name, added: rowCount ?? 0, leftOut };
}

/**
 * What the export could have had, had it not been removed there: rows without a key of their own, and those
 * whose keys only name others. They come back only where one of those is new. Returns how many links do not.
 */
async function dropRemoved(
  client: pg.ClientBase,
  keys: readonly (readonly string[])[],
  parents: readonly ForeignKey[],
): Promise<number> {
  const links = parents.flatMap(({ columns }) => columns);
  const isLink = keys.length > 0 && keys.every((key) => key.every((one) => links.includes(one)));
  if (keys.length > 0 && !isLink) {
    return 0;
  }
  const isNew = parents.map(
    ({ columns: [column = ''], parent }) =>
      `exists (select from pg_temp.seeds_added a where a.of_table = ${pg.escapeLiteral(parent)} and a.id::text = s.${pg.escapeIdentifier(column)}::text)`,
  );
  const { rowCount } = await client.query(
    `delete from pg_temp.seed s where not (${['false', ...isNew].join(' or ')})`,
  );
  return isLink ? (rowCount ?? 0) : 0;
}

/** Columns by which rows are the same wherever they are: unique keys, but for ids that are drawn at random. */
async function readKeys(
  client: pg.ClientBase,
  oid: number,
  hasId: boolean,
): Promise<readonly (readonly string[])[]> {
  const { rows } = await client.query<{ columns: readonly string[] }>(
    `select array(
      select attname::text from unnest(i.indkey::smallint[]) key (number)
      join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = key.number
    ) as columns
    from pg_catalog.pg_index i
    where i.indrelid = $1 and i.indisunique and i.indpred is null and i.indexprs is null
    order by i.indexrelid`,
    [oid],
  );
  return rows
    .map(({ columns }) => columns)
    .filter((columns) => !(hasId && columns.length === 1 && columns[0] === 'id'));
}
