-- Undoes the daily close and the explanation of the journal. Closed balances are lost, which follow from the journal, and when
-- it was closed and opened. Balances are sums of all movements again.

delete from public.schema_versions where version = '1.37';
drop function app_private.unexplained_movements(), app_private.close_journal(integer), app_private.lock_journal(),
  app_private.counted_through();
drop view app_private.expected_of_payments, app_private.expected_of_refunds, app_private.expected_of_commission_records,
  app_private.expected_of_vendor_credits, app_private.expected_of_refund_decisions, app_private.expected_of_payouts,
  app_private.expected_of_wallet_transactions, app_private.expected_of_vendor_payments,
  app_private.expected_of_withdrawals;
drop function app_private.journal_opened_at();
drop index public.loyalty_points_transactions_newest_idx, app_private.journal_opening_idx, app_private.journal_from_idx, app_private.journal_to_idx;
create index journal_from_idx on app_private.journal (from_account, from_id) include (amount);
create index journal_to_idx on app_private.journal (to_account, to_id) include (amount);
alter table public.wallet_transactions drop column account;
drop table app_private.account_balances, app_private.journal_closes, app_private.journal_openings;

CREATE OR REPLACE FUNCTION app_private.account_balance(p_account text, p_id uuid)
 RETURNS numeric
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select coalesce((
      select sum(j.amount) filter (where j.amount <> 'NaN') from app_private.journal j
      where j.to_account = p_account and j.to_id is not distinct from p_id), 0)
    - coalesce((
      select sum(j.amount) filter (where j.amount <> 'NaN') from app_private.journal j
      where j.from_account = p_account and j.from_id is not distinct from p_id), 0)
$function$;
comment on function app_private.account_balance(text,uuid) is 'Rupees that went to an account less those that came from it.';
revoke all on function app_private.account_balance(text,uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.account_balance(text,uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.balances_by_journal()
 RETURNS SETOF app_private.balance
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select m.account, m.id, coalesce(sum(m.amount) filter (where m.amount <> 'NaN'), 0)
  from (
    select j.to_account as account, j.to_id as id, j.amount from app_private.journal j
    union all
    select j.from_account, j.from_id, -j.amount from app_private.journal j
  ) m
  group by m.account, m.id
$function$;
comment on function app_private.balances_by_journal() is 'Balances of the accounts by the movements of the journal.';
revoke all on function app_private.balances_by_journal() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.balances_by_journal() to service_role;

CREATE OR REPLACE FUNCTION app_private.lapse_of_spent(p_customer_id uuid, p_points integer)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  with spent as (
    select coalesce(-sum(t.points), 0) + p_points as points
    from public.loyalty_points_transactions t
    where t.customer_id = p_customer_id and t.points < 0
  ), batches as (
    select t.expires_at, sum(t.points) over (order by t.expires_at nulls last, t.created_at, t.id) as up_to
    from public.loyalty_points_transactions t
    where t.customer_id = p_customer_id and t.points > 0
  )
  select b.expires_at from batches b, spent s where b.up_to >= s.points
  order by b.up_to limit 1
$function$;
comment on function app_private.lapse_of_spent(uuid,integer) is 'When the newest of the next p_points points would have expired. Points that are given back expire then.';
revoke all on function app_private.lapse_of_spent(uuid,integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lapse_of_spent(uuid,integer) to service_role;

CREATE OR REPLACE FUNCTION app_private.open_journal()
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
  insert into app_private.journal (from_account, from_id, to_account, to_id, amount, booking_id, reason)
  select
    case when u.by_rows > u.journal then o.source else u.account end,
    case when u.by_rows > u.journal then null else u.id end,
    case when u.by_rows > u.journal then u.account else o.source end,
    case when u.by_rows > u.journal then u.id end,
    abs(u.by_rows - u.journal),
    case u.account when 'booking' then u.id end,
    'opening balance'
  from app_private.unbooked() u
  cross join lateral (
    select case u.account when 'wallet' then 'rewards' else 'gateway' end as source
  ) o
$function$;
comment on function app_private.open_journal() is 'Writes one opening movement for each balance whose rows have no movements. Run once after older data were loaded: later it would hide errors.';
revoke all on function app_private.open_journal() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.open_journal() to service_role;

CREATE OR REPLACE FUNCTION app_private.points_that_lapsed(p_customer_id uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select greatest(0, coalesce(
    sum(t.points) filter (where t.points > 0 and t.expires_at <= now())
    + coalesce(sum(t.points) filter (where t.points < 0), 0), 0))::integer
  from public.loyalty_points_transactions t
  where t.customer_id = p_customer_id
$function$;
comment on function app_private.points_that_lapsed(uuid) is 'How many points of a customer have expired without being spent or removed.';
revoke all on function app_private.points_that_lapsed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.points_that_lapsed(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.wallet_balance(p_customer_id uuid)
 RETURNS numeric
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  -- Values that are no numbers, from before ranges existed, move nothing: here and in the sums of the
  -- journal.
  select coalesce(
    sum(case t.transaction_type when 'debit' then -t.amount else t.amount end) filter (where t.amount <> 'NaN'), 0)
  from public.wallet_transactions t where t.customer_id = p_customer_id
$function$;
comment on function app_private.wallet_balance(uuid) is 'Rupees in a wallet: the sum of its transactions.';
revoke all on function app_private.wallet_balance(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.wallet_balance(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.customers_wallet_balance(customer public.customers)
 RETURNS numeric
 LANGUAGE sql
 STABLE
 SET search_path TO ''
AS $function$
  -- Values that are no numbers, from before ranges existed, do not move money.
  select coalesce(
    sum(case t.transaction_type when 'debit' then -t.amount else t.amount end) filter (where t.amount <> 'NaN'), 0)
  from public.wallet_transactions t where t.customer_id = customer.id
$function$;
comment on function public.customers_wallet_balance(public.customers) is 'Rupees in the wallet: the sum of its transactions.';
revoke all on function public.customers_wallet_balance(public.customers) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.customers_wallet_balance(public.customers) to authenticated;
grant execute on function public.customers_wallet_balance(public.customers) to service_role;
grant execute on function public.customers_wallet_balance(public.customers) to staff;

CREATE OR REPLACE FUNCTION public.journal_balances()
 RETURNS SETOF public.account_balance
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
begin
  perform app_private.require_permission('payments.read');
  return query
    select a.value, coalesce(sum(m.amount) filter (where m.amount <> 'NaN'), 0)
    from enums.journal_account a
    left join (
      select j.to_account as account, j.amount from app_private.journal j
      union all
      select j.from_account, -j.amount from app_private.journal j
    ) m on m.account = a.value
    group by a.value
    order by a.value;
end
$function$;
comment on function public.journal_balances() is 'All accounts of the journal with their balances, which add up to zero. Reads the whole journal. Needs the permission payments.read. Raises OB001, OB002.';
revoke all on function public.journal_balances() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.journal_balances() to service_role;
grant execute on function public.journal_balances() to staff;
