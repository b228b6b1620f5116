import { SignJWT } from 'jose';
import type pg from 'pg';
import type { Config } from '../../src/config/config.ts';
import { makeLogger } from '../../src/http/logger.ts';
import { type RunningServer, startServer } from '../../src/http/server.ts';
import type { TestDatabase } from '../helpers/database.ts';

export const secret = 'a secret of the tests, long enough for HS256';
export const issuer = 'ombaro';
export const audience = 'authenticated';

/** Ann and Ben are customers of one vendor; Cleo has an account and nothing else. */
export const people = {
  ann: '10000000-0000-4000-8000-000000000001',
  ben: '10000000-0000-4000-8000-000000000002',
  cleo: '10000000-0000-4000-8000-000000000003',
} as const;

export type PersonName = keyof typeof people;

export interface Booking {
  id: string;
  number: string;
}

/** Makes the people, a vendor, and as many bookings for Ann and for Ben each as asked for. */
export async function seedBookings(
  owner: pg.Pool,
  each = 3,
): Promise<Record<'ann' | 'ben', Booking[]>> {
  const ids = Object.values(people);
  await owner.query('insert into auth.users (id) select unnest($1::uuid[])', [ids]);
  await owner.query(
    `insert into user_profiles (id, name) select unnest($1::uuid[]), unnest($2::text[])
     on conflict do nothing`,
    [
      [people.ann, people.ben],
      ['Ann', 'Ben'],
    ],
  );
  await owner.query('insert into customers (id) values ($1), ($2)', [people.ann, people.ben]);
  const { rows: vendors } = await owner.query<{ id: string }>(
    `insert into vendors (business_name, address_line1, city, state, pincode)
     values ('Lotus Spa', '1 Park Street', 'Kolkata', 'West Bengal', '700016') returning id`,
  );
  const bookingsOf = async (customer: string): Promise<Booking[]> => {
    const { rows } = await owner.query<Booking>(
      `insert into bookings (customer_id, vendor_id, booking_type, service_location, booking_date,
         booking_time, duration_minutes, total_amount, final_amount)
       select $1, $2, 'spa_visit', '{}', current_date + n, '10:00', 60, 1000, 1000
       from generate_series(1, $3::integer) n
       returning id, booking_number as number`,
      [customer, vendors[0]?.id, each],
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

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the query's
  data?: any;
  errors?: { message: string; path?: unknown[]; extensions: { code: string; errorId?: string } }[];
  headers: Headers;
}

export interface RequestOptions {
  token?: string;
  variables?: Record<string, unknown>;
  headers?: Record<string, string>;
}

export interface TestApi extends RunningServer {
  readonly log: Record<string, unknown>[];
  graphql(query: string, options?: RequestOptions): Promise<Answer>;
  as(person: PersonName, query: string, variables?: Record<string, unknown>): Promise<Answer>;
}

export interface ApiOptions {
  limits?: Partial<Config['limits']>;
  http?: Partial<Config['http']>;
  tokens?: Partial<Config['tokens']>;
  apiUrl?: string;
  payments?: Config['payments'];
  checkMigrations?: () => Promise<void>;
}

/** The real server on a free port, over a test's database. */
export async function startApi(database: TestDatabase, options: ApiOptions = {}): Promise<TestApi> {
  const log: Record<string, unknown>[] = [];
  const server = await startServer({
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
      payments: options.payments ?? { razorpay: null },
      database: { apiUrl: options.apiUrl ?? database.apiUrl },
    },
    logger: makeLogger('debug', { write: (line) => void log.push(JSON.parse(line)) }),
    checkMigrations: options.checkMigrations ?? (async () => {}),
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

/** The registered code of an answer's first error. */
export function codeIn(answer: Answer): string | undefined {
  return answer.errors?.[0]?.extensions.code;
}
