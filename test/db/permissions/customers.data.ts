import { worldIds } from '../../fixtures/two-worlds.ts';
import {
  allPeople,
  desk,
  may,
  members,
  moneyReaders,
  type RowRights,
  signedIn,
  type TableRights,
  without,
} from './rights.ts';

const { one, two } = worldIds;

/** Who sees the bookings of each world. */
const partiesOfOne = ['customer', 'therapist', ...desk] as const;
const partiesOfTwo = ['customer2', 'therapist2', 'vendor2'] as const;
const seesBooking: RowRights = {
  one: [...partiesOfOne, ...may.readBookings],
  two: [...partiesOfTwo, ...may.readBookings],
};
/** The closed booking has no provider, and its vendor no desk. */
const seesBookings: RowRights = {
  ...seesBooking,
  closed: ['customer', 'vendor', ...may.readBookings],
};

const customers = ['customer', 'customer2', 'applicant', 'therapist2'] as const;
const ownRows: RowRights = { one: ['customer'], two: ['customer2'] };

const address = `address_type label address_line1 address_line2 landmark city state pincode country
  latitude longitude is_default delivery_instructions`;
const preferences = 'preferred_gender allergies medical_conditions special_requirements';
const category = 'name slug description icon image_url display_order is_active';
const service = `name slug category_id description short_description benefits duration base_price
  discounted_price image_url images techniques focus_areas contraindications is_popular is_featured
  is_active display_order metadata`;
const addon = 'name description duration price image_url is_active';
const servicePackage = `name slug description service_ids addon_ids total_duration package_price
  discount_percentage image_url is_active coupon_id`;

const offered: Pick<TableRights, 'sees' | 'updates'> = {
  sees: { one: allPeople, two: allPeople, closed: signedIn },
  updates: { one: may.updateCatalogue, two: may.updateCatalogue, closed: may.updateCatalogue },
};

export const catalogueRights: Readonly<Record<string, TableRights>> = {
  service_categories: {
    sees: { ...offered.sees, shared: allPeople },
    updates: { ...offered.updates, shared: may.updateCatalogue },
    inserts: [
      {
        sql: `insert into service_categories (name, slug) values ('New', 'new')`,
        ends: { ok: may.updateCatalogue },
      },
    ],
    insertColumns: { staff: category },
    updateColumns: { staff: category },
  },
  services: {
    ...offered,
    inserts: [
      {
        sql: `insert into services (name, slug, duration, base_price) values ('New', 'new', 60, 1)`,
        ends: { ok: may.updateCatalogue },
      },
    ],
    insertColumns: { staff: service },
    updateColumns: { staff: service },
  },
  addon_services: {
    ...offered,
    inserts: [
      {
        sql: `insert into addon_services (name, duration, price) values ('New', 10, 1)`,
        ends: { ok: may.updateCatalogue },
      },
    ],
    insertColumns: { staff: addon },
    updateColumns: { staff: addon },
  },
  service_packages: {
    ...offered,
    inserts: [
      {
        sql: `insert into service_packages (name, slug, service_ids, total_duration, package_price)
          values ('New', 'new', '{${one}}', 60, 1)`,
        ends: { ok: may.updateCatalogue },
      },
    ],
    insertColumns: { staff: servicePackage },
    updateColumns: { staff: servicePackage },
  },
  reviews: {
    sees: { one: allPeople, two: allPeople, closed: ['customer', ...may.readReviews] },
  },
  review_moderations: { sees: { one: may.readReviews, two: may.readReviews } },
  vendor_reviews: {
    sees: {
      one: allPeople,
      two: allPeople,
      closed: ['customer', 'vendor', 'vendor_admin', 'vendor_manager', ...may.readReviews],
    },
  },
  vendor_review_moderations: { sees: { one: may.readReviews, two: may.readReviews } },
};

export const customerRights: Readonly<Record<string, TableRights>> = {
  customers: {
    sees: { self: customers, everyone: may.readCustomers },
    updates: { self: customers },
    inserts: [
      {
        sql: `insert into customers (allergies) values ('{nuts}')`,
        ends: { ok: without(members, ...customers), 23505: customers },
      },
    ],
    insertColumns: { authenticated: preferences },
    updateColumns: { authenticated: preferences },
  },
  customer_addresses: {
    sees: {
      one: ['customer', ...may.readCustomers],
      two: ['customer2', ...may.readCustomers],
    },
    updates: ownRows,
    deletes: ownRows,
    inserts: [
      {
        sql: `insert into customer_addresses (address_type, address_line1, city, state, pincode)
          values ('work', 'FC Road', 'Pune', 'Maharashtra', '411004')`,
        // Those who are no customers yet become so.
        ends: { ok: members },
      },
    ],
    insertColumns: { authenticated: address },
    updateColumns: { authenticated: address },
  },
  favourites: {
    sees: ownRows,
    deletes: ownRows,
    inserts: [
      {
        sql: `insert into favourites (service_id) values ('${one}')`,
        ends: { ok: members },
      },
    ],
    insertColumns: { authenticated: 'vendor_id therapist_id beautician_id service_id' },
  },
  payment_methods: {
    sees: ownRows,
    updates: ownRows,
    deletes: ownRows,
    inserts: [
      {
        sql: `insert into payment_methods (method_type, upi_id) values ('upi', 'me@bank')`,
        ends: { ok: members },
      },
    ],
    insertColumns: {
      authenticated: 'method_type is_primary card_last4 card_brand upi_id wallet_provider',
    },
    updateColumns: { authenticated: 'is_primary is_active' },
  },
  review_helpful_marks: {
    sees: { one: ['applicant'], two: ['therapist2'], closed: ['customer'] },
  },
  customer_referrals: {
    sees: {
      one: ['customer', 'applicant', ...may.readCustomers],
      two: ['customer2', 'therapist2', ...may.readCustomers],
    },
  },
};

export const bookingRights: Readonly<Record<string, TableRights>> = {
  bookings: {
    sees: seesBookings,
    // The others are completed.
    updates: { one: ['customer'] },
    updateColumns: { authenticated: 'special_instructions' },
  },
  booking_items: { sees: seesBookings },
  booking_terms: { sees: seesBookings },
  // Only the customer, whatever else others may see of the booking.
  booking_start_codes: { sees: { one: ['customer'] } },
  booking_disputes: { sees: seesBooking },
  booking_settlements: { sees: seesBooking },
  // The vendors' desks and the therapists served long ago.
  booking_contacts: {
    sees: {
      one: ['customer', ...may.readBookings],
      closed: ['customer', ...may.readBookings],
      two: ['customer2', ...may.readBookings],
    },
  },
  // The therapists served long ago.
  desk_bookings: {
    sees: {
      one: ['customer', ...desk, ...may.readBookings],
      two: ['customer2', 'vendor2', ...may.readBookings],
    },
  },
  // No provider is to serve anything yet: a provider does not see who hesitates.
  booking_holds: {
    sees: {
      one: ['customer', ...desk, ...may.readBookings],
      two: ['customer2', 'vendor2', ...may.readBookings],
    },
  },
  waitlist_entries: {
    sees: {
      one: ['customer', ...desk, ...may.readBookings],
      two: ['customer2', 'vendor2', ...may.readBookings],
    },
  },
  booking_status_history: { sees: seesBookings },
  booking_notes: { sees: { ...seesBooking, closed: may.readBookings } },
  booking_cancellations: { sees: seesBooking },
  booking_reschedules: { sees: seesBooking },
  therapist_assignments: { sees: seesBooking },
  // Only while the provider is on the way: the second is done.
  therapist_locations: { sees: { one: partiesOfOne, two: ['therapist2'] } },
};

export const moneyRights: Readonly<Record<string, TableRights>> = {
  payments: {
    sees: {
      one: ['customer', ...moneyReaders, ...may.readPayments],
      two: ['customer2', 'vendor2', ...may.readPayments],
    },
  },
  unmatched_payments: { sees: { one: may.readPayments, two: may.readPayments } },
  chargebacks: {
    sees: {
      one: [...moneyReaders, ...may.readPayments],
      two: ['vendor2', ...may.readPayments],
    },
  },
  coupons: {
    sees: {
      one: [...moneyReaders, ...may.readCoupons],
      two: ['vendor2', ...may.readCoupons],
    },
  },
  coupon_uses: {
    sees: {
      one: ['customer', ...moneyReaders, ...may.readCoupons],
      two: ['customer2', 'vendor2', ...may.readCoupons],
    },
  },
  payment_private_details: { sees: { one: may.readPayments, two: may.readPayments } },
  tips: {
    sees: {
      one: ['customer', 'therapist', ...moneyReaders, ...may.readPayments],
      two: ['customer2', 'therapist2', 'vendor2', ...may.readPayments],
    },
  },
  refunds: {
    sees: { one: ['customer', ...may.readPayments], two: ['customer2', ...may.readPayments] },
  },
  wallet_transactions: {
    sees: { one: ['customer', ...may.readWallets], two: ['customer2', ...may.readWallets] },
  },
  wallet_withdrawals: {
    sees: { one: ['customer', ...may.readWallets], two: ['customer2', ...may.readWallets] },
  },
  booking_goodwill: { sees: { one: may.readBookings, two: may.readBookings } },
  loyalty_points_transactions: {
    sees: { one: ['customer', ...may.readWallets], two: ['customer2', ...may.readWallets] },
  },
  commission_records: {
    sees: {
      one: [...moneyReaders, ...may.readCommissions],
      two: ['vendor2', ...may.readCommissions],
    },
  },
};

export const supportRights: Readonly<Record<string, TableRights>> = {
  support_tickets: {
    sees: { one: ['customer', ...may.readTickets], two: ['customer2', ...may.readTickets] },
    // A customer rates what is resolved; the second ticket is open.
    updates: { one: ['customer', ...may.updateTickets], two: may.updateTickets },
    inserts: [
      {
        sql: `insert into support_tickets (category, subject, description)
          values ('other', 'Help', 'Help')`,
        ends: { ok: members },
      },
      {
        sql: `insert into support_tickets (booking_id, category, subject, description)
          values ('${one}', 'booking_issue', 'Help', 'Help')`,
        ends: { ok: partiesOfOne },
      },
    ],
    insertColumns: { authenticated: 'booking_id category subject description attachments' },
    updateColumns: {
      authenticated: 'satisfaction_rating',
      staff: 'category priority status assigned_to resolution_notes',
    },
  },
  ticket_messages: {
    sees: {
      one: ['customer', ...may.readTickets],
      closed: may.readTickets,
      two: ['customer2', ...may.readTickets],
    },
    inserts: [
      {
        sql: `insert into ticket_messages (ticket_id, message) values ('${one}', 'Hello')`,
        ends: { ok: ['customer', ...may.updateTickets] },
      },
      {
        sql: `insert into ticket_messages (ticket_id, message) values ('${two}', 'Hello')`,
        ends: { ok: ['customer2', ...may.updateTickets] },
      },
      {
        sql: `insert into ticket_messages (ticket_id, message, is_internal)
          values ('${one}', 'Known', true)`,
        ends: { ok: may.updateTickets },
      },
    ],
    insertColumns: {
      authenticated: 'ticket_id message attachments',
      staff: 'ticket_id message attachments is_internal',
    },
  },
};
