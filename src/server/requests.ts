import type { Express } from 'express';
import { beginScope, type ScopeOptions, scopeOf } from '../requests/scope.ts';

/** Begins the scope of every request: its id is in its answer, all its log lines and what it changes. */
export function installScopes(app: Express, options: ScopeOptions): void {
  app.use((request, response, next) => {
    const { origin } = beginScope(request, options);
    response.setHeader('x-request-id', origin.requestId);
    next();
  });
}

/** Asked every few seconds by machines, or many at once by Ruru; of no interest unless one looks for them. */
const frequentPaths = /^\/(healthz|readyz|metrics|ruru-static\/.*)$/;

/**
 * Logs every answer. No headers, no query string and no body: tokens, variables and personal data
 * are in them.
 */
export function installRequestLog(app: Express): void {
  app.use((request, response, next) => {
    const start = performance.now();
    const { method, path } = request;
    response.once('close', () => {
      const ms = Math.round(performance.now() - start);
      const status = response.writableFinished ? response.statusCode : 'aborted';
      const level = frequentPaths.test(path) ? 'debug' : 'info';
      const { logger, operation } = scopeOf(request);
      const code = response.locals.code as string | undefined;
      logger[level]({ method, path, status, ms, ...(operation ?? { code }) }, 'request');
    });
    next();
  });
}
