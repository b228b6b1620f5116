-- The catalogue: what can be booked. Open to everyone; kept by those with catalogue.update.

create table public.service_categories (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null unique constraint service_categories_slug_format
    check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  description text,
  icon text,
  image_url text,
  display_order integer not null default 0,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.service_categories enable row level security;
create trigger _100_timestamps before insert or update on public.service_categories
  for each row execute function app_private.tg__timestamps();
comment on table public.service_categories is 'Groups of services.';
comment on column public.service_categories.id is 'Identifies the category.';
comment on column public.service_categories.name is
  'Title for display, such as Facial & Skin Care.';
comment on column public.service_categories.slug is
  'Fixed name for links, in lower case with hyphens.';
comment on column public.service_categories.description is
  'What is in it, one sentence for customers; null without one.';
comment on column public.service_categories.icon is
  'Name of a Material icon, such as spa; null without one.';
comment on column public.service_categories.image_url is 'URL of a picture; null without one.';
comment on column public.service_categories.display_order is 'Place in lists, lowest first.';
comment on column public.service_categories.is_active is
  'Whether it is offered; visitors see no others.';
comment on column public.service_categories.created_at is 'When the row was made.';
comment on column public.service_categories.updated_at is 'When the row last changed.';

create table public.services (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null unique constraint services_slug_format
    check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  category_id uuid references public.service_categories (id) on delete restrict,
  description text,
  short_description text,
  benefits text[],
  duration integer not null constraint services_duration_range check (duration between 5 and 720),
  base_price numeric(10, 2) not null check (base_price >= 0),
  discounted_price numeric(10, 2)
    constraint services_discounted_price_is_lower check (discounted_price between 0 and base_price),
  image_url text,
  images text[],
  techniques text,
  focus_areas text[],
  contraindications text,
  is_popular boolean not null default false,
  is_featured boolean not null default false,
  is_active boolean not null default true,
  display_order integer not null default 0,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.services enable row level security;
create index services_category_id_idx on public.services (category_id, display_order);
create trigger _100_timestamps before insert or update on public.services
  for each row execute function app_private.tg__timestamps();
comment on table public.services is
  'What can be booked: duration in minutes, price in rupees before GST unless a vendor has its own.';
comment on column public.services.id is 'Identifies the service.';
comment on column public.services.name is 'Title for display.';
comment on column public.services.slug is 'Fixed name for links, in lower case with hyphens.';
comment on column public.services.category_id is
  'Category under which it is listed; null for none.';
comment on column public.services.description is
  'What happens, for the service''s own page; null without one.';
comment on column public.services.short_description is 'One sentence for lists; null without one.';
comment on column public.services.benefits is
  'What it is good for, one benefit an entry; null when not said.';
comment on column public.services.duration is
  'Minutes that it takes, unless a vendor has its own duration.';
comment on column public.services.base_price is
  'Rupees before GST, unless a vendor has its own price.';
comment on column public.services.discounted_price is
  'Rupees before GST while on offer, instead of base_price; null when not on offer.';
comment on column public.services.image_url is 'URL of the main picture; null without one.';
comment on column public.services.images is 'URLs of further pictures; null without any.';
comment on column public.services.techniques is
  'How it is done, for people who know; null when not said.';
comment on column public.services.focus_areas is
  'Parts of the body that it is for; null when not said.';
comment on column public.services.contraindications is
  'Who should not have it; null when not said.';
comment on column public.services.is_popular is
  'Whether apps mark it as often booked; set by whoever keeps the catalogue.';
comment on column public.services.is_featured is
  'Whether apps show it up front; set by whoever keeps the catalogue.';
comment on column public.services.is_active is 'Whether it can be booked; visitors see no others.';
comment on column public.services.display_order is 'Place within its category, lowest first.';
comment on column public.services.metadata is 'Object with further facts for apps, {} without any.';
comment on column public.services.created_at is 'When the row was made.';
comment on column public.services.updated_at is 'When the row last changed.';
comment on constraint services_discounted_price_is_lower on public.services is
  'A discounted price is not above the base price.';

create table public.addon_services (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  description text,
  duration integer not null check (duration between 0 and 240),
  price numeric(10, 2) not null check (price >= 0),
  image_url text,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.addon_services enable row level security;
create trigger _100_timestamps before insert or update on public.addon_services
  for each row execute function app_private.tg__timestamps();
comment on table public.addon_services is 'What can be added to a service.';
comment on column public.addon_services.id is 'Identifies the add-on.';
comment on column public.addon_services.name is 'Title for display, such as Steam Bath.';
comment on column public.addon_services.description is
  'What it adds, for customers; null without one.';
comment on column public.addon_services.duration is
  'Minutes that it adds; 0 when it takes no extra time.';
comment on column public.addon_services.price is 'Rupees before GST that it adds.';
comment on column public.addon_services.image_url is 'URL of a picture; null without one.';
comment on column public.addon_services.is_active is
  'Whether it can be booked; visitors see no others.';
comment on column public.addon_services.created_at is 'When the row was made.';
comment on column public.addon_services.updated_at is 'When the row last changed.';

create table public.service_packages (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null unique constraint service_packages_slug_format
    check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  description text,
  service_ids uuid[] not null constraint service_packages_not_empty check (cardinality(service_ids) > 0),
  addon_ids uuid[],
  total_duration integer not null check (total_duration > 0),
  package_price numeric(10, 2) not null check (package_price >= 0),
  discount_percentage numeric(5, 2) not null default 0 check (discount_percentage between 0 and 100),
  image_url text,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.service_packages enable row level security;
create trigger _100_timestamps before insert or update on public.service_packages
  for each row execute function app_private.tg__timestamps();
comment on table public.service_packages is 'Several services sold together.';
comment on column public.service_packages.id is 'Identifies the package.';
comment on column public.service_packages.name is 'Title for display, such as Weekend Unwind.';
comment on column public.service_packages.slug is
  'Fixed name for links, in lower case with hyphens.';
comment on column public.service_packages.description is
  'What is in it, for customers; null without one.';
comment on column public.service_packages.service_ids is
  'Ids of its services, in the order in which they are given; at least one.';
comment on column public.service_packages.addon_ids is 'Ids of its add-ons; null without any.';
comment on column public.service_packages.total_duration is
  'Minutes of all its services and add-ons together.';
comment on column public.service_packages.package_price is
  'Rupees before GST for all of it, the discount taken off already.';
comment on column public.service_packages.discount_percentage is
  'Per cent by which package_price is below its parts'' prices, 0 to 100, for display.';
comment on column public.service_packages.image_url is 'URL of a picture; null without one.';
comment on column public.service_packages.is_active is
  'Whether it can be booked; visitors see no others.';
comment on column public.service_packages.created_at is 'When the row was made.';
comment on column public.service_packages.updated_at is 'When the row last changed.';

-- An array cannot carry a foreign key; this trigger stands in for it.
create function app_private.tg_service_packages__members() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if exists (
    select from unnest(new.service_ids) m (id)
    where not exists (select from public.services s where s.id = m.id)
  ) or exists (
    select from unnest(new.addon_ids) m (id)
    where not exists (select from public.addon_services a where a.id = m.id)
  ) then
    raise exception 'A package names a service or add-on that does not exist.' using errcode = 'OB003';
  end if;
  return new;
end
$$;
comment on function app_private.tg_service_packages__members() is
  'Refuses a package whose services or add-ons do not exist.';
create trigger _200_validate before insert or update of service_ids, addon_ids
  on public.service_packages
  for each row execute function app_private.tg_service_packages__members();

create policy select_anon on public.service_categories for select to anon using (is_active);
create policy select_signed_in on public.service_categories for select to authenticated using (true);
create policy select_staff on public.service_categories for select to staff using (true);
create policy select_anon on public.services for select to anon using (is_active);
-- Signed-in people also see what is no longer offered: their old bookings name it.
create policy select_signed_in on public.services for select to authenticated using (true);
create policy select_staff on public.services for select to staff using (true);
create policy select_anon on public.addon_services for select to anon using (is_active);
create policy select_signed_in on public.addon_services for select to authenticated using (true);
create policy select_staff on public.addon_services for select to staff using (true);
create policy select_anon on public.service_packages for select to anon using (is_active);
create policy select_signed_in on public.service_packages for select to authenticated using (true);
create policy select_staff on public.service_packages for select to staff using (true);
grant select on public.service_categories, public.services, public.addon_services,
  public.service_packages to anon, authenticated, staff;

create policy insert_staff on public.service_categories for insert to staff
  with check ((select app_private.has_permission('catalogue.update')));
create policy update_staff on public.service_categories for update to staff
  using ((select app_private.has_permission('catalogue.update')))
  with check ((select app_private.has_permission('catalogue.update')));
create policy insert_staff on public.services for insert to staff
  with check ((select app_private.has_permission('catalogue.update')));
create policy update_staff on public.services for update to staff
  using ((select app_private.has_permission('catalogue.update')))
  with check ((select app_private.has_permission('catalogue.update')));
create policy insert_staff on public.addon_services for insert to staff
  with check ((select app_private.has_permission('catalogue.update')));
create policy update_staff on public.addon_services for update to staff
  using ((select app_private.has_permission('catalogue.update')))
  with check ((select app_private.has_permission('catalogue.update')));
create policy insert_staff on public.service_packages for insert to staff
  with check ((select app_private.has_permission('catalogue.update')));
create policy update_staff on public.service_packages for update to staff
  using ((select app_private.has_permission('catalogue.update')))
  with check ((select app_private.has_permission('catalogue.update')));
-- Withheld: delete. What was ever booked is switched off, not removed.
grant insert (name, slug, description, icon, image_url, display_order, is_active),
  update (name, slug, description, icon, image_url, display_order, is_active)
  on public.service_categories to staff;
grant insert (name, slug, category_id, description, short_description, benefits, duration,
    base_price, discounted_price, image_url, images, techniques, focus_areas, contraindications,
    is_popular, is_featured, is_active, display_order, metadata),
  update (name, slug, category_id, description, short_description, benefits, duration,
    base_price, discounted_price, image_url, images, techniques, focus_areas, contraindications,
    is_popular, is_featured, is_active, display_order, metadata)
  on public.services to staff;
grant insert (name, description, duration, price, image_url, is_active),
  update (name, description, duration, price, image_url, is_active)
  on public.addon_services to staff;
grant insert (name, slug, description, service_ids, addon_ids, total_duration, package_price,
    discount_percentage, image_url, is_active),
  update (name, slug, description, service_ids, addon_ids, total_duration, package_price,
    discount_percentage, image_url, is_active)
  on public.service_packages to staff;

create function public.services_price(service public.services) returns numeric
language sql stable set search_path = '' as $$
  select coalesce(service.discounted_price, service.base_price)
$$;
comment on function public.services_price(public.services) is
  'What the service costs today at catalogue price, in rupees before GST: discounted if it is.';
create function public.service_packages_services(package public.service_packages)
returns setof public.services
language sql stable set search_path = '' as $$
  select s.* from unnest(package.service_ids) with ordinality m (id, position)
  join public.services s on s.id = m.id
  order by m.position
$$;
comment on function public.service_packages_services(public.service_packages) is
  'The services of the package, in its order.';
grant execute on function
  public.services_price(public.services), public.service_packages_services(public.service_packages)
to anon, authenticated, staff;
