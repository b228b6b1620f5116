import {
  earlierGst,
  lateCancellationRate,
  limits,
  points,
  rates,
  serviceCharge,
  tiers,
} from '../fixtures/terms.ts';

/** Assignments of both kinds of provider. */
const assignments = `(
  select id, booking_id, therapist_id as provider_id, vendor_id, customer_id, status,
    assignment_date + assignment_time as starts, service_id
  from public.therapist_assignments
  union all
  select id, booking_id, beautician_id, vendor_id, customer_id, status,
    assignment_time at time zone 'Asia/Kolkata', null
  from public.beautician_assignments
)`;
const schedules = `(
  select therapist_id as provider_id, day_of_week, start_time, end_time, break_start, break_end
  from public.therapist_schedules
  union all
  select beautician_id, day_of_week, start_time, end_time, break_start, break_end
  from public.beautician_schedules
)`;
const providers = `(
  select id, vendor_id from public.therapists union all select id, vendor_id from public.beauticians
)`;

/** The local time of a booking b. */
const served = `tsrange(b.booking_date + b.booking_time,
  b.booking_date + b.booking_time + b.duration_minutes * interval '1 minute')`;

/**
 * What must not be found in demo data beyond what `ombaro validate` looks for in every database: each query
 * lists the rows that break a rule.
 */
export const violations: readonly (readonly [rule: string, query: string])[] = [
  [
    'every service lies within a shift of the provider, outside the break',
    `select a.id
    from ${assignments} a
    join public.bookings b on b.id = a.booking_id
    where not exists (
      select from ${schedules} s
      cross join lateral (values (0), (1)) n (days)
      cross join lateral (select b.booking_date - n.days as day) d
      where s.provider_id = a.provider_id and s.day_of_week = extract(dow from d.day)
        and tsrange(d.day + s.start_time, app_private.shift_end(d.day, s.start_time, s.end_time))
          @> ${served}
        and not app_private.shift_break(d.day, s.start_time, s.break_start, s.break_end) && ${served})`,
  ],
  [
    'every service lies within a shift of the vendor and starts on the half hour',
    `select b.id
    from public.bookings b
    where extract(minute from b.booking_time) not in (0, 30) or not exists (
      select from public.vendor_availability v
      cross join lateral (values (0), (1)) n (days)
      cross join lateral (select b.booking_date - n.days as day) d
      where v.vendor_id = b.vendor_id and v.is_open and v.day_of_week = extract(dow from d.day)
        and tsrange(d.day + v.open_time, app_private.shift_end(d.day, v.open_time, v.close_time))
          @> ${served})`,
  ],
  [
    'no provider serves more than five a day',
    `select provider_id from ${assignments} a
    group by provider_id, starts::date having count(*) > 5`,
  ],
  [
    'a provider serves their own vendor at the time of the booking, with what that vendor offers',
    `select a.id
    from ${assignments} a
    join ${providers} p on p.id = a.provider_id
    join public.bookings b on b.id = a.booking_id
    where p.vendor_id <> b.vendor_id or a.service_id is not null and not exists (
        select from public.vendor_services v
        where v.vendor_id = a.vendor_id and v.service_id = a.service_id
      )`,
  ],
  [
    'beauticians serve what they are qualified for, at home with the address',
    `select a.id
    from public.beautician_assignments a
    join public.bookings b on b.id = a.booking_id
    join public.booking_items i on i.booking_id = b.id
    left join public.beautician_services s
      on s.beautician_id = a.beautician_id and s.service_id = i.service_id
    where s.id is null or i.therapist_id is not null
      or (b.booking_type = 'home_service') <> (a.location ? 'address')
      or b.booking_type = 'spa_visit' and a.status in ('acknowledged', 'in_transit', 'reached')`,
  ],
  [
    'a booking has one to three items, and they and their add-ons are its duration',
    `select b.id
    from public.bookings b
    left join lateral (
      select count(*) as items, sum(i.service_duration + coalesce(
          (select sum((x ->> 'duration')::integer) from jsonb_array_elements(i.addon_services) x), 0)
        ) as minutes
      from public.booking_items i where i.booking_id = b.id
    ) i on true
    where i.items not between 1 and 3 or i.minutes <> b.duration_minutes`,
  ],
  [
    'an item costs what the vendor asks',
    `select i.id
    from public.booking_items i
    join public.bookings b on b.id = i.booking_id
    left join public.vendor_services v on v.vendor_id = b.vendor_id and v.service_id = i.service_id
    where v.id is null or i.service_price <> public.vendor_services_price(v)`,
  ],
  [
    'GST is on each item at the rate of the day and on the charge at its rate, rounded half-up once for each',
    `select b.id
    from public.bookings b
    join (
      select booking_id, sum(tax_amount) as tax, sum(discount_amount) as discount, bool_or(
        tax_amount <> round((subtotal - discount_amount) * tax_percentage / 100, 2)) as is_wrong,
        min(tax_percentage) as lowest, max(tax_percentage) as highest
      from public.booking_items group by booking_id
    ) i on i.booking_id = b.id
    cross join lateral (
      select case when (b.created_at at time zone 'Asia/Kolkata')::date < '${earlierGst.before}'
        then ${earlierGst.rate} else ${rates.gst} end as rate
    ) r
    where i.is_wrong or i.discount <> b.discount_amount or (i.lowest, i.highest) <> (r.rate, r.rate)
      or b.charge_tax_amount <> round(b.service_charge * ${rates.chargeGst} / 100.0, 2)
      or b.tax_amount <> i.tax + b.charge_tax_amount`,
  ],
  [
    'the service charge is ₹50, and at home what coming there costs is added',
    `select b.id
    from public.bookings b
    join public.booking_contacts c on c.booking_id = b.id
    left join public.pincode_master p on p.pincode = c.service_location ->> 'pincode'
    left join public.zones z on z.id = p.zone_id
    where b.service_charge <> case b.channel when 'desk' then 0 else ${serviceCharge} end + case b.booking_type
      when 'home_service' then p.delivery_charge + coalesce(z.service_charge, 0) else 0 end`,
  ],
  [
    'a booking is made before its time',
    `select id from public.bookings where created_at >= starts_at`,
  ],
  [
    'numbers rise with the time of making',
    `select id from (
      select id, created_at, lag(created_at) over (
        order by split_part(booking_number, '-', 3)::integer) as previous
      from public.bookings
    ) b where previous > created_at`,
  ],
  [
    'past bookings are over and coming ones have not begun',
    `select id from public.bookings
    where (booking_date < $1::date and status in ('pending', 'confirmed', 'assigned') and overdue_since is null)
      or (booking_date >= $1::date and status in ('in_progress', 'completed'))`,
  ],
  [
    'what was received and paid back is what the booking says',
    `select b.id
    from public.bookings b
    left join lateral (
      select coalesce(sum(total_amount), 0) as paid, coalesce(sum(refund_amount), 0) as refunded,
        count(*) as payments
      from public.payments p
      where p.booking_id = b.id and p.status not in ('failed', 'pending', 'processing')
    ) p on true
    left join lateral (
      select coalesce(sum(refund_amount), 0) as refunded from public.refunds r
      where r.booking_id = b.id
    ) r on true
    left join public.booking_cancellations c on c.booking_id = b.id
    where p.payments > 1 or p.refunded <> r.refunded
      -- While a no-show can be disputed, no money moves.
      or c.id is not null and c.settled_at is null and p.refunded <> 0
      or (c.id is null or c.settled_at is not null) and p.refunded <> coalesce(c.refund_amount, 0)
      or (c.settled_at is not null and p.paid <> p.refunded + c.cancellation_charge - c.due_amount)
      or p.paid not in (0, b.final_amount)`,
  ],
  [
    'only a customer’s late cancellation costs, and then half',
    `select b.id
    from public.bookings b
    join public.booking_cancellations c on c.booking_id = b.id
    where c.cancellation_charge > 0 and (
      c.cancelled_by_role <> 'customer'
      or b.starts_at - c.cancelled_at >= interval '${limits.freeCancellationHours} hours'
      or c.cancellation_charge <> round(b.final_amount * ${lateCancellationRate} / 100, 2))`,
  ],
  [
    'commission is at the vendor’s rate, and what is withheld at the rates of the law',
    `select c.id
    from public.commission_records c
    left join public.vendor_private_details v on v.vendor_id = c.vendor_id
    where c.commission_rate is distinct from v.commission_rate
      or c.tds_amount <> round(c.booking_amount * ${rates.tds} / 100, 2)
      or c.tcs_amount <> round(c.booking_amount * ${rates.tcs} / 100, 2)`,
  ],
  [
    'points are one for each hundred rupees of a completed booking',
    `select b.id from public.bookings b
    left join public.loyalty_points_transactions l on l.booking_id = b.id
    where case when b.status = 'completed' then floor(b.final_amount / ${points.cost}) else 0 end
      <> coalesce(l.points, 0)`,
  ],
  [
    'tiers of customers are those of what they spent',
    `select c.id
    from public.customers c
    where c.membership_tier <> case when c.total_spent >= ${tiers.diamond} then 'diamond'
      when c.total_spent >= ${tiers.platinum} then 'platinum' when c.total_spent >= ${tiers.gold} then 'gold'
      else 'silver' end`,
  ],
  [
    'months of beauticians are those of their services',
    `select b.id
    from public.beauticians b
    join public.beautician_private_details d on d.beautician_id = b.id
    left join lateral (
      select count(*) filter (where a.status = 'completed') as services
      from public.beautician_assignments a
      where a.beautician_id = b.id
    ) a on true
    left join lateral (
      select coalesce(sum(completed_assignments), 0) as services,
        coalesce(sum(total_earnings), 0) as earnings
      from public.beautician_performance where beautician_id = b.id
    ) p on true
    where p.services <> a.services or p.earnings <> d.total_earnings`,
  ],
  [
    'no customer reviews a booking before it is completed',
    `select r.id
    from (
      select id, booking_id, created_at from public.reviews
      union all
      select id, booking_id, created_at from public.vendor_reviews
    ) r
    join public.bookings b on b.id = r.booking_id
    where r.created_at < b.updated_at`,
  ],
  [
    'who rejected a review is recorded',
    `select r.id from public.reviews r
    where r.status = 'rejected'
      and not exists (select from public.review_moderations m where m.review_id = r.id)
    union all
    select r.id from public.vendor_reviews r
    where r.status = 'rejected'
      and not exists (
        select from public.vendor_review_moderations m where m.vendor_review_id = r.id)`,
  ],
  [
    'a reschedule moves a booking to where it is now',
    `select r.id
    from public.booking_reschedules r
    join public.bookings b on b.id = r.booking_id
    where (r.new_date, r.new_time) <> (b.booking_date, b.booking_time)
      or r.old_date + r.old_time - interval '24 hours' < r.created_at at time zone 'Asia/Kolkata'`,
  ],
  [
    'two circles of personas share nothing',
    `select v.id from public.bookings b
    join public.vendors v on v.id = b.vendor_id
    where b.customer_id in (
      '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002')
    group by v.id having count(distinct b.customer_id) > 1
    union all
    select c.id from public.bookings b
    join public.customers c on c.id = b.customer_id
    join public.vendors v on v.id = b.vendor_id
    where v.user_id in (
      '00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000005')
    group by c.id having count(distinct v.user_id) > 1`,
  ],
];
