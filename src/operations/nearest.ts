/** The one of `names` that is most like `name`; `null` when none is like it. */
export function nearest(name: string, names: readonly string[]): string | null {
  let best: string | null = null;
  let fewest = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const other of names) {
    const changes = countChanges(name.toLowerCase(), other.toLowerCase());
    if (changes < fewest) {
      [best, fewest] = [other, changes];
    }
  }
  return best;
}

/** How many letters must be added, removed or changed (Levenshtein). */
function countChanges(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (const [at, otherLetter] of [...other].entries()) {
      const changed = (row[at] ?? 0) + (letter === otherLetter ? 0 : 1);
      next.push(Math.min(changed, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
