/** A line for people, on the error stream, so that the output stays the answer alone. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Prints rows as a table, or as JSON for programs. */
export function printTable(
  rows: readonly Readonly<Record<string, string | null>>[],
  asJson: boolean,
): void {
  if (asJson) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const names = Object.keys(rows[0] ?? {});
  const table = [names, ...rows.map((row) => names.map((name) => row[name] ?? '-'))];
  const widths = names.map((_, index) => Math.max(...table.map((row) => row[index]?.length ?? 0)));
  for (const row of table) {
    const line = row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ');
    process.stdout.write(`${line.trimEnd()}\n`);
  }
}
