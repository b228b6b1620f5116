--! Previous: sha1:53773f9fe47bf42e386eb9381ce193de4c574484
--! Hash: sha1:f6c82ff77fd830255e5148a05489355976020042
--! Message: vendor-pages

--! split: 010-page.sql
-- The public page of a vendor: website, telephone for customers, logo, cover and pictures. Until now customers saw a
-- name and an address, and could call no one. Further acts that had no door: members of departments are invited,
-- documents are added to an application until its decision, a request for a change is taken back; and payouts go to no
-- account that was not asked for.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-foreign-key-constraint, require-concurrent-index-deletion

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('vendors.gallery_maximum', 'vendors', '20', 'integer', 1, 200, true, 'Pictures that a vendor can have on its page, beside logo and cover');

insert into enums.file_purpose values ('vendor_picture', 'A logo, cover or picture of a vendor');
alter table public.file_rules disable trigger user;
insert into public.file_rules (purpose, content_types, maximum_bytes)
select 'vendor_picture', r.content_types, r.maximum_bytes
from public.file_rules r where r.purpose = 'portfolio_image';
alter table public.file_rules enable trigger user;

alter table public.vendors
  add column website text constraint vendors_website_form check (
    length(website) <= 500
    and website ~* '^https://([a-z0-9][a-z0-9-]{0,62}\.)+[a-z]{2,63}(:[0-9]{1,5})?([/?#][^\s<>"]*)?$'),
  add column telephone text constraint vendors_telephone_form check (telephone ~ '^\+91[1-9][0-9]{9}$'),
  add column logo public.file_reference,
  add column cover_image public.file_reference;
comment on column public.vendors.website is 'Address of the vendor''s website, which begins with https://; null when not given.';
comment on column public.vendors.telephone is
  'Number that customers call, mobile or landline, in E.164 form such as +912026123456; null when not given. The number of the contact person is in vendorPrivateDetail.';
comment on column public.vendors.logo is 'Logo; null when there is none.';
comment on column public.vendors.cover_image is 'Wide picture at the top of the vendor''s page; null when there is none.';
comment on constraint vendors_website_form on public.vendors is
  'Website must be an address of at most 500 characters that begins with https://, such as https://www.example.com.';
comment on constraint vendors_telephone_form on public.vendors is
  'Telephone must be an Indian number with area code in E.164 form: +91 and ten digits, such as +912026123456.';
insert into app_private.file_columns values
  ('vendors', 'logo', 'vendor_picture'), ('vendors', 'cover_image', 'vendor_picture');

--! Included functions/files/is_of_application.sql
create or replace function app_private.is_of_application(p_reference text, p_vendor_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from public.vendor_private_details d
    join public.vendor_application_documents a on a.application_id = d.application_id
    where d.vendor_id = p_vendor_id and a.file_url = p_reference)
$$;
comment on function app_private.is_of_application(text, uuid) is
  'Whether a file is a document of the application of this vendor.';
revoke all on function app_private.is_of_application(text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/files/is_of_application.sql
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
  v_is_carried boolean;
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
    -- At approval, which is another user's act, the applicant's documents become the vendor's.
    v_is_carried := tg_table_name = 'vendor_documents'
      and app_private.is_of_application(v_reference, (to_jsonb(new) ->> 'vendor_id')::uuid);
    if v_file.id is null or v_file.purpose <> v_purpose
      or (v_user_id is not null and v_file.owner_id is distinct from v_user_id and not v_is_carried) then
      raise exception 'You have no uploaded file with this reference for this purpose. Upload the file for this purpose first.'
        using errcode = 'OB003', column = v_column;
    end if;
    if v_file.status <> 'stored'
      and (v_file.status <> 'absent' or (v_user_id is not null and not v_is_carried)) then
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
  'Checks that references are the user''s own stored files with the right purpose, or documents of the vendor''s application, and records which rows refer to which files. Arguments: column, purpose. Raises OB003 (not found, another user''s, or for another purpose), OB030 (not stored).';
revoke all on function app_private.tg__file_reference() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/files/tg__file_reference.sql
create trigger _500_logo after insert or update of logo or delete on public.vendors
  for each row execute function app_private.tg__file_reference('logo', 'vendor_picture');
create trigger _500_cover_image after insert or update of cover_image or delete on public.vendors
  for each row execute function app_private.tg__file_reference('cover_image', 'vendor_picture');
-- Staff of the platform remove what does not belong there.
grant update (website, telephone, logo, cover_image) on public.vendors to authenticated, staff;

-- Pictures with captions, in an order: an array of references has no captions.
create table public.vendor_pictures (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete cascade,
  image_url public.file_reference not null,
  caption text constraint vendor_pictures_caption_length check (length(trim(caption)) between 1 and 200),
  position integer not null default 0 constraint vendor_pictures_position_range check (position >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.vendor_pictures enable row level security;
select app_private.keep_timestamps('public.vendor_pictures');
-- The pictures of a page, in their order.
create index vendor_pictures_vendor_id_idx on public.vendor_pictures (vendor_id, position);
comment on table public.vendor_pictures is
  'Pictures of a vendor for its page, beside logo and cover; who sees the vendor sees them. The mutation arrangeVendorPictures orders them. A picture that is removed is deleted with its file.';
comment on column public.vendor_pictures.id is 'Identifies the picture.';
comment on column public.vendor_pictures.vendor_id is 'Vendor that shows the picture.';
comment on column public.vendor_pictures.image_url is 'The picture.';
comment on column public.vendor_pictures.caption is 'What is to be seen, 1 to 200 characters; null when not given.';
comment on column public.vendor_pictures.position is 'Place in the order, from 1; a new picture is the last one.';
comment on constraint vendor_pictures_caption_length on public.vendor_pictures is 'Caption must have 1 to 200 characters.';
insert into app_private.file_columns values ('vendor_pictures', 'image_url', 'vendor_picture');
insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.vendor_pictures', 'vendor_id', false);
--! Included functions/vendors/tg_vendor_pictures__place.sql
create or replace function app_private.tg_vendor_pictures__place() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_maximum integer := app_private.setting('vendors.gallery_maximum')::integer;
  v_count integer;
begin
  -- Of two that are added at once the second sees the first.
  perform from public.vendors v where v.id = new.vendor_id for no key update;
  select count(*), coalesce(max(p.position), 0) + 1 into v_count, new.position
  from public.vendor_pictures p where p.vendor_id = new.vendor_id;
  if v_count >= v_maximum then
    raise exception 'A vendor can have at most % pictures. Remove one first.', v_maximum using errcode = 'OB030';
  end if;
  return new;
end
$$;
comment on function app_private.tg_vendor_pictures__place() is
  'Puts a new picture of a vendor behind the others. Raises OB030 (as many as the setting vendors.gallery_maximum allows).';
revoke all on function app_private.tg_vendor_pictures__place() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/tg_vendor_pictures__place.sql
create trigger _200_place before insert on public.vendor_pictures
  for each row execute function app_private.tg_vendor_pictures__place();
create trigger _500_image_url after insert or update of image_url or delete on public.vendor_pictures
  for each row execute function app_private.tg__file_reference('image_url', 'vendor_picture');
create trigger _800_audit after insert or update or delete on public.vendor_pictures
  for each row execute function app_private.tg__audit('id');
create policy select_anon on public.vendor_pictures for select to anon
  using (exists (select from public.vendors v where v.id = vendor_id));
create policy select_signed_in on public.vendor_pictures for select to authenticated
  using (exists (select from public.vendors v where v.id = vendor_id));
create policy select_staff on public.vendor_pictures for select to staff
  using (exists (select from public.vendors v where v.id = vendor_id));
create policy insert_vendor on public.vendor_pictures for insert to authenticated
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy update_vendor on public.vendor_pictures for update to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]))
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy delete_vendor on public.vendor_pictures for delete to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy delete_staff on public.vendor_pictures for delete to staff
  using ((select app_private.has_permission('vendors.update'))
    and not exists (select from public.vendors v where v.id = vendor_id and v.user_id = (select auth.uid())));
grant select on public.vendor_pictures to anon, authenticated, staff;
grant insert (vendor_id, image_url, caption) on public.vendor_pictures to authenticated;
-- Withheld: position, which arrangeVendorPictures gives.
grant update (caption) on public.vendor_pictures to authenticated;
grant delete on public.vendor_pictures to authenticated, staff;
--! Included functions/vendors/arrange_vendor_pictures.sql
create or replace function public.arrange_vendor_pictures(vendor_id uuid, picture_ids uuid[])
returns setof public.vendor_pictures
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor public.vendors := app_private.act_on_vendor(arrange_vendor_pictures.vendor_id, '{vendor}');
begin
  perform from public.vendors v where v.id = v_vendor.id for no key update;
  -- All of them, each once: then no picture has the place of another.
  if array(select p.id from public.vendor_pictures p where p.vendor_id = v_vendor.id order by p.id)
    is distinct from array(select i from unnest(arrange_vendor_pictures.picture_ids) i order by i) then
    raise exception 'Name every picture of the vendor once. Reload the pictures, and correct pictureIds.'
      using errcode = 'OB020', column = 'picture_ids';
  end if;
  update public.vendor_pictures p set position = w.place
  from unnest(arrange_vendor_pictures.picture_ids) with ordinality w (id, place)
  where p.id = w.id and p.position <> w.place;
  return query select p.* from public.vendor_pictures p where p.vendor_id = v_vendor.id order by p.position;
end
$$;
comment on function public.arrange_vendor_pictures(uuid, uuid[]) is
  'Puts the pictures of a vendor into an order: pictureIds are all of them, from the first to the last. For the owner, managers and admins of the vendor. Raises OB001, OB002, OB003, OB020 (a picture is missing, named twice, or not the vendor''s).';
revoke all on function public.arrange_vendor_pictures(uuid, uuid[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.arrange_vendor_pictures(uuid, uuid[]) to authenticated;
--! EndIncluded functions/vendors/arrange_vendor_pictures.sql

-- A customer calls the vendor at any time, and the provider while on the way.
--! Included functions/booking/bookings_provider_mobile.sql
create or replace function public.bookings_provider_mobile(booking public.bookings) returns public.mobile_number
language sql stable security definer set search_path = '' as $$
  select d.mobile from public.therapist_assignments a
  join public.therapist_private_details d on d.therapist_id = a.therapist_id
  where a.booking_id = booking.id and a.customer_id = (select auth.uid()) and a.status in ('in_transit', 'reached')
  union all
  select d.mobile from public.beautician_assignments a
  join public.beautician_private_details d on d.beautician_id = a.beautician_id
  where a.booking_id = booking.id and a.customer_id = (select auth.uid()) and a.status in ('in_transit', 'reached')
$$;
comment on function public.bookings_provider_mobile(public.bookings) is
  'Mobile number of the provider, for the customer of the booking while the provider is on the way or has arrived; null for all others, before that, and once the service has begun. The vendor''s telephone is in the vendor''s row.';
revoke all on function public.bookings_provider_mobile(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.bookings_provider_mobile(public.bookings) to authenticated, staff;
--! EndIncluded functions/booking/bookings_provider_mobile.sql

-- The search index is a moment behind.
--! Included functions/search/suggest.sql
create or replace function public.suggest(query text, kind text default null) returns setof public.suggestion
language plpgsql stable security definer rows 10 set search_path = ''
set jit = off set plan_cache_mode = force_custom_plan as $$
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
        -- The index is a moment behind a vendor that is no longer listed.
        where u.kind <> 'vendor' or (select v.is_listed from public.vendors v where v.id = u.id)
      ) f
    ) r
    -- Each kind in turn.
    order by r.title <> v_title, not r.is_beginning, r.place, r.quality desc, r.title, r.id
    limit v_wanted;
end
$$;
comment on function public.suggest(text, text) is
  'Suggestions for a text that is being typed, at most ten: services, listed vendors and places whose names contain these words, of which the last may be incomplete; typing mistakes are tolerated. Exact names come first, then names that begin with the text. With kind only this kind. An empty text finds nothing. Raises OB020 (too long, or an unknown kind).';
revoke all on function public.suggest(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.suggest(text, text) to anon, authenticated, staff;
--! EndIncluded functions/search/suggest.sql

--! split: 020-application-documents.sql
-- Documents of an application: the required ones are attached before it is submitted, others may be added and rejected
-- ones replaced until the decision, and at approval they become the vendor's.

--! Included functions/onboarding/unattached_documents.sql
create or replace function app_private.unattached_documents(p_application_id uuid) returns text[]
language sql stable security definer set search_path = '' as $$
  select array(
    select d from app_private.required_documents(p_application_id) d
    where not exists (
      select from public.vendor_application_documents p
      where p.application_id = p_application_id and p.document_type = d and p.verification_status <> 'rejected'
        and coalesce(p.expiry_date >= app_private.today(), true)
    )
    order by d
  )
$$;
comment on function app_private.unattached_documents(uuid) is
  'Required documents of an application that are not attached, or only rejected or expired ones.';
revoke all on function app_private.unattached_documents(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/unattached_documents.sql
--! Included functions/onboarding/submit_vendor_application.sql
create or replace function public.submit_vendor_application(application_id uuid) returns public.vendor_applications
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_application public.vendor_applications :=
    app_private.own_application(submit_vendor_application.application_id, 'pending');
  v_missing text[] := app_private.unattached_documents(v_application.id);
begin
  if v_application.years_in_business is null then
    raise exception 'The years in business are missing. Enter how many years the business has been running.'
      using errcode = 'OB037';
  end if;
  if v_application.pan_number is null then
    raise exception 'The PAN of the business is missing. Enter it first.' using errcode = 'OB037';
  end if;
  if cardinality(v_missing) > 0 then
    raise exception 'These documents are missing: %. Attach them first.',
      replace(array_to_string(v_missing, ', '), '_', ' ')
      using errcode = 'OB034';
  end if;
  return app_private.record_application_act(v_application, 'fo_review', 'submitted', null);
end
$$;
comment on function public.submit_vendor_application(uuid) is
  'Submits the application of the signed-in user: it goes to a field officer and can no longer be edited; documents can be added until the decision. Raises OB001, OB003, OB030 (already submitted), OB034 (a required document is not attached), OB037 (incomplete).';
revoke all on function public.submit_vendor_application(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.submit_vendor_application(uuid) to authenticated;
--! EndIncluded functions/onboarding/submit_vendor_application.sql
--! Included functions/vendors/my_undecided_application_ids.sql
create or replace function app_private.my_undecided_application_ids() returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array(
    select a.id from public.vendor_applications a
    where a.user_id = (select auth.uid()) and a.status not in ('approved', 'rejected')
  )
$$;
comment on function app_private.my_undecided_application_ids() is
  'Applications of the signed-in user that are not approved or rejected, to which documents can be added.';
revoke all on function app_private.my_undecided_application_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_undecided_application_ids() to authenticated;
--! EndIncluded functions/vendors/my_undecided_application_ids.sql
alter policy insert_own on public.vendor_application_documents
  with check (application_id = any ((select app_private.my_undecided_application_ids())::uuid[]));
-- While it is under review, what is rejected can be removed, and nothing else.
alter policy delete_own on public.vendor_application_documents using (
  application_id = any ((select app_private.my_editable_application_ids())::uuid[]) and verification_status <> 'verified'
  or application_id = any ((select app_private.my_undecided_application_ids())::uuid[])
    and verification_status = 'rejected');
--! Included functions/onboarding/tg_vendor_application_documents__undecided.sql
create or replace function app_private.tg_vendor_application_documents__undecided() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- A decision at this moment is waited for, so that no document is added behind it.
  if (
    select a.status in ('approved', 'rejected') from public.vendor_applications a
    where a.id = new.application_id and a.user_id = (select auth.uid())
    for share
  ) then
    raise exception 'Your application is decided, so documents can no longer be added to it. Reload it.'
      using errcode = 'OB030';
  end if;
  return new;
end
$$;
comment on function app_private.tg_vendor_application_documents__undecided() is
  'Refuses documents of an application that is decided. Raises OB030.';
revoke all on function app_private.tg_vendor_application_documents__undecided() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/tg_vendor_application_documents__undecided.sql
create trigger _200_validate before insert on public.vendor_application_documents
  for each row when (auth.uid() is not null)
  execute function app_private.tg_vendor_application_documents__undecided();

--! Included functions/onboarding/carry_documents_over.sql
create or replace function app_private.carry_documents_over(p_application_id uuid, p_vendor_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.vendor_documents (vendor_id, document_type, document_name, file_url, file_type, expiry_date,
    verified, verified_at, verified_by)
  select p_vendor_id, d.document_type, d.document_name, d.file_url, d.file_type, d.expiry_date,
    d.verification_status = 'verified', case when d.verification_status = 'verified' then d.verified_at end,
    case when d.verification_status = 'verified' then d.verified_by end
  from public.vendor_application_documents d
  where d.application_id = p_application_id and d.verification_status in ('verified', 'pending')
  order by d.created_at, d.id
$$;
comment on function app_private.carry_documents_over(uuid, uuid) is
  'Makes the documents of an approved application documents of its vendor, verified or waiting for verification as they are; rejected ones stay behind.';
revoke all on function app_private.carry_documents_over(uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/carry_documents_over.sql
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
  perform app_private.carry_documents_over(p_application.id, v_vendor_id);
  insert into public.user_roles (user_id, role_id, assigned_by)
  select p_application.user_id, r.id, (select auth.uid()) from public.roles r where r.code = 'vendor'
  on conflict (user_id, role_id) where status = 'active' do nothing;
end
$$;
comment on function app_private.make_vendor(public.vendor_applications) is
  'Creates the vendor of an approved application, with the commission of its partner type and the application''s documents, and gives its owner the role.';
revoke all on function app_private.make_vendor(public.vendor_applications) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/onboarding/make_vendor.sql
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
  'Moves an application to the next level. At the last level it creates the vendor with the documents of the application, and gives the applicant the role, in the same transaction. Raises OB001, OB002, OB003, OB030 (not under review, or paused), OB031 (your own application), OB032 (another level decides), OB033 (above your limit), OB034 (document not verified), OB035 (fee not recorded).';
revoke all on function public.approve_vendor_application(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.approve_vendor_application(uuid, text) to staff;
--! EndIncluded functions/onboarding/approve_vendor_application.sql

--! split: 030-department-members.sql
-- Members of departments join by invitation, as all others do, and can leave. Until now an administrator wrote the id
-- of an account, which users do not know of each other.

insert into enums.invitation_kind values ('department_member', 'Joins a department of the platform');
alter table public.invitations add column granted_role_id uuid references public.roles (id) on delete restrict;
create index invitations_granted_role_id_idx on public.invitations (granted_role_id) where granted_role_id is not null;
comment on column public.invitations.granted_role_id is
  'Role that a member of a department gets with the membership; null for others, and where none was given.';
comment on column public.invitations.role is
  'Role: for vendor staff their role, for providers therapist or beautician, for members of a department head, deputy, member or viewer; null for others.';
comment on column public.invitations.department_id is 'Department of an employee or of a member of a department; null for others.';
comment on table public.invitations is
  'Invitations to work for the platform or a vendor, visible to users who may invite there, and to the user who has verified the number or address.';
-- One person may be invited to two departments, and neither head learns of the other.
drop index public.invitations_one_open_key;
create unique index invitations_one_open_key on public.invitations
  (vendor_id, kind, mobile, email, (case when kind = 'department_member' then department_id end))
  nulls not distinct where status = 'open';
comment on index public.invitations_one_open_key is
  'This contact already has an open invitation. Resend that invitation, or revoke it first.';
alter policy select_staff on public.invitations using (
  id = any ((select app_private.my_invitation_ids())::uuid[])
  or vendor_id is null and (select app_private.has_permission('employees.create'))
  or vendor_id is not null and (select app_private.has_permission('vendors.read'))
  or kind = 'department_member' and department_id = any ((select app_private.my_department_ids('head'))::uuid[]));

comment on column public.department_user_assignments.role_id is
  'Role that came with the assignment and ends with it; null when none did.';
comment on table public.department_user_assignments is
  'Which user belongs to which department, as head, deputy, member or viewer. An assignment that counts today also makes the user staff. Written only by assignDepartmentMember, setDepartmentAssignmentStatus, acceptInvitation and leaveMembership.';
--! Included functions/departments/tg_department_user_assignments__role.sql
create or replace function app_private.tg_department_user_assignments__role() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if new.status <> 'active' then
    update public.user_roles ur
    set status = 'inactive', valid_until = greatest(app_private.today(), ur.valid_from)
    where ur.user_id = new.user_id and ur.role_id = new.role_id and ur.status = 'active';
  elsif tg_op = 'INSERT' or old.status <> 'active' then
    insert into public.user_roles as ur (user_id, role_id, department_id, assigned_by, valid_until)
    values (new.user_id, new.role_id, new.department_id, new.assigned_by, app_private.day_of(new.valid_until))
    on conflict (user_id, role_id) where status = 'active' do update set valid_until = excluded.valid_until;
  else
    -- Only its end has changed. A role that was revoked meanwhile does not come back.
    update public.user_roles ur set valid_until = app_private.day_of(new.valid_until)
    where ur.user_id = new.user_id and ur.role_id = new.role_id and ur.status = 'active';
  end if;
  return null;
end
$$;
comment on function app_private.tg_department_user_assignments__role() is
  'Lets the role that came with an assignment end, or come back, with it.';
revoke all on function app_private.tg_department_user_assignments__role() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/departments/tg_department_user_assignments__role.sql
create trigger _500_role_given after insert on public.department_user_assignments
  for each row when (new.role_id is not null and new.status = 'active')
  execute function app_private.tg_department_user_assignments__role();
create trigger _500_role after update of status, valid_until on public.department_user_assignments
  for each row when (new.role_id is not null
    and (new.status, new.valid_until) is distinct from (old.status, old.valid_until))
  execute function app_private.tg_department_user_assignments__role();

--! Included functions/invitations/require_department_inviter.sql
create or replace function app_private.require_department_inviter(p_department_id uuid, p_type text, p_role_id uuid)
returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_role public.roles;
begin
  perform app_private.require_department_staffing(null, p_department_id, array_remove(array[p_type], null));
  select * into v_role from public.roles r where r.id = p_role_id;
  if v_role.code in ('admin', 'super_admin') and not app_private.holds_role('super_admin') then
    raise exception 'Only a super admin may give this role. Ask a super admin.'
      using errcode = 'OB002', column = 'role_code';
  end if;
  if not app_private.has_permission('roles.update') and exists (
    select from public.role_permissions rp join public.permissions p on p.id = rp.permission_id
    where rp.role_id = v_role.id and not app_private.has_permission(p.code)
  ) then
    raise exception 'This role may do more than you may. Ask an administrator to invite the person.'
      using errcode = 'OB002', column = 'role_code';
  end if;
end
$$;
comment on function app_private.require_department_inviter(uuid, text, uuid) is
  'Checks that the signed-in user may invite to a department in this capacity and with this role: administrators; the head of the department members and viewers, with roles that may do no more than the head may. Raises OB001, OB002.';
revoke all on function app_private.require_department_inviter(uuid, text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/require_department_inviter.sql
drop function app_private.require_inviter(text, uuid);
--! Included functions/invitations/require_inviter.sql
create or replace function app_private.require_inviter(p_invitation public.invitations) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  case p_invitation.kind
    when 'employee' then
      perform app_private.require_permission('employees.create');
    when 'vendor_staff', 'provider' then
      if (p_invitation.vendor_id = any (app_private.my_vendor_ids('manage'))) is not true then
        raise exception 'Only the owner, managers and admins of a vendor may invite people to it. Check vendorId.'
          using errcode = 'OB002', column = 'vendor_id';
      end if;
    when 'owner' then
      perform app_private.act_on_vendor(p_invitation.vendor_id, '{owner,platform}');
    when 'department_member' then
      perform app_private.require_department_inviter(
        p_invitation.department_id, p_invitation.role, p_invitation.granted_role_id);
    else
      raise exception 'Kind is required. Choose one of the kinds of membership.'
        using errcode = 'OB020', column = 'kind';
  end case;
end
$$;
comment on function app_private.require_inviter(public.invitations) is
  'Checks that the signed-in user may invite people to become this, and act on such invitations: employees by users who may add them, vendor staff and providers by the vendor''s management, a new owner by the owner or the platform, department members by administrators and the head of the department. Raises OB001, OB002, OB003, OB020, OB031 (your own business).';
revoke all on function app_private.require_inviter(public.invitations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/require_inviter.sql
--! Included functions/invitations/check_invitation.sql
create or replace function app_private.check_invitation(p_invitation public.invitations) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_allowed text[];
begin
  if p_invitation.kind <> 'department_member' and p_invitation.granted_role_id is not null then
    raise exception 'roleCode is only for members of departments. Leave it out.'
      using errcode = 'OB020', column = 'role_code';
  end if;
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
    when 'department_member' then
      v_allowed := array(select t.value from enums.department_assignment_type t order by 1);
      if p_invitation.department_id is null then
        raise exception 'A member of a department needs departmentCode, of an existing department. Enter it.'
          using errcode = 'OB020', column = 'department_code';
      end if;
      if (p_invitation.role = any (v_allowed)) is not true then
        raise exception 'Role must be one of: %.', array_to_string(v_allowed, ', ')
          using errcode = 'OB020', column = 'role';
      end if;
      if p_invitation.granted_role_id is not null and not exists (
        select from public.roles r
        where r.id = p_invitation.granted_role_id and r.is_staff and r.department_id = p_invitation.department_id
      ) then
        raise exception 'The role of roleCode must be one of the department. Choose another role.'
          using errcode = 'OB020', column = 'role_code';
      end if;
      if num_nonnulls(p_invitation.vendor_id, p_invitation.designation, p_invitation.employment_type,
        p_invitation.joining_date, p_invitation.employee_code) > 0 then
        raise exception 'vendorId, designation, employmentType, joiningDate and employeeCode are not for members of departments. Leave them out.'
          using errcode = 'OB020';
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
$$;
comment on function app_private.check_invitation(public.invitations) is
  'Checks which fields an invitation of each kind has. Raises OB020, with the name of the field, and OB030 where the vendor closes or cannot be transferred.';
revoke all on function app_private.check_invitation(public.invitations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/check_invitation.sql
--! Included functions/invitations/sent_invitation.sql
create or replace function app_private.sent_invitation(p_invitation_id uuid) returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_invitation public.invitations;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_invitation from public.invitations i where i.id = p_invitation_id for update;
  if not found or not (v_invitation.kind = 'employee' and app_private.has_permission('employees.create')
    or v_invitation.kind = 'department_member' and (app_private.has_permission('roles.update')
      or coalesce(v_invitation.department_id = any (app_private.my_department_ids('head')), false))
    or v_invitation.kind = 'owner' and app_private.has_permission('vendors.update')
    or coalesce(v_invitation.vendor_id = any (app_private.my_vendor_ids('manage')), false)) then
    raise exception 'The invitation was not found, or you may not manage it. Check invitationId.'
      using errcode = 'OB003', column = 'invitation_id';
  end if;
  perform app_private.require_inviter(v_invitation);
  return v_invitation;
end
$$;
comment on function app_private.sent_invitation(uuid) is
  'Locks and returns an invitation that the signed-in user may resend or revoke. Raises OB001, OB002 (a new owner, or a deputy or head, is not yours to invite), OB003, OB031 (your own business).';
revoke all on function app_private.sent_invitation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/sent_invitation.sql
--! Included functions/invitations/send_invitation.sql
create or replace function app_private.send_invitation(p_invitation public.invitations) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_fields jsonb := jsonb_build_object(
    'invitation_id', p_invitation.id,
    'business', public.invitations_business_name(p_invitation),
    'name', p_invitation.name,
    'what', coalesce(p_invitation.role, p_invitation.designation, p_invitation.kind) || coalesce((
      select ', ' || d.name from public.departments d
      where d.id = p_invitation.department_id and p_invitation.kind = 'department_member'), ''),
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
$$;
comment on function app_private.send_invitation(public.invitations) is
  'Sends an invitation to its number or address, and to the app of the user who has verified it.';
revoke all on function app_private.send_invitation(public.invitations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/send_invitation.sql
drop function public.invite_member(text, text, text, text, uuid, text, text, text, text, date, text);
--! Included functions/invitations/invite_member.sql
create or replace function public.invite_member(
  kind text, name text, mobile text default null, email text default null, vendor_id uuid default null,
  role text default null, department_code text default null, designation text default null,
  employment_type text default null, joining_date date default null, employee_code text default null,
  role_code text default null
) returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_mobile text := nullif(trim(invite_member.mobile), '');
  v_email text := lower(nullif(trim(invite_member.email), ''));
  v_invitation public.invitations;
begin
  v_invitation.kind := invite_member.kind;
  v_invitation.vendor_id := invite_member.vendor_id;
  v_invitation.name := trim(invite_member.name);
  v_invitation.role := invite_member.role;
  v_invitation.department_id := (
    select d.id from public.departments d where d.code = invite_member.department_code and d.status = 'active');
  v_invitation.designation := nullif(trim(invite_member.designation), '');
  v_invitation.employment_type := invite_member.employment_type;
  v_invitation.joining_date := invite_member.joining_date;
  v_invitation.employee_code := nullif(trim(invite_member.employee_code), '');
  v_invitation.granted_role_id := (
    select r.id from public.roles r where r.code = invite_member.role_code and r.status = 'active');
  perform app_private.require_inviter(v_invitation);
  perform app_private.require_contact(v_mobile, v_email);
  v_invitation.mobile := v_mobile;
  v_invitation.email := v_email;
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
  if invite_member.role_code is not null and v_invitation.granted_role_id is null then
    raise exception 'The role % was not found. Check roleCode.', invite_member.role_code
      using errcode = 'OB003', column = 'role_code';
  end if;
  perform app_private.check_invitation(v_invitation);
  if v_invitation.kind = 'provider' then
    v_invitation := app_private.enter_invited_provider(v_invitation);
  end if;
  insert into public.invitations (kind, vendor_id, mobile, email, name, role, department_id, designation,
    employment_type, joining_date, employee_code, granted_role_id, therapist_id, beautician_id, invited_by, expires_at)
  values (v_invitation.kind, v_invitation.vendor_id, v_mobile, v_email, v_invitation.name, v_invitation.role,
    v_invitation.department_id, v_invitation.designation, v_invitation.employment_type,
    v_invitation.joining_date, v_invitation.employee_code, v_invitation.granted_role_id, v_invitation.therapist_id,
    v_invitation.beautician_id, (select auth.uid()), app_private.invitation_end())
  returning * into v_invitation;
  perform app_private.send_invitation(v_invitation);
  return v_invitation;
end
$$;
comment on function public.invite_member(text, text, text, text, uuid, text, text, text, text, date, text, text) is
  E'@enumArgument kind invitation_kind\n@enumArgument employment_type employment_type\nInvites a person by mobile number (such as +919876543210) or e-mail address to become an employee (by users who may add employees: departmentCode, designation, joiningDate, employeeCode, employmentType), a member of a department (by administrators, and members and viewers by its head: departmentCode, the role head, deputy, member or viewer, and optionally roleCode, a role of the department that comes and ends with the membership), vendor staff (by the vendor''s management: vendorId, role) or a provider (likewise; the role is therapist or beautician, who is added at once and can be prepared, but not booked before accepting). The mutation transferVendor invites a new owner. The answer is the same whether or not there is an account. It can be accepted for 7 days by default. Raises OB001, OB002, OB003 (also an unknown role), OB020, OB030 (the vendor is closing or closed), OB031 (yourself, or your own business), OB041 (too many to this contact, or in a day), or 23505 when an invitation is already open.';
revoke all on function public.invite_member(text, text, text, text, uuid, text, text, text, text, date, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.invite_member(text, text, text, text, uuid, text, text, text, text, date, text, text) to authenticated, staff;
--! EndIncluded functions/invitations/invite_member.sql
--! Included functions/invitations/may_still_staff.sql
create or replace function app_private.may_still_staff(p_user_id uuid, p_department_id uuid, p_type text) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (select from public.user_profiles u where u.id = p_user_id and u.status = 'active') and (exists (
    select from public.user_roles ur
    join public.roles r on r.id = ur.role_id and r.status = 'active'
    join public.role_permissions rp on rp.role_id = r.id
    join public.permissions p on p.id = rp.permission_id and p.code = 'roles.update'
    where ur.user_id = p_user_id and ur.status = 'active'
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
  ) or p_type in ('member', 'viewer') and exists (
    select from public.department_user_assignments a
    where a.user_id = p_user_id and a.department_id = p_department_id and a.assignment_type = 'head'
      and a.status = 'active' and now() between a.valid_from and coalesce(a.valid_until, 'infinity')
  ))
$$;
comment on function app_private.may_still_staff(uuid, uuid, text) is
  'Whether the user who invited to a department may still do so: someone who was dismissed meanwhile brings no one in.';
revoke all on function app_private.may_still_staff(uuid, uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/may_still_staff.sql
--! Included functions/invitations/join_department.sql
create or replace function app_private.join_department(p_invitation public.invitations, p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_department public.departments;
begin
  -- Two heads who accept at once queue here.
  select * into v_department from public.departments d where d.id = p_invitation.department_id for no key update;
  if not app_private.may_still_staff(p_invitation.invited_by, v_department.id, p_invitation.role)
    or v_department.status <> 'active' then
    raise exception 'The user who sent this invitation may not invite to % any more. Ask for a new invitation.',
      v_department.name
      using errcode = 'OB030';
  end if;
  if exists (
    select from public.department_user_assignments a
    where a.user_id = p_user_id and a.department_id = v_department.id and a.status <> 'inactive'
  ) then
    raise exception 'You already belong to %. Decline this invitation.', v_department.name using errcode = 'OB030';
  end if;
  if p_invitation.role = 'head' and exists (
    select from public.department_user_assignments a
    where a.department_id = v_department.id and a.assignment_type = 'head' and a.status = 'active'
  ) then
    raise exception '% already has a head. Ask for a new invitation.', v_department.name using errcode = 'OB030';
  end if;
  insert into public.department_user_assignments (user_id, department_id, assignment_type, assigned_by, role_id)
  select p_user_id, v_department.id, p_invitation.role, p_invitation.invited_by, r.id
  from (values (1)) one (n)
  -- A role that the user holds anyway stays when the assignment ends.
  left join public.roles r on r.id = p_invitation.granted_role_id and r.status = 'active' and not exists (
    select from public.user_roles ur where ur.user_id = p_user_id and ur.role_id = r.id and ur.status = 'active');
end
$$;
comment on function app_private.join_department(public.invitations, uuid) is
  'Assigns the user who has accepted to a department, with the role of the invitation: from the next request on the user is staff. Raises OB030 (already a member, the department has a head, or the inviter no longer may).';
revoke all on function app_private.join_department(public.invitations, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/join_department.sql
--! Included functions/invitations/join_by_invitation.sql
create or replace function app_private.join_by_invitation(p_invitation public.invitations, p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_contacts record := app_private.proven_contacts(p_user_id);
  v_mobile text := coalesce(p_invitation.mobile, v_contacts.mobile);
  v_email text := coalesce(p_invitation.email, v_contacts.email);
begin
  if v_mobile is null and p_invitation.kind <> 'department_member' then
    raise exception 'You need a verified mobile number. Verify one first, then accept.' using errcode = 'OB037';
  end if;
  perform app_private.require_staying(p_invitation.vendor_id);
  case p_invitation.kind
    when 'employee' then perform app_private.join_as_employee(p_invitation, p_user_id, v_mobile, v_email);
    when 'vendor_staff' then perform app_private.join_vendor_staff(p_invitation, p_user_id, v_mobile, v_email);
    when 'provider' then perform app_private.join_as_provider(p_invitation, p_user_id, v_mobile, v_email);
    when 'department_member' then perform app_private.join_department(p_invitation, p_user_id);
    when 'owner' then perform app_private.join_as_owner(p_invitation, p_user_id, v_mobile, v_email);
  end case;
end
$$;
comment on function app_private.join_by_invitation(public.invitations, uuid) is
  'Creates the membership of an invitation. Raises OB030, OB037.';
revoke all on function app_private.join_by_invitation(public.invitations, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/join_by_invitation.sql
--! Included functions/invitations/accept_invitation.sql
create or replace function public.accept_invitation(invitation_id uuid) returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_invitation public.invitations := app_private.received_invitation(accept_invitation.invitation_id);
begin
  perform app_private.join_by_invitation(v_invitation, (select auth.uid()));
  return app_private.answer_invitation(v_invitation, 'accepted');
end
$$;
comment on function public.accept_invitation(uuid) is
  'Accepts an invitation with the signed-in account, which must have verified the invited number or address; the membership starts at once. An employee starts at level 1 without the right to approve; a member of a department is staff from the next request on. Raises OB001, OB003 (not for this account), OB030 (answered, revoked or expired, already a member, the vendor is closing, or the department has a head or its inviter no longer may), OB031 (your own invitation), OB037 (no verified mobile number).';
revoke all on function public.accept_invitation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.accept_invitation(uuid) to authenticated, staff;
--! EndIncluded functions/invitations/accept_invitation.sql
--! Included functions/invitations/leave_department.sql
create or replace function app_private.leave_department(p_user_id uuid, p_department_code text) returns date
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_department public.departments;
begin
  select * into v_department from public.departments d where d.code = p_department_code;
  update public.department_user_assignments a
  set status = 'inactive', is_primary = false, valid_until = greatest(now(), a.valid_from)
  where a.user_id = p_user_id and a.department_id = v_department.id and a.status <> 'inactive';
  if not found then
    raise exception 'You do not belong to this department. Check departmentCode.'
      using errcode = 'OB003', column = 'department_code';
  end if;
  perform app_private.tell_employers(array(
    select a.user_id from public.department_user_assignments a
    where a.department_id = v_department.id and a.assignment_type in ('head', 'deputy') and a.status = 'active'
      and a.user_id <> p_user_id),
    (select p.name from public.user_profiles p where p.id = p_user_id), v_department.name, app_private.today());
  return app_private.today();
end
$$;
comment on function app_private.leave_department(uuid, text) is
  'Ends the signed-in user''s assignment to a department at once, with the role that came with it; its head and deputies are notified. Raises OB003.';
revoke all on function app_private.leave_department(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/leave_department.sql
drop function public.leave_membership(text, uuid);
--! Included functions/invitations/leave_membership.sql
create or replace function public.leave_membership(kind text, vendor_id uuid default null, department_code text default null)
returns date
language plpgsql volatile security definer set search_path = '' as $$
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
    when 'department_member' then
      return app_private.leave_department(v_user_id, leave_membership.department_code);
    else raise exception 'Kind is required. Choose one of the kinds of membership.'
      using errcode = 'OB020', column = 'kind';
  end case;
end
$$;
comment on function public.leave_membership(text, uuid, text) is
  E'@enumArgument kind invitation_kind\nEnds your own membership and returns the last working day: vendor staff (vendorId gives the vendor) and department members (departmentCode gives the department) at once, employees and providers after their days of notice (providers: 7 by default). Bookings that a provider still has then return to the vendor. Raises OB001, OB003 (not a member there), OB020, OB030 (the last super admin, or already leaving).';
revoke all on function public.leave_membership(text, uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.leave_membership(text, uuid, text) to authenticated, staff;
--! EndIncluded functions/invitations/leave_membership.sql

--! split: 040-payouts-and-changes.sql
-- Payouts go to the account that was used or approved, and to no other. When it was deleted, the next best verified
-- account of the owner was taken without a word; now payouts are held until another one is approved.

alter table public.vendor_private_details add column payout_account_since timestamptz;
comment on column public.vendor_private_details.payout_account_since is
  'Since when payouts go only to the account of payoutAccountId, and are held where it is null; null before the first payout and after a transfer.';
comment on column public.vendor_private_details.payout_account_id is
  'Bank account to which payouts go; null before the first payout, when it is the verified account of the owner, and when it was deleted.';
alter table public.vendor_private_details disable trigger user;
update public.vendor_private_details set payout_account_since = now() where payout_account_id is not null;
alter table public.vendor_private_details enable trigger user;

insert into enums.notification_type values ('payouts_held', 'Payouts of a vendor are held');
--! Included templates/payouts_held.sql
-- Payouts of a vendor are held, because there is no bank account for them.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('payouts_held', 'vendor', 'en',
    'Payouts to {{vendor}} are held',
    'There is no verified bank account for them. Add one, and request it as the account for payouts.',
    '{push,in_app,email}', 'high', '/vendor/changes'),
  ('payouts_held', 'vendor', 'hi',
    '{{vendor}} के भुगतान रुके हैं',
    'उनके लिए कोई सत्यापित बैंक खाता नहीं है। एक खाता जोड़ें, और भुगतान के लिए उसका अनुरोध करें।',
    '{push,in_app,email}', 'high', '/vendor/changes')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/payouts_held.sql
--! Included functions/vendors/tell_payouts_held.sql
create or replace function app_private.tell_payouts_held(p_vendor_id uuid) returns void
language sql volatile security definer set search_path = '' as $$
  select app_private.notify(v.user_id, 'vendor', 'payouts_held',
    jsonb_build_object('vendor', v.business_name, 'vendor_id', v.id),
    jsonb_build_object('screen', 'vendor', 'vendorId', v.id))
  from public.vendors v where v.id = p_vendor_id
$$;
comment on function app_private.tell_payouts_held(uuid) is
  'Notifies the owner of a vendor that payouts are held, because there is no bank account for them.';
revoke all on function app_private.tell_payouts_held(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/tell_payouts_held.sql
--! Included functions/vendors/tg_vendor_private_details__payouts_held.sql
create or replace function app_private.tg_vendor_private_details__payouts_held() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.tell_payouts_held(new.vendor_id);
  return null;
end
$$;
comment on function app_private.tg_vendor_private_details__payouts_held() is
  'Notifies a vendor whose bank account for payouts was deleted.';
revoke all on function app_private.tg_vendor_private_details__payouts_held() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/tg_vendor_private_details__payouts_held.sql
create trigger _700_payouts_held after update of payout_account_id on public.vendor_private_details
  for each row when (old.payout_account_id is not null and new.payout_account_id is null
    and new.payout_account_since is not null)
  execute function app_private.tg_vendor_private_details__payouts_held();
--! Included functions/vendors/payout_account.sql
create or replace function app_private.payout_account(p_vendor_id uuid) returns public.user_bank_details
language sql stable security definer set search_path = '' as $$
  select b from public.vendors v
  join public.user_bank_details b on b.user_id = v.user_id and b.is_verified
  left join public.vendor_private_details d on d.vendor_id = v.id
  where v.id = p_vendor_id
    -- The account of earlier payouts and no other, also when it was deleted, until another one is approved.
    and (d.payout_account_since is null or b.id = d.payout_account_id)
  -- For the first payout the owner's own choice.
  order by b.is_primary desc, b.verified_at, b.id
  limit 1
$$;
comment on function app_private.payout_account(uuid) is
  'The verified bank account of a vendor''s present owner to which payouts go; null where there is none, and payouts are then held.';
revoke all on function app_private.payout_account(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/payout_account.sql
--! Included functions/vendors/join_as_owner.sql
create or replace function app_private.join_as_owner(p_invitation public.invitations, p_user_id uuid, p_mobile text, p_email text)
returns void
language plpgsql volatile security definer set search_path = '' as $$
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
    payout_account_id = null, payout_account_since = null
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
$$;
comment on function app_private.join_as_owner(public.invitations, uuid, text, text) is
  'Moves a vendor to the owner who has accepted: ownership, contact and role; the former owner keeps no rights there. Both are notified. Raises OB030 (suspended, closing, closed, or already the owner), OB037 (no Indian mobile number).';
revoke all on function app_private.join_as_owner(public.invitations, uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/join_as_owner.sql
--! Included functions/vendors/decide_vendor_change.sql
create or replace function public.decide_vendor_change(request_id uuid, approve boolean, reason text default null)
returns public.vendor_change_requests
language plpgsql volatile security definer set search_path = '' as $$
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
        else d.payout_account_id end,
      payout_account_since = case v_request.fact when 'bank_account' then now() else d.payout_account_since end
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
$$;
comment on function public.decide_vendor_change(uuid, boolean, text) is
  'Approves or rejects a request of requestVendorChange; an approved value applies at once, and a new partner type brings its commission for later bookings. A bank account must be verified first (verifyBankAccount). A rejection needs a reason. The owner and the requesting user are notified. Needs the permission vendors.update. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already decided), OB031 (your own business), OB036 (no reason), OB037 (the bank account is not verified).';
revoke all on function public.decide_vendor_change(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_vendor_change(uuid, boolean, text) to staff;
--! EndIncluded functions/vendors/decide_vendor_change.sql
--! Included functions/money/complete_payout.sql
create or replace function public.complete_payout(
  payout_id uuid, reference text, payment_method text default 'bank_transfer'
) returns public.vendor_payouts
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payout public.vendor_payouts := app_private.open_payout(complete_payout.payout_id);
  v_account public.user_bank_details := app_private.payout_account(v_payout.vendor_id);
begin
  if exists (select from public.vendors v where v.id = v_payout.vendor_id and v.status = 'suspended') then
    raise exception 'This vendor is suspended, so its payouts are held. Wait until the vendor is reinstated.'
      using errcode = 'OB030';
  end if;
  if complete_payout.payment_method = 'bank_transfer' and v_account.id is null then
    raise exception 'This vendor has no verified bank account for payouts. Verify one, or approve another account, first.'
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
  update public.vendor_private_details d set payout_account_id = v_account.id, payout_account_since = now()
  where d.vendor_id = v_payout.vendor_id and d.payout_account_since is null and v_account.id is not null;
  return v_payout;
end
$$;
comment on function public.complete_payout(uuid, text, text) is
  'Records that the bank has paid a payout, with its reference; its records are then settled. A bank transfer needs a verified bank account of the vendor''s owner. Needs the permission payouts.execute. Raises OB001, OB002, OB003, OB030 (already paid, or the vendor is suspended), OB031 (your own payout), OB036 (no reference), OB037 (no verified bank account).';
revoke all on function public.complete_payout(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.complete_payout(uuid, text, text) to staff;
--! EndIncluded functions/money/complete_payout.sql
--! Included functions/money/make_payouts.sql
create or replace function app_private.make_payouts(p_monday date) returns setof public.vendor_payouts
language plpgsql volatile security definer set search_path = '' as $$
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
    if (app_private.payout_account(v_payout.vendor_id)).id is null then
      perform app_private.tell_payouts_held(v_payout.vendor_id);
    end if;
    return next v_payout;
  end loop;
end
$$;
comment on function app_private.make_payouts(date) is
  'Creates the payouts of the week from this Monday: everything that is due to each vendor until its Sunday and is in no payout yet. Running it again creates nothing twice. Suspended vendors are left out; a vendor without a bank account for payouts is told that they are held. Raises OB020.';
revoke all on function app_private.make_payouts(date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.make_payouts(date) to ombaro_worker;
--! EndIncluded functions/money/make_payouts.sql

insert into enums.change_request_status values ('withdrawn', 'Taken back by the vendor');
comment on column public.vendor_change_requests.decided_by is 'User who decided, or took it back; null until then.';
comment on column public.vendor_change_requests.decided_at is 'When it was decided or taken back; null until then.';
--! Included functions/vendors/withdraw_vendor_change.sql
create or replace function public.withdraw_vendor_change(request_id uuid) returns public.vendor_change_requests
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_request public.vendor_change_requests;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  -- Of withdrawing and deciding at once the later one is refused.
  select * into v_request from public.vendor_change_requests r
  where r.id = withdraw_vendor_change.request_id for update;
  if not found or not 'vendor' = any (app_private.sides_of_vendor(v_request.vendor_id)) then
    raise exception 'The request was not found, or is not of your business. Check requestId.'
      using errcode = 'OB003', column = 'request_id';
  end if;
  perform app_private.act_on_vendor(v_request.vendor_id,
    case v_request.fact when 'bank_account' then '{owner}' else '{vendor}' end::text[]);
  if v_request.status <> 'pending' then
    raise exception 'This request has already been %. Reload it.', replace(v_request.status, '_', ' ') using errcode = 'OB030';
  end if;
  update public.vendor_change_requests r
  set status = 'withdrawn', decided_by = (select auth.uid()), decided_at = now()
  where r.id = v_request.id
  returning * into v_request;
  return v_request;
end
$$;
comment on function public.withdraw_vendor_change(uuid) is
  'Takes back a request of requestVendorChange that is not decided; the verified value stays, and another request can be made. For the owner, managers and admins of the vendor; one for the bank account for the owner. Raises OB001, OB002, OB003, OB030 (already decided or withdrawn).';
revoke all on function public.withdraw_vendor_change(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.withdraw_vendor_change(uuid) to authenticated, staff;
--! EndIncluded functions/vendors/withdraw_vendor_change.sql

-- A closed vendor has no webhooks.
--! Included functions/webhooks/require_not_closed.sql
create or replace function app_private.require_not_closed(p_vendor_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- Closing at this moment waits, and then disables what this enables.
  perform from public.vendors v where v.id = p_vendor_id and v.status <> 'closed' for share;
  if not found then
    raise exception 'This vendor is closed, so it has no webhooks any more. Contact customer care.'
      using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.require_not_closed(uuid) is
  'Refuses webhooks of a vendor that is closed. Raises OB030.';
revoke all on function app_private.require_not_closed(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/webhooks/require_not_closed.sql
--! Included functions/webhooks/create_webhook_endpoint.sql
create or replace function public.create_webhook_endpoint(
  vendor_id uuid, url text, event_types text[], description text default null
) returns public.webhook_secret
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_most integer := app_private.setting('webhooks.endpoints_maximum')::integer;
  v_id uuid;
begin
  perform app_private.require_webhook_manager(
    create_webhook_endpoint.vendor_id, 'You have no vendor with this id. Check the id.');
  perform app_private.require_webhook_url(coalesce(create_webhook_endpoint.url, ''));
  perform app_private.require_webhook_event_types(create_webhook_endpoint.event_types);
  perform app_private.require_not_closed(create_webhook_endpoint.vendor_id);
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
$$;
comment on function public.create_webhook_endpoint(uuid, text, text[], text) is
  'Creates a webhook endpoint that receives events of a vendor''s bookings from now on. The query enumsWebhookEventTypes lists the event types, such as booking.created. Returns the secret, which is shown only once. Raises OB001, OB002, OB003, OB020, OB030 (the vendor is closed), OB052, OB053.';
revoke all on function public.create_webhook_endpoint(uuid, text, text[], text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.create_webhook_endpoint(uuid, text, text[], text) to authenticated;
--! EndIncluded functions/webhooks/create_webhook_endpoint.sql
--! Included functions/webhooks/enable_webhook_endpoint.sql
create or replace function public.enable_webhook_endpoint(endpoint_id uuid) returns public.webhook_endpoints
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_endpoint public.webhook_endpoints;
begin
  v_endpoint := app_private.require_webhook_endpoint(enable_webhook_endpoint.endpoint_id);
  if v_endpoint.disabled_at is null then
    raise exception 'This webhook endpoint is already enabled. Reload it to see its state.' using errcode = 'OB030';
  end if;
  perform app_private.require_not_closed(v_endpoint.vendor_id);
  update public.webhook_endpoints e set disabled_at = null, disabled_reason = null, failing_since = null
  where e.id = v_endpoint.id returning * into v_endpoint;
  return v_endpoint;
end
$$;
comment on function public.enable_webhook_endpoint(uuid) is
  'Enables a disabled endpoint. Waiting deliveries are then sent; events of the meantime were not recorded. Raises OB001, OB002, OB003, OB030 (already enabled, or the vendor is closed).';
revoke all on function public.enable_webhook_endpoint(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.enable_webhook_endpoint(uuid) to authenticated;
--! EndIncluded functions/webhooks/enable_webhook_endpoint.sql

--! split: 050-deadlines.sql
-- Money of a dispute does not wait for ever: what customer care does not decide in time is decided for the customer.

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('booking.dispute_decision_hours', 'booking', '168', 'integer', 1, 8760, true, 'Hours after which a dispute that customer care has not decided is decided in favour of the customer');
--! Included functions/booking/settle_waiting.sql
create or replace function app_private.settle_waiting(p_bookings integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_due record;
  v_count integer := 0;
  v_before timestamptz := now() - app_private.setting('booking.dispute_decision_hours')::integer * interval '1 hour';
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
  -- A dispute that customer care has not decided in time. Of deciding at that moment the later one finds it done.
  for v_due in
    select b as booking, d.id, d.kind
    from public.booking_disputes d
    join public.bookings b on b.id = d.booking_id
    where d.status = 'open' and d.created_at <= v_before and app_private.waits_for_decision(d)
      and coalesce(d.answered_at, d.created_at) <= v_before
    order by d.created_at, d.id limit p_bookings - v_count
    for no key update of b skip locked
  loop
    update public.booking_disputes d
    set status = 'decided', in_favour_of = 'customer', decision_reason = 'Customer care did not decide in time',
      decided_at = now()
    where d.id = v_due.id and d.status = 'open';
    continue when not found;
    if v_due.kind in ('customer_no_show', 'vendor_no_show') then
      perform app_private.settle_cancellation(v_due.booking, 0);
    else
      -- Of a service that ended early the customer pays what was performed, and no more than the vendor asks.
      perform app_private.agree_on(v_due.booking, case when v_due.kind = 'early_end' then (
        select least(s.proposed_amount, app_private.percent_of((v_due.booking).final_amount, s.elapsed_percentage))
        from public.booking_settlements s where s.booking_id = (v_due.booking).id) else 0 end);
    end if;
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.settle_waiting(integer) is
  'Goes on with what no one has answered in time, at most p_bookings; returns how many. Where the customer says nothing, a service that was completed late is settled at its price, and the amount of one that ended early goes to customer care as a dispute. A dispute that customer care does not decide in time is decided in favour of the customer. Runs every minute.';
revoke all on function app_private.settle_waiting(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.settle_waiting(integer) to ombaro_worker;
--! EndIncluded functions/booking/settle_waiting.sql

-- 64 characters hold every usual key. Longer ones of the last hours are forgotten.
delete from app_private.idempotency_keys where length(key) > 64;
alter table app_private.idempotency_keys drop constraint idempotency_keys_length;
alter table app_private.idempotency_keys
  add constraint idempotency_keys_length check (length(key) between 8 and 64);
comment on column app_private.idempotency_keys.key is 'Chosen by the client, 8 to 64 characters.';
comment on constraint idempotency_keys_length on app_private.idempotency_keys is
  'Idempotency key must have 8 to 64 characters. Use a UUID, for example.';

--! split: 060-hidden-reviews.sql
-- A review that is hidden with its vendor is not shown to those who find it helpful either.
--! Included functions/reviews/require_shown.sql
create or replace function app_private.require_shown(p_vendor_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if exists (select from public.vendors v where v.id = p_vendor_id and not v.is_listed)
    and p_vendor_id <> all (app_private.my_booked_vendor_ids())
    and not app_private.belongs_to_vendor(p_vendor_id) then
    raise exception 'The review was not found. Check the id.' using errcode = 'OB003';
  end if;
end
$$;
comment on function app_private.require_shown(uuid) is
  'Refuses what is hidden with a vendor that is not listed, except from its own people and those who have booked there. Raises OB003.';
revoke all on function app_private.require_shown(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/require_shown.sql
--! Included functions/reviews/mark_review_helpful.sql
create or replace function public.mark_review_helpful(review_id uuid, is_helpful boolean default true) returns public.reviews
language plpgsql volatile security definer set search_path = '' as $$
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
  -- A review of a service is not of the vendor, and is shown without it.
  if v_review.reviewable_type <> 'service' then
    perform app_private.require_shown(app_private.vendor_of_review(v_review));
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
$$;
comment on function public.mark_review_helpful(uuid, boolean) is
  'Counts a review of a service, a provider or a booking as helpful for the signed-in user, once; with isHelpful false no longer. Raises OB001, OB003, OB031 (your own review, or one about your business).';
revoke all on function public.mark_review_helpful(uuid, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.mark_review_helpful(uuid, boolean) to authenticated;
--! EndIncluded functions/reviews/mark_review_helpful.sql
--! Included functions/reviews/mark_vendor_review_helpful.sql
create or replace function public.mark_vendor_review_helpful(vendor_review_id uuid, is_helpful boolean default true)
returns public.vendor_reviews
language plpgsql volatile security definer set search_path = '' as $$
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
  perform app_private.require_shown(v_review.vendor_id);
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
$$;
comment on function public.mark_vendor_review_helpful(uuid, boolean) is
  'Counts a review of a visit as helpful for the signed-in user, once; with isHelpful false no longer. Raises OB001, OB003, OB031 (your own review, or one about your business).';
revoke all on function public.mark_vendor_review_helpful(uuid, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.mark_vendor_review_helpful(uuid, boolean) to authenticated;
--! EndIncluded functions/reviews/mark_vendor_review_helpful.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.29', 'vendor-pages', '2026-11-29', 'Pages of vendors, documents of applications until the decision, invitations to departments, payouts only to the account that was asked for');
