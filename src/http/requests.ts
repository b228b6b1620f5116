import { randomUUID } from 'node:crypto';
import type { Express } from 'express';
import type { Logger } from 'pino';
import { withRequestId } from './logger.ts';

/** Gives every request an id, which its answer and all its log lines carry. */
export function installRequestIds(app: Express): void {
  app.use((_request, response, next) => {
    const requestId = randomUUID();
    response.setHeader('x-request-id', requestId);
    withRequestId(requestId, next);
  });
}

/** Asked every few seconds by machines; of no interest unless one looks for them. */
const probes = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * Logs every answer. No headers, no query string and no body: tokens, variables and personal data
 * are in them.
 */
export function installRequestLog(app: Express, logger: Logger): void {
  app.use((request, response, next) => {
    const start = performance.now();
    const { method, path } = request;
    response.once('close', () => {
      const ms = Math.round(performance.now() - start);
      const status = response.writableFinished ? response.statusCode : 'aborted';
      const level = probes.has(path) ? 'debug' : 'info';
      logger[level]({ method, path, status, ms }, 'request');
    });
    next();
  });
}
