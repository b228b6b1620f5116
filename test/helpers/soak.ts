/** Whether random walks and repeated races take their long form: `npm run soak`, not `npm test`. */
export const isSoak = process.env.SOAK !== undefined;

/** How much of it: much in the long form, and enough to find what a change broke in the suite. */
export function soaked(long: number, short: number): number {
  return isSoak ? long : short;
}
