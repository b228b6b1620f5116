import type { Check } from '../check.ts';

/** Assignments of both kinds of provider that still hold. */
const liveAssignments = `(
  select id, booking_id, therapist_id as provider_id, vendor_id, customer_id, status,
    assignment_date + assignment_time as starts
  from public.therapist_assignments where status <> 'cancelled'
  union all
  select a.id, a.booking_id, a.beautician_id, a.vendor_id, a.customer_id, a.status,
    a.assignment_time at time zone b.time_zone
  from public.beautician_assignments a
  join public.bookings b on b.id = a.booking_id
  where a.status <> 'cancelled'
)`;

const leaves = `(
  select id, therapist_id as provider_id, start_date, end_date, status from public.therapist_leaves
  union all
  select id, beautician_id, start_date, end_date, status from public.beautician_leaves
)`;

/** As the triggers keep `providers`. */
const expectedProviders = `(
  select id, 'therapist' as kind, vendor_id, is_listed from public.therapists
  union all
  select id, 'beautician', vendor_id, is_listed from public.beauticians
)`;

const withAccounts = `(
  select id, 'vendor' as kind, user_id, account_is_active from public.vendors
  union all
  select id, 'therapist', user_id, account_is_active from public.therapists
  union all
  select id, 'beautician', user_id, account_is_active from public.beauticians
)`;

/** Of a provider's time: what reserves it, and when. */
export const reservationChecks: readonly Check[] = [
  {
    name: 'assignment-overlap',
    tables: ['public.therapist_assignments', 'public.beautician_assignments'],
    explanation:
      'A provider is assigned to two bookings at overlapping times. One of the two customers will wait in vain. Assign one of the bookings to another provider, or move it.',
    // Against the latest end so far and not against every other: one pass in the order of time.
    query: `select a.id as key, a.provider_id, a.booking_id, a.starts_at, a.busy_until
      from (
        select a.id, a.provider_id, a.booking_id, b.starts_at, max(b.ends_at) over (
          partition by a.provider_id order by b.starts_at, a.id
          rows between unbounded preceding and 1 preceding) as busy_until
        from ${liveAssignments} a
        join public.bookings b on b.id = a.booking_id
      ) a
      where a.starts_at < a.busy_until`,
  },
  {
    name: 'assignment-of-booking',
    tables: ['public.bookings', 'public.therapist_assignments', 'public.beautician_assignments'],
    explanation:
      'A booking that is assigned, under way or completed has no provider assigned, or more than one, or an assignment that is at another point than the booking; or one that is not assigned has a provider. Assign the provider again, or correct the status of the assignment.',
    query: `select b.id as key, b.status, a.assignments, a.status as assignment_status
      from public.bookings b
      left join (
        select booking_id, count(*) as assignments, min(status) as status
        from ${liveAssignments} a group by booking_id
      ) a on a.booking_id = b.id
      where a.assignments > 1 or case b.status
        when 'assigned' then
          coalesce(a.status, '') not in ('assigned', 'acknowledged', 'in_transit', 'reached')
        when 'in_progress' then a.status is distinct from 'in_progress'
        when 'completed' then a.status is distinct from 'completed'
        else a.status is not null
      end`,
  },
  {
    name: 'assignment-parties',
    tables: ['public.therapist_assignments', 'public.beautician_assignments'],
    explanation:
      'An assignment names another vendor, customer or time than its booking. The wrong people see it, or the provider comes at the wrong time. Take over what the booking says.',
    query: `select a.id as key, a.booking_id, a.vendor_id, b.vendor_id as vendor_of_booking, a.customer_id,
        b.customer_id as customer_of_booking, a.starts, b.booking_date + b.booking_time as starts_of_booking
      from ${liveAssignments} a
      join public.bookings b on b.id = a.booking_id
      where (a.vendor_id, a.customer_id, a.starts)
        is distinct from (b.vendor_id, b.customer_id, b.booking_date + b.booking_time)`,
  },
  {
    name: 'assignment-on-leave',
    tables: ['public.therapist_leaves', 'public.beautician_leaves'],
    explanation:
      'A provider is assigned on a day of approved leave. No one will come. Assign another provider, or withdraw the leave.',
    // Leaves are few, last less than a year and are found by provider.
    query: `select a.id as key, a.provider_id, a.starts, l.id as leave, l.start_date, l.end_date
      from ${leaves} l
      join ${liveAssignments} a on a.provider_id = l.provider_id
        and a.starts::date between l.start_date and l.end_date
      where l.status = 'approved'`,
  },
  {
    name: 'leave-overlap',
    tables: ['public.therapist_leaves', 'public.beautician_leaves'],
    explanation:
      'A provider has asked for, or has, leave twice for the same days. Days off are counted twice. An exclusion constraint forbids it, so this came in while that was gone. Cancel one of the two.',
    query: `select l.id as key, l.provider_id, l.start_date, l.away_until
      from (
        select l.id, l.provider_id, l.start_date, max(l.end_date) over (
          partition by l.provider_id order by l.start_date, l.id
          rows between unbounded preceding and 1 preceding) as away_until
        from ${leaves} l where l.status in ('pending', 'approved')
      ) l
      where l.start_date <= l.away_until`,
  },
  {
    name: 'reservation-overlap',
    tables: ['app_private.provider_reservations'],
    explanation:
      'The same time of a provider is reserved twice, rest included. An exclusion constraint forbids it, so this came in while that was gone. Move one of the bookings before its day comes.',
    query: `select r.id as key, r.provider_id, r.booking_id, r.hold_id, r.starts_at, r.busy_until
      from (
        select r.*, max(r.ready_at) over (partition by r.provider_id order by r.starts_at, r.id
          rows between unbounded preceding and 1 preceding) as busy_until
        from app_private.provider_reservations r
      ) r
      where r.starts_at < r.busy_until`,
  },
  {
    name: 'booking-reservation',
    tables: ['public.bookings', 'app_private.provider_reservations'],
    explanation:
      'A booking to come has no reservation of a provider, or one for another time or vendor; or one that is cancelled keeps a provider from being booked. The same time can be sold twice, or not at all. Reschedule or assign the booking again; delete the reservation of one that is cancelled.',
    query: `select coalesce(b.id::text, r.booking_id::text) as key, b.status, b.starts_at, b.ends_at,
        r.id as reservation, r.starts_at as reserved_from, r.ends_at as reserved_until
      from public.bookings b
      full join (
        select r.*, p.vendor_id from app_private.provider_reservations r
        left join public.providers p on p.id = r.provider_id
        where r.booking_id is not null
      ) r on r.booking_id = b.id
      where r.id is null and b.status in ('pending', 'confirmed', 'assigned', 'in_progress')
          and b.needs_provider_since is null
          -- An unpaid one loses its reservation when it lapses, and is cancelled a little later.
          and b.ends_at > now() and coalesce(b.expires_at, 'infinity') > now()
        or r.id is not null and (b.status = 'cancelled' or b.id is null
          or (r.vendor_id, r.starts_at, r.ends_at) is distinct from (b.vendor_id, b.starts_at, b.ends_at)
          -- A shift may have begun on the day before.
          or b.booking_date - r.day not in (0, 1))`,
  },
  {
    name: 'reserved-provider',
    tables: [
      'app_private.provider_reservations',
      'public.therapist_assignments',
      'public.beautician_assignments',
    ],
    explanation:
      'One provider is assigned to a booking and the time of another is reserved for it. The first can be booked twice, the second stays idle. Assign the booking again.',
    query: `select b.id as key, r.provider_id as reserved, p.id as assigned
      from public.bookings b
      join app_private.provider_reservations r on r.booking_id = b.id
      join ${liveAssignments} a on a.booking_id = b.id
      join public.providers p on coalesce(p.therapist_id, p.beautician_id) = a.provider_id
      where b.status in ('assigned', 'in_progress') and p.id <> r.provider_id`,
  },
  {
    name: 'account-mirror',
    tables: ['public.vendors', 'public.therapists', 'public.beauticians', 'public.user_profiles'],
    explanation:
      'A vendor, therapist or beautician is listed although the account behind it is not active, or is not because of an account that is. A suspended one is booked, or an active one is not. Triggers keep it, so they were off.',
    query: `select w.id as key, w.kind, w.account_is_active, p.status as account_status
      from ${withAccounts} w
      left join public.user_profiles p on p.id = w.user_id
      where w.account_is_active <> coalesce(p.status = 'active', true)`,
    repair: {
      does: 'takes the state of the account over',
      changes: `expected as materialized (
          select w.id, w.kind, w.account_is_active as before
          from ${withAccounts} w
          left join public.user_profiles p on p.id = w.user_id
          where w.account_is_active <> coalesce(p.status = 'active', true)
        ), vendors as (
          update public.vendors v set account_is_active = not e.before
          from expected e where e.kind = 'vendor' and v.id = e.id
        ), therapists as (
          update public.therapists t set account_is_active = not e.before
          from expected e where e.kind = 'therapist' and t.id = e.id
        ), beauticians as (
          update public.beauticians b set account_is_active = not e.before
          from expected e where e.kind = 'beautician' and b.id = e.id
        ), changed as (
          select e.id as key, jsonb_build_object('account_is_active', e.before) as before,
            jsonb_build_object('account_is_active', not e.before) as after
          from expected e
        )`,
    },
  },
  {
    name: 'provider-mirror',
    tables: ['public.providers', 'public.therapists', 'public.beauticians'],
    explanation:
      'A therapist or beautician is not in providers, or there under another vendor, or listed differently. They cannot be booked, or are offered where they do not work. Triggers keep it, so they were off.',
    query: `select coalesce(p.id, s.id) as key, s.id as person, s.kind, p.vendor_id,
        s.vendor_id as vendor_of_person, p.is_listed, s.is_listed as person_is_listed
      from public.providers p
      full join ${expectedProviders} s on s.id = coalesce(p.therapist_id, p.beautician_id)
      where (p.kind, p.vendor_id, p.is_listed) is distinct from (s.kind, s.vendor_id, s.is_listed)`,
    repair: {
      does: 'adds who is missing, and takes vendor and listing over from the person',
      changes: `expected as materialized (
          select s.*, p.id as provider_id, jsonb_build_object('vendor_id', p.vendor_id, 'is_listed', p.is_listed) as before
          from ${expectedProviders} s
          left join public.providers p on coalesce(p.therapist_id, p.beautician_id) = s.id
          where (p.kind, p.vendor_id, p.is_listed) is distinct from (s.kind, s.vendor_id, s.is_listed)
        ), added as (
          insert into public.providers (kind, vendor_id, is_listed, therapist_id, beautician_id)
          select e.kind, e.vendor_id, e.is_listed, case e.kind when 'therapist' then e.id end,
            case e.kind when 'beautician' then e.id end
          from expected e where e.provider_id is null
          returning coalesce(therapist_id, beautician_id) as key, null::jsonb as before,
            jsonb_build_object('vendor_id', vendor_id, 'is_listed', is_listed) as after
        ), corrected as (
          update public.providers p set vendor_id = e.vendor_id, is_listed = e.is_listed
          from expected e where p.id = e.provider_id
          returning e.id as key, e.before,
            jsonb_build_object('vendor_id', p.vendor_id, 'is_listed', p.is_listed) as after
        ), changed as (
          select * from added union all select * from corrected
        )`,
    },
  },
];
