/** One thing that is done by the clock. */
export type Job = {
  readonly name: string;
  /** Once in each such stretch of time, in milliseconds. */
  readonly every: number;
  /** The call, an expression of SQL that gives how many things it did. */
  readonly call: string;
  /** Called again at once while it did at least so many; absent: one call does it all. */
  readonly againFrom?: number;
  /** How long one call may take before the server ends it, in milliseconds; absent: a minute. */
  readonly timeout?: number;
};

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How many rows one call may lock, so that no other session waits long for it. */
const batch = 500;

export const jobs: readonly Job[] = [
  {
    name: 'lapse bookings',
    every: minute,
    call: `app_private.lapse_bookings(${batch})`,
    againFrom: batch,
  },
  {
    name: 'settle no-shows',
    every: minute,
    call: `app_private.settle_no_shows(${batch})`,
    againFrom: batch,
  },
  {
    name: 'remind of bookings',
    every: minute,
    call: `app_private.remind_of_bookings(${batch})`,
    againFrom: batch,
  },
  { name: 'group errors', every: minute, call: 'app_private.group_errors()' },
  {
    name: 'retire files',
    every: minute,
    call: `app_private.retire_files(${batch})`,
    againFrom: batch,
  },
  {
    name: 'refresh search',
    every: minute,
    call: `app_private.refresh_search(${batch})`,
    againFrom: batch,
  },
  {
    name: 'remind quick sign-ups',
    every: hour,
    call: `app_private.remind_quick_signups(${batch})`,
    againFrom: batch,
  },
  {
    name: 'expire verifications',
    every: hour,
    call: `app_private.expire_verifications(${batch})`,
    againFrom: batch,
  },
  {
    name: 'end providers',
    every: hour,
    call: 'app_private.end_due_providers(20)',
    againFrom: 20,
  },
  {
    name: 'remind of expiries',
    every: hour,
    call: `app_private.remind_of_expiries(${batch})`,
    againFrom: batch,
  },
  {
    name: 'tidy invitations',
    every: hour,
    call: `app_private.tidy_invitations(${batch})`,
    againFrom: batch,
  },
  {
    name: 'end employments',
    every: hour,
    call: `app_private.end_due_employments(${batch})`,
    againFrom: batch,
  },
  { name: 'forget sign-ins', every: hour, call: 'app_private.forget_sign_ins()' },
  { name: 'forget locations', every: hour, call: 'app_private.forget_locations()' },
  {
    name: 'prepare event partitions',
    every: hour,
    call: 'app_private.prepare_event_partitions()',
  },
  // 10000 rows is what one call deletes at most.
  { name: 'trim events', every: hour, call: 'app_private.trim_events()', againFrom: 10_000 },
  {
    name: 'forget webhooks',
    every: hour,
    call: 'app_private.forget_webhooks(10000)',
    againFrom: 10_000,
  },
  {
    name: 'expire points',
    every: day,
    call: `app_private.expire_points(${batch})`,
    againFrom: 1,
  },
  {
    name: 'forget files',
    every: day,
    call: `app_private.forget_files(${batch})`,
    againFrom: batch,
  },
  { name: 'lower tiers', every: day, call: `app_private.lower_tiers(${batch})`, againFrom: 1 },
  {
    // For the last whole week in India. On the other days it finds nothing, unless Monday was missed.
    name: 'make payouts',
    every: day,
    timeout: 5 * minute,
    call: `(select count(*)::integer from app_private.make_payouts(
      date_trunc('week', now() at time zone 'Asia/Kolkata')::date - 7))`,
  },
  {
    name: 'refresh performance',
    every: minute,
    call: `app_private.refresh_performance(${batch})`,
    againFrom: batch,
  },
  {
    name: 'refresh dashboards',
    every: minute,
    call: 'app_private.refresh_dashboards()',
    // The first time it counts everything.
    timeout: 5 * minute,
  },
];
