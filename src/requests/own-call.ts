import type { QueryResultRow } from 'pg';
import { inTransaction } from '../lib/postgres.ts';
import type { ApiPool } from './pool.ts';
import { originSettings, originValues } from './request-origin.ts';
import type { RequestScope } from './scope.ts';

/** A call of a function that is granted to `ombaro_api` itself, with a name under which it is prepared. */
export type OwnStatement = {
  readonly name: string;
  readonly text: string;
};

/**
 * Runs one statement in a transaction of its own and gives its rows. What it changes is put down to
 * the request of the scope; null where no request asks for it, or nothing is changed.
 */
export type OwnCall = <Row extends QueryResultRow>(
  scope: RequestScope | null,
  statement: OwnStatement,
  values: readonly unknown[],
) => Promise<Row[]>;

const begin = `select set_config('statement_timeout', $1, true), ${originSettings(2)}`;

/** Makes calls as `ombaro_api`: no user is signed in, and the database grants each function by name. */
export function makeOwnCall(pool: ApiPool, statementTimeoutMs: number): OwnCall {
  return async <Row extends QueryResultRow>(
    scope: RequestScope | null,
    statement: OwnStatement,
    values: readonly unknown[],
  ) => {
    const client = await pool.connect();
    try {
      const rows = await inTransaction(client, async () => {
        await client.query(begin, [`${statementTimeoutMs}ms`, ...originValues(scope?.origin)]);
        return (await client.query<Row>({ ...statement, values: [...values] })).rows;
      });
      client.release();
      return rows;
    } catch (error) {
      client.release(true);
      throw error;
    }
  };
}
