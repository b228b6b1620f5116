import type { JWTPayload } from 'jose';
import { apiError } from '../errors/errors.ts';

/** The user that the token names; whether the account may still act is decided by the database. */
export type Identity = {
  /** The token's claims as JSON; undefined for an anonymous user. */
  claims: string | undefined;
  /** Whom the token names; undefined for visitors, with a token of theirs or without. */
  subject: string | undefined;
  /** The session that the token belongs to; undefined where it names none. */
  sessionId: string | undefined;
  /** When the token ends, in seconds since 1970; undefined for an anonymous user. */
  expiresAt: number | undefined;
};

/** Gives what a token says; throws OB004 or OB005 when it is not believed. */
export type VerifyToken = (token: string) => Promise<JWTPayload>;

export type Identify = (authorization: string | undefined) => Promise<Identity>;

const anonymous: Identity = {
  claims: undefined,
  subject: undefined,
  sessionId: undefined,
  expiresAt: undefined,
};

/**
 * Makes the one way from an `authorization` value to an identity, whether it came as an HTTP header
 * or in a websocket's connection parameters. Without one it is an anonymous user; a value that is there and
 * not believed throws (OB004, OB005) and is never silently taken for an anonymous user.
 */
export function makeIdentify(verifyToken: VerifyToken): Identify {
  return async (authorization) => {
    if (authorization === undefined) {
      return anonymous;
    }
    const token = /^Bearer +(\S+)$/i.exec(authorization.trim())?.[1];
    if (token === undefined) {
      throw apiError('OB004');
    }
    const payload = await verifyToken(token);
    return {
      claims: JSON.stringify(payload),
      subject: payload.role === 'authenticated' ? payload.sub : undefined,
      sessionId: typeof payload.session_id === 'string' ? payload.session_id : undefined,
      expiresAt: payload.exp,
    };
  };
}
