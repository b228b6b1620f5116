-- Undoes messages: unsent notifications stay in the app.

drop function if exists app_private.remind_quick_signups(integer), app_private.remind_of_bookings(integer);
drop index if exists public.bookings_starts_at_idx;
drop table if exists app_private.booking_reminders;
delete from public.notification_templates where type in ('reminder', 'reminder_soon', 'application_reminder');
delete from public.notifications where type in ('reminder_soon', 'application_reminder');
drop function if exists
  app_private.delivery_figures(), public.retry_delivery(uuid), public.dead_letters(),
  app_private.tell_contact(text, text, text, text, jsonb, jsonb, timestamptz),
  app_private.record_receipt(uuid, text, boolean), app_private.take_due_receipts(integer),
  app_private.finish_delivery(uuid, integer, text, text, text, numeric, boolean),
  app_private.lease_deliveries(text, integer, interval), app_private.begin_delivery(uuid),
  app_private.message_to_person(public.notification_deliveries, public.notifications, integer),
  app_private.message_to_contact(public.notification_deliveries, integer), app_private.is_moot(public.notifications),
  app_private.close_delivery(uuid, text, text);
drop type if exists app_private.outgoing_message;

drop trigger if exists _500_deliveries on public.notifications;
drop function if exists app_private.tg_notifications__deliveries();
drop table if exists public.notification_attempts, public.notification_deliveries, app_private.contact_messages;
drop table if exists enums.attempt_outcome, enums.delivery_status;
delete from enums.notification_type where value in ('reminder_soon', 'application_reminder');
alter table public.notification_templates drop column if exists dlt_template_id;

drop function if exists
  app_private.finish_job(text, integer, text, timestamptz, interval),
  app_private.lease_jobs(text[], interval[], interval[], integer), app_private.schedule_jobs(text[]);
drop table if exists app_private.jobs;
drop function if exists app_private.lease(regclass, text, integer, interval);

drop function if exists app_private.quiet_end(uuid, timestamptz);
drop trigger if exists _200_validate on public.user_preferences;
drop function if exists app_private.tg_user_preferences__timezone();
alter table public.user_preferences
  drop constraint if exists user_preferences_quiet_hours,
  drop column if exists quiet_from,
  drop column if exists quiet_until;
drop function if exists
  public.unregister_device(uuid), public.register_device(text, text, text, text, text),
  app_private.require_device_address(text, text, text, text), app_private.retire_device(uuid);
drop table if exists app_private.device_addresses, public.user_devices;
drop table if exists enums.device_kind, enums.device_platform;
delete from public.system_settings where category = 'notifications';

delete from public.schema_versions where version = '1.12';
