import type { Difference } from '../../database/describe/catalogue/compare.ts';
import type { Catalogue, Entry } from '../../database/describe/catalogue/entry.ts';

/** Facts of which one value alone is right, whatever the migrations say. */
const rules: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  table: { 'row level security': 'on' },
  index: { valid: 'true' },
  constraint: { validated: 'true', enforced: 'true' },
  trigger: { enabled: 'true' },
};

/**
 * What is switched off, invalid or not validated. `withPolicies` adds the tables of the API that people may
 * read and that have no policy, which a comparison with the migrations tells better.
 */
export function findFaults(live: Catalogue, withPolicies: boolean): readonly Difference[] {
  const entries = [...live.values()];
  const faults = entries.flatMap(({ object, kind, facts }) =>
    Object.entries(rules[kind] ?? {})
      .map(
        ([fact, should]): Difference => ({ object, kind, fact, is: facts[fact] ?? null, should }),
      )
      .filter(({ is, should }) => is !== null && is !== should),
  );
  return withPolicies ? [...faults, ...findTablesWithoutPolicy(entries)] : faults;
}

function findTablesWithoutPolicy(entries: readonly Entry[]): readonly Difference[] {
  const parentsOf = (isOne: (entry: Entry) => boolean): ReadonlySet<string> =>
    new Set(entries.filter(isOne).map(({ parent }) => parent ?? ''));
  const readable = parentsOf(({ object }) =>
    /^rights of (anon|authenticated|staff) on table public\./.test(object),
  );
  const ruled = parentsOf(({ kind }) => kind === 'policy');
  return [...readable]
    .filter((object) => !ruled.has(object))
    .map((object) => ({
      object,
      kind: 'table',
      fact: 'policies',
      is: null,
      should: 'at least one, as people may read it',
    }));
}
