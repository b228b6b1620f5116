/** One thing that is done by the clock. */
export type Job = {
  readonly name: string;
  /** Once in each such stretch of time, in milliseconds. */
  readonly everyMs: number;
  /** The call, an expression of SQL that gives how many things it did. */
  readonly call: string;
  /** Called again at once while it did at least so many; absent: one call does it all. */
  readonly againFrom?: number;
  /** How long one call may take before the server ends it, in milliseconds; absent: a minute. */
  readonly timeoutMs?: number;
};

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How many rows one call may lock, so that no other session waits long for it. */
const batch = 500;

export const jobs: readonly Job[] = [
  {
    name: 'lapse bookings',
    everyMs: minute,
    call: `app_private.lapse_bookings(${batch})`,
    againFrom: batch,
  },
  {
    name: 'settle no-shows',
    everyMs: minute,
    call: `app_private.settle_no_shows(${batch})`,
    againFrom: batch,
  },
  {
    name: 'note overdue bookings',
    everyMs: minute,
    call: `app_private.note_overdue_bookings(${batch})`,
    againFrom: batch,
  },
  {
    name: 'cancel overdue bookings',
    everyMs: minute,
    call: `app_private.cancel_overdue_bookings(${batch})`,
    againFrom: batch,
  },
  {
    name: 'settle waiting bookings',
    everyMs: minute,
    call: `app_private.settle_waiting(${batch})`,
    againFrom: batch,
  },
  {
    name: 'remind of bookings',
    everyMs: minute,
    call: `app_private.remind_of_bookings(${batch})`,
    againFrom: batch,
  },
  { name: 'group errors', everyMs: minute, call: 'app_private.group_errors()' },
  {
    name: 'retire files',
    everyMs: minute,
    call: `app_private.retire_files(${batch})`,
    againFrom: batch,
  },
  {
    name: 'refresh search',
    everyMs: minute,
    call: `app_private.refresh_search(${batch})`,
    againFrom: batch,
  },
  {
    name: 'abandon payments',
    everyMs: hour,
    call: `app_private.abandon_payments(${batch})`,
    againFrom: batch,
  },
  {
    name: 'remind quick sign-ups',
    everyMs: hour,
    call: `app_private.remind_quick_signups(${batch})`,
    againFrom: batch,
  },
  {
    name: 'expire verifications',
    everyMs: hour,
    call: `app_private.expire_verifications(${batch})`,
    againFrom: batch,
  },
  {
    name: 'cancel bookings of unavailable vendors',
    everyMs: minute,
    call: 'app_private.cancel_unavailable_bookings(100)',
    againFrom: 100,
  },
  {
    name: 'close vendors',
    everyMs: hour,
    call: 'app_private.close_due_vendors(20)',
    againFrom: 20,
  },
  {
    name: 'end providers',
    everyMs: hour,
    call: 'app_private.end_due_providers(20)',
    againFrom: 20,
  },
  {
    name: 'remind of expiries',
    everyMs: hour,
    call: `app_private.remind_of_expiries(${batch})`,
    againFrom: batch,
  },
  {
    name: 'tidy invitations',
    everyMs: hour,
    call: `app_private.tidy_invitations(${batch})`,
    againFrom: batch,
  },
  {
    name: 'end employments',
    everyMs: hour,
    call: `app_private.end_due_employments(${batch})`,
    againFrom: batch,
  },
  {
    name: 'offer freed times',
    everyMs: 10_000,
    call: 'app_private.offer_freed_times(50)',
    againFrom: 50,
  },
  {
    name: 'end waiting',
    everyMs: hour,
    call: `app_private.end_waiting(${batch})`,
    againFrom: batch,
  },
  { name: 'forget sign-ins', everyMs: hour, call: 'app_private.forget_sign_ins()' },
  { name: 'forget locations', everyMs: hour, call: 'app_private.forget_locations()' },
  {
    name: 'forget desk guests',
    everyMs: hour,
    call: `app_private.forget_desk_guests(${batch})`,
    againFrom: batch,
  },
  {
    name: 'prepare event partitions',
    everyMs: hour,
    call: 'app_private.prepare_event_partitions()',
  },
  // 10000 rows is what one call deletes at most.
  { name: 'trim events', everyMs: hour, call: 'app_private.trim_events()', againFrom: 10_000 },
  {
    name: 'forget webhooks',
    everyMs: hour,
    call: 'app_private.forget_webhooks(10000)',
    againFrom: 10_000,
  },
  {
    name: 'expire points',
    everyMs: day,
    call: `app_private.expire_points(${batch})`,
    againFrom: 1,
  },
  {
    name: 'forget files',
    everyMs: day,
    call: `app_private.forget_files(${batch})`,
    againFrom: batch,
  },
  {
    // Once after midnight in India; on every other run it finds nothing to do.
    name: 'close the journal',
    everyMs: hour,
    call: 'app_private.close_journal(20000)',
    againFrom: 20_000,
  },
  { name: 'lower tiers', everyMs: day, call: `app_private.lower_tiers(${batch})`, againFrom: 1 },
  {
    // For the last whole week in India. On the other days it finds nothing, unless Monday was missed.
    name: 'make payouts',
    everyMs: day,
    timeoutMs: 5 * minute,
    call: `(select count(*)::integer from app_private.make_payouts(
      date_trunc('week', now() at time zone 'Asia/Kolkata')::date - 7))`,
  },
  {
    name: 'refresh performance',
    everyMs: minute,
    call: `app_private.refresh_performance(${batch})`,
    againFrom: batch,
  },
  {
    name: 'refresh dashboards',
    everyMs: minute,
    call: 'app_private.refresh_dashboards()',
    // The first time it counts everything.
    timeoutMs: 5 * minute,
  },
];
