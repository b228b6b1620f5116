--! Previous: sha1:aa469f9687bc72dabf21ca580a41531137fecb81
--! Hash: sha1:69dbb9b3f909c41d61501dfeda41991c3a9cea20
--! Message: booking engine

--! split: 030-rates-and-journal.sql
-- How amounts are computed, and the journal in which all money is recorded.
--
-- Comes before the first release, to databases that are small or empty. Later, indexes on large tables are
-- built concurrently and constraints validated in a step of their own.
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, require-concurrent-index-creation

create table enums.tax_kind (value text primary key, description text not null);
comment on table enums.tax_kind is E'@enum\n@enumName TaxKind\nKinds of tax.';
insert into enums.tax_kind values
  ('gst', 'GST on what customers pay'), ('tds', 'Tax deducted at source from vendors'' earnings'),
  ('tcs', 'Tax collected at source from vendors'' earnings');

create table enums.journal_account (value text primary key, description text not null);
comment on table enums.journal_account is E'@enum\n@enumName JournalAccount\nAccounts of the journal.';
insert into enums.journal_account values
  ('gateway', 'Money that customers paid through payment gateways, less what went back'),
  ('booking', 'Paid for a booking and neither earned nor refunded yet; one account per booking'),
  ('vendor', 'Owed to a vendor; one account per vendor'),
  ('wallet', 'Owed to a customer; one account per customer'),
  ('commission', 'Earned by the platform'),
  ('gst', 'GST owed to the state'), ('tds', 'TDS owed to the state'), ('tcs', 'TCS owed to the state'),
  ('points', 'Spent by the platform on points that customers paid with'),
  ('rewards', 'Spent by the platform on rewards and gifts to customers'),
  ('bank', 'Money that left the platform''s bank account');

select app_private.publish_list('enums.tax_kind');
select app_private.publish_list('enums.journal_account');

create table public.tax_rates (
  id uuid primary key default gen_random_uuid(),
  tax text not null references enums.tax_kind,
  valid_from date not null,
  percentage numeric(5, 2) not null,
  source text not null,
  created_at timestamptz not null default now(),
  constraint tax_rates_once_a_day unique (tax, valid_from)
);
alter table public.tax_rates enable row level security;
select app_private.limit_numbers('public.tax_rates', '{"percentage": "rate"}');
comment on table public.tax_rates is
  'Tax rates by the day from which they apply, until the next row of the same tax. A booking keeps the rate of the day on which it was made.';
comment on column public.tax_rates.id is 'Identifies the rate.';
comment on column public.tax_rates.tax is 'Kind of tax.';
comment on column public.tax_rates.valid_from is 'First day, in India, on which it applies.';
comment on column public.tax_rates.percentage is 'Rate in per cent.';
comment on column public.tax_rates.source is 'Law or notice that set it.';
comment on column public.tax_rates.created_at is 'When the row was created.';
comment on constraint tax_rates_once_a_day on public.tax_rates is
  'This tax already has a rate from this day. Change that rate, or choose another day.';
create policy select_anon on public.tax_rates for select to anon using (true);
create policy select_signed_in on public.tax_rates for select to authenticated using (true);
create policy select_staff on public.tax_rates for select to staff using (true);
-- A rate that was in effect is never changed: only rates of future days are added or removed.
create policy insert_staff on public.tax_rates for insert to staff
  with check (
    (select app_private.has_permission('settings.update'))
    and valid_from > (select app_private.today())
  );
create policy delete_staff on public.tax_rates for delete to staff
  using (
    (select app_private.has_permission('settings.update'))
    and valid_from > (select app_private.today())
  );
grant select on public.tax_rates to anon, authenticated, staff;
grant insert (tax, valid_from, percentage, source) on public.tax_rates to staff;
grant delete on public.tax_rates to staff;
insert into public.tax_rates (tax, valid_from, percentage, source) values
  ('gst', '2017-07-01', 18, 'Salon and wellness services, SAC 9997'),
  ('gst', '2025-09-22', 5, 'Salon and wellness services, 56th meeting of the GST Council'),
  ('tds', '2020-10-01', 1, 'Income-tax Act, section 194-O'),
  ('tds', '2024-10-01', 0.1, 'Income-tax Act, section 194-O, Finance (No. 2) Act 2024'),
  ('tcs', '2018-10-01', 1, 'CGST Act, section 52'),
  ('tcs', '2024-07-10', 0.5, 'CGST Act, section 52, notification 15/2024');
create trigger _800_audit after insert or update or delete on public.tax_rates
  for each row execute function app_private.tg__audit('id');

--! Included functions/money/tax_percentage.sql
create or replace function app_private.tax_percentage(p_tax text, p_day date) returns numeric
language plpgsql stable security definer set search_path = '' as $$
declare
  v_percentage numeric;
begin
  select r.percentage into v_percentage
  from public.tax_rates r
  where r.tax = p_tax and r.valid_from <= p_day
  order by r.valid_from desc limit 1;
  if not found then
    raise exception 'The rate of % for % is missing. Enter the tax rate first.', p_tax, p_day using errcode = 'OB099';
  end if;
  return v_percentage;
end
$$;
comment on function app_private.tax_percentage(text, date) is
  'Percentage of a tax on a day; an error where no rate is known.';
revoke all on function app_private.tax_percentage(text, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/tax_percentage.sql

--! Included functions/money/percent_of.sql
create or replace function app_private.percent_of(p_amount numeric, p_percentage numeric) returns numeric
language sql immutable set search_path = '' as $$
  select round(p_amount * p_percentage / 100, 2)
$$;
comment on function app_private.percent_of(numeric, numeric) is
  'Percentage of an amount of 0 or more, rounded half up to the paisa.';
revoke all on function app_private.percent_of(numeric, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/percent_of.sql

/*
 * The journal. A row moves an amount from one account to another, so the sum over all accounts is zero by the
 * shape of the table: no entry can be out of balance.
 */
create table app_private.journal (
  id bigint generated always as identity primary key,
  from_account text not null references enums.journal_account,
  from_id uuid,
  to_account text not null references enums.journal_account,
  to_id uuid,
  amount numeric(12, 2) not null constraint journal_of_something check (amount > 0),
  booking_id uuid references public.bookings (id) on delete restrict,
  reason text not null,
  created_at timestamptz not null default now(),
  constraint journal_between_two check ((from_account, from_id) is distinct from (to_account, to_id)),
  constraint journal_names_its_owners check (
    (from_account in ('booking', 'vendor', 'wallet')) = (from_id is not null)
    and (to_account in ('booking', 'vendor', 'wallet')) = (to_id is not null)
  )
);
alter table app_private.journal enable row level security;
select app_private.limit_numbers('app_private.journal', '{"amount": "sum"}');
-- The balance of an account.
create index journal_from_idx on app_private.journal (from_account, from_id) include (amount);
create index journal_to_idx on app_private.journal (to_account, to_id) include (amount);
create index journal_booking_id_idx on app_private.journal (booking_id);
comment on table app_private.journal is
  'Double-entry journal: every row takes from one account what it gives to another. A trigger refuses to change or remove rows.';
comment on column app_private.journal.id is 'Identifies the movement.';
comment on column app_private.journal.from_account is 'Account from which the money comes.';
comment on column app_private.journal.from_id is 'Booking, vendor or customer of that account; null for the platform''s own accounts.';
comment on column app_private.journal.to_account is 'Account to which the money goes.';
comment on column app_private.journal.to_id is 'Booking, vendor or customer of that account; null for the platform''s own accounts.';
comment on column app_private.journal.amount is 'Rupees that moved.';
comment on column app_private.journal.booking_id is 'Booking of the movement; null when there is none.';
comment on column app_private.journal.reason is 'Reason in a word, such as commission.';
comment on column app_private.journal.created_at is 'When the money moved.';

--! Included functions/money/tg_journal__unchangeable.sql
create or replace function app_private.tg_journal__unchangeable() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  raise exception 'Entries of the journal cannot be changed or deleted. Write a reversing entry instead.'
    using errcode = 'OB020';
end
$$;
comment on function app_private.tg_journal__unchangeable() is 'Refuses to change or remove a movement.';
revoke all on function app_private.tg_journal__unchangeable() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/tg_journal__unchangeable.sql
create trigger _200_unchangeable before update or delete on app_private.journal
  for each row execute function app_private.tg_journal__unchangeable();
create trigger _200_unchangeable_whole before truncate on app_private.journal
  for each statement execute function app_private.tg_journal__unchangeable();

--! Included functions/money/move_money.sql
create or replace function app_private.move_money(
  p_from text, p_from_id uuid, p_to text, p_to_id uuid, p_amount numeric, p_booking_id uuid, p_reason text
) returns void
language sql volatile security definer set search_path = '' as $$
  insert into app_private.journal (from_account, from_id, to_account, to_id, amount, booking_id, reason)
  select
    case when p_amount > 0 then p_from else p_to end, case when p_amount > 0 then p_from_id else p_to_id end,
    case when p_amount > 0 then p_to else p_from end, case when p_amount > 0 then p_to_id else p_from_id end,
    abs(p_amount), p_booking_id, p_reason
  where p_amount <> 0
$$;
comment on function app_private.move_money(text, uuid, text, uuid, numeric, uuid, text) is
  'Writes a movement in the journal. For 0 it writes none, and for an amount below 0 the opposite one.';
revoke all on function app_private.move_money(text, uuid, text, uuid, numeric, uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/move_money.sql

--! Included functions/money/account_balance.sql
create or replace function app_private.account_balance(p_account text, p_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce((
      select sum(j.amount) filter (where j.amount <> 'NaN') from app_private.journal j
      where j.to_account = p_account and j.to_id is not distinct from p_id), 0)
    - coalesce((
      select sum(j.amount) filter (where j.amount <> 'NaN') from app_private.journal j
      where j.from_account = p_account and j.from_id is not distinct from p_id), 0)
$$;
comment on function app_private.account_balance(text, uuid) is
  'Rupees that went to an account less those that came from it.';
revoke all on function app_private.account_balance(text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/account_balance.sql

create type public.account_balance as (account text, balance numeric);
comment on type public.account_balance is 'Balance of an account of the journal in rupees: what went to it less what came from it. Accounts of one kind are added together.';
comment on column public.account_balance.account is 'Kind of account.';
comment on column public.account_balance.balance is 'Balance in rupees.';
--! Included functions/money/journal_balances.sql
create or replace function public.journal_balances() returns setof public.account_balance
language plpgsql stable security definer set search_path = '' as $$
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
$$;
comment on function public.journal_balances() is
  'All accounts of the journal with their balances, which add up to zero. Reads the whole journal. Needs the permission payments.read. Raises OB001, OB002.';
revoke all on function public.journal_balances() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.journal_balances() to staff;
--! EndIncluded functions/money/journal_balances.sql

--! split: 040-wallet-and-points.sql
-- Wallet and points. Their balances are sums of rows; the customer's row is locked to queue simultaneous
-- changes, so that the last rupee and the last point are spent only once.

insert into enums.payment_method values ('points', 'Loyalty points');

alter table public.bookings
  add column refunded_amount numeric(10, 2) not null default 0
    constraint bookings_refunded_within_price check (refunded_amount <= final_amount),
  add constraint bookings_refunded_once_completed check (refunded_amount = 0 or status = 'completed');
select app_private.limit_numbers('public.bookings', '{"refunded_amount": "total"}');
comment on column public.bookings.refunded_amount is
  'Rupees of its price that were refunded after it was completed. They do not count as spent and are not due again.';

--! Included functions/money/lock_customer.sql
create or replace function app_private.lock_customer(p_customer_id uuid) returns public.customers
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers;
begin
  select * into strict v_customer from public.customers c where c.id = p_customer_id for no key update;
  return v_customer;
end
$$;
comment on function app_private.lock_customer(uuid) is
  'Locks a customer''s wallet, points and totals until the end of the transaction.';
revoke all on function app_private.lock_customer(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/lock_customer.sql

--! Included functions/money/wallet_balance.sql
create or replace function app_private.wallet_balance(p_customer_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  -- Values that are no numbers, from before ranges existed, move nothing: here and in the sums of the
  -- journal.
  select coalesce(
    sum(case t.transaction_type when 'debit' then -t.amount else t.amount end) filter (where t.amount <> 'NaN'), 0)
  from public.wallet_transactions t where t.customer_id = p_customer_id
$$;
comment on function app_private.wallet_balance(uuid) is 'Rupees in a wallet: the sum of its transactions.';
revoke all on function app_private.wallet_balance(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/wallet_balance.sql

--! Included functions/money/move_wallet.sql
create or replace function app_private.move_wallet(
  p_customer_id uuid, p_type text, p_amount numeric, p_account text, p_account_id uuid,
  p_booking_id uuid, p_payment_id uuid, p_description text
) returns void
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function app_private.move_wallet(uuid, text, numeric, text, uuid, uuid, uuid, text) is
  'Moves money into a wallet, or out of it with debit, from or to another account of the journal. Raises OB063 where there is not enough.';
revoke all on function app_private.move_wallet(uuid, text, numeric, text, uuid, uuid, uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/move_wallet.sql

--! Included functions/money/move_points.sql
create or replace function app_private.move_points(
  p_customer_id uuid, p_type text, p_points integer, p_booking_id uuid, p_description text,
  p_expires_at timestamptz
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_balance integer;
begin
  if p_points = 0 then
    return;
  end if;
  select l.loyalty_points + p_points into v_balance
  from app_private.lock_customer(p_customer_id) l;
  if v_balance < 0 then
    raise exception 'You do not have enough points. Use fewer points.' using errcode = 'OB064', column = 'points';
  end if;
  update public.customers c set loyalty_points = v_balance where c.id = p_customer_id;
  insert into public.loyalty_points_transactions
    (customer_id, transaction_type, points, balance_after, booking_id, description, expires_at, created_at)
  values (p_customer_id, p_type, p_points, v_balance, p_booking_id, p_description, p_expires_at,
    clock_timestamp());
end
$$;
comment on function app_private.move_points(uuid, text, integer, uuid, text, timestamptz) is
  'Gives points, or takes them with a number below 0. Raises OB064 where there are not enough.';
revoke all on function app_private.move_points(uuid, text, integer, uuid, text, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/move_points.sql

/*
 * Oldest points first: of all points ever earned, in the order in which they expire, the spent ones are the
 * first. So no batch needs a record of what is left of it.
 */
--! Included functions/money/points_that_lapsed.sql
create or replace function app_private.points_that_lapsed(p_customer_id uuid) returns integer
language sql stable security definer set search_path = '' as $$
  select greatest(0, coalesce(
    sum(t.points) filter (where t.points > 0 and t.expires_at <= now())
    + coalesce(sum(t.points) filter (where t.points < 0), 0), 0))::integer
  from public.loyalty_points_transactions t
  where t.customer_id = p_customer_id
$$;
comment on function app_private.points_that_lapsed(uuid) is
  'How many points of a customer have expired without being spent or removed.';
revoke all on function app_private.points_that_lapsed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/points_that_lapsed.sql

--! Included functions/money/lapse_of_spent.sql
create or replace function app_private.lapse_of_spent(p_customer_id uuid, p_points integer) returns timestamptz
language sql stable security definer set search_path = '' as $$
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
$$;
comment on function app_private.lapse_of_spent(uuid, integer) is
  'When the newest of the next p_points points would have expired. Points that are given back expire then.';
revoke all on function app_private.lapse_of_spent(uuid, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/lapse_of_spent.sql

--! Included functions/money/expire_points.sql
create or replace function app_private.expire_points(p_customers integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer_id uuid;
  v_count integer := 0;
begin
  for v_customer_id in
    select c.id from public.customers c
    where c.loyalty_points > 0
      and c.id in (
        select t.customer_id from public.loyalty_points_transactions t
        where t.points > 0 and t.expires_at <= now())
      and app_private.points_that_lapsed(c.id) > 0
    order by c.id limit p_customers
  loop
    -- Counted again after locking.
    perform app_private.lock_customer(v_customer_id);
    perform app_private.move_points(v_customer_id, 'expired',
      -app_private.points_that_lapsed(v_customer_id), null, 'Expired points', null);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.expire_points(integer) is
  'Removes expired points, oldest first, of at most p_customers customers; returns of how many. Runs every day until it returns 0.';
revoke all on function app_private.expire_points(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.expire_points(integer) to ombaro_worker;
--! EndIncluded functions/money/expire_points.sql
create index loyalty_points_transactions_expires_at_idx
  on public.loyalty_points_transactions (expires_at) where points > 0;

/*
 * Tiers, by rupees spent in the last twelve months.
 */
--! Included functions/money/tier_of.sql
create or replace function app_private.tier_of(p_spent numeric) returns text
language sql stable security definer set search_path = '' as $$
  select case
    when p_spent >= app_private.setting('loyalty.tier_diamond')::numeric then 'diamond'
    when p_spent >= app_private.setting('loyalty.tier_platinum')::numeric then 'platinum'
    when p_spent >= app_private.setting('loyalty.tier_gold')::numeric then 'gold'
    else 'silver'
  end
$$;
comment on function app_private.tier_of(numeric) is 'The tier for this amount of rupees in twelve months.';
revoke all on function app_private.tier_of(numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/tier_of.sql

--! Included functions/money/spent_in_a_year.sql
create or replace function app_private.spent_in_a_year(p_customer_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce(sum(b.final_amount - b.refunded_amount), 0)
  from public.bookings b
  join public.commission_records c on c.booking_id = b.id
  where b.customer_id = p_customer_id and b.status = 'completed'
    and c.created_at > (now() at time zone 'Asia/Kolkata' - interval '12 months') at time zone 'Asia/Kolkata'
$$;
comment on function app_private.spent_in_a_year(uuid) is
  'Rupees of a customer''s bookings that were completed in the last twelve months, less later refunds.';
revoke all on function app_private.spent_in_a_year(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/spent_in_a_year.sql

--! Included functions/money/lower_tiers.sql
create or replace function app_private.lower_tiers(p_customers integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer_id uuid;
  v_count integer := 0;
begin
  for v_customer_id in
    select c.id from public.customers c
    where c.membership_tier <> 'silver'
      and c.membership_tier <> app_private.tier_of(app_private.spent_in_a_year(c.id))
    order by c.id limit p_customers
  loop
    perform app_private.lock_customer(v_customer_id);
    update public.customers c
    set membership_tier = t.tier
    from (select app_private.tier_of(app_private.spent_in_a_year(v_customer_id)) as tier) t
    where c.id = v_customer_id;
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.lower_tiers(integer) is
  'Lowers the tiers of customers who have recently spent less, at most p_customers; returns how many. Runs every day until it returns 0; a tier rises when a booking is completed.';
revoke all on function app_private.lower_tiers(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lower_tiers(integer) to ombaro_worker;
--! EndIncluded functions/money/lower_tiers.sql

--! split: 050-payments.sql
-- Payments, refunds and events of gateways. All money of a booking passes through the booking's own account:
-- payments come in, earnings and refunds go out.
--
-- The booking's row is locked to queue simultaneous changes of its money.

/*
 * Repeating a request repeats the answer.
 */
create table app_private.idempotency_keys (
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  key text not null constraint idempotency_keys_length check (length(key) between 8 and 200),
  request_hash bytea not null,
  result_id uuid,
  created_at timestamptz not null default now(),
  primary key (user_id, key)
);
alter table app_private.idempotency_keys enable row level security;
-- What the clean-up removes.
create index idempotency_keys_created_at_idx on app_private.idempotency_keys (created_at);
comment on table app_private.idempotency_keys is
  'Idempotency keys of requests that must not be repeated, with their results. Kept for the hours of the setting limits.idempotency_hours.';
comment on column app_private.idempotency_keys.user_id is 'User who sent the key.';
comment on column app_private.idempotency_keys.key is 'Chosen by the client, 8 to 200 characters.';
comment on column app_private.idempotency_keys.request_hash is 'SHA-256 of the request.';
comment on column app_private.idempotency_keys.result_id is 'Row that the request created or changed.';
comment on column app_private.idempotency_keys.created_at is 'When it was first sent.';
comment on constraint idempotency_keys_length on app_private.idempotency_keys is
  'Idempotency key must have 8 to 200 characters. Use a UUID, for example.';
insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('limits.idempotency_hours', 'limits', '48', 'integer', 24, 8760, false, 'Hours for which idempotency keys are kept, at least 24');

--! Included functions/money/replayed.sql
create or replace function app_private.replayed(p_key text, p_operation text, p_request jsonb) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_hash bytea := sha256(convert_to(p_operation || ' ' || p_request::text, 'UTF8'));
  v_known app_private.idempotency_keys;
begin
  if p_key is null then
    raise exception 'Idempotency key must have 8 to 64 characters. Send a new one, such as a UUID, for each request and the same one when you retry.'
      using errcode = 'OB020', column = 'idempotency_key';
  end if;
  -- Of two requests with one key at once the second waits here for the first.
  insert into app_private.idempotency_keys (user_id, key, request_hash)
  values (auth.uid(), p_key, v_hash)
  on conflict do nothing;
  if found then
    return null;
  end if;
  select * into strict v_known from app_private.idempotency_keys k
  where k.user_id = auth.uid() and k.key = p_key;
  if v_known.request_hash <> v_hash then
    raise exception 'This idempotency key was already used for another request. Use a new key.'
      using errcode = 'OB066', column = 'idempotency_key';
  end if;
  return v_known.result_id;
end
$$;
comment on function app_private.replayed(text, text, jsonb) is
  'Result of this request of the signed-in user the first time; null when this is the first time. Raises OB020 (no key) and OB066 (key of another request).';
revoke all on function app_private.replayed(text, text, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/replayed.sql

--! Included functions/money/remember_result.sql
create or replace function app_private.remember_result(p_key text, p_result_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  update app_private.idempotency_keys k set result_id = p_result_id
  where k.user_id = auth.uid() and k.key = p_key
$$;
comment on function app_private.remember_result(text, uuid) is
  'Records the result of the request with this key, to be repeated.';
revoke all on function app_private.remember_result(text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/remember_result.sql

/*
 * Amounts paid and due.
 */
create sequence app_private.payment_numbers;
alter table public.payments alter column transaction_id
  set default app_private.numbered('PAY', nextval('app_private.payment_numbers'), 8);

--! Included functions/money/amount_paid.sql
create or replace function app_private.amount_paid(p_booking_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce((
      select sum(p.total_amount) filter (where p.total_amount <> 'NaN') from public.payments p
      where p.booking_id = p_booking_id and p.status in ('success', 'partially_refunded', 'refunded')), 0)
    - coalesce((
      select sum(r.refund_amount) filter (where r.refund_amount <> 'NaN') from public.refunds r
      where r.booking_id = p_booking_id and r.status <> 'failed'), 0)
$$;
comment on function app_private.amount_paid(uuid) is
  'Rupees received for a booking, less refunds that are paid or on their way.';
revoke all on function app_private.amount_paid(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/amount_paid.sql

--! Included functions/money/move_charges.sql
create or replace function app_private.move_charges(p_booking_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce(sum(r.reschedule_charge), 0) from public.booking_reschedules r
  where r.booking_id = p_booking_id and r.status = 'approved'
$$;
comment on function app_private.move_charges(uuid) is 'Rupees that moving a booking has cost its customer so far.';
revoke all on function app_private.move_charges(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/move_charges.sql

--! Included functions/money/amount_agreed.sql
create or replace function app_private.amount_agreed(p_booking_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  select b.final_amount - b.refunded_amount + app_private.move_charges(b.id)
  from public.bookings b where b.id = p_booking_id
$$;
comment on function app_private.amount_agreed(uuid) is
  'Rupees that a booking costs: its price, less what was refunded after it was completed, and the charges for moving it.';
revoke all on function app_private.amount_agreed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/amount_agreed.sql

--! Included functions/money/amount_due.sql
create or replace function app_private.amount_due(p_booking_id uuid) returns numeric
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select case b.status
      -- It was paid when it was completed; later refunds are not due again.
      when 'completed' then 0
      when 'cancelled' then coalesce((
        select c.due_amount from public.booking_cancellations c where c.booking_id = b.id), 0)
      else greatest(0, app_private.amount_agreed(b.id) - app_private.amount_paid(b.id)) end
    from public.bookings b where b.id = p_booking_id);
end
$$;
comment on function app_private.amount_due(uuid) is
  'Rupees of a booking that are still to be paid; for a cancelled booking the unpaid part of the cancellation cost.';
revoke all on function app_private.amount_due(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/amount_due.sql

--! Included functions/money/bookings_amount_due.sql
create or replace function public.bookings_amount_due(booking public.bookings) returns numeric
language sql stable security definer set search_path = '' as $$
  select app_private.amount_due(booking.id)
$$;
comment on function public.bookings_amount_due(public.bookings) is
  'Rupees that are still to be paid, charges for moving the booking included; for a cancelled booking the unpaid part of the cancellation cost.';
revoke all on function public.bookings_amount_due(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.bookings_amount_due(public.bookings) to authenticated, staff;
--! EndIncluded functions/money/bookings_amount_due.sql

--! Included functions/money/note_payment_status.sql
create or replace function app_private.note_payment_status(p_booking_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_paid numeric := app_private.amount_paid(p_booking_id);
  v_agreed numeric := app_private.amount_agreed(p_booking_id);
begin
  update public.bookings b
  set payment_status = s.status
  from (
    select case
      when v_agreed <= 0 and exists (
        select from public.refunds r where r.booking_id = p_booking_id and r.status <> 'failed')
        then 'refunded'
      when v_paid > 0 and v_paid >= v_agreed then 'paid'
      when v_paid > 0 then 'partial'
      when exists (
        select from public.refunds r where r.booking_id = p_booking_id and r.status <> 'failed')
        then 'refunded'
      else 'pending'
    end as status
  ) s
  where b.id = p_booking_id and b.payment_status <> s.status;
end
$$;
comment on function app_private.note_payment_status(uuid) is
  'Brings the payment status of a booking in line with its payments and refunds.';
revoke all on function app_private.note_payment_status(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/note_payment_status.sql

alter table public.refunds add column is_borne_by_platform boolean not null default false;
comment on column public.refunds.is_borne_by_platform is
  'Whether the platform pays it out of its commission, because the booking had already been settled.';

/*
 * Refunds go back the way the money came, in proportion to the ways it was paid. Gateway payments go back
 * through the gateway and are on their way until it reports the result; everything else is back at once.
 */
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

--! Included functions/money/unearned.sql
create or replace function app_private.unearned(p_booking_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  select app_private.account_balance('booking', p_booking_id) - coalesce((
    select sum(r.refund_amount) from public.refunds r
    where r.booking_id = p_booking_id and r.status in ('pending', 'processing')
      and not r.is_borne_by_platform), 0)
$$;
comment on function app_private.unearned(uuid) is
  'Rupees that were paid for a booking and are neither earned, nor refunded, nor on their way back.';
revoke all on function app_private.unearned(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/unearned.sql

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
  'Returns an amount of a payment the way it came: wallet and points at once, cash into the wallet, gateway payments as a refund on its way. The platform pays what no longer lies with the booking. The booking must be locked, and the amount must be left of the payment.';
revoke all on function app_private.refund_of_payment(public.payments, numeric, text, text, uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/refund_of_payment.sql

--! Included functions/money/refundable.sql
create or replace function app_private.refundable(p_payment public.payments) returns numeric
language sql stable security definer set search_path = '' as $$
  select case when p_payment.status in ('success', 'partially_refunded', 'refunded')
    then p_payment.total_amount - coalesce((
      select sum(r.refund_amount) from public.refunds r
      where r.payment_id = p_payment.id and r.status <> 'failed'), 0)
    else 0 end
$$;
comment on function app_private.refundable(public.payments) is
  'Rupees of a payment that were received and are neither refunded nor on their way back.';
revoke all on function app_private.refundable(public.payments) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/refundable.sql

--! Included functions/money/pay_back.sql
create or replace function app_private.pay_back(
  p_booking_id uuid, p_amount numeric, p_type text, p_reason text, p_by uuid, p_decision_id uuid default null
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payment public.payments;
  v_all numeric;
  v_up_to numeric := 0;
  v_done numeric := 0;
  v_part numeric;
begin
  select coalesce(sum(app_private.refundable(p)), 0) into v_all
  from public.payments p where p.booking_id = p_booking_id;
  if p_amount > v_all then
    raise exception 'At most ₹% of the payments can be refunded. Enter a smaller amount.', v_all
      using errcode = 'OB068', column = 'amount';
  end if;
  -- Rounded as a running sum, so that the parts add up to the whole and none exceeds its payment.
  for v_payment in
    select * from public.payments p
    where p.booking_id = p_booking_id and app_private.refundable(p) > 0
    order by p.created_at, p.id
  loop
    exit when p_amount = 0;
    v_up_to := v_up_to + app_private.refundable(v_payment);
    v_part := round(p_amount * v_up_to / v_all, 2) - v_done;
    if v_part > 0 then
      perform app_private.refund_of_payment(v_payment, v_part, p_type, p_reason, p_by, p_decision_id);
      v_done := v_done + v_part;
    end if;
  end loop;
  perform app_private.note_payment_status(p_booking_id);
end
$$;
comment on function app_private.pay_back(uuid, numeric, text, text, uuid, uuid) is
  'Refunds an amount of what was paid for a booking, the ways it came and in proportion to them. The booking must be locked. Raises OB068.';
revoke all on function app_private.pay_back(uuid, numeric, text, text, uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/pay_back.sql

/*
 * Payments.
 */
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
    return 'received';
  end if;
  perform app_private.refund_of_payment(v_payment, v_excess,
    case when v_excess = p_amount then 'full' else 'partial' end,
    case when v_booking.status = 'cancelled' then 'The booking could no longer be paid'
      else 'More was paid than the booking costs' end,
    null);
  perform app_private.note_payment_status(v_booking.id);
  return 'returned';
end
$$;
comment on function app_private.payment_received(uuid, numeric, text) is
  'Records that an amount has arrived with a payment: it confirms the booking or pays its cancellation cost; what is left over, or all of it when the booking no longer exists, is returned. The booking must be locked. Returns received or returned.';
revoke all on function app_private.payment_received(uuid, numeric, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/payment_received.sql

--! Included functions/money/own_booking.sql
create or replace function app_private.own_booking(p_booking_id uuid) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_booking from public.bookings b
  where b.id = p_booking_id and b.customer_id = (select auth.uid())
  for no key update;
  if not found then
    raise exception 'You have no booking with this id. Check the id.' using errcode = 'OB003';
  end if;
  return v_booking;
end
$$;
comment on function app_private.own_booking(uuid) is
  'A booking of the signed-in customer, locked. Raises OB001, OB003.';
revoke all on function app_private.own_booking(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/own_booking.sql

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
    if start_payment.payment_method is null
      or start_payment.payment_method not in ('credit_card', 'debit_card', 'upi', 'net_banking', 'pay_later') then
      raise exception 'Payment method must be credit card, debit card, UPI, net banking or pay later.'
        using errcode = 'OB020', column = 'payment_method';
    end if;
    if coalesce(start_payment.payment_gateway, '') !~ '^[a-z][a-z0-9_]{1,49}$' then
      raise exception 'Payment gateway is required. Enter its name, such as razorpay.'
        using errcode = 'OB020', column = 'payment_gateway';
    end if;
    insert into public.payments
      (booking_id, customer_id, vendor_id, amount, total_amount, payment_method, payment_gateway)
    select v_booking.id, v_booking.customer_id, v_booking.vendor_id, a, a,
      start_payment.payment_method, start_payment.payment_gateway
    from app_private.payable(v_booking, start_payment.amount) a
    returning id into v_done;
    perform app_private.remember_result(start_payment.idempotency_key, v_done);
  end if;
  select * into strict v_payment from public.payments p where p.id = v_done;
  return v_payment;
end
$$;
comment on function public.start_payment(uuid, text, text, text, numeric) is
  'Starts a payment of your own booking through a gateway, for all that is due or for the given amount. Give the transactionId to the gateway with the order (Razorpay: as the transaction id in the notes); its webhook then reports the result. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB030 (cancelled, expired or paid), OB066 (key of another request), OB068 (more than is due).';
revoke all on function public.start_payment(uuid, text, text, text, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.start_payment(uuid, text, text, text, numeric) to authenticated;
--! EndIncluded functions/money/start_payment.sql

--! Included functions/money/pay_with_wallet.sql
create or replace function app_private.pay_with_wallet(p_booking public.bookings, p_amount numeric) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payment_id uuid;
begin
  insert into public.payments
    (booking_id, customer_id, vendor_id, amount, total_amount, payment_method)
  values (p_booking.id, p_booking.customer_id, p_booking.vendor_id, p_amount, p_amount, 'wallet')
  returning id into v_payment_id;
  perform app_private.move_wallet(p_booking.customer_id, 'debit', p_amount, 'booking', p_booking.id,
    p_booking.id, v_payment_id, 'Paid for ' || p_booking.booking_number);
  perform app_private.payment_received(v_payment_id, p_amount, null);
  return v_payment_id;
end
$$;
comment on function app_private.pay_with_wallet(public.bookings, numeric) is
  'Pays an amount of a booking from the customer''s wallet. Raises OB063.';
revoke all on function app_private.pay_with_wallet(public.bookings, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/pay_with_wallet.sql

--! Included functions/money/pay_with_points.sql
create or replace function app_private.pay_with_points(p_booking public.bookings, p_points integer) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_amount numeric := p_points * app_private.setting('loyalty.rupees_a_point_pays')::numeric;
  v_most numeric := p_booking.final_amount
    * app_private.setting('loyalty.maximum_percentage')::numeric / 100;
  v_payment_id uuid;
begin
  if p_points < 0 then
    raise exception 'Points must be greater than 0.' using errcode = 'OB020', column = 'points';
  end if;
  if v_amount > v_most then
    raise exception 'At most ₹% of this booking can be paid with points. Use fewer points.', trunc(v_most, 2)
      using errcode = 'OB064', column = 'points';
  end if;
  insert into public.payments
    (booking_id, customer_id, vendor_id, amount, total_amount, payment_method)
  values (p_booking.id, p_booking.customer_id, p_booking.vendor_id, v_amount, v_amount, 'points')
  returning id into v_payment_id;
  perform app_private.lock_customer(p_booking.customer_id);
  perform app_private.move_points(p_booking.customer_id, 'redeemed', -p_points, p_booking.id,
    'Paid for ' || p_booking.booking_number,
    app_private.lapse_of_spent(p_booking.customer_id, p_points));
  perform app_private.move_money('points', null, 'booking', p_booking.id, v_amount, p_booking.id, 'payment');
  perform app_private.payment_received(v_payment_id, v_amount, null);
end
$$;
comment on function app_private.pay_with_points(public.bookings, integer) is
  'Pays a part of a booking with points. Raises OB020, OB064 (not enough points, or more than points may pay).';
revoke all on function app_private.pay_with_points(public.bookings, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/pay_with_points.sql

--! Included functions/money/pay_from_wallet.sql
create or replace function public.pay_from_wallet(
  booking_id uuid, idempotency_key text, amount numeric default null
) returns public.payments
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_done uuid;
  v_payment public.payments;
begin
  v_booking := app_private.own_booking(pay_from_wallet.booking_id);
  perform app_private.require_number('amount', 'total', pay_from_wallet.amount);
  v_done := app_private.replayed(pay_from_wallet.idempotency_key, 'pay_from_wallet',
    jsonb_build_object('booking', pay_from_wallet.booking_id, 'amount', pay_from_wallet.amount));
  if v_done is null then
    v_done := app_private.pay_with_wallet(v_booking,
      app_private.payable(v_booking, pay_from_wallet.amount));
    perform app_private.remember_result(pay_from_wallet.idempotency_key, v_done);
  end if;
  select * into strict v_payment from public.payments p where p.id = v_done;
  return v_payment;
end
$$;
comment on function public.pay_from_wallet(uuid, text, numeric) is
  'Pays your own booking from your wallet, for all that is due or for the given amount. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB030 (cancelled, expired or paid), OB063 (not enough money), OB066 (key of another request), OB068 (more than is due).';
revoke all on function public.pay_from_wallet(uuid, text, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.pay_from_wallet(uuid, text, numeric) to authenticated;
--! EndIncluded functions/money/pay_from_wallet.sql

/*
 * Refunds by staff.
 */
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
  perform from public.bookings b where b.id = v_refund.booking_id for no key update;
  select * into strict v_refund from public.refunds r where r.id = p_refund_id;
  if v_refund.status not in ('pending', 'processing') then
    raise exception 'This refund has already ended: it is %. Reload it.', replace(v_refund.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  return v_refund;
end
$$;
comment on function app_private.require_refund(uuid) is
  'A refund that is on its way, locked with its booking, for a user who may decide on it. Raises OB001, OB002, OB003, OB030.';
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
  'Refunds a part of a payment, whatever the cancellation policy says. For a completed booking it can only return money that is still held for it, such as a refund that failed; use refundBooking for the rest. Needs the permission payments.approve and a reason. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (completed), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request), OB068 (more than is left of the payment).';
revoke all on function public.refund_payment(uuid, numeric, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.refund_payment(uuid, numeric, text, text) to staff;
--! EndIncluded functions/money/refund_payment.sql

--! Included functions/money/record_refund_paid.sql
create or replace function public.record_refund_paid(refund_id uuid, reference text) returns public.refunds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_refund public.refunds := app_private.require_refund(record_refund_paid.refund_id);
begin
  v_refund := app_private.finish_refund(v_refund.id,
    app_private.required_reason(record_refund_paid.reference, 'reference'), (select auth.uid()));
  perform app_private.note_payment_status(v_refund.booking_id);
  return v_refund;
end
$$;
comment on function public.record_refund_paid(uuid, text) is
  'Records that a refund through a gateway has arrived, with the gateway''s reference, where its webhook does not report it. Needs the permission payments.approve. Raises OB001, OB002, OB003, OB030 (not on its way), OB036 (no reference).';
revoke all on function public.record_refund_paid(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.record_refund_paid(uuid, text) to staff;
--! EndIncluded functions/money/record_refund_paid.sql

--! Included functions/money/refund_failed.sql
create or replace function app_private.refund_failed(p_refund public.refunds) returns public.refunds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_refund public.refunds;
begin
  update public.refunds r set status = 'failed' where r.id = p_refund.id returning * into v_refund;
  update public.booking_cancellations c set refund_status = 'failed' where c.booking_id = p_refund.booking_id;
  perform app_private.note_payment_status(p_refund.booking_id);
  return v_refund;
end
$$;
comment on function app_private.refund_failed(public.refunds) is
  'Records that a refund did not arrive. Its booking must be locked.';
revoke all on function app_private.refund_failed(public.refunds) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/refund_failed.sql

--! Included functions/money/record_refund_failed.sql
create or replace function public.record_refund_failed(refund_id uuid) returns public.refunds
language sql volatile security definer set search_path = '' as $$
  select app_private.refund_failed(app_private.require_refund(record_refund_failed.refund_id))
$$;
comment on function public.record_refund_failed(uuid) is
  'Records that a refund through a gateway did not arrive; refundPayment can try again. Needs the permission payments.approve. Raises OB001, OB002, OB003, OB030 (not on its way).';
revoke all on function public.record_refund_failed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.record_refund_failed(uuid) to staff;
--! EndIncluded functions/money/record_refund_failed.sql

/*
 * Events of gateways. They arrive twice, late and in any order; each continues from the present state, and an
 * event without anything new has no effect.
 */
create table app_private.payment_events (
  gateway text not null,
  event_id text not null,
  kind text not null,
  payment_id uuid references public.payments (id) on delete set null,
  event jsonb not null,
  outcome text not null,
  received_at timestamptz not null default now(),
  primary key (gateway, event_id)
);
alter table app_private.payment_events enable row level security;
create index payment_events_payment_id_idx on app_private.payment_events (payment_id);
comment on table app_private.payment_events is 'Events of payment gateways and their results.';
comment on column app_private.payment_events.gateway is 'Gateway of the event, such as razorpay.';
comment on column app_private.payment_events.event_id is 'The gateway''s own id of the event.';
comment on column app_private.payment_events.kind is 'What happened, such as payment.captured.';
comment on column app_private.payment_events.payment_id is 'Payment of the event; null when it is not known.';
comment on column app_private.payment_events.event is 'The event as it was read.';
comment on column app_private.payment_events.outcome is 'Result of the event.';
comment on column app_private.payment_events.received_at is 'When it was received.';

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
  perform from public.bookings b where b.id = v_payment.booking_id for no key update;
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
      (booking_id, customer_id, vendor_id, amount, total_amount, payment_method, payment_gateway,
        gateway_transaction_id)
    values (v_payment.booking_id, v_payment.customer_id, v_payment.vendor_id,
      (p_event ->> 'amount')::numeric, (p_event ->> 'amount')::numeric, v_payment.payment_method,
      p_gateway, p_event ->> 'paymentReference')
    returning * into v_payment;
  end if;
  return v_payment;
end
$$;
comment on function app_private.payment_of_event(text, text, jsonb) is
  'The payment of a gateway''s event, its booking locked: the one with the gateway''s reference, otherwise the one that requested it, or a new one where that is already paid by another; null when it is not known.';
revoke all on function app_private.payment_of_event(text, text, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/payment_of_event.sql

--! Included functions/money/refund_of_event.sql
create or replace function app_private.refund_of_event(p_payment_id uuid, p_event jsonb) returns public.refunds
language sql stable security definer set search_path = '' as $$
  select * from public.refunds r
  where r.payment_id = p_payment_id
    and (r.gateway_refund_id = p_event ->> 'refundReference'
      or (r.gateway_refund_id is null and r.id::text = p_event ->> 'refundId')
      -- A refund made at the gateway: for one that is waiting.
      or (r.gateway_refund_id is null and r.status = 'pending' and p_event ->> 'refundId' is null))
  order by r.gateway_refund_id is not distinct from p_event ->> 'refundReference' desc,
    r.refund_amount = (p_event ->> 'refundAmount')::numeric desc, r.created_at, r.id
  limit 1
$$;
comment on function app_private.refund_of_event(uuid, jsonb) is
  'The refund of a gateway''s event: the one with its reference or our id, otherwise one that is waiting; null for a refund that was made without us.';
revoke all on function app_private.refund_of_event(uuid, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/refund_of_event.sql

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
    v_refund.id := app_private.refund_of_payment(
      v_payment, v_amount, 'adjustment', 'Made at the payment gateway', null,
      app_private.refunded_elsewhere(v_payment.booking_id, v_amount));
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
  'Records that a gateway has refunded an amount of a payment: of the refund that it names or that is waiting, of a part of it, or without one of ours. The booking must be locked.';
revoke all on function app_private.refund_arrived(uuid, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/refund_arrived.sql

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
$$;
comment on function app_private.apply_payment_event(public.payments, text, jsonb) is
  'Applies an event to a payment. The booking must be locked.';
revoke all on function app_private.apply_payment_event(public.payments, text, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/apply_payment_event.sql

--! Included functions/money/receive_payment_event.sql
create or replace function app_private.receive_payment_event(
  p_gateway text, p_event_id text, p_kind text, p_event jsonb
) returns text
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function app_private.receive_payment_event(text, text, text, jsonb) is
  'Processes an event of a gateway once, in whatever order events arrive: kind is payment.authorized, payment.captured, payment.failed, refund.processed or refund.failed; the event is an object with transactionId or paymentReference, amount in rupees, and for refunds refundReference, refundAmount and, if it is ours, refundId. Returns the result.';
revoke all on function app_private.receive_payment_event(text, text, text, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.receive_payment_event(text, text, text, jsonb) to ombaro_api;
--! EndIncluded functions/money/receive_payment_event.sql

--! split: 060-booking-life.sql
-- The life of a booking: its states, its terms, and who may act on it.

alter table public.bookings
  add column expires_at timestamptz,
  add column status_reason text,
  add column package_id uuid references public.service_packages (id) on delete restrict,
  add column needs_provider_since timestamptz,
  add constraint bookings_need_provider_when_confirmed
    check (needs_provider_since is null or status = 'confirmed'),
  add column is_attested boolean,
  add constraint bookings_attested_once_begun check (is_attested is null or status in ('in_progress', 'completed')),
  add constraint bookings_only_pending_ones_lapse check (expires_at is null or status in ('pending', 'cancelled'));
create index bookings_package_id_idx on public.bookings (package_id) where package_id is not null;
-- Bookings that need another provider.
create index bookings_needs_provider_since_idx on public.bookings (needs_provider_since, id)
  where needs_provider_since is not null;
-- What the clean-up looks for.
create index bookings_expires_at_idx on public.bookings (expires_at) where status = 'pending' and expires_at is not null;
comment on column public.bookings.expires_at is
  'When the booking expires unless a payment confirms it; null once it is confirmed.';
comment on column public.bookings.status_reason is
  'Why the booking last changed its state or time; null when not given.';
comment on column public.bookings.needs_provider_since is
  'Since when the booking has been waiting for another provider because its own is no longer available; null otherwise.';
comment on column public.bookings.package_id is 'Package of the booking; null for single services.';
comment on column public.bookings.is_attested is
  'Whether the service was started with the customer''s start code; false where a manager started it with a reason; null before the start.';

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('policy.no_show_grace_minutes', 'policy', '15', 'integer', 0, 1440, true, 'Minutes after the start of a booking before which a no-show cannot be reported'),
  ('policy.no_show_dispute_hours', 'policy', '24', 'integer', 0, 720, true, 'Hours in which a customer can dispute a no-show; until then no money moves'),
  ('policy.refund_shared_percentage', 'policy', '50', 'number', 0, 100, false, 'Percentage of a shared refund after completion that the vendor bears'),
  ('booking.start_early_minutes', 'booking', '15', 'integer', 0, 1440, true, 'Minutes before its time from which a service can be started'),
  ('booking.start_code_attempts', 'booking', '5', 'integer', 1, 100, false, 'Wrong start codes that a booking allows'),
  ('booking.complete_after_percentage', 'booking', '50', 'number', 0, 100, true, 'Percentage of the agreed time that must pass before a service can be completed'),
  ('booking.complete_within_minutes', 'booking', '120', 'integer', 0, 1440, true, 'Minutes after its agreed end until which a service can be completed without a reason'),
  ('commission.unattested_days', 'commission', '7', 'integer', 0, 90, false, 'Days by which the payout of a service without a start code is delayed');

/*
 * The terms agreed with the customer. Settings change; agreed terms do not.
 */
create table public.booking_terms (
  booking_id uuid primary key references public.bookings (id) on delete cascade,
  gst_percentage numeric(5, 2) not null,
  reschedule_free_hours integer not null check (reschedule_free_hours >= 0),
  reschedule_fee numeric(10, 2) not null,
  reschedule_maximum integer not null check (reschedule_maximum >= 0),
  cancel_free_hours integer not null check (cancel_free_hours >= 0),
  late_cancel_fee_percentage numeric(5, 2) not null,
  no_show_grace_minutes integer not null check (no_show_grace_minutes >= 0),
  no_show_dispute_hours integer not null check (no_show_dispute_hours >= 0)
);
alter table public.booking_terms enable row level security;
select app_private.limit_numbers('public.booking_terms', '{
  "gst_percentage": "rate", "reschedule_fee": "amount", "late_cancel_fee_percentage": "rate"
}');
comment on table public.booking_terms is
  'Terms of a booking, copied when it was made. An imported booking without terms uses the settings.';
comment on column public.booking_terms.booking_id is 'Booking of these terms.';
comment on column public.booking_terms.gst_percentage is 'Percentage of GST in its price.';
comment on column public.booking_terms.reschedule_free_hours is 'Hours before the start until which moving the booking is free.';
comment on column public.booking_terms.reschedule_fee is 'Rupees for moving the booking later than that.';
comment on column public.booking_terms.reschedule_maximum is 'How often the customer can move the booking.';
comment on column public.booking_terms.cancel_free_hours is 'Hours before the start until which cancelling is free.';
comment on column public.booking_terms.late_cancel_fee_percentage is
  'Percentage of the price that a later cancellation costs.';
comment on column public.booking_terms.no_show_grace_minutes is
  'Minutes after the start before which a no-show of the customer cannot be reported.';
comment on column public.booking_terms.no_show_dispute_hours is
  'Hours during which the customer can dispute a no-show; until then no money moves.';
create policy select_party on public.booking_terms for select to authenticated
  using (exists (select from public.bookings b where b.id = booking_id));
create policy select_staff on public.booking_terms for select to staff
  using (exists (select from public.bookings b where b.id = booking_id));
grant select on public.booking_terms to authenticated, staff;

--! Included functions/booking/terms_of_today.sql
create or replace function app_private.terms_of_today() returns public.booking_terms
language sql stable security definer set search_path = '' as $$
  select
    null::uuid,
    app_private.tax_percentage('gst', app_private.today()),
    app_private.setting('policy.reschedule_free_hours')::integer,
    app_private.setting('policy.reschedule_fee')::numeric,
    app_private.setting('policy.reschedule_maximum')::integer,
    app_private.setting('policy.cancel_free_hours')::integer,
    app_private.setting('policy.late_cancel_fee_percentage')::numeric,
    app_private.setting('policy.no_show_grace_minutes')::integer,
    app_private.setting('policy.no_show_dispute_hours')::integer
$$;
comment on function app_private.terms_of_today() is 'The terms of a booking that is made now.';
revoke all on function app_private.terms_of_today() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/terms_of_today.sql

--! Included functions/booking/terms_of.sql
create or replace function app_private.terms_of(p_booking_id uuid) returns public.booking_terms
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select t from public.booking_terms t where t.booking_id = p_booking_id),
    app_private.terms_of_today())
$$;
comment on function app_private.terms_of(uuid) is
  'The terms of a booking; today''s terms for a booking without its own.';
revoke all on function app_private.terms_of(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/terms_of.sql

/*
 * The states as data: a change that is not listed here is impossible, by whatever code the row is written.
 */
create table app_private.booking_transitions (
  from_status text not null references enums.booking_status,
  to_status text not null references enums.booking_status,
  primary key (from_status, to_status)
);
alter table app_private.booking_transitions enable row level security;
comment on table app_private.booking_transitions is
  'Allowed changes of a booking''s state. A move to another time is not among them: see tg_bookings__transition.';
comment on column app_private.booking_transitions.from_status is 'State before.';
comment on column app_private.booking_transitions.to_status is 'State after.';
insert into app_private.booking_transitions values
  ('pending', 'confirmed'), ('confirmed', 'assigned'), ('assigned', 'in_progress'),
  ('in_progress', 'completed'),
  -- Its provider is no longer available.
  ('assigned', 'confirmed'),
  ('pending', 'cancelled'), ('confirmed', 'cancelled'), ('assigned', 'cancelled');

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
create trigger _200_transition before update of status, booking_date, booking_time, time_zone
  on public.bookings
  for each row execute function app_private.tg_bookings__transition();

--! Included functions/booking/tg_bookings__history.sql
create or replace function app_private.tg_bookings__history() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_by uuid := (select p.id from public.user_profiles p where p.id = auth.uid());
begin
  if (new.booking_date, new.booking_time, new.time_zone)
    <> (old.booking_date, old.booking_time, old.time_zone) then
    insert into public.booking_status_history
      (booking_id, from_status, to_status, changed_by, reason, metadata, created_at)
    values
      (new.id, old.status, 'rescheduled', v_by, new.status_reason,
        jsonb_build_object('from', old.starts_at, 'to', new.starts_at), clock_timestamp()),
      -- A moment later, so that the order is recognisable.
      (new.id, 'rescheduled', new.status, v_by, new.status_reason, '{}',
        clock_timestamp() + interval '1 microsecond');
  elsif new.status <> old.status then
    insert into public.booking_status_history
      (booking_id, from_status, to_status, changed_by, reason, created_at)
    values (new.id, old.status, new.status, v_by, new.status_reason, clock_timestamp());
  end if;
  return null;
end
$$;
comment on function app_private.tg_bookings__history() is
  'Writes every change of state into the history, with user and reason; a move to another time as two rows, with rescheduled between them.';
revoke all on function app_private.tg_bookings__history() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tg_bookings__history.sql
create trigger _400_history after update of status, booking_date, booking_time, time_zone
  on public.bookings
  for each row execute function app_private.tg_bookings__history();

/*
 * Allowed next states of an assignment.
 */
create table app_private.assignment_transitions (
  provider_kind text not null references enums.provider_kind,
  from_status text not null references enums.assignment_status,
  to_status text not null references enums.assignment_status,
  only_at_vendor boolean not null default false,
  primary key (provider_kind, from_status, to_status)
);
alter table app_private.assignment_transitions enable row level security;
comment on table app_private.assignment_transitions is
  'Allowed changes of an assignment''s state. Therapists acknowledge, travel and arrive; where there is no travel, these steps are left out.';
comment on column app_private.assignment_transitions.provider_kind is 'Kind of provider.';
comment on column app_private.assignment_transitions.from_status is 'State before.';
comment on column app_private.assignment_transitions.to_status is 'State after.';
comment on column app_private.assignment_transitions.only_at_vendor is
  'Whether the step is only allowed where the customer comes to the vendor.';
insert into app_private.assignment_transitions values
  ('therapist', 'assigned', 'acknowledged', false),
  ('therapist', 'acknowledged', 'in_transit', false),
  ('therapist', 'in_transit', 'reached', false),
  ('therapist', 'reached', 'in_progress', false),
  ('therapist', 'acknowledged', 'in_progress', true),
  ('therapist', 'in_progress', 'completed', false),
  ('therapist', 'assigned', 'cancelled', false),
  ('therapist', 'acknowledged', 'cancelled', false),
  ('therapist', 'in_transit', 'cancelled', false),
  ('therapist', 'reached', 'cancelled', false),
  ('beautician', 'assigned', 'in_progress', false),
  ('beautician', 'in_progress', 'completed', false),
  ('beautician', 'assigned', 'cancelled', false);

--! Included functions/booking/tg__assignment_transition.sql
create or replace function app_private.tg__assignment_transition() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (
    select from app_private.assignment_transitions t
    where t.provider_kind = tg_argv[0] and t.from_status = old.status and t.to_status = new.status
      and (not t.only_at_vendor or exists (
        select from public.bookings b where b.id = new.booking_id and b.booking_type = 'spa_visit'))
  ) then
    raise exception 'An assignment that is % cannot become %. Reload the booking to see its present state.',
      replace(old.status, '_', ' '), replace(new.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  return new;
end
$$;
comment on function app_private.tg__assignment_transition() is
  'Refuses with OB030 every change of state that is not in assignment_transitions for the kind of provider in its argument, and a step that was already taken.';
revoke all on function app_private.tg__assignment_transition() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tg__assignment_transition.sql
create trigger _210_transition before update of status on public.therapist_assignments
  for each row execute function app_private.tg__assignment_transition('therapist');
create trigger _210_transition before update of status on public.beautician_assignments
  for each row execute function app_private.tg__assignment_transition('beautician');

/*
 * Roles in a booking.
 */
--! Included functions/booking/roles_in_booking.sql
create or replace function app_private.roles_in_booking(p_booking public.bookings) returns text[]
language plpgsql stable security definer set search_path = '' as $$
begin
  if app_private.is_staff((select auth.uid())) then
    return case when app_private.has_permission('bookings.read') then '{admin}' else '{}' end::text[];
  end if;
  return array_remove(array[
    case when p_booking.customer_id = (select auth.uid()) then 'customer' end,
    case when p_booking.vendor_id = any (app_private.my_vendor_ids('bookings')) then 'vendor' end,
    case when p_booking.id = any (app_private.my_assigned_booking_ids()) then 'therapist' end
  ], null);
end
$$;
comment on function app_private.roles_in_booking(public.bookings) is
  'Roles of the signed-in user in a booking: customer, vendor, therapist (its provider of either kind), or admin (staff of the platform who may see it and have no other role in it).';
revoke all on function app_private.roles_in_booking(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/roles_in_booking.sql

--! Included functions/booking/acting_role.sql
create or replace function app_private.acting_role(p_booking public.bookings, p_roles text[]) returns text
language sql stable security definer set search_path = '' as $$
  select r from unnest(p_roles) with ordinality w (r, place)
  where r = any (app_private.roles_in_booking(p_booking))
  order by place limit 1
$$;
comment on function app_private.acting_role(public.bookings, text[]) is
  'The first of these roles that the signed-in user has in a booking; null for none.';
revoke all on function app_private.acting_role(public.bookings, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/acting_role.sql

--! Included functions/booking/act_on_booking.sql
create or replace function app_private.act_on_booking(p_booking_id uuid, p_roles text[]) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_role text;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_booking from public.bookings b where b.id = p_booking_id for no key update;
  if not found or app_private.roles_in_booking(v_booking) = '{}' then
    raise exception 'The booking was not found, or you may not see it. Check the id.' using errcode = 'OB003';
  end if;
  v_role := app_private.acting_role(v_booking, p_roles);
  if v_role is null or (v_role = 'admin' and not app_private.has_permission('bookings.update')) then
    raise exception 'You are not allowed to do this with this booking. Ask the customer, the vendor or customer care to do it.'
      using errcode = 'OB002';
  end if;
  return v_booking;
end
$$;
comment on function app_private.act_on_booking(uuid, text[]) is
  'A booking, locked, for a user who has one of these roles in it. Raises OB001, OB002 (may see it but not do this), OB003.';
revoke all on function app_private.act_on_booking(uuid, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/act_on_booking.sql

/*
 * Cleaning up.
 */
--! Included functions/booking/release_provider.sql
create or replace function app_private.release_provider(p_booking_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  delete from app_private.provider_reservations r where r.booking_id = p_booking_id
$$;
comment on function app_private.release_provider(uuid) is 'Releases the reservation of a booking.';
revoke all on function app_private.release_provider(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/release_provider.sql

--! Included functions/booking/cancel_assignments.sql
create or replace function app_private.cancel_assignments(p_booking_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  update public.therapist_assignments a set status = 'cancelled'
  where a.booking_id = p_booking_id and a.status not in ('cancelled', 'completed');
  update public.beautician_assignments a set status = 'cancelled'
  where a.booking_id = p_booking_id and a.status not in ('cancelled', 'completed');
$$;
comment on function app_private.cancel_assignments(uuid) is 'Cancels the live assignments of a booking.';
revoke all on function app_private.cancel_assignments(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/cancel_assignments.sql

--! Included functions/booking/drop_unfinished_payments.sql
create or replace function app_private.drop_unfinished_payments(p_booking_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  -- Payments at a gateway may still arrive; they are then refunded.
  update public.payments p set status = 'failed'
  where p.booking_id = p_booking_id and p.status = 'pending' and p.payment_method = 'cash'
$$;
comment on function app_private.drop_unfinished_payments(uuid) is
  'Ends cash payments that will not be collected any more.';
revoke all on function app_private.drop_unfinished_payments(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/drop_unfinished_payments.sql

--! Included functions/booking/lapse_booking.sql
create or replace function app_private.lapse_booking(p_booking_id uuid, p_reason text default 'The booking was not paid in time')
returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.bookings b
  set status = 'cancelled', cancelled_at = now(), cancellation_reason = p_reason, status_reason = p_reason
  where b.id = p_booking_id and b.status = 'pending';
  perform app_private.release_provider(p_booking_id);
  perform app_private.drop_unfinished_payments(p_booking_id);
end
$$;
comment on function app_private.lapse_booking(uuid, text) is
  'Cancels a booking that was not paid, was not paid in time, or lost its provider before it was paid. It must be locked.';
revoke all on function app_private.lapse_booking(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/lapse_booking.sql

--! Included functions/booking/confirm_paid.sql
create or replace function app_private.confirm_paid(p_booking_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
begin
  select * into strict v_booking from public.bookings b where b.id = p_booking_id;
  if v_booking.status <> 'pending' then
    return;
  end if;
  -- The reservation becomes permanent, unless it has expired and was removed.
  update app_private.provider_reservations r set expires_at = null
  where r.booking_id = p_booking_id and (r.expires_at is null or r.expires_at > clock_timestamp());
  if found or v_booking.expires_at is null then
    update public.bookings b set status = 'confirmed', status_reason = null where b.id = p_booking_id;
  else
    perform app_private.lapse_booking(p_booking_id);
  end if;
end
$$;
comment on function app_private.confirm_paid(uuid) is
  'Applies the first payment, or the choice of cash: it confirms the booking or finds that it has expired. The booking must be locked.';
revoke all on function app_private.confirm_paid(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/confirm_paid.sql

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
  return v_count;
end
$$;
comment on function app_private.lapse_bookings(integer) is
  'Cancels bookings that were not paid in time, at most p_bookings, and removes expired holds and old idempotency keys; returns how many bookings. Nothing depends on its timing: expired reservations have no effect anyway. Runs every minute.';
revoke all on function app_private.lapse_bookings(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lapse_bookings(integer) to ombaro_worker;
--! EndIncluded functions/booking/lapse_bookings.sql

/*
 * The start code: the customer's proof that the provider has arrived. It is in a table of its own, which only
 * the customer reads, and is deleted once it is no longer needed.
 */
create table public.booking_start_codes (
  booking_id uuid primary key references public.bookings (id) on delete cascade,
  code text not null constraint booking_start_codes_four_digits check (code ~ '^[0-9]{4}$'),
  wrong_attempts integer not null default 0 check (wrong_attempts >= 0)
);
alter table public.booking_start_codes enable row level security;
comment on table public.booking_start_codes is
  'Start codes of coming bookings. The customer tells the code to the provider, who starts the service with it.';
comment on constraint booking_start_codes_four_digits on public.booking_start_codes is
  'Code must have 4 digits.';
comment on column public.booking_start_codes.booking_id is 'Booking of the code.';
comment on column public.booking_start_codes.code is 'The code: four digits.';
comment on column public.booking_start_codes.wrong_attempts is 'How often a wrong code was tried.';
create policy select_own on public.booking_start_codes for select to authenticated
  using (exists (
    select from public.bookings b where b.id = booking_id and b.customer_id = (select auth.uid())));
create policy select_own_staff on public.booking_start_codes for select to staff
  using (exists (
    select from public.bookings b where b.id = booking_id and b.customer_id = (select auth.uid())));
-- Withheld: every write. A booking gets its code from a trigger, and start_service counts attempts.
grant select on public.booking_start_codes to authenticated, staff;

--! Included functions/booking/random_start_code.sql
create or replace function app_private.random_start_code() returns text
language sql volatile set search_path = '' as $$
  -- The first 32 bits of a random uuid come from the server's cryptographic source.
  select lpad((('x' || left(gen_random_uuid()::text, 8))::bit(32)::bigint % 10000)::text, 4, '0')
$$;
comment on function app_private.random_start_code() is 'Four random digits, from a cryptographic source.';
revoke all on function app_private.random_start_code() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/random_start_code.sql

--! Included functions/booking/tg_bookings__start_code.sql
create or replace function app_private.tg_bookings__start_code() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    delete from public.booking_start_codes c where c.booking_id = new.id;
  else
    insert into public.booking_start_codes (booking_id, code)
    values (new.id, app_private.random_start_code());
  end if;
  return null;
end
$$;
comment on function app_private.tg_bookings__start_code() is
  'Gives a new booking its start code, and removes it once the service has begun or the booking is cancelled.';
revoke all on function app_private.tg_bookings__start_code() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tg_bookings__start_code.sql
create trigger _450_start_code after insert on public.bookings
  for each row when (new.status in ('pending', 'confirmed', 'assigned'))
  execute function app_private.tg_bookings__start_code();
create trigger _450_start_code_used after update of status on public.bookings
  for each row when (new.status <> old.status and new.status in ('in_progress', 'completed', 'cancelled'))
  execute function app_private.tg_bookings__start_code();
-- Bookings that existed before.
insert into public.booking_start_codes (booking_id, code)
select b.id, app_private.random_start_code() from public.bookings b
where b.status in ('pending', 'confirmed', 'assigned');

--! Included functions/booking/bookings_start_code.sql
create or replace function public.bookings_start_code(booking public.bookings) returns text
language sql stable set search_path = '' as $$
  select c.code from public.booking_start_codes c where c.booking_id = booking.id
$$;
comment on function public.bookings_start_code(public.bookings) is
  'The four digits that the customer tells the provider when the service begins; null for all others and once it has begun.';
revoke all on function public.bookings_start_code(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.bookings_start_code(public.bookings) to authenticated, staff;
--! EndIncluded functions/booking/bookings_start_code.sql

--! Included functions/booking/customer_booking_fields.sql
-- Only the customer's confirmation contains the code: the fields of other recipients do not have it.
create or replace function app_private.customer_booking_fields(p_booking public.bookings) returns jsonb
language sql stable security definer set search_path = '' as $$
  select app_private.booking_fields(p_booking) || jsonb_build_object('start_code', (
    select c.code from public.booking_start_codes c where c.booking_id = p_booking.id))
$$;
comment on function app_private.customer_booking_fields(public.bookings) is
  'Fields of a booking for templates to its customer: those for everyone, and the start code.';
revoke all on function app_private.customer_booking_fields(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/customer_booking_fields.sql

--! Included functions/messages/notify_booking.sql
create or replace function app_private.notify_booking(p_booking public.bookings, p_type text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_fields jsonb := app_private.booking_fields(p_booking);
  v_data jsonb := jsonb_build_object('screen', 'booking', 'bookingId', p_booking.id);
begin
  perform app_private.notify(p_booking.customer_id, 'customer', p_type,
    app_private.customer_booking_fields(p_booking), v_data);
  perform app_private.notify(u, 'vendor', p_type, v_fields, v_data)
    from app_private.vendor_desk(p_booking.vendor_id) u;
  if p_type <> 'booking_created' and p_type <> 'booking_confirmed' then
    perform app_private.notify(u, 'provider', p_type, v_fields, v_data)
      from app_private.booking_providers(p_booking.id) u;
  end if;
end
$$;
comment on function app_private.notify_booking(public.bookings, text) is
  'Notifies customer, vendor and provider of what happened to a booking.';
revoke all on function app_private.notify_booking(public.bookings, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/notify_booking.sql
--! Included templates/booking_confirmed.sql
-- A booking was confirmed.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('booking_confirmed', 'customer', 'en',
    'Booking {{booking_number}} is confirmed',
    '{{service}} at {{vendor}} on {{date}} at {{time}}. When the service begins, tell your provider the code {{start_code}}.',
    '{push,in_app,sms,email}', 'high', '/bookings/{{booking_id}}'),
  ('booking_confirmed', 'vendor', 'en',
    'Booking {{booking_number}} is confirmed',
    '{{service}} on {{date}} at {{time}}. Please assign a provider.',
    '{push,in_app}', 'high', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/booking_confirmed.sql

--! Included functions/booking/belongs_to_vendor.sql
create or replace function app_private.belongs_to_vendor(p_vendor_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select p_vendor_id = any (app_private.my_vendor_ids('member'))
    or exists (
      select from public.providers p
      left join public.therapists t on t.id = p.therapist_id
      left join public.beauticians k on k.id = p.beautician_id
      where p.vendor_id = p_vendor_id and coalesce(t.user_id, k.user_id) = (select auth.uid()))
$$;
comment on function app_private.belongs_to_vendor(uuid) is
  'Whether the signed-in user owns this vendor, works for it or is one of its providers.';
revoke all on function app_private.belongs_to_vendor(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/belongs_to_vendor.sql

--! Included functions/booking/require_unrelated.sql
create or replace function app_private.require_unrelated(p_booking public.bookings) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_booking.customer_id = (select auth.uid()) or app_private.belongs_to_vendor(p_booking.vendor_id) then
    raise exception 'This booking is your own, or belongs to your business. Leave this to someone else.'
      using errcode = 'OB031';
  end if;
end
$$;
comment on function app_private.require_unrelated(public.bookings) is
  'Raises OB031 where the signed-in user is the customer of a booking or belongs to its vendor.';
revoke all on function app_private.require_unrelated(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/require_unrelated.sql

--! split: 070-hold-and-confirm.sql
-- From a slot to a booking: hold, then confirm.

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('booking.maximum_holds', 'booking', '3', 'integer', 1, 50, true, 'Slots that a customer can hold at a time');

create type app_private.priced_item as (
  service_id uuid, name text, minutes integer, price numeric, quantity integer, addons jsonb, subtotal numeric
);
comment on type app_private.priced_item is
  'One service as it is booked: minutes and rupees of the service once, its add-ons, and rupees of all of it.';

--! Included functions/booking/price_items.sql
create or replace function app_private.price_items(p_vendor_id uuid, p_service_ids uuid[], p_addon_ids uuid[])
returns setof app_private.priced_item
language plpgsql stable security definer set search_path = '' as $$
declare
  v_addons jsonb;
  v_addon_price numeric;
  v_count integer;
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
    select s.id, s.name, coalesce(o.custom_duration, s.duration),
      coalesce(o.custom_price, s.discounted_price, s.base_price), w.quantity,
      case when w.place = 1 then v_addons else '[]' end,
      coalesce(o.custom_price, s.discounted_price, s.base_price) * w.quantity
        + case when w.place = 1 then v_addon_price else 0 end
    from (
      select u.id, count(*)::integer as quantity, row_number() over (order by min(u.position)) as place
      from unnest(p_service_ids) with ordinality u (id, position)
      group by u.id
    ) w
    join public.vendor_services o
      on o.vendor_id = p_vendor_id and o.service_id = w.id and o.is_available
    join public.services s on s.id = w.id and s.is_active
    order by w.place;
  get diagnostics v_count = row_count;
  if v_count <> (select count(distinct id) from unnest(p_service_ids) u (id)) then
    raise exception 'This vendor does not offer all of these services. Choose other services.'
      using errcode = 'OB062', column = 'service_ids';
  end if;
end
$$;
comment on function app_private.price_items(uuid, uuid[], uuid[]) is
  'Price and duration of these services and add-ons at a vendor today. A service that is named twice is performed twice; add-ons belong to the first service. Raises OB020, OB062 (not offered).';
revoke all on function app_private.price_items(uuid, uuid[], uuid[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/price_items.sql

create type app_private.price as (
  minutes integer, total_amount numeric, discount_amount numeric, service_charge numeric,
  tax_amount numeric, final_amount numeric
);
comment on type app_private.price is 'Duration and price of a booking, part by part.';

--! Included functions/booking/price_of.sql
create or replace function app_private.price_of(
  p_vendor_id uuid, p_service_ids uuid[], p_addon_ids uuid[], p_package_id uuid,
  p_booking_type text, p_pincode text
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
  v_price.service_charge := app_private.setting('booking.service_charge')::numeric;
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
comment on function app_private.price_of(uuid, uuid[], uuid[], uuid, text, text) is
  'The price today: items and add-ons, less the discount of a package, plus the service charge with the charge for this postal code, plus GST on all of it. Raises OB020, OB062.';
revoke all on function app_private.price_of(uuid, uuid[], uuid[], uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/price_of.sql

--! Included functions/booking/require_customer.sql
create or replace function app_private.require_customer() returns public.customers
language plpgsql stable security definer set search_path = '' as $$
declare
  v_customer public.customers;
  v_born date;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_customer from public.customers c where c.id = (select auth.uid());
  if not found then
    raise exception 'You have no customer profile yet. Create one first.' using errcode = 'OB037';
  end if;
  select p.date_of_birth into v_born from public.user_profiles p where p.id = v_customer.id;
  if v_born is null then
    raise exception 'Your date of birth is missing. Enter it in your profile first.' using errcode = 'OB037';
  end if;
  if v_born + app_private.setting('booking.minimum_age')::integer * interval '1 year' > app_private.today() then
    raise exception 'You must be at least % years old to book. Ask an adult to book for you.',
      app_private.setting('booking.minimum_age')
      using errcode = 'OB065';
  end if;
  return v_customer;
end
$$;
comment on function app_private.require_customer() is
  'The signed-in customer, who must be old enough to book. Raises OB001, OB037 (no customer profile, or no date of birth), OB065 (too young).';
revoke all on function app_private.require_customer() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/require_customer.sql

--! Included functions/booking/qualified_providers.sql
create or replace function app_private.qualified_providers(
  p_vendor_id uuid, p_service_ids uuid[], p_booking_type text
) returns setof uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_services uuid[] := array(select distinct id from unnest(p_service_ids) w (id));
begin
  return query
    select p.id
    from public.providers p
    where p.vendor_id = p_vendor_id and p.is_listed
      and (p.kind = 'therapist' or p_booking_type = 'spa_visit')
      and cardinality(v_services) = (
        select count(*) from (
          select from public.therapist_services q
          where q.therapist_id = p.therapist_id and q.service_id = any (v_services) and q.is_active
          union all
          select from public.beautician_services q
          where q.beautician_id = p.beautician_id and q.service_id = any (v_services) and q.is_active
        ) known);
end
$$;
comment on function app_private.qualified_providers(uuid, uuid[], text) is
  'Providers of a vendor who can be booked and perform all of these services at such a place. Beauticians serve only in the salon.';
revoke all on function app_private.qualified_providers(uuid, uuid[], text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/qualified_providers.sql

--! Included functions/booking/place_of.sql
create or replace function app_private.place_of(
  p_vendor_id uuid, p_booking_type text, p_address_id uuid
) returns app_private.place
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select row(false, a.latitude, a.longitude)::app_private.place
     from public.customer_addresses a where a.id = p_address_id and p_booking_type <> 'spa_visit'),
    (select row(true, v.latitude, v.longitude)::app_private.place
     from public.vendors v where v.id = p_vendor_id))
$$;
comment on function app_private.place_of(uuid, text, uuid) is
  'Place of a booking: this address, or without one the vendor''s premises.';
revoke all on function app_private.place_of(uuid, text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/place_of.sql

--! Included functions/booking/require_bookable.sql
create or replace function app_private.require_bookable(p_vendor_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_vendor public.vendors;
begin
  select * into v_vendor from public.vendors v where v.id = p_vendor_id and v.is_listed;
  if not found then
    raise exception 'The vendor was not found, or it is not listed. Check the id.'
      using errcode = 'OB003', column = 'vendor_id';
  end if;
  if not v_vendor.takes_bookings then
    raise exception 'This vendor does not take bookings at present. Choose another vendor.'
      using errcode = 'OB062', column = 'vendor_id';
  end if;
end
$$;
comment on function app_private.require_bookable(uuid) is
  'Refuses a vendor that cannot be booked. Raises OB003 (not listed), OB062 (paused).';
revoke all on function app_private.require_bookable(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/require_bookable.sql

--! Included functions/booking/hold_slot.sql
create or replace function public.hold_slot(
  vendor_id uuid, provider_id uuid, starts_at timestamptz, idempotency_key text,
  service_ids uuid[] default null, addon_ids uuid[] default null, package_id uuid default null,
  booking_type text default 'spa_visit', address_id uuid default null
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
    'package', hold_slot.package_id, 'type', hold_slot.booking_type, 'address', hold_slot.address_id));
  if v_done is not null then
    select * into strict v_hold from public.booking_holds h where h.id = v_done;
    return v_hold;
  end if;

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
      address_id, starts_at, duration_minutes, expires_at)
  values (v_customer.id, hold_slot.vendor_id, hold_slot.provider_id, hold_slot.booking_type, v_services,
    v_addons, hold_slot.package_id, hold_slot.address_id, hold_slot.starts_at, v_minutes,
    clock_timestamp() + app_private.setting('booking.hold_minutes')::integer * interval '1 minute')
  returning * into v_hold;
  perform app_private.reserve_provider(v_hold.provider_id, v_hold.starts_at, v_minutes,
    app_private.place_of(v_hold.vendor_id, v_hold.booking_type, v_hold.address_id),
    v_hold.id, null, v_hold.expires_at);
  -- Checked again after locking the provider: a vendor that stops taking bookings takes those locks.
  perform app_private.require_bookable(v_hold.vendor_id);

  -- One customer cannot block a vendor's day. Counted after locking the customer.
  perform app_private.lock_customer(v_customer.id);
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
comment on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid) is
  'Holds a slot of one provider (10 minutes by default), for services and add-ons or for a package. A home service needs an address; a hotel service takes place at the address or, without one, at the vendor''s premises. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB037 (no customer profile or date of birth), OB060 (not free), OB062 (not offered, or not by this provider, or the vendor takes no bookings), OB065 (too young), OB066 (key of another request), OB071 (too many holds), OB073 (the postal code is not served).';
revoke all on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid) to authenticated;
--! EndIncluded functions/booking/hold_slot.sql

--! Included functions/booking/release_hold.sql
create or replace function public.release_hold(hold_id uuid) returns public.booking_holds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_hold public.booking_holds;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_hold from public.booking_holds h
  where h.id = release_hold.hold_id and h.customer_id = (select auth.uid())
  for update;
  if not found then
    raise exception 'You have no hold with this id. Check the id, or hold a slot again.' using errcode = 'OB003';
  end if;
  if v_hold.booking_id is not null then
    raise exception 'This hold has already become a booking. Cancel the booking instead.' using errcode = 'OB030';
  end if;
  delete from app_private.provider_reservations r where r.hold_id = v_hold.id;
  update public.booking_holds h set expires_at = least(h.expires_at, clock_timestamp())
  where h.id = v_hold.id
  returning * into v_hold;
  return v_hold;
end
$$;
comment on function public.release_hold(uuid) is
  'Releases a held slot at once. Raises OB001, OB003, OB030 (already confirmed).';
revoke all on function public.release_hold(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.release_hold(uuid) to authenticated;
--! EndIncluded functions/booking/release_hold.sql

--! Included functions/booking/location_of.sql
create or replace function app_private.location_of(p_hold public.booking_holds) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select jsonb_strip_nulls(
      to_jsonb(a) - array['id', 'customer_id', 'is_default', 'created_at', 'updated_at'])
     from public.customer_addresses a where a.id = p_hold.address_id),
    (select jsonb_strip_nulls(jsonb_build_object(
      'address_line1', v.address_line1, 'address_line2', v.address_line2, 'city', v.city,
      'state', v.state, 'pincode', v.pincode, 'latitude', v.latitude, 'longitude', v.longitude))
     from public.vendors v where v.id = p_hold.vendor_id))
$$;
comment on function app_private.location_of(public.booking_holds) is
  'The address of a service as the booking keeps it.';
revoke all on function app_private.location_of(public.booking_holds) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/location_of.sql

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
    (customer_id, vendor_id, booking_type, service_location, contact_name, contact_mobile,
      booking_date, booking_time, time_zone, duration_minutes, total_amount, discount_amount,
      tax_amount, service_charge, final_amount, special_instructions, package_id, expires_at)
  select v_customer.id, v.id, v_hold.booking_type, app_private.location_of(v_hold),
    coalesce(confirm_booking.contact_name, v_profile.name),
    coalesce(confirm_booking.contact_mobile, v_profile.mobile),
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
  'Turns a hold into a booking, at the current price and terms. Points and money from the wallet pay a part at once; with the payment method cash the rest is paid on the day of the service. Each of these confirms the booking. Without them it is pending until startPayment has brought money, and expires with the hold. Raises OB001, OB003, OB020, OB030 (already confirmed), OB037, OB061 (the hold has expired), OB062 (no longer offered, or the vendor takes no bookings), OB063 (not enough money in the wallet), OB064 (not enough points, or more than points may pay), OB065, OB068 (more than it costs).';
revoke all on function public.confirm_booking(uuid, text, integer, numeric, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.confirm_booking(uuid, text, integer, numeric, text, text, text) to authenticated;
--! EndIncluded functions/booking/confirm_booking.sql

--! split: 075-slots.sql
-- Free slots, as customers ask for them.

--! Included functions/booking/grid.sql
create or replace function app_private.grid(p_vendor_id uuid, p_from date, p_to date)
returns table (day date, local_start timestamp, starts_at timestamptz)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_zone text;
  v_step integer := app_private.setting('booking.slot_step_minutes')::integer;
begin
  select v.time_zone into strict v_zone from public.vendors v where v.id = p_vendor_id;
  return query
    select distinct c.day, w.local_start, w.local_start at time zone v_zone
    from app_private.opening(p_vendor_id, p_from - 1, p_to) o
    -- A shift that passes midnight is of two dates.
    cross join lateral (
      values (o.day, o.opens, least(o.closes, o.day + 1)), (o.day + 1, o.day + 1, o.closes)) c (day, opens, closes)
    cross join lateral generate_series(
      ceil(extract(epoch from c.opens - c.day) / 60 / v_step)::integer,
      ceil(extract(epoch from c.closes - c.day) / 60 / v_step)::integer - 1) n
    cross join lateral (select c.day + n * v_step * interval '1 minute' as local_start) w
    where c.day between p_from and p_to
      -- A time that the clock skips when it is put forward is no slot.
      and (w.local_start at time zone v_zone) at time zone v_zone = w.local_start;
end
$$;
comment on function app_private.grid(uuid, date, date) is
  'The times at which slots of a vendor start while it is open, in its time zone: at a fixed interval from midnight by the local clock.';
revoke all on function app_private.grid(uuid, date, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/grid.sql

--! Included functions/booking/is_on_grid.sql
create or replace function app_private.is_on_grid(p_vendor_id uuid, p_starts_at timestamptz) returns boolean
language sql stable security definer set search_path = '' as $$
  select p_starts_at > now() and exists (
    select from public.vendors v
    cross join lateral (select (p_starts_at at time zone v.time_zone)::date as day) d
    cross join lateral app_private.grid(v.id, d.day, d.day) g
    where v.id = p_vendor_id and g.starts_at = p_starts_at)
$$;
comment on function app_private.is_on_grid(uuid, timestamptz) is
  'Whether a slot of the vendor can begin at this future instant.';
revoke all on function app_private.is_on_grid(uuid, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/is_on_grid.sql

create type public.near_place as (latitude numeric, longitude numeric, pincode text);
comment on type public.near_place is 'Place where a customer wants to be served.';
comment on column public.near_place.latitude is 'Degrees north (WGS 84); null when not known.';
comment on column public.near_place.longitude is 'Degrees east (WGS 84); null when not known.';
comment on column public.near_place.pincode is
  'Postal code, which decides the charge for the home service; null when not known.';

create type public.slot as (
  day date, start_time time, starts_at timestamptz, ends_at timestamptz, price numeric, provider_ids uuid[]
);
comment on type public.slot is 'A time at which at least one provider is free.';
comment on column public.slot.day is 'Day in the vendor''s time zone.';
comment on column public.slot.start_time is 'Time of day in the vendor''s time zone.';
comment on column public.slot.starts_at is 'Instant of the start, as holdSlot takes it.';
comment on column public.slot.ends_at is 'Instant at which the service would end.';
comment on column public.slot.price is 'Total rupees to pay, service charge and GST included.';
comment on column public.slot.provider_ids is 'Ids of the providers who are free, best rated first.';

--! Included functions/booking/available_slots.sql
create or replace function public.available_slots(
  vendor_id uuid, service_ids uuid[], addon_ids uuid[] default null,
  "from" date default null, "to" date default null, type text default 'spa_visit',
  near public.near_place default null, provider_id uuid default null
) returns setof public.slot
language plpgsql stable security definer set search_path = '' as $$
declare
  v_vendor public.vendors;
  v_price app_private.price;
  v_place app_private.place;
  v_people uuid[];
  v_from date;
  v_to date;
begin
  select * into v_vendor from public.vendors v where v.id = available_slots.vendor_id and v.is_listed;
  if not found then
    raise exception 'The vendor was not found, or it is not listed. Check the id.'
      using errcode = 'OB003', column = 'vendor_id';
  end if;
  if not v_vendor.takes_bookings then
    return;
  end if;
  if available_slots.type is null
    or available_slots.type not in ('spa_visit', 'home_service', 'hotel_service') then
    raise exception 'Type must be a spa visit, a home service or a hotel service.'
      using errcode = 'OB020', column = 'type';
  end if;
  perform
    app_private.require_number('latitude', 'latitude', (available_slots.near).latitude),
    app_private.require_number('longitude', 'longitude', (available_slots.near).longitude);
  if available_slots.type = 'home_service' and available_slots.near is null then
    raise exception 'Give the place of the service: a pincode, or a latitude and a longitude.'
      using errcode = 'OB020', column = 'near';
  end if;
  if available_slots.type = 'home_service' and (available_slots.near).pincode is not null
    and not (public.serviceable((available_slots.near).pincode)).is_serviceable then
    raise exception 'Home services do not come to the pincode % yet. Choose another place.', (available_slots.near).pincode
      using errcode = 'OB073', column = 'near';
  end if;
  v_from := greatest(available_slots."from", (now() at time zone v_vendor.time_zone)::date);
  v_to := coalesce(available_slots."to", v_from + 6);
  if v_to - v_from > 61 then
    raise exception 'Ask for at most two months at once: choose a later start or an earlier end.'
      using errcode = 'OB020', column = 'to';
  end if;
  v_price := app_private.price_of(v_vendor.id, available_slots.service_ids, available_slots.addon_ids,
    null, available_slots.type, (available_slots.near).pincode);
  v_place := case when available_slots.type = 'spa_visit' or available_slots.near is null
    then row(true, v_vendor.latitude, v_vendor.longitude)
    else row(false, (available_slots.near).latitude, (available_slots.near).longitude) end;
  v_people := array(
    select q from app_private.qualified_providers(
      v_vendor.id, available_slots.service_ids, available_slots.type) q
    where available_slots.provider_id is null or q = available_slots.provider_id);

  return query
    select g.day, g.local_start::time, g.starts_at,
      app_private.plus_minutes(g.starts_at, v_price.minutes), v_price.final_amount,
      array_agg(f.provider_id order by r.rating desc, f.provider_id)
    from app_private.free_starts(v_vendor.id, v_people, v_from, v_to, v_price.minutes, v_place) f
    join app_private.grid(v_vendor.id, v_from, v_to) g on g.day = f.day and f.starts @> g.starts_at
    join (
      select p.id, coalesce(t.rating, b.rating) as rating
      from public.providers p
      left join public.therapists t on t.id = p.therapist_id
      left join public.beauticians b on b.id = p.beautician_id
      where p.vendor_id = v_vendor.id
    ) r on r.id = f.provider_id
    where g.starts_at > now()
    group by g.day, g.local_start, g.starts_at
    order by g.starts_at;
end
$$;
comment on function public.available_slots(uuid, uuid[], uuid[], date, date, text, public.near_place, uuid) is
  'Times at which a vendor''s providers can perform these services: by default from today for seven days, at most two months, in the vendor''s time zone. With providerId only slots of that provider; none while the vendor is paused. Anonymous users may ask; the slots do not show other bookings. Raises OB003, OB020, OB062 (not offered), OB073 (the postal code is not served).';
revoke all on function public.available_slots(uuid, uuid[], uuid[], date, date, text, public.near_place, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.available_slots(uuid, uuid[], uuid[], date, date, text, public.near_place, uuid) to anon, authenticated, staff;
--! EndIncluded functions/booking/available_slots.sql

--! Included functions/booking/next_available.sql
create or replace function public.next_available(vendor_id uuid, service_ids uuid[]) returns public.slot
language plpgsql stable security definer set search_path = '' as $$
declare
  v_slot public.slot;
  v_day date := app_private.vendor_day(next_available.vendor_id);
begin
  -- A week at a time, so that the common answer is cheap.
  for week in 0..8 loop
    select s.* into v_slot
    from public.available_slots(next_available.vendor_id, next_available.service_ids,
      "from" => v_day + week * 7, "to" => v_day + week * 7 + 6) s
    limit 1;
    if found then
      return v_slot;
    end if;
  end loop;
  return null;
end
$$;
comment on function public.next_available(uuid, uuid[]) is
  'The first free slot of a vendor for these services within nine weeks; null when there is none. Raises OB003, OB020, OB062, OB073 (the postal code is not served).';
revoke all on function public.next_available(uuid, uuid[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.next_available(uuid, uuid[]) to anon, authenticated, staff;
--! EndIncluded functions/booking/next_available.sql

--! Included functions/booking/vendor_day.sql
create or replace function app_private.vendor_day(p_vendor_id uuid) returns date
language sql stable security definer set search_path = '' as $$
  select (now() at time zone v.time_zone)::date from public.vendors v where v.id = p_vendor_id
$$;
comment on function app_private.vendor_day(uuid) is 'The date in the vendor''s time zone.';
revoke all on function app_private.vendor_day(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/vendor_day.sql

--! Included functions/booking/slot_providers.sql
create or replace function public.slot_providers(slot public.slot) returns setof public.providers
language sql stable set search_path = '' as $$
  select p.* from unnest(slot.provider_ids) with ordinality w (id, position)
  join public.providers p on p.id = w.id
  order by w.position
$$;
comment on function public.slot_providers(public.slot) is 'Providers who are free then, best rated first.';
revoke all on function public.slot_providers(public.slot) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.slot_providers(public.slot) to anon, authenticated, staff;
--! EndIncluded functions/booking/slot_providers.sql

--! split: 080-acts.sql
-- Acts on a booking: assign, serve, move, cancel. Each act is one function: it locks the booking, checks the
-- user's role, and takes the one step that the state machine has for it.

/*
 * Assigning.
 */
--! Included functions/booking/place_of_booking.sql
create or replace function app_private.place_of_booking(p_booking public.bookings) returns app_private.place
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select row(r.is_at_vendor, r.latitude, r.longitude)::app_private.place
     from app_private.provider_reservations r where r.booking_id = p_booking.id),
    -- An imported booking.
    (select case when p_booking.booking_type = 'home_service'
      then row(false, (p_booking.service_location ->> 'latitude')::numeric,
        (p_booking.service_location ->> 'longitude')::numeric)::app_private.place
      else row(true, v.latitude, v.longitude)::app_private.place end
     from public.vendors v where v.id = p_booking.vendor_id))
$$;
comment on function app_private.place_of_booking(public.bookings) is 'Place of a booking.';
revoke all on function app_private.place_of_booking(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/place_of_booking.sql

--! Included functions/booking/services_of.sql
create or replace function app_private.services_of(p_booking_id uuid) returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array_agg(i.service_id order by i.created_at, i.id)
  from public.booking_items i where i.booking_id = p_booking_id
$$;
comment on function app_private.services_of(uuid) is 'Ids of the services of a booking; null without items.';
revoke all on function app_private.services_of(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/services_of.sql

--! Included functions/booking/assigned_provider.sql
create or replace function app_private.assigned_provider(p_booking_id uuid) returns uuid
language sql stable security definer set search_path = '' as $$
  select p.id from public.therapist_assignments a
  join public.providers p on p.therapist_id = a.therapist_id
  where a.booking_id = p_booking_id and a.status <> 'cancelled'
  union all
  select p.id from public.beautician_assignments a
  join public.providers p on p.beautician_id = a.beautician_id
  where a.booking_id = p_booking_id and a.status <> 'cancelled'
$$;
comment on function app_private.assigned_provider(uuid) is
  'The provider to whom a booking is assigned; null while there is none.';
revoke all on function app_private.assigned_provider(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/assigned_provider.sql

--! Included functions/booking/assign_provider.sql
create or replace function app_private.assign_provider(p_booking public.bookings, p_provider_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_provider public.providers;
  v_place app_private.place := app_private.place_of_booking(p_booking);
  v_is_reserved boolean;
begin
  if p_booking.status not in ('confirmed', 'assigned') then
    raise exception 'A booking that is % cannot be assigned. Reload the booking.', replace(p_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if not exists (
    select from public.providers p where p.id = p_provider_id and p.vendor_id = p_booking.vendor_id) then
    raise exception 'This vendor has no provider with this id. Check the id.'
      using errcode = 'OB003', column = 'provider_id';
  end if;
  -- Before anything of the provider is read, because the provider may be suspended at this moment.
  v_provider := app_private.lock_provider(p_provider_id);
  if app_private.assigned_provider(p_booking.id) = p_provider_id then
    raise exception 'This provider already has the booking. Choose another provider.' using errcode = 'OB030';
  end if;
  v_is_reserved := exists (
    select from app_private.provider_reservations r
    where r.booking_id = p_booking.id and r.provider_id = p_provider_id
      and (r.starts_at, r.ends_at) = (p_booking.starts_at, p_booking.ends_at));
  -- A pause stops new bookings, but not existing reservations.
  if not v_provider.is_listed
    and not (v_is_reserved and (app_private.person_of(p_provider_id)).status = 'paused') then
    raise exception 'This provider does not take bookings at present. Choose another provider.'
      using errcode = 'OB060', column = 'provider_id';
  end if;

  -- A provider who already has the reservation needs no new one.
  if not v_is_reserved then
    if p_provider_id not in (
      select q from app_private.qualified_providers(
        p_booking.vendor_id, app_private.services_of(p_booking.id), p_booking.booking_type) q) then
      raise exception 'This provider does not perform all of these services at this place. Choose another provider.'
        using errcode = 'OB062', column = 'provider_id';
    end if;
    perform app_private.reserve_provider(p_provider_id, p_booking.starts_at, p_booking.duration_minutes,
      v_place, null, p_booking.id);
  end if;

  perform app_private.cancel_assignments(p_booking.id);
  if v_provider.kind = 'therapist' then
    insert into public.therapist_assignments
      (booking_id, therapist_id, vendor_id, customer_id, service_id, assignment_date, assignment_time,
        location_address, location_latitude, location_longitude, estimated_duration)
    select p_booking.id, v_provider.therapist_id, p_booking.vendor_id, p_booking.customer_id,
      (app_private.services_of(p_booking.id))[1], p_booking.booking_date, p_booking.booking_time,
      concat_ws(', ', p_booking.service_location ->> 'address_line1',
        p_booking.service_location ->> 'address_line2', p_booking.service_location ->> 'city',
        p_booking.service_location ->> 'pincode'),
      v_place.latitude, v_place.longitude, p_booking.duration_minutes;
  else
    insert into public.beautician_assignments (booking_id, beautician_id, vendor_id, customer_id, assignment_time)
    values (p_booking.id, v_provider.beautician_id, p_booking.vendor_id, p_booking.customer_id,
      p_booking.starts_at);
  end if;
  update public.booking_items i set therapist_id = v_provider.therapist_id
  where i.booking_id = p_booking.id and i.therapist_id is distinct from v_provider.therapist_id;
  update public.bookings b set status = 'assigned', status_reason = null
  where b.id = p_booking.id and b.status <> 'assigned';
end
$$;
comment on function app_private.assign_provider(public.bookings, uuid) is
  'Assigns a locked booking to a provider, in place of the previous one. Raises OB003, OB030, OB060 (not free, or takes no bookings), OB062 (not qualified).';
revoke all on function app_private.assign_provider(public.bookings, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/assign_provider.sql

--! Included functions/booking/current_booking.sql
create or replace function app_private.current_booking(p_booking_id uuid) returns public.bookings
language sql stable security definer set search_path = '' as $$
  select b from public.bookings b where b.id = p_booking_id
$$;
comment on function app_private.current_booking(uuid) is 'The current row of a booking.';
revoke all on function app_private.current_booking(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/current_booking.sql

--! Included functions/booking/assign_by_hand.sql
create or replace function app_private.assign_by_hand(p_booking_id uuid, p_provider_id uuid) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.act_on_booking(p_booking_id, '{vendor,admin}');
begin
  perform app_private.assign_provider(v_booking, p_provider_id);
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function app_private.assign_by_hand(uuid, uuid) is
  'Assigns a booking to a provider of its vendor, in place of the previous one, for the vendor''s desk and the platform. Raises OB001, OB002, OB003, OB030, OB060, OB062.';
revoke all on function app_private.assign_by_hand(uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/assign_by_hand.sql

--! Included functions/booking/assign_therapist.sql
create or replace function public.assign_therapist(booking_id uuid, therapist_id uuid) returns public.bookings
language sql volatile security definer set search_path = '' as $$
  select app_private.assign_by_hand(assign_therapist.booking_id, (
    select p.id from public.providers p where p.therapist_id = assign_therapist.therapist_id));
$$;
comment on function public.assign_therapist(uuid, uuid) is
  'Assigns a booking to a therapist of its vendor, in place of the previous provider. For the vendor''s desk and the platform. Raises OB001, OB002, OB003, OB030 (not confirmed, or already assigned to this therapist), OB060 (not free, or takes no bookings), OB062 (not qualified).';
revoke all on function public.assign_therapist(uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.assign_therapist(uuid, uuid) to authenticated, staff;
--! EndIncluded functions/booking/assign_therapist.sql

--! Included functions/booking/assign_beautician.sql
create or replace function public.assign_beautician(booking_id uuid, beautician_id uuid) returns public.bookings
language sql volatile security definer set search_path = '' as $$
  select app_private.assign_by_hand(assign_beautician.booking_id, (
    select p.id from public.providers p where p.beautician_id = assign_beautician.beautician_id));
$$;
comment on function public.assign_beautician(uuid, uuid) is
  'Assigns a booking to a beautician of its vendor, in place of the previous provider. For the vendor''s desk and the platform. Raises OB001, OB002, OB003, OB030 (not confirmed, or already assigned to this beautician), OB060 (not free, or takes no bookings), OB062 (not qualified, or not in the salon).';
revoke all on function public.assign_beautician(uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.assign_beautician(uuid, uuid) to authenticated, staff;
--! EndIncluded functions/booking/assign_beautician.sql

--! Included functions/booking/best_providers.sql
create or replace function app_private.best_providers(
  p_booking public.bookings, p_day date, p_starts_at timestamptz
) returns setof uuid
language plpgsql stable security definer set search_path = '' as $$
declare
  v_place app_private.place := app_private.place_of_booking(p_booking);
  v_people uuid[] := array(
    select q from app_private.qualified_providers(
      p_booking.vendor_id, app_private.services_of(p_booking.id), p_booking.booking_type) q);
begin
  return query
    select f.provider_id
    from app_private.free_starts(p_booking.vendor_id, v_people, p_day, p_day, p_booking.duration_minutes,
      v_place, p_booking.id) f
    left join lateral (
      select count(*) as jobs,
        -- From the previous place of service on that day.
        (array_agg(app_private.distance_km(r.latitude, r.longitude, v_place.latitude, v_place.longitude)
          order by r.ends_at desc) filter (where r.ends_at <= p_starts_at))[1] as km
      from app_private.provider_reservations r
      where r.provider_id = f.provider_id and r.day = f.shift_day
        and (r.expires_at is null or r.expires_at > clock_timestamp())
        and r.booking_id is distinct from p_booking.id
    ) day on true
    left join public.vendors v on v.id = p_booking.vendor_id
    where f.starts @> p_starts_at
    order by day.jobs,
      coalesce(day.km, app_private.distance_km(v.latitude, v.longitude, v_place.latitude, v_place.longitude)),
      f.provider_id;
end
$$;
comment on function app_private.best_providers(public.bookings, date, timestamptz) is
  'Providers who can serve a booking at this instant, best first: least loaded that day, then nearest to their previous place of service.';
revoke all on function app_private.best_providers(public.bookings, date, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/best_providers.sql

--! Included functions/booking/assign_to_best.sql
create or replace function app_private.assign_to_best(p_booking public.bookings) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_provider_id uuid;
begin
  for v_provider_id in
    select p from app_private.best_providers(p_booking, p_booking.booking_date, p_booking.starts_at) p
    where p is distinct from app_private.assigned_provider(p_booking.id)
  loop
    begin
      perform app_private.assign_provider(p_booking, v_provider_id);
      return v_provider_id;
    exception when sqlstate 'OB060' then
      -- Reserved or suspended at this very moment: try the next one.
      continue;
    end;
  end loop;
  raise exception 'No qualified provider is free at this time. Choose another time, or assign a provider by hand.'
    using errcode = 'OB060';
end
$$;
comment on function app_private.assign_to_best(public.bookings) is
  'Assigns a locked booking to the best provider other than the present one, and returns that provider. Raises OB060 (no provider).';
revoke all on function app_private.assign_to_best(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/assign_to_best.sql

--! Included functions/booking/assign_best.sql
create or replace function public.assign_best(booking_id uuid) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
begin
  v_booking := app_private.act_on_booking(assign_best.booking_id, '{vendor,admin}');
  if v_booking.status <> 'confirmed' then
    raise exception 'Only a confirmed booking can be assigned to the best provider. This booking is %.',
      replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  perform app_private.assign_to_best(v_booking);
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.assign_best(uuid) is
  'Assigns a confirmed booking to the best provider: qualified, free, least loaded that day, then nearest. For the vendor''s desk and the platform. Raises OB001, OB002, OB003, OB030, OB060 (no provider is free).';
revoke all on function public.assign_best(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.assign_best(uuid) to authenticated, staff;
--! EndIncluded functions/booking/assign_best.sql

--! Included functions/booking/tg__assignment_reserved.sql
-- The provider of an assignment must have the reservation: an assignment that is written without the
-- functions above, and without a reservation, could put a provider in two places. Checked at commit, when
-- both exist.
create or replace function app_private.tg__assignment_reserved() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_therapist_id uuid := to_jsonb(new) ->> 'therapist_id';
  v_beautician_id uuid := to_jsonb(new) ->> 'beautician_id';
begin
  if not exists (
    select from app_private.provider_reservations r
    join public.providers p on p.id = r.provider_id
    where r.booking_id = new.booking_id
      and (p.therapist_id = v_therapist_id or p.beautician_id = v_beautician_id)
  ) and exists (
    -- As it is at commit: still assigned to this provider, and still to come.
    select from public.bookings b
    join public.providers p on p.id = app_private.assigned_provider(b.id)
    where b.id = new.booking_id and b.ends_at > now() and b.status in ('confirmed', 'assigned', 'in_progress')
      and (p.therapist_id = v_therapist_id or p.beautician_id = v_beautician_id)
  ) then
    raise exception 'This provider has no reserved time for this booking. Assign the booking again.'
      using errcode = 'OB060';
  end if;
  return null;
end
$$;
comment on function app_private.tg__assignment_reserved() is
  'Refuses with OB060, at commit, a live assignment whose provider has no reservation for the booking.';
revoke all on function app_private.tg__assignment_reserved() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tg__assignment_reserved.sql
create constraint trigger _950_reserved after insert or update of status, therapist_id, booking_id
  on public.therapist_assignments deferrable initially deferred
  for each row when (new.status not in ('cancelled', 'completed'))
  execute function app_private.tg__assignment_reserved();
create constraint trigger _950_reserved after insert or update of status, beautician_id, booking_id
  on public.beautician_assignments deferrable initially deferred
  for each row when (new.status not in ('cancelled', 'completed'))
  execute function app_private.tg__assignment_reserved();

/*
 * Serving.
 */
--! Included functions/booking/step_assignment.sql
create or replace function app_private.step_assignment(p_booking_id uuid, p_to text, p_roles text[]) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
begin
  v_booking := app_private.act_on_booking(p_booking_id, p_roles);
  if v_booking.status not in ('assigned', 'in_progress') then
    raise exception 'This step is possible only while the booking is assigned or in progress. This booking is %.',
      replace(v_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  update public.therapist_assignments a
  set status = p_to,
    actual_start_time = case p_to when 'in_progress' then now() else a.actual_start_time end,
    -- Not before the start: a clock may have been set back.
    actual_end_time = case p_to when 'completed' then greatest(now(), a.actual_start_time) else a.actual_end_time end,
    actual_duration = case p_to when 'completed'
      then greatest(0, extract(epoch from now() - a.actual_start_time)::integer / 60) end
  where a.booking_id = v_booking.id and a.status <> 'cancelled';
  if found then
    return v_booking;
  end if;
  if p_to not in ('in_progress', 'completed') then
    raise exception 'A beautician who serves in the salon does not take this step. Start the service instead.'
      using errcode = 'OB030';
  end if;
  update public.beautician_assignments a
  set status = p_to,
    actual_start_time = case p_to when 'in_progress' then now() else a.actual_start_time end,
    actual_end_time = case p_to when 'completed' then greatest(now(), a.actual_start_time) else a.actual_end_time end
  where a.booking_id = v_booking.id and a.status <> 'cancelled';
  return v_booking;
end
$$;
comment on function app_private.step_assignment(uuid, text, text[]) is
  'Moves the live assignment of a booking one step, for users in these roles; assignment_transitions decides which steps are allowed. Returns the booking, locked. Raises OB001, OB002, OB003, OB030.';
revoke all on function app_private.step_assignment(uuid, text, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/step_assignment.sql

--! Included functions/booking/acknowledge_assignment.sql
create or replace function public.acknowledge_assignment(booking_id uuid) returns public.bookings
language sql volatile security definer set search_path = '' as $$
  select app_private.step_assignment(acknowledge_assignment.booking_id, 'acknowledged', '{therapist}')
$$;
comment on function public.acknowledge_assignment(uuid) is
  'The therapist confirms having seen the assignment and accepts it. Raises OB001, OB002, OB003, OB030.';
revoke all on function public.acknowledge_assignment(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.acknowledge_assignment(uuid) to authenticated;
--! EndIncluded functions/booking/acknowledge_assignment.sql

--! Included functions/booking/start_travel.sql
create or replace function public.start_travel(booking_id uuid) returns public.bookings
language sql volatile security definer set search_path = '' as $$
  select app_private.step_assignment(start_travel.booking_id, 'in_transit', '{therapist}')
$$;
comment on function public.start_travel(uuid) is
  'The therapist starts travelling. From now on the position can be reported and followed. Raises OB001, OB002, OB003, OB030 (not acknowledged yet).';
revoke all on function public.start_travel(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.start_travel(uuid) to authenticated;
--! EndIncluded functions/booking/start_travel.sql

--! Included functions/booking/arrive.sql
create or replace function public.arrive(booking_id uuid) returns public.bookings
language sql volatile security definer set search_path = '' as $$
  select app_private.step_assignment(arrive.booking_id, 'reached', '{therapist}')
$$;
comment on function public.arrive(uuid) is
  'The therapist has arrived. Raises OB001, OB002, OB003, OB030 (not on the way).';
revoke all on function public.arrive(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.arrive(uuid) to authenticated;
--! EndIncluded functions/booking/arrive.sql

--! Included functions/booking/is_start_code.sql
create or replace function app_private.is_start_code(p_booking_id uuid, p_code text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_code public.booking_start_codes;
begin
  if p_code !~ '^[0-9]{4}$' then
    raise exception 'Code must be the 4 digits that the customer sees in the booking.'
      using errcode = 'OB020', column = 'code';
  end if;
  select * into v_code from public.booking_start_codes c where c.booking_id = p_booking_id for update;
  if v_code.wrong_attempts >= app_private.setting('booking.start_code_attempts')::integer then
    raise exception 'The start code was tried too often. Ask a manager of the vendor to start the service with a reason.'
      using errcode = 'OB046';
  end if;
  if v_code.code = p_code then
    return true;
  end if;
  update public.booking_start_codes c set wrong_attempts = c.wrong_attempts + 1
  where c.booking_id = p_booking_id;
  return false;
end
$$;
comment on function app_private.is_start_code(uuid, text) is
  'Whether this is the start code of a booking, which must be locked. A wrong code is counted, so the caller must not raise an error then. Raises OB020 (not four digits), OB046 (too many attempts).';
revoke all on function app_private.is_start_code(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/is_start_code.sql

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
  'Starts the service with the customer''s start code of 4 digits, by default from 15 minutes before its time. For the provider, the vendor''s desk and the platform. Without the code, a manager of the vendor or the platform can start it with a reason; such a service earns no points or rewards and is paid out later. A wrong code is refused with OB045 and counted; by default five wrong codes are allowed. Raises OB001, OB002, OB003, OB020 (no code, or not four digits), OB030 (no provider assigned, not arrived, or already started), OB036 (empty reason), OB044 (too early), OB046 (too many attempts).';
revoke all on function public.start_service(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.start_service(uuid, text, text) to authenticated, staff;
--! EndIncluded functions/booking/start_service.sql

--! Included functions/booking/begun_at.sql
create or replace function app_private.begun_at(p_booking public.bookings) returns timestamptz
language sql stable security definer set search_path = '' as $$
  select coalesce(max(a.actual_start_time), p_booking.starts_at)
  from (
    select t.actual_start_time from public.therapist_assignments t
    where t.booking_id = p_booking.id and t.status = 'in_progress'
    union all
    select k.actual_start_time from public.beautician_assignments k
    where k.booking_id = p_booking.id and k.status = 'in_progress'
  ) a
$$;
comment on function app_private.begun_at(public.bookings) is
  'When the service of a booking in progress was started; its agreed start where that is not known.';
revoke all on function app_private.begun_at(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/begun_at.sql
--! Included functions/booking/require_completable.sql
create or replace function app_private.require_completable(p_booking public.bookings, p_reason text) returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_booking.status <> 'in_progress' then
    raise exception 'Only a service in progress can be completed. This booking is %.', replace(p_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if now() < app_private.begun_at(p_booking) + p_booking.duration_minutes * interval '1 minute'
    * app_private.setting('booking.complete_after_percentage')::numeric::double precision / 100 then
    raise exception 'It is too early to complete this service. Wait until % per cent of the agreed time has passed.',
      app_private.setting('booking.complete_after_percentage')
      using errcode = 'OB044';
  end if;
  if p_reason is null and now() <= p_booking.ends_at
    + app_private.setting('booking.complete_within_minutes')::integer * interval '1 minute' then
    return null;
  end if;
  return app_private.required_reason(p_reason);
end
$$;
comment on function app_private.require_completable(public.bookings, text) is
  'The reason with which a booking can be completed now; null where none is given and none needed. Raises OB030 (not started), OB036 (late and without a reason), OB044 (too early).';
revoke all on function app_private.require_completable(public.bookings, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/require_completable.sql

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
  v_reason := app_private.require_completable(v_booking, complete_service.reason);
  if coalesce(complete_service.cash_collected, 0) <> v_due then
    raise exception '₹% are still to be paid. Collect exactly this in cash and enter it, or let the customer pay first.',
      v_due
      using errcode = 'OB069', column = 'cash_collected';
  end if;
  perform app_private.step_assignment(v_booking.id, 'completed', '{therapist,vendor,admin}');
  perform app_private.collect_cash(v_booking, v_due);
  update public.bookings b set status = 'completed', status_reason = v_reason where b.id = v_booking.id;
  perform app_private.settle_completed(v_booking.id);
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.complete_service(uuid, numeric, text) is
  'Completes a service that is fully paid; what is still due must have been collected in cash, to the paisa. By default it cannot be completed before half of the agreed time has passed, and more than two hours after the agreed end only with a reason. For the provider, the vendor''s desk and the platform. Writes the commission, points, totals and rewards. Raises OB001, OB002, OB003, OB020 (invalid amount), OB030 (not started), OB036 (late and without a reason), OB044 (too early), OB069 (another amount is due).';
revoke all on function public.complete_service(uuid, numeric, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.complete_service(uuid, numeric, text) to authenticated, staff;
--! EndIncluded functions/booking/complete_service.sql

--! Included functions/booking/report_location.sql
create or replace function public.report_location(
  booking_id uuid, latitude numeric, longitude numeric, accuracy numeric default null,
  speed numeric default null, heading numeric default null, battery_level integer default null,
  is_moving boolean default true
) returns public.therapist_locations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_therapist_id uuid;
  v_location public.therapist_locations;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  -- Positions are processed one at a time, however fast they arrive.
  select t.id into v_therapist_id
  from public.therapists t where t.user_id = (select auth.uid()) for no key update;
  if not exists (
    select from public.therapist_assignments a
    where a.booking_id = report_location.booking_id and a.therapist_id = v_therapist_id and a.status <> 'cancelled') then
    raise exception 'You have no booking with this id. Check the id.' using errcode = 'OB003';
  end if;
  if not exists (
    select from public.therapist_assignments a
    where a.booking_id = report_location.booking_id and a.therapist_id = v_therapist_id
      and a.status in ('in_transit', 'reached', 'in_progress')) then
    raise exception 'Your position is recorded only while you are on the way or serving. Report it then.'
      using errcode = 'OB072';
  end if;
  if exists (
    select from public.therapist_locations l
    where l.therapist_id = v_therapist_id
      and l.timestamp > clock_timestamp()
        - app_private.setting('location.minimum_interval_seconds')::integer * interval '1 second') then
    raise exception 'You report your position too often. Report it at most once every % seconds.',
      app_private.setting('location.minimum_interval_seconds')
      using errcode = 'OB072';
  end if;
  perform
    app_private.require_number('latitude', 'latitude', report_location.latitude),
    app_private.require_number('longitude', 'longitude', report_location.longitude),
    app_private.require_number('accuracy', 'metres', report_location.accuracy),
    app_private.require_number('speed', 'speed', report_location.speed),
    app_private.require_number('heading', 'heading', report_location.heading);
  insert into public.therapist_locations
    (therapist_id, booking_id, latitude, longitude, accuracy, speed, heading, battery_level, is_moving, timestamp)
  values (v_therapist_id, report_location.booking_id, report_location.latitude, report_location.longitude,
    report_location.accuracy, report_location.speed, report_location.heading, report_location.battery_level,
    coalesce(report_location.is_moving, true), clock_timestamp())
  returning * into v_location;
  return v_location;
end
$$;
comment on function public.report_location(uuid, numeric, numeric, numeric, numeric, numeric, integer, boolean) is
  'Reports the position of the therapist on the way and during the service, by default at most every five seconds. Raises OB001, OB003, OB072 (too soon, or not under way), 23514 (invalid coordinates).';
revoke all on function public.report_location(uuid, numeric, numeric, numeric, numeric, numeric, integer, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.report_location(uuid, numeric, numeric, numeric, numeric, numeric, integer, boolean) to authenticated;
--! EndIncluded functions/booking/report_location.sql

--! Included functions/booking/forget_locations.sql
create or replace function app_private.forget_locations() returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  delete from public.therapist_locations l
  where l.timestamp < now() - app_private.setting('location.keep_hours')::integer * interval '1 hour';
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function app_private.forget_locations() is
  'Deletes positions after 24 hours (setting location.keep_hours); returns how many. Runs every hour.';
revoke all on function app_private.forget_locations() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.forget_locations() to ombaro_worker;
--! EndIncluded functions/booking/forget_locations.sql
create index therapist_locations_timestamp_idx on public.therapist_locations (timestamp);

/*
 * Cancelling.
 */
alter table public.booking_reschedules
  add column cancellation_cost numeric(10, 2) not null default 0;
select app_private.limit_numbers('public.booking_reschedules', '{"cancellation_cost": "total"}');
comment on column public.booking_reschedules.cancellation_cost is
  'Rupees that cancelling would have cost when the customer moved the booking. From then on cancelling costs at least this much.';

alter table public.booking_cancellations
  add column is_no_show boolean not null default false,
  add column disputable_until timestamptz,
  add column settled_at timestamptz default now(),
  add column due_amount numeric(10, 2) not null default 0
    constraint booking_cancellations_due_within_charge check (due_amount <= cancellation_charge),
  add constraint booking_cancellations_disputes_of_no_shows check (is_no_show = (disputable_until is not null)),
  add constraint booking_cancellations_settled_unless_disputable check (is_no_show or settled_at is not null);
select app_private.limit_numbers('public.booking_cancellations', '{"due_amount": "total"}');
-- What jobs settle.
create index booking_cancellations_unsettled_idx on public.booking_cancellations (disputable_until)
  where settled_at is null;
comment on column public.booking_cancellations.is_no_show is 'Whether it was cancelled because the customer did not come.';
comment on column public.booking_cancellations.disputable_until is
  'Until when the customer can dispute the no-show; null unless it is a no-show.';
comment on column public.booking_cancellations.settled_at is
  'When the money was settled: the charge went to the vendor, the rest back; null while a no-show can still be disputed or is in dispute.';

comment on column public.booking_cancellations.due_amount is
  'Rupees of the charge that the customer has not paid yet.';

--! Included functions/booking/late_cancellation_fee.sql
create or replace function app_private.late_cancellation_fee(p_booking public.bookings) returns numeric
language sql stable security definer set search_path = '' as $$
  select case when p_booking.status = 'pending' then 0 else greatest(
    case when now() <= p_booking.starts_at - t.cancel_free_hours * interval '1 hour' then 0
      else app_private.percent_of(p_booking.final_amount, t.late_cancel_fee_percentage) end,
    (select max(r.cancellation_cost) from public.booking_reschedules r
     where r.booking_id = p_booking.id and r.status = 'approved')) end
  from app_private.terms_of(p_booking.id) t
$$;
comment on function app_private.late_cancellation_fee(public.bookings) is
  'Rupees that cancelling costs a customer now by the terms of the booking, and at least what it would have cost when the customer moved it; 0 before it is confirmed. Charges for moving are added to it.';
revoke all on function app_private.late_cancellation_fee(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/late_cancellation_fee.sql

--! Included functions/booking/charge_collected.sql
create or replace function app_private.charge_collected(p_booking_id uuid) returns numeric
language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(sum(c.amount), 0) from public.vendor_credits c
    where c.booking_id = p_booking_id and c.kind in ('cancellation_fee', 'reschedule_fee'));
end
$$;
comment on function app_private.charge_collected(uuid) is
  'Rupees of the cancellation cost that the vendor of a cancelled booking has received.';
revoke all on function app_private.charge_collected(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/charge_collected.sql

--! Included functions/booking/collect_charge.sql
create or replace function app_private.collect_charge(
  p_booking public.bookings, p_amount numeric, p_payment_id uuid
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  -- Charges for moving come first.
  v_moves numeric := least(p_amount, app_private.move_charges(p_booking.id) - coalesce((
    select sum(c.amount) from public.vendor_credits c
    where c.booking_id = p_booking.id and c.kind = 'reschedule_fee'), 0));
begin
  perform app_private.credit_vendor(p_booking, 'reschedule_fee', v_moves, p_payment_id);
  perform app_private.credit_vendor(p_booking, 'cancellation_fee', p_amount - v_moves, p_payment_id);
  if p_payment_id is not null then
    update public.booking_cancellations c set due_amount = c.due_amount - p_amount
    where c.booking_id = p_booking.id and p_amount > 0;
  end if;
end
$$;
comment on function app_private.collect_charge(public.bookings, numeric, uuid) is
  'Gives the vendor an amount of the cancellation cost, which must lie with the cancelled booking: kept when it was cancelled, or paid later.';
revoke all on function app_private.collect_charge(public.bookings, numeric, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/collect_charge.sql

--! Included functions/booking/settle_cancellation.sql
create or replace function app_private.settle_cancellation(p_booking public.bookings, p_charge numeric) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_paid numeric := app_private.amount_paid(p_booking.id);
  v_kept numeric := least(p_charge, v_paid);
  v_cancellation public.booking_cancellations;
begin
  update public.booking_cancellations c
  set cancellation_charge = p_charge, refund_amount = v_paid - v_kept, due_amount = p_charge - v_kept,
    settled_at = now(),
    refund_status = case when v_paid > v_kept then 'pending' else 'completed' end
  where c.booking_id = p_booking.id
  returning * into strict v_cancellation;
  perform app_private.pay_back(p_booking.id, v_paid - v_kept,
    case when p_charge = 0 then 'full' else 'cancellation' end, v_cancellation.cancellation_reason, null);
  perform app_private.collect_charge(p_booking, v_kept, null);
end
$$;
comment on function app_private.settle_cancellation(public.bookings, numeric) is
  'Settles the money of a cancelled booking, which must be locked: the charge goes to the vendor as far as it was paid, the rest back; the unpaid part of the charge is due.';
revoke all on function app_private.settle_cancellation(public.bookings, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/settle_cancellation.sql

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
      refund_status, is_no_show, disputable_until, settled_at)
  values (p_booking.id, (select auth.uid()), p_role, p_reason,
    greatest(0, app_private.amount_paid(p_booking.id) - p_charge), p_charge, 'pending',
    p_disputable_until is not null, p_disputable_until,
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

--! Included functions/booking/cost_of_cancelling.sql
create or replace function app_private.cost_of_cancelling(p_booking public.bookings) returns numeric
language sql stable security definer set search_path = '' as $$
  select case
    -- The vendor does not perform the service.
    when exists (
      select from public.vendors v where v.id = p_booking.vendor_id and v.status in ('suspended', 'closed')) then 0
    else app_private.late_cancellation_fee(p_booking) + app_private.move_charges(p_booking.id)
  end
$$;
comment on function app_private.cost_of_cancelling(public.bookings) is
  'Rupees of a booking that a customer who cancels it now does not get back, or owes: the fee, and what moving it has cost; nothing at a vendor that is suspended or closed.';
revoke all on function app_private.cost_of_cancelling(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/cost_of_cancelling.sql

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
    case when v_role = 'customer' then app_private.cost_of_cancelling(v_booking) else 0 end);
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.cancel_booking(uuid, text) is
  'Cancels a booking before the service begins. A customer who cancels late pays the fee of the terms and does not get back the charges for moving: they are kept from what was paid, and the missing part is due. When the vendor, the provider or the platform cancels, or the vendor is suspended or closed, everything is refunded. Raises OB001, OB002, OB003, OB030 (started, completed or cancelled), OB036 (no reason).';
revoke all on function public.cancel_booking(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.cancel_booking(uuid, text) to authenticated, staff;
--! EndIncluded functions/booking/cancel_booking.sql

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
    app_private.cost_of_cancelling(v_booking), now() + v_terms.no_show_dispute_hours * interval '1 hour');
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.mark_no_show(uuid) is
  'Records that the customer did not come: from 15 minutes after the start (as the terms say), for a provider who was assigned and, for home and hotel services, has reported arrival. It costs as much as a late cancellation. The customer can dispute it for 24 hours (as the terms say), and until then no money moves. For the vendor''s desk, the provider and the platform. Raises OB001, OB002, OB003, OB030 (no provider assigned or arrived, started or cancelled), OB044 (too early).';
revoke all on function public.mark_no_show(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.mark_no_show(uuid) to authenticated, staff;
--! EndIncluded functions/booking/mark_no_show.sql

/*
 * Disputes. So far of one kind: a no-show of the customer.
 */
create table enums.dispute_kind (value text primary key, description text not null);
comment on table enums.dispute_kind is E'@enum\n@enumName DisputeKind\nWhat a dispute is about.';
insert into enums.dispute_kind values ('customer_no_show', 'The customer disputes a no-show');
create table enums.dispute_status (value text primary key, description text not null);
comment on table enums.dispute_status is E'@enum\n@enumName DisputeStatus\nState of a dispute.';
insert into enums.dispute_status values ('open', 'Waiting for customer care'), ('decided', 'Decided');
create table enums.dispute_side (value text primary key, description text not null);
comment on table enums.dispute_side is E'@enum\n@enumName DisputeSide\nIn whose favour a dispute is decided.';
insert into enums.dispute_side values ('customer', 'The customer'), ('vendor', 'The vendor');
insert into enums.notification_type values
  ('customer_no_show', 'The vendor reports that the customer did not come'),
  ('dispute_opened', 'A customer has opened a dispute'), ('dispute_decided', 'A dispute was decided');
select app_private.publish_list('enums.dispute_kind');
select app_private.publish_list('enums.dispute_status');
select app_private.publish_list('enums.dispute_side');

create table public.booking_disputes (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings (id) on delete restrict,
  kind text not null references enums.dispute_kind,
  status text not null default 'open' references enums.dispute_status,
  reason text not null constraint booking_disputes_reason_length check (length(reason) <= 4000),
  raised_by uuid not null references public.user_profiles (id) on delete restrict,
  created_at timestamptz not null default now(),
  in_favour_of text references enums.dispute_side,
  decision_reason text constraint booking_disputes_decision_length check (length(decision_reason) <= 4000),
  decided_by uuid references public.user_profiles (id) on delete restrict,
  decided_at timestamptz,
  constraint booking_disputes_once unique (booking_id, kind),
  constraint booking_disputes_decided_whole check (
    case status when 'decided' then num_nulls(in_favour_of, decision_reason, decided_at) = 0
      else num_nonnulls(in_favour_of, decision_reason, decided_by, decided_at) = 0 end)
);
alter table public.booking_disputes enable row level security;
create index booking_disputes_raised_by_idx on public.booking_disputes (raised_by);
create index booking_disputes_decided_by_idx on public.booking_disputes (decided_by) where decided_by is not null;
-- The queue of customer care.
create index booking_disputes_open_idx on public.booking_disputes (created_at, id) where status = 'open';
comment on table public.booking_disputes is
  'Disputes of customers about a booking, and the decisions. While a dispute is open the money in question does not move.';
comment on column public.booking_disputes.id is 'Identifies the dispute.';
comment on column public.booking_disputes.booking_id is 'Booking in dispute.';
comment on column public.booking_disputes.kind is 'Kind of dispute.';
comment on column public.booking_disputes.status is 'State of the dispute.';
comment on column public.booking_disputes.reason is 'Reason in the words of the user who opened it.';
comment on column public.booking_disputes.raised_by is 'User who opened it.';
comment on column public.booking_disputes.created_at is 'When it was opened.';
comment on column public.booking_disputes.in_favour_of is 'Side in whose favour it was decided; null until then.';
comment on column public.booking_disputes.decision_reason is 'Reason of the decision; null until then.';
comment on column public.booking_disputes.decided_by is 'User who decided; null until then.';
comment on column public.booking_disputes.decided_at is 'When it was decided; null until then.';
comment on constraint booking_disputes_once on public.booking_disputes is 'This booking has already been disputed. Wait for the decision.';
comment on constraint booking_disputes_reason_length on public.booking_disputes is
  'Reason must have at most 4000 characters.';
comment on constraint booking_disputes_decision_length on public.booking_disputes is
  'Reason must have at most 4000 characters.';
create policy select_party on public.booking_disputes for select to authenticated
  using (exists (select from public.bookings b where b.id = booking_id));
create policy select_staff on public.booking_disputes for select to staff
  using (exists (select from public.bookings b where b.id = booking_id));
-- Withheld: every write. dispute_booking and decide_dispute do that.
grant select on public.booking_disputes to authenticated, staff;

--! Included functions/booking/dispute_booking.sql
create or replace function public.dispute_booking(booking_id uuid, reason text) returns public.booking_disputes
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.act_on_booking(dispute_booking.booking_id, '{customer}');
  v_dispute public.booking_disputes;
begin
  if not exists (
    select from public.booking_cancellations c
    where c.booking_id = v_booking.id and c.is_no_show and c.settled_at is null and c.disputable_until > now()
  ) then
    raise exception 'This booking cannot be disputed, or the time for it is over. Contact customer care.'
      using errcode = 'OB030';
  end if;
  insert into public.booking_disputes (booking_id, kind, reason, raised_by)
  values (v_booking.id, 'customer_no_show', app_private.required_reason(dispute_booking.reason), (select auth.uid()))
  on conflict on constraint booking_disputes_once do nothing
  returning * into v_dispute;
  if not found then
    raise exception 'You have already disputed this booking. Wait for the decision.' using errcode = 'OB030';
  end if;
  return v_dispute;
end
$$;
comment on function public.dispute_booking(uuid, text) is
  'Opens a dispute about a no-show of the signed-in customer, by default within 24 hours after it was reported. No money moves until customer care has decided. Raises OB001, OB002, OB003, OB030 (nothing to dispute, too late, or already disputed), OB036 (no reason).';
revoke all on function public.dispute_booking(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.dispute_booking(uuid, text) to authenticated;
--! EndIncluded functions/booking/dispute_booking.sql

--! Included functions/booking/decide_dispute.sql
create or replace function public.decide_dispute(dispute_id uuid, in_favour_of text, reason text) returns public.booking_disputes
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
  update public.booking_disputes d
  set status = 'decided', in_favour_of = decide_dispute.in_favour_of,
    decision_reason = app_private.required_reason(decide_dispute.reason),
    decided_by = (select auth.uid()), decided_at = now()
  where d.id = decide_dispute.dispute_id and d.status = 'open'
  returning * into v_dispute;
  if not found then
    raise exception 'This dispute has already been decided. Reload it to see the decision.' using errcode = 'OB030';
  end if;
  perform app_private.settle_cancellation(v_booking, case v_dispute.in_favour_of
    when 'customer' then 0 else c.cancellation_charge end)
  from public.booking_cancellations c where c.booking_id = v_booking.id;
  return v_dispute;
end
$$;
comment on function public.decide_dispute(uuid, text, text) is
  'Decides a dispute in favour of the customer (everything is refunded) or of the vendor (the charge stays), with a reason; the money then moves. Needs the permission bookings.update; no one can decide on their own booking or business. Raises OB001, OB002, OB003, OB020 (no side given), OB030 (already decided), OB031 (your own booking or business), OB036 (no reason).';
revoke all on function public.decide_dispute(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_dispute(uuid, text, text) to staff;
--! EndIncluded functions/booking/decide_dispute.sql

--! Included functions/booking/settle_no_shows.sql
create or replace function app_private.settle_no_shows(p_bookings integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_due record;
  v_count integer := 0;
begin
  for v_due in
    select b as booking, c.cancellation_charge
    from public.booking_cancellations c
    join public.bookings b on b.id = c.booking_id
    where c.settled_at is null and c.disputable_until <= now()
      and not exists (select from public.booking_disputes d where d.booking_id = b.id and d.status = 'open')
    order by c.disputable_until limit p_bookings
    for no key update of b, c skip locked
  loop
    -- Checked again after locking, because it may have been disputed at the last moment.
    continue when exists (
      select from public.booking_disputes d where d.booking_id = (v_due.booking).id and d.status = 'open');
    perform app_private.settle_cancellation(v_due.booking, v_due.cancellation_charge);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.settle_no_shows(integer) is
  'Settles the money of no-shows that were not disputed in time, at most p_bookings; returns how many. Runs every minute.';
revoke all on function app_private.settle_no_shows(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.settle_no_shows(integer) to ombaro_worker;
--! EndIncluded functions/booking/settle_no_shows.sql

/*
 * Moving.
 */
--! Included functions/booking/reschedule_fee.sql
create or replace function app_private.reschedule_fee(p_booking public.bookings) returns numeric
language sql stable security definer set search_path = '' as $$
  select case when now() <= p_booking.starts_at - t.reschedule_free_hours * interval '1 hour'
    then 0 else t.reschedule_fee end
  from app_private.terms_of(p_booking.id) t
$$;
comment on function app_private.reschedule_fee(public.bookings) is
  'Rupees that a customer pays for moving the booking now, by its terms.';
revoke all on function app_private.reschedule_fee(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/reschedule_fee.sql

--! Included functions/booking/require_movable.sql
create or replace function app_private.require_movable(
  p_booking public.bookings, p_date date, p_time time, p_role text
) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_booking.status not in ('confirmed', 'assigned') then
    raise exception 'A booking that is % cannot be moved to another time. Only confirmed and assigned bookings can.',
      replace(p_booking.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if exists (
    select from public.vendors v where v.id = p_booking.vendor_id and v.status in ('suspended', 'closed')
  ) then
    raise exception 'This vendor does not take bookings at present. Cancel the booking and choose another vendor.'
      using errcode = 'OB062';
  end if;
  if now() >= p_booking.starts_at then
    raise exception 'The time of this booking has come, so it can no longer be moved. Cancel it and book again.'
      using errcode = 'OB044';
  end if;
  if p_date is null or p_time is null or (p_date, p_time) = (p_booking.booking_date, p_booking.booking_time) then
    raise exception 'Choose a date and a time other than those of the booking.'
      using errcode = 'OB020', column = 'new_time';
  end if;
  if ((p_date + p_time) at time zone p_booking.time_zone) at time zone p_booking.time_zone <> p_date + p_time
    or not app_private.is_on_grid(p_booking.vendor_id, (p_date + p_time) at time zone p_booking.time_zone) then
    raise exception 'This time is not available. Choose another slot.' using errcode = 'OB060', column = 'new_time';
  end if;
  if p_role = 'customer' and (
    select count(*) from public.booking_reschedules r
    where r.booking_id = p_booking.id and r.status = 'approved' and r.requested_by_role = 'customer'
  ) >= (select t.reschedule_maximum from app_private.terms_of(p_booking.id) t) then
    raise exception 'This booking has been moved as often as its terms allow. Cancel it and book again.'
      using errcode = 'OB067';
  end if;
end
$$;
comment on function app_private.require_movable(public.bookings, date, time, text) is
  'Raises OB020 (no other time), OB030 (not possible in this state), OB044 (after its start), OB060 (no slot), OB062 (the vendor is suspended or closed), OB067 (moved too often).';
revoke all on function app_private.require_movable(public.bookings, date, time, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/require_movable.sql

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
  'Moves a locked booking to another time, with its provider if that one is free then, otherwise with another. An assignment to a provider who is not free is released, and a journey that was begun must begin again. Raises OB060 (no provider is free).';
revoke all on function app_private.move_booking(public.bookings, date, time, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/move_booking.sql

--! Included functions/booking/reschedule_booking.sql
create or replace function public.reschedule_booking(
  booking_id uuid, new_date date, new_time time, reason text default null
) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_charge numeric;
begin
  v_booking := app_private.act_on_booking(reschedule_booking.booking_id, '{customer}');
  perform app_private.require_movable(v_booking, reschedule_booking.new_date, reschedule_booking.new_time, 'customer');
  v_charge := app_private.reschedule_fee(v_booking);
  insert into public.booking_reschedules
    (booking_id, old_date, old_time, new_date, new_time, requested_by, requested_by_role, reason,
      status, approved_at, reschedule_charge, cancellation_cost)
  values (v_booking.id, v_booking.booking_date, v_booking.booking_time, reschedule_booking.new_date,
    reschedule_booking.new_time, (select auth.uid()), 'customer', reschedule_booking.reason,
    'approved', now(), v_charge, app_private.late_cancellation_fee(v_booking));
  perform app_private.move_booking(v_booking, reschedule_booking.new_date, reschedule_booking.new_time,
    reschedule_booking.reason);
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.reschedule_booking(uuid, date, time, text) is
  'Moves a booking of the signed-in customer to a free slot, in the vendor''s time zone: by default free until 24 hours before, ₹200 later than that, twice at most, and not after its start, as its terms say. From then on cancelling costs at least as much as it would have cost at this moment. Raises OB001, OB002 (others use requestReschedule), OB003, OB020, OB030, OB044 (after its start), OB060 (no provider is free), OB062 (the vendor is suspended or closed), OB067 (moved too often).';
revoke all on function public.reschedule_booking(uuid, date, time, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.reschedule_booking(uuid, date, time, text) to authenticated;
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
  'Asks the other side to move a booking: the vendor, provider or platform asks the customer, the customer asks the vendor. Only one request can be open. Raises OB001, OB002, OB003, OB020, OB030, OB036 (no reason), OB044 (after its start), OB060 (no slot), OB062 (the vendor is suspended or closed), OB067, or 23505 when a request is open.';
revoke all on function public.request_reschedule(uuid, date, time, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.request_reschedule(uuid, date, time, text) to authenticated, staff;
--! EndIncluded functions/booking/request_reschedule.sql
comment on index public.booking_reschedules_one_pending_key is
  'Another time has already been requested for this booking. Answer that request first.';

--! Included functions/booking/reschedule_to_answer.sql
create or replace function app_private.reschedule_to_answer(p_reschedule_id uuid) returns public.booking_reschedules
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_request public.booking_reschedules;
  v_booking public.bookings;
  v_role text;
begin
  select * into v_request from public.booking_reschedules r where r.id = p_reschedule_id;
  v_booking := app_private.act_on_booking(v_request.booking_id, '{customer,vendor,admin}');
  v_role := app_private.acting_role(v_booking, '{customer,vendor,admin}');
  if (v_role = 'customer') = (v_request.requested_by_role = 'customer') then
    raise exception 'You asked for this change, so the other side must answer it. Wait for the answer.'
      using errcode = 'OB031';
  end if;
  -- Checked again after locking the booking.
  select * into v_request from public.booking_reschedules r where r.id = p_reschedule_id;
  if v_request.status <> 'pending' then
    raise exception 'This request for another time has already been answered. Reload the booking.'
      using errcode = 'OB030';
  end if;
  return v_request;
end
$$;
comment on function app_private.reschedule_to_answer(uuid) is
  'An open request for another time that the signed-in user may answer; its booking is locked. Raises OB001, OB002, OB003, OB030 (already answered), OB031 (your own request).';
revoke all on function app_private.reschedule_to_answer(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/reschedule_to_answer.sql

--! Included functions/booking/approve_reschedule.sql
create or replace function public.approve_reschedule(reschedule_id uuid) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_request public.booking_reschedules := app_private.reschedule_to_answer(approve_reschedule.reschedule_id);
  v_booking public.bookings := app_private.current_booking(v_request.booking_id);
  v_charge numeric := 0;
  v_cost numeric := 0;
begin
  perform app_private.require_movable(v_booking, v_request.new_date, v_request.new_time, v_request.requested_by_role);
  if v_request.requested_by_role = 'customer' then
    v_charge := app_private.reschedule_fee(v_booking);
    v_cost := app_private.late_cancellation_fee(v_booking);
  end if;
  update public.booking_reschedules r
  set status = 'approved', approved_by = (select auth.uid()), approved_at = now(), reschedule_charge = v_charge,
    cancellation_cost = v_cost
  where r.id = v_request.id;
  perform app_private.move_booking(v_booking, v_request.new_date, v_request.new_time, v_request.reason);
  return app_private.current_booking(v_booking.id);
end
$$;
comment on function public.approve_reschedule(uuid) is
  'Accepts the requested time and moves the booking; when the customer had requested it, at the charge of its terms. For the side that was asked. Raises OB001, OB002, OB003, OB030 (already answered, or no longer possible), OB031 (your own request), OB044 (after its start), OB060 (no provider is free), OB062 (the vendor is suspended or closed), OB067.';
revoke all on function public.approve_reschedule(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.approve_reschedule(uuid) to authenticated, staff;
--! EndIncluded functions/booking/approve_reschedule.sql

--! Included functions/booking/reject_reschedule.sql
create or replace function public.reject_reschedule(reschedule_id uuid, reason text) returns public.booking_reschedules
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_request public.booking_reschedules := app_private.reschedule_to_answer(reject_reschedule.reschedule_id);
begin
  update public.booking_reschedules r
  set status = 'rejected', approved_by = (select auth.uid()), approved_at = now(),
    reason = concat_ws(' — ', r.reason, app_private.required_reason(reject_reschedule.reason))
  where r.id = v_request.id
  returning * into v_request;
  return v_request;
end
$$;
comment on function public.reject_reschedule(uuid, text) is
  'Rejects the requested time; the booking stays as it is. For the side that was asked. Raises OB001, OB002, OB003, OB030 (already answered), OB031 (your own request), OB036 (no reason).';
revoke all on function public.reject_reschedule(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.reject_reschedule(uuid, text) to authenticated, staff;
--! EndIncluded functions/booking/reject_reschedule.sql

/*
 * Records of changed days.
 */
--! Included functions/booking/add_booking_note.sql
create or replace function public.add_booking_note(
  booking_id uuid, note text, is_internal boolean default false
) returns public.booking_notes
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_role text;
  v_note public.booking_notes;
begin
  v_booking := app_private.act_on_booking(add_booking_note.booking_id, '{customer,vendor,therapist,admin}');
  v_role := app_private.acting_role(v_booking, '{customer,vendor,therapist,admin}');
  if coalesce(add_booking_note.is_internal, false) and v_role <> 'admin' then
    raise exception 'Only people who work for the platform may write internal notes. Write a note that is not internal.'
      using errcode = 'OB002', column = 'is_internal';
  end if;
  insert into public.booking_notes (booking_id, note_type, note, created_by, is_internal)
  values (v_booking.id, case v_role when 'admin' then 'internal' else v_role end,
    coalesce(add_booking_note.note, ''), (select auth.uid()), coalesce(add_booking_note.is_internal, false))
  returning * into v_note;
  return v_note;
end
$$;
comment on function public.add_booking_note(uuid, text, boolean) is
  'Adds a note to a booking for its parties; only staff of the platform can read an internal note. Raises OB001, OB002, OB003, 23514 (empty or longer than 4000 characters).';
revoke all on function public.add_booking_note(uuid, text, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.add_booking_note(uuid, text, boolean) to authenticated, staff;
--! EndIncluded functions/booking/add_booking_note.sql

--! Included templates/customer_no_show.sql
-- The vendor reports that the customer did not come.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('customer_no_show', 'customer', 'en',
    'Booking {{booking_number}}: reported as a no-show',
    '{{vendor}} reports that you did not come on {{date}} at {{time}}. If you did, open a dispute in the app before {{until}}. No money moves until then.',
    '{push,in_app,sms,email}', 'high', '/bookings/{{booking_id}}'),
  ('customer_no_show', 'customer', 'hi',
    'बुकिंग {{booking_number}} में आप नहीं आए',
    '{{vendor}} का कहना है कि आप {{date}} को {{time}} बजे नहीं आए। यदि आप आए थे, तो {{until}} तक ऐप में आपत्ति दर्ज करें। तब तक कोई राशि नहीं कटेगी।',
    '{push,in_app,sms,email}', 'high', '/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/customer_no_show.sql

--! Included templates/dispute_opened.sql
-- A customer has opened a dispute.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('dispute_opened', 'vendor', 'en',
    'Booking {{booking_number}} is disputed',
    'The customer reports that they did come. Customer care will decide.',
    '{push,in_app}', 'high', '/vendor/bookings/{{booking_id}}'),
  ('dispute_opened', 'vendor', 'hi',
    'बुकिंग {{booking_number}} पर आपत्ति है',
    'ग्राहक का कहना है कि वे आए थे। निर्णय ग्राहक सेवा करेगी।',
    '{push,in_app}', 'high', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/dispute_opened.sql

--! Included templates/dispute_decided.sql
-- A dispute was decided.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('dispute_decided', 'customer', 'en',
    'Your dispute about {{booking_number}} is decided',
    'In favour of the {{side}}: {{reason}}',
    '{push,in_app,email}', 'high', '/bookings/{{booking_id}}'),
  ('dispute_decided', 'customer', 'hi',
    '{{booking_number}} पर आपकी आपत्ति का निर्णय हो गया है',
    'कारण: {{reason}}',
    '{push,in_app,email}', 'high', '/bookings/{{booking_id}}'),
  ('dispute_decided', 'vendor', 'en',
    'The dispute about {{booking_number}} is decided',
    'In favour of the {{side}}: {{reason}}',
    '{push,in_app}', 'high', '/vendor/bookings/{{booking_id}}'),
  ('dispute_decided', 'vendor', 'hi',
    '{{booking_number}} की आपत्ति का निर्णय हो गया है',
    'कारण: {{reason}}',
    '{push,in_app}', 'high', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/dispute_decided.sql

--! Included functions/booking/tell_no_show.sql
create or replace function app_private.tell_no_show(
  p_old public.booking_cancellations, p_new public.booking_cancellations
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.current_booking(p_new.booking_id);
begin
  perform app_private.notify(v_booking.customer_id, 'customer', 'customer_no_show',
    app_private.booking_fields(v_booking) || jsonb_build_object(
      'until', to_char(p_new.disputable_until at time zone v_booking.time_zone, 'DD Mon YYYY HH24:MI')),
    jsonb_build_object('screen', 'booking', 'bookingId', v_booking.id));
end
$$;
comment on function app_private.tell_no_show(public.booking_cancellations, public.booking_cancellations) is
  'Notifies a customer who is reported as a no-show.';
revoke all on function app_private.tell_no_show(public.booking_cancellations, public.booking_cancellations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tell_no_show.sql
create trigger _700_notify_people after insert on public.booking_cancellations
  for each row when (new.is_no_show) execute function app_private.tg__notify_people('tell_no_show');

--! Included functions/booking/tell_dispute.sql
create or replace function app_private.tell_dispute(
  p_old public.booking_disputes, p_new public.booking_disputes
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.current_booking(p_new.booking_id);
  v_type text := case p_new.status when 'open' then 'dispute_opened' else 'dispute_decided' end;
  v_fields jsonb := app_private.booking_fields(v_booking)
    || jsonb_build_object('side', p_new.in_favour_of, 'reason', p_new.decision_reason);
  v_data jsonb := jsonb_build_object('screen', 'booking', 'bookingId', v_booking.id);
begin
  if v_type = 'dispute_decided' then
    perform app_private.notify(v_booking.customer_id, 'customer', v_type, v_fields, v_data);
  end if;
  perform app_private.notify(u, 'vendor', v_type, v_fields, v_data)
    from app_private.vendor_desk(v_booking.vendor_id) u;
end
$$;
comment on function app_private.tell_dispute(public.booking_disputes, public.booking_disputes) is
  'Notifies the vendor of a dispute, and both sides of its decision.';
revoke all on function app_private.tell_dispute(public.booking_disputes, public.booking_disputes) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/tell_dispute.sql
create trigger _700_notify_people after insert on public.booking_disputes
  for each row execute function app_private.tg__notify_people('tell_dispute');
create trigger _700_notify_people_status after update of status on public.booking_disputes
  for each row when (new.status <> old.status) execute function app_private.tg__notify_people('tell_dispute');

--! split: 090-earnings.sql
-- Earnings of a completed booking: the vendor's, the platform's, taxes, and the customer's points. Then
-- payouts to vendors.

alter table public.commission_records
  add column beautician_id uuid references public.beauticians (id) on delete restrict,
  add column tcs_amount numeric(10, 2) not null default 0,
  add column payout_id uuid references public.vendor_payouts (id) on delete restrict,
  add column payable_from timestamptz not null default now(),
  add constraint commission_records_one_provider check (num_nonnulls(therapist_id, beautician_id) <= 1);
comment on constraint commission_records_one_provider on public.commission_records is
  'A commission must have at most one provider. Choose a therapist or a beautician.';
select app_private.limit_numbers('public.commission_records', '{"tcs_amount": "total"}');
create index commission_records_beautician_id_idx on public.commission_records (beautician_id)
  where beautician_id is not null;
create index commission_records_payout_id_idx on public.commission_records (payout_id)
  where payout_id is not null;
-- What the next payout takes.
create index commission_records_unpaid_idx on public.commission_records (vendor_id, payable_from)
  where payout_id is null and settlement_status = 'pending';
comment on column public.commission_records.beautician_id is
  'Beautician who performed it; null when a therapist did.';
comment on column public.commission_records.tcs_amount is
  'Rupees of tax collected at source from the vendor.';
comment on column public.commission_records.payout_id is
  'Payout in which it is settled; null until then. A record is in one payout at most.';
comment on column public.commission_records.payable_from is
  'From when it can be part of a payout: later than the service where it was started without the start code.';
comment on column public.commission_records.therapist_earning is
  'Rupees of the booking that count as earned by its provider, less refunds.';
comment on column public.commission_records.platform_earning is
  'Rupees that the platform keeps: the commission, less what refunds took from it; may be below 0.';
-- Only a record of imported data is older than its column.
update public.commission_records set payable_from = created_at;

alter table public.vendor_payouts
  add column tcs_amount numeric(12, 2) not null default 0,
  add column adjustment_amount numeric(12, 2) not null default 0;
select app_private.limit_numbers('public.vendor_payouts', '{
  "tcs_amount": "sum", "adjustment_amount": "signed_sum"
}');
comment on column public.vendor_payouts.tcs_amount is 'Rupees of tax collected at source.';
comment on column public.vendor_payouts.adjustment_amount is
  'Rupees of fees due to the vendor, less cash that the vendor already has; may be below 0.';

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('commission.provider_percentage', 'commission', '40', 'number', 0, 100, false, 'Percentage of a vendor''s earnings that counts as earned by its provider');

create table enums.vendor_credit_kind (value text primary key, description text not null);
comment on table enums.vendor_credit_kind is E'@enum\n@enumName VendorCreditKind\nWhat a vendor is owed or owes in addition to its bookings.';
select app_private.publish_list('enums.vendor_credit_kind');
insert into enums.vendor_credit_kind values
  ('cancellation_fee', 'Fee of a customer who cancelled late'),
  ('reschedule_fee', 'Fee of a customer who moved a booking late'),
  ('cash_collected', 'Cash that the vendor already has; below 0'),
  ('refund', 'The vendor''s part of a refund after completion; below 0');

create table enums.refund_bearer (value text primary key, description text not null);
comment on table enums.refund_bearer is E'@enum\n@enumName RefundBearer\nWho bears the vendor''s part of a refund after completion.';
select app_private.publish_list('enums.refund_bearer');
insert into enums.refund_bearer values
  ('vendor', 'The vendor'), ('platform', 'The platform'),
  ('shared', 'Both, each a part that the platform sets');

/*
 * Refunds of completed bookings. Everything that the booking earned follows in proportion, each part rounded
 * as a running sum over all its refunds, so that nothing is left of it when all is refunded.
 */
create table public.refund_decisions (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  amount numeric(10, 2) not null check (amount > 0),
  borne_by text not null references enums.refund_bearer,
  reason text not null,
  gst_amount numeric(10, 2) not null,
  commission_amount numeric(10, 2) not null,
  tds_amount numeric(10, 2) not null,
  tcs_amount numeric(10, 2) not null,
  vendor_amount numeric(10, 2) not null,
  platform_amount numeric(10, 2) not null,
  provider_amount numeric(10, 2) not null,
  discount_amount numeric(10, 2) not null,
  points_taken integer not null check (points_taken >= 0),
  referee_reward numeric(10, 2) not null,
  referrer_reward numeric(10, 2) not null,
  points_deducted numeric(10, 2) not null,
  rewards_deducted numeric(10, 2) not null,
  decided_by uuid references public.user_profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  constraint refund_decisions_add_up check (
    amount = gst_amount + commission_amount + tds_amount + tcs_amount + vendor_amount + platform_amount),
  constraint refund_decisions_deducted_within_amount check (points_deducted + rewards_deducted <= amount)
);
alter table public.refund_decisions enable row level security;
select app_private.limit_numbers('public.refund_decisions', '{
  "amount": "amount", "gst_amount": "signed_total", "commission_amount": "signed_total",
  "tds_amount": "signed_total", "tcs_amount": "signed_total", "vendor_amount": "signed_total",
  "platform_amount": "signed_total", "provider_amount": "signed_total", "discount_amount": "signed_total",
  "referee_reward": "signed_total", "referrer_reward": "signed_total", "points_deducted": "total",
  "rewards_deducted": "total"
}');
alter table public.refund_decisions alter column vendor_id set (n_distinct = -1);
create index refund_decisions_booking_id_idx on public.refund_decisions (booking_id);
create index refund_decisions_vendor_id_idx on public.refund_decisions (vendor_id, created_at desc);
create index refund_decisions_created_at_idx on public.refund_decisions (created_at desc, id);
create index refund_decisions_decided_by_idx on public.refund_decisions (decided_by) where decided_by is not null;
comment on table public.refund_decisions is
  'Refunds of completed bookings: the amount, who bears it, and its effects in proportion.';
comment on constraint refund_decisions_amount_check on public.refund_decisions is
  'Amount must be greater than 0.';
comment on constraint refund_decisions_deducted_within_amount on public.refund_decisions is
  'Deducted points and rewards must not exceed the amount of the refund.';
comment on column public.refund_decisions.id is 'Identifies the decision.';
comment on column public.refund_decisions.booking_id is 'Booking that was refunded.';
comment on column public.refund_decisions.vendor_id is 'Vendor of the booking.';
comment on column public.refund_decisions.amount is
  'Rupees of the price that are refunded. The customer receives them less the deductions.';
comment on column public.refund_decisions.borne_by is 'Who bears the vendor''s part.';
comment on column public.refund_decisions.reason is 'Reason of the refund.';
comment on column public.refund_decisions.gst_amount is 'Rupees of it that were GST.';
comment on column public.refund_decisions.commission_amount is 'Rupees of it that were commission.';
comment on column public.refund_decisions.tds_amount is 'Rupees of it that were tax deducted at source.';
comment on column public.refund_decisions.tcs_amount is 'Rupees of it that were tax collected at source.';
comment on column public.refund_decisions.vendor_amount is 'Rupees of it that the vendor bears.';
comment on column public.refund_decisions.platform_amount is 'Rupees of it that the platform bears in addition to its commission.';
comment on column public.refund_decisions.provider_amount is 'Rupees that no longer count as earned by the provider.';
comment on column public.refund_decisions.discount_amount is 'Rupees that no longer count as saved.';
comment on column public.refund_decisions.points_taken is
  'Points of the booking that the customer loses, spent ones included.';
comment on column public.refund_decisions.referee_reward is
  'Rupees of the referral reward that the customer loses.';
comment on column public.refund_decisions.referrer_reward is
  'Rupees of the referral reward that the referring customer loses.';
comment on column public.refund_decisions.points_deducted is
  'Rupees deducted for points that were already spent.';
comment on column public.refund_decisions.rewards_deducted is
  'Rupees deducted for rewards that were already spent.';
comment on column public.refund_decisions.decided_by is
  'User who decided; null where the refund was made at the payment gateway.';
comment on column public.refund_decisions.created_at is 'When it was decided.';
create policy select_vendor on public.refund_decisions for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[]));
create policy select_staff on public.refund_decisions for select to staff
  using (
    id >= (select app_private.floor_uuid('commissions.read'))
    and created_at >= (select app_private.floor_instant('commissions.read'))
  );
-- Withheld: every write. refund_booking does that.
grant select on public.refund_decisions to authenticated, staff;

alter table public.refunds
  add column decision_id uuid references public.refund_decisions (id) on delete restrict;
create index refunds_decision_id_idx on public.refunds (decision_id) where decision_id is not null;
comment on column public.refunds.decision_id is
  'Decision after completion that this refund belongs to; null for other refunds.';

create table public.vendor_credits (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  booking_id uuid not null references public.bookings (id) on delete restrict,
  kind text not null references enums.vendor_credit_kind,
  amount numeric(10, 2) not null constraint vendor_credits_of_something check (amount <> 0),
  payout_id uuid references public.vendor_payouts (id) on delete restrict,
  created_at timestamptz not null default now(),
  payment_id uuid references public.payments (id) on delete restrict,
  decision_id uuid references public.refund_decisions (id) on delete restrict,
  constraint vendor_credits_once unique nulls not distinct (booking_id, kind, payment_id, decision_id)
);
alter table public.vendor_credits enable row level security;
select app_private.keep_timestamps('public.vendor_credits');
select app_private.limit_numbers('public.vendor_credits', '{"amount": "signed_total"}');
alter table public.vendor_credits alter column vendor_id set (n_distinct = -1);
create index vendor_credits_vendor_id_idx on public.vendor_credits (vendor_id, created_at desc);
create index vendor_credits_created_at_idx on public.vendor_credits (created_at desc, id);
create index vendor_credits_payment_id_idx on public.vendor_credits (payment_id) where payment_id is not null;
create index vendor_credits_decision_id_idx on public.vendor_credits (decision_id) where decision_id is not null;
create index vendor_credits_payout_id_idx on public.vendor_credits (payout_id) where payout_id is not null;
comment on table public.vendor_credits is
  'Amounts that a vendor is owed, or owes when below 0, in addition to the earnings of its bookings. Settled with the payouts.';
comment on constraint vendor_credits_of_something on public.vendor_credits is 'Amount must not be 0.';
comment on column public.vendor_credits.id is 'Identifies the credit.';
comment on column public.vendor_credits.vendor_id is 'Vendor of the credit.';
comment on column public.vendor_credits.booking_id is 'Booking of the credit.';
comment on column public.vendor_credits.kind is 'Kind of credit.';
comment on column public.vendor_credits.amount is 'Rupees due to the vendor; below 0 when the vendor owes them.';
comment on column public.vendor_credits.payout_id is
  'Payout in which it is settled; null until then. A credit is in one payout at most.';
comment on column public.vendor_credits.payment_id is
  'Payment of the customer after the booking was cancelled; null when the money was already there.';
comment on column public.vendor_credits.decision_id is 'Refund decision of the credit; null for others.';
create policy select_vendor on public.vendor_credits for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[]));
create policy select_staff on public.vendor_credits for select to staff
  using (
    id >= (select app_private.floor_uuid('commissions.read'))
    and created_at >= (select app_private.floor_instant('commissions.read'))
  );
grant select on public.vendor_credits to authenticated, staff;

--! Included functions/money/credit_vendor.sql
create or replace function app_private.credit_vendor(
  p_booking public.bookings, p_kind text, p_amount numeric,
  p_payment_id uuid default null, p_decision_id uuid default null
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_amount = 0 then
    return;
  end if;
  insert into public.vendor_credits (vendor_id, booking_id, kind, amount, payment_id, decision_id)
  values (p_booking.vendor_id, p_booking.id, p_kind, p_amount, p_payment_id, p_decision_id);
  -- Cash was taken from the vendor's account when it was recorded as a payment.
  if p_kind <> 'cash_collected' then
    perform app_private.move_money('booking', p_booking.id, 'vendor', p_booking.vendor_id, p_amount,
      p_booking.id, p_kind);
  end if;
end
$$;
comment on function app_private.credit_vendor(public.bookings, text, numeric, uuid, uuid) is
  'Records what a vendor is owed for a booking, or owes with an amount below 0.';
revoke all on function app_private.credit_vendor(public.bookings, text, numeric, uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/credit_vendor.sql

--! Included functions/money/collect_cash.sql
create or replace function app_private.collect_cash(p_booking public.bookings, p_amount numeric) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payment_id uuid;
begin
  if p_amount > 0 then
    select p.id into v_payment_id from public.payments p
    where p.booking_id = p_booking.id and p.payment_method = 'cash' and p.status = 'pending'
    order by p.created_at limit 1;
    if not found then
      insert into public.payments (booking_id, customer_id, vendor_id, amount, total_amount, payment_method)
      values (p_booking.id, p_booking.customer_id, p_booking.vendor_id, p_amount, p_amount, 'cash')
      returning id into v_payment_id;
    end if;
    perform app_private.payment_received(v_payment_id, p_amount, null);
    perform app_private.credit_vendor(p_booking, 'cash_collected', -p_amount);
  end if;
  perform app_private.drop_unfinished_payments(p_booking.id);
end
$$;
comment on function app_private.collect_cash(public.bookings, numeric) is
  'Records that the vendor has received an amount of a booking in cash.';
revoke all on function app_private.collect_cash(public.bookings, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/collect_cash.sql

--! Included functions/money/settle_completed.sql
create or replace function app_private.settle_completed(p_booking_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.current_booking(p_booking_id);
  v_record public.commission_records;
  v_fees numeric := app_private.amount_agreed(p_booking_id) - v_booking.final_amount;
begin
  v_record.booking_amount := v_booking.final_amount - v_booking.tax_amount;
  select d.commission_rate into strict v_record.commission_rate
  from public.vendor_private_details d where d.vendor_id = v_booking.vendor_id;
  v_record.commission_amount := app_private.percent_of(v_record.booking_amount, v_record.commission_rate);
  v_record.tds_amount := app_private.percent_of(v_record.booking_amount,
    app_private.tax_percentage('tds', app_private.today()));
  v_record.tcs_amount := app_private.percent_of(v_record.booking_amount,
    app_private.tax_percentage('tcs', app_private.today()));
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
    now() + case when v_booking.is_attested then interval '0'
      else app_private.setting('commission.unattested_days')::integer * interval '1 day' end
  returning * into v_record;

  perform
    app_private.move_money('booking', v_booking.id, 'vendor', v_booking.vendor_id,
      v_record.booking_amount - v_record.commission_amount - v_record.tds_amount - v_record.tcs_amount,
      v_booking.id, 'earning'),
    app_private.move_money('booking', v_booking.id, 'commission', null, v_record.commission_amount,
      v_booking.id, 'commission'),
    app_private.move_money('booking', v_booking.id, 'tds', null, v_record.tds_amount, v_booking.id, 'tds'),
    app_private.move_money('booking', v_booking.id, 'tcs', null, v_record.tcs_amount, v_booking.id, 'tcs'),
    app_private.move_money('booking', v_booking.id, 'gst', null, v_booking.tax_amount, v_booking.id, 'gst');
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

--! Included functions/money/reward_customer.sql
create or replace function app_private.reward_customer(p_booking public.bookings) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_referral public.customer_referrals;
  v_reward numeric;
  v_person uuid;
begin
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
      and b.is_attested is not false) then
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
  'Applies the benefits of a completed booking to its customer: totals, tier, and where it was started with the start code one point per ₹100 of money (not points or wallet), and with the first such booking the referral reward for both.';
revoke all on function app_private.reward_customer(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/reward_customer.sql

--! Included functions/money/take_points_back.sql
create or replace function app_private.take_points_back(p_booking public.bookings, p_points integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_there integer;
begin
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

--! Included functions/money/take_reward_back.sql
create or replace function app_private.take_reward_back(
  p_booking public.bookings, p_customer_id uuid, p_amount numeric
) returns numeric
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_there numeric := least(p_amount, app_private.wallet_balance(p_customer_id));
begin
  -- A rounded running sum may be a paisa lower than before: then that paisa goes back in.
  perform app_private.move_wallet(p_customer_id, case when v_there < 0 then 'bonus' else 'debit' end,
    abs(v_there), 'rewards', null, case when p_customer_id = p_booking.customer_id then p_booking.id end,
    null, 'Reward of a booking that was refunded');
  return p_amount - v_there;
end
$$;
comment on function app_private.take_reward_back(public.bookings, uuid, numeric) is
  'Takes a reward back from a wallet, as far as it has money; returns how much was already spent.';
revoke all on function app_private.take_reward_back(public.bookings, uuid, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/take_reward_back.sql

--! Included functions/money/reverse_earnings.sql
create or replace function app_private.reverse_earnings(
  p_booking public.bookings, p_amount numeric, p_borne_by text, p_reason text, p_by uuid, p_may_deduct boolean
) returns public.refund_decisions
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_decision public.refund_decisions;
  v_before public.refund_decisions;
  v_record public.commission_records;
  v_referral public.customer_referrals;
  -- How much of the price is refunded with this.
  v_share numeric := (p_booking.refunded_amount + p_amount) / p_booking.final_amount;
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
  v_decision.commission_amount := round(coalesce(v_record.commission_amount, 0) * v_share, 2)
    - v_before.commission_amount;
  v_decision.tds_amount := round(coalesce(v_record.tds_amount, 0) * v_share, 2) - v_before.tds_amount;
  v_decision.tcs_amount := round(coalesce(v_record.tcs_amount, 0) * v_share, 2) - v_before.tcs_amount;
  v_net := p_amount - v_decision.gst_amount - v_decision.commission_amount - v_decision.tds_amount
    - v_decision.tcs_amount;
  v_decision.vendor_amount := round(v_net * v_vendor_percentage / 100, 2);
  v_decision.platform_amount := v_net - v_decision.vendor_amount;
  v_decision.provider_amount := round(
    (coalesce(v_record.therapist_earning, 0) + v_before.provider_amount) * v_share, 2) - v_before.provider_amount;
  v_decision.discount_amount := round(p_booking.discount_amount * v_share, 2) - v_before.discount_amount;
  v_decision.points_taken := greatest(0, ceil(v_points * v_share)::integer - v_before.points_taken);
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
comment on function app_private.reverse_earnings(public.bookings, numeric, text, text, uuid, boolean) is
  'Takes back what an amount of a completed booking''s price has earned: GST, commission, TDS and TCS in proportion, the rest from the vendor, the platform or both; then points, rewards, totals and tier. Spent points and rewards are deducted where that is requested. Afterwards the amount less the deductions lies with the booking. The booking must be locked, and the amount of its price must not be refunded yet.';
revoke all on function app_private.reverse_earnings(public.bookings, numeric, text, text, uuid, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/reverse_earnings.sql

--! Included functions/money/refunded_elsewhere.sql
create or replace function app_private.refunded_elsewhere(p_booking_id uuid, p_amount numeric) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.current_booking(p_booking_id);
  v_amount numeric := least(p_amount - greatest(0, app_private.unearned(p_booking_id)),
    v_booking.final_amount - v_booking.refunded_amount);
begin
  if v_booking.status <> 'completed' or v_amount <= 0 then
    return null;
  end if;
  -- The money has already left: nothing can be deducted from it.
  return (app_private.reverse_earnings(
    v_booking, v_amount, 'platform', 'Made at the payment gateway', null, false)).id;
end
$$;
comment on function app_private.refunded_elsewhere(uuid, numeric) is
  'Applies the effects of a refund that was made at the payment gateway, where its booking is completed: the platform bears it. Returns the decision; null where there are no effects.';
revoke all on function app_private.refunded_elsewhere(uuid, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/refunded_elsewhere.sql

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
  'Refunds an amount of the price of a completed booking, with a reason. Commission, taxes, points, rewards and totals follow in proportion; the vendor''s part is borne by the vendor, the platform or both. The value of points and rewards that were already spent is deducted; the rest goes back the ways it was paid, in proportion. Nothing becomes due again. Needs the permission payments.approve; no one can refund their own booking or business. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (not completed), OB031 (your own booking or business), OB036 (no reason), OB066 (key of another request), OB068 (more than is left of the price).';
revoke all on function public.refund_booking(uuid, numeric, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.refund_booking(uuid, numeric, text, text, text) to staff;
--! EndIncluded functions/money/refund_booking.sql

--! Included functions/money/use_referral_code.sql
create or replace function public.use_referral_code(code text) returns public.customer_referrals
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers;
  v_referrer public.customers;
  v_referral public.customer_referrals;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_customer from public.customers c where c.id = (select auth.uid());
  if not found then
    raise exception 'You have no customer profile yet. Create one first.' using errcode = 'OB037';
  end if;
  select * into v_referrer from public.customers c
  where c.referral_code = upper(trim(use_referral_code.code)) and c.id <> v_customer.id;
  if not found then
    raise exception 'The referral code was not found, or is your own. Check the code.'
      using errcode = 'OB003', column = 'code';
  end if;
  if v_customer.referred_by is not null or v_customer.total_bookings > 0
    or v_customer.created_at < now()
      - app_private.setting('referral.within_days')::integer * interval '1 day' then
    raise exception 'You can use a referral code only once and before your first booking.' using errcode = 'OB030';
  end if;
  insert into public.customer_referrals (referrer_id, referee_id, referral_code)
  values (v_referrer.id, v_customer.id, v_referrer.referral_code)
  on conflict (referee_id) do nothing
  returning * into v_referral;
  if not found then
    raise exception 'You can use a referral code only once and before your first booking.' using errcode = 'OB030';
  end if;
  perform app_private.lock_customer(p) from (
    select p from unnest(array[v_customer.id, v_referrer.id]) p order by p) o;
  update public.customers c set referred_by = v_referrer.id where c.id = v_customer.id;
  update public.customers c set referral_count = c.referral_count + 1 where c.id = v_referrer.id;
  return v_referral;
end
$$;
comment on function public.use_referral_code(text) is
  'Enters the referral code of the friend who referred the signed-in new customer. The first completed booking within 30 days of sign-up then rewards both wallets. Raises OB001, OB003 (no such code, or your own), OB030 (not a new customer, or already entered), OB037 (no customer profile).';
revoke all on function public.use_referral_code(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.use_referral_code(text) to authenticated;
--! EndIncluded functions/money/use_referral_code.sql

/*
 * Payouts: Monday to Sunday, in India.
 */
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
        c.commission_amount, c.tds_amount, c.tcs_amount, 0::numeric as credit
      from public.commission_records c
      where c.payout_id is null and c.settlement_status = 'pending' and c.payable_from < v_until
      union all
      select c.vendor_id, null, c.id, 0, 0, 0, 0, c.amount
      from public.vendor_credits c
      where c.payout_id is null and c.created_at < v_until
    )
    select d.vendor_id, count(d.record_id)::integer as bookings,
      array_agg(d.record_id) filter (where d.record_id is not null) as record_ids,
      array_agg(d.credit_id) filter (where d.credit_id is not null) as credit_ids,
      sum(d.booking_amount) as gross, sum(d.commission_amount) as commission,
      sum(d.tds_amount) as tds, sum(d.tcs_amount) as tcs, sum(d.credit) as credit,
      sum(d.booking_amount - d.commission_amount - d.tds_amount - d.tcs_amount + d.credit) as net
    from due d
    -- Payouts of a suspended vendor are held: once it is reinstated, the next run includes all of it.
    where not exists (select from public.vendors v where v.id = d.vendor_id and v.status = 'suspended')
    group by d.vendor_id
    -- A vendor who owes more than is due is settled in a later week.
    having sum(d.booking_amount - d.commission_amount - d.tds_amount - d.tcs_amount + d.credit) > 0
    order by d.vendor_id
  loop
    insert into public.vendor_payouts
      (vendor_id, period_start, period_end, total_bookings, gross_amount, commission_amount,
        tds_amount, tcs_amount, adjustment_amount, net_amount)
    values (v_vendor.vendor_id, p_monday, p_monday + 6, v_vendor.bookings, v_vendor.gross,
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
    return next v_payout;
  end loop;
end
$$;
comment on function app_private.make_payouts(date) is
  'Creates the payouts of the week from this Monday: everything that is due to each vendor until its Sunday and is in no payout yet. Running it again creates nothing twice. Suspended vendors are left out. Raises OB020.';
revoke all on function app_private.make_payouts(date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.make_payouts(date) to ombaro_worker;
--! EndIncluded functions/money/make_payouts.sql

--! Included functions/money/run_payouts.sql
create or replace function public.run_payouts(week_start date) returns setof public.vendor_payouts
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.require_permission('payouts.execute');
  return query select * from app_private.make_payouts(run_payouts.week_start);
end
$$;
comment on function public.run_payouts(date) is
  'Creates the payouts of a past week, given by its Monday, as far as they do not exist yet. Needs the permission payouts.execute. Raises OB001, OB002, OB020 (not a Monday, or the week is not over).';
revoke all on function public.run_payouts(date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.run_payouts(date) to staff;
--! EndIncluded functions/money/run_payouts.sql

--! Included functions/money/open_payout.sql
create or replace function app_private.open_payout(p_payout_id uuid) returns public.vendor_payouts
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payout public.vendor_payouts;
begin
  perform app_private.require_permission('payouts.execute');
  select * into v_payout from public.vendor_payouts p where p.id = p_payout_id for no key update;
  if not found then
    raise exception 'The payout was not found. Check the id.' using errcode = 'OB003';
  end if;
  if exists (
    select from public.vendors v where v.id = v_payout.vendor_id and v.user_id = (select auth.uid())) then
    raise exception 'This payout is for your own business. Leave it to someone else.' using errcode = 'OB031';
  end if;
  if v_payout.payout_status = 'completed' then
    raise exception 'This payout has already been paid. Reload it.' using errcode = 'OB030';
  end if;
  return v_payout;
end
$$;
comment on function app_private.open_payout(uuid) is
  'A payout that is not paid yet, locked, for a user who may run payouts. Raises OB001, OB002, OB003, OB030, OB031.';
revoke all on function app_private.open_payout(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/open_payout.sql

--! Included functions/money/complete_payout.sql
create or replace function public.complete_payout(
  payout_id uuid, reference text, payment_method text default 'bank_transfer'
) returns public.vendor_payouts
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payout public.vendor_payouts := app_private.open_payout(complete_payout.payout_id);
begin
  if exists (select from public.vendors v where v.id = v_payout.vendor_id and v.status = 'suspended') then
    raise exception 'This vendor is suspended, so its payouts are held. Wait until the vendor is reinstated.'
      using errcode = 'OB030';
  end if;
  update public.vendor_payouts p
  set payout_status = 'completed', payment_reference = app_private.required_reason(complete_payout.reference, 'reference'),
    payment_method = complete_payout.payment_method, payment_date = now()
  where p.id = v_payout.id
  returning * into v_payout;
  update public.commission_records c set settlement_status = 'settled', settlement_date = now()
  where c.payout_id = v_payout.id;
  perform app_private.move_money('vendor', v_payout.vendor_id, 'bank', null, v_payout.net_amount, null, 'payout');
  return v_payout;
end
$$;
comment on function public.complete_payout(uuid, text, text) is
  'Records that the bank has paid a payout, with its reference; its records are then settled. Needs the permission payouts.execute. Raises OB001, OB002, OB003, OB030 (already paid, or the vendor is suspended), OB031 (your own payout), OB036 (no reference).';
revoke all on function public.complete_payout(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.complete_payout(uuid, text, text) to staff;
--! EndIncluded functions/money/complete_payout.sql

--! Included functions/money/fail_payout.sql
create or replace function public.fail_payout(payout_id uuid, reason text) returns public.vendor_payouts
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payout public.vendor_payouts := app_private.open_payout(fail_payout.payout_id);
begin
  update public.vendor_payouts p
  set payout_status = 'failed', notes = app_private.required_reason(fail_payout.reason)
  where p.id = v_payout.id
  returning * into v_payout;
  return v_payout;
end
$$;
comment on function public.fail_payout(uuid, text) is
  'Records that the bank did not pay a payout; completePayout records the next attempt. Needs the permission payouts.execute. Raises OB001, OB002, OB003, OB030 (already paid), OB031, OB036 (no reason).';
revoke all on function public.fail_payout(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.fail_payout(uuid, text) to staff;
--! EndIncluded functions/money/fail_payout.sql

--! split: 095-leave.sql
-- Leave and reservations: a provider with reservations cannot get leave for that time, and a provider on
-- leave cannot be reserved. Both lock the provider.

--! Included functions/providers/bookings_during.sql
create or replace function app_private.bookings_during(
  p_therapist_id uuid, p_beautician_id uuid, p_from date, p_to date
) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select b.id from public.providers p
  join app_private.provider_reservations r on r.provider_id = p.id
  join public.bookings b on b.id = r.booking_id
  where (p.therapist_id = p_therapist_id or p.beautician_id = p_beautician_id) and r.day between p_from and p_to
    and (r.expires_at is null or r.expires_at > now())
    and b.status in ('pending', 'confirmed', 'assigned', 'in_progress')
$$;
comment on function app_private.bookings_during(uuid, uuid, date, date) is
  'Ids of the bookings for which a therapist or a beautician is reserved on these days.';
revoke all on function app_private.bookings_during(uuid, uuid, date, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.bookings_during(uuid, uuid, date, date) to authenticated, staff;
--! EndIncluded functions/providers/bookings_during.sql

--! Included functions/providers/therapist_leaves_colliding_bookings.sql
create or replace function public.therapist_leaves_colliding_bookings(leave public.therapist_leaves)
returns setof public.bookings
language sql stable set search_path = '' as $$
  -- Through the table, so that the policies of the reader apply.
  select b.* from public.bookings b
  where b.id in (
    select app_private.bookings_during(leave.therapist_id, null, leave.start_date, leave.end_date))
  order by b.starts_at, b.id
$$;
comment on function public.therapist_leaves_colliding_bookings(public.therapist_leaves) is
  'Bookings that collide with this leave, as far as the reader may see them. They must be reassigned before the leave can be approved.';
revoke all on function public.therapist_leaves_colliding_bookings(public.therapist_leaves) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.therapist_leaves_colliding_bookings(public.therapist_leaves) to authenticated, staff;
--! EndIncluded functions/providers/therapist_leaves_colliding_bookings.sql
--! Included functions/providers/beautician_leaves_colliding_bookings.sql
create or replace function public.beautician_leaves_colliding_bookings(leave public.beautician_leaves)
returns setof public.bookings
language sql stable set search_path = '' as $$
  select b.* from public.bookings b
  where b.id in (
    select app_private.bookings_during(null, leave.beautician_id, leave.start_date, leave.end_date))
  order by b.starts_at, b.id
$$;
comment on function public.beautician_leaves_colliding_bookings(public.beautician_leaves) is
  'Bookings that collide with this leave, as far as the reader may see them. They must be reassigned before the leave can be approved.';
revoke all on function public.beautician_leaves_colliding_bookings(public.beautician_leaves) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.beautician_leaves_colliding_bookings(public.beautician_leaves) to authenticated, staff;
--! EndIncluded functions/providers/beautician_leaves_colliding_bookings.sql

--! Included functions/providers/tg__leave_collides.sql
create or replace function app_private.tg__leave_collides() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_therapist_id uuid := to_jsonb(new) ->> 'therapist_id';
  v_beautician_id uuid := to_jsonb(new) ->> 'beautician_id';
  v_numbers text;
begin
  perform app_private.lock_provider(p.id) from public.providers p
  where p.therapist_id = v_therapist_id or p.beautician_id = v_beautician_id;
  select string_agg(b.booking_number, ', ' order by b.starts_at) into v_numbers
  from app_private.bookings_during(v_therapist_id, v_beautician_id, new.start_date, new.end_date) d (id)
  join public.bookings b on b.id = d.id;
  if v_numbers is not null then
    raise exception 'The provider has bookings on these days: %. Assign them to other providers first.', v_numbers
      using errcode = 'OB070';
  end if;
  if exists (
    select from public.providers p
    join app_private.provider_reservations r on r.provider_id = p.id
    where (p.therapist_id = v_therapist_id or p.beautician_id = v_beautician_id)
      and r.hold_id is not null and r.day between new.start_date and new.end_date
      and r.expires_at > clock_timestamp()
  ) then
    raise exception 'A customer is booking this provider for these days right now. Try again in some minutes.'
      using errcode = 'OB070';
  end if;
  return new;
end
$$;
comment on function app_private.tg__leave_collides() is
  'Refuses with OB070 to approve leave of a provider who is reserved on these days, by a booking or a hold.';
revoke all on function app_private.tg__leave_collides() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/tg__leave_collides.sql
create trigger _250_leave_collides before insert or update of status, start_date, end_date on public.therapist_leaves
  for each row when (new.status = 'approved' and new.end_date >= (now() at time zone 'Asia/Kolkata')::date)
  execute function app_private.tg__leave_collides();
create trigger _250_leave_collides before insert or update of status, start_date, end_date on public.beautician_leaves
  for each row when (new.status = 'approved' and new.end_date >= (now() at time zone 'Asia/Kolkata')::date)
  execute function app_private.tg__leave_collides();

--! split: 100-books.sql
-- Whether the books are correct: every balance against its rows.

create type app_private.balance as (account text, id uuid, balance numeric);
comment on type app_private.balance is 'Balance of one account of the journal, in rupees.';

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
      when 'completed' then app_private.amount_agreed(b.id) + coalesce((
        select sum(d.points_deducted + d.rewards_deducted) from public.refund_decisions d
        where d.booking_id = b.id), 0)
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

--! Included functions/money/balances_by_journal.sql
create or replace function app_private.balances_by_journal() returns setof app_private.balance
language sql stable security definer set search_path = '' as $$
  select m.account, m.id, coalesce(sum(m.amount) filter (where m.amount <> 'NaN'), 0)
  from (
    select j.to_account as account, j.to_id as id, j.amount from app_private.journal j
    union all
    select j.from_account, j.from_id, -j.amount from app_private.journal j
  ) m
  group by m.account, m.id
$$;
comment on function app_private.balances_by_journal() is 'Balances of the accounts by the movements of the journal.';
revoke all on function app_private.balances_by_journal() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/balances_by_journal.sql

create type app_private.imbalance as (account text, id uuid, journal numeric, by_rows numeric);
comment on type app_private.imbalance is
  'An account whose balance in the journal differs from its rows.';

--! Included functions/money/unbooked.sql
create or replace function app_private.unbooked() returns setof app_private.imbalance
language sql stable security definer set search_path = '' as $$
  select coalesce(b.account, r.account), coalesce(b.id, r.id), coalesce(b.balance, 0), coalesce(r.balance, 0)
  from (
    select * from app_private.balances_by_journal() where account in ('wallet', 'vendor', 'booking')
  ) b
  full join app_private.balances_by_rows() r on r.account = b.account and r.id = b.id
  where coalesce(b.balance, 0) <> coalesce(r.balance, 0)
$$;
comment on function app_private.unbooked() is
  'Accounts of customers, vendors and bookings whose movements differ from their rows.';
revoke all on function app_private.unbooked() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/unbooked.sql

--! Included functions/money/open_journal.sql
create or replace function app_private.open_journal() returns void
language sql volatile security definer set search_path = '' as $$
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
$$;
comment on function app_private.open_journal() is
  'Writes one opening movement for each balance whose rows have no movements. Run once after older data were loaded: later it would hide errors.';
revoke all on function app_private.open_journal() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/open_journal.sql

--! Included functions/money/imbalances.sql
create or replace function app_private.imbalances() returns setof app_private.imbalance
language sql stable security definer set search_path = '' as $$
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
$$;
comment on function app_private.imbalances() is
  'Differences in the books; no row means that they are correct: the journal adds up to 0, and wallets, vendors'' accounts, bookings'' accounts, points, refunds and refunded amounts of completed bookings agree with their rows. Reads all of them.';
revoke all on function app_private.imbalances() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/imbalances.sql

-- Jobs of the booking engine.

--! split: 105-what-was-there.sql
-- Bookings from before the engine, or imported ones.

--! Included functions/booking/reserve_assigned.sql
create or replace function app_private.reserve_assigned() returns setof uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_place app_private.place;
begin
  for v_booking in
    select * from public.bookings b
    where b.status in ('assigned', 'in_progress') and b.ends_at > now()
      and app_private.assigned_provider(b.id) is not null
      and not exists (select from app_private.provider_reservations r where r.booking_id = b.id)
    order by b.starts_at, b.id
  loop
    v_place := app_private.place_of_booking(v_booking);
    insert into app_private.provider_reservations
      (provider_id, booking_id, day, starts_at, ends_at, ready_at, is_at_vendor, latitude, longitude)
    values (app_private.assigned_provider(v_booking.id), v_booking.id, v_booking.booking_date,
      v_booking.starts_at, v_booking.ends_at, v_booking.ends_at, v_place.is_at_vendor,
      v_place.latitude, v_place.longitude)
    on conflict do nothing;
    if not found then
      return next v_booking.id;
    end if;
  end loop;
end
$$;
comment on function app_private.reserve_assigned() is
  'Reserves assigned coming bookings that were loaded without a reservation, without a buffer; past bookings get none. Returns the bookings whose provider is already reserved then: they need another provider.';
revoke all on function app_private.reserve_assigned() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/reserve_assigned.sql
select app_private.reserve_assigned();
select app_private.open_journal();

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.8', 'booking-engine', '2026-11-25', 'Booking engine: slots, holds, money, the life of a booking');
