import type { Express } from 'express';
import { scopeOf } from '../requests/scope.ts';

/** Throws, or takes too long, when something that requests need is not there. */
export type ReadinessCheck = () => Promise<unknown>;

/** A balancer asks often; an answer later than this is as good as none. In milliseconds. */
const timeoutMs = 2_000;

/** `/healthz`: the process answers. `/readyz`: what requests need is there. */
export function installHealth(
  app: Express,
  checks: Readonly<Record<string, ReadinessCheck>>,
): void {
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', async (request, response) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        try {
          await inTime(check());
          return [name, 'ok'] as const;
        } catch (error) {
          scopeOf(request).logger.warn({ err: error, check: name }, 'not ready');
          return [name, 'failed'] as const;
        }
      }),
    );
    const isReady = results.every(([, result]) => result === 'ok');
    const status = isReady ? 'ok' : 'not ready';
    response.status(isReady ? 200 : 503).json({ status, checks: Object.fromEntries(results) });
  });
}

async function inTime(work: Promise<unknown>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`No answer in ${timeoutMs} ms.`)), timeoutMs);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
