import type { PublishedEvent } from './event.ts';
import type { EventQueue } from './event-queue.ts';
import type { MissedEvents } from './replay.ts';

/** Missed events, and the place up to which what came before was read. */
export type Page = MissedEvents & {
  /** How far the log went when it was read. What is beyond comes by the queue. */
  upTo: number;
};

export type FollowingOptions = {
  /** What comes from now on. Already filled while the first page is read, so that nothing lies between. */
  queue: EventQueue;
  accepts: (event: PublishedEvent) => boolean;
  /** The first missed events; undefined for only what comes from now on. */
  firstPage: Page | undefined;
  /** The next missed events after a place; undefined once the subscriber may not follow any more. */
  readPage: (after: number) => Promise<Page | undefined>;
  /** Whether the subscriber may have an event that came just now. */
  mayHave: () => Promise<boolean>;
  /** Is told why events cannot be had; the subscriber has to come back. */
  onFailure: (reason: unknown) => void;
  /** Is told once that it has ended. */
  onEnd: () => void;
};

type Next = IteratorResult<PublishedEvent, undefined>;

/**
 * The events of one subscription: first those that were missed, page by page, then those that come,
 * each once and in the order of their sequence. Gives one only when it has been asked for by
 * `want`: who renders events asks for the next one at once, however slowly they are taken away.
 */
export class Following implements AsyncIterableIterator<PublishedEvent, undefined> {
  readonly #options: FollowingOptions;
  #missed: PublishedEvent[] = [];
  /** Everything up to here was given or is about to be. */
  #place = 0;
  #isReplaying = false;
  #wanted = 0;
  #onWanted = () => {};
  #isEnded = false;

  constructor(options: FollowingOptions) {
    this.#options = options;
    if (options.firstPage) {
      this.#turnTo(options.firstPage);
    }
  }

  /** The subscriber can take one more event. */
  want(): void {
    this.#wanted += 1;
    this.#onWanted();
  }

  async next(): Promise<Next> {
    await this.#untilWanted();
    try {
      const event = this.#isEnded ? undefined : await this.#nextEvent();
      if (event && !this.#isEnded) {
        return { done: false, value: event };
      }
    } catch (reason) {
      this.#options.onFailure(reason);
    }
    return this.return();
  }

  async return(): Promise<Next> {
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#onWanted();
      this.#options.onEnd();
    }
    return this.#options.queue.return();
  }

  async throw(error: unknown): Promise<Next> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #untilWanted(): Promise<void> {
    if (this.#wanted === 0 && !this.#isEnded) {
      await new Promise<void>((resolve) => {
        this.#onWanted = resolve;
      });
    }
    this.#wanted -= 1;
  }

  async #nextEvent(): Promise<PublishedEvent | undefined> {
    while (this.#missed.length === 0 && this.#isReplaying) {
      const page = await this.#options.readPage(this.#place);
      if (page === undefined) {
        return undefined;
      }
      this.#turnTo(page);
    }
    return this.#missed.shift() ?? (await this.#nextLive());
  }

  #turnTo({ events, place, upTo }: Page): void {
    this.#missed = events.filter(this.#options.accepts);
    this.#place = place;
    this.#isReplaying = place < upTo;
  }

  async #nextLive(): Promise<PublishedEvent | undefined> {
    const { queue, accepts, mayHave } = this.#options;
    for (;;) {
      const { value: event } = await queue.next();
      if (event === undefined) {
        return undefined;
      }
      // What came while the missed ones were read was among them.
      if (event.sequence > this.#place && accepts(event)) {
        return (await mayHave()) ? event : undefined;
      }
    }
  }
}
