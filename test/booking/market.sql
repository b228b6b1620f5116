-- A marketplace that is open around the clock, so that tests find slots at any hour: one spa in Pune with two
-- therapists and a beautician, two customers, and staff of the platform.
insert into public.vendors
  (id, user_id, business_name, business_type, address_line1, city, state, pincode, latitude, longitude,
   verification_status)
  select v.id::uuid, p.id, v.name, 'spa', 'MG Road', 'Pune', 'Maharashtra', '411001', 18.5204, 73.8567, 'verified'
  from (values ('aaaaaaaa-0000-4000-8000-000000000001', 'Lotus Spa', 'vendor'),
    ('aaaaaaaa-0000-4000-8000-000000000002', 'Other Spa', 'vendor2')) v (id, name, owner)
  join public.user_profiles p on p.name = v.owner;
insert into public.vendor_private_details (vendor_id, contact_person, contact_mobile, contact_email, commission_rate)
  select id, 'A Person', '+919876543210', 'spa@example.com', 15 from public.vendors;
insert into public.user_bank_details
  (user_id, account_holder_name, account_number, ifsc_code, bank_name, is_primary, is_verified, verified_at)
  select user_id, 'A Person', '123456789012', 'HDFC0001234', 'HDFC Bank', true, true, now() from public.vendors;
insert into public.vendor_staff (vendor_id, user_id, name, role, mobile)
  select 'aaaaaaaa-0000-4000-8000-000000000001', p.id, p.name, s.role, s.mobile
  from (values ('receptionist', 'receptionist', '+919876543213'), ('accountant', 'accountant', '+919876543214'))
    s (name, role, mobile)
  join public.user_profiles p on p.name = s.name;
insert into public.vendor_availability (vendor_id, day_of_week, open_time, close_time)
  select v.id, d, '00:00', '24:00' from public.vendors v, generate_series(0, 6) d;

insert into public.services (id, name, slug, duration, base_price) values
  ('bbbbbbbb-0000-4000-8000-000000000001', 'Massage', 'massage', 60, 1000),
  ('bbbbbbbb-0000-4000-8000-000000000002', 'Facial', 'facial', 30, 500),
  ('bbbbbbbb-0000-4000-8000-000000000003', 'Elsewhere', 'elsewhere', 30, 500);
insert into public.addon_services (id, name, duration, price) values
  ('cccccccc-0000-4000-8000-000000000001', 'Steam', 15, 100);
insert into public.service_packages (id, name, slug, service_ids, addon_ids, total_duration, package_price) values
  ('dddddddd-0000-4000-8000-000000000001', 'Both', 'both',
   array['bbbbbbbb-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000002']::uuid[],
   array['cccccccc-0000-4000-8000-000000000001']::uuid[], 105, 1400);
insert into public.vendor_services (vendor_id, service_id, custom_price) values
  ('aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000001', null),
  ('aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000002', 600),
  ('aaaaaaaa-0000-4000-8000-000000000002', 'bbbbbbbb-0000-4000-8000-000000000003', null);

insert into public.therapists (id, user_id, vendor_id, name, verification_status)
  select t.id::uuid, p.id, 'aaaaaaaa-0000-4000-8000-000000000001', t.name, 'verified'
  from (values ('eeeeeeee-0000-4000-8000-000000000001', 'therapist'),
    ('eeeeeeee-0000-4000-8000-000000000002', 'therapist2')) t (id, name)
  join public.user_profiles p on p.name = t.name;
insert into public.therapist_private_details (therapist_id, mobile) select id, '+919876543210' from public.therapists;
insert into public.therapist_schedules (therapist_id, day_of_week, start_time, end_time, max_bookings)
  select t.id, d, '00:00', '24:00', 5 from public.therapists t, generate_series(0, 6) d;
insert into public.therapist_services (therapist_id, service_id)
  select t.id, s.service_id from public.therapists t join public.vendor_services s on s.vendor_id = t.vendor_id;
insert into public.beauticians (id, user_id, vendor_id, name, verification_status)
  select 'ffffffff-0000-4000-8000-000000000001', p.id, 'aaaaaaaa-0000-4000-8000-000000000001', p.name, 'verified'
  from public.user_profiles p where p.name = 'beautician';
insert into public.beautician_private_details (beautician_id, mobile) select id, '+919876543210' from public.beauticians;
insert into public.beautician_schedules (beautician_id, day_of_week, start_time, end_time)
  select b.id, d, '00:00', '24:00' from public.beauticians b, generate_series(0, 6) d;
insert into public.beautician_services (beautician_id, service_id)
  select b.id, 'bbbbbbbb-0000-4000-8000-000000000002' from public.beauticians b;
-- Ids that tests can name.
update public.providers set id = coalesce(therapist_id, beautician_id);

update public.user_profiles set date_of_birth = '1990-05-05' where name in ('customer', 'customer2');
insert into public.customers (id) select id from public.user_profiles where name in ('customer', 'customer2');
insert into public.customer_addresses
  (id, customer_id, address_type, address_line1, city, state, pincode, latitude, longitude)
  select a.id::uuid, p.id, 'home', 'FC Road', 'Pune', 'Maharashtra', a.pincode, a.latitude, 73.8567
  from (values
    ('99999999-0000-4000-8000-000000000001', 'customer', '411001', 18.5504),
    ('99999999-0000-4000-8000-000000000002', 'customer', '411001', 18.9204),
    ('99999999-0000-4000-8000-000000000003', 'customer', '999999', 18.5504),
    ('99999999-0000-4000-8000-000000000004', 'customer2', '411001', 18.5504)) a (id, owner, pincode, latitude)
  join public.user_profiles p on p.name = a.owner;
