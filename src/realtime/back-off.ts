import { setTimeout as sleep } from 'node:timers/promises';

const shortest = 100;
const longest = 5_000;

/** Waits before the n-th attempt (from 0): 0.1 s, then twice as long each time, up to 5 s. */
export async function backOff(attempt: number, signal: AbortSignal): Promise<void> {
  const delay = Math.min(shortest * 2 ** attempt, longest);
  // Half of it at random, so that processes that lost the same server do not return in step.
  await pause(delay / 2 + (Math.random() * delay) / 2, signal);
}

/** Waits for a time in milliseconds, or until the signal. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch((error: Error) => {
    if (error.name !== 'AbortError') {
      throw error;
    }
  });
}
