--! Previous: sha1:eaea1966ae69c18564e710b50fbc1ae67f14145e
--! Hash: sha1:679508a836a0d59e9d3a3c1448c1ff123c247855
--! Message: create-beauticians-portal

--! split: 010-lists-and-role.sql
-- Beauticians perform services in the vendor's salon. The platform treats them like therapists, so one
-- mechanism serves both: the same notifications and the same rules for leave. Their tables have the names of
-- the platform's existing data; differences are defined here, and everything else is copied from the
-- therapists' tables by app_private.copy_rules.
--
-- First the lists of values, and the role.

create table enums.beautician_availability (value text primary key, description text not null);
comment on table enums.beautician_availability is
  E'@enum\n@enumName BeauticianAvailability\nWhat a beautician is doing now.';
insert into enums.beautician_availability values
  ('available', 'Free'), ('busy', 'Performing a service'), ('unavailable', 'Off duty');

create table enums.beautician_assignment_status (value text primary key, description text not null);
comment on table enums.beautician_assignment_status is
  E'@enum\n@enumName BeauticianAssignmentStatus\nState of an assignment of a beautician. Beauticians do not travel.';
insert into enums.beautician_assignment_status values
  ('assigned', 'Assigned'), ('in_progress', 'Performing the service'), ('completed', 'Completed'),
  ('cancelled', 'Cancelled');

select app_private.publish_list('enums.beautician_availability');
select app_private.publish_list('enums.beautician_assignment_status');

insert into enums.leave_type values ('vacation', 'Vacation'), ('personal', 'Personal matters');
insert into enums.reviewable_type values ('beautician', 'A beautician');
comment on table public.reviews is
  'Customers'' reviews of services, therapists, beauticians, vendors and bookings. Decisions of moderators are in reviewModeration.';
comment on column public.reviews.reviewable_id is
  'Id of the service, therapist, beautician, vendor or booking that is reviewed.';

insert into enums.profile_role values ('beautician', 'Performs services in a salon');
insert into public.roles
  (code, name, description, level, is_system_role, is_staff, profile_role)
values
  ('beautician', 'Beautician', 'Performs services in a salon', 0, true, false, 'beautician');

--! split: 020-beauticians.sql
-- Beauticians: who they are and which services they perform. What customers see is kept apart from what only
-- the vendor and the beautician may know.

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
comment on column public.beauticians.vendor_id is 'Vendor in whose salon the beautician works.';
comment on column public.beauticians.bio is
  'The beautician''s own description, up to 2000 characters; null when there is none.';
comment on constraint beauticians_bio_check on public.beauticians is 'Bio must have at most 2000 characters.';
comment on column public.beauticians.specializations is
  'Special skills of the beautician, one per entry; empty when there are none.';
comment on column public.beauticians.certifications is
  'Certificates as entered by the beautician or vendor, one per entry.';
comment on column public.beauticians.portfolio_images is 'URLs of pictures of finished work.';
grant update (bio, specializations, portfolio_images) on public.beauticians to authenticated;

--! Included functions/providers/my_beautician_ids.sql
create or replace function app_private.my_beautician_ids() returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array(select b.id from public.beauticians b where b.user_id = (select auth.uid()))
$$;
comment on function app_private.my_beautician_ids() is 'Beautician rows of the signed-in user.';
revoke all on function app_private.my_beautician_ids() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_beautician_ids() to authenticated;
--! EndIncluded functions/providers/my_beautician_ids.sql

--! Included functions/providers/my_vendor_beautician_ids.sql
create or replace function app_private.my_vendor_beautician_ids(p_right text) returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select p.id from public.beauticians p
    where p.vendor_id = any (app_private.my_vendor_ids(p_right))
  );
end
$$;
comment on function app_private.my_vendor_beautician_ids(text) is
  'Beauticians of the vendors where the signed-in user has this part of the owner''s rights, as in my_vendor_ids.';
revoke all on function app_private.my_vendor_beautician_ids(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_vendor_beautician_ids(text) to authenticated;
--! EndIncluded functions/providers/my_vendor_beautician_ids.sql

--! Included functions/shared/copy_rules.sql
create or replace function app_private.copy_rules(p_model regclass, p_word text, p_other text) returns void
language plpgsql volatile set search_path = '' as $$
declare
  v_table constant regclass := replace(p_model::text, p_word, p_other);
  v_statement text;
begin
  for v_statement in
    with columns as (
      select m.attname, m.attacl, col_description(m.attrelid, m.attnum) as comment,
        col_description(o.attrelid, o.attnum) as own_comment
      from pg_catalog.pg_attribute m
      join pg_catalog.pg_attribute o on o.attrelid = v_table and o.attname = replace(m.attname, p_word, p_other)
      where m.attrelid = p_model and m.attnum > 0
    ), statements as (
      select pg_get_triggerdef(t.oid) as statement
      from pg_catalog.pg_trigger t
      where t.tgrelid = p_model and not t.tgisinternal and not exists (
        select from pg_catalog.pg_trigger o where o.tgrelid = v_table and o.tgname = t.tgname)
      union all
      select format('create policy %I on %s for %s to %s', p.policyname, p_model, p.cmd, array_to_string(p.roles, ', '))
        || coalesce(' using (' || p.qual || ')', '') || coalesce(' with check (' || p.with_check || ')', '')
      from pg_catalog.pg_policies p
      join pg_catalog.pg_class c on c.relname = p.tablename and c.relnamespace::regnamespace::text = p.schemaname
      where c.oid = p_model and not exists (
        select from pg_catalog.pg_policy o where o.polrelid = v_table and o.polname = p.policyname)
      union all
      select format('grant %s on %s to %s', a.privilege_type, p_model, a.grantee::regrole)
      from pg_catalog.pg_class c cross join aclexplode(c.relacl) a
      where c.oid = p_model and a.grantee <> c.relowner
      union all
      select format('grant %s (%I) on %s to %s', a.privilege_type, c.attname, p_model, a.grantee::regrole)
      from columns c cross join aclexplode(c.attacl) a
      union all
      select format('comment on table %s is %L', p_model, obj_description(p_model, 'pg_class'))
      where obj_description(v_table, 'pg_class') is null
      union all
      select format('comment on column %s.%I is %L', p_model, c.attname, c.comment)
      from columns c where c.own_comment is null
      union all
      select format('comment on constraint %I on %s is %L', m.conname, p_model, obj_description(m.oid, 'pg_constraint'))
      from pg_catalog.pg_constraint m
      join pg_catalog.pg_constraint o on o.conrelid = v_table and o.conname = replace(m.conname, p_word, p_other)
      where m.conrelid = p_model and obj_description(o.oid, 'pg_constraint') is null
      union all
      select format('comment on index %s is %L', m.indexrelid::regclass, obj_description(m.indexrelid, 'pg_class'))
      from pg_catalog.pg_index m
      where m.indrelid = p_model and obj_description(m.indexrelid, 'pg_class') is not null
    )
    select replace(replace(s.statement, p_word, p_other), initcap(p_word), initcap(p_other)) from statements s
  loop
    execute v_statement;
  end loop;
end
$$;
comment on function app_private.copy_rules(regclass, text, text) is
  'Gives a table the triggers, policies, rights and comments of its model, whose name differs by a word, with the other word in all of them. What the table already has under the same name stays. Called once per table, after its own definitions.';
revoke all on function app_private.copy_rules(regclass, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/shared/copy_rules.sql
select app_private.copy_rules('public.therapists', 'therapist', 'beautician');

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
insert into app_private.audit_redactions values
  ('beautician_private_details', 'bank_details'),
  ('beautician_private_details', 'address'),
  ('beautician_private_details', 'emergency_contact');
select app_private.copy_rules('public.therapist_private_details', 'therapist', 'beautician');

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
select app_private.keep_timestamps('public.beautician_services');
comment on table public.beautician_services is
  'Services of the catalogue that a beautician is qualified for. Price and duration are those of the vendor''s services.';
comment on column public.beautician_services.id is 'Identifies the qualification.';
comment on column public.beautician_services.beautician_id is 'Whether the beautician currently performs the service.';
comment on column public.beautician_services.service_id is 'Service that is performed.';
comment on column public.beautician_services.is_active is
  'Whether the beautician performs it at present.';
comment on constraint beautician_services_once on public.beautician_services is
  'The beautician already offers this service. Change that entry instead.';
-- Qualifications are as public as the beautician.
create policy select_anon on public.beautician_services for select to anon
  using (is_active and exists (select from public.beauticians b where b.id = beautician_id));
create policy select_signed_in on public.beautician_services for select to authenticated
  using (
    is_active and exists (select from public.beauticians b where b.id = beautician_id)
    or beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or beautician_id = any ((select app_private.my_vendor_beautician_ids('bookings'))::uuid[])
  );
create policy select_staff on public.beautician_services for select to staff
  using (
    is_active and exists (select from public.beauticians b where b.id = beautician_id)
    or (select app_private.has_permission('vendors.read'))
  );
-- The vendor is responsible for qualifications: beauticians cannot add their own.
create policy insert_vendor on public.beautician_services for insert to authenticated
  with check (beautician_id = any ((select app_private.my_vendor_beautician_ids('manage'))::uuid[]));
create policy update_vendor on public.beautician_services for update to authenticated
  using (beautician_id = any ((select app_private.my_vendor_beautician_ids('manage'))::uuid[]))
  with check (beautician_id = any ((select app_private.my_vendor_beautician_ids('manage'))::uuid[]));
create policy delete_vendor on public.beautician_services for delete to authenticated
  using (beautician_id = any ((select app_private.my_vendor_beautician_ids('manage'))::uuid[]));
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
  constraint beautician_schedules_once_a_time unique (beautician_id, day_of_week, start_time),
  constraint beautician_schedules_times_differ check (start_time <> end_time and start_time < '24:00'),
  constraint beautician_schedules_break_inside check (
    app_private.break_fits(start_time, end_time, break_start, break_end)),
  constraint beautician_schedules_no_overlap exclude using gist
    (beautician_id with =, app_private.shift_span(day_of_week, start_time, end_time) with &&) where (is_available)
);
alter table public.beautician_schedules enable row level security;
select app_private.copy_rules('public.therapist_schedules', 'therapist', 'beautician');

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
  -- Also while the first is still undecided: otherwise both could be approved.
  constraint beautician_leaves_no_overlap exclude using gist
    (beautician_id with =, daterange(start_date, end_date, '[]') with &&)
    where (status in ('pending', 'approved'))
);
alter table public.beautician_leaves enable row level security;
create index beautician_leaves_approved_by_idx on public.beautician_leaves (approved_by);
create index beautician_leaves_beautician_id_idx
  on public.beautician_leaves (beautician_id, start_date);
insert into app_private.audit_redactions values ('beautician_leaves', 'documents');
comment on column public.beautician_leaves.reason is
  'Reason in the beautician''s words; null when not given.';
comment on constraint beautician_leaves_at_most_a_year on public.beautician_leaves is
  'A leave can last at most one year. Choose fewer days.';
select app_private.copy_rules('public.therapist_leaves', 'therapist', 'beautician');

--! split: 040-assignments.sql
-- Which beautician performs a booking, and the monthly figures.

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
-- Looked up by the signed-in user: see the head of migration 1.
alter table public.beautician_assignments
  alter column beautician_id set (n_distinct = -1), alter column vendor_id set (n_distinct = -1),
  alter column customer_id set (n_distinct = -1);
-- Only one provider at a time performs a booking; tg__one_provider checks the therapists.
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
comment on table public.beautician_assignments is
  'Which beautician performs a booking in the salon, and the state of the assignment.';
comment on column public.beautician_assignments.vendor_id is
  'Vendor of the booking, copied from it.';
comment on column public.beautician_assignments.customer_id is
  'Customer of the booking, copied from it.';
comment on column public.beautician_assignments.assignment_time is
  'Instant at which the service is to begin.';
comment on column public.beautician_assignments.location is
  'Object with the place in the salon, such as {"room": "2", "chair": "4"}; null when not given.';
create policy select_staff on public.beautician_assignments for select to staff
  using (
    id >= (select app_private.floor_uuid('bookings.read'))
    and created_at >= (select app_private.floor_instant('bookings.read'))
    and assignment_time >= (select app_private.floor_instant('bookings.read'))
  );
-- Withheld: every write. As with therapists, assigning and serving are functions with rules.
select app_private.copy_rules('public.therapist_assignments', 'therapist', 'beautician');

--! Included functions/providers/tg_beautician_assignments__parties.sql
-- Vendor and customer decide who sees the row, so they are always those of the booking.
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
 * Only one provider at a time performs a booking, therapist or beautician. Within each table a unique index
 * ensures it; between the two, this trigger. That a provider is in only one place at a time is a separate
 * rule, for assignments of both kinds and holds together.
 */
--! Included functions/providers/tg__one_provider.sql
create or replace function app_private.tg__one_provider() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_is_taken boolean;
begin
  -- Two assignments at once, one in each table, queue here; the second then sees the first.
  perform from public.bookings b where b.id = new.booking_id for no key update;
  execute format(
    'select exists (select from public.%I a where a.booking_id = $1 and a.status <> ''cancelled'')',
    tg_argv[0])
  into v_is_taken using new.booking_id;
  if v_is_taken then
    raise exception 'This booking already has a provider. Cancel that assignment first.'
      using errcode = '23505', schema = tg_table_schema, table = tg_table_name, constraint = tg_table_name || '_one_live_key';
  end if;
  return new;
end
$$;
comment on function app_private.tg__one_provider() is
  'Raises 23505 where the booking has a live assignment in the table that the argument names. Relies on read committed, in which every statement sees what was committed while the previous one waited.';
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
-- A provider sees their own bookings, therapist or beautician.
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
select app_private.copy_rules('public.therapist_performance', 'therapist', 'beautician');

--! split: 050-notifications.sql
-- Beauticians are notified of their bookings. The copied triggers notify of assignments and leaves.

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
  'Accounts of the providers of a booking.';
revoke all on function app_private.booking_providers(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/messages/booking_providers.sql

--! split: 060-leave-decisions.sql
-- Deciding on leave, with the same rules for therapists and beauticians.

--! Included functions/providers/decide_leave.sql
create or replace function app_private.decide_leave(
  p_kind text, p_leave_id uuid, p_approve boolean, p_reason text
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_leave jsonb;
  v_provider record;
  v_count integer;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  execute format('select to_jsonb(l) from public.%I l where l.id = $1', p_kind || '_leaves')
  into v_leave using p_leave_id;
  v_provider := app_private.provider_of_row(v_leave);
  if v_provider.user_id = (select auth.uid()) then
    raise exception 'You cannot decide on your own leave. Leave it to someone else.' using errcode = 'OB031';
  end if;
  if (v_provider.vendor_id = any (app_private.my_vendor_ids('bookings'))) is not true then
    raise exception 'The leave was not found. Check the id.' using errcode = 'OB003';
  end if;
  if v_provider.vendor_id <> all (app_private.my_vendor_ids('manage')) then
    raise exception 'Only the owner, managers and admins of the vendor may decide on leave. Ask one of them.'
      using errcode = 'OB002';
  end if;
  if p_approve is null then
    raise exception 'Approve is required. Enter true or false.' using errcode = 'OB020', column = 'approve';
  end if;
  -- Of two who decide at once the second waits here and then finds nothing to decide.
  execute format(
    'update public.%I l
    set status = case when $2 then ''approved'' else ''rejected'' end,
      approved_by = auth.uid(),
      approved_at = now(),
      rejection_reason = case when not $2 then app_private.required_reason($3) end
    where l.id = $1 and l.status = ''pending''', p_kind || '_leaves')
  using p_leave_id, p_approve, p_reason;
  get diagnostics v_count = row_count;
  if v_count = 0 then
    raise exception 'This leave has already been decided or withdrawn. Reload it.' using errcode = 'OB030';
  end if;
end
$$;
comment on function app_private.decide_leave(text, uuid, boolean, text) is
  'Approves or rejects leave of a therapist or a beautician. Raises OB001, OB002 (the desk sees it but does not decide), OB003 (not visible to the user), OB020 (no decision), OB030 (already decided), OB031 (your own leave), OB036 (no reason), OB070 (the provider has reservations then, see tg__leave_collides).';
revoke all on function app_private.decide_leave(text, uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/decide_leave.sql

--! Included functions/providers/decide_therapist_leave.sql
create or replace function public.decide_therapist_leave(
  leave_id uuid, approve boolean, reason text default null
) returns public.therapist_leaves
language sql volatile security definer set search_path = '' as $$
  select app_private.decide_leave('therapist', decide_therapist_leave.leave_id,
    decide_therapist_leave.approve, decide_therapist_leave.reason);
  select l.* from public.therapist_leaves l where l.id = decide_therapist_leave.leave_id;
$$;
comment on function public.decide_therapist_leave(uuid, boolean, text) is
  'Approves or rejects a therapist''s leave, for the vendor''s owner, managers and admins. The therapist is notified. A rejection needs a reason. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already decided), OB031 (your own leave), OB036 (no reason), OB070 (the therapist has reservations then).';
revoke all on function public.decide_therapist_leave(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_therapist_leave(uuid, boolean, text) to authenticated;
--! EndIncluded functions/providers/decide_therapist_leave.sql

--! Included functions/providers/decide_beautician_leave.sql
create or replace function public.decide_beautician_leave(
  leave_id uuid, approve boolean, reason text default null
) returns public.beautician_leaves
language sql volatile security definer set search_path = '' as $$
  select app_private.decide_leave('beautician', decide_beautician_leave.leave_id,
    decide_beautician_leave.approve, decide_beautician_leave.reason);
  select l.* from public.beautician_leaves l where l.id = decide_beautician_leave.leave_id;
$$;
comment on function public.decide_beautician_leave(uuid, boolean, text) is
  'Approves or rejects a beautician''s leave, for the vendor''s owner, managers and admins. The beautician is notified. A rejection needs a reason. Raises OB001, OB002, OB003, OB020 (no decision), OB030 (already decided), OB031 (your own leave), OB036 (no reason), OB070 (the beautician has reservations then).';
revoke all on function public.decide_beautician_leave(uuid, boolean, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.decide_beautician_leave(uuid, boolean, text) to authenticated;
--! EndIncluded functions/providers/decide_beautician_leave.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.7', 'create-beauticians-portal', '2025-10-07', 'Beauticians portal');
