import { type Column, didYouMean, type Table } from '../table.ts';

/** File's column to table's column; `null` leaves it out. */
export type ColumnMap = Readonly<Record<string, string | null>>;

/** A column of the file: the table's that it fills, or `null` for none. */
export type FileColumn = Column | null;

/**
 * Which column of the table each column of the file fills.
 *
 * @throws Error that names every column that is unknown, missing, named twice or not to be filled.
 */
export function matchHeader(
  header: readonly string[],
  table: Table,
  map: ColumnMap,
): readonly FileColumn[] {
  const mistakes = findStrayMappings(header, map);
  const names = header.map((name) => name.trim());
  const columns = names.map((name): FileColumn => {
    if (Object.hasOwn(map, name) && map[name] === null) {
      return null;
    }
    const wanted = (Object.hasOwn(map, name) ? map[name] : null) ?? name;
    const column = table.columns.find((known) => known.name === wanted);
    if (column === undefined) {
      const known = table.columns.map((known) => known.name);
      mistakes.push(`${table.name} has no column "${wanted}".${didYouMean(wanted, known)}`);
      return null;
    }
    if (column.isGenerated || column.isIdentity) {
      mistakes.push(
        `${wanted} is computed by the database: leave it out of the file, or map it to null.`,
      );
    }
    return column;
  });
  for (const column of table.columns) {
    const times = columns.filter((filled) => filled === column).length;
    if (times > 1) {
      mistakes.push(`${times} columns of the file fill ${column.name}.`);
    }
    if (times === 0 && isMissed(column)) {
      mistakes.push(`The file lacks ${column.name}, which has no default.`);
    }
  }
  if (mistakes.length > 0) {
    throw new Error(`The header does not fit.\n${mistakes.map((text) => `- ${text}`).join('\n')}`);
  }
  return columns;
}

function isMissed(column: Column): boolean {
  const { isRequired, isGenerated, isIdentity } = column;
  return isRequired && !isGenerated && !isIdentity && column.default === null;
}

function findStrayMappings(header: readonly string[], map: ColumnMap): string[] {
  const names = header.map((name) => name.trim());
  return Object.keys(map)
    .filter((name) => !names.includes(name))
    .map((name) => `The file has no column "${name}" to map.${didYouMean(name, names)}`);
}
