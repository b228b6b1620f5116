import { pause } from '../realtime/back-off.ts';

/** Waits before it is asked again, in milliseconds. */
const patience = [100, 500, 2_000, 5_000];

/** Asks the database again, a few times, while it does not take it: a lost record is a message sent twice. */
export async function insist<Result>(act: () => Promise<Result>): Promise<Result> {
  for (const wait of patience) {
    try {
      return await act();
    } catch {
      await pause(wait, new AbortController().signal);
    }
  }
  return await act();
}
