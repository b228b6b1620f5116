import { type Assignment, addAssignmentRows } from './assignment-rows.ts';
import { type Booking, bookingNumberOf, startCodeOf } from './bookings.ts';
import { formatDay, formatMoment, formatTime, type Moment, momentOf } from './calendar.ts';
import type { Rows } from './copy.ts';
import { type BookingStatus, latestOf, type Party } from './lifecycle.ts';
import { formatRupees } from './money.ts';
import { type Settlement, settle } from './payment-rows.ts';
import type { Random } from './random.ts';
import { addReservation } from './reservation-rows.ts';
import type { World } from './world.ts';

/** The id of the person who acts for a party. */
export type Actors = Readonly<Record<Party, string>>;

export function actorsOf(world: World, { customer, vendor, provider }: Booking): Actors {
  return {
    customer: customer.account.id,
    vendor: vendor.owner.id,
    therapist: provider.account.id,
    admin: world.accounts.customer_care.id,
  };
}

/**
 * Adds the booking itself, what was booked, how it went, who performs it and whose time is reserved.
 *
 * @returns the assignment; null while there is none.
 */
export function addBookingRows(
  rows: Rows,
  random: Random,
  world: World,
  booking: Booking,
): Assignment | null {
  const actors = actorsOf(world, booking);
  const settlement = settle(world.rules, booking);
  addBooking(rows, booking, actors, settlement);
  addItems(rows, random, booking);
  addHistory(rows, random, booking, actors);
  const assignment = addAssignmentRows(rows, random, world, booking);
  addReschedule(rows, random, booking, actors);
  addCancellation(rows, random, booking, actors, settlement);
  addReservation(rows, world.rules, booking);
  return assignment;
}

function addBooking(
  rows: Rows,
  booking: Booking,
  actors: Actors,
  { paymentStatus }: Settlement,
): void {
  const { customer, life, amounts, slot } = booking;
  const latest = latestOf(booking.life);
  rows.add('public.bookings', {
    id: booking.id,
    booking_number: bookingNumberOf(booking),
    customer_id: customer.account.id,
    vendor_id: booking.vendor.id,
    booking_type: booking.type,
    booking_date: formatDay(slot.day),
    booking_time: formatTime(slot.start),
    duration_minutes: slot.minutes,
    total_amount: formatRupees(amounts.total),
    discount_amount: formatRupees(amounts.discount),
    tax_amount: formatRupees(amounts.tax),
    service_charge: formatRupees(amounts.serviceCharge),
    final_amount: formatRupees(amounts.final),
    status: life.status,
    is_attested: life.startedAt === null ? null : true,
    payment_status: paymentStatus,
    cancellation_reason: life.cancelled?.reason ?? null,
    cancelled_by: life.cancelled === null ? null : actors[life.cancelled.by],
    cancelled_at: life.cancelled === null ? null : formatMoment(life.cancelled.at),
    created_at: formatMoment(life.createdAt),
    updated_at: formatMoment(latest),
  });
  rows.add('public.booking_contacts', {
    booking_id: booking.id,
    customer_id: customer.account.id,
    vendor_id: booking.vendor.id,
    ends_at: formatMoment(momentOf(slot.day, slot.start + slot.minutes)),
    contact_name: customer.account.name,
    contact_mobile: customer.account.mobile,
    service_location: booking.type === 'home_service' ? customer.location : booking.vendor.location,
  });
  const code = startCodeOf(booking);
  if (code !== null) {
    rows.add('public.booking_start_codes', { booking_id: booking.id, code });
  }
}

function addItems(rows: Rows, random: Random, { id, items, life, provider }: Booking): void {
  for (const { offer, addons, subtotal } of items) {
    rows.add('public.booking_items', {
      id: random.uuid(),
      booking_id: id,
      service_id: offer.id,
      service_name: offer.name,
      service_duration: offer.minutes,
      service_price: formatRupees(offer.offerPrice),
      addon_services: JSON.stringify(
        addons.map(({ name, minutes, price }) => ({ name, duration: minutes, price: price / 100 })),
      ),
      subtotal: formatRupees(subtotal),
      therapist_id: life.assignedAt === null || provider.kind !== 'therapist' ? null : provider.id,
      created_at: formatMoment(life.createdAt),
    });
  }
}

function addHistory(rows: Rows, random: Random, { id, life }: Booking, actors: Actors): void {
  let from: BookingStatus | 'rescheduled' | null = null;
  const add = (
    to: BookingStatus | 'rescheduled',
    at: Moment | null,
    by: Party,
    reason: string | null = null,
  ): void => {
    if (at !== null) {
      rows.add('public.booking_status_history', {
        id: random.uuid(),
        booking_id: id,
        from_status: from,
        to_status: to,
        changed_by: actors[by],
        reason,
        created_at: formatMoment(at),
      });
      from = to;
    }
  };
  add('pending', life.createdAt, 'customer');
  add('confirmed', life.confirmedAt, 'customer');
  add('rescheduled', life.rescheduledAt, 'customer', rescheduleReason);
  // A moment later, so that the order can be told.
  add('confirmed', life.rescheduledAt === null ? null : life.rescheduledAt + 1, 'customer');
  add('assigned', life.assignedAt, 'vendor');
  add('in_progress', life.startedAt, 'therapist');
  add('completed', life.completedAt, 'therapist');
  if (life.cancelled !== null) {
    add('cancelled', life.cancelled.at, life.cancelled.by, life.cancelled.reason);
  }
}

const rescheduleReason = 'Asked for the next day';

function addReschedule(
  rows: Rows,
  random: Random,
  { id, slot, life }: Booking,
  actors: Actors,
): void {
  if (life.rescheduledAt !== null) {
    const at = formatMoment(life.rescheduledAt);
    rows.add('public.booking_reschedules', {
      id: random.uuid(),
      booking_id: id,
      old_date: formatDay(slot.day - 1),
      old_time: formatTime(slot.start),
      new_date: formatDay(slot.day),
      new_time: formatTime(slot.start),
      requested_by: actors.customer,
      requested_by_role: 'customer',
      reason: rescheduleReason,
      status: 'approved',
      approved_by: actors.vendor,
      approved_at: at,
      created_at: at,
    });
  }
}

function addCancellation(
  rows: Rows,
  random: Random,
  { id, life: { cancelled } }: Booking,
  actors: Actors,
  { refund, fee, paidAt }: Settlement,
): void {
  if (cancelled !== null) {
    rows.add('public.booking_cancellations', {
      id: random.uuid(),
      booking_id: id,
      cancelled_by: actors[cancelled.by],
      cancelled_by_role: cancelled.by,
      cancellation_reason: cancelled.reason,
      refund_amount: formatRupees(refund),
      refund_status: 'completed',
      cancellation_charge: formatRupees(fee),
      due_amount: formatRupees(paidAt === null ? fee : 0),
      cancelled_at: formatMoment(cancelled.at),
      settled_at: formatMoment(cancelled.at),
    });
  }
}
