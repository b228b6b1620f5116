-- A spa in Pune with fifty therapists, twenty more vendors with 950 therapists, and customers. Runs with
-- triggers off (session_replication_role), so it has to keep its own foreign keys.
create schema bench;
create function bench.id_of(kind text, n bigint) returns uuid language sql immutable as
  $$ select md5(kind || n)::uuid $$;
create function bench.today() returns date language sql stable as
  $$ select (now() at time zone 'Asia/Kolkata')::date $$;

insert into auth.users (id) select bench.id_of('customer', n) from generate_series(0, 249) n;
insert into public.user_profiles (id, name, mobile, date_of_birth)
  select bench.id_of('customer', n), 'Customer ' || n, '+91' || 9000000000 + n, '1990-05-05'
  from generate_series(0, 249) n;
insert into public.customers (id) select bench.id_of('customer', n) from generate_series(0, 249) n;

insert into public.services (id, name, slug, duration, base_price)
  select bench.id_of('service', n), 'Service ' || n, 'service-' || n, 60, 1000 + n * 100
  from generate_series(0, 2) n;
-- The spa is vendor 0 and has therapists 0 to 49.
insert into public.vendors
  (id, business_name, business_type, address_line1, city, state, pincode, latitude, longitude, verification_status)
  select bench.id_of('vendor', n), 'Vendor ' || n, 'spa', 'MG Road', 'Pune', 'Maharashtra', '411001', 18.5204, 73.8567,
    'verified'
  from generate_series(0, 20) n;
insert into public.vendor_private_details (vendor_id, contact_person, contact_mobile, contact_email, commission_rate)
  select id, 'A Person', '+919876543210', 'spa@example.com', 15 from public.vendors;
insert into public.vendor_availability (vendor_id, day_of_week, open_time, close_time)
  select v.id, d, '09:00', '21:00' from public.vendors v, generate_series(0, 6) d;
insert into public.vendor_services (vendor_id, service_id)
  select v.id, s.id from public.vendors v, public.services s;
insert into public.therapists (id, vendor_id, name, verification_status, rating)
  select bench.id_of('therapist', n), bench.id_of('vendor', case when n < 50 then 0 else 1 + n % 20 end),
    'Therapist ' || n, 'verified', 3 + n % 20 / 10.0
  from generate_series(0, 999) n;
insert into public.therapist_services (therapist_id, service_id)
  select t.id, s.id from public.therapists t, public.services s;
insert into public.therapist_schedules (therapist_id, day_of_week, start_time, end_time, break_start, break_end)
  select bench.id_of('therapist', n), d, '09:00', '21:00', '13:00', '13:30'
  from generate_series(0, 999) n, generate_series(0, 6) d;
insert into public.therapist_leaves (therapist_id, leave_type, start_date, end_date, reason, status)
  select bench.id_of('therapist', n), 'annual', bench.today() + 8 + n % 50, bench.today() + 11 + n % 50, 'Away', 'approved'
  from generate_series(0, 999, 10) n;
-- Readable ids.
insert into public.providers (id, kind, vendor_id, is_listed, therapist_id)
  select t.id, 'therapist', t.vendor_id, true, t.id from public.therapists t;

/*
 * Bookings with their reservations: of so many therapists, four a day from a day on, to the future or to the
 * past, half of them away from the vendor.
 */
create procedure bench.reserve(
  p_therapists integer, p_first_day date, p_step integer, p_from bigint, p_to bigint, p_status text
)
language sql as $$
  insert into public.bookings
    (id, booking_number, customer_id, vendor_id, booking_type, booking_date, booking_time,
      duration_minutes, total_amount, final_amount, status, created_at)
  select bench.id_of(p_status, n), 'OBO-' || p_status || n, bench.id_of('customer', n % 250), t.vendor_id,
    case n / p_therapists % 2 when 0 then 'spa_visit' else 'home_service' end,
    p_first_day + p_step * (n / p_therapists / 4)::integer,
    (array['09:30', '11:30', '14:30', '17:00']::time[])[1 + n / p_therapists % 4], 60, 1000, 1000, p_status,
    now() - n * interval '1 second'
  from generate_series(p_from, p_to) n
  join public.therapists t on t.id = bench.id_of('therapist', n % p_therapists);
  insert into app_private.provider_reservations
    (provider_id, booking_id, day, starts_at, ends_at, ready_at, is_at_vendor, latitude, longitude)
  select bench.id_of('therapist', n % p_therapists), b.id, b.booking_date, b.starts_at, b.ends_at,
    b.ends_at + interval '15 minutes', b.booking_type = 'spa_visit',
    case b.booking_type when 'spa_visit' then 18.5204 else 18.54 end, 73.8567
  from generate_series(p_from, p_to) n
  join public.bookings b on b.id = bench.id_of(p_status, n)
$$;
