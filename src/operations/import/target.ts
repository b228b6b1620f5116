import pg from 'pg';
import type { Column, Table } from '../table.ts';
import type { FileColumn } from './header.ts';
import { stagedName } from './staging.ts';

/** A table and how a file fills it. */
export type Target = {
  readonly table: Table;
  /** What the file gives, with the name of the text in `staging`. */
  readonly filled: readonly Filled[];
};

export type Filled = { readonly column: Column; readonly staged: string };

export function makeTarget(table: Table, columns: readonly FileColumn[]): Target {
  const filled = columns.flatMap((column, index) =>
    column === null ? [] : [{ column, staged: stagedName(index) }],
  );
  return { table, filled };
}

export function isFilled({ filled }: Target, name: string): boolean {
  return filled.some(({ column }) => column.name === name);
}

export function escaped(names: readonly string[]): string {
  return names.map((name) => pg.escapeIdentifier(name)).join(', ');
}

/** The value of a column, of `staging`: of its own type, as inserting would make it. */
export function typedValue({ filled }: Target, column: Column): string {
  const source = filled.find((entry) => entry.column === column);
  if (source !== undefined) {
    return column.type === 'text' ? source.staged : `${source.staged}::${column.type}`;
  }
  return column.default === null ? `null::${column.type}` : `(${column.default})::${column.type}`;
}

/**
 * A sub-query of `staging` with the line and these columns as the table would have them, under their names.
 * Only what can be read as its type may be in `staging`.
 */
export function typedRows(target: Target, names: readonly string[]): string {
  const list = names.map((name) => {
    const column = target.table.columns.find((known) => known.name === name);
    if (column === undefined) {
      throw new Error(`${target.table.name} has no column ${name}.`);
    }
    return `, ${typedValue(target, column)} as ${pg.escapeIdentifier(name)}`;
  });
  return `(select line${list.join('')} from pg_temp.staging)`;
}
