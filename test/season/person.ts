import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { Messages } from './messages.ts';

export type Connection = {
  readonly url: string;
  readonly messages: Messages;
  readonly now: () => Date;
};

// biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
type Data = any;

type Answer = {
  readonly data?: Data;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string; readonly field?: string };
  }[];
};

/** A person with a telephone: signs in with the code that it receives, and asks the API. */
export type Person = {
  readonly name: string;
  readonly mobile: string;
  /** Signs in anew with a one-time code: also after every jump of the clock. */
  readonly signIn: () => Promise<void>;
  /** What the document gives. @throws Error for any refusal. */
  readonly query: (document: string, variables?: Record<string, unknown>) => Promise<Data>;
  /** The code of the refusal of a document. @throws Error when nothing is refused. */
  readonly refusal: (document: string, variables?: Record<string, unknown>) => Promise<string>;
  /**
   * Calls one mutation by its name, with `selection` of its payload.
   *
   * @throws Error for any refusal.
   */
  readonly act: (mutation: string, input: object, selection: string) => Promise<Data>;
  /** The code with which a mutation is refused. @throws Error when it is not. */
  readonly refusedAct: (mutation: string, input: object) => Promise<string>;
  /** Sends a file; its reference. */
  readonly upload: (purpose: string, contentType: string, bytes: Buffer) => Promise<string>;
  /** Collects what a subscription brings until `stop` is called. */
  readonly follow: (document: string, variables?: Record<string, unknown>) => Following;
  /** The texts that came to the telephone so far, oldest first. */
  readonly received: () => readonly string[];
};

export type Following = {
  readonly events: readonly Data[];
  readonly stop: () => Promise<void>;
};

let networks = 0;

export function makePerson(
  { url, messages }: Connection,
  { name, mobile }: { readonly name: string; readonly mobile: string },
): Person {
  networks += 1;
  const address = `10.2.${Math.floor(networks / 250)}.${(networks % 250) + 1}`;
  let token: string | null = null;
  const headers = () => ({
    'content-type': 'application/json',
    'x-forwarded-for': address,
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  });
  const post = async (path: string, body: object): Promise<Data> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: headers(),
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (path !== '/graphql' && !response.ok) {
      throw new Error(`${name}, ${path}: ${response.status} ${JSON.stringify(answer)}`);
    }
    return answer;
  };
  const ask = (query: string, variables: Record<string, unknown> = {}): Promise<Answer> =>
    post('/graphql', { query, variables });
  const query: Person['query'] = async (document, variables) => {
    const { data, errors } = await ask(document, variables);
    if (errors !== undefined) {
      const [error] = errors;
      const where = error?.extensions.field ?? error?.path?.join('.');
      throw new Error(
        `${name}: ${error?.extensions.code} ${error?.message} (${where})\n${document}`,
      );
    }
    return data;
  };
  const refusal: Person['refusal'] = async (document, variables) => {
    const { data, errors } = await ask(document, variables);
    if (errors === undefined) {
      throw new Error(`${name} is not refused: ${JSON.stringify(data)}\n${document}`);
    }
    return errors[0]?.extensions.code ?? '';
  };
  return {
    name,
    mobile,
    signIn: async () => {
      token = null;
      const before = messages.to(mobile).length;
      const sent = await post('/auth/otp', { mobile });
      const [, code] =
        messages
          .to(mobile)
          .slice(before)
          .map((text) => /(\d{6}) is your OMBARO code/.exec(text))
          .find((found) => found !== null) ?? [];
      const challenge = 'challenge' in sent ? { challenge: sent.challenge } : {};
      const signedIn = await post('/auth/otp/verify', { mobile, code, ...challenge });
      token = signedIn.access_token;
    },
    query,
    refusal,
    act: async (mutation, input, selection) => {
      const data = await query(documentOf(mutation, selection), { input });
      return data[mutation];
    },
    refusedAct: (mutation, input) =>
      refusal(documentOf(mutation, '{ clientMutationId }'), { input }),
    upload: async (purpose, contentType, bytes) => {
      const { createUpload } = await query(
        `mutation ($input: CreateUploadInput!) { createUpload(input: $input) {
          result { reference uploadUrl uploadHeaders { name value } } } }`,
        { input: { purpose, contentType, size: bytes.length } },
      );
      const { reference, uploadUrl, uploadHeaders } = createUpload.result;
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
        connectionParams: { authorization: `Bearer ${token}` },
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

function documentOf(mutation: string, selection: string): string {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!`;
  return `mutation ($input: ${type}) { ${mutation}(input: $input) ${selection} }`;
}
