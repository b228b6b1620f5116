import pg from 'pg';

export type Checksums = {
  readonly rows: number;
  /** Of the values as text in any order; `null` when every one is null. */
  readonly columns: Readonly<Record<string, string | null>>;
};

/**
 * Counts a table and adds up the values of each column, in one pass: the same in another database, on another
 * version of PostgreSQL. Texts are those of the session's settings.
 */
export async function readChecksums(
  client: pg.ClientBase,
  table: string,
  columns: readonly string[],
): Promise<Checksums> {
  const sums = columns.map(
    (name) => `, sum(pg_catalog.hashtextextended(${pg.escapeIdentifier(name)}::text, 0))::text`,
  );
  const { rows } = await client.query<(string | null)[]>({
    text: `select count(*)::text ${sums.join('')} from ${table}`,
    rowMode: 'array',
  });
  const [found] = rows;
  if (found === undefined) {
    throw new Error(
      `The rows of ${table} could not be counted: the server sent no answer. Try again.`,
    );
  }
  const [count, ...values] = found;
  return {
    rows: Number(count),
    columns: Object.fromEntries(columns.map((name, index) => [name, values[index] ?? null])),
  };
}
