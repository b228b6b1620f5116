-- Undoes invitations and proposed rights to approve: members stay, and so do confirmed rights.

drop function if exists
  public.confirm_employee_approval(uuid, boolean, text),
  public.set_employee_approval(uuid, integer, boolean, numeric),
  app_private.give_level_role(public.employee_approval_proposals),
  app_private.tell_approval(uuid[], text, text, public.employee_approval_proposals);
drop table if exists public.employee_approval_proposals;
drop table if exists enums.approval_proposal_status;

drop trigger if exists _200_left on public.employees;
drop index if exists public.employees_exit_date_idx;
drop function if exists
  public.leave_membership(text, uuid), app_private.leave_as_provider(uuid, uuid),
  app_private.leave_vendor_staff(uuid, uuid), app_private.leave_platform(uuid),
  app_private.tell_employers(uuid[], text, text, date), app_private.tg_employees__left(),
  app_private.end_due_employments(integer), app_private.end_employment(uuid);

drop trigger if exists _500_forget_invitations on public.user_profiles;
drop function if exists
  app_private.tg_user_profiles__forget_invitations(), app_private.tidy_invitations(integer),
  public.decline_invitation(uuid), public.accept_invitation(uuid),
  app_private.answer_invitation(public.invitations, text),
  app_private.join_by_invitation(public.invitations, uuid),
  app_private.join_as_provider(public.invitations, uuid, text, text),
  app_private.join_vendor_staff(public.invitations, uuid, text, text),
  app_private.join_as_employee(public.invitations, uuid, text, text),
  app_private.give_role(uuid, text), app_private.received_invitation(uuid),
  app_private.withhold_invitation(uuid), public.revoke_invitation(uuid), public.resend_invitation(uuid),
  app_private.require_unanswered(public.invitations), app_private.sent_invitation(uuid),
  app_private.remove_invited_provider(public.invitations),
  app_private.enter_invited_provider(public.invitations), app_private.invitation_end(),
  public.invite_member(text, text, text, text, uuid, text, text, text, text, date, text),
  app_private.count_invitation(uuid, text, text), app_private.account_with(text, text),
  app_private.send_invitation(public.invitations), app_private.check_invitation(public.invitations),
  app_private.require_inviter(text, uuid), public.my_invitations(),
  public.invitations_business_name(public.invitations);
drop index if exists app_private.contact_messages_invitation_idx;
drop table if exists public.invitations;
drop function if exists app_private.my_invitation_ids();
drop table if exists enums.invitation_status, enums.invitation_kind;

delete from app_private.personal_links
where table_name in ('public.invitations', 'public.employee_approval_proposals');
delete from public.system_settings
where category = 'invitations' or key in ('employees.notice_days', 'providers.notice_days');
delete from public.notification_deliveries where contact_message_id is not null;
delete from app_private.contact_messages;
delete from public.notifications
where type in ('invitation', 'invitation_answered', 'member_left', 'approval_proposed', 'approval_decided');
delete from public.notification_templates
where type in ('invitation', 'invitation_answered', 'member_left', 'approval_proposed', 'approval_decided');
delete from enums.notification_type
where value in ('invitation', 'invitation_answered', 'member_left', 'approval_proposed', 'approval_decided');
delete from enums.notification_audience
where value in ('invited', 'inviter', 'employer', 'confirmer', 'proposer', 'employee');

delete from public.schema_versions where version = '1.21';
