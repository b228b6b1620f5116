delete from public.notification_templates where type = 'payouts_held' and audience = 'vendor' and language = 'en';
delete from public.notification_templates where type = 'payouts_held' and audience = 'vendor' and language = 'hi';

-- Undoes the pages of vendors and the invitations to departments. Pictures and open invitations to departments are lost.

delete from public.schema_versions where version = '1.29';

drop function if exists app_private.require_shown(uuid);

alter table app_private.idempotency_keys drop constraint if exists idempotency_keys_length;
alter table app_private.idempotency_keys
  add constraint idempotency_keys_length check (length(key) between 8 and 200);
comment on column app_private.idempotency_keys.key is 'Chosen by the client, 8 to 200 characters.';
comment on constraint idempotency_keys_length on app_private.idempotency_keys is
  'Idempotency key must have 8 to 200 characters. Use a UUID, for example.';
delete from public.system_settings where key in ('booking.dispute_decision_hours', 'vendors.gallery_maximum');

drop function if exists public.withdraw_vendor_change(uuid), app_private.require_not_closed(uuid);
comment on column public.vendor_change_requests.decided_by is 'User who decided; null until then.';
comment on column public.vendor_change_requests.decided_at is 'When it was decided; null until then.';
update public.vendor_change_requests set status = 'rejected', rejection_reason = 'Taken back' where status = 'withdrawn';
delete from enums.change_request_status where value = 'withdrawn';
drop trigger if exists _700_payouts_held on public.vendor_private_details;
drop function if exists
  app_private.tg_vendor_private_details__payouts_held(), app_private.tell_payouts_held(uuid);
delete from public.notification_templates where type = 'payouts_held';
delete from public.notifications where type = 'payouts_held';
delete from enums.notification_type where value = 'payouts_held';
alter table public.vendor_private_details drop column if exists payout_account_since;
comment on column public.vendor_private_details.payout_account_id is
  'Bank account to which payouts go; null before the first payout: then the verified account of the owner.';

drop function if exists
  public.leave_membership(text, uuid, text), app_private.leave_department(uuid, text),
  app_private.join_department(public.invitations, uuid), app_private.may_still_staff(uuid, uuid, text),
  public.invite_member(text, text, text, text, uuid, text, text, text, text, date, text, text),
  app_private.require_inviter(public.invitations),
  app_private.require_department_inviter(uuid, text, uuid);
drop trigger if exists _500_role on public.department_user_assignments;
drop trigger if exists _500_role_given on public.department_user_assignments;
drop function if exists app_private.tg_department_user_assignments__role();
comment on column public.department_user_assignments.role_id is
  'Role of the user in the department, for display only; null when not given.';
comment on table public.department_user_assignments is
  'Which user belongs to which department, as head, deputy, member or viewer. An assignment that counts today also makes the user staff. Written only by assignDepartmentMember and setDepartmentAssignmentStatus.';
delete from public.invitations where kind = 'department_member';
alter policy select_staff on public.invitations using (
  id = any ((select app_private.my_invitation_ids())::uuid[])
  or vendor_id is null and (select app_private.has_permission('employees.create'))
  or vendor_id is not null and (select app_private.has_permission('vendors.read')));
drop index if exists public.invitations_one_open_key;
create unique index invitations_one_open_key on public.invitations
  (vendor_id, kind, mobile, email) nulls not distinct where status = 'open';
comment on index public.invitations_one_open_key is
  'This contact already has an open invitation. Resend that invitation, or revoke it first.';
alter table public.invitations drop column if exists granted_role_id;
comment on column public.invitations.role is
  'Role: for vendor staff their role, for providers therapist or beautician; null for employees.';
comment on column public.invitations.department_id is 'Department of an employee; null for others.';
delete from enums.invitation_kind where value = 'department_member';

drop trigger if exists _200_validate on public.vendor_application_documents;
drop function if exists
  app_private.tg_vendor_application_documents__undecided(), app_private.carry_documents_over(uuid, uuid),
  app_private.unattached_documents(uuid);
alter policy insert_own on public.vendor_application_documents
  with check (application_id = any ((select app_private.my_editable_application_ids())::uuid[]));
alter policy delete_own on public.vendor_application_documents using (
  application_id = any ((select app_private.my_editable_application_ids())::uuid[]) and verification_status <> 'verified');
drop function if exists app_private.my_undecided_application_ids();

drop function if exists
  public.bookings_provider_mobile(public.bookings), public.arrange_vendor_pictures(uuid, uuid[]);
drop table if exists public.vendor_pictures;
drop function if exists app_private.tg_vendor_pictures__place();
delete from app_private.personal_links where table_name = 'public.vendor_pictures';
drop trigger if exists _500_logo on public.vendors;
drop trigger if exists _500_cover_image on public.vendors;
alter table public.vendors
  drop column if exists website, drop column if exists telephone,
  drop column if exists logo, drop column if exists cover_image;
drop function if exists app_private.is_of_application(text, uuid);
delete from app_private.file_uses where table_name = 'vendor_pictures' or column_name in ('logo', 'cover_image');
delete from app_private.file_columns where purpose = 'vendor_picture';
delete from public.files where purpose = 'vendor_picture';
delete from public.file_rules where purpose = 'vendor_picture';
delete from enums.file_purpose where value = 'vendor_picture';

CREATE OR REPLACE FUNCTION app_private.check_invitation(p_invitation public.invitations)
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
    when 'owner' then
      perform app_private.require_transferable(p_invitation.vendor_id);
      if p_invitation.mobile is not null and p_invitation.mobile !~ '^\+91' then
        raise exception 'The owner of a vendor needs an Indian mobile number. Enter one such as +919876543210.'
          using errcode = 'OB020', column = 'mobile';
      end if;
  end case;
  perform app_private.require_staying(p_invitation.vendor_id);
  if p_invitation.kind = 'owner' and p_invitation.role is not null then
    raise exception 'A new owner has no role among the staff. Leave role out.'
      using errcode = 'OB020', column = 'role';
  end if;
  if p_invitation.kind <> 'owner' and (p_invitation.role = any (v_allowed)) is not true then
    raise exception 'Role must be one of: %.', array_to_string(v_allowed, ', ')
      using errcode = 'OB020', column = 'role';
  end if;
  if num_nonnulls(p_invitation.department_id, p_invitation.designation, p_invitation.employment_type,
    p_invitation.joining_date, p_invitation.employee_code) > 0 then
    raise exception 'departmentCode, designation, employmentType, joiningDate and employeeCode are only for employees. Leave them out.'
      using errcode = 'OB020';
  end if;
end
$function$;
comment on function app_private.check_invitation(public.invitations) is 'Checks which fields an invitation of each kind has. Raises OB020, with the name of the field, and OB030 where the vendor closes or cannot be transferred.';
revoke all on function app_private.check_invitation(public.invitations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.check_invitation(public.invitations) to service_role;

CREATE OR REPLACE FUNCTION app_private.join_as_owner(p_invitation public.invitations, p_user_id uuid, p_mobile text, p_email text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_vendor public.vendors;
begin
  if p_mobile !~ '^\+91' then
    raise exception 'The owner of a vendor needs a verified Indian mobile number. Verify one first, then accept.'
      using errcode = 'OB037';
  end if;
  -- Suspending, closing and another transfer queue here.
  select * into v_vendor from public.vendors v where v.id = p_invitation.vendor_id for no key update;
  perform app_private.require_transferable(v_vendor.id);
  if v_vendor.user_id = p_user_id then
    raise exception 'You already own %. Decline this invitation.', v_vendor.business_name using errcode = 'OB030';
  end if;
  update public.vendors v set user_id = p_user_id where v.id = v_vendor.id;
  update public.vendor_private_details d
  set contact_person = p_invitation.name, contact_mobile = p_mobile, contact_email = coalesce(p_email, d.contact_email),
    payout_account_id = null
  where d.vendor_id = v_vendor.id;
  -- The new owner needs no other membership there, and the old one keeps none.
  update public.vendor_staff s set status = 'inactive', user_id = null
  where s.vendor_id = v_vendor.id and s.user_id in (p_user_id, v_vendor.user_id);
  perform app_private.give_role(p_user_id, 'vendor');
  update public.user_roles ur
  set status = 'inactive', valid_until = greatest(app_private.today(), ur.valid_from)
  from public.roles r
  where r.id = ur.role_id and r.code = 'vendor' and ur.user_id = v_vendor.user_id and ur.status = 'active'
    and not exists (select from public.vendors v where v.user_id = v_vendor.user_id);
  perform app_private.notify(u, 'vendor', 'vendor_transferred',
    jsonb_build_object('vendor', v_vendor.business_name, 'vendor_id', v_vendor.id, 'name', p_invitation.name),
    jsonb_build_object('screen', 'vendor', 'vendorId', v_vendor.id))
  from unnest(array[v_vendor.user_id, p_user_id]) u;
end
$function$;
comment on function app_private.join_as_owner(public.invitations,uuid,text,text) is 'Moves a vendor to the owner who has accepted: ownership, contact and role; the former owner keeps no rights there. Both are notified. Raises OB030 (suspended, closing, closed, or already the owner), OB037 (no Indian mobile number).';
revoke all on function app_private.join_as_owner(public.invitations,uuid,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.join_as_owner(public.invitations,uuid,text,text) to service_role;

CREATE OR REPLACE FUNCTION app_private.join_by_invitation(p_invitation public.invitations, p_user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_contacts record := app_private.proven_contacts(p_user_id);
  v_mobile text := coalesce(p_invitation.mobile, v_contacts.mobile);
  v_email text := coalesce(p_invitation.email, v_contacts.email);
begin
  if v_mobile is null then
    raise exception 'You need a verified mobile number. Verify one first, then accept.' using errcode = 'OB037';
  end if;
  perform app_private.require_staying(p_invitation.vendor_id);
  case p_invitation.kind
    when 'employee' then perform app_private.join_as_employee(p_invitation, p_user_id, v_mobile, v_email);
    when 'vendor_staff' then perform app_private.join_vendor_staff(p_invitation, p_user_id, v_mobile, v_email);
    when 'provider' then perform app_private.join_as_provider(p_invitation, p_user_id, v_mobile, v_email);
    when 'owner' then perform app_private.join_as_owner(p_invitation, p_user_id, v_mobile, v_email);
  end case;
end
$function$;
comment on function app_private.join_by_invitation(public.invitations,uuid) is 'Creates the membership of an invitation. Raises OB030, OB037.';
revoke all on function app_private.join_by_invitation(public.invitations,uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.join_by_invitation(public.invitations,uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.make_payouts(p_monday date)
 RETURNS SETOF public.vendor_payouts
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_until timestamptz := app_private.start_of(p_monday + 7);
  v_payout public.vendor_payouts;
  v_vendor record;
begin
  if extract(isodow from p_monday) <> 1 or v_until > now() then
    raise exception 'A payout must be for a past week that starts on a Monday. Choose another Monday.'
      using errcode = 'OB020';
  end if;
  -- One run at a time; the second finds what the first left.
  perform pg_advisory_xact_lock(hashtext('ombaro.payouts'));
  for v_vendor in
    with due as (
      select c.vendor_id, c.id as record_id, null::uuid as credit_id, c.booking_amount,
        c.commission_amount, c.tds_amount, c.tcs_amount, 0::numeric as credit
      from public.commission_records c
      where c.payout_id is null and c.settlement_status = 'pending' and c.payable_from < v_until
      union all
      select c.vendor_id, null, c.id, 0, 0, 0, 0, c.amount
      from public.vendor_credits c
      where c.payout_id is null and c.created_at < v_until
    )
    select d.vendor_id, count(d.record_id)::integer as bookings,
      array_agg(d.record_id) filter (where d.record_id is not null) as record_ids,
      array_agg(d.credit_id) filter (where d.credit_id is not null) as credit_ids,
      sum(d.booking_amount) as gross, sum(d.commission_amount) as commission,
      sum(d.tds_amount) as tds, sum(d.tcs_amount) as tcs, sum(d.credit) as credit,
      sum(d.booking_amount - d.commission_amount - d.tds_amount - d.tcs_amount + d.credit) as net
    from due d
    -- Payouts of a suspended vendor are held: once it is reinstated, the next run includes all of it.
    where not exists (select from public.vendors v where v.id = d.vendor_id and v.status = 'suspended')
    group by d.vendor_id
    -- A vendor who owes more than is due is settled in a later week.
    having sum(d.booking_amount - d.commission_amount - d.tds_amount - d.tcs_amount + d.credit) > 0
    order by d.vendor_id
  loop
    insert into public.vendor_payouts
      (vendor_id, period_start, period_end, total_bookings, gross_amount, commission_amount,
        tds_amount, tcs_amount, adjustment_amount, net_amount)
    values (v_vendor.vendor_id, p_monday, p_monday + 6, v_vendor.bookings, v_vendor.gross,
      v_vendor.commission, v_vendor.tds, v_vendor.tcs, v_vendor.credit, v_vendor.net)
    on conflict (vendor_id, period_start) do nothing
    returning * into v_payout;
    continue when not found;
    -- Only the records that were added up: a service of that week may be completed at this moment.
    update public.commission_records c
    set payout_id = v_payout.id, settlement_status = 'processing'
    where c.id = any (v_vendor.record_ids);
    update public.vendor_credits c set payout_id = v_payout.id
    where c.id = any (v_vendor.credit_ids);
    return next v_payout;
  end loop;
end
$function$;
comment on function app_private.make_payouts(date) is 'Creates the payouts of the week from this Monday: everything that is due to each vendor until its Sunday and is in no payout yet. Running it again creates nothing twice. Suspended vendors are left out. Raises OB020.';
revoke all on function app_private.make_payouts(date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.make_payouts(date) to ombaro_worker;
grant execute on function app_private.make_payouts(date) to service_role;

CREATE OR REPLACE FUNCTION app_private.make_vendor(p_application public.vendor_applications)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function app_private.make_vendor(public.vendor_applications) is 'Creates the vendor of an approved application, with the commission of its partner type, and gives its owner the role.';
revoke all on function app_private.make_vendor(public.vendor_applications) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.make_vendor(public.vendor_applications) to service_role;

CREATE OR REPLACE FUNCTION app_private.payout_account(p_vendor_id uuid)
 RETURNS public.user_bank_details
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
  select b from public.vendors v
  join public.user_bank_details b on b.user_id = v.user_id and b.is_verified
  left join public.vendor_private_details d on d.vendor_id = v.id
  where v.id = p_vendor_id
  -- The account of earlier payouts, until another one is approved; for the first the owner's own choice.
  order by b.id is not distinct from d.payout_account_id desc, b.is_primary desc, b.verified_at, b.id
  limit 1
$function$;
comment on function app_private.payout_account(uuid) is 'The verified bank account of a vendor''s present owner to which payouts go; null where there is none.';
revoke all on function app_private.payout_account(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.payout_account(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.require_inviter(p_kind text, p_vendor_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
    when 'owner' then
      perform app_private.act_on_vendor(p_vendor_id, '{owner,platform}');
    else
      raise exception 'Kind is required. Choose one of the kinds of membership.'
        using errcode = 'OB020', column = 'kind';
  end case;
end
$function$;
comment on function app_private.require_inviter(text,uuid) is 'Checks that the signed-in user may invite people to become this, and act on such invitations: employees by users who may add them, vendor staff and providers by the vendor''s management, a new owner by the owner or the platform. Raises OB001, OB002, OB003, OB020, OB031 (your own business).';
revoke all on function app_private.require_inviter(text,uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.require_inviter(text,uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.send_invitation(p_invitation public.invitations)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function app_private.send_invitation(public.invitations) is 'Sends an invitation to its number or address, and to the app of the user who has verified it.';
revoke all on function app_private.send_invitation(public.invitations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.send_invitation(public.invitations) to service_role;

CREATE OR REPLACE FUNCTION app_private.sent_invitation(p_invitation_id uuid)
 RETURNS public.invitations
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_invitation public.invitations;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_invitation from public.invitations i where i.id = p_invitation_id for update;
  if not found or not (v_invitation.vendor_id is null and app_private.has_permission('employees.create')
    or v_invitation.kind = 'owner' and app_private.has_permission('vendors.update')
    or coalesce(v_invitation.vendor_id = any (app_private.my_vendor_ids('manage')), false)) then
    raise exception 'The invitation was not found, or you may not manage it. Check invitationId.'
      using errcode = 'OB003', column = 'invitation_id';
  end if;
  perform app_private.require_inviter(v_invitation.kind, v_invitation.vendor_id);
  return v_invitation;
end
$function$;
comment on function app_private.sent_invitation(uuid) is 'Locks and returns an invitation that the signed-in user may resend or revoke. Raises OB001, OB002 (a new owner is not yours to invite), OB003, OB031 (your own business).';
revoke all on function app_private.sent_invitation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.sent_invitation(uuid) to service_role;

CREATE OR REPLACE FUNCTION app_private.settle_waiting(p_bookings integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_due record;
  v_count integer := 0;
begin
  for v_due in
    select b as booking, s.kind
    from public.booking_settlements s
    join public.bookings b on b.id = s.booking_id
    where s.agreed_at is null and s.answerable_until <= now()
      and not exists (select from public.booking_disputes d where d.booking_id = b.id and d.kind = s.kind)
    order by s.answerable_until limit p_bookings
    for no key update of b, s skip locked
  loop
    -- Checked again after locking, because it may have been disputed at the last moment.
    continue when exists (
      select from public.booking_disputes d
      where d.booking_id = (v_due.booking).id and d.kind = v_due.kind);
    if v_due.kind = 'late_completion' then
      perform app_private.agree_on(v_due.booking, (v_due.booking).final_amount);
    else
      insert into public.booking_disputes (booking_id, kind, reason)
      values ((v_due.booking).id, v_due.kind, 'The customer has not answered');
    end if;
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$function$;
comment on function app_private.settle_waiting(integer) is 'Goes on with completed bookings whose customers have said nothing in time, at most p_bookings; returns how many. A service that was completed late is settled at its price; the amount of one that ended early goes to customer care as a dispute. Runs every minute.';
revoke all on function app_private.settle_waiting(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.settle_waiting(integer) to ombaro_worker;
grant execute on function app_private.settle_waiting(integer) to service_role;

CREATE OR REPLACE FUNCTION app_private.tg__file_reference()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_column constant text := tg_argv[0];
  v_purpose constant text := tg_argv[1];
  v_user_id constant uuid := (select auth.uid());
  v_row_id uuid;
  v_old text[] := '{}';
  v_new text[] := '{}';
  v_reference text;
  v_file public.files;
begin
  if tg_op <> 'INSERT' then
    v_old := app_private.references_in(to_jsonb(old) -> v_column);
    v_row_id := old.id;
  end if;
  if tg_op <> 'DELETE' then
    v_new := app_private.references_in(to_jsonb(new) -> v_column);
    v_row_id := new.id;
  end if;
  if v_old = v_new then
    return null;
  end if;
  -- In one order, so that two writers do not deadlock.
  for v_reference in select distinct r from unnest(v_old || v_new) r order by r loop
    continue when v_reference = any (v_old) and v_reference = any (v_new);
    select * into v_file from public.files f where f.id = substr(v_reference, 6)::uuid for update;
    if v_reference = any (v_old) then
      delete from app_private.file_uses u
      where u.file_id = v_file.id and u.table_name = tg_table_name and u.column_name = v_column
        and u.row_id = v_row_id;
      update public.files f set unused_since = now()
      where f.id = v_file.id and f.status in ('stored', 'absent')
        and not exists (select from app_private.file_uses u where u.file_id = f.id);
      continue;
    end if;
    if v_file.id is null or v_file.purpose <> v_purpose
      or (v_user_id is not null and v_file.owner_id is distinct from v_user_id) then
      raise exception 'You have no uploaded file with this reference for this purpose. Upload the file for this purpose first.'
        using errcode = 'OB003', column = v_column;
    end if;
    if v_file.status <> 'stored' and (v_file.status <> 'absent' or v_user_id is not null) then
      raise exception 'This file has not been uploaded or has been deleted. Send it to its uploadUrl first.'
        using errcode = 'OB030', column = v_column;
    end if;
    insert into app_private.file_uses values (v_file.id, tg_table_name, v_column, v_row_id)
    on conflict do nothing;
    update public.files f set unused_since = null
    where f.id = v_file.id and f.unused_since is not null;
  end loop;
  return null;
end
$function$;
comment on function app_private.tg__file_reference() is 'Checks that references are the user''s own stored files with the right purpose, and records which rows refer to which files. Arguments: column, purpose. Raises OB003 (not found, another user''s, or for another purpose), OB030 (not stored).';
revoke all on function app_private.tg__file_reference() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.tg__file_reference() to service_role;

CREATE OR REPLACE FUNCTION public.accept_invitation(invitation_id uuid)
 RETURNS public.invitations
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_invitation public.invitations := app_private.received_invitation(accept_invitation.invitation_id);
begin
  perform app_private.join_by_invitation(v_invitation, (select auth.uid()));
  return app_private.answer_invitation(v_invitation, 'accepted');
end
$function$;
comment on function public.accept_invitation(uuid) is 'Accepts an invitation with the signed-in account, which must have verified the invited number or address; the membership starts at once. An employee starts at level 1 without the right to approve. Raises OB001, OB003 (not for this account), OB030 (answered, revoked or expired, already a member, or the vendor is closing), OB031 (your own invitation), OB037 (no verified mobile number).';
revoke all on function public.accept_invitation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.accept_invitation(uuid) to authenticated;
grant execute on function public.accept_invitation(uuid) to service_role;
grant execute on function public.accept_invitation(uuid) to staff;

CREATE OR REPLACE FUNCTION public.approve_vendor_application(application_id uuid, comments text DEFAULT NULL::text)
 RETURNS public.vendor_applications
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function public.approve_vendor_application(uuid,text) is 'Moves an application to the next level. At the last level it creates the vendor and gives the applicant the role in the same transaction. Raises OB001, OB002, OB003, OB030 (not under review, or paused), OB031 (your own application), OB032 (another level decides), OB033 (above your limit), OB034 (document not verified), OB035 (fee not recorded).';
revoke all on function public.approve_vendor_application(uuid,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.approve_vendor_application(uuid,text) to service_role;
grant execute on function public.approve_vendor_application(uuid,text) to staff;

CREATE OR REPLACE FUNCTION public.complete_payout(payout_id uuid, reference text, payment_method text DEFAULT 'bank_transfer'::text)
 RETURNS public.vendor_payouts
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_payout public.vendor_payouts := app_private.open_payout(complete_payout.payout_id);
  v_account public.user_bank_details := app_private.payout_account(v_payout.vendor_id);
begin
  if exists (select from public.vendors v where v.id = v_payout.vendor_id and v.status = 'suspended') then
    raise exception 'This vendor is suspended, so its payouts are held. Wait until the vendor is reinstated.'
      using errcode = 'OB030';
  end if;
  if complete_payout.payment_method = 'bank_transfer' and v_account.id is null then
    raise exception 'The owner of this vendor has no verified bank account. Verify one first.'
      using errcode = 'OB037';
  end if;
  update public.vendor_payouts p
  set payout_status = 'completed', payment_reference = app_private.required_reason(complete_payout.reference, 'reference'),
    payment_method = complete_payout.payment_method, payment_date = now()
  where p.id = v_payout.id
  returning * into v_payout;
  update public.commission_records c set settlement_status = 'settled', settlement_date = now()
  where c.payout_id = v_payout.id;
  perform app_private.move_money('vendor', v_payout.vendor_id, 'bank', null, v_payout.net_amount, null, 'payout');
  -- From the first payout on another account needs a request.
  update public.vendor_private_details d set payout_account_id = v_account.id
  where d.vendor_id = v_payout.vendor_id and d.payout_account_id is distinct from v_account.id
    and v_account.id is not null;
  return v_payout;
end
$function$;
comment on function public.complete_payout(uuid,text,text) is 'Records that the bank has paid a payout, with its reference; its records are then settled. A bank transfer needs a verified bank account of the vendor''s owner. Needs the permission payouts.execute. Raises OB001, OB002, OB003, OB030 (already paid, or the vendor is suspended), OB031 (your own payout), OB036 (no reference), OB037 (no verified bank account).';
revoke all on function public.complete_payout(uuid,text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.complete_payout(uuid,text,text) to service_role;
grant execute on function public.complete_payout(uuid,text,text) to staff;

CREATE OR REPLACE FUNCTION public.create_webhook_endpoint(vendor_id uuid, url text, event_types text[], description text DEFAULT NULL::text)
 RETURNS public.webhook_secret
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_most integer := app_private.setting('webhooks.endpoints_maximum')::integer;
  v_id uuid;
begin
  perform app_private.require_webhook_manager(
    create_webhook_endpoint.vendor_id, 'You have no vendor with this id. Check the id.');
  perform app_private.require_webhook_url(coalesce(create_webhook_endpoint.url, ''));
  perform app_private.require_webhook_event_types(create_webhook_endpoint.event_types);
  -- Of two that are created at once, the second counts the first.
  perform pg_advisory_xact_lock(hashtextextended('webhooks of ' || create_webhook_endpoint.vendor_id, 0));
  if (select count(*) from public.webhook_endpoints e
      where e.vendor_id = create_webhook_endpoint.vendor_id) >= v_most then
    raise exception 'A vendor can have at most % webhook endpoints. Delete one first.', v_most
      using errcode = 'OB053';
  end if;
  insert into public.webhook_endpoints (vendor_id, url, event_types, description)
  values (
    create_webhook_endpoint.vendor_id, create_webhook_endpoint.url,
    array(select distinct t from unnest(create_webhook_endpoint.event_types) t order by t),
    nullif(create_webhook_endpoint.description, ''))
  returning id into v_id;
  return app_private.make_webhook_secret(v_id);
end
$function$;
comment on function public.create_webhook_endpoint(uuid,text,text[],text) is 'Creates a webhook endpoint that receives events of a vendor''s bookings from now on. The query enumsWebhookEventTypes lists the event types, such as booking.created. Returns the secret, which is shown only once. Raises OB001, OB002, OB003, OB020, OB052, OB053.';
revoke all on function public.create_webhook_endpoint(uuid,text,text[],text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.create_webhook_endpoint(uuid,text,text[],text) to authenticated;
grant execute on function public.create_webhook_endpoint(uuid,text,text[],text) to service_role;

CREATE OR REPLACE FUNCTION public.decide_vendor_change(request_id uuid, approve boolean, reason text DEFAULT NULL::text)
 RETURNS public.vendor_change_requests
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_request public.vendor_change_requests;
  v_vendor public.vendors;
begin
  perform app_private.require_permission('vendors.update');
  select * into v_request from public.vendor_change_requests r
  where r.id = decide_vendor_change.request_id for update;
  if not found then
    raise exception 'The request was not found. Check requestId.' using errcode = 'OB003', column = 'request_id';
  end if;
  if v_request.requested_by = (select auth.uid()) or app_private.belongs_to_vendor(v_request.vendor_id) then
    raise exception 'This request is of your own business, so you cannot decide on it. Leave it to someone else.'
      using errcode = 'OB031';
  end if;
  if v_request.status <> 'pending' then
    raise exception 'This request has already been decided. Reload it to see the decision.' using errcode = 'OB030';
  end if;
  if approve is null then
    raise exception 'Approve is required. Enter true or false.' using errcode = 'OB020', column = 'approve';
  end if;
  -- In the order of transferring: the owner may change at this moment.
  select * into v_vendor from public.vendors v where v.id = v_request.vendor_id for no key update;
  if approve then
    if v_request.fact = 'bank_account' and not exists (
      select from public.user_bank_details b
      where b.id = v_request.bank_detail_id and b.user_id = v_vendor.user_id and b.is_verified
    ) then
      raise exception 'This bank account is not verified, or is not the present owner''s. Verify the account first, or reject the request.'
        using errcode = 'OB037';
    end if;
    update public.vendors v set business_name = v_request.new_value
    where v.id = v_vendor.id and v_request.fact = 'business_name';
    update public.vendor_private_details d set
      gst_number = case v_request.fact when 'gst_number' then v_request.new_value else d.gst_number end,
      pan_number = case v_request.fact when 'pan_number' then v_request.new_value else d.pan_number end,
      partner_type = case v_request.fact when 'partner_type' then v_request.new_value else d.partner_type end,
      -- The commission of the new type; a booking keeps the rate that it was made under.
      commission_rate = case v_request.fact when 'partner_type' then (
        select t.commission_rate from public.partner_types t where t.type_code = v_request.new_value)
        else d.commission_rate end,
      payout_account_id = case v_request.fact when 'bank_account' then v_request.bank_detail_id
        else d.payout_account_id end
    where d.vendor_id = v_vendor.id and v_request.fact <> 'business_name';
  end if;
  update public.vendor_change_requests r
  set status = case when approve then 'approved' else 'rejected' end, decided_by = (select auth.uid()),
    decided_at = now(),
    rejection_reason = case when not approve then app_private.required_reason(decide_vendor_change.reason) end
  where r.id = v_request.id
  returning * into v_request;
  perform app_private.notify(u, 'vendor', 'vendor_change_decided',
    jsonb_build_object('vendor', v_vendor.business_name, 'vendor_id', v_vendor.id,
      'fact', replace(v_request.fact, '_', ' '), 'decision', v_request.status,
      -- A message leaves the platform: no tax number in full.
      'value', case when v_request.fact in ('gst_number', 'pan_number') then app_private.masked(v_request.new_value)
        else v_request.new_value end,
      'reason', coalesce(v_request.rejection_reason, '')),
    jsonb_build_object('screen', 'vendorChange', 'vendorId', v_vendor.id, 'requestId', v_request.id))
  from unnest(array[v_vendor.user_id, v_request.requested_by]) with ordinality w (u, place)
  where u is not null and (place = 1 or u is distinct from v_vendor.user_id);
  return v_request;
end
$function$;
comment on function public.decide_vendor_change(uuid,boolean,text) is 'Approves or rejects a request of requestVendorChange; an approved value applies at once, and a new partner type brings its commission for later bookings. A bank account must be verified first (verifyBankAccount). A rejection needs a reason. The owner and the requesting user are notified. Needs the permission vendors.update. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already decided), OB031 (your own business), OB036 (no reason), OB037 (the bank account is not verified).';
revoke all on function public.decide_vendor_change(uuid,boolean,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_vendor_change(uuid,boolean,text) to service_role;
grant execute on function public.decide_vendor_change(uuid,boolean,text) to staff;

CREATE OR REPLACE FUNCTION public.enable_webhook_endpoint(endpoint_id uuid)
 RETURNS public.webhook_endpoints
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_endpoint public.webhook_endpoints;
begin
  v_endpoint := app_private.require_webhook_endpoint(enable_webhook_endpoint.endpoint_id);
  if v_endpoint.disabled_at is null then
    raise exception 'This webhook endpoint is already enabled.' using errcode = 'OB030';
  end if;
  update public.webhook_endpoints e set disabled_at = null, disabled_reason = null, failing_since = null
  where e.id = v_endpoint.id returning * into v_endpoint;
  return v_endpoint;
end
$function$;
comment on function public.enable_webhook_endpoint(uuid) is 'Enables a disabled endpoint. Waiting deliveries are then sent; events of the meantime were not recorded. Raises OB001, OB002, OB003, OB030.';
revoke all on function public.enable_webhook_endpoint(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.enable_webhook_endpoint(uuid) to authenticated;
grant execute on function public.enable_webhook_endpoint(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.invite_member(kind text, name text, mobile text DEFAULT NULL::text, email text DEFAULT NULL::text, vendor_id uuid DEFAULT NULL::uuid, role text DEFAULT NULL::text, department_code text DEFAULT NULL::text, designation text DEFAULT NULL::text, employment_type text DEFAULT NULL::text, joining_date date DEFAULT NULL::date, employee_code text DEFAULT NULL::text)
 RETURNS public.invitations
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function public.invite_member(text,text,text,text,uuid,text,text,text,text,date,text) is '@enumArgument kind invitation_kind
@enumArgument employment_type employment_type
Invites a person by mobile number (such as +919876543210) or e-mail address to become an employee (by users who may add employees: departmentCode, designation, joiningDate, employeeCode, employmentType), vendor staff (by the vendor''s management: vendorId, role) or a provider (likewise; the role is therapist or beautician, who is added at once and can be prepared, but not booked before accepting). The mutation transferVendor invites a new owner. The answer is the same whether or not there is an account. It can be accepted for 7 days by default. Raises OB001, OB002, OB003, OB020, OB030 (the vendor is closing or closed), OB031 (yourself, or your own business), OB041 (too many to this contact, or in a day), or 23505 when an invitation is already open.';
revoke all on function public.invite_member(text,text,text,text,uuid,text,text,text,text,date,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.invite_member(text,text,text,text,uuid,text,text,text,text,date,text) to authenticated;
grant execute on function public.invite_member(text,text,text,text,uuid,text,text,text,text,date,text) to service_role;
grant execute on function public.invite_member(text,text,text,text,uuid,text,text,text,text,date,text) to staff;

CREATE OR REPLACE FUNCTION public.leave_membership(kind text, vendor_id uuid DEFAULT NULL::uuid)
 RETURNS date
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function public.leave_membership(text,uuid) is '@enumArgument kind invitation_kind
Ends your own membership and returns the last working day: vendor staff at once (vendorId gives the vendor), employees and providers after their days of notice (providers: 7 by default). Bookings that a provider still has then return to the vendor. Raises OB001, OB003 (not a member there), OB020, OB030 (the last super admin, or already leaving).';
revoke all on function public.leave_membership(text,uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.leave_membership(text,uuid) to authenticated;
grant execute on function public.leave_membership(text,uuid) to service_role;
grant execute on function public.leave_membership(text,uuid) to staff;

CREATE OR REPLACE FUNCTION public.mark_review_helpful(review_id uuid, is_helpful boolean DEFAULT true)
 RETURNS public.reviews
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_review public.reviews;
  v_change integer;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_review from public.reviews r where r.id = mark_review_helpful.review_id for no key update;
  if not found then
    raise exception 'The review was not found. Check the id.' using errcode = 'OB003', column = 'review_id';
  end if;
  perform app_private.require_others_review(
    v_review.customer_id, app_private.vendor_of_review(v_review), v_review.status);
  if mark_review_helpful.is_helpful is not false then
    insert into public.review_helpful_marks (user_id, review_id) values ((select auth.uid()), v_review.id)
    on conflict on constraint review_helpful_marks_review_once do nothing;
    get diagnostics v_change = row_count;
  else
    delete from public.review_helpful_marks m where m.user_id = (select auth.uid()) and m.review_id = v_review.id;
    get diagnostics v_change = row_count;
    v_change := -v_change;
  end if;
  update public.reviews r set helpful_count = greatest(0, r.helpful_count + v_change)
  where r.id = v_review.id and v_change <> 0;
  select * into strict v_review from public.reviews r where r.id = v_review.id;
  return v_review;
end
$function$;
comment on function public.mark_review_helpful(uuid,boolean) is 'Counts a review of a service, a provider or a booking as helpful for the signed-in user, once; with isHelpful false no longer. Raises OB001, OB003, OB031 (your own review, or one about your business).';
revoke all on function public.mark_review_helpful(uuid,boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.mark_review_helpful(uuid,boolean) to authenticated;
grant execute on function public.mark_review_helpful(uuid,boolean) to service_role;

CREATE OR REPLACE FUNCTION public.mark_vendor_review_helpful(vendor_review_id uuid, is_helpful boolean DEFAULT true)
 RETURNS public.vendor_reviews
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_review public.vendor_reviews;
  v_change integer;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_review from public.vendor_reviews r
  where r.id = mark_vendor_review_helpful.vendor_review_id for no key update;
  if not found then
    raise exception 'The review was not found. Check the id.' using errcode = 'OB003', column = 'vendor_review_id';
  end if;
  perform app_private.require_others_review(v_review.customer_id, v_review.vendor_id, v_review.status);
  if mark_vendor_review_helpful.is_helpful is not false then
    insert into public.review_helpful_marks (user_id, vendor_review_id) values ((select auth.uid()), v_review.id)
    on conflict on constraint review_helpful_marks_vendor_review_once do nothing;
    get diagnostics v_change = row_count;
  else
    delete from public.review_helpful_marks m
    where m.user_id = (select auth.uid()) and m.vendor_review_id = v_review.id;
    get diagnostics v_change = row_count;
    v_change := -v_change;
  end if;
  update public.vendor_reviews r set helpful_count = greatest(0, r.helpful_count + v_change)
  where r.id = v_review.id and v_change <> 0;
  select * into strict v_review from public.vendor_reviews r where r.id = v_review.id;
  return v_review;
end
$function$;
comment on function public.mark_vendor_review_helpful(uuid,boolean) is 'Counts a review of a visit as helpful for the signed-in user, once; with isHelpful false no longer. Raises OB001, OB003, OB031 (your own review, or one about your business).';
revoke all on function public.mark_vendor_review_helpful(uuid,boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.mark_vendor_review_helpful(uuid,boolean) to authenticated;
grant execute on function public.mark_vendor_review_helpful(uuid,boolean) to service_role;

CREATE OR REPLACE FUNCTION public.submit_vendor_application(application_id uuid)
 RETURNS public.vendor_applications
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
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
$function$;
comment on function public.submit_vendor_application(uuid) is 'Submits the application of the signed-in user: it goes to a field officer and can no longer be edited. Raises OB001, OB003, OB030 (already submitted), OB037 (incomplete).';
revoke all on function public.submit_vendor_application(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.submit_vendor_application(uuid) to authenticated;
grant execute on function public.submit_vendor_application(uuid) to service_role;

CREATE OR REPLACE FUNCTION public.suggest(query text, kind text DEFAULT NULL::text)
 RETURNS SETOF public.suggestion
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER ROWS 10
 SET search_path TO ''
 SET jit TO 'off'
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
declare
  v_title constant text := app_private.search_title(app_private.search_input(suggest.query));
  v_wanted constant integer := 10;
  v_query tsquery;
  v_kind text;
  v_hits app_private.search_documents[];
  v_found app_private.search_documents[] := '{}';
begin
  if suggest.kind is not null
    and not exists (select from enums.suggestion_kind k where k.value = suggest.kind) then
    raise exception 'The kind of suggestion is unknown. Choose one of the known kinds.'
      using errcode = 'OB020', column = 'kind';
  end if;
  if v_title = '' then
    return;
  end if;
  v_query := app_private.suggestion_query(v_title);
  for v_kind in
    select k.value from enums.suggestion_kind k where k.value = coalesce(suggest.kind, k.value)
  loop
    v_hits := array(
      select d from app_private.search_documents d
      where d.kind = v_kind and d.title >= v_title and d.title < v_title || chr(1114109)
      order by d.title, d.id
      limit v_wanted
    ) || array(
      select d from (
        select s from app_private.search_documents s
        where s.kind = v_kind
        order by s.quality desc, s.id
        limit 1000
      ) best (d)
      where (best.d).name @@ v_query
      limit v_wanted
    );
    if cardinality(v_hits) < v_wanted then
      v_hits := v_hits || array(
        select r.d
        -- With its own plan: otherwise all documents would be walked through for ten of them.
        from (
          select d from app_private.search_documents d
          where d.kind = v_kind and d.name @@ v_query offset 0
        ) r (d)
        order by (r.d).quality desc, (r.d).id
        limit v_wanted
      );
    end if;
    v_found := v_found || v_hits;
  end loop;
  return query
    select r.kind, r.id, r.label, r.detail
    from (
      select f.*, row_number() over (
        partition by f.kind order by f.title <> v_title, not f.is_beginning, f.quality desc, f.title, f.id) as place
      from (
        select distinct on (u.kind, u.id) u.*, starts_with(u.title, v_title) as is_beginning
        from unnest(v_found) u
      ) f
    ) r
    -- Each kind in turn.
    order by r.title <> v_title, not r.is_beginning, r.place, r.quality desc, r.title, r.id
    limit v_wanted;
end
$function$;
comment on function public.suggest(text,text) is 'Suggestions for a text that is being typed, at most ten: services, listed vendors and places whose names contain these words, of which the last may be incomplete; typing mistakes are tolerated. Exact names come first, then names that begin with the text. With kind only this kind. An empty text finds nothing. Raises OB020 (too long, or an unknown kind).';
revoke all on function public.suggest(text,text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.suggest(text,text) to anon;
grant execute on function public.suggest(text,text) to authenticated;
grant execute on function public.suggest(text,text) to service_role;
grant execute on function public.suggest(text,text) to staff;
