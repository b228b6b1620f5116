import type pg from 'pg';
import { inTransaction } from '../../lib/postgres.ts';
import type { Check, Fault } from './check.ts';
import { findFaults, shownFaults } from './validate.ts';

export type Change = {
  readonly key: string;
  /** `null`: the row is new. */
  readonly before: unknown;
  /** `null`: the row is gone. */
  readonly after: unknown;
};

export type RepairPlan = {
  readonly check: Check;
  readonly does: string;
  readonly count: number;
  /** The first, by key. */
  readonly changes: readonly Change[];
};

/** What is left of a check after the repairs. */
export type Remainder = {
  readonly check: Check;
  readonly count: number;
  readonly faults: readonly Fault[];
};

/** Nothing was changed: the rows are no longer those that were shown. */
export class ChangedMeanwhileError extends Error {
  override name = 'ChangedMeanwhileError';
}

/** What the repairs would do: they are done, and taken back. */
export async function planRepairs(
  client: pg.ClientBase,
  chosen: readonly Check[],
): Promise<readonly RepairPlan[]> {
  return await inTransaction(client, () => runRepairs(client, chosen), { isUndone: true });
}

/**
 * Does what was planned, all in one transaction, and looks again.
 *
 * @throws ChangedMeanwhileError when it would be something else than was planned.
 */
export async function repair(
  client: pg.ClientBase,
  plans: readonly RepairPlan[],
): Promise<readonly Remainder[]> {
  const chosen = plans.map(({ check }) => check);
  return await inTransaction(client, async () => {
    const done = await runRepairs(client, chosen);
    if (JSON.stringify(done.map(summary)) !== JSON.stringify(plans.map(summary))) {
      throw new ChangedMeanwhileError(
        'The rows have changed since they were shown, so nothing was repaired. Run the command again.',
      );
    }
    const remainders: Remainder[] = [];
    for (const check of chosen) {
      remainders.push(await findFaults(client, check));
    }
    return remainders;
  });
}

async function runRepairs(
  client: pg.ClientBase,
  chosen: readonly Check[],
): Promise<readonly RepairPlan[]> {
  const plans: RepairPlan[] = [];
  for (const check of chosen) {
    if (check.repair !== undefined) {
      const { rows } = await client.query<Change & { count: string }>(
        `with ${check.repair.changes}
        select count(*) over () as count, c.key::text as key, to_jsonb(c.before) as before,
          to_jsonb(c.after) as after
        from changed c order by c.key::text limit $1`,
        [shownFaults],
      );
      const count = Number(rows[0]?.count ?? 0);
      if (count > 0) {
        const changes = rows.map(({ key, before, after }) => ({ key, before, after }));
        plans.push({ check, does: check.repair.does, count, changes });
      }
    }
  }
  return plans;
}

function summary({ check, count, changes }: RepairPlan): unknown {
  return [check.name, count, changes];
}
