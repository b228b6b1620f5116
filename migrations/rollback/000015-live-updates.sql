-- Undoes live updates except for bookings and notifications. Days with partitions keep them: events are
-- written there as before.

drop trigger if exists _900_publish_event on public.therapist_assignments;
drop trigger if exists _900_publish_event on public.beautician_assignments;
drop trigger if exists _900_publish_event on public.therapist_locations;
drop trigger if exists _900_publish_event on public.support_tickets;
drop trigger if exists _900_publish_event on public.ticket_messages;
drop trigger if exists _900_publish_event on public.vendor_applications;
drop trigger if exists _900_publish_event on public.dashboard_data;
drop trigger if exists _901_publish_event_new on public.dashboard_data;
drop function if exists
  app_private.tg_therapist_assignments__publish_event(), app_private.tg_beautician_assignments__publish_event(),
  app_private.tg_therapist_locations__publish_event(), app_private.tg_support_tickets__publish_event(),
  app_private.tg_ticket_messages__publish_event(), app_private.tg_vendor_applications__publish_event(),
  app_private.tg_dashboard_data__publish_event();

drop function if exists app_private.trim_events(), app_private.prepare_event_partitions();
delete from public.system_settings where key = 'events.keep_days';

drop function if exists
  app_private.become_relay(), app_private.relay_lag(),
  app_private.events_since(text, bigint, integer), public.event_cursor();
comment on column app_private.event_sequence.last_value is null;
alter table app_private.event_sequence drop column if exists trimmed_to;
drop index if exists app_private.events_sequence_idx, app_private.events_topics_idx;

delete from public.schema_versions where version = '1.11';
