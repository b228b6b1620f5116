import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { type PersonName, people, type TestApi, tokenFor } from '../api/support.ts';

export type Message = {
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the subscription's
  data?: any;
  errors?: readonly {
    message: string;
    extensions?: { code?: string; errorId?: string; retryAfter?: number };
  }[];
};

/** One subscription as a client sees it: what came, and that and how it ended. */
export type Followed = {
  readonly messages: Message[];
  /** The next message that was not taken yet; fails after two seconds. */
  next(): Promise<Message>;
  /** `complete`, or what the client was told instead. */
  readonly ended: Promise<unknown>;
};

export type Follower = {
  readonly client: Client;
  /** Codes with which the server closed, in order. */
  readonly closes: number[];
  follow(query: string, variables?: Record<string, unknown>): Followed;
  dispose(): void;
};

export type FollowerOptions = {
  token?: string;
  /** How often to come back; 0 unless said. */
  retries?: number;
  connectionParams?: Record<string, unknown>;
  /** Of the request that opens the websocket. */
  headers?: Record<string, string>;
};

export async function connectAs(
  api: TestApi,
  person: PersonName,
  options: FollowerOptions = {},
): Promise<Follower> {
  return connect(api, { token: await tokenFor(people[person]), ...options });
}

export function connect(
  api: TestApi,
  { token, retries = 0, connectionParams, headers = {} }: FollowerOptions = {},
): Follower {
  const closes: number[] = [];
  const client = createClient({
    url: `${api.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocol: string) {
        super(address, protocol, { headers });
      }
    },
    lazy: false,
    retryAttempts: retries,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 100)),
    shouldRetry: () => retries > 0,
    onNonLazyError: () => undefined,
    connectionParams:
      connectionParams ?? (token === undefined ? {} : { authorization: `Bearer ${token}` }),
    on: { closed: (event) => void closes.push((event as CloseEvent).code) },
  });
  return {
    client,
    closes,
    follow: (query, variables) => follow(client, query, variables),
    dispose: () => void client.dispose(),
  };
}

function follow(client: Client, query: string, variables?: Record<string, unknown>): Followed {
  const messages: Message[] = [];
  const ended = Promise.withResolvers<unknown>();
  let taken = 0;
  let wake = () => {};
  client.subscribe<Message['data']>(
    { query, ...(variables && { variables }) },
    {
      next(message) {
        messages.push(message as Message);
        wake();
      },
      error: (error) => ended.resolve(error),
      complete: () => ended.resolve('complete'),
    },
  );
  return {
    messages,
    ended: ended.promise,
    async next() {
      const deadline = Date.now() + 2_000;
      while (messages.length <= taken) {
        if (Date.now() > deadline) {
          throw new Error(`No message came; ${taken} had come before.`);
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 50);
        });
      }
      taken += 1;
      return messages[taken - 1] as Message;
    },
  };
}

/** A figure of a server's metrics, without labels. */
export async function gauge(api: Pick<TestApi, 'url'>, name: string): Promise<number> {
  const metrics = await (await fetch(`${api.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
}

/** Long enough for an event to have arrived, had it been coming. */
export function aWhile(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 300));
}

/** Waits until something is so; fails after so many milliseconds. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) {
      throw new Error(`It never became so: ${isSo}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
