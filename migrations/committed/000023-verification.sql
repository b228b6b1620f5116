--! Previous: sha1:723254959091d5a751fc7ec2bebcae1faae4bb2d
--! Hash: sha1:84c48de7cecbacd8f6e355d5549e1c4957a037f5
--! Message: verification

--! split: 020-what-is-kept.sql
-- How identity numbers are stored. Verifying a document compares its last four characters with the scan; no
-- one needs more of it, and we may not store Aadhaar numbers at all. So a number is checked when it is
-- entered, and only its last four characters reach the table. No hash of it is stored either: there are so
-- few numbers that anyone with the hashes and their key has the numbers.
--
-- One number is needed completely: that of a bank account, to pay to it. It is in a table of its own, which
-- one function reads, for staff who pay, and every reading is recorded.
--
-- Comes before the first release, to databases that are small or empty.
-- squawk-ignore-file constraint-missing-not-valid, adding-field-with-default, adding-foreign-key-constraint, require-concurrent-index-creation

--! Included functions/verification/masked.sql
create or replace function app_private.masked(p_number text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  -- A short one does not show more than half.
  v_shown integer := least(4, length(p_number) / 2);
begin
  return repeat('X', length(p_number) - v_shown) || right(p_number, v_shown);
end
$$;
comment on function app_private.masked(text) is
  'A number in its displayed form: XXXXXXXX1234.';
revoke all on function app_private.masked(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/masked.sql

--! Included functions/verification/bare_number.sql
create or replace function app_private.bare_number(p_number text) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return nullif(upper(regexp_replace(p_number, '[\s-]', '', 'g')), '');
end
$$;
comment on function app_private.bare_number(text) is
  'A number without spaces and hyphens, in capital letters; null when nothing is left.';
revoke all on function app_private.bare_number(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/bare_number.sql

--! Included functions/verification/kept_number.sql
create or replace function app_private.kept_number(p_kind text, p_number text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  v_number text := app_private.bare_number(p_number);
begin
  -- As UIDAI itself masks one, and as a stored number is written back.
  if v_number ~ '^X{4,}[0-9A-Z]{1,4}$' then
    return v_number;
  end if;
  if p_kind = 'aadhaar' and not app_private.is_aadhaar(v_number) then
    raise exception 'The Aadhaar number must have 12 digits, and the last digit must fit the others. Check for a typing mistake.'
      using errcode = 'OB020', column = 'document_number';
  end if;
  if p_kind = 'pan' and not app_private.is_pan(v_number) then
    raise exception 'The PAN must have 10 characters, such as AAPFU0939F, with a valid holder type as the fourth letter. Check for a typing mistake.'
      using errcode = 'OB020', column = 'document_number';
  end if;
  if p_kind = 'gst' and not app_private.is_gstin(v_number) then
    raise exception 'The GSTIN must have 15 characters, such as 27AAPFU0939F1ZV, and the last character must fit the others. Check for a typing mistake.'
      using errcode = 'OB020', column = 'document_number';
  end if;
  if p_kind = 'bank' and v_number !~ '^[0-9]{9,18}$' then
    raise exception 'The account number must have 9 to 18 digits.' using errcode = 'OB020', column = 'account_number';
  end if;
  return app_private.masked(v_number);
end
$$;
comment on function app_private.kept_number(text, text) is
  'The stored form of a number of this kind: its last four characters after X. Null for an empty one. Raises OB020 where it cannot be such a number; the message does not repeat it.';
revoke all on function app_private.kept_number(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/kept_number.sql

/*
 * Documents of users.
 */
--! Included functions/verification/tg_user_documents__number.sql
create or replace function app_private.tg_user_documents__number() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  new.document_number := app_private.kept_number(new.document_type, new.document_number);
  return new;
end
$$;
comment on function app_private.tg_user_documents__number() is
  'Checks the number of a document and stores only its last four characters. Raises OB020.';
revoke all on function app_private.tg_user_documents__number() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/tg_user_documents__number.sql
-- Existing numbers lose all but their last four characters, valid or not. No user acts here, so neither the
-- timestamps of the row nor the audit log record it.
alter table public.user_documents disable trigger user;
update public.user_documents d
set document_number = app_private.masked(app_private.bare_number(d.document_number))
where d.document_number is not null;
alter table public.user_documents enable trigger user;
create trigger _200_validate before insert or update of document_type, document_number on public.user_documents
  for each row execute function app_private.tg_user_documents__number();
comment on column public.user_documents.document_number is
  'Number printed on the document. Enter it completely: the number of an Aadhaar card, a PAN card or a GST certificate is checked. Only its last four characters are stored, as XXXXXXXX1234. Null when it has none or it was not given.';

/*
 * Identity verifications, in whatever form the app writes them.
 */

--! Included functions/verification/without_numbers.sql
create or replace function app_private.without_numbers(p_text text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  v_text text := p_text;
  v_number text;
begin
  -- A reference of ours is not such a number, whatever its digits are.
  if p_text ~ '^(file:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return p_text;
  end if;
  for v_number in
    select m[1] from regexp_matches(p_text,
      '([0-9]{4}[ -][0-9]{4}[ -][0-9]{4}|[0-9]{9,}|[0-9]{0,2}[a-z]{5}[0-9]{4}[a-z][0-9a-z]{0,3})',
      'gi') m
    order by length(m[1]) desc
  loop
    v_text := replace(v_text, v_number, app_private.masked(app_private.bare_number(v_number)));
  end loop;
  return v_text;
end
$$;
create or replace function app_private.without_numbers(p_data jsonb) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
  case jsonb_typeof(p_data)
    when 'object' then
      return (
        select coalesce(jsonb_object_agg(app_private.without_numbers(e.key), app_private.without_numbers(e.value)), '{}')
        from jsonb_each(p_data) e
      );
    when 'array' then
      return (
        select coalesce(jsonb_agg(app_private.without_numbers(e.value) order by e.n), '[]')
        from jsonb_array_elements(p_data) with ordinality e (value, n)
      );
    when 'string' then
      return to_jsonb(app_private.without_numbers(p_data #>> '{}'));
    when 'number' then
      return case when p_data #>> '{}' ~ '[0-9]{9}'
        then to_jsonb(app_private.without_numbers(p_data #>> '{}')) else p_data end;
    else
      return p_data;
  end case;
end
$$;
comment on function app_private.without_numbers(text) is
  'A text in which everything that looks like the number of an Aadhaar card, a PAN card, a GST registration or a bank account is masked.';
comment on function app_private.without_numbers(jsonb) is
  'The same for all values of an object or a list; a masked number becomes a text.';
revoke all on function app_private.without_numbers(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
revoke all on function app_private.without_numbers(jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/without_numbers.sql

--! Included functions/verification/tg_user_kyc_verification__number.sql
create or replace function app_private.tg_user_kyc_verification__number() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if jsonb_typeof(new.verification_data) = 'object' and new.verification_data ? 'number' then
    new.verification_data := new.verification_data || jsonb_build_object('number',
      app_private.kept_number(new.verification_type, new.verification_data ->> 'number'));
  end if;
  new.verification_data := app_private.without_numbers(new.verification_data);
  return new;
end
$$;
comment on function app_private.tg_user_kyc_verification__number() is
  'Checks the submitted number and stores only its last four characters; masks everything else that looks like one. Raises OB020.';
revoke all on function app_private.tg_user_kyc_verification__number() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/tg_user_kyc_verification__number.sql
alter table public.user_kyc_verification disable trigger user;
update public.user_kyc_verification k
set verification_data = app_private.without_numbers(k.verification_data)
where k.verification_data is not null;
alter table public.user_kyc_verification enable trigger user;
create trigger _200_validate before insert or update of verification_type, verification_data
  on public.user_kyc_verification
  for each row execute function app_private.tg_user_kyc_verification__number();
comment on column public.user_kyc_verification.verification_data is
  'Object with what the user submitted; null when nothing was. The number has the key number: it is checked, and only its last four characters are stored, as XXXXXXXX1234. Everything else that looks like such a number is masked too.';

/*
 * Bank accounts.
 */
create table app_private.bank_account_numbers (
  -- No foreign key: the number is stored before the account's row exists. A trigger of that row removes it
  -- again.
  bank_detail_id uuid primary key,
  account_number text not null check (account_number ~ '^[0-9]{9,18}$')
);
alter table app_private.bank_account_numbers enable row level security;
comment on table app_private.bank_account_numbers is
  'Numbers of bank accounts, kept apart from what can be read of them; only read_bank_account_number() returns one. A number is deleted with its account; the audit log keeps the account''s history.';
comment on column app_private.bank_account_numbers.bank_detail_id is 'Account of the number.';
comment on column app_private.bank_account_numbers.account_number is 'The number, 9 to 18 digits.';

insert into app_private.bank_account_numbers (bank_detail_id, account_number)
select b.id, b.account_number from public.user_bank_details b;
alter table public.user_bank_details drop constraint user_bank_details_account_number_format;
alter table public.user_bank_details disable trigger user;
update public.user_bank_details b set account_number = app_private.masked(b.account_number);
alter table public.user_bank_details enable trigger user;
-- Both forms: a rule for the displayed one alone would keep an import from writing the complete one.
alter table public.user_bank_details add constraint user_bank_details_account_number_format
  check (account_number ~ '^([0-9]{9,18}|X{5,14}[0-9]{4})$');
comment on constraint user_bank_details_account_number_format on public.user_bank_details is
  'Account number must have 9 to 18 digits.';

--! Included functions/verification/tg_user_bank_details__number.sql
create or replace function app_private.tg_user_bank_details__number() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_number text := app_private.bare_number(new.account_number);
  v_there text;
begin
  if tg_op = 'INSERT' then
    select n.account_number into v_there from app_private.bank_account_numbers n
    where n.bank_detail_id = new.id;
    if not found then
      if v_number is null or v_number ~ '^X' then
        raise exception 'The account number must be complete. Enter all of its digits.'
          using errcode = 'OB020', column = 'account_number';
      end if;
      new.account_number := app_private.kept_number('bank', v_number);
      insert into app_private.bank_account_numbers (bank_detail_id, account_number)
      values (new.id, v_number);
      return new;
    end if;
    -- The id is taken. Such a row will be refused, left out, or written over the existing one.
    new.account_number := app_private.masked(v_there);
  else
    v_there := old.account_number;
  end if;
  if v_number is distinct from v_there and v_number is distinct from app_private.masked(v_there) then
    raise exception 'The number of a bank account cannot be changed. Add the other account and remove this one.'
      using errcode = 'OB020', column = 'account_number';
  end if;
  return new;
end
$$;
comment on function app_private.tg_user_bank_details__number() is
  'Stores the number of a new bank account separately and leaves its last four digits, which then stay. Raises OB020 where the number is incomplete or would be changed.';
revoke all on function app_private.tg_user_bank_details__number() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/tg_user_bank_details__number.sql
create trigger _200_validate before insert or update of account_number on public.user_bank_details
  for each row execute function app_private.tg_user_bank_details__number();

--! Included functions/verification/tg_user_bank_details__forget_number.sql
create or replace function app_private.tg_user_bank_details__forget_number() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from app_private.bank_account_numbers n where n.bank_detail_id = old.id;
  return null;
end
$$;
comment on function app_private.tg_user_bank_details__forget_number() is
  'Deletes the number of a deleted bank account.';
revoke all on function app_private.tg_user_bank_details__forget_number() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/tg_user_bank_details__forget_number.sql
create trigger _500_forget_number after delete on public.user_bank_details
  for each row execute function app_private.tg_user_bank_details__forget_number();
comment on column public.user_bank_details.account_number is
  'Account number. Enter it completely, 9 to 18 digits; it cannot be changed later. Only the last four digits are shown, as XXXXXXXX1234.';

--! Included functions/verification/read_bank_account_number.sql
create or replace function public.read_bank_account_number(bank_detail_id uuid) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_number text;
begin
  perform app_private.require_permission('bank_details.read');
  select n.account_number into v_number from app_private.bank_account_numbers n
  where n.bank_detail_id = read_bank_account_number.bank_detail_id;
  if not found then
    raise exception 'The bank account was not found. Check the id.' using errcode = 'OB003';
  end if;
  insert into public.user_activity_log (user_id, action, metadata)
  values ((select auth.uid()), 'bank_account_number_read',
    jsonb_build_object('bankDetailId', read_bank_account_number.bank_detail_id));
  return v_number;
end
$$;
comment on function public.read_bank_account_number(uuid) is
  'The complete number of a bank account, for staff who make payments to it. Each reading is recorded. Needs the permission to read bank details. Raises OB001, OB002, OB003.';
revoke all on function public.read_bank_account_number(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.read_bank_account_number(uuid) to staff;
--! EndIncluded functions/verification/read_bank_account_number.sql

--! split: 030-review.sql
-- From submission to decision. Documents and bank accounts of users, documents of vendors and vendors
-- themselves had a mark that they were verified, but no function to set it. Now users with the permission
-- (kyc.approve for users, vendor_documents.approve, vendors.update for vendors) find everything that waits in
-- one list, oldest first, and verify or reject it with a reason. The list shows what a decision needs: the
-- document and the last four characters of its number. What was submitted can be withdrawn and submitted
-- again, but not changed, so that nothing changes while it is being decided.

insert into enums.verification_status values ('expired', 'Expired and must be repeated');

insert into enums.notification_type values
  ('verification_passed', 'Something was verified'),
  ('verification_failed', 'Something was rejected'),
  ('verification_expiring', 'A verification expires soon'),
  ('verification_expired', 'A verification has expired');
insert into enums.notification_audience values ('holder', 'The user whose documents or data are verified');
--! Included templates/verification_passed.sql
-- Something was verified.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('verification_passed', 'holder', 'en',
    '{{what}}: verified',
    'We have checked and verified it. Thank you.',
    '{push,in_app}', 'normal', '/verification'),
  ('verification_passed', 'holder', 'hi',
    '{{what}}: सत्यापित',
    'हमने इसकी जाँच की है और यह सही है। धन्यवाद।',
    '{push,in_app}', 'normal', '/verification')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/verification_passed.sql

--! Included templates/verification_failed.sql
-- Something was rejected.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('verification_failed', 'holder', 'en',
    '{{what}}: not verified',
    'We could not verify it: {{reason}}',
    '{push,in_app,email}', 'high', '/verification'),
  ('verification_failed', 'holder', 'hi',
    '{{what}}: कृपया फिर से देखें',
    'हम इसे सत्यापित नहीं कर सके: {{reason}}',
    '{push,in_app,email}', 'high', '/verification')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/verification_failed.sql

--! Included templates/verification_expiring.sql
-- A verification expires soon.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('verification_expiring', 'holder', 'en',
    '{{what}} is valid until {{date}}',
    'Please submit a new one before then.',
    '{push,in_app,email}', 'normal', '/verification'),
  ('verification_expiring', 'holder', 'hi',
    '{{what}} {{date}} तक मान्य है',
    'कृपया उससे पहले नया जमा करें।',
    '{push,in_app,email}', 'normal', '/verification')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/verification_expiring.sql

--! Included templates/verification_expired.sql
-- A verification has expired.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('verification_expired', 'holder', 'en',
    '{{what}} has expired',
    'Please submit a new one.',
    '{push,in_app,email}', 'high', '/verification'),
  ('verification_expired', 'holder', 'hi',
    '{{what}} की अवधि समाप्त हो गई है',
    'कृपया नया जमा करें।',
    '{push,in_app,email}', 'high', '/verification')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/verification_expired.sql

/*
 * Data of a decision.
 */
alter table public.user_documents
  add column rejection_reason text,
  add column expired_at timestamptz,
  add constraint user_documents_one_verdict
    check (num_nonnulls(verified_at, rejection_reason, expired_at) <= 1),
  add column verification_status text not null generated always as (case
    when verified then 'verified' when rejection_reason is not null then 'rejected'
    when expired_at is not null then 'expired' else 'pending' end) stored references enums.verification_status;
-- What waits, the oldest first.
create index user_documents_pending_idx on public.user_documents (created_at, id)
  where verification_status = 'pending';
comment on column public.user_documents.verified_by is 'User who checked it, with either result; null until then.';
comment on column public.user_documents.verified_at is 'When it was verified; null until then and when it has expired.';
comment on column public.user_documents.rejection_reason is 'Why it was rejected; null unless it was.';
comment on column public.user_documents.expired_at is 'When it was found to be expired; null otherwise.';
comment on column public.user_documents.verification_status is 'State of the verification.';
-- Only the title of a waiting document can be changed: for other changes it is withdrawn and submitted again.
revoke update (document_number, file_url, file_type, file_size, expiry_date)
  on public.user_documents from authenticated;

alter table public.vendor_documents
  add column verified_by uuid references public.user_profiles (id) on delete set null,
  add column rejection_reason text,
  add column expired_at timestamptz,
  add constraint vendor_documents_one_verdict
    check (num_nonnulls(verified_at, rejection_reason, expired_at) <= 1),
  add column verification_status text not null generated always as (case
    when verified then 'verified' when rejection_reason is not null then 'rejected'
    when expired_at is not null then 'expired' else 'pending' end) stored references enums.verification_status;
create index vendor_documents_verified_by_idx on public.vendor_documents (verified_by);
-- What waits, the oldest first.
create index vendor_documents_pending_idx on public.vendor_documents (created_at, id)
  where verification_status = 'pending';
comment on column public.vendor_documents.verified_by is 'User who checked it, with either result; null until then.';
comment on column public.vendor_documents.verified_at is 'When it was verified; null until then and when it has expired.';
comment on column public.vendor_documents.rejection_reason is 'Why it was rejected; null unless it was.';
comment on column public.vendor_documents.expired_at is 'When it was found to be expired; null otherwise.';
comment on column public.vendor_documents.verification_status is 'State of the verification.';

alter table public.user_bank_details
  add column verified_by uuid references public.user_profiles (id) on delete set null,
  add column verified_at timestamptz,
  add column rejection_reason text,
  add constraint user_bank_details_one_verdict
    check (not (is_verified and rejection_reason is not null) and (is_verified or verified_at is null)),
  add column verification_status text not null generated always as (case
    when is_verified then 'verified' when rejection_reason is not null then 'rejected'
    else 'pending' end) stored references enums.verification_status;
create index user_bank_details_verified_by_idx on public.user_bank_details (verified_by);
-- What waits, the oldest first.
create index user_bank_details_pending_idx on public.user_bank_details (created_at, id)
  where verification_status = 'pending';
comment on column public.user_bank_details.verified_by is 'User who checked it, with either result; null until then.';
comment on column public.user_bank_details.verified_at is
  'When it was verified; null until then, and when the time was not recorded.';
comment on column public.user_bank_details.rejection_reason is 'Why it was rejected; null unless it was.';
comment on column public.user_bank_details.verification_status is 'State of the verification.';

-- Everyone sees vendors.verification_status of a vendor, but only the vendor and the platform see the reason.
alter table public.vendor_private_details
  add column rejection_reason text,
  add column verified_by uuid references public.user_profiles (id) on delete set null,
  add column verified_at timestamptz;
create index vendor_private_details_verified_by_idx on public.vendor_private_details (verified_by);
comment on column public.vendor_private_details.rejection_reason is 'Why the vendor was rejected; null unless it was.';
comment on column public.vendor_private_details.verified_by is
  'User who last verified or rejected the vendor; null until then, and when an approved application verified it.';
comment on column public.vendor_private_details.verified_at is 'When the vendor was last verified or rejected; null until then.';
-- What waits, the oldest first.
create index vendors_pending_idx on public.vendors (created_at, id) where verification_status = 'pending';
create index therapists_pending_idx on public.therapists (created_at, id) where verification_status = 'pending';
create index beauticians_pending_idx on public.beauticians (created_at, id) where verification_status = 'pending';
create index user_kyc_verification_pending_idx on public.user_kyc_verification (created_at, id)
  where verification_status = 'pending';

-- The user who verified is not the user whom the row is about.
insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.vendor_documents', 'verified_by', false), ('public.vendor_private_details', 'verified_by', false),
  ('public.user_bank_details', 'verified_by', false);

/*
 * Decisions.
 */
--! Included functions/verification/rejection_reason.sql
create or replace function app_private.rejection_reason(p_is_right boolean, p_reason text) returns text
language plpgsql immutable set search_path = '' as $$
begin
  if p_is_right is null then
    raise exception 'isRight is required. Enter true or false.' using errcode = 'OB020', column = 'is_right';
  end if;
  return case when not p_is_right then app_private.required_reason(p_reason) end;
end
$$;
comment on function app_private.rejection_reason(boolean, text) is
  'The reason of a rejection without surrounding blanks; null where none is needed. Raises OB020 (no decision), OB036 (no reason).';
revoke all on function app_private.rejection_reason(boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/rejection_reason.sql

--! Included functions/verification/require_open.sql
create or replace function app_private.require_open(p_status text, p_expiry_date date, p_is_right boolean) returns void
language plpgsql stable set search_path = '' as $$
begin
  if p_status <> 'pending' then
    raise exception 'This has already been decided. Reload it to see the decision.' using errcode = 'OB030';
  end if;
  if p_is_right and p_expiry_date < app_private.today() then
    raise exception 'This document has expired, so it cannot be verified. Reject it, or ask for a new one.'
      using errcode = 'OB020', column = 'is_right';
  end if;
end
$$;
comment on function app_private.require_open(text, date, boolean) is
  'Raises OB030 for something that does not wait for a decision, and OB020 for verifying something that has expired.';
revoke all on function app_private.require_open(text, date, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/require_open.sql

--! Included functions/verification/require_others_vendor.sql
create or replace function app_private.require_others_vendor(p_vendor_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if exists (
    select from public.vendors v where v.id = p_vendor_id and v.user_id = (select auth.uid())
    union all
    select from public.vendor_staff s where s.vendor_id = p_vendor_id and s.user_id = (select auth.uid())
  ) then
    raise exception 'You belong to this business, so you cannot verify it. Leave it to someone else.'
      using errcode = 'OB031';
  end if;
end
$$;
comment on function app_private.require_others_vendor(uuid) is
  'Raises OB031 for owner and staff of this vendor.';
revoke all on function app_private.require_others_vendor(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/require_others_vendor.sql

--! Included functions/verification/tell_verdict.sql
create or replace function app_private.tell_verdict(
  p_user_id uuid, p_type text, p_what text, p_reason text, p_data jsonb
) returns void
language sql volatile security definer set search_path = '' as $$
  select app_private.notify(p_user_id, 'holder', p_type,
    jsonb_build_object('what', p_what, 'reason', p_reason),
    jsonb_build_object('screen', 'verification') || p_data)
$$;
comment on function app_private.tell_verdict(uuid, text, text, text, jsonb) is
  'Notifies the user who submitted something of the decision.';
revoke all on function app_private.tell_verdict(uuid, text, text, text, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/tell_verdict.sql

--! Included functions/verification/verdict_type.sql
create or replace function app_private.verdict_type(p_is_right boolean) returns text
language sql immutable set search_path = '' as $$
  select case when p_is_right then 'verification_passed' else 'verification_failed' end
$$;
comment on function app_private.verdict_type(boolean) is 'Type of notification for a decision.';
revoke all on function app_private.verdict_type(boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/verdict_type.sql

--! Included functions/verification/verify_user_document.sql
create or replace function public.verify_user_document(document_id uuid, is_right boolean, reason text default null)
returns public.user_documents
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_document public.user_documents;
begin
  perform app_private.require_permission('kyc.approve');
  select d.* into v_document from public.user_documents d
  where d.id = verify_user_document.document_id for update;
  if not found then
    raise exception 'The document was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_document.user_id = (select auth.uid()) then
    raise exception 'You cannot verify your own documents. Leave it to someone else.' using errcode = 'OB031';
  end if;
  perform app_private.require_open(v_document.verification_status, v_document.expiry_date, is_right);
  update public.user_documents d set
    rejection_reason = app_private.rejection_reason(is_right, reason),
    verified = is_right,
    verified_at = case when is_right then now() end,
    verified_by = (select auth.uid())
  where d.id = v_document.id
  returning d.* into v_document;
  perform app_private.tell_verdict(v_document.user_id, app_private.verdict_type(is_right),
    (select t.description from enums.user_document_type t where t.value = v_document.document_type),
    v_document.rejection_reason, jsonb_build_object('documentId', v_document.id));
  return v_document;
end
$$;
comment on function public.verify_user_document(uuid, boolean, text) is
  'Verifies or rejects a document of a user; a rejection needs a reason. Its owner is notified. Needs the permission kyc.approve. Raises OB001, OB002, OB003, OB020 (no decision, or the document has expired), OB030 (already decided), OB031 (your own document), OB036 (no reason).';
revoke all on function public.verify_user_document(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.verify_user_document(uuid, boolean, text) to staff;
--! EndIncluded functions/verification/verify_user_document.sql

--! Included functions/verification/verify_bank_account.sql
create or replace function public.verify_bank_account(bank_detail_id uuid, is_right boolean, reason text default null)
returns public.user_bank_details
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_account public.user_bank_details;
begin
  perform app_private.require_permission('kyc.approve');
  select b.* into v_account from public.user_bank_details b
  where b.id = verify_bank_account.bank_detail_id for update;
  if not found then
    raise exception 'The bank account was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_account.user_id = (select auth.uid()) then
    raise exception 'You cannot verify your own bank account. Leave it to someone else.' using errcode = 'OB031';
  end if;
  perform app_private.require_open(v_account.verification_status, null, is_right);
  update public.user_bank_details b set
    rejection_reason = app_private.rejection_reason(is_right, reason),
    is_verified = is_right,
    verified_at = case when is_right then now() end,
    verified_by = (select auth.uid())
  where b.id = v_account.id
  returning b.* into v_account;
  perform app_private.tell_verdict(v_account.user_id, app_private.verdict_type(is_right),
    'Bank account ' || v_account.account_number, v_account.rejection_reason,
    jsonb_build_object('bankDetailId', v_account.id));
  return v_account;
end
$$;
comment on function public.verify_bank_account(uuid, boolean, text) is
  'Verifies or rejects that a bank account exists and belongs to the user; a rejection needs a reason. Its owner is notified. Needs the permission kyc.approve. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already decided), OB031 (your own account), OB036 (no reason).';
revoke all on function public.verify_bank_account(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.verify_bank_account(uuid, boolean, text) to staff;
--! EndIncluded functions/verification/verify_bank_account.sql

--! Included functions/verification/verify_vendor_document.sql
create or replace function public.verify_vendor_document(document_id uuid, is_right boolean, reason text default null)
returns public.vendor_documents
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_document public.vendor_documents;
begin
  perform app_private.require_permission('vendor_documents.approve');
  select d.* into v_document from public.vendor_documents d
  where d.id = verify_vendor_document.document_id for update;
  if not found then
    raise exception 'The document was not found. Check the id.' using errcode = 'OB003';
  end if;
  perform app_private.require_others_vendor(v_document.vendor_id);
  perform app_private.require_open(v_document.verification_status, v_document.expiry_date, is_right);
  update public.vendor_documents d set
    rejection_reason = app_private.rejection_reason(is_right, reason),
    verified = is_right,
    verified_at = case when is_right then now() end,
    verified_by = (select auth.uid())
  where d.id = v_document.id
  returning d.* into v_document;
  perform app_private.tell_verdict(
    (select v.user_id from public.vendors v where v.id = v_document.vendor_id),
    app_private.verdict_type(is_right),
    (select t.description from enums.vendor_document_type t where t.value = v_document.document_type),
    v_document.rejection_reason,
    jsonb_build_object('vendorId', v_document.vendor_id, 'documentId', v_document.id));
  return v_document;
end
$$;
comment on function public.verify_vendor_document(uuid, boolean, text) is
  'Verifies or rejects a document of a vendor; a rejection needs a reason. The vendor''s owner is notified. Needs the permission to approve documents of vendors. Raises OB001, OB002, OB003, OB020 (no decision, or the document has expired), OB030 (already decided), OB031 (your own vendor), OB036 (no reason).';
revoke all on function public.verify_vendor_document(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.verify_vendor_document(uuid, boolean, text) to staff;
--! EndIncluded functions/verification/verify_vendor_document.sql

--! Included functions/verification/verify_vendor.sql
create or replace function public.verify_vendor(vendor_id uuid, is_right boolean, reason text default null)
returns public.vendors
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor public.vendors;
  v_reason text;
begin
  perform app_private.require_permission('vendors.update');
  select v.* into v_vendor from public.vendors v where v.id = verify_vendor.vendor_id for update;
  if not found then
    raise exception 'The vendor was not found, or it is not listed. Check the id.' using errcode = 'OB003';
  end if;
  perform app_private.require_others_vendor(v_vendor.id);
  v_reason := app_private.rejection_reason(is_right, reason);
  if v_vendor.verification_status = (case when is_right then 'verified' else 'rejected' end) then
    raise exception 'This has already been decided. Reload it to see the decision.' using errcode = 'OB030';
  end if;
  update public.vendors v
  set verification_status = case when is_right then 'verified' else 'rejected' end
  where v.id = v_vendor.id
  returning v.* into v_vendor;
  update public.vendor_private_details d
  set rejection_reason = v_reason, verified_by = (select auth.uid()), verified_at = now()
  where d.vendor_id = v_vendor.id;
  perform app_private.tell_verdict(v_vendor.user_id, app_private.verdict_type(is_right),
    v_vendor.business_name, v_reason, jsonb_build_object('vendorId', v_vendor.id));
  return v_vendor;
end
$$;
comment on function public.verify_vendor(uuid, boolean, text) is
  'Verifies or rejects a vendor; only a verified vendor is listed. A rejection needs a reason, and either decision can be followed by the other. Its owner is notified. Needs the permission vendors.update. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already in this state), OB031 (your own vendor), OB036 (no reason).';
revoke all on function public.verify_vendor(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.verify_vendor(uuid, boolean, text) to staff;
--! EndIncluded functions/verification/verify_vendor.sql

--! Included functions/verification/tell_kyc_verification.sql
-- Identity verifications were already decided; now their users are notified.
create or replace function app_private.tell_kyc_verification(
  p_old public.user_kyc_verification, p_new public.user_kyc_verification
) returns void
language sql volatile security definer set search_path = '' as $$
  select app_private.tell_verdict(p_new.user_id,
    case p_new.verification_status when 'verified' then 'verification_passed'
      when 'failed' then 'verification_failed' else 'verification_expired' end,
    t.description, coalesce(p_new.decision_reason, ''), jsonb_build_object('verificationId', p_new.id))
  from enums.kyc_type t where t.value = p_new.verification_type
$$;
comment on function app_private.tell_kyc_verification(public.user_kyc_verification, public.user_kyc_verification) is
  'Notifies a user of the decision on what they submitted about themselves.';
revoke all on function app_private.tell_kyc_verification(public.user_kyc_verification, public.user_kyc_verification) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/tell_kyc_verification.sql
create trigger _700_notify_people after update of verification_status on public.user_kyc_verification
  for each row when (new.verification_status <> 'pending' and new.verification_status <> old.verification_status)
  execute function app_private.tg__notify_people('tell_kyc_verification');

/*
 * Providers. Their documents are attached by them or by their vendor: a proof of identity, and a certificate
 * where a category of their vendor requires one.
 */
alter table public.vendor_categories add column asks_for_certificate boolean not null default false;
comment on column public.vendor_categories.asks_for_certificate is
  'Whether providers of vendors in this category are verified only with a certificate of their trade.';
grant insert (asks_for_certificate), update (asks_for_certificate) on public.vendor_categories to staff;
-- Massage and therapies are taught and certified.
alter table public.vendor_categories disable trigger user;
update public.vendor_categories set asks_for_certificate = true where category_code = 'ayurveda';
alter table public.vendor_categories enable trigger user;

create table enums.provider_document_type (value text primary key, description text not null);
comment on table enums.provider_document_type is
  E'@enum\n@enumName ProviderDocumentType\nDocuments with which a provider is verified.';
select app_private.publish_list('enums.provider_document_type');
insert into enums.provider_document_type values
  ('identity', 'Proof of identity'), ('certificate', 'Certificate of the trade'), ('other', 'Something else');

insert into enums.file_purpose values ('provider_document', 'A document of a therapist or beautician');
alter table public.file_rules disable trigger user;
insert into public.file_rules (purpose, content_types, maximum_bytes)
select 'provider_document', r.content_types, r.maximum_bytes
from public.file_rules r where r.purpose = 'vendor_document';
alter table public.file_rules enable trigger user;

create table public.provider_documents (
  id uuid primary key default gen_random_uuid(),
  provider_id uuid not null references public.providers (id) on delete cascade,
  document_type text not null references enums.provider_document_type,
  document_name text not null check (length(trim(document_name)) between 1 and 200),
  file_url public.file_reference not null,
  expiry_date date,
  verified_at timestamptz,
  created_at timestamptz not null default now()
);
alter table public.provider_documents enable row level security;
select app_private.keep_timestamps('public.provider_documents');
create index provider_documents_provider_id_idx on public.provider_documents (provider_id, created_at);
comment on table public.provider_documents is
  'Documents with which a provider is verified, attached by the provider or the vendor. A verified document cannot be removed.';
comment on constraint provider_documents_document_name_check on public.provider_documents is
  'Document name must have 1 to 200 characters.';
comment on column public.provider_documents.id is 'Identifies the document.';
comment on column public.provider_documents.provider_id is 'Provider of the document.';
comment on column public.provider_documents.document_type is 'Kind of document.';
comment on column public.provider_documents.document_name is 'Title of the document.';
comment on column public.provider_documents.file_url is 'Scan or photo of the document.';
comment on column public.provider_documents.expiry_date is
  'Last day of validity printed on it; null when it has none.';
comment on column public.provider_documents.verified_at is
  'When the provider was verified with it; null until then.';
insert into app_private.audit_redactions values ('provider_documents', 'file_url');
create trigger _800_audit after insert or update or delete on public.provider_documents
  for each row execute function app_private.tg__audit('id');
insert into app_private.file_columns values ('provider_documents', 'file_url', 'provider_document');
create trigger _500_file_url after insert or update of file_url or delete on public.provider_documents
  for each row execute function app_private.tg__file_reference('file_url', 'provider_document');
create policy select_own_or_vendor on public.provider_documents for select to authenticated
  using (
    provider_id = any ((select app_private.my_provider_ids())::uuid[])
    or provider_id = any ((select app_private.my_vendor_provider_ids('manage'))::uuid[])
  );
create policy select_staff on public.provider_documents for select to staff
  using ((select app_private.has_permission('vendors.update')));
create policy insert_own_or_vendor on public.provider_documents for insert to authenticated
  with check (
    provider_id = any ((select app_private.my_provider_ids())::uuid[])
    or provider_id = any ((select app_private.my_vendor_provider_ids('manage'))::uuid[])
  );
create policy delete_own_or_vendor on public.provider_documents for delete to authenticated
  using (
    verified_at is null and (
      provider_id = any ((select app_private.my_provider_ids())::uuid[])
      or provider_id = any ((select app_private.my_vendor_provider_ids('manage'))::uuid[])
    )
  );
grant select, delete on public.provider_documents to authenticated;
grant select on public.provider_documents to staff;
-- Withheld: verified_at, and every update: a waiting document is removed and attached again.
grant insert (provider_id, document_type, document_name, file_url, expiry_date)
  on public.provider_documents to authenticated;

insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.provider_documents', 'provider_id', true), ('public.provider_private_details', 'provider_id', true),
  ('public.provider_private_details', 'verified_by', false);

--! Included functions/verification/tg_provider_documents__wait_again.sql
create or replace function app_private.tg_provider_documents__wait_again() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.lock_provider(new.provider_id);
  if (app_private.person_of(new.provider_id)).verification_status = 'rejected' then
    perform app_private.write_provider(new.provider_id, p_verification_status => 'pending');
  end if;
  return null;
end
$$;
comment on function app_private.tg_provider_documents__wait_again() is
  'A rejected provider who adds another document waits for a decision again.';
revoke all on function app_private.tg_provider_documents__wait_again() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/tg_provider_documents__wait_again.sql
create trigger _600_wait_again after insert on public.provider_documents
  for each row execute function app_private.tg_provider_documents__wait_again();

--! Included functions/verification/documents_missing_of.sql
create or replace function app_private.documents_missing_of(p_provider_id uuid) returns setof text
language sql stable security definer set search_path = '' as $$
  select t.value from enums.provider_document_type t
  where (t.value = 'identity' or t.value = 'certificate' and exists (
      select from public.providers p
      join public.vendor_category_members m on m.vendor_id = p.vendor_id
      join public.vendor_categories c on c.id = m.category_id
      where p.id = p_provider_id and c.asks_for_certificate))
    and not exists (
      select from public.provider_documents d
      where d.provider_id = p_provider_id and d.document_type = t.value
        and coalesce(d.expiry_date, 'infinity') >= app_private.today())
  order by t.value desc
$$;
comment on function app_private.documents_missing_of(uuid) is
  'Kinds of documents that a provider needs for verification and that are missing or expired.';
revoke all on function app_private.documents_missing_of(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/documents_missing_of.sql

--! Included functions/verification/require_others_provider.sql
create or replace function app_private.require_others_provider(p_person app_private.provider_person) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_me constant uuid := (select auth.uid());
begin
  if p_person.user_id = v_me then
    raise exception 'You cannot decide on your own profile. Leave it to someone else.' using errcode = 'OB031';
  end if;
  perform app_private.require_others_vendor(p_person.vendor_id);
  if exists (
    select from public.user_profiles me
    join public.providers p on p.id = p_person.id
    left join public.user_profiles account on account.id = p_person.user_id
    left join public.therapist_private_details t on t.therapist_id = p.therapist_id
    left join public.beautician_private_details b on b.beautician_id = p.beautician_id
    cross join lateral (
      select coalesce(t.emergency_contact, b.emergency_contact) ->> 'mobile' as called,
        coalesce(t.address, b.address) as home
    ) d
    where me.id = v_me and (
      me.mobile in (t.mobile, b.mobile, account.mobile, d.called)
      or me.email in (t.email, b.email, account.email)
      or exists (
        select from public.customer_addresses a
        where a.customer_id = v_me and a.pincode = d.home ->> 'pincode'
          and lower(trim(a.address_line1)) = lower(trim(d.home ->> 'address_line1'))))
  ) then
    raise exception 'You share a contact or an address with this person, so you cannot decide on them. Leave it to someone else.'
      using errcode = 'OB031';
  end if;
end
$$;
comment on function app_private.require_others_provider(app_private.provider_person) is
  'Raises OB031 for the provider, for owner and staff of the vendor, and for users who share a contact or a home with the provider.';
revoke all on function app_private.require_others_provider(app_private.provider_person) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/require_others_provider.sql

--! Included functions/verification/verify_provider.sql
create or replace function public.verify_provider(provider_id uuid, is_right boolean, reason text default null)
returns public.providers
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_provider public.providers;
  v_person app_private.provider_person;
  v_reason text;
  v_missing text;
begin
  perform app_private.require_permission('vendors.update');
  v_provider := app_private.lock_provider(verify_provider.provider_id);
  v_person := app_private.person_of(v_provider.id);
  perform app_private.require_others_provider(v_person);
  v_reason := app_private.rejection_reason(is_right, reason);
  if v_person.status = 'ended' then
    raise exception 'This provider has left, so no decision is needed. Reload the list.' using errcode = 'OB030';
  end if;
  if v_person.verification_status = (case when is_right then 'verified' else 'rejected' end) then
    raise exception 'This has already been decided. Reload it to see the decision.' using errcode = 'OB030';
  end if;
  select string_agg(lower(t.description), ', ' order by t.value desc) into v_missing
  from enums.provider_document_type t
  where is_right and t.value in (select app_private.documents_missing_of(v_provider.id));
  if v_missing is not null then
    raise exception 'These documents are missing or no longer valid: %. Ask the provider or the vendor to attach them.',
      v_missing
      using errcode = 'OB034';
  end if;
  perform app_private.write_provider(v_provider.id,
    p_verification_status => case when is_right then 'verified' else 'rejected' end);
  insert into public.provider_private_details as d (provider_id, rejection_reason, verified_by, verified_at)
  values (v_provider.id, v_reason, (select auth.uid()), now())
  on conflict on constraint provider_private_details_pkey do update
  set rejection_reason = excluded.rejection_reason, verified_by = excluded.verified_by,
    verified_at = excluded.verified_at;
  update public.provider_documents d set verified_at = case when is_right then now() end
  where d.provider_id = v_provider.id and (d.verified_at is null) = is_right;
  perform app_private.tell_verdict(u, app_private.verdict_type(is_right), v_person.name, v_reason,
    jsonb_build_object('providerId', v_provider.id))
  from (
    select v_person.user_id
    union
    select v.user_id from public.vendors v where v.id = v_person.vendor_id
  ) w (u);
  select * into strict v_provider from public.providers p where p.id = v_provider.id;
  return v_provider;
end
$$;
comment on function public.verify_provider(uuid, boolean, text) is
  'Verifies or rejects a provider by their documents: a proof of identity, and a certificate where a category of their vendor requires one. Only verified providers are listed and can be booked. A rejection needs a reason, and either decision can be followed by the other. The provider and the vendor''s owner are notified. Needs the permission vendors.update. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already in this state, or has left), OB031 (yourself, your own business, or a user with whom you share a contact or a home), OB034 (a document is missing or expired), OB036 (no reason).';
revoke all on function public.verify_provider(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.verify_provider(uuid, boolean, text) to staff;
--! EndIncluded functions/verification/verify_provider.sql

/*
 * Requests that wait.
 */
create type public.verification_request as (
  kind text,
  id uuid,
  user_id uuid,
  vendor_id uuid,
  holder text,
  what text,
  number text,
  file_url public.file_reference,
  expiry_date date,
  submitted_at timestamptz
);
comment on type public.verification_request is
  'Something that waits for verification, with what the decision needs.';
comment on column public.verification_request.kind is
  'Kind of request, which determines the mutation that decides: verifyUserDocument, verifyBankAccount, decideKycVerification, verifyVendorDocument, verifyVendor or verifyProvider.';
comment on column public.verification_request.id is 'Id of the document, account, verification, vendor or provider.';
comment on column public.verification_request.user_id is 'User of the request; null for a vendor''s.';
comment on column public.verification_request.vendor_id is 'Vendor of the request or of the provider; null for a user''s.';
comment on column public.verification_request.holder is 'Name of the user or the vendor on the platform.';
comment on column public.verification_request.what is
  'What is to be verified: the kind of document; for an account its holder, bank and branch; for a vendor its address; for a provider the vendor and the existing documents.';
comment on column public.verification_request.number is
  'Last four characters of the number after X, to compare with the document; null without a number.';
comment on column public.verification_request.file_url is
  'Scan or photo; for a provider the newest proof of identity; null where there is none.';
comment on column public.verification_request.expiry_date is 'Last day of validity printed on it; null when it has none.';
comment on column public.verification_request.submitted_at is 'Since when it has been waiting.';

--! Included functions/verification/verification_queue.sql
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
--! EndIncluded functions/verification/verification_queue.sql

--! split: 040-expiry.sql
-- Verifications do not last: a licence, an insurance, a passport has a last day. Its holder is reminded some
-- days before, and when it is over the platform no longer counts it as verified.

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('verification.reminder_days', 'verification', '[30, 7, 1]', 'integer_list', 0, 365, false,
    'Days before the expiry of a verification on which its holder is reminded');

-- Documents whose last day is near or over.
create index user_documents_expiry_idx on public.user_documents (expiry_date) where verified;
create index vendor_documents_expiry_idx on public.vendor_documents (expiry_date) where verified;
create index user_kyc_verification_expiry_idx on public.user_kyc_verification (expires_at)
  where verification_status = 'verified';

create table app_private.expiry_reminders (
  subject_id uuid not null,
  days integer not null check (days >= 0),
  last_day date not null,
  created_at timestamptz not null default now(),
  primary key (subject_id, days, last_day)
);
alter table app_private.expiry_reminders enable row level security;
create index expiry_reminders_last_day_idx on app_private.expiry_reminders (last_day);
comment on table app_private.expiry_reminders is
  'Reminders that were sent to holders: for which last day of something verified and how many days before it. No policy: only functions of the owner read it. Kept until that day is over.';
comment on column app_private.expiry_reminders.subject_id is
  'Subject of the reminder: a document of a user or a vendor, or an identity verification.';
comment on column app_private.expiry_reminders.days is 'The most days before the last day.';
comment on column app_private.expiry_reminders.last_day is 'Last day of validity at that time.';
comment on column app_private.expiry_reminders.created_at is 'When it was sent.';

create type app_private.expiring as (
  kind text,
  id uuid,
  user_id uuid,
  what text,
  last_day date,
  data jsonb
);
comment on type app_private.expiring is 'Something verified that has a last day.';

--! Included functions/verification/verified_until.sql
create or replace function app_private.verified_until(p_from date, p_until date) returns setof app_private.expiring
language sql stable security definer set search_path = '' as $$
  select 'user_document', d.id, d.user_id, t.description, d.expiry_date,
    jsonb_build_object('documentId', d.id)
  from public.user_documents d
  join enums.user_document_type t on t.value = d.document_type
  where d.verified and d.expiry_date between p_from and p_until
  union all
  select 'vendor_document', d.id, v.user_id, t.description, d.expiry_date,
    jsonb_build_object('vendorId', v.id, 'documentId', d.id)
  from public.vendor_documents d
  join public.vendors v on v.id = d.vendor_id
  join enums.vendor_document_type t on t.value = d.document_type
  where d.verified and d.expiry_date between p_from and p_until
  union all
  select 'kyc', k.id, k.user_id, t.description, (k.expires_at at time zone 'Asia/Kolkata')::date,
    jsonb_build_object('verificationId', k.id)
  from public.user_kyc_verification k
  join enums.kyc_type t on t.value = k.verification_type
  where k.verification_status = 'verified'
    -- Days begin in India.
    and k.expires_at >= p_from::timestamp at time zone 'Asia/Kolkata'
    and k.expires_at < (p_until + 1)::timestamp at time zone 'Asia/Kolkata'
$$;
comment on function app_private.verified_until(date, date) is
  'Everything verified whose last day lies between these two, both included, of all holders.';
revoke all on function app_private.verified_until(date, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/verification/verified_until.sql

--! Included functions/verification/remind_of_expiries.sql
create or replace function app_private.remind_of_expiries(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_days integer[] := array(
    select d::integer from jsonb_array_elements_text(app_private.setting('verification.reminder_days')) d);
  v_today date := app_private.today();
  v_due record;
  v_count integer := 0;
begin
  delete from app_private.expiry_reminders r where r.last_day < v_today;
  for v_due in
    select e.*, n.near
    from app_private.verified_until(v_today, v_today + (select max(d) from unnest(v_days) d)) e
    -- Of several that are due at once, the most urgent replaces the others.
    cross join lateral (select min(d) as near from unnest(v_days) d where e.last_day <= v_today + d) n
    where not exists (
      select from app_private.expiry_reminders r
      where r.subject_id = e.id and r.last_day = e.last_day and r.days <= n.near)
    order by e.last_day, e.id
    limit p_limit
  loop
    -- Of two runs at once the second waits here, and finds it done.
    insert into app_private.expiry_reminders (subject_id, days, last_day)
    values (v_due.id, v_due.near, v_due.last_day) on conflict do nothing;
    if found then
      perform app_private.notify(v_due.user_id, 'holder', 'verification_expiring',
        jsonb_build_object('what', v_due.what, 'date', to_char(v_due.last_day::timestamp, 'DD Mon YYYY')),
        jsonb_build_object('screen', 'verification') || v_due.data);
      v_count := v_count + 1;
    end if;
  end loop;
  return v_count;
end
$$;
comment on function app_private.remind_of_expiries(integer) is
  'Reminds the holders of verified documents and data that are about to expire, on the days before it that the settings name. Returns how many.';
revoke all on function app_private.remind_of_expiries(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.remind_of_expiries(integer) to ombaro_worker;
--! EndIncluded functions/verification/remind_of_expiries.sql

--! Included functions/verification/expire_verifications.sql
create or replace function app_private.expire_verifications(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_today date := app_private.today();
  v_over record;
  v_count integer := 0;
begin
  for v_over in
    select d.id, d.user_id, t.description as what
    from public.user_documents d
    join enums.user_document_type t on t.value = d.document_type
    where d.verified and d.expiry_date < v_today
    order by d.expiry_date
    limit p_limit
    for no key update of d skip locked
  loop
    update public.user_documents d set verified = false, verified_at = null, expired_at = now()
    where d.id = v_over.id;
    perform app_private.tell_verdict(v_over.user_id, 'verification_expired', v_over.what, null,
      jsonb_build_object('documentId', v_over.id));
    v_count := v_count + 1;
  end loop;
  for v_over in
    select d.id, d.vendor_id, v.user_id, t.description as what
    from public.vendor_documents d
    join public.vendors v on v.id = d.vendor_id
    join enums.vendor_document_type t on t.value = d.document_type
    where d.verified and d.expiry_date < v_today
    order by d.expiry_date
    limit p_limit - v_count
    for no key update of d skip locked
  loop
    update public.vendor_documents d set verified = false, verified_at = null, expired_at = now()
    where d.id = v_over.id;
    perform app_private.tell_verdict(v_over.user_id, 'verification_expired', v_over.what, null,
      jsonb_build_object('vendorId', v_over.vendor_id, 'documentId', v_over.id));
    v_count := v_count + 1;
  end loop;
  for v_over in
    select k.id
    from public.user_kyc_verification k
    where k.verification_status = 'verified' and k.expires_at <= now()
    order by k.expires_at
    limit p_limit - v_count
    for no key update skip locked
  loop
    -- Its trigger notifies.
    update public.user_kyc_verification k set verification_status = 'expired' where k.id = v_over.id;
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.expire_verifications(integer) is
  'Takes the verification away from what has expired and notifies its holder. Returns how many.';
revoke all on function app_private.expire_verifications(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.expire_verifications(integer) to ombaro_worker;
--! EndIncluded functions/verification/expire_verifications.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.19', 'verification', '2026-11-25', 'Verification of documents, accounts and vendors; only the last four characters of identity numbers are kept');
