import pg from 'pg';
import type { Logger } from 'pino';
import { retry } from '../lib/retry.ts';
import { jobs as allJobs, type Job } from './jobs.ts';
import { type RunningWork, runTogether, workOnRows } from './leased-rows.ts';

export type JobsOptions = {
  /** As `ombaro_worker`. */
  connectionString: string;
  logger: Logger;
  jobs?: readonly Job[];
  /** Between two looks for due jobs, in milliseconds. */
  intervalMs?: number;
  /** How long a job waits that failed, in milliseconds. */
  retryDelayMs?: number;
};

export type RunningJobs = RunningWork;

type Run = { readonly name: string; readonly attempt: number; readonly nextDueAt: Date };

type Outcome = { readonly did: number; readonly error: Error | null };

/** How long one call may take, in milliseconds, where its job says nothing else. */
const defaultTimeoutMs = 60_000;

/** After a time-out the server answers at once; a connection that says nothing for so long is dead. In ms. */
const answerMarginMs = 10_000;

/** Longer than a call can take: to connect, for itself, and to answer. In milliseconds. */
const leaseOf = ({ timeoutMs = defaultTimeoutMs }: Job) => timeoutMs + 3 * answerMarginMs;

const leaseJobs = {
  name: 'ombaro_lease_jobs',
  text: `select name, attempt, next_due_at as "nextDueAt" from app_private.lease_jobs($1,
    array(select n * interval '1 ms' from unnest($2::integer[]) with ordinality p (n, i) order by i),
    array(select n * interval '1 ms' from unnest($3::integer[]) with ordinality l (n, i) order by i), $4)`,
};
const finishJob = {
  name: 'ombaro_finish_job',
  text: `select app_private.finish_job($1, $2, $3, $4, $5 * interval '1 ms')`,
};

/**
 * Runs each job when it is due, and all of them at the start: the rows of `app_private.jobs`. Each has a
 * connection of its own while it runs, and its call ends on the server after the job's time: no job waits for
 * another, and of several workers one runs it.
 */
export function startJobs({
  connectionString,
  logger,
  jobs = allJobs,
  intervalMs = 1_000,
  retryDelayMs = 60 * intervalMs,
}: JobsOptions): RunningJobs {
  const pool = new pg.Pool({
    connectionString,
    application_name: 'ombaro jobs',
    keepAlive: true,
    // A job that is leased has a connection, and who leases is not out of them while one is free.
    max: jobs.length,
    connectionTimeoutMillis: answerMarginMs,
  });
  pool.on('error', (error) => logger.error({ err: error, connection: 'jobs' }, 'connection lost'));
  const jobOf = new Map(jobs.map((job) => [job.name, job]));
  const names = jobs.map(({ name }) => name);
  const definition = [names, jobs.map(({ everyMs }) => everyMs), jobs.map(leaseOf)];
  let isScheduled = false;
  const running = workOnRows<Run>({
    name: 'jobs',
    logger,
    concurrency: jobs.length,
    intervalMs,
    lease: async (most) => {
      if (!isScheduled) {
        await pool.query('select app_private.schedule_jobs($1)', [names]);
        isScheduled = true;
      }
      return (await pool.query<Run>({ ...leaseJobs, values: [...definition, most] })).rows;
    },
    work: async ({ name, attempt, nextDueAt }) => {
      const job = jobOf.get(name);
      if (job === undefined) {
        throw new TypeError(`The job "${name}" was not asked for.`);
      }
      const { did, error } = await run(job, pool, logger);
      const { againFrom = Number.POSITIVE_INFINITY } = job;
      const wait = error === null ? (did >= againFrom ? 0 : null) : retryDelayMs;
      const values = [name, attempt, error?.message ?? null, nextDueAt, wait];
      await retry(() => pool.query({ ...finishJob, values }));
    },
  });
  return runTogether([running], () => pool.end());
}

/** One call. Never fails. */
async function run(job: Job, pool: pg.Pool, logger: Logger): Promise<Outcome> {
  const { name } = job;
  try {
    const did = await withOwnClient(pool, (client) => call(job, client));
    logger.debug({ job: name, did }, 'a job ran');
    return { did, error: null };
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    if (isRefusal(error)) {
      logger.error({ err: error, job: name }, 'a job failed');
    } else {
      logger.error({ err: error, connection: 'jobs', job: name }, 'connection lost');
    }
    return { did: 0, error };
  }
}

async function call(
  { call: sql, timeoutMs = defaultTimeoutMs }: Job,
  client: pg.PoolClient,
): Promise<number> {
  await client.query(`set statement_timeout = ${timeoutMs}`);
  try {
    // The driver takes a time-out with each query, and its types do not know it.
    const query = { text: `select ${sql} as did`, query_timeout: timeoutMs + answerMarginMs };
    const { rows } = await client.query<{ did: number }>(query);
    return rows[0]?.did ?? 0;
  } finally {
    await client.query('reset statement_timeout');
  }
}

async function withOwnClient<Result>(
  pool: pg.Pool,
  act: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  // Lost while nothing waits for it: the next query says so.
  const onError = () => undefined;
  client.on('error', onError);
  let isLost = true;
  try {
    const result = await act(client);
    isLost = false;
    return result;
  } catch (error) {
    isLost = !isRefusal(error);
    throw error;
  } finally {
    client.off('error', onError);
    client.release(isLost);
  }
}

/** The database has refused the call; all else is a lost connection. */
function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity !== 'FATAL';
}
