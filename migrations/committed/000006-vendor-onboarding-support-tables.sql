--! Previous: sha1:29008e60a51cfa0af6b87b49a066433e0136f7ed
--! Hash: sha1:1c0b60e7110549113ac0d6fc03b6f46f9f7252e1
--! Message: vendor-onboarding-support-tables

--! split: 010-onboarding-support.sql
-- What an applicant and the reviewers need on the way: completed steps, required documents and their
-- verification, and users who began with the quick sign-up and have not finished.

create table enums.onboarding_step_status (value text primary key, description text not null);
comment on table enums.onboarding_step_status is E'@enum\n@enumName OnboardingStepStatus\nState of a step.';
select app_private.publish_list('enums.onboarding_step_status');
insert into enums.onboarding_step_status values
  ('in_progress', 'In progress'), ('completed', 'Completed'), ('skipped', 'Skipped');

create table public.onboarding_steps (
  code text primary key constraint onboarding_steps_code_format check (code ~ '^[a-z][a-z_]*$'),
  signup_type text not null references enums.application_signup_type,
  title text not null,
  description text,
  display_order integer not null,
  is_required boolean not null default true,
  unique (signup_type, display_order)
);
alter table public.onboarding_steps enable row level security;
comment on table public.onboarding_steps is 'The steps of an application, in their order.';
comment on constraint onboarding_steps_code_format on public.onboarding_steps is
  'Code must have only small letters, with underscores between words.';
comment on column public.onboarding_steps.code is 'Short name of the step.';
comment on column public.onboarding_steps.signup_type is 'The way of signing up to which the step belongs.';
comment on column public.onboarding_steps.title is 'Title to display.';
comment on column public.onboarding_steps.description is 'What the applicant does in it.';
comment on column public.onboarding_steps.display_order is 'Position in the order, from 1.';
comment on column public.onboarding_steps.is_required is 'Whether the step cannot be skipped.';
create policy select_anon on public.onboarding_steps for select to anon using (true);
create policy select_signed_in on public.onboarding_steps for select to authenticated using (true);
create policy select_staff on public.onboarding_steps for select to staff using (true);
create policy update_staff on public.onboarding_steps for update to staff
  using ((select app_private.has_permission('settings.update')))
  with check ((select app_private.has_permission('settings.update')));
grant select on public.onboarding_steps to anon, authenticated, staff;
-- Withheld: what must be done before an application is submitted, because applications are under way.
grant update (title, description, display_order) on public.onboarding_steps to staff;
insert into public.onboarding_steps values
  ('category', 'quick', 'Kind of business', 'Choose what you offer', 1, true),
  ('social_account', 'quick', 'Google or Facebook', 'Sign in with your existing account', 2, false),
  ('mobile', 'quick', 'Mobile number', 'Confirm your number with a code', 3, true),
  ('business', 'detailed', 'Business', 'Name, kind and years in business', 1, true),
  ('address', 'detailed', 'Address', 'Where customers find you', 2, true),
  ('tax', 'detailed', 'Tax numbers', 'PAN, and GSTIN if you have one', 3, true),
  ('documents', 'detailed', 'Documents', 'What your kind of business needs', 4, true),
  ('services', 'detailed', 'Services', 'What you offer and at which price', 5, false),
  ('agreement', 'detailed', 'Agreement', 'Terms of partnership', 6, true);

create table public.onboarding_progress (
  application_id uuid not null references public.vendor_applications (id) on delete cascade,
  step_code text not null references public.onboarding_steps (code) on delete restrict,
  status text not null references enums.onboarding_step_status,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (application_id, step_code),
  constraint onboarding_progress_completed_with_time check ((status = 'completed') = (completed_at is not null))
);
alter table public.onboarding_progress enable row level security;
create index onboarding_progress_step_code_idx on public.onboarding_progress (step_code);
--! Included functions/onboarding/tg_onboarding_progress__completed_at.sql
create or replace function app_private.tg_onboarding_progress__completed_at() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  new.completed_at := case when new.status = 'completed' then coalesce(new.completed_at, now()) end;
  if new.status = 'skipped' and exists (
    select from public.onboarding_steps s where s.code = new.step_code and s.is_required
  ) then
    raise exception 'This step is required and cannot be skipped. Complete it.'
      using errcode = 'OB020', column = 'status';
  end if;
  return new;
end
$$;
comment on function app_private.tg_onboarding_progress__completed_at() is
  'Records when a step was completed and refuses to skip required steps.';
revoke all on function app_private.tg_onboarding_progress__completed_at() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/tg_onboarding_progress__completed_at.sql
select app_private.keep_timestamps('public.onboarding_progress');
create trigger _300_completed_at before insert or update of status on public.onboarding_progress
  for each row execute function app_private.tg_onboarding_progress__completed_at();
comment on table public.onboarding_progress is 'Progress of an application, step by step, as entered by its applicant.';
comment on constraint onboarding_progress_completed_with_time on public.onboarding_progress is
  'A completed step needs the time of completion, and any other step must not have it. Leave that time out.';
comment on column public.onboarding_progress.application_id is 'Application of the step.';
comment on column public.onboarding_progress.step_code is 'Step of the application.';
comment on column public.onboarding_progress.status is 'State of the step. A step without a row was not begun.';
comment on column public.onboarding_progress.completed_at is 'When it was completed; null until then.';
create policy select_own on public.onboarding_progress for select to authenticated
  using (exists (select from public.vendor_applications a where a.id = application_id));
create policy select_staff on public.onboarding_progress for select to staff
  using ((select app_private.has_permission('vendor_applications.read')));
create policy insert_own on public.onboarding_progress for insert to authenticated
  with check (application_id = any ((select app_private.my_editable_application_ids())::uuid[]));
create policy update_own on public.onboarding_progress for update to authenticated
  using (application_id = any ((select app_private.my_editable_application_ids())::uuid[]))
  with check (application_id = any ((select app_private.my_editable_application_ids())::uuid[]));
grant select on public.onboarding_progress to authenticated, staff;
grant insert (application_id, step_code, status), update (status)
  on public.onboarding_progress to authenticated;

create table public.vendor_document_requirements (
  id uuid primary key default gen_random_uuid(),
  category_id uuid references public.vendor_categories (id) on delete cascade,
  document_type text not null references enums.vendor_document_type,
  is_required boolean not null default true,
  description text,
  created_at timestamptz not null default now(),
  unique nulls not distinct (category_id, document_type)
);
alter table public.vendor_document_requirements enable row level security;
select app_private.keep_timestamps('public.vendor_document_requirements');
comment on table public.vendor_document_requirements is
  'Which documents an application needs, by its categories.';
comment on constraint vendor_document_requirements_category_id_document_type_key on public.vendor_document_requirements is
  'This category already requires a document of this type. Change that requirement instead.';
comment on column public.vendor_document_requirements.id is 'Identifies the requirement.';
comment on column public.vendor_document_requirements.category_id is 'Category that needs the document; null for all.';
comment on column public.vendor_document_requirements.document_type is 'Kind of document.';
comment on column public.vendor_document_requirements.is_required is 'Whether the document is required for approval.';
comment on column public.vendor_document_requirements.description is 'What to submit, to display.';
create policy select_anon on public.vendor_document_requirements for select to anon using (true);
create policy select_signed_in on public.vendor_document_requirements for select to authenticated using (true);
create policy select_staff on public.vendor_document_requirements for select to staff using (true);
create policy insert_staff on public.vendor_document_requirements for insert to staff
  with check ((select app_private.has_permission('settings.update')));
create policy update_staff on public.vendor_document_requirements for update to staff
  using ((select app_private.has_permission('settings.update')))
  with check ((select app_private.has_permission('settings.update')));
create policy delete_staff on public.vendor_document_requirements for delete to staff
  using ((select app_private.has_permission('settings.update')));
grant select on public.vendor_document_requirements to anon, authenticated, staff;
grant delete on public.vendor_document_requirements to staff;
grant insert (category_id, document_type, is_required, description), update (is_required, description)
  on public.vendor_document_requirements to staff;
insert into public.vendor_document_requirements (category_id, document_type, is_required, description)
select c.id, r.document_type, r.is_required, r.description
from (values
  (null, 'pan', true, 'PAN card of the business or its owner'),
  (null, 'registration', true, 'Registration of the business'),
  (null, 'gst', false, 'GST certificate, where the turnover requires one'),
  ('spa', 'license', true, 'Trade licence'),
  ('salon', 'license', true, 'Trade licence'),
  ('hotel_spa', 'license', true, 'Trade licence of the hotel'),
  ('hotel_spa', 'insurance', true, 'Liability insurance'),
  ('home_service', 'insurance', false, 'Liability insurance'),
  ('gym_fitness', 'insurance', true, 'Liability insurance'),
  ('ayurveda', 'license', true, 'Licence of the practitioner')
) r (category_code, document_type, is_required, description)
left join public.vendor_categories c on c.category_code = r.category_code
where r.category_code is null or c.id is not null;

create table public.vendor_application_documents (
  id uuid primary key default gen_random_uuid(),
  application_id uuid not null references public.vendor_applications (id) on delete cascade,
  document_type text not null references enums.vendor_document_type,
  document_name text not null,
  file_url text not null,
  file_type text,
  expiry_date date,
  verification_status text not null default 'pending' references enums.verification_status,
  verified_by uuid references public.user_profiles (id) on delete restrict,
  verified_at timestamptz,
  rejection_reason text,
  created_at timestamptz not null default now(),
  constraint vendor_application_documents_verdict_says_who check (
    (verification_status = 'pending') = (verified_by is null)
    and (verified_by is null) = (verified_at is null)),
  constraint vendor_application_documents_rejected_with_reason
    check ((verification_status = 'rejected') = (rejection_reason is not null))
);
alter table public.vendor_application_documents enable row level security;
create index vendor_application_documents_application_id_idx
  on public.vendor_application_documents (application_id, document_type);
create index vendor_application_documents_verified_by_idx
  on public.vendor_application_documents (verified_by);
create trigger _800_audit after insert or update or delete on public.vendor_application_documents
  for each row execute function app_private.tg__audit('id');
insert into app_private.audit_redactions values ('vendor_application_documents', 'file_url');
comment on table public.vendor_application_documents is
  'Documents of an application, whether they were verified, by whom and when.';
comment on constraint vendor_application_documents_rejected_with_reason on public.vendor_application_documents is
  'A rejected document needs a reason, and any other must not have one. Correct the reason.';
comment on column public.vendor_application_documents.id is 'Identifies the document.';
comment on column public.vendor_application_documents.application_id is 'Application of the document.';
comment on column public.vendor_application_documents.document_type is 'Kind of document.';
comment on column public.vendor_application_documents.document_name is 'Name of the file, to display.';
comment on column public.vendor_application_documents.file_url is 'URL of the file.';
comment on column public.vendor_application_documents.file_type is 'Media type of the file.';
comment on column public.vendor_application_documents.expiry_date is 'Last day on which the document is valid; null when it does not expire.';
comment on column public.vendor_application_documents.verification_status is 'State of the verification.';
comment on column public.vendor_application_documents.verified_by is 'User who decided; null until then.';
comment on column public.vendor_application_documents.verified_at is 'When it was decided; null until then.';
comment on column public.vendor_application_documents.rejection_reason is 'Why it was rejected; null unless it was.';
comment on column public.vendor_application_documents.created_at is 'When it was submitted.';
create policy select_own on public.vendor_application_documents for select to authenticated
  using (exists (select from public.vendor_applications a where a.id = application_id));
create policy select_staff on public.vendor_application_documents for select to staff
  using ((select app_private.has_permission('vendor_documents.read')));
create policy insert_own on public.vendor_application_documents for insert to authenticated
  with check (application_id = any ((select app_private.my_editable_application_ids())::uuid[]));
create policy delete_own on public.vendor_application_documents for delete to authenticated
  using (application_id = any ((select app_private.my_editable_application_ids())::uuid[])
    and verification_status <> 'verified');
grant select on public.vendor_application_documents to authenticated, staff;
grant delete on public.vendor_application_documents to authenticated;
grant insert (application_id, document_type, document_name, file_url, file_type, expiry_date)
  on public.vendor_application_documents to authenticated;

--! Included functions/onboarding/verify_application_document.sql
create or replace function public.verify_application_document(
  document_id uuid, is_right boolean, reason text default null
) returns public.vendor_application_documents
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_document public.vendor_application_documents;
begin
  perform app_private.require_permission('vendor_documents.approve');
  select d.* into v_document from public.vendor_application_documents d
    where d.id = verify_application_document.document_id for update;
  if not found then
    raise exception 'The document was not found. Check the id.' using errcode = 'OB003';
  end if;
  if exists (
    select from public.vendor_applications a
    where a.id = v_document.application_id and a.user_id = (select auth.uid())
  ) then
    raise exception 'You cannot verify your own documents. Leave it to someone else.' using errcode = 'OB031';
  end if;
  if verify_application_document.is_right is null then
    raise exception 'isRight is required. Enter true or false.' using errcode = 'OB020', column = 'is_right';
  end if;
  update public.vendor_application_documents d
  set verification_status = case when verify_application_document.is_right then 'verified' else 'rejected' end,
    verified_by = (select auth.uid()),
    verified_at = now(),
    rejection_reason = case when not verify_application_document.is_right
      then app_private.required_reason(verify_application_document.reason) end
  where d.id = v_document.id
  returning * into v_document;
  return v_document;
end
$$;
comment on function public.verify_application_document(uuid, boolean, text) is
  'Verifies or rejects a document of an application; a rejection needs a reason. Needs the permission to approve documents of vendors. Raises OB001, OB002, OB003, OB020 (no decision), OB031 (your own application), OB036 (no reason).';
revoke all on function public.verify_application_document(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.verify_application_document(uuid, boolean, text) to staff;
--! EndIncluded functions/onboarding/verify_application_document.sql

--! Included functions/onboarding/required_documents.sql
create or replace function app_private.required_documents(p_application_id uuid) returns setof text
language sql stable security definer set search_path = '' as $$
  select distinct r.document_type
  from public.vendor_document_requirements r
  where r.is_required
    and (r.category_id is null or r.category_id in (
      select c.category_id from public.vendor_application_categories c
      where c.application_id = p_application_id))
$$;
comment on function app_private.required_documents(uuid) is
  'Documents that are required for the approval of this application, by its categories.';
revoke all on function app_private.required_documents(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/required_documents.sql

--! Included functions/onboarding/vendor_applications_missing_documents.sql
create or replace function public.vendor_applications_missing_documents(application public.vendor_applications)
returns text[]
language sql stable security definer set search_path = '' as $$
  select array(
    select d from app_private.required_documents(application.id) d
    where not exists (
      select from public.vendor_application_documents p
      where p.application_id = application.id and p.document_type = d
        and p.verification_status = 'verified'
        and coalesce(p.expiry_date >= app_private.today(), true)
    )
    order by d
  )
$$;
comment on function public.vendor_applications_missing_documents(public.vendor_applications) is
  'Required documents that are missing, not verified yet or expired, and so prevent the approval of the application.';
revoke all on function public.vendor_applications_missing_documents(public.vendor_applications) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendor_applications_missing_documents(public.vendor_applications) to authenticated, staff;
--! EndIncluded functions/onboarding/vendor_applications_missing_documents.sql

--! Included functions/onboarding/check_application_complete.sql
create or replace function app_private.check_application_complete(
  p_application public.vendor_applications
) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_missing text[] := public.vendor_applications_missing_documents(p_application);
begin
  if app_private.application_fee(p_application) > 0 and not p_application.franchise_fee_paid then
    raise exception 'The franchise fee of this application is not recorded as paid. Record the payment first.'
      using errcode = 'OB035';
  end if;
  if cardinality(v_missing) > 0 then
    raise exception 'These documents are missing or not verified yet: %. Attach and verify them first.',
      replace(array_to_string(v_missing, ', '), '_', ' ')
      using errcode = 'OB034';
  end if;
end
$$;
comment on function app_private.check_application_complete(public.vendor_applications) is
  'Whether the last approval is possible. Raises OB034 (document not verified), OB035 (fee not recorded).';
revoke all on function app_private.check_application_complete(public.vendor_applications) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/check_application_complete.sql

--! Included functions/onboarding/tg_vendor_approval_history__documents.sql
create or replace function app_private.tg_vendor_approval_history__documents() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  new.documents_verified := coalesce((
    select jsonb_object_agg(d.document_type, d.verification_status order by d.created_at)
    from public.vendor_application_documents d where d.application_id = new.application_id
  ), '{}');
  return new;
end
$$;
comment on function app_private.tg_vendor_approval_history__documents() is
  'Records with each act the state of the documents at that time.';
revoke all on function app_private.tg_vendor_approval_history__documents() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/tg_vendor_approval_history__documents.sql
create trigger _300_documents before insert on public.vendor_approval_history
  for each row execute function app_private.tg_vendor_approval_history__documents();

create table public.quick_signup_profiles (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null unique default auth.uid()
    references public.user_profiles (id) on delete cascade,
  category_id uuid references public.vendor_categories (id) on delete set null,
  partner_type text not null default 'INDEPENDENT'
    references public.partner_types (type_code) on delete restrict,
  mobile public.mobile_number not null,
  mobile_verified boolean not null default false,
  completed_at timestamptz,
  completion_reminder_count integer not null default 0 check (completion_reminder_count >= 0),
  last_reminder_sent_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.quick_signup_profiles enable row level security;
create index quick_signup_profiles_category_id_idx on public.quick_signup_profiles (category_id);
create index quick_signup_profiles_partner_type_idx on public.quick_signup_profiles (partner_type);
-- Quick sign-ups to remind.
create index quick_signup_profiles_open_idx on public.quick_signup_profiles (created_at)
  where completed_at is null;
select app_private.keep_timestamps('public.quick_signup_profiles');
create trigger _200_partner_type before insert or update of partner_type
  on public.quick_signup_profiles
  for each row execute function app_private.tg__partner_type();
comment on table public.quick_signup_profiles is
  'Users who began with the quick sign-up. They are reminded until they have submitted an application.';
comment on constraint quick_signup_profiles_user_id_key on public.quick_signup_profiles is
  'This person already has a quick sign-up. Continue with it.';
comment on column public.quick_signup_profiles.id is 'Identifies the profile.';
comment on column public.quick_signup_profiles.user_id is 'User who signed up.';
comment on column public.quick_signup_profiles.category_id is 'Category of business that the user chose; null until then.';
comment on column public.quick_signup_profiles.partner_type is 'Partner type that the user chose.';
comment on column public.quick_signup_profiles.mobile is 'Mobile number that the user entered.';
comment on column public.quick_signup_profiles.mobile_verified is 'Whether the number was verified with a code.';
comment on column public.quick_signup_profiles.completed_at is 'When the user submitted an application; null until then.';
comment on column public.quick_signup_profiles.completion_reminder_count is 'How many reminders were sent.';
comment on column public.quick_signup_profiles.last_reminder_sent_at is 'When the last reminder was sent; null before the first.';
create policy select_own on public.quick_signup_profiles for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_staff on public.quick_signup_profiles for select to staff
  using ((select app_private.has_permission('vendor_applications.read')));
create policy insert_own on public.quick_signup_profiles for insert to authenticated
  with check (user_id = (select auth.uid()));
create policy update_own on public.quick_signup_profiles for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
grant select on public.quick_signup_profiles to authenticated, staff;
-- Withheld: verification, completion and reminders.
grant insert (category_id, partner_type, mobile), update (category_id, partner_type)
  on public.quick_signup_profiles to authenticated;

--! Included functions/onboarding/tg_vendor_applications__complete_quick_signup.sql
create or replace function app_private.tg_vendor_applications__complete_quick_signup() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  update public.quick_signup_profiles q set completed_at = now()
  where q.user_id = new.user_id and q.completed_at is null;
  return null;
end
$$;
comment on function app_private.tg_vendor_applications__complete_quick_signup() is
  'Ends the reminders of a user who has submitted an application.';
revoke all on function app_private.tg_vendor_applications__complete_quick_signup() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/tg_vendor_applications__complete_quick_signup.sql
create trigger _500_complete_quick_signup after update of status on public.vendor_applications
  for each row when (old.status = 'pending' and new.status <> 'pending')
  execute function app_private.tg_vendor_applications__complete_quick_signup();

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('onboarding.reminder_days', 'onboarding', '[1, 3, 7]', 'integer_list', 1, 365, false,
    'Days after the quick sign-up on which the user is reminded');

--! Included functions/onboarding/quick_signups_to_remind.sql
create or replace function app_private.quick_signups_to_remind() returns setof public.quick_signup_profiles
language sql stable security definer set search_path = '' as $$
  select q.*
  from public.quick_signup_profiles q
  where q.completed_at is null
    and q.created_at + (app_private.setting('onboarding.reminder_days')
      ->> q.completion_reminder_count)::integer * interval '1 day' <= now()
$$;
comment on function app_private.quick_signups_to_remind() is
  'Quick sign-ups whose next reminder is due.';
revoke all on function app_private.quick_signups_to_remind() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.quick_signups_to_remind() to ombaro_worker;
--! EndIncluded functions/onboarding/quick_signups_to_remind.sql

-- After the default data, which is not audited.
create trigger _800_audit after insert or update or delete on public.vendor_document_requirements
  for each row execute function app_private.tg__audit('id');

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.4', 'vendor-onboarding-support-tables', '2025-10-07', 'Onboarding workflow: steps, documents, quick sign-up');
