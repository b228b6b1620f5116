import type { Response } from 'express';
import type { GraphQLError } from 'postgraphile/graphql';
import { type ErrorCode, errorCodes } from '../api/error-codes.ts';

/** Ends a request that failed outside GraphQL with the body that GraphQL clients understand. */
export function sendFailure(
  response: Response,
  code: ErrorCode,
  message: GraphQLError['message'] = errorCodes[code].message,
): void {
  const { status } = errorCodes[code];
  if (status === 401) {
    response.setHeader('www-authenticate', 'Bearer');
  }
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
}
