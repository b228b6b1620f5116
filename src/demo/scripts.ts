import type { BookingStatus } from './lifecycle.ts';
import type { ProviderKind } from './providers.ts';

/** A booking of a persona, made to order so that each has every state to look at. */
export type Script = {
  /** 0 for `customer`, `vendor` and `therapist`, 1 for `customer2`, `vendor2` and `therapist2`. */
  readonly circle: 0 | 1;
  readonly madeDaysAgo: number;
  /** Days from making to service. */
  readonly leadDays: number;
  readonly status: BookingStatus;
  /** A beautician is the one of `vendor`. */
  readonly provider: ProviderKind;
  /** What is otherwise rare, for the queues of those who decide. */
  readonly turn: Turn | null;
};

/**
 * `overdue`: neither started nor ended yesterday. `no_show`: the vendor says that the customer did not come, and the
 * customer disputes it. `desk`: the vendor's desk booked it for a guest.
 */
export type Turn = 'overdue' | 'no_show' | 'desk';

export const scriptedBookings: readonly Script[] = [
  ...[340, 320, 300, 262, 231, 198, 170, 155, 141, 120, 96, 75, 64, 54, 33, 19, 10].map(
    (madeDaysAgo) => script(0, madeDaysAgo, 3, 'completed'),
  ),
  script(0, 215, 4, 'cancelled'),
  script(0, 88, 1, 'cancelled'),
  script(0, 26, 5, 'cancelled'),
  script(0, 2, 5, 'cancelled'),
  script(0, 4, 3, 'in_progress'),
  script(0, 3, 3, 'assigned'),
  script(0, 5, 9, 'assigned'),
  script(0, 6, 12, 'confirmed'),
  script(0, 1, 8, 'pending'),
  ...[280, 180, 90, 40, 15].map((madeDaysAgo) =>
    script(0, madeDaysAgo, 3, 'completed', 'beautician'),
  ),
  script(0, 60, 3, 'cancelled', 'beautician'),
  script(0, 3, 2, 'in_progress', 'beautician'),
  script(0, 4, 7, 'assigned', 'beautician'),
  ...[310, 205, 133, 97, 61, 22].map((madeDaysAgo) => script(1, madeDaysAgo, 4, 'completed')),
  script(1, 47, 3, 'cancelled'),
  script(1, 3, 2, 'in_progress'),
  script(1, 2, 2, 'assigned'),
  script(1, 4, 10, 'confirmed'),
  script(1, 1, 5, 'pending'),
  script(0, 4, 3, 'assigned', 'therapist', 'overdue'),
  script(1, 5, 4, 'cancelled', 'therapist', 'no_show'),
  script(0, 1, 3, 'assigned', 'therapist', 'desk'),
  script(0, 2, 4, 'assigned', 'beautician', 'desk'),
];

function script(
  circle: 0 | 1,
  madeDaysAgo: number,
  leadDays: number,
  status: BookingStatus,
  provider: ProviderKind = 'therapist',
  turn: Turn | null = null,
): Script {
  return { circle, madeDaysAgo, leadDays, status, provider, turn };
}
