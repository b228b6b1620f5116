import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** In milliseconds. */
const timeoutMs = 5_000;

/**
 * Waits until no client is connected to a database, or for 5 seconds. A pool that has ended still takes a
 * moment: cloning a database that is in use fails, and dropping it kills connections that no one
 * listens to any more.
 */
export async function untilUnused(root: pg.ClientBase, database: string): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (performance.now() < end) {
    const { rowCount } = await root.query('select from pg_stat_activity where datname = $1', [
      database,
    ]);
    if (rowCount === 0) {
      return;
    }
    await sleep(10);
  }
}
