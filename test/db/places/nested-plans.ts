import type pg from 'pg';
import type { Claims } from '../../helpers/database.ts';
import { enter } from '../enter.ts';

/** One node of a plan that has run. */
export type PlanNode = {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
};

/**
 * Runs a statement as a user and gives what it answered and the nodes of its plan together with those of
 * the functions that it called, which `explain` does not show. `client` is a superuser's.
 */
export async function runWithPlans<Row extends pg.QueryResultRow>(
  client: pg.Client,
  claims: Claims,
  sql: string,
): Promise<{ rows: Row[]; nodes: PlanNode[] }> {
  const nodes: PlanNode[] = [];
  const collect = ({ message }: { message?: string | undefined }) => {
    const plan = /plan:\n(\{[\s\S]*\})$/.exec(message ?? '')?.[1];
    if (plan !== undefined) {
      nodes.push(...flatten(JSON.parse(plan).Plan));
    }
  };
  await client.query(`load 'auto_explain'`);
  await client.query('begin');
  await client.query(
    `select set_config('auto_explain.' || name, value, true) from (values
      ('log_min_duration', '0'), ('log_nested_statements', 'on'), ('log_analyze', 'on'),
      ('log_timing', 'off'), ('log_format', 'json'), ('log_level', 'notice')) s (name, value)`,
  );
  await enter(client, claims);
  client.on('notice', collect);
  try {
    const { rows } = await client.query<Row>(sql);
    return { rows, nodes };
  } finally {
    client.off('notice', collect);
    await client.query('rollback');
  }
}

/** Rows of a table that were looked at, thrown away or not. */
export function touched(nodes: readonly PlanNode[], table: string): number {
  return nodes
    .filter((node) => node['Relation Name'] === table)
    .map(
      (node) =>
        (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
    )
    .reduce((total, rows) => total + rows, 0);
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}
