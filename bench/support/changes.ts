import type pg from 'pg';
import type { Follower } from './live-world.ts';

/** How often each follower's booking was changed, and how many changes a second that were in the end. */
export type Changes = {
  readonly made: readonly number[];
  readonly rate: number;
};

const tick = 10;

/**
 * Changes the followers' bookings in turn, `rate` times a second for so many seconds. What is written is
 * the time of writing, in milliseconds since 1970.
 */
export async function changeSteadily(
  owner: pg.Pool,
  followers: readonly Follower[],
  rate: number,
  seconds: number,
): Promise<Changes> {
  const made = followers.map(() => 0);
  const writes: Promise<unknown>[] = [];
  const start = performance.now();
  let count = 0;
  for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - start) {
    for (const due = Math.floor((elapsed / 1000) * rate); count < due; count += 1) {
      // A prime's steps go through all of them without going along the table.
      const index = (count * 7919) % followers.length;
      made[index] = (made[index] ?? 0) + 1;
      writes.push(change(owner, followers[index]?.bookingId ?? ''));
    }
    await new Promise((resolve) => setTimeout(resolve, tick));
  }
  await Promise.all(writes);
  return { made, rate: count / ((performance.now() - start) / 1000) };
}

async function change(owner: pg.Pool, bookingId: string): Promise<void> {
  const client = await owner.connect();
  try {
    await client.query({
      name: 'change',
      text: 'update bookings set special_instructions = $2 where id = $1',
      values: [bookingId, String(performance.timeOrigin + performance.now())],
    });
  } finally {
    client.release();
  }
}
