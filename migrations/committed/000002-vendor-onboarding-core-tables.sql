--! Previous: sha1:4afd744e3b0da28463e4dbaa07684836fd580186
--! Hash: sha1:026a7e4c19d88b8cb7a9b5b25726b1e66ec52f90
--! Message: vendor-onboarding-core-tables

--! split: 010-partner-types.sql
-- The nine migrations of the guide are first released together, on tables without rows.
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, require-concurrent-index-creation
-- Vendor onboarding: the terms on which a business joins, who may decide on it, and the steps of an
-- application from its applicant to a vendor with an account. Every step is a function that checks, does and
-- records; no client writes a status.

create table public.partner_types (
  id uuid primary key default gen_random_uuid(),
  type_code text not null unique constraint partner_types_code_format check (type_code ~ '^[A-Z]+$'),
  type_name text not null,
  description text,
  commission_rate numeric(5, 2) not null default 0,
  requires_franchise_fee boolean not null default false,
  franchise_fee_amount numeric(12, 2),
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  constraint partner_types_fee_where_required
    check (requires_franchise_fee = (franchise_fee_amount is not null) and franchise_fee_amount > 0)
);
alter table public.partner_types enable row level security;
select app_private.keep_timestamps('public.partner_types');
select app_private.limit_numbers('public.partner_types', '{
  "commission_rate": "rate", "franchise_fee_amount": "total"
}');
comment on table public.partner_types is
  'Terms on which a business joins: the commission that it pays and the fee that it owes. A vendor keeps the rate with which it was approved.';
comment on constraint partner_types_code_format on public.partner_types is
  'Type code must have only capital letters.';
comment on constraint partner_types_fee_where_required on public.partner_types is
  'A partner type with a franchise fee needs an amount greater than 0, and any other must not have one. Correct the amount.';
comment on column public.partner_types.id is 'Identifies the partner type.';
comment on column public.partner_types.type_code is 'Short name in capitals, such as FRANCHISE, to which applications refer.';
comment on column public.partner_types.type_name is 'Name to display.';
comment on column public.partner_types.description is 'What the partner type means for the business, to display beside the choice.';
comment on column public.partner_types.commission_rate is 'Percentage of the amount before tax that the platform keeps of each completed booking.';
comment on column public.partner_types.requires_franchise_fee is 'Whether a fee must be recorded before the last approval.';
comment on column public.partner_types.franchise_fee_amount is 'Franchise fee in rupees; null when none is owed.';
comment on column public.partner_types.is_active is 'Whether new applications can choose it.';
create policy select_anon on public.partner_types for select to anon using (is_active);
create policy select_signed_in on public.partner_types for select to authenticated using (true);
create policy select_staff on public.partner_types for select to staff using (true);
create policy update_staff on public.partner_types for update to staff
  using ((select app_private.has_permission('settings.update')))
  with check ((select app_private.has_permission('settings.update')));
grant select on public.partner_types to anon, authenticated, staff;
grant update (type_name, description, commission_rate, is_active) on public.partner_types to staff;

insert into public.partner_types
  (type_code, type_name, description, commission_rate, requires_franchise_fee, franchise_fee_amount)
values
  ('FRANCHISE', 'Franchise', 'Runs under the OMBARO name', 15, true, 500000),
  ('ASSOCIATION', 'Association', 'Member of an association that works with OMBARO', 20, false, null),
  ('AGGREGATOR', 'Aggregator', 'Brings several businesses', 25, false, null),
  ('INDEPENDENT', 'Independent', 'A business of its own', 30, false, null);

-- Rows from before this migration were independent businesses.
alter table public.vendor_applications
  add column partner_type text not null default 'INDEPENDENT'
    references public.partner_types (type_code) on delete restrict,
  add column franchise_fee_paid boolean not null default false,
  add column franchise_payment_reference text,
  add column franchise_agreement_signed boolean not null default false,
  add constraint vendor_applications_fee_with_reference
    check (franchise_fee_paid = (franchise_payment_reference is not null));
create index vendor_applications_partner_type_idx on public.vendor_applications (partner_type);
comment on column public.vendor_applications.partner_type is 'Partner type that the business applies for.';
comment on column public.vendor_applications.franchise_fee_paid is 'Whether receipt of the franchise fee is recorded.';
comment on column public.vendor_applications.franchise_payment_reference is 'Reference of that payment; null until it is received.';
comment on column public.vendor_applications.franchise_agreement_signed is 'Whether the applicant has signed the franchise agreement.';
grant insert (partner_type, franchise_agreement_signed), update (partner_type, franchise_agreement_signed)
  on public.vendor_applications to authenticated;

--! Included functions/onboarding/tg__partner_type.sql
create or replace function app_private.tg__partner_type() returns trigger
language plpgsql stable security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' and new.partner_type = old.partner_type then
    return new;
  end if;
  if not exists (
    select from public.partner_types t where t.type_code = new.partner_type and t.is_active
  ) then
    raise exception 'The partner type % is not offered. Choose another partner type.', new.partner_type
      using errcode = 'OB020', column = 'partner_type';
  end if;
  return new;
end
$$;
comment on function app_private.tg__partner_type() is
  'Refuses a partner type that is not, or no longer, offered.';
revoke all on function app_private.tg__partner_type() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/tg__partner_type.sql
create trigger _200_partner_type before insert or update of partner_type on public.vendor_applications
  for each row execute function app_private.tg__partner_type();

--! Included functions/onboarding/tg_vendor_applications__terms_are_final.sql
-- The lower levels approved it on these terms and within their limits.
create or replace function app_private.tg_vendor_applications__terms_are_final() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  raise exception 'The terms of a submitted application cannot be changed. Open a new application for other terms.'
    using errcode = 'OB030';
end
$$;
comment on function app_private.tg_vendor_applications__terms_are_final() is
  'Refuses another partner type for an application that was submitted.';
revoke all on function app_private.tg_vendor_applications__terms_are_final() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/tg_vendor_applications__terms_are_final.sql
create trigger _210_terms_are_final before update of partner_type on public.vendor_applications
  for each row when (new.partner_type <> old.partner_type and old.status <> 'pending')
  execute function app_private.tg_vendor_applications__terms_are_final();

alter table public.vendor_private_details
  add column partner_type text
    references public.partner_types (type_code) on delete restrict;
create index vendor_private_details_partner_type_idx on public.vendor_private_details (partner_type);
comment on column public.vendor_private_details.partner_type is
  'Partner type of the vendor; null for vendors that joined before there were any.';

-- After the default data, which is not audited.
create trigger _800_audit after insert or update or delete on public.partner_types
  for each row execute function app_private.tg__audit('id');

--! split: 020-approval.sql
-- Who decides when. The stages are rows: operators can see them, and the functions read them.

create table public.vendor_approval_stages (
  status text primary key references enums.vendor_application_status,
  stage integer not null unique constraint vendor_approval_stages_range check (stage between 1 and 5),
  minimum_level integer not null check (minimum_level between 1 and 5),
  maximum_level integer not null check (maximum_level between 1 and 5),
  constraint vendor_approval_stages_levels check (minimum_level <= maximum_level)
);
alter table public.vendor_approval_stages enable row level security;
comment on table public.vendor_approval_stages is
  'Stages of the review of an application in their order, and the employee levels that act on each. Approval of the last stage creates a vendor.';
comment on column public.vendor_approval_stages.status is 'Status of an application that waits at this stage.';
comment on column public.vendor_approval_stages.stage is 'Position in the order, from 1.';
comment on column public.vendor_approval_stages.minimum_level is 'Lowest level of an employee who acts at this stage.';
comment on column public.vendor_approval_stages.maximum_level is 'Highest level of an employee who acts at this stage.';
create policy select_signed_in on public.vendor_approval_stages for select to authenticated using (true);
create policy select_staff on public.vendor_approval_stages for select to staff using (true);
grant select on public.vendor_approval_stages to authenticated, staff;
insert into public.vendor_approval_stages values
  ('fo_review', 1, 1, 1), ('manager_review', 2, 2, 2), ('director_review', 3, 3, 3),
  ('admin_review', 4, 4, 5);

create table enums.approval_action (value text primary key, description text not null);
comment on table enums.approval_action is E'@enum\n@enumName ApprovalAction\nWhat was done to an application.';
select app_private.publish_list('enums.approval_action');
insert into enums.approval_action values
  ('submitted', 'Submitted by the applicant'), ('approved', 'Moved to the next level or approved'), ('rejected', 'Rejected permanently'),
  ('on_hold', 'Put on hold'), ('resumed', 'Resumed'), ('info_requested', 'More information was requested'),
  ('info_provided', 'The applicant answered a request for information');

create table public.vendor_approval_history (
  id uuid primary key default gen_random_uuid(),
  application_id uuid not null references public.vendor_applications (id) on delete cascade,
  acted_by uuid not null references public.user_profiles (id) on delete restrict,
  approved_by uuid references public.employees (id) on delete restrict,
  approval_stage integer not null check (approval_stage between 0 and 5),
  action text not null references enums.approval_action,
  comments text,
  documents_verified jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint vendor_approval_history_applicants_acts
    check ((action in ('submitted', 'info_provided')) = (approved_by is null)),
  constraint vendor_approval_history_reason
    check (action not in ('rejected', 'info_requested') or coalesce(comments, '') ~ '\S')
);
alter table public.vendor_approval_history enable row level security;
create index vendor_approval_history_application_id_idx
  on public.vendor_approval_history (application_id, created_at);
create index vendor_approval_history_acted_by_idx on public.vendor_approval_history (acted_by);
create index vendor_approval_history_approved_by_idx on public.vendor_approval_history (approved_by);
comment on table public.vendor_approval_history is
  'Every act on an application: user, stage and reason. Written only by the acts themselves.';
comment on constraint vendor_approval_history_reason on public.vendor_approval_history is
  'A rejection or a request for information needs comments. Enter them.';
comment on column public.vendor_approval_history.id is 'Identifies the act.';
comment on column public.vendor_approval_history.application_id is 'Application of the act.';
comment on column public.vendor_approval_history.acted_by is 'User who acted, applicant or employee.';
comment on column public.vendor_approval_history.approved_by is 'Employee who acted; null for acts of the applicant.';
comment on column public.vendor_approval_history.approval_stage is 'Stage at which it happened; 0 before the first.';
comment on column public.vendor_approval_history.action is 'What was done.';
comment on column public.vendor_approval_history.comments is 'Reason, which the applicant can read; always given for rejections and requests for information.';
comment on column public.vendor_approval_history.documents_verified is 'Documents and their state at that time, such as {"gst": "verified"}.';
comment on column public.vendor_approval_history.created_at is 'When it was done.';
create policy select_own on public.vendor_approval_history for select to authenticated
  using (exists (select from public.vendor_applications a where a.id = application_id));
create policy select_staff on public.vendor_approval_history for select to staff
  using ((select app_private.has_permission('vendor_applications.read')));
grant select on public.vendor_approval_history to authenticated, staff;

--! Included functions/onboarding/application_fee.sql
create or replace function app_private.application_fee(p_application public.vendor_applications) returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce(t.franchise_fee_amount, 0)
  from public.partner_types t where t.type_code = p_application.partner_type
$$;
comment on function app_private.application_fee(public.vendor_applications) is
  'Rupees that the applicant owes before the last approval: the franchise fee, or 0.';
revoke all on function app_private.application_fee(public.vendor_applications) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/application_fee.sql

create function app_private.check_application_complete(p_application public.vendor_applications)
returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if app_private.application_fee(p_application) > 0 and not p_application.franchise_fee_paid then
    raise exception 'The franchise fee of this application is not recorded as paid. Record the payment first.'
      using errcode = 'OB035';
  end if;
end
$$;
comment on function app_private.check_application_complete(public.vendor_applications) is
  'Whether the last approval is possible. Raises OB035 (fee not recorded).';

--! Included functions/onboarding/reviewed_application.sql
-- The signed-in employee must be allowed to act on the application now. Locks the application: of two who act
-- at once the second waits here and then finds it moved on.
create or replace function app_private.reviewed_application(p_application_id uuid)
returns public.vendor_applications
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_employee public.employees;
  v_application public.vendor_applications;
  v_stage public.vendor_approval_stages;
begin
  perform app_private.require_permission('vendor_applications.approve');
  select * into v_employee from public.employees e
    where e.id = (select auth.uid()) and e.is_active and e.status = 'active';
  if not found or not v_employee.can_approve_vendors then
    raise exception 'You do not have the right to decide on applications. Ask HR for the right to approve vendors.'
      using errcode = 'OB002';
  end if;
  select * into v_application from public.vendor_applications a
    where a.id = p_application_id for update;
  if not found then
    raise exception 'The application was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_application.user_id = (select auth.uid()) then
    raise exception 'You cannot decide on your own application. Leave it to someone else.' using errcode = 'OB031';
  end if;
  -- A paused application waits at the stage at which it was paused.
  select * into v_stage from public.vendor_approval_stages s
    where s.status = v_application.status
      or (v_application.status in ('on_hold', 'additional_info_required')
        and s.stage = v_application.current_approval_stage);
  if not found then
    raise exception 'This application is not under review: its status is "%". Reload it.',
      replace(v_application.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if v_employee.hierarchy_level not between v_stage.minimum_level and v_stage.maximum_level then
    raise exception 'This application waits for another level: its status is "%". Leave it to that level.',
      replace(v_stage.status, '_', ' ')
      using errcode = 'OB032';
  end if;
  return v_application;
end
$$;
comment on function app_private.reviewed_application(uuid) is
  'Locks and returns an application on which the signed-in employee may act at its stage. Raises OB001, OB002, OB003, OB030 (not under review), OB031 (own application), OB032 (other level).';
revoke all on function app_private.reviewed_application(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/reviewed_application.sql

--! Included functions/onboarding/record_application_act.sql
create or replace function app_private.record_application_act(
  p_application public.vendor_applications, p_status text, p_action text, p_comments text
) returns public.vendor_applications
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_application public.vendor_applications;
  v_is_applicant boolean := p_action in ('submitted', 'info_provided');
begin
  update public.vendor_applications a
  set status = p_status,
    current_approval_stage = coalesce(
      (select s.stage from public.vendor_approval_stages s where s.status = p_status),
      a.current_approval_stage),
    applied_date = case when p_action = 'submitted' then now() else a.applied_date end,
    reviewed_by = case when v_is_applicant then a.reviewed_by else (select auth.uid()) end,
    reviewed_at = case when v_is_applicant then a.reviewed_at else now() end,
    review_notes = case when v_is_applicant then a.review_notes else p_comments end,
    rejection_reason = case when p_action = 'rejected' then p_comments end
  where a.id = p_application.id
  returning * into v_application;
  insert into public.vendor_approval_history
    (application_id, acted_by, approved_by, approval_stage, action, comments)
  values (
    p_application.id, (select auth.uid()),
    case when not v_is_applicant then (select auth.uid()) end,
    case when p_action = 'submitted' then 0 else p_application.current_approval_stage end,
    p_action, p_comments
  );
  return v_application;
end
$$;
comment on function app_private.record_application_act(public.vendor_applications, text, text, text) is
  'Moves an application and writes its history in one step.';
revoke all on function app_private.record_application_act(public.vendor_applications, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/record_application_act.sql

--! Included functions/onboarding/own_application.sql
create or replace function app_private.own_application(p_application_id uuid, p_status text)
returns public.vendor_applications
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_application public.vendor_applications;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_application from public.vendor_applications a
    where a.id = p_application_id and a.user_id = (select auth.uid()) for update;
  if not found then
    raise exception 'You have no application with this id. Check the id.' using errcode = 'OB003';
  end if;
  if v_application.status <> p_status then
    raise exception 'This cannot be done while the status of your application is "%". Reload it.',
      replace(v_application.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  return v_application;
end
$$;
comment on function app_private.own_application(uuid, text) is
  'Locks and returns the signed-in applicant''s application in this status. Raises OB001, OB003, OB030.';
revoke all on function app_private.own_application(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/own_application.sql

--! Included functions/onboarding/required_reason.sql
create or replace function app_private.required_reason(p_reason text, p_name text default 'reason') returns text
language plpgsql immutable set search_path = '' as $$
begin
  if coalesce(p_reason, '') !~ '\S' then
    raise exception '% must not be empty. Enter some text.', initcap(p_name) using errcode = 'OB036', column = p_name;
  end if;
  return btrim(p_reason, E' \t\r\n');
end
$$;
comment on function app_private.required_reason(text, text) is
  'The reason, or the text of the argument of the given name, trimmed. Raises OB036, which names the argument, where there is none.';
revoke all on function app_private.required_reason(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/required_reason.sql

--! Included functions/onboarding/submit_vendor_application.sql
create or replace function public.submit_vendor_application(application_id uuid) returns public.vendor_applications
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_application public.vendor_applications :=
    app_private.own_application(submit_vendor_application.application_id, 'pending');
begin
  if v_application.years_in_business is null then
    raise exception 'The years in business are missing. Enter how many years the business has been running.'
      using errcode = 'OB037';
  end if;
  if v_application.pan_number is null then
    raise exception 'The PAN of the business is missing. Enter it first.' using errcode = 'OB037';
  end if;
  return app_private.record_application_act(v_application, 'fo_review', 'submitted', null);
end
$$;
comment on function public.submit_vendor_application(uuid) is
  'Submits the application of the signed-in user: it goes to a field officer and can no longer be edited. Raises OB001, OB003, OB030 (already submitted), OB037 (incomplete).';
revoke all on function public.submit_vendor_application(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.submit_vendor_application(uuid) to authenticated;
--! EndIncluded functions/onboarding/submit_vendor_application.sql

--! Included functions/onboarding/approve_vendor_application.sql
create or replace function public.approve_vendor_application(application_id uuid, comments text default null)
returns public.vendor_applications
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_application public.vendor_applications :=
    app_private.reviewed_application(approve_vendor_application.application_id);
  v_next text;
begin
  if v_application.status in ('on_hold', 'additional_info_required') then
    raise exception 'This application cannot be approved while its status is "%". Wait for the answer, or resume it first.',
      replace(v_application.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if app_private.application_fee(v_application) >
    (select coalesce(e.approval_limit, 0) from public.employees e where e.id = (select auth.uid()))
  then
    raise exception 'The franchise fee of this application is above your approval limit. Ask someone with a higher limit.'
      using errcode = 'OB033';
  end if;
  select s.status into v_next from public.vendor_approval_stages s
    where s.stage = v_application.current_approval_stage + 1;
  if found then
    return app_private.record_application_act(
      v_application, v_next, 'approved', approve_vendor_application.comments);
  end if;
  perform app_private.check_application_complete(v_application);
  v_application := app_private.record_application_act(
    v_application, 'approved', 'approved', approve_vendor_application.comments);
  perform app_private.make_vendor(v_application);
  return v_application;
end
$$;
comment on function public.approve_vendor_application(uuid, text) is
  'Moves an application to the next level. At the last level it creates the vendor and gives the applicant the role in the same transaction. Raises OB001, OB002, OB003, OB030 (not under review, or paused), OB031 (your own application), OB032 (another level decides), OB033 (above your limit), OB034 (document not verified), OB035 (fee not recorded).';
revoke all on function public.approve_vendor_application(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.approve_vendor_application(uuid, text) to staff;
--! EndIncluded functions/onboarding/approve_vendor_application.sql

--! Included functions/onboarding/reject_vendor_application.sql
create or replace function public.reject_vendor_application(application_id uuid, reason text)
returns public.vendor_applications
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_application public.vendor_applications :=
    app_private.reviewed_application(reject_vendor_application.application_id);
begin
  return app_private.record_application_act(v_application, 'rejected', 'rejected',
    app_private.required_reason(reject_vendor_application.reason));
end
$$;
comment on function public.reject_vendor_application(uuid, text) is
  'Rejects an application permanently, with a reason. Raises OB001, OB002, OB003, OB030, OB031, OB032, OB036 (no reason).';
revoke all on function public.reject_vendor_application(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.reject_vendor_application(uuid, text) to staff;
--! EndIncluded functions/onboarding/reject_vendor_application.sql

--! Included functions/onboarding/request_application_information.sql
create or replace function public.request_application_information(application_id uuid, question text)
returns public.vendor_applications
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_application public.vendor_applications :=
    app_private.reviewed_application(request_application_information.application_id);
begin
  if v_application.status = 'additional_info_required' then
    raise exception 'More information has already been requested. Wait for the answer of the applicant.'
      using errcode = 'OB030';
  end if;
  return app_private.record_application_act(v_application, 'additional_info_required',
    'info_requested', app_private.required_reason(request_application_information.question, 'question'));
end
$$;
comment on function public.request_application_information(uuid, text) is
  'Pauses an application until the applicant has answered a question. Raises OB001, OB002, OB003, OB030, OB031, OB032, OB036 (no question).';
revoke all on function public.request_application_information(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.request_application_information(uuid, text) to staff;
--! EndIncluded functions/onboarding/request_application_information.sql

--! Included functions/onboarding/provide_application_information.sql
create or replace function public.provide_application_information(application_id uuid, answer text)
returns public.vendor_applications
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_application public.vendor_applications := app_private.own_application(
    provide_application_information.application_id, 'additional_info_required');
begin
  return app_private.record_application_act(
    v_application,
    (select s.status from public.vendor_approval_stages s
      where s.stage = v_application.current_approval_stage),
    'info_provided',
    app_private.required_reason(provide_application_information.answer, 'answer'));
end
$$;
comment on function public.provide_application_information(uuid, text) is
  'Answers the question of a reviewer. The application returns to the stage that asked. Raises OB001, OB003, OB030, OB036 (no answer).';
revoke all on function public.provide_application_information(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.provide_application_information(uuid, text) to authenticated;
--! EndIncluded functions/onboarding/provide_application_information.sql

--! Included functions/onboarding/hold_vendor_application.sql
create or replace function public.hold_vendor_application(application_id uuid, reason text)
returns public.vendor_applications
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_application public.vendor_applications :=
    app_private.reviewed_application(hold_vendor_application.application_id);
begin
  if v_application.status = 'on_hold' then
    raise exception 'This application is already on hold. Resume it to continue.' using errcode = 'OB030';
  end if;
  return app_private.record_application_act(v_application, 'on_hold', 'on_hold',
    app_private.required_reason(hold_vendor_application.reason));
end
$$;
comment on function public.hold_vendor_application(uuid, text) is
  'Puts an application on hold at its stage. Raises OB001, OB002, OB003, OB030, OB031, OB032, OB036 (no reason).';
revoke all on function public.hold_vendor_application(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.hold_vendor_application(uuid, text) to staff;
--! EndIncluded functions/onboarding/hold_vendor_application.sql

--! Included functions/onboarding/resume_vendor_application.sql
create or replace function public.resume_vendor_application(application_id uuid, comments text default null)
returns public.vendor_applications
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_application public.vendor_applications :=
    app_private.reviewed_application(resume_vendor_application.application_id);
begin
  if v_application.status <> 'on_hold' then
    raise exception 'This application is not on hold, so it cannot be resumed. Reload it.' using errcode = 'OB030';
  end if;
  return app_private.record_application_act(
    v_application,
    (select s.status from public.vendor_approval_stages s
      where s.stage = v_application.current_approval_stage),
    'resumed', resume_vendor_application.comments);
end
$$;
comment on function public.resume_vendor_application(uuid, text) is
  'Resumes an application that is on hold, at the same stage. Raises OB001, OB002, OB003, OB030, OB031, OB032.';
revoke all on function public.resume_vendor_application(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.resume_vendor_application(uuid, text) to staff;
--! EndIncluded functions/onboarding/resume_vendor_application.sql

--! Included functions/onboarding/record_franchise_fee.sql
create or replace function public.record_franchise_fee(application_id uuid, reference text)
returns public.vendor_applications
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_application public.vendor_applications;
begin
  perform app_private.require_permission('payments.approve');
  select * into v_application from public.vendor_applications a
    where a.id = record_franchise_fee.application_id for update;
  if not found then
    raise exception 'The application was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_application.user_id = (select auth.uid()) then
    raise exception 'You cannot record the fee of your own application. Leave it to someone else.'
      using errcode = 'OB031';
  end if;
  if app_private.application_fee(v_application) = 0 or v_application.franchise_fee_paid then
    raise exception 'This application has no franchise fee, so no payment can be recorded. Continue with the approval.' using errcode = 'OB030';
  end if;
  update public.vendor_applications a
  set franchise_fee_paid = true,
    franchise_payment_reference = app_private.required_reason(record_franchise_fee.reference, 'reference')
  where a.id = v_application.id
  returning * into v_application;
  return v_application;
end
$$;
comment on function public.record_franchise_fee(uuid, text) is
  'Records that the franchise fee was received, with the reference of the payment. Needs the permission payments.approve. Raises OB001, OB002, OB003, OB030 (no fee is due), OB031, OB036 (no reference).';
revoke all on function public.record_franchise_fee(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.record_franchise_fee(uuid, text) to staff;
--! EndIncluded functions/onboarding/record_franchise_fee.sql

--! Included functions/onboarding/make_vendor.sql
create or replace function app_private.make_vendor(p_application public.vendor_applications) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor_id uuid;
begin
  insert into public.vendors (user_id, business_name, business_type, description, address_line1,
    address_line2, city, state, pincode, latitude, longitude, verification_status)
  values (p_application.user_id, p_application.business_name, p_application.business_type,
    p_application.description, p_application.address_line1, p_application.address_line2,
    p_application.city, p_application.state, p_application.pincode, p_application.latitude,
    p_application.longitude, 'verified')
  returning id into v_vendor_id;
  insert into public.vendor_private_details (vendor_id, application_id, gst_number, pan_number,
    contact_person, contact_mobile, contact_email, commission_rate, partner_type)
  select v_vendor_id, p_application.id, p_application.gst_number, p_application.pan_number,
    p_application.contact_person, p_application.contact_mobile, p_application.contact_email,
    t.commission_rate, t.type_code
  from public.partner_types t where t.type_code = p_application.partner_type;
  insert into public.user_roles (user_id, role_id, assigned_by)
  select p_application.user_id, r.id, (select auth.uid()) from public.roles r where r.code = 'vendor'
  on conflict (user_id, role_id) where status = 'active' do nothing;
end
$$;
comment on function app_private.make_vendor(public.vendor_applications) is
  'Creates the vendor of an approved application, with the commission of its partner type, and gives its owner the role.';
revoke all on function app_private.make_vendor(public.vendor_applications) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/make_vendor.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.1', 'vendor-onboarding-core-tables', '2025-10-07', 'Vendor onboarding: partner types, approval workflow');
