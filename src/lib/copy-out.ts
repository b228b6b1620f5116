import type { Readable } from 'node:stream';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/**
 * Hands what a `copy … to stdout` sends to `consume`, and returns how many rows the server has sent. The rows may
 * end before the server has said how many they were; it has when it answers the next query.
 */
export async function copyOut(
  client: pg.ClientBase,
  sql: string,
  consume: (rows: Readable) => Promise<unknown>,
): Promise<number> {
  const rows = client.query(copyTo(sql));
  await consume(rows);
  await client.query('select');
  return rows.rowCount;
}
