import { createHash, randomBytes } from 'node:crypto';

/** A secret that is handed out, and what the database keeps of it. */
export type Secret = {
  /** 256 random bits as base64url. */
  readonly secret: string;
  readonly hash: Buffer;
};

export function makeSecret(): Secret {
  const secret = randomBytes(32).toString('base64url');
  return { secret, hash: hashSecret(secret) };
}

/** SHA-256 of the secret's text: 256 bits cannot be guessed, so it needs no key. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
