delete from public.notification_templates where type = 'chargeback_lost' and audience = 'vendor' and language = 'en';
delete from public.notification_templates where type = 'chargeback_lost' and audience = 'vendor' and language = 'hi';
delete from public.notification_templates where type = 'chargeback_open' and audience = 'vendor' and language = 'en';
delete from public.notification_templates where type = 'chargeback_open' and audience = 'vendor' and language = 'hi';
delete from public.notification_templates where type = 'chargeback_won' and audience = 'vendor' and language = 'en';
delete from public.notification_templates where type = 'chargeback_won' and audience = 'vendor' and language = 'hi';

-- Undoes what gateways tell. Unmatched payments and chargebacks are lost, as are messages that were not understood; what was
-- attached or charged back stays in the books.

delete from public.schema_versions where version = '1.41';
delete from public.notification_templates where type in ('chargeback_open', 'chargeback_won', 'chargeback_lost');
delete from public.notifications where type in ('chargeback_open', 'chargeback_won', 'chargeback_lost');
delete from enums.notification_type where value in ('chargeback_open', 'chargeback_won', 'chargeback_lost');
drop function
  public.attach_payment(uuid, uuid, text, text, text),
  app_private.receive_payment_event(text, text, text, jsonb, bytea),
  app_private.keep_unmatched(text, text, jsonb, text),
  app_private.apply_chargeback(public.payments, text, jsonb),
  app_private.charged_back(public.payments, numeric),
  app_private.tell_chargeback(public.chargebacks, public.chargebacks),
  app_private.forget_event_bodies(integer);
drop table public.unmatched_payments, public.chargebacks,
  enums.unmatched_payment_reason, enums.unmatched_payment_status, enums.chargeback_status;
delete from app_private.payment_events where event is null;
alter table app_private.payment_events drop column body, alter column event set not null;
comment on column app_private.payment_events.event is 'The event as it was read.';
delete from app_private.personal_links where table_name in ('public.unmatched_payments', 'public.chargebacks');
delete from public.system_settings where key = 'payments.keep_event_days';
delete from enums.vendor_credit_kind k where k.value = 'chargeback'
  and not exists (select from public.vendor_credits c where c.kind = 'chargeback');

CREATE OR REPLACE FUNCTION app_private.apply_payment_event(p_payment public.payments, p_kind text, p_event jsonb)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_amount numeric := (p_event ->> 'amount')::numeric;
  v_refund public.refunds;
  v_outcome text := 'nothing new';
begin
  -- A refund that is reported first implies the payment.
  if p_kind in ('payment.captured', 'refund.processed', 'refund.failed')
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
    else null;
  end case;
  return v_outcome;
end
$function$;
comment on function app_private.apply_payment_event(public.payments,text,jsonb) is 'Applies an event to a payment. The booking must be locked.';
revoke all on function app_private.apply_payment_event(public.payments,text,jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.apply_payment_event(public.payments,text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION app_private.balances_by_rows()
 RETURNS SETOF app_private.balance
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function app_private.balances_by_rows() is 'Balances that the accounts of customers, vendors, bookings and payments must have by their own rows: wallets, what vendors are owed, what is paid for bookings and neither earned nor refunded, and what is paid as a tip or top-up and neither used nor refunded.';
revoke all on function app_private.balances_by_rows() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.balances_by_rows() to service_role;

CREATE OR REPLACE FUNCTION app_private.lapse_bookings(p_bookings integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function app_private.lapse_bookings(integer) is 'Cancels bookings that were not paid in time, at most p_bookings, and removes expired holds, old idempotency keys and earlier prices; returns how many bookings. Nothing depends on its timing: expired reservations have no effect anyway. Runs every minute.';
revoke all on function app_private.lapse_bookings(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lapse_bookings(integer) to ombaro_worker;
grant execute on function app_private.lapse_bookings(integer) to service_role;

CREATE OR REPLACE FUNCTION app_private.receive_payment_event(p_gateway text, p_event_id text, p_kind text, p_event jsonb)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_payment public.payments;
  v_outcome text := 'unknown payment';
begin
  -- Of two identical events at once the second waits here and is then recognised as a repetition.
  insert into app_private.payment_events (gateway, event_id, kind, event, outcome)
  values (p_gateway, p_event_id, p_kind, p_event, '')
  on conflict do nothing;
  if not found then
    return 'came before';
  end if;
  v_payment := app_private.payment_of_event(p_gateway, p_kind, p_event);
  if v_payment.id is not null then
    v_outcome := app_private.apply_payment_event(v_payment, p_kind, p_event);
    insert into public.payment_private_details (payment_id, gateway_response)
    values (v_payment.id, p_event)
    on conflict (payment_id) do update set gateway_response = excluded.gateway_response;
  else
    insert into public.error_logs (error_type, error_message, severity, request_data)
    values ('payment_event', 'A gateway reported an unknown payment', 'error',
      jsonb_build_object('gateway', p_gateway, 'event', p_event_id, 'kind', p_kind));
  end if;
  update app_private.payment_events e set payment_id = v_payment.id, outcome = v_outcome
  where e.gateway = p_gateway and e.event_id = p_event_id;
  return v_outcome;
end
$function$;
comment on function app_private.receive_payment_event(text,text,text,jsonb) is 'Processes an event of a gateway once, in whatever order events arrive: kind is payment.authorized, payment.captured, payment.failed, refund.processed or refund.failed; the event is an object with transactionId or paymentReference, amount in rupees, and for refunds refundReference, refundAmount and, if it is ours, refundId. Returns the result.';
revoke all on function app_private.receive_payment_event(text,text,text,jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.receive_payment_event(text,text,text,jsonb) to ombaro_api;
grant execute on function app_private.receive_payment_event(text,text,text,jsonb) to service_role;

CREATE OR REPLACE FUNCTION app_private.refund_arrived(p_payment_id uuid, p_event jsonb)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function app_private.refund_arrived(uuid,jsonb) is 'Records that a gateway has refunded an amount of a payment: of the refund that it names or that is waiting, of a part of it, or without one of ours. The payment must be locked with its booking.';
revoke all on function app_private.refund_arrived(uuid,jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.refund_arrived(uuid,jsonb) to service_role;

CREATE OR REPLACE FUNCTION app_private.tell_refund(p_old public.refunds, p_new public.refunds)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function app_private.tell_refund(public.refunds,public.refunds) is 'Notifies of money paid back.';
revoke all on function app_private.tell_refund(public.refunds,public.refunds) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.tell_refund(public.refunds,public.refunds) to service_role;

CREATE OR REPLACE FUNCTION app_private.waits_for_window(p_booking_id uuid, p_until timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select exists (
    select from public.commission_records c
    where c.booking_id = p_booking_id and c.payout_id is null and c.settlement_status = 'pending'
      and (c.payable_from >= p_until or exists (
        select from public.booking_disputes d
        where d.booking_id = p_booking_id and d.kind = 'service' and d.status = 'open')))
$function$;
comment on function app_private.waits_for_window(uuid,timestamp with time zone) is 'Whether the record of a booking cannot be part of a payout of what is due until this moment: the time in which it can be disputed is not over, or a dispute is open. What else is owed for the booking waits with it.';
revoke all on function app_private.waits_for_window(uuid,timestamp with time zone) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.waits_for_window(uuid,timestamp with time zone) to service_role;
