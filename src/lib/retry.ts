import { setTimeout as sleep } from 'node:timers/promises';

const shortestMs = 100;
const longestMs = 5_000;

/** Waits before the n-th attempt (from 0): 0.1 s, then twice as long each time, up to 5 s. */
export async function waitBeforeRetry(attempt: number, signal: AbortSignal): Promise<void> {
  const delay = Math.min(shortestMs * 2 ** attempt, longestMs);
  // Half of it at random, so that processes that lost the same server do not return in step.
  await wait(delay / 2 + (Math.random() * delay) / 2, signal);
}

/** Waits for a time in milliseconds, or until the signal. */
export async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch((error: Error) => {
    if (error.name !== 'AbortError') {
      throw error;
    }
  });
}

/** Before another attempt, in milliseconds. */
const retryDelaysMs = [100, 500, 2_000, 5_000];

/**
 * Tries again a few times while it fails; the last failure is thrown. It waits also while the process stops: for
 * what must be recorded.
 */
export async function retry<Result>(act: () => Promise<Result>): Promise<Result> {
  for (const delayMs of retryDelaysMs) {
    try {
      return await act();
    } catch {
      await sleep(delayMs);
    }
  }
  return await act();
}
