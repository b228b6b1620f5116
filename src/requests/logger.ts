import { types } from 'node:util';
import { type DestinationStream, type Logger, type LoggerOptions as PinoOptions, pino } from 'pino';
import type { ErrorMoment } from '../errors/error-queue.ts';
import { subjectOf } from './identity.ts';
import { servedOrigin, servedRequest } from './request-origin.ts';

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

export type LoggerOptions = {
  /** Standard output, unless told otherwise. */
  destination?: DestinationStream;
  /** Is told of every error that is logged as one; what belongs to a request, within that. */
  onError?: (error: Error, moment: ErrorMoment) => void;
};

/** What of a log line is kept with its error; nothing else, as values may be in it. */
const keptFields = ['errorId', 'path', 'job'] as const;

function momentOf(line: Readonly<Record<string, unknown>>, level: number): ErrorMoment {
  const request = servedRequest();
  const requestId = servedOrigin()?.requestId;
  const fields = keptFields.map((name) => [name, line[name]] as const);
  return {
    userId: request && subjectOf(request),
    data: Object.fromEntries(
      [...fields, ['requestId', requestId] as const].filter(([, value]) => value !== undefined),
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
            onError?.(fields.err, momentOf(fields, lineLevel));
          }
        }
        method.apply(this, args);
      },
    },
    mixin() {
      const origin = servedOrigin();
      return origin === undefined ? {} : { requestId: origin.requestId };
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
