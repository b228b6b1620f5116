import pg from 'pg';
import { enter } from '../test/db/enter.ts';
import { hotLists } from '../test/db/plans/hot-lists.ts';
import { complaintsAbout, explain } from '../test/db/plans/plan.ts';
import { claimsOf, type Person } from '../test/fixtures/people.ts';
import type { Benchmark, Figure } from './support/benchmark.ts';

/** One of each way in which a policy lets a user see rows. */
const readers: readonly Person[] = [
  'customer',
  'vendor',
  'receptionist',
  'accountant',
  'therapist',
  'applicant',
  'hr',
  'customer_care_viewer',
  'finance',
  'admin',
];

const noRight = '42501';

/**
 * Bare lists for every kind of person on the demo database that API_DATABASE_URL names: load it with
 * `npx ombaro demo --bookings 1000000`, then `eval "$(npx ombaro env)"`.
 */
export const plans: Benchmark = async () => {
  const connectionString = process.env.API_DATABASE_URL;
  if (connectionString === undefined) {
    throw new Error('Which database? Set API_DATABASE_URL: eval "$(npx ombaro env)"');
  }
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    const totals = await countAll(client);
    const figures: Figure[] = [];
    for (const person of readers) {
      figures.push(...(await measure(client, person, totals)));
    }
    return figures;
  } finally {
    await client.end();
  }
};

async function measure(
  client: pg.Client,
  person: Person,
  totals: ReadonlyMap<string, number>,
): Promise<readonly Figure[]> {
  let slowest = 0;
  let bad = 0;
  for (const { table, name, sql } of hotLists) {
    const own = await asPerson(client, person, () => countIn(client, table));
    if (own === null) {
      continue;
    }
    await asPerson(client, person, async () => {
      // The second run: what is measured is the plan, not the disk.
      await explain(client, sql, table);
      const facts = await explain(client, sql, table);
      slowest = Math.max(slowest, facts.milliseconds);
      const complaints = complaintsAbout(facts, own, totals.get(table) ?? 0);
      for (const complaint of complaints) {
        process.stdout.write(`  ${person}, ${table}, ${name}: ${complaint}\n`);
      }
      bad += complaints.length > 0 ? 1 : 0;
    });
  }
  return [
    { what: `${person}: slowest list`, value: slowest, unit: 'ms' },
    { what: `${person}: lists that read or sort too much`, value: bad, unit: '×', bound: 0 },
  ];
}

/** Runs `act` as a request of this person; null where they have no right at all. */
async function asPerson<Result>(
  client: pg.Client,
  person: Person,
  act: () => Promise<Result>,
): Promise<Result | null> {
  await client.query('begin');
  try {
    await enter(client, claimsOf(person));
    return await act();
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === noRight) {
      return null;
    }
    throw error;
  } finally {
    await client.query('rollback');
  }
}

async function countAll(client: pg.Client): Promise<ReadonlyMap<string, number>> {
  const totals = new Map<string, number>();
  for (const { table } of hotLists) {
    // An admin sees every row but other people's notifications.
    const count =
      totals.get(table) ?? (await asPerson(client, 'admin', () => countIn(client, table)));
    totals.set(table, count ?? 0);
  }
  return totals;
}

async function countIn(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer from ${pg.escapeIdentifier(table)}`,
  );
  return rows[0]?.count ?? 0;
}
