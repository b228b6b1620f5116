import type { Express, Request } from 'express';
import { codeOf } from '../errors/errors.ts';
import { sendFailure, sendTooManyRequests } from '../http/failure.ts';
import type { CountRequest } from '../http/request-limit.ts';
import type { Identify } from '../requests/identity.ts';
import { type RequestScope, scopeOf } from '../requests/scope.ts';

export type AuthenticationOptions = {
  identify: Identify;
  countRequest: CountRequest;
};

/**
 * Decides which user sends a GraphQL request before anything of it is read, and whether that is one too
 * many. A token that is not believed counts for the address, so that guessing is limited as well.
 */
export function installAuthentication(
  app: Express,
  { identify, countRequest }: AuthenticationOptions,
): void {
  app.use('/graphql', async (request, response, next) => {
    const scope = scopeOf(request);
    const refusal = await refusalOf(request, scope);
    const retryAfter = isPreflight(request)
      ? undefined
      : countRequest(scope.origin.address, scope.identity?.subject);
    if (retryAfter !== undefined) {
      sendTooManyRequests(response, retryAfter);
    } else if (refusal !== undefined) {
      sendFailure(response, refusal);
    } else {
      next();
    }
  });

  async function refusalOf(request: Request, scope: RequestScope) {
    try {
      scope.identity = await identify(request.headers.authorization);
      return undefined;
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) {
        scope.logger.error({ err: error }, 'tokens cannot be verified');
      }
      return code ?? 'OB099';
    }
  }
}

/** Browsers ask first without a token; with one it is an attempt like any other. */
function isPreflight({ method, headers }: Request): boolean {
  return method === 'OPTIONS' && headers.authorization === undefined;
}
