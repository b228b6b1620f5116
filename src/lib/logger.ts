import { types } from 'node:util';
import { type DestinationStream, type Logger, type LoggerOptions as PinoOptions, pino } from 'pino';

/** What of an error is logged: not the rows in PostgreSQL's `detail`, nor the connection itself. */
const loggedFields = [
  'code',
  'where',
  'schema',
  'table',
  'column',
  'constraint',
  'routine',
] as const;

function describeError(error: unknown): unknown {
  if (!types.isNativeError(error)) {
    return error;
  }
  const fields = error as Partial<Record<(typeof loggedFields)[number], unknown>>;
  return {
    type: error.constructor.name,
    message: error.message,
    stack: error.stack,
    ...Object.fromEntries(loggedFields.map((name) => [name, fields[name]])),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

/** What is known of the moment at which an error was logged; never variables. */
export type ErrorMoment = {
  readonly userId: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
  readonly isFatal: boolean;
};

export type LoggerOptions = {
  /** Standard output, unless told otherwise. */
  destination?: DestinationStream;
  /** Is told of every error that is logged as one. */
  onError?: (error: Error, moment: ErrorMoment) => void;
};

/** The request whose lines a logger writes; children of the logger inherit it. */
const ofRequest = Symbol('of request');

type LoggedRequest = {
  readonly requestId: string;
  /** Asked for when an error is logged, as it may be decided in the course of the request. */
  readonly userId: () => string | undefined;
};

type RequestLogger = Logger & { readonly [ofRequest]?: LoggedRequest };

/**
 * Makes the logger of one request: every line carries the request's id. The user is in no line and
 * goes along with errors alone, to `onError`.
 */
export function makeRequestLogger(logger: Logger, request: LoggedRequest): Logger {
  const { requestId } = request;
  return Object.assign(logger.child({ requestId }), { [ofRequest]: request });
}

/** What of a log line is kept with its error; nothing else, as values may be in it. */
const keptFields = ['errorId', 'path', 'job', 'requestId'] as const;

function momentOf(
  line: Readonly<Record<string, unknown>>,
  level: number,
  request: LoggedRequest | undefined,
): ErrorMoment {
  const kept: Readonly<Record<string, unknown>> = { requestId: request?.requestId, ...line };
  return {
    userId: request?.userId(),
    data: Object.fromEntries(
      keptFields.map((name) => [name, kept[name]]).filter(([, value]) => value !== undefined),
    ),
    isFatal: level >= fatal,
  };
}

/** As pino numbers its levels. */
const errorLevel = 50;
const fatal = 60;

/** Makes the process's logger: JSON lines. */
export function makeLogger(level: string, { destination, onError }: LoggerOptions = {}): Logger {
  const options: PinoOptions = {
    level,
    serializers: { err: describeError },
    hooks: {
      logMethod(args, method, lineLevel) {
        const [line] = args as unknown[];
        if (lineLevel >= errorLevel && typeof line === 'object' && line !== null) {
          const fields = line as Readonly<Record<string, unknown>>;
          if (types.isNativeError(fields.err)) {
            onError?.(fields.err, momentOf(fields, lineLevel, (this as RequestLogger)[ofRequest]));
          }
        }
        method.apply(this, args);
      },
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
