/** Log rows that are of no use in the database after a time. Never rows of the ledger, nor of the audit log. */
export type Archivable = {
  /** In `public`, with a key `id`. */
  readonly table: string;
  /** Its number of months. */
  readonly setting: string;
  /** SQL that says which rows of `t` go, with `$cutoff` for the moment so many months ago. */
  readonly condition: string;
};

/** In this order: a row goes after those that hang on it, so that none goes unarchived with it. */
export const archivables: readonly Archivable[] = [
  {
    table: 'error_logs',
    setting: 'maintenance.error_logs_months',
    condition: 't.resolved and t.created_at < $cutoff',
  },
  {
    table: 'user_activity_log',
    setting: 'maintenance.user_activity_months',
    condition: 't.created_at < $cutoff',
  },
  {
    table: 'notification_attempts',
    setting: 'maintenance.deliveries_months',
    condition: `exists (
      select from public.notification_deliveries d where d.id = t.delivery_id and d.finished_at < $cutoff
    )`,
  },
  {
    table: 'notification_deliveries',
    setting: 'maintenance.deliveries_months',
    condition: `t.finished_at < $cutoff
      and not exists (select from public.notification_attempts a where a.delivery_id = t.id)`,
  },
  {
    table: 'notifications',
    setting: 'maintenance.notifications_months',
    condition: `t.is_read and t.read_at < $cutoff
      and not exists (select from public.notification_deliveries d where d.notification_id = t.id)`,
  },
];
