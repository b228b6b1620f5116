import type pg from 'pg';
import type { Claims, TestDatabase } from '../helpers/database.ts';
import { codeOf } from './attempt.ts';
import { enter } from './enter.ts';

/** A transaction of an administrator that is rolled back in the end, in which requests can be played. */
export type Play = {
  readonly query: pg.Client['query'];
  /** Runs one statement as a request with these claims would, from the door on. */
  readonly as: <Row extends pg.QueryResultRow>(
    claims: Claims,
    sql: string,
    values?: readonly unknown[],
  ) => Promise<readonly Row[]>;
  /** The same; `ok` or the code of the error, after which the play goes on. */
  readonly ends: (claims: Claims, sql: string, values?: readonly unknown[]) => Promise<string>;
  readonly end: () => Promise<void>;
};

export async function beginPlay(database: TestDatabase): Promise<Play> {
  // Of a pool: what a new connection would have to learn of the catalogue takes longer than most plays.
  const client = await database.administrator.connect();
  await client.query('begin');
  const as: Play['as'] = async (claims, sql, values = []) => {
    await client.query('savepoint request');
    try {
      await enter(client, claims);
      const { rows } = await client.query(sql, [...values]);
      await client.query(
        `select set_config('role', 'none', true), set_config('request.jwt.claims', '', true)`,
      );
      return rows;
    } catch (error) {
      // Gives back the administrator's role, too.
      await client.query('rollback to savepoint request');
      throw error;
    }
  };
  return {
    query: client.query.bind(client) as pg.Client['query'],
    as,
    ends: async (claims, sql, values) => {
      try {
        await as(claims, sql, values);
        return 'ok';
      } catch (error) {
        return codeOf(error);
      }
    },
    end: async () => {
      await client.query('rollback');
      client.release();
    },
  };
}
