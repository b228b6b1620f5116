import {
  buildClientSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  type IntrospectionQuery,
  isObjectType,
  isRequiredArgument,
  OperationTypeNode,
} from 'graphql';
import { createClient, type SubscribePayload } from 'graphql-ws';
import WebSocket from 'ws';
import { Dice } from '../booking/slots-worlds.ts';
import { DocumentMaker, type FuzzDocument } from './documents.ts';
import type { Known } from './values.ts';

export type FuzzOptions = {
  /** Where the API is, without a slash at the end. */
  readonly url: string;
  /** Access tokens of those who ask; a visitor asks as well. The first sees the most. */
  readonly tokens: readonly string[];
  readonly documents: number;
  readonly seed: number;
  /** How many are on their way at a time. */
  readonly atOnce: number;
};

export type Finding = FuzzDocument & {
  /** What is wrong with the answer. */
  readonly what: string;
  readonly by: 'HTTP' | 'websocket';
};

export type FuzzReport = {
  readonly findings: readonly Finding[];
  /** How often each code was answered, and `data` where there were data. */
  readonly answers: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** The longest that `/healthz` took meanwhile. */
  readonly healthMs: number;
  /** The most memory that the process held, in MB. */
  readonly memory: number;
};

type GraphqlError = { readonly message?: string; readonly extensions?: { readonly code?: string } };
type Answer = { readonly data?: unknown; readonly errors?: readonly GraphqlError[] };

/** A statement is stopped after 10 s; a request may have some. */
const deadlineMs = 30_000;
/** How long a subscription is followed. */
const followed = 20;

/** Sends documents made from the API's own schema and says what was answered wrongly. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { url, seed, documents, atOnce } = options;
  const dice = new Dice(seed);
  const schema = await schemaOf(url);
  const askers = [...options.tokens, undefined].map((token) => new Asker(url, token));
  const maker = new DocumentMaker(schema, dice, await knownTo(askers[0] as Asker, schema));
  const findings: Finding[] = [];
  const answers: Record<string, number> = {};
  let slowestMs = 0;
  let left = documents;

  const askOne = async () => {
    const document = maker.next();
    const asker = dice.pick(askers);
    const by = document.operation === 'subscription' || dice.chance(0.3) ? 'websocket' : 'HTTP';
    const start = performance.now();
    const answer = await (by === 'HTTP' ? asker.post(document) : asker.send(document)).catch(
      (error: unknown) => ({ errors: [{ message: String(error) }] }),
    );
    slowestMs = Math.max(slowestMs, performance.now() - start);
    const { data, errors = [] }: Answer = answer;
    if (data != null) {
      answers.data = (answers.data ?? 0) + 1;
    }
    for (const { message, extensions } of errors) {
      const code = extensions?.code ?? 'none';
      answers[code] = (answers[code] ?? 0) + 1;
      if (code === 'none' || code === 'OB099') {
        findings.push({ ...document, by, what: `${code}: ${message}` });
      }
    }
  };

  const watch = watchProcess(url);
  try {
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (left > 0) {
          left -= 1;
          await askOne();
        }
      }),
    );
  } finally {
    await Promise.all(askers.map((asker) => asker.close()));
  }
  return { findings, answers, slowestMs, ...(await watch.stop()) };
}

async function schemaOf(url: string) {
  const { data } = (await (
    await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: getIntrospectionQuery() }),
    })
  ).json()) as { data: IntrospectionQuery };
  return buildClientSchema(data);
}

/** The first rows of every list that is there to be asked for. */
async function knownTo(asker: Asker, schema: GraphQLSchema): Promise<Known> {
  const ids = new Set<string>();
  const cursors = new Set<string>();
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
    const connection = getNamedType(field.type);
    const nodes = isObjectType(connection) ? connection.getFields().nodes : undefined;
    if (nodes === undefined || field.args.some(isRequiredArgument)) {
      continue;
    }
    const row = getNamedType(nodes.type);
    const hasId = isObjectType(row) && row.getFields().id !== undefined;
    const query = `{list:${field.name}(first:3){nodes{${hasId ? 'id' : '__typename'}} pageInfo{endCursor}}}`;
    const { data } = await asker.post({
      operation: OperationTypeNode.QUERY,
      query,
      variables: '{}',
    });
    const { list } = (data ?? {}) as { list?: Page | null };
    list?.nodes.map(({ id }) => id && ids.add(String(id)));
    if (list?.pageInfo.endCursor) {
      cursors.add(list.pageInfo.endCursor);
    }
  }
  if (ids.size === 0 || cursors.size === 0) {
    throw new Error('The first of the tokens sees no rows.');
  }
  return { ids: [...ids], cursors: [...cursors] };
}

type Page = {
  readonly nodes: readonly { readonly id?: string | number }[];
  readonly pageInfo: { readonly endCursor: string | null };
};

/** One who asks, by HTTP and by a websocket that is opened again when it was closed. */
class Asker {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #client;

  constructor(url: string, token: string | undefined) {
    this.#url = url;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: RawSocket,
      connectionParams: { ...this.#headers },
      retryAttempts: 0,
      lazyCloseTimeout: 5_000,
    });
  }

  async post({ query, variables }: FuzzDocument): Promise<Answer> {
    const response = await fetch(`${this.#url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.#headers },
      body: `{"query":${JSON.stringify(query)},"variables":${variables}}`,
      signal: AbortSignal.timeout(deadlineMs),
    });
    return (await response.json()) as Answer;
  }

  /** Gives the first message, or nothing when there is none for a moment. */
  async send({ operation, query, variables }: FuzzDocument): Promise<Answer> {
    const payload = { query, variables: new RawJson(variables) } as unknown as SubscribePayload;
    const messages = this.#client.iterate(payload);
    let timer: NodeJS.Timeout | undefined;
    const wait = operation === 'subscription' ? followed : deadlineMs;
    const silence = new Promise<Answer>((resolve, reject) => {
      timer = setTimeout(
        () => (wait === deadlineMs ? reject(new Error('No answer.')) : resolve({})),
        wait,
      );
    });
    const first = messages.next().then(
      ({ value }) => (value ?? {}) as Answer,
      (error: unknown) => (Array.isArray(error) ? { errors: error } : closed(error)),
    );
    try {
      return await Promise.race([first, silence]);
    } finally {
      clearTimeout(timer);
      // What comes of it later is not waited for.
      first.catch(() => {});
      messages.return?.().catch(() => {});
    }
  }

  async close(): Promise<void> {
    await this.#client.dispose();
  }
}

/** A socket is closed when its person has lost access: that is an answer too. */
function closed(error: unknown): Answer {
  const { code, reason } = error as { code?: unknown; reason?: unknown };
  if (typeof code === 'number' && code >= 4400 && code < 4500) {
    return { errors: [{ extensions: { code: `closed with ${code}` } }] };
  }
  throw code === undefined ? error : new Error(`The socket was closed: ${code} ${reason}`);
}

/** JSON as it is: numbers that no program can hold must arrive as they are written. */
class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): string {
    return `raw:${Buffer.from(this.text).toString('base64')}:raw`;
  }
}

class RawSocket extends WebSocket {
  override send(data: string): void {
    super.send(
      data.replace(/"raw:([^:]*):raw"/, (_, text: string) =>
        Buffer.from(text, 'base64').toString('utf8'),
      ),
    );
  }
}

function watchProcess(url: string) {
  let healthMs = 0;
  let memory = 0;
  let isWatching = true;
  const watching = (async () => {
    while (isWatching) {
      const start = performance.now();
      await (await fetch(`${url}/healthz`)).arrayBuffer();
      healthMs = Math.max(healthMs, performance.now() - start);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const resident = Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]);
      memory = Math.max(memory, resident / 2 ** 20);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  return {
    async stop() {
      isWatching = false;
      await watching;
      return { healthMs, memory };
    },
  };
}
