--! Previous: sha1:d801592d271dcd26183fa01a77103432d394a448
--! Hash: sha1:a3af54e413d4fedf2d3eaecb8d866bb6b01fc58c
--! Message: webhooks

--! split: 010-webhook-endpoints.sql
-- Webhooks for partners. A vendor's own software receives events of its bookings over HTTP: first the
-- endpoints, then the deliveries. Signed and sent as Standard Webhooks specifies
-- (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
-- squawk-ignore-file constraint-missing-not-valid, require-concurrent-index-creation
--
-- A vendor gives us an address that we then call from inside our own network. So its text is checked here,
-- and the target of its name again at each connection (src/work/webhooks).

-- Not an enum of the API: its names have no dots, and partners' software uses the names with dots.
create table enums.webhook_event_type (value text primary key, description text not null);
comment on table enums.webhook_event_type is 'What a webhook tells of.';
select app_private.publish_list('enums.webhook_event_type');
-- As the event log names them, except that partners see assignments of therapists and beauticians as one
-- kind.
insert into enums.webhook_event_type values
  ('booking.created', 'A booking was made'),
  ('booking.confirmed', 'A booking was paid, or cash was chosen'),
  ('booking.assigned', 'A provider was assigned to a booking'),
  ('booking.in_progress', 'The service has begun'),
  ('booking.completed', 'The service is completed'),
  ('booking.cancelled', 'A booking was cancelled'),
  ('booking.updated', 'Something else of a booking has changed, such as its time or its payment'),
  ('assignment.created', 'A booking was assigned to a provider'),
  ('assignment.updated', 'An assignment has changed, such as its state'),
  ('assignment.cancelled', 'An assignment was cancelled'),
  ('webhook.test', 'A test of the endpoint, without an event');

create table enums.webhook_disabled_reason (value text primary key, description text not null);
comment on table enums.webhook_disabled_reason is
  E'@enum\n@enumName WebhookDisabledReason\nWhy an endpoint is disabled.';
select app_private.publish_list('enums.webhook_disabled_reason');
insert into enums.webhook_disabled_reason values
  ('failing', 'The endpoint has accepted nothing for days'), ('gone', 'The endpoint answered 410 Gone');

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('webhooks.endpoints_maximum', 'webhooks', '10', 'integer', 1, 100, true, 'Webhook endpoints that a vendor can have'),
  ('webhooks.waits_seconds', 'webhooks', '[5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]', 'integer_list', 1, 604800, true,
    'Seconds of retry delay after the first, second, … failure of a webhook; the attempt after the last delay is the final one'),
  ('webhooks.old_secret_hours', 'webhooks', '24', 'integer', 0, 720, true,
    'Hours for which a replaced secret still signs beside the new one'),
  ('webhooks.disable_after_days', 'webhooks', '5', 'integer', 1, 365, true,
    'Days without a success after which a failing endpoint is disabled'),
  ('webhooks.concurrency', 'webhooks', '5', 'integer', 1, 50, false,
    'Requests to one endpoint at the same time; one while it fails'),
  ('webhooks.keep_days', 'webhooks', '30', 'integer', 1, 365, true, 'Days for which webhooks are kept and can be sent again'),
  ('webhooks.allow_loopback', 'webhooks', 'false', 'boolean', null, null, false,
    'Whether an endpoint may be http on the server''s own machine, for development; in production nothing is sent there in any case');

/*
 * An endpoint, without its secrets, with which others could pretend to be us. They are in a table of their
 * own and are returned only once, when they are created.
 */
create table public.webhook_endpoints (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete cascade,
  url text not null check (length(url) <= 2000),
  event_types text[] not null constraint webhook_endpoints_event_types check (event_types <> '{}'),
  description text check (length(description) <= 200),
  failing_since timestamptz,
  disabled_at timestamptz,
  disabled_reason text references enums.webhook_disabled_reason,
  secret_created_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint webhook_endpoints_disabled_for_a_reason
    check ((disabled_at is null) = (disabled_reason is null))
);
alter table public.webhook_endpoints enable row level security;
create index webhook_endpoints_vendor_id_idx on public.webhook_endpoints (vendor_id);
select app_private.keep_timestamps('public.webhook_endpoints');
-- What users do with it, and that it was disabled. Single failures are in its deliveries.
create trigger _800_audit
  after insert or delete or update of url, event_types, description, disabled_at, secret_created_at
  on public.webhook_endpoints
  for each row execute function app_private.tg__audit('id');
comment on table public.webhook_endpoints is
  'Webhook endpoints of vendors: addresses that are called when something happens to their bookings.';
comment on column public.webhook_endpoints.id is 'Identifies the endpoint.';
comment on column public.webhook_endpoints.vendor_id is 'Vendor whose bookings it receives.';
comment on column public.webhook_endpoints.url is 'Address that is called, by POST.';
comment on column public.webhook_endpoints.event_types is
  'Types of events that it receives, as the type in the webhook names them, such as booking.created. The query enumsWebhookEventTypes lists all.';
comment on column public.webhook_endpoints.description is 'The vendor''s description; null when not given.';
comment on column public.webhook_endpoints.failing_since is
  'When the current series of failures began; null while there are none.';
comment on column public.webhook_endpoints.disabled_at is
  'Since when nothing is sent to it and no events are recorded for it; null while it is enabled.';
comment on column public.webhook_endpoints.disabled_reason is 'Why it is disabled; null while it is enabled.';
comment on column public.webhook_endpoints.secret_created_at is 'When its present secret was created.';
comment on constraint webhook_endpoints_event_types on public.webhook_endpoints is
  'Event types must not be empty. Choose at least one event type.';
comment on constraint webhook_endpoints_url_check on public.webhook_endpoints is
  'The webhook address must have at most 2000 characters.';
comment on constraint webhook_endpoints_description_check on public.webhook_endpoints is
  'Description must have at most 200 characters.';
create policy select_managed on public.webhook_endpoints for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy select_staff on public.webhook_endpoints for select to staff
  using ((select app_private.has_permission('error_logs.read')));
-- Withheld: every write. The functions below check addresses and create secrets.
grant select on public.webhook_endpoints to authenticated, staff;

create table app_private.webhook_secrets (
  id bigint generated always as identity primary key,
  endpoint_id uuid not null references public.webhook_endpoints (id) on delete cascade,
  secret text not null unique check (secret ~ '^whsec_[A-Za-z0-9+/]{32,}=*$'),
  expires_at timestamptz
);
alter table app_private.webhook_secrets enable row level security;
create index webhook_secrets_endpoint_id_idx on app_private.webhook_secrets (endpoint_id);
create unique index webhook_secrets_one_present_key on app_private.webhook_secrets (endpoint_id)
  where expires_at is null;
comment on table app_private.webhook_secrets is
  'Secrets with which webhooks are signed. No policy: only functions of the owner read it.';
comment on column app_private.webhook_secrets.id is 'Later ones are higher.';
comment on column app_private.webhook_secrets.endpoint_id is 'Endpoint of the secret.';
comment on column app_private.webhook_secrets.secret is 'The prefix whsec_ and 32 random bytes in base64.';
comment on column app_private.webhook_secrets.expires_at is
  'Until when it signs beside its successor; null while it is the present one.';

create type public.webhook_secret as (endpoint_id uuid, secret text);
comment on type public.webhook_secret is 'The secret of an endpoint, shown only once.';
comment on column public.webhook_secret.endpoint_id is 'Endpoint of the secret.';
comment on column public.webhook_secret.secret is
  'The secret as libraries for Standard Webhooks take it: a prefix and a key in base64. It is not shown again.';

--! Included functions/webhooks/webhook_secret_endpoint.sql
create or replace function public.webhook_secret_endpoint(webhook_secret public.webhook_secret)
returns public.webhook_endpoints
language sql stable set search_path = '' as $$
  select e.* from public.webhook_endpoints e where e.id = webhook_secret.endpoint_id
$$;
comment on function public.webhook_secret_endpoint(public.webhook_secret) is
  'The endpoint of the secret.';
revoke all on function public.webhook_secret_endpoint(public.webhook_secret) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.webhook_secret_endpoint(public.webhook_secret) to authenticated;
--! EndIncluded functions/webhooks/webhook_secret_endpoint.sql

--! Included functions/webhooks/make_webhook_secret.sql
create or replace function app_private.make_webhook_secret(p_endpoint_id uuid) returns public.webhook_secret
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_secret text;
begin
  -- Two random uuids have 244 random bits between them; the hash spreads these over 32 bytes.
  v_secret := 'whsec_' || encode(
    sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'base64');
  insert into app_private.webhook_secrets (endpoint_id, secret) values (p_endpoint_id, v_secret);
  return (p_endpoint_id, v_secret);
end
$$;
comment on function app_private.make_webhook_secret(uuid) is
  'Creates the present secret of an endpoint that has none.';
revoke all on function app_private.make_webhook_secret(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/webhooks/make_webhook_secret.sql

--! Included functions/webhooks/require_webhook_url.sql
create or replace function app_private.require_webhook_url(p_url text) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  -- Name and port. A last part that begins with a letter cannot be a number in any notation. Numbers are
  -- never looked up, so that no check would see where they lead.
  v_parts text[] := regexp_match(lower(p_url),
    '^https://((?:[a-z0-9_-]+\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?)(?::([0-9]{1,5}))?(?:[/?][!-~]*)?$');
  v_port integer := coalesce(v_parts[2], '443')::integer;
begin
  if length(p_url) > 2000 then
    raise exception 'The webhook address must have at most 2000 characters.' using errcode = 'OB052', column = 'url';
  end if;
  if app_private.setting('webhooks.allow_loopback')::boolean
    and p_url ~ '^http://(localhost|127\.0\.0\.1):[0-9]{1,5}([/?][!-~]*)?$' then
    return;
  end if;
  if v_parts is null or p_url ~ '#' then
    raise exception 'The webhook address must be an https address with a host name, such as https://shop.example.com/hooks, without user, password or #.'
      using errcode = 'OB052', column = 'url';
  end if;
  if v_port <> 443 and v_port not between 1024 and 65535 then
    raise exception 'The port of the webhook address must be 443, or from 1024 to 65535.'
      using errcode = 'OB052', column = 'url';
  end if;
  if v_parts[1] ~ '(^|\.)(localhost|local|internal|home\.arpa)$' then
    raise exception '% is not a host name on the public internet. Use a public host name.', v_parts[1]
      using errcode = 'OB052', column = 'url';
  end if;
end
$$;
comment on function app_private.require_webhook_url(text) is
  'Refuses addresses that are not allowed. Where the name leads is checked at each call. Raises OB052.';
revoke all on function app_private.require_webhook_url(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/webhooks/require_webhook_url.sql

--! Included functions/webhooks/require_webhook_event_types.sql
create or replace function app_private.require_webhook_event_types(p_event_types text[]) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_unknown text := (
    select coalesce(t, 'null') from unnest(p_event_types) t
    where t is null or t = 'webhook.test'
      or not exists (select from enums.webhook_event_type e where e.value = t)
    limit 1);
begin
  if coalesce(cardinality(p_event_types), 0) = 0 or v_unknown is not null then
    raise exception '%Choose one or more of these event types: %.',
      coalesce(format('There is no event type %s. ', v_unknown), ''),
      (select string_agg(e.value, ', ' order by e.value) from enums.webhook_event_type e
        where e.value <> 'webhook.test')
      using errcode = 'OB020', column = 'event_types';
  end if;
end
$$;
comment on function app_private.require_webhook_event_types(text[]) is
  'Refuses an empty list of event types, or one with unknown types. Raises OB020.';
revoke all on function app_private.require_webhook_event_types(text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/webhooks/require_webhook_event_types.sql

--! Included functions/webhooks/require_webhook_manager.sql
create or replace function app_private.require_webhook_manager(p_vendor_id uuid, p_unseen text) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  if (p_vendor_id = any (app_private.my_vendor_ids('member'))) is not true then
    raise exception '%', p_unseen using errcode = 'OB003';
  end if;
  if p_vendor_id <> all (app_private.my_vendor_ids('manage')) then
    raise exception 'Only the owner, managers and admins of the vendor may manage webhooks. Ask one of them.'
      using errcode = 'OB002';
  end if;
end
$$;
comment on function app_private.require_webhook_manager(uuid, text) is
  'Checks that the signed-in user manages this vendor. Raises OB001, OB002 (other staff of the vendor), OB003.';
revoke all on function app_private.require_webhook_manager(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/webhooks/require_webhook_manager.sql

--! Included functions/webhooks/require_webhook_endpoint.sql
create or replace function app_private.require_webhook_endpoint(p_endpoint_id uuid) returns public.webhook_endpoints
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_endpoint public.webhook_endpoints;
begin
  select * into v_endpoint from public.webhook_endpoints e where e.id = p_endpoint_id;
  perform app_private.require_webhook_manager(v_endpoint.vendor_id, 'You have no webhook endpoint with this id. Check the id.');
  select * into v_endpoint from public.webhook_endpoints e where e.id = p_endpoint_id for no key update;
  if not found then
    raise exception 'You have no webhook endpoint with this id. Check the id.' using errcode = 'OB003';
  end if;
  return v_endpoint;
end
$$;
comment on function app_private.require_webhook_endpoint(uuid) is
  'Locks and returns an endpoint that the signed-in user manages. Raises OB001, OB002, OB003.';
revoke all on function app_private.require_webhook_endpoint(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/webhooks/require_webhook_endpoint.sql

--! Included functions/webhooks/require_enabled.sql
create or replace function app_private.require_enabled(p_endpoint public.webhook_endpoints) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if p_endpoint.disabled_at is not null then
    raise exception 'This webhook endpoint is disabled. Enable it first.' using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.require_enabled(public.webhook_endpoints) is
  'Refuses a disabled endpoint. Raises OB030.';
revoke all on function app_private.require_enabled(public.webhook_endpoints) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/webhooks/require_enabled.sql

--! Included functions/webhooks/create_webhook_endpoint.sql
create or replace function public.create_webhook_endpoint(
  vendor_id uuid, url text, event_types text[], description text default null
) returns public.webhook_secret
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_most integer := app_private.setting('webhooks.endpoints_maximum')::integer;
  v_id uuid;
begin
  perform app_private.require_webhook_manager(
    create_webhook_endpoint.vendor_id, 'You have no vendor with this id. Check the id.');
  perform app_private.require_webhook_url(coalesce(create_webhook_endpoint.url, ''));
  perform app_private.require_webhook_event_types(create_webhook_endpoint.event_types);
  -- Of two that are created at once, the second counts the first.
  perform pg_advisory_xact_lock(hashtextextended('webhooks of ' || create_webhook_endpoint.vendor_id, 0));
  if (select count(*) from public.webhook_endpoints e
      where e.vendor_id = create_webhook_endpoint.vendor_id) >= v_most then
    raise exception 'A vendor can have at most % webhook endpoints. Delete one first.', v_most
      using errcode = 'OB053';
  end if;
  insert into public.webhook_endpoints (vendor_id, url, event_types, description)
  values (
    create_webhook_endpoint.vendor_id, create_webhook_endpoint.url,
    array(select distinct t from unnest(create_webhook_endpoint.event_types) t order by t),
    nullif(create_webhook_endpoint.description, ''))
  returning id into v_id;
  return app_private.make_webhook_secret(v_id);
end
$$;
comment on function public.create_webhook_endpoint(uuid, text, text[], text) is
  'Creates a webhook endpoint that receives events of a vendor''s bookings from now on. The query enumsWebhookEventTypes lists the event types, such as booking.created. Returns the secret, which is shown only once. Raises OB001, OB002, OB003, OB020, OB052, OB053.';
revoke all on function public.create_webhook_endpoint(uuid, text, text[], text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.create_webhook_endpoint(uuid, text, text[], text) to authenticated;
--! EndIncluded functions/webhooks/create_webhook_endpoint.sql

--! Included functions/webhooks/update_webhook_endpoint.sql
create or replace function public.update_webhook_endpoint(
  endpoint_id uuid, url text default null, event_types text[] default null, description text default null
) returns public.webhook_endpoints
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_endpoint public.webhook_endpoints;
begin
  v_endpoint := app_private.require_webhook_endpoint(update_webhook_endpoint.endpoint_id);
  if update_webhook_endpoint.url is not null then
    perform app_private.require_webhook_url(update_webhook_endpoint.url);
  end if;
  if update_webhook_endpoint.event_types is not null then
    perform app_private.require_webhook_event_types(update_webhook_endpoint.event_types);
  end if;
  update public.webhook_endpoints e
  set url = coalesce(update_webhook_endpoint.url, e.url),
    event_types = coalesce(
      (select array_agg(distinct t order by t) from unnest(update_webhook_endpoint.event_types) t),
      e.event_types),
    description = nullif(coalesce(update_webhook_endpoint.description, e.description), ''),
    -- A new address has not failed yet.
    failing_since = case when e.url = coalesce(update_webhook_endpoint.url, e.url) then e.failing_since end
  where e.id = v_endpoint.id returning * into v_endpoint;
  return v_endpoint;
end
$$;
comment on function public.update_webhook_endpoint(uuid, text, text[], text) is
  'Changes the given parts of an endpoint; the rest and the secret stay. Waiting deliveries go to the new address. Raises OB001, OB002, OB003, OB020, OB052.';
revoke all on function public.update_webhook_endpoint(uuid, text, text[], text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.update_webhook_endpoint(uuid, text, text[], text) to authenticated;
--! EndIncluded functions/webhooks/update_webhook_endpoint.sql

--! Included functions/webhooks/rotate_webhook_secret.sql
create or replace function public.rotate_webhook_secret(endpoint_id uuid) returns public.webhook_secret
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_endpoint public.webhook_endpoints;
  v_most constant integer := 5;
begin
  v_endpoint := app_private.require_webhook_endpoint(rotate_webhook_secret.endpoint_id);
  delete from app_private.webhook_secrets s where s.endpoint_id = v_endpoint.id and s.expires_at <= now();
  -- All of them sign, and the length of a header is limited.
  if (select count(*) from app_private.webhook_secrets s where s.endpoint_id = v_endpoint.id) >= v_most then
    raise exception 'This webhook endpoint already has % valid secrets. Wait until the oldest expires, or create another endpoint.',
      v_most
      using errcode = 'OB030';
  end if;
  update app_private.webhook_secrets s
  set expires_at = now() + app_private.setting('webhooks.old_secret_hours')::numeric * interval '1 hour'
  where s.endpoint_id = v_endpoint.id and s.expires_at is null;
  update public.webhook_endpoints e set secret_created_at = clock_timestamp() where e.id = v_endpoint.id;
  return app_private.make_webhook_secret(v_endpoint.id);
end
$$;
comment on function public.rotate_webhook_secret(uuid) is
  'Gives an endpoint a new secret, shown only once. The previous secret also signs for a further 24 hours by default. If the secret was exposed, create another endpoint and delete this one instead. Raises OB001, OB002, OB003, OB030.';
revoke all on function public.rotate_webhook_secret(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.rotate_webhook_secret(uuid) to authenticated;
--! EndIncluded functions/webhooks/rotate_webhook_secret.sql

--! Included functions/webhooks/enable_webhook_endpoint.sql
create or replace function public.enable_webhook_endpoint(endpoint_id uuid) returns public.webhook_endpoints
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_endpoint public.webhook_endpoints;
begin
  v_endpoint := app_private.require_webhook_endpoint(enable_webhook_endpoint.endpoint_id);
  if v_endpoint.disabled_at is null then
    raise exception 'This webhook endpoint is already enabled.' using errcode = 'OB030';
  end if;
  update public.webhook_endpoints e set disabled_at = null, disabled_reason = null, failing_since = null
  where e.id = v_endpoint.id returning * into v_endpoint;
  return v_endpoint;
end
$$;
comment on function public.enable_webhook_endpoint(uuid) is
  'Enables a disabled endpoint. Waiting deliveries are then sent; events of the meantime were not recorded. Raises OB001, OB002, OB003, OB030.';
revoke all on function public.enable_webhook_endpoint(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.enable_webhook_endpoint(uuid) to authenticated;
--! EndIncluded functions/webhooks/enable_webhook_endpoint.sql

--! Included functions/webhooks/delete_webhook_endpoint.sql
create or replace function public.delete_webhook_endpoint(endpoint_id uuid) returns public.webhook_endpoints
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_endpoint public.webhook_endpoints;
begin
  v_endpoint := app_private.require_webhook_endpoint(delete_webhook_endpoint.endpoint_id);
  delete from public.webhook_endpoints e where e.id = v_endpoint.id;
  return v_endpoint;
end
$$;
comment on function public.delete_webhook_endpoint(uuid) is
  'Deletes an endpoint with its secrets and all of its deliveries. Raises OB001, OB002, OB003.';
revoke all on function public.delete_webhook_endpoint(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.delete_webhook_endpoint(uuid) to authenticated;
--! EndIncluded functions/webhooks/delete_webhook_endpoint.sql

insert into enums.notification_type values
  ('webhook_disabled', 'A webhook endpoint was disabled');
--! Included templates/webhook_disabled.sql
-- A webhook endpoint was disabled.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('webhook_disabled', 'vendor', 'en',
    'Webhooks to {{host}} have stopped',
    '{{host}} no longer accepts webhooks, so nothing is sent there. Repair it, then enable the endpoint again.',
    '{push,in_app,email}', 'high', '/vendor/webhooks/{{endpoint_id}}'),
  ('webhook_disabled', 'vendor', 'hi',
    '{{host}} के वेबहुक रुक गए हैं',
    '{{host}} उन्हें अब नहीं ले रहा, इसलिए वहाँ कुछ नहीं भेजा जा रहा। उसे ठीक करें, फिर एंडपॉइंट को दोबारा चालू करें।',
    '{push,in_app,email}', 'high', '/vendor/webhooks/{{endpoint_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/webhook_disabled.sql

--! Included functions/webhooks/disable_webhook_endpoint.sql
create or replace function app_private.disable_webhook_endpoint(p_endpoint_id uuid, p_reason text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_endpoint public.webhook_endpoints;
begin
  update public.webhook_endpoints e set disabled_at = now(), disabled_reason = p_reason
  where e.id = p_endpoint_id and e.disabled_at is null returning * into v_endpoint;
  if not found then
    return;
  end if;
  perform app_private.notify(
    v.user_id, 'vendor', 'webhook_disabled',
    jsonb_build_object(
      'host', substring(v_endpoint.url from '://([^/?]+)'), 'endpoint_id', v_endpoint.id),
    jsonb_build_object('screen', 'webhooks', 'endpointId', v_endpoint.id))
  from public.vendors v where v.id = v_endpoint.vendor_id;
end
$$;
comment on function app_private.disable_webhook_endpoint(uuid, text) is
  'Disables an endpoint and notifies the vendor''s owner. Waiting deliveries stay until it is enabled.';
revoke all on function app_private.disable_webhook_endpoint(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/webhooks/disable_webhook_endpoint.sql

--! split: 020-webhook-deliveries.sql
-- Events for partners. The event log is the outbox: events are in it since their own transaction, and have
-- their place in the order when the relay has published them. One worker at a time reads on from the last
-- cursor and creates a delivery for each subscribed endpoint. So neither bookings nor the relay pay for
-- webhooks, nothing committed is left out, and nothing rolled back is sent.
--
-- Workers lease deliveries. One has the same id at every attempt.

create table app_private.webhook_cursor (
  only_row boolean primary key default true check (only_row),
  sequence bigint not null
);
alter table app_private.webhook_cursor enable row level security;
comment on table app_private.webhook_cursor is
  'The event cursor of the webhooks. No policy: only functions of the owner read it.';
comment on column app_private.webhook_cursor.only_row is 'There is only this row.';
comment on column app_private.webhook_cursor.sequence is 'Number of the last event that was read.';
insert into app_private.webhook_cursor (sequence) select s.last_value from app_private.event_sequence s;

create table public.webhook_deliveries (
  id uuid primary key default gen_random_uuid(),
  endpoint_id uuid not null references public.webhook_endpoints (id) on delete cascade,
  event_id bigint,
  type text not null references enums.webhook_event_type,
  subject_id uuid,
  happened_at timestamptz not null,
  payload jsonb,
  status text not null default 'waiting' references enums.delivery_status,
  attempts integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz default now(),
  leased_until timestamptz,
  response_status integer,
  response_body text,
  last_error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint webhook_deliveries_once unique (endpoint_id, event_id),
  constraint webhook_deliveries_due_while_open
    check ((status in ('waiting', 'failed')) = (next_attempt_at is not null)),
  constraint webhook_deliveries_finished check ((next_attempt_at is null) = (finished_at is not null)),
  constraint webhook_deliveries_leased_while_open check (leased_until is null or next_attempt_at is not null)
);
alter table public.webhook_deliveries enable row level security;
select app_private.keep_timestamps('public.webhook_deliveries');
-- Deliveries that are due for an endpoint.
create index webhook_deliveries_due_idx on public.webhook_deliveries (endpoint_id, next_attempt_at)
  where next_attempt_at is not null;
-- Deliveries that are being sent.
create index webhook_deliveries_under_way_idx on public.webhook_deliveries (endpoint_id)
  where leased_until is not null;
-- Deliveries of an endpoint, latest first.
create index webhook_deliveries_endpoint_id_idx on public.webhook_deliveries (endpoint_id, created_at desc);
-- Results of the rest, and deliveries that were kept long enough.
create index webhook_deliveries_finished_at_idx
  on public.webhook_deliveries (status, finished_at desc) where finished_at is not null;
create index webhook_deliveries_created_at_idx on public.webhook_deliveries (created_at);
comment on table public.webhook_deliveries is
  'Deliveries of events to the endpoints of a vendor, one row per event and endpoint, kept for 30 days by default.';
comment on column public.webhook_deliveries.id is
  'Identifies the delivery, also for the endpoint: the header webhook-id, the same at every attempt.';
comment on column public.webhook_deliveries.endpoint_id is 'Endpoint of the delivery.';
comment on column public.webhook_deliveries.event_id is 'Event in the log of live updates; null for a test.';
comment on column public.webhook_deliveries.type is 'Type of the event.';
comment on column public.webhook_deliveries.subject_id is 'Booking or assignment of the event; null for a test.';
comment on column public.webhook_deliveries.happened_at is 'When it happened.';
comment on column public.webhook_deliveries.payload is
  'The payload, fixed at the first attempt: an object with type, timestamp, and data, the row at that time. Null until then.';
comment on column public.webhook_deliveries.status is 'State of the delivery.';
comment on column public.webhook_deliveries.attempts is
  'How often it was tried since it was last sent by hand.';
comment on column public.webhook_deliveries.next_attempt_at is 'When the next attempt is due; null when it is finished.';
comment on column public.webhook_deliveries.leased_until is
  'End of the lease of a worker, which counts as dead after that; null when none has it.';
comment on column public.webhook_deliveries.response_status is
  'HTTP status of the last answer; null while there was none.';
comment on column public.webhook_deliveries.response_body is
  'Beginning of the last answer, at most 1000 bytes; null while there was none.';
comment on column public.webhook_deliveries.last_error is 'Error of the last failed attempt; null when there was none.';
comment on column public.webhook_deliveries.finished_at is 'When it was sent or given up; null until then.';
comment on constraint webhook_deliveries_once on public.webhook_deliveries is
  'This endpoint has already received this event. Use a replay to send it again.';

--! Included functions/webhooks/my_webhook_endpoint_ids.sql
create or replace function app_private.my_webhook_endpoint_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select e.id from public.webhook_endpoints e
    where e.vendor_id = any (app_private.my_vendor_ids('manage'))
  );
end
$$;
comment on function app_private.my_webhook_endpoint_ids() is
  'Webhook endpoints of the vendors that the signed-in user manages.';
revoke all on function app_private.my_webhook_endpoint_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_webhook_endpoint_ids() to authenticated;
--! EndIncluded functions/webhooks/my_webhook_endpoint_ids.sql

create policy select_managed on public.webhook_deliveries for select to authenticated
  using (endpoint_id = any ((select app_private.my_webhook_endpoint_ids())::uuid[]));
create policy select_staff on public.webhook_deliveries for select to staff
  using ((select app_private.has_permission('error_logs.read')));
grant select on public.webhook_deliveries to authenticated, staff;

--! Included functions/webhooks/webhook_event_type.sql
create or replace function app_private.webhook_event_type(p_event text) returns text
language plpgsql immutable set search_path = '' as $$
begin
  return case
    when p_event in ('booking.created', 'booking.confirmed', 'booking.assigned', 'booking.in_progress',
      'booking.completed', 'booking.cancelled') then p_event
    when p_event like 'booking.%' then 'booking.updated'
    when p_event in ('assignment.created', 'beautician_assignment.created') then 'assignment.created'
    when p_event in ('assignment.cancelled', 'beautician_assignment.cancelled') then 'assignment.cancelled'
    when p_event like 'assignment.%' or p_event like 'beautician_assignment.%' then 'assignment.updated'
  end;
end
$$;
comment on function app_private.webhook_event_type(text) is
  'The type of an event in webhooks; null when webhooks do not report it.';
revoke all on function app_private.webhook_event_type(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/webhooks/webhook_event_type.sql

--! Included functions/webhooks/queue_webhooks.sql
create or replace function app_private.queue_webhooks(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_from bigint;
  v_to bigint;
begin
  -- The common case, several times a second: nothing to do, nothing locked.
  select s.last_value into v_to from app_private.event_sequence s;
  select c.sequence into v_from from app_private.webhook_cursor c;
  if v_from >= v_to then
    return 0;
  end if;
  -- One worker reads, and the others do nothing.
  select c.sequence into v_from from app_private.webhook_cursor c for update skip locked;
  if not found or v_from >= v_to then
    return 0;
  end if;
  if exists (select from public.webhook_endpoints e where e.disabled_at is null) then
    v_to := least(v_to, v_from + p_limit);
    insert into public.webhook_deliveries (endpoint_id, event_id, type, subject_id, happened_at)
    select e.id, v.id, app_private.webhook_event_type(v.event), v.subject_id, v.created_at
    from app_private.events v
    cross join unnest(v.topics) t (topic)
    join public.webhook_endpoints e on 'vendor:' || e.vendor_id = t.topic
    where v.sequence > v_from and v.sequence <= v_to
      and app_private.webhook_event_type(v.event) = any (e.event_types)
      and e.disabled_at is null and v.created_at >= e.created_at
    order by v.sequence
    -- An endpoint that is being deleted is waited for and then left out.
    for key share of e
    on conflict do nothing;
  end if;
  update app_private.webhook_cursor set sequence = v_to;
  return v_to - v_from;
end
$$;
comment on function app_private.queue_webhooks(integer) is
  'Creates deliveries for the events since the last call, for at most p_limit events with subscribed endpoints. Returns how many events were read.';
revoke all on function app_private.queue_webhooks(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.queue_webhooks(integer) to ombaro_worker;
--! EndIncluded functions/webhooks/queue_webhooks.sql

--! Included functions/webhooks/webhook_data.sql
-- Data of a partner's own vendor, as far as its staff may read it, and less: no name, number, address or text
-- of a customer, and no notes. Amounts are rupees as text, because not all programs keep 1050.00 as a number.
create or replace function app_private.webhook_data(p_type text, p_subject_id uuid, p_vendor_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' set timezone = 'UTC' as $$
begin
  if p_type = 'webhook.test' then
    return '{}';
  elsif p_type like 'booking.%' then
    return (
      select jsonb_build_object(
        'id', b.id, 'bookingNumber', b.booking_number, 'bookingType', b.booking_type,
        'status', b.status, 'paymentStatus', b.payment_status,
        'startsAt', b.starts_at, 'endsAt', b.ends_at, 'timeZone', b.time_zone,
        'services', (
          select coalesce(
            jsonb_agg(jsonb_build_object('name', i.service_name, 'quantity', i.quantity)
              order by i.created_at, i.id), '[]')
          from public.booking_items i where i.booking_id = b.id),
        'totalAmount', b.total_amount::text, 'discountAmount', b.discount_amount::text,
        'serviceCharge', b.service_charge::text, 'taxAmount', b.tax_amount::text,
        'finalAmount', b.final_amount::text,
        'createdAt', b.created_at, 'updatedAt', b.updated_at)
      from public.bookings b
      where b.id = p_subject_id and b.vendor_id = p_vendor_id
    );
  end if;
  return (
    select jsonb_build_object(
      'id', a.id, 'bookingId', a.booking_id, 'bookingNumber', b.booking_number,
      'providerKind', a.kind, 'providerId', a.provider_id, 'status', a.status,
      'actualStartTime', a.actual_start_time, 'actualEndTime', a.actual_end_time,
      'createdAt', a.created_at, 'updatedAt', a.updated_at)
    from (
      select t.id, t.booking_id, 'therapist' as kind, t.therapist_id as provider_id, t.status,
        t.actual_start_time, t.actual_end_time, t.created_at, t.updated_at
      from public.therapist_assignments t
      where t.id = p_subject_id and t.vendor_id = p_vendor_id
      union all
      select t.id, t.booking_id, 'beautician', t.beautician_id, t.status,
        t.actual_start_time, t.actual_end_time, t.created_at, t.updated_at
      from public.beautician_assignments t
      where t.id = p_subject_id and t.vendor_id = p_vendor_id
    ) a
    join public.bookings b on b.id = a.booking_id
    limit 1
  );
end
$$;
comment on function app_private.webhook_data(text, uuid, uuid) is
  'The data of a booking or assignment for a vendor''s endpoint: ids, number, state, times, names of services, amounts. Null when it does not exist or belongs to another vendor.';
revoke all on function app_private.webhook_data(text, uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/webhooks/webhook_data.sql

--! Included functions/webhooks/close_webhook.sql
create or replace function app_private.close_webhook(p_delivery_id uuid, p_status text, p_error text) returns void
language sql volatile security definer set search_path = '' as $$
  update public.webhook_deliveries d
  -- The attempt for which it was leased does not begin.
  set status = p_status, next_attempt_at = null, leased_until = null, attempts = d.attempts - 1,
    finished_at = now(), last_error = p_error
  where d.id = p_delivery_id
$$;
comment on function app_private.close_webhook(uuid, text, text) is 'Ends a delivery without further attempts and records the reason.';
revoke all on function app_private.close_webhook(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/webhooks/close_webhook.sql

--! Included functions/webhooks/lease_webhooks.sql
create or replace function app_private.lease_webhooks(p_limit integer, p_lease interval)
returns table (delivery_id uuid, attempt integer, url text, secrets text[], body text)
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_attempts integer := 1 + jsonb_array_length(app_private.setting('webhooks.waits_seconds'));
  v_concurrency integer := app_private.setting('webhooks.concurrency')::integer;
  v_left integer := p_limit;
  v_hands integer;
  v_ids uuid[];
  v_secrets text[];
  v_endpoint public.webhook_endpoints;
  v_delivery public.webhook_deliveries;
  v_payload jsonb;
begin
  -- Does not wait for the disk: rows that are lost when the server crashes were not leased, and are due
  -- again.
  perform set_config('synchronous_commit', 'off', true);
  -- Endpoint by endpoint, so that a long queue of one does not hide the others; working endpoints come first.
  -- A worker that has locked the endpoint is leasing for it.
  for v_endpoint in
    select e.* from public.webhook_endpoints e
    where e.disabled_at is null and exists (
      select from public.webhook_deliveries d
      where d.endpoint_id = e.id and d.next_attempt_at <= now()
        and (d.leased_until is null or d.leased_until <= now()))
    order by e.failing_since is not null, random()
    for no key update skip locked
  loop
    exit when v_left <= 0;
    v_hands := case when v_endpoint.failing_since is null then v_concurrency else 1 end - (
      select count(*) from public.webhook_deliveries d
      where d.endpoint_id = v_endpoint.id and d.leased_until > now());
    continue when v_hands <= 0;
    v_secrets := array(
      select s.secret from app_private.webhook_secrets s
      where s.endpoint_id = v_endpoint.id and coalesce(s.expires_at, 'infinity') > now()
      order by s.id desc);
    v_ids := array(select app_private.lease('public.webhook_deliveries',
      format('r.endpoint_id = %L', v_endpoint.id), least(v_left, v_hands), p_lease));
    for v_delivery in
      select d.* from public.webhook_deliveries d where d.id = any (v_ids) order by d.next_attempt_at
    loop
      if v_delivery.attempts > v_attempts then
        perform app_private.close_webhook(v_delivery.id, 'dead', 'The worker stopped during every delivery attempt.');
        continue;
      end if;
      v_payload := coalesce(v_delivery.payload, jsonb_build_object(
        'type', v_delivery.type,
        'timestamp', to_char(v_delivery.happened_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'data', app_private.webhook_data(
          v_delivery.type, v_delivery.subject_id, v_endpoint.vendor_id)));
      if v_payload -> 'data' = 'null' then
        perform app_private.close_webhook(v_delivery.id, 'dropped', 'The event no longer belongs to this vendor.');
        continue;
      end if;
      update public.webhook_deliveries d set payload = v_payload
      where d.id = v_delivery.id and d.payload is null;
      delivery_id := v_delivery.id;
      attempt := v_delivery.attempts;
      url := v_endpoint.url;
      secrets := v_secrets;
      body := v_payload::text;
      return next;
      v_left := v_left - 1;
    end loop;
  end loop;
end
$$;
comment on function app_private.lease_webhooks(integer, interval) is
  'Leases due webhooks and returns what to send where, signed with which secrets: at most p_limit, and for one endpoint at most as many as may run at once over all workers (setting webhooks.concurrency; one while it fails). No other worker takes them before the lease ends.';
revoke all on function app_private.lease_webhooks(integer, interval) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.lease_webhooks(integer, interval) to ombaro_worker;
--! EndIncluded functions/webhooks/lease_webhooks.sql

--! Included functions/webhooks/finish_webhook.sql
create or replace function app_private.finish_webhook(
  p_delivery_id uuid, p_attempt integer, p_outcome text, p_error text,
  p_response_status integer, p_response_body text, p_retry_seconds numeric
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_waits jsonb := app_private.setting('webhooks.waits_seconds');
  v_disable_after interval := app_private.setting('webhooks.disable_after_days')::numeric * interval '1 day';
  v_endpoint public.webhook_endpoints;
  v_delivery public.webhook_deliveries;
  v_is_endpoint_touched boolean;
  v_wait numeric;
begin
  select e.* into v_endpoint
  from public.webhook_deliveries d join public.webhook_endpoints e on e.id = d.endpoint_id
  where d.id = p_delivery_id;
  v_is_endpoint_touched := case p_outcome
    when 'sent' then v_endpoint.failing_since is not null
    when 'failed' then coalesce(v_endpoint.failing_since, '-infinity') <= now() - v_disable_after
    else true end;
  -- Endpoint first, then delivery, as everywhere both are locked.
  if v_is_endpoint_touched then
    perform from public.webhook_endpoints e where e.id = v_endpoint.id for no key update;
  end if;
  select * into v_delivery from public.webhook_deliveries d where d.id = p_delivery_id for no key update;
  if not found then
    return null;
  end if;
  -- A late result says nothing about the attempt that has begun since; but that it was sent is recorded.
  if v_delivery.next_attempt_at is null
    or ((v_delivery.attempts <> p_attempt or v_delivery.leased_until is null) and p_outcome <> 'sent') then
    return v_delivery.status;
  end if;

  if v_is_endpoint_touched then
    update public.webhook_endpoints e
    set failing_since = case when p_outcome <> 'sent' then coalesce(e.failing_since, now()) end
    where e.id = v_endpoint.id returning * into v_endpoint;
    if p_outcome = 'gone' then
      perform app_private.disable_webhook_endpoint(v_endpoint.id, 'gone');
    elsif v_endpoint.failing_since <= now() - v_disable_after then
      perform app_private.disable_webhook_endpoint(v_endpoint.id, 'failing');
    end if;
  end if;

  -- Counted from 0; null after the last.
  v_wait := (v_waits ->> (v_delivery.attempts - 1))::numeric;
  if p_outcome = 'failed' and v_wait is not null then
    -- A quarter more or less, so that deliveries that failed together are not retried together. When the
    -- partner gives a time, not before that, within a day.
    v_wait := greatest(v_wait * (0.75 + random()::numeric / 2), least(86400, coalesce(p_retry_seconds, 0)));
    update public.webhook_deliveries d
    set status = 'failed', leased_until = null, next_attempt_at = now() + v_wait * interval '1 second',
      response_status = p_response_status, response_body = p_response_body, last_error = left(p_error, 1000)
    where d.id = p_delivery_id;
    return 'failed';
  end if;
  update public.webhook_deliveries d
  set status = case p_outcome when 'sent' then 'sent' else 'dead' end,
    leased_until = null, next_attempt_at = null, finished_at = now(),
    response_status = p_response_status, response_body = p_response_body,
    last_error = coalesce(left(p_error, 1000), d.last_error)
  where d.id = p_delivery_id returning * into v_delivery;
  return v_delivery.status;
end
$$;
comment on function app_private.finish_webhook(uuid, integer, text, text, integer, text, numeric) is
  'Records the end of an attempt: sent, failed or gone (410: the endpoint is disabled). Sets when the next one is due, by the setting webhooks.waits_seconds or later where the partner says so. An endpoint without a success for days is disabled. Returns the status of the delivery.';
revoke all on function app_private.finish_webhook(uuid, integer, text, text, integer, text, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.finish_webhook(uuid, integer, text, text, integer, text, numeric) to ombaro_worker;
--! EndIncluded functions/webhooks/finish_webhook.sql

--! Included functions/webhooks/send_test_webhook.sql
create or replace function public.send_test_webhook(endpoint_id uuid) returns public.webhook_deliveries
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_endpoint public.webhook_endpoints;
  v_delivery public.webhook_deliveries;
begin
  v_endpoint := app_private.require_webhook_endpoint(send_test_webhook.endpoint_id);
  perform app_private.require_enabled(v_endpoint);
  if exists (
    select from public.webhook_deliveries d
    where d.endpoint_id = v_endpoint.id and d.next_attempt_at is not null and d.type = 'webhook.test'
  ) then
    raise exception 'A test of this webhook endpoint is still under way. Wait for its result.'
      using errcode = 'OB030';
  end if;
  insert into public.webhook_deliveries (endpoint_id, type, happened_at)
  values (v_endpoint.id, 'webhook.test', now()) returning * into v_delivery;
  return v_delivery;
end
$$;
comment on function public.send_test_webhook(uuid) is
  'Sends a webhook of type webhook.test to an endpoint, whatever its event types; one at a time. Raises OB001, OB002, OB003, OB030.';
revoke all on function public.send_test_webhook(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.send_test_webhook(uuid) to authenticated;
--! EndIncluded functions/webhooks/send_test_webhook.sql

--! Included functions/webhooks/replay_webhook_delivery.sql
create or replace function public.replay_webhook_delivery(delivery_id uuid) returns public.webhook_deliveries
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_delivery public.webhook_deliveries;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_delivery from public.webhook_deliveries d where d.id = replay_webhook_delivery.delivery_id;
  perform app_private.require_enabled(app_private.require_webhook_endpoint(v_delivery.endpoint_id));
  update public.webhook_deliveries d
  set status = 'waiting', attempts = 0, next_attempt_at = now(), finished_at = null
  where d.id = replay_webhook_delivery.delivery_id and d.status in ('sent', 'dead')
  returning * into v_delivery;
  if not found then
    raise exception 'Only a delivery that was sent or has finally failed can be sent again. Wait for its result.'
      using errcode = 'OB030';
  end if;
  return v_delivery;
end
$$;
comment on function public.replay_webhook_delivery(uuid) is
  'Sends a delivery again that was sent or has failed permanently: the same payload under the same webhook-id, so that a partner recognises a repeated delivery. Raises OB001, OB002, OB003, OB030.';
revoke all on function public.replay_webhook_delivery(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.replay_webhook_delivery(uuid) to authenticated;
--! EndIncluded functions/webhooks/replay_webhook_delivery.sql

--! Included functions/webhooks/replay_webhook_deliveries.sql
create or replace function public.replay_webhook_deliveries(endpoint_id uuid, since timestamptz) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_endpoint public.webhook_endpoints;
  v_count integer;
begin
  v_endpoint := app_private.require_webhook_endpoint(replay_webhook_deliveries.endpoint_id);
  perform app_private.require_enabled(v_endpoint);
  if replay_webhook_deliveries.since is null then
    raise exception 'Since is required. Enter the time of the first event to send again.'
      using errcode = 'OB020', column = 'since';
  end if;
  update public.webhook_deliveries d
  set status = 'waiting', attempts = 0, next_attempt_at = now(), finished_at = null
  where d.endpoint_id = v_endpoint.id and d.created_at >= replay_webhook_deliveries.since
    and d.status = 'dead';
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function public.replay_webhook_deliveries(uuid, timestamptz) is
  'Sends all deliveries of an endpoint since a time again that have failed permanently. Returns how many. Raises OB001, OB002, OB003, OB020, OB030.';
revoke all on function public.replay_webhook_deliveries(uuid, timestamptz) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.replay_webhook_deliveries(uuid, timestamptz) to authenticated;
--! EndIncluded functions/webhooks/replay_webhook_deliveries.sql

--! Included functions/webhooks/forget_webhooks.sql
create or replace function app_private.forget_webhooks(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  delete from public.webhook_deliveries d
  where d.id = any (array(
    select o.id from public.webhook_deliveries o
    where o.created_at < now() - app_private.setting('webhooks.keep_days')::numeric * interval '1 day'
    order by o.created_at
    limit p_limit
    for update skip locked));
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function app_private.forget_webhooks(integer) is
  'Deletes deliveries after 30 days (setting webhooks.keep_days), whatever their state. Those still open then wait for a disabled endpoint. Returns how many.';
revoke all on function app_private.forget_webhooks(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.forget_webhooks(integer) to ombaro_worker;
--! EndIncluded functions/webhooks/forget_webhooks.sql

--! Included functions/webhooks/webhook_figures.sql
create or replace function app_private.webhook_figures()
returns table (
  waiting bigint, failed bigint, dead bigint, sent_last_hour bigint, oldest_seconds double precision,
  disabled_endpoints bigint
)
language sql stable security definer set search_path = '' as $$
  with open as (
    select d.status, d.created_at
    from public.webhook_endpoints e join public.webhook_deliveries d on d.endpoint_id = e.id
    where e.disabled_at is null and d.next_attempt_at is not null
  )
  select
    (select count(*) from open o where o.status = 'waiting'),
    (select count(*) from open o where o.status = 'failed'),
    (select count(*) from public.webhook_deliveries d
      where d.status = 'dead' and d.finished_at is not null),
    (select count(*) from public.webhook_deliveries d
      where d.status = 'sent' and d.finished_at > now() - interval '1 hour'),
    coalesce((select extract(epoch from now() - min(o.created_at)) from open o where o.status = 'waiting'), 0)
      ::double precision,
    (select count(*) from public.webhook_endpoints e where e.disabled_at is not null)
$$;
comment on function app_private.webhook_figures() is
  'How many webhooks to enabled endpoints wait, are to be retried, have failed permanently, or were sent in the last hour; for how many seconds the oldest that was not tried yet has waited; and how many endpoints are disabled.';
revoke all on function app_private.webhook_figures() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.webhook_figures() to ombaro_api;
--! EndIncluded functions/webhooks/webhook_figures.sql

--! Included functions/live/trim_events.sql
-- As before, but no event is removed before webhooks have read it.
create or replace function app_private.trim_events() returns integer
language plpgsql volatile security definer set search_path = '' set lock_timeout = '100ms' as $$
declare
  v_batch constant integer := 10000;
  v_first_day date := app_private.today() - app_private.setting('events.keep_days')::integer;
  v_over text[];
  v_name text;
  v_is_unpublished boolean;
  v_highest bigint;
  v_gone integer := 0;
  v_deleted integer;
  v_queued bigint;
begin
  perform app_private.queue_webhooks(1000000);
  select c.sequence into v_queued from app_private.webhook_cursor c;
  v_over := array(
    select c.relname from pg_catalog.pg_inherits i
    join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'app_private.events'::regclass
      and c.relname ~ '^events_\d{8}$'
      and to_date(right(c.relname, 8), 'YYYYMMDD') < v_first_day
    order by c.relname
  );
  if v_over <> '{}' then
    -- Before looking: no running transaction then has an invisible row in it.
    lock table only app_private.events in access exclusive mode;
    foreach v_name in array v_over loop
      execute format(
        'select exists (select from app_private.%1$I where sequence is null),
          (select max(sequence) from app_private.%1$I)', v_name)
      into v_is_unpublished, v_highest;
      continue when v_is_unpublished or v_highest > v_queued;
      execute format('drop table app_private.%I', v_name);
      update app_private.event_sequence set trimmed_to = greatest(trimmed_to, v_highest);
      v_gone := v_gone + 1;
    end loop;
  end if;

  with over as (
    select e.created_at, e.id from app_private.events_default e
    where e.created_at < app_private.start_of(v_first_day) and e.sequence <= v_queued
    order by e.created_at
    limit v_batch
  ), deleted as (
    delete from app_private.events_default e using over o
    where e.created_at = o.created_at and e.id = o.id
    returning e.sequence
  )
  select count(*), max(d.sequence) into v_deleted, v_highest from deleted d;
  if v_deleted > 0 then
    update app_private.event_sequence set trimmed_to = greatest(trimmed_to, v_highest);
  end if;
  return v_gone + v_deleted;
exception
  when lock_not_available then
    return -1;
end
$$;
comment on function app_private.trim_events() is
  'Removes published events after a week (setting events.keep_days): drops the partitions of days that were over then, and deletes at most 10000 rows from the default partition; returns how many of both. Stops when the log is busy, undoes its work and returns -1. Runs every hour.';
revoke all on function app_private.trim_events() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.trim_events() to ombaro_worker;
--! EndIncluded functions/live/trim_events.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.13', 'webhooks', '2026-11-25', 'Webhooks: events of bookings and assignments for vendors'' own software');
