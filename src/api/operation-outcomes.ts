import {
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  getOperationAST,
  Kind,
} from 'postgraphile/graphql';
import { scopeOfOperation } from '../requests/scope.ts';
import type { Guarded } from './operations.ts';

/** Root fields that stand for an operation without a name; more would make the line hard to read. */
const shownFields = 3;

/** Characters of a label at most: the client chooses the name, and a log line must stay short. */
const longestLabel = 80;

/**
 * Notes how each operation ended: in the scope of its HTTP request, which is logged when it is answered, or, on a
 * websocket, in a line of its own.
 */
export function withOutcomes(guarded: Guarded, context: Partial<Grafast.RequestContext>): Guarded {
  const begin = performance.now();
  const note = (operation: string, errors: readonly GraphQLError[] | undefined): void => {
    const scope = scopeOfOperation(context);
    const code = errors && String(errors[0]?.extensions.code ?? 'OB010');
    if (context.ws === undefined) {
      scope.operation = { operation, code };
    } else {
      const ms = Math.round(performance.now() - begin);
      scope.logger.info({ operation, ms, code }, 'operation');
    }
  };
  return {
    parseAndValidate(source) {
      const parsed = guarded.parseAndValidate(source);
      if (parsed.errors !== undefined) {
        note('invalid document', parsed.errors);
      }
      return parsed;
    },
    async execute(args) {
      const result = await guarded.execute(args);
      note(labelOf(args), (result as ExecutionResult).errors);
      return result;
    },
    async subscribe(args) {
      const result = await guarded.subscribe(args);
      note(labelOf(args), Symbol.asyncIterator in result ? undefined : result.errors);
      return result;
    },
  };
}

function labelOf(args: ExecutionArgs): string {
  const label = fullLabelOf(args);
  return label.length > longestLabel ? `${label.slice(0, longestLabel)}…` : label;
}

function fullLabelOf({ document, operationName }: ExecutionArgs): string {
  const operation = getOperationAST(document, operationName);
  if (!operation) {
    return 'no operation';
  }
  if (operation.name) {
    return `${operation.operation} ${operation.name.value}`;
  }
  const names = operation.selectionSet.selections.map((selection) =>
    selection.kind === Kind.FIELD ? selection.name.value : '…',
  );
  const shown = [...names.slice(0, shownFields), ...(names.length > shownFields ? ['…'] : [])];
  return `${operation.operation} { ${shown.join(' ')} }`;
}
