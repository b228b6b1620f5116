import { type Act, none, notShown, ofRow, ofStaff, ofVendor, shows } from './act.ts';
import { admins, desk, levels, management } from './columns.ts';

/** Vendors join, and run their business with their providers. */
export const actsOnVendors: readonly Act[] = [
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
    name: 'set the usual commission of a partner type',
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
    name: 'give coupons at the expense of a vendor',
    attempt: (by, { vendorId }) =>
      by.tryAct('createCoupon', {
        code: 'NONE',
        description: 'None',
        borneBy: 'vendor',
        vendorId,
        percentage: '101',
      }),
    stopsAt: ['OB020'],
    allowed: [...management],
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
    name: 'close a vendor for a day',
    attempt: (by, { vendorId }) =>
      by.tryAct('createClosure', { vendorId, firstDay: '2001-01-01', reason: 'X' }),
    stopsAt: ['OB020'],
    allowed: [...management],
    refused: { visitor: 'OB001', signedIn: 'OB002', staff: '42501' },
  },
  {
    name: 'block time of a provider',
    attempt: (by, { therapistProviderId: providerId }) =>
      by.tryAct('blockTime', {
        providerId,
        startsAt: '2001-01-01T10:00:00Z',
        endsAt: '2001-01-01T11:00:00Z',
      }),
    stopsAt: ['OB020'],
    allowed: [...desk, 'therapist'],
    refused: { visitor: 'OB001', signedIn: 'OB002', staff: '42501' },
  },
  {
    name: "change a vendor's page",
    attempt: (by, { vendorId }) =>
      by.tryAct('arrangeVendorPictures', { vendorId, pictureIds: [none] }),
    stopsAt: ['OB020'],
    allowed: [...management],
    refused: { visitor: 'OB001', signedIn: 'OB002', staff: '42501' },
  },
  {
    name: 'set the deposit that a vendor takes',
    attempt: (by, { vendorId: id }) =>
      by.tryAct('updateVendor', { id, patch: { depositPercentage: 0 } }),
    stopsAt: ['23514'],
    allowed: [...management, ...admins],
    silent: ['vendorRelations'],
    refused: { visitor: 'OB001', signedIn: 'OB003', staff: 'OB003' },
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
];
