import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { quote, type SourceTable, selectText } from './source.ts';

/**
 * Makes a temporary table for the rows of a table, and fills it if the source has that. The rows stream
 * through this process: however many there are, only a few pages are in memory.
 */
export async function stage(
  source: pg.ClientBase,
  target: pg.ClientBase,
  name: string,
  columns: readonly string[],
  table: SourceTable | undefined,
): Promise<void> {
  await target.query(
    `create temp table ${quote(`old_${name}`)} (
      n bigint generated always as identity, is_there boolean not null default false,
      is_rejected boolean not null default false,
      ${columns.map((column) => `${quote(column)} text`).join(', ')}
    ) on commit drop`,
  );
  if (table !== undefined) {
    const into = table.columns.map((column) => quote(column.name)).join(', ');
    await pipeline(
      source.query(copyTo(`copy (${selectText(table)}) to stdout`)),
      target.query(copyFrom(`copy pg_temp.${quote(`old_${name}`)} (${into}) from stdin`)),
    );
  }
  await target.query(`alter table pg_temp.${quote(`old_${name}`)} add primary key (n)`);
  for (const column of ['id', 'booking_id', 'user_id'].filter((one) => columns.includes(one))) {
    await target.query(`create index on pg_temp.${quote(`old_${name}`)} (${quote(column)})`);
  }
  await target.query(`analyze pg_temp.${quote(`old_${name}`)}`);
}

/** The addresses that people have proved to Supabase, where the source has its table of accounts. */
export async function stageAccounts(source: pg.ClientBase, target: pg.ClientBase): Promise<void> {
  await target.query(
    'create temp table old_accounts (id text primary key, email text unique, phone text unique) on commit drop',
  );
  const { rows } = await source.query<{ names: readonly string[] }>(
    `select coalesce(array_agg(a.attname::text), '{}') as names from pg_attribute a
    where a.attrelid = to_regclass('auth.users') and a.attnum > 0 and not a.attisdropped
      and has_table_privilege(a.attrelid, 'select')`,
  );
  const names = new Set(rows[0]?.names);
  if (
    ['email', 'email_confirmed_at', 'phone', 'phone_confirmed_at'].every((name) => names.has(name))
  ) {
    await pipeline(
      source.query(
        copyTo(`copy (select id::text, case when email_confirmed_at is not null then lower(nullif(email, '')) end,
          case when phone_confirmed_at is not null then '+' || ltrim(nullif(phone, ''), '+') end
        from auth.users) to stdout`),
      ),
      target.query(copyFrom('copy pg_temp.old_accounts (id, email, phone) from stdin')),
    );
  }
}
