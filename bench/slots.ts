import type pg from 'pg';
import { enter } from '../test/db/enter.ts';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { type Marketplace, openMarketplace } from './support/marketplace.ts';
import { type PlanNode, plansOf } from './support/nested-plans.ts';
import { median, p95, timeMany } from './support/timing.ts';

const runs = 100;
const lengths = [1, 7, 30, 60] as const;
/** Milliseconds, of 95 out of 100. */
const bounds = new Map([
  [1, 15],
  [30, 100],
]);
/** Before the plan is looked at: by then the server has chosen the one that it keeps. */
const settlingRuns = 10;

/** From tomorrow, so that the hour does not matter. Arrays come as text, as the API reads them. */
const slotsQuery = `select day, start_time, starts_at, ends_at, price::text, provider_ids::text
  from available_slots($1, $2, "from" => $3::date + 1, "to" => $3::date + $4::integer)`;

/**
 * Free slots of a spa with fifty therapists as a visitor asks for them, on a temporary server with a
 * thousand bookings beside, then with a million.
 */
export const slots: Benchmark = async () => {
  const market = await openMarketplace();
  try {
    const question = await ask(market.root);
    await reserveFuture(market.root);
    await reservePast(market.root, 1, 1_000);
    const few = median(await measure(market, question, 30));
    await reservePast(market.root, 1_001, 1_000_000);
    const figures: Figure[] = [];
    for (const days of lengths) {
      const many = await measure(market, question, days);
      figures.push(...figuresOf(days, many));
      if (days === 30) {
        const what = '30 days: median at a million bookings to a thousand';
        figures.push({ what, value: median(many) / few, unit: '×', bound: 1.5 });
      }
    }
    return [...figures, await readReservations(market.root, question, 30)];
  } finally {
    await market.close();
  }
};

/** Vendor, services and day, as the query takes them. */
type Question = readonly [vendorId: string, serviceIds: string, day: string];

async function ask(root: pg.Client): Promise<Question> {
  const { rows } = await root.query<{ question: Question }>(
    `select array[bench.id_of('vendor', 0)::text, array[bench.id_of('service', 0)]::text,
      bench.today()::text] as question`,
  );
  const question = rows[0]?.question;
  if (question === undefined) {
    throw new Error('The marketplace has no spa.');
  }
  return question;
}

/** Of the spa's therapists, four a day, for all days that may be asked for. */
async function reserveFuture(root: pg.Client): Promise<void> {
  await root.query(`call bench.reserve(50, bench.today(), 1, 0, 50 * 4 * 64 - 1, 'confirmed')`);
}

/** Of all therapists, the latest first. */
async function reservePast(root: pg.Client, from: number, to: number): Promise<void> {
  await root.query(
    `call bench.reserve(1000, bench.today() - 1, -1, ${from} - 1, ${to} - 1, 'completed')`,
  );
  await root.query('vacuum analyze public.bookings, app_private.provider_reservations');
}

async function measure(market: Marketplace, question: Question, days: number): Promise<number[]> {
  const run = (): Promise<unknown> =>
    market.request(null, 'read only', slotsQuery, [...question, days]);
  await timeMany(settlingRuns, run);
  return await timeMany(runs, run);
}

function figuresOf(days: number, milliseconds: readonly number[]): readonly Figure[] {
  const what = days === 1 ? 'one day' : `${days} days`;
  const bound = bounds.get(days);
  return [
    { what: `${what}: median`, value: median(milliseconds), unit: 'ms' },
    {
      what: `${what}: p95`,
      value: p95(milliseconds),
      unit: 'ms',
      ...(bound === undefined ? {} : { bound }),
    },
  ];
}

/** Prints how reservations are read, which must be those of the spa's people on these days and four around, and no others. */
async function readReservations(
  root: pg.Client,
  question: Question,
  days: number,
): Promise<Figure> {
  const { rows } = await root.query<{ count: number }>(
    `select count(*)::integer from app_private.provider_reservations r
    join public.providers p on p.id = r.provider_id
    where p.vendor_id = $1 and r.day between $2::date - 3 and $2::date + 4 + $3::integer`,
    [question[0], question[2], days],
  );
  await root.query('begin');
  await enter(root, null);
  const values = [...question, days];
  for (let run = 0; run < settlingRuns; run += 1) {
    await root.query(slotsQuery, values);
  }
  await root.query('reset role');
  const plans = await plansOf(root, async () => {
    await enter(root, null);
    await root.query(slotsQuery, values);
    await root.query('reset role');
  });
  await root.query('rollback');
  const reads = plans.filter((node) => node['Relation Name'] === 'provider_reservations');
  for (const node of reads) {
    process.stdout.write(`  ${describe(node)}\n`);
  }
  return {
    what: `${days} days: reservations read`,
    value: reads.length === 0 ? Number.NaN : reads.reduce((sum, node) => sum + rowsOf(node), 0),
    unit: 'rows',
    bound: rows[0]?.count ?? 0,
  };
}

function describe(node: PlanNode): string {
  const index = node['Index Name'] === undefined ? '' : ` using ${node['Index Name']}`;
  return `${node['Node Type']} on ${node['Relation Name']}${index}: ${rowsOf(node)} rows, ${node['Actual Total Time']} ms`;
}

/** What was thrown away was read, too. */
function rowsOf(node: PlanNode): number {
  const removed = node['Rows Removed by Filter'] ?? 0;
  return (node['Actual Rows'] + removed) * node['Actual Loops'];
}
