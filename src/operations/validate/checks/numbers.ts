import type pg from 'pg';
import type { Check } from '../check.ts';

/** Tables whose rows are added and never changed. */
const books = ['app_private.journal', 'public.wallet_transactions'];

/** What a customer, a vendor and the platform owe each other for a booking. */
const ofBookings = [
  'public.booking_cancellations',
  'public.booking_items',
  'public.booking_reschedules',
  'public.booking_settlements',
  'public.booking_terms',
  'public.bookings',
  'public.commission_records',
  'public.payments',
  'public.refunds',
  'public.vendor_credits',
  'public.vendor_payouts',
];

/**
 * Numbers that every column's range forbids: they came in before there were ranges, or while those were
 * off. Where the range itself is missing (`verify` names it), NaN and infinity are found all the same.
 */
export const numberChecks: readonly Check[] = [
  {
    name: 'numbers-in-books',
    tables: books,
    explanation:
      "A movement of money is NaN or out of range. Balances leave NaN out, so nothing more is paid with it; what was paid with it before shows as a balance below 0. Leave the row as it is and let finance write a movement back: for a wallet \"select app_private.move_wallet(customer, 'credit' or 'debit', rupees, 'rewards', null, null, null, 'Correction of ' || key)\", for the journal \"select app_private.move_money(from, from_id, to, to_id, rupees, booking, 'correction of ' || key)\" with from and to exchanged. Where nothing is owed, move ₹1 and move it back. The row is then no longer listed.",
    query: (client) => numbersQuery(client, books, isCorrected),
  },
  {
    name: 'numbers-of-bookings',
    tables: ofBookings,
    explanation:
      'An amount of a booking, or of what was paid, paid back or earned with it, is NaN or out of range. What is due cannot be told, and every change of the row is refused. Do not guess a price: as the owner of the database set such amounts of the booking to 0, in one statement, so that it can change again, and cancel it as an administrator; what was received goes back as a refund, which is the movement back in the journal. Then book again at the right price. A payment counts as nothing until finance has recorded what the gateway says.',
    query: (client) => numbersQuery(client, ofBookings),
  },
  {
    name: 'numbers',
    tables: ['every other column of numbers'],
    explanation:
      'A number is NaN or out of its range. What is computed from it is wrong, and the next change of the row is refused. Enter the right one, a price with the vendor; of counters and ratings --repair of their own check sets what the rows give.',
    query: (client) => numbersQuery(client, null),
  },
];

/** A later movement of the same owner says that it corrects this one. */
const isCorrected: Readonly<Record<string, string>> = {
  'app_private.journal': `exists (select from app_private.journal later
    where later.id > c.id and later.reason = 'correction of ' || c.id)`,
  'public.wallet_transactions': `exists (select from public.wallet_transactions later
    where later.customer_id = c.customer_id and later.created_at >= c.created_at
      and later.description = 'Correction of ' || c.id)`,
};

type NumberColumns = {
  table: string;
  key: string;
  columns: readonly { name: string; isWrong: string }[];
};

/** Reads each table once; of `tables`, or of all that the other checks do not name. */
async function numbersQuery(
  client: pg.ClientBase,
  tables: readonly string[] | null,
  excused: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { rows } = await client.query<NumberColumns>(
    `select n.nspname || '.' || c.relname as "table",
      coalesce((
        select string_agg(format('c.%I::text', k.attname), ' || ''/'' || ')
        from pg_index i
        join pg_attribute k on k.attrelid = i.indrelid and k.attnum = any (i.indkey)
        where i.indrelid = c.oid and i.indisprimary), 'c.ctid::text') as key,
      json_agg(json_build_object('name', a.attname, 'isWrong', format(
        '(c.%1$I in (''NaN'', ''Infinity'', ''-Infinity'')%2$s)', a.attname,
        (select ' or not ' || pg_get_expr(k.conbin, k.conrelid) from pg_constraint k
          where k.conrelid = c.oid and k.contype = 'c'
            and k.conname = format('%s_%s_range', c.relname, a.attname)))) order by a.attname) as columns
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid and c.relkind = 'r'
    join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('public', 'app_private', 'enums')
    join pg_type t on t.oid = a.atttypid
    where a.attnum > 0 and not a.attisdropped
      and coalesce(nullif(t.typbasetype, 0), t.oid)::regtype in ('numeric', 'real', 'double precision')
      and case when $1::text[] is null then n.nspname || '.' || c.relname <> all ($2::text[])
        else n.nspname || '.' || c.relname = any ($1::text[]) end
    group by n.nspname, c.relname, c.oid
    order by 1`,
    [tables, [...books, ...ofBookings]],
  );
  return rows.map((row) => queryOf(row, excused[row.table])).join(' union all ');
}

function queryOf({ table, key, columns }: NumberColumns, excuse: string | undefined): string {
  const values = columns.map(({ name, isWrong }) => `('${name}', c.${name}::text, ${isWrong})`);
  return `select ${key} as key, '${table}' as "table", v.column_name as "column", v.column_value as value
    from ${table} c
    cross join lateral (values ${values.join(', ')}) v (column_name, column_value, is_wrong)
    where (${columns.map(({ isWrong }) => isWrong).join(' or ')}) and v.is_wrong
      ${excuse === undefined ? '' : `and not ${excuse}`}`;
}
