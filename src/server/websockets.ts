import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import { type GrafservBase, makeGraphQLWSConfig } from 'postgraphile/grafserv';
import { type WebSocket, WebSocketServer } from 'ws';
import { type ErrorCode, errorCodes, isAccessEnded } from '../errors/error-codes.ts';
import { apiError, codeOf, type MaskError, tooManyRequests } from '../errors/errors.ts';
import { addressBlock, type ClientAddress } from '../http/client-address.ts';
import type { CountRequest } from '../http/request-limit.ts';
import { FellBehindError } from '../realtime/event-queue.ts';
import { socketsPerPerson } from '../realtime/limits.ts';
import type { Identify } from '../requests/identity.ts';
import { beginScope, type RequestScope, scopeOf } from '../requests/scope.ts';
import type { AccessWatch } from './access-watch.ts';
import { watchSlowReaders } from './slow-readers.ts';
import { SocketLimit } from './socket-limit.ts';

/**
 * What clients make of a close: 4401 and 4429 stop, 4403 come back with a new token, 1012 come back.
 * The `graphql-ws` client takes 4429 as final, which keeps a client that has too many sockets from trying in a
 * circle. It cannot be the answer to the upgrade: a client sends its token only afterwards, and a
 * browser would not show the status.
 */
export const closeCodes = {
  badToken: 4401,
  expiredToken: 4403,
  tooMany: 4429,
  comeBack: 1012,
} as const;

const path = '/graphql';
const tooSlow = 'Messages were read too slowly. Connect again.';

/** Between pings, and how long one may stay unanswered, in ms: a lost client is noticed within twice of it. */
const pingIntervalMs = 10_000;

/** setTimeout fires at once when asked for more: 24.8 days, in milliseconds. */
const longestTimerMs = 2 ** 31 - 1;

export type WebsocketOptions = {
  server: Server;
  graphql: GrafservBase;
  identify: Identify;
  /** Counts a new websocket, and every operation. */
  countRequest: CountRequest;
  clientAddress: ClientAddress;
  access: AccessWatch;
  maskError: MaskError;
  logger: Logger;
  /** Is told of each client that read so slowly that it was sent away. */
  onSlowReader: () => void;
  /** The longest message, in bytes. */
  maxMessageLength: number;
  /** Whether events arrive; a client that comes when they do not is told to come back. */
  isListening: () => boolean;
};

export type Websockets = {
  readonly size: number;
  /** Closes every socket so that its client comes back. */
  interruptAll(reason: string): void;
  /** Closes every socket, takes no new ones, and ends when all are gone. */
  close(): Promise<void>;
};

/** GraphQL over websockets (`graphql-transport-ws`), on the path of GraphQL over HTTP. */
export function startWebsockets(options: WebsocketOptions): Websockets {
  const { server, graphql, identify, countRequest, access, maskError, isListening } = options;
  const limit = new SocketLimit(socketsPerPerson);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: options.maxMessageLength });
  const grafserv = makeGraphQLWSConfig(graphql);
  const protocol = useServer<
    Record<string, unknown>,
    { socket: WebSocket; request: IncomingMessage }
  >(
    {
      ...grafserv,
      isProd: true,
      async onConnect({ connectionParams, extra: { socket, request } }) {
        if (!isListening()) {
          socket.close(
            closeCodes.comeBack,
            'Live updates are not available at the moment. Connect again.',
          );
          return false;
        }
        const scope = scopeOf(request);
        try {
          const authorization = authorizationIn(connectionParams) ?? request.headers.authorization;
          const identity = await identify(authorization);
          if (socket.readyState !== socket.OPEN) {
            return false;
          }
          const person = identity.subject ?? addressBlock(scope.origin.address);
          if (!limit.take(person, socket)) {
            throw apiError('OB077');
          }
          scope.identity = identity;
          closeAtExpiry(socket, identity.expiresAt);
          await admitWhileOpen(socket, scope, access);
          return true;
        } catch (error) {
          refuse(socket, error, scope.logger);
          return false;
        }
      },
      onSubscribe(context, id, payload) {
        const { origin, identity } = scopeOf(context.extra.request);
        const retryAfter = countRequest(origin.address, identity?.subject);
        return retryAfter === undefined
          ? grafserv.onSubscribe?.(context, id, payload)
          : [tooManyRequests(retryAfter)];
      },
      onError: ({ extra }, _id, _payload, errors) =>
        errors.map((error) => maskError(error, scopeOf(extra.request).logger).toJSON()),
    },
    sockets,
    pingIntervalMs,
  );
  sockets.on('headers', (headers, request) => {
    headers.push(`X-Request-Id: ${scopeOf(request).origin.requestId}`);
  });
  const stopWatching = watchSlowReaders(sockets.clients, (socket) => {
    options.onSlowReader();
    socket.close(closeCodes.comeBack, tooSlow);
  });

  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const { origin } = scopeOf(request);
    if (request.url?.split('?')[0] !== path) {
      refuseUpgrade(stream, 'OB003', { 'X-Request-Id': origin.requestId });
      return;
    }
    const retryAfter = countRequest(origin.address, undefined);
    if (retryAfter !== undefined) {
      refuseUpgrade(stream, 'OB083', {
        'Retry-After': String(retryAfter),
        'X-Request-Id': origin.requestId,
      });
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      sockets.emit('connection', socket, request);
    });
  };
  const onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const scope = beginScope(request, options);
    try {
      upgrade(request, stream, head);
    } catch (error) {
      scope.logger.error({ err: error }, 'a websocket could not be opened');
      stream.destroy();
    }
  };
  server.on('upgrade', onUpgrade);

  const interruptAll = (reason: string) => {
    for (const socket of sockets.clients) {
      socket.close(closeCodes.comeBack, reason);
    }
  };
  return {
    get size() {
      return sockets.clients.size;
    },
    interruptAll,
    async close() {
      server.off('upgrade', onUpgrade);
      stopWatching();
      interruptAll('The server is restarting. Connect again.');
      await protocol.dispose();
    },
  };
}

/** Answers with HTTP instead of a websocket. */
function refuseUpgrade(
  stream: Duplex,
  code: ErrorCode,
  headers: Readonly<Record<string, string>>,
): void {
  const { status, message } = errorCodes[code];
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  const lines = Object.entries({
    ...headers,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  // Node listens to this stream no more, and an error without a listener would end the process.
  stream.on('error', () => stream.destroy());
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`, () =>
    stream.destroy(),
  );
}

function authorizationIn(parameters: Record<string, unknown> | undefined): string | undefined {
  const entry = Object.entries(parameters ?? {}).find(
    ([name, value]) => name.toLowerCase() === 'authorization' && value != null,
  );
  // A value that is not a string is not a token, and must not pass for an anonymous user.
  return entry && (typeof entry[1] === 'string' ? entry[1] : '');
}

function refuse(socket: WebSocket, error: unknown, logger: Logger): void {
  const code = codeOf(error);
  if (code === 'OB005') {
    socket.close(
      closeCodes.expiredToken,
      'The access token has expired. Refresh it and connect again.',
    );
  } else if (code === 'OB077') {
    socket.close(closeCodes.tooMany, errorCodes[code].message);
  } else if (code !== undefined) {
    socket.close(closeCodes.badToken, errorCodes[code].message);
  } else {
    logger.error({ err: error }, 'tokens cannot be verified');
    socket.close(closeCodes.comeBack, 'Tokens cannot be verified at the moment. Connect again.');
  }
}

/** Ends the socket of a subscription that cannot go on: told why, its client comes back or stops. */
export function interruptSocket(
  socket: WebSocket,
  reason: unknown,
  { logger, onSlowReader }: Pick<WebsocketOptions, 'logger' | 'onSlowReader'>,
): void {
  if (isAccessEnded(codeOf(reason))) {
    refuse(socket, reason, logger);
  } else if (reason instanceof FellBehindError) {
    onSlowReader();
    socket.close(closeCodes.comeBack, tooSlow);
  } else {
    logger.error({ err: reason }, 'a subscription was interrupted');
    socket.close(closeCodes.comeBack, 'Events were missed. Connect again.');
  }
}

/** Throws when the person may not come in, and closes the socket once they may not stay. */
async function admitWhileOpen(
  socket: WebSocket,
  scope: RequestScope,
  access: AccessWatch,
): Promise<void> {
  const subject = scope.identity?.subject;
  if (subject === undefined) {
    return;
  }
  // Followed first, so that nothing that happens while the database answers is missed.
  const changes = access.changesOf(subject);
  socket.once('close', () => void changes.return?.());
  await access.admit(scope);
  void closeWhenRefused();

  async function closeWhenRefused() {
    try {
      for await (const _ of changes) {
        await access.admit(scope);
      }
    } catch (error) {
      refuse(socket, error, scope.logger);
    }
  }
}

function closeAtExpiry(socket: WebSocket, expiresAt: number | undefined): void {
  if (expiresAt === undefined) {
    return;
  }
  const remaining = Math.max(0, expiresAt * 1000 - Date.now());
  if (remaining > longestTimerMs) {
    return;
  }
  const timer = setTimeout(() => {
    socket.close(
      closeCodes.expiredToken,
      'The access token has expired. Refresh it and connect again.',
    );
  }, remaining);
  socket.once('close', () => clearTimeout(timer));
}
