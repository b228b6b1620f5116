import type { Check } from '../check.ts';

/** A table whose counters follow from other rows: the right ones, by id. */
type Counters = {
  readonly name: string;
  readonly table: string;
  readonly key: string;
  readonly columns: readonly string[];
  readonly tables: readonly string[];
  /** Gives `id` and the columns. */
  readonly expected: string;
  readonly explanation: string;
  readonly does: string;
};

const providerRatings = (type: string): string => `(
  select reviewable_id as id, round(avg(rating), 2) as rating, count(*) as total_reviews
  from public.reviews where reviewable_type = '${type}' and status = 'approved' group by reviewable_id
)`;
const ratingExplanation =
  'is not the average of the approved reviews, or their number is another. Customers choose by it. The reviews are the authority.';
const ratingRepair = 'sets rating and number of reviews to those of the approved reviews';

const counters: readonly Counters[] = [
  {
    name: 'vendor-rating',
    table: 'public.vendors',
    key: 'id',
    columns: ['rating', 'total_reviews'],
    tables: ['public.vendors', 'public.vendor_reviews'],
    expected: `select v.id, coalesce(r.rating, 0) as rating, coalesce(r.total_reviews, 0) as total_reviews
      from public.vendors v
      left join (
        select vendor_id, round(avg(rating), 2) as rating, count(*) as total_reviews
        from public.vendor_reviews where status = 'approved' group by vendor_id
      ) r on r.vendor_id = v.id`,
    explanation: `The rating of a vendor ${ratingExplanation}`,
    does: ratingRepair,
  },
  ...(['therapist', 'beautician'] as const).map((type) => ({
    name: `${type}-rating`,
    table: `public.${type}s`,
    key: 'id',
    columns: ['rating', 'total_reviews'],
    tables: [`public.${type}s`, 'public.reviews'],
    expected: `select p.id, coalesce(r.rating, 0) as rating, coalesce(r.total_reviews, 0) as total_reviews
      from public.${type}s p left join ${providerRatings(type)} r on r.id = p.id`,
    explanation: `The rating of a ${type} ${ratingExplanation}`,
    does: ratingRepair,
  })),
  {
    name: 'customer-totals',
    table: 'public.customers',
    key: 'id',
    columns: ['total_bookings', 'total_spent', 'total_saved', 'last_booking_date'],
    tables: ['public.customers', 'public.bookings', 'public.booking_settlements'],
    expected: `select c.id, coalesce(b.total_bookings, 0) as total_bookings, coalesce(b.total_spent, 0) as total_spent,
        coalesce(b.total_saved, 0) as total_saved, b.last_booking_date
      from public.customers c
      left join (
        select customer_id, count(*) as total_bookings, max(created_at) as last_booking_date,
          sum(final_amount - refunded_amount) filter (where is_settled) as total_spent,
          sum(discount_amount - coalesce(refunded_discount, 0)) filter (where is_settled) as total_saved
        from (
          -- What waits for an answer or a payment counts when it is distributed.
          select bookings.*, status = 'completed' and not exists (
            select from public.booking_settlements s where s.booking_id = bookings.id and s.settled_at is null
          ) as is_settled
          from public.bookings
          -- What a vendor books at its desk does not count, also when the customer has claimed it.
          where channel = 'platform'
        ) bookings
        left join (
          select booking_id, sum(discount_amount) as refunded_discount
          from public.refund_decisions group by booking_id
        ) d on d.booking_id = bookings.id
        group by customer_id
      ) b on b.customer_id = c.id`,
    explanation:
      'What a customer has booked, spent and saved is not what their bookings through the platform add up to, less what was refunded. The bookings are the authority.',
    does: 'sets the totals and the last booking to those of the bookings',
  },
  {
    name: 'vendor-totals',
    table: 'public.vendors',
    key: 'id',
    columns: ['total_bookings'],
    tables: ['public.vendors', 'public.bookings'],
    expected: `select v.id, coalesce(b.total_bookings, 0) as total_bookings
      from public.vendors v
      left join (
        select vendor_id, count(*) as total_bookings from public.bookings
        where channel = 'platform' group by vendor_id
      ) b on b.vendor_id = v.id`,
    explanation:
      'A vendor shows another number of bookings than it has had through the platform. The bookings are the authority.',
    does: 'sets the number to that of the bookings',
  },
  {
    name: 'therapist-services',
    table: 'public.therapists',
    key: 'id',
    columns: ['total_services'],
    tables: ['public.therapists', 'public.commission_records'],
    expected: `select t.id, coalesce(c.total_services, 0) as total_services
      from public.therapists t
      left join (
        select therapist_id, count(*) as total_services
        from public.commission_records group by therapist_id
      ) c on c.therapist_id = t.id`,
    explanation:
      'A therapist shows another number of services than commission was recorded for. The records are the authority.',
    does: 'sets the number to that of the commission records',
  },
  ...(['therapist', 'beautician'] as const).map((type) => ({
    name: `${type}-earnings`,
    table: `public.${type}_private_details`,
    key: `${type}_id`,
    columns: ['total_earnings'],
    tables: [`public.${type}_private_details`, 'public.commission_records'],
    expected: `select d.${type}_id as id, coalesce(c.total_earnings, 0) as total_earnings
      from public.${type}_private_details d
      left join (
        select ${type}_id, sum(therapist_earning) as total_earnings
        from public.commission_records group by ${type}_id
      ) c on c.${type}_id = d.${type}_id`,
    explanation: `What a ${type} has earned is not what the commission records add up to. The records are the authority.`,
    does: 'sets the earnings to the sum of the commission records',
  })),
  {
    name: 'ticket-first-response',
    table: 'public.support_tickets',
    key: 'id',
    columns: ['first_response_at'],
    tables: ['public.support_tickets', 'public.ticket_messages'],
    expected: `select t.id, m.first_response_at
      from public.support_tickets t
      left join (
        select ticket_id, min(created_at) as first_response_at from public.ticket_messages
        where sender_type = 'employee' and not is_internal group by ticket_id
      ) m on m.ticket_id = t.id`,
    explanation:
      'A ticket was first answered at another time than customer care first wrote in it. The average response on the dashboard is wrong. The messages are the authority.',
    does: 'sets the time to that of the first answer',
  },
];

/** The figures that the database counted, against those that it would count now, day by day. */
const recounted = `(
  with span as (
    select array_agg(g.day::date) as days
    from (
      select greatest(least(min(v.day), (select min(b.booking_date) from public.bookings b),
        (select app_private.day_of(min(b.created_at)) from public.bookings b)), '2000-01-01') as first
      from public.kpi_values v where v.entered_by is null
    ) f
    -- Today still moves.
    cross join lateral generate_series(f.first::timestamp, (app_private.today() - 1)::timestamp,
      interval '1 day') g (day)
  ), counted as materialized (
    select k.id as kpi_id, f.day, f.value, f.weight
    from (
      select distinct c.counted_with from app_private.computed_figures c where c.counted_with is not null
    ) g
    cross join span s
    cross join lateral app_private.figures_of_days(g.counted_with, s.days) f
    join public.kpi_definitions k on k.computed_from = f.figure
  )
  select coalesce(n.kpi_id, v.kpi_id) as kpi_id, coalesce(n.day, v.day) as day, k.code,
    v.value as before_value, v.weight as before_weight, n.value, n.weight
  from counted n
  full join (
    select v.* from public.kpi_values v
    join public.kpi_definitions k on k.id = v.kpi_id
    join app_private.computed_figures c on c.code = k.computed_from and c.counted_with is not null
    where v.day < app_private.today()
  ) v on v.kpi_id = n.kpi_id and v.day = n.day
  join public.kpi_definitions k on k.id = coalesce(n.kpi_id, v.kpi_id)
  join app_private.computed_figures c on c.code = k.computed_from
  where (v.value, v.weight) is distinct from (n.value, n.weight)
    -- Noted as changed: the next refresh counts it.
    and not exists (
      select from app_private.figure_changes w
      where w.figure_group = c.counted_with and w.day = coalesce(n.day, v.day))
)`;

export const counterChecks: readonly Check[] = [
  ...counters.map(checkOf),
  {
    name: 'dashboard-figures',
    tables: ['public.kpi_values'],
    explanation:
      'A figure of a day that was counted is another when it is counted again. Dashboards show what was not so. Rows were changed while triggers were off.',
    query: `select r.kpi_id || '/' || r.day as key, r.code, r.before_value as stored, r.value as counted
      from ${recounted} r`,
    repair: {
      does: 'stores what was counted now; the dashboards take it over at their next refresh',
      changes: `wrong as materialized (select * from ${recounted} r), gone as (
          delete from public.kpi_values v using wrong w
          where w.value is null and v.kpi_id = w.kpi_id and v.day = w.day
        ), put as (
          insert into public.kpi_values (kpi_id, day, value, weight)
          select w.kpi_id, w.day, w.value, w.weight from wrong w where w.value is not null
          on conflict (kpi_id, day) do update set value = excluded.value, weight = excluded.weight
        ), changed as (
          select w.kpi_id || '/' || w.day as key, to_jsonb(w.before_value) as before, to_jsonb(w.value) as after
        from wrong w
        )`,
    },
  },
];

function checkOf(counter: Counters): Check {
  const { name, table, key, columns, tables, expected, explanation, does } = counter;
  const listed = (alias: string): string => columns.map((name) => `${alias}.${name}`).join(', ');
  const asObject = (alias: string): string =>
    `jsonb_build_object(${columns.map((name) => `'${name}', ${alias}.${name}`).join(', ')})`;
  const differs = `(${listed('o')}) is distinct from (${listed('e')})`;
  return {
    name,
    tables,
    explanation,
    query: `select o.${key} as key, ${columns
      .map((name) => `o.${name}, e.${name} as counted_${name}`)
      .join(', ')}
      from ${table} o join (${expected}) e on e.id = o.${key}
      where ${differs}`,
    repair: {
      does,
      changes: `changed as (
          update ${table} t set (${columns.join(', ')}) = row (${listed('e')})
        from ${table} o join (${expected}) e on e.id = o.${key}
        where o.${key} = t.${key} and ${differs}
        returning t.${key} as key, ${asObject('o')} as before, ${asObject('t')} as after
        )`,
    },
  };
}
