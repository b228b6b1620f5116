-- Therapists: who performs services. As with vendors, what a customer sees and what only the
-- vendor and the therapist may know are apart. Assignments stand with the bookings.

create table public.therapists (
  id uuid primary key default gen_random_uuid(),
  user_id uuid unique references public.user_profiles (id) on delete restrict,
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  name text not null check (length(trim(name)) between 1 and 200),
  gender text references enums.gender,
  profile_image text,
  specialization text[],
  experience_years integer not null default 0 check (experience_years between 0 and 80),
  certifications jsonb not null default '[]',
  languages text[],
  rating numeric(3, 2) not null default 0 check (rating between 0 and 5),
  total_reviews integer not null default 0 check (total_reviews >= 0),
  total_services integer not null default 0 check (total_services >= 0),
  status text not null default 'active' references enums.therapist_status,
  availability_status text not null default 'offline' references enums.provider_availability,
  is_active boolean not null default true,
  verification_status text not null default 'pending' references enums.verification_status,
  is_listed boolean not null generated always as
    (is_active and status in ('active', 'on_leave') and verification_status = 'verified') stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.therapists enable row level security;
create index therapists_vendor_id_idx on public.therapists (vendor_id);
create index therapists_rating_idx on public.therapists (rating desc, id);
create trigger _100_timestamps before insert or update on public.therapists
  for each row execute function app_private.tg__timestamps();
comment on table public.therapists is
  'Therapists, as customers see them. Telephone, bank, birth date and earnings are in therapist_private_details.';
comment on column public.therapists.id is 'Identifies the therapist.';
comment on column public.therapists.user_id is
  'Account of the therapist; null while none is linked.';
comment on column public.therapists.vendor_id is 'Vendor for which the therapist works.';
comment on column public.therapists.name is 'How customers know the therapist.';
comment on column public.therapists.gender is 'As the therapist states it; null when not said.';
comment on column public.therapists.profile_image is
  'URL of a picture for customers; null without one.';
comment on column public.therapists.specialization is
  'What the therapist is best at, one skill an entry; null when not said.';
comment on column public.therapists.experience_years is 'Whole years in the trade.';
comment on column public.therapists.certifications is
  'Array of certificates as the therapist or vendor entered them, [] without any.';
comment on column public.therapists.languages is
  'Languages that the therapist speaks; null when not said.';
comment on column public.therapists.rating is
  'Average of the therapist''s approved reviews, up to 5; 0 without any.';
comment on column public.therapists.total_reviews is
  'How many approved reviews the rating is made of.';
comment on column public.therapists.total_services is
  'How many services the therapist has performed; counted by the platform.';
comment on column public.therapists.status is 'Whether the therapist works for the vendor.';
comment on column public.therapists.availability_status is
  'What the therapist is doing now; set by the therapist or the vendor.';
comment on column public.therapists.is_active is
  'The platform''s switch: false hides the therapist from the public.';
comment on column public.therapists.verification_status is
  'Whether the platform has checked the therapist.';
comment on column public.therapists.created_at is 'When the row was made.';
comment on column public.therapists.updated_at is 'When the row last changed.';
comment on column public.therapists.is_listed is
  'Whether the public sees this therapist: working and verified.';
create policy select_anon on public.therapists for select to anon using (is_listed);
create policy select_signed_in on public.therapists for select to authenticated
  using (
    is_listed
    or id = any ((select app_private.my_therapist_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('member'))::uuid[])
  );
create policy select_staff on public.therapists for select to staff
  using (is_listed or (select app_private.has_permission('vendors.read')));
create policy insert_vendor on public.therapists for insert to authenticated
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy update_own_or_vendor on public.therapists for update to authenticated
  using (
    id = any ((select app_private.my_therapist_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  )
  with check (
    id = any ((select app_private.my_therapist_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  );
grant select on public.therapists to anon, authenticated, staff;
-- Withheld: the account behind the row, vendor, rating, counts, status, verification.
grant insert (vendor_id, name, gender, profile_image, specialization, experience_years,
    certifications, languages),
  update (name, gender, profile_image, specialization, experience_years, certifications,
    languages, availability_status)
  on public.therapists to authenticated;

create table public.therapist_private_details (
  therapist_id uuid primary key references public.therapists (id) on delete cascade,
  email public.email_address,
  mobile public.mobile_number not null,
  date_of_birth date,
  address jsonb,
  emergency_contact jsonb,
  bank_details jsonb,
  total_earnings numeric(12, 2) not null default 0 check (total_earnings >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.therapist_private_details enable row level security;
create trigger _100_timestamps before insert or update on public.therapist_private_details
  for each row execute function app_private.tg__timestamps();
comment on table public.therapist_private_details is
  'What only the therapist and the vendor''s management know of a therapist.';
comment on column public.therapist_private_details.therapist_id is
  'Therapist whose details these are.';
comment on column public.therapist_private_details.email is
  'Address of the therapist in lower case; null when not given.';
comment on column public.therapist_private_details.mobile is
  'Number of the therapist in E.164, such as +919876543210.';
comment on column public.therapist_private_details.date_of_birth is
  'Birthday of the therapist; null when not given.';
comment on column public.therapist_private_details.address is
  'Home address, an object keyed like customer_addresses; null when not given.';
comment on column public.therapist_private_details.emergency_contact is
  'Object with name, relationship and mobile of whom to call; null when not given.';
comment on column public.therapist_private_details.bank_details is
  'Object keyed like user_bank_details, for paying the therapist; null when not given.';
comment on column public.therapist_private_details.total_earnings is
  'Rupees earned through the platform so far; counted by the platform.';
comment on column public.therapist_private_details.created_at is 'When the row was made.';
comment on column public.therapist_private_details.updated_at is 'When the row last changed.';
create policy select_own_or_vendor on public.therapist_private_details for select to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_managed_therapist_ids())::uuid[])
  );
create policy select_staff on public.therapist_private_details for select to staff
  using ((select app_private.has_permission('vendors.read')));
create policy insert_vendor on public.therapist_private_details for insert to authenticated
  with check (therapist_id = any ((select app_private.my_managed_therapist_ids())::uuid[]));
create policy update_own_or_vendor on public.therapist_private_details for update to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_managed_therapist_ids())::uuid[])
  )
  with check (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_managed_therapist_ids())::uuid[])
  );
grant select on public.therapist_private_details to authenticated, staff;
-- Withheld: total_earnings.
grant insert (therapist_id, email, mobile, date_of_birth, address, emergency_contact, bank_details),
  update (email, mobile, date_of_birth, address, emergency_contact, bank_details)
  on public.therapist_private_details to authenticated;

create table public.therapist_schedules (
  id uuid primary key default gen_random_uuid(),
  therapist_id uuid not null references public.therapists (id) on delete cascade,
  day_of_week integer not null constraint therapist_schedules_day_range check (day_of_week between 0 and 6),
  start_time time not null,
  end_time time not null,
  is_available boolean not null default true,
  break_start time,
  break_end time,
  max_bookings integer not null default 5 check (max_bookings between 0 and 50),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (therapist_id, day_of_week),
  constraint therapist_schedules_ends_after_start check (end_time > start_time),
  constraint therapist_schedules_break_inside check (
    (break_start is null) = (break_end is null)
    and coalesce(
      break_start >= start_time and break_end <= end_time and break_end > break_start, true)
  )
);
alter table public.therapist_schedules enable row level security;
create trigger _100_timestamps before insert or update on public.therapist_schedules
  for each row execute function app_private.tg__timestamps();
comment on table public.therapist_schedules is
  'When a therapist works, in the vendor''s own time. Day 0 is Sunday; a day without a row is free.';
comment on column public.therapist_schedules.id is 'Identifies the working hours of one weekday.';
comment on column public.therapist_schedules.therapist_id is 'Therapist whose hours these are.';
comment on column public.therapist_schedules.day_of_week is '0 for Sunday to 6 for Saturday.';
comment on column public.therapist_schedules.start_time is
  'When work begins, in the vendor''s own time.';
comment on column public.therapist_schedules.end_time is
  'When work ends, in the vendor''s own time and later the same day.';
comment on column public.therapist_schedules.is_available is
  'Whether the therapist works on this day; false keeps the hours and takes the day off.';
comment on column public.therapist_schedules.break_start is
  'When the break begins, in the vendor''s own time; null without a break.';
comment on column public.therapist_schedules.break_end is
  'When the break ends, in the vendor''s own time; null without a break.';
comment on column public.therapist_schedules.max_bookings is
  'How many bookings the therapist takes on this day at most.';
comment on column public.therapist_schedules.created_at is 'When the row was made.';
comment on column public.therapist_schedules.updated_at is 'When the row last changed.';
comment on constraint therapist_schedules_ends_after_start on public.therapist_schedules is
  'A working day ends later than it begins.';
comment on constraint therapist_schedules_break_inside on public.therapist_schedules is
  'A break lies within the working hours.';
create policy select_own_or_vendor on public.therapist_schedules for select to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_desk_therapist_ids())::uuid[])
  );
create policy select_staff on public.therapist_schedules for select to staff
  using ((select app_private.has_permission('vendors.read')));
create policy insert_own_or_vendor on public.therapist_schedules for insert to authenticated
  with check (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_managed_therapist_ids())::uuid[])
  );
create policy update_own_or_vendor on public.therapist_schedules for update to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_managed_therapist_ids())::uuid[])
  )
  with check (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_managed_therapist_ids())::uuid[])
  );
create policy delete_own_or_vendor on public.therapist_schedules for delete to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_managed_therapist_ids())::uuid[])
  );
grant select, delete on public.therapist_schedules to authenticated;
grant select on public.therapist_schedules to staff;
grant insert (therapist_id, day_of_week, start_time, end_time, is_available, break_start,
    break_end, max_bookings),
  update (start_time, end_time, is_available, break_start, break_end, max_bookings)
  on public.therapist_schedules to authenticated;

create table public.therapist_leaves (
  id uuid primary key default gen_random_uuid(),
  therapist_id uuid not null references public.therapists (id) on delete cascade,
  leave_type text not null references enums.leave_type,
  start_date date not null,
  end_date date not null,
  total_days integer generated always as (end_date - start_date + 1) stored,
  reason text not null,
  status text not null default 'pending' references enums.leave_status,
  approved_by uuid references public.user_profiles (id) on delete set null,
  approved_at timestamptz,
  rejection_reason text,
  documents text[],
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint therapist_leaves_ends_after_start check (end_date >= start_date),
  constraint therapist_leaves_at_most_a_year check (end_date - start_date < 366),
  -- Two granted leaves of one person do not overlap.
  constraint therapist_leaves_no_overlap exclude using gist
    (therapist_id with =, daterange(start_date, end_date, '[]') with &&)
    where (status in ('pending', 'approved'))
);
alter table public.therapist_leaves enable row level security;
create index therapist_leaves_approved_by_idx on public.therapist_leaves (approved_by);
create index therapist_leaves_therapist_id_idx on public.therapist_leaves (therapist_id, start_date);
create trigger _100_timestamps before insert or update on public.therapist_leaves
  for each row execute function app_private.tg__timestamps();
comment on table public.therapist_leaves is
  'Leave asked for, granted and refused. Asked for by the therapist, decided by the vendor.';
comment on column public.therapist_leaves.id is 'Identifies the leave.';
comment on column public.therapist_leaves.therapist_id is 'Therapist who is or wants to be away.';
comment on column public.therapist_leaves.leave_type is 'What kind of leave it is.';
comment on column public.therapist_leaves.start_date is 'First day away.';
comment on column public.therapist_leaves.end_date is 'Last day away.';
comment on column public.therapist_leaves.total_days is
  'Days away, first and last included; reckoned from the dates.';
comment on column public.therapist_leaves.reason is 'Why, in the therapist''s words.';
comment on column public.therapist_leaves.status is 'Whether it is granted; decided by the vendor.';
comment on column public.therapist_leaves.approved_by is 'Who decided; null until then.';
comment on column public.therapist_leaves.approved_at is 'When it was decided; null until then.';
comment on column public.therapist_leaves.rejection_reason is
  'Why it was refused, for the therapist; null unless it was.';
comment on column public.therapist_leaves.documents is
  'URLs of proofs, such as a doctor''s note; null without any.';
comment on column public.therapist_leaves.created_at is 'When the row was made.';
comment on column public.therapist_leaves.updated_at is 'When the row last changed.';
comment on constraint therapist_leaves_ends_after_start on public.therapist_leaves is
  'A leave does not end before it begins.';
comment on constraint therapist_leaves_no_overlap on public.therapist_leaves is
  'There is a leave for some of these days already.';
create policy select_own_or_vendor on public.therapist_leaves for select to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_desk_therapist_ids())::uuid[])
  );
create policy select_staff on public.therapist_leaves for select to staff
  using ((select app_private.has_permission('vendors.read')));
create policy insert_own on public.therapist_leaves for insert to authenticated
  with check (therapist_id = any ((select app_private.my_therapist_ids())::uuid[]));
create policy delete_own on public.therapist_leaves for delete to authenticated
  using (therapist_id = any ((select app_private.my_therapist_ids())::uuid[]) and status = 'pending');
grant select, delete on public.therapist_leaves to authenticated;
grant select on public.therapist_leaves to staff;
-- Withheld: status and decision. Nobody grants themselves leave.
grant insert (therapist_id, leave_type, start_date, end_date, reason, documents)
  on public.therapist_leaves to authenticated;

create table public.therapist_performance (
  id uuid primary key default gen_random_uuid(),
  therapist_id uuid not null references public.therapists (id) on delete cascade,
  month date not null constraint therapist_performance_first_of_month
    check (extract(day from month) = 1),
  total_assignments integer not null default 0 check (total_assignments >= 0),
  completed_assignments integer not null default 0 check (completed_assignments >= 0),
  cancelled_assignments integer not null default 0 check (cancelled_assignments >= 0),
  average_rating numeric(3, 2) not null default 0 check (average_rating between 0 and 5),
  total_earnings numeric(12, 2) not null default 0 check (total_earnings >= 0),
  total_tips numeric(12, 2) not null default 0 check (total_tips >= 0),
  on_time_percentage numeric(5, 2) not null default 0 check (on_time_percentage between 0 and 100),
  customer_satisfaction numeric(5, 2) not null default 0 check (customer_satisfaction between 0 and 100),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (therapist_id, month)
);
alter table public.therapist_performance enable row level security;
create trigger _100_timestamps before insert or update on public.therapist_performance
  for each row execute function app_private.tg__timestamps();
comment on table public.therapist_performance is
  'Figures of a therapist for a month, computed from what happened; nobody enters them.';
comment on column public.therapist_performance.id is 'Identifies the figures of one month.';
comment on column public.therapist_performance.therapist_id is 'Therapist whose figures these are.';
comment on column public.therapist_performance.month is 'First day of the month.';
comment on column public.therapist_performance.total_assignments is
  'How many assignments fell in the month.';
comment on column public.therapist_performance.completed_assignments is
  'How many of them were completed.';
comment on column public.therapist_performance.cancelled_assignments is
  'How many of them were cancelled.';
comment on column public.therapist_performance.average_rating is
  'Average rating received in the month, up to 5; 0 without any.';
comment on column public.therapist_performance.total_earnings is
  'Rupees earned in the month, without tips.';
comment on column public.therapist_performance.total_tips is 'Rupees of tips in the month.';
comment on column public.therapist_performance.on_time_percentage is
  'Per cent of assignments that began on time.';
comment on column public.therapist_performance.customer_satisfaction is
  'Per cent of customers who were satisfied.';
comment on column public.therapist_performance.created_at is 'When the row was made.';
comment on column public.therapist_performance.updated_at is 'When the row last changed.';
create policy select_own_or_vendor on public.therapist_performance for select to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or therapist_id = any ((select app_private.my_managed_therapist_ids())::uuid[])
  );
create policy select_staff on public.therapist_performance for select to staff
  using ((select app_private.has_permission('vendors.read')));
grant select on public.therapist_performance to authenticated, staff;
