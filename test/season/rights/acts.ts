import type { Person } from '../person.ts';
import {
  admins,
  type Column,
  customerCare,
  desk,
  levels,
  management,
  purse,
  staff,
} from './columns.ts';

/** The things that are acted on. */
export type Matter = {
  readonly vendorId: string;
  /** Of `customer`, at the vendor, assigned to `therapist`; it starts in some days. */
  readonly bookingId: string;
  readonly customerId: string;
  readonly applicationId: string;
  readonly serviceId: string;
  readonly facialId: string;
  readonly leaveId: string;
  readonly availabilityId: string;
  readonly therapistId: string;
  readonly therapistProviderId: string;
  readonly ticketId: string;
  readonly employeeId: string;
  readonly partnerTypeId: string;
};

export type Act = {
  readonly name: string;
  /** Tries it; the code of the refusal, or `allowed`. */
  readonly attempt: (by: Person, matter: Matter) => Promise<string>;
  /**
   * The code that comes instead where a user may do it: the attempt leaves out a reason, or names what is not there, so
   * that all may be asked and nothing changes. Rights are checked before values.
   */
  readonly stopsAt?: readonly string[];
  /** Those whom the domain page lets do it. */
  readonly allowed: readonly Column[];
  /** Those of whom it says nothing, and whom the platform lets do it. */
  readonly silent?: readonly Column[];
  readonly refused: {
    readonly visitor: string;
    readonly signedIn: string;
    readonly staff: string;
  } & Partial<Record<Column, string>>;
  /** What the platform answers to those of whom the domain page says something else: a fault that waits for repair. */
  readonly differs?: Partial<Record<Column, string>>;
};

const none = '00000000-0000-4000-8000-000000000000';

/** Refusals of an act that only users who work for the platform may try. */
const ofStaff = { visitor: 'OB001', signedIn: '42501', staff: 'OB002' } as const;
/** Refusals of an act at a booking: who has nothing to do with it does not see it. */
const ofBooking = { visitor: 'OB001', signedIn: 'OB003', staff: 'OB003' } as const;
/** Refusals of an act at a listed vendor. */
const ofVendor = { visitor: 'OB001', signedIn: 'OB002', staff: 'OB002' } as const;
/** Refusals of writing a row that is seen. */
const ofRow = { visitor: 'OB001', signedIn: '42501', staff: '42501' } as const;
/** Readers who are not shown what is asked for. */
const notShown = { visitor: 'OB001', signedIn: 'nothing', staff: 'nothing' } as const;

/** Whether a list or a row shows anything. */
async function shows(
  by: Person,
  document: string,
  variables?: Record<string, unknown>,
): Promise<string> {
  const outcome = await by.outcome(document, variables);
  if (outcome !== 'allowed') {
    return outcome;
  }
  const [found] = Object.values(await by.query(document, variables)) as { totalCount?: number }[];
  return found === null || found?.totalCount === 0 ? 'nothing' : 'allowed';
}

export const acts: readonly Act[] = [
  // Vendors join.
  {
    name: 'decide on a vendor application at its first level',
    attempt: (by, { applicationId }) =>
      by.tryAct('rejectVendorApplication', { applicationId, reason: '' }),
    stopsAt: ['OB036'],
    allowed: ['fieldOfficer'],
    refused: {
      ...ofStaff,
      manager: 'OB032',
      director: 'OB032',
      vicePresident: 'OB032',
      executive: 'OB032',
    },
  },
  {
    name: 'verify documents of an application',
    attempt: (by) => by.tryAct('verifyApplicationDocument', { documentId: none, isRight: true }),
    stopsAt: ['OB003'],
    allowed: [...admins],
    silent: ['fieldOfficer', 'vendorRelations'],
    refused: ofStaff,
  },
  {
    name: 'record a franchise fee',
    attempt: (by, { applicationId }) =>
      by.tryAct('recordFranchiseFee', { applicationId, reference: 'NEFT 1' }),
    stopsAt: ['OB030'],
    allowed: ['finance', ...admins],
    refused: ofStaff,
  },
  {
    name: 'read vendor applications',
    attempt: (by, { applicationId: id }) =>
      shows(by, 'query ($id: UUID!) { vendorApplication(id: $id) { id } }', { id }),
    allowed: ['applicant', ...levels, ...admins],
    silent: ['legal', 'vendorRelations'],
    refused: notShown,
  },
  // Vendors' own business.
  {
    name: "set a vendor's commission",
    attempt: (by, { partnerTypeId: id }) =>
      by.tryAct('updatePartnerType', { id, patch: { commissionRate: '20.00' } }),
    allowed: [...admins],
    refused: { ...ofRow, staff: 'OB003' },
  },
  {
    name: "change a vendor's verified name",
    attempt: (by, { vendorId }) =>
      by.tryAct('requestVendorChange', { vendorId, fact: 'business_name', newValue: '' }),
    stopsAt: ['OB020'],
    allowed: [...management],
    refused: ofVendor,
  },
  {
    name: "change a vendor's bank account",
    attempt: (by, { vendorId }) =>
      by.tryAct('requestVendorChange', { vendorId, fact: 'bank_account', bankDetailId: none }),
    stopsAt: ['OB003'],
    allowed: ['owner'],
    refused: ofVendor,
  },
  {
    name: 'decide on such a change',
    attempt: (by) => by.tryAct('decideVendorChange', { requestId: none, approve: true }),
    stopsAt: ['OB003'],
    allowed: [...admins],
    silent: ['vendorRelations'],
    refused: ofStaff,
  },
  {
    name: "set a vendor's prices",
    attempt: (by, { vendorId, serviceId }) =>
      by.tryAct('createVendorService', { vendorService: { vendorId, serviceId } }),
    stopsAt: ['23505'],
    allowed: [...management],
    refused: ofRow,
  },
  {
    name: "enter a vendor's hours",
    attempt: (by, { availabilityId: id }) =>
      by.tryAct('updateVendorAvailability', { id, patch: { isOpen: true } }),
    allowed: [...management],
    refused: { visitor: 'OB001', signedIn: 'OB003', staff: '42501' },
  },
  {
    name: "invite a vendor's staff and providers",
    attempt: (by, { vendorId }) =>
      by.tryAct('inviteMember', { kind: 'vendor_staff', vendorId, role: 'manager', name: 'X' }),
    stopsAt: ['OB020'],
    allowed: [...management],
    refused: ofVendor,
  },
  {
    name: 'pause a vendor',
    attempt: (by, { vendorId }) => by.tryAct('resumeVendor', { vendorId }),
    stopsAt: ['OB030'],
    allowed: [...management],
    refused: ofVendor,
  },
  {
    name: 'suspend a vendor',
    attempt: (by, { vendorId }) => by.tryAct('suspendVendor', { vendorId, reason: '' }),
    stopsAt: ['OB036'],
    allowed: [...admins],
    silent: ['vendorRelations'],
    refused: ofStaff,
  },
  {
    name: 'close a vendor',
    attempt: (by, { vendorId }) => by.tryAct('closeVendor', { vendorId, reason: '' }),
    stopsAt: ['OB036'],
    allowed: ['owner', ...admins],
    silent: ['vendorRelations'],
    refused: ofVendor,
  },
  {
    name: 'hand a vendor to a new owner',
    attempt: (by, { vendorId }) => by.tryAct('transferVendor', { vendorId, name: 'X' }),
    stopsAt: ['OB020'],
    allowed: ['owner', ...admins],
    silent: ['vendorRelations'],
    refused: ofVendor,
  },
  {
    name: 'follow bookings with software of the vendor',
    attempt: (by, { vendorId }) =>
      by.tryAct('createWebhookEndpoint', { vendorId, url: 'ftp://x', eventTypes: [] }),
    stopsAt: ['OB020', 'OB052'],
    allowed: [...management],
    refused: {
      visitor: 'OB001',
      signedIn: 'OB003',
      staff: '42501',
      receptionist: 'OB002',
      accountant: 'OB002',
    },
  },
  // Providers.
  {
    name: 'verify a provider',
    attempt: (by, { therapistProviderId: providerId }) =>
      by.tryAct('verifyProvider', { providerId, isRight: true }),
    stopsAt: ['OB030'],
    allowed: [...admins],
    silent: ['vendorRelations'],
    refused: ofStaff,
  },
  {
    name: 'suspend a provider',
    attempt: (by, { therapistProviderId: providerId }) =>
      by.tryAct('suspendProvider', { providerId, reason: '' }),
    stopsAt: ['OB036'],
    allowed: [...admins],
    silent: ['vendorRelations'],
    refused: ofStaff,
  },
  {
    name: 'decide on leave of a therapist',
    attempt: (by, { leaveId }) =>
      by.tryAct('decideTherapistLeave', { leaveId, approve: false, reason: '' }),
    stopsAt: ['OB036'],
    allowed: [...management],
    refused: {
      visitor: 'OB001',
      signedIn: 'OB003',
      staff: '42501',
      receptionist: 'OB002',
      therapist: 'OB031',
    },
  },
  // Bookings.
  {
    name: 'book',
    attempt: (by, { vendorId, serviceId, therapistProviderId: providerId }) =>
      by.tryAct('holdSlot', {
        vendorId,
        providerId,
        serviceIds: [serviceId],
        startsAt: '2001-01-01T00:00:00Z',
        bookingType: 'spa_visit',
        idempotencyKey: 'a try in the past',
      }),
    // Others of full age may, once they have entered their date of birth or made a profile.
    stopsAt: ['OB060', 'OB037'],
    allowed: ['customer', 'friend'],
    silent: [
      'owner',
      'otherOwner',
      'vendorManager',
      'vendorAdmin',
      'receptionist',
      'accountant',
      'therapist',
      'beautician',
      'applicant',
    ],
    refused: ofRow,
  },
  {
    name: 'cancel a booking',
    attempt: (by, { bookingId }) => by.tryAct('cancelBooking', { bookingId, reason: '' }),
    stopsAt: ['OB036'],
    allowed: ['customer', ...desk, 'therapist', ...customerCare, ...admins],
    silent: ['operations'],
    refused: { ...ofBooking, ...readersOfBookings() },
  },
  {
    name: 'move a booking at once',
    attempt: (by, { bookingId }) =>
      by.tryAct('rescheduleBooking', { bookingId, newDate: '2001-01-01', newTime: '10:00' }),
    stopsAt: ['OB020', 'OB044', 'OB060'],
    allowed: ['customer'],
    refused: { visitor: 'OB001', signedIn: 'OB003', staff: '42501', ...partiesOfBooking('OB002') },
  },
  {
    name: 'start a service with the code',
    attempt: (by, { bookingId }) => by.tryAct('startService', { bookingId }),
    stopsAt: ['OB020'],
    allowed: [...desk, 'therapist'],
    silent: [...customerCare, 'operations', ...admins],
    refused: { ...ofBooking, ...readersOfBookings(), customer: 'OB002' },
  },
  {
    name: 'start a service without the code, with a reason',
    attempt: (by, { bookingId }) => by.tryAct('startService', { bookingId, reason: '' }),
    stopsAt: ['OB036'],
    allowed: [...management],
    silent: [...customerCare, 'operations', ...admins],
    refused: {
      ...ofBooking,
      ...readersOfBookings(),
      customer: 'OB002',
      receptionist: 'OB002',
      therapist: 'OB002',
    },
  },
  {
    name: 'complete a service',
    attempt: (by, { bookingId }) =>
      by.tryAct('completeService', { bookingId, cashCollected: '0.00' }),
    stopsAt: ['OB030'],
    allowed: [...desk, 'therapist'],
    silent: [...customerCare, 'operations', ...admins],
    refused: { ...ofBooking, ...readersOfBookings(), customer: 'OB002' },
  },
  {
    name: 'assign a booking',
    attempt: (by, { bookingId, therapistId }) =>
      by.tryAct('assignTherapist', { bookingId, therapistId }),
    stopsAt: ['OB030'],
    allowed: [...desk, ...customerCare, ...admins],
    silent: ['operations'],
    refused: { ...ofBooking, ...readersOfBookings(), customer: 'OB002', therapist: 'OB002' },
  },
  {
    name: 'read a booking',
    attempt: (by, { bookingId: id }) =>
      shows(by, 'query ($id: UUID!) { booking(id: $id) { id } }', { id }),
    allowed: [
      'customer',
      ...desk,

      'therapist',
      'careHead',
      'careDeputy',
      'care',
      'careViewer',
      'finance',
      'accounts',
      ...admins,
    ],
    silent: ['manager', 'director', 'vicePresident', 'executive', 'operations'],
    refused: notShown,
  },
  {
    name: 'decide a dispute',
    attempt: (by) =>
      by.tryAct('decideDispute', { disputeId: none, inFavourOf: 'vendor', reason: 'X' }),
    stopsAt: ['OB003'],
    allowed: [...customerCare, ...admins],
    silent: ['operations'],
    refused: ofStaff,
  },
  // Money.
  {
    name: 'refund a completed booking',
    attempt: (by, { bookingId }) =>
      by.tryAct('refundBooking', {
        bookingId,
        amount: '1.00',
        borneBy: 'vendor',
        reason: 'X',
        idempotencyKey: 'a try of a refund',
      }),
    stopsAt: ['OB030'],
    allowed: ['finance', ...admins],
    refused: ofStaff,
  },
  {
    name: 'run payouts',
    attempt: (by) => by.tryAct('runPayouts', { weekStart: '2001-01-02' }),
    stopsAt: ['OB020'],
    allowed: ['finance', ...admins],
    refused: ofStaff,
  },
  {
    name: 'read what vendors earn',
    attempt: (by) => shows(by, '{ commissionRecords { totalCount } }'),
    allowed: [...purse, 'finance', 'accounts', ...admins],
    silent: ['director', 'vicePresident', 'executive'],
    refused: notShown,
  },
  {
    name: 'read a complete account number',
    attempt: (by) => by.tryAct('readBankAccountNumber', { bankDetailId: none }),
    stopsAt: ['OB003'],
    allowed: ['finance', ...admins],
    refused: ofStaff,
  },
  {
    name: 'verify a bank account',
    attempt: (by) => by.tryAct('verifyBankAccount', { bankDetailId: none, isRight: true }),
    stopsAt: ['OB003'],
    allowed: [...admins],
    silent: ['customerData'],
    refused: ofStaff,
  },
  // Customer care.
  {
    name: 'open a ticket',
    attempt: (by) =>
      by.tryAct('createSupportTicket', {
        supportTicket: { category: 'other', subject: '', description: 'X' },
      }),
    stopsAt: ['23514', 'OB020'],
    allowed: ['customer', 'friend'],
    silent: [
      'owner',
      'otherOwner',
      'vendorManager',
      'vendorAdmin',
      'receptionist',
      'accountant',
      'therapist',
      'beautician',
      'applicant',
    ],
    refused: ofRow,
  },
  {
    name: 'assign a ticket',
    attempt: (by) => by.tryAct('assignTicket', { ticketId: none }),
    stopsAt: ['OB003'],
    allowed: [...customerCare, ...admins],
    refused: ofStaff,
  },
  {
    name: 'read a ticket',
    attempt: (by, { ticketId: id }) =>
      shows(by, 'query ($id: UUID!) { supportTicket(id: $id) { id } }', { id }),
    allowed: ['customer', ...customerCare, 'careViewer', ...admins],
    silent: ['operations'],
    refused: notShown,
  },
  {
    name: 'moderate a review',
    attempt: (by) => by.tryAct('moderateReview', { reviewId: none, status: 'approved' }),
    stopsAt: ['OB003'],
    allowed: [...admins],
    silent: ['careHead'],
    refused: ofStaff,
  },
  {
    name: 'read customers',
    attempt: (by, { customerId: id }) =>
      shows(by, 'query ($id: UUID!) { customer(id: $id) { id } }', { id }),
    allowed: ['customer', ...customerCare, 'customerData', ...admins],
    silent: ['vicePresident', 'executive'],
    refused: notShown,
  },
  // The platform.
  {
    name: 'edit the catalogue',
    attempt: (by, { facialId: id }) =>
      by.tryAct('updateService', { id, patch: { isFeatured: false } }),
    allowed: [...admins],
    silent: ['marketing', 'operations'],
    refused: { ...ofRow, staff: 'OB003' },
  },
  {
    name: 'edit settings',
    attempt: (by) =>
      by.tryAct('updateSystemSetting', { key: 'booking.hold_minutes', value: 'ten' }),
    stopsAt: ['OB058'],
    allowed: [...admins],
    refused: ofStaff,
  },
  {
    name: 'edit roles and permissions',
    attempt: (by) => by.tryAct('setRolePermissions', { code: 'no_such_role', permissions: [] }),
    stopsAt: ['OB003'],
    allowed: ['admin'],
    refused: ofStaff,
  },
  {
    name: 'grant a role',
    attempt: (by) => by.tryAct('grantRole', { userId: none, roleCode: 'hr' }),
    stopsAt: ['OB003'],
    allowed: [...admins],
    refused: ofStaff,
  },
  {
    name: 'grant the role of an administrator',
    attempt: (by) => by.tryAct('grantRole', { userId: none, roleCode: 'admin' }),
    stopsAt: ['OB003'],
    allowed: ['admin'],
    refused: ofStaff,
  },
  {
    name: 'suspend an account',
    attempt: (by) => by.tryAct('setAccountStatus', { userId: none, status: 'suspended' }),
    stopsAt: ['OB003'],
    allowed: [...admins],
    refused: ofStaff,
  },
  {
    name: 'propose what an employee may approve',
    attempt: (by, { employeeId }) => by.tryAct('setEmployeeApproval', { employeeId }),
    stopsAt: ['OB020'],
    allowed: ['hr', ...admins],
    refused: ofStaff,
  },
  {
    name: 'confirm it',
    attempt: (by) => by.tryAct('confirmEmployeeApproval', { proposalId: none, approve: true }),
    stopsAt: ['OB003'],
    allowed: [...admins],
    refused: ofStaff,
  },
  {
    name: "read an employee's pay",
    attempt: (by, { employeeId: id }) =>
      shows(by, 'query ($id: UUID!) { employeePrivateDetail(employeeId: $id) { basicSalary } }', {
        id,
      }),
    // It is that of `care`.
    allowed: ['care', 'hr', ...admins],
    refused: { ...notShown, signedIn: '42501' },
  },
  {
    name: 'read the dashboard of customer care',
    attempt: (by) => by.outcome('{ departmentDashboard(code: "CUSTOMER_CARE") { title } }'),
    // `legal` is a viewer of customer care, too.
    allowed: [...customerCare, 'careViewer', 'legal', ...admins],
    silent: ['director', 'vicePresident', 'executive'],
    refused: { visitor: 'OB001', signedIn: 'OB002', staff: 'OB002' },
  },
  {
    name: 'read the dashboard of finance',
    attempt: (by) => by.outcome('{ departmentDashboard(code: "FINANCE") { title } }'),
    allowed: ['finance', ...admins],
    silent: ['director', 'vicePresident', 'executive'],
    refused: { visitor: 'OB001', signedIn: 'OB002', staff: 'OB002' },
  },
  {
    name: 'enter a figure of customer care',
    attempt: (by) =>
      by.tryAct('enterKpiValue', {
        kpiCode: 'customer_care_open_tickets',
        value: '1',
        day: '2026-01-01',
      }),
    stopsAt: ['OB050'],
    allowed: ['careHead', ...admins],
    silent: ['careDeputy'],
    refused: ofStaff,
    differs: { secondAdmin: 'OB002', admin: 'OB002' },
  },
  {
    name: 'read how many people visit, as aggregates',
    attempt: (by) =>
      by.outcome('{ activePeopleByDay(fromDay: "2026-01-01", toDay: "2026-01-01") { people } }'),
    allowed: ['marketing', ...admins],
    silent: ['director', 'vicePresident', 'executive', 'it', 'operations'],
    refused: ofStaff,
  },
  {
    name: 'read errors',
    attempt: (by) => shows(by, '{ errorLogs { totalCount } }'),
    allowed: ['it', ...admins],
    refused: { ...notShown, signedIn: '42501' },
  },
  {
    name: 'read the audit log',
    attempt: (by) => shows(by, '{ auditLogs { totalCount } }'),
    allowed: [...admins],
    refused: { ...notShown, signedIn: '42501' },
  },
  {
    name: 'write a note that only staff of the platform read',
    attempt: (by, { bookingId }) =>
      by.tryAct('addBookingNote', { bookingId, note: '', isInternal: true }),
    stopsAt: ['23514'],
    allowed: [...customerCare, ...admins],
    silent: ['operations'],
    refused: { ...ofBooking, ...readersOfBookings(), ...partiesOfBooking('OB002') },
  },
];

/** Users of the platform who see bookings and do nothing with them. */
function readersOfBookings(): Partial<Record<Column, string>> {
  const readers = [
    'manager',
    'director',
    'vicePresident',
    'executive',
    'careViewer',
    'finance',
    'accounts',
  ] as const;
  return Object.fromEntries(readers.map((column) => [column, 'OB002']));
}

function partiesOfBooking(code: string): Partial<Record<Column, string>> {
  const parties = [...desk, 'customer', 'therapist'] as const;
  return Object.fromEntries(parties.map((column) => [column, code]));
}

/** What the table says: `allowed`, or the code of the refusal. */
export function expectedOf(act: Act, column: Column): string {
  if (act.allowed.includes(column) || act.silent?.includes(column)) {
    return 'allowed';
  }
  const { refused } = act;
  const ofKind =
    column === 'visitor'
      ? refused.visitor
      : staff.includes(column)
        ? refused.staff
        : refused.signedIn;
  return refused[column] ?? ofKind;
}
