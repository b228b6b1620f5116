import type pg from 'pg';
import { indianDayInSql } from './calendar.ts';
import { idFrom } from './id-from.ts';
import { payoutStatements } from './payouts.ts';

/**
 * What follows from the rows is computed from the rows, in one pass each: balances of points, payouts,
 * monthly figures, totals and ratings.
 */
export async function addTotals(client: pg.ClientBase): Promise<void> {
  for (const statement of statements) {
    await client.query(statement);
  }
}

const statements = [
  `update public.vendor_approval_history h
  set documents_verified = (
    select jsonb_object_agg(d.document_type,
      case when d.verified_at <= h.created_at then d.verification_status else 'pending' end)
    from public.vendor_application_documents d
    where d.application_id = h.application_id
  )`,
  `insert into public.loyalty_points_transactions
    (id, customer_id, transaction_type, points, booking_id, description, balance_after, expires_at,
      created_at)
  select ${idFrom(`'points of ' || b.id`)}, b.customer_id, 'earned', b.points, b.id,
    'Points of ' || b.booking_number,
    sum(b.points) over (partition by b.customer_id order by b.completed_at, b.id),
    (b.completed_at at time zone 'Asia/Kolkata'
      + (select app_private.setting('loyalty.expiry_months')::integer * interval '1 month'))
      at time zone 'Asia/Kolkata',
    b.completed_at
  from (
    select b.id, b.booking_number, b.customer_id, c.created_at as completed_at,
      floor(b.final_amount
        / (select app_private.setting('loyalty.rupees_per_point')::numeric))::integer as points
    from public.bookings b
    join public.commission_records c on c.booking_id = b.id
  ) b
  where b.points > 0`,
  `update public.customers c
  set total_bookings = t.bookings, total_spent = t.spent, total_saved = t.saved,
    last_booking_date = t.latest, loyalty_points = coalesce(l.points, 0),
    membership_tier = app_private.tier_of(t.spent)
  from (
    select customer_id, count(*) as bookings, max(created_at) as latest,
      coalesce(sum(final_amount) filter (where status = 'completed'), 0) as spent,
      coalesce(sum(discount_amount) filter (where status = 'completed'), 0) as saved
    from public.bookings
    where customer_id is not null
    group by customer_id
  ) t
  left join (
    select customer_id, sum(points) as points
    from public.loyalty_points_transactions
    group by customer_id
  ) l on l.customer_id = t.customer_id
  where t.customer_id = c.id`,
  `update public.vendors v
  set total_bookings = t.bookings, rating = coalesce(r.rating, 0),
    total_reviews = coalesce(r.reviews, 0)
  from (
    select vendor_id, count(*) as bookings from public.bookings where channel = 'platform' group by vendor_id
  ) t
  left join (
    select vendor_id, round(avg(rating), 2) as rating, count(*) as reviews
    from public.vendor_reviews
    where status = 'approved'
    group by vendor_id
  ) r on r.vendor_id = t.vendor_id
  where v.id = t.vendor_id`,
  `update public.therapists t
  set total_services = a.services, rating = coalesce(r.rating, 0),
    total_reviews = coalesce(r.reviews, 0)
  from (
    select therapist_id, count(*) as services
    from public.therapist_assignments
    where status = 'completed'
    group by therapist_id
  ) a
  left join (
    select reviewable_id, round(avg(rating), 2) as rating, count(*) as reviews
    from public.reviews
    where reviewable_type = 'therapist' and status = 'approved'
    group by reviewable_id
  ) r on r.reviewable_id = a.therapist_id
  where t.id = a.therapist_id`,
  // With ids that are the same each time; recount_performance() fills them.
  `insert into public.therapist_performance (id, therapist_id, month, created_at, updated_at)
  select ${idFrom(`'month of ' || a.therapist_id || date_trunc('month', a.assignment_date::timestamp)::date`)},
    a.therapist_id, date_trunc('month', a.assignment_date::timestamp)::date, max(a.updated_at), max(a.updated_at)
  from public.therapist_assignments a
  group by a.therapist_id, date_trunc('month', a.assignment_date::timestamp)`,
  `update public.therapist_private_details d set total_earnings = t.earnings
  from (
    select therapist_id, sum(therapist_earning) as earnings
    from public.commission_records
    group by therapist_id
  ) t
  where t.therapist_id = d.therapist_id`,
  `update public.beauticians b
  set rating = r.rating, total_reviews = r.reviews
  from (
    select reviewable_id, round(avg(rating), 2) as rating, count(*) as reviews
    from public.reviews
    where reviewable_type = 'beautician' and status = 'approved'
    group by reviewable_id
  ) r
  where r.reviewable_id = b.id`,
  `insert into public.beautician_performance (id, beautician_id, month, created_at, updated_at)
  select ${idFrom(`'month of ' || a.beautician_id || a.month`)}, a.beautician_id, a.month,
    max(a.updated_at), max(a.updated_at)
  from (
    select *, date_trunc('month', assignment_time at time zone 'Asia/Kolkata')::date as month
    from public.beautician_assignments
  ) a
  group by a.beautician_id, a.month`,
  `update public.beautician_private_details d set total_earnings = t.earnings
  from (
    select a.beautician_id, sum(c.therapist_earning) as earnings
    from public.beautician_assignments a
    join public.commission_records c on c.booking_id = a.booking_id
    where a.status = 'completed'
    group by a.beautician_id
  ) t
  where t.beautician_id = d.beautician_id`,
  // Each day's rate is asked for once, and found by its place.
  `insert into public.booking_terms
    (booking_id, gst_percentage, reschedule_free_hours, reschedule_fee, reschedule_maximum,
      cancel_free_hours, late_cancel_fee_percentage, no_show_grace_minutes, no_show_dispute_hours,
      charge_gst_percentage)
  with days as materialized (
    select ${indianDayInSql('min(created_at)')} as first, ${indianDayInSql('max(created_at)')} as last
    from public.bookings
  ), gst as materialized (
    select first, array(
      select app_private.tax_percentage('gst', first + n) from generate_series(0, last - first) n order by n
    ) as percentages, array(
      select app_private.tax_percentage('gst_charge', first + n) from generate_series(0, last - first) n order by n
    ) as charge_percentages
    from days
  ), terms as materialized (
    select * from app_private.terms_of_today(null)
  )
  select b.id, gst.percentages[${indianDayInSql('b.created_at')} - gst.first + 1],
    terms.reschedule_free_hours,
    -- Moving and cancelling what the desk booked is free.
    case b.channel when 'desk' then 0 else terms.reschedule_fee end, terms.reschedule_maximum,
    terms.cancel_free_hours, case b.channel when 'desk' then 0 else terms.late_cancel_fee_percentage end, terms.no_show_grace_minutes, terms.no_show_dispute_hours,
    gst.charge_percentages[${indianDayInSql('b.created_at')} - gst.first + 1]
  from gst, terms, public.bookings b`,
  `insert into app_private.booking_commissions (booking_id, commission_rate)
  select b.id, d.commission_rate
  from public.bookings b
  join public.vendor_private_details d on d.vendor_id = b.vendor_id`,
  ...payoutStatements,
  `update public.departments d set head_user_id = a.user_id
  from public.department_user_assignments a
  where a.department_id = d.id and a.assignment_type = 'head'`,
  `insert into public.department_activity_logs
    (id, department_id, user_id, action, module_key, resource_type, resource_id, created_at)
  select ${idFrom(`'entry of ' || v.kpi_id || v.day`)}, k.department_id, v.entered_by, 'insert',
    'figures', 'kpi_values', v.kpi_id, v.entered_at
  from public.kpi_values v
  join public.kpi_definitions k on k.id = v.kpi_id
  -- A server that runs meanwhile may have computed some already.
  where v.entered_at is not null`,
];
