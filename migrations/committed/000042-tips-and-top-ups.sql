--! Previous: sha1:27cb272f8190ce24e980d3c5297774f1a168efd1
--! Hash: sha1:7ecbb4e61b081c08176350efa4a509a4487b6b12
--! Message: tips-and-top-ups

--! split: 010-purposes.sql
-- Money comes in for more than bookings: a tip for the provider after the service, and a top-up of the customer's wallet.
-- Both are payments like any other (started here, reported by the gateway, refunded the way they came), so they share its
-- table; but neither is part of what a booking costs. A payment of another purpose therefore names no booking: whatever
-- adds up the payments of a booking cannot count it by mistake. Docs: decisions/0044-purposes-of-payments.md.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-foreign-key-constraint, ban-drop-not-null, adding-field-with-default, disallowed-unique-constraint, require-concurrent-index-deletion

create table enums.payment_purpose (value text primary key, description text not null);
comment on table enums.payment_purpose is E'@enum\n@enumName PaymentPurpose\nWhat a payment is for.';
insert into enums.payment_purpose values
  ('booking', 'A booking'), ('tip', 'A tip for the provider of a booking'), ('top_up', 'Money for the customer''s wallet');
select app_private.publish_list('enums.payment_purpose');

alter table public.payments
  add column purpose text not null default 'booking' references enums.payment_purpose,
  alter column booking_id drop not null,
  alter column vendor_id drop not null,
  add constraint payments_of_a_booking_or_by_gateway check (
    case when purpose = 'booking' then num_nulls(booking_id, vendor_id) = 0
    else num_nonnulls(booking_id, vendor_id) = 0 and (payment_gateway is not null or (purpose, payment_method) = ('tip', 'wallet')) end);
comment on table public.payments is
  'Payments for bookings, tips and top-ups of wallets, in rupees. What the payment gateway reported is in paymentPrivateDetail.';
comment on column public.payments.purpose is 'What the payment is for.';
comment on column public.payments.booking_id is
  'Booking that is paid; null for a top-up, and for a tip, which is no part of what the booking costs (see tip).';
comment on column public.payments.vendor_id is 'Vendor of the booking; null for tips and top-ups.';
comment on constraint payments_of_a_booking_or_by_gateway on public.payments is
  'A payment of a booking must name the booking and its vendor; a tip or top-up must name neither and go through a payment gateway, or be a tip from the wallet.';

alter table public.refunds alter column booking_id drop not null;
comment on column public.refunds.booking_id is 'Booking that was paid; null for the refund of a tip or top-up.';

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('tips.days', 'tips', '7', 'integer', 1, 90, true, 'Days after completion for which a customer can tip'),
  ('tips.minimum', 'tips', '10', 'integer', 1, 100000, true, 'Smallest tip, in rupees'),
  ('tips.maximum', 'tips', '5000', 'integer', 1, 100000, true, 'Largest tip, in rupees'),
  ('wallet.top_up_is_enabled', 'wallet', 'false', 'boolean', null, null, true, 'Whether customers can top up their wallets; ask an adviser first (docs/decisions/0044-purposes-of-payments.md)'),
  ('wallet.top_up_minimum', 'wallet', '100', 'integer', 1, 1000000, true, 'Smallest top-up of a wallet, in rupees'),
  ('wallet.top_up_maximum', 'wallet', '10000', 'integer', 1, 1000000, true, 'Largest top-up of a wallet, in rupees'),
  ('wallet.top_ups_a_month', 'wallet', '3', 'integer', 1, 100, true, 'Top-ups of a customer in a calendar month');

--! split: 020-journal.sql
-- The money of a tip or top-up passes through an account of its payment, as the money of a booking passes through the
-- booking's: in from the gateway; out to the vendor or the wallet, or back. What cannot be used for its purpose (a second
-- tip, more than was asked for) lies there until it is refunded.

insert into enums.journal_account values
  ('payment', 'Paid as a tip or top-up and neither used nor refunded yet; one account per payment');
alter table app_private.journal
  drop constraint journal_names_its_owners,
  add constraint journal_names_its_owners check (
    (from_account in ('booking', 'vendor', 'wallet', 'payment')) = (from_id is not null)
    and (to_account in ('booking', 'vendor', 'wallet', 'payment')) = (to_id is not null));
comment on column app_private.journal.from_id is
  'Booking, vendor, customer or payment of that account; null for the platform''s own accounts.';
comment on column app_private.journal.to_id is
  'Booking, vendor, customer or payment of that account; null for the platform''s own accounts.';

insert into enums.vendor_credit_kind values
  ('tip', 'Tip of a customer for the vendor''s provider; below 0 for a refund of it');
alter table public.vendor_credits
  add column refund_id uuid references public.refunds on delete restrict;
drop index public.vendor_credits_once;
create unique index vendor_credits_once on public.vendor_credits (booking_id, kind, payment_id, decision_id, refund_id)
  nulls not distinct where booking_id is not null;
comment on index public.vendor_credits_once is 'This booking already has this credit. Reload it.';
-- The foreign key.
create index vendor_credits_refund_id_idx on public.vendor_credits (refund_id) where refund_id is not null;
comment on column public.vendor_credits.payment_id is
  'Payment of the customer after the booking was cancelled, or of the tip; null when the money was already there.';
comment on column public.vendor_credits.refund_id is 'Refund of the tip that is taken back; null for others.';
insert into app_private.personal_links (table_name, column_name, is_about)
values ('public.vendor_credits', 'refund_id', false);

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
  union all
  -- Paid as a tip or top-up, and neither used nor refunded.
  select 'payment', p.id, p.total_amount
    - coalesce((
      select sum(r.refund_amount) from public.refunds r
      where r.payment_id = p.id and r.status = 'completed' and not r.is_borne_by_platform), 0)
    - case p.purpose
      when 'tip' then coalesce((
        select sum(c.amount) from public.vendor_credits c where c.payment_id = p.id and c.kind = 'tip'), 0)
      else coalesce((
        select sum(case t.transaction_type when 'debit' then -t.amount else t.amount end)
        from public.wallet_transactions t where t.payment_id = p.id), 0) end
  from public.payments p
  where p.purpose <> 'booking' and p.status in ('success', 'partially_refunded', 'refunded')
$$;
comment on function app_private.balances_by_rows() is
  'Balances that the accounts of customers, vendors, bookings and payments must have by their own rows: wallets, what vendors are owed, what is paid for bookings and neither earned nor refunded, and what is paid as a tip or top-up and neither used nor refunded.';
revoke all on function app_private.balances_by_rows() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/balances_by_rows.sql
--! Included functions/money/unbooked.sql
create or replace function app_private.unbooked() returns setof app_private.imbalance
language sql stable security definer set search_path = '' as $$
  select coalesce(b.account, r.account), coalesce(b.id, r.id), coalesce(b.balance, 0), coalesce(r.balance, 0)
  from (
    select * from app_private.balances_by_journal() where account in ('wallet', 'vendor', 'booking', 'payment')
  ) b
  full join app_private.balances_by_rows() r on r.account = b.account and r.id = b.id
  where coalesce(b.balance, 0) <> coalesce(r.balance, 0)
$$;
comment on function app_private.unbooked() is
  'Accounts of customers, vendors, bookings and payments whose movements differ from their rows.';
revoke all on function app_private.unbooked() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/unbooked.sql

--! split: 030-tips.sql
-- A tip is from a customer to the provider who performed a booking. Its payment knows only that it is a tip; here is of
-- which booking and for whom, in a row that the provider may read, who reads no payments.

create table public.tips (
  id uuid primary key default gen_random_uuid(),
  payment_id uuid not null constraint tips_payment_id_key unique references public.payments on delete restrict,
  booking_id uuid not null references public.bookings on delete restrict,
  vendor_id uuid not null references public.vendors on delete restrict,
  customer_id uuid not null references public.customers on delete restrict,
  therapist_id uuid references public.therapists on delete restrict,
  beautician_id uuid references public.beauticians on delete restrict,
  amount numeric(10, 2) not null,
  refunded_amount numeric(10, 2) not null default 0,
  received_at timestamptz,
  created_at timestamptz not null default now(),
  constraint tips_one_provider check (num_nonnulls(therapist_id, beautician_id) = 1),
  constraint tips_of_something check (amount > 0),
  constraint tips_refund_within_amount check (refunded_amount <= amount),
  constraint tips_refund_of_received check (refunded_amount = 0 or received_at is not null)
);
alter table public.tips enable row level security;
select app_private.limit_numbers('public.tips', '{"amount": "amount", "refunded_amount": "amount"}');
alter table public.tips
  alter column vendor_id set (n_distinct = -1), alter column customer_id set (n_distinct = -1),
  alter column therapist_id set (n_distinct = -1), alter column beautician_id set (n_distinct = -1);
-- One a booking: of two that arrive at once the second goes back.
create unique index tips_one_a_booking on public.tips (booking_id) where received_at is not null;
-- The foreign key, with those that were not paid.
create index tips_booking_id_idx on public.tips (booking_id);
-- Lists of customers, vendors and providers, the latest first.
create index tips_customer_id_idx on public.tips (customer_id, created_at desc);
create index tips_vendor_id_idx on public.tips (vendor_id, created_at desc);
create index tips_therapist_id_idx on public.tips (therapist_id, created_at desc) where therapist_id is not null;
create index tips_beautician_id_idx on public.tips (beautician_id, created_at desc) where beautician_id is not null;
-- Staff's list, the latest first.
create index tips_created_at_idx on public.tips (created_at desc, id);
comment on table public.tips is
  'Tips of customers for the providers of their bookings, in rupees; one that was never paid has no receivedAt. Paid out with the vendor''s earnings, without commission.';
comment on column public.tips.id is 'Identifies the tip.';
comment on column public.tips.payment_id is 'Payment of the tip.';
comment on column public.tips.booking_id is 'Booking for which the customer tips.';
comment on column public.tips.vendor_id is 'Vendor of the booking, who is paid the tip and passes it on.';
comment on column public.tips.customer_id is 'Customer who tips.';
comment on column public.tips.therapist_id is 'Therapist who performed the booking; null when a beautician did.';
comment on column public.tips.beautician_id is 'Beautician who performed the booking; null when a therapist did.';
comment on column public.tips.amount is 'Rupees of the tip; once it is received, what was credited.';
comment on column public.tips.refunded_amount is 'Rupees of it that were taken back for a refund.';
comment on column public.tips.received_at is 'When it was received and credited; null until then.';
comment on column public.tips.created_at is 'When the row was created.';
comment on constraint tips_one_provider on public.tips is 'A tip is for one therapist or one beautician. Enter one of the two.';
comment on constraint tips_of_something on public.tips is 'Amount must be greater than 0.';
comment on constraint tips_refund_within_amount on public.tips is 'Refunds must not exceed the amount of the tip.';
comment on constraint tips_refund_of_received on public.tips is 'Only a tip that was received can be refunded.';
comment on index public.tips_one_a_booking is 'This booking already has a tip.';
-- Vendors and providers see what has arrived.
create policy select_party on public.tips for select to authenticated using (
  customer_id = (select auth.uid())
  or received_at is not null and (
    vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[])
    or therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or beautician_id = any ((select app_private.my_beautician_ids())::uuid[])));
create policy select_staff on public.tips for select to staff using (
  id >= (select app_private.floor_uuid('payments.read'))
  and created_at >= (select app_private.floor_instant('payments.read')));
-- Withheld: every write. add_tip, the gateway's events and refund_payment do that.
grant select on public.tips to authenticated, staff;
insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.tips', 'customer_id', true),
  ('public.tips', 'payment_id', false), ('public.tips', 'booking_id', false), ('public.tips', 'vendor_id', false),
  ('public.tips', 'therapist_id', false), ('public.tips', 'beautician_id', false);
comment on column public.therapist_private_details.total_earnings is
  'Rupees earned with services through the platform so far, without tips; counted by the platform.';
comment on column public.beautician_private_details.total_earnings is
  'Rupees earned with services through the platform so far, without tips; counted by the platform.';
comment on column public.therapist_assignments.tips_amount is
  'Rupees that the customer tipped, less what was refunded of it.';
comment on column public.beautician_assignments.tips_amount is
  'Rupees that the customer tipped, less what was refunded of it.';

insert into enums.notification_type values ('tip_received', 'A tip was received');
--! Included templates/tip_received.sql
-- A tip was received.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('tip_received', 'provider', 'en',
    'You received a tip of {{tip}}',
    'For booking {{booking_number}}. {{vendor}} pays it out to you.',
    '{push,in_app}', 'normal', '/assignments'),
  ('tip_received', 'customer', 'en',
    'Your tip of {{tip}} has arrived',
    'Thank you. All of it is for {{provider}}.',
    '{push,in_app,email}', 'normal', '/bookings/{{booking_id}}/payments'),
  ('tip_received', 'vendor', 'en',
    'A tip of {{tip}} for {{provider}}',
    'For booking {{booking_number}}. It is part of your next payout; pass it on.',
    '{in_app}', 'low', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/tip_received.sql
--! Included functions/messages/tell_tip.sql
create or replace function app_private.tell_tip(p_tip public.tips) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_provider record := app_private.provider_of_row(jsonb_strip_nulls(to_jsonb(p_tip)));
  v_fields jsonb := app_private.booking_fields(app_private.current_booking(p_tip.booking_id))
    || jsonb_build_object('tip', app_private.in_rupees(p_tip.amount), 'provider', v_provider.name);
  v_data jsonb := jsonb_build_object('screen', 'tip', 'bookingId', p_tip.booking_id, 'tipId', p_tip.id);
begin
  perform app_private.notify(v_provider.user_id, 'provider', 'tip_received', v_fields, v_data);
  perform app_private.notify(p_tip.customer_id, 'customer', 'tip_received', v_fields, v_data);
  perform app_private.notify(u, 'vendor', 'tip_received', v_fields, v_data)
    from app_private.vendor_desk(p_tip.vendor_id) u;
end
$$;
comment on function app_private.tell_tip(public.tips) is
  'Notifies the provider, the vendor and the customer of a tip that has arrived.';
revoke all on function app_private.tell_tip(public.tips) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_tip.sql
--! Included functions/money/require_gateway.sql
create or replace function app_private.require_gateway(p_method text, p_gateway text) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if p_method is null or p_method not in ('credit_card', 'debit_card', 'upi', 'net_banking', 'pay_later') then
    raise exception 'Payment method must be credit card, debit card, UPI, net banking or pay later.'
      using errcode = 'OB020', column = 'payment_method';
  end if;
  if p_gateway is distinct from 'razorpay' then
    raise exception 'Payment gateway must be razorpay: payments go through no other.'
      using errcode = 'OB020', column = 'payment_gateway';
  end if;
end
$$;
comment on function app_private.require_gateway(text, text) is
  'Refuses a method that no gateway offers, and a gateway through which no payments go. Raises OB020.';
revoke all on function app_private.require_gateway(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/require_gateway.sql
--! Included functions/money/start_payment.sql
create or replace function public.start_payment(
  booking_id uuid, payment_method text, payment_gateway text, idempotency_key text,
  amount numeric default null
) returns public.payments
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_done uuid;
  v_payment public.payments;
begin
  v_booking := app_private.own_booking(start_payment.booking_id);
  perform app_private.require_number('amount', 'total', start_payment.amount);
  v_done := app_private.replayed(start_payment.idempotency_key, 'start_payment', jsonb_build_object(
    'booking', start_payment.booking_id, 'method', start_payment.payment_method,
    'gateway', start_payment.payment_gateway, 'amount', start_payment.amount));
  if v_done is null then
    perform app_private.require_gateway(start_payment.payment_method, start_payment.payment_gateway);
    insert into public.payments
      (booking_id, customer_id, vendor_id, amount, total_amount, payment_method, payment_gateway)
    select v_booking.id, v_booking.customer_id, v_booking.vendor_id, a, a,
      start_payment.payment_method, start_payment.payment_gateway
    from app_private.payable(v_booking, start_payment.amount) a
    returning id into v_done;
    -- The slot waits for the gateway a little longer.
    if v_booking.status = 'pending' then
      update app_private.provider_reservations r
      set expires_at = greatest(r.expires_at, v_booking.created_at
        + app_private.setting('booking.payment_minutes')::integer * interval '1 minute')
      where r.booking_id = v_booking.id and r.expires_at > clock_timestamp();
      update public.bookings b set expires_at = r.expires_at
      from app_private.provider_reservations r where b.id = v_booking.id and r.booking_id = b.id;
    end if;
    perform app_private.remember_result(start_payment.idempotency_key, v_done);
  end if;
  select * into strict v_payment from public.payments p where p.id = v_done;
  return v_payment;
end
$$;
comment on function public.start_payment(uuid, text, text, text, numeric) is
  'Starts a payment of your own booking through a gateway, for all that is due or for the given amount; the slot of a pending booking is then kept for 15 minutes in all by default. Give the transactionId to the gateway with the order (Razorpay: as the transaction id in the notes); its webhook then reports the result. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB030 (cancelled, expired or paid), OB066 (key of another request), OB068 (more than is due).';
revoke all on function public.start_payment(uuid, text, text, text, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.start_payment(uuid, text, text, text, numeric) to authenticated;
--! EndIncluded functions/money/start_payment.sql
--! Included functions/money/tip_refusal.sql
create or replace function app_private.tip_refusal(p_booking public.bookings) returns text
language sql stable security definer set search_path = '' as $$
  select case
    when p_booking.channel = 'desk' then 'This booking was made at the vendor''s desk. Give the tip there.'
    when p_booking.status <> 'completed' then
      'Wait until the service is completed, then tip. This booking is ' || replace(p_booking.status, '_', ' ') || '.'
    when exists (
      select from public.booking_disputes d where d.booking_id = p_booking.id and d.status = 'open'
      union all
      select from public.booking_settlements s where s.booking_id = p_booking.id and s.settled_at is null)
      then 'What this booking costs is not settled yet. Wait until it is, then tip.'
    when p_booking.refunded_amount >= p_booking.final_amount and p_booking.final_amount > 0
      then 'This booking was refunded in full, so it cannot be tipped.'
    when exists (
      select from public.tips t where t.booking_id = p_booking.id and t.received_at is not null)
      then 'You have already tipped for this booking.'
  end
$$;
comment on function app_private.tip_refusal(public.bookings) is
  'Why a booking cannot be tipped, in words for the customer; null where it can. The booking must be locked.';
revoke all on function app_private.tip_refusal(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/tip_refusal.sql
--! Included functions/money/tippable_booking.sql
create or replace function app_private.tippable_booking(p_booking_id uuid) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.own_booking(p_booking_id);
begin
  if app_private.belongs_to_vendor(v_booking.vendor_id) then
    raise exception 'This booking was at your own business, so you cannot tip for it. Give it to the provider yourself.' using errcode = 'OB031';
  end if;
  return v_booking;
end
$$;
comment on function app_private.tippable_booking(uuid) is
  'A booking of the signed-in customer at a business of others, locked. Raises OB001, OB003, OB031.';
revoke all on function app_private.tippable_booking(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/tippable_booking.sql
--! Included functions/money/start_tip.sql
create or replace function app_private.start_tip(
  p_booking public.bookings, p_amount numeric, p_method text, p_gateway text
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_least integer := app_private.setting('tips.minimum')::integer;
  v_most integer := app_private.setting('tips.maximum')::integer;
  v_days integer := app_private.setting('tips.days')::integer;
  v_refusal text := app_private.tip_refusal(p_booking);
  v_provider record;
  v_payment_id uuid;
begin
  if (p_amount between v_least and v_most) is not true then
    raise exception 'A tip must be from ₹% to ₹%. Enter another amount.', v_least, v_most
      using errcode = 'OB020', column = 'amount';
  end if;
  if v_refusal is not null then
    raise exception '%', v_refusal using errcode = 'OB030';
  end if;
  select a.therapist_id, a.beautician_id, coalesce(a.actual_end_time, p_booking.ends_at) as ended_at into v_provider
  from (
    select t.therapist_id, null::uuid as beautician_id, t.actual_end_time from public.therapist_assignments t
    where t.booking_id = p_booking.id and t.status = 'completed'
    union all
    select null, k.beautician_id, k.actual_end_time from public.beautician_assignments k
    where k.booking_id = p_booking.id and k.status = 'completed'
  ) a;
  if not found then
    raise exception 'No provider is noted for this booking, so no one can receive a tip. Contact customer care.' using errcode = 'OB030';
  end if;
  if v_provider.ended_at + v_days * interval '1 day' <= now() then
    raise exception 'You can tip until % days after the service, and that time is over. Give the tip at your next visit.', v_days
      using errcode = 'OB044';
  end if;
  insert into public.payments (purpose, customer_id, amount, total_amount, payment_method, payment_gateway)
  values ('tip', p_booking.customer_id, p_amount, p_amount, p_method, p_gateway)
  returning id into v_payment_id;
  insert into public.tips (payment_id, booking_id, vendor_id, customer_id, therapist_id, beautician_id, amount)
  values (v_payment_id, p_booking.id, p_booking.vendor_id, p_booking.customer_id, v_provider.therapist_id,
    v_provider.beautician_id, p_amount);
  return v_payment_id;
end
$$;
comment on function app_private.start_tip(public.bookings, numeric, text, text) is
  'Starts the payment of a tip for the provider who served a booking, and returns its id. The booking must be locked. Raises OB020 (amount), OB030 (cannot be tipped), OB044 (too late).';
revoke all on function app_private.start_tip(public.bookings, numeric, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/start_tip.sql
--! Included functions/money/add_tip.sql
create or replace function public.add_tip(
  booking_id uuid, amount numeric, payment_method text, payment_gateway text, idempotency_key text
) returns public.payments
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.tippable_booking(add_tip.booking_id);
  v_done uuid;
  v_payment public.payments;
begin
  perform app_private.require_number('amount', 'amount', add_tip.amount);
  v_done := app_private.replayed(add_tip.idempotency_key, 'add_tip', jsonb_build_object(
    'booking', add_tip.booking_id, 'amount', add_tip.amount, 'method', add_tip.payment_method,
    'gateway', add_tip.payment_gateway));
  if v_done is null then
    perform app_private.require_gateway(add_tip.payment_method, add_tip.payment_gateway);
    v_done := app_private.start_tip(v_booking, round(add_tip.amount, 2), add_tip.payment_method, add_tip.payment_gateway);
    perform app_private.remember_result(add_tip.idempotency_key, v_done);
  end if;
  select * into strict v_payment from public.payments p where p.id = v_done;
  return v_payment;
end
$$;
comment on function public.add_tip(uuid, numeric, text, text, text) is
  'Starts the payment of a tip for the provider of your own completed booking through a gateway, by default from ₹10 to ₹5,000 and within 7 days. Give the transactionId to the gateway as with startPayment; once the gateway reports the money, the provider has all of it, without commission. A booking has one tip; a second one that arrives is refunded. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020 (amount, payment method or gateway), OB030 (not completed, not settled, refunded in full, already tipped, or a desk booking), OB031 (at your own business), OB044 (too late), OB066 (key of another request).';
revoke all on function public.add_tip(uuid, numeric, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.add_tip(uuid, numeric, text, text, text) to authenticated;
--! EndIncluded functions/money/add_tip.sql
--! Included functions/money/credit_tip.sql
create or replace function app_private.credit_tip(
  p_tip public.tips, p_amount numeric, p_refund_id uuid default null
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Held as long as the earning of its booking: waits_for_window.
  insert into public.vendor_credits (vendor_id, booking_id, kind, amount, payment_id, refund_id)
  values (p_tip.vendor_id, p_tip.booking_id, 'tip', p_amount, p_tip.payment_id, p_refund_id);
  perform app_private.move_money('payment', p_tip.payment_id, 'vendor', p_tip.vendor_id, p_amount, null, 'tip');
  update public.therapist_assignments a set tips_amount = a.tips_amount + p_amount
  where a.booking_id = p_tip.booking_id and a.therapist_id = p_tip.therapist_id and a.status = 'completed';
  update public.beautician_assignments a set tips_amount = a.tips_amount + p_amount
  where a.booking_id = p_tip.booking_id and a.beautician_id = p_tip.beautician_id and a.status = 'completed';
end
$$;
comment on function app_private.credit_tip(public.tips, numeric, uuid) is
  'Gives an amount of a tip''s payment to the vendor and adds it to the provider''s tips; takes it back with an amount below 0. The booking must be locked.';
revoke all on function app_private.credit_tip(public.tips, numeric, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/credit_tip.sql
--! Included functions/money/give_tip.sql
create or replace function app_private.give_tip(p_payment public.payments, p_most numeric) returns numeric
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_tip public.tips;
begin
  select * into v_tip from public.tips t where t.payment_id = p_payment.id;
  -- Disputed, refunded or tipped since it was started: then it goes back.
  if v_tip.id is null or p_most = 0
    or app_private.tip_refusal(app_private.current_booking(v_tip.booking_id)) is not null then
    return 0;
  end if;
  update public.tips t set amount = p_most, received_at = now() where t.id = v_tip.id returning * into v_tip;
  perform app_private.credit_tip(v_tip, p_most);
  perform app_private.tell_tip(v_tip);
  return p_most;
end
$$;
comment on function app_private.give_tip(public.payments, numeric) is
  'Credits a tip that has arrived, up to an amount, and tells everyone concerned. Returns the amount; 0 where its booking can no longer be tipped. The booking must be locked.';
revoke all on function app_private.give_tip(public.payments, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/give_tip.sql

--! split: 040-top-ups.sql
-- A customer puts money into the wallet. Off by default: whether a wallet that is spent at many vendors needs a licence is
-- for an adviser to say.

insert into enums.notification_type values
  ('wallet_topped_up', 'Money was added to the wallet'), ('payment_refunded', 'A tip or top-up was refunded');
--! Included templates/wallet_topped_up.sql
-- A wallet was topped up.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('wallet_topped_up', 'customer', 'en',
    '{{paid}} are in your wallet',
    'Your wallet now has {{balance}}.',
    '{push,in_app,email}', 'normal', '/wallet')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/wallet_topped_up.sql
--! Included templates/payment_refunded.sql
-- A tip or top-up was refunded.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('payment_refunded', 'customer', 'en',
    'We have refunded {{refunded}}',
    'Of your payment {{payment}}. It can take some days to arrive.',
    '{push,in_app,sms,email}', 'high', '/wallet')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/payment_refunded.sql
--! Included functions/money/topped_up_this_month.sql
create or replace function app_private.topped_up_this_month(p_customer_id uuid) returns integer
language sql stable security definer set search_path = '' as $$
  -- By payments_customer_id_idx: what was started earlier and arrived in this month counts, too.
  select count(*)::integer
  from public.payments p
  join public.wallet_transactions t on t.payment_id = p.id and t.transaction_type = 'credit'
  where p.customer_id = p_customer_id and p.purpose = 'top_up'
    and t.created_at >= app_private.start_of(date_trunc('month', app_private.today()::timestamp)::date)
$$;
comment on function app_private.topped_up_this_month(uuid) is
  'How often a customer''s wallet was topped up in this calendar month.';
revoke all on function app_private.topped_up_this_month(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/topped_up_this_month.sql
--! Included functions/money/top_up_wallet.sql
create or replace function public.top_up_wallet(
  amount numeric, payment_method text, payment_gateway text, idempotency_key text
) returns public.payments
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers := app_private.require_customer();
  v_amount numeric := round(top_up_wallet.amount, 2);
  v_least integer := app_private.setting('wallet.top_up_minimum')::integer;
  v_most integer := app_private.setting('wallet.top_up_maximum')::integer;
  v_monthly integer := app_private.setting('wallet.top_ups_a_month')::integer;
  v_done uuid;
  v_payment public.payments;
begin
  perform app_private.require_number('amount', 'amount', top_up_wallet.amount);
  v_done := app_private.replayed(top_up_wallet.idempotency_key, 'top_up_wallet', jsonb_build_object(
    'amount', top_up_wallet.amount, 'method', top_up_wallet.payment_method,
    'gateway', top_up_wallet.payment_gateway));
  if v_done is null then
    if not app_private.setting('wallet.top_up_is_enabled')::boolean then
      raise exception 'Wallets cannot be topped up at present. Pay for your booking directly.' using errcode = 'OB030';
    end if;
    if (app_private.proven_contacts(v_customer.id)).mobile is null then
      raise exception 'You have no verified mobile number. Verify yours first.' using errcode = 'OB037';
    end if;
    perform app_private.require_gateway(top_up_wallet.payment_method, top_up_wallet.payment_gateway);
    if (v_amount between v_least and v_most) is not true then
      raise exception 'A top-up must be from ₹% to ₹%. Enter another amount.', v_least, v_most
        using errcode = 'OB020', column = 'amount';
    end if;
    -- One of the customer at a time, so that each sees the others. What the gateway may still report counts.
    perform app_private.lock_customer(v_customer.id);
    if app_private.topped_up_this_month(v_customer.id) + (
      select count(*) from public.payments p
      where p.customer_id = v_customer.id and p.purpose = 'top_up' and p.status in ('pending', 'processing')
        and p.created_at > now() - interval '1 day') >= v_monthly then
      raise exception 'You can top up % times a month. Wait until next month; a payment that you did not complete counts for a day.', v_monthly
        using errcode = 'OB071';
    end if;
    insert into public.payments (purpose, customer_id, amount, total_amount, payment_method, payment_gateway)
    values ('top_up', v_customer.id, v_amount, v_amount, top_up_wallet.payment_method, top_up_wallet.payment_gateway)
    returning id into v_done;
    perform app_private.remember_result(top_up_wallet.idempotency_key, v_done);
  end if;
  select * into strict v_payment from public.payments p where p.id = v_done;
  return v_payment;
end
$$;
comment on function public.top_up_wallet(numeric, text, text, text) is
  'Starts the payment of a top-up of your wallet, by default from ₹100 to ₹10,000 and three times a calendar month, where the platform allows it. Give the transactionId to the gateway as with startPayment; once the gateway reports the money, it is in the wallet. Repeating the same idempotency key repeats the answer. Raises OB001, OB020 (amount, payment method or gateway), OB030 (switched off), OB037 (no date of birth or verified mobile number), OB065 (too young), OB066 (key of another request), OB071 (too often this month).';
revoke all on function public.top_up_wallet(numeric, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.top_up_wallet(numeric, text, text, text) to authenticated;
--! EndIncluded functions/money/top_up_wallet.sql
--! Included functions/money/fill_wallet.sql
create or replace function app_private.fill_wallet(p_payment public.payments, p_most numeric) returns numeric
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.lock_customer(p_payment.customer_id);
  -- Reported late: the customer has topped up by other payments since, or deleted the account.
  if p_most = 0
    or app_private.topped_up_this_month(p_payment.customer_id)
      >= app_private.setting('wallet.top_ups_a_month')::integer
    or exists (
      select from public.user_profiles u where u.id = p_payment.customer_id and u.deleted_at is not null) then
    return 0;
  end if;
  perform app_private.move_wallet(p_payment.customer_id, 'credit', p_most, 'payment', p_payment.id, null,
    p_payment.id, 'Top-up ' || p_payment.transaction_id);
  perform app_private.notify(p_payment.customer_id, 'customer', 'wallet_topped_up',
    jsonb_build_object('paid', app_private.in_rupees(p_most),
      'balance', app_private.in_rupees(app_private.wallet_balance(p_payment.customer_id))),
    jsonb_build_object('screen', 'wallet', 'paymentId', p_payment.id));
  return p_most;
end
$$;
comment on function app_private.fill_wallet(public.payments, numeric) is
  'Puts a top-up that has arrived into the wallet, up to an amount, and tells the customer. Returns the amount; 0 where the wallet can no longer be topped up.';
revoke all on function app_private.fill_wallet(public.payments, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/fill_wallet.sql

--! split: 050-events-and-refunds.sql
-- What a gateway reports of a tip or top-up, and what goes back, in the same functions as for bookings.

--! Included functions/money/lock_payment.sql
create or replace function app_private.lock_payment(p_payment public.payments) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
begin
  select b.* into v_booking from public.bookings b
  where b.id = coalesce(p_payment.booking_id, (
    select t.booking_id from public.tips t where t.payment_id = p_payment.id))
  for no key update;
  if not found then
    perform app_private.lock_customer(p_payment.customer_id);
  end if;
  return v_booking;
end
$$;
comment on function app_private.lock_payment(public.payments) is
  'Locks what decides about a payment: the booking that it pays or tips, which is returned, otherwise its customer.';
revoke all on function app_private.lock_payment(public.payments) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/lock_payment.sql
--! Included functions/money/payment_of_event.sql
create or replace function app_private.payment_of_event(
  p_gateway text, p_kind text, p_event jsonb
) returns public.payments
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payment public.payments;
begin
  select * into v_payment from public.payments p
  where p.payment_gateway = p_gateway
    and (p.gateway_transaction_id = p_event ->> 'paymentReference'
      or p.transaction_id = p_event ->> 'transactionId')
  order by p.gateway_transaction_id is not distinct from p_event ->> 'paymentReference' desc
  limit 1;
  if not found then
    return null;
  end if;
  perform app_private.lock_payment(v_payment);
  -- Checked again after locking.
  select * into v_payment from public.payments p
  where p.payment_gateway = p_gateway
    and (p.gateway_transaction_id = p_event ->> 'paymentReference'
      or p.transaction_id = p_event ->> 'transactionId')
  order by p.gateway_transaction_id is not distinct from p_event ->> 'paymentReference' desc
  limit 1;
  -- The customer has paid a second time for one payment of ours: that becomes a payment of its own.
  if v_payment.gateway_transaction_id <> p_event ->> 'paymentReference' and p_kind <> 'payment.failed' then
    insert into public.payments
      (purpose, booking_id, customer_id, vendor_id, amount, total_amount, payment_method, payment_gateway,
        gateway_transaction_id)
    -- A second tip or top-up was not asked for: all of it goes back.
    select v_payment.purpose, v_payment.booking_id, v_payment.customer_id, v_payment.vendor_id, a, a,
      v_payment.payment_method, p_gateway, p_event ->> 'paymentReference'
    from (values (case v_payment.purpose when 'booking' then (p_event ->> 'amount')::numeric else 0 end)) v (a)
    returning * into v_payment;
  end if;
  return v_payment;
end
$$;
comment on function app_private.payment_of_event(text, text, jsonb) is
  'The payment of a gateway''s event, locked with its booking or customer: the one with the gateway''s reference, otherwise the one that requested it, or a new one where that is already paid by another; null when it is not known.';
revoke all on function app_private.payment_of_event(text, text, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/payment_of_event.sql
--! Included functions/money/purpose_received.sql
create or replace function app_private.purpose_received(p_payment public.payments, p_most numeric) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_excess numeric;
begin
  -- What comes from a wallet is there already.
  if p_payment.payment_method <> 'wallet' then
    perform app_private.move_money('gateway', null, 'payment', p_payment.id, p_payment.total_amount, null, 'payment');
  end if;
  v_excess := p_payment.total_amount - case p_payment.purpose
    when 'tip' then app_private.give_tip(p_payment, p_most)
    else app_private.fill_wallet(p_payment, p_most) end;
  if v_excess = 0 then
    return 'received';
  end if;
  perform app_private.refund_of_payment(p_payment, v_excess,
    case when v_excess = p_payment.total_amount then 'full' else 'partial' end,
    case when v_excess < p_payment.total_amount then 'More was paid than was asked for'
      when p_payment.purpose = 'tip' then 'The booking can no longer be tipped'
      else 'The wallet can no longer be topped up' end,
    null);
  return 'returned';
end
$$;
comment on function app_private.purpose_received(public.payments, numeric) is
  'Uses the money of a tip or top-up that has arrived for its purpose, up to what was asked for, and returns the rest. The payment must be locked with its booking or customer. Returns received or returned.';
revoke all on function app_private.purpose_received(public.payments, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/purpose_received.sql
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
--! Included functions/money/unused.sql
create or replace function app_private.unused(p_payment public.payments) returns numeric
language sql stable security definer set search_path = '' as $$
  select app_private.account_balance('payment', p_payment.id) - coalesce((
    select sum(r.refund_amount) from public.refunds r
    where r.payment_id = p_payment.id and r.status in ('pending', 'processing')
      and not r.is_borne_by_platform), 0)
$$;
comment on function app_private.unused(public.payments) is
  'Rupees of a tip or top-up that are neither used for it, nor refunded, nor on their way back.';
revoke all on function app_private.unused(public.payments) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/unused.sql
--! Included functions/money/refund_of_purpose.sql
create or replace function app_private.refund_of_purpose(
  p_payment public.payments, p_amount numeric, p_type text, p_reason text
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  -- What a refund that failed has left goes first.
  v_taken numeric := greatest(0, p_amount - app_private.unused(p_payment));
  v_is_spent boolean := p_payment.purpose = 'top_up' and v_taken > app_private.withdrawable_balance(p_payment.customer_id);
  v_is_of_wallet boolean := p_payment.payment_method = 'wallet';
  v_tip public.tips;
  v_refund_id uuid;
begin
  insert into public.refunds
    (payment_id, customer_id, refund_amount, refund_reason, refund_type, refund_method, is_borne_by_platform)
  values (p_payment.id, p_payment.customer_id, p_amount, p_reason, p_type,
    case when v_is_of_wallet then 'wallet' else 'original' end, v_is_spent)
  returning id into v_refund_id;
  if v_taken = 0 or v_is_spent then
    return v_refund_id;
  end if;
  if p_payment.purpose = 'tip' then
    update public.tips t set refunded_amount = t.refunded_amount + v_taken where t.payment_id = p_payment.id
    returning * into strict v_tip;
    perform app_private.credit_tip(v_tip, -v_taken, v_refund_id);
    if v_is_of_wallet then
      perform app_private.move_wallet(p_payment.customer_id, 'refund', p_amount, 'payment', p_payment.id, null,
        p_payment.id, p_reason);
      perform app_private.finish_refund(v_refund_id, null, (select auth.uid()));
    end if;
  else
    perform app_private.move_wallet(p_payment.customer_id, 'debit', v_taken, 'payment', p_payment.id, null,
      p_payment.id, p_reason);
  end if;
  return v_refund_id;
end
$$;
comment on function app_private.refund_of_purpose(public.payments, numeric, text, text) is
  'Sends an amount of a tip or top-up back through its gateway, or into the wallet that it came from, and takes what was used of it from the vendor or the wallet; where the wallet has less, the platform bears all of it. The payment must be locked with its booking or customer, and the amount must be left of it.';
revoke all on function app_private.refund_of_purpose(public.payments, numeric, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/refund_of_purpose.sql
--! Included functions/money/tip_from_wallet.sql
create or replace function public.tip_from_wallet(
  booking_id uuid, amount numeric, idempotency_key text
) returns public.payments
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.tippable_booking(tip_from_wallet.booking_id);
  v_amount numeric := round(tip_from_wallet.amount, 2);
  v_most numeric;
  v_done uuid;
  v_payment public.payments;
begin
  perform app_private.require_number('amount', 'amount', tip_from_wallet.amount);
  v_done := app_private.replayed(tip_from_wallet.idempotency_key, 'tip_from_wallet', jsonb_build_object(
    'booking', tip_from_wallet.booking_id, 'amount', tip_from_wallet.amount));
  if v_done is null then
    v_done := app_private.start_tip(v_booking, v_amount, 'wallet', null);
    perform app_private.lock_customer(v_booking.customer_id);
    v_most := app_private.withdrawable_balance(v_booking.customer_id);
    if v_amount > v_most then
      raise exception 'You can tip at most ₹% from your wallet. Rewards and goodwill cannot be tipped: use them for a booking.', v_most
        using errcode = 'OB063', column = 'amount';
    end if;
    perform app_private.move_wallet(v_booking.customer_id, 'debit', v_amount, 'payment', v_done, null, v_done,
      'Tip for ' || v_booking.booking_number);
    perform app_private.payment_received(v_done, v_amount, null);
    perform app_private.remember_result(tip_from_wallet.idempotency_key, v_done);
  end if;
  select * into strict v_payment from public.payments p where p.id = v_done;
  return v_payment;
end
$$;
comment on function public.tip_from_wallet(uuid, numeric, text) is
  'Tips the provider of your own completed booking from your wallet, with money that was paid in or refunded (withdrawableBalance), not with rewards or goodwill; for the rest as addTip. The provider has it at once. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB030 (not completed, not settled, refunded in full, already tipped, or a desk booking), OB031 (at your own business), OB044 (too late), OB063 (the wallet has less), OB066 (key of another request).';
revoke all on function public.tip_from_wallet(uuid, numeric, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.tip_from_wallet(uuid, numeric, text) to authenticated;
--! EndIncluded functions/money/tip_from_wallet.sql
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
  'Returns an amount of a payment the way it came: wallet and points at once, gateway payments as a refund on its way, and what the vendor received (cash, or at its desk) at the vendor''s desk: at once where the desk acts, otherwise once it records that (record_desk_refund). The platform pays what no longer lies with the booking; a tip or top-up is taken back first. The payment must be locked with its booking, and the amount must be left of the payment.';
revoke all on function app_private.refund_of_payment(public.payments, numeric, text, text, uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/refund_of_payment.sql
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
      case when v_refund.is_borne_by_platform then 'commission'
        when v_payment.purpose = 'booking' then 'booking' else 'payment' end,
      case when not v_refund.is_borne_by_platform then coalesce(v_refund.booking_id, v_payment.id) end,
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
  'Records that a refund has arrived. Its payment must be locked with its booking.';
revoke all on function app_private.finish_refund(uuid, text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/finish_refund.sql
--! Included functions/money/purpose_refunded_elsewhere.sql
create or replace function app_private.purpose_refunded_elsewhere(p_payment public.payments, p_amount numeric)
returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_there numeric := case p_payment.purpose when 'tip' then p_amount
    else least(p_amount, app_private.unused(p_payment) + app_private.withdrawable_balance(p_payment.customer_id)) end;
begin
  if v_there < p_amount then
    insert into public.error_logs (error_type, error_message, severity, request_data)
    values ('top_up_refund', 'A gateway refunded a top-up that was already spent', 'warning',
      jsonb_build_object('payment', p_payment.id, 'paidBack', p_amount, 'spent', p_amount - v_there));
    if v_there > 0 then
      perform app_private.finish_refund(
        app_private.refund_of_payment(p_payment, v_there, 'adjustment', 'Made at the payment gateway', null), null, null);
    end if;
  end if;
  return app_private.refund_of_payment(p_payment,
    case when v_there < p_amount then p_amount - v_there else p_amount end,
    'adjustment', 'Made at the payment gateway', null);
end
$$;
comment on function app_private.purpose_refunded_elsewhere(public.payments, numeric) is
  'Applies a refund of a tip or top-up that was made at the payment gateway: from the vendor, or from the wallet as far as the money is there; the platform bears what was spent, and staff find it in the error log. Returns the refund that is to be finished.';
revoke all on function app_private.purpose_refunded_elsewhere(public.payments, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/purpose_refunded_elsewhere.sql
--! Included functions/money/refund_arrived.sql
create or replace function app_private.refund_arrived(p_payment_id uuid, p_event jsonb) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payment public.payments;
  v_refund public.refunds := app_private.refund_of_event(p_payment_id, p_event);
  v_amount numeric := (p_event ->> 'refundAmount')::numeric;
  v_left numeric;
begin
  if v_refund.status = 'completed' then
    return 'nothing new';
  end if;
  select * into strict v_payment from public.payments p where p.id = p_payment_id;
  -- What can still be refunded with this one.
  v_left := app_private.refundable(v_payment)
    + case when v_refund.status in ('pending', 'processing') then v_refund.refund_amount else 0 end;
  if v_amount > v_left then
    insert into public.error_logs (error_type, error_message, severity, request_data)
    values ('refund_amount', 'A gateway refunded more than was left to refund', 'critical',
      jsonb_build_object('payment', p_payment_id, 'refund', v_refund.id, 'left', v_left, 'paidBack', v_amount));
    v_amount := v_left;
    if v_amount = 0 then
      return 'paid back too much';
    end if;
  end if;
  if v_refund.id is null then
    v_refund.id := case when v_payment.purpose = 'booking'
      then app_private.refund_of_payment(
        v_payment, v_amount, 'adjustment', 'Made at the payment gateway', null,
        app_private.refunded_elsewhere(v_payment.booking_id, v_amount))
      else app_private.purpose_refunded_elsewhere(v_payment, v_amount) end;
  elsif v_payment.purpose <> 'booking' and v_amount > v_refund.refund_amount then
    -- The rest was not ours.
    perform app_private.finish_refund(v_refund.id, null, null);
    v_refund.id := app_private.purpose_refunded_elsewhere(v_payment, v_amount - v_refund.refund_amount);
  elsif v_amount <> v_refund.refund_amount then
    update public.refunds r set refund_amount = v_amount where r.id = v_refund.id;
    if v_amount < v_refund.refund_amount then
      -- The rest is still on its way.
      insert into public.refunds
        (payment_id, booking_id, customer_id, refund_amount, refund_reason, refund_type, refund_method,
          is_borne_by_platform, decision_id)
      values (v_refund.payment_id, v_refund.booking_id, v_refund.customer_id,
        v_refund.refund_amount - v_amount, v_refund.refund_reason, v_refund.refund_type,
        v_refund.refund_method, v_refund.is_borne_by_platform, v_refund.decision_id);
    end if;
  end if;
  perform app_private.finish_refund(v_refund.id, p_event ->> 'refundReference', null);
  perform app_private.note_payment_status(v_payment.booking_id);
  return 'refunded';
end
$$;
comment on function app_private.refund_arrived(uuid, jsonb) is
  'Records that a gateway has refunded an amount of a payment: of the refund that it names or that is waiting, of a part of it, or without one of ours. The payment must be locked with its booking.';
revoke all on function app_private.refund_arrived(uuid, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/refund_arrived.sql
--! Included functions/money/require_refund.sql
create or replace function app_private.require_refund(p_refund_id uuid) returns public.refunds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_refund public.refunds;
begin
  perform app_private.require_permission('payments.approve');
  select * into v_refund from public.refunds r where r.id = p_refund_id;
  if not found then
    raise exception 'The refund was not found. Check the id.' using errcode = 'OB003';
  end if;
  perform app_private.lock_payment(p) from public.payments p where p.id = v_refund.payment_id;
  select * into strict v_refund from public.refunds r where r.id = p_refund_id;
  if v_refund.status not in ('pending', 'processing') then
    raise exception 'This refund has already ended: it is %. Reload it.', replace(v_refund.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  return v_refund;
end
$$;
comment on function app_private.require_refund(uuid) is
  'A refund that is on its way, locked with its booking or customer, for a user who may decide on it. Raises OB001, OB002, OB003, OB030.';
revoke all on function app_private.require_refund(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/require_refund.sql
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
  'Refunds a part of a payment, whatever the cancellation policy says. For a completed booking it can only return money that is still held for it, such as a refund that failed; use refundBooking for the rest. A tip is taken back from the vendor and the provider''s figures, a top-up from the wallet. Needs the permission payments.approve and a reason. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (completed, not settled yet, or paid at a vendor''s desk), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request), OB068 (more than is left of the payment, or than is still in the wallet of a top-up).';
revoke all on function public.refund_payment(uuid, numeric, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.refund_payment(uuid, numeric, text, text) to staff;
--! EndIncluded functions/money/refund_payment.sql
--! Included functions/messages/tell_payment.sql
create or replace function app_private.tell_payment(p_old public.payments, p_new public.payments)
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_fields jsonb;
  v_data jsonb;
begin
  -- Of tips and top-ups users are told once they have arrived where they should.
  if p_new.purpose <> 'booking' then
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

--! split: 060-explained.sql
-- What tips and top-ups must have in the journal (see daily-close), and bookings without them.

create or replace view app_private.expected_of_payments as
select case p.payment_method when 'wallet' then 'wallet debit' else 'payment' end as reason,
  case
    when p.payment_method in ('points', 'wallet') then p.payment_method
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

create or replace view app_private.expected_of_vendor_credits as
select v.kind as reason, 'booking' as from_account, v.booking_id as from_id, 'vendor' as to_account,
  v.vendor_id as to_id, v.amount, v.booking_id
from public.vendor_credits v
-- Cash is a payment, and what is carried over stays in the account. Payments of vendors are below.
where v.kind not in ('cash_collected', 'carried_over', 'payment', 'tip') and v.created_at > (select app_private.journal_opened_at());

create view app_private.expected_of_purposes as
select 'payment' as reason, 'gateway' as from_account, null::uuid as from_id, 'payment' as to_account, p.id as to_id,
  p.total_amount as amount, null::uuid as booking_id
from public.payments p
where p.purpose <> 'booking' and p.payment_method <> 'wallet'
  and p.status in ('success', 'partially_refunded', 'refunded')
  and coalesce(p.payment_date, p.created_at) > (select app_private.journal_opened_at())
union all
select 'tip', 'payment', v.payment_id, 'vendor', v.vendor_id, v.amount, null
from public.vendor_credits v
where v.kind = 'tip' and v.created_at > (select app_private.journal_opened_at())
union all
select 'wallet ' || t.transaction_type, 'payment', t.payment_id, 'wallet', t.customer_id,
  case t.transaction_type when 'debit' then -t.amount else t.amount end, null
from public.wallet_transactions t
where t.account = 'payment' and t.created_at > (select app_private.journal_opened_at())
union all
select 'refund', case when r.is_borne_by_platform then 'commission' else 'payment' end,
  case when not r.is_borne_by_platform then r.payment_id end, 'gateway', null, r.refund_amount, null
from public.refunds r
where r.booking_id is null and r.status = 'completed' and r.refund_method = 'original'
  and coalesce(r.processed_at, r.created_at) > (select app_private.journal_opened_at());
comment on view app_private.expected_of_purposes is 'Movements that tips and top-ups must have.';

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.38', 'tips-and-top-ups', '2026-11-29', 'Payments have a purpose; customers tip providers (addTip, tipFromWallet) and, where it is switched on, top up their wallets (topUpWallet)');
