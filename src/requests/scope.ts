import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type {} from 'postgraphile/grafserv/node';
import type { ClientAddress } from '../http/client-address.ts';
import { makeRequestLogger } from '../lib/logger.ts';
import type { Identity } from './identity.ts';
import { type RequestOrigin, readOrigin } from './request-origin.ts';

/**
 * What belongs to one request, or to one that opened a websocket. It is handed on from where the
 * request comes in to everything that is done for it: no part looks it up elsewhere.
 */
export type RequestScope = {
  readonly origin: RequestOrigin;
  /** The user; undefined until that is decided, and where it need not be known. */
  identity: Identity | undefined;
  /** Carries the request's id in every line, and tells the error log who asked. */
  readonly logger: Logger;
  /** The GraphQL operation that an HTTP request carried, once it has ended. */
  operation?: OperationOutcome;
};

/** A GraphQL operation for the log: no arguments, variables or results. */
export type OperationOutcome = {
  /** Its kind with its name or, without one, its first fields: `query Vendors`, `mutation { holdSlot }`. */
  readonly operation: string;
  /** The code of the first error that the client got. */
  readonly code: string | undefined;
};

declare module 'http' {
  // biome-ignore lint/style/useConsistentTypeDefinitions: it adds to the library's own.
  interface IncomingMessage {
    /** Set by `beginScope`, before anything else is done for the request; read it by `scopeOf`. */
    scope?: RequestScope;
  }
}

export type ScopeOptions = {
  readonly clientAddress: ClientAddress;
  /** The process's, of which the request's is made. */
  readonly logger: Logger;
};

/** Begins what belongs to a request that has come in. */
export function beginScope(
  request: IncomingMessage,
  { clientAddress, logger }: ScopeOptions,
): RequestScope {
  const origin = readOrigin(request, clientAddress);
  const scope: RequestScope = {
    origin,
    identity: undefined,
    logger: makeRequestLogger(logger, {
      requestId: origin.requestId,
      userId: () => scope.identity?.subject,
    }),
  };
  request.scope = scope;
  return scope;
}

/** Throws for a request that came in by a door at which no scope begins. */
export function scopeOf({ scope }: IncomingMessage): RequestScope {
  if (scope === undefined) {
    throw new Error('A request arrived without a scope.');
  }
  return scope;
}

/** The scope of the request that an operation came in, or of the one that opened its websocket. */
export function scopeOfOperation(context: Partial<Grafast.RequestContext>): RequestScope {
  const request = context.node?.req ?? context.ws?.request;
  if (!request) {
    throw new Error('An operation arrived without a request.');
  }
  return scopeOf(request);
}

/** The user of the request. Throws when that is not decided yet: nothing may then run as any user. */
export function identityOf({ identity }: Pick<RequestScope, 'identity'>): Identity {
  if (identity === undefined) {
    throw new Error('A request arrived without an identity.');
  }
  return identity;
}
