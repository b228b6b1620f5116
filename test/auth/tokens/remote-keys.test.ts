import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { SignJWT } from 'jose';
import { makeTokenSigner } from '../../../src/auth/token-signer.ts';
import { makeVerifyToken } from '../../../src/auth/verify-token.ts';
import { makeLogger } from '../../../src/lib/logger.ts';
import type { VerifyToken } from '../../../src/requests/identity.ts';
import {
  type KeySetServer,
  newPem,
  privateKeysIn,
  refusalOf,
  rulesWith,
  silent,
  startKeySet,
  userId,
} from './support.ts';

const issuer = 'https://issuer.example';
const minuteMs = 60_000;

type Key = {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: object;
};

function newKey(kid: string): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
  return { kid, privateKey, jwk };
}

const tokenOf = ({ privateKey }: Key, kid: string | undefined, iss = issuer) =>
  new SignJWT({ role: 'authenticated', iss, aud: 'authenticated' })
    .setProtectedHeader({ alg: 'ES256', ...(kid !== undefined && { kid }) })
    .setSubject(userId)
    .setExpirationTime('1h')
    .sign(privateKey);

describe('the keys of another issuer', () => {
  const [one, two] = [newKey('one'), newKey('two')];
  let keySet: KeySetServer;
  let verify: VerifyToken;
  let warnings: string[];
  let laterMs: number;

  beforeEach(async () => {
    keySet = await startKeySet([one.jwk]);
    warnings = [];
    const logger = makeLogger('warn', {
      destination: { write: (line) => void warnings.push(line) },
    });
    const rules = rulesWith({ jwksUrl: keySet.url, issuers: ['ombaro', issuer] });
    verify = makeVerifyToken(rules, logger);
    // Ages what is kept, and no token: those are compared with new Date().
    laterMs = 0;
    const now = Date.now;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + laterMs);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await keySet.close();
  });

  const ofOne = () => tokenOf(one, 'one');
  const ofTwo = () => tokenOf(two, 'two');
  const eventually = async (isSo: () => boolean | Promise<boolean>) => {
    for (let attempt = 0; attempt < 100 && !(await isSo()); attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await isSo()).toBe(true);
  };

  test('are read once for many tokens, also when all come at once', async () => {
    keySet.delayMs = 200;
    const token = await ofOne();
    const refusals = await Promise.all(Array.from({ length: 50 }, () => refusalOf(verify, token)));
    expect(new Set(refusals)).toEqual(new Set([undefined]));
    expect(keySet.reads).toBe(1);
  });

  test('may change: a new one is believed without a restart, at the latest after the cool-down', async () => {
    expect(await refusalOf(verify, await ofOne())).toBeUndefined();
    keySet.keys = [two.jwk, one.jwk];
    expect(await refusalOf(verify, await ofTwo())).toBe('OB004');
    laterMs = 5_001;
    expect(await refusalOf(verify, await ofTwo())).toBeUndefined();
    expect(await refusalOf(verify, await ofOne())).toBeUndefined();
    expect(keySet.reads).toBe(2);
  });

  test('that are withdrawn are refused ten minutes later', async () => {
    expect(await refusalOf(verify, await ofOne())).toBeUndefined();
    keySet.keys = [two.jwk];
    laterMs = 9 * minuteMs;
    expect(await refusalOf(verify, await ofOne())).toBeUndefined();
    expect(keySet.reads).toBe(1);
    laterMs = 10 * minuteMs + 1;
    await eventually(async () => (await refusalOf(verify, await ofOne())) === 'OB004');
    expect(await refusalOf(verify, await ofTwo())).toBeUndefined();
    expect(keySet.reads).toBe(2);
  });

  test('are not fetched again for each token with an unknown key', async () => {
    expect(await refusalOf(verify, await ofOne())).toBeUndefined();
    laterMs = 5_001;
    const strange = await Promise.all(
      Array.from({ length: 50 }, (_, index) => tokenOf(two, `strange ${index}`)),
    );
    const refusals = await Promise.all(strange.map((token) => refusalOf(verify, token)));
    expect(new Set(refusals)).toEqual(new Set(['OB004']));
    expect(keySet.reads).toBe(2);
  });

  test('outlive an outage of the issuer, but not for longer than an hour', async () => {
    expect(await refusalOf(verify, await ofOne())).toBeUndefined();
    keySet.status = 503;
    laterMs = 30 * minuteMs;
    expect(await refusalOf(verify, await ofOne())).toBeUndefined();
    await eventually(() => warnings.length === 1);
    expect(await refusalOf(verify, await ofOne())).toBeUndefined();
    laterMs = 60 * minuteMs + 1;
    await expect(refusalOf(verify, await ofOne())).rejects.toThrow('200 OK');
    keySet.status = 200;
    expect(await refusalOf(verify, await ofOne())).toBeUndefined();
  });

  test('that cannot be read do not make a token invalid, known or not', async () => {
    keySet.status = 503;
    await expect(refusalOf(verify, await ofOne())).rejects.toThrow('200 OK');
    keySet.status = 200;
    expect(await refusalOf(verify, await ofOne())).toBeUndefined();
    keySet.status = 503;
    laterMs = 5_001;
    await expect(refusalOf(verify, await ofTwo())).rejects.toThrow('200 OK');
    const { url } = keySet;
    await keySet.close();
    const fresh = makeVerifyToken(rulesWith({ jwksUrl: url, issuers: [issuer] }), silent);
    await expect(refusalOf(fresh, await ofOne())).rejects.toThrow('fetch failed');
  });

  test('of a slow issuer are waited for at first, and beside the requests later', async () => {
    keySet.delayMs = 300;
    expect(await refusalOf(verify, await ofOne())).toBeUndefined();
    laterMs = 11 * minuteMs;
    keySet.delayMs = 3_000;
    const token = await ofOne();
    const startedAt = performance.now();
    expect(await refusalOf(verify, token)).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await eventually(() => keySet.reads === 2);
  });

  test('of an issuer that does not answer are not waited for without limit', async () => {
    keySet.delayMs = 30_000;
    const startedAt = performance.now();
    await expect(refusalOf(verify, await ofOne())).rejects.toThrow('timed out');
    expect(performance.now() - startedAt).toBeLessThan(8_000);
  });

  test('verify that issuer’s tokens and not ours, unless there is only one issuer', async () => {
    expect(await refusalOf(verify, await ofOne())).toBeUndefined();
    const asUs = await tokenOf(one, 'one', 'ombaro');
    expect(await refusalOf(verify, asUs)).toBe('OB004');
    const privateKeys = privateKeysIn(newPem.ec());
    const rules = rulesWith({ jwksUrl: keySet.url, privateKeys });
    const verifyOne = makeVerifyToken(rules, silent);
    expect(await refusalOf(verifyOne, asUs)).toBeUndefined();
    const ours = await makeTokenSigner(rules)?.signAccessToken({ userId, lifetimeSeconds: 60 });
    expect(await refusalOf(verifyOne, ours ?? '')).toBeUndefined();
    expect(keySet.reads).toBe(2);
  });

  test('under the name of one of our keys do not replace it', async () => {
    const privateKeys = privateKeysIn(newPem.ec());
    const { kid } = privateKeys[0];
    keySet.keys = [{ ...one.jwk, kid }, two.jwk];
    const rules = rulesWith({ jwksUrl: keySet.url, privateKeys, issuers: ['ombaro', issuer] });
    const verifyBoth = makeVerifyToken(rules, silent);
    expect(await refusalOf(verifyBoth, await ofTwo())).toBeUndefined();
    expect(await refusalOf(verifyBoth, await tokenOf(one, kid))).toBe('OB004');
    expect(await refusalOf(verifyBoth, await tokenOf(one, kid, 'ombaro'))).toBe('OB004');
  });

  test.each([
    ['of 2048 bits is believed', 2048, 0, undefined],
    ['of 2047 bits is not', 2047, 0, 'OB004'],
    ['of 1024 bits is not, though zeros before it make it look longer', 1024, 128, 'OB004'],
  ])('an RSA key %s', async (_what, modulusLength, zeros, refusal) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength });
    const jwk = publicKey.export({ format: 'jwk' });
    const modulus = Buffer.concat([Buffer.alloc(zeros), Buffer.from(jwk.n ?? '', 'base64url')]);
    keySet.keys = [{ ...jwk, n: modulus.toString('base64url'), kid: 'rsa', alg: 'RS256' }];
    const claims = {
      role: 'authenticated',
      iss: issuer,
      aud: 'authenticated',
      sub: userId,
      exp: Math.floor(Date.now() / 1000) + 60,
    };
    const signed = [{ alg: 'RS256', kid: 'rsa' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(signed), privateKey).toString('base64url');
    expect(await refusalOf(verify, `${signed}.${signature}`)).toBe(refusal);
  });

  test('need no name while there is one, and have to be named when there are several', async () => {
    const unnamed = await tokenOf(one, undefined);
    expect(await refusalOf(verify, unnamed)).toBeUndefined();
    keySet.keys = [one.jwk, two.jwk];
    laterMs = 61 * minuteMs;
    expect(await refusalOf(verify, unnamed)).toBe('OB004');
    expect(await refusalOf(verify, await ofOne())).toBeUndefined();
  });
});
