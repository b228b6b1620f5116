import type { Check } from '../check.ts';
import { bookingChecks } from './bookings.ts';
import { counterChecks } from './counters.ts';
import { moneyChecks } from './money.ts';
import { numberChecks } from './numbers.ts';
import { peopleChecks } from './people.ts';
import { referenceChecks } from './references.ts';
import { reservationChecks } from './reservations.ts';
import { valueChecks } from './values.ts';

/**
 * What must be true of every OMBARO database. In this order: what leads nowhere first, counters last, for
 * the later ones count what the earlier ones look at.
 */
export const checks: readonly Check[] = [
  ...referenceChecks,
  ...valueChecks,
  ...numberChecks,
  ...bookingChecks,
  ...reservationChecks,
  ...moneyChecks,
  ...peopleChecks,
  ...counterChecks,
];
