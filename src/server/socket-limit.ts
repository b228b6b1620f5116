import type { WebSocket } from 'ws';

/** How many websockets each person has open in this process. */
export class SocketLimit {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts a socket for the user or address that `key` names until it closes; false when they have as many as they may. */
  take(key: string, socket: WebSocket): boolean {
    const open = this.#open.get(key) ?? 0;
    if (open >= this.#most) {
      return false;
    }
    this.#open.set(key, open + 1);
    socket.once('close', () => this.#release(key));
    return true;
  }

  #release(key: string): void {
    const open = (this.#open.get(key) ?? 1) - 1;
    if (open === 0) {
      this.#open.delete(key);
    } else {
      this.#open.set(key, open);
    }
  }
}
