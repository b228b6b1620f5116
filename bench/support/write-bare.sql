-- The rows that confirm_booking writes for a hold of the three services, paid in cash, without checks and
-- computations.
create function bench.write_bare(hold_id uuid) returns setof public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_hold public.booking_holds;
  v_id uuid;
begin
  select * into v_hold from public.booking_holds h where h.id = write_bare.hold_id;
  insert into public.bookings
    (customer_id, vendor_id, booking_type, booking_date,
      booking_time, time_zone, duration_minutes, total_amount, discount_amount, tax_amount, service_charge,
      final_amount, special_instructions, expires_at)
  values
    (v_hold.customer_id, v_hold.vendor_id, 'spa_visit', (v_hold.starts_at at time zone 'Asia/Kolkata')::date,
      (v_hold.starts_at at time zone 'Asia/Kolkata')::time, 'Asia/Kolkata', 180, 3300, 0, 167.5, 50, 3517.5,
      'bare', v_hold.expires_at)
  returning id into v_id;
  insert into public.booking_contacts (booking_id, contact_name, contact_mobile, service_location)
  values (v_id, 'Customer', '+919876543210',
    '{"city": "Pune", "state": "Maharashtra", "pincode": "411001", "latitude": 18.5204, "longitude": 73.8567, "address_line1": "MG Road"}');
  update app_private.provider_reservations r set hold_id = null, booking_id = v_id, expires_at = null
  where r.hold_id = v_hold.id;
  update public.booking_holds h set booking_id = v_id where h.id = v_hold.id;
  insert into public.booking_items
    (booking_id, service_id, service_name, service_duration, service_price, quantity, addon_services, subtotal)
  values
    (v_id, v_hold.service_ids[1], 'Service 0', 60, 1000, 1, '[]', 1000),
    (v_id, v_hold.service_ids[2], 'Service 1', 60, 1100, 1, '[]', 1100),
    (v_id, v_hold.service_ids[3], 'Service 2', 60, 1200, 1, '[]', 1200);
  insert into public.booking_terms values (v_id, 5, 24, 200, 2, 4, 50, 15, 24);
  insert into public.booking_status_history (booking_id, to_status, changed_by)
  values (v_id, 'pending', v_hold.customer_id);
  insert into public.payments (booking_id, customer_id, vendor_id, amount, total_amount, payment_method)
  values (v_id, v_hold.customer_id, v_hold.vendor_id, 3517.5, 3517.5, 'cash');
  update public.bookings b set status = 'confirmed' where b.id = v_id;
  update public.customers c set total_bookings = c.total_bookings + 1, last_booking_date = now()
  where c.id = v_hold.customer_id;
  update public.vendors v set total_bookings = v.total_bookings + 1 where v.id = v_hold.vendor_id;
  return query select * from public.bookings b where b.id = v_id;
end
$$;
grant usage on schema bench to authenticated;
grant execute on function bench.write_bare(uuid) to authenticated;

-- Rows written, by table, for bookings of the engine and for the bare ones.
create view bench.written as
with written as (
  select 'bookings' as name, id as booking_id from public.bookings
  union all select 'booking_items', booking_id from public.booking_items
  union all select 'booking_terms', booking_id from public.booking_terms
  union all select 'booking_status_history', booking_id from public.booking_status_history
  union all select 'payments', booking_id from public.payments
  union all select 'provider_reservations', booking_id from app_private.provider_reservations
  union all select 'booking_holds', booking_id from public.booking_holds
  union all select 'notifications', (data ->> 'bookingId')::uuid from public.notifications
  union all select 'audit_logs', resource_id::uuid from public.audit_logs where resource_type = 'bookings'
)
select w.name, count(*) filter (where b.special_instructions is null) as by_engine,
  count(*) filter (where b.special_instructions = 'bare') as bare
from written w
join public.bookings b on b.id = w.booking_id
group by w.name;
