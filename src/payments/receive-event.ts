import type { OwnCall } from '../requests/own-call.ts';
import type { RequestScope } from '../requests/scope.ts';
import type { PaymentEvent } from './gateway.ts';

/** Hands an event to the database; gives what came of it. */
export type ReceiveEvent = (
  scope: RequestScope,
  gateway: string,
  event: PaymentEvent,
) => Promise<string>;

const receive = {
  name: 'ombaro_receive_payment_event',
  text: 'select app_private.receive_payment_event($1, $2, $3, $4::jsonb) as outcome',
};

export function makeReceiveEvent(call: OwnCall): ReceiveEvent {
  return async (scope, gateway, { id, kind, details }) => {
    const values = [gateway, id, kind, JSON.stringify(details)];
    const [row] = await call<{ outcome: string }>(scope, receive, values);
    return row?.outcome ?? '';
  };
}
