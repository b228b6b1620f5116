import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Logger } from 'pino';
import { isSafeError } from 'postgraphile/grafast';
import { BREAK, GraphQLError, visit } from 'postgraphile/graphql';
import type { ConstraintMessages } from './constraint-messages.ts';
import { type ErrorCode, errorCodes, isErrorCode, sqlStateMessages } from './error-codes.ts';

/** An error that clients may see: a registered code and a message for people. */
export function apiError(
  code: ErrorCode,
  message: string = errorCodes[code].message,
  cause?: unknown,
): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code },
    ...(cause instanceof Error ? { originalError: cause } : {}),
  });
}

/** Refuses a value of the input. `field` is the way to it, such as `input.patch.name`. */
export function valueError(field: string, words: string): GraphQLError {
  return new GraphQLError(aboutField(field, words), { extensions: { code: 'OB020', field } });
}

/**
 * Words about a value, with its name in them: "This must be a number." of `input.patch.price` becomes
 * `"price" must be a number.`
 */
export function aboutField(field: string, words: string): string {
  const name = field.replace(/^input\.(patch\.)?/, '');
  return words.startsWith('This ') ? `"${name}"${words.slice(4)}` : `"${name}": ${words}`;
}

/** Refuses one operation of many; its client may come again after so many whole seconds. */
export function tooManyRequests(retryAfter: number): GraphQLError {
  return new GraphQLError(errorCodes.OB083.message, { extensions: { code: 'OB083', retryAfter } });
}

/** The code that a client sees or would see for an error, as far as it is registered. */
export function codeOf(error: unknown): ErrorCode | undefined {
  for (let current = error; current instanceof Error; current = originOf(current)) {
    const code =
      current instanceof GraphQLError
        ? current.extensions.code
        : (current as { code?: unknown }).code;
    if (isErrorCode(code)) {
      return code;
    }
  }
  return undefined;
}

function originOf(error: Error): unknown {
  return error instanceof GraphQLError ? error.originalError : error.cause;
}

/** Whether an error is ours and not the client's: a later request may succeed. */
export function isInternal(error: unknown): boolean {
  const originalError = error instanceof Error ? error : new Error(String(error));
  const wrapped = new GraphQLError(originalError.message, { originalError, path: [''] });
  return publicError(wrapped, noMessages) === undefined;
}

type PublicError = {
  code: string;
  message: string;
  errorId?: string;
  retryAfter?: number;
  /** The way to the value that was refused, where it is known. */
  field?: string;
  /** What the database refuses, as long as the way to it is not known. */
  place?: RefusedPlace;
};

/** What the database says of the value that it refuses: its column or argument, or its domain. */
export type RefusedPlace = {
  readonly column: string | undefined;
  readonly domain: string | undefined;
};

/** Finds the way to the value that the database refuses in the input of the field that failed. */
export type FindField = (error: GraphQLError, place: RefusedPlace) => string | undefined;

/**
 * What a client is told of an error; `logger` gets what it is not told. `findField` knows the input of
 * the operation; without it an error of the database has no field.
 */
export type MaskError = (
  error: GraphQLError,
  logger: Logger,
  findField?: FindField,
) => GraphQLError;

const noMessages: ConstraintMessages = {
  of: () => ({ message: undefined, column: undefined, domain: undefined }),
};

/** An error about which it is decided what a client is told. */
class MaskedError extends GraphQLError {}

/**
 * Decides what a client is told about an error. Registered codes pass with their message, known
 * SQLSTATEs with a sentence of ours; everything else becomes OB099 with an id that is logged
 * together with the error. What is masked already passes as it is.
 */
export function makeMaskError(constraintMessages: () => ConstraintMessages): MaskError {
  return (error, logger, findField) => {
    if (error instanceof MaskedError) {
      return error;
    }
    const { message, place, ...told } =
      publicError(error, constraintMessages()) ?? hide(error, logger);
    const field = told.field ?? (place && findField?.(error, place));
    const extensions = { ...told, ...(field === undefined ? {} : { field }) };
    const { nodes, source, positions, path } = error;
    return new MaskedError(message, {
      nodes: nodes ?? null,
      source: source ?? null,
      positions: positions ?? null,
      path: path ?? null,
      extensions,
    });
  };
}

function publicError(error: GraphQLError, messages: ConstraintMessages): PublicError | undefined {
  const origin = rootOf(error);
  if (origin instanceof GraphQLError) {
    if (isErrorCode(origin.extensions.code)) {
      const { code, retryAfter, field } = origin.extensions;
      return {
        code,
        message: origin.message,
        ...(typeof retryAfter === 'number' ? { retryAfter } : {}),
        ...(typeof field === 'string' ? { field } : {}),
      };
    }
    // Without a path nothing has run yet: parsing, validation or the variables failed.
    return origin.path === undefined ? { code: 'OB010', message: origin.message } : undefined;
  }
  if (origin instanceof pg.DatabaseError) {
    return madeUpError(error, origin) ?? databaseError(origin, messages);
  }
  if (foreignCursor.test(origin.message)) {
    return refusedArgument('after');
  }
  if (nothingDeleted.test(origin.message)) {
    return { code: 'OB003', message: errorCodes.OB003.message };
  }
  return isSafeError(origin) ? { code: 'OB010', message: origin.message } : undefined;
}

/** What the library throws, as an error like any other, where there is no such row or it may not be deleted. */
const nothingDeleted = /^No values were deleted in collection /;

/** What the library says of a cursor that another order, or none, has given. */
const foreignCursor = /^Invalid (cursor|'after' cursor)/;

/** Arguments that are taken apart only when the database is asked, and what they must be. */
const opaqueArguments = {
  after: 'This must be a cursor from an earlier page of the same list in the same order.',
  nodeId: 'This must be the nodeId of an existing object.',
} as const;

/** Class 22, as far as a value that was sent can be at fault: unstorable, unreadable, out of range. */
const badValues: ReadonlySet<unknown> = new Set([
  '22003',
  '22007',
  '22008',
  '22021',
  '22P02',
  '22P05',
]);

/** A value that PostgreSQL refuses, in a field with such an argument: all others were looked at before. */
function madeUpError({ nodes }: GraphQLError, { code }: pg.DatabaseError): PublicError | undefined {
  const [field] = nodes ?? [];
  if (field === undefined || !badValues.has(code)) {
    return undefined;
  }
  let found: PublicError | undefined;
  visit(field, {
    Argument({ name: { value } }) {
      if (value === 'after' || value === 'nodeId') {
        found = refusedArgument(value);
        return BREAK;
      }
      return undefined;
    },
  });
  return found;
}

function refusedArgument(field: keyof typeof opaqueArguments): PublicError {
  return { code: 'OB020', message: aboutField(field, opaqueArguments[field]), field };
}

function rootOf(error: GraphQLError): Error {
  let current: Error = error;
  while (current instanceof GraphQLError && current.originalError) {
    if (isErrorCode(current.extensions.code)) {
      return current;
    }
    current = current.originalError;
  }
  return current;
}

function databaseError(
  error: pg.DatabaseError,
  messages: ConstraintMessages,
): PublicError | undefined {
  const { code, column } = error;
  if (isErrorCode(code)) {
    return { code, message: error.message, place: { column, domain: undefined } };
  }
  if (code === '57014') {
    return { code: 'OB013', message: errorCodes.OB013.message };
  }
  // From 18 on PostgreSQL tells `on delete restrict` apart; for a client it is the same.
  const state = code === '23001' ? '23503' : code;
  const message = state === undefined ? undefined : sqlStateMessages[state];
  if (state === undefined || message === undefined) {
    return undefined;
  }
  const refused = messages.of(error);
  const place = { column: refused.column ?? column, domain: refused.domain };
  return { code: state, message: refused.message ?? message, place };
}

function hide(error: GraphQLError, logger: Logger): PublicError {
  const errorId = randomUUID();
  logger.error({ err: error.originalError ?? error, path: error.path, errorId }, 'request failed');
  return { code: 'OB099', message: `${errorCodes.OB099.message} (${errorId})`, errorId };
}
