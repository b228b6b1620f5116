-- Undoes replies to reviews and who found reviews helpful, which are lost; the numbers of reviews that had one before stay.

drop function if exists
  public.mark_vendor_review_helpful(uuid, boolean), public.mark_review_helpful(uuid, boolean),
  app_private.require_others_review(uuid, uuid, text);
drop trigger if exists _500_forget_replies on public.user_profiles;
drop function if exists app_private.tg_user_profiles__forget_replies();
delete from app_private.personal_links where table_name = 'public.review_helpful_marks';
drop table if exists public.review_helpful_marks;

drop function if exists
  public.reply_to_vendor_review(uuid, text), public.reply_to_review(uuid, text),
  app_private.vendor_of_review(public.reviews), app_private.require_reply(uuid, text, timestamptz, text);
alter table public.vendor_reviews
  drop column if exists helpful_count, drop column if exists replied_at, drop column if exists reply;
alter table public.reviews drop column if exists replied_at, drop column if exists reply;

delete from public.schema_versions where version = '1.23';
