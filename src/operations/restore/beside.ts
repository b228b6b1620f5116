import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { bootstrap } from '../../database/bootstrap.ts';
import { withClient } from '../../lib/postgres.ts';
import { type RestoreTarget, withName } from './target.ts';

export type Beside = {
  readonly name: string;
  /** Connections to it. */
  readonly target: RestoreTarget & { readonly rootUrl: string };
  /** The administrator's, to another database. Its lock says that the database is in use. */
  readonly root: pg.Client;
};

/**
 * Makes a bootstrapped database beside `target`, hands it to `act`, and drops it, unless `act` has given it
 * another name. Drops those that killed processes have left as well.
 */
export async function withDatabaseBeside<Result>(
  target: RestoreTarget & { readonly rootUrl: string },
  act: (beside: Beside) => Promise<Result>,
): Promise<Result> {
  return await withClient(target.rootUrl, async (root) => {
    await dropLeftovers(root);
    const name = `ombaro_beside_${randomBytes(4).toString('hex')}`;
    await root.query(`select pg_advisory_lock(${lockOf('$1')})`, [name]);
    const beside = { ...withName(target, name), rootUrl: target.rootUrl };
    try {
      await bootstrap(beside);
      return await act({ name, target: beside, root });
    } finally {
      await root.query(`drop database if exists ${name} with (force)`);
    }
  });
}

function lockOf(name: string): string {
  return `hashtext('ombaro beside'), hashtext(${name})`;
}

async function dropLeftovers(root: pg.Client): Promise<void> {
  const { rows } = await root.query<{ name: string }>(
    `select datname as name from pg_catalog.pg_database where datname ~ '^ombaro_beside_[0-9a-f]{8}$'`,
  );
  for (const { name } of rows) {
    const { rows: locks } = await root.query<{ is_free: boolean }>(
      `select pg_try_advisory_lock(${lockOf('$1')}) as is_free`,
      [name],
    );
    if (locks[0]?.is_free === true) {
      await root.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
      await root.query(`select pg_advisory_unlock(${lockOf('$1')})`, [name]);
    }
  }
}
