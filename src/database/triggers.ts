import type pg from 'pg';

/**
 * Triggers of our tables off, until the end of the transaction at most: what they would write one by one
 * (audit, events) tells nothing about rows that come in bulk, and what they would compute is in the rows or
 * computed afterwards. Foreign keys still hold.
 */
export async function disableTriggers(client: pg.ClientBase): Promise<void> {
  await alterTriggers(client, 'disable');
}

export async function enableTriggers(client: pg.ClientBase): Promise<void> {
  await alterTriggers(client, 'enable');
}

async function alterTriggers(client: pg.ClientBase, verb: 'disable' | 'enable'): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `select distinct format('alter table %s %s trigger user', tgrelid::regclass, $1::text) as statement
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    where c.relnamespace = 'public'::regnamespace and not t.tgisinternal`,
    [verb],
  );
  await client.query(rows.map(({ statement }) => statement).join(';'));
}
