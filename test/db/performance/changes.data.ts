/** Changes that people, moderators and corrections make, on random rows. */
export const randomChanges: readonly (readonly [what: string, sql: string])[] = [
  [
    'services begun early and late, in both tables',
    `update therapist_assignments a set actual_start_time = b.starts_at + (random() * 20 - 6) * interval '1 minute'
    from bookings b where b.id = a.booking_id and a.status = 'completed' and random() < 0.02;
    update beautician_assignments set actual_start_time = assignment_time + (random() * 20 - 6) * interval '1 minute'
    where status = 'completed' and random() < 0.02`,
  ],
  [
    'assignments cancelled and completed',
    `update beautician_assignments set status = 'completed' where id in
      (select id from beautician_assignments where status = 'in_progress' order by random() limit 10);
    update therapist_assignments set status = 'completed' where id in
      (select id from therapist_assignments where status = 'in_progress' order by random() limit 10);
    update therapist_assignments set status = 'cancelled' where id in
      (select id from therapist_assignments where status = 'assigned' order by random() limit 30);
    update beautician_assignments set status = 'cancelled' where id in
      (select id from beautician_assignments where status = 'assigned' order by random() limit 30)`,
  ],
  [
    'earnings recorded and corrected',
    `update commission_records set therapist_earning = round((random() * 500)::numeric, 2)
    where random() < 0.03;
    update commission_records set therapist_earning = 0
    where therapist_earning > 0 and random() < 0.1`,
  ],
  [
    'tips',
    `update therapist_assignments set tips_amount = (random() * 200)::integer where random() < 0.01;
    update beautician_assignments set tips_amount = (random() * 200)::integer where random() < 0.01`,
  ],
  [
    'reviews written and decided long after the service',
    `insert into reviews (reviewable_type, reviewable_id, customer_id, booking_id, rating, status)
    select 'therapist', therapist_id, customer_id, booking_id, 1 + (random() * 4)::integer,
      case when random() < 0.7 then 'approved' else 'pending' end
    from therapist_assignments where status = 'completed' and random() < 0.03
    on conflict do nothing;
    insert into reviews (reviewable_type, reviewable_id, customer_id, booking_id, rating, status)
    select 'beautician', beautician_id, customer_id, booking_id, 1 + (random() * 4)::integer, 'approved'
    from beautician_assignments where status = 'completed' and random() < 0.03
    on conflict do nothing`,
  ],
  [
    'verdicts on reviews turned round, stars changed, reviews removed',
    `update reviews set status = case status when 'approved' then 'rejected' else 'approved' end
    where random() < 0.3;
    update reviews set rating = 6 - rating where random() < 0.3;
    delete from reviews where random() < 0.1`,
  ],
  [
    'assignments of the past given to others, and moved over the end of a month',
    `update therapist_assignments a set therapist_id = (
      select t.id from therapists t where t.vendor_id = a.vendor_id and t.id <> a.therapist_id
      order by t.id limit 1)
    where a.status = 'completed' and random() < 0.01 and exists (
      select from therapists t where t.vendor_id = a.vendor_id and t.id <> a.therapist_id);
    update therapist_assignments set assignment_date = assignment_date + 20
    where status = 'completed' and random() < 0.01;
    update beautician_assignments set assignment_time = assignment_time - interval '20 days'
    where status = 'completed' and random() < 0.01`,
  ],
  [
    'a month of one provider emptied',
    `delete from therapist_assignments a using (
      select therapist_id, date_trunc('month', assignment_date) as month from therapist_assignments
      order by random() limit 1) m
    where a.therapist_id = m.therapist_id and date_trunc('month', a.assignment_date) = m.month`,
  ],
];
