import { type ErrorCode, errorCodes, isErrorCode } from '../api/error-codes.ts';

/** A sign-in that is refused, with what the person is told. */
export class SignInError extends Error {
  readonly code: ErrorCode;
  /** After how many seconds to come again; undefined where waiting changes nothing. */
  readonly retrySeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string = errorCodes[code].message,
    { cause, retrySeconds }: { cause?: unknown; retrySeconds?: number } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.retrySeconds = retrySeconds;
  }
}

/** Throws the refusal that a function of the sign-in gave; `null` is none. */
export function throwRefusal(refusal: string | null): void {
  if (refusal === null) {
    return;
  }
  if (!isErrorCode(refusal)) {
    throw new Error(`The database refuses with ${refusal}, which is not registered.`);
  }
  throw new SignInError(refusal);
}
