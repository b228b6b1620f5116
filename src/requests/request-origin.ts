import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ClientAddress } from '../http/client-address.ts';

/** Where a request came from, for the logs: the process's own, of errors, and of what was changed. */
export type RequestOrigin = {
  /** Named in the answer as well, in the header `X-Request-Id`. */
  readonly requestId: string;
  /** Network address, as `ClientAddress` gives it. */
  readonly address: string;
  /** What the program says that it is, at most 300 characters; undefined when it says nothing. */
  readonly userAgent: string | undefined;
};

const longestUserAgent = 300;

/** A caller may bring the id by which it knows a request. Anything else gets a new one. */
const acceptedId = /^[\w.-]{8,64}$/;

/** Reads where a request, or one that opens a websocket, came from. */
export function readOrigin(request: IncomingMessage, clientAddress: ClientAddress): RequestOrigin {
  const brought = request.headers['x-request-id'];
  return {
    requestId: typeof brought === 'string' && acceptedId.test(brought) ? brought : randomUUID(),
    address: clientAddress(request),
    userAgent: request.headers['user-agent']?.slice(0, longestUserAgent),
  };
}

/** Sets for one transaction what the audit log reads; the placeholders begin at `$first`. */
export function originSettings(first: number): string {
  return ['request.id', 'request.address', 'request.agent']
    .map((name, n) => `set_config('${name}', coalesce($${first + n}::text, ''), true)`)
    .join(', ');
}

/** The values of `originSettings`. */
export function originValues(origin: Partial<RequestOrigin> | undefined): (string | null)[] {
  return [origin?.requestId ?? null, origin?.address ?? null, origin?.userAgent ?? null];
}
