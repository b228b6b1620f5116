import type { PersonaName } from '../../src/demo/personas.ts';
import { idOf } from '../fixtures/people.ts';
import { worldIds } from '../fixtures/two-worlds.ts';

/** One change of a row of a guarded table. */
export type GuardedChange = {
  readonly by: PersonaName;
  /** SQL for the id of the row; the first world's unless said. */
  readonly row?: string;
  /** GraphQL, with `$id` for the row. */
  readonly mutation?: string;
  /** Where the API has no way: SQL, run with the person's claims, with `$1` for the row. */
  readonly sql?: string;
  /** The column that says of the change. */
  readonly column: string;
};

const { one } = worldIds;

/** An update of a row as the API makes it from a table's grants. */
function update(
  by: PersonaName,
  field: string,
  column: string,
  value: string,
  { row = `'${one}'`, key = 'id' } = {},
): GuardedChange {
  const camel = column.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return {
    by,
    row,
    column,
    mutation: `mutation ($id: UUID!) {
      ${field}(input: { ${key}: $id, patch: { ${camel}: ${value} } }) { clientMutationId }
    }`,
  };
}

const any = (table: string) => ({ row: `(select id from ${table} order by id limit 1)` });
const own = (person: PersonaName) => ({ row: `'${idOf(person)}'` });

/** For every table that the audit log guards, one update of one of its rows. */
export const guardedChanges: Readonly<Record<string, GuardedChange>> = {
  addon_services: update('marketing', 'updateAddonService', 'name', '"New"'),
  beautician_leaves: {
    by: 'vendor',
    column: 'status',
    mutation: `mutation ($id: UUID!) {
      decideBeauticianLeave(input: { leaveId: $id, approve: true }) { clientMutationId }
    }`,
  },
  beautician_private_details: update(
    'beautician',
    'updateBeauticianPrivateDetail',
    'email',
    '"new@example.com"',
    { key: 'beauticianId' },
  ),
  beauticians: update('beautician', 'updateBeautician', 'bio', '"New"'),
  booking_goodwill: {
    by: 'customer_care',
    column: 'reason',
    sql: `update booking_goodwill set reason = 'New' where id = $1`,
  },
  bookings: update('customer', 'updateBooking', 'special_instructions', '"New"'),
  calendar_feeds: {
    by: 'therapist',
    ...own('therapist'),
    column: 'key_hash',
    mutation: 'mutation { renewCalendarFeed(input: {}) { clientMutationId } }',
  },
  commission_records: {
    by: 'finance',
    column: 'settlement_status',
    sql: `update commission_records set settlement_status = 'hold' where id = $1`,
  },
  coupons: {
    by: 'vendor',
    column: 'is_active',
    mutation: `mutation ($id: UUID!) { endCoupon(input: { couponId: $id }) { clientMutationId } }`,
  },
  department_modules: update(
    'admin',
    'updateDepartmentModule',
    'module_name',
    '"New"',
    any('department_modules'),
  ),
  department_user_assignments: {
    by: 'admin',
    row: `'${idOf('hr')}'`,
    column: 'status',
    mutation: `mutation ($id: UUID!) {
      setDepartmentAssignmentStatus(input: { assignmentId: $id, status: "inactive" }) { clientMutationId }
    }`,
  },
  departments: update('admin', 'updateDepartment', 'description', '"New"', any('departments')),
  employee_private_details: update('hr', 'updateEmployeePrivateDetail', 'basic_salary', '"60000"', {
    ...own('manager'),
    key: 'employeeId',
  }),
  employees: update('hr', 'updateEmployee', 'designation', '"New"', own('manager')),
  file_rules: update('admin', 'updateFileRule', 'maximum_bytes', '1000000', any('file_rules')),
  feature_flags: update('admin', 'updateFeatureFlag', 'description', '"New"'),
  kpi_definitions: update(
    'admin',
    'updateKpiDefinition',
    'description',
    '"New"',
    any('kpi_definitions'),
  ),
  kpi_targets: {
    by: 'admin',
    row: `(select kpi_id from kpi_targets order by kpi_id limit 1)`,
    column: 'target',
    sql: 'update kpi_targets set target = 2 where kpi_id = $1',
  },
  kpi_values: {
    by: 'admin',
    row: `(select kpi_id from kpi_values order by kpi_id limit 1)`,
    column: 'value',
    // What a person has entered; computed figures are not audited.
    sql: `update kpi_values set value = 2, entered_by = '${idOf('admin')}', entered_at = now()
      where kpi_id = $1`,
  },
  employee_approval_proposals: {
    by: 'admin',
    column: 'status',
    mutation: `mutation ($id: UUID!) {
      confirmEmployeeApproval(input: { proposalId: $id, approve: true }) { clientMutationId }
    }`,
  },
  invitations: {
    by: 'vendor',
    column: 'status',
    mutation: `mutation ($id: UUID!) { revokeInvitation(input: { invitationId: $id }) { clientMutationId } }`,
  },
  notification_deliveries: {
    by: 'admin',
    column: 'status',
    mutation: `mutation ($id: UUID!) { retryDelivery(input: { deliveryId: $id }) { clientMutationId } }`,
  },
  notification_templates: update(
    'admin',
    'updateNotificationTemplate',
    'is_active',
    'false',
    any('notification_templates'),
  ),
  partner_types: update('admin', 'updatePartnerType', 'description', '"New"', any('partner_types')),
  payments: {
    by: 'finance',
    column: 'refund_reason',
    sql: `update payments set refund_reason = 'Late' where id = $1`,
  },
  pincode_master: update(
    'admin',
    'updatePincodeMaster',
    'delivery_charge',
    '"17"',
    any('pincode_master'),
  ),
  provider_documents: {
    by: 'therapist',
    column: 'document_name',
    sql: `update provider_documents set document_name = 'New' where id = $1`,
  },
  vendor_pictures: {
    by: 'vendor',
    column: 'caption',
    sql: `update vendor_pictures set caption = 'New' where id = $1`,
  },
  booking_contacts: {
    by: 'vendor',
    column: 'service_location',
    sql: `update booking_contacts set service_location = '{"city": "Pune"}' where booking_id = $1`,
  },
  desk_bookings: {
    by: 'vendor',
    column: 'guest_name',
    sql: `update desk_bookings set guest_name = 'New' where booking_id = $1`,
  },
  vendor_change_requests: {
    by: 'admin',
    column: 'status',
    sql: `update vendor_change_requests set status = 'approved' where id = $1`,
  },
  vendor_commission_rates: {
    by: 'finance',
    column: 'percentage',
    sql: 'update vendor_commission_rates set percentage = 16 where id = $1',
  },
  vendor_states: {
    by: 'vendor',
    column: 'pause_reason',
    sql: `update vendor_states set pause_reason = 'New' where vendor_id = $1`,
  },
  provider_private_details: {
    by: 'vendor',
    row: `(select id from providers where therapist_id = '${one}')`,
    column: 'status_reason',
    sql: `update provider_private_details set status_reason = 'New' where provider_id = $1`,
  },
  refunds: {
    by: 'finance',
    column: 'notes',
    sql: `update refunds set notes = 'New' where id = $1`,
  },
  role_permissions: {
    by: 'super_admin',
    ...any('role_permissions'),
    column: 'granted_at',
    sql: `update role_permissions set granted_at = '2025-01-01' where id = $1`,
  },
  roles: {
    by: 'super_admin',
    ...any('roles'),
    column: 'description',
    sql: `update roles set description = 'New' where id = $1`,
  },
  service_packages: update('marketing', 'updateServicePackage', 'description', '"New"'),
  services: update('marketing', 'updateService', 'description', '"New"'),
  system_settings: {
    by: 'admin',
    row: `(select id from system_settings where key = 'booking.hold_minutes')`,
    column: 'value',
    mutation: `mutation {
      updateSystemSetting(input: { key: "booking.hold_minutes", value: 11 }) { clientMutationId }
    }`,
  },
  tax_rates: {
    by: 'admin',
    column: 'source',
    sql: `update tax_rates set source = 'New' where id = $1`,
  },
  therapist_leaves: {
    by: 'vendor',
    column: 'status',
    mutation: `mutation ($id: UUID!) {
      decideTherapistLeave(input: { leaveId: $id, approve: true }) { clientMutationId }
    }`,
  },
  therapist_private_details: update(
    'therapist',
    'updateTherapistPrivateDetail',
    'email',
    '"new@example.com"',
    { key: 'therapistId' },
  ),
  therapists: update('therapist', 'updateTherapist', 'name', '"New"'),
  unmatched_payments: {
    by: 'finance',
    column: 'status',
    sql: `update unmatched_payments set status = 'refunded' where id = $1`,
  },
  user_bank_details: update(
    'customer',
    'updateUserBankDetail',
    'is_primary',
    'true',
    own('customer'),
  ),
  user_documents: update(
    'customer',
    'updateUserDocument',
    'document_name',
    '"New"',
    own('customer'),
  ),
  user_kyc_verification: {
    by: 'admin',
    ...own('customer'),
    column: 'verification_status',
    mutation: `mutation ($id: UUID!) {
      decideKycVerification(input: { verificationId: $id, approved: true }) { clientMutationId }
    }`,
  },
  user_profiles: update('customer', 'updateUserProfile', 'name', '"New"', own('customer')),
  user_roles: {
    by: 'super_admin',
    row: `'${idOf('marketing')}'`,
    column: 'status',
    mutation: `mutation ($id: UUID!) {
      revokeRole(input: { userId: $id, roleCode: "marketing" }) { clientMutationId }
    }`,
  },
  vendor_application_documents: {
    by: 'field_officer',
    row: `'${worldIds.two}'`,
    column: 'verification_status',
    mutation: `mutation ($id: UUID!) {
      verifyApplicationDocument(input: { documentId: $id, isRight: true }) { clientMutationId }
    }`,
  },
  vendor_applications: update('applicant', 'updateVendorApplication', 'description', '"New"'),
  vendor_categories: update(
    'admin',
    'updateVendorCategory',
    'description',
    '"New"',
    any('vendor_categories'),
  ),
  vendor_document_requirements: update(
    'admin',
    'updateVendorDocumentRequirement',
    'description',
    '"New"',
    any('vendor_document_requirements'),
  ),
  vendor_documents: {
    by: 'admin',
    column: 'verified',
    mutation: `mutation ($id: UUID!) {
      verifyVendorDocument(input: { documentId: $id, isRight: true }) { clientMutationId }
    }`,
  },
  vendor_payouts: {
    by: 'finance',
    column: 'notes',
    sql: `update vendor_payouts set notes = 'New' where id = $1`,
  },
  vendor_private_details: update('vendor', 'updateVendorPrivateDetail', 'contact_person', '"New"', {
    key: 'vendorId',
  }),
  vendor_services: update('vendor', 'updateVendorService', 'custom_price', '"900"'),
  vendor_staff: update('vendor', 'updateVendorStaffMember', 'name', '"New"'),
  vendors: update('vendor', 'updateVendor', 'description', '"New"'),
  webhook_endpoints: {
    by: 'vendor',
    column: 'description',
    mutation: `mutation ($id: UUID!) {
      updateWebhookEndpoint(input: { endpointId: $id, description: "New" }) { clientMutationId }
    }`,
  },
  zones: update('admin', 'updateZone', 'service_charge', '"17"', any('zones')),
  wallet_withdrawals: {
    by: 'finance',
    column: 'status',
    mutation: `mutation ($id: UUID!) {
      failWithdrawal(input: { withdrawalId: $id, reason: "New" }) { clientMutationId }
    }`,
  },
};
