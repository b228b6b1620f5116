import { compareCatalogues, type Difference } from '../../database/describe/catalogue/compare.ts';
import type { Catalogue } from '../../database/describe/catalogue/entry.ts';
import { findFaults } from './faults.ts';

/**
 * What is not as it should be: what differs from `expected`, where that is known, and what is switched off or
 * invalid whatever the migrations say. Nothing is told twice.
 */
export function findDifferences(
  live: Catalogue,
  expected: Catalogue | null,
): readonly Difference[] {
  const drift = expected === null ? [] : compareCatalogues(live, expected);
  const told = new Set(drift.map(({ object, fact }) => `${object} ${fact}`));
  const faults = findFaults(live, expected === null);
  return [...drift, ...faults.filter(({ object, fact }) => !told.has(`${object} ${fact}`))];
}
