import type { DatabaseRole } from '../../fixtures/people.ts';

const everyone = ['anon', 'authenticated', 'staff'] as const;
const signedIn = ['authenticated', 'staff'] as const;
const members = ['authenticated'] as const;
const staff = ['staff'] as const;

/** Functions of the API, by who may call them. What they refuse after that is tested with them. */
export const apiFunctions: Readonly<Record<string, readonly DatabaseRole[]>> = {
  // Reading what is open.
  'me()': everyone,
  'schema_version()': everyone,
  'service_packages_services(service_packages)': everyone,
  'services_price(services)': everyone,
  'vendor_categories_depth(vendor_categories)': everyone,
  'vendor_category_tree()': everyone,
  'vendor_services_duration(vendor_services)': everyone,
  'vendor_services_price(vendor_services)': everyone,
  'vendors_is_open_now(vendors)': everyone,
  'vendors_primary_category(vendors)': everyone,

  // Reading what is one's own, or shown by the policies of its tables.
  'bookings_amount_paid(bookings)': signedIn,
  'bookings_is_upcoming(bookings)': signedIn,
  'customers_wallet_balance(customers)': signedIn,
  'department_dashboard(text)': signedIn,
  'mark_all_notifications_read()': signedIn,
  'my_permissions()': signedIn,
  'unread_notification_count()': signedIn,
  'vendor_applications_missing_documents(vendor_applications)': signedIn,
  'department_dashboards_figures(department_dashboards)': staff,
  'department_dashboards_widgets(department_dashboards)': staff,
  'departments_employee_count(departments)': staff,
  'kpi_definitions_figure(kpi_definitions)': staff,
  'kpi_definitions_series(kpi_definitions,integer)': staff,

  // An applicant's and a vendor's acts.
  'decide_beautician_leave(uuid,boolean,text)': members,
  'decide_therapist_leave(uuid,boolean,text)': members,
  'provide_application_information(uuid,text)': members,
  'submit_vendor_application(uuid)': members,

  // The acts of people who work for the platform.
  'approve_vendor_application(uuid,text)': staff,
  'assign_department_member(uuid,text,text,timestamp with time zone)': staff,
  'enter_kpi_value(text,date,numeric)': staff,
  'grant_role(uuid,text,date)': staff,
  'hold_vendor_application(uuid,text)': staff,
  'record_franchise_fee(uuid,text)': staff,
  'reject_vendor_application(uuid,text)': staff,
  'request_application_information(uuid,text)': staff,
  'resume_vendor_application(uuid,text)': staff,
  'revoke_role(uuid,text)': staff,
  'set_account_status(uuid,text)': staff,
  'set_department_assignment_status(uuid,text)': staff,
  'set_kpi_target(text,numeric,date)': staff,
  'verify_application_document(uuid,boolean,text)': staff,
};

/** Functions of app_private that somebody may call besides the owner and the trusted back end. */
export const helpers: Readonly<Record<string, readonly string[]>> = {
  'may_listen(text)': everyone,

  // In policies and defaults of the rows of members.
  'my_assigned_booking_ids()': members,
  'my_beautician_ids()': members,
  'my_booked_vendor_ids()': members,
  'my_desk_beautician_ids()': members,
  'my_desk_therapist_ids()': members,
  'my_editable_application_ids()': members,
  'my_managed_beautician_ids()': members,
  'my_managed_therapist_ids()': members,
  'my_owned_vendor_ids()': members,
  'my_therapist_ids()': members,
  'my_tracked_booking_ids()': members,
  'my_vendor_ids(text)': members,
  'next_application_number()': members,
  'next_ticket_number()': members,
  'today()': members,
  'plus_minutes(timestamp with time zone,integer)': signedIn,

  // In policies for staff.
  'floor_date(text)': staff,
  'floor_instant(text)': staff,
  'floor_text(text)': staff,
  'floor_uuid(text)': staff,
  'has_permission(text)': staff,
  'holds_role(text)': staff,
  'my_dashboard_ids(text)': staff,
  'my_department_ids(text)': staff,
  'my_kpi_ids()': staff,
  'people_from(text)': staff,
  'people_to(text)': staff,

  // The door, and the jobs.
  'enter_request(jsonb)': ['ombaro_api'],
  'provision_profile(jsonb)': ['ombaro_api'],
  'expire_otp_codes()': ['ombaro_worker'],
  'publish_events(integer)': ['ombaro_worker'],
  'quick_signups_to_remind()': ['ombaro_worker'],
  'recount_dashboards()': ['ombaro_worker'],
  'refresh_dashboards()': ['ombaro_worker'],
};
