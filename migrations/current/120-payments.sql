-- Money. People read what is theirs; every rupee moves through functions that check, do and
-- record, which come with the booking engine.

create table public.payment_methods (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null default auth.uid() references public.customers (id) on delete cascade,
  method_type text not null references enums.payment_method_type,
  is_primary boolean not null default false,
  card_last4 text constraint payment_methods_card_last4_format check (card_last4 ~ '^[0-9]{4}$'),
  card_brand text,
  upi_id text constraint payment_methods_upi_id_format check (upi_id ~ '^[\w.-]{2,255}@[A-Za-z]{2,64}$'),
  wallet_provider text,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  constraint payment_methods_says_what_it_is check (
    case method_type
      when 'card' then card_last4 is not null
      when 'upi' then upi_id is not null
      when 'wallet' then wallet_provider is not null
      else true
    end
  )
);
alter table public.payment_methods enable row level security;
alter table public.payment_methods alter column customer_id set (n_distinct = -1);
create index payment_methods_customer_id_idx on public.payment_methods (customer_id);
create unique index payment_methods_one_primary_key on public.payment_methods (customer_id)
  where is_primary;
create trigger _300_one_primary before insert or update of is_primary on public.payment_methods
  for each row when (new.is_primary)
  execute function app_private.tg__one_chosen('customer_id', 'is_primary');
comment on table public.payment_methods is
  'How a customer likes to pay. Never a full card number: the gateway keeps that.';
comment on column public.payment_methods.id is 'Identifies the payment method.';
comment on column public.payment_methods.customer_id is 'Customer who pays by it.';
comment on column public.payment_methods.method_type is 'What kind of method it is.';
comment on column public.payment_methods.is_primary is
  'Whether apps offer it first; one a customer.';
comment on column public.payment_methods.card_last4 is
  'Last four digits of the card; null unless it is one.';
comment on column public.payment_methods.card_brand is
  'Brand of the card, such as RuPay; null unless it is one.';
comment on column public.payment_methods.upi_id is
  'UPI address, such as name@bank; null unless it is UPI.';
comment on column public.payment_methods.wallet_provider is
  'Company whose wallet it is; null unless it is a wallet.';
comment on column public.payment_methods.is_active is 'Whether the customer still wants to see it.';
comment on column public.payment_methods.created_at is 'When the row was made.';
comment on constraint payment_methods_card_last4_format on public.payment_methods is
  'Only the last four digits of a card are kept.';
comment on constraint payment_methods_upi_id_format on public.payment_methods is
  'A UPI id looks like name@bank.';
comment on constraint payment_methods_says_what_it_is on public.payment_methods is
  'A card needs its last four digits, UPI its id, a wallet its provider.';
create policy select_own on public.payment_methods for select to authenticated
  using (customer_id = (select auth.uid()));
create policy insert_own on public.payment_methods for insert to authenticated
  with check (customer_id = (select auth.uid()));
create policy update_own on public.payment_methods for update to authenticated
  using (customer_id = (select auth.uid())) with check (customer_id = (select auth.uid()));
create policy delete_own on public.payment_methods for delete to authenticated
  using (customer_id = (select auth.uid()));
-- No policy for staff: nobody but the customer needs to see how they like to pay.
grant select, delete on public.payment_methods to authenticated;
grant insert (method_type, is_primary, card_last4, card_brand, upi_id, wallet_provider),
  update (is_primary, is_active)
  on public.payment_methods to authenticated;

create table public.payments (
  id uuid primary key default gen_random_uuid(),
  transaction_id text not null unique,
  booking_id uuid not null references public.bookings (id) on delete restrict,
  customer_id uuid not null references public.customers (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  amount numeric(10, 2) not null check (amount >= 0),
  tax_amount numeric(10, 2) not null default 0 check (tax_amount >= 0),
  discount_amount numeric(10, 2) not null default 0 check (discount_amount >= 0),
  convenience_fee numeric(10, 2) not null default 0 check (convenience_fee >= 0),
  total_amount numeric(10, 2) not null check (total_amount >= 0),
  payment_method text not null references enums.payment_method,
  payment_gateway text,
  gateway_transaction_id text,
  status text not null default 'pending' references enums.payment_status,
  payment_date timestamptz,
  refund_amount numeric(10, 2) not null default 0,
  refund_date timestamptz,
  refund_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint payments_refund_within_total check (refund_amount between 0 and total_amount),
  -- One payment at the gateway is one payment here.
  unique (payment_gateway, gateway_transaction_id)
);
alter table public.payments enable row level security;
alter table public.payments
  alter column customer_id set (n_distinct = -1), alter column vendor_id set (n_distinct = -1);
create index payments_booking_id_idx on public.payments (booking_id);
create index payments_customer_id_idx on public.payments (customer_id, created_at desc);
create index payments_vendor_id_idx on public.payments (vendor_id, created_at desc);
create index payments_created_at_idx on public.payments (created_at desc, id);
create index payments_status_idx on public.payments (status, created_at desc);
create trigger _100_timestamps before insert or update on public.payments
  for each row execute function app_private.tg__timestamps();
comment on table public.payments is
  'Payments for bookings, in rupees. What the gateway said is in payment_private_details.';
comment on column public.payments.id is 'Identifies the payment.';
comment on column public.payments.transaction_id is
  'Reference of the platform, unique, for people to quote.';
comment on column public.payments.booking_id is 'Booking that is paid.';
comment on column public.payments.customer_id is 'Customer who pays.';
comment on column public.payments.vendor_id is 'Vendor of the booking.';
comment on column public.payments.amount is 'Rupees before tax, discount and fee.';
comment on column public.payments.tax_amount is 'Rupees of GST.';
comment on column public.payments.discount_amount is 'Rupees taken off.';
comment on column public.payments.convenience_fee is 'Rupees charged for this way of paying.';
comment on column public.payments.total_amount is 'Rupees that the customer pays.';
comment on column public.payments.payment_method is 'By what the customer pays.';
comment on column public.payments.payment_gateway is
  'Company that carries the payment, such as razorpay; null when none does.';
comment on column public.payments.gateway_transaction_id is
  'Reference of the gateway; null until it gave one.';
comment on column public.payments.status is 'How far the payment is.';
comment on column public.payments.payment_date is 'When the money arrived; null until then.';
comment on column public.payments.refund_amount is
  'Rupees of it paid back so far; at most total_amount.';
comment on column public.payments.refund_date is 'When money was last paid back; null before that.';
comment on column public.payments.refund_reason is
  'Why money was last paid back; null before that.';
comment on column public.payments.created_at is 'When the row was made.';
comment on column public.payments.updated_at is 'When the row last changed.';
create policy select_party on public.payments for select to authenticated
  using (
    customer_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[])
  );
create policy select_staff on public.payments for select to staff
  using (
    id >= (select app_private.floor_uuid('payments.read'))
    and created_at >= (select app_private.floor_instant('payments.read'))
    and status >= (select app_private.floor_text('payments.read'))
  );
grant select on public.payments to authenticated, staff;

create table public.payment_private_details (
  payment_id uuid primary key references public.payments (id) on delete cascade,
  gateway_response jsonb,
  metadata jsonb not null default '{}'
);
alter table public.payment_private_details enable row level security;
comment on table public.payment_private_details is
  'What the gateway said about a payment, for those who look after payments.';
comment on column public.payment_private_details.payment_id is 'Payment to which this belongs.';
comment on column public.payment_private_details.gateway_response is
  'Object as the gateway sent it; its keys are the gateway''s; null before an answer.';
comment on column public.payment_private_details.metadata is
  'Object with what the platform noted for its own use, {} without any.';
create policy select_staff on public.payment_private_details for select to staff
  using (payment_id >= (select app_private.floor_uuid('payments.read')));
grant select on public.payment_private_details to staff;

create table public.refunds (
  id uuid primary key default gen_random_uuid(),
  payment_id uuid not null references public.payments (id) on delete restrict,
  booking_id uuid not null references public.bookings (id) on delete restrict,
  customer_id uuid not null references public.customers (id) on delete restrict,
  refund_amount numeric(10, 2) not null constraint refunds_of_something check (refund_amount > 0),
  refund_reason text not null,
  refund_type text not null references enums.refund_type,
  refund_method text,
  gateway_refund_id text unique,
  status text not null default 'pending' references enums.refund_status,
  processed_by uuid references public.user_profiles (id) on delete set null,
  processed_at timestamptz,
  notes text,
  created_at timestamptz not null default now()
);
alter table public.refunds enable row level security;
alter table public.refunds alter column customer_id set (n_distinct = -1);
create index refunds_payment_id_idx on public.refunds (payment_id);
create index refunds_booking_id_idx on public.refunds (booking_id);
create index refunds_customer_id_idx on public.refunds (customer_id, created_at desc);
create index refunds_processed_by_idx on public.refunds (processed_by);
create index refunds_created_at_idx on public.refunds (created_at desc, id);
comment on table public.refunds is 'Money paid back, never more than was paid.';
comment on column public.refunds.id is 'Identifies the refund.';
comment on column public.refunds.payment_id is 'Payment of which money goes back.';
comment on column public.refunds.booking_id is 'Booking that was paid.';
comment on column public.refunds.customer_id is 'Customer who gets the money.';
comment on column public.refunds.refund_amount is 'Rupees that go back, more than 0.';
comment on column public.refunds.refund_reason is 'Why, in words for the customer.';
comment on column public.refunds.refund_type is 'Under which rule it is made.';
comment on column public.refunds.refund_method is
  'Where the money goes, such as wallet or the card it came from; null until decided.';
comment on column public.refunds.gateway_refund_id is
  'Reference of the gateway; null until it gave one.';
comment on column public.refunds.status is 'How far it is.';
comment on column public.refunds.processed_by is
  'Who released it; null when the platform did or nobody yet.';
comment on column public.refunds.processed_at is 'When it was released; null until then.';
comment on column public.refunds.notes is
  'What finance noted; the customer can read it; null without notes.';
comment on column public.refunds.created_at is 'When the row was made.';
create policy select_own on public.refunds for select to authenticated
  using (customer_id = (select auth.uid()));
create policy select_staff on public.refunds for select to staff
  using (
    id >= (select app_private.floor_uuid('payments.read'))
    and created_at >= (select app_private.floor_instant('payments.read'))
  );
grant select on public.refunds to authenticated, staff;

create table public.wallet_transactions (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id) on delete restrict,
  transaction_type text not null references enums.wallet_transaction_type,
  amount numeric(10, 2) not null constraint wallet_transactions_of_something check (amount > 0),
  balance_after numeric(10, 2) not null
    constraint wallet_transactions_never_negative check (balance_after >= 0),
  booking_id uuid references public.bookings (id) on delete restrict,
  payment_id uuid references public.payments (id) on delete restrict,
  description text,
  reference_id text,
  created_at timestamptz not null default now()
);
alter table public.wallet_transactions enable row level security;
alter table public.wallet_transactions alter column customer_id set (n_distinct = -1);
create index wallet_transactions_customer_id_idx
  on public.wallet_transactions (customer_id, created_at desc);
create index wallet_transactions_booking_id_idx on public.wallet_transactions (booking_id);
create index wallet_transactions_payment_id_idx on public.wallet_transactions (payment_id);
create index wallet_transactions_created_at_idx on public.wallet_transactions (created_at desc, id);
comment on table public.wallet_transactions is
  'Money in and out of a customer''s wallet, in rupees. The balance is their sum; a debit takes away, everything else adds.';
comment on column public.wallet_transactions.id is 'Identifies the transaction.';
comment on column public.wallet_transactions.customer_id is 'Customer whose wallet it is.';
comment on column public.wallet_transactions.transaction_type is
  'Why the money moved; only a debit takes away.';
comment on column public.wallet_transactions.amount is 'Rupees that moved, always more than 0.';
comment on column public.wallet_transactions.balance_after is
  'Rupees in the wallet afterwards, never below 0.';
comment on column public.wallet_transactions.booking_id is
  'Booking that it is about; null when about none.';
comment on column public.wallet_transactions.payment_id is
  'Payment that it is about; null when about none.';
comment on column public.wallet_transactions.description is
  'What it was, in words for the customer; null without them.';
comment on column public.wallet_transactions.reference_id is
  'Reference of another system or row; null without one.';
comment on column public.wallet_transactions.created_at is 'When the row was made.';
comment on constraint wallet_transactions_never_negative on public.wallet_transactions is
  'There is not enough money in the wallet.';
create policy select_own on public.wallet_transactions for select to authenticated
  using (customer_id = (select auth.uid()));
create policy select_staff on public.wallet_transactions for select to staff
  using (
    id >= (select app_private.floor_uuid('wallets.read'))
    and created_at >= (select app_private.floor_instant('wallets.read'))
  );
grant select on public.wallet_transactions to authenticated, staff;

create table public.loyalty_points_transactions (
  id uuid primary key default gen_random_uuid(),
  customer_id uuid not null references public.customers (id) on delete restrict,
  transaction_type text not null references enums.loyalty_transaction_type,
  points integer not null constraint loyalty_points_transactions_of_something check (points <> 0),
  booking_id uuid references public.bookings (id) on delete restrict,
  description text,
  balance_after integer not null
    constraint loyalty_points_transactions_never_negative check (balance_after >= 0),
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  constraint loyalty_points_transactions_sign check (
    case transaction_type
      when 'earned' then points > 0
      when 'adjusted' then true
      else points < 0
    end
  )
);
alter table public.loyalty_points_transactions enable row level security;
alter table public.loyalty_points_transactions alter column customer_id set (n_distinct = -1);
create index loyalty_points_transactions_customer_id_idx
  on public.loyalty_points_transactions (customer_id, created_at desc);
create index loyalty_points_transactions_booking_id_idx
  on public.loyalty_points_transactions (booking_id);
create index loyalty_points_transactions_created_at_idx
  on public.loyalty_points_transactions (created_at desc, id);
comment on table public.loyalty_points_transactions is
  'Points earned and spent. The balance is their sum.';
comment on column public.loyalty_points_transactions.id is 'Identifies the transaction.';
comment on column public.loyalty_points_transactions.customer_id is
  'Customer whose points they are.';
comment on column public.loyalty_points_transactions.transaction_type is 'Why the points moved.';
comment on column public.loyalty_points_transactions.points is
  'Points that moved: above 0 when earned, below 0 when redeemed or expired, either when adjusted.';
comment on column public.loyalty_points_transactions.booking_id is
  'Booking that earned them or was paid with them; null when about none.';
comment on column public.loyalty_points_transactions.description is
  'What it was, in words for the customer; null without them.';
comment on column public.loyalty_points_transactions.balance_after is
  'Points of the customer afterwards, never below 0.';
comment on column public.loyalty_points_transactions.expires_at is
  'When earned points lapse; null for transactions whose points do not.';
comment on column public.loyalty_points_transactions.created_at is 'When the row was made.';
comment on constraint loyalty_points_transactions_never_negative on public.loyalty_points_transactions is
  'There are not enough points.';
create policy select_own on public.loyalty_points_transactions for select to authenticated
  using (customer_id = (select auth.uid()));
create policy select_staff on public.loyalty_points_transactions for select to staff
  using (
    id >= (select app_private.floor_uuid('wallets.read'))
    and created_at >= (select app_private.floor_instant('wallets.read'))
  );
grant select on public.loyalty_points_transactions to authenticated, staff;

create table public.customer_referrals (
  id uuid primary key default gen_random_uuid(),
  referrer_id uuid not null references public.customers (id) on delete restrict,
  -- Referred once, by one person.
  referee_id uuid not null unique references public.customers (id) on delete restrict,
  referral_code text not null,
  status text not null default 'pending' references enums.referral_status,
  referrer_reward numeric(10, 2) not null default 0 check (referrer_reward >= 0),
  referee_reward numeric(10, 2) not null default 0 check (referee_reward >= 0),
  first_booking_id uuid references public.bookings (id) on delete set null,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  constraint customer_referrals_not_oneself check (referrer_id <> referee_id)
);
alter table public.customer_referrals enable row level security;
create index customer_referrals_referrer_id_idx on public.customer_referrals (referrer_id);
create index customer_referrals_first_booking_id_idx on public.customer_referrals (first_booking_id);
comment on table public.customer_referrals is 'Who brought whom, and what both got for it.';
comment on column public.customer_referrals.id is 'Identifies the referral.';
comment on column public.customer_referrals.referrer_id is 'Customer who brought the friend.';
comment on column public.customer_referrals.referee_id is 'Friend who signed up with the code.';
comment on column public.customer_referrals.referral_code is 'Code that the friend used.';
comment on column public.customer_referrals.status is 'How far it is.';
comment on column public.customer_referrals.referrer_reward is
  'Rupees credited to the wallet of the referrer; 0 until rewarded.';
comment on column public.customer_referrals.referee_reward is
  'Rupees credited to the wallet of the friend; 0 until rewarded.';
comment on column public.customer_referrals.first_booking_id is
  'First completed booking of the friend, on which the reward is reckoned; null until then.';
comment on column public.customer_referrals.completed_at is
  'When that booking was completed; null until then.';
comment on column public.customer_referrals.created_at is 'When the row was made.';
create policy select_party on public.customer_referrals for select to authenticated
  using (referrer_id = (select auth.uid()) or referee_id = (select auth.uid()));
create policy select_staff on public.customer_referrals for select to staff
  using ((select app_private.has_permission('customers.read')));
grant select on public.customer_referrals to authenticated, staff;

create table public.commission_records (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null unique references public.bookings (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  therapist_id uuid references public.therapists (id) on delete restrict,
  booking_amount numeric(10, 2) not null check (booking_amount >= 0),
  commission_rate numeric(5, 2) not null check (commission_rate between 0 and 100),
  commission_amount numeric(10, 2) not null check (commission_amount >= 0),
  therapist_earning numeric(10, 2) not null default 0 check (therapist_earning >= 0),
  platform_earning numeric(10, 2) not null check (platform_earning >= 0),
  tds_amount numeric(10, 2) not null default 0 check (tds_amount >= 0),
  gst_amount numeric(10, 2) not null default 0 check (gst_amount >= 0),
  settlement_status text not null default 'pending' references enums.settlement_status,
  settlement_date timestamptz,
  period_month date check (extract(day from period_month) = 1),
  created_at timestamptz not null default now()
);
alter table public.commission_records enable row level security;
alter table public.commission_records alter column vendor_id set (n_distinct = -1);
create index commission_records_vendor_id_idx on public.commission_records (vendor_id, created_at desc);
create index commission_records_therapist_id_idx on public.commission_records (therapist_id);
create index commission_records_created_at_idx on public.commission_records (created_at desc, id);
comment on table public.commission_records is
  'What the platform keeps of a completed booking, one record each, in rupees on the amount before tax.';
comment on column public.commission_records.id is 'Identifies the record.';
comment on column public.commission_records.booking_id is 'Completed booking that is settled.';
comment on column public.commission_records.vendor_id is 'Vendor of the booking.';
comment on column public.commission_records.therapist_id is
  'Therapist who performed it; null when nobody was recorded.';
comment on column public.commission_records.booking_amount is
  'Rupees of the booking before tax, on which commission is reckoned.';
comment on column public.commission_records.commission_rate is
  'Per cent of booking_amount that the platform keeps, as it was then.';
comment on column public.commission_records.commission_amount is
  'Rupees of commission: commission_rate of booking_amount.';
comment on column public.commission_records.therapist_earning is
  'Rupees of the booking that go to the therapist.';
comment on column public.commission_records.platform_earning is
  'Rupees that stay with the platform.';
comment on column public.commission_records.tds_amount is
  'Rupees of tax deducted at source from the vendor.';
comment on column public.commission_records.gst_amount is 'Rupees of GST on the booking.';
comment on column public.commission_records.settlement_status is
  'How far its settlement with the vendor is.';
comment on column public.commission_records.settlement_date is
  'When it was settled; null until then.';
comment on column public.commission_records.period_month is
  'First day of the month to which it counts; null until counted.';
comment on column public.commission_records.created_at is 'When the row was made.';
create policy select_vendor on public.commission_records for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[]));
create policy select_staff on public.commission_records for select to staff
  using (
    id >= (select app_private.floor_uuid('commissions.read'))
    and created_at >= (select app_private.floor_instant('commissions.read'))
  );
grant select on public.commission_records to authenticated, staff;

create function public.customers_wallet_balance(customer public.customers) returns numeric
language sql stable set search_path = '' as $$
  select coalesce(sum(case t.transaction_type when 'debit' then -t.amount else t.amount end), 0)
  from public.wallet_transactions t where t.customer_id = customer.id
$$;
comment on function public.customers_wallet_balance(public.customers) is
  'Rupees in the wallet: the sum of its transactions.';
create function public.bookings_amount_paid(booking public.bookings) returns numeric
language sql stable set search_path = '' as $$
  select coalesce(sum(p.total_amount - p.refund_amount), 0)
  from public.payments p
  where p.booking_id = booking.id and p.status in ('success', 'partially_refunded', 'refunded')
$$;
comment on function public.bookings_amount_paid(public.bookings) is
  'Rupees received for the booking less what was paid back, of the payments that the reader may see.';
grant execute on function
  public.customers_wallet_balance(public.customers), public.bookings_amount_paid(public.bookings)
to authenticated, staff;
