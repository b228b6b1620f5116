import type pg from 'pg';

/** Whether the connection may see the sessions and statements of other roles. */
export async function seesAllSessions(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ sees: boolean }>(
    `select pg_has_role(current_user, 'pg_read_all_stats', 'usage') as sees`,
  );
  return rows[0]?.sees === true;
}

export const howToSeeAllSessions =
  'only the sessions of one’s own role; an administrator can: grant pg_monitor to ombaro_owner';
