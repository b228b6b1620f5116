import type { webcrypto } from 'node:crypto';
import {
  type CryptoKey,
  createRemoteJWKSet,
  errors,
  type JWKSCacheInput,
  type JWTVerifyGetKey,
  jwksCache,
} from 'jose';
import type { Logger } from 'pino';
import { leastRsaBits } from '../config/private-keys.ts';

/** A set older than this is read again, beside the requests: a key that was withdrawn counts no longer. */
const refreshAfterMs = 10 * 60_000;

/** How long a set counts whose issuer cannot be reached. */
const trustedForMs = 60 * 60_000;

/** How long a request that needs the set waits for it. */
const timeoutMs = 5_000;

/**
 * At most so often the set is read because a token names a key that is not in it. Anyone can send such
 * a token, so not at each; but until the next reading a token of a really new key is refused, so soon.
 */
const coolDownMs = 5_000;

/**
 * The keys of another issuer, read when first needed and kept. A key that is not known makes them be
 * read again, so an issuer can change keys at any time.
 *
 * The function that comes back throws a `JOSEError` of kind `JWKSNoMatchingKey` when the issuer has no
 * such key, and the error of the fetch when that cannot be told.
 */
export function makeRemoteKeys(url: string, logger: Logger): JWTVerifyGetKey {
  const cache: JWKSCacheInput = {};
  const set = createRemoteJWKSet(new URL(url), {
    timeoutDuration: timeoutMs,
    cooldownDuration: coolDownMs,
    cacheMaxAge: trustedForMs,
    [jwksCache]: cache,
  });
  let askedAt = 0;
  const refreshWhenOld = () => {
    const now = Date.now();
    const isOld = cache.uat !== undefined && now > cache.uat + refreshAfterMs;
    if (!isOld || set.reloading || now < askedAt + coolDownMs) {
      return;
    }
    askedAt = now;
    set.reload().catch((error: unknown) => {
      logger.warn({ err: error }, 'the key set could not be read again; the last one counts');
    });
  };
  return async (header, token) => {
    refreshWhenOld();
    const key = await set(header, token);
    refuseShort(key);
    return key;
  };
}

/** @throws JWKSNoMatchingKey for an RSA key that can be broken soon. */
function refuseShort({ algorithm }: CryptoKey): void {
  const { modulusLength = leastRsaBits } = algorithm as Partial<webcrypto.RsaKeyAlgorithm>;
  if (modulusLength < leastRsaBits) {
    throw new errors.JWKSNoMatchingKey(`the key is shorter than ${leastRsaBits} bits`);
  }
}
