import pg from 'pg';
import type { Check, Constraints, ForeignKey, Unique } from './constraints.ts';
import { dropBad, moveBad, noteBad } from './staging.ts';
import { escaped, isFilled, type Target, typedRows } from './target.ts';

/**
 * Takes lines out of `staging` that the table would refuse: missing values, checks, foreign keys, values that
 * are in the table already, and then what is wrong between the lines that are left. With `key`, rows that
 * have the same values there are replaced, and so no duplicates.
 */
export async function checkRules(
  client: pg.ClientBase,
  target: Target,
  constraints: Constraints,
  key: readonly string[],
): Promise<void> {
  const { checks, foreignKeys, uniques } = constraints;
  const found =
    (await noteMissing(client, target)) +
    (await noteBroken(client, target, checks)) +
    (await noteDangling(client, target, foreignKeys)) +
    (await noteTaken(client, target, uniques, key));
  if (found > 0) {
    await dropBad(client);
  }
  for (const unique of uniques) {
    if (isGiven(target, unique)) {
      await moveBad(client, repeatedQuery(target, unique));
    }
  }
  await dropUnattached(client, target, foreignKeys);
}

async function noteMissing(client: pg.ClientBase, { filled }: Target): Promise<number> {
  const required = filled.filter(({ column }) => column.isRequired);
  if (required.length === 0) {
    return 0;
  }
  const reasons = required.map(
    ({ column, staged }) =>
      `(case when ${staged} is null then ${pg.escapeLiteral(`${column.name}: is missing`)} end)`,
  );
  const isMissing = required.map(({ staged }) => `${staged} is null`).join(' or ');
  return await noteBad(
    client,
    `select line, reason
    from pg_temp.staging
    cross join lateral (values ${reasons.join(', ')}) as missing (reason)
    where (${isMissing}) and reason is not null`,
  );
}

/** All checks in one pass, and each in its own only when that finds something. */
async function noteBroken(
  client: pg.ClientBase,
  target: Target,
  checks: readonly Check[],
): Promise<number> {
  if (checks.length === 0) {
    return 0;
  }
  const names = [...new Set(checks.flatMap(({ columns }) => columns))];
  const isBroken = ({ expression }: Check): string => `(${expression}) is false`;
  const { rowCount } = await client.query(
    `select from ${typedRows(target, names)} as typed where ${checks.map(isBroken).join(' or ')} limit 1`,
  );
  let found = 0;
  for (const check of rowCount === 0 ? [] : checks) {
    const reason = pg.escapeLiteral(`${check.columns.join(', ')}: ${check.explanation}`);
    found += await noteBad(
      client,
      `select line, ${reason} from ${typedRows(target, check.columns)} as typed where ${isBroken(check)}`,
    );
  }
  return found;
}

async function noteDangling(
  client: pg.ClientBase,
  target: Target,
  foreignKeys: readonly ForeignKey[],
): Promise<number> {
  let found = 0;
  for (const foreignKey of foreignKeys) {
    if (!foreignKey.isToItself && isAnyFilled(target, foreignKey)) {
      found += await noteBad(client, danglingQuery(target, foreignKey, ''));
    }
  }
  return found;
}

/** What refers to lines of the file: each one that goes may leave others without theirs. */
async function dropUnattached(
  client: pg.ClientBase,
  target: Target,
  foreignKeys: readonly ForeignKey[],
): Promise<void> {
  const own = foreignKeys.filter(
    (foreignKey) => foreignKey.isToItself && isAnyFilled(target, foreignKey),
  );
  let found = own.length;
  while (found > 0) {
    found = 0;
    for (const foreignKey of own) {
      const { keys, columns } = foreignKey;
      const isInFile = keys.every((name) => isFilled(target, name))
        ? `and not exists (
            select from ${typedRows(target, keys)} as other where ${equal('other', keys, 'typed', columns)}
          )`
        : '';
      found += await moveBad(client, danglingQuery(target, foreignKey, isInFile));
    }
  }
}

function danglingQuery(
  target: Target,
  { columns, table, keys }: ForeignKey,
  isInFile: string,
): string {
  const isGivenAll = columns.map((name) => `typed.${pg.escapeIdentifier(name)} is not null`);
  return `
    select line, ${reasonWithValues(columns, `is not in ${table}`)}
    from ${typedRows(target, columns)} as typed
    where ${isGivenAll.join(' and ')}
      and not exists (select from ${table} as other where ${equal('other', keys, 'typed', columns)})
      ${isInFile}`;
}

/** Values that another row of the table has, unless that is the row to be replaced. */
async function noteTaken(
  client: pg.ClientBase,
  target: Target,
  uniques: readonly Unique[],
  key: readonly string[],
): Promise<number> {
  let found = 0;
  for (const unique of uniques) {
    if (isGiven(target, unique) && !isKey(unique, key)) {
      found += await noteBad(client, takenQuery(target, unique, key));
    }
  }
  return found;
}

function takenQuery(target: Target, unique: Unique, key: readonly string[]): string {
  const { columns, predicate } = unique;
  const where = predicate === null ? '' : `where ${predicate}`;
  const isAnother = key.length === 0 ? '' : `and not (${equal('other', key, 'typed', key)})`;
  return `
    select line, ${reasonWithValues(columns, `is in ${target.table.name} already`)}
    from (select * from ${keyRows(target, unique, key)} as given ${where}) as typed
    where exists (
      select from (select * from ${target.table.name} ${where}) as other
      where ${equal('other', columns, 'typed', columns)} ${isAnother}
    )`;
}

/** Of lines with the same values the first may stay. */
function repeatedQuery(target: Target, unique: Unique): string {
  const { columns, predicate } = unique;
  const isGivenAll = columns.map((name) => `${pg.escapeIdentifier(name)} is not null`);
  return `
    select line, ${reasonWithValues(columns, 'is in line ')} || first_line || ' already'
    from (
      select *, min(line) over (partition by ${escaped(columns)}) as first_line
      from ${keyRows(target, unique, [])} as given
      where ${[...isGivenAll, ...(predicate === null ? [] : [`(${predicate})`])].join(' and ')}
    ) as typed
    where line > first_line`;
}

function keyRows(target: Target, unique: Unique, key: readonly string[]): string {
  const names = new Set([...unique.columns, ...unique.predicateColumns, ...key]);
  return typedRows(target, [...names]);
}

export function equal(
  left: string,
  leftNames: readonly string[],
  right: string,
  rightNames: readonly string[],
): string {
  return leftNames
    .map((name, index) => {
      const other = pg.escapeIdentifier(rightNames[index] ?? '');
      return `${left}.${pg.escapeIdentifier(name)} = ${right}.${other}`;
    })
    .join(' and ');
}

/** `name, name: value, value` and what is the matter with it. */
function reasonWithValues(columns: readonly string[], matter: string): string {
  const values = columns.map((name) => `typed.${pg.escapeIdentifier(name)}::text`);
  return `${pg.escapeLiteral(`${columns.join(', ')}: `)} || concat_ws(', ', ${values.join(', ')}) || ${pg.escapeLiteral(` ${matter}`)}`;
}

function isGiven(target: Target, { columns }: Unique): boolean {
  return columns.every((name) => isFilled(target, name));
}

export function isKey({ columns, predicate }: Unique, key: readonly string[]): boolean {
  return (
    predicate === null &&
    columns.length === key.length &&
    columns.every((name) => key.includes(name))
  );
}

function isAnyFilled(target: Target, { columns }: ForeignKey): boolean {
  return columns.some((name) => isFilled(target, name));
}
