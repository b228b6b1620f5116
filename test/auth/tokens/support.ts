import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { errors } from 'jose';
import type { TokenRules } from '../../../src/auth/keys.ts';
import { type PrivateKey, readPrivateKeys } from '../../../src/config/private-keys.ts';
import { codeOf } from '../../../src/errors/errors.ts';
import { makeLogger } from '../../../src/lib/logger.ts';
import type { VerifyToken } from '../../../src/requests/identity.ts';

export const userId = '10000000-0000-4000-8000-000000000001';

export const silent = makeLogger('silent');

/** Private keys in PEM, as `openssl genpkey` makes them. */
export const newPem = {
  ec: (namedCurve = 'P-256') =>
    generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  rsa: (modulusLength = 2048) =>
    generateKeyPairSync('rsa', { modulusLength }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    }),
  ed25519: () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
} as const;

/** Reads keys from a file, as the configuration does. */
export function privateKeysIn(
  ...pems: (string | Buffer)[]
): readonly [PrivateKey, ...PrivateKey[]] {
  const folder = mkdtempSync(path.join(tmpdir(), 'ombaro-keys-'));
  try {
    const file = path.join(folder, 'keys.pem');
    writeFileSync(file, pems.join(''));
    return readPrivateKeys(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Rules of an issuer `ombaro`, with what a test wants to be different. */
export function rulesWith(rules: Partial<TokenRules>): TokenRules {
  return { issuers: ['ombaro'], audience: 'authenticated', ...rules };
}

export type KeySetServer = {
  readonly url: string;
  /** How often the set was read. */
  readonly reads: number;
  keys: readonly object[];
  /** Until it answers, in milliseconds. */
  delayMs: number;
  status: number;
  close(): Promise<void>;
};

/** Another issuer's key set, on loopback. */
export async function startKeySet(keys: readonly object[]): Promise<KeySetServer> {
  let reads = 0;
  const server = createServer((_request, response) => {
    reads += 1;
    const { status, keys: current, delayMs } = keySet;
    const timer = setTimeout(() => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ keys: current }));
    }, delayMs);
    response.once('close', () => clearTimeout(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const keySet: KeySetServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    get reads() {
      return reads;
    },
    keys,
    delayMs: 0,
    status: 200,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return keySet;
}

/** The registered code with which a token is refused; undefined when it is believed. */
export async function refusalOf(verify: VerifyToken, token: string): Promise<string | undefined> {
  try {
    await verify(token);
    return undefined;
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) {
      throw error;
    }
    return code;
  }
}

/**
 * What the verification makes of a signature over something that is no claims of ours: it is refused in
 * any case, but for its content only when the signature was good.
 */
export async function isSignatureGood(verify: VerifyToken, token: string): Promise<boolean> {
  const error = await verify(token).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (codeOf(error) !== 'OB004') {
    throw new Error('It was not refused as a token', { cause: error });
  }
  const { originalError } = error as { originalError?: unknown };
  return (
    originalError instanceof errors.JWTClaimValidationFailed ||
    (originalError instanceof errors.JWTInvalid && /Claims Set/.test(originalError.message))
  );
}
