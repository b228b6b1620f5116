import type { GrafastSubscriber } from 'postgraphile/grafast';
import type { PublishedEvent } from './event.ts';
import { EventQueue } from './event-queue.ts';

/**
 * Hands events to those who subscribed to their topic: one look-up an event, however many topics
 * there are. It is PostGraphile's `pgSubscriber`.
 */
export class EventRouter implements GrafastSubscriber<Record<string, PublishedEvent>> {
  readonly #queues = new Map<string, Set<EventQueue>>();

  subscribe(topic: string): EventQueue {
    const queue: EventQueue = new EventQueue(() => this.#remove(topic, queue));
    const queues = this.#queues.get(topic) ?? new Set();
    this.#queues.set(topic, queues.add(queue));
    return queue;
  }

  deliver(event: PublishedEvent): void {
    for (const topic of event.topics) {
      for (const queue of this.#queues.get(topic) ?? []) {
        queue.push(event);
      }
    }
  }

  /** How many subscriptions there are. */
  get size(): number {
    let size = 0;
    for (const queues of this.#queues.values()) {
      size += queues.size;
    }
    return size;
  }

  /** Ends every subscription. */
  async release(): Promise<void> {
    const queues = [...this.#queues.values()].flatMap((each) => [...each]);
    await Promise.all(queues.map((queue) => queue.return()));
  }

  #remove(topic: string, queue: EventQueue): void {
    const queues = this.#queues.get(topic);
    queues?.delete(queue);
    if (queues?.size === 0) {
      this.#queues.delete(topic);
    }
  }
}
