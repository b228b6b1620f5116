import { describe, expect, test } from '@jest/globals';
import type { PublishedEvent } from '../../src/realtime/event.ts';
import { parseEvent } from '../../src/realtime/event.ts';
import { FellBehindError } from '../../src/realtime/event-queue.ts';
import { EventRouter } from '../../src/realtime/event-router.ts';

const eventOf = (sequence: number, ...topics: string[]): PublishedEvent => ({
  sequence,
  id: sequence,
  topics,
  event: 'thing.updated',
  subjectId: '00000000-0000-4000-8000-000000000001',
  time: '2025-01-01T00:00:00Z',
  changed: [],
});

describe('the event router', () => {
  test('gives events to those who wait for their topic, in order, and to no one else', async () => {
    const router = new EventRouter();
    const [one, other, elsewhere] = [
      router.subscribe(['a:1']),
      router.subscribe(['a:1']),
      router.subscribe(['b:1']),
    ];
    const early = one.next();
    for (const sequence of [1, 2, 3]) {
      router.deliver(eventOf(sequence, 'a:1'));
    }
    router.deliver(eventOf(4, 'c:1'));
    router.deliver(eventOf(5, 'b:1'));
    expect((await early).value?.sequence).toBe(1);
    expect(await sequences(one, 2)).toEqual([2, 3]);
    expect(await sequences(other, 3)).toEqual([1, 2, 3]);
    expect(await sequences(elsewhere, 1)).toEqual([5]);
    expect(router.size).toBe(3);
    await router.release();
    expect(router.size).toBe(0);
  });

  test('gives an event once, also to a subscriber of two of its topics', async () => {
    const router = new EventRouter();
    const both = router.subscribe(['a:1', 'b:1']);
    const one = router.subscribe(['b:1']);
    router.deliver(eventOf(1, 'a:1', 'b:1', 'c:1'));
    router.deliver(eventOf(2, 'a:1'));
    router.deliver(eventOf(3, 'c:1'));
    router.deliver(eventOf(4, 'b:1'));
    expect(await sequences(both, 3)).toEqual([1, 2, 4]);
    expect(await sequences(one, 2)).toEqual([1, 4]);
    await both.return();
    router.deliver(eventOf(5, 'a:1', 'b:1'));
    expect(await sequences(one, 1)).toEqual([5]);
    expect(router.size).toBe(1);
  });

  test('keeps nothing that is not read', async () => {
    const router = new EventRouter();
    const queue = router.subscribe(['a:1'], ({ sequence }) => sequence > 2_000);
    for (let sequence = 1; sequence <= 2_001; sequence += 1) {
      router.deliver(eventOf(sequence, 'a:1'));
    }
    expect(await sequences(queue, 1)).toEqual([2_001]);
  });

  test('forgets a subscriber that leaves, also while it waits', async () => {
    const router = new EventRouter();
    const queue = router.subscribe(['a:1']);
    const waiting = queue.next();
    await queue.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await queue.next()).toEqual({ done: true, value: undefined });
    expect(router.size).toBe(0);
  });

  test('gives up on a subscriber that falls behind, and tells it', async () => {
    const router = new EventRouter();
    const slow = router.subscribe(['a:1']);
    for (let sequence = 1; sequence <= 1_000; sequence += 1) {
      router.deliver(eventOf(sequence, 'a:1'));
    }
    expect(router.size).toBe(1);
    router.deliver(eventOf(1_001, 'a:1'));
    expect(router.size).toBe(0);
    await expect(slow.next()).rejects.toThrow(FellBehindError);
    expect((await slow.next()).done).toBe(true);
  });

  test('reads what the relay sends and refuses anything else', () => {
    const event = eventOf(1, 'a:1', 'b:1');
    expect(parseEvent(JSON.stringify(event))).toEqual(event);
    expect(() => parseEvent('{"sequence":1}')).toThrow();
    expect(() => parseEvent(JSON.stringify({ ...event, topics: [] }))).toThrow();
    expect(() => parseEvent('')).toThrow();
  });
});

async function sequences(
  queue: ReturnType<EventRouter['subscribe']>,
  count: number,
): Promise<unknown[]> {
  const events = [];
  for (let n = 0; n < count; n += 1) {
    events.push((await queue.next()).value?.sequence);
  }
  return events;
}
