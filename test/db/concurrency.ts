import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

const timeoutMs = 5_000;

/**
 * Resolves when so many statements of this database wait for another transaction.
 *
 * @throws Error after 5 seconds: then nothing stands in the way of those that were to wait.
 */
export async function untilBlocked(owner: pg.Pool, count = 1): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const { rows } = await owner.query<{ waiting: number }>(
      `select count(distinct pid)::integer as waiting from pg_locks
      where not granted and pid in (select pid from pg_stat_activity where datname = current_database())`,
    );
    if ((rows[0]?.waiting ?? 0) >= count) {
      return;
    }
    await sleep(5);
  }
  throw new Error('No session waits for another.');
}
