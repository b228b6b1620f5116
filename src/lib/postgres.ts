import pg from 'pg';
import { applicationName } from './this-process.ts';

/**
 * Connects one client, hands it to `act`, and disconnects whatever happens.
 *
 * @throws Error that says where and as whom it could not connect, or lost its connection.
 */
export async function withClient<Result>(
  connectionString: string,
  act: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const { host, username } = new URL(connectionString);
  const where = `${host}/${databaseOf(connectionString)} as ${decodeURIComponent(username)}`;
  const client = new pg.Client({ connectionString, application_name: applicationName() });
  const { promise: lost, reject: lose } = Promise.withResolvers<never>();
  // Unheard, it would end the process.
  client.on('error', (cause) => {
    lose(new Error(`The connection to ${where} was lost.`, { cause }));
  });
  try {
    await client.connect();
  } catch (cause) {
    throw new Error(`Cannot connect to ${where}. If it is new, run: npx ombaro migrate`, { cause });
  }
  try {
    return await Promise.race([act(client), lost]);
  } finally {
    await client.end();
  }
}

export type TransactionOptions = {
  /** Everything is seen as of one moment, and nothing can be written. */
  readonly isSnapshot?: boolean;
  /** Everything is rolled back, also when `act` returns. */
  readonly isUndone?: boolean;
};

/** Runs `act` in a transaction of `client`: committed when it returns, rolled back when it throws. */
export async function inTransaction<Result>(
  client: pg.ClientBase,
  act: () => Promise<Result>,
  { isSnapshot = false, isUndone = false }: TransactionOptions = {},
): Promise<Result> {
  await client.query(isSnapshot ? 'begin isolation level repeatable read, read only' : 'begin');
  try {
    const result = await act();
    await client.query(isUndone ? 'rollback' : 'commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** The same server and user as `connectionString`, another database. */
export function withDatabase(connectionString: string, database: string): string {
  const url = new URL(connectionString);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

/** The database that `connectionString` names. */
export function databaseOf(connectionString: string): string {
  return decodeURIComponent(new URL(connectionString).pathname.slice(1));
}
