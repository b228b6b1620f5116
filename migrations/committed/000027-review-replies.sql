--! Previous: sha1:1894005184ef239154955de8eaceef14058ab719
--! Hash: sha1:a68279ab139b53ef203f96ba3e382a970efaea60
--! Message: review-replies

--! split: 010-replies.sql
-- squawk-ignore-file constraint-missing-not-valid
-- What follows a review: the vendor's reply, and the users who find the review helpful. Until now the number of
-- these was a column that nothing wrote.

-- A reply is public like the review, so both share a row.
alter table public.reviews
  add column reply text,
  add column replied_at timestamptz,
  add constraint reviews_reply_has_time check ((reply is null) = (replied_at is null));
comment on column public.reviews.reply is 'The vendor''s reply; null when there is none.';
comment on column public.reviews.replied_at is 'When the vendor replied; null when it has not.';
alter table public.vendor_reviews
  add column reply text,
  add column replied_at timestamptz,
  add column helpful_count integer not null default 0,
  add constraint vendor_reviews_reply_has_time check ((reply is null) = (replied_at is null)),
  add constraint vendor_reviews_helpful_count_check check (helpful_count >= 0);
comment on column public.vendor_reviews.reply is 'The vendor''s reply; null when there is none.';
comment on column public.vendor_reviews.replied_at is 'When the vendor replied; null when it has not.';
comment on column public.vendor_reviews.helpful_count is 'How many users found it helpful; counted by the platform.';

--! Included functions/reviews/require_reply.sql
create or replace function app_private.require_reply(p_vendor_id uuid, p_status text, p_replied_at timestamptz, p_reply text)
returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_reply constant text := nullif(btrim(p_reply, E' \t\r\n'), '');
  v_maximum constant integer := app_private.setting('review.maximum_length')::integer;
begin
  if p_status <> 'approved' then
    raise exception 'Only a review that is shown can be answered. Wait until it is approved.' using errcode = 'OB030';
  end if;
  if p_vendor_id is null or not p_vendor_id = any (app_private.my_vendor_ids('manage')) then
    raise exception 'Only the owner and the managers of the vendor may answer its reviews. Ask one of them.'
      using errcode = 'OB002';
  end if;
  if p_replied_at is not null then
    raise exception 'This review has already been answered. A vendor may answer a review once.' using errcode = 'OB030';
  end if;
  if v_reply is null or length(v_reply) > v_maximum then
    raise exception 'The reply must have 1 to % characters.', v_maximum using errcode = 'OB020', column = 'reply';
  end if;
  return v_reply;
end
$$;
comment on function app_private.require_reply(uuid, text, timestamptz, text) is
  'The text of a reply of this vendor to a review with this status and time of an earlier reply. Raises OB002, OB020, OB030.';
revoke all on function app_private.require_reply(uuid, text, timestamptz, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/require_reply.sql

--! Included functions/reviews/vendor_of_review.sql
create or replace function app_private.vendor_of_review(p_review public.reviews) returns uuid
language sql stable security definer set search_path = '' as $$
  select coalesce(
    (select b.vendor_id from public.bookings b where b.id = p_review.booking_id),
    case p_review.reviewable_type
      when 'vendor' then p_review.reviewable_id
      when 'therapist' then (select t.vendor_id from public.therapists t where t.id = p_review.reviewable_id)
      when 'beautician' then (select b.vendor_id from public.beauticians b where b.id = p_review.reviewable_id)
      when 'booking' then (select b.vendor_id from public.bookings b where b.id = p_review.reviewable_id)
    end)
$$;
comment on function app_private.vendor_of_review(public.reviews) is
  'The vendor whose work a review is about; null for a service in a review without a booking, as older data has it.';
revoke all on function app_private.vendor_of_review(public.reviews) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/vendor_of_review.sql

--! Included functions/reviews/reply_to_review.sql
create or replace function public.reply_to_review(review_id uuid, reply text) returns public.reviews
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_review public.reviews;
  v_reply text;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_review from public.reviews r where r.id = reply_to_review.review_id for no key update;
  if not found then
    raise exception 'The review was not found. Check the id.' using errcode = 'OB003', column = 'review_id';
  end if;
  v_reply := app_private.require_reply(
    app_private.vendor_of_review(v_review), v_review.status, v_review.replied_at, reply_to_review.reply);
  update public.reviews r set reply = v_reply, replied_at = now() where r.id = v_review.id
  returning * into v_review;
  return v_review;
end
$$;
comment on function public.reply_to_review(uuid, text) is
  'Answers a review of a service, a provider or a booking for the vendor, once; everyone who sees the review sees the reply. By the owner and the managers; up to 500 characters by default. Raises OB001, OB002, OB003, OB020, OB030 (already answered, or not shown).';
revoke all on function public.reply_to_review(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.reply_to_review(uuid, text) to authenticated;
--! EndIncluded functions/reviews/reply_to_review.sql

--! Included functions/reviews/reply_to_vendor_review.sql
create or replace function public.reply_to_vendor_review(vendor_review_id uuid, reply text) returns public.vendor_reviews
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_review public.vendor_reviews;
  v_reply text;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_review from public.vendor_reviews r
  where r.id = reply_to_vendor_review.vendor_review_id for no key update;
  if not found then
    raise exception 'The review was not found. Check the id.' using errcode = 'OB003', column = 'vendor_review_id';
  end if;
  v_reply := app_private.require_reply(
    v_review.vendor_id, v_review.status, v_review.replied_at, reply_to_vendor_review.reply);
  update public.vendor_reviews r set reply = v_reply, replied_at = now() where r.id = v_review.id
  returning * into v_review;
  return v_review;
end
$$;
comment on function public.reply_to_vendor_review(uuid, text) is
  'Answers a review of a visit for the vendor, once; everyone who sees the review sees the reply. By the owner and the managers; up to 500 characters by default. Raises OB001, OB002, OB003, OB020, OB030 (already answered, or not shown).';
revoke all on function public.reply_to_vendor_review(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.reply_to_vendor_review(uuid, text) to authenticated;
--! EndIncluded functions/reviews/reply_to_vendor_review.sql

--! split: 020-helpful.sql
create table public.review_helpful_marks (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  review_id uuid references public.reviews (id) on delete cascade,
  vendor_review_id uuid references public.vendor_reviews (id) on delete cascade,
  created_at timestamptz not null default now(),
  constraint review_helpful_marks_one_review check (num_nonnulls(review_id, vendor_review_id) = 1),
  constraint review_helpful_marks_review_once unique (user_id, review_id),
  constraint review_helpful_marks_vendor_review_once unique (user_id, vendor_review_id)
);
alter table public.review_helpful_marks enable row level security;
select app_private.keep_timestamps('public.review_helpful_marks');
create index review_helpful_marks_review_id_idx on public.review_helpful_marks (review_id) where review_id is not null;
create index review_helpful_marks_vendor_review_id_idx on public.review_helpful_marks (vendor_review_id)
  where vendor_review_id is not null;
comment on table public.review_helpful_marks is
  'Which user finds which review helpful. Users see their own; the reviews have the number.';
comment on column public.review_helpful_marks.id is 'Identifies the mark.';
comment on column public.review_helpful_marks.user_id is 'User who finds the review helpful.';
comment on column public.review_helpful_marks.review_id is 'The review; null for a review of a visit.';
comment on column public.review_helpful_marks.vendor_review_id is 'The review of a visit; null for another review.';
create policy select_own on public.review_helpful_marks for select to authenticated
  using (user_id = (select auth.uid()));
grant select on public.review_helpful_marks to authenticated;
-- Withheld: every write. markReviewHelpful and markVendorReviewHelpful count as well.
insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.review_helpful_marks', 'user_id', true), ('public.review_helpful_marks', 'review_id', false),
  ('public.review_helpful_marks', 'vendor_review_id', false);

--! Included functions/reviews/require_others_review.sql
create or replace function app_private.require_others_review(p_customer_id uuid, p_vendor_id uuid, p_status text) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if p_status <> 'approved' then
    raise exception 'The review was not found. Check the id.' using errcode = 'OB003';
  end if;
  if p_customer_id = (select auth.uid()) or app_private.belongs_to_vendor(p_vendor_id) is true then
    raise exception 'You cannot rate a review that you wrote or that is about your business. Leave it to others.'
      using errcode = 'OB031';
  end if;
end
$$;
comment on function app_private.require_others_review(uuid, uuid, text) is
  'Whether the signed-in user may find a review of this customer about this vendor helpful. Raises OB003 (not shown), OB031.';
revoke all on function app_private.require_others_review(uuid, uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/require_others_review.sql

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

--! Included functions/reviews/tg_user_profiles__forget_replies.sql
create or replace function app_private.tg_user_profiles__forget_replies() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from public.review_helpful_marks m where m.user_id = new.id;
  -- A reply may name the customer.
  update public.reviews r set reply = null, replied_at = null where r.customer_id = new.id and r.reply is not null;
  update public.vendor_reviews r set reply = null, replied_at = null where r.customer_id = new.id and r.reply is not null;
  return null;
end
$$;
comment on function app_private.tg_user_profiles__forget_replies() is
  'Deletes, when an account is deleted, the replies to its reviews and which reviews it found helpful; the numbers stay.';
revoke all on function app_private.tg_user_profiles__forget_replies() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/reviews/tg_user_profiles__forget_replies.sql

create trigger _500_forget_replies after update of deleted_at on public.user_profiles
  for each row when (old.deleted_at is null and new.deleted_at is not null)
  execute function app_private.tg_user_profiles__forget_replies();

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.23', 'review-replies', '2026-11-29', 'Replies of vendors to reviews, and reviews that users find helpful');
