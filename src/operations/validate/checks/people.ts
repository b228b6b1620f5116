import type { Check } from '../check.ts';

/** What the triggers on `user_roles`, `role_permissions` and assignments to departments keep. */
const expectedRoles = `(
  select distinct on (u.user_id) u.user_id, r.profile_role
  from public.user_roles u
  join public.roles r on r.id = u.role_id
  where u.status = 'active'
  order by u.user_id, u.is_primary desc, r.level desc, r.code
)`;
/** By role, what `role_permissions` gives it; `roles.permissions` shows the same. */
export const permissionsOfRoles = `(
  select r.id, coalesce(jsonb_agg(p.code order by p.code) filter (where p.id is not null), '[]') as permissions
  from public.roles r
  left join public.role_permissions rp on rp.role_id = r.id
  left join public.permissions p on p.id = rp.permission_id
  group by r.id
)`;
const heads = `(
  select department_id, user_id from public.department_user_assignments
  where assignment_type = 'head' and status = 'active'
)`;

export const peopleChecks: readonly Check[] = [
  {
    name: 'profile-role',
    tables: ['public.user_profiles', 'public.user_roles'],
    explanation:
      'A profile shows another role than the person has. It decides nothing, but people read it. user_roles is the authority.',
    query: `select p.id as key, p.role, coalesce(e.profile_role, 'customer') as role_of_user_roles
      from public.user_profiles p
      left join ${expectedRoles} e on e.user_id = p.id
      where p.role <> coalesce(e.profile_role, 'customer')`,
    repair: {
      does: 'sets the role that the profile shows to that of user_roles',
      changes: `changed as (
          update public.user_profiles p set role = coalesce(e.profile_role, 'customer')
        from public.user_profiles o
        left join ${expectedRoles} e on e.user_id = o.id
        where o.id = p.id and o.role <> coalesce(e.profile_role, 'customer')
        returning p.id as key, to_jsonb(o.role) as before, to_jsonb(p.role) as after
        )`,
    },
  },
  {
    name: 'role-permissions',
    tables: ['public.roles', 'public.role_permissions'],
    explanation:
      'A role shows other permissions than it gives. They decide nothing, but people read them. role_permissions is the authority.',
    query: `select r.id as key, r.code, r.permissions, e.permissions as given
      from public.roles r
      join ${permissionsOfRoles} e on e.id = r.id
      where r.permissions <> e.permissions`,
    repair: {
      does: 'sets the permissions that the role shows to those of role_permissions',
      changes: `changed as (
          update public.roles r set permissions = e.permissions
        from public.roles o
        join ${permissionsOfRoles} e on e.id = o.id
        where o.id = r.id and o.permissions <> e.permissions
        returning r.id as key, o.permissions as before, r.permissions as after
        )`,
    },
  },
  {
    name: 'department-head',
    tables: ['public.departments', 'public.department_user_assignments'],
    explanation:
      'A department shows another head than is assigned to it. The assignment is the authority.',
    query: `select d.id as key, d.code, d.head_user_id, h.user_id as assigned_head
      from public.departments d
      left join ${heads} h on h.department_id = d.id
      where d.head_user_id is distinct from h.user_id`,
    repair: {
      does: 'sets the head that the department shows to the user who is assigned as head, or to none',
      changes: `changed as (
          update public.departments d set head_user_id = h.user_id
        from public.departments o
        left join ${heads} h on h.department_id = o.id
        where o.id = d.id and o.head_user_id is distinct from h.user_id
        returning d.id as key, to_jsonb(o.head_user_id) as before, to_jsonb(d.head_user_id) as after
        )`,
    },
  },
  {
    name: 'sessions',
    tables: ['public.user_sessions', 'app_private.refresh_tokens'],
    explanation:
      'A session has two refresh tokens that can still be used, or a token that was spent before it was made, or that outlives its session, or was active before it began. A stolen token may go unnoticed. End the session: set its status to terminated.',
    query: `select s.id as key, s.status, s.started_at, s.last_activity_at, s.expires_at, t.unspent, t.expires_at as token_expires_at
      from public.user_sessions s
      left join (
        select session_id, count(*) filter (where spent_at is null) as unspent,
          max(expires_at) filter (where spent_at is null) as expires_at,
          bool_or(spent_at < created_at) as is_spent_before
        from app_private.refresh_tokens group by session_id
      ) t on t.session_id = s.id
      where s.expires_at <= s.started_at or s.last_activity_at < s.started_at
        -- Ended ones are out of use, and their tokens with them.
        or s.status = 'active' and (t.unspent > 1 or t.is_spent_before or t.expires_at > s.expires_at)`,
  },
  {
    name: 'sessions-of-ended-accounts',
    tables: ['public.user_profiles', 'public.user_sessions'],
    explanation:
      'A user whose account is terminated has a session that is active. They get no answers, for each request looks at the account, but the session should have ended with it. Set its status to terminated.',
    query: `select s.id as key, s.user_id, p.status as account, s.expires_at
      from public.user_sessions s
      join public.user_profiles p on p.id = s.user_id
      where p.status = 'terminated' and s.status = 'active' and s.expires_at > now()`,
  },
];
