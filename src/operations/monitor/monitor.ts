import pg from 'pg';
import { type Activity, readActivity } from './activity.ts';
import { type Bloat, estimateIndexBloat, estimateTableBloat } from './bloat.ts';
import { type Blocking, readBlocking } from './blocking.ts';
import { type Cache, readCache } from './cache.ts';
import { type Failure, readFailures } from './failures.ts';
import { type Indexes, readIndexes } from './indexes.ts';
import { type Messages, readMessages } from './messages.ts';
import { NotVisible } from './not-visible.ts';
import { type Replication, readReplication } from './replication.ts';
import { howToSeeAllSessions, seesAllSessions } from './sees-all-sessions.ts';
import { readSizes, type Sizes } from './sizes.ts';
import { readSlowQueries, type SlowQuery } from './slow-queries.ts';

/** What is known of each part; `null` where `notes` says why not. */
export type Monitor = {
  readonly at: Date;
  readonly database: string;
  readonly server: string;
  readonly activity: Activity | null;
  readonly blocking: readonly Blocking[] | null;
  readonly slowQueries: readonly SlowQuery[] | null;
  readonly sizes: Sizes | null;
  readonly tableBloat: readonly Bloat[] | null;
  readonly indexBloat: readonly Bloat[] | null;
  readonly indexes: Indexes | null;
  readonly cache: Cache | null;
  readonly replication: Replication | null;
  readonly messages: Messages | null;
  readonly failures: readonly Failure[] | null;
  /** By part: why it is not there, or what of it is not. */
  readonly notes: Readonly<Record<string, string>>;
};

/** For all of one look, and for one lock: the monitor is looked at when something is stuck. In milliseconds. */
const queryTimeoutMs = 5_000;
const lockTimeoutMs = 500;

/**
 * One look at the database, as the role of `client` may see it. Changes nothing.
 *
 * @throws Error only where the connection is lost.
 */
export async function readMonitor(client: pg.ClientBase): Promise<Monitor> {
  await client.query(
    `select set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
      set_config('search_path', 'public', false)`,
    [String(queryTimeoutMs), String(lockTimeoutMs)],
  );
  const notes: Record<string, string> = {};
  const part = async <Value>(
    name: string,
    read: (client: pg.ClientBase) => Promise<Value>,
  ): Promise<Value | null> => {
    try {
      return await read(client);
    } catch (error) {
      notes[name] = reasonOf(error);
      return null;
    }
  };
  const { rows } = await client.query<{ at: Date; database: string; server: string }>(
    `select now() as at, current_database() as database, current_setting('server_version') as server`,
  );
  const [head] = rows;
  if (head === undefined) {
    throw new TypeError('A query without a table has a row.');
  }
  const monitor = {
    ...head,
    activity: await part('activity', readActivity),
    blocking: await part('blocking', readBlocking),
    slowQueries: await part('slowQueries', readSlowQueries),
    sizes: await part('sizes', (one) => readSizes(one)),
    tableBloat: await part('tableBloat', (one) => estimateTableBloat(one)),
    indexBloat: await part('indexBloat', (one) => estimateIndexBloat(one)),
    indexes: await part('indexes', readIndexes),
    cache: await part('cache', readCache),
    replication: await part('replication', readReplication),
    messages: await part('messages', readMessages),
    failures: await part('failures', readFailures),
    notes,
  };
  if (!(await seesAllSessions(client))) {
    notes.activity ??= howToSeeAllSessions;
  }
  return monitor;
}

/** @throws any error but a refusal by the database: the connection is gone, or the program is wrong. */
function reasonOf(error: unknown): string {
  if (error instanceof NotVisible) {
    return error.message;
  }
  if (error instanceof pg.DatabaseError && error.severity !== 'FATAL') {
    switch (error.code) {
      case '55P03':
        return 'a table that it reads is locked';
      case '57014':
        return `no answer in ${queryTimeoutMs / 1000} s`;
      case '42501':
        return `not visible: ${error.message}`;
      case '42P01':
      case '42883':
        return `not there: ${error.message}. Is the database migrated?`;
    }
  }
  throw error;
}
