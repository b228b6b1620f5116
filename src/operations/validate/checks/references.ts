import type pg from 'pg';
import type { Check } from '../check.ts';

/** What a notification opens, by the name in its `data`. */
const notificationLinks: Readonly<Record<string, readonly string[]>> = {
  bookingId: ['bookings'],
  paymentId: ['payments'],
  refundId: ['refunds'],
  tipId: ['tips'],
  applicationId: ['vendor_applications'],
  leaveId: ['therapist_leaves', 'beautician_leaves'],
};

/**
 * References that lead nowhere. Not looked at are those of logs (audit_logs, department_activity_logs),
 * which tell what was and outlive it.
 */
export const referenceChecks: readonly Check[] = [
  {
    name: 'foreign-keys',
    tables: ['every table with a foreign key'],
    explanation:
      'A row names another that is not there. PostgreSQL refuses that, but looks away while triggers are off and where a key is added "not valid", as after a partial restore. Bring the missing row back, or delete the one that names it.',
    query: orphansQuery,
  },
  {
    name: 'reviewed-things',
    tables: ['public.reviews'],
    explanation:
      'A review is of something that is not there: which table its id is of is told by its type, so no foreign key can hold it. The review can no longer be found. Bring back what was reviewed, or delete the review.',
    query: `select r.id as key, r.reviewable_type, r.reviewable_id
      from public.reviews r
      left join public.therapists t on r.reviewable_type = 'therapist' and t.id = r.reviewable_id
      left join public.beauticians b on r.reviewable_type = 'beautician' and b.id = r.reviewable_id
      left join public.vendors v on r.reviewable_type = 'vendor' and v.id = r.reviewable_id
      left join public.services s on r.reviewable_type = 'service' and s.id = r.reviewable_id
      left join public.bookings k on r.reviewable_type = 'booking' and k.id = r.reviewable_id
      where coalesce(t.id, b.id, v.id, s.id, k.id) is null`,
  },
  {
    name: 'preferred-ids',
    tables: ['public.customers'],
    explanation:
      'A customer prefers a service, therapist or vendor that is not there: an array of ids has no foreign key. The list they see has a hole.',
    query: `select p.customer_id as key, p.preference, p.id
      from (${preferences()}) p
      where not p.is_there`,
    repair: {
      does: 'takes the ids that lead nowhere out of the lists; what is left stays in its order',
      changes: `changed as (
          update public.customers c
        set preferred_services = kept.services, preferred_therapists = kept.therapists,
          preferred_vendors = kept.vendors
        from (
          select o.id, to_jsonb(o) as before,
            case when o.preferred_services is not null then array(
              select u.id from unnest(o.preferred_services) with ordinality u (id, place)
              join public.services x on x.id = u.id order by u.place) end as services,
            case when o.preferred_therapists is not null then array(
              select u.id from unnest(o.preferred_therapists) with ordinality u (id, place)
              join public.therapists x on x.id = u.id order by u.place) end as therapists,
            case when o.preferred_vendors is not null then array(
              select u.id from unnest(o.preferred_vendors) with ordinality u (id, place)
              join public.vendors x on x.id = u.id order by u.place) end as vendors
          from public.customers o
          where o.id in (select p.customer_id from (${preferences()}) p where not p.is_there)
        ) kept
        where c.id = kept.id
        returning c.id as key,
          jsonb_build_object('services', kept.before -> 'preferred_services', 'therapists',
            kept.before -> 'preferred_therapists', 'vendors', kept.before -> 'preferred_vendors') as before,
          jsonb_build_object('services', c.preferred_services, 'therapists', c.preferred_therapists,
            'vendors', c.preferred_vendors) as after
        )`,
    },
  },
  {
    name: 'package-members',
    tables: ['public.service_packages', 'public.booking_holds'],
    explanation:
      'A package or a hold contains a service or an add-on that is not there: an array of ids has no foreign key. It can be neither priced nor booked. Take the id out, or bring back what it names.',
    query: `select i.owner_id as key, i.owner, i.kind, i.id
      from (
        select p.id as owner_id, 'package' as owner, 'service' as kind, u.id
        from public.service_packages p cross join unnest(p.service_ids) u (id)
        union all
        select p.id, 'package', 'add-on', u.id
        from public.service_packages p cross join unnest(p.addon_ids) u (id)
        union all
        select h.id, 'hold', 'service', u.id
        from public.booking_holds h cross join unnest(h.service_ids) u (id)
        union all
        select h.id, 'hold', 'add-on', u.id
        from public.booking_holds h cross join unnest(h.addon_ids) u (id)
      ) i
      left join public.services s on i.kind = 'service' and s.id = i.id
      left join public.addon_services a on i.kind = 'add-on' and a.id = i.id
      where coalesce(s.id, a.id) is null`,
  },
  {
    name: 'journal-parties',
    tables: ['app_private.journal'],
    explanation:
      'A movement of money is from or to a booking, vendor, customer or payment that is not there. Their account has a balance that cannot be drawn. Find who it was, and have finance move the money by a new entry: the journal itself is never changed.',
    query: `select j.id as key, j.account, j.party_id, j.amount
      from (
        select id, from_account as account, from_id as party_id, amount from app_private.journal
        union all
        select id, to_account, to_id, amount from app_private.journal
      ) j
      left join public.bookings b on j.account = 'booking' and b.id = j.party_id
      left join public.vendors v on j.account = 'vendor' and v.id = j.party_id
      left join public.customers c on j.account = 'wallet' and c.id = j.party_id
      left join public.payments p on j.account = 'payment' and p.id = j.party_id
      where j.party_id is not null and coalesce(b.id, v.id, c.id, p.id) is null`,
  },
  {
    name: 'notification-links',
    tables: ['public.notifications'],
    explanation:
      'A notification opens something that is not there: its link is in a JSON object, which has no foreign key. The person taps it and sees an error. Delete the notification.',
    query: Object.entries(notificationLinks)
      .map(([name, tables]) => {
        const text = `n.data ->> '${name}'`;
        // As a uuid, which can be hashed against the key, where it is one.
        const id = `case when ${text} ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (${text})::uuid end`;
        const lost = tables.map(
          (table) => `not exists (select from public.${table} x where x.id = ${id})`,
        );
        return `select n.id as key, '${name}' as link, ${text} as id
          from public.notifications n where ${text} is not null and ${lost.join(' and ')}`;
      })
      .join(' union all '),
  },
  {
    name: 'booking-reminders',
    tables: ['app_private.booking_reminders'],
    explanation:
      'It is noted that a user was reminded of a booking that is not there. The foreign key forbids it, so it came in while that was off. It does no harm but stays for ever.',
    query: `select r.booking_id as key, r.hours, r.starts_at
      from app_private.booking_reminders r
      left join public.bookings b on b.id = r.booking_id
      where b.id is null`,
    repair: {
      does: 'deletes these notes',
      changes: `changed as (
          delete from app_private.booking_reminders r
        where not exists (select from public.bookings b where b.id = r.booking_id)
        returning r.booking_id as key, to_jsonb(r) as before, null::jsonb as after
        )`,
    },
  },
  {
    name: 'private-siblings',
    tables: ['public.vendors', 'public.therapists', 'public.beauticians'],
    explanation:
      'A vendor, therapist or beautician has no row of private details: commission rate, mobile number, earnings. A foreign key holds the other direction only. They can be neither reached nor paid. Enter the details.',
    query: `select v.id as key, 'vendor_private_details' as missing
      from public.vendors v
      left join public.vendor_private_details d on d.vendor_id = v.id
      where d.vendor_id is null
      union all
      select t.id, 'therapist_private_details'
      from public.therapists t
      left join public.therapist_private_details d on d.therapist_id = t.id
      where d.therapist_id is null
      union all
      select b.id, 'beautician_private_details'
      from public.beauticians b
      left join public.beautician_private_details d on d.beautician_id = b.id
      where d.beautician_id is null`,
  },
];

function preferences(): string {
  const lists = ['services', 'therapists', 'vendors'].map(
    (
      table,
    ) => `select c.id as customer_id, '${table}' as preference, u.id, x.id is not null as is_there
      from public.customers c
      cross join unnest(c.preferred_${table}) u (id)
      left join public.${table} x on x.id = u.id`,
  );
  return lists.join(' union all ');
}

/** One anti-join a foreign key, those that are not validated too; of partitions only the whole table's. */
async function orphansQuery(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ query: string }>(
    `select format(
      'select concat_ws(''/'', %s) as key, %L as "table", %L as "constraint", jsonb_build_object(%s) as named
        from only %s c where %s and not exists (select from %s p where %s)',
      coalesce((select string_agg(format('c.%I', a.attname), ', ' order by array_position(i.indkey::smallint[], a.attnum))
        from pg_index i
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
        where i.indrelid = k.conrelid and i.indisprimary), 'c.ctid'),
      k.conrelid::regclass, k.conname,
      string_agg(format('%L, c.%I', child.attname, child.attname), ', '),
      k.conrelid::regclass,
      string_agg(format('c.%I is not null', child.attname), ' and '),
      k.confrelid::regclass,
      string_agg(format('p.%I = c.%I', parent.attname, child.attname), ' and ')
    ) as query
    from pg_constraint k
    cross join unnest(k.conkey, k.confkey) pair (child_number, parent_number)
    join pg_attribute child on child.attrelid = k.conrelid and child.attnum = pair.child_number
    join pg_attribute parent on parent.attrelid = k.confrelid and parent.attnum = pair.parent_number
    where k.contype = 'f' and k.conparentid = 0
      and k.connamespace in ('public'::regnamespace, 'app_private'::regnamespace)
      and has_table_privilege(k.confrelid, 'select')
    group by k.oid, k.conrelid, k.confrelid, k.conname
    order by k.conrelid::regclass::text, k.conname`,
  );
  return rows.length === 0
    ? 'select null as key where false'
    : rows.map(({ query }) => query).join(' union all ');
}
