import { lateCancellationRate, limits, moveCharge } from '../fixtures/terms.ts';

/** Of the engine's own tables: reservations, terms and money owed. Each query lists the rows that break a rule. */
export const reservationViolations: readonly (readonly [rule: string, query: string])[] = [
  [
    'every provider who serves, or whose time is reserved, is qualified for every service of the booking',
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
    'every booking to come or under way has its reservation, and no other',
    `select b.id
    from public.bookings b
    full join (select * from app_private.provider_reservations where blocked_time_id is null) r
      on r.booking_id = b.id
    left join public.providers p on p.id = r.provider_id
    left join public.vendors v on v.id = b.vendor_id
    left join public.booking_contacts c on c.booking_id = b.id
    where (b.status in ('pending', 'confirmed', 'assigned', 'in_progress')) is distinct from (r.id is not null)
      or p.vendor_id <> b.vendor_id
      or (r.day, r.starts_at, r.ends_at, r.ready_at)
        <> (b.booking_date, b.starts_at, b.ends_at, b.ends_at + interval '15 minutes')
      or r.is_at_vendor <> (b.booking_type <> 'home_service')
      or r.latitude <> case when r.is_at_vendor then v.latitude
        else (c.service_location ->> 'latitude')::numeric end
      or r.longitude <> case when r.is_at_vendor then v.longitude
        else (c.service_location ->> 'longitude')::numeric end
      or r.id is not null and num_nulls(r.latitude, r.longitude) > 0
      or r.expires_at is not null or b.expires_at is not null`,
  ],
  [
    'the terms of a booking are GST of its day and the policy',
    `select b.id
    from public.bookings b
    join public.booking_terms t on t.booking_id = b.id
    where t.gst_percentage <> app_private.tax_percentage('gst', app_private.day_of(b.created_at))
      or t.charge_gst_percentage <> app_private.tax_percentage('gst_charge', app_private.day_of(b.created_at))
      or (t.reschedule_free_hours, t.reschedule_fee, t.reschedule_maximum, t.cancel_free_hours,
        t.late_cancel_fee_percentage, t.no_show_grace_minutes, t.no_show_dispute_hours)
        <> (${limits.freeMoveHours}, case b.channel when 'desk' then 0 else ${moveCharge} end, ${limits.moves},
          ${limits.freeCancellationHours}, case b.channel when 'desk' then 0 else ${lateCancellationRate} end, ${limits.noShowMinutes}, ${limits.disputeHours})`,
  ],
  [
    'a booking has a start code until its service begins, and every service of the demo data is attested',
    `select b.id
    from public.bookings b
    left join public.booking_start_codes c on c.booking_id = b.id
    where (b.status in ('pending', 'confirmed', 'assigned')) <> (c.booking_id is not null)
      or b.is_attested is distinct from case when b.status in ('in_progress', 'completed') then true end`,
  ],
  [
    'a commission record is of one who served, with taxes at the rates of its day',
    `select c.id
    from public.commission_records c
    where num_nonnulls(c.therapist_id, c.beautician_id) <> 1
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
      -- What is not paid is due, and not the vendor's yet.
      where c.cancellation_charge > 0 and app_private.amount_paid(b.id) > 0
    ) b
    full join (select * from public.vendor_credits where kind <> 'cash_collected') c
      on c.booking_id = b.booking_id and c.kind = 'cancellation_fee'
    where (b.vendor_id, b.cancellation_charge, b.cancelled_at)
      is distinct from (c.vendor_id, c.amount, c.created_at)`,
  ],
  [
    'a record is settled on the day of its payout',
    `select c.id
    from public.commission_records c
    left join public.vendor_payouts p on p.id = c.payout_id
    where c.settlement_status not in ('settled', 'pending')
      or c.settlement_date is distinct from p.payment_date`,
  ],
  [
    'payouts are above nothing, paid, and of weeks from Monday to Sunday',
    `select p.id
    from public.vendor_payouts p
    where p.net_amount <= 0 or p.payout_status <> 'completed'
      or p.period_end <> p.period_start + 6 or extract(isodow from p.period_start) <> 1`,
  ],
  [
    'a payout takes all that is due until its Sunday, and what is left over is owed by the vendor',
    `select d.id
    from (
      select id, vendor_id, payable_from as due_at, payout_id,
        net_amount as amount
      from public.commission_records
      union all
      select c.id, c.vendor_id, coalesce(r.payable_from, c.created_at), c.payout_id, c.amount
      from public.vendor_credits c
      left join public.commission_records r on r.booking_id = c.booking_id
    ) d
    join public.vendor_payouts p on p.vendor_id = d.vendor_id
    left join public.vendor_payouts own on own.id = d.payout_id
    where app_private.day_of(d.due_at) <= p.period_end
      and (own.id is null or own.period_start > p.period_start)
    union all
    select d.vendor_id
    from (
      select vendor_id, payable_from as due_at,
        net_amount as amount
      from public.commission_records where payout_id is null
      union all
      select c.vendor_id, coalesce(r.payable_from, c.created_at), c.amount
      from public.vendor_credits c
      left join public.commission_records r on r.booking_id = c.booking_id
      where c.payout_id is null
    ) d
    where date_trunc('week', app_private.day_of(d.due_at))::date + 14 < $1::date
    group by d.vendor_id having sum(d.amount) > 0`,
  ],
];

/** Ways to break what is above, each by the rule that must notice it. */
export const reservationSabotages: readonly (readonly [rule: string, statement: string])[] = [
  ['is qualified for every', 'update public.therapist_services set is_active = false'],
  ['what their vendor offers', 'delete from public.vendor_services'],
  [
    'has its reservation',
    `delete from app_private.provider_reservations where booking_id in (
      select id from public.bookings where status = 'in_progress')`,
  ],
  [
    'has its reservation',
    `insert into app_private.provider_reservations
      (provider_id, booking_id, day, starts_at, ends_at, ready_at, is_at_vendor)
    select p.id, b.id, b.booking_date, b.starts_at, b.ends_at, b.ends_at, true
    from public.bookings b
    join public.providers p on p.vendor_id = b.vendor_id
    where b.status = 'completed' limit 1`,
  ],
  [
    'has its reservation',
    `update app_private.provider_reservations set is_at_vendor = false where is_at_vendor`,
  ],
  [
    'has its reservation',
    `update app_private.provider_reservations set ready_at = ready_at - interval '1 minute'
    where booking_id is not null`,
  ],
  ['terms of a booking', 'update public.booking_terms set gst_percentage = 12'],
  ['has a start code until', 'delete from public.booking_start_codes'],
  [
    'has a start code until',
    `update public.bookings set is_attested = null where status = 'in_progress'`,
  ],
  [
    'of one who served',
    'update public.commission_records set beautician_id = null where beautician_id is not null',
  ],
  ['of one who served', 'update public.commission_records set tcs_amount = 0'],
  ['cash that a vendor', `delete from public.vendor_credits where kind = 'cash_collected'`],
  [
    'late cancellation',
    `update public.vendor_credits set kind = 'reschedule_fee'
    where kind = 'cancellation_fee'`,
  ],
  ['day of its payout', 'update public.commission_records set payout_id = null'],
  [
    'above nothing, paid',
    'update public.vendor_payouts set period_start = period_start + 1, period_end = period_end + 1',
  ],
  [
    'until its Sunday',
    `update public.commission_records set payout_id = null, settlement_status = 'pending',
      settlement_date = null`,
  ],
];
