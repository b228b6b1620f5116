import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A key of ours that signs access tokens, or signed them and still verifies them. */
export type PrivateKey = {
  readonly alg: 'ES256' | 'RS256';
  /** RFC 7638's thumbprint, with SHA-256. */
  readonly kid: string;
  readonly pem: string;
  readonly publicJwk: PublicJwk;
};

/** The public part of a key. */
export type PublicJwk = Record<string, string> & {
  readonly kty: string;
  readonly kid: string;
  readonly alg: string;
  readonly use: 'sig';
};

/** RSA keys shorter than this can be broken soon (RFC 7518, 3.3). In bits. */
export const leastRsaBits = 2048;

const pemBlock = /-----BEGIN ([^-\n]+)-----(?:(?!-----)[\s\S])*-----END \1-----/g;
const remedy =
  'Make a key with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 (or -algorithm RSA -pkeyopt rsa_keygen_bits:2048)';

/**
 * Reads private keys that stand in a file one after another. The first signs.
 *
 * @throws Error that says what is wrong with the file, and the remedy.
 */
export function readPrivateKeys(file: string): readonly [PrivateKey, ...PrivateKey[]] {
  const text = readText(file);
  // Half a block is a file that is still being written, or was not written to its end.
  if (text.replaceAll(pemBlock, '').includes('-----')) {
    throw new Error(`${file} has an incomplete key. Write the file again`);
  }
  const keys = Array.from(text.matchAll(pemBlock), ([pem], index) =>
    parsePrivateKey(pem, `Key ${index + 1} of ${file}`),
  );
  const [first, ...others] = keys;
  if (first === undefined) {
    throw new Error(`${file} has no private key in PEM format. ${remedy}`);
  }
  for (const [index, { kid }] of keys.entries()) {
    const earlier = keys.findIndex((key) => key.kid === kid);
    if (earlier < index) {
      throw new Error(
        `Key ${index + 1} of ${file} is the same as key ${earlier + 1}. Leave one of them out`,
      );
    }
  }
  return [first, ...others];
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(
      `${file} cannot be read (${code}). Name a file that this user may read. ${remedy}`,
      { cause },
    );
  }
}

function parsePrivateKey(pem: string, name: string): PrivateKey {
  if (!/^-----BEGIN (EC |RSA )?PRIVATE KEY-----/.test(pem)) {
    throw new Error(`${name} is encrypted or is not a private key. ${remedy}`);
  }
  const publicPart = publicPartOf(pem, name);
  const { alg, required } = kindOf(publicPart, name);
  const kid = createHash('sha256').update(JSON.stringify(required)).digest('base64url');
  return { alg, kid, pem, publicJwk: { ...required, kid, alg, use: 'sig' } };
}

function publicPartOf(pem: string, name: string): JsonWebKey {
  const key = publicKeyOf(pem, name);
  const { modulusLength = leastRsaBits } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < leastRsaBits) {
    throw new Error(`${name} is shorter than ${leastRsaBits} bits. ${remedy}`);
  }
  if (key.asymmetricKeyType !== 'ec' && key.asymmetricKeyType !== 'rsa') {
    throw new Error(`${name} is neither an EC key on P-256 nor an RSA key. ${remedy}`);
  }
  return key.export({ format: 'jwk' });
}

function publicKeyOf(pem: string, name: string): KeyObject {
  try {
    return createPublicKey(createPrivateKey(pem));
  } catch (cause) {
    throw new Error(`${name} cannot be understood. ${remedy}`, { cause });
  }
}

/** The algorithm, and the members that RFC 7638 wants, in its order. */
function kindOf({ kty, crv, x, y, n, e }: JsonWebKey, name: string) {
  if (kty === 'EC' && crv === 'P-256' && x !== undefined && y !== undefined) {
    return { alg: 'ES256', required: { crv, kty, x, y } } as const;
  }
  if (kty !== 'RSA' || n === undefined || e === undefined) {
    throw new Error(`${name} is neither an EC key on P-256 nor an RSA key. ${remedy}`);
  }
  return { alg: 'RS256', required: { e, kty, n } } as const;
}
