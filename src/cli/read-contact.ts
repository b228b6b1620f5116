import { readAddress } from '../auth/addresses.ts';
import type { CodeAddress } from '../lib/code-address.ts';
import type { VerbInput } from './verb.ts';

/** The contact that `--mobile` or `--email` gives, in the form in which contacts are kept. */
export function readContact({ mobile, email }: VerbInput['values']): CodeAddress {
  return readAddress({ mobile: textOf(mobile), email: textOf(email) });
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
