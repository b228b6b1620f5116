--! Previous: sha1:c8f3e6ba771d1dc1e8ffa44e85103dbea7a56104
--! Hash: sha1:aa469f9687bc72dabf21ca580a41531137fecb81
--! Message: places

--! split: 010-distances.sql
-- Where services are offered: vendors near a place, and whether a postal code or a point is served. Users
-- choose a vendor before they sign in, so anonymous users may ask all of it, and every answer is computed
-- with the rights of the caller.
--
-- First distances. A place is a point on a sphere in three dimensions, which has no antimeridian and no
-- poles; the straight line between two points grows with the distance over the ground, so that an index of
-- points gives the nearest first.
--
-- Vendors are some tens of thousands: rewriting and indexing their table takes a moment.
-- squawk-ignore-file adding-field-with-default, require-concurrent-index-creation

--! Included functions/places/earth_point.sql
create or replace function app_private.earth_point(p_latitude numeric, p_longitude numeric)
returns public.cube
language sql immutable strict parallel safe set search_path = '' as $$
  -- The mean radius of the earth in kilometres; app_private.vendors_within takes it out again.
  select public.cube(array[
    6371.0088 * cos(radians(p_latitude::double precision)) * cos(radians(p_longitude::double precision)),
    6371.0088 * cos(radians(p_latitude::double precision)) * sin(radians(p_longitude::double precision)),
    6371.0088 * sin(radians(p_latitude::double precision))
  ])
$$;
comment on function app_private.earth_point(numeric, numeric) is
  'Point on the sphere in kilometres from the centre of the earth, from degrees north and east; null when either is null.';
revoke all on function app_private.earth_point(numeric, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.earth_point(numeric, numeric) to anon, authenticated, staff;
--! EndIncluded functions/places/earth_point.sql
-- Writing a vendor's coordinates computes its point, and a search computes its own.

alter table public.vendors add column location public.cube
  generated always as (app_private.earth_point(latitude, longitude)) stored;
-- The nearest first. Only what the public sees: no one searches for the others by place.
create index vendors_location_idx on public.vendors using gist (location) where is_listed;
comment on column public.vendors.location is
  'Point of latitude and longitude on the sphere, in kilometres from the centre of the earth, for finding what is near; null without coordinates.';

--! split: 030-vendors-near.sql
-- Vendors nearby and their prices for the requested services.

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('search.radius_km', 'search', '25', 'number', 1, 20020, true,
    'Default radius of a search for vendors, in kilometres'),
  ('search.maximum_radius_km', 'search', '100', 'number', 1, 20020, true,
    'Maximum radius of a search for vendors, in kilometres');

create table enums.nearby_vendor_order (value text primary key, description text not null);
select app_private.publish_list('enums.nearby_vendor_order');
comment on table enums.nearby_vendor_order is
  E'@enum\n@enumName NearbyVendorOrder\nThe order of the vendors of a search.';
insert into enums.nearby_vendor_order values
  ('distance', 'Nearest first'),
  ('rating', 'Best rated first, at equal ratings the nearest'),
  ('price', 'Cheapest for the requested services first, at equal prices the nearest');

create type public.nearby_vendor as (
  vendor_id uuid,
  distance_km numeric(10, 2),
  price numeric(12, 2)
);
comment on type public.nearby_vendor is
  'A vendor that a search found, with its distance and price.';
comment on column public.nearby_vendor.vendor_id is 'Vendor that was found.';
comment on column public.nearby_vendor.distance_km is
  'Kilometres from the place of the search, in a straight line.';
comment on column public.nearby_vendor.price is
  'Rupees before GST that this vendor charges for all services of the search together; null when the search named none.';

--! Included functions/places/nearby_vendor_vendor.sql
create or replace function public.nearby_vendor_vendor(nearby_vendor public.nearby_vendor)
returns public.vendors
language sql stable set search_path = '' as $$
  select v.* from public.vendors v where v.id = nearby_vendor.vendor_id
$$;
comment on function public.nearby_vendor_vendor(public.nearby_vendor) is
  'The vendor that was found.';
revoke all on function public.nearby_vendor_vendor(public.nearby_vendor) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.nearby_vendor_vendor(public.nearby_vendor) to anon, authenticated, staff;
--! EndIncluded functions/places/nearby_vendor_vendor.sql

/*
 * The functions below run with the rights of the caller, who may not name anything in app_private. That is
 * why vendors_near is written as `begin atomic`: its names were resolved when it was created.
 */
--! Included functions/places/search_radius.sql
create or replace function app_private.search_radius(
  p_latitude public.latitude, p_longitude public.longitude, p_radius_km numeric,
  p_service_ids uuid[], p_order_by text
) returns double precision
language plpgsql stable set search_path = '' as $$
declare
  v_default numeric := (select s.value #>> '{}' from public.system_settings s
    where s.key = 'search.radius_km');
  v_maximum numeric := (select s.value #>> '{}' from public.system_settings s
    where s.key = 'search.maximum_radius_km');
begin
  if v_default is null or v_maximum is null then
    raise exception 'A setting of the search is missing or not public. Restore the setting.' using errcode = 'OB099';
  end if;
  if p_latitude is null or p_longitude is null then
    raise exception 'Latitude and longitude are required. Enter the place to search around.'
      using errcode = 'OB020', column = 'latitude';
  end if;
  if p_radius_km <= 0 or p_radius_km > v_maximum then
    raise exception 'Radius must be greater than 0 and at most % kilometres.', v_maximum
      using errcode = 'OB020', column = 'radius_km';
  end if;
  if not exists (select from enums.nearby_vendor_order o where o.value = p_order_by) then
    raise exception 'The order of the vendors is unknown. Choose one of the known orders.'
      using errcode = 'OB020', column = 'order_by';
  end if;
  if p_order_by = 'price' and cardinality(p_service_ids) = 0 then
    raise exception 'To order by price, choose at least one service.' using errcode = 'OB020', column = 'service_ids';
  end if;
  return coalesce(p_radius_km, least(v_default, v_maximum));
end
$$;
comment on function app_private.search_radius(
  public.latitude, public.longitude, numeric, uuid[], text
) is
  'Kilometres in which a search looks, as requested or as set. Raises OB020 where the request is not allowed or its parts do not go together.';
revoke all on function app_private.search_radius( public.latitude, public.longitude, numeric, uuid[], text ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
revoke all on function app_private.search_radius(public.latitude, public.longitude, numeric, uuid[], text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.search_radius(public.latitude, public.longitude, numeric, uuid[], text) to anon, authenticated, staff;
--! EndIncluded functions/places/search_radius.sql

/*
 * Row security is applied before any condition that could reveal a row, and "lies within" is such a
 * condition: under a policy it cannot use the index. The order of an index reveals nothing, so this walks
 * from the nearest outwards and stops at the radius. A cursor is planned for its first rows, which makes the
 * index the cheaper way for a table of any size.
 */
--! Included functions/places/vendors_within.sql
create or replace function app_private.vendors_within(p_centre public.cube, p_radius_km double precision)
returns table (vendor public.vendors, distance_km double precision)
language plpgsql stable rows 200 set search_path = '' as $$
declare
  v_outwards no scroll cursor for
    select v as vendor, v.location operator(public.<->) p_centre as chord
    from public.vendors v
    where v.is_listed and v.location is not null
    order by v.location operator(public.<->) p_centre;
begin
  for v_next in v_outwards loop
    -- From the straight line through the ground to the distance over it.
    distance_km := 2 * 6371.0088 * asin(least(1, v_next.chord / (2 * 6371.0088)));
    exit when distance_km > p_radius_km;
    vendor := v_next.vendor;
    return next;
  end loop;
end
$$;
comment on function app_private.vendors_within(public.cube, double precision) is
  'Listed vendors within p_radius_km of a point, nearest first, each with its distance.';
revoke all on function app_private.vendors_within(public.cube, double precision) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.vendors_within(public.cube, double precision) to anon, authenticated, staff;
--! EndIncluded functions/places/vendors_within.sql

--! Included functions/places/vendors_near.sql
create or replace function public.vendors_near(
  latitude public.latitude, longitude public.longitude, radius_km numeric default null,
  service_ids uuid[] default null, open_at timestamptz default null,
  minimum_rating numeric default null, business_type text default null,
  order_by text default 'distance'
) returns setof public.nearby_vendor
language sql stable rows 100 set search_path = ''
begin atomic
  with asked as materialized (
    select
      array(select distinct id from unnest(vendors_near.service_ids) id where id is not null)
        as service_ids,
      coalesce(vendors_near.order_by, 'distance') as order_by
  )
  select (found.vendor).id, round(found.distance_km::numeric, 2), offer.price
  from asked
  cross join lateral app_private.vendors_within(
    app_private.earth_point(vendors_near.latitude, vendors_near.longitude),
    app_private.search_radius(vendors_near.latitude, vendors_near.longitude,
      vendors_near.radius_km, asked.service_ids, asked.order_by)
  ) found
  cross join lateral (
    select count(*) as services, sum(public.vendor_services_price(o)) as price
    from public.vendor_services o
    join public.services s on s.id = o.service_id
    where o.vendor_id = (found.vendor).id and o.service_id = any (asked.service_ids)
      and o.is_available and s.is_active
  ) offer
  where offer.services = cardinality(asked.service_ids)
    and (vendors_near.minimum_rating is null
      or (found.vendor).rating >= vendors_near.minimum_rating)
    and (vendors_near.business_type is null
      or (found.vendor).business_type = vendors_near.business_type)
    and (vendors_near.open_at is null
      or public.vendors_is_open_at(found.vendor, vendors_near.open_at))
  order by
    case asked.order_by when 'rating' then - (found.vendor).rating when 'price' then offer.price end,
    found.distance_km, (found.vendor).id;
end;
comment on function public.vendors_near(
  public.latitude, public.longitude, numeric, uuid[], timestamptz, numeric, text, text
) is
  'Listed vendors around a place (degrees WGS 84), at most radiusKm away; default and maximum are platform settings. With serviceIds only vendors that offer all of these now; with openAt only vendors that are open at that instant, in their own time zone; minimumRating and businessType narrow the result. Sorted by orderBy. Raises OB020 (no place, a radius that is not allowed, an unknown order, price without services) and 23514 (invalid coordinates).';
revoke all on function public.vendors_near( public.latitude, public.longitude, numeric, uuid[], timestamptz, numeric, text, text ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
revoke all on function public.vendors_near( public.latitude, public.longitude, numeric, uuid[], timestamptz, numeric, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendors_near( public.latitude, public.longitude, numeric, uuid[], timestamptz, numeric, text, text) to anon, authenticated, staff;
--! EndIncluded functions/places/vendors_near.sql

--! split: 040-serviceability.sql
-- Whether home services are offered at a postal code or a point, and at what charge.

create type public.serviceability as (
  pincode public.pincode,
  is_serviceable boolean,
  city text,
  state text,
  zone text,
  charge numeric(10, 2)
);
comment on type public.serviceability is
  'Whether home services are offered at a place, and at what charge.';
comment on column public.serviceability.pincode is
  'Postal code that was asked for; null when a point was asked for.';
comment on column public.serviceability.is_serviceable is
  'Whether home services are offered there now: the postal code, its zone, city and state are all served.';
comment on column public.serviceability.city is 'Name of the city; null when not known.';
comment on column public.serviceability.state is
  'Name of the state or union territory; null when not known.';
comment on column public.serviceability.zone is 'Name of the zone; null when there is none.';
comment on column public.serviceability.charge is
  'Rupees before GST added for a home service there, of the zone and the postal code together; null where it is not served.';

--! Included functions/places/serviceable.sql
create or replace function public.serviceable(pincode text) returns public.serviceability
language plpgsql stable set search_path = '' as $$
declare
  v_answer public.serviceability;
begin
  if (serviceable.pincode ~ '^[1-9][0-9]{5}$') is not true then
    raise exception 'Pincode must have six digits and must not begin with 0.'
      using errcode = 'OB020', column = 'pincode';
  end if;
  select
    serviceable.pincode,
    p.is_serviceable and z.is_serviceable is not false
      and c.is_active is not false and s.is_active is not false,
    c.name, s.name, z.name,
    p.delivery_charge + coalesce(z.service_charge, 0)
  into v_answer
  from public.pincode_master p
  left join public.zones z on z.id = p.zone_id
  left join public.cities c on c.id = coalesce(p.city_id, z.city_id)
  left join public.states s on s.id = c.state_id
  where p.pincode = serviceable.pincode;
  v_answer.pincode := serviceable.pincode;
  v_answer.is_serviceable := coalesce(v_answer.is_serviceable, false);
  if not v_answer.is_serviceable then
    v_answer.charge := null;
  end if;
  return v_answer;
end
$$;
comment on function public.serviceable(text) is
  'Whether home services are offered at a postal code. An unknown postal code is not served and is no error. Raises OB020 (not a postal code).';
revoke all on function public.serviceable(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.serviceable(text) to anon, authenticated, staff;
--! EndIncluded functions/places/serviceable.sql

--! Included functions/places/serviceable_at.sql
create or replace function public.serviceable_at(latitude public.latitude, longitude public.longitude)
returns public.serviceability
language plpgsql stable set search_path = '' as $$
declare
  v_point point := point(serviceable_at.longitude, serviceable_at.latitude);
  v_answer public.serviceability;
begin
  if v_point is null then
    raise exception 'Latitude and longitude are required. Enter both.' using errcode = 'OB020', column = 'latitude';
  end if;
  select
    null,
    z.is_serviceable and c.is_active is not false and s.is_active is not false,
    c.name, s.name, z.name,
    z.service_charge
  into v_answer
  from public.zones z
  left join public.cities c on c.id = z.city_id
  left join public.states s on s.id = c.state_id
  -- The first condition is for the index, which has only polygons.
  where z.coordinates && polygon(box(v_point, v_point)) and z.coordinates @> v_point
  order by z.id
  limit 1;
  v_answer.is_serviceable := coalesce(v_answer.is_serviceable, false);
  if not v_answer.is_serviceable then
    v_answer.charge := null;
  end if;
  return v_answer;
end
$$;
comment on function public.serviceable_at(public.latitude, public.longitude) is
  'Whether home services are offered at a point (degrees WGS 84), by its zone; where zones overlap, the one with the smallest id. Outside all zones nothing is served. Raises OB020 (no point) and 23514 (invalid coordinates).';
revoke all on function public.serviceable_at(public.latitude, public.longitude) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.serviceable_at(public.latitude, public.longitude) to anon, authenticated, staff;
--! EndIncluded functions/places/serviceable_at.sql
