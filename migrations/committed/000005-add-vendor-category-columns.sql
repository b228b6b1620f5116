--! Previous: sha1:e08fdf71eaf9fce2dbb92335dec478b86b8b3ee3
--! Hash: sha1:29008e60a51cfa0af6b87b49a066433e0136f7ed
--! Message: add-vendor-category-columns

--! split: 010-vendor-category-columns.sql
-- Categories of a vendor or an application: several, one of them the primary one. Rows without categories
-- stay as they are.

create table public.vendor_category_members (
  vendor_id uuid not null references public.vendors (id) on delete cascade,
  category_id uuid not null references public.vendor_categories (id) on delete restrict,
  is_primary boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (vendor_id, category_id)
);
alter table public.vendor_category_members enable row level security;
select app_private.keep_timestamps('public.vendor_category_members');
-- The vendors of a category.
create index vendor_category_members_category_id_idx on public.vendor_category_members (category_id);
create unique index vendor_category_members_one_primary_key
  on public.vendor_category_members (vendor_id) where is_primary;
comment on index public.vendor_category_members_one_primary_key is
  'Only one category can be the primary one. Unmark the other category first.';
comment on table public.vendor_category_members is 'Kinds of vendor that a vendor belongs to.';
comment on column public.vendor_category_members.vendor_id is 'Vendor in the category.';
comment on column public.vendor_category_members.category_id is 'Category of the vendor.';
comment on column public.vendor_category_members.is_primary is 'Whether this category is shown first. A vendor has at most one primary category.';
create policy select_anon on public.vendor_category_members for select to anon
  using (exists (select from public.vendors v where v.id = vendor_id));
create policy select_signed_in on public.vendor_category_members for select to authenticated
  using (exists (select from public.vendors v where v.id = vendor_id));
create policy select_staff on public.vendor_category_members for select to staff using (true);
create policy insert_vendor on public.vendor_category_members for insert to authenticated
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy update_vendor on public.vendor_category_members for update to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]))
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy delete_vendor on public.vendor_category_members for delete to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
grant select on public.vendor_category_members to anon, authenticated, staff;
grant delete on public.vendor_category_members to authenticated;
grant insert (vendor_id, category_id, is_primary), update (is_primary)
  on public.vendor_category_members to authenticated;

create table public.vendor_application_categories (
  application_id uuid not null references public.vendor_applications (id) on delete cascade,
  category_id uuid not null references public.vendor_categories (id) on delete restrict,
  is_primary boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (application_id, category_id)
);
alter table public.vendor_application_categories enable row level security;
select app_private.keep_timestamps('public.vendor_application_categories');
create index vendor_application_categories_category_id_idx
  on public.vendor_application_categories (category_id);
create unique index vendor_application_categories_one_primary_key
  on public.vendor_application_categories (application_id) where is_primary;
comment on index public.vendor_application_categories_one_primary_key is
  'Only one category can be the primary one. Unmark the other category first.';
comment on table public.vendor_application_categories is
  'Kinds of vendor that an application is for. They decide which documents are required.';
comment on column public.vendor_application_categories.application_id is 'Application for the category.';
comment on column public.vendor_application_categories.category_id is 'Category that the applicant chose.';
comment on column public.vendor_application_categories.is_primary is 'Whether this is the main category. An application has at most one.';

--! Included functions/vendors/my_editable_application_ids.sql
create or replace function app_private.my_editable_application_ids() returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array(
    select a.id from public.vendor_applications a
    where a.user_id = (select auth.uid()) and a.status in ('pending', 'additional_info_required')
  )
$$;
comment on function app_private.my_editable_application_ids() is
  'Applications that the signed-in applicant can still change.';
revoke all on function app_private.my_editable_application_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_editable_application_ids() to authenticated;
--! EndIncluded functions/vendors/my_editable_application_ids.sql

create policy select_own on public.vendor_application_categories for select to authenticated
  using (exists (select from public.vendor_applications a where a.id = application_id));
create policy select_staff on public.vendor_application_categories for select to staff
  using ((select app_private.has_permission('vendor_applications.read')));
create policy insert_own on public.vendor_application_categories for insert to authenticated
  with check (application_id = any ((select app_private.my_editable_application_ids())::uuid[]));
create policy update_own on public.vendor_application_categories for update to authenticated
  using (application_id = any ((select app_private.my_editable_application_ids())::uuid[]))
  with check (application_id = any ((select app_private.my_editable_application_ids())::uuid[]));
create policy delete_own on public.vendor_application_categories for delete to authenticated
  using (application_id = any ((select app_private.my_editable_application_ids())::uuid[]));
grant select on public.vendor_application_categories to authenticated, staff;
grant delete on public.vendor_application_categories to authenticated;
grant insert (application_id, category_id, is_primary), update (is_primary)
  on public.vendor_application_categories to authenticated;

--! Included functions/vendors/vendors_primary_category.sql
create or replace function public.vendors_primary_category(vendor public.vendors)
returns public.vendor_categories
language sql stable set search_path = '' as $$
  select c.* from public.vendor_category_members m
  join public.vendor_categories c on c.id = m.category_id
  where m.vendor_id = vendor.id and m.is_primary
$$;
comment on function public.vendors_primary_category(public.vendors) is
  'The category that is shown first; null where none was chosen.';
revoke all on function public.vendors_primary_category(public.vendors) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendors_primary_category(public.vendors) to anon, authenticated, staff;
--! EndIncluded functions/vendors/vendors_primary_category.sql

--! Included functions/vendors/tg_vendor_private_details__categories.sql
-- The categories of the vendor of an approved application follow from the application.
create or replace function app_private.tg_vendor_private_details__categories() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into public.vendor_category_members (vendor_id, category_id, is_primary)
  select new.vendor_id, c.category_id, c.is_primary
  from public.vendor_application_categories c where c.application_id = new.application_id;
  return null;
end
$$;
comment on function app_private.tg_vendor_private_details__categories() is
  'Gives a new vendor the categories of its application.';
revoke all on function app_private.tg_vendor_private_details__categories() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/tg_vendor_private_details__categories.sql
create trigger _500_categories after insert on public.vendor_private_details
  for each row when (new.application_id is not null)
  execute function app_private.tg_vendor_private_details__categories();
