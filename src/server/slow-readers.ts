import type { WebSocket } from 'ws';

/** What may lie unsent for one socket for long, in bytes; and for how long more may, in ms. */
const mostUnsent = 1024 * 1024;
const slowAfterMs = 5_000;
const lookIntervalMs = 1_000;

/**
 * Calls `onSlow`, once each, for sockets that have had more than 1 MB to be sent for five seconds: their clients
 * read more slowly than they ask. Looks at `sockets` each second until the function that it returns is
 * called.
 */
export function watchSlowReaders(
  sockets: ReadonlySet<WebSocket>,
  onSlow: (socket: WebSocket) => void,
): () => void {
  const since = new WeakMap<WebSocket, number>();
  const timer = setInterval(() => {
    const now = performance.now();
    for (const socket of sockets) {
      if (socket.bufferedAmount <= mostUnsent) {
        since.delete(socket);
      } else if (!since.has(socket)) {
        since.set(socket, now);
      } else if (now - (since.get(socket) ?? now) >= slowAfterMs) {
        since.set(socket, Number.POSITIVE_INFINITY);
        onSlow(socket);
      }
    }
  }, lookIntervalMs);
  return () => clearInterval(timer);
}
