-- Undoes the booking engine. What it added to rows of older tables is removed with its columns; payments with
-- points become payments from the wallet, which older lists know.

drop trigger if exists _250_leave_collides on public.beautician_leaves;
drop trigger if exists _250_leave_collides on public.therapist_leaves;

comment on index public.booking_reschedules_one_pending_key is null;
drop index if exists public.therapist_locations_timestamp_idx;

drop trigger if exists _450_start_code on public.bookings;
drop trigger if exists _450_start_code_used on public.bookings;
drop trigger if exists _700_notify_people on public.booking_cancellations;

create or replace function app_private.notify_booking(p_booking public.bookings, p_type text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_fields jsonb := app_private.booking_fields(p_booking);
  v_data jsonb := jsonb_build_object('screen', 'booking', 'bookingId', p_booking.id);
begin
  perform app_private.notify(p_booking.customer_id, 'customer', p_type, v_fields, v_data);
  perform app_private.notify(u, 'vendor', p_type, v_fields, v_data)
    from app_private.vendor_desk(p_booking.vendor_id) u;
  if p_type <> 'booking_created' and p_type <> 'booking_confirmed' then
    perform app_private.notify(u, 'provider', p_type, v_fields, v_data)
      from app_private.booking_providers(p_booking.id) u;
  end if;
end
$$;
alter table public.notification_templates disable trigger _100_timestamps;
update public.notification_templates t
set message = '{{service}} at {{vendor}} on {{date}} at {{time}}. We look forward to you.', updated_at = t.created_at
where t.type = 'booking_confirmed' and t.audience = 'customer' and t.language = 'en'
  and t.message = '{{service}} at {{vendor}} on {{date}} at {{time}}. When the service begins, tell your provider the code {{start_code}}.';
alter table public.notification_templates enable trigger _100_timestamps;
delete from public.notification_templates where type in ('customer_no_show', 'dispute_opened', 'dispute_decided');
delete from public.notifications where type in ('customer_no_show', 'dispute_opened', 'dispute_decided');

drop trigger if exists _950_reserved on public.therapist_assignments;
drop trigger if exists _950_reserved on public.beautician_assignments;
drop trigger if exists _210_transition on public.therapist_assignments;
drop trigger if exists _210_transition on public.beautician_assignments;
drop trigger if exists _200_transition on public.bookings;
drop trigger if exists _400_history on public.bookings;

alter table public.payments alter column transaction_id drop default;
drop sequence if exists app_private.payment_numbers;
drop index if exists public.loyalty_points_transactions_expires_at_idx;
drop table if exists app_private.journal;

drop function if exists
  app_private.reserve_assigned(),
  app_private.imbalances(),
  app_private.open_journal(),
  app_private.unbooked(),
  app_private.balances_by_journal(),
  app_private.balances_by_rows(),
  app_private.tg__leave_collides(),
  public.beautician_leaves_colliding_bookings(public.beautician_leaves),
  public.therapist_leaves_colliding_bookings(public.therapist_leaves),
  app_private.bookings_during(uuid, uuid, date, date),
  public.fail_payout(uuid, text),
  public.complete_payout(uuid, text, text),
  app_private.open_payout(uuid),
  public.run_payouts(date),
  app_private.make_payouts(date),
  public.use_referral_code(text),
  app_private.reward_customer(public.bookings),
  app_private.settle_completed(uuid),
  app_private.collect_cash(public.bookings, numeric),
  public.refund_booking(uuid, numeric, text, text, text),
  app_private.refunded_elsewhere(uuid, numeric),
  app_private.reverse_earnings(public.bookings, numeric, text, text, uuid, boolean),
  app_private.take_reward_back(public.bookings, uuid, numeric),
  app_private.take_points_back(public.bookings, integer),
  app_private.credit_vendor(public.bookings, text, numeric, uuid, uuid),
  app_private.tell_dispute(public.booking_disputes, public.booking_disputes),
  app_private.tell_no_show(public.booking_cancellations, public.booking_cancellations),
  public.add_booking_note(uuid, text, boolean),
  public.reject_reschedule(uuid, text),
  public.approve_reschedule(uuid),
  app_private.reschedule_to_answer(uuid),
  public.request_reschedule(uuid, date, time, text),
  public.reschedule_booking(uuid, date, time, text),
  app_private.move_booking(public.bookings, date, time, text),
  app_private.require_movable(public.bookings, date, time, text),
  app_private.reschedule_fee(public.bookings),
  app_private.settle_no_shows(integer),
  public.decide_dispute(uuid, text, text),
  public.dispute_booking(uuid, text),
  public.mark_no_show(uuid),
  public.cancel_booking(uuid, text),
  app_private.cost_of_cancelling(public.bookings),
  app_private.end_booking(public.bookings, text, text, numeric, timestamptz),
  app_private.settle_cancellation(public.bookings, numeric),
  app_private.collect_charge(public.bookings, numeric, uuid),
  app_private.charge_collected(uuid),
  app_private.late_cancellation_fee(public.bookings),
  app_private.forget_locations(),
  public.report_location(uuid, numeric, numeric, numeric, numeric, numeric, integer, boolean),
  public.complete_service(uuid, numeric, text),
  app_private.require_completable(public.bookings, text),
  app_private.begun_at(public.bookings),
  public.start_service(uuid, text, text),
  app_private.is_start_code(uuid, text),
  public.arrive(uuid),
  public.start_travel(uuid),
  public.acknowledge_assignment(uuid),
  app_private.step_assignment(uuid, text, text[]),
  app_private.tg__assignment_reserved(),
  public.assign_best(uuid),
  app_private.assign_to_best(public.bookings),
  app_private.best_providers(public.bookings, date, timestamptz),
  public.assign_beautician(uuid, uuid),
  public.assign_therapist(uuid, uuid),
  app_private.assign_by_hand(uuid, uuid),
  app_private.current_booking(uuid),
  app_private.assign_provider(public.bookings, uuid),
  app_private.assigned_provider(uuid),
  app_private.services_of(uuid),
  app_private.place_of_booking(public.bookings),
  public.slot_providers(public.slot),
  app_private.vendor_day(uuid),
  public.next_available(uuid, uuid[]),
  public.available_slots(uuid, uuid[], uuid[], date, date, text, public.near_place, uuid),
  app_private.is_on_grid(uuid, timestamptz),
  app_private.grid(uuid, date, date),
  public.confirm_booking(uuid, text, integer, numeric, text, text, text),
  app_private.location_of(public.booking_holds),
  public.release_hold(uuid),
  public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid),
  app_private.require_bookable(uuid),
  app_private.place_of(uuid, text, uuid),
  app_private.qualified_providers(uuid, uuid[], text),
  app_private.require_customer(),
  app_private.price_of(uuid, uuid[], uuid[], uuid, text, text),
  app_private.price_items(uuid, uuid[], uuid[]),
  app_private.lapse_bookings(integer),
  app_private.confirm_paid(uuid),
  app_private.lapse_booking(uuid, text),
  app_private.drop_unfinished_payments(uuid),
  app_private.cancel_assignments(uuid),
  app_private.release_provider(uuid),
  app_private.act_on_booking(uuid, text[]),
  app_private.acting_role(public.bookings, text[]),
  app_private.roles_in_booking(public.bookings),
  app_private.tg__assignment_transition(),
  app_private.tg_bookings__history(),
  app_private.tg_bookings__transition(),
  app_private.require_unrelated(public.bookings),
  app_private.belongs_to_vendor(uuid),
  app_private.customer_booking_fields(public.bookings),
  public.bookings_start_code(public.bookings),
  app_private.tg_bookings__start_code(),
  app_private.random_start_code(),
  app_private.terms_of(uuid),
  app_private.terms_of_today(),
  app_private.receive_payment_event(text, text, text, jsonb),
  app_private.apply_payment_event(public.payments, text, jsonb),
  app_private.refund_arrived(uuid, jsonb),
  app_private.refund_of_event(uuid, jsonb),
  app_private.payment_of_event(text, text, jsonb),
  public.record_refund_failed(uuid),
  app_private.refund_failed(public.refunds),
  public.record_refund_paid(uuid, text),
  public.refund_payment(uuid, numeric, text, text),
  app_private.require_refund(uuid),
  public.pay_from_wallet(uuid, text, numeric),
  app_private.pay_with_points(public.bookings, integer),
  app_private.pay_with_wallet(public.bookings, numeric),
  public.start_payment(uuid, text, text, text, numeric),
  app_private.payable(public.bookings, numeric),
  app_private.own_booking(uuid),
  app_private.payment_received(uuid, numeric, text),
  app_private.pay_back(uuid, numeric, text, text, uuid, uuid),
  app_private.refundable(public.payments),
  app_private.refund_of_payment(public.payments, numeric, text, text, uuid, uuid),
  app_private.unearned(uuid),
  app_private.finish_refund(uuid, text, uuid),
  app_private.note_payment_status(uuid),
  public.bookings_amount_due(public.bookings),
  app_private.amount_due(uuid),
  app_private.amount_agreed(uuid),
  app_private.move_charges(uuid),
  app_private.amount_paid(uuid),
  app_private.remember_result(text, uuid),
  app_private.replayed(text, text, jsonb),
  app_private.lower_tiers(integer),
  app_private.spent_in_a_year(uuid),
  app_private.tier_of(numeric),
  app_private.expire_points(integer),
  app_private.lapse_of_spent(uuid, integer),
  app_private.points_that_lapsed(uuid),
  app_private.move_points(uuid, text, integer, uuid, text, timestamptz),
  app_private.move_wallet(uuid, text, numeric, text, uuid, uuid, uuid, text),
  app_private.wallet_balance(uuid),
  app_private.lock_customer(uuid),
  public.journal_balances(),
  app_private.account_balance(text, uuid),
  app_private.move_money(text, uuid, text, uuid, numeric, uuid, text),
  app_private.tg_journal__unchangeable(),
  app_private.percent_of(numeric, numeric),
  app_private.tax_percentage(text, date);

alter table public.refunds drop column if exists decision_id;
drop table if exists
  public.vendor_credits, public.refund_decisions, public.booking_disputes, public.booking_start_codes, public.booking_terms, app_private.booking_transitions,
  app_private.assignment_transitions, app_private.payment_events, app_private.idempotency_keys,
  public.tax_rates;
drop type if exists
  app_private.imbalance, app_private.balance, public.slot, public.near_place, app_private.price, app_private.priced_item,
  public.account_balance;
drop table if exists
  enums.vendor_credit_kind, enums.refund_bearer, enums.dispute_side, enums.dispute_status, enums.dispute_kind,
  enums.journal_account, enums.tax_kind;
delete from enums.notification_type where value in ('customer_no_show', 'dispute_opened', 'dispute_decided');
alter table public.booking_cancellations
  drop column if exists due_amount, drop column if exists settled_at, drop column if exists disputable_until, drop column if exists is_no_show;
alter table public.booking_reschedules drop column if exists cancellation_cost;

alter table public.vendor_payouts
  drop column if exists adjustment_amount, drop column if exists tcs_amount;
alter table public.commission_records
  drop column if exists payable_from, drop column if exists payout_id, drop column if exists tcs_amount,
  drop column if exists beautician_id;
comment on column public.commission_records.therapist_earning is
  'Rupees of the booking that go to the therapist.';
comment on column public.commission_records.platform_earning is
  'Rupees that stay with the platform.';
drop index if exists public.commission_records_unpaid_idx;
alter table public.refunds drop column if exists is_borne_by_platform;
alter table public.bookings
  drop column if exists needs_provider_since, drop column if exists is_attested, drop column if exists package_id,
  drop column if exists status_reason, drop column if exists expires_at, drop column if exists refunded_amount;

update public.payments set payment_method = 'wallet' where payment_method = 'points';
delete from enums.payment_method where value = 'points';
delete from public.system_settings
where key in ('limits.idempotency_hours', 'booking.maximum_holds', 'commission.provider_percentage',
  'policy.no_show_grace_minutes', 'policy.no_show_dispute_hours', 'policy.refund_shared_percentage',
  'booking.start_early_minutes', 'booking.start_code_attempts', 'booking.complete_after_percentage',
  'booking.complete_within_minutes', 'commission.unattested_days');
delete from public.schema_versions where version = '1.8';
