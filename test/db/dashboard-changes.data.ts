/** Changes that people and jobs make, on random rows; each concerns at least one computed figure. */
export const randomChanges: readonly (readonly [what: string, sql: string])[] = [
  [
    'bookings were made',
    `insert into bookings (customer_id, vendor_id, booking_type, booking_date,
      booking_time, duration_minutes, total_amount, final_amount, status, created_at)
    select customer_id, vendor_id, 'spa_visit', booking_date + (random() * 9)::integer, '10:00',
      60, 100, 100, 'confirmed', now() - random() * interval '40 days'
    from bookings order by random() limit 50`,
  ],
  [
    // Figures tell of bookings that ended, and those do not move.
    'bookings were moved and then cancelled',
    `update bookings set booking_date = booking_date + 1 + (random() * 9)::integer,
      status = 'confirmed', status_reason = 'Moved'
    where id in (select id from bookings where status in ('confirmed', 'assigned')
      order by random() limit 50);
    update bookings set status = 'cancelled', cancelled_at = now() where status_reason = 'Moved'`,
  ],
  [
    'bookings were begun, completed and cancelled',
    `update bookings set status = 'completed' where id in
      (select id from bookings where status = 'in_progress' order by random() limit 40);
    update bookings set status = 'in_progress' where id in
      (select id from bookings where status = 'assigned' order by random() limit 40);
    update bookings set status = 'cancelled', cancelled_at = now() where id in
      (select id from bookings where status in ('confirmed', 'assigned') order by random() limit 40)`,
  ],
  [
    'payments arrived, failed and were refunded',
    `update payments set status = 'success', payment_date = created_at + random() * interval '3 days'
    where id in (select id from payments order by random() limit 60);
    update payments set status = 'failed' where id in (select id from payments
      where payment_date is not null order by random() limit 9);
    update payments set payment_date = payment_date - interval '2 days' where id in (select id
      from payments where payment_date is not null order by random() limit 9)`,
  ],
  [
    'refunds were made',
    `update refunds set status = 'completed', processed_at = now() - random() * interval '50 days'
    where id in (select id from refunds order by random() limit 40);
    update refunds set status = 'failed' where id in (select id from refunds
      where status = 'completed' order by random() limit 5)`,
  ],
  [
    'vendors were paid out',
    `update vendor_payouts set payout_status = 'completed', payment_date = now() - interval '3 days';
    delete from vendor_payouts where id in (select id from vendor_payouts order by random() limit 1)`,
  ],
  [
    'customers withdrew money from their wallets',
    `insert into wallet_withdrawals (customer_id, amount, fee, status, reference, ended_at)
    select id, 100, 2, 'completed', 'UTR', now() - random() * interval '20 days'
    from customers order by random() limit 20;
    update wallet_withdrawals set ended_at = now() - interval '3 days', fee = 1 where status = 'completed'`,
  ],
  [
    'commission was recorded and settled',
    `insert into commission_records (booking_id, vendor_id, booking_amount, commission_rate,
      commission_amount, platform_earning, created_at)
    select id, vendor_id, 1000, 15, 150, 150, now() - random() * interval '20 days'
    from bookings b where not exists (select from commission_records c where c.booking_id = b.id)
    order by random() limit 20;
    update commission_records set settlement_status = 'settled'
    where id in (select id from commission_records order by random() limit 500)`,
  ],
  [
    'people reviewed and moderators decided',
    `insert into vendor_reviews (vendor_id, customer_id, booking_id, rating, status, created_at)
    select vendor_id, customer_id, id, 1 + (random() * 4)::integer, 'approved',
      now() - random() * interval '60 days'
    from bookings b where not exists (select from vendor_reviews r where r.booking_id = b.id)
    order by random() limit 80;
    update vendor_reviews set status = 'rejected' where id in
      (select id from vendor_reviews order by random() limit 20);
    update reviews set status = case status when 'approved' then 'flagged' else 'approved' end;
    delete from vendor_reviews where id in (select id from vendor_reviews order by random() limit 5)`,
  ],
  [
    'tickets were answered, solved, rated and reopened',
    `insert into ticket_messages (ticket_id, sender_id, sender_type, message, created_at)
    select id, user_id, 'employee', 'Hello', created_at + random() * interval '9 hours'
    from support_tickets where status <> 'closed' order by random() limit 90;
    update support_tickets set status = 'resolved' where id in
      (select id from support_tickets where status = 'open' order by random() limit 60);
    update support_tickets set resolved_at = resolved_at - random() * interval '9 days'
    where status = 'resolved';
    update support_tickets set satisfaction_rating = 1 + (random() * 4)::integer where status = 'resolved';
    update support_tickets set status = 'reopened' where id in
      (select id from support_tickets where status = 'resolved' order by random() limit 20)`,
  ],
  [
    'customers signed up, booked and completed their data',
    `insert into customers (id, created_at)
    select p.id, now() - random() * interval '29 days' from user_profiles p
    where not exists (select from customers c where c.id = p.id) order by random() limit 12;
    insert into bookings (customer_id, vendor_id, booking_type, booking_date,
      booking_time, duration_minutes, total_amount, final_amount)
    select c.id, v.id, 'spa_visit', current_date, '10:00', 60, 100, 100
    from (select id from customers order by created_at desc limit 6) c,
      (select id from vendors limit 1) v;
    update user_profiles set profile_completed = true, mobile_verified = true where id in
      (select id from customers order by random() limit 300)`,
  ],
  [
    'vendors came and were unlisted',
    `insert into vendors (business_name, address_line1, city, state, pincode, created_at)
    select 'New ' || n, 'MG Road', 'Pune', 'Maharashtra', '411001', now() - n * interval '1 day'
    from generate_series(1, 5) n;
    update vendors set is_active = false where id in (select id from vendors order by random() limit 9)`,
  ],
  [
    'employees came and went on leave',
    `insert into employees (id, employee_code, name, mobile, department_id, designation,
      hierarchy_level, joining_date)
    select p.id, 'NEW-' || p.n, 'New', '+9198765432' || p.n, d.id, 'Clerk', 1, '2025-01-01'
    from (select id, 10 + row_number() over () as n from user_profiles
      where not exists (select from employees e where e.id = user_profiles.id) limit 9) p,
      (select id from departments where code = 'HO') d;
    update employees set status = 'on_leave' where id in (select id from employees limit 3)`,
  ],
];
