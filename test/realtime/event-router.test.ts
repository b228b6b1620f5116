import { describe, expect, test } from '@jest/globals';
import type { PublishedEvent } from '../../src/realtime/event.ts';
import { parseEvent } from '../../src/realtime/event.ts';
import { FellBehindError } from '../../src/realtime/event-queue.ts';
import { EventRouter } from '../../src/realtime/event-router.ts';

const eventOf = (topic: string, sequence: number): PublishedEvent => ({
  sequence,
  id: sequence,
  topics: [topic],
  event: 'happened',
  subjectId: '00000000-0000-4000-8000-000000000001',
  time: '2025-01-01T00:00:00Z',
  changed: [],
});

describe('the event router', () => {
  test('gives events to those who wait for their topic, in order, and to nobody else', async () => {
    const router = new EventRouter();
    const [one, other, elsewhere] = [
      router.subscribe('a'),
      router.subscribe('a'),
      router.subscribe('b'),
    ];
    const early = one.next();
    for (const sequence of [1, 2, 3]) {
      router.deliver(eventOf('a', sequence));
    }
    router.deliver(eventOf('c', 4));
    router.deliver(eventOf('b', 5));
    const sequences = async (queue: typeof one, count: number) => {
      const events = [];
      for (let n = 0; n < count; n += 1) {
        events.push((await queue.next()).value?.sequence);
      }
      return events;
    };
    expect((await early).value?.sequence).toBe(1);
    expect(await sequences(one, 2)).toEqual([2, 3]);
    expect(await sequences(other, 3)).toEqual([1, 2, 3]);
    expect(await sequences(elsewhere, 1)).toEqual([5]);
    expect(router.size).toBe(3);
    await router.release();
  });

  test('forgets who leaves, also while they wait', async () => {
    const router = new EventRouter();
    const queue = router.subscribe('a');
    const waiting = queue.next();
    await queue.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await queue.next()).toEqual({ done: true, value: undefined });
    expect(router.size).toBe(0);
  });

  test('gives up on who falls behind, and tells them', async () => {
    const router = new EventRouter();
    const slow = router.subscribe('a');
    for (let sequence = 1; sequence <= 1_000; sequence += 1) {
      router.deliver(eventOf('a', sequence));
    }
    expect(router.size).toBe(1);
    router.deliver(eventOf('a', 1_001));
    expect(router.size).toBe(0);
    await expect(slow.next()).rejects.toThrow(FellBehindError);
    expect((await slow.next()).done).toBe(true);
  });

  test('reads what the relay sends and refuses what it does not', () => {
    const event = eventOf('a', 1);
    expect(parseEvent(JSON.stringify(event))).toEqual(event);
    expect(() => parseEvent('{"sequence":1}')).toThrow();
    expect(() => parseEvent('')).toThrow();
  });
});
