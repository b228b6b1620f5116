import type { Assignment } from './assignment-rows.ts';
import { type Booking, bookingNumberOf, startCodeOf } from './bookings.ts';
import { formatDayInWords, formatTime, type Moment, minute, momentOf } from './calendar.ts';
import type { Rows } from './copy.ts';
import { latestOf } from './lifecycle.ts';
import { formatRupees, type Paise } from './money.ts';
import type { addPaymentRows } from './payment-rows.ts';
import type { Random } from './random.ts';
import { type Audience, isRemembered, notify } from './templates.ts';
import type { World } from './world.ts';

type Parties = readonly Audience[];

const customerAndVendor: Parties = ['customer', 'vendor'];
const allParties: Parties = ['customer', 'vendor', 'provider'];
/** What an assignment of this status has behind it, beside that it was given. */
const wayBehind: Readonly<Record<string, number>> = {
  acknowledged: 1,
  in_transit: 2,
  reached: 3,
  in_progress: 3,
  completed: 3,
};

/** Adds what customer, vendor and provider were told of the booking, as the triggers tell it. */
export function addNotificationRows(
  rows: Rows,
  random: Random,
  world: World,
  booking: Booking,
  assignment: Assignment | null,
  { payment, refund }: ReturnType<typeof addPaymentRows>,
): void {
  const { life, customer, provider } = booking;
  if (!isRemembered(latestOf(life), world.today)) {
    return;
  }
  const people: Readonly<Partial<Record<Audience, readonly string[]>>> = {
    customer: booking.turn === 'desk' ? [] : [customer.account.id],
    vendor: booking.vendor.desk,
    provider: [provider.account.id],
  };
  const data = { screen: 'booking', bookingId: booking.id };
  const tell = (
    type: string,
    at: Moment | null,
    parties: Parties,
    more: Readonly<Record<string, string>> = {},
    screen: Readonly<Record<string, string>> = data,
  ): void => {
    if (at !== null && isRemembered(at, world.today)) {
      const fields = { ...fieldsOf(booking, at), ...more };
      for (const party of parties) {
        const ids = people[party] ?? [];
        const notice = { type, at, fields, data: screen };
        notify(rows, random, world.defaults.templates, world.today, party, ids, notice);
      }
    }
  };
  tell('booking_created', life.createdAt, customerAndVendor);
  if (payment !== null) {
    const paid = { paid: inRupees(payment.amount) };
    const screen = { ...data, screen: 'payment', paymentId: payment.id };
    tell('payment_received', payment.at, customerAndVendor, paid, screen);
  }
  tell('booking_confirmed', life.confirmedAt, customerAndVendor);
  tell('booking_rescheduled', life.rescheduledAt, customerAndVendor);
  if (assignment !== null) {
    tellOfAssignment(world, booking, assignment, tell);
  }
  tell('service_started', life.startedAt, allParties);
  tell('service_completed', life.completedAt, allParties);
  const cancelledAt = life.cancelled?.at ?? null;
  tell('booking_cancelled', cancelledAt, assignment === null ? customerAndVendor : allParties);
  if (refund !== null) {
    const refunded = { refunded: inRupees(refund.amount) };
    const screen = { ...data, screen: 'refund', refundId: refund.id };
    tell('refund_processed', refund.at, ['customer'], refunded, screen);
  }
}

function tellOfAssignment(
  { today }: World,
  { id: bookingId, provider, life, slot }: Booking,
  { id, status, at }: Assignment,
  tell: (
    type: string,
    at: Moment,
    parties: Parties,
    more: Readonly<Record<string, string>>,
    screen: Readonly<Record<string, string>>,
  ) => void,
): void {
  const more = { assignment_id: id, provider: provider.account.name };
  const screen = {
    screen: 'assignment',
    provider: provider.kind,
    bookingId,
    assignmentId: id,
  };
  tell('therapist_assigned', at, allParties, more, screen);
  // Nothing happens after the beginning of today, on which the way may have begun.
  const arrived = Math.min(life.startedAt ?? momentOf(slot.day, slot.start), momentOf(today)) - 1;
  const steps = [
    ['assignment_acknowledged', Math.min(at + 5 * minute, arrived), ['vendor']],
    ['therapist_on_the_way', Math.max(at, arrived - 25 * minute), customerAndVendor],
    ['therapist_arrived', arrived, customerAndVendor],
  ] as const;
  if (provider.kind === 'therapist') {
    for (const [type, moment, parties] of steps.slice(0, wayBehind[status] ?? 0)) {
      tell(type, moment, parties, more, screen);
    }
  }
}

function fieldsOf(booking: Booking, at: Moment): Readonly<Record<string, string>> {
  const { slot, life, items, vendor, amounts } = booking;
  // Until it was moved, it was for the day before.
  const isMoved = life.rescheduledAt !== null && at < life.rescheduledAt;
  const services = items.map(({ offer }) => offer.name);
  return {
    booking_id: booking.id,
    booking_number: bookingNumberOf(booking),
    vendor: vendor.name,
    service: services.sort((one, other) => (one < other ? -1 : 1)).join(', '),
    date: formatDayInWords(slot.day - (isMoved ? 1 : 0)),
    time: formatTime(slot.start),
    amount: inRupees(amounts.final),
    // Of a message that is older than the beginning of the service; the code says nothing any more then.
    start_code: startCodeOf(booking) ?? '0000',
  };
}

function inRupees(amount: Paise): string {
  return `₹${formatRupees(amount)}`;
}
