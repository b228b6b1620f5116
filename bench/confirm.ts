import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Claims } from '../test/helpers/database.ts';
import type { Benchmark } from './support/benchmark.ts';
import { type Marketplace, openMarketplace } from './support/marketplace.ts';
import { median, p95, time } from './support/timing.ts';

const pairs = 200;
const writeBareFile = path.join(import.meta.dirname, 'support', 'write-bare.sql');
/** Until plans and caches have settled. */
const settlingPairs = 20;

/** One that the engine confirms, and one whose rows are written bare. */
type Hold = { readonly id: string; readonly claims: Claims };

/**
 * Confirming holds of three services for cash, against a transaction that only writes the same rows, with the
 * same triggers: what the engine's checks and sums cost. On a temporary server, in turns.
 */
export const confirm: Benchmark = async () => {
  const market = await openMarketplace();
  try {
    await market.root.query(await readFile(writeBareFile, 'utf8'));
    const engine: number[] = [];
    const bare: number[] = [];
    for (let pair = 0; pair < settlingPairs + pairs; pair += 1) {
      const [one, other] = [await hold(market, pair, 0), await hold(market, pair, 1)];
      const act = (): Promise<number> => time(() => confirmHold(market, one));
      const write = (): Promise<number> => time(() => writeBare(market, other));
      // The second one finds warmer caches.
      const isFirst = pair % 2 === 0;
      const first = await (isFirst ? act : write)();
      const second = await (isFirst ? write : act)();
      if (pair >= settlingPairs) {
        engine.push(isFirst ? first : second);
        bare.push(isFirst ? second : first);
      }
    }
    await compareRows(market);
    return [
      { what: 'confirm_booking: median', value: median(engine), unit: 'ms' },
      { what: 'confirm_booking: p95', value: p95(engine), unit: 'ms' },
      { what: 'the same rows bare: median', value: median(bare), unit: 'ms' },
      { what: 'the same rows bare: p95', value: p95(bare), unit: 'ms' },
      { what: 'ratio of medians', value: median(engine) / median(bare), unit: '×', bound: 2.5 },
    ];
  } finally {
    await market.close();
  }
};

/** A customer's hold of three hours, before or after the noon break of some therapist. */
async function hold({ root, request }: Marketplace, pair: number, half: 0 | 1): Promise<Hold> {
  const { rows } = await root.query<{ customer: string; arguments: unknown[] }>(
    `select bench.id_of('customer', $1::integer) as customer, array[bench.id_of('vendor', 0)::text,
      bench.id_of('therapist', $1::integer % 50)::text,
      ((bench.today() + 1 + $1::integer / 50 + $2::time) at time zone 'Asia/Kolkata')::text,
      'pair ' || $1::integer || ', half ' || $3::integer,
      (select array_agg(bench.id_of('service', n)) from generate_series(0, 2) n)::text] as arguments`,
    [pair, half === 0 ? '09:30' : '14:00', half],
  );
  const customer = rows[0]?.customer;
  const claims = { sub: customer, role: 'authenticated' };
  const [held] = await request(
    claims,
    'read write',
    'select id from hold_slot($1, $2, $3, $4, $5)',
    rows[0]?.arguments ?? [],
  );
  return { id: String(held?.id), claims };
}

async function confirmHold({ request }: Marketplace, { id, claims }: Hold): Promise<void> {
  await request(
    claims,
    'read write',
    `select * from confirm_booking($1, (select final_amount from booking_holds where id = $1), 'cash')`,
    [id],
  );
}

async function writeBare({ request }: Marketplace, { id, claims }: Hold): Promise<void> {
  await request(claims, 'read write', 'select * from bench.write_bare($1)', [id]);
}

/** Both must have written as much everywhere, or the comparison is worth nothing. */
async function compareRows({ root }: Marketplace): Promise<void> {
  const { rows } = await root.query<{ name: string; by_engine: string; bare: string }>(
    'select * from bench.written',
  );
  for (const { name, by_engine: byEngine, bare } of rows) {
    if (byEngine !== bare || byEngine === '0') {
      throw new Error(`Rows of ${name}: ${byEngine} by the engine, ${bare} bare.`);
    }
  }
}
