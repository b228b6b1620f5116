--! Previous: sha1:69dbb9b3f909c41d61501dfeda41991c3a9cea20
--! Hash: sha1:3c3c088c6366f80ceeabae4465ed5f194950faba
--! Message: reviews and tickets

--! split: 610-ratings.sql
-- Ratings that follow the reviews. A rating is never entered: it is the average of the approved reviews,
-- recomputed whenever one of them is added, changed or removed, in the same transaction.
--
-- Two decisions at once would each miss the other. So the row with the rating is locked first, in a statement
-- of its own: the count after it sees what was committed meanwhile.

--! Included functions/reviews/recount_vendor_rating.sql
create or replace function app_private.recount_vendor_rating(p_vendor_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from public.vendors v where v.id = p_vendor_id for no key update;
  -- vendor_reviews_vendor_id_idx.
  update public.vendors v
  set (rating, total_reviews) = (
    select coalesce(round(avg(r.rating), 2), 0), count(*)
    from public.vendor_reviews r
    where r.vendor_id = p_vendor_id and r.status = 'approved'
  )
  where v.id = p_vendor_id;
end
$$;
comment on function app_private.recount_vendor_rating(uuid) is
  'Sets rating and count of a vendor to those of its approved reviews. Relies on read committed, in which every statement sees what was committed while the previous one waited.';
revoke all on function app_private.recount_vendor_rating(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/recount_vendor_rating.sql

--! Included functions/reviews/recount_provider_rating.sql
create or replace function app_private.recount_provider_rating(p_type text, p_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if p_type in ('therapist', 'beautician') then
    execute format('select from public.%I p where p.id = $1 for no key update', p_type || 's') using p_id;
    -- reviews_reviewable_idx.
    execute format(
      'update public.%I p
      set (rating, total_reviews) = (
        select coalesce(round(avg(r.rating), 2), 0), count(*)
        from public.reviews r
        where r.reviewable_type = $1 and r.reviewable_id = $2 and r.status = ''approved''
      )
      where p.id = $2', p_type || 's')
    using p_type, p_id;
  end if;
end
$$;
comment on function app_private.recount_provider_rating(text, uuid) is
  'The same for a therapist or beautician. Does nothing for subjects without a rating: services, bookings, and vendors, whose ratings come only from vendor_reviews.';
revoke all on function app_private.recount_provider_rating(text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/recount_provider_rating.sql

--! Included functions/reviews/tg_vendor_reviews__rating.sql
create or replace function app_private.tg_vendor_reviews__rating() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.recount_vendor_rating(v.id)
  from (
    -- In one order, so that two users who move reviews between vendors do not wait for each other.
    select distinct u.id from unnest(array[old.vendor_id, new.vendor_id]) u (id)
    where u.id is not null
    order by u.id
  ) v;
  return null;
end
$$;
comment on function app_private.tg_vendor_reviews__rating() is
  'Updates the rating of the reviewed vendor.';
revoke all on function app_private.tg_vendor_reviews__rating() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/tg_vendor_reviews__rating.sql
create trigger _500_rating_insert after insert on public.vendor_reviews
  for each row when (new.status = 'approved')
  execute function app_private.tg_vendor_reviews__rating();
create trigger _500_rating_update after update of status, rating, vendor_id on public.vendor_reviews
  for each row when (
    'approved' in (old.status, new.status)
    and (old.status <> new.status or old.rating <> new.rating or old.vendor_id <> new.vendor_id)
  )
  execute function app_private.tg_vendor_reviews__rating();
create trigger _500_rating_delete after delete on public.vendor_reviews
  for each row when (old.status = 'approved')
  execute function app_private.tg_vendor_reviews__rating();

--! Included functions/reviews/tg_reviews__rating.sql
create or replace function app_private.tg_reviews__rating() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.recount_provider_rating(r.reviewable_type, r.reviewable_id)
  from (
    select distinct u.reviewable_type, u.reviewable_id
    from (values (old.reviewable_type, old.reviewable_id), (new.reviewable_type, new.reviewable_id))
      u (reviewable_type, reviewable_id)
    where u.reviewable_id is not null
    order by u.reviewable_type, u.reviewable_id
  ) r;
  return null;
end
$$;
comment on function app_private.tg_reviews__rating() is
  'Updates the rating of the reviewed therapist or beautician.';
revoke all on function app_private.tg_reviews__rating() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/tg_reviews__rating.sql
create trigger _500_rating_insert after insert on public.reviews
  for each row when (new.status = 'approved')
  execute function app_private.tg_reviews__rating();
create trigger _500_rating_update
  after update of status, rating, reviewable_type, reviewable_id on public.reviews
  for each row when (
    'approved' in (old.status, new.status)
    and (
      old.status <> new.status or old.rating <> new.rating
      or old.reviewable_type <> new.reviewable_type or old.reviewable_id <> new.reviewable_id
    )
  )
  execute function app_private.tg_reviews__rating();
create trigger _500_rating_delete after delete on public.reviews
  for each row when (old.status = 'approved')
  execute function app_private.tg_reviews__rating();

--! split: 620-writing-reviews.sql
-- Writing reviews: by the customer of a completed booking, once per booking and reviewed subject. A review
-- waits for a moderator. Vendors are reviewed with three partial ratings, in a table of their own; everything
-- else in one.

comment on constraint reviews_booking_id_reviewable_type_reviewable_id_key on public.reviews is
  'You have already reviewed this.';
comment on constraint reviews_rating_range on public.reviews is 'Rating must be 1 to 5 stars.';
comment on constraint reviews_text_length on public.reviews is
  'The text of the review must have at most 500 characters.';
comment on constraint vendor_reviews_booking_id_key on public.vendor_reviews is
  'You have already reviewed this visit.';
comment on constraint vendor_reviews_rating_range on public.vendor_reviews is
  'Rating must be 1 to 5 stars.';
comment on constraint vendor_reviews_text_length on public.vendor_reviews is
  'The text of the review must have at most 500 characters.';
comment on constraint vendor_reviews_service_quality_rating_check on public.vendor_reviews is
  'Service quality rating must be 1 to 5 stars.';
comment on constraint vendor_reviews_cleanliness_rating_check on public.vendor_reviews is
  'Cleanliness rating must be 1 to 5 stars.';
comment on constraint vendor_reviews_value_rating_check on public.vendor_reviews is
  'Value rating must be 1 to 5 stars.';

--! Included functions/reviews/reviewable_booking.sql
create or replace function app_private.reviewable_booking(p_booking_id uuid) returns public.bookings
language plpgsql stable security definer set search_path = '' as $$
declare
  v_booking public.bookings;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_booking from public.bookings b where b.id = p_booking_id;
  if v_booking.customer_id is distinct from (select auth.uid()) then
    if v_booking.vendor_id = any (app_private.my_vendor_ids('bookings'))
      or v_booking.id = any (app_private.my_assigned_booking_ids())
    then
      raise exception 'Only the customer of a booking may review it. Sign in as that customer.'
        using errcode = 'OB002';
    end if;
    raise exception 'You have no booking with this id. Check the id.' using errcode = 'OB003';
  end if;
  if app_private.belongs_to_vendor(v_booking.vendor_id) then
    raise exception 'You belong to this business, so you cannot review it. Leave its reviews to other customers.'
      using errcode = 'OB031';
  end if;
  -- This state is final, so no lock is needed.
  if v_booking.status <> 'completed' then
    raise exception 'Only a completed booking can be reviewed. Wait until the service is completed.'
      using errcode = 'OB030';
  end if;
  return v_booking;
end
$$;
comment on function app_private.reviewable_booking(uuid) is
  'The signed-in customer''s completed booking. Raises OB001, OB002 (may see it but not review it), OB003, OB030 (not completed), OB031 (a booking at the user''s own business).';
revoke all on function app_private.reviewable_booking(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/reviewable_booking.sql

create function app_private.check_review_content(p_title text, p_text text, p_photos text[])
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
comment on function app_private.check_review_content(text, text, text[]) is
  'Checks the content of a review; the maximum length of its text is the setting review.maximum_length. Raises OB020.';

--! Included functions/reviews/is_part_of_booking.sql
create or replace function app_private.is_part_of_booking(p_booking_id uuid, p_type text, p_id uuid)
returns boolean
language sql stable security definer set search_path = '' as $$
  select case p_type
    when 'booking' then p_id = p_booking_id
    when 'service' then exists (
      select from public.booking_items i where i.booking_id = p_booking_id and i.service_id = p_id
    )
    when 'therapist' then exists (
      select from public.therapist_assignments a
      where a.booking_id = p_booking_id and a.therapist_id = p_id and a.status = 'completed'
    )
    when 'beautician' then exists (
      select from public.beautician_assignments a
      where a.booking_id = p_booking_id and a.beautician_id = p_id and a.status = 'completed'
    )
  end
$$;
comment on function app_private.is_part_of_booking(uuid, text, uuid) is
  'Whether the booking includes this service, therapist or beautician; null for other types.';
revoke all on function app_private.is_part_of_booking(uuid, text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/is_part_of_booking.sql

--! Included functions/reviews/write_review.sql
create or replace function public.write_review(
  booking_id uuid, reviewable_type text, reviewable_id uuid, rating integer,
  title text default null, review_text text default null, photos text[] default null
) returns public.reviews
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking constant public.bookings := app_private.reviewable_booking(write_review.booking_id);
  v_text constant text := nullif(btrim(write_review.review_text, E' \t\r\n'), '');
  v_review public.reviews;
begin
  if write_review.reviewable_type = 'vendor' then
    raise exception 'A vendor cannot be reviewed here. Use writeVendorReview.'
      using errcode = 'OB080', column = 'reviewable_type';
  end if;
  if not exists (
    select from enums.reviewable_type t where t.value = write_review.reviewable_type
  ) then
    raise exception 'Reviewable type must be a service, therapist, beautician or booking.'
      using errcode = 'OB020', column = 'reviewable_type';
  end if;
  if app_private.is_part_of_booking(
    v_booking.id, write_review.reviewable_type, write_review.reviewable_id) is not true
  then
    raise exception 'This was not part of your booking, or was not performed. Review something that was.'
      using errcode = 'OB081', column = 'reviewable_id';
  end if;
  perform app_private.check_review_content(write_review.title, v_text, write_review.photos);

  insert into public.reviews
    (booking_id, customer_id, reviewable_type, reviewable_id, rating, title, review_text, photos)
  values (v_booking.id, v_booking.customer_id, write_review.reviewable_type,
    write_review.reviewable_id, write_review.rating, write_review.title, v_text,
    write_review.photos)
  returning * into v_review;
  if v_review.reviewable_type = 'therapist' then
    update public.therapist_assignments a
    set customer_rating = v_review.rating, customer_feedback = v_review.review_text
    where a.booking_id = v_booking.id and a.therapist_id = v_review.reviewable_id
      and a.status = 'completed';
  end if;
  return v_review;
end
$$;
comment on function public.write_review(uuid, text, uuid, integer, text, text, text[]) is
  'Reviews a part of the signed-in customer''s completed booking: a service, the therapist or beautician who performed it, or the booking itself (reviewableType: service, therapist, beautician, booking). One to five stars; title up to 200 characters, text up to 500 characters by default, at most ten references to your own photos. The review is shown once it is approved; the therapist and the vendor see stars and text with the assignment at once. Raises OB001, OB002 (not your booking), OB003 (also for a photo that is not yours), OB020 (too long, or another type), OB030 (not completed, or a photo not uploaded), OB031 (a booking at your own business), OB080 (use writeVendorReview for a vendor), OB081 (not part of the booking), 23505 (already reviewed), 23514 (not one to five stars).';
revoke all on function public.write_review(uuid, text, uuid, integer, text, text, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.write_review(uuid, text, uuid, integer, text, text, text[]) to authenticated;
--! EndIncluded functions/reviews/write_review.sql

--! Included functions/reviews/write_vendor_review.sql
create or replace function public.write_vendor_review(
  booking_id uuid, rating integer, review_title text default null, review_text text default null,
  service_quality_rating integer default null, cleanliness_rating integer default null,
  value_rating integer default null, photos text[] default null
) returns public.vendor_reviews
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking constant public.bookings :=
    app_private.reviewable_booking(write_vendor_review.booking_id);
  v_text constant text := nullif(btrim(write_vendor_review.review_text, E' \t\r\n'), '');
  v_review public.vendor_reviews;
begin
  perform app_private.check_review_content(
    write_vendor_review.review_title, v_text, write_vendor_review.photos);
  insert into public.vendor_reviews
    (booking_id, vendor_id, customer_id, rating, review_title, review_text,
      service_quality_rating, cleanliness_rating, value_rating, photos)
  values (v_booking.id, v_booking.vendor_id, v_booking.customer_id, write_vendor_review.rating,
    write_vendor_review.review_title, v_text, write_vendor_review.service_quality_rating,
    write_vendor_review.cleanliness_rating, write_vendor_review.value_rating,
    write_vendor_review.photos)
  returning * into v_review;
  return v_review;
end
$$;
comment on function public.write_vendor_review(
  uuid, integer, text, text, integer, integer, integer, text[]
) is
  'Reviews the vendor of the signed-in customer''s completed booking: one to five stars for the visit and, optionally, for service, cleanliness and value; title up to 200 characters, text up to 500 characters by default, at most ten references to your own photos. The review is shown and counts for the vendor''s rating once it is approved. Raises OB001, OB002 (not your booking), OB003 (also for a photo that is not yours), OB020 (too long), OB030 (not completed, or a photo not uploaded), OB031 (your own business), 23505 (already reviewed), 23514 (not one to five stars).';
revoke all on function public.write_vendor_review( uuid, integer, text, text, integer, integer, integer, text[] ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
revoke all on function public.write_vendor_review(uuid, integer, text, text, integer, integer, integer, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.write_vendor_review(uuid, integer, text, text, integer, integer, integer, text[]) to authenticated;
--! EndIncluded functions/reviews/write_vendor_review.sql

--! split: 630-moderating-reviews.sql
-- Moderating reviews: the decision, the last moderator and the reason. It can be decided again; ratings
-- follow.

-- The decision itself is the status of the review.
create table public.vendor_review_moderations (
  vendor_review_id uuid primary key references public.vendor_reviews (id) on delete cascade,
  moderated_by uuid references public.user_profiles (id) on delete set null,
  moderation_notes text,
  moderated_at timestamptz not null default now()
);
alter table public.vendor_review_moderations enable row level security;
create index vendor_review_moderations_moderated_by_idx
  on public.vendor_review_moderations (moderated_by);
comment on table public.vendor_review_moderations is
  'The latest decision of moderators about each review of a vendor.';
comment on column public.vendor_review_moderations.vendor_review_id is
  'Review that was moderated.';
comment on column public.vendor_review_moderations.moderated_by is
  'Moderator who decided; null when the account was deleted.';
comment on column public.vendor_review_moderations.moderation_notes is
  'Reason, for colleagues; null when there are no notes.';
comment on column public.vendor_review_moderations.moderated_at is 'When it was decided.';
comment on table public.vendor_reviews is
  'Customers'' reviews of a visit to a vendor with three partial ratings; one per booking. Decisions of moderators are in vendorReviewModeration.';
comment on table public.review_moderations is 'The latest decision of moderators about each review.';
create policy select_staff on public.vendor_review_moderations for select to staff
  using ((select app_private.has_permission('reviews.read')));
grant select on public.vendor_review_moderations to staff;

--! Included functions/reviews/verdict_notes.sql
create or replace function app_private.verdict_notes(p_status text, p_notes text) returns text
language plpgsql immutable set search_path = '' as $$
begin
  if (p_status in ('approved', 'rejected', 'flagged')) is not true then
    raise exception 'Status must be approved, rejected or flagged.' using errcode = 'OB020', column = 'status';
  end if;
  if p_status = 'rejected' then
    return app_private.required_reason(p_notes, 'notes');
  end if;
  return nullif(btrim(p_notes, E' \t\r\n'), '');
end
$$;
comment on function app_private.verdict_notes(text, text) is
  'The notes of a decision without surrounding blanks. Raises OB020 (no decision), OB036 (rejected without a reason).';
revoke all on function app_private.verdict_notes(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/verdict_notes.sql

--! Included functions/reviews/reviewed_person.sql
create or replace function app_private.reviewed_person(p_type text, p_id uuid) returns uuid
language sql stable security definer set search_path = '' as $$
  select case p_type
    when 'therapist' then (select t.user_id from public.therapists t where t.id = p_id)
    when 'beautician' then (select b.user_id from public.beauticians b where b.id = p_id)
    when 'vendor' then (select v.user_id from public.vendors v where v.id = p_id)
    when 'booking' then (
      select v.user_id from public.bookings b
      join public.vendors v on v.id = b.vendor_id
      where b.id = p_id
    )
  end
$$;
comment on function app_private.reviewed_person(text, uuid) is
  'Account of the provider or owner who is reviewed; null when there is none.';
revoke all on function app_private.reviewed_person(text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/reviewed_person.sql

--! Included functions/reviews/moderate_review.sql
create or replace function public.moderate_review(review_id uuid, status text, notes text default null)
returns public.reviews
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_review public.reviews;
  v_notes text;
begin
  perform app_private.require_permission('reviews.approve');
  -- Of two moderators at once the second waits here and decides last.
  select * into v_review from public.reviews r
  where r.id = moderate_review.review_id
  for no key update;
  if not found then
    raise exception 'The review was not found. Check the id.' using errcode = 'OB003';
  end if;
  -- A review that came with older data may name no booking.
  if (select auth.uid()) in (v_review.customer_id,
      app_private.reviewed_person(v_review.reviewable_type, v_review.reviewable_id))
    or exists (
      select from public.bookings b
      where b.id = v_review.booking_id and app_private.belongs_to_vendor(b.vendor_id))
  then
    raise exception 'You cannot moderate a review that you wrote or that is about your business. Leave it to someone else.'
      using errcode = 'OB031';
  end if;
  v_notes := app_private.verdict_notes(moderate_review.status, moderate_review.notes);
  update public.reviews r set status = moderate_review.status
  where r.id = v_review.id
  returning * into v_review;
  insert into public.review_moderations as m (review_id, moderated_by, moderation_notes)
  values (v_review.id, (select auth.uid()), v_notes)
  on conflict on constraint review_moderations_pkey do update
  set moderated_by = excluded.moderated_by, moderation_notes = excluded.moderation_notes,
    moderated_at = excluded.moderated_at;
  return v_review;
end
$$;
comment on function public.moderate_review(uuid, text, text) is
  'Moderates a review: approved (shown and counted in the rating), rejected (with notes that give the reason) or flagged. It can be decided again; reviewModeration has the latest decision. Needs the permission reviews.approve. Raises OB001, OB002, OB003, OB020 (another value), OB031 (your own review, or one about you or your business), OB036 (rejected without notes).';
revoke all on function public.moderate_review(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.moderate_review(uuid, text, text) to staff;
--! EndIncluded functions/reviews/moderate_review.sql

--! Included functions/reviews/moderate_vendor_review.sql
create or replace function public.moderate_vendor_review(review_id uuid, status text, notes text default null)
returns public.vendor_reviews
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_review public.vendor_reviews;
  v_notes text;
begin
  perform app_private.require_permission('reviews.approve');
  -- Of two moderators at once the second waits here and decides last.
  select * into v_review from public.vendor_reviews r
  where r.id = moderate_vendor_review.review_id
  for no key update;
  if not found then
    raise exception 'The review was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_review.customer_id = (select auth.uid()) or app_private.belongs_to_vendor(v_review.vendor_id) then
    raise exception 'You cannot moderate a review that you wrote or that is about your business. Leave it to someone else.'
      using errcode = 'OB031';
  end if;
  v_notes := app_private.verdict_notes(
    moderate_vendor_review.status, moderate_vendor_review.notes);
  update public.vendor_reviews r set status = moderate_vendor_review.status
  where r.id = v_review.id
  returning * into v_review;
  insert into public.vendor_review_moderations as m
    (vendor_review_id, moderated_by, moderation_notes)
  values (v_review.id, (select auth.uid()), v_notes)
  on conflict on constraint vendor_review_moderations_pkey do update
  set moderated_by = excluded.moderated_by, moderation_notes = excluded.moderation_notes,
    moderated_at = excluded.moderated_at;
  return v_review;
end
$$;
comment on function public.moderate_vendor_review(uuid, text, text) is
  'Moderates a review of a vendor: approved (shown and counted in the rating), rejected (with notes that give the reason) or flagged. It can be decided again; vendorReviewModeration has the latest decision. Needs the permission reviews.approve. Raises OB001, OB002, OB003, OB020 (another value), OB031 (your own review, or of your own business), OB036 (rejected without notes).';
revoke all on function public.moderate_vendor_review(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.moderate_vendor_review(uuid, text, text) to staff;
--! EndIncluded functions/reviews/moderate_vendor_review.sql

--! split: 640-ticket-workflow.sql
-- The states of a ticket: allowed steps, who works on it, and messages that change its state. One trigger
-- checks all steps.

create table app_private.ticket_status_steps (
  from_status text not null references enums.ticket_status,
  to_status text not null references enums.ticket_status,
  primary key (from_status, to_status)
);
alter table app_private.ticket_status_steps enable row level security;
comment on table app_private.ticket_status_steps is
  'Allowed changes of a ticket''s status.';
comment on column app_private.ticket_status_steps.from_status is 'Status before the change.';
comment on column app_private.ticket_status_steps.to_status is 'Status after the change.';
insert into app_private.ticket_status_steps values
  ('open', 'in_progress'), ('open', 'waiting_response'), ('open', 'resolved'), ('open', 'closed'),
  ('in_progress', 'waiting_response'), ('in_progress', 'resolved'),
  ('waiting_response', 'in_progress'), ('waiting_response', 'resolved'),
  ('resolved', 'closed'), ('resolved', 'reopened'),
  ('closed', 'reopened'),
  ('reopened', 'in_progress'), ('reopened', 'waiting_response'), ('reopened', 'resolved'),
  ('reopened', 'closed');

--! Included functions/tickets/tg_support_tickets__step.sql
create or replace function app_private.tg_support_tickets__step() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not exists (
    select from app_private.ticket_status_steps s
    where s.from_status = old.status and s.to_status = new.status
  ) then
    raise exception 'A ticket that is % cannot become %. Choose another status.',
      replace(old.status, '_', ' '), replace(new.status, '_', ' ')
      using errcode = 'OB030', column = 'status';
  end if;
  return new;
end
$$;
comment on function app_private.tg_support_tickets__step() is
  'Raises OB030 for a change that is not in ticket_status_steps.';
revoke all on function app_private.tg_support_tickets__step() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/tickets/tg_support_tickets__step.sql
create trigger _200_step before update of status on public.support_tickets
  for each row when (new.status <> old.status)
  execute function app_private.tg_support_tickets__step();
comment on column public.support_tickets.status is
  'State of the ticket; set by customer care and by messages of the author. A change that is not allowed raises OB030.';

--! Included functions/tickets/can_work_on_tickets.sql
create or replace function app_private.can_work_on_tickets(p_user_id uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  return exists (
    select from public.user_profiles u
    join public.user_roles ur on ur.user_id = u.id
    join public.roles r on r.id = ur.role_id
    join public.role_permissions rp on rp.role_id = r.id
    join public.permissions p on p.id = rp.permission_id
    where u.id = p_user_id
      and u.status = 'active'
      and ur.status = 'active'
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
      and r.status = 'active'
      and p.code = 'tickets.update'
  );
end
$$;
comment on function app_private.can_work_on_tickets(uuid) is
  'Whether this user has the permission tickets.update today, and an active account.';
revoke all on function app_private.can_work_on_tickets(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/tickets/can_work_on_tickets.sql

--! Included functions/tickets/tg_support_tickets__assignee.sql
create or replace function app_private.tg_support_tickets__assignee() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not app_private.can_work_on_tickets(new.assigned_to) then
    raise exception 'This person does not work on tickets. Choose someone who may update tickets.'
      using errcode = 'OB082', column = 'assigned_to';
  end if;
  return new;
end
$$;
comment on function app_private.tg_support_tickets__assignee() is
  'Raises OB082 when a ticket is assigned to a user who may not work on it.';
revoke all on function app_private.tg_support_tickets__assignee() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/tickets/tg_support_tickets__assignee.sql
create trigger _200_assignee before update of assigned_to on public.support_tickets
  for each row when (new.assigned_to is not null and new.assigned_to is distinct from old.assigned_to)
  execute function app_private.tg_support_tickets__assignee();
comment on column public.support_tickets.assigned_to is
  'Employee who works on it, who must have the permission tickets.update (otherwise OB082); null while none does.';

alter table public.support_tickets add column first_response_at timestamptz;
comment on column public.support_tickets.first_response_at is
  'When customer care first wrote a message that the author can see; null until then.';
-- Withheld: first_response_at, which follows from the messages.

-- Answered before: without touching updated_at, because no user has changed the ticket.
alter table public.support_tickets disable trigger _100_timestamps;
update public.support_tickets t
set first_response_at = m.created_at
from (
  select m.ticket_id, min(m.created_at) as created_at
  from public.ticket_messages m
  where m.sender_type = 'employee' and not m.is_internal
  group by m.ticket_id
) m
where m.ticket_id = t.id;
alter table public.support_tickets enable trigger _100_timestamps;

/*
 * After the insert, and so after the policies: users who may not write in a ticket do not learn its state.
 */
--! Included functions/tickets/tg_ticket_messages__ticket.sql
create or replace function app_private.tg_ticket_messages__ticket() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_status text;
begin
  -- Closing the ticket at the same time happens before or after this message, not in between.
  perform from public.support_tickets t where t.id = new.ticket_id for no key update;
  select t.status into v_status from public.support_tickets t where t.id = new.ticket_id;
  if v_status = 'closed' then
    raise exception 'This ticket is closed. Reopen it to write in it.' using errcode = 'OB030';
  end if;
  if new.sender_type = 'customer' and v_status in ('waiting_response', 'resolved') then
    update public.support_tickets t
    set status = case v_status when 'resolved' then 'reopened' else 'in_progress' end
    where t.id = new.ticket_id;
  end if;
  if new.sender_type = 'employee' and not new.is_internal then
    update public.support_tickets t set first_response_at = new.created_at
    where t.id = new.ticket_id and t.first_response_at is null;
  end if;
  return null;
end
$$;
comment on function app_private.tg_ticket_messages__ticket() is
  'Updates the ticket of a message: a message of the author reopens it or sets it to in progress; the time of the first answer is recorded. Raises OB030 where it is closed.';
revoke all on function app_private.tg_ticket_messages__ticket() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/tickets/tg_ticket_messages__ticket.sql
create trigger _500_ticket after insert on public.ticket_messages
  for each row execute function app_private.tg_ticket_messages__ticket();
comment on table public.ticket_messages is
  'Messages of a ticket. Only customer care sees internal messages. A closed ticket takes no messages (OB030).';
comment on constraint ticket_messages_message_check on public.ticket_messages is
  'Message must have 1 to 5000 characters.';

--! split: 650-ticket-acts.sql
-- Assigning and reopening tickets, and response times.

--! Included functions/tickets/support_tickets_first_response_minutes.sql
create or replace function public.support_tickets_first_response_minutes(ticket public.support_tickets)
returns integer
language sql stable set search_path = '' as $$
  select floor(extract(epoch from ticket.first_response_at - ticket.created_at) / 60)::integer
$$;
comment on function public.support_tickets_first_response_minutes(public.support_tickets) is
  'Whole minutes until customer care first answered; null until then.';
revoke all on function public.support_tickets_first_response_minutes(public.support_tickets) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.support_tickets_first_response_minutes(public.support_tickets) to authenticated, staff;
--! EndIncluded functions/tickets/support_tickets_first_response_minutes.sql

--! Included functions/tickets/support_tickets_resolution_minutes.sql
create or replace function public.support_tickets_resolution_minutes(ticket public.support_tickets)
returns integer
language sql stable set search_path = '' as $$
  select floor(extract(epoch from ticket.resolved_at - ticket.created_at) / 60)::integer
$$;
comment on function public.support_tickets_resolution_minutes(public.support_tickets) is
  'Whole minutes until it was resolved; null until then, again once reopened, and where it was closed without being resolved.';
revoke all on function public.support_tickets_resolution_minutes(public.support_tickets) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.support_tickets_resolution_minutes(public.support_tickets) to authenticated, staff;
--! EndIncluded functions/tickets/support_tickets_resolution_minutes.sql

--! Included functions/tickets/assign_ticket.sql
create or replace function public.assign_ticket(ticket_id uuid, user_id uuid default null)
returns public.support_tickets
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_ticket public.support_tickets;
begin
  perform app_private.require_permission('tickets.update');
  -- Of two who assign at once the second waits here; the answer of each shows the assignment.
  select * into v_ticket from public.support_tickets t
  where t.id = assign_ticket.ticket_id
  for no key update;
  if not found then
    raise exception 'The ticket was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_ticket.status = 'closed' then
    raise exception 'This ticket is closed. Reopen it before you assign it.' using errcode = 'OB030';
  end if;
  update public.support_tickets t
  set assigned_to = assign_ticket.user_id,
    status = case
      when assign_ticket.user_id is not null and t.status in ('open', 'reopened')
      then 'in_progress' else t.status
    end
  where t.id = v_ticket.id
  returning * into v_ticket;
  return v_ticket;
end
$$;
comment on function public.assign_ticket(uuid, uuid) is
  'Assigns a ticket to a colleague with the permission tickets.update, in place of the previous one; without a user it takes the assignment back. A new or reopened ticket is then in progress. The answer shows the assignment. Needs the permission tickets.update. Raises OB001, OB002, OB003, OB030 (closed), OB082 (that user may not work on tickets).';
revoke all on function public.assign_ticket(uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.assign_ticket(uuid, uuid) to staff;
--! EndIncluded functions/tickets/assign_ticket.sql

--! Included functions/tickets/reopen_ticket.sql
create or replace function public.reopen_ticket(ticket_id uuid, reason text) returns public.support_tickets
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_ticket public.support_tickets;
  v_reason text;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_ticket from public.support_tickets t
  where t.id = reopen_ticket.ticket_id and (select auth.uid()) in (t.user_id, t.customer_id)
  for no key update;
  if not found then
    raise exception 'You have no ticket with this id. Check the id.' using errcode = 'OB003';
  end if;
  if v_ticket.status not in ('resolved', 'closed') then
    raise exception 'This ticket is already open. Write a message in it.' using errcode = 'OB030';
  end if;
  v_reason := app_private.required_reason(reopen_ticket.reason);
  update public.support_tickets t set status = 'reopened'
  where t.id = v_ticket.id
  returning * into v_ticket;
  -- Written after it is open again, because a closed ticket takes no messages.
  insert into public.ticket_messages (ticket_id, sender_id, sender_type, message)
  values (v_ticket.id, (select auth.uid()), 'customer', v_reason);
  return v_ticket;
end
$$;
comment on function public.reopen_ticket(uuid, text) is
  'Reopens a resolved or closed ticket of the signed-in user; the reason becomes a message of the ticket. Raises OB001, OB003, OB030 (already open), OB036 (no reason), 23514 (reason longer than 5000 characters).';
revoke all on function public.reopen_ticket(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.reopen_ticket(uuid, text) to authenticated;
--! EndIncluded functions/tickets/reopen_ticket.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.9', 'reviews-and-tickets', '2026-11-25', 'Moderated reviews with ratings, workflow of tickets');
