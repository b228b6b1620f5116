import { createHmac } from 'node:crypto';
import path from 'node:path';
import { configDotenv } from 'dotenv';
import { passwordPurpose } from '../config/data-directory.ts';
import type { Config, DatabaseConfig, SocialClient } from './config.ts';
import { openDataDirectory } from './data-directory.ts';
import { type Environment, environmentSchema } from './environment.ts';
import { assembleFiles, findIncompleteStore } from './files.ts';
import { assembleMessages, findIncompleteChannels } from './messages.ts';
import { projectRoot } from './project.ts';

/** What is wrong with the settings: every mistake with its remedy, one a line. */
export class ConfigError extends Error {
  constructor(mistakes: readonly string[]) {
    super(
      `The settings cannot be used:\n${mistakes.map((mistake) => `  - ${mistake}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

/**
 * Reads the configuration from the process's environment, and from `.env` what that does not set. For the
 * embedded server it opens the data directory, which holds the secrets.
 *
 * @throws ConfigError with all mistakes at once.
 */
export function loadConfig(): Config {
  return deepFreeze(assemble(loadSettings()));
}

/**
 * Reads and checks the settings as `loadConfig` does, and opens or makes nothing.
 *
 * @throws ConfigError with all mistakes at once.
 */
export function loadSettings(): Environment {
  const environment: Record<string, string | undefined> = { ...process.env };
  configDotenv({
    path: path.join(projectRoot, '.env'),
    processEnv: environment as Record<string, string>,
    quiet: true,
  });
  return readSettings(environment);
}

/** As `loadConfig`, from the given variables alone. An empty one counts as unset. */
export function makeConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  return deepFreeze(assemble(readSettings(variables)));
}

function readSettings(variables: Readonly<Record<string, string | undefined>>): Environment {
  const set = Object.entries(variables).filter(([, value]) => value !== undefined && value !== '');
  const parsed = environmentSchema.safeParse(Object.fromEntries(set));
  const mistakes = parsed.success
    ? []
    : parsed.error.issues.map(({ path: [name], message }) => `${String(name)} ${message}.`);
  const names = new Map(set);
  mistakes.push(
    ...findMissing(names),
    ...findHalves(names),
    ...findIncompleteChannels(names),
    ...findIncompleteStore(names),
  );
  if (!parsed.success || mistakes.length > 0) {
    throw new ConfigError(mistakes);
  }
  return parsed.data;
}

/** What an own server needs beside DATABASE_URL. */
function findMissing(set: ReadonlyMap<string, string | undefined>): string[] {
  if (!set.has('DATABASE_URL')) {
    return [];
  }
  const mistakes: string[] = [];
  for (const [name, role] of [
    ['API_DATABASE_URL', 'ombaro_api'],
    ['WORKER_DATABASE_URL', 'ombaro_worker'],
  ] as const) {
    if (!set.has(name)) {
      mistakes.push(`${name} is not set: with DATABASE_URL, set it to the connection as ${role}.`);
    }
  }
  if (!['JWT_SECRET', 'JWT_PRIVATE_KEYS', 'JWKS_URL'].some((name) => set.has(name))) {
    mistakes.push(
      'JWT_SECRET, JWT_PRIVATE_KEYS and JWKS_URL are not set: with DATABASE_URL, set one of them to verify tokens.',
    );
  }
  if (['JWT_PRIVATE_KEYS', 'DATABASE_URL'].every((name) => set.has(name))) {
    if (!set.has('OTP_SECRET') && !set.has('JWT_SECRET')) {
      mistakes.push(
        'OTP_SECRET is not set: with JWT_PRIVATE_KEYS and no JWT_SECRET, it must protect one-time codes. Make one with: openssl rand -base64 32.',
      );
    }
  }
  return mistakes;
}

/** A provider knows us by both, or not at all. */
function findHalves(set: ReadonlyMap<string, string | undefined>): string[] {
  return ['GOOGLE', 'FACEBOOK'].flatMap((provider) => {
    const id = `${provider}_CLIENT_ID`;
    const secret = `${provider}_CLIENT_SECRET`;
    if (set.has(id) === set.has(secret)) {
      return [];
    }
    const [missing, present] = set.has(id) ? [secret, id] : [id, secret];
    return [`${missing} is not set, but ${present} is: set both, or neither.`];
  });
}

function assemble(environment: Environment): Config {
  const isProduction = environment.NODE_ENV === 'production';
  const database = assembleDatabase(environment);
  const [ownIssuer = 'ombaro', ...otherIssuers] = environment.JWT_ISSUER;
  return {
    isProduction,
    logLevel: environment.LOG_LEVEL,
    http: {
      host: environment.HOST,
      port: environment.PORT,
      publicUrl: environment.PUBLIC_URL?.replace(/\/+$/, '') ?? null,
      corsOrigins: environment.CORS_ORIGINS,
      trustProxy: environment.TRUST_PROXY,
      graphiql: environment.GRAPHIQL ?? !isProduction,
    },
    database,
    tokens: {
      ...assembleKeys(environment, database),
      issuers: [ownIssuer, ...otherIssuers],
      audience: environment.JWT_AUDIENCE,
      demo: environment.DEMO_TOKENS ?? !isProduction,
    },
    signIn: { codeKey: codeKeyOf(environment, database) },
    limits: {
      statementTimeoutMs: environment.STATEMENT_TIMEOUT,
      maxQueryDepth: environment.MAX_QUERY_DEPTH,
      maxQueryRows: environment.MAX_QUERY_ROWS,
    },
    payments: {
      razorpay:
        environment.RAZORPAY_WEBHOOK_SECRET === undefined
          ? null
          : { webhookSecret: environment.RAZORPAY_WEBHOOK_SECRET },
    },
    files: assembleFiles(environment, database),
    social: {
      google: assembleClient(
        environment.GOOGLE_CLIENT_ID,
        environment.GOOGLE_CLIENT_SECRET,
        environment.GOOGLE_ISSUER,
      ),
      facebook: assembleClient(
        environment.FACEBOOK_CLIENT_ID,
        environment.FACEBOOK_CLIENT_SECRET,
        environment.FACEBOOK_ISSUER,
      ),
      redirects: environment.SIGN_IN_REDIRECTS,
    },
    messages: assembleMessages(environment),
    operations: assembleOperations(environment, database),
    demo: environment.DEMO ?? database.embedded !== null,
  };
}

function assembleOperations(
  { BACKUP_DIR, ARCHIVE_DIR }: Environment,
  { embedded }: DatabaseConfig,
): Config['operations'] {
  const inData = (name: string) => embedded && path.join(embedded.data.path, name);
  const archive = ARCHIVE_DIR ?? inData('archive');
  return {
    backupDirectory: path.resolve(projectRoot, BACKUP_DIR ?? inData('backups') ?? 'backups'),
    isBackupScheduled: BACKUP_DIR !== undefined || embedded !== null,
    archiveDirectory: archive === null ? null : path.resolve(projectRoot, archive),
  };
}

function assembleKeys(environment: Environment, { embedded }: DatabaseConfig) {
  const { JWT_ADDITIONAL_SECRET, JWT_PRIVATE_KEYS, JWKS_URL } = environment;
  const isEnough = JWT_PRIVATE_KEYS !== undefined || JWKS_URL !== undefined;
  const secret = environment.JWT_SECRET ?? (isEnough ? undefined : embedded?.data.secretFor('jwt'));
  return {
    ...(secret === undefined ? {} : { secret }),
    ...(JWT_ADDITIONAL_SECRET === undefined ? {} : { additionalSecret: JWT_ADDITIONAL_SECRET }),
    ...(JWT_PRIVATE_KEYS === undefined
      ? {}
      : { privateKeys: JWT_PRIVATE_KEYS.keys, privateKeysFile: JWT_PRIVATE_KEYS.file }),
    ...(JWKS_URL === undefined ? {} : { jwksUrl: JWKS_URL }),
  };
}

/**
 * A code that one process has sent is tried at another, also while keys are changed one process after
 * the other. So it is not the key that signs, where a secret of its own can be had.
 */
function codeKeyOf(
  { OTP_SECRET, JWT_SECRET }: Environment,
  { embedded }: DatabaseConfig,
): string | null {
  if (OTP_SECRET !== undefined || embedded) {
    return OTP_SECRET ?? embedded?.data.secretFor('otp') ?? null;
  }
  return JWT_SECRET === undefined
    ? null
    : createHmac('sha256', JWT_SECRET).update('one-time codes').digest('base64url');
}

function assembleClient(
  clientId: string | undefined,
  clientSecret: string | undefined,
  issuer: string,
): SocialClient | null {
  return clientId === undefined || clientSecret === undefined
    ? null
    : { clientId, clientSecret, issuer };
}

function assembleDatabase(environment: Environment): DatabaseConfig {
  const { DATABASE_URL, API_DATABASE_URL, WORKER_DATABASE_URL } = environment;
  if (DATABASE_URL !== undefined) {
    return {
      ownerUrl: DATABASE_URL,
      apiUrl: required(API_DATABASE_URL),
      workerUrl: required(WORKER_DATABASE_URL),
      shadowUrl: environment.SHADOW_DATABASE_URL ?? null,
      rootUrl: environment.ROOT_DATABASE_URL ?? null,
      embedded: null,
    };
  }
  const data = openDataDirectory(path.resolve(projectRoot, environment.OMBARO_DATA_DIR));
  const port = environment.EMBEDDED_PORT;
  const urlFor = (role: string, database: string): string =>
    `postgres://${role}:${data.secretFor(passwordPurpose(role))}@127.0.0.1:${port}/${database}`;
  return {
    ownerUrl: urlFor('ombaro_owner', 'ombaro'),
    apiUrl: urlFor('ombaro_api', 'ombaro'),
    workerUrl: urlFor('ombaro_worker', 'ombaro'),
    shadowUrl: urlFor('ombaro_owner', 'ombaro_shadow'),
    rootUrl: urlFor('postgres', 'postgres'),
    embedded: { data, port },
  };
}

/** `findMissing` has made sure of it. */
function required(value: string | undefined): string {
  if (value === undefined) {
    throw new TypeError('A required setting is missing');
  }
  return value;
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) {
      deepFreeze(part);
    }
  }
  return Object.freeze(value);
}
