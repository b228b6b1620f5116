import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConfigError, makeConfig } from '../../../src/config/load.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../helpers/temporary-directory.ts';
import { newPem } from './support.ts';

const external = {
  DATABASE_URL: 'postgres://ombaro_owner:a@db.example.com/ombaro',
  API_DATABASE_URL: 'postgres://ombaro_api:b@db.example.com/ombaro',
  WORKER_DATABASE_URL: 'postgres://ombaro_worker:c@db.example.com/ombaro',
  OTP_SECRET: 'o'.repeat(32),
};

let folder: TemporaryDirectory;

beforeAll(() => {
  folder = makeTemporaryDirectory();
});
afterAll(() => {
  folder.remove();
});

function fileWith(text: string): string {
  const file = path.join(folder.path, 'keys.pem');
  writeFileSync(file, text);
  return file;
}

function mistakesOf(variables: Record<string, string>): string {
  try {
    makeConfig({ ...external, ...variables });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('The settings were accepted');
}

describe('JWT_PRIVATE_KEYS', () => {
  test('names a file of keys; the first one signs, and no secret is needed or made', () => {
    const file = fileWith(`${newPem.ec()}a note\n\n${newPem.rsa()}`);
    const { tokens } = makeConfig({ ...external, JWT_PRIVATE_KEYS: file });
    expect(tokens.privateKeys?.map(({ alg }) => alg)).toEqual(['ES256', 'RS256']);
    expect(tokens.privateKeysFile).toBe(file);
    const embedded = makeConfig({
      OMBARO_DATA_DIR: path.join(folder.path, 'data'),
      JWT_PRIVATE_KEYS: file,
    });
    expect([tokens.secret, embedded.tokens.secret]).toEqual([undefined, undefined]);
  });

  test('may be read on Windows, and in the older PEM formats', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const text = [
      ec.export({ type: 'sec1', format: 'pem' }),
      rsa.export({ type: 'pkcs1', format: 'pem' }),
    ].join('');
    const { tokens } = makeConfig({
      ...external,
      JWT_PRIVATE_KEYS: fileWith(text.replaceAll('\n', '\r\n')),
    });
    expect(tokens.privateKeys?.map(({ alg }) => alg)).toEqual(['ES256', 'RS256']);
  });

  const pem = String(newPem.ec());
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const encrypted = privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const oldEncrypted = privateKey.export({
    type: 'sec1',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  });
  const mistakes: [string, string, RegExp][] = [
    ['nothing', '', /no private key in PEM/],
    ['no PEM', '{"kty":"EC"}', /no private key in PEM/],
    [
      'a public key',
      String(publicKey.export({ type: 'spki', format: 'pem' })),
      /not a private key/,
    ],
    ['an encrypted key', String(encrypted), /Key 1 .* is encrypted/],
    [
      'a key of another curve',
      String(newPem.ec('P-384')),
      /neither an EC key on P-256 nor an RSA key/,
    ],
    [
      'a key of another kind',
      String(newPem.ed25519()),
      /neither an EC key on P-256 nor an RSA key/,
    ],
    ['a short RSA key', `${pem}${newPem.rsa(1024)}`, /Key 2 .* shorter than 2048 bits/],
    ['the same key twice', `${pem}${newPem.rsa()}${pem}`, /Key 3 .* same as key 1/],
    ['a damaged key', pem.replace(/\nM.{8}/, '\nMAAAAAAAA'), /Key 1 .* cannot be understood/],
    ['a key that is cut off', `${pem}${newPem.rsa().slice(0, 400)}`, /has an incomplete key/],
    ['a key of which there is next to nothing', `${pem}-----BEG`, /has an incomplete key/],
    ['an encrypted key of the older format', String(oldEncrypted), /Key 1 .* cannot be understood/],
    ['a key whose beginning is missing', `${pem.slice(20)}${pem}`, /has an incomplete key/],
  ];

  test.each(
    mistakes,
  )('with %s is a mistake that says so, next to the others', (_name, text, message) => {
    const all = mistakesOf({ JWT_PRIVATE_KEYS: fileWith(text), PORT: 'x' });
    expect(all).toMatch(/- PORT /);
    const line = all.split('\n').find((part) => part.startsWith('  - JWT_PRIVATE_KEYS '));
    expect(line).toMatch(message);
    expect(line).not.toMatch(/PRIVATE KEY-----|undefined/);
  });

  test('that does not exist is a mistake with its remedy', () => {
    const message = mistakesOf({ JWT_PRIVATE_KEYS: path.join(folder.path, 'nowhere.pem') });
    expect(message).toMatch(/JWT_PRIVATE_KEYS .*nowhere\.pem cannot be read \(ENOENT\)/);
    expect(message).toMatch(/openssl genpkey -algorithm EC/);
  });
});

describe('secrets', () => {
  const secret = 's'.repeat(32);

  test('are two at most: one signs, the other only verifies', () => {
    const { tokens } = makeConfig({
      ...external,
      JWT_SECRET: secret,
      JWT_ADDITIONAL_SECRET: secret.replace('s', 't'),
    });
    expect([tokens.secret, tokens.additionalSecret]).toEqual([secret, secret.replace('s', 't')]);
  });

  test.each(['JWT_SECRET', 'JWT_ADDITIONAL_SECRET'])('%s is not short, and is no key', (name) => {
    const both = { JWKS_URL: 'https://issuer.example/jwks.json' };
    expect(mistakesOf({ ...both, [name]: 'short' })).toMatch(new RegExp(`- ${name} is too short`));
    const key = String(newPem.rsa());
    expect(mistakesOf({ ...both, [name]: key })).toMatch(new RegExp(`- ${name} is a private key`));
    expect(makeConfig({ ...external, ...both, [name]: secret }).tokens.jwksUrl).toBeDefined();
  });

  test('JWT_ADDITIONAL_SECRET alone is not enough', () => {
    expect(mistakesOf({ JWT_ADDITIONAL_SECRET: secret })).toMatch(
      /JWT_SECRET, JWT_PRIVATE_KEYS and JWKS_URL are not set/,
    );
  });
});
