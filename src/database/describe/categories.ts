/** One page of docs/database. */
export type Category = {
  readonly title: string;
  /** Of its page, without `.md`. */
  readonly file: string;
  readonly about: string;
  /** In the order of the page: first those that the guide lists. */
  readonly tables: readonly string[];
};

const category = (title: string, file: string, about: string, tables: string): Category => ({
  title,
  file,
  about,
  tables: tables.split(/\s+/),
});

/** The guide's eleven under its names, then what came with the later migrations. A table is in one of them. */
export const categories: readonly Category[] = [
  category(
    'System & Configuration',
    'system-and-configuration',
    'Settings, and the logs of the platform.',
    `system_settings feature_flags audit_logs error_logs user_activity_log notifications
    schema_versions maintenance_runs audit_redactions personal_links`,
  ),
  category(
    'Location & Geography',
    'location-and-geography',
    'Where services are offered.',
    'countries states cities zones pincode_master',
  ),
  category(
    'Departments & Roles',
    'departments-and-roles',
    'Departments, roles and their permissions.',
    'departments roles permissions role_permissions user_roles',
  ),
  category(
    'Users & Authentication',
    'users-and-authentication',
    'Users and what belongs to their accounts.',
    `user_profiles user_sessions user_documents user_preferences user_kyc_verification
    user_bank_details emergency_contacts employees employee_private_details
    employee_approval_proposals invitations
    bank_account_numbers expiry_reminders`,
  ),
  category(
    'Vendors',
    'vendors',
    'Spas, salons and hotels: their offers, staff and payouts.',
    `vendors vendor_pictures vendor_documents vendor_services vendor_staff vendor_payouts vendor_reviews
    vendor_applications vendor_packages vendor_availability closures special_hours blocked_times vendor_private_details
    vendor_states vendor_change_requests vendor_credits vendor_commission_rates vendor_dues earlier_prices
    vendor_review_moderations`,
  ),
  category(
    'Therapists',
    'therapists',
    'Therapists, their schedules, leave and assignments.',
    `therapists therapist_schedules therapist_leaves therapist_locations therapist_assignments
    therapist_performance therapist_private_details therapist_services assignment_transitions
    performance_changes performance_refreshes`,
  ),
  category(
    'Services',
    'services',
    'Services, add-ons and packages, and reviews of them.',
    `service_categories services addon_services service_packages reviews review_moderations
    review_helpful_marks`,
  ),
  category(
    'Customers',
    'customers',
    'Customers and what belongs to them.',
    `customers customer_addresses customer_referrals loyalty_points_transactions
    customer_last_bookings favourites proven_mobiles mobile_hash_key`,
  ),
  category(
    'Bookings',
    'bookings',
    'From the hold to the completed service, and the terms of bookings.',
    `bookings booking_items booking_status_history booking_notes booking_cancellations
    booking_reschedules booking_terms booking_contacts booking_commissions booking_start_codes
    booking_disputes booking_settlements booking_holds hold_agreements waitlist_entries freed_times desk_bookings
    providers provider_documents provider_private_details provider_reservations
    booking_transitions`,
  ),
  category(
    'Payments',
    'payments',
    'Payments, refunds, wallets, commission and the journal.',
    `payment_methods payments tips refunds wallet_transactions wallet_withdrawals withdrawal_accounts booking_goodwill
    commission_records payment_private_details refund_decisions tax_rates journal journal_closes journal_openings
    account_balances expected_of_payments expected_of_refunds expected_of_commission_records expected_of_vendor_credits
    expected_of_vendor_payments expected_of_refund_decisions expected_of_payouts expected_of_wallet_transactions
    expected_of_withdrawals expected_of_purposes payment_events unmatched_payments
    chargebacks idempotency_keys coupons coupon_uses`,
  ),
  category(
    'Support',
    'support',
    'Tickets of users and the answers of customer care.',
    'support_tickets ticket_messages ticket_status_steps',
  ),
  category(
    'Beauticians',
    'beauticians',
    'Beauticians, their schedules, leave and assignments.',
    `beauticians beautician_services beautician_schedules beautician_assignments
    beautician_performance beautician_leaves beautician_private_details`,
  ),
  category(
    'Vendor onboarding',
    'vendor-onboarding',
    'How a business becomes a vendor.',
    `vendor_categories vendor_category_members partner_types onboarding_steps onboarding_progress
    quick_signup_profiles vendor_application_categories vendor_application_documents
    vendor_document_requirements vendor_approval_stages vendor_approval_history`,
  ),
  category(
    'Dashboards',
    'dashboards',
    'Dashboards of the departments and their key figures.',
    `department_dashboards dashboard_widgets department_widgets department_dashboard_items
    dashboard_data kpi_definitions kpi_values kpi_targets department_modules
    department_user_assignments department_activity_logs computed_figures figure_changes
    figure_refreshes`,
  ),
  category(
    'Signing in',
    'signing-in',
    'Codes, social accounts and tokens. No client can read them.',
    `vendor_otp_codes vendor_social_auth sign_in_requests social_sign_ins social_proofs
    refresh_tokens`,
  ),
  category(
    'Files',
    'files',
    'Uploaded files, their storage, and the rows that refer to them.',
    'files file_rules file_columns file_uses file_origins file_storage file_removals',
  ),
  category(
    'Search',
    'search',
    'A searchable copy of the public catalogue.',
    'search_documents search_words search_changes',
  ),
  category(
    'Messages and live updates',
    'messages-and-live-updates',
    'Deliveries of messages, and events for live updates.',
    `notification_templates notification_deliveries notification_attempts contact_messages
    user_devices device_addresses booking_reminders calendar_feeds events event_sequence jobs`,
  ),
  category(
    'Webhooks',
    'webhooks',
    'Events of bookings for partners’ own software.',
    'webhook_endpoints webhook_deliveries webhook_secrets webhook_cursor',
  ),
];
