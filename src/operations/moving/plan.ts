import type pg from 'pg';
import { type Column, findTable, listTables, type Table } from '../table.ts';
import type { Changes } from './changes.ts';
import { leftOut, leftOutSchemas } from './left-out.ts';
import type { ExportedTable, Manifest } from './manifest.ts';

export type ForeignKey = {
  readonly name: string;
  /** By schema and name, as the table that it leads to. */
  readonly table: string;
  readonly parent: string;
  readonly columns: readonly string[];
  readonly keys: readonly string[];
};

/** A column of the file and what it fills; `null` for none. */
export type FilledBy = { readonly name: string; readonly column: Column | null };

export type TablePlan = {
  /** By schema and name. */
  readonly name: string;
  readonly table: Table;
  readonly source: ExportedTable | null;
  readonly header: readonly FilledBy[];
  /** Columns that are filled from other values of the row. */
  readonly fills: readonly { readonly column: Column; readonly expression: string }[];
};

export type Plan = {
  /** All tables whose rows are moved or brought, in an order in which rows come after those they name. */
  readonly tables: readonly TablePlan[];
  /** Foreign keys that go against that order. */
  readonly late: readonly ForeignKey[];
  readonly foreignKeys: readonly ForeignKey[];
};

/**
 * Decides where everything of an export goes.
 *
 * @throws Error that names every table and column that has values and no place here, or gets none and needs one.
 */
export async function makePlan(
  client: pg.ClientBase,
  manifest: Manifest,
  changes: Changes,
): Promise<Plan> {
  const mistakes: string[] = [];
  const names = (await listTables(client)).filter(
    (name) => leftOut[name] === undefined && leftOutSchemas[schemaOf(name)] === undefined,
  );
  const sources = new Map<string, readonly [name: string, table: ExportedTable]>();
  for (const [name, source] of Object.entries(manifest.tables)) {
    const place = changes.tables[name] === undefined ? name : changes.tables[name];
    if (place === null) {
      continue;
    }
    if (names.includes(place)) {
      sources.set(place, [name, source]);
    } else if (source.rows > 0 && leftOut[place] === undefined) {
      mistakes.push(
        `There is no table ${place} here, and the export has ${source.rows} rows for it. To go without them, map it: {"${name}": null}.`,
      );
    }
  }
  const plans: TablePlan[] = [];
  for (const name of names) {
    const table = await findTable(client, name);
    const [, source = null] = sources.get(name) ?? [];
    plans.push(planTable(name, table, source, changes, mistakes));
  }
  if (mistakes.length > 0) {
    throw new Error(
      `The export does not fit this version, so nothing was imported.\n${mistakes.map((text) => `- ${text}`).join('\n')}\nA mapping is a JSON file, given with --map.`,
    );
  }
  const foreignKeys = (await readForeignKeys(client)).filter(
    ({ table, parent }) => names.includes(table) && names.includes(parent),
  );
  return { ...inOrder(plans, foreignKeys), foreignKeys };
}

function planTable(
  name: string,
  table: Table,
  source: ExportedTable | null,
  changes: Changes,
  mistakes: string[],
): TablePlan {
  if (source === null) {
    return { name, table, source, header: [], fills: [] };
  }
  const header = Object.entries(source.columns).map(([from, { checksum }]): FilledBy => {
    const wanted = changes.columns[`${name}.${from}`];
    const column = table.columns.find((one) => one.name === (wanted ?? from));
    if (wanted === null || column?.isGenerated === true) {
      return { name: from, column: null };
    }
    if (column === undefined && checksum !== null) {
      mistakes.push(
        `${name} has no column ${wanted ?? from} here, and the export has values for it. Map it to another, or to null to go without: {"${name}.${from}": null}.`,
      );
    }
    return { name: from, column: column ?? null };
  });
  const fills: TablePlan['fills'][number][] = [];
  for (const column of table.columns) {
    const times = header.filter((one) => one.column === column).length;
    const expression = changes.fills[`${name}.${column.name}`];
    if (times > 1) {
      mistakes.push(`${times} columns of the export go to ${name}.${column.name}.`);
    } else if (times === 0 && expression !== undefined) {
      fills.push({ column, expression });
    } else if (times === 0 && source.rows > 0 && isMissed(column)) {
      mistakes.push(
        `${name}.${column.name} is required, has no default, and the export has nothing for it. Map a column to it, or let the migration give it a default.`,
      );
    }
  }
  return { name, table, source, header, fills };
}

function isMissed({ isRequired, isGenerated, isIdentity, default: value }: Column): boolean {
  return isRequired && !isGenerated && !isIdentity && value === null;
}

function schemaOf(table: string): string {
  return table.split('.')[0] ?? '';
}

/** Parents first. A key that closes a circle is late. */
function inOrder(
  plans: readonly TablePlan[],
  foreignKeys: readonly ForeignKey[],
): Pick<Plan, 'tables' | 'late'> {
  const tables: TablePlan[] = [];
  const late: ForeignKey[] = [];
  const begun = new Set<string>();
  const visit = (plan: TablePlan): void => {
    begun.add(plan.name);
    for (const key of foreignKeys.filter(({ table }) => table === plan.name)) {
      const parent = plans.find(({ name }) => name === key.parent);
      if (parent === undefined || parent === plan || tables.includes(parent)) {
        continue;
      }
      if (begun.has(parent.name)) {
        late.push(key);
      } else {
        visit(parent);
      }
    }
    tables.push(plan);
  };
  for (const plan of plans) {
    if (!begun.has(plan.name)) {
      visit(plan);
    }
  }
  return { tables, late };
}

async function readForeignKeys(client: pg.ClientBase): Promise<readonly ForeignKey[]> {
  const namesOf = (relation: string, keys: string): string => `
    array(select attname::text from unnest(${keys}::smallint[]) with ordinality as key (number, place)
      join pg_catalog.pg_attribute on attrelid = ${relation} and attnum = key.number order by place)`;
  const { rows } = await client.query<ForeignKey>(`
    select conname::text as name, format('%s.%s', n.nspname, t.relname) as "table",
      format('%s.%s', m.nspname, p.relname) as parent,
      ${namesOf('conrelid', 'conkey')} as columns, ${namesOf('confrelid', 'confkey')} as keys
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_class t on t.oid = conrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace
    join pg_catalog.pg_class p on p.oid = confrelid join pg_catalog.pg_namespace m on m.oid = p.relnamespace
    where contype = 'f' and conparentid = 0
    order by 2, 1`);
  return rows;
}
