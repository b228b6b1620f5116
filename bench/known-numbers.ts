import { randomUUID } from 'node:crypto';
import { makeLogger } from '../src/lib/logger.ts';
import { withClient } from '../src/lib/postgres.ts';
import { startServer } from '../src/server/server.ts';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { startPreparedServer } from './support/prepared-server.ts';
import { median, time } from './support/timing.ts';

const tries = 200;
const settlingTries = 20;

/** Three deviations: one run in four hundred misses it by chance. */
const bound = 3;

/**
 * Whether the time of an answer tells that a number is known: sending a code and trying a wrong one, for
 * numbers with an account and without, in turns. Compared by Mann and Whitney's U, in standard deviations
 * from what chance would give.
 */
export const knownNumbers: Benchmark = async () => {
  const server = await startPreparedServer();
  try {
    await withClient(server.urlFor('ombaro_owner', 'ombaro'), async (owner) => {
      await owner.query(
        `insert into auth.users (phone) select $1 || lpad(n::text, 6, '0') from generate_series(0, $2) n`,
        [known, tries + settlingTries],
      );
      await owner.query(
        `insert into user_profiles (id, name, mobile, mobile_verified)
         select id, 'Known', phone, true from auth.users`,
      );
      await owner.query(`update system_settings set value = '1000000'
        where key = 'limits.signin_requests_a_minute'`);
    });
    return await measure(server.urlFor('ombaro_api', 'ombaro'));
  } finally {
    await server.stop();
  }
};

const known = '+919800';
const unknown = '+919900';

async function measure(apiUrl: string) {
  const api = await startServer({
    config: {
      http: {
        host: '127.0.0.1',
        port: 0,
        publicUrl: null,
        corsOrigins: [],
        trustProxy: false,
        graphiql: false,
      },
      tokens: {
        secret: 'a secret of the benchmark, long enough',
        issuers: ['ombaro'],
        audience: 'authenticated',
        demo: false,
      },
      signIn: { codeKey: 'a key of the benchmark' },
      files: { addressSecret: null, directory: '/nonexistent/files-of-the-benchmark', s3: null },
      social: { google: null, facebook: null, redirects: [] },
      limits: { statementTimeoutMs: 10_000, maxQueryDepth: 12, maxQueryRows: 20_000 },
      payments: { razorpay: null },
      database: { apiUrl },
    },
    logger: makeLogger('silent'),
    checkMigrations: async () => {},
    sendCode: async () => {},
  });
  const post = async (path: string, body: object, expected: number) => {
    const response = await fetch(`${api.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    await response.arrayBuffer();
    if (response.status !== expected) {
      throw new Error(`${path} answered ${response.status}.`);
    }
  };
  const send = (mobile: string) => post('/auth/otp', { mobile }, 200);
  const guess = (mobile: string) =>
    post('/auth/otp/verify', { mobile, code: 'wrong', challenge: randomUUID() }, 401);
  try {
    const figures: Figure[] = [];
    for (const [what, act] of [
      ['a code sent', send],
      ['a wrong code tried', guess],
    ] as const) {
      const times = await inTurns(act);
      figures.push(
        { what: `${what}, known number: median`, value: median(times.known), unit: 'ms' },
        { what: `${what}, unknown number: median`, value: median(times.unknown), unit: 'ms' },
        {
          what: `${what}: known against unknown`,
          value: Math.abs(deviation(times.known, times.unknown)),
          unit: 'σ',
          bound,
        },
      );
    }
    return figures;
  } finally {
    await api.close();
  }
}

type Times = { readonly known: readonly number[]; readonly unknown: readonly number[] };

/** The second one finds warmer caches, so the order changes with each round. */
async function inTurns(act: (mobile: string) => Promise<void>): Promise<Times> {
  const times = { known: [] as number[], unknown: [] as number[] };
  for (let n = 0; n < settlingTries + tries; n += 1) {
    const number = String(n).padStart(6, '0');
    const turns = [
      ['known', `${known}${number}`],
      ['unknown', `${unknown}${number}`],
    ] as const;
    for (const [kind, mobile] of n % 2 === 0 ? turns : turns.toReversed()) {
      const took = await time(() => act(mobile));
      if (n >= settlingTries) {
        times[kind].push(took);
      }
    }
  }
  return times;
}

/** Mann and Whitney's U as standard deviations from the mean that it has when both are alike. */
function deviation(one: readonly number[], other: readonly number[]): number {
  const wins = one.reduce((sum, value) => sum + other.filter((each) => value > each).length, 0);
  const pairs = one.length * other.length;
  return (wins - pairs / 2) / Math.sqrt((pairs * (one.length + other.length + 1)) / 12);
}
