import type pg from 'pg';
import { inTransaction } from '../../lib/postgres.ts';
import type { Check, Fault } from './check.ts';
import { checks } from './checks/checks.ts';

/** Rows that are shown of a check; the number is of all. */
export const shownFaults = 20;

/** Its days are dropped, which no snapshot undoes. */
const eventLog = 'app_private.events';

export type Finding = {
  readonly check: Check;
  readonly count: number;
  /** The first, by key. */
  readonly faults: readonly Fault[];
  /** How long the query took, in milliseconds. */
  readonly milliseconds: number;
};

/**
 * The checks of these names, in the order in which they run; all when there are none.
 *
 * @throws Error that names each that there is not.
 */
export function chooseChecks(names: readonly string[]): readonly Check[] {
  const unknown = names.filter((name) => !checks.some((check) => check.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `There is no check ${unknown.map((name) => `"${name}"`).join(', ')}. To list all checks, run: npx ombaro validate`,
    );
  }
  return names.length === 0 ? checks : checks.filter(({ name }) => names.includes(name));
}

/** Runs checks in one transaction that reads only, so that all see the same moment. */
export async function validate(
  client: pg.ClientBase,
  chosen: readonly Check[],
  onFinding: (finding: Finding) => void = () => {},
): Promise<readonly Finding[]> {
  const findAll = async () => {
    if (chosen.some(({ tables }) => tables.includes(eventLog))) {
      // Before the snapshot, which the first query takes: days that are trimmed later would be missing in it.
      await client.query(`lock table only ${eventLog} in access share mode`);
    }
    const findings: Finding[] = [];
    for (const check of chosen) {
      const finding = await findFaults(client, check);
      findings.push(finding);
      onFinding(finding);
    }
    return findings;
  };
  return await inTransaction(client, findAll, { isSnapshot: true });
}

/** @throws Error that names the check whose query fails. */
export async function findFaults(client: pg.ClientBase, check: Check): Promise<Finding> {
  const began = performance.now();
  try {
    const query = typeof check.query === 'string' ? check.query : await check.query(client);
    const { rows } = await client.query<Fault & { count: string }>(
      `select count(*) over () as count, coalesce(f.key::text, '-') as key, to_jsonb(f) - 'key' as wrong
      from (${query}) f
      order by f.key::text limit $1`,
      [shownFaults],
    );
    return {
      check,
      count: Number(rows[0]?.count ?? 0),
      faults: rows.map(({ key, wrong }) => ({ key, wrong })),
      milliseconds: performance.now() - began,
    };
  } catch (cause) {
    throw new Error(`The check ${check.name} could not be made.`, { cause });
  }
}
