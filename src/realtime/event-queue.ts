import type { PublishedEvent } from './event.ts';

/** A subscriber this far behind will not catch up. */
const capacity = 1_000;

type Next = IteratorResult<PublishedEvent, undefined>;

/** Thrown to a subscriber that reads more slowly than events come: it has missed some. */
export class FellBehindError extends Error {
  constructor() {
    super(`More than ${capacity} events waited for a subscriber.`);
  }
}

/** The events that wait for one subscriber, in order; ends once and stays ended. */
export class EventQueue implements AsyncIterableIterator<PublishedEvent, undefined> {
  readonly #onEnd: () => void;
  #events: PublishedEvent[] = [];
  #readers: PromiseWithResolvers<Next>[] = [];
  #isEnded = false;
  #fellBehind = false;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  push(event: PublishedEvent): void {
    const reader = this.#readers.shift();
    if (reader) {
      reader.resolve({ done: false, value: event });
    } else if (this.#events.length < capacity) {
      this.#events.push(event);
    } else {
      this.#fellBehind = true;
      this.#end();
    }
  }

  async next(): Promise<Next> {
    if (this.#fellBehind) {
      this.#fellBehind = false;
      throw new FellBehindError();
    }
    const event = this.#events.shift();
    if (event) {
      return { done: false, value: event };
    }
    if (this.#isEnded) {
      return { done: true, value: undefined };
    }
    const reader = Promise.withResolvers<Next>();
    this.#readers.push(reader);
    return reader.promise;
  }

  async return(): Promise<Next> {
    this.#end();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<Next> {
    this.#end();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    if (this.#isEnded) {
      return;
    }
    this.#isEnded = true;
    this.#events = [];
    for (const reader of this.#readers.splice(0)) {
      reader.resolve({ done: true, value: undefined });
    }
    this.#onEnd();
  }
}
