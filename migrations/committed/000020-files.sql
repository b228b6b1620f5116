--! Previous: sha1:32e0054f034048c03214d7153882c238638d282e
--! Hash: sha1:7aaaa59554761d3855b8cef18e31b07dc591d044
--! Message: files

--! split: 010-files.sql
-- Files. Until now a column contained any address that a user wrote into it. From here on bytes are uploaded
-- first: to show a picture or submit a document, a client announces the file, uploads the bytes and writes
-- the reference it received into the row that uses it. Here: what can be uploaded, the files, and the
-- functions by which the API receives and serves bytes. The bytes themselves are not in the database: they
-- are on a disk or in a bucket, under a key that no user sees.
-- squawk-ignore-file constraint-missing-not-valid, require-concurrent-index-creation

create table enums.file_purpose (value text primary key, description text not null);
comment on table enums.file_purpose is E'@enum\n@enumName FilePurpose\nWhat a file is for.';
select app_private.publish_list('enums.file_purpose');
insert into enums.file_purpose values
  ('user_document', 'A document of a user'),
  ('vendor_document', 'A document of a business or an applicant'),
  ('profile_image', 'The portrait of a user, therapist or beautician'),
  ('service_image', 'A picture of the catalogue: services, add-ons, packages, categories'),
  ('portfolio_image', 'A picture of finished work'),
  ('review_photo', 'A picture in a review'),
  ('leave_document', 'A certificate for a leave request'),
  ('ticket_attachment', 'An attachment of a ticket or a message');

create table enums.file_status (value text primary key, description text not null);
comment on table enums.file_status is E'@enum\n@enumName FileStatus\nState of a file.';
select app_private.publish_list('enums.file_status');
insert into enums.file_status values
  ('pending', 'Announced and not uploaded yet'),
  ('stored', 'Stored, and as announced'),
  ('absent', 'Known from elsewhere and not stored here'),
  ('deleted', 'Not uploaded in time, or no longer used');

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('files.upload_minutes', 'files', '10', 'integer', 1, 1440, false, 'Minutes in which a file can be uploaded after it was announced'),
  ('files.link_minutes', 'files', '10', 'integer', 1, 1440, false, 'Minutes for which the download address of a file is valid'),
  ('files.unused_maximum', 'files', '50', 'integer', 1, 1000, false,
    'Files of one user that are announced, or stored and not used'),
  ('files.unused_hours', 'files', '24', 'integer', 1, 720, false, 'Hours after which a stored file that is not used is deleted'),
  ('files.pending_minutes', 'files', '60', 'integer', 1, 10080, false,
    'Minutes after its upload time after which a file that was not uploaded is deleted'),
  ('files.deleted_days', 'files', '30', 'integer', 1, 3650, false, 'Days for which the row of a deleted file is kept');

-- An array is enough: a handful of types, looked up one at a time. Types that a browser would run, such as
-- HTML or SVG, are not among them and cannot be added.
create table public.file_rules (
  id uuid primary key default gen_random_uuid(),
  purpose text not null unique references enums.file_purpose,
  content_types text[] not null constraint file_rules_content_types_known check (
    cardinality(content_types) > 0
    and content_types <@ '{image/jpeg,image/png,image/webp,application/pdf}'::text[]),
  maximum_bytes integer not null
    constraint file_rules_maximum_bytes_range check (maximum_bytes between 1 and 26214400),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.file_rules enable row level security;
select app_private.keep_timestamps('public.file_rules');
comment on table public.file_rules is 'Which files can be uploaded, by purpose.';
comment on column public.file_rules.id is 'Identifies the rule.';
comment on column public.file_rules.purpose is 'Purpose of the files.';
comment on column public.file_rules.content_types is
  'Allowed media types: image/jpeg, image/png, image/webp, application/pdf.';
comment on column public.file_rules.maximum_bytes is 'Maximum size in bytes, at most 25 MB.';
comment on constraint file_rules_content_types_known on public.file_rules is
  'Content types must be any of JPEG, PNG, WebP and PDF.';
comment on constraint file_rules_maximum_bytes_range on public.file_rules is
  'The largest size must be at most 25 MB.';
create policy select_anon on public.file_rules for select to anon using (true);
create policy select_signed_in on public.file_rules for select to authenticated using (true);
create policy select_staff on public.file_rules for select to staff using (true);
create policy update_staff on public.file_rules for update to staff
  using ((select app_private.has_permission('settings.update')))
  with check ((select app_private.has_permission('settings.update')));
grant select on public.file_rules to anon, authenticated, staff;
-- Withheld: insert and delete. There is one rule for each purpose.
grant update (content_types, maximum_bytes) on public.file_rules to staff;
insert into public.file_rules (purpose, content_types, maximum_bytes)
select p.value,
  case when p.value ~ 'document|attachment'
    then '{image/jpeg,image/png,image/webp,application/pdf}'::text[]
    else '{image/jpeg,image/png,image/webp}' end,
  10 * 1024 * 1024
from enums.file_purpose p;
-- After them: the audit log records what users do.
create trigger _800_audit after insert or update or delete on public.file_rules
  for each row execute function app_private.tg__audit('id');

-- There is deliberately no name: a device's name for a file reveals more of its owner than is needed.
create table public.files (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid references public.user_profiles (id) on delete set null,
  purpose text not null references enums.file_purpose,
  content_type text,
  size integer check (size > 0),
  sha256 text constraint files_sha256_format check (sha256 ~ '^[0-9a-f]{64}$'),
  status text not null default 'pending' references enums.file_status,
  created_at timestamptz not null default now(),
  upload_expires_at timestamptz,
  stored_at timestamptz,
  unused_since timestamptz,
  deleted_at timestamptz,
  constraint files_announced_in_full check (
    status <> 'pending'
    or (content_type is not null and size is not null and upload_expires_at is not null)),
  constraint files_stored_in_full check (
    status <> 'stored'
    or (content_type is not null and size is not null and sha256 is not null and stored_at is not null)),
  constraint files_deleted_at_when_deleted check ((status = 'deleted') = (deleted_at is not null))
);
alter table public.files enable row level security;
create index files_owner_id_idx on public.files (owner_id, created_at desc);
-- The next files to delete, of each kind.
create index files_pending_idx on public.files (upload_expires_at) where status = 'pending';
create index files_unused_idx on public.files (unused_since) where unused_since is not null;
create index files_deleted_idx on public.files (deleted_at) where status = 'deleted';
comment on table public.files is
  'Files that users have announced or uploaded. The owner sees these rows; the file itself can be read by everyone who may read a row that refers to it.';
comment on constraint files_size_check on public.files is 'Size must be greater than 0 bytes.';
comment on constraint files_announced_in_full on public.files is
  'A file to be uploaded needs a content type and a size. Enter both.';
comment on column public.files.id is 'Identifies the file.';
comment on column public.files.owner_id is 'User who uploaded it; null when the account was deleted.';
comment on column public.files.purpose is 'Purpose of the file, which decides which fields can refer to it.';
comment on column public.files.content_type is
  'Media type, first as announced, then as detected; null where it is not known.';
comment on column public.files.size is
  'Size in bytes, first as announced, then as stored, which is less where metadata were removed from a picture; null where it is not known.';
comment on column public.files.sha256 is 'SHA-256 of the stored file in hexadecimal digits; null until then.';
comment on column public.files.status is 'State of the file.';
comment on column public.files.created_at is 'When it was announced.';
comment on column public.files.upload_expires_at is
  'Until when it can be uploaded; null for a file from elsewhere.';
comment on column public.files.stored_at is 'When it was stored; null until then.';
comment on column public.files.unused_since is
  'Since when it has been stored without any row that refers to it; null while it is not stored or in use.';
comment on column public.files.deleted_at is 'When it was deleted; null until then.';
create policy select_own on public.files for select to authenticated
  using (owner_id = (select auth.uid()));
create policy select_own_staff on public.files for select to staff
  using (owner_id = (select auth.uid()));
-- Withheld: every write. create_upload does that, and then the bytes.
grant select on public.files to authenticated, staff;

create domain public.file_reference as text
  constraint file_reference_format
  check (value ~ '^file:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$');
comment on domain public.file_reference is
  'A reference to a file: file: and its id. It is returned by createUpload.';
comment on constraint file_reference_format on domain public.file_reference is
  'File must be the reference that createUpload returned, not a web address.';

--! Included functions/files/files_reference.sql
create or replace function public.files_reference(file public.files) returns public.file_reference
language sql stable set search_path = '' as $$
  select ('file:' || file.id)::public.file_reference
$$;
comment on function public.files_reference(public.files) is
  'The reference of the file for rows that use it; null until it is stored.';
revoke all on function public.files_reference(public.files) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.files_reference(public.files) to authenticated, staff;
--! EndIncluded functions/files/files_reference.sql

-- Where the bytes are stored. One key per attempt: what a process that died has left behind is never found by
-- another.
create table app_private.file_storage (
  file_id uuid primary key references public.files (id) on delete cascade,
  attempts integer not null default 0 check (attempts >= 0),
  claimed_until timestamptz,
  key text,
  removed_at timestamptz
);
alter table app_private.file_storage enable row level security;
comment on table app_private.file_storage is
  'Where the bytes of files are stored. No policy: only functions of the owner read it.';
comment on column app_private.file_storage.file_id is 'The file.';
comment on column app_private.file_storage.attempts is 'How many attempts to store it began: its keys end with 1 to this number.';
comment on column app_private.file_storage.claimed_until is 'Until when the upload in progress is waited for; null when there is none.';
comment on column app_private.file_storage.key is 'Storage key; null until it is stored.';
comment on column app_private.file_storage.removed_at is 'When the bytes were removed; null until then.';

--! Included functions/files/file_key.sql
create or replace function app_private.file_key(p_file_id uuid, p_attempt integer) returns text
language sql immutable set search_path = '' as $$
  select left(p_file_id::text, 2) || '/' || p_file_id || '.' || p_attempt
$$;
comment on function app_private.file_key(uuid, integer) is
  'Storage key of an attempt to store a file, spread over folders so that none becomes too full.';
revoke all on function app_private.file_key(uuid, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/files/file_key.sql

--! Included functions/files/create_upload.sql
create or replace function public.create_upload(purpose text, content_type text, size integer)
returns public.files
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user_id uuid := (select auth.uid());
  v_rule public.file_rules;
  v_unused_maximum integer;
  v_file public.files;
begin
  if v_user_id is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_rule from public.file_rules r where r.purpose = create_upload.purpose;
  if not found then
    raise exception 'Purpose must be one of the known purposes. Choose one from the rules for files.'
      using errcode = 'OB020', column = 'purpose';
  end if;
  if (create_upload.content_type = any (v_rule.content_types)) is not true then
    raise exception 'Content type is not allowed for this purpose. Use one of: %.',
      array_to_string(v_rule.content_types, ', ')
      using errcode = 'OB054', column = 'content_type';
  end if;
  if (create_upload.size > 0) is not true then
    raise exception 'Size must be greater than 0. Give the size of the file in bytes.'
      using errcode = 'OB020', column = 'size';
  end if;
  if create_upload.size > v_rule.maximum_bytes then
    raise exception 'The file is too large. For this purpose it may have at most % bytes.', v_rule.maximum_bytes
      using errcode = 'OB055', column = 'size';
  end if;
  -- Of several at once the last ones see the others.
  perform pg_advisory_xact_lock(hashtextextended('uploads of ' || v_user_id, 0));
  v_unused_maximum := app_private.setting('files.unused_maximum')::integer;
  if (
    select count(*) from public.files f
    where f.owner_id = v_user_id and (f.status = 'pending' or f.unused_since is not null)
      and f.deleted_at is null
  ) >= v_unused_maximum then
    raise exception 'You have % unused files. Use them, or wait until they are removed.', v_unused_maximum
      using errcode = 'OB030';
  end if;
  insert into public.files (owner_id, purpose, content_type, size, upload_expires_at)
  values (v_user_id, create_upload.purpose, create_upload.content_type, create_upload.size,
    now() + app_private.setting('files.upload_minutes')::integer * interval '1 minute')
  returning * into v_file;
  insert into app_private.file_storage (file_id) values (v_file.id);
  return v_file;
end
$$;
comment on function public.create_upload(text, text, integer) is
  'Announces a file of a given size. PUT its bytes to uploadUrl of the result, with uploadHeaders, before uploadExpiresAt; after the answer the reference can be written into a row that uses the file. The query fileRules lists what is allowed. Raises OB001, OB020 (no purpose or size), OB030 (too many files without use), OB054 (type), OB055 (size).';
revoke all on function public.create_upload(text, text, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.create_upload(text, text, integer) to authenticated, staff;
--! EndIncluded functions/files/create_upload.sql

/*
 * Receiving and serving: called by the API for requests with an address that it has signed.
 */
--! Included functions/files/open_upload.sql
create or replace function app_private.open_upload(p_file_id uuid)
returns table (content_type text, size integer)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_file public.files;
begin
  select f.* into v_file from public.files f
  join public.user_profiles p on p.id = f.owner_id and p.status = 'active'
  where f.id = p_file_id;
  if v_file.status = 'stored' then
    raise exception 'This file has already been uploaded. Use it, or create another upload.' using errcode = 'OB030';
  end if;
  if v_file.status is distinct from 'pending' or v_file.upload_expires_at <= now() then
    raise exception 'This upload address has expired. Get a new one with createUpload.' using errcode = 'OB057';
  end if;
  return query select v_file.content_type, v_file.size;
end
$$;
comment on function app_private.open_upload(uuid) is
  'What was announced of a file that can be uploaded now. Raises OB030 (already stored), OB057 (not announced, or too late).';
revoke all on function app_private.open_upload(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.open_upload(uuid) to ombaro_api;
--! EndIncluded functions/files/open_upload.sql

--! Included functions/files/claim_upload.sql
create or replace function app_private.claim_upload(p_file_id uuid, p_lease interval) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_attempt integer;
begin
  perform from app_private.open_upload(p_file_id);
  update app_private.file_storage s
  set attempts = s.attempts + 1, claimed_until = clock_timestamp() + p_lease
  where s.file_id = p_file_id
    and (s.claimed_until is null or s.claimed_until <= clock_timestamp()) and s.key is null
  returning s.attempts into v_attempt;
  if not found then
    raise exception 'This file is being uploaded or was already uploaded. Wait a moment before you try again.'
      using errcode = 'OB030';
  end if;
  return app_private.file_key(p_file_id, v_attempt);
end
$$;
comment on function app_private.claim_upload(uuid, interval) is
  'Allows only the caller, for a given time, to store the bytes of a file; returns the key to store them under. Raises OB030 (another upload is in progress or finished), OB057.';
revoke all on function app_private.claim_upload(uuid, interval) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.claim_upload(uuid, interval) to ombaro_api;
--! EndIncluded functions/files/claim_upload.sql

--! Included functions/files/finish_upload.sql
create or replace function app_private.finish_upload(p_file_id uuid, p_key text, p_size integer, p_sha256 text)
returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  update app_private.file_storage s set key = p_key, claimed_until = null
  where s.file_id = p_file_id and s.key is null
    and app_private.file_key(s.file_id, s.attempts) = p_key;
  if found then
    update public.files f
    set status = 'stored', size = p_size, sha256 = p_sha256, stored_at = now(), unused_since = now()
    where f.id = p_file_id and f.status = 'pending';
  end if;
  if not found then
    raise exception 'This file is being uploaded by another request or was already uploaded. Reload it.'
      using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.finish_upload(uuid, text, integer, text) is
  'Records that the bytes are stored under the key that claim_upload returned. Raises OB030 (another upload has claimed it since).';
revoke all on function app_private.finish_upload(uuid, text, integer, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.finish_upload(uuid, text, integer, text) to ombaro_api;
--! EndIncluded functions/files/finish_upload.sql

--! Included functions/files/release_upload.sql
create or replace function app_private.release_upload(p_file_id uuid, p_key text) returns void
language sql volatile security definer set search_path = '' as $$
  update app_private.file_storage s set claimed_until = null
  where s.file_id = p_file_id and s.key is null
    and app_private.file_key(s.file_id, s.attempts) = p_key
$$;
comment on function app_private.release_upload(uuid, text) is
  'Records that storing under this key has failed, so that the next upload need not wait.';
revoke all on function app_private.release_upload(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.release_upload(uuid, text) to ombaro_api;
--! EndIncluded functions/files/release_upload.sql

--! Included functions/files/stored_file.sql
create or replace function app_private.stored_file(p_file_id uuid, p_signed_at timestamptz)
returns table (key text, content_type text, size integer, seconds_left integer)
language plpgsql stable security definer set search_path = '' as $$
declare
  v_left interval := p_signed_at - now()
    + app_private.setting('files.link_minutes')::integer * interval '1 minute';
begin
  if v_left <= interval '0' then
    raise exception 'This file address has expired. Load the page again to get a new one.' using errcode = 'OB057';
  end if;
  return query
    select s.key, f.content_type, f.size, ceil(extract(epoch from v_left))::integer
    from public.files f join app_private.file_storage s on s.file_id = f.id
    where f.id = p_file_id and f.status = 'stored';
  if not found then
    raise exception 'This file does not exist or has been deleted. Check the address.' using errcode = 'OB003';
  end if;
end
$$;
comment on function app_private.stored_file(uuid, timestamptz) is
  'Where the bytes of a file are stored, for a request with an address that was signed at the given time. Raises OB003 (not stored), OB057 (expired).';
revoke all on function app_private.stored_file(uuid, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.stored_file(uuid, timestamptz) to ombaro_api;
--! EndIncluded functions/files/stored_file.sql

--! split: 020-file-references.sql
-- References. A column that names a file takes a reference to a stored file that the writer has uploaded for
-- this purpose. So no user can name, and so read, another user's file; and it is known which files are
-- in use, so that the rest can be deleted. Users who may read the row may read the file: files have no rights
-- apart from those of rows.
--
-- Rows are written by users, and without a signed-in user by migrations, import and demo data. Those may also
-- refer to a file that is elsewhere.

create table app_private.file_columns (
  table_name text not null,
  column_name text not null,
  purpose text not null references enums.file_purpose,
  primary key (table_name, column_name)
);
alter table app_private.file_columns enable row level security;
comment on table app_private.file_columns is 'Columns of public tables that refer to files.';
comment on column app_private.file_columns.table_name is 'Table of the column; its key is id.';
comment on column app_private.file_columns.column_name is 'The column: a reference, or an array of references.';
comment on column app_private.file_columns.purpose is 'Purpose of its files.';
insert into app_private.file_columns values
  ('user_profiles', 'profile_image', 'profile_image'),
  ('therapists', 'profile_image', 'profile_image'),
  ('beauticians', 'profile_image', 'profile_image'),
  ('beauticians', 'portfolio_images', 'portfolio_image'),
  ('user_documents', 'file_url', 'user_document'),
  ('vendor_documents', 'file_url', 'vendor_document'),
  ('vendor_application_documents', 'file_url', 'vendor_document'),
  ('service_categories', 'image_url', 'service_image'),
  ('services', 'image_url', 'service_image'),
  ('services', 'images', 'service_image'),
  ('addon_services', 'image_url', 'service_image'),
  ('service_packages', 'image_url', 'service_image'),
  ('vendor_categories', 'image_url', 'service_image'),
  ('reviews', 'photos', 'review_photo'),
  ('vendor_reviews', 'photos', 'review_photo'),
  ('therapist_leaves', 'documents', 'leave_document'),
  ('beautician_leaves', 'documents', 'leave_document'),
  ('support_tickets', 'attachments', 'ticket_attachment'),
  ('ticket_messages', 'attachments', 'ticket_attachment');

create table app_private.file_uses (
  file_id uuid not null references public.files (id) on delete cascade,
  table_name text not null,
  column_name text not null,
  row_id uuid not null,
  primary key (file_id, table_name, column_name, row_id)
);
alter table app_private.file_uses enable row level security;
comment on table app_private.file_uses is
  'Rows that refer to files. A foreign key cannot express this, because references are in arrays and in many tables.';
comment on column app_private.file_uses.file_id is 'The file.';
comment on column app_private.file_uses.table_name is 'Table of the row.';
comment on column app_private.file_uses.column_name is 'Column of the row.';
comment on column app_private.file_uses.row_id is 'Id of the row.';

create table app_private.file_origins (
  file_id uuid primary key references public.files (id) on delete cascade,
  address text not null
);
alter table app_private.file_origins enable row level security;
comment on table app_private.file_origins is
  'Original addresses of files that were stored as an address before references existed.';
comment on column app_private.file_origins.file_id is 'The file.';
comment on column app_private.file_origins.address is 'The original address.';

--! Included functions/files/adopt_file.sql
create or replace function app_private.adopt_file(p_address text, p_purpose text, p_owner_id uuid default null)
returns public.file_reference
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_id uuid;
begin
  if p_address is null then
    return null;
  end if;
  -- Already a reference, in a database that was rolled back: the row of the file was lost, but not the fact
  -- that it is a reference.
  if p_address ~ '^file:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    insert into public.files (id, owner_id, purpose, status)
    values (substr(p_address, 6)::uuid, p_owner_id, p_purpose, 'absent')
    on conflict (id) do nothing;
    return p_address;
  end if;
  insert into public.files (owner_id, purpose, status)
  values (p_owner_id, p_purpose, 'absent')
  returning id into v_id;
  insert into app_private.file_origins values (v_id, p_address);
  return 'file:' || v_id;
end
$$;
comment on function app_private.adopt_file(text, text, uuid) is
  'A reference for the address of a file elsewhere, which is kept. Called by migrations and import.';
revoke all on function app_private.adopt_file(text, text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/files/adopt_file.sql

--! Included functions/files/references_in.sql
create or replace function app_private.references_in(p_value jsonb) returns text[]
language plpgsql immutable set search_path = '' as $$
begin
  return case jsonb_typeof(p_value)
    when 'string' then array[p_value #>> '{}']
    when 'array' then array(
      select distinct r from jsonb_array_elements_text(p_value) r where r is not null)
    else '{}'
  end;
end
$$;
comment on function app_private.references_in(jsonb) is
  'References in a column with one reference or an array of them.';
revoke all on function app_private.references_in(jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/files/references_in.sql

--! Included functions/files/tg__file_reference.sql
create or replace function app_private.tg__file_reference() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function app_private.tg__file_reference() is
  'Checks that references are the user''s own stored files with the right purpose, and records which rows refer to which files. Arguments: column, purpose. Raises OB003 (not found, another user''s, or for another purpose), OB030 (not stored).';
revoke all on function app_private.tg__file_reference() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/files/tg__file_reference.sql

--! Included functions/files/note_file_uses.sql
create or replace function app_private.note_file_uses() returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_column app_private.file_columns;
begin
  for v_column in select * from app_private.file_columns loop
    execute format(
      'insert into app_private.file_uses
      select substr(r, 6)::uuid, %1$L, %2$L, t.id
      from public.%1$I t, unnest(app_private.references_in(to_jsonb(t.%2$I))) r
      where t.%2$I is not null
      on conflict do nothing', v_column.table_name, v_column.column_name);
  end loop;
  update public.files f set unused_since = null
  where f.unused_since is not null
    and exists (select from app_private.file_uses u where u.file_id = f.id);
end
$$;
comment on function app_private.note_file_uses() is
  'Records which rows refer to which files, for rows that were written while triggers were off.';
revoke all on function app_private.note_file_uses() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/files/note_file_uses.sql

-- From addresses to references.
do $$
declare
  v_column record;
begin
  for v_column in
    select c.*, a.attndims > 0 or t.typcategory = 'A' as is_array
    from app_private.file_columns c
    join pg_catalog.pg_attribute a
      on a.attrelid = format('public.%I', c.table_name)::regclass and a.attname = c.column_name
    join pg_catalog.pg_type t on t.oid = a.atttypid
  loop
    -- No user did this: neither the audit log nor listeners record it.
    execute format('alter table public.%I disable trigger user', v_column.table_name);
    if v_column.is_array then
      execute format(
        'update public.%1$I set %2$I = array(
          select app_private.adopt_file(u.address, %3$L) from unnest(%2$I) with ordinality u (address, n)
          order by u.n)
        where %2$I is not null and %2$I <> ''{}''',
        v_column.table_name, v_column.column_name, v_column.purpose);
    else
      execute format(
        'update public.%1$I set %2$I = app_private.adopt_file(%2$I, %3$L) where %2$I is not null',
        v_column.table_name, v_column.column_name, v_column.purpose);
    end if;
    execute format('alter table public.%I enable trigger user', v_column.table_name);
    -- Otherwise foreign keys that the update touched wait until the end of the transaction.
    set constraints all immediate;
    execute format('alter table public.%I alter column %I type public.file_reference%s',
      v_column.table_name, v_column.column_name, case when v_column.is_array then '[]' else '' end);
    execute format(
      'create trigger _500_%1$s after insert or update of %1$I or delete on public.%2$I
      for each row execute function app_private.tg__file_reference(%1$L, %3$L)',
      v_column.column_name, v_column.table_name, v_column.purpose);
  end loop;
end
$$;
select app_private.note_file_uses();

comment on column public.user_profiles.profile_image is 'Portrait; null when there is none.';
comment on column public.therapists.profile_image is 'Portrait; null when there is none.';
comment on column public.beauticians.profile_image is 'Portrait; null when there is none.';
comment on column public.beauticians.portfolio_images is 'Pictures of finished work.';
comment on column public.user_documents.file_url is 'Scan or photo of the document.';
comment on column public.vendor_documents.file_url is 'Scan or photo of the document.';
comment on column public.vendor_application_documents.file_url is 'Scan or photo of the document.';
comment on column public.service_categories.image_url is 'A picture; null when there is none.';
comment on column public.services.image_url is 'The main picture; null when there is none.';
comment on column public.services.images is 'Further pictures; null when there are none.';
comment on column public.addon_services.image_url is 'A picture; null when there is none.';
comment on column public.service_packages.image_url is 'A picture; null when there is none.';
comment on column public.vendor_categories.image_url is 'A picture; null when there is none.';
comment on column public.reviews.photos is 'The customer''s pictures; null when there are none.';
comment on column public.vendor_reviews.photos is 'The customer''s pictures; null when there are none.';
comment on column public.therapist_leaves.documents is 'Certificates; null when there are none.';
comment on column public.beautician_leaves.documents is 'Certificates; null when there are none.';
comment on column public.support_tickets.attachments is 'Attached files; null when there are none.';
comment on column public.ticket_messages.attachments is 'Attached files; null when there are none.';

--! Included functions/reviews/check_review_content.sql
create or replace function app_private.check_review_content(p_title text, p_text text, p_photos text[])
returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_maximum constant integer := app_private.setting('review.maximum_length')::integer;
begin
  if length(p_title) > 200 then
    raise exception 'Title must have at most 200 characters.' using errcode = 'OB020', column = 'title';
  end if;
  if length(p_text) > v_maximum then
    raise exception 'The text of the review must have at most % characters.', v_maximum
      using errcode = 'OB020', column = 'review_text';
  end if;
  if cardinality(p_photos) > 10 or array_position(p_photos, null) is not null then
    raise exception 'Photos must be at most ten references to uploaded files.'
      using errcode = 'OB020', column = 'photos';
  end if;
end
$$;
comment on function app_private.check_review_content(text, text, text[]) is
  'Checks the content of a review; the maximum length of its text is the setting review.maximum_length. Raises OB020.';
revoke all on function app_private.check_review_content(text, text, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/check_review_content.sql

--! split: 030-removing-files.sql
-- Removing files. The database decides what is no longer needed; a worker removes the bytes and reports it.

create table app_private.file_removals (
  id uuid primary key references public.files (id) on delete cascade,
  next_attempt_at timestamptz not null default now(),
  leased_until timestamptz,
  attempts integer not null default 0 check (attempts >= 0),
  last_error text
);
alter table app_private.file_removals enable row level security;
-- Pending removals.
create index file_removals_next_attempt_at_idx on app_private.file_removals (next_attempt_at);
comment on table app_private.file_removals is
  'Deleted files whose bytes must still be removed. No policy: only functions of the owner read it.';
comment on column app_private.file_removals.id is 'The file.';
comment on column app_private.file_removals.next_attempt_at is 'When its bytes are to be removed.';
comment on column app_private.file_removals.leased_until is
  'End of the lease of a worker, which counts as dead after that; null when none has it.';
comment on column app_private.file_removals.attempts is 'How often it was tried.';
comment on column app_private.file_removals.last_error is 'Error of the last attempt; null when there was none.';

--! Included functions/files/retire_files.sql
create or replace function app_private.retire_files(p_max integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  with unneeded as (
    select f.id from public.files f
    where (f.status = 'pending' and f.upload_expires_at
        < now() - app_private.setting('files.pending_minutes')::integer * interval '1 minute')
      or f.unused_since
        < now() - app_private.setting('files.unused_hours')::integer * interval '1 hour'
    limit p_max
    -- A file that a row refers to meanwhile is checked again and is not due any more.
    for update skip locked
  ), retired as (
    update public.files f
    set status = 'deleted', deleted_at = now(), unused_since = null
    from unneeded u where f.id = u.id
    returning f.id
  ), closed as (
    update app_private.file_storage s set key = null from retired r where s.file_id = r.id
  ), due as (
    insert into app_private.file_removals (id) select r.id from retired r
  )
  select count(*) into v_count from retired;
  return v_count;
end
$$;
comment on function app_private.retire_files(integer) is
  'Deletes files that were not uploaded in time or that no row refers to; returns how many.';
revoke all on function app_private.retire_files(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.retire_files(integer) to ombaro_worker;
--! EndIncluded functions/files/retire_files.sql

--! Included functions/files/lease_removals.sql
create or replace function app_private.lease_removals(p_limit integer, p_lease interval)
returns table (file_id uuid, attempt integer, keys text[])
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_ids uuid[] := array(
    select app_private.lease('app_private.file_removals', 'true', p_limit, p_lease));
begin
  return query
    select r.id, r.attempts, array(
      select app_private.file_key(s.file_id, n) from generate_series(1, s.attempts) n)
    from app_private.file_removals r join app_private.file_storage s on s.file_id = r.id
    where r.id = any (v_ids);
end
$$;
comment on function app_private.lease_removals(integer, interval) is
  'Leases deleted files whose bytes must be removed now, and returns the keys under which they may be stored. Some keys may be empty.';
revoke all on function app_private.lease_removals(integer, interval) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lease_removals(integer, interval) to ombaro_worker;
--! EndIncluded functions/files/lease_removals.sql

--! Included functions/files/finish_removal.sql
create or replace function app_private.finish_removal(
  p_file_id uuid, p_attempt integer, p_error text, p_wait interval
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_error is null then
    delete from app_private.file_removals r where r.id = p_file_id;
    update app_private.file_storage s set removed_at = now()
    where s.file_id = p_file_id and s.removed_at is null;
  else
    update app_private.file_removals r
    set leased_until = null, next_attempt_at = now() + p_wait, last_error = left(p_error, 1000)
    where r.id = p_file_id and r.attempts = p_attempt;
  end if;
end
$$;
comment on function app_private.finish_removal(uuid, integer, text, interval) is
  'Records that no bytes of this file are left or, with an error, that some may be left: they are removed after a retry delay.';
revoke all on function app_private.finish_removal(uuid, integer, text, interval) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.finish_removal(uuid, integer, text, interval) to ombaro_worker;
--! EndIncluded functions/files/finish_removal.sql

--! Included functions/files/forget_files.sql
create or replace function app_private.forget_files(p_max integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  delete from public.files f
  where f.id in (
    select d.id from public.files d
    where d.status = 'deleted'
      and d.deleted_at < now() - app_private.setting('files.deleted_days')::integer * interval '1 day'
      and not exists (
        select from app_private.file_storage s where s.file_id = d.id and s.removed_at is null)
    limit p_max
  );
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function app_private.forget_files(integer) is
  'Removes the rows of files that were deleted long ago and have no bytes left; returns how many.';
revoke all on function app_private.forget_files(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.forget_files(integer) to ombaro_worker;
--! EndIncluded functions/files/forget_files.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.16', 'files', '2026-11-25', 'File uploads, and references to files instead of addresses');
