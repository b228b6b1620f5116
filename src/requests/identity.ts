import type { IncomingMessage } from 'node:http';
import type { JWTPayload } from 'jose';
import type {} from 'postgraphile/grafserv/node';
import { apiError } from '../errors/errors.ts';

/** Who is asking, as far as the token says; whether that still holds is the database's to say. */
export type Identity = {
  /** The token's claims as JSON; undefined for nobody. */
  claims: string | undefined;
  /** Whom the token names; undefined for visitors, with a token of theirs or without. */
  subject: string | undefined;
  /** The session that the token belongs to; undefined where it names none. */
  sessionId: string | undefined;
  /** When the token ends, in seconds since 1970; undefined for nobody. */
  expiresAt: number | undefined;
};

/** Gives what a token says; throws OB004 or OB005 when it is not believed. */
export type VerifyToken = (token: string) => Promise<JWTPayload>;

export type Identify = (authorization: string | undefined) => Promise<Identity>;

const nobody: Identity = {
  claims: undefined,
  subject: undefined,
  sessionId: undefined,
  expiresAt: undefined,
};

/**
 * Makes the one way from an `authorization` value to an identity, whether it came as an HTTP header
 * or in a websocket's connection parameters. Without one it is nobody; a value that is there and
 * not believed throws (OB004, OB005) and is never a silent nobody.
 */
export function makeIdentify(verifyToken: VerifyToken): Identify {
  return async (authorization) => {
    if (authorization === undefined) {
      return nobody;
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

const identities = new WeakMap<object, Identity>();

/** Remembers who sends a request, or opened a websocket by its upgrade request. */
export function rememberIdentity(request: object, identity: Identity): void {
  identities.set(request, identity);
}

/** Whom a request names, or the one that opened a websocket; undefined for visitors. */
export function subjectOf(request: object): string | undefined {
  return identities.get(request)?.subject;
}

/**
 * Who sends the request of a GraphQL operation. Throws when nobody has decided that: an operation
 * that reached execution by another door must not run as anybody.
 */
export function identityOf(context: Partial<Grafast.RequestContext>): Identity {
  const identity = identities.get(requestOf(context));
  if (!identity) {
    throw new Error('An operation arrived without an identity.');
  }
  return identity;
}

/** The request that an operation came in, or the one that opened its websocket. */
export function requestOf(context: Partial<Grafast.RequestContext>): IncomingMessage {
  const request = context.node?.req ?? context.ws?.request;
  if (!request) {
    throw new Error('An operation arrived without a request.');
  }
  return request;
}
