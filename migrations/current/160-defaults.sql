-- Default data: departments, roles, what each role may do, and the platform's numbers. Places and
-- service categories follow.

insert into public.departments (code, name, department_type, description) values
  ('FINANCE', 'Finance', 'administrative', 'Budget, revenue and cash'),
  ('ACCOUNTS', 'Accounts', 'administrative', 'Invoices, payments and books'),
  ('MARKETING', 'Marketing', 'operational', 'Campaigns and reach'),
  ('HR', 'Human Resources', 'administrative', 'People who work here'),
  ('IT', 'Information Technology', 'support', 'Systems and their health'),
  ('LEGAL', 'Legal', 'administrative', 'Contracts and compliance'),
  ('CUSTOMER_CARE', 'Customer Care', 'support', 'Help for everyone'),
  ('STAFF', 'Staff', 'operational', 'Duty and performance'),
  ('FO', 'Front Office', 'operational', 'Visitors and field officers'),
  ('VENDOR_LIST', 'Vendor List', 'operational', 'Vendors and their approval'),
  ('CUSTOMER_DATA', 'Customer Data', 'operational', 'Customers and quality of data'),
  ('ADVOCATE', 'Advocate', 'administrative', 'Cases and hearings'),
  ('CA_CS', 'Chartered Accountants and Company Secretaries', 'administrative', 'Audits and filings'),
  ('DIRECTORS', 'Directors', 'executive', 'Direction of the company'),
  ('HO', 'Head Office', 'executive', 'The head office'),
  ('CORPORATE', 'Corporate', 'executive', 'Locations and the company as a whole'),
  ('ADMIN', 'Administration', 'executive', 'Administration of the platform'),
  ('OPS', 'Operations', 'operational', 'Daily running of the marketplace');

insert into public.roles
  (code, name, description, level, is_system_role, is_staff, profile_role, department_id)
select r.code, r.name, r.description, r.level, true, r.is_staff, r.profile_role, d.id
from (values
  ('customer', 'Customer', 'Books services', 0, false, 'customer', null),
  ('vendor', 'Vendor', 'Runs a business', 0, false, 'vendor', null),
  ('therapist', 'Therapist', 'Performs services', 0, false, 'therapist', null),
  ('field_officer', 'Field Officer', 'Reviews applications first', 1, true, 'employee', 'FO'),
  ('manager', 'Manager', 'Reviews applications second', 2, true, 'employee', 'OPS'),
  ('director', 'Director', 'Reviews applications third', 3, true, 'employee', 'DIRECTORS'),
  ('vice_president', 'Vice President', 'Decides on applications', 4, true, 'employee', 'HO'),
  ('customer_care_viewer', 'Customer Care Viewer', 'Reads tickets and bookings', 1, true, 'customer_care', 'CUSTOMER_CARE'),
  ('customer_care', 'Customer Care Agent', 'Works on tickets', 2, true, 'customer_care', 'CUSTOMER_CARE'),
  ('customer_care_head', 'Customer Care Head', 'Heads customer care', 3, true, 'customer_care', 'CUSTOMER_CARE'),
  ('finance', 'Finance Officer', 'Looks after money', 2, true, 'finance_department', 'FINANCE'),
  ('accounts', 'Accounts Officer', 'Keeps the books', 2, true, 'accounts_department', 'ACCOUNTS'),
  ('hr', 'HR Officer', 'Looks after people who work here', 2, true, 'hr_department', 'HR'),
  ('marketing', 'Marketing Officer', 'Sees aggregates, keeps the catalogue attractive', 2, true, 'marketing_department', 'MARKETING'),
  ('it', 'IT Officer', 'Looks after systems', 2, true, 'it_department', 'IT'),
  ('legal', 'Legal Officer', 'Looks after contracts', 2, true, 'legal_department', 'LEGAL'),
  ('vendor_relations', 'Vendor Relations Officer', 'Keeps vendors and their documents', 2, true, 'employee', 'VENDOR_LIST'),
  ('customer_data', 'Customer Data Officer', 'Keeps customers'' data good', 2, true, 'employee', 'CUSTOMER_DATA'),
  ('operations', 'Operations Officer', 'Runs the marketplace by day', 2, true, 'employee', 'OPS'),
  ('admin', 'Administrator', 'Everything, audited', 9, true, 'admin', 'ADMIN'),
  ('super_admin', 'Super Administrator', 'Everything, and who may be an administrator', 10, true, 'super_admin', 'ADMIN')
) r (code, name, description, level, is_staff, profile_role, department_code)
left join public.departments d on d.code = r.department_code;

insert into public.permissions (code, resource, action, name)
select p.resource || '.' || p.action, p.resource, p.action, p.name
from (values
  ('users', 'read', 'See people''s profiles'),
  ('users', 'update', 'Suspend and readmit people'),
  ('roles', 'read', 'See who holds which role'),
  ('roles', 'update', 'Give and take roles'),
  ('departments', 'update', 'Change departments'),
  ('employees', 'create', 'Add employees'),
  ('employees', 'update', 'Change employees'),
  ('salaries', 'read', 'See pay'),
  ('salaries', 'update', 'Set pay'),
  ('kyc', 'read', 'See people''s documents and verifications'),
  ('kyc', 'approve', 'Decide on verifications'),
  ('bank_details', 'read', 'See bank accounts'),
  ('customers', 'read', 'See customers and their addresses'),
  ('vendors', 'read', 'See vendors whole, listed or not'),
  ('vendors', 'update', 'Change vendors'),
  ('vendor_documents', 'read', 'See vendors'' documents'),
  ('vendor_documents', 'approve', 'Verify vendors'' documents'),
  ('vendor_applications', 'read', 'See applications'),
  ('vendor_applications', 'approve', 'Decide on applications at one''s level'),
  ('bookings', 'read', 'See all bookings and assignments'),
  ('bookings', 'update', 'Act on bookings for a party'),
  ('payments', 'read', 'See payments and refunds'),
  ('payments', 'approve', 'Decide on refunds'),
  ('wallets', 'read', 'See wallets and points'),
  ('commissions', 'read', 'See commission records'),
  ('payouts', 'read', 'See payouts'),
  ('payouts', 'execute', 'Run payouts'),
  ('reviews', 'read', 'See all reviews'),
  ('reviews', 'approve', 'Moderate reviews'),
  ('tickets', 'read', 'See all tickets'),
  ('tickets', 'update', 'Work on tickets'),
  ('catalogue', 'update', 'Change services, add-ons and packages'),
  ('places', 'update', 'Change cities, zones and pincodes'),
  ('settings', 'read', 'See all settings'),
  ('settings', 'update', 'Change settings'),
  ('feature_flags', 'read', 'See feature flags'),
  ('feature_flags', 'update', 'Switch feature flags'),
  ('audit_logs', 'read', 'Read the audit log'),
  ('error_logs', 'read', 'Read the error log'),
  ('error_logs', 'update', 'Mark errors as resolved'),
  ('activity', 'read', 'Read the activity log')
) p (resource, action, name);

insert into public.role_permissions (role_id, permission_id)
select r.id, p.id
from (values
  ('field_officer', array['vendor_applications.read', 'vendor_applications.approve', 'vendor_documents.read', 'vendor_documents.approve']),
  ('manager', array['vendor_applications.read', 'vendor_applications.approve', 'vendor_documents.read', 'vendors.read', 'bookings.read']),
  ('director', array['vendor_applications.read', 'vendor_applications.approve', 'vendor_documents.read', 'vendors.read', 'bookings.read', 'payments.read', 'commissions.read', 'payouts.read']),
  ('vice_president', array['vendor_applications.read', 'vendor_applications.approve', 'vendor_documents.read', 'vendors.read', 'bookings.read', 'payments.read', 'commissions.read', 'payouts.read', 'customers.read']),
  ('customer_care_viewer', array['tickets.read', 'bookings.read']),
  ('customer_care', array['tickets.read', 'tickets.update', 'bookings.read', 'bookings.update', 'customers.read', 'users.read']),
  ('customer_care_head', array['tickets.read', 'tickets.update', 'bookings.read', 'bookings.update', 'customers.read', 'users.read', 'reviews.read', 'reviews.approve']),
  ('finance', array['payments.read', 'payments.approve', 'wallets.read', 'commissions.read', 'payouts.read', 'payouts.execute', 'bookings.read', 'bank_details.read']),
  ('accounts', array['payments.read', 'wallets.read', 'commissions.read', 'payouts.read', 'bookings.read']),
  ('hr', array['employees.create', 'employees.update', 'salaries.read', 'salaries.update', 'users.read', 'kyc.read']),
  ('marketing', array['catalogue.update', 'reviews.read']),
  ('it', array['error_logs.read', 'error_logs.update', 'activity.read', 'settings.read', 'feature_flags.read', 'feature_flags.update']),
  ('legal', array['vendor_applications.read', 'vendor_documents.read', 'vendors.read']),
  ('vendor_relations', array['vendors.read', 'vendors.update', 'vendor_documents.read', 'vendor_documents.approve', 'vendor_applications.read']),
  ('customer_data', array['customers.read', 'users.read', 'kyc.read', 'kyc.approve']),
  ('operations', array['bookings.read', 'bookings.update', 'vendors.read', 'places.update', 'catalogue.update', 'tickets.read'])
) g (role_code, permission_codes)
join public.roles r on r.code = g.role_code
join public.permissions p on p.code = any (g.permission_codes)
union all
select r.id, p.id from public.roles r cross join public.permissions p
where r.code in ('admin', 'super_admin');

insert into public.system_settings (key, category, value, is_public, description)
select s.key, split_part(s.key, '.', 1), s.value::jsonb, s.is_public, s.description
from (values
  ('platform.schema_version', '"1.0"', true, 'Version of the database schema'),
  ('platform.currency', '"INR"', true, 'Currency of all amounts'),
  ('platform.time_zone', '"Asia/Kolkata"', true, 'Zone of vendors that do not say another'),
  ('booking.hold_minutes', '10', true, 'How long a slot is held for payment'),
  ('booking.slot_step_minutes', '30', true, 'Slots start every so many minutes'),
  ('booking.buffer_minutes', '15', false, 'Rest of a provider between two jobs'),
  ('booking.travel_speed_kmh', '20', false, 'Speed at which travel between jobs is reckoned'),
  ('booking.daily_maximum', '5', false, 'Jobs of a provider in a day unless the schedule says otherwise'),
  ('booking.service_charge', '50', true, 'Rupees added to each booking before GST'),
  ('booking.minimum_age', '18', true, 'Age from which one may book'),
  ('policy.reschedule_free_hours', '24', true, 'Moving a booking is free until so many hours before'),
  ('policy.reschedule_fee', '200', true, 'Rupees for moving a booking later than that'),
  ('policy.reschedule_maximum', '2', true, 'How often a booking may be moved'),
  ('policy.cancel_free_hours', '4', true, 'Full refund until so many hours before'),
  ('policy.late_cancel_fee_percentage', '50', true, 'Per cent kept of a booking cancelled later than that'),
  ('loyalty.rupees_per_point', '100', true, 'Rupees paid for one point'),
  ('loyalty.rupees_a_point_pays', '1', true, 'Rupees that one point pays'),
  ('loyalty.maximum_percentage', '20', true, 'Per cent of a booking that points may pay'),
  ('loyalty.expiry_months', '12', true, 'Months until points expire'),
  ('loyalty.tier_gold', '25000', true, 'Rupees in twelve months for gold'),
  ('loyalty.tier_platinum', '75000', true, 'Rupees in twelve months for platinum'),
  ('loyalty.tier_diamond', '200000', true, 'Rupees in twelve months for diamond'),
  ('referral.percentage', '10', true, 'Per cent of a friend''s first booking, to both wallets'),
  ('referral.maximum', '500', true, 'Rupees at most for a referral'),
  ('referral.within_days', '30', true, 'Days from sign-up in which the first booking counts'),
  ('review.maximum_length', '500', true, 'Characters of a review'),
  ('signin.otp_minutes', '5', false, 'Minutes that a code is valid'),
  ('signin.otp_attempts', '5', false, 'Tries that a code allows'),
  ('signin.otp_resend_seconds', '60', false, 'Seconds until another code may be sent'),
  ('signin.otp_sends_an_hour', '5', false, 'Codes to one number in an hour'),
  ('signin.access_token_minutes', '30', false, 'Minutes that an access token is valid'),
  ('signin.refresh_token_days', '7', false, 'Days that a refresh token is valid'),
  ('limits.signin_requests_a_minute', '10', false, 'Sign-in requests from one address'),
  ('limits.api_requests_a_minute', '100', false, 'API requests of one user and address'),
  ('location.minimum_interval_seconds', '5', false, 'Seconds between two positions of a provider'),
  ('location.keep_hours', '24', false, 'Hours until positions are deleted')
) s (key, value, is_public, description);
