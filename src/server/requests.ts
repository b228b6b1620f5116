import type { Express } from 'express';
import type { Logger } from 'pino';
import type { ClientAddress } from '../http/client-address.ts';
import { rememberOrigin, whileServing } from '../requests/request-origin.ts';

/** Gives every request an id, which its answer, all its log lines and what it changes carry. */
export function installRequestIds(app: Express, clientAddress: ClientAddress): void {
  app.use((request, response, next) => {
    const { requestId } = rememberOrigin(request, clientAddress);
    response.setHeader('x-request-id', requestId);
    whileServing(request, next);
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
