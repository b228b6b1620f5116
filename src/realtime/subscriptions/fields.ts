import type { ErrorCode } from '../../errors/error-codes.ts';

/** A row that a payload shows, read again under the subscriber's own rights. */
export type PayloadRow = {
  /** Its field in the payload. */
  name: string;
  table: string;
  description: string;
  /** The events that are about it. */
  kinds: readonly string[];
};

/** One subscription: what it follows and what it gives. */
export type SubscriptionField = {
  name: string;
  description: string;
  argument?: { name: string; type: string };
  /** Of these topics those that the person may listen to. */
  topics: (asked: { subject: string; argument: string }) => readonly string[];
  /** Exactly one of them is the subject of an event; without any, the event itself is all there is. */
  rows: readonly PayloadRow[];
  payload: string;
  refusal: ErrorCode;
};

const booking: PayloadRow = {
  name: 'booking',
  table: 'bookings',
  description: 'The current booking.',
  kinds: ['booking'],
};

const assignments: readonly PayloadRow[] = [
  {
    name: 'therapistAssignment',
    table: 'therapist_assignments',
    description: 'The current assignment; null when it is one of a beautician.',
    kinds: ['assignment'],
  },
  {
    name: 'beauticianAssignment',
    table: 'beautician_assignments',
    description: 'The current assignment; null when it is one of a therapist.',
    kinds: ['beautician_assignment'],
  },
];

/** Every subscription, in the order of the documentation. */
export const subscriptionFields: readonly SubscriptionField[] = [
  {
    name: 'bookingUpdated',
    description: 'Follows one booking as long as the subscriber may see it.',
    argument: { name: 'bookingId', type: 'UUID!' },
    topics: ({ argument }) => [`booking:${argument.toLowerCase()}`],
    rows: [booking],
    payload: 'A booking has changed.',
    refusal: 'OB003',
  },
  {
    name: 'myBookingsUpdated',
    description: 'Follows all bookings of the signed-in customer, including new ones.',
    topics: ({ subject }) => [`customer:${subject}`],
    rows: [booking],
    payload: 'A booking of the signed-in customer is new or has changed.',
    refusal: 'OB003',
  },
  {
    name: 'vendorBookingsUpdated',
    description: 'Follows all bookings of a vendor, including new ones. For the vendor’s desk.',
    argument: { name: 'vendorId', type: 'UUID!' },
    topics: ({ argument }) => [`vendor:${argument.toLowerCase()}`],
    rows: [booking],
    payload: 'A booking of the vendor is new or has changed.',
    refusal: 'OB003',
  },
  {
    name: 'assignmentUpdated',
    description: 'Follows the assignments of the signed-in therapist or beautician.',
    topics: ({ subject }) => [`provider:${subject}`],
    rows: assignments,
    payload: 'An assignment of the signed-in provider is new or has changed.',
    refusal: 'OB003',
  },
  {
    name: 'vendorAssignmentsUpdated',
    description: 'Follows the assignments of all providers of a vendor. For the vendor’s desk.',
    argument: { name: 'vendorId', type: 'UUID!' },
    topics: ({ argument }) => [`vendor:${argument.toLowerCase()}`],
    rows: assignments,
    payload: 'An assignment of a provider of the vendor is new or has changed.',
    refusal: 'OB003',
  },
  {
    name: 'vendorUpdated',
    description:
      'Follows the state of a vendor: paused, suspended, closed and active again. For the vendor’s desk.',
    argument: { name: 'vendorId', type: 'UUID!' },
    topics: ({ argument }) => [`vendor:${argument.toLowerCase()}`],
    rows: [
      {
        name: 'vendor',
        table: 'vendors',
        description: 'The current vendor.',
        kinds: ['vendor'],
      },
    ],
    payload: 'The state of a vendor has changed.',
    refusal: 'OB003',
  },
  {
    name: 'notificationReceived',
    description: 'Follows the notifications of the signed-in user.',
    topics: ({ subject }) => [`user:${subject}`],
    rows: [
      {
        name: 'notification',
        table: 'notifications',
        description: 'The current notification.',
        kinds: ['notification'],
      },
    ],
    payload: 'The signed-in user has a new notification.',
    refusal: 'OB003',
  },
  {
    name: 'therapistLocationUpdated',
    description:
      'Follows the position of the therapist of a booking, on the way and during the service. Earlier and later positions cannot be seen.',
    argument: { name: 'bookingId', type: 'UUID!' },
    topics: ({ argument }) => [`booking:${argument.toLowerCase()}`],
    rows: [
      {
        name: 'location',
        table: 'therapist_locations',
        description: 'The reported position.',
        kinds: ['location'],
      },
    ],
    payload: 'The therapist of the booking has reported a position.',
    refusal: 'OB003',
  },
  {
    name: 'ticketUpdated',
    description: 'Follows one ticket and its messages as long as the subscriber may see it.',
    argument: { name: 'ticketId', type: 'UUID!' },
    topics: ({ argument }) =>
      ['ticket', 'ticket_desk'].map((kind) => `${kind}:${argument.toLowerCase()}`),
    rows: [
      {
        name: 'ticket',
        table: 'support_tickets',
        description: 'The current ticket.',
        kinds: ['ticket', 'ticket_message'],
      },
    ],
    payload: 'A ticket has changed or has a new message.',
    refusal: 'OB003',
  },
  {
    name: 'vendorApplicationUpdated',
    description:
      'Follows the applications of the signed-in user; for staff who may read applications, all of them.',
    topics: ({ subject }) => [`applicant:${subject}`, 'applications:all'],
    rows: [
      {
        name: 'application',
        table: 'vendor_applications',
        description: 'The current application.',
        kinds: ['application'],
      },
    ],
    payload: 'An application is new or has changed.',
    refusal: 'OB003',
  },
  {
    name: 'departmentDashboardUpdated',
    description: 'Follows the figures of a department’s dashboard.',
    argument: { name: 'code', type: 'String!' },
    topics: ({ argument }) => [`dashboard:${argument}`],
    rows: [
      {
        name: 'dashboard',
        table: 'department_dashboards',
        description: 'The current dashboard.',
        kinds: ['dashboard'],
      },
    ],
    payload: 'The figures of a dashboard have changed.',
    refusal: 'OB003',
  },
  {
    name: 'enabledFeaturesUpdated',
    description:
      'Follows the feature flags and the roles of the signed-in user. Query `enabledFeatures` again after each event and after each reconnection.',
    topics: ({ subject }) => ['features:all', `features:${subject}`],
    rows: [],
    payload: 'The features of the signed-in user may have changed.',
    refusal: 'OB015',
  },
  {
    name: 'listen',
    description:
      'Follows one topic, such as `booking:<id>`. Each event names what happened and the id of the row.',
    argument: { name: 'topic', type: 'String!' },
    topics: ({ argument }) => [argument],
    rows: [],
    payload: 'Something has happened on a topic.',
    refusal: 'OB015',
  },
];
