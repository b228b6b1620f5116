import type pg from 'pg';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { changeSteadily } from './support/changes.ts';
import { type LiveWorld, openLiveWorld, untilPublished } from './support/live-world.ts';
import { quantile } from './support/timing.ts';

const writers = 16;
/** Seconds of writing with the trigger and without, in turns. */
export const turn = 3;
export const turns = 4;

const subscribers = 500;
const rate = 100;
const seconds = 30;

/** What live updates cost those who write, and how fast a change reaches those who follow it. */
export const live: Benchmark = async () => {
  const world = await openLiveWorld(subscribers);
  try {
    return [...(await latencies(world)), ...(await writing(world))];
  } finally {
    await world.close();
  }
};

async function latencies(world: LiveWorld): Promise<Figure[]> {
  const clients = await world.follow(world.followers);
  const changes = await changeSteadily(world.owner, world.followers, rate, seconds);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const report = await clients.report();
  await clients.close();
  const lost = changes.made.reduce(
    (sum, made, n) => sum + Math.abs(made - (report.received[n] ?? 0)),
    0,
  );
  return [
    { what: `changes with ${subscribers} subscribers`, value: changes.rate, unit: '/s' },
    {
      what: 'change to client: median',
      value: quantile(report.latencies, 0.5),
      unit: 'ms',
      bound: 40,
    },
    {
      what: 'change to client: p99',
      value: quantile(report.latencies, 0.99),
      unit: 'ms',
      bound: 250,
    },
    {
      what: 'events lost, twice, or at the wrong client',
      value: lost + report.wrong,
      unit: 'rows',
      bound: 0,
    },
  ];
}

async function writing({ owner, followers }: LiveWorld): Promise<Figure[]> {
  const customers = followers.map(({ subject }) => subject);
  const bookings = followers.map(({ bookingId }) => bookingId);
  return [
    ...(await compare(owner, 'bookings made', make, customers, 1 / 0.75)),
    // The least that a write of a booking can be: one column, no rule.
    ...(await compare(owner, 'instructions changed', instruct, bookings)),
  ];
}

export const make = {
  name: 'make',
  text: `insert into bookings (customer_id, vendor_id, booking_type, booking_date,
      booking_time, duration_minutes, total_amount, final_amount)
    select $1, v.id, 'spa_visit', current_date + 1, '10:00', 60, 1000, 1000 from vendors v`,
};
export const instruct = {
  name: 'instruct',
  text: 'update bookings set special_instructions = clock_timestamp()::text where id = $1',
};
export type Statement = typeof make;

/** The rate with live updates on against the rate with only the trigger off that writes the events. */
async function compare(
  owner: pg.Pool,
  what: string,
  statement: Statement,
  ids: readonly string[],
  bound?: number,
): Promise<Figure[]> {
  const count = { on: 0, off: 0 };
  for (let n = 0; n < turns * 2; n += 1) {
    const which = n % 2 === 0 ? 'on' : 'off';
    const verb = which === 'on' ? 'enable' : 'disable';
    await owner.query(`alter table bookings ${verb} trigger _900_publish_event`);
    count[which] += await writeForATurn(owner, statement, ids);
    await untilPublished(owner);
  }
  await owner.query('alter table bookings enable trigger _900_publish_event');
  const perSecond = (writes: number) => writes / (turns * turn);
  return [
    { what: `${what}, with events`, value: perSecond(count.on), unit: '/s' },
    { what: `${what}, with only their trigger off`, value: perSecond(count.off), unit: '/s' },
    {
      what: `${what}: rate without by rate with`,
      value: count.off / count.on,
      unit: '×',
      ...(bound === undefined ? {} : { bound }),
    },
  ];
}

/** How much sixteen writers write in a turn, each for other customers or bookings. */
export async function writeForATurn(
  owner: pg.Pool,
  statement: Statement,
  ids: readonly string[],
): Promise<number> {
  const end = performance.now() + turn * 1000;
  const write = async (_: unknown, writer: number): Promise<number> => {
    const client = await owner.connect();
    let writes = 0;
    try {
      while (performance.now() < end) {
        const id = ids[(writer + writes * writers) % ids.length];
        await client.query({ ...statement, values: [id] });
        writes += 1;
      }
    } finally {
      client.release();
    }
    return writes;
  };
  const all = await Promise.all(Array.from({ length: writers }, write));
  return all.reduce((sum, writes) => sum + writes, 0);
}
