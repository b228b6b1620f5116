import { describe, expect, test } from '@jest/globals';
import type { Logger } from 'pino';
import { type ErrorMoment, makeLogger, makeRequestLogger } from '../../src/lib/logger.ts';

/** A logger, what it has written and what it has told of errors. */
function listened() {
  const lines: Record<string, unknown>[] = [];
  const moments: ErrorMoment[] = [];
  const logger = makeLogger('debug', {
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
    onError: (_error, moment) => void moments.push(moment),
  });
  return { logger, lines, moments };
}

const fail = (logger: Logger, more = {}) => logger.error({ err: new Error('broken'), ...more });

describe('the logger of a request', () => {
  test('writes the id of the request in every line, and so do those that are made of it', () => {
    const { logger, lines } = listened();
    const ofRequest = makeRequestLogger(logger, { requestId: 'one', userId: () => 'ann' });
    ofRequest.info('first');
    ofRequest.child({ gateway: 'razorpay' }).warn('second');
    fail(ofRequest);
    logger.info('not of the request');
    expect(lines.map(({ requestId }) => requestId)).toEqual(['one', 'one', 'one', undefined]);
    expect(JSON.stringify(lines)).not.toContain('ann');
  });

  test('passes with an error the user of the request, as far as known at that moment', () => {
    const { logger, moments } = listened();
    let userId: string | undefined;
    const ofRequest = makeRequestLogger(logger, { requestId: 'one', userId: () => userId });
    fail(ofRequest);
    userId = 'ann';
    fail(ofRequest.child({ gateway: 'razorpay' }), { errorId: 'e1', variables: { secret: 1 } });
    fail(logger);
    expect(moments).toEqual([
      { userId: undefined, data: { requestId: 'one' }, isFatal: false },
      { userId: 'ann', data: { errorId: 'e1', requestId: 'one' }, isFatal: false },
      { userId: undefined, data: {}, isFatal: false },
    ]);
  });

  test('is separate from that of another request', () => {
    const { logger, lines, moments } = listened();
    const [one, two] = ['one', 'two'].map((requestId) =>
      makeRequestLogger(logger, { requestId, userId: () => `user of ${requestId}` }),
    ) as [Logger, Logger];
    fail(one);
    fail(two);
    one.info('again');
    expect(lines.map(({ requestId }) => requestId)).toEqual(['one', 'two', 'one']);
    expect(moments.map(({ userId }) => userId)).toEqual(['user of one', 'user of two']);
  });
});
