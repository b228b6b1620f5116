import { z } from 'zod';
import { parseDuration } from './duration.ts';

const databaseUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'is no address of a PostgreSQL database, such as postgres://user:password@host:5432/name',
});
const webUrl = z.url({
  protocol: /^https?$/,
  error: 'is no web address, such as https://api.example.com',
});
const port = wholeNumber(1, 65_535, 'a port from 1 to 65535');
const yesOrNo = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((text) => text === 'true');

/** An HS256 key shorter than its hash is weaker than the hash (RFC 7518, 3.2). */
const secret = z.string().min(32, { error: 'is too short: at least 32 characters' });

/** One that we choose ourselves and tell the gateway. */
const webhookSecret = z.string().min(16, { error: 'is too short: at least 16 characters' });

const origins = z.string().transform((text, context) => {
  const parts = splitList(text);
  for (const part of parts) {
    if (part !== '*' && URL.parse(part)?.origin !== part) {
      context.addIssue(`has "${part}", which is no origin, such as https://app.example.com`);
    }
  }
  return parts;
});

const trustProxy = z.string().transform((text) => {
  if (text === 'true' || text === 'false') {
    return text === 'true';
  }
  // A number of proxies in front, or their addresses.
  return /^\d+$/.test(text) ? Number(text) : splitList(text);
});

const statementTimeout = z.string().transform((text, context) => {
  const milliseconds = parseDuration(text);
  if (milliseconds === null || milliseconds === 0) {
    context.addIssue('must be a time with its unit, such as 500 ms, 10 s or 2 min');
    return z.NEVER;
  }
  return milliseconds;
});

/** Every variable that the program reads, one by one; what they must fulfil together is in load.ts. */
export const environmentSchema = z.object({
  NODE_ENV: z
    .enum(['development', 'production', 'test'], {
      error: 'must be development, production or test',
    })
    .default('development'),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535, 'a port from 0 (any free one) to 65535').default(5678),
  PUBLIC_URL: webUrl.optional(),
  CORS_ORIGINS: origins.default([]),
  TRUST_PROXY: trustProxy.default(false),
  GRAPHIQL: yesOrNo.optional(),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be fatal, error, warn, info, debug, trace or silent',
    })
    .default('info'),

  DATABASE_URL: databaseUrl.optional(),
  API_DATABASE_URL: databaseUrl.optional(),
  WORKER_DATABASE_URL: databaseUrl.optional(),
  SHADOW_DATABASE_URL: databaseUrl.optional(),
  ROOT_DATABASE_URL: databaseUrl.optional(),
  OMBARO_DATA_DIR: z.string().default('.data'),
  EMBEDDED_PORT: port.default(54_329),

  JWT_SECRET: secret.optional(),
  JWKS_URL: webUrl.optional(),
  JWT_ISSUER: z
    .string()
    .transform(splitList)
    .refine((issuers) => issuers.length === 1 || issuers.length === 2, {
      error: 'must be our own issuer, and at most one external one after a comma',
    })
    .default(['ombaro']),
  JWT_AUDIENCE: z.string().default('authenticated'),

  RAZORPAY_WEBHOOK_SECRET: webhookSecret.optional(),

  STATEMENT_TIMEOUT: statementTimeout.default(10_000),
  MAX_QUERY_DEPTH: wholeNumber(1, 100, 'a whole number from 1 to 100').default(12),
  MAX_QUERY_ROWS: wholeNumber(1, 10_000_000, 'a whole number from 1 to 10000000').default(20_000),

  DEMO: yesOrNo.optional(),
  DEMO_TOKENS: yesOrNo.optional(),
});

export type Environment = z.output<typeof environmentSchema>;

function wholeNumber(least: number, most: number, expected: string) {
  return z
    .string()
    .refine((text) => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most, {
      error: `must be ${expected}`,
    })
    .transform(Number);
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
