--! Previous: sha1:a68279ab139b53ef203f96ba3e382a970efaea60
--! Hash: sha1:49e072339eff5adde9458afdbf5991e0a53cb96e
--! Message: vendor-life

--! split: 010-states.sql
-- The life of a vendor: paused and resumed, suspended and reinstated, closed, and transferred to another owner.
-- Until now the state was a column that no function set, and an owner who wanted to rest could only hide the
-- business. Here are the acts, and what each does to holds, bookings, payouts, members and invitations.
--
-- Locks, in this order: invitations, bookings, holds, providers, the vendor.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-foreign-key-constraint

insert into enums.notification_type values
  ('vendor_suspended', 'The platform has suspended a vendor'),
  ('vendor_reinstated', 'The suspension of a vendor is lifted'),
  ('vendor_closed', 'A vendor closes'), ('vendor_transferred', 'A vendor has a new owner');
insert into enums.webhook_disabled_reason values ('vendor_closed', 'The vendor has closed');
insert into enums.invitation_kind values ('owner', 'Takes over a vendor');
insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('vendors.suspension_cancel_hours', 'vendors', '24', 'integer', 1, 720, true, 'Hours before its start at which a booking of a suspended vendor is cancelled'),
  ('vendors.closing_notice_days', 'vendors', '7', 'integer', 0, 90, true, 'Days of notice that an owner gives before the last day of a vendor');

--! Included templates/vendor_suspended.sql
-- The platform has suspended a vendor.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('vendor_suspended', 'vendor', 'en',
    '{{vendor}} is suspended',
    'It is not listed and takes no bookings, and payouts are held. Coming bookings: {{count}}. {{reason}}',
    '{push,in_app,sms,email}', 'high', '/vendor'),
  ('vendor_suspended', 'vendor', 'hi',
    '{{vendor}} निलंबित है',
    'यह सूची में नहीं है, बुकिंग नहीं लेता, और भुगतान रुके हैं। आने वाली बुकिंग: {{count}}। {{reason}}',
    '{push,in_app,sms,email}', 'high', '/vendor'),
  ('vendor_suspended', 'customer', 'en',
    '{{vendor}} is not available at present',
    'Your booking {{booking_number}} on {{date}} at {{time}} is cancelled {{hours}} hours before it begins unless {{vendor}} is back by then. You then get everything back. You can cancel it free of charge now.',
    '{push,in_app,email}', 'high', '/bookings/{{booking_id}}'),
  ('vendor_suspended', 'customer', 'hi',
    '{{vendor}} अभी उपलब्ध नहीं है',
    'अगर {{vendor}} तब तक वापस नहीं आता, तो {{date}} को {{time}} बजे की आपकी बुकिंग {{booking_number}} शुरू होने से {{hours}} घंटे पहले रद्द हो जाएगी और पूरा पैसा लौटेगा। आप इसे अभी भी बिना शुल्क रद्द कर सकते हैं।',
    '{push,in_app,email}', 'high', '/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/vendor_suspended.sql
--! Included templates/vendor_reinstated.sql
-- The suspension of a vendor is lifted.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('vendor_reinstated', 'vendor', 'en',
    '{{vendor}} is no longer suspended',
    'It is listed again. Payouts that were held come with the next run.',
    '{push,in_app,email}', 'high', '/vendor'),
  ('vendor_reinstated', 'vendor', 'hi',
    '{{vendor}} अब निलंबित नहीं है',
    'यह फिर से सूची में है। रुके हुए भुगतान अगली बार में आएँगे।',
    '{push,in_app,email}', 'high', '/vendor'),
  ('vendor_reinstated', 'customer', 'en',
    '{{vendor}} is available again',
    'Your booking {{booking_number}} on {{date}} at {{time}} stays.',
    '{push,in_app,email}', 'normal', '/bookings/{{booking_id}}'),
  ('vendor_reinstated', 'customer', 'hi',
    '{{vendor}} फिर से उपलब्ध है',
    '{{date}} को {{time}} बजे की आपकी बुकिंग {{booking_number}} बनी रहेगी।',
    '{push,in_app,email}', 'normal', '/bookings/{{booking_id}}')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/vendor_reinstated.sql
--! Included templates/vendor_closed.sql
-- A vendor closes.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('vendor_closed', 'vendor', 'en',
    'The last day of {{vendor}} is {{date}}',
    'Bookings after that day are cancelled with a full refund. Payouts go on until everything is paid. {{reason}}',
    '{push,in_app,email}', 'high', '/vendor'),
  ('vendor_closed', 'vendor', 'hi',
    '{{vendor}} का आखिरी दिन {{date}} है',
    'उस दिन के बाद की बुकिंग पूरे पैसे लौटाकर रद्द की जाती हैं। सब चुकने तक भुगतान जारी रहेंगे। {{reason}}',
    '{push,in_app,email}', 'high', '/vendor')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/vendor_closed.sql
--! Included templates/vendor_transferred.sql
-- A vendor has a new owner.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('vendor_transferred', 'vendor', 'en',
    '{{vendor}} now belongs to {{name}}',
    'Payouts go to the new owner once their bank account is verified.',
    '{push,in_app,sms,email}', 'high', '/vendor'),
  ('vendor_transferred', 'vendor', 'hi',
    '{{vendor}} अब {{name}} का है',
    'नए मालिक का बैंक खाता सत्यापित होने पर भुगतान उन्हें मिलेंगे।',
    '{push,in_app,sms,email}', 'high', '/vendor')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/vendor_transferred.sql

-- What the public need not know of a vendor's state.
create table public.vendor_states (
  vendor_id uuid primary key references public.vendors (id) on delete cascade,
  paused_at timestamptz,
  paused_by uuid references public.user_profiles (id) on delete set null,
  pause_reason text,
  suspended_at timestamptz,
  suspended_by uuid references public.user_profiles (id) on delete set null,
  suspension_reason text,
  last_day date,
  closing_reason text,
  closing_by uuid references public.user_profiles (id) on delete set null,
  closed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.vendor_states enable row level security;
create index vendor_states_paused_by_idx on public.vendor_states (paused_by);
create index vendor_states_suspended_by_idx on public.vendor_states (suspended_by);
create index vendor_states_closing_by_idx on public.vendor_states (closing_by);
-- Vendors that are closing, for the clock.
create index vendor_states_last_day_idx on public.vendor_states (last_day)
  where last_day is not null and closed_at is null;
-- Suspended vendors, for the clock.
create index vendors_suspended_idx on public.vendors (id) where status = 'suspended';
select app_private.keep_timestamps('public.vendor_states');
create trigger _800_audit after insert or update or delete on public.vendor_states
  for each row execute function app_private.tg__audit('vendor_id');
comment on table public.vendor_states is
  'Why and since when a vendor is paused or suspended, and its last day: for the vendor''s management and the platform. Without a row none of this applies.';
comment on column public.vendor_states.vendor_id is 'Vendor whose state this is.';
comment on column public.vendor_states.paused_at is
  'Since when the vendor has paused; null while it has not. It stays during a suspension.';
comment on column public.vendor_states.paused_by is 'User who paused it; null while it is not paused.';
comment on column public.vendor_states.pause_reason is 'Why it is paused; null when not given, or not paused.';
comment on column public.vendor_states.suspended_at is
  'Since when the platform has suspended it; null while it is not.';
comment on column public.vendor_states.suspended_by is 'User who suspended it; null while it is not suspended.';
comment on column public.vendor_states.suspension_reason is 'Why it is suspended; null while it is not.';
comment on column public.vendor_states.last_day is
  'Last day of business, in the vendor''s time zone; null while no end is set.';
comment on column public.vendor_states.closing_reason is 'Why it closes; null while no end is set.';
comment on column public.vendor_states.closing_by is 'User who closed it; null while no end is set.';
comment on column public.vendor_states.closed_at is 'When it was closed, after its last day; null until then.';
comment on column public.vendor_states.created_at is 'When the row was created.';
comment on column public.vendor_states.updated_at is 'When the row was last changed.';
create policy select_vendor on public.vendor_states for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy select_staff on public.vendor_states for select to staff
  using ((select app_private.has_permission('vendors.read')));
-- Withheld: every write; see pause_vendor and the acts after it.
grant select on public.vendor_states to authenticated, staff;

insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.vendor_states', 'vendor_id', false), ('public.vendor_states', 'paused_by', false),
  ('public.vendor_states', 'suspended_by', false), ('public.vendor_states', 'closing_by', false);

-- Reviews of what belongs to a vendor that is not listed are hidden with it.
alter policy select_anon on public.reviews using (
  status = 'approved' and case reviewable_type
    when 'vendor' then exists (select from public.vendors v where v.id = reviewable_id)
    when 'therapist' then exists (select from public.therapists t where t.id = reviewable_id)
    when 'beautician' then exists (select from public.beauticians b where b.id = reviewable_id)
    else true end);
alter policy select_signed_in on public.reviews using (
  (status = 'approved' and case reviewable_type
    when 'vendor' then exists (select from public.vendors v where v.id = reviewable_id)
    when 'therapist' then exists (select from public.therapists t where t.id = reviewable_id)
    when 'beautician' then exists (select from public.beauticians b where b.id = reviewable_id)
    else true end)
  or customer_id = (select auth.uid()));
alter policy select_staff on public.reviews using (
  (status = 'approved' and case reviewable_type
    when 'vendor' then exists (select from public.vendors v where v.id = reviewable_id)
    when 'therapist' then exists (select from public.therapists t where t.id = reviewable_id)
    when 'beautician' then exists (select from public.beauticians b where b.id = reviewable_id)
    else true end)
  or (select app_private.has_permission('reviews.read')));

--! split: 020-parts.sql
-- What the acts have in common.

--! Included functions/vendors/sides_of_vendor.sql
create or replace function app_private.sides_of_vendor(p_vendor_id uuid) returns text[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array_remove(array[
    case when p_vendor_id = any (app_private.my_owned_vendor_ids()) then 'owner' end,
    case when p_vendor_id = any (app_private.my_vendor_ids('manage')) then 'vendor' end,
    case when app_private.has_permission('vendors.update') then 'platform' end
  ], null);
end
$$;
comment on function app_private.sides_of_vendor(uuid) is
  'Sides on which the signed-in user may decide on a vendor: owner, vendor (owner, managers and admins), platform.';
revoke all on function app_private.sides_of_vendor(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/sides_of_vendor.sql
--! Included functions/vendors/act_on_vendor.sql
create or replace function app_private.act_on_vendor(p_vendor_id uuid, p_sides text[]) returns public.vendors
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor public.vendors;
  v_sides text[];
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_vendor from public.vendors v where v.id = p_vendor_id;
  v_sides := app_private.sides_of_vendor(v_vendor.id);
  if v_vendor.id is not null and v_sides && p_sides then
    -- Only the platform could do it: then not in the user's own matter.
    if not v_sides && (array_remove(p_sides, 'platform')) and app_private.belongs_to_vendor(v_vendor.id) then
      raise exception 'You belong to this business, so you cannot decide on it for the platform. Leave it to someone else.'
        using errcode = 'OB031';
    end if;
    return v_vendor;
  end if;
  if v_vendor.id is null or not (v_vendor.is_listed or v_sides <> '{}'
    or app_private.belongs_to_vendor(v_vendor.id) or app_private.has_permission('vendors.read')) then
    raise exception 'The vendor was not found, or you may not see it. Check the id.'
      using errcode = 'OB003', column = 'vendor_id';
  end if;
  raise exception 'You are not allowed to decide this for the vendor. Ask its owner or customer care.'
    using errcode = 'OB002';
end
$$;
comment on function app_private.act_on_vendor(uuid, text[]) is
  'A vendor, for a user who may decide on it on one of these sides: owner, vendor, platform. Raises OB001, OB002 (may see it but not do this), OB003, OB031 (staff of the platform in their own matter).';
revoke all on function app_private.act_on_vendor(uuid, text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/act_on_vendor.sql
--! Included functions/vendors/vendor_row.sql
create or replace function app_private.vendor_row(p_vendor_id uuid) returns public.vendors
language sql stable security definer set search_path = '' as $$
  select v from public.vendors v where v.id = p_vendor_id
$$;
comment on function app_private.vendor_row(uuid) is 'The current row of a vendor.';
revoke all on function app_private.vendor_row(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/vendor_row.sql
--! Included functions/vendors/coming_bookings.sql
create or replace function app_private.coming_bookings(p_vendor_id uuid, p_after date default null)
returns setof public.bookings
language sql stable security definer set search_path = '' as $$
  select b.* from public.bookings b
  where b.vendor_id = p_vendor_id and b.status in ('pending', 'confirmed', 'assigned') and b.ends_at > now()
    -- A booking that passes midnight began the day before.
    and b.booking_date >= app_private.vendor_day(p_vendor_id) - 1
    and b.booking_date > coalesce(p_after, '-infinity')
$$;
comment on function app_private.coming_bookings(uuid, date) is
  'Coming bookings of a vendor, not started; after a day in its time zone, if one is given.';
revoke all on function app_private.coming_bookings(uuid, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/coming_bookings.sql
--! Included functions/vendors/coming_booking_ids.sql
create or replace function app_private.coming_booking_ids(p_vendor_id uuid, p_after date) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select b.id from app_private.coming_bookings(p_vendor_id, p_after) b
$$;
comment on function app_private.coming_booking_ids(uuid, date) is
  'Ids of the coming bookings of a vendor, after a day if one is given.';
revoke all on function app_private.coming_booking_ids(uuid, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.coming_booking_ids(uuid, date) to authenticated, staff;
--! EndIncluded functions/vendors/coming_booking_ids.sql
--! Included functions/vendors/vendors_open_bookings.sql
create or replace function public.vendors_open_bookings(vendor public.vendors, after_day date default null)
returns setof public.bookings
language sql stable set search_path = '' as $$
  -- Through the table, so that the policies of the reader apply.
  select b.* from public.bookings b
  where b.id in (select o from app_private.coming_booking_ids(vendor.id, after_day) o)
  order by b.starts_at, b.id
$$;
comment on function public.vendors_open_bookings(public.vendors, date) is
  'Coming bookings of the vendor, as far as the reader may see them; after a day in the vendor''s time zone, if one is given. These are affected when the vendor is suspended, or those after its last day when it closes.';
revoke all on function public.vendors_open_bookings(public.vendors, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendors_open_bookings(public.vendors, date) to authenticated, staff;
--! EndIncluded functions/vendors/vendors_open_bookings.sql
--! Included functions/vendors/tell_vendor_state.sql
create or replace function app_private.tell_vendor_state(
  p_vendor_id uuid, p_type text, p_fields jsonb default '{}'
) returns void
language sql volatile security definer set search_path = '' as $$
  select app_private.notify(u, 'vendor', p_type,
    jsonb_build_object('vendor', v.business_name, 'vendor_id', v.id, 'reason', '') || jsonb_strip_nulls(p_fields),
    jsonb_build_object('screen', 'vendor', 'vendorId', v.id))
  from public.vendors v, app_private.vendor_desk(v.id) u
  where v.id = p_vendor_id
$$;
comment on function app_private.tell_vendor_state(uuid, text, jsonb) is
  'Notifies the vendor''s desk of a change of the vendor''s state.';
revoke all on function app_private.tell_vendor_state(uuid, text, jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/tell_vendor_state.sql
--! Included functions/vendors/tell_booked_customers.sql
create or replace function app_private.tell_booked_customers(p_vendor_id uuid, p_type text) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_count integer := 0;
begin
  for v_booking in
    select b.* from app_private.coming_bookings(p_vendor_id) b order by b.starts_at, b.id
  loop
    perform app_private.notify(v_booking.customer_id, 'customer', p_type,
      app_private.booking_fields(v_booking) || jsonb_build_object(
        'hours', app_private.setting('vendors.suspension_cancel_hours')),
      jsonb_build_object('screen', 'booking', 'bookingId', v_booking.id));
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.tell_booked_customers(uuid, text) is
  'Notifies the customers of a vendor''s coming bookings of a change of the vendor''s state; returns how many bookings there are.';
revoke all on function app_private.tell_booked_customers(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/tell_booked_customers.sql
--! Included functions/vendors/drop_bookings.sql
create or replace function app_private.drop_bookings(p_booking_ids uuid[], p_reason text) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_booking public.bookings;
  v_count integer := 0;
begin
  for v_booking in
    select * from public.bookings b
    where b.id = any (p_booking_ids) and b.status in ('pending', 'confirmed', 'assigned')
    order by b.id
  loop
    -- An unpaid booking is treated as a hold with a number.
    if v_booking.status = 'pending' then
      perform app_private.lapse_booking(v_booking.id, p_reason);
    else
      perform app_private.end_booking(v_booking, 'admin', p_reason, 0);
    end if;
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.drop_bookings(uuid[], text) is
  'Cancels locked bookings because their vendor cannot perform them: everything that was paid is returned. Returns how many.';
revoke all on function app_private.drop_bookings(uuid[], text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/drop_bookings.sql
--! Included functions/vendors/set_vendor_status.sql
create or replace function app_private.set_vendor_status(p_vendor_id uuid, p_from text[], p_to text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_status text;
begin
  update public.vendors v set status = p_to where v.id = p_vendor_id and v.status = any (p_from);
  if not found then
    select v.status into v_status from public.vendors v where v.id = p_vendor_id;
    raise exception 'This is not possible for a vendor that is %. Reload the vendor.',
      replace(v_status, '_', ' ')
      using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.set_vendor_status(uuid, text[], text) is
  'Moves a vendor from one of these states to another. Two that try at once queue at its row, and the second finds what the first did. Raises OB030.';
revoke all on function app_private.set_vendor_status(uuid, text[], text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/set_vendor_status.sql

--! Included functions/vendors/tg_vendors__publish_event.sql
create or replace function app_private.tg_vendors__publish_event() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.emit_event(array['vendor:' || new.id], 'vendor.' || new.status, new.id);
  return null;
end
$$;
comment on function app_private.tg_vendors__publish_event() is
  'Records vendor.<new status> for live subscribers of the vendor''s desk.';
revoke all on function app_private.tg_vendors__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/tg_vendors__publish_event.sql
create trigger _900_publish_event after update of status on public.vendors
  for each row when (old.status <> new.status)
  execute function app_private.tg_vendors__publish_event();

--! split: 030-acts.sql
-- Pausing is the vendor's, suspending the platform's: neither lifts what the other has set.

--! Included functions/vendors/pause_vendor.sql
create or replace function public.pause_vendor(vendor_id uuid, reason text default null) returns public.vendors
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor public.vendors := app_private.act_on_vendor(pause_vendor.vendor_id, '{vendor}');
begin
  perform app_private.lock_reservations('{}', array[v_vendor.id]);
  perform app_private.end_holds('{}', array[v_vendor.id]);
  perform app_private.set_vendor_status(v_vendor.id, '{active}', 'paused');
  insert into public.vendor_states as s (vendor_id, paused_at, paused_by, pause_reason)
  values (v_vendor.id, now(), (select auth.uid()), nullif(trim(pause_vendor.reason), ''))
  on conflict on constraint vendor_states_pkey do update
  set paused_at = excluded.paused_at, paused_by = excluded.paused_by, pause_reason = excluded.pause_reason;
  return app_private.vendor_row(v_vendor.id);
end
$$;
comment on function public.pause_vendor(uuid, text) is
  'Pauses a vendor, which takes no new bookings from now on; it stays listed, existing bookings go on, open holds end. For the owner, managers and admins of the vendor; resumeVendor ends the pause. Raises OB001, OB002, OB003, OB030 (not active).';
revoke all on function public.pause_vendor(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.pause_vendor(uuid, text) to authenticated, staff;
--! EndIncluded functions/vendors/pause_vendor.sql
--! Included functions/vendors/resume_vendor.sql
create or replace function public.resume_vendor(vendor_id uuid) returns public.vendors
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor public.vendors := app_private.act_on_vendor(resume_vendor.vendor_id, '{vendor}');
begin
  if v_vendor.status = 'suspended' then
    raise exception 'The platform has suspended this vendor. Contact customer care.' using errcode = 'OB002';
  end if;
  update public.vendors v set status = 'active', is_active = true
  where v.id = v_vendor.id and (v.status = 'paused' or v.status = 'active' and not v.is_active);
  if not found then
    raise exception 'Only a paused vendor can be resumed. Reload the vendor.' using errcode = 'OB030';
  end if;
  update public.vendor_states s set paused_at = null, paused_by = null, pause_reason = null
  where s.vendor_id = v_vendor.id;
  return app_private.vendor_row(v_vendor.id);
end
$$;
comment on function public.resume_vendor(uuid) is
  'Resumes a paused vendor: it takes bookings again. For the owner, managers and admins of the vendor. Raises OB001, OB002 (also when the platform has suspended it), OB003, OB030 (not paused).';
revoke all on function public.resume_vendor(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.resume_vendor(uuid) to authenticated, staff;
--! EndIncluded functions/vendors/resume_vendor.sql
--! Included functions/vendors/suspend_vendor.sql
create or replace function public.suspend_vendor(vendor_id uuid, reason text) returns public.vendors
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor public.vendors := app_private.act_on_vendor(suspend_vendor.vendor_id, '{platform}');
  v_reason text := app_private.required_reason(suspend_vendor.reason);
  v_due_ids uuid[];
begin
  v_due_ids := array(
    select b.id from app_private.coming_bookings(v_vendor.id) b
    where b.status = 'pending'
      or b.starts_at <= now() + app_private.setting('vendors.suspension_cancel_hours')::integer * interval '1 hour'
    order by b.starts_at, b.id limit 100);
  perform from public.bookings b where b.id = any (v_due_ids) order by b.id for no key update;
  perform app_private.lock_reservations('{}', array[v_vendor.id]);
  perform app_private.end_holds('{}', array[v_vendor.id]);
  perform app_private.drop_bookings(v_due_ids, 'The vendor is not available');
  perform app_private.set_vendor_status(v_vendor.id, '{active,paused}', 'suspended');
  insert into public.vendor_states as s (vendor_id, suspended_at, suspended_by, suspension_reason)
  values (v_vendor.id, now(), (select auth.uid()), v_reason)
  on conflict on constraint vendor_states_pkey do update
  set suspended_at = excluded.suspended_at, suspended_by = excluded.suspended_by,
    suspension_reason = excluded.suspension_reason;
  perform app_private.tell_vendor_state(v_vendor.id, 'vendor_suspended', jsonb_build_object('reason', v_reason,
    'count', app_private.tell_booked_customers(v_vendor.id, 'vendor_suspended')));
  return app_private.vendor_row(v_vendor.id);
end
$$;
comment on function public.suspend_vendor(uuid, text) is
  'Suspends a vendor for the platform: it is not listed, takes no bookings, open holds end, and payouts are held. A coming booking is cancelled with a full refund once it is at most 24 hours away (by default), at once where it already is; openBookings of the vendor lists the others, and cancelBooking cancels them earlier. The vendor''s desk and the customers are notified. The mutation reinstateVendor lifts it. Needs the permission vendors.update. Raises OB001, OB002, OB003, OB030 (already suspended, or closed), OB031 (your own business), OB036 (no reason).';
revoke all on function public.suspend_vendor(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.suspend_vendor(uuid, text) to staff;
--! EndIncluded functions/vendors/suspend_vendor.sql
--! Included functions/vendors/reinstate_vendor.sql
create or replace function public.reinstate_vendor(vendor_id uuid) returns public.vendors
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor public.vendors := app_private.act_on_vendor(reinstate_vendor.vendor_id, '{platform}');
begin
  -- An earlier pause remains: it is the vendor's.
  perform app_private.set_vendor_status(v_vendor.id, '{suspended}', case when exists (
    select from public.vendor_states s where s.vendor_id = v_vendor.id and s.paused_at is not null)
    then 'paused' else 'active' end);
  update public.vendor_states s set suspended_at = null, suspended_by = null, suspension_reason = null
  where s.vendor_id = v_vendor.id;
  perform app_private.tell_vendor_state(v_vendor.id, 'vendor_reinstated');
  perform app_private.tell_booked_customers(v_vendor.id, 'vendor_reinstated');
  return app_private.vendor_row(v_vendor.id);
end
$$;
comment on function public.reinstate_vendor(uuid) is
  'Lifts the suspension of a vendor: it is listed again and keeps the bookings that are left; payouts that were held come with the next run. A vendor that was paused before is paused again. The vendor''s desk and the customers of coming bookings are notified. Needs the permission vendors.update. Raises OB001, OB002, OB003, OB030 (not suspended), OB031 (your own business).';
revoke all on function public.reinstate_vendor(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.reinstate_vendor(uuid) to staff;
--! EndIncluded functions/vendors/reinstate_vendor.sql
--! Included functions/vendors/cancel_unavailable_bookings.sql
create or replace function app_private.cancel_unavailable_bookings(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_until timestamptz := now() + app_private.setting('vendors.suspension_cancel_hours')::integer * interval '1 hour';
  v_ids uuid[];
  v_locked_ids uuid[];
begin
  v_ids := array(
    select b.id from (
      select b.id, b.starts_at from public.vendors v
      cross join lateral app_private.coming_bookings(v.id) b
      where v.status = 'suspended' and (b.status = 'pending' or b.starts_at <= v_until)
      union
      -- Made at the moment at which the vendor closed, or more than that act cancels.
      select b.id, b.starts_at from public.vendor_states s
      cross join lateral app_private.coming_bookings(s.vendor_id, s.last_day) b
      where s.last_day is not null and s.closed_at is null
    ) b
    order by b.starts_at, b.id limit p_limit);
  v_locked_ids := array(
    select b.id from public.bookings b where b.id = any (v_ids) order by b.id
    for no key update skip locked);
  return app_private.drop_bookings(v_locked_ids, 'The vendor is not available');
end
$$;
comment on function app_private.cancel_unavailable_bookings(integer) is
  'Cancels bookings of suspended vendors that come near, and those after the last day of a closing vendor, with full refunds; at most p_limit, and returns how many. Runs every minute.';
revoke all on function app_private.cancel_unavailable_bookings(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.cancel_unavailable_bookings(integer) to ombaro_worker;
--! EndIncluded functions/vendors/cancel_unavailable_bookings.sql

/*
 * Closing.
 */
--! Included functions/vendors/end_vendor_providers.sql
create or replace function app_private.end_vendor_providers(p_vendor_id uuid, p_last_day date, p_reason text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_id uuid;
begin
  for v_id in
    insert into public.provider_private_details as d (provider_id, last_day, ending_reason)
    select p.id, p_last_day, p_reason from public.providers p
    where p.vendor_id = p_vendor_id and (app_private.person_of(p.id)).status not in ('ended', 'invited')
    order by p.id
    on conflict on constraint provider_private_details_pkey do update
    set last_day = excluded.last_day, ending_reason = excluded.ending_reason
    where d.last_day is null or d.last_day > excluded.last_day
    returning d.provider_id
  loop
    perform app_private.tell_provider_state(app_private.person_of(v_id), 'provider_ended', '{provider}',
      jsonb_build_object('date', to_char(p_last_day::timestamp, 'DD Mon YYYY'), 'reason', p_reason));
  end loop;
end
$$;
comment on function app_private.end_vendor_providers(uuid, date, text) is
  'Sets the last day of all providers of a vendor, unless they leave earlier, and notifies them. Called after lock_reservations.';
revoke all on function app_private.end_vendor_providers(uuid, date, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/end_vendor_providers.sql
--! Included functions/vendors/withdraw_invitations.sql
create or replace function app_private.withdraw_invitations(p_vendor_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_invitation public.invitations;
begin
  for v_invitation in
    update public.invitations i set status = 'revoked', answered_at = now()
    where i.vendor_id = p_vendor_id and i.status = 'open'
    returning *
  loop
    perform app_private.remove_invited_provider(v_invitation);
    perform app_private.withhold_invitation(v_invitation.id);
  end loop;
end
$$;
comment on function app_private.withdraw_invitations(uuid) is
  'Revokes the open invitations of a vendor that closes.';
revoke all on function app_private.withdraw_invitations(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/withdraw_invitations.sql
--! Included functions/vendors/close_vendor.sql
create or replace function public.close_vendor(vendor_id uuid, last_day date, reason text) returns public.vendors
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor public.vendors := app_private.act_on_vendor(close_vendor.vendor_id, '{owner,platform}');
  v_reason text := app_private.required_reason(close_vendor.reason);
  v_is_owner boolean := v_vendor.user_id is not distinct from (select auth.uid());
  v_today date := app_private.vendor_day(v_vendor.id);
  v_notice integer := case when v_is_owner then app_private.setting('vendors.closing_notice_days')::integer else 0 end;
  v_dropped_ids uuid[];
begin
  if (close_vendor.last_day between v_today + v_notice and v_today + 366) is not true then
    raise exception 'The last day must be from % to %. Choose another day.',
      to_char((v_today + v_notice)::timestamp, 'DD Mon YYYY'), to_char((v_today + 366)::timestamp, 'DD Mon YYYY')
      using errcode = 'OB020', column = 'last_day';
  end if;
  if v_vendor.status = 'closed' or v_is_owner and v_vendor.status = 'suspended' then
    raise exception 'This is not possible for a vendor that is %. Contact customer care.',
      replace(v_vendor.status, '_', ' ')
      using errcode = 'OB030';
  end if;
  perform from public.invitations i
  where i.vendor_id = v_vendor.id and i.status = 'open' order by i.id for update;
  v_dropped_ids := array(
    select b.id from app_private.coming_bookings(v_vendor.id, close_vendor.last_day) b
    order by b.starts_at, b.id limit 100);
  perform from public.bookings b where b.id = any (v_dropped_ids) order by b.id for no key update;
  perform app_private.lock_reservations('{}', array[v_vendor.id]);
  perform app_private.withdraw_invitations(v_vendor.id);
  perform app_private.end_holds('{}', array[v_vendor.id], close_vendor.last_day);
  perform app_private.end_vendor_providers(v_vendor.id, close_vendor.last_day, v_reason);
  perform app_private.drop_bookings(v_dropped_ids, 'The vendor closes before this day');
  perform from public.vendors v where v.id = v_vendor.id for no key update;
  insert into public.vendor_states as s (vendor_id, last_day, closing_reason, closing_by)
  values (v_vendor.id, close_vendor.last_day, v_reason, (select auth.uid()))
  on conflict on constraint vendor_states_pkey do update
  set last_day = excluded.last_day, closing_reason = excluded.closing_reason, closing_by = excluded.closing_by
  -- It is final; only the platform may bring it forward.
  where s.closed_at is null and (s.last_day is null or s.last_day > excluded.last_day and not v_is_owner);
  if not found then
    raise exception 'This vendor already closes on %, and that is final. Contact customer care.',
      (select to_char(s.last_day::timestamp, 'DD Mon YYYY') from public.vendor_states s where s.vendor_id = v_vendor.id)
      using errcode = 'OB030';
  end if;
  perform app_private.tell_vendor_state(v_vendor.id, 'vendor_closed', jsonb_build_object('reason', v_reason,
    'date', to_char(close_vendor.last_day::timestamp, 'DD Mon YYYY')));
  return app_private.vendor_row(v_vendor.id);
end
$$;
comment on function public.close_vendor(uuid, date, text) is
  'Closes a vendor for good after its last day, a day in its time zone. The owner gives 7 days'' notice by default and cannot take it back; the platform (permission vendors.update) may close a vendor from today on, and bring the day forward. From now on nothing can be booked after that day, coming bookings after it are cancelled with a full refund, and open invitations are revoked. After the last day the vendor is not listed, its providers and staff leave it, and its webhooks are disabled; payouts go on until everything is paid, and the owner can still read bookings and money. The vendor''s desk and its providers are notified. Raises OB001, OB002, OB003, OB020 (a day that is too early, or more than a year away), OB030 (already closing or closed, or suspended), OB031 (your own business), OB036 (no reason).';
revoke all on function public.close_vendor(uuid, date, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.close_vendor(uuid, date, text) to authenticated, staff;
--! EndIncluded functions/vendors/close_vendor.sql
--! Included functions/vendors/close_due_vendors.sql
create or replace function app_private.close_due_vendors(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_state public.vendor_states;
  v_count integer := 0;
begin
  for v_state in
    select * from public.vendor_states s
    where s.closed_at is null and s.last_day < app_private.vendor_day(s.vendor_id)
      -- What began on the last day ends, and what cannot be performed is cancelled first.
      and not exists (
        select from public.bookings b where b.vendor_id = s.vendor_id and b.status = 'in_progress')
      and not exists (select from app_private.coming_bookings(s.vendor_id))
    order by s.last_day, s.vendor_id limit p_limit
  loop
    perform from public.invitations i
    where i.vendor_id = v_state.vendor_id and i.status = 'open' order by i.id for update;
    perform app_private.lock_reservations('{}', array[v_state.vendor_id]);
    perform app_private.withdraw_invitations(v_state.vendor_id);
    perform app_private.end_holds('{}', array[v_state.vendor_id]);
    perform app_private.end_vendor_providers(v_state.vendor_id, v_state.last_day, v_state.closing_reason);
    update public.vendors v set status = 'closed', is_active = false where v.id = v_state.vendor_id;
    update public.vendor_states s
    set closed_at = now(), paused_at = null, paused_by = null, pause_reason = null,
      suspended_at = null, suspended_by = null, suspension_reason = null
    where s.vendor_id = v_state.vendor_id;
    -- Without an account the row gives no rights.
    update public.vendor_staff m set status = 'inactive', user_id = null
    where m.vendor_id = v_state.vendor_id and (m.status = 'active' or m.user_id is not null);
    update public.webhook_endpoints e set disabled_at = now(), disabled_reason = 'vendor_closed'
    where e.vendor_id = v_state.vendor_id and e.disabled_at is null;
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;
comment on function app_private.close_due_vendors(integer) is
  'Closes vendors whose last day is over and that have nothing left to do, at most p_limit, and returns how many: memberships end, webhooks are disabled. Their providers end by end_due_providers. Runs every hour.';
revoke all on function app_private.close_due_vendors(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.close_due_vendors(integer) to ombaro_worker;
--! EndIncluded functions/vendors/close_due_vendors.sql
-- No provider stays longer than the vendor.
--! Included functions/providers/set_last_day.sql
create or replace function app_private.set_last_day(p_provider_id uuid, p_last_day date, p_reason text) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_person app_private.provider_person;
  v_last_day date := p_last_day;
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
  -- Not longer than the vendor.
  v_last_day := least(p_last_day,
    (select s.last_day from public.vendor_states s where s.vendor_id = v_person.vendor_id));
  insert into public.provider_private_details as d (provider_id, last_day, ending_reason)
  values (p_provider_id, v_last_day, p_reason)
  on conflict on constraint provider_private_details_pkey do update
  set last_day = excluded.last_day, ending_reason = excluded.ending_reason;
  perform app_private.end_holds(array[p_provider_id], p_after => v_last_day);
  perform app_private.tell_provider_state(v_person, 'provider_ended', '{provider,vendor}',
    jsonb_build_object('date', to_char(v_last_day::timestamp, 'DD Mon YYYY'), 'reason', p_reason));
  -- Today is the last day and nothing is left to do.
  if v_last_day = app_private.vendor_day(v_person.vendor_id) and not exists (
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
  'Sets the last day of a provider, who takes no bookings after it, or the vendor''s last day where that is earlier; provider and vendor are notified. The provider ends at once on the last day when nothing is left to do; otherwise a job ends it the day after and returns open bookings to the vendor. Raises OB020 (a past day), OB030 (has left).';
revoke all on function app_private.set_last_day(uuid, date, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/set_last_day.sql

--! split: 040-transfer.sql
-- A new owner is invited as members are, and takes over by accepting.

--! Included functions/vendors/require_staying.sql
create or replace function app_private.require_staying(p_vendor_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if exists (select from public.vendor_states s where s.vendor_id = p_vendor_id and s.last_day is not null)
    or exists (select from public.vendors v where v.id = p_vendor_id and v.status = 'closed') then
    raise exception 'This vendor is closing or closed, so no one can join it. Decline or revoke the invitation.'
      using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.require_staying(uuid) is
  'Refuses new members of a vendor that is closing or closed. Raises OB030.';
revoke all on function app_private.require_staying(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/require_staying.sql
--! Included functions/vendors/require_transferable.sql
create or replace function app_private.require_transferable(p_vendor_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if exists (
    select from public.vendors v left join public.vendor_states s on s.vendor_id = v.id
    where v.id = p_vendor_id and (v.status in ('suspended', 'closed') or s.last_day is not null)
  ) then
    raise exception 'A vendor that is suspended, closing or closed cannot be transferred. Contact customer care.'
      using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.require_transferable(uuid) is
  'Refuses to transfer a vendor that is suspended, closing or closed. Raises OB030.';
revoke all on function app_private.require_transferable(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/require_transferable.sql
--! Included functions/vendors/join_as_owner.sql
create or replace function app_private.join_as_owner(p_invitation public.invitations, p_user_id uuid, p_mobile text, p_email text)
returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor public.vendors;
begin
  if p_mobile !~ '^\+91' then
    raise exception 'The owner of a vendor needs a verified Indian mobile number. Verify one first, then accept.'
      using errcode = 'OB037';
  end if;
  -- Suspending, closing and another transfer queue here.
  select * into v_vendor from public.vendors v where v.id = p_invitation.vendor_id for no key update;
  perform app_private.require_transferable(v_vendor.id);
  if v_vendor.user_id = p_user_id then
    raise exception 'You already own %. Decline this invitation.', v_vendor.business_name using errcode = 'OB030';
  end if;
  update public.vendors v set user_id = p_user_id where v.id = v_vendor.id;
  update public.vendor_private_details d
  set contact_person = p_invitation.name, contact_mobile = p_mobile, contact_email = coalesce(p_email, d.contact_email),
    payout_account_id = null
  where d.vendor_id = v_vendor.id;
  -- The new owner needs no other membership there, and the old one keeps none.
  update public.vendor_staff s set status = 'inactive', user_id = null
  where s.vendor_id = v_vendor.id and s.user_id in (p_user_id, v_vendor.user_id);
  perform app_private.give_role(p_user_id, 'vendor');
  update public.user_roles ur
  set status = 'inactive', valid_until = greatest(app_private.today(), ur.valid_from)
  from public.roles r
  where r.id = ur.role_id and r.code = 'vendor' and ur.user_id = v_vendor.user_id and ur.status = 'active'
    and not exists (select from public.vendors v where v.user_id = v_vendor.user_id);
  perform app_private.notify(u, 'vendor', 'vendor_transferred',
    jsonb_build_object('vendor', v_vendor.business_name, 'vendor_id', v_vendor.id, 'name', p_invitation.name),
    jsonb_build_object('screen', 'vendor', 'vendorId', v_vendor.id))
  from unnest(array[v_vendor.user_id, p_user_id]) u;
end
$$;
comment on function app_private.join_as_owner(public.invitations, uuid, text, text) is
  'Moves a vendor to the owner who has accepted: ownership, contact and role; the former owner keeps no rights there. Both are notified. Raises OB030 (suspended, closing, closed, or already the owner), OB037 (no Indian mobile number).';
revoke all on function app_private.join_as_owner(public.invitations, uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/join_as_owner.sql
--! Included functions/invitations/require_inviter.sql
create or replace function app_private.require_inviter(p_kind text, p_vendor_id uuid) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  case p_kind
    when 'employee' then
      perform app_private.require_permission('employees.create');
    when 'vendor_staff', 'provider' then
      if (p_vendor_id = any (app_private.my_vendor_ids('manage'))) is not true then
        raise exception 'Only the owner, managers and admins of a vendor may invite people to it. Check vendorId.'
          using errcode = 'OB002', column = 'vendor_id';
      end if;
    when 'owner' then
      perform app_private.act_on_vendor(p_vendor_id, '{owner,platform}');
    else
      raise exception 'Kind is required. Choose one of the kinds of membership.'
        using errcode = 'OB020', column = 'kind';
  end case;
end
$$;
comment on function app_private.require_inviter(text, uuid) is
  'Checks that the signed-in user may invite people to become this, and act on such invitations: employees by users who may add them, vendor staff and providers by the vendor''s management, a new owner by the owner or the platform. Raises OB001, OB002, OB003, OB020, OB031 (your own business).';
revoke all on function app_private.require_inviter(text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/require_inviter.sql
--! Included functions/invitations/check_invitation.sql
create or replace function app_private.check_invitation(p_invitation public.invitations) returns void
language plpgsql stable security definer set search_path = '' as $$
declare
  v_allowed text[];
begin
  case p_invitation.kind
    when 'employee' then
      if num_nulls(p_invitation.department_id, p_invitation.designation, p_invitation.joining_date,
        p_invitation.employee_code) > 0 then
        raise exception 'An employee needs departmentCode (of an existing department), designation, joiningDate and employeeCode. Fill in all of them.'
          using errcode = 'OB020';
      end if;
      if num_nonnulls(p_invitation.vendor_id, p_invitation.role) > 0 then
        raise exception 'An employee works for the platform, not for a vendor. Leave vendorId and role out.'
          using errcode = 'OB020';
      end if;
      if exists (select from public.employees e where e.employee_code = p_invitation.employee_code) then
        raise exception 'Employee code % already belongs to another employee. Choose another code.',
          p_invitation.employee_code
          using errcode = 'OB020', column = 'employee_code';
      end if;
      return;
    when 'vendor_staff' then
      v_allowed := array(select r.value from enums.vendor_staff_role r order by 1);
    when 'provider' then
      v_allowed := array(select k.value from enums.provider_kind k order by 1);
      if p_invitation.mobile is not null and p_invitation.mobile !~ '^\+91' then
        raise exception 'A provider needs an Indian mobile number. Enter one such as +919876543210.'
          using errcode = 'OB020', column = 'mobile';
      end if;
    when 'owner' then
      perform app_private.require_transferable(p_invitation.vendor_id);
      if p_invitation.mobile is not null and p_invitation.mobile !~ '^\+91' then
        raise exception 'The owner of a vendor needs an Indian mobile number. Enter one such as +919876543210.'
          using errcode = 'OB020', column = 'mobile';
      end if;
  end case;
  perform app_private.require_staying(p_invitation.vendor_id);
  if p_invitation.kind = 'owner' and p_invitation.role is not null then
    raise exception 'A new owner has no role among the staff. Leave role out.'
      using errcode = 'OB020', column = 'role';
  end if;
  if p_invitation.kind <> 'owner' and (p_invitation.role = any (v_allowed)) is not true then
    raise exception 'Role must be one of: %.', array_to_string(v_allowed, ', ')
      using errcode = 'OB020', column = 'role';
  end if;
  if num_nonnulls(p_invitation.department_id, p_invitation.designation, p_invitation.employment_type,
    p_invitation.joining_date, p_invitation.employee_code) > 0 then
    raise exception 'departmentCode, designation, employmentType, joiningDate and employeeCode are only for employees. Leave them out.'
      using errcode = 'OB020';
  end if;
end
$$;
comment on function app_private.check_invitation(public.invitations) is
  'Checks which fields an invitation of each kind has. Raises OB020, with the name of the field, and OB030 where the vendor closes or cannot be transferred.';
revoke all on function app_private.check_invitation(public.invitations) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/check_invitation.sql
--! Included functions/invitations/sent_invitation.sql
create or replace function app_private.sent_invitation(p_invitation_id uuid) returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_invitation public.invitations;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_invitation from public.invitations i where i.id = p_invitation_id for update;
  if not found or not (v_invitation.vendor_id is null and app_private.has_permission('employees.create')
    or v_invitation.kind = 'owner' and app_private.has_permission('vendors.update')
    or coalesce(v_invitation.vendor_id = any (app_private.my_vendor_ids('manage')), false)) then
    raise exception 'The invitation was not found, or you may not manage it. Check invitationId.'
      using errcode = 'OB003', column = 'invitation_id';
  end if;
  perform app_private.require_inviter(v_invitation.kind, v_invitation.vendor_id);
  return v_invitation;
end
$$;
comment on function app_private.sent_invitation(uuid) is
  'Locks and returns an invitation that the signed-in user may resend or revoke. Raises OB001, OB002 (a new owner is not yours to invite), OB003, OB031 (your own business).';
revoke all on function app_private.sent_invitation(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/sent_invitation.sql
--! Included functions/invitations/join_by_invitation.sql
create or replace function app_private.join_by_invitation(p_invitation public.invitations, p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_contacts record := app_private.proven_contacts(p_user_id);
  v_mobile text := coalesce(p_invitation.mobile, v_contacts.mobile);
  v_email text := coalesce(p_invitation.email, v_contacts.email);
begin
  if v_mobile is null then
    raise exception 'You need a verified mobile number. Verify one first, then accept.' using errcode = 'OB037';
  end if;
  perform app_private.require_staying(p_invitation.vendor_id);
  case p_invitation.kind
    when 'employee' then perform app_private.join_as_employee(p_invitation, p_user_id, v_mobile, v_email);
    when 'vendor_staff' then perform app_private.join_vendor_staff(p_invitation, p_user_id, v_mobile, v_email);
    when 'provider' then perform app_private.join_as_provider(p_invitation, p_user_id, v_mobile, v_email);
    when 'owner' then perform app_private.join_as_owner(p_invitation, p_user_id, v_mobile, v_email);
  end case;
end
$$;
comment on function app_private.join_by_invitation(public.invitations, uuid) is
  'Creates the membership of an invitation. Raises OB030, OB037.';
revoke all on function app_private.join_by_invitation(public.invitations, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/invitations/join_by_invitation.sql
--! Included functions/vendors/transfer_vendor.sql
create or replace function public.transfer_vendor(
  vendor_id uuid, name text, mobile text default null, email text default null
) returns public.invitations
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.act_on_vendor(transfer_vendor.vendor_id, '{owner,platform}');
  return public.invite_member('owner', transfer_vendor.name, transfer_vendor.mobile, transfer_vendor.email,
    transfer_vendor.vendor_id);
end
$$;
comment on function public.transfer_vendor(uuid, text, text, text) is
  'Invites a person by mobile number or e-mail address to take over a vendor. When the person accepts, ownership and contact move at once; the former owner keeps no rights there, and payouts go to the new owner''s bank account once it is verified. Until then nothing changes; revokeInvitation takes it back. For the owner, or the platform with the permission vendors.update. Raises OB001, OB002, OB003, OB020, OB030 (suspended, closing or closed), OB031 (yourself, or your own business), OB041 (too many invitations), or 23505 when one is open.';
revoke all on function public.transfer_vendor(uuid, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.transfer_vendor(uuid, text, text, text) to authenticated, staff;
--! EndIncluded functions/vendors/transfer_vendor.sql

--! split: 050-changes.sql
-- Facts that the platform has verified, and that documents, invoices and messages name, change by a request that
-- the platform decides on. Until then the verified value stays everywhere.

create table enums.vendor_fact (value text primary key, description text not null);
comment on table enums.vendor_fact is E'@enum\n@enumName VendorFact\nA verified fact of a vendor.';
insert into enums.vendor_fact values
  ('business_name', 'The name under which it trades'), ('gst_number', 'Its GSTIN'), ('pan_number', 'Its PAN'),
  ('partner_type', 'Its partner type'), ('bank_account', 'The bank account to which payouts go');
create table enums.change_request_status (value text primary key, description text not null);
comment on table enums.change_request_status is
  E'@enum\n@enumName ChangeRequestStatus\nState of a request to change a verified fact.';
insert into enums.change_request_status values
  ('pending', 'Waits for the platform'), ('approved', 'Approved, and in effect'), ('rejected', 'Rejected');
select app_private.publish_list('enums.vendor_fact');
select app_private.publish_list('enums.change_request_status');
insert into enums.notification_type values ('vendor_change_decided', 'A change of a vendor was decided');

--! Included templates/vendor_change_decided.sql
-- A change of a verified fact of a vendor was decided.
insert into public.notification_templates as t
  (type, audience, language, title, message, channels, priority, action_url)
values
  ('vendor_change_decided', 'vendor', 'en',
    '{{vendor}}: change of {{fact}} {{decision}}',
    'Requested: {{value}}. {{reason}}',
    '{push,in_app,email}', 'high', '/vendor/changes'),
  ('vendor_change_decided', 'vendor', 'hi',
    '{{vendor}}: {{fact}} में बदलाव ({{decision}})',
    'अनुरोध: {{value}}। {{reason}}',
    '{push,in_app,email}', 'high', '/vendor/changes')
on conflict (type, audience, language) do update
set title = excluded.title, message = excluded.message, channels = excluded.channels,
  priority = excluded.priority, action_url = excluded.action_url
-- Templates that an operator has edited stay.
where t.edited_at is null
  and (t.title, t.message, t.channels, t.priority, t.action_url) is distinct from
    (excluded.title, excluded.message, excluded.channels, excluded.priority, excluded.action_url);
--! EndIncluded templates/vendor_change_decided.sql

create table public.vendor_change_requests (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete cascade,
  fact text not null references enums.vendor_fact,
  old_value text,
  new_value text not null,
  bank_detail_id uuid references public.user_bank_details (id) on delete set null,
  comment text,
  status text not null default 'pending' references enums.change_request_status,
  requested_by uuid references public.user_profiles (id) on delete set null,
  decided_by uuid references public.user_profiles (id) on delete set null,
  decided_at timestamptz,
  rejection_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint vendor_change_requests_comment_length check (length(comment) <= 1000)
);
alter table public.vendor_change_requests enable row level security;
create unique index vendor_change_requests_one_open_key
  on public.vendor_change_requests (vendor_id, fact) where status = 'pending';
create index vendor_change_requests_vendor_id_idx on public.vendor_change_requests (vendor_id, created_at desc);
-- What waits, oldest first.
create index vendor_change_requests_pending_idx on public.vendor_change_requests (created_at, id)
  where status = 'pending';
create index vendor_change_requests_bank_detail_id_idx on public.vendor_change_requests (bank_detail_id);
create index vendor_change_requests_requested_by_idx on public.vendor_change_requests (requested_by);
create index vendor_change_requests_decided_by_idx on public.vendor_change_requests (decided_by);
select app_private.keep_timestamps('public.vendor_change_requests');
-- Values such as a PAN stay out of the audit log.
insert into app_private.audit_redactions values
  ('vendor_change_requests', 'old_value'), ('vendor_change_requests', 'new_value');
create trigger _800_audit after insert or update or delete on public.vendor_change_requests
  for each row execute function app_private.tg__audit('id');
comment on table public.vendor_change_requests is
  'Requests to change verified facts of vendors, with the decision: for the vendor''s management and the platform.';
comment on column public.vendor_change_requests.id is 'Identifies the request.';
comment on column public.vendor_change_requests.vendor_id is 'Vendor of which the fact is.';
comment on column public.vendor_change_requests.fact is 'Fact that is to change.';
comment on column public.vendor_change_requests.old_value is
  'Verified value when the request was made, of an account its last four digits; null where there was none.';
comment on column public.vendor_change_requests.new_value is
  'Requested value, of an account its last four digits.';
comment on column public.vendor_change_requests.bank_detail_id is
  'Requested bank account; null for other facts, and when it was deleted.';
comment on column public.vendor_change_requests.comment is 'What the vendor says about it; null when nothing.';
comment on column public.vendor_change_requests.status is 'State of the request.';
comment on column public.vendor_change_requests.requested_by is 'User who requested it; null when the account was deleted.';
comment on column public.vendor_change_requests.decided_by is 'User who decided; null until then.';
comment on column public.vendor_change_requests.decided_at is 'When it was decided; null until then.';
comment on column public.vendor_change_requests.rejection_reason is 'Why it was rejected; null unless it was.';
comment on column public.vendor_change_requests.created_at is 'When the row was created.';
comment on column public.vendor_change_requests.updated_at is 'When the row was last changed.';
comment on constraint vendor_change_requests_comment_length on public.vendor_change_requests is
  'Comment must have at most 1000 characters.';
comment on index public.vendor_change_requests_one_open_key is
  'A request for this fact is already open. Wait for its decision.';
create policy select_vendor on public.vendor_change_requests for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy select_staff on public.vendor_change_requests for select to staff
  using ((select app_private.has_permission('vendors.read')));
-- Withheld: every write; see request_vendor_change and decide_vendor_change.
grant select on public.vendor_change_requests to authenticated, staff;

alter table public.vendor_documents
  add column change_request_id uuid references public.vendor_change_requests (id) on delete set null;
create index vendor_documents_change_request_id_idx on public.vendor_documents (change_request_id);
comment on column public.vendor_documents.change_request_id is
  'Request for a change that the document supports; null for others.';
alter table public.vendor_private_details
  add column payout_account_id uuid references public.user_bank_details (id) on delete set null;
create index vendor_private_details_payout_account_id_idx on public.vendor_private_details (payout_account_id);
comment on column public.vendor_private_details.payout_account_id is
  'Bank account to which payouts go; null before the first payout: then the verified account of the owner.';

insert into app_private.personal_links (table_name, column_name, is_about) values
  ('public.vendor_change_requests', 'vendor_id', false), ('public.vendor_change_requests', 'bank_detail_id', false),
  ('public.vendor_change_requests', 'requested_by', false), ('public.vendor_change_requests', 'decided_by', false),
  ('public.vendor_documents', 'change_request_id', false),
  ('public.vendor_private_details', 'payout_account_id', false);

--! Included functions/vendors/payout_account.sql
create or replace function app_private.payout_account(p_vendor_id uuid) returns public.user_bank_details
language sql stable security definer set search_path = '' as $$
  select b from public.vendors v
  join public.user_bank_details b on b.user_id = v.user_id and b.is_verified
  left join public.vendor_private_details d on d.vendor_id = v.id
  where v.id = p_vendor_id
  -- The account of earlier payouts, until another one is approved; for the first the owner's own choice.
  order by b.id is not distinct from d.payout_account_id desc, b.is_primary desc, b.verified_at, b.id
  limit 1
$$;
comment on function app_private.payout_account(uuid) is
  'The verified bank account of a vendor''s present owner to which payouts go; null where there is none.';
revoke all on function app_private.payout_account(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/payout_account.sql
--! Included functions/vendors/fact_of_vendor.sql
create or replace function app_private.fact_of_vendor(p_vendor_id uuid, p_fact text) returns text
language sql stable security definer set search_path = '' as $$
  select case p_fact
    when 'business_name' then v.business_name
    when 'gst_number' then d.gst_number
    when 'pan_number' then d.pan_number
    when 'partner_type' then d.partner_type
    when 'bank_account' then (app_private.payout_account(v.id)).account_number
  end
  from public.vendors v left join public.vendor_private_details d on d.vendor_id = v.id
  where v.id = p_vendor_id
$$;
comment on function app_private.fact_of_vendor(uuid, text) is
  'The verified value of a fact of a vendor, an account as its last four digits; null where there is none.';
revoke all on function app_private.fact_of_vendor(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/fact_of_vendor.sql
--! Included functions/vendors/check_vendor_fact.sql
create or replace function app_private.check_vendor_fact(p_fact text, p_value text) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_value text := nullif(trim(p_value), '');
begin
  if p_fact = 'business_name' then
    if (length(v_value) between 2 and 200) is not true then
      raise exception 'Business name must have 2 to 200 characters. Correct the new value.'
        using errcode = 'OB020', column = 'new_value';
    end if;
    return v_value;
  end if;
  v_value := upper(v_value);
  if p_fact = 'gst_number' and app_private.is_gstin(v_value) is not true then
    raise exception 'GSTIN must have 15 characters, such as 27AAPFU0939F1ZV, and the last one must fit the others. Correct the new value.'
      using errcode = 'OB020', column = 'new_value';
  end if;
  if p_fact = 'pan_number' and app_private.is_pan(v_value) is not true then
    raise exception 'PAN must have 10 characters, such as AAPFU0939F. Correct the new value.'
      using errcode = 'OB020', column = 'new_value';
  end if;
  if p_fact = 'partner_type' and not exists (
    select from public.partner_types t where t.type_code = v_value and t.is_active) then
    raise exception 'The partner type must be one that is offered at present. Choose another new value.'
      using errcode = 'OB020', column = 'new_value';
  end if;
  return v_value;
end
$$;
comment on function app_private.check_vendor_fact(text, text) is
  'The new value of a fact of a vendor, in the form in which it is kept. Raises OB020.';
revoke all on function app_private.check_vendor_fact(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/check_vendor_fact.sql
--! Included functions/vendors/request_vendor_change.sql
create or replace function public.request_vendor_change(
  vendor_id uuid, fact text, new_value text default null, bank_detail_id uuid default null,
  document_ids uuid[] default '{}', comment text default null
) returns public.vendor_change_requests
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_vendor public.vendors;
  v_value text;
  v_request public.vendor_change_requests;
begin
  v_vendor := app_private.act_on_vendor(request_vendor_change.vendor_id,
    case request_vendor_change.fact when 'bank_account' then '{owner}' else '{vendor}' end::text[]);
  if v_vendor.status = 'closed' then
    raise exception 'This vendor is closed, so its facts stay as they are. Contact customer care.' using errcode = 'OB030';
  end if;
  if not exists (select from enums.vendor_fact f where f.value = request_vendor_change.fact) then
    raise exception 'Fact is required. Choose one of the facts that are verified.'
      using errcode = 'OB020', column = 'fact';
  end if;
  if (request_vendor_change.fact = 'bank_account') <> (request_vendor_change.bank_detail_id is not null) then
    raise exception 'A bank account is named by bankDetailId, and only a bank account. Correct fact or bankDetailId.'
      using errcode = 'OB020', column = 'bank_detail_id';
  end if;
  if request_vendor_change.fact = 'bank_account' then
    select b.account_number into v_value from public.user_bank_details b
    where b.id = request_vendor_change.bank_detail_id and b.user_id = (select auth.uid());
    if not found then
      raise exception 'You have no bank account with this id. Check bankDetailId.'
        using errcode = 'OB003', column = 'bank_detail_id';
    end if;
  else
    v_value := app_private.check_vendor_fact(request_vendor_change.fact, request_vendor_change.new_value);
  end if;
  if v_value = app_private.fact_of_vendor(v_vendor.id, request_vendor_change.fact)
    and (request_vendor_change.fact <> 'bank_account'
      or request_vendor_change.bank_detail_id = (app_private.payout_account(v_vendor.id)).id) then
    raise exception 'This is already the verified value. Enter another one.'
      using errcode = 'OB020', column = 'new_value';
  end if;
  if cardinality(request_vendor_change.document_ids) > 10 or exists (
    select from unnest(request_vendor_change.document_ids) w (id)
    left join public.vendor_documents d on d.id = w.id and d.vendor_id = v_vendor.id
    where d.id is null
  ) then
    raise exception 'The documents must be at most ten, and documents of this vendor. Check documentIds.'
      using errcode = 'OB020', column = 'document_ids';
  end if;
  insert into public.vendor_change_requests (vendor_id, fact, old_value, new_value, bank_detail_id, comment, requested_by)
  values (v_vendor.id, request_vendor_change.fact,
    app_private.fact_of_vendor(v_vendor.id, request_vendor_change.fact), v_value,
    request_vendor_change.bank_detail_id, nullif(trim(request_vendor_change.comment), ''), (select auth.uid()))
  returning * into v_request;
  update public.vendor_documents d set change_request_id = v_request.id
  where d.id = any (request_vendor_change.document_ids);
  return v_request;
end
$$;
comment on function public.request_vendor_change(uuid, text, text, uuid, uuid[], text) is
  E'@enumArgument fact vendor_fact\nAsks the platform to change a verified fact of a vendor: business name, GSTIN, PAN, partner type (newValue) or the bank account for payouts (bankDetailId, of the owner''s own), with documents of the vendor that show it. Until it is approved the verified value is shown and used. Only one request for each fact can be open. For the owner, managers and admins of the vendor; the bank account for the owner. Raises OB001, OB002, OB003, OB020, OB030 (closed), or 23505 when a request is open.';
revoke all on function public.request_vendor_change(uuid, text, text, uuid, uuid[], text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.request_vendor_change(uuid, text, text, uuid, uuid[], text) to authenticated, staff;
--! EndIncluded functions/vendors/request_vendor_change.sql
--! Included functions/vendors/decide_vendor_change.sql
create or replace function public.decide_vendor_change(request_id uuid, approve boolean, reason text default null)
returns public.vendor_change_requests
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_request public.vendor_change_requests;
  v_vendor public.vendors;
begin
  perform app_private.require_permission('vendors.update');
  select * into v_request from public.vendor_change_requests r
  where r.id = decide_vendor_change.request_id for update;
  if not found then
    raise exception 'The request was not found. Check requestId.' using errcode = 'OB003', column = 'request_id';
  end if;
  if v_request.requested_by = (select auth.uid()) or app_private.belongs_to_vendor(v_request.vendor_id) then
    raise exception 'This request is of your own business, so you cannot decide on it. Leave it to someone else.'
      using errcode = 'OB031';
  end if;
  if v_request.status <> 'pending' then
    raise exception 'This request has already been decided. Reload it to see the decision.' using errcode = 'OB030';
  end if;
  if approve is null then
    raise exception 'Approve is required. Enter true or false.' using errcode = 'OB020', column = 'approve';
  end if;
  -- In the order of transferring: the owner may change at this moment.
  select * into v_vendor from public.vendors v where v.id = v_request.vendor_id for no key update;
  if approve then
    if v_request.fact = 'bank_account' and not exists (
      select from public.user_bank_details b
      where b.id = v_request.bank_detail_id and b.user_id = v_vendor.user_id and b.is_verified
    ) then
      raise exception 'This bank account is not verified, or is not the present owner''s. Verify the account first, or reject the request.'
        using errcode = 'OB037';
    end if;
    update public.vendors v set business_name = v_request.new_value
    where v.id = v_vendor.id and v_request.fact = 'business_name';
    update public.vendor_private_details d set
      gst_number = case v_request.fact when 'gst_number' then v_request.new_value else d.gst_number end,
      pan_number = case v_request.fact when 'pan_number' then v_request.new_value else d.pan_number end,
      partner_type = case v_request.fact when 'partner_type' then v_request.new_value else d.partner_type end,
      -- The commission of the new type; a booking keeps the rate that it was made under.
      commission_rate = case v_request.fact when 'partner_type' then (
        select t.commission_rate from public.partner_types t where t.type_code = v_request.new_value)
        else d.commission_rate end,
      payout_account_id = case v_request.fact when 'bank_account' then v_request.bank_detail_id
        else d.payout_account_id end
    where d.vendor_id = v_vendor.id and v_request.fact <> 'business_name';
  end if;
  update public.vendor_change_requests r
  set status = case when approve then 'approved' else 'rejected' end, decided_by = (select auth.uid()),
    decided_at = now(),
    rejection_reason = case when not approve then app_private.required_reason(decide_vendor_change.reason) end
  where r.id = v_request.id
  returning * into v_request;
  perform app_private.notify(u, 'vendor', 'vendor_change_decided',
    jsonb_build_object('vendor', v_vendor.business_name, 'vendor_id', v_vendor.id,
      'fact', replace(v_request.fact, '_', ' '), 'decision', v_request.status,
      -- A message leaves the platform: no tax number in full.
      'value', case when v_request.fact in ('gst_number', 'pan_number') then app_private.masked(v_request.new_value)
        else v_request.new_value end,
      'reason', coalesce(v_request.rejection_reason, '')),
    jsonb_build_object('screen', 'vendorChange', 'vendorId', v_vendor.id, 'requestId', v_request.id))
  from unnest(array[v_vendor.user_id, v_request.requested_by]) with ordinality w (u, place)
  where u is not null and (place = 1 or u is distinct from v_vendor.user_id);
  return v_request;
end
$$;
comment on function public.decide_vendor_change(uuid, boolean, text) is
  'Approves or rejects a request of requestVendorChange; an approved value applies at once, and a new partner type brings its commission for later bookings. A bank account must be verified first (verifyBankAccount). A rejection needs a reason. The owner and the requesting user are notified. Needs the permission vendors.update. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already decided), OB031 (your own business), OB036 (no reason), OB037 (the bank account is not verified).';
revoke all on function public.decide_vendor_change(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_vendor_change(uuid, boolean, text) to staff;
--! EndIncluded functions/vendors/decide_vendor_change.sql
--! Included functions/verification/verification_queue.sql
create or replace function public.verification_queue() returns setof public.verification_request
language plpgsql stable security definer set search_path = '' as $$
declare
  v_me uuid := (select auth.uid());
  v_people boolean := app_private.has_permission('kyc.approve');
  v_documents boolean := app_private.has_permission('vendor_documents.approve');
  v_vendors boolean := app_private.has_permission('vendors.update');
begin
  if not (v_people or v_documents or v_vendors) then
    perform app_private.require_permission('kyc.approve');
  end if;
  return query
    select w.kind, w.id, w.user_id, w.vendor_id, w.holder, w.what, w.number,
      -- In a union of several queries a domain becomes its base type.
      w.file_url::public.file_reference, w.expiry_date, w.submitted_at
    from (
      select 'user_document', d.id, d.user_id, null::uuid, p.name, t.description, d.document_number,
        d.file_url, d.expiry_date, d.created_at
      from public.user_documents d
      join public.user_profiles p on p.id = d.user_id
      join enums.user_document_type t on t.value = d.document_type
      where v_people and d.verification_status = 'pending' and d.user_id <> v_me
      union all
      select 'bank_account', b.id, b.user_id, null, p.name,
        concat_ws(', ', b.account_holder_name, b.bank_name, b.ifsc_code), b.account_number, null, null, b.created_at
      from public.user_bank_details b
      join public.user_profiles p on p.id = b.user_id
      where v_people and b.verification_status = 'pending' and b.user_id <> v_me
      union all
      select 'kyc', k.id, k.user_id, null, p.name, t.description, k.verification_data ->> 'number', null,
        null, k.created_at
      from public.user_kyc_verification k
      join public.user_profiles p on p.id = k.user_id
      join enums.kyc_type t on t.value = k.verification_type
      where v_people and k.verification_status = 'pending' and k.user_id <> v_me
      union all
      select 'vendor_document', d.id, null, d.vendor_id, v.business_name, t.description, null, d.file_url,
        d.expiry_date, d.created_at
      from public.vendor_documents d
      join public.vendors v on v.id = d.vendor_id
      join enums.vendor_document_type t on t.value = d.document_type
      where v_documents and d.verification_status = 'pending'
        and v.user_id is distinct from v_me
        and not exists (select from public.vendor_staff s where s.vendor_id = v.id and s.user_id = v_me)
      union all
      select 'vendor', v.id, null, v.id, v.business_name,
        concat_ws(', ', v.address_line1, v.address_line2, v.city, v.pincode), null, null, null, v.created_at
      from public.vendors v
      where v_vendors and v.verification_status = 'pending'
        and v.user_id is distinct from v_me
        and not exists (select from public.vendor_staff s where s.vendor_id = v.id and s.user_id = v_me)
      union all
      select 'vendor_change', r.id, null, v.id, v.business_name,
        replace(r.fact, '_', ' ')
          || case when r.fact in ('gst_number', 'pan_number') then ''
            else ': ' || concat_ws(' → ', r.old_value, r.new_value) end,
        case when r.fact in ('gst_number', 'pan_number') then app_private.masked(r.new_value) end, d.file_url,
        d.expiry_date, r.created_at
      from public.vendor_change_requests r
      join public.vendors v on v.id = r.vendor_id
      left join lateral (
        select d.file_url, d.expiry_date from public.vendor_documents d
        where d.change_request_id = r.id order by d.created_at desc limit 1
      ) d on true
      where v_vendors and r.status = 'pending' and v.user_id is distinct from v_me
        and not exists (select from public.vendor_staff s where s.vendor_id = v.id and s.user_id = v_me)
      union all
      select 'provider', p.id, q.user_id, v.id, q.name,
        concat_ws(', ', v.business_name, coalesce(d.kinds, 'no documents yet')), null, d.file_url, d.expiry_date,
        coalesce(d.since, q.created_at)
      from (
        select t.id, t.user_id, t.name, t.status, t.created_at from public.therapists t
        where t.verification_status = 'pending'
        union all
        select b.id, b.user_id, b.name, b.status, b.created_at from public.beauticians b
        where b.verification_status = 'pending'
      ) q
      join public.providers p on q.id in (p.therapist_id, p.beautician_id)
      join public.vendors v on v.id = p.vendor_id
      cross join lateral (
        select string_agg(distinct t.description, ', ') as kinds, max(d.created_at) as since,
          (array_agg(d.file_url::text order by d.created_at desc) filter (where d.document_type = 'identity'))[1],
          (array_agg(d.expiry_date order by d.created_at desc) filter (where d.document_type = 'identity'))[1]
        from public.provider_documents d
        join enums.provider_document_type t on t.value = d.document_type
        where d.provider_id = p.id
      ) d (kinds, since, file_url, expiry_date)
      where v_vendors and q.status <> 'ended' and q.user_id is distinct from v_me
        and v.user_id is distinct from v_me
        and not exists (select from public.vendor_staff s where s.vendor_id = v.id and s.user_id = v_me)
    ) w (kind, id, user_id, vendor_id, holder, what, number, file_url, expiry_date, submitted_at)
    order by w.submitted_at, w.id;
end
$$;
comment on function public.verification_queue() is
  'What waits for verification by the signed-in user, oldest first; never their own requests. Needs at least one of the permissions to approve identities, to approve documents of vendors or to update vendors, and shows the part of each. Raises OB001, OB002 (none of the three).';
revoke all on function public.verification_queue() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.verification_queue() to staff;
--! EndIncluded functions/verification/verification_queue.sql
comment on column public.verification_request.kind is
  'Kind of request, which determines the mutation that decides: verifyUserDocument, verifyBankAccount, decideKycVerification, verifyVendorDocument, verifyVendor, decideVendorChange or verifyProvider.';
comment on column public.verification_request.id is 'Id of the document, account, verification, vendor, request or provider.';
-- Payouts go to the verified account.
--! Included functions/money/complete_payout.sql
create or replace function public.complete_payout(
  payout_id uuid, reference text, payment_method text default 'bank_transfer'
) returns public.vendor_payouts
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_payout public.vendor_payouts := app_private.open_payout(complete_payout.payout_id);
  v_account public.user_bank_details := app_private.payout_account(v_payout.vendor_id);
begin
  if exists (select from public.vendors v where v.id = v_payout.vendor_id and v.status = 'suspended') then
    raise exception 'This vendor is suspended, so its payouts are held. Wait until the vendor is reinstated.'
      using errcode = 'OB030';
  end if;
  if complete_payout.payment_method = 'bank_transfer' and v_account.id is null then
    raise exception 'The owner of this vendor has no verified bank account. Verify one first.'
      using errcode = 'OB037';
  end if;
  update public.vendor_payouts p
  set payout_status = 'completed', payment_reference = app_private.required_reason(complete_payout.reference, 'reference'),
    payment_method = complete_payout.payment_method, payment_date = now()
  where p.id = v_payout.id
  returning * into v_payout;
  update public.commission_records c set settlement_status = 'settled', settlement_date = now()
  where c.payout_id = v_payout.id;
  perform app_private.move_money('vendor', v_payout.vendor_id, 'bank', null, v_payout.net_amount, null, 'payout');
  -- From the first payout on another account needs a request.
  update public.vendor_private_details d set payout_account_id = v_account.id
  where d.vendor_id = v_payout.vendor_id and d.payout_account_id is distinct from v_account.id
    and v_account.id is not null;
  return v_payout;
end
$$;
comment on function public.complete_payout(uuid, text, text) is
  'Records that the bank has paid a payout, with its reference; its records are then settled. A bank transfer needs a verified bank account of the vendor''s owner. Needs the permission payouts.execute. Raises OB001, OB002, OB003, OB030 (already paid, or the vendor is suspended), OB031 (your own payout), OB036 (no reference), OB037 (no verified bank account).';
revoke all on function public.complete_payout(uuid, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.complete_payout(uuid, text, text) to staff;
--! EndIncluded functions/money/complete_payout.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.24', 'vendor-life', '2026-11-29', 'Vendors are paused, suspended, reinstated, closed and transferred; verified facts change by request');
