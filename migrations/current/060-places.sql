-- Location and geography. Everybody may read where the platform works.

create table public.countries (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  code text not null unique constraint countries_code_format check (code ~ '^[A-Z]{2}$'),
  phone_code text constraint countries_phone_code_format check (phone_code ~ '^\+[1-9][0-9]{0,3}$'),
  currency text not null default 'INR' check (currency ~ '^[A-Z]{3}$'),
  is_active boolean not null default true,
  created_at timestamptz not null default now()
);
alter table public.countries enable row level security;
comment on table public.countries is 'Countries, by ISO 3166-1 code.';
comment on column public.countries.id is 'Identifies the country.';
comment on column public.countries.name is 'English name.';
comment on column public.countries.code is 'ISO 3166-1 code of two letters, such as IN.';
comment on column public.countries.phone_code is
  'Prefix of telephone numbers, such as +91; null when not recorded.';
comment on column public.countries.currency is 'ISO 4217 code of its money, such as INR.';
comment on column public.countries.is_active is 'Whether the platform works there.';
comment on column public.countries.created_at is 'When the row was made.';

create table public.states (
  id uuid primary key default gen_random_uuid(),
  country_id uuid not null references public.countries (id) on delete restrict,
  name text not null,
  code text not null,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  unique (country_id, code),
  unique (country_id, name)
);
alter table public.states enable row level security;
comment on table public.states is
  'States and union territories, by the second part of their ISO 3166-2 code.';
comment on column public.states.id is 'Identifies the state or union territory.';
comment on column public.states.country_id is 'Country to which it belongs.';
comment on column public.states.name is 'Official English name.';
comment on column public.states.code is
  'Part of the ISO 3166-2 code after the country, such as MH.';
comment on column public.states.is_active is 'Whether the platform works there.';
comment on column public.states.created_at is 'When the row was made.';

create table public.cities (
  id uuid primary key default gen_random_uuid(),
  state_id uuid not null references public.states (id) on delete restrict,
  name text not null,
  latitude public.latitude,
  longitude public.longitude,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  unique (state_id, name)
);
alter table public.cities enable row level security;
comment on table public.cities is 'Cities, each with its centre.';
comment on column public.cities.id is 'Identifies the city.';
comment on column public.cities.state_id is 'State or union territory in which it lies.';
comment on column public.cities.name is 'Official name in its state, such as Prayagraj.';
comment on column public.cities.latitude is
  'Degrees north of its centre (WGS 84); null when not recorded.';
comment on column public.cities.longitude is
  'Degrees east of its centre (WGS 84); null when not recorded.';
comment on column public.cities.is_active is 'Whether the platform works there.';
comment on column public.cities.created_at is 'When the row was made.';

create table public.zones (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  city_id uuid references public.cities (id) on delete restrict,
  coordinates polygon,
  is_serviceable boolean not null default true,
  service_charge numeric(10, 2) not null default 0 check (service_charge >= 0),
  created_at timestamptz not null default now(),
  unique (city_id, name)
);
alter table public.zones enable row level security;
-- In which zone does this point lie?
create index zones_coordinates_idx on public.zones using gist (coordinates);
comment on table public.zones is
  'Parts of a city where home services are offered. Corners are (longitude, latitude).';
comment on column public.zones.id is 'Identifies the zone.';
comment on column public.zones.name is 'What people call the area, unique within its city.';
comment on column public.zones.city_id is
  'City of which it is a part; null when it belongs to none.';
comment on column public.zones.coordinates is
  'Outline as a polygon of (longitude, latitude) corners in degrees; null until drawn.';
comment on column public.zones.is_serviceable is 'Whether home services are offered there now.';
comment on column public.zones.service_charge is
  'Rupees added for a home service in this zone, before GST.';
comment on column public.zones.created_at is 'When the row was made.';

create table public.pincode_master (
  id uuid primary key default gen_random_uuid(),
  pincode public.pincode not null unique,
  city_id uuid references public.cities (id) on delete restrict,
  zone_id uuid references public.zones (id) on delete set null,
  is_serviceable boolean not null default true,
  delivery_charge numeric(10, 2) not null default 0 check (delivery_charge >= 0),
  created_at timestamptz not null default now()
);
alter table public.pincode_master enable row level security;
create index pincode_master_city_id_idx on public.pincode_master (city_id);
create index pincode_master_zone_id_idx on public.pincode_master (zone_id);
comment on table public.pincode_master is
  'Postal codes where the platform works. A code that is not here is not served.';
comment on column public.pincode_master.id is 'Identifies the entry.';
comment on column public.pincode_master.pincode is 'Postal code of six digits.';
comment on column public.pincode_master.city_id is 'City in which it lies; null when not recorded.';
comment on column public.pincode_master.zone_id is 'Zone in which it lies; null when in none.';
comment on column public.pincode_master.is_serviceable is
  'Whether home services are offered there now.';
comment on column public.pincode_master.delivery_charge is
  'Rupees added for coming to this postal code, before GST.';
comment on column public.pincode_master.created_at is 'When the row was made.';

create policy select_anon on public.countries for select to anon using (true);
create policy select_signed_in on public.countries for select to authenticated using (true);
create policy select_staff on public.countries for select to staff using (true);
create policy select_anon on public.states for select to anon using (true);
create policy select_signed_in on public.states for select to authenticated using (true);
create policy select_staff on public.states for select to staff using (true);
create policy select_anon on public.cities for select to anon using (true);
create policy select_signed_in on public.cities for select to authenticated using (true);
create policy select_staff on public.cities for select to staff using (true);
create policy select_anon on public.zones for select to anon using (true);
create policy select_signed_in on public.zones for select to authenticated using (true);
create policy select_staff on public.zones for select to staff using (true);
create policy select_anon on public.pincode_master for select to anon using (true);
create policy select_signed_in on public.pincode_master for select to authenticated using (true);
create policy select_staff on public.pincode_master for select to staff using (true);
grant select on public.countries, public.states, public.cities, public.zones, public.pincode_master
  to anon, authenticated, staff;

-- Countries and states change by migration; the rest by those who open new places.
create policy insert_staff on public.cities for insert to staff
  with check ((select app_private.has_permission('places.update')));
create policy update_staff on public.cities for update to staff
  using ((select app_private.has_permission('places.update')))
  with check ((select app_private.has_permission('places.update')));
create policy insert_staff on public.zones for insert to staff
  with check ((select app_private.has_permission('places.update')));
create policy update_staff on public.zones for update to staff
  using ((select app_private.has_permission('places.update')))
  with check ((select app_private.has_permission('places.update')));
create policy delete_staff on public.zones for delete to staff
  using ((select app_private.has_permission('places.update')));
create policy insert_staff on public.pincode_master for insert to staff
  with check ((select app_private.has_permission('places.update')));
create policy update_staff on public.pincode_master for update to staff
  using ((select app_private.has_permission('places.update')))
  with check ((select app_private.has_permission('places.update')));
create policy delete_staff on public.pincode_master for delete to staff
  using ((select app_private.has_permission('places.update')));
grant insert (state_id, name, latitude, longitude, is_active),
  update (name, latitude, longitude, is_active) on public.cities to staff;
grant insert (name, city_id, coordinates, is_serviceable, service_charge),
  update (name, coordinates, is_serviceable, service_charge) on public.zones to staff;
grant insert (pincode, city_id, zone_id, is_serviceable, delivery_charge),
  update (city_id, zone_id, is_serviceable, delivery_charge) on public.pincode_master to staff;
grant delete on public.zones, public.pincode_master to staff;
