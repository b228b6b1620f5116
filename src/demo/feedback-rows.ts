import type { Booking } from './bookings.ts';
import { formatMoment, hour, type Moment, momentOf, secondsPerDay } from './calendar.ts';
import type { Rows } from './copy.ts';
import { reviewSentences } from './names.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

const ratings = { '5': 55, '4': 27, '3': 10, '2': 5, '1': 3 } as const;

/**
 * Adds what customers say afterwards, and what is noted in between.
 *
 * @returns the stars for the provider; null where the customer gave none.
 */
export function addFeedbackRows(
  rows: Rows,
  random: Random,
  world: World,
  booking: Booking,
): number | null {
  const rating = addReviews(rows, random, world, booking);
  addNotes(rows, random, world, booking);
  return rating;
}

function addReviews(rows: Rows, random: Random, world: World, booking: Booking): number | null {
  const { life, customer, vendor, provider, items } = booking;
  const first = items[0];
  if (life.completedAt === null || first === undefined || !random.chance(0.25)) {
    return null;
  }
  const written = life.completedAt + random.int(hour, 48 * hour);
  if (written >= momentOf(world.today)) {
    return null;
  }
  const at = formatMoment(written);
  const rating = Number(random.weighted(ratings));
  const comments = reviewSentences.filter((sentence) => sentence.rating === rating);
  const near = (): number => Math.max(1, Math.min(5, rating + random.int(-1, 1)));
  const moderation = {
    moderated_by: world.accounts.customer_care_head.id,
    moderation_notes: 'Names a member of staff.',
    moderated_at: formatMoment(Math.min(written + 12 * hour, momentOf(world.today))),
  };
  const visit = {
    id: random.uuid(),
    vendor_id: vendor.id,
    customer_id: customer.account.id,
    booking_id: booking.id,
    rating,
    review_text: random.chance(0.8) ? random.pick(comments).comment : null,
    service_quality_rating: near(),
    cleanliness_rating: near(),
    value_rating: near(),
    status: reviewStatus(random, world, written),
    created_at: at,
  };
  rows.add('public.vendor_reviews', visit);
  if (visit.status === 'rejected') {
    rows.add('public.vendor_review_moderations', { vendor_review_id: visit.id, ...moderation });
  }
  const isProviderReviewed = random.chance(0.7);
  const things = [
    { type: provider.kind, id: provider.id, isReviewed: isProviderReviewed },
    { type: 'service', id: first.offer.id, isReviewed: random.chance(0.3) },
  ];
  for (const thing of things.filter(({ isReviewed }) => isReviewed)) {
    const id = random.uuid();
    const status = reviewStatus(random, world, written);
    rows.add('public.reviews', {
      id,
      reviewable_type: thing.type,
      reviewable_id: thing.id,
      customer_id: customer.account.id,
      booking_id: booking.id,
      vendor_id: vendor.id,
      rating,
      review_text: random.pick(comments).comment,
      helpful_count: random.chance(0.2) ? random.int(1, 9) : 0,
      status,
      created_at: at,
      updated_at: at,
    });
    if (status === 'rejected') {
      rows.add('public.review_moderations', { review_id: id, ...moderation });
    }
  }
  return isProviderReviewed ? rating : null;
}

/** Those of the last days mostly wait. */
function reviewStatus(random: Random, world: World, written: Moment): string {
  return momentOf(world.today) - written < 5 * secondsPerDay
    ? random.weighted({ pending: 3, approved: 2 })
    : random.weighted({ approved: 90, pending: 5, rejected: 3, flagged: 2 });
}

function addNotes(rows: Rows, random: Random, world: World, booking: Booking): void {
  const { id, life, customer, vendor, turn } = booking;
  if (turn !== null || !random.chance(0.06)) {
    return;
  }
  const [type, author, note] = random.pick([
    ['customer', customer.account.id, 'Please ring the bell twice, the dog barks otherwise.'],
    ['customer', customer.account.id, 'Less pressure on the left shoulder, please.'],
    ['vendor', vendor.owner.id, 'Regular guest, likes jasmine tea afterwards.'],
    ['internal', world.accounts.customer_care.id, 'Called to confirm the address.'],
  ] as const);
  rows.add('public.booking_notes', {
    id: random.uuid(),
    booking_id: id,
    note_type: type,
    note,
    created_by: author,
    is_internal: type === 'internal',
    created_at: formatMoment(life.confirmedAt ?? life.createdAt),
  });
}
