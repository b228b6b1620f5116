delete from public.notification_templates where type = 'goodwill_given' and audience = 'customer' and language = 'en';
delete from public.notification_templates where type = 'goodwill_given' and audience = 'customer' and language = 'hi';
delete from public.notification_templates where type = 'withdrawal_completed' and audience = 'customer' and language = 'en';
delete from public.notification_templates where type = 'withdrawal_completed' and audience = 'customer' and language = 'hi';
delete from public.notification_templates where type = 'withdrawal_failed' and audience = 'customer' and language = 'en';
delete from public.notification_templates where type = 'withdrawal_failed' and audience = 'customer' and language = 'hi';

-- Undoes the kinds of money in wallets. Which money can be withdrawn, what withdrawals were asked for and paid, and who gave
-- goodwill is lost; balances stay. In the journal goodwill becomes rewards, fees become commission, and withdrawals go back
-- through the gateway's account.

delete from public.schema_versions where version = '1.35';

drop function if exists
  public.give_goodwill(uuid, numeric, text, text), public.withdraw_from_wallet(numeric, text),
  public.complete_withdrawal(uuid, text), public.fail_withdrawal(uuid, text), public.read_withdrawal_account(uuid),
  app_private.open_withdrawal(uuid);
drop trigger if exists _700_notify_people on public.booking_goodwill;
drop trigger if exists _700_notify_people on public.wallet_withdrawals;
drop function if exists
  app_private.tell_goodwill(public.booking_goodwill, public.booking_goodwill),
  app_private.tell_withdrawal(public.wallet_withdrawals, public.wallet_withdrawals);
delete from public.notifications where type in ('goodwill_given', 'withdrawal_completed', 'withdrawal_failed');
delete from public.notification_templates where type in ('goodwill_given', 'withdrawal_completed', 'withdrawal_failed');
delete from enums.notification_type where value in ('goodwill_given', 'withdrawal_completed', 'withdrawal_failed');

delete from app_private.personal_links where table_name in
  ('public.booking_goodwill', 'public.wallet_withdrawals', 'app_private.withdrawal_accounts');
drop type public.withdrawal_account;
drop table app_private.withdrawal_accounts;
drop table public.wallet_withdrawals;
drop table public.booking_goodwill;
drop table enums.withdrawal_status;

alter table public.role_permissions disable trigger _800_audit;
alter table public.roles disable trigger user;
delete from public.role_permissions rp using public.permissions p
where p.id = rp.permission_id and p.code = 'goodwill.create';
delete from public.permissions where code = 'goodwill.create';
alter table public.roles enable trigger user;
alter table public.role_permissions enable trigger _800_audit;

alter table public.wallet_transactions drop column withdrawable, drop column withdrawable_after;
update public.wallet_transactions set transaction_type = 'bonus' where transaction_type = 'goodwill';
delete from enums.wallet_transaction_type where value = 'goodwill';
alter table app_private.journal disable trigger _200_unchangeable;
update app_private.journal j
set from_account = coalesce(f.earlier, j.from_account), to_account = coalesce(t.earlier, j.to_account)
from app_private.journal k
left join (values ('goodwill', 'rewards'), ('withdrawals', 'gateway'), ('withdrawal_fees', 'commission'))
  f (account, earlier) on f.account = k.from_account
left join (values ('goodwill', 'rewards'), ('withdrawals', 'gateway'), ('withdrawal_fees', 'commission'))
  t (account, earlier) on t.account = k.to_account
where k.id = j.id and coalesce(f.account, t.account) is not null;
alter table app_private.journal enable trigger _200_unchangeable;
delete from enums.journal_account where value in ('goodwill', 'withdrawals', 'withdrawal_fees');
delete from public.system_settings where key in (
  'wallet.withdrawal_fee_percentage', 'goodwill.maximum', 'goodwill.maximum_a_day', 'payments.abandoned_hours',
  'policy.debt_keeps_account_days');

drop function app_private.abandon_payments(integer);

drop function app_private.address_tie(text,text);

drop function app_private.close_wallet(uuid);

drop function app_private.contact_tie(text);

drop function app_private.derive_withdrawable();

drop function app_private.expect_points(public.bookings);

drop function app_private.make_withdrawal(uuid,numeric,numeric);

drop function app_private.money_paid(uuid);

drop function app_private.require_not_relation(public.bookings);

drop function app_private.ties_of(uuid);

drop function app_private.wallet_imbalances();

drop function app_private.withdrawable_balance(uuid);

drop function app_private.withdrawable_of_refund(uuid,numeric);

drop function app_private.withdrawable_part(text,numeric,text,uuid,numeric);

drop function app_private.withdrawal_account_of(uuid);

drop function public.customers_withdrawable_balance(public.customers);

drop function public.pay_refund_into_wallet(uuid);

CREATE OR REPLACE FUNCTION app_private.figures_of_days(p_group text, p_days date[])
 RETURNS TABLE(figure text, day date, value numeric, weight numeric)
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function app_private.figures_of_days(text,date[]) is 'The figures of one group for these days: the value, and the number of cases where it is an average. A day without events has no row.';
revoke all on function app_private.figures_of_days(text,date[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.figures_of_days(text,date[]) to service_role;

CREATE OR REPLACE FUNCTION app_private.forget_account(p_user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_mobiles text[];
  v_emails text[];
begin
  select array_agg(distinct m.mobile), array_agg(distinct m.email) into v_mobiles, v_emails
  from (
    select p.mobile::text, p.email::text from public.user_profiles p where p.id = p_user_id
    union all
    select u.phone, u.email from auth.users u where u.id = p_user_id
  ) m (mobile, email);
  delete from public.vendor_otp_codes c where c.mobile = any (v_mobiles) or c.email = any (v_emails);

  -- Open websockets are notified before the sessions are gone.
  update public.user_sessions s set status = 'terminated' where s.user_id = p_user_id and s.status = 'active';
  delete from public.user_sessions s where s.user_id = p_user_id;
  delete from public.vendor_social_auth l where l.user_id = p_user_id;
  delete from public.user_devices d where d.user_id = p_user_id;
  delete from public.notifications n where n.user_id = p_user_id;
  delete from public.user_activity_log l where l.user_id = p_user_id;
  delete from public.error_logs l where l.user_id = p_user_id;
  delete from app_private.calendar_feeds f where f.user_id = p_user_id;
  delete from app_private.idempotency_keys k where k.user_id = p_user_id;

  delete from public.user_documents d where d.user_id = p_user_id;
  delete from public.user_kyc_verification k where k.user_id = p_user_id;
  delete from public.user_bank_details b where b.user_id = p_user_id;
  delete from public.emergency_contacts c where c.user_id = p_user_id;
  delete from public.user_preferences p where p.user_id = p_user_id;
  delete from public.quick_signup_profiles q where q.user_id = p_user_id;
  delete from public.department_widgets w where w.user_id = p_user_id;
  delete from public.user_roles r where r.user_id = p_user_id;

  delete from public.support_tickets t where p_user_id in (t.user_id, t.customer_id);
  delete from public.favourites f where f.customer_id = p_user_id;
  delete from public.payment_methods m where m.customer_id = p_user_id;
  delete from public.waitlist_entries w where w.customer_id = p_user_id;
  delete from public.booking_holds h where h.customer_id = p_user_id;
  delete from public.customer_addresses a where a.customer_id = p_user_id;
  update public.customers c
  set preferred_services = null, preferred_therapists = null, preferred_vendors = null,
    preferred_gender = null, allergies = null, medical_conditions = null, special_requirements = null,
    referral_code = default
  where c.id = p_user_id;

  update public.user_profiles p
  set name = 'Deleted', mobile = null, email = null, gender = null, date_of_birth = null,
    profile_image = null, employee_id = null, designation = null, joining_date = null, address = null,
    emergency_contact = null, preferences = '{}', mobile_verified = false, social_provider = null,
    profile_completed = false, department_id = null, status = 'inactive', deleted_at = now()
  where p.id = p_user_id;
  -- No row refers to the user's files any more.
  with gone as (
    update public.files f set status = 'deleted', deleted_at = now(), unused_since = null
    where f.owner_id = p_user_id and f.status <> 'deleted'
      and not exists (select from app_private.file_uses u where u.file_id = f.id)
    returning f.id
  ), closed as (
    update app_private.file_storage s set key = null from gone g where s.file_id = g.id
  )
  insert into app_private.file_removals (id) select g.id from gone g;
  update auth.users u
  set email = null, phone = null, raw_user_meta_data = null, last_sign_in_at = null, updated_at = now()
  where u.id = p_user_id;
end
$function$;
comment on function app_private.forget_account(uuid) is 'Deletes an account: removes what identifies the user and is not needed otherwise, and leaves an anonymous profile. Mobile number and e-mail address are free for another account.';
revoke all on function app_private.forget_account(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.forget_account(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.forget_in_audit_log(p_user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_money constant text[] := '{bookings,payments,refunds}';
  v_keys constant text[] := '{id,booking_id,payment_id,customer_id,vendor_id,package_id,cancelled_by,
    processed_by,booking_number,transaction_id,gateway_transaction_id,gateway_refund_id,status,payment_status,
    booking_type,payment_method,payment_gateway,refund_type,booking_date,booking_time,time_zone,starts_at,
    ends_at,expires_at,cancelled_at,payment_date,refund_date,processed_at,created_at,updated_at}';
  v_profile_keys constant text[] := '{id,role,status,deleted_at}';
  v_types text[];
  v_ids uuid[];
begin
  v_types := array(
    select distinct split_part(l.table_name, '.', 2) from app_private.personal_links l
    where l.is_about or l.table_name = 'app_private.calendar_feeds');
  v_ids := array(
    select p_user_id
    union select b.id from public.bookings b where b.customer_id = p_user_id
    union select p.id from public.payments p where p.customer_id = p_user_id
    union select r.id from public.refunds r where r.customer_id = p_user_id
    -- Also of deleted rows.
    union select a.resource_id from public.audit_logs a where a.user_id = p_user_id);
  update public.audit_logs a
  set old_values = case
      when a.resource_type = any (v_money) then app_private.without_words(a.old_values, v_keys)
      when a.resource_type = 'user_profiles'
        then app_private.without_words(a.old_values, v_profile_keys) end,
    new_values = case
      when a.resource_type = any (v_money) then app_private.without_words(a.new_values, v_keys)
      when a.resource_type = 'user_profiles'
        then app_private.without_words(a.new_values, v_profile_keys) end
  where (a.resource_type = any (v_types) and a.resource_id = any (v_ids)) or a.user_id = p_user_id;
  update public.audit_logs a set ip_address = null, user_agent = null, request_id = null, operator = null where a.user_id = p_user_id;
end
$function$;
comment on function app_private.forget_in_audit_log(uuid) is 'Removes what identifies a user from the audit log. What was changed, when and by which account stays, and so do states and amounts.';
revoke all on function app_private.forget_in_audit_log(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.forget_in_audit_log(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.imbalances()
 RETURNS SETOF app_private.imbalance
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  -- The total: by the shape of the journal it is zero, and here it is counted.
  select 'all', null::uuid, sum(b.balance), 0::numeric
  from app_private.balances_by_journal() b having sum(b.balance) <> 0
  union all
  select * from app_private.unbooked()
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
$function$;
comment on function app_private.imbalances() is 'Differences in the books; no row means that they are correct: the journal adds up to 0, and wallets, vendors'' accounts, bookings'' accounts, points, refunds and refunded amounts of completed bookings agree with their rows. Reads all of them.';
revoke all on function app_private.imbalances() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.imbalances() to service_role;

CREATE OR REPLACE FUNCTION app_private.move_wallet(p_customer_id uuid, p_type text, p_amount numeric, p_account text, p_account_id uuid, p_booking_id uuid, p_payment_id uuid, p_description text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_is_debit boolean := p_type = 'debit';
  v_balance numeric;
begin
  if p_amount = 0 then
    return;
  end if;
  perform app_private.lock_customer(p_customer_id);
  v_balance := app_private.wallet_balance(p_customer_id)
    + case when v_is_debit then -p_amount else p_amount end;
  if v_balance < 0 then
    raise exception 'There is not enough money in your wallet. Use a smaller amount, or pay another way.'
      using errcode = 'OB063';
  end if;
  insert into public.wallet_transactions
    (customer_id, transaction_type, amount, balance_after, booking_id, payment_id, description, created_at)
  values (p_customer_id, p_type, p_amount, v_balance, p_booking_id, p_payment_id, p_description,
    clock_timestamp());
  if v_is_debit then
    perform app_private.move_money('wallet', p_customer_id, p_account, p_account_id, p_amount,
      p_booking_id, 'wallet ' || p_type);
  else
    perform app_private.move_money(p_account, p_account_id, 'wallet', p_customer_id, p_amount,
      p_booking_id, 'wallet ' || p_type);
  end if;
end
$function$;
comment on function app_private.move_wallet(uuid,text,numeric,text,uuid,uuid,uuid,text) is 'Moves money into a wallet, or out of it with debit, from or to another account of the journal. Raises OB063 where there is not enough.';
revoke all on function app_private.move_wallet(uuid,text,numeric,text,uuid,uuid,uuid,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.move_wallet(uuid,text,numeric,text,uuid,uuid,uuid,text) to service_role;

CREATE OR REPLACE FUNCTION app_private.require_deletable(p_user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function app_private.require_deletable(uuid) is 'Refuses to delete accounts of people who work here, and of users with open bookings or open amounts, and says what to do. Raises OB030.';
revoke all on function app_private.require_deletable(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.require_deletable(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.delete_my_account()
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_user_id uuid := (select auth.uid());
begin
  if v_user_id is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  perform app_private.require_own_accounts();
  perform app_private.require_recent_sign_in();
  -- Locked in the order of booking: the hold, then the customer. Transactions that only refer to them are not
  -- waited for.
  perform from public.user_profiles p where p.id = v_user_id and p.deleted_at is null for no key update;
  if not found then
    raise exception 'This account has already been deleted.' using errcode = 'OB030';
  end if;
  -- A confirmation of a hold at this moment is waited for: then there is a booking, and it is open.
  delete from public.booking_holds h where h.customer_id = v_user_id and h.booking_id is null;
  perform from public.customers c where c.id = v_user_id for no key update;
  perform app_private.require_deletable(v_user_id);
  perform app_private.forget_bookings(v_user_id);
  perform app_private.forget_account(v_user_id);
  perform app_private.forget_in_audit_log(v_user_id);
  return now();
end
$function$;
comment on function public.delete_my_account() is 'Deletes your own account permanently, by default within 15 minutes of signing in, and returns the time. Bookings and payments stay in anonymous form, as the law requires; points are lost; everything else is deleted, all sessions end, and the mobile number and e-mail address are free. Export your data first. Raises OB001, OB030 (sign in again first; open bookings; money owed; people who work here), OB091.';
revoke all on function public.delete_my_account() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.delete_my_account() to authenticated;
grant execute on function public.delete_my_account() to service_role;
grant execute on function public.delete_my_account() to staff;

CREATE OR REPLACE FUNCTION public.record_desk_refund(booking_id uuid)
 RETURNS public.bookings
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function public.record_desk_refund(uuid) is 'Records that the vendor has given back, at its desk, what is to be refunded of a payment that was made there. For the vendor''s desk. Raises OB001, OB002, OB003, OB030 (nothing to give back).';
revoke all on function public.record_desk_refund(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.record_desk_refund(uuid) to authenticated;
grant execute on function public.record_desk_refund(uuid) to service_role;
