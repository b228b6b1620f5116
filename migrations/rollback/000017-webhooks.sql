-- Undoes webhooks: endpoints, their secrets and deliveries.

drop function if exists
  app_private.webhook_figures(), app_private.forget_webhooks(integer),
  public.replay_webhook_deliveries(uuid, timestamptz), public.replay_webhook_delivery(uuid),
  public.send_test_webhook(uuid),
  app_private.finish_webhook(uuid, integer, text, text, integer, text, numeric),
  app_private.lease_webhooks(integer, interval), app_private.close_webhook(uuid, text, text),
  app_private.webhook_data(text, uuid, uuid);

-- As before: an event is removed when it is published and old.
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
begin
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
      continue when v_is_unpublished;
      execute format('drop table app_private.%I', v_name);
      update app_private.event_sequence set trimmed_to = greatest(trimmed_to, v_highest);
      v_gone := v_gone + 1;
    end loop;
  end if;

  with over as (
    select e.created_at, e.id from app_private.events_default e
    where e.created_at < app_private.start_of(v_first_day) and e.sequence is not null
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

drop function if exists app_private.queue_webhooks(integer), app_private.webhook_event_type(text);
drop table if exists public.webhook_deliveries, app_private.webhook_cursor;
drop function if exists app_private.my_webhook_endpoint_ids();

drop function if exists app_private.disable_webhook_endpoint(uuid, text);
delete from public.notification_templates where type = 'webhook_disabled';
delete from public.notifications where type = 'webhook_disabled';
delete from enums.notification_type where value = 'webhook_disabled';
drop function if exists
  public.delete_webhook_endpoint(uuid), public.enable_webhook_endpoint(uuid),
  public.rotate_webhook_secret(uuid), public.update_webhook_endpoint(uuid, text, text[], text),
  public.create_webhook_endpoint(uuid, text, text[], text);
drop function if exists
  app_private.require_enabled(public.webhook_endpoints), app_private.require_webhook_endpoint(uuid),
  app_private.require_webhook_manager(uuid, text), app_private.require_webhook_event_types(text[]),
  app_private.require_webhook_url(text), app_private.make_webhook_secret(uuid);
drop function if exists public.webhook_secret_endpoint(public.webhook_secret);
drop type if exists public.webhook_secret;
drop table if exists app_private.webhook_secrets, public.webhook_endpoints;
drop table if exists enums.webhook_disabled_reason, enums.webhook_event_type;
delete from public.system_settings where category = 'webhooks';

delete from public.schema_versions where version = '1.13';
