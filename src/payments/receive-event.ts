import type { ApiPool } from '../api/pool.ts';
import { inTransaction } from '../database/connection.ts';
import type { PaymentEvent } from './gateway.ts';

/** Hands an event to the database; gives what came of it. */
export type ReceiveEvent = (gateway: string, event: PaymentEvent) => Promise<string>;

const receive = {
  name: 'ombaro_receive_payment_event',
  text: 'select app_private.receive_payment_event($1, $2, $3, $4::jsonb) as outcome',
};

/** As `ombaro_api` itself: nobody is signed in, and the function is granted to it. */
export function makeReceiveEvent(pool: ApiPool, statementTimeoutMs: number): ReceiveEvent {
  return async (gateway, { id, kind, details }) => {
    const client = await pool.connect();
    try {
      const outcome = await inTransaction(client, async () => {
        await client.query(`select set_config('statement_timeout', $1, true)`, [
          `${statementTimeoutMs}ms`,
        ]);
        const values = [gateway, id, kind, JSON.stringify(details)];
        const { rows } = await client.query<{ outcome: string }>({ ...receive, values });
        return rows[0]?.outcome ?? '';
      });
      client.release();
      return outcome;
    } catch (error) {
      client.release(true);
      throw error;
    }
  };
}
