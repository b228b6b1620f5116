-- Undoes the acts on vendors. States stay as they are; nothing is known of their reasons any more.

drop function if exists
  public.decide_vendor_change(uuid, boolean, text),
  public.request_vendor_change(uuid, text, text, uuid, uuid[], text),
  app_private.check_vendor_fact(text, text), app_private.fact_of_vendor(uuid, text),
  app_private.payout_account(uuid);
delete from app_private.personal_links
where table_name = 'public.vendor_change_requests' or column_name in ('change_request_id', 'payout_account_id');
alter table public.vendor_private_details drop column if exists payout_account_id;
alter table public.vendor_documents drop column if exists change_request_id;
delete from app_private.audit_redactions where table_name = 'vendor_change_requests';
drop table if exists public.vendor_change_requests;
drop table if exists enums.change_request_status, enums.vendor_fact;
comment on column public.verification_request.kind is
  'Kind of request, which determines the mutation that decides: verifyUserDocument, verifyBankAccount, decideKycVerification, verifyVendorDocument, verifyVendor or verifyProvider.';
comment on column public.verification_request.id is 'Id of the document, account, verification, vendor or provider.';

drop function if exists
  public.transfer_vendor(uuid, text, text, text),
  app_private.join_as_owner(public.invitations, uuid, text, text),
  app_private.require_transferable(uuid), app_private.require_staying(uuid),
  app_private.close_due_vendors(integer), public.close_vendor(uuid, date, text),
  app_private.withdraw_invitations(uuid), app_private.end_vendor_providers(uuid, date, text),
  app_private.cancel_unavailable_bookings(integer),
  public.reinstate_vendor(uuid), public.suspend_vendor(uuid, text),
  public.resume_vendor(uuid), public.pause_vendor(uuid, text);
drop trigger if exists _900_publish_event on public.vendors;
drop function if exists
  app_private.tg_vendors__publish_event(), app_private.set_vendor_status(uuid, text[], text),
  app_private.drop_bookings(uuid[], text), app_private.tell_booked_customers(uuid, text),
  app_private.tell_vendor_state(uuid, text, jsonb), public.vendors_open_bookings(public.vendors, date),
  app_private.coming_booking_ids(uuid, date), app_private.coming_bookings(uuid, date),
  app_private.vendor_row(uuid), app_private.act_on_vendor(uuid, text[]), app_private.sides_of_vendor(uuid);

alter policy select_anon on public.reviews using (status = 'approved');
alter policy select_signed_in on public.reviews using (status = 'approved' or customer_id = (select auth.uid()));
alter policy select_staff on public.reviews
  using (status = 'approved' or (select app_private.has_permission('reviews.read')));

drop index if exists public.vendors_suspended_idx;
drop table if exists public.vendor_states;
delete from app_private.personal_links where table_name = 'public.vendor_states';
delete from public.system_settings where category = 'vendors';
delete from public.invitations where kind = 'owner';
delete from enums.invitation_kind where value = 'owner';
update public.webhook_endpoints set disabled_reason = 'gone' where disabled_reason = 'vendor_closed';
delete from enums.webhook_disabled_reason where value = 'vendor_closed';
delete from public.notification_templates
where type in ('vendor_suspended', 'vendor_reinstated', 'vendor_closed', 'vendor_transferred', 'vendor_change_decided');
delete from public.notifications
where type in ('vendor_suspended', 'vendor_reinstated', 'vendor_closed', 'vendor_transferred', 'vendor_change_decided');
delete from enums.notification_type
where value in ('vendor_suspended', 'vendor_reinstated', 'vendor_closed', 'vendor_transferred', 'vendor_change_decided');

delete from public.schema_versions where version = '1.24';

-- Functions as they were.
create or replace function app_private.set_last_day(p_provider_id uuid, p_last_day date, p_reason text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_person app_private.provider_person;
begin
  perform app_private.lock_reservations(array[p_provider_id]);
  v_person := app_private.person_of(p_provider_id);
  if v_person.status = 'ended' then
    raise exception 'This provider has already left. Reload the list.' using errcode = 'OB030';
  end if;
  if (p_last_day >= app_private.vendor_day(v_person.vendor_id)) is not true then
    raise exception 'The last day must be today or later. Choose a later day.'
      using errcode = 'OB020', column = 'last_day';
  end if;
  insert into public.provider_private_details as d (provider_id, last_day, ending_reason)
  values (p_provider_id, p_last_day, p_reason)
  on conflict on constraint provider_private_details_pkey do update
  set last_day = excluded.last_day, ending_reason = excluded.ending_reason;
  perform app_private.end_holds(array[p_provider_id], p_after => p_last_day);
  perform app_private.tell_provider_state(v_person, 'provider_ended', '{provider,vendor}',
    jsonb_build_object('date', to_char(p_last_day::timestamp, 'DD Mon YYYY'), 'reason', p_reason));
  -- Today is the last day and nothing is left to do.
  if p_last_day = app_private.vendor_day(v_person.vendor_id) and not exists (
    select from app_private.reserved_bookings(array[p_provider_id])
    union all
    select from app_private.provider_reservations r
    join public.bookings b on b.id = r.booking_id
    where r.provider_id = p_provider_id and b.status = 'in_progress'
  ) then
    perform app_private.finish_providers(array[p_provider_id]);
  end if;
end
$$;
comment on function app_private.set_last_day(uuid, date, text) is
  'Sets the last day of a provider, who takes no bookings after it; provider and vendor are notified. The provider ends at once on the last day when nothing is left to do; otherwise a job ends it the day after and returns open bookings to the vendor. Raises OB020 (a past day), OB030 (has left).';
revoke all on function app_private.set_last_day(uuid, date, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
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
create or replace function public.verification_queue() returns setof public.verification_request
language plpgsql stable security definer set search_path = '' as $$
declare
  v_me uuid := (select auth.uid());
  v_people boolean := app_private.has_permission('kyc.approve');
  v_documents boolean := app_private.has_permission('vendor_documents.approve');
  v_vendors boolean := app_private.has_permission('vendors.update');
begin
  if not (v_people or v_documents or v_vendors) then
    perform app_private.require_permission('kyc.approve');
  end if;
  return query
    select w.kind, w.id, w.user_id, w.vendor_id, w.holder, w.what, w.number,
      -- In a union of several queries a domain becomes its base type.
      w.file_url::public.file_reference, w.expiry_date, w.submitted_at
    from (
      select 'user_document', d.id, d.user_id, null::uuid, p.name, t.description, d.document_number,
        d.file_url, d.expiry_date, d.created_at
      from public.user_documents d
      join public.user_profiles p on p.id = d.user_id
      join enums.user_document_type t on t.value = d.document_type
      where v_people and d.verification_status = 'pending' and d.user_id <> v_me
      union all
      select 'bank_account', b.id, b.user_id, null, p.name,
        concat_ws(', ', b.account_holder_name, b.bank_name, b.ifsc_code), b.account_number, null, null, b.created_at
      from public.user_bank_details b
      join public.user_profiles p on p.id = b.user_id
      where v_people and b.verification_status = 'pending' and b.user_id <> v_me
      union all
      select 'kyc', k.id, k.user_id, null, p.name, t.description, k.verification_data ->> 'number', null,
        null, k.created_at
      from public.user_kyc_verification k
      join public.user_profiles p on p.id = k.user_id
      join enums.kyc_type t on t.value = k.verification_type
      where v_people and k.verification_status = 'pending' and k.user_id <> v_me
      union all
      select 'vendor_document', d.id, null, d.vendor_id, v.business_name, t.description, null, d.file_url,
        d.expiry_date, d.created_at
      from public.vendor_documents d
      join public.vendors v on v.id = d.vendor_id
      join enums.vendor_document_type t on t.value = d.document_type
      where v_documents and d.verification_status = 'pending'
        and v.user_id is distinct from v_me
        and not exists (select from public.vendor_staff s where s.vendor_id = v.id and s.user_id = v_me)
      union all
      select 'vendor', v.id, null, v.id, v.business_name,
        concat_ws(', ', v.address_line1, v.address_line2, v.city, v.pincode), null, null, null, v.created_at
      from public.vendors v
      where v_vendors and v.verification_status = 'pending'
        and v.user_id is distinct from v_me
        and not exists (select from public.vendor_staff s where s.vendor_id = v.id and s.user_id = v_me)
      union all
      select 'provider', p.id, q.user_id, v.id, q.name,
        concat_ws(', ', v.business_name, coalesce(d.kinds, 'no documents yet')), null, d.file_url, d.expiry_date,
        coalesce(d.since, q.created_at)
      from (
        select t.id, t.user_id, t.name, t.status, t.created_at from public.therapists t
        where t.verification_status = 'pending'
        union all
        select b.id, b.user_id, b.name, b.status, b.created_at from public.beauticians b
        where b.verification_status = 'pending'
      ) q
      join public.providers p on q.id in (p.therapist_id, p.beautician_id)
      join public.vendors v on v.id = p.vendor_id
      cross join lateral (
        select string_agg(distinct t.description, ', ') as kinds, max(d.created_at) as since,
          (array_agg(d.file_url::text order by d.created_at desc) filter (where d.document_type = 'identity'))[1],
          (array_agg(d.expiry_date order by d.created_at desc) filter (where d.document_type = 'identity'))[1]
        from public.provider_documents d
        join enums.provider_document_type t on t.value = d.document_type
        where d.provider_id = p.id
      ) d (kinds, since, file_url, expiry_date)
      where v_vendors and q.status <> 'ended' and q.user_id is distinct from v_me
        and v.user_id is distinct from v_me
        and not exists (select from public.vendor_staff s where s.vendor_id = v.id and s.user_id = v_me)
    ) w (kind, id, user_id, vendor_id, holder, what, number, file_url, expiry_date, submitted_at)
    order by w.submitted_at, w.id;
end
$$;
comment on function public.verification_queue() is
  'What waits for verification by the signed-in user, oldest first; never their own requests. Needs at least one of the permissions to approve identities, to approve documents of vendors or to update vendors, and shows the part of each. Raises OB001, OB002 (none of the three).';
revoke all on function public.verification_queue() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.verification_queue() to staff;
create or replace function public.complete_payout(
  payout_id uuid, reference text, payment_method text default 'bank_transfer'
) returns public.vendor_payouts
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payout public.vendor_payouts := app_private.open_payout(complete_payout.payout_id);
begin
  if exists (select from public.vendors v where v.id = v_payout.vendor_id and v.status = 'suspended') then
    raise exception 'This vendor is suspended, so its payouts are held. Wait until the vendor is reinstated.'
      using errcode = 'OB030';
  end if;
  update public.vendor_payouts p
  set payout_status = 'completed', payment_reference = app_private.required_reason(complete_payout.reference, 'reference'),
    payment_method = complete_payout.payment_method, payment_date = now()
  where p.id = v_payout.id
  returning * into v_payout;
  update public.commission_records c set settlement_status = 'settled', settlement_date = now()
  where c.payout_id = v_payout.id;
  perform app_private.move_money('vendor', v_payout.vendor_id, 'bank', null, v_payout.net_amount, null, 'payout');
  return v_payout;
end
$$;
comment on function public.complete_payout(uuid, text, text) is
  'Records that the bank has paid a payout, with its reference; its records are then settled. Needs the permission payouts.execute. Raises OB001, OB002, OB003, OB030 (already paid, or the vendor is suspended), OB031 (your own payout), OB036 (no reference).';
revoke all on function public.complete_payout(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.complete_payout(uuid, text, text) to staff;
