import type { PoolClient } from 'pg';

/** How many prepared statements one connection keeps. */
const capacity = 100;

/** The part of `pg`'s connection that has no public name; the suite fails if it changes. */
type PgConnection = {
  parsedStatements: Record<string, string>;
  close(message: { type: 'S'; name: string }): void;
};

const names = new WeakMap<PgConnection, Set<string>>();

/**
 * Notes that a connection is about to use a prepared statement, and closes the least recently used
 * one beyond the capacity.
 *
 * It closes with a protocol message and not with `deallocate`: statements are pipelined, so a
 * `deallocate` could land in a failed transaction, fail, and leave client and server of two minds.
 * A Close cannot fail, and its answer comes with that of the statement sent next.
 */
export function rememberStatement(client: PoolClient, name: string): void {
  const { connection } = client as unknown as { connection: PgConnection };
  const used = names.get(connection) ?? new Set();
  names.set(connection, used);
  used.delete(name);
  used.add(name);
  if (used.size <= capacity) {
    return;
  }
  const [oldest] = used;
  if (oldest === undefined) {
    return;
  }
  used.delete(oldest);
  delete connection.parsedStatements[oldest];
  connection.close({ type: 'S', name: oldest });
}
