import type pg from 'pg';
import type { Check } from '../check.ts';

/** The domains' own rules, which hold for what is written, and not for what came in while they were off. */
const formats: readonly (readonly [domain: string, example: string, isRight: string])[] = [
  [
    'mobile_number',
    '+919876543210: for India +91 and ten digits, the first 6 to 9',
    `(%1$s ~ '^\\+91[6-9][0-9]{9}$' or %1$s ~ '^\\+[1-9][0-9]{6,14}$' and %1$s !~ '^\\+91')`,
  ],
  [
    'email_address',
    'name@example.in, in lower case',
    `(%1$s ~ '^[^@\\s]+@[^@\\s.]+(\\.[^@\\s.]+)+$' and %1$s = lower(%1$s) and length(%1$s) <= 254)`,
  ],
  ['gstin', '27AAPFU0939F1ZV', 'app_private.is_gstin(%1$s)'],
  ['pan', 'AAPFU0939F', 'app_private.is_pan(%1$s)'],
  ['ifsc', 'HDFC0001234', 'app_private.is_ifsc(%1$s)'],
  ['pincode', '400001', `%1$s ~ '^[1-9][0-9]{5}$'`],
];

const formatChecks: readonly Check[] = formats.map(([domain, example, isRight]) => ({
  name: `format-${domain.replaceAll('_', '-')}`,
  tables: [`every column of the type ${domain}`],
  explanation: `A value is not in the form of ${example}. The type forbids it, so it came in while its rule was off; the next change of the row will be refused. Ask whose it is for the right one.`,
  query: (client) => formatQuery(client, domain, isRight),
}));

/** What must be there once a row is in a state: table, state, and what then is missing. */
export const requiredByState: readonly (readonly [table: string, state: string, column: string])[] =
  [
    ['bookings', `status = 'cancelled'`, 'cancelled_at'],
    ['payments', `status in ('success', 'partially_refunded', 'refunded')`, 'payment_date'],
    ['refunds', `status = 'completed'`, 'processed_at'],
    ['vendor_payouts', `payout_status = 'completed'`, 'payment_date'],
    ['commission_records', `settlement_status = 'settled'`, 'settlement_date'],
    ['therapist_assignments', `status in ('in_progress', 'completed')`, 'actual_start_time'],
    ['therapist_assignments', `status = 'completed'`, 'actual_end_time'],
    ['beautician_assignments', `status in ('in_progress', 'completed')`, 'actual_start_time'],
    ['beautician_assignments', `status = 'completed'`, 'actual_end_time'],
    ['support_tickets', `status = 'resolved'`, 'resolved_at'],
    ['support_tickets', `status = 'closed'`, 'closed_at'],
    ['customer_referrals', `status in ('completed', 'rewarded')`, 'completed_at'],
    ['vendor_applications', `status = 'rejected'`, 'rejection_reason'],
    ['therapist_leaves', `status = 'rejected'`, 'rejection_reason'],
    ['beautician_leaves', `status = 'rejected'`, 'rejection_reason'],
  ];

/** Begin and end that must be in this order. */
const ranges: readonly (readonly [table: string, key: string, from: string, until: string])[] = [
  ['therapist_leaves', 'id', 'start_date', 'end_date'],
  ['beautician_leaves', 'id', 'start_date', 'end_date'],
  ['user_roles', 'id', 'valid_from', 'valid_until'],
  ['department_user_assignments', 'id', 'valid_from', 'valid_until'],
  ['vendor_payouts', 'id', 'period_start', 'period_end'],
  ['employees', 'id', 'joining_date', 'exit_date'],
  ['therapist_assignments', 'id', 'actual_start_time', 'actual_end_time'],
  ['beautician_assignments', 'id', 'actual_start_time', 'actual_end_time'],
];

/** Opening and working hours. One that ends before it begins passes midnight. */
const shifts = `(
  select id, 'vendor_availability' as "table", vendor_id as owner, day_of_week, open_time as begins,
    close_time as ends, break_start, break_end, is_open as is_kept
  from public.vendor_availability
  union all
  select id, 'therapist_schedules', therapist_id, day_of_week, start_time, end_time, break_start, break_end, is_available
  from public.therapist_schedules
  union all
  select id, 'beautician_schedules', beautician_id, day_of_week, start_time, end_time, break_start, break_end, is_available
  from public.beautician_schedules
)`;

export const valueChecks: readonly Check[] = [
  ...formatChecks,
  {
    name: 'format-numbers',
    tables: ['public.bookings', 'public.vendor_applications', 'public.support_tickets'],
    explanation:
      'A booking, application or ticket has a number that is not in the form OBO-YYYYMMDD-NNNN (with the day it was made), APP000000 or TKT000000. It cannot be found by what the customer reads out. Give it the next free number.',
    query: `select id as key, booking_number as number, created_at from public.bookings
      where booking_number !~ '^OBO-[0-9]{8}-[0-9]{4,}$'
        or substr(booking_number, 5, 8) <> to_char(created_at at time zone 'Asia/Kolkata', 'YYYYMMDD')
      union all
      select id, application_number, created_at from public.vendor_applications
      where application_number !~ '^APP[0-9]{6,}$'
      union all
      select id, ticket_number, created_at from public.support_tickets
      where ticket_number !~ '^TKT[0-9]{6,}$'`,
  },
  {
    name: 'gstin-of-pan',
    tables: ['public.vendor_private_details', 'public.vendor_applications'],
    explanation:
      'A GSTIN contains another PAN than the one beside it. One of the two belongs to another taxpayer, and the invoices are worth nothing. Ask the vendor for the certificate.',
    query: `select vendor_id as key, 'vendor_private_details' as "table", gst_number, pan_number
      from public.vendor_private_details where substr(gst_number, 3, 10) <> pan_number
      union all
      select id, 'vendor_applications', gst_number, pan_number
      from public.vendor_applications where substr(gst_number, 3, 10) <> pan_number`,
  },
  {
    name: 'unmasked-numbers',
    tables: ['public.user_documents', 'public.user_kyc_verification', 'public.user_bank_details'],
    explanation:
      'A number of a document or an account is readable whole where only its last four characters may be. It came in while the rule was off. Write it again with the rule on: that masks it.',
    // Not the numbers: reports are kept.
    query: `select id as key, 'user_documents' as "table" from public.user_documents
      where document_number !~ '^X'
      union all
      select id, 'user_kyc_verification' from public.user_kyc_verification
      where verification_data <> app_private.without_numbers(verification_data)
      union all
      select id, 'user_bank_details' from public.user_bank_details where account_number !~ '^X'`,
  },
  {
    name: 'account-numbers',
    tables: ['public.user_bank_details', 'app_private.bank_account_numbers'],
    explanation:
      'A bank account shows another number than the one that is kept for it, or only one of the two is there. No payment can go to it. Ask the person to add the account again, and remove this one.',
    query: `select coalesce(b.id, n.bank_detail_id) as key, b.account_number as shown,
        n.account_number is not null as "hasNumber"
      from public.user_bank_details b
      full join app_private.bank_account_numbers n on n.bank_detail_id = b.id
      where b.account_number is distinct from app_private.masked(n.account_number)`,
  },
  {
    name: 'missing-values',
    tables: [...new Set(requiredByState.map(([table]) => `public.${table}`))],
    explanation:
      'A row is in a state in which something must be known that is not: when it was paid, who said no and why. Reports leave it out. Enter it.',
    query: requiredByState
      .map(
        ([table, state, column]) =>
          `select id as key, '${table}' as "table", '${column}' as missing
          from public.${table} where ${state} and ${column} is null`,
      )
      .join(' union all '),
  },
  {
    name: 'date-ranges',
    tables: [...new Set(ranges.map(([table]) => `public.${table}`))],
    explanation:
      'Something ends before it begins: a leave, a role, a service. Constraints forbid most of it, so it came in while they were off. Nothing is found in such a range. Correct the end that is wrong.',
    query: ranges
      .map(
        ([table, key, from, until]) =>
          `select ${key} as key, '${table}' as "table", ${from}::text as begins, ${until}::text as ends
          from public.${table} where ${until} < ${from}`,
      )
      .join(' union all '),
  },
  {
    name: 'shifts',
    tables: [
      'public.vendor_availability',
      'public.therapist_schedules',
      'public.beautician_schedules',
    ],
    explanation:
      'A shift begins and ends at the same time, its break is outside of it, or it overlaps another of the same vendor or provider. Constraints forbid it, so it came in while they were off. Slots may be missing or offered at the wrong time. Correct its times.',
    query: `select s.id as key, s."table", s.day_of_week, s.begins::text, s.ends::text, s.break_start::text, s.break_end::text
      from ${shifts} s
      where s.begins = s.ends or s.begins = '24:00'
        or not app_private.break_fits(s.begins, s.ends, s.break_start, s.break_end)
        or s.is_kept and exists (
          select from ${shifts} o
          where o."table" = s."table" and o.owner = s.owner and o.id <> s.id and o.is_kept
            and app_private.shift_span(o.day_of_week, o.begins, o.ends)
              && app_private.shift_span(s.day_of_week, s.begins, s.ends))`,
  },
  {
    name: 'application-stage',
    tables: ['public.vendor_applications', 'public.vendor_approval_stages'],
    explanation:
      'An application waits for a level that is not the one of its stage. It is in no reviewer’s list. Set the stage to that of its status.',
    query: `select a.id as key, a.status, a.current_approval_stage, s.stage as stage_of_status
      from public.vendor_applications a
      join public.vendor_approval_stages s on s.status = a.status
      where a.current_approval_stage <> s.stage`,
  },
  {
    name: 'application-vendor',
    tables: ['public.vendor_applications', 'public.vendor_private_details'],
    explanation:
      'An approved application has no vendor, or one that is not approved has one. The applicant was told of a business that does not exist, or got one unseen. Make the vendor, or look at who approved it.',
    query: `select a.id as key, a.application_number, a.status, d.vendor_id
      from public.vendor_applications a
      left join public.vendor_private_details d on d.application_id = a.id
      where (a.status = 'approved') <> (d.vendor_id is not null)`,
  },
  {
    name: 'event-gaps',
    tables: ['app_private.events', 'app_private.event_sequence'],
    explanation:
      'The log of events has a gap, a number twice, or ends elsewhere than it says. A client that comes back may miss a change and show old data. Nothing can be made up for: let clients reload (restart the API).',
    query: `select e.sequence::text as key, e.previous, s.trimmed_to, s.last_value
      from app_private.event_sequence s
      cross join lateral (
        select n.sequence, lag(n.sequence, 1, s.trimmed_to) over (order by n.sequence) as previous
        from (
          select sequence from app_private.events where sequence > s.trimmed_to
          union all
          -- What comes after the last one.
          select s.last_value + 1
        ) n
      ) e
      where e.sequence <> e.previous + 1`,
  },
];

async function formatQuery(
  client: pg.ClientBase,
  domain: string,
  isRight: string,
): Promise<string> {
  const { rows } = await client.query<{ query: string }>(
    `select format('select %s as key, %L as "table", %L as "column", c.%I::text as value
        from %s c where c.%I is not null and not (%s)',
      coalesce((select string_agg(format('c.%I::text', k.attname), ' || ''/'' || ')
        from pg_index i
        join pg_attribute k on k.attrelid = i.indrelid and k.attnum = any (i.indkey)
        where i.indrelid = a.attrelid and i.indisprimary), 'c.ctid::text'),
      a.attrelid::regclass, a.attname, a.attname, a.attrelid::regclass, a.attname,
      format($2, format('c.%I::text', a.attname))
    ) as query
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid and c.relkind = 'r'
    where a.atttypid = $1::regtype and a.attnum > 0 and not a.attisdropped
    order by a.attrelid::regclass::text, a.attname`,
    [`public.${domain}`, isRight],
  );
  return rows.map(({ query }) => query).join(' union all ');
}
