import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeVerifyToken } from '../../../src/auth/verify-token.ts';
import { projectRoot } from '../../../src/config/project.ts';
import type { VerifyToken } from '../../../src/requests/identity.ts';
import { isSignatureGood, type KeySetServer, rulesWith, silent, startKeySet } from './support.ts';

type Jwk = {
  kty: string;
  k?: string;
};
type Group = {
  comment: string;
  public?: Jwk;
  private: Jwk | { keys: Jwk[] };
  tests: { tcId: number; comment: string; jws?: unknown; result: 'valid' | 'invalid' }[];
};

const read = (name: string) =>
  JSON.parse(readFileSync(path.join(projectRoot, 'test/auth/tokens/vectors', name), 'utf8')) as {
    testGroups: Group[];
  };

const supported = ['HS256', 'RS256', 'RS384', 'PS256', 'ES256', 'ES384', 'EdDSA'];

/** "valid" vectors that are refused, though of an algorithm that is supported or has a name like one. */
const stricter = new Map([
  [346, 'PS384 with a key that is for PS256'],
  [347, 'the key is for ES521, which there is not'],
  [350, 'PS384 with a key that is for PS256'],
  [351, 'the key is for ES521, which there is not'],
  [372, 'a character that is not base64url, which the MAC does not cover'],
  [373, 'a character that is not base64url, which the MAC does not cover'],
]);

/** "invalid" for their key alone, which is that of an issuer who is believed: RFC 7518 asks for its length only. */
const believedIssuers = new Map([['json_web_crypto_test.json', [46]]]);

/** "invalid" vectors whose bytes are those of a valid one: the padding that their comment tells of is not there. */
const sameAsValid = new Map([
  [367, 357],
  [370, 357],
]);

let keySet: KeySetServer;

beforeAll(async () => {
  keySet = await startKeySet([]);
});
afterAll(async () => {
  await keySet?.close();
});

/** Secrets as JWT_SECRET and JWT_ADDITIONAL_SECRET, public keys as what JWKS_URL names. */
function verifierFor(group: Group): VerifyToken {
  const keys = 'keys' in group.private ? group.private.keys : [group.public ?? group.private];
  const secrets = keys.map(({ k = '' }) => Buffer.from(k, 'base64url'));
  const isSecret = keys.every(({ kty }) => kty === 'oct');
  if (!isSecret) {
    keySet.keys = keys;
  }
  const [secret = randomBytes(32), additionalSecret] = isSecret ? secrets : [];
  return makeVerifyToken(
    rulesWith({
      secret,
      ...(additionalSecret === undefined ? {} : { additionalSecret }),
      ...(isSecret ? {} : { jwksUrl: keySet.url }),
    }),
    silent,
  );
}

function algorithmOf(jws: string): unknown {
  try {
    return JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()).alg;
  } catch {
    return undefined;
  }
}

/** What is wrong, one line a vector, and how many there were of each kind. */
async function run(name: string, isListed: boolean) {
  const wrong: string[] = [];
  const seen = {
    believed: 0,
    refused: 0,
    unsupported: 0,
    stricter: 0,
    sameAsValid: 0,
    believedIssuer: 0,
    encrypted: 0,
  };
  for (const group of read(name).testGroups) {
    const verify = verifierFor(group);
    for (const { tcId, comment, jws, result } of group.tests) {
      if (jws === undefined) {
        seen.encrypted += 1;
        continue;
      }
      const text = typeof jws === 'string' ? jws : JSON.stringify(jws);
      const kind =
        isListed && stricter.has(tcId)
          ? 'stricter'
          : isListed && sameAsValid.has(tcId)
            ? 'sameAsValid'
            : believedIssuers.get(name)?.includes(tcId)
              ? 'believedIssuer'
              : result === 'invalid'
                ? 'refused'
                : supported.includes(String(algorithmOf(text)))
                  ? 'believed'
                  : 'unsupported';
      seen[kind] += 1;
      const isExpected = ['believed', 'sameAsValid', 'believedIssuer'].includes(kind);
      if ((await isSignatureGood(verify, text)) !== isExpected) {
        wrong.push(`${tcId} ${group.comment} ${comment}: ${kind}`);
      }
    }
  }
  return { wrong, seen };
}

describe('the signatures of the Wycheproof project', () => {
  test('are believed or refused as they should be: signatures', async () => {
    expect(await run('json_web_signature_test.json', true)).toEqual({
      wrong: [],
      seen: {
        believed: 28,
        refused: 353,
        unsupported: 12,
        stricter: 6,
        sameAsValid: 2,
        believedIssuer: 0,
        encrypted: 0,
      },
    });
  });

  test('are believed or refused as they should be: keys and key sets', async () => {
    expect(await run('json_web_crypto_test.json', false)).toEqual({
      wrong: [],
      seen: {
        believed: 4,
        refused: 44,
        unsupported: 0,
        stricter: 0,
        sameAsValid: 0,
        believedIssuer: 1,
        encrypted: 34,
      },
    });
  });

  test('are not all of them what they claim', () => {
    const vectors = new Map(
      read('json_web_signature_test.json').testGroups.flatMap(({ tests }) =>
        tests.map(({ tcId, jws, result }) => [tcId, { jws, result }] as const),
      ),
    );
    for (const [id, valid] of sameAsValid) {
      expect(vectors.get(id)).toEqual({ jws: vectors.get(valid)?.jws, result: 'invalid' });
      expect(vectors.get(valid)?.result).toBe('valid');
    }
    for (const id of stricter.keys()) {
      expect(vectors.get(id)?.result).toBe('valid');
    }
  });
});
