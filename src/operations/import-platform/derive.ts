import type pg from 'pg';
import { checks } from '../validate/checks/checks.ts';
import { requiredByState } from '../validate/checks/values.ts';
import { unfolded } from './unfolded.ts';

/**
 * Makes what triggers would have made, had the rows come in one by one, and what the existing platform
 * keeps inside of other rows.
 *
 * @returns The bookings whose provider could not be reserved.
 */
export async function derive(
  target: pg.ClientBase,
  onStep: (what: string) => void,
): Promise<readonly string[]> {
  for (const { of, statement } of unfolded) {
    onStep(of);
    await target.query(statement);
  }
  onStep('what states require');
  for (const [table, state, column] of requiredByState) {
    await target.query(fillRequired(table, state, column));
  }
  onStep('histories, terms and accounts');
  for (const statement of statements) {
    await target.query(statement);
  }
  const { rows } = await target.query<{ reserve_assigned: string }>(
    'select * from app_private.reserve_assigned()',
  );
  onStep('counters');
  // The repairs of `validate`: the same right values, from the same rows.
  for (const { repair, name } of checks) {
    if (repair !== undefined && name !== 'dashboard-figures') {
      await target.query(`with ${repair.changes} select from changed`);
    }
  }
  onStep('files');
  await target.query('select app_private.note_file_uses()');
  await target.query('select app_private.note_proven_mobiles()');
  await target.query('select app_private.derive_withdrawable()');
  await target.query('select app_private.open_journal()');
  // The clock does it, for the report tells of rows as they came.
  await target.query(
    'update app_private.performance_refreshes set recounted_at = null, recounted_through = null',
  );
  onStep('search');
  await target.query('select app_private.rebuild_search()');
  onStep('dashboards');
  await target.query('select app_private.recount_dashboards()');
  return rows.map(({ reserve_assigned: booking }) => booking);
}

function fillRequired(table: string, state: string, column: string): string {
  const value = column === 'rejection_reason' ? `'No reason was recorded'` : momentOf(table);
  return `update public.${table} t set ${column} = ${value}
    where ${state} and ${column} is null
      and exists (select from pg_temp.old_${table} s where s.id = t.id::text and not s.is_there)`;
}

/** When a row was last changed, as far as its table knows. */
function momentOf(table: string): string {
  const isChanged = !['refunds', 'commission_records', 'customer_referrals'].includes(table);
  return isChanged ? 'coalesce(t.updated_at, t.created_at)' : 't.created_at';
}

const statements = [
  // Of a booking that came without any, the shortest path that leads to where it is.
  `insert into public.booking_status_history (booking_id, from_status, to_status, reason, created_at)
  select b.id, p.steps[g.place - 1], p.steps[g.place], 'Moved from the earlier platform',
    b.created_at + (g.place - 1) * interval '1 microsecond'
  from public.bookings b
  join pg_temp.old_bookings s on s.id = b.id::text and not s.is_there
  cross join lateral (
    select case b.status
      when 'cancelled' then array['pending', 'cancelled']
      else (array['pending', 'confirmed', 'assigned', 'in_progress', 'completed'])
        [1:array_position(array['pending', 'confirmed', 'assigned', 'in_progress', 'completed'], b.status)]
    end as steps
  ) p
  cross join lateral generate_series(1, cardinality(p.steps)) g (place)
  where not exists (select from public.booking_status_history h where h.booking_id = b.id)`,
  `insert into public.booking_terms
    (booking_id, gst_percentage, reschedule_free_hours, reschedule_fee, reschedule_maximum,
      cancel_free_hours, late_cancel_fee_percentage, no_show_grace_minutes, no_show_dispute_hours,
      charge_gst_percentage)
  select b.id, app_private.tax_percentage('gst', app_private.day_of(b.created_at)),
    t.reschedule_free_hours, t.reschedule_fee, t.reschedule_maximum, t.cancel_free_hours,
    t.late_cancel_fee_percentage, t.no_show_grace_minutes, t.no_show_dispute_hours,
    app_private.tax_percentage('gst', app_private.day_of(b.created_at))
  from public.bookings b
  join pg_temp.old_bookings s on s.id = b.id::text and not s.is_there
  cross join app_private.terms_of_today(null) t
  on conflict do nothing`,
  // Commission that was on the services alone says that the platform kept the charge.
  `update public.commission_records c set charge_amount = b.service_charge
  from public.bookings b
  join pg_temp.old_bookings s on s.id = b.id::text and not s.is_there
  where c.booking_id = b.id and c.charge_amount = 0 and b.service_charge > 0
    and c.booking_amount = b.final_amount - b.tax_amount - b.service_charge`,
  // Of bookings that are still to be completed no earlier rate is known.
  `insert into app_private.booking_commissions (booking_id, commission_rate)
  select b.id, r.rate
  from public.bookings b
  cross join lateral app_private.commission_rate_on(b.vendor_id, app_private.day_of(b.created_at)) r (rate)
  where r.rate is not null and b.status <> 'cancelled'
    and not exists (select from public.commission_records c where c.booking_id = b.id)
  on conflict do nothing`,
  `update public.reviews r set vendor_id = app_private.vendor_of_review(r) where r.vendor_id is null`,
  `insert into public.booking_start_codes (booking_id, code)
  select b.id, app_private.random_start_code()
  from public.bookings b
  where b.status in ('pending', 'confirmed', 'assigned')
  on conflict do nothing`,
  `insert into public.booking_cancellations
    (booking_id, cancelled_by, cancelled_by_role, cancellation_reason, refund_amount, refund_status, cancelled_at,
      settled_at)
  select b.id, b.cancelled_by, case when b.cancelled_by = b.customer_id then 'customer'
      when b.cancelled_by = v.user_id then 'vendor' else 'admin' end,
    coalesce(nullif(trim(b.cancellation_reason), ''), 'No reason was recorded'),
    coalesce((select sum(r.refund_amount) from public.refunds r
      where r.booking_id = b.id and r.status = 'completed'), 0), 'completed', b.cancelled_at, b.cancelled_at
  from public.bookings b
  join pg_temp.old_bookings s on s.id = b.id::text and not s.is_there
  join public.vendors v on v.id = b.vendor_id
  where b.status = 'cancelled' and b.cancelled_by is not null
  on conflict do nothing`,
  `update public.booking_cancellations c set settled_at = c.cancelled_at
  from pg_temp.old_booking_cancellations s
  where s.id = c.id::text and not s.is_there`,
  'select app_private.register_providers()',
  `update public.commission_records c set payable_from = c.created_at
  from pg_temp.old_commission_records s
  where s.id = c.id::text and not s.is_there`,
  // Which payout a record is in was never written down: the first of its vendor that was paid after it.
  `update public.commission_records c set payout_id = (
    select p.id from public.vendor_payouts p
    where p.vendor_id = c.vendor_id and p.payout_status = 'completed'
      and p.period_end >= app_private.day_of(c.created_at)
    order by p.period_start limit 1)
  from pg_temp.old_commission_records s
  where s.id = c.id::text and not s.is_there and c.settlement_status = 'settled'`,
  `update public.commission_records c set beautician_id = a.beautician_id
  from public.beautician_assignments a, pg_temp.old_commission_records s
  where s.id = c.id::text and not s.is_there and a.booking_id = c.booking_id and a.status = 'completed'
    and c.therapist_id is null`,
  // Who is qualified for what was never written down either: a provider is for what they have done.
  `insert into public.therapist_services (therapist_id, service_id)
  select distinct a.therapist_id, i.service_id
  from public.therapist_assignments a
  join public.booking_items i on i.booking_id = a.booking_id
  where a.status = 'completed'
  on conflict do nothing`,
  `insert into public.beautician_services (beautician_id, service_id)
  select distinct a.beautician_id, i.service_id
  from public.beautician_assignments a
  join public.booking_items i on i.booking_id = a.booking_id
  where a.status = 'completed'
  on conflict do nothing`,
  ...[
    ['therapist', 'therapists'],
    ['beautician', 'beauticians'],
  ].flatMap(([kind, table]) => [
    // Who could be booked, for anything that the vendor offers, still can.
    `insert into public.${kind}_services (${kind}_id, service_id)
    select p.id, v.service_id
    from public.${table} p
    join pg_temp.old_${table} s on s.id = p.id::text and not s.is_there
    join public.vendor_services v on v.vendor_id = p.vendor_id and v.is_available
    where p.is_listed
    on conflict do nothing`,
    `insert into public.${kind}_schedules (${kind}_id, day_of_week, start_time, end_time, break_start, break_end)
    select p.id, a.day_of_week, a.open_time, a.close_time, a.break_start, a.break_end
    from public.${table} p
    join pg_temp.old_${table} s on s.id = p.id::text and not s.is_there
    join public.vendor_availability a on a.vendor_id = p.vendor_id and a.is_open
    where p.is_listed and not exists (select from public.${kind}_schedules c where c.${kind}_id = p.id)`,
  ]),
  `insert into public.vendor_category_members (vendor_id, category_id, is_primary)
  select d.vendor_id, c.category_id, c.is_primary
  from public.vendor_private_details d
  join public.vendor_application_categories c on c.application_id = d.application_id
  on conflict do nothing`,
  // Lists of ids become favourites, of what can be booked.
  ...[
    ['vendor', 'vendors', 'l.is_listed'],
    ['therapist', 'therapists', 'l.is_listed'],
    ['service', 'services', 'l.is_active'],
  ].map(
    ([kind, table, isPublic]) => `insert into public.favourites (customer_id, ${kind}_id)
      select distinct c.id, l.id
      from public.customers c
      join pg_temp.old_customers s on s.id = c.id::text and not s.is_there
      join public.${table} l on l.id = any (c.preferred_${table}) and ${isPublic}
      on conflict do nothing`,
  ),
  // Points that the customer has and no transaction explains are explained by one.
  `insert into public.loyalty_points_transactions
    (customer_id, transaction_type, points, description, balance_after)
  select c.id, 'adjusted', c.loyalty_points - coalesce(t.points, 0), 'Points of the earlier platform',
    c.loyalty_points
  from public.customers c
  join pg_temp.old_customers s on s.id = c.id::text and not s.is_there
  left join (
    select customer_id, sum(points) as points from public.loyalty_points_transactions group by customer_id
  ) t on t.customer_id = c.id
  where c.loyalty_points <> coalesce(t.points, 0)`,
  ...[
    ['booking_numbers', 'bookings', 'booking_number', '^OBO-[0-9]{8}-([0-9]{4,15})$'],
    ['ticket_numbers', 'support_tickets', 'ticket_number', '([0-9]{1,15})$'],
    ['vendor_application_numbers', 'vendor_applications', 'application_number', '([0-9]{1,15})$'],
  ].map(
    ([sequence, table, column, pattern]) =>
      // Numbers go on after the highest.
      `select setval('app_private.${sequence}', n.number)
      from (select max(substring(${column} from '${pattern}')::bigint) as number from public.${table}) n
      where n.number > (select last_value from app_private.${sequence})`,
  ),
];
