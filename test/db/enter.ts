import type pg from 'pg';
import type { Claims } from '../helpers/database.ts';

/** Makes the transaction of `client` a request with these claims, as the API does. */
export async function enter(client: pg.ClientBase, claims: Claims): Promise<void> {
  await client.query(
    `select set_config('role', app_private.enter_request($1::text::jsonb), true),
      set_config('request.jwt.claims', coalesce($1::text, ''), true)`,
    [claims === null ? null : JSON.stringify(claims)],
  );
}
