import type { Check } from '../check.ts';

export const bookingChecks: readonly Check[] = [
  {
    name: 'booking-lines',
    tables: ['public.bookings', 'public.booking_items'],
    explanation:
      'A booking has no items, or its items do not add up to its total, or its total, discount, charge and tax not to its final amount. The customer was asked for another price than the bill shows. Compare with the payment, and correct the side that is wrong.',
    query: `select b.id as key, i.items, i.amount as items_amount, b.total_amount, b.discount_amount,
        b.service_charge, b.tax_amount, b.final_amount
      from public.bookings b
      left join (
        select booking_id, count(*) as items, sum(subtotal) as amount
        from public.booking_items group by booking_id
      ) i on i.booking_id = b.id
      where i.items is null or i.amount <> b.total_amount
        or b.final_amount <> b.total_amount - b.discount_amount + b.service_charge + b.tax_amount`,
  },
  {
    name: 'booking-item-amount',
    tables: ['public.booking_items'],
    explanation:
      'The amount of an item is not its price times its quantity with its add-ons, or its tax is not at its rate. The bill cannot be explained line by line. Correct the price, the amount or the tax.',
    query: `select i.id as key, i.service_price, i.quantity, coalesce(a.price, 0) as addons_price, i.subtotal,
        i.discount_amount, i.tax_percentage, i.tax_amount
      from public.booking_items i
      left join lateral (
        select sum((x ->> 'price')::numeric) as price from jsonb_array_elements(i.addon_services) x
      ) a on true
      where i.subtotal <> i.service_price * i.quantity + coalesce(a.price, 0)
        -- As app_private.percent_of rounds.
        or i.tax_amount <> round((i.subtotal - i.discount_amount) * i.tax_percentage / 100, 2)`,
  },
  {
    name: 'booking-terms',
    tables: ['public.bookings', 'public.booking_items', 'public.booking_terms'],
    explanation:
      'A booking has not kept the terms under which it was made, or its tax is not that of its items and its charge at the rates in them. What cancelling or moving it costs cannot be told, or the invoice is wrong. Enter the terms of the day on which it was made.',
    query: `select b.id as key, t.gst_percentage, i.tax_amount as items_tax, t.charge_gst_percentage, b.service_charge,
        b.charge_tax_amount, b.tax_amount
      from public.bookings b
      left join public.booking_terms t on t.booking_id = b.id
      left join (
        select booking_id, sum(tax_amount) as tax_amount, sum(discount_amount) as discount_amount,
          min(tax_percentage) as lowest_rate, max(tax_percentage) as highest_rate
        from public.booking_items group by booking_id
      ) i on i.booking_id = b.id
      where t.booking_id is null
        or (
          b.tax_amount <> i.tax_amount + b.charge_tax_amount
          or b.discount_amount <> i.discount_amount
          or (i.lowest_rate, i.highest_rate) <> (t.gst_percentage, t.gst_percentage)
          -- As app_private.percent_of rounds.
          or b.charge_tax_amount <> round(b.service_charge * t.charge_gst_percentage / 100, 2)
        -- Of bookings made before tax was kept by item it is not known what of it is on what.
        ) and (
          i.tax_amount > 0 or b.charge_tax_amount > 0
        )`,
  },
  {
    name: 'booking-history',
    tables: ['public.bookings', 'public.booking_status_history'],
    explanation:
      'The history of a booking is not one path of allowed steps that begins once and ends at its status. Who did what cannot be told. Find the step that is missing or too many in audit_logs.',
    // Each status is entered as often as it is left, but for the last: so the order of steps that were
    // written in the same moment does not matter. The same is true of sums of their hashes, which take one pass.
    query: `with odd as materialized (
        select b.id, b.status
        from public.bookings b
        join (
          select booking_id, sum(hashtext(to_status)::bigint - hashtext(coalesce(from_status, 'none'))) as total
          from public.booking_status_history
          group by booking_id
        ) s on s.booking_id = b.id
        where s.total <> hashtext(b.status)::bigint - hashtext('none')
      )
      select o.id as key, o.status, s.status as at, sum(s.entered) as stays
      from odd o
      join public.booking_status_history h on h.booking_id = o.id
      cross join lateral (values (h.to_status, 1), (coalesce(h.from_status, 'none'), -1)) s (status, entered)
      group by o.id, o.status, s.status
      having sum(s.entered) <> case s.status when 'none' then -1 when o.status then 1 else 0 end
      union all
      select b.id, b.status, null, null
      from public.bookings b
      left join public.booking_status_history h on h.booking_id = b.id and h.to_status = b.status
      where h.id is null
      union all
      select h.booking_id, h.from_status || ' to ' || h.to_status, null, null
      from public.booking_status_history h
      left join app_private.booking_transitions t
        on t.from_status = h.from_status and t.to_status = h.to_status
      where t.from_status is null and case
        when h.from_status is null then h.to_status <> 'pending'
        when h.to_status = 'rescheduled' then h.from_status not in ('confirmed', 'assigned')
        when h.from_status = 'rescheduled' then h.to_status <> 'confirmed'
        else true
      end`,
  },
  {
    name: 'booking-cancellation',
    tables: ['public.bookings', 'public.booking_cancellations'],
    explanation:
      'A cancelled booking has no cancellation, or one that is not cancelled has one. What was paid back, and who bears the fee, cannot be told. (One that lapsed unpaid has none, as no one cancelled it.) Enter what happened, or delete the row that did not.',
    query: `select b.id as key, b.status, b.cancelled_by, c.id as cancellation
      from public.bookings b
      left join public.booking_cancellations c on c.booking_id = b.id
      where c.id is not null and (b.status <> 'cancelled' or c.cancelled_by <> b.cancelled_by)
        or c.id is null and b.status = 'cancelled' and b.cancelled_by is not null`,
  },
  {
    name: 'booking-charge',
    tables: ['public.bookings', 'public.booking_cancellations', 'public.vendor_credits'],
    explanation:
      'More was kept of what was paid for a cancelled booking, or given to its vendor, than cancelling it cost; or the money of a cancellation moved while it can be disputed. Have finance pay back what is too much.',
    query: `select b.id as key, c.cancellation_charge, p.paid, app_private.charge_collected(b.id) as collected
      from public.booking_cancellations c
      join public.bookings b on b.id = c.booking_id and b.status = 'cancelled'
      cross join lateral (select app_private.amount_paid(b.id) as paid) p
      where c.settled_at is not null and p.paid > c.cancellation_charge
          -- A refund that failed lies here until it is made again.
          and not exists (select from public.refunds r where r.booking_id = b.id and r.status = 'failed')
        or app_private.charge_collected(b.id) > case when c.settled_at is null then 0 else c.cancellation_charge end`,
  },
  {
    name: 'booking-start-code',
    tables: ['public.bookings', 'public.booking_start_codes'],
    explanation:
      'A booking to come has no start code, so only a manager can start it, or one that has begun or ended still has one. Insert one of app_private.random_start_code() where it is missing, and delete what is left over.',
    query: `select b.id as key, b.status, c.booking_id is not null as has_code
      from public.bookings b
      left join public.booking_start_codes c on c.booking_id = b.id
      where (b.status in ('pending', 'confirmed', 'assigned')) <> (c.booking_id is not null)`,
  },
  {
    name: 'booking-unattested',
    tables: ['public.bookings', 'public.loyalty_points_transactions', 'public.customer_referrals'],
    explanation:
      'A service that no start code attests, or that was booked at a desk, has earned points or a reward. Take them back with a transaction of the type "adjusted".',
    query: `select b.id as key, b.booking_number
      from public.bookings b
      where (b.is_attested is false or b.channel = 'desk') and (
        exists (select from public.loyalty_points_transactions t
          where t.booking_id = b.id and t.transaction_type = 'earned')
        or exists (select from public.customer_referrals r where r.first_booking_id = b.id and r.status = 'rewarded'))`,
  },
  {
    name: 'booking-commission',
    tables: ['public.bookings', 'public.commission_records', 'public.booking_settlements'],
    explanation:
      'A completed booking has no commission record, or one that is not completed has one, or its amounts are not those of the booking. The vendor is paid too much or too little. Have finance enter or correct the record before the next payout.',
    query: `select b.id as key, b.status, b.final_amount - b.tax_amount as before_tax, c.booking_amount, c.charge_amount,
        c.vendor_gst_amount, c.commission_rate, c.commission_amount
      from public.bookings b
      left join public.commission_records c on c.booking_id = b.id
      -- The money of some waits after they were completed.
      left join public.booking_settlements s on s.booking_id = b.id and s.settled_at is null
      where (b.status = 'completed' and s.booking_id is null) <> (c.id is not null)
        or c.vendor_id <> b.vendor_id
        or c.booking_amount + c.charge_amount <> b.final_amount - b.tax_amount
        or c.vendor_gst_amount not in (0, b.tax_amount - b.charge_tax_amount)
        or c.commission_amount <> round(c.booking_amount * c.commission_rate / 100, 2)`,
  },
  {
    name: 'booking-payment-status',
    tables: ['public.bookings', 'public.booking_settlements', 'public.payments', 'public.refunds'],
    explanation:
      'What a booking says about its payment is not what its payments and refunds give. A customer is asked to pay again, or served unpaid. Look for a payment that was not recorded before changing the status.',
    query: `select x.id as key, x.payment_status, x.paid, x.refunded, x.agreed
      from (
        select b.id, b.payment_status, coalesce(p.amount, 0) as paid, coalesce(r.amount, 0) as refunded,
          coalesce(s.agreed_amount, b.final_amount - b.refunded_amount) + coalesce(m.amount, 0) as agreed,
          r.booking_id is not null as has_refund
        from public.bookings b
        left join public.booking_settlements s on s.booking_id = b.id and s.settled_at is null
        left join (
          select booking_id, sum(total_amount) as amount from public.payments
          where status in ('success', 'partially_refunded', 'refunded') group by booking_id
        ) p on p.booking_id = b.id
        left join (
          select booking_id, sum(refund_amount) as amount from public.refunds
          where status <> 'failed' group by booking_id
        ) r on r.booking_id = b.id
        left join (
          select booking_id, sum(reschedule_charge) as amount from public.booking_reschedules
          where status = 'approved' group by booking_id
        ) m on m.booking_id = b.id
      ) x
      where x.payment_status <> case
        when x.has_refund and x.agreed <= 0 then 'refunded'
        when x.paid - x.refunded > 0 and x.paid - x.refunded >= x.agreed then 'paid'
        when x.paid - x.refunded > 0 then 'partial'
        when x.has_refund then 'refunded'
        else 'pending'
      end`,
  },
  {
    name: 'reviews-of-completed',
    tables: ['public.reviews', 'public.vendor_reviews', 'public.bookings'],
    explanation:
      'A review is of a booking that is not completed, or not by its customer. It counts in a rating and should not. Reject it.',
    query: `select r.id as key, r."table", b.status, r.customer_id, b.customer_id as customer_of_booking
      from (
        select id, booking_id, customer_id, 'reviews' as "table" from public.reviews
        union all
        select id, booking_id, customer_id, 'vendor_reviews' from public.vendor_reviews
      ) r
      join public.bookings b on b.id = r.booking_id
      where b.status <> 'completed' or b.customer_id is distinct from r.customer_id`,
  },
];
