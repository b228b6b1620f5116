--! Previous: sha1:cbd25532417b16d968f43a066f47a20f5d3d8579
--! Hash: sha1:d801592d271dcd26183fa01a77103432d394a448
--! Message: messages

--! split: 010-devices.sql
-- Delivery of messages. Notifications so far stay in the app; from here on they also leave it, by push
-- message, text message and e-mail. First the devices, then the deliveries, then reminders.
-- squawk-ignore-file constraint-missing-not-valid, require-concurrent-index-creation
--
-- Addresses of devices for push messages. An address is a secret, because its holder can send to the device.
-- So it is in a table of its own that no user reads; users only see that the device exists. A device that
-- moves to another user becomes another row, so that waiting messages of the former user are never shown to
-- the new one.

create table enums.device_platform (value text primary key, description text not null);
comment on table enums.device_platform is E'@enum\n@enumName DevicePlatform\nPlatform of a device.';
select app_private.publish_list('enums.device_platform');
insert into enums.device_platform values ('ios', 'iPhone or iPad'), ('android', 'Android'), ('web', 'A browser');

create table enums.device_kind (value text primary key, description text not null);
comment on table enums.device_kind is E'@enum\n@enumName DeviceKind\nHow a device is reached.';
select app_private.publish_list('enums.device_kind');
insert into enums.device_kind values
  ('web_push', 'The push service of a browser'),
  ('expo', 'Expo''s push service, for the mobile app');

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('notifications.devices_maximum', 'notifications', '10', 'integer', 1, 100, false,
    'Devices of one user that receive push messages; a further one replaces the oldest');

create table public.user_devices (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  platform text not null references enums.device_platform,
  kind text not null references enums.device_kind,
  created_at timestamptz not null default now(),
  registered_at timestamptz not null default now(),
  gone_at timestamptz
);
alter table public.user_devices enable row level security;
create index user_devices_user_id_idx on public.user_devices (user_id, registered_at);
comment on table public.user_devices is 'Devices that receive, or received, a user''s push messages. Their addresses are stored separately and shown to no one.';
comment on column public.user_devices.id is 'Identifies the device of this user.';
comment on column public.user_devices.user_id is 'User who receives the messages.';
comment on column public.user_devices.platform is 'Platform of the device.';
comment on column public.user_devices.kind is 'How it is reached.';
comment on column public.user_devices.created_at is 'When it was first registered for this user.';
comment on column public.user_devices.registered_at is 'When it was last registered.';
comment on column public.user_devices.gone_at is
  'Since when it receives nothing: unregistered, registered by another user, or unknown to its push service; null while it is active.';
create policy select_own on public.user_devices for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_own_staff on public.user_devices for select to staff
  using (user_id = (select auth.uid()));
-- Withheld: every write. register_device and unregister_device do that.
grant select on public.user_devices to authenticated, staff;

create table app_private.device_addresses (
  device_id uuid primary key references public.user_devices (id) on delete cascade,
  endpoint text not null unique check (length(endpoint) <= 2000),
  p256dh text,
  auth text,
  constraint device_addresses_keys_both check ((p256dh is null) = (auth is null))
);
alter table app_private.device_addresses enable row level security;
comment on table app_private.device_addresses is
  'Addresses of active devices. No policy: only functions of the owner read it.';
comment on column app_private.device_addresses.device_id is 'Device with the address.';
comment on column app_private.device_addresses.endpoint is 'Address at the push service, or Expo''s token.';
comment on column app_private.device_addresses.p256dh is 'The browser''s public key, base64url; null with Expo.';
comment on column app_private.device_addresses.auth is 'The shared secret of the browser, base64url; null with Expo.';

--! Included functions/messages/retire_device.sql
create or replace function app_private.retire_device(p_device_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from app_private.device_addresses a where a.device_id = p_device_id;
  update public.user_devices d set gone_at = now() where d.id = p_device_id and d.gone_at is null;
end
$$;
comment on function app_private.retire_device(uuid) is 'Stops all messages to a device.';
revoke all on function app_private.retire_device(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/retire_device.sql

--! Included functions/messages/require_device_address.sql
create or replace function app_private.require_device_address(
  p_kind text, p_endpoint text, p_p256dh text, p_auth text
) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if p_kind = 'expo' then
    if p_endpoint is null or p_endpoint !~ '^Expo(nent)?PushToken\[[^\[\]\s]{1,200}\]$' then
      raise exception 'Endpoint must be a token of Expo''s push service. Send the token that the app received.'
        using errcode = 'OB020', column = 'endpoint';
    end if;
    return;
  end if;
  -- A host name and no number: the worker will call this address, and must not be sent to a host of its own
  -- network.
  if p_endpoint is null or length(p_endpoint) > 2000
    or p_endpoint !~ '^https://([a-z0-9-]+\.)+[a-z][a-z0-9-]*(:[0-9]+)?/[!-~]*$' then
    raise exception 'Endpoint must be the https address of a push service. Send the address that the browser gave.'
      using errcode = 'OB020', column = 'endpoint';
  end if;
  -- 65 and 16 bytes (RFC 8291).
  if p_p256dh is null or p_p256dh !~ '^[A-Za-z0-9_-]{87}=?$'
    or p_auth is null or p_auth !~ '^[A-Za-z0-9_-]{22}(==)?$' then
    raise exception 'A browser subscription needs the keys p256dh and auth. Send both as the browser gave them.'
      using errcode = 'OB020', column = 'p256dh';
  end if;
end
$$;
comment on function app_private.require_device_address(text, text, text, text) is
  'Refuses an invalid address of a device. Raises OB020.';
revoke all on function app_private.require_device_address(text, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/require_device_address.sql

--! Included functions/messages/register_device.sql
create or replace function public.register_device(
  platform text, kind text, endpoint text, p256dh text default null, auth text default null
) returns public.user_devices
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user_id uuid := (select auth.uid());
  v_device public.user_devices;
  v_old uuid;
begin
  if v_user_id is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  if not exists (select from enums.device_platform p where p.value = register_device.platform)
    or not exists (select from enums.device_kind k where k.value = register_device.kind) then
    raise exception 'Platform or kind of device is unknown. Use one of the known values.'
      using errcode = 'OB020', column = 'platform';
  end if;
  perform app_private.require_device_address(
    register_device.kind, register_device.endpoint, register_device.p256dh, register_device.auth);
  -- A later call finds what was done; and the limit on a user's devices holds.
  perform pg_advisory_xact_lock(hashtextextended('device ' || register_device.endpoint, 0));
  perform pg_advisory_xact_lock(hashtextextended('devices of ' || v_user_id, 0));
  select d.* into v_device
  from app_private.device_addresses a join public.user_devices d on d.id = a.device_id
  where a.endpoint = register_device.endpoint;
  if found and v_device.user_id = v_user_id and v_device.kind = register_device.kind then
    update public.user_devices d
    set platform = register_device.platform, registered_at = now()
    where d.id = v_device.id returning * into v_device;
    update app_private.device_addresses a
    set p256dh = register_device.p256dh, auth = register_device.auth
    where a.device_id = v_device.id;
    return v_device;
  end if;
  if v_device.id is not null then
    perform app_private.retire_device(v_device.id);
  end if;
  insert into public.user_devices (user_id, platform, kind)
  values (v_user_id, register_device.platform, register_device.kind)
  returning * into v_device;
  insert into app_private.device_addresses (device_id, endpoint, p256dh, auth)
  values (v_device.id, register_device.endpoint, register_device.p256dh, register_device.auth);
  for v_old in
    select d.id from public.user_devices d
    where d.user_id = v_user_id and d.gone_at is null
    order by d.registered_at desc, d.id = v_device.id desc
    offset (app_private.setting('notifications.devices_maximum'))::integer
  loop
    perform app_private.retire_device(v_old);
  end loop;
  return v_device;
end
$$;
comment on function public.register_device(text, text, text, text, text) is
  'Sends your own push messages to this device from now on, and no longer those of another user. The endpoint is the address of the browser''s subscription, with its keys p256dh and auth, or Expo''s token. Repeating it changes nothing. Raises OB001, OB020.';
revoke all on function public.register_device(text, text, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.register_device(text, text, text, text, text) to authenticated, staff;
--! EndIncluded functions/messages/register_device.sql

--! Included functions/messages/unregister_device.sql
create or replace function public.unregister_device(device_id uuid) returns public.user_devices
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_device public.user_devices;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  perform from public.user_devices d
  where d.id = unregister_device.device_id and d.user_id = (select auth.uid());
  if not found then
    raise exception 'You have no device with this id. Check the id.' using errcode = 'OB003';
  end if;
  perform app_private.retire_device(unregister_device.device_id);
  select * into v_device from public.user_devices d where d.id = unregister_device.device_id;
  return v_device;
end
$$;
comment on function public.unregister_device(uuid) is
  'Stops push messages to this device of your own. Raises OB001, OB003.';
revoke all on function public.unregister_device(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.unregister_device(uuid) to authenticated, staff;
--! EndIncluded functions/messages/unregister_device.sql

-- Quiet hours.
alter table public.user_preferences
  add column quiet_from time,
  add column quiet_until time,
  add constraint user_preferences_quiet_hours check (
    (quiet_from is null) = (quiet_until is null) and quiet_from <> quiet_until);
comment on column public.user_preferences.quiet_from is
  'Time of day, in the user''s time zone, from which messages that are not urgent wait; null when they never wait.';
comment on column public.user_preferences.quiet_until is
  'Time of day until which they wait; when it is before quietFrom, it is on the next day.';
comment on constraint user_preferences_quiet_hours on public.user_preferences is
  'Quiet hours need a start and an end that differ. Enter both, or neither.';
grant insert (quiet_from, quiet_until), update (quiet_from, quiet_until) on public.user_preferences
  to authenticated, staff;

--! Included functions/messages/tg_user_preferences__timezone.sql
create or replace function app_private.tg_user_preferences__timezone() returns trigger
language plpgsql stable set search_path = '' as $$
begin
  if not exists (select from pg_catalog.pg_timezone_names where name = new.timezone) then
    raise exception 'Time zone % is unknown. Use a name such as Asia/Kolkata.', new.timezone
      using errcode = 'OB020', column = 'timezone';
  end if;
  return new;
end
$$;
comment on function app_private.tg_user_preferences__timezone() is 'Refuses unknown time zones.';
revoke all on function app_private.tg_user_preferences__timezone() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tg_user_preferences__timezone.sql
create trigger _200_validate before insert or update of timezone on public.user_preferences
  for each row when (new.timezone <> 'Asia/Kolkata')
  execute function app_private.tg_user_preferences__timezone();

--! Included functions/messages/quiet_end.sql
create or replace function app_private.quiet_end(p_user_id uuid, p_at timestamptz) returns timestamptz
language plpgsql stable security definer set search_path = '' as $$
declare
  v_preferences public.user_preferences;
  v_zone text;
  v_local timestamp;
  v_is_quiet boolean;
begin
  select * into v_preferences from public.user_preferences p where p.user_id = p_user_id;
  if v_preferences.quiet_from is null then
    return null;
  end if;
  v_zone := v_preferences.timezone;
  begin
    v_local := p_at at time zone v_zone;
  exception when invalid_parameter_value then
    -- From a time when time zones were not checked.
    v_zone := app_private.setting('platform.time_zone') #>> '{}';
    v_local := p_at at time zone v_zone;
  end;
  v_is_quiet := case when v_preferences.quiet_from < v_preferences.quiet_until
    then v_local::time >= v_preferences.quiet_from and v_local::time < v_preferences.quiet_until
    else v_local::time >= v_preferences.quiet_from or v_local::time < v_preferences.quiet_until end;
  if not v_is_quiet then
    return null;
  end if;
  return (v_local::date + v_preferences.quiet_until
    + case when v_local::time < v_preferences.quiet_until then interval '0' else interval '1 day' end)
    at time zone v_zone;
end
$$;
comment on function app_private.quiet_end(uuid, timestamptz) is
  'When the quiet hours of this user at that moment end; null outside of them.';
revoke all on function app_private.quiet_end(uuid, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/quiet_end.sql

--! split: 015-background-work.sql
-- Background work, by one mechanism. A row says what is due:
--
--   next_attempt_at  when it is due; null when it is finished
--   leased_until     end of the lease; null without a lease
--   attempts         how often it was leased: the number of the last lease, with which its worker records the end
--   last_error       why the last attempt failed; null when it did not
--
-- Every table of such rows has these columns, and `id`. A worker leases rows, does the work, and records the
-- result. A worker that is killed records nothing, and another leases the row when the lease is over. All times
-- are the database's.

--! Included functions/work/lease.sql
create or replace function app_private.lease(p_table regclass, p_which text, p_limit integer, p_lease interval)
returns setof uuid
language plpgsql volatile security definer set search_path = '' as $$
begin
  return query execute format('
    update %1$s r set leased_until = clock_timestamp() + $2, attempts = r.attempts + 1
    where r.id = any (array(
      select r.id from %1$s r
      where %2$s and r.next_attempt_at <= now() and (r.leased_until is null or r.leased_until <= now())
      order by r.next_attempt_at
      limit $1
      for no key update skip locked))
    returning r.id', p_table, p_which)
  using p_limit, p_lease;
end
$$;
comment on function app_private.lease(regclass, text, integer, interval) is
  'Leases rows that are due, earliest first, at most p_limit: no other worker takes them before the lease ends, and the attempt is counted now. p_which is a condition in SQL on the row r. Returns their ids.';
revoke all on function app_private.lease(regclass, text, integer, interval) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/work/lease.sql

-- Scheduled jobs.
create table app_private.jobs (
  id uuid primary key default gen_random_uuid(),
  queue text not null check (queue in ('jobs', 'maintenance')),
  name text not null,
  next_attempt_at timestamptz not null default now(),
  leased_until timestamptz,
  attempts integer not null default 0 check (attempts >= 0),
  last_error text,
  last_finished_at timestamptz,
  constraint jobs_once unique (queue, name)
);
alter table app_private.jobs enable row level security;
comment on table app_private.jobs is
  'Scheduled jobs, one row each. No policy: only functions of the owner read it.';
comment on column app_private.jobs.id is 'Identifies the job.';
comment on column app_private.jobs.queue is
  'Queue of the job: jobs run as the worker, maintenance as the owner of the database.';
comment on column app_private.jobs.name is 'Name of the job in the program.';
comment on column app_private.jobs.next_attempt_at is 'When it is due.';
comment on column app_private.jobs.leased_until is
  'End of the lease of a worker, which counts as dead after that; null when none has it.';
comment on column app_private.jobs.attempts is 'How often it was started.';
comment on column app_private.jobs.last_error is 'Error of the last run; null when it succeeded.';
comment on column app_private.jobs.last_finished_at is 'When it last finished; null before the first time.';

--! Included functions/work/schedule_jobs.sql
create or replace function app_private.schedule_jobs(p_names text[]) returns void
language sql volatile security definer set search_path = '' as $$
  insert into app_private.jobs as j (queue, name)
  select 'jobs', n.name from unnest(p_names) n (name)
  -- In one order, so that workers that start together do not deadlock.
  order by n.name
  on conflict (queue, name) do update set next_attempt_at = least(j.next_attempt_at, now())
$$;
comment on function app_private.schedule_jobs(text[]) is
  'Makes jobs due now, as a starting worker does, and adds new ones.';
revoke all on function app_private.schedule_jobs(text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.schedule_jobs(text[]) to ombaro_worker;
--! EndIncluded functions/work/schedule_jobs.sql

--! Included functions/work/lease_jobs.sql
create or replace function app_private.lease_jobs(
  p_names text[], p_periods interval[], p_leases interval[], p_limit integer
) returns table (name text, attempt integer, next_due_at timestamptz)
language plpgsql volatile security definer set search_path = '' as $$
declare
  -- Periods are counted from midnight in India, where days and hours begin.
  v_origin constant timestamptz := '2000-01-01 00:00+05:30';
  v_job record;
  v_ids uuid[];
begin
  for v_job in
    select j.id, d.period, d.lease
    from unnest(p_names, p_periods, p_leases) d (name, period, lease)
    join app_private.jobs j on j.queue = 'jobs' and j.name = d.name
    where j.next_attempt_at <= now() and (j.leased_until is null or j.leased_until <= now())
    order by j.next_attempt_at
    limit p_limit
  loop
    v_ids := array(
      select app_private.lease('app_private.jobs', format('r.id = %L', v_job.id), 1, v_job.lease));
    return query
      select j.name, j.attempts, date_bin(v_job.period, now(), v_origin) + v_job.period
      from app_private.jobs j where j.id = any (v_ids);
  end loop;
end
$$;
comment on function app_private.lease_jobs(text[], interval[], interval[], integer) is
  'Leases those of these jobs that are due, at most p_limit, each for its own time. Returns which, and when each is due again once it has finished: at the start of its next period. A missed run is therefore made up for only once.';
revoke all on function app_private.lease_jobs(text[], interval[], interval[], integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lease_jobs(text[], interval[], interval[], integer) to ombaro_worker;
--! EndIncluded functions/work/lease_jobs.sql

--! Included functions/work/finish_job.sql
create or replace function app_private.finish_job(
  p_name text, p_attempt integer, p_error text, p_next_due_at timestamptz, p_wait interval
) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  update app_private.jobs j
  set leased_until = null, next_attempt_at = coalesce(now() + p_wait, p_next_due_at),
    last_error = left(p_error, 1000),
    last_finished_at = case when p_error is null then now() else j.last_finished_at end
  where j.queue = 'jobs' and j.name = p_name and j.attempts = p_attempt and j.leased_until is not null;
  return found;
end
$$;
comment on function app_private.finish_job(text, integer, text, timestamptz, interval) is
  'Records the end of a run of a job: its error, null when there was none; when it is due again, after a retry delay if there is one. False when its lease was over and another run has started since.';
revoke all on function app_private.finish_job(text, integer, text, timestamptz, interval) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.finish_job(text, integer, text, timestamptz, interval) to ombaro_worker;
--! EndIncluded functions/work/finish_job.sql

--! split: 020-deliveries.sql
-- Deliveries: a row for each notification and channel outside the app, created in the notification's own
-- transaction, so that nothing committed is forgotten and nothing rolled back is sent.

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('notifications.attempts', 'notifications', '13', 'integer', 1, 100, false,
    'Attempts of a delivery, over about a day'),
  ('notifications.first_wait_seconds', 'notifications', '30', 'number', 0, 86400, false,
    'Seconds of retry delay after the first failure of a delivery; each further one is twice as long'),
  ('notifications.longest_wait_seconds', 'notifications', '21600', 'number', 0, 604800, false,
    'Maximum seconds of retry delay between two attempts of a delivery');

-- Rule in India: the content of a text message is registered beforehand, and its registration number is sent
-- with it.
alter table public.notification_templates
  add column dlt_template_id text constraint notification_templates_dlt_template_id_format
    check (dlt_template_id ~ '^[0-9]{10,25}$');
comment on constraint notification_templates_dlt_template_id_format on public.notification_templates is
  'DLT template id must have 10 to 25 digits.';
comment on column public.notification_templates.dlt_template_id is
  'Registration number of the text message with India''s operators (DLT); null where it is not registered.';
grant insert (dlt_template_id), update (dlt_template_id) on public.notification_templates to staff;

create table enums.delivery_status (value text primary key, description text not null);
comment on table enums.delivery_status is E'@enum\n@enumName DeliveryStatus\nState of a delivery.';
select app_private.publish_list('enums.delivery_status');
insert into enums.delivery_status values
  ('waiting', 'Not tried yet'), ('sent', 'Accepted by the provider of messages'),
  ('failed', 'Failed, will be retried'), ('dead', 'Failed permanently'),
  ('dropped', 'No longer useful and not sent');

create table enums.attempt_outcome (value text primary key, description text not null);
comment on table enums.attempt_outcome is E'@enum\n@enumName AttemptOutcome\nResult of an attempt.';
select app_private.publish_list('enums.attempt_outcome');
insert into enums.attempt_outcome values
  ('sent', 'Accepted by the provider of messages'), ('failed', 'Failed, may succeed later'),
  ('dead', 'Failed, cannot succeed later'),
  ('gone', 'The push service no longer knows the device'),
  ('lost', 'The worker ended during the attempt; whether the message was sent is not known');

-- Messages to a number or an address that need no account.
create table app_private.contact_messages (
  id uuid primary key default gen_random_uuid(),
  mobile public.mobile_number,
  email public.email_address,
  title text not null,
  body text not null,
  action_url text,
  data jsonb not null default '{}',
  priority text not null references enums.notification_priority,
  template_id uuid references public.notification_templates (id) on delete set null,
  valid_until timestamptz not null,
  created_at timestamptz not null default now(),
  constraint contact_messages_one_contact check (num_nonnulls(mobile, email) = 1)
);
alter table app_private.contact_messages enable row level security;
select app_private.keep_timestamps('app_private.contact_messages');
create index contact_messages_template_id_idx on app_private.contact_messages (template_id);
-- Messages that may be deleted.
create index contact_messages_valid_until_idx on app_private.contact_messages (valid_until);
-- Deliveries of a user who deletes the account.
create index contact_messages_mobile_idx on app_private.contact_messages (mobile) where mobile is not null;
create index contact_messages_email_idx on app_private.contact_messages (email) where email is not null;
comment on table app_private.contact_messages is
  'Messages to a mobile number or an e-mail address, by text message or e-mail. No policy: no one may learn who has an account there.';
comment on column app_private.contact_messages.id is 'Identifies the message.';
comment on column app_private.contact_messages.mobile is 'Number in E.164 form; null with an address.';
comment on column app_private.contact_messages.email is 'Address in lower case; null with a number.';
comment on column app_private.contact_messages.title is 'Heading; the subject of an e-mail.';
comment on column app_private.contact_messages.body is 'Text.';
comment on column app_private.contact_messages.action_url is 'Screen to open; null without one.';
comment on column app_private.contact_messages.data is 'Object for programs.';
comment on column app_private.contact_messages.priority is 'How urgent it is.';
comment on column app_private.contact_messages.template_id is 'Template of the message; null when it was deleted.';
comment on column app_private.contact_messages.valid_until is 'After this time it is not sent any more.';

create table public.notification_deliveries (
  id uuid primary key default gen_random_uuid(),
  notification_id uuid references public.notifications (id) on delete cascade,
  contact_message_id uuid references app_private.contact_messages (id) on delete cascade,
  user_id uuid references public.user_profiles (id) on delete cascade,
  type text not null references enums.notification_type,
  channel text not null references enums.notification_channel check (channel <> 'in_app'),
  device_id uuid references public.user_devices (id) on delete cascade,
  priority text not null default 'normal' references enums.notification_priority,
  status text not null default 'waiting' references enums.delivery_status,
  attempts integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz default now(),
  leased_until timestamptz,
  last_error text,
  provider_message_id text,
  receipt_due_at timestamptz,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint notification_deliveries_once
    unique nulls not distinct (notification_id, contact_message_id, channel, device_id),
  constraint notification_deliveries_of_something check (num_nonnulls(notification_id, contact_message_id) = 1),
  constraint notification_deliveries_to_whom check ((notification_id is null) = (user_id is null)),
  constraint notification_deliveries_push_to_device check ((channel = 'push') = (device_id is not null)),
  constraint notification_deliveries_due_while_open
    check ((status in ('waiting', 'failed')) = (next_attempt_at is not null)),
  constraint notification_deliveries_finished check ((next_attempt_at is null) = (finished_at is not null)),
  constraint notification_deliveries_leased_while_open check (leased_until is null or next_attempt_at is not null)
);
alter table public.notification_deliveries enable row level security;
select app_private.keep_timestamps('public.notification_deliveries');
create index notification_deliveries_user_id_idx on public.notification_deliveries (user_id);
create index notification_deliveries_contact_message_id_idx on public.notification_deliveries (contact_message_id)
  where contact_message_id is not null;
create index notification_deliveries_device_id_idx on public.notification_deliveries (device_id)
  where device_id is not null;
-- Pending deliveries by channel, most urgent first, and their number.
create index notification_deliveries_due_idx on public.notification_deliveries (channel, priority, next_attempt_at)
  where next_attempt_at is not null;
-- The list of failed deliveries, and the results of the rest.
create index notification_deliveries_finished_at_idx
  on public.notification_deliveries (status, finished_at desc) where finished_at is not null;
create index notification_deliveries_receipt_due_at_idx on public.notification_deliveries (receipt_due_at)
  where receipt_due_at is not null;
comment on table public.notification_deliveries is
  'Deliveries of a notification outside the app: one row per channel, and for push messages per device. The content is not stored here.';
comment on column public.notification_deliveries.id is 'Identifies the delivery, also for providers of messages.';
comment on column public.notification_deliveries.notification_id is
  'Notification that is delivered; null for a message to a number or an address.';
comment on column public.notification_deliveries.contact_message_id is
  'Message to a number or an address, with or without an account; null for a notification.';
comment on column public.notification_deliveries.user_id is
  'User who receives it; null for a message to a number or an address.';
comment on column public.notification_deliveries.type is 'Type of the notification.';
comment on column public.notification_deliveries.channel is 'Channel of the delivery.';
comment on column public.notification_deliveries.device_id is 'Device for a push message; null otherwise.';
comment on column public.notification_deliveries.status is 'State of the delivery.';
comment on column public.notification_deliveries.attempts is 'How often it was tried since it was last retried by hand.';
comment on column public.notification_deliveries.priority is 'How urgent it is. The most urgent deliveries are sent first.';
comment on column public.notification_deliveries.next_attempt_at is 'When the next attempt is due; null when it is finished.';
comment on column public.notification_deliveries.leased_until is
  'End of the lease of a worker, which counts as dead after that; null when none has it.';
comment on column public.notification_deliveries.last_error is 'Error of the last attempt; null when there was none.';
comment on column public.notification_deliveries.provider_message_id is 'The provider''s id of the message; null until it is sent.';
comment on column public.notification_deliveries.receipt_due_at is
  'When to ask the push service for the receipt; null when there is nothing to ask.';
comment on column public.notification_deliveries.finished_at is 'When it was sent or given up; null until then.';
-- Withheld: the user's own deliveries. Missed messages are in the app; errors are for staff who fix them.
create policy select_staff on public.notification_deliveries for select to staff
  using ((select app_private.has_permission('error_logs.read')));
grant select on public.notification_deliveries to staff;
-- Only a retry by hand: the rest is recorded by the delivery itself.
create trigger _800_audit after update of status on public.notification_deliveries
  for each row when (old.status = 'dead' and new.status = 'waiting')
  execute function app_private.tg__audit('id');

create table public.notification_attempts (
  id uuid primary key default gen_random_uuid(),
  delivery_id uuid not null references public.notification_deliveries (id) on delete cascade,
  number integer not null check (number > 0),
  began_at timestamptz not null default now(),
  ended_at timestamptz,
  outcome text references enums.attempt_outcome,
  error text,
  provider_message_id text,
  constraint notification_attempts_number_once unique (delivery_id, number),
  constraint notification_attempts_ended check ((ended_at is null) = (outcome is null))
);
alter table public.notification_attempts enable row level security;
comment on table public.notification_attempts is 'Attempts to deliver a notification.';
comment on column public.notification_attempts.id is 'Identifies the attempt.';
comment on column public.notification_attempts.delivery_id is 'Delivery of the attempt.';
comment on column public.notification_attempts.number is 'Number of the attempt, from 1.';
comment on column public.notification_attempts.began_at is 'When it started.';
comment on column public.notification_attempts.ended_at is 'When it ended or was given up; null while it runs.';
comment on column public.notification_attempts.outcome is 'Result of the attempt; null while it runs.';
comment on column public.notification_attempts.error is 'Error in the provider''s words or ours; null when there was none.';
comment on column public.notification_attempts.provider_message_id is 'The provider''s id of the message; null when it gave none.';
create policy select_staff on public.notification_attempts for select to staff
  using ((select app_private.has_permission('error_logs.read')));
grant select on public.notification_attempts to staff;

--! Included functions/messages/tg_notifications__deliveries.sql
create or replace function app_private.tg_notifications__deliveries() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_due timestamptz := now();
  v_profile public.user_profiles;
begin
  if new.priority in ('low', 'normal') then
    v_due := coalesce(app_private.quiet_end(new.user_id, v_due), v_due);
  end if;
  insert into public.notification_deliveries
    (notification_id, user_id, type, channel, device_id, priority, next_attempt_at)
  select new.id, new.user_id, new.type, c.channel, d.id, new.priority, v_due
  from unnest(new.channels) c (channel)
  left join public.user_devices d
    on c.channel = 'push' and d.user_id = new.user_id and d.gone_at is null
  where c.channel <> 'in_app' and (c.channel <> 'push' or d.id is not null)
  on conflict do nothing;
  if not found and new.priority = 'urgent' then
    -- Push was the only channel, and there is no device. An urgent message reaches one channel in any case.
    select * into v_profile from public.user_profiles p where p.id = new.user_id;
    insert into public.notification_deliveries (notification_id, user_id, type, channel, priority)
    select new.id, new.user_id, new.type,
      case when v_profile.mobile is not null then 'sms' else 'email' end, new.priority
    where v_profile.mobile is not null or v_profile.email is not null;
  end if;
  return null;
end
$$;
comment on function app_private.tg_notifications__deliveries() is
  'Creates the deliveries of a notification; those that are not urgent wait until the quiet hours end.';
revoke all on function app_private.tg_notifications__deliveries() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tg_notifications__deliveries.sql
create trigger _500_deliveries after insert on public.notifications
  for each row when (new.channels && array['push', 'sms', 'email'])
  execute function app_private.tg_notifications__deliveries();

create type app_private.outgoing_message as (
  delivery_id uuid,
  attempt integer,
  channel text,
  address text,
  title text,
  body text,
  action_url text,
  data jsonb,
  priority text,
  dlt_template_id text,
  device_kind text,
  p256dh text,
  auth text
);
comment on type app_private.outgoing_message is 'Everything that a channel needs to send one message.';

--! Included functions/messages/close_delivery.sql
create or replace function app_private.close_delivery(p_delivery_id uuid, p_status text, p_error text) returns void
language sql volatile security definer set search_path = '' as $$
  update public.notification_deliveries d
  -- The attempt for which it was leased does not begin.
  set status = p_status, next_attempt_at = null, leased_until = null, attempts = greatest(d.attempts - 1, 0),
    finished_at = now(), last_error = p_error
  where d.id = p_delivery_id
$$;
comment on function app_private.close_delivery(uuid, text, text) is 'Ends a delivery without further attempts and records the reason.';
revoke all on function app_private.close_delivery(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/close_delivery.sql

--! Included functions/messages/is_moot.sql
create or replace function app_private.is_moot(p_notification public.notifications) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  -- A reminder of a booking follows the state of its booking.
  return p_notification.type in ('reminder', 'reminder_soon')
    and p_notification.data ? 'startsAt'
    and not exists (
      select from public.bookings b
      where b.id = (p_notification.data ->> 'bookingId')::uuid
        and b.status in ('confirmed', 'assigned')
        and b.starts_at = (p_notification.data ->> 'startsAt')::timestamptz
        and b.starts_at > now());
end
$$;
comment on function app_private.is_moot(public.notifications) is
  'Whether delivering it is no longer useful.';
revoke all on function app_private.is_moot(public.notifications) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/is_moot.sql

--! Included functions/messages/message_to_contact.sql
create or replace function app_private.message_to_contact(
  p_delivery public.notification_deliveries, p_attempt integer
) returns app_private.outgoing_message
language sql stable security definer set search_path = '' as $$
  select row(
    p_delivery.id, p_attempt, p_delivery.channel, coalesce(m.mobile, m.email), m.title, m.body, m.action_url,
    m.data, m.priority, t.dlt_template_id, null, null, null)::app_private.outgoing_message
  from app_private.contact_messages m
  left join public.notification_templates t on t.id = m.template_id
  where m.id = p_delivery.contact_message_id and m.valid_until > now()
$$;
comment on function app_private.message_to_contact(public.notification_deliveries, integer) is
  'The message to a number or an address; null when it is too late.';
revoke all on function app_private.message_to_contact(public.notification_deliveries, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/message_to_contact.sql

--! Included functions/messages/message_to_person.sql
create or replace function app_private.message_to_person(
  p_delivery public.notification_deliveries, p_notification public.notifications, p_attempt integer
) returns app_private.outgoing_message
language sql stable security definer set search_path = '' as $$
  select row(
    p_delivery.id, p_attempt, p_delivery.channel,
    case p_delivery.channel when 'sms' then p.mobile when 'email' then p.email else a.endpoint end,
    p_notification.title, p_notification.message, p_notification.action_url, p_notification.data,
    p_notification.priority, t.dlt_template_id, d.kind, a.p256dh, a.auth)::app_private.outgoing_message
  from public.user_profiles p
  left join public.notification_templates t on t.id = (p_notification.metadata ->> 'templateId')::uuid
  left join public.user_devices d on d.id = p_delivery.device_id
  left join app_private.device_addresses a on a.device_id = p_delivery.device_id
  where p.id = p_delivery.user_id
$$;
comment on function app_private.message_to_person(
  public.notification_deliveries, public.notifications, integer) is
  'The message of a notification and its present address; without an address where there is none any more.';
revoke all on function app_private.message_to_person( public.notification_deliveries, public.notifications, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/message_to_person.sql

--! Included functions/messages/begin_delivery.sql
create or replace function app_private.begin_delivery(p_delivery_id uuid)
returns app_private.outgoing_message
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_delivery public.notification_deliveries;
  v_notification public.notifications;
  v_quiet timestamptz;
  v_number integer;
  v_message app_private.outgoing_message;
begin
  select * into v_delivery from public.notification_deliveries d where d.id = p_delivery_id for update;
  if not found or v_delivery.next_attempt_at is null then
    return null;
  end if;
  -- An open attempt was begun under a lease that is over.
  update public.notification_attempts a
  set ended_at = now(), outcome = 'lost', error = 'The worker stopped during the delivery.'
  where a.delivery_id = p_delivery_id and a.ended_at is null;
  if v_delivery.attempts > app_private.setting('notifications.attempts')::integer then
    perform app_private.close_delivery(p_delivery_id, 'dead', 'The worker stopped during every delivery attempt.');
    return null;
  end if;

  select * into v_notification from public.notifications n where n.id = v_delivery.notification_id;
  if app_private.is_moot(v_notification) then
    perform app_private.close_delivery(p_delivery_id, 'dropped', 'The booking was moved, cancelled, or has begun.');
    return null;
  end if;
  if v_notification.priority in ('low', 'normal') then
    v_quiet := app_private.quiet_end(v_delivery.user_id, now());
    if v_quiet is not null then
      update public.notification_deliveries d
      set next_attempt_at = v_quiet, leased_until = null, attempts = greatest(d.attempts - 1, 0)
      where d.id = p_delivery_id;
      return null;
    end if;
  end if;

  v_number := 1 + (select count(*) from public.notification_attempts a where a.delivery_id = v_delivery.id);
  v_message := case when v_delivery.contact_message_id is null
    then app_private.message_to_person(v_delivery, v_notification, v_number)
    else app_private.message_to_contact(v_delivery, v_number) end;
  if v_message.address is null then
    perform app_private.close_delivery(p_delivery_id, 'dropped', case
      when v_delivery.contact_message_id is not null then 'It is too late to send this message.'
      when v_delivery.channel = 'push' then 'The device is no longer registered.'
      when v_delivery.channel = 'sms' then 'The person no longer has a mobile number.'
      else 'The person no longer has an e-mail address.' end);
    return null;
  end if;
  insert into public.notification_attempts (delivery_id, number, began_at)
  values (p_delivery_id, v_message.attempt, clock_timestamp());
  return v_message;
end
$$;
comment on function app_private.begin_delivery(uuid) is
  'Starts an attempt of a leased delivery and returns what to send; null when there is nothing to do: finished, postponed or no longer useful.';
revoke all on function app_private.begin_delivery(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/begin_delivery.sql

--! Included functions/messages/lease_deliveries.sql
create or replace function app_private.lease_deliveries(p_channel text, p_limit integer, p_lease interval)
returns setof app_private.outgoing_message
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_left integer := p_limit;
  v_asked integer;
  v_priority text;
  v_ids uuid[];
  v_id uuid;
  v_message app_private.outgoing_message;
begin
  -- Urgent messages come first. One look per priority, so that waiting ones are not read each time.
  foreach v_priority in array array(
    select p.value from enums.notification_priority p
    order by array_position(array['urgent', 'high', 'normal', 'low'], p.value) nulls last)
  loop
    perform from public.notification_deliveries d
    where d.channel = p_channel and d.priority = v_priority and d.next_attempt_at <= now()
      and (d.leased_until is null or d.leased_until <= now())
    limit 1;
    continue when not found;
    loop
      exit when v_left <= 0;
      v_asked := v_left;
      v_ids := array(select app_private.lease('public.notification_deliveries',
        format('r.channel = %L and r.priority = %L', p_channel, v_priority), v_asked, p_lease));
      foreach v_id in array v_ids loop
        begin
          v_message := app_private.begin_delivery(v_id);
          if v_message.delivery_id is not null then
            v_left := v_left - 1;
            return next v_message;
          end if;
        exception when others then
          -- Does not hold up the others. It stays leased, and is tried again after that.
          update public.notification_deliveries d set last_error = left(sqlerrm, 1000) where d.id = v_id;
        end;
      end loop;
      exit when cardinality(v_ids) < v_asked;
    end loop;
  end loop;
end
$$;
comment on function app_private.lease_deliveries(text, integer, interval) is
  'Leases due deliveries of a channel, urgent ones first, starts their attempts and returns what to send: at most p_limit.';
revoke all on function app_private.lease_deliveries(text, integer, interval) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lease_deliveries(text, integer, interval) to ombaro_worker;
--! EndIncluded functions/messages/lease_deliveries.sql

--! Included functions/messages/finish_delivery.sql
create or replace function app_private.finish_delivery(
  p_delivery_id uuid, p_attempt integer, p_outcome text, p_error text,
  p_provider_message_id text, p_retry_seconds numeric, p_has_receipt boolean
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_delivery public.notification_deliveries;
  v_attempt public.notification_attempts;
  v_error text := left(p_error, 1000);
  v_wait numeric;
  v_longest numeric := app_private.setting('notifications.longest_wait_seconds')::numeric;
begin
  select * into v_delivery from public.notification_deliveries d where d.id = p_delivery_id for update;
  if not found then
    return null;
  end if;
  -- The late result of an attempt that was given up as lost says nothing about the attempt that has begun
  -- since; but that it was sent after all is recorded.
  select * into v_attempt from public.notification_attempts a
  where a.delivery_id = p_delivery_id and a.number = p_attempt
    and (a.ended_at is null or (a.outcome <> 'sent' and p_outcome = 'sent'));
  if not found then
    return v_delivery.status;
  end if;
  update public.notification_attempts a
  set ended_at = clock_timestamp(), outcome = p_outcome, error = v_error,
    provider_message_id = p_provider_message_id
  where a.id = v_attempt.id;
  if v_delivery.status in ('sent', 'dropped') or (v_delivery.status = 'dead' and p_outcome <> 'sent') then
    return v_delivery.status;
  end if;
  if p_outcome = 'failed'
    and v_delivery.attempts < app_private.setting('notifications.attempts')::integer then
    v_wait := least(v_longest,
      app_private.setting('notifications.first_wait_seconds')::numeric
        * 2 ^ least(v_delivery.attempts - 1, 30));
    -- A quarter more or less, so that deliveries that failed together are not retried together.
    v_wait := greatest(v_wait * (0.75 + random()::numeric / 2),
      least(v_longest, coalesce(p_retry_seconds, 0)));
    update public.notification_deliveries d
    set status = 'failed', last_error = v_error, leased_until = null,
      next_attempt_at = now() + v_wait * interval '1 second'
    where d.id = p_delivery_id;
    return 'failed';
  end if;
  update public.notification_deliveries d
  set status = case p_outcome when 'sent' then 'sent' else 'dead' end,
    next_attempt_at = null, leased_until = null, finished_at = now(),
    last_error = coalesce(v_error, d.last_error), provider_message_id = p_provider_message_id,
    receipt_due_at = case when p_outcome = 'sent' and p_has_receipt then now() + interval '15 minutes' end
  where d.id = p_delivery_id returning * into v_delivery;
  if p_outcome = 'gone' then
    perform app_private.retire_device(v_delivery.device_id);
  end if;
  return v_delivery.status;
end
$$;
comment on function app_private.finish_delivery(uuid, integer, text, text, text, numeric, boolean) is
  'Records the end of an attempt and when the next one is due: after growing retry delays, or when the provider says. Returns the status of the delivery.';
revoke all on function app_private.finish_delivery(uuid, integer, text, text, text, numeric, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.finish_delivery(uuid, integer, text, text, text, numeric, boolean) to ombaro_worker;
--! EndIncluded functions/messages/finish_delivery.sql

--! Included functions/messages/take_due_receipts.sql
-- Expo may still fail to deliver a message that it has accepted, and reports it when asked a quarter of an
-- hour later.
create or replace function app_private.take_due_receipts(p_limit integer)
returns table (delivery_id uuid, provider_message_id text)
language sql volatile security definer set search_path = '' as $$
  with due as (
    select d.id from public.notification_deliveries d
    where d.receipt_due_at <= now()
    order by d.receipt_due_at
    limit p_limit
    for update skip locked
  )
  update public.notification_deliveries d
  -- Receipts are kept for a day.
  set receipt_due_at = case when d.finished_at > now() - interval '1 day' then now() + interval '15 minutes' end
  from due where d.id = due.id
  returning d.id, d.provider_message_id
$$;
comment on function app_private.take_due_receipts(integer) is
  'Push messages that were sent and whose receipts are due now.';
revoke all on function app_private.take_due_receipts(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.take_due_receipts(integer) to ombaro_worker;
--! EndIncluded functions/messages/take_due_receipts.sql

--! Included functions/messages/record_receipt.sql
create or replace function app_private.record_receipt(p_delivery_id uuid, p_error text, p_is_gone boolean) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_device_id uuid;
begin
  update public.notification_deliveries d
  set receipt_due_at = null, last_error = coalesce(left(p_error, 1000), d.last_error),
    status = case when p_error is null then d.status else 'dead' end
  where d.id = p_delivery_id and d.status = 'sent' returning d.device_id into v_device_id;
  if p_is_gone then
    perform app_private.retire_device(v_device_id);
  end if;
end
$$;
comment on function app_private.record_receipt(uuid, text, boolean) is
  'Records the receipt of a push message: no error or one, and whether the device is unknown.';
revoke all on function app_private.record_receipt(uuid, text, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.record_receipt(uuid, text, boolean) to ombaro_worker;
--! EndIncluded functions/messages/record_receipt.sql

--! Included functions/messages/tell_contact.sql
create or replace function app_private.tell_contact(
  p_mobile text, p_email text, p_audience text, p_type text, p_fields jsonb, p_data jsonb,
  p_valid_until timestamptz
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_template public.notification_templates;
  v_message_id uuid;
  v_context text;
begin
  -- The language of the contact's owner is not used: that would reveal that there is an account.
  select * into v_template from public.notification_templates t
  where t.type = p_type and t.audience = p_audience and t.language = 'en';
  if not found then
    raise exception 'The notification template of the type "%" for the % is missing. Add the template.', p_type, p_audience
      using errcode = 'OB040';
  end if;
  if not v_template.is_active then
    return;
  end if;
  insert into app_private.contact_messages
    (mobile, email, title, body, action_url, data, priority, template_id, valid_until)
  values (p_mobile, p_email, app_private.render(v_template.title, p_fields),
    app_private.render(v_template.message, p_fields), app_private.render(v_template.action_url, p_fields),
    p_data, v_template.priority, v_template.id, p_valid_until)
  returning id into v_message_id;
  insert into public.notification_deliveries (contact_message_id, type, channel, priority)
  values (v_message_id, p_type, case when p_mobile is null then 'email' else 'sms' end, v_template.priority);
exception when others then
  get stacked diagnostics v_context = pg_exception_context;
  perform app_private.log_untold(p_type, p_data || jsonb_build_object('audience', p_audience), sqlerrm, v_context);
end
$$;
comment on function app_private.tell_contact(text, text, text, text, jsonb, jsonb, timestamptz) is
  'Sends the text of a template to a number, by text message, or to an e-mail address, with or without an account, and not after a given time. An error, such as OB040 (no template), is recorded and stops nothing.';
revoke all on function app_private.tell_contact(text, text, text, text, jsonb, jsonb, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_contact.sql

--! Included functions/messages/dead_letters.sql
create or replace function public.dead_letters() returns setof public.notification_deliveries
language sql stable set search_path = '' as $$
  select d.* from public.notification_deliveries d
  where d.status = 'dead'
  order by d.finished_at desc, d.id
$$;
comment on function public.dead_letters() is
  'Deliveries that have failed permanently, latest first, as far as the reader may see deliveries.';
revoke all on function public.dead_letters() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.dead_letters() to staff;
--! EndIncluded functions/messages/dead_letters.sql

--! Included functions/messages/retry_delivery.sql
create or replace function public.retry_delivery(delivery_id uuid) returns public.notification_deliveries
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_delivery public.notification_deliveries;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  perform app_private.require_permission('error_logs.update');
  select * into v_delivery from public.notification_deliveries d
  where d.id = retry_delivery.delivery_id for update;
  if not found then
    raise exception 'The delivery was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_delivery.status <> 'dead' then
    raise exception 'Only a delivery that has finally failed can be retried. Wait for the result of this one.'
      using errcode = 'OB030';
  end if;
  update public.notification_deliveries d
  set status = 'waiting', attempts = 0, next_attempt_at = now(), finished_at = null, receipt_due_at = null
  where d.id = v_delivery.id returning * into v_delivery;
  return v_delivery;
end
$$;
comment on function public.retry_delivery(uuid) is
  'Retries a delivery that has failed permanently, starting from its first attempt. Raises OB001, OB002, OB003, OB030.';
revoke all on function public.retry_delivery(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.retry_delivery(uuid) to staff;
--! EndIncluded functions/messages/retry_delivery.sql

--! Included functions/messages/delivery_figures.sql
create or replace function app_private.delivery_figures()
returns table (waiting bigint, failed bigint, dead bigint, sent_last_hour bigint, oldest_seconds double precision)
language sql stable security definer set search_path = '' as $$
  select
    (select count(*) from public.notification_deliveries d
      where d.next_attempt_at is not null and d.status = 'waiting'),
    (select count(*) from public.notification_deliveries d
      where d.next_attempt_at is not null and d.status = 'failed'),
    (select count(*) from public.notification_deliveries d
      where d.status = 'dead' and d.finished_at is not null),
    (select count(*) from public.notification_deliveries d
      where d.status = 'sent' and d.finished_at > now() - interval '1 hour'),
    coalesce((select extract(epoch from now() - min(d.created_at)) from public.notification_deliveries d
      where d.next_attempt_at is not null), 0)::double precision
$$;
comment on function app_private.delivery_figures() is
  'How many deliveries wait, are to be retried, have failed permanently, or were sent in the last hour; and for how many seconds the oldest has waited.';
revoke all on function app_private.delivery_figures() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.delivery_figures() to ombaro_api;
--! EndIncluded functions/messages/delivery_figures.sql

--! split: 030-reminders.sql
-- Reminders have no schedule that would have to follow the bookings: every minute the bookings that start
-- soon without a reminder are looked up. So a reminder moves with its booking and is never written for a
-- cancelled one. A reminder that waits for the end of quiet hours is checked again before it is sent
-- (is_moot).

insert into enums.notification_type values
  ('reminder_soon', 'A booking begins soon'),
  ('application_reminder', 'A sign-up is not finished');

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('notifications.reminder_hours', 'notifications', '[24, 2]', 'integer_list', 1, 720, true,
    'Hours before a booking at which its customer is reminded; the last is the most urgent');

--! Included templates/reminder.sql
-- A reminder of a booking.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('reminder', 'customer', 'en',
    'Reminder of your booking {{booking_number}}',
    '{{service}} at {{vendor}} on {{date}} at {{time}}. Your start code is {{start_code}}.',
    '{push,in_app,email}', 'normal', '/bookings/{{booking_id}}'),
  ('reminder', 'customer', 'hi',
    'आपकी बुकिंग {{booking_number}} नज़दीक है',
    '{{vendor}} में {{service}}, {{date}} को {{time}} बजे। आपका स्टार्ट कोड {{start_code}} है।',
    '{push,in_app,email}', 'normal', '/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/reminder.sql

--! Included templates/reminder_soon.sql
-- A booking begins soon.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('reminder_soon', 'customer', 'en',
    'Your booking {{booking_number}} begins soon',
    '{{service}} at {{vendor}} on {{date}} at {{time}}. Your start code is {{start_code}}.',
    '{push,in_app,sms}', 'high', '/bookings/{{booking_id}}'),
  ('reminder_soon', 'customer', 'hi',
    'आपकी बुकिंग {{booking_number}} शुरू होने वाली है',
    '{{vendor}} में {{service}}, {{date}} को {{time}} बजे। आपका स्टार्ट कोड {{start_code}} है।',
    '{push,in_app,sms}', 'high', '/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/reminder_soon.sql

--! Included templates/application_reminder.sql
-- A sign-up is not finished.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('application_reminder', 'applicant', 'en',
    'Finish your sign-up',
    'You have started to sign up with OMBARO. A few details are still missing.',
    '{push,in_app,sms,email}', 'normal', '/application'),
  ('application_reminder', 'applicant', 'hi',
    'अपना पंजीकरण पूरा करें',
    'आपने OMBARO पर पंजीकरण शुरू किया है। कुछ जानकारी अभी बाकी है।',
    '{push,in_app,sms,email}', 'normal', '/application')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/application_reminder.sql

create table app_private.booking_reminders (
  booking_id uuid not null references public.bookings (id) on delete cascade,
  hours integer not null check (hours > 0),
  starts_at timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (booking_id, hours, starts_at)
);
alter table app_private.booking_reminders enable row level security;
comment on table app_private.booking_reminders is
  'Reminders that were sent to customers: for which start of a booking and how many hours before it. No policy: only functions of the owner read it.';
comment on column app_private.booking_reminders.booking_id is 'Booking of the reminder.';
comment on column app_private.booking_reminders.hours is 'The most hours before the start.';
comment on column app_private.booking_reminders.starts_at is 'Start of the booking at that time.';
comment on column app_private.booking_reminders.created_at is 'When it was sent.';

-- Bookings that start soon.
create index bookings_starts_at_idx on public.bookings (starts_at) where status in ('confirmed', 'assigned');

--! Included functions/messages/remind_of_bookings.sql
create or replace function app_private.remind_of_bookings(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_hours integer[] := array(
    select h::integer from jsonb_array_elements_text(app_private.setting('notifications.reminder_hours')) h);
  v_now timestamptz := now();
  v_booking public.bookings;
  v_near integer;
  v_count integer := 0;
begin
  -- A booking that is being moved or cancelled is locked, and is checked again in a minute.
  for v_booking in
    select b.* from public.bookings b
    where b.status in ('confirmed', 'assigned')
      and b.starts_at > v_now
      and b.starts_at <= v_now + (select max(h) from unnest(v_hours) h) * interval '1 hour'
      and not exists (
        select from app_private.booking_reminders r
        where r.booking_id = b.id and r.starts_at = b.starts_at
          and r.hours <= (select min(h) from unnest(v_hours) h
            where b.starts_at <= v_now + h * interval '1 hour'))
    order by b.starts_at
    limit p_limit
    for no key update skip locked
  loop
    -- Of several that are due at once, the most urgent replaces the others.
    v_near := (select min(h) from unnest(v_hours) h
      where v_booking.starts_at <= v_now + h * interval '1 hour');
    insert into app_private.booking_reminders (booking_id, hours, starts_at)
    values (v_booking.id, v_near, v_booking.starts_at) on conflict do nothing;
    if found then
      perform app_private.notify(
        v_booking.customer_id, 'customer',
        case when v_near = (select min(h) from unnest(v_hours) h) then 'reminder_soon' else 'reminder' end,
        app_private.customer_booking_fields(v_booking),
        jsonb_build_object(
          'screen', 'booking', 'bookingId', v_booking.id, 'startsAt', v_booking.starts_at));
      v_count := v_count + 1;
    end if;
  end loop;
  return v_count;
end
$$;
comment on function app_private.remind_of_bookings(integer) is
  'Reminds the customers of bookings that start soon, once for each start and number of hours. Returns how many.';
revoke all on function app_private.remind_of_bookings(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.remind_of_bookings(integer) to ombaro_worker;
--! EndIncluded functions/messages/remind_of_bookings.sql

--! Included functions/messages/remind_quick_signups.sql
create or replace function app_private.remind_quick_signups(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_profile public.quick_signup_profiles;
  v_count integer := 0;
begin
  for v_profile in
    select q.* from app_private.quick_signups_to_remind() due
    join public.quick_signup_profiles q on q.id = due.id
      and q.completed_at is null and q.completion_reminder_count = due.completion_reminder_count
    limit p_limit
    for update of q skip locked
  loop
    update public.quick_signup_profiles q
    set completion_reminder_count = q.completion_reminder_count + 1, last_reminder_sent_at = now()
    where q.id = v_profile.id;
    perform app_private.notify(v_profile.user_id, 'applicant', 'application_reminder', '{}',
      jsonb_build_object('screen', 'application'));
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.remind_quick_signups(integer) is
  'Reminds users whose quick sign-up is not finished, on the days of the settings. Returns how many.';
revoke all on function app_private.remind_quick_signups(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.remind_quick_signups(integer) to ombaro_worker;
--! EndIncluded functions/messages/remind_quick_signups.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.12', 'messages', '2026-11-25', 'Delivery of messages: devices, deliveries, quiet hours, reminders');
