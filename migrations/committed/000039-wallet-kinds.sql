--! Previous: sha1:d1de276d88d2b5e948366a013307be856ebf65d9
--! Hash: sha1:ef3a9d602df1de7f91fdc79964ccd21ae6f9f25d
--! Message: wallet-kinds

--! split: 010-kinds-of-money.sql
-- A wallet has two kinds of money. What was paid in or refunded is the customer's own and can be withdrawn; rewards and
-- goodwill pay for bookings and lapse with the account. Until now they were one sum, which nothing could pay out, which
-- kept accounts from being deleted, and which earned no points whatever it was. Docs: decisions/0041-wallet-kinds.md.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-foreign-key-constraint, adding-field-with-default

insert into enums.journal_account values
  ('goodwill', 'Spent by the platform on goodwill to customers'),
  ('withdrawals', 'Withdrawn from wallets and not paid to the customer''s bank yet'),
  ('withdrawal_fees', 'Earned by the platform with withdrawals');
insert into enums.wallet_transaction_type values ('goodwill', 'Goodwill of customer care');

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('wallet.withdrawal_fee_percentage', 'wallet', '2', 'number', 0, 20, true, 'Percentage of a withdrawal from the wallet that the platform keeps'),
  ('goodwill.maximum', 'goodwill', '500', 'number', 0, 100000, false, 'Rupees of goodwill for a booking, unless finance gives it'),
  ('goodwill.maximum_a_day', 'goodwill', '5000', 'number', 0, 1000000, false, 'Rupees of goodwill that one user can give on a day, unless finance gives it'),
  ('payments.abandoned_hours', 'payments', '24', 'integer', 1, 720, false, 'Hours after which a payment that a gateway has not reported as received is abandoned'),
  ('policy.debt_keeps_account_days', 'policy', '90', 'integer', 0, 3650, true, 'Days for which an amount that a customer owes keeps the account from being deleted');

alter table public.wallet_transactions
  add column withdrawable numeric(10, 2) not null default 0,
  add column withdrawable_after numeric(10, 2) not null default 0,
  add constraint wallet_transactions_withdrawable_within check (withdrawable <= amount),
  add constraint wallet_transactions_withdrawable_after_within check (withdrawable_after <= balance_after);
select app_private.limit_numbers('public.wallet_transactions',
  '{"withdrawable": "total", "withdrawable_after": "total"}');
comment on column public.wallet_transactions.withdrawable is
  'Rupees of the amount that can be withdrawn, or with a debit could: paid in or refunded. The rest of it are rewards and goodwill.';
comment on column public.wallet_transactions.withdrawable_after is
  'Rupees in the wallet afterwards that can be withdrawn; at most balanceAfter.';
comment on constraint wallet_transactions_withdrawable_within on public.wallet_transactions is
  'Withdrawable must be at most the amount.';
comment on constraint wallet_transactions_withdrawable_after_within on public.wallet_transactions is
  'Withdrawable after must be at most the balance after.';

--! Included functions/money/derive_withdrawable.sql
create or replace function app_private.derive_withdrawable() returns void
language sql volatile security definer set search_path = '' as $$
  -- Rewards and goodwill that are left fall with what is spent and not below 0: a walk less its lowest point.
  with signed as (
    select t.id, t.customer_id, t.transaction_type, t.amount, t.created_at,
      sum(case t.transaction_type when 'debit' then -t.amount else t.amount end) over up_to_here as balance,
      sum(case when t.transaction_type = 'debit' then -t.amount
        when t.transaction_type in ('credit', 'refund') then 0 else t.amount end) over up_to_here as walk
    from public.wallet_transactions t
    where t.amount <> 'NaN' and t.balance_after <> 'NaN' and not exists (
      select from public.wallet_transactions k where k.customer_id = t.customer_id and k.withdrawable > 0)
    window up_to_here as (partition by t.customer_id order by t.created_at, t.id)
  ), after as (
    select s.id, s.customer_id, s.transaction_type, s.amount, s.created_at,
      greatest(0, s.balance - (s.walk - least(0, min(s.walk) over (
        partition by s.customer_id order by s.created_at, s.id)))) as withdrawable
    from signed s
  ), moved as (
    select a.id, a.withdrawable, abs(a.withdrawable - lag(a.withdrawable, 1, 0::numeric) over (
      partition by a.customer_id order by a.created_at, a.id)) as part
    from after a
  )
  update public.wallet_transactions t
  set withdrawable = least(t.amount, m.part), withdrawable_after = greatest(0, least(t.balance_after, m.withdrawable))
  from moved m where m.id = t.id and (t.withdrawable, t.withdrawable_after)
    <> (least(t.amount, m.part), greatest(0, least(t.balance_after, m.withdrawable)))
$$;
comment on function app_private.derive_withdrawable() is
  'Tells of transactions that were loaded without it how much of them can be withdrawn: what was paid in or refunded counts as money, rewards as rewards, and what was spent took rewards first. Run after older data were loaded; wallets of which it is told are left alone. Refunds of these rows count as money, because nothing tells what they were paid with.';
revoke all on function app_private.derive_withdrawable() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/derive_withdrawable.sql
select app_private.derive_withdrawable();

--! Included functions/money/withdrawable_balance.sql
create or replace function app_private.withdrawable_balance(p_customer_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  -- Never more than there is, whatever values that are no numbers did to the balance.
  select greatest(0, least(app_private.wallet_balance(p_customer_id), coalesce((
    select t.withdrawable_after from public.wallet_transactions t where t.customer_id = p_customer_id
    order by t.created_at desc, t.id desc limit 1), 0)))
$$;
comment on function app_private.withdrawable_balance(uuid) is
  'Rupees of a wallet that can be withdrawn, as its last transaction says: paid in or refunded, and neither spent nor withdrawn. The rest are rewards and goodwill.';
revoke all on function app_private.withdrawable_balance(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/withdrawable_balance.sql
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
--! Included functions/money/withdrawable_of_refund.sql
create or replace function app_private.withdrawable_of_refund(p_payment_id uuid, p_amount numeric) returns numeric
language sql stable security definer set search_path = '' as $$
  select case p.payment_method
    -- The rest of less than a point.
    when 'points' then 0
    -- Rounded as a running sum, so that all of it comes back as it was paid.
    when 'wallet' then coalesce((
      select greatest(0, least(p_amount, round(
        sum(t.withdrawable) filter (where t.transaction_type = 'debit')
          * (p_amount + coalesce(sum(t.amount) filter (where t.transaction_type <> 'debit'), 0))
          / sum(t.amount) filter (where t.transaction_type = 'debit'), 2)
        - coalesce(sum(t.withdrawable) filter (where t.transaction_type <> 'debit'), 0)))
      from public.wallet_transactions t where t.payment_id = p.id and t.amount <> 'NaN'), 0)
    else p_amount end
  from public.payments p where p.id = p_payment_id
$$;
comment on function app_private.withdrawable_of_refund(uuid, numeric) is
  'How much of an amount that a payment gives back to the wallet can be withdrawn: of a payment from the wallet as large a part as it took, of one with points nothing, of any other all.';
revoke all on function app_private.withdrawable_of_refund(uuid, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/withdrawable_of_refund.sql
--! Included functions/money/withdrawable_part.sql
create or replace function app_private.withdrawable_part(
  p_type text, p_amount numeric, p_account text, p_payment_id uuid, p_rewards numeric
) returns numeric
language sql stable security definer set search_path = '' as $$
  select case
    when p_type = 'credit' then p_amount
    when p_type = 'refund' then coalesce(app_private.withdrawable_of_refund(p_payment_id, p_amount), 0)
    -- Only money is paid out, or back where it came from. What is spent are rewards and goodwill first.
    when p_type = 'debit' and p_account in ('withdrawals', 'payment') then p_amount
    when p_type = 'debit' then greatest(0, p_amount - greatest(0, p_rewards))
    else 0 end
$$;
comment on function app_private.withdrawable_part(text, numeric, text, uuid, numeric) is
  'How much of a movement of a wallet is money that can be withdrawn, by its type, the other account and the rewards and goodwill that the wallet has: all that is paid in or out, of a refund as much as its payment took, of what is spent what rewards and goodwill do not cover, of rewards and goodwill nothing.';
revoke all on function app_private.withdrawable_part(text, numeric, text, uuid, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/withdrawable_part.sql
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

-- Points count money, also what of it comes from the wallet.
--! Included functions/money/money_paid.sql
create or replace function app_private.money_paid(p_booking_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce((
      select sum(app_private.refundable(p)) from public.payments p
      where p.booking_id = p_booking_id and p.payment_method not in ('points', 'wallet')), 0)
    + coalesce((
      select sum(case t.transaction_type when 'debit' then t.withdrawable else -t.withdrawable end)
      from public.payments p
      join public.wallet_transactions t on t.payment_id = p.id
      where p.booking_id = p_booking_id and p.payment_method = 'wallet'), 0)
$$;
comment on function app_private.money_paid(uuid) is
  'Rupees of money that were paid for a booking and kept: without points, and of what the wallet paid without rewards and goodwill.';
revoke all on function app_private.money_paid(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/money_paid.sql
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

--! split: 020-goodwill.sql
-- Goodwill of customer care: once a booking, within limits, never to oneself or one's relations.

-- Default data is not audited, and a change of permissions does not count as a change of the role.
alter table public.role_permissions disable trigger _800_audit;
alter table public.roles disable trigger user;
insert into public.permissions (code, resource, action, name) values
  ('goodwill.create', 'goodwill', 'create', 'Give customers goodwill');
insert into public.role_permissions (role_id, permission_id)
select r.id, p.id from public.roles r cross join public.permissions p
where r.code in ('customer_care', 'customer_care_head', 'finance', 'admin', 'super_admin')
  and p.code = 'goodwill.create';
alter table public.roles enable trigger user;
alter table public.role_permissions enable trigger _800_audit;

-- What was given for a booking, by whom and why: what limits are counted from.
create table public.booking_goodwill (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings on delete restrict,
  customer_id uuid not null references public.customers on delete restrict,
  amount numeric(10, 2) not null constraint booking_goodwill_of_something check (amount > 0),
  reason text not null constraint booking_goodwill_reason_length check (length(reason) <= 4000),
  given_by uuid references public.user_profiles on delete set null,
  created_at timestamptz not null default now(),
  constraint booking_goodwill_once unique (booking_id)
);
alter table public.booking_goodwill enable row level security;
select app_private.keep_timestamps('public.booking_goodwill');
select app_private.limit_numbers('public.booking_goodwill', '{"amount": "total"}');
alter table public.booking_goodwill alter column customer_id set (n_distinct = -1);
create index booking_goodwill_customer_id_idx on public.booking_goodwill (customer_id);
-- What a user gave today.
create index booking_goodwill_given_by_idx on public.booking_goodwill (given_by, created_at);
create trigger _800_audit after insert or update or delete on public.booking_goodwill
  for each row execute function app_private.tg__audit('id');
comment on table public.booking_goodwill is
  'Goodwill that customer care or finance gave for a booking: money in the customer''s wallet that pays for bookings and cannot be withdrawn.';
comment on column public.booking_goodwill.id is 'Identifies the goodwill.';
comment on column public.booking_goodwill.booking_id is 'Booking for which it was given.';
comment on column public.booking_goodwill.customer_id is 'Customer who got it.';
comment on column public.booking_goodwill.amount is 'Rupees, more than 0.';
comment on column public.booking_goodwill.reason is 'Reason. Staff see it, and it is in the customer''s export of data; Deleted once the account is.';
comment on column public.booking_goodwill.given_by is 'User who gave it; null when that account was deleted.';
comment on constraint booking_goodwill_of_something on public.booking_goodwill is 'Amount must be greater than 0.';
comment on constraint booking_goodwill_reason_length on public.booking_goodwill is
  'Reason must have at most 4000 characters.';
comment on constraint booking_goodwill_once on public.booking_goodwill is
  'Goodwill was already given for this booking. It can be given once.';
create policy select_staff on public.booking_goodwill for select to staff
  using ((select app_private.has_permission('bookings.read')));
-- Withheld: every write. give_goodwill does that. Customers see it in their wallets, without the reason.
grant select on public.booking_goodwill to staff;

--! Included functions/money/contact_tie.sql
create or replace function app_private.contact_tie(p_contact text) returns text
language sql immutable set search_path = '' as $$
  select case when p_contact like '%@%' then lower(btrim(p_contact))
    -- Ten digits, whatever the country code looks like.
    else nullif(right(regexp_replace(p_contact, '[^0-9]', '', 'g'), 10), '') end
$$;
comment on function app_private.contact_tie(text) is
  'A mobile number or e-mail address in one spelling, to compare those of two people; null where there is none.';
revoke all on function app_private.contact_tie(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/contact_tie.sql
--! Included functions/money/address_tie.sql
create or replace function app_private.address_tie(p_line text, p_pincode text) returns text
language sql immutable set search_path = '' as $$
  select nullif(regexp_replace(lower(p_line), '[^[:alnum:]]', '', 'g'), '') || ' ' || p_pincode
$$;
comment on function app_private.address_tie(text, text) is
  'First line and postal code of an address in one spelling, to compare those of two people; null where one is missing.';
revoke all on function app_private.address_tie(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/address_tie.sql
--! Included functions/money/ties_of.sql
create or replace function app_private.ties_of(p_user_id uuid) returns text[]
language sql stable security definer set search_path = '' as $$
  select array(
    select app_private.contact_tie(c.contact)
    from (
      select p.mobile::text from public.user_profiles p where p.id = p_user_id
      union all select p.email::text from public.user_profiles p where p.id = p_user_id
      union all select u.phone from auth.users u where u.id = p_user_id
      union all select u.email from auth.users u where u.id = p_user_id
      union all select e.mobile::text from public.emergency_contacts e where e.user_id = p_user_id
      union all select e.email::text from public.emergency_contacts e where e.user_id = p_user_id
    ) c (contact)
    where app_private.contact_tie(c.contact) is not null
    union
    select app_private.address_tie(a.address_line1, a.pincode)
    from public.customer_addresses a
    where a.customer_id = p_user_id and app_private.address_tie(a.address_line1, a.pincode) is not null
    union
    select app_private.address_tie(p.address ->> 'address_line1', p.address ->> 'pincode')
    from public.user_profiles p
    where p.id = p_user_id
      and app_private.address_tie(p.address ->> 'address_line1', p.address ->> 'pincode') is not null)
$$;
comment on function app_private.ties_of(uuid) is
  'What two accounts of one household would share: mobile numbers, e-mail addresses (proven or not, and those of emergency contacts) and addresses, each in one spelling.';
revoke all on function app_private.ties_of(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/ties_of.sql
--! Included functions/money/require_not_relation.sql
create or replace function app_private.require_not_relation(p_booking public.bookings) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_mine text[] := app_private.ties_of((select auth.uid()));
begin
  if v_mine && app_private.ties_of(p_booking.customer_id) or v_mine && array(
    select app_private.contact_tie(c.contact_mobile::text) from public.booking_contacts c
    where c.booking_id = p_booking.id
    union all
    select app_private.address_tie(c.service_location ->> 'address_line1', c.service_location ->> 'pincode')
    from public.booking_contacts c
    where c.booking_id = p_booking.id and p_booking.booking_type = 'home_service'
    union all
    select app_private.contact_tie(d.guest_mobile::text) from public.desk_bookings d where d.booking_id = p_booking.id
  ) then
    raise exception 'This customer shares a mobile number, an e-mail address or an address with you. Leave this to someone else.'
      using errcode = 'OB031';
  end if;
end
$$;
comment on function app_private.require_not_relation(public.bookings) is
  'Raises OB031 where the customer of a booking, or the booking itself, has a contact or an address of the signed-in user.';
revoke all on function app_private.require_not_relation(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/require_not_relation.sql
--! Included functions/money/give_goodwill.sql
create or replace function public.give_goodwill(
  booking_id uuid, amount numeric, reason text, idempotency_key text
) returns public.booking_goodwill
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_amount numeric := round(give_goodwill.amount, 2);
  v_most numeric := app_private.setting('goodwill.maximum')::numeric;
  v_most_a_day numeric := app_private.setting('goodwill.maximum_a_day')::numeric;
  v_done uuid;
  v_goodwill public.booking_goodwill;
begin
  perform app_private.require_permission('goodwill.create');
  select * into v_booking from public.bookings b where b.id = give_goodwill.booking_id for no key update;
  if not found then
    raise exception 'The booking was not found, or you may not see it. Check the id.' using errcode = 'OB003';
  end if;
  perform app_private.require_unrelated(v_booking);
  perform app_private.require_not_relation(v_booking);
  perform app_private.require_number('amount', 'total', give_goodwill.amount);
  v_done := app_private.replayed(give_goodwill.idempotency_key, 'give_goodwill', jsonb_build_object(
    'booking', give_goodwill.booking_id, 'amount', give_goodwill.amount, 'reason', give_goodwill.reason));
  if v_done is null then
    if coalesce(v_amount, 0) <= 0 then
      raise exception 'Amount must be greater than 0.' using errcode = 'OB020', column = 'amount';
    end if;
    if exists (select from public.booking_goodwill g where g.booking_id = v_booking.id) then
      raise exception 'Goodwill was already given for this booking. It can be given once.' using errcode = 'OB030';
    end if;
    if v_booking.customer_id is null then
      raise exception 'This desk booking belongs to no customer yet. Ask the guest to claim it first.'
        using errcode = 'OB037';
    end if;
    if exists (
      select from public.user_profiles p where p.id = v_booking.customer_id and p.deleted_at is not null) then
      raise exception 'The customer has deleted the account. Give the goodwill to someone else.' using errcode = 'OB030';
    end if;
    perform app_private.lock_customer(v_booking.customer_id);
    -- One at a time of each agent, so that two at once see what the other gives.
    perform from public.user_profiles p where p.id = (select auth.uid()) for no key update;
    if not app_private.has_permission('payments.approve') then
      if v_amount > v_most then
        raise exception 'You can give at most ₹% for a booking. Enter less, or ask finance to give it.', v_most
          using errcode = 'OB033', column = 'amount';
      end if;
      if v_amount + coalesce((
        select sum(g.amount) from public.booking_goodwill g
        where g.given_by = (select auth.uid()) and g.created_at >= app_private.start_of(app_private.today())), 0)
        > v_most_a_day then
        raise exception 'You can give at most ₹% a day. Give it tomorrow, or ask finance to give it.', v_most_a_day
          using errcode = 'OB033', column = 'amount';
      end if;
    end if;
    insert into public.booking_goodwill (booking_id, customer_id, amount, reason, given_by)
    values (v_booking.id, v_booking.customer_id, v_amount, app_private.required_reason(give_goodwill.reason),
      (select auth.uid()))
    returning id into v_done;
    perform app_private.move_wallet(v_booking.customer_id, 'goodwill', v_amount, 'goodwill', null, v_booking.id, null,
      'Goodwill for ' || v_booking.booking_number);
    perform app_private.remember_result(give_goodwill.idempotency_key, v_done);
  end if;
  select * into strict v_goodwill from public.booking_goodwill g where g.id = v_done;
  return v_goodwill;
end
$$;
comment on function public.give_goodwill(uuid, numeric, text, text) is
  'Gives the customer of a booking goodwill, with a reason: money in the wallet that pays for bookings and cannot be withdrawn. Once for each booking; by default at most ₹500, and ₹5,000 a day for each user, unless the user has the permission payments.approve. Needs the permission goodwill.create; not for your own bookings, those of your business, or of a customer who shares a contact or an address with you. Repeating the same idempotency key repeats the answer. Raises OB001, OB002, OB003, OB020, OB030 (already given, or the account is deleted), OB031 (your own or a relation''s), OB033 (above your limit), OB036 (no reason), OB037 (no customer has claimed the desk booking), OB066 (key of another request).';
revoke all on function public.give_goodwill(uuid, numeric, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.give_goodwill(uuid, numeric, text, text) to staff;
--! EndIncluded functions/money/give_goodwill.sql

insert into enums.notification_type values ('goodwill_given', 'Goodwill was given');
--! Included templates/goodwill_given.sql
-- Customer care gave goodwill for a booking.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('goodwill_given', 'customer', 'en',
    '{{given}} for you in your wallet',
    'For booking {{booking_number}} at {{vendor}}. It pays for your next booking.',
    '{push,in_app,email}', 'normal', '/wallet'),
  ('goodwill_given', 'customer', 'hi',
    'आपके वॉलेट में {{given}}',
    '{{vendor}} की बुकिंग {{booking_number}} के लिए। इससे आप अगली बुकिंग का भुगतान कर सकते हैं।',
    '{push,in_app,email}', 'normal', '/wallet')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/goodwill_given.sql
--! Included functions/messages/tell_goodwill.sql
create or replace function app_private.tell_goodwill(p_old public.booking_goodwill, p_new public.booking_goodwill)
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.current_booking(p_new.booking_id);
begin
  perform app_private.notify(p_new.customer_id, 'customer', 'goodwill_given',
    app_private.booking_fields(v_booking) || jsonb_build_object('given', app_private.in_rupees(p_new.amount)),
    jsonb_build_object('screen', 'wallet', 'bookingId', p_new.booking_id));
end
$$;
comment on function app_private.tell_goodwill(public.booking_goodwill, public.booking_goodwill) is
  'Notifies a customer of goodwill in the wallet.';
revoke all on function app_private.tell_goodwill(public.booking_goodwill, public.booking_goodwill) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_goodwill.sql
create trigger _700_notify_people after insert on public.booking_goodwill
  for each row execute function app_private.tg__notify_people('tell_goodwill');

insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.booking_goodwill', 'customer_id', true), ('public.booking_goodwill', 'booking_id', false),
  ('public.booking_goodwill', 'given_by', false);

--! split: 030-withdrawals.sql
-- Money leaves a wallet to the bank account that was verified as the customer's own.

create table enums.withdrawal_status (value text primary key, description text not null);
comment on table enums.withdrawal_status is E'@enum\n@enumName WithdrawalStatus\nState of a withdrawal from a wallet.';
insert into enums.withdrawal_status values
  ('pending', 'To be paid'), ('completed', 'Paid'), ('failed', 'Not paid: back in the wallet');
select app_private.publish_list('enums.withdrawal_status');

-- What customers asked to be paid out, until finance has paid it.
create table public.wallet_withdrawals (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers on delete restrict,
  amount numeric(10, 2) not null constraint wallet_withdrawals_of_something check (amount > 0),
  fee numeric(10, 2) not null constraint wallet_withdrawals_fee_below_amount check (fee < amount),
  net_amount numeric(10, 2) not null generated always as (amount - fee) stored,
  status text not null default 'pending' references enums.withdrawal_status,
  account_number text,
  reference text,
  failure_reason text constraint wallet_withdrawals_failure_reason_length check (length(failure_reason) <= 4000),
  ended_at timestamptz,
  ended_by uuid references public.user_profiles on delete set null,
  created_at timestamptz not null default now(),
  constraint wallet_withdrawals_ended check (
    (status = 'pending') = (ended_at is null) and (status <> 'completed' or reference is not null)
    and (status <> 'failed' or failure_reason is not null))
);
alter table public.wallet_withdrawals enable row level security;
select app_private.keep_timestamps('public.wallet_withdrawals');
select app_private.limit_numbers('public.wallet_withdrawals',
  '{"amount": "total", "fee": "total", "net_amount": "total"}');
alter table public.wallet_withdrawals alter column customer_id set (n_distinct = -1);
-- A customer's own, the latest first.
create index wallet_withdrawals_customer_id_idx on public.wallet_withdrawals (customer_id, created_at desc);
-- What finance is to pay, the oldest first.
create index wallet_withdrawals_pending_idx on public.wallet_withdrawals (created_at, id) where status = 'pending';
-- The cash flow of a day.
create index wallet_withdrawals_ended_at_idx on public.wallet_withdrawals (ended_at) where ended_at is not null;
create index wallet_withdrawals_ended_by_idx on public.wallet_withdrawals (ended_by);
create trigger _800_audit after insert or update or delete on public.wallet_withdrawals
  for each row execute function app_private.tg__audit('id');
comment on table public.wallet_withdrawals is
  'Money that customers withdrew from their wallets, in rupees: pending until finance has paid it to the customer''s bank account.';
comment on column public.wallet_withdrawals.id is 'Identifies the withdrawal.';
comment on column public.wallet_withdrawals.customer_id is 'Customer who withdrew it.';
comment on column public.wallet_withdrawals.amount is 'Rupees that left the wallet.';
comment on column public.wallet_withdrawals.fee is 'Rupees of it that the platform keeps; 0 where the account was deleted.';
comment on column public.wallet_withdrawals.net_amount is 'Rupees that the customer receives.';
comment on column public.wallet_withdrawals.status is 'State of the withdrawal.';
comment on column public.wallet_withdrawals.account_number is
  'Bank account to which it goes, by its last digits; null once the customer''s account is deleted.';
comment on column public.wallet_withdrawals.reference is 'Reference of the bank; null until it is paid.';
comment on column public.wallet_withdrawals.failure_reason is 'Why it could not be paid, for the customer; null unless it failed.';
comment on column public.wallet_withdrawals.ended_at is 'When it was paid or failed; null until then.';
comment on column public.wallet_withdrawals.ended_by is 'User who recorded that; null until then, and when that account was deleted.';
comment on constraint wallet_withdrawals_of_something on public.wallet_withdrawals is 'Amount must be greater than 0.';
comment on constraint wallet_withdrawals_fee_below_amount on public.wallet_withdrawals is
  'The fee must be less than the amount. Withdraw more.';
comment on constraint wallet_withdrawals_failure_reason_length on public.wallet_withdrawals is
  'Reason must have at most 4000 characters.';
comment on constraint wallet_withdrawals_ended on public.wallet_withdrawals is
  'A withdrawal that is paid or failed has an end, and a reference or a reason. Enter them.';
create policy select_own on public.wallet_withdrawals for select to authenticated
  using (customer_id = (select auth.uid()));
create policy select_staff on public.wallet_withdrawals for select to staff
  using ((select app_private.has_permission('wallets.read')) or customer_id = (select auth.uid()));
-- Withheld: every write. withdraw_from_wallet, complete_withdrawal and fail_withdrawal do that.
grant select on public.wallet_withdrawals to authenticated, staff;

-- Where a pending withdrawal goes: a copy, because the customer may remove the bank account or the whole account before
-- finance has paid.
create table app_private.withdrawal_accounts (
  withdrawal_id uuid primary key references public.wallet_withdrawals on delete cascade,
  account_holder_name text not null,
  account_number text not null,
  ifsc_code text not null,
  bank_name text not null
);
alter table app_private.withdrawal_accounts enable row level security;
comment on table app_private.withdrawal_accounts is
  'Bank accounts of pending withdrawals, as they were when the money was withdrawn; only read_withdrawal_account() returns one. Deleted when the withdrawal is paid or fails.';
comment on column app_private.withdrawal_accounts.withdrawal_id is 'Withdrawal that is paid to the account.';
comment on column app_private.withdrawal_accounts.account_holder_name is 'Name of the account holder as the bank has it.';
comment on column app_private.withdrawal_accounts.account_number is 'The complete number.';
comment on column app_private.withdrawal_accounts.ifsc_code is 'Code of the bank branch.';
comment on column app_private.withdrawal_accounts.bank_name is 'Name of the bank.';

create type public.withdrawal_account as (
  account_holder_name text, account_number text, ifsc_code text, bank_name text
);
comment on type public.withdrawal_account is 'The bank account to which a withdrawal is paid.';
comment on column public.withdrawal_account.account_holder_name is 'Name of the account holder as the bank has it.';
comment on column public.withdrawal_account.account_number is 'The complete number.';
comment on column public.withdrawal_account.ifsc_code is 'Code of the bank branch.';
comment on column public.withdrawal_account.bank_name is 'Name of the bank.';

--! Included functions/money/withdrawal_account_of.sql
create or replace function app_private.withdrawal_account_of(p_customer_id uuid) returns public.user_bank_details
language sql stable security definer set search_path = '' as $$
  select b from public.user_bank_details b
  where b.user_id = p_customer_id and b.is_verified
  order by b.is_primary desc, b.verified_at desc nulls last, b.id
  limit 1
$$;
comment on function app_private.withdrawal_account_of(uuid) is
  'The verified bank account of a customer to which withdrawals go: the primary one, otherwise the one verified last; null where there is none.';
revoke all on function app_private.withdrawal_account_of(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/withdrawal_account_of.sql
--! Included functions/money/make_withdrawal.sql
create or replace function app_private.make_withdrawal(p_customer_id uuid, p_amount numeric, p_fee numeric) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_account public.user_bank_details := app_private.withdrawal_account_of(p_customer_id);
  v_id uuid;
begin
  if v_account.id is null then
    raise exception 'You have no verified bank account. Add one, and withdraw the money once it is verified.'
      using errcode = 'OB037';
  end if;
  insert into public.wallet_withdrawals (customer_id, amount, fee, account_number)
  values (p_customer_id, p_amount, p_fee, v_account.account_number)
  returning id into v_id;
  insert into app_private.withdrawal_accounts
    (withdrawal_id, account_holder_name, account_number, ifsc_code, bank_name)
  select v_id, v_account.account_holder_name, n.account_number, v_account.ifsc_code, v_account.bank_name
  from app_private.bank_account_numbers n where n.bank_detail_id = v_account.id;
  perform app_private.move_wallet(p_customer_id, 'debit', p_amount, 'withdrawals', null, null, null,
    'Withdrawn to your bank account');
  return v_id;
end
$$;
comment on function app_private.make_withdrawal(uuid, numeric, numeric) is
  'Takes an amount out of a wallet, to be paid to the verified bank account of its customer, less a fee. The customer must be locked. Raises OB037 (no verified bank account), OB063 (less can be withdrawn).';
revoke all on function app_private.make_withdrawal(uuid, numeric, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/make_withdrawal.sql
--! Included functions/money/withdraw_from_wallet.sql
create or replace function public.withdraw_from_wallet(amount numeric, idempotency_key text)
returns public.wallet_withdrawals
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user_id uuid := (select auth.uid());
  v_amount numeric := round(withdraw_from_wallet.amount, 2);
  v_most numeric;
  v_done uuid;
  v_withdrawal public.wallet_withdrawals;
begin
  if v_user_id is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  perform app_private.require_number('amount', 'total', withdraw_from_wallet.amount);
  -- Of two at once the second sees what the first left.
  perform from public.customers c where c.id = v_user_id for no key update;
  v_done := app_private.replayed(withdraw_from_wallet.idempotency_key, 'withdraw_from_wallet',
    jsonb_build_object('amount', withdraw_from_wallet.amount));
  if v_done is null then
    if coalesce(v_amount, 0) <= 0 then
      raise exception 'Amount must be greater than 0.' using errcode = 'OB020', column = 'amount';
    end if;
    v_most := app_private.withdrawable_balance(v_user_id);
    if v_amount > v_most then
      raise exception 'You can withdraw at most ₹%. Rewards and goodwill cannot be withdrawn: use them for a booking.', v_most
        using errcode = 'OB063', column = 'amount';
    end if;
    if exists (
      select from public.wallet_withdrawals w where w.customer_id = v_user_id and w.status = 'pending') then
      raise exception 'A withdrawal of yours is still under way. Wait until it has been paid.' using errcode = 'OB030';
    end if;
    v_done := app_private.make_withdrawal(v_user_id, v_amount,
      app_private.percent_of(v_amount, app_private.setting('wallet.withdrawal_fee_percentage')::numeric));
    perform app_private.remember_result(withdraw_from_wallet.idempotency_key, v_done);
  end if;
  select * into strict v_withdrawal from public.wallet_withdrawals w where w.id = v_done;
  return v_withdrawal;
end
$$;
comment on function public.withdraw_from_wallet(numeric, text) is
  'Withdraws money from your own wallet (withdrawableBalance: what was paid in or refunded, not rewards or goodwill) to your verified bank account, less a fee, 2 % by default. Finance pays it; until then it is pending, and one at a time. Repeating the same idempotency key repeats the answer. Raises OB001, OB020, OB030 (another one is pending), OB037 (no verified bank account), OB063 (less can be withdrawn), OB066 (key of another request).';
revoke all on function public.withdraw_from_wallet(numeric, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.withdraw_from_wallet(numeric, text) to authenticated, staff;
--! EndIncluded functions/money/withdraw_from_wallet.sql
--! Included functions/money/open_withdrawal.sql
create or replace function app_private.open_withdrawal(p_withdrawal_id uuid) returns public.wallet_withdrawals
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_withdrawal public.wallet_withdrawals;
begin
  perform app_private.require_permission('payouts.execute');
  select * into v_withdrawal from public.wallet_withdrawals w where w.id = p_withdrawal_id;
  if not found then
    raise exception 'The withdrawal was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_withdrawal.customer_id = (select auth.uid()) then
    raise exception 'This withdrawal is your own. Leave it to someone else.' using errcode = 'OB031';
  end if;
  -- The customer first, as when an account is deleted.
  perform app_private.lock_customer(v_withdrawal.customer_id);
  select * into strict v_withdrawal from public.wallet_withdrawals w where w.id = p_withdrawal_id for no key update;
  if v_withdrawal.status <> 'pending' then
    raise exception 'This withdrawal has already ended: it is %. Reload it.', replace(v_withdrawal.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  return v_withdrawal;
end
$$;
comment on function app_private.open_withdrawal(uuid) is
  'A withdrawal that is pending, locked with its customer, for a user who may run payouts. Raises OB001, OB002, OB003, OB030, OB031.';
revoke all on function app_private.open_withdrawal(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/open_withdrawal.sql
--! Included functions/money/complete_withdrawal.sql
create or replace function public.complete_withdrawal(withdrawal_id uuid, reference text)
returns public.wallet_withdrawals
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_withdrawal public.wallet_withdrawals := app_private.open_withdrawal(complete_withdrawal.withdrawal_id);
begin
  update public.wallet_withdrawals w
  set status = 'completed', reference = app_private.required_reason(complete_withdrawal.reference, 'reference'),
    ended_at = now(), ended_by = (select auth.uid())
  where w.id = v_withdrawal.id
  returning * into v_withdrawal;
  delete from app_private.withdrawal_accounts a where a.withdrawal_id = v_withdrawal.id;
  perform
    app_private.move_money('withdrawals', null, 'bank', null, v_withdrawal.net_amount, null, 'withdrawal'),
    app_private.move_money('withdrawals', null, 'withdrawal_fees', null, v_withdrawal.fee, null, 'withdrawal fee');
  return v_withdrawal;
end
$$;
comment on function public.complete_withdrawal(uuid, text) is
  'Records that the bank has paid the net amount of a withdrawal to the customer, with its reference; the fee is then earned. Needs the permission payouts.execute. Raises OB001, OB002, OB003, OB030 (already ended), OB031 (your own withdrawal), OB036 (no reference).';
revoke all on function public.complete_withdrawal(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.complete_withdrawal(uuid, text) to staff;
--! EndIncluded functions/money/complete_withdrawal.sql
--! Included functions/money/fail_withdrawal.sql
create or replace function public.fail_withdrawal(withdrawal_id uuid, reason text) returns public.wallet_withdrawals
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_withdrawal public.wallet_withdrawals := app_private.open_withdrawal(fail_withdrawal.withdrawal_id);
begin
  if exists (
    select from public.user_profiles p where p.id = v_withdrawal.customer_id and p.deleted_at is not null) then
    raise exception 'This customer has deleted the account, so the money cannot go back into the wallet. Correct what the bank refused, and pay it again.'
      using errcode = 'OB030';
  end if;
  update public.wallet_withdrawals w
  set status = 'failed', failure_reason = app_private.required_reason(fail_withdrawal.reason),
    ended_at = now(), ended_by = (select auth.uid())
  where w.id = v_withdrawal.id
  returning * into v_withdrawal;
  delete from app_private.withdrawal_accounts a where a.withdrawal_id = v_withdrawal.id;
  perform app_private.move_wallet(v_withdrawal.customer_id, 'credit', v_withdrawal.amount, 'withdrawals', null,
    null, null, 'A withdrawal that could not be paid');
  return v_withdrawal;
end
$$;
comment on function public.fail_withdrawal(uuid, text) is
  'Records that a withdrawal cannot be paid: its whole amount, with the fee, is back in the wallet. Not for a customer who has deleted the account: that withdrawal stays until it is paid. Needs the permission payouts.execute. Raises OB001, OB002, OB003, OB030 (already ended, or the account is deleted), OB031 (your own withdrawal), OB036 (no reason).';
revoke all on function public.fail_withdrawal(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.fail_withdrawal(uuid, text) to staff;
--! EndIncluded functions/money/fail_withdrawal.sql
--! Included functions/money/read_withdrawal_account.sql
create or replace function public.read_withdrawal_account(withdrawal_id uuid) returns public.withdrawal_account
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_account public.withdrawal_account;
begin
  perform app_private.require_permission('bank_details.read');
  select a.account_holder_name, a.account_number, a.ifsc_code, a.bank_name into v_account
  from app_private.withdrawal_accounts a where a.withdrawal_id = read_withdrawal_account.withdrawal_id;
  if not found then
    raise exception 'No pending withdrawal has this id. Check the id.' using errcode = 'OB003';
  end if;
  insert into public.user_activity_log (user_id, action, metadata)
  values ((select auth.uid()), 'bank_account_number_read',
    jsonb_build_object('withdrawalId', read_withdrawal_account.withdrawal_id));
  return v_account;
end
$$;
comment on function public.read_withdrawal_account(uuid) is
  'The bank account to which a pending withdrawal is paid, complete, for staff who pay it. Each reading is recorded. Needs the permission to read bank details. Raises OB001, OB002, OB003 (none is pending with this id).';
revoke all on function public.read_withdrawal_account(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.read_withdrawal_account(uuid) to staff;
--! EndIncluded functions/money/read_withdrawal_account.sql

-- A refund that the gateway cannot deliver, to a closed card for example, can go into the wallet, and from there to the bank.
--! Included functions/money/pay_refund_into_wallet.sql
create or replace function public.pay_refund_into_wallet(refund_id uuid) returns public.refunds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_failed public.refunds;
  v_booking public.bookings;
  v_payment public.payments;
  v_refund public.refunds;
begin
  perform app_private.require_permission('payments.approve');
  select * into v_failed from public.refunds r where r.id = pay_refund_into_wallet.refund_id;
  if not found then
    raise exception 'The refund was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_failed.booking_id is null then
    raise exception 'Only the refund of a booking can go into the wallet. Repeat this one with refundPayment.' using errcode = 'OB030';
  end if;
  select * into strict v_booking from public.bookings b where b.id = v_failed.booking_id for no key update;
  perform app_private.require_unrelated(v_booking);
  select * into strict v_failed from public.refunds r where r.id = pay_refund_into_wallet.refund_id;
  select * into strict v_payment from public.payments p where p.id = v_failed.payment_id;
  if v_failed.status <> 'failed' or v_failed.refund_method <> 'original'
    or app_private.refundable(v_payment) < v_failed.refund_amount then
    raise exception 'Only a refund that failed at the gateway, and was not repeated, can go into the wallet. Reload it.'
      using errcode = 'OB030';
  end if;
  if exists (
    select from public.user_profiles p where p.id = v_booking.customer_id and p.deleted_at is not null) then
    raise exception 'The customer has deleted the account, so no wallet is left. Use refundPayment.' using errcode = 'OB030';
  end if;
  insert into public.refunds
    (payment_id, booking_id, customer_id, refund_amount, refund_reason, refund_type, refund_method,
      is_borne_by_platform, decision_id)
  values (v_failed.payment_id, v_failed.booking_id, v_failed.customer_id, v_failed.refund_amount,
    v_failed.refund_reason, v_failed.refund_type, 'wallet', v_failed.is_borne_by_platform, v_failed.decision_id)
  returning * into v_refund;
  perform app_private.move_wallet(v_failed.customer_id, 'refund', v_failed.refund_amount,
    case when v_failed.is_borne_by_platform then 'commission' else 'booking' end,
    case when not v_failed.is_borne_by_platform then v_failed.booking_id end,
    v_failed.booking_id, v_failed.payment_id, v_failed.refund_reason);
  v_refund := app_private.finish_refund(v_refund.id, null, (select auth.uid()));
  perform app_private.note_payment_status(v_failed.booking_id);
  return v_refund;
end
$$;
comment on function public.pay_refund_into_wallet(uuid) is
  'Pays a refund that failed at the gateway, because a card is closed for example, into the customer''s wallet, from where it can be withdrawn. Needs the permission payments.approve. Raises OB001, OB002, OB003, OB030 (did not fail, was repeated, or the account is deleted), OB031 (your own booking or business).';
revoke all on function public.pay_refund_into_wallet(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.pay_refund_into_wallet(uuid) to staff;
--! EndIncluded functions/money/pay_refund_into_wallet.sql

insert into enums.notification_type values
  ('withdrawal_completed', 'A withdrawal was paid'), ('withdrawal_failed', 'A withdrawal could not be paid');
--! Included templates/withdrawal_completed.sql
-- A withdrawal from a wallet was paid.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('withdrawal_completed', 'customer', 'en',
    '{{paid}} paid to your bank account',
    'You withdrew {{withdrawn}} from your wallet. Reference of the bank: {{reference}}.',
    '{push,in_app,sms,email}', 'high', '/wallet'),
  ('withdrawal_completed', 'customer', 'hi',
    '{{paid}} आपके बैंक खाते में भेजे गए',
    'आपने अपने वॉलेट से {{withdrawn}} निकाले। बैंक का संदर्भ: {{reference}}।',
    '{push,in_app,sms,email}', 'high', '/wallet')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/withdrawal_completed.sql
--! Included templates/withdrawal_failed.sql
-- A withdrawal from a wallet could not be paid.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('withdrawal_failed', 'customer', 'en',
    'Your withdrawal of {{withdrawn}} could not be paid',
    '{{reason}} The money is back in your wallet. Check your bank account.',
    '{push,in_app,sms,email}', 'high', '/wallet'),
  ('withdrawal_failed', 'customer', 'hi',
    '{{withdrawn}} की निकासी नहीं हो सकी',
    '{{reason}} राशि आपके वॉलेट में वापस है। कृपया अपना बैंक खाता जाँचें।',
    '{push,in_app,sms,email}', 'high', '/wallet')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/withdrawal_failed.sql
--! Included functions/messages/tell_withdrawal.sql
create or replace function app_private.tell_withdrawal(
  p_old public.wallet_withdrawals, p_new public.wallet_withdrawals
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Of an account that is deleted there is no one to tell.
  if exists (select from public.user_profiles p where p.id = p_new.customer_id and p.deleted_at is not null) then
    return;
  end if;
  perform app_private.notify(p_new.customer_id, 'customer', 'withdrawal_' || p_new.status,
    jsonb_build_object(
      'withdrawn', app_private.in_rupees(p_new.amount), 'paid', app_private.in_rupees(p_new.net_amount),
      'reference', p_new.reference, 'reason', p_new.failure_reason),
    jsonb_build_object('screen', 'wallet'));
end
$$;
comment on function app_private.tell_withdrawal(public.wallet_withdrawals, public.wallet_withdrawals) is
  'Notifies a customer that a withdrawal was paid or could not be.';
revoke all on function app_private.tell_withdrawal(public.wallet_withdrawals, public.wallet_withdrawals) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_withdrawal.sql
create trigger _700_notify_people after update of status on public.wallet_withdrawals
  for each row when (old.status = 'pending' and new.status <> 'pending')
  execute function app_private.tg__notify_people('tell_withdrawal');

insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.wallet_withdrawals', 'customer_id', true), ('public.wallet_withdrawals', 'ended_by', false),
  ('app_private.withdrawal_accounts', 'withdrawal_id', false);

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
create trigger _600_figures after insert or delete or update of status, ended_at, amount, fee on public.wallet_withdrawals
  for each row execute function app_private.tg__figure_days('money', 'ended_at');

--! Included functions/money/wallet_imbalances.sql
create or replace function app_private.wallet_imbalances() returns setof app_private.imbalance
language sql stable security definer set search_path = '' as $$
  select b.account, null::uuid, app_private.account_balance(b.account, null), b.by_rows
  from (
    select 'withdrawals' as account, coalesce(sum(w.amount), 0) as by_rows
    from public.wallet_withdrawals w where w.status = 'pending'
    union all
    select 'withdrawal_fees', coalesce(sum(w.fee), 0) from public.wallet_withdrawals w where w.status = 'completed'
  ) b
  where app_private.account_balance(b.account, null) <> b.by_rows
  union all
  -- What lapsed came back without a booking.
  select 'goodwill', coalesce(j.booking_id, g.booking_id), coalesce(j.amount, 0), coalesce(g.amount, 0)
  from (
    select j.booking_id, sum(j.amount) as amount from app_private.journal j
    where j.from_account = 'goodwill' group by j.booking_id
  ) j
  full join public.booking_goodwill g on g.booking_id = j.booking_id
  where coalesce(j.amount, 0) <> coalesce(g.amount, 0)
$$;
comment on function app_private.wallet_imbalances() is
  'Differences between the journal and what was withdrawn from wallets, what that cost, and the goodwill that was given. Reads all of them.';
revoke all on function app_private.wallet_imbalances() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/wallet_imbalances.sql
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
  union all
  select * from app_private.wallet_imbalances()
$$;
comment on function app_private.imbalances() is
  'Differences in the books; no row means that they are correct: the journal adds up to 0, and wallets, vendors'' accounts, bookings'' accounts, points, refunds, refunded amounts of completed bookings, withdrawals and goodwill agree with their rows. Reads all of them.';
revoke all on function app_private.imbalances() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/imbalances.sql

--! split: 040-deleting-accounts.sql
-- What no longer keeps an account from being deleted: rewards and goodwill, which lapse; money, which is paid out;
-- payments that were abandoned; refunds that find their way without the account; and old debts.

--! Included functions/money/abandon_payments.sql
create or replace function app_private.abandon_payments(p_payments integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_before timestamptz := now() - app_private.setting('payments.abandoned_hours')::integer * interval '1 hour';
  v_count integer;
begin
  update public.payments p set status = 'failed'
  from (
    select d.id from public.payments d
    where d.status in ('pending', 'processing') and d.created_at < v_before and d.payment_gateway is not null
    order by d.created_at limit p_payments
    for no key update skip locked
  ) d
  where p.id = d.id;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function app_private.abandon_payments(integer) is
  'Marks payments as failed that a gateway has not reported as received within 24 hours by default, at most p_payments; returns how many. A gateway that reports one later is heard all the same. Runs every hour.';
revoke all on function app_private.abandon_payments(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.abandon_payments(integer) to ombaro_worker;
--! EndIncluded functions/money/abandon_payments.sql
--! Included functions/money/record_desk_refund.sql
create or replace function public.record_desk_refund(booking_id uuid) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_refund_id uuid;
begin
  if app_private.has_permission('payments.approve') then
    select * into v_booking from public.bookings b where b.id = record_desk_refund.booking_id for no key update;
    if not found then
      raise exception 'The booking was not found, or you may not see it. Check the id.' using errcode = 'OB003';
    end if;
    perform app_private.require_unrelated(v_booking);
  else
    v_booking := app_private.act_on_booking(record_desk_refund.booking_id, '{vendor}');
  end if;
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
$$;
comment on function public.record_desk_refund(uuid) is
  'Records that the vendor has given back, at its desk, what is to be refunded of a payment that was made there. For the vendor''s desk, and for staff with the permission payments.approve whom the customer told so. Raises OB001, OB002, OB003, OB030 (nothing to give back), OB031 (staff: your own booking or business).';
revoke all on function public.record_desk_refund(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.record_desk_refund(uuid) to authenticated, staff;
--! EndIncluded functions/money/record_desk_refund.sql
--! Included functions/customers/close_wallet.sql
create or replace function app_private.close_wallet(p_customer_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_money numeric := app_private.withdrawable_balance(p_customer_id);
  v_rest numeric := app_private.wallet_balance(p_customer_id) - v_money;
  -- Rewards are spent before goodwill: what is left is goodwill, as far as it was given.
  v_goodwill numeric := least(v_rest, coalesce((
    select sum(g.amount) from public.booking_goodwill g where g.customer_id = p_customer_id), 0));
begin
  if v_rest > 0 then
    perform
      app_private.move_wallet(p_customer_id, 'debit', v_goodwill, 'goodwill', null, null, null,
        'Goodwill that lapsed with the account'),
      app_private.move_wallet(p_customer_id, 'debit', v_rest - v_goodwill, 'rewards', null, null, null,
        'Rewards that lapsed with the account');
  end if;
  if v_money > 0 then
    perform app_private.make_withdrawal(p_customer_id, v_money, 0);
  end if;
end
$$;
comment on function app_private.close_wallet(uuid) is
  'Empties the wallet of an account that is deleted: rewards and goodwill lapse, and money is paid out without a fee, which finance does. The customer must be locked. Raises OB037 where there is money and no verified bank account.';
revoke all on function app_private.close_wallet(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/close_wallet.sql
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
--! Included functions/customers/forget_account.sql
create or replace function app_private.forget_account(p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
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

  -- What finance needs to pay a withdrawal that is pending stays apart until it is paid.
  update public.wallet_withdrawals w
  set account_number = null, failure_reason = case when w.failure_reason is not null then 'Deleted' end
  where w.customer_id = p_user_id;
  update public.booking_goodwill g set reason = 'Deleted' where g.customer_id = p_user_id;

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
$$;
comment on function app_private.forget_account(uuid) is
  'Deletes an account: removes what identifies the user and is not needed otherwise, and leaves an anonymous profile. Mobile number and e-mail address are free for another account.';
revoke all on function app_private.forget_account(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/forget_account.sql
--! Included functions/customers/forget_in_audit_log.sql
create or replace function app_private.forget_in_audit_log(p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_money constant text[] := '{bookings,payments,refunds,wallet_withdrawals,booking_goodwill}';
  v_keys constant text[] := '{id,booking_id,payment_id,customer_id,vendor_id,package_id,cancelled_by,
    processed_by,booking_number,transaction_id,gateway_transaction_id,gateway_refund_id,status,payment_status,
    booking_type,payment_method,payment_gateway,refund_type,booking_date,booking_time,time_zone,starts_at,
    ends_at,expires_at,cancelled_at,payment_date,refund_date,processed_at,ended_at,ended_by,given_by,created_at,
    updated_at}';
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
    union select w.id from public.wallet_withdrawals w where w.customer_id = p_user_id
    union select g.id from public.booking_goodwill g where g.customer_id = p_user_id
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
$$;
comment on function app_private.forget_in_audit_log(uuid) is
  'Removes what identifies a user from the audit log. What was changed, when and by which account stays, and so do states and amounts.';
revoke all on function app_private.forget_in_audit_log(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/forget_in_audit_log.sql
--! Included functions/customers/delete_my_account.sql
create or replace function public.delete_my_account() returns timestamptz
language plpgsql volatile security definer set search_path = '' as $$
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
    raise exception 'This account has already been deleted. Sign up for a new one.' using errcode = 'OB030';
  end if;
  -- A confirmation of a hold at this moment is waited for: then there is a booking, and it is open.
  delete from public.booking_holds h where h.customer_id = v_user_id and h.booking_id is null;
  perform from public.customers c where c.id = v_user_id for no key update;
  perform app_private.require_deletable(v_user_id);
  perform app_private.close_wallet(v_user_id);
  perform app_private.forget_bookings(v_user_id);
  perform app_private.forget_account(v_user_id);
  perform app_private.forget_in_audit_log(v_user_id);
  return now();
end
$$;
comment on function public.delete_my_account() is
  'Deletes your own account permanently, by default within 15 minutes of signing in, and returns the time. Bookings and payments stay in anonymous form, as the law requires; points, rewards and goodwill are lost; money in the wallet is paid to your verified bank account; everything else is deleted, all sessions end, and the mobile number and e-mail address are free. Export your data first. Raises OB001, OB030 (sign in again first; open bookings; money owed; money in the wallet and no verified bank account; people who work here), OB091.';
revoke all on function public.delete_my_account() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.delete_my_account() to authenticated, staff;
--! EndIncluded functions/customers/delete_my_account.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.35', 'wallet-kinds', '2026-11-29', 'Money in wallets that can be withdrawn, and rewards and goodwill that cannot; withdrawals; goodwill of customer care; less keeps an account from being deleted');
