import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { addressBlock, type ClientAddress } from './client-address.ts';

/**
 * Counts a request of a signed-in person, or of a visitor without a subject.
 *
 * @returns the whole seconds, at least 1, after which to come again; undefined within the limit.
 */
export type CountRequest = (
  request: IncomingMessage,
  subject: string | undefined,
) => Promise<number | undefined>;

/** A person counts at each address for himself, a visitor counts as his address. */
export function makeCountRequest(limit: RequestLimit, clientAddress: ClientAddress): CountRequest {
  return (request, subject) => {
    const block = addressBlock(clientAddress(request));
    return limit.count(subject === undefined ? block : `${subject} ${block}`);
  };
}

export type RequestLimitOptions = {
  /** How many requests are answered until the window ends. */
  most: number;
  /** From the first request of somebody on, in seconds. */
  window?: number;
  /** How many are remembered; whoever comes beyond that is not counted. */
  capacity?: number;
};

/** The limit of requests of one process, in memory: to count costs microseconds and no write. */
export class RequestLimit {
  readonly #limiter: RateLimiterMemory;
  readonly #newcomers: Newcomers;
  readonly #capacity: number;
  // The library starts a timer for every newcomer, which would keep the context of his request.
  readonly #outsideOfRequests = AsyncLocalStorage.snapshot();

  constructor({ most, window = 60, capacity = 200_000 }: RequestLimitOptions) {
    this.#limiter = new RateLimiterMemory({ points: most, duration: window, keyPrefix: '' });
    this.#newcomers = new Newcomers(window);
    this.#capacity = capacity;
  }

  /** Holds from the next request on, also for who has been counted already. */
  set most(most: number) {
    this.#limiter.points = most;
  }

  /**
   * Counts a request of whoever `key` names.
   *
   * @returns the whole seconds, at least 1, after which to come again; undefined within the limit.
   */
  async count(key: string): Promise<number | undefined> {
    if (this.#newcomers.inWindow() >= this.#capacity && (await this.#limiter.get(key)) === null) {
      return undefined;
    }
    try {
      const { isFirstInDuration } = await this.#outsideOfRequests(() => this.#limiter.consume(key));
      if (isFirstInDuration) {
        this.#newcomers.add();
      }
      return undefined;
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) {
        throw refusal;
      }
      return Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
    }
  }
}

/** How many have come within a window, at least: the library does not say how many it remembers. */
class Newcomers {
  readonly #window: number;
  #since = performance.now();
  #before = 0;
  #now = 0;

  /** @param window in seconds. */
  constructor(window: number) {
    this.#window = window * 1000;
  }

  add(): void {
    this.#now += 1;
  }

  /** Those of this window and of the one before it, who may still be remembered. */
  inWindow(): number {
    const now = performance.now();
    const elapsed = now - this.#since;
    if (elapsed >= this.#window) {
      this.#before = elapsed < 2 * this.#window ? this.#now : 0;
      this.#now = 0;
      this.#since = now;
    }
    return this.#before + this.#now;
  }
}
