import type pg from 'pg';
import type { Expo } from './channels/expo.ts';

/** As many as Expo tells of in one answer. */
const batch = 300;

/** Asks the push service what became of what it took, and records what failed after all. */
export async function readReceipts(pool: pg.Pool, receipts: Expo['receipts']): Promise<number> {
  const { rows } = await pool.query<{ delivery: string; id: string }>(
    `select delivery_id as delivery, provider_message_id as id from app_private.take_due_receipts($1)`,
    [batch],
  );
  if (rows.length === 0) {
    return 0;
  }
  const found = await receipts(rows.map(({ id }) => id));
  for (const { delivery, id } of rows) {
    const receipt = found.get(id);
    if (receipt !== undefined) {
      await pool.query('select app_private.record_receipt($1, $2, $3)', [
        delivery,
        receipt.error,
        receipt.isGone,
      ]);
    }
  }
  return rows.length;
}
