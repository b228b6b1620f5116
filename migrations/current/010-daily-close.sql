-- Balances without the past. A balance was the sum of all movements that its account ever had: what it cost to read grew with
-- every booking. Once a day the journal is closed: the balances up to a movement are written down, and from then on a balance
-- is what was written down and the few movements since. And a second program, which knows nothing of the functions that move
-- money, explains every movement by its cause (020).
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion

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
  balance numeric(20, 2) not null,
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
 * whoever explains the journal must know. Nothing else tells, where no balance was open at that moment.
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

--!include functions/money/counted_through.sql
--!include functions/money/account_balance.sql
--!include functions/money/journal_balances.sql
--!include functions/money/balances_by_journal.sql
--!include functions/money/wallet_balance.sql
--!include functions/money/customers_wallet_balance.sql
--!include functions/money/points_that_lapsed.sql
--!include functions/money/lapse_of_spent.sql
--!include functions/money/lock_journal.sql
--!include functions/money/close_journal.sql
--!include functions/money/open_journal.sql
--!include functions/money/journal_opened_at.sql

insert into public.schema_versions (version, migration, released_on, changes)
values ('1.37', 'daily-close', '2026-11-29', 'Balances are closed every day, so that none is a sum over all time; every movement of the journal is explained by its cause');
