import pg from 'pg';
import type { ErrorMoment } from '../lib/logger.ts';
import { withoutSecrets } from './without-secrets.ts';

/** One kind of error and how often it was met, as `app_private.record_errors` takes it. */
export type ErrorEntry = {
  type: string;
  message: string;
  stack: string | null;
  user_id: string | null;
  data: Readonly<Record<string, unknown>>;
  severity: 'error' | 'critical';
  occurrences: number;
  /** As ISO 8601. */
  first_seen: string;
  last_seen: string;
};

/** Kinds that are held at most; what is met beyond that is counted alone. */
const capacity = 100;

const longestMessage = 1_000;
const longestStack = 5_000;

/** Errors that wait to be written. Like ones are one entry, so that a storm costs a counter. */
export class ErrorQueue {
  #entries = new Map<string, ErrorEntry>();
  #beyond = 0;

  readonly add = (error: Error, { userId, data, isFatal }: ErrorMoment): void => {
    const now = new Date().toISOString();
    const entry: ErrorEntry = {
      type: typeOf(error),
      message: withoutSecrets(messageOf(error)).slice(0, longestMessage),
      stack: stackOf(error),
      user_id: userId ?? null,
      data,
      severity: isFatal ? 'critical' : 'error',
      occurrences: 1,
      first_seen: now,
      last_seen: now,
    };
    this.#hold(together(this.#entries.get(keyOf(entry)), entry));
  };

  /** All that waits, which then waits no more. */
  take(): readonly ErrorEntry[] {
    const entries = [...this.#entries.values()];
    const beyond = this.#beyond;
    this.#entries = new Map();
    this.#beyond = 0;
    if (beyond > 0) {
      const now = new Date().toISOString();
      entries.push({
        type: 'ErrorQueue',
        message: 'More kinds of errors occurred at once than are recorded.',
        stack: null,
        user_id: null,
        data: {},
        severity: 'critical',
        occurrences: beyond,
        first_seen: now,
        last_seen: now,
      });
    }
    return entries;
  }

  /** Takes back what could not be written. */
  giveBack(entries: readonly ErrorEntry[]): void {
    for (const entry of entries) {
      const since = this.#entries.get(keyOf(entry));
      this.#hold(since === undefined ? entry : together(entry, since));
    }
  }

  #hold(entry: ErrorEntry): void {
    const key = keyOf(entry);
    if (this.#entries.size >= capacity && !this.#entries.has(key)) {
      this.#beyond += entry.occurrences;
      return;
    }
    this.#entries.set(key, entry);
  }
}

/** The details of the later of two like errors, and how often and since when there were both. */
function together(earlier: ErrorEntry | undefined, later: ErrorEntry): ErrorEntry {
  return earlier === undefined
    ? later
    : {
        ...later,
        occurrences: earlier.occurrences + later.occurrences,
        first_seen: earlier.first_seen,
      };
}

/** The same for errors that differ in numbers and ids alone. */
function keyOf({ type, message }: ErrorEntry): string {
  return `${type}\n${message.replace(/[0-9a-f-]*\d[0-9a-f-]*/gi, '#')}`;
}

/** The SQLSTATE of what the database says, else the error's class. */
function typeOf(error: Error): string {
  return error instanceof pg.DatabaseError && error.code !== undefined
    ? error.code
    : error.constructor.name;
}

function messageOf(error: Error): string {
  return error.cause instanceof Error
    ? `${error.message} because: ${messageOf(error.cause)}`
    : error.message;
}

/** The frames alone: the message is in its own place. */
function stackOf(error: Error): string | null {
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const where = error instanceof pg.DatabaseError ? error.where : undefined;
  const lines = [...(where === undefined ? [] : [where]), ...frames].join('\n');
  return lines === '' ? null : withoutSecrets(lines).slice(0, longestStack);
}
