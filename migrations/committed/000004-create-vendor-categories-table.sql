--! Previous: sha1:1dee0acd1352cfa5466eb6528094332dca8057a3
--! Hash: sha1:e08fdf71eaf9fce2dbb92335dec478b86b8b3ee3
--! Message: create-vendor-categories-table

--! split: 010-vendor-categories.sql
-- Kinds of vendor in a tree: a table instead of a fixed list, so that the marketplace can add a branch
-- without a release.

create table public.vendor_categories (
  id uuid primary key default gen_random_uuid(),
  category_code text not null unique constraint vendor_categories_code_format
    check (category_code ~ '^[a-z][a-z0-9_]*$'),
  category_name text not null check (length(trim(category_name)) between 1 and 100),
  description text,
  parent_id uuid references public.vendor_categories (id) on delete restrict
    constraint vendor_categories_not_own_parent check (parent_id <> id),
  icon_name text,
  image_url text,
  display_order integer not null default 0 check (display_order between 0 and 99999999),
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.vendor_categories enable row level security;
create index vendor_categories_parent_id_idx on public.vendor_categories (parent_id, display_order);

--! Included functions/vendors/tg_vendor_categories__no_cycle.sql
-- Two users who each move one category can create a cycle that neither sees. Moves therefore happen one at a
-- time, and each reads the tree after it has the lock.
create or replace function app_private.tg_vendor_categories__no_cycle() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtext('vendor_categories tree'));
  if exists (
    with recursive ancestors (id, parent_id) as (
      select c.id, c.parent_id from public.vendor_categories c where c.id = new.parent_id
      union
      select c.id, c.parent_id from public.vendor_categories c
      join ancestors a on c.id = a.parent_id
    )
    select from ancestors where id = new.id
  ) then
    raise exception 'A category cannot be its own parent, directly or through others. Choose another parent category.'
      using errcode = 'OB020', column = 'parent_id';
  end if;
  return new;
end
$$;
comment on function app_private.tg_vendor_categories__no_cycle() is
  'Refuses a parent that is below the category itself, even when other categories are moved at the same time.';
revoke all on function app_private.tg_vendor_categories__no_cycle() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/tg_vendor_categories__no_cycle.sql
select app_private.keep_timestamps('public.vendor_categories');
create trigger _200_no_cycle before insert or update of parent_id on public.vendor_categories
  for each row when (new.parent_id is not null)
  execute function app_private.tg_vendor_categories__no_cycle();
comment on table public.vendor_categories is
  'Kinds of vendor, each at the top or below another. Everyone can read them.';
comment on constraint vendor_categories_not_own_parent on public.vendor_categories is
  'A category cannot be its own parent. Choose another parent category.';
comment on constraint vendor_categories_category_name_check on public.vendor_categories is
  'Category name must have 1 to 100 characters.';
comment on constraint vendor_categories_code_format on public.vendor_categories is
  'Category code must begin with a small letter and have only small letters, digits and underscores.';
comment on constraint vendor_categories_display_order_check on public.vendor_categories is
  'Display order must be from 0 to 99999999.';
comment on constraint vendor_categories_category_code_key on public.vendor_categories is
  'A category already has this code. Choose another code.';
comment on column public.vendor_categories.id is 'Identifies the category.';
comment on column public.vendor_categories.category_code is 'Short name for programs, such as spa.';
comment on column public.vendor_categories.category_name is 'Name to display.';
comment on column public.vendor_categories.description is 'What the category contains, to display beside the name.';
comment on column public.vendor_categories.parent_id is 'The category above this one; null at the top.';
comment on column public.vendor_categories.icon_name is 'Name of a Material Symbols icon.';
comment on column public.vendor_categories.image_url is 'Picture to display; null when there is none.';
comment on column public.vendor_categories.display_order is 'Position among its siblings, lowest first.';
comment on column public.vendor_categories.is_active is 'Whether it is offered to anonymous users.';
create policy select_anon on public.vendor_categories for select to anon using (is_active);
create policy select_signed_in on public.vendor_categories for select to authenticated using (true);
create policy select_staff on public.vendor_categories for select to staff using (true);
create policy insert_staff on public.vendor_categories for insert to staff
  with check ((select app_private.has_permission('catalogue.update')));
create policy update_staff on public.vendor_categories for update to staff
  using ((select app_private.has_permission('catalogue.update')))
  with check ((select app_private.has_permission('catalogue.update')));
create policy delete_staff on public.vendor_categories for delete to staff
  using ((select app_private.has_permission('catalogue.update')));
grant select on public.vendor_categories to anon, authenticated, staff;
grant delete on public.vendor_categories to staff;
grant insert (category_code, category_name, description, parent_id, icon_name, image_url,
    display_order, is_active),
  update (category_code, category_name, description, parent_id, icon_name, image_url,
    display_order, is_active)
  on public.vendor_categories to staff;

insert into public.vendor_categories (category_code, category_name, description, icon_name, display_order)
values
  ('spa', 'Spa', 'Day spas with massage and body treatments', 'spa', 1),
  ('salon', 'Salon', 'Hair, skin and beauty', 'content_cut', 2),
  ('wellness', 'Wellness', 'Centres for health and balance', 'self_improvement', 3),
  ('home_service', 'Home Service', 'Comes to the customer', 'home', 4),
  ('hotel_spa', 'Hotel Spa', 'Spas inside hotels', 'hotel', 5),
  ('gym_fitness', 'Gym & Fitness', 'Gyms and studios', 'fitness_center', 6),
  ('yoga_meditation', 'Yoga & Meditation', 'Yoga, breathing, stillness', 'self_improvement', 7),
  ('ayurveda', 'Ayurveda', 'Traditional therapies with oils and herbs', 'eco', 8);

--! Included functions/vendors/vendor_category_tree.sql
create or replace function public.vendor_category_tree() returns setof public.vendor_categories
language sql stable set search_path = '' as $$
  with recursive tree (id, path) as (
    select c.id, array[lpad(c.display_order::text, 8, '0') || c.category_name || c.id]
    from public.vendor_categories c where c.parent_id is null
    union all
    select c.id, t.path || (lpad(c.display_order::text, 8, '0') || c.category_name || c.id)
    from public.vendor_categories c join tree t on c.parent_id = t.id
  )
  select c.* from tree t join public.vendor_categories c on c.id = t.id order by t.path
$$;
comment on function public.vendor_category_tree() is
  'All categories that the reader may see as one list, each directly after its parent, with parentId for nesting and depth for indenting.';
revoke all on function public.vendor_category_tree() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendor_category_tree() to anon, authenticated, staff;
--! EndIncluded functions/vendors/vendor_category_tree.sql

--! Included functions/vendors/vendor_categories_depth.sql
create or replace function public.vendor_categories_depth(category public.vendor_categories) returns integer
language sql stable set search_path = '' as $$
  with recursive ancestors (id, parent_id) as (
    select c.id, c.parent_id from public.vendor_categories c where c.id = category.parent_id
    union all
    select c.id, c.parent_id from public.vendor_categories c join ancestors a on c.id = a.parent_id
  )
  select count(*)::integer from ancestors
$$;
comment on function public.vendor_categories_depth(public.vendor_categories) is
  'How many categories are above this one; 0 at the top.';
revoke all on function public.vendor_categories_depth(public.vendor_categories) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendor_categories_depth(public.vendor_categories) to anon, authenticated, staff;
--! EndIncluded functions/vendors/vendor_categories_depth.sql

-- After the default data, which is not audited.
create trigger _800_audit after insert or update or delete on public.vendor_categories
  for each row execute function app_private.tg__audit('id');

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.3', 'create-vendor-categories-table', '2025-10-07', 'Vendor categories');
