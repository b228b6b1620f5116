import type { GrafastSubscriber } from 'postgraphile/grafast';
import type { ErrorCode } from '../errors/error-codes.ts';
import { apiError, isInternal, valueError } from '../errors/errors.ts';
import type { PublishedEvent } from './event.ts';
import type { EventRouter } from './event-router.ts';
import { Following, type Page } from './following.ts';
import type { PeopleFollowing, Place } from './people-following.ts';
import type { ReadMissed } from './replay.ts';

/** What a subscription asks to follow. */
export type SubscriptionRequest = {
  /** Of these topics those that the person may listen to, given the id of the person. */
  topics: (subject: string) => readonly string[];
  /** The tables of the rows that are read again. */
  tables: readonly string[];
  /** Kinds of events: `booking` for `booking.created` and the like; empty for all. */
  kinds: readonly string[];
  /** The sequence after which to go on; null for only what comes from now on. */
  after: string | null;
  /** The message for a user who may listen to none of the topics. */
  refusal: ErrorCode;
};

/** What the database says of topics now. */
export type Rights = {
  /** Those that the person may listen to. */
  topics: readonly string[];
  /** The last event that was published. */
  cursor: number;
};

export type SubscriberOptions = {
  router: EventRouter;
  people: PeopleFollowing;
  readMissed: ReadMissed;
  /** Which of some topics the user may listen to now, if they may read these tables. */
  askRights: (topics: readonly string[], tables: readonly string[]) => Promise<Rights>;
  /** The user; undefined for visitors. */
  subject: string | undefined;
  /** The connection; undefined where there is none that lasts. */
  socket: object | undefined;
  /** Ends the whole connection: its client comes back, unless the reason is that it may not. */
  interrupt: (reason: unknown) => void;
};

const place = /^\d{1,15}$/;

/**
 * Live updates as one person sees them, in one operation. Their right is asked for at the beginning
 * and before each page of what they missed, and once it is denied, the stream ends without a
 * word. Where the answer cannot be had, or events were missed, the connection is interrupted: the
 * client comes back with the last place that it knows.
 */
export class Subscriber {
  readonly #options: SubscriberOptions;
  #following: Following | undefined;
  #followed: readonly string[] = [];
  #tables: readonly string[] = [];

  constructor(options: SubscriberOptions) {
    this.#options = options;
  }

  /** As grafast's `listen` calls it, with a request for a topic. */
  get pubSub(): GrafastSubscriber<Record<string, PublishedEvent>> {
    return { subscribe: (request) => this.#subscribe(request as unknown as SubscriptionRequest) };
  }

  /** The client has taken everything so far. */
  want(): void {
    this.#following?.want();
  }

  /** Whether the person may go on, after an event whose row they may not see. */
  async mayGoOn(): Promise<boolean> {
    try {
      return (await this.#askAgain()) !== undefined;
    } catch (error) {
      this.#options.interrupt(error);
      return false;
    }
  }

  /** The person is not let in any more, or an event could not be rendered by no fault of the client's. */
  interrupt(reason: unknown): void {
    this.#options.interrupt(reason);
  }

  async #subscribe(request: SubscriptionRequest): Promise<Following> {
    const { socket, people, interrupt } = this.#options;
    const subject = this.#options.subject?.toLowerCase();
    if (subject === undefined) {
      throw apiError('OB001');
    }
    if (socket === undefined) {
      throw new Error('A subscription arrived without a websocket.');
    }
    if (request.after !== null && !place.test(request.after)) {
      throw valueError('after', 'This must be a cursor from eventCursor or an earlier event.');
    }
    const own = people.enter(subject, socket);
    try {
      this.#following = await this.#follow(request.topics(subject), request, own);
      return this.#following;
    } catch (error) {
      own.leave();
      if (isInternal(error)) {
        interrupt(error);
      }
      throw error;
    }
  }

  async #follow(
    topics: readonly string[],
    request: SubscriptionRequest,
    own: Place,
  ): Promise<Following> {
    const { router, interrupt } = this.#options;
    this.#followed = topics;
    this.#tables = request.tables;
    const accepts = ({ topics, event }: PublishedEvent) =>
      topics.some((topic) => this.#followed.includes(topic)) &&
      (request.kinds.length === 0 || request.kinds.includes(event.slice(0, event.indexOf('.'))));
    // Subscribed first, so that nothing that happens while the database answers is missed.
    const queue = router.subscribe(topics, accepts);
    try {
      return new Following({
        queue,
        accepts,
        firstPage: await own.ask(() => this.#begin(topics, request)),
        readPage: (after) => own.ask(() => this.#readOn(after)),
        // Where a row is read again, that shows it.
        mayHave: async () => request.tables.length > 0 || (await this.#askAgain()) !== undefined,
        onFailure: interrupt,
        onEnd: () => own.leave(),
      });
    } catch (error) {
      await queue.return();
      throw error;
    }
  }

  async #begin(topics: readonly string[], request: SubscriptionRequest): Promise<Page | undefined> {
    const { askRights } = this.#options;
    const rights = await askRights(topics, request.tables);
    if (rights.topics.length === 0) {
      throw apiError(request.refusal);
    }
    this.#followed = rights.topics;
    return request.after === null
      ? undefined
      : await this.#readPage(Number(request.after), rights.cursor);
  }

  async #readOn(after: number): Promise<Page | undefined> {
    const rights = await this.#askAgain();
    return rights && (await this.#readPage(after, rights.cursor));
  }

  async #readPage(after: number, upTo: number): Promise<Page> {
    const missed = await this.#options.readMissed({ topics: this.#followed, after, upTo });
    return { ...missed, upTo };
  }

  /** Undefined once the person may not listen to all that they listened to. */
  async #askAgain(): Promise<Rights | undefined> {
    const rights = await this.#options.askRights(this.#followed, this.#tables);
    return rights.topics.length === this.#followed.length ? rights : undefined;
  }
}
