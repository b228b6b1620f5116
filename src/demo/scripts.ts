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
};

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
];

function script(
  circle: 0 | 1,
  madeDaysAgo: number,
  leadDays: number,
  status: BookingStatus,
  provider: ProviderKind = 'therapist',
): Script {
  return { circle, madeDaysAgo, leadDays, status, provider };
}
