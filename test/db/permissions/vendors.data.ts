import { worldIds } from '../../fixtures/two-worlds.ts';
import {
  admins,
  allPeople,
  desk,
  type InsertTrial,
  managers,
  may,
  members,
  moneyReaders,
  ownFile,
  type RowRights,
  staff,
  type TableRights,
  vendorMembers,
  without,
} from './rights.ts';

const { one, two } = worldIds;

/** The same insert for the first world and for the second. */
function inBothWorlds(
  sql: string,
  first: InsertTrial['ends'],
  second: InsertTrial['ends'],
): InsertTrial[] {
  return [
    { sql: sql.replaceAll('$id', `'${one}'`), ends: first },
    { sql: sql.replaceAll('$id', `'${two}'`), ends: second },
  ];
}

const managed: RowRights = { one: managers, two: ['vendor2'] };

const application = `business_name business_type contact_person contact_mobile contact_email
  address_line1 address_line2 city state pincode latitude longitude gst_number pan_number
  years_in_business number_of_staff description application_data partner_type
  franchise_agreement_signed`;
const business = `description address_line1 address_line2 city state pincode latitude
  longitude website telephone logo cover_image booking_notice_minutes booking_horizon_days
  deposit_percentage`;
const hours = 'open_time close_time is_open break_start break_end';
const workingHours = 'start_time end_time is_available break_start break_end max_bookings';
const therapistsPrivate = 'email mobile date_of_birth address emergency_contact bank_details';
const therapist =
  'name gender profile_image specialization experience_years certifications languages';

export const vendorRights: Readonly<Record<string, TableRights>> = {
  vendor_applications: {
    sees: {
      one: ['applicant', ...may.approveApplications],
      closed: ['applicant', ...may.approveApplications],
      two: ['vendor2', ...may.approveApplications],
    },
    // The second is submitted, the closed one rejected.
    updates: { one: ['applicant'] },
    deletes: { one: ['applicant'] },
    inserts: [
      {
        sql: `insert into vendor_applications (business_name, business_type, contact_person,
            contact_mobile, contact_email, address_line1, city, state, pincode)
          values ('New Spa', 'spa', 'A Person', '+919876543210', 'new@example.com', 'MG Road', 'Pune',
            'Maharashtra', '411001')`,
        ends: {
          ok: without(members, 'applicant', 'vendor2'),
          // One open application a person.
          23505: ['applicant', 'vendor2'],
        },
      },
      {
        // Terms that are no longer offered.
        sql: `insert into vendor_applications (partner_type, business_name, business_type,
            contact_person, contact_mobile, contact_email, address_line1, city, state, pincode)
          values ('CLOSED', 'New Spa', 'spa', 'A Person', '+919876543210', 'new@example.com',
            'MG Road', 'Pune', 'Maharashtra', '411001')`,
        ends: { OB020: members },
      },
    ],
    insertColumns: { authenticated: `${application} signup_type` },
    updateColumns: { authenticated: application },
  },
  vendors: {
    sees: {
      one: allPeople,
      two: allPeople,
      // Not listed: its owner, who booked it once, and those who look after vendors.
      closed: ['vendor', 'customer', ...may.readVendors],
    },
    updates: {
      one: [...managers, ...admins],
      closed: ['vendor', ...admins],
      two: ['vendor2', ...admins],
    },
    updateColumns: { authenticated: business, staff: business },
  },
  vendor_private_details: {
    sees: {
      one: [...moneyReaders, ...may.readVendors],
      closed: ['vendor', ...may.readVendors],
      two: ['vendor2', ...may.readVendors],
    },
    updates: { ...managed, closed: ['vendor'] },
    updateColumns: { authenticated: 'contact_person contact_mobile contact_email' },
  },
  vendor_pictures: {
    sees: {
      one: allPeople,
      two: allPeople,
      // Of the vendor that is not listed.
      closed: ['vendor', 'customer', ...may.readVendors],
    },
    updates: { one: managers, two: ['vendor2'], closed: ['vendor'] },
    deletes: {
      one: [...managers, ...admins],
      two: ['vendor2', ...admins],
      closed: ['vendor', ...admins],
    },
    inserts: inBothWorlds(
      `insert into vendor_pictures (vendor_id, image_url, caption)
      values ($id, ${ownFile('vendor_picture')}, 'The garden')`,
      { ok: managers },
      { ok: ['vendor2'] },
    ),
    insertColumns: { authenticated: 'vendor_id image_url caption' },
    updateColumns: { authenticated: 'caption' },
  },
  vendor_change_requests: {
    sees: {
      one: [...managers, ...may.readVendors],
      two: ['vendor2', ...may.readVendors],
    },
  },
  vendor_states: {
    sees: {
      one: [...managers, ...may.readVendors],
      two: ['vendor2', ...may.readVendors],
    },
  },
  vendor_documents: {
    sees: {
      one: [...managers, ...may.approveApplications],
      closed: [...managers, ...may.approveApplications],
      two: ['vendor2', ...may.approveApplications],
    },
    // The closed one is verified and stays.
    deletes: managed,
    inserts: inBothWorlds(
      `insert into vendor_documents (vendor_id, document_type, document_name, file_url)
        values ($id, 'license', 'Licence', ${ownFile('vendor_document')})`,
      { ok: managers },
      { ok: ['vendor2'] },
    ),
    insertColumns: {
      authenticated: 'vendor_id document_type document_name file_url file_type expiry_date',
    },
  },
  webhook_endpoints: { sees: { one: [...managers, ...admins], two: ['vendor2', ...admins] } },
  webhook_deliveries: { sees: { one: [...managers, ...admins], two: ['vendor2', ...admins] } },
  vendor_services: {
    sees: {
      one: allPeople,
      two: allPeople,
      // Not available at the moment.
      closed: [...vendorMembers, ...staff],
    },
    updates: { ...managed, closed: managers },
    deletes: { ...managed, closed: managers },
    inserts: [
      ...inBothWorlds(
        `insert into vendor_services (vendor_id, service_id) values ($id, '${worldIds.closed}')`,
        { ok: managers },
        { ok: ['vendor2'] },
      ),
    ],
    insertColumns: {
      authenticated: 'vendor_id service_id is_available custom_price custom_duration',
    },
    updateColumns: { authenticated: 'is_available custom_price custom_duration' },
  },
  vendor_staff: {
    sees: {
      self: members,
      everyone: [...managers, ...may.readVendors],
      one: [...managers, ...may.readVendors],
      two: ['vendor2', ...may.readVendors],
    },
    // No user changes the row that says what they themselves may do.
    updates: {
      ...managed,
      receptionist: managers,
      accountant: managers,
      vendor_admin: ['vendor', 'vendor_manager'],
      vendor_manager: ['vendor', 'vendor_admin'],
    },
    deletes: {
      ...managed,
      receptionist: managers,
      accountant: managers,
      vendor_admin: ['vendor', 'vendor_manager'],
      vendor_manager: ['vendor', 'vendor_admin'],
    },
    // Members come by invitation.
    updateColumns: { authenticated: 'name role mobile email status' },
  },
  invitations: {
    sees: {
      // A user who has proved to have the address sees it, too.
      one: [...managers, 'nobody', ...may.readVendors],
      two: ['vendor2', ...may.readVendors],
      closed: ['customer', ...may.employ],
    },
  },
  vendor_payouts: {
    sees: {
      one: [...moneyReaders, ...may.readCommissions],
      two: ['vendor2', ...may.readCommissions],
    },
  },
  refund_decisions: {
    sees: {
      one: [...moneyReaders, ...may.readCommissions],
      two: ['vendor2', ...may.readCommissions],
    },
  },
  vendor_credits: {
    sees: {
      one: [...moneyReaders, ...may.readCommissions],
      two: ['vendor2', ...may.readCommissions],
    },
  },
  vendor_commission_rates: {
    sees: {
      one: [...moneyReaders, ...may.readCommissions],
      two: ['vendor2', ...may.readCommissions],
    },
  },
  vendor_dues: {
    sees: {
      one: [...moneyReaders, ...may.readCommissions],
      two: ['vendor2', ...may.readCommissions],
    },
  },
  vendor_packages: {
    sees: { one: allPeople, two: allPeople },
    updates: managed,
    deletes: managed,
    inserts: inBothWorlds(
      `insert into vendor_packages (vendor_id, package_id) values ($id, '${worldIds.closed}')`,
      { ok: managers },
      { ok: ['vendor2'] },
    ),
    insertColumns: { authenticated: 'vendor_id package_id is_available' },
    updateColumns: { authenticated: 'is_available' },
  },
  vendor_availability: {
    sees: { one: allPeople, two: allPeople },
    updates: managed,
    deletes: managed,
    inserts: inBothWorlds(
      `insert into vendor_availability (vendor_id, day_of_week, open_time, close_time)
        values ($id, 2, '09:00', '21:00')`,
      { ok: managers },
      { ok: ['vendor2'] },
    ),
    insertColumns: { authenticated: `vendor_id day_of_week ${hours}` },
    updateColumns: { authenticated: hours },
  },
  therapists: {
    sees: { one: allPeople, two: allPeople, closed: [...vendorMembers, ...may.readVendors] },
    updates: {
      one: ['therapist', ...managers],
      closed: managers,
      two: ['therapist2', 'vendor2'],
    },
    updateColumns: { authenticated: therapist },
  },
  closures: {
    sees: { one: allPeople, two: allPeople },
    deletes: managed,
  },
  special_hours: {
    sees: {
      one: ['therapist', ...desk, ...may.readVendors],
      two: ['therapist2', 'vendor2', ...may.readVendors],
    },
  },
  blocked_times: {
    sees: {
      one: ['therapist', ...desk, ...may.readVendors],
      two: ['therapist2', 'vendor2', ...may.readVendors],
    },
  },
  therapist_private_details: {
    sees: {
      one: ['therapist', ...managers, ...may.readVendors],
      two: ['therapist2', 'vendor2', ...may.readVendors],
    },
    updates: { one: ['therapist', ...managers], two: ['therapist2', 'vendor2'] },
    inserts: [
      {
        sql: `insert into therapist_private_details (therapist_id, mobile)
          values ('${worldIds.closed}', '+919876543217')`,
        ends: { ok: managers },
      },
    ],
    insertColumns: { authenticated: `therapist_id ${therapistsPrivate}` },
    updateColumns: { authenticated: therapistsPrivate },
  },
  therapist_services: {
    sees: {
      one: allPeople,
      two: allPeople,
      // Not performed at present.
      closed: ['therapist', ...desk, ...may.readVendors],
    },
    // Therapists do not qualify themselves.
    updates: { ...managed, closed: managers },
    deletes: { ...managed, closed: managers },
    inserts: inBothWorlds(
      `insert into therapist_services (therapist_id, service_id) values ($id, '${worldIds.closed}')`,
      { ok: managers },
      { ok: ['vendor2'] },
    ),
    insertColumns: { authenticated: 'therapist_id service_id is_active' },
    updateColumns: { authenticated: 'is_active' },
  },
  // Kept by triggers. Therapists are told apart from beauticians, who do not travel.
  providers: {
    labelledBy: `case coalesce(therapist_id, beautician_id)
      when '${one}' then case kind when 'therapist' then 'therapist' else 'one' end
      when '${two}' then case kind when 'therapist' then 'therapist2' else 'two' end
      else 'closed' end`,
    sees: {
      therapist: allPeople,
      therapist2: allPeople,
      one: allPeople,
      two: allPeople,
      closed: [...vendorMembers, ...may.readVendors],
    },
    // How far they travel.
    updates: {
      therapist: ['therapist', ...managers],
      therapist2: ['therapist2', 'vendor2'],
      ...managed,
      one: ['beautician', ...managers],
      closed: managers,
    },
    updateColumns: { authenticated: 'service_radius_km' },
  },
  provider_private_details: {
    labelledBy: `(select case p.therapist_id when '${one}' then 'one' else 'two' end
      from providers p where p.id = provider_id)`,
    sees: {
      one: ['therapist', ...managers, ...may.readVendors],
      two: ['therapist2', 'vendor2', ...may.readVendors],
    },
  },
  provider_documents: {
    sees: {
      one: ['therapist', ...managers, ...admins],
      two: ['therapist2', 'vendor2', ...admins],
      closed: ['therapist', ...managers, ...admins],
    },
    // The closed one was verified and stays.
    deletes: { one: ['therapist', ...managers], two: ['therapist2', 'vendor2'] },
    inserts: inBothWorlds(
      `insert into provider_documents (provider_id, document_type, document_name, file_url)
        select p.id, 'identity', 'A card', ${ownFile('provider_document')} from providers p where p.therapist_id = $id`,
      { ok: ['therapist', ...managers] },
      { ok: ['therapist2', 'vendor2'] },
    ),
    insertColumns: {
      authenticated: 'provider_id document_type document_name file_url expiry_date',
    },
  },
  therapist_schedules: {
    sees: {
      one: ['therapist', ...desk, ...may.readVendors],
      two: ['therapist2', 'vendor2', ...may.readVendors],
    },
    updates: { one: ['therapist', ...managers], two: ['therapist2', 'vendor2'] },
    deletes: { one: ['therapist', ...managers], two: ['therapist2', 'vendor2'] },
    inserts: inBothWorlds(
      `insert into therapist_schedules (therapist_id, day_of_week, start_time, end_time)
        values ($id, 2, '09:00', '18:00')`,
      { ok: ['therapist', ...managers] },
      { ok: ['therapist2', 'vendor2'] },
    ),
    insertColumns: { authenticated: `therapist_id day_of_week ${workingHours}` },
    updateColumns: { authenticated: workingHours },
  },
  therapist_leaves: {
    sees: {
      one: ['therapist', ...desk, ...may.readVendors],
      closed: ['therapist', ...desk, ...may.readVendors],
      two: ['therapist2', 'vendor2', ...may.readVendors],
    },
    // The closed one is granted already.
    deletes: { one: ['therapist'], two: ['therapist2'] },
    inserts: inBothWorlds(
      `insert into therapist_leaves (therapist_id, leave_type, start_date, end_date, reason)
        values ($id, 'annual', '2025-12-24', '2025-12-31', 'Holidays')`,
      { ok: ['therapist'] },
      { ok: ['therapist2'] },
    ),
    insertColumns: {
      authenticated: 'therapist_id leave_type start_date end_date reason documents',
    },
  },
  therapist_performance: {
    sees: {
      one: ['therapist', ...managers, ...may.readVendors],
      two: ['therapist2', 'vendor2', ...may.readVendors],
    },
  },
};
