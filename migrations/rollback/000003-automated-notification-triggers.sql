-- Notifications of types that no longer exist are removed with them.

drop trigger if exists _900_publish_event on public.notifications;
drop trigger if exists _700_notify_people on public.bookings;
drop trigger if exists _700_notify_people_created on public.bookings;
drop trigger if exists _700_notify_people on public.therapist_assignments;
drop trigger if exists _700_notify_people_status on public.therapist_assignments;
drop trigger if exists _700_notify_people on public.payments;
drop trigger if exists _700_notify_people_status on public.payments;
drop trigger if exists _700_notify_people on public.refunds;
drop trigger if exists _700_notify_people_status on public.refunds;
drop trigger if exists _700_notify_people on public.therapist_leaves;
drop trigger if exists _700_notify_people_status on public.therapist_leaves;
drop trigger if exists _700_notify_people on public.vendor_applications;

drop function if exists app_private.render;
drop function if exists app_private.channels_for;
drop function if exists app_private.notify;
drop function if exists app_private.write_notification;
drop function if exists app_private.log_untold;
drop function if exists app_private.vendor_desk;
drop function if exists app_private.in_rupees;
drop function if exists app_private.booking_fields;
drop function if exists app_private.booking_providers;
drop function if exists app_private.notify_booking;
drop function if exists app_private.tg__notify_people;
drop function if exists app_private.tell_booking;
drop function if exists app_private.tell_new_booking;
drop function if exists app_private.tell_assignment;
drop function if exists app_private.tell_payment;
drop function if exists app_private.tell_refund;
drop function if exists app_private.provider_of_row;
drop function if exists app_private.tell_leave;
drop function if exists app_private.application_reviewers;
drop function if exists app_private.tell_application;
drop function if exists app_private.tg_notifications__publish_event;

drop table if exists public.notification_templates;
drop function if exists app_private.tg_notification_templates__edited;
drop table if exists enums.notification_audience;

delete from public.notifications where type in (
  'booking_created',
  'booking_rescheduled',
  'therapist_on_the_way',
  'assignment_acknowledged',
  'assignment_cancelled',
  'leave_requested',
  'leave_decided',
  'vendor_application_submitted',
  'vendor_application_forwarded',
  'vendor_application_approved',
  'vendor_application_rejected',
  'vendor_application_information_required',
  'vendor_application_information_provided'
);
delete from enums.notification_type where value in (
  'booking_created',
  'booking_rescheduled',
  'therapist_on_the_way',
  'assignment_acknowledged',
  'assignment_cancelled',
  'leave_requested',
  'leave_decided',
  'vendor_application_submitted',
  'vendor_application_forwarded',
  'vendor_application_approved',
  'vendor_application_rejected',
  'vendor_application_information_required',
  'vendor_application_information_provided'
);

delete from public.schema_versions where version = '1.2';
