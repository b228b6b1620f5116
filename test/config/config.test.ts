import { generateKeyPairSync } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, makeConfig } from '../../src/config/load.ts';
import { projectRoot } from '../../src/config/project.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';

const external = {
  DATABASE_URL: 'postgres://ombaro_owner:a@db.example.com/ombaro',
  API_DATABASE_URL: 'postgres://ombaro_api:b@db.example.com/ombaro',
  WORKER_DATABASE_URL: 'postgres://ombaro_worker:c@db.example.com/ombaro',
  JWT_SECRET: 'x'.repeat(32),
};

let keysDirectory: TemporaryDirectory | undefined;

afterAll(() => keysDirectory?.remove());

/** A file with a private key, in a folder that is removed in the end. */
function writeKey(): string {
  keysDirectory ??= makeTemporaryDirectory();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const file = path.join(keysDirectory.path, 'key.pem');
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return file;
}

function mistakesOf(variables: Record<string, string>): string {
  try {
    makeConfig(variables);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('The settings were accepted');
}

describe('with a PostgreSQL of one’s own', () => {
  it('needs nothing but the three connections and a way to verify tokens', () => {
    const config = makeConfig(external);
    expect(config.database).toMatchObject({
      ownerUrl: external.DATABASE_URL,
      apiUrl: external.API_DATABASE_URL,
      workerUrl: external.WORKER_DATABASE_URL,
      shadowUrl: null,
      rootUrl: null,
      embedded: null,
    });
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 5678, graphiql: true });
    expect(config.limits).toEqual({
      statementTimeoutMs: 10_000,
      maxQueryDepth: 12,
      maxQueryRows: 20_000,
    });
    expect(config.tokens).toMatchObject({ issuers: ['ombaro'], audience: 'authenticated' });
    expect(config.payments).toEqual({ razorpay: null });
    expect(config.social).toEqual({ google: null, facebook: null, redirects: [] });
    expect(config.operations).toEqual({
      backupDirectory: path.join(projectRoot, 'backups'),
      isBackupScheduled: false,
      archiveDirectory: null,
    });
    expect(config.demo).toBe(false);
  });

  it('takes the secret of a payment gateway', () => {
    const RAZORPAY_WEBHOOK_SECRET = 'w'.repeat(16);
    for (const NODE_ENV of ['development', 'production']) {
      const { payments } = makeConfig({ ...external, NODE_ENV, RAZORPAY_WEBHOOK_SECRET });
      expect(payments).toEqual({ razorpay: { webhookSecret: RAZORPAY_WEBHOOK_SECRET } });
    }
  });

  it('takes a sign-in provider with both its id and its secret, and its address', () => {
    const both = { GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'secret' };
    const client = { clientId: 'id', clientSecret: 'secret' };
    expect(makeConfig({ ...external, ...both }).social).toMatchObject({
      google: { ...client, issuer: 'https://accounts.google.com' },
      facebook: null,
    });
    const own = { FACEBOOK_CLIENT_ID: 'id', FACEBOOK_CLIENT_SECRET: 'secret' };
    expect(makeConfig({ ...external, ...own }).social.facebook).toEqual({
      ...client,
      issuer: 'https://www.facebook.com',
    });
    for (const FACEBOOK_ISSUER of [
      'https://id.example.com/realm',
      'http://localhost:1',
      'http://[::1]:1',
    ]) {
      const { facebook } = makeConfig({ ...external, ...own, FACEBOOK_ISSUER }).social;
      expect(facebook).toEqual({ ...client, issuer: FACEBOOK_ISSUER });
    }
  });

  it.each([
    'GOOGLE_CLIENT_ID',
    'GOOGLE_CLIENT_SECRET',
    'FACEBOOK_CLIENT_ID',
    'FACEBOOK_CLIENT_SECRET',
  ])('does not take %s alone', (name) => {
    const other = name.endsWith('ID') ? name.replace('ID', 'SECRET') : name.replace('SECRET', 'ID');
    expect(mistakesOf({ ...external, [name]: 'half' })).toMatch(
      new RegExp(`- ${other} is not set`),
    );
  });

  it('lists everything that is missing at once', () => {
    const message = mistakesOf({ DATABASE_URL: external.DATABASE_URL });
    expect(message).toMatch(/API_DATABASE_URL/);
    expect(message).toMatch(/WORKER_DATABASE_URL/);
    expect(message).toMatch(/JWT_SECRET, JWT_PRIVATE_KEYS and JWKS_URL/);
  });

  it('requires a key for one-time codes only where private keys alone are set', () => {
    const { JWT_SECRET: secret, ...rest } = external;
    const keys = { ...rest, JWT_PRIVATE_KEYS: writeKey() };
    const codeKey = 'c'.repeat(32);
    expect(mistakesOf(keys)).toMatch(/OTP_SECRET is not set/);
    expect(makeConfig({ ...keys, OTP_SECRET: codeKey }).signIn).toEqual({ codeKey });
    const derived = makeConfig({ ...keys, JWT_SECRET: secret }).signIn.codeKey;
    expect(derived).toEqual(expect.any(String));
    expect(derived).not.toBe(secret);
    expect(makeConfig({ ...rest, JWKS_URL: 'https://example.com/jwks.json' }).signIn).toEqual({
      codeKey: null,
    });
    expect(mistakesOf({ ...external, OTP_SECRET: 'short' })).toMatch(/OTP_SECRET is too short/);
  });

  it('accepts a key set in place of a secret', () => {
    const { JWT_SECRET: _, ...rest } = external;
    const config = makeConfig({ ...rest, JWKS_URL: 'https://example.com/jwks.json' });
    expect(config.tokens).toEqual({
      jwksUrl: 'https://example.com/jwks.json',
      issuers: ['ombaro'],
      audience: 'authenticated',
      demo: true,
    });
  });

  it('keeps demo tokens and GraphiQL off in production unless asked for', () => {
    const production = makeConfig({ ...external, NODE_ENV: 'production' });
    expect([production.http.graphiql, production.tokens.demo]).toEqual([false, false]);
    const asked = makeConfig({
      ...external,
      NODE_ENV: 'production',
      GRAPHIQL: 'true',
      DEMO_TOKENS: 'true',
    });
    expect([asked.http.graphiql, asked.tokens.demo]).toEqual([true, true]);
  });
});

describe('a mistake', () => {
  const mistakes: [string, string][] = [
    ['PORT', '70000'],
    ['PORT', '12.5'],
    ['EMBEDDED_PORT', '0'],
    ['DATABASE_URL', 'mysql://example.com/x'],
    ['JWT_SECRET', 'short'],
    ['JWKS_URL', 'not an address'],
    ['RAZORPAY_WEBHOOK_SECRET', 'w'.repeat(15)],
    ['GOOGLE_ISSUER', 'http://id.example.com'],
    ['GOOGLE_ISSUER', 'http://127.0.0.1.example.com'],
    ['FACEBOOK_ISSUER', 'https://id.example.com/?realm=1'],
    ['FACEBOOK_ISSUER', 'nobody'],
    ['SIGN_IN_REDIRECTS', 'https://app.example.com/#top'],
    ['SIGN_IN_REDIRECTS', 'https://app.example.com/#'],
    ['SIGN_IN_REDIRECTS', 'https://app.example.com/signed in'],
    ['SIGN_IN_REDIRECTS', 'https://app.example.com/a,/signed-in'],
    ['SIGN_IN_REDIRECTS', '//app.example.com'],
    ['SIGN_IN_REDIRECTS', 'https:app.example.com'],
    ['SIGN_IN_REDIRECTS', 'app.example.com'],
    ['SIGN_IN_REDIRECTS', 'javascript://app.example.com/%0Aalert(1)'],
    ['SIGN_IN_REDIRECTS', 'data:text/html,x'],
    ['JWT_ISSUER', 'a,b,c'],
    ['CORS_ORIGINS', 'https://app.example.com/path'],
    ['STATEMENT_TIMEOUT', '10'],
    ['STATEMENT_TIMEOUT', '0 s'],
    ['MAX_QUERY_DEPTH', 'deep'],
    ['MAX_QUERY_ROWS', '-1'],
    ['DEMO', 'yes'],
    ['NODE_ENV', 'prod'],
  ];

  it.each(mistakes)('in %s (%s) is reported by name', (name, value) => {
    expect(mistakesOf({ ...external, [name]: value })).toMatch(new RegExp(`- ${name} `));
  });

  it('does not hide another one', () => {
    const message = mistakesOf(Object.fromEntries(mistakes));
    for (const [name] of mistakes) {
      expect(message).toMatch(new RegExp(`- ${name} `));
    }
  });
});

describe('values', () => {
  it.each([
    ['500 ms', 500],
    ['10 s', 10_000],
    ['2min', 120_000],
  ])('STATEMENT_TIMEOUT %s is %d ms', (text, milliseconds) => {
    const { limits } = makeConfig({ ...external, STATEMENT_TIMEOUT: text });
    expect(limits.statementTimeoutMs).toBe(milliseconds);
  });

  it('TRUST_PROXY is a switch, a number of proxies or a list of addresses', () => {
    const read = (text: string) => makeConfig({ ...external, TRUST_PROXY: text }).http.trustProxy;
    expect(read('true')).toBe(true);
    expect(read('2')).toBe(2);
    expect(read('10.0.0.0/8, loopback')).toEqual(['10.0.0.0/8', 'loopback']);
  });

  it('SIGN_IN_REDIRECTS are kept letter for letter', () => {
    const text =
      'https://App.example.com/in?tab=1, http://localhost:3000,com.ombaro.app://signed-in';
    expect(makeConfig({ ...external, SIGN_IN_REDIRECTS: text }).social.redirects).toEqual([
      'https://App.example.com/in?tab=1',
      'http://localhost:3000',
      'com.ombaro.app://signed-in',
    ]);
  });

  it('an empty variable counts as unset', () => {
    expect(makeConfig({ ...external, PORT: '' }).http.port).toBe(5678);
  });

  it('are frozen', () => {
    const { http } = makeConfig(external);
    expect(() => Object.assign(http, { port: 1 })).toThrow(TypeError);
  });
});

describe('with the embedded server', () => {
  let parent: TemporaryDirectory;

  beforeEach(() => {
    parent = makeTemporaryDirectory();
  });

  afterEach(() => {
    parent.remove();
  });

  it('derives connections and token secret, the same at every start', () => {
    const variables = { OMBARO_DATA_DIR: path.join(parent.path, 'data'), EMBEDDED_PORT: '50001' };
    const first = makeConfig(variables);
    const second = makeConfig(variables);
    expect(first.database.ownerUrl).toMatch(
      /^postgres:\/\/ombaro_owner:.{40,}@127\.0\.0\.1:50001\//,
    );
    expect(first.database.ownerUrl).toBe(second.database.ownerUrl);
    expect(first.tokens.secret).toBe(second.tokens.secret);
    expect(first.demo).toBe(true);
  });

  it('keeps backups and old log rows in its directory, unless told another', () => {
    const OMBARO_DATA_DIR = path.join(parent.path, 'data');
    const { database, operations } = makeConfig({ OMBARO_DATA_DIR });
    const data = database.embedded?.data.path ?? '';
    expect(operations).toEqual({
      backupDirectory: path.join(data, 'backups'),
      isBackupScheduled: true,
      archiveDirectory: path.join(data, 'archive'),
    });
    const told = makeConfig({
      OMBARO_DATA_DIR,
      BACKUP_DIR: '/srv/backups',
      ARCHIVE_DIR: '/srv/old',
    });
    expect(told.operations).toMatchObject({
      backupDirectory: '/srv/backups',
      archiveDirectory: '/srv/old',
    });
  });

  it('keeps its secret from other users', () => {
    const { database } = makeConfig({ OMBARO_DATA_DIR: path.join(parent.path, 'data') });
    const directory = database.embedded?.data.path ?? '';
    expect(statSync(path.join(directory, 'secret')).mode & 0o077).toBe(0);
  });

  it('gives another directory another secret', () => {
    const secretOf = (name: string) =>
      makeConfig({ OMBARO_DATA_DIR: path.join(parent.path, name) }).tokens.secret;
    expect(secretOf('a')).not.toBe(secretOf('b'));
  });
});
