import { type Client, createClient, type FormattedExecutionResult } from 'graphql-ws';

export type LiveClientOptions = {
  /** Where the API is, such as `wss://api.example.com/graphql`; asked each time that it connects. */
  url: () => string;
  /** An access token that has not expired; asked each time that it connects. */
  token: () => string | Promise<string>;
};

/** What every payload of a subscription has, whatever else is asked for. */
export type LiveEvent = {
  eventId: string;
};

export type LiveSubscription<Event extends LiveEvent> = {
  /** With a variable `$after: BigInt` that it passes on, and `eventId` among the fields. */
  query: string;
  variables?: Readonly<Record<string, unknown>>;
  /** Is given every event once, in order. */
  onEvent: (event: Event) => void;
  /** So much was missed that it is not kept any more. What is on the screen must be fetched again; then it goes on. */
  onRefetch: () => void | Promise<void>;
  /** It is over: without an error because the right to it has ended, or what it is about is gone. */
  onEnd: (error?: unknown) => void;
};

/** For how long the server may be silent when asked for a sign of life, in ms. */
const timeoutMs = 5_000;
const pingIntervalMs = 10_000;
/** Between two attempts, in ms: twice as long each time, half of it at random. */
const shortestWaitMs = 100;
const longestWaitMs = 5_000;

/** Codes of errors that another attempt may not meet. Of any other the caller has to know. */
const passing = new Set(['OB013', 'OB083', 'OB099']);
/** Close codes from 4000 on after which to come back: expired token, no answer in time, our own pongTimer; and its own failure. */
const passingCloses = new Set([4403, 4408, 4499, 4500]);

/**
 * Follows subscriptions over one websocket so that nothing is missed and nothing comes twice: it
 * begins at `eventCursor`, remembers the last event of each subscription, and goes on from there
 * whenever the connection or the server was lost.
 */
export class LiveClient {
  readonly #client: Client;
  readonly #stop = new AbortController();

  constructor({ url, token }: LiveClientOptions) {
    let pongTimer: ReturnType<typeof setTimeout> | undefined;
    const client = createClient({
      url,
      connectionParams: async () => ({ authorization: `Bearer ${await token()}` }),
      // It would subscribe again with the `after` of the first time.
      retryAttempts: 0,
      lazyCloseTimeout: 3_000,
      keepAlive: pingIntervalMs,
      on: {
        ping(isReceived) {
          if (!isReceived) {
            pongTimer = setTimeout(() => client.terminate(), timeoutMs);
          }
        },
        pong(isReceived) {
          if (isReceived) {
            clearTimeout(pongTimer);
          }
        },
        closed: () => clearTimeout(pongTimer),
      },
    });
    this.#client = client;
  }

  /** Follows until the function that it returns is called. */
  follow<Event extends LiveEvent>(subscription: LiveSubscription<Event>): () => void {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, this.#stop.signal]);
    const end = (error?: unknown) => signal.aborted || subscription.onEnd(error);
    void this.#follow(subscription, signal).then(() => end(), end);
    return () => stop.abort();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    // It may be connecting to a server that is gone.
    await Promise.resolve(this.#client.dispose()).catch(() => undefined);
  }

  async #follow<Event extends LiveEvent>(
    { query, variables, onEvent, onRefetch }: LiveSubscription<Event>,
    signal: AbortSignal,
  ): Promise<void> {
    let after: string | undefined;
    let hasMissed = false;
    let failures = 0;
    while (!signal.aborted) {
      try {
        after ??= await this.#cursor(signal);
        if (hasMissed) {
          // After the cursor was read: what changes while everything is fetched comes as well.
          await onRefetch();
          hasMissed = false;
        }
        for await (const event of this.#read<Event>(query, { ...variables, after }, signal)) {
          after = event.eventId;
          failures = 0;
          onEvent(event);
        }
        return;
      } catch (error) {
        if (codeOf(error) === 'OB075') {
          hasMissed = true;
          after = undefined;
        } else if (isPassing(error)) {
          await wait(failures, error, signal);
          failures += 1;
        } else {
          throw error;
        }
      }
    }
  }

  async #cursor(signal: AbortSignal): Promise<string> {
    for await (const cursor of this.#read<string>('{ eventCursor }', {}, signal)) {
      return cursor;
    }
    throw new Error('The server did not say where it is.');
  }

  /** What comes of the one field of an operation; throws when the field cannot be had. */
  async *#read<Result>(
    query: string,
    variables: Record<string, unknown>,
    signal: AbortSignal,
  ): AsyncGenerator<Result> {
    const results = this.#client.iterate<Record<string, Result | null>>({ query, variables });
    const stop = () => void results.return?.();
    signal.addEventListener('abort', stop);
    try {
      for await (const { data, errors } of results) {
        const [result] = Object.values(data ?? {});
        if (result == null) {
          throw new LiveError(errors ?? []);
        }
        yield result;
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}

/** The server's errors, of which the first has `extensions.code`. */
export class LiveError extends Error {
  readonly errors: Errors;

  constructor(errors: Errors) {
    super(errors[0]?.message ?? 'The server gave nothing.');
    this.errors = errors;
  }
}

type Errors = NonNullable<FormattedExecutionResult['errors']>;

/** Errors of an event come as `LiveError`, those of a whole operation as a list. */
function firstOf(error: unknown): Errors[number] | undefined {
  const errors = error instanceof LiveError ? error.errors : error;
  return Array.isArray(errors) ? errors[0] : undefined;
}

function codeOf(error: unknown): string | undefined {
  const code = firstOf(error)?.extensions?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Whether it may be over when one comes back a little later. */
function isPassing(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== undefined) {
    return passing.has(code);
  }
  const { code: close, type } = error as { code?: unknown; type?: unknown };
  if (typeof close === 'number') {
    return close < 4000 || passingCloses.has(close);
  }
  // There is no answer at the moment.
  return type === 'error';
}

async function wait(failures: number, error: unknown, signal: AbortSignal): Promise<void> {
  const longest = Math.min(shortestWaitMs * 2 ** failures, longestWaitMs);
  const retryAfter = firstOf(error)?.extensions?.retryAfter;
  const asked = typeof retryAfter === 'number' ? retryAfter * 1_000 : 0;
  const milliseconds = Math.max(asked, longest / 2 + (Math.random() * longest) / 2);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
