--! Previous: sha1:49e072339eff5adde9458afdbf5991e0a53cb96e
--! Hash: sha1:fffb991fbab2d8bc7ef2a017469cf33c1f03129c
--! Message: service-life

--! split: 010-words.sql
-- The life of a service, when it does not go as agreed: no one comes, no one notes that it took place, or it ends
-- early. Until now the clock ended only bookings that were not paid, so that a booking which no one started kept the
-- customer's money for ever. What is settled afterwards waits in a row of its own, and the booking's state is
-- final at once (docs/decisions/0034-money-that-waits.md).
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-foreign-key-constraint, ban-drop-not-null

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('booking.vendor_no_show_minutes', 'booking', '20', 'integer', 0, 1440, true, 'Minutes after the start of a booking before which a customer cannot report that no one came'),
  ('booking.vendor_no_show_dispute_hours', 'booking', '24', 'integer', 1, 720, true, 'Hours in which a vendor whose provider reported arrival can answer the report that no one came'),
  ('booking.overdue_after_minutes', 'booking', '120', 'integer', 0, 1440, true, 'Minutes after its agreed end at which a booking that was neither started nor ended is overdue'),
  ('booking.overdue_hours', 'booking', '24', 'integer', 1, 720, true, 'Hours in which an overdue booking can be completed with a reason; after them it is cancelled and refunded'),
  ('booking.overdue_within_days', 'booking', '7', 'integer', 1, 365, false, 'Days after their end in which bookings become overdue; older ones were imported, and staff end them'),
  ('booking.late_dispute_hours', 'booking', '24', 'integer', 1, 720, true, 'Hours in which a customer can dispute that an overdue service took place; until then no money moves'),
  ('booking.amount_answer_hours', 'booking', '24', 'integer', 1, 720, true, 'Hours in which a customer can agree to the amount of a service that ended early, or dispute it');

insert into enums.dispute_kind values
  ('vendor_no_show', 'The customer reports that no one came'),
  ('late_completion', 'The customer disputes that an overdue service took place'),
  ('early_end', 'What a service that ended early costs');
insert into enums.notification_audience values ('care', 'Customer care');
insert into enums.notification_type values
  ('booking_overdue', 'A booking was neither started nor ended in time'),
  ('vendor_no_show', 'The customer reports that no one came'),
  ('arrival_disputed', 'The customer reports that no one came, although the provider reported arrival'),
  ('completed_late', 'The vendor reports that an overdue service took place'),
  ('service_ended_early', 'A service ended early, and its amount is to be agreed on'),
  ('amount_agreed', 'The customer has agreed to the amount of a service that ended early');
--! Included templates/booking_overdue.sql
-- A booking was neither started nor ended in time.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('booking_overdue', 'customer', 'en',
    'Booking {{booking_number}}: did the service take place?',
    '{{vendor}} has not reported that the service of {{date}} at {{time}} took place. If no one came, report it in the app. Without a report the booking is cancelled after {{until}}, and everything is refunded.',
    '{push,in_app,sms,email}', 'high', '/bookings/{{booking_id}}'),
  ('booking_overdue', 'customer', 'hi',
    'बुकिंग {{booking_number}}: क्या सेवा हुई?',
    '{{vendor}} ने {{date}} को {{time}} बजे की सेवा होने की सूचना नहीं दी है। यदि कोई नहीं आया, तो ऐप में बताएँ। सूचना न मिलने पर {{until}} के बाद बुकिंग रद्द होगी और पूरी राशि लौटाई जाएगी।',
    '{push,in_app,sms,email}', 'high', '/bookings/{{booking_id}}'),
  ('booking_overdue', 'vendor', 'en',
    'Booking {{booking_number}} is overdue',
    'It was neither started nor ended. If the service took place, complete it with a reason before {{until}}. After that it is cancelled and everything is refunded.',
    '{push,in_app,sms,email}', 'high', '/vendor/bookings/{{booking_id}}'),
  ('booking_overdue', 'vendor', 'hi',
    'बुकिंग {{booking_number}} लंबित है',
    'सेवा न शुरू हुई, न समाप्त। यदि सेवा हुई थी, तो {{until}} से पहले कारण देकर पूरी करें। उसके बाद बुकिंग रद्द होगी और पूरी राशि लौटाई जाएगी।',
    '{push,in_app,sms,email}', 'high', '/vendor/bookings/{{booking_id}}'),
  ('booking_overdue', 'provider', 'en',
    'Booking {{booking_number}} is overdue',
    'Its service was never started in the app. If it took place, tell the vendor, who can complete it before {{until}}.',
    '{push,in_app}', 'high', '/bookings/{{booking_id}}'),
  ('booking_overdue', 'provider', 'hi',
    'बुकिंग {{booking_number}} लंबित है',
    'ऐप में सेवा शुरू नहीं की गई। यदि सेवा हुई थी, तो विक्रेता को बताएँ, जो {{until}} से पहले उसे पूरी कर सकते हैं।',
    '{push,in_app}', 'high', '/bookings/{{booking_id}}'),
  ('booking_overdue', 'care', 'en',
    'Booking {{booking_number}} is overdue',
    '{{vendor}} has neither started nor ended it. It is cancelled after {{until}}.',
    '{in_app}', 'high', '/bookings/{{booking_id}}'),
  ('booking_overdue', 'care', 'hi',
    'बुकिंग {{booking_number}} लंबित है',
    '{{vendor}} ने सेवा न शुरू की, न समाप्त। {{until}} के बाद बुकिंग रद्द होगी।',
    '{in_app}', 'high', '/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/booking_overdue.sql
--! Included templates/vendor_no_show.sql
-- The customer reports that no one came, and everything is refunded.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('vendor_no_show', 'vendor', 'en',
    'Booking {{booking_number}}: the customer reports that no one came',
    'It is cancelled, and everything is refunded.',
    '{push,in_app}', 'high', '/vendor/bookings/{{booking_id}}'),
  ('vendor_no_show', 'vendor', 'hi',
    'बुकिंग {{booking_number}}: ग्राहक का कहना है कि कोई नहीं आया',
    'बुकिंग रद्द हो गई है और पूरी राशि लौटाई गई है।',
    '{push,in_app}', 'high', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/vendor_no_show.sql
--! Included templates/arrival_disputed.sql
-- The customer reports that no one came, although the provider reported arrival.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('arrival_disputed', 'vendor', 'en',
    'Booking {{booking_number}}: the customer reports that no one came',
    'Your provider had reported arrival. Say what happened before {{until}}, and customer care decides. Without an answer everything is refunded.',
    '{push,in_app,sms,email}', 'high', '/vendor/bookings/{{booking_id}}'),
  ('arrival_disputed', 'vendor', 'hi',
    'बुकिंग {{booking_number}}: ग्राहक का कहना है कि कोई नहीं आया',
    'आपके प्रदाता ने पहुँचने की सूचना दी थी। {{until}} से पहले बताएँ कि क्या हुआ, फिर निर्णय ग्राहक सेवा करेगी। उत्तर न मिलने पर पूरी राशि लौटाई जाएगी।',
    '{push,in_app,sms,email}', 'high', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/arrival_disputed.sql
--! Included templates/completed_late.sql
-- A service was completed long after its time.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('completed_late', 'customer', 'en',
    'Booking {{booking_number}}: {{vendor}} reports that the service took place',
    'Reason: {{reason}} If it did not, open a dispute in the app before {{until}}. No money moves until then.',
    '{push,in_app,sms,email}', 'high', '/bookings/{{booking_id}}'),
  ('completed_late', 'customer', 'hi',
    'बुकिंग {{booking_number}}: {{vendor}} के अनुसार सेवा हुई',
    'कारण: {{reason}} यदि सेवा नहीं हुई, तो {{until}} से पहले ऐप में आपत्ति दर्ज करें। तब तक कोई राशि नहीं कटेगी।',
    '{push,in_app,sms,email}', 'high', '/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/completed_late.sql
--! Included templates/service_ended_early.sql
-- A service ended early, and its amount is to be agreed on.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('service_ended_early', 'customer', 'en',
    'Booking {{booking_number}} ended early',
    '{{vendor}} proposes {{proposed}} instead of {{amount}}. Reason: {{reason}} Agree, or open a dispute in the app, before {{until}}. After that customer care decides.',
    '{push,in_app,sms,email}', 'high', '/bookings/{{booking_id}}'),
  ('service_ended_early', 'customer', 'hi',
    'बुकिंग {{booking_number}} जल्दी समाप्त हुई',
    '{{vendor}} का प्रस्ताव {{amount}} के बजाय {{proposed}} है। कारण: {{reason}} {{until}} से पहले ऐप में सहमति दें या आपत्ति दर्ज करें। उसके बाद निर्णय ग्राहक सेवा करेगी।',
    '{push,in_app,sms,email}', 'high', '/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/service_ended_early.sql
--! Included templates/amount_agreed.sql
-- The customer has agreed to the amount of a service that ended early.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('amount_agreed', 'vendor', 'en',
    'Booking {{booking_number}}: the customer agrees to {{proposed}}',
    'What was paid beyond it is refunded; what is missing is due.',
    '{push,in_app}', 'normal', '/vendor/bookings/{{booking_id}}'),
  ('amount_agreed', 'vendor', 'hi',
    'बुकिंग {{booking_number}}: ग्राहक {{proposed}} पर सहमत हैं',
    'इससे अधिक चुकाई गई राशि लौटाई जाएगी; बाकी राशि देय है।',
    '{push,in_app}', 'normal', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/amount_agreed.sql
--! Included templates/dispute_opened.sql
-- A customer has opened a dispute, or a vendor has answered one.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('dispute_opened', 'vendor', 'en',
    'Booking {{booking_number}} is disputed',
    'The customer disagrees: {{reason}} Customer care will decide.',
    '{push,in_app}', 'high', '/vendor/bookings/{{booking_id}}'),
  ('dispute_opened', 'vendor', 'hi',
    'बुकिंग {{booking_number}} पर आपत्ति है',
    'ग्राहक असहमत हैं: {{reason}} निर्णय ग्राहक सेवा करेगी।',
    '{push,in_app}', 'high', '/vendor/bookings/{{booking_id}}'),
  ('dispute_opened', 'care', 'en',
    'Booking {{booking_number}} waits for a decision',
    '{{vendor}}: {{reason}}',
    '{in_app}', 'high', '/bookings/{{booking_id}}'),
  ('dispute_opened', 'care', 'hi',
    'बुकिंग {{booking_number}} पर निर्णय बाकी है',
    '{{vendor}}: {{reason}}',
    '{in_app}', 'high', '/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/dispute_opened.sql

--! split: 020-waiting.sql
-- What waits: overdue bookings, reports of the other side, and the money of completed bookings.

alter table public.bookings
  add column overdue_since timestamptz,
  add constraint bookings_overdue_before_the_start
    check (overdue_since is null or status in ('confirmed', 'assigned'));
-- What jobs note and cancel.
create index bookings_not_overdue_idx on public.bookings (ends_at)
  where overdue_since is null and status in ('confirmed', 'assigned');
create index bookings_overdue_since_idx on public.bookings (overdue_since, id) where overdue_since is not null;
comment on column public.bookings.overdue_since is
  'Since when the booking has been overdue: neither started nor ended although its time is over; null otherwise.';

alter table public.booking_cancellations
  add column is_vendor_no_show boolean not null default false,
  drop constraint booking_cancellations_disputes_of_no_shows,
  add constraint booking_cancellations_disputes_of_no_shows check (
    not (is_no_show and is_vendor_no_show)
    and (disputable_until is not null or not is_no_show)
    and (disputable_until is null or is_no_show or is_vendor_no_show)),
  drop constraint booking_cancellations_settled_unless_disputable,
  add constraint booking_cancellations_settled_unless_disputable
    check (disputable_until is not null or settled_at is not null);
comment on column public.booking_cancellations.cancelled_by is
  'User who cancelled; null when the platform did by itself, because the vendor was not available or the booking was overdue.';
comment on column public.booking_cancellations.is_vendor_no_show is
  'Whether it was cancelled because the customer reported that no one came.';
comment on column public.booking_cancellations.disputable_until is
  'Until when the other side can dispute the no-show; null unless it can be disputed.';

alter table public.booking_disputes
  alter column raised_by drop not null,
  add column answerable_until timestamptz,
  add column answer text constraint booking_disputes_answer_length check (length(answer) <= 4000),
  add column answered_by uuid references public.user_profiles (id) on delete restrict,
  add column answered_at timestamptz,
  add constraint booking_disputes_answered_whole check (
    num_nulls(answer, answered_by, answered_at) in (0, 3) and (answer is null or answerable_until is not null));
create index booking_disputes_answered_by_idx on public.booking_disputes (answered_by) where answered_by is not null;
comment on column public.booking_disputes.raised_by is
  'User who opened it; null where the customer did not answer in time.';
comment on column public.booking_disputes.answerable_until is
  'Until when the vendor can answer it, and without an answer decides it in favour of the customer; null where no answer is needed.';
comment on column public.booking_disputes.answer is 'Answer of the vendor; null without one.';
comment on column public.booking_disputes.answered_by is 'User who answered; null without an answer.';
comment on column public.booking_disputes.answered_at is 'When it was answered; null without an answer.';
comment on constraint booking_disputes_answer_length on public.booking_disputes is
  'Reason must have at most 4000 characters.';

create table enums.booking_settlement_kind (value text primary key, description text not null);
comment on table enums.booking_settlement_kind is
  E'@enum\n@enumName BookingSettlementKind\nWhy the money of a completed booking waits.';
select app_private.publish_list('enums.booking_settlement_kind');
insert into enums.booking_settlement_kind values
  ('late_completion', 'The vendor completed it when it was overdue'),
  ('early_end', 'It ended early, and its amount must be agreed on');

create table public.booking_settlements (
  booking_id uuid primary key references public.bookings (id) on delete restrict,
  kind text not null references enums.booking_settlement_kind,
  reason text not null constraint booking_settlements_reason_length check (length(reason) <= 4000),
  proposed_by uuid references public.user_profiles (id) on delete restrict,
  proposed_amount numeric(10, 2) not null,
  elapsed_percentage numeric(5, 2) not null,
  answerable_until timestamptz not null,
  created_at timestamptz not null default now(),
  agreed_amount numeric(10, 2),
  agreed_by uuid references public.user_profiles (id) on delete restrict,
  agreed_at timestamptz,
  settled_at timestamptz,
  decision_id uuid references public.refund_decisions (id) on delete restrict,
  constraint booking_settlements_agreed_whole check ((agreed_amount is null) = (agreed_at is null)),
  constraint booking_settlements_settled_once_agreed check (settled_at is null or agreed_at is not null),
  constraint booking_settlements_lowered_once_settled check (decision_id is null or settled_at is not null)
);
alter table public.booking_settlements enable row level security;
select app_private.keep_timestamps('public.booking_settlements');
select app_private.limit_numbers('public.booking_settlements', '{
  "proposed_amount": "total", "elapsed_percentage": "rate", "agreed_amount": "total"
}');
-- What jobs go on with.
create index booking_settlements_unanswered_idx on public.booking_settlements (answerable_until)
  where agreed_at is null;
-- What a customer owes.
create index booking_settlements_unsettled_idx on public.booking_settlements (booking_id) where settled_at is null;
create index booking_settlements_proposed_by_idx on public.booking_settlements (proposed_by);
create index booking_settlements_agreed_by_idx on public.booking_settlements (agreed_by) where agreed_by is not null;
create index booking_settlements_decision_id_idx on public.booking_settlements (decision_id)
  where decision_id is not null;
comment on table public.booking_settlements is
  'Completed bookings whose money waits until their amount is fixed and paid. Bookings that were completed as agreed have no row.';
comment on column public.booking_settlements.booking_id is 'Completed booking.';
comment on column public.booking_settlements.kind is 'Why its money waits.';
comment on column public.booking_settlements.reason is 'Reason of the vendor.';
comment on column public.booking_settlements.proposed_by is 'User who completed it.';
comment on column public.booking_settlements.proposed_amount is
  'Rupees of the price that the vendor proposes; charges for moving the booking are added to it.';
comment on column public.booking_settlements.elapsed_percentage is
  'Percentage of the agreed time after which it ended; at least this much of the agreed commission stays with the platform. 0 where the vendor completed it when it was overdue.';
comment on column public.booking_settlements.answerable_until is
  'Until when the customer can agree or dispute.';
comment on column public.booking_settlements.created_at is 'When it was proposed.';
comment on column public.booking_settlements.agreed_amount is
  'Rupees of the price that the customer pays; null until it is agreed on or decided.';
comment on column public.booking_settlements.agreed_by is
  'User who agreed or decided; null where the customer said nothing in time.';
comment on column public.booking_settlements.agreed_at is 'When the amount was fixed; null until then.';
comment on column public.booking_settlements.settled_at is
  'When the money was distributed; null while it waits for the amount or for the payment.';
comment on column public.booking_settlements.decision_id is
  'What lowering the price took back; null where the price stayed.';
comment on constraint booking_settlements_reason_length on public.booking_settlements is
  'Reason must have at most 4000 characters.';
create policy select_party on public.booking_settlements for select to authenticated
  using (exists (select from public.bookings b where b.id = booking_id));
create policy select_staff on public.booking_settlements for select to staff
  using (exists (select from public.bookings b where b.id = booking_id));
-- Withheld: every write. The acts on the booking do that.
grant select on public.booking_settlements to authenticated, staff;
insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.booking_settlements', 'booking_id', true),
  ('public.booking_settlements', 'proposed_by', false), ('public.booking_settlements', 'agreed_by', false),
  ('public.booking_settlements', 'decision_id', false),
  ('public.booking_disputes', 'answered_by', false);

--! split: 030-money.sql
-- Money of completed bookings that waits: it lies with the booking until the amount is fixed and paid.

--! Included functions/money/amount_agreed.sql
create or replace function app_private.amount_agreed(p_booking_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce(s.agreed_amount, b.final_amount - b.refunded_amount) + app_private.move_charges(b.id)
  from public.bookings b
  left join public.booking_settlements s on s.booking_id = b.id and s.settled_at is null
  where b.id = p_booking_id
$$;
comment on function app_private.amount_agreed(uuid) is
  'Rupees that a booking costs: its price, or the amount on which customer and vendor agreed, less what was refunded after it was completed, and the charges for moving it.';
revoke all on function app_private.amount_agreed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/amount_agreed.sql
--! Included functions/money/amount_due.sql
create or replace function app_private.amount_due(p_booking_id uuid) returns numeric
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select case b.status
      -- It was paid when it was completed; later refunds are not due again. Only an amount that was agreed on
      -- afterwards can be due.
      when 'completed' then case
        when exists (
          select from public.booking_settlements s
          where s.booking_id = b.id and s.agreed_at is not null and s.settled_at is null)
        then greatest(0, app_private.amount_agreed(b.id) - app_private.amount_paid(b.id)) else 0 end
      when 'cancelled' then coalesce((
        select c.due_amount from public.booking_cancellations c where c.booking_id = b.id), 0)
      else greatest(0, app_private.amount_agreed(b.id) - app_private.amount_paid(b.id)) end
    from public.bookings b where b.id = p_booking_id);
end
$$;
comment on function app_private.amount_due(uuid) is
  'Rupees of a booking that are still to be paid; for a cancelled booking the unpaid part of the cancellation cost, for a completed one that of an amount that was agreed on afterwards.';
revoke all on function app_private.amount_due(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/amount_due.sql
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
    select c.vendor_id, c.booking_amount - c.commission_amount - c.tds_amount - c.tcs_amount as amount
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
--! Included functions/money/payable.sql
create or replace function app_private.payable(p_booking public.bookings, p_amount numeric) returns numeric
language plpgsql stable security definer set search_path = '' as $$
declare
  v_due numeric := app_private.amount_due(p_booking.id);
  v_amount numeric := round(coalesce(p_amount, v_due), 2);
begin
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
  'The amount to pay; all that is due where it is null; for a cancelled booking its cancellation cost. Raises OB020 (0 or less), OB030 (nothing to pay any more), OB068 (more than is due).';
revoke all on function app_private.payable(public.bookings, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/payable.sql
drop function app_private.reverse_earnings(public.bookings, numeric, text, text, uuid, boolean);
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

  perform
    app_private.move_money('gst', null, 'booking', p_booking.id, v_decision.gst_amount, p_booking.id, 'refund'),
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
  where c.id = p_booking.customer_id;
  return v_decision;
end
$$;
comment on function app_private.reverse_earnings(public.bookings, numeric, text, text, uuid, boolean, numeric) is
  'Takes back what an amount of a completed booking''s price has earned: GST, commission, TDS and TCS in proportion, the rest from the vendor, the platform or both; then points, rewards, totals and tier. Spent points and rewards are deducted where that is requested. With p_least_commission the price is lowered because the service ended early: this much of the commission stays, and points are not touched. Afterwards the amount less the deductions lies with the booking. The booking must be locked, and the amount of its price must not be refunded yet.';
revoke all on function app_private.reverse_earnings(public.bookings, numeric, text, text, uuid, boolean, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/reverse_earnings.sql
--! Included functions/money/settle_agreed.sql
create or replace function app_private.settle_agreed(p_booking_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_settlement public.booking_settlements;
  v_booking public.bookings;
  v_excess numeric;
  v_commission numeric;
  v_decision public.refund_decisions;
begin
  select * into v_settlement from public.booking_settlements s
  where s.booking_id = p_booking_id and s.agreed_at is not null and s.settled_at is null
  for no key update;
  if not found or app_private.amount_due(p_booking_id) > 0 then
    return;
  end if;
  -- First, so that points count what the customer really pays.
  v_excess := app_private.amount_paid(p_booking_id) - app_private.amount_agreed(p_booking_id);
  if v_excess > 0 then
    perform app_private.pay_back(p_booking_id, v_excess,
      case when v_settlement.agreed_amount = 0 then 'full' else 'partial' end,
      v_settlement.reason, v_settlement.agreed_by);
  end if;
  update public.booking_settlements s set settled_at = now() where s.booking_id = p_booking_id;
  perform app_private.settle_completed(p_booking_id);
  v_booking := app_private.current_booking(p_booking_id);
  if v_settlement.agreed_amount < v_booking.final_amount then
    select c.commission_amount into strict v_commission from public.commission_records c
    where c.booking_id = p_booking_id;
    v_decision := app_private.reverse_earnings(v_booking, v_booking.final_amount - v_settlement.agreed_amount,
      'vendor', v_settlement.reason, v_settlement.agreed_by, false,
      app_private.percent_of(v_commission, v_settlement.elapsed_percentage));
    update public.booking_settlements s set decision_id = v_decision.id where s.booking_id = p_booking_id;
  end if;
  perform app_private.note_payment_status(p_booking_id);
end
$$;
comment on function app_private.settle_agreed(uuid) is
  'Settles a completed booking whose amount is fixed, as soon as nothing of it is due: what was paid beyond goes back the way it came, and the rest is distributed as for any completed booking. What the price is lowered by is taken back like a refund that the vendor bears, but at least the elapsed part of the commission stays. The booking must be locked.';
revoke all on function app_private.settle_agreed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/settle_agreed.sql
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
    -- The vendor already has the cash.
    perform app_private.move_money(
      case when v_payment.payment_method = 'cash' then 'vendor' else 'gateway' end,
      case when v_payment.payment_method = 'cash' then v_payment.vendor_id end,
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
--! Included functions/money/require_settled.sql
create or replace function app_private.require_settled(p_booking public.bookings) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if exists (
    select from public.booking_settlements s where s.booking_id = p_booking.id and s.settled_at is null) then
    raise exception 'What this booking costs is not settled yet. Decide its dispute, or wait until it is paid.'
      using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.require_settled(public.bookings) is
  'Raises OB030 where the money of a completed booking still waits.';
revoke all on function app_private.require_settled(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/require_settled.sql
--! Included functions/money/refund_booking.sql
create or replace function public.refund_booking(
  booking_id uuid, amount numeric, reason text, borne_by text, idempotency_key text
) returns public.refund_decisions
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_amount numeric := round(refund_booking.amount, 2);
  v_most numeric;
  v_decision public.refund_decisions;
  v_done uuid;
begin
  perform app_private.require_permission('payments.approve');
  select * into v_booking from public.bookings b where b.id = refund_booking.booking_id for no key update;
  if not found then
    raise exception 'The booking was not found, or you may not see it. Check the id.' using errcode = 'OB003';
  end if;
  perform app_private.require_unrelated(v_booking);
  v_done := app_private.replayed(refund_booking.idempotency_key, 'refund_booking', jsonb_build_object(
    'booking', refund_booking.booking_id, 'amount', refund_booking.amount, 'reason', refund_booking.reason,
    'borne_by', refund_booking.borne_by));
  if v_done is null then
    if v_booking.status <> 'completed' then
      raise exception 'Only a completed booking can be refunded this way. This booking is %.',
        replace(v_booking.status, '_', ' ')
        using errcode = 'OB030';
    end if;
    perform app_private.require_settled(v_booking);
    if coalesce(v_amount, 0) <= 0 then
      raise exception 'Amount must be greater than 0.' using errcode = 'OB020', column = 'amount';
    end if;
    if not exists (select from enums.refund_bearer r where r.value = refund_booking.borne_by) then
      raise exception 'Choose who bears the refund: the vendor, the platform or both (shared).'
        using errcode = 'OB020', column = 'borne_by';
    end if;
    v_most := least(v_booking.final_amount - v_booking.refunded_amount, app_private.amount_paid(v_booking.id));
    if v_amount > v_most then
      raise exception 'At most ₹% of this booking can be refunded. Enter a smaller amount.', v_most
        using errcode = 'OB068', column = 'amount';
    end if;
    v_decision := app_private.reverse_earnings(v_booking, v_amount, refund_booking.borne_by,
      app_private.required_reason(refund_booking.reason), (select auth.uid()), true);
    perform app_private.pay_back(v_booking.id,
      v_amount - v_decision.points_deducted - v_decision.rewards_deducted,
      case when v_amount = v_booking.final_amount then 'full' else 'partial' end,
      v_decision.reason, (select auth.uid()), v_decision.id);
    v_done := v_decision.id;
    perform app_private.remember_result(refund_booking.idempotency_key, v_done);
  end if;
  select * into strict v_decision from public.refund_decisions d where d.id = v_done;
  return v_decision;
end
$$;
comment on function public.refund_booking(uuid, numeric, text, text, text) is
  'Refunds an amount of the price of a completed booking, with a reason. Commission, taxes, points, rewards and totals follow in proportion; the vendor''s part is borne by the vendor, the platform or both. The value of points and rewards that were already spent is deducted; the rest goes back the ways it was paid, in proportion. Nothing becomes due again. Needs the permission payments.approve; no one can refund their own booking or business. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (not completed, or not settled yet), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request), OB068 (more than is left of the price).';
revoke all on function public.refund_booking(uuid, numeric, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.refund_booking(uuid, numeric, text, text, text) to staff;
--! EndIncluded functions/money/refund_booking.sql
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
  'Refunds a part of a payment, whatever the cancellation policy says. For a completed booking it can only return money that is still held for it, such as a refund that failed; use refundBooking for the rest. Needs the permission payments.approve and a reason. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (completed, or not settled yet), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request), OB068 (more than is left of the payment).';
revoke all on function public.refund_payment(uuid, numeric, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.refund_payment(uuid, numeric, text, text) to staff;
--! EndIncluded functions/money/refund_payment.sql
--! Included functions/booking/agree_on.sql
create or replace function app_private.agree_on(p_booking public.bookings, p_amount numeric) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.booking_settlements s
  set agreed_amount = p_amount, agreed_at = now(), agreed_by = (select auth.uid())
  where s.booking_id = p_booking.id;
  perform app_private.note_payment_status(p_booking.id);
  perform app_private.settle_agreed(p_booking.id);
end
$$;
comment on function app_private.agree_on(public.bookings, numeric) is
  'Fixes the amount that the customer pays for a completed booking whose money waits, and settles it where nothing of it is due. The booking must be locked.';
revoke all on function app_private.agree_on(public.bookings, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/agree_on.sql
--! Included functions/booking/settle_waiting.sql
create or replace function app_private.settle_waiting(p_bookings integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_due record;
  v_count integer := 0;
begin
  for v_due in
    select b as booking, s.kind
    from public.booking_settlements s
    join public.bookings b on b.id = s.booking_id
    where s.agreed_at is null and s.answerable_until <= now()
      and not exists (select from public.booking_disputes d where d.booking_id = b.id and d.kind = s.kind)
    order by s.answerable_until limit p_bookings
    for no key update of b, s skip locked
  loop
    -- Checked again after locking, because it may have been disputed at the last moment.
    continue when exists (
      select from public.booking_disputes d
      where d.booking_id = (v_due.booking).id and d.kind = v_due.kind);
    if v_due.kind = 'late_completion' then
      perform app_private.agree_on(v_due.booking, (v_due.booking).final_amount);
    else
      insert into public.booking_disputes (booking_id, kind, reason)
      values ((v_due.booking).id, v_due.kind, 'The customer has not answered');
    end if;
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.settle_waiting(integer) is
  'Goes on with completed bookings whose customers have said nothing in time, at most p_bookings; returns how many. A service that was completed late is settled at its price; the amount of one that ended early goes to customer care as a dispute. Runs every minute.';
revoke all on function app_private.settle_waiting(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.settle_waiting(integer) to ombaro_worker;
--! EndIncluded functions/booking/settle_waiting.sql
--! Included functions/money/record_cash_payment.sql
create or replace function public.record_cash_payment(
  booking_id uuid, amount numeric, idempotency_key text
) returns public.payments
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.act_on_booking(
    record_cash_payment.booking_id, '{therapist,vendor,admin}');
  v_due numeric := app_private.amount_due(v_booking.id);
  v_payment public.payments;
  v_done uuid;
begin
  perform app_private.require_number('amount', 'total', record_cash_payment.amount);
  v_done := app_private.replayed(record_cash_payment.idempotency_key, 'record_cash_payment', jsonb_build_object(
    'booking', record_cash_payment.booking_id, 'amount', record_cash_payment.amount));
  if v_done is null then
    if v_booking.status <> 'completed' or v_due = 0 then
      raise exception 'Nothing of this booking is due after its end. Enter cash for a service when you complete it.'
        using errcode = 'OB030';
    end if;
    if record_cash_payment.amount is distinct from v_due then
      raise exception '₹% are due for this booking. Collect exactly this in cash and enter it.', v_due
        using errcode = 'OB069', column = 'amount';
    end if;
    perform app_private.collect_cash(v_booking, v_due);
    select p.id into strict v_done from public.payments p
    where p.booking_id = v_booking.id and p.payment_method = 'cash' and p.status = 'success'
    order by p.payment_date desc, p.id limit 1;
    perform app_private.remember_result(record_cash_payment.idempotency_key, v_done);
  end if;
  select * into strict v_payment from public.payments p where p.id = v_done;
  return v_payment;
end
$$;
comment on function public.record_cash_payment(uuid, numeric, text) is
  'Records that the customer has paid in cash what was due for a service that ended early, to the paisa. For the provider, the vendor''s desk and the platform. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020 (invalid amount), OB030 (nothing is due), OB066 (key of another request), OB069 (another amount is due).';
revoke all on function public.record_cash_payment(uuid, numeric, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.record_cash_payment(uuid, numeric, text) to authenticated, staff;
--! EndIncluded functions/money/record_cash_payment.sql

--! split: 040-acts.sql
-- The acts and what the clock does.

--! Included functions/booking/customer_care.sql
create or replace function app_private.customer_care() returns setof uuid
language sql stable security definer set search_path = '' as $$
  select distinct ur.user_id
  from public.user_roles ur
  join public.user_profiles u on u.id = ur.user_id and u.status = 'active'
  join public.roles r on r.id = ur.role_id and r.status = 'active'
  join public.departments d on d.id = r.department_id and d.code = 'CUSTOMER_CARE'
  join public.role_permissions rp on rp.role_id = r.id
  join public.permissions p on p.id = rp.permission_id and p.code = 'bookings.update'
  where ur.status = 'active'
    and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
$$;
comment on function app_private.customer_care() is
  'Users of customer care who may decide disputes about bookings.';
revoke all on function app_private.customer_care() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/customer_care.sql
--! Included functions/booking/tg_bookings__transition.sql
create or replace function app_private.tg_bookings__transition() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_is_moved boolean := (new.booking_date, new.booking_time, new.time_zone)
    <> (old.booking_date, old.booking_time, old.time_zone);
begin
  if new.status <> 'pending' then
    new.expires_at := case when new.status = 'cancelled' then old.expires_at end;
  end if;
  if new.status <> 'confirmed' then
    new.needs_provider_since := null;
  end if;
  if new.status not in ('confirmed', 'assigned') then
    new.overdue_since := null;
  end if;
  if v_is_moved then
    -- A booking that moves returns to confirmed.
    if old.status in ('confirmed', 'assigned') and new.status = 'confirmed' then
      return new;
    end if;
  elsif new.status = old.status or exists (
    select from app_private.booking_transitions t
    where t.from_status = old.status and t.to_status = new.status
      -- Only bookings that need another provider return to confirmed.
      and (old.status <> 'assigned' or new.status <> 'confirmed' or new.needs_provider_since is not null)
  ) then
    return new;
  end if;
  raise exception 'A booking that is % cannot %. Reload the booking to see its present state.', replace(old.status, '_', ' '),
    case when v_is_moved then 'move to another time' else 'become ' || replace(new.status, '_', ' ') end
    using errcode = 'OB030';
end
$$;
comment on function app_private.tg_bookings__transition() is
  'Refuses with OB030 every change of state that is not in booking_transitions, and a move to another time from a state other than confirmed or assigned.';
revoke all on function app_private.tg_bookings__transition() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tg_bookings__transition.sql
--! Included functions/booking/tg__assignment_transition.sql
create or replace function app_private.tg__assignment_transition() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (
    select from app_private.assignment_transitions t
    where t.provider_kind = tg_argv[0] and t.from_status = old.status and t.to_status = new.status
      and (not t.only_at_vendor or exists (
        select from public.bookings b where b.id = new.booking_id and b.booking_type = 'spa_visit'))
  ) and not (
    -- The steps of a service that is completed only now were not noted.
    new.status = 'in_progress' and old.status not in ('completed', 'cancelled') and exists (
      select from public.bookings b where b.id = new.booking_id and b.overdue_since is not null)
  ) then
    raise exception 'An assignment that is % cannot become %. Reload the booking to see its present state.',
      replace(old.status, '_', ' '), replace(new.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  return new;
end
$$;
comment on function app_private.tg__assignment_transition() is
  'Refuses with OB030 every change of state that is not in assignment_transitions for the kind of provider in its argument, and a step that was already taken; an overdue service can be in progress after any step.';
revoke all on function app_private.tg__assignment_transition() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tg__assignment_transition.sql
--! Included functions/booking/note_overdue_bookings.sql
create or replace function app_private.note_overdue_bookings(p_bookings integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  update public.bookings b set overdue_since = now()
  where b.id = any (array(
    select d.id from public.bookings d
    where d.status in ('confirmed', 'assigned') and d.overdue_since is null
      and d.ends_at <= now() - app_private.setting('booking.overdue_after_minutes')::integer * interval '1 minute'
      -- Older ones were imported.
      and d.ends_at > now() - app_private.setting('booking.overdue_within_days')::integer * interval '1 day'
    order by d.ends_at limit p_bookings
    for no key update skip locked));
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function app_private.note_overdue_bookings(integer) is
  'Marks bookings as overdue that were neither started nor ended by the minutes of the setting booking.overdue_after_minutes after their end, at most p_bookings; returns how many. A trigger tells everyone concerned. Runs every minute.';
revoke all on function app_private.note_overdue_bookings(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.note_overdue_bookings(integer) to ombaro_worker;
--! EndIncluded functions/booking/note_overdue_bookings.sql
--! Included functions/booking/cancel_overdue_bookings.sql
create or replace function app_private.cancel_overdue_bookings(p_bookings integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_count integer := 0;
begin
  for v_booking in
    select * from public.bookings b
    where b.overdue_since <= now() - app_private.setting('booking.overdue_hours')::integer * interval '1 hour'
    order by b.overdue_since limit p_bookings
    for no key update skip locked
  loop
    perform app_private.end_booking(v_booking, 'admin',
      'It was not reported in time that the service took place', 0);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.cancel_overdue_bookings(integer) is
  'Cancels bookings that have been overdue for the hours of the setting booking.overdue_hours, at most p_bookings, with everything refunded; returns how many. Runs every minute.';
revoke all on function app_private.cancel_overdue_bookings(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.cancel_overdue_bookings(integer) to ombaro_worker;
--! EndIncluded functions/booking/cancel_overdue_bookings.sql
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
    greatest(0, app_private.amount_paid(p_booking.id) - p_charge), p_charge, 'pending',
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
--! Included functions/booking/cancel_booking.sql
create or replace function public.cancel_booking(booking_id uuid, reason text) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_role text;
begin
  v_booking := app_private.act_on_booking(cancel_booking.booking_id, '{customer,vendor,therapist,admin}');
  v_role := app_private.acting_role(v_booking, '{customer,vendor,therapist,admin}');
  if v_booking.status not in ('pending', 'confirmed', 'assigned') then
    raise exception 'A booking that is % cannot be cancelled. Contact customer care if something is wrong.',
      replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  perform app_private.end_booking(v_booking, v_role, app_private.required_reason(cancel_booking.reason),
    case when v_role = 'customer' and v_booking.overdue_since is null
      then app_private.cost_of_cancelling(v_booking) else 0 end);
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.cancel_booking(uuid, text) is
  'Cancels a booking before the service begins. A customer who cancels late pays the fee of the terms and does not get back the charges for moving: they are kept from what was paid, and the missing part is due. When the vendor, the provider or the platform cancels, or the booking is overdue or the vendor suspended or closed, everything is refunded. Raises OB001, OB002, OB003, OB030 (started, completed or cancelled), OB036 (no reason).';
revoke all on function public.cancel_booking(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.cancel_booking(uuid, text) to authenticated, staff;
--! EndIncluded functions/booking/cancel_booking.sql
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
  if start_service.code is null then
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
  if v_booking.overdue_since is not null and v_reason is not null then
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
  if v_reason is null and not app_private.is_start_code(v_booking.id, start_service.code) then
    return null;
  end if;
  perform app_private.step_assignment(v_booking.id, 'in_progress', '{therapist,vendor,admin}');
  update public.bookings b
  set status = 'in_progress', status_reason = v_reason, is_attested = v_reason is null
  where b.id = v_booking.id;
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.start_service(uuid, text, text) is
  'Starts the service with the customer''s start code of 4 digits, by default from 15 minutes before its time. For the provider, the vendor''s desk and the platform. Without the code, a manager of the vendor or the platform can start it with a reason; such a service earns no points or rewards and is paid out later. A wrong code is refused with OB045 and counted; by default five wrong codes are allowed. Raises OB001, OB002, OB003, OB020 (no code, or not four digits), OB030 (no provider assigned, not arrived, already started, or overdue and without the code), OB036 (empty reason), OB044 (too early), OB046 (too many attempts).';
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
  if v_booking.overdue_since is not null then
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
  'Completes a service that is fully paid; what is still due must have been collected in cash, to the paisa. By default it cannot be completed before half of the agreed time has passed, and more than two hours after the agreed end only with a reason. For the provider, the vendor''s desk and the platform. Writes the commission, points, totals and rewards. An overdue booking, which was never started, can be completed with a reason by the vendor''s desk and the platform: its money then waits while the customer can dispute it, by default for 24 hours. Raises OB001, OB002, OB003, OB020 (invalid amount), OB030 (not started, or overdue without a provider), OB036 (late and without a reason), OB044 (too early), OB069 (another amount is due).';
revoke all on function public.complete_service(uuid, numeric, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.complete_service(uuid, numeric, text) to authenticated, staff;
--! EndIncluded functions/booking/complete_service.sql
--! Included functions/booking/report_vendor_no_show.sql
create or replace function public.report_vendor_no_show(booking_id uuid) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.act_on_booking(report_vendor_no_show.booking_id, '{customer}');
  v_minutes integer := app_private.setting('booking.vendor_no_show_minutes')::integer;
  v_until timestamptz := now()
    + app_private.setting('booking.vendor_no_show_dispute_hours')::integer * interval '1 hour';
  v_has_arrived boolean := exists (
    select from public.therapist_assignments a where a.booking_id = v_booking.id and a.status = 'reached');
begin
  if v_booking.status not in ('confirmed', 'assigned') then
    raise exception 'You can report that no one came only while nothing was started. This booking is %. Dispute it, or contact customer care.',
      replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if now() < v_booking.starts_at + v_minutes * interval '1 minute' then
    raise exception 'It is too early to report that no one came. Wait until % minutes after the start.', v_minutes
      using errcode = 'OB044';
  end if;
  if v_has_arrived then
    perform app_private.end_booking(v_booking, 'vendor', 'The customer reports that no one came',
      app_private.cost_of_cancelling(v_booking), v_until);
    insert into public.booking_disputes (booking_id, kind, reason, raised_by, answerable_until)
    values (v_booking.id, 'vendor_no_show', 'No one came', (select auth.uid()), v_until);
  else
    perform app_private.end_booking(v_booking, 'vendor', 'No one came', 0);
  end if;
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.report_vendor_no_show(uuid) is
  'Records that no one came to serve the signed-in customer, by default from 20 minutes after the start, when nothing was started. Everything is refunded. Where the provider has reported arrival, a dispute opens instead, and no money moves: the vendor can answer it with disputeBooking, by default for 24 hours, and customer care then decides; unanswered, everything is refunded. Raises OB001, OB002, OB003, OB030 (started, completed or cancelled), OB044 (too early).';
revoke all on function public.report_vendor_no_show(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.report_vendor_no_show(uuid) to authenticated;
--! EndIncluded functions/booking/report_vendor_no_show.sql
--! Included functions/booking/waits_for_decision.sql
create or replace function app_private.waits_for_decision(p_dispute public.booking_disputes) returns boolean
language sql stable security definer set search_path = '' as $$
  select p_dispute.status = 'open'
    and (p_dispute.answerable_until is null or p_dispute.answered_at is not null)
$$;
comment on function app_private.waits_for_decision(public.booking_disputes) is
  'Whether customer care must decide a dispute: it is open, and does not end by itself when the vendor says nothing.';
revoke all on function app_private.waits_for_decision(public.booking_disputes) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/waits_for_decision.sql
--! Included functions/booking/settle_no_shows.sql
create or replace function app_private.settle_no_shows(p_bookings integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_due record;
  v_count integer := 0;
begin
  for v_due in
    select b as booking, c.cancellation_charge, c.is_vendor_no_show
    from public.booking_cancellations c
    join public.bookings b on b.id = c.booking_id
    where c.settled_at is null and c.disputable_until <= now()
      and not exists (
        select from public.booking_disputes d
        where d.booking_id = b.id and d.status = 'open' and app_private.waits_for_decision(d))
    order by c.disputable_until limit p_bookings
    for no key update of b, c skip locked
  loop
    -- Checked again after locking, because it may have been disputed at the last moment.
    continue when exists (
      select from public.booking_disputes d
      where d.booking_id = (v_due.booking).id and d.status = 'open' and app_private.waits_for_decision(d));
    update public.booking_disputes d
    set status = 'decided', in_favour_of = 'customer', decision_reason = 'The vendor did not answer in time',
      decided_at = now()
    where d.booking_id = (v_due.booking).id and d.status = 'open';
    perform app_private.settle_cancellation(v_due.booking,
      case when v_due.is_vendor_no_show then 0 else v_due.cancellation_charge end);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.settle_no_shows(integer) is
  'Settles the money of no-shows, at most p_bookings, and returns how many: the customer''s that were not disputed in time, and the vendor''s that the vendor has not answered in time. Runs every minute.';
revoke all on function app_private.settle_no_shows(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.settle_no_shows(integer) to ombaro_worker;
--! EndIncluded functions/booking/settle_no_shows.sql
--! Included functions/booking/dispute_booking.sql
create or replace function public.dispute_booking(booking_id uuid, reason text) returns public.booking_disputes
language plpgsql volatile security definer set search_path = '' as $$
declare
  -- The vendor answers what the customer says of the vendor, and disputes nothing else.
  v_booking public.bookings := app_private.act_on_booking(dispute_booking.booking_id,
    case when exists (
      select from public.booking_disputes d
      where d.booking_id = dispute_booking.booking_id and d.answerable_until is not null
    ) then '{customer,vendor}' else '{customer}' end::text[]);
  v_kind text;
  v_dispute public.booking_disputes;
begin
  if app_private.acting_role(v_booking, '{customer,vendor}') = 'vendor' then
    update public.booking_disputes d
    set answer = app_private.required_reason(dispute_booking.reason), answered_by = (select auth.uid()),
      answered_at = now()
    where d.booking_id = v_booking.id and d.status = 'open' and d.answerable_until > now() and d.answered_at is null
    returning * into v_dispute;
    if not found then
      raise exception 'There is nothing to answer any more: it was answered or decided, or the time for it is over. Contact customer care.'
        using errcode = 'OB030';
    end if;
    return v_dispute;
  end if;
  select 'customer_no_show' into v_kind from public.booking_cancellations c
  where c.booking_id = v_booking.id and c.is_no_show and c.settled_at is null and c.disputable_until > now()
  union all
  select s.kind from public.booking_settlements s
  where s.booking_id = v_booking.id and s.agreed_at is null and s.answerable_until > now();
  if v_kind is null then
    raise exception 'This booking cannot be disputed, or the time for it is over. Contact customer care.'
      using errcode = 'OB030';
  end if;
  insert into public.booking_disputes (booking_id, kind, reason, raised_by)
  values (v_booking.id, v_kind, app_private.required_reason(dispute_booking.reason), (select auth.uid()))
  on conflict on constraint booking_disputes_once do nothing
  returning * into v_dispute;
  if not found then
    raise exception 'You have already disputed this booking. Wait for the decision.' using errcode = 'OB030';
  end if;
  return v_dispute;
end
$$;
comment on function public.dispute_booking(uuid, text) is
  'Opens a dispute of the signed-in customer, by default within 24 hours: about a no-show that the vendor reported, a service that was completed late, or the amount of one that ended early. For the vendor''s desk it answers the customer''s report that no one came. No money moves until customer care has decided. Raises OB001, OB002, OB003, OB030 (nothing to dispute, too late, or already disputed or answered), OB036 (no reason).';
revoke all on function public.dispute_booking(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.dispute_booking(uuid, text) to authenticated;
--! EndIncluded functions/booking/dispute_booking.sql
--! Included functions/booking/require_amount_within_price.sql
create or replace function app_private.require_amount_within_price(p_booking public.bookings, p_amount numeric)
returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  perform app_private.require_number('amount', 'total', p_amount);
  if p_amount > p_booking.final_amount then
    raise exception 'The price of this booking is ₹%. Enter an amount from 0 to this price.', p_booking.final_amount
      using errcode = 'OB020', column = 'amount';
  end if;
end
$$;
comment on function app_private.require_amount_within_price(public.bookings, numeric) is
  'Checks an amount that the customer is to pay for a service: from 0 to its price; null passes. Raises OB020.';
revoke all on function app_private.require_amount_within_price(public.bookings, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/require_amount_within_price.sql
drop function public.decide_dispute(uuid, text, text);
--! Included functions/booking/decide_dispute.sql
create or replace function public.decide_dispute(
  dispute_id uuid, in_favour_of text, reason text, amount numeric default null
) returns public.booking_disputes
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_dispute public.booking_disputes;
begin
  perform app_private.require_permission('bookings.update');
  select b.* into v_booking from public.booking_disputes d
  join public.bookings b on b.id = d.booking_id
  where d.id = decide_dispute.dispute_id
  for no key update of b;
  if not found then
    raise exception 'The dispute was not found. Check the id.' using errcode = 'OB003';
  end if;
  perform app_private.require_unrelated(v_booking);
  if not coalesce(decide_dispute.in_favour_of in ('customer', 'vendor'), false) then
    raise exception 'Decide the dispute in favour of the customer or the vendor.'
      using errcode = 'OB020', column = 'in_favour_of';
  end if;
  select d.* into strict v_dispute from public.booking_disputes d where d.id = decide_dispute.dispute_id;
  if (v_dispute.kind = 'early_end') <> (decide_dispute.amount is not null) then
    raise exception 'Enter the amount that the customer pays where a service ended early, and leave the amount out otherwise.'
      using errcode = 'OB020', column = 'amount';
  end if;
  perform app_private.require_amount_within_price(v_booking, decide_dispute.amount);
  update public.booking_disputes d
  set status = 'decided', in_favour_of = decide_dispute.in_favour_of,
    decision_reason = app_private.required_reason(decide_dispute.reason),
    decided_by = (select auth.uid()), decided_at = now()
  where d.id = decide_dispute.dispute_id and d.status = 'open'
  returning * into v_dispute;
  if not found then
    raise exception 'This dispute has already been decided. Reload it to see the decision.' using errcode = 'OB030';
  end if;
  if v_dispute.kind in ('customer_no_show', 'vendor_no_show') then
    perform app_private.settle_cancellation(v_booking, case v_dispute.in_favour_of
      when 'customer' then 0 else c.cancellation_charge end)
    from public.booking_cancellations c where c.booking_id = v_booking.id;
  else
    perform app_private.agree_on(v_booking, case
      when v_dispute.kind = 'early_end' then round(decide_dispute.amount, 2)
      when v_dispute.in_favour_of = 'customer' then 0
      else v_booking.final_amount end);
  end if;
  return v_dispute;
end
$$;
comment on function public.decide_dispute(uuid, text, text, numeric) is
  'Decides a dispute in favour of the customer (everything is refunded) or of the vendor (the charge or the price stays), with a reason; the money then moves. Where a service ended early, the amount is what the customer pays, from 0 to the price. Needs the permission bookings.update; no one can decide on their own booking or business. Raises OB001, OB002, OB003, OB020 (no side given; no amount where one is needed, or one where none is; not from 0 to the price), OB030 (already decided), OB031 (your own booking or business), OB036 (no reason).';
revoke all on function public.decide_dispute(uuid, text, text, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_dispute(uuid, text, text, numeric) to staff;
--! EndIncluded functions/booking/decide_dispute.sql

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
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.end_service_early(uuid, text, numeric) is
  'Ends a service in progress before its agreed time is over, with a reason and the amount of its price that the customer is to pay, charges for moving the booking not included. For the provider and the vendor''s desk. The customer can agree with agreeOnAmount or dispute it, by default for 24 hours; after that, or after a dispute, customer care decides. Until then no money moves; then what was paid beyond the amount is refunded, and what is missing is due. The platform''s commission is at least the elapsed part of what was agreed. Raises OB001, OB002, OB003, OB020 (no amount, or not from 0 to the price), OB030 (not in progress), OB036 (no reason), OB044 (the agreed time is over).';
revoke all on function public.end_service_early(uuid, text, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.end_service_early(uuid, text, numeric) to authenticated;
--! EndIncluded functions/booking/end_service_early.sql
--! Included functions/booking/agree_on_amount.sql
create or replace function public.agree_on_amount(booking_id uuid, expected_amount numeric) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.act_on_booking(agree_on_amount.booking_id, '{customer}');
  v_settlement public.booking_settlements;
begin
  select * into v_settlement from public.booking_settlements s
  where s.booking_id = v_booking.id and s.kind = 'early_end' and s.agreed_at is null;
  if not found then
    raise exception 'No amount of this booking waits for your agreement. Reload it.' using errcode = 'OB030';
  end if;
  if exists (
    select from public.booking_disputes d where d.booking_id = v_booking.id and d.kind = 'early_end') then
    raise exception 'Customer care decides the amount of this booking now. Wait for the decision.' using errcode = 'OB030';
  end if;
  if agree_on_amount.expected_amount is distinct from v_settlement.proposed_amount then
    raise exception 'The vendor proposes ₹%. Check this amount, and agree on it or dispute it.', v_settlement.proposed_amount
      using errcode = 'OB068', column = 'expected_amount';
  end if;
  perform app_private.agree_on(v_booking, v_settlement.proposed_amount);
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.agree_on_amount(uuid, numeric) is
  'The signed-in customer agrees to the amount that the vendor proposes for a service that ended early. What was paid beyond it is refunded the way it came; what is missing is due, and until it is paid the customer cannot book again. Raises OB001, OB002, OB003, OB030 (nothing to agree on, or customer care decides), OB068 (another amount is proposed).';
revoke all on function public.agree_on_amount(uuid, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.agree_on_amount(uuid, numeric) to authenticated;
--! EndIncluded functions/booking/agree_on_amount.sql

/*
 * Telling.
 */
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
        if p_old.status = 'pending' then
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
    from app_private.customer_care() u;
end
$$;
comment on function app_private.tell_overdue(public.bookings, public.bookings) is
  'Notifies customer, vendor, provider and customer care of an overdue booking.';
revoke all on function app_private.tell_overdue(public.bookings, public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tell_overdue.sql
create trigger _700_notify_people_overdue after update of overdue_since on public.bookings
  for each row when (old.overdue_since is null and new.overdue_since is not null)
  execute function app_private.tg__notify_people('tell_overdue');
--! Included functions/booking/tell_vendor_no_show.sql
create or replace function app_private.tell_vendor_no_show(
  p_old public.booking_cancellations, p_new public.booking_cancellations
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.current_booking(p_new.booking_id);
  v_type text := case when p_new.disputable_until is null then 'vendor_no_show' else 'arrival_disputed' end;
  v_fields jsonb := app_private.booking_fields(v_booking) || jsonb_build_object(
    'until', to_char(p_new.disputable_until at time zone v_booking.time_zone, 'DD Mon YYYY HH24:MI'));
begin
  perform app_private.notify(u, 'vendor', v_type, v_fields,
      jsonb_build_object('screen', 'booking', 'bookingId', v_booking.id))
    from app_private.vendor_desk(v_booking.vendor_id) u;
end
$$;
comment on function app_private.tell_vendor_no_show(public.booking_cancellations, public.booking_cancellations) is
  'Notifies a vendor whose customer reports that no one came; where the provider had reported arrival, with the time until which the vendor can answer.';
revoke all on function app_private.tell_vendor_no_show(public.booking_cancellations, public.booking_cancellations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tell_vendor_no_show.sql
create trigger _700_notify_people_vendor after insert on public.booking_cancellations
  for each row when (new.is_vendor_no_show) execute function app_private.tg__notify_people('tell_vendor_no_show');
--! Included functions/booking/tell_dispute.sql
create or replace function app_private.tell_dispute(
  p_old public.booking_disputes, p_new public.booking_disputes
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.current_booking(p_new.booking_id);
  v_type text := case p_new.status when 'open' then 'dispute_opened' else 'dispute_decided' end;
  v_fields jsonb := app_private.booking_fields(v_booking) || jsonb_build_object(
    'side', p_new.in_favour_of, 'reason', coalesce(p_new.decision_reason, p_new.answer, p_new.reason));
  v_data jsonb := jsonb_build_object('screen', 'booking', 'bookingId', v_booking.id);
begin
  if v_type = 'dispute_decided' then
    perform app_private.notify(v_booking.customer_id, 'customer', v_type, v_fields, v_data);
  elsif app_private.waits_for_decision(p_new) then
    perform app_private.notify(u, 'care', v_type, v_fields, v_data) from app_private.customer_care() u;
  end if;
  -- The vendor learns of an answerable one from the cancellation, and knows the own answer.
  if p_new.answerable_until is null or v_type = 'dispute_decided' then
    perform app_private.notify(u, 'vendor', v_type, v_fields, v_data)
      from app_private.vendor_desk(v_booking.vendor_id) u;
  end if;
end
$$;
comment on function app_private.tell_dispute(public.booking_disputes, public.booking_disputes) is
  'Notifies the vendor and customer care of a dispute, and both sides of its decision.';
revoke all on function app_private.tell_dispute(public.booking_disputes, public.booking_disputes) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tell_dispute.sql
create trigger _700_notify_people_answer after update of answered_at on public.booking_disputes
  for each row when (old.answered_at is null and new.answered_at is not null)
  execute function app_private.tg__notify_people('tell_dispute');
--! Included functions/booking/tell_settlement.sql
create or replace function app_private.tell_settlement(
  p_old public.booking_settlements, p_new public.booking_settlements
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.current_booking(p_new.booking_id);
  v_fields jsonb := app_private.booking_fields(v_booking) || jsonb_build_object(
    'reason', p_new.reason, 'proposed', app_private.in_rupees(p_new.proposed_amount),
    'until', to_char(p_new.answerable_until at time zone v_booking.time_zone, 'DD Mon YYYY HH24:MI'));
  v_data jsonb := jsonb_build_object('screen', 'booking', 'bookingId', v_booking.id);
begin
  if p_old is null then
    perform app_private.notify(v_booking.customer_id, 'customer',
      case p_new.kind when 'late_completion' then 'completed_late' else 'service_ended_early' end,
      v_fields, v_data);
  -- Where customer care decides, the dispute tells.
  elsif p_new.agreed_by = v_booking.customer_id then
    perform app_private.notify(u, 'vendor', 'amount_agreed', v_fields, v_data)
      from app_private.vendor_desk(v_booking.vendor_id) u;
  end if;
end
$$;
comment on function app_private.tell_settlement(public.booking_settlements, public.booking_settlements) is
  'Notifies the customer of a service that was completed late or ended early, and the vendor of the customer''s agreement to the amount.';
revoke all on function app_private.tell_settlement(public.booking_settlements, public.booking_settlements) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tell_settlement.sql
create trigger _700_notify_people after insert on public.booking_settlements
  for each row execute function app_private.tg__notify_people('tell_settlement');
create trigger _700_notify_people_agreed after update of agreed_at on public.booking_settlements
  for each row when (old.agreed_at is null and new.agreed_at is not null and new.kind = 'early_end')
  execute function app_private.tg__notify_people('tell_settlement');

--! split: 050-one-place.sql
-- A customer is in one place at a time. Another booking at the same time is for a guest, whom it names. Nothing is booked
-- while an amount of an earlier booking is due.

alter table public.booking_holds
  add column guest_name text
    constraint booking_holds_guest_name_length check (length(trim(guest_name)) between 1 and 200);
comment on column public.booking_holds.guest_name is
  'Name of the guest who is served; null where it is the customer.';
comment on constraint booking_holds_guest_name_length on public.booking_holds is
  'Guest name must have 1 to 200 characters.';
alter table public.bookings
  add column guest_name text
    constraint bookings_guest_name_length check (length(trim(guest_name)) between 1 and 200);
comment on column public.bookings.guest_name is
  'Name of the guest who is served; null where it is the customer.';
comment on constraint bookings_guest_name_length on public.bookings is
  'Guest name must have 1 to 200 characters.';

--! Included functions/booking/is_elsewhere.sql
create or replace function app_private.is_elsewhere(
  p_customer_id uuid, p_starts_at timestamptz, p_ends_at timestamptz, p_except uuid
) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from public.bookings b
    where b.customer_id = p_customer_id and b.guest_name is null and b.id <> p_except
      and b.starts_at < p_ends_at and b.ends_at > p_starts_at
      and (b.status in ('confirmed', 'assigned', 'in_progress')
        or b.status = 'pending' and (b.expires_at is null or b.expires_at > clock_timestamp()))
  ) or exists (
    select from public.booking_holds h
    where h.customer_id = p_customer_id and h.guest_name is null and h.id <> p_except
      and h.booking_id is null and h.expires_at > clock_timestamp()
      and h.starts_at < p_ends_at and app_private.plus_minutes(h.starts_at, h.duration_minutes) > p_starts_at
  )
$$;
comment on function app_private.is_elsewhere(uuid, timestamptz, timestamptz, uuid) is
  'Whether a customer is to be served during a time by a booking or hold other than this one. Those of guests do not count. The customer must be locked, so that of two at once the second sees the first.';
revoke all on function app_private.is_elsewhere(uuid, timestamptz, timestamptz, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/is_elsewhere.sql
--! Included functions/booking/require_nothing_due.sql
create or replace function app_private.require_nothing_due(p_customer_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_due record;
begin
  select b.booking_number, app_private.amount_due(b.id) as amount into v_due
  from public.booking_settlements s
  join public.bookings b on b.id = s.booking_id
  where b.customer_id = p_customer_id and s.agreed_at is not null and s.settled_at is null
  order by s.agreed_at limit 1;
  if found then
    raise exception '₹% of booking % are still due. Pay them in the app or at the vendor, then book again.',
      v_due.amount, v_due.booking_number
      using errcode = 'OB048';
  end if;
end
$$;
comment on function app_private.require_nothing_due(uuid) is
  'Refuses with OB048 a new booking of a customer who has not paid what is due for a service that ended early, and names the amount. Raises OB048.';
revoke all on function app_private.require_nothing_due(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/require_nothing_due.sql
drop function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid);
--! Included functions/booking/hold_slot.sql
create or replace function public.hold_slot(
  vendor_id uuid, provider_id uuid, starts_at timestamptz, idempotency_key text,
  service_ids uuid[] default null, addon_ids uuid[] default null, package_id uuid default null,
  booking_type text default 'spa_visit', address_id uuid default null, guest_name text default null
) returns public.booking_holds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers := app_private.require_customer();
  v_address public.customer_addresses;
  v_package public.service_packages;
  v_services uuid[] := hold_slot.service_ids;
  v_addons uuid[] := coalesce(hold_slot.addon_ids, '{}');
  v_minutes integer;
  v_hold public.booking_holds;
  v_done uuid;
begin
  v_done := app_private.replayed(hold_slot.idempotency_key, 'hold_slot', jsonb_build_object(
    'vendor', hold_slot.vendor_id, 'provider', hold_slot.provider_id,
    'at', extract(epoch from hold_slot.starts_at), 'services', v_services, 'addons', v_addons,
    'package', hold_slot.package_id, 'type', hold_slot.booking_type, 'address', hold_slot.address_id, 'guest', hold_slot.guest_name));
  if v_done is not null then
    select * into strict v_hold from public.booking_holds h where h.id = v_done;
    return v_hold;
  end if;
  perform app_private.require_nothing_due(v_customer.id);

  -- The requested services.
  if hold_slot.package_id is not null then
    if v_services is not null or hold_slot.addon_ids is not null then
      raise exception 'A package already contains its services and add-ons. Leave the services and add-ons out, or leave the package out.'
        using errcode = 'OB020', column = 'package_id';
    end if;
    select * into v_package from public.service_packages p
    where p.id = hold_slot.package_id and p.is_active;
    if not found then
      raise exception 'This package is not offered. Choose another package.'
        using errcode = 'OB062', column = 'package_id';
    end if;
    v_services := v_package.service_ids;
    v_addons := coalesce(v_package.addon_ids, '{}');
  end if;
  perform app_private.require_bookable(hold_slot.vendor_id);
  if not exists (
    select from public.providers p
    where p.id = hold_slot.provider_id and p.vendor_id = hold_slot.vendor_id and p.is_listed) then
    raise exception 'This vendor has no provider with this id. Check the id.'
      using errcode = 'OB003', column = 'provider_id';
  end if;

  -- The place.
  if hold_slot.booking_type is null
    or hold_slot.booking_type not in ('spa_visit', 'home_service', 'hotel_service') then
    raise exception 'Booking type must be a spa visit, a home service or a hotel service.'
      using errcode = 'OB020', column = 'booking_type';
  end if;
  if (hold_slot.booking_type = 'home_service' and hold_slot.address_id is null)
    or (hold_slot.booking_type = 'spa_visit' and hold_slot.address_id is not null) then
    raise exception 'A home or hotel service needs an address, and a visit to the vendor must not have one. Correct the address or the booking type.'
      using errcode = 'OB020', column = 'address_id';
  end if;
  if hold_slot.address_id is not null then
    select * into v_address from public.customer_addresses a
    where a.id = hold_slot.address_id and a.customer_id = v_customer.id;
    if not found then
      raise exception 'You have no address with this id. Check the id.'
        using errcode = 'OB003', column = 'address_id';
    end if;
    if not (public.serviceable(v_address.pincode)).is_serviceable then
      raise exception 'Home services do not come to the pincode % yet. Choose another address.', v_address.pincode
        using errcode = 'OB073', column = 'address_id';
    end if;
  end if;
  if hold_slot.provider_id not in (
    select q from app_private.qualified_providers(hold_slot.vendor_id, v_services, hold_slot.booking_type) q) then
    raise exception 'This provider does not perform all of these services at this place. Choose another provider, or fewer services.'
      using errcode = 'OB062', column = 'provider_id';
  end if;

  -- The time.
  select p.minutes into v_minutes
  from app_private.price_of(hold_slot.vendor_id, v_services, v_addons, hold_slot.package_id,
    hold_slot.booking_type, v_address.pincode) p;
  if v_minutes > 1440 then
    raise exception 'A booking can take at most 24 hours. Choose fewer services.'
      using errcode = 'OB020', column = 'service_ids';
  end if;
  if not app_private.is_on_grid(hold_slot.vendor_id, hold_slot.starts_at) then
    raise exception 'This time is not available. Choose another slot.' using errcode = 'OB060', column = 'starts_at';
  end if;

  insert into public.booking_holds
    (customer_id, vendor_id, provider_id, booking_type, service_ids, addon_ids, package_id,
      address_id, guest_name, starts_at, duration_minutes, expires_at)
  values (v_customer.id, hold_slot.vendor_id, hold_slot.provider_id, hold_slot.booking_type, v_services,
    v_addons, hold_slot.package_id, hold_slot.address_id, hold_slot.guest_name, hold_slot.starts_at, v_minutes,
    clock_timestamp() + app_private.setting('booking.hold_minutes')::integer * interval '1 minute')
  returning * into v_hold;
  perform app_private.reserve_provider(v_hold.provider_id, v_hold.starts_at, v_minutes,
    app_private.place_of(v_hold.vendor_id, v_hold.booking_type, v_hold.address_id),
    v_hold.id, null, v_hold.expires_at);
  -- Checked again after locking the provider: a vendor that stops taking bookings takes those locks.
  perform app_private.require_bookable(v_hold.vendor_id);

  -- One customer is not in two places, and cannot block a vendor's day. Checked after locking the customer.
  perform app_private.lock_customer(v_customer.id);
  if v_hold.guest_name is null and app_private.is_elsewhere(v_customer.id, v_hold.starts_at,
    app_private.plus_minutes(v_hold.starts_at, v_minutes), v_hold.id) then
    raise exception 'You already have a booking or a hold at this time. Enter the name of the guest who is served then, or choose another time.'
      using errcode = 'OB043', column = 'guest_name';
  end if;
  if (
    select count(*) from public.booking_holds h
    where h.customer_id = v_customer.id and h.booking_id is null and h.expires_at > clock_timestamp()
  ) > app_private.setting('booking.maximum_holds')::integer then
    raise exception 'You already hold % slots. Confirm or release one first.', app_private.setting('booking.maximum_holds')
      using errcode = 'OB071';
  end if;
  perform app_private.remember_result(hold_slot.idempotency_key, v_hold.id);
  return v_hold;
end
$$;
comment on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text) is
  'Holds a slot of one provider (10 minutes by default), for services and add-ons or for a package. A home service needs an address; a hotel service takes place at the address or, without one, at the vendor''s premises. A customer has one booking at a time: another at the same time needs the name of the guest who is served then. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB037 (no customer profile or date of birth), OB043 (another booking or hold at this time, and no guest), OB048 (an amount of an earlier booking is due), OB060 (not free), OB062 (not offered, or not by this provider, or the vendor takes no bookings), OB065 (too young), OB066 (key of another request), OB071 (too many holds), OB073 (the postal code is not served).';
revoke all on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text) to authenticated;
--! EndIncluded functions/booking/hold_slot.sql
--! Included functions/booking/confirm_booking.sql
create or replace function public.confirm_booking(
  hold_id uuid, payment_method text default null, points integer default 0, wallet_amount numeric default 0,
  special_instructions text default null, contact_name text default null, contact_mobile text default null
) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers := app_private.require_customer();
  v_hold public.booking_holds;
  v_price app_private.price;
  v_terms public.booking_terms := app_private.terms_of_today();
  v_pincode text;
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
  if confirm_booking.payment_method <> 'cash' then
    raise exception 'Payment method can only be cash here. Leave it out and start a payment for any other way to pay.'
      using errcode = 'OB020', column = 'payment_method';
  end if;
  if confirm_booking.points < 0 then
    raise exception 'Points must be 0 or more.' using errcode = 'OB020', column = 'points';
  end if;
  perform app_private.require_number('wallet_amount', 'total', confirm_booking.wallet_amount);

  select a.pincode into v_pincode from public.customer_addresses a where a.id = v_hold.address_id;
  v_price := app_private.price_of(v_hold.vendor_id, v_hold.service_ids, v_hold.addon_ids,
    v_hold.package_id, v_hold.booking_type, v_pincode);
  select * into strict v_profile from public.user_profiles p where p.id = v_customer.id;
  insert into public.bookings
    (customer_id, vendor_id, booking_type, service_location, contact_name, contact_mobile, guest_name,
      booking_date, booking_time, time_zone, duration_minutes, total_amount, discount_amount,
      tax_amount, service_charge, final_amount, special_instructions, package_id, expires_at)
  select v_customer.id, v.id, v_hold.booking_type, app_private.location_of(v_hold),
    coalesce(confirm_booking.contact_name, v_profile.name),
    coalesce(confirm_booking.contact_mobile, v_profile.mobile), v_hold.guest_name,
    (v_hold.starts_at at time zone v.time_zone)::date, (v_hold.starts_at at time zone v.time_zone)::time,
    v.time_zone, least(v_price.minutes, v_hold.duration_minutes), v_price.total_amount, v_price.discount_amount,
    v_price.tax_amount, v_price.service_charge, v_price.final_amount,
    confirm_booking.special_instructions, v_hold.package_id, v_hold.expires_at
  from public.vendors v where v.id = v_hold.vendor_id
  returning * into v_booking;
  perform app_private.claim_hold(v_hold.id, v_booking.id, v_booking.duration_minutes);
  update public.booking_holds h set booking_id = v_booking.id where h.id = v_hold.id;

  insert into public.booking_items
    (booking_id, service_id, service_name, service_duration, service_price, quantity, addon_services, subtotal)
  select v_booking.id, i.service_id, i.name, i.minutes, i.price, i.quantity, i.addons, i.subtotal
  from app_private.price_items(v_hold.vendor_id, v_hold.service_ids, v_hold.addon_ids) i;
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
comment on function public.confirm_booking(uuid, text, integer, numeric, text, text, text) is
  'Turns a hold into a booking, at the current price and terms. Points and money from the wallet pay a part at once; with the payment method cash the rest is paid on the day of the service. Each of these confirms the booking. Without them it is pending until startPayment has brought money, and expires with the hold. Raises OB001, OB003, OB020, OB030 (already confirmed), OB037, OB048 (an amount of an earlier booking is due), OB061 (the hold has expired), OB062 (no longer offered, or the vendor takes no bookings), OB063 (not enough money in the wallet), OB064 (not enough points, or more than points may pay), OB065, OB068 (more than it costs).';
revoke all on function public.confirm_booking(uuid, text, integer, numeric, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.confirm_booking(uuid, text, integer, numeric, text, text, text) to authenticated;
--! EndIncluded functions/booking/confirm_booking.sql
--! Included functions/booking/move_booking.sql
create or replace function app_private.move_booking(
  p_booking public.bookings, p_date date, p_time time, p_reason text
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_starts_at timestamptz := (p_date + p_time) at time zone p_booking.time_zone;
  v_place app_private.place := app_private.place_of_booking(p_booking);
  v_assigned_id uuid;
  v_reserved_id uuid;
  v_provider_id uuid;
  v_is_kept boolean := false;
begin
  select app_private.assigned_provider(p_booking.id),
    (select r.provider_id from app_private.provider_reservations r where r.booking_id = p_booking.id)
    into v_assigned_id, v_reserved_id;

  -- The same provider if possible, otherwise the best of the others.
  for v_provider_id in
    select p.id
    from app_private.best_providers(p_booking, p_date, v_starts_at) with ordinality p (id, place)
    order by p.id is not distinct from coalesce(v_assigned_id, v_reserved_id) desc, p.place
  loop
    begin
      perform app_private.reserve_provider(v_provider_id, v_starts_at, p_booking.duration_minutes,
        v_place, null, p_booking.id);
      v_is_kept := true;
      exit;
    exception when sqlstate 'OB060' then
      continue;
    end;
  end loop;
  if not v_is_kept then
    raise exception 'No qualified provider is free at this time. Choose another date or time.'
      using errcode = 'OB060';
  end if;
  perform app_private.lock_customer(p_booking.customer_id);
  if p_booking.guest_name is null and app_private.is_elsewhere(p_booking.customer_id, v_starts_at,
    app_private.plus_minutes(v_starts_at, p_booking.duration_minutes), p_booking.id) then
    raise exception 'The customer has another booking at this time. Choose another date or time.'
      using errcode = 'OB043', column = 'new_time';
  end if;

  if v_assigned_id <> v_provider_id then
    perform app_private.cancel_assignments(p_booking.id);
  end if;
  update public.bookings b
  set booking_date = p_date, booking_time = p_time, status = 'confirmed', status_reason = p_reason,
    needs_provider_since = null
  where b.id = p_booking.id;
  if v_assigned_id = v_provider_id then
    -- The assignment moves with the booking, unless its provider is already on the way: then the journey must
    -- begin again.
    update public.therapist_assignments a set assignment_date = p_date, assignment_time = p_time
    where a.booking_id = p_booking.id and a.status in ('assigned', 'acknowledged');
    v_is_kept := found;
    update public.beautician_assignments a set assignment_time = v_starts_at
    where a.booking_id = p_booking.id and a.status = 'assigned';
    if v_is_kept or found then
      update public.bookings b set status = 'assigned' where b.id = p_booking.id;
    else
      perform app_private.cancel_assignments(p_booking.id);
      perform app_private.assign_provider(app_private.current_booking(p_booking.id), v_provider_id);
    end if;
  end if;
  perform app_private.note_payment_status(p_booking.id);
end
$$;
comment on function app_private.move_booking(public.bookings, date, time, text) is
  'Moves a locked booking to another time, with its provider if that one is free then, otherwise with another. An assignment to a provider who is not free is released, and a journey that was begun must begin again. Raises OB043 (the customer has another booking then), OB060 (no provider is free).';
revoke all on function app_private.move_booking(public.bookings, date, time, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/move_booking.sql
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
--! Included functions/customers/require_deletable.sql
create or replace function app_private.require_deletable(p_user_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_text text;
begin
  if app_private.is_staff(p_user_id)
    or exists (select from public.employees e where e.id = p_user_id)
    or exists (select from public.department_user_assignments d where d.user_id = p_user_id) then
    raise exception 'You work for the platform. Ask HR to close your account.' using errcode = 'OB030';
  end if;
  if exists (select from public.vendors v where v.user_id = p_user_id)
    or exists (select from public.vendor_applications a where a.user_id = p_user_id) then
    raise exception 'You are a vendor or have applied to become one, and records of the business must be kept. Contact customer care to close your account.'
      using errcode = 'OB030';
  end if;
  if exists (select from public.therapists t where t.user_id = p_user_id)
    or exists (select from public.beauticians b where b.user_id = p_user_id)
    or exists (select from public.vendor_staff s where s.user_id = p_user_id) then
    raise exception 'You work for a vendor. Leave the vendor first, then contact customer care to close your account.'
      using errcode = 'OB030';
  end if;
  select string_agg(b.booking_number, ', ' order by b.booking_number) into v_text from public.bookings b
  where b.customer_id = p_user_id and b.status not in ('completed', 'cancelled');
  if v_text is not null then
    raise exception 'You have open bookings: %. Cancel them, or wait until they are over.', v_text
      using errcode = 'OB030';
  end if;
  select string_agg(b.booking_number, ', ' order by b.booking_number) into v_text from public.bookings b
  where b.customer_id = p_user_id and b.status in ('completed', 'cancelled') and app_private.amount_due(b.id) > 0;
  if v_text is not null then
    raise exception 'You have unpaid bookings: %. Pay them first.', v_text using errcode = 'OB030';
  end if;
  if exists (
    select from public.refunds r
    where r.customer_id = p_user_id and r.status in ('pending', 'processing')
    union all
    -- A no-show that can still be disputed, or is in dispute.
    select from public.bookings b
    join public.booking_cancellations c on c.booking_id = b.id and c.settled_at is null
    where b.customer_id = p_user_id
    union all
    -- A service that was completed late or ended early, and is not settled.
    select from public.bookings b
    join public.booking_settlements s on s.booking_id = b.id and s.settled_at is null
    where b.customer_id = p_user_id
    union all
    -- A gateway may report an attempt until the next day.
    select from public.payments p
    where p.customer_id = p_user_id and (p.status = 'processing'
      or p.status = 'pending' and p.payment_gateway is not null
        and p.created_at > now() - interval '1 day')) then
    raise exception 'A payment or refund of yours is still under way. Wait until it has arrived.'
      using errcode = 'OB030';
  end if;
  if exists (select from public.customers c where c.id = p_user_id)
    and app_private.wallet_balance(p_user_id) > 0 then
    raise exception 'You have ₹% in your wallet. Spend the money first, or ask customer care to pay it out.',
      app_private.wallet_balance(p_user_id)
      using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.require_deletable(uuid) is
  'Refuses to delete accounts of people who work here, and of users with open bookings or open amounts, and says what to do. Raises OB030.';
revoke all on function app_private.require_deletable(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/require_deletable.sql

--! split: 060-small-ones.sql
-- Names of authors of reviews, features that follow roles, and a limit for tickets.

--! Included functions/reviews/display_name.sql
create or replace function app_private.display_name(p_customer_id uuid) returns text
language sql stable security definer set search_path = '' as $$
  select coalesce((
    select w.words[1] || case when cardinality(w.words) > 1
      then ' ' || upper(left(w.words[cardinality(w.words)], 1)) || '.' else '' end
    from public.user_profiles p
    cross join lateral (select regexp_split_to_array(trim(p.name), '\s+') as words) w
    where p.id = p_customer_id and p.deleted_at is null), 'Former customer')
$$;
comment on function app_private.display_name(uuid) is
  'First name of a customer and the initial of the last name, such as Asha R.; Former customer where the account is deleted.';
revoke all on function app_private.display_name(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/display_name.sql
--! Included functions/reviews/reviews_author_name.sql
create or replace function public.reviews_author_name(review public.reviews) returns text
language sql stable security definer set search_path = '' as $$
  -- By its id, so that no one makes up a row to learn a name.
  select app_private.display_name(r.customer_id) from public.reviews r where r.id = review.id
$$;
comment on function public.reviews_author_name(public.reviews) is
  'Name of the author to show: the first name and the initial of the last name, such as Asha R.; Former customer where the account is deleted.';
revoke all on function public.reviews_author_name(public.reviews) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.reviews_author_name(public.reviews) to anon, authenticated, staff;
--! EndIncluded functions/reviews/reviews_author_name.sql
--! Included functions/reviews/vendor_reviews_author_name.sql
create or replace function public.vendor_reviews_author_name(review public.vendor_reviews) returns text
language sql stable security definer set search_path = '' as $$
  -- By its id, so that no one makes up a row to learn a name.
  select app_private.display_name(r.customer_id) from public.vendor_reviews r where r.id = review.id
$$;
comment on function public.vendor_reviews_author_name(public.vendor_reviews) is
  'Name of the author to show: the first name and the initial of the last name, such as Asha R.; Former customer where the account is deleted.';
revoke all on function public.vendor_reviews_author_name(public.vendor_reviews) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendor_reviews_author_name(public.vendor_reviews) to anon, authenticated, staff;
--! EndIncluded functions/reviews/vendor_reviews_author_name.sql

/*
 * Which features a user has depends on their roles, and on the rows from which a role follows.
 */
--! Included functions/features/tg__publish_features.sql
create or replace function app_private.tg__publish_features() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_old uuid := to_jsonb(old) ->> tg_argv[0];
  v_new uuid := to_jsonb(new) ->> tg_argv[0];
begin
  if v_old is not null then
    perform app_private.emit_event(array['features:' || v_old], 'features.updated', v_old, '{"changed": []}');
  end if;
  if v_new is not null and v_new is distinct from v_old then
    perform app_private.emit_event(array['features:' || v_new], 'features.updated', v_new, '{"changed": []}');
  end if;
  return null;
end
$$;
comment on function app_private.tg__publish_features() is
  'Records features.updated for the user whose roles change, whom its argument''s column names.';
revoke all on function app_private.tg__publish_features() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/features/tg__publish_features.sql
create trigger _900_publish_features after insert or delete or update of status, valid_from, valid_until
  on public.user_roles
  for each row execute function app_private.tg__publish_features('user_id');
create trigger _900_publish_features after insert on public.customers
  for each row execute function app_private.tg__publish_features('id');
create trigger _900_publish_features after insert on public.vendors
  for each row execute function app_private.tg__publish_features('user_id');
create trigger _900_publish_features_moved after update of user_id on public.vendors
  for each row when (old.user_id is distinct from new.user_id)
  execute function app_private.tg__publish_features('user_id');
create trigger _900_publish_features after insert on public.therapists
  for each row execute function app_private.tg__publish_features('user_id');
create trigger _900_publish_features_moved after update of user_id on public.therapists
  for each row when (old.user_id is distinct from new.user_id)
  execute function app_private.tg__publish_features('user_id');
create trigger _900_publish_features after insert on public.beauticians
  for each row execute function app_private.tg__publish_features('user_id');
create trigger _900_publish_features_moved after update of user_id on public.beauticians
  for each row when (old.user_id is distinct from new.user_id)
  execute function app_private.tg__publish_features('user_id');
--! Included functions/features/tg_roles__publish_features.sql
create or replace function app_private.tg_roles__publish_features() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.emit_event(array['features:all'], 'features.updated', new.id, '{"changed": []}');
  return null;
end
$$;
comment on function app_private.tg_roles__publish_features() is
  'Records features.updated for everyone when a role is switched on or off.';
revoke all on function app_private.tg_roles__publish_features() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/features/tg_roles__publish_features.sql
create trigger _900_publish_features after update of status on public.roles
  for each row when (old.status <> new.status) execute function app_private.tg_roles__publish_features();

/*
 * Tickets: customer care reads each of them.
 */
insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('tickets.per_hour', 'tickets', '5', 'integer', 1, 1000, true, 'Tickets that a user can open within an hour'),
  ('tickets.per_day', 'tickets', '20', 'integer', 1, 10000, true, 'Tickets that a user can open within a day');
--! Included functions/tickets/tg_support_tickets__limit.sql
create or replace function app_private.tg_support_tickets__limit() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_per_hour integer := app_private.setting('tickets.per_hour')::integer;
  v_per_day integer := app_private.setting('tickets.per_day')::integer;
  v_last_hour integer;
  v_last_day integer;
begin
  -- One ticket of a user at a time, so that each sees the others.
  perform pg_advisory_xact_lock(hashtext('ombaro.tickets'), hashtext(new.user_id::text));
  select count(*) filter (where t.created_at > now() - interval '1 hour'), count(*) into v_last_hour, v_last_day
  from public.support_tickets t
  where t.user_id = new.user_id and t.created_at > now() - interval '1 day';
  if v_last_hour >= v_per_hour then
    raise exception 'You have opened % tickets within an hour. Write to one of them, or open another in an hour.', v_per_hour
      using errcode = 'OB049';
  end if;
  if v_last_day >= v_per_day then
    raise exception 'You have opened % tickets within a day. Write to one of them, or open another tomorrow.', v_per_day
      using errcode = 'OB049';
  end if;
  return new;
end
$$;
comment on function app_private.tg_support_tickets__limit() is
  'Refuses with OB049 more tickets of one user than the settings tickets.per_hour and tickets.per_day allow.';
revoke all on function app_private.tg_support_tickets__limit() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/tickets/tg_support_tickets__limit.sql
create trigger _250_limit before insert on public.support_tickets
  for each row when (auth.uid() is not null) execute function app_private.tg_support_tickets__limit();

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.25', 'service-life', '2026-11-29', 'Overdue bookings, late completion, early end, no-shows of vendors and their disputes; one booking at a time');
