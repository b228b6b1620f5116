import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { makeApiPool } from '../src/requests/pool.ts';
import { inRequestTransaction } from '../src/requests/transaction.ts';
import { enter } from '../test/db/enter.ts';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { plansOf } from './support/nested-plans.ts';
import { startPreparedServer } from './support/prepared-server.ts';
import { median, p95, time } from './support/timing.ts';

const rounds = 15;
const pageBound = 60;
const suggestionBound = 30;

/** What people type, as far as they have come. */
const suggestions: readonly string[] = [
  ...[
    'm',
    'mas',
    'massa',
    'massage',
    'masag',
    'swedish m',
    'swedsh mas',
    'pu',
    'pune',
    'blosom s',
    'lotus',
  ],
  ...['caviar tattoo', 'shiro', '4110', 'bengal', 'xyzzy', 'royal oas', 'hot sto'],
];

/** Pages that people ask for: frequent and rare words, mistakes, every filter. */
const pages: readonly string[] = [
  `search_services('massage')`,
  `search_services('swedish masage')`,
  `search_services('caviar tattoo')`,
  `search_services('shirodara')`,
  `search_services('"hot stone" -facial')`,
  `search_services('facial', minimum_price => 1000, maximum_price => 1500)`,
  `search_services('massage', city => 'Agra')`,
  `search_services('keratin', latitude => 18.52, longitude => 73.85)`,
  `search_services('massage', minimum_rating => 4.5)`,
  `search_services('massage', open_now => true)`,
  `search_vendors('spa')`,
  `search_vendors('blossom spa')`,
  `search_vendors('blosom retreet')`,
  `search_vendors('massage', city => 'Agra')`,
  `search_vendors('salon', latitude => 27.18, longitude => 78.01, radius_km => 10)`,
  `search_vendors('wellness', minimum_rating => 4, maximum_price => 500)`,
  `search_vendors('spa', open_now => true)`,
  `search_vendors('spa', category_id => (select id from vendor_categories where category_code = 'spa'))`,
];

const bigTables = ['search_documents', 'services', 'vendors', 'vendor_services'];

/**
 * Suggestions and pages of search as a visitor asks for them, on a temporary server with 100,000
 * services and 20,000 vendors of ten offers each.
 */
export const search: Benchmark = async () => {
  const server = await startPreparedServer();
  const root = new pg.Client({ connectionString: server.urlFor('postgres', 'ombaro') });
  const api = makeApiPool({
    connectionString: server.urlFor('ombaro_api', 'ombaro'),
    max: 1,
    logger: pino({ level: 'warn' }),
  });
  try {
    await root.connect();
    await root.query('set session_replication_role = replica; set jit = off');
    const world = path.join(import.meta.dirname, 'support/search-world.sql');
    await root.query(await readFile(world, 'utf8'));
    await root.query('vacuum analyze');
    const ask = (text: string, values: readonly string[] = []): Promise<unknown> =>
      inRequestTransaction(
        api,
        { access: 'read only', statementTimeout: '10000ms' },
        async (client) => await client.query({ text, values: [...values] }),
        (error) => {
          throw error;
        },
      );
    const suggesting = await measure(suggestions, (typed) =>
      ask('select kind, id, label, detail from suggest($1)', [typed]),
    );
    const paging = await measure(pages, (page) => ask(`select * from ${page} limit 21`));
    return [
      ...figuresOf('suggestion', suggesting, suggestionBound),
      ...figuresOf('page', paging, pageBound),
      await tablesReadWhole(root),
    ];
  } finally {
    await Promise.all([api.pool.end(), root.end()]);
    await server.stop();
  }
};

/** Milliseconds of all rounds but the first, which reads from disk. */
async function measure(
  questions: readonly string[],
  ask: (question: string) => Promise<unknown>,
): Promise<readonly number[]> {
  const all: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    for (const question of questions) {
      const milliseconds = await time(() => ask(question));
      if (round > 0) {
        all.push(milliseconds);
      }
    }
  }
  return all;
}

function figuresOf(
  what: string,
  milliseconds: readonly number[],
  bound: number,
): readonly Figure[] {
  return [
    { what: `${what}: median`, value: median(milliseconds), unit: 'ms' },
    { what: `${what}: p95`, value: p95(milliseconds), unit: 'ms', bound },
  ];
}

/** How often a big table is read whole by any of all that is asked; and prints of which question. */
async function tablesReadWhole(root: pg.Client): Promise<Figure> {
  let count = 0;
  const questions = [...suggestions.map((typed) => `suggest('${typed}')`), ...pages];
  for (const question of questions) {
    await root.query('begin');
    const nodes = await plansOf(root, async () => {
      await enter(root, null);
      await root.query(`select * from ${question}`);
      await root.query('reset role');
    });
    await root.query('rollback');
    for (const node of nodes) {
      const table = node['Relation Name'] ?? '';
      if (node['Node Type'] === 'Seq Scan' && bigTables.includes(table)) {
        process.stdout.write(`  ${question} reads all of ${table}\n`);
        count += 1;
      }
    }
  }
  return { what: 'big tables read whole', value: count, unit: '×', bound: 0 };
}
