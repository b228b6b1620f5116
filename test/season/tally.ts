import type { Booked } from './bookings.ts';

/** What the season itself has seen happen, to count the platform's figures again. */
export type Tally = {
  /** Every booking that was confirmed with the platform, oldest first. */
  readonly bookings: Booked[];
  /** Bookings of a desk that no customer has claimed. */
  readonly atDesk: string[];
  /** Rupees of commission by booking: what the platform earned of it. */
  readonly commissions: Map<string, number>;
  /** Rupees that banks paid out to vendors. */
  readonly paidOut: number[];
  /** Rupees that banks paid to customers who withdrew them from their wallets. */
  readonly withdrawn: number[];
  /** Stars of reviews of visits that were approved, and of other reviews. */
  readonly vendorStars: number[];
  readonly otherStars: number[];
  /** Rupees that vendors collected in cash. */
  readonly cash: number[];
};

export function makeTally(): Tally {
  return {
    bookings: [],
    atDesk: [],
    commissions: new Map(),
    paidOut: [],
    withdrawn: [],
    vendorStars: [],
    otherStars: [],
    cash: [],
  };
}
