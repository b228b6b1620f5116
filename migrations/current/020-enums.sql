-- Closed lists. A small table each, referenced by text columns: GraphQL makes an enum of it,
-- description included; a new value is an insert and its undo a delete. Not enum types: their
-- comparison is not leakproof, so that under a policy `status = 'pending'` would read the table.

create table enums.error_severity (value text primary key, description text not null);
comment on table enums.error_severity is E'@enum\n@enumName ErrorSeverity\nHow bad an error is.';
insert into enums.error_severity values
  ('info', 'Worth knowing'), ('warning', 'May become a problem'),
  ('error', 'Something did not work'), ('critical', 'People cannot work');

create table enums.notification_type (value text primary key, description text not null);
comment on table enums.notification_type is E'@enum\n@enumName NotificationType\nWhat a notification is about.';
insert into enums.notification_type values
  ('booking_confirmed', 'A booking was confirmed'),
  ('booking_cancelled', 'A booking was cancelled'),
  ('therapist_assigned', 'Somebody was assigned to a booking'),
  ('therapist_arrived', 'The provider has arrived'),
  ('service_started', 'The service has begun'),
  ('service_completed', 'The service is done'),
  ('payment_received', 'A payment arrived'),
  ('refund_processed', 'A refund was made'),
  ('promotion', 'An offer'),
  ('reminder', 'Something is coming up'),
  ('system_alert', 'The platform has something to say');

create table enums.notification_channel (value text primary key, description text not null);
comment on table enums.notification_channel is E'@enum\n@enumName NotificationChannel\nHow a message reaches a person.';
insert into enums.notification_channel values
  ('in_app', 'List inside the app'), ('push', 'Push message'), ('sms', 'Text message'),
  ('email', 'E-mail');

create table enums.notification_priority (value text primary key, description text not null);
comment on table enums.notification_priority is E'@enum\n@enumName NotificationPriority\nHow pressing a notification is.';
insert into enums.notification_priority values
  ('low', 'Can wait'), ('normal', 'As usual'), ('high', 'Soon'),
  ('urgent', 'Now, outside the app too');

create table enums.department_status (value text primary key, description text not null);
comment on table enums.department_status is E'@enum\n@enumName DepartmentStatus\nWhether a department works.';
insert into enums.department_status values
  ('active', 'Working'), ('inactive', 'Closed'), ('restructuring', 'Being rearranged');

create table enums.department_type (value text primary key, description text not null);
comment on table enums.department_type is E'@enum\n@enumName DepartmentType\nWhat a department is for.';
insert into enums.department_type values
  ('executive', 'Leads'), ('operational', 'Runs the marketplace'),
  ('support', 'Helps people'), ('administrative', 'Keeps the books and the rules');

create table enums.role_status (value text primary key, description text not null);
comment on table enums.role_status is E'@enum\n@enumName RoleStatus\nWhether a role can be held.';
insert into enums.role_status values ('active', 'In use'), ('inactive', 'No longer given, and without effect');

create table enums.permission_action (value text primary key, description text not null);
comment on table enums.permission_action is E'@enum\n@enumName PermissionAction\nWhat a permission lets one do.';
insert into enums.permission_action values
  ('create', 'Add'), ('read', 'See'), ('update', 'Change'), ('delete', 'Remove'),
  ('execute', 'Run'), ('approve', 'Decide');

create table enums.user_role_status (value text primary key, description text not null);
comment on table enums.user_role_status is E'@enum\n@enumName UserRoleStatus\nWhether a given role counts.';
insert into enums.user_role_status values
  ('active', 'Counts'), ('inactive', 'Taken away'), ('expired', 'Its time is over');

create table enums.gender (value text primary key, description text not null);
comment on table enums.gender is E'@enum\n@enumName Gender\nGender as a person states it.';
insert into enums.gender values ('male', 'Male'), ('female', 'Female'), ('other', 'Other');

create table enums.gender_preference (value text primary key, description text not null);
comment on table enums.gender_preference is E'@enum\n@enumName GenderPreference\nBy whom a customer wishes to be served.';
insert into enums.gender_preference values ('male', 'By a man'), ('female', 'By a woman'), ('any', 'By anyone');

create table enums.profile_role (value text primary key, description text not null);
comment on table enums.profile_role is E'@enum\n@enumName ProfileRole\nWhat a person mainly is on the platform, for display. It decides nothing: user_roles does.';
insert into enums.profile_role values
  ('customer', 'Books services'), ('vendor', 'Runs a business'), ('therapist', 'Performs services'),
  ('employee', 'Works for the platform'), ('admin', 'Administers the platform'),
  ('super_admin', 'Administers the administrators'),
  ('accounts_department', 'Accounts'), ('marketing_department', 'Marketing'),
  ('finance_department', 'Finance'), ('hr_department', 'Human resources'),
  ('it_department', 'Information technology'), ('customer_care', 'Customer care'),
  ('legal_department', 'Legal');

create table enums.account_status (value text primary key, description text not null);
comment on table enums.account_status is E'@enum\n@enumName AccountStatus\nWhether an account may be used.';
insert into enums.account_status values
  ('active', 'In use'), ('inactive', 'Closed by its owner'),
  ('suspended', 'Locked for a while'), ('terminated', 'Locked for good');

create table enums.signup_method (value text primary key, description text not null);
comment on table enums.signup_method is E'@enum\n@enumName SignupMethod\nHow a person came.';
insert into enums.signup_method values
  ('standard', 'The full form'), ('quick', 'The short form'), ('social', 'Google or Facebook');

create table enums.session_status (value text primary key, description text not null);
comment on table enums.session_status is E'@enum\n@enumName SessionStatus\nWhether a session lets one in.';
insert into enums.session_status values
  ('active', 'Signed in'), ('expired', 'Its time is over'), ('terminated', 'Ended by somebody');

create table enums.user_document_type (value text primary key, description text not null);
comment on table enums.user_document_type is E'@enum\n@enumName UserDocumentType\nKinds of a person''s documents.';
insert into enums.user_document_type values
  ('aadhaar', 'Aadhaar card'), ('pan', 'PAN card'), ('passport', 'Passport'),
  ('driving_license', 'Driving licence'), ('gst', 'GST certificate'), ('other', 'Something else');

create table enums.theme (value text primary key, description text not null);
comment on table enums.theme is E'@enum\n@enumName Theme\nLook of the app.';
insert into enums.theme values ('light', 'Light'), ('dark', 'Dark'), ('auto', 'As the device');

create table enums.kyc_type (value text primary key, description text not null);
comment on table enums.kyc_type is E'@enum\n@enumName KycType\nWhat is verified about a person.';
insert into enums.kyc_type values
  ('aadhaar', 'Aadhaar number'), ('pan', 'PAN'), ('bank', 'Bank account'),
  ('email', 'E-mail address'), ('mobile', 'Mobile number'), ('gst', 'GST registration');

create table enums.kyc_status (value text primary key, description text not null);
comment on table enums.kyc_status is E'@enum\n@enumName KycStatus\nHow far a verification is.';
insert into enums.kyc_status values
  ('pending', 'Waiting'), ('verified', 'Found right'), ('failed', 'Found wrong'),
  ('expired', 'Must be done again');

create table enums.bank_account_type (value text primary key, description text not null);
comment on table enums.bank_account_type is E'@enum\n@enumName BankAccountType\nKinds of bank account.';
insert into enums.bank_account_type values ('savings', 'Savings'), ('current', 'Current');

create table enums.employment_type (value text primary key, description text not null);
comment on table enums.employment_type is E'@enum\n@enumName EmploymentType\nTerms of employment.';
insert into enums.employment_type values
  ('full_time', 'Full time'), ('part_time', 'Part time'), ('contract', 'For a contract'),
  ('intern', 'Intern');

create table enums.employee_status (value text primary key, description text not null);
comment on table enums.employee_status is E'@enum\n@enumName EmployeeStatus\nWhether an employee works.';
insert into enums.employee_status values
  ('active', 'At work'), ('on_leave', 'On leave'), ('inactive', 'Not working'),
  ('terminated', 'Left');

create table enums.business_type (value text primary key, description text not null);
comment on table enums.business_type is E'@enum\n@enumName BusinessType\nKinds of business.';
insert into enums.business_type values
  ('spa', 'Spa'), ('salon', 'Salon'), ('wellness_center', 'Wellness centre'),
  ('home_service', 'Comes to the customer'), ('hotel_spa', 'Spa in a hotel');

create table enums.verification_status (value text primary key, description text not null);
comment on table enums.verification_status is E'@enum\n@enumName VerificationStatus\nWhether something was checked.';
insert into enums.verification_status values
  ('pending', 'Not checked yet'), ('verified', 'Found right'), ('rejected', 'Found wrong');

create table enums.vendor_document_type (value text primary key, description text not null);
comment on table enums.vendor_document_type is E'@enum\n@enumName VendorDocumentType\nKinds of a business''s documents.';
insert into enums.vendor_document_type values
  ('gst', 'GST certificate'), ('pan', 'PAN card'), ('registration', 'Registration'),
  ('license', 'Trade licence'), ('insurance', 'Insurance'), ('other', 'Something else');

create table enums.vendor_staff_role (value text primary key, description text not null);
comment on table enums.vendor_staff_role is E'@enum\n@enumName VendorStaffRole\nWhat a member of a vendor''s staff may do.';
insert into enums.vendor_staff_role values
  ('manager', 'All that the owner may, but for ownership'),
  ('receptionist', 'Bookings and assignments'),
  ('accountant', 'Reads money'),
  ('admin', 'All that the owner may, but for ownership');

create table enums.vendor_staff_status (value text primary key, description text not null);
comment on table enums.vendor_staff_status is E'@enum\n@enumName VendorStaffStatus\nWhether a member of staff works there.';
insert into enums.vendor_staff_status values ('active', 'Works there'), ('inactive', 'Does not');

create table enums.payout_status (value text primary key, description text not null);
comment on table enums.payout_status is E'@enum\n@enumName PayoutStatus\nHow far a payout is.';
insert into enums.payout_status values
  ('pending', 'Computed'), ('processing', 'With the bank'), ('completed', 'Paid'),
  ('failed', 'Not paid');

create table enums.review_status (value text primary key, description text not null);
comment on table enums.review_status is E'@enum\n@enumName ReviewStatus\nWhether a review is shown.';
insert into enums.review_status values
  ('pending', 'Waiting for moderation'), ('approved', 'Shown'), ('rejected', 'Not shown'),
  ('flagged', 'Reported, under review');

create table enums.vendor_application_status (value text primary key, description text not null);
comment on table enums.vendor_application_status is E'@enum\n@enumName VendorApplicationStatus\nWhere an application stands.';
insert into enums.vendor_application_status values
  ('pending', 'Not submitted yet'), ('fo_review', 'With a field officer'),
  ('manager_review', 'With a manager'), ('director_review', 'With a director'),
  ('admin_review', 'With the administration'), ('approved', 'Approved'),
  ('rejected', 'Rejected, for good'), ('on_hold', 'Held'),
  ('additional_info_required', 'Waiting for the applicant');

create table enums.application_signup_type (value text primary key, description text not null);
comment on table enums.application_signup_type is E'@enum\n@enumName ApplicationSignupType\nHow an application began.';
insert into enums.application_signup_type values ('quick', 'Quick sign-up'), ('detailed', 'Full application');

create table enums.therapist_status (value text primary key, description text not null);
comment on table enums.therapist_status is E'@enum\n@enumName TherapistStatus\nWhether a therapist works.';
insert into enums.therapist_status values
  ('active', 'Works'), ('inactive', 'Does not work'), ('on_leave', 'On leave'),
  ('terminated', 'Left');

create table enums.provider_availability (value text primary key, description text not null);
comment on table enums.provider_availability is E'@enum\n@enumName ProviderAvailability\nWhat a therapist does right now.';
insert into enums.provider_availability values
  ('available', 'Free'), ('busy', 'Serving'), ('offline', 'Off duty');

create table enums.leave_type (value text primary key, description text not null);
comment on table enums.leave_type is E'@enum\n@enumName LeaveType\nKinds of leave.';
insert into enums.leave_type values
  ('sick', 'Sick'), ('casual', 'Casual'), ('emergency', 'Emergency'), ('annual', 'Annual'),
  ('unpaid', 'Unpaid');

create table enums.leave_status (value text primary key, description text not null);
comment on table enums.leave_status is E'@enum\n@enumName LeaveStatus\nWhether leave is granted.';
insert into enums.leave_status values
  ('pending', 'Asked for'), ('approved', 'Granted'), ('rejected', 'Refused'),
  ('cancelled', 'Withdrawn');

create table enums.assignment_status (value text primary key, description text not null);
comment on table enums.assignment_status is E'@enum\n@enumName AssignmentStatus\nHow far an assignment is.';
insert into enums.assignment_status values
  ('assigned', 'Given'), ('acknowledged', 'Seen and accepted'), ('in_transit', 'On the way'),
  ('reached', 'Arrived'), ('in_progress', 'Serving'), ('completed', 'Done'),
  ('cancelled', 'Taken back');

create table enums.reviewable_type (value text primary key, description text not null);
comment on table enums.reviewable_type is E'@enum\n@enumName ReviewableType\nWhat a review is about.';
insert into enums.reviewable_type values
  ('service', 'A service'), ('therapist', 'A therapist'), ('vendor', 'A vendor'),
  ('booking', 'The booking as a whole');

create table enums.membership_tier (value text primary key, description text not null);
comment on table enums.membership_tier is E'@enum\n@enumName MembershipTier\nTier by rupees spent in twelve months.';
insert into enums.membership_tier values
  ('silver', 'From the start'), ('gold', 'From 25,000'), ('platinum', 'From 75,000'),
  ('diamond', 'From 2,00,000');

create table enums.address_type (value text primary key, description text not null);
comment on table enums.address_type is E'@enum\n@enumName AddressType\nKinds of address.';
insert into enums.address_type values
  ('home', 'Home'), ('work', 'Work'), ('hotel', 'Hotel'), ('other', 'Elsewhere');

create table enums.referral_status (value text primary key, description text not null);
comment on table enums.referral_status is E'@enum\n@enumName ReferralStatus\nHow far a referral is.';
insert into enums.referral_status values
  ('pending', 'The friend has signed up'), ('completed', 'The friend''s first booking is completed'),
  ('rewarded', 'Both wallets were credited');

create table enums.loyalty_transaction_type (value text primary key, description text not null);
comment on table enums.loyalty_transaction_type is E'@enum\n@enumName LoyaltyTransactionType\nWhy points moved.';
insert into enums.loyalty_transaction_type values
  ('earned', 'Earned by a completed booking'), ('redeemed', 'Paid with'), ('expired', 'Too old'),
  ('adjusted', 'Corrected');

create table enums.booking_type (value text primary key, description text not null);
comment on table enums.booking_type is E'@enum\n@enumName BookingType\nWhere the service takes place.';
insert into enums.booking_type values
  ('home_service', 'At the customer''s home'), ('spa_visit', 'At the vendor''s'),
  ('hotel_service', 'In a hotel');

create table enums.booking_status (value text primary key, description text not null);
comment on table enums.booking_status is E'@enum\n@enumName BookingStatus\nWhere a booking stands.';
insert into enums.booking_status values
  ('pending', 'Agreed, not paid yet'), ('confirmed', 'Paid, or cash chosen'),
  ('assigned', 'A provider is named'), ('in_progress', 'Being served'),
  ('completed', 'Served'), ('cancelled', 'Cancelled'),
  ('rescheduled', 'Moved: a row of the history, never where a booking rests');

create table enums.booking_payment_status (value text primary key, description text not null);
comment on table enums.booking_payment_status is E'@enum\n@enumName BookingPaymentStatus\nHow much of a booking is paid.';
insert into enums.booking_payment_status values
  ('pending', 'Nothing yet'), ('partial', 'A part'), ('paid', 'All of it'),
  ('refunded', 'Paid back');

create table enums.booking_note_type (value text primary key, description text not null);
comment on table enums.booking_note_type is E'@enum\n@enumName BookingNoteType\nFrom which side a note comes.';
insert into enums.booking_note_type values
  ('customer', 'The customer'), ('vendor', 'The vendor'), ('therapist', 'The provider'),
  ('internal', 'The platform''s people'), ('system', 'The platform itself');

create table enums.party_role (value text primary key, description text not null);
comment on table enums.party_role is E'@enum\n@enumName PartyRole\nIn which role somebody acted on a booking.';
insert into enums.party_role values
  ('customer', 'As the customer'), ('vendor', 'As the vendor'), ('therapist', 'As the provider'),
  ('admin', 'As one of the platform''s people');

create table enums.refund_status (value text primary key, description text not null);
comment on table enums.refund_status is E'@enum\n@enumName RefundStatus\nHow far a refund is.';
insert into enums.refund_status values
  ('pending', 'Asked for'), ('processing', 'With the gateway'), ('completed', 'Paid back'),
  ('failed', 'Not paid back');

create table enums.reschedule_status (value text primary key, description text not null);
comment on table enums.reschedule_status is E'@enum\n@enumName RescheduleStatus\nWhether a new time is agreed.';
insert into enums.reschedule_status values
  ('pending', 'Asked for'), ('approved', 'Agreed'), ('rejected', 'Refused');

create table enums.payment_method_type (value text primary key, description text not null);
comment on table enums.payment_method_type is E'@enum\n@enumName PaymentMethodType\nKinds of saved payment method.';
insert into enums.payment_method_type values
  ('card', 'Card'), ('upi', 'UPI'), ('wallet', 'Wallet of another company'),
  ('netbanking', 'Net banking');

create table enums.payment_method (value text primary key, description text not null);
comment on table enums.payment_method is E'@enum\n@enumName PaymentInstrument\nHow a payment was made.';
insert into enums.payment_method values
  ('credit_card', 'Credit card'), ('debit_card', 'Debit card'), ('upi', 'UPI'),
  ('net_banking', 'Net banking'), ('wallet', 'OMBARO wallet'), ('cash', 'Cash'),
  ('pay_later', 'Pay later');

create table enums.payment_status (value text primary key, description text not null);
comment on table enums.payment_status is E'@enum\n@enumName PaymentStatus\nHow far a payment is.';
insert into enums.payment_status values
  ('pending', 'Begun'), ('processing', 'With the gateway'), ('success', 'Received'),
  ('failed', 'Not received'), ('refunded', 'Paid back in full'),
  ('partially_refunded', 'Paid back in part');

create table enums.refund_type (value text primary key, description text not null);
comment on table enums.refund_type is E'@enum\n@enumName RefundType\nWhy a refund is made.';
insert into enums.refund_type values
  ('full', 'All of it'), ('partial', 'A part'), ('cancellation', 'By the cancellation policy'),
  ('adjustment', 'A correction');

create table enums.wallet_transaction_type (value text primary key, description text not null);
comment on table enums.wallet_transaction_type is E'@enum\n@enumName WalletTransactionType\nWhy money moved in or out of a wallet.';
insert into enums.wallet_transaction_type values
  ('credit', 'Paid in'), ('debit', 'Paid out of'), ('refund', 'A refund'), ('bonus', 'A reward');

create table enums.settlement_status (value text primary key, description text not null);
comment on table enums.settlement_status is E'@enum\n@enumName SettlementStatus\nHow far a commission record is settled.';
insert into enums.settlement_status values
  ('pending', 'Not settled'), ('processing', 'In a payout that is under way'),
  ('settled', 'Settled'), ('hold', 'Held back');

create table enums.ticket_category (value text primary key, description text not null);
comment on table enums.ticket_category is E'@enum\n@enumName TicketCategory\nWhat a ticket is about.';
insert into enums.ticket_category values
  ('booking_issue', 'A booking'), ('payment_issue', 'A payment'),
  ('service_quality', 'Quality of a service'), ('technical', 'The app'),
  ('account', 'The account'), ('refund', 'A refund'), ('feedback', 'Feedback'),
  ('complaint', 'A complaint'), ('other', 'Something else');

create table enums.ticket_priority (value text primary key, description text not null);
comment on table enums.ticket_priority is E'@enum\n@enumName TicketPriority\nHow pressing a ticket is.';
insert into enums.ticket_priority values
  ('low', 'Can wait'), ('medium', 'As usual'), ('high', 'Soon'), ('urgent', 'Now');

create table enums.ticket_status (value text primary key, description text not null);
comment on table enums.ticket_status is E'@enum\n@enumName TicketStatus\nWhere a ticket stands.';
insert into enums.ticket_status values
  ('open', 'New'), ('in_progress', 'Being worked on'),
  ('waiting_response', 'Waiting for the customer'), ('resolved', 'Solved'),
  ('closed', 'Closed'), ('reopened', 'Not solved after all');

create table enums.ticket_sender_type (value text primary key, description text not null);
comment on table enums.ticket_sender_type is E'@enum\n@enumName TicketSenderType\nWho wrote a message.';
insert into enums.ticket_sender_type values
  ('customer', 'The person who asks'), ('employee', 'Customer care'),
  ('system', 'The platform'), ('bot', 'A program');

-- Read by everyone, written by migrations alone.
do $$
declare
  v_table regclass;
begin
  for v_table in select c.oid::regclass from pg_class c
    where c.relnamespace = 'enums'::regnamespace and c.relkind = 'r'
  loop
    execute format('alter table %s enable row level security', v_table);
    execute format('create policy select_all on %s for select to public using (true)', v_table);
    execute format(
      'grant select on %s to anon, authenticated, staff, service_role, ombaro_api', v_table);
    execute format('comment on column %s.value is %L', v_table, 'The allowed value.');
    execute format('comment on column %s.description is %L', v_table, 'What it means.');
  end loop;
end
$$;
