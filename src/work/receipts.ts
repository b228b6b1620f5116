import type pg from 'pg';
import type { Expo } from './channels/expo.ts';

/** As many as Expo tells of in one answer. */
const batch = 300;

export type Receipt = { readonly delivery: string; readonly id: string };

/** Receipts that are to be asked for now; they are due again in a quarter of an hour. */
export async function takeDueReceipts(pool: pg.Pool): Promise<readonly Receipt[]> {
  const { rows } = await pool.query<Receipt>(
    `select delivery_id as delivery, provider_message_id as id from app_private.take_due_receipts($1)`,
    [batch],
  );
  return rows;
}

/** Asks the push service what became of what it took, and records what failed after all. */
export async function readReceipts(
  pool: pg.Pool,
  receipts: Expo['receipts'],
  due: readonly Receipt[],
): Promise<void> {
  const found = await receipts(due.map(({ id }) => id));
  for (const { delivery, id } of due) {
    const receipt = found.get(id);
    if (receipt !== undefined) {
      await pool.query('select app_private.record_receipt($1, $2, $3)', [
        delivery,
        receipt.error,
        receipt.isGone,
      ]);
    }
  }
}
