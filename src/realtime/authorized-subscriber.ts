import type { GrafastSubscriber } from 'postgraphile/grafast';
import { type ErrorCode, isAccessEnded } from '../api/error-codes.ts';
import { apiError, codeOf } from '../api/errors.ts';
import type { PublishedEvent } from './event.ts';
import type { EventQueue } from './event-queue.ts';
import type { EventRouter } from './event-router.ts';

export interface AuthorizedSubscriberOptions {
  router: EventRouter;
  /** Whether the person who asks may listen to a topic now. */
  mayListen: (topic: string) => Promise<boolean>;
  /** What one is told who may not listen. */
  refusal: ErrorCode;
  /** Whether to ask again before each event; not where the event's payload shows it anyway. */
  asksAgain: boolean;
  /** Ends the whole connection in a way that makes its client come back. */
  interrupt: (reason: unknown) => void;
}

/**
 * The router as one person sees it: asks before subscribing, again before each event, and ends
 * without a word once the answer is no. Where the answer cannot be had, or events were missed, the
 * connection is interrupted: the client comes back and reads afresh.
 */
export function makeAuthorizedSubscriber(
  options: AuthorizedSubscriberOptions,
): GrafastSubscriber<Record<string, PublishedEvent>> {
  const { router, mayListen, refusal } = options;
  return {
    async subscribe(topic: string) {
      // Subscribed first, so that nothing that happens while the database answers is missed.
      const queue = router.subscribe(topic);
      try {
        if (!(await mayListen(topic))) {
          throw apiError(refusal);
        }
      } catch (error) {
        await queue.return();
        throw error;
      }
      return whileAllowed(queue, topic, options);
    },
  };
}

function whileAllowed(
  queue: EventQueue,
  topic: string,
  { mayListen, asksAgain, interrupt }: AuthorizedSubscriberOptions,
): AsyncIterableIterator<PublishedEvent> {
  const isAllowed = async () => {
    try {
      return await mayListen(topic);
    } catch (error) {
      if (isAccessEnded(codeOf(error))) {
        return false;
      }
      throw error;
    }
  };
  return {
    async next() {
      try {
        const next = await queue.next();
        return next.done || !asksAgain || (await isAllowed()) ? next : await queue.return();
      } catch (reason) {
        interrupt(reason);
        return queue.return();
      }
    },
    // Not a generator: `return` must end a wait for the next event, where a generator's would
    // itself wait until there is one.
    return: () => queue.return(),
    throw: (error) => queue.throw(error),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
