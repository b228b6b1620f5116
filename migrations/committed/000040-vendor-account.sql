--! Previous: sha1:ef3a9d602df1de7f91fdc79964ccd21ae6f9f25d
--! Hash: sha1:73e5be037fb3dd70a65dbdbb1760bcac1747f6e4
--! Message: vendor-account

--! split: 010-commission-rates.sql
-- The account of a vendor: commission that is agreed on by date, a time in which customers can dispute what is paid out, dues
-- of vendors that hold the customers' cash, and a statement of all of it. Until now no one could set a commission; payouts
-- took what was served an hour ago; a vendor below zero never paid, and its customers spent points whose commission no one
-- had collected. Docs: decisions/0042-vendor-accounts.md.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-foreign-key-constraint, disallowed-unique-constraint, ban-drop-not-null, require-concurrent-index-deletion

alter table public.role_permissions disable trigger _800_audit;
alter table public.roles disable trigger user;
insert into public.permissions (code, resource, action, name)
values ('commissions.update', 'commissions', 'update', 'Set the commission of vendors');
insert into public.role_permissions (role_id, permission_id)
select r.id, p.id from public.roles r cross join public.permissions p
where r.code in ('admin', 'super_admin', 'finance') and p.code = 'commissions.update';
alter table public.roles enable trigger user;
alter table public.role_permissions enable trigger _800_audit;

-- One row for each day from which on another rate holds than the one with which the vendor came.
create table public.vendor_commission_rates (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors on delete cascade,
  valid_from date not null,
  percentage numeric(5, 2) not null,
  reason text not null constraint vendor_commission_rates_reason_length check (length(reason) <= 4000),
  decided_by uuid references public.user_profiles on delete set null,
  created_at timestamptz not null default now(),
  constraint vendor_commission_rates_once unique (vendor_id, valid_from)
);
alter table public.vendor_commission_rates enable row level security;
select app_private.limit_numbers('public.vendor_commission_rates', '{"percentage": "rate"}');
-- Its foreign key.
create index vendor_commission_rates_decided_by_idx on public.vendor_commission_rates (decided_by);
create trigger _800_audit after insert or update or delete on public.vendor_commission_rates
  for each row execute function app_private.tg__audit('id');
comment on table public.vendor_commission_rates is
  'Commission of vendors by date, as it was set; before the first of them holds the rate with which the vendor came. A booking keeps the rate of the day it was made.';
comment on column public.vendor_commission_rates.id is 'Identifies the rate.';
comment on column public.vendor_commission_rates.vendor_id is 'Vendor of the rate.';
comment on column public.vendor_commission_rates.valid_from is 'First day of the rate, in India; it holds until the next one.';
comment on column public.vendor_commission_rates.percentage is 'Percentage of the amount before tax that the platform keeps.';
comment on column public.vendor_commission_rates.reason is 'Reason of the rate.';
comment on column public.vendor_commission_rates.decided_by is
  'User who set it; null when the account was deleted.';
comment on column public.vendor_commission_rates.created_at is 'When the row was created.';
comment on constraint vendor_commission_rates_once on public.vendor_commission_rates is
  'There is already a rate from this day on. Choose another day.';
comment on constraint vendor_commission_rates_reason_length on public.vendor_commission_rates is
  'Reason must have at most 4000 characters.';
create policy select_vendor on public.vendor_commission_rates for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[]));
create policy select_staff on public.vendor_commission_rates for select to staff
  using ((select app_private.has_permission('commissions.read')));
grant select on public.vendor_commission_rates to authenticated, staff;
insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.vendor_commission_rates', 'vendor_id', false), ('public.vendor_commission_rates', 'decided_by', false);

-- The column stays for what comes from outside, an approved application or an import, and holds until a rate is set.
comment on column public.vendor_private_details.commission_rate is
  'Percentage of the amount before tax with which the vendor came; it holds until another rate is set.';

--! Included functions/money/commission_rate_on.sql
create or replace function app_private.commission_rate_on(p_vendor_id uuid, p_day date) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select r.percentage from public.vendor_commission_rates r
     where r.vendor_id = p_vendor_id and r.valid_from <= p_day
     order by r.valid_from desc limit 1),
    (select d.commission_rate from public.vendor_private_details d where d.vendor_id = p_vendor_id))
$$;
comment on function app_private.commission_rate_on(uuid, date) is
  'Percentage of commission that holds for a vendor on a day: the latest that was set until then, or the one with which the vendor came.';
revoke all on function app_private.commission_rate_on(uuid, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/commission_rate_on.sql
--! Included functions/money/tg_bookings__commission.sql
create or replace function app_private.tg_bookings__commission() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into app_private.booking_commissions (booking_id, commission_rate)
  select new.id, r.rate from app_private.commission_rate_on(new.vendor_id, app_private.today()) r (rate)
  where r.rate is not null;
  return null;
end
$$;
comment on function app_private.tg_bookings__commission() is
  'Copies the vendor''s commission rate of today when a booking is made: a later change does not apply to it.';
revoke all on function app_private.tg_bookings__commission() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/tg_bookings__commission.sql
--! Included functions/money/commission_rate_of.sql
create or replace function app_private.commission_rate_of(p_booking public.bookings) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select d.commission_rate from public.desk_bookings d where d.booking_id = p_booking.id),
    (select c.commission_rate from app_private.booking_commissions c where c.booking_id = p_booking.id),
    app_private.commission_rate_on(p_booking.vendor_id, app_private.day_of(p_booking.created_at)))
$$;
comment on function app_private.commission_rate_of(public.bookings) is
  'Percentage of commission of a booking: the vendor''s on the day it was made, or that of a desk booking for the vendor''s own guest.';
revoke all on function app_private.commission_rate_of(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/commission_rate_of.sql
--! Included functions/vendors/vendor_private_details_commission_rate.sql
create or replace function public.vendor_private_details_commission_rate(detail public.vendor_private_details) returns numeric
language sql stable security definer set search_path = '' as $$
  select app_private.commission_rate_on(detail.vendor_id, app_private.today())::numeric(5, 2)
$$;
comment on function public.vendor_private_details_commission_rate(public.vendor_private_details) is
  'Percentage of the amount before tax that the platform keeps of what is booked today. Earlier and later rates are in vendorCommissionRates.';
revoke all on function public.vendor_private_details_commission_rate(public.vendor_private_details) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendor_private_details_commission_rate(public.vendor_private_details) to authenticated, staff;
--! EndIncluded functions/vendors/vendor_private_details_commission_rate.sql

insert into enums.notification_type values ('commission_rate_set', 'The commission of a vendor was set');
--! Included templates/commission_rate_set.sql
-- The commission of a vendor was set, from a day on.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('commission_rate_set', 'vendor', 'en',
    'Commission of {{vendor}}: {{percentage}} % from {{date}}',
    'Bookings that are made before keep their commission. {{reason}}',
    '{push,in_app,email}', 'high', '/vendor/account'),
  ('commission_rate_set', 'vendor', 'hi',
    '{{vendor}} का कमीशन: {{date}} से {{percentage}} %',
    'इससे पहले की गई बुकिंग का कमीशन वही रहेगा। {{reason}}',
    '{push,in_app,email}', 'high', '/vendor/account')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/commission_rate_set.sql
--! Included functions/vendors/agree_commission_rate.sql
create or replace function app_private.agree_commission_rate(
  p_vendor_id uuid, p_percentage numeric, p_valid_from date, p_reason text
) returns public.vendor_commission_rates
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_rate public.vendor_commission_rates;
begin
  insert into public.vendor_commission_rates as r (vendor_id, valid_from, percentage, reason, decided_by)
  values (p_vendor_id, p_valid_from, p_percentage, p_reason, (select auth.uid()))
  on conflict on constraint vendor_commission_rates_once do update
  set percentage = excluded.percentage, reason = excluded.reason, decided_by = excluded.decided_by
  returning r.* into v_rate;
  perform app_private.notify(v.user_id, 'vendor', 'commission_rate_set',
    jsonb_build_object('vendor', v.business_name, 'vendor_id', v.id, 'percentage', v_rate.percentage::text,
      'date', to_char(v_rate.valid_from::timestamp, 'FMDD Mon YYYY'), 'reason', v_rate.reason),
    jsonb_build_object('screen', 'vendor', 'vendorId', v.id))
  from public.vendors v where v.id = p_vendor_id;
  return v_rate;
end
$$;
comment on function app_private.agree_commission_rate(uuid, numeric, date, text) is
  'Enters the commission rate of a vendor from a day on, in place of one that was entered for the same day, and notifies the owner.';
revoke all on function app_private.agree_commission_rate(uuid, numeric, date, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/agree_commission_rate.sql
--! Included functions/vendors/set_commission_rate.sql
create or replace function public.set_commission_rate(
  vendor_id uuid, percentage numeric, valid_from date, reason text
) returns public.vendor_commission_rates
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_today date := app_private.today();
begin
  perform app_private.require_permission('commissions.update');
  if not exists (select from public.vendors v where v.id = set_commission_rate.vendor_id) then
    raise exception 'The vendor was not found. Check the id.' using errcode = 'OB003', column = 'vendor_id';
  end if;
  if app_private.belongs_to_vendor(set_commission_rate.vendor_id) then
    raise exception 'You belong to this business, so you cannot set its commission. Leave it to someone else.'
      using errcode = 'OB031';
  end if;
  perform app_private.require_number('percentage', 'rate', set_commission_rate.percentage);
  if set_commission_rate.percentage is null then
    raise exception 'Percentage is required. Enter a number from 0 to 100.' using errcode = 'OB020', column = 'percentage';
  end if;
  if (set_commission_rate.valid_from >= v_today and isfinite(set_commission_rate.valid_from)) is not true then
    raise exception 'A commission rate can begin today or later. Choose another date.'
      using errcode = 'OB020', column = 'valid_from';
  end if;
  return app_private.agree_commission_rate(set_commission_rate.vendor_id, round(set_commission_rate.percentage, 2),
    set_commission_rate.valid_from, app_private.required_reason(set_commission_rate.reason));
end
$$;
comment on function public.set_commission_rate(uuid, numeric, date, text) is
  'Sets the commission of a vendor, in per cent of the amount before tax, from a day on: today or later. A booking keeps the rate of the day it was made. A rate that was set for the same day is replaced. The owner is notified. Needs the permission commissions.update; no one can set the commission of their own business. Raises OB001, OB002, OB003, OB020 (not from 0 to 100, or a day in the past), OB031 (your own business), OB036 (no reason).';
revoke all on function public.set_commission_rate(uuid, numeric, date, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.set_commission_rate(uuid, numeric, date, text) to staff;
--! EndIncluded functions/vendors/set_commission_rate.sql
--! Included functions/vendors/decide_vendor_change.sql
create or replace function public.decide_vendor_change(request_id uuid, approve boolean, reason text default null)
returns public.vendor_change_requests
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_request public.vendor_change_requests;
  v_vendor public.vendors;
begin
  perform app_private.require_permission('vendors.update');
  select * into v_request from public.vendor_change_requests r
  where r.id = decide_vendor_change.request_id for update;
  if not found then
    raise exception 'The request was not found. Check requestId.' using errcode = 'OB003', column = 'request_id';
  end if;
  if v_request.requested_by = (select auth.uid()) or app_private.belongs_to_vendor(v_request.vendor_id) then
    raise exception 'This request is of your own business, so you cannot decide on it. Leave it to someone else.'
      using errcode = 'OB031';
  end if;
  if v_request.status <> 'pending' then
    raise exception 'This request has already been decided. Reload it to see the decision.' using errcode = 'OB030';
  end if;
  if approve is null then
    raise exception 'Approve is required. Enter true or false.' using errcode = 'OB020', column = 'approve';
  end if;
  -- In the order of transferring: the owner may change at this moment.
  select * into v_vendor from public.vendors v where v.id = v_request.vendor_id for no key update;
  if approve then
    if v_request.fact = 'bank_account' and not exists (
      select from public.user_bank_details b
      where b.id = v_request.bank_detail_id and b.user_id = v_vendor.user_id and b.is_verified
    ) then
      raise exception 'This bank account is not verified, or is not the present owner''s. Verify the account first, or reject the request.'
        using errcode = 'OB037';
    end if;
    update public.vendors v set business_name = v_request.new_value
    where v.id = v_vendor.id and v_request.fact = 'business_name';
    update public.vendor_private_details d set
      gst_number = case v_request.fact when 'gst_number' then v_request.new_value else d.gst_number end,
      pan_number = case v_request.fact when 'pan_number' then v_request.new_value else d.pan_number end,
      registration_number = case v_request.fact when 'registration_number' then v_request.new_value
        else d.registration_number end,
      partner_type = case v_request.fact when 'partner_type' then v_request.new_value else d.partner_type end,
      payout_account_id = case v_request.fact when 'bank_account' then v_request.bank_detail_id
        else d.payout_account_id end,
      payout_account_since = case v_request.fact when 'bank_account' then now() else d.payout_account_since end
    where d.vendor_id = v_vendor.id and v_request.fact <> 'business_name';
    -- The commission of the new type; a booking keeps the rate that it was made under.
    perform app_private.agree_commission_rate(v_vendor.id, t.commission_rate, app_private.today(),
      'Commission of the partner type ' || t.type_name)
    from public.partner_types t
    where v_request.fact = 'partner_type' and t.type_code = v_request.new_value;
  end if;
  update public.vendor_change_requests r
  set status = case when approve then 'approved' else 'rejected' end, decided_by = (select auth.uid()),
    decided_at = now(),
    rejection_reason = case when not approve then app_private.required_reason(decide_vendor_change.reason) end
  where r.id = v_request.id
  returning * into v_request;
  perform app_private.notify(u, 'vendor', 'vendor_change_decided',
    jsonb_build_object('vendor', v_vendor.business_name, 'vendor_id', v_vendor.id,
      'fact', replace(v_request.fact, '_', ' '), 'decision', v_request.status,
      -- A message leaves the platform: no tax number in full.
      'value', case when v_request.fact in ('gst_number', 'pan_number', 'registration_number')
        then app_private.masked(v_request.new_value)
        else v_request.new_value end,
      'reason', coalesce(v_request.rejection_reason, '')),
    jsonb_build_object('screen', 'vendorChange', 'vendorId', v_vendor.id, 'requestId', v_request.id))
  from unnest(array[v_vendor.user_id, v_request.requested_by]) with ordinality w (u, place)
  where u is not null and (place = 1 or u is distinct from v_vendor.user_id);
  return v_request;
end
$$;
comment on function public.decide_vendor_change(uuid, boolean, text) is
  'Approves or rejects a request of requestVendorChange; an approved value applies at once, and a new partner type brings its commission for later bookings. A bank account must be verified first (verifyBankAccount). A rejection needs a reason. The owner and the requesting user are notified. Needs the permission vendors.update. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already decided), OB031 (your own business), OB036 (no reason), OB037 (the bank account is not verified).';
revoke all on function public.decide_vendor_change(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_vendor_change(uuid, boolean, text) to staff;
--! EndIncluded functions/vendors/decide_vendor_change.sql

--! split: 020-disputes.sql
-- What a customer can still dispute is not paid out, and a dispute keeps its record out of payouts until it is decided.

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('booking.dispute_hours', 'booking', '72', 'integer', 1, 720, true, 'Hours after its completion for which a customer can dispute a service, and its payout waits');

insert into enums.dispute_kind values ('service', 'The customer disputes a completed service');

alter table public.commission_records
  add column disputable_until timestamptz,
  add column pending_points integer constraint commission_records_pending_points_check check (pending_points > 0);
comment on column public.commission_records.disputable_until is
  'Until when the customer can dispute the service; null where that is not possible: at the desk, and where its amount was agreed on or decided.';
comment on column public.commission_records.pending_points is
  'Points that the customer gets when the record is settled; null when they have them, or get none.';
comment on column public.commission_records.payable_from is
  'From when it can be part of a payout: once it can no longer be disputed, and later where it was started without the start code.';

--! Included functions/money/dispute_window.sql
create or replace function app_private.dispute_window(
  p_booking public.bookings, out disputable_until timestamptz, out payable_from timestamptz
)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_hours interval := app_private.setting('booking.dispute_hours')::integer * interval '1 hour';
begin
  payable_from := now();
  if p_booking.channel = 'desk' then
    -- The money of a desk booking is with the vendor already.
    return;
  end if;
  -- What was agreed on or decided because the service was not as booked is not disputed a second time.
  if p_booking.customer_id is not null
    and not exists (select from public.booking_settlements s where s.booking_id = p_booking.id) then
    disputable_until := now() + v_hours;
  end if;
  payable_from := now() + case when p_booking.is_attested then v_hours
    else greatest(v_hours, app_private.setting('commission.unattested_days')::integer * interval '1 day') end;
end
$$;
comment on function app_private.dispute_window(public.bookings) is
  'Until when the customer can dispute a service that is completed now (null: not at all), and from when on it can be part of a payout.';
revoke all on function app_private.dispute_window(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/dispute_window.sql
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
      charge_amount, period_month, payable_from, disputable_until)
  select v_booking.id, v_booking.vendor_id,
    (select a.therapist_id from public.therapist_assignments a
     where a.booking_id = v_booking.id and a.status = 'completed'),
    (select a.beautician_id from public.beautician_assignments a
     where a.booking_id = v_booking.id and a.status = 'completed'),
    v_record.booking_amount, v_record.commission_rate, v_record.commission_amount,
    v_record.therapist_earning, v_record.commission_amount + v_record.charge_amount, v_record.tds_amount,
    v_record.tcs_amount, v_booking.tax_amount, v_record.vendor_gst_amount, v_record.charge_amount,
    date_trunc('month', app_private.today()::timestamp)::date, w.payable_from, w.disputable_until
  from app_private.dispute_window(v_booking) w
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
--! Included functions/money/waits_for_window.sql
create or replace function app_private.waits_for_window(p_booking_id uuid, p_until timestamptz) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from public.commission_records c
    where c.booking_id = p_booking_id and c.payout_id is null and c.settlement_status = 'pending'
      and (c.payable_from >= p_until or exists (
        select from public.booking_disputes d
        where d.booking_id = p_booking_id and d.kind = 'service' and d.status = 'open')))
$$;
comment on function app_private.waits_for_window(uuid, timestamptz) is
  'Whether the record of a booking cannot be part of a payout of what is due until this moment: the time in which it can be disputed is not over, or a dispute is open. What else is owed for the booking waits with it.';
revoke all on function app_private.waits_for_window(uuid, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/waits_for_window.sql
--! Included functions/money/most_refundable.sql
create or replace function app_private.most_refundable(p_booking public.bookings) returns numeric
language sql stable security definer set search_path = '' as $$
  select least(p_booking.final_amount - p_booking.refunded_amount, app_private.amount_paid(p_booking.id))
$$;
comment on function app_private.most_refundable(public.bookings) is
  'Rupees of the price of a completed booking that can still be refunded.';
revoke all on function app_private.most_refundable(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/most_refundable.sql
--! Included functions/money/refund_completed.sql
create or replace function app_private.refund_completed(
  p_booking public.bookings, p_amount numeric, p_borne_by text, p_reason text
) returns public.refund_decisions
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_decision public.refund_decisions := app_private.reverse_earnings(
    p_booking, p_amount, p_borne_by, p_reason, (select auth.uid()), true);
begin
  perform app_private.pay_back(p_booking.id,
    p_amount - v_decision.points_deducted - v_decision.rewards_deducted,
    case when p_amount = p_booking.final_amount then 'full' else 'partial' end,
    p_reason, (select auth.uid()), v_decision.id);
  return v_decision;
end
$$;
comment on function app_private.refund_completed(public.bookings, numeric, text, text) is
  'Refunds an amount of the price of a completed booking, with its effects, the ways it was paid. The booking must be locked, and the amount at most most_refundable.';
revoke all on function app_private.refund_completed(public.bookings, numeric, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/refund_completed.sql
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
    v_most := app_private.most_refundable(v_booking);
    if v_amount > v_most then
      raise exception 'At most ₹% of this booking can be refunded. Enter a smaller amount.', v_most
        using errcode = 'OB068', column = 'amount';
    end if;
    v_decision := app_private.refund_completed(v_booking, v_amount, refund_booking.borne_by,
      app_private.required_reason(refund_booking.reason));
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
--! Included functions/booking/refund_disputed.sql
create or replace function app_private.refund_disputed(
  p_booking public.bookings, p_amount numeric, p_reason text
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_most numeric := app_private.most_refundable(p_booking);
  -- What the customer pays in the end, of a price of which a part may have been refunded before.
  v_amount numeric := least(v_most, p_booking.final_amount - p_booking.refunded_amount - coalesce(p_amount, 0));
begin
  if v_amount <= 0 then
    raise exception 'In favour of the customer, the amount that the customer pays must be less than the ₹% paid now.',
      p_booking.final_amount - p_booking.refunded_amount
      using errcode = 'OB020', column = 'amount';
  end if;
  perform app_private.refund_completed(p_booking, v_amount, 'vendor', p_reason);
end
$$;
comment on function app_private.refund_disputed(public.bookings, numeric, text) is
  'Refunds a disputed service, borne by the vendor, so that the customer pays p_amount (null: nothing) in the end. The booking must be locked. Raises OB020 where that refunds nothing.';
revoke all on function app_private.refund_disputed(public.bookings, numeric, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/refund_disputed.sql
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
  -- Waits for a run of payouts, and finds what it left.
  perform pg_advisory_xact_lock_shared(hashtext('ombaro.payouts'));
  select 'customer_no_show' into v_kind from public.booking_cancellations c
  where c.booking_id = v_booking.id and c.is_no_show and c.settled_at is null and c.disputable_until > now()
  union all
  select s.kind from public.booking_settlements s
  where s.booking_id = v_booking.id and s.agreed_at is null and s.answerable_until > now()
  union all
  select 'service' from public.commission_records r
  where r.booking_id = v_booking.id and r.disputable_until > now() and r.payout_id is null
    and v_booking.refunded_amount < v_booking.final_amount;
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
  'Opens a dispute of the signed-in customer. By default within 24 hours: about a no-show that the vendor reported, a service that was completed late, or the amount of one that ended early; within 72 hours of its completion: about any other service that was booked through the platform. For the vendor''s desk it answers the customer''s report that no one came. No money moves until customer care has decided. Raises OB001, OB002, OB003, OB030 (nothing to dispute, too late, or already disputed or answered), OB036 (no reason).';
revoke all on function public.dispute_booking(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.dispute_booking(uuid, text) to authenticated;
--! EndIncluded functions/booking/dispute_booking.sql
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
  if (v_dispute.kind = 'early_end') <> (decide_dispute.amount is not null)
    and not (v_dispute.kind = 'service' and decide_dispute.in_favour_of = 'customer') then
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
  elsif v_dispute.kind = 'service' then
    if v_dispute.in_favour_of = 'customer' then
      perform app_private.refund_disputed(v_booking, round(decide_dispute.amount, 2), v_dispute.decision_reason);
    end if;
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
  'Decides a dispute in favour of the customer (everything is refunded) or of the vendor (the charge or the price stays), with a reason; the money then moves. Where a service ended early, the amount is what the customer pays, from 0 to the price; for a completed service that is decided in favour of the customer, an amount leaves that much paid, and the vendor bears the refund. Needs the permission bookings.update; no one can decide on their own booking or business. Raises OB001, OB002, OB003, OB020 (no side given; no amount where one is needed, or one where none is; not from 0 to the price), OB030 (already decided), OB031 (your own booking or business), OB036 (no reason).';
revoke all on function public.decide_dispute(uuid, text, text, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_dispute(uuid, text, text, numeric) to staff;
--! EndIncluded functions/booking/decide_dispute.sql
--! Included functions/booking/settle_waiting.sql
create or replace function app_private.settle_waiting(p_bookings integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_due record;
  v_count integer := 0;
  v_before timestamptz := now() - app_private.setting('booking.dispute_decision_hours')::integer * interval '1 hour';
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
  -- A dispute that customer care has not decided in time. Of deciding at that moment the later one finds it done.
  for v_due in
    select b as booking, d.id, d.kind
    from public.booking_disputes d
    join public.bookings b on b.id = d.booking_id
    where d.status = 'open' and d.created_at <= v_before and app_private.waits_for_decision(d)
      and coalesce(d.answered_at, d.created_at) <= v_before
    order by d.created_at, d.id limit p_bookings - v_count
    for no key update of b skip locked
  loop
    update public.booking_disputes d
    -- A completed service stays as it is without a decision.
    set status = 'decided', in_favour_of = case v_due.kind when 'service' then 'vendor' else 'customer' end,
      decision_reason = 'Customer care did not decide in time',
      decided_at = now()
    where d.id = v_due.id and d.status = 'open';
    continue when not found;
    if v_due.kind in ('customer_no_show', 'vendor_no_show') then
      perform app_private.settle_cancellation(v_due.booking, 0);
    elsif v_due.kind <> 'service' then
      -- Of a service that ended early the customer pays what was performed, and no more than the vendor asks.
      perform app_private.agree_on(v_due.booking, case when v_due.kind = 'early_end' then (
        select least(s.proposed_amount, app_private.percent_of((v_due.booking).final_amount, s.elapsed_percentage))
        from public.booking_settlements s where s.booking_id = (v_due.booking).id) else 0 end);
    end if;
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.settle_waiting(integer) is
  'Goes on with what no one has answered in time, at most p_bookings; returns how many. Where the customer says nothing, a service that was completed late is settled at its price, and the amount of one that ended early goes to customer care as a dispute. A dispute that customer care does not decide in time is decided in favour of the customer, and one about a completed service in favour of the vendor. Runs every minute.';
revoke all on function app_private.settle_waiting(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.settle_waiting(integer) to ombaro_worker;
--! EndIncluded functions/booking/settle_waiting.sql
--! Included functions/customers/require_deletable.sql
create or replace function app_private.require_deletable(p_user_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_text text;
  v_money numeric;
  -- Debts and attempts from before these no longer keep an account.
  v_debts_from timestamptz := now() - app_private.setting('policy.debt_keeps_account_days')::integer * interval '1 day';
  v_attempts_from timestamptz := now() - app_private.setting('payments.abandoned_hours')::integer * interval '1 hour';
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
  select string_agg(b.booking_number, ', ' order by b.booking_number) into v_text
  from public.bookings b
  left join public.booking_cancellations c on c.booking_id = b.id
  left join public.booking_settlements s on s.booking_id = b.id
  where b.customer_id = p_user_id and b.status in ('completed', 'cancelled')
    and coalesce(s.agreed_at, c.settled_at, c.cancelled_at, b.ends_at) > v_debts_from
    and app_private.amount_due(b.id) > 0;
  if v_text is not null then
    raise exception 'You have unpaid bookings: %. Pay them first.', v_text using errcode = 'OB030';
  end if;
  -- What goes back through a gateway finds its way without the account. What a vendor gives back at its desk does not.
  select string_agg(distinct b.booking_number, ', ' order by b.booking_number) into v_text
  from public.refunds r
  join public.bookings b on b.id = r.booking_id
  where r.customer_id = p_user_id and r.status in ('pending', 'processing') and r.refund_method = 'desk';
  if v_text is not null then
    raise exception 'The vendor is to give you money back at its desk: %. Collect it, or contact customer care if you already have it.', v_text
      using errcode = 'OB030';
  end if;
  if exists (
    -- A no-show that can still be disputed, or is in dispute.
    select from public.bookings b
    join public.booking_cancellations c on c.booking_id = b.id and c.settled_at is null
    where b.customer_id = p_user_id
    union all
    -- A service that was completed late or ended early, and is not settled, but for an old debt.
    select from public.bookings b
    join public.booking_settlements s on s.booking_id = b.id and s.settled_at is null
      and (s.agreed_at is null or s.agreed_at > v_debts_from)
    where b.customer_id = p_user_id
    union all
    -- A service in dispute.
    select from public.bookings b
    join public.booking_disputes d on d.booking_id = b.id and d.status = 'open'
    where b.customer_id = p_user_id
    union all
    -- Money that a gateway has and has not passed on. What was only started was for a booking that has ended.
    select from public.payments p
    where p.customer_id = p_user_id and p.status = 'processing' and p.created_at > v_attempts_from) then
    raise exception 'A payment of yours is still under way, or what a booking costs is not settled. Wait until it is.'
      using errcode = 'OB030';
  end if;
  v_money := case when exists (select from public.customers c where c.id = p_user_id)
    then app_private.withdrawable_balance(p_user_id) else 0 end;
  if v_money > 0 and (app_private.withdrawal_account_of(p_user_id)).id is null then
    raise exception 'You have ₹% in your wallet that can be paid out. Add a bank account and have it verified first, or spend the money.', v_money
      using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.require_deletable(uuid) is
  'Refuses to delete accounts of people who work here, and of users with open bookings, amounts that are open and not old, or money in the wallet that nothing says where to pay, and says what to do. Raises OB030.';
revoke all on function app_private.require_deletable(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/require_deletable.sql

--! split: 030-points.sql
-- Points of a booking that was paid in cash are usable when the vendor has settled its commission: until then the platform
-- has received nothing for it.

--! Included functions/money/earn_points.sql
create or replace function app_private.earn_points(p_record_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_due record;
begin
  for v_due in
    -- Customers are locked in one order.
    select c.id, c.pending_points as points, b.id as booking_id, b.customer_id, b.booking_number,
      coalesce((select sum(d.points_taken) from public.refund_decisions d where d.booking_id = b.id), 0)::integer as taken
    from public.commission_records c
    join public.bookings b on b.id = c.booking_id
    join public.user_profiles u on u.id = b.customer_id and u.deleted_at is null
    where c.id = any (p_record_ids) and c.pending_points is not null
    order by b.customer_id, c.id
  loop
    update public.commission_records c set pending_points = null where c.id = v_due.id;
    continue when v_due.taken >= v_due.points;
    perform app_private.move_points(v_due.customer_id, 'earned', v_due.points, v_due.booking_id,
      'Points of ' || v_due.booking_number,
      (now() at time zone 'Asia/Kolkata' + app_private.setting('loyalty.expiry_months')::integer * interval '1 month')
        at time zone 'Asia/Kolkata');
    perform app_private.move_points(v_due.customer_id, 'adjusted', -v_due.taken, v_due.booking_id,
      'Points of ' || v_due.booking_number || ', which was refunded', null);
  end loop;
end
$$;
comment on function app_private.earn_points(uuid[]) is
  'Gives customers the points that wait in these commission records, less those of what was refunded meanwhile.';
revoke all on function app_private.earn_points(uuid[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/earn_points.sql
--! Included functions/money/expect_points.sql
create or replace function app_private.expect_points(p_booking public.bookings) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_record_id uuid;
begin
  update public.commission_records c
  set pending_points = nullif(floor(m.paid / app_private.setting('loyalty.rupees_per_point')::numeric)::integer, 0)
  from app_private.money_paid(p_booking.id) m (paid)
  where c.booking_id = p_booking.id
  returning c.id into v_record_id;
  -- The commission of what was paid in cash is still to be collected from the vendor.
  if not exists (
    select from public.payments p
    where p.booking_id = p_booking.id and p.payment_method = 'cash'
      and p.status in ('success', 'partially_refunded', 'refunded')) then
    perform app_private.earn_points(array[v_record_id]);
  end if;
end
$$;
comment on function app_private.expect_points(public.bookings) is
  'Counts the points of a completed booking, one per ₹100 of money (not points, rewards or goodwill), and gives them at once, or for a booking that was paid in cash as soon as its commission is settled. Its customer must be locked.';
revoke all on function app_private.expect_points(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/expect_points.sql
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
  -- Those that wait for the commission are taken when they are earned.
  v_points := coalesce(v_record.pending_points, v_points);

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
  v_spent := app_private.take_points_back(p_booking,
      case when v_record.pending_points is null then v_decision.points_taken else 0 end)
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
--! Included functions/money/complete_payout.sql
create or replace function public.complete_payout(
  payout_id uuid, reference text, payment_method text default 'bank_transfer'
) returns public.vendor_payouts
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payout public.vendor_payouts := app_private.open_payout(complete_payout.payout_id);
  v_account public.user_bank_details := app_private.payout_account(v_payout.vendor_id);
begin
  if exists (select from public.vendors v where v.id = v_payout.vendor_id and v.status = 'suspended') then
    raise exception 'This vendor is suspended, so its payouts are held. Wait until the vendor is reinstated.'
      using errcode = 'OB030';
  end if;
  if complete_payout.payment_method = 'bank_transfer' and v_account.id is null then
    raise exception 'This vendor has no verified bank account for payouts. Verify one, or approve another account, first.'
      using errcode = 'OB037';
  end if;
  update public.vendor_payouts p
  set payout_status = 'completed', payment_reference = app_private.required_reason(complete_payout.reference, 'reference'),
    payment_method = complete_payout.payment_method, payment_date = now()
  where p.id = v_payout.id
  returning * into v_payout;
  update public.commission_records c set settlement_status = 'settled', settlement_date = now()
  where c.payout_id = v_payout.id;
  perform app_private.move_money('vendor', v_payout.vendor_id, 'bank', null, v_payout.net_amount, null, 'payout');
  -- From the first payout on another account needs a request.
  update public.vendor_private_details d set payout_account_id = v_account.id, payout_account_since = now()
  where d.vendor_id = v_payout.vendor_id and d.payout_account_since is null and v_account.id is not null;
  perform app_private.earn_points(array(select c.id from public.commission_records c where c.payout_id = v_payout.id));
  return v_payout;
end
$$;
comment on function public.complete_payout(uuid, text, text) is
  'Records that the bank has paid a payout, with its reference; its records are then settled, and points of bookings that were paid in cash become usable. A bank transfer needs a verified bank account of the vendor''s owner. Needs the permission payouts.execute. Raises OB001, OB002, OB003, OB030 (already paid, or the vendor is suspended), OB031 (your own payout), OB036 (no reference), OB037 (no verified bank account).';
revoke all on function public.complete_payout(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.complete_payout(uuid, text, text) to staff;
--! EndIncluded functions/money/complete_payout.sql
--! Included functions/money/bookings_points_expected.sql
create or replace function public.bookings_points_expected(booking public.bookings) returns integer
language sql stable security definer set search_path = '' as $$
  select c.pending_points from public.commission_records c
  where c.booking_id = booking.id and booking.customer_id = (select auth.uid())
$$;
comment on function public.bookings_points_expected(public.bookings) is
  'Points that you get for this booking as soon as the vendor has settled its commission, as it was paid in cash, before refunds; null where none wait. For its customer.';
revoke all on function public.bookings_points_expected(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.bookings_points_expected(public.bookings) to authenticated;
--! EndIncluded functions/money/bookings_points_expected.sql

--! split: 040-dues.sql
-- What vendors owe: recorded each week, set off, paid, and without cash bookings where it is too much for too long.

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('cash.vendor_debt', 'cash', '5000', 'integer', 0, 10000000, true, 'Rupees that a vendor may owe; beyond them it takes no cash bookings after some time'),
  ('cash.vendor_debt_days', 'cash', '14', 'integer', 0, 365, true, 'Days for which a vendor may owe more than that and still take cash bookings');

create table enums.due_outcome (value text primary key, description text not null);
comment on table enums.due_outcome is E'@enum\n@enumName DueOutcome\nHow a due of a vendor ended.';
select app_private.publish_list('enums.due_outcome');
insert into enums.due_outcome values
  ('paid', 'The vendor paid it'), ('set_off', 'Earnings have set it off'),
  ('carried_over', 'It is part of the due of a later week');

-- A due is what a vendor owes at the end of a week, in all; what was open of an earlier one is in it.
create table public.vendor_dues (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors on delete restrict,
  week_start date not null constraint vendor_dues_from_monday check (extract(isodow from week_start) = 1),
  amount numeric(10, 2) not null,
  open_amount numeric(10, 2) not null,
  created_at timestamptz not null default now(),
  closed_at timestamptz,
  outcome text references enums.due_outcome,
  constraint vendor_dues_open_within_amount check (open_amount <= amount),
  constraint vendor_dues_closed_whole check ((closed_at is null) = (outcome is null)),
  constraint vendor_dues_once unique (vendor_id, week_start)
);
alter table public.vendor_dues enable row level security;
select app_private.limit_numbers('public.vendor_dues', '{"amount": "total", "open_amount": "total"}');
-- The open ones, at most one of each vendor.
create unique index vendor_dues_open_idx on public.vendor_dues (vendor_id) where closed_at is null;
comment on index public.vendor_dues_open_idx is 'This vendor has an open due already. Close it first.';
comment on constraint vendor_dues_from_monday on public.vendor_dues is 'A due is of a week that starts on a Monday. Choose a Monday.';
comment on table public.vendor_dues is
  'What vendors owed the platform at the end of a week, one row for each vendor and week in which it owed something. Only the last one can be open.';
comment on column public.vendor_dues.id is 'Identifies the due.';
comment on column public.vendor_dues.vendor_id is 'Vendor that owes it.';
comment on column public.vendor_dues.week_start is 'Monday of the week.';
comment on column public.vendor_dues.amount is 'Rupees that the vendor owed at the end of its Sunday, in all.';
comment on column public.vendor_dues.open_amount is 'Rupees of it that are still to be paid, or were when it was carried over or set off.';
comment on column public.vendor_dues.created_at is 'When the row was created.';
comment on column public.vendor_dues.closed_at is 'When it was paid, set off or carried over; null while it is open.';
comment on column public.vendor_dues.outcome is 'How it ended; null while it is open.';
create policy select_vendor on public.vendor_dues for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[]));
create policy select_staff on public.vendor_dues for select to staff
  using ((select app_private.has_permission('payouts.read')));
grant select on public.vendor_dues to authenticated, staff;

alter table public.vendor_private_details add column owes_since timestamptz;
-- The few that owe too much.
create index vendor_private_details_owes_since_idx on public.vendor_private_details (owes_since)
  where owes_since is not null;
comment on column public.vendor_private_details.owes_since is
  'Since when the vendor owes more than it may, by the end of a week; null when it does not.';

insert into enums.vendor_credit_kind values
  ('payment', 'The vendor has paid what it owes'),
  ('carried_over', 'What was left over when dues were set off, taken from one payout into the next');
alter table public.vendor_credits
  alter column booking_id drop not null,
  drop constraint vendor_credits_once,
  add column reference text constraint vendor_credits_reference_length check (length(reference) <= 4000),
  add column recorded_by uuid references public.user_profiles on delete set null,
  add constraint vendor_credits_of_a_booking check ((booking_id is null) = (kind in ('payment', 'carried_over'))),
  add constraint vendor_credits_payment_whole check ((reference is not null) = (kind = 'payment'));
-- The credits of a booking, and its foreign key; the unique one has only those that have a booking.
create index vendor_credits_booking_id_idx on public.vendor_credits (booking_id);
-- Of one booking each only once.
create unique index vendor_credits_once on public.vendor_credits (booking_id, kind, payment_id, decision_id)
  nulls not distinct where booking_id is not null;
comment on index public.vendor_credits_once is 'This booking already has this credit. Reload it.';
-- Its foreign key.
create index vendor_credits_recorded_by_idx on public.vendor_credits (recorded_by) where recorded_by is not null;
-- What is in no payout yet: what a vendor owes.
create index vendor_credits_unpaid_idx on public.vendor_credits (vendor_id, created_at) where payout_id is null;
-- Payments of a day, for the figures.
create index vendor_credits_payments_idx on public.vendor_credits (created_at) where kind = 'payment';
create trigger _600_figures after insert or update of amount, created_at on public.vendor_credits
  for each row when (new.kind = 'payment') execute function app_private.tg__figure_days('money', 'created_at');
comment on column public.vendor_credits.booking_id is
  'Booking of the credit; null for a payment of the vendor and what was left over of it.';
comment on column public.vendor_credits.reference is 'Reference of the bank for a payment of the vendor; null for others.';
comment on column public.vendor_credits.recorded_by is 'User who recorded a payment of the vendor; null for others.';
comment on constraint vendor_credits_of_a_booking on public.vendor_credits is
  'A credit must have a booking, unless it is a payment of the vendor or was carried over.';
comment on constraint vendor_credits_payment_whole on public.vendor_credits is
  'A payment of the vendor must have a reference, and nothing else has one.';
comment on constraint vendor_credits_reference_length on public.vendor_credits is
  'Reference must have at most 4000 characters.';
insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.vendor_dues', 'vendor_id', false), ('public.vendor_credits', 'recorded_by', false);

--! Included functions/money/owed_by_vendor.sql
create or replace function app_private.owed_by_vendor(
  p_vendor_id uuid, p_until timestamptz default 'infinity'
) returns numeric
language sql stable security definer set search_path = '' as $$
  select greatest(0, -coalesce(sum(u.amount), 0))
  from (
    select c.net_amount as amount
    from public.commission_records c
    where c.vendor_id = p_vendor_id and c.payout_id is null and c.settlement_status = 'pending' and c.created_at < p_until
    union all
    select c.amount from public.vendor_credits c
    where c.vendor_id = p_vendor_id and c.payout_id is null and c.created_at < p_until
  ) u
$$;
comment on function app_private.owed_by_vendor(uuid, timestamptz) is
  'Rupees that a vendor owed at a moment, by default now: what is in no payout yet, where that is below 0; otherwise 0. What is still in the time in which it can be disputed counts as earned.';
revoke all on function app_private.owed_by_vendor(uuid, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/owed_by_vendor.sql
--! Included functions/money/lock_vendor_account.sql
create or replace function app_private.lock_vendor_account(p_vendor_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  -- Not the vendor itself: that is locked after customers, and this before them.
  select from public.vendor_private_details d where d.vendor_id = p_vendor_id for no key update
$$;
comment on function app_private.lock_vendor_account(uuid) is
  'Locks the account of a vendor, so that a payment and a run of payouts see each other. After bookings, before customers.';
revoke all on function app_private.lock_vendor_account(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/lock_vendor_account.sql
insert into enums.notification_type values ('vendor_due', 'A vendor owes the platform money');
--! Included templates/vendor_due.sql
-- A vendor owes the platform money at the end of a week.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('vendor_due', 'vendor', 'en',
    '{{vendor}} owes ₹{{amount}}',
    'This was due at the end of {{date}}. It is set off against your next earnings, or pay it by bank transfer. Who owes more than ₹{{limit}} for {{days}} days takes no bookings in cash.',
    '{push,in_app,email}', 'high', '/vendor/account'),
  ('vendor_due', 'vendor', 'hi',
    '{{vendor}} पर ₹{{amount}} बकाया हैं',
    'यह {{date}} के अंत में देय था। यह आपकी अगली कमाई में समायोजित होगा, या बैंक ट्रांसफ़र से चुकाएँ। जिस पर {{days}} दिनों तक ₹{{limit}} से अधिक बकाया रहे, वह नकद बुकिंग नहीं ले सकता।',
    '{push,in_app,email}', 'high', '/vendor/account')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/vendor_due.sql
--! Included functions/money/tell_due.sql
create or replace function app_private.tell_due(p_due public.vendor_dues) returns void
language sql volatile security definer set search_path = '' as $$
  select app_private.notify(v.user_id, 'vendor', 'vendor_due',
    jsonb_build_object('vendor', v.business_name, 'vendor_id', v.id, 'amount', p_due.amount::text,
      'date', to_char((p_due.week_start + 6)::timestamp, 'FMDD Mon YYYY'),
      'limit', app_private.setting('cash.vendor_debt'), 'days', app_private.setting('cash.vendor_debt_days')),
    jsonb_build_object('screen', 'vendor', 'vendorId', v.id))
  from public.vendors v where v.id = p_due.vendor_id
$$;
comment on function app_private.tell_due(public.vendor_dues) is 'Notifies the owner of a vendor of what it owes at the end of a week.';
revoke all on function app_private.tell_due(public.vendor_dues) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/tell_due.sql
--! Included functions/money/note_dues.sql
create or replace function app_private.note_dues(p_monday date) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_until timestamptz := app_private.start_of(p_monday + 7);
  v_limit numeric := app_private.setting('cash.vendor_debt')::numeric;
  v_vendor_id uuid;
  v_owed numeric;
  v_now numeric;
  v_due public.vendor_dues;
begin
  for v_vendor_id in
    select c.vendor_id from public.vendor_credits c
    where c.payout_id is null and c.amount < 0 and c.created_at < v_until
    union
    select d.vendor_id from public.vendor_dues d where d.closed_at is null
    union
    select d.vendor_id from public.vendor_private_details d where d.owes_since is not null
    order by 1
  loop
    perform app_private.lock_vendor_account(v_vendor_id);
    v_owed := app_private.owed_by_vendor(v_vendor_id, v_until);
    v_now := app_private.owed_by_vendor(v_vendor_id);
    v_due := null;
    -- The week has its due already when it is run again.
    if not exists (
      select from public.vendor_dues d where d.vendor_id = v_vendor_id and d.week_start >= p_monday) then
      update public.vendor_dues d
      set closed_at = now(), outcome = case when least(v_owed, v_now) > 0 then 'carried_over' else 'set_off' end
      where d.vendor_id = v_vendor_id and d.closed_at is null;
      if least(v_owed, v_now) > 0 then
        insert into public.vendor_dues (vendor_id, week_start, amount, open_amount)
        values (v_vendor_id, p_monday, v_owed, least(v_owed, v_now))
        returning * into v_due;
        perform app_private.tell_due(v_due);
      end if;
    end if;
    update public.vendor_private_details d
    set owes_since = case when v_now > v_limit then coalesce(d.owes_since, v_until) end
    where d.vendor_id = v_vendor_id
      -- Of an earlier week nothing begins.
      and (v_now <= v_limit and d.owes_since is not null
        or v_due.id is not null and v_owed > v_limit and d.owes_since is null);
  end loop;
end
$$;
comment on function app_private.note_dues(date) is
  'After the payouts of a week: records what each vendor owed at its end and notifies the owner, once for each vendor and week. The due of an earlier week is carried over into it, or closed where earnings have set it off. Keeps since when a vendor owes more than setting cash.vendor_debt.';
revoke all on function app_private.note_dues(date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/note_dues.sql
--! Included functions/money/set_off.sql
create or replace function app_private.set_off(p_monday date) returns uuid[]
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_until timestamptz := app_private.start_of(p_monday + 7);
  v_vendor_id uuid;
  v_set record;
  v_payout public.vendor_payouts;
  v_record_ids uuid[] := '{}';
begin
  for v_vendor_id in
    select d.vendor_id from (
      select c.vendor_id from public.commission_records c
      where c.payout_id is null and c.settlement_status = 'pending' and c.payable_from < v_until
      union
      select c.vendor_id from public.vendor_credits c where c.payout_id is null and c.created_at < v_until
    ) d
    join public.vendors v on v.id = d.vendor_id and v.status <> 'suspended'
    where not exists (
      select from public.vendor_payouts p where p.vendor_id = d.vendor_id and p.period_start = p_monday)
    order by d.vendor_id
  loop
    perform app_private.lock_vendor_account(v_vendor_id);
    -- What belongs to one booking is settled together. What the vendor earned and paid settles the oldest of what it owes.
    with items as (
      select c.booking_id as unit, c.id as record_id, null::uuid as credit_id, c.created_at,
        c.net_amount as amount
      from public.commission_records c
      where c.vendor_id = v_vendor_id and c.payout_id is null and c.settlement_status = 'pending'
        and c.payable_from < v_until and not app_private.waits_for_window(c.booking_id, v_until)
      union all
      select coalesce(c.booking_id, c.id), null, c.id, c.created_at, c.amount
      from public.vendor_credits c
      where c.vendor_id = v_vendor_id and c.payout_id is null and c.created_at < v_until
        and not app_private.waits_for_window(c.booking_id, v_until)
    ), units as (
      select i.unit, sum(i.amount) as amount, min(i.created_at) as at from items i group by i.unit
    ), run as (
      select u.unit, u.amount, sum(least(u.amount, 0)) over (order by u.at, u.unit)
        + sum(greatest(u.amount, 0)) over () as rest
      from units u
    ), settled as (
      select r.unit, r.amount from run r where r.amount >= 0 or r.rest >= 0
    )
    select array_agg(i.record_id) filter (where i.record_id is not null) as record_ids,
      array_agg(i.credit_id) filter (where i.credit_id is not null) as credit_ids,
      sum(i.amount) as rest,
      -- Earnings alone settle nothing; with nothing left that is owed, all is settled.
      count(*) > 0 and (exists (select from settled s where s.amount < 0)
        or not exists (select from units u where u.amount < 0)) as is_something
    into v_set
    from items i where i.unit in (select s.unit from settled s);
    continue when not v_set.is_something;

    insert into public.vendor_payouts
      (vendor_id, period_start, period_end, total_bookings, gross_amount, gst_amount, commission_amount, tds_amount,
        tcs_amount, adjustment_amount, net_amount, payout_status, payment_method, payment_date)
    select v_vendor_id, p_monday, p_monday + 6, r.bookings, r.gross, r.gst, r.commission, r.tds, r.tcs,
      -r.net, 0, 'completed', 'set_off', now()
    from (
      select count(*)::integer as bookings, coalesce(sum(c.booking_amount), 0) as gross,
        coalesce(sum(c.vendor_gst_amount), 0) as gst, coalesce(sum(c.commission_amount), 0) as commission,
        coalesce(sum(c.tds_amount), 0) as tds, coalesce(sum(c.tcs_amount), 0) as tcs, coalesce(sum(c.net_amount), 0) as net
      from public.commission_records c where c.id = any (v_set.record_ids)
    ) r
    returning * into v_payout;
    update public.commission_records c
    set payout_id = v_payout.id, settlement_status = 'settled', settlement_date = v_payout.payment_date
    where c.id = any (v_set.record_ids);
    update public.vendor_credits c set payout_id = v_payout.id where c.id = any (v_set.credit_ids);
    -- What is left over settles what comes next.
    insert into public.vendor_credits (vendor_id, kind, amount, payout_id, created_at)
    select v_vendor_id, 'carried_over', k.amount, k.payout_id, v_until - interval '1 microsecond'
    from (values (-v_set.rest, v_payout.id), (v_set.rest, null)) k (amount, payout_id)
    where v_set.rest > 0;
    v_record_ids := v_record_ids || v_set.record_ids;
  end loop;
  return v_record_ids;
end
$$;
comment on function app_private.set_off(date) is
  'After the payouts of a week: settles what earnings and payments of a vendor who is owed nothing have covered, the oldest first, in a payout of 0 that is completed at once; what is left over of them is carried over. A vendor with a payout of that week is passed over, and so is one that is suspended. Returns the commission records that are settled.';
revoke all on function app_private.set_off(date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/set_off.sql
--! Included functions/money/make_payouts.sql
create or replace function app_private.make_payouts(p_monday date) returns setof public.vendor_payouts
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_until timestamptz := app_private.start_of(p_monday + 7);
  v_payout public.vendor_payouts;
  v_vendor record;
  v_settled uuid[];
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
        and not app_private.waits_for_window(c.booking_id, v_until)
      union all
      select c.vendor_id, null, c.id, 0, 0, 0, 0, 0, c.amount, c.amount
      from public.vendor_credits c
      where c.payout_id is null and c.created_at < v_until
        and not app_private.waits_for_window(c.booking_id, v_until)
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
    -- A vendor who owes as much or more has nothing to be paid: see set_off and note_dues.
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
  v_settled := app_private.set_off(p_monday);
  perform app_private.note_dues(p_monday);
  -- Customers are locked after all accounts of vendors.
  perform app_private.earn_points(v_settled);
end
$$;
comment on function app_private.make_payouts(date) is
  'Creates the payouts of the week from this Monday: everything that is due to each vendor until its Sunday, is past the time in which it can be disputed, and is in no payout yet. What is owed by vendors is set off, and the rest recorded as dues. Running it again creates nothing twice. Suspended vendors are left out; a vendor without a bank account for payouts is told that they are held. Raises OB020.';
revoke all on function app_private.make_payouts(date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.make_payouts(date) to ombaro_worker;
--! EndIncluded functions/money/make_payouts.sql
--! Included functions/money/record_vendor_payment.sql
create or replace function public.record_vendor_payment(
  vendor_id uuid, amount numeric, reference text, idempotency_key text
) returns public.vendor_credits
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_amount numeric := round(record_vendor_payment.amount, 2);
  v_owed numeric;
  v_credit public.vendor_credits;
  v_done uuid;
begin
  if not app_private.has_permission('payments.approve') then
    perform app_private.require_permission('payouts.execute');
  end if;
  if not exists (select from public.vendors v where v.id = record_vendor_payment.vendor_id) then
    raise exception 'The vendor was not found. Check the id.' using errcode = 'OB003', column = 'vendor_id';
  end if;
  if app_private.belongs_to_vendor(record_vendor_payment.vendor_id) then
    raise exception 'You belong to this business, so you cannot record its payments. Leave it to someone else.'
      using errcode = 'OB031';
  end if;
  perform app_private.require_number('amount', 'total', record_vendor_payment.amount);
  v_done := app_private.replayed(record_vendor_payment.idempotency_key, 'record_vendor_payment', jsonb_build_object(
    'vendor', record_vendor_payment.vendor_id, 'amount', record_vendor_payment.amount,
    'reference', record_vendor_payment.reference));
  if v_done is null then
    if coalesce(v_amount, 0) <= 0 then
      raise exception 'Amount must be greater than 0.' using errcode = 'OB020', column = 'amount';
    end if;
    perform app_private.lock_vendor_account(record_vendor_payment.vendor_id);
    v_owed := app_private.owed_by_vendor(record_vendor_payment.vendor_id);
    if v_amount > v_owed then
      raise exception 'This vendor owes ₹%. Enter at most this amount.', v_owed using errcode = 'OB068', column = 'amount';
    end if;
    insert into public.vendor_credits (vendor_id, kind, amount, reference, recorded_by)
    values (record_vendor_payment.vendor_id, 'payment', v_amount,
      app_private.required_reason(record_vendor_payment.reference, 'reference'), (select auth.uid()))
    returning id into v_done;
    perform app_private.move_money('bank', null, 'vendor', record_vendor_payment.vendor_id, v_amount, null, 'vendor payment');
    v_owed := v_owed - v_amount;
    -- Earnings of this week may have covered a part of the last due already.
    update public.vendor_dues d
    set open_amount = least(d.open_amount - least(d.open_amount, v_amount), v_owed),
      closed_at = case when d.open_amount <= v_amount or v_owed = 0 then now() end,
      outcome = case when d.open_amount <= v_amount or v_owed = 0 then 'paid' end
    where d.vendor_id = record_vendor_payment.vendor_id and d.closed_at is null;
    update public.vendor_private_details d set owes_since = null
    where d.vendor_id = record_vendor_payment.vendor_id and d.owes_since is not null
      and v_owed <= app_private.setting('cash.vendor_debt')::numeric;
    perform app_private.remember_result(record_vendor_payment.idempotency_key, v_done);
  end if;
  select * into strict v_credit from public.vendor_credits c where c.id = v_done;
  return v_credit;
end
$$;
comment on function public.record_vendor_payment(uuid, numeric, text, text) is
  'Records money that a vendor has paid to the platform for what it owes, with the reference of the bank: at most what it owes now. It pays the open due as far as it goes, and where what is left is within the limit, the vendor takes cash bookings again at once. Needs the permission payouts.execute or payments.approve; no one can record payments of their own business. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020 (invalid amount), OB031 (your own business), OB036 (no reference), OB066 (key of another request), OB068 (more than is owed).';
revoke all on function public.record_vendor_payment(uuid, numeric, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.record_vendor_payment(uuid, numeric, text, text) to staff;
--! EndIncluded functions/money/record_vendor_payment.sql
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

-- Without cash.
--! Included functions/vendors/vendors_takes_cash.sql
create or replace function public.vendors_takes_cash(vendor public.vendors) returns boolean
language sql stable security definer set search_path = '' as $$
  select not exists (
    select from public.vendor_private_details d
    where d.vendor_id = vendor.id and d.owes_since
      <= now() - app_private.setting('cash.vendor_debt_days')::integer * interval '1 day')
$$;
comment on function public.vendors_takes_cash(public.vendors) is
  'Whether bookings of this vendor can be paid in cash at present. Where they cannot, offer to pay online. For users who are signed in.';
revoke all on function public.vendors_takes_cash(public.vendors) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendors_takes_cash(public.vendors) to authenticated, staff;
--! EndIncluded functions/vendors/vendors_takes_cash.sql
--! Included functions/booking/require_vendor_takes_cash.sql
create or replace function app_private.require_vendor_takes_cash(p_vendor_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if exists (select from public.vendors v where v.id = p_vendor_id and not public.vendors_takes_cash(v)) then
    raise exception 'This vendor takes no cash at present. Pay online, or choose another vendor.'
      using errcode = 'OB038', column = 'payment_method';
  end if;
end
$$;
comment on function app_private.require_vendor_takes_cash(uuid) is
  'Refuses cash where the vendor takes none at present. Raises OB038.';
revoke all on function app_private.require_vendor_takes_cash(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/require_vendor_takes_cash.sql
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

--! split: 050-statement.sql
-- The statement of a vendor's account, from the journal.

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('vendors.statement_days', 'vendors', '92', 'integer', 1, 400, true, 'Days that a statement of a vendor''s account can have at most');

-- Movements of a vendor's account by time.
create index journal_to_vendor_idx on app_private.journal (to_id, created_at) where to_account = 'vendor';
create index journal_from_vendor_idx on app_private.journal (from_id, created_at) where from_account = 'vendor';

create type public.vendor_statement_line as (
  moved_at timestamptz, description text, booking_number text, amount numeric(10, 2), balance numeric(12, 2)
);
comment on type public.vendor_statement_line is 'One movement of a vendor''s account.';
comment on column public.vendor_statement_line.moved_at is 'When the money moved.';
comment on column public.vendor_statement_line.description is 'What it was for.';
comment on column public.vendor_statement_line.booking_number is 'Number of the booking; null when there is none.';
comment on column public.vendor_statement_line.amount is 'Rupees that the vendor is owed for it; below 0 what it owes for it, has received or was paid.';
comment on column public.vendor_statement_line.balance is 'Rupees that the vendor was owed after it; below 0 when it owed them.';
create type public.vendor_statement as (
  vendor_id uuid, from_day date, to_day date, opening_balance numeric(12, 2), closing_balance numeric(12, 2),
  lines public.vendor_statement_line[]
);
comment on type public.vendor_statement is 'The account of a vendor from one day to another, in rupees.';
comment on column public.vendor_statement.vendor_id is 'Vendor of the account.';
comment on column public.vendor_statement.from_day is 'First day, in India.';
comment on column public.vendor_statement.to_day is 'Last day.';
comment on column public.vendor_statement.opening_balance is 'Rupees that the vendor was owed before the first day; below 0 when it owed them.';
comment on column public.vendor_statement.closing_balance is 'Rupees that the vendor was owed at the end of the last day; below 0 when it owed them.';
comment on column public.vendor_statement.lines is 'The movements, the earliest first.';
--! Included functions/money/movement_text.sql
create or replace function app_private.movement_text(p_reason text, p_amount numeric) returns text
language sql immutable set search_path = '' as $$
  select case p_reason
    when 'earning' then 'Earning of a service, less commission and taxes'
    when 'payment' then 'Money of a customer that you have received yourself'
    when 'cancellation_fee' then 'Charge for a cancellation'
    when 'reschedule_fee' then 'Charge for moving a booking'
    when 'desk_gst' then 'GST of a desk booking, which you owe the tax office'
    when 'payout' then 'Payout to your bank account'
    when 'vendor payment' then 'Your payment to the platform'
    when 'refund' then 'Refund that you bear'
    when 'desk_refund' then 'Money that you have returned to a customer'
    else upper(left(p_reason, 1)) || replace(substr(p_reason, 2), '_', ' ') end
$$;
comment on function app_private.movement_text(text, numeric) is
  'What a movement of a vendor''s account is, in plain words.';
revoke all on function app_private.movement_text(text, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/movement_text.sql
--! Included functions/money/vendor_statement.sql
create or replace function public.vendor_statement(vendor_id uuid, from_day date, to_day date) returns public.vendor_statement
language plpgsql stable security definer set search_path = '' as $$
declare
  v_most integer := app_private.setting('vendors.statement_days')::integer;
  v_from timestamptz;
  v_statement public.vendor_statement;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  if (vendor_statement.vendor_id = any (app_private.my_vendor_ids('money'))) is not true
    and not app_private.has_permission('payouts.read') then
    if app_private.belongs_to_vendor(vendor_statement.vendor_id) then
      raise exception 'The account of this vendor is for its owner, accountants, managers and admins. Ask one of them.'
        using errcode = 'OB002';
    end if;
    raise exception 'You have no vendor with this id. Check the id.' using errcode = 'OB003', column = 'vendor_id';
  end if;
  if not exists (select from public.vendors v where v.id = vendor_statement.vendor_id) then
    raise exception 'The vendor was not found. Check the id.' using errcode = 'OB003', column = 'vendor_id';
  end if;
  if (isfinite(vendor_statement.from_day) and isfinite(vendor_statement.to_day)) is not true then
    raise exception 'Enter the first and the last day of the statement.' using errcode = 'OB020', column = 'from_day';
  end if;
  if vendor_statement.to_day < vendor_statement.from_day then
    raise exception 'The last day must not be before the first. Enter a later one.' using errcode = 'OB020', column = 'to_day';
  end if;
  if vendor_statement.to_day - vendor_statement.from_day >= v_most then
    raise exception 'A statement can have at most % days. Ask for a shorter time.', v_most
      using errcode = 'OB020', column = 'to_day';
  end if;
  v_from := app_private.start_of(vendor_statement.from_day);
  v_statement.vendor_id := vendor_statement.vendor_id;
  v_statement.from_day := vendor_statement.from_day;
  v_statement.to_day := vendor_statement.to_day;
  -- From the balance of today backwards: what moved since is less than all that ever moved.
  with moved as materialized (
    select j.id, j.created_at, j.reason, j.booking_id, j.amount from app_private.journal j
    where j.to_account = 'vendor' and j.to_id = vendor_statement.vendor_id and j.created_at >= v_from
    union all
    select j.id, j.created_at, j.reason, j.booking_id, -j.amount from app_private.journal j
    where j.from_account = 'vendor' and j.from_id = vendor_statement.vendor_id and j.created_at >= v_from
  ), opening as (
    select app_private.account_balance('vendor', vendor_statement.vendor_id)
      - coalesce((select sum(m.amount) from moved m), 0) as balance
  ), lines as (
    select m.*, b.booking_number,
      o.balance + sum(m.amount) over (order by m.created_at, m.id) as balance
    from moved m
    cross join opening o
    left join public.bookings b on b.id = m.booking_id
    where m.created_at < app_private.start_of(vendor_statement.to_day + 1)
  )
  select o.balance, o.balance + coalesce((select sum(l.amount) from lines l), 0),
    coalesce((
      select array_agg((l.created_at, app_private.movement_text(l.reason, l.amount), l.booking_number, l.amount,
        l.balance)::public.vendor_statement_line order by l.created_at, l.id)
      from lines l), '{}')
  into v_statement.opening_balance, v_statement.closing_balance, v_statement.lines
  from opening o;
  return v_statement;
end
$$;
comment on function public.vendor_statement(uuid, date, date) is
  'The account of a vendor from one day to another, in India: what it was owed before (below 0: what it owed), each movement in order with the balance after it, and what it is owed at the end. At most 92 days (by default). For the owner, accountants, managers and admins of the vendor, and with the permission payouts.read. Raises OB001, OB002 (another part of the business), OB003, OB020 (no days, in the wrong order, or too many).';
revoke all on function public.vendor_statement(uuid, date, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendor_statement(uuid, date, date) to authenticated, staff;
--! EndIncluded functions/money/vendor_statement.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.36', 'vendor-account', '2026-11-29', 'Commission rates by date, disputes of completed services, dues, payments and statements of vendors, points of cash bookings once the commission is settled');
