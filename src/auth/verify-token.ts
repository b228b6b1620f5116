import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import { apiError } from '../api/errors.ts';

/** Who may have signed a token, and for whom. */
export interface TokenRules {
  /** Verifies HS256. At least one of secret and key set is there. */
  secret?: string;
  /** Address of a JSON Web Key Set; verifies asymmetric algorithms only. */
  jwksUrl?: string;
  issuers: readonly string[];
  audience: string;
}

export type VerifyToken = (token: string) => Promise<JWTPayload>;

const asymmetric = ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'];
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Makes the one function that believes or refuses a token. It throws OB005 for an expired token
 * and OB004 for any other that is not ours; an unreachable key set is an error of ours, not of the
 * token, and is thrown as it is.
 */
export function makeVerifyToken(rules: TokenRules): VerifyToken {
  const secret = rules.secret === undefined ? undefined : new TextEncoder().encode(rules.secret);
  const keySet =
    rules.jwksUrl === undefined ? undefined : createRemoteJWKSet(new URL(rules.jwksUrl));
  const expected = {
    issuer: [...rules.issuers],
    audience: rules.audience,
    requiredClaims: ['exp', 'iss', 'aud', 'role'],
  };

  // The secret is only ever used for HS256 and the key set never: else a public key could be
  // passed off as a shared secret.
  const verify = async (token: string): Promise<JWTVerifyResult> => {
    const isShared = algorithmOf(token) === 'HS256';
    if (isShared && secret !== undefined) {
      return jwtVerify(token, secret, { ...expected, algorithms: ['HS256'] });
    }
    if (!isShared && keySet !== undefined) {
      return jwtVerify(token, keySet, { ...expected, algorithms: asymmetric });
    }
    throw new errors.JOSEAlgNotAllowed('the algorithm is not allowed');
  };

  return async (token) => {
    const { payload } = await verify(token).catch((error: unknown) => {
      throw explain(error);
    });
    const isPerson = payload.role === 'authenticated' && isUuid(payload.sub);
    const isSession = payload.session_id === undefined || isUuid(payload.session_id);
    if (!isSession || (!isPerson && payload.role !== 'anon')) {
      throw apiError('OB004');
    }
    return payload;
  };
}

function isUuid(value: unknown): boolean {
  return typeof value === 'string' && uuid.test(value);
}

function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg;
  } catch (cause) {
    throw new errors.JWTInvalid('not a token', { cause });
  }
}

const faultsOfTheToken = [
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWTClaimValidationFailed,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
];

function explain(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) {
    return apiError('OB005', undefined, error);
  }
  const isFault = faultsOfTheToken.some((fault) => error instanceof fault);
  return isFault ? apiError('OB004', undefined, error) : error;
}
