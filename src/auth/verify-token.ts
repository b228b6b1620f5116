import {
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  type ProtectedHeaderParameters,
} from 'jose';
import type { Logger } from 'pino';
import { apiError } from '../errors/errors.ts';
import { findUnstorable } from '../lib/storable-text.ts';
import type { VerifyToken } from '../requests/identity.ts';
import { makeFindKeys, type TokenRules } from './keys.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Makes the one function that believes or refuses a token. It throws OB005 for an expired token
 * and OB004 for any other that is not ours; an unreachable key set is an error of ours, not of the
 * token, and is thrown as it is.
 */
export function makeVerifyToken(rules: TokenRules, logger: Logger): VerifyToken {
  const findKeys = makeFindKeys(rules, logger);
  const expected = {
    audience: rules.audience,
    requiredClaims: ['exp', 'iss', 'aud', 'role'],
  };

  const verify = async (token: string): Promise<JWTPayload> => {
    let refusal: Error = new errors.JOSEAlgNotAllowed('no key may sign with this algorithm');
    for (const { key, algorithms, issuers } of findKeys(headerOf(token))) {
      try {
        const options = { ...expected, issuer: [...issuers], algorithms: [...algorithms] };
        // jose has one signature for keys and one for functions that find them.
        const { payload } = await jwtVerify(token, key as JWTVerifyGetKey, options);
        return payload;
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) {
          throw error;
        }
        refusal = error;
      }
    }
    throw refusal;
  };

  return async (token) => {
    const payload = await verify(token).catch((error: unknown) => {
      throw explain(error);
    });
    const isPerson = payload.role === 'authenticated' && isUuid(payload.sub);
    const isSession = payload.session_id === undefined || isUuid(payload.session_id);
    // Claims become JSON in the database, which cannot keep every text.
    const isStorable = findUnstorable(payload) === undefined;
    if (!isStorable || !isSession || (!isPerson && payload.role !== 'anon')) {
      throw apiError('OB004');
    }
    return payload;
  };
}

function isUuid(value: unknown): boolean {
  return typeof value === 'string' && uuid.test(value);
}

function isBase64url(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text;
}

function headerOf(token: string): ProtectedHeaderParameters {
  // jose forgives white space and stray bits, so that one signature would fit several texts (RFC 7515, 2).
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every(isBase64url)) {
    throw new errors.JWSInvalid('not three parts in base64url');
  }
  try {
    return decodeProtectedHeader(token);
  } catch (cause) {
    throw new errors.JWSInvalid('not a token', { cause });
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
  // Where a set has several keys of a kind, a token has to name its own (OpenID Connect Core, 10.1).
  errors.JWKSMultipleMatchingKeys,
];

function explain(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) {
    return apiError('OB005', undefined, error);
  }
  const isFault = faultsOfTheToken.some((fault) => error instanceof fault);
  return isFault ? apiError('OB004', undefined, error) : error;
}
