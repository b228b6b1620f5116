import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { useServer } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import { type GrafservBase, makeGraphQLWSConfig } from 'postgraphile/grafserv';
import { type WebSocket, WebSocketServer } from 'ws';
import { codeOf } from '../api/errors.ts';
import { type Identify, rememberIdentity } from '../api/identity.ts';

/** What clients make of a close: 4401 stop, 4403 come back with a new token, 1012 come back. */
export const closeCodes = { badToken: 4401, expiredToken: 4403, comeBack: 1012 } as const;

const path = '/graphql';

/** setTimeout fires at once when asked for more: 24.8 days, in milliseconds. */
const longestTimer = 2 ** 31 - 1;

export interface WebsocketOptions {
  server: Server;
  graphql: GrafservBase;
  identify: Identify;
  logger: Logger;
  /** The longest message, in bytes. */
  maxMessageLength: number;
  /** Whether events arrive; a client that comes when they do not is told to come back. */
  isListening: () => boolean;
}

export interface Websockets {
  readonly size: number;
  /** Closes every socket so that its client comes back. */
  interruptAll(reason: string): void;
  /** Closes every socket, takes no new ones, and ends when all are gone. */
  close(): Promise<void>;
}

/** GraphQL over websockets (`graphql-transport-ws`), on the path of GraphQL over HTTP. */
export function startWebsockets(options: WebsocketOptions): Websockets {
  const { server, graphql, identify, logger, isListening } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: options.maxMessageLength });
  const protocol = useServer<
    Record<string, unknown>,
    { socket: WebSocket; request: IncomingMessage }
  >(
    {
      ...makeGraphQLWSConfig(graphql),
      isProd: true,
      async onConnect({ connectionParams, extra: { socket, request } }) {
        if (!isListening()) {
          socket.close(closeCodes.comeBack, 'Events are not available at the moment.');
          return false;
        }
        try {
          const authorization = authorizationIn(connectionParams) ?? request.headers.authorization;
          const identity = await identify(authorization);
          rememberIdentity(request, identity);
          closeAtExpiry(socket, identity.expiresAt);
          return true;
        } catch (error) {
          refuse(socket, error, logger);
          return false;
        }
      },
    },
    sockets,
  );

  const onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (request.url?.split('?')[0] !== path) {
      stream.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      sockets.emit('connection', socket, request);
    });
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
      interruptAll('The server restarts.');
      await protocol.dispose();
    },
  };
}

function authorizationIn(parameters: Record<string, unknown> | undefined): string | undefined {
  const entry = Object.entries(parameters ?? {}).find(
    ([name, value]) => name.toLowerCase() === 'authorization' && value != null,
  );
  // What is no string is no token, and must not pass for nobody.
  return entry && (typeof entry[1] === 'string' ? entry[1] : '');
}

function refuse(socket: WebSocket, error: unknown, logger: Logger): void {
  const code = codeOf(error);
  if (code === 'OB005') {
    socket.close(closeCodes.expiredToken, 'The access token has expired.');
  } else if (code !== undefined) {
    socket.close(closeCodes.badToken, 'The access token is not valid.');
  } else {
    logger.error({ err: error }, 'tokens cannot be verified');
    socket.close(closeCodes.comeBack, 'Tokens cannot be verified at the moment.');
  }
}

function closeAtExpiry(socket: WebSocket, expiresAt: number | undefined): void {
  if (expiresAt === undefined) {
    return;
  }
  const remaining = Math.max(0, expiresAt * 1000 - Date.now());
  if (remaining > longestTimer) {
    return;
  }
  const timer = setTimeout(() => {
    socket.close(closeCodes.expiredToken, 'The access token has expired.');
  }, remaining);
  socket.once('close', () => clearTimeout(timer));
}
