import { belongsToExtension, ourSchemas, type Rule, requestRoles } from './rule.ts';

/** Tables that no person reads through the API, not even their own rows: signing in is done by functions. */
const unread: readonly string[] = ['vendor_otp_codes', 'vendor_social_auth'];

const offendingTable = 'create table public.offence (id uuid primary key, owner_id uuid)';
const guardedTable = `${offendingTable}; alter table public.offence enable row level security`;

export const securityRules: readonly Rule[] = [
  {
    rule: 'row security is on for every table',
    offenders: `select c.oid::regclass::text as offender from pg_class c
      where c.relnamespace in ${ourSchemas} and c.relkind in ('r', 'p') and not c.relrowsecurity`,
    offence: offendingTable,
  },
  {
    rule: 'row security is forced on no table: it would empty the definer helpers',
    offenders: `select c.oid::regclass::text as offender from pg_class c where c.relforcerowsecurity`,
    offence: `${guardedTable}; alter table public.offence force row level security`,
  },
  {
    rule: 'every public table has a select policy, and those for functions alone have none',
    offenders: `select c.oid::regclass::text as offender from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and (c.relname <> all ('{${unread.join(',')}}'::name[]))
          <> exists (select from pg_policy p where p.polrelid = c.oid and p.polcmd = 'r')`,
    offence: guardedTable,
  },
  {
    rule: 'one permissive policy a role and verb, none for all verbs, none restrictive',
    offenders: `select p.tablename || ' ' || string_agg(p.policyname, ', ') as offender
      from pg_policies p, unnest(p.roles) as role
      where p.schemaname in ('public', 'app_private', 'enums')
      group by p.tablename, role, p.cmd
      having count(*) > 1 or p.cmd = 'ALL' or bool_or(p.permissive = 'RESTRICTIVE')`,
    offence: `${guardedTable};
      create policy select_one on public.offence for select to staff using (true);
      create policy select_two on public.offence for select to staff using (true)`,
  },
  {
    rule: 'policies say to whom, and outside the lists of values never to everyone',
    offenders: `select p.tablename || '.' || p.policyname as offender from pg_policies p
      where p.schemaname in ('public', 'app_private') and 'public' = any (p.roles)`,
    offence: `${guardedTable}; create policy select_all on public.offence for select using (true)`,
  },
  {
    rule: 'a policy is called by its verb and who may',
    offenders: `select p.tablename || '.' || p.policyname as offender from pg_policies p
      where p.schemaname in ('public', 'app_private', 'enums')
        and p.policyname !~ ('^' || lower(p.cmd) || '_[a-z_]+$')`,
    offence: `${guardedTable}; create policy "Staff can see" on public.offence for select to staff using (true)`,
  },
  {
    rule: 'what is granted has a policy, and what has a policy is granted',
    offenders: `with granted as (
        select distinct c.oid as relation, a.grantee::regrole::text as role, lower(a.privilege_type) as verb
        from pg_class c
        cross join lateral (
          select * from aclexplode(c.relacl)
          union all
          select x.* from pg_attribute t, aclexplode(t.attacl) x where t.attrelid = c.oid
        ) a
        where c.relnamespace in ('public'::regnamespace, 'app_private'::regnamespace)
          and c.relkind in ('r', 'p') and a.grantee <> 0
          and a.grantee::regrole::text in ${requestRoles}
      ), ruled as (
        select p.polrelid as relation, r::regrole::text as role,
          case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
            when 'd' then 'delete' end as verb
        from pg_policy p
        join pg_class c on c.oid = p.polrelid, unnest(p.polroles) r
        where c.relnamespace in ('public'::regnamespace, 'app_private'::regnamespace)
      )
      select concat_ws(' ', relation::regclass, role, verb,
        case when g.role is null then 'not granted' else 'without policy' end) as offender
      from (select *, true as is_granted from granted) g
      full join (select *, true as is_ruled from ruled) p using (relation, role, verb)
      where is_granted is null or is_ruled is null`,
    offence: `${guardedTable}; grant select on public.offence to staff`,
  },
  {
    rule: 'insert and update are granted by column, and truncate, references, trigger not at all',
    offenders: `select concat_ws(' ', c.oid::regclass, a.grantee::regrole, a.privilege_type) as offender
      from pg_class c, aclexplode(c.relacl) a
      where c.relnamespace in ${ourSchemas} and a.grantee <> 0
        and a.grantee::regrole::text in ${requestRoles}
        and c.relkind in ('r', 'p', 'v', 'm') and a.privilege_type not in ('SELECT', 'DELETE')`,
    offence: `${guardedTable}; grant update on public.offence to staff`,
  },
  {
    rule: 'no table, column, sequence or function is granted to everyone',
    offenders: `select c.oid::regclass::text as offender
      from pg_class c, aclexplode(c.relacl) a
      where c.relnamespace in ${ourSchemas} and a.grantee = 0
        and not ${belongsToExtension('pg_class', 'c.oid')}
      union all
      select t.attrelid::regclass || '.' || t.attname
      from pg_attribute t join pg_class c on c.oid = t.attrelid, aclexplode(t.attacl) a
      where c.relnamespace in ${ourSchemas} and a.grantee = 0
      union all
      select p.oid::regprocedure::text
      from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
      where p.pronamespace in ${ourSchemas} and a.grantee = 0
        and not ${belongsToExtension('pg_proc', 'p.oid')}`,
    offence: `create function public.offence() returns integer language sql as 'select 1';
      grant execute on function public.offence() to public`,
  },
  {
    rule: 'policies call functions only inside (select …), which runs them once',
    offenders: `select p.tablename || '.' || p.policyname as offender
      from pg_policies p, unnest(array[p.qual, p.with_check]) as expression
      where p.schemaname in ('public', 'app_private')
        and regexp_replace(expression, '\\( SELECT (auth|app_private)\\.\\w+\\([^()]*\\) AS \\w+\\)', '', 'g')
          ~ '(auth|app_private)\\.\\w+\\('`,
    offence: `${guardedTable};
      create policy select_own on public.offence for select to authenticated using (owner_id = auth.uid())`,
  },
];
