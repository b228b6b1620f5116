import type pg from 'pg';

/**
 * Triggers of our tables off, until the end of the transaction at most: what they would write one by one
 * (audit, events) tells nothing about rows that come in bulk, and what they would compute is in the rows or
 * computed afterwards. Foreign keys still hold.
 */
export async function disableTriggers(
  client: pg.ClientBase,
  schemas: readonly string[] = ['public'],
): Promise<void> {
  await alterTriggers(client, 'disable', schemas);
}

export async function enableTriggers(
  client: pg.ClientBase,
  schemas: readonly string[] = ['public'],
): Promise<void> {
  await alterTriggers(client, 'enable', schemas);
}

async function alterTriggers(
  client: pg.ClientBase,
  verb: 'disable' | 'enable',
  schemas: readonly string[],
): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `select distinct format('alter table %s %s trigger user', tgrelid::regclass, $1::text) as statement
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any ($2) and c.relowner = current_user::regrole and not t.tgisinternal`,
    [verb, schemas],
  );
  await client.query(rows.map(({ statement }) => statement).join(';'));
}
