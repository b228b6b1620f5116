-- Customers.

create table public.customers (
  id uuid primary key default auth.uid() references public.user_profiles (id) on delete restrict,
  membership_tier text not null default 'silver' references enums.membership_tier,
  membership_start_date date not null default app_private.today(),
  loyalty_points integer not null default 0 check (loyalty_points >= 0),
  total_bookings integer not null default 0 check (total_bookings >= 0),
  total_spent numeric(12, 2) not null default 0 check (total_spent >= 0),
  total_saved numeric(12, 2) not null default 0 check (total_saved >= 0),
  preferred_services uuid[],
  preferred_therapists uuid[],
  preferred_vendors uuid[],
  preferred_gender text references enums.gender_preference,
  allergies text[],
  medical_conditions text[],
  special_requirements text,
  referral_code text not null unique
    default 'OMB' || upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 9)),
  referred_by uuid references public.customers (id) on delete set null
    constraint customers_not_referred_by_self check (referred_by <> id),
  referral_count integer not null default 0 check (referral_count >= 0),
  last_booking_date timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.customers enable row level security;
create index customers_referred_by_idx on public.customers (referred_by);
create trigger _100_timestamps before insert or update on public.customers
  for each row execute function app_private.tg__timestamps();
comment on table public.customers is
  'People who book. Tier, points and totals follow from bookings and are never written by anyone.';
comment on column public.customers.id is
  'Identifies the customer; the id of the person in user_profiles.';
comment on column public.customers.membership_tier is
  'Tier by the rupees spent in the last twelve months; set by the platform.';
comment on column public.customers.membership_start_date is
  'Day on which the person became a member.';
comment on column public.customers.loyalty_points is
  'Points that can be spent now, each worth a rupee; the sum of the points transactions.';
comment on column public.customers.total_bookings is
  'How many bookings the customer has made; counted by the platform.';
comment on column public.customers.total_spent is
  'Rupees spent on bookings so far; counted by the platform.';
comment on column public.customers.total_saved is
  'Rupees saved by discounts so far; counted by the platform.';
comment on column public.customers.preferred_services is
  'Ids of services that the customer likes, as they chose; null when not said.';
comment on column public.customers.preferred_therapists is
  'Ids of therapists whom the customer likes, as they chose; null when not said.';
comment on column public.customers.preferred_vendors is
  'Ids of vendors that the customer likes, as they chose; null when not said.';
comment on column public.customers.preferred_gender is
  'By whom the customer wishes to be served; null when not said.';
comment on column public.customers.allergies is
  'What the customer does not tolerate, one an entry; null when not said.';
comment on column public.customers.medical_conditions is
  'What a provider should mind, one condition an entry; null when not said.';
comment on column public.customers.special_requirements is
  'Other wishes for every booking, in the customer''s words; null when not said.';
comment on column public.customers.referral_code is
  'Code with which friends sign up, given by the platform.';
comment on column public.customers.referred_by is
  'Customer whose code this one used at sign-up; null without one.';
comment on column public.customers.referral_count is
  'How many friends have signed up with the code; counted by the platform.';
comment on column public.customers.last_booking_date is
  'When the customer last booked; null before the first booking.';
comment on column public.customers.created_at is 'When the row was made.';
comment on column public.customers.updated_at is 'When the row last changed.';
create policy select_own on public.customers for select to authenticated
  using (id = (select auth.uid()));
create policy select_staff on public.customers for select to staff
  using (
    id >= (select app_private.people_from('customers.read'))
    and id <= (select app_private.people_to('customers.read'))
  );
create policy insert_own on public.customers for insert to authenticated
  with check (id = (select auth.uid()));
create policy update_own on public.customers for update to authenticated
  using (id = (select auth.uid())) with check (id = (select auth.uid()));
grant select on public.customers to authenticated, staff;
-- Withheld: tier, points, totals, referral.
grant insert (preferred_services, preferred_therapists, preferred_vendors, preferred_gender,
    allergies, medical_conditions, special_requirements),
  update (preferred_services, preferred_therapists, preferred_vendors, preferred_gender,
    allergies, medical_conditions, special_requirements)
  on public.customers to authenticated;

create table public.customer_addresses (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null default auth.uid() references public.customers (id) on delete cascade,
  address_type text not null references enums.address_type,
  label text,
  address_line1 text not null,
  address_line2 text,
  landmark text,
  city text not null,
  state text not null,
  pincode public.pincode not null,
  country text not null default 'India',
  latitude public.latitude,
  longitude public.longitude,
  is_default boolean not null default false,
  delivery_instructions text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.customer_addresses enable row level security;
alter table public.customer_addresses alter column customer_id set (n_distinct = -1);
create index customer_addresses_customer_id_idx on public.customer_addresses (customer_id);
create unique index customer_addresses_one_default_key on public.customer_addresses (customer_id)
  where is_default;
create trigger _100_timestamps before insert or update on public.customer_addresses
  for each row execute function app_private.tg__timestamps();
create trigger _300_one_default before insert or update of is_default on public.customer_addresses
  for each row when (new.is_default)
  execute function app_private.tg__one_chosen('customer_id', 'is_default');
comment on table public.customer_addresses is
  'Where a customer can be served. The vendor of a booking sees the copy on the booking and not this.';
comment on column public.customer_addresses.id is 'Identifies the address.';
comment on column public.customer_addresses.customer_id is 'Customer who can be served there.';
comment on column public.customer_addresses.address_type is 'What kind of place it is.';
comment on column public.customer_addresses.label is
  'What the customer calls it, such as Mother''s flat; null without a name.';
comment on column public.customer_addresses.address_line1 is 'House and street.';
comment on column public.customer_addresses.address_line2 is
  'Floor, area or the like; null when there is none.';
comment on column public.customer_addresses.landmark is
  'What is near and easy to find; null when not given.';
comment on column public.customer_addresses.city is 'Name of the city.';
comment on column public.customer_addresses.state is 'Name of the state or union territory.';
comment on column public.customer_addresses.pincode is 'Postal code of six digits.';
comment on column public.customer_addresses.country is 'English name of the country.';
comment on column public.customer_addresses.latitude is
  'Degrees north of the door (WGS 84); null when not given.';
comment on column public.customer_addresses.longitude is
  'Degrees east of the door (WGS 84); null when not given.';
comment on column public.customer_addresses.is_default is
  'Whether apps offer it first; setting it unsets the customer''s other addresses.';
comment on column public.customer_addresses.delivery_instructions is
  'How to get in, such as the gate or floor; null when not given.';
comment on column public.customer_addresses.created_at is 'When the row was made.';
comment on column public.customer_addresses.updated_at is 'When the row last changed.';
create policy select_own on public.customer_addresses for select to authenticated
  using (customer_id = (select auth.uid()));
create policy select_staff on public.customer_addresses for select to staff
  using (
    customer_id >= (select app_private.people_from('customers.read'))
    and customer_id <= (select app_private.people_to('customers.read'))
  );
create policy insert_own on public.customer_addresses for insert to authenticated
  with check (customer_id = (select auth.uid()));
create policy update_own on public.customer_addresses for update to authenticated
  using (customer_id = (select auth.uid())) with check (customer_id = (select auth.uid()));
create policy delete_own on public.customer_addresses for delete to authenticated
  using (customer_id = (select auth.uid()));
grant select, delete on public.customer_addresses to authenticated;
grant select on public.customer_addresses to staff;
grant insert (address_type, label, address_line1, address_line2, landmark, city, state, pincode,
    country, latitude, longitude, is_default, delivery_instructions),
  update (address_type, label, address_line1, address_line2, landmark, city, state, pincode,
    country, latitude, longitude, is_default, delivery_instructions)
  on public.customer_addresses to authenticated;
