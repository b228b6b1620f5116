import { indianDayInSql } from './calendar.ts';
import { idFrom } from './id-from.ts';

/** What each record and each credit adds to a payout, from when on it may be in one: a credit with the record of its booking. */
const due = `
  select vendor_id, payable_from as due_at, booking_amount, vendor_gst_amount, commission_amount, tds_amount, tcs_amount,
    0::numeric as credit, net_amount as net
  from public.commission_records
  union all
  select c.vendor_id, coalesce(r.payable_from, c.created_at), 0, 0, 0, 0, 0, c.amount, c.amount
  from public.vendor_credits c
  left join public.commission_records r on r.booking_id = c.booking_id`;

const weekOf = (instant: string): string =>
  `date_trunc('week', ${indianDayInSql(instant)}::timestamp)::date`;

/**
 * Weeks are paid on the Monday a week after they ended. As app_private.make_payouts has it: a week in
 * which a vendor owes more than is owed to them waits, and goes into the next payout with what follows.
 */
export const payoutStatements: readonly string[] = [
  `create temporary table payout_weeks on commit drop as
  with recursive weeks as materialized (
    select d.vendor_id, ${weekOf('d.due_at')} as monday,
      count(*) filter (where d.booking_amount > 0) as bookings, sum(d.booking_amount) as gross,
      sum(d.vendor_gst_amount) as gst, sum(d.commission_amount) as commission, sum(d.tds_amount) as tds, sum(d.tcs_amount) as tcs,
      sum(d.credit) as credit,
      sum(d.net) as net,
      row_number() over (partition by d.vendor_id order by ${weekOf('d.due_at')}) as place
    from (${due}) d
    where ${weekOf('d.due_at')} + 14 < (select app_private.today())
    group by d.vendor_id, ${weekOf('d.due_at')}
  ), run as (
    select vendor_id, place, net from weeks where place = 1
    union all
    select w.vendor_id, w.place, least(r.net, 0) + w.net
    from run r
    join weeks w on w.vendor_id = r.vendor_id and w.place = r.place + 1
  )
  select w.*, min(w.monday) filter (where r.net > 0) over (
    partition by w.vendor_id order by w.monday rows between current row and unbounded following
  ) as paid_with
  from weeks w
  join run r on r.vendor_id = w.vendor_id and r.place = w.place`,
  `insert into public.vendor_payouts
    (id, vendor_id, period_start, period_end, total_bookings, gross_amount, gst_amount, commission_amount,
      tds_amount, tcs_amount, adjustment_amount, net_amount, payout_status, payment_method,
      payment_reference, payment_date, created_at, updated_at)
  select ${idFrom(`'payout of ' || w.vendor_id || w.paid_with`)}, w.vendor_id, w.paid_with,
    w.paid_with + 6, sum(w.bookings), sum(w.gross), sum(w.gst), sum(w.commission), sum(w.tds), sum(w.tcs),
    sum(w.credit), sum(w.net), 'completed', 'bank_transfer',
    'UTR' || to_char(w.paid_with::timestamp, 'YYYYMMDD') || left(w.vendor_id::text, 4), p.at, p.at, p.at
  from pg_temp.payout_weeks w
  cross join lateral (
    select (w.paid_with + 14 + time '11:00') at time zone 'Asia/Kolkata' as at
  ) p
  where w.paid_with is not null
  group by w.vendor_id, w.paid_with, p.at`,
  `update public.commission_records c
  set payout_id = p.id, settlement_status = 'settled', settlement_date = p.payment_date
  from pg_temp.payout_weeks w
  join public.vendor_payouts p on p.vendor_id = w.vendor_id and p.period_start = w.paid_with
  where w.vendor_id = c.vendor_id and w.monday = ${weekOf('c.payable_from')}`,
  // By a join: without its indexes, a look at the record of each credit would read all records each time.
  `update public.vendor_credits c set payout_id = p.id
  from (
    select k.id, k.vendor_id, coalesce(r.payable_from, k.created_at) as due_at
    from public.vendor_credits k
    left join public.commission_records r on r.booking_id = k.booking_id
  ) d
  join pg_temp.payout_weeks w on w.vendor_id = d.vendor_id and w.monday = ${weekOf('d.due_at')}
  join public.vendor_payouts p on p.vendor_id = w.vendor_id and p.period_start = w.paid_with
  where c.id = d.id`,
];
