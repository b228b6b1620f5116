const millisecondsOf = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 } as const;

/** Reads a duration such as `500 ms`, `10 s` or `2 min` or `12 h` as milliseconds; `null` when it is none. */
export function parseDuration(text: string): number | null {
  const match = /^(\d+)\s*(ms|s|min|h)$/.exec(text.trim());
  if (match === null) {
    return null;
  }
  const [, amount, unit] = match;
  return Number(amount) * millisecondsOf[unit as keyof typeof millisecondsOf];
}
