--! Previous: sha1:73e5be037fb3dd70a65dbdbb1760bcac1747f6e4
--! Hash: sha1:27cb272f8190ce24e980d3c5297774f1a168efd1
--! Message: daily-close

--! split: 010-daily-close.sql
-- Balances without the past. A balance was the sum of all movements that its account ever had: what it cost to read grew with
-- every booking. Once a day the journal is closed: the balances up to a movement are written down, and from then on a balance
-- is what was written down and the few movements since. And a second program, which knows nothing of the functions that move
-- money, explains every movement by its cause (020).
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion, adding-foreign-key-constraint

/*
 * One row a day, which says up to which movement the day is closed. Numbers of movements are not in the order of their commits,
 * so the journal is locked for the moment in which the number is read: no movement below it can appear later. The number means
 * the same after a dump is restored, which a snapshot or the number of a transaction would not.
 */
create table app_private.journal_closes (
  day date primary key,
  closed_through bigint not null,
  counted_through bigint not null,
  closed_at timestamptz not null default now(),
  constraint journal_closes_counted check (counted_through <= closed_through)
);
alter table app_private.journal_closes enable row level security;
comment on table app_private.journal_closes is
  'Daily closes of the journal. A close is a movement up to which the balances are written down; they are counted in batches. One row a day, kept like the journal.';
comment on column app_private.journal_closes.day is 'Last day, in India, that it closes; days that were missed are closed with it.';
comment on column app_private.journal_closes.closed_through is 'Last movement of the journal that belongs to it.';
comment on column app_private.journal_closes.counted_through is
  'Last movement of the journal that is part of app_private.account_balances; less than closed_through while it is being counted.';
comment on column app_private.journal_closes.closed_at is 'When the journal was closed.';
comment on constraint journal_closes_counted on app_private.journal_closes is
  'Movements can only be counted up to the close. Close the journal first.';

/*
 * What the accounts had at the last close. Accounts that are empty have no row: nearly all are those of bookings, which end
 * empty, so the table grows with wallets, vendors and open bookings, and not with time.
 */
create table app_private.account_balances (
  account text not null references enums.journal_account,
  owner_id uuid,
  balance numeric(21, 2) not null,
  constraint account_balances_once unique nulls not distinct (account, owner_id)
);
alter table app_private.account_balances enable row level security;
select app_private.limit_numbers('app_private.account_balances', '{"balance": "figure_sum"}');
-- Those that have just become empty, which go.
create index account_balances_empty_idx on app_private.account_balances (account) where balance = 0;
comment on table app_private.account_balances is
  'Balances of the accounts of the journal at the last daily close, without those that are empty.';
comment on column app_private.account_balances.account is 'Account of the journal.';
comment on column app_private.account_balances.owner_id is
  'Booking, vendor or customer of that account; null for the platform''s own accounts.';
comment on column app_private.account_balances.balance is
  'Rupees that went to it less those that came from it, up to the last movement that is counted.';
comment on constraint account_balances_once on app_private.account_balances is 'This account already has a balance. Change that balance instead.';

/*
 * When the journal began for data that were loaded. What happened before has one movement for each balance, and no others, which
 * the explanation of the journal must know. Nothing else tells, where no balance was open at that moment.
 */
create table app_private.journal_openings (
  opened_at timestamptz primary key default clock_timestamp()
);
alter table app_private.journal_openings enable row level security;
comment on table app_private.journal_openings is
  'When opening movements were written for data that were loaded: once, or never where the journal began with the data.';
comment on column app_private.journal_openings.opened_at is 'When they were written.';

-- The movements of an account since the last close, and nothing before them.
drop index app_private.journal_from_idx, app_private.journal_to_idx;
create index journal_from_idx on app_private.journal (from_account, from_id, id) include (amount);
create index journal_to_idx on app_private.journal (to_account, to_id, id) include (amount);
-- When the journal was opened, where that was not recorded.
create index journal_opening_idx on app_private.journal (created_at) where reason = 'opening balance';
-- A customer's points from the newest on: those that are spent next are found from what stays.
create index loyalty_points_transactions_newest_idx on public.loyalty_points_transactions
  (customer_id, expires_at desc nulls first, created_at desc, id desc) include (points) where points > 0;

-- Where money of a wallet came from and went to, so that this is a cause and need not be guessed.
alter table public.wallet_transactions add column account text references enums.journal_account;
comment on column public.wallet_transactions.account is
  'Account of the journal from which the money came or to which it went; null where that was not kept yet.';
--! Included functions/money/move_wallet.sql
create or replace function app_private.move_wallet(
  p_customer_id uuid, p_type text, p_amount numeric, p_account text, p_account_id uuid,
  p_booking_id uuid, p_payment_id uuid, p_description text
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_is_debit boolean := p_type = 'debit';
  v_before numeric;
  v_balance numeric;
  v_withdrawable numeric;
  v_part numeric;
begin
  if p_amount = 0 then
    return;
  end if;
  perform app_private.lock_customer(p_customer_id);
  v_before := app_private.wallet_balance(p_customer_id);
  v_balance := v_before + case when v_is_debit then -p_amount else p_amount end;
  v_withdrawable := app_private.withdrawable_balance(p_customer_id);
  v_part := app_private.withdrawable_part(p_type, p_amount, p_account, p_payment_id, v_before - v_withdrawable);
  if v_balance < 0 or v_is_debit and v_part > v_withdrawable then
    raise exception 'There is not enough money in your wallet. Use a smaller amount, or pay another way.'
      using errcode = 'OB063';
  end if;
  insert into public.wallet_transactions
    (customer_id, transaction_type, amount, balance_after, withdrawable, withdrawable_after, account, booking_id,
      payment_id, description, created_at)
  values (p_customer_id, p_type, p_amount, v_balance, v_part,
    -- A balance that values that are no numbers left below 0 comes up to it first.
    least(v_balance, v_withdrawable + case when v_is_debit then -v_part else v_part end),
    p_account, p_booking_id, p_payment_id, p_description,
    -- After the last one, though the clock was set back: the last one says what can be withdrawn.
    greatest(clock_timestamp(), (
      select max(t.created_at) from public.wallet_transactions t where t.customer_id = p_customer_id)
      + interval '1 microsecond'));
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
  'Moves money into a wallet, or out of it with debit, from or to another account of the journal, and notes how much of it can be withdrawn (withdrawable_part). Raises OB063 where there is not enough.';
revoke all on function app_private.move_wallet(uuid, text, numeric, text, uuid, uuid, uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/move_wallet.sql

--! Included functions/money/counted_through.sql
create or replace function app_private.counted_through() returns bigint
language sql stable security definer set search_path = '' as $$
  select coalesce((select c.counted_through from app_private.journal_closes c order by c.day desc limit 1), 0)
$$;
comment on function app_private.counted_through() is
  'The last movement of the journal that is part of the closed balances; 0 before the first close.';
revoke all on function app_private.counted_through() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/counted_through.sql
--! Included functions/money/account_balance.sql
create or replace function app_private.account_balance(p_account text, p_id uuid) returns numeric
language plpgsql stable security definer set search_path = '' as $$
begin
  -- Each one statement, so one snapshot: a close that is counted meanwhile changes both parts or neither. Two, because
  -- "is not distinct from" uses no index.
  if p_id is null then
    return (
      select coalesce(sum(m.amount), 0)
      from (
        select b.balance as amount from app_private.account_balances b
        where b.account = p_account and b.owner_id is null
        union all
        select j.amount from app_private.journal j
        where j.to_account = p_account and j.to_id is null and j.id > (select app_private.counted_through())
          and j.amount <> 'NaN'
        union all
        select -j.amount from app_private.journal j
        where j.from_account = p_account and j.from_id is null and j.id > (select app_private.counted_through())
          and j.amount <> 'NaN'
      ) m);
  end if;
  return (
    select coalesce(sum(m.amount), 0)
    from (
      select b.balance as amount from app_private.account_balances b
      where b.account = p_account and b.owner_id = p_id
      union all
      select j.amount from app_private.journal j
      where j.to_account = p_account and j.to_id = p_id and j.id > (select app_private.counted_through())
        and j.amount <> 'NaN'
      union all
      select -j.amount from app_private.journal j
      where j.from_account = p_account and j.from_id = p_id and j.id > (select app_private.counted_through())
        and j.amount <> 'NaN'
    ) m);
end
$$;
comment on function app_private.account_balance(text, uuid) is
  'Rupees that went to an account less those that came from it: its balance at the last close, and the movements since.';
revoke all on function app_private.account_balance(text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/account_balance.sql
--! Included functions/money/journal_balances.sql
create or replace function public.journal_balances() returns setof public.account_balance
language plpgsql stable security definer set search_path = '' as $$
begin
  perform app_private.require_permission('payments.read');
  return query
    select a.value, coalesce(sum(m.amount), 0)
    from enums.journal_account a
    left join (
      select b.account, b.balance as amount from app_private.account_balances b
      union all
      select j.to_account, j.amount from app_private.journal j
      where j.id > (select app_private.counted_through()) and j.amount <> 'NaN'
      union all
      select j.from_account, -j.amount from app_private.journal j
      where j.id > (select app_private.counted_through()) and j.amount <> 'NaN'
    ) m on m.account = a.value
    group by a.value
    order by a.value;
end
$$;
comment on function public.journal_balances() is
  'All accounts of the journal with their balances, which add up to zero: those of the last daily close, and the movements since. Needs the permission payments.read. Raises OB001, OB002.';
revoke all on function public.journal_balances() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.journal_balances() to staff;
--! EndIncluded functions/money/journal_balances.sql
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
comment on function app_private.balances_by_journal() is
  'Balances of the accounts by all movements of the journal. Only for checks, which closed balances must not help: app_private.account_balance answers requests.';
revoke all on function app_private.balances_by_journal() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/balances_by_journal.sql
--! Included functions/money/wallet_balance.sql
create or replace function app_private.wallet_balance(p_customer_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  select app_private.account_balance('wallet', p_customer_id)
$$;
comment on function app_private.wallet_balance(uuid) is
  'Rupees in a wallet: the balance of its account in the journal, which its transactions add up to.';
revoke all on function app_private.wallet_balance(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/wallet_balance.sql
--! Included functions/money/customers_wallet_balance.sql
create or replace function public.customers_wallet_balance(customer public.customers) returns numeric
language sql stable security definer set search_path = '' as $$
  -- For those who may read its transactions.
  select case
    when customer.id = (select auth.uid()) or (select app_private.has_permission('wallets.read'))
      then app_private.wallet_balance(customer.id)
    else 0 end
$$;
comment on function public.customers_wallet_balance(public.customers) is
  'Rupees in the wallet: the sum of its transactions.';
revoke all on function public.customers_wallet_balance(public.customers) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.customers_wallet_balance(public.customers) to authenticated, staff;
--! EndIncluded functions/money/customers_wallet_balance.sql
--! Included functions/money/customers_withdrawable_balance.sql
create or replace function public.customers_withdrawable_balance(customer public.customers) returns numeric
language sql stable security definer set search_path = '' as $$
  -- For those who may read its transactions.
  select case
    when customer.id = (select auth.uid()) or (select app_private.has_permission('wallets.read'))
      then round(app_private.withdrawable_balance(customer.id), 2)
    else 0.00 end
$$;
comment on function public.customers_withdrawable_balance(public.customers) is
  'Rupees of the wallet that withdrawFromWallet can pay out: money that was paid in or refunded. The rest are rewards and goodwill, which pay for bookings only.';
revoke all on function public.customers_withdrawable_balance(public.customers) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.customers_withdrawable_balance(public.customers) to authenticated, staff;
--! EndIncluded functions/money/customers_withdrawable_balance.sql
--! Included functions/money/points_that_lapsed.sql
create or replace function app_private.points_that_lapsed(p_customer_id uuid) returns integer
language sql stable security definer set search_path = '' as $$
  -- The oldest are spent first, so what is there beyond the batches that last has expired.
  select greatest(0, c.loyalty_points - coalesce((
    select sum(t.points) from public.loyalty_points_transactions t
    where t.customer_id = c.id and t.points > 0 and (t.expires_at > now() or t.expires_at is null)), 0))::integer
  from public.customers c
  where c.id = p_customer_id
$$;
comment on function app_private.points_that_lapsed(uuid) is
  'How many points of a customer have expired without being spent or removed.';
revoke all on function app_private.points_that_lapsed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/points_that_lapsed.sql
--! Included functions/money/lapse_of_spent.sql
create or replace function app_private.lapse_of_spent(p_customer_id uuid, p_points integer) returns timestamptz
language sql stable security definer set search_path = '' as $$
  -- The oldest are spent first, so what stays is the newest: read from there, however many came before.
  select b.expires_at
  from (
    select t.expires_at, t.created_at, t.id,
      sum(t.points) over (order by t.expires_at desc nulls first, t.created_at desc, t.id desc
        rows unbounded preceding) as from_newest
    from public.loyalty_points_transactions t
    where t.customer_id = p_customer_id and t.points > 0
  ) b
  where b.from_newest > (select c.loyalty_points - p_points from public.customers c where c.id = p_customer_id)
  order by b.expires_at desc nulls first, b.created_at desc, b.id desc
  limit 1
$$;
comment on function app_private.lapse_of_spent(uuid, integer) is
  'When the newest of the next p_points points would have expired. Points that are given back expire then.';
revoke all on function app_private.lapse_of_spent(uuid, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/lapse_of_spent.sql
--! Included functions/money/lock_journal.sql
create or replace function app_private.lock_journal() returns void
-- Other writers of movements wait behind this lock: for so long at most.
language plpgsql volatile security definer set search_path = '' set lock_timeout = '250ms' as $$
begin
  for v_try in 1..10 loop
    begin
      lock table app_private.journal in share mode;
      return;
    exception when lock_not_available then
      if v_try = 10 then
        raise;
      end if;
    end;
    -- Those who waited go first.
    perform pg_sleep(1);
  end loop;
end
$$;
comment on function app_private.lock_journal() is
  'Waits until no transaction has uncommitted movements, and keeps new ones out until the end of the transaction, which must come at once. Gives way after a quarter of a second, ten times; then the error of the lock remains.';
revoke all on function app_private.lock_journal() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/lock_journal.sql
--! Included functions/money/close_journal.sql
create or replace function app_private.close_journal(p_rows integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_close app_private.journal_closes;
  v_day date := app_private.today() - 1;
  v_up_to bigint;
  v_rows integer;
begin
  select * into v_close from app_private.journal_closes c order by c.day desc limit 1 for update;
  if v_close.counted_through < v_close.closed_through then
    select max(n.id), count(*) into v_up_to, v_rows
    from (
      select j.id from app_private.journal j
      where j.id > v_close.counted_through and j.id <= v_close.closed_through
      order by j.id limit p_rows
    ) n;
    if v_rows < p_rows then
      v_up_to := v_close.closed_through;
    end if;
    insert into app_private.account_balances as b (account, owner_id, balance)
    select m.account, m.id, sum(m.amount)
    from (
      select j.to_account as account, j.to_id as id, j.amount from app_private.journal j
      where j.id > v_close.counted_through and j.id <= v_up_to
      union all
      select j.from_account, j.from_id, -j.amount from app_private.journal j
      where j.id > v_close.counted_through and j.id <= v_up_to
    ) m
    -- Values that are no numbers, from before ranges existed, move nothing.
    where m.amount <> 'NaN'
    group by m.account, m.id
    having sum(m.amount) <> 0
    on conflict (account, owner_id) do update set balance = b.balance + excluded.balance;
    -- Most accounts are those of bookings, which end empty.
    delete from app_private.account_balances b where b.balance = 0;
    update app_private.journal_closes c set counted_through = v_up_to where c.day = v_close.day;
    return v_rows;
  end if;
  if v_close.day >= v_day then
    return 0;
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'The journal can only be closed at the isolation level read committed: an older snapshot would miss movements.'
      using errcode = 'OB030';
  end if;
  perform app_private.lock_journal();
  -- A new statement, so a new snapshot: it sees all that was committed before the lock was there. What comes after it
  -- has not taken a number yet. Nothing else is done under the lock: what is counted is counted in the next calls.
  insert into app_private.journal_closes (day, closed_through, counted_through)
  select v_day, coalesce(max(j.id), 0), coalesce(v_close.counted_through, 0) from app_private.journal j
  on conflict (day) do nothing;
  return p_rows;
end
$$;
comment on function app_private.close_journal(integer) is
  'Closes the journal for the day before this one in India, and the days that were missed with it: one call decides up to which movement, and must be a transaction of its own; each of the next adds at most so many movements to the closed balances. Returns how many; as many as it may while there is more to do. Raises OB030 at another isolation level than read committed.';
revoke all on function app_private.close_journal(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.close_journal(integer) to ombaro_worker;
--! EndIncluded functions/money/close_journal.sql
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
  ) o;
  -- Not again where nothing was left to open: what happened since the first opening has movements of its own.
  insert into app_private.journal_openings
  select where not exists (select from app_private.journal_openings)
    or exists (
      select from app_private.journal j where j.reason = 'opening balance' and j.created_at = now())
  on conflict do nothing
$$;
comment on function app_private.open_journal() is
  'Writes one opening movement for each balance whose rows have no movements. Run once after older data were loaded: later it would hide errors.';
revoke all on function app_private.open_journal() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/open_journal.sql
--! Included functions/money/journal_opened_at.sql
create or replace function app_private.journal_opened_at() returns timestamptz
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select max(o.opened_at) from app_private.journal_openings o),
    -- Opened before that was recorded.
    (select max(j.created_at) from app_private.journal j where j.reason = 'opening balance'),
    '-infinity')
$$;
comment on function app_private.journal_opened_at() is
  'When the journal was opened for data that were loaded: what happened until then has no movements but the opening ones. Minus infinity where it began empty.';
revoke all on function app_private.journal_opened_at() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/journal_opened_at.sql

insert into public.schema_versions (version, migration, released_on, changes)
values ('1.37', 'daily-close', '2026-11-29', 'Balances are closed every day, so that none is a sum over all time; every movement of the journal is explained by its cause');

--! split: 020-explained-movements.sql
/*
 * The movements that must be in the journal, by what caused them: one view for each kind of cause. They read the causes alone,
 * and share nothing with the functions that move money. A new reason is a new view app_private.expected_…, with these columns:
 * app_private.unexplained_movements() reads all of them. An amount below 0 is a movement in the opposite direction, and one of
 * 0 none. Causes from before the journal was opened are part of the opening movements.
 */

-- Money that came in, at the gateway, at a vendor's desk or in cash, and points and wallets that paid.
create view app_private.expected_of_payments as
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
where p.status in ('success', 'partially_refunded', 'refunded')
  and coalesce(p.payment_date, p.created_at) > (select app_private.journal_opened_at());
comment on view app_private.expected_of_payments is 'Movements that payments which were received must have.';

-- What went back: from the booking, or from the platform where the money had been earned already.
create view app_private.expected_of_refunds as
with completed as (
  select r.*, case when r.is_borne_by_platform then 'commission' else 'booking' end as source,
    case when not r.is_borne_by_platform then r.booking_id end as source_id
  from public.refunds r
  where r.status = 'completed' and coalesce(r.processed_at, r.created_at) > (select app_private.journal_opened_at())
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
comment on view app_private.expected_of_refunds is 'Movements that refunds which arrived must have.';

-- What a completed booking distributes: the vendor's earning, the commission, the charge and the taxes.
create view app_private.expected_of_commission_records as
select m.reason, 'booking' as from_account, c.booking_id as from_id, m.to_account, m.to_id, m.amount, c.booking_id
from public.commission_records c
cross join lateral (
  values
    ('earning', 'vendor', c.vendor_id, c.net_amount),
    ('commission', 'commission', null, c.commission_amount),
    ('tds', 'tds', null, c.tds_amount),
    ('tcs', 'tcs', null, c.tcs_amount),
    ('charge', 'charge', null, c.charge_amount),
    -- The vendor's is part of its earning.
    ('gst', 'gst', null, c.gst_amount - c.vendor_gst_amount)
) m (reason, to_account, to_id, amount)
where c.created_at > (select app_private.journal_opened_at());
comment on view app_private.expected_of_commission_records is 'Movements that completed bookings must have.';

-- What a vendor is owed or owes beside that. Cash that it collected is a payment.
create view app_private.expected_of_vendor_credits as
select v.kind as reason, 'booking' as from_account, v.booking_id as from_id, 'vendor' as to_account,
  v.vendor_id as to_id, v.amount, v.booking_id
from public.vendor_credits v
-- Cash is a payment, and what is carried over stays in the account. Payments of vendors are below.
where v.kind not in ('cash_collected', 'carried_over', 'payment') and v.created_at > (select app_private.journal_opened_at());
comment on view app_private.expected_of_vendor_credits is 'Movements that credits and debts of vendors must have.';

-- What vendors paid to the platform.
create view app_private.expected_of_vendor_payments as
select 'vendor payment' as reason, 'bank' as from_account, null::uuid as from_id, 'vendor' as to_account,
  v.vendor_id as to_id, v.amount, null::uuid as booking_id
from public.vendor_credits v
where v.kind = 'payment' and v.created_at > (select app_private.journal_opened_at());
comment on view app_private.expected_of_vendor_payments is 'Movements that payments of vendors must have.';

-- What a refund after completion takes back.
create view app_private.expected_of_refund_decisions as
select m.reason, m.from_account, m.from_id, m.to_account, m.to_id, m.amount, d.booking_id
from public.refund_decisions d
cross join lateral (
  values
    ('refund', 'gst', null, 'booking', d.booking_id, d.gst_amount),
    ('refund', 'charge', null, 'booking', d.booking_id, d.charge_amount),
    ('refund', 'commission', null, 'booking', d.booking_id, d.commission_amount),
    ('refund', 'tds', null, 'booking', d.booking_id, d.tds_amount),
    ('refund', 'tcs', null, 'booking', d.booking_id, d.tcs_amount),
    ('refund borne', 'commission', null, 'booking', d.booking_id, d.platform_amount),
    ('points spent', 'booking', d.booking_id, 'points', null, d.points_deducted),
    ('rewards spent', 'booking', d.booking_id, 'rewards', null, d.rewards_deducted)
) m (reason, from_account, from_id, to_account, to_id, amount)
where d.created_at > (select app_private.journal_opened_at());
comment on view app_private.expected_of_refund_decisions is 'Movements that decisions on refunds after completion must have.';

create view app_private.expected_of_payouts as
select 'payout' as reason, 'vendor' as from_account, p.vendor_id as from_id, 'bank' as to_account, null::uuid as to_id,
  p.net_amount as amount, null::uuid as booking_id
from public.vendor_payouts p
where p.payout_status = 'completed'
  and coalesce(p.payment_date, p.created_at) > (select app_private.journal_opened_at());
comment on view app_private.expected_of_payouts is 'Movements that payouts which were paid must have.';

-- What is given and taken without a payment: rewards, goodwill, withdrawals and corrections.
create view app_private.expected_of_wallet_transactions as
select 'wallet ' || t.transaction_type as reason, coalesce(t.account, 'rewards') as from_account, null::uuid as from_id,
  'wallet' as to_account, t.customer_id as to_id,
  case t.transaction_type when 'debit' then -t.amount else t.amount end as amount, t.booking_id
from public.wallet_transactions t
where t.payment_id is null and t.created_at > (select app_private.journal_opened_at());
comment on view app_private.expected_of_wallet_transactions is
  'Movements that wallet transactions without a payment must have.';

-- What was withdrawn leaves the platform when it is paid; the fee is earned then.
create view app_private.expected_of_withdrawals as
select m.reason, 'withdrawals' as from_account, null::uuid as from_id, m.to_account, null::uuid as to_id, m.amount,
  null::uuid as booking_id
from public.wallet_withdrawals w
cross join lateral (
  values ('withdrawal', 'bank', w.net_amount), ('withdrawal fee', 'withdrawal_fees', w.fee)
) m (reason, to_account, amount)
where w.status = 'completed' and w.ended_at > (select app_private.journal_opened_at());
comment on view app_private.expected_of_withdrawals is 'Movements that withdrawals which were paid must have.';

--! Included functions/money/unexplained_movements.sql
create or replace function app_private.unexplained_movements()
returns table (
  finding text, reason text, from_account text, from_id uuid, to_account text, to_id uuid, booking_id uuid,
  expected numeric, moved numeric, movements bigint[]
)
-- Movements of millions of bookings are grouped.
language plpgsql stable security definer set search_path = '' set work_mem = '128MB' as $$
declare
  v_expected text;
  v_rows text;
  v_opened_at timestamptz := app_private.journal_opened_at();
  v_suspects uuid[];
begin
  -- Each cause has a view.
  select string_agg(format('select e.reason, e.from_account, e.from_id, e.to_account, e.to_id, e.booking_id, e.amount
    from app_private.%I e', c.relname), ' union all ' order by c.relname) into v_expected
  from pg_catalog.pg_class c
  where c.relnamespace = 'app_private'::regnamespace and c.relkind = 'v' and c.relname ~ '^expected_';
  -- Both sides, in paisa as float8, which is exact for integers up to 2^53 and takes no memory of its own in a sum.
  v_rows := format($rows$
    with entries as not materialized (
      -- An opening movement gives an account what its rows have; from anywhere else it is none.
      select j.*,
        j.reason = 'opening balance' and $1 > '-infinity'
          and (j.from_id is null) <> (j.to_id is null)
          and case when j.from_id is null then j.from_account else j.to_account end
            = case when 'wallet' in (j.from_account, j.to_account) then 'rewards' else 'gateway' end as is_opening
      from app_private.journal j
      where j.amount <> 'NaN'
    ),
    corrected as not materialized (
      -- A correction counts as part of what it corrects, where it is between the same accounts.
      select coalesce(o.reason, c.reason) as reason,
        coalesce(o.from_account, c.from_account) as from_account,
        case when o.id is null then c.from_id else o.from_id end as from_id,
        coalesce(o.to_account, c.to_account) as to_account,
        case when o.id is null then c.to_id else o.to_id end as to_id,
        case when o.id is null then c.booking_id else o.booking_id end as booking_id,
        case when (o.to_account, o.to_id) is not distinct from (c.from_account, c.from_id)
          then -c.amount else c.amount end as amount
      from app_private.journal c
      left join app_private.journal o
        on o.id = substring(c.reason from '^correction of ([0-9]{1,18})$')::bigint
        and ((o.from_account, o.from_id, o.to_account, o.to_id)
            is not distinct from (c.from_account, c.from_id, c.to_account, c.to_id)
          or (o.from_account, o.from_id, o.to_account, o.to_id)
            is not distinct from (c.to_account, c.to_id, c.from_account, c.from_id))
      where c.reason like 'correction of %%' and c.amount <> 'NaN'
    ),
    both_sides as not materialized (
      select e.reason,
        case when e.amount > 0 then e.from_account else e.to_account end as from_account,
        case when e.amount > 0 then e.from_id else e.to_id end as from_id,
        case when e.amount > 0 then e.to_account else e.from_account end as to_account,
        case when e.amount > 0 then e.to_id else e.from_id end as to_id,
        e.booking_id, abs(e.amount * 100)::bigint::float8 as expected, 0::float8 as moved
      from (%s) e
      where e.amount <> 0 and e.amount <> 'NaN'
      union all
      select j.reason, j.from_account, j.from_id, j.to_account, j.to_id, j.booking_id, 0,
        (j.amount * 100)::bigint::float8
      from entries j
      where not j.is_opening and j.reason not like 'correction of %%'
      union all
      select c.reason, c.from_account, c.from_id, c.to_account, c.to_id, c.booking_id, 0,
        (c.amount * 100)::bigint::float8
      from corrected c
    )
  $rows$, v_expected);
  -- First one look at each booking: movements weighed by a hash of what they are add up to nothing where both sides agree.
  -- Of errors in an account or reason one in four billion weighs nothing; wrong amounts always weigh something.
  execute v_rows || $query$
    select array_agg(s.booking_id)
    from (
      select w.booking_id
      from (
        select k.booking_id, k.expected - k.moved as amount,
          hashtextextended(k.reason || k.from_account || ' ' || k.to_account, 0)
            # coalesce(uuid_hash(k.from_id), 1)::bigint * 3 # coalesce(uuid_hash(k.to_id), 2)::bigint * 5 as hash
        from both_sides k
        offset 0
      ) w
      group by w.booking_id
      having sum(w.amount * ((w.hash & 65535) + 1)) <> 0 or sum(w.amount * ((w.hash >> 16 & 65535) + 1)) <> 0
    ) s
  $query$ into v_suspects using v_opened_at;
  return query execute v_rows || $query$,
    different as materialized (
      select k.reason, k.from_account, k.from_id, k.to_account, k.to_id, k.booking_id,
        round(sum(k.expected)::bigint / 100.0, 2) as expected, round(sum(k.moved)::bigint / 100.0, 2) as moved
      from both_sides k
      -- Null is one of them, for what is of no booking.
      where cardinality($2) > 0
        and coalesce(k.booking_id, '00000000-0000-0000-0000-000000000000') in (
          select coalesce(s.id, '00000000-0000-0000-0000-000000000000') from unnest($2) s (id))
      group by k.reason, k.from_account, k.from_id, k.to_account, k.to_id, k.booking_id
      having sum(k.expected) <> sum(k.moved)
    ),
    opened as materialized (
      select coalesce(j.to_id, j.from_id) as id,
        case when j.to_id is null then j.from_account else j.to_account end as account,
        sum(case when j.to_id is null then -j.amount else j.amount end) as amount
      from entries j where j.is_opening
      group by 1, 2
    ),
    -- What accounts have by their rows; only where some of their causes are from before the journal was opened.
    owned as materialized (
      select 'wallet' as account, t.customer_id as id,
        coalesce(sum(case t.transaction_type when 'debit' then -t.amount else t.amount end)
          filter (where t.amount <> 'NaN'), 0) as amount
      from public.wallet_transactions t
      where $1 > '-infinity'
      group by t.customer_id
      union all
      select 'vendor', v.vendor_id, sum(v.amount)
      from (
        select c.vendor_id, c.net_amount as amount
        from public.commission_records c
        where $1 > '-infinity' and c.settlement_status <> 'settled'
        union all
        select c.vendor_id, c.amount
        from public.vendor_credits c
        left join public.vendor_payouts p on p.id = c.payout_id and p.payout_status = 'completed'
        where $1 > '-infinity' and p.id is null
      ) v
      group by v.vendor_id
      union all
      select 'booking', b.id, coalesce(p.amount, 0) - coalesce(r.amount, 0) - case b.status
        when 'completed' then case when s.booking_id is not null then 0
          else b.final_amount - b.refunded_amount + coalesce(m.amount, 0) + coalesce(d.amount, 0) end
        when 'cancelled' then coalesce(f.amount, 0)
        else 0 end
      from public.bookings b
      left join (
        select p.booking_id, sum(p.total_amount) as amount from public.payments p
        where p.status in ('success', 'partially_refunded', 'refunded') and p.total_amount <> 'NaN'
        group by p.booking_id
      ) p on p.booking_id = b.id
      left join (
        select r.booking_id, sum(r.refund_amount) as amount from public.refunds r
        where r.status = 'completed' and not r.is_borne_by_platform and r.refund_amount <> 'NaN'
        group by r.booking_id
      ) r on r.booking_id = b.id
      left join public.booking_settlements s on s.booking_id = b.id and s.settled_at is null
      left join (
        select m.booking_id, sum(m.reschedule_charge) as amount from public.booking_reschedules m
        where m.status = 'approved' group by m.booking_id
      ) m on m.booking_id = b.id
      left join (
        select d.booking_id, sum(d.points_deducted + d.rewards_deducted) as amount from public.refund_decisions d
        group by d.booking_id
      ) d on d.booking_id = b.id
      left join (
        select f.booking_id, sum(f.amount) as amount from public.vendor_credits f
        where f.kind in ('cancellation_fee', 'reschedule_fee') group by f.booking_id
      ) f on f.booking_id = b.id
      where $1 > '-infinity'
        and (b.created_at <= $1 or b.id in (select o.id from opened o where o.account = 'booking'))
        and (b.status in ('pending', 'confirmed', 'assigned', 'in_progress')
          or b.id in (select j.booking_id from app_private.journal j)
          or b.id in (select r.booking_id from public.refunds r where r.status in ('pending', 'processing')))
    ),
    -- What came to these accounts otherwise, as it should have come.
    moved as (
      select m.account, m.id, sum(m.amount) as amount
      from (
        select j.to_account as account, j.to_id as id, j.amount from entries j
        where $1 > '-infinity' and not j.is_opening and j.to_id is not null
        union all
        select j.from_account, j.from_id, -j.amount from entries j
        where $1 > '-infinity' and not j.is_opening and j.from_id is not null
        union all
        select d.to_account, d.to_id, d.expected - d.moved from different d where d.to_id is not null
        union all
        select d.from_account, d.from_id, d.moved - d.expected from different d where d.from_id is not null
      ) m
      group by m.account, m.id
    ),
    misopened as (
      select account, id, coalesce(w.amount, 0) - coalesce(m.amount, 0) as expected, coalesce(o.amount, 0) as moved
      from owned w
      full join opened o using (account, id)
      left join moved m using (account, id)
      where coalesce(w.amount, 0) - coalesce(m.amount, 0) <> coalesce(o.amount, 0)
    ),
    found as materialized (
      select row_number() over () as n, d.*
      from (
        select d.* from different d
        union all
        select 'opening balance', case i.account when 'wallet' then 'rewards' else 'gateway' end, null,
          i.account, i.id, case i.account when 'booking' then i.id end, i.expected, i.moved
        from misopened i
      ) d
    ),
    named as (
      select f.n, (array_agg(j.id order by j.id))[1:10] as ids
      from found f
      -- By equality, so that the journal is read once, however much was found.
      join app_private.journal j on j.reason = f.reason
        and coalesce(j.booking_id, '00000000-0000-0000-0000-000000000000')
          = coalesce(f.booking_id, '00000000-0000-0000-0000-000000000000')
      where (j.from_account, j.from_id, j.to_account, j.to_id)
          is not distinct from (f.from_account, f.from_id, f.to_account, f.to_id)
        or (j.to_account, j.to_id, j.from_account, j.from_id)
          is not distinct from (f.from_account, f.from_id, f.to_account, f.to_id)
      group by f.n
    )
    select case
        when f.moved = 0 then 'cause without movement'
        when f.expected = 0 then 'movement without cause'
        when f.moved / f.expected >= 2 and f.moved % f.expected = 0 then 'moved more than once'
        else 'another amount' end,
      f.reason, f.from_account, f.from_id, f.to_account, f.to_id, f.booking_id, f.expected, f.moved,
      coalesce(n.ids, '{}')
    from found f
    left join named n using (n)
  $query$ using v_opened_at, coalesce(v_suspects, '{}');
end
$$;
comment on function app_private.unexplained_movements() is
  'Where the journal and its causes differ, both ways; no row means that every movement is explained. Payments, refunds, completed bookings, credits, decisions, payouts, wallet transactions and opened balances say, by the views app_private.expected_…, which movements there must be. A correction counts as part of the movement that it names. Reads all of them.';
revoke all on function app_private.unexplained_movements() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/unexplained_movements.sql
