-- Undoes the search for places. It stored only the two settings: points are computed from the coordinates,
-- which stay.

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

alter table public.vendors drop column if exists location;
drop function if exists app_private.earth_point(numeric, numeric);
