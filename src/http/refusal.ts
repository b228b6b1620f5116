import type { Request, Response } from 'express';
import { type ErrorCode, errorCodes } from '../errors/error-codes.ts';

type RefusalDetails = {
  cause?: unknown;
  retrySeconds?: number;
  field?: string;
};

/** Why a request outside GraphQL is refused: a registered code, and a message for its sender. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  /** After how many seconds to come again; undefined where waiting changes nothing. */
  readonly retrySeconds: number | undefined;
  /** The way to the value that is refused, such as `device.platform`; undefined where it is none. */
  readonly field: string | undefined;

  constructor(
    code: ErrorCode,
    message: string = errorCodes[code].message,
    { cause, retrySeconds, field }: RefusalDetails = {},
  ) {
    super(message, { cause });
    this.name = 'Refusal';
    this.code = code;
    this.retrySeconds = retrySeconds;
    this.field = field;
  }
}

/** @throws Refusal OB016, with these words, for any other method. */
export function requireMethod(
  method: 'GET' | 'POST',
  words: string,
  request: Request,
  response: Response,
): void {
  if (request.method !== method) {
    response.setHeader('allow', method);
    throw new Refusal('OB016', words);
  }
}

/** What Express says of a body that it could not take: OB014 for one that is too long, else OB010; an error of ours stays one. */
export function bodyRefusal(
  cause: unknown,
  words: { tooLong: string; unreadable: string },
): unknown {
  const { status } = cause as { status?: unknown };
  if (typeof status !== 'number' || status >= 500) {
    return cause;
  }
  return status === 413
    ? new Refusal('OB014', words.tooLong, { cause })
    : new Refusal('OB010', words.unreadable, { cause });
}
