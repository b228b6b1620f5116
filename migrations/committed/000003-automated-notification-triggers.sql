--! Previous: sha1:026a7e4c19d88b8cb7a9b5b25726b1e66ec52f90
--! Hash: sha1:1dee0acd1352cfa5466eb6528094332dca8057a3
--! Message: automated-notification-triggers

--! split: 010-templates.sql
-- Notifications are written automatically: an act on a booking, an assignment, a payment, a leave or an
-- application creates one row for each user concerned, with the text of a template. Jobs deliver them. Errors
-- here cannot stop the act: they are recorded in error_logs. This is the only place in this schema where a
-- trigger may swallow an error.

insert into enums.notification_type values
  ('booking_created', 'A booking was made'),
  ('booking_rescheduled', 'A booking was moved'),
  ('therapist_on_the_way', 'The provider is on the way'),
  ('assignment_acknowledged', 'The provider has accepted a booking'),
  ('assignment_cancelled', 'A booking is no longer assigned to the provider'),
  ('leave_requested', 'A provider requests leave'),
  ('leave_decided', 'A leave request was decided'),
  ('vendor_application_submitted', 'An application was submitted'),
  ('vendor_application_forwarded', 'An application has reached the next level'),
  ('vendor_application_approved', 'An application was approved'),
  ('vendor_application_rejected', 'An application was rejected'),
  ('vendor_application_information_required', 'An applicant must answer a question'),
  ('vendor_application_information_provided', 'An applicant has answered');

create table enums.notification_audience (value text primary key, description text not null);
comment on table enums.notification_audience is E'@enum\n@enumName NotificationAudience\nWho receives a notification.';
select app_private.publish_list('enums.notification_audience');
insert into enums.notification_audience values
  ('customer', 'The customer of the booking'), ('vendor', 'The vendor''s desk'), ('provider', 'The provider of the booking'),
  ('applicant', 'The applicant'), ('reviewer', 'The employees who decide next');

create table public.notification_templates (
  id uuid primary key default gen_random_uuid(),
  type text not null references enums.notification_type,
  audience text not null references enums.notification_audience,
  language text not null default 'en' constraint notification_templates_language_format
    check (language ~ '^[a-z]{2,3}(-[A-Z]{2})?$'),
  title text not null check (length(trim(title)) between 1 and 200),
  message text not null check (length(trim(message)) between 1 and 2000),
  channels text[] not null default array['push', 'in_app']
    constraint notification_templates_channels_known
    check (channels <@ array['in_app', 'push', 'sms', 'email']),
  priority text not null default 'normal' references enums.notification_priority,
  action_url text,
  is_active boolean not null default true,
  edited_at timestamptz,
  updated_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  unique (type, audience, language)
);
alter table public.notification_templates enable row level security;
select app_private.keep_timestamps('public.notification_templates');

--! Included functions/messages/tg_notification_templates__edited.sql
create or replace function app_private.tg_notification_templates__edited() returns trigger
language plpgsql volatile set search_path = '' as $$
begin
  -- A release has no signed-in user.
  if (select auth.uid()) is not null then
    new.edited_at := now();
  end if;
  return new;
end
$$;
comment on function app_private.tg_notification_templates__edited() is
  'Records in edited_at that an operator has added or edited a template, so that no release overwrites it.';
revoke all on function app_private.tg_notification_templates__edited() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tg_notification_templates__edited.sql
create trigger _150_edited before insert or update on public.notification_templates
  for each row execute function app_private.tg_notification_templates__edited();

comment on table public.notification_templates is
  'Texts of the notifications, by type, audience and language. {{name}} stands for a field of the event. An inactive template sends nothing.';
comment on constraint notification_templates_channels_known on public.notification_templates is
  'Channels must be any of in-app, push, SMS and e-mail.';
comment on constraint notification_templates_language_format on public.notification_templates is
  'Language must be a code such as en or hi-IN.';
comment on constraint notification_templates_message_check on public.notification_templates is
  'Message must have 1 to 2000 characters.';
comment on constraint notification_templates_title_check on public.notification_templates is
  'Title must have 1 to 200 characters.';
comment on constraint notification_templates_type_audience_language_key on public.notification_templates is
  'A template for this type, audience and language already exists. Change that template instead.';
comment on column public.notification_templates.id is 'Identifies the template.';
comment on column public.notification_templates.type is 'Type of notification.';
comment on column public.notification_templates.audience is 'Who receives it.';
comment on column public.notification_templates.language is 'Language of the text. English is used where a language has no template.';
comment on column public.notification_templates.title is 'Heading, with fields in double braces, such as {{name}}.';
comment on column public.notification_templates.message is 'Text, with fields in double braces, such as {{name}}.';
comment on column public.notification_templates.channels is 'Channels that it may use, as far as the user''s preferences allow; the list in the app always.';
comment on column public.notification_templates.priority is 'How urgent it is. An urgent one reaches a channel outside the app, whatever the user prefers.';
comment on column public.notification_templates.action_url is 'Screen to open, such as /profile, also with fields in double braces.';
comment on column public.notification_templates.is_active is 'Whether it is used.';
comment on column public.notification_templates.edited_at is
  'When an operator last added or edited it; null as delivered. A new version of the platform replaces only templates that are as delivered.';
create policy select_staff on public.notification_templates for select to staff
  using ((select app_private.has_permission('settings.read')));
create policy insert_staff on public.notification_templates for insert to staff
  with check ((select app_private.has_permission('settings.update')));
create policy update_staff on public.notification_templates for update to staff
  using ((select app_private.has_permission('settings.update')))
  with check ((select app_private.has_permission('settings.update')));
grant select on public.notification_templates to staff;
grant insert (type, audience, language, title, message, channels, priority, action_url, is_active),
  update (title, message, channels, priority, action_url, is_active)
  on public.notification_templates to staff;

--! Included templates/booking_created.sql
-- A booking was made.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('booking_created', 'customer', 'en',
    'Your booking {{booking_number}} waits for payment',
    'We hold {{service}} at {{vendor}} on {{date}} at {{time}} for you. Pay {{amount}} to confirm it.',
    '{push,in_app}', 'normal', '/bookings/{{booking_id}}'),
  ('booking_created', 'vendor', 'en',
    'New booking {{booking_number}}',
    '{{service}} on {{date}} at {{time}}, waiting for payment.',
    '{push,in_app}', 'normal', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/booking_created.sql

--! Included templates/booking_confirmed.sql
-- A booking was confirmed.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('booking_confirmed', 'customer', 'en',
    'Booking {{booking_number}} is confirmed',
    '{{service}} at {{vendor}} on {{date}} at {{time}}. We look forward to you.',
    '{push,in_app,sms,email}', 'high', '/bookings/{{booking_id}}'),
  ('booking_confirmed', 'vendor', 'en',
    'Booking {{booking_number}} is confirmed',
    '{{service}} on {{date}} at {{time}}. Please assign a provider.',
    '{push,in_app}', 'high', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/booking_confirmed.sql

--! Included templates/booking_cancelled.sql
-- A booking was cancelled.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('booking_cancelled', 'customer', 'en',
    'Booking {{booking_number}} is cancelled',
    '{{service}} at {{vendor}} on {{date}} at {{time}} will not take place.',
    '{push,in_app,sms,email}', 'high', '/bookings/{{booking_id}}'),
  ('booking_cancelled', 'vendor', 'en',
    'Booking {{booking_number}} is cancelled',
    '{{service}} on {{date}} at {{time}} will not take place.',
    '{push,in_app}', 'high', '/vendor/bookings/{{booking_id}}'),
  ('booking_cancelled', 'provider', 'en',
    'Booking {{booking_number}} is cancelled',
    'You are free on {{date}} at {{time}}.',
    '{push,in_app,sms}', 'urgent', '/assignments')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/booking_cancelled.sql

--! Included templates/booking_rescheduled.sql
-- A booking was moved.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('booking_rescheduled', 'customer', 'en',
    'Booking {{booking_number}} was moved',
    '{{service}} at {{vendor}} is now on {{date}} at {{time}}.',
    '{push,in_app,sms,email}', 'high', '/bookings/{{booking_id}}'),
  ('booking_rescheduled', 'vendor', 'en',
    'Booking {{booking_number}} was moved',
    '{{service}} is now on {{date}} at {{time}}.',
    '{push,in_app}', 'high', '/vendor/bookings/{{booking_id}}'),
  ('booking_rescheduled', 'provider', 'en',
    'Booking {{booking_number}} was moved',
    'It is now on {{date}} at {{time}}.',
    '{push,in_app,sms}', 'high', '/assignments')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/booking_rescheduled.sql

--! Included templates/therapist_assigned.sql
-- A provider was assigned to a booking.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('therapist_assigned', 'customer', 'en',
    '{{provider}} will serve you',
    '{{provider}} of {{vendor}} performs your booking {{booking_number}} on {{date}} at {{time}}.',
    '{push,in_app}', 'normal', '/bookings/{{booking_id}}'),
  ('therapist_assigned', 'vendor', 'en',
    '{{provider}} is assigned to booking {{booking_number}}',
    '{{date}} at {{time}}.',
    '{in_app}', 'low', '/vendor/bookings/{{booking_id}}'),
  ('therapist_assigned', 'provider', 'en',
    'New assignment {{booking_number}}',
    '{{service}} on {{date}} at {{time}}.',
    '{push,in_app,sms}', 'urgent', '/assignments/{{assignment_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/therapist_assigned.sql

--! Included templates/assignment_acknowledged.sql
-- The provider has accepted a booking.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('assignment_acknowledged', 'vendor', 'en',
    '{{provider}} has accepted {{booking_number}}',
    '{{date}} at {{time}}.',
    '{in_app}', 'low', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/assignment_acknowledged.sql

--! Included templates/assignment_cancelled.sql
-- A booking is no longer assigned to the provider.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('assignment_cancelled', 'provider', 'en',
    'Booking {{booking_number}} is no longer assigned to you',
    'You are free on {{date}} at {{time}}.',
    '{push,in_app,sms}', 'urgent', '/assignments'),
  ('assignment_cancelled', 'vendor', 'en',
    '{{provider}} is no longer assigned to {{booking_number}}',
    'Please assign a provider for {{date}} at {{time}}.',
    '{push,in_app}', 'high', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/assignment_cancelled.sql

--! Included templates/therapist_on_the_way.sql
-- The provider is on the way.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('therapist_on_the_way', 'customer', 'en',
    '{{provider}} is on the way',
    'You can follow the way on the map.',
    '{push,in_app}', 'high', '/bookings/{{booking_id}}/map'),
  ('therapist_on_the_way', 'vendor', 'en',
    '{{provider}} is on the way',
    'To booking {{booking_number}}.',
    '{in_app}', 'low', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/therapist_on_the_way.sql

--! Included templates/therapist_arrived.sql
-- The provider has arrived.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('therapist_arrived', 'customer', 'en',
    '{{provider}} has arrived',
    'For your booking {{booking_number}}.',
    '{push,in_app,sms}', 'urgent', '/bookings/{{booking_id}}'),
  ('therapist_arrived', 'vendor', 'en',
    '{{provider}} has arrived',
    'At booking {{booking_number}}.',
    '{in_app}', 'low', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/therapist_arrived.sql

--! Included templates/service_started.sql
-- The service has begun.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('service_started', 'customer', 'en',
    '{{service}} has begun',
    'Enjoy it.',
    '{in_app}', 'low', '/bookings/{{booking_id}}'),
  ('service_started', 'vendor', 'en',
    'Booking {{booking_number}} has begun',
    '{{service}}.',
    '{in_app}', 'low', '/vendor/bookings/{{booking_id}}'),
  ('service_started', 'provider', 'en',
    'Booking {{booking_number}} has begun',
    '{{service}}.',
    '{in_app}', 'low', '/assignments')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/service_started.sql

--! Included templates/service_completed.sql
-- The service is completed.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('service_completed', 'customer', 'en',
    'How was it?',
    'Thank you for booking {{service}} at {{vendor}}. Tell others how it was.',
    '{push,in_app,email}', 'normal', '/bookings/{{booking_id}}/review'),
  ('service_completed', 'vendor', 'en',
    'Booking {{booking_number}} is completed',
    '{{service}}, {{amount}}.',
    '{in_app}', 'normal', '/vendor/bookings/{{booking_id}}'),
  ('service_completed', 'provider', 'en',
    'Booking {{booking_number}} is completed',
    'Well done.',
    '{in_app}', 'low', '/assignments')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/service_completed.sql

--! Included templates/payment_received.sql
-- A payment was received.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('payment_received', 'customer', 'en',
    'We received {{paid}}',
    'For booking {{booking_number}} at {{vendor}}.',
    '{push,in_app,email}', 'normal', '/bookings/{{booking_id}}/payments'),
  ('payment_received', 'vendor', 'en',
    '{{paid}} received',
    'For booking {{booking_number}}.',
    '{in_app}', 'low', '/vendor/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/payment_received.sql

--! Included templates/refund_processed.sql
-- A refund was paid.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('refund_processed', 'customer', 'en',
    'We have refunded {{refunded}}',
    'For booking {{booking_number}}. It can take some days to arrive.',
    '{push,in_app,sms,email}', 'high', '/bookings/{{booking_id}}/payments')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/refund_processed.sql

--! Included templates/leave_requested.sql
-- A provider requests leave.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('leave_requested', 'vendor', 'en',
    '{{provider}} requests leave',
    'From {{from}} to {{to}}: {{reason}}',
    '{push,in_app}', 'normal', '/vendor/leaves/{{leave_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/leave_requested.sql

--! Included templates/leave_decided.sql
-- A leave request was decided.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('leave_decided', 'provider', 'en',
    'Your leave is {{decision}}',
    'From {{from}} to {{to}}.',
    '{push,in_app,sms}', 'high', '/leaves/{{leave_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/leave_decided.sql

--! Included templates/vendor_application_submitted.sql
-- An application was submitted.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('vendor_application_submitted', 'applicant', 'en',
    'We have received your application {{application_number}}',
    'We will review it and let you know.',
    '{push,in_app,sms,email}', 'normal', '/application'),
  ('vendor_application_submitted', 'reviewer', 'en',
    'New application {{application_number}}',
    '{{business}} in {{city}} waits for your review.',
    '{in_app,email}', 'normal', '/applications/{{application_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/vendor_application_submitted.sql

--! Included templates/vendor_application_forwarded.sql
-- An application has reached the next level.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('vendor_application_forwarded', 'applicant', 'en',
    'Your application {{application_number}} was forwarded',
    'The next level now reviews it.',
    '{push,in_app}', 'normal', '/application'),
  ('vendor_application_forwarded', 'reviewer', 'en',
    'Application {{application_number}} waits for your review',
    '{{business}} in {{city}} was approved by the previous level.',
    '{in_app,email}', 'normal', '/applications/{{application_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/vendor_application_forwarded.sql

--! Included templates/vendor_application_approved.sql
-- An application was approved.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('vendor_application_approved', 'applicant', 'en',
    'Welcome to OMBARO',
    'Your application {{application_number}} is approved. {{business}} can be booked now.',
    '{push,in_app,sms,email}', 'high', '/vendor')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/vendor_application_approved.sql

--! Included templates/vendor_application_rejected.sql
-- An application was rejected.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('vendor_application_rejected', 'applicant', 'en',
    'Your application {{application_number}}',
    'We cannot accept it: {{reason}}',
    '{push,in_app,sms,email}', 'high', '/application')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/vendor_application_rejected.sql

--! Included templates/vendor_application_information_required.sql
-- An applicant must answer a question.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('vendor_application_information_required', 'applicant', 'en',
    'A question about your application',
    '{{reason}}',
    '{push,in_app,sms,email}', 'high', '/application')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/vendor_application_information_required.sql

--! Included templates/vendor_application_information_provided.sql
-- An applicant has answered.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('vendor_application_information_provided', 'reviewer', 'en',
    'The applicant of {{application_number}} has answered',
    '{{business}} in {{city}} waits for your review again.',
    '{in_app,email}', 'normal', '/applications/{{application_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/vendor_application_information_provided.sql

-- After the default data, which is not audited.
create trigger _800_audit after insert or update or delete on public.notification_templates
  for each row execute function app_private.tg__audit('id');

--! split: 020-notify.sql
-- From changes of rows to notifications.

--! Included functions/messages/render.sql
create or replace function app_private.render(p_template text, p_fields jsonb) returns text
language plpgsql immutable set search_path = '' as $$
declare
  v_missing text;
  v_text text;
begin
  select m[1] into v_missing
  from regexp_matches(p_template, '\{\{(\w+)\}\}', 'g') m
  where p_fields ->> m[1] is null
  limit 1;
  if found then
    raise exception 'The template uses the field "%", which does not exist. Correct the template.', v_missing
      using errcode = 'OB040';
  end if;
  -- Split at the fields and joined again, so that a value that looks like a field stays as it is.
  select string_agg(part.text || coalesce(p_fields ->> field.m[1], ''), '' order by part.n) into v_text
  from regexp_split_to_table(p_template, '\{\{\w+\}\}') with ordinality part (text, n)
  left join regexp_matches(p_template, '\{\{(\w+)\}\}', 'g') with ordinality field (m, n) using (n);
  return v_text;
end
$$;
comment on function app_private.render(text, jsonb) is
  'A template with its fields filled in. Raises OB040 where a field is not known, so that no text with gaps is sent.';
revoke all on function app_private.render(text, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/render.sql

--! Included functions/messages/channels_for.sql
create or replace function app_private.channels_for(p_user_id uuid, p_allowed text[], p_priority text) returns text[]
language plpgsql stable security definer set search_path = '' as $$
declare
  v_profile public.user_profiles;
  v_preferences public.user_preferences;
  v_channels text[];
begin
  select * into v_profile from public.user_profiles p where p.id = p_user_id;
  select * into v_preferences from public.user_preferences p where p.user_id = p_user_id;
  v_channels := array['in_app'] || array(
    select c from unnest(p_allowed) c
    where case c
      when 'push' then coalesce(v_preferences.notification_push, true)
      when 'sms' then coalesce(v_preferences.notification_sms, true) and v_profile.mobile is not null
      when 'email' then coalesce(v_preferences.notification_email, true) and v_profile.email is not null
      else false
    end
  );
  if p_priority = 'urgent' and cardinality(v_channels) = 1 then
    v_channels := v_channels || case
      when v_profile.mobile is not null then 'sms'
      when v_profile.email is not null then 'email'
      else 'push'
    end;
  end if;
  return v_channels;
end
$$;
comment on function app_private.channels_for(uuid, text[], text) is
  'Channels by which a user is notified: in_app, and of the allowed ones those that the user accepts and can be reached by; an urgent notification always gets one beyond in_app.';
revoke all on function app_private.channels_for(uuid, text[], text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/channels_for.sql

--! Included functions/messages/log_untold.sql
create or replace function app_private.log_untold(
  p_what text, p_subject jsonb, p_message text, p_context text
) returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.error_logs (error_type, error_message, stack_trace, user_id, request_data)
  values (
    'notification', p_message, p_context,
    (select p.id from public.user_profiles p where p.id = auth.uid()),
    jsonb_build_object('what', p_what) || p_subject
  )
$$;
comment on function app_private.log_untold(text, jsonb, text, text) is
  'Records why a user could not be notified of something.';
revoke all on function app_private.log_untold(text, jsonb, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/log_untold.sql

--! Included functions/messages/write_notification.sql
create or replace function app_private.write_notification(
  p_user_id uuid, p_audience text, p_type text, p_fields jsonb, p_data jsonb
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_language text;
  v_template public.notification_templates;
begin
  select u.language into v_language from public.user_preferences u where u.user_id = p_user_id;
  select * into v_template
  from public.notification_templates t
  where t.type = p_type and t.audience = p_audience
    and t.language in (v_language, split_part(v_language, '-', 1), 'en')
  -- The exact language, such as hi-IN; otherwise the general one, hi; otherwise English.
  order by t.language is not distinct from v_language desc, t.language = 'en'
  limit 1;
  if not found then
    raise exception 'The notification template of the type "%" for the % is missing. Add the template.', p_type, p_audience
      using errcode = 'OB040';
  end if;
  if not v_template.is_active then
    return;
  end if;
  insert into public.notifications
    (user_id, type, title, message, data, channels, priority, action_url, metadata)
  values (
    p_user_id, p_type,
    app_private.render(v_template.title, p_fields),
    app_private.render(v_template.message, p_fields),
    p_data,
    app_private.channels_for(p_user_id, v_template.channels, v_template.priority),
    v_template.priority,
    app_private.render(v_template.action_url, p_fields),
    -- Text messages need the registration of their template.
    jsonb_build_object('templateId', v_template.id)
  );
end
$$;
comment on function app_private.write_notification(uuid, text, text, jsonb, jsonb) is
  'Writes the notification of one user, in the user''s language and for the channels that the user accepts. Raises OB040 where the template or a field is missing.';
revoke all on function app_private.write_notification(uuid, text, text, jsonb, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/write_notification.sql

--! Included functions/messages/notify.sql
create or replace function app_private.notify(
  p_user_id uuid, p_audience text, p_type text, p_fields jsonb, p_data jsonb
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_context text;
begin
  if p_user_id is null then
    return;
  end if;
  perform app_private.write_notification(p_user_id, p_audience, p_type, p_fields, p_data);
exception when others then
  get stacked diagnostics v_context = pg_exception_context;
  perform app_private.log_untold(p_type, p_data || jsonb_build_object('audience', p_audience),
    sqlerrm, v_context);
end
$$;
comment on function app_private.notify(uuid, text, text, jsonb, jsonb) is
  'Notifies one user of what happened. An error in one user''s text is recorded and does not keep others from being notified.';
revoke all on function app_private.notify(uuid, text, text, jsonb, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/notify.sql

--! Included functions/messages/vendor_desk.sql
create or replace function app_private.vendor_desk(p_vendor_id uuid) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select v.user_id from public.vendors v where v.id = p_vendor_id and v.user_id is not null
  union
  select s.user_id from public.vendor_staff s
  where s.vendor_id = p_vendor_id and s.status = 'active' and s.user_id is not null
    and s.role in ('manager', 'admin', 'receptionist')
$$;
comment on function app_private.vendor_desk(uuid) is
  'Users who handle a vendor''s bookings: the owner, and staff with that part of the rights.';
revoke all on function app_private.vendor_desk(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/vendor_desk.sql

--! Included functions/messages/in_rupees.sql
create or replace function app_private.in_rupees(p_amount numeric) returns text
language sql immutable set search_path = '' as $$
  select '₹' || to_char(p_amount, 'FM999999990.00')
$$;
comment on function app_private.in_rupees(numeric) is 'An amount as text for people.';
revoke all on function app_private.in_rupees(numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/in_rupees.sql

--! Included functions/messages/booking_fields.sql
create or replace function app_private.booking_fields(p_booking public.bookings) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'booking_id', p_booking.id,
    'booking_number', p_booking.booking_number,
    'vendor', (select v.business_name from public.vendors v where v.id = p_booking.vendor_id),
    'service', coalesce(
      (select string_agg(i.service_name, ', ' order by i.service_name)
       from public.booking_items i where i.booking_id = p_booking.id),
      'Your service'),
    'date', to_char(p_booking.booking_date::timestamp, 'DD Mon YYYY'),
    'time', to_char(p_booking.booking_time, 'HH24:MI'),
    'amount', app_private.in_rupees(p_booking.final_amount)
  )
$$;
comment on function app_private.booking_fields(public.bookings) is 'Fields of a booking for templates.';
revoke all on function app_private.booking_fields(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/booking_fields.sql

create function app_private.booking_providers(p_booking_id uuid) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select t.user_id from public.therapist_assignments a
  join public.therapists t on t.id = a.therapist_id
  where a.booking_id = p_booking_id and a.status <> 'cancelled' and t.user_id is not null
$$;
comment on function app_private.booking_providers(uuid) is
  'Accounts of the providers of a booking.';

create function app_private.notify_booking(p_booking public.bookings, p_type text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_fields jsonb := app_private.booking_fields(p_booking);
  v_data jsonb := jsonb_build_object('screen', 'booking', 'bookingId', p_booking.id);
begin
  perform app_private.notify(p_booking.customer_id, 'customer', p_type, v_fields, v_data);
  perform app_private.notify(u, 'vendor', p_type, v_fields, v_data)
    from app_private.vendor_desk(p_booking.vendor_id) u;
  if p_type <> 'booking_created' and p_type <> 'booking_confirmed' then
    perform app_private.notify(u, 'provider', p_type, v_fields, v_data)
      from app_private.booking_providers(p_booking.id) u;
  end if;
end
$$;
comment on function app_private.notify_booking(public.bookings, text) is
  'Notifies customer, vendor and provider of what happened to a booking.';

--! split: 030-triggers.sql
-- Which act sends which notification. They are written after the row, within its transaction: a rolled-back
-- act sends nothing.
--! Included functions/messages/tg__notify_people.sql
-- One trigger function for all of them. It passes the old and the new row to the function that its argument
-- names, and keeps an error of that function from stopping the act.
create or replace function app_private.tg__notify_people() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_context text;
begin
  begin
    execute format('select app_private.%I($1, $2)', tg_argv[0]) using old, new;
  exception when others then
    get stacked diagnostics v_context = pg_exception_context;
    perform app_private.log_untold(tg_argv[0], jsonb_build_object('id', to_jsonb(new) ->> 'id'),
      sqlerrm, v_context);
  end;
  return null;
end
$$;
comment on function app_private.tg__notify_people() is
  'Notifies of a change by the function that its argument names. An error there is recorded in error_logs and does not stop the change.';
revoke all on function app_private.tg__notify_people() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tg__notify_people.sql

--! Included functions/messages/tell_booking.sql
-- A booking that moves was confirmed before: it only notifies of the move.
create or replace function app_private.tell_booking(p_old public.bookings, p_new public.bookings)
returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  if (p_new.booking_date, p_new.booking_time) <> (p_old.booking_date, p_old.booking_time) then
    perform app_private.notify_booking(p_new, 'booking_rescheduled');
  elsif p_new.status <> p_old.status then
    case p_new.status
      when 'confirmed' then
        -- A booking that was assigned and lost its provider was confirmed before.
        if p_old.status = 'pending' then
          perform app_private.notify_booking(p_new, 'booking_confirmed');
        end if;
      when 'cancelled' then perform app_private.notify_booking(p_new, 'booking_cancelled');
      when 'in_progress' then perform app_private.notify_booking(p_new, 'service_started');
      when 'completed' then perform app_private.notify_booking(p_new, 'service_completed');
      -- pending: see tell_new_booking. assigned: the assignment notifies of the provider.
      else null;
    end case;
  end if;
end
$$;
comment on function app_private.tell_booking(public.bookings, public.bookings) is 'Notifies of a change of a booking.';
revoke all on function app_private.tell_booking(public.bookings, public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_booking.sql
create trigger _700_notify_people after update on public.bookings
  for each row when (
    new.status <> old.status
    or (new.booking_date, new.booking_time) <> (old.booking_date, old.booking_time)
  )
  execute function app_private.tg__notify_people('tell_booking');

--! Included functions/messages/tell_new_booking.sql
create or replace function app_private.tell_new_booking(p_old public.bookings, p_new public.bookings)
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
begin
  -- Deferred to the commit: then the items exist, and the row may have changed again.
  select * into v_booking from public.bookings b where b.id = p_new.id;
  if v_booking.status = 'pending' then
    perform app_private.notify_booking(v_booking, 'booking_created');
  end if;
end
$$;
comment on function app_private.tell_new_booking(public.bookings, public.bookings) is
  'Notifies of a new booking, once all of it is written.';
revoke all on function app_private.tell_new_booking(public.bookings, public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_new_booking.sql
create constraint trigger _700_notify_people_created after insert on public.bookings
  deferrable initially deferred
  for each row when (new.status = 'pending')
  execute function app_private.tg__notify_people('tell_new_booking');

--! Included functions/providers/provider_of_row.sql
create or replace function app_private.provider_of_row(
  p_row jsonb, out kind text, out vendor_id uuid, out user_id uuid, out name text
)
language plpgsql stable security definer set search_path = '' as $$
begin
  kind := case when p_row ? 'therapist_id' then 'therapist' else 'beautician' end;
  execute format('select p.vendor_id, p.user_id, p.name from public.%I p where p.id = $1', kind || 's')
  into vendor_id, user_id, name using (p_row ->> (kind || '_id'))::uuid;
end
$$;
comment on function app_private.provider_of_row(jsonb) is
  'The provider of a leave or assignment row: a therapist, by its therapist_id, or a beautician.';
revoke all on function app_private.provider_of_row(jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/provider_of_row.sql

--! Included functions/messages/tell_assignment.sql
create or replace function app_private.tell_assignment(p_old record, p_new record) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_new jsonb := to_jsonb(p_new);
  -- The booking itself notifies of the start and the completion of the service.
  v_type text := case
    when p_old is null then 'therapist_assigned'
    when v_new ->> 'status' = 'acknowledged' then 'assignment_acknowledged'
    when v_new ->> 'status' = 'in_transit' then 'therapist_on_the_way'
    when v_new ->> 'status' = 'reached' then 'therapist_arrived'
    when v_new ->> 'status' = 'cancelled' then 'assignment_cancelled'
  end;
  v_provider record := app_private.provider_of_row(v_new);
  v_booking public.bookings;
  v_fields jsonb;
  v_data jsonb;
begin
  select * into strict v_booking from public.bookings b where b.id = (v_new ->> 'booking_id')::uuid;
  -- The booking itself notifies of its cancellation.
  if v_type is null or v_type = 'assignment_cancelled' and v_booking.status = 'cancelled' then
    return;
  end if;
  v_fields := app_private.booking_fields(v_booking)
    || jsonb_build_object('assignment_id', v_new -> 'id', 'provider', v_provider.name);
  v_data := jsonb_build_object(
    'screen', 'assignment', 'provider', v_provider.kind,
    'bookingId', v_booking.id, 'assignmentId', v_new -> 'id');
  if v_type not in ('assignment_acknowledged', 'assignment_cancelled') then
    perform app_private.notify(v_booking.customer_id, 'customer', v_type, v_fields, v_data);
  end if;
  perform app_private.notify(u, 'vendor', v_type, v_fields, v_data)
    from app_private.vendor_desk(v_booking.vendor_id) u;
  if v_type in ('therapist_assigned', 'assignment_cancelled') then
    perform app_private.notify(v_provider.user_id, 'provider', v_type, v_fields, v_data);
  end if;
end
$$;
comment on function app_private.tell_assignment(record, record) is
  'Notifies customer, vendor and provider of who performs a booking and of its progress, by a row of therapist_assignments or beautician_assignments.';
revoke all on function app_private.tell_assignment(record, record) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_assignment.sql
create trigger _700_notify_people after insert on public.therapist_assignments
  for each row when (new.status = 'assigned')
  execute function app_private.tg__notify_people('tell_assignment');
create trigger _700_notify_people_status after update of status on public.therapist_assignments
  for each row when (new.status <> old.status)
  execute function app_private.tg__notify_people('tell_assignment');

--! Included functions/messages/tell_payment.sql
create or replace function app_private.tell_payment(p_old public.payments, p_new public.payments)
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_fields jsonb;
  v_data jsonb;
begin
  select * into strict v_booking from public.bookings b where b.id = p_new.booking_id;
  v_fields := app_private.booking_fields(v_booking)
    || jsonb_build_object('paid', app_private.in_rupees(p_new.total_amount));
  v_data := jsonb_build_object('screen', 'payment', 'bookingId', p_new.booking_id, 'paymentId', p_new.id);
  perform app_private.notify(p_new.customer_id, 'customer', 'payment_received', v_fields, v_data);
  perform app_private.notify(u, 'vendor', 'payment_received', v_fields, v_data)
    from app_private.vendor_desk(p_new.vendor_id) u;
end
$$;
comment on function app_private.tell_payment(public.payments, public.payments) is 'Notifies of money received.';
revoke all on function app_private.tell_payment(public.payments, public.payments) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_payment.sql
create trigger _700_notify_people after insert on public.payments
  for each row when (new.status = 'success') execute function app_private.tg__notify_people('tell_payment');
create trigger _700_notify_people_status after update of status on public.payments
  for each row when (new.status = 'success' and old.status in ('pending', 'processing'))
  execute function app_private.tg__notify_people('tell_payment');

--! Included functions/messages/tell_refund.sql
create or replace function app_private.tell_refund(p_old public.refunds, p_new public.refunds)
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
begin
  select * into strict v_booking from public.bookings b where b.id = p_new.booking_id;
  perform app_private.notify(p_new.customer_id, 'customer', 'refund_processed',
    app_private.booking_fields(v_booking)
      || jsonb_build_object('refunded', app_private.in_rupees(p_new.refund_amount)),
    jsonb_build_object('screen', 'refund', 'bookingId', p_new.booking_id, 'refundId', p_new.id));
end
$$;
comment on function app_private.tell_refund(public.refunds, public.refunds) is 'Notifies of money paid back.';
revoke all on function app_private.tell_refund(public.refunds, public.refunds) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_refund.sql
create trigger _700_notify_people after insert on public.refunds
  for each row when (new.status = 'completed') execute function app_private.tg__notify_people('tell_refund');
create trigger _700_notify_people_status after update of status on public.refunds
  for each row when (new.status = 'completed' and old.status <> 'completed')
  execute function app_private.tg__notify_people('tell_refund');

--! Included functions/messages/tell_leave.sql
create or replace function app_private.tell_leave(p_old record, p_new record) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_provider record := app_private.provider_of_row(to_jsonb(p_new));
  v_fields jsonb := jsonb_build_object(
    'leave_id', p_new.id, 'provider', v_provider.name, 'decision', p_new.status,
    'from', to_char(p_new.start_date::timestamp, 'DD Mon YYYY'),
    'to', to_char(p_new.end_date::timestamp, 'DD Mon YYYY'),
    'reason', coalesce(p_new.reason, 'no reason given'));
  v_data jsonb := jsonb_build_object(
    'screen', 'leave', 'provider', v_provider.kind, 'leaveId', p_new.id);
begin
  if p_new.status = 'pending' then
    perform app_private.notify(u, 'vendor', 'leave_requested', v_fields, v_data)
      from app_private.vendor_desk(v_provider.vendor_id) u;
  else
    perform app_private.notify(v_provider.user_id, 'provider', 'leave_decided', v_fields, v_data);
  end if;
end
$$;
comment on function app_private.tell_leave(record, record) is
  'Notifies the vendor of a leave request and the provider of the decision, by a row of therapist_leaves or beautician_leaves.';
revoke all on function app_private.tell_leave(record, record) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_leave.sql
create trigger _700_notify_people after insert on public.therapist_leaves
  for each row when (new.status = 'pending') execute function app_private.tg__notify_people('tell_leave');
create trigger _700_notify_people_status after update of status on public.therapist_leaves
  for each row when (new.status in ('approved', 'rejected') and new.status <> old.status)
  execute function app_private.tg__notify_people('tell_leave');

--! Included functions/messages/application_reviewers.sql
create or replace function app_private.application_reviewers(p_status text) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select e.id from public.employees e
  join public.vendor_approval_stages s
    on e.hierarchy_level between s.minimum_level and s.maximum_level
  where s.status = p_status and e.is_active and e.status = 'active' and e.can_approve_vendors
$$;
comment on function app_private.application_reviewers(text) is
  'Employees who act on applications of this status.';
revoke all on function app_private.application_reviewers(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/application_reviewers.sql

--! Included functions/messages/tell_application.sql
create or replace function app_private.tell_application(p_old public.vendor_applications, p_new public.vendor_applications)
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_fields jsonb;
  v_data jsonb := jsonb_build_object('screen', 'application', 'applicationId', p_new.id);
  v_is_review boolean := exists (
    select from public.vendor_approval_stages s where s.status = p_new.status);
  v_type text;
begin
  v_type := case
    when p_new.status = 'approved' then 'vendor_application_approved'
    when p_new.status = 'rejected' then 'vendor_application_rejected'
    when p_new.status = 'additional_info_required' then 'vendor_application_information_required'
    when v_is_review and p_old.status = 'pending' then 'vendor_application_submitted'
    when v_is_review and p_old.status = 'additional_info_required'
      then 'vendor_application_information_provided'
    when v_is_review and p_old.status <> 'on_hold' then 'vendor_application_forwarded'
  end;
  if v_type is null then
    return;
  end if;
  v_fields := jsonb_build_object(
    'application_id', p_new.id, 'application_number', p_new.application_number,
    'business', p_new.business_name, 'city', p_new.city,
    'reason', coalesce(p_new.rejection_reason, p_new.review_notes));
  if v_type <> 'vendor_application_information_provided' then
    perform app_private.notify(p_new.user_id, 'applicant', v_type, v_fields, v_data);
  end if;
  if v_is_review then
    perform app_private.notify(u, 'reviewer', v_type, v_fields, v_data)
      from app_private.application_reviewers(p_new.status) u where u <> p_new.user_id;
  end if;
end
$$;
comment on function app_private.tell_application(public.vendor_applications, public.vendor_applications) is
  'Notifies the applicant and the employees who decide next.';
revoke all on function app_private.tell_application(public.vendor_applications, public.vendor_applications) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_application.sql
create trigger _700_notify_people after update of status on public.vendor_applications
  for each row when (new.status <> old.status)
  execute function app_private.tg__notify_people('tell_application');

--! Included functions/messages/tg_notifications__publish_event.sql
-- Live lists of notifications for their owner.
create or replace function app_private.tg_notifications__publish_event() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.emit_event(array['user:' || new.user_id], 'notification.created', new.id);
  return null;
end
$$;
comment on function app_private.tg_notifications__publish_event() is
  'Records notification.created for live subscribers.';
revoke all on function app_private.tg_notifications__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tg_notifications__publish_event.sql
create trigger _900_publish_event after insert on public.notifications
  for each row execute function app_private.tg_notifications__publish_event();

-- The topic of the user's own notifications joins those that may be followed.

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.2', 'automated-notification-triggers', '2025-10-07', 'Automatic notifications');
