import {
  type CountryCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max';
import { z } from 'zod';
import { Refusal } from '../http/refusal.ts';
import type { CodeAddress } from '../lib/code-address.ts';

/** As `public.email_address` has it: at most 254 characters. */
const emailAddress = z.email().max(254);

/**
 * Reads a mobile number as people write it, or an e-mail address.
 *
 * @param country where a number without its country's code is from, as ISO 3166-1 has it.
 * @throws Refusal OB020 for what is neither, or both.
 */
export function readAddress(
  { mobile, email }: { mobile?: string | undefined; email?: string | undefined },
  country = 'IN',
): CodeAddress {
  if ((mobile === undefined) === (email === undefined)) {
    throw new Refusal('OB020', 'Give either a mobile number or an e-mail address, not both.');
  }
  return mobile === undefined
    ? { mobile: null, email: readEmail(email ?? '') }
    : { mobile: readMobile(mobile, country), email: null };
}

/** What a person reads where the address itself must not be shown. */
export function addressOf({ mobile, email }: CodeAddress): string {
  return mobile ?? email ?? '';
}

function readMobile(text: string, country: string): string {
  if (!isSupportedCountry(country)) {
    throw new Refusal(
      'OB020',
      `Country "${country}" is unknown. Use the two letters of a country, such as IN.`,
      { field: 'country' },
    );
  }
  const number = parsePhoneNumberFromString(inPlainDigits(text), {
    defaultCountry: country as CountryCode,
    extract: false,
  });
  if (!number?.isValid()) {
    throw new Refusal('OB020', 'The mobile number is not valid. Write it like +91 98765 43210.', {
      field: 'mobile',
    });
  }
  // Some countries do not tell mobile numbers from others.
  const type = number.getType();
  if (type !== undefined && type !== 'MOBILE' && type !== 'FIXED_LINE_OR_MOBILE') {
    throw new Refusal('OB020', 'Text messages cannot reach this number. Enter a mobile number.', {
      field: 'mobile',
    });
  }
  return number.number;
}

/** The digits of the scripts of India, nine of them, each at the same place of its block in Unicode. */
const indianDigits =
  /[\u0966-\u096f\u09e6-\u09ef\u0a66-\u0a6f\u0ae6-\u0aef\u0b66-\u0b6f\u0be6-\u0bef\u0c66-\u0c6f\u0ce6-\u0cef\u0d66-\u0d6f]/g;

/** What the library does not read: digits of Indian scripts, and a country's code in parentheses. */
function inPlainDigits(text: string): string {
  return text
    .replace(indianDigits, (digit) => String((digit.charCodeAt(0) & 0x7f) - 0x66))
    .replace(/^\s*\((\+\d+)\)/, '$1 ');
}

function readEmail(text: string): string {
  const parsed = emailAddress.safeParse(text.trim().toLowerCase());
  if (!parsed.success) {
    throw new Refusal('OB020', 'The e-mail address is not valid. Write it like asha@example.com.', {
      field: 'email',
    });
  }
  return parsed.data;
}
