-- Vendors: businesses, and applications to become one. What a customer chooses by stands in
-- vendors; what is between the vendor and the platform in vendor_private_details.

create function app_private.numbered(p_prefix text, p_number bigint, p_digits integer) returns text
language sql immutable set search_path = '' as $$
  select p_prefix || lpad(p_number::text, greatest(p_digits, length(p_number::text)), '0')
$$;
comment on function app_private.numbered(text, bigint, integer) is
  'A number with a prefix and at least so many digits; more where it has more, never cut.';

create sequence app_private.vendor_application_numbers;

create function app_private.next_application_number() returns text
language sql volatile security definer set search_path = '' as $$
  select app_private.numbered('APP', nextval('app_private.vendor_application_numbers'), 6)
$$;
comment on function app_private.next_application_number() is
  'APP and at least six digits, from a sequence: never twice, gaps are fine.';
grant execute on function app_private.next_application_number() to authenticated;

create table public.vendor_applications (
  id uuid primary key default gen_random_uuid(),
  application_number text not null unique default app_private.next_application_number(),
  user_id uuid not null default auth.uid() references public.user_profiles (id) on delete restrict,
  business_name text not null check (length(trim(business_name)) between 2 and 200),
  business_type text not null references enums.business_type,
  contact_person text not null,
  contact_mobile public.mobile_number not null,
  contact_email public.email_address not null,
  address_line1 text not null,
  address_line2 text,
  city text not null,
  state text not null,
  pincode public.pincode not null,
  latitude public.latitude,
  longitude public.longitude,
  gst_number public.gstin,
  pan_number public.pan,
  years_in_business integer constraint vendor_applications_years_in_business_at_least_one
    check (years_in_business between 1 and 200),
  number_of_staff integer check (number_of_staff >= 0),
  description text,
  application_data jsonb not null default '{}',
  signup_type text not null default 'detailed' references enums.application_signup_type,
  status text not null default 'pending' references enums.vendor_application_status,
  current_approval_stage integer not null default 1 check (current_approval_stage between 1 and 5),
  applied_date timestamptz not null default now(),
  reviewed_by uuid references public.user_profiles (id) on delete set null,
  reviewed_at timestamptz,
  rejection_reason text,
  review_notes text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint vendor_applications_rejected_with_reason
    check (status <> 'rejected' or length(trim(coalesce(rejection_reason, ''))) > 0)
);
alter table public.vendor_applications enable row level security;
-- One open application a person.
create unique index vendor_applications_one_open_key on public.vendor_applications (user_id)
  where status not in ('approved', 'rejected');
create index vendor_applications_user_id_idx on public.vendor_applications (user_id);
create index vendor_applications_reviewed_by_idx on public.vendor_applications (reviewed_by);
-- The reviewers' queue, oldest first.
create index vendor_applications_status_idx on public.vendor_applications (status, applied_date);
create trigger _100_timestamps before insert or update on public.vendor_applications
  for each row execute function app_private.tg__timestamps();
comment on table public.vendor_applications is
  'Applications to become a vendor. Edited by the applicant before they are submitted or while more information is asked for; decided by others.';
comment on column public.vendor_applications.id is 'Identifies the application.';
comment on column public.vendor_applications.application_number is
  'APP and at least six digits, given by the platform, for people to quote.';
comment on column public.vendor_applications.user_id is 'Who applies.';
comment on column public.vendor_applications.business_name is
  'Name under which the business trades, 2 to 200 characters.';
comment on column public.vendor_applications.business_type is 'What kind of business it is.';
comment on column public.vendor_applications.contact_person is 'Who answers for the application.';
comment on column public.vendor_applications.contact_mobile is
  'Number of the contact person in E.164, such as +919876543210.';
comment on column public.vendor_applications.contact_email is
  'Address of the contact person, in lower case.';
comment on column public.vendor_applications.address_line1 is 'House and street of the business.';
comment on column public.vendor_applications.address_line2 is
  'Floor, area or the like; null when there is none.';
comment on column public.vendor_applications.city is 'Name of the city, as the applicant wrote it.';
comment on column public.vendor_applications.state is
  'Name of the state or union territory, as the applicant wrote it.';
comment on column public.vendor_applications.pincode is 'Postal code of six digits.';
comment on column public.vendor_applications.latitude is
  'Degrees north of the premises (WGS 84); null when not given.';
comment on column public.vendor_applications.longitude is
  'Degrees east of the premises (WGS 84); null when not given.';
comment on column public.vendor_applications.gst_number is
  'GSTIN of 15 characters; null when not registered or not given.';
comment on column public.vendor_applications.pan_number is
  'PAN of 10 characters; null when not given.';
comment on column public.vendor_applications.years_in_business is
  'Whole years of trading, at least 1; null until given.';
comment on column public.vendor_applications.number_of_staff is
  'How many people work there; null until given.';
comment on column public.vendor_applications.description is
  'What the applicant says of the business; null until given.';
comment on column public.vendor_applications.application_data is
  'Object with further answers of the form, {} without any.';
comment on column public.vendor_applications.signup_type is
  'Whether it began as quick sign-up or full application.';
comment on column public.vendor_applications.status is
  'Where it stands; moved by submitting and by reviewers alone.';
comment on column public.vendor_applications.current_approval_stage is
  'Step of the approval, from 1 to 5; set by the platform.';
comment on column public.vendor_applications.applied_date is 'When the application was begun.';
comment on column public.vendor_applications.reviewed_by is
  'Who reviewed it last; null before the first review.';
comment on column public.vendor_applications.reviewed_at is
  'When it was reviewed last; null before the first review.';
comment on column public.vendor_applications.rejection_reason is
  'Why it was rejected, for the applicant; null unless it was.';
comment on column public.vendor_applications.review_notes is
  'What the last reviewer noted; the applicant can read it; null without notes.';
comment on column public.vendor_applications.created_at is 'When the row was made.';
comment on column public.vendor_applications.updated_at is 'When the row last changed.';
comment on index public.vendor_applications_one_open_key is
  'You have an open application already.';
comment on constraint vendor_applications_years_in_business_at_least_one on public.vendor_applications is
  'A business needs at least one year behind it.';
create policy select_own on public.vendor_applications for select to authenticated
  using (user_id = (select auth.uid()));
create policy select_staff on public.vendor_applications for select to staff
  using ((select app_private.has_permission('vendor_applications.read')));
create policy insert_own on public.vendor_applications for insert to authenticated
  with check (user_id = (select auth.uid()));
create policy update_own on public.vendor_applications for update to authenticated
  using (user_id = (select auth.uid()) and status in ('pending', 'additional_info_required'))
  with check (user_id = (select auth.uid()));
create policy delete_own on public.vendor_applications for delete to authenticated
  using (user_id = (select auth.uid()) and status = 'pending');
grant select, delete on public.vendor_applications to authenticated;
grant select on public.vendor_applications to staff;
-- Withheld: number, status, stage, and everything that a reviewer writes.
grant insert (business_name, business_type, contact_person, contact_mobile, contact_email,
    address_line1, address_line2, city, state, pincode, latitude, longitude, gst_number,
    pan_number, years_in_business, number_of_staff, description, application_data, signup_type),
  update (business_name, business_type, contact_person, contact_mobile, contact_email,
    address_line1, address_line2, city, state, pincode, latitude, longitude, gst_number,
    pan_number, years_in_business, number_of_staff, description, application_data)
  on public.vendor_applications to authenticated;

create table public.vendors (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references public.user_profiles (id) on delete restrict,
  business_name text not null check (length(trim(business_name)) between 2 and 200),
  business_type text references enums.business_type,
  description text,
  address_line1 text not null,
  address_line2 text,
  city text not null,
  state text not null,
  pincode public.pincode not null,
  latitude public.latitude,
  longitude public.longitude,
  time_zone text not null default 'Asia/Kolkata',
  rating numeric(3, 2) not null default 0 check (rating between 0 and 5),
  total_reviews integer not null default 0 check (total_reviews >= 0),
  total_bookings integer not null default 0 check (total_bookings >= 0),
  verification_status text not null default 'pending' references enums.verification_status,
  status text not null default 'active' references enums.account_status,
  is_active boolean not null default true,
  onboarding_completed boolean not null default true,
  is_listed boolean not null generated always as
    (is_active and status = 'active' and verification_status = 'verified') stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.vendors enable row level security;
create index vendors_user_id_idx on public.vendors (user_id);
-- The catalogue's lists: by place, by rating, by name.
create index vendors_city_idx on public.vendors (city, rating desc);
create index vendors_rating_idx on public.vendors (rating desc, id);
create index vendors_business_name_idx on public.vendors (business_name, id);
create trigger _100_timestamps before insert or update on public.vendors
  for each row execute function app_private.tg__timestamps();
comment on table public.vendors is
  'Businesses that can be booked, as a customer sees them. Tax numbers, contact and commission are in vendor_private_details.';
comment on column public.vendors.id is 'Identifies the vendor.';
comment on column public.vendors.user_id is
  'Owner of the business; null while no account is linked.';
comment on column public.vendors.business_name is
  'Name under which the business trades, 2 to 200 characters.';
comment on column public.vendors.business_type is
  'What kind of business it is; null when not recorded.';
comment on column public.vendors.description is
  'What the vendor says of itself to customers; null without it.';
comment on column public.vendors.address_line1 is 'House and street of the premises.';
comment on column public.vendors.address_line2 is
  'Floor, area or the like; null when there is none.';
comment on column public.vendors.city is 'Name of the city.';
comment on column public.vendors.state is 'Name of the state or union territory.';
comment on column public.vendors.pincode is 'Postal code of six digits.';
comment on column public.vendors.latitude is
  'Degrees north of the premises (WGS 84); null when not known.';
comment on column public.vendors.longitude is
  'Degrees east of the premises (WGS 84); null when not known.';
comment on column public.vendors.time_zone is
  'IANA zone of its opening hours and booking times, such as Asia/Kolkata.';
comment on column public.vendors.rating is
  'Average of its approved reviews, up to 5; 0 without any.';
comment on column public.vendors.total_reviews is
  'How many approved reviews the rating is made of.';
comment on column public.vendors.total_bookings is
  'How many bookings it has had; counted by the platform.';
comment on column public.vendors.verification_status is
  'Whether the platform has checked the business.';
comment on column public.vendors.status is 'Whether the platform lets it trade.';
comment on column public.vendors.is_active is
  'The vendor''s own switch: false takes it out of the public catalogue.';
comment on column public.vendors.onboarding_completed is
  'Whether everything needed to trade was set up.';
comment on column public.vendors.created_at is 'When the row was made.';
comment on column public.vendors.updated_at is 'When the row last changed.';
comment on column public.vendors.is_listed is
  'Whether the public sees this vendor: active, and verified.';
create policy select_anon on public.vendors for select to anon using (is_listed);
create policy select_signed_in on public.vendors for select to authenticated
  using (
    is_listed
    or id = any ((select app_private.my_vendor_ids('member'))::uuid[])
    or id = any ((select app_private.my_booked_vendor_ids())::uuid[])
  );
create policy select_staff on public.vendors for select to staff
  using (is_listed or (select app_private.has_permission('vendors.read')));
create policy update_vendor on public.vendors for update to authenticated
  using (id = any ((select app_private.my_vendor_ids('manage'))::uuid[]))
  with check (id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy update_staff on public.vendors for update to staff
  using ((select app_private.has_permission('vendors.update')) and user_id is distinct from (select auth.uid()))
  with check ((select app_private.has_permission('vendors.update')) and user_id is distinct from (select auth.uid()));
grant select on public.vendors to anon, authenticated, staff;
-- Withheld: ownership, rating, counts, verification, status. is_active is the vendor's own switch.
grant update (business_name, description, address_line1, address_line2, city, state, pincode,
  latitude, longitude, is_active) on public.vendors to authenticated, staff;

create function app_private.tg_vendors__time_zone() returns trigger
language plpgsql stable set search_path = '' as $$
begin
  if not exists (select from pg_catalog.pg_timezone_names where name = new.time_zone) then
    raise exception '% is not the name of a time zone, such as Asia/Kolkata.', new.time_zone
      using errcode = 'OB020';
  end if;
  return new;
end
$$;
comment on function app_private.tg_vendors__time_zone() is 'Refuses unknown time zones.';
create trigger _200_validate before insert or update of time_zone on public.vendors
  for each row when (new.time_zone <> 'Asia/Kolkata')
  execute function app_private.tg_vendors__time_zone();

create table public.vendor_private_details (
  vendor_id uuid primary key references public.vendors (id) on delete cascade,
  application_id uuid unique references public.vendor_applications (id) on delete set null,
  registration_number text,
  gst_number public.gstin,
  pan_number public.pan,
  contact_person text not null,
  contact_mobile public.mobile_number not null,
  contact_email public.email_address not null,
  commission_rate numeric(5, 2) not null default 15 check (commission_rate between 0 and 100),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.vendor_private_details enable row level security;
create trigger _100_timestamps before insert or update on public.vendor_private_details
  for each row execute function app_private.tg__timestamps();
comment on table public.vendor_private_details is
  'What is between a vendor and the platform: tax numbers, contact, commission.';
comment on column public.vendor_private_details.vendor_id is 'Vendor whose details these are.';
comment on column public.vendor_private_details.application_id is
  'Application from which the vendor came; null when it came another way.';
comment on column public.vendor_private_details.registration_number is
  'Number of the company or shop registration; null when not given.';
comment on column public.vendor_private_details.gst_number is
  'GSTIN of 15 characters, as verified; null when not registered.';
comment on column public.vendor_private_details.pan_number is
  'PAN of 10 characters, as verified; null when not given.';
comment on column public.vendor_private_details.contact_person is 'Whom the platform speaks to.';
comment on column public.vendor_private_details.contact_mobile is
  'Number of the contact person in E.164, such as +919876543210.';
comment on column public.vendor_private_details.contact_email is
  'Address of the contact person, in lower case.';
comment on column public.vendor_private_details.commission_rate is
  'Per cent of the amount before tax that the platform keeps; set by the platform.';
comment on column public.vendor_private_details.created_at is 'When the row was made.';
comment on column public.vendor_private_details.updated_at is 'When the row last changed.';
create policy select_vendor on public.vendor_private_details for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[]));
create policy select_staff on public.vendor_private_details for select to staff
  using ((select app_private.has_permission('vendors.read')));
create policy update_vendor on public.vendor_private_details for update to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]))
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
grant select on public.vendor_private_details to authenticated, staff;
-- Withheld: commission_rate and the tax numbers, which were verified.
grant update (contact_person, contact_mobile, contact_email)
  on public.vendor_private_details to authenticated;

create table public.vendor_documents (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete cascade,
  document_type text not null references enums.vendor_document_type,
  document_name text not null,
  file_url text not null,
  file_type text,
  verified boolean not null default false,
  verified_at timestamptz,
  expiry_date date,
  created_at timestamptz not null default now(),
  constraint vendor_documents_verified_at_when_verified check (verified = (verified_at is not null))
);
alter table public.vendor_documents enable row level security;
create index vendor_documents_vendor_id_idx on public.vendor_documents (vendor_id);
comment on table public.vendor_documents is 'Documents of a business. A verified one stays.';
comment on column public.vendor_documents.id is 'Identifies the document.';
comment on column public.vendor_documents.vendor_id is 'Vendor that handed it in.';
comment on column public.vendor_documents.document_type is 'What kind of document it is.';
comment on column public.vendor_documents.document_name is
  'Title under which the vendor finds it again.';
comment on column public.vendor_documents.file_url is 'URL of the uploaded scan or photo.';
comment on column public.vendor_documents.file_type is
  'Media type of the file, such as application/pdf; null when not known.';
comment on column public.vendor_documents.verified is
  'Whether the platform checked it and found it right; the vendor cannot remove it then.';
comment on column public.vendor_documents.verified_at is
  'When it was found right; null until then.';
comment on column public.vendor_documents.expiry_date is
  'Last day of validity printed on it; null when it has none.';
comment on column public.vendor_documents.created_at is 'When the row was made.';
create policy select_vendor on public.vendor_documents for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy select_staff on public.vendor_documents for select to staff
  using ((select app_private.has_permission('vendor_documents.read')));
create policy insert_vendor on public.vendor_documents for insert to authenticated
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy delete_vendor on public.vendor_documents for delete to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]) and not verified);
grant select, delete on public.vendor_documents to authenticated;
grant select on public.vendor_documents to staff;
grant insert (vendor_id, document_type, document_name, file_url, file_type, expiry_date)
  on public.vendor_documents to authenticated;

create table public.vendor_services (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete cascade,
  service_id uuid not null references public.services (id) on delete restrict,
  is_available boolean not null default true,
  custom_price numeric(10, 2) check (custom_price >= 0),
  custom_duration integer constraint vendor_services_duration_range
    check (custom_duration between 5 and 720),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (vendor_id, service_id)
);
alter table public.vendor_services enable row level security;
create index vendor_services_service_id_idx on public.vendor_services (service_id);
create trigger _100_timestamps before insert or update on public.vendor_services
  for each row execute function app_private.tg__timestamps();
comment on table public.vendor_services is
  'Which services a vendor offers, at its own price (rupees before GST) and duration (minutes) where it has one.';
comment on column public.vendor_services.id is 'Identifies the offer.';
comment on column public.vendor_services.vendor_id is 'Vendor that offers the service.';
comment on column public.vendor_services.service_id is 'Service of the catalogue that is offered.';
comment on column public.vendor_services.is_available is
  'Whether it can be booked now; the vendor''s own switch.';
comment on column public.vendor_services.custom_price is
  'The vendor''s own price in rupees before GST; null for the catalogue''s.';
comment on column public.vendor_services.custom_duration is
  'The vendor''s own duration in minutes; null for the catalogue''s.';
comment on column public.vendor_services.created_at is 'When the row was made.';
comment on column public.vendor_services.updated_at is 'When the row last changed.';
create policy select_anon on public.vendor_services for select to anon using (is_available);
create policy select_signed_in on public.vendor_services for select to authenticated
  using (is_available or vendor_id = any ((select app_private.my_vendor_ids('member'))::uuid[]));
create policy select_staff on public.vendor_services for select to staff using (true);
create policy insert_vendor on public.vendor_services for insert to authenticated
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy update_vendor on public.vendor_services for update to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]))
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy delete_vendor on public.vendor_services for delete to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
grant select on public.vendor_services to anon, authenticated, staff;
grant delete on public.vendor_services to authenticated;
grant insert (vendor_id, service_id, is_available, custom_price, custom_duration),
  update (is_available, custom_price, custom_duration)
  on public.vendor_services to authenticated;

create table public.vendor_staff (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete cascade,
  user_id uuid references public.user_profiles (id) on delete set null,
  name text not null,
  role text not null references enums.vendor_staff_role,
  mobile public.mobile_number not null,
  email public.email_address,
  permissions jsonb not null default '[]',
  status text not null default 'active' references enums.vendor_staff_status,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (vendor_id, mobile)
);
alter table public.vendor_staff enable row level security;
create index vendor_staff_user_id_idx on public.vendor_staff (user_id);
create trigger _100_timestamps before insert or update on public.vendor_staff
  for each row execute function app_private.tg__timestamps();
comment on table public.vendor_staff is
  'Who works for a vendor at a desk. The role decides; the column permissions is kept for reading.';
comment on column public.vendor_staff.id is 'Identifies the member of staff.';
comment on column public.vendor_staff.vendor_id is 'Vendor for which the person works.';
comment on column public.vendor_staff.user_id is
  'Account of the person; null while none is linked, and then the row gives no rights.';
comment on column public.vendor_staff.name is 'What the vendor calls the person.';
comment on column public.vendor_staff.role is 'Which part of the owner''s rights the person has.';
comment on column public.vendor_staff.mobile is
  'Number of the person in E.164, unique within the vendor.';
comment on column public.vendor_staff.email is
  'Address of the person in lower case; null when not given.';
comment on column public.vendor_staff.permissions is
  'Array of words kept for reading, [] at first; the role decides.';
comment on column public.vendor_staff.status is
  'Whether the person works there; inactive takes the rights away.';
comment on column public.vendor_staff.created_at is 'When the row was made.';
comment on column public.vendor_staff.updated_at is 'When the row last changed.';
create policy select_vendor on public.vendor_staff for select to authenticated
  using (
    user_id = (select auth.uid())
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
  );
create policy select_staff on public.vendor_staff for select to staff
  using ((select app_private.has_permission('vendors.read')));
-- Nobody changes the row that says what they themselves may do.
create policy insert_vendor on public.vendor_staff for insert to authenticated
  with check (
    vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
    and user_id is distinct from (select auth.uid())
  );
create policy update_vendor on public.vendor_staff for update to authenticated
  using (
    vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
    and user_id is distinct from (select auth.uid())
  )
  with check (
    vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
    and user_id is distinct from (select auth.uid())
  );
create policy delete_vendor on public.vendor_staff for delete to authenticated
  using (
    vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[])
    and user_id is distinct from (select auth.uid())
  );
grant select, delete on public.vendor_staff to authenticated;
grant select on public.vendor_staff to staff;
grant insert (vendor_id, user_id, name, role, mobile, email),
  update (name, role, mobile, email, status)
  on public.vendor_staff to authenticated;

create table public.vendor_payouts (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete restrict,
  period_start date not null,
  period_end date not null,
  total_bookings integer not null default 0 check (total_bookings >= 0),
  gross_amount numeric(12, 2) not null check (gross_amount >= 0),
  commission_amount numeric(12, 2) not null check (commission_amount >= 0),
  tds_amount numeric(12, 2) not null default 0 check (tds_amount >= 0),
  net_amount numeric(12, 2) not null,
  payout_status text not null default 'pending' references enums.payout_status,
  payment_method text,
  payment_reference text,
  payment_date timestamptz,
  notes text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint vendor_payouts_period check (period_end >= period_start),
  -- Once a period.
  unique (vendor_id, period_start)
);
alter table public.vendor_payouts enable row level security;
create trigger _100_timestamps before insert or update on public.vendor_payouts
  for each row execute function app_private.tg__timestamps();
comment on table public.vendor_payouts is 'What a vendor was paid out for a period. Read by its owner, written by the payout run.';
comment on column public.vendor_payouts.id is 'Identifies the payout.';
comment on column public.vendor_payouts.vendor_id is 'Vendor that is paid.';
comment on column public.vendor_payouts.period_start is 'First day of the period, a Monday.';
comment on column public.vendor_payouts.period_end is 'Last day of the period, a Sunday.';
comment on column public.vendor_payouts.total_bookings is 'How many bookings were settled in it.';
comment on column public.vendor_payouts.gross_amount is
  'Rupees of the settled bookings, before anything is taken off.';
comment on column public.vendor_payouts.commission_amount is
  'Rupees that the platform kept as commission.';
comment on column public.vendor_payouts.tds_amount is 'Rupees of tax deducted at source.';
comment on column public.vendor_payouts.net_amount is
  'Rupees that the vendor receives after all deductions.';
comment on column public.vendor_payouts.payout_status is 'How far it is.';
comment on column public.vendor_payouts.payment_method is
  'How it was paid, such as neft; null until paid.';
comment on column public.vendor_payouts.payment_reference is
  'Reference of the bank, by which the vendor finds it; null until paid.';
comment on column public.vendor_payouts.payment_date is 'When it was paid; null until then.';
comment on column public.vendor_payouts.notes is
  'What the payout run or finance noted; the vendor can read it; null without notes.';
comment on column public.vendor_payouts.created_at is 'When the row was made.';
comment on column public.vendor_payouts.updated_at is 'When the row last changed.';
create policy select_vendor on public.vendor_payouts for select to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('money'))::uuid[]));
create policy select_staff on public.vendor_payouts for select to staff
  using ((select app_private.has_permission('payouts.read')));
grant select on public.vendor_payouts to authenticated, staff;

create table public.vendor_availability (
  id uuid primary key default gen_random_uuid(),
  vendor_id uuid not null references public.vendors (id) on delete cascade,
  day_of_week integer not null constraint vendor_availability_day_range check (day_of_week between 0 and 6),
  open_time time not null,
  close_time time not null,
  is_open boolean not null default true,
  break_start time,
  break_end time,
  created_at timestamptz not null default now(),
  unique (vendor_id, day_of_week),
  constraint vendor_availability_closes_after_opening check (close_time > open_time),
  constraint vendor_availability_break_inside check (
    (break_start is null) = (break_end is null)
    and coalesce(
      break_start >= open_time and break_end <= close_time and break_end > break_start, true)
  )
);
alter table public.vendor_availability enable row level security;
comment on table public.vendor_availability is
  'Opening hours in the vendor''s own time. Day 0 is Sunday. A day without a row is closed.';
comment on column public.vendor_availability.id is 'Identifies the opening hours of one weekday.';
comment on column public.vendor_availability.vendor_id is 'Vendor whose hours these are.';
comment on column public.vendor_availability.day_of_week is '0 for Sunday to 6 for Saturday.';
comment on column public.vendor_availability.open_time is
  'When it opens, in the vendor''s own time.';
comment on column public.vendor_availability.close_time is
  'When it closes, in the vendor''s own time and later the same day.';
comment on column public.vendor_availability.is_open is
  'Whether it opens on this day at all; false closes the day and keeps the hours.';
comment on column public.vendor_availability.break_start is
  'When the break begins, in the vendor''s own time; null without a break.';
comment on column public.vendor_availability.break_end is
  'When the break ends, in the vendor''s own time; null without a break.';
comment on column public.vendor_availability.created_at is 'When the row was made.';
comment on constraint vendor_availability_closes_after_opening on public.vendor_availability is
  'A vendor closes later than it opens.';
comment on constraint vendor_availability_break_inside on public.vendor_availability is
  'A break lies within the opening hours.';
create policy select_anon on public.vendor_availability for select to anon using (true);
create policy select_signed_in on public.vendor_availability for select to authenticated using (true);
create policy select_staff on public.vendor_availability for select to staff using (true);
create policy insert_vendor on public.vendor_availability for insert to authenticated
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy update_vendor on public.vendor_availability for update to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]))
  with check (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
create policy delete_vendor on public.vendor_availability for delete to authenticated
  using (vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));
grant select on public.vendor_availability to anon, authenticated, staff;
grant delete on public.vendor_availability to authenticated;
grant insert (vendor_id, day_of_week, open_time, close_time, is_open, break_start, break_end),
  update (open_time, close_time, is_open, break_start, break_end)
  on public.vendor_availability to authenticated;

create function public.vendors_is_open_now(vendor public.vendors) returns boolean
language sql stable set search_path = '' as $$
  select exists (
    select from public.vendor_availability a
    cross join (select now() at time zone vendor.time_zone as local_now) t
    where a.vendor_id = vendor.id
      and a.is_open
      and a.day_of_week = extract(dow from t.local_now)
      and t.local_now::time >= a.open_time and t.local_now::time < a.close_time
      and (a.break_start is null
        or not (t.local_now::time >= a.break_start and t.local_now::time < a.break_end))
  )
$$;
comment on function public.vendors_is_open_now(public.vendors) is
  'Whether the vendor is open at this moment, in its own time zone, breaks considered.';
create function public.vendor_services_price(vendor_service public.vendor_services) returns numeric
language sql stable set search_path = '' as $$
  select coalesce(vendor_service.custom_price, s.discounted_price, s.base_price)
  from public.services s where s.id = vendor_service.service_id
$$;
comment on function public.vendor_services_price(public.vendor_services) is
  'What this vendor asks for the service, in rupees before GST: its own price or the catalogue''s.';
create function public.vendor_services_duration(vendor_service public.vendor_services) returns integer
language sql stable set search_path = '' as $$
  select coalesce(vendor_service.custom_duration, s.duration)
  from public.services s where s.id = vendor_service.service_id
$$;
comment on function public.vendor_services_duration(public.vendor_services) is
  'How long this vendor takes, in minutes: its own duration or the catalogue''s.';
grant execute on function public.vendors_is_open_now(public.vendors),
  public.vendor_services_price(public.vendor_services),
  public.vendor_services_duration(public.vendor_services)
to anon, authenticated, staff;
