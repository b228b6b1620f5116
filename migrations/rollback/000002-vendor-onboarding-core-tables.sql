drop function if exists public.submit_vendor_application(uuid);
drop function if exists public.approve_vendor_application(uuid, text);
drop function if exists public.reject_vendor_application(uuid, text);
drop function if exists public.request_application_information(uuid, text);
drop function if exists public.provide_application_information(uuid, text);
drop function if exists public.hold_vendor_application(uuid, text);
drop function if exists public.resume_vendor_application(uuid, text);
drop function if exists public.record_franchise_fee(uuid, text);
drop function if exists app_private.make_vendor(public.vendor_applications);
drop function if exists app_private.check_application_complete(public.vendor_applications);
drop function if exists app_private.application_fee(public.vendor_applications);
drop function if exists app_private.record_application_act(public.vendor_applications, text, text, text);
drop function if exists app_private.reviewed_application(uuid);
drop function if exists app_private.own_application(uuid, text);
drop function if exists app_private.required_reason(text, text);

drop table if exists public.vendor_approval_history;
drop table if exists enums.approval_action;
drop table if exists public.vendor_approval_stages;

alter table public.vendor_private_details drop column if exists partner_type;
drop trigger if exists _200_partner_type on public.vendor_applications;
drop function if exists app_private.tg__partner_type();
drop trigger if exists _210_terms_are_final on public.vendor_applications;
drop function if exists app_private.tg_vendor_applications__terms_are_final();
alter table public.vendor_applications
  drop constraint if exists vendor_applications_fee_with_reference,
  drop column if exists partner_type,
  drop column if exists franchise_fee_paid,
  drop column if exists franchise_payment_reference,
  drop column if exists franchise_agreement_signed;
drop table if exists public.partner_types;

delete from public.schema_versions where version = '1.1';
