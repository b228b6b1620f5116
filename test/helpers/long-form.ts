/** Whether random walks and repeated races take their long form: `npm run test:long`, not `npm test`. */
export const isLong = process.env.LONG !== undefined;

/** How much of it: much in the long form, and enough to find what a change broke in the suite. */
export function longOrShort(long: number, short: number): number {
  return isLong ? long : short;
}
