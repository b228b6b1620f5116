import { randomInt } from 'node:crypto';
import pg from 'pg';
import { loadDemo } from '../../src/demo/load.ts';
import { type PersonaName, personas } from '../../src/demo/personas.ts';
import { secret, tokenFor } from '../api/support.ts';
import { findFreePort } from '../helpers/server.ts';
import { startServing } from '../realtime/processes.ts';
import { type FuzzReport, fuzz } from './fuzz.ts';

/** What went wrong is sent again by its seed: FUZZ_SEED=… npm test -- test/fuzz */
export const fuzzSeed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

/** Who asks; the first sees the most. */
const askers: readonly PersonaName[] = [
  'super_admin',
  'customer',
  'customer2',
  'applicant',
  'vendor',
  'receptionist',
  'accountant',
  'therapist',
  'beautician',
  'field_officer',
  'vice_president',
  'customer_care',
  'finance',
  'hr',
  'marketing',
  'nobody',
];

export type FuzzUrls = { readonly owner: string; readonly api: string; readonly worker: string };

/** Fills a migrated database with demo data, serves it by the program itself, and sends documents to it. */
export async function fuzzProgram(urls: FuzzUrls, documents: number): Promise<FuzzReport> {
  await loadDemo({ ownerUrl: urls.owner, bookings: 100 });
  const owner = new pg.Pool({ connectionString: urls.owner, max: 1 });
  await owner.query(
    `update system_settings set value = '1000000000' where key in ('limits.api_requests_a_minute', 'limits.visitor_requests_a_minute')`,
  );
  await owner.end();
  const port = await findFreePort();
  const program = await startServing({
    DATABASE_URL: urls.owner,
    API_DATABASE_URL: urls.api,
    WORKER_DATABASE_URL: urls.worker,
    JWT_SECRET: secret,
    PORT: String(port),
    LOG_LEVEL: 'fatal',
  });
  try {
    return await fuzz({
      url: `http://127.0.0.1:${port}`,
      tokens: await Promise.all(
        askers.map((name) =>
          tokenFor(personas[name].id, { expiresAt: Math.floor(Date.now() / 1000) + 36_000 }),
        ),
      ),
      documents,
      seed: fuzzSeed,
      atOnce: 4,
    });
  } finally {
    await program.kill();
  }
}

/** A finding as the developer who fixes it needs it. */
export function describeFinding({ what, by, query, variables }: FuzzReport['findings'][number]) {
  return `${what}\n  by ${by}: ${query}\n  with ${variables}`;
}
