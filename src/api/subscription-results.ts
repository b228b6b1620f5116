import type { ExecutionResult } from 'postgraphile/graphql';
import { isAccessEnded } from '../errors/error-codes.ts';
import { codeOf, isInternal } from '../errors/errors.ts';
import type { Subscriber } from '../realtime/subscriber.ts';

type Results = AsyncGenerator<ExecutionResult, void, undefined>;
type Next = IteratorResult<ExecutionResult, undefined>;

/**
 * The results of a subscription as they are delivered:
 *
 * - An event whose payload is null without an error is about what its subscriber may not see. It is left
 *   out, and the subscription ends if they may not even listen any more.
 * - An event that could not be rendered ends it, so that no client goes on past it unaware: with its
 *   error, or by interrupting the connection, where the fault is ours or the person is not let in any more.
 *
 * Errors are looked at as they are, and masked as they leave.
 *
 * One event is asked for at a time. It is written out and no generator function: a generator's
 * `return` waits for the event that its `next` waits for, and a client that leaves would be kept
 * until one comes.
 */
export function deliver(
  source: AsyncIterable<ExecutionResult>,
  subscriber: Subscriber,
  mask: (result: ExecutionResult) => ExecutionResult,
): Results {
  const results = source[Symbol.asyncIterator]();
  let isLast = false;
  const end = async (): Promise<IteratorReturnResult<undefined>> => {
    await results.return?.();
    return { done: true, value: undefined };
  };
  const next = async (): Promise<Next> => {
    while (!isLast) {
      subscriber.want();
      const result = await results.next();
      if (result.done) {
        break;
      }
      const { errors } = result.value;
      if (hasPayload(result.value)) {
        return { value: mask(result.value) };
      }
      if (errors === undefined) {
        isLast = !(await subscriber.mayGoOn());
        continue;
      }
      isLast = true;
      const reason = errors.find((error) => isAccessEnded(codeOf(error)) || isInternal(error));
      if (reason === undefined) {
        return { value: mask(result.value) };
      }
      subscriber.interrupt(reason);
    }
    return end();
  };
  return {
    next,
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

/** Whether there is anything to see. An error in a part of it does not take the rest away. */
function hasPayload({ data }: ExecutionResult): boolean {
  return Object.values(data ?? {}).some((payload) => payload !== null);
}
