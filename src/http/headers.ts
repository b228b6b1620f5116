import type { Express } from 'express';

/** No sniffing of types, no frames, no referrers: what browsers should not do with an API. */
export function installSecurityHeaders(app: Express): void {
  app.use((_request, response, next) => {
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('x-frame-options', 'DENY');
    response.setHeader('content-security-policy', "frame-ancestors 'none'");
    response.setHeader('referrer-policy', 'no-referrer');
    next();
  });
}

/**
 * Lets the pages of the listed origins call, or of all when `*` is among them. There are no cookies here, so no credentials are
 * allowed: a page sends its token itself.
 */
export function installCors(app: Express, origins: readonly string[]): void {
  app.use((request, response, next) => {
    const { origin } = request.headers;
    response.vary('Origin');
    if (origin !== undefined && (origins.includes(origin) || origins.includes('*'))) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-expose-headers', 'x-request-id, retry-after');
      if (request.method === 'OPTIONS') {
        response.setHeader('access-control-allow-methods', 'GET, POST, PUT');
        response.setHeader(
          'access-control-allow-headers',
          'authorization, content-type, x-request-id',
        );
        response.setHeader('access-control-max-age', '600');
        response.status(204).end();
        return;
      }
    }
    next();
  });
}
