import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { PublishedEvent } from '../../src/realtime/event.ts';
import { EventRouter } from '../../src/realtime/event-router.ts';
import { PeopleFollowing } from '../../src/realtime/people-following.ts';
import { makeReadMissed } from '../../src/realtime/replay.ts';
import { Subscriber, type SubscriptionRequest } from '../../src/realtime/subscriber.ts';
import type { OwnCall } from '../../src/requests/own-call.ts';

const person = '10000000-0000-4000-8000-000000000001';

/** Numbers from 0 to 1 that are the same at every run. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A database, its relay and its listener, where everything takes its time: what is in the log is
 * seen by those who read from then on, and notified in its order some time later.
 */
class World {
  readonly log: PublishedEvent[] = [];
  readonly router = new EventRouter();
  readonly interruptions: unknown[] = [];
  /** What the person may listen to. */
  allowed = new Set(['a:1', 'b:1']);
  questions = 0;
  readonly #random: () => number;
  #notified = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  publish(count: number): void {
    for (let n = 0; n < count; n += 1) {
      const sequence = this.log.length + 1;
      this.log.push({
        sequence,
        id: sequence,
        topics: this.#some([['a:1'], ['a:1', 'b:1'], ['b:1'], ['c:1']]),
        event: this.#some(['thing.updated', 'thing.created', 'other.updated']),
        subjectId: person,
        time: '2025-01-01T00:00:00Z',
        changed: [],
      });
    }
  }

  notify(most: number): void {
    for (const event of this.log.slice(this.#notified, this.#notified + most)) {
      this.router.deliver(event);
      this.#notified += 1;
    }
  }

  /** What a user should be given who follows these topics after a place. */
  expected(topics: readonly string[], kinds: readonly string[], after: number): number[] {
    return this.log
      .filter(
        (event) =>
          event.sequence > after &&
          event.topics.some((topic) => topics.includes(topic)) &&
          (kinds.length === 0 || kinds.includes(event.event.split('.')[0] ?? '')),
      )
      .map(({ sequence }) => sequence);
  }

  subscriber(): Subscriber {
    return new Subscriber({
      router: this.router,
      people: new PeopleFollowing(),
      readMissed: makeReadMissed(this.#call as OwnCall, () => undefined),
      askRights: async (topics) => {
        await this.#pause();
        this.questions += 1;
        const rights = {
          topics: topics.filter((topic) => this.allowed.has(topic)),
          cursor: this.log.length,
        };
        await this.#pause();
        return rights;
      },
      subject: person,
      socket: {},
      interrupt: (reason) => void this.interruptions.push(reason),
    });
  }

  readonly #call = async (
    _scope: unknown,
    _statement: unknown,
    values: readonly unknown[],
  ): Promise<unknown[]> => {
    const [topic, after, limit] = values as [string, number, number];
    await this.#pause();
    const page = this.log
      .filter(({ sequence, topics }) => sequence > after && topics.includes(topic))
      .slice(0, limit)
      .map((event) => ({ ...event, sequence: String(event.sequence), id: String(event.id) }));
    await this.#pause();
    return page;
  };

  async #pause(): Promise<void> {
    for (let n = Math.floor(this.#random() * 4); n > 0; n -= 1) {
      await tick();
    }
  }

  #some<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T;
  }
}

const requestOf = (request: Partial<SubscriptionRequest>): SubscriptionRequest => ({
  topics: () => ['a:1', 'b:1'],
  kinds: [],
  after: null,
  refusal: 'OB003',
  tables: ['things'],
  ...request,
});

const follow = async (subscriber: Subscriber, request: SubscriptionRequest) =>
  await subscriber.pubSub.subscribe(request as unknown as string);

describe('resuming with an event cursor', () => {
  test('whatever happens at once, every event comes once, in order, and none is left out', async () => {
    let questions = 0;
    for (let seed = 1; seed <= 150; seed += 1) {
      const random = makeRandom(seed);
      const world = new World(random);
      const chosen = random() < 0.5 ? ['a:1', 'b:1'] : ['b:1'];
      const kinds = random() < 0.5 ? [] : ['thing'];
      world.publish(Math.floor(random() * 2_500));
      const after = Math.floor(random() * (world.log.length + 1));
      world.notify(Math.max(0, world.log.length - Math.floor(random() * 300)));
      const subscriber = world.subscriber();
      const subscribing = follow(
        subscriber,
        requestOf({ topics: () => chosen, kinds, after: String(after) }),
      );
      const happening = (async () => {
        for (let step = 0; step < 60; step += 1) {
          world.publish(Math.floor(random() * 6));
          world.notify(Math.floor(random() * 8));
          await tick();
        }
        world.publish(4);
        world.notify(Number.POSITIVE_INFINITY);
      })();
      const events = await subscribing;
      const got: number[] = [];
      for (let last = -1; last !== world.expected(chosen, kinds, after).at(-1); ) {
        subscriber.want();
        const { value } = await events.next();
        last = (value as PublishedEvent).sequence;
        got.push(last);
        if (random() < 0.05) {
          await tick();
        }
        if (last === world.expected(chosen, kinds, after).at(-1)) {
          await happening;
        }
      }
      expect({ seed, got }).toEqual({ seed, got: world.expected(chosen, kinds, after) });
      expect(world.interruptions).toEqual([]);
      questions += world.questions;
      await events.return?.();
      expect(world.router.size).toBe(0);
    }
    // Many had several pages to catch up with.
    expect(questions).toBeGreaterThan(300);
  }, 120_000);

  test('without a cursor only new events are given, also those that come while the right is checked', async () => {
    const world = new World(makeRandom(7));
    world.publish(50);
    world.notify(50);
    const subscriber = world.subscriber();
    const subscribing = follow(subscriber, requestOf({}));
    world.publish(50);
    world.notify(50);
    const events = await subscribing;
    const got: unknown[] = [];
    for (let n = 0; n < world.expected(['a:1', 'b:1'], [], 50).length; n += 1) {
      subscriber.want();
      got.push((await events.next()).value.sequence);
    }
    expect(got).toEqual(world.expected(['a:1', 'b:1'], [], 50));
    await events.return?.();
  });

  test('an event is rendered only when the client wants one', async () => {
    const world = new World(makeRandom(8));
    const subscriber = world.subscriber();
    const events = await follow(subscriber, requestOf({ after: '0' }));
    world.publish(100);
    world.notify(100);
    let given = 0;
    const next = events.next().then(() => {
      given += 1;
    });
    await tick();
    expect(given).toBe(0);
    subscriber.want();
    await next;
    expect(given).toBe(1);
    const waiting = events.next();
    await events.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('a user who loses the right while catching up gets the page that was read, and then the end', async () => {
    const world = new World(makeRandom(9));
    world.publish(2_000);
    const subscriber = world.subscriber();
    const events = await follow(subscriber, requestOf({ topics: () => ['a:1'], after: '0' }));
    world.allowed.clear();
    let count = 0;
    for (;;) {
      subscriber.want();
      if ((await events.next()).done) {
        break;
      }
      count += 1;
    }
    expect(count).toBe(200);
    expect(world.expected(['a:1'], [], 0).length).toBeGreaterThan(300);
    expect(world.interruptions).toEqual([]);
    expect(world.router.size).toBe(0);
  });

  test('the right to a topic without rows is checked before each event', async () => {
    const world = new World(makeRandom(10));
    const subscriber = world.subscriber();
    const events = await follow(subscriber, requestOf({ tables: [] }));
    world.publish(20);
    world.notify(20);
    subscriber.want();
    expect((await events.next()).done).toBe(false);
    world.allowed.delete('a:1');
    subscriber.want();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test('a client that falls a thousand events behind while catching up is sent away', async () => {
    const world = new World(makeRandom(11));
    world.publish(10);
    const subscriber = world.subscriber();
    const events = await follow(subscriber, requestOf({ after: '0' }));
    world.publish(3_000);
    world.notify(3_010);
    const got: number[] = [];
    for (;;) {
      subscriber.want();
      const next = await events.next();
      if (next.done) {
        break;
      }
      got.push(next.value.sequence);
    }
    expect(got).toEqual(world.expected(['a:1', 'b:1'], [], 0).slice(0, got.length));
    expect(world.interruptions).toHaveLength(1);
    expect(world.router.size).toBe(0);
  });

  test.each([
    '',
    ' 1',
    '-1',
    '1.5',
    '1e3',
    'a',
    '9'.repeat(16),
  ])('%p is not an event cursor', async (after) => {
    const world = new World(makeRandom(12));
    await expect(follow(world.subscriber(), requestOf({ after }))).rejects.toMatchObject({
      extensions: { code: 'OB020' },
    });
    const events = await follow(world.subscriber(), requestOf({ after: '0' }));
    await events.return?.();
    expect(world.router.size).toBe(0);
  });
});
