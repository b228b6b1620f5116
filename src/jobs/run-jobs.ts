import pg from 'pg';
import type { Logger } from 'pino';
import { pause } from '../realtime/back-off.ts';
import { keepConnected } from '../realtime/keep-connected.ts';
import { jobs as allJobs, type Job } from './jobs.ts';

export interface JobsOptions {
  /** As `ombaro_worker`. */
  connectionString: string;
  logger: Logger;
  jobs?: readonly Job[];
  /** Between two looks at the clock, in milliseconds. */
  interval?: number;
}

export interface RunningJobs {
  /** Lets a call that runs end, and begins no other. */
  close(): Promise<void>;
}

/** For one call, in milliseconds: the first refresh of the dashboards counts everything. */
const patience = 300_000;

/** Days begin at midnight in India, which has no daylight saving time. In milliseconds. */
const indiaIsAhead = 5.5 * 3_600_000;

/** Runs each job when its time has come, and all of them at the start, one after another. */
export function startJobs({
  connectionString,
  logger,
  jobs = allJobs,
  interval = 60_000,
}: JobsOptions): RunningJobs {
  const stop = new AbortController();
  const { signal } = stop;
  const lastDone = new Map<Job, number>();
  // Outlives a connection: a job that costs it does not come before those that still wait.
  const waiting = new Set<Job>();
  const running = keepConnected({
    connectionString,
    logger,
    name: 'jobs',
    patience,
    signal,
    async use(client) {
      while (!signal.aborted) {
        for (const job of jobs) {
          if (lastDone.get(job) !== stretchOf(job, Date.now())) {
            waiting.add(job);
          }
        }
        for (const job of waiting) {
          waiting.delete(job);
          const stretch = stretchOf(job, Date.now());
          if (await run(job, client, logger, signal)) {
            lastDone.set(job, stretch);
          }
        }
        await pause(interval, signal);
      }
    },
  });
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

/** The number of the stretch of time in which a moment is, for a job that is done once in each. */
export function stretchOf({ every }: Pick<Job, 'every'>, time: number): number {
  return Math.floor((time + indiaIsAhead) / every);
}

/** Whether the job is done; one that failed is tried again at the next look. */
async function run(
  job: Job,
  client: pg.Client,
  logger: Logger,
  signal: AbortSignal,
): Promise<boolean> {
  const { name, againFrom = Number.POSITIVE_INFINITY } = job;
  try {
    let did = againFrom;
    while (did >= againFrom && !signal.aborted) {
      did = await callOnce(job, client);
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
async function callOnce({ name, call }: Job, client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ did: number }>(
    `select ${call} as did where pg_try_advisory_xact_lock(hashtext('ombaro job'), hashtext($1))`,
    [name],
  );
  return rows[0]?.did ?? 0;
}
