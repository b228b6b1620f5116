import type { OwnCall } from '../requests/own-call.ts';

const statement = {
  name: 'ombaro_relay_lag',
  text: 'select app_private.relay_lag() as seconds',
};

/** Makes the function that says how long the oldest event waits to be published, in seconds. */
export function makeReadLag(call: OwnCall): () => Promise<number> {
  return async () => {
    const [row] = await call<{ seconds: number }>(null, statement, []);
    return row?.seconds ?? 0;
  };
}
