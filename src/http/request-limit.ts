import { addressBlock } from './client-address.ts';

/**
 * Counts a request of a signed-in user, or of an anonymous one without a subject, from an address
 * as `ClientAddress` gives it.
 *
 * @returns the whole seconds, at least 1, after which to come again; undefined within the limit.
 */
export type CountRequest = (address: string, subject: string | undefined) => number | undefined;

/** A user counts at each address separately, all anonymous users of an address count together. */
export function makeCountRequest(limit: RequestLimit): CountRequest {
  return (address, subject) => {
    const block = addressBlock(address);
    return subject === undefined
      ? limit.count(block, limit.mostOfVisitors)
      : limit.count(`${subject} ${block}`);
  };
}

export type RequestLimitOptions = {
  /** How many requests are answered until the window ends. */
  most: number;
  /** How many of an address's anonymous users together; as many as of a user where it is left out. */
  mostOfVisitors?: number;
  /** From a client's first request on, in seconds. */
  windowSeconds?: number;
  /** How many clients are counted at once; those beyond that are not. */
  capacity?: number;
};

type Counted = {
  count: number;
  /** When the window ends, in milliseconds as `performance.now` tells them. */
  readonly endsAt: number;
};

/** The limit of requests of one process, in memory: to count costs microseconds and no write. */
export class RequestLimit {
  /** Holds from the next request on, also for clients that have been counted already. */
  most: number;
  /** Likewise, for the anonymous users of one address. */
  mostOfVisitors: number;
  readonly #windowMs: number;
  readonly #capacity: number;
  // Two generations, each of one window, so that what has ended is dropped at once and not one by one.
  #since = performance.now();
  #older = new Map<string, Counted>();
  #newer = new Map<string, Counted>();

  constructor({
    most,
    mostOfVisitors = most,
    windowSeconds = 60,
    capacity = 200_000,
  }: RequestLimitOptions) {
    this.most = most;
    this.mostOfVisitors = mostOfVisitors;
    this.#windowMs = windowSeconds * 1000;
    this.#capacity = capacity;
  }

  /**
   * Counts a request of the client that `key` names, of which `most` are answered.
   *
   * @returns the whole seconds, at least 1, after which to come again; undefined within the limit.
   */
  count(key: string, most = this.most): number | undefined {
    const now = performance.now();
    this.#dropEnded(now);
    const client = this.#newer.get(key) ?? this.#older.get(key);
    if (client === undefined || client.endsAt <= now) {
      if (this.#older.size + this.#newer.size < this.#capacity) {
        this.#newer.set(key, { count: 1, endsAt: now + this.#windowMs });
      }
      return undefined;
    }
    client.count += 1;
    return client.count > most ? Math.max(1, Math.ceil((client.endsAt - now) / 1000)) : undefined;
  }

  #dropEnded(now: number): void {
    const elapsed = now - this.#since;
    if (elapsed >= this.#windowMs) {
      this.#older = elapsed < 2 * this.#windowMs ? this.#newer : new Map();
      this.#newer = new Map();
      this.#since = now;
    }
  }
}
