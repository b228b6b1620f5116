import { type Assignment, addAssignmentRows } from './assignment-rows.ts';
import { type Booking, bookingNumberOf, customerIdOf, startCodeOf } from './bookings.ts';
import { formatDay, formatMoment, formatTime, type Moment, minute, momentOf } from './calendar.ts';
import type { Rows } from './copy.ts';
import { mobileNumber } from './identifiers.ts';
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
 * @param rating that the customer gave the provider; null for none.
 * @returns the assignment; null while there is none.
 */
export function addBookingRows(
  rows: Rows,
  random: Random,
  world: World,
  booking: Booking,
  rating: number | null,
): Assignment | null {
  const actors = actorsOf(world, booking);
  const settlement = settle(world.rules, booking);
  addBooking(rows, world, booking, actors, settlement);
  addItems(rows, random, booking);
  addHistory(rows, random, booking, actors);
  const assignment = addAssignmentRows(rows, random, world, booking, rating);
  addReschedule(rows, random, booking, actors);
  addCancellation(rows, random, world, booking, actors, settlement);
  addGuest(rows, world, booking);
  addReservation(rows, world.rules, booking);
  return assignment;
}

function addBooking(
  rows: Rows,
  world: World,
  booking: Booking,
  actors: Actors,
  { paymentStatus }: Settlement,
): void {
  const { customer, life, amounts, slot } = booking;
  const latest = latestOf(booking.life);
  rows.add('public.bookings', {
    id: booking.id,
    booking_number: bookingNumberOf(booking),
    customer_id: customerIdOf(booking),
    channel: booking.turn === 'desk' ? 'desk' : 'platform',
    vendor_id: booking.vendor.id,
    booking_type: booking.type,
    booking_date: formatDay(slot.day),
    booking_time: formatTime(slot.start),
    duration_minutes: slot.minutes,
    total_amount: formatRupees(amounts.total),
    discount_amount: formatRupees(amounts.discount),
    tax_amount: formatRupees(amounts.tax),
    charge_tax_amount: formatRupees(amounts.chargeTax),
    service_charge: formatRupees(amounts.serviceCharge),
    final_amount: formatRupees(amounts.final),
    status: life.status,
    is_attested: life.startedAt === null ? null : true,
    payment_status: paymentStatus,
    overdue_since: booking.turn === 'overdue' ? formatMoment(overdueAt(world, booking)) : null,
    cancellation_reason: life.cancelled?.reason ?? null,
    cancelled_by:
      life.cancelled === null
        ? null
        : actors[booking.turn === 'no_show' ? 'vendor' : life.cancelled.by],
    cancelled_at: life.cancelled === null ? null : formatMoment(life.cancelled.at),
    created_at: formatMoment(life.createdAt),
    updated_at: formatMoment(latest),
  });
  rows.add('public.booking_contacts', {
    booking_id: booking.id,
    customer_id: customerIdOf(booking),
    vendor_id: booking.vendor.id,
    ends_at: formatMoment(momentOf(slot.day, slot.start + slot.minutes)),
    contact_name: booking.turn === 'desk' ? null : customer.account.name,
    contact_mobile: booking.turn === 'desk' ? null : customer.account.mobile,
    service_location: booking.type === 'home_service' ? customer.location : booking.vendor.location,
  });
  const code = startCodeOf(booking);
  if (code !== null) {
    rows.add('public.booking_start_codes', { booking_id: booking.id, code });
  }
}

/** After its end, and before the demo data was made. */
function overdueAt({ rules, today }: World, { slot }: Booking): Moment {
  const endedAt = momentOf(slot.day, slot.start + slot.minutes);
  return Math.min(endedAt + rules.overdueAfter, momentOf(today) - minute);
}

/** The vendor's own guest, for whom the desk booked. */
function addGuest(
  rows: Rows,
  { accounts, rules }: World,
  { id, number, vendor, life, turn }: Booking,
): void {
  if (turn === 'desk') {
    rows.add('public.desk_bookings', {
      booking_id: id,
      vendor_id: vendor.id,
      booked_by: accounts.receptionist.id,
      guest_name: 'Meera Joshi',
      guest_mobile: mobileNumber(60, 80_000_000 + number),
      commission_rate: rules.deskCommission,
      created_at: formatMoment(life.createdAt),
    });
  }
}

function addItems(
  rows: Rows,
  random: Random,
  { id, items, amounts, life, provider }: Booking,
): void {
  for (const [place, { offer, addons, subtotal }] of items.entries()) {
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
      discount_amount: formatRupees(amounts.items[place]?.discount ?? 0),
      tax_percentage: amounts.gstPercentage,
      tax_amount: formatRupees(amounts.items[place]?.tax ?? 0),
      therapist_id: life.assignedAt === null || provider.kind !== 'therapist' ? null : provider.id,
      created_at: formatMoment(life.createdAt),
    });
  }
}

function addHistory(rows: Rows, random: Random, { id, life, turn }: Booking, actors: Actors): void {
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
  const maker = turn === 'desk' ? 'vendor' : 'customer';
  add('pending', life.createdAt, maker);
  add('confirmed', life.confirmedAt, maker);
  add('rescheduled', life.rescheduledAt, 'customer', rescheduleReason);
  // A moment later, so that the order can be told.
  add('confirmed', life.rescheduledAt === null ? null : life.rescheduledAt + 1, 'customer');
  add('assigned', life.assignedAt, 'vendor');
  add('in_progress', life.startedAt, 'therapist');
  add('completed', life.completedAt, 'therapist');
  if (life.cancelled !== null) {
    const by = turn === 'no_show' ? 'vendor' : life.cancelled.by;
    add('cancelled', life.cancelled.at, by, life.cancelled.reason);
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
  { rules }: World,
  { id, life: { cancelled }, amounts, turn }: Booking,
  actors: Actors,
  { refund, fee, paidAt }: Settlement,
): void {
  if (cancelled !== null) {
    const isNoShow = turn === 'no_show';
    const due = isNoShow ? 0 : fee;
    rows.add('public.booking_cancellations', {
      id: random.uuid(),
      booking_id: id,
      cancelled_by: actors[isNoShow ? 'vendor' : cancelled.by],
      cancelled_by_role: cancelled.by,
      cancellation_reason: cancelled.reason,
      // Of a no-show that can be disputed no money has moved.
      refund_amount: formatRupees(isNoShow && paidAt !== null ? amounts.final - fee : refund),
      refund_status: isNoShow ? 'pending' : 'completed',
      is_no_show: isNoShow,
      disputable_until: isNoShow ? formatMoment(cancelled.at + rules.noShowDispute) : null,
      cancellation_charge: formatRupees(fee),
      due_amount: formatRupees(paidAt === null ? due : 0),
      cancelled_at: formatMoment(cancelled.at),
      settled_at: isNoShow ? null : formatMoment(cancelled.at),
    });
    if (isNoShow) {
      rows.add('public.booking_disputes', {
        id: random.uuid(),
        booking_id: id,
        kind: 'customer_no_show',
        reason: 'I was there on time, and the door was locked.',
        raised_by: actors.customer,
        created_at: formatMoment(cancelled.at + 25 * minute),
      });
    }
  }
}
