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
const leaves = `(
  select therapist_id as provider_id, start_date, end_date, status from public.therapist_leaves
  union all
  select beautician_id, start_date, end_date, status from public.beautician_leaves
)`;
const providers = `(
  select id, vendor_id from public.therapists union all select id, vendor_id from public.beauticians
)`;

/** What must not be found in demo data: each query lists the rows that break a rule. */
export const violations: readonly (readonly [rule: string, query: string])[] = [
  [
    'no provider is in two places, rest included',
    `select a.id
    from ${assignments} a
    join public.bookings b on b.id = a.booking_id
    join ${assignments} a2 on a2.provider_id = a.provider_id and a2.id <> a.id
    join public.bookings b2 on b2.id = a2.booking_id
    where tstzrange(b.starts_at, b.ends_at + interval '15 minutes')
      && tstzrange(b2.starts_at, b2.ends_at + interval '15 minutes')`,
  ],
  [
    'every service lies within the provider’s shift, outside the break',
    `select a.id
    from ${assignments} a
    join public.bookings b on b.id = a.booking_id
    left join ${schedules} s
      on s.provider_id = a.provider_id and s.day_of_week = extract(dow from b.booking_date)
    where s.provider_id is null
      or b.booking_time < s.start_time
      or b.booking_time + b.duration_minutes * interval '1 minute' > s.end_time
      or (b.booking_time < s.break_end
        and b.booking_time + b.duration_minutes * interval '1 minute' > s.break_start)`,
  ],
  [
    'every service lies within the vendor’s opening hours and starts on the half hour',
    `select b.id
    from public.bookings b
    left join public.vendor_availability v
      on v.vendor_id = b.vendor_id and v.day_of_week = extract(dow from b.booking_date) and v.is_open
    where v.id is null
      or b.booking_time < v.open_time
      or b.booking_time + b.duration_minutes * interval '1 minute' > v.close_time
      or extract(minute from b.booking_time) not in (0, 30)`,
  ],
  [
    'nobody serves while on leave',
    `select a.id
    from ${assignments} a
    join ${leaves} l on l.provider_id = a.provider_id and l.status = 'approved'
    where a.starts::date between l.start_date and l.end_date`,
  ],
  [
    'nobody serves more than five a day',
    `select provider_id from ${assignments} a
    group by provider_id, starts::date having count(*) > 5`,
  ],
  [
    'a provider serves their own vendor at the time of the booking, with what that vendor offers',
    `select a.id
    from ${assignments} a
    join ${providers} p on p.id = a.provider_id
    join public.bookings b on b.id = a.booking_id
    where p.vendor_id <> b.vendor_id or a.vendor_id <> b.vendor_id
      or a.customer_id <> b.customer_id or a.starts <> b.booking_date + b.booking_time
      or a.service_id is not null and not exists (
        select from public.vendor_services v
        where v.vendor_id = a.vendor_id and v.service_id = a.service_id
      )`,
  ],
  [
    'beauticians serve in the salon, what they are qualified for',
    `select a.id
    from public.beautician_assignments a
    join public.bookings b on b.id = a.booking_id
    join public.booking_items i on i.booking_id = b.id
    left join public.beautician_services s
      on s.beautician_id = a.beautician_id and s.service_id = i.service_id
    where s.id is null or b.booking_type <> 'spa_visit' or i.therapist_id is not null`,
  ],
  [
    'items and add-ons are the total and the duration',
    `select b.id
    from public.bookings b
    left join lateral (
      select count(*) as items, sum(i.subtotal) as total,
        sum(i.service_duration + coalesce(
          (select sum((x ->> 'duration')::integer) from jsonb_array_elements(i.addon_services) x), 0)
        ) as minutes,
        bool_and(i.subtotal = i.service_price * i.quantity + coalesce(
          (select sum((x ->> 'price')::numeric) from jsonb_array_elements(i.addon_services) x), 0)
        ) as is_summed
      from public.booking_items i where i.booking_id = b.id
    ) i on true
    where i.items not between 1 and 3 or i.total <> b.total_amount
      or i.minutes <> b.duration_minutes or not i.is_summed`,
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
    'GST is on all of it at the rate of the day, rounded half-up once',
    `select id from public.bookings
    where service_charge <> 50 or tax_amount <> round(
      (total_amount - discount_amount + service_charge)
        * case when (created_at at time zone 'Asia/Kolkata')::date < '2025-09-22'
          then 0.18 else 0.05 end, 2)`,
  ],
  [
    'a booking is made before its time, and its number names that day',
    `select id from public.bookings
    where created_at >= starts_at or booking_number !~ ('^OBO-'
      || to_char(created_at at time zone 'Asia/Kolkata', 'YYYYMMDD') || '-[0-9]{4,}$')`,
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
    'history is a legal path in time that ends at the state of the booking',
    `select b.id
    from public.bookings b
    join lateral (
      select
        string_agg(h.to_status, '>' order by h.created_at, h.place) as path,
        bool_and(h.from_status is not distinct from h.previous) as is_chained,
        max(h.created_at) as latest
      from (
        select *, lag(to_status) over w as previous, row_number() over w as place
        from public.booking_status_history
        where booking_id = b.id
        window w as (order by created_at, array_position(array['pending', 'confirmed',
          'rescheduled', 'assigned', 'in_progress', 'completed', 'cancelled'], to_status))
      ) h
    ) h on true
    where not h.is_chained or h.latest <> b.updated_at
      or h.path !~ ('^pending(>confirmed(>rescheduled>confirmed)?(>assigned(>in_progress(>completed)?)?)?)?(>cancelled)?$')
      or h.path ~ '(in_progress|completed)>cancelled'
      or split_part(h.path, '>', -1) <> b.status`,
  ],
  [
    'who is assigned is assigned once, and in step with the booking',
    `select b.id
    from public.bookings b
    left join (
      select booking_id, count(*) as assignments, min(status) as status from ${assignments} a
      group by booking_id
    ) a on a.booking_id = b.id
    where a.assignments > 1 or case b.status
      when 'pending' then a.status is not null
      when 'confirmed' then a.status is not null
      when 'assigned' then
        coalesce(a.status, '') not in ('assigned', 'acknowledged', 'in_transit', 'reached')
      when 'cancelled' then a.status <> 'cancelled'
      else a.status is distinct from b.status
    end`,
  ],
  [
    'past bookings are over and coming ones have not begun',
    `select id from public.bookings
    where (booking_date < $1::date and status in ('pending', 'confirmed', 'assigned'))
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
      or p.refunded <> coalesce(c.refund_amount, 0)
      or (c.id is not null and p.paid <> p.refunded + c.cancellation_charge)
      or case b.payment_status
        when 'pending' then p.paid <> 0
        when 'paid' then p.paid <> b.final_amount or p.refunded <> 0
        when 'partial' then p.refunded not between 0.01 and p.paid - 0.01
        when 'refunded' then p.paid <> b.final_amount or p.refunded <> p.paid
      end`,
  ],
  [
    'only a customer’s late cancellation costs, and then half',
    `select b.id
    from public.bookings b
    join public.booking_cancellations c on c.booking_id = b.id
    where c.cancellation_charge > 0 and (
      c.cancelled_by_role <> 'customer'
      or b.starts_at - c.cancelled_at >= interval '4 hours'
      or c.cancellation_charge <> round(b.final_amount / 2, 2))`,
  ],
  [
    'every cancelled booking has its cancellation, and no other',
    `select b.id
    from public.bookings b
    left join public.booking_cancellations c on c.booking_id = b.id
    where (b.status = 'cancelled') <> (c.id is not null) or c.cancelled_at <> b.cancelled_at
      or c.cancelled_by <> b.cancelled_by`,
  ],
  [
    'every completed booking has one commission record at the vendor’s rate, and no other',
    `select b.id
    from public.bookings b
    left join public.commission_records c on c.booking_id = b.id
    left join public.vendor_private_details v on v.vendor_id = c.vendor_id
    where (b.status = 'completed') <> (c.id is not null)
      or c.booking_amount <> b.final_amount - b.tax_amount
      or c.commission_rate <> v.commission_rate
      or c.commission_amount <> round(c.booking_amount * c.commission_rate / 100, 2)
      or c.tds_amount <> round(c.booking_amount / 1000, 2)
      or c.tcs_amount <> round(c.booking_amount / 200, 2)`,
  ],
  [
    'balances of points are running sums, and the last is the customer’s',
    `select t.id from (
      select id, balance_after, sum(points) over (
        partition by customer_id order by created_at, booking_id) as balance
      from public.loyalty_points_transactions
    ) t where t.balance <> t.balance_after
    union all
    select c.id from public.customers c
    where c.loyalty_points <> (
      select coalesce(sum(points), 0) from public.loyalty_points_transactions where customer_id = c.id)`,
  ],
  [
    'points are one for each hundred rupees of a completed booking',
    `select b.id from public.bookings b
    left join public.loyalty_points_transactions l on l.booking_id = b.id
    where case when b.status = 'completed' then floor(b.final_amount / 100) else 0 end
      <> coalesce(l.points, 0)`,
  ],
  [
    'balances of wallets are running sums',
    `select t.id from (
      select id, balance_after,
        sum(case transaction_type when 'debit' then -amount else amount end) over (
          partition by customer_id order by created_at) as balance
      from public.wallet_transactions
    ) t where t.balance <> t.balance_after`,
  ],
  [
    'totals of customers are those of their bookings',
    `select c.id
    from public.customers c
    left join lateral (
      select count(*) as bookings, max(created_at) as latest,
        coalesce(sum(final_amount) filter (where status = 'completed'), 0) as spent,
        coalesce(sum(discount_amount) filter (where status = 'completed'), 0) as saved
      from public.bookings where customer_id = c.id
    ) b on true
    where c.total_bookings <> b.bookings or c.total_spent <> b.spent or c.total_saved <> b.saved
      or c.last_booking_date is distinct from b.latest
      or c.membership_tier <> case when b.spent >= 200000 then 'diamond'
        when b.spent >= 75000 then 'platinum' when b.spent >= 25000 then 'gold' else 'silver' end`,
  ],
  [
    'totals and ratings of vendors are those of their bookings and approved reviews',
    `select v.id
    from public.vendors v
    left join lateral (select count(*) as bookings from public.bookings where vendor_id = v.id) b
      on true
    left join lateral (
      select count(*) as reviews, coalesce(round(avg(rating), 2), 0) as rating
      from public.vendor_reviews where vendor_id = v.id and status = 'approved'
    ) r on true
    where v.total_bookings <> b.bookings or v.total_reviews <> r.reviews or v.rating <> r.rating`,
  ],
  [
    'totals and ratings of therapists are those of their services and approved reviews',
    `select t.id
    from public.therapists t
    join public.therapist_private_details d on d.therapist_id = t.id
    left join lateral (
      select count(*) as services from public.therapist_assignments
      where therapist_id = t.id and status = 'completed'
    ) a on true
    left join lateral (
      select coalesce(sum(therapist_earning), 0) as earnings
      from public.commission_records where therapist_id = t.id
    ) c on true
    left join lateral (
      select count(*) as reviews, coalesce(round(avg(rating), 2), 0) as rating
      from public.reviews
      where reviewable_type = 'therapist' and reviewable_id = t.id and status = 'approved'
    ) r on true
    where t.total_services <> a.services or t.total_reviews <> r.reviews or t.rating <> r.rating
      or d.total_earnings <> c.earnings`,
  ],
  [
    'totals and ratings of beauticians are those of their services and approved reviews',
    `select b.id
    from public.beauticians b
    join public.beautician_private_details d on d.beautician_id = b.id
    left join lateral (
      select coalesce(sum(c.therapist_earning), 0) as earnings,
        count(*) filter (where a.status = 'completed') as services
      from public.beautician_assignments a
      left join public.commission_records c on c.booking_id = a.booking_id
      where a.beautician_id = b.id
    ) a on true
    left join lateral (
      select coalesce(sum(completed_assignments), 0) as services,
        coalesce(sum(total_earnings), 0) as earnings
      from public.beautician_performance where beautician_id = b.id
    ) p on true
    left join lateral (
      select count(*) as reviews, coalesce(round(avg(rating), 2), 0) as rating
      from public.reviews
      where reviewable_type = 'beautician' and reviewable_id = b.id and status = 'approved'
    ) r on true
    where b.total_reviews <> r.reviews or b.rating <> r.rating or d.total_earnings <> a.earnings
      or p.services <> a.services or p.earnings <> a.earnings`,
  ],
  [
    'only the customer of a completed booking reviews it',
    `select r.id
    from (
      select id, booking_id, customer_id, created_at from public.reviews
      union all
      select id, booking_id, customer_id, created_at from public.vendor_reviews
    ) r
    join public.bookings b on b.id = r.booking_id
    where b.status <> 'completed' or b.customer_id <> r.customer_id or r.created_at < b.updated_at`,
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
    'a ticket was first answered when customer care first wrote to its author',
    `select t.id
    from public.support_tickets t
    left join lateral (
      select min(m.created_at) as created_at from public.ticket_messages m
      where m.ticket_id = t.id and m.sender_type = 'employee' and not m.is_internal
    ) m on true
    where t.first_response_at is distinct from m.created_at`,
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
