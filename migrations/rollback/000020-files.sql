-- Undoes files: rows of files are lost, their bytes stay, and columns contain addresses again.

drop function if exists
  app_private.forget_files(integer), app_private.finish_removal(uuid, integer, text, interval),
  app_private.lease_removals(integer, interval), app_private.retire_files(integer);
drop table if exists app_private.file_removals;

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
  if cardinality(p_photos) > 10 or exists (
    select from unnest(p_photos) u (url)
    where (u.url ~ '^https://\S+$' and length(u.url) <= 2000) is not true
  ) then
    raise exception 'Photos must be at most ten addresses that begin with https://.'
      using errcode = 'OB020', column = 'photos';
  end if;
end
$$;


-- Back to addresses: those from elsewhere as they were, our own files as their references.
do $$
declare
  v_column record;
begin
  if to_regclass('app_private.file_columns') is null then
    return;
  end if;
  for v_column in
    select c.*, t.typcategory = 'A' as is_array
    from app_private.file_columns c
    join pg_catalog.pg_attribute a
      on a.attrelid = format('public.%I', c.table_name)::regclass and a.attname = c.column_name
    join pg_catalog.pg_type t on t.oid = a.atttypid
  loop
    execute format('drop trigger if exists _500_%s on public.%I',
      v_column.column_name, v_column.table_name);
    execute format('alter table public.%I alter column %I type text%s',
      v_column.table_name, v_column.column_name, case when v_column.is_array then '[]' else '' end);
    execute format('alter table public.%I disable trigger user', v_column.table_name);
    if v_column.is_array then
      execute format(
        'update public.%1$I set %2$I = array(
          select coalesce(o.address, u.reference)
          from unnest(%2$I) with ordinality u (reference, n)
          left join app_private.file_origins o on ''file:'' || o.file_id = u.reference
          order by u.n)
        where %2$I is not null and %2$I <> ''{}''',
        v_column.table_name, v_column.column_name);
    else
      execute format(
        'update public.%1$I t set %2$I = o.address
        from app_private.file_origins o where t.%2$I = ''file:'' || o.file_id',
        v_column.table_name, v_column.column_name);
    end if;
    execute format('alter table public.%I enable trigger user', v_column.table_name);
  end loop;
end
$$;
comment on column public.user_profiles.profile_image is 'URL of the user''s picture; null when there is none.';
comment on column public.therapists.profile_image is 'URL of a picture for customers; null when there is none.';
comment on column public.beauticians.profile_image is 'URL of a picture for customers; null when there is none.';
comment on column public.beauticians.portfolio_images is 'URLs of pictures of finished work.';
comment on column public.user_documents.file_url is 'URL of the uploaded scan or photo.';
comment on column public.vendor_documents.file_url is 'URL of the uploaded scan or photo.';
comment on column public.vendor_application_documents.file_url is 'URL of the file.';
comment on column public.service_categories.image_url is 'URL of a picture; null when there is none.';
comment on column public.services.image_url is 'URL of the main picture; null when there is none.';
comment on column public.services.images is 'URLs of further pictures; null when there are none.';
comment on column public.addon_services.image_url is 'URL of a picture; null without one.';
comment on column public.service_packages.image_url is 'URL of a picture; null without one.';
comment on column public.vendor_categories.image_url is 'Picture to display; null when there is none.';
comment on column public.reviews.photos is 'URLs of the customer''s pictures; null when there are none.';
comment on column public.vendor_reviews.photos is 'URLs of the customer''s pictures; null when there are none.';
comment on column public.therapist_leaves.documents is 'URLs of certificates, such as a doctor''s note; null when there are none.';
comment on column public.beautician_leaves.documents is 'URLs of certificates, such as a doctor''s note; null when there are none.';
comment on column public.support_tickets.attachments is 'URLs of files that the author added; null when there are none.';
comment on column public.ticket_messages.attachments is 'URLs of files that were sent with it; null when there are none.';

drop function if exists
  app_private.note_file_uses(), app_private.tg__file_reference(), app_private.references_in(jsonb),
  app_private.adopt_file(text, text, uuid);
drop table if exists
  app_private.file_origins, app_private.file_uses, app_private.file_columns;

drop function if exists
  app_private.stored_file(uuid, timestamptz), app_private.release_upload(uuid, text),
  app_private.finish_upload(uuid, text, integer, text),
  app_private.claim_upload(uuid, interval), app_private.open_upload(uuid),
  public.create_upload(text, text, integer), app_private.file_key(uuid, integer);
drop table if exists app_private.file_storage;
-- Does not exist any more when the undo runs a second time.
do $$
begin
  if to_regclass('public.files') is not null then
    drop function if exists public.files_reference(public.files);
  end if;
end
$$;
drop domain if exists public.file_reference;
drop table if exists public.files, public.file_rules;
drop table if exists enums.file_status, enums.file_purpose;
delete from public.system_settings where category = 'files';

delete from public.schema_versions where version = '1.16';
