import { expect } from '@jest/globals';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { Coverage } from './coverage.ts';
import type { Messages } from './messages.ts';

export type Connection = {
  readonly url: string;
  readonly messages: Messages;
  readonly now: () => Date;
  readonly coverage: Coverage;
};

// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
export type Data = any;

type Variables = Record<string, unknown>;

type Answer = {
  readonly data?: Data;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string; readonly field?: string };
  }[];
};

/** Where a user looks for the effect of what another does. */
export type Look = {
  readonly by: Pick<Person, 'query'>;
  readonly document: string;
  readonly variables?: Variables;
};

/** A person with a telephone: signs in with the code that it receives, and asks the API. */
export type Person = {
  readonly name: string;
  readonly mobile: string;
  /**
   * Signs in with a one-time code, as a customer or a vendor where that is said. Afterwards the session is kept
   * alive as an app does it: it refreshes an access token that has expired, and asks for a code when that is over.
   */
  readonly signIn: (as?: 'customer' | 'vendor') => Promise<void>;
  /** Goes on with a session that began elsewhere, by its refresh token. */
  readonly goOn: (refreshToken: string) => Promise<void>;
  /** The id of the account. */
  readonly id: () => string;
  /** What the document gives. @throws Error for any refusal. */
  readonly query: (document: string, variables?: Variables) => Promise<Data>;
  /** The code of the refusal of a document. @throws Error when nothing is refused. */
  readonly refusal: (document: string, variables?: Variables) => Promise<string>;
  /** The code of the refusal of a document, or `allowed`. */
  readonly outcome: (document: string, variables?: Variables) => Promise<string>;
  /**
   * Calls one mutation by its name, with `selection` of its payload.
   *
   * @throws Error for any refusal.
   */
  readonly act: (mutation: string, input: object, selection?: string) => Promise<Data>;
  /** Calls a mutation, and expects its payload to contain `shows`; `more` is asked for besides. */
  readonly prove: (mutation: string, input: object, shows: object, more?: string) => Promise<Data>;
  /**
   * Calls a mutation, and expects a look afterwards to give what it did not give before.
   *
   * @throws Error where the look gave it before, too.
   */
  readonly proveBy: (mutation: string, input: object, look: Look, shows: object) => Promise<void>;
  /** The code with which a mutation is refused. @throws Error when it is not. */
  readonly refusedAct: (mutation: string, input: object) => Promise<string>;
  /** The code with which a mutation is refused, or `allowed`. */
  readonly tryAct: (mutation: string, input: object) => Promise<string>;
  /** Sends a file; its reference. */
  readonly upload: (purpose: string, contentType: string, bytes: Buffer) => Promise<string>;
  /** Collects what a subscription brings until `stop` is called. */
  readonly follow: (document: string, variables?: Variables) => Following;
  /** The texts that came to the telephone so far, oldest first. */
  readonly received: () => readonly string[];
};

export type Following = {
  readonly events: readonly Data[];
  readonly stop: () => Promise<void>;
};

type Session = {
  readonly userId: string;
  readonly accessToken: string;
  readonly accessUntil: number;
  readonly refreshToken: string;
  readonly refreshUntil: number;
};

/** Tokens are renewed so long before they expire, in milliseconds. */
const margin = 60_000;

let networks = 0;

export function makePerson(
  { url, messages, now, coverage }: Connection,
  { name, mobile }: { readonly name: string; readonly mobile: string },
): Person {
  // Each person has a network of their own.
  networks += 1;
  const address = `10.2.0.${networks % 250}`;
  let session: Session | null = null;
  let renewal: Promise<void> | null = null;
  const post = async (path: string, body: object, token?: string): Promise<Data> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': address,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (path !== '/graphql' && !response.ok) {
      throw new Error(`${name}, ${path}: ${response.status} ${JSON.stringify(answer)}`);
    }
    return answer;
  };
  const open = (answer: Data) => {
    const at = now().getTime();
    session = {
      userId: answer.user.id,
      accessToken: answer.access_token,
      accessUntil: at + answer.expires_in * 1000 - margin,
      refreshToken: answer.refresh_token,
      refreshUntil: at + answer.refresh_expires_in * 1000 - margin,
    };
  };
  const signIn: Person['signIn'] = async (as) => {
    const before = messages.to(mobile).length;
    const { challenge } = await post('/auth/otp', { mobile });
    const [, code] =
      messages
        .to(mobile)
        .slice(before)
        .map((text) => /(\d{6}) is your OMBARO code/.exec(text))
        .find((found) => found !== null) ?? [];
    const signUpAs = as === undefined ? {} : { sign_up_as: as };
    open(await post('/auth/otp/verify', { mobile, code, challenge, ...signUpAs }));
  };
  const renew = async ({ refreshToken, refreshUntil }: Session): Promise<void> => {
    if (now().getTime() < refreshUntil) {
      open(await post('/auth/refresh', { refresh_token: refreshToken }));
    } else {
      await signIn();
    }
  };
  const ask = async (query: string, variables: Variables = {}): Promise<Answer> => {
    if (session !== null && now().getTime() >= session.accessUntil) {
      renewal ??= renew(session).finally(() => {
        renewal = null;
      });
    }
    await renewal;
    return post('/graphql', { query, variables }, session?.accessToken);
  };
  const query: Person['query'] = async (document, variables) => {
    const { data, errors } = await ask(document, variables);
    if (errors !== undefined) {
      const [error] = errors;
      const where = error?.extensions.field ?? error?.path?.join('.');
      throw new Error(
        `${name}: ${error?.extensions.code} ${error?.message} (${where})\n${document}\n${JSON.stringify(variables)}`,
      );
    }
    return data;
  };
  const outcome: Person['outcome'] = async (document, variables) => {
    const { errors } = await ask(document, variables);
    return errors === undefined ? 'allowed' : (errors[0]?.extensions.code ?? '');
  };
  const refusal: Person['refusal'] = async (document, variables) => {
    const code = await outcome(document, variables);
    if (code === 'allowed') {
      throw new Error(`${name} is not refused.\n${document}\n${JSON.stringify(variables)}`);
    }
    return code;
  };
  const act: Person['act'] = async (mutation, input, selection = nothing) => {
    const data = await query(documentOf(mutation, selection), { input });
    return data[mutation];
  };
  return {
    name,
    mobile,
    signIn: async (as) => {
      session = null;
      await signIn(as);
    },
    goOn: async (refreshToken) => {
      open(await post('/auth/refresh', { refresh_token: refreshToken }));
    },
    id: () => {
      if (session === null) {
        throw new Error(`${name} has not signed in yet.`);
      }
      return session.userId;
    },
    query,
    refusal,
    outcome,
    act,
    prove: async (mutation, input, shows, more) => {
      const payload = await act(mutation, input, selectionOf(shows, more));
      expect(payload).toMatchObject(shows);
      coverage.note(mutation);
      return payload;
    },
    proveBy: async (mutation, input, { by, document, variables }, shows) => {
      const before = await by.query(document, variables);
      await act(mutation, input);
      const after = await by.query(document, variables);
      expect(after).toMatchObject(shows);
      if (JSON.stringify(before) === JSON.stringify(after)) {
        throw new Error(`${mutation} by ${name} changes nothing: ${JSON.stringify(after)}`);
      }
      coverage.note(mutation);
    },
    refusedAct: (mutation, input) => refusal(documentOf(mutation, nothing), { input }),
    tryAct: (mutation, input) => outcome(documentOf(mutation, nothing), { input }),
    upload: async (purpose, contentType, bytes) => {
      const { result } = await act(
        'createUpload',
        { purpose, contentType, size: bytes.length },
        '{ result { reference uploadUrl uploadHeaders { name value } } }',
      );
      const { reference, uploadUrl, uploadHeaders } = result;
      const response = await fetch(uploadUrl, {
        method: 'PUT',
        headers: Object.fromEntries(
          uploadHeaders.map((header: { name: string; value: string }) => [
            header.name,
            header.value,
          ]),
        ),
        body: new Uint8Array(bytes),
      });
      if (!response.ok) {
        throw new Error(`${name}, upload: ${response.status} ${await response.text()}`);
      }
      return reference;
    },
    follow: (document, variables) => {
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${session?.accessToken}` },
      });
      const events: Data[] = [];
      client.subscribe(
        { query: document, variables: variables ?? null },
        {
          next: ({ data }) => void events.push(data),
          error: (error) => void events.push(error),
          complete: () => undefined,
        },
      );
      return { events, stop: async () => client.dispose() };
    },
    received: () => messages.to(mobile),
  };
}

const nothing = '{ clientMutationId }';

function documentOf(mutation: string, selection: string): string {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!`;
  return `mutation ($input: ${type}) { ${mutation}(input: $input) ${selection} }`;
}

/** The fields of what is expected, as a selection; `more` is added within each. */
function selectionOf(shows: object, more = ''): string {
  const fields = Object.entries(shows).map(([field, value]) =>
    isNested(value) ? `${field} ${selectionOf({ ...value }).replace(/}$/, `${more} }`)}` : field,
  );
  return `{ ${fields.join(' ')} }`;
}

function isNested(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !('asymmetricMatch' in value)
  );
}
