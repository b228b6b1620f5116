import path from 'node:path';
import { z } from 'zod';
import { parseDuration } from './duration.ts';
import { readPrivateKeys } from './private-keys.ts';
import { projectRoot } from './project.ts';

const databaseUrl = z.url({
  protocol: /^postgres(ql)?$/,
  error:
    'must be the address of a PostgreSQL database, such as postgres://user:password@host:5432/name',
});
const webUrl = z.url({
  protocol: /^https?$/,
  error: 'must be a web address, such as https://api.example.com',
});
const port = wholeNumber(1, 65_535, 'a port from 1 to 65535');
const yesOrNo = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((text) => text === 'true');

/** An HS256 key shorter than its hash is weaker than the hash (RFC 7518, 3.2). */
const secret = z
  .string()
  .min(32, { error: 'is too short: it must have at least 32 characters' })
  .refine((text) => !text.includes('-----BEGIN'), {
    error: 'is a private key, not a secret: put it in a file and set JWT_PRIVATE_KEYS to that file',
  });

const privateKeys = z.string().transform((text, context) => {
  const file = path.resolve(projectRoot, text);
  try {
    return { file, keys: readPrivateKeys(file) };
  } catch (error) {
    context.addIssue(`cannot be used: ${(error as Error).message}`);
    return z.NEVER;
  }
});

/** One that we choose ourselves and tell the gateway. */
const webhookSecret = z
  .string()
  .min(16, { error: 'is too short: it must have at least 16 characters' });

const bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
  error: 'must be the name of a bucket: 3 to 63 small letters, digits, dots and hyphens',
});

const origins = z.string().transform((text, context) => {
  const parts = splitList(text);
  for (const part of parts) {
    if (part !== '*' && URL.parse(part)?.origin !== part) {
      context.addIssue(
        `contains "${part}", which is not an origin. Write origins like https://app.example.com`,
      );
    }
  }
  return parts;
});

/** Tokens go there: a full address, without the fragment in which they go. */
const redirects = z.string().transform((text, context) => {
  const parts = splitList(text);
  for (const part of parts) {
    if (!isRedirect(part)) {
      context.addIssue(
        `contains "${part}", which is not a full address without a fragment. Write addresses like https://app.example.com/signed-in or com.example.app://signed-in`,
      );
    }
  }
  return parts;
});

const issuer = z.string().refine(isIssuer, {
  error: 'must be the https address of an OpenID provider (http only on this machine)',
});

const smtpUrl = z.url({
  protocol: /^smtps?$/,
  error: 'must be the address of a mail server, such as smtps://user:password@mail.example.com',
});

const mailFrom = z.string().regex(/^([^<>@\r\n]+ <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/, {
  error: 'must be a sender, such as OMBARO <no-reply@example.com>',
});

const pushSubject = z.string().regex(/^(mailto:[^@\s]+@[^@\s]+|https:\/\/\S+)$/, {
  error: 'must be an address at which push services can contact you: mailto:… or https://…',
});

const dltTemplate = z
  .string()
  .regex(/^\d{10,25}$/, { error: 'must be a DLT template number of 10 to 25 digits' });

/** Keys of a pair on P-256: 65 bytes, and 32. */
function base64url(letters: number) {
  return z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${letters}}$`), {
    error: 'must be a VAPID key. Make both with: npx web-push generate-vapid-keys',
  });
}

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
  JWT_ADDITIONAL_SECRET: secret.optional(),
  JWT_PRIVATE_KEYS: privateKeys.optional(),
  JWKS_URL: webUrl.optional(),
  JWT_ISSUER: z
    .string()
    .transform(splitList)
    .refine((issuers) => issuers.length === 1 || issuers.length === 2, {
      error: 'must be the own issuer, optionally followed by a comma and one external issuer',
    })
    .default(['ombaro']),
  JWT_AUDIENCE: z.string().default('authenticated'),

  OTP_SECRET: secret.optional(),

  FILES_SECRET: secret.optional(),
  FILES_DIR: z.string().optional(),
  S3_ENDPOINT: webUrl.optional(),
  S3_BUCKET: bucket.optional(),
  S3_REGION: z.string().optional(),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),

  RAZORPAY_WEBHOOK_SECRET: webhookSecret.optional(),

  GOOGLE_CLIENT_ID: z.string().optional(),
  GOOGLE_CLIENT_SECRET: z.string().optional(),
  GOOGLE_ISSUER: issuer.default('https://accounts.google.com'),
  FACEBOOK_CLIENT_ID: z.string().optional(),
  FACEBOOK_CLIENT_SECRET: z.string().optional(),
  FACEBOOK_ISSUER: issuer.default('https://www.facebook.com'),
  SIGN_IN_REDIRECTS: redirects.default([]),

  SMTP_URL: smtpUrl.optional(),
  MAIL_FROM: mailFrom.optional(),

  SMS_GATEWAY: z.enum(['twilio', 'msg91'], { error: 'must be twilio or msg91' }).optional(),
  SMS_GATEWAY_URL: webUrl.optional(),
  SMS_SENDER: z.string().optional(),
  TWILIO_ACCOUNT_SID: z.string().optional(),
  TWILIO_AUTH_TOKEN: z.string().optional(),
  MSG91_AUTH_KEY: z.string().optional(),
  MSG91_CODE_TEMPLATE_ID: dltTemplate.optional(),

  VAPID_PUBLIC_KEY: base64url(87).optional(),
  VAPID_PRIVATE_KEY: base64url(43).optional(),
  VAPID_SUBJECT: pushSubject.optional(),

  EXPO_PUSH: yesOrNo.optional(),
  EXPO_ACCESS_TOKEN: z.string().optional(),

  STATEMENT_TIMEOUT: statementTimeout.default(10_000),
  MAX_QUERY_DEPTH: wholeNumber(1, 100, 'a whole number from 1 to 100').default(12),
  MAX_QUERY_ROWS: wholeNumber(1, 10_000_000, 'a whole number from 1 to 10000000').default(20_000),

  BACKUP_DIR: z.string().optional(),
  ARCHIVE_DIR: z.string().optional(),

  DEMO: yesOrNo.optional(),
  DEMO_TOKENS: yesOrNo.optional(),
});

export type Environment = z.output<typeof environmentSchema>;

/** Apps' schemes are reversed domain names (RFC 8252, 7.1), which no scheme of a browser is. */
function isRedirect(text: string): boolean {
  const url = URL.parse(text);
  const isFull = /^https?:\/\/[^/]|^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:\/\//.test(text);
  return url !== null && isFull && /^[!-~]+$/.test(text) && !text.includes('#');
}

function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.search !== '' || url.hash !== '') {
    return false;
  }
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isHere);
}

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
