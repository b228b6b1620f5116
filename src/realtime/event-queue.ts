import type { PublishedEvent } from './event.ts';
import { queueCapacity } from './limits.ts';

type Next = IteratorResult<PublishedEvent, undefined>;

/** Thrown to a subscriber that reads more slowly than events come: it has missed some. */
export class FellBehindError extends Error {
  constructor() {
    super(`More than ${queueCapacity} events waited for a subscriber.`);
  }
}

export type EventQueueOptions = {
  /** Whether an event is wanted at all. */
  accepts: (event: PublishedEvent) => boolean;
  onEnd: () => void;
};

/** The events that wait for one subscriber, in order; ends once and stays ended. */
export class EventQueue implements AsyncIterableIterator<PublishedEvent, undefined> {
  readonly #accepts: (event: PublishedEvent) => boolean;
  readonly #onEnd: () => void;
  #events: PublishedEvent[] = [];
  #readers: PromiseWithResolvers<Next>[] = [];
  #isEnded = false;
  #fellBehind = false;

  constructor({ accepts, onEnd }: EventQueueOptions) {
    this.#accepts = accepts;
    this.#onEnd = onEnd;
  }

  push(event: PublishedEvent): void {
    if (!this.#accepts(event)) {
      return;
    }
    const reader = this.#readers.shift();
    if (reader) {
      reader.resolve({ done: false, value: event });
    } else if (this.#events.length < queueCapacity) {
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
