--! Previous: sha1:b7c2ffbfb2088a2865cac900b5bba21022cfaa34
--! Hash: sha1:cbc1df4338e460ae17434e7156a09d62904c272d
--! Message: invitations

--! split: 010-invitations.sql
-- People join a business or the platform by their own decision. Until now managers entered members by the ids
-- of their accounts. Now they invite a mobile number or an e-mail address, and the account that has verified
-- it accepts. Before that the inviter does not learn whether there is an account.
--
-- One mechanism for every kind of membership. A kind is a row in enums.invitation_kind and a branch in three
-- functions: who may invite (require_inviter), what an invitation must contain (check_invitation), and what
-- acceptance creates (join_by_invitation).
--
-- Locks, in this order: invitations of a business (advisory), the profile of the user who answers, the
-- invitation, what acceptance creates.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid

create table enums.invitation_kind (value text primary key, description text not null);
comment on table enums.invitation_kind is E'@enum\n@enumName InvitationKind\nWhat an invited person becomes.';
insert into enums.invitation_kind values
  ('employee', 'Works for the platform'), ('vendor_staff', 'Works at a vendor''s desk'),
  ('provider', 'Performs services for a vendor');
create table enums.invitation_status (value text primary key, description text not null);
comment on table enums.invitation_status is E'@enum\n@enumName InvitationStatus\nState of an invitation.';
insert into enums.invitation_status values
  ('open', 'Waiting for an answer'), ('accepted', 'Accepted'),
  ('declined', 'Declined'), ('revoked', 'Revoked'), ('expired', 'Not answered in time');
select app_private.publish_list('enums.invitation_kind');
select app_private.publish_list('enums.invitation_status');

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('invitations.valid_days', 'invitations', '7', 'integer', 1, 30, true, 'Days for which an invitation can be accepted'),
  ('invitations.resend_maximum', 'invitations', '3', 'integer', 0, 20, true, 'How often an invitation can be sent again'),
  ('invitations.contact_maximum', 'invitations', '5', 'integer', 1, 1000, false, 'Invitations from one business to one number or address within the days of invitations.contact_days'),
  ('invitations.contact_days', 'invitations', '30', 'integer', 1, 31, false, 'Days in which invitations to one number or address are counted'),
  ('invitations.day_maximum', 'invitations', '100', 'integer', 1, 100000, false, 'Invitations from one business in 24 hours'),
  ('invitations.keep_days', 'invitations', '90', 'integer', 31, 3650, false, 'Days for which an invitation is kept after it was answered or revoked or has expired'),
  ('employees.notice_days', 'employees', '0', 'integer', 0, 365, false, 'Days from the day on which an employee leaves to the last working day; 0: at once');

create table public.invitations (
  id uuid primary key default gen_random_uuid(),
  kind text not null references enums.invitation_kind,
  vendor_id uuid references public.vendors (id) on delete cascade,
  mobile public.mobile_number,
  email public.email_address,
  name text not null,
  role text,
  department_id uuid references public.departments (id) on delete restrict,
  designation text,
  employment_type text references enums.employment_type,
  joining_date date,
  employee_code text,
  therapist_id uuid references public.therapists (id) on delete set null,
  beautician_id uuid references public.beauticians (id) on delete set null,
  status text not null default 'open' references enums.invitation_status,
  invited_by uuid references public.user_profiles (id) on delete set null,
  accepted_by uuid references public.user_profiles (id) on delete set null,
  sent_at timestamptz not null default now(),
  resent_count integer not null default 0,
  expires_at timestamptz not null,
  answered_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint invitations_one_contact check (num_nonnulls(mobile, email) = 1),
  constraint invitations_name_length check (length(trim(name)) between 1 and 200),
  constraint invitations_designation_length check (length(trim(designation)) between 1 and 200),
  constraint invitations_employee_code_length check (length(trim(employee_code)) between 1 and 50),
  constraint invitations_resent_count_range check (resent_count >= 0),
  constraint invitations_accepted_with_account check (accepted_by is null or status = 'accepted')
);
alter table public.invitations enable row level security;
-- At most one open invitation per contact and membership; also the invitations of a business to a contact.
create unique index invitations_one_open_key
  on public.invitations (vendor_id, kind, mobile, email) nulls not distinct where status = 'open';
create unique index invitations_one_open_code_key on public.invitations (employee_code) where status = 'open';
-- Invitations addressed to a user.
create index invitations_mobile_idx on public.invitations (mobile) where mobile is not null;
create index invitations_email_idx on public.invitations (email) where email is not null;
-- Recent invitations of a business.
create index invitations_vendor_id_idx on public.invitations (vendor_id, created_at);
create index invitations_department_id_idx on public.invitations (department_id);
create index invitations_therapist_id_idx on public.invitations (therapist_id);
create index invitations_beautician_id_idx on public.invitations (beautician_id);
create index invitations_invited_by_idx on public.invitations (invited_by);
create index invitations_accepted_by_idx on public.invitations (accepted_by);
-- Expired invitations, and those that can be deleted.
create index invitations_expires_at_idx on public.invitations (expires_at) where status = 'open';
create index invitations_updated_at_idx on public.invitations (updated_at) where status <> 'open';
select app_private.keep_timestamps('public.invitations');
create trigger _800_audit after insert or update or delete on public.invitations
  for each row execute function app_private.tg__audit('id');
comment on table public.invitations is
  'Invitations to work for the platform or a vendor, visible to users who may invite there, and to the user who has verified the number or address.';
comment on column public.invitations.id is 'Identifies the invitation.';
comment on column public.invitations.kind is 'What the person becomes.';
comment on column public.invitations.vendor_id is 'Vendor to which the person is invited; null for the platform.';
comment on column public.invitations.mobile is 'Invited mobile number in E.164 form; null when an address is invited.';
comment on column public.invitations.email is 'Invited e-mail address in lower case; null when a number is invited.';
comment on column public.invitations.name is 'Name of the invited person.';
comment on column public.invitations.role is
  'Role: for vendor staff their role, for providers therapist or beautician; null for employees.';
comment on column public.invitations.department_id is 'Department of an employee; null for others.';
comment on column public.invitations.designation is 'Job title of an employee; null for others.';
comment on column public.invitations.employment_type is 'Terms of employment; null for others, or when not said.';
comment on column public.invitations.joining_date is 'First working day of an employee; null for others.';
comment on column public.invitations.employee_code is 'Employee code of an employee; null for others.';
comment on column public.invitations.therapist_id is
  'Therapist that the vendor has already added; null for others, and when the row was deleted.';
comment on column public.invitations.beautician_id is
  'Beautician that the vendor has already added; null for others, and when the row was deleted.';
comment on column public.invitations.status is 'State of the invitation.';
comment on column public.invitations.invited_by is 'User who invited; null when the account was deleted.';
comment on column public.invitations.accepted_by is 'Account that accepted it; null until then and when it was deleted.';
comment on column public.invitations.sent_at is 'When it was last sent.';
comment on column public.invitations.resent_count is 'How often it was sent again.';
comment on column public.invitations.expires_at is 'Until when it can be accepted.';
comment on column public.invitations.answered_at is 'When it was accepted, declined or revoked; null until then.';
comment on constraint invitations_name_length on public.invitations is 'Name must have 1 to 200 characters.';
comment on constraint invitations_designation_length on public.invitations is 'Designation must have 1 to 200 characters.';
comment on constraint invitations_employee_code_length on public.invitations is 'Employee code must have 1 to 50 characters.';
comment on index public.invitations_one_open_key is
  'This contact already has an open invitation. Resend that invitation, or revoke it first.';
comment on index public.invitations_one_open_code_key is
  'This employee code is used in another open invitation. Choose another code, or revoke that invitation.';
comment on constraint invitations_one_contact on public.invitations is
  'An invitation must go to either a mobile number or an e-mail address. Enter exactly one.';

--! Included functions/invitations/my_invitation_ids.sql
create or replace function app_private.my_invitation_ids() returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array(
    select i.id from app_private.proven_contacts((select auth.uid())) c
    join public.invitations i on i.mobile = c.mobile
    union
    select i.id from app_private.proven_contacts((select auth.uid())) c
    join public.invitations i on i.email = c.email
    union
    select i.id from public.invitations i where i.accepted_by = (select auth.uid())
  )
$$;
comment on function app_private.my_invitation_ids() is
  'Invitations to a number or address that the signed-in user has verified, and those that the user has accepted.';
revoke all on function app_private.my_invitation_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_invitation_ids() to authenticated, staff;
--! EndIncluded functions/invitations/my_invitation_ids.sql

create policy select_vendor on public.invitations for select to authenticated
  using (
    id = any ((select app_private.my_invitation_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  );
create policy select_staff on public.invitations for select to staff
  using (
    id = any ((select app_private.my_invitation_ids())::uuid[])
    or (vendor_id is null and (select app_private.has_permission('employees.create')))
    or (vendor_id is not null and (select app_private.has_permission('vendors.read')))
  );
-- Withheld: every write; see invite_member and the acts after it.
grant select on public.invitations to authenticated, staff;

insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.invitations', 'accepted_by', true), ('public.invitations', 'invited_by', false),
  ('public.invitations', 'vendor_id', false), ('public.invitations', 'department_id', false),
  ('public.invitations', 'therapist_id', false), ('public.invitations', 'beautician_id', false);

--! Included functions/invitations/invitations_business_name.sql
create or replace function public.invitations_business_name(invitation public.invitations) returns text
language sql stable security definer set search_path = '' as $$
  select coalesce((select v.business_name from public.vendors v where v.id = invitation.vendor_id), 'OMBARO')
$$;
comment on function public.invitations_business_name(public.invitations) is
  'The inviting business, or the platform.';
revoke all on function public.invitations_business_name(public.invitations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.invitations_business_name(public.invitations) to authenticated, staff;
--! EndIncluded functions/invitations/invitations_business_name.sql

--! Included functions/invitations/my_invitations.sql
create or replace function public.my_invitations() returns setof public.invitations
language sql stable set search_path = '' as $$
  select i.* from public.invitations i
  where i.id = any ((select app_private.my_invitation_ids())::uuid[])
    and i.status = 'open' and i.expires_at > now()
    and i.invited_by is distinct from (select auth.uid())
  order by i.sent_at desc, i.id
$$;
comment on function public.my_invitations() is
  'Open invitations to a number or address that the signed-in user has verified; latest first.';
revoke all on function public.my_invitations() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.my_invitations() to authenticated, staff;
--! EndIncluded functions/invitations/my_invitations.sql

--! split: 020-inviting.sql
-- Inviting, sending again, revoking.

insert into enums.notification_type values
  ('invitation', 'An invitation'), ('invitation_answered', 'An invitation was answered'),
  ('member_left', 'A member has left');
insert into enums.notification_audience values
  ('invited', 'The invited person'), ('inviter', 'The user who invited'), ('employer', 'The vendor or the platform that a member leaves');
--! Included templates/invitation.sql
-- An invitation.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('invitation', 'invited', 'en',
    '{{business}} invites you to OMBARO',
    '{{business}} invites {{name}} to join as {{what}}. Sign in with this number or address until {{date}} to accept.',
    '{push,in_app}', 'high', '/invitations/{{invitation_id}}'),
  ('invitation', 'invited', 'hi',
    '{{business}} आपको OMBARO पर आमंत्रित करता है',
    '{{business}} ने {{name}} को {{what}} के रूप में जुड़ने का निमंत्रण दिया है। स्वीकार करने के लिए {{date}} तक इसी नंबर या पते से साइन इन करें।',
    '{push,in_app}', 'high', '/invitations/{{invitation_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/invitation.sql

--! Included templates/invitation_answered.sql
-- An invitation was answered.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('invitation_answered', 'inviter', 'en',
    '{{name}}: invitation {{answer}}',
    'Your invitation for {{business}} was {{answer}}.',
    '{push,in_app}', 'normal', '/invitations/{{invitation_id}}'),
  ('invitation_answered', 'inviter', 'hi',
    '{{name}}: निमंत्रण का उत्तर ({{answer}})',
    '{{business}} के आपके निमंत्रण का उत्तर मिला: {{answer}}।',
    '{push,in_app}', 'normal', '/invitations/{{invitation_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/invitation_answered.sql

--! Included templates/member_left.sql
-- A member has left.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('member_left', 'employer', 'en',
    '{{name}} leaves {{business}}',
    'The last day is {{date}}.',
    '{push,in_app,email}', 'high', '/members'),
  ('member_left', 'employer', 'hi',
    '{{name}} {{business}} छोड़ रहे हैं',
    'अंतिम दिन {{date}} है।',
    '{push,in_app,email}', 'high', '/members')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/member_left.sql

--! Included functions/invitations/require_inviter.sql
create or replace function app_private.require_inviter(p_kind text, p_vendor_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  case p_kind
    when 'employee' then
      perform app_private.require_permission('employees.create');
    when 'vendor_staff', 'provider' then
      if (p_vendor_id = any (app_private.my_vendor_ids('manage'))) is not true then
        raise exception 'Only the owner, managers and admins of a vendor may invite people to it. Check vendorId.'
          using errcode = 'OB002', column = 'vendor_id';
      end if;
    else
      raise exception 'Kind is required. Choose one of the kinds of membership.'
        using errcode = 'OB020', column = 'kind';
  end case;
end
$$;
comment on function app_private.require_inviter(text, uuid) is
  'Checks that the signed-in user may invite people to become this, and act on such invitations: employees by users who may add them, vendor staff and providers by the vendor''s management. Raises OB001, OB002, OB020.';
revoke all on function app_private.require_inviter(text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/require_inviter.sql

--! Included functions/invitations/check_invitation.sql
create or replace function app_private.check_invitation(p_invitation public.invitations) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_allowed text[];
begin
  case p_invitation.kind
    when 'employee' then
      if num_nulls(p_invitation.department_id, p_invitation.designation, p_invitation.joining_date,
        p_invitation.employee_code) > 0 then
        raise exception 'An employee needs departmentCode (of an existing department), designation, joiningDate and employeeCode. Fill in all of them.'
          using errcode = 'OB020';
      end if;
      if num_nonnulls(p_invitation.vendor_id, p_invitation.role) > 0 then
        raise exception 'An employee works for the platform, not for a vendor. Leave vendorId and role out.'
          using errcode = 'OB020';
      end if;
      if exists (select from public.employees e where e.employee_code = p_invitation.employee_code) then
        raise exception 'Employee code % already belongs to another employee. Choose another code.',
          p_invitation.employee_code
          using errcode = 'OB020', column = 'employee_code';
      end if;
      return;
    when 'vendor_staff' then
      v_allowed := array(select r.value from enums.vendor_staff_role r order by 1);
    when 'provider' then
      v_allowed := array(select k.value from enums.provider_kind k order by 1);
      if p_invitation.mobile is not null and p_invitation.mobile !~ '^\+91' then
        raise exception 'A provider needs an Indian mobile number. Enter one such as +919876543210.'
          using errcode = 'OB020', column = 'mobile';
      end if;
  end case;
  if (p_invitation.role = any (v_allowed)) is not true then
    raise exception 'Role must be one of: %.', array_to_string(v_allowed, ', ')
      using errcode = 'OB020', column = 'role';
  end if;
  if num_nonnulls(p_invitation.department_id, p_invitation.designation, p_invitation.employment_type,
    p_invitation.joining_date, p_invitation.employee_code) > 0 then
    raise exception 'departmentCode, designation, employmentType, joiningDate and employeeCode are only for employees. Leave them out.'
      using errcode = 'OB020';
  end if;
end
$$;
comment on function app_private.check_invitation(public.invitations) is
  'Checks which fields an invitation of each kind has. Raises OB020, with the name of the field.';
revoke all on function app_private.check_invitation(public.invitations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/check_invitation.sql

--! Included functions/invitations/send_invitation.sql
create or replace function app_private.send_invitation(p_invitation public.invitations) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_fields jsonb := jsonb_build_object(
    'invitation_id', p_invitation.id,
    'business', public.invitations_business_name(p_invitation),
    'name', p_invitation.name,
    'what', coalesce(p_invitation.role, p_invitation.designation, p_invitation.kind),
    'date', to_char(p_invitation.expires_at at time zone (app_private.setting('platform.time_zone') #>> '{}'), 'DD Mon YYYY'));
  v_data jsonb := jsonb_build_object('screen', 'invitation', 'invitationId', p_invitation.id);
begin
  perform app_private.tell_contact(p_invitation.mobile, p_invitation.email, 'invited', 'invitation',
    v_fields, v_data, p_invitation.expires_at);
  -- In the app, too, where a user has verified that contact. The inviter learns nothing of it.
  perform app_private.notify(p.id, 'invited', 'invitation', v_fields, v_data)
  from public.user_profiles p
  where p.id in (
    select p.id from public.user_profiles p where p.mobile = p_invitation.mobile and p.mobile_verified
    union
    select app_private.account_with(p_invitation.mobile, p_invitation.email)
  );
end
$$;
comment on function app_private.send_invitation(public.invitations) is
  'Sends an invitation to its number or address, and to the app of the user who has verified it.';
revoke all on function app_private.send_invitation(public.invitations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/send_invitation.sql

--! Included functions/invitations/account_with.sql
create or replace function app_private.account_with(p_mobile text, p_email text) returns uuid
language plpgsql stable security definer set search_path = '' as $$
begin
  if not app_private.keeps_accounts() then
    return null;
  end if;
  return (select u.id from auth.users u where u.phone = p_mobile or u.email = p_email);
end
$$;
comment on function app_private.account_with(text, text) is
  'The account that signs in with this number or address; null where there is none, or where another issuer keeps accounts.';
revoke all on function app_private.account_with(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/account_with.sql

--! Included functions/invitations/count_invitation.sql
create or replace function app_private.count_invitation(p_vendor_id uuid, p_mobile text, p_email text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_days integer := app_private.setting('invitations.contact_days')::integer;
  v_maximum integer;
begin
  perform pg_advisory_xact_lock(hashtextextended('invitations of ' || coalesce(p_vendor_id::text, 'the platform'), 0));
  v_maximum := app_private.setting('invitations.contact_maximum')::integer;
  if v_maximum <= (
    select count(*) from public.invitations i
    where i.vendor_id is not distinct from p_vendor_id and (i.mobile = p_mobile or i.email = p_email)
      and i.created_at > now() - v_days * interval '1 day'
  ) then
    raise exception 'You have invited % too often: within % days at most % invitations are allowed. Invite later.',
      coalesce(p_mobile, p_email), v_days, v_maximum
      using errcode = 'OB041';
  end if;
  v_maximum := app_private.setting('invitations.day_maximum')::integer;
  if v_maximum <= (
    select count(*) from public.invitations i
    where i.vendor_id is not distinct from p_vendor_id and i.created_at > now() - interval '1 day'
  ) then
    raise exception 'You have sent too many invitations: within 24 hours at most % are allowed. Invite again tomorrow.',
      v_maximum
      using errcode = 'OB041';
  end if;
end
$$;
comment on function app_private.count_invitation(uuid, text, text) is
  'Counts invitations of a business one at a time, and refuses one too many. Raises OB041.';
revoke all on function app_private.count_invitation(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/count_invitation.sql

--! Included functions/invitations/invite_member.sql
create or replace function public.invite_member(
  kind text, name text, mobile text default null, email text default null, vendor_id uuid default null,
  role text default null, department_code text default null, designation text default null,
  employment_type text default null, joining_date date default null, employee_code text default null
) returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_mobile text := nullif(trim(invite_member.mobile), '');
  v_email text := lower(nullif(trim(invite_member.email), ''));
  v_invitation public.invitations;
begin
  perform app_private.require_inviter(invite_member.kind, invite_member.vendor_id);
  perform app_private.require_contact(v_mobile, v_email);
  if exists (
    select from app_private.proven_contacts((select auth.uid())) c where c.mobile = v_mobile or c.email = v_email
  ) then
    raise exception 'You cannot invite yourself. Enter the contact of another person.' using errcode = 'OB031';
  end if;
  if coalesce(invite_member.name, '') !~ '\S' then
    raise exception 'Name is required. Enter the name of the person.' using errcode = 'OB020', column = 'name';
  end if;
  perform app_private.count_invitation(invite_member.vendor_id, v_mobile, v_email);
  -- An expired invitation makes room.
  update public.invitations i set status = 'expired'
  where i.status = 'open' and i.expires_at <= now()
    and (i.mobile = v_mobile or i.email = v_email or i.employee_code = trim(invite_member.employee_code));
  v_invitation.kind := invite_member.kind;
  v_invitation.vendor_id := invite_member.vendor_id;
  v_invitation.mobile := v_mobile;
  v_invitation.email := v_email;
  v_invitation.name := trim(invite_member.name);
  v_invitation.role := invite_member.role;
  v_invitation.department_id := (
    select d.id from public.departments d where d.code = invite_member.department_code and d.status = 'active');
  v_invitation.designation := nullif(trim(invite_member.designation), '');
  v_invitation.employment_type := invite_member.employment_type;
  v_invitation.joining_date := invite_member.joining_date;
  v_invitation.employee_code := nullif(trim(invite_member.employee_code), '');
  perform app_private.check_invitation(v_invitation);
  if v_invitation.kind = 'provider' then
    v_invitation := app_private.enter_invited_provider(v_invitation);
  end if;
  insert into public.invitations (kind, vendor_id, mobile, email, name, role, department_id, designation,
    employment_type, joining_date, employee_code, therapist_id, beautician_id, invited_by, expires_at)
  values (v_invitation.kind, v_invitation.vendor_id, v_mobile, v_email, v_invitation.name, v_invitation.role,
    v_invitation.department_id, v_invitation.designation, v_invitation.employment_type,
    v_invitation.joining_date, v_invitation.employee_code, v_invitation.therapist_id,
    v_invitation.beautician_id, (select auth.uid()), app_private.invitation_end())
  returning * into v_invitation;
  perform app_private.send_invitation(v_invitation);
  return v_invitation;
end
$$;
comment on function public.invite_member(text, text, text, text, uuid, text, text, text, text, date, text) is
  E'@enumArgument kind invitation_kind\n@enumArgument employment_type employment_type\nInvites a person by mobile number (such as +919876543210) or e-mail address to become an employee (by users who may add employees: departmentCode, designation, joiningDate, employeeCode, employmentType), vendor staff (by the vendor''s management: vendorId, role) or a provider (likewise; the role is therapist or beautician, who is added at once and can be prepared, but not booked before accepting). The mutation transferVendor invites a new owner. The answer is the same whether or not there is an account. It can be accepted for 7 days by default. Raises OB001, OB002, OB003, OB020, OB030 (the vendor is closing or closed), OB031 (yourself, or your own business), OB041 (too many to this contact, or in a day), or 23505 when an invitation is already open.';
revoke all on function public.invite_member(text, text, text, text, uuid, text, text, text, text, date, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.invite_member(text, text, text, text, uuid, text, text, text, text, date, text) to authenticated, staff;
--! EndIncluded functions/invitations/invite_member.sql

--! Included functions/invitations/invitation_end.sql
create or replace function app_private.invitation_end() returns timestamptz
language sql stable security definer set search_path = '' as $$
  select now() + app_private.setting('invitations.valid_days')::integer * interval '1 day'
$$;
comment on function app_private.invitation_end() is 'Until when an invitation that is sent now can be accepted.';
revoke all on function app_private.invitation_end() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/invitation_end.sql

--! Included functions/invitations/enter_invited_provider.sql
create or replace function app_private.enter_invited_provider(p_invitation public.invitations) returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_invitation public.invitations := p_invitation;
begin
  if p_invitation.role = 'therapist' then
    insert into public.therapists (vendor_id, name, status)
    values (p_invitation.vendor_id, p_invitation.name, 'invited') returning id into v_invitation.therapist_id;
    insert into public.therapist_private_details (therapist_id, mobile)
    select v_invitation.therapist_id, p_invitation.mobile where p_invitation.mobile is not null;
  else
    insert into public.beauticians (vendor_id, name, status)
    values (p_invitation.vendor_id, p_invitation.name, 'invited') returning id into v_invitation.beautician_id;
    insert into public.beautician_private_details (beautician_id, mobile)
    select v_invitation.beautician_id, p_invitation.mobile where p_invitation.mobile is not null;
  end if;
  return v_invitation;
end
$$;
comment on function app_private.enter_invited_provider(public.invitations) is
  'Adds a therapist or beautician as invited: the vendor prepares services and schedule, customers see nothing.';
revoke all on function app_private.enter_invited_provider(public.invitations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/enter_invited_provider.sql

--! Included functions/invitations/remove_invited_provider.sql
create or replace function app_private.remove_invited_provider(p_invitation public.invitations) returns void
language sql volatile security definer set search_path = '' as $$
  delete from public.therapists t where t.id = p_invitation.therapist_id and t.status = 'invited';
  delete from public.beauticians b where b.id = p_invitation.beautician_id and b.status = 'invited';
$$;
comment on function app_private.remove_invited_provider(public.invitations) is
  'Removes a provider who was added with an invitation and did not accept it; no other rows refer to it.';
revoke all on function app_private.remove_invited_provider(public.invitations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/remove_invited_provider.sql

--! Included functions/invitations/sent_invitation.sql
create or replace function app_private.sent_invitation(p_invitation_id uuid) returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_invitation public.invitations;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_invitation from public.invitations i where i.id = p_invitation_id for update;
  if not found or not (v_invitation.vendor_id is null and app_private.has_permission('employees.create')
    or coalesce(v_invitation.vendor_id = any (app_private.my_vendor_ids('manage')), false)) then
    raise exception 'The invitation was not found, or you may not manage it. Check invitationId.'
      using errcode = 'OB003', column = 'invitation_id';
  end if;
  perform app_private.require_inviter(v_invitation.kind, v_invitation.vendor_id);
  return v_invitation;
end
$$;
comment on function app_private.sent_invitation(uuid) is
  'Locks and returns an invitation that the signed-in user may resend or revoke. Raises OB001, OB003.';
revoke all on function app_private.sent_invitation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/sent_invitation.sql

--! Included functions/invitations/require_unanswered.sql
create or replace function app_private.require_unanswered(p_invitation public.invitations) returns void
language plpgsql stable set search_path = '' as $$
begin
  if p_invitation.status not in ('open', 'expired') then
    raise exception 'This invitation has already been %. Ask for a new invitation.', replace(p_invitation.status, '_', ' ')
      using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.require_unanswered(public.invitations) is
  'Refuses an invitation that was accepted, declined or revoked. Raises OB030.';
revoke all on function app_private.require_unanswered(public.invitations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/require_unanswered.sql

--! Included functions/invitations/resend_invitation.sql
create or replace function public.resend_invitation(invitation_id uuid) returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_invitation public.invitations := app_private.sent_invitation(resend_invitation.invitation_id);
  v_maximum integer := app_private.setting('invitations.resend_maximum')::integer;
begin
  perform app_private.require_unanswered(v_invitation);
  if v_invitation.resent_count >= v_maximum then
    raise exception 'An invitation can be resent at most % times. Revoke it and invite the person again.', v_maximum
      using errcode = 'OB041';
  end if;
  update public.invitations i
  set status = 'open', sent_at = now(), expires_at = app_private.invitation_end(), resent_count = i.resent_count + 1
  where i.id = v_invitation.id
  returning * into v_invitation;
  perform app_private.send_invitation(v_invitation);
  return v_invitation;
end
$$;
comment on function public.resend_invitation(uuid) is
  'Sends an invitation again, even an expired one, and restarts its validity; by default at most three times. Raises OB001, OB002, OB003, OB030 (answered or revoked), OB031 (your own business), OB041 (too often), or 23505 when another one is open.';
revoke all on function public.resend_invitation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.resend_invitation(uuid) to authenticated, staff;
--! EndIncluded functions/invitations/resend_invitation.sql

--! Included functions/invitations/revoke_invitation.sql
create or replace function public.revoke_invitation(invitation_id uuid) returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_invitation public.invitations := app_private.sent_invitation(revoke_invitation.invitation_id);
begin
  perform app_private.require_unanswered(v_invitation);
  update public.invitations i set status = 'revoked', answered_at = now()
  where i.id = v_invitation.id
  returning * into v_invitation;
  perform app_private.remove_invited_provider(v_invitation);
  perform app_private.withhold_invitation(v_invitation.id);
  return v_invitation;
end
$$;
comment on function public.revoke_invitation(uuid) is
  'Revokes an invitation: it can no longer be accepted, and a provider who was added with it is removed. Raises OB001, OB002, OB003, OB030 (answered or revoked), OB031 (your own business).';
revoke all on function public.revoke_invitation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.revoke_invitation(uuid) to authenticated, staff;
--! EndIncluded functions/invitations/revoke_invitation.sql

--! Included functions/invitations/withhold_invitation.sql
create or replace function app_private.withhold_invitation(p_invitation_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  update app_private.contact_messages m set valid_until = now()
  where m.data ->> 'invitationId' = p_invitation_id::text and m.valid_until > now()
$$;
comment on function app_private.withhold_invitation(uuid) is 'Stops unsent messages of an invitation.';
revoke all on function app_private.withhold_invitation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/withhold_invitation.sql
-- Messages of one invitation.
create index contact_messages_invitation_idx on app_private.contact_messages ((data ->> 'invitationId'));

--! split: 030-answering.sql
-- Accepting and declining, by the account that has verified the number or address.

--! Included functions/invitations/received_invitation.sql
create or replace function app_private.received_invitation(p_invitation_id uuid) returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_contacts record;
  v_invitation public.invitations;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  -- In the order of deleting an account: the profile, then invitations.
  perform from public.user_profiles p where p.id = (select auth.uid()) for no key update;
  -- Resending or revoking at the same moment waits, and finds what was done.
  select * into v_invitation from public.invitations i where i.id = p_invitation_id for update;
  v_contacts := app_private.proven_contacts((select auth.uid()));
  if (v_contacts.mobile = v_invitation.mobile or v_contacts.email = v_invitation.email) is not true then
    raise exception 'The invitation was not found for your verified mobile number or e-mail address. If it was sent to another contact of yours, verify that contact first.'
      using errcode = 'OB003';
  end if;
  if v_invitation.invited_by = (select auth.uid()) then
    raise exception 'You sent this invitation, so you cannot answer it. Leave it to the person who was invited.'
      using errcode = 'OB031';
  end if;
  perform app_private.require_unanswered(v_invitation);
  if v_invitation.status = 'expired' or v_invitation.expires_at <= now() then
    raise exception 'This invitation has expired. Ask % to send it again.', public.invitations_business_name(v_invitation)
      using errcode = 'OB030';
  end if;
  return v_invitation;
end
$$;
comment on function app_private.received_invitation(uuid) is
  'Locks and returns an open invitation to a number or address that the signed-in user has verified. Raises OB001, OB003, OB030 (answered, revoked or expired), OB031 (your own).';
revoke all on function app_private.received_invitation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/received_invitation.sql

--! Included functions/invitations/give_role.sql
create or replace function app_private.give_role(p_user_id uuid, p_role_code text) returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.user_roles (user_id, role_id, department_id)
  select p_user_id, r.id, r.department_id from public.roles r where r.code = p_role_code
  on conflict (user_id, role_id) where status = 'active' do nothing
$$;
comment on function app_private.give_role(uuid, text) is 'Gives the role of a membership, for display.';
revoke all on function app_private.give_role(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/give_role.sql

--! Included functions/invitations/join_as_employee.sql
create or replace function app_private.join_as_employee(p_invitation public.invitations, p_user_id uuid, p_mobile text, p_email text)
returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select from public.employees e where e.id = p_user_id and e.is_active and e.status <> 'terminated') then
    raise exception 'You are already an employee. Decline this invitation.' using errcode = 'OB030';
  end if;
  if exists (
    select from public.employees e where e.employee_code = p_invitation.employee_code and e.id <> p_user_id
  ) then
    raise exception 'The employee code of this invitation now belongs to another employee. Ask for a new invitation.'
      using errcode = 'OB030';
  end if;
  insert into public.employees as e (id, employee_code, name, email, mobile, department_id, designation,
    hierarchy_level, joining_date, employment_type)
  values (p_user_id, p_invitation.employee_code, p_invitation.name, p_email, p_mobile,
    p_invitation.department_id, p_invitation.designation, 1, p_invitation.joining_date,
    p_invitation.employment_type)
  -- A returning employee starts as a new one.
  on conflict (id) do update set
    employee_code = excluded.employee_code, name = excluded.name, email = excluded.email,
    mobile = excluded.mobile, department_id = excluded.department_id, designation = excluded.designation,
    hierarchy_level = 1, can_approve_vendors = false, approval_limit = null,
    joining_date = excluded.joining_date, employment_type = excluded.employment_type,
    status = 'active', is_active = true, exit_date = null;
  update public.user_profiles p
  set employee_id = p_invitation.employee_code, designation = p_invitation.designation,
    joining_date = p_invitation.joining_date, department_id = p_invitation.department_id
  where p.id = p_user_id;
end
$$;
comment on function app_private.join_as_employee(public.invitations, uuid, text, text) is
  'Creates an employee, at level 1 and without the right to approve. Raises OB030.';
revoke all on function app_private.join_as_employee(public.invitations, uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/join_as_employee.sql

--! Included functions/invitations/join_vendor_staff.sql
create or replace function app_private.join_vendor_staff(p_invitation public.invitations, p_user_id uuid, p_mobile text, p_email text)
returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (select from public.vendors v where v.id = p_invitation.vendor_id and v.user_id = p_user_id)
    or exists (
      select from public.vendor_staff s
      where s.vendor_id = p_invitation.vendor_id and s.user_id = p_user_id and s.status = 'active') then
    raise exception 'You already work for %. Decline this invitation.', public.invitations_business_name(p_invitation)
      using errcode = 'OB030';
  end if;
  -- A former member, without an account or with another number, is not added a second time.
  delete from public.vendor_staff s
  where s.vendor_id = p_invitation.vendor_id and s.user_id = p_user_id and s.mobile <> p_mobile;
  insert into public.vendor_staff as s (vendor_id, user_id, name, role, mobile, email)
  values (p_invitation.vendor_id, p_user_id, p_invitation.name, p_invitation.role, p_mobile, p_email)
  on conflict (vendor_id, mobile) do update set
    user_id = excluded.user_id, name = excluded.name, role = excluded.role, email = excluded.email, status = 'active'
  where s.user_id is null or s.user_id = excluded.user_id;
  if not found then
    raise exception 'Another person at % has your mobile number. Ask the vendor to correct it.',
      public.invitations_business_name(p_invitation)
      using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.join_vendor_staff(public.invitations, uuid, text, text) is
  'Creates a member of a vendor''s staff. Raises OB030.';
revoke all on function app_private.join_vendor_staff(public.invitations, uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/join_vendor_staff.sql

--! Included functions/invitations/join_as_provider.sql
create or replace function app_private.join_as_provider(p_invitation public.invitations, p_user_id uuid, p_mobile text, p_email text)
returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Two that are accepted at once queue at the profile: see received_invitation.
  if exists (select from public.therapists t where t.user_id = p_user_id)
    or exists (select from public.beauticians b where b.user_id = p_user_id) then
    raise exception 'You are already a provider of a vendor, and can work for only one at a time. Leave the other vendor first.'
      using errcode = 'OB030';
  end if;
  if p_mobile !~ '^\+91' then
    raise exception 'A provider needs a verified Indian mobile number. Verify one first, then accept.'
      using errcode = 'OB037';
  end if;
  if p_invitation.role = 'therapist' then
    update public.therapists t set user_id = p_user_id, status = 'active'
    where t.id = p_invitation.therapist_id and t.status = 'invited';
  else
    update public.beauticians b set user_id = p_user_id, status = 'active'
    where b.id = p_invitation.beautician_id and b.status = 'invited';
  end if;
  if not found then
    raise exception 'The vendor no longer expects you. Ask for a new invitation.' using errcode = 'OB030';
  end if;
  insert into public.therapist_private_details as d (therapist_id, mobile, email)
  select p_invitation.therapist_id, p_mobile, p_email where p_invitation.therapist_id is not null
  on conflict (therapist_id) do update set mobile = excluded.mobile, email = coalesce(excluded.email, d.email);
  insert into public.beautician_private_details as d (beautician_id, mobile, email)
  select p_invitation.beautician_id, p_mobile, p_email where p_invitation.beautician_id is not null
  on conflict (beautician_id) do update set mobile = excluded.mobile, email = coalesce(excluded.email, d.email);
  perform app_private.give_role(p_user_id, p_invitation.role);
end
$$;
comment on function app_private.join_as_provider(public.invitations, uuid, text, text) is
  'Links an account to the therapist or beautician that the vendor has added, who works from now on. Raises OB030, OB037.';
revoke all on function app_private.join_as_provider(public.invitations, uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/join_as_provider.sql

--! Included functions/invitations/join_by_invitation.sql
create or replace function app_private.join_by_invitation(p_invitation public.invitations, p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_contacts record := app_private.proven_contacts(p_user_id);
  v_mobile text := coalesce(p_invitation.mobile, v_contacts.mobile);
  v_email text := coalesce(p_invitation.email, v_contacts.email);
begin
  if v_mobile is null then
    raise exception 'You need a verified mobile number. Verify one first, then accept.' using errcode = 'OB037';
  end if;
  case p_invitation.kind
    when 'employee' then perform app_private.join_as_employee(p_invitation, p_user_id, v_mobile, v_email);
    when 'vendor_staff' then perform app_private.join_vendor_staff(p_invitation, p_user_id, v_mobile, v_email);
    when 'provider' then perform app_private.join_as_provider(p_invitation, p_user_id, v_mobile, v_email);
  end case;
end
$$;
comment on function app_private.join_by_invitation(public.invitations, uuid) is
  'Creates the membership of an invitation. Raises OB030, OB037.';
revoke all on function app_private.join_by_invitation(public.invitations, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/join_by_invitation.sql

--! Included functions/invitations/answer_invitation.sql
create or replace function app_private.answer_invitation(p_invitation public.invitations, p_status text)
returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_invitation public.invitations;
begin
  update public.invitations i
  set status = p_status, answered_at = now(),
    accepted_by = case when p_status = 'accepted' then (select auth.uid()) end
  where i.id = p_invitation.id
  returning * into v_invitation;
  perform app_private.withhold_invitation(v_invitation.id);
  perform app_private.notify(v_invitation.invited_by, 'inviter', 'invitation_answered',
    jsonb_build_object('invitation_id', v_invitation.id, 'name', v_invitation.name, 'answer', p_status,
      'business', public.invitations_business_name(v_invitation)),
    jsonb_build_object('screen', 'invitation', 'invitationId', v_invitation.id));
  return v_invitation;
end
$$;
comment on function app_private.answer_invitation(public.invitations, text) is
  'Records the answer to an invitation and notifies the user who invited.';
revoke all on function app_private.answer_invitation(public.invitations, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/answer_invitation.sql

--! Included functions/invitations/accept_invitation.sql
create or replace function public.accept_invitation(invitation_id uuid) returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_invitation public.invitations := app_private.received_invitation(accept_invitation.invitation_id);
begin
  perform app_private.join_by_invitation(v_invitation, (select auth.uid()));
  return app_private.answer_invitation(v_invitation, 'accepted');
end
$$;
comment on function public.accept_invitation(uuid) is
  'Accepts an invitation with the signed-in account, which must have verified the invited number or address; the membership starts at once. An employee starts at level 1 without the right to approve. Raises OB001, OB003 (not for this account), OB030 (answered, revoked or expired, already a member, or the vendor is closing), OB031 (your own invitation), OB037 (no verified mobile number).';
revoke all on function public.accept_invitation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.accept_invitation(uuid) to authenticated, staff;
--! EndIncluded functions/invitations/accept_invitation.sql

--! Included functions/invitations/decline_invitation.sql
create or replace function public.decline_invitation(invitation_id uuid) returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_invitation public.invitations := app_private.received_invitation(decline_invitation.invitation_id);
begin
  v_invitation := app_private.answer_invitation(v_invitation, 'declined');
  perform app_private.remove_invited_provider(v_invitation);
  return v_invitation;
end
$$;
comment on function public.decline_invitation(uuid) is
  'Declines an invitation; the user who invited is notified. Raises OB001, OB003 (not for this account), OB030 (answered, revoked or expired), OB031 (your own invitation).';
revoke all on function public.decline_invitation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decline_invitation(uuid) to authenticated, staff;
--! EndIncluded functions/invitations/decline_invitation.sql

--! Included functions/invitations/tidy_invitations.sql
create or replace function app_private.tidy_invitations(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_keep interval := app_private.setting('invitations.keep_days')::integer * interval '1 day';
  v_invitation public.invitations;
  v_count integer := 0;
begin
  for v_invitation in
    select * from public.invitations i
    where i.status = 'open' and i.expires_at <= now()
    order by i.expires_at
    limit p_limit
    for update skip locked
  loop
    update public.invitations i set status = 'expired' where i.id = v_invitation.id;
    v_count := v_count + 1;
  end loop;
  for v_invitation in
    delete from public.invitations i
    where i.id = any (array(
      select o.id from public.invitations o
      where o.status <> 'open' and o.updated_at < now() - v_keep
      order by o.updated_at
      limit p_limit - v_count
      for update skip locked))
    returning *
  loop
    perform app_private.remove_invited_provider(v_invitation);
    v_count := v_count + 1;
  end loop;
  delete from app_private.contact_messages m
  where m.id in (
    select o.id from app_private.contact_messages o
    where o.valid_until < now() - v_keep
    order by o.valid_until
    limit p_limit);
  return v_count;
end
$$;
comment on function app_private.tidy_invitations(integer) is
  'Marks expired invitations and deletes those that were finished long ago, with their messages, at most p_limit. Returns how many invitations. Runs every hour.';
revoke all on function app_private.tidy_invitations(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.tidy_invitations(integer) to ombaro_worker;
--! EndIncluded functions/invitations/tidy_invitations.sql

--! Included functions/invitations/tg_user_profiles__forget_invitations.sql
create or replace function app_private.tg_user_profiles__forget_invitations() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  -- The account itself loses its contacts after the profile.
  v_email text := (app_private.proven_contacts(new.id)).email;
begin
  delete from public.invitations i
  where i.accepted_by = new.id or i.mobile = old.mobile and old.mobile_verified or i.email = v_email;
  delete from app_private.contact_messages m
  where m.mobile = old.mobile and old.mobile_verified or m.email = v_email;
  return null;
end
$$;
comment on function app_private.tg_user_profiles__forget_invitations() is
  'Deletes invitations to a user who deletes the account.';
revoke all on function app_private.tg_user_profiles__forget_invitations() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/tg_user_profiles__forget_invitations.sql
create trigger _500_forget_invitations after update of deleted_at on public.user_profiles
  for each row when (old.deleted_at is null and new.deleted_at is not null)
  execute function app_private.tg_user_profiles__forget_invitations();

--! split: 040-leaving.sql
-- Leaving, at any time and by the member's own decision.

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('providers.notice_days', 'providers', '7', 'integer', 0, 365, true, 'Days from the day on which a provider leaves to the last working day');

--! Included functions/invitations/end_employment.sql
create or replace function app_private.end_employment(p_employee_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.employees e
  set status = 'terminated', is_active = false, can_approve_vendors = false, approval_limit = null,
    exit_date = coalesce(e.exit_date, app_private.today())
  where e.id = p_employee_id;
  update public.user_roles ur set status = 'inactive', valid_until = greatest(app_private.today(), ur.valid_from)
  from public.roles r
  where r.id = ur.role_id and r.is_staff and ur.user_id = p_employee_id and ur.status = 'active';
  update public.department_user_assignments a
  set status = 'inactive', is_primary = false, valid_until = greatest(now(), a.valid_from)
  where a.user_id = p_employee_id and a.status <> 'inactive';
end
$$;
comment on function app_private.end_employment(uuid) is
  'Takes away an employee''s rights: of staff, to approve, in departments. The history stays.';
revoke all on function app_private.end_employment(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/end_employment.sql

--! Included functions/invitations/end_due_employments.sql
create or replace function app_private.end_due_employments(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_id uuid;
  v_count integer := 0;
begin
  for v_id in
    select e.id from public.employees e
    where e.exit_date < app_private.today() and e.status <> 'terminated'
    limit p_limit
    for update skip locked
  loop
    perform app_private.end_employment(v_id);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.end_due_employments(integer) is
  'Ends the employment of employees whose last working day is over, at most p_limit, and returns how many. Runs every hour.';
revoke all on function app_private.end_due_employments(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.end_due_employments(integer) to ombaro_worker;
--! EndIncluded functions/invitations/end_due_employments.sql
-- Employees whose last working day may be over.
create index employees_exit_date_idx on public.employees (exit_date) where status <> 'terminated';

--! Included functions/invitations/tg_employees__left.sql
-- An employee who has left returns by an invitation, which needs the person's consent.
create or replace function app_private.tg_employees__left() returns trigger
language plpgsql stable set search_path = '' as $$
begin
  raise exception 'This employee has left. Invite the person again.' using errcode = 'OB030';
end
$$;
comment on function app_private.tg_employees__left() is 'Refuses to reinstate an employee who has left, who must be invited again. Raises OB030.';
revoke all on function app_private.tg_employees__left() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/tg_employees__left.sql
create trigger _200_left before update of status, is_active on public.employees
  for each row when (
    old.status = 'terminated' and (new.status <> 'terminated' or new.is_active and not old.is_active)
    and current_user = 'staff')
  execute function app_private.tg_employees__left();

--! Included functions/invitations/tell_employers.sql
create or replace function app_private.tell_employers(
  p_user_ids uuid[], p_name text, p_business text, p_last_day date
) returns void
language sql volatile security definer set search_path = '' as $$
  select app_private.notify(u, 'employer', 'member_left',
    jsonb_build_object('name', p_name, 'business', p_business, 'date', to_char(p_last_day::timestamp, 'DD Mon YYYY')),
    jsonb_build_object('screen', 'members'))
  from unnest(p_user_ids) u
$$;
comment on function app_private.tell_employers(uuid[], text, text, date) is 'Notifies those for whom a member worked, with the last day.';
revoke all on function app_private.tell_employers(uuid[], text, text, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/tell_employers.sql

--! Included functions/invitations/leave_platform.sql
create or replace function app_private.leave_platform(p_user_id uuid) returns date
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_employee public.employees;
  v_notice integer := app_private.setting('employees.notice_days')::integer;
  v_last_day date := app_private.today() + v_notice;
begin
  select * into v_employee from public.employees e where e.id = p_user_id and e.status <> 'terminated' for update;
  if not found then
    raise exception 'You are not an employee of the platform. Choose another kind of membership.'
      using errcode = 'OB003';
  end if;
  -- Two who leave at once queue here, so that one stays.
  perform pg_advisory_xact_lock(hashtextextended('super admins', 0));
  if not exists (
    select from app_private.administrators() a
    where a.role = 'super_admin' and a.is_active and a.account_status = 'active' and a.id <> p_user_id
  ) and app_private.holds_role('super_admin') then
    raise exception 'You are the last super admin. Give the role to another person first.' using errcode = 'OB030';
  end if;
  if v_employee.exit_date is not null and v_employee.exit_date <= v_last_day then
    raise exception 'You are already leaving: your last day is %.', v_employee.exit_date using errcode = 'OB030';
  end if;
  update public.employees e set exit_date = greatest(v_last_day, e.joining_date) where e.id = p_user_id
  returning exit_date into v_last_day;
  if v_notice = 0 then
    perform app_private.end_employment(p_user_id);
  end if;
  perform app_private.tell_employers(array(
    select distinct ur.user_id from public.user_roles ur
    join public.role_permissions rp on rp.role_id = ur.role_id
    join public.permissions p on p.id = rp.permission_id
    where p.code = 'employees.create' and ur.status = 'active' and ur.user_id <> p_user_id
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')),
    v_employee.name, 'OMBARO', v_last_day);
  return v_last_day;
end
$$;
comment on function app_private.leave_platform(uuid) is
  'Ends the employment of the signed-in employee; HR is notified. Raises OB003 (no employee), OB030 (the last super admin, or already leaving).';
revoke all on function app_private.leave_platform(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/leave_platform.sql

--! Included functions/invitations/leave_vendor_staff.sql
create or replace function app_private.leave_vendor_staff(p_user_id uuid, p_vendor_id uuid) returns date
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_staff public.vendor_staff;
  v_vendor public.vendors;
begin
  -- Without an account the row gives no rights; only another invitation links one again.
  update public.vendor_staff s set status = 'inactive', user_id = null
  where s.user_id = p_user_id and s.vendor_id = p_vendor_id
  returning * into v_staff;
  if not found then
    raise exception 'You do not belong to the staff of this vendor. Check vendorId.'
      using errcode = 'OB003', column = 'vendor_id';
  end if;
  select * into v_vendor from public.vendors v where v.id = p_vendor_id;
  perform app_private.tell_employers(
    array_remove(array[v_vendor.user_id], null), v_staff.name, v_vendor.business_name, app_private.today());
  return app_private.today();
end
$$;
comment on function app_private.leave_vendor_staff(uuid, uuid) is
  'Ends the signed-in user''s membership in a vendor''s staff at once; the owner is notified. Raises OB003.';
revoke all on function app_private.leave_vendor_staff(uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/leave_vendor_staff.sql

--! Included functions/invitations/leave_as_provider.sql
create or replace function app_private.leave_as_provider(p_user_id uuid, p_vendor_id uuid) returns date
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_provider record;
begin
  select p.id, d.last_day as leaves_on,
    app_private.vendor_day(p.vendor_id) + app_private.setting('providers.notice_days')::integer as last_day
  into v_provider
  from public.providers p
  left join public.provider_private_details d on d.provider_id = p.id
  left join public.therapists t on t.id = p.therapist_id
  left join public.beauticians b on b.id = p.beautician_id
  where p_user_id in (t.user_id, b.user_id) and p.vendor_id = coalesce(p_vendor_id, p.vendor_id);
  if not found then
    raise exception 'You are not a provider of this vendor. Check vendorId.'
      using errcode = 'OB003', column = 'vendor_id';
  end if;
  if v_provider.leaves_on <= v_provider.last_day then
    raise exception 'You are already leaving: your last day is %.', v_provider.leaves_on using errcode = 'OB030';
  end if;
  perform app_private.set_last_day(v_provider.id, v_provider.last_day, 'The provider is leaving.');
  return v_provider.last_day;
end
$$;
comment on function app_private.leave_as_provider(uuid, uuid) is
  'Ends the signed-in provider''s work after the days of notice; vendor and provider are notified. Raises OB003, OB030 (already leaving).';
revoke all on function app_private.leave_as_provider(uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/leave_as_provider.sql

--! Included functions/invitations/leave_membership.sql
create or replace function public.leave_membership(kind text, vendor_id uuid default null) returns date
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user_id uuid := (select auth.uid());
begin
  if v_user_id is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  case leave_membership.kind
    when 'employee' then return app_private.leave_platform(v_user_id);
    when 'vendor_staff' then return app_private.leave_vendor_staff(v_user_id, leave_membership.vendor_id);
    when 'provider' then return app_private.leave_as_provider(v_user_id, leave_membership.vendor_id);
    else raise exception 'Kind is required. Choose one of the kinds of membership.'
      using errcode = 'OB020', column = 'kind';
  end case;
end
$$;
comment on function public.leave_membership(text, uuid) is
  E'@enumArgument kind invitation_kind\nEnds your own membership and returns the last working day: vendor staff at once (vendorId gives the vendor), employees and providers after their days of notice (providers: 7 by default). Bookings that a provider still has then return to the vendor. Raises OB001, OB003 (not a member there), OB020, OB030 (the last super admin, or already leaving).';
revoke all on function public.leave_membership(text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.leave_membership(text, uuid) to authenticated, staff;
--! EndIncluded functions/invitations/leave_membership.sql

--! split: 050-approval-rights.sql
-- Who may approve vendor applications, at which level and up to which fee. HR proposes, an admin confirms,
-- for level 5 a super admin; no one decides for themselves, and no one does both. Until then the old rights
-- apply.

create table enums.approval_proposal_status (value text primary key, description text not null);
comment on table enums.approval_proposal_status is E'@enum\n@enumName ApprovalProposalStatus\nState of a proposal.';
select app_private.publish_list('enums.approval_proposal_status');
insert into enums.approval_proposal_status values
  ('proposed', 'Waiting for an admin'), ('confirmed', 'Confirmed'), ('rejected', 'Rejected'),
  ('replaced', 'Replaced by a later proposal');

insert into enums.notification_type values
  ('approval_proposed', 'Rights to approve were proposed'), ('approval_decided', 'A proposal of rights to approve was decided');
insert into enums.notification_audience values
  ('confirmer', 'The admins who confirm rights to approve'), ('proposer', 'The user who proposed rights to approve'),
  ('employee', 'The employee with the rights to approve');
--! Included templates/approval_proposed.sql
-- Rights to approve were proposed.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('approval_proposed', 'confirmer', 'en',
    'Rights to approve for {{name}}',
    'Level {{level}}, {{right}}, limit {{limit}}. Please confirm or reject.',
    '{push,in_app,email}', 'normal', '/employees/{{employee_id}}/approval'),
  ('approval_proposed', 'confirmer', 'hi',
    '{{name}} के अनुमोदन अधिकार',
    'स्तर {{level}}, {{right}}, सीमा {{limit}}। कृपया पुष्टि करें या अस्वीकार करें।',
    '{push,in_app,email}', 'normal', '/employees/{{employee_id}}/approval')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/approval_proposed.sql

--! Included templates/approval_decided.sql
-- A proposal of rights to approve was decided.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('approval_decided', 'proposer', 'en',
    'Rights to approve of {{name}}: {{decision}}',
    'Level {{level}}, {{right}}, limit {{limit}}.',
    '{push,in_app}', 'normal', '/employees/{{employee_id}}/approval'),
  ('approval_decided', 'proposer', 'hi',
    '{{name}} के अनुमोदन अधिकार: {{decision}}',
    'स्तर {{level}}, {{right}}, सीमा {{limit}}।',
    '{push,in_app}', 'normal', '/employees/{{employee_id}}/approval'),
  ('approval_decided', 'employee', 'en',
    'Your rights to approve have changed',
    'Level {{level}}, {{right}}, limit {{limit}}.',
    '{push,in_app}', 'normal', '/profile'),
  ('approval_decided', 'employee', 'hi',
    'आपके अनुमोदन अधिकार बदल गए हैं',
    'स्तर {{level}}, {{right}}, सीमा {{limit}}।',
    '{push,in_app}', 'normal', '/profile')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/approval_decided.sql

create table public.employee_approval_proposals (
  id uuid primary key default gen_random_uuid(),
  employee_id uuid not null references public.employees (id) on delete cascade,
  hierarchy_level integer not null constraint employee_approval_proposals_level_range check (hierarchy_level between 1 and 5),
  can_approve_vendors boolean not null,
  approval_limit numeric(12, 2),
  status text not null default 'proposed' references enums.approval_proposal_status,
  proposed_by uuid references public.user_profiles (id) on delete set null,
  decided_by uuid references public.user_profiles (id) on delete set null,
  decided_at timestamptz,
  reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint employee_approval_proposals_limit_of_a_right check (can_approve_vendors or approval_limit is null)
);
alter table public.employee_approval_proposals enable row level security;
select app_private.limit_numbers('public.employee_approval_proposals', '{"approval_limit": "sum"}');
-- One open proposal at a time.
create unique index employee_approval_proposals_one_open_key
  on public.employee_approval_proposals (employee_id) where status = 'proposed';
create index employee_approval_proposals_employee_id_idx on public.employee_approval_proposals (employee_id, created_at desc);
create index employee_approval_proposals_proposed_by_idx on public.employee_approval_proposals (proposed_by);
create index employee_approval_proposals_decided_by_idx on public.employee_approval_proposals (decided_by);
select app_private.keep_timestamps('public.employee_approval_proposals');
create trigger _800_audit after insert or update or delete on public.employee_approval_proposals
  for each row execute function app_private.tg__audit('id');
comment on table public.employee_approval_proposals is
  'Proposals for an employee''s level and right to approve, with the users who proposed and decided. Visible to the employee and to users who propose and confirm. They stay as a record of who has given a right.';
comment on column public.employee_approval_proposals.id is 'Identifies the proposal.';
comment on column public.employee_approval_proposals.employee_id is 'Employee of the proposal.';
comment on column public.employee_approval_proposals.hierarchy_level is 'Proposed level, 1 to 5.';
comment on column public.employee_approval_proposals.can_approve_vendors is 'Whether the employee can decide on applications at that level.';
comment on column public.employee_approval_proposals.approval_limit is
  'Highest franchise fee in rupees that the employee can approve; null for none.';
comment on column public.employee_approval_proposals.status is 'State of the proposal.';
comment on column public.employee_approval_proposals.proposed_by is 'User who proposed it; null when the account was deleted.';
comment on column public.employee_approval_proposals.decided_by is 'User who confirmed or rejected it; null until then.';
comment on column public.employee_approval_proposals.decided_at is 'When it was confirmed or rejected; null until then.';
comment on column public.employee_approval_proposals.reason is 'Why it was rejected; null unless it was.';
comment on constraint employee_approval_proposals_level_range on public.employee_approval_proposals is
  'hierarchyLevel must be from 1 (Field Officer) to 5 (Admin).';
comment on constraint employee_approval_proposals_limit_of_a_right on public.employee_approval_proposals is
  'approvalLimit is only for employees who may approve. Leave it out, or set canApproveVendors.';
comment on index public.employee_approval_proposals_one_open_key is
  'This employee already has an open proposal. Confirm or reject that proposal first.';
create policy select_staff on public.employee_approval_proposals for select to staff
  using (
    employee_id = (select auth.uid())
    or (select app_private.has_permission('employees.update'))
  );
-- Withheld: every write; see set_employee_approval and confirm_employee_approval.
grant select on public.employee_approval_proposals to staff;

insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.employee_approval_proposals', 'employee_id', true),
  ('public.employee_approval_proposals', 'proposed_by', false),
  ('public.employee_approval_proposals', 'decided_by', false);

--! Included functions/invitations/tell_approval.sql
create or replace function app_private.tell_approval(
  p_user_ids uuid[], p_audience text, p_type text, p_proposal public.employee_approval_proposals
) returns void
language sql volatile security definer set search_path = '' as $$
  select app_private.notify(u, p_audience, p_type,
    jsonb_build_object('employee_id', e.id, 'name', e.name, 'level', p_proposal.hierarchy_level,
      'right', case when p_proposal.can_approve_vendors then 'may approve' else 'may not approve' end,
      'limit', app_private.in_rupees(coalesce(p_proposal.approval_limit, 0)), 'decision', p_proposal.status),
    jsonb_build_object('screen', 'employeeApproval', 'employeeId', e.id))
  from public.employees e cross join unnest(p_user_ids) u
  where e.id = p_proposal.employee_id
$$;
comment on function app_private.tell_approval(uuid[], text, text, public.employee_approval_proposals) is
  'Notifies users of proposed or decided rights to approve.';
revoke all on function app_private.tell_approval(uuid[], text, text, public.employee_approval_proposals) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/tell_approval.sql

--! Included functions/invitations/set_employee_approval.sql
create or replace function public.set_employee_approval(
  employee_id uuid, hierarchy_level integer, can_approve_vendors boolean, approval_limit numeric default null
) returns public.employee_approval_proposals
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_employee public.employees;
  v_proposal public.employee_approval_proposals;
begin
  perform app_private.require_permission('employees.update');
  if set_employee_approval.employee_id = (select auth.uid()) then
    raise exception 'You cannot propose rights for yourself. Ask someone else to do it.' using errcode = 'OB031';
  end if;
  if num_nulls(set_employee_approval.hierarchy_level, set_employee_approval.can_approve_vendors) > 0 then
    raise exception 'hierarchyLevel and canApproveVendors are required. Enter both.' using errcode = 'OB020';
  end if;
  -- Two proposals at once queue here; the later one replaces the earlier.
  select * into v_employee from public.employees e
  where e.id = set_employee_approval.employee_id for no key update;
  if not found then
    raise exception 'The employee was not found. Check employeeId.'
      using errcode = 'OB003', column = 'employee_id';
  end if;
  if not v_employee.is_active or v_employee.status = 'terminated' then
    raise exception 'This employee has left. Choose an employee who still works here.' using errcode = 'OB030';
  end if;
  update public.employee_approval_proposals p set status = 'replaced'
  where p.employee_id = v_employee.id and p.status = 'proposed';
  insert into public.employee_approval_proposals
    (employee_id, hierarchy_level, can_approve_vendors, approval_limit, proposed_by)
  values (v_employee.id, set_employee_approval.hierarchy_level, set_employee_approval.can_approve_vendors,
    set_employee_approval.approval_limit, (select auth.uid()))
  returning * into v_proposal;
  perform app_private.tell_approval(array(
    select a.id from app_private.administrators() a
    where a.is_active and a.account_status = 'active' and a.id not in (v_employee.id, (select auth.uid()))
      and (v_proposal.hierarchy_level < 5 or a.role = 'super_admin')),
    'confirmer', 'approval_proposed', v_proposal);
  return v_proposal;
end
$$;
comment on function public.set_employee_approval(uuid, integer, boolean, numeric) is
  'Proposes the level of an employee, the right to approve vendor applications there, and the highest franchise fee. It takes effect once an admin has confirmed it; until then the old rights apply. A later proposal replaces an open one. Needs the permission employees.update; no one can propose their own rights. Raises OB001, OB002, OB003, OB020 (something is missing), OB030 (has left), OB031 (yourself), or 23514 for a level or limit out of range.';
revoke all on function public.set_employee_approval(uuid, integer, boolean, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.set_employee_approval(uuid, integer, boolean, numeric) to staff;
--! EndIncluded functions/invitations/set_employee_approval.sql

--! Included functions/invitations/confirm_employee_approval.sql
create or replace function public.confirm_employee_approval(proposal_id uuid, approve boolean, reason text default null)
returns public.employee_approval_proposals
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_proposal public.employee_approval_proposals;
  v_employee public.employees;
begin
  perform app_private.require_permission('roles.update');
  select e.* into v_employee from public.employees e
  join public.employee_approval_proposals p on p.employee_id = e.id
  where p.id = confirm_employee_approval.proposal_id
  for no key update of e;
  select * into v_proposal from public.employee_approval_proposals p
  where p.id = confirm_employee_approval.proposal_id for update;
  if not found then
    raise exception 'The proposal was not found. Check proposalId.'
      using errcode = 'OB003', column = 'proposal_id';
  end if;
  if (select auth.uid()) in (v_proposal.employee_id, v_proposal.proposed_by) then
    raise exception 'You cannot decide on your own rights or on your own proposal. Leave it to another admin.'
      using errcode = 'OB031';
  end if;
  -- Also when level 5 is taken away.
  if greatest(v_proposal.hierarchy_level, v_employee.hierarchy_level) = 5
    and not app_private.holds_role('super_admin') then
    raise exception 'Only a super admin may confirm level 5. Ask a super admin.' using errcode = 'OB002';
  end if;
  if v_proposal.status <> 'proposed' then
    raise exception 'This proposal has already been %. Make a new proposal if it is still needed.',
      replace(v_proposal.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if approve is null then
    raise exception 'Approve is required. Enter true or false.' using errcode = 'OB020', column = 'approve';
  end if;
  if approve and (not v_employee.is_active or v_employee.status = 'terminated') then
    raise exception 'This employee has left. Choose an employee who still works here.' using errcode = 'OB030';
  end if;
  update public.employee_approval_proposals p
  set status = case when approve then 'confirmed' else 'rejected' end, decided_by = (select auth.uid()),
    decided_at = now(), reason = case when not approve then app_private.required_reason(confirm_employee_approval.reason) end
  where p.id = v_proposal.id
  returning * into v_proposal;
  if approve then
    update public.employees e
    set hierarchy_level = v_proposal.hierarchy_level, can_approve_vendors = v_proposal.can_approve_vendors,
      approval_limit = v_proposal.approval_limit
    where e.id = v_proposal.employee_id;
    perform app_private.give_level_role(v_proposal);
    perform app_private.tell_approval(array[v_proposal.employee_id], 'employee', 'approval_decided', v_proposal);
  end if;
  perform app_private.tell_approval(
    array_remove(array[v_proposal.proposed_by], null), 'proposer', 'approval_decided', v_proposal);
  return v_proposal;
end
$$;
comment on function public.confirm_employee_approval(uuid, boolean, text) is
  'Puts a proposal of setEmployeeApproval into effect, or rejects it with a reason. An employee who may approve then gets the role of the level with the permissions for it: field officer, manager, director, or for levels 4 and 5 vice president. Needs the permission roles.update, and for level 5 the role super admin. No one can confirm their own rights or their own proposal. Raises OB001, OB002, OB003, OB020 (approve is missing), OB030 (already decided, replaced, or has left), OB031, OB036 (no reason).';
revoke all on function public.confirm_employee_approval(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.confirm_employee_approval(uuid, boolean, text) to staff;
--! EndIncluded functions/invitations/confirm_employee_approval.sql

--! Included functions/invitations/give_level_role.sql
create or replace function app_private.give_level_role(p_proposal public.employee_approval_proposals) returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.user_roles (user_id, role_id, department_id, assigned_by)
  select p_proposal.employee_id, r.id, r.department_id, (select auth.uid())
  from public.roles r
  where p_proposal.can_approve_vendors
    and r.code = (array['field_officer', 'manager', 'director', 'vice_president'])[least(p_proposal.hierarchy_level, 4)]
  on conflict (user_id, role_id) where status = 'active' do nothing
$$;
comment on function app_private.give_level_role(public.employee_approval_proposals) is
  'Gives an employee who may approve the role of the level, with the permissions for approving. It stays when the level changes: the level and the right decide.';
revoke all on function app_private.give_level_role(public.employee_approval_proposals) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/give_level_role.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.21', 'invitations', '2026-11-28', 'Invitations instead of user ids, leaving, and rights to approve that are proposed and confirmed');
