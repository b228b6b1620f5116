import type { DatabaseRole } from '../../fixtures/people.ts';

const everyone = ['anon', 'authenticated', 'staff'] as const;
const signedIn = ['authenticated', 'staff'] as const;
const members = ['authenticated'] as const;
const staff = ['staff'] as const;

/** Functions of the API, by who may call them. What they refuse after that is tested with them. */
export const apiFunctions: Readonly<Record<string, readonly DatabaseRole[]>> = {
  // Reading what is open.
  'available_slots(uuid,uuid[],uuid[],date,date,text,near_place,uuid)': everyone,
  'me()': everyone,
  'next_available(uuid,uuid[])': everyone,
  'nearby_vendor_vendor(nearby_vendor)': everyone,
  'schema_version()': everyone,
  'service_packages_services(service_packages)': everyone,
  'serviceable(text)': everyone,
  'serviceable_at(latitude,longitude)': everyone,
  'services_price(services)': everyone,
  'slot_providers(slot)': everyone,
  'vendor_categories_depth(vendor_categories)': everyone,
  'vendor_category_tree()': everyone,
  'vendor_services_duration(vendor_services)': everyone,
  'vendor_services_price(vendor_services)': everyone,
  'vendors_is_open_at(vendors,timestamp with time zone)': everyone,
  'vendors_is_open_now(vendors)': everyone,
  'vendors_near(latitude,longitude,numeric,uuid[],timestamp with time zone,numeric,text,text)':
    everyone,
  'vendors_primary_category(vendors)': everyone,

  // Reading what is one's own, or shown by the policies of its tables.
  'beautician_leaves_colliding_bookings(beautician_leaves)': signedIn,
  'bookings_amount_due(bookings)': signedIn,
  'bookings_amount_paid(bookings)': signedIn,
  'bookings_is_upcoming(bookings)': signedIn,
  'customers_wallet_balance(customers)': signedIn,
  'department_dashboard(text)': signedIn,
  'end_other_sessions()': signedIn,
  'end_session(uuid)': signedIn,
  'event_cursor()': signedIn,
  'mark_all_notifications_read()': signedIn,
  'my_permissions()': signedIn,
  'my_sessions()': signedIn,
  'register_device(text,text,text,text,text)': signedIn,
  'support_tickets_first_response_minutes(support_tickets)': signedIn,
  'support_tickets_resolution_minutes(support_tickets)': signedIn,
  'therapist_leaves_colliding_bookings(therapist_leaves)': signedIn,
  'unread_notification_count()': signedIn,
  'unregister_device(uuid)': signedIn,
  'user_sessions_is_current(user_sessions)': signedIn,
  'vendor_applications_missing_documents(vendor_applications)': signedIn,
  'dead_letters()': staff,
  'department_dashboards_figures(department_dashboards)': staff,
  'department_dashboards_widgets(department_dashboards)': staff,
  'departments_employee_count(departments)': staff,
  'kpi_definitions_figure(kpi_definitions)': staff,
  'journal_balances()': staff,
  'kpi_definitions_series(kpi_definitions,integer)': staff,

  // A customer's acts.
  'confirm_booking(uuid,text,integer,numeric,text,text,text)': members,
  'hold_slot(uuid,uuid,timestamp with time zone,text,uuid[],uuid[],uuid,text,uuid)': members,
  'pay_from_wallet(uuid,text,numeric)': members,
  'release_hold(uuid)': members,
  'reschedule_booking(uuid,date,time without time zone,text)': members,
  'start_payment(uuid,text,text,text,numeric)': members,
  'use_referral_code(text)': members,

  // A therapist's acts on the way.
  'acknowledge_assignment(uuid)': members,
  'arrive(uuid)': members,
  'report_location(uuid,numeric,numeric,numeric,numeric,numeric,integer,boolean)': members,
  'start_travel(uuid)': members,

  // What the parties of a booking do with it, and the platform for them.
  'add_booking_note(uuid,text,boolean)': signedIn,
  'approve_reschedule(uuid)': signedIn,
  'assign_beautician(uuid,uuid)': signedIn,
  'assign_best(uuid)': signedIn,
  'assign_therapist(uuid,uuid)': signedIn,
  'cancel_booking(uuid,text)': signedIn,
  'complete_service(uuid,numeric)': signedIn,
  'mark_no_show(uuid)': signedIn,
  'reject_reschedule(uuid,text)': signedIn,
  'request_reschedule(uuid,date,time without time zone,text)': signedIn,
  'start_service(uuid)': signedIn,

  // An applicant's and a vendor's acts.
  'decide_beautician_leave(uuid,boolean,text)': members,
  'decide_therapist_leave(uuid,boolean,text)': members,
  'provide_application_information(uuid,text)': members,
  'submit_vendor_application(uuid)': members,

  // What customers say, and say again.
  'reopen_ticket(uuid,text)': members,
  'write_review(uuid,text,uuid,integer,text,text,text[])': members,
  'write_vendor_review(uuid,integer,text,text,integer,integer,integer,text[])': members,

  // The acts of people who work for the platform.
  'approve_vendor_application(uuid,text)': staff,
  'assign_department_member(uuid,text,text,timestamp with time zone)': staff,
  'assign_ticket(uuid,uuid)': staff,
  'complete_payout(uuid,text,text)': staff,
  'decide_kyc_verification(uuid,boolean,text,timestamp with time zone)': staff,
  'enter_kpi_value(text,date,numeric)': staff,
  'fail_payout(uuid,text)': staff,
  'grant_role(uuid,text,date)': staff,
  'hold_vendor_application(uuid,text)': staff,
  'moderate_review(uuid,text,text)': staff,
  'moderate_vendor_review(uuid,text,text)': staff,
  'record_franchise_fee(uuid,text)': staff,
  'record_refund_failed(uuid)': staff,
  'record_refund_paid(uuid,text)': staff,
  'refund_payment(uuid,numeric,text,text)': staff,
  'reject_vendor_application(uuid,text)': staff,
  'request_application_information(uuid,text)': staff,
  'resume_vendor_application(uuid,text)': staff,
  'retry_delivery(uuid)': staff,
  'revoke_role(uuid,text)': staff,
  'run_payouts(date)': staff,
  'set_account_status(uuid,text)': staff,
  'set_department_assignment_status(uuid,text)': staff,
  'set_kpi_target(text,numeric,date)': staff,
  'verify_application_document(uuid,boolean,text)': staff,
};

/** Functions of app_private that somebody may call besides the owner and the trusted back end. */
export const helpers: Readonly<Record<string, readonly string[]>> = {
  'may_listen(text)': everyone,

  // In what visitors search with, and in a column that the coordinates give.
  'earth_point(numeric,numeric)': everyone,
  'search_radius(latitude,longitude,numeric,uuid[],text)': everyone,
  'vendors_within(cube,double precision)': everyone,

  // In policies and defaults of the rows of members.
  'my_assigned_booking_ids()': members,
  'default_daily_maximum()': members,
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
  'today()': signedIn,
  'plus_minutes(timestamp with time zone,integer)': signedIn,

  // In what shows the bookings that stand in the way of leave.
  'bookings_during(uuid,uuid,date,date)': signedIn,

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
  'receive_payment_event(text,text,text,jsonb)': ['ombaro_api'],

  // The sign-in, and what the API counts.
  'api_requests_a_minute()': ['ombaro_api'],
  'begin_social_sign_in(bytea,text,text,text,text,text,text)': ['ombaro_api'],
  'count_sign_in_request(inet)': ['ombaro_api'],
  'link_social_account(jsonb,bytea)': ['ombaro_api'],
  'link_with_code(jsonb,text,text,bytea,text)': ['ombaro_api'],
  'prove_social_account(bytea,app_private.social_account)': ['ombaro_api'],
  'refresh_session(bytea,bytea,inet)': ['ombaro_api'],
  'send_code(text,text,bytea)': ['ombaro_api'],
  'sign_in_with_code(text,text,bytea,text,app_private.session_start)': ['ombaro_api'],
  'sign_in_with_provider(app_private.social_account,text,app_private.session_start,integer)': [
    'ombaro_api',
  ],
  'sign_out(bytea)': ['ombaro_api'],
  'take_social_sign_in(bytea,text)': ['ombaro_api'],
  'touch_sessions(uuid[])': ['ombaro_api'],

  // Live updates.
  'become_relay()': ['ombaro_worker'],
  'events_since(text,bigint,integer)': ['ombaro_api'],
  'prepare_event_partitions()': ['ombaro_worker'],
  'publish_events(integer)': ['ombaro_worker'],
  'relay_lag()': ['ombaro_api', 'ombaro_worker'],
  'trim_events()': ['ombaro_worker'],

  'delivery_figures()': ['ombaro_api'],
  'begin_delivery(uuid,interval)': ['ombaro_worker'],
  'expire_otp_codes()': ['ombaro_worker'],
  'expire_points(integer)': ['ombaro_worker'],
  'finish_delivery(uuid,integer,text,text,text,numeric,boolean)': ['ombaro_worker'],
  'forget_locations()': ['ombaro_worker'],
  'forget_sign_ins()': ['ombaro_worker'],
  'lapse_bookings(integer)': ['ombaro_worker'],
  'lower_tiers(integer)': ['ombaro_worker'],
  'make_payouts(date)': ['ombaro_worker'],
  'quick_signups_to_remind()': ['ombaro_worker'],
  'recount_dashboards()': ['ombaro_worker'],
  'record_receipt(uuid,text,boolean)': ['ombaro_worker'],
  'refresh_dashboards()': ['ombaro_worker'],
  'remind_of_bookings(integer)': ['ombaro_worker'],
  'remind_quick_signups(integer)': ['ombaro_worker'],
  'take_due_deliveries(integer,interval)': ['ombaro_worker'],
  'take_due_receipts(integer)': ['ombaro_worker'],
};
