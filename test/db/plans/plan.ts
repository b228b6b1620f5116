import type pg from 'pg';

type Node = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly Node[];
};

/** What one run of a statement did. */
export type PlanFacts = {
  /** Tables that were read from end to end. */
  readonly wholeReads: readonly string[];
  /** Rows that went into sorts. */
  readonly sorted: number;
  /** Rows of the table that were looked at, thrown away or not. */
  readonly touched: number;
  readonly milliseconds: number;
};

/** Runs `sql` and says what it did to `table`, with the rights that `client` has. */
export async function explain(
  client: pg.ClientBase,
  sql: string,
  table: string,
): Promise<PlanFacts> {
  const { rows } = await client.query<{
    'QUERY PLAN': readonly [{ Plan: Node; 'Execution Time': number }];
  }>(`explain (analyze, timing off, format json) ${sql}`);
  const [root] = rows[0]?.['QUERY PLAN'] ?? [];
  if (root === undefined) {
    throw new Error(`No plan of: ${sql}`);
  }
  const nodes = flatten(root.Plan);
  const scans = nodes.filter((node) => node['Relation Name'] === table);
  return {
    wholeReads: nodes
      .filter((node) => node['Node Type'] === 'Seq Scan')
      .map((node) => node['Relation Name'] ?? ''),
    sorted: sum(
      nodes
        .filter((node) => node['Node Type'].includes('Sort'))
        .flatMap((node) => node.Plans ?? [])
        .map((node) => node['Actual Rows'] * node['Actual Loops']),
    ),
    touched: sum(
      scans.map((node) => (node['Actual Rows'] + removedBy(node)) * node['Actual Loops']),
    ),
    milliseconds: root['Execution Time'],
  };
}

/** Rows that may be looked at in vain: those of small partial indexes, such as what is under way. */
const strays = 100;
/** A table of so few rows may be read in any way: whole is faster than by its index. */
const few = 1_000;
/** The part of a table that a page may cost who sees all of it. */
const tolerable = 0.1;

/**
 * What is wrong with a plan, for a user who sees `own` of the table's `total` rows; empty when nothing is.
 */
export function complaintsAbout(facts: PlanFacts, own: number, total: number): readonly string[] {
  if (total <= few) {
    return [];
  }
  const most = strays + Math.ceil(Math.min(own, total * tolerable));
  return [
    ...facts.wholeReads.map((table) => `reads all of ${table}`),
    ...(facts.sorted > most ? [`sorts ${facts.sorted} rows, more than ${most}`] : []),
    ...(facts.touched > most ? [`looks at ${facts.touched} rows, more than ${most}`] : []),
  ];
}

function removedBy(node: Node): number {
  return (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
}

function flatten(node: Node): readonly Node[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
