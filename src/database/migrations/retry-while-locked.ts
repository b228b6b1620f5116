import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from './settings.ts';

/**
 * How long a statement may wait for a lock, in milliseconds. Every session that comes after it to that table waits
 * behind it as long.
 */
export const lockTimeoutMs = 1_000;

/** Between one try and the next, in milliseconds. */
const defaultPausesMs: readonly number[] = [
  1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000, 15_000,
];

/** lock_not_available, and deadlock_detected, which is the other way to lose. */
const lockedCodes: readonly string[] = ['55P03', '40P01'];

/**
 * Runs `act`, which leaves nothing behind when it fails, and again after a pause as long as another session holds a
 * lock that it needs: ten times in about a minute and a half.
 */
export async function retryWhileLocked<Result>(
  act: () => Promise<Result>,
  report: Report,
  pausesMs = defaultPausesMs,
): Promise<Result> {
  for (const [index, pauseMs] of pausesMs.entries()) {
    try {
      return await act();
    } catch (error) {
      if (!lockedCodes.includes(sqlStateOf(error) ?? '')) {
        throw error;
      }
      report(
        `Try ${index + 1} of ${pausesMs.length + 1}: another session holds a lock that this needs. Nothing is changed. Next try in ${pauseMs / 1000} s.`,
      );
      await sleep(pauseMs);
    }
  }
  return await act();
}

/** PostgreSQL's code of an error, or of what caused it; `null` where the database did not cause it. */
export function sqlStateOf(error: unknown): string | null {
  if (!(error instanceof Error)) {
    return null;
  }
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : sqlStateOf(error.cause);
}

/** What to do about a database error that ended a migration or its undo, `what`. */
export function explainFailure(what: string, again: string, error: unknown): Error {
  const remedy = lockedCodes.includes(sqlStateOf(error) ?? '')
    ? 'Others held locks that it needs, in every try: end their long transactions ("npx ombaro monitor" shows them)'
    : 'Correct the cause';
  return new Error(`${what} failed, and was rolled back. ${remedy}, then run again: ${again}`, {
    cause: error,
  });
}
