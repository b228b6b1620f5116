import { untilSignal } from '../lib/signals.ts';

/**
 * Runs `start`, then waits until this process is asked to end. Whatever `start` has put on its stack
 * is stopped before this returns, and also when it fails. A request to end during `start` is heard after
 * it: half a start cannot be stopped in order.
 */
export async function runUntilSignal(
  start: (running: AsyncDisposableStack) => Promise<void>,
): Promise<void> {
  const interruption = untilSignal();
  const running = new AsyncDisposableStack();
  try {
    await start(running);
    await interruption.promise;
  } finally {
    await running.disposeAsync();
    interruption.release();
  }
}
