import type { Person } from './person.ts';

/** Which mutations were called with an effect that a test saw. */
export type Coverage = {
  /** Notes that the effect of a mutation was seen. */
  readonly note: (mutation: string) => void;
  readonly isNoted: (mutation: string) => boolean;
};

export function makeCoverage(): Coverage {
  const noted = new Set<string>();
  return {
    note: (mutation) => void noted.add(mutation),
    isNoted: (mutation) => noted.has(mutation),
  };
}

/** Every mutation that the API has, by its own words. */
export async function mutationsOfApi(ask: Person['query']): Promise<readonly string[]> {
  const { __schema } = await ask('{ __schema { mutationType { fields { name } } } }');
  return __schema.mutationType.fields.map(({ name }: { name: string }) => name).sort();
}

/**
 * Mutations that no chapter reaches, each with its reason. The list only gets shorter: a mutation that is here and
 * is reached fails the season as does one that is neither.
 */
export const notYet: Readonly<Record<string, string>> = {};
