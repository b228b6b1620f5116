-- Bookings, and who performs them. People read here; every write that has rules comes with the
-- booking engine's functions, and no client role may insert a booking or change its state.

create sequence app_private.booking_numbers;

create function app_private.next_booking_number() returns text
language sql volatile security definer set search_path = '' as $$
  select app_private.numbered(
    'OBO-' || to_char(now() at time zone 'Asia/Kolkata', 'YYYYMMDD') || '-',
    nextval('app_private.booking_numbers'), 4)
$$;
comment on function app_private.next_booking_number() is
  'OBO, the day in India, and at least four digits from one sequence that never repeats.';

create function app_private.plus_minutes(p_instant timestamptz, p_minutes integer) returns timestamptz
language sql immutable set search_path = '' as $$
  select p_instant + p_minutes * interval '1 minute'
$$;
comment on function app_private.plus_minutes(timestamptz, integer) is
  'An instant so many minutes later. Immutable, unlike timestamptz + interval in general, because minutes do not depend on the time zone.';
-- A generated column is computed with the rights of whoever writes the row.
grant execute on function app_private.plus_minutes(timestamptz, integer) to authenticated, staff;

create table public.bookings (
  id uuid primary key default gen_random_uuid(),
  booking_number text not null unique default app_private.next_booking_number(),
  customer_id uuid not null references public.customers (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  booking_type text not null references enums.booking_type,
  service_location jsonb not null,
  contact_name text,
  contact_mobile public.mobile_number,
  booking_date date not null,
  booking_time time not null,
  time_zone text not null default 'Asia/Kolkata',
  duration_minutes integer not null check (duration_minutes between 5 and 1440),
  starts_at timestamptz not null
    generated always as ((booking_date + booking_time) at time zone time_zone) stored,
  ends_at timestamptz not null generated always as (app_private.plus_minutes(
    (booking_date + booking_time) at time zone time_zone, duration_minutes)) stored,
  total_amount numeric(10, 2) not null check (total_amount >= 0),
  discount_amount numeric(10, 2) not null default 0 check (discount_amount >= 0),
  tax_amount numeric(10, 2) not null default 0 check (tax_amount >= 0),
  service_charge numeric(10, 2) not null default 0 check (service_charge >= 0),
  final_amount numeric(10, 2) not null,
  status text not null default 'pending' references enums.booking_status
    constraint bookings_never_rest_at_rescheduled check (status <> 'rescheduled'),
  payment_status text not null default 'pending' references enums.booking_payment_status,
  special_instructions text check (length(special_instructions) <= 1000),
  cancellation_reason text,
  cancelled_by uuid references public.user_profiles (id) on delete set null,
  cancelled_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint bookings_discount_within_total check (discount_amount <= total_amount),
  constraint bookings_amounts_add_up
    check (final_amount = total_amount - discount_amount + service_charge + tax_amount),
  constraint bookings_cancelled_with_time check ((status = 'cancelled') = (cancelled_at is not null))
);
alter table public.bookings enable row level security;
-- Looked up by who asks: see the head of this migration.
alter table public.bookings
  alter column customer_id set (n_distinct = -1), alter column vendor_id set (n_distinct = -1);
create index bookings_customer_id_idx on public.bookings (customer_id, created_at desc);
-- A vendor's day.
create index bookings_vendor_id_idx on public.bookings (vendor_id, booking_date);
-- The lists of staff: newest first, by state, by day.
create index bookings_created_at_idx on public.bookings (created_at desc, id);
create index bookings_status_idx on public.bookings (status, created_at desc);
create index bookings_booking_date_idx on public.bookings (booking_date, id);
create index bookings_cancelled_by_idx on public.bookings (cancelled_by) where cancelled_by is not null;
-- A vendor's bookings cluster by state and type; without this the planner multiplies.
create statistics public.bookings_vendor_status on vendor_id, status from public.bookings;
create statistics public.bookings_status_payment on status, payment_status from public.bookings;
create trigger _100_timestamps before insert or update on public.bookings
  for each row execute function app_private.tg__timestamps();
comment on table public.bookings is
  'Bookings. Times are the vendor''s local date and time and, generated from them, instants; amounts are rupees, agreed once and never recomputed.';
comment on column public.bookings.id is 'Identifies the booking.';
comment on column public.bookings.booking_number is
  'OBO, the day it was made and at least four digits, for people to quote.';
comment on column public.bookings.customer_id is 'Customer who booked.';
comment on column public.bookings.vendor_id is 'Vendor that is booked.';
comment on column public.bookings.booking_type is 'Where the service takes place.';
comment on column public.bookings.service_location is
  'Object with the address of the service as agreed, keyed like customer_addresses.';
comment on column public.bookings.contact_name is
  'For whom to ask at the place of service; null when not given.';
comment on column public.bookings.contact_mobile is
  'Number to call about this booking, in E.164; null when not given.';
comment on column public.bookings.booking_date is 'Day on which it begins, in time_zone.';
comment on column public.bookings.booking_time is 'Time of day at which it begins, in time_zone.';
comment on column public.bookings.time_zone is
  'IANA zone of date and time, the vendor''s when it was made.';
comment on column public.bookings.duration_minutes is 'Minutes that all of it takes.';
comment on column public.bookings.starts_at is
  'Instant at which it begins; reckoned from date, time and time_zone.';
comment on column public.bookings.ends_at is
  'Instant at which it ends; reckoned from its beginning and duration.';
comment on column public.bookings.total_amount is
  'Rupees of all items with their add-ons, before discount, service charge and GST.';
comment on column public.bookings.discount_amount is 'Rupees taken off total_amount.';
comment on column public.bookings.tax_amount is 'Rupees of GST on everything that is charged.';
comment on column public.bookings.service_charge is 'Rupees charged by the platform, before GST.';
comment on column public.bookings.final_amount is
  'Rupees to pay: total_amount less discount_amount, plus service_charge and tax_amount.';
comment on column public.bookings.status is
  'Where the booking stands; moved by the platform''s functions alone.';
comment on column public.bookings.payment_status is 'How much of final_amount is paid.';
comment on column public.bookings.special_instructions is
  'Up to 1000 characters for the provider, by the customer until service begins; null when nothing.';
comment on column public.bookings.cancellation_reason is
  'Why it was cancelled; null unless it was.';
comment on column public.bookings.cancelled_by is 'Who cancelled it; null unless a person did.';
comment on column public.bookings.cancelled_at is 'When it was cancelled; null unless it was.';
comment on column public.bookings.created_at is 'When the row was made.';
comment on column public.bookings.updated_at is 'When the row last changed.';
comment on statistics public.bookings_vendor_status is 'States are not spread evenly over vendors.';
comment on statistics public.bookings_status_payment is 'How much is paid follows the state.';
create policy select_party on public.bookings for select to authenticated
  using (
    customer_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('bookings'))::uuid[])
    or id = any ((select app_private.my_assigned_booking_ids())::uuid[])
  );
create policy select_staff on public.bookings for select to staff
  using (
    id >= (select app_private.floor_uuid('bookings.read'))
    and created_at >= (select app_private.floor_instant('bookings.read'))
    and booking_date >= (select app_private.floor_date('bookings.read'))
    and status >= (select app_private.floor_text('bookings.read'))
  );
create policy update_own on public.bookings for update to authenticated
  using (customer_id = (select auth.uid()) and status in ('pending', 'confirmed', 'assigned'))
  with check (customer_id = (select auth.uid()));
grant select on public.bookings to authenticated, staff;
-- Withheld: everything else. A customer may say how to ring the bell until the service begins.
grant update (special_instructions) on public.bookings to authenticated;

create function app_private.tg_bookings__notify() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_changed jsonb;
begin
  if tg_op = 'INSERT' then
    perform app_private.emit_event(
      'booking:' || new.id, 'booking.created', new.id, '{"changed": []}');
    return null;
  end if;
  v_changed := app_private.changed_columns(to_jsonb(old), to_jsonb(new));
  if v_changed <> '[]' then
    perform app_private.emit_event(
      'booking:' || new.id,
      'booking.' || case when new.status <> old.status then new.status else 'updated' end,
      new.id,
      jsonb_build_object('changed', v_changed));
  end if;
  return null;
end
$$;
comment on function app_private.tg_bookings__notify() is
  'Records booking.created, booking.<new status> or booking.updated for live subscribers.';
create trigger _900_notify after insert or update on public.bookings
  for each row execute function app_private.tg_bookings__notify();

create table public.booking_items (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings (id) on delete cascade,
  service_id uuid not null references public.services (id) on delete restrict,
  service_name text not null,
  service_duration integer not null check (service_duration > 0),
  service_price numeric(10, 2) not null check (service_price >= 0),
  quantity integer not null default 1 check (quantity between 1 and 20),
  addon_services jsonb not null default '[]' check (jsonb_typeof(addon_services) = 'array'),
  subtotal numeric(10, 2) not null check (subtotal >= 0),
  therapist_id uuid references public.therapists (id) on delete restrict,
  notes text,
  created_at timestamptz not null default now()
);
alter table public.booking_items enable row level security;
create index booking_items_booking_id_idx on public.booking_items (booking_id);
create index booking_items_service_id_idx on public.booking_items (service_id);
create index booking_items_therapist_id_idx on public.booking_items (therapist_id)
  where therapist_id is not null;
comment on table public.booking_items is
  'What was booked, with name, duration in minutes and price in rupees as they were then.';
comment on column public.booking_items.id is 'Identifies the item.';
comment on column public.booking_items.booking_id is 'Booking of which it is a part.';
comment on column public.booking_items.service_id is
  'Service that was booked; its name and price may have changed since.';
comment on column public.booking_items.service_name is 'Name of the service when it was booked.';
comment on column public.booking_items.service_duration is
  'Minutes that the service takes once, as agreed.';
comment on column public.booking_items.service_price is
  'Rupees before GST for the service once, as agreed.';
comment on column public.booking_items.quantity is 'How many times the service is given, 1 to 20.';
comment on column public.booking_items.addon_services is
  'Array of add-ons as agreed: objects with id, name, duration (minutes) and price (rupees).';
comment on column public.booking_items.subtotal is
  'Rupees before GST for the item: price times quantity, with add-ons.';
comment on column public.booking_items.therapist_id is
  'Therapist who performs the item; null until one is named.';
comment on column public.booking_items.notes is
  'What the provider should know about this item; null when nothing.';
comment on column public.booking_items.created_at is 'When the row was made.';
create policy select_party on public.booking_items for select to authenticated
  using (exists (select from public.bookings b where b.id = booking_id));
create policy select_staff on public.booking_items for select to staff
  using (exists (select from public.bookings b where b.id = booking_id));
grant select on public.booking_items to authenticated, staff;

create table public.booking_status_history (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings (id) on delete cascade,
  from_status text references enums.booking_status,
  to_status text not null references enums.booking_status,
  changed_by uuid references public.user_profiles (id) on delete set null,
  reason text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now()
);
alter table public.booking_status_history enable row level security;
create index booking_status_history_booking_id_idx
  on public.booking_status_history (booking_id, created_at);
create index booking_status_history_changed_by_idx on public.booking_status_history (changed_by)
  where changed_by is not null;
comment on table public.booking_status_history is 'Every change of a booking''s state: who and why.';
comment on column public.booking_status_history.id is 'Identifies the change.';
comment on column public.booking_status_history.booking_id is 'Booking whose state changed.';
comment on column public.booking_status_history.from_status is
  'State before; null for the first row of a booking.';
comment on column public.booking_status_history.to_status is 'State after.';
comment on column public.booking_status_history.changed_by is
  'Who changed it; null when the platform did or that account is gone.';
comment on column public.booking_status_history.reason is 'Why; null when not said.';
comment on column public.booking_status_history.metadata is
  'Object with details of the change, {} without any.';
comment on column public.booking_status_history.created_at is 'When the row was made.';
create policy select_party on public.booking_status_history for select to authenticated
  using (exists (select from public.bookings b where b.id = booking_id));
create policy select_staff on public.booking_status_history for select to staff
  using (exists (select from public.bookings b where b.id = booking_id));
grant select on public.booking_status_history to authenticated, staff;

create table public.booking_notes (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings (id) on delete cascade,
  note_type text references enums.booking_note_type,
  note text not null check (length(trim(note)) between 1 and 4000),
  created_by uuid default auth.uid() references public.user_profiles (id) on delete set null,
  is_internal boolean not null default false,
  created_at timestamptz not null default now()
);
alter table public.booking_notes enable row level security;
create index booking_notes_booking_id_idx on public.booking_notes (booking_id, created_at);
create index booking_notes_created_by_idx on public.booking_notes (created_by);
comment on table public.booking_notes is
  'What the parties to a booking tell each other. Internal ones are for the platform''s people.';
comment on column public.booking_notes.id is 'Identifies the note.';
comment on column public.booking_notes.booking_id is 'Booking about which it is.';
comment on column public.booking_notes.note_type is
  'From which side it comes; null when not recorded.';
comment on column public.booking_notes.note is 'What was noted, up to 4000 characters.';
comment on column public.booking_notes.created_by is
  'Who wrote it; null when the platform did or that account is gone.';
comment on column public.booking_notes.is_internal is 'Whether only the platform''s people see it.';
comment on column public.booking_notes.created_at is 'When the row was made.';
create policy select_party on public.booking_notes for select to authenticated
  using (not is_internal and exists (select from public.bookings b where b.id = booking_id));
create policy select_staff on public.booking_notes for select to staff
  using (exists (select from public.bookings b where b.id = booking_id));
grant select on public.booking_notes to authenticated, staff;

create table public.booking_cancellations (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null unique references public.bookings (id) on delete cascade,
  cancelled_by uuid not null references public.user_profiles (id) on delete restrict,
  cancelled_by_role text not null references enums.party_role,
  cancellation_reason text not null,
  refund_amount numeric(10, 2) not null default 0 check (refund_amount >= 0),
  refund_status text not null default 'pending' references enums.refund_status,
  cancellation_charge numeric(10, 2) not null default 0 check (cancellation_charge >= 0),
  cancelled_at timestamptz not null default now()
);
alter table public.booking_cancellations enable row level security;
create index booking_cancellations_cancelled_by_idx on public.booking_cancellations (cancelled_by);
comment on table public.booking_cancellations is 'How a booking ended before it began, once at most.';
comment on column public.booking_cancellations.id is 'Identifies the cancellation.';
comment on column public.booking_cancellations.booking_id is 'Booking that was cancelled.';
comment on column public.booking_cancellations.cancelled_by is 'Who cancelled.';
comment on column public.booking_cancellations.cancelled_by_role is
  'In which role they did; it decides the charge.';
comment on column public.booking_cancellations.cancellation_reason is 'Why, in their words.';
comment on column public.booking_cancellations.refund_amount is
  'Rupees that go back to the customer.';
comment on column public.booking_cancellations.refund_status is 'How far the refund is.';
comment on column public.booking_cancellations.cancellation_charge is
  'Rupees that the customer does not get back.';
comment on column public.booking_cancellations.cancelled_at is 'When it was cancelled.';
create policy select_party on public.booking_cancellations for select to authenticated
  using (exists (select from public.bookings b where b.id = booking_id));
create policy select_staff on public.booking_cancellations for select to staff
  using (exists (select from public.bookings b where b.id = booking_id));
grant select on public.booking_cancellations to authenticated, staff;

create table public.booking_reschedules (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings (id) on delete cascade,
  old_date date not null,
  old_time time not null,
  new_date date not null,
  new_time time not null,
  requested_by uuid not null references public.user_profiles (id) on delete restrict,
  requested_by_role text not null references enums.party_role,
  reason text,
  status text not null default 'pending' references enums.reschedule_status,
  approved_by uuid references public.user_profiles (id) on delete set null,
  approved_at timestamptz,
  reschedule_charge numeric(10, 2) not null default 0 check (reschedule_charge >= 0),
  created_at timestamptz not null default now(),
  constraint booking_reschedules_moves check ((new_date, new_time) <> (old_date, old_time))
);
alter table public.booking_reschedules enable row level security;
create index booking_reschedules_booking_id_idx on public.booking_reschedules (booking_id);
-- One question at a time.
create unique index booking_reschedules_one_pending_key on public.booking_reschedules (booking_id)
  where status = 'pending';
create index booking_reschedules_requested_by_idx on public.booking_reschedules (requested_by);
create index booking_reschedules_approved_by_idx on public.booking_reschedules (approved_by);
comment on table public.booking_reschedules is 'New times asked for, agreed and refused.';
comment on column public.booking_reschedules.id is 'Identifies the request.';
comment on column public.booking_reschedules.booking_id is 'Booking to be moved.';
comment on column public.booking_reschedules.old_date is
  'Day before the move, in the booking''s time zone.';
comment on column public.booking_reschedules.old_time is
  'Time of day before the move, in the booking''s time zone.';
comment on column public.booking_reschedules.new_date is
  'Day asked for, in the booking''s time zone.';
comment on column public.booking_reschedules.new_time is
  'Time of day asked for, in the booking''s time zone.';
comment on column public.booking_reschedules.requested_by is 'Who asks for the move.';
comment on column public.booking_reschedules.requested_by_role is 'In which role they ask.';
comment on column public.booking_reschedules.reason is 'Why; null when not said.';
comment on column public.booking_reschedules.status is 'Whether the new time is agreed.';
comment on column public.booking_reschedules.approved_by is
  'Who decided; null until then or when the platform did.';
comment on column public.booking_reschedules.approved_at is 'When it was decided; null until then.';
comment on column public.booking_reschedules.reschedule_charge is
  'Rupees charged for moving; 0 while moving is free.';
comment on column public.booking_reschedules.created_at is 'When the row was made.';
create policy select_party on public.booking_reschedules for select to authenticated
  using (exists (select from public.bookings b where b.id = booking_id));
create policy select_staff on public.booking_reschedules for select to staff
  using (exists (select from public.bookings b where b.id = booking_id));
grant select on public.booking_reschedules to authenticated, staff;

create table public.therapist_assignments (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings (id) on delete cascade,
  therapist_id uuid not null references public.therapists (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  customer_id uuid not null references public.customers (id) on delete restrict,
  service_id uuid not null references public.services (id) on delete restrict,
  assignment_date date not null,
  assignment_time time not null,
  status text not null default 'assigned' references enums.assignment_status,
  location_address text not null,
  location_latitude public.latitude,
  location_longitude public.longitude,
  estimated_duration integer not null check (estimated_duration > 0),
  actual_start_time timestamptz,
  actual_end_time timestamptz,
  actual_duration integer check (actual_duration >= 0),
  distance_traveled numeric(10, 2) check (distance_traveled >= 0),
  travel_time integer check (travel_time >= 0),
  customer_rating integer check (customer_rating between 1 and 5),
  customer_feedback text,
  tips_amount numeric(10, 2) not null default 0 check (tips_amount >= 0),
  notes text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint therapist_assignments_end_after_start check (actual_end_time >= actual_start_time)
);
alter table public.therapist_assignments enable row level security;
alter table public.therapist_assignments
  alter column therapist_id set (n_distinct = -1), alter column vendor_id set (n_distinct = -1),
  alter column customer_id set (n_distinct = -1);
-- One provider at a time performs a booking.
create unique index therapist_assignments_one_live_key on public.therapist_assignments (booking_id)
  where status <> 'cancelled';
create index therapist_assignments_booking_id_idx on public.therapist_assignments (booking_id);
-- A provider's day, and which bookings are theirs.
create index therapist_assignments_therapist_id_idx
  on public.therapist_assignments (therapist_id, assignment_date) include (booking_id, status);
create index therapist_assignments_vendor_id_idx
  on public.therapist_assignments (vendor_id, assignment_date);
create index therapist_assignments_customer_id_idx on public.therapist_assignments (customer_id);
create index therapist_assignments_service_id_idx on public.therapist_assignments (service_id);
create index therapist_assignments_created_at_idx
  on public.therapist_assignments (created_at desc, id);
-- The few that are under way: whose position may be seen.
create index therapist_assignments_under_way_idx on public.therapist_assignments (customer_id, vendor_id)
  where status in ('in_transit', 'reached', 'in_progress');
create trigger _100_timestamps before insert or update on public.therapist_assignments
  for each row execute function app_private.tg__timestamps();
comment on table public.therapist_assignments is
  'Who performs a booking, and how far it is. Durations and travel in minutes, distance in kilometres, tips in rupees.';
comment on column public.therapist_assignments.id is 'Identifies the assignment.';
comment on column public.therapist_assignments.booking_id is 'Booking to be performed.';
comment on column public.therapist_assignments.therapist_id is 'Therapist who performs it.';
comment on column public.therapist_assignments.vendor_id is 'Vendor of the booking.';
comment on column public.therapist_assignments.customer_id is 'Customer of the booking.';
comment on column public.therapist_assignments.service_id is 'Service to be performed.';
comment on column public.therapist_assignments.assignment_date is
  'Day on which the service begins, in the vendor''s own time.';
comment on column public.therapist_assignments.assignment_time is
  'Time of day at which the service begins, in the vendor''s own time.';
comment on column public.therapist_assignments.status is 'How far it is.';
comment on column public.therapist_assignments.location_address is
  'Where the service takes place, in one text.';
comment on column public.therapist_assignments.location_latitude is
  'Degrees north of that place (WGS 84); null when not known.';
comment on column public.therapist_assignments.location_longitude is
  'Degrees east of that place (WGS 84); null when not known.';
comment on column public.therapist_assignments.estimated_duration is
  'Minutes that the service should take.';
comment on column public.therapist_assignments.actual_start_time is
  'When the service began; null until then.';
comment on column public.therapist_assignments.actual_end_time is
  'When the service ended; null until then.';
comment on column public.therapist_assignments.actual_duration is
  'Minutes that the service took; null until it has ended.';
comment on column public.therapist_assignments.distance_traveled is
  'Kilometres that the therapist travelled to get there; null when not known.';
comment on column public.therapist_assignments.travel_time is
  'Minutes that the therapist travelled to get there; null when not known.';
comment on column public.therapist_assignments.customer_rating is
  'The customer''s stars for the therapist, 1 to 5; null until given.';
comment on column public.therapist_assignments.customer_feedback is
  'What the customer said of the service; null until given.';
comment on column public.therapist_assignments.tips_amount is 'Rupees that the customer tipped.';
comment on column public.therapist_assignments.notes is
  'What the vendor or therapist noted; the customer can read it; null without notes.';
comment on column public.therapist_assignments.created_at is 'When the row was made.';
comment on column public.therapist_assignments.updated_at is 'When the row last changed.';
comment on index public.therapist_assignments_one_live_key is 'This booking has a provider already.';
create policy select_party on public.therapist_assignments for select to authenticated
  using (
    customer_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('bookings'))::uuid[])
    or therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
  );
create policy select_staff on public.therapist_assignments for select to staff
  using (
    id >= (select app_private.floor_uuid('bookings.read'))
    and created_at >= (select app_private.floor_instant('bookings.read'))
  );
grant select on public.therapist_assignments to authenticated, staff;

create table public.therapist_locations (
  id uuid primary key default gen_random_uuid(),
  therapist_id uuid not null references public.therapists (id) on delete cascade,
  booking_id uuid references public.bookings (id) on delete cascade,
  latitude public.latitude not null,
  longitude public.longitude not null,
  accuracy numeric(10, 2) check (accuracy >= 0),
  altitude numeric(10, 2),
  speed numeric(10, 2) check (speed >= 0),
  heading numeric(5, 2) check (heading >= 0 and heading < 360),
  battery_level integer check (battery_level between 0 and 100),
  is_moving boolean not null default false,
  timestamp timestamptz not null default now()
);
alter table public.therapist_locations enable row level security;
alter table public.therapist_locations
  alter column therapist_id set (n_distinct = -1), alter column booking_id set (n_distinct = -1);
create index therapist_locations_therapist_id_idx
  on public.therapist_locations (therapist_id, timestamp desc);
create index therapist_locations_booking_id_idx
  on public.therapist_locations (booking_id, timestamp desc);
comment on table public.therapist_locations is
  'Where a provider is while on the way or serving: accuracy and altitude in metres, speed in metres a second, heading in degrees. Seen by that booking''s customer and vendor only while it lasts.';
comment on column public.therapist_locations.id is 'Identifies the position.';
comment on column public.therapist_locations.therapist_id is 'Therapist who was there.';
comment on column public.therapist_locations.booking_id is
  'Booking for which the therapist was under way; null when none was named.';
comment on column public.therapist_locations.latitude is
  'Degrees north (WGS 84), as the therapist''s device reported.';
comment on column public.therapist_locations.longitude is
  'Degrees east (WGS 84), as the therapist''s device reported.';
comment on column public.therapist_locations.accuracy is
  'Radius of uncertainty in metres; null when not reported.';
comment on column public.therapist_locations.altitude is
  'Metres above sea level; null when not reported.';
comment on column public.therapist_locations.speed is 'Metres a second; null when not reported.';
comment on column public.therapist_locations.heading is
  'Direction of travel in degrees clockwise from north; null when not reported or standing.';
comment on column public.therapist_locations.battery_level is
  'Charge of the device in per cent, 0 to 100; null when not reported.';
comment on column public.therapist_locations.is_moving is 'Whether the device says that it moves.';
comment on column public.therapist_locations.timestamp is 'When the therapist was there.';
create policy select_party on public.therapist_locations for select to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or booking_id = any ((select app_private.my_tracked_booking_ids())::uuid[])
  );
-- No policy for staff: a position is for those who wait.
grant select on public.therapist_locations to authenticated;

/*
 * Figures that users expect on a booking.
 */
create function public.bookings_is_upcoming(booking public.bookings) returns boolean
language sql stable set search_path = '' as $$
  select booking.starts_at > now() and booking.status in ('pending', 'confirmed', 'assigned')
$$;
comment on function public.bookings_is_upcoming(public.bookings) is
  'Whether the booking still lies ahead.';
grant execute on function public.bookings_is_upcoming(public.bookings) to authenticated, staff;

create function app_private.may_listen(p_topic text) returns boolean
language plpgsql stable set search_path = '' as $$
declare
  v_kind text := split_part(p_topic, ':', 1);
  v_id text := substr(p_topic, length(v_kind) + 2);
begin
  if (select auth.uid()) is not null
    and v_kind = 'booking' and v_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return exists (select from public.bookings b where b.id = v_id::uuid);
  end if;
  return false;
end
$$;
comment on function app_private.may_listen(text) is
  'Whether the signed-in person may follow a topic now. Runs with their own rights: a booking may be followed by who may read it.';
grant execute on function app_private.may_listen(text) to anon, authenticated, staff;
-- The API calls it by name while it has these roles.
grant usage on schema app_private to anon, authenticated, staff;
