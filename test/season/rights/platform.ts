import {
  type Act,
  none,
  notShown,
  ofBooking,
  ofRow,
  ofStaff,
  partiesOfBooking,
  readersOfBookings,
  shows,
} from './act.ts';
import { admins, customerCare } from './columns.ts';

/** Customer care, and the platform itself. */
export const actsOnPlatform: readonly Act[] = [
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
    name: 'give coupons at the expense of the platform',
    attempt: (by) =>
      by.tryAct('createCoupon', {
        code: 'NONE',
        description: 'None',
        borneBy: 'platform',
        percentage: '10',
      }),
    stopsAt: ['OB020'],
    allowed: ['marketing', 'finance', ...admins],
    refused: { visitor: 'OB001', signedIn: 'OB002', staff: 'OB002' },
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
    name: 'invite a member of customer care',
    attempt: (by) =>
      by.tryAct('inviteMember', {
        kind: 'department_member',
        departmentCode: 'CUSTOMER_CARE',
        role: 'member',
        name: 'X',
      }),
    stopsAt: ['OB020'],
    allowed: ['careHead', ...admins],
    refused: { visitor: 'OB001', signedIn: 'OB002', staff: 'OB002' },
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
