import type pg from 'pg';

/**
 * What graphile-worker may see of a pool. It is never told of an error: when a connection is lost while
 * it notes that a job has ended, it lets the process die of it, or waits for ever. So whoever runs it is told
 * instead and begins anew, and the call stays open. It does not listen either, for the same reason; it is
 * nudged by who makes the jobs.
 */
export function makeQueuePool(pool: pg.Pool, onError: (error: Error) => void): pg.Pool {
  const query = (...call: Parameters<pg.Pool['query']>): Promise<unknown> => {
    const answer: Promise<unknown> = Promise.resolve(pool.query(...call));
    return answer.catch((error: Error) => {
      onError(error);
      return new Promise<never>(() => undefined);
    });
  };
  // Single statements, so any connection will do.
  const client = { query, release: () => undefined };
  const queuePool = {
    options: pool.options,
    query,
    async connect(listen?: unknown) {
      return listen === undefined ? client : undefined;
    },
  };
  return queuePool as unknown as pg.Pool;
}
