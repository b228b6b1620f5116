import type { Booking } from './bookings.ts';
import { formatDay, formatMoment, formatTime, momentOf } from './calendar.ts';
import type { Rows } from './copy.ts';
import { latestOf } from './lifecycle.ts';
import type { Address } from './places.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** Adds who performs the booking, once somebody is assigned, and where they are while on the way. */
export function addAssignmentRows(
  rows: Rows,
  random: Random,
  world: World,
  booking: Booking,
): void {
  const { customer, vendor, therapist, slot, life, items } = booking;
  const first = items[0];
  if (life.assignedAt === null || first === undefined) {
    return;
  }
  const address = booking.type === 'home_service' ? customer.address : vendor.address;
  const isVisit = booking.type === 'home_service' && life.startedAt !== null;
  const distance = isVisit ? random.int(10, 90) / 10 : null;
  const { startedAt, completedAt } = life;
  const status = assignmentStatus(random, world, booking);
  rows.add('public.therapist_assignments', {
    id: random.uuid(),
    booking_id: booking.id,
    therapist_id: therapist.id,
    vendor_id: vendor.id,
    customer_id: customer.account.id,
    service_id: first.offer.id,
    assignment_date: formatDay(slot.day),
    assignment_time: formatTime(slot.start),
    status,
    location_address: `${address.line1}, ${address.city} ${address.pincode}`,
    location_latitude: address.latitude,
    location_longitude: address.longitude,
    estimated_duration: slot.minutes,
    actual_start_time: startedAt === null ? null : formatMoment(startedAt),
    actual_end_time: completedAt === null ? null : formatMoment(completedAt),
    actual_duration:
      startedAt === null || completedAt === null
        ? null
        : Math.round((completedAt - startedAt) / 60),
    distance_traveled: distance,
    travel_time: distance === null ? null : Math.round(distance * 3),
    tips_amount: completedAt !== null && random.chance(0.1) ? random.int(1, 6) * 50 : 0,
    created_at: formatMoment(life.assignedAt),
    updated_at: formatMoment(latestOf(life)),
  });
  if (status === 'in_transit' || status === 'in_progress') {
    addLocations(rows, random, world, booking, address);
  }
}

/** The way of the last minutes before the demo data was made. */
function addLocations(
  rows: Rows,
  random: Random,
  world: World,
  { id, therapist }: Booking,
  { latitude, longitude }: Address,
): void {
  for (let minutesAgo = 3; minutesAgo >= 1; minutesAgo -= 1) {
    rows.add('public.therapist_locations', {
      id: random.uuid(),
      therapist_id: therapist.id,
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

function assignmentStatus(random: Random, world: World, { life, slot }: Booking): string {
  if (life.status === 'assigned') {
    if (slot.day === world.today) {
      return random.weighted({ acknowledged: 3, in_transit: 2, reached: 1 });
    }
    return random.weighted({ assigned: 1, acknowledged: 2 });
  }
  return life.status;
}
