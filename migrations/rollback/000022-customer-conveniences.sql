-- Undoes customers' conveniences: their favourites are lost, and calendar feeds end. Deleted data of users
-- stays deleted, and their accounts closed.

drop function if exists
  public.delete_my_account(), app_private.forget_account(uuid), app_private.forget_bookings(uuid),
  app_private.forget_in_audit_log(uuid), app_private.without_words(jsonb, text[]),
  app_private.require_deletable(uuid), app_private.require_recent_sign_in();
alter table public.user_profiles drop column if exists deleted_at;
delete from public.system_settings where key = 'signin.recent_minutes';

drop function if exists public.export_my_data(), app_private.personal_condition(text);
drop table if exists app_private.personal_links;

drop function if exists
  public.rebooking_services(public.rebooking), public.rebooking_provider(public.rebooking),
  public.rebooking_vendor(public.rebooking), public.book_again(uuid);
drop type if exists public.rebooking;

drop function if exists
  app_private.read_calendar_feed(bytea), public.calendar_feed_since(), public.close_calendar_feed(),
  public.renew_calendar_feed();
drop type if exists public.calendar_feed;
drop table if exists app_private.calendar_feeds;
delete from app_private.audit_redactions where table_name = 'calendar_feeds';
drop function if exists
  public.bookings_calendar(public.bookings), app_private.calendar_event(public.bookings, boolean);
delete from public.system_settings where category = 'calendar';

comment on column public.customers.preferred_services is
  'Ids of the customer''s preferred services; null when not given.';
comment on column public.customers.preferred_therapists is
  'Ids of the customer''s preferred therapists; null when not given.';
comment on column public.customers.preferred_vendors is
  'Ids of the customer''s preferred vendors; null when not given.';
grant insert (preferred_services, preferred_therapists, preferred_vendors),
  update (preferred_services, preferred_therapists, preferred_vendors)
  on public.customers to authenticated;
drop table if exists public.favourites;
drop function if exists app_private.tg_favourites__listed();

delete from public.schema_versions where version = '1.18';
