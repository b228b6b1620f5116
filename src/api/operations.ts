import type { ExecutionConfig } from 'postgraphile/grafserv';
import {
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  getOperationAST,
  type OperationTypeNode,
} from 'postgraphile/graphql';
import { makeParseAndValidate } from './documents.ts';
import { isAccessEnded } from './error-codes.ts';
import { apiError, codeOf } from './errors.ts';
import { exceededLimit, type QueryLimits } from './limits.ts';
import { refusedNumber } from './number-inputs.ts';
import { deliver } from './subscription-results.ts';

export interface OperationsOptions {
  limits: QueryLimits;
  /** Is told of every operation that was run to its end. */
  onOperation: (operation: { type: string; seconds: number; failed: boolean }) => void;
}

/**
 * Stands around the execution of every operation, whichever way it came: parses within bounds,
 * refuses what exceeds the limits before it runs, and turns the database's "this person has no
 * access any more" into the answer to the whole request.
 */
export function makeOperationsPlugin(options: OperationsOptions): GraphileConfig.Plugin {
  return {
    name: 'OmbaroOperationsPlugin',
    version: '1.0.0',
    grafserv: {
      middleware: {
        setPreset(next, event) {
          const inner = event.getExecutionConfig;
          const parsers = new WeakMap<object, ExecutionConfig['parseAndValidate']>();
          event.getExecutionConfig = async function getExecutionConfig(context) {
            const config = await inner.call(this, context);
            const { schema } = config;
            const parseAndValidate = parsers.get(schema) ?? makeParseAndValidate(schema);
            parsers.set(schema, parseAndValidate);
            return { ...config, parseAndValidate, ...guard(config, options) };
          };
          return next();
        },
      },
    },
  };
}

type Guarded = Pick<ExecutionConfig, 'execute' | 'subscribe'>;

function guard(config: ExecutionConfig, { limits, onOperation }: OperationsOptions): Guarded {
  return {
    async execute(args) {
      const operation = getOperationAST(args.document, args.operationName);
      const refusal = refuse(args, limits, operation?.operation === 'subscription');
      if (refusal) {
        return { errors: [refusal] };
      }
      const start = performance.now();
      const result = (await config.execute(args)) as ExecutionResult;
      onOperation({
        type: operation?.operation ?? 'unknown',
        seconds: (performance.now() - start) / 1000,
        failed: result.errors !== undefined,
      });
      const ended = result.errors?.find((error) => isAccessEnded(codeOf(error)));
      return ended ? { errors: [ended] } : result;
    },
    async subscribe(args) {
      const refusal = refuse(args, limits, false);
      if (refusal) {
        return { errors: [refusal] };
      }
      const results = await config.subscribe(args);
      const { subscriber } = args.contextValue as Grafast.Context;
      return Symbol.asyncIterator in results
        ? deliver(results as AsyncIterable<ExecutionResult>, subscriber)
        : results;
    },
  };
}

function refuse(
  args: ExecutionArgs,
  limits: QueryLimits,
  isMisplaced: boolean,
): GraphQLError | undefined {
  const { schema, document, operationName, variableValues } = args;
  const operation = getOperationAST(document, operationName);
  if (isMisplaced) {
    return apiError('OB016', 'Subscriptions need a websocket.');
  }
  // Without one operation to run, GraphQL.js has its own words for it.
  const variables = variableValues ?? {};
  return operation
    ? (exceededLimit(schema, document, operation, variables, limits) ??
        refusedNumber(schema, document, variables))
    : undefined;
}

/** Whether an operation may write. Anything else runs in a read-only transaction. */
export function isMutation({ document, operationName }: Partial<ExecutionArgs>): boolean {
  const type: OperationTypeNode | undefined =
    document && getOperationAST(document, operationName)?.operation;
  return type === 'mutation';
}
