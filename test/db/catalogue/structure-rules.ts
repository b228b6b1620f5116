import { ourSchemas, type Rule } from './rule.ts';

/**
 * Tables that grow without end, which lists under row security must not read whole. Reviews are not here:
 * everyone sees nearly all of them.
 */
const largeTables = [
  'beautician_assignments',
  'booking_holds',
  'bookings',
  'commission_records',
  'customer_addresses',
  'favourites',
  'loyalty_points_transactions',
  'notifications',
  'payment_methods',
  'payments',
  'refunds',
  'support_tickets',
  'therapist_assignments',
  'therapist_locations',
  'tips',
  'user_activity_log',
  'vendor_credits',
  'wallet_transactions',
];

const parent = 'create table public.offence_parent (id uuid primary key)';

export const structureRules: readonly Rule[] = [
  {
    rule: 'every foreign key has an index that begins with its columns',
    offenders: `select c.conrelid::regclass || ' ' || c.conname as offender
      from pg_constraint c
      where c.contype = 'f' and c.connamespace in ${ourSchemas}
        and c.confrelid not in (select oid from pg_class where relnamespace = 'enums'::regnamespace)
        and not exists (
          select from pg_index i
          where i.indrelid = c.conrelid and i.indisvalid
            -- indkey counts from 0
            and (i.indkey::smallint[])[0:cardinality(c.conkey) - 1] @> c.conkey
            and (
              i.indpred is null
              or pg_get_expr(i.indpred, i.indrelid) = (
                select format('(%I IS NOT NULL)', a.attname) from pg_attribute a
                where a.attrelid = c.conrelid and a.attnum = c.conkey[1]
              )
            )
        )`,
    offence: `${parent};
      create table public.offence (id uuid primary key,
        parent_id uuid references public.offence_parent (id) on delete cascade)`,
  },
  {
    rule: 'every foreign key says what happens on delete; values of lists are never deleted',
    offenders: `select c.conrelid::regclass || ' ' || c.conname as offender
      from pg_constraint c join pg_class r on r.oid = c.confrelid
      where c.contype = 'f' and c.connamespace in ${ourSchemas}
        and (c.confdeltype = 'a') <> (r.relnamespace = 'enums'::regnamespace)`,
    offence: `${parent};
      create table public.offence (parent_id uuid primary key references public.offence_parent (id))`,
  },
  {
    rule: 'no index exists twice',
    offenders: `select string_agg(i.indexrelid::regclass::text, ' = ') as offender
      from pg_index i join pg_class c on c.oid = i.indrelid
      where c.relnamespace in ${ourSchemas}
      group by i.indrelid, regexp_replace(
        pg_get_indexdef(i.indexrelid), '^CREATE (UNIQUE )?INDEX \\S+ ON', '')
      having count(*) > 1`,
    offence: 'create index offence on public.bookings (created_at desc, id)',
  },
  {
    rule: 'every column of numbers has a range of its own, by name and with a message',
    // A domain brings its range along.
    offenders: `select a.attrelid::regclass || '.' || a.attname as offender
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid
      join pg_type t on t.oid = a.atttypid
      where c.relnamespace in ${ourSchemas} and c.relkind in ('r', 'p') and a.attnum > 0
        and not a.attisdropped
        and coalesce(nullif(t.typbasetype, 0), t.oid)::regtype in ('numeric', 'real', 'double precision')
        and not exists (
          select from pg_constraint k
          where k.contype = 'c' and k.convalidated
            and pg_get_constraintdef(k.oid) ~ '^CHECK .*>= .* AND .*<= '
            and obj_description(k.oid, 'pg_constraint') is not null
            and case t.typtype when 'd' then k.contypid = t.oid and k.conname = t.typname || '_range'
              else k.conrelid = a.attrelid and k.conkey = array[a.attnum]
                and k.conname = format('%s_%s_range', c.relname, a.attname)
            end
        )`,
    offence: `create table public.offence (amount numeric(10, 2) check (amount >= 0))`,
  },
  {
    rule: 'triggers are named by the order in which they run',
    offenders: `select t.tgrelid::regclass || ' ' || t.tgname as offender
      from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where not t.tgisinternal and c.relnamespace in ${ourSchemas}
        and t.tgname !~ '^_[0-9]{3}_[a-z_]+$'`,
    offence: `create trigger offence before insert on public.bookings
      for each row execute function app_private.tg__timestamps()`,
  },
  {
    rule: 'tables with updated_at keep it themselves',
    offenders: `select a.attrelid::regclass::text as offender
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace in ${ourSchemas} and c.relkind in ('r', 'p') and a.attname = 'updated_at'
        and not exists (
          select from pg_trigger t
          where t.tgrelid = a.attrelid and t.tgname = '_100_timestamps'
            and t.tgfoid = 'app_private.tg__timestamps()'::regprocedure
            and t.tgtype & 31 = 1 + 2 + 4 + 16 -- row, before, insert, update
        )`,
    offence: 'create table public.offence (id uuid primary key, updated_at timestamptz)',
  },
  {
    rule: 'columns by which policies find the rows of a person are planned as selective',
    offenders: `select p.tablename || '.' || a.attname as offender
      from pg_policies p
      join pg_attribute a on a.attrelid = format('%I.%I', p.schemaname, p.tablename)::regclass
      where p.cmd = 'SELECT' and 'authenticated' = any (p.roles)
        and p.tablename = any ('{${largeTables.join(',')}}'::name[])
        and p.qual ~ format('(?<!\\.)\\m%s = (ANY|\\( SELECT auth.uid)', a.attname)
        and not exists (
          select from pg_constraint k
          where k.conrelid = a.attrelid and k.contype = 'p' and k.conkey = array[a.attnum]
        )
        and not coalesce(a.attoptions, '{}') @> '{n_distinct=-1}'`,
    offence: 'alter table public.bookings alter column customer_id reset (n_distinct)',
  },
];
