import { apiError, valueError } from '../../errors/errors.ts';

/** What a front end reports, as the mutation takes it. */
export type ReportedActivity = {
  kind: string;
  sessionId: string;
  pagePath?: string | null;
  metadata?: unknown;
  secondsAgo?: number | null;
};

/** One row of `app_private.write_activities`. */
export type ActivityRow = {
  user_id: string | null;
  kind: string;
  session_id: string;
  page_path: string | null;
  metadata: object;
  /** As ISO 8601. */
  at: string;
};

/** Of one report. */
const most = 50;
const longestPath = 500;
/** Of the details of one activity, in characters of JSON. */
const longestMetadata = 2_000;
/** A front end that was offline sends later what was done before; in seconds. */
const longestAgoSeconds = 3_600;

/** What waits at most, of all users. */
const defaultCapacity = 20_000;

/** Activities that wait to be written. */
export class ActivityQueue {
  readonly #capacity: number;
  #rows: ActivityRow[] = [];

  constructor(capacity: number = defaultCapacity) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#rows.length;
  }

  /**
   * Takes a report of a person, or of a visitor without a subject: all of it or nothing.
   *
   * @returns how many there were.
   * @throws OB059 when it is too much at once, OB020 when it is not what a report is.
   */
  add(subject: string | undefined, reported: readonly ReportedActivity[]): number {
    if (reported.length > most) {
      throw apiError(
        'OB059',
        `A report must have at most ${most} activities. Send several reports.`,
      );
    }
    const now = Date.now();
    const rows = reported.map((activity, index) =>
      rowOf(subject, activity, now, `input.events.${index}`),
    );
    if (this.#rows.length + rows.length > this.#capacity) {
      throw apiError('OB059');
    }
    this.#rows.push(...rows);
    return rows.length;
  }

  /** The oldest that wait, at most so many. */
  take(count: number): readonly ActivityRow[] {
    return this.#rows.splice(0, count);
  }

  /** Takes back what could not be written, as far as there is room. */
  giveBack(rows: readonly ActivityRow[]): void {
    this.#rows.unshift(...rows.slice(0, Math.max(0, this.#capacity - this.#rows.length)));
  }
}

function rowOf(
  subject: string | undefined,
  { kind, sessionId, pagePath, metadata, secondsAgo }: ReportedActivity,
  now: number,
  path: string,
): ActivityRow {
  const ago = secondsAgo ?? 0;
  if (!/^[\w.-]{8,100}$/.test(sessionId)) {
    throw valueError(
      `${path}.sessionId`,
      'This must have 8 to 100 letters, digits, dots, dashes or underscores.',
    );
  }
  if (pagePath && (pagePath.length > longestPath || !/^\/[^\s?#\0]*$/.test(pagePath))) {
    throw valueError(
      `${path}.pagePath`,
      `This must begin with / and have at most ${longestPath} characters, without a query.`,
    );
  }
  if (ago < 0 || ago > longestAgoSeconds) {
    throw valueError(`${path}.secondsAgo`, `This must be from 0 to ${longestAgoSeconds} seconds.`);
  }
  return {
    user_id: subject ?? null,
    kind,
    session_id: sessionId,
    page_path: pagePath ?? null,
    metadata: metadataOf(metadata ?? {}, `${path}.metadata`),
    at: new Date(now - ago * 1000).toISOString(),
  };
}

function metadataOf(metadata: unknown, path: string): object {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    throw valueError(path, 'This must be a JSON object.');
  }
  const json = JSON.stringify(metadata);
  // PostgreSQL's texts cannot hold a zero, and one would cost the whole batch.
  if (json.length > longestMetadata || json.includes('\\u0000')) {
    throw valueError(path, `This must have at most ${longestMetadata} characters of JSON.`);
  }
  return metadata;
}
