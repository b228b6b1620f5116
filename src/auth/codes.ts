import { createHmac, randomInt } from 'node:crypto';
import type { CodeAddress } from '../lib/code-address.ts';
import { addressOf } from './addresses.ts';

/** A new one-time code: six digits, each as likely as any other. */
export function makeCode(): string {
  return randomInt(0, 1_000_000).toString().padStart(6, '0');
}

/**
 * What the database keeps of a code: HMAC-SHA-256 of address and code. A million codes are tried in a
 * second; without the key, which is not in the database, that finds nothing.
 */
export function hashCode(key: string, address: CodeAddress, code: string): Buffer {
  return createHmac('sha256', key)
    .update(`${addressOf(address)}\n${code}`)
    .digest();
}
