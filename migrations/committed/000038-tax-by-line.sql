--! Previous: sha1:bc317200fefa0de5628631dcc1f30608ce99119b
--! Hash: sha1:d1de276d88d2b5e948366a013307be856ebf65d9
--! Message: tax-by-line

--! split: 010-whose-tax.sql
-- Whose tax: until now one rate of GST was on everything, the platform owed all of it, and its own service charge was
-- commissioned with the vendor's services. Now each line of a price has its supplier. The vendor supplies the services
-- and owes their GST, which goes to it with the earning; a vendor without GSTIN charges none. The platform supplies its
-- charge, with a rate of its own, and keeps and owes that. Docs: decisions/0040-tax-by-line.md.
-- squawk-ignore-file constraint-missing-not-valid, adding-required-field, adding-field-with-default

insert into enums.tax_kind values ('gst_charge', 'GST on the charges of the platform');
update enums.tax_kind set description = 'GST on the services of vendors' where value = 'gst';
insert into public.tax_rates (tax, valid_from, percentage, source) values
  ('gst_charge', '2017-07-01', 18, 'Central Goods and Services Tax Act, 2017: services without a rate of their own');
-- An earlier undo leaves it where the journal names it.
insert into enums.journal_account values ('charge', 'Service charges that the platform earned, before GST')
on conflict do nothing;
update enums.journal_account set description = 'GST that the platform owes' where value = 'gst';
update enums.vendor_credit_kind set description = 'GST of a desk booking, from before it was a part of the earning; below 0 for a refund'
where value = 'desk_gst';

-- Holds last minutes: those of the earlier kind end here.
delete from app_private.provider_reservations where hold_id is not null;
delete from public.booking_holds where booking_id is null;

alter table public.booking_items
  add column discount_amount numeric(10, 2) not null default 0,
  add column tax_percentage numeric(5, 2) not null default 0,
  add column tax_amount numeric(10, 2) not null default 0;
select app_private.limit_numbers('public.booking_items',
  '{"discount_amount": "amount", "tax_percentage": "rate", "tax_amount": "amount"}');
comment on column public.booking_items.discount_amount is 'Rupees before GST of the item''s part of the discount.';
comment on column public.booking_items.tax_percentage is
  'Percentage of GST on the item, which the vendor owes; 0 where it has no GSTIN, and in bookings made before taxes were kept by item.';
comment on column public.booking_items.tax_amount is 'Rupees of GST on the item after its discount.';

alter table public.bookings add column charge_tax_amount numeric(10, 2) not null default 0;
alter table public.booking_holds add column charge_tax_amount numeric(10, 2) not null default 0;
select app_private.limit_numbers('public.bookings', '{"charge_tax_amount": "total"}');
select app_private.limit_numbers('public.booking_holds', '{"charge_tax_amount": "total"}');
comment on column public.bookings.charge_tax_amount is
  'Rupees of GST on the service charge, which the platform owes: a part of the tax amount. The rest is owed by the vendor.';
comment on column public.booking_holds.charge_tax_amount is 'Rupees of GST on the platform''s charge: a part of the tax amount.';
comment on column public.bookings.tax_amount is 'Rupees of GST, on the services and on the service charge.';

alter table public.booking_terms add column charge_gst_percentage numeric(5, 2) not null default 0;
select app_private.limit_numbers('public.booking_terms', '{"charge_gst_percentage": "rate"}');
comment on column public.booking_terms.gst_percentage is 'Percentage of GST on its services, which the vendor owes; 0 where it has no GSTIN.';
comment on column public.booking_terms.charge_gst_percentage is 'Percentage of GST on the service charge, which the platform owes.';

-- A booking that was agreed on earlier keeps its price: one rate on all of it.
update public.booking_terms t set charge_gst_percentage = t.gst_percentage;
update public.bookings b
set charge_tax_amount = app_private.percent_of(b.service_charge, t.gst_percentage)
from public.booking_terms t
where t.booking_id = b.id and b.status <> 'completed' and b.service_charge > 0;

alter type app_private.priced_item
  add attribute discount numeric, add attribute tax_percentage numeric, add attribute tax numeric;
alter type app_private.price add attribute charge_tax_amount numeric;

--! split: 020-earnings.sql
-- What a completed booking earns. The record of a booking that was completed earlier keeps its numbers: the platform
-- owed its GST and commissioned the charge.
alter table public.commission_records
  add column vendor_gst_amount numeric(10, 2) not null default 0,
  add column charge_amount numeric(10, 2) not null default 0;
select app_private.limit_numbers('public.commission_records', '{"vendor_gst_amount": "total", "charge_amount": "total"}');
alter table public.commission_records
  add column net_amount numeric(10, 2) not null
    generated always as (booking_amount + vendor_gst_amount - commission_amount - tds_amount - tcs_amount) stored;
select app_private.limit_numbers('public.commission_records', '{"net_amount": "signed_total"}');
comment on column public.commission_records.booking_amount is 'Rupees of the vendor''s services before GST, on which the commission is.';
comment on column public.commission_records.gst_amount is 'Rupees of GST in the price of the booking, the vendor''s and the platform''s.';
comment on column public.commission_records.vendor_gst_amount is
  'Rupees of GST that the vendor owes and gets with the earning; 0 for bookings completed before taxes were kept by item.';
comment on column public.commission_records.charge_amount is 'Rupees of the service charge before GST, which the platform keeps.';
comment on column public.commission_records.platform_earning is
  'Rupees that the platform earns: commission and service charge, less what it gave back.';
comment on column public.commission_records.net_amount is
  'Rupees that the vendor is owed: its services with their GST, less commission, TDS and TCS.';

alter table public.refund_decisions add column charge_amount numeric(10, 2) not null default 0;
select app_private.limit_numbers('public.refund_decisions', '{"charge_amount": "signed_total"}');
alter table public.refund_decisions
  drop constraint refund_decisions_add_up,
  add constraint refund_decisions_add_up check (
    amount = gst_amount + charge_amount + commission_amount + tds_amount + tcs_amount
      + vendor_amount + platform_amount);
comment on column public.refund_decisions.gst_amount is 'Rupees of GST that the platform no longer owes.';
comment on column public.refund_decisions.vendor_amount is 'Rupees that the vendor bears, with the GST on its services.';
comment on column public.refund_decisions.charge_amount is 'Rupees of the service charge that the platform gives back.';

alter table public.vendor_payouts add column gst_amount numeric(12, 2) not null default 0;
select app_private.limit_numbers('public.vendor_payouts', '{"gst_amount": "sum"}');
comment on column public.vendor_payouts.gst_amount is 'Rupees of GST on the services, which the vendor owes and gets with the payout.';

-- GST of desk bookings was a credit of its own.
with moved as (
  delete from public.vendor_credits c using public.commission_records r
  where c.kind = 'desk_gst' and c.decision_id is null and r.booking_id = c.booking_id
    and r.payout_id is not distinct from c.payout_id
  returning r.id, c.payout_id, c.amount
), records as (
  update public.commission_records r set vendor_gst_amount = m.amount from moved m where r.id = m.id
)
update public.vendor_payouts p
set gst_amount = m.amount, adjustment_amount = p.adjustment_amount - m.amount
from (select payout_id, sum(amount) as amount from moved where payout_id is not null group by payout_id) m
where p.id = m.payout_id;
update public.refund_decisions d
set vendor_amount = d.vendor_amount - c.amount, gst_amount = d.gst_amount + c.amount
from public.vendor_credits c
where c.decision_id = d.id and c.kind = 'desk_gst';

--! split: 030-lines.sql
-- The lines of a quote, with discount and GST.
alter type public.quoted_item
  add attribute discount_amount numeric(10, 2), add attribute tax_percentage numeric(5, 2),
  add attribute tax_amount numeric(10, 2);
comment on type public.quoted_item is 'One service as it would be booked, which the vendor supplies.';
comment on column public.quoted_item.discount_amount is 'Rupees of the discount that are its part.';
comment on column public.quoted_item.tax_percentage is 'Percentage of GST, which the vendor owes; 0 where it has no GSTIN.';
comment on column public.quoted_item.tax_amount is 'Rupees of GST on it, after its discount.';
alter type public.booking_quote
  add attribute charge_tax_percentage numeric(5, 2), add attribute charge_tax_amount numeric(10, 2);
comment on column public.booking_quote.tax_percentage is 'Percentage of GST on the services, which the vendor owes; 0 where it has no GSTIN.';
comment on column public.booking_quote.tax_amount is 'Rupees of GST, on the services and on the service charge.';
comment on column public.booking_quote.charge_tax_percentage is 'Percentage of GST on the service charge, which the platform owes.';
comment on column public.booking_quote.charge_tax_amount is 'Rupees of GST on the service charge: a part of the tax amount.';

drop function app_private.move_gst(public.bookings, numeric, text, uuid);
drop function app_private.price_items(uuid, uuid[], uuid[]);
drop function app_private.terms_of_today();
--! Included functions/money/gst_of_vendor.sql
create or replace function app_private.gst_of_vendor(p_vendor_id uuid, p_day date) returns numeric
language sql stable security definer set search_path = '' as $$
  select case when exists (
      select from public.vendor_private_details d where d.vendor_id = p_vendor_id and d.gst_number is not null)
    then app_private.tax_percentage('gst', p_day) else 0 end
$$;
comment on function app_private.gst_of_vendor(uuid, date) is
  'Percentage of GST that a vendor charges on its services on a day; 0 for a vendor without GSTIN.';
revoke all on function app_private.gst_of_vendor(uuid, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/gst_of_vendor.sql
--! Included functions/booking/price_items.sql
create or replace function app_private.price_items(
  p_vendor_id uuid, p_service_ids uuid[], p_addon_ids uuid[], p_package_id uuid, p_borne numeric default 0
) returns setof app_private.priced_item
language plpgsql stable security definer set search_path = '' as $$
declare
  v_addons jsonb;
  v_addon_price numeric;
  v_count integer;
  v_rate numeric := app_private.gst_of_vendor(p_vendor_id, app_private.today());
begin
  if coalesce(cardinality(p_service_ids), 0) not between 1 and 20
    or coalesce(cardinality(p_addon_ids), 0) > 20 then
    raise exception 'Choose 1 to 20 services, and at most 20 add-ons.'
      using errcode = 'OB020', column = 'service_ids';
  end if;
  select coalesce(jsonb_agg(jsonb_build_object(
      'id', a.id, 'name', a.name, 'duration', a.duration, 'price', a.price) order by w.position), '[]'),
    coalesce(sum(a.price), 0), count(*)
    into v_addons, v_addon_price, v_count
  from unnest(p_addon_ids) with ordinality w (id, position)
  join public.addon_services a on a.id = w.id and a.is_active;
  if v_count <> coalesce(cardinality(p_addon_ids), 0) then
    raise exception 'One of the add-ons is not offered. Choose other add-ons.'
      using errcode = 'OB062', column = 'addon_ids';
  end if;

  return query
    with chosen as (
      select s.id, s.name, coalesce(o.custom_duration, s.duration) as minutes,
        coalesce(o.custom_price, s.discounted_price, s.base_price) as price, w.quantity, w.place,
        coalesce(o.custom_price, s.discounted_price, s.base_price) * w.quantity
          + case when w.place = 1 then v_addon_price else 0 end as subtotal
      from (
        select u.id, count(*)::integer as quantity, row_number() over (order by min(u.position)) as place
        from unnest(p_service_ids) with ordinality u (id, position)
        group by u.id
      ) w
      join public.vendor_services o
        on o.vendor_id = p_vendor_id and o.service_id = w.id and o.is_available
      join public.services s on s.id = w.id and s.is_active
    ), whole as (
      select sum(c.subtotal) as total, greatest(0, sum(c.subtotal) - p_borne - (
        select p.package_price from public.service_packages p where p.id = p_package_id)) as discount
      from chosen c
    ), parts as (
      -- Rounded as a running sum, so that the parts of the discount add up to it.
      select c.*, coalesce(
        round(h.discount * sum(c.subtotal) over (order by c.place) / nullif(h.total, 0), 2)
        - round(h.discount * (sum(c.subtotal) over (order by c.place) - c.subtotal) / nullif(h.total, 0), 2), 0) as discount
      from chosen c, whole h
    )
    select p.id, p.name, p.minutes, p.price, p.quantity, case when p.place = 1 then v_addons else '[]' end, p.subtotal,
      p.discount, v_rate, app_private.percent_of(p.subtotal - p.discount, v_rate)
    from parts p
    order by p.place;
  get diagnostics v_count = row_count;
  if v_count <> (select count(distinct id) from unnest(p_service_ids) u (id)) then
    raise exception 'This vendor does not offer all of these services. Choose other services.'
      using errcode = 'OB062', column = 'service_ids';
  end if;
end
$$;
comment on function app_private.price_items(uuid, uuid[], uuid[], uuid, numeric) is
  'Price, discount of a package, GST and duration of these services and add-ons at a vendor today; of the discount p_borne rupees are not the vendor''s to bear. A service that is named twice is performed twice; add-ons belong to the first service. The discount is spread over the items by their prices, and GST is rounded once for each. Raises OB020, OB062 (not offered).';
revoke all on function app_private.price_items(uuid, uuid[], uuid[], uuid, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/price_items.sql
--! Included functions/booking/price_of.sql
create or replace function app_private.price_of(
  p_vendor_id uuid, p_service_ids uuid[], p_addon_ids uuid[], p_package_id uuid,
  p_booking_type text, p_pincode text, p_channel text default 'platform'
) returns app_private.price
language plpgsql stable security definer set search_path = '' as $$
declare
  v_price app_private.price;
begin
  select sum(i.minutes * i.quantity) + coalesce(sum((
      select sum((a.value ->> 'duration')::integer) from jsonb_array_elements(i.addons) a)), 0),
    sum(i.subtotal), sum(i.discount), sum(i.tax)
    into v_price.minutes, v_price.total_amount, v_price.discount_amount, v_price.tax_amount
  from app_private.price_items(p_vendor_id, p_service_ids, p_addon_ids, p_package_id) i;
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
comment on function app_private.price_of(uuid, uuid[], uuid[], uuid, text, text, text) is
  'The price today: items and add-ons, less the discount of a package, plus the vendor''s GST on each of them, plus the service charge (none at the desk) with the charge for this postal code and the platform''s GST on it. Raises OB020, OB062.';
revoke all on function app_private.price_of(uuid, uuid[], uuid[], uuid, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/price_of.sql
--! Included functions/booking/quote_booking.sql
create or replace function public.quote_booking(
  vendor_id uuid, service_ids uuid[] default null, addon_ids uuid[] default null, package_id uuid default null,
  booking_type text default 'spa_visit', pincode text default null
) returns public.booking_quote
language plpgsql stable security definer set search_path = '' as $$
declare
  v_chosen record;
  v_price app_private.price;
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
  v_price := app_private.price_of(quote_booking.vendor_id, v_chosen.services, v_chosen.addons, quote_booking.package_id,
    quote_booking.booking_type, quote_booking.pincode);
  v_quote.duration_minutes := v_price.minutes;
  v_quote.total_amount := v_price.total_amount;
  v_quote.discount_amount := v_price.discount_amount;
  v_quote.service_charge := v_price.service_charge;
  v_quote.tax_percentage := app_private.gst_of_vendor(quote_booking.vendor_id, app_private.today());
  v_quote.charge_tax_percentage := app_private.tax_percentage('gst_charge', app_private.today());
  v_quote.charge_tax_amount := v_price.charge_tax_amount;
  v_quote.tax_amount := v_price.tax_amount;
  v_quote.final_amount := v_price.final_amount;
  v_quote.deposit_amount := app_private.deposit_of(quote_booking.vendor_id, v_price.final_amount);
  v_quote.maximum_points := floor(v_price.final_amount * app_private.setting('loyalty.maximum_percentage')::numeric / 100
    / app_private.setting('loyalty.rupees_a_point_pays')::numeric);
  v_quote.items := array(
    select row(i.name, i.quantity, i.minutes, i.price, i.subtotal, i.discount, i.tax_percentage, i.tax)::public.quoted_item
    from app_private.price_items(quote_booking.vendor_id, v_chosen.services, v_chosen.addons,
      quote_booking.package_id) i);
  return v_quote;
end
$$;
comment on function public.quote_booking(uuid, uuid[], uuid[], uuid, text, text) is
  E'@enumArgument booking_type booking_type\nWhat a booking costs today, line by line, for services and add-ons or for a package: the items are supplied by the vendor, the service charge by the platform, each with its GST; with the postal code of a home service. holdSlot freezes it. Raises OB003, OB020, OB062 (not offered, or the vendor takes no bookings), OB073 (the postal code is not served).';
revoke all on function public.quote_booking(uuid, uuid[], uuid[], uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.quote_booking(uuid, uuid[], uuid[], uuid, text, text) to anon, authenticated, staff;
--! EndIncluded functions/booking/quote_booking.sql
--! Included functions/booking/terms_of_today.sql
create or replace function app_private.terms_of_today(p_vendor_id uuid) returns public.booking_terms
language sql stable security definer set search_path = '' as $$
  select
    null::uuid,
    app_private.gst_of_vendor(p_vendor_id, app_private.today()),
    app_private.setting('policy.reschedule_free_hours')::integer,
    app_private.setting('policy.reschedule_fee')::numeric,
    app_private.setting('policy.reschedule_maximum')::integer,
    app_private.setting('policy.cancel_free_hours')::integer,
    app_private.setting('policy.late_cancel_fee_percentage')::numeric,
    app_private.setting('policy.no_show_grace_minutes')::integer,
    app_private.setting('policy.no_show_dispute_hours')::integer,
    app_private.tax_percentage('gst_charge', app_private.today())
$$;
comment on function app_private.terms_of_today(uuid) is 'The terms of a booking that is made at a vendor now.';
revoke all on function app_private.terms_of_today(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/terms_of_today.sql
--! Included functions/booking/terms_of.sql
create or replace function app_private.terms_of(p_booking_id uuid) returns public.booking_terms
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select t from public.booking_terms t where t.booking_id = p_booking_id),
    (select app_private.terms_of_today(b.vendor_id) from public.bookings b where b.id = p_booking_id))
$$;
comment on function app_private.terms_of(uuid) is
  'The terms of a booking; today''s terms of its vendor for a booking without its own.';
revoke all on function app_private.terms_of(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/terms_of.sql
--! Included functions/booking/make_hold.sql
create or replace function app_private.make_hold(p_hold public.booking_holds) returns public.booking_holds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_address public.customer_addresses;
  v_services uuid[];
  v_addons uuid[];
  v_price app_private.price;
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
  v_price := app_private.price_of(p_hold.vendor_id, v_services, v_addons, p_hold.package_id,
    p_hold.booking_type, v_address.pincode);
  if v_price.minutes > 1440 then
    raise exception 'A booking can take at most 24 hours. Choose fewer services.'
      using errcode = 'OB020', column = 'service_ids';
  end if;
  perform app_private.require_slot(p_hold.vendor_id, p_hold.starts_at,
    app_private.place_of(p_hold.vendor_id, p_hold.booking_type, p_hold.address_id), 'starts_at');

  insert into public.booking_holds
    (customer_id, vendor_id, provider_id, booking_type, service_ids, addon_ids, package_id,
      address_id, guest_name, starts_at, duration_minutes, total_amount, discount_amount, service_charge,
      tax_amount, charge_tax_amount, final_amount, deposit_amount, expires_at)
  values (p_hold.customer_id, p_hold.vendor_id, p_hold.provider_id, p_hold.booking_type, v_services,
    v_addons, p_hold.package_id, p_hold.address_id, p_hold.guest_name, p_hold.starts_at, v_price.minutes,
    v_price.total_amount, v_price.discount_amount, v_price.service_charge, v_price.tax_amount, v_price.charge_tax_amount,
    v_price.final_amount,
    app_private.deposit_of(p_hold.vendor_id, v_price.final_amount),
    clock_timestamp() + app_private.setting('booking.hold_minutes')::integer * interval '1 minute')
  returning * into v_hold;
  -- What is agreed now; confirming copies it.
  insert into app_private.hold_agreements (hold_id, service_location, terms, items)
  select v_hold.id, app_private.location_of(v_hold), to_jsonb(app_private.terms_of_today(v_hold.vendor_id)), jsonb_agg(to_jsonb(i))
  from app_private.price_items(v_hold.vendor_id, v_services, v_addons, v_hold.package_id) i;
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
  'Holds a slot for the customer, as the row says what; its id, duration, price and expiry are set here, and what is agreed is frozen. Errors name the arguments of hold_slot, which are those of the columns. Raises OB003, OB020, OB043, OB048, OB060, OB062, OB071, OB073.';
revoke all on function app_private.make_hold(public.booking_holds) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/make_hold.sql
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
  'Turns a hold into a booking, at the price and terms of the hold: expectedAmount is its finalAmount. Points and money from the wallet pay a part at once; with the payment method cash the rest is paid on the day of the service, which confirms the booking. Otherwise it is pending until the deposit, where the vendor takes one, or all of it is paid (startPayment, payFromWallet); it expires with the hold, and what was paid is returned. Raises OB001, OB003, OB020, OB030 (already confirmed), OB037, OB038 (no cash at present), OB042 (another amount is expected), OB048 (an amount of an earlier booking is due), OB061 (the hold has expired), OB062 (no longer offered, or the vendor takes no bookings), OB063 (not enough money in the wallet), OB064 (not enough points, or more than points may pay), OB065, OB068 (more than it costs), OB071 (too many bookings to come).';
revoke all on function public.confirm_booking(uuid, numeric, text, integer, numeric, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.confirm_booking(uuid, numeric, text, integer, numeric, text, text, text) to authenticated;
--! EndIncluded functions/booking/confirm_booking.sql
--! Included functions/booking/book_at_desk.sql
create or replace function public.book_at_desk(
  vendor_id uuid, guest_name text, idempotency_key text, service_ids uuid[] default null,
  starts_at timestamptz default null, provider_id uuid default null, addon_ids uuid[] default null,
  package_id uuid default null, guest_mobile text default null, special_instructions text default null
) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor public.vendors;
  v_place public.booking_holds;
  v_services uuid[] := book_at_desk.service_ids;
  v_addons uuid[] := coalesce(book_at_desk.addon_ids, '{}');
  v_guest text := nullif(btrim(book_at_desk.guest_name, E' \t\r\n'), '');
  v_mobile text;
  v_starts_at timestamptz;
  v_price app_private.price;
  v_terms public.booking_terms := app_private.terms_of_today(book_at_desk.vendor_id);
  v_booking public.bookings;
  v_done uuid;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_vendor from public.vendors v where v.id = book_at_desk.vendor_id;
  if (v_vendor.id = any (app_private.my_vendor_ids('bookings'))) is not true then
    if v_vendor.id is null or not (v_vendor.is_listed or app_private.belongs_to_vendor(v_vendor.id)) then
      raise exception 'The vendor was not found, or it is not listed. Check the id.'
        using errcode = 'OB003', column = 'vendor_id';
    end if;
    raise exception 'Only the desk of this vendor may book for guests: its owner, admins, managers and receptionists. Ask one of them.'
      using errcode = 'OB002';
  end if;
  v_done := app_private.replayed(book_at_desk.idempotency_key, 'book_at_desk', jsonb_build_object(
    'vendor', book_at_desk.vendor_id, 'provider', book_at_desk.provider_id,
    'at', extract(epoch from book_at_desk.starts_at), 'services', v_services, 'addons', book_at_desk.addon_ids,
    'package', book_at_desk.package_id, 'guest', book_at_desk.guest_name, 'mobile', book_at_desk.guest_mobile,
    'instructions', book_at_desk.special_instructions));
  if v_done is not null then
    return app_private.current_booking(v_done);
  end if;

  -- The guest.
  if v_guest is null or length(v_guest) > 200 then
    raise exception 'Guest name must have 1 to 200 characters.' using errcode = 'OB020', column = 'guest_name';
  end if;
  v_mobile := app_private.guest_mobile_of(book_at_desk.guest_mobile);
  if length(book_at_desk.special_instructions) > 1000 then
    raise exception 'Special instructions must have at most 1000 characters.'
      using errcode = 'OB020', column = 'special_instructions';
  end if;

  -- The services.
  select c.services, c.addons into v_services, v_addons
  from app_private.chosen_services(v_vendor.id, book_at_desk.service_ids, book_at_desk.addon_ids,
    book_at_desk.package_id) c;
  perform app_private.require_bookable(v_vendor.id);
  v_price := app_private.price_of(v_vendor.id, v_services, v_addons, book_at_desk.package_id, 'spa_visit', null, 'desk');
  if v_price.minutes > 1440 then
    raise exception 'A booking can take at most 24 hours. Choose fewer services.'
      using errcode = 'OB020', column = 'service_ids';
  end if;
  -- The guest may stand at the desk: then it begins in the present minute.
  v_starts_at := coalesce(book_at_desk.starts_at,
    date_trunc('minute', now() at time zone v_vendor.time_zone) at time zone v_vendor.time_zone);
  perform app_private.require_desk_time(v_vendor, v_starts_at);

  v_place.vendor_id := v_vendor.id;
  insert into public.bookings
    (channel, vendor_id, booking_type, booking_date, booking_time, time_zone, duration_minutes, total_amount,
      discount_amount, tax_amount, service_charge, final_amount, special_instructions, package_id)
  values ('desk', v_vendor.id, 'spa_visit',
    (v_starts_at at time zone v_vendor.time_zone)::date, (v_starts_at at time zone v_vendor.time_zone)::time,
    v_vendor.time_zone, v_price.minutes, v_price.total_amount, v_price.discount_amount, v_price.tax_amount,
    v_price.service_charge, v_price.final_amount, book_at_desk.special_instructions, book_at_desk.package_id)
  returning * into v_booking;
  insert into public.booking_contacts (booking_id, service_location)
  values (v_booking.id, app_private.location_of(v_place));
  insert into public.desk_bookings (booking_id, vendor_id, booked_by, guest_name, guest_mobile, commission_rate)
  values (v_booking.id, v_vendor.id, (select auth.uid()), v_guest, v_mobile,
    case when not app_private.is_platform_customer(v_vendor.id, v_mobile)
      then app_private.setting('desk.commission_percentage')::numeric end);
  insert into public.booking_items
    (booking_id, service_id, service_name, service_duration, service_price, quantity, addon_services, subtotal,
      discount_amount, tax_percentage, tax_amount)
  select v_booking.id, i.service_id, i.name, i.minutes, i.price, i.quantity, i.addons, i.subtotal,
    i.discount, i.tax_percentage, i.tax
  from app_private.price_items(v_vendor.id, v_services, v_addons, book_at_desk.package_id) i;
  -- A guest has agreed to no charges of the platform: cancelling and moving are free.
  v_terms.booking_id := v_booking.id;
  v_terms.reschedule_fee := 0;
  v_terms.late_cancel_fee_percentage := 0;
  insert into public.booking_terms values (v_terms.*);
  insert into public.booking_status_history (booking_id, to_status, changed_by)
  values (v_booking.id, 'pending', (select auth.uid()));
  update public.bookings b set status = 'confirmed' where b.id = v_booking.id returning * into v_booking;
  if book_at_desk.provider_id is null then
    perform app_private.assign_to_best(v_booking);
  else
    perform app_private.assign_provider(v_booking, book_at_desk.provider_id);
  end if;
  -- Waits for a transaction that is pausing or unlisting the vendor, and checks the result.
  perform from public.vendors v where v.id = v_vendor.id and v.takes_bookings for share;
  if not found then
    raise exception 'This vendor does not take bookings at present. Resume it first.'
      using errcode = 'OB062', column = 'vendor_id';
  end if;
  perform app_private.tell_desk_guest(v_booking, v_mobile);
  perform app_private.remember_result(book_at_desk.idempotency_key, v_booking.id);
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.book_at_desk(uuid, text, text, uuid[], timestamptz, uuid, uuid[], uuid, text, text) is
  'Books a visit for a guest at the vendor''s desk or on the telephone, for services and add-ons or for a package. For the vendor''s owner, admins, managers and receptionists. It may begin at any minute from now on, by default now, and at most 90 days ahead; without providerId the best free provider serves. It is confirmed and assigned at once, without a service charge, and paid at the desk (recordCashPayment). The mobile number is an Indian one; the customer who verifies it can claim the booking (claimBooking). Repeating the same idempotency key repeats the answer. Raises OB001, OB002 (not of the desk), OB003 (no such vendor or provider), OB020, OB060 (past, too far ahead, or not free), OB062 (not offered, or not by this provider, or the vendor takes no bookings), OB066 (key of another request).';
revoke all on function public.book_at_desk(uuid, text, text, uuid[], timestamptz, uuid, uuid[], uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.book_at_desk(uuid, text, text, uuid[], timestamptz, uuid, uuid[], uuid, text, text) to authenticated;
--! EndIncluded functions/booking/book_at_desk.sql

--! Included functions/money/settle_completed.sql
create or replace function app_private.settle_completed(p_booking_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.current_booking(p_booking_id);
  v_record public.commission_records;
  v_is_own_guest boolean := app_private.is_own_guest(p_booking_id);
  v_fees numeric := app_private.amount_agreed(p_booking_id) - v_booking.final_amount;
begin
  v_record.charge_amount := v_booking.service_charge;
  v_record.booking_amount := v_booking.final_amount - v_booking.tax_amount - v_record.charge_amount;
  v_record.vendor_gst_amount := v_booking.tax_amount - v_booking.charge_tax_amount;
  v_record.commission_rate := app_private.commission_rate_of(v_booking);
  v_record.commission_amount := app_private.percent_of(v_record.booking_amount, v_record.commission_rate);
  v_record.tds_amount := case when v_is_own_guest then 0 else app_private.percent_of(v_record.booking_amount,
    app_private.tax_percentage('tds', app_private.today())) end;
  v_record.tcs_amount := case when v_is_own_guest then 0 else app_private.percent_of(v_record.booking_amount,
    app_private.tax_percentage('tcs', app_private.today())) end;
  v_record.therapist_earning := app_private.percent_of(
    v_record.booking_amount - v_record.commission_amount,
    app_private.setting('commission.provider_percentage')::numeric);
  insert into public.commission_records
    (booking_id, vendor_id, therapist_id, beautician_id, booking_amount, commission_rate,
      commission_amount, therapist_earning, platform_earning, tds_amount, tcs_amount, gst_amount, vendor_gst_amount,
      charge_amount, period_month, payable_from)
  select v_booking.id, v_booking.vendor_id,
    (select a.therapist_id from public.therapist_assignments a
     where a.booking_id = v_booking.id and a.status = 'completed'),
    (select a.beautician_id from public.beautician_assignments a
     where a.booking_id = v_booking.id and a.status = 'completed'),
    v_record.booking_amount, v_record.commission_rate, v_record.commission_amount,
    v_record.therapist_earning, v_record.commission_amount + v_record.charge_amount, v_record.tds_amount,
    v_record.tcs_amount, v_booking.tax_amount, v_record.vendor_gst_amount, v_record.charge_amount, date_trunc('month', app_private.today()::timestamp)::date,
    -- The money of a desk booking is with the vendor already.
    now() + case when v_booking.is_attested or v_booking.channel = 'desk' then interval '0'
      else app_private.setting('commission.unattested_days')::integer * interval '1 day' end
  returning * into v_record;

  perform
    app_private.move_money('booking', v_booking.id, 'vendor', v_booking.vendor_id, v_record.net_amount,
      v_booking.id, 'earning'),
    app_private.move_money('booking', v_booking.id, 'commission', null, v_record.commission_amount,
      v_booking.id, 'commission'),
    app_private.move_money('booking', v_booking.id, 'tds', null, v_record.tds_amount, v_booking.id, 'tds'),
    app_private.move_money('booking', v_booking.id, 'tcs', null, v_record.tcs_amount, v_booking.id, 'tcs'),
    app_private.move_money('booking', v_booking.id, 'charge', null, v_record.charge_amount, v_booking.id, 'charge'),
    app_private.move_money('booking', v_booking.id, 'gst', null, v_booking.charge_tax_amount, v_booking.id, 'gst');
  perform app_private.credit_vendor(v_booking, 'reschedule_fee', v_fees);

  update public.therapist_private_details d
  set total_earnings = d.total_earnings + v_record.therapist_earning
  where d.therapist_id = v_record.therapist_id;
  update public.therapists t set total_services = t.total_services + 1
  where t.id = v_record.therapist_id;
  update public.beautician_private_details d
  set total_earnings = d.total_earnings + v_record.therapist_earning
  where d.beautician_id = v_record.beautician_id;
  perform app_private.reward_customer(v_booking);
end
$$;
comment on function app_private.settle_completed(uuid) is
  'Distributes what was paid for a completed booking: to the vendor its services with their GST, less commission, TDS and TCS on the amount before tax; to the platform its charge with the GST on it; then points, totals, tier and referral. The booking must be locked and paid.';
revoke all on function app_private.settle_completed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/settle_completed.sql
--! Included functions/money/reverse_earnings.sql
create or replace function app_private.reverse_earnings(
  p_booking public.bookings, p_amount numeric, p_borne_by text, p_reason text, p_by uuid, p_may_deduct boolean,
  p_least_commission numeric default null
) returns public.refund_decisions
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_decision public.refund_decisions;
  v_before public.refund_decisions;
  v_record public.commission_records;
  v_referral public.customer_referrals;
  -- How much of the price is refunded with this.
  v_share numeric := (p_booking.refunded_amount + p_amount) / p_booking.final_amount;
  -- What a service that ended early was lowered by, and how much of the rest is refunded with this.
  v_end public.refund_decisions;
  v_rest_share numeric;
  v_vendor_percentage numeric := case p_borne_by when 'vendor' then 100 when 'platform' then 0
    else app_private.setting('policy.refund_shared_percentage')::numeric end;
  v_net numeric;
  v_points integer;
  v_spent numeric;
  v_person uuid;
begin
  select * into v_record from public.commission_records c where c.booking_id = p_booking.id for no key update;
  select * into v_referral from public.customer_referrals r
  where r.first_booking_id = p_booking.id and r.status = 'rewarded';
  -- In the order in which they are locked when they are rewarded.
  for v_person in
    select p from unnest(array[p_booking.customer_id, v_referral.referrer_id]) p
    where p is not null order by p
  loop
    perform app_private.lock_customer(v_person);
  end loop;
  select coalesce(sum(d.gst_amount), 0), coalesce(sum(d.charge_amount), 0), coalesce(sum(d.commission_amount), 0), coalesce(sum(d.tds_amount), 0),
    coalesce(sum(d.tcs_amount), 0), coalesce(sum(d.provider_amount), 0), coalesce(sum(d.discount_amount), 0),
    coalesce(sum(d.points_taken), 0), coalesce(sum(d.referee_reward), 0), coalesce(sum(d.referrer_reward), 0)
  into v_before.gst_amount, v_before.charge_amount, v_before.commission_amount, v_before.tds_amount, v_before.tcs_amount,
    v_before.provider_amount, v_before.discount_amount, v_before.points_taken, v_before.referee_reward,
    v_before.referrer_reward
  from public.refund_decisions d where d.booking_id = p_booking.id;
  select d.* into v_end from public.booking_settlements s
  join public.refund_decisions d on d.id = s.decision_id where s.booking_id = p_booking.id;
  v_end.amount := coalesce(v_end.amount, 0);
  v_end.commission_amount := coalesce(v_end.commission_amount, 0);
  v_rest_share := coalesce((p_booking.refunded_amount + p_amount - v_end.amount)
    / nullif(p_booking.final_amount - v_end.amount, 0), 0);
  -- Points that have expired since are not taken a second time.
  select coalesce(sum(t.points), 0) into v_points from public.loyalty_points_transactions t
  where t.booking_id = p_booking.id and t.transaction_type = 'earned' and t.expires_at > now();

  v_decision.id := gen_random_uuid();
  v_decision.booking_id := p_booking.id;
  v_decision.vendor_id := p_booking.vendor_id;
  v_decision.amount := p_amount;
  v_decision.borne_by := p_borne_by;
  v_decision.reason := p_reason;
  v_decision.gst_amount := round((p_booking.tax_amount - coalesce(v_record.vendor_gst_amount, 0)) * v_share, 2)
    - v_before.gst_amount;
  v_decision.charge_amount := round(coalesce(v_record.charge_amount, 0) * v_share, 2) - v_before.charge_amount;
  v_decision.commission_amount := least(
    v_end.commission_amount
      + round((coalesce(v_record.commission_amount, 0) - v_end.commission_amount) * v_rest_share, 2)
      - v_before.commission_amount,
    v_record.commission_amount - p_least_commission);
  v_decision.tds_amount := round(coalesce(v_record.tds_amount, 0) * v_share, 2) - v_before.tds_amount;
  v_decision.tcs_amount := round(coalesce(v_record.tcs_amount, 0) * v_share, 2) - v_before.tcs_amount;
  v_net := p_amount - v_decision.gst_amount - v_decision.charge_amount - v_decision.commission_amount - v_decision.tds_amount
    - v_decision.tcs_amount;
  v_decision.vendor_amount := round(v_net * v_vendor_percentage / 100, 2);
  v_decision.platform_amount := v_net - v_decision.vendor_amount;
  v_decision.provider_amount := round(
    (coalesce(v_record.therapist_earning, 0) + v_before.provider_amount) * v_share, 2) - v_before.provider_amount;
  v_decision.discount_amount := round(p_booking.discount_amount * v_share, 2) - v_before.discount_amount;
  -- Where a service ended early, its points were counted from what was really paid.
  v_decision.points_taken := case when p_least_commission is not null then 0
    else greatest(0, ceil(v_points * v_rest_share)::integer - v_before.points_taken) end;
  v_decision.referee_reward := round(coalesce(v_referral.referee_reward, 0) * v_share, 2)
    - v_before.referee_reward;
  v_decision.referrer_reward := round(coalesce(v_referral.referrer_reward, 0) * v_share, 2)
    - v_before.referrer_reward;

  -- Money that is missing was spent: it is deducted from the refund, as far as that is possible.
  v_spent := app_private.take_points_back(p_booking, v_decision.points_taken)
    * app_private.setting('loyalty.rupees_a_point_pays')::numeric;
  v_decision.points_deducted := case when p_may_deduct then least(v_spent, p_amount) else 0 end;
  v_spent := 0;
  if v_referral.id is not null then
    v_spent := app_private.take_reward_back(p_booking, v_referral.referee_id, v_decision.referee_reward)
      + app_private.take_reward_back(p_booking, v_referral.referrer_id, v_decision.referrer_reward);
  end if;
  v_decision.rewards_deducted := case when p_may_deduct
    then least(v_spent, p_amount - v_decision.points_deducted) else 0 end;
  v_decision.decided_by := p_by;
  v_decision.created_at := now();
  insert into public.refund_decisions values (v_decision.*);

  perform
    app_private.move_money('gst', null, 'booking', p_booking.id, v_decision.gst_amount, p_booking.id, 'refund'),
    app_private.move_money('charge', null, 'booking', p_booking.id, v_decision.charge_amount, p_booking.id, 'refund'),
    app_private.move_money('commission', null, 'booking', p_booking.id, v_decision.commission_amount,
      p_booking.id, 'refund'),
    app_private.move_money('tds', null, 'booking', p_booking.id, v_decision.tds_amount, p_booking.id, 'refund'),
    app_private.move_money('tcs', null, 'booking', p_booking.id, v_decision.tcs_amount, p_booking.id, 'refund'),
    app_private.move_money('commission', null, 'booking', p_booking.id, v_decision.platform_amount,
      p_booking.id, 'refund borne'),
    app_private.move_money('booking', p_booking.id, 'points', null, v_decision.points_deducted,
      p_booking.id, 'points spent'),
    app_private.move_money('booking', p_booking.id, 'rewards', null, v_decision.rewards_deducted,
      p_booking.id, 'rewards spent');
  perform app_private.credit_vendor(p_booking, 'refund', -v_decision.vendor_amount, null, v_decision.id);

  update public.bookings b set refunded_amount = b.refunded_amount + p_amount where b.id = p_booking.id;
  update public.commission_records c
  set therapist_earning = c.therapist_earning - v_decision.provider_amount,
    platform_earning = c.platform_earning - v_decision.commission_amount - v_decision.charge_amount
      - v_decision.platform_amount
  where c.id = v_record.id;
  update public.therapist_private_details d set total_earnings = d.total_earnings - v_decision.provider_amount
  where d.therapist_id = v_record.therapist_id;
  update public.beautician_private_details d set total_earnings = d.total_earnings - v_decision.provider_amount
  where d.beautician_id = v_record.beautician_id;
  update public.customers c
  set total_spent = c.total_spent - p_amount, total_saved = c.total_saved - v_decision.discount_amount,
    membership_tier = app_private.tier_of(app_private.spent_in_a_year(c.id))
  -- Bookings of the desk do not count as spent.
  where c.id = p_booking.customer_id and p_booking.channel = 'platform';
  return v_decision;
end
$$;
comment on function app_private.reverse_earnings(public.bookings, numeric, text, text, uuid, boolean, numeric) is
  'Takes back what an amount of a completed booking''s price has earned: the platform''s GST and charge, commission, TDS and TCS in proportion, the rest, with the vendor''s GST, from the vendor, the platform or both; then points, rewards, totals and tier. Spent points and rewards are deducted where that is requested. With p_least_commission the price is lowered because the service ended early: this much of the commission stays, and points are not touched. Afterwards the amount less the deductions lies with the booking. The booking must be locked, and the amount of its price must not be refunded yet.';
revoke all on function app_private.reverse_earnings(public.bookings, numeric, text, text, uuid, boolean, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/reverse_earnings.sql
--! Included functions/money/balances_by_rows.sql
create or replace function app_private.balances_by_rows() returns setof app_private.balance
language sql stable security definer set search_path = '' as $$
  select 'wallet', t.customer_id,
    coalesce(sum(case t.transaction_type when 'debit' then -t.amount else t.amount end)
      filter (where t.amount <> 'NaN'), 0)
  from public.wallet_transactions t group by t.customer_id
  union all
  select 'vendor', d.vendor_id, sum(d.amount)
  from (
    select c.vendor_id, c.net_amount as amount
    from public.commission_records c where c.settlement_status <> 'settled'
    union all
    select c.vendor_id, c.amount from public.vendor_credits c
    where not exists (
      select from public.vendor_payouts p where p.id = c.payout_id and p.payout_status = 'completed')
  ) d
  group by d.vendor_id
  union all
  -- Paid, and neither earned nor refunded.
  select 'booking', b.id,
    coalesce((
      select sum(p.total_amount) filter (where p.total_amount <> 'NaN') from public.payments p
      where p.booking_id = b.id and p.status in ('success', 'partially_refunded', 'refunded')), 0)
    - coalesce((
      select sum(r.refund_amount) filter (where r.refund_amount <> 'NaN') from public.refunds r
      where r.booking_id = b.id and r.status = 'completed' and not r.is_borne_by_platform), 0)
    - case b.status
      when 'completed' then case
        when exists (
          select from public.booking_settlements s where s.booking_id = b.id and s.settled_at is null) then 0
        else app_private.amount_agreed(b.id) + coalesce((
          select sum(d.points_deducted + d.rewards_deducted) from public.refund_decisions d
          where d.booking_id = b.id), 0) end
      when 'cancelled' then app_private.charge_collected(b.id)
      else 0 end
  from public.bookings b
  -- Bookings that ended before the journal existed are not part of it.
  where b.status in ('pending', 'confirmed', 'assigned', 'in_progress')
    or b.id in (select j.booking_id from app_private.journal j)
    or b.id in (select r.booking_id from public.refunds r where r.status in ('pending', 'processing'))
$$;
comment on function app_private.balances_by_rows() is
  'Balances that the accounts of customers, vendors and bookings must have by their own rows: wallets, what vendors are owed, and what is paid for bookings and neither earned nor refunded.';
revoke all on function app_private.balances_by_rows() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/balances_by_rows.sql
--! Included functions/money/make_payouts.sql
create or replace function app_private.make_payouts(p_monday date) returns setof public.vendor_payouts
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_until timestamptz := app_private.start_of(p_monday + 7);
  v_payout public.vendor_payouts;
  v_vendor record;
begin
  if extract(isodow from p_monday) <> 1 or v_until > now() then
    raise exception 'A payout must be for a past week that starts on a Monday. Choose another Monday.'
      using errcode = 'OB020';
  end if;
  -- One run at a time; the second finds what the first left.
  perform pg_advisory_xact_lock(hashtext('ombaro.payouts'));
  for v_vendor in
    with due as (
      select c.vendor_id, c.id as record_id, null::uuid as credit_id, c.booking_amount,
        c.vendor_gst_amount, c.commission_amount, c.tds_amount, c.tcs_amount, 0::numeric as credit, c.net_amount as net
      from public.commission_records c
      where c.payout_id is null and c.settlement_status = 'pending' and c.payable_from < v_until
      union all
      select c.vendor_id, null, c.id, 0, 0, 0, 0, 0, c.amount, c.amount
      from public.vendor_credits c
      where c.payout_id is null and c.created_at < v_until
    )
    select d.vendor_id, count(d.record_id)::integer as bookings,
      array_agg(d.record_id) filter (where d.record_id is not null) as record_ids,
      array_agg(d.credit_id) filter (where d.credit_id is not null) as credit_ids,
      sum(d.booking_amount) as gross, sum(d.vendor_gst_amount) as gst, sum(d.commission_amount) as commission,
      sum(d.tds_amount) as tds, sum(d.tcs_amount) as tcs, sum(d.credit) as credit,
      sum(d.net) as net
    from due d
    -- Payouts of a suspended vendor are held: once it is reinstated, the next run includes all of it.
    where not exists (select from public.vendors v where v.id = d.vendor_id and v.status = 'suspended')
    group by d.vendor_id
    -- A vendor who owes more than is due is settled in a later week.
    having sum(d.net) > 0
    order by d.vendor_id
  loop
    insert into public.vendor_payouts
      (vendor_id, period_start, period_end, total_bookings, gross_amount, gst_amount, commission_amount,
        tds_amount, tcs_amount, adjustment_amount, net_amount)
    values (v_vendor.vendor_id, p_monday, p_monday + 6, v_vendor.bookings, v_vendor.gross, v_vendor.gst,
      v_vendor.commission, v_vendor.tds, v_vendor.tcs, v_vendor.credit, v_vendor.net)
    on conflict (vendor_id, period_start) do nothing
    returning * into v_payout;
    continue when not found;
    -- Only the records that were added up: a service of that week may be completed at this moment.
    update public.commission_records c
    set payout_id = v_payout.id, settlement_status = 'processing'
    where c.id = any (v_vendor.record_ids);
    update public.vendor_credits c set payout_id = v_payout.id
    where c.id = any (v_vendor.credit_ids);
    if (app_private.payout_account(v_payout.vendor_id)).id is null then
      perform app_private.tell_payouts_held(v_payout.vendor_id);
    end if;
    return next v_payout;
  end loop;
end
$$;
comment on function app_private.make_payouts(date) is
  'Creates the payouts of the week from this Monday: everything that is due to each vendor until its Sunday and is in no payout yet. Running it again creates nothing twice. Suspended vendors are left out; a vendor without a bank account for payouts is told that they are held. Raises OB020.';
revoke all on function app_private.make_payouts(date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.make_payouts(date) to ombaro_worker;
--! EndIncluded functions/money/make_payouts.sql
--! Included functions/dashboards/figures_of_days.sql
create or replace function app_private.figures_of_days(p_group text, p_days date[])
returns table (figure text, day date, value numeric, weight numeric)
language plpgsql stable security definer set search_path = '' as $$
begin
  case p_group
  when 'money' then
    -- payments_payment_date_idx, refunds_processed_at_idx, vendor_payouts_payment_date_idx.
    return query
    select f.figure, d.day, f.value, 1.0
    from unnest(p_days) d (day)
    cross join lateral (
      -- What vendors receive, in cash or at their desks, is not the platform's, and points and the wallet bring no money.
      select sum(p.total_amount) as received
      from public.payments p
      where p.payment_date >= app_private.start_of(d.day)
        and p.payment_date < app_private.start_of(d.day + 1)
        and p.status in ('success', 'partially_refunded', 'refunded') and not p.is_at_desk
        and p.payment_method not in ('cash', 'wallet', 'points')
    ) p
    cross join lateral (
      select sum(r.refund_amount) as refunded
      from public.refunds r
      where r.processed_at >= app_private.start_of(d.day)
        and r.processed_at < app_private.start_of(d.day + 1)
        and r.status = 'completed' and (r.refund_method in ('wallet', 'points', 'desk')) is not true
    ) r
    cross join lateral (
      select sum(v.net_amount) as paid_out
      from public.vendor_payouts v
      where v.payment_date >= app_private.start_of(d.day)
        and v.payment_date < app_private.start_of(d.day + 1)
        and v.payout_status = 'completed'
    ) v
    cross join lateral (values
      ('payments_received', p.received),
      ('cash_flow', case when num_nonnulls(p.received, r.refunded, v.paid_out) > 0 then
        coalesce(p.received, 0) - coalesce(r.refunded, 0) - coalesce(v.paid_out, 0) end)
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
create or replace trigger _600_figures
  after insert or delete or update of commission_amount, charge_amount, platform_amount, created_at
  on public.refund_decisions for each row execute function app_private.tg__figure_days('commissions', 'created_at');

insert into public.schema_versions (version, migration, released_on, changes)
values ('1.34', 'tax-by-line', '2026-11-29', 'GST of the vendor on each service and of the platform on its charge, each to the one that owes it');
