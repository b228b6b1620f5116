/** Of the engine's own tables: promises, terms and money owed. Each query lists the rows that break a rule. */
export const promiseViolations: readonly (readonly [rule: string, query: string])[] = [
  [
    'everybody who serves is a provider as the triggers would have made them',
    `select coalesce(p.id, s.id)
    from public.providers p
    full join (
      select id, 'therapist' as kind, vendor_id, is_listed from public.therapists
      union all
      select id, 'beautician', vendor_id, is_listed from public.beauticians
    ) s on s.id = coalesce(p.therapist_id, p.beautician_id)
    where (p.kind, p.vendor_id, p.is_listed) is distinct from (s.kind, s.vendor_id, s.is_listed)`,
  ],
  [
    'whoever serves or is promised is qualified for every service of the booking',
    `select i.id
    from (
      select booking_id, therapist_id, null::uuid as beautician_id from public.therapist_assignments
      union all
      select booking_id, null, beautician_id from public.beautician_assignments
      union all
      select r.booking_id, p.therapist_id, p.beautician_id
      from app_private.provider_reservations r
      join public.providers p on p.id = r.provider_id
    ) w
    join public.booking_items i on i.booking_id = w.booking_id
    where not exists (
      select from public.therapist_services q
      where q.therapist_id = w.therapist_id and q.service_id = i.service_id and q.is_active
      union all
      select from public.beautician_services q
      where q.beautician_id = w.beautician_id and q.service_id = i.service_id and q.is_active)`,
  ],
  [
    'therapists are qualified for what their vendor offers',
    `select q.id
    from public.therapist_services q
    join public.therapists t on t.id = q.therapist_id
    left join public.vendor_services o on o.vendor_id = t.vendor_id and o.service_id = q.service_id
    where o.id is null`,
  ],
  [
    'every booking to come or under way has its promise, and no other',
    `select b.id
    from public.bookings b
    full join app_private.provider_reservations r on r.booking_id = b.id
    left join public.providers p on p.id = r.provider_id
    left join public.vendors v on v.id = b.vendor_id
    where (b.status in ('pending', 'confirmed', 'assigned', 'in_progress')) is distinct from (r.id is not null)
      or p.vendor_id <> b.vendor_id
      or (r.day, r.starts_at, r.ends_at, r.ready_at)
        <> (b.booking_date, b.starts_at, b.ends_at, b.ends_at + interval '15 minutes')
      or r.is_at_vendor <> (b.booking_type <> 'home_service')
      or r.latitude <> case when r.is_at_vendor then v.latitude
        else (b.service_location ->> 'latitude')::numeric end
      or r.longitude <> case when r.is_at_vendor then v.longitude
        else (b.service_location ->> 'longitude')::numeric end
      or r.id is not null and num_nulls(r.latitude, r.longitude) > 0
      or r.expires_at is not null or b.expires_at is not null`,
  ],
  [
    'who is assigned is who was promised',
    `select b.id
    from public.bookings b
    left join app_private.provider_reservations r on r.booking_id = b.id
    where b.status in ('assigned', 'in_progress')
      and r.provider_id is distinct from app_private.assigned_provider(b.id)`,
  ],
  [
    'every booking has its terms: GST of its day and the policy',
    `select b.id
    from public.bookings b
    full join public.booking_terms t on t.booking_id = b.id
    where t.booking_id is null
      or t.gst_percentage <> app_private.tax_percentage('gst', app_private.day_of(b.created_at))
      or b.tax_amount <> app_private.percent_of(b.final_amount - b.tax_amount, t.gst_percentage)
      or (t.reschedule_free_hours, t.reschedule_fee, t.reschedule_maximum, t.cancel_free_hours,
        t.late_cancel_fee_percentage) <> (24, 200, 2, 4, 50)`,
  ],
  [
    'a commission record names who served, and taxes at the rates of its day',
    `select c.id
    from public.commission_records c
    left join public.therapist_assignments t on t.booking_id = c.booking_id
    left join public.beautician_assignments b on b.booking_id = c.booking_id
    where (c.therapist_id, c.beautician_id) is distinct from (t.therapist_id, b.beautician_id)
      or num_nonnulls(c.therapist_id, c.beautician_id) <> 1
      or c.tds_amount <> app_private.percent_of(c.booking_amount,
        app_private.tax_percentage('tds', app_private.day_of(c.created_at)))
      or c.tcs_amount <> app_private.percent_of(c.booking_amount,
        app_private.tax_percentage('tcs', app_private.day_of(c.created_at)))`,
  ],
  [
    'cash that a vendor collected is what it owes, and nothing else',
    `select coalesce(p.id, c.id)
    from (
      select p.* from public.payments p
      where p.payment_method = 'cash' and p.status = 'success'
    ) p
    full join (select * from public.vendor_credits where kind = 'cash_collected') c
      on c.booking_id = p.booking_id
    where (p.vendor_id, -p.total_amount, p.payment_date)
      is distinct from (c.vendor_id, c.amount, c.created_at)`,
  ],
  [
    'the fee of a late cancellation is the vendor’s, and nothing else',
    `select coalesce(b.booking_id, c.booking_id)
    from (
      select c.booking_id, b.vendor_id, c.cancellation_charge, c.cancelled_at
      from public.booking_cancellations c
      join public.bookings b on b.id = c.booking_id
      where c.cancellation_charge > 0
    ) b
    full join (select * from public.vendor_credits where kind <> 'cash_collected') c
      on c.booking_id = b.booking_id and c.kind = 'cancellation_fee'
    where (b.vendor_id, b.cancellation_charge, b.cancelled_at)
      is distinct from (c.vendor_id, c.amount, c.created_at)`,
  ],
  [
    'a record is settled when and only when it is in a payout of its vendor, paid after its week',
    `select c.id
    from public.commission_records c
    left join public.vendor_payouts p on p.id = c.payout_id
    where (c.settlement_status = 'settled') <> (p.id is not null)
      or c.settlement_status not in ('settled', 'pending')
      or c.settlement_date is distinct from p.payment_date
      or p.vendor_id <> c.vendor_id or app_private.day_of(c.created_at) > p.period_end
    union all
    select c.id
    from public.vendor_credits c
    join public.vendor_payouts p on p.id = c.payout_id
    where p.vendor_id <> c.vendor_id or app_private.day_of(c.created_at) > p.period_end`,
  ],
  [
    'payouts are the sums of what is in them, and above nothing',
    `select p.id
    from public.vendor_payouts p
    left join lateral (
      select count(*) as bookings, coalesce(sum(booking_amount), 0) as gross,
        coalesce(sum(commission_amount), 0) as commission, coalesce(sum(tds_amount), 0) as tds,
        coalesce(sum(tcs_amount), 0) as tcs
      from public.commission_records where payout_id = p.id
    ) r on true
    left join lateral (
      select coalesce(sum(amount), 0) as amount from public.vendor_credits where payout_id = p.id
    ) c on true
    where (p.total_bookings, p.gross_amount, p.commission_amount, p.tds_amount, p.tcs_amount,
        p.adjustment_amount)
      <> (r.bookings, r.gross, r.commission, r.tds, r.tcs, c.amount)
      or p.net_amount <> r.gross - r.commission - r.tds - r.tcs + c.amount
      or p.net_amount <= 0 or p.payout_status <> 'completed'
      or p.period_end <> p.period_start + 6 or extract(isodow from p.period_start) <> 1`,
  ],
  [
    'a payout takes all that is due until its Sunday, and what is left over is owed by the vendor',
    `select d.id
    from (
      select id, vendor_id, created_at, payout_id,
        booking_amount - commission_amount - tds_amount - tcs_amount as amount
      from public.commission_records
      union all
      select id, vendor_id, created_at, payout_id, amount from public.vendor_credits
    ) d
    join public.vendor_payouts p on p.vendor_id = d.vendor_id
    left join public.vendor_payouts own on own.id = d.payout_id
    where app_private.day_of(d.created_at) <= p.period_end
      and (own.id is null or own.period_start > p.period_start)
    union all
    select d.vendor_id
    from (
      select vendor_id, created_at, booking_amount - commission_amount - tds_amount - tcs_amount as amount
      from public.commission_records where payout_id is null
      union all
      select vendor_id, created_at, amount from public.vendor_credits where payout_id is null
    ) d
    where date_trunc('week', app_private.day_of(d.created_at))::date + 14 < $1::date
    group by d.vendor_id having sum(d.amount) > 0`,
  ],
  ['the books are right', 'select * from app_private.imbalances()'],
];

/** Ways to break what is above, each by the rule that must notice it. */
export const promiseSabotages: readonly (readonly [rule: string, statement: string])[] = [
  ['as the triggers would', 'update public.providers set is_listed = false'],
  ['is qualified for every', 'update public.therapist_services set is_active = false'],
  ['what their vendor offers', 'delete from public.vendor_services'],
  [
    'has its promise',
    `delete from app_private.provider_reservations where booking_id in (
      select id from public.bookings where status = 'in_progress')`,
  ],
  [
    'has its promise',
    `insert into app_private.provider_reservations
      (provider_id, booking_id, day, starts_at, ends_at, ready_at, is_at_vendor)
    select p.id, b.id, b.booking_date, b.starts_at, b.ends_at, b.ends_at, true
    from public.bookings b
    join public.providers p on p.vendor_id = b.vendor_id
    where b.status = 'completed' limit 1`,
  ],
  [
    'has its promise',
    `update app_private.provider_reservations set is_at_vendor = false where is_at_vendor`,
  ],
  [
    'has its promise',
    `update app_private.provider_reservations set ready_at = ready_at - interval '1 minute'`,
  ],
  [
    'is who was promised',
    `update public.therapist_assignments set status = 'cancelled'
    where status = 'assigned'`,
  ],
  ['has its terms', 'delete from public.booking_terms where gst_percentage = 5'],
  ['has its terms', 'update public.booking_terms set gst_percentage = 12'],
  [
    'names who served',
    'update public.commission_records set beautician_id = null where beautician_id is not null',
  ],
  ['names who served', 'update public.commission_records set tcs_amount = 0'],
  ['cash that a vendor', `delete from public.vendor_credits where kind = 'cash_collected'`],
  [
    'late cancellation',
    `update public.vendor_credits set kind = 'reschedule_fee'
    where kind = 'cancellation_fee'`,
  ],
  ['in a payout of its vendor', 'update public.commission_records set payout_id = null'],
  [
    'sums of what is in them',
    'update public.vendor_credits set payout_id = null where payout_id is not null',
  ],
  [
    'until its Sunday',
    `update public.commission_records set payout_id = null, settlement_status = 'pending',
      settlement_date = null`,
  ],
  [
    'the books are right',
    `insert into app_private.journal (from_account, to_account, to_id, amount, reason)
    select 'gateway', 'vendor', id, 1, 'a gift' from public.vendors limit 1`,
  ],
];
