import type { OwnCall } from '../requests/own-call.ts';
import type { RequestScope } from '../requests/scope.ts';
import type { PaymentEvent } from './gateway.ts';

/** Hands an event to the database; gives what came of it. */
export type ReceiveEvent = (
  scope: RequestScope,
  gateway: string,
  event: PaymentEvent,
  /** The message as it came: what was not understood is kept so. */
  body: Buffer,
) => Promise<string>;

const receive = {
  name: 'ombaro_receive_payment_event',
  text: 'select app_private.receive_payment_event($1, $2, $3, $4::jsonb, $5) as outcome',
};

export function makeReceiveEvent(call: OwnCall): ReceiveEvent {
  return async (scope, gateway, { id, kind, details }, body) => {
    const values =
      details === null
        ? [gateway, id, kind, null, body]
        : [gateway, id, kind, JSON.stringify(details), null];
    const [row] = await call<{ outcome: string }>(scope, receive, values);
    return row?.outcome ?? '';
  };
}
