import pg from 'pg';
import type { Logger } from 'pino';
import { wait, waitBeforeRetry } from '../lib/retry.ts';
import { jobs as allJobs, type Job } from './jobs.ts';

export type JobsOptions = {
  /** As `ombaro_worker`. */
  connectionString: string;
  logger: Logger;
  jobs?: readonly Job[];
  /** Between two looks at the clock, in milliseconds. */
  interval?: number;
};

export type RunningJobs = {
  /** Lets calls that run end, and begins no other. */
  close(): Promise<void>;
};

/** How long one call may take, in milliseconds, where its job says nothing else. */
const defaultTimeout = 60_000;

/** After a time-out the server answers at once; a connection that says nothing for so long is dead. */
const answerMargin = 10_000;

/** Days begin at midnight in India, which has no daylight saving time. In milliseconds. */
const indiaIsAhead = 5.5 * 3_600_000;

/**
 * Runs each job when its time has come, and all of them at the start. Each has a connection of its own while
 * it runs, and its call ends on the server after the job's time: no job waits for another.
 */
export function startJobs({
  connectionString,
  logger,
  jobs = allJobs,
  interval = 60_000,
}: JobsOptions): RunningJobs {
  const stop = new AbortController();
  const { signal } = stop;
  const pool = new pg.Pool({
    connectionString,
    application_name: 'ombaro jobs',
    keepAlive: true,
    max: jobs.length,
    connectionTimeoutMillis: answerMargin,
  });
  pool.on('error', (error) => logger.error({ err: error, connection: 'jobs' }, 'connection lost'));
  const clock = { pool, logger, interval, signal };
  const running = Promise.all(jobs.map((job) => keepDoing(job, clock))).finally(() => pool.end());
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

type Clock = {
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly interval: number;
  readonly signal: AbortSignal;
};

async function keepDoing(job: Job, { pool, logger, interval, signal }: Clock): Promise<void> {
  let lastDone: number | null = null;
  let lost = 0;
  while (!signal.aborted) {
    const stretch = stretchOf(job, Date.now());
    try {
      if (lastDone !== stretch && (await withClient(pool, job, logger, signal))) {
        lastDone = stretch;
      }
      lost = 0;
    } catch (error) {
      // Every job says it once, and not at each attempt to come back.
      if (lost === 0) {
        logger.error({ err: error, connection: 'jobs', job: job.name }, 'connection lost');
      }
      await waitBeforeRetry(lost, signal);
      lost += 1;
      continue;
    }
    await wait(interval, signal);
  }
}

/** The number of the stretch of time in which a moment is, for a job that is done once in each. */
export function stretchOf({ every }: Pick<Job, 'every'>, time: number): number {
  return Math.floor((time + indiaIsAhead) / every);
}

/**
 * Whether the job is done; one that failed is tried again at the next look.
 *
 * @throws Error when the connection is lost.
 */
async function withClient(
  pool: pg.Pool,
  job: Job,
  logger: Logger,
  signal: AbortSignal,
): Promise<boolean> {
  const client = await pool.connect();
  // Lost while nobody waits for it: the next query says so.
  const onError = () => undefined;
  client.on('error', onError);
  try {
    const isDone = await run(job, client, logger, signal);
    client.off('error', onError);
    client.release();
    return isDone;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function run(
  job: Job,
  client: pg.PoolClient,
  logger: Logger,
  signal: AbortSignal,
): Promise<boolean> {
  const { name, timeout = defaultTimeout, againFrom = Number.POSITIVE_INFINITY } = job;
  try {
    await client.query(`set statement_timeout = ${timeout}`);
    let did = againFrom;
    while (did >= againFrom && !signal.aborted) {
      did = await callOnce(job, client, timeout + answerMargin);
      logger.debug({ job: name, did }, 'a job ran');
    }
    return !signal.aborted;
  } catch (error) {
    // What the database refuses it will refuse again in a tenth of a second; a lost connection is another matter.
    if (!(error instanceof pg.DatabaseError) || error.severity === 'FATAL') {
      throw error;
    }
    logger.error({ err: error, job: name }, 'a job failed');
    return false;
  }
}

/** Of several workers that come at once, one calls; the others find the lock taken and get no row. */
async function callOnce(
  { name, call }: Job,
  client: pg.PoolClient,
  answerWithin: number,
): Promise<number> {
  const query = {
    text: `select ${call} as did where pg_try_advisory_xact_lock(hashtext('ombaro job'), hashtext($1))`,
    values: [name],
    query_timeout: answerWithin,
  };
  const { rows } = await client.query<{ did: number }>(query);
  return rows[0]?.did ?? 0;
}
