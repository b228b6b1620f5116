import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { inTransaction, withClient } from '../../lib/postgres.ts';

export type Swap = {
  /** The administrator's, to neither of the two. */
  readonly root: pg.Client;
  readonly rootUrl: string;
  /** The new database, which is not in use. */
  readonly from: string;
  /** The name that it gets. */
  readonly to: string;
  /** The name of the old database from then on; `null` where there is none. */
  readonly keepAs: string | null;
};

const pollMs = 50;

/**
 * Gives a new database the name of the old in one transaction: a new connection gets the one or the other.
 * Renaming holds new connections back and waits five seconds for the old ones to go; they are ended
 * meanwhile, and come back to the new database.
 */
export async function swapDatabases({ root, rootUrl, from, to, keepAs }: Swap): Promise<void> {
  await inTransaction(root, async () => {
    if (keepAs !== null) {
      await whileEndingConnections(rootUrl, to, () => rename(root, to, keepAs));
    }
    await whileEndingConnections(rootUrl, from, () => rename(root, from, to));
  });
}

async function rename(root: pg.Client, from: string, to: string): Promise<void> {
  await root.query(
    `alter database ${pg.escapeIdentifier(from)} rename to ${pg.escapeIdentifier(to)}`,
  );
}

async function whileEndingConnections(
  rootUrl: string,
  database: string,
  act: () => Promise<void>,
): Promise<void> {
  await withClient(rootUrl, async (client) => {
    let isDone = false;
    const acting = act().finally(() => {
      isDone = true;
    });
    // Heard in the end, also when ending connections fails first.
    acting.catch(() => {});
    while (!isDone) {
      await client.query(
        'select pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where datname = $1',
        [database],
      );
      await sleep(pollMs);
    }
    await acting;
  });
}
