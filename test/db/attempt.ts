import type pg from 'pg';

/**
 * Runs one statement of a transaction and says how it ended: with how many rows, or the code of its error,
 * in which case the transaction goes on as before. What the statement did is undone either way.
 */
export async function attempt(client: pg.ClientBase, sql: string): Promise<number | string> {
  try {
    // One message, because there are tens of thousands of attempts.
    const results = (await client.query(
      `savepoint attempt; ${sql}; rollback to savepoint attempt`,
    )) as unknown as readonly pg.QueryResult[];
    return results[1]?.rowCount ?? 0;
  } catch (error) {
    await client.query('rollback to savepoint attempt');
    return codeOf(error);
  }
}

/** The SQLSTATE of an error of the database; any other error is thrown on. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  throw error;
}
