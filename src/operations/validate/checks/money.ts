import type { Check } from '../check.ts';

/** Without those that have a number which is none: the check of numbers names them. */
const wallet = `(
  select customer_id, id, balance_after,
    case transaction_type when 'debit' then -amount else amount end as change
  from public.wallet_transactions
  where customer_id not in (
    select customer_id from public.wallet_transactions where 'NaN' in (amount, balance_after))
)`;
const withdrawable = `(
  select customer_id, id, created_at, withdrawable_after as balance_after,
    case transaction_type when 'debit' then -withdrawable else withdrawable end as change
  from public.wallet_transactions
  where customer_id not in (
    select customer_id from public.wallet_transactions where 'NaN' in (amount, balance_after))
)`;
const points = `(
  select customer_id, id, balance_after, points as change from public.loyalty_points_transactions
)`;

const pointSums = `(
  select customer_id, sum(points) as points from public.loyalty_points_transactions group by customer_id
)`;
const refundSums = `(
  select payment_id, sum(refund_amount) as amount from public.refunds
  where status = 'completed' group by payment_id
)`;

/** Of each account what was written down at the close, and what the movements up to it add up to. */
const closedBalances = `
  select m.account, m.owner_id, coalesce(sum(m.closed), 0) as balance, coalesce(sum(m.amount), 0) as movements
  from (
    select account, owner_id, balance as closed, null::numeric as amount from app_private.account_balances
    union all
    select to_account, to_id, null, amount from app_private.journal
    where id <= (select app_private.counted_through()) and amount <> 'NaN'
    union all
    select from_account, from_id, null, -amount from app_private.journal
    where id <= (select app_private.counted_through()) and amount <> 'NaN'
  ) m
  group by m.account, m.owner_id`;

export const moneyChecks: readonly Check[] = [
  {
    name: 'wallet-balance',
    tables: ['public.wallet_transactions'],
    explanation:
      'The balances that a customer’s wallet transactions show do not follow from one another: a transaction is missing, or its amount was changed. Find it in audit_logs and the journal; never correct it without a new transaction that finance has agreed to.',
    query: unchained(wallet),
  },
  {
    name: 'wallet-withdrawable',
    tables: ['public.wallet_transactions'],
    explanation:
      'What can be withdrawn of a customer’s wallet does not follow from its transactions: rewards could be paid out as money, or money is kept as a reward. Find the transaction in audit_logs and the journal; never correct it without a new one that finance has agreed to.',
    query: `select w.key, min(w.balance_without_reason) as balance_without_reason
      from (
        ${unchained(withdrawable)}
        union all
        -- The last one is what the wallet goes by, also where it moved nothing that can be withdrawn.
        select t.customer_id, (array_agg(t.balance_after order by t.created_at desc, t.id desc))[1]
        from ${withdrawable} t
        group by t.customer_id
        having (array_agg(t.balance_after order by t.created_at desc, t.id desc))[1] <> sum(t.change)
      ) w
      group by w.key`,
  },
  {
    name: 'points-chain',
    tables: ['public.loyalty_points_transactions'],
    explanation:
      'The balances that a customer’s points transactions show do not follow from one another: a transaction is missing, or its points were changed. Correct it with a transaction of the type "adjusted".',
    query: unchained(points),
  },
  {
    name: 'points-balance',
    tables: ['public.customers', 'public.loyalty_points_transactions'],
    explanation:
      'A customer has other points than their transactions add up to. The transactions are the authority.',
    query: `select c.id as key, c.loyalty_points, coalesce(t.points, 0) as transactions
      from public.customers c
      left join ${pointSums} t on t.customer_id = c.id
      where c.loyalty_points <> coalesce(t.points, 0)`,
    repair: {
      does: 'sets the points of the customer to the sum of the transactions, where that is not negative',
      changes: `changed as (
          update public.customers c set loyalty_points = coalesce(t.points, 0)
        from public.customers o
        left join ${pointSums} t on t.customer_id = o.id
        where o.id = c.id and o.loyalty_points <> coalesce(t.points, 0) and coalesce(t.points, 0) >= 0
        returning c.id as key, to_jsonb(o.loyalty_points) as before, to_jsonb(c.loyalty_points) as after
        )`,
    },
  },
  {
    name: 'journal-balances',
    tables: [
      'app_private.journal',
      'public.wallet_transactions',
      'public.wallet_withdrawals',
      'public.booking_goodwill',
      'public.commission_records',
    ],
    explanation:
      'The journal of money does not add up to nothing, or gives a wallet, vendor, booking, withdrawal, goodwill, tip or top-up another balance than their own rows do. Money was moved without a record, or recorded and not moved. Have finance find the movement before the next payout.',
    query: `select i.id as key, i.account, i.journal, i.by_rows
      from app_private.imbalances() i where i.account not in ('points', 'refunds')`,
  },
  {
    name: 'journal-explained',
    tables: [
      'app_private.journal',
      'public.payments',
      'public.refunds',
      'public.refund_decisions',
      'public.commission_records',
      'public.vendor_credits',
      'public.vendor_payouts',
      'public.wallet_transactions',
    ],
    explanation:
      'The movements of the journal are not those that payments, refunds, completed bookings, credits of vendors, payouts and wallet transactions give: one is missing, was written twice, has another amount or account, or nothing caused it. "expected" is what the causes give, "moved" what the journal has in "movements". Have finance find out which of them is right. Enter what is missing with "select app_private.move_money(from, from_id, to, to_id, rupees, booking, reason)", as it is shown here; of what is too much enter the opposite with the reason "correction of " and the number of the movement. A reason that is new needs a view app_private.expected_….',
    query: `select coalesce(u.booking_id::text, u.from_id::text, u.to_id::text, u.reason) as key, u.finding, u.reason,
        u.from_account, u.from_id, u.to_account, u.to_id, u.expected, u.moved, u.movements
      from app_private.unexplained_movements() u`,
  },
  {
    name: 'closed-balances',
    tables: ['app_private.account_balances', 'app_private.journal_closes', 'app_private.journal'],
    explanation:
      'The balance that the daily close wrote down for an account is not what the movements up to the close add up to. Everything that asks for the balance gets a wrong one: money that is there cannot be spent, or money that is not there can. The movements are the authority; stop the workers while you repair it.',
    query: `select b.account || coalesce(' ' || b.owner_id, '') as key, b.balance, b.movements
      from (${closedBalances}) b
      where b.balance <> b.movements`,
    repair: {
      does: 'sets the closed balance to the sum of the movements up to the close',
      changes: `wrong as (
          select b.* from (${closedBalances}) b where b.balance <> b.movements
        ), gone as (
          delete from app_private.account_balances a using wrong w
          where w.movements = 0 and a.account = w.account and a.owner_id is not distinct from w.owner_id
        ), entered as (
          insert into app_private.account_balances as a (account, owner_id, balance)
          select w.account, w.owner_id, w.movements from wrong w where w.movements <> 0
          on conflict (account, owner_id) do update set balance = excluded.balance
        ), changed as (
          select w.account || coalesce(' ' || w.owner_id, '') as key, w.balance as before, w.movements as after
          from wrong w
        )`,
    },
  },
  {
    name: 'journal-entries',
    tables: ['app_private.journal'],
    explanation:
      'An entry of the journal moves nothing, or less, or does not say from and to whom. A constraint forbids it, so it came in while that was gone. Have finance enter the opposite; entries are never changed.',
    query: `select j.id as key, j.from_account, j.from_id, j.to_account, j.to_id, j.amount
      from app_private.journal j
      where j.amount <= 0
        or (j.from_account, j.from_id) is not distinct from (j.to_account, j.to_id)
        or (j.from_account in ('booking', 'vendor', 'wallet', 'payment')) <> (j.from_id is not null)
        or (j.to_account in ('booking', 'vendor', 'wallet', 'payment')) <> (j.to_id is not null)`,
  },
  {
    name: 'refunds-above-paid',
    tables: ['public.payments', 'public.refunds'],
    explanation:
      'More is or will be paid back than was paid, or something is paid back of a payment that never arrived. Stop the refunds that are not completed, and have finance look at the rest.',
    query: `select p.id as key, p.status, p.total_amount, r.amount as refunds
      from (
        select payment_id, sum(refund_amount) as amount from public.refunds
        where status <> 'failed' group by payment_id
      ) r
      join public.payments p on p.id = r.payment_id
      where r.amount > case when p.status in ('success', 'partially_refunded', 'refunded')
        then p.total_amount else 0 end`,
  },
  {
    name: 'refund-sums',
    tables: ['public.payments', 'public.refunds'],
    explanation:
      'A payment says that another amount was paid back than its completed refunds add up to. The refunds are the authority.',
    query: `select p.id as key, p.refund_amount, coalesce(r.amount, 0) as refunds
      from public.payments p
      left join ${refundSums} r on r.payment_id = p.id
      where p.refund_amount <> coalesce(r.amount, 0)`,
    repair: {
      does: 'sets what a payment says was paid back to the sum of its completed refunds, where that is not more than was paid',
      changes: `changed as (
          update public.payments p set refund_amount = coalesce(r.amount, 0)
        from public.payments o
        left join ${refundSums} r on r.payment_id = o.id
        where o.id = p.id and o.refund_amount <> coalesce(r.amount, 0)
          and coalesce(r.amount, 0) <= o.total_amount
        returning p.id as key, to_jsonb(o.refund_amount) as before, to_jsonb(p.refund_amount) as after
        )`,
    },
  },
  {
    name: 'payment-status',
    tables: ['public.payments'],
    explanation:
      'The status of a payment does not go with what was paid back of it. Reports count it wrongly. See what its refunds are, and set the status.',
    query: `select p.id as key, p.status, p.total_amount, p.refund_amount
      from public.payments p
      where case p.status
        when 'refunded' then p.refund_amount <> p.total_amount
        when 'partially_refunded' then p.refund_amount <= 0 or p.refund_amount >= p.total_amount
        else p.refund_amount <> 0
      end`,
  },
  {
    name: 'payment-parties',
    tables: ['public.payments', 'public.refunds', 'public.bookings'],
    explanation:
      'A payment or refund names another customer or vendor than its booking, or a refund another booking than its payment. A user sees, or gets, money that is not theirs. Take over what the booking says.',
    query: `select p.id as key, 'payments' as "table", p.booking_id, p.customer_id, p.vendor_id,
        b.customer_id as customer_of_booking, b.vendor_id as vendor_of_booking
      from public.payments p
      join public.bookings b on b.id = p.booking_id
      where (p.customer_id, p.vendor_id) is distinct from (b.customer_id, b.vendor_id)
      union all
      select r.id, 'refunds', r.booking_id, r.customer_id, null, p.customer_id, null
      from public.refunds r
      join public.payments p on p.id = r.payment_id
      where (r.booking_id, r.customer_id) is distinct from (p.booking_id, p.customer_id)`,
  },
  {
    name: 'tips',
    tables: ['public.tips', 'public.payments', 'public.vendor_credits', 'public.bookings'],
    explanation:
      'A tip does not go with its payment or booking, or its vendor is credited with another amount than was received and not refunded. The vendor is paid too much or too little, or someone sees a tip that is not theirs. Have finance compare it with the payment and its refunds.',
    query: `select t.id as key, t.amount, t.refunded_amount, t.received_at, c.amount as credited, p.purpose, p.status
      from public.tips t
      join public.payments p on p.id = t.payment_id
      join public.bookings b on b.id = t.booking_id
      left join (
        select payment_id, sum(amount) as amount from public.vendor_credits where kind = 'tip' group by payment_id
      ) c on c.payment_id = t.payment_id
      where p.purpose <> 'tip'
        or (t.customer_id, t.vendor_id, t.customer_id) is distinct from (b.customer_id, b.vendor_id, p.customer_id)
        or coalesce(c.amount, 0) <> case when t.received_at is null then 0 else t.amount - t.refunded_amount end
        or t.received_at is not null and p.status not in ('success', 'partially_refunded', 'refunded')`,
  },
  {
    name: 'commission-provider',
    tables: [
      'public.commission_records',
      'public.therapist_assignments',
      'public.beautician_assignments',
    ],
    explanation:
      'A commission record names another person than the one who served, or no one. The wrong person is paid for it. Take over who completed the assignment.',
    query: `select c.id as key, c.therapist_id, c.beautician_id, t.therapist_id as therapist_who_served,
        b.beautician_id as beautician_who_served
      from public.commission_records c
      left join public.therapist_assignments t on t.booking_id = c.booking_id and t.status = 'completed'
      left join public.beautician_assignments b on b.booking_id = c.booking_id and b.status = 'completed'
      where (c.therapist_id, c.beautician_id) is distinct from (t.therapist_id, b.beautician_id)`,
  },
  {
    name: 'payout-items',
    tables: ['public.commission_records', 'public.vendor_credits', 'public.vendor_payouts'],
    explanation:
      'A commission record is settled without a payout, or in one and not settled although that is paid, or in a payout of another vendor or an earlier week. The vendor is paid twice or never. Have finance compare it with the transfer.',
    query: `select c.id as key, 'commission_records' as "table", c.settlement_status, c.payout_id, p.payout_status
      from public.commission_records c
      left join public.vendor_payouts p on p.id = c.payout_id
      where c.settlement_status = 'settled' and p.payout_status is distinct from 'completed'
        or p.payout_status = 'completed' and c.settlement_status <> 'settled'
        or p.vendor_id <> c.vendor_id or app_private.day_of(c.payable_from) > p.period_end
      union all
      select c.id, 'vendor_credits', null, c.payout_id, p.payout_status
      from public.vendor_credits c
      join public.vendor_payouts p on p.id = c.payout_id
      where p.vendor_id <> c.vendor_id or app_private.day_of(c.created_at) > p.period_end`,
  },
  {
    name: 'payout-sums',
    tables: ['public.vendor_payouts', 'public.commission_records', 'public.vendor_credits'],
    explanation:
      'A payout is not the sum of what is in it. The vendor is paid another amount than they can be shown. Have finance correct it before it is paid; if it is paid, settle the difference with a credit.',
    query: `select p.id as key, p.net_amount, coalesce(r.net, 0) + coalesce(c.amount, 0) as net_of_items,
        p.total_bookings, coalesce(r.bookings, 0) as items, p.adjustment_amount, coalesce(c.amount, 0) as credits
      from public.vendor_payouts p
      left join (
        select payout_id, count(*) as bookings, sum(booking_amount) as gross, sum(vendor_gst_amount) as gst,
          sum(commission_amount) as commission, sum(tds_amount) as tds, sum(tcs_amount) as tcs,
          sum(net_amount) as net
        from public.commission_records group by payout_id
      ) r on r.payout_id = p.id
      left join (
        select payout_id, sum(amount) as amount from public.vendor_credits group by payout_id
      ) c on c.payout_id = p.id
      where (p.total_bookings, p.gross_amount, p.gst_amount, p.commission_amount, p.tds_amount, p.tcs_amount, p.adjustment_amount)
        <> (coalesce(r.bookings, 0), coalesce(r.gross, 0), coalesce(r.gst, 0), coalesce(r.commission, 0), coalesce(r.tds, 0),
          coalesce(r.tcs, 0), coalesce(c.amount, 0))
        or p.net_amount <> coalesce(r.net, 0) + coalesce(c.amount, 0)`,
  },
  {
    name: 'tax-rates',
    tables: ['public.tax_rates', 'public.bookings'],
    explanation:
      'There was no rate of a tax on the day of the first booking. What is due on that day cannot be computed. Enter the rate and since when it holds.',
    query: `select k.value as key, f.day as first_booking, min(r.valid_from) as first_rate
      from enums.tax_kind k
      cross join (select app_private.day_of(min(created_at)) as day from public.bookings) f
      left join public.tax_rates r on r.tax = k.value
      where f.day is not null
      group by k.value, f.day
      having min(r.valid_from) is null or min(r.valid_from) > f.day`,
  },
];

/**
 * Of each customer's balances every one is come to as often as it is left, but for 0 at the beginning and
 * the last at the end: whatever the order of transactions of the same moment is.
 */
function unchained(transactions: string): string {
  return `select n.customer_id as key, min(n.balance) as balance_without_reason
    from (
      select m.customer_id, m.balance
      from (
        select customer_id, balance_after as balance, 1 as come from ${transactions} t
        union all
        select customer_id, balance_after - change, -1 from ${transactions} t
        union all
        select customer_id, sum(change), -1 from ${transactions} t group by customer_id
        union all
        select distinct customer_id, 0, 1 from ${transactions} t
      ) m
      group by m.customer_id, m.balance
      having sum(m.come) <> 0
    ) n
    group by n.customer_id`;
}
