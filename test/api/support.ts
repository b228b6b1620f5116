import { SignJWT } from 'jose';
import type pg from 'pg';
import { type SendCode, sendNoCode } from '../../src/auth/send-code.ts';
import type { Config } from '../../src/config/config.ts';
import { otherVendor, seedMarket } from '../fixtures/market.ts';
import { idOf } from '../fixtures/people.ts';
import type { TestDatabase } from '../helpers/database.ts';
import type { SharedApi, SharedApiOptions } from '../shared-api.ts';

declare global {
  /** Of the environment (environment.js): starts the server outside of Jest's modules. */
  var startSharedApi: (options: SharedApiOptions) => Promise<SharedApi>;
}

export const secret = 'a secret of the tests, long enough for HS256';
export const issuer = 'ombaro';
export const audience = 'authenticated';

/** Ann and Ben are the customers of the marketplace; Cleo has an account and nothing else. */
export const people = {
  ann: idOf('customer'),
  ben: idOf('customer2'),
  cleo: '10000000-0000-4000-8000-000000000003',
} as const;

export type PersonName = keyof typeof people;

export type Booking = {
  id: string;
  number: string;
};

/**
 * The marketplace, Cleo, and as many bookings for Ann and for Ben each as asked for. They are planted: most tests
 * only read them, and one reads thousands. They are at the vendor without a desk, so that fewer people are told.
 */
export async function seedBookings(
  owner: pg.Pool,
  each = 3,
): Promise<Record<'ann' | 'ben', Booking[]>> {
  await seedMarket(owner);
  await owner.query('insert into auth.users (id) values ($1)', [people.cleo]);
  const bookingsOf = async (customer: string): Promise<Booking[]> => {
    const { rows } = await owner.query<Booking>(
      `insert into bookings (customer_id, vendor_id, booking_type, booking_date,
         booking_time, duration_minutes, total_amount, final_amount)
       select $1, $2, 'spa_visit', current_date + n, '10:00', 60, 1000, 1000
       from generate_series(1, $3::integer) n
       returning id, booking_number as number`,
      [customer, otherVendor, each],
    );
    return rows;
  };
  return { ann: await bookingsOf(people.ann), ben: await bookingsOf(people.ben) };
}

/** A token as the sign-in would give it, with whatever a test wants to be different. */
export function tokenFor(
  subject: string,
  { claims = {}, expiresAt = Math.floor(Date.now() / 1000) + 600, key = secret } = {},
): Promise<string> {
  return new SignJWT({ role: 'authenticated', iss: issuer, aud: audience, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setExpirationTime(expiresAt)
    .sign(new TextEncoder().encode(key));
}

export type Answer = {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the query's
  data?: any;
  errors?: {
    message: string;
    path?: unknown[];
    extensions: { code: string; errorId?: string; field?: string };
  }[];
  headers: Headers;
};

export type RequestOptions = {
  token?: string;
  variables?: Record<string, unknown>;
  headers?: Record<string, string>;
};

export type TestApi = SharedApi & {
  readonly log: Record<string, unknown>[];
  graphql(query: string, options?: RequestOptions): Promise<Answer>;
  as(person: PersonName, query: string, variables?: Record<string, unknown>): Promise<Answer>;
};

export type ApiOptions = {
  limits?: Partial<Config['limits']>;
  http?: Partial<Config['http']>;
  tokens?: Partial<Config['tokens']>;
  apiUrl?: string;
  /** What the database says; unless a test is about it, more than a test ever asks. */
  requestsAMinute?: number;
  payments?: Config['payments'];
  /** Gets the codes; nothing sends them unless a test says. */
  sendCode?: SendCode;
  social?: Config['social'];
  files?: Config['files'];
  checkMigrations?: () => Promise<void>;
  onError?: SharedApiOptions['onError'];
};

/** The real server on a free port, over a test's database. */
export async function startApi(database: TestDatabase, options: ApiOptions = {}): Promise<TestApi> {
  await limitRequests(database.owner, options.requestsAMinute ?? 1_000_000);
  const log: Record<string, unknown>[] = [];
  const server = await globalThis.startSharedApi({
    ownerUrl: database.ownerUrl,
    config: {
      http: {
        host: '127.0.0.1',
        port: 0,
        publicUrl: null,
        corsOrigins: [],
        trustProxy: false,
        graphiql: false,
        ...options.http,
      },
      tokens: { secret, issuers: [issuer], audience, demo: false, ...options.tokens },
      limits: {
        statementTimeoutMs: 5_000,
        maxQueryDepth: 12,
        maxQueryRows: 20_000,
        ...options.limits,
      },
      files: options.files ?? {
        addressSecret: 'a secret of the tests, for the addresses of files',
        // Made when the first file comes, and none does unless a test says where.
        directory: '/nonexistent/files-of-the-tests',
        s3: null,
      },
      payments: options.payments ?? { razorpay: null },
      signIn: { codeKey: 'a key of the tests, for the hashes of codes' },
      social: options.social ?? { google: null, facebook: null, redirects: [] },
      database: { apiUrl: options.apiUrl ?? database.apiUrl },
    },
    onLogLine: (line) => void log.push(JSON.parse(line)),
    ...(options.onError && { onError: options.onError }),
    checkMigrations: options.checkMigrations ?? (async () => {}),
    sendCode: options.sendCode ?? sendNoCode,
  });
  const graphql = async (query: string, { token, variables, headers }: RequestOptions = {}) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    const body = (await response.json()) as Pick<Answer, 'data' | 'errors'>;
    return { ...body, status: response.status, headers: response.headers };
  };
  return {
    ...server,
    log,
    graphql,
    as: async (person, query, variables) =>
      graphql(query, { token: await tokenFor(people[person]), ...(variables && { variables }) }),
  };
}

/** Sets how many requests a minute the API answers to one person at one address, and to visitors of it. */
export async function limitRequests(owner: pg.Pool, most: number): Promise<void> {
  await owner.query(
    `update system_settings set value = to_jsonb($1::integer)
     where key in ('limits.api_requests_a_minute', 'limits.visitor_requests_a_minute')`,
    [most],
  );
}

/** The registered code of an answer's first error. */
export function codeIn(answer: Answer): string | undefined {
  return answer.errors?.[0]?.extensions.code;
}
