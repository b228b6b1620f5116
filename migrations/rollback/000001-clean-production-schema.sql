-- Back to an empty database as the bootstrap left it. Everything that this migration created is removed, with
-- every row: there is no earlier state to keep.

drop schema if exists app_private cascade;

drop function if exists
  public.me(), public.my_permissions(), public.unread_notification_count(),
  public.mark_all_notifications_read(), public.schema_version();

drop table if exists
  public.ticket_messages,
  public.support_tickets,
  public.vendor_reviews,
  public.review_moderations,
  public.reviews,
  public.commission_records,
  public.customer_referrals,
  public.loyalty_points_transactions,
  public.wallet_transactions,
  public.refunds,
  public.payment_private_details,
  public.payments,
  public.payment_methods,
  public.therapist_locations,
  public.therapist_assignments,
  public.booking_reschedules,
  public.booking_cancellations,
  public.booking_notes,
  public.booking_status_history,
  public.booking_items,
  public.bookings,
  public.customer_addresses,
  public.customers,
  public.therapist_performance,
  public.therapist_leaves,
  public.therapist_schedules,
  public.therapist_private_details,
  public.therapists,
  public.vendor_availability,
  public.vendor_payouts,
  public.vendor_staff,
  public.vendor_services,
  public.vendor_documents,
  public.vendor_private_details,
  public.vendors,
  public.vendor_applications,
  public.service_packages,
  public.addon_services,
  public.services,
  public.service_categories,
  public.pincode_master,
  public.zones,
  public.cities,
  public.states,
  public.countries,
  public.notifications,
  public.user_activity_log,
  public.error_logs,
  public.audit_logs,
  public.feature_flags,
  public.schema_versions,
  public.system_settings,
  public.emergency_contacts,
  public.user_bank_details,
  public.user_kyc_verification,
  public.user_preferences,
  public.user_documents,
  public.user_sessions,
  public.employee_private_details,
  public.employees,
  public.user_roles,
  public.role_permissions,
  public.permissions,
  public.roles,
  public.departments,
  public.user_profiles
cascade;

drop domain if exists
  public.mobile_number, public.email_address, public.pincode, public.gstin, public.pan,
  public.ifsc, public.latitude, public.longitude;

drop schema if exists enums cascade;

alter default privileges grant execute on functions to public;
alter default privileges in schema public revoke all on tables from service_role;
alter default privileges in schema public revoke all on sequences from service_role;
alter default privileges in schema public revoke execute on functions from service_role;
