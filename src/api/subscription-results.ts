import type { ExecutionResult } from 'postgraphile/graphql';
import { isAccessEnded } from './error-codes.ts';
import { codeOf } from './errors.ts';

type Results = AsyncGenerator<ExecutionResult, void, undefined>;

/**
 * Ends a subscription at the event that its subscriber may no longer see, without delivering it:
 * when the database turns the person away, or when the field's payload is null, which is how a
 * subscription field says that what it is about can no longer be seen.
 *
 * It is written out and no generator function: a generator's `return` waits for the event that its `next` waits for, and a
 * client that leaves would be kept until one comes.
 */
export function untilRefused(source: AsyncIterable<ExecutionResult>): Results {
  const results = source[Symbol.asyncIterator]();
  const end = async (): Promise<IteratorReturnResult<undefined>> => {
    await results.return?.();
    return { done: true, value: undefined };
  };
  return {
    async next() {
      const result = await results.next();
      return result.done || isRefused(result.value) ? end() : result;
    },
    return: end,
    async throw(error) {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}

function isRefused({ data, errors }: ExecutionResult): boolean {
  if (errors) {
    return errors.some((error) => isAccessEnded(codeOf(error)));
  }
  return Object.values(data ?? {}).every((payload) => payload === null);
}
