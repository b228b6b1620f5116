--! Previous: sha1:7ecbb4e61b081c08176350efa4a509a4487b6b12
--! Hash: sha1:6d749fbde94991497d47e1638064b3b3010ff780
--! Message: coupons

--! split: 010-coupons.sql
-- Coupons: a code takes a percentage or an amount off a booking. A vendor's own coupon lowers its price, and commission and
-- tax with it. A coupon of the platform leaves price, tax, commission and what the vendor is paid as they are: the platform
-- pays a part of the booking for the customer. Uses and budgets are counted in one statement when a hold becomes a booking.
-- Docs: decisions/0045-coupons.md.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-foreign-key-constraint, adding-required-field

-- An earlier undo leaves these where rows name them.
insert into enums.payment_method values ('coupon', 'A coupon, for which the platform pays') on conflict do nothing;
insert into enums.journal_account values ('coupons', 'Spent by the platform on coupons') on conflict do nothing;

create table enums.coupon_bearer (value text primary key, description text not null);
comment on table enums.coupon_bearer is E'@enum\n@enumName CouponBearer\nWho bears what a coupon takes off.';
select app_private.publish_list('enums.coupon_bearer');
insert into enums.coupon_bearer values
  ('platform', 'The platform pays it: the vendor earns as without the coupon'),
  ('vendor', 'The vendor lowers its price: commission and tax follow');

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('coupons.least_payment', 'coupons', '1', 'number', 1, 100000, true, 'Rupees of a booking that a coupon leaves to be paid at least'),
  ('coupons.price_days', 'coupons', '30', 'integer', 1, 90, true, 'Days ago whose price a percentage counts from, where it was lower'),
  ('coupons.keep_price_days', 'coupons', '90', 'integer', 90, 3650, false, 'Days after which earlier prices are deleted');

-- Default data is not audited, and a change of permissions does not count as a change of the role.
alter table public.role_permissions disable trigger _800_audit;
alter table public.roles disable trigger user;
insert into public.permissions (code, resource, action, name) values
  ('coupons.read', 'coupons', 'read', 'See coupons and their uses'),
  ('coupons.create', 'coupons', 'create', 'Create, change and end coupons of the platform');
insert into public.role_permissions (role_id, permission_id)
select r.id, p.id from public.roles r cross join public.permissions p
where (r.code in ('marketing', 'finance', 'admin', 'super_admin') and p.code = 'coupons.create')
  or (r.code in ('marketing', 'finance', 'accounts', 'customer_care', 'customer_care_head', 'admin', 'super_admin')
    and p.code = 'coupons.read');
alter table public.roles enable trigger user;
alter table public.role_permissions enable trigger _800_audit;

-- What each code gives, to whom and how often.
create table public.coupons (
  id uuid primary key default gen_random_uuid(),
  code text not null,
  description text not null,
  borne_by text not null references enums.coupon_bearer,
  percentage numeric(5, 2),
  amount numeric(10, 2),
  minimum_amount numeric(10, 2) not null default 0,
  maximum_amount numeric(10, 2),
  valid_from timestamptz not null default now(),
  valid_until timestamptz,
  vendor_id uuid references public.vendors on delete cascade,
  category_id uuid references public.service_categories on delete restrict,
  first_booking_only boolean not null default false,
  uses_per_customer integer not null default 1,
  uses_in_all integer,
  budget_amount numeric(12, 2),
  is_active boolean not null default true,
  used_count integer not null default 0,
  spent_amount numeric(12, 2) not null default 0,
  created_by uuid references public.user_profiles on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint coupons_code_key unique (code),
  constraint coupons_code_format check (code ~ '^[A-Z0-9]{4,20}$'),
  constraint coupons_description_length check (length(btrim(description)) between 1 and 500),
  constraint coupons_one_kind check (num_nonnulls(percentage, amount) = 1),
  constraint coupons_of_something check (coalesce(percentage, amount) > 0),
  constraint coupons_maximum_of_a_percentage check (
    maximum_amount is null or (maximum_amount > 0 and percentage is not null)),
  constraint coupons_dates_in_order check (valid_from < valid_until),
  constraint coupons_finite_dates check (
    isfinite(valid_from) and (valid_until is null or isfinite(valid_until))),
  constraint coupons_uses_per_customer_range check (uses_per_customer between 1 and 1000),
  constraint coupons_uses_in_all_range check (uses_in_all between 1 and 10000000),
  constraint coupons_of_a_vendor check (borne_by = 'platform' or vendor_id is not null),
  constraint coupons_of_the_platform_have_a_budget check (borne_by = 'vendor' or budget_amount is not null),
  constraint coupons_within_uses check (used_count between 0 and uses_in_all),
  constraint coupons_within_budget check (spent_amount <= budget_amount)
);
alter table public.coupons enable row level security;
select app_private.limit_numbers('public.coupons', '{"percentage": "rate", "amount": "amount", "minimum_amount": "amount",
  "maximum_amount": "amount", "budget_amount": "sum", "spent_amount": "sum"}');
-- Those of a vendor, newest first; and for the foreign keys.
create index coupons_vendor_id_idx on public.coupons (vendor_id, created_at desc);
create index coupons_category_id_idx on public.coupons (category_id) where category_id is not null;
create index coupons_created_by_idx on public.coupons (created_by);
-- Newest first.
create index coupons_created_at_idx on public.coupons (created_at desc, id);
select app_private.keep_timestamps('public.coupons');
-- Not of what only counts: every booking with the coupon writes that.
create trigger _800_audit
  after insert or delete or update of description, valid_until, uses_in_all, budget_amount, is_active on public.coupons
  for each row execute function app_private.tg__audit('id');
comment on table public.coupons is
  'Coupons: codes that take a percentage or an amount off a booking. Created by createCoupon, changed by updateCoupon, ended by endCoupon.';
comment on column public.coupons.id is 'Identifies the coupon.';
comment on column public.coupons.code is 'What customers enter, in capital letters and digits; small letters are taken as capital ones.';
comment on column public.coupons.description is 'What the coupon is for, up to 500 characters.';
comment on column public.coupons.borne_by is 'Who bears what it takes off.';
comment on column public.coupons.percentage is
  'Percentage of the services to which it applies, counted from the lower of today''s price and that of 30 days ago; null for an amount.';
comment on column public.coupons.amount is 'Rupees that it takes off; null for a percentage.';
comment on column public.coupons.minimum_amount is
  'Rupees, before tax, that the services to which it applies must cost at least.';
comment on column public.coupons.maximum_amount is 'Most rupees that the percentage takes off; null for no limit.';
comment on column public.coupons.valid_from is 'When it begins to apply.';
comment on column public.coupons.valid_until is 'When it stops applying; null for no end.';
comment on column public.coupons.vendor_id is 'Vendor at which it applies; null for all.';
comment on column public.coupons.category_id is 'Category of the services to which it applies; null for all.';
comment on column public.coupons.first_booking_only is
  'Whether it is only for the first booking of a customer, whose mobile number must be verified.';
comment on column public.coupons.uses_per_customer is 'How often a customer can use it.';
comment on column public.coupons.uses_in_all is 'How often it can be used by all customers together; null for no limit.';
comment on column public.coupons.budget_amount is
  'Most rupees that all uses together take off; null for no limit, which only a vendor''s coupon can have.';
comment on column public.coupons.is_active is 'Whether it has not been ended.';
comment on column public.coupons.used_count is 'How often it is used, without the uses that were given back.';
comment on column public.coupons.spent_amount is 'Rupees that these uses take off.';
comment on column public.coupons.created_by is 'User who created it; null when the account was deleted.';
comment on column public.coupons.created_at is 'When the row was created.';
comment on column public.coupons.updated_at is 'When the row was last changed.';
comment on constraint coupons_code_key on public.coupons is 'A coupon already has this code. Choose another code.';
comment on constraint coupons_code_format on public.coupons is 'Code must have 4 to 20 letters and digits.';
comment on constraint coupons_description_length on public.coupons is 'Description must have 1 to 500 characters.';
comment on constraint coupons_one_kind on public.coupons is 'Enter either a percentage or an amount.';
comment on constraint coupons_of_something on public.coupons is 'The percentage or amount must be greater than 0.';
comment on constraint coupons_maximum_of_a_percentage on public.coupons is
  'Maximum amount must be greater than 0, and is for a percentage only.';
comment on constraint coupons_dates_in_order on public.coupons is 'Valid until must be after valid from.';
comment on constraint coupons_finite_dates on public.coupons is 'Valid from and valid until must be dates.';
comment on constraint coupons_uses_per_customer_range on public.coupons is 'Uses per customer must be from 1 to 1000.';
comment on constraint coupons_uses_in_all_range on public.coupons is 'Uses in all must be from 1 to 1,00,00,000.';
comment on constraint coupons_of_a_vendor on public.coupons is 'A coupon that a vendor bears needs the vendor. Enter its id.';
comment on constraint coupons_of_the_platform_have_a_budget on public.coupons is
  'A coupon that the platform bears needs a budget. Enter one.';
comment on constraint coupons_within_uses on public.coupons is
  'The coupon is used as often as it can be. Uses in all cannot be less than that.';
comment on constraint coupons_within_budget on public.coupons is
  'The budget of the coupon is spent. It cannot be less than what is spent.';
create policy select_vendor on public.coupons for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[]));
create policy select_staff on public.coupons for select to staff
  using (created_at >= (select app_private.floor_instant('coupons.read')));
-- Withheld: writing, which goes through the functions below; and from customers the table, which would list all codes.
grant select on public.coupons to authenticated, staff;

-- Who has used which: a use counts until it is given back. Kept as long as the booking.
create table public.coupon_uses (
  id uuid primary key default gen_random_uuid(),
  coupon_id uuid not null references public.coupons on delete restrict,
  booking_id uuid not null references public.bookings on delete restrict,
  customer_id uuid not null references public.customers on delete restrict,
  vendor_id uuid not null references public.vendors on delete restrict,
  code text not null,
  borne_by text not null references enums.coupon_bearer,
  discount_amount numeric(10, 2) not null,
  given_back_at timestamptz,
  created_at timestamptz not null default now(),
  constraint coupon_uses_booking_id_key unique (booking_id)
);
alter table public.coupon_uses enable row level security;
select app_private.limit_numbers('public.coupon_uses', '{"discount_amount": "total"}');
-- Uses of one customer are counted; the rest is for the pages and the foreign keys.
create index coupon_uses_coupon_id_idx on public.coupon_uses (coupon_id, customer_id);
create index coupon_uses_customer_id_idx on public.coupon_uses (customer_id, created_at desc);
create index coupon_uses_vendor_id_idx on public.coupon_uses (vendor_id, created_at desc);
create index coupon_uses_created_at_idx on public.coupon_uses (created_at desc, id);
comment on table public.coupon_uses is
  'Bookings with a coupon. A use is given back when the booking lapses or is cancelled at no cost.';
comment on column public.coupon_uses.id is 'Identifies the use.';
comment on column public.coupon_uses.coupon_id is 'Coupon that was used.';
comment on column public.coupon_uses.booking_id is 'Booking for which it was used.';
comment on column public.coupon_uses.customer_id is 'Customer who used it.';
comment on column public.coupon_uses.vendor_id is 'Vendor of the booking.';
comment on column public.coupon_uses.code is 'Code of the coupon.';
comment on column public.coupon_uses.borne_by is 'Who bears it.';
comment on column public.coupon_uses.discount_amount is
  'Rupees that it takes off: a part of the booking''s discountAmount where the vendor bears it, a payment of the platform otherwise.';
comment on column public.coupon_uses.given_back_at is 'When the use was given back; null while it counts.';
comment on column public.coupon_uses.created_at is 'When the row was created.';
comment on constraint coupon_uses_booking_id_key on public.coupon_uses is 'This booking already has a coupon.';
create policy select_party on public.coupon_uses for select to authenticated
  using (customer_id = (select auth.uid()) or vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[]));
create policy select_staff on public.coupon_uses for select to staff
  using (created_at >= (select app_private.floor_instant('coupons.read')));
grant select on public.coupon_uses to authenticated, staff;

-- Earlier prices: what a vendor asked for a service until it asked another price, and the catalogue likewise. Trimmed after
-- 90 days (lapse_bookings).
create table app_private.earlier_prices (
  id bigint generated always as identity primary key,
  service_id uuid not null references public.services on delete cascade,
  vendor_id uuid references public.vendors on delete cascade,
  price numeric(10, 2),
  changed_at timestamptz not null default clock_timestamp()
);
alter table app_private.earlier_prices enable row level security;
select app_private.limit_numbers('app_private.earlier_prices', '{"price": "amount"}');
-- The price of a day is the earliest one that ended after it; the vendor leads for its foreign key.
create index earlier_prices_service_id_idx on app_private.earlier_prices (service_id, vendor_id, changed_at);
create index earlier_prices_vendor_id_idx on app_private.earlier_prices (vendor_id);
-- For the trimming.
create index earlier_prices_changed_at_idx on app_private.earlier_prices (changed_at);
comment on table app_private.earlier_prices is
  'Prices of services until they were changed: a percentage of a coupon counts from the lower of today''s price and that of 30 days ago.';
comment on column app_private.earlier_prices.id is 'Identifies the price; a later change has a larger one.';
comment on column app_private.earlier_prices.service_id is 'Service of the price.';
comment on column app_private.earlier_prices.vendor_id is 'Vendor that asked it; null for the catalogue''s.';
comment on column app_private.earlier_prices.price is 'Rupees; null where the vendor asked the catalogue''s price.';
comment on column app_private.earlier_prices.changed_at is 'Until when it was asked.';

--! Included functions/coupons/tg__earlier_price.sql
create or replace function app_private.tg__earlier_price() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_table_name = 'services' then
    if coalesce(new.discounted_price, new.base_price) <> coalesce(old.discounted_price, old.base_price) then
      insert into app_private.earlier_prices (service_id, price)
      values (old.id, coalesce(old.discounted_price, old.base_price));
    end if;
  elsif tg_op = 'DELETE' or new.custom_price is distinct from old.custom_price then
    -- A vendor that is deleted takes its prices along.
    insert into app_private.earlier_prices (service_id, vendor_id, price)
    select old.service_id, v.id, old.custom_price from public.vendors v where v.id = old.vendor_id;
  end if;
  return null;
end
$$;
comment on function app_private.tg__earlier_price() is
  'Keeps the price of a service that a vendor, or the catalogue, asks no longer.';
revoke all on function app_private.tg__earlier_price() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/tg__earlier_price.sql
create trigger _600_earlier_price
  after update of custom_price or delete on public.vendor_services
  for each row execute function app_private.tg__earlier_price();
create trigger _600_earlier_price
  after update of base_price, discounted_price on public.services
  for each row execute function app_private.tg__earlier_price();

insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.coupons', 'vendor_id', false), ('public.coupons', 'created_by', false),
  ('public.coupon_uses', 'customer_id', true), ('public.coupon_uses', 'booking_id', false),
  ('public.coupon_uses', 'vendor_id', false), ('app_private.earlier_prices', 'vendor_id', false);

--! Included functions/coupons/require_coupon_manager.sql
create or replace function app_private.require_coupon_manager(p_borne_by text, p_vendor_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  if p_borne_by = 'vendor' then
    if (p_vendor_id = any (app_private.my_vendor_ids('manage'))) is not true then
      raise exception 'Only the owner, admins and managers of a vendor may give coupons that it bears. Ask one of them.'
        using errcode = 'OB002';
    end if;
    return;
  end if;
  perform app_private.require_permission('coupons.create');
  if p_vendor_id is not null and app_private.belongs_to_vendor(p_vendor_id) then
    raise exception 'This vendor is your own business. Leave coupons of the platform for it to someone else.'
      using errcode = 'OB031', column = 'vendor_id';
  end if;
end
$$;
comment on function app_private.require_coupon_manager(text, uuid) is
  'Checks that the signed-in user may create, change and end a coupon: of a vendor its owner, admins and managers, of the platform who has coupons.create, and no one for their own business. Raises OB001, OB002, OB031.';
revoke all on function app_private.require_coupon_manager(text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/require_coupon_manager.sql
--! Included functions/coupons/create_coupon.sql
create or replace function public.create_coupon(
  code text, description text, borne_by text, percentage numeric default null, amount numeric default null,
  minimum_amount numeric default 0, maximum_amount numeric default null, valid_from timestamptz default null,
  valid_until timestamptz default null, vendor_id uuid default null, category_id uuid default null,
  first_booking_only boolean default false, uses_per_customer integer default 1, uses_in_all integer default null,
  budget_amount numeric default null
) returns public.coupons
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_coupon public.coupons;
begin
  perform app_private.require_coupon_manager(create_coupon.borne_by, create_coupon.vendor_id);
  if not exists (select from enums.coupon_bearer b where b.value = create_coupon.borne_by) then
    raise exception 'Choose who bears the coupon: the platform or the vendor.'
      using errcode = 'OB020', column = 'borne_by';
  end if;
  perform app_private.require_number('percentage', 'rate', create_coupon.percentage);
  perform app_private.require_number('amount', 'amount', create_coupon.amount);
  perform app_private.require_number('minimum_amount', 'amount', create_coupon.minimum_amount);
  perform app_private.require_number('maximum_amount', 'amount', create_coupon.maximum_amount);
  perform app_private.require_number('budget_amount', 'sum', create_coupon.budget_amount);
  if create_coupon.borne_by = 'platform' and create_coupon.budget_amount is null then
    raise exception 'A coupon that the platform bears needs a budget. Enter the most rupees that it may cost.'
      using errcode = 'OB020', column = 'budget_amount';
  end if;
  if create_coupon.vendor_id is not null
    and not exists (select from public.vendors v where v.id = create_coupon.vendor_id) then
    raise exception 'The vendor was not found. Check the id.' using errcode = 'OB003', column = 'vendor_id';
  end if;
  if create_coupon.category_id is not null
    and not exists (select from public.service_categories c where c.id = create_coupon.category_id) then
    raise exception 'The category was not found. Check the id.' using errcode = 'OB003', column = 'category_id';
  end if;
  insert into public.coupons
    (code, description, borne_by, percentage, amount, minimum_amount, maximum_amount, valid_from, valid_until,
      vendor_id, category_id, first_booking_only, uses_per_customer, uses_in_all, budget_amount, created_by)
  values (upper(btrim(create_coupon.code)), create_coupon.description, create_coupon.borne_by,
    create_coupon.percentage, create_coupon.amount, coalesce(create_coupon.minimum_amount, 0),
    create_coupon.maximum_amount, coalesce(create_coupon.valid_from, now()), create_coupon.valid_until,
    create_coupon.vendor_id, create_coupon.category_id, coalesce(create_coupon.first_booking_only, false),
    coalesce(create_coupon.uses_per_customer, 1), create_coupon.uses_in_all, create_coupon.budget_amount,
    (select auth.uid()))
  returning * into v_coupon;
  return v_coupon;
end
$$;
comment on function public.create_coupon(text, text, text, numeric, numeric, numeric, numeric, timestamptz, timestamptz, uuid, uuid, boolean, integer, integer, numeric) is
  E'@enumArgument borne_by coupon_bearer\nCreates a coupon: a percentage or an amount off the services of a booking, before tax, with an optional minimum, maximum, dates, vendor, category and number of uses. One that the vendor bears is for the vendor''s owner, admins and managers, at their own business; one that the platform bears needs the permission coupons.create and a budget. Raises OB001, OB002, OB003 (no such vendor or category), OB020, OB031 (a coupon of the platform for your own business).';
revoke all on function public.create_coupon(text, text, text, numeric, numeric, numeric, numeric, timestamptz, timestamptz, uuid, uuid, boolean, integer, integer, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.create_coupon(text, text, text, numeric, numeric, numeric, numeric, timestamptz, timestamptz, uuid, uuid, boolean, integer, integer, numeric) to authenticated, staff;
--! EndIncluded functions/coupons/create_coupon.sql
--! Included functions/coupons/own_coupon.sql
create or replace function app_private.own_coupon(p_coupon_id uuid) returns public.coupons
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_coupon public.coupons;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_coupon from public.coupons c where c.id = p_coupon_id for no key update;
  if not found or not (app_private.has_permission('coupons.read')
    or coalesce(v_coupon.vendor_id = any (app_private.my_vendor_ids('manage')), false)) then
    raise exception 'The coupon was not found, or you may not see it. Check the id.'
      using errcode = 'OB003', column = 'coupon_id';
  end if;
  perform app_private.require_coupon_manager(v_coupon.borne_by, v_coupon.vendor_id);
  if not v_coupon.is_active then
    raise exception 'This coupon has already been ended. Create another one.' using errcode = 'OB030';
  end if;
  return v_coupon;
end
$$;
comment on function app_private.own_coupon(uuid) is
  'A coupon that the signed-in user may change, locked. Raises OB001, OB002, OB003, OB030 (ended), OB031.';
revoke all on function app_private.own_coupon(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/own_coupon.sql
--! Included functions/coupons/update_coupon.sql
create or replace function public.update_coupon(
  coupon_id uuid, description text default null, valid_until timestamptz default null,
  uses_in_all integer default null, budget_amount numeric default null
) returns public.coupons
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_coupon public.coupons := app_private.own_coupon(update_coupon.coupon_id);
begin
  perform app_private.require_number('budget_amount', 'sum', update_coupon.budget_amount);
  update public.coupons c
  set description = coalesce(update_coupon.description, c.description),
    valid_until = coalesce(update_coupon.valid_until, c.valid_until),
    uses_in_all = coalesce(update_coupon.uses_in_all, c.uses_in_all),
    budget_amount = coalesce(update_coupon.budget_amount, c.budget_amount)
  where c.id = v_coupon.id
  returning * into v_coupon;
  return v_coupon;
end
$$;
comment on function public.update_coupon(uuid, text, timestamptz, integer, numeric) is
  'Changes the description, last day, number of uses or budget of a coupon; what is left out stays. What it takes off does not change: end it and create another. For who may create it. Raises OB001, OB002, OB003, OB020, OB030 (ended), OB031 (a coupon of the platform for your own business).';
revoke all on function public.update_coupon(uuid, text, timestamptz, integer, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.update_coupon(uuid, text, timestamptz, integer, numeric) to authenticated, staff;
--! EndIncluded functions/coupons/update_coupon.sql
--! Included functions/coupons/end_coupon.sql
create or replace function public.end_coupon(coupon_id uuid) returns public.coupons
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_coupon public.coupons := app_private.own_coupon(end_coupon.coupon_id);
begin
  update public.coupons c set is_active = false where c.id = v_coupon.id returning * into v_coupon;
  return v_coupon;
end
$$;
comment on function public.end_coupon(uuid) is
  'Ends a coupon: no one can hold a slot with it any more. What is held or booked with it keeps it. For who may create it. Raises OB001, OB002, OB003, OB030 (already ended), OB031 (a coupon of the platform for your own business).';
revoke all on function public.end_coupon(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.end_coupon(uuid) to authenticated, staff;
--! EndIncluded functions/coupons/end_coupon.sql

--! split: 020-booking.sql
-- A coupon in the price: quoted, frozen on the hold, claimed by the booking.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-foreign-key-constraint, adding-required-field

alter table public.booking_holds
  add column coupon_id uuid references public.coupons on delete restrict,
  add column coupon_discount numeric(10, 2) not null default 0,
  add column coupon_amount numeric(10, 2) not null default 0;
select app_private.limit_numbers('public.booking_holds', '{"coupon_discount": "total", "coupon_amount": "total"}');
create index booking_holds_coupon_id_idx on public.booking_holds (coupon_id) where coupon_id is not null;
comment on column public.booking_holds.coupon_id is 'Coupon that is to be used; null without one.';
comment on column public.booking_holds.coupon_discount is
  'Rupees that the coupon takes off: a part of discountAmount where the vendor bears it, couponAmount otherwise.';
comment on column public.booking_holds.coupon_amount is
  'Rupees of finalAmount that the platform pays with its coupon: the customer pays the rest.';
comment on column public.booking_holds.discount_amount is 'Rupees that a package or a coupon of the vendor takes off.';
comment on column public.booking_holds.deposit_amount is
  'Rupees whose payment by the customer confirms the booking; null where all of it is to be paid.';
comment on column public.bookings.deposit_amount is
  'Rupees whose payment by the customer confirms the booking, as agreed; null where all of it is to be paid.';
comment on column public.booking_items.discount_amount is
  'Rupees before GST of the item''s part of the discount, of a package or of a coupon of the vendor.';
alter type public.booking_quote add attribute coupon_discount numeric(10, 2), add attribute coupon_amount numeric(10, 2);
comment on column public.booking_quote.coupon_discount is
  'Rupees that the coupon takes off: a part of the discount amount where the vendor bears it, the coupon amount otherwise.';
comment on column public.booking_quote.coupon_amount is
  'Rupees of the final amount that the platform pays with its coupon: the customer pays the rest.';
insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.booking_holds', 'coupon_id', false), ('public.coupon_uses', 'coupon_id', false);

-- A package of which the platform bears a part has a coupon: budget and uses are counted as for any other.
alter table public.service_packages add column coupon_id uuid references public.coupons on delete restrict;
create index service_packages_coupon_id_idx on public.service_packages (coupon_id) where coupon_id is not null;
comment on column public.service_packages.coupon_id is
  'Coupon of the platform that pays its part of the difference between the price of the package and that of its services; null where the vendor bears all of it.';
grant insert (coupon_id), update (coupon_id) on public.service_packages to staff;
--! Included functions/coupons/tg_service_packages__coupon.sql
create or replace function app_private.tg_service_packages__coupon() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- There is no old row where one is inserted.
  if new.coupon_id is not distinct from old.coupon_id then
    return new;
  end if;
  -- Who spends the platform's money may not be who writes the catalogue.
  if (select auth.uid()) is not null then
    perform app_private.require_permission('coupons.create');
  end if;
  if new.coupon_id is not null and not exists (
    select from public.coupons c where c.id = new.coupon_id and c.borne_by = 'platform') then
    raise exception 'A package needs a coupon that the platform bears: the vendor bears the rest anyway. Choose another coupon.'
      using errcode = 'OB020', column = 'coupon_id';
  end if;
  return new;
end
$$;
comment on function app_private.tg_service_packages__coupon() is
  'Lets only who has coupons.create give a package a coupon, or take it away, and only one that the platform bears. Raises OB002, OB020.';
revoke all on function app_private.tg_service_packages__coupon() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/tg_service_packages__coupon.sql
create trigger _200_validate_coupon before insert or update of coupon_id
  on public.service_packages
  for each row execute function app_private.tg_service_packages__coupon();

--! Included functions/coupons/current_coupon.sql
create or replace function app_private.current_coupon(p_id uuid) returns public.coupons
language plpgsql stable security definer set search_path = '' as $$
declare
  v_coupon public.coupons;
begin
  select * into v_coupon from public.coupons c
  where c.id = p_id and c.is_active and now() >= c.valid_from and now() < coalesce(c.valid_until, 'infinity');
  if not found then
    raise exception 'A coupon with this code was not found. Check the code, or leave it out.'
      using errcode = 'OB003', column = 'coupon_code';
  end if;
  return v_coupon;
end
$$;
comment on function app_private.current_coupon(uuid) is
  'A coupon that applies now. Raises OB003: an ended coupon is answered like one that never was.';
revoke all on function app_private.current_coupon(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/current_coupon.sql
--! Included functions/coupons/coupon_of_code.sql
create or replace function app_private.coupon_of_code(p_code text) returns public.coupons
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_code is null then
    return null;
  end if;
  -- The coupon of a package is for that package alone.
  return app_private.current_coupon((
    select c.id from public.coupons c
    where c.code = upper(btrim(p_code))
      and not exists (select from public.service_packages p where p.coupon_id = c.id)));
end
$$;
comment on function app_private.coupon_of_code(text) is
  'The coupon with this code, in small or capital letters, that applies now; null without a code. Raises OB003: an ended coupon is answered like one that never was.';
revoke all on function app_private.coupon_of_code(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/coupon_of_code.sql
--! Included functions/coupons/require_coupon.sql
create or replace function app_private.require_coupon(
  p_coupon public.coupons, p_vendor_id uuid, p_discount numeric, p_booking_id uuid default null
) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_user_id uuid := (select auth.uid());
begin
  if p_coupon.vendor_id <> p_vendor_id then
    raise exception 'This coupon applies at another vendor. Leave it out here.'
      using errcode = 'OB020', column = 'coupon_code';
  end if;
  if p_coupon.borne_by = 'platform' and (
    coalesce(p_coupon.created_by = v_user_id, false) or app_private.belongs_to_vendor(p_vendor_id)) then
    raise exception 'You created this coupon, or this is your own business. Leave the coupon out.'
      using errcode = 'OB031', column = 'coupon_code';
  end if;
  if p_coupon.first_booking_only and v_user_id is not null then
    -- One person, one account: by the mobile number.
    if (app_private.proven_contacts(v_user_id)).mobile is null then
      raise exception 'This coupon is for first bookings and needs a verified mobile number. Verify yours first.'
        using errcode = 'OB037', column = 'coupon_code';
    end if;
    if exists (
      select from public.bookings b
      where b.customer_id = v_user_id and b.channel = 'platform' and b.id is distinct from p_booking_id
        and (b.status <> 'cancelled' or exists (
          select from public.booking_cancellations c
          where c.booking_id = b.id and c.cancellation_charge > 0))
    ) then
      raise exception 'This coupon is only for a first booking. Leave it out.'
        using errcode = 'OB030', column = 'coupon_code';
    end if;
  end if;
  if (
    select count(*) from public.coupon_uses u
    where u.coupon_id = p_coupon.id and u.customer_id = v_user_id and u.given_back_at is null
  ) >= p_coupon.uses_per_customer then
    raise exception 'You have already used this coupon. Leave it out.'
      using errcode = 'OB030', column = 'coupon_code';
  end if;
  if p_coupon.used_count >= p_coupon.uses_in_all or p_coupon.spent_amount + p_discount > p_coupon.budget_amount then
    raise exception 'This coupon is used up. Leave it out, and choose the slot again.'
      using errcode = 'OB030', column = 'coupon_code';
  end if;
end
$$;
comment on function app_private.require_coupon(public.coupons, uuid, numeric, uuid) is
  'Checks that the signed-in user may use a coupon at a vendor to take so much off: the vendor, the own business, the first booking (other than p_booking_id), uses of the customer, uses in all, budget. Dates are checked by coupon_of_code. Raises OB020, OB030, OB031, OB037.';
revoke all on function app_private.require_coupon(public.coupons, uuid, numeric, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/require_coupon.sql
--! Included functions/coupons/price_asked.sql
create or replace function app_private.price_asked(p_vendor_id uuid, p_service_id uuid, p_at timestamptz) returns numeric
language sql stable security definer set search_path = '' as $$
  -- The earliest price that ended after the moment; today's where none did.
  select coalesce(
    case when o.id is not null then o.price else (
      select v.custom_price from public.vendor_services v
      where v.vendor_id = p_vendor_id and v.service_id = p_service_id) end,
    k.price,
    (select coalesce(s.discounted_price, s.base_price) from public.services s where s.id = p_service_id))
  from (values (p_at)) a (moment)
  left join lateral (
    select e.id, e.price from app_private.earlier_prices e
    where e.service_id = p_service_id and e.vendor_id = p_vendor_id and e.changed_at > a.moment
    order by e.changed_at, e.id limit 1) o on true
  left join lateral (
    select e.price from app_private.earlier_prices e
    where e.service_id = p_service_id and e.vendor_id is null and e.changed_at > a.moment
    order by e.changed_at, e.id limit 1) k on true
$$;
comment on function app_private.price_asked(uuid, uuid, timestamptz) is
  'Rupees before tax that a vendor asked for a service at a moment, its own price or the catalogue''s; today''s price where it did not offer the service then.';
revoke all on function app_private.price_asked(uuid, uuid, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/price_asked.sql
--! Included functions/coupons/coupon_discount.sql
create or replace function app_private.coupon_discount(
  p_coupon public.coupons, p_vendor_id uuid, p_items app_private.priced_item[], p_charges numeric
) returns numeric
language plpgsql stable security definer set search_path = '' as $$
declare
  v_whole numeric;
  v_costs numeric;
  v_base numeric;
  v_discount numeric;
begin
  -- What the services cost, those to which the coupon applies, and of these the lower of today's and the earlier price.
  select sum(i.net), sum(i.net) filter (where i.applies), sum(least(i.net, i.earlier)) filter (where i.applies)
    into v_whole, v_costs, v_base
  from (
    select u.subtotal - u.discount as net,
      u.subtotal - u.price * u.quantity + u.quantity * app_private.price_asked(p_vendor_id, u.service_id,
        now() - app_private.setting('coupons.price_days')::integer * interval '1 day') as earlier,
      p_coupon.category_id is null or exists (
        select from public.services s where s.id = u.service_id and s.category_id = p_coupon.category_id) as applies
    from unnest(p_items) u
  ) i;
  if v_costs is null then
    raise exception 'This coupon does not apply to these services. Leave it out, or choose other services.'
      using errcode = 'OB020', column = 'coupon_code';
  end if;
  if v_costs < p_coupon.minimum_amount then
    raise exception 'This coupon needs services for ₹% or more. Choose more services, or leave it out.', p_coupon.minimum_amount
      using errcode = 'OB020', column = 'coupon_code';
  end if;
  v_discount := least(v_costs, p_coupon.amount, app_private.percent_of(v_base, p_coupon.percentage), p_coupon.maximum_amount,
    -- Something is left to be paid.
    v_whole + p_charges - app_private.setting('coupons.least_payment')::numeric);
  if v_discount <= 0 then
    raise exception 'This booking costs too little for the coupon. Leave it out.'
      using errcode = 'OB020', column = 'coupon_code';
  end if;
  return v_discount;
end
$$;
comment on function app_private.coupon_discount(public.coupons, uuid, app_private.priced_item[], numeric) is
  'Rupees that a coupon takes off these services, before tax: a percentage counts from the lower of today''s price and that of 30 days ago. With charges of so much beside them, something is left to be paid. Raises OB020 (it does not apply to them, or they cost too little).';
revoke all on function app_private.coupon_discount(public.coupons, uuid, app_private.priced_item[], numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/coupon_discount.sql
--! Included functions/coupons/apply_coupon.sql
create or replace function app_private.apply_coupon(
  p_coupon public.coupons, p_vendor_id uuid,
  inout price app_private.price, inout items app_private.priced_item[], out discount numeric, out amount numeric
)
language plpgsql stable security definer set search_path = '' as $$
begin
  discount := 0;
  amount := 0;
  if p_coupon.id is null then
    return;
  end if;
  discount := app_private.coupon_discount(p_coupon, p_vendor_id, items, price.service_charge + price.charge_tax_amount);
  perform app_private.require_coupon(p_coupon, p_vendor_id, discount);
  if p_coupon.borne_by = 'platform' then
    amount := discount;
    return;
  end if;
  items := array(
    with parts as (
      select u.*, case when p_coupon.category_id is null or exists (
          select from public.services s where s.id = u.service_id and s.category_id = p_coupon.category_id)
        then u.subtotal - u.discount else 0 end as net
      from unnest(items) with ordinality u
    ), discounted as (
      -- Rounded as a running sum, so that the parts of the discount add up to it.
      select p.*, p.discount
        + round(apply_coupon.discount * sum(p.net) over (order by p.ordinality) / sum(p.net) over (), 2)
        - round(apply_coupon.discount * (sum(p.net) over (order by p.ordinality) - p.net) / sum(p.net) over (), 2) as taken_off
      from parts p
    )
    select row(d.service_id, d.name, d.minutes, d.price, d.quantity, d.addons, d.subtotal, d.taken_off,
      d.tax_percentage, app_private.percent_of(d.subtotal - d.taken_off, d.tax_percentage))::app_private.priced_item
    from discounted d
    order by d.ordinality);
  price.discount_amount := price.discount_amount + discount;
  price.tax_amount := price.charge_tax_amount + (select sum(i.tax) from unnest(items) i);
  price.final_amount := price.total_amount - price.discount_amount + price.service_charge + price.tax_amount;
end
$$;
comment on function app_private.apply_coupon(public.coupons, uuid, app_private.price, app_private.priced_item[]) is
  'A price and its items with a coupon: what it takes off, and how much of the price the platform pays. A coupon that the vendor bears lowers items and tax, one of the platform nothing of it. Null as coupon changes nothing. Raises OB020, OB030, OB031, OB037.';
revoke all on function app_private.apply_coupon(public.coupons, uuid, app_private.price, app_private.priced_item[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/apply_coupon.sql
drop function public.quote_booking(uuid, uuid[], uuid[], uuid, text, text);
drop function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text);
--! Included functions/booking/price_of_items.sql
create or replace function app_private.price_of_items(
  p_items app_private.priced_item[], p_booking_type text, p_pincode text, p_channel text default 'platform'
) returns app_private.price
language plpgsql stable security definer set search_path = '' as $$
declare
  v_price app_private.price;
begin
  select sum(i.minutes * i.quantity) + coalesce(sum((
      select sum((a.value ->> 'duration')::integer) from jsonb_array_elements(i.addons) a)), 0),
    sum(i.subtotal), sum(i.discount), sum(i.tax)
    into v_price.minutes, v_price.total_amount, v_price.discount_amount, v_price.tax_amount
  from unnest(p_items) i;
  v_price.service_charge := case when p_channel = 'desk' then 0
    else app_private.setting('booking.service_charge')::numeric end;
  if p_booking_type = 'home_service' and p_pincode is not null then
    v_price.service_charge := v_price.service_charge
      + coalesce((public.serviceable(p_pincode)).charge, 0);
  end if;
  v_price.charge_tax_amount := app_private.percent_of(v_price.service_charge,
    app_private.tax_percentage('gst_charge', app_private.today()));
  v_price.tax_amount := v_price.tax_amount + v_price.charge_tax_amount;
  v_price.final_amount := v_price.total_amount - v_price.discount_amount + v_price.service_charge + v_price.tax_amount;
  return v_price;
end
$$;
comment on function app_private.price_of_items(app_private.priced_item[], text, text, text) is
  'The price of these items, as price_items gives them: with the vendor''s GST on each, the service charge (none at the desk) with the charge for this postal code, and the platform''s GST on it.';
revoke all on function app_private.price_of_items(app_private.priced_item[], text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/price_of_items.sql
--! Included functions/booking/price_of.sql
create or replace function app_private.price_of(
  p_vendor_id uuid, p_service_ids uuid[], p_addon_ids uuid[], p_package_id uuid,
  p_booking_type text, p_pincode text, p_channel text default 'platform'
) returns app_private.price
language plpgsql stable security definer set search_path = '' as $$
begin
  return app_private.price_of_items(
    array(select i from app_private.price_items(p_vendor_id, p_service_ids, p_addon_ids, p_package_id) i),
    p_booking_type, p_pincode, p_channel);
end
$$;
comment on function app_private.price_of(uuid, uuid[], uuid[], uuid, text, text, text) is
  'The price today: items and add-ons, less the discount of a package, plus the vendor''s GST on each of them, plus the service charge (none at the desk) with the charge for this postal code and the platform''s GST on it. Raises OB020, OB062.';
revoke all on function app_private.price_of(uuid, uuid[], uuid[], uuid, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/price_of.sql
--! Included functions/coupons/price_with_coupon.sql
create or replace function app_private.price_with_coupon(
  p_vendor_id uuid, p_service_ids uuid[], p_addon_ids uuid[], p_package_id uuid, p_booking_type text, p_pincode text,
  inout coupon public.coupons, out price app_private.price, out items app_private.priced_item[], out discount numeric,
  out amount numeric
)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_package public.service_packages;
  v_difference numeric;
  v_applied record;
begin
  select * into v_package from public.service_packages p where p.id = p_package_id;
  if v_package.coupon_id is null then
    items := array(
      select i from app_private.price_items(p_vendor_id, p_service_ids, p_addon_ids, p_package_id) i);
    price := app_private.price_of_items(items, p_booking_type, p_pincode);
    v_applied := app_private.apply_coupon(coupon, p_vendor_id, price, items);
    price := v_applied.price;
    items := v_applied.items;
    discount := v_applied.discount;
    amount := v_applied.amount;
    return;
  end if;

  if coupon.id is not null then
    raise exception 'This package has a coupon of its own, and a booking has one. Leave the code out.'
      using errcode = 'OB020', column = 'coupon_code';
  end if;
  -- The platform bears what its coupon takes off the services, and the vendor the rest of the difference.
  items := array(select i from app_private.price_items(p_vendor_id, p_service_ids, p_addon_ids, null) i);
  price := app_private.price_of_items(items, p_booking_type, p_pincode);
  v_difference := price.total_amount - v_package.package_price;
  discount := 0;
  amount := 0;
  if v_difference > 0 then
    begin
      coupon := app_private.current_coupon(v_package.coupon_id);
      amount := least(v_difference,
        app_private.coupon_discount(coupon, p_vendor_id, items, price.service_charge + price.charge_tax_amount));
      perform app_private.require_coupon(coupon, p_vendor_id, amount);
    exception when sqlstate 'OB003' or sqlstate 'OB020' or sqlstate 'OB030' or sqlstate 'OB031' or sqlstate 'OB037' then
      raise exception 'The platform pays a part of this package, but not, or no longer, for this booking. Choose its services one by one.'
        using errcode = 'OB062', column = 'package_id';
    end;
    discount := amount;
  end if;
  items := array(
    select i from app_private.price_items(p_vendor_id, p_service_ids, p_addon_ids, p_package_id, amount) i);
  price := app_private.price_of_items(items, p_booking_type, p_pincode);
end
$$;
comment on function app_private.price_with_coupon(uuid, uuid[], uuid[], uuid, text, text, public.coupons) is
  'The price today with a coupon, or with that of the package: the coupon, the price and its items, what the coupon takes off, and how much of the price the platform pays. Raises OB020, OB030, OB031, OB037, OB062 (not offered, or a package of which the platform pays a part, and not for this booking).';
revoke all on function app_private.price_with_coupon(uuid, uuid[], uuid[], uuid, text, text, public.coupons) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/price_with_coupon.sql
--! Included functions/booking/quote_booking.sql
create or replace function public.quote_booking(
  vendor_id uuid, service_ids uuid[] default null, addon_ids uuid[] default null, package_id uuid default null,
  booking_type text default 'spa_visit', pincode text default null, coupon_code text default null
) returns public.booking_quote
language plpgsql stable security definer set search_path = '' as $$
declare
  v_chosen record;
  v_price app_private.price;
  v_applied record;
  v_quote public.booking_quote;
begin
  perform app_private.require_bookable(quote_booking.vendor_id);
  if quote_booking.booking_type is null
    or quote_booking.booking_type not in ('spa_visit', 'home_service', 'hotel_service') then
    raise exception 'Booking type must be a spa visit, a home service or a hotel service.'
      using errcode = 'OB020', column = 'booking_type';
  end if;
  if quote_booking.booking_type = 'home_service' and (public.serviceable(quote_booking.pincode)).is_serviceable is not true then
    raise exception 'Home services do not come to the pincode % yet. Choose another place.',
      coalesce(quote_booking.pincode, 'that is missing')
      using errcode = 'OB073', column = 'pincode';
  end if;
  v_chosen := app_private.chosen_services(quote_booking.vendor_id, quote_booking.service_ids, quote_booking.addon_ids,
    quote_booking.package_id);
  v_applied := app_private.price_with_coupon(quote_booking.vendor_id, v_chosen.services, v_chosen.addons,
    quote_booking.package_id, quote_booking.booking_type, quote_booking.pincode,
    app_private.coupon_of_code(quote_booking.coupon_code));
  v_price := v_applied.price;
  v_quote.duration_minutes := v_price.minutes;
  v_quote.total_amount := v_price.total_amount;
  v_quote.discount_amount := v_price.discount_amount;
  v_quote.service_charge := v_price.service_charge;
  v_quote.tax_percentage := app_private.gst_of_vendor(quote_booking.vendor_id, app_private.today());
  v_quote.charge_tax_percentage := app_private.tax_percentage('gst_charge', app_private.today());
  v_quote.charge_tax_amount := v_price.charge_tax_amount;
  v_quote.tax_amount := v_price.tax_amount;
  v_quote.final_amount := v_price.final_amount;
  v_quote.coupon_discount := v_applied.discount;
  v_quote.coupon_amount := v_applied.amount;
  v_quote.deposit_amount := app_private.deposit_of(quote_booking.vendor_id, v_price.final_amount - v_applied.amount);
  v_quote.maximum_points := floor(least(v_price.final_amount - v_applied.amount,
      v_price.final_amount * app_private.setting('loyalty.maximum_percentage')::numeric / 100)
    / app_private.setting('loyalty.rupees_a_point_pays')::numeric);
  v_quote.items := array(
    select row(i.name, i.quantity, i.minutes, i.price, i.subtotal, i.discount, i.tax_percentage, i.tax)::public.quoted_item
    from unnest(v_applied.items) i);
  return v_quote;
end
$$;
comment on function public.quote_booking(uuid, uuid[], uuid[], uuid, text, text, text) is
  E'@enumArgument booking_type booking_type\nWhat a booking costs today, line by line, for services and add-ons or for a package: the items are supplied by the vendor, the service charge by the platform, each with its GST; with the postal code of a home service; with a coupon. holdSlot freezes it. Raises OB003 (also no such coupon), OB020 (also a coupon that does not apply), OB030 (the coupon is used up, or not for another booking of yours), OB031 (a coupon of the platform at your own business), OB037 (the coupon needs a verified mobile number), OB062 (not offered, or the vendor takes no bookings), OB073 (the postal code is not served).';
revoke all on function public.quote_booking(uuid, uuid[], uuid[], uuid, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.quote_booking(uuid, uuid[], uuid[], uuid, text, text, text) to anon, authenticated, staff;
--! EndIncluded functions/booking/quote_booking.sql
--! Included functions/booking/make_hold.sql
create or replace function app_private.make_hold(p_hold public.booking_holds) returns public.booking_holds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_address public.customer_addresses;
  v_services uuid[];
  v_addons uuid[];
  v_price app_private.price;
  v_coupon public.coupons;
  v_agreed record;
  v_hold public.booking_holds;
begin
  perform app_private.require_nothing_due(p_hold.customer_id);

  select c.services, c.addons into v_services, v_addons
  from app_private.chosen_services(p_hold.vendor_id, p_hold.service_ids, p_hold.addon_ids, p_hold.package_id) c;
  perform app_private.require_bookable(p_hold.vendor_id);
  if not exists (
    select from public.providers p
    where p.id = p_hold.provider_id and p.vendor_id = p_hold.vendor_id and p.is_listed) then
    raise exception 'This vendor has no provider with this id. Check the id.'
      using errcode = 'OB003', column = 'provider_id';
  end if;

  -- The place.
  if p_hold.booking_type is null
    or p_hold.booking_type not in ('spa_visit', 'home_service', 'hotel_service') then
    raise exception 'Booking type must be a spa visit, a home service or a hotel service.'
      using errcode = 'OB020', column = 'booking_type';
  end if;
  if (p_hold.booking_type = 'home_service' and p_hold.address_id is null)
    or (p_hold.booking_type = 'spa_visit' and p_hold.address_id is not null) then
    raise exception 'A home or hotel service needs an address, and a visit to the vendor must not have one. Correct the address or the booking type.'
      using errcode = 'OB020', column = 'address_id';
  end if;
  if p_hold.address_id is not null then
    select * into v_address from public.customer_addresses a
    where a.id = p_hold.address_id and a.customer_id = p_hold.customer_id;
    if not found then
      raise exception 'You have no address with this id. Check the id.'
        using errcode = 'OB003', column = 'address_id';
    end if;
    if not (public.serviceable(v_address.pincode)).is_serviceable then
      raise exception 'Home services do not come to the pincode % yet. Choose another address.', v_address.pincode
        using errcode = 'OB073', column = 'address_id';
    end if;
  end if;
  if p_hold.provider_id not in (
    select q from app_private.qualified_providers(p_hold.vendor_id, v_services, p_hold.booking_type) q) then
    raise exception 'This provider does not perform all of these services at this place. Choose another provider, or fewer services.'
      using errcode = 'OB062', column = 'provider_id';
  end if;

  -- The price and the time.
  if p_hold.coupon_id is not null then
    select * into strict v_coupon from public.coupons c where c.id = p_hold.coupon_id;
  end if;
  v_agreed := app_private.price_with_coupon(p_hold.vendor_id, v_services, v_addons, p_hold.package_id,
    p_hold.booking_type, v_address.pincode, v_coupon);
  v_price := v_agreed.price;
  if v_price.minutes > 1440 then
    raise exception 'A booking can take at most 24 hours. Choose fewer services.'
      using errcode = 'OB020', column = 'service_ids';
  end if;
  perform app_private.require_slot(p_hold.vendor_id, p_hold.starts_at,
    app_private.place_of(p_hold.vendor_id, p_hold.booking_type, p_hold.address_id), 'starts_at');

  insert into public.booking_holds
    (customer_id, vendor_id, provider_id, booking_type, service_ids, addon_ids, package_id,
      address_id, guest_name, starts_at, duration_minutes, total_amount, discount_amount, service_charge,
      tax_amount, charge_tax_amount, final_amount, coupon_id, coupon_discount, coupon_amount, deposit_amount, expires_at)
  values (p_hold.customer_id, p_hold.vendor_id, p_hold.provider_id, p_hold.booking_type, v_services,
    v_addons, p_hold.package_id, p_hold.address_id, p_hold.guest_name, p_hold.starts_at, v_price.minutes,
    v_price.total_amount, v_price.discount_amount, v_price.service_charge, v_price.tax_amount, v_price.charge_tax_amount,
    v_price.final_amount, (v_agreed.coupon).id, v_agreed.discount, v_agreed.amount,
    app_private.deposit_of(p_hold.vendor_id, v_price.final_amount - v_agreed.amount),
    clock_timestamp() + app_private.setting('booking.hold_minutes')::integer * interval '1 minute')
  returning * into v_hold;
  -- What is agreed now; confirming copies it.
  insert into app_private.hold_agreements (hold_id, service_location, terms, items)
  select v_hold.id, app_private.location_of(v_hold), to_jsonb(app_private.terms_of_today(v_hold.vendor_id)), jsonb_agg(to_jsonb(i))
  from unnest(v_agreed.items) i;
  perform app_private.reserve_provider(v_hold.provider_id, v_hold.starts_at, v_price.minutes,
    app_private.place_of(v_hold.vendor_id, v_hold.booking_type, v_hold.address_id),
    v_hold.id, null, v_hold.expires_at);
  -- Checked again after locking the provider: a vendor that stops taking bookings takes those locks.
  perform app_private.require_bookable(v_hold.vendor_id);

  -- One customer is not in two places, and cannot block a vendor's day. Checked after locking the customer.
  perform app_private.lock_customer(p_hold.customer_id);
  if v_hold.guest_name is null and app_private.is_elsewhere(p_hold.customer_id, v_hold.starts_at,
    app_private.plus_minutes(v_hold.starts_at, v_price.minutes), v_hold.id) then
    raise exception 'You already have a booking or a hold at this time. Enter the name of the guest who is served then, or choose another time.'
      using errcode = 'OB043', column = 'guest_name';
  end if;
  if (
    select count(*) from public.booking_holds h
    where h.customer_id = p_hold.customer_id and h.booking_id is null and h.expires_at > clock_timestamp()
  ) > app_private.setting('booking.maximum_holds')::integer then
    raise exception 'You already hold % slots. Confirm or release one first.', app_private.setting('booking.maximum_holds')
      using errcode = 'OB071';
  end if;
  return v_hold;
end
$$;
comment on function app_private.make_hold(public.booking_holds) is
  'Holds a slot for the customer, as the row says what; its id, duration, price and expiry are set here, and what is agreed is frozen. Errors name the arguments of hold_slot, which are those of the columns. Raises OB003, OB020, OB030, OB031, OB037, OB043, OB048, OB060, OB062, OB071, OB073.';
revoke all on function app_private.make_hold(public.booking_holds) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/make_hold.sql
--! Included functions/booking/hold_slot.sql
create or replace function public.hold_slot(
  vendor_id uuid, provider_id uuid, starts_at timestamptz, idempotency_key text,
  service_ids uuid[] default null, addon_ids uuid[] default null, package_id uuid default null,
  booking_type text default 'spa_visit', address_id uuid default null, guest_name text default null,
  coupon_code text default null
) returns public.booking_holds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers := app_private.require_customer();
  v_hold public.booking_holds;
  v_done uuid;
begin
  v_done := app_private.replayed(hold_slot.idempotency_key, 'hold_slot', jsonb_build_object(
    'vendor', hold_slot.vendor_id, 'provider', hold_slot.provider_id,
    'at', extract(epoch from hold_slot.starts_at), 'services', hold_slot.service_ids, 'addons', coalesce(hold_slot.addon_ids, '{}'),
    'package', hold_slot.package_id, 'type', hold_slot.booking_type, 'address', hold_slot.address_id, 'guest', hold_slot.guest_name,
    'coupon', hold_slot.coupon_code));
  if v_done is not null then
    select * into strict v_hold from public.booking_holds h where h.id = v_done;
    return v_hold;
  end if;
  v_hold.customer_id := v_customer.id;
  v_hold.vendor_id := hold_slot.vendor_id;
  v_hold.provider_id := hold_slot.provider_id;
  v_hold.booking_type := hold_slot.booking_type;
  v_hold.service_ids := hold_slot.service_ids;
  v_hold.addon_ids := hold_slot.addon_ids;
  v_hold.package_id := hold_slot.package_id;
  v_hold.address_id := hold_slot.address_id;
  v_hold.guest_name := hold_slot.guest_name;
  v_hold.starts_at := hold_slot.starts_at;
  v_hold.coupon_id := (app_private.coupon_of_code(hold_slot.coupon_code)).id;
  v_hold := app_private.make_hold(v_hold);
  perform app_private.remember_result(hold_slot.idempotency_key, v_hold.id);
  return v_hold;
end
$$;
comment on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text, text) is
  'Holds a slot of one provider (10 minutes by default), for services and add-ons or for a package. A home service needs an address; a hotel service takes place at the address or, without one, at the vendor''s premises. Price, address and terms are frozen: the booking costs finalAmount, whatever changes meanwhile, and a coupon takes off what it does now; it is used when the hold is confirmed. A customer has one booking at a time: another at the same time needs the name of the guest who is served then. Repeating the same idempotency key repeats the answer. Raises OB001, OB003 (also no such coupon), OB020 (also a coupon that does not apply), OB030 (the coupon is used up, or not for another booking of yours), OB031 (a coupon of the platform at your own business), OB037 (no date of birth, or no verified mobile number for the coupon), OB043 (another booking or hold at this time, and no guest), OB048 (an amount of an earlier booking is due), OB060 (not free, or sooner or later than the vendor takes bookings), OB062 (not offered, or not by this provider, or the vendor takes no bookings), OB065 (too young), OB066 (key of another request), OB071 (too many holds), OB073 (the postal code is not served).';
revoke all on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text, text) to authenticated;
--! EndIncluded functions/booking/hold_slot.sql
--! Included functions/coupons/paid_by_coupon.sql
create or replace function app_private.paid_by_coupon(p_booking_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce(sum(app_private.refundable(p)), 0)
  from public.payments p where p.booking_id = p_booking_id and p.payment_method = 'coupon'
$$;
comment on function app_private.paid_by_coupon(uuid) is
  'Rupees that the platform pays of a booking with its coupon.';
revoke all on function app_private.paid_by_coupon(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/paid_by_coupon.sql
--! Included functions/coupons/claim_coupon.sql
create or replace function app_private.claim_coupon(p_hold public.booking_holds, p_booking public.bookings) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_coupon public.coupons;
  v_payment_id uuid;
begin
  if p_hold.coupon_id is null then
    return;
  end if;
  -- Uses and budget are counted one after the other.
  select * into strict v_coupon from public.coupons c where c.id = p_hold.coupon_id for no key update;
  perform app_private.require_coupon(v_coupon, p_hold.vendor_id, p_hold.coupon_discount, p_booking.id);
  update public.coupons c
  set used_count = c.used_count + 1, spent_amount = c.spent_amount + p_hold.coupon_discount
  where c.id = v_coupon.id;
  insert into public.coupon_uses (coupon_id, booking_id, customer_id, vendor_id, code, borne_by, discount_amount)
  values (v_coupon.id, p_booking.id, p_booking.customer_id, p_booking.vendor_id, v_coupon.code, v_coupon.borne_by,
    p_hold.coupon_discount);
  if v_coupon.borne_by = 'vendor' then
    return;
  end if;
  insert into public.payments (booking_id, customer_id, vendor_id, amount, total_amount, payment_method)
  values (p_booking.id, p_booking.customer_id, p_booking.vendor_id, p_hold.coupon_amount, p_hold.coupon_amount, 'coupon')
  returning id into v_payment_id;
  perform app_private.move_money('coupons', null, 'booking', p_booking.id, p_hold.coupon_amount, p_booking.id, 'payment');
  perform app_private.payment_received(v_payment_id, p_hold.coupon_amount, null);
end
$$;
comment on function app_private.claim_coupon(public.booking_holds, public.bookings) is
  'Uses the coupon of a hold, if it has one, for the booking that it becomes; a coupon of the platform pays its part. What was agreed with the hold holds, but uses and budget may be gone. The customer must be locked. Raises OB030, OB031, OB037.';
revoke all on function app_private.claim_coupon(public.booking_holds, public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/claim_coupon.sql
--! Included functions/booking/confirm_booking.sql
create or replace function public.confirm_booking(
  hold_id uuid, expected_amount numeric, payment_method text default null, points integer default 0, wallet_amount numeric default 0,
  special_instructions text default null, contact_name text default null, contact_mobile text default null
) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers := app_private.require_customer();
  v_hold public.booking_holds;
  v_agreed app_private.hold_agreements;
  v_terms public.booking_terms;
  v_most integer := app_private.setting('booking.maximum_open')::integer;
  v_profile public.user_profiles;
  v_booking public.bookings;
begin
  select * into v_hold from public.booking_holds h
  where h.id = confirm_booking.hold_id and h.customer_id = v_customer.id
  for update;
  if not found then
    raise exception 'You have no hold with this id. Check the id, or hold a slot again.' using errcode = 'OB003';
  end if;
  if v_hold.booking_id is not null then
    raise exception 'This hold has already become a booking. Open the booking instead.' using errcode = 'OB030';
  end if;
  perform app_private.require_nothing_due(v_customer.id);
  if not exists (select from public.vendors v where v.id = v_hold.vendor_id and v.takes_bookings) then
    raise exception 'This vendor does not take bookings at present. Choose another vendor.' using errcode = 'OB062';
  end if;
  perform app_private.require_number('expected_amount', 'total', confirm_booking.expected_amount);
  if confirm_booking.expected_amount is distinct from v_hold.final_amount then
    raise exception 'The expected amount must be ₹%, which this booking costs. Check the price, then confirm it again.', v_hold.final_amount
      using errcode = 'OB042', column = 'expected_amount';
  end if;
  if confirm_booking.payment_method <> 'cash' then
    raise exception 'Payment method can only be cash here. Leave it out and start a payment for any other way to pay.'
      using errcode = 'OB020', column = 'payment_method';
  end if;
  if confirm_booking.points < 0 then
    raise exception 'Points must be 0 or more.' using errcode = 'OB020', column = 'points';
  end if;
  perform app_private.require_number('wallet_amount', 'total', confirm_booking.wallet_amount);

  -- One booking of the customer at a time, so that each sees the others.
  perform app_private.lock_customer(v_customer.id);
  if (
    select count(*) from public.bookings b
    where b.customer_id = v_customer.id and b.status in ('pending', 'confirmed', 'assigned')
  ) >= v_most then
    raise exception 'You already have % bookings to come. Book again when one of them is over, or cancel one.', v_most
      using errcode = 'OB071';
  end if;
  if confirm_booking.payment_method = 'cash' then
    perform app_private.require_cash_allowed(v_customer.id);
    perform app_private.require_vendor_takes_cash(v_hold.vendor_id);
  end if;

  select * into v_agreed from app_private.hold_agreements a where a.hold_id = v_hold.id;
  if not found then
    raise exception 'The hold has expired. Choose a time again.' using errcode = 'OB061';
  end if;
  select * into strict v_profile from public.user_profiles p where p.id = v_customer.id;
  insert into public.bookings
    (customer_id, vendor_id, booking_type, guest_name, booking_date, booking_time, time_zone, duration_minutes,
      total_amount, discount_amount, tax_amount, charge_tax_amount, service_charge, final_amount, deposit_amount, special_instructions,
      package_id, expires_at)
  select v_customer.id, v.id, v_hold.booking_type, v_hold.guest_name,
    (v_hold.starts_at at time zone v.time_zone)::date, (v_hold.starts_at at time zone v.time_zone)::time,
    v.time_zone, v_hold.duration_minutes, v_hold.total_amount, v_hold.discount_amount,
    v_hold.tax_amount, v_hold.charge_tax_amount, v_hold.service_charge, v_hold.final_amount, v_hold.deposit_amount,
    confirm_booking.special_instructions, v_hold.package_id, v_hold.expires_at
  from public.vendors v where v.id = v_hold.vendor_id
  returning * into v_booking;
  insert into public.booking_contacts (booking_id, contact_name, contact_mobile, service_location)
  values (v_booking.id, coalesce(confirm_booking.contact_name, v_profile.name),
    coalesce(confirm_booking.contact_mobile, v_profile.mobile), v_agreed.service_location);
  perform app_private.claim_hold(v_hold.id, v_booking.id, v_booking.duration_minutes);
  update public.booking_holds h set booking_id = v_booking.id where h.id = v_hold.id;

  insert into public.booking_items
    (booking_id, service_id, service_name, service_duration, service_price, quantity, addon_services, subtotal,
      discount_amount, tax_percentage, tax_amount)
  select v_booking.id, i.service_id, i.name, i.minutes, i.price, i.quantity, i.addons, i.subtotal,
    i.discount, i.tax_percentage, i.tax
  from jsonb_populate_recordset(null::app_private.priced_item, v_agreed.items) i;
  v_terms := jsonb_populate_record(null::public.booking_terms, v_agreed.terms);
  v_terms.booking_id := v_booking.id;
  insert into public.booking_terms values (v_terms.*);
  insert into public.booking_status_history (booking_id, to_status, changed_by)
  values (v_booking.id, 'pending', v_customer.id);

  perform app_private.claim_coupon(v_hold, v_booking);
  -- The parts that are paid at once, and cash for the rest.
  if confirm_booking.points > 0 then
    perform app_private.pay_with_points(v_booking, confirm_booking.points);
  end if;
  if confirm_booking.wallet_amount > 0 then
    select * into strict v_booking from public.bookings b where b.id = v_booking.id;
    perform app_private.pay_with_wallet(v_booking,
      app_private.payable(v_booking, confirm_booking.wallet_amount));
  end if;
  if confirm_booking.payment_method = 'cash' and app_private.amount_due(v_booking.id) > 0 then
    insert into public.payments (booking_id, customer_id, vendor_id, amount, total_amount, payment_method)
    select v_booking.id, v_booking.customer_id, v_booking.vendor_id, d.amount, d.amount, 'cash'
    from app_private.amount_due(v_booking.id) d (amount);
    perform app_private.confirm_paid(v_booking.id);
  end if;

  update public.customers c
  set total_bookings = c.total_bookings + 1, last_booking_date = v_booking.created_at
  where c.id = v_customer.id;
  -- Waits for a transaction that is pausing or unlisting the vendor, and checks the result.
  update public.vendors v set total_bookings = v.total_bookings + 1
  where v.id = v_booking.vendor_id and v.takes_bookings;
  if not found then
    raise exception 'This vendor does not take bookings at present. Choose another vendor.' using errcode = 'OB062';
  end if;
  select * into strict v_booking from public.bookings b where b.id = v_booking.id;
  return v_booking;
end
$$;
comment on function public.confirm_booking(uuid, numeric, text, integer, numeric, text, text, text) is
  'Turns a hold into a booking, at the price and terms of the hold: expectedAmount is its finalAmount. A coupon of the hold is used now. Points and money from the wallet pay a part at once; with the payment method cash the rest is paid on the day of the service, which confirms the booking. Otherwise it is pending until the deposit, where the vendor takes one, or all of it is paid (startPayment, payFromWallet); it expires with the hold, and what was paid is returned. Raises OB001, OB003, OB020, OB030 (already confirmed, or the coupon is used up meanwhile: hold the slot again without it), OB031, OB037, OB038 (no cash at present), OB042 (another amount is expected), OB048 (an amount of an earlier booking is due), OB061 (the hold has expired), OB062 (no longer offered, or the vendor takes no bookings), OB063 (not enough money in the wallet), OB064 (not enough points, or more than points may pay), OB065, OB068 (more than it costs), OB071 (too many bookings to come).';
revoke all on function public.confirm_booking(uuid, numeric, text, integer, numeric, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.confirm_booking(uuid, numeric, text, integer, numeric, text, text, text) to authenticated;
--! EndIncluded functions/booking/confirm_booking.sql
--! Included functions/booking/confirm_paid.sql
create or replace function app_private.confirm_paid(p_booking_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
begin
  select * into strict v_booking from public.bookings b where b.id = p_booking_id;
  if v_booking.status <> 'pending' then
    return;
  end if;
  -- A part of it confirms nothing, unless the rest is to be paid in cash.
  if app_private.amount_paid(p_booking_id)
      < coalesce(v_booking.deposit_amount + app_private.paid_by_coupon(p_booking_id), v_booking.final_amount)
    and (v_booking.expires_at is null or v_booking.expires_at > clock_timestamp())
    and not exists (
      select from public.payments p
      where p.booking_id = p_booking_id and p.payment_method = 'cash' and p.status = 'pending') then
    return;
  end if;
  -- The reservation becomes permanent, unless it has expired and was removed.
  update app_private.provider_reservations r set expires_at = null
  where r.booking_id = p_booking_id and (r.expires_at is null or r.expires_at > clock_timestamp());
  if found or v_booking.expires_at is null then
    update public.bookings b set status = 'confirmed', status_reason = null where b.id = p_booking_id;
  else
    perform app_private.lapse_booking(p_booking_id);
  end if;
end
$$;
comment on function app_private.confirm_paid(uuid) is
  'Applies a payment, or the choice of cash: once the deposit or all of it is paid, it confirms the booking, or finds that it has expired. The booking must be locked.';
revoke all on function app_private.confirm_paid(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/confirm_paid.sql

--! split: 030-money.sql
-- The money of coupons: what the platform pays with one goes back to it, never to the customer, and pays no charge of
-- cancelling. It earns no points.

comment on column public.refunds.refund_method is
  'Where the money goes, such as the wallet, the card that was used, coupon for what goes back to the platform, or desk for what the vendor gives back at its desk; null until decided.';

--! Included functions/money/payment_received.sql
create or replace function app_private.payment_received(
  p_payment_id uuid, p_amount numeric, p_reference text
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payment public.payments;
  v_booking public.bookings;
  v_asked numeric := (select p.total_amount from public.payments p where p.id = p_payment_id);
  v_kept numeric;
  v_excess numeric;
begin
  update public.payments p
  set status = 'success', payment_date = now(), amount = p_amount, total_amount = p_amount,
    gateway_transaction_id = coalesce(p_reference, p.gateway_transaction_id)
  where p.id = p_payment_id
  returning * into v_payment;
  if v_payment.purpose <> 'booking' then
    return app_private.purpose_received(v_payment, least(v_asked, p_amount));
  end if;
  if v_payment.payment_method not in ('wallet', 'points', 'coupon') then
    -- The vendor already has the cash, and what was paid at its desk.
    perform app_private.move_money(
      case when v_payment.payment_method = 'cash' or v_payment.is_at_desk then 'vendor' else 'gateway' end,
      case when v_payment.payment_method = 'cash' or v_payment.is_at_desk then v_payment.vendor_id end,
      'booking', v_payment.booking_id, p_amount, v_payment.booking_id, 'payment');
  end if;
  perform app_private.note_payment_status(v_payment.booking_id);
  perform app_private.confirm_paid(v_payment.booking_id);

  select * into strict v_booking from public.bookings b where b.id = v_payment.booking_id;
  -- The booking lapsed just now, and returned it.
  if exists (select from public.refunds r where r.payment_id = v_payment.id) then
    return 'returned';
  end if;
  if v_booking.status = 'cancelled' then
    -- The unpaid cancellation cost is kept, and no more.
    v_kept := least(p_amount, app_private.amount_due(v_booking.id));
    perform app_private.collect_charge(v_booking, v_kept, v_payment.id);
    v_excess := p_amount - v_kept;
  else
    v_excess := least(p_amount, app_private.amount_paid(v_booking.id) - app_private.amount_agreed(v_booking.id));
  end if;
  if v_excess <= 0 then
    perform app_private.settle_agreed(v_booking.id);
    return 'received';
  end if;
  perform app_private.refund_of_payment(v_payment, v_excess,
    case when v_excess = p_amount then 'full' else 'partial' end,
    case when v_booking.status = 'cancelled' then 'The booking could no longer be paid'
      else 'More was paid than the booking costs' end,
    null);
  perform app_private.note_payment_status(v_booking.id);
  perform app_private.settle_agreed(v_booking.id);
  return 'returned';
end
$$;
comment on function app_private.payment_received(uuid, numeric, text) is
  'Records that an amount has arrived with a payment: it confirms the booking, pays its cancellation cost, or settles it where its amount was agreed on afterwards; what is left over, or all of it when the booking no longer exists, is returned. A tip goes to the vendor, a top-up into the wallet. The payment must be locked with its booking. Returns received or returned.';
revoke all on function app_private.payment_received(uuid, numeric, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/payment_received.sql
--! Included functions/money/refund_of_payment.sql
create or replace function app_private.refund_of_payment(
  p_payment public.payments, p_amount numeric, p_type text, p_reason text, p_by uuid,
  p_decision_id uuid default null
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_points_value numeric := app_private.setting('loyalty.rupees_a_point_pays')::numeric;
  v_points integer := 0;
  v_refund_id uuid;
  v_method text := case
    when p_payment.is_at_desk or p_payment.payment_method = 'cash' then 'desk'
    when p_payment.payment_method = 'points' then 'points'
    when p_payment.payment_method = 'wallet' then 'wallet'
    when p_payment.payment_method = 'coupon' then 'coupon'
    else 'original'
  end;
  -- Earned money stays earned: only what still lies with the booking belongs to the customer.
  v_is_borne boolean := p_amount > app_private.unearned(p_payment.booking_id);
  v_source text := case when v_is_borne then 'commission' else 'booking' end;
  v_source_id uuid := case when not v_is_borne then p_payment.booking_id end;
begin
  if p_payment.purpose <> 'booking' then
    return app_private.refund_of_purpose(p_payment, p_amount, p_type, p_reason);
  end if;
  insert into public.refunds
    (payment_id, booking_id, customer_id, refund_amount, refund_reason, refund_type, refund_method,
      is_borne_by_platform, decision_id)
  values (p_payment.id, p_payment.booking_id, p_payment.customer_id, p_amount, p_reason, p_type, v_method,
    v_is_borne, p_decision_id)
  returning id into v_refund_id;
  if v_method = 'original' then
    return v_refund_id;
  end if;
  if v_method = 'desk' then
    -- The vendor gives it back: at once where its desk acts, unless the guest is not there.
    if p_payment.vendor_id = any (app_private.my_vendor_ids('bookings')) and not exists (
      select from public.booking_cancellations c where c.booking_id = p_payment.booking_id and c.is_no_show) then
      perform app_private.finish_refund(v_refund_id, null, (select auth.uid()));
    end if;
    return v_refund_id;
  end if;
  if v_method = 'coupon' then
    perform app_private.move_money(v_source, v_source_id, 'coupons', null, p_amount, p_payment.booking_id, 'refund');
    perform app_private.finish_refund(v_refund_id, null, p_by);
    return v_refund_id;
  end if;
  if v_method = 'points' then
    v_points := floor(p_amount / v_points_value);
    perform app_private.move_points(p_payment.customer_id, 'adjusted', v_points, p_payment.booking_id,
      'Points paid back', (
        select t.expires_at from public.loyalty_points_transactions t
        where t.booking_id = p_payment.booking_id and t.transaction_type = 'redeemed' limit 1));
    perform app_private.move_money(v_source, v_source_id, 'points', null,
      v_points * v_points_value, p_payment.booking_id, 'refund');
  end if;
  -- All of it, or a remainder of less than a point.
  perform app_private.move_wallet(p_payment.customer_id, 'refund', p_amount - v_points * v_points_value,
    v_source, v_source_id, p_payment.booking_id, p_payment.id, p_reason);
  perform app_private.finish_refund(v_refund_id, null, p_by);
  return v_refund_id;
end
$$;
comment on function app_private.refund_of_payment(public.payments, numeric, text, text, uuid, uuid) is
  'Returns an amount of a payment the way it came: wallet, points and what the platform paid with a coupon at once, gateway payments as a refund on its way, and what the vendor received (cash, or at its desk) at the vendor''s desk: at once where the desk acts, otherwise once it records that (record_desk_refund). The platform pays what no longer lies with the booking; a tip or top-up is taken back first. The payment must be locked with its booking, and the amount must be left of the payment.';
revoke all on function app_private.refund_of_payment(public.payments, numeric, text, text, uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/refund_of_payment.sql
--! Included functions/money/refund_payment.sql
create or replace function public.refund_payment(
  payment_id uuid, amount numeric, reason text, idempotency_key text
) returns public.refunds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payment public.payments;
  v_booking public.bookings;
  v_done uuid;
  v_refund public.refunds;
begin
  perform app_private.require_permission('payments.approve');
  select * into v_payment from public.payments p where p.id = refund_payment.payment_id;
  if not found then
    raise exception 'The payment was not found. Check the id.' using errcode = 'OB003';
  end if;
  perform app_private.require_number('amount', 'total', refund_payment.amount);
  v_booking := app_private.lock_payment(v_payment);
  perform app_private.require_unrelated(v_booking);
  if v_payment.customer_id = (select auth.uid()) then
    raise exception 'This payment is your own. Leave this to someone else.' using errcode = 'OB031';
  end if;
  v_done := app_private.replayed(refund_payment.idempotency_key, 'refund_payment', jsonb_build_object(
    'payment', refund_payment.payment_id, 'amount', refund_payment.amount, 'reason', refund_payment.reason));
  if v_done is null then
    select * into strict v_payment from public.payments p where p.id = refund_payment.payment_id;
    if coalesce(round(refund_payment.amount, 2), 0) <= 0 then
      raise exception 'Amount must be greater than 0.' using errcode = 'OB020', column = 'amount';
    end if;
    if round(refund_payment.amount, 2) > app_private.refundable(v_payment) then
      raise exception 'At most ₹% of this payment can be refunded. Enter a smaller amount.',
        app_private.refundable(v_payment)
        using errcode = 'OB068', column = 'amount';
    end if;
    if v_payment.is_at_desk then
      raise exception 'This was paid at the vendor''s desk. Cancel the booking, or use refundBooking once it is completed.'
        using errcode = 'OB030';
    end if;
    if v_payment.payment_method = 'coupon' then
      raise exception 'The platform paid this part with a coupon. Cancel the booking, or use refundBooking once it is completed.'
        using errcode = 'OB030';
    end if;
    if v_payment.purpose = 'booking' then
      perform app_private.require_settled(v_booking);
    end if;
    -- Refunding earned money has consequences that refund_booking handles. Money of a failed refund lies with
    -- the booking.
    if v_payment.purpose = 'booking' and v_booking.status = 'completed'
      and round(refund_payment.amount, 2) > app_private.unearned(v_booking.id) then
      raise exception 'This booking is completed, so its payment cannot be refunded alone. Use refundBooking.'
        using errcode = 'OB030';
    end if;
    -- What was spent of a top-up cannot go back a second time.
    if v_payment.purpose = 'top_up' and round(refund_payment.amount, 2)
      > app_private.unused(v_payment) + app_private.wallet_balance(v_payment.customer_id) then
      raise exception 'At most ₹% of this top-up are still in the wallet. Enter a smaller amount.',
        app_private.unused(v_payment) + app_private.wallet_balance(v_payment.customer_id)
        using errcode = 'OB068', column = 'amount';
    end if;
    v_done := app_private.refund_of_payment(v_payment, round(refund_payment.amount, 2), 'adjustment',
      app_private.required_reason(refund_payment.reason), (select auth.uid()));
    perform app_private.note_payment_status(v_payment.booking_id);
    perform app_private.remember_result(refund_payment.idempotency_key, v_done);
  end if;
  select * into strict v_refund from public.refunds r where r.id = v_done;
  return v_refund;
end
$$;
comment on function public.refund_payment(uuid, numeric, text, text) is
  'Refunds a part of a payment, whatever the cancellation policy says. For a completed booking it can only return money that is still held for it, such as a refund that failed; use refundBooking for the rest. A tip is taken back from the vendor and the provider''s figures, a top-up from the wallet. Needs the permission payments.approve and a reason. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (completed, not settled yet, paid at a vendor''s desk, or by a coupon), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request), OB068 (more than is left of the payment, or than is still in the wallet of a top-up).';
revoke all on function public.refund_payment(uuid, numeric, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.refund_payment(uuid, numeric, text, text) to staff;
--! EndIncluded functions/money/refund_payment.sql
--! Included functions/money/money_paid.sql
create or replace function app_private.money_paid(p_booking_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce((
      select sum(app_private.refundable(p)) from public.payments p
      where p.booking_id = p_booking_id and p.payment_method not in ('points', 'wallet', 'coupon')), 0)
    + coalesce((
      select sum(case t.transaction_type when 'debit' then t.withdrawable else -t.withdrawable end)
      from public.payments p
      join public.wallet_transactions t on t.payment_id = p.id
      where p.booking_id = p_booking_id and p.payment_method = 'wallet'), 0)
$$;
comment on function app_private.money_paid(uuid) is
  'Rupees of money that were paid for a booking and kept: without points and coupons, and of what the wallet paid without rewards and goodwill.';
revoke all on function app_private.money_paid(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/money_paid.sql
--! Included functions/money/reward_customer.sql
create or replace function app_private.reward_customer(p_booking public.bookings) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_referral public.customer_referrals;
  v_reward numeric;
  v_person uuid;
begin
  -- What is booked and paid at a vendor's desk earns nothing.
  if p_booking.channel = 'desk' then
    return;
  end if;
  -- Everyone who is rewarded is locked in one order, the referrer and the friend too.
  select * into v_referral from public.customer_referrals r
  where r.referee_id = p_booking.customer_id and r.status = 'pending';
  for v_person in
    select p from unnest(array[p_booking.customer_id, v_referral.referrer_id]) p
    where p is not null order by p
  loop
    perform app_private.lock_customer(v_person);
  end loop;

  update public.customers c
  set total_spent = c.total_spent + p_booking.final_amount,
    total_saved = c.total_saved + p_booking.discount_amount,
    membership_tier = app_private.tier_of(app_private.spent_in_a_year(c.id))
  where c.id = p_booking.customer_id;

  -- Services started without the start code earn no points and no reward.
  if p_booking.is_attested is not true then
    return;
  end if;
  perform app_private.expect_points(p_booking);

  -- Only the first completed and attested booking of a friend counts, and only in the first days.
  if v_referral.id is null or exists (
    select from public.bookings b
    where b.customer_id = p_booking.customer_id and b.status = 'completed' and b.id <> p_booking.id
      and b.is_attested is not false and b.channel = 'platform') then
    return;
  end if;
  select least(app_private.percent_of(p_booking.final_amount, app_private.setting('referral.percentage')::numeric),
      app_private.setting('referral.maximum')::numeric)
    into v_reward
  from public.customers c
  where c.id = p_booking.customer_id
    and now() < app_private.signed_up_at(c.id) + app_private.setting('referral.within_days')::integer * interval '1 day';
  v_reward := coalesce(v_reward, 0);
  update public.customer_referrals r
  set status = case when v_reward > 0 then 'rewarded' else 'completed' end,
    referrer_reward = v_reward, referee_reward = v_reward,
    first_booking_id = p_booking.id, completed_at = now()
  where r.id = v_referral.id and r.status = 'pending';
  if found then
    perform app_private.move_wallet(v_referral.referrer_id, 'bonus', v_reward, 'rewards', null,
      null, null, 'Reward for referring a friend');
    perform app_private.move_wallet(v_referral.referee_id, 'bonus', v_reward, 'rewards', null,
      p_booking.id, null, 'Reward for joining through a referral');
  end if;
end
$$;
comment on function app_private.reward_customer(public.bookings) is
  'Applies the benefits of a completed booking to its customer, none for a desk booking: totals, tier, and where it was started with the start code its points, and with the first such booking the referral reward for both.';
revoke all on function app_private.reward_customer(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/reward_customer.sql
--! Included functions/messages/tell_payment.sql
create or replace function app_private.tell_payment(p_old public.payments, p_new public.payments)
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_fields jsonb;
  v_data jsonb;
begin
  -- Of tips and top-ups users are told once they have arrived where they should; a coupon the platform has paid.
  if p_new.purpose <> 'booking' or p_new.payment_method = 'coupon' then
    return;
  end if;
  select * into strict v_booking from public.bookings b where b.id = p_new.booking_id;
  v_fields := app_private.booking_fields(v_booking)
    || jsonb_build_object('paid', app_private.in_rupees(p_new.total_amount));
  v_data := jsonb_build_object('screen', 'payment', 'bookingId', p_new.booking_id, 'paymentId', p_new.id);
  perform app_private.notify(p_new.customer_id, 'customer', 'payment_received', v_fields, v_data);
  perform app_private.notify(u, 'vendor', 'payment_received', v_fields, v_data)
    from app_private.vendor_desk(p_new.vendor_id) u;
end
$$;
comment on function app_private.tell_payment(public.payments, public.payments) is 'Notifies of money received for a booking.';
revoke all on function app_private.tell_payment(public.payments, public.payments) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_payment.sql
--! Included functions/messages/tell_refund.sql
create or replace function app_private.tell_refund(p_old public.refunds, p_new public.refunds)
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
begin
  -- It went back to the platform.
  if p_new.refund_method = 'coupon' then
    return;
  end if;
  if p_new.booking_id is null then
    perform app_private.notify(p_new.customer_id, 'customer', 'payment_refunded',
      jsonb_build_object('refunded', app_private.in_rupees(p_new.refund_amount), 'payment', (
        select p.transaction_id from public.payments p where p.id = p_new.payment_id)),
      jsonb_build_object('screen', 'refund', 'paymentId', p_new.payment_id, 'refundId', p_new.id));
    return;
  end if;
  select * into strict v_booking from public.bookings b where b.id = p_new.booking_id;
  perform app_private.notify(p_new.customer_id, 'customer', 'refund_processed',
    app_private.booking_fields(v_booking)
      || jsonb_build_object('refunded', app_private.in_rupees(p_new.refund_amount)),
    jsonb_build_object('screen', 'refund', 'bookingId', p_new.booking_id, 'refundId', p_new.id));
end
$$;
comment on function app_private.tell_refund(public.refunds, public.refunds) is 'Notifies of money paid back.';
revoke all on function app_private.tell_refund(public.refunds, public.refunds) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_refund.sql
--! Included functions/dashboards/figures_of_days.sql
create or replace function app_private.figures_of_days(p_group text, p_days date[])
returns table (figure text, day date, value numeric, weight numeric)
language plpgsql stable security definer set search_path = '' as $$
begin
  case p_group
  when 'money' then
    -- payments_payment_date_idx, refunds_processed_at_idx, vendor_payouts_payment_date_idx, vendor_credits_payments_idx,
    -- wallet_withdrawals_ended_at_idx.
    return query
    select f.figure, d.day, f.value, 1.0
    from unnest(p_days) d (day)
    cross join lateral (
      -- What vendors receive, in cash or at their desks, is not the platform's, and points, the wallet and coupons bring no money.
      select sum(p.total_amount) as received
      from public.payments p
      where p.payment_date >= app_private.start_of(d.day)
        and p.payment_date < app_private.start_of(d.day + 1)
        and p.status in ('success', 'partially_refunded', 'refunded') and not p.is_at_desk
        and p.payment_method not in ('cash', 'wallet', 'points', 'coupon')
    ) p
    cross join lateral (
      select sum(r.refund_amount) as refunded
      from public.refunds r
      where r.processed_at >= app_private.start_of(d.day)
        and r.processed_at < app_private.start_of(d.day + 1)
        and r.status = 'completed' and (r.refund_method in ('wallet', 'points', 'coupon', 'desk')) is not true
    ) r
    cross join lateral (
      select sum(v.net_amount) as paid_out
      from public.vendor_payouts v
      where v.payment_date >= app_private.start_of(d.day)
        and v.payment_date < app_private.start_of(d.day + 1)
        and v.payout_status = 'completed'
    ) v
    cross join lateral (
      select sum(c.amount) as repaid
      from public.vendor_credits c
      where c.created_at >= app_private.start_of(d.day)
        and c.created_at < app_private.start_of(d.day + 1)
        and c.kind = 'payment'
    ) c
    cross join lateral (
      -- What went back into a wallet counts when it leaves it.
      select sum(w.net_amount) as withdrawn
      from public.wallet_withdrawals w
      where w.ended_at >= app_private.start_of(d.day)
        and w.ended_at < app_private.start_of(d.day + 1)
        and w.status = 'completed'
    ) w
    cross join lateral (values
      ('payments_received', p.received),
      ('cash_flow', case when num_nonnulls(p.received, r.refunded, v.paid_out, c.repaid, w.withdrawn) > 0 then
        coalesce(p.received, 0) + coalesce(c.repaid, 0) - coalesce(r.refunded, 0) - coalesce(v.paid_out, 0)
          - coalesce(w.withdrawn, 0) end)
    ) f (figure, value)
    where f.value is not null;
  when 'commissions' then
    -- commission_records_created_at_idx with one look into refund_decisions_booking_id_idx per record;
    -- refund_decisions_created_at_idx, refunds_processed_at_idx.
    return query
    select 'revenue', d.day, coalesce(c.earned, 0) - coalesce(t.taken_back, 0) - coalesce(r.borne, 0), 1.0
    from unnest(p_days) d (day)
    cross join lateral (
      -- A refund has lowered the record: what it was on its day counts here, and the refund on the refund's.
      select sum(c.platform_earning + coalesce((
          select sum(t.commission_amount + t.charge_amount + t.platform_amount)
          from public.refund_decisions t where t.booking_id = c.booking_id), 0)) as earned
      from public.commission_records c
      where c.created_at >= app_private.start_of(d.day)
        and c.created_at < app_private.start_of(d.day + 1)
    ) c
    cross join lateral (
      select sum(t.commission_amount + t.charge_amount + t.platform_amount) as taken_back
      from public.refund_decisions t
      where t.created_at >= app_private.start_of(d.day)
        and t.created_at < app_private.start_of(d.day + 1)
    ) t
    cross join lateral (
      select sum(r.refund_amount) as borne
      from public.refunds r
      where r.processed_at >= app_private.start_of(d.day)
        and r.processed_at < app_private.start_of(d.day + 1)
        and r.status = 'completed' and r.is_borne_by_platform
    ) r
    where num_nonnulls(c.earned, t.taken_back, r.borne) > 0;
  when 'bookings' then
    -- bookings_created_at_idx alone.
    return query
    select 'bookings_made', d.day, b.made::numeric, 1.0
    from unnest(p_days) d (day)
    cross join lateral (
      select count(*) as made
      from public.bookings b
      where b.created_at >= app_private.start_of(d.day)
        and b.created_at < app_private.start_of(d.day + 1)
        -- One that was not paid for in time has lapsed.
        and (b.status <> 'cancelled' or b.expires_at is null)
    ) b
    where b.made > 0;
  when 'outcomes' then
    -- bookings_booking_date_idx.
    return query
    select 'completion', d.day, 100.0 * b.completed / b.ended, b.ended::numeric
    from unnest(p_days) d (day)
    cross join lateral (
      select count(*) filter (where b.status = 'completed') as completed, count(*) as ended
      from public.bookings b
      where b.booking_date = d.day and b.status in ('completed', 'cancelled') and b.expires_at is null
    ) b
    where b.ended > 0;
  when 'customers' then
    -- user_profiles_created_at_idx, then one look into bookings_customer_id_idx per sign-up.
    return query
    select f.figure, d.day, f.value, f.weight
    from unnest(p_days) d (day)
    cross join lateral (
      select count(*)::numeric as signed_up,
        100.0 * count(*) filter (where exists (
          select from public.bookings b
          where b.customer_id = p.id and b.created_at < p.created_at + interval '30 days'
            and b.status <> 'pending' and b.expires_at is null
        )) / nullif(count(*), 0) as converted
      from public.user_profiles p
      where p.created_at >= app_private.start_of(d.day)
        and p.created_at < app_private.start_of(d.day + 1)
        and p.role = 'customer'
    ) p
    cross join lateral (values
      ('sign_ups', p.signed_up, 1.0),
      ('conversion', p.converted, p.signed_up)
    ) f (figure, value, weight)
    where p.signed_up > 0;
  when 'first_bookings' then
    -- bookings_created_at_idx, then one look into bookings_customer_id_idx per booking.
    return query
    select f.figure, d.day, f.value, f.weight
    from unnest(p_days) d (day)
    cross join lateral (
      select count(*)::numeric as customers,
        100.0 * count(*) filter (where p.mobile_verified and p.profile_completed)
          / nullif(count(*), 0) as complete
      from public.bookings b
      join public.user_profiles p on p.id = b.customer_id
      where b.created_at >= app_private.start_of(d.day)
        and b.created_at < app_private.start_of(d.day + 1)
        and b.status <> 'pending' and b.expires_at is null
        and not exists (
          select from public.bookings e
          where e.customer_id = b.customer_id and (e.created_at, e.id) < (b.created_at, b.id)
            and e.status <> 'pending' and e.expires_at is null)
    ) b
    cross join lateral (values
      ('new_customers', b.customers, 1.0),
      ('data_quality', b.complete, b.customers)
    ) f (figure, value, weight)
    where b.customers > 0;
  when 'reviews' then
    -- reviews_created_at_idx, vendor_reviews_created_at_idx.
    return query
    select f.figure, d.day, f.value, f.weight::numeric
    from unnest(p_days) d (day)
    cross join lateral (
      select avg(r.rating) as rating, count(*) as ratings,
        avg(r.rating) filter (where r.of_vendor) as vendor_rating,
        count(*) filter (where r.of_vendor) as vendor_ratings
      from (
        select r.rating, r.reviewable_type = 'vendor' as of_vendor
        from public.reviews r
        where r.created_at >= app_private.start_of(d.day)
          and r.created_at < app_private.start_of(d.day + 1)
          and r.status = 'approved'
        union all
        select r.rating, true
        from public.vendor_reviews r
        where r.created_at >= app_private.start_of(d.day)
          and r.created_at < app_private.start_of(d.day + 1)
          and r.status = 'approved'
      ) r
    ) r
    cross join lateral (values
      ('review_rating', r.rating, r.ratings), ('vendor_rating', r.vendor_rating, r.vendor_ratings)
    ) f (figure, value, weight)
    where f.weight > 0;
  when 'tickets' then
    -- support_tickets_created_at_idx with one look into ticket_messages_ticket_id_idx per ticket;
    -- support_tickets_resolved_at_idx.
    return query
    select f.figure, d.day, f.value, f.weight::numeric
    from unnest(p_days) d (day)
    cross join lateral (
      select
        avg(extract(epoch from a.created_at - t.created_at) / 3600) as response_hours,
        count(a.created_at) as answered,
        avg(t.satisfaction_rating) as rating,
        count(t.satisfaction_rating) as ratings
      from public.support_tickets t
      left join lateral (
        select m.created_at from public.ticket_messages m
        where m.ticket_id = t.id and m.sender_type = 'employee' and not m.is_internal
        order by m.created_at
        limit 1
      ) a on true
      where t.created_at >= app_private.start_of(d.day)
        and t.created_at < app_private.start_of(d.day + 1)
    ) t
    cross join lateral (
      select count(*) as resolved
      from public.support_tickets t
      where t.resolved_at >= app_private.start_of(d.day)
        and t.resolved_at < app_private.start_of(d.day + 1)
    ) r
    cross join lateral (values
      ('response_hours', t.response_hours, t.answered),
      ('ticket_rating', t.rating, t.ratings),
      ('tickets_resolved', r.resolved, least(r.resolved, 1))
    ) f (figure, value, weight)
    where f.weight > 0;
  when 'vendors' then
    -- Reads the table once, thousands of rows: an index for it would not be worth its cost.
    return query
    select 'new_vendors', app_private.day_of(v.created_at), count(*)::numeric, 1.0
    from public.vendors v
    where app_private.day_of(v.created_at) = any (p_days)
    group by 2;
  end case;
end
$$;
comment on function app_private.figures_of_days(text, date[]) is
  'The figures of one group for these days: the value, and the number of cases where it is an average. A day without events has no row.';
revoke all on function app_private.figures_of_days(text, date[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/figures_of_days.sql
--! Included functions/coupons/give_coupon_back.sql
create or replace function app_private.give_coupon_back(p_booking_id uuid, p_is_free boolean, p_reason text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payment public.payments;
  v_use public.coupon_uses;
begin
  for v_payment in
    select * from public.payments p
    where p.booking_id = p_booking_id and p.payment_method = 'coupon' and app_private.refundable(p) > 0
  loop
    perform app_private.refund_of_payment(v_payment, app_private.refundable(v_payment),
      case when p_is_free then 'full' else 'cancellation' end, p_reason, null);
  end loop;
  if not p_is_free then
    return;
  end if;
  update public.coupon_uses u set given_back_at = now()
  where u.booking_id = p_booking_id and u.given_back_at is null
  returning * into v_use;
  if found then
    -- Customer, then coupon, as when it is claimed.
    perform app_private.lock_customer(v_use.customer_id);
    update public.coupons c
    set used_count = c.used_count - 1, spent_amount = c.spent_amount - v_use.discount_amount
    where c.id = v_use.coupon_id;
  end if;
end
$$;
comment on function app_private.give_coupon_back(uuid, boolean, text) is
  'Returns to the platform what it paid of a booking that does not take place; the use of the coupon is given back to the customer where nothing was charged. The booking must be locked.';
revoke all on function app_private.give_coupon_back(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/give_coupon_back.sql
--! Included functions/coupons/lower_coupon.sql
create or replace function app_private.lower_coupon(p_booking public.bookings, p_amount numeric, p_reason text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payment public.payments;
  v_excess numeric;
begin
  -- What is paid in full is returned in proportion anyway.
  if app_private.amount_paid(p_booking.id) >= p_booking.final_amount then
    return;
  end if;
  for v_payment in
    select * from public.payments p where p.booking_id = p_booking.id and p.payment_method = 'coupon'
  loop
    v_excess := app_private.refundable(v_payment)
      - round(v_payment.total_amount * p_amount / p_booking.final_amount, 2);
    if v_excess > 0 then
      perform app_private.refund_of_payment(v_payment, v_excess, 'partial', p_reason, (select auth.uid()));
    end if;
  end loop;
end
$$;
comment on function app_private.lower_coupon(public.bookings, numeric, text) is
  'Where an amount below the price is agreed on before all is paid, the coupon of the platform pays its proportion of that amount and no more. The booking must be locked.';
revoke all on function app_private.lower_coupon(public.bookings, numeric, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/lower_coupon.sql
--! Included functions/booking/late_cancellation_fee.sql
create or replace function app_private.late_cancellation_fee(p_booking public.bookings) returns numeric
language sql stable security definer set search_path = '' as $$
  select case when p_booking.status = 'pending' then 0 else greatest(
    case when now() <= p_booking.starts_at - t.cancel_free_hours * interval '1 hour' then 0
      else app_private.percent_of(p_booking.final_amount - app_private.paid_by_coupon(p_booking.id),
        t.late_cancel_fee_percentage) end,
    (select max(r.cancellation_cost) from public.booking_reschedules r
     where r.booking_id = p_booking.id and r.status = 'approved')) end
  from app_private.terms_of(p_booking.id) t
$$;
comment on function app_private.late_cancellation_fee(public.bookings) is
  'Rupees that cancelling costs a customer now by the terms of the booking, without what the platform pays with a coupon, and at least what it would have cost when the customer moved it; 0 before it is confirmed. Charges for moving are added to it.';
revoke all on function app_private.late_cancellation_fee(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/late_cancellation_fee.sql
--! Included functions/booking/preview_cancellation.sql
create or replace function public.preview_cancellation(booking_id uuid) returns public.cancellation_preview
language plpgsql stable security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_paid numeric;
  v_preview public.cancellation_preview;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_booking from public.bookings b
  where b.id = preview_cancellation.booking_id and b.customer_id = (select auth.uid());
  if not found then
    raise exception 'You have no booking with this id. Check the id.' using errcode = 'OB003', column = 'booking_id';
  end if;
  if v_booking.status not in ('pending', 'confirmed', 'assigned') then
    raise exception 'A booking that is % cannot be cancelled. Contact customer care if something is wrong.', replace(v_booking.status, '_', ' ') using errcode = 'OB030';
  end if;
  -- What a coupon of the platform paid goes back to it.
  v_paid := app_private.amount_paid(v_booking.id) - app_private.paid_by_coupon(v_booking.id);
  v_preview.charge := app_private.cost_of_cancelling(v_booking);
  v_preview.refund_amount := greatest(0, v_paid - v_preview.charge);
  v_preview.due_amount := greatest(0, v_preview.charge - v_paid);
  v_preview.free_until := v_booking.starts_at
    - (select t.cancel_free_hours from app_private.terms_of(v_booking.id) t) * interval '1 hour';
  return v_preview;
end
$$;
comment on function public.preview_cancellation(uuid) is
  'What cancelling your own booking would cost now, what you would get back, and what would be due. Raises OB001, OB003, OB030 (it can no longer be cancelled).';
revoke all on function public.preview_cancellation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.preview_cancellation(uuid) to authenticated;
--! EndIncluded functions/booking/preview_cancellation.sql
--! Included functions/booking/end_booking.sql
create or replace function app_private.end_booking(
  p_booking public.bookings, p_role text, p_reason text, p_charge numeric,
  p_disputable_until timestamptz default null
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.bookings b
  set status = 'cancelled', cancelled_at = now(), cancelled_by = (select auth.uid()),
    cancellation_reason = p_reason, status_reason = p_reason
  where b.id = p_booking.id;
  perform app_private.cancel_assignments(p_booking.id);
  perform app_private.release_provider(p_booking.id);
  perform app_private.drop_unfinished_payments(p_booking.id);
  update public.booking_reschedules r set status = 'rejected', approved_at = now()
  where r.booking_id = p_booking.id and r.status = 'pending';
  insert into public.booking_cancellations
    (booking_id, cancelled_by, cancelled_by_role, cancellation_reason, refund_amount, cancellation_charge,
      refund_status, is_no_show, is_vendor_no_show, disputable_until, settled_at)
  values (p_booking.id, (select auth.uid()), p_role, p_reason,
    greatest(0, app_private.amount_paid(p_booking.id) - app_private.paid_by_coupon(p_booking.id) - p_charge), p_charge, 'pending',
    p_disputable_until is not null and p_role = 'customer',
    -- Only the customer says so in the vendor's role.
    coalesce(p_role = 'vendor' and p_booking.customer_id = (select auth.uid()), false), p_disputable_until,
    case when p_disputable_until is null then now() end);
  if p_disputable_until is null then
    perform app_private.settle_cancellation(app_private.current_booking(p_booking.id), p_charge);
  end if;
end
$$;
comment on function app_private.end_booking(public.bookings, text, text, numeric, timestamptz) is
  'Cancels a locked booking: the provider is free, the charge goes to the vendor and the rest back to the customer, at once or, where it can be disputed, later.';
revoke all on function app_private.end_booking(public.bookings, text, text, numeric, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/end_booking.sql
--! Included functions/booking/settle_cancellation.sql
create or replace function app_private.settle_cancellation(p_booking public.bookings, p_charge numeric) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_paid numeric;
  v_kept numeric;
  v_cancellation public.booking_cancellations;
begin
  perform app_private.give_coupon_back(p_booking.id, p_charge = 0, p_booking.cancellation_reason);
  v_paid := app_private.amount_paid(p_booking.id);
  v_kept := least(p_charge, v_paid);
  update public.booking_cancellations c
  set cancellation_charge = p_charge, refund_amount = v_paid - v_kept, due_amount = p_charge - v_kept,
    settled_at = now(),
    refund_status = case when v_paid > v_kept then 'pending' else 'completed' end
  where c.booking_id = p_booking.id
  returning * into strict v_cancellation;
  perform app_private.pay_back(p_booking.id, v_paid - v_kept,
    case when p_charge = 0 then 'full' else 'cancellation' end, v_cancellation.cancellation_reason, null);
  perform app_private.collect_charge(p_booking, v_kept, null);
end
$$;
comment on function app_private.settle_cancellation(public.bookings, numeric) is
  'Settles the money of a cancelled booking, which must be locked: the charge goes to the vendor as far as it was paid, the rest back, what a coupon paid to the platform; the unpaid part of the charge is due.';
revoke all on function app_private.settle_cancellation(public.bookings, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/settle_cancellation.sql
--! Included functions/booking/agree_on.sql
create or replace function app_private.agree_on(p_booking public.bookings, p_amount numeric) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.booking_settlements s
  set agreed_amount = p_amount, agreed_at = now(), agreed_by = (select auth.uid())
  where s.booking_id = p_booking.id;
  perform app_private.lower_coupon(p_booking, p_amount, 'The service costs less');
  perform app_private.note_payment_status(p_booking.id);
  perform app_private.settle_agreed(p_booking.id);
end
$$;
comment on function app_private.agree_on(public.bookings, numeric) is
  'Fixes the amount that the customer pays for a completed booking whose money waits, and settles it where nothing of it is due. The booking must be locked.';
revoke all on function app_private.agree_on(public.bookings, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/agree_on.sql
--! Included functions/booking/lapse_booking.sql
create or replace function app_private.lapse_booking(p_booking_id uuid, p_reason text default 'The booking was not paid in time')
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payment public.payments;
begin
  update public.bookings b
  set status = 'cancelled', cancelled_at = now(), cancellation_reason = p_reason, status_reason = p_reason
  where b.id = p_booking_id and b.status = 'pending';
  perform app_private.release_provider(p_booking_id);
  perform app_private.drop_unfinished_payments(p_booking_id);
  perform app_private.give_coupon_back(p_booking_id, true, p_reason);
  -- What was paid so far did not confirm it.
  for v_payment in
    select * from public.payments p
    where p.booking_id = p_booking_id and p.status in ('success', 'partially_refunded') and app_private.refundable(p) > 0
    order by p.created_at, p.id
  loop
    perform app_private.refund_of_payment(v_payment, app_private.refundable(v_payment),
      case v_payment.status when 'success' then 'full' else 'partial' end, p_reason, null);
  end loop;
  perform app_private.note_payment_status(p_booking_id);
end
$$;
comment on function app_private.lapse_booking(uuid, text) is
  'Cancels a booking that was not paid, was not paid in time, or lost its provider before it was paid. What was paid in part is returned. It must be locked.';
revoke all on function app_private.lapse_booking(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/lapse_booking.sql
--! Included functions/coupons/forget_prices.sql
create or replace function app_private.forget_prices(p_prices integer) returns void
language sql volatile security definer set search_path = '' as $$
  delete from app_private.earlier_prices e
  where e.id = any (array(
    select o.id from app_private.earlier_prices o
    where o.changed_at < now() - app_private.setting('coupons.keep_price_days')::integer * interval '1 day'
    limit p_prices))
$$;
comment on function app_private.forget_prices(integer) is
  'Deletes earlier prices of which no coupon needs to know any more, at most p_prices.';
revoke all on function app_private.forget_prices(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/forget_prices.sql
--! Included functions/booking/lapse_bookings.sql
create or replace function app_private.lapse_bookings(p_bookings integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_id uuid;
  v_count integer := 0;
begin
  for v_id in
    select b.id from public.bookings b
    where b.status = 'pending' and b.expires_at <= now()
    order by b.expires_at limit p_bookings
    for no key update skip locked
  loop
    perform app_private.lapse_booking(v_id);
    v_count := v_count + 1;
  end loop;
  delete from app_private.provider_reservations r
  where r.id = any (array(
    select l.id from app_private.provider_reservations l
    where l.expires_at <= now() and l.hold_id is not null limit p_bookings for update skip locked));
  -- Their holds are no longer useful.
  delete from public.booking_holds h
  where h.id = any (array(
    select o.id from public.booking_holds o
    where o.expires_at < now() - interval '7 days' limit p_bookings for update skip locked));
  delete from app_private.idempotency_keys k
  where k.created_at < now() - greatest(24, app_private.setting('limits.idempotency_hours')::integer) * interval '1 hour';
  perform app_private.forget_prices(p_bookings);
  return v_count;
end
$$;
comment on function app_private.lapse_bookings(integer) is
  'Cancels bookings that were not paid in time, at most p_bookings, and removes expired holds, old idempotency keys and earlier prices; returns how many bookings. Nothing depends on its timing: expired reservations have no effect anyway. Runs every minute.';
revoke all on function app_private.lapse_bookings(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lapse_bookings(integer) to ombaro_worker;
--! EndIncluded functions/booking/lapse_bookings.sql
--! Included functions/coupons/miscounted_coupons.sql
create or replace function app_private.miscounted_coupons() returns setof app_private.imbalance
language sql stable security definer set search_path = '' as $$
  select 'coupons', null::uuid, j.balance, r.balance
  from (select app_private.account_balance('coupons', null)) j (balance), (
    select coalesce((
        select sum(r.refund_amount) from public.refunds r
        where r.refund_method = 'coupon' and r.status = 'completed'), 0)
      - coalesce((
        select sum(p.total_amount) from public.payments p
        where p.payment_method = 'coupon' and p.status in ('success', 'partially_refunded', 'refunded')), 0)
  ) r (balance)
  where j.balance <> r.balance
  union all
  select f.figure, c.id, f.counted, f.by_rows
  from public.coupons c
  left join (
    select u.coupon_id, count(*) as uses, sum(u.discount_amount) as spent
    from public.coupon_uses u where u.given_back_at is null group by u.coupon_id
  ) u on u.coupon_id = c.id
  cross join lateral (values
    ('coupon uses', c.used_count::numeric, coalesce(u.uses, 0)::numeric),
    ('coupon budgets', c.spent_amount, coalesce(u.spent, 0))
  ) f (figure, counted, by_rows)
  where f.counted <> f.by_rows
$$;
comment on function app_private.miscounted_coupons() is
  'Coupons whose counted uses and rupees differ from their uses, and the account of coupons where it differs from what they paid.';
revoke all on function app_private.miscounted_coupons() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/coupons/miscounted_coupons.sql
--! Included functions/money/imbalances.sql
create or replace function app_private.imbalances() returns setof app_private.imbalance
language sql stable security definer set search_path = '' as $$
  -- The total: by the shape of the journal it is zero, and here it is counted.
  select 'all', null::uuid, sum(b.balance), 0::numeric
  from app_private.balances_by_journal() b having sum(b.balance) <> 0
  union all
  select * from app_private.unbooked()
  union all
  select * from app_private.miscounted_coupons()
  union all
  select 'points', c.id, c.loyalty_points, coalesce(t.points, 0)
  from public.customers c
  left join (
    select t.customer_id, sum(t.points) as points from public.loyalty_points_transactions t group by t.customer_id
  ) t on t.customer_id = c.id
  where c.loyalty_points <> coalesce(t.points, 0)
  union all
  select 'refunds', p.id, p.refund_amount, coalesce(r.amount, 0)
  from public.payments p
  left join (
    select r.payment_id, sum(r.refund_amount) as amount from public.refunds r
    where r.status = 'completed' group by r.payment_id
  ) r on r.payment_id = p.id
  where p.refund_amount <> coalesce(r.amount, 0)
  union all
  select 'refunded bookings', b.id, b.refunded_amount, coalesce(d.amount, 0)
  from public.bookings b
  left join (
    select d.booking_id, sum(d.amount) as amount from public.refund_decisions d group by d.booking_id
  ) d on d.booking_id = b.id
  where b.refunded_amount <> coalesce(d.amount, 0)
  union all
  select * from app_private.wallet_imbalances()
$$;
comment on function app_private.imbalances() is
  'Differences in the books; no row means that they are correct: the journal adds up to 0, and wallets, vendors'' accounts, bookings'' accounts, points, coupons, refunds, refunded amounts of completed bookings, withdrawals and goodwill agree with their rows. Reads all of them.';
revoke all on function app_private.imbalances() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/imbalances.sql

--! split: 040-explained.sql
-- What coupons of the platform must have in the journal.

create or replace view app_private.expected_of_payments as
select case p.payment_method when 'wallet' then 'wallet debit' else 'payment' end as reason,
  case
    when p.payment_method in ('points', 'wallet') then p.payment_method
    when p.payment_method = 'coupon' then 'coupons'
    when p.payment_method = 'cash' or p.is_at_desk then 'vendor'
    else 'gateway' end as from_account,
  case
    when p.payment_method = 'wallet' then p.customer_id
    when p.payment_method = 'cash' or p.is_at_desk then p.vendor_id end as from_id,
  'booking' as to_account, p.booking_id as to_id, p.total_amount as amount, p.booking_id
from public.payments p
where p.purpose = 'booking' and p.status in ('success', 'partially_refunded', 'refunded')
  and coalesce(p.payment_date, p.created_at) > (select app_private.journal_opened_at());

create or replace view app_private.expected_of_refunds as
with completed as (
  select r.*, case when r.is_borne_by_platform then 'commission' else 'booking' end as source,
    case when not r.is_borne_by_platform then r.booking_id end as source_id
  from public.refunds r
  where r.booking_id is not null and r.status = 'completed'
    and coalesce(r.processed_at, r.created_at) > (select app_private.journal_opened_at())
), points as (
  -- Less than the value of a point goes into the wallet. A wallet transaction belongs to the refund before it.
  select c.*, coalesce((
    select sum(t.amount) from public.wallet_transactions t
    where t.payment_id = c.payment_id and t.transaction_type = 'refund' and t.created_at >= c.processed_at
      and not exists (
        select from public.refunds l
        where l.payment_id = c.payment_id and l.status = 'completed'
          and (l.processed_at, l.id) > (c.processed_at, c.id) and l.processed_at <= t.created_at)), 0) as remainder
  from completed c where c.refund_method = 'points'
)
select 'refund' as reason, c.source as from_account, c.source_id as from_id, 'gateway' as to_account,
  null::uuid as to_id, c.refund_amount as amount, c.booking_id
from completed c where c.refund_method = 'original'
union all
select 'refund', c.source, c.source_id, 'coupons', null, c.refund_amount, c.booking_id
from completed c where c.refund_method = 'coupon'
union all
select 'wallet refund', c.source, c.source_id, 'wallet', c.customer_id, c.refund_amount, c.booking_id
from completed c where c.refund_method = 'wallet'
union all
select 'refund', p.source, p.source_id, 'points', null, p.refund_amount - p.remainder, p.booking_id from points p
union all
select 'wallet refund', p.source, p.source_id, 'wallet', p.customer_id, p.remainder, p.booking_id from points p
union all
-- What a vendor gave back at its desk is a credit of the vendor, below; the platform adds what it bears.
select 'refund', 'commission', null, 'booking', c.booking_id, c.refund_amount, c.booking_id
from completed c where c.refund_method = 'desk' and c.is_borne_by_platform;

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.39', 'coupons', '2026-11-29', 'Coupons of vendors and of the platform: createCoupon, updateCoupon, endCoupon; couponCode of quoteBooking and holdSlot; earlier prices of services');
