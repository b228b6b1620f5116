/** Where in a value a text is: names of fields, and numbers of entries in lists. */
export type InputPath = readonly (string | number)[];

/** What is wrong with such a text, and what to do. */
export const unstorableWords =
  'This has a character that cannot be stored: U+0000, or half of a surrogate pair. Remove it.';

/**
 * Whether PostgreSQL can keep a text: it knows no U+0000, and half of a surrogate pair is not UTF-8
 * (SQLSTATE 22021, in JSON 22P05).
 */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** The way to the first text in a value that PostgreSQL cannot keep, names of fields included; undefined without one. */
export function findUnstorable(value: unknown, path: InputPath = []): InputPath | undefined {
  if (typeof value === 'string') {
    return isStorable(value) ? undefined : path;
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const isList = Array.isArray(value);
  for (const [key, each] of Object.entries(value)) {
    if (!isList && !isStorable(key)) {
      return path;
    }
    const found = findUnstorable(each, [...path, isList ? Number(key) : key]);
    if (found) {
      return found;
    }
  }
  return undefined;
}

/** A path as an error names it: `input.patch.name`, `input.serviceIds.1`. */
export function fieldName(path: InputPath): string {
  return path.join('.');
}
