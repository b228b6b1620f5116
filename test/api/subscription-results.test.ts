import { describe, expect, test } from '@jest/globals';
import { type ExecutionResult, GraphQLError } from 'postgraphile/graphql';
import { deliver } from '../../src/api/subscription-results.ts';
import { apiError } from '../../src/errors/errors.ts';
import type { Subscriber } from '../../src/realtime/subscriber.ts';

async function* given(...results: ExecutionResult[]) {
  yield* results;
}

/** What is delivered of these results, each masked to the name `masked`, and why it was interrupted. */
async function delivered(...results: ExecutionResult[]) {
  const reasons: unknown[] = [];
  const subscriber: Pick<Subscriber, 'want' | 'mayGoOn' | 'interrupt'> = {
    want: () => undefined,
    mayGoOn: async () => true,
    interrupt: (reason) => void reasons.push(reason),
  };
  const mask = (result: ExecutionResult) =>
    result.errors ? { ...result, errors: [new GraphQLError('masked')] } : result;
  const messages: ExecutionResult[] = [];
  for await (const result of deliver(given(...results), subscriber as Subscriber, mask)) {
    messages.push(result);
  }
  return { messages, reasons };
}

const seen = { data: { bookingUpdated: { event: 'one' } } };
const hidden = { data: { bookingUpdated: null } };
const broken = new GraphQLError('broken', {
  path: ['bookingUpdated', 'part'],
  originalError: new Error('broken'),
});

describe('the results of a subscription', () => {
  test('an event with a failing field is delivered with its error masked, and others follow', async () => {
    const { messages, reasons } = await delivered({ ...seen, errors: [broken] }, hidden, seen);
    expect(messages.map(({ errors }) => errors?.map(({ message }) => message))).toEqual([
      ['masked'],
      undefined,
    ]);
    expect(reasons).toEqual([]);
  });

  test('an event that was requested wrongly ends it with the error masked', async () => {
    const refused = { ...hidden, errors: [apiError('OB020')] };
    const { messages, reasons } = await delivered(refused, seen);
    expect(messages.map(({ errors }) => errors?.map(({ message }) => message))).toEqual([
      ['masked'],
    ]);
    expect(reasons).toEqual([]);
  });

  test('an event that fails with an internal error interrupts it, with the error unmasked for the log', async () => {
    const { messages, reasons } = await delivered({ ...hidden, errors: [broken] }, seen);
    expect(messages).toEqual([]);
    expect(reasons).toEqual([broken]);
  });
});
