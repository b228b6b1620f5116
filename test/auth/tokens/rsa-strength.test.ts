import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { projectRoot } from '../../../src/config/project.ts';
import { weaknessOfRsa } from '../../../src/config/rsa-strength.ts';

const modulusOf = (modulusLength: number) =>
  generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' }).n ?? '';

test('an RSA key of 2048 bits is strong enough, a shorter one is not', () => {
  expect(weaknessOfRsa(modulusOf(2048))).toBeNull();
  expect(weaknessOfRsa(modulusOf(2046))).toMatch(/2048 bits/);
});

test('leading zeros make no key longer', () => {
  const short = Buffer.from(modulusOf(1024), 'base64url');
  const padded = Buffer.concat([Buffer.alloc(128), short]).toString('base64url');
  expect(weaknessOfRsa(padded)).toMatch(/2048 bits/);
});

test('a key of the weak generator is known, though what it signs verifies', () => {
  const file = path.join(projectRoot, 'test/auth/tokens/vectors/json_web_crypto_test.json');
  const { testGroups } = JSON.parse(readFileSync(file, 'utf8')) as {
    testGroups: { comment: string; public: { n: string }; tests: { jws: string }[] }[];
  };
  const group = testGroups.find(({ comment }) => comment === 'jws_rsa_roca_key');
  const [header = '', payload = '', signature = ''] = group?.tests[0]?.jws.split('.') ?? [];
  const key = createPublicKey({ key: group?.public ?? {}, format: 'jwk' });
  const signed = Buffer.from(`${header}.${payload}`);
  expect(verify('sha256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true);
  expect(weaknessOfRsa(group?.public.n ?? '')).toMatch(/CVE-2017-15361/);
});
