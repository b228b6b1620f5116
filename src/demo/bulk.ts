import type pg from 'pg';

/** Tables that grow with the number of bookings. */
const bulkTables = [
  'public.bookings',
  'public.booking_items',
  'public.booking_status_history',
  'public.booking_cancellations',
  'public.booking_reschedules',
  'public.booking_notes',
  'public.booking_terms',
  'public.booking_contacts',
  'app_private.booking_commissions',
  'public.booking_start_codes',
  'public.booking_disputes',
  'public.booking_settlements',
  'public.therapist_assignments',
  'public.beautician_assignments',
  'public.payments',
  'public.refunds',
  'public.refund_decisions',
  'public.commission_records',
  'public.vendor_credits',
  'public.loyalty_points_transactions',
  'public.reviews',
  'public.vendor_reviews',
  'public.notifications',
  'public.customer_addresses',
  'public.therapist_services',
  'public.user_roles',
] as const;

/**
 * Indexes that stay, because the load fills their column after the rows: an index on a changed column has
 * each change enter every index made later, which can then be used before the load has committed
 * (pg_index.indcheckxmin). They hold nothing until then, and cost nothing.
 */
const keptIndexes = [
  'public.commission_records_payout_id_idx',
  'public.vendor_credits_payout_id_idx',
] as const;

/** Drops what would be checked row by row; returns how to make it again. */
export async function dropForBulk(client: pg.ClientBase): Promise<string> {
  // Definitions then name every schema, whatever the path of the session.
  await client.query('set local search_path = pg_catalog');
  const { rows } = await client.query<{ undo: string; redo: string }>(foundQuery, [
    bulkTables,
    keptIndexes,
  ]);
  await client.query(
    rows
      .map(({ undo }) => undo)
      .reverse()
      .join(';'),
  );
  return rows.map(({ redo }) => redo).join(';');
}

/**
 * Of the tables named by $1: foreign keys from and to them, primary keys and unique constraints, indexes;
 * with their comments; not the indexes named by $2. Foreign keys go first and come back last, for they need the keys.
 */
const foundQuery = `
  select
    format('alter table %s drop constraint %I', c.conrelid::regclass, c.conname) as undo,
    format('alter table %s add constraint %I %s', c.conrelid::regclass, c.conname,
      pg_get_constraintdef(c.oid))
    || coalesce(format('; comment on constraint %I on %s is %L', c.conname, c.conrelid::regclass,
      obj_description(c.oid, 'pg_constraint')), '') as redo,
    c.contype = 'f' as is_foreign
  from pg_constraint c
  where c.contype in ('p', 'u') and c.conrelid = any ($1::regclass[])
    or c.contype = 'f' and (c.conrelid = any ($1::regclass[]) or c.confrelid = any ($1::regclass[]))
  union all
  select
    format('drop index %s', i.indexrelid::regclass),
    pg_get_indexdef(i.indexrelid)
    || coalesce(format('; comment on index %s is %L', i.indexrelid::regclass,
      obj_description(i.indexrelid, 'pg_class')), ''),
    false
  from pg_index i
  where i.indrelid = any ($1::regclass[])
    and i.indexrelid <> all ($2::regclass[])
    and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
  order by is_foreign, redo
`;
