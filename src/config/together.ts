/** Variables that are set, by name. */
export type Names = ReadonlyMap<string, string | undefined>;

/** All of them, or none: what is missing beside what is there, each with its remedy. */
export function findMissingOf(set: Names, names: readonly string[]): string[] {
  const present = names.filter((name) => set.has(name));
  return present.length === 0
    ? []
    : names
        .filter((name) => !set.has(name))
        .map(
          (name) => `${name} is not set, but ${present[0]} is: set ${names.join(', ')}, or none.`,
        );
}
