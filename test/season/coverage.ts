import type { Person } from './person.ts';

/** Which mutations were called with an effect that a test saw. */
export type Coverage = {
  /** Notes that the effect of a mutation was seen. */
  readonly note: (mutation: string) => void;
  readonly isNoted: (mutation: string) => boolean;
};

export function makeCoverage(): Coverage {
  const noted = new Set<string>();
  return {
    note: (mutation) => void noted.add(mutation),
    isNoted: (mutation) => noted.has(mutation),
  };
}

/** Every mutation that the API has, by its own words. */
export async function mutationsOfApi(ask: Person['query']): Promise<readonly string[]> {
  const { __schema } = await ask('{ __schema { mutationType { fields { name } } } }');
  return __schema.mutationType.fields.map(({ name }: { name: string }) => name).sort();
}

/**
 * Mutations that no chapter reaches, each with its reason. The list only gets shorter: a mutation that is here and
 * is reached fails the season as does one that is neither.
 */
export const notYet: Readonly<Record<string, string>> = {
  agreeOnAmount: 'No chapter yet.',
  approveReschedule: 'No chapter yet.',
  assignTicket: 'No chapter yet.',
  cancelBooking: 'No chapter yet.',
  closeVendor: 'No chapter yet.',
  completePayout: 'No chapter yet.',
  createSupportTicket: 'No chapter yet.',
  createTicketMessage: 'No chapter yet.',
  createWebhookEndpoint: 'No chapter yet.',
  decideDispute: 'No chapter yet.',
  decideVendorChange: 'No chapter yet.',
  deleteMyAccount: 'No chapter yet.',
  deleteWebhookEndpoint: 'No chapter yet.',
  disputeBooking: 'No chapter yet.',
  enableWebhookEndpoint: 'No chapter yet.',
  endOtherSessions: 'No chapter yet.',
  endProvider: 'No chapter yet.',
  endServiceEarly: 'No chapter yet.',
  endSession: 'No chapter yet.',
  failPayout: 'No chapter yet.',
  leaveMembership: 'No chapter yet.',
  markAllNotificationsRead: 'No chapter yet.',
  markNoShow: 'No chapter yet.',
  pauseProvider: 'No chapter yet.',
  pauseVendor: 'No chapter yet.',
  payFromWallet: 'No chapter yet.',
  reassignBookings: 'No chapter yet.',
  recordCashPayment: 'No chapter yet.',
  recordRefundFailed: 'No chapter yet.',
  recordRefundPaid: 'No chapter yet.',
  refundBooking: 'No chapter yet.',
  refundPayment: 'No chapter yet.',
  reinstateVendor: 'No chapter yet.',
  rejectReschedule: 'No chapter yet.',
  reopenTicket: 'No chapter yet.',
  replayWebhookDeliveries: 'No chapter yet.',
  replayWebhookDelivery: 'No chapter yet.',
  reportVendorNoShow: 'No chapter yet.',
  requestReschedule: 'No chapter yet.',
  requestVendorChange: 'No chapter yet.',
  rescheduleBooking: 'No chapter yet.',
  resolveError: 'No chapter yet.',
  resumeProvider: 'No chapter yet.',
  resumeVendor: 'No chapter yet.',
  retryDelivery: 'No chapter yet.',
  rotateWebhookSecret: 'No chapter yet.',
  runPayouts: 'No chapter yet.',
  sendTestWebhook: 'No chapter yet.',
  suspendProvider: 'No chapter yet.',
  suspendVendor: 'No chapter yet.',
  transferVendor: 'No chapter yet.',
  unlinkAccount: 'No chapter yet.',
  updateNotification: 'No chapter yet.',
  updateSupportTicket: 'No chapter yet.',
  updateWebhookEndpoint: 'No chapter yet.',
};
