import type { Booking } from './bookings.ts';
import { formatDay, formatMoment, minute, momentOf } from './calendar.ts';
import type { Rows } from './copy.ts';
import type { Rules } from './rules.ts';

/** Reserves the provider's time, for a booking that is to come or under way. */
export function addReservation(rows: Rows, { buffer }: Rules, booking: Booking): void {
  const { id, customer, vendor, provider, type, slot, life } = booking;
  if (life.status === 'completed' || life.status === 'cancelled') {
    return;
  }
  const isAtVendor = type !== 'home_service';
  const { latitude, longitude } = isAtVendor ? vendor.address : customer.address;
  const endsAt = momentOf(slot.day, slot.start + slot.minutes);
  rows.add('app_private.provider_reservations', {
    provider_id: provider.providerId,
    booking_id: id,
    blocked_time_id: null,
    day: formatDay(slot.day),
    starts_at: formatMoment(momentOf(slot.day, slot.start)),
    ends_at: formatMoment(endsAt),
    ready_at: formatMoment(endsAt + buffer * minute),
    is_at_vendor: isAtVendor,
    latitude,
    longitude,
  });
}
