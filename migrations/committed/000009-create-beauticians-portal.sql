--! Previous: sha1:2d947c9e2636cd7d2d355f58f17ad9534c414ff1
--! Hash: sha1:e12ea52b6b761616dfe27bb7f07af653d2d432f0
--! Message: create-beauticians-portal

--! split: 010-lists-and-role.sql
-- Beauticians perform services in the vendor's salon. To the platform they are the same idea as
-- therapists, so one mechanism serves both: the same helpers ask what is a provider's own, the
-- same notifications tell them, the same rules grant their leave. Their tables stand beside the
-- therapists' under the names that the platform's data has.
--
-- First the lists of values, and the role.

create table enums.beautician_availability (value text primary key, description text not null);
comment on table enums.beautician_availability is
  E'@enum\n@enumName BeauticianAvailability\nWhat a beautician does right now.';
insert into enums.beautician_availability values
  ('available', 'Free'), ('busy', 'Serving'), ('unavailable', 'Off duty');

create table enums.beautician_assignment_status (value text primary key, description text not null);
comment on table enums.beautician_assignment_status is
  E'@enum\n@enumName BeauticianAssignmentStatus\nHow far the assignment of a beautician is. There is no way to travel.';
insert into enums.beautician_assignment_status values
  ('assigned', 'Given'), ('in_progress', 'Serving'), ('completed', 'Done'),
  ('cancelled', 'Taken back');

do $$
declare
  v_table text;
begin
  foreach v_table in array
    array['beautician_availability', 'beautician_assignment_status']
  loop
    execute format('alter table enums.%I enable row level security', v_table);
    execute format('create policy select_all on enums.%I for select to public using (true)', v_table);
    execute format(
      'grant select on enums.%I to anon, authenticated, staff, service_role, ombaro_api', v_table);
    execute format('comment on column enums.%I.value is %L', v_table, 'The allowed value.');
    execute format('comment on column enums.%I.description is %L', v_table, 'What it means.');
  end loop;
end
$$;

insert into enums.leave_type values ('vacation', 'Vacation'), ('personal', 'Personal matters');
insert into enums.reviewable_type values ('beautician', 'A beautician');
comment on table public.reviews is
  'What customers say of services, therapists, beauticians, vendors and bookings. What moderators say of it is in review_moderations.';
comment on column public.reviews.reviewable_id is
  'Id of the service, therapist, beautician, vendor or booking that is reviewed.';

insert into enums.profile_role values ('beautician', 'Performs services in a salon');
insert into public.roles
  (code, name, description, level, is_system_role, is_staff, profile_role)
values
  ('beautician', 'Beautician', 'Performs services in a salon', 0, true, false, 'beautician');

--! split: 020-beauticians.sql
-- Beauticians: who they are and which services they perform. What a customer sees and what only
-- the vendor and the beautician may know are apart.

create table public.beauticians (
  id uuid primary key default gen_random_uuid(),
  user_id uuid unique references public.user_profiles (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  name text not null check (length(trim(name)) between 1 and 200),
  gender text references enums.gender,
  profile_image text,
  bio text check (length(bio) <= 2000),
  specializations text[] not null default '{}',
  experience_years integer not null default 0 check (experience_years between 0 and 80),
  certifications text[] not null default '{}',
  portfolio_images text[] not null default '{}',
  rating numeric(3, 2) not null default 0,
  total_reviews integer not null default 0 check (total_reviews >= 0),
  status text not null default 'active' references enums.provider_status,
  availability_status text not null default 'unavailable' references enums.beautician_availability,
  is_active boolean not null default true,
  verification_status text not null default 'pending' references enums.verification_status,
  account_is_active boolean not null default true,
  is_listed boolean not null generated always as (
    is_active and account_is_active and status in ('active', 'on_leave')
    and verification_status = 'verified') stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.beauticians enable row level security;
select app_private.limit_numbers('public.beauticians', '{"rating": "rating"}');
create index beauticians_vendor_id_idx on public.beauticians (vendor_id);
-- The best first.
create index beauticians_rating_idx on public.beauticians (rating desc, id);
create trigger _150_account_is_active before insert or update of user_id on public.beauticians
  for each row execute function app_private.tg__account_is_active();
create trigger _100_timestamps before insert or update on public.beauticians
  for each row execute function app_private.tg__timestamps();
create trigger _800_audit after insert or update or delete on public.beauticians
  for each row execute function app_private.tg__audit('id');
comment on table public.beauticians is
  'Beauticians, as customers see them. Telephone, bank, birth date and earnings are in beautician_private_details.';
comment on column public.beauticians.id is 'Identifies the beautician.';
comment on column public.beauticians.user_id is
  'Account of the beautician; null while none is linked.';
comment on column public.beauticians.vendor_id is 'Vendor in whose salon the beautician works.';
comment on column public.beauticians.name is 'How customers know the beautician.';
comment on column public.beauticians.gender is 'As the beautician states it; null when not said.';
comment on column public.beauticians.profile_image is
  'URL of a picture for customers; null without one.';
comment on column public.beauticians.bio is
  'What the beautician says of themselves, up to 2000 characters; null when nothing.';
comment on column public.beauticians.specializations is
  'What the beautician is best at, one skill an entry; empty when not said.';
comment on column public.beauticians.experience_years is 'Whole years in the trade.';
comment on column public.beauticians.certifications is
  'Certificates as the beautician or vendor entered them, one an entry.';
comment on column public.beauticians.portfolio_images is 'URLs of pictures of finished work.';
comment on column public.beauticians.rating is
  'Average of the beautician''s approved reviews, up to 5; 0 without any.';
comment on column public.beauticians.total_reviews is
  'How many approved reviews the rating is made of.';
comment on column public.beauticians.status is 'Whether the beautician works for the vendor.';
comment on column public.beauticians.availability_status is
  'What the beautician is doing now; set by the beautician or the vendor.';
comment on column public.beauticians.is_active is
  'The platform''s switch: false hides the beautician from the public.';
comment on column public.beauticians.verification_status is
  'Whether the platform has checked the beautician.';
comment on column public.beauticians.account_is_active is
  'Whether the beautician''s account is active; true while none is linked. Kept by triggers.';
comment on column public.beauticians.is_listed is
  'Whether the public sees and books this beautician: working, verified, and the account active.';
comment on column public.beauticians.created_at is 'When the row was made.';
comment on column public.beauticians.updated_at is 'When the row last changed.';

--! Included functions/providers/my_beautician_ids.sql
create or replace function app_private.my_beautician_ids() returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array(select b.id from public.beauticians b where b.user_id = (select auth.uid()))
$$;
comment on function app_private.my_beautician_ids() is 'Beautician rows of the signed-in person.';
revoke all on function app_private.my_beautician_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_beautician_ids() to authenticated;
--! EndIncluded functions/providers/my_beautician_ids.sql

--! Included functions/providers/my_desk_beautician_ids.sql
create or replace function app_private.my_desk_beautician_ids() returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array(
    select b.id from public.beauticians b
    where b.vendor_id = any ((select app_private.my_vendor_ids('bookings'))::uuid[])
  )
$$;
comment on function app_private.my_desk_beautician_ids() is
  'Beauticians of the vendors for which the signed-in person handles bookings.';
revoke all on function app_private.my_desk_beautician_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_desk_beautician_ids() to authenticated;
--! EndIncluded functions/providers/my_desk_beautician_ids.sql

--! Included functions/providers/my_managed_beautician_ids.sql
create or replace function app_private.my_managed_beautician_ids() returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array(
    select b.id from public.beauticians b
    where b.vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  )
$$;
comment on function app_private.my_managed_beautician_ids() is
  'Beauticians of the vendors that the signed-in person manages.';
revoke all on function app_private.my_managed_beautician_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_managed_beautician_ids() to authenticated;
--! EndIncluded functions/providers/my_managed_beautician_ids.sql

create policy select_anon on public.beauticians for select to anon using (is_listed);
create policy select_signed_in on public.beauticians for select to authenticated
  using (
    is_listed
    or id = any ((select app_private.my_beautician_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('member'))::uuid[])
  );
create policy select_staff on public.beauticians for select to staff
  using (is_listed or (select app_private.has_permission('vendors.read')));
create policy update_own_or_vendor on public.beauticians for update to authenticated
  using (
    id = any ((select app_private.my_beautician_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  )
  with check (
    id = any ((select app_private.my_beautician_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  );
grant select on public.beauticians to anon, authenticated, staff;
-- Withheld: making one, which invite_member does; the account behind the row, vendor, rating, counts,
-- status, verification.
grant update (name, gender, profile_image, bio, specializations, experience_years, certifications,
    portfolio_images, availability_status)
  on public.beauticians to authenticated;

create table public.beautician_private_details (
  beautician_id uuid primary key references public.beauticians (id) on delete cascade,
  email public.email_address,
  mobile public.mobile_number not null,
  date_of_birth date,
  address jsonb,
  emergency_contact jsonb,
  bank_details jsonb,
  total_earnings numeric(12, 2) not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.beautician_private_details enable row level security;
select app_private.limit_numbers('public.beautician_private_details', '{"total_earnings": "sum"}');
create trigger _100_timestamps before insert or update on public.beautician_private_details
  for each row execute function app_private.tg__timestamps();
insert into app_private.audit_redactions values
  ('beautician_private_details', 'bank_details'),
  ('beautician_private_details', 'address'),
  ('beautician_private_details', 'emergency_contact');
create trigger _800_audit after insert or update or delete on public.beautician_private_details
  for each row execute function app_private.tg__audit('beautician_id');
comment on table public.beautician_private_details is
  'What only the beautician and the vendor''s management know of a beautician.';
comment on column public.beautician_private_details.beautician_id is
  'Beautician whose details these are.';
comment on column public.beautician_private_details.email is
  'Address of the beautician in lower case; null when not given.';
comment on column public.beautician_private_details.mobile is
  'Number of the beautician in E.164, such as +919876543210.';
comment on column public.beautician_private_details.date_of_birth is
  'Birthday of the beautician; null when not given.';
comment on column public.beautician_private_details.address is
  'Home address, an object keyed like customer_addresses; null when not given.';
comment on column public.beautician_private_details.emergency_contact is
  'Object with name, relationship and mobile of whom to call; null when not given.';
comment on column public.beautician_private_details.bank_details is
  'Object keyed like user_bank_details, for paying the beautician; null when not given.';
comment on column public.beautician_private_details.total_earnings is
  'Rupees earned through the platform so far; counted by the platform.';
comment on column public.beautician_private_details.created_at is 'When the row was made.';
comment on column public.beautician_private_details.updated_at is 'When the row last changed.';
create policy select_own_or_vendor on public.beautician_private_details for select to authenticated
  using (
    beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or beautician_id = any ((select app_private.my_managed_beautician_ids())::uuid[])
  );
create policy select_staff on public.beautician_private_details for select to staff
  using ((select app_private.has_permission('vendors.read')));
create policy insert_vendor on public.beautician_private_details for insert to authenticated
  with check (beautician_id = any ((select app_private.my_managed_beautician_ids())::uuid[]));
create policy update_own_or_vendor on public.beautician_private_details for update to authenticated
  using (
    beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or beautician_id = any ((select app_private.my_managed_beautician_ids())::uuid[])
  )
  with check (
    beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or beautician_id = any ((select app_private.my_managed_beautician_ids())::uuid[])
  );
grant select on public.beautician_private_details to authenticated, staff;
-- Withheld: total_earnings.
grant insert (beautician_id, email, mobile, date_of_birth, address, emergency_contact, bank_details),
  update (email, mobile, date_of_birth, address, emergency_contact, bank_details)
  on public.beautician_private_details to authenticated;

create table public.beautician_services (
  id uuid primary key default gen_random_uuid(),
  beautician_id uuid not null references public.beauticians (id) on delete cascade,
  service_id uuid not null references public.services (id) on delete restrict,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint beautician_services_once unique (beautician_id, service_id)
);
alter table public.beautician_services enable row level security;
-- Who performs a service.
create index beautician_services_service_id_idx on public.beautician_services (service_id);
create trigger _100_timestamps before insert or update on public.beautician_services
  for each row execute function app_private.tg__timestamps();
comment on table public.beautician_services is
  'Which services of the catalogue a beautician is qualified for. Price and duration are the vendor''s, in vendor_services.';
comment on column public.beautician_services.id is 'Identifies the qualification.';
comment on column public.beautician_services.beautician_id is 'Beautician who performs the service.';
comment on column public.beautician_services.service_id is 'Service that is performed.';
comment on column public.beautician_services.is_active is
  'Whether the beautician performs it at present.';
comment on column public.beautician_services.created_at is 'When the row was made.';
comment on column public.beautician_services.updated_at is 'When the row last changed.';
comment on constraint beautician_services_once on public.beautician_services is
  'The beautician has this service already.';
-- What is performed is as public as who performs it.
create policy select_anon on public.beautician_services for select to anon
  using (is_active and exists (select from public.beauticians b where b.id = beautician_id));
create policy select_signed_in on public.beautician_services for select to authenticated
  using (
    is_active and exists (select from public.beauticians b where b.id = beautician_id)
    or beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or beautician_id = any ((select app_private.my_desk_beautician_ids())::uuid[])
  );
create policy select_staff on public.beautician_services for select to staff
  using (
    is_active and exists (select from public.beauticians b where b.id = beautician_id)
    or (select app_private.has_permission('vendors.read'))
  );
-- The vendor answers for who is qualified: beauticians do not qualify themselves.
create policy insert_vendor on public.beautician_services for insert to authenticated
  with check (beautician_id = any ((select app_private.my_managed_beautician_ids())::uuid[]));
create policy update_vendor on public.beautician_services for update to authenticated
  using (beautician_id = any ((select app_private.my_managed_beautician_ids())::uuid[]))
  with check (beautician_id = any ((select app_private.my_managed_beautician_ids())::uuid[]));
create policy delete_vendor on public.beautician_services for delete to authenticated
  using (beautician_id = any ((select app_private.my_managed_beautician_ids())::uuid[]));
grant select on public.beautician_services to anon, authenticated, staff;
grant delete on public.beautician_services to authenticated;
grant insert (beautician_id, service_id, is_active), update (is_active)
  on public.beautician_services to authenticated;

--! split: 030-working-time.sql
-- When beauticians work, and when they are away.

create table public.beautician_schedules (
  id uuid primary key default gen_random_uuid(),
  beautician_id uuid not null references public.beauticians (id) on delete cascade,
  day_of_week integer not null
    constraint beautician_schedules_day_range check (day_of_week between 0 and 6),
  start_time time not null,
  end_time time not null,
  is_available boolean not null default true,
  break_start time,
  break_end time,
  max_bookings integer not null default 5 check (max_bookings between 0 and 50),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint beautician_schedules_once_a_day unique (beautician_id, day_of_week),
  constraint beautician_schedules_ends_after_start check (end_time > start_time),
  constraint beautician_schedules_break_inside check (
    (break_start is null) = (break_end is null)
    and coalesce(
      break_start >= start_time and break_end <= end_time and break_end > break_start, true)
  )
);
alter table public.beautician_schedules enable row level security;
create trigger _100_timestamps before insert or update on public.beautician_schedules
  for each row execute function app_private.tg__timestamps();
comment on table public.beautician_schedules is
  'When a beautician works, in the vendor''s own time. Day 0 is Sunday; a day without a row is free.';
comment on column public.beautician_schedules.id is 'Identifies the working hours of one weekday.';
comment on column public.beautician_schedules.beautician_id is 'Beautician whose hours these are.';
comment on column public.beautician_schedules.day_of_week is '0 for Sunday to 6 for Saturday.';
comment on column public.beautician_schedules.start_time is
  'When work begins, in the vendor''s own time.';
comment on column public.beautician_schedules.end_time is
  'When work ends, in the vendor''s own time and later the same day.';
comment on column public.beautician_schedules.is_available is
  'Whether the beautician works on this day; false keeps the hours and takes the day off.';
comment on column public.beautician_schedules.break_start is
  'When the break begins, in the vendor''s own time; null without a break.';
comment on column public.beautician_schedules.break_end is
  'When the break ends, in the vendor''s own time; null without a break.';
comment on column public.beautician_schedules.max_bookings is
  'How many bookings the beautician takes on this day at most.';
comment on column public.beautician_schedules.created_at is 'When the row was made.';
comment on column public.beautician_schedules.updated_at is 'When the row last changed.';
comment on constraint beautician_schedules_once_a_day on public.beautician_schedules is
  'This weekday has working hours already.';
comment on constraint beautician_schedules_ends_after_start on public.beautician_schedules is
  'A working day ends later than it begins.';
comment on constraint beautician_schedules_break_inside on public.beautician_schedules is
  'A break lies within the working hours.';
create policy select_own_or_vendor on public.beautician_schedules for select to authenticated
  using (
    beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or beautician_id = any ((select app_private.my_desk_beautician_ids())::uuid[])
  );
create policy select_staff on public.beautician_schedules for select to staff
  using ((select app_private.has_permission('vendors.read')));
create policy insert_own_or_vendor on public.beautician_schedules for insert to authenticated
  with check (
    beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or beautician_id = any ((select app_private.my_managed_beautician_ids())::uuid[])
  );
create policy update_own_or_vendor on public.beautician_schedules for update to authenticated
  using (
    beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or beautician_id = any ((select app_private.my_managed_beautician_ids())::uuid[])
  )
  with check (
    beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or beautician_id = any ((select app_private.my_managed_beautician_ids())::uuid[])
  );
create policy delete_own_or_vendor on public.beautician_schedules for delete to authenticated
  using (
    beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or beautician_id = any ((select app_private.my_managed_beautician_ids())::uuid[])
  );
grant select, delete on public.beautician_schedules to authenticated;
grant select on public.beautician_schedules to staff;
grant insert (beautician_id, day_of_week, start_time, end_time, is_available, break_start,
    break_end, max_bookings),
  update (start_time, end_time, is_available, break_start, break_end, max_bookings)
  on public.beautician_schedules to authenticated;

create table public.beautician_leaves (
  id uuid primary key default gen_random_uuid(),
  beautician_id uuid not null references public.beauticians (id) on delete cascade,
  leave_type text not null references enums.leave_type,
  start_date date not null,
  end_date date not null,
  total_days integer generated always as (end_date - start_date + 1) stored,
  reason text,
  status text not null default 'pending' references enums.leave_status,
  approved_by uuid references public.user_profiles (id) on delete set null,
  approved_at timestamptz,
  rejection_reason text,
  documents text[],
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint beautician_leaves_ends_after_start check (end_date >= start_date),
  constraint beautician_leaves_at_most_a_year check (end_date - start_date < 366),
  -- Nor while the first is still to be decided: both could be granted.
  constraint beautician_leaves_no_overlap exclude using gist
    (beautician_id with =, daterange(start_date, end_date, '[]') with &&)
    where (status in ('pending', 'approved'))
);
alter table public.beautician_leaves enable row level security;
create index beautician_leaves_approved_by_idx on public.beautician_leaves (approved_by);
create index beautician_leaves_beautician_id_idx
  on public.beautician_leaves (beautician_id, start_date);
create trigger _100_timestamps before insert or update on public.beautician_leaves
  for each row execute function app_private.tg__timestamps();
insert into app_private.audit_redactions values ('beautician_leaves', 'documents');
create trigger _800_audit after insert or update or delete on public.beautician_leaves
  for each row execute function app_private.tg__audit('id');
comment on table public.beautician_leaves is
  'Leave asked for, granted and refused. Asked for by the beautician, decided by the vendor.';
comment on column public.beautician_leaves.id is 'Identifies the leave.';
comment on column public.beautician_leaves.beautician_id is
  'Beautician who is or wants to be away.';
comment on column public.beautician_leaves.leave_type is 'What kind of leave it is.';
comment on column public.beautician_leaves.start_date is 'First day away.';
comment on column public.beautician_leaves.end_date is 'Last day away.';
comment on column public.beautician_leaves.total_days is
  'Days away, first and last included; reckoned from the dates.';
comment on column public.beautician_leaves.reason is
  'Why, in the beautician''s words; null when not said.';
comment on column public.beautician_leaves.status is 'Whether it is granted; decided by the vendor.';
comment on column public.beautician_leaves.approved_by is 'Who decided; null until then.';
comment on column public.beautician_leaves.approved_at is 'When it was decided; null until then.';
comment on column public.beautician_leaves.rejection_reason is
  'Why it was refused, for the beautician; null unless it was.';
comment on column public.beautician_leaves.documents is
  'URLs of proofs, such as a doctor''s note; null without any.';
comment on column public.beautician_leaves.created_at is 'When the row was made.';
comment on column public.beautician_leaves.updated_at is 'When the row last changed.';
comment on constraint beautician_leaves_ends_after_start on public.beautician_leaves is
  'A leave does not end before it begins.';
comment on constraint beautician_leaves_at_most_a_year on public.beautician_leaves is
  'A leave lasts a year at most.';
comment on constraint beautician_leaves_no_overlap on public.beautician_leaves is
  'There is a leave for some of these days already.';
create policy select_own_or_vendor on public.beautician_leaves for select to authenticated
  using (
    beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or beautician_id = any ((select app_private.my_desk_beautician_ids())::uuid[])
  );
create policy select_staff on public.beautician_leaves for select to staff
  using ((select app_private.has_permission('vendors.read')));
create policy insert_own on public.beautician_leaves for insert to authenticated
  with check (beautician_id = any ((select app_private.my_beautician_ids())::uuid[]));
create policy delete_own on public.beautician_leaves for delete to authenticated
  using (
    beautician_id = any ((select app_private.my_beautician_ids())::uuid[]) and status = 'pending'
  );
grant select, delete on public.beautician_leaves to authenticated;
grant select on public.beautician_leaves to staff;
-- Withheld: status and decision, see decide_beautician_leave. Nobody grants themselves leave.
grant insert (beautician_id, leave_type, start_date, end_date, reason, documents)
  on public.beautician_leaves to authenticated;

--! split: 040-assignments.sql
-- Which beautician performs a booking, and what the months add up to.

create table public.beautician_assignments (
  id uuid primary key default gen_random_uuid(),
  booking_id uuid not null references public.bookings (id) on delete cascade,
  beautician_id uuid not null references public.beauticians (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  customer_id uuid not null references public.customers (id) on delete restrict,
  assignment_time timestamptz not null,
  status text not null default 'assigned' references enums.beautician_assignment_status,
  location jsonb check (jsonb_typeof(location) = 'object'),
  actual_start_time timestamptz,
  actual_end_time timestamptz,
  tips_amount numeric(10, 2) not null default 0,
  notes text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint beautician_assignments_end_after_start check (actual_end_time >= actual_start_time)
);
alter table public.beautician_assignments enable row level security;
select app_private.limit_numbers('public.beautician_assignments', '{"tips_amount": "amount"}');
-- Looked up by who asks: see the head of migration 1.
alter table public.beautician_assignments
  alter column beautician_id set (n_distinct = -1), alter column vendor_id set (n_distinct = -1),
  alter column customer_id set (n_distinct = -1);
-- One provider at a time performs a booking; tg__one_provider minds the therapists.
create unique index beautician_assignments_one_live_key on public.beautician_assignments (booking_id)
  where status <> 'cancelled';
create index beautician_assignments_booking_id_idx on public.beautician_assignments (booking_id);
-- A provider's day, and which bookings are theirs.
create index beautician_assignments_beautician_id_idx
  on public.beautician_assignments (beautician_id, assignment_time) include (booking_id, status);
create index beautician_assignments_vendor_id_idx
  on public.beautician_assignments (vendor_id, assignment_time);
create index beautician_assignments_customer_id_idx on public.beautician_assignments (customer_id);
-- The lists of staff: newest first, by day.
create index beautician_assignments_created_at_idx
  on public.beautician_assignments (created_at desc, id);
create index beautician_assignments_assignment_time_idx
  on public.beautician_assignments (assignment_time, id);
-- The few that are still to be performed.
create index beautician_assignments_ahead_idx on public.beautician_assignments (assignment_time, id)
  where status in ('assigned', 'in_progress');
create trigger _100_timestamps before insert or update on public.beautician_assignments
  for each row execute function app_private.tg__timestamps();
comment on table public.beautician_assignments is
  'Which beautician performs a booking in the salon, and how far it is.';
comment on column public.beautician_assignments.id is 'Identifies the assignment.';
comment on column public.beautician_assignments.booking_id is 'Booking to be performed.';
comment on column public.beautician_assignments.beautician_id is 'Beautician who performs it.';
comment on column public.beautician_assignments.vendor_id is
  'Vendor of the booking; copied from it by a trigger.';
comment on column public.beautician_assignments.customer_id is
  'Customer of the booking; copied from it by a trigger.';
comment on column public.beautician_assignments.assignment_time is
  'Instant at which the service is to begin.';
comment on column public.beautician_assignments.status is 'How far it is.';
comment on column public.beautician_assignments.location is
  'Object that says where in the salon, such as {"room": "2", "chair": "4"}; null when not said.';
comment on column public.beautician_assignments.actual_start_time is
  'When the service began; null until then.';
comment on column public.beautician_assignments.actual_end_time is
  'When the service ended; null until then.';
comment on column public.beautician_assignments.tips_amount is 'Rupees that the customer tipped.';
comment on column public.beautician_assignments.notes is
  'What the vendor or beautician noted; the customer can read it; null without notes.';
comment on column public.beautician_assignments.created_at is 'When the row was made.';
comment on column public.beautician_assignments.updated_at is 'When the row last changed.';
comment on index public.beautician_assignments_one_live_key is 'This booking has a provider already.';
create policy select_party on public.beautician_assignments for select to authenticated
  using (
    customer_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('bookings'))::uuid[])
    or beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
  );
create policy select_staff on public.beautician_assignments for select to staff
  using (
    id >= (select app_private.floor_uuid('bookings.read'))
    and created_at >= (select app_private.floor_instant('bookings.read'))
    and assignment_time >= (select app_private.floor_instant('bookings.read'))
  );
grant select on public.beautician_assignments to authenticated, staff;
-- Withheld: every write. As with therapists, assigning and serving are acts with rules.

--! Included functions/providers/tg_beautician_assignments__parties.sql
-- Vendor and customer decide who sees the row, so they are never other than the booking's.
create or replace function app_private.tg_beautician_assignments__parties() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  select b.vendor_id, b.customer_id into new.vendor_id, new.customer_id
  from public.bookings b where b.id = new.booking_id;
  return new;
end
$$;
comment on function app_private.tg_beautician_assignments__parties() is
  'Copies vendor and customer from the booking.';
revoke all on function app_private.tg_beautician_assignments__parties() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/tg_beautician_assignments__parties.sql
create trigger _300_parties
  before insert or update of booking_id, vendor_id, customer_id on public.beautician_assignments
  for each row execute function app_private.tg_beautician_assignments__parties();

/*
 * One provider at a time performs a booking, therapist or beautician. Within each table a unique
 * index sees to it; between the two, this trigger. That a provider is in one place at a time is
 * another question, for assignments of both kinds and holds together.
 */
--! Included functions/providers/tg__one_provider.sql
create or replace function app_private.tg__one_provider() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_is_taken boolean;
begin
  -- Two who name somebody at once, one in each table, queue here; the second then sees the first.
  perform from public.bookings b where b.id = new.booking_id for no key update;
  execute format(
    'select exists (select from public.%I a where a.booking_id = $1 and a.status <> ''cancelled'')',
    tg_argv[0])
  into v_is_taken using new.booking_id;
  if v_is_taken then
    raise exception 'This booking has a provider already.' using errcode = '23505',
      schema = tg_table_schema, table = tg_table_name,
      constraint = tg_table_name || '_one_live_key';
  end if;
  return new;
end
$$;
comment on function app_private.tg__one_provider() is
  'Raises 23505 where the booking has a live assignment in the table that the argument names. Relies on read committed, in which every statement sees what was committed while the one before it waited.';
revoke all on function app_private.tg__one_provider() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/tg__one_provider.sql
create trigger _200_one_provider_insert before insert on public.beautician_assignments
  for each row when (new.status <> 'cancelled')
  execute function app_private.tg__one_provider('therapist_assignments');
create trigger _200_one_provider_update
  before update of booking_id, status on public.beautician_assignments
  for each row when (
    new.status <> 'cancelled'
    and (old.status = 'cancelled' or new.booking_id <> old.booking_id)
  )
  execute function app_private.tg__one_provider('therapist_assignments');
create trigger _200_one_provider_insert before insert on public.therapist_assignments
  for each row when (new.status <> 'cancelled')
  execute function app_private.tg__one_provider('beautician_assignments');
create trigger _200_one_provider_update
  before update of booking_id, status on public.therapist_assignments
  for each row when (
    new.status <> 'cancelled'
    and (old.status = 'cancelled' or new.booking_id <> old.booking_id)
  )
  execute function app_private.tg__one_provider('beautician_assignments');

--! Included functions/identity/my_assigned_booking_ids.sql
-- A provider sees the bookings that are theirs, therapist or beautician.
create or replace function app_private.my_assigned_booking_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select a.booking_id from public.therapist_assignments a
    join public.therapists t on t.id = a.therapist_id
    where t.user_id = (select auth.uid()) and a.status <> 'cancelled'
    union all
    select a.booking_id from public.beautician_assignments a
    join public.beauticians b on b.id = a.beautician_id
    where b.user_id = (select auth.uid()) and a.status <> 'cancelled'
  );
end
$$;
comment on function app_private.my_assigned_booking_ids() is
  'Bookings that the signed-in provider performs or has performed.';
revoke all on function app_private.my_assigned_booking_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_assigned_booking_ids() to authenticated;
--! EndIncluded functions/identity/my_assigned_booking_ids.sql

create table public.beautician_performance (
  id uuid primary key default gen_random_uuid(),
  beautician_id uuid not null references public.beauticians (id) on delete cascade,
  month date not null constraint beautician_performance_first_of_month
    check (extract(day from month) = 1),
  total_assignments integer not null default 0 check (total_assignments >= 0),
  completed_assignments integer not null default 0 check (completed_assignments >= 0),
  cancelled_assignments integer not null default 0 check (cancelled_assignments >= 0),
  average_rating numeric(3, 2) not null default 0,
  total_earnings numeric(12, 2) not null default 0,
  total_tips numeric(12, 2) not null default 0,
  on_time_percentage numeric(5, 2) not null default 0,
  customer_satisfaction numeric(5, 2) not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (beautician_id, month)
);
alter table public.beautician_performance enable row level security;
select app_private.limit_numbers('public.beautician_performance', '{
  "average_rating": "rating", "total_earnings": "sum", "total_tips": "sum",
  "on_time_percentage": "rate", "customer_satisfaction": "rate"
}');
create trigger _100_timestamps before insert or update on public.beautician_performance
  for each row execute function app_private.tg__timestamps();
comment on table public.beautician_performance is
  'Figures of a beautician for a month, computed from what happened; nobody enters them.';
comment on column public.beautician_performance.id is 'Identifies the figures of one month.';
comment on column public.beautician_performance.beautician_id is
  'Beautician whose figures these are.';
comment on column public.beautician_performance.month is 'First day of the month.';
comment on column public.beautician_performance.total_assignments is
  'How many assignments fell in the month.';
comment on column public.beautician_performance.completed_assignments is
  'How many of them were completed.';
comment on column public.beautician_performance.cancelled_assignments is
  'How many of them were cancelled.';
comment on column public.beautician_performance.average_rating is
  'Average rating received in the month, up to 5; 0 without any.';
comment on column public.beautician_performance.total_earnings is
  'Rupees earned in the month, without tips.';
comment on column public.beautician_performance.total_tips is 'Rupees of tips in the month.';
comment on column public.beautician_performance.on_time_percentage is
  'Per cent of assignments that began on time.';
comment on column public.beautician_performance.customer_satisfaction is
  'Per cent of customers who were satisfied.';
comment on column public.beautician_performance.created_at is 'When the row was made.';
comment on column public.beautician_performance.updated_at is 'When the row last changed.';
create policy select_own_or_vendor on public.beautician_performance for select to authenticated
  using (
    beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or beautician_id = any ((select app_private.my_managed_beautician_ids())::uuid[])
  );
create policy select_staff on public.beautician_performance for select to staff
  using ((select app_private.has_permission('vendors.read')));
grant select on public.beautician_performance to authenticated, staff;

--! split: 050-notifications.sql
-- What beauticians are told, and what others are told of them: by the means of migration 3, each
-- act by the same notification as a therapist's.

--! Included functions/messages/booking_providers.sql
create or replace function app_private.booking_providers(p_booking_id uuid) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select t.user_id from public.therapist_assignments a
  join public.therapists t on t.id = a.therapist_id
  where a.booking_id = p_booking_id and a.status <> 'cancelled' and t.user_id is not null
  union all
  select b.user_id from public.beautician_assignments a
  join public.beauticians b on b.id = a.beautician_id
  where a.booking_id = p_booking_id and a.status <> 'cancelled' and b.user_id is not null
$$;
comment on function app_private.booking_providers(uuid) is
  'Accounts of those who are to perform a booking.';
revoke all on function app_private.booking_providers(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/booking_providers.sql

--! Included functions/messages/tell_beautician_assignment.sql
create or replace function app_private.tell_beautician_assignment(
  p_old public.beautician_assignments, p_new public.beautician_assignments
) returns void
language sql volatile security definer set search_path = '' as $$
  -- That service has begun or is completed, the booking tells.
  select app_private.notify_assignment('beautician', p_new.booking_id, p_new.id, b.user_id, b.name,
    case p_new.status when 'assigned' then 'therapist_assigned' else 'assignment_cancelled' end)
  from public.beauticians b where b.id = p_new.beautician_id
$$;
comment on function app_private.tell_beautician_assignment(
  public.beautician_assignments, public.beautician_assignments
) is 'Notifies of a beautician''s assignment.';
revoke all on function app_private.tell_beautician_assignment( public.beautician_assignments, public.beautician_assignments ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_beautician_assignment.sql
create trigger _700_tell after insert on public.beautician_assignments
  for each row when (new.status = 'assigned')
  execute function app_private.tg__tell('tell_beautician_assignment');
create trigger _700_tell_status after update of status on public.beautician_assignments
  for each row when (new.status = 'cancelled' and old.status <> 'cancelled')
  execute function app_private.tg__tell('tell_beautician_assignment');

--! Included functions/messages/tell_beautician_leave.sql
create or replace function app_private.tell_beautician_leave(
  p_old public.beautician_leaves, p_new public.beautician_leaves
) returns void
language sql volatile security definer set search_path = '' as $$
  select app_private.notify_leave('beautician', p_new.id, b.user_id, b.name, b.vendor_id,
    p_new.start_date, p_new.end_date, p_new.reason, p_new.status)
  from public.beauticians b where b.id = p_new.beautician_id
$$;
comment on function app_private.tell_beautician_leave(
  public.beautician_leaves, public.beautician_leaves
) is 'Notifies of a beautician''s leave.';
revoke all on function app_private.tell_beautician_leave( public.beautician_leaves, public.beautician_leaves ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/tell_beautician_leave.sql
create trigger _700_tell after insert on public.beautician_leaves
  for each row when (new.status = 'pending')
  execute function app_private.tg__tell('tell_beautician_leave');
create trigger _700_tell_status after update of status on public.beautician_leaves
  for each row when (new.status in ('approved', 'rejected') and new.status <> old.status)
  execute function app_private.tg__tell('tell_beautician_leave');

--! split: 060-leave-decisions.sql
-- Deciding leave. Until here it could be asked for and nobody could grant it, a therapist's as
-- little as a beautician's. Both come here together because the rules are one and the same.

--! Included functions/providers/require_leave_decision.sql
create or replace function app_private.require_leave_decision(
  p_vendor_id uuid, p_provider_user_id uuid, p_approve boolean
) returns void
language plpgsql stable security definer set search_path = '' as $$
begin
  if (select auth.uid()) is null then
    raise exception 'Please sign in first.' using errcode = 'OB001';
  end if;
  if p_provider_user_id = (select auth.uid()) then
    raise exception 'Nobody decides on their own leave.' using errcode = 'OB031';
  end if;
  if (p_vendor_id = any (app_private.my_vendor_ids('bookings'))) is not true then
    raise exception 'There is no such leave.' using errcode = 'OB003';
  end if;
  if p_vendor_id <> all (app_private.my_vendor_ids('manage')) then
    raise exception 'Leave is decided by the vendor''s owner, managers and admins.'
      using errcode = 'OB002';
  end if;
  if p_approve is null then
    raise exception 'Please say whether the leave is granted.' using errcode = 'OB020';
  end if;
end
$$;
comment on function app_private.require_leave_decision(uuid, uuid, boolean) is
  'Whether the signed-in person may decide on leave of this provider of this vendor. Raises OB001, OB002 (the desk sees but does not decide), OB003 (not theirs to see), OB020 (no decision), OB031 (own leave).';
revoke all on function app_private.require_leave_decision(uuid, uuid, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/require_leave_decision.sql

--! Included functions/providers/decide_therapist_leave.sql
create or replace function public.decide_therapist_leave(
  leave_id uuid, approve boolean, reason text default null
) returns public.therapist_leaves
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_therapist public.therapists;
  v_leave public.therapist_leaves;
begin
  select t.* into v_therapist
  from public.therapist_leaves l
  join public.therapists t on t.id = l.therapist_id
  where l.id = decide_therapist_leave.leave_id;
  perform app_private.require_leave_decision(
    v_therapist.vendor_id, v_therapist.user_id, decide_therapist_leave.approve);
  -- Of two who decide at once the second waits here, and then finds nothing to decide.
  update public.therapist_leaves l
  set status = case when decide_therapist_leave.approve then 'approved' else 'rejected' end,
    approved_by = (select auth.uid()),
    approved_at = now(),
    rejection_reason = case when not decide_therapist_leave.approve
      then app_private.required_reason(decide_therapist_leave.reason) end
  where l.id = decide_therapist_leave.leave_id and l.status = 'pending'
  returning * into v_leave;
  if not found then
    raise exception 'This leave is decided or withdrawn already.' using errcode = 'OB030';
  end if;
  return v_leave;
end
$$;
comment on function public.decide_therapist_leave(uuid, boolean, text) is
  'Grants or refuses a therapist''s leave, for the vendor''s owner, managers and admins; the therapist is told. A refusal needs a reason. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (decided already), OB031 (own leave), OB036 (no reason), OB070 (promised to customers then).';
revoke all on function public.decide_therapist_leave(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_therapist_leave(uuid, boolean, text) to authenticated;
--! EndIncluded functions/providers/decide_therapist_leave.sql

--! Included functions/providers/decide_beautician_leave.sql
create or replace function public.decide_beautician_leave(
  leave_id uuid, approve boolean, reason text default null
) returns public.beautician_leaves
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_beautician public.beauticians;
  v_leave public.beautician_leaves;
begin
  select b.* into v_beautician
  from public.beautician_leaves l
  join public.beauticians b on b.id = l.beautician_id
  where l.id = decide_beautician_leave.leave_id;
  perform app_private.require_leave_decision(
    v_beautician.vendor_id, v_beautician.user_id, decide_beautician_leave.approve);
  -- Of two who decide at once the second waits here, and then finds nothing to decide.
  update public.beautician_leaves l
  set status = case when decide_beautician_leave.approve then 'approved' else 'rejected' end,
    approved_by = (select auth.uid()),
    approved_at = now(),
    rejection_reason = case when not decide_beautician_leave.approve
      then app_private.required_reason(decide_beautician_leave.reason) end
  where l.id = decide_beautician_leave.leave_id and l.status = 'pending'
  returning * into v_leave;
  if not found then
    raise exception 'This leave is decided or withdrawn already.' using errcode = 'OB030';
  end if;
  return v_leave;
end
$$;
comment on function public.decide_beautician_leave(uuid, boolean, text) is
  'Grants or refuses a beautician''s leave, for the vendor''s owner, managers and admins; the beautician is told. A refusal needs a reason. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (decided already), OB031 (own leave), OB036 (no reason), OB070 (promised to customers then).';
revoke all on function public.decide_beautician_leave(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_beautician_leave(uuid, boolean, text) to authenticated;
--! EndIncluded functions/providers/decide_beautician_leave.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.7', 'create-beauticians-portal', '2025-10-07', 'Beauticians portal');
