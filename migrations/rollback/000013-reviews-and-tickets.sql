-- Undoes the work on reviews and tickets. Decisions and ratings stay as they are; who decided on vendors'
-- reviews, and when tickets were first answered, is lost.

drop function if exists public.reopen_ticket(uuid, text);
drop function if exists public.assign_ticket(uuid, uuid);
drop function if exists public.support_tickets_resolution_minutes(public.support_tickets);
drop function if exists public.support_tickets_first_response_minutes(public.support_tickets);

drop trigger if exists _500_ticket on public.ticket_messages;
drop function if exists app_private.tg_ticket_messages__ticket();
comment on constraint ticket_messages_message_check on public.ticket_messages is null;
comment on table public.ticket_messages is
  'Messages of a ticket. Only customer care sees internal messages.';
alter table public.support_tickets drop column if exists first_response_at;
drop trigger if exists _200_assignee on public.support_tickets;
drop function if exists app_private.tg_support_tickets__assignee();
drop function if exists app_private.can_work_on_tickets(uuid);
comment on column public.support_tickets.assigned_to is
  'Employee who works on it; null while none does.';
drop trigger if exists _200_step on public.support_tickets;
drop function if exists app_private.tg_support_tickets__step();
drop table if exists app_private.ticket_status_steps;
comment on column public.support_tickets.status is 'State of the ticket; set by customer care.';

drop function if exists public.moderate_vendor_review(uuid, text, text);
drop function if exists public.moderate_review(uuid, text, text);
drop function if exists app_private.reviewed_person(text, uuid);
drop function if exists app_private.verdict_notes(text, text);
drop table if exists public.vendor_review_moderations;
comment on table public.review_moderations is 'Decisions of moderators about reviews.';
comment on table public.vendor_reviews is
  'Customers'' reviews of a visit to a vendor with three partial ratings; one per booking.';

drop function if exists public.write_vendor_review(
  uuid, integer, text, text, integer, integer, integer, text[]);
drop function if exists public.write_review(uuid, text, uuid, integer, text, text, text[]);
drop function if exists app_private.is_part_of_booking(uuid, text, uuid);
drop function if exists app_private.check_review_content(text, text, text[]);
drop function if exists app_private.reviewable_booking(uuid);
comment on constraint vendor_reviews_value_rating_check on public.vendor_reviews is null;
comment on constraint vendor_reviews_cleanliness_rating_check on public.vendor_reviews is null;
comment on constraint vendor_reviews_service_quality_rating_check on public.vendor_reviews is null;
comment on constraint vendor_reviews_text_length on public.vendor_reviews is null;
comment on constraint vendor_reviews_rating_range on public.vendor_reviews is null;
comment on constraint vendor_reviews_booking_id_key on public.vendor_reviews is null;
comment on constraint reviews_text_length on public.reviews is null;
comment on constraint reviews_rating_range on public.reviews is null;
comment on constraint reviews_booking_id_reviewable_type_reviewable_id_key on public.reviews is null;

drop trigger if exists _500_rating_delete on public.reviews;
drop trigger if exists _500_rating_update on public.reviews;
drop trigger if exists _500_rating_insert on public.reviews;
drop function if exists app_private.tg_reviews__rating();
drop trigger if exists _500_rating_delete on public.vendor_reviews;
drop trigger if exists _500_rating_update on public.vendor_reviews;
drop trigger if exists _500_rating_insert on public.vendor_reviews;
drop function if exists app_private.tg_vendor_reviews__rating();
drop function if exists app_private.recount_provider_rating(text, uuid);
drop function if exists app_private.recount_vendor_rating(uuid);

delete from public.schema_versions where version = '1.9';
