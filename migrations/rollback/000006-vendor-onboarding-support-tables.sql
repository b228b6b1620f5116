drop function if exists app_private.quick_signups_to_remind();
delete from public.system_settings where key = 'onboarding.reminder_days';
drop trigger if exists _500_complete_quick_signup on public.vendor_applications;
drop function if exists app_private.tg_vendor_applications__complete_quick_signup();
drop table if exists public.quick_signup_profiles;

drop trigger if exists _300_documents on public.vendor_approval_history;
drop function if exists app_private.tg_vendor_approval_history__documents();

-- As before: only the fee prevents the approval.
create or replace function app_private.check_application_complete(p_application public.vendor_applications)
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

drop function if exists public.vendor_applications_missing_documents(public.vendor_applications);
drop function if exists app_private.required_documents(uuid);
drop function if exists public.verify_application_document(uuid, boolean, text);
drop table if exists public.vendor_application_documents;
delete from app_private.audit_redactions where table_name = 'vendor_application_documents';
drop table if exists public.vendor_document_requirements;
drop table if exists public.onboarding_progress;
drop function if exists app_private.tg_onboarding_progress__completed_at();
drop table if exists public.onboarding_steps;
drop table if exists enums.onboarding_step_status;

delete from public.schema_versions where version = '1.4';
