import type pg from 'pg';

/** What is looked at of a node of a plan. */
export type PlanNode = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Actual Total Time': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
};

/**
 * The nodes of all plans that `act` runs on this connection, those inside functions as well. As superuser,
 * in a transaction.
 */
export async function plansOf(client: pg.Client, act: () => Promise<void>): Promise<PlanNode[]> {
  const nodes: PlanNode[] = [];
  const listen = ({ message }: { readonly message?: string | undefined }): void => {
    const start = message?.indexOf('{') ?? -1;
    if (message?.startsWith('duration: ') && start >= 0) {
      nodes.push(...flatten((JSON.parse(message.slice(start)) as { Plan: PlanNode }).Plan));
    }
  };
  await client.query(`load 'auto_explain'`);
  await client.query(`set local auto_explain.log_min_duration = 0;
    set local auto_explain.log_analyze = on; set local auto_explain.log_nested_statements = on;
    set local auto_explain.log_format = json; set local auto_explain.log_level = notice`);
  client.on('notice', listen);
  try {
    await act();
  } finally {
    client.off('notice', listen);
    await client.query('set local auto_explain.log_min_duration = -1');
  }
  return nodes;
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}
