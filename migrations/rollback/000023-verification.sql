-- Undoes the masking of identity numbers. Account numbers return to their rows; of the numbers of documents
-- only the last four characters exist, which stay as they are.

drop function if exists app_private.expire_verifications(integer),
  app_private.remind_of_expiries(integer), app_private.verified_until(date, date);
drop type if exists app_private.expiring;
drop table if exists app_private.expiry_reminders;
drop index if exists public.user_kyc_verification_expiry_idx, public.vendor_documents_expiry_idx,
  public.user_documents_expiry_idx;
delete from public.system_settings where key = 'verification.reminder_days';

drop function if exists public.verification_queue();
drop type if exists public.verification_request;
drop function if exists
  public.verify_provider(uuid, boolean, text),
  app_private.require_others_provider(app_private.provider_person),
  app_private.documents_missing_of(uuid);
delete from app_private.file_columns where table_name = 'provider_documents';
delete from app_private.file_uses where table_name = 'provider_documents';
drop table if exists public.provider_documents;
drop function if exists app_private.tg_provider_documents__wait_again();
delete from app_private.audit_redactions where table_name = 'provider_documents';
delete from public.files where purpose = 'provider_document';
delete from public.file_rules where purpose = 'provider_document';
delete from enums.file_purpose where value = 'provider_document';
drop table if exists enums.provider_document_type;
alter table public.vendor_categories drop column if exists asks_for_certificate;
drop index if exists public.therapists_pending_idx, public.beauticians_pending_idx;
drop trigger if exists _700_notify_people on public.user_kyc_verification;
drop function if exists
  app_private.tell_kyc_verification(public.user_kyc_verification, public.user_kyc_verification),
  public.verify_vendor(uuid, boolean, text), public.verify_vendor_document(uuid, boolean, text),
  public.verify_bank_account(uuid, boolean, text), public.verify_user_document(uuid, boolean, text),
  app_private.verdict_type(boolean), app_private.tell_verdict(uuid, text, text, text, jsonb),
  app_private.require_others_vendor(uuid), app_private.require_open(text, date, boolean),
  app_private.rejection_reason(boolean, text);
drop index if exists public.user_kyc_verification_pending_idx, public.vendors_pending_idx;
alter table public.vendor_private_details
  drop column if exists rejection_reason, drop column if exists verified_by, drop column if exists verified_at;
alter table public.user_bank_details
  drop column if exists verification_status,
  drop constraint if exists user_bank_details_one_verdict,
  drop column if exists verified_by, drop column if exists verified_at, drop column if exists rejection_reason;
alter table public.vendor_documents
  drop column if exists verification_status,
  drop constraint if exists vendor_documents_one_verdict,
  drop column if exists verified_by, drop column if exists rejection_reason, drop column if exists expired_at;
comment on column public.vendor_documents.verified_at is 'When the document was verified; null until then.';
alter table public.user_documents
  drop column if exists verification_status,
  drop constraint if exists user_documents_one_verdict,
  drop column if exists rejection_reason, drop column if exists expired_at;
comment on column public.user_documents.verified_by is 'User who checked the document; null until then.';
comment on column public.user_documents.verified_at is 'When the document was checked; null until then.';
grant update (document_number, file_url, file_type, file_size, expiry_date)
  on public.user_documents to authenticated;
delete from public.notification_templates where audience = 'holder';
delete from public.notifications where type in
  ('verification_passed', 'verification_failed', 'verification_expiring', 'verification_expired');
delete from enums.notification_audience where value = 'holder';
delete from enums.notification_type where value in
  ('verification_passed', 'verification_failed', 'verification_expiring', 'verification_expired');
delete from enums.verification_status where value = 'expired';

drop function if exists public.read_bank_account_number(uuid);
drop trigger if exists _200_validate on public.user_bank_details;
drop trigger if exists _500_forget_number on public.user_bank_details;
drop function if exists app_private.tg_user_bank_details__number(),
  app_private.tg_user_bank_details__forget_number();
alter table public.user_bank_details drop constraint if exists user_bank_details_account_number_format;
alter table public.user_bank_details disable trigger user;
do $$
begin
  if to_regclass('app_private.bank_account_numbers') is not null then
    update public.user_bank_details b set account_number = n.account_number
    from app_private.bank_account_numbers n where n.bank_detail_id = b.id;
  end if;
end
$$;
alter table public.user_bank_details enable trigger user;
alter table public.user_bank_details add constraint user_bank_details_account_number_format
  check (account_number ~ '^[0-9]{9,18}$');
comment on constraint user_bank_details_account_number_format on public.user_bank_details is
  'Account number must have 9 to 18 digits.';
comment on column public.user_bank_details.account_number is 'Account number, 9 to 18 digits.';
drop table if exists app_private.bank_account_numbers;
drop trigger if exists _200_validate on public.user_kyc_verification;
drop function if exists app_private.tg_user_kyc_verification__number();
comment on column public.user_kyc_verification.verification_data is
  'Object with what the user submitted; its keys depend on the type; null when nothing was submitted.';
drop trigger if exists _200_validate on public.user_documents;
drop function if exists app_private.tg_user_documents__number();
comment on column public.user_documents.document_number is
  'Number printed on the document; null when it has none or it was not given.';
drop function if exists app_private.without_numbers(jsonb), app_private.without_numbers(text),
  app_private.kept_number(text, text), app_private.bare_number(text), app_private.masked(text);

delete from app_private.personal_links where (table_name, column_name) in (
  ('public.vendor_documents', 'verified_by'), ('public.vendor_private_details', 'verified_by'),
  ('public.user_bank_details', 'verified_by'), ('public.provider_documents', 'provider_id'),
  ('public.provider_private_details', 'provider_id'), ('public.provider_private_details', 'verified_by')
);

delete from public.schema_versions where version = '1.19';
