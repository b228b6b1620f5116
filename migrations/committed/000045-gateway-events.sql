--! Previous: sha1:43980223bf99fa8260ca3544c647126e693696f5
--! Hash: sha1:8959c0515ff5a8638a203d45597cf9d813c7ef48
--! Message: gateway events

--! split: 010-gateway-events.sql
-- Every genuine event of a payment gateway is kept and answered, whatever it says: a gateway whose events are refused switches
-- them off for all. Money that fits no payment waits for staff, who attach it to a booking; a chargeback holds payouts, and
-- moves the books when it is lost. Docs: decisions/0047-gateway-events.md.
-- squawk-ignore-file require-concurrent-index-creation, adding-foreign-key-constraint, ban-drop-not-null

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('payments.keep_event_days', 'payments', '90', 'integer', 1, 3650, false, 'Days for which messages of gateways that were not understood are kept as they came');

insert into enums.notification_type values
  ('chargeback_open', 'A customer disputes a payment with the bank'),
  ('chargeback_won', 'The bank has decided for the vendor'), ('chargeback_lost', 'The bank has decided for the customer');
--! Included templates/chargeback_open.sql
-- A customer disputes a payment for a booking with the bank.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('chargeback_open', 'vendor', 'en',
    'A customer disputes {{amount}} with the bank',
    'It was paid for booking {{booking_number}}, whose earnings are not paid out until the bank decides. Tell customer care what shows that the service took place.',
    '{push,in_app,email}', 'high', '/vendor/account'),
  ('chargeback_open', 'vendor', 'hi',
    'ग्राहक ने बैंक में {{amount}} पर विवाद किया है',
    'यह बुकिंग {{booking_number}} के लिए दिया गया था। बैंक के निर्णय तक इसकी कमाई का भुगतान रुका रहेगा। सेवा हुई थी, इसका प्रमाण ग्राहक सेवा को बताएँ।',
    '{push,in_app,email}', 'high', '/vendor/account')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/chargeback_open.sql
--! Included templates/chargeback_won.sql
-- The bank has decided a dispute about a payment for the platform.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('chargeback_won', 'vendor', 'en',
    '{{amount}} stay with you',
    'The bank has rejected the dispute about booking {{booking_number}}. Its earnings are paid out as usual.',
    '{push,in_app,email}', 'normal', '/vendor/account'),
  ('chargeback_won', 'vendor', 'hi',
    '{{amount}} आपके पास रहेंगे',
    'बैंक ने बुकिंग {{booking_number}} का विवाद अस्वीकार किया है। इसकी कमाई का भुगतान सामान्य रूप से होगा।',
    '{push,in_app,email}', 'normal', '/vendor/account')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/chargeback_won.sql
--! Included templates/chargeback_lost.sql
-- The bank has decided a dispute about a payment for the customer.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('chargeback_lost', 'vendor', 'en',
    'The bank has taken {{amount}} back',
    'It was paid for booking {{booking_number}}. It is set off against your next earnings.',
    '{push,in_app,email}', 'high', '/vendor/account'),
  ('chargeback_lost', 'vendor', 'hi',
    'बैंक ने {{amount}} वापस ले लिए हैं',
    'यह बुकिंग {{booking_number}} के लिए दिया गया था। यह आपकी अगली कमाई में समायोजित होगा।',
    '{push,in_app,email}', 'high', '/vendor/account')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/chargeback_lost.sql

create table enums.unmatched_payment_reason (value text primary key, description text not null);
comment on table enums.unmatched_payment_reason is E'@enum\n@enumName UnmatchedPaymentReason\nWhy a payment at a gateway fits no payment of the platform.';
insert into enums.unmatched_payment_reason values
  ('unknown_payment', 'Names none that was started'), ('other_currency', 'Is not in rupees'), ('refused', 'Breaks a rule');

create table enums.unmatched_payment_status (value text primary key, description text not null);
comment on table enums.unmatched_payment_status is E'@enum\n@enumName UnmatchedPaymentStatus\nState of a payment at a gateway that fits no payment of the platform.';
insert into enums.unmatched_payment_status values
  ('waiting', 'Waits for staff'), ('attached', 'Belongs to a payment now'), ('refunded', 'Has gone back at the gateway');

create table enums.chargeback_status (value text primary key, description text not null);
comment on table enums.chargeback_status is E'@enum\n@enumName ChargebackStatus\nState of a chargeback.';
insert into enums.chargeback_status values
  ('open', 'Not decided yet'), ('won', 'The money stays'), ('lost', 'The money is gone');
-- An earlier undo leaves it where rows name it.
insert into enums.vendor_credit_kind values
  ('chargeback', 'What a bank has taken back of a payment for a booking; below 0') on conflict do nothing;
select app_private.publish_list('enums.unmatched_payment_reason'),
  app_private.publish_list('enums.unmatched_payment_status'), app_private.publish_list('enums.chargeback_status');

alter table app_private.payment_events
  add column body bytea,
  alter column event drop not null;
comment on column app_private.payment_events.event is 'The event as it was read; null where it was not understood.';
comment on column app_private.payment_events.body is
  'The message as it came, where it was not understood; null otherwise, and once it is old.';
create index payment_events_body_idx on app_private.payment_events (received_at) where body is not null;

create table public.unmatched_payments (
  id uuid primary key default gen_random_uuid(),
  payment_gateway text not null,
  gateway_transaction_id text not null,
  amount numeric(12, 2) not null,
  currency text not null,
  reason text not null references enums.unmatched_payment_reason,
  status text not null default 'waiting' references enums.unmatched_payment_status,
  refunded_amount numeric(12, 2) not null default 0,
  payment_id uuid references public.payments on delete restrict,
  handled_by uuid references public.user_profiles on delete set null,
  handled_at timestamptz,
  handled_reason text,
  created_at timestamptz not null default now(),
  constraint unmatched_payments_once unique (payment_gateway, gateway_transaction_id),
  constraint unmatched_payments_attached_to_one check ((status = 'attached') = (payment_id is not null))
);
alter table public.unmatched_payments enable row level security;
select app_private.limit_numbers('public.unmatched_payments', '{"amount": "sum", "refunded_amount": "sum"}');
-- Newest first, and those that wait.
create index unmatched_payments_created_at_idx on public.unmatched_payments (created_at desc, id);
create index unmatched_payments_status_idx on public.unmatched_payments (status, created_at desc);
create index unmatched_payments_payment_id_idx on public.unmatched_payments (payment_id);
create index unmatched_payments_handled_by_idx on public.unmatched_payments (handled_by);
create trigger _800_audit
  after update of status on public.unmatched_payments
  for each row execute function app_private.tg__audit('id');
comment on table public.unmatched_payments is
  'Money that a payment gateway has received and that fits no payment of the platform. Staff attach it to a booking (attachPayment), or refund it at the gateway.';
comment on column public.unmatched_payments.id is 'Identifies the unmatched payment.';
comment on column public.unmatched_payments.payment_gateway is 'Gateway that received it, such as razorpay.';
comment on column public.unmatched_payments.gateway_transaction_id is 'The gateway''s own id of the payment.';
comment on column public.unmatched_payments.amount is 'What was received, in its currency.';
comment on column public.unmatched_payments.currency is 'Currency as a code of three letters, such as INR.';
comment on column public.unmatched_payments.reason is 'Why it fits no payment.';
comment on column public.unmatched_payments.status is 'Whether it still waits.';
comment on column public.unmatched_payments.refunded_amount is 'What the gateway has refunded of it, in its currency.';
comment on column public.unmatched_payments.payment_id is 'Payment that it has become; null while it waits or where it was refunded.';
comment on column public.unmatched_payments.handled_by is
  'User of the platform who attached it; null where a later event did, or it was refunded, or it waits.';
comment on column public.unmatched_payments.handled_at is 'When it was attached; null before.';
comment on column public.unmatched_payments.handled_reason is 'Why it was attached to this booking; null where no one did.';
comment on column public.unmatched_payments.created_at is 'When the row was created.';
comment on constraint unmatched_payments_once on public.unmatched_payments is 'This payment of the gateway is already kept.';
comment on constraint unmatched_payments_attached_to_one on public.unmatched_payments is
  'An attached payment must name the payment that it has become, and no other one must.';
create policy select_staff on public.unmatched_payments for select to staff
  using (created_at >= (select app_private.floor_instant('payments.read')));
-- Withheld: writing, which goes through the functions below.
grant select on public.unmatched_payments to staff;

create table public.chargebacks (
  id uuid primary key default gen_random_uuid(),
  payment_id uuid not null references public.payments on delete restrict,
  booking_id uuid references public.bookings on delete restrict,
  customer_id uuid references public.customers on delete restrict,
  vendor_id uuid references public.vendors on delete restrict,
  gateway_dispute_id text not null,
  amount numeric(10, 2) not null,
  reason_code text,
  respond_by timestamptz,
  status text not null default 'open' references enums.chargeback_status,
  ended_at timestamptz,
  created_at timestamptz not null default now(),
  constraint chargebacks_once unique (gateway_dispute_id),
  constraint chargebacks_end_once check ((status = 'open') = (ended_at is null))
);
alter table public.chargebacks enable row level security;
select app_private.limit_numbers('public.chargebacks', '{"amount": "total"}');
create index chargebacks_payment_id_idx on public.chargebacks (payment_id);
create index chargebacks_booking_id_idx on public.chargebacks (booking_id);
create index chargebacks_customer_id_idx on public.chargebacks (customer_id);
create index chargebacks_vendor_id_idx on public.chargebacks (vendor_id, created_at desc);
create index chargebacks_created_at_idx on public.chargebacks (created_at desc, id);
comment on table public.chargebacks is
  'Payments that customers dispute with their bank. While one is open, nothing of its booking is paid out; it is answered at the gateway.';
comment on column public.chargebacks.id is 'Identifies the chargeback.';
comment on column public.chargebacks.payment_id is 'Payment that is disputed.';
comment on column public.chargebacks.booking_id is 'Booking that it paid; null for a tip or top-up.';
comment on column public.chargebacks.customer_id is 'Customer who disputes it.';
comment on column public.chargebacks.vendor_id is 'Vendor of the booking; null for a tip or top-up.';
comment on column public.chargebacks.gateway_dispute_id is 'The gateway''s own id of the dispute.';
comment on column public.chargebacks.amount is 'Rupees that are disputed.';
comment on column public.chargebacks.reason_code is 'Reason as the gateway gives it; null without one.';
comment on column public.chargebacks.respond_by is 'Until when it must be answered at the gateway; null where the gateway did not say.';
comment on column public.chargebacks.status is 'What became of it.';
comment on column public.chargebacks.ended_at is 'When it was decided; null while it is open.';
comment on column public.chargebacks.created_at is 'When the row was created.';
comment on constraint chargebacks_once on public.chargebacks is 'This dispute of the gateway is already noted.';
comment on constraint chargebacks_end_once on public.chargebacks is 'A decided chargeback must have an end, and an open one must not.';
create policy select_vendor on public.chargebacks for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[]));
create policy select_staff on public.chargebacks for select to staff
  using (created_at >= (select app_private.floor_instant('payments.read')));
grant select on public.chargebacks to authenticated, staff;

insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.unmatched_payments', 'handled_by', false), ('public.unmatched_payments', 'payment_id', false),
  ('public.chargebacks', 'customer_id', true), ('public.chargebacks', 'booking_id', false),
  ('public.chargebacks', 'payment_id', false), ('public.chargebacks', 'vendor_id', false);

--! Included functions/messages/tell_chargeback.sql
create or replace function app_private.tell_chargeback(p_old public.chargebacks, p_new public.chargebacks)
returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Of a tip or top-up no vendor has to show anything.
  if p_new.booking_id is null then
    return;
  end if;
  perform app_private.notify(v.user_id, 'vendor', 'chargeback_' || p_new.status,
    app_private.booking_fields(app_private.current_booking(p_new.booking_id))
      || jsonb_build_object('amount', app_private.in_rupees(p_new.amount)),
    jsonb_build_object('screen', 'vendor', 'vendorId', v.id, 'bookingId', p_new.booking_id))
  from public.vendors v where v.id = p_new.vendor_id;
end
$$;
comment on function app_private.tell_chargeback(public.chargebacks, public.chargebacks) is
  'Notifies the owner of a vendor that a customer disputes a payment with the bank, and what the bank has decided.';
revoke all on function app_private.tell_chargeback(public.chargebacks, public.chargebacks) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_chargeback.sql
create trigger _700_notify_people after insert or update of status on public.chargebacks
  for each row execute function app_private.tg__notify_people('tell_chargeback');
--! Included functions/messages/tell_refund.sql
create or replace function app_private.tell_refund(p_old public.refunds, p_new public.refunds)
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
begin
  -- It went back to the platform, or the customer's bank has taken it.
  if p_new.refund_method = 'coupon' or exists (
    select from public.chargebacks c
    where c.payment_id = p_new.payment_id and c.gateway_dispute_id = p_new.gateway_refund_id) then
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
--! Included functions/money/keep_unmatched.sql
create or replace function app_private.keep_unmatched(
  p_gateway text, p_kind text, p_event jsonb, p_reason text
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_amount numeric := (p_event ->> 'amount')::numeric;
  v_refunded numeric := case p_kind when 'refund.processed' then (p_event ->> 'refundAmount')::numeric else 0 end;
begin
  -- No money has come with the others; and more than the platform can ever be paid is for staff to read in the error log.
  if p_kind not in ('payment.captured', 'refund.processed') or greatest(v_amount, v_refunded) > 9999999999 then
    return;
  end if;
  insert into public.unmatched_payments as u
    (payment_gateway, gateway_transaction_id, amount, currency, reason, refunded_amount, status)
  values (p_gateway, p_event ->> 'paymentReference', v_amount, coalesce(p_event ->> 'currency', 'INR'), p_reason, v_refunded,
    case when v_refunded >= v_amount then 'refunded' else 'waiting' end)
  on conflict (payment_gateway, gateway_transaction_id) do update
  set refunded_amount = least(u.amount, u.refunded_amount + excluded.refunded_amount),
    status = case when u.status = 'waiting' and u.refunded_amount + excluded.refunded_amount >= u.amount
      then 'refunded' else u.status end;
end
$$;
comment on function app_private.keep_unmatched(text, text, jsonb, text) is
  'Keeps money that a gateway received, and that fits no payment, for staff; what the gateway refunds of it needs no one any more.';
revoke all on function app_private.keep_unmatched(text, text, jsonb, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/keep_unmatched.sql
--! Included functions/money/charged_back.sql
create or replace function app_private.charged_back(p_payment public.payments, p_amount numeric) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.current_booking(p_payment.booking_id);
  v_reason constant text := 'Charged back by the customer''s bank';
  v_amount numeric := least(p_amount - greatest(0, app_private.unearned(v_booking.id)),
    v_booking.final_amount - v_booking.refunded_amount);
  v_decision_id uuid;
  v_missing numeric;
begin
  if v_booking.status = 'completed' and v_amount > 0 then
    v_decision_id := (app_private.reverse_earnings(v_booking, v_amount, 'vendor', v_reason, null, false)).id;
  end if;
  -- Such as a late fee that the vendor has had.
  v_missing := p_amount - greatest(0, app_private.unearned(v_booking.id));
  if v_missing > 0 then
    perform app_private.credit_vendor(v_booking, 'chargeback', -v_missing, p_payment.id, v_decision_id);
  end if;
  return v_decision_id;
end
$$;
comment on function app_private.charged_back(public.payments, numeric) is
  'Brings what a bank has taken of a payment for a booking back to the booking: what a completed one has earned, and otherwise from the vendor, who bears it, so that a customer and a vendor gain nothing together. Returns the decision on what was earned; null without one. The booking must be locked.';
revoke all on function app_private.charged_back(public.payments, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/charged_back.sql
--! Included functions/money/refund_arrived.sql
create or replace function app_private.refund_arrived(p_payment_id uuid, p_event jsonb) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payment public.payments;
  v_refund public.refunds := app_private.refund_of_event(p_payment_id, p_event);
  v_amount numeric := (p_event ->> 'refundAmount')::numeric;
  v_left numeric;
  v_is_chargeback boolean := p_event ? 'disputeReference';
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
        v_payment, v_amount, 'adjustment',
        case when v_is_chargeback then 'Charged back by the customer''s bank' else 'Made at the payment gateway' end, null,
        case when v_is_chargeback then app_private.charged_back(v_payment, v_amount)
          else app_private.refunded_elsewhere(v_payment.booking_id, v_amount) end)
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
  'Records that a gateway has refunded an amount of a payment: of the refund that it names or that is waiting, of a part of it, or without one of ours; or that a bank has taken it, which the vendor bears. The payment must be locked with its booking.';
revoke all on function app_private.refund_arrived(uuid, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/refund_arrived.sql
--! Included functions/money/apply_chargeback.sql
create or replace function app_private.apply_chargeback(
  p_payment public.payments, p_kind text, p_event jsonb
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_status text := replace(p_kind, 'chargeback.', '');
  v_chargeback public.chargebacks;
begin
  insert into public.chargebacks (payment_id, booking_id, customer_id, vendor_id, gateway_dispute_id, amount, reason_code, respond_by)
  values (p_payment.id, p_payment.booking_id, p_payment.customer_id, p_payment.vendor_id, p_event ->> 'disputeReference',
    (p_event ->> 'disputeAmount')::numeric, p_event ->> 'disputeReason', (p_event ->> 'respondBy')::timestamptz)
  on conflict (gateway_dispute_id) do update set respond_by = coalesce(excluded.respond_by, chargebacks.respond_by)
  returning * into v_chargeback;
  -- Whatever came before, what is lost is gone; and what was decided is not open again.
  if v_chargeback.status = 'lost' or v_status in ('open', v_chargeback.status) and v_chargeback.status <> 'open' then
    return 'nothing new';
  end if;
  if v_status = 'open' then
    insert into public.error_logs (error_type, error_message, severity, request_data)
    values ('chargeback', 'A customer disputes a payment at the gateway: answer there', 'warning', jsonb_build_object(
      'payment', p_payment.id, 'dispute', v_chargeback.gateway_dispute_id, 'amount', v_chargeback.amount,
      'respondBy', v_chargeback.respond_by));
    return 'chargeback open';
  end if;
  update public.chargebacks c set status = v_status, ended_at = now() where c.id = v_chargeback.id;
  if v_status = 'lost' then
    -- The gateway has taken the money, as with a refund that was made there. It is none of ours that waits.
    perform app_private.refund_arrived(p_payment.id, jsonb_build_object(
      'disputeReference', v_chargeback.gateway_dispute_id, 'refundReference', v_chargeback.gateway_dispute_id, 'refundId', v_chargeback.gateway_dispute_id,
      'refundAmount', v_chargeback.amount));
  end if;
  return 'chargeback ' || v_status;
end
$$;
comment on function app_private.apply_chargeback(public.payments, text, jsonb) is
  'Notes what became of a payment that a customer disputes with the bank: while it is open, nothing of its booking is paid out; when it is lost, the money is gone as with a refund that was made at the gateway, and the vendor bears it. What is lost stays lost, and what was decided is not open again, in whatever order events arrive. The payment must be locked with its booking or customer.';
revoke all on function app_private.apply_chargeback(public.payments, text, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/apply_chargeback.sql
--! Included functions/money/apply_payment_event.sql
create or replace function app_private.apply_payment_event(
  p_payment public.payments, p_kind text, p_event jsonb
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_amount numeric := (p_event ->> 'amount')::numeric;
  v_refund public.refunds;
  v_outcome text := 'nothing new';
begin
  -- A refund or chargeback that is reported first implies the payment.
  if p_kind in ('payment.captured', 'refund.processed', 'refund.failed', 'chargeback.open', 'chargeback.won', 'chargeback.lost')
    and p_payment.status in ('pending', 'processing', 'failed') then
    if v_amount <> p_payment.total_amount then
      insert into public.error_logs (error_type, error_message, severity, request_data)
      values ('payment_amount', 'A gateway received a different amount than requested', 'warning',
        jsonb_build_object('payment', p_payment.id, 'asked', p_payment.total_amount, 'received', v_amount));
    end if;
    v_outcome := app_private.payment_received(p_payment.id, v_amount, p_event ->> 'paymentReference');
  end if;
  case
    when p_kind = 'payment.authorized' and p_payment.status = 'pending' then
      update public.payments p set status = 'processing' where p.id = p_payment.id;
      return 'processing';
    when p_kind = 'payment.failed' and p_payment.status in ('pending', 'processing') then
      update public.payments p set status = 'failed' where p.id = p_payment.id;
      return 'failed';
    when p_kind = 'refund.processed' then
      return app_private.refund_arrived(p_payment.id, p_event);
    when p_kind = 'refund.failed' then
      v_refund := app_private.refund_of_event(p_payment.id, p_event);
      if v_refund.status in ('pending', 'processing') then
        perform app_private.refund_failed(v_refund);
        return 'refund failed';
      end if;
    when p_kind like 'chargeback.%' then
      return app_private.apply_chargeback(p_payment, p_kind, p_event);
    else null;
  end case;
  return v_outcome;
end
$$;
comment on function app_private.apply_payment_event(public.payments, text, jsonb) is
  'Applies an event to a payment. The booking must be locked.';
revoke all on function app_private.apply_payment_event(public.payments, text, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/apply_payment_event.sql
drop function app_private.receive_payment_event(text, text, text, jsonb);
--! Included functions/money/receive_payment_event.sql
create or replace function app_private.receive_payment_event(
  p_gateway text, p_event_id text, p_kind text, p_event jsonb, p_body bytea default null
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payment public.payments;
  v_outcome text;
begin
  -- Of two identical events at once the second waits here and is then recognised as a repetition.
  insert into app_private.payment_events (gateway, event_id, kind, event, body, outcome)
  values (p_gateway, p_event_id, p_kind, p_event, p_body, '')
  on conflict do nothing;
  if not found then
    return 'came before';
  end if;
  if p_event is null then
    v_outcome := case p_kind when 'unreadable' then 'unreadable' else 'ignored' end;
  elsif p_event ->> 'currency' <> 'INR' then
    v_outcome := 'other currency';
  else
    -- Before the booking, as attaching it does: then it is a payment of ours or none, and not both.
    perform from public.unmatched_payments u
    where u.payment_gateway = p_gateway and u.gateway_transaction_id = p_event ->> 'paymentReference' for no key update;
    begin
      v_payment := app_private.payment_of_event(p_gateway, p_kind, p_event);
      v_outcome := case when v_payment.id is null then 'unknown payment'
        else app_private.apply_payment_event(v_payment, p_kind, p_event) end;
    exception when others then
      -- What the rules refuse they refuse at the next try too. Anything else the gateway tells again.
      if sqlstate !~ '^(22|23|OB)' then
        raise;
      end if;
      v_outcome := 'refused';
      -- It may have been made just now, and is gone.
      v_payment := null;
      insert into public.error_logs (error_type, error_message, severity, request_data)
      values ('payment_event', 'An event of a gateway was refused', 'error', jsonb_build_object(
        'gateway', p_gateway, 'event', p_event_id, 'kind', p_kind, 'code', sqlstate, 'reason', sqlerrm));
    end;
  end if;
  if v_outcome in ('unknown payment', 'other currency', 'refused') then
    perform app_private.keep_unmatched(p_gateway, p_kind, p_event, replace(v_outcome, ' ', '_'));
  elsif v_payment.id is not null then
    insert into public.payment_private_details (payment_id, gateway_response)
    values (v_payment.id, p_event)
    on conflict (payment_id) do update set gateway_response = excluded.gateway_response;
    -- An event that named our payment came after one that did not.
    update public.unmatched_payments u
    set status = 'attached', payment_id = v_payment.id, handled_at = now()
    where u.payment_gateway = p_gateway and u.gateway_transaction_id = p_event ->> 'paymentReference' and u.status = 'waiting';
  end if;
  if v_outcome in ('unknown payment', 'other currency', 'unreadable') then
    insert into public.error_logs (error_type, error_message, severity, request_data)
    values ('payment_event', case v_outcome when 'unknown payment' then 'A gateway reported an unknown payment'
        when 'unreadable' then 'A gateway sent an event that could not be read'
        else 'A gateway reported a payment in another currency' end, 'error',
      jsonb_build_object('gateway', p_gateway, 'event', p_event_id, 'kind', p_kind,
        'payment', p_event ->> 'paymentReference', 'amount', p_event ->> 'amount', 'currency', p_event ->> 'currency'));
  end if;
  update app_private.payment_events e
  set payment_id = v_payment.id, outcome = v_outcome
  where e.gateway = p_gateway and e.event_id = p_event_id;
  return v_outcome;
end
$$;
comment on function app_private.receive_payment_event(text, text, text, jsonb, bytea) is
  'Keeps a genuine event of a gateway, whatever it says, and processes it once, in whatever order events arrive. The event is an object with transactionId or paymentReference, amount in rupees, currency, for refunds refundReference, refundAmount and, if it is ours, refundId, and for chargebacks disputeReference, disputeAmount, disputeReason and respondBy; null, with the message as it came, where its kind is none of ours or it could not be read (the kind is unreadable then). Money that fits no payment waits for staff (unmatched payments). Returns the result.';
revoke all on function app_private.receive_payment_event(text, text, text, jsonb, bytea) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.receive_payment_event(text, text, text, jsonb, bytea) to ombaro_api;
--! EndIncluded functions/money/receive_payment_event.sql
--! Included functions/money/attach_payment.sql
create or replace function public.attach_payment(
  unmatched_payment_id uuid, booking_id uuid, payment_method text, reason text, idempotency_key text
) returns public.payments
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_unmatched public.unmatched_payments;
  v_booking public.bookings;
  v_done uuid;
  v_payment public.payments;
begin
  perform app_private.require_permission('payments.approve');
  -- Before the booking, as an event of the gateway does.
  select * into v_unmatched from public.unmatched_payments u
  where u.id = attach_payment.unmatched_payment_id for no key update;
  if not found then
    raise exception 'The unmatched payment was not found. Check the id.' using errcode = 'OB003', column = 'unmatched_payment_id';
  end if;
  select * into v_booking from public.bookings b where b.id = attach_payment.booking_id for no key update;
  if not found then
    raise exception 'The booking was not found. Check the id.' using errcode = 'OB003', column = 'booking_id';
  end if;
  perform app_private.require_unrelated(v_booking);
  v_done := app_private.replayed(attach_payment.idempotency_key, 'attach_payment', jsonb_build_object(
    'unmatched', attach_payment.unmatched_payment_id, 'booking', attach_payment.booking_id,
    'method', attach_payment.payment_method, 'reason', attach_payment.reason));
  if v_done is null then
    perform app_private.required_reason(attach_payment.reason);
    if v_booking.customer_id is null then
      raise exception 'This booking of the desk has no customer, and is paid at the desk. Choose another booking, or refund the payment at the gateway.'
        using errcode = 'OB030';
    end if;
    perform app_private.require_gateway(attach_payment.payment_method, v_unmatched.payment_gateway);
    if v_unmatched.status <> 'waiting' then
      raise exception 'This payment has already been attached to a booking, or refunded at the gateway. Reload it.'
        using errcode = 'OB030';
    end if;
    if v_unmatched.currency <> 'INR' or v_unmatched.refunded_amount > 0 then
      raise exception 'Only a payment in rupees of which nothing was refunded can be attached. Refund the rest at the gateway.'
        using errcode = 'OB030';
    end if;
    perform app_private.require_number('amount', 'total', v_unmatched.amount);
    insert into public.payments
      (booking_id, customer_id, vendor_id, amount, total_amount, payment_method, payment_gateway, gateway_transaction_id)
    values (v_booking.id, v_booking.customer_id, v_booking.vendor_id, v_unmatched.amount, v_unmatched.amount,
      attach_payment.payment_method, v_unmatched.payment_gateway, v_unmatched.gateway_transaction_id)
    returning id into v_done;
    perform app_private.payment_received(v_done, v_unmatched.amount, v_unmatched.gateway_transaction_id);
    update public.unmatched_payments u
    set status = 'attached', payment_id = v_done, handled_by = (select auth.uid()), handled_at = now(),
      handled_reason = btrim(attach_payment.reason)
    where u.id = v_unmatched.id;
    perform app_private.remember_result(attach_payment.idempotency_key, v_done);
  end if;
  select * into strict v_payment from public.payments p where p.id = v_done;
  return v_payment;
end
$$;
comment on function public.attach_payment(uuid, uuid, text, text, text) is
  'Uses a payment that a gateway reported, and that fitted no payment of the platform, for a booking, as if the customer had paid it there: it confirms the booking, and what the booking does not cost is refunded. Needs the permission payments.approve and a reason. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020 (payment method), OB030 (already attached or refunded, another currency, or a desk booking that no customer has claimed), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request).';
revoke all on function public.attach_payment(uuid, uuid, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.attach_payment(uuid, uuid, text, text, text) to staff;
--! EndIncluded functions/money/attach_payment.sql
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
    -- What the vendor had, and a bank took back.
    - coalesce((
      select sum(c.amount) from public.vendor_credits c where c.booking_id = b.id and c.kind = 'chargeback'), 0)
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
--! Included functions/money/waits_for_window.sql
create or replace function app_private.waits_for_window(p_booking_id uuid, p_until timestamptz) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from public.commission_records c
    where c.booking_id = p_booking_id and c.payout_id is null and c.settlement_status = 'pending'
      and (c.payable_from >= p_until or exists (
        select from public.booking_disputes d
        where d.booking_id = p_booking_id and d.kind = 'service' and d.status = 'open')
      or exists (
        select from public.chargebacks k where k.booking_id = p_booking_id and k.status = 'open')))
$$;
comment on function app_private.waits_for_window(uuid, timestamptz) is
  'Whether the record of a booking cannot be part of a payout of what is due until this moment: the time in which it can be disputed is not over, or a dispute or chargeback is open. What else is owed for the booking waits with it.';
revoke all on function app_private.waits_for_window(uuid, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/waits_for_window.sql
--! Included functions/money/forget_event_bodies.sql
create or replace function app_private.forget_event_bodies(p_events integer) returns void
language sql volatile security definer set search_path = '' as $$
  update app_private.payment_events e set body = null
  where (e.gateway, e.event_id) in (
    select o.gateway, o.event_id from app_private.payment_events o
    where o.body is not null
      and o.received_at < now() - app_private.setting('payments.keep_event_days')::integer * interval '1 day'
    limit p_events)
$$;
comment on function app_private.forget_event_bodies(integer) is
  'Deletes messages of gateways that were not understood, once they are old, at most p_events: they can name customers. That they came is still known.';
revoke all on function app_private.forget_event_bodies(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/forget_event_bodies.sql
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
  perform app_private.forget_event_bodies(p_bookings);
  return v_count;
end
$$;
comment on function app_private.lapse_bookings(integer) is
  'Cancels bookings that were not paid in time, at most p_bookings, and removes expired holds, old idempotency keys, earlier prices and messages of gateways; returns how many bookings. Nothing depends on its timing: expired reservations have no effect anyway. Runs every minute.';
revoke all on function app_private.lapse_bookings(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lapse_bookings(integer) to ombaro_worker;
--! EndIncluded functions/booking/lapse_bookings.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.41', 'gateway-events', '2026-11-30', 'Every genuine event of a payment gateway is kept; what fits no payment waits for staff (attachPayment); chargebacks hold payouts');
