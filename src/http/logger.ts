import { AsyncLocalStorage } from 'node:async_hooks';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

const requestIds = new AsyncLocalStorage<string>();

/** Runs what belongs to one request, so that all it logs carries the request's id. */
export function withRequestId<T>(requestId: string, run: () => T): T {
  return requestIds.run(requestId, run);
}

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
  if (!(error instanceof Error)) {
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

/** Makes the process's logger: JSON lines, on standard output unless told otherwise. */
export function makeLogger(level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    serializers: { err: describeError },
    mixin() {
      const requestId = requestIds.getStore();
      return requestId === undefined ? {} : { requestId };
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
