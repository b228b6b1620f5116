--! Previous: sha1:84c48de7cecbacd8f6e355d5549e1c4957a037f5
--! Hash: sha1:b7c2ffbfb2088a2865cac900b5bba21022cfaa34
--! Message: provider-life

--! split: 010-words.sql
-- The life of a provider: paused and resumed, suspended and readmitted, and ended. Until now the state was a
-- column that no function set. Here are the acts, their effect on reserved bookings, and the suspension of
-- accounts, which applies to everything that is linked to them.

insert into enums.notification_type values
  ('provider_paused', 'A provider takes no new bookings'),
  ('provider_resumed', 'A provider takes bookings again'),
  ('provider_suspended', 'The platform has suspended a provider'),
  ('provider_ended', 'A provider leaves a vendor');
--! Included templates/provider_paused.sql
-- A provider takes no new bookings.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('provider_paused', 'provider', 'en',
    'You receive no new bookings for now',
    '{{vendor}} has paused you. Your existing bookings stay. {{reason}}',
    '{push,in_app}', 'normal', '/profile'),
  ('provider_paused', 'provider', 'hi',
    'अभी आपको नई बुकिंग नहीं मिलेगी',
    '{{vendor}} ने आपको रोका है। आपकी मौजूदा बुकिंग जारी रहेंगी। {{reason}}',
    '{push,in_app}', 'normal', '/profile'),
  ('provider_paused', 'vendor', 'en',
    '{{provider}} takes no new bookings for now',
    'Existing bookings stay. {{reason}}',
    '{push,in_app}', 'normal', '/vendor/providers/{{provider_id}}'),
  ('provider_paused', 'vendor', 'hi',
    '{{provider}} अभी नई बुकिंग नहीं लेंगे',
    'पहले से की गई बुकिंग जारी रहेंगी। {{reason}}',
    '{push,in_app}', 'normal', '/vendor/providers/{{provider_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/provider_paused.sql

--! Included templates/provider_resumed.sql
-- A provider takes bookings again.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('provider_resumed', 'provider', 'en',
    'You receive bookings again',
    'At {{vendor}}.',
    '{push,in_app}', 'normal', '/profile'),
  ('provider_resumed', 'provider', 'hi',
    'आपको फिर से बुकिंग मिलेंगी',
    '{{vendor}} में।',
    '{push,in_app}', 'normal', '/profile'),
  ('provider_resumed', 'vendor', 'en',
    '{{provider}} takes bookings again',
    'New bookings are possible.',
    '{in_app}', 'normal', '/vendor/providers/{{provider_id}}'),
  ('provider_resumed', 'vendor', 'hi',
    '{{provider}} फिर से बुकिंग लेंगे',
    'नई बुकिंग की जा सकती हैं।',
    '{in_app}', 'normal', '/vendor/providers/{{provider_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/provider_resumed.sql

--! Included templates/provider_suspended.sql
-- The platform has suspended a provider.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('provider_suspended', 'provider', 'en',
    'You are suspended',
    'You receive no bookings until further notice. {{reason}}',
    '{push,in_app,sms}', 'high', '/profile'),
  ('provider_suspended', 'provider', 'hi',
    'आपको निलंबित किया गया है',
    'अगली सूचना तक आपको कोई बुकिंग नहीं मिलेगी। {{reason}}',
    '{push,in_app,sms}', 'high', '/profile'),
  ('provider_suspended', 'vendor', 'en',
    '{{provider}} is suspended',
    'Coming bookings of {{provider}} that need another provider: {{count}}. {{reason}}',
    '{push,in_app,email}', 'high', '/vendor/providers/{{provider_id}}'),
  ('provider_suspended', 'vendor', 'hi',
    '{{provider}} निलंबित हैं',
    '{{provider}} की आने वाली बुकिंग के लिए किसी और की ज़रूरत है: {{count}}। {{reason}}',
    '{push,in_app,email}', 'high', '/vendor/providers/{{provider_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/provider_suspended.sql

--! Included templates/provider_ended.sql
-- A provider leaves a vendor.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('provider_ended', 'provider', 'en',
    'Your last day at {{vendor}} is {{date}}',
    '{{reason}}',
    '{push,in_app,sms}', 'high', '/profile'),
  ('provider_ended', 'provider', 'hi',
    '{{vendor}} में आपका आखिरी दिन {{date}} है',
    '{{reason}}',
    '{push,in_app,sms}', 'high', '/profile'),
  ('provider_ended', 'vendor', 'en',
    'The last day of {{provider}} is {{date}}',
    '{{reason}}',
    '{push,in_app}', 'high', '/vendor/providers/{{provider_id}}'),
  ('provider_ended', 'vendor', 'hi',
    '{{provider}} का आखिरी दिन {{date}} है',
    '{{reason}}',
    '{push,in_app}', 'high', '/vendor/providers/{{provider_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/provider_ended.sql

--! Included functions/providers/tell_provider_state.sql
create or replace function app_private.tell_provider_state(
  p_person app_private.provider_person, p_type text, p_audiences text[], p_fields jsonb default '{}'
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_data jsonb := jsonb_build_object('screen', 'provider', 'providerId', p_person.id);
  v_fields jsonb := jsonb_build_object('provider', p_person.name, 'provider_id', p_person.id, 'reason', '',
      'vendor', (select v.business_name from public.vendors v where v.id = p_person.vendor_id))
    || jsonb_strip_nulls(p_fields);
begin
  if 'provider' = any (p_audiences) then
    perform app_private.notify(p_person.user_id, 'provider', p_type, v_fields, v_data);
  end if;
  if 'vendor' = any (p_audiences) then
    perform app_private.notify(u, 'vendor', p_type, v_fields, v_data)
      from app_private.vendor_desk(p_person.vendor_id) u where u is distinct from p_person.user_id;
  end if;
end
$$;
comment on function app_private.tell_provider_state(app_private.provider_person, text, text[], jsonb) is
  'Notifies the provider, the vendor''s desk or both of a change of the provider''s state.';
revoke all on function app_private.tell_provider_state(app_private.provider_person, text, text[], jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/tell_provider_state.sql

--! split: 020-reservations.sql
-- Reservations of a provider who is no longer available. Locks are taken as everywhere: accounts, bookings,
-- holds, providers. Which bookings a provider has is certain only after locking the provider, which comes
-- last; when another booking is found then, all locks are released and it begins again.

--! Included functions/providers/reserved_bookings.sql
create or replace function app_private.reserved_bookings(p_provider_ids uuid[], p_after date default null)
returns setof public.bookings
language sql stable security definer set search_path = '' as $$
  select b.* from public.bookings b
  where b.id in (
      select r.booking_id from app_private.provider_reservations r
      where r.provider_id = any (p_provider_ids) and r.booking_id is not null
      union all
      -- An imported booking may have no reservation.
      select a.booking_id from public.providers p
      join public.therapist_assignments a on a.therapist_id = p.therapist_id
      where p.id = any (p_provider_ids) and a.status not in ('cancelled', 'completed')
      union all
      select a.booking_id from public.providers p
      join public.beautician_assignments a on a.beautician_id = p.beautician_id
      where p.id = any (p_provider_ids) and a.status not in ('cancelled', 'completed'))
    and b.status in ('pending', 'confirmed', 'assigned') and b.ends_at > now()
    and b.booking_date > coalesce(p_after, '-infinity')
$$;
comment on function app_private.reserved_bookings(uuid[], date) is
  'Coming bookings, not started, for which these providers are reserved; after a day in the vendor''s time zone, if one is given.';
revoke all on function app_private.reserved_bookings(uuid[], date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/reserved_bookings.sql

--! Included functions/providers/open_booking_ids.sql
create or replace function app_private.open_booking_ids(p_provider_id uuid, p_after date) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select b.id from app_private.reserved_bookings(array[p_provider_id], p_after) b
$$;
comment on function app_private.open_booking_ids(uuid, date) is
  'Ids of the coming bookings of a provider, after a day if one is given.';
revoke all on function app_private.open_booking_ids(uuid, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.open_booking_ids(uuid, date) to authenticated, staff;
--! EndIncluded functions/providers/open_booking_ids.sql

--! Included functions/providers/providers_open_bookings.sql
create or replace function public.providers_open_bookings(provider public.providers, after_day date default null)
returns setof public.bookings
language sql stable set search_path = '' as $$
  -- Through the table, so that the policies of the reader apply.
  select b.* from public.bookings b
  where b.id in (select o from app_private.open_booking_ids(provider.id, after_day) o)
  order by b.starts_at, b.id
$$;
comment on function public.providers_open_bookings(public.providers, date) is
  'Coming bookings of the provider, as far as the reader may see them; after a day in the vendor''s time zone, if one is given. They must be reassigned before endProvider can name that day.';
revoke all on function public.providers_open_bookings(public.providers, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.providers_open_bookings(public.providers, date) to authenticated, staff;
--! EndIncluded functions/providers/providers_open_bookings.sql

--! Included functions/providers/open_holds.sql
create or replace function app_private.open_holds(
  p_provider_ids uuid[], p_vendor_ids uuid[] default '{}', p_after date default null
) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select h.id from public.booking_holds h
  join public.vendors v on v.id = h.vendor_id
  where (h.provider_id = any (p_provider_ids) or h.vendor_id = any (p_vendor_ids))
    and h.booking_id is null and h.expires_at > now()
    and (h.starts_at at time zone v.time_zone)::date > coalesce(p_after, '-infinity')
$$;
comment on function app_private.open_holds(uuid[], uuid[], date) is
  'Ids of the open holds of these providers and at these vendors, after a day if one is given.';
revoke all on function app_private.open_holds(uuid[], uuid[], date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/open_holds.sql

--! Included functions/providers/lock_reservations.sql
create or replace function app_private.lock_reservations(p_provider_ids uuid[], p_vendor_ids uuid[] default '{}') returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking_ids uuid[];
  v_hold_ids uuid[];
begin
  loop
    begin
      perform from public.user_profiles u
      where u.id in (select (app_private.person_of(p)).user_id from unnest(p_provider_ids) p)
      order by u.id for no key update;
      v_booking_ids := array(select b.id from app_private.reserved_bookings(p_provider_ids) b);
      perform from public.bookings b where b.id = any (v_booking_ids) order by b.id for no key update;
      v_hold_ids := array(select app_private.open_holds(p_provider_ids, p_vendor_ids));
      perform from public.booking_holds h where h.id = any (v_hold_ids) order by h.id for update;
      perform from public.providers p
      where p.id = any (p_provider_ids) or p.vendor_id = any (p_vendor_ids)
      order by p.id for no key update;
      -- No reservation can be added now, but one may have been added on the way here.
      exit when not exists (
        select from app_private.reserved_bookings(p_provider_ids) b where b.id <> all (v_booking_ids)
        union all
        select from app_private.open_holds(p_provider_ids, p_vendor_ids) h where h <> all (v_hold_ids));
      raise exception 'Another booking was made at the same moment. Try again.' using errcode = 'OB030';
    exception when sqlstate 'OB030' then
      continue;
    end;
  end loop;
end
$$;
comment on function app_private.lock_reservations(uuid[], uuid[]) is
  'Locks everything that is reserved of these providers: their accounts, their coming bookings, the holds of them and of these vendors, then the providers themselves and all of these vendors. Until the end of the transaction nothing of theirs can be reserved. Where another reservation appears meanwhile, OB030 inside releases the locks and it begins again.';
revoke all on function app_private.lock_reservations(uuid[], uuid[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/lock_reservations.sql

--! Included functions/providers/end_holds.sql
create or replace function app_private.end_holds(
  p_provider_ids uuid[], p_vendor_ids uuid[] default '{}', p_after date default null
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_hold_ids uuid[] := array(select app_private.open_holds(p_provider_ids, p_vendor_ids, p_after));
begin
  delete from app_private.provider_reservations r where r.hold_id = any (v_hold_ids);
  update public.booking_holds h set expires_at = least(h.expires_at, clock_timestamp())
  where h.id = any (v_hold_ids);
end
$$;
comment on function app_private.end_holds(uuid[], uuid[], date) is
  'Ends the open holds of these providers and at these vendors, after a day if one is given. Called after lock_reservations.';
revoke all on function app_private.end_holds(uuid[], uuid[], date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/end_holds.sql

--! Included functions/providers/release_booking.sql
create or replace function app_private.release_booking(p_booking public.bookings, p_reason text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- An unpaid booking is treated as a hold with a number.
  if p_booking.status = 'pending' then
    perform app_private.lapse_booking(p_booking.id, p_reason);
    return false;
  end if;
  update public.bookings b
  set status = 'confirmed', status_reason = p_reason, needs_provider_since = now()
  where b.id = p_booking.id;
  if p_booking.status = 'assigned' then
    -- It notifies provider and vendor.
    perform app_private.cancel_assignments(p_booking.id);
  else
    perform app_private.notify(u, 'vendor', 'assignment_cancelled',
      app_private.booking_fields(p_booking) || jsonb_build_object(
        'provider', (app_private.person_of(r.provider_id)).name),
      jsonb_build_object('screen', 'booking', 'bookingId', p_booking.id))
    from app_private.provider_reservations r, app_private.vendor_desk(p_booking.vendor_id) u
    where r.booking_id = p_booking.id;
  end if;
  perform app_private.release_provider(p_booking.id);
  update public.booking_items i set therapist_id = null
  where i.booking_id = p_booking.id and i.therapist_id is not null;
  return true;
end
$$;
comment on function app_private.release_booking(public.bookings, text) is
  'Takes a locked coming booking from its provider and marks it as waiting for another; an unpaid one lapses, and the result is false. Called after lock_reservations.';
revoke all on function app_private.release_booking(public.bookings, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/release_booking.sql
--! Included functions/providers/release_bookings.sql
create or replace function app_private.release_bookings(p_provider_ids uuid[], p_after date default null) returns integer
language sql volatile security definer set search_path = '' as $$
  select coalesce(sum(app_private.release_booking(b, 'The provider is no longer available')::integer), 0)::integer
  from (select o.* from app_private.reserved_bookings(p_provider_ids, p_after) o order by o.id) b
$$;
comment on function app_private.release_bookings(uuid[], date) is
  'Takes the coming bookings from these providers, after a day if one is given, and marks them as waiting for another; returns how many. Unpaid bookings lapse. Called after lock_reservations.';
revoke all on function app_private.release_bookings(uuid[], date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/release_bookings.sql

--! split: 030-acts.sql
-- The acts. Each checks the user's role, takes the locks, and checks the state after locking.

--! Included functions/providers/roles_for_provider.sql
create or replace function app_private.roles_for_provider(p_person app_private.provider_person) returns text[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array_remove(array[
    case when p_person.user_id = (select auth.uid()) then 'provider' end,
    case when p_person.vendor_id = any (app_private.my_vendor_ids('manage')) then 'vendor' end,
    case when app_private.has_permission('vendors.update') then 'platform' end
  ], null);
end
$$;
comment on function app_private.roles_for_provider(app_private.provider_person) is
  'Roles in which the signed-in user may decide on a provider: provider (their own row), vendor (they manage it), platform.';
revoke all on function app_private.roles_for_provider(app_private.provider_person) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/roles_for_provider.sql

--! Included functions/providers/act_on_provider.sql
create or replace function app_private.act_on_provider(p_provider_id uuid, p_roles text[])
returns app_private.provider_person
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_person app_private.provider_person := app_private.person_of(p_provider_id);
  v_roles text[];
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  if v_person.id is null then
    raise exception 'The provider was not found, or you may not see it. Check the id.'
      using errcode = 'OB003', column = 'provider_id';
  end if;
  v_roles := app_private.roles_for_provider(v_person);
  if v_roles && p_roles then
    -- Only the platform could do it: then not in the user's own matter.
    if not v_roles && (array_remove(p_roles, 'platform')) then
      perform app_private.require_others_provider(v_person);
    end if;
    return v_person;
  end if;
  if v_roles <> '{}' or v_person.vendor_id = any (app_private.my_vendor_ids('member'))
    or app_private.has_permission('vendors.read')
    or exists (select from public.providers p where p.id = p_provider_id and p.is_listed) then
    raise exception 'You are not allowed to decide this for the provider. Ask the vendor or customer care.'
      using errcode = 'OB002';
  end if;
  raise exception 'The provider was not found, or you may not see it. Check the id.'
    using errcode = 'OB003', column = 'provider_id';
end
$$;
comment on function app_private.act_on_provider(uuid, text[]) is
  'A provider, for a user who may decide on it in one of these roles: provider, vendor, platform. Raises OB001, OB002 (may see it but not do this), OB003, OB031 (staff of the platform in their own matter).';
revoke all on function app_private.act_on_provider(uuid, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/act_on_provider.sql

--! Included functions/providers/write_provider_details.sql
create or replace function app_private.write_provider_details(
  p_provider_id uuid, p_paused_by text, p_status_reason text
) returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.provider_private_details as d (provider_id, paused_by, status_reason)
  values (p_provider_id, p_paused_by, p_status_reason)
  on conflict on constraint provider_private_details_pkey do update
  set paused_by = excluded.paused_by, status_reason = excluded.status_reason
$$;
comment on function app_private.write_provider_details(uuid, text, text) is
  'Writes which side has paused a provider, and the reason of its state.';
revoke all on function app_private.write_provider_details(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/write_provider_details.sql

--! Included functions/providers/provider_row.sql
create or replace function app_private.provider_row(p_provider_id uuid) returns public.providers
language sql stable security definer set search_path = '' as $$
  select p from public.providers p where p.id = p_provider_id
$$;
comment on function app_private.provider_row(uuid) is 'The current row of a provider.';
revoke all on function app_private.provider_row(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/provider_row.sql

--! Included functions/providers/pause_provider.sql
create or replace function public.pause_provider(provider_id uuid, reason text default null) returns public.providers
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_person app_private.provider_person
    := app_private.act_on_provider(pause_provider.provider_id, '{vendor,provider}');
  v_side text := case when v_person.user_id = (select auth.uid()) then 'provider' else 'vendor' end;
begin
  perform app_private.lock_reservations(array[v_person.id]);
  v_person := app_private.person_of(v_person.id);
  if v_person.status not in ('active', 'on_leave') then
    raise exception 'A provider who is % cannot be paused. Only an active provider can.', replace(v_person.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  perform app_private.write_provider(v_person.id, p_status => 'paused');
  perform app_private.write_provider_details(v_person.id, v_side, nullif(trim(reason), ''));
  perform app_private.end_holds(array[v_person.id]);
  perform app_private.tell_provider_state(v_person, 'provider_paused',
    array[case v_side when 'provider' then 'vendor' else 'provider' end],
    jsonb_build_object('reason', trim(reason)));
  return app_private.provider_row(v_person.id);
end
$$;
comment on function public.pause_provider(uuid, text) is
  'Pauses a provider, who takes no new bookings from now on; existing bookings stay, open holds end. For the provider and the vendor''s management; the other side is notified. Raises OB001, OB002, OB003, OB030 (not working, or already paused).';
revoke all on function public.pause_provider(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.pause_provider(uuid, text) to authenticated, staff;
--! EndIncluded functions/providers/pause_provider.sql

--! Included functions/providers/resume_provider.sql
create or replace function public.resume_provider(provider_id uuid) returns public.providers
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_person app_private.provider_person
    := app_private.act_on_provider(resume_provider.provider_id, '{vendor,provider,platform}');
  v_details public.provider_private_details;
  v_roles text[] := app_private.roles_for_provider(v_person);
begin
  perform app_private.lock_provider(v_person.id);
  v_person := app_private.person_of(v_person.id);
  select * into v_details from public.provider_private_details d where d.provider_id = v_person.id;
  if v_person.status not in ('paused', 'suspended') then
    raise exception 'A provider who is % cannot be resumed. Only a paused or suspended provider can.',
      replace(v_person.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  if v_person.status = 'suspended' then
    if 'platform' <> all (v_roles) then
      raise exception 'The platform has suspended this provider. Contact customer care.' using errcode = 'OB002';
    end if;
    perform app_private.require_others_provider(v_person);
    -- An earlier pause remains.
    perform app_private.write_provider(v_person.id,
      p_status => case when v_details.paused_by is null then 'active' else 'paused' end);
  else
    -- For an imported provider it is not known who paused it: it counts as the vendor's pause.
    if coalesce(v_details.paused_by, 'vendor') <> all (v_roles) then
      raise exception 'Only the side that paused this provider may resume it. Ask the %.',
        coalesce(v_details.paused_by, 'vendor')
        using errcode = 'OB002';
    end if;
    v_details.paused_by := null;
    perform app_private.write_provider(v_person.id, p_status => 'active');
  end if;
  perform app_private.write_provider_details(v_person.id, v_details.paused_by, null);
  if v_details.paused_by is null then
    perform app_private.tell_provider_state(v_person, 'provider_resumed', '{provider,vendor}');
  end if;
  return app_private.provider_row(v_person.id);
end
$$;
comment on function public.resume_provider(uuid) is
  'Resumes a paused provider, for the side that has paused it, vendor or provider. Also lifts a suspension, for the platform, with the permission vendors.update; an earlier pause then remains. Raises OB001, OB002 (only the other side can do this), OB003, OB030 (neither paused nor suspended), OB031 (your own matter).';
revoke all on function public.resume_provider(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.resume_provider(uuid) to authenticated, staff;
--! EndIncluded functions/providers/resume_provider.sql

--! Included functions/providers/suspend_provider.sql
create or replace function public.suspend_provider(provider_id uuid, reason text) returns public.providers
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_person app_private.provider_person
    := app_private.act_on_provider(suspend_provider.provider_id, '{platform}');
  v_reason text := app_private.required_reason(suspend_provider.reason);
  v_count integer;
begin
  perform app_private.lock_reservations(array[v_person.id]);
  v_person := app_private.person_of(v_person.id);
  if v_person.status not in ('active', 'on_leave', 'paused') then
    raise exception 'A provider who is % cannot be suspended. Reload the provider.', replace(v_person.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  perform app_private.write_provider(v_person.id, p_status => 'suspended');
  perform app_private.write_provider_details(v_person.id,
    (select d.paused_by from public.provider_private_details d where d.provider_id = v_person.id), v_reason);
  perform app_private.end_holds(array[v_person.id]);
  v_count := app_private.release_bookings(array[v_person.id]);
  perform app_private.tell_provider_state(v_person, 'provider_suspended', '{provider,vendor}',
    jsonb_build_object('reason', v_reason, 'count', v_count));
  return app_private.provider_row(v_person.id);
end
$$;
comment on function public.suspend_provider(uuid, text) is
  'Suspends a provider for the platform: no bookings, open holds end, and coming bookings wait for another provider (needsProviderSince). The provider and the vendor are notified. The mutation resumeProvider lifts it. Needs the permission vendors.update. Raises OB001, OB002, OB003, OB030 (already suspended, only invited, or has left), OB031 (your own matter), OB036 (no reason).';
revoke all on function public.suspend_provider(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.suspend_provider(uuid, text) to staff;
--! EndIncluded functions/providers/suspend_provider.sql

/*
 * Reassigning.
 */
create type public.booking_assignment as (booking_id uuid, provider_id uuid);
comment on type public.booking_assignment is 'A booking and the provider who is to perform it.';
comment on column public.booking_assignment.booking_id is 'Booking to assign.';
comment on column public.booking_assignment.provider_id is 'Provider; null for the best one.';

create type public.reassignment as (booking_id uuid, provider_id uuid, code text, problem text);
comment on type public.reassignment is 'Result of the reassignment of one booking.';
comment on column public.reassignment.booking_id is 'Booking that was to be reassigned.';
comment on column public.reassignment.provider_id is 'New provider; null where it could not be reassigned.';
comment on column public.reassignment.code is 'Error code when it could not be reassigned; null otherwise.';
comment on column public.reassignment.problem is 'Why it could not be reassigned; null when it was.';

--! Included functions/providers/check_assignments.sql
create or replace function app_private.check_assignments(p_assignments public.booking_assignment[]) returns void
language plpgsql immutable set search_path = '' as $$
begin
  if coalesce(cardinality(p_assignments), 0) > 100 then
    raise exception 'Assignments must have at most 100 entries. Send several requests.'
      using errcode = 'OB020', column = 'assignments';
  end if;
  if exists (
    select from unnest(p_assignments) a group by a.booking_id having count(*) > 1 or a.booking_id is null) then
    raise exception 'Assignments must name each booking only once. Remove the repeated booking.'
      using errcode = 'OB020', column = 'assignments';
  end if;
end
$$;
comment on function app_private.check_assignments(public.booking_assignment[]) is
  'Raises OB020 for more than 100 assignments, and where a booking is missing or named twice.';
revoke all on function app_private.check_assignments(public.booking_assignment[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/check_assignments.sql

--! Included functions/providers/reassign.sql
create or replace function app_private.reassign(p_booking_id uuid, p_provider_id uuid) returns public.reassignment
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings := app_private.current_booking(p_booking_id);
  v_provider_id uuid := p_provider_id;
  v_code text;
  v_problem text;
begin
  if p_provider_id is null then
    v_provider_id := app_private.assign_to_best(v_booking);
  else
    perform app_private.assign_provider(v_booking, p_provider_id);
  end if;
  return row(p_booking_id, v_provider_id, null, null)::public.reassignment;
exception when sqlstate 'OB003' or sqlstate 'OB030' or sqlstate 'OB060' or sqlstate 'OB062' then
  get stacked diagnostics v_code = returned_sqlstate, v_problem = message_text;
  return row(p_booking_id, null, v_code, v_problem)::public.reassignment;
end
$$;
comment on function app_private.reassign(uuid, uuid) is
  'Assigns a locked booking to this provider, or to the best where none is given, and returns the result.';
revoke all on function app_private.reassign(uuid, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/reassign.sql

--! Included functions/providers/reassign_bookings.sql
create or replace function public.reassign_bookings(assignments public.booking_assignment[])
returns setof public.reassignment
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_id uuid;
  v_vendor_ids uuid[] := '{}';
  v_assignment public.booking_assignment;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  if coalesce(cardinality(assignments), 0) = 0 then
    raise exception 'Assignments must name at least one booking. Add one.'
      using errcode = 'OB020', column = 'assignments';
  end if;
  perform app_private.check_assignments(assignments);
  for v_id in select a.booking_id from unnest(assignments) a order by a.booking_id loop
    v_vendor_ids := v_vendor_ids || (app_private.act_on_booking(v_id, '{vendor,admin}')).vendor_id;
  end loop;
  -- All at once and in their order, because each may go to any of them.
  perform from public.providers p where p.vendor_id = any (v_vendor_ids) order by p.id for no key update;
  for v_assignment in
    select a.booking_id, a.provider_id from unnest(assignments) with ordinality a (booking_id, provider_id, place)
    order by a.place
  loop
    return next app_private.reassign(v_assignment.booking_id, v_assignment.provider_id);
  end loop;
end
$$;
comment on function public.reassign_bookings(public.booking_assignment[]) is
  'Reassigns up to 100 bookings in the given order, each to the given provider or otherwise to the best. A booking that cannot be reassigned stays as it is and reports the reason. For the vendor''s desk and the platform. Raises OB001, OB002, OB003 (no such booking), OB020 (none, too many, or one twice).';
revoke all on function public.reassign_bookings(public.booking_assignment[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.reassign_bookings(public.booking_assignment[]) to authenticated, staff;
--! EndIncluded functions/providers/reassign_bookings.sql

/*
 * Ending.
 */
--! Included functions/providers/finish_providers.sql
create or replace function app_private.finish_providers(p_provider_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_id uuid;
  v_person app_private.provider_person;
begin
  perform app_private.lock_reservations(p_provider_ids);
  foreach v_id in array p_provider_ids loop
    v_person := app_private.person_of(v_id);
    continue when v_person.status = 'ended';
    perform app_private.write_provider(v_id, p_status => 'ended');
    perform app_private.write_provider_details(v_id, null, null);
    -- The role is removed with the last membership that needs it.
    update public.user_roles ur
    set status = 'inactive', valid_until = greatest(app_private.today(), ur.valid_from)
    from public.roles r
    where r.id = ur.role_id and r.code = v_person.kind and ur.user_id = v_person.user_id
      and ur.status = 'active';
  end loop;
  perform app_private.end_holds(p_provider_ids);
  perform app_private.release_bookings(p_provider_ids);
end
$$;
comment on function app_private.finish_providers(uuid[]) is
  'Ends providers now: accounts are unlinked, roles are removed, and open bookings wait for other providers.';
revoke all on function app_private.finish_providers(uuid[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/finish_providers.sql

--! Included functions/providers/set_last_day.sql
create or replace function app_private.set_last_day(p_provider_id uuid, p_last_day date, p_reason text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_person app_private.provider_person;
begin
  perform app_private.lock_reservations(array[p_provider_id]);
  v_person := app_private.person_of(p_provider_id);
  if v_person.status = 'ended' then
    raise exception 'This provider has already left. Reload the list.' using errcode = 'OB030';
  end if;
  if (p_last_day >= app_private.vendor_day(v_person.vendor_id)) is not true then
    raise exception 'The last day must be today or later. Choose a later day.'
      using errcode = 'OB020', column = 'last_day';
  end if;
  insert into public.provider_private_details as d (provider_id, last_day, ending_reason)
  values (p_provider_id, p_last_day, p_reason)
  on conflict on constraint provider_private_details_pkey do update
  set last_day = excluded.last_day, ending_reason = excluded.ending_reason;
  perform app_private.end_holds(array[p_provider_id], p_after => p_last_day);
  perform app_private.tell_provider_state(v_person, 'provider_ended', '{provider,vendor}',
    jsonb_build_object('date', to_char(p_last_day::timestamp, 'DD Mon YYYY'), 'reason', p_reason));
  -- Today is the last day and nothing is left to do.
  if p_last_day = app_private.vendor_day(v_person.vendor_id) and not exists (
    select from app_private.reserved_bookings(array[p_provider_id])
    union all
    select from app_private.provider_reservations r
    join public.bookings b on b.id = r.booking_id
    where r.provider_id = p_provider_id and b.status = 'in_progress'
  ) then
    perform app_private.finish_providers(array[p_provider_id]);
  end if;
end
$$;
comment on function app_private.set_last_day(uuid, date, text) is
  'Sets the last day of a provider, who takes no bookings after it; provider and vendor are notified. The provider ends at once on the last day when nothing is left to do; otherwise a job ends it the day after and returns open bookings to the vendor. Raises OB020 (a past day), OB030 (has left).';
revoke all on function app_private.set_last_day(uuid, date, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/set_last_day.sql

--! Included functions/providers/end_due_providers.sql
create or replace function app_private.end_due_providers(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_ids uuid[] := array(
    select d.provider_id from public.provider_private_details d
    join public.providers p on p.id = d.provider_id
    where d.last_day < app_private.vendor_day(p.vendor_id)
      and (app_private.person_of(p.id)).status <> 'ended'
      -- No provider is unlinked during a service.
      and not exists (
        select from app_private.provider_reservations r
        join public.bookings b on b.id = r.booking_id
        where r.provider_id = p.id and b.status = 'in_progress')
    order by d.last_day, d.provider_id limit p_limit);
begin
  if v_ids <> '{}' then
    perform app_private.finish_providers(v_ids);
  end if;
  return cardinality(v_ids);
end
$$;
comment on function app_private.end_due_providers(integer) is
  'Ends providers whose last day is over, at most p_limit, and returns how many. Runs every hour.';
revoke all on function app_private.end_due_providers(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.end_due_providers(integer) to ombaro_worker;
--! EndIncluded functions/providers/end_due_providers.sql

create table enums.open_bookings_choice (value text primary key, description text not null);
comment on table enums.open_bookings_choice is
  E'@enum\n@enumName OpenBookingsChoice\nWhat happens to the bookings of a provider after the last day.';
select app_private.publish_list('enums.open_bookings_choice');
insert into enums.open_bookings_choice values
  ('refuse', 'The provider cannot leave while there are any'),
  ('by_hand', 'Each goes to the provider that assignments gives for it'),
  ('best', 'Each goes to the provider that assignments gives for it, the others to the best');

--! Included functions/providers/end_provider.sql
create or replace function public.end_provider(
  provider_id uuid, last_day date, reason text, reassign text default 'refuse',
  assignments public.booking_assignment[] default '{}'
) returns public.providers
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_person app_private.provider_person
    := app_private.act_on_provider(end_provider.provider_id, '{vendor,platform}');
  v_reason text := app_private.required_reason(end_provider.reason);
  v_booking record;
  v_problems jsonb := '{}';
  v_numbers text;
begin
  perform app_private.check_assignments(assignments);
  if (reassign in ('refuse', 'by_hand', 'best')) is not true
    or reassign = 'refuse' and assignments <> '{}' then
    raise exception 'Reassign must be refuse, by hand or best, and with refuse there must be no assignments. Correct the choice.'
      using errcode = 'OB020', column = 'reassign';
  end if;
  -- The vendor's other providers too: they may get the bookings.
  perform app_private.lock_reservations(array[v_person.id], array[v_person.vendor_id]);
  perform app_private.set_last_day(v_person.id, end_provider.last_day, v_reason);
  if reassign <> 'refuse' then
    for v_booking in
      select b.id, a.provider_id
      from app_private.reserved_bookings(array[v_person.id], end_provider.last_day) b
      left join unnest(assignments) a on a.booking_id = b.id
      where b.status in ('confirmed', 'assigned') and (a.provider_id is not null or reassign = 'best')
      order by b.starts_at, b.id
    loop
      v_problems := v_problems || jsonb_build_object(v_booking.id,
        (app_private.reassign(v_booking.id, v_booking.provider_id)).problem);
    end loop;
  end if;
  select string_agg(b.booking_number || coalesce(' (' || (v_problems ->> b.id::text) || ')', ''), ', '
      order by b.starts_at, b.id) into v_numbers
  from app_private.reserved_bookings(array[v_person.id], end_provider.last_day) b;
  if v_numbers is not null then
    raise exception 'Bookings after the last day still belong to this provider: %. Assign them to other providers first.',
      v_numbers
      using errcode = 'OB070';
  end if;
  return app_private.provider_row(v_person.id);
end
$$;
comment on function public.end_provider(uuid, date, text, text, public.booking_assignment[]) is
  'Ends a provider''s work for the vendor. The lastDay is the last day of work, today or later in the vendor''s time zone. It is refused while the provider has bookings after that day: openBookings of the provider lists them, and reassign decides about them. With refuse nothing is done and the answer lists them. With the choice by hand each goes to the provider that assignments gives for it. With best those that assignments does not name go to the best provider. When one cannot be reassigned, nothing is done, and the answer gives the reason. On the last day, when nothing is left to do, or the day after, the account is unlinked; the history stays. For the vendor''s management and the platform (permission vendors.update); provider and vendor are notified. Raises OB001, OB002, OB003, OB020 (a past day, a list without such a choice, too many, or one twice), OB030 (has left), OB031 (your own matter), OB036 (no reason), OB070 (bookings after the last day).';
revoke all on function public.end_provider(uuid, date, text, text, public.booking_assignment[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.end_provider(uuid, date, text, text, public.booking_assignment[]) to authenticated, staff;
--! EndIncluded functions/providers/end_provider.sql

--! split: 040-suspended-accounts.sql
-- A suspended or closed account has no access, and its business and provider cannot be booked. The rule is in
-- is_listed of vendors, therapists and beauticians; here the account's state is copied there, and reserved
-- bookings are released.

--! Included functions/providers/tg_user_profiles__account_is_active.sql
create or replace function app_private.tg_user_profiles__account_is_active() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_is_active constant boolean := new.status = 'active';
  v_vendor_ids uuid[] := array(select v.id from public.vendors v where v.user_id = new.id);
  v_provider_ids uuid[] := array(
    select p.id from public.providers p join public.therapists t on t.id = p.therapist_id where t.user_id = new.id
    union all
    select p.id from public.providers p join public.beauticians b on b.id = p.beautician_id where b.user_id = new.id);
begin
  if v_vendor_ids = '{}' and v_provider_ids = '{}' then
    return null;
  end if;
  perform app_private.lock_reservations(v_provider_ids, v_vendor_ids);
  update public.therapists t set account_is_active = v_is_active where t.user_id = new.id;
  update public.beauticians b set account_is_active = v_is_active where b.user_id = new.id;
  if not v_is_active then
    perform app_private.end_holds(v_provider_ids, v_vendor_ids);
    perform app_private.tell_provider_state(app_private.person_of(p), 'provider_suspended', '{vendor}',
      jsonb_build_object('count', app_private.release_bookings(array[p])))
    from unnest(v_provider_ids) p;
  end if;
  update public.vendors v set account_is_active = v_is_active where v.id = any (v_vendor_ids);
  return null;
end
$$;
comment on function app_private.tg_user_profiles__account_is_active() is
  'Unlists the business and the provider of an account while the account is not active: open holds end, coming bookings of the provider wait for another.';
revoke all on function app_private.tg_user_profiles__account_is_active() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/tg_user_profiles__account_is_active.sql
create trigger _500_account_is_active after update of status on public.user_profiles
  for each row when ((old.status = 'active') <> (new.status = 'active'))
  execute function app_private.tg_user_profiles__account_is_active();

-- Providers whose account was not active before.
update public.therapists t set account_is_active = false
from public.user_profiles p where p.id = t.user_id and p.status <> 'active';
update public.beauticians b set account_is_active = false
from public.user_profiles p where p.id = b.user_id and p.status <> 'active';
update public.vendors v set account_is_active = false
from public.user_profiles p where p.id = v.user_id and p.status <> 'active';

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.20', 'provider-life', '2026-11-28', 'Verification, pause, suspension and end of providers; suspended accounts cannot be booked');
