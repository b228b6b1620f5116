-- Undoes the daily close and the explanation of the journal. Closed balances are lost, which follow from the journal, and when
-- it was closed and opened. Balances are sums of all movements again.

delete from public.schema_versions where version = '1.37';
drop function app_private.unexplained_movements(), app_private.close_journal(integer), app_private.lock_journal(),
  app_private.counted_through();
drop view app_private.expected_of_payments, app_private.expected_of_refunds, app_private.expected_of_commission_records,
  app_private.expected_of_vendor_credits, app_private.expected_of_refund_decisions, app_private.expected_of_payouts,
  app_private.expected_of_wallet_transactions;
drop function app_private.journal_opened_at();
drop index public.loyalty_points_transactions_newest_idx, app_private.journal_opening_idx, app_private.journal_from_idx, app_private.journal_to_idx;
create index journal_from_idx on app_private.journal (from_account, from_id) include (amount);
create index journal_to_idx on app_private.journal (to_account, to_id) include (amount);
drop table app_private.account_balances, app_private.journal_closes, app_private.journal_openings;
