import type { ExecutionConfig } from 'postgraphile/grafserv';
import {
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  getOperationAST,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'postgraphile/graphql';
import { isAccessEnded } from '../errors/error-codes.ts';
import { apiError, codeOf, type MaskError } from '../errors/errors.ts';
import type { RequestScope } from '../requests/scope.ts';
import { refusedVariable } from './input.ts';
import { makeDocumentReader } from './limits/documents.ts';
import { asksForSchemaOnly, makeAnswerIntrospection } from './limits/introspection.ts';
import { makeSchemaToRun } from './limits/plans.ts';
import { checkRows } from './limits/rows.ts';
import { isDeeperJson } from './limits/values.ts';
import { refusedNumber } from './number-inputs.ts';
import { withOutcomes } from './operation-outcomes.ts';
import { makeFindField } from './refused-field.ts';
import { deliver } from './subscription-results.ts';

export type QueryLimits = {
  /** How deep fields, and values in arguments, may be nested. */
  maxDepth: number;
  /** How many rows one operation may ask for, counted from its `first` arguments. */
  maxRows: number;
};

export type OperationsOptions = {
  limits: QueryLimits;
  /** What a client is told of an error. */
  maskError: MaskError;
  /** Is told of every operation that was run to its end. */
  onOperation: (operation: { type: string; seconds: number; failed: boolean }) => void;
};

/** To find an enum's value that is like an unknown one, all of them are compared with it. */
const maxCoercionErrors = 3;

/**
 * Stands around every operation, whichever way it came, in this order: its text is read within
 * bounds and validated (`limits/documents.ts`), its variables and rows are counted, what asks for
 * the schema alone is answered from memory, and everything else runs. Turns the database's "this
 * person has no access any more" into the answer to the whole request. Errors are masked here,
 * where it is known to which request they belong.
 */
export function makeOperationsPlugin(options: OperationsOptions): GraphileConfig.Plugin {
  return {
    name: 'OmbaroOperationsPlugin',
    version: '1.0.0',
    grafserv: {
      middleware: {
        setPreset(next, event) {
          const inner = event.getExecutionConfig;
          const guards = new WeakMap<object, Guarded>();
          event.getExecutionConfig = async function getExecutionConfig(context) {
            const config = await inner.call(this, context);
            const { schema } = config;
            const guarded = guards.get(schema) ?? guard(config, options);
            guards.set(schema, guarded);
            return { ...config, ...withOutcomes(guarded, context) };
          };
          return next();
        },
      },
    },
  };
}

export type Guarded = Pick<ExecutionConfig, 'parseAndValidate' | 'execute' | 'subscribe'>;

/** Masks the errors of a result, which it leaves as it is. */
type Mask = (result: ExecutionResult) => ExecutionResult;

function guard(config: ExecutionConfig, options: OperationsOptions): Guarded {
  const { limits, onOperation } = options;
  const answerIntrospection = makeAnswerIntrospection();
  const documents = makeDocumentReader(config.schema, limits.maxDepth);
  const schemaToRun = makeSchemaToRun(config.schema);
  const bounded = (args: ExecutionArgs): ExecutionArgs => ({
    ...args,
    schema: schemaToRun(documents.objectsIn(args.document)),
    options: { maxCoercionErrors },
  });
  const run = (args: ExecutionArgs, operation: OperationDefinitionNode | null | undefined) =>
    operation && asksForSchemaOnly(operation)
      ? answerIntrospection(args, operation)
      : config.execute(bounded(args));
  const maskFor =
    ({ logger }: RequestScope, args: ExecutionArgs): Mask =>
    (result) => {
      if (result.errors === undefined) {
        return result;
      }
      const findField = makeFindField(args);
      const errors = result.errors.map((error) => options.maskError(error, logger, findField));
      return { ...result, errors };
    };
  const execute = async (args: ExecutionArgs): Promise<ExecutionResult> => {
    const operation = getOperationAST(args.document, args.operationName);
    if (operation?.operation === 'subscription') {
      return {
        errors: [
          apiError('OB016', 'A subscription needs a websocket. Open one at the same address.'),
        ],
      };
    }
    const refusal = refuse(args, operation, limits);
    if (refusal) {
      return { errors: [refusal] };
    }
    const start = performance.now();
    const result = (await run(args, operation)) as ExecutionResult;
    onOperation({
      type: operation?.operation ?? 'unknown',
      seconds: (performance.now() - start) / 1000,
      failed: result.errors !== undefined,
    });
    const ended = result.errors?.find((error) => isAccessEnded(codeOf(error)));
    return ended ? { errors: [ended] } : result;
  };
  return {
    parseAndValidate: documents.read,
    async execute(args) {
      const { scope } = args.contextValue as Grafast.Context;
      return maskFor(scope, args)(await execute(args));
    },
    async subscribe(args) {
      const { scope, subscriber } = args.contextValue as Grafast.Context;
      const mask = maskFor(scope, args);
      const refusal = refuse(args, getOperationAST(args.document, args.operationName), limits);
      if (refusal) {
        return mask({ errors: [refusal] });
      }
      const results = await config.subscribe(bounded(args));
      return Symbol.asyncIterator in results
        ? deliver(results as AsyncIterable<ExecutionResult>, subscriber, mask)
        : mask(results as ExecutionResult);
    },
  };
}

/** Without one operation to run, GraphQL.js has its own words for it. */
function refuse(
  { schema, document, variableValues }: ExecutionArgs,
  operation: OperationDefinitionNode | null | undefined,
  { maxDepth, maxRows }: QueryLimits,
): GraphQLError | undefined {
  const variables = variableValues ?? {};
  if (isDeeperJson(variables, maxDepth + 1)) {
    return apiError(
      'OB011',
      `Values must be nested at most ${maxDepth} levels deep. Send flatter values.`,
    );
  }
  try {
    if (operation) {
      checkRows(schema, document, operation, variables, maxRows);
      return (
        refusedNumber(schema, document, variables) ??
        refusedVariable(schema, document, operation, variables)
      );
    }
    return undefined;
  } catch (error) {
    if (error instanceof GraphQLError) {
      return error;
    }
    throw error;
  }
}

/** Whether an operation may write. Anything else runs in a read-only transaction. */
export function isMutation({ document, operationName }: Partial<ExecutionArgs>): boolean {
  const type: OperationTypeNode | undefined =
    document && getOperationAST(document, operationName)?.operation;
  return type === 'mutation';
}
