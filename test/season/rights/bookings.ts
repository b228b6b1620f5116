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
import { admins, customerCare, desk, management, purse } from './columns.ts';

/** Bookings, and the money of them. */
export const actsOnBookings: readonly Act[] = [
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
      by.tryAct('rescheduleBooking', {
        bookingId,
        newDate: '2001-01-01',
        newTime: '10:00',
        reason: 'A try',
      }),
    stopsAt: ['OB020', 'OB044', 'OB060'],
    allowed: ['customer', ...customerCare, ...admins],
    silent: ['operations'],
    refused: { ...ofBooking, ...readersOfBookings(), ...partiesOfBooking('OB002') },
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
    name: 'book at the desk',
    attempt: (by, { vendorId }) =>
      by.tryAct('bookAtDesk', { vendorId, guestName: '', idempotencyKey: 'a try at the desk' }),
    stopsAt: ['OB020'],
    allowed: [...desk],
    refused: { visitor: 'OB001', signedIn: 'OB002', staff: '42501' },
  },
  {
    name: 'claim a booking of the desk',
    attempt: (by) => by.tryAct('claimBooking', { bookingNumber: 'OBO-20010101-0001' }),
    // Those who have not entered their date of birth are asked for it.
    stopsAt: ['OB003', 'OB037'],
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
    name: 'tip the provider of a booking',
    attempt: (by, { bookingId }) =>
      by.tryAct('addTip', {
        bookingId,
        amount: '50.00',
        paymentMethod: 'upi',
        paymentGateway: 'razorpay',
        idempotencyKey: 'a try of a tip',
      }),
    stopsAt: ['OB030'],
    allowed: ['customer'],
    refused: { visitor: 'OB001', signedIn: 'OB003', staff: '42501' },
  },
  {
    name: 'top up the wallet',
    attempt: (by) =>
      by.tryAct('topUpWallet', {
        amount: '100.00',
        paymentMethod: 'upi',
        paymentGateway: 'razorpay',
        idempotencyKey: 'a try of a top-up',
      }),
    // It is switched off. Those who have not entered their date of birth are asked for it.
    stopsAt: ['OB030', 'OB037'],
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
    name: 'give goodwill',
    attempt: (by, { bookingId }) =>
      by.tryAct('giveGoodwill', {
        bookingId,
        amount: '0.00',
        reason: 'X',
        idempotencyKey: 'a try of goodwill',
      }),
    stopsAt: ['OB020'],
    allowed: [...customerCare, 'finance', ...admins],
    refused: ofStaff,
  },
  {
    name: 'pay what customers withdraw',
    attempt: (by) => by.tryAct('completeWithdrawal', { withdrawalId: none, reference: 'X' }),
    stopsAt: ['OB003'],
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
    name: 'attach a payment that fits no booking',
    attempt: (by) =>
      by.tryAct('attachPayment', {
        unmatchedPaymentId: none,
        bookingId: none,
        paymentMethod: 'upi',
        reason: 'A try',
        idempotencyKey: 'a try of attaching',
      }),
    stopsAt: ['OB003'],
    allowed: ['finance', ...admins],
    refused: ofStaff,
  },
  {
    name: 'set the commission of a vendor',
    attempt: (by, { vendorId }) =>
      by.tryAct('setCommissionRate', {
        vendorId,
        percentage: '1',
        validFrom: '2001-01-01',
        reason: '',
      }),
    stopsAt: ['OB020'],
    allowed: ['finance', ...admins],
    refused: ofStaff,
  },
  {
    name: 'record what a vendor has paid',
    attempt: (by, { vendorId }) =>
      by.tryAct('recordVendorPayment', {
        vendorId,
        amount: '0.00',
        reference: '',
        idempotencyKey: 'a try of nothing',
      }),
    stopsAt: ['OB020'],
    allowed: ['finance', ...admins],
    refused: ofStaff,
  },
  {
    name: 'read the statement of a vendor',
    attempt: (by, { vendorId }) =>
      shows(
        by,
        `{ vendorStatement(vendorId: "${vendorId}", fromDay: "2001-01-01", toDay: "2001-01-02") { closingBalance } }`,
      ),
    allowed: [...purse, 'finance', 'accounts', ...admins],
    silent: ['director', 'vicePresident', 'executive'],
    refused: {
      visitor: 'OB001',
      signedIn: 'OB003',
      staff: 'OB003',
      receptionist: 'OB002',
      therapist: 'OB002',
      beautician: 'OB002',
    },
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
];
