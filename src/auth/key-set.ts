import type { Express } from 'express';
import type { PublicJwk } from '../config/private-keys.ts';

/** How long others may keep the set, in seconds: a new key is published at least so long before it signs. */
const maxAgeSeconds = 300;

/** `GET /.well-known/jwks.json`: what others verify our tokens with. Without keys it is not there. */
export function installKeySet(app: Express, keys: readonly PublicJwk[]): void {
  if (keys.length === 0) {
    return;
  }
  app.get('/.well-known/jwks.json', (_request, response) => {
    response.setHeader('cache-control', `public, max-age=${maxAgeSeconds}`);
    response.json({ keys });
  });
}
