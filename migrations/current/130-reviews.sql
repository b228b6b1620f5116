-- Reviews, shown once approved. Writing and moderating them comes with the booking engine, which
-- knows who was served; until then no client role may.

create table public.reviews (
  id uuid primary key default gen_random_uuid(),
  reviewable_type text not null references enums.reviewable_type,
  reviewable_id uuid not null,
  customer_id uuid not null references public.customers (id) on delete restrict,
  booking_id uuid references public.bookings (id) on delete restrict,
  rating integer not null constraint reviews_rating_range check (rating between 1 and 5),
  title text,
  review_text text constraint reviews_text_length check (length(review_text) <= 500),
  photos text[],
  helpful_count integer not null default 0 check (helpful_count >= 0),
  status text not null default 'pending' references enums.review_status,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- Once per booking and thing reviewed.
  unique (booking_id, reviewable_type, reviewable_id)
);
alter table public.reviews enable row level security;
alter table public.reviews alter column customer_id set (n_distinct = -1);
create index reviews_customer_id_idx on public.reviews (customer_id, created_at desc);
-- The reviews of a thing, newest first.
create index reviews_reviewable_idx
  on public.reviews (reviewable_type, reviewable_id, created_at desc) where status = 'approved';
create index reviews_status_idx on public.reviews (status, created_at desc);
create index reviews_created_at_idx on public.reviews (created_at desc, id);
create trigger _100_timestamps before insert or update on public.reviews
  for each row execute function app_private.tg__timestamps();
comment on table public.reviews is
  'What customers say of services, therapists, vendors and bookings. What moderators say of it is in review_moderations.';
comment on column public.reviews.id is 'Identifies the review.';
comment on column public.reviews.reviewable_type is
  'What is reviewed: together with reviewable_id.';
comment on column public.reviews.reviewable_id is
  'Id of the service, therapist, vendor or booking that is reviewed.';
comment on column public.reviews.customer_id is 'Customer who wrote it.';
comment on column public.reviews.booking_id is
  'Completed booking that it is about; null where old data named none.';
comment on column public.reviews.rating is 'Stars, 1 to 5.';
comment on column public.reviews.title is 'Headline by the customer; null without one.';
comment on column public.reviews.review_text is
  'What the customer says, up to 500 characters; null when they gave stars alone.';
comment on column public.reviews.photos is 'URLs of the customer''s pictures; null without any.';
comment on column public.reviews.helpful_count is
  'How many people found it helpful; counted by the platform.';
comment on column public.reviews.status is 'Whether it is shown; decided by moderators.';
comment on column public.reviews.created_at is 'When the row was made.';
comment on column public.reviews.updated_at is 'When the row last changed.';
create policy select_anon on public.reviews for select to anon using (status = 'approved');
create policy select_signed_in on public.reviews for select to authenticated
  using (status = 'approved' or customer_id = (select auth.uid()));
create policy select_staff on public.reviews for select to staff
  using (status = 'approved' or (select app_private.has_permission('reviews.read')));
grant select on public.reviews to anon, authenticated, staff;

create table public.review_moderations (
  review_id uuid primary key references public.reviews (id) on delete cascade,
  moderated_by uuid references public.user_profiles (id) on delete set null,
  moderation_notes text,
  moderated_at timestamptz not null default now()
);
alter table public.review_moderations enable row level security;
create index review_moderations_moderated_by_idx on public.review_moderations (moderated_by);
comment on table public.review_moderations is 'Who decided about a review, and why.';
comment on column public.review_moderations.review_id is 'Review that was decided about.';
comment on column public.review_moderations.moderated_by is
  'Who decided; null when that account is gone.';
comment on column public.review_moderations.moderation_notes is
  'Why it was approved or rejected, for colleagues; null without notes.';
comment on column public.review_moderations.moderated_at is 'When it was decided.';
create policy select_staff on public.review_moderations for select to staff
  using ((select app_private.has_permission('reviews.read')));
grant select on public.review_moderations to staff;

create table public.vendor_reviews (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  customer_id uuid not null references public.customers (id) on delete restrict,
  booking_id uuid unique references public.bookings (id) on delete restrict,
  rating integer not null constraint vendor_reviews_rating_range check (rating between 1 and 5),
  review_title text,
  review_text text constraint vendor_reviews_text_length check (length(review_text) <= 500),
  service_quality_rating integer check (service_quality_rating between 1 and 5),
  cleanliness_rating integer check (cleanliness_rating between 1 and 5),
  value_rating integer check (value_rating between 1 and 5),
  photos text[],
  status text not null default 'pending' references enums.review_status,
  created_at timestamptz not null default now()
);
alter table public.vendor_reviews enable row level security;
alter table public.vendor_reviews alter column customer_id set (n_distinct = -1);
create index vendor_reviews_vendor_id_idx on public.vendor_reviews (vendor_id, created_at desc);
create index vendor_reviews_customer_id_idx on public.vendor_reviews (customer_id);
create index vendor_reviews_status_idx on public.vendor_reviews (status, created_at desc);
create index vendor_reviews_created_at_idx on public.vendor_reviews (created_at desc, id);
comment on table public.vendor_reviews is
  'What customers say of a visit to a vendor, in three respects; once per booking.';
comment on column public.vendor_reviews.id is 'Identifies the review.';
comment on column public.vendor_reviews.vendor_id is 'Vendor that was visited.';
comment on column public.vendor_reviews.customer_id is 'Customer who wrote it.';
comment on column public.vendor_reviews.booking_id is
  'Completed booking of the visit; null where old data named none.';
comment on column public.vendor_reviews.rating is 'Stars for the visit as a whole, 1 to 5.';
comment on column public.vendor_reviews.review_title is
  'Headline by the customer; null without one.';
comment on column public.vendor_reviews.review_text is
  'What the customer says, up to 500 characters; null when they gave stars alone.';
comment on column public.vendor_reviews.service_quality_rating is
  'Stars for the service, 1 to 5; null when not given.';
comment on column public.vendor_reviews.cleanliness_rating is
  'Stars for cleanliness, 1 to 5; null when not given.';
comment on column public.vendor_reviews.value_rating is
  'Stars for value for money, 1 to 5; null when not given.';
comment on column public.vendor_reviews.photos is
  'URLs of the customer''s pictures; null without any.';
comment on column public.vendor_reviews.status is 'Whether it is shown; decided by moderators.';
comment on column public.vendor_reviews.created_at is 'When the row was made.';
create policy select_anon on public.vendor_reviews for select to anon using (status = 'approved');
create policy select_signed_in on public.vendor_reviews for select to authenticated
  using (
    status = 'approved'
    or customer_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  );
create policy select_staff on public.vendor_reviews for select to staff
  using (status = 'approved' or (select app_private.has_permission('reviews.read')));
grant select on public.vendor_reviews to anon, authenticated, staff;
