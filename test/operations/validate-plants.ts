/**
 * Faults, planted in demo data where triggers are off and constraints are gone. The last statement gives the
 * keys that the check must name; with a repair, repairing brings back what was before.
 */
export const plants: readonly (readonly [check: string, ...statements: string[]])[] = [
  [
    'foreign-keys',
    `update public.booking_notes set booking_id = gen_random_uuid()
    where id = (select min(id::text)::uuid from public.booking_notes)`,
    `alter table public.booking_notes add constraint planted
    foreign key (booking_id) references public.bookings (id) not valid`,
    'select min(id::text) as key from public.booking_notes',
  ],
  [
    'reviewed-things',
    `update public.reviews set reviewable_id = gen_random_uuid()
    where id = (select min(id::text)::uuid from public.reviews) returning id as key`,
  ],
  [
    'preferred-ids',
    `update public.customers set preferred_services = preferred_services || gen_random_uuid()
    where id = (select min(id::text)::uuid from public.customers) returning id as key`,
  ],
  [
    'package-members',
    `update public.service_packages set service_ids = service_ids || gen_random_uuid()
    where id = (select min(id::text)::uuid from public.service_packages) returning id as key`,
  ],
  [
    'package-members',
    `update public.service_packages set addon_ids = array[gen_random_uuid()]
    where id = (select max(id::text)::uuid from public.service_packages) returning id as key`,
  ],
  [
    'journal-parties',
    `insert into app_private.journal (from_account, to_account, to_id, amount, reason)
    values ('gateway', 'wallet', gen_random_uuid(), 1, 'a gift') returning id as key`,
  ],
  [
    'notification-links',
    `update public.notifications set data = data || jsonb_build_object('bookingId', gen_random_uuid())
    where id = (select min(id::text)::uuid from public.notifications) returning id as key`,
  ],
  [
    'booking-reminders',
    `insert into app_private.booking_reminders (booking_id, hours, starts_at)
    values (gen_random_uuid(), 2, now()) returning booking_id as key`,
  ],
  [
    'private-siblings',
    `delete from public.therapist_private_details
    where therapist_id = (select min(id::text)::uuid from public.therapists)
    returning therapist_id as key`,
  ],
  [
    'private-siblings',
    `delete from public.vendor_private_details
    where vendor_id = (select min(id::text)::uuid from public.vendors) returning vendor_id as key`,
  ],
  [
    'format-mobile-number',
    `update public.user_profiles set mobile = '9876543210'
    where id = (select min(id::text)::uuid from public.user_profiles) returning id as key`,
  ],
  [
    'format-mobile-number',
    `update public.vendor_staff set mobile = '+915876543210'
    where id = (select min(id::text)::uuid from public.vendor_staff) returning id as key`,
  ],
  [
    'format-email-address',
    `update public.user_profiles set email = 'Asha@Example.in'
    where id = (select min(id::text)::uuid from public.user_profiles) returning id as key`,
  ],
  [
    'format-gstin',
    `update public.vendor_private_details set gst_number = gst_number || 'X'
    where vendor_id = (select min(id::text)::uuid from public.vendors) returning vendor_id as key`,
  ],
  [
    'format-pan',
    `update public.vendor_private_details set pan_number = 'ABCDE12345'
    where vendor_id = (select min(id::text)::uuid from public.vendors) returning vendor_id as key`,
  ],
  [
    'format-ifsc',
    `insert into public.user_bank_details (user_id, account_holder_name, account_number, ifsc_code, bank_name)
    select min(id::text)::uuid, 'Asha', '123456789', 'HDFC1001234', 'A bank'
    from public.user_profiles returning id as key`,
  ],
  [
    'format-pincode',
    `update public.vendors set pincode = '040001'
    where id = (select min(id::text)::uuid from public.vendors) returning id as key`,
  ],
  [
    'numbers-in-books',
    `insert into public.wallet_transactions (customer_id, transaction_type, amount, balance_after)
    select min(id::text)::uuid, 'credit', 'NaN', 'NaN' from public.customers returning id as key`,
  ],
  [
    'numbers-in-books',
    `insert into app_private.journal (from_account, to_account, amount, reason)
    values ('rewards', 'gateway', 'NaN', 'a gift') returning id as key`,
  ],
  [
    'numbers-of-bookings',
    `update public.bookings set final_amount = 'NaN'
    where id = (select min(id::text)::uuid from public.bookings) returning id as key`,
  ],
  [
    'numbers-of-bookings',
    `update public.payments set total_amount = 'NaN'
    where id = (select min(id::text)::uuid from public.payments) returning id as key`,
  ],
  [
    'numbers',
    `update public.vendor_services set custom_price = 'NaN'
    where id = (select min(id::text)::uuid from public.vendor_services) returning id as key`,
  ],
  [
    'numbers',
    `update public.customer_addresses set latitude = 'NaN'
    where id = (select min(id::text)::uuid from public.customer_addresses) returning id as key`,
  ],
  [
    'format-numbers',
    `update public.bookings set booking_number = 'OBO-19990101-0001'
    where id = (select min(id::text)::uuid from public.bookings) returning id as key`,
  ],
  [
    'format-numbers',
    `update public.vendor_applications set application_number = 'APP12'
    where id = (select min(id::text)::uuid from public.vendor_applications) returning id as key`,
  ],
  [
    'gstin-of-pan',
    `update public.vendor_private_details set pan_number = 'AAPFU0939F'
    where vendor_id = (select min(id::text)::uuid from public.vendors) returning vendor_id as key`,
  ],
  [
    'unmasked-numbers',
    `update public.user_documents set document_number = '999941057058'
    where id = (select min(id::text)::uuid from public.user_documents) returning id as key`,
  ],
  [
    'unmasked-numbers',
    `insert into public.user_kyc_verification (user_id, verification_type, verification_data)
    select min(id::text)::uuid, 'aadhaar', '{"number": "XXXXXXXX7058", "back": "9999 4105 7058"}'
    from public.user_profiles returning id as key`,
  ],
  [
    'unmasked-numbers',
    `update public.user_bank_details set account_number = '123456789012'
    where id = (select min(id::text)::uuid from public.user_bank_details) returning id as key`,
  ],
  [
    'account-numbers',
    `delete from app_private.bank_account_numbers
    where bank_detail_id = (select min(id::text)::uuid from public.user_bank_details)
    returning bank_detail_id as key`,
  ],
  [
    'account-numbers',
    `insert into app_private.bank_account_numbers (bank_detail_id, account_number)
    values (gen_random_uuid(), '123456789012') returning bank_detail_id as key`,
  ],
  [
    'account-numbers',
    `update app_private.bank_account_numbers set account_number = '123456789'
    where bank_detail_id = (select min(id::text)::uuid from public.user_bank_details)
    returning bank_detail_id as key`,
  ],
  [
    'missing-values',
    `update public.payments set payment_date = null
    where id = (select min(id::text)::uuid from public.payments where status = 'success')
    returning id as key`,
  ],
  [
    'missing-values',
    `update public.beautician_assignments set actual_end_time = null
    where id = (select min(id::text)::uuid from public.beautician_assignments where status = 'completed')
    returning id as key`,
  ],
  [
    'date-ranges',
    `update public.therapist_leaves set end_date = start_date - 1
    where id = (select min(id::text)::uuid from public.therapist_leaves) returning id as key`,
  ],
  [
    'date-ranges',
    `update public.therapist_leaves set start_date = end_date + 1
    where id = (select min(id::text)::uuid from public.therapist_leaves) returning id as key`,
  ],
  [
    'shifts',
    `update public.vendor_availability set open_time = '20:00', close_time = '20:00'
    where id = (select min(id::text)::uuid from public.vendor_availability) returning id as key`,
  ],
  [
    'application-stage',
    `update public.vendor_applications set current_approval_stage = current_approval_stage + 1
    where id = (select min(id::text)::uuid from public.vendor_applications where status = 'manager_review')
    returning id as key`,
  ],
  [
    'application-vendor',
    `update public.vendor_private_details set application_id = null
    where application_id is not null and application_id = (
      select min(application_id::text)::uuid from public.vendor_private_details)`,
    `select min(a.id::text) as key from public.vendor_applications a
    where a.status = 'approved' and not exists (
      select from public.vendor_private_details d where d.application_id = a.id)`,
  ],
  [
    'event-gaps',
    `insert into app_private.events (sequence, topics, event, subject_id)
    select last_value + n, '{user:unknown}', 'nothing.happened', gen_random_uuid()
    from app_private.event_sequence cross join unnest(array[1, 3]) n`,
    `update app_private.event_sequence set last_value = last_value + 3 returning last_value as key`,
  ],
  [
    'event-gaps',
    `update app_private.event_sequence set last_value = last_value + 1 returning last_value + 1 as key`,
  ],
  [
    'booking-lines',
    `update public.booking_items set subtotal = subtotal + 1
    where id = (select min(id::text)::uuid from public.booking_items) returning booking_id as key`,
  ],
  [
    'booking-lines',
    `update public.bookings set final_amount = final_amount + 1
    where id = (select min(id::text)::uuid from public.bookings) returning id as key`,
  ],
  [
    'booking-lines',
    `delete from public.booking_items
    where booking_id = (select min(id::text)::uuid from public.bookings) returning booking_id as key`,
  ],
  [
    'booking-item-amount',
    `update public.booking_items set subtotal = subtotal + 1
    where id = (select min(id::text)::uuid from public.booking_items) returning id as key`,
  ],
  [
    'booking-terms',
    `delete from public.booking_terms
    where booking_id = (select min(id::text)::uuid from public.bookings) returning booking_id as key`,
  ],
  [
    'booking-terms',
    `update public.booking_terms set gst_percentage = 12
    where booking_id = (select min(id::text)::uuid from public.bookings) returning booking_id as key`,
  ],
  [
    'tips',
    `insert into public.payments (purpose, customer_id, amount, total_amount, payment_method, payment_gateway)
    select 'tip', b.customer_id, 50, 50, 'upi', 'razorpay' from public.bookings b
    where b.id = (select min(booking_id::text)::uuid from public.therapist_assignments where status = 'completed')`,
    `insert into public.tips (payment_id, booking_id, vendor_id, customer_id, therapist_id, amount, received_at)
    select p.id, a.booking_id, a.vendor_id, a.customer_id, a.therapist_id, 50, now()
    from public.payments p, public.therapist_assignments a
    where p.purpose = 'tip' and a.booking_id = (
      select min(booking_id::text)::uuid from public.therapist_assignments where status = 'completed')
    returning id as key`,
  ],
  [
    'booking-charge',
    `update public.booking_cancellations set cancellation_charge = 0
    where booking_id = (select min(booking_id::text)::uuid from public.vendor_credits where kind = 'cancellation_fee')
    returning booking_id as key`,
  ],
  [
    'booking-start-code',
    `delete from public.booking_start_codes
    where booking_id = (select min(booking_id::text)::uuid from public.booking_start_codes)
    returning booking_id as key`,
  ],
  [
    'booking-start-code',
    `insert into public.booking_start_codes (booking_id, code)
    select min(id::text)::uuid, '1234' from public.bookings where status = 'completed' returning booking_id as key`,
  ],
  [
    'booking-unattested',
    `update public.bookings set is_attested = false
    where id = (select min(booking_id::text)::uuid from public.loyalty_points_transactions
      where transaction_type = 'earned')
    returning id as key`,
  ],
  [
    'booking-history',
    `delete from public.booking_status_history
    where to_status = 'confirmed' and from_status = 'pending'
      and booking_id = (select min(id::text)::uuid from public.bookings where status = 'completed')
    returning booking_id as key`,
  ],
  [
    'booking-history',
    `update public.bookings set status = 'in_progress'
    where id = (select min(id::text)::uuid from public.bookings where status = 'completed')
    returning id as key`,
  ],
  [
    'booking-history',
    `delete from public.booking_status_history
    where booking_id = (select min(id::text)::uuid from public.bookings) returning booking_id as key`,
  ],
  [
    'booking-history',
    `insert into public.booking_status_history (booking_id, from_status, to_status)
    select id, s.f, s.t from (select min(id::text)::uuid as id from public.bookings where status = 'completed') b
    cross join (values ('completed', 'pending'), ('pending', 'completed')) s (f, t)
    returning booking_id as key`,
  ],
  [
    'booking-cancellation',
    `delete from public.booking_cancellations
    where id = (select min(id::text)::uuid from public.booking_cancellations) returning booking_id as key`,
  ],
  [
    'booking-commission',
    `delete from public.commission_records
    where id = (select min(id::text)::uuid from public.commission_records) returning booking_id as key`,
  ],
  [
    'booking-commission',
    `update public.commission_records set commission_amount = commission_amount + 1
    where id = (select min(id::text)::uuid from public.commission_records) returning booking_id as key`,
  ],
  [
    'booking-payment-status',
    `update public.bookings set payment_status = 'pending'
    where id = (select min(id::text)::uuid from public.bookings where payment_status = 'paid')
    returning id as key`,
  ],
  [
    'reviews-of-completed',
    `update public.vendor_reviews r set booking_id = (
      select min(b.id::text)::uuid from public.bookings b where b.status = 'pending')
    where id = (select min(id::text)::uuid from public.vendor_reviews) returning id as key`,
  ],
  [
    'assignment-overlap',
    `with two as (
      select therapist_id, array_agg(booking_id order by id) as bookings, array_agg(id order by id) as ids
      from public.therapist_assignments where status = 'completed'
      group by therapist_id having count(*) > 1 order by therapist_id limit 1
    ), moved as (
      update public.bookings b set booking_date = o.booking_date, booking_time = o.booking_time
      from two join public.bookings o on o.id = two.bookings[1]
      where b.id = two.bookings[2]
    )
    select greatest(ids[1], ids[2]) as key from two`,
  ],
  [
    'assignment-of-booking',
    `delete from public.therapist_assignments
    where id = (select min(id::text)::uuid from public.therapist_assignments where status = 'assigned')
    returning booking_id as key`,
  ],
  [
    'assignment-of-booking',
    `update public.bookings set status = 'confirmed'
    where id = (select min(id::text)::uuid from public.bookings where status = 'assigned')
    returning id as key`,
  ],
  [
    'assignment-parties',
    `update public.therapist_assignments set assignment_time = assignment_time + interval '1 minute'
    where id = (select min(id::text)::uuid from public.therapist_assignments where status = 'completed')
    returning id as key`,
  ],
  [
    'assignment-on-leave',
    `with served as (
      select * from public.therapist_assignments where status = 'completed' order by id limit 1
    ), leave as (
      insert into public.therapist_leaves (therapist_id, leave_type, start_date, end_date, reason, status)
      select therapist_id, 'sick', assignment_date, assignment_date, 'Ill', 'approved' from served
    )
    select id as key from served`,
  ],
  [
    'leave-overlap',
    `insert into public.beautician_leaves (id, beautician_id, leave_type, start_date, end_date, reason)
    select 'ffffffff-ffff-4fff-8fff-ffffffffffff', beautician_id, leave_type, start_date, end_date, reason
    from public.beautician_leaves where status in ('pending', 'approved') order by id limit 1
    returning id as key`,
  ],
  [
    'reservation-overlap',
    `insert into app_private.provider_reservations
      (provider_id, booking_id, day, starts_at, ends_at, ready_at, is_at_vendor)
    select provider_id, gen_random_uuid(), day, starts_at, ends_at, ready_at, is_at_vendor
    from app_private.provider_reservations order by id limit 1 returning id as key`,
  ],
  [
    'booking-reservation',
    `delete from app_private.provider_reservations
    where booking_id = (select min(id::text)::uuid from public.bookings where status = 'confirmed')
    returning booking_id as key`,
  ],
  [
    'booking-reservation',
    `update app_private.provider_reservations set starts_at = starts_at - interval '1 hour'
    where booking_id = (select min(id::text)::uuid from public.bookings where status = 'confirmed')
    returning booking_id as key`,
  ],
  [
    'reserved-provider',
    `update app_private.provider_reservations r set provider_id = p.id
    from public.bookings b
    join public.providers p on p.vendor_id = b.vendor_id
    where b.id = (select min(id::text)::uuid from public.bookings where status = 'assigned')
      and r.booking_id = b.id and p.id <> r.provider_id
    returning b.id as key`,
  ],
  [
    'account-mirror',
    `update public.vendors set account_is_active = not account_is_active
    where id = (select min(id::text)::uuid from public.vendors) returning id as key`,
  ],
  [
    'provider-mirror',
    `update public.providers set is_listed = not is_listed
    where id = (select min(id::text)::uuid from public.providers) returning id as key`,
  ],
  [
    'provider-mirror',
    `delete from public.providers
    where id = (select min(id::text)::uuid from public.providers)
    returning coalesce(therapist_id, beautician_id) as key`,
  ],
  [
    'wallet-balance',
    `update public.wallet_transactions set amount = amount + 1
    where id = (select min(id::text)::uuid from public.wallet_transactions) returning customer_id as key`,
  ],
  [
    'wallet-withdrawable',
    `update public.wallet_transactions set withdrawable_after = withdrawable_after - 1
    where id = (
      select min(id::text)::uuid from public.wallet_transactions where withdrawable > 0 and withdrawable_after >= 1)
    returning customer_id as key`,
  ],
  [
    'points-chain',
    `update public.loyalty_points_transactions set balance_after = balance_after + 1
    where id = (select min(id::text)::uuid from public.loyalty_points_transactions)
    returning customer_id as key`,
  ],
  [
    'points-balance',
    `update public.customers set loyalty_points = loyalty_points + 1
    where id = (select min(id::text)::uuid from public.customers) returning id as key`,
  ],
  [
    'journal-balances',
    `insert into app_private.journal (from_account, to_account, to_id, amount, reason)
    select 'gateway', 'vendor', min(id::text)::uuid, 1, 'a gift' from public.vendors returning to_id as key`,
  ],
  [
    'journal-explained',
    `insert into app_private.journal (from_account, to_account, to_id, amount, reason)
    select 'gateway', 'vendor', min(id::text)::uuid, 1, 'a gift' from public.vendors returning to_id as key`,
  ],
  [
    'journal-explained',
    `insert into app_private.journal (from_account, from_id, to_account, to_id, amount, booking_id, reason)
    select from_account, from_id, to_account, to_id, amount, booking_id, reason from app_private.journal
    order by id limit 1
    returning coalesce(booking_id, to_id, from_id) as key`,
  ],
  [
    'closed-balances',
    `insert into app_private.account_balances (account, balance) values ('gateway', 5) returning account as key`,
  ],
  [
    'journal-entries',
    `insert into app_private.journal (from_account, to_account, amount, reason)
    values ('gateway', 'bank', -1, 'less than nothing') returning id as key`,
  ],
  [
    'refunds-above-paid',
    `update public.refunds set refund_amount = refund_amount + 100000
    where id = (select min(id::text)::uuid from public.refunds) returning payment_id as key`,
  ],
  [
    'refund-sums',
    `update public.payments set refund_amount = refund_amount - 1
    where id = (select min(id::text)::uuid from public.payments where refund_amount > 1) returning id as key`,
  ],
  [
    'payment-status',
    `update public.payments set status = 'partially_refunded'
    where id = (select min(id::text)::uuid from public.payments where status = 'success') returning id as key`,
  ],
  [
    'payment-parties',
    `update public.payments set customer_id = (select max(id::text)::uuid from public.customers)
    where id = (select min(p.id::text)::uuid from public.payments p
      where p.customer_id <> (select max(id::text)::uuid from public.customers)) returning id as key`,
  ],
  [
    'commission-provider',
    `update public.commission_records set therapist_id = null
    where id = (select min(id::text)::uuid from public.commission_records where therapist_id is not null)
    returning id as key`,
  ],
  [
    'payout-items',
    `update public.commission_records set payout_id = null
    where id = (select min(id::text)::uuid from public.commission_records where payout_id is not null)
    returning id as key`,
  ],
  [
    'payout-sums',
    `update public.vendor_payouts set net_amount = net_amount + 1
    where id = (select min(id::text)::uuid from public.vendor_payouts) returning id as key`,
  ],
  ['tax-rates', `delete from public.tax_rates where tax = 'tds' returning tax as key`],
  [
    'profile-role',
    `update public.user_profiles set role = 'super_admin'
    where id = (select min(id::text)::uuid from public.user_profiles where role = 'customer')
    returning id as key`,
  ],
  [
    'role-permissions',
    `update public.roles set permissions = permissions || '["everything.execute"]'
    where code = 'customer' returning id as key`,
  ],
  [
    'department-head',
    `update public.departments set head_user_id = null
    where id = (select min(id::text)::uuid from public.departments where head_user_id is not null)
    returning id as key`,
  ],
  [
    'sessions',
    `with session as (
      insert into public.user_sessions (user_id, expires_at)
      select min(id::text)::uuid, now() + interval '7 days' from public.user_profiles
      returning id, expires_at
    ), tokens as (
      insert into app_private.refresh_tokens (token_hash, session_id, expires_at)
      select sha256(n::text::bytea), id, expires_at from session cross join generate_series(1, 2) n
    )
    select id as key from session`,
  ],
  [
    'sessions-of-ended-accounts',
    `with person as (
      update public.user_profiles set status = 'terminated'
      where id = (select min(id::text)::uuid from public.user_profiles) returning id
    )
    insert into public.user_sessions (user_id, expires_at)
    select id, now() + interval '7 days' from person returning id as key`,
  ],
  [
    'vendor-rating',
    `update public.vendors set rating = 5.00, total_reviews = total_reviews + 1
    where id = (select min(id::text)::uuid from public.vendors) returning id as key`,
  ],
  [
    'therapist-rating',
    `update public.therapists set total_reviews = total_reviews + 1
    where id = (select min(id::text)::uuid from public.therapists) returning id as key`,
  ],
  [
    'beautician-rating',
    `update public.beauticians set total_reviews = total_reviews + 1
    where id = (select min(id::text)::uuid from public.beauticians) returning id as key`,
  ],
  [
    'customer-totals',
    `update public.customers set total_spent = total_spent + 1, last_booking_date = null
    where id = (select min(customer_id::text)::uuid from public.bookings) returning id as key`,
  ],
  [
    'vendor-totals',
    `update public.vendors set total_bookings = total_bookings + 1
    where id = (select min(id::text)::uuid from public.vendors) returning id as key`,
  ],
  [
    'therapist-services',
    `update public.therapists set total_services = total_services + 1
    where id = (select min(id::text)::uuid from public.therapists) returning id as key`,
  ],
  [
    'therapist-earnings',
    `update public.therapist_private_details set total_earnings = total_earnings + 1
    where therapist_id = (select min(id::text)::uuid from public.therapists) returning therapist_id as key`,
  ],
  [
    'beautician-earnings',
    `update public.beautician_private_details set total_earnings = total_earnings + 1
    where beautician_id = (select min(id::text)::uuid from public.beauticians) returning beautician_id as key`,
  ],
  [
    'ticket-first-response',
    `update public.support_tickets set first_response_at = now()
    where id = (select min(id::text)::uuid from public.support_tickets) returning id as key`,
  ],
  [
    'dashboard-figures',
    `update public.kpi_values v set value = value + 1
    from public.kpi_definitions k
    join app_private.computed_figures c on c.code = k.computed_from and c.counted_with is not null
    where k.id = v.kpi_id and (v.kpi_id, v.day) = (
      select o.kpi_id, o.day from public.kpi_values o
      join public.kpi_definitions d on d.id = o.kpi_id
      join app_private.computed_figures f on f.code = d.computed_from and f.counted_with is not null
      where o.day < app_private.today() order by o.kpi_id, o.day limit 1)
    returning v.kpi_id || '/' || v.day as key`,
  ],
];
