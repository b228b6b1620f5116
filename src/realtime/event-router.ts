import type { PublishedEvent } from './event.ts';
import { EventQueue } from './event-queue.ts';

/**
 * Hands events to those who subscribed to their topics: one look-up a topic, however many topics
 * and subscribers there are.
 */
export class EventRouter {
  readonly #byTopic = new Map<string, Set<EventQueue>>();
  readonly #queues = new Set<EventQueue>();

  /**
   * Follows topics until the queue ends.
   *
   * @param accepts whether an event of theirs is wanted; every one unless said.
   */
  subscribe(
    topics: readonly string[],
    accepts: (event: PublishedEvent) => boolean = () => true,
  ): EventQueue {
    const queue: EventQueue = new EventQueue({
      accepts,
      onEnd: () => this.#remove(topics, queue),
    });
    this.#queues.add(queue);
    for (const topic of topics) {
      const queues = this.#byTopic.get(topic) ?? new Set();
      this.#byTopic.set(topic, queues.add(queue));
    }
    return queue;
  }

  /** Each subscription gets the event once, also when it follows two of the event's topics. */
  deliver(event: PublishedEvent): void {
    const sets = event.topics.flatMap((topic) => this.#byTopic.get(topic) ?? []);
    const queues = sets.length > 1 ? new Set(sets.flatMap((set) => [...set])) : sets[0];
    for (const queue of queues ?? []) {
      queue.push(event);
    }
  }

  /** How many subscriptions there are. */
  get size(): number {
    return this.#queues.size;
  }

  /** Ends every subscription. */
  async release(): Promise<void> {
    await Promise.all([...this.#queues].map((queue) => queue.return()));
  }

  #remove(topics: readonly string[], queue: EventQueue): void {
    this.#queues.delete(queue);
    for (const topic of topics) {
      const queues = this.#byTopic.get(topic);
      queues?.delete(queue);
      if (queues?.size === 0) {
        this.#byTopic.delete(topic);
      }
    }
  }
}
