import type { Response } from 'express';
import type { GraphQLError } from 'postgraphile/graphql';
import { type ErrorCode, errorCodes } from '../errors/error-codes.ts';

/** Ends a request of one too many; its client may come again after so many whole seconds. */
export function sendTooManyRequests(response: Response, retryAfter: number): void {
  response.setHeader('retry-after', String(retryAfter));
  sendFailure(response, 'OB083');
}

/** Ends a request that failed outside GraphQL with the body that GraphQL clients understand. */
export function sendFailure(
  response: Response,
  code: ErrorCode,
  message: GraphQLError['message'] = errorCodes[code].message,
  field?: string,
): void {
  const { status } = errorCodes[code];
  if (status === 401) {
    response.setHeader('www-authenticate', 'Bearer');
  }
  // For the request's line in the log.
  response.locals.code = code;
  const extensions = field === undefined ? { code } : { code, field };
  response.status(status).json({ errors: [{ message, extensions }] });
}
