import { kindOf, type Mapping } from './mapping.ts';
import { mobileNumber } from './mobile-number.ts';
import { derivedColumns, naturalKeys, sideConditions, synonyms, valueRules } from './rules.ts';
import { quote, type SourceTable } from './source.ts';
import type { TargetColumn } from './target.ts';

/** What is written into one of our tables, for each row of the source. */
export type Part = {
  readonly table: string;
  readonly columns: readonly string[];
  /** SQL over `s`, one a column. */
  readonly values: readonly string[];
  /** `null`: for every row. */
  readonly condition: string | null;
};

export type Reference = {
  readonly column: string;
  /** SQL over `s`. */
  readonly value: string;
  readonly table: string;
};

export type TablePlan = {
  readonly source: SourceTable;
  /** The id that a row has here: SQL over `s`. */
  readonly id: string;
  readonly main: Part;
  readonly sides: readonly Part[];
  /** References to the same table, set when all its rows are there. */
  readonly late: Part;
  /** References of the main part to rows of other tables, by their ids. */
  readonly references: readonly Reference[];
};

export type ImportPlan = {
  /** In an order in which every row comes after those it names. */
  readonly tables: readonly TablePlan[];
  /** Tables with no place here. */
  readonly notKept: readonly SourceTable[];
  readonly unknownColumns: readonly string[];
};

/** Which ids are other ones here. */
const renumbered = new Set([...Object.keys(naturalKeys), 'employees']);

/** Decides from the mapping where everything goes. */
export function makePlan(
  sources: readonly SourceTable[],
  targets: readonly TargetColumn[],
  mappings: readonly Mapping[],
): ImportPlan {
  const tables: TablePlan[] = [];
  const notKept: SourceTable[] = [];
  const unknownColumns: string[] = [];
  for (const source of sources) {
    const own = mappings.filter(({ table }) => table === source.name);
    const mainName = targets.some(({ table }) => table === source.name)
      ? source.name
      : own.find(({ column }) => column === 'id')?.place?.table;
    if (mainName === undefined) {
      notKept.push(source);
      if (!own.some(({ column }) => column === '*')) {
        unknownColumns.push(`${source.name}.*`);
      }
      continue;
    }
    tables.push(planTable(source, mainName, targets, own));
    const known = new Set([
      ...targets.filter(({ table }) => table === mainName).map(({ name }) => name),
      ...own.map(({ column }) => column),
    ]);
    unknownColumns.push(
      ...source.columns
        .filter(({ name }) => !known.has(name))
        .map(({ name }) => `${source.name}.${name}`),
    );
  }
  return { tables: inOrder(tables, targets), notKept, unknownColumns };
}

/** The columns, as text, that rules may name of a table whether the source has them or not. */
export function stagedColumns(
  table: string,
  sources: readonly SourceTable[],
  targets: readonly TargetColumn[],
  mappings: readonly Mapping[],
): readonly string[] {
  return [
    ...new Set([
      ...(sources.find(({ name }) => name === table)?.columns ?? []).map(({ name }) => name),
      ...targets.filter((column) => column.table === table).map(({ name }) => name),
      ...mappings.filter((mapping) => mapping.table === table).map(({ column }) => column),
    ]),
  ].filter((name) => name !== '*');
}

function planTable(
  source: SourceTable,
  mainName: string,
  targets: readonly TargetColumn[],
  mappings: readonly Mapping[],
): TablePlan {
  const isThere = (name: string): boolean => source.columns.some((column) => column.name === name);
  const sourcesOf = (target: TargetColumn): readonly string[] => {
    const mapped = mappings.filter(
      ({ place }) => place?.table === target.table && place.column === target.name,
    );
    return [
      ...(target.table === mainName ? [target.name] : []),
      ...mapped.filter((mapping) => kindOf(mapping) === 'moved').map(({ column }) => column),
      ...mapped.filter((mapping) => kindOf(mapping) === 'second name').map(({ column }) => column),
    ].filter(isThere);
  };
  const id = valueRules[`${mainName}.id`] ?? 's.id::uuid';
  const partOf = (
    table: string,
    isWanted: (column: TargetColumn) => boolean,
    key: string | null,
  ): Part => {
    const columns: string[] = [];
    const values: string[] = [];
    for (const target of targets) {
      if (target.table === table && !target.isGenerated && isWanted(target)) {
        const value =
          target.name === key
            ? id
            : (valueRules[`${table}.${target.name}`] ?? typed(target, sourcesOf(target)));
        if (value !== null) {
          columns.push(quote(target.name));
          values.push(orDefault(target, value));
        }
      }
    }
    return { table, columns, values, condition: sideConditions[table] ?? null };
  };
  const isSelf = (column: TargetColumn): boolean => column.refersTo === mainName;
  const sideNames = new Set(
    mappings
      .filter((mapping) => kindOf(mapping) === 'moved')
      .flatMap(({ place }) => (place === null || place.table === mainName ? [] : [place.table])),
  );
  const main = partOf(
    mainName,
    (column) => !isSelf(column) && !derivedColumns.has(`${mainName}.${column.name}`),
    'id',
  );
  return {
    source,
    id,
    main,
    references: targets.flatMap(({ table, name, type, refersTo }) => {
      const value = main.values[main.columns.indexOf(quote(name))];
      const isOther = table === mainName && refersTo !== null && type === 'uuid';
      return isOther && value !== undefined ? [{ column: name, value, table: refersTo }] : [];
    }),
    sides: [...sideNames].map((side) => {
      const key = targets.find(({ table, refersTo }) => table === side && refersTo === mainName);
      return partOf(side, () => true, key?.name ?? null);
    }),
    late: partOf(mainName, isSelf, null),
  };
}

/** `null`: the source has nothing for it, so it gets its default. */
function typed(target: TargetColumn, names: readonly string[]): string | null {
  const [first, ...others] = names.map((name) => `s.${quote(name)}`);
  if (first === undefined) {
    return null;
  }
  const text =
    others.length === 0
      ? first
      : `coalesce(nullif(trim(${first}), ''), ${others.map((other) => `nullif(trim(${other}), '')`).join(', ')})`;
  const filled = `nullif(trim(${text}), '')`;
  if (target.filePurpose !== null) {
    return reference(target, filled);
  }
  switch (target.domain) {
    case 'mobile_number':
      return mobileNumber(filled);
    case 'email_address':
      return `lower(${filled})`;
    case 'gstin':
    case 'pan':
    case 'ifsc':
      return `upper(regexp_replace(${filled}, '\\s', '', 'g'))`;
    case 'pincode':
      return `regexp_replace(${filled}, '\\s', '', 'g')`;
    default:
      break;
  }
  const spellings = synonyms[`${target.table}.${target.name}`];
  if (target.list !== null || spellings !== undefined) {
    const value = `lower(regexp_replace(${filled}, '[\\s-]+', '_', 'g'))`;
    const cases = Object.entries(spellings ?? {}).map(
      ([from, to]) => `when '${from}' then '${to}'`,
    );
    return cases.length === 0 ? value : `case ${value} ${cases.join(' ')} else ${value} end`;
  }
  if (target.type === 'polygon') {
    return polygon(filled);
  }
  if (target.type === 'text') {
    // Of those that name a partner type by its code.
    return target.refersTo === 'partner_types' ? `upper(${filled})` : text;
  }
  const value = `${filled}::${target.type}`;
  return target.type === 'uuid' && target.refersTo !== null && renumbered.has(target.refersTo)
    ? `coalesce((select m.id from pg_temp.old_moved_ids m
        where m.of_table = '${target.refersTo}' and m.old_id = ${filled}), ${value})`
    : value;
}

function orDefault(target: TargetColumn, value: string): string {
  return target.isRequired && target.defaultValue !== null
    ? `coalesce(${value}, ${target.defaultValue})`
    : value;
}

/** The files stay where they are; what refers to one is kept beside its address. */
function reference({ type, filePurpose }: TargetColumn, text: string): string {
  return type.endsWith('[]')
    ? `case when ${text} is not null then array(select app_private.adopt_file(u.address, '${filePurpose}')
        from unnest(${text}::text[]) with ordinality u (address, n) order by u.n) end`
    : `app_private.adopt_file(${text}, '${filePurpose}')`;
}

/** From how PostGIS writes one, POLYGON((1 2,3 4,1 2)), or as PostgreSQL does. */
function polygon(text: string): string {
  return `case when ${text} ~* '^polygon'
    then ('(' || regexp_replace(regexp_replace(${text}, '^polygon\\s*\\(\\(|\\)\\)$', '', 'gi'),
      '(-?[0-9.]+)\\s+(-?[0-9.]+)', '(\\1,\\2)', 'g') || ')')::polygon
    else (${text})::polygon end`;
}

function inOrder(
  tables: readonly TablePlan[],
  targets: readonly TargetColumn[],
): readonly TablePlan[] {
  const ordered: TablePlan[] = [];
  const begun = new Set<TablePlan>();
  const visit = (plan: TablePlan): void => {
    if (ordered.includes(plan)) {
      return;
    }
    if (begun.has(plan)) {
      throw new Error(`The tables that ${plan.main.table} names, name it too: there is no order.`);
    }
    begun.add(plan);
    for (const part of [plan.main, ...plan.sides]) {
      for (const { table, name, refersTo } of targets) {
        if (
          table === part.table &&
          refersTo !== null &&
          refersTo !== plan.main.table &&
          part.columns.includes(quote(name))
        ) {
          for (const named of tables.filter(({ main }) => main.table === refersTo)) {
            visit(named);
          }
        }
      }
    }
    ordered.push(plan);
  };
  for (const plan of tables) {
    visit(plan);
  }
  return ordered;
}
