import { replacedWords } from '../../helpers/wording.ts';
import { belongsToExtension, ourSchemas, type Rule } from './rule.ts';

/** Inlinable helpers, which a `set` clause would stop from being inlined, each with its reason. */
const unpinned: readonly string[] = [
  // Into slot queries, thousands of times each; their bodies are parsed when they are made.
  'app_private.distance_km(numeric,numeric,numeric,numeric)',
  'app_private.clock_instant(timestamp without time zone,text)',
  'app_private.shift_end(date,time without time zone,time without time zone)',
  'app_private.shift_break(date,time without time zone,time without time zone,time without time zone)',
  // Into searches, thousands of times each.
  'app_private.fits(app_private.search_documents,app_private.search_filter)',
  'app_private.relevance(app_private.search_documents,tsquery,text)',
  'app_private.second_of_week(text)',
];

/** Definer functions that visitors need, each with its reason. */
const definersForVisitors: readonly string[] = [
  // Answers null to whom no profile is open.
  'me()',
  // Tells which features are on for oneself, and nothing of the flags.
  'enabled_features(text)',
  // Tell free times, and nothing of who is booked.
  'available_slots(uuid,uuid[],uuid[],date,date,text,near_place,uuid)',
  'next_available(uuid,uuid[])',
  // Tells prices that the catalogue shows.
  'quote_booking(uuid,uuid[],uuid[],uuid,text,text,text)',
  // Answers from hours that the public may read, of a vendor whose row the reader has.
  'vendors_is_open_at(vendors,timestamp with time zone)',
  // Answer from a copy of what the public catalogue shows, to all users alike.
  'search_services(text,latitude,longitude,numeric,text,text,numeric,numeric,numeric,boolean,uuid)',
  'search_vendors(text,latitude,longitude,numeric,text,text,numeric,numeric,numeric,boolean,uuid)',
  'suggest(text,text)',
  // Tell a first name and an initial, of reviews.
  'reviews_author_name(reviews)',
  'vendor_reviews_author_name(vendor_reviews)',
];

const ours = `p.pronamespace in ${ourSchemas} and not ${belongsToExtension('pg_proc', 'p.oid')}`;

export const functionRules: readonly Rule[] = [
  {
    rule: 'every function pins its search_path',
    offenders: `select p.oid::regprocedure::text as offender from pg_proc p
      where ${ours}
        and not exists (select from unnest(p.proconfig) s where s = 'search_path=""')
        and p.oid::regprocedure::text <> all (${textArray(unpinned)})`,
    offence: `create function public.offence() returns integer language sql stable as 'select 1'`,
  },
  {
    rule: 'functions with the rights of their owner belong to ombaro_owner',
    offenders: `select p.oid::regprocedure::text as offender from pg_proc p
      where ${ours} and p.prosecdef and p.proowner <> 'ombaro_owner'::regrole`,
    offence: `create function public.offence() returns integer
      language sql stable security definer set search_path = '' as 'select 1'`,
  },
  {
    rule: 'visitors call no function that has the rights of its owner',
    offenders: `select p.oid::regprocedure::text as offender from pg_proc p
      where ${ours} and p.prosecdef and has_function_privilege('anon', p.oid, 'execute')
        and p.oid::regprocedure::text <> all (${textArray(definersForVisitors)})`,
    offence: 'grant execute on function app_private.next_ticket_number() to anon',
  },
  {
    rule: 'trigger functions are called tg_<table>__<task> or tg__<task>',
    offenders: `select p.oid::regprocedure::text as offender from pg_proc p
      where ${ours}
        and (p.prorettype = 'trigger'::regtype) <> (p.proname ~ '^tg_([a-z_]+)?_[a-z_]+$')`,
    offence: `create function public.offence() returns trigger language plpgsql volatile
      set search_path = '' as 'begin return new; end'`,
  },
  {
    // As "in (…)" a join may run the subquery once for each row, and each run locks the next rows: more than the limit.
    rule: 'rows that a subquery locks up to a limit are compared as "= any (array(…))", which runs it once',
    offenders: `select p.oid::regprocedure::text as offender from pg_proc p
      where ${ours}
        and p.prosrc ~ 'in \\(\\s*select[^;]* limit [^;]*for (no key )?update[^;]*;'`,
    offence: `create function public.offence() returns void language plpgsql volatile set search_path = '' as $$
      begin
        delete from public.users where id in (select id from public.users limit 1 for update skip locked);
      end $$`,
  },
];

/**
 * Every comment on a table, column, type, function or schema, without its smart tags. Comments on constraints and
 * unique indexes are error messages.
 */
const comments = `
  select pg_describe_object(m.classoid, m.objoid, m.objsubid) as about,
    regexp_replace(m.description, '^(@[^\\n]*\\n)+', '') as comment
  from pg_description m
  left join pg_class c on m.classoid = 'pg_class'::regclass and c.oid = m.objoid and c.relkind <> 'i'
  left join pg_proc p on m.classoid = 'pg_proc'::regclass and p.oid = m.objoid
  left join pg_type t on m.classoid = 'pg_type'::regclass and t.oid = m.objoid
  left join pg_namespace n on m.classoid = 'pg_namespace'::regclass and n.oid = m.objoid
    and n.nspname <> 'public'
  where coalesce(c.relnamespace, p.pronamespace, t.typnamespace, n.oid) in ${ourSchemas}
    and not exists (
      select from pg_depend d
      where d.classid = m.classoid and d.objid = m.objoid and d.deptype = 'e')`;

export const commentRules: readonly Rule[] = [
  {
    rule: 'every table has a comment',
    offenders: `select c.oid::regclass::text as offender from pg_class c
      where c.relnamespace in ${ourSchemas} and c.relkind in ('r', 'p', 'v', 'm')
        and obj_description(c.oid, 'pg_class') is null`,
    offence: 'create table public.offence (id uuid primary key)',
  },
  {
    rule: 'every column of the API has a comment',
    offenders: `select a.attrelid::regclass || '.' || a.attname as offender
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace in ('public'::regnamespace, 'enums'::regnamespace)
        and c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0 and not a.attisdropped
        and col_description(a.attrelid, a.attnum) is null`,
    offence: 'create table public.offence (id uuid primary key)',
  },
  {
    rule: 'every function has a comment',
    offenders: `select p.oid::regprocedure::text as offender from pg_proc p
      where ${ours} and obj_description(p.oid, 'pg_proc') is null`,
    offence: `create function public.offence() returns integer
      language sql stable set search_path = '' as 'select 1'`,
  },
  {
    rule: 'every domain has a comment',
    offenders: `select t.oid::regtype::text as offender from pg_type t
      where t.typnamespace in ${ourSchemas} and t.typtype = 'd'
        and obj_description(t.oid, 'pg_type') is null`,
    offence: 'create domain public.offence as text',
  },
  {
    rule: 'comments on instants of creation and change say when',
    offenders: `select a.attrelid::regclass || '.' || a.attname as offender
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace in ${ourSchemas} and c.relkind in ('r', 'p') and not c.relispartition
        and a.attname in ('created_at', 'updated_at') and not a.attisdropped
        and col_description(a.attrelid, a.attnum) !~ '^When '`,
    offence: `comment on column public.tax_rates.created_at is 'Law or notice that set it.'`,
  },
  {
    rule: 'every comment reads as a sentence',
    offenders: `select c.about || ': ' || c.comment as offender from (${comments}) c
      where c.comment !~ '^[[:upper:]0-9]' or c.comment !~ '[.]$'`,
    offence: `comment on table public.bookings is 'bookings without a full stop'`,
  },
  {
    rule: 'no comment uses words that the glossary replaces',
    offenders: `select c.about || ': ' || c.comment as offender from (${comments}) c
      where c.comment ~* '\\m(${replacedWords.join('|').replaceAll("'", "''")})\\M'`,
    offence: `comment on column public.bookings.id is 'It is for ${replacedWords[0]}.'`,
  },
];

/** A list as SQL. Signatures have commas in them. */
function textArray(values: readonly string[]): string {
  return `array[${values.map((value) => `'${value}'`).join(', ')}]::text[]`;
}
