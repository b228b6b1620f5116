import type { Logger } from 'pino';
import { wait, waitBeforeRetry } from '../lib/retry.ts';

/** Rows of one kind that say what is due, and what is done with them. */
export type LeasedRows<Row> = {
  /** What they are, in the log. */
  readonly name: string;
  readonly logger: Logger;
  /** How many are worked on at once. */
  readonly concurrency: number;
  /** Between two looks when no more are due, in milliseconds. */
  readonly intervalMs: number;
  /** Leases rows that are due, at most so many. Fewer mean that no more are due. */
  readonly lease: (most: number) => Promise<readonly Row[]>;
  /**
   * Does what a row says, and records how that ended. Where it throws, nothing is recorded, and the row is due
   * again after its lease.
   *
   * @param signal the worker is to stop.
   */
  readonly work: (row: Row, signal: AbortSignal) => Promise<void>;
};

export type RunningWork = {
  /** Lets what is under way end, and begins nothing else. */
  close(): Promise<void>;
};

/**
 * Works on leased rows until it is closed: leases as many as may be worked on now, works on them at once, and
 * looks again when one has ended or the interval is over. Any number of workers may do the same.
 */
export function workOnRows<Row>(rows: LeasedRows<Row>): RunningWork {
  const stop = new AbortController();
  const running = keepWorking(rows, stop.signal);
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

/** Closes all of them at once, and then releases what they work with. Closing again changes nothing. */
export function runTogether(
  running: readonly RunningWork[],
  release: () => Promise<void>,
): RunningWork {
  const close = async () => {
    await Promise.all(running.map((work) => work.close()));
    await release();
  };
  let closing: Promise<void> | undefined;
  return {
    close() {
      closing ??= close();
      return closing;
    },
  };
}

async function keepWorking<Row>(rows: LeasedRows<Row>, signal: AbortSignal): Promise<void> {
  const { name, logger, concurrency, intervalMs, lease } = rows;
  const underWay = new Set<Promise<void>>();
  let failures = 0;
  // Of each look: aborted when a row has ended since, or the worker is to stop.
  let look = new AbortController();
  const lookAgain = () => look.abort();
  signal.addEventListener('abort', lookAgain);
  while (!signal.aborted) {
    look = new AbortController();
    const free = concurrency - underWay.size;
    try {
      const leased = free > 0 ? await lease(free) : [];
      for (const row of leased) {
        const working = workOn(row, rows, signal).finally(() => {
          underWay.delete(working);
          lookAgain();
        });
        underWay.add(working);
      }
      failures = 0;
      if (free === 0 || leased.length < free) {
        await wait(intervalMs, look.signal);
      }
    } catch (error) {
      logger.error({ err: error, rows: name }, 'nothing could be leased; it is tried again');
      await waitBeforeRetry(failures, signal);
      failures += 1;
    }
  }
  await Promise.all(underWay);
}

/** Never fails. */
async function workOn<Row>(
  row: Row,
  { name, logger, work }: LeasedRows<Row>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await work(row, signal);
  } catch (error) {
    logger.error({ err: error, rows: name }, 'how a row ended was not recorded; it is due again');
  }
}
