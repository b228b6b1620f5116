import { createPrivateKey, type KeyObject } from 'node:crypto';
import { createLocalJWKSet, type JWTVerifyGetKey, type ProtectedHeaderParameters } from 'jose';
import type { Logger } from 'pino';
import type { PrivateKey, PublicJwk } from '../config/private-keys.ts';
import { makeRemoteKeys } from './remote-keys.ts';

/** Who may sign a token, and for whom it is. A `Config['tokens']` is one. */
export type TokenRules = {
  /** For HS256; text is taken as UTF-8. Signs when there are no private keys. */
  readonly secret?: string | Uint8Array;
  /** For HS256; verifies and never signs. */
  readonly additionalSecret?: string | Uint8Array;
  /** The first signs, all verify. */
  readonly privateKeys?: readonly [PrivateKey, ...PrivateKey[]];
  /** Address of the last issuer's JSON Web Key Set. */
  readonly jwksUrl?: string;
  /** Our own first, then the external one. */
  readonly issuers: readonly [string, ...string[]];
  readonly audience: string;
};

export type SigningKey = {
  readonly header: { readonly alg: string; readonly typ: 'JWT'; readonly kid?: string };
  readonly key: KeyObject | Uint8Array;
};

/** Something that verifies signatures, and whose word they are. */
export type VerificationKey = {
  readonly key: Uint8Array | JWTVerifyGetKey;
  readonly algorithms: readonly string[];
  readonly issuers: readonly string[];
};

/** What an issuer that is not us may use. */
const remoteAlgorithms = ['RS256', 'RS384', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];

/** What signs our tokens; `null` when there are only another issuer's keys. */
export function signingKeyOf({ privateKeys, secret }: TokenRules): SigningKey | null {
  if (privateKeys !== undefined) {
    const [{ alg, kid, pem }] = privateKeys;
    return { header: { alg, typ: 'JWT', kid }, key: createPrivateKey(pem) };
  }
  return secret === undefined
    ? null
    : { header: { alg: 'HS256', typ: 'JWT' }, key: bytesOf(secret) };
}

/** What others verify our tokens with. */
export function publicKeysOf({ privateKeys }: TokenRules): readonly PublicJwk[] {
  return (privateKeys ?? []).map(({ publicJwk }) => publicJwk);
}

/**
 * Makes the one place where a token's header chooses what verifies it. Any of what comes back may have
 * signed; nothing comes back when no key may sign like this.
 *
 * Secrets are for HS256 and HS256 is for secrets: a public key is never taken for a secret. A key set
 * speaks for its issuer only.
 */
export function makeFindKeys(
  rules: TokenRules,
  logger: Logger,
): (header: ProtectedHeaderParameters) => readonly VerificationKey[] {
  const { issuers, jwksUrl } = rules;
  const secrets = [rules.secret, rules.additionalSecret]
    .filter((secret) => secret !== undefined)
    .map((secret) => ({ key: bytesOf(secret), algorithms: ['HS256'], issuers }));
  const published = publicKeysOf(rules);
  const ours = {
    key: createLocalJWKSet({ keys: [...published] }),
    algorithms: ['ES256', 'RS256'],
    issuers: issuers.slice(0, 1),
  };
  const theirs =
    jwksUrl === undefined
      ? []
      : [
          {
            key: makeRemoteKeys(jwksUrl, logger),
            algorithms: remoteAlgorithms,
            issuers: issuers.slice(-1),
          },
        ];
  return ({ alg, kid }) => {
    if (alg === 'HS256') {
      return secrets;
    }
    return published.some((key) => key.kid === kid) ? [ours] : theirs;
  };
}

function bytesOf(secret: string | Uint8Array): Uint8Array {
  return typeof secret === 'string' ? new TextEncoder().encode(secret) : secret;
}
