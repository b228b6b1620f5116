import { setTimeout as sleep } from 'node:timers/promises';
import { makeLogger } from '../../src/lib/logger.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { type Job, jobs } from '../../src/work/jobs.ts';
import { type RunningJobs, startJobs } from '../../src/work/run-jobs.ts';
import { idFor, inHours, type Market, openMarket, therapist, vendor } from '../fixtures/market.ts';

let market: Market;
let log: Record<string, unknown>[];
const started: RunningJobs[] = [];

const functions = `app_private.lapse_bookings(integer), app_private.forget_locations(),
  app_private.expire_points(integer), app_private.lower_tiers(integer), app_private.make_payouts(date)`;

beforeAll(async () => {
  market = await openMarket();
  await market.owner.query(`grant execute on function ${functions} to ombaro_worker`);
});

afterAll(async () => {
  await market?.close();
});

beforeEach(() => {
  log = [];
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((worker) => worker.close()));
});

function start(options: { jobs?: readonly Job[]; intervalMs?: number } = {}): RunningJobs {
  const worker = startJobs({
    connectionString: market.database.workerUrl,
    logger: makeLogger('debug', {
      destination: { write: (line) => void log.push(JSON.parse(line)) },
    }),
    ...options,
  });
  started.push(worker);
  return worker;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      throw new Error('It did not come to be.');
    }
    await sleep(20);
  }
}

const ran = (name: string) => log.filter(({ job, msg }) => job === name && msg === 'a job ran');
const failed = (name: string) =>
  log.filter(({ job, msg }) => job === name && msg === 'a job failed');
const everythingRan = () => jobs.every(({ name }) => ran(name).length > 0);

/** Leaves something to do for each job. */
const lapsing = 40;
const lasting = 7;
const credit = 100;

async function prepare() {
  const { owner } = market;
  const [late, old, fallen] = [
    await market.newCustomer(),
    await market.newCustomer(),
    await market.newCustomer(),
  ];
  const booking = await market.book(late, { startsAt: inHours(30) }, { payment: null });
  await owner.query(`update bookings set expires_at = now() - interval '1 minute' where id = $1`, [
    booking.id,
  ]);
  await market.givePoints(old, lapsing, '-1 day');
  await market.givePoints(old, lasting);
  await owner.query(`update customers set membership_tier = 'gold' where id = $1`, [fallen.sub]);
  await owner.query(
    `insert into therapist_locations (therapist_id, latitude, longitude, timestamp)
    values ($1, 18, 73, now() - interval '25 hours'), ($1, 18, 73, now() - interval '23 hours')`,
    [therapist],
  );
  await owner.query(
    `insert into vendor_credits (vendor_id, booking_id, kind, amount, created_at)
    values ($1, $2, 'cancellation_fee', $3, now() - interval '8 days')`,
    [vendor, booking.id, credit],
  );
  return { late, old, fallen, booking };
}

type Prepared = Awaited<ReturnType<typeof prepare>>;

const state = ({ old, fallen, booking }: Prepared) =>
  market.one(
    `select (select status from bookings where id = $1) as booking,
      (select loyalty_points from customers where id = $2) as points,
      (select array_agg(points) from loyalty_points_transactions
       where customer_id = $2 and transaction_type = 'expired') as expired,
      (select membership_tier from customers where id = $3) as tier,
      (select count(*)::integer from therapist_locations) as locations,
      (select array_agg(net_amount::integer) from vendor_payouts where vendor_id = $4) as payouts,
      (select bool_and(period_start = date_trunc('week', now() at time zone 'Asia/Kolkata')::date - 7)
       from vendor_payouts) as "isOfLastWeek",
      (select count(*) > 0 from kpi_values) as figures`,
    [booking.id, idFor(old), idFor(fallen), vendor],
  );

const done = {
  booking: 'cancelled',
  points: lasting,
  expired: [-lapsing],
  tier: 'silver',
  locations: 1,
  payouts: [credit],
  isOfLastWeek: true,
  figures: true,
};

it('each runs at the start, and two workers do nothing twice', async () => {
  const prepared = await prepare();
  expect(await state(prepared)).toMatchObject({
    booking: 'pending',
    points: lapsing + lasting,
    expired: null,
    tier: 'gold',
    locations: 2,
    payouts: null,
  });
  // Over and over, so that they meet.
  const often = { jobs: jobs.map((job) => ({ ...job, everyMs: 1 })), intervalMs: 5 };
  const workers = [start(often), start(often)];
  await until(() => jobs.every(({ name }) => ran(name).length >= 20));
  await Promise.all(workers.map((worker) => worker.close()));
  expect(await state(prepared)).toEqual(done);
  expect(log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

it('each runs once in its interval', async () => {
  const [often, rarely] = [
    { name: 'often', everyMs: 50, call: '0' },
    { name: 'rarely', everyMs: 86_400_000, call: '0' },
  ];
  const worker = start({ jobs: [often, rarely], intervalMs: 5 });
  await until(() => ran('often').length >= 5);
  await worker.close();
  expect(ran('rarely')).toHaveLength(1);
});

it('days begin at midnight in India, hours with its hours', async () => {
  const { rows } = await market.owner.query<Record<string, unknown>>(`
    with scheduled as (select app_private.schedule_jobs('{daily,hourly}'))
    select count(*)::integer from scheduled`);
  expect(rows).toEqual([{ count: 1 }]);
  const { rows: leased } = await market.owner.query<Record<string, unknown>>(`
    select name, to_char(next_due_at at time zone 'Asia/Kolkata', 'HH24:MI:SS.US') as begins,
      next_due_at > now() and next_due_at <= now() + period as "isNext"
    from (values ('daily', interval '1 day'), ('hourly', interval '1 hour')) as job (name, period)
    join app_private.lease_jobs('{daily,hourly}', '{1 day,1 hour}', '{1 min,1 min}', 2) using (name)
    order by name`);
  expect(leased).toEqual([
    { name: 'daily', begins: '00:00:00.000000', isNext: true },
    { name: 'hourly', begins: expect.stringMatching(/^\d\d:00:00\.000000$/), isNext: true },
  ]);
});

it('a missed time is made up for, once', async () => {
  const job = { name: 'missed', everyMs: 3_600_000, call: '0' };
  const worker = start({ jobs: [job], intervalMs: 5 });
  await until(() => ran('missed').length === 1);
  // As after three days without a worker.
  await market.owner.query(
    `update app_private.jobs set next_attempt_at = now() - interval '3 days' where name = 'missed'`,
  );
  await until(() => ran('missed').length === 2);
  await sleep(200);
  await worker.close();
  expect(ran('missed')).toHaveLength(2);
});

it('a job whose worker died is run by another when the lease is over, and not before', async () => {
  await market.owner.query(`
    insert into app_private.jobs (queue, name, leased_until, attempts)
    values ('jobs', 'orphaned', now() + interval '1 hour', 1)`);
  const worker = start({
    jobs: [{ name: 'orphaned', everyMs: 3_600_000, call: '0' }],
    intervalMs: 5,
  });
  await sleep(200);
  expect(ran('orphaned')).toEqual([]);
  await market.owner.query(
    `update app_private.jobs set leased_until = now() where name = 'orphaned'`,
  );
  await until(() => ran('orphaned').length === 1);
  await worker.close();
});

it('no job runs twice at once, however many workers there are', async () => {
  await market.owner.query(`
    create function public.run_alone() returns integer language plpgsql volatile as $$
    begin
      if not pg_try_advisory_xact_lock(4711) then
        raise exception 'Another is at it.';
      end if;
      perform pg_sleep(0.01);
      return 1;
    end $$;
    grant execute on function public.run_alone() to ombaro_worker`);
  const alone = {
    jobs: [{ name: 'alone', everyMs: 1, call: 'public.run_alone()' }],
    intervalMs: 1,
  };
  const workers = [start(alone), start(alone), start(alone)];
  await until(() => ran('alone').length >= 50);
  await Promise.all(workers.map((worker) => worker.close()));
  expect(failed('alone')).toEqual([]);
});

it('records why a job failed until it is done', async () => {
  const broken = { name: 'broken', everyMs: 1, call: '(1 / public.divisor())' };
  await market.owner.query(`
    create function public.divisor() returns integer language sql volatile as 'select 0';
    grant execute on function public.divisor() to ombaro_worker`);
  const worker = start({ jobs: [broken], intervalMs: 5 });
  const row = () =>
    market.one(
      `select last_error as error, last_finished_at is not null as "isDone"
      from app_private.jobs where name = 'broken'`,
    );
  await until(() => failed('broken').length > 0);
  await sleep(100);
  expect(await row()).toEqual({ error: 'division by zero', isDone: false });
  await market.owner.query(
    `create or replace function public.divisor() returns integer language sql volatile as 'select 1'`,
  );
  await until(() => ran('broken').length > 0);
  await worker.close();
  expect(await row()).toEqual({ error: null, isDone: true });
});

it('a job goes on at once while enough work is left', async () => {
  await market.owner.query(`
    create sequence public.calls;
    create function public.work_left() returns integer language sql volatile as
      $$ select (array[500, 500, 3, 0])[nextval('public.calls')] $$;
    grant usage on sequence public.calls to ombaro_worker;
    grant execute on function public.work_left() to ombaro_worker`);
  const calls = async (againFrom?: number) => {
    await market.owner.query('alter sequence public.calls restart');
    log = [];
    const job = { name: 'work', everyMs: 86_400_000, call: 'public.work_left()' };
    const worker = start({ jobs: [againFrom === undefined ? job : { ...job, againFrom }] });
    await until(() => ran('work').length > 0);
    await sleep(100);
    await worker.close();
    return ran('work').map(({ did }) => did);
  };
  expect(await calls(500)).toEqual([500, 500, 3]);
  expect(await calls(1)).toEqual([500, 500, 3, 0]);
  expect(await calls()).toEqual([500]);
});

it('an error of one is logged, does not stop the others, and is tried again', async () => {
  const right = 'execute on function app_private.forget_locations()';
  await market.owner.query(`revoke ${right} from ombaro_worker`);
  const worker = start({ intervalMs: 20 });
  const others = jobs.filter(({ name }) => name !== 'forget locations');
  await until(() => others.every(({ name }) => ran(name).length > 0));
  await until(() => failed('forget locations').length > 1);
  expect(failed('forget locations')[0]).toMatchObject({ err: { code: '42501' } });
  expect(ran('forget locations')).toEqual([]);
  await market.owner.query(`grant ${right} to ombaro_worker`);
  await until(() => ran('forget locations').length > 0);
  await worker.close();
});

it('a job that costs the connection does not keep the others from running', async () => {
  const costly = {
    name: 'costly',
    everyMs: 1,
    call: '(select pg_terminate_backend(pg_backend_pid())::integer)',
  };
  const worker = start({ jobs: [costly, ...jobs], intervalMs: 20 });
  await until(everythingRan);
  await worker.close();
  expect(ran('costly')).toEqual([]);
  expect(log).toContainEqual(expect.objectContaining({ msg: 'connection lost' }));
});

it('a job that hangs holds up no other, and the server ends it after its time', async () => {
  await market.owner.query(`
    create table public.busy ();
    create function public.wait_for_busy() returns integer language plpgsql volatile as
      $$ begin lock table public.busy; return 1; end $$;
    grant execute on function public.wait_for_busy() to ombaro_worker;
    grant update on public.busy to ombaro_worker`);
  const holder = await market.owner.connect();
  await holder.query('begin; lock table public.busy');
  const hanging = { name: 'hanging', everyMs: 1, call: 'public.wait_for_busy()', timeoutMs: 300 };
  const others = jobs.map((job) => ({ ...job, everyMs: 1 }));
  // The one that hangs comes first, over and over.
  const worker = start({ jobs: [hanging, ...others], intervalMs: 20 });
  await until(() => jobs.every(({ name }) => ran(name).length >= 2));
  await until(() => failed('hanging').length >= 2);
  expect(failed('hanging')[0]).toMatchObject({ level: 50, err: { code: '57014' } });
  expect(ran('hanging')).toEqual([]);
  // On the server, too, at most one call of it waits.
  const { rowCount } = await market.owner.query(
    `select from pg_stat_activity where datname = current_database()
      and application_name = 'ombaro jobs' and query like '%wait_for_busy%' and state = 'active'`,
  );
  expect(rowCount).toBeLessThanOrEqual(1);
  await holder.query('commit');
  holder.release();
  await until(() => ran('hanging').length > 0);
  await worker.close();
});

it('a job has one connection at most, however often it hangs', async () => {
  const sleeping = {
    name: 'sleeping',
    everyMs: 1,
    call: '(select 1 from pg_sleep(5))',
    timeoutMs: 50,
  };
  // Those of the tests before take a moment to go.
  await until(() => connections().then((count) => count === 0));
  const worker = start({ jobs: [sleeping, { ...sleeping, name: 'other' }], intervalMs: 1 });
  await until(() => failed('sleeping').length >= 10 && failed('other').length >= 10);
  expect(await connections()).toBeLessThanOrEqual(2);
  await worker.close();
});

it('closing lets a call end, begins no other, and releases everything', async () => {
  await market.owner.query(`
    create function public.slow() returns integer language plpgsql volatile as
      $$ begin perform pg_sleep(0.5); return 1; end $$;
    grant execute on function public.slow() to ombaro_worker`);
  const slow = { name: 'slow', everyMs: 1, call: 'public.slow()', againFrom: 1 };
  await until(() => connections().then((count) => count === 0));
  const worker = start({ jobs: [slow], intervalMs: 1 });
  await until(() => connections().then((count) => count === 1));
  await sleep(100);
  await worker.close();
  expect(ran('slow')).toHaveLength(1);
  await until(() => connections().then((count) => count === 0));
  expect(
    await withClient(market.database.rootUrl, (root) =>
      root.query(`select from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())`),
    ),
  ).toMatchObject({ rowCount: 0 });
});

async function connections(): Promise<number> {
  return withClient(market.database.rootUrl, async (root) => {
    const { rowCount } = await root.query(
      `select from pg_stat_activity
      where datname = current_database() and application_name = 'ombaro jobs'`,
    );
    return rowCount ?? 0;
  });
}
