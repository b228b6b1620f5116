-- Undoes the search for places. Nothing but the two settings was stored by it: points are computed from
-- the coordinates, which stay.

drop function if exists public.serviceable_at(public.latitude, public.longitude);
drop function if exists public.serviceable(text);
drop type if exists public.serviceability;

drop function if exists public.vendors_near(
  public.latitude, public.longitude, numeric, uuid[], timestamptz, numeric, text, text);
drop function if exists app_private.vendors_within(public.cube, double precision);
drop function if exists app_private.search_radius(
  public.latitude, public.longitude, numeric, uuid[], text);
drop function if exists public.nearby_vendor_vendor(public.nearby_vendor);
drop type if exists public.nearby_vendor;
drop table if exists enums.nearby_vendor_order;
delete from public.system_settings
where key in ('search.radius_km', 'search.maximum_radius_km');

create or replace function public.vendors_is_open_now(vendor public.vendors) returns boolean
language sql stable set search_path = '' as $$
  select exists (
    select from public.vendor_availability a
    cross join (select now() at time zone vendor.time_zone as local_now) t
    where a.vendor_id = vendor.id
      and a.is_open
      and a.day_of_week = extract(dow from t.local_now)
      and t.local_now::time >= a.open_time and t.local_now::time < a.close_time
      and (a.break_start is null
        or not (t.local_now::time >= a.break_start and t.local_now::time < a.break_end))
  )
$$;
drop function if exists public.vendors_is_open_at(public.vendors, timestamptz);

alter table public.vendors drop column if exists location;
drop function if exists app_private.earth_point(numeric, numeric);
