import type { Act } from './act.ts';
import { actsOnBookings } from './bookings.ts';
import { actsOnPlatform } from './platform.ts';
import { actsOnVendors } from './vendors.ts';

/** Every act that every person tries, by the domain page. */
export const acts: readonly Act[] = [...actsOnVendors, ...actsOnBookings, ...actsOnPlatform];
