import { type Booking, customerIdOf, type Item } from './bookings.ts';
import { formatDay, formatMoment, formatTime, type Moment, momentOf } from './calendar.ts';
import type { Rows } from './copy.ts';
import { latestOf } from './lifecycle.ts';
import type { Address } from './places.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

export type Assignment = { readonly id: string; readonly status: string; readonly at: Moment };

/**
 * Adds who performs the booking, once a provider is assigned, and where they are while on the way.
 *
 * @param rating that the customer gave the provider; null for none.
 * @returns the assignment; null while there is none.
 */
export function addAssignmentRows(
  rows: Rows,
  random: Random,
  world: World,
  booking: Booking,
  rating: number | null,
): Assignment | null {
  const {
    life: { assignedAt: at },
    items: [first],
  } = booking;
  if (at === null || first === undefined) {
    return null;
  }
  return booking.provider.kind === 'therapist'
    ? addTherapistAssignment(rows, random, world, booking, { first, rating, at })
    : addBeauticianAssignment(rows, random, world, booking, at);
}

function addTherapistAssignment(
  rows: Rows,
  random: Random,
  world: World,
  booking: Booking,
  { first, rating, at: assignedAt }: { first: Item; rating: number | null; at: Moment },
): Assignment {
  const { customer, vendor, provider, slot, life } = booking;
  const id = random.uuid();
  const address = booking.type === 'home_service' ? customer.address : vendor.address;
  const isVisit = booking.type === 'home_service' && life.startedAt !== null;
  const distance = isVisit ? random.int(10, 90) / 10 : null;
  const { startedAt, completedAt } = life;
  const status = assignmentStatus(random, world, booking);
  rows.add('public.therapist_assignments', {
    id,
    booking_id: booking.id,
    therapist_id: provider.id,
    vendor_id: vendor.id,
    customer_id: customerIdOf(booking),
    service_id: first.offer.id,
    assignment_date: formatDay(slot.day),
    assignment_time: formatTime(slot.start),
    status,
    estimated_duration: slot.minutes,
    actual_start_time: startedAt === null ? null : formatMoment(startedAt),
    actual_end_time: completedAt === null ? null : formatMoment(completedAt),
    actual_duration:
      startedAt === null || completedAt === null
        ? null
        : Math.round((completedAt - startedAt) / 60),
    distance_traveled: distance,
    travel_time: distance === null ? null : Math.round(distance * 3),
    tips_amount: completedAt === null ? 0 : makeTip(random),
    customer_rating: rating,
    created_at: formatMoment(assignedAt),
    updated_at: formatMoment(latestOf(life)),
  });
  if (status === 'in_transit' || status === 'in_progress') {
    addLocations(rows, random, world, booking, address);
  }
  return { id, status, at: assignedAt };
}

function addBeauticianAssignment(
  rows: Rows,
  random: Random,
  world: World,
  booking: Booking,
  assignedAt: Moment,
): Assignment {
  const { id: bookingId, customer, vendor, provider, slot, life } = booking;
  const id = random.uuid();
  const { startedAt, completedAt } = life;
  const isVisit = booking.type === 'home_service';
  const { address } = customer;
  // In the salon there is nothing to acknowledge.
  const status = isVisit ? assignmentStatus(random, world, booking) : life.status;
  const distance = isVisit && startedAt !== null ? random.int(10, 90) / 10 : null;
  rows.add('public.beautician_assignments', {
    id,
    booking_id: bookingId,
    beautician_id: provider.id,
    vendor_id: vendor.id,
    customer_id: customerIdOf(booking),
    assignment_time: formatMoment(momentOf(slot.day, slot.start)),
    status,
    location: isVisit ? null : JSON.stringify({ chair: String(random.int(1, 8)) }),
    actual_start_time: startedAt === null ? null : formatMoment(startedAt),
    actual_end_time: completedAt === null ? null : formatMoment(completedAt),
    distance_traveled: distance,
    travel_time: distance === null ? null : Math.round(distance * 3),
    tips_amount: completedAt === null ? 0 : makeTip(random),
    created_at: formatMoment(assignedAt),
    updated_at: formatMoment(latestOf(life)),
  });
  if (isVisit && (status === 'in_transit' || status === 'in_progress')) {
    addLocations(rows, random, world, booking, address);
  }
  return { id, status, at: assignedAt };
}

/** Rupees; mostly none. */
function makeTip(random: Random): number {
  return random.chance(0.1) ? random.int(1, 6) * 50 : 0;
}

/** The way of the last minutes before the demo data was made. */
function addLocations(
  rows: Rows,
  random: Random,
  world: World,
  { id, provider }: Booking,
  { latitude, longitude }: Address,
): void {
  for (let minutesAgo = 3; minutesAgo >= 1; minutesAgo -= 1) {
    rows.add('public.therapist_locations', {
      id: random.uuid(),
      therapist_id: provider.kind === 'therapist' ? provider.id : null,
      beautician_id: provider.kind === 'beautician' ? provider.id : null,
      booking_id: id,
      latitude: (Number(latitude) + minutesAgo * 0.002).toFixed(6),
      longitude: (Number(longitude) - minutesAgo * 0.001).toFixed(6),
      accuracy: random.int(4, 20),
      battery_level: random.int(30, 95),
      is_moving: true,
      timestamp: formatMoment(momentOf(world.today) - minutesAgo * 60),
    });
  }
}

function assignmentStatus(random: Random, world: World, { life, slot, turn }: Booking): string {
  if (turn === 'overdue') {
    return 'acknowledged';
  }
  if (life.status === 'assigned') {
    if (slot.day === world.today) {
      return random.weighted({ acknowledged: 3, in_transit: 2, reached: 1 });
    }
    return random.weighted({ assigned: 1, acknowledged: 2 });
  }
  return life.status;
}
