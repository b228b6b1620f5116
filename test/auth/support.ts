import { randomUUID } from 'node:crypto';
import type { CodeMessage } from '../../src/auth/send-code.ts';
import { type ApiOptions, startApi, type TestApi } from '../api/support.ts';
import type { TestDatabase } from '../helpers/database.ts';

export type Answered = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the endpoint's
  readonly body: any;
  readonly code: string | undefined;
  readonly headers: Headers;
};

/** The sign-in as a user has it from a network address of their own. */
export type Phone = {
  readonly address: string;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answered>;
  /** Asks for a code and gives the one that was sent. */
  askForCode(address: { mobile?: string; email?: string }): Promise<string>;
  /** Asks for a code and signs in with it. */
  signIn(
    address: { mobile?: string; email?: string },
    more?: Record<string, unknown>,
  ): Promise<Answered>;
};

export type SignInApi = TestApi & {
  readonly sent: CodeMessage[];
  phone(address?: string): Phone;
};

/** The last challenge of each contact: the apps of the tests keep it until the code is entered. */
const challenges = new Map<string, string>();
let phones = 0;
let numbers = 0;

/** A valid mobile number that no other call gives. */
export function newMobile(): string {
  numbers += 1;
  return `+9199${String(10_000_000 + numbers).padStart(8, '0')}`;
}

/** The API with codes that are kept instead of sent, and with `X-Forwarded-For` believed. */
export async function startSignIn(
  database: TestDatabase,
  options: ApiOptions = {},
): Promise<SignInApi> {
  const sent: CodeMessage[] = [];
  const contactOf = (body: unknown) => {
    const { mobile, email } = Object(body) as { mobile?: unknown; email?: unknown };
    return String(mobile ?? email)
      .trim()
      .toLowerCase();
  };
  const withChallenge = (body: unknown) => {
    const { code } = Object(body) as { code?: unknown };
    return typeof code === 'string'
      ? { challenge: challenges.get(contactOf(body)) ?? randomUUID(), ...Object(body) }
      : body;
  };
  const api = await startApi(database, {
    sendCode: async (message) => void sent.push(message),
    ...options,
    http: { trustProxy: true, ...options.http },
  });
  const phone = (address = nextAddress()): Phone => {
    const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
      const response = await fetch(`${api.url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': address,
          'user-agent': 'a phone of the tests',
          ...headers,
        },
        body: typeof body === 'string' ? body : JSON.stringify(withChallenge(body)),
      });
      const text = await response.text();
      const parsed = text === '' ? undefined : JSON.parse(text);
      if (path === '/auth/otp' && typeof parsed?.challenge === 'string') {
        challenges.set(contactOf(body), parsed.challenge);
      }
      return {
        status: response.status,
        body: parsed,
        code: parsed?.errors?.[0]?.extensions.code as string | undefined,
        headers: response.headers,
      };
    };
    const askForCode: Phone['askForCode'] = async (to) => {
      const before = sent.length;
      const answer = await post('/auth/otp', to);
      const message = sent.at(-1);
      if (answer.status !== 200 || sent.length === before || message === undefined) {
        throw new Error(`No code was sent: ${answer.status} ${answer.code}`);
      }
      return message.code;
    };
    return {
      address,
      post,
      askForCode,
      signIn: async (to, more = {}) =>
        post('/auth/otp/verify', { ...to, code: await askForCode(to), ...more }),
    };
  };
  return { ...api, sent, phone };
}

function nextAddress(): string {
  phones += 1;
  return `10.1.${Math.floor(phones / 250)}.${(phones % 250) + 1}`;
}

/** A code that is another one. */
export function wrong(code: string): string {
  return String((Number(code) + 1) % 1_000_000).padStart(6, '0');
}
