import http from 'node:http';
import https from 'node:https';
import { DeliveryError } from './channel.ts';

export type PostOptions = {
  headers: Readonly<Record<string, string>>;
  body: string | Buffer;
  agent?: http.Agent;
  /** For the whole of it, in milliseconds. */
  timeoutMs: number;
};

export type PostAnswer = {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
};

/** More of an answer is not read, in bytes. */
const longestAnswer = 64 * 1024;

/**
 * Posts to a provider and reads its answer, whatever its status. Follows no redirect.
 *
 * @throws Error when there is no readable answer in time.
 */
export function post(
  address: string,
  { headers, body, agent, timeoutMs }: PostOptions,
): Promise<PostAnswer> {
  const url = new URL(address);
  const { request: begin } = url.protocol === 'https:' ? https : http;
  const { promise, resolve, reject } = Promise.withResolvers<PostAnswer>();
  const request = begin(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    signal: AbortSignal.timeout(timeoutMs),
    ...(agent && { agent }),
  });
  request.on('error', (cause: Error) => {
    const isLate = cause.name === 'AbortError' || cause.name === 'TimeoutError';
    reject(isLate ? new Error(`No answer within ${timeoutMs} ms.`, { cause }) : cause);
  });
  request.on('response', (response) => {
    const parts: Buffer[] = [];
    let length = 0;
    response.on('data', (part: Buffer) => {
      length += part.length;
      parts.push(part);
      if (length > longestAnswer) {
        request.destroy(new Error('The answer is too long.'));
      }
    });
    response.on('error', reject);
    response.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8');
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
    });
  });
  request.end(body);
  return promise;
}

/** Of `Retry-After`, a number of seconds or a date (RFC 9110, 10.2.3); null when there is none. */
export function retrySecondsOf({ headers }: Pick<PostAnswer, 'headers'>): number | null {
  const text = headers['retry-after'];
  if (text === undefined) {
    return null;
  }
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

/** The failure of an unsuccessful answer that does not say more. */
export function failureOf(answer: PostAnswer, provider: string): DeliveryError {
  const words = `${provider} answered ${answer.status}: ${answer.body.slice(0, 300)}`;
  return new DeliveryError('failed', words, { retrySeconds: retrySecondsOf(answer) });
}

/** Reads JSON; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
