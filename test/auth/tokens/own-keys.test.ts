import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign as createSignature,
} from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  calculateJwkThumbprint,
  decodeJwt,
  decodeProtectedHeader,
  importPKCS8,
  SignJWT,
} from 'jose';
import { publicKeysOf, type TokenRules } from '../../../src/auth/keys.ts';
import { makeTokenSigner } from '../../../src/auth/token-signer.ts';
import { makeVerifyToken } from '../../../src/auth/verify-token.ts';
import { newPem, privateKeysIn, refusalOf, rulesWith, silent, userId } from './support.ts';

const sessionId = '30000000-0000-4000-8000-000000000001';
const oldPem = newPem.ec();
const freshPem = newPem.rsa();
const [oldSecret, freshSecret] = ['o'.repeat(32), 'f'.repeat(32)];

async function sign(rules: Partial<TokenRules>): Promise<string> {
  const signer = makeTokenSigner(rulesWith(rules));
  if (signer === null) {
    throw new Error('There is nothing to sign with');
  }
  return await signer.signAccessToken({ userId, sessionId, lifetimeSeconds: 1800 });
}

const refusal = (rules: Partial<TokenRules>, token: string) =>
  refusalOf(makeVerifyToken(rulesWith(rules), silent), token);

describe('a token of ours', () => {
  test.each([
    ['ES256', { privateKeys: privateKeysIn(oldPem) }],
    ['RS256', { privateKeys: privateKeysIn(freshPem) }],
    ['HS256', { secret: oldSecret }],
  ])('signed with %s names issuer, user and expiry, and is believed', async (alg, rules) => {
    const before = Math.floor(Date.now() / 1000);
    const token = await sign(rules);
    const [published] = publicKeysOf(rulesWith(rules));
    expect(decodeProtectedHeader(token)).toEqual({
      alg,
      typ: 'JWT',
      ...(published && { kid: published.kid }),
    });
    const { iat = 0, exp, ...claims } = decodeJwt(token);
    expect(claims).toEqual({
      sub: userId,
      role: 'authenticated',
      iss: 'ombaro',
      aud: 'authenticated',
      session_id: sessionId,
    });
    expect(iat - before).toBeGreaterThanOrEqual(0);
    expect(iat - before).toBeLessThan(5);
    expect(exp).toBe(iat + 1800);
    expect(await refusal(rules, token)).toBeUndefined();
  });

  test('is signed with a key where there are a key and a secret, and cannot be where there is neither', async () => {
    const both = { secret: oldSecret, privateKeys: privateKeysIn(oldPem) };
    expect(decodeProtectedHeader(await sign(both)).alg).toBe('ES256');
    const jwksUrl = 'https://issuer.example/jwks.json';
    expect(makeTokenSigner(rulesWith({ jwksUrl, additionalSecret: freshSecret }))).toBeNull();
  });

  test('without a session has no session id', async () => {
    const signer = makeTokenSigner(rulesWith({ secret: oldSecret }));
    const token = await signer?.signAccessToken({ userId, lifetimeSeconds: 60 });
    expect(decodeJwt(token ?? '')).not.toHaveProperty('session_id');
  });

  test('is believed until it expires and not a second longer', async () => {
    const rules = { privateKeys: privateKeysIn(oldPem) };
    const signer = makeTokenSigner(rulesWith(rules));
    const last = await signer?.signAccessToken({ userId, lifetimeSeconds: 5 });
    const expired = await signer?.signAccessToken({ userId, lifetimeSeconds: 0 });
    expect(await refusal(rules, last ?? '')).toBeUndefined();
    expect(await refusal(rules, expired ?? '')).toBe('OB005');
  });
});

describe('a change of keys signs no user out', () => {
  test('key after key: old and new tokens are believed at each step, by a process that is a step behind, too', async () => {
    const steps = [
      privateKeysIn(oldPem),
      privateKeysIn(oldPem, freshPem),
      privateKeysIn(freshPem, oldPem),
    ];
    for (const [index, privateKeys] of steps.entries()) {
      const token = await sign({ privateKeys });
      expect(decodeProtectedHeader(token).alg).toBe(index < 2 ? 'ES256' : 'RS256');
      for (const others of steps.slice(Math.max(0, index - 1), index + 2)) {
        expect(await refusal({ privateKeys: others }, token)).toBeUndefined();
      }
    }
    const [before, after] = await Promise.all(
      [steps[1], steps[2]].map((privateKeys) => sign(privateKeys ? { privateKeys } : {})),
    );
    const dropped = { privateKeys: privateKeysIn(freshPem) };
    expect(await refusal(dropped, after ?? '')).toBeUndefined();
    expect(await refusal(dropped, before ?? '')).toBe('OB004');
  });

  test('secret after secret, likewise', async () => {
    const steps = [
      { secret: oldSecret },
      { secret: oldSecret, additionalSecret: freshSecret },
      { secret: freshSecret, additionalSecret: oldSecret },
    ];
    for (const [index, rules] of steps.entries()) {
      const token = await sign(rules);
      for (const others of steps.slice(Math.max(0, index - 1), index + 2)) {
        expect(await refusal(others, token)).toBeUndefined();
      }
    }
    const dropped = { secret: freshSecret };
    expect(await refusal(dropped, await sign({ secret: freshSecret }))).toBeUndefined();
    expect(await refusal(dropped, await sign({ secret: oldSecret }))).toBe('OB004');
  });

  test('from a secret to keys: the secret verifies for as long as it is set', async () => {
    const before = await sign({ secret: oldSecret });
    const privateKeys = privateKeysIn(oldPem);
    expect(await refusal({ secret: oldSecret, privateKeys }, before)).toBeUndefined();
    expect(await refusal({ privateKeys }, before)).toBe('OB004');
  });
});

describe('a key of ours', () => {
  test('is published without its private part, named by its thumbprint', async () => {
    const keys = publicKeysOf(rulesWith({ privateKeys: privateKeysIn(oldPem, freshPem) }));
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    ]);
    for (const key of keys) {
      expect(key.kid).toBe(await calculateJwkThumbprint({ ...key }));
      expect(key.use).toBe('sig');
    }
  });

  const rules = rulesWith({
    secret: oldSecret,
    privateKeys: privateKeysIn(freshPem, oldPem),
    issuers: ['ombaro', 'https://issuer.example'],
  });
  const [rsa, ec] = publicKeysOf(rules);
  const claimsOf = (iss: string) => ({
    sub: userId,
    role: 'authenticated',
    iss,
    aud: 'authenticated',
    exp: Math.floor(Date.now() / 1000) + 60,
  });
  const signed = async (header: { alg: string; kid?: string; crit?: string[] }, iss = 'ombaro') =>
    new SignJWT(claimsOf(iss))
      .setProtectedHeader(header)
      .sign(await importPKCS8(String(header.alg === 'ES256' ? oldPem : freshPem), header.alg), {
        ...(header.crit && { crit: { [header.crit[0] ?? '']: true } }),
      });

  test('speaks for our own issuer and for no other; a secret speaks for either issuer', async () => {
    const ours = { alg: 'RS256', kid: rsa?.kid ?? '' };
    expect(await refusal(rules, await signed(ours))).toBeUndefined();
    expect(await refusal(rules, await signed(ours, 'https://issuer.example'))).toBe('OB004');
    const bySecret = (iss: string) =>
      new SignJWT(claimsOf(iss)).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(oldSecret));
    expect(await refusal(rules, await bySecret('ombaro'))).toBeUndefined();
    expect(await refusal(rules, await bySecret('https://issuer.example'))).toBeUndefined();
    expect(await refusal(rules, await bySecret('https://x.example'))).toBe('OB004');
  });

  test('is not a secret: its public part does not verify HS256, in any form', async () => {
    const pem = createPublicKey(String(freshPem)).export({ type: 'spki', format: 'pem' });
    const der = createPublicKey(String(freshPem)).export({ type: 'spki', format: 'der' });
    const forms = [pem, String(pem).trim(), der, JSON.stringify(rsa), rsa?.n ?? '', freshPem];
    const forged = forms.flatMap((form) =>
      [{ alg: 'HS256' }, { alg: 'HS256', kid: rsa?.kid }].map((header) => {
        const text = [header, claimsOf('ombaro')]
          .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
          .join('.');
        return `${text}.${createHmac('sha256', form).update(text).digest('base64url')}`;
      }),
    );
    const { secret: _, ...withoutSecret } = rules;
    for (const token of forged) {
      expect(await refusal(rules, token)).toBe('OB004');
      expect(await refusal(withoutSecret, token)).toBe('OB004');
    }
    expect(
      await refusal(rules, await signed({ alg: 'RS256', kid: rsa?.kid ?? '' })),
    ).toBeUndefined();
  });

  test('verifies only its own algorithm, under its own name', async () => {
    const good = await signed({ alg: 'ES256', kid: ec?.kid ?? '' });
    expect(await refusal(rules, good)).toBeUndefined();
    for (const header of [
      { alg: 'RS512', kid: rsa?.kid ?? '' },
      { alg: 'PS256', kid: rsa?.kid ?? '' },
      { alg: 'RS256', kid: ec?.kid ?? '' },
      { alg: 'RS256', kid: 'another' },
      { alg: 'RS256' },
    ]) {
      expect(await refusal(rules, await signed(header))).toBe('OB004');
    }
  });

  test('does not verify a token with a critical header that is not understood', async () => {
    const kid = ec?.kid ?? '';
    const strange = { alg: 'ES256', kid, crit: ['urn:example:sealed'], 'urn:example:sealed': 1 };
    expect(await refusal(rules, await signed({ alg: 'ES256', kid }))).toBeUndefined();
    expect(await refusal(rules, await signed(strange))).toBe('OB004');
    // Without "b64", or where it is not understood, the same signature is good.
    const withB64 = (header: object) => {
      const text = [{ alg: 'ES256', kid, ...header }, claimsOf('ombaro')]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      const key = { key: createPrivateKey(oldPem), dsaEncoding: 'ieee-p1363' } as const;
      const signature = createSignature('sha256', Buffer.from(text), key);
      return `${text}.${signature.toString('base64url')}`;
    };
    expect(await refusal(rules, withB64({}))).toBeUndefined();
    expect(await refusal(rules, withB64({ crit: ['b64'], b64: false }))).toBe('OB004');
  });
});
