import { belongsToExtension, ourSchemas, type Rule } from './rule.ts';

/*
 * What depends on the time zone of the session is right on one server and wrong on the next. A date is no
 * instant: `(day) at time zone z` makes one of it in the session's zone first, and then reads that instant's
 * local time. Days, weeks and months are those of India or of a vendor, and say so.
 */

/** Source of our functions without comments, as SQL: what they are called and what they do. */
const sources = `(
  select p.oid::regprocedure::text as name,
    regexp_replace(regexp_replace(p.prosrc, '--[^\\n]*', '', 'g'), '/\\*.*?\\*/', '', 'g') as text
  from pg_proc p
  where p.pronamespace in ${ourSchemas} and not ${belongsToExtension('pg_proc', 'p.oid')}
)`;

/** Finds a pattern in the functions, unless what it finds names a zone or is a local time already. */
const inFunctions = (pattern: string, right = '(::timestamp\\M|at time zone)'): string =>
  `select f.name || ': ' || found[1] as offender
  from ${sources} f cross join lateral regexp_matches(f.text, '${pattern.replaceAll("'", "''")}', 'gi') found
  where found[1] !~* '${right}'`;

const functionWith = (declaration: string): string =>
  `create function app_private.offence(p_monday date, p_at timestamptz) returns void
  language plpgsql as $$ declare ${declaration}; begin end $$`;

/** An argument of a call: no comma, and brackets in it one deep. */
const argument = '(?:[^(),]|\\([^()]*\\))+';

/** Expressions that the catalogue keeps parsed, with their names, as SQL. */
const expressions = `(
  select 'view ' || r.ev_class::regclass as name, r.ev_action::text as tree
  from pg_rewrite r join pg_class c on c.oid = r.ev_class where c.relnamespace in ${ourSchemas}
  union all
  select 'policy ' || p.polname || ' of ' || p.polrelid::regclass,
    concat(p.polqual::text, p.polwithcheck::text)
  from pg_policy p
  union all
  select 'default of ' || d.adrelid::regclass || ' ' || d.adnum, d.adbin::text
  from pg_attrdef d join pg_class c on c.oid = d.adrelid where c.relnamespace in ${ourSchemas}
  union all
  select 'constraint ' || k.conname, k.conbin::text
  from pg_constraint k where k.connamespace in ${ourSchemas} and k.conbin is not null
  union all
  select 'index ' || i.indexrelid::regclass, concat(i.indexprs::text, i.indpred::text)
  from pg_index i join pg_class c on c.oid = i.indrelid where c.relnamespace in ${ourSchemas}
  union all
  select 'trigger ' || t.tgname || ' of ' || t.tgrelid::regclass, t.tgqual::text
  from pg_trigger t join pg_class c on c.oid = t.tgrelid
  where c.relnamespace in ${ourSchemas} and t.tgqual is not null
)`;

/** Functions by which PostgreSQL takes one kind of time for another, or a part of it, in the session's zone. */
const sessionZoned = `(
  select p.oid from pg_proc p
  where p.pronamespace = 'pg_catalog'::regnamespace and p.provolatile = 's'
    and (p.proname in ('date_trunc', 'date_part', 'extract', 'to_char', 'age')
        and 'timestamptz'::regtype = any (p.proargtypes::oid[])
      or 'timestamptz'::regtype = any (p.proargtypes::oid[] || p.prorettype)
        and array['date', 'timestamp', 'time']::regtype[]::oid[] && (p.proargtypes::oid[] || p.prorettype))
)`;

export const timeRules: readonly Rule[] = [
  {
    rule: 'a date becomes a local time before it is one of a time zone',
    offenders: inFunctions(
      '((?:[\\w.]*(?:date|day|monday|month|week|first|last)\\w*|\\mp_(?:from|to|until|start|end))(?:\\s*[-+]\\s*[\\w.]+)?\\s*\\)?\\s+at time zone)',
      // A date with a time is a local time.
      '([+]\\s*[\\w.]*time|::timestamp)',
    ),
    offence: functionWith(`v_until timestamptz := (p_monday + 7) at time zone 'Asia/Kolkata'`),
  },
  {
    rule: 'no function asks for the day or the time of the session',
    offenders: inFunctions(
      '(\\m(?:current_date|current_time|localtime|localtimestamp)\\M|(?:now\\(\\)|\\w+_at|\\minstant)::(?:date|time|timestamp)\\M)',
      '^$',
    ),
    offence: functionWith(
      'v_day date := p_at::date; v_today date := current_date; v date := now()::date',
    ),
  },
  {
    rule: 'days, weeks and months are cut from a local time',
    offenders: inFunctions(`(\\mdate_trunc\\('\\w+',${argument}\\))`),
    offence: functionWith(`v_month date := date_trunc('month', app_private.today())::date`),
  },
  {
    rule: 'dates are written from a local time',
    offenders: inFunctions(`(\\mto_char\\(${argument},\\s*'[^']*(?:YYYY|Mon|DD)[^']*'\\))`),
    offence: functionWith(`v_text text := to_char(p_monday, 'DD Mon YYYY')`),
  },
  {
    rule: 'series of days are of local times',
    offenders: inFunctions(
      `(\\mgenerate_series\\(${argument},${argument},\\s*interval '1 (?:day|week|month)'\\))`,
    ),
    offence: functionWith(
      `v_days date[] := array(select generate_series(p_monday, p_monday + 6, interval '1 day'))`,
    ),
  },
  {
    // How long a month is depends on when it begins, and that on the zone; of a date it does not.
    rule: 'months and years are added to a local time',
    offenders: inFunctions(
      `((?:now\\(\\)|\\w+_at|\\minstant)\\s*[-+](?:(?!at time zone)[^;,])*interval '(?:\\d+ )?(?:month|year)s?')`,
    ),
    offence: functionWith(`v_until timestamptz := p_at + 3 * interval '1 month'`),
  },
  {
    rule: 'no expression in the catalogue depends on the time zone of the session',
    offenders: `select distinct e.name as offender
      from ${expressions} e
      cross join lateral regexp_matches(e.tree, ':(?:funcid|opfuncid) (\\d+)', 'g') called
      where called[1]::oid in (select z.oid from ${sessionZoned} z)
      union
      select e.name from ${expressions} e
      -- current_date, current_time, localtime and the like; 3 and 4 are instants.
      where e.tree ~ 'SQLVALUEFUNCTION :op (0|1|2|5|6|7|8) '`,
    offence: `create table public.offence (day date, constraint offence check (day < now()))`,
  },
];
