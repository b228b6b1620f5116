import type { Benchmark, Figure } from './support/benchmark.ts';
import { changeSteadily } from './support/changes.ts';
import { type LiveWorld, openLiveWorld } from './support/live-world.ts';
import { quantile } from './support/timing.ts';

/** So many sockets, each following a booking of its own, and so many changes a second, for so many seconds. */
const rounds = [
  { sockets: 10_000, rate: 300, seconds: 60, bound: 100 },
  { sockets: 5_000, rate: 1_000, seconds: 30 },
] as const;

/** Whether every one of thousands of sockets gets what is its own, how fast, and what it costs in memory. */
export const sockets: Benchmark = async () => {
  const world = await openLiveWorld(Math.max(...rounds.map((round) => round.sockets)));
  const figures: Figure[] = [];
  try {
    for (const round of rounds) {
      figures.push(...(await run(world, round)));
    }
    return figures;
  } finally {
    await world.close();
  }
};

async function run(world: LiveWorld, round: (typeof rounds)[number]): Promise<Figure[]> {
  const { sockets, rate, seconds } = round;
  const followers = world.followers.slice(0, sockets);
  const before = await world.memory();
  const clients = await world.follow(followers);
  const changes = await changeSteadily(world.owner, followers, rate, seconds);
  // What is behind has so long to come.
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const memory = (await world.memory()) - before;
  const report = await clients.report();
  await clients.close();
  const lost = changes.made.reduce(
    (sum, made, n) => sum + Math.abs(made - (report.received[n] ?? 0)),
    0,
  );
  const p99: Figure = {
    what: `${sockets} sockets: change to client, p99`,
    value: quantile(report.latencies, 0.99),
    unit: 'ms',
    ...('bound' in round ? { bound: round.bound } : {}),
  };
  return [
    { what: `${sockets} sockets: changes`, value: changes.rate, unit: '/s' },
    {
      what: `${sockets} sockets: change to client, median`,
      value: quantile(report.latencies, 0.5),
      unit: 'ms',
    },
    p99,
    {
      what: `${sockets} sockets: lost, twice, or at the wrong one`,
      value: lost + report.wrong,
      unit: 'rows',
      bound: 0,
    },
    { what: `${sockets} sockets: memory a socket`, value: memory / sockets / 1024, unit: 'kB' },
  ];
}
