import http from 'node:http';
import https from 'node:https';
import { retrySecondsOf } from '../channels/post.ts';
import { shorten } from '../channels/shorten.ts';
import { wordsOf } from '../deliver.ts';
import type { Agents } from './agents.ts';
import { type Signed, signatureHeaders } from './sign.ts';

export type Webhook = Signed & {
  readonly url: string;
};

/** How an attempt ended, in the words of `app_private.finish_webhook`. */
export type Outcome = {
  readonly outcome: 'sent' | 'failed' | 'gone';
  readonly error: string | null;
  readonly status: number | null;
  /** The beginning of the answer. */
  readonly body: string | null;
  /** When the partner wants to be asked again, in seconds; null when it does not say. */
  readonly retrySeconds: number | null;
};

type Answer = {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
};

/** Of an answer, in bytes: what is read, and what of that is kept. */
const longestAnswer = 64 * 1024;
const longestKept = 1_000;

/** Posts one webhook to its endpoint, within so many milliseconds, and says how that ended. Never throws. */
export async function sendWebhook(
  webhook: Webhook,
  agents: Agents,
  timeoutMs: number,
): Promise<Outcome> {
  try {
    return outcomeOf(await post(webhook, agents, timeoutMs));
  } catch (error) {
    const isLate =
      (error as Error).name === 'AbortError' || (error as Error).name === 'TimeoutError';
    const words = isLate ? `No answer within ${timeoutMs} ms.` : wordsOf(error);
    return { outcome: 'failed', error: clean(words), status: null, body: null, retrySeconds: null };
  }
}

function outcomeOf(answer: Answer): Outcome {
  const { status } = answer;
  const body = clean(answer.body);
  if (status >= 200 && status < 300) {
    return { outcome: 'sent', error: null, status, body, retrySeconds: null };
  }
  const isRedirect = status >= 300 && status < 400;
  return {
    outcome: status === 410 ? 'gone' : 'failed',
    error: `The endpoint answered ${status}${isRedirect ? ', and nothing follows it elsewhere' : ''}.`,
    status,
    body,
    retrySeconds: status === 429 || status === 503 ? retrySecondsOf(answer) : null,
  };
}

/** What a partner answers may be anything; PostgreSQL's texts have no NUL. */
function clean(text: string): string {
  return shorten(text.replaceAll('\0', '\uFFFD'), longestKept);
}

/** Gives the answer as far as it came: when there is a status, how its body ends changes nothing. */
function post(webhook: Webhook, agents: Agents, timeoutMs: number): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const url = new URL(webhook.url);
  const { request: begin } = url.protocol === 'https:' ? https : http;
  let hasAnswer = false;
  const request = begin(url, {
    method: 'POST',
    agent: agents.agentFor(url),
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(webhook.body),
      'user-agent': 'OMBARO-Webhooks/1',
      ...signatureHeaders(webhook, Date.now()),
    },
  });
  const fail = (error: Error) => {
    if (!hasAnswer) {
      reject(error);
    }
  };
  request.on('error', fail);
  // Also of what is not an error to Node, such as an answer that changes the protocol.
  request.on('close', () => fail(new Error('The connection was closed without an answer.')));
  request.on('response', (response) => {
    hasAnswer = true;
    const parts: Buffer[] = [];
    let length = 0;
    const finish = () => {
      const body = Buffer.concat(parts).toString('utf8');
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    };
    response.on('data', (part: Buffer) => {
      length += part.length;
      parts.push(part);
      if (length > longestAnswer) {
        response.destroy();
      }
    });
    response.on('error', finish);
    response.on('close', finish);
    response.on('end', finish);
  });
  request.end(webhook.body);
  return promise;
}
