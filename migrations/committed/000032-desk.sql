--! Previous: sha1:e5bd63a27d97930f5f899c7b2ce3511ce1bd8cba
--! Hash: sha1:53773f9fe47bf42e386eb9381ce193de4c574484
--! Message: desk

--! split: 010-words.sql
-- Bookings that a vendor's desk makes for guests who walk in or call. A guest has no account here: the booking has
-- no customer until the one who verifies the guest's mobile number claims it, and what was paid at the desk stays
-- with the vendor (docs/decisions/0036-desk-bookings.md).
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-foreign-key-constraint, ban-drop-not-null

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('desk.commission_percentage', 'desk', '0', 'number', 0, 100, false, 'Percentage of commission on desk bookings for guests of the vendor''s own'),
  ('desk.platform_customer_days', 'desk', '90', 'integer', 0, 730, false, 'Days after a booking through the platform in which a desk booking for the same mobile number pays the usual commission'),
  ('desk.claim_days', 'desk', '90', 'integer', 0, 730, true, 'Days after its start in which a desk booking can be claimed'),
  ('desk.provider_contact_hours', 'desk', '24', 'integer', 0, 720, false, 'Hours after the service in which its provider sees name and mobile number of a guest of the desk'),
  ('desk.guest_months', 'desk', '24', 'integer', 1, 120, false, 'Months after which name and mobile number of a guest of the desk are deleted');

insert into enums.payment_method values ('card', 'Card, at a vendor''s desk');
insert into enums.vendor_credit_kind values
  ('desk_gst', 'GST of a desk booking, which the vendor has collected and owes itself; below 0 for a refund'),
  ('desk_refund', 'What the vendor has given back at its desk');
insert into enums.notification_type values
  ('desk_booking', 'A vendor''s desk has booked for the user''s mobile number');
--! Included templates/desk_booking.sql
-- A vendor's desk has booked for a mobile number that a user has verified.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('desk_booking', 'customer', 'en',
    '{{vendor}} has booked a visit for your mobile number',
    '{{service}} on {{date}} at {{time}}, booking {{booking_number}}. Claim it in the app to see it, to cancel it and to get its start code. If it is not yours, do nothing.',
    '{push,in_app,sms}', 'normal', '/bookings/claim/{{booking_number}}'),
  ('desk_booking', 'customer', 'hi',
    '{{vendor}} ने आपके मोबाइल नंबर के लिए बुकिंग की है',
    '{{service}}, {{date}} को {{time}} बजे, बुकिंग {{booking_number}}। इसे देखने, रद्द करने और स्टार्ट कोड पाने के लिए ऐप में अपने नाम करें। यदि यह आपकी नहीं है, तो कुछ न करें।',
    '{push,in_app,sms}', 'normal', '/bookings/claim/{{booking_number}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/desk_booking.sql

--! split: 020-bookings.sql
-- A booking, its assignment and its money without a customer.

create table enums.booking_channel (value text primary key, description text not null);
comment on table enums.booking_channel is E'@enum\n@enumName BookingChannel\nWhere a booking was made.';
select app_private.publish_list('enums.booking_channel');
insert into enums.booking_channel values
  ('platform', 'By the customer, in the app'), ('desk', 'By the vendor, at its desk');

alter table public.bookings
  add column channel text not null default 'platform' references enums.booking_channel,
  alter column customer_id drop not null,
  add constraint bookings_have_a_customer_unless_made_at_the_desk
    check (customer_id is not null or channel = 'desk'),
  add constraint bookings_of_the_desk_are_visits_without_charge
    check (channel <> 'desk' or (booking_type = 'spa_visit' and service_charge = 0));
comment on column public.bookings.channel is
  'Where it was made: by the customer on the platform, or by the vendor at its desk.';
comment on column public.bookings.customer_id is
  'Customer who made or claimed the booking; null for a desk booking that no one has claimed.';

alter table public.therapist_assignments alter column customer_id drop not null;
comment on column public.therapist_assignments.customer_id is
  'Customer of the booking; null for a desk booking that no one has claimed.';
alter table public.beautician_assignments alter column customer_id drop not null;
comment on column public.beautician_assignments.customer_id is
  'Customer of the booking, copied from it; null for a desk booking that no one has claimed.';

alter table public.payments
  add column is_at_desk boolean not null default false,
  alter column customer_id drop not null,
  add constraint payments_have_a_customer_unless_at_the_desk check (customer_id is not null or is_at_desk),
  add constraint payments_at_the_desk_without_gateway
    check (not is_at_desk or (payment_gateway is null and payment_method in ('cash', 'card', 'upi')));
comment on column public.payments.is_at_desk is
  'Whether the vendor received it at its desk, for a desk booking. The platform never has this money.';
comment on column public.payments.customer_id is
  'Customer who pays; null for a desk booking that no one has claimed.';
alter table public.refunds
  alter column customer_id drop not null,
  add constraint refunds_have_a_customer_unless_at_the_desk check (customer_id is not null or refund_method = 'desk');
comment on column public.refunds.customer_id is
  'Customer who receives the money; null for a desk booking that no one has claimed.';
comment on column public.refunds.refund_method is
  'Where the money goes, such as the wallet, the card that was used, or desk for what the vendor gives back at its desk; null until decided.';

-- Desk bookings cost nothing to make, so that they count in no public number and in no tier.
comment on column public.vendors.total_bookings is
  'How many bookings it has had through the platform; counted by the platform.';
comment on column public.customers.total_bookings is
  'How many bookings the customer has made through the platform; counted by the platform.';

-- Why the table exists: a guest's name and number are for few, and only for some time.
create table public.desk_bookings (
  booking_id uuid primary key references public.bookings (id) on delete cascade,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  booked_by uuid references public.user_profiles (id) on delete set null,
  guest_name text constraint desk_bookings_guest_name_length check (length(trim(guest_name)) between 1 and 200),
  guest_mobile public.mobile_number,
  commission_rate numeric(5, 2),
  customer_id uuid references public.customers (id) on delete restrict,
  claimed_at timestamptz,
  created_at timestamptz not null default now(),
  constraint desk_bookings_claimed_whole check ((customer_id is null) = (claimed_at is null))
);
alter table public.desk_bookings enable row level security;
select app_private.keep_timestamps('public.desk_bookings');
select app_private.limit_numbers('public.desk_bookings', '{"commission_rate": "rate"}');
-- Lists of a desk.
create index desk_bookings_vendor_id_idx on public.desk_bookings (vendor_id, created_at desc);
create index desk_bookings_booked_by_idx on public.desk_bookings (booked_by) where booked_by is not null;
create index desk_bookings_customer_id_idx on public.desk_bookings (customer_id) where customer_id is not null;
-- What can be claimed with a number.
create index desk_bookings_unclaimed_idx on public.desk_bookings (guest_mobile)
  where customer_id is null and guest_mobile is not null;
-- What the job that forgets guests goes through.
create index desk_bookings_remembered_idx on public.desk_bookings (created_at) where guest_name is not null;
insert into app_private.audit_redactions values
  ('desk_bookings', 'guest_name'), ('desk_bookings', 'guest_mobile');
create trigger _800_audit after insert or update or delete on public.desk_bookings
  for each row execute function app_private.tg__audit('booking_id');
comment on table public.desk_bookings is
  'Whom the desk of a vendor has booked for. Visible to the desk, to the provider from acknowledging until 24 hours after the service by default, to the customer who has claimed it, and to the platform.';
comment on column public.desk_bookings.booking_id is 'Booking of the desk.';
comment on column public.desk_bookings.vendor_id is 'Vendor whose desk has booked.';
comment on column public.desk_bookings.booked_by is 'User of the desk who has booked; null once that account is gone.';
comment on column public.desk_bookings.guest_name is 'Name of the guest; null once it is deleted, by default after 24 months.';
comment on column public.desk_bookings.guest_mobile is
  'Mobile number that the guest gave at the desk, in E.164 form; not verified. Null when not given, or once it is deleted.';
comment on column public.desk_bookings.commission_rate is
  'Percentage of commission for a guest of the vendor''s own; null for a customer of the platform, who costs the vendor''s usual rate and taxes.';
comment on column public.desk_bookings.customer_id is 'Customer who has claimed it; null until then.';
comment on column public.desk_bookings.claimed_at is 'When it was claimed; null until then.';
comment on constraint desk_bookings_guest_name_length on public.desk_bookings is
  'Guest name must have 1 to 200 characters.';
--! Included functions/identity/my_served_booking_ids.sql
create or replace function app_private.my_served_booking_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select b.id from (
      select a.booking_id from public.therapist_assignments a
      join public.therapists t on t.id = a.therapist_id
      where t.user_id = (select auth.uid()) and a.status not in ('assigned', 'cancelled')
      union all
      -- In the salon there is nothing to acknowledge.
      select a.booking_id from public.beautician_assignments a
      join public.beauticians k on k.id = a.beautician_id
      where k.user_id = (select auth.uid()) and a.status <> 'cancelled'
    ) mine
    join public.bookings b on b.id = mine.booking_id
    where b.status <> 'cancelled'
      and b.ends_at > now() - app_private.setting('desk.provider_contact_hours')::integer * interval '1 hour');
end
$$;
comment on function app_private.my_served_booking_ids() is
  'Bookings of the signed-in provider from acknowledging them until some hours after the service (desk.provider_contact_hours): as long as the provider sees whom they are for.';
revoke all on function app_private.my_served_booking_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_served_booking_ids() to authenticated;
--! EndIncluded functions/identity/my_served_booking_ids.sql
create policy select_party on public.desk_bookings for select to authenticated
  using (
    customer_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('bookings'))::uuid[])
    or booking_id = any ((select app_private.my_served_booking_ids())::uuid[])
  );
create policy select_staff on public.desk_bookings for select to staff
  using (
    booking_id >= (select app_private.floor_uuid('bookings.read'))
    and created_at >= (select app_private.floor_instant('bookings.read'))
  );
-- Withheld: every write. bookAtDesk and claimBooking do that.
grant select on public.desk_bookings to authenticated, staff;
insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.desk_bookings', 'customer_id', true), ('public.desk_bookings', 'booked_by', false),
  ('public.desk_bookings', 'booking_id', false), ('public.desk_bookings', 'vendor_id', false);

--! split: 030-money.sql
-- Money that a vendor receives at its desk: recorded, counted with what the vendor earns, and given back there.

drop function app_private.price_of(uuid, uuid[], uuid[], uuid, text, text);
--! Included functions/booking/price_of.sql
create or replace function app_private.price_of(
  p_vendor_id uuid, p_service_ids uuid[], p_addon_ids uuid[], p_package_id uuid,
  p_booking_type text, p_pincode text, p_channel text default 'platform'
) returns app_private.price
language plpgsql stable security definer set search_path = '' as $$
declare
  v_price app_private.price;
  v_untaxed numeric;
begin
  select sum(i.minutes * i.quantity) + coalesce(sum((
      select sum((a.value ->> 'duration')::integer) from jsonb_array_elements(i.addons) a)), 0),
    sum(i.subtotal)
    into v_price.minutes, v_price.total_amount
  from app_private.price_items(p_vendor_id, p_service_ids, p_addon_ids) i;
  select greatest(0, v_price.total_amount - p.package_price) into v_price.discount_amount
  from public.service_packages p where p.id = p_package_id;
  v_price.discount_amount := coalesce(v_price.discount_amount, 0);
  v_price.service_charge := case when p_channel = 'desk' then 0
    else app_private.setting('booking.service_charge')::numeric end;
  if p_booking_type = 'home_service' and p_pincode is not null then
    v_price.service_charge := v_price.service_charge
      + coalesce((public.serviceable(p_pincode)).charge, 0);
  end if;
  v_untaxed := v_price.total_amount - v_price.discount_amount + v_price.service_charge;
  v_price.tax_amount := app_private.percent_of(v_untaxed,
    app_private.tax_percentage('gst', app_private.today()));
  v_price.final_amount := v_untaxed + v_price.tax_amount;
  return v_price;
end
$$;
comment on function app_private.price_of(uuid, uuid[], uuid[], uuid, text, text, text) is
  'The price today: items and add-ons, less the discount of a package, plus the service charge (none at the desk) with the charge for this postal code, plus GST on all of it. Raises OB020, OB062.';
revoke all on function app_private.price_of(uuid, uuid[], uuid[], uuid, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/price_of.sql
--! Included functions/money/lock_customer.sql
create or replace function app_private.lock_customer(p_customer_id uuid) returns public.customers
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers;
begin
  -- A desk booking that no one has claimed has none.
  if p_customer_id is null then
    return null;
  end if;
  select * into strict v_customer from public.customers c where c.id = p_customer_id for no key update;
  return v_customer;
end
$$;
comment on function app_private.lock_customer(uuid) is
  'Locks a customer''s wallet, points and totals until the end of the transaction; null where there is no customer.';
revoke all on function app_private.lock_customer(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/lock_customer.sql
--! Included functions/money/commission_rate_of.sql
create or replace function app_private.commission_rate_of(p_booking public.bookings) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select d.commission_rate from public.desk_bookings d where d.booking_id = p_booking.id),
    (select d.commission_rate from public.vendor_private_details d where d.vendor_id = p_booking.vendor_id))
$$;
comment on function app_private.commission_rate_of(public.bookings) is
  'Percentage of commission of a booking: the vendor''s, or that of a desk booking for the vendor''s own guest.';
revoke all on function app_private.commission_rate_of(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/commission_rate_of.sql
--! Included functions/money/is_own_guest.sql
create or replace function app_private.is_own_guest(p_booking_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from public.desk_bookings d where d.booking_id = p_booking_id and d.commission_rate is not null)
$$;
comment on function app_private.is_own_guest(uuid) is
  'Whether a booking was made at the desk for a guest of the vendor''s own: the platform has brought no customer, so nothing is withheld for it.';
revoke all on function app_private.is_own_guest(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/is_own_guest.sql
--! Included functions/money/move_gst.sql
create or replace function app_private.move_gst(
  p_booking public.bookings, p_amount numeric, p_reason text, p_decision_id uuid default null
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_booking.channel = 'desk' then
    -- The vendor has collected it at its desk, and owes it itself.
    perform app_private.credit_vendor(p_booking, 'desk_gst', p_amount, null, p_decision_id);
  else
    perform app_private.move_money('booking', p_booking.id, 'gst', null, p_amount, p_booking.id, p_reason);
  end if;
end
$$;
comment on function app_private.move_gst(public.bookings, numeric, text, uuid) is
  'Moves the GST of a completed booking to the one that owes it, or back with an amount below 0: the vendor for a desk booking, else the platform for it.';
revoke all on function app_private.move_gst(public.bookings, numeric, text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/move_gst.sql
--! Included functions/money/settle_completed.sql
create or replace function app_private.settle_completed(p_booking_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.current_booking(p_booking_id);
  v_record public.commission_records;
  v_is_own_guest boolean := app_private.is_own_guest(p_booking_id);
  v_fees numeric := app_private.amount_agreed(p_booking_id) - v_booking.final_amount;
begin
  v_record.booking_amount := v_booking.final_amount - v_booking.tax_amount;
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
      commission_amount, therapist_earning, platform_earning, tds_amount, tcs_amount, gst_amount, period_month,
      payable_from)
  select v_booking.id, v_booking.vendor_id,
    (select a.therapist_id from public.therapist_assignments a
     where a.booking_id = v_booking.id and a.status = 'completed'),
    (select a.beautician_id from public.beautician_assignments a
     where a.booking_id = v_booking.id and a.status = 'completed'),
    v_record.booking_amount, v_record.commission_rate, v_record.commission_amount,
    v_record.therapist_earning, v_record.commission_amount, v_record.tds_amount, v_record.tcs_amount,
    v_booking.tax_amount, date_trunc('month', app_private.today()::timestamp)::date,
    -- The money of a desk booking is with the vendor already.
    now() + case when v_booking.is_attested or v_booking.channel = 'desk' then interval '0'
      else app_private.setting('commission.unattested_days')::integer * interval '1 day' end
  returning * into v_record;

  perform
    app_private.move_money('booking', v_booking.id, 'vendor', v_booking.vendor_id,
      v_record.booking_amount - v_record.commission_amount - v_record.tds_amount - v_record.tcs_amount,
      v_booking.id, 'earning'),
    app_private.move_money('booking', v_booking.id, 'commission', null, v_record.commission_amount,
      v_booking.id, 'commission'),
    app_private.move_money('booking', v_booking.id, 'tds', null, v_record.tds_amount, v_booking.id, 'tds'),
    app_private.move_money('booking', v_booking.id, 'tcs', null, v_record.tcs_amount, v_booking.id, 'tcs');
  perform app_private.move_gst(v_booking, v_booking.tax_amount, 'gst');
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
  'Distributes what was paid for a completed booking: commission and taxes on the amount before tax, GST, the rest to the vendor; then points, totals, tier and referral. The booking must be locked and paid.';
revoke all on function app_private.settle_completed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/settle_completed.sql
--! Included functions/money/take_points_back.sql
create or replace function app_private.take_points_back(p_booking public.bookings, p_points integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_there integer;
begin
  if p_points = 0 then
    return 0;
  end if;
  select least(p_points, c.loyalty_points) into v_there
  from public.customers c where c.id = p_booking.customer_id;
  perform app_private.move_points(p_booking.customer_id, 'adjusted', -v_there, p_booking.id,
    'Points of ' || p_booking.booking_number || ', which was refunded', null);
  return p_points - v_there;
end
$$;
comment on function app_private.take_points_back(public.bookings, integer) is
  'Takes points back from the customer of a refunded booking, as far as they are left; returns how many were already spent. The customer must be locked.';
revoke all on function app_private.take_points_back(public.bookings, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/take_points_back.sql
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
  select coalesce(sum(d.gst_amount), 0), coalesce(sum(d.commission_amount), 0), coalesce(sum(d.tds_amount), 0),
    coalesce(sum(d.tcs_amount), 0), coalesce(sum(d.provider_amount), 0), coalesce(sum(d.discount_amount), 0),
    coalesce(sum(d.points_taken), 0), coalesce(sum(d.referee_reward), 0), coalesce(sum(d.referrer_reward), 0)
  into v_before.gst_amount, v_before.commission_amount, v_before.tds_amount, v_before.tcs_amount,
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
  v_decision.gst_amount := round(p_booking.tax_amount * v_share, 2) - v_before.gst_amount;
  v_decision.commission_amount := least(
    v_end.commission_amount
      + round((coalesce(v_record.commission_amount, 0) - v_end.commission_amount) * v_rest_share, 2)
      - v_before.commission_amount,
    v_record.commission_amount - p_least_commission);
  v_decision.tds_amount := round(coalesce(v_record.tds_amount, 0) * v_share, 2) - v_before.tds_amount;
  v_decision.tcs_amount := round(coalesce(v_record.tcs_amount, 0) * v_share, 2) - v_before.tcs_amount;
  v_net := p_amount - v_decision.gst_amount - v_decision.commission_amount - v_decision.tds_amount
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

  perform app_private.move_gst(p_booking, -v_decision.gst_amount, 'refund', v_decision.id);
  perform
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
    platform_earning = c.platform_earning - v_decision.commission_amount - v_decision.platform_amount
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
  'Takes back what an amount of a completed booking''s price has earned: GST, commission, TDS and TCS in proportion, the rest from the vendor, the platform or both; then points, rewards, totals and tier. Spent points and rewards are deducted where that is requested. With p_least_commission the price is lowered because the service ended early: this much of the commission stays, and points are not touched. Afterwards the amount less the deductions lies with the booking. The booking must be locked, and the amount of its price must not be refunded yet.';
revoke all on function app_private.reverse_earnings(public.bookings, numeric, text, text, uuid, boolean, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/reverse_earnings.sql
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
  perform app_private.move_points(p_booking.customer_id, 'earned',
    floor(m.paid / app_private.setting('loyalty.rupees_per_point')::numeric)::integer,
    p_booking.id, 'Points of ' || p_booking.booking_number,
    (now() at time zone 'Asia/Kolkata' + app_private.setting('loyalty.expiry_months')::integer * interval '1 month')
      at time zone 'Asia/Kolkata')
  from (
    select coalesce(sum(app_private.refundable(p)), 0) as paid from public.payments p
    where p.booking_id = p_booking.id and p.payment_method not in ('points', 'wallet')
  ) m;

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
    and now() < c.created_at + app_private.setting('referral.within_days')::integer * interval '1 day';
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
  'Applies the benefits of a completed booking to its customer, none for a desk booking: totals, tier, and where it was started with the start code one point per ₹100 of money (not points or wallet), and with the first such booking the referral reward for both.';
revoke all on function app_private.reward_customer(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/reward_customer.sql
--! Included functions/money/spent_in_a_year.sql
create or replace function app_private.spent_in_a_year(p_customer_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce(sum(b.final_amount - b.refunded_amount), 0)
  from public.bookings b
  join public.commission_records c on c.booking_id = b.id
  where b.customer_id = p_customer_id and b.status = 'completed' and b.channel = 'platform'
    and c.created_at > (now() at time zone 'Asia/Kolkata' - interval '12 months') at time zone 'Asia/Kolkata'
$$;
comment on function app_private.spent_in_a_year(uuid) is
  'Rupees of a customer''s bookings through the platform that were completed in the last twelve months, less later refunds.';
revoke all on function app_private.spent_in_a_year(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/spent_in_a_year.sql
--! Included functions/money/payable.sql
create or replace function app_private.payable(p_booking public.bookings, p_amount numeric) returns numeric
language plpgsql stable security definer set search_path = '' as $$
declare
  v_due numeric := app_private.amount_due(p_booking.id);
  v_amount numeric := round(coalesce(p_amount, v_due), 2);
begin
  if p_booking.channel = 'desk' then
    raise exception 'This booking was made at the vendor''s desk. Pay there.' using errcode = 'OB030';
  end if;
  if p_booking.status = 'cancelled' and v_due = 0
    or p_booking.status = 'pending' and p_booking.expires_at <= clock_timestamp() then
    raise exception 'This booking is cancelled or has lapsed, so it cannot be paid. Book again.'
      using errcode = 'OB030';
  end if;
  if v_due = 0 and exists (
    select from public.booking_settlements s where s.booking_id = p_booking.id and s.agreed_at is null) then
    raise exception 'What this booking costs is not decided yet. Agree on the amount first, or wait for the decision.'
      using errcode = 'OB030';
  end if;
  if v_due = 0 then
    raise exception 'This booking has already been paid in full. Reload it.' using errcode = 'OB030';
  end if;
  if v_amount <= 0 then
    raise exception 'Amount must be greater than 0.' using errcode = 'OB020', column = 'amount';
  end if;
  if v_amount > v_due then
    raise exception 'Only ₹% are left to be paid. Enter at most this amount.', v_due
      using errcode = 'OB068', column = 'amount';
  end if;
  return v_amount;
end
$$;
comment on function app_private.payable(public.bookings, numeric) is
  'The amount to pay; all that is due where it is null; for a cancelled booking its cancellation cost. Raises OB020 (0 or less), OB030 (nothing to pay any more, or a desk booking), OB068 (more than is due).';
revoke all on function app_private.payable(public.bookings, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/payable.sql
--! Included functions/money/payment_received.sql
create or replace function app_private.payment_received(
  p_payment_id uuid, p_amount numeric, p_reference text
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payment public.payments;
  v_booking public.bookings;
  v_kept numeric;
  v_excess numeric;
begin
  update public.payments p
  set status = 'success', payment_date = now(), amount = p_amount, total_amount = p_amount,
    gateway_transaction_id = coalesce(p_reference, p.gateway_transaction_id)
  where p.id = p_payment_id
  returning * into v_payment;
  if v_payment.payment_method not in ('wallet', 'points') then
    -- The vendor already has the cash, and what was paid at its desk.
    perform app_private.move_money(
      case when v_payment.payment_method = 'cash' or v_payment.is_at_desk then 'vendor' else 'gateway' end,
      case when v_payment.payment_method = 'cash' or v_payment.is_at_desk then v_payment.vendor_id end,
      'booking', v_payment.booking_id, p_amount, v_payment.booking_id, 'payment');
  end if;
  perform app_private.note_payment_status(v_payment.booking_id);
  perform app_private.confirm_paid(v_payment.booking_id);

  select * into strict v_booking from public.bookings b where b.id = v_payment.booking_id;
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
  'Records that an amount has arrived with a payment: it confirms the booking, pays its cancellation cost, or settles it where its amount was agreed on afterwards; what is left over, or all of it when the booking no longer exists, is returned. The booking must be locked. Returns received or returned.';
revoke all on function app_private.payment_received(uuid, numeric, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/payment_received.sql
drop function app_private.collect_cash(public.bookings, numeric);
--! Included functions/money/collect_cash.sql
create or replace function app_private.collect_cash(
  p_booking public.bookings, p_amount numeric, p_method text default 'cash'
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_is_at_desk boolean := p_booking.channel = 'desk';
  v_payment_id uuid;
begin
  if p_amount > 0 then
    select p.id into v_payment_id from public.payments p
    where p.booking_id = p_booking.id and p.payment_method = 'cash' and p.status = 'pending'
    order by p.created_at limit 1;
    if not found then
      insert into public.payments
        (booking_id, customer_id, vendor_id, amount, total_amount, payment_method, is_at_desk)
      values (p_booking.id, p_booking.customer_id, p_booking.vendor_id, p_amount, p_amount, p_method, v_is_at_desk)
      returning id into v_payment_id;
    end if;
    perform app_private.payment_received(v_payment_id, p_amount, null);
    -- At the desk there can be several.
    perform app_private.credit_vendor(p_booking, 'cash_collected', -p_amount, case when v_is_at_desk then v_payment_id end);
  end if;
  perform app_private.drop_unfinished_payments(p_booking.id);
  return v_payment_id;
end
$$;
comment on function app_private.collect_cash(public.bookings, numeric, text) is
  'Records that the vendor has received an amount of a booking in cash or, for a desk booking, at its desk. Returns the payment; null for 0.';
revoke all on function app_private.collect_cash(public.bookings, numeric, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/collect_cash.sql
drop function public.record_cash_payment(uuid, numeric, text);
--! Included functions/money/record_cash_payment.sql
create or replace function public.record_cash_payment(
  booking_id uuid, amount numeric, idempotency_key text, payment_method text default 'cash'
) returns public.payments
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.act_on_booking(
    record_cash_payment.booking_id, '{therapist,vendor,admin}');
  v_is_at_desk boolean := v_booking.channel = 'desk';
  v_due numeric := app_private.amount_due(v_booking.id);
  v_payment public.payments;
  v_done uuid;
begin
  perform app_private.require_number('amount', 'total', record_cash_payment.amount);
  v_done := app_private.replayed(record_cash_payment.idempotency_key, 'record_cash_payment', jsonb_build_object(
    'booking', record_cash_payment.booking_id, 'amount', record_cash_payment.amount,
    'method', record_cash_payment.payment_method));
  if v_done is null then
    if v_is_at_desk and (record_cash_payment.payment_method in ('cash', 'card', 'upi')) is not true then
      raise exception 'Payment method must be cash, card or UPI.' using errcode = 'OB020', column = 'payment_method';
    end if;
    if not v_is_at_desk and record_cash_payment.payment_method is distinct from 'cash' then
      raise exception 'Payment method can only be cash here: cards and UPI are recorded for bookings of the desk. The customer pays any other way in the app.'
        using errcode = 'OB020', column = 'payment_method';
    end if;
    if v_booking.status <> 'completed' and not v_is_at_desk or v_due = 0 then
      raise exception 'Nothing of this booking is due now. Enter cash for a service when you complete it.'
        using errcode = 'OB030';
    end if;
    if v_is_at_desk and v_booking.status <> 'completed' then
      if coalesce(record_cash_payment.amount, 0) <= 0 then
        raise exception 'Amount must be greater than 0.' using errcode = 'OB020', column = 'amount';
      end if;
      if record_cash_payment.amount > v_due then
        raise exception 'Only ₹% are left to be paid. Enter at most this amount.', v_due
          using errcode = 'OB068', column = 'amount';
      end if;
    elsif record_cash_payment.amount is distinct from v_due then
      raise exception '₹% are due for this booking. Collect exactly this and enter it.', v_due
        using errcode = 'OB069', column = 'amount';
    end if;
    v_done := app_private.collect_cash(v_booking, record_cash_payment.amount, record_cash_payment.payment_method);
    perform app_private.remember_result(record_cash_payment.idempotency_key, v_done);
  end if;
  select * into strict v_payment from public.payments p where p.id = v_done;
  return v_payment;
end
$$;
comment on function public.record_cash_payment(uuid, numeric, text, text) is
  E'@enumArgument payment_method payment_method\nRecords what the vendor itself has received: for a desk booking an amount in cash, by card or by UPI, at any time until it is paid; for any other booking the cash, to the paisa, that was due for a service that ended early. For the provider, the vendor''s desk and the platform. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020 (invalid amount or payment method), OB030 (nothing is due), OB066 (key of another request), OB068 (more than is due), OB069 (another amount is due).';
revoke all on function public.record_cash_payment(uuid, numeric, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.record_cash_payment(uuid, numeric, text, text) to authenticated, staff;
--! EndIncluded functions/money/record_cash_payment.sql
--! Included functions/money/finish_refund.sql
create or replace function app_private.finish_refund(
  p_refund_id uuid, p_reference text, p_by uuid
) returns public.refunds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_refund public.refunds;
  v_payment public.payments;
begin
  update public.refunds r
  set status = 'completed', processed_at = now(), processed_by = p_by,
    gateway_refund_id = coalesce(p_reference, r.gateway_refund_id)
  where r.id = p_refund_id
  returning * into v_refund;
  update public.payments p
  set refund_amount = p.refund_amount + v_refund.refund_amount, refund_date = now(),
    refund_reason = v_refund.refund_reason,
    status = case when p.refund_amount + v_refund.refund_amount = p.total_amount
      then 'refunded' else 'partially_refunded' end
  where p.id = v_refund.payment_id
  returning * into v_payment;
  if v_refund.refund_method = 'original' then
    perform app_private.move_money(
      case when v_refund.is_borne_by_platform then 'commission' else 'booking' end,
      case when not v_refund.is_borne_by_platform then v_refund.booking_id end,
      'gateway', null, v_refund.refund_amount, v_refund.booking_id, 'refund');
  end if;
  if v_refund.refund_method = 'desk' then
    if v_refund.is_borne_by_platform then
      perform app_private.move_money('commission', null, 'booking', v_refund.booking_id, v_refund.refund_amount,
        v_refund.booking_id, 'refund');
    end if;
    -- The vendor has given it back.
    perform app_private.credit_vendor(app_private.current_booking(v_refund.booking_id), 'desk_refund',
      v_refund.refund_amount, v_refund.payment_id, v_refund.decision_id);
  end if;
  update public.booking_cancellations c set refund_status = 'completed'
  where c.booking_id = v_refund.booking_id and c.refund_status <> 'completed'
    and not exists (
      select from public.refunds r
      where r.booking_id = v_refund.booking_id and r.status in ('pending', 'processing', 'failed'));
  return v_refund;
end
$$;
comment on function app_private.finish_refund(uuid, text, uuid) is
  'Records that a refund has arrived. Its booking must be locked.';
revoke all on function app_private.finish_refund(uuid, text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/finish_refund.sql
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
    when p_payment.is_at_desk then 'desk'
    when p_payment.payment_method = 'points' then 'points'
    when p_payment.payment_method in ('wallet', 'cash') then 'wallet'
    else 'original'
  end;
  -- Earned money stays earned: only what still lies with the booking belongs to the customer.
  v_is_borne boolean := p_amount > app_private.unearned(p_payment.booking_id);
  v_source text := case when v_is_borne then 'commission' else 'booking' end;
  v_source_id uuid := case when not v_is_borne then p_payment.booking_id end;
begin
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
  'Returns an amount of a payment the way it came: wallet and points at once, cash into the wallet, gateway payments as a refund on its way, and what was paid at a vendor''s desk there: at once where the desk acts, otherwise once it records that (record_desk_refund). The platform pays what no longer lies with the booking. The booking must be locked, and the amount must be left of the payment.';
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
  select * into strict v_booking from public.bookings b where b.id = v_payment.booking_id for no key update;
  perform app_private.require_unrelated(v_booking);
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
    perform app_private.require_settled(v_booking);
    -- Refunding earned money has consequences that refund_booking handles. Money of a failed refund lies with
    -- the booking.
    if v_booking.status = 'completed'
      and round(refund_payment.amount, 2) > app_private.unearned(v_booking.id) then
      raise exception 'This booking is completed, so its payment cannot be refunded alone. Use refundBooking.'
        using errcode = 'OB030';
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
  'Refunds a part of a payment, whatever the cancellation policy says. For a completed booking it can only return money that is still held for it, such as a refund that failed; use refundBooking for the rest. Needs the permission payments.approve and a reason. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (completed, not settled yet, or paid at a vendor''s desk), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request), OB068 (more than is left of the payment).';
revoke all on function public.refund_payment(uuid, numeric, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.refund_payment(uuid, numeric, text, text) to staff;
--! EndIncluded functions/money/refund_payment.sql
--! Included functions/money/record_refund_failed.sql
create or replace function public.record_refund_failed(refund_id uuid) returns public.refunds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_refund public.refunds := app_private.require_refund(record_refund_failed.refund_id);
begin
  if v_refund.refund_method = 'desk' then
    raise exception 'The vendor gives this refund back at its desk, not through a gateway. Ask the vendor to do it and to record it.'
      using errcode = 'OB030';
  end if;
  return app_private.refund_failed(v_refund);
end
$$;
comment on function public.record_refund_failed(uuid) is
  'Records that a refund through a gateway did not arrive; refundPayment can try again. Needs the permission payments.approve. Raises OB001, OB002, OB003, OB030 (not on its way, or to be given back at a vendor''s desk).';
revoke all on function public.record_refund_failed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.record_refund_failed(uuid) to staff;
--! EndIncluded functions/money/record_refund_failed.sql
--! Included functions/money/record_desk_refund.sql
create or replace function public.record_desk_refund(booking_id uuid) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.act_on_booking(record_desk_refund.booking_id, '{vendor}');
  v_refund_id uuid;
begin
  for v_refund_id in
    select r.id from public.refunds r
    where r.booking_id = v_booking.id and r.refund_method = 'desk' and r.status = 'pending'
    order by r.created_at, r.id
  loop
    perform app_private.finish_refund(v_refund_id, null, (select auth.uid()));
  end loop;
  if v_refund_id is null then
    raise exception 'Nothing of this booking is to be given back at the desk. Reload it.' using errcode = 'OB030';
  end if;
  perform app_private.note_payment_status(v_booking.id);
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.record_desk_refund(uuid) is
  'Records that the vendor has given back, at its desk, what is to be refunded of a payment that was made there. For the vendor''s desk. Raises OB001, OB002, OB003, OB030 (nothing to give back).';
revoke all on function public.record_desk_refund(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.record_desk_refund(uuid) to authenticated;
--! EndIncluded functions/money/record_desk_refund.sql
--! Included functions/money/bookings_desk_refund_due.sql
create or replace function public.bookings_desk_refund_due(booking public.bookings) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce(sum(r.refund_amount), 0) from public.refunds r
  where r.booking_id = booking.id and r.refund_method = 'desk' and r.status = 'pending'
$$;
comment on function public.bookings_desk_refund_due(public.bookings) is
  'Rupees that the vendor is to give back at its desk; recordDeskRefund records that it has.';
revoke all on function public.bookings_desk_refund_due(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.bookings_desk_refund_due(public.bookings) to authenticated, staff;
--! EndIncluded functions/money/bookings_desk_refund_due.sql
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
      -- What vendors receive at their desks is not the platform's.
      select sum(p.total_amount) as received,
        sum(p.total_amount) filter (where p.payment_method <> 'wallet') as received_anew
      from public.payments p
      where p.payment_date >= app_private.start_of(d.day)
        and p.payment_date < app_private.start_of(d.day + 1)
        and p.status in ('success', 'partially_refunded', 'refunded') and not p.is_at_desk
    ) p
    cross join lateral (
      select sum(r.refund_amount) as refunded
      from public.refunds r
      where r.processed_at >= app_private.start_of(d.day)
        and r.processed_at < app_private.start_of(d.day + 1)
        and r.status = 'completed' and (r.refund_method in ('wallet', 'desk')) is not true
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
      ('cash_flow', case when num_nonnulls(p.received_anew, r.refunded, v.paid_out) > 0 then
        coalesce(p.received_anew, 0) - coalesce(r.refunded, 0) - coalesce(v.paid_out, 0) end)
    ) f (figure, value)
    where f.value is not null;
  when 'commissions' then
    -- commission_records_created_at_idx.
    return query
    select 'revenue', d.day, c.earned, 1.0
    from unnest(p_days) d (day)
    cross join lateral (
      select sum(c.platform_earning) as earned
      from public.commission_records c
      where c.created_at >= app_private.start_of(d.day)
        and c.created_at < app_private.start_of(d.day + 1)
    ) c
    where c.earned is not null;
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
      where b.booking_date = d.day and b.status in ('completed', 'cancelled')
    ) b
    where b.ended > 0;
  when 'customers' then
    -- customers_created_at_idx, then one look into bookings_customer_id_idx per sign-up.
    return query
    select f.figure, d.day, f.value, f.weight
    from unnest(p_days) d (day)
    cross join lateral (
      select count(*)::numeric as signed_up,
        100.0 * count(*) filter (where exists (
          select from public.bookings b
          where b.customer_id = c.id and b.created_at < c.created_at + interval '30 days'
        )) / nullif(count(*), 0) as converted,
        100.0 * count(*) filter (where p.mobile_verified and p.profile_completed)
          / nullif(count(*), 0) as complete
      from public.customers c
      join public.user_profiles p on p.id = c.id
      where c.created_at >= app_private.start_of(d.day)
        and c.created_at < app_private.start_of(d.day + 1)
    ) c
    cross join lateral (values
      ('new_customers', c.signed_up, 1.0),
      ('conversion', c.converted, c.signed_up),
      ('data_quality', c.complete, c.signed_up)
    ) f (figure, value, weight)
    where c.signed_up > 0;
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
--! Included functions/dashboards/record_figures.sql
create or replace function app_private.record_figures(p_group text, p_days date[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_group = 'bookings' then
    insert into app_private.customer_last_bookings (customer_id, day)
    select b.customer_id, max(d.day)
    from unnest(p_days) d (day)
    cross join lateral (
      select b.customer_id from public.bookings b
      where b.created_at >= app_private.start_of(d.day)
        and b.created_at < app_private.start_of(d.day + 1)
        and b.customer_id is not null
    ) b
    group by b.customer_id
    on conflict (customer_id) do update set day = excluded.day
    where customer_last_bookings.day < excluded.day;
  end if;
  with counted as materialized (
    select k.id as kpi_id, f.day, f.value, f.weight
    from app_private.figures_of_days(p_group, p_days) f
    join public.kpi_definitions k on k.computed_from = f.figure
  ), gone as (
    delete from public.kpi_values v
    using public.kpi_definitions k, app_private.computed_figures c
    where k.id = v.kpi_id and c.code = k.computed_from and c.counted_with = p_group
      and v.day = any (p_days)
      and not exists (select from counted n where n.kpi_id = v.kpi_id and n.day = v.day)
  )
  insert into public.kpi_values (kpi_id, day, value, weight)
  select c.kpi_id, c.day, c.value, c.weight from counted c
  on conflict (kpi_id, day) do update set value = excluded.value, weight = excluded.weight
  where (kpi_values.value, kpi_values.weight) is distinct from (excluded.value, excluded.weight);
end
$$;
comment on function app_private.record_figures(text, date[]) is
  'Counts one group for these days and writes changed values.';
revoke all on function app_private.record_figures(text, date[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/record_figures.sql

--! split: 040-acts.sql
-- The life of a booking without a customer: no one answers, disputes or agrees, so what the desk says holds at once.

--! Included functions/booking/start_service.sql
create or replace function public.start_service(
  booking_id uuid, code text default null, reason text default null
) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.act_on_booking(
    start_service.booking_id, '{therapist,vendor,admin}');
  v_reason text;
begin
  -- A guest of the desk has no code until the booking is claimed.
  if start_service.code is null and v_booking.customer_id is not null then
    if start_service.reason is null then
      raise exception 'Code is required. Ask the customer for the 4 digits.' using errcode = 'OB020', column = 'code';
    end if;
    if not (v_booking.vendor_id = any (app_private.my_vendor_ids('manage'))
      or 'admin' = any (app_private.roles_in_booking(v_booking))) then
      raise exception 'Only a manager of the vendor may start a service without the code. Ask the customer for the code, or a manager to start it.'
        using errcode = 'OB002';
    end if;
    v_reason := app_private.required_reason(start_service.reason);
  end if;
  if v_booking.status <> 'assigned' then
    raise exception 'Only an assigned booking can be started. This booking is %.', replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if v_booking.overdue_since is not null and start_service.code is null then
    raise exception 'This booking is overdue. Start it with the code of the customer, or complete it with a reason if the service took place.'
      using errcode = 'OB030';
  end if;
  if now() < v_booking.starts_at
    - app_private.setting('booking.start_early_minutes')::integer * interval '1 minute' then
    raise exception 'It is too early to start this service. It can start at most % minutes before its time.',
      app_private.setting('booking.start_early_minutes')
      using errcode = 'OB044';
  end if;
  -- An error would undo the count, so a wrong code is reported by returning no booking.
  if start_service.code is not null and not app_private.is_start_code(v_booking.id, start_service.code) then
    return null;
  end if;
  -- At the desk people talk to each other: the provider need not have acknowledged it in the app.
  if v_booking.channel = 'desk' and exists (
    select from public.therapist_assignments a where a.booking_id = v_booking.id and a.status = 'assigned') then
    perform app_private.step_assignment(v_booking.id, 'acknowledged', '{therapist,vendor,admin}');
  end if;
  perform app_private.step_assignment(v_booking.id, 'in_progress', '{therapist,vendor,admin}');
  update public.bookings b
  set status = 'in_progress', status_reason = v_reason, is_attested = start_service.code is not null
  where b.id = v_booking.id;
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.start_service(uuid, text, text) is
  'Starts the service with the customer''s start code of 4 digits, by default from 15 minutes before its time. For the provider, the vendor''s desk and the platform. Without the code, a manager of the vendor or the platform can start it with a reason; such a service earns no points or rewards and is paid out later. A desk booking that no customer has claimed is started without code or reason. A wrong code is refused with OB045 and counted; by default five wrong codes are allowed. Raises OB001, OB002, OB003, OB020 (no code, or not four digits), OB030 (no provider assigned, not arrived, already started, or overdue and without the code), OB036 (empty reason), OB044 (too early), OB046 (too many attempts).';
revoke all on function public.start_service(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.start_service(uuid, text, text) to authenticated, staff;
--! EndIncluded functions/booking/start_service.sql
--! Included functions/booking/complete_service.sql
create or replace function public.complete_service(
  booking_id uuid, cash_collected numeric default 0, reason text default null
) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.act_on_booking(
    complete_service.booking_id, '{therapist,vendor,admin}');
  v_reason text;
  v_due numeric := app_private.amount_due(v_booking.id);
begin
  perform app_private.require_number('cash_collected', 'total', complete_service.cash_collected);
  if v_booking.overdue_since is not null then
    -- The vendor answers for it, and the customer can dispute it.
    perform app_private.act_on_booking(v_booking.id, '{vendor,admin}');
    if v_booking.status <> 'assigned' then
      raise exception 'This booking has no provider, so no one can have served it. Cancel it.' using errcode = 'OB030';
    end if;
    v_reason := app_private.required_reason(complete_service.reason);
  else
    v_reason := app_private.require_completable(v_booking, complete_service.reason);
  end if;
  if coalesce(complete_service.cash_collected, 0) <> v_due then
    raise exception '₹% are still to be paid. Collect exactly this in cash and enter it, or let the customer pay first.',
      v_due
      using errcode = 'OB069', column = 'cash_collected';
  end if;
  if v_booking.overdue_since is not null then
    perform app_private.step_assignment(v_booking.id, 'in_progress', '{vendor,admin}');
    update public.bookings b set status = 'in_progress', status_reason = v_reason, is_attested = false
    where b.id = v_booking.id;
  end if;
  perform app_private.step_assignment(v_booking.id, 'completed', '{therapist,vendor,admin}');
  perform app_private.collect_cash(v_booking, v_due);
  update public.bookings b set status = 'completed', status_reason = v_reason where b.id = v_booking.id;
  -- Without a customer there is no one who could dispute it.
  if v_booking.overdue_since is not null and v_booking.customer_id is not null then
    insert into public.booking_settlements
      (booking_id, kind, reason, proposed_by, proposed_amount, elapsed_percentage, answerable_until)
    values (v_booking.id, 'late_completion', v_reason, (select auth.uid()), v_booking.final_amount, 0,
      now() + app_private.setting('booking.late_dispute_hours')::integer * interval '1 hour');
  else
    perform app_private.settle_completed(v_booking.id);
  end if;
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.complete_service(uuid, numeric, text) is
  'Completes a service that is fully paid; what is still due must have been collected in cash, to the paisa. By default it cannot be completed before half of the agreed time has passed, and more than two hours after the agreed end only with a reason. For the provider, the vendor''s desk and the platform. Writes the commission, points, totals and rewards. An overdue booking, which was never started, can be completed with a reason by the vendor''s desk and the platform: its money then waits while the customer, if it has one, can dispute it, by default for 24 hours. Raises OB001, OB002, OB003, OB020 (invalid amount), OB030 (not started, or overdue without a provider), OB036 (late and without a reason), OB044 (too early), OB069 (another amount is due).';
revoke all on function public.complete_service(uuid, numeric, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.complete_service(uuid, numeric, text) to authenticated, staff;
--! EndIncluded functions/booking/complete_service.sql
--! Included functions/booking/end_service_early.sql
create or replace function public.end_service_early(booking_id uuid, reason text, amount numeric) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.act_on_booking(end_service_early.booking_id, '{therapist,vendor}');
  v_reason text;
  v_elapsed numeric;
begin
  if v_booking.status <> 'in_progress' then
    raise exception 'Only a service in progress can end early. This booking is %.', replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  v_reason := app_private.required_reason(end_service_early.reason);
  if end_service_early.amount is null then
    raise exception 'Amount is required. Enter what the customer is to pay for the part that took place.'
      using errcode = 'OB020', column = 'amount';
  end if;
  perform app_private.require_amount_within_price(v_booking, end_service_early.amount);
  v_elapsed := extract(epoch from now() - app_private.begun_at(v_booking)) * 100 / (v_booking.duration_minutes * 60);
  if v_elapsed >= 100 then
    raise exception 'The agreed time of this service is over. Complete the service instead.' using errcode = 'OB044';
  end if;
  perform app_private.step_assignment(v_booking.id, 'completed', '{therapist,vendor}');
  -- What was to be paid in cash is another amount now.
  perform app_private.drop_unfinished_payments(v_booking.id);
  update public.bookings b set status = 'completed', status_reason = v_reason where b.id = v_booking.id;
  insert into public.booking_settlements
    (booking_id, kind, reason, proposed_by, proposed_amount, elapsed_percentage, answerable_until)
  values (v_booking.id, 'early_end', v_reason, (select auth.uid()), round(end_service_early.amount, 2),
    round(greatest(v_elapsed, 0), 2),
    now() + app_private.setting('booking.amount_answer_hours')::integer * interval '1 hour');
  if v_booking.customer_id is null then
    -- The guest agrees at the desk.
    perform app_private.agree_on(v_booking, round(end_service_early.amount, 2));
  end if;
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.end_service_early(uuid, text, numeric) is
  'Ends a service in progress before its agreed time is over, with a reason and the amount of its price that the customer is to pay, charges for moving the booking not included. For the provider and the vendor''s desk. The customer can agree with agreeOnAmount or dispute it, by default for 24 hours; after that, or after a dispute, customer care decides. Until then no money moves; then what was paid beyond the amount is refunded, and what is missing is due. The amount of a desk booking that no customer has claimed is fixed at once. The platform''s commission is at least the elapsed part of what was agreed. Raises OB001, OB002, OB003, OB020 (no amount, or not from 0 to the price), OB030 (not in progress), OB036 (no reason), OB044 (the agreed time is over).';
revoke all on function public.end_service_early(uuid, text, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.end_service_early(uuid, text, numeric) to authenticated;
--! EndIncluded functions/booking/end_service_early.sql
--! Included functions/booking/mark_no_show.sql
create or replace function public.mark_no_show(booking_id uuid) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_terms public.booking_terms;
begin
  v_booking := app_private.act_on_booking(mark_no_show.booking_id, '{vendor,therapist,admin}');
  v_terms := app_private.terms_of(v_booking.id);
  if v_booking.status <> 'assigned' then
    raise exception 'A customer can be marked as a no-show only while the booking is assigned. This booking is %.',
      replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if now() < v_booking.starts_at + v_terms.no_show_grace_minutes * interval '1 minute' then
    raise exception 'It is too early to mark the customer as a no-show. Wait until % minutes after the start.',
      v_terms.no_show_grace_minutes
      using errcode = 'OB044';
  end if;
  if v_booking.booking_type <> 'spa_visit' and not exists (
    select from public.therapist_assignments a
    where a.booking_id = v_booking.id and a.status = 'reached'
  ) then
    raise exception 'The provider has not reported arrival. Report the arrival first, then mark the customer as a no-show.'
      using errcode = 'OB030';
  end if;
  perform app_private.end_booking(v_booking, 'customer', 'The customer did not come',
    app_private.cost_of_cancelling(v_booking),
    now() + case when v_booking.customer_id is null then interval '0'
      else v_terms.no_show_dispute_hours * interval '1 hour' end);
  if v_booking.customer_id is null then
    -- No one could dispute it.
    perform app_private.settle_cancellation(app_private.current_booking(v_booking.id), 0);
  end if;
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.mark_no_show(uuid) is
  'Records that the customer did not come: from 15 minutes after the start (as the terms say), for a provider who was assigned and, for home and hotel services, has reported arrival. It costs as much as a late cancellation. The customer can dispute it for 24 hours (as the terms say), and until then no money moves. A desk booking that no customer has claimed ends at once and costs nothing. For the vendor''s desk, the provider and the platform. Raises OB001, OB002, OB003, OB030 (no provider assigned or arrived, started or cancelled), OB044 (too early).';
revoke all on function public.mark_no_show(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.mark_no_show(uuid) to authenticated, staff;
--! EndIncluded functions/booking/mark_no_show.sql
--! Included functions/booking/reschedule_booking.sql
create or replace function public.reschedule_booking(
  booking_id uuid, new_date date, new_time time, reason text default null
) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_role text;
  v_charge numeric;
begin
  v_booking := app_private.act_on_booking(reschedule_booking.booking_id, '{customer,vendor,admin}');
  if v_booking.customer_id is not null then
    -- The vendor asks the customer.
    perform app_private.act_on_booking(v_booking.id, '{customer,admin}');
  end if;
  v_role := app_private.acting_role(v_booking, '{customer,admin,vendor}');
  if v_role = 'admin' then
    perform app_private.require_unrelated(v_booking);
    perform app_private.required_reason(reschedule_booking.reason);
  end if;
  perform app_private.require_movable(v_booking, reschedule_booking.new_date, reschedule_booking.new_time, v_role);
  v_charge := app_private.reschedule_fee(v_booking);
  insert into public.booking_reschedules
    (booking_id, old_date, old_time, new_date, new_time, requested_by, requested_by_role, reason,
      status, approved_at, reschedule_charge, cancellation_cost)
  values (v_booking.id, v_booking.booking_date, v_booking.booking_time, reschedule_booking.new_date,
    reschedule_booking.new_time, (select auth.uid()), v_role, reschedule_booking.reason,
    'approved', now(), v_charge, app_private.late_cancellation_fee(v_booking));
  perform app_private.move_booking(v_booking, reschedule_booking.new_date, reschedule_booking.new_time,
    reschedule_booking.reason);
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.reschedule_booking(uuid, date, time, text) is
  'Moves a booking of the signed-in customer to a free slot, in the vendor''s time zone: by default free until 24 hours before, ₹200 later than that, twice at most, and not after its start, as its terms say. Customer care and administrators move it for the customer, at the same charge, and give a reason. A desk booking that no customer has claimed is moved by the vendor''s desk or the platform. From then on cancelling costs at least as much as it would have cost at this moment. Raises OB001, OB002 (others use requestReschedule), OB003, OB020, OB030, OB031 (your own booking or business), OB036 (no reason), OB044 (after its start), OB060 (no provider is free), OB062 (the vendor is suspended or closed), OB067 (moved too often).';
revoke all on function public.reschedule_booking(uuid, date, time, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.reschedule_booking(uuid, date, time, text) to authenticated, staff;
--! EndIncluded functions/booking/reschedule_booking.sql
--! Included functions/booking/request_reschedule.sql
create or replace function public.request_reschedule(
  booking_id uuid, new_date date, new_time time, reason text
) returns public.booking_reschedules
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_role text;
  v_request public.booking_reschedules;
begin
  v_booking := app_private.act_on_booking(request_reschedule.booking_id, '{customer,vendor,therapist,admin}');
  v_role := app_private.acting_role(v_booking, '{customer,vendor,therapist,admin}');
  if v_booking.customer_id is null then
    raise exception 'This booking of the desk has no customer who could answer. Use rescheduleBooking, which moves it at once.'
      using errcode = 'OB030';
  end if;
  perform app_private.require_movable(v_booking, request_reschedule.new_date, request_reschedule.new_time, v_role);
  insert into public.booking_reschedules
    (booking_id, old_date, old_time, new_date, new_time, requested_by, requested_by_role, reason)
  values (v_booking.id, v_booking.booking_date, v_booking.booking_time, request_reschedule.new_date,
    request_reschedule.new_time, (select auth.uid()), v_role,
    app_private.required_reason(request_reschedule.reason))
  returning * into v_request;
  return v_request;
end
$$;
comment on function public.request_reschedule(uuid, date, time, text) is
  'Asks the other side to move a booking: the vendor, provider or platform asks the customer, the customer asks the vendor. Only one request can be open. Raises OB001, OB002, OB003, OB020, OB030 (also where there is no customer to ask), OB036 (no reason), OB044 (after its start), OB060 (no slot), OB062 (the vendor is suspended or closed), OB067, or 23505 when a request is open.';
revoke all on function public.request_reschedule(uuid, date, time, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.request_reschedule(uuid, date, time, text) to authenticated, staff;
--! EndIncluded functions/booking/request_reschedule.sql
--! Included functions/booking/tell_overdue.sql
create or replace function app_private.tell_overdue(p_old public.bookings, p_new public.bookings) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_fields jsonb := app_private.booking_fields(p_new) || jsonb_build_object('until', to_char(
    (p_new.overdue_since + app_private.setting('booking.overdue_hours')::integer * interval '1 hour')
      at time zone p_new.time_zone, 'DD Mon YYYY HH24:MI'));
  v_data jsonb := jsonb_build_object('screen', 'booking', 'bookingId', p_new.id);
begin
  perform app_private.notify(p_new.customer_id, 'customer', 'booking_overdue', v_fields, v_data);
  perform app_private.notify(u, 'vendor', 'booking_overdue', v_fields, v_data)
    from app_private.vendor_desk(p_new.vendor_id) u;
  perform app_private.notify(u, 'provider', 'booking_overdue', v_fields, v_data)
    from app_private.booking_providers(p_new.id) u;
  perform app_private.notify(u, 'care', 'booking_overdue', v_fields, v_data)
    from app_private.customer_care() u where p_new.customer_id is not null;
end
$$;
comment on function app_private.tell_overdue(public.bookings, public.bookings) is
  'Notifies customer, vendor, provider and, where there is a customer, customer care of an overdue booking.';
revoke all on function app_private.tell_overdue(public.bookings, public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tell_overdue.sql
--! Included functions/messages/tell_booking.sql
-- A booking that moves was confirmed before: it only notifies of the move.
create or replace function app_private.tell_booking(p_old public.bookings, p_new public.bookings)
returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if (p_new.booking_date, p_new.booking_time) <> (p_old.booking_date, p_old.booking_time) then
    perform app_private.notify_booking(p_new, 'booking_rescheduled');
  elsif p_new.status <> p_old.status then
    case p_new.status
      when 'confirmed' then
        -- A booking that was assigned and lost its provider was confirmed before.
        -- Of a desk booking the desk knows, and the guest is told by tell_desk_guest.
        if p_old.status = 'pending' and p_new.channel <> 'desk' then
          perform app_private.notify_booking(p_new, 'booking_confirmed');
        end if;
      when 'cancelled' then perform app_private.notify_booking(p_new, 'booking_cancelled');
      when 'in_progress' then
        -- An overdue service that is completed afterwards began long ago.
        if p_old.overdue_since is null or p_new.is_attested then
          perform app_private.notify_booking(p_new, 'service_started');
        end if;
      when 'completed' then perform app_private.notify_booking(p_new, 'service_completed');
      -- pending: see tell_new_booking. assigned: the assignment notifies of the provider.
      else null;
    end case;
  end if;
end
$$;
comment on function app_private.tell_booking(public.bookings, public.bookings) is 'Notifies of a change of a booking.';
revoke all on function app_private.tell_booking(public.bookings, public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_booking.sql
--! Included functions/reviews/reviewable_booking.sql
create or replace function app_private.reviewable_booking(p_booking_id uuid) returns public.bookings
language plpgsql stable security definer set search_path = '' as $$
declare
  v_booking public.bookings;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_booking from public.bookings b where b.id = p_booking_id;
  if v_booking.customer_id is distinct from (select auth.uid()) then
    if v_booking.vendor_id = any (app_private.my_vendor_ids('bookings'))
      or v_booking.id = any (app_private.my_assigned_booking_ids())
    then
      raise exception 'Only the customer of a booking may review it. Sign in as that customer.'
        using errcode = 'OB002';
    end if;
    raise exception 'You have no booking with this id. Check the id.' using errcode = 'OB003';
  end if;
  if app_private.belongs_to_vendor(v_booking.vendor_id) then
    raise exception 'You belong to this business, so you cannot review it. Leave its reviews to other customers.'
      using errcode = 'OB031';
  end if;
  -- This state is final, so no lock is needed.
  if v_booking.status <> 'completed' then
    raise exception 'Only a completed booking can be reviewed. Wait until the service is completed.'
      using errcode = 'OB030';
  end if;
  if v_booking.channel = 'desk' and v_booking.is_attested is not true then
    raise exception 'This booking of the desk was not started with your start code, so it cannot be reviewed. Claim the next one before the service.'
      using errcode = 'OB030';
  end if;
  return v_booking;
end
$$;
comment on function app_private.reviewable_booking(uuid) is
  'The signed-in customer''s completed booking. Raises OB001, OB002 (may see it but not review it), OB003, OB030 (not completed, or a desk booking that was not started with the start code), OB031 (a booking at the user''s own business).';
revoke all on function app_private.reviewable_booking(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/reviewable_booking.sql
--! Included functions/reviews/write_review.sql
create or replace function public.write_review(
  booking_id uuid, reviewable_type text, reviewable_id uuid, rating integer,
  title text default null, review_text text default null, photos text[] default null
) returns public.reviews
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking constant public.bookings := app_private.reviewable_booking(write_review.booking_id);
  v_text constant text := nullif(btrim(write_review.review_text, E' \t\r\n'), '');
  v_review public.reviews;
begin
  if write_review.reviewable_type = 'vendor' then
    raise exception 'A vendor cannot be reviewed here. Use writeVendorReview.'
      using errcode = 'OB080', column = 'reviewable_type';
  end if;
  if not exists (
    select from enums.reviewable_type t where t.value = write_review.reviewable_type
  ) then
    raise exception 'Reviewable type must be a service, therapist, beautician or booking.'
      using errcode = 'OB020', column = 'reviewable_type';
  end if;
  if app_private.is_part_of_booking(
    v_booking.id, write_review.reviewable_type, write_review.reviewable_id) is not true
  then
    raise exception 'This was not part of your booking, or was not performed. Review something that was.'
      using errcode = 'OB081', column = 'reviewable_id';
  end if;
  perform app_private.check_review_content(write_review.title, v_text, write_review.photos);

  insert into public.reviews
    (booking_id, customer_id, reviewable_type, reviewable_id, rating, title, review_text, photos)
  values (v_booking.id, v_booking.customer_id, write_review.reviewable_type,
    write_review.reviewable_id, write_review.rating, write_review.title, v_text,
    write_review.photos)
  returning * into v_review;
  if v_review.reviewable_type = 'therapist' then
    update public.therapist_assignments a
    set customer_rating = v_review.rating, customer_feedback = v_review.review_text
    where a.booking_id = v_booking.id and a.therapist_id = v_review.reviewable_id
      and a.status = 'completed';
  end if;
  return v_review;
end
$$;
comment on function public.write_review(uuid, text, uuid, integer, text, text, text[]) is
  'Reviews a part of the signed-in customer''s completed booking: a service, the therapist or beautician who performed it, or the booking itself (reviewableType: service, therapist, beautician, booking). One to five stars; title up to 200 characters, text up to 500 characters by default, at most ten references to your own photos. The review is shown once it is approved; the therapist and the vendor see stars and text with the assignment at once. Raises OB001, OB002 (not your booking), OB003 (also for a photo that is not yours), OB020 (too long, or another type), OB030 (not completed, a desk booking without the start code, or a photo not uploaded), OB031 (a booking at your own business), OB080 (use writeVendorReview for a vendor), OB081 (not part of the booking), 23505 (already reviewed), 23514 (not one to five stars).';
revoke all on function public.write_review(uuid, text, uuid, integer, text, text, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.write_review(uuid, text, uuid, integer, text, text, text[]) to authenticated;
--! EndIncluded functions/reviews/write_review.sql
--! Included functions/reviews/write_vendor_review.sql
create or replace function public.write_vendor_review(
  booking_id uuid, rating integer, review_title text default null, review_text text default null,
  service_quality_rating integer default null, cleanliness_rating integer default null,
  value_rating integer default null, photos text[] default null
) returns public.vendor_reviews
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking constant public.bookings :=
    app_private.reviewable_booking(write_vendor_review.booking_id);
  v_text constant text := nullif(btrim(write_vendor_review.review_text, E' \t\r\n'), '');
  v_review public.vendor_reviews;
begin
  perform app_private.check_review_content(
    write_vendor_review.review_title, v_text, write_vendor_review.photos);
  insert into public.vendor_reviews
    (booking_id, vendor_id, customer_id, rating, review_title, review_text,
      service_quality_rating, cleanliness_rating, value_rating, photos)
  values (v_booking.id, v_booking.vendor_id, v_booking.customer_id, write_vendor_review.rating,
    write_vendor_review.review_title, v_text, write_vendor_review.service_quality_rating,
    write_vendor_review.cleanliness_rating, write_vendor_review.value_rating,
    write_vendor_review.photos)
  returning * into v_review;
  return v_review;
end
$$;
comment on function public.write_vendor_review(
  uuid, integer, text, text, integer, integer, integer, text[]
) is
  'Reviews the vendor of the signed-in customer''s completed booking: one to five stars for the visit and, optionally, for service, cleanliness and value; title up to 200 characters, text up to 500 characters by default, at most ten references to your own photos. The review is shown and counts for the vendor''s rating once it is approved. Raises OB001, OB002 (not your booking), OB003 (also for a photo that is not yours), OB020 (too long), OB030 (not completed, a desk booking without the start code, or a photo not uploaded), OB031 (your own business), 23505 (already reviewed), 23514 (not one to five stars).';
revoke all on function public.write_vendor_review( uuid, integer, text, text, integer, integer, integer, text[] ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
revoke all on function public.write_vendor_review(uuid, integer, text, text, integer, integer, integer, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.write_vendor_review(uuid, integer, text, text, integer, integer, integer, text[]) to authenticated;
--! EndIncluded functions/reviews/write_vendor_review.sql

--! split: 050-desk.sql
-- Booking at the desk, claiming, and forgetting.

--! Included functions/booking/guest_mobile_of.sql
create or replace function app_private.guest_mobile_of(p_text text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  v_digits text := regexp_replace(p_text, '[ ()-]', '', 'g');
begin
  if nullif(v_digits, '') is null then
    return null;
  end if;
  v_digits := regexp_replace(v_digits, '^(\+91|0)', '');
  if v_digits !~ '^[6-9][0-9]{9}$' then
    raise exception 'Guest mobile must be an Indian mobile number, such as +919876543210. Correct it, or leave it out.'
      using errcode = 'OB020', column = 'guest_mobile';
  end if;
  return '+91' || v_digits;
end
$$;
comment on function app_private.guest_mobile_of(text) is
  'An Indian mobile number as it is stored, +91 and ten digits, from how people write it; null for an empty one. Raises OB020.';
revoke all on function app_private.guest_mobile_of(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/guest_mobile_of.sql
--! Included functions/booking/require_desk_time.sql
create or replace function app_private.require_desk_time(p_vendor public.vendors, p_starts_at timestamptz) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_window tstzrange := app_private.booking_window(p_vendor.id, p_notice_minutes => 0);
begin
  -- No notice: what has begun in this minute begins now.
  if p_starts_at < date_trunc('minute', now() at time zone p_vendor.time_zone) at time zone p_vendor.time_zone then
    raise exception 'This time has passed. Choose a later time, or leave it out for now.'
      using errcode = 'OB060', column = 'starts_at';
  end if;
  if p_starts_at >= upper(v_window) then
    raise exception 'The vendor takes no bookings so far ahead. Choose a day up to %.',
      to_char((upper(v_window) at time zone p_vendor.time_zone) - interval '1 day', 'DD Mon YYYY')
      using errcode = 'OB060', column = 'starts_at';
  end if;
  if p_starts_at at time zone p_vendor.time_zone <> date_trunc('minute', p_starts_at at time zone p_vendor.time_zone)
    -- The second of two hours when the clock is put back.
    or (p_starts_at at time zone p_vendor.time_zone) at time zone p_vendor.time_zone <> p_starts_at then
    raise exception 'A booking must start at a whole minute of the vendor''s clock. Choose another time.'
      using errcode = 'OB020', column = 'starts_at';
  end if;
end
$$;
comment on function app_private.require_desk_time(public.vendors, timestamptz) is
  'Refuses a start for which the desk of a vendor cannot book: past, too far ahead, or not a whole minute. Raises OB020, OB060.';
revoke all on function app_private.require_desk_time(public.vendors, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/require_desk_time.sql
--! Included functions/booking/is_platform_customer.sql
create or replace function app_private.is_platform_customer(p_vendor_id uuid, p_mobile text) returns boolean
language sql stable security definer set search_path = '' as $$
  select p_mobile is not null and exists (
    select from public.bookings b
    where b.vendor_id = p_vendor_id and b.channel = 'platform'
      and b.booking_date >= app_private.vendor_day(p_vendor_id)
        - app_private.setting('desk.platform_customer_days')::integer
      -- Those that were never paid have lapsed and keep the time at which they did.
      and b.status <> 'pending' and b.expires_at is null
      and (b.contact_mobile = p_mobile or b.customer_id in (
        select p.id from public.user_profiles p where p.mobile = p_mobile)))
$$;
comment on function app_private.is_platform_customer(uuid, text) is
  'Whether someone with this mobile number has or had a confirmed booking through the platform at a vendor, coming or of the last days (desk.platform_customer_days), cancelled ones too: a vendor does not save the commission by cancelling and booking at the desk.';
revoke all on function app_private.is_platform_customer(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/is_platform_customer.sql
--! Included functions/booking/tell_desk_guest.sql
create or replace function app_private.tell_desk_guest(p_booking public.bookings, p_mobile text) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- A number that the desk typed is not verified: only the account that has verified it is told.
  perform app_private.notify(
    coalesce(app_private.account_with(p_mobile, null), (
      select p.id from public.user_profiles p where p.mobile = p_mobile and p.mobile_verified)),
    'customer', 'desk_booking', app_private.booking_fields(p_booking),
    jsonb_build_object('screen', 'claim', 'bookingNumber', p_booking.booking_number));
end
$$;
comment on function app_private.tell_desk_guest(public.bookings, text) is
  'Notifies the user who has verified this mobile number that a desk has booked for it, and that the booking can be claimed; no one where there is no such user.';
revoke all on function app_private.tell_desk_guest(public.bookings, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tell_desk_guest.sql
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
  v_terms public.booking_terms := app_private.terms_of_today();
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
  if book_at_desk.package_id is not null then
    if v_services is not null or book_at_desk.addon_ids is not null then
      raise exception 'A package already contains its services and add-ons. Leave the services and add-ons out, or leave the package out.'
        using errcode = 'OB020', column = 'package_id';
    end if;
    select p.service_ids, coalesce(p.addon_ids, '{}') into v_services, v_addons from public.service_packages p
    where p.id = book_at_desk.package_id and p.is_active;
    if not found then
      raise exception 'This package is not offered. Choose another package.'
        using errcode = 'OB062', column = 'package_id';
    end if;
  end if;
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
    (channel, vendor_id, booking_type, service_location, booking_date, booking_time, time_zone, duration_minutes,
      total_amount, discount_amount, tax_amount, service_charge, final_amount, special_instructions, package_id)
  values ('desk', v_vendor.id, 'spa_visit', app_private.location_of(v_place),
    (v_starts_at at time zone v_vendor.time_zone)::date, (v_starts_at at time zone v_vendor.time_zone)::time,
    v_vendor.time_zone, v_price.minutes, v_price.total_amount, v_price.discount_amount, v_price.tax_amount,
    v_price.service_charge, v_price.final_amount, book_at_desk.special_instructions, book_at_desk.package_id)
  returning * into v_booking;
  insert into public.desk_bookings (booking_id, vendor_id, booked_by, guest_name, guest_mobile, commission_rate)
  values (v_booking.id, v_vendor.id, (select auth.uid()), v_guest, v_mobile,
    case when not app_private.is_platform_customer(v_vendor.id, v_mobile)
      then app_private.setting('desk.commission_percentage')::numeric end);
  insert into public.booking_items
    (booking_id, service_id, service_name, service_duration, service_price, quantity, addon_services, subtotal)
  select v_booking.id, i.service_id, i.name, i.minutes, i.price, i.quantity, i.addons, i.subtotal
  from app_private.price_items(v_vendor.id, v_services, v_addons) i;
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

create type public.claimable_booking as (
  booking_number text, vendor_name text, starts_at timestamptz, services text[]
);
comment on type public.claimable_booking is 'A booking that a vendor''s desk has made for your verified mobile number.';
comment on column public.claimable_booking.booking_number is 'Number of the booking, for claimBooking.';
comment on column public.claimable_booking.vendor_name is 'Name of the vendor.';
comment on column public.claimable_booking.starts_at is 'Instant at which it begins.';
comment on column public.claimable_booking.services is 'Names of its services.';
--! Included functions/booking/require_verified_mobile.sql
create or replace function app_private.require_verified_mobile() returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_mobile text;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  v_mobile := (app_private.proven_contacts((select auth.uid()))).mobile;
  if v_mobile is null then
    raise exception 'You have no verified mobile number. Verify the number that you gave at the desk first.'
      using errcode = 'OB037';
  end if;
  return v_mobile;
end
$$;
comment on function app_private.require_verified_mobile() is
  'The verified mobile number of the signed-in user. Raises OB001, OB037 (none).';
revoke all on function app_private.require_verified_mobile() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/require_verified_mobile.sql
--! Included functions/booking/claimable.sql
create or replace function app_private.claimable(p_mobile text) returns setof public.bookings
language sql stable security definer set search_path = '' as $$
  select b.* from public.desk_bookings d
  join public.bookings b on b.id = d.booking_id
  where d.guest_mobile = p_mobile and d.customer_id is null
    and b.status <> 'cancelled'
    and b.starts_at > now() - app_private.setting('desk.claim_days')::integer * interval '1 day'
$$;
comment on function app_private.claimable(text) is
  'Desk bookings for a mobile number that no customer has claimed: coming ones and those of the last days (desk.claim_days).';
revoke all on function app_private.claimable(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/claimable.sql
--! Included functions/booking/claimable_bookings.sql
create or replace function public.claimable_bookings() returns setof public.claimable_booking
language sql stable security definer set search_path = '' as $$
  select b.booking_number, v.business_name, b.starts_at, array(
    select i.service_name from public.booking_items i where i.booking_id = b.id order by i.created_at, i.id)
  from app_private.claimable(app_private.require_verified_mobile()) b
  join public.vendors v on v.id = b.vendor_id
  order by b.starts_at desc, b.booking_number
$$;
comment on function public.claimable_bookings() is
  'Bookings that desks of vendors have made for your verified mobile number and that you can claim with claimBooking: coming ones and, by default, those of the last 90 days, newest first. Raises OB001, OB037 (no verified mobile number).';
revoke all on function public.claimable_bookings() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.claimable_bookings() to authenticated;
--! EndIncluded functions/booking/claimable_bookings.sql
--! Included functions/booking/claim_booking.sql
create or replace function public.claim_booking(booking_number text) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers := app_private.require_customer();
  v_number text := upper(btrim(claim_booking.booking_number));
  v_mobile text;
  v_booking public.bookings;
begin
  -- In the order of deleting an account: the profile, then bookings. A number that changes hands at this moment is
  -- waited for.
  perform from public.user_profiles p where p.id = v_customer.id for no key update;
  v_mobile := app_private.require_verified_mobile();
  select b.* into v_booking from public.bookings b
  where b.booking_number = v_number and b.channel = 'desk' and (
    b.customer_id = v_customer.id or b.id in (select c.id from app_private.claimable(v_mobile) c))
  for no key update;
  -- Checked again after locking: of two claims at once the second finds the customer.
  if v_booking.customer_id = v_customer.id then
    return v_booking;
  end if;
  if v_booking.id is null or v_booking.id not in (select c.id from app_private.claimable(v_mobile) c) then
    raise exception 'There is no booking with this number to claim with your verified mobile number. Check the number; the list of claimable bookings has all of them.'
      using errcode = 'OB003', column = 'booking_number';
  end if;
  perform app_private.lock_customer(v_customer.id);
  update public.bookings b
  set customer_id = v_customer.id,
    -- A customer is served once at a time: then it is for the guest whom the desk has named.
    guest_name = (
      select d.guest_name from public.desk_bookings d
      where d.booking_id = b.id and b.status in ('confirmed', 'assigned', 'in_progress')
        and app_private.is_elsewhere(v_customer.id, b.starts_at, b.ends_at, b.id))
  where b.id = v_booking.id;
  update public.therapist_assignments a set customer_id = v_customer.id where a.booking_id = v_booking.id;
  update public.beautician_assignments a set customer_id = v_customer.id where a.booking_id = v_booking.id;
  update public.payments p set customer_id = v_customer.id where p.booking_id = v_booking.id;
  update public.refunds r set customer_id = v_customer.id where r.booking_id = v_booking.id;
  update public.desk_bookings d set customer_id = v_customer.id, claimed_at = now()
  where d.booking_id = v_booking.id;
  v_booking := app_private.current_booking(v_booking.id);
  if v_booking.status in ('confirmed', 'assigned') then
    perform app_private.notify(v_customer.id, 'customer', 'booking_confirmed',
      app_private.customer_booking_fields(v_booking),
      jsonb_build_object('screen', 'booking', 'bookingId', v_booking.id));
  end if;
  return v_booking;
end
$$;
comment on function public.claim_booking(text) is
  'Makes a booking that a vendor''s desk has made for your verified mobile number your own: a coming one or, by default, one of the last 90 days (claimableBookings). From then on you see, cancel and move it, get its start code and, where that was used, review it. Claiming again gives the same booking. Raises OB001, OB003 (no such booking for your number, or claimed by another account), OB037 (no customer profile, date of birth or verified mobile number), OB065 (too young).';
revoke all on function public.claim_booking(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.claim_booking(text) to authenticated;
--! EndIncluded functions/booking/claim_booking.sql
--! Included functions/booking/forget_desk_guests.sql
create or replace function app_private.forget_desk_guests(p_bookings integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_ids uuid[];
begin
  with forgotten as (
    update public.desk_bookings d set guest_name = null, guest_mobile = null
    where d.booking_id = any (array(
      select o.booking_id from public.desk_bookings o
      where o.guest_name is not null
        and o.created_at < (now() at time zone 'Asia/Kolkata'
          - app_private.setting('desk.guest_months')::integer * interval '1 month') at time zone 'Asia/Kolkata'
      order by o.created_at
      limit p_bookings
      for no key update skip locked))
    returning d.booking_id
  )
  select array_agg(f.booking_id) into v_ids from forgotten f;
  -- The instructions of a booking that was claimed are its customer's.
  update public.bookings b
  set guest_name = null, special_instructions = case when b.customer_id is not null then b.special_instructions end
  where b.id = any (v_ids) and num_nonnulls(b.special_instructions, b.guest_name) > 0;
  return coalesce(cardinality(v_ids), 0);
end
$$;
comment on function app_private.forget_desk_guests(integer) is
  'Deletes name and mobile number of the guests of desk bookings, and the instructions for them unless a customer has claimed the booking, after the months of the setting desk.guest_months; at most p_bookings, and returns how many. Runs every hour.';
revoke all on function app_private.forget_desk_guests(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.forget_desk_guests(integer) to ombaro_worker;
--! EndIncluded functions/booking/forget_desk_guests.sql
--! Included functions/customers/forget_bookings.sql
create or replace function app_private.forget_bookings(p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_ids uuid[] := array(select b.id from public.bookings b where b.customer_id = p_user_id);
begin
  delete from public.booking_notes n where n.booking_id = any (v_ids);
  delete from public.therapist_locations l where l.booking_id = any (v_ids);
  delete from app_private.provider_reservations r where r.booking_id = any (v_ids);
  update public.therapist_assignments a
  set location_address = 'Deleted', location_latitude = null, location_longitude = null,
    customer_feedback = null, notes = null
  where a.customer_id = p_user_id;
  update public.beautician_assignments a set location = null, notes = null where a.customer_id = p_user_id;
  update public.booking_status_history h set reason = null, metadata = jsonb_strip_nulls(
      jsonb_build_object('from', h.metadata -> 'from', 'to', h.metadata -> 'to'))
  where h.booking_id = any (v_ids);
  update public.booking_cancellations c set cancellation_reason = 'Deleted' where c.booking_id = any (v_ids);
  update public.booking_disputes d
  set reason = 'Deleted', decision_reason = case when d.decision_reason is not null then 'Deleted' end,
    answer = case when d.answer is not null then 'Deleted' end
  where d.booking_id = any (v_ids);
  update public.booking_settlements s set reason = 'Deleted' where s.booking_id = any (v_ids);
  update public.refund_decisions d set reason = 'Deleted' where d.booking_id = any (v_ids);
  update public.booking_reschedules r set reason = null where r.booking_id = any (v_ids);
  update public.booking_items i set notes = null where i.booking_id = any (v_ids);
  -- The place of delivery is part of the tax.
  update public.bookings b
  set service_location = case
      when b.booking_type = 'spa_visit' then b.service_location
      else jsonb_strip_nulls(jsonb_build_object('city', b.service_location -> 'city',
        'state', b.service_location -> 'state', 'pincode', b.service_location -> 'pincode')) end,
    contact_name = null, contact_mobile = null, guest_name = null, special_instructions = null, cancellation_reason = null,
    status_reason = null
  where b.customer_id = p_user_id;
  update public.desk_bookings d set guest_name = null, guest_mobile = null where d.customer_id = p_user_id;
  update public.payments p set refund_reason = null where p.customer_id = p_user_id and p.refund_reason is not null;
  update public.payment_private_details d set gateway_response = null, metadata = '{}'
  where d.payment_id in (select p.id from public.payments p where p.customer_id = p_user_id);
  update public.refunds r set refund_reason = 'Deleted', notes = null where r.customer_id = p_user_id;
  update public.reviews r set title = null, review_text = null, photos = null where r.customer_id = p_user_id;
  update public.vendor_reviews r set review_title = null, review_text = null, photos = null
  where r.customer_id = p_user_id;
end
$$;
comment on function app_private.forget_bookings(uuid) is
  'Removes what identifies a customer from bookings, payments and reviews; times, services, money and stars stay.';
revoke all on function app_private.forget_bookings(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/forget_bookings.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.28', 'desk', '2026-11-29', 'Bookings that a vendor''s desk makes for guests, payments there, and claiming them');
